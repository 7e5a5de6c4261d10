"""On what machine, and with which libraries and commit, a run was made."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Versions of the package, the libraries and Python, the system, and the commit where there is one."""
    names = ("shanshui", "numpy", "numba", "rasterio", "geopandas")
    facts = {name: version(name) for name in names}
    facts |= {"python": platform.python_version(), "system": platform.platform()}
    found = commit()
    return facts | ({"commit": found} if found else {})


def commit() -> str:
    """Short name of the commit of a checkout; empty for an installed package."""
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", "-C", str(root), "rev-parse", "--short", "HEAD"],  # noqa: S607 - whatever git the user has
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
