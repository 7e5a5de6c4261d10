"""The survey: where we are."""

from shanshui.basins.delineation import river_basin_outlets, river_basins, upstream_index
from shanshui.basins.flowpaths import (
    conditioned_elevation,
    drainage_check,
    flow_direction,
    flow_distance,
    upstream_area,
)
from shanshui.basins.gridded_population import (
    gridded_county_population,
    gridded_population,
    gridded_unit_population,
    settlement_map,
)
from shanshui.basins.nested import nested_basins
from shanshui.basins.planning_units import planning_unit_labels, planning_units
from shanshui.basins.population import (
    population_density,
    settlement_weight,
    spatial_levels,
    unit_population,
)
from shanshui.basins.streams import river_reaches, stream_order
from shanshui.basins.unit_facts import (
    unit_climate,
    unit_land_cover,
    unit_slope_classes,
    unit_terrain,
)
from shanshui.basins.unit_links import unit_county_crosswalk, unit_neighbours, unit_upstream
from shanshui.decision.maps import overlay_score
from shanshui.flow.steps import Step, step
from shanshui.terrain.aspect import aspect
from shanshui.terrain.cover import cover_type
from shanshui.terrain.downscaling import land_cover_fine, temperature_fine
from shanshui.terrain.extent import region_mask
from shanshui.terrain.hypsometry import hypsometry
from shanshui.terrain.land_use import cover_shares, land_use_areas
from shanshui.terrain.landform import landform, slope_position
from shanshui.terrain.mixed_cover import land_cover_parted
from shanshui.terrain.relief import local_relief, relief_degree, relief_window, terrain_ruggedness
from shanshui.terrain.relief_scale import scaled_relief
from shanshui.terrain.slope import slope, slope_class
from shanshui.terrain.slope_scale import scaled_slope, slope_cell


def cover_of(have: set[str]) -> dict[str, str]:
    """Binding to the finest land cover that the inputs allow."""
    if {"land_cover", "mixed_classes"} <= have:
        return {"land_cover": "land_cover_parted"}
    return fine_cover_of(have)


def fine_cover_of(have: set[str]) -> dict[str, str]:
    """Binding to the finest land cover before mixed classes are told apart."""
    fine = {"land_cover", "land_cover_areas", "prefectures", "elevation"} <= have
    return {"land_cover": "land_cover_fine"} if fine else {}


def cover_before(have: set[str]) -> str:
    """The land cover of the earlier year, with mixed classes told apart as in the later one."""
    parted = {"land_cover_before", "mixed_classes"} <= have
    return "land_cover_before_parted" if parted else "land_cover_before"


def warmth_of(have: set[str]) -> dict[str, str]:
    """Binding to the finest temperature that the inputs allow."""
    fine = {"temperature", "elevation"} <= have
    return {"temperature": "temperature_fine"} if fine else {}


def people(have: set[str]) -> list[Step]:
    """Steps of where people live: by tables of counties, by maps, or tables laid out by maps."""
    gridded = "population_maps" in have
    if gridded and "population" not in have:
        return [
            step(settlement_weight),
            step(gridded_population, name="population_density"),
            step(gridded_unit_population, name="unit_population"),
            step(gridded_county_population, name="population"),
        ]
    weight = {"settlement_weight": "settlement_map"} if gridded else {}
    return [
        step(settlement_weight),
        *([step(settlement_map)] if gridded else []),
        step(population_density, binds=weight),
        step(unit_population, binds=weight),
    ]


def survey(have: set[str]) -> list[Step]:
    """Steps of the survey.

    Parameters
    ----------
    have : set of str
        Inputs of the study.

    Returns
    -------
    list of Step
        Those that lack an input are told apart when the plan is bound.
    """
    cover, warm = cover_of(have), warmth_of(have)
    return [
        step(region_mask),
        step(slope),
        step(slope_cell),
        step(scaled_slope),
        step(slope_class),
        step(aspect),
        step(relief_window),
        step(local_relief),
        step(relief_degree),
        step(terrain_ruggedness),
        # landforms are read over about 4 km2, whatever window the change point finds
        step(local_relief, name="landform_relief", window_m=2000.0),
        step(landform, binds={"local_relief": "landform_relief"}),
        # cells of a kilometre cut off crests and valley floors; limits of relief were published for finer ones
        step(scaled_relief, binds={"local_relief": "landform_relief"}),
        step(slope_position),
        step(hypsometry),
        step(temperature_fine),
        step(land_cover_fine),
        *(_parted(have) if "mixed_classes" in have else []),
        step(cover_type, binds=cover),
        *([step(cover_shares), step(land_use_areas)] if "land_use" in have else []),
        step(conditioned_elevation),
        step(flow_direction),
        step(drainage_check),
        step(upstream_area),
        step(flow_distance),
        step(stream_order),
        step(river_reaches),
        step(river_basin_outlets),
        step(river_basins),
        step(upstream_index),
        step(nested_basins, name="basins_1", level=1),
        step(nested_basins, name="basins_2", level=2),
        step(nested_basins, name="basins_3", level=3),
        step(planning_unit_labels),
        step(planning_units),
        step(unit_neighbours),
        step(unit_upstream),
        step(unit_terrain),
        step(unit_slope_classes),
        *(
            [step(unit_climate, binds=warm)]
            if have & {"temperature", "precipitation", "ndvi"}
            else []
        ),
        step(unit_land_cover, binds=cover),
        step(unit_county_crosswalk),
        *people(have),
        step(spatial_levels),
        step(overlay_score, binds={"layers": "criteria_maps"}),
    ]


def _parted(have: set[str]) -> list[Step]:
    """Steps that tell mixed classes apart."""
    before = step(
        land_cover_parted,
        name="land_cover_before_parted",
        binds={"land_cover": "land_cover_before"},
    )
    return [
        step(land_cover_parted, binds=fine_cover_of(have)),
        *([before] if "land_cover_before" in have else []),
    ]
