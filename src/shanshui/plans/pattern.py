"""The ecological security pattern: importance and sensitivity first, then sources, corridors and nodes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shanshui.flow.steps import Step, step
from shanshui.pattern.assembly import (
    pattern_summary,
    restoration_priorities,
    security_pattern,
)
from shanshui.pattern.barriers import barriers, pinch_points
from shanshui.pattern.core_area import core_area, core_area_share
from shanshui.pattern.counts import source_counts, species_capture
from shanshui.pattern.cuts import importance_cuts, sensitivity_cuts
from shanshui.pattern.distribution import species_distribution, species_models
from shanshui.pattern.erosion_strength import erosion_class, erosion_fragility
from shanshui.pattern.factors import sensitivity_factors
from shanshui.pattern.fragmentation import forest_fragmentation, fragmentation_shares
from shanshui.pattern.function_zones import function_zone_areas, function_zone_cells
from shanshui.pattern.given_sources import given_source_cells, given_sources
from shanshui.pattern.hazard import (
    fault_distance,
    ground_sensitivity,
    hazard_scores,
    hazard_sensitivity,
    seismic_acceleration,
    subsidence_sensitivity,
)
from shanshui.pattern.hazard_sites import site_hazard, site_sensitivity
from shanshui.pattern.importance import (
    biodiversity_index,
    importance_grade,
    protection_importance,
    service_importance,
    soil_importance,
)
from shanshui.pattern.landscape_metrics import landscape_metrics
from shanshui.pattern.linkage import (
    corridor_detour,
    corridors,
    cumulative_resistance,
    least_cost_links,
)
from shanshui.pattern.massifs import massif_zones
from shanshui.pattern.morphology import morphology_shares
from shanshui.pattern.network import component_scan, protected_connectivity, source_network
from shanshui.pattern.nodes import nodes
from shanshui.pattern.red_line_summary import red_line_summary
from shanshui.pattern.red_lines import (
    developed_land,
    red_line_candidate,
    red_line_cover,
    red_line_share,
    security_districts,
    steep_farmland,
)
from shanshui.pattern.resistance import (
    cover_resistance,
    light_factor,
    resistance,
    road_factor,
    slope_factor,
)
from shanshui.pattern.river_corridors import river_corridors
from shanshui.pattern.sensitivity import (
    desertification_sensitivity,
    ecological_sensitivity,
    erosion_sensitivity,
    karst_sensitivity,
    potential_sensitivity,
)
from shanshui.pattern.sources import (
    habitat_morphology,
    source_candidates,
    source_cells,
    source_score,
    sources,
)
from shanshui.pattern.species import species_habitat, species_richness
from shanshui.pattern.species_resistance import species_patch_cells, species_resistance
from shanshui.pattern.stability import early_warning, pattern_draws, pattern_stability
from shanshui.pattern.suitability import focal_habitats, habitat_suitability, suitable_habitat
from shanshui.pattern.upslope import upslope_current
from shanshui.plans.survey import cover_before, cover_of, warmth_of

FINE = {"slope": "scaled_slope"}
RELIEF = {"local_relief": "scaled_relief"}


def pattern(have: set[str]) -> list[Step]:
    """Steps of importance, sensitivity and the security pattern.

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
        # water and soil serve the basin that they are kept in
        step(
            importance_grade,
            name="importance_water",
            binds={"service": "water_retention.retained", "basins": "basins_1"},
        ),
        step(
            importance_grade,
            name="importance_soil",
            binds={"service": "soil_retention.retained", "basins": "basins_1"},
        ),
        step(biodiversity_index, binds=warm),
        *([step(species_richness), step(species_habitat)] if "species_ranges" in have else []),
        step(
            importance_grade, name="importance_biodiversity", binds={"service": _species_of(have)}
        ),
        # limits of slope were published for cells of some tens of metres
        step(soil_importance, binds=FINE),
        step(service_importance),
        step(
            importance_cuts,
            binds={
                "water_retention": "water_retention.retained",
                "soil_retention": "soil_retention.retained",
                "biodiversity": _species_of(have),
                "basins": "basins_1",
            },
        ),
        # limits of relief were published for windows of some km2, not for those that the change point finds, and for cells of some tens of metres
        step(sensitivity_factors, binds=RELIEF | FINE),
        step(sensitivity_cuts, binds=RELIEF | FINE),
        step(erosion_sensitivity, binds=RELIEF),
        step(karst_sensitivity, binds=FINE),
        step(potential_sensitivity, binds=RELIEF | FINE),
        step(desertification_sensitivity),
        *_hazard(have),
        step(erosion_class, binds={"soil_loss": "soil_retention.loss"}),
        step(erosion_fragility),
        step(ecological_sensitivity),
        step(protection_importance),
        step(developed_land, binds=cover),
        step(red_line_candidate),
        step(red_line_share),
        step(red_line_cover),
        step(red_line_summary, binds={"threatened_species": "species_richness.threatened"}),
        step(security_districts),
        step(
            steep_farmland,
            binds=cover
            | FINE
            | {"potential_loss": "soil_retention.potential", "soil_loss": "soil_retention.loss"},
        ),
        *_network(have),
        *(_of_species(have) if SPECIES_INPUTS & have else []),
    ]


def _hazard(have: set[str]) -> list[Step]:
    """Geological hazard: what is known of sites, of the ground and of its sinking."""
    zones = "seismic_zones" in have and "seismic" not in have
    sinks = bool(have & {"subsidence", "subsidence_rate"})
    shaken = {"seismic": "seismic_acceleration"} if zones else {}
    return [
        step(fault_distance),
        *([step(seismic_acceleration)] if "seismic_zones" in have else []),
        step(site_hazard),
        step(site_sensitivity),
        step(hazard_scores, binds=RELIEF | FINE | shaken),
        step(ground_sensitivity),
        *([step(subsidence_sensitivity)] if sinks else []),
        step(hazard_sensitivity),
    ]


def _network(have: set[str]) -> list[Step]:
    """Sources, corridors, nodes, and the pattern that they form."""
    cover = cover_of(have)
    retained = {"water_retention": "water_retention.retained"}
    return [
        step(massif_zones),
        step(source_score, binds=retained | {"biodiversity_index": _species_of(have)}),
        step(source_candidates),
        step(habitat_morphology),
        step(morphology_shares),
        _instead(given_source_cells, "source_cells") if GIVEN in have else step(source_cells),
        step(source_counts),
        *([step(species_capture)] if "species_ranges" in have else []),
        step(core_area),
        step(core_area_share),
        *_zones(have),
        step(cover_resistance, binds=cover),
        step(slope_factor),
        step(light_factor, binds=cover),
        step(road_factor, binds=_ways_of(have)),
        *_resistance(have),
        _instead(given_sources, "sources") if GIVEN in have else step(sources),
        step(cumulative_resistance),
        step(least_cost_links),
        step(corridor_detour),
        step(corridors),
        step(river_corridors),
        step(pinch_points),
        step(upslope_current),
        step(barriers),
        step(nodes),
        step(source_network),
        step(component_scan),
        step(protected_connectivity),
        step(restoration_priorities),
        step(security_pattern),
        step(pattern_summary),
        # draws need no data: without any there is no pattern to judge
        *([step(pattern_draws)] if have else []),
        step(pattern_stability, binds=retained | {"biodiversity_index": _species_of(have)}),
        step(early_warning, binds=cover | {"land_cover_before": cover_before(have)}),
        step(landscape_metrics, binds=cover),
        step(forest_fragmentation),
        step(fragmentation_shares),
    ]


def _resistance(have: set[str]) -> list[Step]:
    """Resistance of covers, slopes, lights and roads, where the study brings none of its own."""
    ways = {"road_factor": "road_factor.factor", "road_least": "road_factor.least"}
    return [] if "resistance" in have else [step(resistance, binds=ways)]


def _instead(fn: Callable[..., Any], name: str) -> Step:
    """A step in the place of one that has settings, which say nothing of what a study brings."""
    return replace(step(fn, name=name), instead=True)


GIVEN = "source_outlines"
"""What the input of sources gives."""
REPLACING = ("resistance",)
"""Inputs under the name of a step."""
MADE_ONLY = ("source_counts", "pattern_draws", "pattern_stability")
"""Steps that judge how the product finds sources: they have nothing to say of sources that somebody else drew."""


def pattern_without(have: set[str]) -> dict[str, str]:
    """Steps that cannot be right with the inputs of a study, and why."""
    why = "is of sources that the product finds; those of [inputs.sources] stand in their place"
    return dict.fromkeys(MADE_ONLY, why) if GIVEN in have else {}


def _zones(have: set[str]) -> list[Step]:
    """What statutory zones hold, where the study has some."""
    return (
        [step(function_zone_cells), step(function_zone_areas)] if "statutory_zones" in have else []
    )


SPECIES_INPUTS = {"species_ranges", "species_presence", "species_habitats"}
"""Inputs that say something of species here; without any there is no habitat to map."""
SPECIES_TWINS = {
    "source_cells": "species_patch_cells",
    "sources": "species_patches",
    "resistance": "species_resistance",
    "cumulative_resistance": "species_reach",
    "least_cost_links": "species_links",
    "corridors": "species_corridors",
}
"""Products of the pattern that there are for a species or a group of species too, and the name of the twin."""


def _of_species(have: set[str]) -> list[Step]:
    """Where species are found, ground that suits them, and the corridors between."""
    warm = warmth_of(have)
    ground = {"resistance": "species_resistance", "source_cells": "species_patch_cells"}
    patches = {"sources": "species_patches"}
    return [
        step(species_distribution, binds=warm),
        step(species_models, binds=warm),
        step(habitat_suitability, binds=warm),
        step(focal_habitats, binds=warm),
        step(suitable_habitat, binds=warm),
        step(
            species_resistance,
            binds={"road_factor": "road_factor.factor", "road_least": "road_factor.least"},
        ),
        step(species_patch_cells),
        step(
            sources,
            name="species_patches",
            binds=ground | {"source_score": "habitat_suitability"},
        ),
        step(cumulative_resistance, name="species_reach", binds=ground),
        step(least_cost_links, name="species_links", binds=ground | patches),
        step(
            corridors,
            name="species_corridors",
            binds=ground | patches | {"least_cost_links": "species_links"},
        ),
    ]


def _species_of(have: set[str]) -> str:
    """What tells where species are: their ranges; without any the climate's stand-in, or the quality of habitats."""
    if "species_ranges" in have:
        return "species_richness.index"
    climate = {"productivity", "prefectures"} <= have or "threats" not in have
    return "biodiversity_index" if climate else "habitat_quality.habitat_quality"


def _ways_of(have: set[str]) -> dict[str, str]:
    """Railways alone do for roads in a study that has no roads."""
    alone = "railways" in have and "roads" not in have
    return {"roads": "railways"} if alone else {}
