"""Names and places inside a study folder."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from shanshui.core.errors import ResourceError, StoreError, StudyError

STUDY_FILE = "study.toml"
MANIFEST = ".manifest"
"""Ending of the note beside each kept object."""
BEFORE = "@"
"""In the name of a product as it was before a change: kept, but not shown to other programs."""


class Layout:
    """Where things lie below a study folder.

    Parameters
    ----------
    folder : path
        The study folder.
    variant : str
        Whose products and reports; the study's own by default.
    """

    def __init__(self, folder: str | Path, variant: str = "") -> None:
        self.folder = Path(folder)
        self.variant = variant
        self.study_file = self.folder / STUDY_FILE
        self.store = self.folder / "store"
        self.objects = self.store / "objects"
        self.temporary = self.store / "tmp"
        self.ledger = self.store / "ledger.sqlite"
        self.variants = self.store / "variants.json"
        self.lock = self.store / "lock"
        self.products = self.folder / "products" / variant
        self.report = self.folder / "report" / variant

    def make(self) -> None:
        """Create the folders of the store."""
        with disk_errors(self.folder):
            for folder in (self.objects, self.temporary):
                folder.mkdir(parents=True, exist_ok=True)

    def object(self, digest: str, suffix: str) -> Path:
        """Place of an object."""
        return self.objects / digest[:2] / f"{digest}{suffix}"

    def manifest(self, digest: str) -> Path:
        """Place of the note beside an object."""
        return self.object(digest, MANIFEST)

    def shown(self, name: str, suffix: str, variant: str = "") -> Path:
        """Place of a product for other programs."""
        return self.folder / "products" / variant / f"{name}{suffix}"

    def keep(self, temporary: Path, digest: str, suffix: str) -> Path:
        """Move a finished file to its place, at once or not at all."""
        place = self.object(digest, suffix)
        with disk_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("rb") as handle:
                os.fsync(handle.fileno())
            temporary.chmod(0o444)
            temporary.replace(place)
        return place

    def free_bytes(self) -> int:
        """Room left on the disk that holds the study."""
        return shutil.disk_usage(self.folder).free

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Folder for what is only looked at: that of the store if a run has made it, else one that goes again."""
        if self.temporary.is_dir() and os.access(self.temporary, os.W_OK):
            yield self.temporary
            return
        with tempfile.TemporaryDirectory(prefix="shanshui-") as folder:
            yield Path(folder)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full, forbidden or failing disk into words.

    Raises
    ------
    ResourceError
        Full.
    StoreError
        Forbidden, or something else stands in the way.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ResourceError(
                f"{path}: the disk is full; make room and run again: what is finished is kept"
            ) from error
        if error.errno in {errno.EACCES, errno.EROFS, errno.EPERM}:
            raise StoreError(
                f"{path}: cannot be written ({error.strerror}); check its permissions"
            ) from error
        if error.errno in {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY}:
            raise StoreError(
                f"{path}: cannot be written ({error.strerror}: {error.filename2 or error.filename}); "
                "something else stands there: move it away"
            ) from error
        raise


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """Hold the study against a second run; the lock dies with the process.

    Raises
    ------
    StudyError
        Another process holds it.
    StoreError
        The folder cannot be written, or its disk has no locks.
    """
    layout.make()
    with disk_errors(layout.lock):
        handle = layout.lock.open("a+", encoding="utf-8")
    try:
        fault = lock_fault(handle)
        if fault in NO_LOCKS:
            raise StoreError(
                f"{layout.lock}: this disk has no locks ({os.strerror(fault)}), so that two runs could spoil each "
                "other; copy the study to a disk of this machine to run it: reading works here"
            )
        if fault:
            handle.seek(0)
            owner = handle.read().strip() or "unknown"
            raise StudyError(
                f"{layout.folder}: another run holds this study (process {owner}); wait for it, or stop it"
            )
        with disk_errors(layout.lock):
            handle.seek(0)
            handle.truncate()
            handle.write(str(os.getpid()))
            handle.flush()
        yield
    finally:
        _unlock(handle)
        handle.close()


NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS}
"""Errors of disks that have no locks."""


def _unlock(handle: IO[str]) -> None:
    """Open a lock for all: a process forked off meanwhile has it too, and would keep it shut as long as it lives."""
    try:
        import fcntl
    except ImportError:  # Windows forks no process
        return
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_UN)


def lock_fault(handle: IO[str]) -> int:
    """Lock a file, or the number of the error that stood against it."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return errno.EACCES
        return 0
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno or errno.EACCES
    return 0
