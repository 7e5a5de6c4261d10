"""How easily a place is hurt: erosion, rock desertification, desertification, by the geometric mean of scored factors."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Ascending, Between
from shanshui.core.vocabulary import (
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
    SoilLoss,
)
from shanshui.pattern.importance import EXTREME, GENERAL, IMPORTANT, MISSING, least_code
from shanshui.region.grid import like

CUTS = (2.33, 3.66)
"""Geometric means from which a place is sensitive, and extremely so [S, draft of 2019]."""


def scored(
    values: NDArray[np.floating], low: float, high: float, *, falling: bool = False
) -> NDArray[np.float32]:
    """Score of a factor: 1 below ``low``, 3 to ``high``, 5 above; mirrored when ``falling``; NaN stays."""
    with np.errstate(invalid="ignore"):
        score = np.where(values > high, 5.0, np.where(values >= low, 3.0, 1.0))
    score = 6.0 - score if falling else score
    return np.where(np.isfinite(values), score, np.nan).astype(np.float32)


def _told(codes: xr.DataArray) -> NDArray[np.float32]:
    """Scores that came as codes; NaN where 0 or a missing code stands."""
    values = codes.values.astype(np.float32)
    return np.where((values > 0) & (values != codes.attrs.get("nodata", 0)), values, np.nan)


Scores = dict[str, NDArray[np.float32]]
Factors = Annotated[
    pd.DataFrame,
    Table(
        {
            "kind": TEXT,
            "factor": TEXT,
            "low": "1",
            "middle": "1",
            "high": "1",
            "used": "1",
            "reason": TEXT,
        }
    ),
]


def _erosion(
    rainfall_erosivity: NDArray[np.floating],
    local_relief: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
) -> Scores:
    return {
        "rainfall_erosivity": scored(rainfall_erosivity, 100.0, 600.0),
        "local_relief": scored(local_relief, 50.0, 300.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }


def _karst(
    carbonate: NDArray[np.floating],
    slope: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
) -> Scores:
    return {
        "carbonate": scored(carbonate, 30.0, 70.0),
        "slope": scored(slope, 8.0, 25.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }


def _desertification(
    precipitation: NDArray[np.floating],
    reference_evapotranspiration: NDArray[np.floating],
    vegetation_fraction: NDArray[np.floating],
    windy_days: NDArray[np.floating] | None,
) -> Scores:
    with np.errstate(divide="ignore", invalid="ignore"):
        aridity = np.where(precipitation > 0, reference_evapotranspiration / precipitation, np.nan)
    out = {
        "aridity": scored(aridity, 1.5, 16.0),
        "vegetation_fraction": scored(vegetation_fraction, 0.2, 0.6, falling=True),
    }
    if windy_days is not None:
        out["windy_days"] = scored(windy_days, 10.0, 30.0)
    return out


def _graded(
    place: xr.DataArray,
    kind: str,
    scores: Scores,
    region_mask: Mask,
    cuts: tuple[float, float],
    factors: pd.DataFrame | None,
) -> Codes:
    """Classes by the geometric mean of the factors that tell ground apart; a cell without a score of any of them is missing."""
    used = list(scores)
    if factors is not None:
        rows = factors[factors["kind"] == kind]
        left = set(rows.loc[rows["used"] == 0, "factor"])
        used = [name for name in scores if name not in left]
    with np.errstate(invalid="ignore"):
        chosen = [scores[name] for name in used]
        mean = np.prod(chosen, axis=0, dtype=np.float32) ** np.float32(1.0 / len(chosen))
        code = np.where(mean > cuts[1], EXTREME, np.where(mean >= cuts[0], IMPORTANT, GENERAL))
    known = np.isfinite(mean) & (region_mask.values == 1)
    return like(place, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


@assessment(source="spj2019", bytes_per_cell=64)
def sensitivity_factors(
    region_mask: Mask,
    vegetation_fraction: Index,
    rainfall_erosivity: Erosivity | None = None,
    local_relief: Relief | None = None,
    carbonate: Percent | None = None,
    slope: Slope | None = None,
    precipitation: Precipitation | None = None,
    reference_evapotranspiration: Evapotranspiration | None = None,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
    *,
    flat_share: Annotated[float, Between(0.5, 1.0)] = 0.99,
) -> Factors:
    """Which factors of each kind of sensitivity tell ground of this region apart.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
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
    flat_share : float [1]
        Share of the region with one score from which a factor has no contrast and leaves the mean [D].

    Returns
    -------
    table
        ``kind, factor, low, middle, high`` (share of the known ground with score 1, 3 and 5), ``used`` (1 or 0), ``reason``. Where no
        factor of a kind has contrast all stay.

    Notes
    -----
    ``used = max_k |s = k| / n < flat_share`` over the n known cells, scores s of 1, 3 and 5. A factor that scores the same everywhere moves the
    mean of all cells alike and leaves the cut points to the others: of erosivity above 600 everywhere, green cover alone would decide.
    Scores as of the sensitivities; leaving a factor out is our own choice [D] (decision 0024).
    """
    inside = region_mask.values == 1
    green = vegetation_fraction.values
    texture = {} if texture_score is None else {"texture_score": _told(texture_score)}
    kinds: dict[str, Scores] = {}
    if rainfall_erosivity is not None and local_relief is not None:
        kinds["erosion"] = _erosion(rainfall_erosivity.values, local_relief.values, green) | texture
    if carbonate is not None and slope is not None:
        kinds["karst"] = _karst(carbonate.values, slope.values, green)
    if precipitation is not None and reference_evapotranspiration is not None:
        windy = None if windy_days is None else windy_days.values
        kinds["desertification"] = (
            _desertification(
                precipitation.values, reference_evapotranspiration.values, green, windy
            )
            | texture
        )
    rows = [
        row
        for kind, scores in kinds.items()
        for row in _told_apart(kind, scores, inside, flat_share)
    ]
    columns = ["kind", "factor", "low", "middle", "high", "used", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _told_apart(
    kind: str, scores: Scores, inside: NDArray[np.bool_], flat_share: float
) -> list[dict[str, object]]:
    """Rows of one kind."""
    rows: list[dict[str, object]] = []
    for factor, score in scores.items():
        known = score[inside & np.isfinite(score)]
        share = [float(np.mean(known == v)) if known.size else np.nan for v in (1.0, 3.0, 5.0)]
        flat = max(share) >= flat_share if known.size else False
        reason = f"one score on {max(share):.1%} of the ground" if flat else ""
        rows.append(
            {
                "kind": kind,
                "factor": factor,
                **dict(zip(("low", "middle", "high"), share, strict=True)),
                "used": 0.0 if flat else 1.0,
                "reason": reason,
            }
        )
    if not any(row["used"] for row in rows):
        for row in rows:
            row |= {"used": 1.0, "reason": "no factor tells this ground apart: all stay"}
    return rows


@assessment(source="spj2019", halo=0, bytes_per_cell=40, read_over={"local_relief": (1.0, 5.0)})
def erosion_sensitivity(
    rainfall_erosivity: Erosivity,
    local_relief: Relief,
    vegetation_fraction: Index,
    region_mask: Mask,
    texture_score: Index | None = None,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
) -> Codes:
    """Sensitivity to erosion by water.

    Parameters
    ----------
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)]
        Scored at 100 and 600.
    local_relief : (y, x) [m]
        Scored at 50 and 300 m, limits that were published for windows of 1 to 5 km2.
    vegetation_fraction : (y, x) [1]
        Scored at 0.2 and 0.6, falling.
    region_mask : (y, x) [1]
        1 inside.
    texture_score : (y, x) [1], optional
        1, 3 or 5 by soil texture; without it the mean is of three factors, not of a filled fourth.
    sensitivity_factors : table, optional
        Factors without contrast on this ground leave the mean; without it all stay.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or missing.

    Notes
    -----
    SS = (s_R s_h s_V s_T)^(1/4), without texture (s_R s_h s_V)^(1/3), with scores s [1] of erosivity R: 1 below 100, 3 to 600, 5 above; of relief
    h: 50, 300 m; of green cover V: 5 below 0.2, 3 to 0.6, 1 above; and of texture T. General where SS < 2.33, sensitive to 3.66, extremely
    sensitive above. Draft guide of 2019 [S], whose published code gives the gravest ground the code of the least.
    """
    scores = _erosion(rainfall_erosivity.values, local_relief.values, vegetation_fraction.values)
    if texture_score is not None:
        scores["texture_score"] = _told(texture_score)
    return _graded(rainfall_erosivity, "erosion", scores, region_mask, cuts, sensitivity_factors)


@assessment(source="spj2019", halo=0, bytes_per_cell=32)
def karst_sensitivity(
    carbonate: Percent,
    slope: Slope,
    vegetation_fraction: Index,
    region_mask: Mask,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
) -> Codes:
    """Sensitivity to rock desertification on carbonate.

    Parameters
    ----------
    carbonate : (y, x) [%]
        Share of carbonate rock, scored at 30 and 70.
    slope : (y, x) [degree]
        Scored at 8 and 25.
    vegetation_fraction : (y, x) [1]
        Scored at 0.2 and 0.6, falling.
    region_mask : (y, x) [1]
        1 inside.
    sensitivity_factors : table, optional
        Factors without contrast on this ground leave the mean; without it all stay.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or missing.

    Notes
    -----
    SS = (s_C s_s s_V)^(1/3), with scores s [1] of carbonate C: 1 below 30, 3 to 70, 5 above [%]; of slope s: 8, 25 degrees; of green cover V as for
    erosion. Graded at 2.33 and 3.66. Draft guide of 2019 [S].
    """
    scores = _karst(carbonate.values, slope.values, vegetation_fraction.values)
    return _graded(carbonate, "karst", scores, region_mask, cuts, sensitivity_factors)


@assessment(source="spj2019", halo=0, bytes_per_cell=40)
def desertification_sensitivity(
    precipitation: Precipitation,
    reference_evapotranspiration: Evapotranspiration,
    vegetation_fraction: Index,
    region_mask: Mask,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
) -> Codes:
    """Sensitivity to desertification.

    Parameters
    ----------
    precipitation : (y, x) [mm/yr]
        Rain of the year.
    reference_evapotranspiration : (y, x) [mm/yr]
        Its ratio to the rain is the aridity, scored at 1.5 and 16.
    vegetation_fraction : (y, x) [1]
        Scored at 0.2 and 0.6, falling.
    region_mask : (y, x) [1]
        1 inside.
    windy_days : (y, x) [d/yr], optional
        Days with wind above 6 m/s, scored at 10 and 30; left out of the mean when absent.
    texture_score : (y, x) [1], optional
        1, 3 or 5 by soil texture; left out of the mean when absent.
    sensitivity_factors : table, optional
        Factors without contrast on this ground leave the mean; without it all stay.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or missing.

    Notes
    -----
    SS = (prod_k s_k)^(1/n) over the n factors known, with scores s [1] of aridity ET0 / P: 1 below 1.5, 3 to 16, 5 above; of windy days: 10, 30
    d/yr; of texture; of green cover as for erosion. Graded at 2.33 and 3.66. Draft guide of 2019 [S]. Aridity is missing where no rain is told.
    """
    scores = _desertification(
        precipitation.values,
        reference_evapotranspiration.values,
        vegetation_fraction.values,
        None if windy_days is None else windy_days.values,
    )
    if texture_score is not None:
        scores["texture_score"] = _told(texture_score)
    return _graded(precipitation, "desertification", scores, region_mask, cuts, sensitivity_factors)


@assessment(source="sl190", halo=0, bytes_per_cell=4)
def erosion_class(
    soil_loss: SoilLoss,
    region_mask: Mask,
    *,
    tolerated: Annotated[float, Between(1.0, 20.0)] = 5.0,
) -> Codes:
    """Strength of erosion by the national standard.

    Parameters
    ----------
    soil_loss : (y, x) [t/ha/yr]
        Actual loss.
    region_mask : (y, x) [1]
        1 inside.
    tolerated : float [t/ha/yr]
        Loss that soil makes good: 2 on northern rock, 5 on southwestern rock, 10 on loess.

    Returns
    -------
    (y, x) [1]
        1 micro (below what is tolerated), 2 light (to 25 t/ha), 3 moderate (50), 4 strong (80), 5 very strong (150), 6 extreme; 0 outside or missing.

    Notes
    -----
    class = 1 + |limits <= A|, with limits T, 25, 50, 80, 150 of the loss A [t/ha/yr] and T the loss tolerated; a loss of exactly a limit belongs
    to the class above. SL 190-2007 [S2].
    """
    edges = np.array([tolerated, 25.0, 50.0, 80.0, 150.0])
    values = soil_loss.values
    code = np.digitize(values, edges) + 1
    known = np.isfinite(values) & (region_mask.values == 1)
    return like(soil_loss, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


@assessment(source="mnr2020", halo=0, bytes_per_cell=4)
def erosion_fragility(erosion_class: Codes) -> Codes:
    """Fragility by the erosion that is there: strong and above is extreme, moderate is fragile.

    Parameters
    ----------
    erosion_class : (y, x) [1]
        1 micro to 6 extreme; 0 missing.

    Returns
    -------
    (y, x) [1]
        1 extremely fragile, 3 fragile, 5 general, 0 missing.

    Notes
    -----
    1 where class >= 4, 3 where class = 3, else 5: the guide of 2020 calls strong erosion extremely fragile, moderate fragile [M].
    """
    code = erosion_class.values
    out = np.where(code >= 4, EXTREME, np.where(code == 3, IMPORTANT, GENERAL))
    return like(
        erosion_class, np.where(code == 0, MISSING, out).astype(np.uint8), "1", nodata=MISSING
    )


@assessment(source="spj2019", halo=0, bytes_per_cell=4)
def ecological_sensitivity(
    erosion_sensitivity: Codes | None = None,
    karst_sensitivity: Codes | None = None,
    desertification_sensitivity: Codes | None = None,
) -> Codes:
    """Sensitivity of a place to anything: that of the gravest kind known.

    Parameters
    ----------
    erosion_sensitivity, karst_sensitivity, desertification_sensitivity : (y, x) [1], optional
        1, 3, 5; 0 missing. A kind that is not known is left out, never filled.

    Returns
    -------
    (y, x) [1]
        Least code of those known; 0 where none is.

    Raises
    ------
    QuantityError
        No kind was given.

    Notes
    -----
    code = min over the kinds known at the cell, 1 being the gravest. Draft guide of 2019 [S].
    """
    given = [erosion_sensitivity, karst_sensitivity, desertification_sensitivity]
    return least_code([g for g in given if g is not None], "ecological_sensitivity")
