"""Noise of roads that green beside them takes away."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.accounts.tables import Labels
from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Index
from shanshui.region.grid import grid_of

NoiseReduction = Annotated[
    pd.DataFrame, Table({"unit": Key("=labels"), "road_km": "km", "green_km": "km"})
]


@assessment(source="own_accounts", bytes_per_cell=0)
def noise_reduction(
    roads: Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "*": ANY})],
    vegetation_fraction: Index,
    labels: Labels,
    *,
    least_green: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> NoiseReduction:
    """Roads of each unit that run through green, which stands for walls against noise.

    Parameters
    ----------
    roads : lines
        Of the region.
    vegetation_fraction : (y, x) [1]
        Share of the ground under green.
    labels : (y, x) [1]
        Unit of each cell; 0 is outside. Counties, prefectures, or the region as one.
    least_green : float [1]
        Green of the ground beside a road from which it stands for a wall [D].

    Returns
    -------
    table
        ``unit, road_km`` inside it with known green, ``green_km`` of that through green. Missing where of no road the green is known;
        units without roads are left out.

    Notes
    -----
    Each road is cut into pieces of half a cell and less, and a piece takes the green of the cell that holds its middle:
    ``green_km = sum L_i (f_i >= f_least)``. Length instead of decibels, as the norm of 2022 lets replace a wall [M]; ours [D].
    """
    grid = grid_of(vegetation_fraction)
    lines = shapely.segmentize(roads.geometry.to_numpy(), grid.cell_m / 2.0)
    ends, which = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
    joined = which[1:] == which[:-1]
    start, stop = ends[:-1][joined], ends[1:][joined]
    length = np.hypot(*(stop - start).T) / 1e3
    middle = (start + stop) / 2.0
    x, y = vegetation_fraction.x.values, vegetation_fraction.y.values
    column = np.floor((middle[:, 0] - x[0]) / grid.cell_m + 0.5).astype(np.int64)
    row = np.floor((y[0] - middle[:, 1]) / grid.cell_m + 0.5).astype(np.int64)
    on_map = (column >= 0) & (column < len(x)) & (row >= 0) & (row < len(y))
    row, column, length = row[on_map], column[on_map], length[on_map]
    green = vegetation_fraction.values[row, column]
    unit = labels.values[row, column].astype(np.int64)
    known = np.isfinite(green)
    pieces = pd.DataFrame(
        {
            "unit": unit,
            "road_km": np.where(known, length, np.nan),
            "green_km": np.where(known, length * (green >= least_green), np.nan),
        }
    )
    # a unit of whose roads no green is known has none to tell
    return pieces[unit > 0].groupby("unit").sum(min_count=1).reset_index()
