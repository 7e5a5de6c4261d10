"""Time to the nearest core city, those beyond the grid included."""

from typing import Annotated

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import DataError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Mask, Places, Slope
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.zoning.access import M_PER_MIN, Lines, Minutes, minutes_from, on_grid


@assessment(source="decisions/0048-zones-and-units", bytes_per_cell=40)
def core_travel_time(
    region_mask: Mask,
    slope: Slope,
    cities: Places,
    roads: Lines | None = None,
    *,
    core_role: str = "core",
    road_kmh: Annotated[float, Between(1.0, 300.0)] = 50.0,
    open_kmh: Annotated[float, Between(0.1, 100.0)] = 15.0,
    slope_drag: Annotated[float, Between(0.0, 20.0)] = 3.5,
    beyond_kmh: Annotated[float, Between(1.0, 300.0)] = 50.0,
    detour: Annotated[float, Between(1.0, 5.0)] = 1.3,
) -> Minutes:
    """Least time to the nearest core city.

    Parameters
    ----------
    region_mask : (y, x) [1]
        Gives the grid.
    slope : (y, x) [degree]
        Steepness.
    cities : points
        ``role``: those of the role ``core_role`` are core cities, of a million residents or more in the papers.
    roads : lines, optional
        Mapped roads.
    core_role : str
        Role of a core city.
    road_kmh, open_kmh : float [km/h]
        As for :func:`shanshui.zoning.access.travel_time`.
    slope_drag : float [1]
        As there.
    beyond_kmh : float [km/h]
        Speed from a core city that lies beyond the grid, whose way cannot be followed [D].
    detour : float [1]
        Length of that way over the straight line [D].

    Returns
    -------
    (y, x) [min]
        NaN where slope is missing; where no core city is given, everywhere.

    Raises
    ------
    DataError
        Cities without a role, or none of the role.

    Notes
    -----
    On the grid the least time over all ways; from a city beyond it ``t = detour d / beyond_kmh``, d the straight line [km]; the least counts.
    """
    grid = grid_of(region_mask)
    cores = _of_role(cities, core_role)
    here = on_grid(grid, cores)
    best = np.full(grid.shape, np.inf)
    if here.any():
        best = minutes_from(
            grid, slope, cores[here], roads, road_kmh=road_kmh, open_kmh=open_kmh, slope_drag=slope_drag,
        )  # fmt: skip
    best = np.minimum(best, minutes_beyond(grid, cores[~here], beyond_kmh, detour))
    known = np.isfinite(slope.values) & np.isfinite(best)
    return like(region_mask, np.where(known, best, np.nan).astype(np.float32), "min")


def minutes_beyond(
    grid: GridSpec, towns: gpd.GeoDataFrame, beyond_kmh: float, detour: float
) -> NDArray[np.float64]:
    """Time to the nearest of some towns beyond the grid, whose ways cannot be followed.

    Parameters
    ----------
    grid : GridSpec
        Ground.
    towns : points
        Beyond it.
    beyond_kmh : float [km/h]
        Speed.
    detour : float [1]
        Length of the way over the straight line.

    Returns
    -------
    (y, x) array [min]
        Infinite without towns.
    """
    west, _, _, north = grid.bounds
    across = west + (np.arange(grid.nx) + 0.5) * grid.cell_m
    down = north - (np.arange(grid.ny) + 0.5) * grid.cell_m
    best = np.full(grid.shape, np.inf)
    for px, py in zip(towns.geometry.x, towns.geometry.y, strict=True):
        straight = np.hypot(across[None, :] - px, down[:, None] - py)
        best = np.minimum(best, straight * detour / (beyond_kmh * M_PER_MIN))
    return best


def _of_role(cities: gpd.GeoDataFrame, role: str) -> gpd.GeoDataFrame:
    if "role" not in cities.columns:
        raise DataError(
            f"cities: has no column role; expected one that says {role!r} of the core cities of the region"
        )
    cores = cities[cities["role"].astype(str) == role]
    if cores.empty:
        roles = ", ".join(sorted(cities["role"].astype(str).unique()))
        raise DataError(
            f"cities.role: holds {roles}, none is {role!r}; mark the core cities so, or set core_travel_time.core_role"
        )
    return cores
