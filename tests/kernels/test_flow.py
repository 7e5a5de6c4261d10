import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shanshui.kernels import accumulate as acc
from shanshui.kernels.erode import lower_beds
from shanshui.kernels.flood import priority_flood
from shanshui.kernels.flowdir import OUTLET, OUTSIDE, d8

surfaces = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.integers(0, 6).map(float) | st.just(float("nan")),
)


def routed(height, cell=1.0):
    return d8(priority_flood(np.asarray(height, np.float32)), np.full(len(height), cell), cell)


def test_water_takes_the_steepest_way_not_the_lowest_cell():
    # the corner is lower (4) but further: 5/1.41 = 3.5 < 4/1
    codes, _ = routed([[9, 9, 9, 9], [9, 9, 5, 9], [9, 9, 4, 9], [9, 9, 0, 9]])
    assert codes[1, 1] == 1


def test_codes_are_those_of_esri():
    low = {
        1: (1, 2),
        2: (2, 2),
        4: (2, 1),
        8: (2, 0),
        16: (1, 0),
        32: (0, 0),
        64: (0, 1),
        128: (0, 2),
    }
    for code, (i, j) in low.items():
        ground = np.full((3, 3), 9.0, np.float32)
        ground[i, j] = 0.0
        assert routed(ground)[0][1, 1] == code


def test_a_wide_flat_drains_away_from_the_hill_towards_its_exit():
    ground = np.full((7, 9), 5.0, np.float32)
    ground[0], ground[-1], ground[:, 0], ground[:, -1] = 9, 9, 9, 9
    ground[3, -1] = 1.0
    codes, stuck = routed(ground)
    assert stuck == 0
    assert codes[3, 1:8].tolist() == [1] * 7  # along the middle, straight to the exit
    assert codes[1, 3] in (2, 1, 4)
    assert codes[5, 3] in (128, 1, 64)


@settings(max_examples=200, deadline=None)
@given(surfaces)
def test_every_cell_reaches_an_outlet(height):
    codes, stuck = routed(height)
    nxt = acc.downstream(codes)
    order = acc.upstream_order(nxt)
    assert stuck == 0
    assert len(order) == np.isfinite(height).sum() == acc.reach_outlet(order, nxt)


@settings(max_examples=100, deadline=None)
@given(surfaces)
def test_accumulated_ones_at_the_outlets_count_all_cells(height):
    nxt = acc.downstream(routed(height)[0])
    order = acc.upstream_order(nxt)
    cells = acc.accumulate(order, nxt, (nxt >= 0).astype(nxt.dtype))
    assert cells[nxt == np.arange(nxt.size)].sum() == np.isfinite(height).sum()


@settings(max_examples=20, deadline=None)
@given(surfaces)
def test_compiled_and_plain_agree(height):
    from shanshui.kernels import flowdir

    water = priority_flood(height)
    width = np.ones(len(height))
    twins = []
    for steepest, flats in (
        (flowdir._steepest, flowdir._flats),
        (flowdir._steepest.py_func, flowdir._flats.py_func),
    ):
        out = np.empty(water.shape, np.uint8)
        with np.errstate(invalid="ignore"):
            count = steepest(water, width, 1.0, out)
            if count:
                flats(water, out, count)
        twins.append(out)
    np.testing.assert_array_equal(*twins)


def test_two_headwaters_make_a_second_order_and_a_third_does_not():
    # columns flow down; 0 and 1 join at row 2, column 3 joins below
    codes = np.array(
        [[2, 4, 255, 4], [255, 4, 255, 8], [255, 4, 8, 255], [255, 0, 255, 255]], np.uint8
    )
    nxt = acc.downstream(codes)
    order = acc.upstream_order(nxt)
    rank = acc.strahler(order, nxt, nxt >= 0, np.zeros(nxt.size, np.uint8)).reshape(codes.shape)
    assert rank[0, 0] == rank[0, 1] == rank[0, 3] == 1
    assert rank[1, 1] == 2  # one and one make two
    assert rank[3, 1] == 2  # two and one stay two


def test_two_second_orders_make_a_third():
    nxt = np.array([4, 4, 5, 5, 6, 6, 6], np.int32)
    order = acc.upstream_order(nxt)
    assert acc.strahler(order, nxt, nxt >= 0, np.zeros(7, np.uint8)).tolist() == [
        1,
        1,
        1,
        1,
        2,
        2,
        3,
    ]


def test_cells_in_a_loop_are_left_out_of_the_order():
    codes = np.array([[1, 16, 0]], np.uint8)
    nxt = acc.downstream(codes)
    order = acc.upstream_order(nxt)
    assert order.tolist() == [2]
    assert acc.reach_outlet(order, nxt) == 1


def test_codes_that_point_off_the_grid_are_outlets():
    assert acc.downstream(np.array([[16, 1], [OUTSIDE, OUTLET]], np.uint8)).tolist() == [
        0,
        1,
        -1,
        3,
    ]


def test_distance_counts_corners_longer():
    nxt = np.array([3, 2, 2, 2], np.int32)  # 0 -> 3 down, 3 -> 2 ... on a 2-wide grid
    codes = np.array([[4, 4], [1, 0]], np.uint8)
    nxt = acc.downstream(codes)
    far = acc.distance_to_outlet(acc.upstream_order(nxt), nxt, 2, 1.0, 1.0)
    assert far.tolist() == [2.0, 1.0, 1.0, 0.0]
    codes = np.array([[2, 255], [255, 0]], np.uint8)
    nxt = acc.downstream(codes)
    assert acc.distance_to_outlet(acc.upstream_order(nxt), nxt, 2, 3.0, 4.0)[0] == pytest.approx(
        5.0
    )


def test_a_way_across_a_continent_is_the_sum_of_its_steps():
    steps = 60_000
    # two columns, from corner to corner down the rows
    zigzag = 2 * np.arange(steps + 1) + np.arange(steps + 1) % 2
    nxt = np.full(2 * (steps + 1), -1)
    nxt[zigzag] = np.append(zigzag[1:], zigzag[-1])
    far = acc.distance_to_outlet(zigzag, nxt, 2, 30.0, 40.0)
    assert far[zigzag[0]] == pytest.approx(steps * 50.0, rel=1e-12)
    assert np.isnan(far[1])


def test_a_single_column_is_walked_down_its_rows():
    far = acc.distance_to_outlet(np.arange(4), np.array([1, 2, 3, 3]), 1, 30.0, 40.0)
    assert far.tolist() == [120.0, 80.0, 40.0, 0.0]


@pytest.mark.slow
def test_cells_are_counted_one_by_one_however_many_there_are():
    """One river without a tributary: its unit closes above the very cell that makes the target, beyond what 32-bit fractions count."""
    target = 2**24 + 3
    nxt = np.minimum(np.arange(1, target + 9, dtype=np.int32), target + 7)
    inside = np.ones(nxt.size, bool)
    closed = acc.cut(np.arange(nxt.size, dtype=np.int32), nxt, inside, ~inside, float(target))
    assert np.flatnonzero(closed).tolist() == [target - 2, target + 7]


def test_units_are_cut_at_the_mouths_of_large_tributaries():
    # two arms of six cells join; target 10: each arm brings more than half and becomes a unit
    nxt = np.array([1, 2, 3, 4, 5, 12, 7, 8, 9, 10, 11, 12, 13, 13], np.int32)
    order = acc.upstream_order(nxt)
    ones = np.ones(14, bool)
    closed = acc.cut(order, nxt, ones, ~ones, 10.0)
    assert np.flatnonzero(closed).tolist() == [5, 11, 13]


@settings(max_examples=60, deadline=None)
@given(surfaces, st.integers(2, 20))
def test_a_unit_never_gathers_the_target_twice(height, target):
    codes, _ = routed(height)
    nxt = acc.downstream(codes)
    order = acc.upstream_order(nxt)
    inside = nxt >= 0
    closed = acc.cut(order, nxt, inside, ~inside & inside, float(target))
    label = np.zeros(nxt.size, np.int32)
    count = acc.number(order, closed, label)
    acc.spread_up(order, nxt, label)
    sizes = np.bincount(label[inside], minlength=count + 1)
    assert sizes[1:].sum() == inside.sum()
    # less than half the target from each of eight sides, less one of them, and the cell itself
    assert sizes.max(initial=0) <= max(target, 8 * 0.5 * target + 1)


def test_rivers_lower_their_beds_towards_the_cell_below():
    nxt = np.array([1, 2, 2], np.int32)
    height = np.array([30.0, 20.0, 0.0])
    lower_beds(acc.upstream_order(nxt), nxt, height, np.array([1, 2, 3]), 1.0, 0.0)
    assert height.tolist() == [20.0, 10.0, 0.0]
