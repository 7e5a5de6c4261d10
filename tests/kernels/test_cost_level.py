"""Costs that rise with the difference of a second surface, beside a shortest-path library."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from tests.worlds import step_costs

from shanshui.kernels.cost import TILE, accumulated_cost
from shanshui.kernels.cost_ways import trace


def known(values, level, cell, source, four):
    steps = step_costs(values, cell, four).tocoo()
    rise = np.abs(level.ravel()[steps.row] - level.ravel()[steps.col])
    graph = coo_matrix((steps.data + rise, (steps.row, steps.col)), steps.shape).tocsr()
    return dijkstra(graph, directed=False, indices=source).reshape(values.shape)


@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from([(7, 9), (20, 31), (TILE + 9, TILE + 22)]),
    four=st.booleans(),
    scale=st.sampled_from([0.0, 0.01, 1.0, 1e4]),
)
@settings(max_examples=25, deadline=None)
def test_costs_are_those_of_a_library(seed, shape, four, scale):
    random = np.random.default_rng(seed)
    values = np.exp(random.normal(0, 1, shape))
    values[random.random(shape) < 0.1] = np.nan
    values[2, 3] = 1.0
    level = scale * random.normal(0, 1, shape).cumsum(0)
    level[np.isnan(values)] = np.nan
    source = np.zeros(shape, np.int32)
    source[2, 3] = 1
    cost, back = accumulated_cost(
        values, source, 30.0, level=level, four_neighbours=four, ways=True
    )
    wanted = known(values, level, 30.0, 2 * shape[1] + 3, four)
    np.testing.assert_allclose(cost, wanted, rtol=1e-12)
    far = np.unravel_index(np.argmax(np.where(np.isfinite(cost), cost, -1)), shape)
    path = trace(back, *far)
    assert path[-1] == 2 * shape[1] + 3
    assert (np.diff(cost.ravel()[path]) < 0).all()


def test_threads_and_a_level_surface_change_nothing():
    random = np.random.default_rng(1)
    values, source = np.exp(random.normal(0, 1, (300, 280))), np.zeros((300, 280), np.int32)
    source[5, 7] = 1
    level = random.normal(0, 3, values.shape).cumsum(1)
    one, _ = accumulated_cost(values, source, 1.0, level=level, threads=1)
    two, _ = accumulated_cost(values, source, 1.0, level=level, threads=3)
    assert one.tobytes() == two.tobytes()
    flat, _ = accumulated_cost(values, source, 1.0, level=np.full(values.shape, 7.0))
    plain, _ = accumulated_cost(values, source, 1.0)
    assert flat.tobytes() == plain.tobytes()
    assert one[200, 200] > plain[200, 200] * (1 + 1e-6)


def test_two_degrees_on_the_way():
    level = np.array([[0.0, 0, 50, 50, 0]])
    cost, _ = accumulated_cost(
        np.ones((1, 5)), np.array([[1, 0, 0, 0, 0]], np.int32), 10.0, level=level
    )
    assert cost[0].tolist() == pytest.approx([0, 10, 70, 80, 140])
