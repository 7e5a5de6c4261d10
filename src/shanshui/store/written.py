"""Files handed to others: written beside their place, moved there whole, and never over what somebody else wrote."""

import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rasterio.errors import RasterioError

from shanshui.core.errors import DataError, ResourceError, ShanshuiError, StoreError
from shanshui.store.declared import input_at, is_within, studies_above
from shanshui.store.layout import NO_LOCKS, STUDY_FILE, lock_fault

_PREFIX = ".shanshui-"
_PARTS = {"lock", "new", "old"}
_ROOM = 1_000_000
"""Bytes of free disk below which a failed write is put down to a full disk [D]."""
_AN_HOUR = 3600
_HEAD = 4096
"""Bytes at both ends of a file in which the name of the program is looked for."""


@dataclass(frozen=True)
class Written:
    """What a study has written for others, so that it knows its own files again.

    Attributes
    ----------
    record : Path or None
        One line of JSON per file; without it nothing is known and nothing is noted.
    protected : tuple of Path
        Files and folders that are never written over, whoever asks.
    own : Path or None
        Folder in which files that bear our name are ours, though an older edition did not note them.
    """

    record: Path | None = None
    protected: tuple[Path, ...] = field(default=())
    own: Path | None = None

    def lines(self) -> list[dict[str, str]]:
        """What was noted; lines that cannot be read are left out."""
        out = []
        if self.record is not None and self.record.is_file():
            for line in self.record.read_text("utf-8", errors="replace").splitlines():
                try:
                    found = json.loads(line)
                except ValueError:
                    continue
                if isinstance(found, dict):
                    out.append({str(k): str(v) for k, v in found.items()})
        return out

    def knows(self, digest: str) -> bool:
        """Whether a file of that content was written by the study."""
        return any(line.get("sha256") == digest for line in self.lines())

    def older(self, place: Path) -> bool:
        """Whether a file was left by an edition that kept no record."""
        at = _absolute(place)
        if self.own is None or self.own.resolve() not in at.parents:
            return False
        if any(line.get("file") == str(at) for line in self.lines()):
            return False
        raw = place.read_bytes()
        return b"shanshui" in raw[:_HEAD] + raw[-_HEAD:]

    def note(self, place: Path, digest: str) -> None:
        """Note a file; a study that cannot be written to keeps no record."""
        if self.record is None or self.knows(digest):
            return
        line = {
            "sha256": digest,
            "file": str(_absolute(place)),
            "when": time.strftime("%Y-%m-%d %H:%M:%S"),
        }
        try:
            with self.record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=True) + "\n")
        except OSError:
            return


FOLDERS = {".zarr", ".gdb"}
"""Endings of formats that are a folder."""
NOTHING = Written()
"""For commands without a study."""


def refuse_place(to: Path, written: Written = NOTHING) -> None:
    """Refuse a place where nothing of ours may stand, or can.

    Parameters
    ----------
    to : Path
        Where a file is to be written.
    written : Written
        With the files that are protected.

    Raises
    ------
    DataError
        A study file, kept results, an input, or below a file.
    """
    place = _absolute(to)
    for folder in studies_above(to):
        if _same(place, folder / STUDY_FILE):
            raise DataError(f"--to {to}: a study file stands there; choose another place")
        kept = (folder / "store", folder / "products")
        if any(is_within(to, k) or _same(place, k) for k in kept):
            raise DataError(f"--to {to}: kept results of a study stand there; choose another place")
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"--to {str(to)[:120]!r}: cannot be the name of a file ({reason}); choose another name"
        ) from None
    for other in written.protected:
        if _same(place, other):
            raise DataError(
                f"--to {to}: is an input, and is never written over; choose another name"
            )
    _refuse_inputs(to, written)
    solid = next((p for p in place.parents if p.exists()), None)
    if solid is not None and not solid.is_dir():
        raise DataError(f"--to {to}: {solid} is a file, not a folder; choose another place")


def _refuse_inputs(to: Path, written: Written) -> None:
    """Refuse what other studies read; of the study that writes, the protected files are known."""
    if written.record is not None and is_within(to, written.record.parent.parent):
        return
    for folder in studies_above(to):
        if said := input_at(to, folder):
            raise DataError(
                f"--to {to}: {said} of the study {folder}, and is never written over; choose another name"
            )


def refuse_foreign(to: Path, written: Written = NOTHING, *, overwrite: bool = False) -> None:
    """Refuse a place that holds something else than an earlier file of ours.

    Parameters
    ----------
    to : Path
        Where a file is to be written.
    written : Written
        What is known to be ours.
    overwrite : bool
        Files of others may be replaced; folders of others never.

    Raises
    ------
    DataError
        Names what stands there and what to do.
    """
    refuse_place(to, written)
    _refuse_other(to, written, overwrite, "")


def _refuse_other(to: Path, written: Written, overwrite: bool, fresh: str) -> None:
    """As above; ``fresh`` is the digest of what is to stand there: the same content may stand already."""
    if not os.path.lexists(to):
        return
    if to.is_symlink():
        if not overwrite:
            raise DataError(
                f"--to {to}: is a link to {to.readlink()}; name that file, or replace the link with --overwrite"
            )
        return
    if to.is_dir():
        if to.suffix.lower() not in FOLDERS:
            raise DataError(f"--to {to}: is a folder; choose another name")
        if written.knows(_digest(to)) or (overwrite and _own_store(to)):
            return
        raise DataError(
            f"--to {to}: is a folder that this study did not write as it stands there; choose another name, or remove it yourself"
        )
    if not to.is_file():
        raise DataError(f"--to {to}: is no file that can be replaced; choose another name")
    if overwrite:
        return
    digest = _digest(to)
    if digest == fresh or written.knows(digest) or written.older(to):
        return
    whose = "this study" if written.record is not None else "this command"
    raise DataError(
        f"--to {to}: exists, and {whose} did not write it as it stands there; choose another name, or replace it with --overwrite"
    )


@contextmanager
def replaced(to: Path, written: Written = NOTHING, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a place to write to; what was written there takes its own place whole, or not at all.

    Parameters
    ----------
    to : Path
        Where the file or store shall stand.
    written : Written
        What is known to be ours, and notes this one.
    overwrite : bool
        Files of others may be replaced.

    Yields
    ------
    Path
        Of the same name, in a hidden folder beside.

    Raises
    ------
    DataError
        Something of others stands there.
    ResourceError
        The disk is full.
    StoreError
        The place cannot be written.
    """
    refuse_place(to, written)
    with _in_words(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers(to.parent)
        beside = to.parent / f"{_PREFIX}{uuid.uuid4().hex[:8]}"
        beside.mkdir()
        lock = (beside / "lock").open("a+", encoding="utf-8")
        try:
            lock_fault(lock)  # on a disk without locks the hour tells, see _in_use
            (beside / "new").mkdir()
            fresh = beside / "new" / to.name
            yield fresh
            digest = _digest(fresh)
            _refuse_other(to, written, overwrite, digest)
            written.note(to, digest)
            _swap(fresh, to, beside / "old")
        finally:
            lock.close()
            _clear(beside)


def _swap(fresh: Path, to: Path, old: Path) -> None:
    """Put a file or store in its place; an older store is moved aside until the new one stands."""
    if fresh.is_dir():
        if to.is_dir() and not to.is_symlink():
            old.mkdir()
            to.rename(old / to.name)
        fresh.rename(to)
        return
    with fresh.open("rb+") as handle:
        os.fsync(handle.fileno())
    fresh.replace(to)


def clear_leftovers(folder: Path) -> None:
    """Clear what stopped commands left in a folder; a store that was moved aside comes back.

    Parameters
    ----------
    folder : Path
        Where files were written.
    """
    for beside in folder.glob(f"{_PREFIX}*"):
        ours = beside.is_dir() and not beside.is_symlink()
        # a folder without a lock is one that another command is just making
        if not ours or not (beside / "lock").is_file():
            continue
        if {p.name for p in beside.iterdir()} <= _PARTS and not _in_use(beside / "lock"):
            _clear(beside)


def _in_use(lock: Path) -> bool:
    with lock.open("r+", encoding="utf-8") as handle:
        fault = lock_fault(handle)
    if fault in NO_LOCKS:
        return time.time() - lock.stat().st_mtime < _AN_HOUR
    return fault != 0


def _clear(beside: Path) -> None:
    """Remove a hidden folder of ours; a store that has no successor goes back to its place first."""
    old = beside / "old"
    for store in old.iterdir() if old.is_dir() else ():
        if not os.path.lexists(beside.parent / store.name):
            store.rename(beside.parent / store.name)
    shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _in_words(to: Path) -> Iterator[None]:
    """Whatever goes wrong while a file is written, in words."""
    try:
        yield
    except ShanshuiError:
        raise
    except Exception as error:
        code = error.errno if isinstance(error, OSError) else None
        if code in {errno.ENOSPC, errno.EDQUOT} or _full(to):
            raise ResourceError(
                f"{to}: the disk is full; make room and run again: what stood there is kept"
            ) from error
        if code in {errno.EACCES, errno.EROFS, errno.EPERM}:
            reason = os.strerror(code or 0)
            raise StoreError(
                f"{to}: cannot be written ({reason}); check its permissions"
            ) from error
        if code in {errno.ENAMETOOLONG, errno.EINVAL, errno.ENOTDIR, errno.EEXIST, errno.EFBIG}:
            reason = os.strerror(code or 0)
            raise DataError(
                f"--to {to}: cannot be written there ({reason}); choose another name"
            ) from error
        if not isinstance(error, (OSError, RuntimeError, RasterioError)):
            raise
        said = " ".join(str(error).split())[:300]
        raise StoreError(
            f"{to}: could not be written ({type(error).__name__}: {said}); what stood there is kept"
        ) from error


def _full(to: Path) -> bool:
    """Whether the disk has no room: libraries that write files say so each in its own way."""
    solid = next((p for p in _absolute(to).parents if p.is_dir()), None)
    try:
        return solid is not None and shutil.disk_usage(solid).free < _ROOM
    except OSError:
        return False


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of all names and contents below a folder."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(p for p in path.rglob("*") if not p.is_dir()):
        digest.update(part.relative_to(path).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        digest.update(_digest(part).encode())
    return digest.hexdigest()


def _own_store(folder: Path) -> bool:
    """Whether a folder is a Zarr store of ours with nothing else in it."""
    try:
        head = json.loads((folder / "zarr.json").read_text("utf-8"))
        ours = str(head["attributes"]["source"]).startswith("shanshui")
    except (OSError, ValueError, LookupError, TypeError):
        return False
    parts = [p.relative_to(folder) for p in folder.rglob("*") if not p.is_dir()]
    return ours and all(p.name == "zarr.json" or "c" in p.parts[:-1] for p in parts)


def _absolute(path: Path) -> Path:
    """The folder resolved, the name as it is: a link is a file of its own."""
    return path.parent.resolve() / path.name


def _same(place: Path, other: Path) -> bool:
    """Whether a place is a protected file or folder, or lies in such a folder."""
    tried = (_absolute(other), other.resolve())
    if place in tried or place.resolve() in tried:
        return True
    if any(t.is_dir() and t in place.parents for t in tried):
        return True
    try:
        return place.samefile(other)
    except OSError:
        return False
