"""The file of a grid: a GeoTIFF of compressed tiles, written in row order, or head and tiles apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.windows import Window

from shanshui.core.errors import ResourceError, StoreError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import disk_errors

CACHE_MB = 128
"""GDAL's own cache of blocks; strips are read once, so a large one only costs memory."""


@dataclass
class TileFile:
    """One GeoTIFF, of which tiles are compressed as rows come.

    Attributes
    ----------
    path : Path
        Its place.
    grid : GridSpec
        Rows and columns that it has.
    dtype : str
        NumPy name.
    units : str
        Unit of the values.
    nodata : float or None
        Code of missing cells; NaN for floats.
    empty : bool
        Of no tiles at all, which only its head is wanted of.
    """

    path: Path
    grid: GridSpec
    dtype: str
    units: str
    nodata: float | None
    empty: bool = False

    def __post_init__(self) -> None:
        self._next = self.grid.ny if self.empty else 0
        kind = np.dtype(self.dtype).kind
        with disk_errors(self.path), rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
            try:
                self._file = rasterio.open(
                    self.path,
                    "w",
                    driver="GTiff",
                    height=self.grid.ny,
                    width=self.grid.nx,
                    count=1,
                    dtype=self.dtype,
                    crs=self.grid.crs,
                    transform=self.grid.transform,
                    nodata=np.nan if kind == "f" else self.nodata,
                    tiled=True,
                    blockxsize=STRIP,
                    blockysize=STRIP,
                    compress="zstd",
                    zstd_level=1,
                    predictor=3 if kind == "f" else 2,
                    bigtiff="if_safer",
                    sparse_ok=self.empty,
                )
                self._file.update_tags(units=self.units)
            except RasterioError as error:
                raise unwritten(self.path, error) from error

    def write(self, start: int, block: NDArray[Any]) -> None:
        """Write the rows that follow, of its own type and width.

        Raises
        ------
        StoreError
            They are not those that are due.
        ResourceError
            The disk did not take them.
        """
        if start != self._next:
            raise StoreError(f"{self.path}: row {start} came where row {self._next} was due")
        window = Window(0, start, self.grid.nx, block.shape[0])
        with disk_errors(self.path), rasterio.Env(GDAL_CACHEMAX=CACHE_MB):
            try:
                self._file.write(block, 1, window=window)
            except (RasterioIOError, RasterioError) as error:
                raise unwritten(self.path, error) from error
        self._next = start + block.shape[0]

    def close(self) -> None:
        """Finish the file.

        Raises
        ------
        StoreError
            Rows are missing.
        ResourceError
            The disk did not take all tiles.
        """
        if self._next != self.grid.ny:
            raise StoreError(f"{self.path}: {self._next} of {self.grid.ny} rows were written")
        try:
            self._file.close()
        except (RasterioIOError, RasterioError) as error:
            raise unwritten(self.path, error) from error
        if not self.empty:
            for _ in tiles(self.path):
                pass

    def abandon(self) -> None:
        """Drop an unfinished file."""
        try:
            self._file.close()
        except RasterioError:  # a full disk fails again on closing; the file goes anyway
            pass
        finally:
            self.path.unlink(missing_ok=True)


def tiles(path: Path) -> Iterator[tuple[int, int]]:
    """First byte and number of bytes of each tile of a finished file, in row order.

    Parameters
    ----------
    path : Path
        GeoTIFF of one band.

    Yields
    ------
    (int, int)
        All within the file.

    Raises
    ------
    ResourceError
        The disk did not take them all: GDAL may not say so on closing.
    """
    size = path.stat().st_size
    try:
        with rasterio.open(path) as file:
            high, wide = file.block_shapes[0]
            rows, cols = -(-file.height // high), -(-file.width // wide)
            for row in range(rows):
                for col in range(cols):
                    offset = file.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=1)
                    length = file.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1)
                    if offset is None or int(offset) + int(length or 0) > size:
                        raise unwritten(path, OSError("blocks are missing"))
                    yield int(offset), int(length or 0)
    except RasterioIOError as error:
        raise unwritten(path, error) from error


def unwritten(path: Path, error: Exception) -> ResourceError:
    """Words for a grid that the disk did not take."""
    return ResourceError(
        f"{path}: could not be written ({error}); most often the disk is full; make room and run "
        "again: what is finished is kept"
    )
