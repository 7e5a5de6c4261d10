"""One SQLite file opened to read or to write, on any disk, with its failures in words."""

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from shanshui.core.errors import ResourceError, ShanshuiError, StoreError
from shanshui.core.process_lock import ProcessLock
from shanshui.store.layout import disk_errors
from shanshui.store.schema import EDITION, edition_of, knows_objects, prepare

READ_WAIT_S, WRITE_WAIT_S = 4.0, 15.0
"""How long another program may hold the file before we say so [D]."""
_ASIDE = ("", "-wal", "-shm", "-journal")
Filling = Callable[[sqlite3.Connection, bool], int]
"""Fills an empty ledger from the kept results, looking at their bytes or not; returns how many it found."""


class DamagedError(StoreError):
    """The file is there and is not what it was written as."""


class Database:
    """The file of a ledger.

    At rest it is one plain file without companions, so that an archive, a share or a copy of it can be read;
    during a run SQLite keeps its log beside it. Reading makes and changes nothing.

    Parameters
    ----------
    path : Path
        SQLite file.
    fill : callable
        Puts into an empty ledger what the kept results say, for when the file is gone.
    """

    def __init__(self, path: Path, fill: Filling) -> None:
        self.path, self._fill = path, fill
        self._lock = ProcessLock()
        self._process, self._abandoned = os.getpid(), list[sqlite3.Connection]()
        self._db: sqlite3.Connection | None = None
        self._seen: tuple[int, ...] | None = None
        self._depth = self._own = self._lost = 0
        self._copied = False
        self.remarks: list[str] = []

    @property
    def writes(self) -> bool:
        """Whether it is opened to write."""
        return self._depth > 0

    def read(self, text: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a question.

        Raises
        ------
        StoreError
            Damaged, held by another program, or not a ledger.
        """
        with self._held(), self._told():
            return self._opened().execute(text, tuple(values)).fetchall()

    def write(self, *statements: tuple[str, Sequence[Any]]) -> int:
        """Carry statements out, all or none; the number of the last new row.

        Raises
        ------
        StoreError
            Opened to read, damaged, or held by another program.
        ResourceError
            The disk is full.
        """
        with self._held(), self._told():
            if not self.writes or self._db is None:
                raise StoreError(f"{self.path}: the ledger is opened to read only")
            last = 0
            with self._db:
                for text, values in statements:
                    last = self._db.execute(text, values).lastrowid or 0
            self._own += 1
            return last

    def lost(self) -> int:
        """Kept results that the file does not know, and that are read from their notes while it is read."""
        with self._held(), self._told():
            self._opened()
            return 0 if self.writes else self._lost

    def state(self) -> tuple[int, ...]:
        """Numbers that change whenever the ledger does."""
        with self._held(), self._told():
            db = self._opened()
            changes = int(db.execute("pragma data_version").fetchone()[0])
            return (id(db), changes, self._own)

    @contextmanager
    def writing(self, *, mend: bool = False) -> Iterator[None]:
        """Open the file to write for a while; made when absent.

        Parameters
        ----------
        mend : bool
            Look the whole file over first; a damaged one is put aside and made anew from the kept results.

        Raises
        ------
        StoreError
            Not a ledger of this program, or damaged and not to be mended.
        """
        self.hold(mend=mend)
        try:
            yield
        finally:
            self.release()

    def hold(self, *, mend: bool = False) -> None:
        """Open to write until released."""
        with self._held():
            if self._depth == 0:
                self._drop()
                try:
                    self._db = self._to_write(look=mend)
                except DamagedError as error:
                    if not mend:
                        raise
                    self.renew(str(error))
                    self._db = self._to_write(look=True)
            self._depth += 1

    def release(self) -> None:
        """Go back to reading; the log is folded into the file."""
        with self._held():
            self._depth -= 1
            if self._depth == 0 and self._db is not None:
                # somebody reads, or the disk is full: then the log stays, and the next run folds it in
                with suppress(sqlite3.Error):
                    self._db.execute("pragma busy_timeout=0")
                    self._db.execute("pragma wal_checkpoint(truncate)")
                    self._db.execute("pragma journal_mode=delete")
                self._drop()

    def close(self) -> None:
        """Let go of the file."""
        with self._held():
            if self._depth:
                self._depth = 1
                self.release()
            self._drop()

    def renew(self, why: str) -> None:
        """Put the file aside; the next opening makes it anew from the kept results."""
        with self._held():
            self._drop()
            stem = f"{self.path.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}"
            aside = self.path.with_name(stem)
            count = 1
            while aside.exists():
                count += 1
                aside = self.path.with_name(f"{stem}-{count}")
            with disk_errors(self.path):
                for ending in _ASIDE:
                    file = self.path.with_name(self.path.name + ending)
                    if file.exists():
                        file.replace(aside.with_name(aside.name + ending))
            self.remarks.append(f"{why} — put aside as {aside.name}")

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One thread at a time; a process that was forked off opens the file anew, to read."""
        with self._lock:
            if self._process != os.getpid():
                # SQLite forbids a child even to close what its parent opened
                self._abandoned += [] if self._db is None else [self._db]
                self._process, self._db, self._seen, self._depth = os.getpid(), None, None, 0
            yield

    # opening

    def _opened(self) -> sqlite3.Connection:
        if not self.writes:
            seen = self._look()
            if self._db is None or seen != self._seen:
                self._drop()
                self._db = self._to_read()
                self._seen = seen
        if self._db is None:
            raise StoreError(f"{self.path}: the ledger is closed")
        return self._db

    def _look(self) -> tuple[int, ...]:
        """What tells that the file is another one now; of one that is read as a copy also its time and its log."""
        try:
            stat = self.path.stat()
        except OSError:
            return ()
        return (
            stat.st_dev,
            stat.st_ino,
            *((stat.st_size, stat.st_mtime_ns, self._log_size()) if self._copied else ()),
        )

    def _log_size(self) -> int:
        log = self.path.with_name(f"{self.path.name}-wal")
        return log.stat().st_size if log.exists() else 0

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db, self._seen = None, None

    def _to_write(self, *, look: bool) -> sqlite3.Connection:
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not os.access(self.path.parent, os.W_OK):
                raise PermissionError(13, "read-only folder", str(self.path))
        with self._told():
            gone = not self.path.exists()
            db = sqlite3.connect(self.path, check_same_thread=False, timeout=WRITE_WAIT_S)
            try:
                edition_of(db, self.path)
                db.execute("pragma journal_mode=wal")
                db.execute("pragma synchronous=normal")
                found = prepare(db, self.path, lambda: self._fill(db, True))
                if look:
                    _examine(db, self.path)
                if found:
                    self.remarks.append(
                        f"the ledger was {'gone' if gone else 'empty'}: made anew from {found} kept results"
                    )
            except BaseException:
                db.close()
                raise
            return db

    def _to_read(self) -> sqlite3.Connection:
        self._copied, self._lost = False, 0
        if not self.path.exists() or self.path.stat().st_size == 0:
            return self._from_objects()
        with self._told():
            db = self._connected()
            try:
                found = edition_of(db, self.path)
                if found == EDITION and knows_objects(db):
                    return db
                # an older edition, or one that nobody filled: brought up to date in memory, the file stays
                copy = _memory()
                db.backup(copy)
                count = prepare(copy, self.path, lambda: self._fill(copy, False))
            except BaseException:
                db.close()
                raise
            if found == EDITION and not count:
                copy.close()
                return db
            db.close()
            self._copied, self._lost = True, count
            return copy

    def _from_objects(self) -> sqlite3.Connection:
        db = _memory()
        self._lost = prepare(db, self.path, lambda: self._fill(db, False))
        return db

    def _connected(self) -> sqlite3.Connection:
        """A connection that writes nothing anywhere near the file."""
        logs = [self.path.with_name(self.path.name + e) for e in ("-wal", "-journal")]
        busy = any(log.exists() and log.stat().st_size for log in logs)
        can_write = os.access(self.path.parent, os.W_OK) and os.access(self.path, os.W_OK)
        if not busy and (not can_write or self._sleeps_in_log()):
            self._copied = True
            return self._connect("?mode=ro&immutable=1")
        if can_write:
            db = None
            try:
                db = self._connect("?mode=ro")
                db.execute("select count(*) from sqlite_master").fetchone()
                return db
            except sqlite3.OperationalError as error:
                if db is not None:
                    db.close()
                if _code(error) not in _NO_LOCKS:
                    raise
        self._copied = True
        return self._copy()

    def _connect(self, how: str) -> sqlite3.Connection:
        address = self.path.resolve().as_uri() + how
        return sqlite3.connect(address, uri=True, check_same_thread=False, timeout=READ_WAIT_S)

    def _sleeps_in_log(self) -> bool:
        """Left in the mode that keeps a log beside the file, with none there: nobody has it open."""
        with self.path.open("rb") as file:
            head = file.read(20)
        return (
            head[18:20] == b"\x02\x02" and not self.path.with_name(f"{self.path.name}-wal").exists()
        )

    def _copy(self) -> sqlite3.Connection:
        """The file and its log as they are now, in memory."""
        with tempfile.TemporaryDirectory(prefix="shanshui-") as folder:
            place = Path(folder) / self.path.name
            for ending in ("", "-wal", "-journal"):
                file = self.path.with_name(self.path.name + ending)
                if file.exists():
                    shutil.copyfile(file, place.with_name(place.name + ending))
            place.chmod(0o600)
            with closing(sqlite3.connect(place, timeout=READ_WAIT_S)) as there:
                copy = _memory()
                there.backup(copy)
                return copy

    @contextmanager
    def _told(self) -> Iterator[None]:
        with disk_errors(self.path):
            try:
                yield
            except sqlite3.Error as error:
                raise words(self.path, error) from error


_NO_LOCKS = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PROTOCOL,
}
"""How a disk without locks or without the right to write answers."""


def words(path: Path, error: sqlite3.Error) -> ShanshuiError:
    """Say what a failure of SQLite means and what to do.

    Parameters
    ----------
    path : Path
        The ledger.
    error : sqlite3.Error
        What was raised.

    Returns
    -------
    ShanshuiError
        To be raised.
    """
    study, code = path.parent.parent, _code(error)
    full = False
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and path.parent.exists():
        full = shutil.disk_usage(path.parent).free < 1 << 20
    if code == sqlite3.SQLITE_FULL or full:
        return ResourceError(
            f"{path}: the disk is full; make room and run again: what is finished is kept"
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"{path}: another program holds the ledger; close it there (a database browser?) and try again"
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(f"{path}: cannot be opened or written ({error}); check its permissions")
    if code == sqlite3.SQLITE_NOTADB:
        return DamagedError(
            f"{path}: not a readable ledger ({error}); make it anew from the kept results: "
            f"shanshui verify {study} --rebuild"
        )
    if code == sqlite3.SQLITE_IOERR:
        return StoreError(f"{path}: the disk fails to read or write it ({error}); check the disk")
    return DamagedError(
        f"{path}: the ledger is damaged ({error}); make it anew from the kept results: "
        f"shanshui verify {study} --rebuild"
    )


def damage(db: sqlite3.Connection) -> str:
    """What SQLite itself finds wrong with a file; empty when nothing."""
    found = [str(row[0]) for row in db.execute("pragma quick_check(3)")]
    return "" if found == ["ok"] else "; ".join(found)


def _examine(db: sqlite3.Connection, path: Path) -> None:
    found = damage(db)
    for table, column in (("object", "facts"), ("recipe", "parts"), ("variant", "settings")):
        if found:
            break
        for (text,) in db.execute(f"select {column} from {table}"):  # noqa: S608 - our own words
            try:
                json.loads(text)
            except (TypeError, ValueError):
                found = f"{column} of table {table} cannot be read"
                break
    if found:
        raise DamagedError(f"{path}: the ledger is damaged ({found})")


def _memory() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False)


def _code(error: sqlite3.Error) -> int:
    """Primary code of a failure; 0 where Python itself raised it."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
