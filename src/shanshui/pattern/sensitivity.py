"""How easily a place is hurt: erosion, rock desertification, desertification, by the geometric mean of scored factors."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
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


def _graded(
    place: xr.DataArray,
    scores: list[NDArray[np.float32]],
    region_mask: Mask,
    cuts: tuple[float, float],
) -> Codes:
    with np.errstate(invalid="ignore"):
        mean = np.prod(scores, axis=0, dtype=np.float32) ** np.float32(1.0 / len(scores))
        code = np.where(mean > cuts[1], EXTREME, np.where(mean >= cuts[0], IMPORTANT, GENERAL))
    known = np.isfinite(mean) & (region_mask.values == 1)
    return like(place, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


@assessment(source="spj2019", halo=0, bytes_per_cell=40)
def erosion_sensitivity(
    rainfall_erosivity: Erosivity,
    local_relief: Relief,
    vegetation_fraction: Index,
    region_mask: Mask,
    texture_score: Index | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
) -> Codes:
    """Sensitivity to erosion by water.

    Parameters
    ----------
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)]
        Scored at 100 and 600.
    local_relief : (y, x) [m]
        Scored at 50 and 300 m.
    vegetation_fraction : (y, x) [1]
        Scored at 0.2 and 0.6, falling.
    region_mask : (y, x) [1]
        1 inside.
    texture_score : (y, x) [1], optional
        1, 3 or 5 by soil texture; without it the mean is of three factors, not of a filled fourth.
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
    scores = [
        scored(rainfall_erosivity.values, 100.0, 600.0),
        scored(local_relief.values, 50.0, 300.0),
        scored(vegetation_fraction.values, 0.2, 0.6, falling=True),
    ]
    if texture_score is not None:
        scores.append(_told(texture_score))
    return _graded(rainfall_erosivity, scores, region_mask, cuts)


@assessment(source="spj2019", halo=0, bytes_per_cell=32)
def karst_sensitivity(
    carbonate: Percent,
    slope: Slope,
    vegetation_fraction: Index,
    region_mask: Mask,
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
    scores = [
        scored(carbonate.values, 30.0, 70.0),
        scored(slope.values, 8.0, 25.0),
        scored(vegetation_fraction.values, 0.2, 0.6, falling=True),
    ]
    return _graded(carbonate, scores, region_mask, cuts)


@assessment(source="spj2019", halo=0, bytes_per_cell=40)
def desertification_sensitivity(
    precipitation: Precipitation,
    reference_evapotranspiration: Evapotranspiration,
    vegetation_fraction: Index,
    region_mask: Mask,
    windy_days: DaysPerYear | None = None,
    texture_score: Index | None = None,
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
    with np.errstate(divide="ignore", invalid="ignore"):
        aridity = np.where(
            precipitation.values > 0,
            reference_evapotranspiration.values / precipitation.values,
            np.nan,
        )
    scores = [
        scored(aridity, 1.5, 16.0),
        scored(vegetation_fraction.values, 0.2, 0.6, falling=True),
    ]
    if windy_days is not None:
        scores.append(scored(windy_days.values, 10.0, 30.0))
    if texture_score is not None:
        scores.append(_told(texture_score))
    return _graded(precipitation, scores, region_mask, cuts)


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
