"""On what machine, and with which libraries and commit, a run was made."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shanshui.flow.fingerprint import package_digest

NUMBERS = (
    "numpy", "scipy", "numba", "llvmlite", "pandas", "pyarrow", "xarray", "rasterio", "pyproj", "shapely", "geopandas",
    "pyamg", "scikit-learn", "threadpoolctl",
)  # fmt: skip
"""Libraries of which another version may give other bytes."""


def program() -> dict[str, str]:
    """What must be the same wherever parts of one run are worked on: all code and tables of ours, Python, the libraries."""
    return {"code": package_digest()[:16], "python": platform.python_version()} | {
        name: version(name) for name in NUMBERS
    }


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
