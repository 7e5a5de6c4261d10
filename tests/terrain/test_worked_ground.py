"""Worked values of each layer and column of the chapter, with a pencil."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid, squares, valley

from shanshui.core.assessment import card_of
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.voice import Voice
from shanshui.report.legends import classes
from shanshui.terrain.aspect import aspect
from shanshui.terrain.downscaling import allocation, land_cover_fine, temperature_fine
from shanshui.terrain.extent import region_mask
from shanshui.terrain.hypsometry import hypsometry
from shanshui.terrain.landform import landform, slope_position
from shanshui.terrain.relief import (
    change_point,
    local_relief,
    relief_degree,
    relief_window,
    terrain_ruggedness,
)
from shanshui.terrain.slope import slope, slope_class

# blocks


def rows_of(layer, first, stop):
    """Some rows of a layer, at their place."""
    return layer.isel(y=slice(first, stop))


@pytest.mark.parametrize(
    ("measure", "needs", "settings"),
    [
        (slope, ("z",), {}),
        (slope_class, ("s",), {}),
        (aspect, ("z",), {}),
        (terrain_ruggedness, ("z",), {}),
        (landform, ("r",), {}),
        (slope_position, ("z", "s"), {"window_cells": 5}),
        (slope_position, ("z", "s"), {"window_cells": 6}),
        (local_relief, ("z",), {"window_cells": 7}),
        (local_relief, ("z",), {"window_cells": 8}),
        (relief_degree, ("z", "s"), {"window_cells": 7}),
        (region_mask, ("z",), {}),
    ],
)
def test_a_block_with_its_halo_is_a_part_of_the_whole(measure, needs, settings):
    ground = valley(40, 12, seed=2)
    ground.values[7, 5] = np.nan
    given = {"z": ground, "s": slope(ground), "r": local_relief(ground, window_cells=9)}
    whole = measure(*(given[k] for k in needs), **settings)
    card = card_of(measure)
    halo = card.reach({**card.settings, **settings})
    assert halo >= 0
    for first, stop in ((0, 15), (15, 22), (22, 40)):
        top = max(0, first - halo)
        part = measure(*(rows_of(given[k], top, stop + halo) for k in needs), **settings)
        np.testing.assert_array_equal(
            part.values[first - top : stop - top], whole.values[first:stop]
        )


def test_the_halo_of_a_window_in_metres_grows_with_the_window_and_not_with_the_cell():
    reach = card_of(local_relief).reach
    at_100 = reach({"window_m": 2000.0, "window_cells": 0, "cell_m": 100.0})
    assert 10 <= at_100 <= 15
    assert reach({"window_m": 2000.0, "window_cells": 0, "cell_m": 200.0}) < at_100
    # three cells at least, so one more on each side at least
    assert reach({"window_m": 10.0, "window_cells": 0, "cell_m": 100.0}) >= 1
    # a window in cells goes before one in metres
    assert reach({"window_m": 2000.0, "window_cells": 5, "cell_m": 100.0}) == 3
    # without a grid a cell is a metre
    assert reach({"window_m": 2000.0, "window_cells": 0}) == 1003
    # before the window is found the largest is assumed
    assert reach({"window_m": 0.0, "window_cells": 0}) == 26
    assert reach({"window_m": 0.0, "window_cells": 0, "relief_window": 9.0}) == 5


# slope and aspect


def test_horn_weighs_the_sides_twice_the_corners():
    """East side 8 m higher: (2 x 8) / 800 is 0.02; a corner alone is half of that on each axis."""
    rows = np.zeros((3, 3), np.float32)
    rows[1, 2] = 8.0
    assert slope(grid(rows, "m")).values[1, 1] == pytest.approx(np.degrees(np.arctan(0.02)))
    corner = np.zeros((3, 3), np.float32)
    corner[0, 2] = 8.0
    assert slope(grid(corner, "m")).values[1, 1] == pytest.approx(
        np.degrees(np.arctan(0.01 * np.sqrt(2))), rel=1e-6
    )


def test_slope_is_of_the_height_over_the_side_of_a_cell():
    rows = np.tile([0.0, 10.0, 20.0], (3, 1)).astype(np.float32)
    assert slope(grid(rows, "m", cell_m=10.0)).values[1, 1] == pytest.approx(45.0)
    assert slope(grid(rows, "m", cell_m=100.0)).values[1, 1] == pytest.approx(
        np.degrees(np.arctan(0.1))
    )


def test_a_slope_just_west_of_north_faces_below_a_whole_turn():
    rows = np.zeros((3, 3), np.float32)
    rows[2] = 1.0
    rows[0, 2] = 1e-6  # 360 degrees but for less than a float can tell
    assert aspect(grid(rows, "m")).values[1, 1] == 0.0


def test_aspect_of_a_missing_cell_is_missing_and_of_its_neighbour_is_not():
    rows = np.tile(np.arange(5.0), (5, 1)).astype(np.float32)
    rows[2, 2] = np.nan
    faces = aspect(grid(rows, "m")).values
    assert np.isnan(faces[2, 2])
    assert faces[2, 1] == pytest.approx(270.0)
    assert aspect(grid(rows, "m")).attrs["units"] == "degree"


def test_slope_classes_of_the_land_survey_end_at_their_limit():
    at = grid([[0.0, 2.0, 2.01, 6.0, 6.01, 15.0, 15.01, 25.0, 25.01]], "degree")
    assert slope_class(at).values.tolist() == [[1, 1, 2, 2, 3, 3, 4, 4, 5]]
    assert slope_class(at).attrs["nodata"] == 0


@pytest.mark.parametrize(
    "limits", [(25.0, 15.0), (2.0, 2.0), (), (np.nan, 6.0), (2.0, float("inf"))]
)
def test_limits_that_do_not_rise_part_nothing(limits):
    with pytest.raises(PlanError, match="limits_deg"):
        slope_class(grid([[3.0]], "degree"), limits_deg=limits)


def test_landforms_need_four_limits():
    relief = grid([[3.0]], "m")
    for limits in ((20.0, 75.0, 200.0), (20.0, 75.0, 200.0, 600.0, 900.0)):
        with pytest.raises(QuantityError, match=r"limits_m: .*expected 4"):
            landform(relief, limits_m=limits)
    with pytest.raises(PlanError, match="do not rise"):
        landform(relief, limits_m=(75.0, 20.0, 200.0, 600.0))


# relief


def test_relief_is_the_highest_less_the_lowest_of_the_window():
    rows = np.array([[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 50], [0, 0, 0, 0]], np.float32)
    found = local_relief(grid(rows, "m"), window_cells=3).values
    assert found[1, 1] == 22.0  # 22 - 0
    assert found[1, 2] == 49.0  # 50 - 1
    assert found[0, 0] == 11.0  # cut at the rim: 11 - 0
    assert found[3, 3] == 50.0
    rows[2, 2] = np.nan
    holed = local_relief(grid(rows, "m"), window_cells=3).values
    assert np.isnan(holed[2, 2])
    assert holed[1, 1] == 21.0


def test_a_window_in_metres_is_rounded_to_cells_of_which_three_are_the_fewest():
    ground = valley()
    for metres, cells in ((449.0, 4), (451.0, 5), (40.0, 3)):
        np.testing.assert_array_equal(
            local_relief(ground, window_m=metres), local_relief(ground, window_cells=cells)
        )
    np.testing.assert_array_equal(
        local_relief(ground, 9.0, window_m=900.0, window_cells=5),
        local_relief(ground, window_cells=5),
    )
    np.testing.assert_array_equal(
        local_relief(ground, 9.0, window_m=500.0), local_relief(ground, window_cells=5)
    )


def test_a_window_has_at_least_two_cells():
    ground = valley(5, 5)
    assert local_relief(ground, window_cells=2).shape == (5, 5)
    with pytest.raises(QuantityError, match="no window"):
        local_relief(ground, window_cells=1)
    with pytest.raises(QuantityError, match="no window"):
        relief_degree(ground, slope(ground))


def chequered(ny, nx):
    y, x = np.indices((ny, nx))
    return grid(((y + x) % 2).astype(np.float32), "m")


def test_the_change_point_of_a_chequered_board():
    """Relief is 1 in every window, so T = -2 ln n: -1.386, -2.197, -2.773, -3.219, -3.584 for n = 2 to 6.

    S - S_n is n1 n2 / 5 times the squared gap of the two means: 1.940, 2.352, 1.975, 1.133. The second split is the
    greatest, and n = 3 is the last of its first part.
    """
    board = chequered(20, 20)
    assert relief_window(board, largest=6) == 3.0
    assert relief_window(board, largest=6, samples=100) == 3.0
    assert relief_window(chequered(5, 20)) == 2.0  # four cells are the largest here: 0.81, 0.64


def test_the_change_point_of_an_even_slope():
    """Relief grows as n - 1, so T = ln(n - 1) - 2 ln n, n = 2 to 9; splits gain 0.273, 0.492, 0.600, 0.608, 0.537 …: n = 5."""
    slope_of_one = grid(np.tile(np.arange(30.0), (30, 1)).astype(np.float32), "m")
    assert relief_window(slope_of_one, largest=9) == 5.0


def test_a_series_is_split_where_it_changes_most():
    assert change_point(np.array([0.0, 0.0, 0.0, 9.0])) == 2
    assert change_point(np.array([0.0, 9.0, 9.0, 9.0])) == 0
    assert change_point(np.array([1.0, 1.0, 5.0, 5.5, 9.0, 9.0])) in (1, 3)


def test_more_places_than_samples_are_drawn_from_and_fewer_are_all_taken():
    ground = valley(24, 24, seed=4)
    every = relief_window(ground, largest=12, samples=24 * 24)
    # with as many samples as places none is drawn: the seed says nothing
    assert relief_window(ground, largest=12, samples=24 * 24, seed=9) == every
    drawn = {relief_window(ground, largest=12, samples=100, seed=s) for s in range(12)}
    assert len(drawn) > 1


def test_a_relief_window_needs_five_cells_each_way_and_ground_that_hangs_together():
    assert relief_window(valley(5, 5)) >= 2.0
    for shape in ((4, 5), (5, 4)):
        with pytest.raises(QuantityError, match="too few"):
            relief_window(valley(*shape))
    dotted = np.full((12, 12), np.nan, np.float32)
    dotted[::3, ::3] = 5.0
    with pytest.raises(QuantityError, match="no place"):
        relief_window(grid(dotted, "m"))


def test_one_whole_place_is_enough_where_no_smaller_window_is_left():
    lonely = chequered(6, 6)
    lonely.values[[0, 5]] = np.nan
    lonely.values[:, [0, 5]] = np.nan
    assert relief_window(lonely) == 2.0


def test_the_largest_window_is_halved_until_it_finds_whole_ground():
    """Islands of 8 x 8 cells: windows of 20 and 10 are nowhere whole, of 5 they are."""
    ground = chequered(33, 33)
    ground.values[8::9] = np.nan
    ground.values[:, 8::9] = np.nan
    # T of 2 to 5: splits gain 1.1, 1.2 and 0.7, so n = 3
    assert relief_window(ground, largest=20) == 3.0


def test_relief_degree_with_a_pencil():
    """Mean height 1000 + 450 / 9, relief 450, four of nine cells flat: 1.05 + 450 x 5 / 9 / 500."""
    z = np.full((3, 3), 1000.0, np.float32)
    z[2, 2] = 1450.0
    angle = np.array([[5.0, 4.0, 0.0], [5.0, 5.1, 20.0], [30.0, 6.0, 5.01]], np.float32)
    ground, steep = grid(z, "m"), grid(angle, "degree")
    assert relief_degree(ground, steep, window_cells=3).values[1, 1] == pytest.approx(1.55)
    # six degrees are flat as well where the limit says so
    flatter = relief_degree(ground, steep, window_cells=3, flat_deg=6.0).values[1, 1]
    assert flatter == pytest.approx(1.05 + 450 * 2 / 9 / 500)
    assert relief_degree(ground, steep, 3.0).values[1, 1] == pytest.approx(1.55)


def test_a_missing_slope_is_neither_flat_nor_steep():
    z = np.full((3, 3), 1000.0, np.float32)
    z[0, 0] = 1090.0
    angle = np.array([[9.0, 9.0, 9.0], [0.0, 0.0, 0.0], [9.0, np.nan, 0.0]], np.float32)
    found = relief_degree(grid(z, "m"), grid(angle, "degree"), window_cells=3).values[1, 1]
    assert found == pytest.approx(1.01 + 90 * 4 / 8 / 500)


def test_missing_ground_is_in_no_window():
    z = np.full((3, 3), 1000.0, np.float32)
    z[0, 0] = np.nan
    angle = np.zeros((3, 3), np.float32)
    angle[0, :] = 50.0
    found = relief_degree(grid(z, "m"), grid(angle, "degree"), window_cells=3).values
    assert np.isnan(found[0, 0])
    assert found[1, 1] == pytest.approx(1.0)


def test_a_missing_neighbour_adds_no_ruggedness():
    rows = np.zeros((3, 3), np.float32)
    rows[1, 1], rows[0, 0] = 3.0, np.nan
    found = terrain_ruggedness(grid(rows, "m")).values
    assert found[1, 1] == pytest.approx(np.sqrt(7 * 9.0))
    assert found[2, 2] == pytest.approx(3.0)


# position


def test_stripes_are_ridges_and_valleys_at_one_deviation():
    """Heights 0 and 3 by turns: mean 1 or 2, offset 2 down or up, deviation 2: a score of exactly one."""
    stripes = grid(np.tile([0.0, 3.0], (5, 5)).astype(np.float32), "m")
    level = grid(np.zeros((5, 10), np.float32), "degree")
    codes = slope_position(stripes, level, window_cells=3).values
    assert codes[1:-1, 2:-2].tolist() == [[1, 6, 1, 6, 1, 6]] * 3


def test_positions_by_their_definition():
    """Against the definition written out cell by cell."""
    ground = valley(24, 26, seed=5)
    angle = grid(np.random.default_rng(3).uniform(0, 10, (24, 26)).astype(np.float32), "degree")
    codes = slope_position(ground, angle, window_cells=5).values
    z = ground.values.astype(float)

    def window_mean(a, i, j):
        return a[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3].mean()

    off = np.array([[z[i, j] - window_mean(z, i, j) for j in range(26)] for i in range(24)])
    spread = np.array([[window_mean(off**2, i, j) for j in range(26)] for i in range(24)]) ** 0.5
    score = off / spread
    clear = np.abs(np.abs(score) - 1.0) > 1e-3
    clear &= np.abs(np.abs(score) - 0.5) > 1e-3
    flat = np.where(angle.values <= 5.0, 3, 4)
    named = np.where(
        score < -1, 1, np.where(score < -0.5, 2, np.where(score > 1, 6, np.where(score > 0.5, 5, flat)))
    )  # fmt: skip
    np.testing.assert_array_equal(codes[clear], named[clear])
    assert set(np.unique(codes)) == {1, 2, 3, 4, 5, 6}


def test_level_ground_is_flat_up_to_the_limit_and_a_missing_slope_tells_nothing():
    ground = grid(np.full((3, 3), 7.0, np.float32), "m")
    angle = np.full((3, 3), 5.0, np.float32)
    angle[0, 0], angle[1, 1] = 5.1, np.nan
    codes = slope_position(ground, grid(angle, "degree"), window_cells=3).values
    assert codes.tolist() == [[4, 3, 3], [3, 0, 3], [3, 3, 3]]


def test_a_missing_slope_does_not_hide_a_ridge_and_missing_ground_has_no_position():
    stripes = np.tile([0.0, 3.0], (5, 5)).astype(np.float32)
    stripes[2, 7] = np.nan
    angle = np.zeros((5, 10), np.float32)
    angle[2, 3] = np.nan
    found = slope_position(grid(stripes, "m"), grid(angle, "degree"), window_cells=3)
    assert found.values[2, 3] == 6
    assert found.values[2, 7] == 0
    assert found.attrs["nodata"] == 0


def test_every_class_of_ground_has_words_in_two_languages():
    landforms, positions = classes("landform"), classes("slope_position")
    assert [c.code for c in landforms] == ["1", "2", "3", "4", "5"]
    assert [c.code for c in positions] == ["1", "2", "3", "4", "5", "6"]
    en, zh = Voice(), Voice("zh")
    assert [en(landforms[k].word) for k in (0, 2, 4)] == ["plain", "hill", "high-relief mountain"]
    assert [zh(positions[k].word) for k in (0, 2, 5)] == ["河谷", "平地", "山脊"]


# hypsometry


def test_hypsometry_with_a_pencil():
    """Bands of 50 m from 100: two, two and one cell of a hectare; a sixth lies outside."""
    ground = grid([[100.0, 149.0, 150.0], [199.5, 200.0, 900.0], [np.nan, 0.0, 0.0]], "m")
    mask = grid([[1, 1, 1], [1, 1, 0], [1, 0, 0]], "1", dtype=np.uint8)
    table = hypsometry(ground, mask, step_m=50.0)
    assert table["from_m"].tolist() == [100.0, 150.0, 200.0]
    assert table["to_m"].tolist() == [150.0, 200.0, 250.0]
    assert table["area_km2"].tolist() == pytest.approx([0.02, 0.02, 0.01])
    assert table["share"].tolist() == pytest.approx([0.4, 0.4, 0.2])
    assert table["share_above"].tolist() == pytest.approx([1.0, 0.6, 0.2])


def test_bands_below_the_sea_begin_at_a_whole_step():
    table = hypsometry(grid([[-30.0, 20.0]], "m"), grid([[1, 1]], "1", dtype=np.uint8))
    assert table["from_m"].tolist() == [-100.0, 0.0]
    assert table["share"].tolist() == [0.5, 0.5]


def test_an_empty_region_has_one_empty_band():
    table = hypsometry(grid([[5.0, 6.0]], "m"), grid([[0, 0]], "1", dtype=np.uint8), step_m=20.0)
    assert table.to_dict("list") == {
        "from_m": [0.0], "to_m": [20.0], "area_km2": [0.0], "share": [0.0], "share_above": [0.0],
    }  # fmt: skip


# climate and cover at the study's cell


def peak():
    rows = np.zeros((7, 7), np.float32)
    rows[3, 3] = 81.0
    return grid(rows, "m")


def test_a_peak_is_colder_by_its_height_above_what_the_coarse_grid_saw():
    """The mean of means of 3 x 3 cells is 9 m at the peak of 81 m and 3 m two cells off."""
    warm = grid(np.full((7, 7), 10.0, np.float32), "degC")
    fine = temperature_fine(warm, peak(), native_m=300.0).values
    assert fine[3, 3] == pytest.approx(10 - 6 * 72 / 1000)
    assert fine[3, 5] == pytest.approx(10 + 6 * 3 / 1000)
    assert fine[3, 6] == pytest.approx(10.0)
    steeper = temperature_fine(warm, peak(), native_m=300.0, lapse_c_per_km=10.0).values
    assert steeper[3, 3] == pytest.approx(10 - 10 * 72 / 1000)


def test_a_coarse_cell_of_even_side_saw_as_much_on_both_sides():
    """Two cells: weights 1, 2, 1 each way, 4 / 16 of the peak at its own cell and 2 / 16 beside it."""
    warm = grid(np.full((7, 7), 10.0, np.float32), "degC")
    fine = temperature_fine(warm, peak(), native_m=200.0).values
    assert fine[3, 3] == pytest.approx(10 - 6 * (81 - 81 / 4) / 1000)
    for i, j in ((3, 2), (3, 4), (2, 3), (4, 3)):
        assert fine[i, j] == pytest.approx(10 + 6 * 81 / 8 / 1000)


def test_a_coarse_cell_counts_from_two_cells_on():
    warm = grid(np.full((7, 7), 10.0, np.float32), "degC")
    assert (temperature_fine(warm, peak(), native_m=149.0).values == 10.0).all()
    assert temperature_fine(warm, peak(), native_m=151.0).values[3, 3] < 10.0


def test_a_coarse_cell_larger_than_the_region_saw_its_mean_height():
    warm = grid(np.full((7, 7), 10.0, np.float32), "degC")
    fine = temperature_fine(warm, peak(), native_m=1e6).values
    assert fine[3, 3] == pytest.approx(10 - 6 * (81 - 81 / 49) / 1000)
    assert fine[0, 0] == pytest.approx(10 + 6 * 81 / 49 / 1000)


def test_temperature_is_missing_where_either_is():
    warm = grid(np.full((7, 7), 10.0, np.float32), "degC")
    warm.values[0, 0] = np.nan
    ground = peak()
    ground.values[6, 6] = np.nan
    fine = temperature_fine(warm, ground, native_m=300.0).values
    assert np.argwhere(np.isnan(fine)).tolist() == [[0, 0], [6, 6]]


def areas_table(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "class", "area_km2"])


def cover_world(ny=12, nx=24):
    """Low ground under class 1 on the left, high under class 2 on the right, and one hill on the left."""
    z = np.where(np.arange(nx) < nx // 2, 100.0, 900.0) * np.ones((ny, 1))
    z[4:6, 4:6] = 900.0
    ground = grid(z.astype(np.float32), "m")
    coarse = np.where(np.arange(nx) < nx // 2, 1, 2) * np.ones((ny, 1), int)
    return ground, grid(coarse.astype(np.uint8), "1", nodata=255)


def test_a_hill_takes_the_cover_of_high_ground():
    ground, coarse = cover_world()
    level = grid(np.zeros(ground.shape, np.float32), "degree")
    cells = 12 * 12
    areas = areas_table(("101", 2020, 1, (cells - 4) * 0.01), ("101", 2020, 2, (cells + 4) * 0.01))
    fine = land_cover_fine(
        coarse, ground, level, areas, squares(12, 24, parts=1), native_m=2400.0, smoothing=1.0
    ).values
    assert (fine[4:6, 4:6] == 2).all()
    assert (fine == 2).sum() == cells + 4


def test_with_little_smoothing_a_class_stays_where_the_coarse_cover_has_it():
    ground, coarse = cover_world()
    level = grid(np.zeros(ground.shape, np.float32), "degree")
    areas = areas_table(("101", 2020, 1, 1.44), ("101", 2020, 2, 1.44))
    fine = land_cover_fine(
        coarse, ground, level, areas, squares(12, 24, parts=1), native_m=100.0, smoothing=1e-6
    )
    np.testing.assert_array_equal(fine, coarse)
    assert fine.attrs["nodata"] == 255


def test_steep_ground_takes_the_cover_of_steep_ground():
    ground, coarse = cover_world()
    angle = np.where(np.arange(24) < 12, 1.0, 30.0) * np.ones((12, 1))
    angle[0:2, 0:2] = 30.0
    even = grid(np.full(ground.shape, 500.0, np.float32), "m")
    areas = areas_table(("101", 2020, 1, 1.40), ("101", 2020, 2, 1.48))
    fine = land_cover_fine(
        coarse, even, grid(angle.astype(np.float32), "degree"), areas, squares(12, 24, parts=1),
        native_m=2400.0, smoothing=1.0,
    ).values  # fmt: skip
    assert (fine[0:2, 0:2] == 2).all()


def test_cells_without_cover_ground_or_slope_keep_their_code():
    ground, coarse = cover_world()
    coarse.values[0, 0] = 255
    ground.values[1, 0] = np.nan
    level = grid(np.zeros(ground.shape, np.float32), "degree")
    level.values[2, 0] = np.nan
    areas = areas_table(("101", 2020, 2, 2.88))
    fine = land_cover_fine(coarse, ground, level, areas, squares(12, 24, parts=1)).values
    assert fine[:4, 0].tolist() == [255, 1, 1, 2]


def test_the_neighbourhood_is_a_coarse_cell_to_each_side_and_three_cells_at_least():
    """A cell of class 2 alone: with 300 m to each side its share is felt three cells off, with 100 m one."""
    ground = grid(np.full((1, 11), 5.0, np.float32), "m")
    coarse = grid(np.array([[2] + [1] * 10], np.uint8), "1", nodata=255)
    level = grid(np.zeros((1, 11), np.float32), "degree")
    places = squares(1, 11, parts=1)
    for native, cells, found in ((300.0, 4, [0, 1, 2, 3]), (100.0, 2, [0, 1]), (0.0, 2, [0, 1])):
        areas = areas_table(("101", 2020, 1, 0.11 - cells / 100), ("101", 2020, 2, cells / 100))
        fine = land_cover_fine(
            coarse, ground, level, areas, places, native_m=native, smoothing=0.001
        ).values[0]
        assert np.flatnonzero(fine == 2).tolist() == found


def test_cover_follows_the_score_that_is_written_down():
    """Two classes: the cells of the second are those whose score for it exceeds that for the first the most."""
    rng = np.random.default_rng(11)
    ny, nx = 14, 22
    z = rng.uniform(100, 900, (ny, nx)).astype(np.float32)
    angle = rng.uniform(0, 40, (ny, nx)).astype(np.float32)
    # class 2 is likelier high up, on steep ground and to the east
    odds = z / 900 + angle / 40 + np.arange(nx) / nx + rng.normal(0, 0.4, (ny, nx))
    code = np.where(odds > 1.6, 2, 1)
    bins = np.searchsorted(np.quantile(z, np.arange(1, 12) / 12), z, "right") * 8
    bins = bins + np.searchsorted(np.quantile(angle, np.arange(1, 8) / 8), angle, "right")
    count = bins.max() + 1
    every = (np.bincount(bins.ravel(), minlength=count) + 1.0) / (ny * nx + count)
    score = {}
    for k in (1, 2):
        own = np.bincount(bins[code == k], minlength=count)
        share = (own + count * every) / (own.sum() + count)
        near = np.array(
            [
                [
                    (code == k)[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3].mean()
                    for j in range(nx)
                ]
                for i in range(ny)
            ]
        )
        score[k] = np.log(near + 0.05) + np.log(share / every)[bins]
    wanted = 117
    gain = score[2] - score[1]
    last = np.sort(gain.ravel())[-wanted]
    areas = areas_table(("101", 2020, 1, (ny * nx - wanted) / 100), ("101", 2020, 2, wanted / 100))
    fine = land_cover_fine(
        grid(code.astype(np.uint8), "1", nodata=255), grid(z, "m"), grid(angle, "degree"), areas,
        squares(ny, nx, parts=1), native_m=200.0, smoothing=0.05,
    ).values  # fmt: skip
    assert (fine == 2).sum() == wanted
    assert (fine[gain > last + 1e-4] == 2).all()
    assert (fine[gain < last - 1e-4] == 1).all()
    # alike cells at the turn are few enough for this to say something
    assert (np.abs(gain - last) <= 1e-4).sum() <= 20


def test_areas_are_of_the_year_asked_for_or_of_the_latest():
    ground, coarse = cover_world()
    level = grid(np.zeros(ground.shape, np.float32), "degree")
    areas = areas_table(("101", 2010, 1, 2.88), ("101", 2020, 2, 2.88), ("101", 2020, 1, 0.0))
    whole = squares(12, 24, parts=1)
    assert (land_cover_fine(coarse, ground, level, areas, whole).values == 2).all()
    assert (land_cover_fine(coarse, ground, level, areas, whole, year=2010).values == 1).all()
    with pytest.raises(QuantityError, match=r"no areas of 2015; it has 2010, 2020"):
        land_cover_fine(coarse, ground, level, areas, whole, year=2015)
    np.testing.assert_array_equal(
        land_cover_fine(coarse, ground, level, areas.iloc[:0], whole), coarse
    )


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("101", 2020, 2, np.nan), "nan for class 2 of 101; expected 0 or more"),
        (("101", 2020, 2, -1.0), "-1 for class 2 of 101; expected 0 or more"),
        (("101", 2020, 1, 3.0), "101 has class 1 twice"),
    ],
)
def test_areas_that_are_none_are_refused(row, says):
    ground, coarse = cover_world()
    level = grid(np.zeros(ground.shape, np.float32), "degree")
    areas = areas_table(("101", 2020, 1, 1.0), row)
    with pytest.raises(QuantityError, match=says):
        land_cover_fine(coarse, ground, level, areas, squares(12, 24, parts=1))


def test_counts_are_rounded_by_the_largest_remainders():
    """Five cells in thirds: one each, and the two that are left to the first two classes of the list."""
    ground = grid(np.full((1, 5), 5.0, np.float32), "m")
    coarse = grid(np.array([[3, 3, 3, 3, 3]], np.uint8), "1", nodata=255)
    level = grid(np.zeros((1, 5), np.float32), "degree")
    # less than a square kilometre in all: shares count, not areas
    areas = areas_table(*[("101", 2020, k, 0.007) for k in (1, 2, 3)])
    fine = land_cover_fine(coarse, ground, level, areas, squares(1, 5, parts=1), native_m=100.0)
    assert np.bincount(fine.values.ravel(), minlength=4).tolist() == [0, 2, 2, 1]


@pytest.mark.parametrize(
    ("cells", "parts", "counts"),
    [
        (2, (1, 1, 1), [1, 1, 0]),  # two thirds of a cell each
        (7, (5, 2, 1), [4, 2, 1]),  # 4.375, 1.75 and 0.875: the last two have most left over
    ],
)
def test_what_is_left_over_goes_to_the_largest_remainders(cells, parts, counts):
    ground = grid(np.full((1, cells), 5.0, np.float32), "m")
    coarse = grid(np.full((1, cells), 3, np.uint8), "1", nodata=255)
    level = grid(np.zeros((1, cells), np.float32), "degree")
    areas = areas_table(*[("101", 2020, k, float(part)) for k, part in enumerate(parts, 1)])
    fine = land_cover_fine(coarse, ground, level, areas, squares(1, cells, parts=1), native_m=100.0)
    assert np.bincount(fine.values.ravel(), minlength=4).tolist() == [0, *counts]


def test_the_last_cells_move_where_least_is_lost():
    """All like class 0 best; two must leave it: those that lose 0.1 and 0.2 of their score."""
    score = np.array([[1.0, 0.0], [1.0, 0.9], [1.0, 0.8], [1.0, 0.2]], np.float32)
    assert allocation(score, np.array([2, 2]), rounds=0).tolist() == [0, 1, 1, 0]
    three = np.array(
        [[5.0, 4.0, 0.0], [5.0, 0.0, 4.5], [5.0, 4.9, 4.8], [5.0, 0.0, 0.0]], np.float32
    )
    assert allocation(three, np.array([1, 2, 1]), rounds=0).tolist() == [1, 2, 1, 0]
