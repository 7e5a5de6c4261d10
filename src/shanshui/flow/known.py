"""Digests of the package's own code that one command found out, for the next: beside Python's compiled files.

They belong to the program and to no study, so that a command that only reads, or a study that cannot be written, need not
work them out again. Only a program of its own keeps and takes them: who uses the package in a program of theirs may have changed
something in it.
"""

import atexit
import functools
import json
import os
import sys
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path

ENDING = ".digests"
"""Of the file; before it stands the interpreter, as in the names of compiled files."""


class KnownCode:
    """Digests of functions of the package as it is.

    Parameters
    ----------
    package : str
        Digest of all its files.
    file : Path or None
        Where they stand; None keeps and knows nothing.
    """

    def __init__(self, package: str, file: Path | None) -> None:
        self._package, self._file = package, file
        self._found: dict[str, str] = {}
        self._read: dict[str, str] | None = None

    def of(self, name: str) -> str | None:
        """Digest of a function; None where it is not known, or is of another edition of the package."""
        if self._read is None:
            self._read = self._kept()
        return self._found.get(name) or self._read.get(name)

    def know(self, name: str, digest: str) -> None:
        """Note the digest of a function."""
        if self._file is not None:
            self._found[name] = digest

    def keep(self) -> None:
        """Write down what was found out; where that is not allowed, the next command finds it out anew."""
        if self._file is None or not self._found:
            return
        known = self._kept() | self._found
        text = json.dumps({"package": self._package, "code": known})
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(text, "utf-8")
            beside.replace(self._file)
        except OSError:
            with suppress(OSError):
                beside.unlink()
        self._read, self._found = known, {}

    def _kept(self) -> dict[str, str]:
        """What the file knows of the package as it is; nothing where it is damaged or of another edition."""
        if self._file is None:
            return {}
        try:
            told = json.loads(self._file.read_text("utf-8"))
            if told["package"] != self._package:
                return {}
            return {str(name): str(digest) for name, digest in told["code"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}


_OWN: list[bool] = []
"""Whether this process is the command and nothing else."""


@functools.cache
def kept_code(package: str) -> KnownCode:
    """What is known of the package as it is; nothing where this process is not the command alone.

    Parameters
    ----------
    package : str
        Digest of all its files.
    """
    if not _OWN or sys.dont_write_bytecode:
        return KnownCode(package, None)
    known = KnownCode(package, Path(cache_from_source(__file__)).with_suffix(ENDING))
    atexit.register(known.keep)
    return known


def own_program() -> None:
    """Say that this process is the command and nothing else: digests of code are kept from here on."""
    _OWN.append(True)
