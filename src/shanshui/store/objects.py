"""Keep a value under the digest of its content, and hand it back."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import xarray as xr

from shanshui.core.errors import StoreError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import MANIFEST, Layout, disk_errors
from shanshui.store.ledger import Ledger
from shanshui.store.manifests import (
    bytes_digest,
    kept,
    read_manifest,
    settled,
    stamp_of,
    write_manifest,
)
from shanshui.store.publishing import Products
from shanshui.store.rasters import RasterReader, RasterWriter
from shanshui.store.tables import read_table, table_digest, write_table
from shanshui.store.vectors import features_digest, read_features, write_features
from shanshui.store.watch import Watch, content_digest

SUFFIX = {
    "grid": ".tif",
    "layers": ".json",
    "features": ".parquet",
    "table": ".parquet",
    "scalar": ".json",
}

READ_BACK_MOST = 16 << 20
"""Largest table that is read back when it is kept [D], so that its content can be compared later."""


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

    def temporary(self, suffix: str) -> Path:
        """Name for a file that is not finished."""
        return self.layout.temporary / f"{uuid.uuid4().hex}{suffix}"

    def raster_writer(self, dtype: str, units: str, nodata: float | None) -> RasterWriter:
        """Open a grid for writing by rows."""
        return RasterWriter(self.temporary(".tif"), self.grid, dtype, units, nodata)

    def keep_raster(self, writer: RasterWriter) -> str:
        """Finish a grid and keep it."""
        digest = writer.close()
        facts = {
            **writer.summary.facts(),
            "units": writer.units,
            "nodata": writer.nodata,
            "dtype": writer.dtype,
            "shape": list(self.grid.shape),
            "dims": ["y", "x"],
        }
        self._keep(writer.path, digest, "grid", facts)
        return digest

    def keep(self, value: Any) -> str:
        """Keep a value of any kind that flows and return its digest.

        Raises
        ------
        StoreError
            A kind that cannot be kept.
        """
        if isinstance(value, xr.DataArray):
            return self._keep_grid(value)
        if isinstance(value, xr.Dataset):
            return self.keep_layers(
                {str(layer): self._keep_grid(grid) for layer, grid in value.data_vars.items()},
                value.attrs.get("missing_because"),
            )
        if isinstance(value, gpd.GeoDataFrame):
            digest = features_digest(value)
            path = self.temporary(".parquet")
            write_features(value, path)
            facts = {**_columns(value.drop(columns=value.geometry.name)), "crs": str(value.crs)}
            return self._keep(path, digest, "features", facts)
        if isinstance(value, pd.DataFrame):
            path = self.temporary(".parquet")
            write_table(value, path)
            joined = {"join": value.attrs["join"]} if "join" in value.attrs else {}
            return self._keep(path, table_digest(value), "table", _columns(value) | joined)
        if isinstance(value, int | float | np.number):
            text = json.dumps(float(value))
            path = self.temporary(".json")
            with disk_errors(path):
                path.write_text(text, "utf-8")
            number = float(value)
            facts = {"min": number, "max": number, "mean": number, "shape": [], "nodata_share": 0.0}
            return self._keep(path, hashlib.sha256(text.encode()).hexdigest(), "scalar", facts)
        raise StoreError(
            f"cannot keep a {type(value).__name__}; assessments give grids, tables, features or numbers"
        )

    def keep_layers(self, layers: dict[str, str], missing: dict[str, str] | None = None) -> str:
        """Keep the list of the grids that one step gave, each a kept grid of its own, and why some may be missing."""
        beside = {"missing_because": missing} if missing else {}
        text = json.dumps({"layers": layers, **beside})
        path = self.temporary(".json")
        with disk_errors(path):
            path.write_text(text, "utf-8")
        columns = {layer: self._place(digest)[2] for layer, digest in layers.items()}
        facts = {"shape": list(self.grid.shape), "layers": layers, "columns": columns, **beside}
        return self._keep(path, hashlib.sha256(text.encode()).hexdigest(), "layers", facts)

    def layer(self, digest: str, layer: str) -> str:
        """Digest of one grid of several."""
        return str(self._place(digest)[2]["layers"][layer])

    def get(self, digest: str) -> Any:
        """Hand a kept value back.

        Raises
        ------
        StoreError
            Unknown, missing, damaged or unreadable.
        """
        kind, path, facts = self.verified(digest)
        if kind == "grid":
            return self.reader(digest).load()
        if kind == "layers":
            grids = {k: self.reader(d).load() for k, d in facts["layers"].items()}
            why = "missing_because"
            return xr.Dataset(grids, attrs={why: facts[why]} if why in facts else {})
        try:
            if kind == "features":
                return read_features(path)
            if kind == "scalar":
                return float(json.loads(path.read_text("utf-8")))
            frame = read_table(path)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise StoreError(
                f"{path}: kept result cannot be read ({error}); run again with --fresh"
            ) from error
        return frame

    def reader(self, digest: str) -> RasterReader:
        """Open a kept grid for reading by rows.

        Raises
        ------
        StoreError
            Unknown, missing, damaged, or not a grid.
        """
        kind, path, facts = self.verified(digest)
        if kind != "grid":
            raise StoreError(f"{path}: found a {kind}, expected a grid")
        return RasterReader(path, self.grid, facts["units"], facts["nodata"], facts["dtype"])

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

    def _keep_grid(self, value: xr.DataArray) -> str:
        nodata = value.attrs.get("nodata")
        writer = self.raster_writer(str(value.dtype), str(value.attrs.get("units", "1")), nodata)
        try:
            for start, stop in self.grid.strips(4 * STRIP):
                writer.write(start, value.values[start:stop])
            return self.keep_raster(writer)
        except BaseException:
            writer.abandon()
            raise

    def _keep(self, path: Path, digest: str, kind: str, facts: dict[str, Any]) -> str:
        suffix = SUFFIX[kind]
        size, stored = path.stat().st_size, bytes_digest(path)
        reads = digest
        if suffix == ".parquet":
            # types and coordinate systems may come back in other words than they went
            reads = content_digest(kind, path, facts, self.grid) if size <= READ_BACK_MOST else ""
        place = self.layout.keep(path, digest, suffix)
        with self._guard:
            note = read_manifest(self.layout.manifest(digest)) or {}
            fresh = self._note(kind, suffix, size, facts, stored, reads)
            before = {k: note.get(k, {}) for k in ("recipes", "products")}
            write_manifest(self.layout, digest, fresh | before)
            now = self._seen[digest] = stamp_of(place.stat())
        self.ledger.know_object(digest, kind, suffix, size, facts, stored, now)
        return digest


def _columns(frame: pd.DataFrame) -> dict[str, Any]:
    units = frame.attrs.get("units", {})
    facts: dict[str, Any] = {"shape": list(frame.shape), "columns": {}}
    for name in frame.columns:
        column = frame[name]
        fact: dict[str, Any] = {"units": units.get(name, "") if isinstance(units, dict) else units}
        if column.dtype.kind in "iuf":
            seen = column.dropna()
            if len(seen):
                fact |= {
                    "min": float(seen.min()),
                    "max": float(seen.max()),
                    "mean": float(seen.mean()),
                }
        fact["nodata_share"] = float(column.isna().mean()) if len(column) else 0.0
        facts["columns"][str(name)] = fact
    return facts
