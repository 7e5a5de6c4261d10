"""A kept result by its place and facts alone: read anywhere that sees the file, without a ledger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import xarray as xr

from shanshui.core.errors import StoreError
from shanshui.region.grid import GridSpec
from shanshui.store.rasters import RasterReader
from shanshui.store.tables import read_table
from shanshui.store.vectors import read_features

READ = ("units", "nodata", "dtype", "missing_because")
"""Facts without which a file cannot be read as what it was."""


@dataclass(frozen=True)
class Kept:
    """A kept result.

    Attributes
    ----------
    digest : str
        Of its content.
    kind : str
        ``grid``, ``layers``, ``features``, ``table`` or ``scalar``.
    path : Path
        Its file.
    bytes : int
        Size of the file.
    facts : mapping
        Those of ``READ`` that there are.
    layers : mapping of str to Kept
        Grids of which it is the list.
    """

    digest: str
    kind: str
    path: Path
    bytes: int
    facts: Mapping[str, Any]
    layers: Mapping[str, "Kept"] = field(default_factory=dict)

    def seen(self) -> str:
        """What is wrong with the file from here, in words; empty when nothing."""
        try:
            size = self.path.stat().st_size
        except OSError as error:
            return f"{self.path} cannot be seen ({error.strerror})"
        if size != self.bytes:
            return f"{self.path} has {size} bytes, expected {self.bytes}"
        return next((fault for part in self.layers.values() if (fault := part.seen())), "")

    def value(self, grid: GridSpec) -> Any:
        """The value, whole.

        Parameters
        ----------
        grid : GridSpec
            Grid of every raster.

        Raises
        ------
        StoreError
            Unreadable.
        """
        if self.kind == "grid":
            with self.reader(grid) as reader:
                return reader.load()
        if self.kind == "layers":
            grids = {name: part.value(grid) for name, part in self.layers.items()}
            why = "missing_because"
            return xr.Dataset(grids, attrs={why: self.facts[why]} if why in self.facts else {})
        try:
            if self.kind == "features":
                return read_features(self.path)
            if self.kind == "scalar":
                return float(json.loads(self.path.read_text("utf-8")))
            return read_table(self.path)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise StoreError(
                f"{self.path}: kept result cannot be read ({error}); run again with --fresh"
            ) from error

    def reader(self, grid: GridSpec) -> RasterReader:
        """Open a grid for reading by rows.

        Parameters
        ----------
        grid : GridSpec
            The study grid.

        Raises
        ------
        StoreError
            Not a grid.
        """
        if self.kind != "grid":
            raise StoreError(f"{self.path}: found a {self.kind}, expected a grid")
        facts = self.facts
        return RasterReader(self.path, grid, facts["units"], facts["nodata"], facts["dtype"])
