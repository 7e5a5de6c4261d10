"""Products as files for other programs: a state that is compared with the ledger and mended."""

import errno
import os
import shutil
import uuid
from pathlib import Path

from shanshui.store.layout import BEFORE, Layout, disk_errors
from shanshui.store.ledger import Ledger, Shown
from shanshui.store.manifests import bytes_digest, stamp_of

COPY_MOST = 64 << 20
"""Largest file that is copied where the disk cannot share blocks [D]: some 40 ms; larger ones are
linked, and then their bytes are watched (decisions/0015-one-truth)."""
_FICLONE = 0x40049409


class Products:
    """The folder ``products/`` of a study.

    Parameters
    ----------
    layout : Layout
        Places.
    ledger : Ledger
        What stands, and what was published.
    """

    def __init__(self, layout: Layout, ledger: Ledger) -> None:
        self.layout, self.ledger = layout, ledger
        self.copies: dict[str, Path] = {}
        """Files by the digest that they show, made by workers already, of which each is used once."""

    def publish(self, name: str, digest: str, variant: str = "") -> bool:
        """Have the file of a product show an object.

        Parameters
        ----------
        name : str
            Product.
        digest : str
            What it stands for; its bytes are taken as sound.
        variant : str
            Under which it is known.

        Returns
        -------
        bool
            Whether the file had to be written. A folder in its place is left, and told in the remarks of the ledger.

        Raises
        ------
        StoreError
            The file cannot be written.
        """
        known = self.ledger.object(digest)
        if known is None or BEFORE in name:
            return False
        suffix = known[1]
        place, shown = (
            self.layout.object(digest, suffix),
            self.layout.shown(name, suffix, variant),
        )
        before = self.ledger.shown(name, variant)
        file = shown.relative_to(self.layout.folder).as_posix()
        if before is not None and before.digest == digest and self.unlike(before) == "":
            return False
        if _is_folder(shown):
            self.ledger.remark(
                f"{shown}: a folder stands where the file of {name} belongs; move it away and run again"
            )
            return False
        with disk_errors(shown):
            written = not self._same(shown, place, digest)
            if written:
                shown.parent.mkdir(parents=True, exist_ok=True)
                fresh, linked = self._fresh(place, digest)
                _move(fresh, shown)
                if linked:  # a link more is a change of status: not one of content
                    stored, _ = self.ledger.stored(digest)
                    self.ledger.know_bytes(digest, stored, stamp_of(place.stat()))
            stamp = stamp_of(shown.stat())
        self.ledger.know_shown(Shown(variant, name, digest, file, stamp))
        if before is not None and before.file != file:
            _take_away(self.layout.folder / before.file)
        return written

    def withdraw(self, name: str, variant: str = "") -> None:
        """Take the file of a product away."""
        before = self.ledger.shown(name, variant)
        if before is None:
            return
        file = self.layout.folder / before.file
        with disk_errors(file):
            _take_away(file)
            if variant and file.parent.is_dir() and not any(file.parent.iterdir()):
                file.parent.rmdir()
        self.ledger.drop_shown(name, variant)

    def withdraw_dropped(self) -> None:
        """Take the files away that show products which stand no more."""
        stand = {(variant, name) for variant, name, _, _ in self.ledger.products()}
        for shown in self.ledger.all_shown():
            if (shown.variant, shown.name) not in stand:
                self.withdraw(shown.name, shown.variant)

    def unlike(self, shown: Shown) -> str:
        """How a published file differs from what it shows, by its stamp; empty when untouched."""
        try:
            stat = (self.layout.folder / shown.file).lstat()
        except OSError:
            return "is gone"
        return "" if stamp_of(stat) == shown.stamp else "was touched"

    def fault(self, name: str, digest: str, variant: str = "") -> str:
        """What is wrong with the file of a product, by its bytes where it was touched; empty when nothing."""
        known = self.ledger.object(digest)
        if known is None or BEFORE in name:
            return ""
        shown = self.layout.shown(name, known[1], variant)
        before = self.ledger.shown(name, variant)
        if before is not None and before.digest == digest and self.unlike(before) == "":
            return ""
        if self._same(shown, self.layout.object(digest, known[1]), digest):
            return ""
        if _is_folder(shown):
            return "cannot be written: a folder stands there; move it away"
        return "shows something else" if shown.exists() else "is gone"

    def _same(self, shown: Path, place: Path, digest: str) -> bool:
        try:
            if shown.is_symlink() or not shown.is_file():
                return False
            if shown.samefile(place):
                return True
            if shown.stat().st_size != place.stat().st_size:
                return False
        except OSError:
            return False
        stored, _ = self.ledger.stored(digest)
        return bytes_digest(shown) == (stored or bytes_digest(place))

    def _fresh(self, place: Path, digest: str) -> tuple[Path, bool]:
        """A file of the same content under another name, and whether both are one file."""
        made = self.copies.pop(digest, None)
        if made is not None and made.exists():
            return made, False
        fresh = copied(place, self.layout.temporary)
        if fresh is not None:
            return fresh, False
        fresh = self.layout.temporary / f"{uuid.uuid4().hex}{place.suffix}"
        try:
            os.link(place, fresh)
        except OSError:  # a disk without hard links
            return _whole_copy(place, fresh), False
        return fresh, True


def copied(place: Path, folder: Path) -> Path | None:
    """A file of the same content that may be written to without a change of the first.

    Parameters
    ----------
    place : Path
        A finished file.
    folder : Path
        Where to, on the same disk.

    Returns
    -------
    Path or None
        None where the disk cannot share blocks and the file is too large to be copied.

    Raises
    ------
    ResourceError
        The disk is full.
    """
    fresh = folder / f"{uuid.uuid4().hex}{place.suffix}"
    with disk_errors(fresh):
        if _shared(place, fresh):
            fresh.chmod(0o444)
            return fresh
        return None if place.stat().st_size > COPY_MOST else _whole_copy(place, fresh)


def _whole_copy(place: Path, fresh: Path) -> Path:
    shutil.copyfile(place, fresh)
    fresh.chmod(0o444)
    return fresh


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()


def _take_away(file: Path) -> None:
    """Delete a file of ours; a folder in its place is none."""
    if not _is_folder(file):
        file.unlink(missing_ok=True)


def _move(fresh: Path, shown: Path) -> None:
    """Put a finished file in its place, also where ``products/`` lies on another disk."""
    try:
        fresh.replace(shown)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = shown.with_name(f".{fresh.name}")
        shutil.copyfile(fresh, beside)
        beside.chmod(0o444)
        beside.replace(shown)
        fresh.unlink()


def _shared(place: Path, fresh: Path) -> bool:
    """Copy by sharing blocks, as Btrfs, XFS and their like can: no time, no room, no way back."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        with place.open("rb") as source, fresh.open("wb") as target:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        return False
    return True
