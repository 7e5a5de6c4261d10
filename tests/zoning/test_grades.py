"""Suitability: the guide's tables to the cell, the edges of each limit, and what is said where something is not known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import PlanError, QuantityError
from shanshui.zoning.evidence import suitability_factors
from shanshui.zoning.grades import (
    BUILDING_LAND_WATER,
    FARM_LAND_WATER,
    FARM_WARMTH,
    graded,
    joined,
    stepped,
)
from shanshui.zoning.land import agriculture_land, construction_land
from shanshui.zoning.suitability import suitability
from shanshui.zoning.supplies import (
    agriculture_warmth,
    agriculture_water,
    construction_location,
    construction_water,
)

FOREST, LAKE, ICE, FARMED = (covers()[w].code for w in ("forest", "lake", "ice", "farmed"))
FINE, WIDE = 90.0, 1000.0


def lay(values, unit="1", *, dtype=np.float32, cell_m=FINE, nodata=None):
    values = np.atleast_2d(np.asarray(values, dtype))
    return grid_spec(*values.shape, cell_m=cell_m).lay(values, unit, nodata=nodata)


def codes(values):
    return lay(values, dtype=np.uint8, nodata=0)


def mask(count):
    return lay(np.ones(count), dtype=np.uint8)


def cells(grid):
    return grid.values.ravel().tolist()


def both(land, build=None, **more):
    """Classes of farming and of building."""
    build = land if build is None else build
    found = suitability(mask(len(land)), codes(land), codes(build), **more)
    return cells(found["agriculture_suitability"]), cells(found["construction_suitability"])


# the guide's tables

TABLES = {
    "farm_water": (FARM_LAND_WATER, ["11125", "11235", "22345", "34455", "55555"]),
    "farm_warmth": (FARM_WARMTH, ["11125", "12235", "22345", "34455", "55555"]),
    "build_water": (BUILDING_LAND_WATER, ["11123", "11223", "22334", "34455", "55555"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_each_matrix_is_that_of_the_guide(name):
    matrix, rows = TABLES[name]
    land, other = np.meshgrid(range(1, 6), range(1, 6), indexing="ij")
    found = joined(matrix, land.astype(np.uint8), other.astype(np.uint8))
    assert ["".join(map(str, row)) for row in found.tolist()] == rows


def test_farming_joins_land_with_water_and_then_with_warmth():
    land, water, warmth = [1, 2, 3, 4, 1], [3, 4, 2, 1, 1], [2, 3, 1, 2, 4]
    found, _ = both(land, agriculture_water=codes(water), agriculture_warmth=codes(warmth))
    # land and water give 1, 3, 2, 3, 1
    assert found == [1, 3, 1, 2, 2]


def test_building_joins_land_with_water():
    _, found = both([1, 2, 3, 4, 5], construction_water=codes([5, 4, 5, 3, 1]))
    assert found == [3, 2, 4, 4, 5]


# edges of each limit


@pytest.mark.parametrize(
    ("fn", "cuts"), [(agriculture_land, (2, 6, 15, 25)), (construction_land, (3, 8, 15, 25))]
)
def test_a_slope_on_a_cut_has_the_better_grade(fn, cuts):
    slope = [v for cut in cuts for v in (cut, np.nextafter(np.float32(cut), np.float32(90)))]
    assert cells(fn(lay(slope, "degree"), mask(8))) == [1, 2, 2, 3, 3, 4, 4, 5]


@pytest.mark.parametrize(
    ("fn", "unit", "cuts"),
    [
        (lambda m, v: agriculture_water(m, v), "mm/yr", (200, 400, 800, 1200)),
        (lambda m, v: agriculture_water(m, None, v), "mm/yr", (50, 100, 200, 500)),
        (lambda m, v: construction_water(m, v), "mm/yr", (50, 100, 200, 500)),
        (lambda m, v: construction_water(m, None, v), "mm/yr", (200, 400, 800, 1200)),
        (lambda m, v: agriculture_warmth(m, v), "K*d/yr", (1500, 4000, 5800, 7600)),
    ],
)
def test_rain_runoff_and_warmth_on_a_cut_have_the_better_grade(fn, unit, cuts):
    values = [v for cut in cuts for v in (np.nextafter(np.float32(cut), np.float32(0)), cut)]
    assert cells(fn(mask(8), lay(values, unit))) == [5, 4, 4, 3, 3, 2, 2, 1]


def test_a_town_that_is_an_hour_away_is_near():
    found = construction_location(mask(6), lay([0, 60, 60.1, 120, 300, 300.1], "min"))
    assert cells(found) == [1, 1, 2, 2, 4, 5]


def test_silt_moves_farmland_a_grade_and_then_forbids_it():
    silt = lay([59.9, 60, 80, 80.1], "%")
    assert cells(agriculture_land(lay([1] * 4, "degree"), mask(4), None, silt)) == [1, 2, 2, 5]


def test_no_field_lies_above_the_ceiling_and_no_town_above_five_thousand_metres():
    height = lay([3499, 3500, 3501, 5000, 5001], "m")
    level = lay([0] * 5, "degree")
    assert cells(agriculture_land(level, mask(5), height)) == [1, 1, 5, 5, 5]
    assert cells(construction_land(level, mask(5), height)) == [1, 2, 2, 2, 5]


def test_relief_counts_where_cells_can_tell_it_and_not_where_they_are_wider():
    relief, level = [99, 100, 200, 201], [0] * 4
    for cell, wanted in ((FINE, [1, 2, 2, 3]), (100.0, [1, 2, 2, 3]), (WIDE, [1, 1, 1, 1])):
        found = construction_land(
            lay(level, "degree", cell_m=cell), lay([1] * 4, dtype=np.uint8, cell_m=cell), None, lay(relief, "m", cell_m=cell)
        )  # fmt: skip
        assert cells(found) == wanted


# adjustments


def test_adjustments_of_building_each_start_from_what_the_one_before_left():
    # sensitive ground and a far way: 1 + 1 + 2; the public code kept the last alone
    _, found = both(
        [1, 1, 1, 3],
        hazard_sensitivity=codes([3, 3, 5, 3]),
        construction_location=codes([5, 4, 5, 1]),
    )
    assert found == [4, 3, 3, 3]


def test_extreme_hazard_forbids_building_and_takes_the_best_from_farming():
    farm, build = both([1, 2, 3], hazard_sensitivity=codes([1, 1, 1]))
    assert farm == [2, 2, 3]
    assert build == [5, 5, 5]


def test_nearness_helps_what_is_neither_the_best_nor_unfit():
    _, found = both([1, 2, 3, 4, 5], construction_location=codes([1] * 5))
    assert found == [1, 1, 2, 3, 5]


def test_no_field_and_no_house_stands_in_a_lake_or_on_ice():
    farm, build = both([1, 1, 1], cover_type=codes([FOREST, LAKE, ICE]))
    assert farm == build == [1, 5, 5]


# what is not known


def test_one_is_the_best_and_five_the_worst_in_every_layer():
    farm, build = both([1, 5], construction_location=codes([2, 2]))
    assert farm == build == [1, 5]


def test_what_the_study_lacks_is_left_out_and_not_taken_for_the_worst():
    farm, build = both([1, 2, 3, 4, 5])
    assert farm == build == [1, 2, 3, 4, 5]


def test_what_is_missing_at_a_place_leaves_the_class_open_unless_it_cannot_matter():
    farm, build = both(
        [1, 5, 0],
        agriculture_water=codes([0, 0, 5]),
        construction_water=codes([0, 0, 1]),
    )
    # land of grade 5 is unfit whatever the rain, and without water nothing grows on any land
    assert farm == [0, 5, 5]
    assert build == [0, 5, 0]


def test_missing_hazard_way_or_cover_leaves_the_class_open():
    assert both([1, 2, 5], hazard_sensitivity=codes([0, 0, 0])) == ([0, 2, 5], [0, 0, 5])
    assert both([1, 5], construction_location=codes([0, 0]))[1] == [0, 5]
    assert both([1, 5], cover_type=codes([0, 0])) == ([0, 5], [0, 5])


def test_a_missing_height_leaves_land_open_but_not_what_is_too_steep():
    height, slope = lay([np.nan, np.nan, 4000], "m"), lay([1, 30, np.nan], "degree")
    assert cells(agriculture_land(slope, mask(3), height)) == [0, 5, 5]
    assert cells(construction_land(slope, mask(3), height)) == [0, 5, 0]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=2), st.sampled_from(sorted(TABLES)))
def test_a_class_told_beside_an_unknown_grade_is_that_of_every_grade_it_could_have(pair, name):
    matrix = TABLES[name][0]
    row, column = (np.array([v], np.uint8) for v in pair)
    rows = range(1, 6) if pair[0] == 0 else [pair[0]]
    columns = range(1, 6) if pair[1] == 0 else [pair[1]]
    could = {matrix[r - 1][c - 1] for r in rows for c in columns}
    if pair == [0, 0]:
        could = {0}
    assert joined(matrix, row, column)[0] == (could.pop() if len(could) == 1 else 0)


@given(st.floats(-1, 100, width=32), st.floats(0, 50, width=32))
def test_steeper_ground_is_never_better(slope, more):
    found = graded(np.array([slope, slope + more], np.float32), (2.0, 6.0, 15.0, 25.0))
    assert found[0] <= found[1]


def test_steps_keep_within_the_classes_and_never_make_something_of_what_is_not_known():
    code = np.array([0, 1, 4, 5], np.uint8)
    assert stepped(code, 3).tolist() == [0, 4, 5, 5]
    assert stepped(code, -3).tolist() == [0, 1, 1, 2]


# the door


def test_plain_arrays_do_as_well_and_ground_outside_is_not_told():
    slope = np.array([[1, 3, 20, 1]], np.float32)
    inside = np.array([[1, 1, 1, 0]], np.uint8)
    land = agriculture_land(slope, inside, cell=FINE)
    build = construction_land(slope, inside, cell=FINE)
    found = suitability(inside, land, build, cell=FINE)
    assert np.ma.filled(found["agriculture_suitability"], 0).tolist() == [[1, 2, 4, 0]]
    assert np.ma.filled(found["construction_suitability"], 0).tolist() == [[1, 1, 4, 0]]


def test_cuts_that_fall_words_that_are_no_cover_and_no_water_at_all_are_refused():
    with pytest.raises(PlanError, match=r"slope_deg.*do not rise"):
        agriculture_land(lay([1], "degree"), mask(1), slope_deg=(2.0, 1.0, 15.0, 25.0))
    with pytest.raises(PlanError, match=r"never: 'lakes'"):
        both([1], never=("lakes",))
    with pytest.raises(QuantityError, match="neither was given"):
        agriculture_water(mask(1))
    with pytest.raises(QuantityError, match=r"(?i)unit"):
        agriculture_land(lay([1], "m"), mask(1))


def test_every_factor_is_listed_with_what_is_assumed_where_it_lacks():
    table = suitability_factors(
        lay([1, 1, 1, 0], dtype=np.uint8), codes([1, 2, 5, 1]), codes([1, 1, 1, 1]), codes([1, 0, 3, 3])
    ).set_index(["use", "factor"])  # fmt: skip
    water = table.loc[("agriculture", "water")]
    assert (water["status"], water["known"]) == ("in part", pytest.approx(2 / 3))
    assert water[[f"grade_{k}" for k in range(1, 6)]].tolist() == [0.5, 0, 0.5, 0, 0]
    lacks = table[table["status"] == "lacks"]
    assert {
        ("agriculture", "warmth"),
        ("agriculture", "soil_pollution"),
        ("construction", "flood"),
    } <= set(lacks.index)
    assert (lacks["note"] != "").all()
    assert (lacks["known"] == 0).all()
    assert pd.isna(table.loc[("construction", "hazard"), "grade_1"])
    assert table.loc[("agriculture", "land"), "status"] == "given"
