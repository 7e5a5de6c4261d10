"""The chapter in a study: the door, a made-up region whose truth is known, ground and cover alone, strips, words, validation."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid_spec

from shanshui import new_study, open_study
from shanshui.core.cover import codes_of, covers
from shanshui.plans.zoning import LEVELS, zoning
from shanshui.region.validation import AGREES
from shanshui.zoning.tables import LOADS
from shanshui.zoning.validation import zoning_validation

MADE = ("suitability", "suitability_areas", "county_suitability_areas", "suitability_factors", "carrying_capacity",
        "county_carrying_capacity", "use_conflicts", "zoning_validation")  # fmt: skip
AGRICULTURE, CONSTRUCTION = (
    "suitability.agriculture_suitability",
    "suitability.construction_suitability",
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoning") / "m"
    new_study(folder, template="made-up", size=64, seed=1, cell_m=1000.0)
    study = open_study(folder)
    study.run(*MADE, workers=2)
    return study


def inside(study, product):
    return study[product].values[study["region_mask"].values == 1]


def test_plains_suit_farming_and_steep_ground_does_not(study):
    slope, farm = inside(study, "scaled_slope"), inside(study, AGRICULTURE)
    cover = inside(study, "cover_type")
    water = np.isin(cover, codes_of(("water", "ice")))
    level, steep = (slope <= 2) & ~water & (farm != 0), (slope > 15) & (farm != 0)
    assert level.sum() > 20
    assert steep.sum() > 20
    assert np.isin(farm[level], (1, 2)).all()
    assert (farm[steep] >= 3).all()
    assert (inside(study, CONSTRUCTION)[steep] >= 3).all()
    assert (farm[water] == 5).all()


def test_ground_outside_the_region_has_no_class_and_inside_almost_all_has(study):
    outside = study["region_mask"].values != 1
    for product in (AGRICULTURE, CONSTRUCTION):
        assert (study[product].values[outside] == 0).all()
        assert (inside(study, product) != 0).mean() > 0.9


def test_areas_of_units_and_counties_add_up_to_the_region(study):
    km2 = np.count_nonzero(study["region_mask"].values == 1) * study.grid.cell_km2
    for name in ("suitability_areas", "county_suitability_areas"):
        table = study[name]
        assert table["area_km2"].sum() == pytest.approx(km2)
        classes = (
            table[[f"agriculture_{k}_km2" for k in range(1, 6)]].sum(axis=1)
            + table["agriculture_unknown_km2"]
        )
        assert classes.tolist() == pytest.approx(table["area_km2"].tolist())
    assert set(study["county_suitability_areas"]["code"]) <= set(study["counties"]["code"])


def test_the_load_is_the_greatest_and_headroom_what_is_left(study):
    for name in ("carrying_capacity", "county_carrying_capacity"):
        table = study[name]
        assert (table[list(LOADS)].fillna(0) <= 10).all(axis=None)
        told = table["load"].notna()
        assert told.any()
        most = table[list(LOADS)].max(axis=1)
        assert table.loc[told, "load"].tolist() == pytest.approx(most[told].tolist())
        left = np.clip(1 - table["load"], -1, 1)
        assert table.loc[told, "headroom"].tolist() == pytest.approx(left[told].tolist())
    people = study["carrying_capacity"]["people"].sum()
    grid = study["population_density"].values[study["region_mask"].values == 1]
    assert people == pytest.approx(np.nansum(grid) * study.grid.cell_km2, rel=1e-3)


def test_a_place_with_more_people_on_the_same_land_has_no_less_load(study):
    table = study["county_carrying_capacity"]
    per_gha = table["people"] / table["biocapacity_gha"]
    order = per_gha.sort_values().index
    assert table.loc[order, "ecological_load"].is_monotonic_increasing


def test_what_lacks_is_listed(study):
    table = study["suitability_factors"]
    assert {"land", "water", "warmth", "hazard", "cover", "soil_pollution"} <= set(table["factor"])
    assert (table["note"] != "")[table["status"] == "lacks"].all()


def test_ground_and_cover_alone_give_classes_areas_and_loads(study, tmp_path):
    data = study.layout.folder / "data"
    new_study(tmp_path / "b", elevation=data / "elevation.tif")
    file = tmp_path / "b" / "study.toml"
    text = f'\n[inputs.land_cover]\nfile = "{(data / "land_cover.tif").as_posix()}"\nlegend = "made-up"\nyear = 2020\n'
    file.write_text(file.read_text("utf-8") + text, "utf-8")
    bare = open_study(tmp_path / "b")
    bare.run(
        "suitability", "suitability_areas", "carrying_capacity", "suitability_factors", workers=2
    )
    # without water the class is the grade of land
    farm, land = inside(bare, AGRICULTURE), inside(bare, "agriculture_land")
    dry = ~np.isin(inside(bare, "cover_type"), [0, *codes_of(("water", "ice"))])
    known = dry & (inside(bare, "hazard_sensitivity") == 5)
    assert known.any()
    assert (farm[known] == land[known]).all()
    assert bare["suitability_areas"]["agriculture_suitable_km2"].sum() > 0
    table = bare["carrying_capacity"]
    assert table["agriculture_load"].notna().any()
    assert table[["people", "ecological_load", "population_water_load"]].isna().all(axis=None)
    lacks = bare["suitability_factors"].query("status == 'lacks'")["factor"]
    assert {"water", "warmth", "location"} <= set(lacks)


def test_strips_give_what_the_whole_gives(study, tmp_path):
    whole = {
        name: study[name].values
        for name in (AGRICULTURE, CONSTRUCTION, "accumulated_warmth", "conflict_cells.first")
    }
    for name in whole:
        product = name.partition(".")[0]
        step = study.plan.steps[product]
        assert step.card.halo == 0, product
    rng = np.random.default_rng(0)
    fn = study.plan.steps["suitability"].call
    spec = grid_spec(40, 30, cell_m=90.0)
    code = [rng.integers(0, 6, spec.shape).astype(np.uint8) for _ in range(6)]
    cover = rng.choice([0, covers()["lake"].code, covers()["forest"].code], spec.shape).astype(
        np.uint8
    )
    mask = (rng.random(spec.shape) > 0.1).astype(np.uint8)

    def of(rows):
        lay = [spec.lay(c[rows], "1", start=rows.start, nodata=0) for c in (mask, *code, cover)]
        return fn(*lay[:-1], cover_type=lay[-1])

    full = of(slice(0, 40))
    for layer in full:
        parts = [of(slice(k, min(k + 7, 40)))[layer].values for k in range(0, 40, 7)]
        assert (np.vstack(parts) == full[layer].values).all()


def test_products_of_counties_stand_beside_those_of_units():
    names = {s.name for s in zoning({"temperature", "cities", "counties"})}
    for level, _ in LEVELS:
        assert {
            f"{level}{n}"
            for n in ("suitability_areas", "use_conflicts", "carrying_scale", "carrying_capacity")
        } <= names


def world(farmed_class, forest_class):
    spec = grid_spec(1, 20)
    cover = np.array([[covers()["farmed"].code] * 10 + [covers()["forest"].code] * 10], np.uint8)
    code = np.array([[farmed_class] * 10 + [forest_class] * 10], np.uint8)
    lay = [spec.lay(v, "1", nodata=0) for v in (cover, np.ones_like(cover), code, code)]
    return zoning_validation(*lay).set_index("measure")


def test_fields_on_ground_that_suits_less_than_forest_do_not_agree():
    mixed = world(1, 5)
    assert np.isnan(mixed.loc["farmed_to_forest", "ours"])
    spec = grid_spec(1, 20)
    cover = np.array([[covers()["farmed"].code] * 10 + [covers()["forest"].code] * 10], np.uint8)

    def told(farm):
        lay = [
            spec.lay(v, "1", nodata=0)
            for v in (
                cover,
                np.ones_like(cover),
                np.array([farm], np.uint8),
                np.array([farm], np.uint8),
            )
        ]
        return zoning_validation(*lay).set_index("measure").loc["farmed_to_forest"]

    right, wrong = told([1] * 9 + [5] + [1] * 3 + [5] * 7), told([1] * 3 + [5] * 7 + [1] * 9 + [5])
    assert (right["ours"], right["verdict"]) == (pytest.approx(3), AGREES)
    assert wrong["ours"] == pytest.approx(1 / 3)
    assert wrong["verdict"] != AGREES


def test_counties_are_held_against_what_is_published():
    areas = pd.DataFrame(
        {
            "unit": [1, 2],
            "code": ["1", "2"],
            "agriculture_suitable_share": [0.1, 0.9],
            "construction_suitable_share": [0.2, 0.1],
        }
    )
    published = pd.DataFrame(
        {
            "measure": ["agriculture_suitable_share"] * 2,
            "place": ["2", "1"],
            "than": ["1", "2"],
            "statement": ["a", "b"],
            "source": "known",
            "low": np.nan,
            "high": np.nan,
        }
    )
    spec = grid_spec(1, 2)
    lay = [
        spec.lay(np.array([v], np.uint8), "1", nodata=0) for v in ([40, 40], [1, 1], [1, 1], [1, 1])
    ]
    table = zoning_validation(*lay, areas, published).set_index("statement")
    assert table.loc["a", "verdict"] == AGREES
    assert table.loc["b", "verdict"] != AGREES


def test_settings_of_units_hold_for_counties_and_for_what_builds_on_them(study):
    plan = study.plan.with_settings(
        {"carrying_scale": {"m2_person": 80.0}, "water_limits": {"usable_share": 0.3}}
    )
    for name in (
        "carrying_scale",
        "county_carrying_scale",
        "carrying_capacity",
        "county_carrying_capacity",
    ):
        assert plan.steps[name].settings["m2_person"] == 80.0
    assert plan.steps["county_water_limits"].settings["usable_share"] == 0.3
