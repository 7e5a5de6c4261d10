"""Names of the figures that each chapter can hold against published statements."""

from difflib import get_close_matches

from shanshui.core.errors import QuantityError

MEASURES: dict[str, tuple[str, ...]] = {
    "survey": (
        "area_km2", "counties", "people", "people_in", "basin_area_ratio", "people_kept", "slope_cell",
        "cover_overlap",
    ),
    "climate": (
        "temperature_bias", "temperature_rmse", "temperature_rank", "precipitation_bias", "precipitation_rmse", "precipitation_rank",
    ),
    "accounts": (
        "gep_total", "gep_low", "gep_high", "gep_area", "gep_per_km2", "gep_per_head", "gep_supply", "gep_regulating", "gep_without_clim",
        "gep_against_china_2015", "gep_over_gdp", "gep_gini_over_gdp", "service_share", "service_rank", "shares_sum", "total_in_range",
        "quadrant_count", "quadrant_of", "hot_spots_of", "frame_total", "frame_share", "nation_share", "nation_ratio", "bridge_gap",
        "cooling_per_head", "measured_share", "modelled_share", "transferred_share",
        "production_beyond", "production_at_high", "production_lost", "evapotranspiration_left_out", "evapotranspiration_stations",
    ),
    "pattern": (
        "red_line_share", "red_line_of", "forest_to_farmed", "captured", "captured_share", "sensitive_of", "important_of", "sources_of",
        "important_forest_to_farmed", "extreme_share", "sensitivity_class", "importance_class", "richness_rank", "count", "massif_sources",
        "steep_farmland_ha", "reference_line",
    ),
    "zoning": (
        "farming_suits", "building_suits", "farmed_to_forest", "built_fit", "agriculture_suitable_share", "construction_suitable_share",
        "zone", "zone_counties", "zone_people", "zone_load", "zone_load_rises", "green_unit_share", "green_unit_relief", "green_unit_upstream",
        "relief_green_to_light", "light_green_downstream", "protected_green_share", "light_green_share",
    ),
    "industry": (
        "county_gdp", "county_gdp_known", "counties_with_gdp", "product_share", "secondary_risen", "secondary_significant", "secondary_known",
        "firms", "firms_in",
        "category_rank", "attention_rank", "led_by_industry", "stage", "cluster_members", "hubs_agree", "layout_ha", "staff_quotient",
    ),
}  # fmt: skip
"""Measures by chapter; figures of ``gep_summary`` beside them begin with ``gep_``."""
NOT_MEASURED = ("", "-")
"""Measures of a statement that nobody can measure here: it is listed with its reason."""


def chapter_of(measure: str, statement: str, also: tuple[str, ...] = ()) -> str:
    """Chapter that knows a measure.

    Parameters
    ----------
    measure : str
        As a published statement names it.
    statement : str
        The statement, for the message.
    also : tuple of str
        Measures of the chapter at hand; blank is returned for them.

    Returns
    -------
    str
        Its name; blank for the chapter at hand.

    Raises
    ------
    QuantityError
        No chapter knows it.
    """
    if measure in also:
        return ""
    for chapter, names in MEASURES.items():
        if measure in names:
            return chapter
    if measure.startswith("gep_"):
        return "accounts"
    known = sorted({*also, *(name for names in MEASURES.values() for name in names)})
    near = get_close_matches(measure, known, 1, 0.0)
    raise QuantityError(
        f"published.measure: '{statement}' has '{measure}', which no chapter measures; nearest '{near[0]}'; correct it, or write '-' with a reason"
    )
