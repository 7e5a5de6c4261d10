"""Land space: what the ground suits, what it can carry, and which present use contradicts that."""

from shanshui.flow.steps import Step, step
from shanshui.plans.survey import warmth_of
from shanshui.terrain.relief import local_relief
from shanshui.zoning.access import travel_time
from shanshui.zoning.areas import suitability_areas
from shanshui.zoning.basin_coordination import basin_coordination, course_balance
from shanshui.zoning.carrying_capacity import carrying_capacity
from shanshui.zoning.carrying_scale import carrying_scale
from shanshui.zoning.control_lines import control_line_areas, control_lines
from shanshui.zoning.core_influence import core_travel_time
from shanshui.zoning.county_towns import county_towns
from shanshui.zoning.evidence import suitability_factors
from shanshui.zoning.footprint import ecological_footprint
from shanshui.zoning.function_zones import function_zones
from shanshui.zoning.green_units import green_units
from shanshui.zoning.indicators import unit_indicators, zone_indicators
from shanshui.zoning.land import agriculture_land, construction_land
from shanshui.zoning.optimum import optimum_cells, optimum_difference, zoning_optimum
from shanshui.zoning.place_standing import place_standing
from shanshui.zoning.ring_gradient import ring_areas, ring_gradient
from shanshui.zoning.rings import rings
from shanshui.zoning.river_flow import river_flow
from shanshui.zoning.suitability import suitability
from shanshui.zoning.supplies import (
    agriculture_warmth,
    agriculture_water,
    construction_location,
    construction_water,
)
from shanshui.zoning.unit_tasks import unit_tasks
from shanshui.zoning.use_conflicts import conflict_cells, use_conflicts
from shanshui.zoning.warmth import accumulated_warmth
from shanshui.zoning.water import runoff_depth, water_limits
from shanshui.zoning.zone_cards import zone_cards
from shanshui.zoning.zone_cells import green_unit_cells, zone_cells
from shanshui.zoning.zone_review import border_conflicts, zone_unit_areas, zone_unit_review

FINE = {"slope": "scaled_slope"}
# what limits are held against, by its product
YIELD = {"water_yield": "water_yield.water_yield"}
CLASSES = {
    f"{use}_suitability": f"suitability.{use}_suitability"
    for use in ("agriculture", "construction")
}
BUILDING_M = 500.0
"""Window of relief for building: the guide has 300 to 900 m, by the size of cells [S]; ours between them [D]."""
DISTRICT_M = 5000.0
"""Window of relief for green units [METHODS M6.4]."""
LEVELS: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {"labels": "planning_unit_labels"}),
    ("county_", {"labels": "county_cells", "outlines": "counties"}),
)
"""Kinds of place that tables are made for: what stands before the name of the product, and what numbers the places."""


def zoning(have: set[str]) -> list[Step]:
    """Steps of the zoning chapter.

    Parameters
    ----------
    have : set of str
        Inputs of the study.

    Returns
    -------
    list of Step
        Those that lack an input are told apart when the plan is bound.
    """
    return [
        *_suitability(have),
        *_conflicts(),
        *_capacity(have),
        *_lines(),
        *_zones(have),
        *_rings(have),
        *_basins(),
    ]


def _suitability(have: set[str]) -> list[Step]:
    """Grades of land, water, warmth and location, and the classes that they make."""
    fine_relief = {"building_relief": "building_relief"}
    return [
        step(local_relief, name="building_relief", window_m=BUILDING_M),
        step(agriculture_land, binds=FINE),
        step(construction_land, binds=FINE | fine_relief),
        step(runoff_depth, binds=YIELD),
        step(agriculture_water),
        step(construction_water),
        *([step(accumulated_warmth, binds=warmth_of(have))] if "temperature" in have else []),
        step(agriculture_warmth),
        *([step(travel_time)] if "cities" in have else []),
        step(construction_location),
        step(suitability),
        step(suitability_factors),
        *(
            step(suitability_areas, name=f"{level}suitability_areas", binds=CLASSES | places)
            for level, places in LEVELS
        ),
    ]


def _conflicts() -> list[Step]:
    """Present use against what the ground suits."""
    return [
        step(conflict_cells, binds=FINE | CLASSES),
        *(
            step(use_conflicts, name=f"{level}use_conflicts", binds=places)
            for level, places in LEVELS
        ),
    ]


def _capacity(have: set[str]) -> list[Step]:
    """Boards of water, land and environment, the footprint, and the load of each place."""
    out = [step(river_flow, binds=YIELD)]
    for level, places in LEVELS:
        own = {
            name: f"{level}{name}"
            for name in ("water_limits", "carrying_scale", "ecological_footprint")
        }
        limits = {"water_limits": own["water_limits"]}
        out += [
            step(
                water_limits,
                name=own["water_limits"],
                binds=places | YIELD | {"nutrient_export": "nutrient_delivery.total_export"},
            ),
            step(carrying_scale, name=own["carrying_scale"], binds=places | CLASSES | limits),
            step(ecological_footprint, name=own["ecological_footprint"], binds=places),
            step(carrying_capacity, name=f"{level}carrying_capacity", binds=places | own),
        ]
    return out


def _lines() -> list[Step]:
    """Three control lines and the spaces that they leave."""
    return [
        step(control_lines, binds=FINE | CLASSES),
        *(
            step(control_line_areas, name=f"{level}control_line_areas", binds=places)
            for level, places in LEVELS
        ),
    ]


def _zones(have: set[str]) -> list[Step]:
    """Main-function zone of each county, green unit of each planning unit."""
    suits = {"construction_suitability": CLASSES["construction_suitability"]}
    county = {"labels": "county_cells", "outlines": "counties"} | suits
    unit = {"labels": "planning_unit_labels", "outlines": "planning_units"} | suits
    return [
        *([step(core_travel_time)] if "cities" in have else []),
        step(
            zone_indicators,
            binds=county | {"carrying_capacity": "county_carrying_capacity", "gep": "county_gep"},
        ),
        step(function_zones),
        step(zone_cells),
        step(
            zone_cards,
            binds={
                "carrying_capacity": "county_carrying_capacity",
                "water_limits": "county_water_limits",
            },
        ),
        step(local_relief, name="district_relief", window_m=DISTRICT_M),
        step(unit_indicators, binds=unit | {"gep": "unit_gep", "local_relief": "district_relief"}),
        step(green_units),
        step(green_unit_cells),
        step(unit_tasks),
        step(zoning_optimum),
        step(optimum_cells),
        step(optimum_difference),
    ]


def _rings(have: set[str]) -> list[Step]:
    """Five rings from the cities inward, what rises along them, and where each county stands in the nation."""
    told = [step(county_towns), step(place_standing)]
    if "cities" not in have:
        return told
    return [
        *told,
        step(rings),
        step(ring_areas),
        *(
            step(ring_gradient, name=f"{level}ring_gradient", binds=places)
            for level, places in LEVELS
        ),
    ]


def _basins() -> list[Step]:
    """What goes down the water, and where those who share it disagree."""
    return [
        step(
            basin_coordination,
            binds=YIELD
            | {
                "sediment_export": "sediment_delivery.sed_export",
                "nutrient_export": "nutrient_delivery.total_export",
                "phosphorus_export": "nutrient_delivery_p.total_export",
                "gep": "unit_gep",
            },
        ),
        step(course_balance),
        step(zone_unit_areas),
        step(zone_unit_review),
        step(border_conflicts),
    ]
