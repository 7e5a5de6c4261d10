"""Five rings from the cities inward: circle, axes, network, transition, core."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Mask, Places, Slope
from shanshui.kernels.cost import accumulated_cost
from shanshui.kernels.distance import distance_to
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import burnt
from shanshui.zoning.access import Lines, cells_of, on_grid, slowness
from shanshui.zoning.axes import axis_cells
from shanshui.zoning.core_influence import minutes_beyond
from shanshui.zoning.county_towns import CountyTowns
from shanshui.zoning.green_units import ALL
from shanshui.zoning.indicators import Areas
from shanshui.zoning.zone_cells import OPEN, OUTSIDE, ZoneCells

Numbers = NDArray[np.float64]
Cells = NDArray[np.bool_]
RingCells = Annotated[xr.DataArray, Grid("1")]
RINGS = ("circle", "axes", "network", "transition", "core")
"""From the cities inward; the number of a ring is its place, from 1 on."""
CIRCLE, AXES, NETWORK, TRANSITION, CORE = 1, 2, 3, 4, 5
CIRCLE_ROLES, CENTRE_ROLES = ("core", "outer"), ("inner", "city")
"""Roles of cities round the region, and of centres within it, as the templates have them."""
AS_TRAVEL = dict.fromkeys(("road_kmh", "open_kmh", "slope_drag"), "travel_time")
AS_CORE = dict.fromkeys(("beyond_kmh", "detour"), "core_travel_time")


@assessment(
    source="decisions/0052-rings-and-basins", bytes_per_cell=128, follows=AS_TRAVEL | AS_CORE
)
def rings(
    region_mask: Mask,
    slope: Slope,
    cities: Places,
    green_unit_cells: ZoneCells,
    roads: Lines | None = None,
    county_towns: CountyTowns | None = None,
    protected_areas: Areas | None = None,
    *,
    circle_roles: tuple[str, ...] = CIRCLE_ROLES,
    centre_roles: tuple[str, ...] = CENTRE_ROLES,
    circle_minutes: Annotated[float, Between(0.0, 1e4)] = 60.0,
    axis_km: Annotated[float, Between(0.0, 500.0)] = 5.0,
    town_minutes: Annotated[float, Between(0.0, 1e4)] = 30.0,
    road_kmh: Annotated[float, Between(1.0, 300.0)] = 50.0,
    open_kmh: Annotated[float, Between(0.1, 100.0)] = 15.0,
    slope_drag: Annotated[float, Between(0.0, 20.0)] = 3.5,
    beyond_kmh: Annotated[float, Between(1.0, 300.0)] = 50.0,
    detour: Annotated[float, Between(1.0, 5.0)] = 1.3,
) -> RingCells:
    """Ring of each cell: circle of cities, axes, network of towns, transition, ecological core.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    slope : (y, x) [degree]
        Steepness.
    cities : points
        ``role``: cities round the region, and centres within it.
    green_unit_cells : (y, x) [1]
        1 all green, 2 deep, 3 medium, 4 light green; 0 not known.
    roads : lines, optional
        Mapped roads; without any the axes run over open ground.
    county_towns : points, optional
        Towns of the network; without them the cities that are not of the circle.
    protected_areas : polygons, optional
        They are core.
    circle_roles, centre_roles : tuple of str
        Roles of the cities of the circle, and of the centres that axes join to it.
    circle_minutes : float [min]
        The circle reaches so far from its cities [D].
    axis_km : float [km]
        Half the width of an axis [D].
    town_minutes : float [min]
        The network reaches so far from county towns [D].
    road_kmh, open_kmh : float [km/h]
        As for :func:`shanshui.zoning.access.travel_time`.
    slope_drag : float [1]
        As there.
    beyond_kmh, detour : float [km/h], float [1]
        Way to cities beyond the grid, as for :func:`shanshui.zoning.core_influence.core_travel_time`.

    Returns
    -------
    (y, x) [1]
        1 circle, 2 axes, 3 network, 4 transition, 5 core; 0 where slope or green unit, which decide, are not known; 255 outside.

    Raises
    ------
    DataError
        Cities without a role, or none of the circle.

    Notes
    -----
    The first that holds: core, all-green units and protected areas; circle, ``t <= circle_minutes`` to the nearest city of the circle; axes, within
    ``axis_km`` of the least-time way between two cities of which no third is nearer to both (Toussaint 1980 [M]); network,
    ``t <= town_minutes`` to a county town; transition, what lies between. The papers name the five and give no figures (METHODS M6.6); order
    and figures are ours [D].
    """
    grid = grid_of(region_mask)
    cores, centres = _of(cities, circle_roles), _of(cities, centre_roles)
    if cores.empty:
        found = ", ".join(sorted(cities["role"].astype(str).unique())) or "none"
        raise DataError(
            f"cities.role: holds {found}, none of {', '.join(circle_roles)}; mark the cities round the region so, or set rings.circle_roles"
        )
    slow = slowness(grid, slope, roads, road_kmh=road_kmh, open_kmh=open_kmh, slope_drag=slope_drag)
    here = on_grid(grid, cores)
    time = np.minimum(
        _minutes(grid, slow, cores[here]),
        minutes_beyond(grid, cores[~here], beyond_kmh, detour),
    )
    ends = pd.concat([cores, centres])
    axes = axis_cells(grid, slow, ends[on_grid(grid, ends)])
    towns = cities.drop(cores.index) if county_towns is None else county_towns
    near_town = _minutes(grid, slow, towns[on_grid(grid, towns)]) <= town_minutes
    on_axis = _within(axes, axis_km, grid)
    green = green_unit_cells.values
    kept = np.zeros(grid.shape, bool)
    if protected_areas is not None and len(protected_areas):
        kept = burnt(protected_areas, grid, 0.0).astype(bool)
    code = np.select(
        [
            region_mask.values != 1,
            kept | (green == ALL),
            ((green == OPEN) | (green == OUTSIDE)) | ~np.isfinite(slow),
            time <= circle_minutes,
            on_axis,
            near_town,
        ],
        [OUTSIDE, CORE, OPEN, CIRCLE, AXES, NETWORK],
        TRANSITION,
    )
    return like(region_mask, code.astype(np.uint8), "1", nodata=OUTSIDE)


def _of(cities: gpd.GeoDataFrame, roles: tuple[str, ...]) -> gpd.GeoDataFrame:
    if "role" not in cities.columns:
        raise DataError(
            "cities: has no column role; expected one that tells cities of the circle from centres within"
        )
    return cities[cities["role"].astype(str).isin(roles)]


def _minutes(grid: GridSpec, slow: Numbers, towns: gpd.GeoDataFrame) -> Numbers:
    """Time to the nearest town [min]; infinite where none is reached."""
    start = np.zeros(grid.shape, np.int32)
    start[cells_of(grid, towns)] = 1
    start[~np.isfinite(slow)] = 0
    if not start.any():
        return np.full(grid.shape, np.inf)
    return np.asarray(accumulated_cost(slow, start, grid.cell_m)[0])


def _within(axes: Cells, axis_km: float, grid: GridSpec) -> Cells:
    """Cells within reach of an axis, from centre to centre."""
    if not axes.any():
        return axes
    near: Cells = distance_to(axes) * grid.cell_m <= axis_km * 1000.0
    return near
