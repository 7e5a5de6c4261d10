"""Grids in and out by strips: tiled GeoTIFF, digest and summary taken while writing."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from shanshui.core.errors import StoreError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.tiles import CACHE_MB, TileFile


@dataclass
class Summary:
    """Range, mean and gaps of a grid, gathered strip by strip in row order."""

    low: float = np.inf
    high: float = -np.inf
    total: float = 0.0
    present: int = 0
    cells: int = 0

    def add(self, values: NDArray[Any], nodata: float | None) -> None:
        """Take in the next rows."""
        self.cells += values.size
        seen = (
            values[~np.isnan(values)]
            if values.dtype.kind == "f"
            else values
            if nodata is None
            else values[values != nodata]
        )
        if seen.size:
            self.low = min(self.low, float(seen.min()))
            self.high = max(self.high, float(seen.max()))
            self.total += float(seen.sum(dtype=np.float64))
            self.present += seen.size

    def join(self, after: "Summary") -> None:
        """Take in the rows that another one gathered from where this one stopped."""
        self.cells += after.cells
        self.low, self.high = min(self.low, after.low), max(self.high, after.high)
        self.total += after.total
        self.present += after.present

    def facts(self) -> dict[str, Any]:
        """What the ledger keeps."""
        some = self.present > 0
        return {
            "min": self.low if some else None,
            "max": self.high if some else None,
            "mean": self.total / self.present if some else None,
            "nodata_share": 1.0 - self.present / self.cells if self.cells else 1.0,
        }


@dataclass
class RasterWriter:
    """One GeoTIFF written in row order.

    Attributes
    ----------
    path : Path
        Temporary file.
    grid : GridSpec
        The study grid.
    dtype : str
        NumPy name.
    units : str
        Unit of the values.
    nodata : float or None
        Code of missing cells; NaN for floats.
    """

    path: Path
    grid: GridSpec
    dtype: str
    units: str
    nodata: float | None
    summary: Summary = field(default_factory=Summary)

    def __post_init__(self) -> None:
        self._hash = content_hash(self.grid, self.dtype, self.units, self.nodata)
        self._tiles = TileFile(self.path, self.grid, self.dtype, self.units, self.nodata)

    def write(self, start: int, values: NDArray[Any]) -> None:
        """Write the rows that follow."""
        block = np.ascontiguousarray(values, self.dtype)
        self._tiles.write(start, block)
        self._hash.update(block.data)
        self.summary.add(block, self.nodata)

    def close(self) -> str:
        """Finish the file and return the digest of its content.

        Raises
        ------
        StoreError
            Rows are missing.
        ResourceError
            The disk did not take all blocks.
        """
        self._tiles.close()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Drop an unfinished file."""
        self._tiles.abandon()


def content_hash(grid: GridSpec, dtype: str, units: str, nodata: float | None) -> Any:
    """SHA-256 of what a grid is; its rows are still to come."""
    head = [grid.shape, dtype, units, nodata, list(grid.transform)[:6]]
    return hashlib.sha256(json.dumps([head, grid.crs]).encode())


def raster_digest(path: Path, grid: GridSpec, facts: Mapping[str, Any]) -> str:
    """Digest of the content of a kept grid, read back.

    Parameters
    ----------
    path : Path
        GeoTIFF of one band.
    grid : GridSpec
        Grid that it was kept on.
    facts : mapping
        Its type, unit and code of missing cells.

    Raises
    ------
    StoreError
        It cannot be read, or has another shape.
    """
    digest = content_hash(grid, facts["dtype"], facts["units"], facts["nodata"])
    add_content(digest, path, grid.shape)
    return str(digest.hexdigest())


def add_content(digest: Any, path: Path, shape: tuple[int, int]) -> None:
    """Take the rows of a file into a digest, as they were when they were written.

    Parameters
    ----------
    digest : hashlib hash
        Of what the grid is, and of the rows before.
    path : Path
        GeoTIFF of one band.
    shape : (int, int)
        Rows and columns that it has.

    Raises
    ------
    StoreError
        It cannot be read, or has another shape.
    """
    ny, nx = shape
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB), rasterio.open(path) as file:
            if (file.height, file.width) != shape:
                raise StoreError(
                    f"{path}: found {file.height} x {file.width} cells, expected {ny} x {nx}"
                )
            for start in range(0, ny, STRIP):
                window = Window(0, start, nx, min(STRIP, ny - start))
                digest.update(np.ascontiguousarray(file.read(1, window=window)).data)
    except RasterioError as error:
        raise StoreError(f"{path}: a kept grid cannot be read ({error})") from error


class RasterReader:
    """A kept grid, read by rows or whole.

    Parameters
    ----------
    path : Path
        GeoTIFF of one band.
    grid : GridSpec
        The study grid.
    units : str
        Unit of the values.
    nodata : float or None
        Code of missing cells of integer grids.
    dtype : str
        NumPy name.
    """

    def __init__(
        self, path: Path, grid: GridSpec, units: str, nodata: float | None, dtype: str
    ) -> None:
        self.path, self.grid, self.units, self.nodata = path, grid, units, nodata
        self.dtype = np.dtype(dtype)
        self._local = threading.local()
        self._opened: list[Any] = []

    def __enter__(self) -> "RasterReader":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file in every thread that read it, once none reads any more; it is opened again when asked."""
        opened, self._opened, self._local = self._opened, [], threading.local()
        for file in opened:
            file.close()

    def rows(self, start: int, stop: int) -> xr.DataArray:
        """Rows ``start`` to ``stop`` as a labelled array."""
        values = self.cells(slice(start, stop), slice(0, self.grid.nx))
        return self.grid.lay(values, self.units, start=start, nodata=self.nodata)

    def cells(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Cells of a window, both of whose sides begin and end within the grid."""
        file = getattr(self._local, "file", None)
        high, wide = rows.stop - rows.start, columns.stop - columns.start
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
                if file is None:
                    file = self._local.file = rasterio.open(self.path)
                    self._opened.append(file)
                found: NDArray[Any] = file.read(
                    1, window=Window(columns.start, rows.start, wide, high)
                )
        except RasterioError as error:
            raise StoreError(
                f"{self.path}: a kept grid cannot be read ({error}); run again with --fresh"
            ) from error
        return found

    def load(self) -> xr.DataArray:
        """All rows."""
        return self.rows(0, self.grid.ny)
