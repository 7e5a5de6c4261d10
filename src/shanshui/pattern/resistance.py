"""How hard ground is to cross: by its cover, and harder by its slope, by lights and by roads near by."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Grid, Layers
from shanshui.core.setting import Ascending, Between, Each, OneOf
from shanshui.core.vocabulary import Codes, Index, Mask, Slope
from shanshui.kernels.distance import distance_to
from shanshui.pattern.tables import Lines, by_class
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like, stacked
from shanshui.region.unitset import burnt

Lights = Annotated[xr.DataArray, Grid("nW/cm2/sr")]
RoadFactor = Annotated[xr.Dataset, Layers((("factor", "1"), ("least", "1")))]
TRANSFORMS = ("linear", "sqrt", "exponential")
BEND = 3.0
"""Exponent of the exponential transform over the range of resistance [D]."""


@assessment(source="adriaensen2003", halo=0, bytes_per_cell=8)
def cover_resistance(
    land_cover: Codes, biophysical: Annotated[pd.DataFrame, by_class("resistance")]
) -> Index:
    """Resistance of the land cover alone.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, resistance``: above 0, 1 for the ground that is easiest to cross.

    Returns
    -------
    (y, x) [1]
        Above 0; NaN where cover is missing.

    Raises
    ------
    QuantityError
        A class of the map without a row, or with a resistance that is no number above 0.

    Notes
    -----
    r(x) = r_c, the table's number for the class c of the cell x [1]: the cost of a metre relative to the easiest ground, as in least-cost
    modelling after Adriaensen et al. (2003) [M]. The numbers of the shipped tables are our own for the Qinba mountains [D], in the order of the
    published ones of west Jilin (forest 1, grass 10, wetland 30, water 50, crop 100, built 500 [S]).
    """
    laid = ByCover.of(land_cover, biophysical, "biophysical").grid("resistance", low=1e-6)
    return like(land_cover, laid, "1")


@assessment(source="own_pattern", halo=0, bytes_per_cell=24)
def slope_factor(
    slope: Slope,
    *,
    slope_limits: Annotated[tuple[float, ...], Ascending(0.0, 90.0)] = (15.0, 25.0, 35.0),
    slope_factors: Annotated[tuple[float, ...], Each(1e-6, 1e6)] = (1.0, 1.2, 1.5, 2.0),
) -> Index:
    """How many times harder steep ground is to cross.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness.
    slope_limits : tuple of float [degree]
        Between the steps; ground of exactly a limit belongs to the gentler step [D].
    slope_factors : tuple of float [1]
        One more than the limits [D].

    Returns
    -------
    (y, x) [1]
        The step's factor. NaN where slope is missing: unknown ground is not flat ground.

    Raises
    ------
    QuantityError
        Not one factor more than limits.
    PlanError
        Limits that do not rise, factors of 0 or less.

    Notes
    -----
    f(s) = f_k for L_(k-1) < s <= L_k, with s the slope [degree], L the limits [degree] and f the factors [1]. Steps are ours [D]; that steep
    ground is graded in steps follows published tables of resistance (west Jilin: limits at 5, 10, 15 and 20 degrees [S]).
    """
    if len(slope_factors) != len(slope_limits) + 1:
        raise QuantityError(
            f"slope_factors: found {len(slope_factors)} for limits {slope_limits}; expected one factor more"
        )
    steep = slope.values
    steps = np.searchsorted(np.array(slope_limits), steep, side="left")
    # missing sorts behind the last limit: the steepest step would be as wrong as the first
    laid = np.array([*slope_factors, np.nan])[
        np.where(np.isfinite(steep), steps, len(slope_factors))
    ]
    return like(slope, laid, "1")


@assessment(source="own_pattern", bytes_per_cell=40)
def light_factor(
    lights: Lights,
    land_cover: Codes,
    *,
    most_by_lights: Annotated[float, Between(1.0, 1e6)] = 3.0,
) -> Index:
    """How many times harder lit ground is to cross than other ground of its class.

    Parameters
    ----------
    lights : (y, x) [nW/cm2/sr]
        Night lights.
    land_cover : (y, x) [1]
        Class codes.
    most_by_lights : float [1]
        Greatest factor [D].

    Returns
    -------
    (y, x) [1]
        1 to ``most_by_lights``; NaN where lights or cover are missing.

    Notes
    -----
    f = min(max(NLI / mean(NLI_c), 1), most), with NLI the lights of the cell and mean(NLI_c) those of all cells of its class c
    [nW/cm2/sr]; 1 throughout a class without any light. The ratio to the mean of the class is usual in Chinese studies of security patterns,
    R' = R NLI / mean(NLI_c) [M]; that it never makes ground easier, and its cap, are ours [D].
    """
    bright, cover = lights.values, land_cover.values
    known = np.isfinite(bright) & np.isfinite(cover)
    if (missing := land_cover.attrs.get("nodata")) is not None:
        known &= cover != missing
    codes, place = np.unique(cover, return_inverse=True)
    place = place.reshape(cover.shape)
    total = np.bincount(place[known], bright[known], codes.size)
    mean = total / np.maximum(np.bincount(place[known], minlength=codes.size), 1)
    over = np.where(mean[place] > 0, bright / np.maximum(mean[place], 1e-12), 1.0)
    return like(land_cover, np.where(known, np.clip(over, 1.0, most_by_lights), np.nan), "1")


@assessment(source="own_pattern", bytes_per_cell=24)
def road_factor(
    region_mask: Mask,
    roads: Lines,
    railways: Lines | None = None,
    *,
    road_m: Annotated[tuple[float, ...], Each(0.0, 1e6)] = (500.0, 1000.0),
    road_factors: Annotated[tuple[float, ...], Each(1e-6, 1e6)] = (2.0, 1.5),
    road_resistance: Annotated[float, Between(1.0, 1e6)] = 400.0,
) -> RoadFactor:
    """How many times harder ground near roads and railways is, and the least resistance of the cells that they cross.

    Parameters
    ----------
    region_mask : (y, x) [1]
        The grid; lines count outside the region as well.
    roads : lines
        Or railways, in a study that has no roads.
    railways : lines, optional
        Count as roads do.
    road_m : tuple of float [m]
        Distances from the nearest crossed cell, between centres; exactly a distance is within it [D].
    road_factors : tuple of float [1]
        Within each distance; beyond the greatest, 1 [D].
    road_resistance : float [1]
        Least resistance of a crossed cell [D].

    Returns
    -------
    layers
        ``factor`` [1]; ``least`` [1]: ``road_resistance`` on crossed cells, 0 elsewhere.

    Raises
    ------
    QuantityError
        Not one factor for each distance.
    PlanError
        Distances below 0, factors of 0 or less.

    Notes
    -----
    f(d) = f_k of the least D_k with d <= D_k, else 1, with d the distance to the nearest cell whose centre lies within half a cell of a line [m].
    Distances and factors are ours [D]; they build on the corrections for roads of published resistance surfaces.
    """
    if len(road_m) != len(road_factors):
        raise QuantityError(
            f"road_factors: found {len(road_factors)}; expected one for each of road_m, {len(road_m)}"
        )
    grid = grid_of(region_mask)
    crossed = np.zeros(grid.shape, bool)
    for lines in (roads, railways):
        if lines is not None and len(lines):
            crossed |= burnt(lines, grid, 0.5 * grid.cell_m).astype(bool)
    factor = np.ones(grid.shape)
    if crossed.any():
        far = distance_to(crossed) * grid.cell_m
        # the nearest distance is laid last, over the wider ones
        for reach, by in sorted(zip(road_m, road_factors, strict=True), reverse=True):
            factor = np.where(far <= reach, by, factor)
    least = np.where(crossed, road_resistance, 0.0).astype(np.float32)
    return stacked(region_mask, {"factor": factor, "least": least}, {"factor": "1", "least": "1"})


@assessment(source="adriaensen2003", bytes_per_cell=32)
def resistance(
    cover_resistance: Index,
    slope_factor: Index,
    light_factor: Index | None = None,
    road_factor: Index | None = None,
    road_least: Index | None = None,
    *,
    combine: Annotated[str, OneOf("product", "maximum", "weighted")] = "product",
    slope_weight: Annotated[float, Between(0.0, 1.0)] = 0.35,
    by_lights: bool = True,
    transform: Annotated[str, OneOf(*TRANSFORMS)] = "linear",
    cap: Annotated[float, Between(1.0, 1e6)] = 1000.0,
) -> Index:
    """Resistance of each cell to the movement of animals.

    Parameters
    ----------
    cover_resistance : (y, x) [1]
        Of the land cover alone, above 0.
    slope_factor : (y, x) [1]
        How many times harder by slope.
    light_factor, road_factor : (y, x) [1], optional
        How many times harder by night lights, and near roads and railways.
    road_least : (y, x) [1], optional
        Least resistance of cells that a road or railway crosses; 0 elsewhere.
    combine : str
        ``product`` of cover and factors; ``maximum`` of cover and cover times each factor; ``weighted`` mean of cover and slope, times the
        other factors.
    slope_weight : float [1]
        Of slope under ``weighted``; its factors then scale the greatest resistance of covers [S2].
    by_lights : bool
        False leaves lights out.
    transform : str
        ``linear``, or ``sqrt`` or ``exponential`` of the result scaled to its range, to see how much hangs on the table.
    cap : float [1]
        Greatest over least resistance.

    Returns
    -------
    (y, x) [1]
        1 or more; NaN where cover or a factor is missing, and such a cell is no way. A way may leave the region where all are known.

    Raises
    ------
    QuantityError
        No cell where cover and all factors are known.

    Notes
    -----
    With r the resistance of cover, f_s, f_l and f_r the factors of slope, lights and roads, and m the least resistance of crossed cells [all 1]::

        product   q = r f_s f_l f_r
        maximum   q = max(r, r f_s, r f_l, r f_r)
        weighted  q = ((1 - w) r + w s) f_l f_r,   s = 1 + (max r - 1) (f_s - min f_s) / (max f_s - min f_s)
        R = min(max(q, m) / min max(q, m), cap)

    and, bent over its range, R' = 1 + (max R - 1) b(t), t = (R - 1) / (max R - 1), b(t) = sqrt(t) or (e^(3 t) - 1) / (e^3 - 1) [D]. Surfaces of
    relative cost: Adriaensen et al. (2003) [M]; a cell without a value is a complete barrier, as in Circuitscape and Linkage Mapper [S].
    """
    base = cover_resistance.values.astype(np.float64)
    others = [
        factor.values.astype(np.float64)
        for factor in (light_factor if by_lights else None, road_factor)
        if factor is not None
    ]
    out = _combined(base, slope_factor.values.astype(np.float64), others, combine, slope_weight)
    if road_least is not None:
        out = np.maximum(out, road_least.values)
    if not np.isfinite(out).any():
        raise QuantityError(
            "resistance: found no cell where cover and all factors are known; expected maps that overlap; "
            "see what is missing in cover_resistance, slope_factor, light_factor and road_factor"
        )
    return like(cover_resistance, scaled(out, transform, cap).astype(np.float32), "1")


def _combined(
    base: NDArray[np.float64],
    slope: NDArray[np.float64],
    others: list[NDArray[np.float64]],
    rule: str,
    weight: float,
) -> NDArray[np.float64]:
    if rule == "maximum":
        # maximum, not fmax: a missing factor must stay missing
        return np.maximum.reduce([base, *(base * factor for factor in (slope, *others))])
    if rule == "weighted" and np.isfinite(slope).any():
        low = float(np.nanmin(slope))
        spread = max(float(np.nanmax(slope)) - low, 1e-12)
        steep = 1.0 + (float(np.nanmax(base)) - 1.0) * (slope - low) / spread
        out = (1.0 - weight) * base + weight * steep
    else:
        out = base * slope
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
