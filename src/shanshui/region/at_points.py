"""What a map holds at points."""

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.region.grid import grid_of


def values_at(field: xr.DataArray, points: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Value of the cell that each point lies in, in the unit of the map; NaN outside.

    Parameters
    ----------
    field : (y, x)
        Of any unit.
    points : points
        In the system of the map.
    """
    grid = grid_of(field)
    west, _, _, north = grid.bounds
    rows, columns = grid.shape
    row = np.floor((north - points.geometry.y.to_numpy()) / grid.cell_m).astype(int)
    column = np.floor((points.geometry.x.to_numpy() - west) / grid.cell_m).astype(int)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    out = np.full(len(points), np.nan)
    out[inside] = field.values[row[inside], column[inside]]
    return out
