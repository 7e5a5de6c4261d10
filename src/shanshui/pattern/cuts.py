"""What cut points do: how much ground is extremely important or sensitive at others, and which classes are not there."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Ascending, Between, Each
from shanshui.core.vocabulary import (
    Amount,
    Codes,
    DaysPerYear,
    Erosivity,
    Evapotranspiration,
    Index,
    Mask,
    Percent,
    Precipitation,
    Relief,
    Slope,
)
from shanshui.pattern.factors import AS_EROSION, EROSIVITY, Combined, Factors, combined_scores
from shanshui.pattern.importance import basin_cells, least_worth, share_limits
from shanshui.pattern.sensitivity import CUTS, taking_part
from shanshui.pattern.tables import Polygons
from shanshui.region.grid import FINE_M

_OF = {"of_forest": ("forest",), "of_farmed": ("farmed",)}
ImportanceCuts = Annotated[
    pd.DataFrame,
    Table({"service": TEXT, "cut": "1", "extreme": "1", "of_forest": "1", "of_farmed": "1"}),
]
SensitivityCuts = Annotated[
    pd.DataFrame,
    Table(
        {
            "kind": TEXT,
            "sensitive_from": "1",
            "extreme_from": "1",
            "general": "1",
            "sensitive": "1",
            "extreme": "1",
            "of_forest": "1",
            "of_farmed": "1",
            "reason": TEXT,
        }
    ),
]


@assessment(source="own_pattern", bytes_per_cell=40)
def importance_cuts(
    region_mask: Mask,
    cover_type: Codes,
    water_retention: Amount | None = None,
    soil_retention: Amount | None = None,
    biodiversity: Amount | None = None,
    basins: Polygons | None = None,
    *,
    shares: Annotated[tuple[float, ...], Each(0.01, 0.99)] = (0.3, 0.4, 0.5, 0.6, 0.7),
    least_basin_km2: Annotated[float, Between(0.0, 1e6)] = 500.0,
    least_of_mean: Annotated[float, Between(0.0, 1.0)] = 0.1,
) -> ImportanceCuts:
    """Extremely important ground at other shares of the amount than half.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    cover_type : (y, x) [1]
        What covers the ground.
    water_retention, soil_retention, biodiversity : (y, x) [any], optional
        Services whose grades make the importance of a place.
    basins : polygons, optional
        Within which water and soil count too.
    shares : tuple of float [1]
        Shares of the amount to cut at [D].
    least_basin_km2, least_of_mean : float [km2], float [1]
        As for :func:`shanshui.pattern.importance.importance_grade`.

    Returns
    -------
    table
        ``service`` (``any`` for ground that one of them makes extreme), ``cut``, and the share of the known ground that is extreme, of all, of
        forest, of farmed ground [1]; NaN where there is none.

    Notes
    -----
    ``extreme(p) = |v >= min(t(p), max(t_b(p), a m))| / |v known|`` as in ``importance_grade``, for each share p. Which shares are tried is ours [D].
    """
    inside = region_mask.values == 1
    groups = _groups(cover_type, inside)
    either = np.zeros((len(shares), *inside.shape), bool)
    known = np.zeros(inside.shape, bool)
    rows = []
    services = {
        "water": (water_retention, basins),
        "soil": (soil_retention, basins),
        "biodiversity": (biodiversity, None),
    }
    for name, (service, within) in services.items():
        if service is None:
            continue
        ordered = (within, least_basin_km2, least_of_mean)
        extreme = _extreme(service, region_mask, shares, *ordered)
        told = inside & np.isfinite(service.values)
        known |= told
        either |= extreme
        rows += _rows(name, shares, extreme, told, groups)
    if rows:
        rows += _rows("any", shares, either, known, groups)
    return pd.DataFrame(rows, columns=["service", "cut", "extreme", *_OF])


def _groups(cover_type: xr.DataArray, inside: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    return {
        "extreme": inside,
        **{k: np.isin(cover_type.values, codes_of(w)) & inside for k, w in _OF.items()},
    }


def _extreme(
    service: xr.DataArray,
    region_mask: xr.DataArray,
    shares: tuple[float, ...],
    basins: gpd.GeoDataFrame | None,
    least_km2: float,
    least_of_mean: float,
) -> NDArray[np.bool_]:
    """Extreme ground at each share; one order of the cells serves all."""
    values = np.where(region_mask.values == 1, service.values, np.float32(np.nan))
    least = least_worth(values, least_of_mean)
    with np.errstate(invalid="ignore"):
        out = np.array([values >= limit for limit in share_limits(values, shares)])
        for rows, columns, here in basin_cells(basins, service, region_mask, least_km2):
            part = values[rows, columns]
            for number, limit in enumerate(share_limits(part[here], shares)):
                out[number, rows, columns] |= here & (part >= max(limit, least))
    return out


def _rows(
    name: str,
    shares: tuple[float, ...],
    extreme: NDArray[np.bool_],
    known: NDArray[np.bool_],
    groups: dict[str, NDArray[np.bool_]],
) -> list[dict[str, object]]:
    return [
        {
            "service": name,
            "cut": cut,
            **{
                column: np.count_nonzero(extreme[k] & known & here) / n
                if (n := np.count_nonzero(known & here))
                else np.nan
                for column, here in groups.items()
            },
        }
        for k, cut in enumerate(shares)
    ]


@assessment(
    source="spj2019",
    bytes_per_cell=20,
    read_over={"local_relief": (1.0, 5.0)},
    read_at={"slope": FINE_M, "local_relief": FINE_M},
    follows=AS_EROSION,
)
def sensitivity_cuts(
    region_mask: Mask,
    cover_type: Codes,
    vegetation_fraction: Index,
    rainfall_erosivity: Erosivity | None = None,
    local_relief: Relief | None = None,
    carbonate: Percent | None = None,
    slope: Slope | None = None,
    precipitation: Precipitation | None = None,
    reference_evapotranspiration: Evapotranspiration | None = None,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
    times: Annotated[tuple[float, ...], Each(0.2, 2.0)] = (0.8, 0.9, 1.0, 1.1, 1.2),
    erosivity: Annotated[tuple[float, float], Ascending(0.0, 1e5)] = EROSIVITY,
) -> SensitivityCuts:
    """Ground of each class of sensitivity at the published cut points and at others, and why a class is not there.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    cover_type : (y, x) [1]
        What covers the ground.
    vegetation_fraction : (y, x) [1]
        Share of green cover.
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)], optional
        Of erosion.
    local_relief : (y, x) [m], optional
        Of erosion.
    carbonate : (y, x) [%], optional
        Of rock desertification.
    slope : (y, x) [degree], optional
        Of rock desertification.
    precipitation, reference_evapotranspiration : (y, x) [mm/yr], optional
        Of desertification.
    windy_days : (y, x) [d/yr], optional
        Of desertification.
    texture_score : (y, x) [1], optional
        Of erosion and of desertification.
    sensitivity_factors : table, optional
        Factors that are known on too little ground leave the mean.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.
    times : tuple of float [1]
        Both cuts are tried at these multiples [D].
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Limits of erosivity, as ``erosion_sensitivity`` has them: a study takes its setting over.

    Returns
    -------
    table
        ``kind, sensitive_from, extreme_from``, shares ``general, sensitive, extreme`` of the known ground, ``extreme`` shares ``of_forest`` and
        ``of_farmed`` ground [1], and ``reason`` where a class has no ground at all.

    Notes
    -----
    ``extreme(x) = |SS > c_2 x| / |SS known|`` and likewise for the others, with SS the geometric mean of the scores used and c the cuts, for
    each multiple x; the means are few (three scores to the power of the factors), so a count of cells by scores gives every row. Cuts are those of
    the draft guide of 2019 [S]; the multiples are ours [D].
    """
    inside = region_mask.values == 1
    groups = _groups(cover_type, inside)
    kinds = combined_scores(
        region_mask, vegetation_fraction, rainfall_erosivity, local_relief, carbonate, slope, precipitation,
        reference_evapotranspiration, windy_days, texture_score, np.array(list(groups.values())), erosivity=erosivity,
    )  # fmt: skip
    rows = []
    for kind, counted in kinds.items():
        used = taking_part(kind, counted.factors, sensitivity_factors)
        mean, count = counted.means(used)
        for multiple in times:
            low, high = cuts[0] * multiple, cuts[1] * multiple
            classes = {
                "general": mean < np.float32(low),
                "sensitive": (mean >= np.float32(low)) & (mean <= np.float32(high)),
                "extreme": mean > np.float32(high),
            }
            shares = {name: _share(count[0], where) for name, where in classes.items()}
            of = {
                name: _share(one, classes["extreme"])
                for name, one in zip(_OF, count[1:], strict=True)
            }
            reason = _why(shares, mean[count[0] > 0], (low, high), counted, used)
            rows.append(
                {"kind": kind, "sensitive_from": low, "extreme_from": high, **shares, **of, "reason": reason}
            )  # fmt: skip
    columns = ["kind", "sensitive_from", "extreme_from", "general", "sensitive", "extreme", *_OF]
    return pd.DataFrame(rows, columns=[*columns, "reason"])


def _share(count: NDArray[np.int64], where: NDArray[np.bool_]) -> float:
    total = int(count.sum())
    return float(count[where].sum()) / total if total else np.nan


def _why(
    shares: dict[str, float],
    found: NDArray[np.float32],
    cuts: tuple[float, float],
    counted: Combined,
    used: list[str],
) -> str:
    """Why a class has no ground: how far the means reach, and the factor that keeps them there."""
    if found.size == 0:
        return "no cell has all its factors"
    out = []
    for name, share in shares.items():
        if share > 0:
            continue
        wanted = {"general": f"below {cuts[0]:.2f}", "extreme": f"above {cuts[1]:.2f}"}.get(
            name, f"from {cuts[0]:.2f} to {cuts[1]:.2f}"
        )
        out.append(
            f"no ground is {name}: means run from {found.min():.2f} to {found.max():.2f}, none {wanted}"
        )
    if out:
        told = {name: counted.of_factor(counted.factors.index(name))[1:] for name in used}
        most = {name: int(np.argmax(n)) for name, n in told.items()}
        out.append(
            ", ".join(
                f"{name} scores {(1, 3, 5)[k]} on {told[name][k] / max(told[name].sum(), 1):.0%}"
                for name, k in most.items()
            )
        )
    return "; ".join(out)
