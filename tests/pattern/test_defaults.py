"""Numbers that a study gets when it says nothing: those of the guides and papers, and our own where there are none."""

import pytest

from shanshui.core.assessment import card_of
from shanshui.pattern import (
    assembly,
    barriers,
    erosion_strength,
    importance,
    landscape_metrics,
    linkage,
    network,
    nodes,
    red_lines,
    resistance,
    river_corridors,
    sensitivity,
    sources,
    stability,
)

CUTS = {"cuts": (2.33, 3.66)}
PUBLISHED = [
    # guide of 2020: half and four fifths of the amount; slope and cover of soil
    (importance.importance_grade, {"extreme_share": 0.5, "important_share": 0.8, "least_basin_km2": 500.0, "least_of_mean": 0.1}),
    (
        importance.soil_importance,
        {"extreme_deg": 25.0, "extreme_fraction": 0.8, "important_deg": 15.0, "important_fraction": 0.6},
    ),
    # draft of 2019
    # its limits of erosivity are 100 and 600 of the metric unit, 9.80665 MJ mm/(ha h)
    (sensitivity.erosion_sensitivity, CUTS | {"erosivity": (980.665, 5883.99)}),
    (sensitivity.karst_sensitivity, CUTS),
    (sensitivity.desertification_sensitivity, CUTS),
    # SL 190: rock of the southwest
    (erosion_strength.erosion_class, {"tolerated": 5.0}),
    # guide of 2017: patches of 1 km2; the law: 25 degrees; the programme of 2014: 1200 yuan a mu in three payments
    # the line leaves farmland and built land outside
    (
        red_lines.red_line_candidate,
        {"least_km2": 1.0, "smooth": True, "leave_out": ("farmed", "built")},
    ),
    (
        red_lines.steep_farmland,
        {
            "limit_deg": 25.0, "margin_deg": 2.0, "payments": (500.0, 300.0, 400.0), "yield_t_per_ha": 3.0, "forest_c": 0.005,
        },
    ),
    # Saura: half at the reference; 10 km for protected areas
    (network.source_network, {"reference_cost": 0.0, "reference_probability": 0.5}),
    (network.protected_connectivity, {"median_m": 10_000.0}),
    (network.component_scan, {"limits_m": ()}),
    # the study's papers: upper quarter, seven tenths of the reserves
    (sources.source_score, {"weights": (1.0, 1.0, 1.0)}),
    (sources.source_candidates, {"quantile": 0.75, "smooth": True}),
    (sources.sources, {"capture_target": 0.7}),
    (sources.habitat_morphology, {"edge_width": 1, "connectivity": 8, "transition": True, "internal": False}),
    (landscape_metrics.landscape_metrics, {"directions": 8, "edge_depth": 1, "search_m": 0.0}),
]  # fmt: skip
OURS = [
    (importance.biodiversity_index, {"low_percentile": 2.0, "high_percentile": 98.0}),
    (sources.source_cells, {"least_km2": 50.0, "merge_m": 0.0, "most": 0}),
    (resistance.slope_factor, {"slope_limits": (15.0, 25.0, 35.0), "slope_factors": (1.0, 1.2, 1.5, 2.0)}),
    (resistance.light_factor, {"most_by_lights": 3.0}),
    (
        resistance.road_factor,
        {"road_m": (500.0, 1000.0), "road_factors": (2.0, 1.5), "road_resistance": 400.0},
    ),
    (
        resistance.resistance,
        {"combine": "product", "slope_weight": 0.35, "by_lights": True, "transform": "linear", "cap": 1000.0},
    ),
    (
        linkage.least_cost_links,
        {"adjacency": "cost", "max_cost_ratio": 1e6, "nearest_links": 0, "drop_through_sources": True},
    ),
    (linkage.corridors, {"river_m": 500.0, "river_share": 0.6, "least_order": 4, "detour_share": 0.05}),
    (
        river_corridors.river_corridors,
        {
            "least_order": 4, "least_km": 80.0, "reach_m": 5000.0, "name_m": 5000.0, "width_m": (100.0, 200.0, 500.0, 1000.0),
            "most": 0,
        },
    ),
    (barriers.pinch_points, {"corridor_share": 0.2, "statistic": "sum"}),
    (barriers.barriers, {"radii_cells": (1.0, 2.0, 3.0), "open_resistance": 1.0, "statistic": "max"}),
    (
        nodes.nodes,
        {
            "merge_cells": 2.0, "pinch_share": 0.1, "barrier_deviations": 1.0, "stone_km2": 5.0, "detour_share": 0.05, "most": 0,
        },
    ),
    (assembly.restoration_priorities, {"radius_cells": 2.0, "cost_per_km2": 1.0}),
    (assembly.security_pattern, {"biological": 0}),
    (
        assembly.pattern_summary,
        {
            "expected_patches": 0, "expected_nodes": 0, "expected_rivers": 0, "expected_biological": 0, "expected_massifs": (),
        },
    ),
    (stability.pattern_draws, {"samples": 12, "seed": 0, "spread": 0.2}),
    (
        stability.pattern_stability,
        {
            "quantile": 0.75, "weights": (1.0, 1.0, 1.0), "least_km2": 50.0, "most": 0, "edge_width": 1, "detour_share": 0.05,
        },
    ),
    (
        stability.early_warning,
        {"least_habitat": 0.7, "least_km2": 10.0, "edge_width": 1, "yellow": 0.95, "red": 0.9},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("step", "numbers"), PUBLISHED + OURS, ids=lambda case: getattr(case, "__name__", "")
)
def test_a_study_that_says_nothing_gets_the_numbers_of_the_handbook(step, numbers):
    assert dict(card_of(step).settings) == numbers
