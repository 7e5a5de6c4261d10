"""What ground suits farming and building: grades of its factors joined by the guideline's matrices, then moved by what else is known."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import Codes, Mask
from shanshui.zoning.grades import (
    BEST,
    BUILDING_LAND_WATER,
    FARM_LAND_WATER,
    FARM_WARMTH,
    UNKNOWN,
    UNSUITABLE,
    Grades,
    joined,
    stepped,
)
from shanshui.zoning.land import inside

AGRICULTURE, CONSTRUCTION = "agriculture_suitability", "construction_suitability"
Suitability = Annotated[xr.Dataset, Layers(((AGRICULTURE, "1"), (CONSTRUCTION, "1")))]
HAZARD_EXTREME, HAZARD_SENSITIVE = 1, 3
"""Codes of ``hazard_sensitivity``."""
FAR, FARTHEST = 4, 5
"""Grades of the way to town that make ground worse; the best makes it better."""


@assessment(source="spj2019", halo=0, bytes_per_cell=40)
def suitability(
    region_mask: Mask,
    agriculture_land: Codes,
    construction_land: Codes,
    agriculture_water: Codes | None = None,
    construction_water: Codes | None = None,
    agriculture_warmth: Codes | None = None,
    construction_location: Codes | None = None,
    hazard_sensitivity: Codes | None = None,
    cover_type: Codes | None = None,
    *,
    farm_hazard_steps: Annotated[int, Between(0, 4)] = 1,
    build_hazard_steps: Annotated[int, Between(0, 4)] = 1,
    never: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("water", "ice"),
) -> Suitability:
    """What ground suits farming, and what suits building.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    agriculture_land, construction_land : (y, x) [1]
        Grades of land, 1 the best to 5, 0 not known; so of all that follow.
    agriculture_water, construction_water : (y, x) [1], optional
        Of water.
    agriculture_warmth : (y, x) [1], optional
        Of light and heat.
    construction_location : (y, x) [1], optional
        Of the way to town.
    hazard_sensitivity : (y, x) [1], optional
        1 extremely sensitive to geological hazard, 3 sensitive, 5 general, 0 missing.
    cover_type : (y, x) [1], optional
        What covers the ground, codes of ``core/cover_types.csv``: no field and no house stands in water.
    farm_hazard_steps : int [1]
        How much worse the best farmland is where hazard is extreme [S].
    build_hazard_steps : int [1]
        How much worse building is where ground is sensitive [S]; where it is extremely so nothing suits.
    never : tuple of str
        Covers, with all that they hold, that suit neither use [D].

    Returns
    -------
    layers
        ``agriculture_suitability`` and ``construction_suitability`` [1]: 1 and 2 suit, 3 and 4 do so in part, 5 does not; 0 outside the region and
        where a map that the study has is missing and could change the class.

    Raises
    ------
    PlanError
        A cover that is none.

    Notes
    -----
    Farming: ``c = M_h(M_w(l, w), h)`` with the grades of land l, water w and warmth h and the matrices M of the draft guide of 2019 [S]; the best
    class goes down where hazard is extreme. Building: ``c = B(l, w)``, then each of these upon what the one before left: sensitive ground a step
    worse, extremely sensitive ground the worst; the way to town of grade 5 two steps and of 4 one step worse, of grade 1 a step better for
    classes 2 to 4 [S]. What the study has no map of is left out of the formula and never taken for the worst: without water the class is the
    grade of land, without warmth that of land and water [D]. ``suitability_factors`` lists what took part and what does not (decision 0047).
    """
    farm = agriculture_land.values.astype(np.uint8)
    if agriculture_water is not None:
        farm = joined(FARM_LAND_WATER, farm, agriculture_water.values)
    if agriculture_warmth is not None:
        farm = joined(FARM_WARMTH, farm, agriculture_warmth.values)
    build = construction_land.values.astype(np.uint8)
    if construction_water is not None:
        build = joined(BUILDING_LAND_WATER, build, construction_water.values)
    if hazard_sensitivity is not None:
        hazard = hazard_sensitivity.values
        worse = farm_hazard_steps * ((hazard == HAZARD_EXTREME) & (farm == BEST))
        farm = _unless_known(stepped(farm, worse), (hazard == UNKNOWN) & (farm == BEST))
        sound = build != UNSUITABLE
        build = stepped(build, build_hazard_steps * (hazard == HAZARD_SENSITIVE))
        build = np.where(hazard == HAZARD_EXTREME, np.uint8(UNSUITABLE), build)
        build = _unless_known(build, (hazard == UNKNOWN) & sound)
    if construction_location is not None:
        way = construction_location.values
        steps = 2 * (way == FARTHEST) + (way == FAR)
        # nearness helps ground that is neither the best already nor unfit
        steps = steps - ((way == BEST) & (build > BEST) & (build < UNSUITABLE))
        far = _unless_known(stepped(build, steps), (way == UNKNOWN) & (build != UNSUITABLE))
        build = np.where(build == UNSUITABLE, np.uint8(UNSUITABLE), far)
    layers = {}
    for name, code in ((AGRICULTURE, farm), (CONSTRUCTION, build)):
        layers[name] = inside(_without(code, cover_type, never), region_mask)
    return xr.Dataset(layers)


def _unless_known(code: Grades, open_: Grades) -> Grades:
    return np.where(open_, np.uint8(UNKNOWN), code)


def _without(code: Grades, cover_type: Codes | None, never: tuple[str, ...]) -> Grades:
    """Class 5 on covers that suit nothing; not known where the cover could be one."""
    if cover_type is None:
        return code
    cover = cover_type.values
    missing = (cover == 0) | (cover == cover_type.attrs.get("nodata", 0))
    closed = np.isin(cover, codes_of(never)) & ~missing
    code = _unless_known(code, missing & (code != UNSUITABLE))
    return np.where(closed, np.uint8(UNSUITABLE), code)
