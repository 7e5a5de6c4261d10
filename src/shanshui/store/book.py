"""The file of a ledger as its keepers know it: opened to read or to write, and what is in it in plain words."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shanshui.store import manifests
from shanshui.store.database import DamagedError, Database


class Book:
    """The file of one study's ledger.

    Parameters
    ----------
    path : Path
        SQLite file.
    write : bool
        Open to write, made when absent; otherwise it is read until ``writing`` is entered, and nothing
        is made or changed. A missing one is then read from the notes beside the kept results.

    Raises
    ------
    StoreError
        The file is not a readable ledger, or not one of this version.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self.path = path
        store = path.parent
        self._db = Database(path, lambda db, look: manifests.fill(db, store, look=look))
        if write:
            self._db.hold()

    @property
    def writes(self) -> bool:
        """Whether it is opened to write."""
        return self._db.writes

    @contextmanager
    def writing(self, *, mend: bool = False) -> Iterator[None]:
        """Open to write for a while; with ``mend`` a damaged file is put aside and made anew."""
        with self._db.writing(mend=mend):
            yield

    def renew(self, why: str) -> None:
        """Put the file aside, so that it is made anew from the kept results."""
        self._db.renew(why)

    def remark(self, text: str) -> None:
        """Have something told once at the end of what is under way."""
        if text not in self._db.remarks:
            self._db.remarks.append(text)

    def remarks(self) -> list[str]:
        """What was done to the file itself, or could not be done, since last asked, in words."""
        found, self._db.remarks = self._db.remarks, []
        return found

    def lost(self) -> int:
        """Kept results that the file itself knows nothing of, because it is gone or was never filled."""
        return self._db.lost()

    def state(self) -> tuple[int, ...]:
        """Numbers that change whenever the ledger does."""
        return self._db.state()

    def damage(self) -> str:
        """What is wrong with the file as a file; empty when nothing."""
        found = [str(row[0]) for row in self._read("pragma quick_check(3)")]
        return "" if found == ["ok"] else "; ".join(found)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _write(self, text: str, values: Iterable[Any]) -> int:
        return self._db.write((text, tuple(values)))

    def _read(self, text: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        return self._db.read(text, values)

    def _plain(self, text: Any, what: str) -> Any:
        try:
            return json.loads(text)
        except (TypeError, ValueError) as error:
            raise DamagedError(
                f"{self.path}: the ledger is damaged ({what} cannot be read); make it anew from the kept "
                f"results: shanshui verify {self.path.parent.parent} --rebuild"
            ) from error
