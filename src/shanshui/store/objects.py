"""Keep a value under the digest of its content, and hand it back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shanshui.core.errors import StoreError
from shanshui.region.grid import GridSpec
from shanshui.store.kept import READ, Kept
from shanshui.store.layout import MANIFEST, Layout, disk_errors
from shanshui.store.ledger import Ledger
from shanshui.store.making import SUFFIX, Finished, Maker
from shanshui.store.manifests import (
    kept,
    read_manifest,
    settled,
    stamp_of,
    write_manifest,
)
from shanshui.store.publishing import Products
from shanshui.store.rasters import RasterReader, RasterWriter
from shanshui.store.watch import Watch


class Objects(Watch):
    """The kept results of one study.

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
        super().__init__(layout, ledger, grid)
        self.products = Products(layout, ledger)
        self.maker = Maker(layout.temporary.absolute(), grid)

    def temporary(self, suffix: str) -> Path:
        """Name for a file that is not finished."""
        return self.maker.temporary(suffix)

    def raster_writer(self, dtype: str, units: str, nodata: float | None) -> RasterWriter:
        """Open a grid for writing by rows."""
        return self.maker.raster_writer(dtype, units, nodata)

    def keep_raster(self, writer: RasterWriter) -> str:
        """Finish a grid and keep it."""
        return self.take(self.maker.raster(writer))

    def keep(self, value: Any) -> str:
        """Keep a value of any kind that flows and return its digest.

        Raises
        ------
        StoreError
            A kind that cannot be kept.
        """
        return self.take(self.maker.value(value))

    def keep_layers(self, layers: dict[str, str], missing: dict[str, str] | None = None) -> str:
        """Keep the list of the grids that one step gave, each a kept grid of its own, and why some may be missing."""
        known = {layer: (digest, self._place(digest)[2]) for layer, digest in layers.items()}
        return self.take(self.maker.listed(known, missing))

    def take(self, made: Finished) -> str:
        """Take a finished file in, wherever it was made, and return its digest."""
        for part in made.parts:
            self.take(part)
        digest, suffix = made.digest, SUFFIX[made.kind]
        place = self.layout.keep(made.path, digest, suffix)
        facts = dict(made.facts)
        with self._guard:
            note = read_manifest(self.layout.manifest(digest)) or {}
            fresh = self._note(made.kind, suffix, made.bytes, facts, made.stored, made.reads)
            before = {k: note.get(k, {}) for k in ("recipes", "products")}
            write_manifest(self.layout, digest, fresh | before)
            now = self._seen[digest] = stamp_of(place.stat())
        self.ledger.know_object(digest, made.kind, suffix, made.bytes, facts, made.stored, now)
        if made.copy is not None:
            self.products.copies[digest] = made.copy
        return digest

    def layer(self, digest: str, layer: str) -> str:
        """Digest of one grid of several."""
        return str(self._place(digest)[2]["layers"][layer])

    def kept(self, digest: str) -> Kept:
        """A kept result whose bytes were looked at, to be read without the ledger.

        Raises
        ------
        StoreError
            Unknown, missing or damaged.
        """
        kind, path, facts = self.verified(digest)
        layers = {name: self.kept(part) for name, part in facts.get("layers", {}).items()}
        read = {k: facts[k] for k in READ if k in facts}
        return Kept(digest, kind, path.absolute(), self.known(digest)[2], read, layers)

    def get(self, digest: str) -> Any:
        """Hand a kept value back.

        Raises
        ------
        StoreError
            Unknown, missing, damaged or unreadable.
        """
        return self.kept(digest).value(self.grid)

    def reader(self, digest: str) -> RasterReader:
        """Open a kept grid for reading by rows.

        Raises
        ------
        StoreError
            Unknown, missing, damaged, or not a grid.
        """
        return self.kept(digest).reader(self.grid)

    # what stands

    def settle(
        self,
        name: str,
        recipe: str,
        digest: str,
        parts: Mapping[str, Any],
        reason: str,
        run: int,
        seconds: float,
        variant: str = "",
    ) -> None:
        """Have a product stand for an object: noted beside it, shown in ``products/``, then in the ledger.

        In this order a stop in between leaves no older file under a newer entry.
        """
        with self._guard:
            note = read_manifest(self.layout.manifest(digest))
            if note is None:
                stored, _ = self.stored(digest)
                note = self._note(*self.known(digest), stored)
            write_manifest(
                self.layout,
                digest,
                settled(note, recipe, parts, seconds, (variant, name), reason, run),
            )
        self.products.publish(name, digest, variant)
        if self.ledger.result_of(recipe) != digest:
            self.ledger.know_recipe(recipe, digest, parts, seconds)
        self.ledger.know_product(name, recipe, digest, reason, run, variant)

    def refuse_lost(self) -> None:
        """Raise where the ledger knows no kept result although there are some: nothing tells which are needed.

        Raises
        ------
        StoreError
            With the way out.
        """
        if self.ledger.objects():
            return
        count = sum(file.exists() for _, _, file in kept(self.layout.objects))
        if count:
            study = self.layout.folder
            raise StoreError(
                f"{self.ledger.path}: knows none of the {count} kept results, so that nothing is deleted; make it "
                f"anew: shanshui verify {study} --rebuild, or what is damaged: shanshui run {study}"
            )

    def sweep(self) -> tuple[int, int]:
        """Delete objects that no product stands for, and leftovers; return how many and their bytes.

        Raises
        ------
        StoreError
            The ledger knows none of the kept results.
        """
        count = size = 0
        with self.ledger.writing(), disk_errors(self.layout.objects):
            self.refuse_lost()
            live = self.ledger.live_digests()
            for digest in list(live):
                known = self.ledger.object(digest)
                live.update(known[3].get("layers", {}).values() if known else ())
            dead = [
                path
                for path in self.layout.objects.glob("*/*")
                if path.name.split(".")[0] not in live
            ]
            # first forgotten, then deleted: a stop in between leaves files that the next sweep takes
            self.ledger.drop_objects({path.name.split(".")[0] for path in dead})
            for path in [*dead, *self.layout.temporary.glob("*")]:
                size += path.stat().st_size
                count += path.suffix != MANIFEST
                path.unlink()
        return count, size

    def clear_temporary(self) -> None:
        """Drop what a killed run left behind."""
        with disk_errors(self.layout.temporary):
            for path in self.layout.temporary.glob("*"):
                path.unlink(missing_ok=True)
