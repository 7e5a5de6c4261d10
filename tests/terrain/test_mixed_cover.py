"""Classes of cover that stand for two kinds of ground, told apart by the people of a county and by slope."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from tests.worlds import grid

from shanshui.core.errors import QuantityError
from shanshui.plans.accounts import accounts
from shanshui.plans.survey import cover_of, survey
from shanshui.region.grid import grid_of
from shanshui.terrain.mixed_cover import land_cover_parted

ROWS, COLUMNS = 48, 64
LEGEND = pd.DataFrame(
    {
        "class": [1, 2, 3, 4, 5],
        "name": ["wood", "open wood", "field", "mosaic", "lake"],
        "cover": ["broadleaf_forest", "open_forest", "farmed", "farm_mosaic", "water"],
    }
)
MIXED = pd.DataFrame({"class": [2], "becomes": [4]})


def land(code, steep):
    return grid(np.asarray(code, np.uint8), "1", cell_m=1000.0), grid(steep, "degree", cell_m=1000.0)  # fmt: skip


def two_counties(cover):
    left, bottom, right, top = grid_of(cover).bounds
    middle = (left + right) / 2
    shapes = [box(left, bottom, middle, top), box(middle, bottom, right, top)]
    frame = gpd.GeoDataFrame(
        {"code": ["110101", "110102"], "name": ["a", "b"], "parent": ["110100"] * 2},
        geometry=shapes,
        crs=grid_of(cover).crs,
    )
    frame.index = pd.RangeIndex(1, 3, name="unit")
    return frame


PEOPLE = pd.DataFrame(
    {"code": ["110101", "110102"], "year": [2020, 2020], "population": [30_000.0, 900_000.0]}
)


def a_region():
    """West: few people, woods, flat or steep. East: many people, fields where flat and woods where steep; open wood in both."""
    rng = np.random.default_rng(5)
    steep = rng.uniform(0, 40, (ROWS, COLUMNS)).astype(np.float32)
    code = np.ones((ROWS, COLUMNS), np.uint8)
    east = np.arange(COLUMNS) >= COLUMNS // 2
    code[:, east] = np.where(steep[:, east] < 20, 3, 1)
    code[::4] = 2
    return code, steep, np.broadcast_to(east, code.shape)


def parted(code, steep, mixed=MIXED, legend=LEGEND, people=PEOPLE, **settings):
    cover, lie = land(code, steep)
    return land_cover_parted(
        cover, mixed, legend, lie, two_counties(cover), people, **settings
    ).values


def test_open_wood_is_a_mosaic_where_the_unmistakable_ground_is_fields():
    code, steep, east = a_region()
    found = parted(code, steep)
    was = code == 2
    # away from the limit of bins at 20 degrees
    assert (found[was & east & (steep < 14)] == 4).all()
    assert (found[was & east & (steep > 26)] == 2).all()
    assert (found[was & ~east] == 2).all()
    np.testing.assert_array_equal(found[~was], code[~was])


def test_as_many_woods_as_fields_leave_the_class():
    code = np.tile(np.array([1, 3, 2, 2], np.uint8), (ROWS, COLUMNS // 4))
    found = parted(code, np.full(code.shape, 5.0, np.float32))
    np.testing.assert_array_equal(found, code)


def test_a_mosaic_is_no_evidence_of_fields():
    code, steep, _ = a_region()
    code[code == 3] = 4
    np.testing.assert_array_equal(parted(code, steep), code)


def test_what_a_coarse_cell_mixes_is_told_over_that_cell():
    code, steep, _ = a_region()
    # one steep cell of open wood among level ones of it, in the land of fields
    steep[10:15, 40:45], code[10:15, 40:45] = 2.0, 2
    steep[12, 42] = 38.0
    by_cell, by_window = parted(code, steep), parted(code, steep, native_m=3000.0)
    assert (by_cell[12, 42], by_cell[12, 41]) == (2, 4)
    assert (by_window[10:15, 40:45] == 4).all()
    np.testing.assert_array_equal(parted(code, steep, native_m=1000.0), by_cell)


def test_one_cell_turns_no_other_kind_over():
    code, steep, _ = a_region()
    before = parted(code, steep)
    code[1, 40] = 1 if code[1, 40] == 3 else 3
    after = parted(code, steep)
    before[1, 40] = after[1, 40]
    np.testing.assert_array_equal(after, before)


def test_ground_without_slope_or_count_stays():
    code, steep, east = a_region()
    steep[:8] = np.nan
    found = parted(code, steep)
    np.testing.assert_array_equal(found[:8], code[:8])
    one = parted(code, steep, people=PEOPLE.assign(population=[30_000.0, np.nan]))
    np.testing.assert_array_equal(one[east], code[east])


def test_a_map_without_the_class_is_as_it_was():
    code, steep, _ = a_region()
    code[code == 2] = 5
    np.testing.assert_array_equal(parted(code, steep), code)
    nothing = np.full(code.shape, 255, np.uint8)
    np.testing.assert_array_equal(parted(nothing, steep), nothing)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"class": [9], "becomes": [4]}, "class 9 is not in the legend"),
        ({"class": [2], "becomes": [9]}, "class 9 is not in the legend"),
        ({"class": [2, 4], "becomes": [4, 1]}, "class 4 is itself mixed"),
        ({"class": [2], "becomes": [1]}, "2 and 1 are both forest"),
        ({"class": [2, 2], "becomes": [4, 3]}, "2 stands twice"),
    ],
)
def test_tables_that_make_no_sense_are_refused(rows, words):
    code, steep, _ = a_region()
    with pytest.raises(QuantityError, match=words):
        parted(code, steep, mixed=pd.DataFrame(rows))


def test_people_of_other_places_are_refused():
    code, steep, _ = a_region()
    with pytest.raises(QuantityError, match=r"population.code: none of its codes"):
        parted(code, steep, people=PEOPLE.assign(code=["990101", "990102"]))


def test_all_steps_read_the_parted_cover_where_a_study_names_mixed_classes():
    have = {"land_cover", "land_cover_areas", "prefectures", "elevation"}
    assert cover_of(have) == {"land_cover": "land_cover_fine"}
    assert cover_of(have | {"mixed_classes"}) == {"land_cover": "land_cover_parted"}
    assert cover_of({"land_cover", "mixed_classes"}) == {"land_cover": "land_cover_parted"}
    made = {one.name: one for one in survey(have | {"mixed_classes"})}
    assert made["land_cover_parted"].needs["land_cover"] == "land_cover_fine"
    assert made["cover_type"].needs["land_cover"] == "land_cover_parted"
    assert "land_cover_parted" not in {one.name for one in survey(have)}
    # the earlier year too, or the change between both would be that of the reading
    assert "land_cover_before_parted" not in made
    both = {one.name: one for one in survey(have | {"mixed_classes", "land_cover_before"})}
    assert both["land_cover_before_parted"].needs["land_cover"] == "land_cover_before"
    taker = {one.name: one for one in accounts(have | {"mixed_classes", "land_cover_before"})}
    assert taker["extent_account"].needs["land_cover_before"] == "land_cover_before_parted"
    assert taker["carbon_stock_before"].needs["land_cover"] == "land_cover_before_parted"
