"""How easily a place is hurt: erosion, rock desertification, desertification, by the geometric mean of scored factors."""

from collections.abc import Iterable
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Ascending, EachOf
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
)
from shanshui.pattern.factors import (
    AS_EROSION,
    EROSIVITY,
    Factors,
    Scores,
    desertification_scores,
    erosion_scores,
    karst_scores,
    kind_scores,
    told_scores,
)
from shanshui.pattern.grades import EXTREME, GENERAL, IMPORTANT, MISSING, gravest
from shanshui.region.grid import FINE_M, like

KINDS = ("erosion", "karst", "desertification", "hazard_sites", "hazard")
"""Kinds of sensitivity, as ``ecological_sensitivity.kinds`` names them."""
BY_KIND = {
    "erosion": "erosion_sensitivity", "karst": "karst_sensitivity", "desertification": "desertification_sensitivity",
    "hazard_sites": "site_sensitivity", "hazard": "hazard_sensitivity",
}  # fmt: skip
"""Map of each kind."""
CUTS = (2.33, 3.66)
"""Geometric means from which a place is sensitive, and extremely so [S, draft of 2019]."""


def graded(
    place: xr.DataArray,
    kind: str,
    scores: Scores,
    region_mask: Mask,
    cuts: tuple[float, float],
    factors: pd.DataFrame | None,
) -> Codes:
    """Classes by the geometric mean of the factors that take part; a cell without a score of any of them is missing."""
    used = taking_part(kind, scores, factors)
    with np.errstate(invalid="ignore"):
        chosen = [scores[name] for name in used]
        mean = np.prod(chosen, axis=0, dtype=np.float32) ** np.float32(1.0 / len(chosen))
        code = np.where(mean > cuts[1], EXTREME, np.where(mean >= cuts[0], IMPORTANT, GENERAL))
    known = np.isfinite(mean) & (region_mask.values == 1)
    return like(place, np.where(known, code, MISSING).astype(np.uint8), "1", nodata=MISSING)


def taking_part(kind: str, names: Iterable[str], factors: pd.DataFrame | None) -> list[str]:
    """Factors of a kind that take part in its mean: all without the table."""
    if factors is None:
        return list(names)
    rows = factors[(factors["kind"] == kind) & (factors["used"] == 0)]
    left = set(rows["factor"])
    return [name for name in names if name not in left]


@assessment(
    source="spj2019",
    halo=0,
    bytes_per_cell=40,
    read_over={"local_relief": (1.0, 5.0)},
    read_at={"local_relief": FINE_M},
)
def erosion_sensitivity(
    rainfall_erosivity: Erosivity,
    local_relief: Relief,
    vegetation_fraction: Index,
    region_mask: Mask,
    texture_score: Index | None = None,
    sensitivity_factors: Factors | None = None,
    *,
    cuts: Annotated[tuple[float, float], Ascending(1.0, 5.0)] = CUTS,
    erosivity: Annotated[tuple[float, float], Ascending(0.0, 1e5)] = EROSIVITY,
) -> Codes:
    """Sensitivity to erosion by water.

    Parameters
    ----------
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)]
        Scored at ``erosivity``.
    local_relief : (y, x) [m]
        Scored at 50 and 300 m, limits that were published for windows of 1 to 5 km2 and cells of some tens of metres.
    vegetation_fraction : (y, x) [1]
        Scored at 0.2 and 0.6, falling.
    region_mask : (y, x) [1]
        1 inside.
    texture_score : (y, x) [1], optional
        1, 3 or 5 by soil texture; without it the mean is of three factors, not of a filled fourth.
    sensitivity_factors : table, optional
        Factors that are known on too little ground leave the mean; without it all stay.
    cuts : tuple of float [1]
        Means from which a place is sensitive and extremely so.
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Erosivity from which its score is 3, and above which it is 5.

    Returns
    -------
    (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 outside or missing.

    Notes
    -----
    SS = (s_R s_h s_V s_T)^(1/4), without texture (s_R s_h s_V)^(1/3), with scores s [1] of erosivity R: 1 below 981, 3 to 5884, 5 above; of
    relief h: 50, 300 m; of green cover V: 5 below 0.2, 3 to 0.6, 1 above; and of texture T. General where SS < 2.33, sensitive to 3.66, extremely
    sensitive above. Draft guide of 2019 [S], whose published code gives the gravest ground the code of the least. It has the limits 100 and 600 of R
    from the interim rules of 2003, which take R from the national map of 1996, in hundreds of m t cm/(ha h yr) [M]; one of these is
    9.80665 MJ mm/(ha h yr) [C]. By R = 0.0534 P^1.6548 they are the rain P of 377 and 1114 mm/yr; read as MJ mm/(ha h yr) they would be
    95 and 280 mm/yr, and steppe would be of the highest score (decision 0033).
    """
    scores = erosion_scores(
        rainfall_erosivity.values, local_relief.values, vegetation_fraction.values, erosivity
    )
    if texture_score is not None:
        scores["texture_score"] = told_scores(texture_score)
    return graded(rainfall_erosivity, "erosion", scores, region_mask, cuts, sensitivity_factors)


@assessment(source="spj2019", halo=0, bytes_per_cell=32, read_at={"slope": FINE_M})
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
        Factors that are known on too little ground leave the mean; without it all stay.
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
    scores = karst_scores(carbonate.values, slope.values, vegetation_fraction.values)
    return graded(carbonate, "karst", scores, region_mask, cuts, sensitivity_factors)


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
        Factors that are known on too little ground leave the mean; without it all stay.
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
    scores = desertification_scores(
        precipitation.values,
        reference_evapotranspiration.values,
        vegetation_fraction.values,
        None if windy_days is None else windy_days.values,
    )
    if texture_score is not None:
        scores["texture_score"] = told_scores(texture_score)
    return graded(precipitation, "desertification", scores, region_mask, cuts, sensitivity_factors)


@assessment(
    source="spj2019",
    halo=0,
    bytes_per_cell=40,
    read_over={"local_relief": (1.0, 5.0)},
    read_at={"slope": FINE_M, "local_relief": FINE_M},
    any_of=("rainfall_erosivity", "carbonate", "reference_evapotranspiration"),
    follows=AS_EROSION,
)
def potential_sensitivity(
    region_mask: Mask,
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
    erosivity: Annotated[tuple[float, float], Ascending(0.0, 1e5)] = EROSIVITY,
) -> Index:
    """Sensitivity that the ground has by itself, whatever grows on it: what its cover now holds back.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
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
        Factors that are known on too little ground leave the mean; without it all stay.
    erosivity : tuple of float [MJ*mm/(ha*h*yr)]
        Limits of erosivity, as ``erosion_sensitivity`` has them: a study takes its setting over.

    Returns
    -------
    (y, x) [1]
        From 1 to 5, 5 the most sensitive; NaN outside and where no kind has all its factors.

    Raises
    ------
    QuantityError
        The factors of no kind are there.

    Notes
    -----
    P = max_k (prod_j s_j)^(1/n) over the kinds k known at the cell, with the n scores s [1] of the kind but for green cover. Scores of the draft
    guide of 2019 [S]; leaving cover out and taking the greatest are ours [D] (decision 0028): ``ecological_sensitivity`` asks where ground suffers
    now, and bare slopes come first; what asks where living ground must stay takes this one.
    """
    kinds = kind_scores(
        np.full(region_mask.shape, np.nan, np.float32),
        None if rainfall_erosivity is None else rainfall_erosivity.values,
        None if local_relief is None else local_relief.values,
        None if carbonate is None else carbonate.values,
        None if slope is None else slope.values,
        None if precipitation is None else precipitation.values,
        None if reference_evapotranspiration is None else reference_evapotranspiration.values,
        None if windy_days is None else windy_days.values,
        None if texture_score is None else told_scores(texture_score),
        erosivity,
    )
    if not kinds:
        raise QuantityError(
            "potential_sensitivity: no kind has its factors; give rainfall_erosivity and local_relief, carbonate and slope, or precipitation "
            "and reference_evapotranspiration"
        )
    out = np.full(region_mask.shape, np.nan, np.float32)
    for kind, scores in kinds.items():
        used = taking_part(kind, scores, sensitivity_factors)
        bare = [scores[name] for name in used if name != "vegetation_fraction"]
        mean = np.prod(bare, axis=0, dtype=np.float32) ** np.float32(1.0 / len(bare))
        out = np.fmax(out, mean)
    return like(region_mask, np.where(region_mask.values == 1, out, np.float32(np.nan)), "1")


@assessment(
    source="spj2019",
    halo=0,
    bytes_per_cell=4,
    any_of=lambda settings: tuple(BY_KIND[kind] for kind in settings["kinds"]),
)
def ecological_sensitivity(
    erosion_sensitivity: Codes | None = None,
    karst_sensitivity: Codes | None = None,
    desertification_sensitivity: Codes | None = None,
    site_sensitivity: Codes | None = None,
    hazard_sensitivity: Codes | None = None,
    *,
    kinds: Annotated[tuple[str, ...], EachOf(*KINDS)] = KINDS[:4],
) -> Codes:
    """Sensitivity of a place to anything: that of the gravest kind known.

    Parameters
    ----------
    erosion_sensitivity, karst_sensitivity, desertification_sensitivity : (y, x) [1], optional
        1, 3, 5; 0 missing. A kind that the study does not have is left out, never filled.
    site_sensitivity : (y, x) [1], optional
        To geological hazard near the sites of an inventory.
    hazard_sensitivity : (y, x) [1], optional
        To geological hazard in all, with ground that could fail; joined where ``kinds`` says so.
    kinds : tuple of str
        Kinds that are joined: erosion, karst, desertification, hazard_sites, hazard. The last is left out, since the ground alone would mark every
        steep slope [D].

    Returns
    -------
    (y, x) [1]
        Least code of the kinds joined; 0 where none is known, and where one of erosion, karst and desertification is missing and no other
        is extreme: the missing one could be graver. Where no hazard was found, that grades no ground of which they tell nothing.

    Raises
    ------
    QuantityError
        No kind was given, or none of those that are joined.

    Notes
    -----
    code = min_k code_k over the kinds k joined, 1 being the gravest, where code_k is known of each of erosion, karst and desertification that
    the study has, or one is 1; else 0. Draft guide of 2019 [S], which has geological hazard in the suitability for building; joining its
    known sites, and what missing ground means, are ours [D] (decision 0027).
    """
    every = (
        erosion_sensitivity, karst_sensitivity, desertification_sensitivity, site_sensitivity, hazard_sensitivity,
    )  # fmt: skip
    known = {kind: g for kind, g in zip(KINDS, every, strict=True) if g is not None}
    if known and not set(known) & set(kinds):
        raise QuantityError(
            f"ecological_sensitivity.kinds: joins {', '.join(kinds) or 'nothing'}, but what is known is {', '.join(known)}; name one of them"
        )
    ground = [known[kind] for kind in KINDS[:3] if kind in known and kind in kinds]
    found = [known[kind] for kind in KINDS[3:] if kind in known and kind in kinds]
    return gravest(ground, found, "ecological_sensitivity")
