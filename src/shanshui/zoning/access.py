"""How long the way to the nearest town is."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features, Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Mask, Places, Slope
from shanshui.kernels.cost import accumulated_cost
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import burnt

Minutes = Annotated[xr.DataArray, Grid("min")]
Lines = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
M_PER_MIN = 1000.0 / 60.0
"""Metres in a minute at 1 km/h."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=32)
def travel_time(
    region_mask: Mask,
    slope: Slope,
    cities: Places,
    roads: Lines | None = None,
    *,
    road_kmh: Annotated[float, Between(1.0, 300.0)] = 50.0,
    open_kmh: Annotated[float, Between(0.1, 100.0)] = 15.0,
    slope_drag: Annotated[float, Between(0.0, 20.0)] = 3.5,
) -> Minutes:
    """Least time to the nearest town by roads and over open ground.

    Parameters
    ----------
    region_mask : (y, x) [1]
        Gives the grid.
    slope : (y, x) [degree]
        Steepness; it slows the way off the mapped roads.
    cities : points
        Towns; those beyond the grid are not reached.
    roads : lines, optional
        Mapped roads; without any all ground is open.
    road_kmh : float [km/h]
        On cells that a road crosses [D].
    open_kmh : float [km/h]
        On level ground without a mapped road: village roads that maps of a region leave out [D].
    slope_drag : float [1]
        How fast speed falls with the tangent of the slope.

    Returns
    -------
    (y, x) [min]
        0 at towns; NaN where slope is missing and where no town is reached.

    Raises
    ------
    QuantityError
        No town on ground of the grid.

    Notes
    -----
    ``t = min over ways of sum d / v``, with d the length of a step [m], half of it in each of its two cells, and v the speed there:
    ``road_kmh`` on roads, else ``v_0 exp(-k tan(s))``, s the slope: the fall is that of Tobler (1993) for walkers, k = 3.5 [M]; speeds are ours [D].
    """
    grid = grid_of(region_mask)
    found = minutes_from(
        grid, slope, cities[on_grid(grid, cities)], roads, road_kmh=road_kmh, open_kmh=open_kmh, slope_drag=slope_drag,
    )  # fmt: skip
    if not np.isfinite(found).any():
        raise QuantityError(
            f"cities: none of {len(cities)} lies on ground of the grid; expected at least one, give towns of this region with their coordinate system"
        )
    return like(region_mask, np.where(np.isfinite(found), found, np.nan).astype(np.float32), "min")


def minutes_from(
    grid: GridSpec,
    slope: xr.DataArray,
    towns: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame | None,
    *,
    road_kmh: float,
    open_kmh: float,
    slope_drag: float,
) -> NDArray[np.float64]:
    """Least time to the nearest of some towns on the grid [min].

    Parameters
    ----------
    grid : GridSpec
        Ground.
    slope : (y, x) [degree]
        Steepness.
    towns : points
        All on the grid.
    roads : lines or None
        Mapped roads.
    road_kmh, open_kmh : float [km/h]
        Speeds on roads and on level open ground.
    slope_drag : float [1]
        How fast speed falls with the tangent of the slope.

    Returns
    -------
    (y, x) array [min]
        Infinite where no town is reached.
    """
    slow = slowness(grid, slope, roads, road_kmh=road_kmh, open_kmh=open_kmh, slope_drag=slope_drag)
    start = np.zeros(grid.shape, np.int32)
    start[cells_of(grid, towns)] = 1
    start[~np.isfinite(slow)] = 0
    if not start.any():
        return np.full(grid.shape, np.inf)
    found, _ = accumulated_cost(
        slow, start, grid.cell_m, four_neighbours=False, limit=np.inf, ways=False
    )
    return np.asarray(found)


def slowness(
    grid: GridSpec,
    slope: xr.DataArray,
    roads: gpd.GeoDataFrame | None,
    *,
    road_kmh: float,
    open_kmh: float,
    slope_drag: float,
) -> NDArray[np.float64]:
    """Minutes that a metre takes in each cell, as :func:`travel_time` has speeds.

    Parameters
    ----------
    grid : GridSpec
        Ground.
    slope : (y, x) [degree]
        Steepness.
    roads : lines or None
        Mapped roads.
    road_kmh, open_kmh : float [km/h]
        Speeds on roads and on level open ground.
    slope_drag : float [1]
        How fast speed falls with the tangent of the slope.

    Returns
    -------
    (y, x) array [min/m]
        NaN where slope is missing.
    """
    steep = np.tan(np.deg2rad(slope.values.astype(np.float64)))
    speed = open_kmh * np.exp(-slope_drag * steep)
    if roads is not None and len(roads):
        on = burnt(roads, grid, 0.5 * grid.cell_m).astype(bool) & np.isfinite(speed)
        speed[on] = np.maximum(speed[on], road_kmh)
    return np.ascontiguousarray(1.0 / (speed * M_PER_MIN))


def cells_of(
    grid: GridSpec, places: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of points that all lie on the grid."""
    west, _, _, north = grid.bounds
    row = np.floor((north - places.geometry.y.to_numpy()) / grid.cell_m).astype(np.int64)
    column = np.floor((places.geometry.x.to_numpy() - west) / grid.cell_m).astype(np.int64)
    return row, column


def on_grid(grid: GridSpec, places: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Points that lie on the grid."""
    west, south, east, north = grid.bounds
    x, y = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    inside: NDArray[np.bool_] = (x >= west) & (x < east) & (y > south) & (y <= north)
    return inside
