"""The formulas below the landscape metrics, by pencil."""

import numpy as np
import pytest

from shanshui.pattern.compactness import (
    clumpy,
    contagion,
    farthest,
    interspersion,
    least_edge,
    most_alike,
)


@pytest.mark.parametrize(
    ("cells", "edge", "alike"),
    [
        (1, 4, 0),
        (2, 6, 1),
        (3, 8, 2),
        (4, 8, 4),
        (5, 10, 5),
        (6, 10, 7),
        (7, 12, 8),
        (8, 12, 10),
        (9, 12, 12),
        (10, 14, 13),
        (12, 14, 17),
        (13, 16, 18),
    ],
)
def test_the_most_compact_shape_of_so_many_cells(cells, edge, alike):
    assert least_edge(cells) == edge
    assert most_alike(cells) == alike
    # every side of a cell is shared with another or lies around
    assert 4 * cells == edge + 2 * alike


def test_edges_shared_evenly_with_two_of_four_classes():
    # sides with three other classes: 3, 3, 0: ln 2 / ln 3
    assert interspersion(np.array([3, 3, 0]), 4) == pytest.approx(100 * np.log(2) / np.log(3))


def test_edges_shared_evenly_with_all_other_classes_are_whole():
    assert interspersion(np.array([5, 5, 5]), 4) == pytest.approx(100.0)
    assert interspersion(np.array([7, 0]), 3) == 0.0


def test_edges_of_one_to_three():
    # q = 1/4 and 3/4: -(q ln q) = 0.562335; over ln 2 = 0.811278
    assert interspersion(np.array([1, 3]), 3) == pytest.approx(81.1278, abs=1e-4)


def test_two_classes_or_no_edge_have_no_interspersion():
    assert np.isnan(interspersion(np.array([4]), 2))
    assert np.isnan(interspersion(np.array([0, 0]), 3))


def test_halves_that_hardly_meet_are_contagious():
    # two halves, 8 sides within each (counted twice 16), 2 between: p = 1/2 x 8/9, 1/2 x 1/9
    within = np.array([[16, 2], [2, 16]])
    p = np.array([16, 2, 2, 16]) / 36
    expected = 100 * (1 + (p * np.log(p)).sum() / (2 * np.log(2)))
    assert contagion(within, np.array([0.5, 0.5])) == pytest.approx(expected)
    assert expected == pytest.approx(24.8371, abs=1e-4)


def test_classes_that_meet_as_often_as_chance_are_not():
    assert contagion(np.array([[4, 4], [4, 4]]), np.array([0.5, 0.5])) == pytest.approx(0.0)


def test_a_class_without_neighbours_counts_for_nothing():
    # the single cell of the second class touches missing ground only: 3/4 (ln 3/4) alone
    out = contagion(np.array([[6, 0], [0, 0]]), np.array([0.75, 0.25]))
    assert out == pytest.approx(100 * (1 + 0.75 * np.log(0.75) / (2 * np.log(2))))


def test_one_class_has_no_contagion():
    assert np.isnan(contagion(np.array([[8]]), np.array([1.0])))


def test_cells_apart_are_less_than_random():
    # 4 single cells of 16: 16 sides around, none alike; least edge 8, G = 0, P = 1/4: (0 - P) / P
    assert clumpy(0.0, 16.0, 4, 0.25) == pytest.approx(-1.0)
    # half as alike as chance: G = 1/8
    assert clumpy(1.0, 16.0, 4, 0.25) == pytest.approx(-0.5)


def test_a_block_is_clumped_wholly():
    # 2 x 2 cells: 8 sides alike counted twice, 16 in all, 8 at the rim of the most compact shape: G = 1
    assert clumpy(8.0, 16.0, 4, 0.25) == pytest.approx(1.0)
    # G = 1/2 above P = 1/4: (1/2 - 1/4) / (3/4)
    assert clumpy(4.0, 16.0, 4, 0.25) == pytest.approx(1 / 3)


def test_a_class_of_half_the_ground_or_more_is_measured_by_what_is_left():
    # G = 1/4 below P = 1/2 and above: (1/4 - 1/2) / (1/2), not over P of less than a half
    assert clumpy(2.0, 16.0, 4, 0.5) == pytest.approx(-0.5)
    assert clumpy(2.0, 16.0, 4, 0.6) == pytest.approx((0.25 - 0.6) / 0.4)
    # exactly as chance
    assert clumpy(2.0, 16.0, 4, 0.25) == 0.0


def test_a_class_that_fills_all_has_no_clumpiness():
    assert np.isnan(clumpy(8.0, 16.0, 4, 1.0))
    assert np.isnan(clumpy(8.0, 8.0, 4, 0.5))  # no side beyond the rim


def test_farthest_points_by_hand():
    assert farthest(np.array([[0.0, 0.0]])) == 0.0
    assert farthest(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)
    # an equilateral triangle of side 2, in a circle of more than a side across
    triangle = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, np.sqrt(3.0)]])
    assert farthest(triangle) == pytest.approx(2.0)
    # in a row, more than a hull can take
    assert farthest(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [5.0, 5.0]])) == pytest.approx(
        np.sqrt(50.0)
    )
    # in a row down to the right, some twice
    row = np.array([[4.0, 2.0], [3.0, 3.0], [4.0, 2.0], [1.0, 5.0], [2.0, 4.0]])
    assert farthest(row) == pytest.approx(np.sqrt(18))
    assert farthest(np.array([[1.0, 9.0], [1.0, 3.0], [1.0, 5.0], [1.0, 4.0]])) == 6.0
