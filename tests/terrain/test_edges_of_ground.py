"""Places of the ground where a small fault would go unseen: edges of windows, gaps, what messages name, what a card asks for."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid, squares

from shanshui.core.assessment import card_of
from shanshui.core.errors import QuantityError
from shanshui.terrain.aspect import aspect
from shanshui.terrain.downscaling import allocation, land_cover_fine, temperature_fine
from shanshui.terrain.extent import region_mask
from shanshui.terrain.hypsometry import hypsometry
from shanshui.terrain.landform import landform, slope_position
from shanshui.terrain.relief import local_relief, relief_degree, relief_window, terrain_ruggedness
from shanshui.terrain.slope import slope, slope_class


def areas_table(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "class", "area_km2"])


@pytest.mark.parametrize(
    ("card", "settings", "rows"),
    [
        (region_mask, {}, 0),
        (slope_class, {}, 0),
        (landform, {}, 0),
        (slope, {}, 1),
        (aspect, {}, 1),
        (terrain_ruggedness, {}, 1),
        # a window of eleven reaches five cells, one more for an even side, and twice as it is a mean of means
        (slope_position, {"window_cells": 11}, 12),
        (slope_position, {"window_cells": 4}, 6),
        (local_relief, {"window_cells": 7}, 4),
        (local_relief, {"window_cells": 0, "relief_window": 9.0}, 5),
        (local_relief, {"window_cells": 0}, 26),
        (local_relief, {"window_cells": 0, "window_m": 700.0, "cell_m": 100.0}, 6),
        (local_relief, {"window_cells": 0, "window_m": 10.0}, 8),
        (local_relief, {"window_cells": 5, "window_m": 700.0, "cell_m": 100.0}, 3),
        (relief_degree, {"window_cells": 0, "relief_window": 12.0}, 7),
        (hypsometry, {}, None),
    ],
)
def test_rows_beside_a_strip_that_a_step_reads(card, settings, rows):
    assert card_of(card).reach(settings) == rows


def test_ground_that_a_mask_does_not_know_is_not_of_the_region():
    table = hypsometry(
        grid([[10.0, 20.0, 30.0]], "m"), grid([[1, 0, 255]], "1", dtype=np.uint8, nodata=255)
    )
    assert table["area_km2"].tolist() == pytest.approx([0.01])
    assert table["share"].tolist() == [1.0]


def test_a_coarse_cell_of_one_cell_leaves_temperature_where_the_ground_is_missing():
    warm = grid(np.full((3, 3), 10.0, np.float32), "degC")
    ground = grid(np.array([[0, 0, 0], [0, np.nan, 0], [0, 0, 90]], np.float32), "m")
    assert (temperature_fine(warm, ground, native_m=100.0).values == 10.0).all()
    assert np.isnan(temperature_fine(warm, ground, native_m=200.0).values[1, 1])


def test_the_largest_window_is_halved_and_not_cut_further():
    """A belt of fourteen cells: no window of 24 is whole, of 12 one is, and an even slope turns late."""
    rows = np.full((40, 40), np.nan, np.float32)
    rows[13:27] = np.arange(40.0) * np.ones((14, 1))
    belt = grid(rows, "m")
    whole = grid(np.tile(np.arange(40.0), (40, 1)).astype(np.float32), "m")
    found = relief_window(belt, largest=24)
    assert found == relief_window(whole, largest=12)
    assert found > relief_window(whole, largest=8)


def cover_of(areas, places, columns=4):
    """Cover of one row of even ground, all of class 1 to begin with."""
    ground = grid(np.full((1, columns), 5.0, np.float32), "m")
    level = grid(np.zeros((1, columns), np.float32), "degree")
    coarse = grid(np.ones((1, columns), np.uint8), "1", nodata=255)
    return land_cover_fine(coarse, ground, level, areas, places, native_m=100.0).values[0].tolist()


def test_a_prefecture_without_ground_or_without_areas_changes_nothing():
    places = squares(1, 4)
    away = places.copy()
    away.geometry = [places.geometry.iloc[0], places.geometry.iloc[1].buffer(0).centroid.buffer(0)]
    both = areas_table(("101", 2020, 2, 1.0), ("102", 2020, 3, 1.0))
    assert cover_of(both, places) == [2, 2, 3, 3]
    assert cover_of(both, away) == [2, 2, 1, 1]
    # areas of nought in all classes say nothing of where they lie
    nought = areas_table(("101", 2020, 2, 1.0), ("102", 2020, 2, 0.0), ("102", 2020, 3, 0.0))
    assert cover_of(nought, places) == [2, 2, 1, 1]
    assert cover_of(areas_table(("101", 2020, 2, 0.0)), places) == [1, 1, 1, 1]


def test_a_class_that_one_prefecture_lacks_stays_out_of_it():
    table = areas_table(("101", 2020, 1, 1.0), ("101", 2020, 2, 1.0), ("102", 2020, 3, 1.0))
    found = cover_of(table, squares(1, 8), 8)
    assert sorted(found[:4]) == [1, 1, 2, 2]
    assert found[4:] == [3, 3, 3, 3]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([("a", 2020, 7, -1.0), ("b", 2020, 8, -2.0)], "-1 for class 7 of a"),
        ([("a", 2020, 7, 1.0), ("a", 2020, 7, 1.0), ("b", 2020, 8, 1.0), ("b", 2020, 8, 1.0)], "a has class 7 twice"),
    ],
)  # fmt: skip
def test_the_first_of_several_wrong_areas_is_named(rows, says):
    with pytest.raises(QuantityError, match=says):
        cover_of(areas_table(*rows), squares(1, 4))


def test_areas_are_shares_whatever_they_sum_to():
    """Three cells of four, be they told as km2 or as a thousandth of them."""
    for scale in (1.0, 1e-3, 1e3):
        table = areas_table(("101", 2020, 1, 1.0 * scale), ("101", 2020, 2, 3.0 * scale))
        assert sorted(cover_of(table, squares(1, 4, parts=1))) == [1, 2, 2, 2]


def test_a_class_short_of_several_cells_takes_them_from_more_than_one_other():
    """Four like class 0 and four class 1; class 2 takes one of each, those that lose least."""
    score = np.array(
        [[5, 0, 1], [5, 0, 4], [5, 0, 2], [5, 0, 3], [0, 5, 1], [0, 5, 2], [0, 5, 4.5], [0, 5, 3]],
        np.float32,
    )
    assert allocation(score, np.array([3, 3, 2]), rounds=1).tolist() == [0, 2, 0, 0, 1, 1, 2, 1]


def test_a_class_takes_no_more_than_it_is_short_of():
    """Class 1 lacks one cell and loses least on the first; class 2 then takes the second, though a third class has a dearer one."""
    score = np.array([[5, 4, 3], [5, 3.9, 3], [5, 0, 2.5], [0, 5, 4.9]], np.float32)
    assert allocation(score, np.array([1, 2, 1]), rounds=1).tolist() == [1, 2, 0, 1]


def test_areas_of_nought_everywhere_leave_the_coarse_cover_and_its_gaps():
    places = squares(1, 4)
    for areas in (areas_table(("101", 2020, 2, 0.0)), areas_table().astype({"year": int})):
        assert cover_of(areas, places) == [1, 1, 1, 1]
