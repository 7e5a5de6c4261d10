"""How hard ground is to cross: by its cover, corrected for slope, relief, lights and roads."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Features, Grid
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Codes, Coefficients, Index, Mask, Slope
from shanshui.kernels.distance import distance_to
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import burnt

Lines = Annotated[gpd.GeoDataFrame, Features(("name",))]
Lights = Annotated[xr.DataArray, Grid("nW/cm2/sr")]
TRANSFORMS = ("linear", "sqrt", "exponential")
BEND = 3.0
"""Exponent of the exponential transform over the range of resistance [D]."""


@assessment(source="own_pattern", bytes_per_cell=32)
def resistance(
    land_cover: Codes,
    biophysical: Coefficients,
    slope: Slope,
    region_mask: Mask,
    lights: Lights | None = None,
    roads: Lines | None = None,
    railways: Lines | None = None,
    *,
    combine: Annotated[str, OneOf("product", "maximum", "weighted")] = "product",
    slope_limits: tuple[float, ...] = (15.0, 25.0, 35.0),
    slope_factors: tuple[float, ...] = (1.0, 1.2, 1.5, 2.0),
    slope_weight: Annotated[float, Between(0.0, 1.0)] = 0.35,
    road_m: tuple[float, ...] = (500.0, 1000.0),
    road_factors: tuple[float, ...] = (2.0, 1.5),
    road_resistance: Annotated[float, Between(1.0, 1e6)] = 400.0,
    by_lights: bool = True,
    most_by_lights: Annotated[float, Between(1.0, 1e6)] = 3.0,
    transform: Annotated[str, OneOf(*TRANSFORMS)] = "linear",
    cap: Annotated[float, Between(1.0, 1e6)] = 1000.0,
) -> Index:
    """Resistance of each cell to the movement of animals.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, resistance``: above 0, 1 for the ground that is easiest to cross.
    slope : (y, x) [degree]
        Steepness.
    region_mask : (y, x) [1]
        1 inside; the way may leave the region where cover is known.
    lights : (y, x) [nW/cm2/sr], optional
        Night lights: a cell brighter than its class is harder to cross in that proportion [M].
    roads, railways : lines, optional
        Cells that a railway or road crosses have ``road_resistance`` at least; those near by are harder in steps.
    combine : str
        ``product`` of cover and factors; ``maximum`` of cover and cover times each factor; ``weighted`` mean of cover and slope.
    slope_limits : tuple of float [degree]
        Between the steps of the slope's factor [D].
    slope_factors : tuple of float [1]
        One more than the limits [D].
    slope_weight : float [1]
        Of slope under ``weighted``; its factors then scale the greatest resistance of covers [S2].
    road_m : tuple of float [m]
        Distances [D].
    road_factors : tuple of float [1]
        Within each distance [D].
    road_resistance : float [1]
        Of the cells themselves [D].
    by_lights : bool
        False leaves lights out.
    most_by_lights : float [1]
        How many times harder lights can make a cell [D].
    transform : str
        ``linear``, or ``sqrt`` or ``exponential`` of the result scaled to its range, to see how much hangs on the table.
    cap : float [1]
        Greatest over least resistance.

    Returns
    -------
    (y, x) [1]
        1 or more; NaN where cover is missing.
    """
    grid = grid_of(land_cover)
    base = ByCover.of(land_cover, biophysical, "biophysical").grid("resistance", low=1e-6)
    factors = [_by_steps(slope.values, slope_limits, slope_factors, "slope_factors")]
    if lights is not None and by_lights:
        factors.append(_by_lights(lights.values, land_cover.values, most_by_lights))
    crossed = np.zeros(grid.shape, bool)
    for lines in (roads, railways):
        if lines is not None and len(lines):
            crossed |= burnt(lines, grid, 0.5 * grid.cell_m).astype(bool)
    if crossed.any():
        if len(road_m) != len(road_factors):
            raise QuantityError(
                f"road_factors: found {len(road_factors)}; expected one for each of road_m, {len(road_m)}"
            )
        far = distance_to(crossed) * grid.cell_m
        near = np.ones(grid.shape)
        for reach, factor in sorted(zip(road_m, road_factors, strict=True), reverse=True):
            near = np.where(far <= reach, factor, near)
        factors.append(near)
    out = _combined(base.astype(np.float64), factors, combine, slope_weight)
    if crossed.any():
        out = np.where(crossed & np.isfinite(out), np.maximum(out, road_resistance), out)
    return like(region_mask, scaled(out, transform, cap).astype(np.float32), "1")


def _by_steps(
    values: NDArray[np.floating], limits: tuple[float, ...], factors: tuple[float, ...], name: str
) -> NDArray[np.float64]:
    if len(factors) != len(limits) + 1 or list(limits) != sorted(limits):
        raise QuantityError(
            f"{name}: found {len(factors)} factors for limits {limits}; expected rising limits and one factor more"
        )
    steps = np.searchsorted(np.array(limits), np.nan_to_num(values, nan=0.0), side="left")
    return np.array(factors)[steps]


def _by_lights(
    lights: NDArray[np.floating], cover: NDArray[np.integer], most: float
) -> NDArray[np.float64]:
    """Brightness of a cell over the mean of its class, from 1 to ``most``."""
    known = np.isfinite(lights)
    codes, place = np.unique(cover, return_inverse=True)
    place = place.reshape(cover.shape)
    total = np.bincount(place[known], lights[known], codes.size)
    mean = total / np.maximum(np.bincount(place[known], minlength=codes.size), 1)
    over = np.where(known & (mean[place] > 0), lights / np.maximum(mean[place], 1e-12), 1.0)
    return np.clip(over, 1.0, most)


def _combined(
    base: NDArray[np.float64], factors: list[NDArray[np.float64]], rule: str, weight: float
) -> NDArray[np.float64]:
    if rule == "product":
        for factor in factors:
            base = base * factor
        return base
    if rule == "maximum":
        return np.maximum.reduce([base, *(base * factor for factor in factors)])
    slope, others = factors[0], factors[1:]
    spread = max(float(slope.max() - slope.min()), 1e-12)
    steep = 1.0 + (float(np.nanmax(base)) - 1.0) * (slope - slope.min()) / spread
    out = (1.0 - weight) * base + weight * steep
    for factor in others:
        out = out * factor
    return out


def scaled(values: NDArray[np.float64], transform: str, cap: float) -> NDArray[np.float64]:
    """Resistances from 1 to ``cap``, bent if asked.

    Parameters
    ----------
    values : (y, x) array
        Above 0; NaN where missing.
    transform : str
        ``linear``, ``sqrt`` or ``exponential``.
    cap : float
        Greatest over least.

    Returns
    -------
    (y, x) array
        1 or more.
    """
    low = float(np.nanmin(values))
    out = np.minimum(values / low, cap)
    high = float(np.nanmax(out))
    if transform == "linear" or high <= 1.0:
        return out
    share = (out - 1.0) / (high - 1.0)
    bent = np.sqrt(share) if transform == "sqrt" else np.expm1(BEND * share) / np.expm1(BEND)
    return 1.0 + (high - 1.0) * bent
