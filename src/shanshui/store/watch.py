"""Is a kept object still what it was? By size and time, by its bytes, by its content."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from shanshui.core.errors import StoreError
from shanshui.core.process_lock import ProcessLock
from shanshui.region.grid import GridSpec
from shanshui.store.layout import Layout
from shanshui.store.ledger import Ledger
from shanshui.store.manifests import (
    CONTENT,
    FORM,
    bytes_digest,
    read_manifest,
    stamp_of,
    write_manifest,
)
from shanshui.store.rasters import raster_digest
from shanshui.store.tables import read_table, table_digest
from shanshui.store.vectors import features_digest, read_features

_SUSPECT = "-"
"""Stamp of an object whose bytes were found to be others: it is looked at again whoever asks."""


class SpoiltError(StoreError):
    """A kept object has other bytes than those that were kept."""


class Watch:
    """The kept objects of one study, looked at.

    Parameters
    ----------
    layout : Layout
        Places.
    ledger : Ledger
        What is known of each object.
    grid : GridSpec
        Grid of every raster.
    """

    def __init__(self, layout: Layout, ledger: Ledger, grid: GridSpec) -> None:
        self.layout, self.ledger, self.grid = layout, ledger, grid
        self._guard = ProcessLock()
        self._seen: dict[str, str] = {}

    def present(self, digest: str) -> bool:
        """Is the object there as it was kept, as far as its size and time tell?

        Bytes are read only where the time of change is another one than when they were last looked at.
        """
        return self._stands(digest, 2)

    def sound(self, digest: str) -> bool:
        """Is the object there as it was kept? Bytes are read wherever the file was touched in any way."""
        return self._stands(digest, 4)

    def verified(self, digest: str) -> tuple[str, Path, dict[str, Any]]:
        """Kind, place and facts of an object whose bytes are those that were kept, looked at once in a process.

        Raises
        ------
        StoreError
            Unknown, or missing.
        SpoiltError
            Its bytes are not those that were kept.
        """
        kind, path, facts = self._place(digest)
        stored, _ = self.stored(digest)
        same_size = path.stat().st_size == self.known(digest)[2]
        if not same_size or (stored and not self._same_bytes(digest, path, stored)):
            self.suspect(digest)
            raise SpoiltError(
                f"{path}: a kept result is damaged (its bytes are not those that were kept); have it made anew: "
                f"shanshui verify {self.layout.folder} --mend, then run again"
            )
        for layer in facts.get("layers", {}).values():
            self.verified(layer)
        return kind, path, facts

    def whole(self, digest: str, *, anew: bool = False) -> bool:
        """Are the bytes of an object those that were kept? Read where it was touched, or anew."""
        _, suffix, _, _ = self.known(digest)
        path = self.layout.object(digest, suffix)
        stored, stamp = self.stored(digest)
        if anew:
            with self._guard:
                self._seen.pop(digest, None)
        elif path.exists() and stamp == stamp_of(path.stat()):
            return True
        return self._same_bytes(digest, path, stored)

    def look_at(
        self, digests: Iterable[str], bytes_digests: Callable[[list[Path]], list[str]]
    ) -> None:
        """Have the bytes of objects looked at together by others, where this process did not yet.

        Parameters
        ----------
        digests : iterable of str
            Objects; what is found wrong is said by whoever asks for one.
        bytes_digests : callable
            SHA-256 of each of some files.
        """
        due: dict[str, tuple[Path, str, str]] = {}
        stack = list(digests)
        while stack:
            digest = stack.pop()
            _, path, facts = self._place(digest)
            stack += facts.get("layers", {}).values()
            now, stored = stamp_of(path.stat()), self.stored(digest)[0]
            with self._guard:
                if stored and self._seen.get(digest) != now:
                    due[digest] = path, stored, now
        if not due:
            return
        found = bytes_digests([path for path, _, _ in due.values()])
        for (digest, (_, stored, now)), got in zip(due.items(), found, strict=True):
            if got == stored:
                with self._guard:
                    self._seen[digest] = now

    def stored(self, digest: str) -> tuple[str, str]:
        """SHA-256 of the bytes that were kept, of the ledger or else of the note, and the stamp when last looked at.

        A ledger of the first edition kept none; where a note lies beside the object, that one holds.
        """
        stored, stamp = self.ledger.stored(digest)
        if stored:
            return stored, stamp
        note = read_manifest(self.layout.manifest(digest))
        return (str(note["stored"]), _SUSPECT) if note and note["stored"] else ("", stamp)

    def suspect(self, digest: str) -> None:
        """Have the bytes of an object looked at by whoever asks for it next."""
        with self._guard:
            self._seen.pop(digest, None)
        if self.ledger.writes:
            stored, _ = self.stored(digest)
            self.ledger.know_bytes(digest, stored, _SUSPECT)

    def vouched(self, recipe: str, digest: str) -> bool:
        """Does the note beside an object name the recipe? Objects without a note are believed."""
        note = read_manifest(self.layout.manifest(digest))
        return note is None or recipe in note["recipes"]

    def _stands(self, digest: str, words: int) -> bool:
        known = self.ledger.object(digest)
        if known is None:
            return False
        _, suffix, size, facts = known
        if not all(self._stands(d, words) for d in facts.get("layers", {}).values()):
            return False
        path = self.layout.object(digest, suffix)
        try:
            stat = path.stat()
        except OSError:
            return False
        if stat.st_size != size:
            return False
        stored, stamp = self.stored(digest)
        if not stored:
            return not self.ledger.writes or self._adopted(digest, path)
        now = stamp_of(stat)
        if now.split()[:words] == stamp.split()[:words] or (not stamp and words == 2):
            return True
        if not self._same_bytes(digest, path, stored):
            return False
        if self.ledger.writes:
            self.ledger.know_bytes(digest, stored, now)
        return True

    def _same_bytes(self, digest: str, path: Path, stored: str) -> bool:
        """Compare a file with what was kept, once for each state of it."""
        try:
            now = stamp_of(path.stat())
            with self._guard:
                if self._seen.get(digest) == now:
                    return True
            if bytes_digest(path) != stored:
                return False
        except OSError:
            return False
        with self._guard:
            self._seen[digest] = now
        return True

    def _adopted(self, digest: str, path: Path) -> bool:
        """Take in an object of the first edition, which kept no digest of bytes, if its content is right.

        What reads as another content and is no grid may do so by another library: noted as taken as found.
        """
        known = self.ledger.object(digest)
        right = known is not None and self.content(digest) == digest
        if known is None or (known[0] == "grid" and not right):
            return False
        self._note_beside(digest, bytes_digest(path), found=not right)
        return True

    def noted(self, digest: str) -> bool:
        """Write the note beside an object anew from the ledger, if its bytes are right."""
        _, path, _ = self._place(digest)
        stored, _ = self.stored(digest)
        if not stored:
            return self._adopted(digest, path)
        if not self._same_bytes(digest, path, stored):
            return False
        self._note_beside(digest, stored)
        return True

    def _note_beside(self, digest: str, stored: str, *, found: bool = False) -> None:
        known, (_, path, _) = self.known(digest), self._place(digest)
        products: dict[str, dict[str, Any]] = {}
        for variant, name, fact in self.ledger.standing_for(digest):
            products.setdefault(variant, {})[name] = fact
        note = self._note(*known, stored)
        note |= {"recipes": self.ledger.recipes_of(digest), "products": products}
        note["grid"] = _parts(self._grid_of(digest))
        if found:
            note["found"] = True
        write_manifest(self.layout, digest, note)
        self.ledger.know_bytes(digest, stored, stamp_of(path.stat()))

    def content(self, digest: str) -> str:
        """Digest of the content of an object, taken anew from what is read back; empty when it cannot be read."""
        kind, path, facts = self._place(digest)
        return content_digest(kind, path, facts, self._grid_of(digest))

    def _grid_of(self, digest: str) -> GridSpec:
        """Grid that an object was kept on: the study's may be another one now."""
        note = read_manifest(self.layout.manifest(digest)) or {}
        parts = [note["grid"]] if note.get("grid") else []
        parts += [
            fact["parts"]["grid"]
            for fact in self.ledger.recipes_of(digest).values()
            if "grid" in fact["parts"]
        ]
        return GridSpec(*parts[0]) if parts else self.grid

    def known(self, digest: str) -> tuple[str, str, int, dict[str, Any]]:
        """Kind, suffix, bytes and facts of an object.

        Raises
        ------
        StoreError
            Not in the ledger.
        """
        known = self.ledger.object(digest)
        if known is None:
            raise StoreError(f"object {digest[:12]}: not in the ledger; run again")
        return known

    def _place(self, digest: str) -> tuple[str, Path, dict[str, Any]]:
        kind, suffix, _, facts = self.known(digest)
        path = self.layout.object(digest, suffix)
        if not path.exists():
            raise StoreError(f"{path}: kept result is gone; run again")
        return kind, path, facts

    def _note(
        self,
        kind: str,
        suffix: str,
        size: int,
        facts: dict[str, Any],
        stored: str,
        reads: str = "",
    ) -> dict[str, Any]:
        return {
            "form": FORM,
            "content": CONTENT,
            "kind": kind,
            "suffix": suffix,
            "bytes": size,
            "stored": stored,
            "reads": reads,
            "facts": facts,
            "grid": _parts(self.grid),
            "recipes": {},
            "products": {},
        }


def content_digest(kind: str, path: Path, facts: Mapping[str, Any], grid: GridSpec) -> str:
    """Digest of what a kept file reads as; empty when it cannot be read."""
    try:
        if kind == "grid":
            return raster_digest(path, grid, facts)
        if kind == "features":
            return features_digest(read_features(path))
        if kind == "table":
            return table_digest(read_table(path))
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, pa.ArrowException, StoreError):
        return ""


def _parts(grid: GridSpec) -> list[Any]:
    return [grid.crs, grid.cell_m, grid.left, grid.top, *grid.shape]
