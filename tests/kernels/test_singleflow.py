"""One way of flow: compiled and plain agree, water goes down the steepest way, flats end, nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels.test_multiflow import ground

from shanshui.kernels import singleflow
from shanshui.kernels.multiflow import COL, ROW, accumulated, flow_order


def way_of(code):
    """Neighbour of each cell that passes water on."""
    return {
        (i, j): next(k for k in range(8) if (int(code[i, j]) >> (4 * k)) & 15)
        for i, j in np.argwhere(code != 0)
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.001, 1.0, 4.0]))
def test_every_cell_has_one_way_and_all_ways_end(seed, step):
    z = ground(seed, step=step)
    code = singleflow.single_directions(z)
    assert ((code != 0) == np.isfinite(z)).all()
    assert all(bin(int(v)).count("1") == 1 for v in code[code != 0])
    order = flow_order(code)
    assert order.size == np.isfinite(z).sum()
    area = accumulated(order, code, np.ones(1), np.empty(z.size)).reshape(z.shape)
    gone = 0.0
    for (i, j), k in way_of(code).items():
        r, s = i + ROW[k], j + COL[k]
        if not (0 <= r < z.shape[0] and 0 <= s < z.shape[1]) or np.isnan(z[r, s]):
            gone += area[i, j]
        else:
            assert z[r, s] <= z[i, j]
    assert gone == order.size


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_where_ground_falls_water_takes_the_steepest_way(seed):
    z = ground(seed, step=1.0)
    for (i, j), k in way_of(singleflow.single_directions(z)).items():
        drops = [
            (float(z[i, j]) - float(z[i + r, j + s])) / (2**0.5 if q % 2 else 1.0)
            if 0 <= i + r < z.shape[0] and 0 <= j + s < z.shape[1] and np.isfinite(z[i + r, j + s])
            else -np.inf
            for q, (r, s) in enumerate(zip(ROW, COL, strict=True))
        ]
        if max(drops) > 0:
            assert drops[k] == pytest.approx(max(drops), rel=1e-12)
            assert all(d < drops[k] * (1 - 1e-12) for d in drops[:k])


def test_a_flat_drains_by_the_shortest_way():
    z = np.full((3, 6), 9.0, np.float32)
    z[1, 1:5] = 5.0
    z[1, 5] = 4.0
    way = way_of(singleflow.single_directions(z))
    assert [way[1, j] for j in range(1, 5)] == [0, 0, 0, 0]
    # without lower ground off the grid, a side before a corner
    plain = way_of(singleflow.single_directions(np.zeros((3, 3), np.float32)))
    assert plain[0, 0] in (2, 4)
    assert plain[1, 1] in (0, 2, 4, 6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 4.0]))
def test_compiled_and_plain(seed, step):
    z = ground(seed, 9, 11, step)
    code = singleflow.single_directions(z)
    plain = np.zeros(z.shape, np.uint32)
    singleflow._directions.py_func(z, plain)
    np.testing.assert_array_equal(code, plain)
    order = flow_order(code)
    area = accumulated(order, code, np.ones(1), np.empty(z.size)).reshape(z.shape)
    stream = singleflow.streams_above(code, area, 6.0)
    np.testing.assert_array_equal(stream, singleflow.streams_above.py_func(code, area, 6.0))
    weight = np.random.default_rng(seed).random(z.size).astype(np.float32)
    both = [
        f(order, code, stream, weight, np.empty(z.size))
        for f in (singleflow.resistance_down, singleflow.resistance_down.py_func)
    ]
    np.testing.assert_array_equal(*both)


def test_more_than_the_threshold_makes_a_stream_and_a_cell_counts_its_own_resistance():
    z = np.array([[9.0, 9.0, 9.0, 9.0], [4.0, 3.0, 2.0, 1.0], [9.0, 9.0, 9.0, 9.0]], np.float32)
    z[[0, 2]] = np.nan
    code = singleflow.single_directions(z)
    order = flow_order(code)
    area = accumulated(order, code, np.ones(1), np.empty(z.size)).reshape(z.shape)
    stream = singleflow.streams_above(code, area, 3.0)
    assert stream[1].tolist() == [0, 0, 0, 1]
    assert (stream[[0, 2]] == 255).all()
    weight = np.arange(z.size, dtype=np.float32)
    down = singleflow.resistance_down(order, code, stream, weight, np.empty(z.size)).reshape(
        z.shape
    )
    assert down[1].tolist() == [4 + 5 + 6, 5 + 6, 6, 0]
