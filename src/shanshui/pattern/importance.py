"""How much a place matters: services graded by cumulative share and by scarcity, joined by the most important."""

from collections.abc import Iterator
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Amount,
    Codes,
    Elevation,
    Index,
    Mask,
    Precipitation,
    Productivity,
    Slope,
    Temperature,
)
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT, MISSING, gravest
from shanshui.pattern.tables import Polygons
from shanshui.region.grid import FINE_M, grid_of, like
from shanshui.region.unitset import rasterised


def share_limits(values: NDArray[np.floating], shares: tuple[float, ...]) -> tuple[float, ...]:
    """Values down to which the greatest cells hold a share of the whole amount.

    Parameters
    ----------
    values : array
        Amounts; missing and negative ones are left out.
    shares : tuple of float [1]
        Rising, in (0, 1].

    Returns
    -------
    tuple of float
        One per share: cells at or above it hold at most the share; inf where already the greatest cell holds more.
    """
    known = np.sort(values[np.isfinite(values) & (values > 0)].ravel())[::-1]
    if known.size == 0:
        return tuple(np.inf for _ in shares)
    total = np.cumsum(known, dtype=np.float64)
    out = []
    for share in shares:
        # a hair of tolerance: sums of equal cells must reach their round share
        last = int(np.searchsorted(total, share * total[-1] * (1 + 1e-9), side="right")) - 1
        # equal cells stand or fall together
        while 0 <= last < known.size - 1 and known[last] == known[last + 1]:
            last = int(np.searchsorted(-known, -known[last], side="left")) - 1
        out.append(float(known[last]) if last >= 0 else np.inf)
    return tuple(out)


@assessment(source="mnr2020", bytes_per_cell=24)
def importance_grade(
    service: Amount,
    region_mask: Mask,
    basins: Polygons | None = None,
    *,
    extreme_share: Annotated[float, Between(0.0, 1.0)] = 0.5,
    important_share: Annotated[float, Between(0.0, 1.0)] = 0.8,
    least_basin_km2: Annotated[float, Between(0.0, 1e6)] = 500.0,
    least_of_mean: Annotated[float, Between(0.0, 1.0)] = 0.1,
) -> Codes:
    """Importance of one service by cumulative share of its amount, in the region and in the basin that it serves.

    Parameters
    ----------
    service : (y, x) [any]
        Amount of the service per area; only its order and shares count.
    region_mask : (y, x) [1]
        1 inside.
    basins : polygons, optional
        Basins within which the service is used: what little a dry basin has nobody replaces. Without them only the region's amount counts.
    extreme_share, important_share : float [1]
        The greatest cells that together hold at most the first share are extremely important; those up to the second, important.
    least_basin_km2 : float [km2]
        Parts of basins with less ground in the region have no order of their own [D].
    least_of_mean : float [1]
        A cell that gives less than this part of the region's mean is raised by no order of a basin: a trace is not scarce, it is nothing [D].

    Returns
    -------
    (y, x) [1]
        1 extremely important, 3 important, 5 general, 0 outside or missing.

    Raises
    ------
    QuantityError
        ``important_share`` below ``extreme_share``.

    Notes
    -----
    Extreme where v >= min(t(p_1), max(t_b(p_1), a m)), important where v >= min(t(p_2), max(t_b(p_2), a m)), t(p) = the least of the values u > 0
    with sum_(v_i >= u) v_i <= p sum_(v_i > 0) v_i over the region and t_b the same over the cells of basin b, with v the amount of a cell [any],
    m its mean over the known cells of the region, a ``least_of_mean`` [1] and p_1, p_2 the shares [1]; equal values stand or fall together. Grades
    by cumulative share, 50 % and 80 %: guide of 2020 [M]. That a service which is scarce in its basin counts beside one that is much in the
    region is ours [D] (decision 0029): rain differs threefold over a mountain region, and by amount alone its dry half holds nothing that matters.
    """
    if important_share < extreme_share:
        raise QuantityError(
            f"important_share {important_share} is below extreme_share {extreme_share}"
        )
    shares = (extreme_share, important_share)
    values = np.where(region_mask.values == 1, service.values, np.float32(np.nan))
    first, second = share_limits(values, shares)
    code = np.full(values.shape, GENERAL, np.uint8)
    with np.errstate(invalid="ignore"):
        code[values >= second] = IMPORTANT
        code[values >= first] = EXTREME
        least = least_worth(values, least_of_mean)
        for rows, columns, here in basin_cells(basins, service, region_mask, least_basin_km2):
            part, graded = values[rows, columns], code[rows, columns]
            limits = [max(limit, least) for limit in share_limits(part[here], shares)]
            for limit, grade in zip(limits, (EXTREME, IMPORTANT), strict=True):
                raised = here & (part >= limit) & (graded > grade)
                graded[raised] = grade
    code[~np.isfinite(values)] = MISSING
    return like(service, code, "1", nodata=MISSING)


def least_worth(values: NDArray[np.floating], part: float) -> float:
    """Amount below which no order of a basin counts: ``part`` [1] of the mean of the known cells; inf where there is none."""
    known = values[np.isfinite(values)]
    return part * float(known.mean(dtype=np.float64)) if known.size else np.inf


def basin_cells(
    basins: gpd.GeoDataFrame | None,
    service: xr.DataArray,
    region_mask: xr.DataArray,
    least_km2: float,
) -> Iterator[tuple[slice, slice, NDArray[np.bool_]]]:
    """Box of each basin that has at least ``least_km2`` [km2] in the region, as rows and columns, and its cells in that box."""
    if basins is None or not len(basins):
        return
    grid = grid_of(service)
    labels = rasterised(basins.set_index(pd.RangeIndex(1, len(basins) + 1)), grid).values
    inside = region_mask.values == 1
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        here = (labels[box] == number) & inside[box]
        if np.count_nonzero(here) * grid.cell_km2 >= least_km2:
            yield box[0], box[1], here


@assessment(source="mnr2020", halo=0, bytes_per_cell=8, read_at={"slope": FINE_M})
def soil_importance(
    slope: Slope,
    vegetation_fraction: Index,
    region_mask: Mask,
    *,
    extreme_deg: Annotated[float, Between(0.0, 90.0)] = 25.0,
    extreme_fraction: Annotated[float, Between(0.0, 1.0)] = 0.8,
    important_deg: Annotated[float, Between(0.0, 90.0)] = 15.0,
    important_fraction: Annotated[float, Between(0.0, 1.0)] = 0.6,
) -> Codes:
    """Importance for keeping soil by fixed thresholds of slope and cover.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness.
    vegetation_fraction : (y, x) [1]
        Share of green cover.
    region_mask : (y, x) [1]
        1 inside.
    extreme_deg, important_deg : float [degree]
        Least slope of each grade.
    extreme_fraction, important_fraction : float [1]
        Least cover of each grade.

    Returns
    -------
    (y, x) [1]
        1 extremely important, 3 important, 5 general, 0 outside or missing.

    Notes
    -----
    Extreme where s >= S_1 and f >= F_1, important where s >= S_2 and f >= F_2, with s the slope [degree] and f the share of green cover [1]. Limits
    25 and 15 degrees, 0.8 and 0.6: guide of 2020 [M].
    """
    steep, green = slope.values, vegetation_fraction.values
    with np.errstate(invalid="ignore"):
        first = (steep >= extreme_deg) & (green >= extreme_fraction)
        second = (steep >= important_deg) & (green >= important_fraction)
    code = np.where(first, EXTREME, np.where(second, IMPORTANT, GENERAL))
    known = (region_mask.values == 1) & np.isfinite(steep) & np.isfinite(green)
    return like(slope, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


@assessment(source="redline2017", bytes_per_cell=32)
def biodiversity_index(
    net_primary_production: Productivity,
    precipitation: Precipitation,
    temperature: Temperature,
    elevation: Elevation,
    region_mask: Mask,
    *,
    low_percentile: Annotated[float, Between(0.0, 50.0)] = 2.0,
    high_percentile: Annotated[float, Between(50.0, 100.0)] = 98.0,
) -> Index:
    """Quick index of a place as a home of species: production, rain, warmth and low ground.

    Parameters
    ----------
    net_primary_production : (y, x) [g/m2/yr]
        Mean of years.
    precipitation : (y, x) [mm/yr]
        Mean of years.
    temperature : (y, x) [degC]
        Mean of years.
    elevation : (y, x) [m]
        Ground height.
    region_mask : (y, x) [1]
        1 inside.
    low_percentile, high_percentile : float [%]
        Of the region's cells: scaled to 0 and 1 [D].

    Returns
    -------
    (y, x) [1]
        In [0, 1]; NaN outside and where an input is missing. A stand-in where no species records are at hand: it ranks, it counts no species.

    Notes
    -----
    B = n(NPP) n(P) n(T) (1 - n(h)), n(v) = min(max((v - v_l) / (v_h - v_l), 0), 1), with NPP the production [g/m2/yr], P the rain [mm/yr], T the
    warmth [degC], h the height [m], v_l and v_h the percentiles of the region's cells; n is 0.5 where both are equal. The quick index of the
    guide of 2017, S_bio = NPP F_pre F_tem (1 - F_alt) [S2]; percentiles instead of extremes are ours [D].
    """
    inside = region_mask.values == 1
    out = np.ones(elevation.shape, np.float32)
    for grid in (net_primary_production, precipitation, temperature):
        out *= scaled(grid.values, inside, low_percentile, high_percentile)
    out *= 1.0 - scaled(elevation.values, inside, low_percentile, high_percentile)
    return like(elevation, np.where(inside, out, np.float32(np.nan)), "1")


def scaled(
    values: NDArray[np.floating], inside: NDArray[np.bool_], low: float, high: float
) -> NDArray[np.float32]:
    """Values between two percentiles of the cells inside, as 0 to 1; 0.5 where both are equal."""
    known = values[inside & np.isfinite(values)]
    if known.size == 0:
        return np.full(values.shape, np.nan, np.float32)
    a, b = np.percentile(known, (low, high))
    if b <= a:
        return np.where(np.isfinite(values), 0.5, np.nan).astype(np.float32)
    return np.clip((values - a) / (b - a), 0.0, 1.0).astype(np.float32)


@assessment(source="mnr2020", halo=0, bytes_per_cell=4)
def service_importance(
    importance_water: Codes | None = None,
    importance_soil: Codes | None = None,
    importance_biodiversity: Codes | None = None,
    importance_sand: Codes | None = None,
) -> Codes:
    """Importance of a place for any service: that of its most important one.

    Parameters
    ----------
    importance_water, importance_soil, importance_biodiversity, importance_sand : (y, x) [1], optional
        1, 3, 5; 0 missing. A service that is not known is left out, never filled.

    Returns
    -------
    (y, x) [1]
        Least code of the services that the study has; 0 where one of them is missing and no other is 1: the missing one could be graver.

    Raises
    ------
    QuantityError
        No service was given.

    Notes
    -----
    code = min_k code_k over the services k of the study, 1 being the most important, where all are known or one is 1; else 0. Guide of 2020 [M];
    what missing ground means is ours [D] (decision 0027).
    """
    given = [importance_water, importance_soil, importance_biodiversity, importance_sand]
    return gravest([g for g in given if g is not None], [], "service_importance")


@assessment(source="spj2019", halo=0, bytes_per_cell=4)
def protection_importance(
    service_importance: Codes | None = None,
    ecological_sensitivity: Codes | None = None,
) -> Codes:
    """Importance of a place for protection: service or sensitivity, whichever is graver.

    Parameters
    ----------
    service_importance : (y, x) [1], optional
        1, 3, 5; 0 missing.
    ecological_sensitivity : (y, x) [1], optional
        1, 3, 5; 0 missing.

    Returns
    -------
    (y, x) [1]
        1 extremely important, 3 important, 5 general: the security districts of the study. 0 where one of both that the study has is missing and the
        other is not 1.

    Raises
    ------
    QuantityError
        Neither was given.

    Notes
    -----
    code = min(M, S), M the importance of services and S the sensitivity, where both are known or one is 1; else 0. A study that has only one of
    them takes that. The matrix of the draft of 2019 (S1 makes 1; S3 makes 3 unless M1; S5 leaves M) [S] is this minimum; what missing
    ground means is ours [D] (decision 0027).
    """
    given = [service_importance, ecological_sensitivity]
    return gravest([g for g in given if g is not None], [], "protection_importance")
