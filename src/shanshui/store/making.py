"""A value written to a file of its own, with its digests and facts; whoever keeps the ledger takes it in."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.errors import StoreError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import disk_errors
from shanshui.store.manifests import bytes_digest
from shanshui.store.parts import Part, PartWriter, together
from shanshui.store.rasters import RasterWriter, Summary
from shanshui.store.tables import table_digest, write_table
from shanshui.store.vectors import features_digest, write_features
from shanshui.store.watch import content_digest

SUFFIX = {
    "grid": ".tif",
    "layers": ".json",
    "features": ".parquet",
    "table": ".parquet",
    "scalar": ".json",
}

READ_BACK_MOST = 16 << 20
"""Largest table that is read back when it is made [D], so that its content can be compared later."""


@dataclass(frozen=True)
class Finished:
    """A finished file that is not kept yet.

    Attributes
    ----------
    path : Path
        Where it lies for now.
    digest : str
        Of its content.
    kind : str
        As ``SUFFIX`` has it.
    facts : mapping
        What is known of the content.
    bytes : int
        Size of the file.
    stored : str
        SHA-256 of its bytes.
    reads : str
        Digest of what is read back; empty where that was not looked at.
    parts : tuple of Finished
        Grids of which it is the list, to be kept before it.
    copy : Path or None
        A second file of the same bytes, to be shown in ``products/``, where its worker has made one.
    """

    path: Path
    digest: str
    kind: str
    facts: Mapping[str, Any]
    bytes: int
    stored: str
    reads: str
    parts: tuple["Finished", ...] = ()
    copy: Path | None = None


@dataclass(frozen=True)
class Maker:
    """Writes values to files of a folder; knows no ledger.

    Attributes
    ----------
    folder : Path
        For files that nobody keeps yet.
    grid : GridSpec
        Grid of every raster.
    """

    folder: Path
    grid: GridSpec

    def temporary(self, suffix: str) -> Path:
        """Name for a file that is not finished."""
        return self.folder / f"{uuid.uuid4().hex}{suffix}"

    def raster_writer(self, dtype: str, units: str, nodata: float | None) -> RasterWriter:
        """Open a grid for writing by rows."""
        return RasterWriter(self.temporary(".tif"), self.grid, dtype, units, nodata)

    def raster(self, writer: RasterWriter) -> Finished:
        """Finish a grid."""
        digest = writer.close()
        facts = self._facts(writer.summary, writer.dtype, writer.units, writer.nodata)
        return self._finished(writer.path, digest, "grid", facts)

    def part_writer(self, ends: tuple[int, int], head: tuple[str, str, float | None]) -> PartWriter:
        """Open some rows of a grid for writing."""
        return PartWriter(self.temporary(".part"), self.grid, ends, head)

    def together(self, parts: Sequence[Part]) -> Finished:
        """Finish a grid from its parts."""
        path = self.temporary(SUFFIX["grid"])
        digest, summary, stored = together(path, self.grid, parts)
        facts = self._facts(summary, parts[0].dtype, parts[0].units, parts[0].nodata)
        return Finished(path, digest, "grid", facts, path.stat().st_size, stored, digest)

    def value(self, value: Any) -> Finished:
        """Write a value of any kind that flows.

        Raises
        ------
        StoreError
            A kind that cannot be kept.
        """
        if isinstance(value, xr.DataArray):
            return self._grid(value)
        if isinstance(value, xr.Dataset):
            grids = {str(layer): self._grid(grid) for layer, grid in value.data_vars.items()}
            return self.layers(grids, value.attrs.get("missing_because"))
        if isinstance(value, gpd.GeoDataFrame):
            digest = features_digest(value)
            path = self.temporary(".parquet")
            write_features(value, path)
            facts = {**_columns(value.drop(columns=value.geometry.name)), "crs": str(value.crs)}
            return self._finished(path, digest, "features", facts)
        if isinstance(value, pd.DataFrame):
            path = self.temporary(".parquet")
            write_table(value, path)
            joined = {"join": value.attrs["join"]} if "join" in value.attrs else {}
            return self._finished(path, table_digest(value), "table", _columns(value) | joined)
        if isinstance(value, int | float | np.number):
            number = float(value)
            facts = {"min": number, "max": number, "mean": number, "shape": [], "nodata_share": 0.0}
            return self._text(json.dumps(number), "scalar", facts)
        raise StoreError(
            f"cannot keep a {type(value).__name__}; assessments give grids, tables, features or numbers"
        )

    def layers(
        self, parts: Mapping[str, Finished], missing: Mapping[str, str] | None = None
    ) -> Finished:
        """Write the list of the grids that one step gave, each a file of its own, and why some may be missing."""
        listed = self.listed({k: (p.digest, p.facts) for k, p in parts.items()}, missing)
        return Finished(**{**vars(listed), "parts": tuple(parts.values())})

    def listed(
        self,
        layers: Mapping[str, tuple[str, Mapping[str, Any]]],
        missing: Mapping[str, str] | None = None,
    ) -> Finished:
        """Write the list of grids that are kept already, by digest and facts."""
        beside = {"missing_because": dict(missing)} if missing else {}
        digests = {layer: digest for layer, (digest, _) in layers.items()}
        columns = {layer: dict(facts) for layer, (_, facts) in layers.items()}
        facts = {"shape": list(self.grid.shape), "layers": digests, "columns": columns, **beside}
        return self._text(json.dumps({"layers": digests, **beside}), "layers", facts)

    def _facts(
        self, summary: Summary, dtype: str, units: str, nodata: float | None
    ) -> dict[str, Any]:
        return {
            **summary.facts(),
            "units": units,
            "nodata": nodata,
            "dtype": dtype,
            "shape": list(self.grid.shape),
            "dims": ["y", "x"],
        }

    def _grid(self, value: xr.DataArray) -> Finished:
        nodata = value.attrs.get("nodata")
        writer = self.raster_writer(str(value.dtype), str(value.attrs.get("units", "1")), nodata)
        try:
            for start, stop in self.grid.strips(4 * STRIP):
                writer.write(start, value.values[start:stop])
            return self.raster(writer)
        except BaseException:
            writer.abandon()
            raise

    def _text(self, text: str, kind: str, facts: Mapping[str, Any]) -> Finished:
        path = self.temporary(SUFFIX[kind])
        with disk_errors(path):
            path.write_text(text, "utf-8")
        return self._finished(path, hashlib.sha256(text.encode()).hexdigest(), kind, facts)

    def _finished(self, path: Path, digest: str, kind: str, facts: Mapping[str, Any]) -> Finished:
        size, stored = path.stat().st_size, bytes_digest(path)
        reads = digest
        if SUFFIX[kind] == ".parquet":
            # types and coordinate systems may come back in other words than they went
            reads = content_digest(kind, path, facts, self.grid) if size <= READ_BACK_MOST else ""
        return Finished(path, digest, kind, facts, size, stored, reads)


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
