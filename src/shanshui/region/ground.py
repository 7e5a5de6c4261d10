"""Ground of places that may lie in one another: a window of the grid each, and which of its cells belong."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio import features
from rasterio.transform import Affine

from shanshui.region.grid import GridSpec


@dataclass(frozen=True)
class Ground:
    """Part of a grid: a window, and which of its cells belong."""

    rows: slice
    cols: slice
    inside: NDArray[np.bool_]


def ground_of(shapes: gpd.GeoDataFrame, grid: GridSpec) -> list[Ground]:
    """Cells of each polygon by their centre, each polygon by itself: gauges along one river lie in one another."""
    out = []
    for shape in shapes.geometry:
        if shape is None or shape.is_empty:
            out.append(Ground(slice(0, 0), slice(0, 0), np.zeros((0, 0), bool)))
            continue
        west, south, east, north = shape.bounds
        rows = _span((grid.top - north) / grid.cell_m, (grid.top - south) / grid.cell_m, grid.ny)
        cols = _span((west - grid.left) / grid.cell_m, (east - grid.left) / grid.cell_m, grid.nx)
        size = rows.stop - rows.start, cols.stop - cols.start
        inside = np.zeros(size, bool)
        if min(size) > 0:
            place = grid.transform * Affine.translation(cols.start, rows.start)
            inside = features.rasterize([shape], size, transform=place, dtype="uint8") > 0
        out.append(Ground(rows, cols, inside))
    return out


def _span(first: float, last: float, size: int) -> slice:
    low = min(max(int(np.floor(first)), 0), size)
    return slice(low, max(low, min(int(np.ceil(last)), size)))
