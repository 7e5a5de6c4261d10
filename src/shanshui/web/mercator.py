"""Tiles of the web's square grid: which ground a pixel shows, in cells of a study."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyproj
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.region.grid import GridSpec

SIDE = 256
"""Pixels of a tile along a side."""
DEEPEST = 22
"""Deepest zoom: a pixel is 4 cm."""
WORLD = 2 * math.pi * 6378137.0
"""Side of the square of the world [m]."""
_MESH = 33
"""Points along a side at which places are worked out; between them they are interpolated: within a tenth of a pixel [D]."""


@dataclass(frozen=True)
class Tile:
    """One square of the web's grid (WebMercatorQuad).

    Attributes
    ----------
    z, x, y : int
        Zoom; from the west; from the north.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= DEEPEST:
            raise QuantityError(f"z: found {self.z}, expected a zoom of 0 to {DEEPEST}")
        for name, at in (("x", self.x), ("y", self.y)):
            if not 0 <= at < 2**self.z:
                raise QuantityError(
                    f"{name}: found {at}, expected 0 to {2**self.z - 1} at zoom {self.z}"
                )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north [m]."""
        side = WORLD / 2**self.z
        west, north = -WORLD / 2 + self.x * side, WORLD / 2 - self.y * side
        return west, north - side, west + side, north


@dataclass(frozen=True)
class Pixels:
    """Where the pixels of a tile lie on the grid of a study.

    Attributes
    ----------
    rows, columns : (point, point) [cell]
        Of a mesh from the middle of the first pixel to that of the last, from the upper left corner of the grid: 0.5 is the middle of the
        first cell. NaN where a place has none.
    cells : float [cell]
        Width of a pixel.
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    cells: float

    def row(self, count: int = SIDE) -> NDArray[np.float64]:
        """Row of the middle of each pixel."""
        return _between(self.rows, count)

    def column(self, count: int = SIDE) -> NDArray[np.float64]:
        """Column of the middle of each pixel."""
        return _between(self.columns, count)


def pixels_of(tile: Tile, grid: GridSpec) -> Pixels | None:
    """Where the pixels of a tile lie on a grid; None where none does.

    Parameters
    ----------
    tile : Tile
        Of the web's grid.
    grid : GridSpec
        Of a study.
    """
    west, _, east, north = tile.bounds
    wide = (east - west) / SIDE
    step = np.linspace(0.5, SIDE - 0.5, _MESH)
    x, y = np.meshgrid(west + step * wide, north - step * wide)
    at_x, at_y = _transformer(grid.crs).transform(x, y)
    column = (np.asarray(at_x) - grid.left) / grid.cell_m
    row = (grid.top - np.asarray(at_y)) / grid.cell_m
    # beyond the reach of a projection a place is infinite, and so is what lies beside it
    column[~np.isfinite(column)], row[~np.isfinite(row)] = np.nan, np.nan
    if not _meets(row, column, grid):
        return None
    middle = _MESH // 2
    spread = np.hypot(
        column[middle, middle + 1] - column[middle, middle - 1],
        row[middle, middle + 1] - row[middle, middle - 1],
    ) / (step[middle + 1] - step[middle - 1])
    return Pixels(row, column, float(spread) if np.isfinite(spread) else 1.0)


def _meets(row: NDArray[np.float64], column: NDArray[np.float64], grid: GridSpec) -> bool:
    """Whether the box around some places meets the grid."""
    if not (np.isfinite(row) & np.isfinite(column)).any():
        return False
    return bool(
        np.nanmax(row) >= 0
        and np.nanmin(row) <= grid.ny
        and np.nanmax(column) >= 0
        and np.nanmin(column) <= grid.nx
    )


def _between(mesh: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Values at pixels from those at the points of a mesh that spans them from the first to the last."""
    at = np.arange(count) * ((_MESH - 1) / (count - 1))
    low = np.minimum(at.astype(np.int64), _MESH - 2)
    part = (at - low)[None, :]
    along = mesh[:, low] * (1 - part) + mesh[:, low + 1] * part
    down = part.T
    return np.asarray(along[low] * (1 - down) + along[low + 1] * down)


@cache
def _transformer(crs: str) -> pyproj.Transformer:
    # pyproj keeps what it needs for each thread by itself
    return pyproj.Transformer.from_crs("EPSG:3857", crs, always_xy=True)
