"""Suitability held against present use: people have long farmed and built where it suits."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.said import Said
from shanshui.core.vocabulary import Codes, Counties, CountyCells, Index, Mask, Relief
from shanshui.region.validation import Measure, Published, Validation, validation_table
from shanshui.zoning.function_zones import FunctionZones, ZoneIndicators
from shanshui.zoning.grades import SUITABLE, UNKNOWN, UNSUITABLE
from shanshui.zoning.tables import CarryingCapacity
from shanshui.zoning.zone_measures import county_green, unit_measures, zone_measures

SuitableShares = Annotated[
    pd.DataFrame,
    Table(
        {
            "code?": TEXT,
            "agriculture_suitable_share": "1",
            "construction_suitable_share": "1",
            "*": ANY,
        }
    ),
]
COVERS = ("farmed", "forest", "built")
FARMED_OVER_FOREST, BUILT_FIT = 1.05, 0.8
"""How much more of the fields than of the forest suits farming, and share of built ground that is not unfit: our own ranges [D]."""


@assessment(source="own_frame", bytes_per_cell=16)
def zoning_validation(
    cover_type: Codes,
    region_mask: Mask,
    agriculture_suitability: Codes,
    construction_suitability: Codes,
    county_suitability_areas: SuitableShares | None = None,
    published: Published | None = None,
    function_zones: FunctionZones | None = None,
    county_carrying_capacity: CarryingCapacity | None = None,
    zone_indicators: ZoneIndicators | None = None,
    green_unit_cells: Codes | None = None,
    county_cells: CountyCells | None = None,
    counties: Counties | None = None,
    local_relief: Relief | None = None,
    upstream_index: Index | None = None,
) -> Validation:
    """Where present fields and towns stand by suitability, and counties beside what is known of them.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    region_mask : (y, x) [1]
        1 inside.
    agriculture_suitability, construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    county_suitability_areas : table, optional
        ``code`` and suitable shares of counties.
    published : table, optional
        ``measure, statement, source, low, high, than, place``.
    function_zones : table, optional
        ``code, zone, zone_code`` of counties.
    county_carrying_capacity : table, optional
        ``code, people``.
    zone_indicators : table, optional
        ``code, CL``.
    green_unit_cells : (y, x) [1], optional
        1 all green to 4 light green.
    county_cells : (y, x) [1], optional
        County of each cell; 0 outside.
    counties : polygons, optional
        Index as in ``county_cells``; ``code``.
    local_relief : (y, x) [m], optional
        Greatest difference of height around a cell.
    upstream_index : (y, x) [1], optional
        How far up along the water.

    Returns
    -------
    table
        A row for each statement, as :func:`shanshui.basins.validation.survey_validation` has it. Measures: ``farming_suits`` and
        ``building_suits`` by cover (farmed, forest, built): share of classes 1 and 2; ``farmed_to_forest`` the ratio of the first two;
        ``built_fit``: share of built ground that is not of class 5; ``agriculture_suitable_share`` and ``construction_suitable_share`` of the
        region, and by county code; those of zones and units as :mod:`shanshui.zoning.zone_measures` has them.

    Raises
    ------
    QuantityError
        A published statement without a range.

    Notes
    -----
    ``share_k = |C_k and (c <= 2)| / |C_k|`` over the cells of cover k whose class is known. The covers take no part in the classes, but for
    water, so that they can contradict them; ranges are ours [D].
    """
    inside = region_mask.values == 1
    cover = {k: np.isin(cover_type.values, codes_of((k,))) & inside for k in COVERS}
    farm, build = agriculture_suitability.values, construction_suitability.values
    farming = {
        k: _share(np.isin(farm, SUITABLE), here & (farm != UNKNOWN)) for k, here in cover.items()
    }
    building = {
        k: _share(np.isin(build, SUITABLE), here & (build != UNKNOWN)) for k, here in cover.items()
    }
    by_chance = farming["forest"]
    ratio = farming["farmed"] / by_chance if by_chance > 0 else np.nan
    fit = _share(build != UNSUITABLE, cover["built"] & (build != UNKNOWN))
    own = Said("source_own_range")
    measures = [
        *(Measure("farming_suits", share, "1", k) for k, share in farming.items()),
        *(Measure("building_suits", share, "1", k) for k, share in building.items()),
        Measure(
            "farmed_to_forest", ratio, "1", "", FARMED_OVER_FOREST, np.inf, Said("fields_suit_farming"), own,
            note=Said("fields_and_forest", {"farmed": farming["farmed"], "forest": by_chance}),
        ),
        Measure("built_fit", fit, "1", "", BUILT_FIT, 1.0, Said("towns_stand_fit"), own),
    ]  # fmt: skip
    for use, code in (("agriculture", farm), ("construction", build)):
        name = f"{use}_suitable_share"
        measures.append(Measure(name, _share(np.isin(code, SUITABLE), inside & (code != UNKNOWN))))
        table = county_suitability_areas
        if table is not None and "code" in table:
            measures += [
                Measure(name, float(share), "1", str(place))
                for place, share in zip(table["code"], table[name], strict=True)
            ]
    if function_zones is not None:
        measures += zone_measures(function_zones, county_carrying_capacity, zone_indicators)
    if green_unit_cells is not None:
        measures += unit_measures(green_unit_cells, local_relief, upstream_index)
        if county_cells is not None and counties is not None:
            measures += county_green(green_unit_cells, county_cells, counties)
    return validation_table("zoning", measures, published)


def _share(chosen: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
    count = int(np.count_nonzero(of))
    return float(np.count_nonzero(chosen & of)) / count if count else np.nan
