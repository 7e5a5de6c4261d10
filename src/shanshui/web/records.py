"""Lines that are added to a file and never changed, each bound to the one before: what was done, what was said."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shanshui.core.errors import StoreError
from shanshui.core.process_lock import ProcessLock
from shanshui.store.layout import disk_errors

FOLDER = "server"
"""Of a study, where a server keeps its own files."""
_FIRST = "0" * 64


class Records:
    """One file of lines.

    Parameters
    ----------
    path : Path
        Made with the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = ProcessLock()
        self._last: tuple[int, str] | None = None

    def add(self, **facts: Any) -> dict[str, Any]:
        """Add a line, kept before this returns.

        Parameters
        ----------
        **facts : any
            Plain values.

        Returns
        -------
        dict
            The line with its ``number``, ``at`` [s since 1970] and ``after``, the digest of the line before.

        Raises
        ------
        StoreError
            The file cannot be written.
        """
        with self._guard, disk_errors(self.path):
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("ab") as file:
                number, after = self._end()
                line = {"number": number + 1, "at": round(time.time(), 3), "after": after, **facts}
                text = json.dumps(line, ensure_ascii=False, sort_keys=True).encode()
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._last = (number + 1, hashlib.sha256(text).hexdigest())
            return line

    def _end(self) -> tuple[int, str]:
        if self._last is None:
            self._last = (0, _FIRST)
            for text in self._texts():
                self._last = (self._last[0] + 1, hashlib.sha256(text).hexdigest())
        return self._last

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (json.loads(text) for text in self._texts())

    def _texts(self) -> Iterator[bytes]:
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for at, text in enumerate(lines):
            try:
                json.loads(text)
            except ValueError:
                if at == len(lines) - 1:
                    return  # the machine stopped while it was written
                raise StoreError(f"{self.path}: line {at + 1} cannot be read") from None
            yield text

    def whole(self) -> bool:
        """Whether no line was changed, taken out or put in."""
        after = _FIRST
        for text in self._texts():
            if json.loads(text).get("after") != after:
                return False
            after = hashlib.sha256(text).hexdigest()
        return True
