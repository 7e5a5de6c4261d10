"""What places can carry: worked examples with a pencil, the shortest board, and loads that are not known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.zoning.areas import suitability_areas
from shanshui.zoning.carrying_capacity import carrying_capacity, greatest_of
from shanshui.zoning.carrying_scale import carrying_scale
from shanshui.zoning.footprint import (
    biocapacity_of_codes,
    consumption_of,
    ecological_footprint,
    footprint_per_person,
    land_factors,
)
from shanshui.zoning.places import extreme, load_grade, load_ratio
from shanshui.zoning.use_conflicts import CONFLICTS, conflict_cells, use_conflicts

FOREST, FARMED, BUILT, LAKE, ROCK = (
    covers()[w].code for w in ("forest", "farmed", "built", "lake", "rock")
)
CELL = 100.0
NAN = np.nan


def lay(values, unit="1", dtype=np.uint8, nodata=None, cell_m=CELL):
    values = np.atleast_2d(np.asarray(values, dtype))
    return grid_spec(*values.shape, cell_m=cell_m).lay(values, unit, nodata=nodata)


def unit(values, **more):
    return lay(values, dtype=np.int32, nodata=0, **more)


def codes(values, **more):
    return lay(values, nodata=0, **more)


def line(values):
    return lay(values, nodata=255)


def numbers(values, units, **more):
    return lay(values, units, np.float32, **more)


def limits(**columns):
    given = {
        "unit": [1],
        "yield_m3": NAN,
        "usable_m3": NAN,
        "nitrogen_t": NAN,
        "nitrogen_limit_t": NAN,
        "emission_load": NAN,
    }
    return pd.DataFrame({**given, **columns})


# areas


def test_suitable_land_lies_outside_the_line_and_classes_do_not_know_it():
    found = suitability_areas(
        unit([1, 1, 1, 1, 2, 2]),
        codes([1, 2, 3, 5, 4, 0]),
        codes([1, 1, 1, 1, 1, 1]),
        line([0, 1, 0, 255, 0, 0]),
    )
    first, second = (row for _, row in found.iterrows())
    ha = 0.01
    assert first["agriculture_suitable_km2"] == pytest.approx(1 * ha)
    assert first["agriculture_moderate_km2"] == pytest.approx(1 * ha)
    assert first["agriculture_suitable_share"] == pytest.approx(0.25)
    assert first["agriculture_2_km2"] == pytest.approx(1 * ha)
    assert first["in_red_line_km2"] == pytest.approx(1 * ha)
    # undecided ground is not taken away
    assert first["construction_suitable_km2"] == pytest.approx(3 * ha)
    assert second["agriculture_unknown_km2"] == pytest.approx(1 * ha)
    classes = [f"agriculture_{k}_km2" for k in range(1, 6)]
    assert (
        found[classes].sum(axis=1) + found["agriculture_unknown_km2"]
    ).tolist() == pytest.approx(found["area_km2"])


def test_areas_are_those_of_cells_in_metres_whatever_their_size():
    for cell in (30.0, 1000.0):
        found = suitability_areas(
            unit([1, 1], cell_m=cell), codes([1, 1], cell_m=cell), codes([5, 5], cell_m=cell)
        )
        assert found["agriculture_1_km2"].iloc[0] == pytest.approx(2 * cell * cell / 1e6)
        assert found["construction_suitable_km2"].iloc[0] == 0


def test_a_place_of_which_nothing_is_known_has_no_areas():
    found = suitability_areas(unit([1, 1, 2]), codes([0, 0, 1]), codes([0, 1, 1]))
    assert np.isnan(found["agriculture_suitable_km2"].iloc[0])
    assert found["agriculture_unknown_km2"].iloc[0] == pytest.approx(0.02)
    assert found["in_red_line_km2"].isna().all()


def test_counties_have_their_codes_and_names():
    counties = gpd.GeoDataFrame(
        {"code": ["610702"], "name": ["Hantai"]},
        geometry=[shapely.box(0, 0, 1, 1)],
        crs=EQUAL_AREA,
        index=pd.Index([2], name="unit"),
    )
    found = suitability_areas(unit([2, 3]), codes([1, 1]), codes([1, 1]), None, counties)
    assert found[["unit", "code", "name"]].values.tolist() == [[2, "610702", "Hantai"], [3, "", ""]]


# scale


def scale(**more):
    """10 ha: 4 suit both uses, 2 of these in part; one town, one field."""
    land = {"farm": [1, 2, 3, 4, 5, 5, 5, 5, 5, 5], "build": [1, 2, 3, 4, 5, 5, 5, 5, 5, 5]}
    cover = [BUILT, FARMED, *[FOREST] * 8]
    table = carrying_scale(
        unit([1] * 10), codes(land["farm"]), codes(land["build"]), codes(cover), **more
    )
    return table.iloc[0]


def test_land_alone_makes_the_scale_where_nothing_else_is_known():
    row = scale()
    # fields outside towns, moderate land whole; towns on moderate land by half
    assert row["farmland_land_km2"] == pytest.approx(0.03)
    assert row["built_land_km2"] == pytest.approx(0.03)
    assert row[["farmland_capacity_km2", "built_capacity_km2"]].tolist() == pytest.approx(
        [0.03, 0.03]
    )
    assert (row["farmland_binding"], row["built_binding"]) == ("land", "land")
    assert row[["farmland_water_km2", "built_water_km2", "built_environment_km2"]].isna().all()


def test_water_is_the_shortest_board_where_it_is_scarce():
    # 400 m3: 0.35 / 140 is one person on 100 m2; 240 m3 over 5340 is 4.5 ares, and no rain-fed land
    row = scale(precipitation=numbers([399] * 10, "mm/yr"), water_limits=limits(usable_m3=400.0))
    assert row["built_water_km2"] == pytest.approx(1e-4)
    assert row["farmland_water_km2"] == pytest.approx(240 / 5340 / 100)
    assert (row["farmland_binding"], row["built_binding"]) == ("water", "water")


def test_fields_with_enough_rain_need_no_irrigation():
    row = scale(precipitation=numbers([400] * 10, "mm/yr"), water_limits=limits(usable_m3=0.0))
    assert row["farmland_water_km2"] == pytest.approx(row["farmland_land_km2"])
    assert row["farmland_binding"] == "land"


def test_the_environment_is_the_shortest_board_where_too_much_is_emitted():
    row = scale(water_limits=limits(usable_m3=1e9, emission_load=4.0))
    assert row["farmland_environment_km2"] == pytest.approx(0.01 / 4)
    assert row["built_environment_km2"] == pytest.approx(0.01 / 4)
    assert (row["farmland_binding"], row["built_binding"]) == ("environment", "environment")


def test_a_board_that_is_given_and_not_known_there_leaves_the_scale_unknown():
    both = pd.concat(
        [
            limits(usable_m3=NAN, emission_load=NAN),
            limits(unit=[2], usable_m3=1.0, emission_load=0.5),
        ]
    )
    table = carrying_scale(
        unit([1, 2]), codes([1, 1]), codes([1, 1]), codes([FARMED, FARMED]), water_limits=both
    )
    assert np.isnan(table["built_capacity_km2"].iloc[0])
    assert table["built_binding"].iloc[0] == ""
    assert table["built_capacity_km2"].iloc[1] > 0


def test_ground_in_the_line_is_land_for_neither_use():
    row = scale(red_line_candidate=line([1] * 10))
    assert row[["farmland_land_km2", "built_land_km2"]].tolist() == [0, 0]


def test_wide_cells_of_which_few_suit_tell_nothing_of_building_land():
    def built(cell, count):
        code = [1] * count + [5] * (20 - count)
        grids = [
            codes(code, cell_m=cell),
            codes(code, cell_m=cell),
            codes([FOREST] * 20, cell_m=cell),
        ]
        return carrying_scale(unit([1] * 20, cell_m=cell), *grids)["built_land_km2"].iloc[0]

    assert np.isnan(built(1000.0, 9))
    assert built(1000.0, 10) == 10
    assert built(100.0, 1) == pytest.approx(0.01)


# footprint


def test_factors_are_found_by_the_name_of_the_land():
    eq = {name: f.equivalence for name, f in land_factors().items()}
    assert eq == {
        "crop": 2.51,
        "built": 2.51,
        "forest": 1.26,
        "grass": 0.46,
        "water": 0.37,
        "fossil": 1.26,
    }
    turned = consumption_of(None).iloc[::-1]
    assert footprint_per_person(turned) == pytest.approx(footprint_per_person(consumption_of(None)))


def test_the_footprint_of_a_person_by_hand():
    eaten = pd.DataFrame(
        {
            "item": ["grain", "beef"],
            "land": ["crop", "grass"],
            "per_person": [200, 3.3],
            "yield_per_ha": [4000, 33],
        }
    )
    # 0.05 ha of fields, 0.1 ha of grass
    assert footprint_per_person(consumption_of(eaten)) == pytest.approx(0.05 * 2.51 + 0.1 * 0.46)


def test_the_shipped_household_takes_about_one_and_a_half_hectares():
    assert footprint_per_person(consumption_of(None)) == pytest.approx(1.553, abs=1e-3)


def test_biocapacity_by_hand_less_what_is_kept_for_other_species():
    per_km2 = biocapacity_of_codes(1.5, 0.12)
    assert per_km2[FARMED] == per_km2[BUILT] == pytest.approx(0.88 * 100 * 2.51 * 1.5)
    assert per_km2[FOREST] == pytest.approx(0.88 * 100 * 1.26 * 0.91)
    assert per_km2[LAKE] == pytest.approx(0.88 * 100 * 0.37 * 0.81)
    assert per_km2[ROCK] == 0


def test_the_pressure_of_a_place_and_its_grade():
    people = numbers([100, 100, NAN], "person/km2")
    table = ecological_footprint(unit([1, 1, 2]), codes([FARMED, FOREST, FARMED]), people)
    row = table.iloc[0]
    assert row["people"] == pytest.approx(2)
    assert row["footprint_gha"] == pytest.approx(2 * 1.5532, rel=1e-4)
    per_km2 = biocapacity_of_codes(4500 / 2744, 0.12)
    assert row["biocapacity_gha"] == pytest.approx(0.01 * (per_km2[FARMED] + per_km2[FOREST]))
    assert row["pressure"] == pytest.approx(row["footprint_gha"] / row["biocapacity_gha"])
    assert table["footprint_gha"].isna().tolist() == [False, True]
    assert table["grade"].iloc[1] == ""


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("land", "sea", "consumption.land: 'sea'"),
        ("per_person", -1, "per_person: grain holds '-1'"),
        ("yield_per_ha", 0, "yield_per_ha: grain holds '0'"),
        ("yield_per_ha", "much", "yield_per_ha: grain holds 'much'"),
        ("item", "bread", "no 'grain'"),
    ],
)
def test_a_table_of_consumption_that_cannot_be_is_refused(column, value, says):
    eaten = pd.DataFrame(
        {"item": ["grain"], "land": ["crop"], "per_person": [1], "yield_per_ha": [1]}
    ).astype(object)
    eaten.loc[0, column] = value
    with pytest.raises(QuantityError, match=says.replace(".", r"\.")):
        ecological_footprint(unit([1]), codes([FARMED]), numbers([1], "person/km2"), eaten)


def test_an_item_that_stands_twice_is_refused():
    eaten = pd.DataFrame(
        {"item": ["grain"] * 2, "land": ["crop"] * 2, "per_person": [1, 1], "yield_per_ha": [1, 1]}
    )
    with pytest.raises(QuantityError, match="'grain' stands twice"):
        consumption_of(eaten)


# loads


def test_a_load_is_used_over_what_is_there_up_to_ten():
    used, there = np.array([0, 0, 1, 5, 1, NAN, 1.0]), np.array([0, 3, 2, 4, 0, 1, NAN])
    assert load_ratio(used, there, 10.0)[:5].tolist() == [0, 0, 0.5, 1.25, 10]
    assert np.isnan(load_ratio(used, there, 10.0)[5:]).all()


def test_a_load_on_a_cut_has_the_lighter_grade():
    cuts = (0.5, 0.8, 1.0, 2.0)
    found = load_grade(np.array([0.5, 0.51, 0.8, 1.0, 1.01, 2.0, 2.01, NAN]), cuts)
    assert found.tolist() == [
        "light",
        "moderate",
        "moderate",
        "critical",
        "deficit",
        "deficit",
        "heavy",
        "",
    ]


def test_the_greatest_load_binds_and_an_overload_stands_whatever_is_missing():
    loads = {"population_water_load": np.array([0.2, 1.5, NAN, 0.4]), "population_land_load": np.array([0.1, 0.1, 0.1, NAN]),
             "emission_load": np.array([0.9, NAN, 0.3, 0.3])}  # fmt: skip
    load, binding = greatest_of(loads)
    assert load[[0, 1, 3]].tolist() == [0.9, 1.5, 0.4]
    assert np.isnan(load[2])
    assert binding.tolist() == [
        "emission_load",
        "population_water_load",
        "",
        "population_water_load",
    ]


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), min_size=1, max_size=20))
def test_the_shortest_board_is_the_least_and_is_named(pairs):
    a, b = (np.array(v) for v in zip(*pairs, strict=True))
    value, name = extreme({"a": a, "b": b}, least=True)
    assert (value == np.minimum(a, b)).all()
    assert [n == "a" for n in name] == (a <= b).tolist()


def capacity(density=None, people=None, **more):
    label = unit([1] * 10)
    return carrying_capacity(
        label, pd.DataFrame([scale(**more)]), more.get("water_limits"), people, density
    ).iloc[0]


def test_with_ground_and_cover_alone_farming_and_building_have_loads():
    row = capacity()
    assert row["construction_load"] == pytest.approx(0.01 / 0.03)
    assert row["agriculture_load"] == pytest.approx(0.01 / 0.03)
    assert row["load"] == pytest.approx(1 / 3)
    assert row["headroom"] == pytest.approx(2 / 3)
    assert (
        row["unknown"]
        == "population_water_load; population_land_load; emission_load; ecological_load"
    )
    assert row[["people", "people_beyond", "footprint_gha"]].isna().all()


def test_people_beyond_capacity_are_load_over_capacity():
    # 600 people of 100 m2 on 3 ha: twice what the land carries
    row = capacity(numbers([6000] * 10, "person/km2"))
    assert row["people"] == pytest.approx(600)
    assert row["population_land_load"] == pytest.approx(2)
    assert (row["binding"], row["headroom"]) == ("population_land_load", -1)
    assert row["people_beyond"] == pytest.approx(300)
    assert row["people_capacity"] == pytest.approx(300)


def test_water_of_people_by_hand():
    row = capacity(numbers([100] * 10, "person/km2"), water_limits=limits(usable_m3=8000.0))
    assert row["population_water_load"] == pytest.approx(10 * 140 / (0.35 * 8000))


def test_nobody_and_nothing_is_no_load_and_nothing_binds():
    bare = carrying_scale(unit([1]), codes([5]), codes([5]), codes([FOREST]))
    row = carrying_capacity(unit([1]), bare, None, None, numbers([0], "person/km2")).iloc[0]
    assert (row["load"], row["binding"], row["headroom"], row["people_beyond"]) == (0, "", 1, 0)
    assert np.isnan(row["people_capacity"])


def test_a_place_that_stands_twice_is_refused():
    twice = pd.concat([limits(usable_m3=1.0)] * 2)
    with pytest.raises(QuantityError, match="place 1 stands twice"):
        carrying_scale(unit([1]), codes([1]), codes([1]), codes([FARMED]), water_limits=twice)


# conflicts


def conflicts(cover, slope=None, farm=None, build=None, **more):
    count = len(cover)
    slope = numbers([0] * count if slope is None else slope, "degree")
    farm, build = (codes([1] * count if c is None else c) for c in (farm, build))
    return conflict_cells(codes(cover), slope, lay([1] * count), farm, build, **more)


def firsts(found):
    return found["first"].values.ravel().tolist()


def test_farmland_strictly_above_25_degrees_must_not_stay():
    found = conflicts([FARMED, FARMED, FOREST], [25.0, 25.1, 40.0])
    assert found["farmed_too_steep"].values.ravel().tolist() == [0, 1, 0]
    assert firsts(found) == [0, 2, 0]


def test_each_conflict_is_settled_in_its_order():
    use = [BUILT, FARMED, BUILT, FARMED, BUILT, FARMED, FARMED]
    found = conflicts(
        use, [0, 30, 0, 0, 0, 0, 0], [1, 5, 1, 1, 1, 5, 1], [5, 1, 5, 1, 5, 1, 1],
        hazard_sensitivity=codes([1, 1, 3, 5, 5, 5, 5]), red_line_candidate=line([1, 1, 1, 1, 0, 0, 0]),
        protection_importance=codes([1, 1, 1, 1, 1, 1, 1]),
    )  # fmt: skip
    assert firsts(found) == [1, 2, 3, 4, 5, 6, 7]
    assert [int((found[name].values == 1).sum()) for name in CONFLICTS] == [1, 1, 2, 2, 3, 2, 4]


def test_what_is_missing_leaves_a_conflict_open_and_what_comes_before_stands():
    found = conflicts([FARMED, FARMED, BUILT, 0], [NAN, 30, 0, 0], farm=[5, 0, 1, 1])
    assert found["farmed_too_steep"].values.ravel().tolist() == [255, 1, 0, 255]
    assert found["farmed_unsuitable"].values.ravel().tolist() == [1, 255, 0, 255]
    assert firsts(found) == [255, 2, 0, 255]
    assert (found["built_in_danger"].values == 255).all()


def test_the_table_counts_ground_and_people_and_settles_every_cell_once():
    found = conflicts([FARMED, FARMED, FARMED, BUILT], [30, 30, 0, 0], farm=[5, 5, 5, 1])
    table = use_conflicts(unit([1, 1, 2, 2]), found, numbers([100, 300, 500, NAN], "person/km2"))
    assert table["conflict"].tolist() == [
        "farmed_too_steep",
        "farmed_unsuitable",
        "farmed_unsuitable",
    ]
    assert table["unit"].tolist() == [1, 1, 2]
    assert table["area_km2"].tolist() == pytest.approx([0.02, 0.02, 0.01])
    assert table["first_km2"].tolist() == pytest.approx([0.02, 0.0, 0.01])
    assert table["people"].tolist() == pytest.approx([4, 4, 5])
    assert table["share"].tolist() == pytest.approx([1, 1, 0.5])
    assert use_conflicts(unit([1, 1, 2, 2]), found)["people"].isna().all()
