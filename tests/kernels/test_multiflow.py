"""Shared flow: compiled and plain agree, nothing is lost, and every way ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.kernels import climate, delivery, distance, lookup, multiflow, rim_slope, services
from shanshui.kernels.flood import priority_flood


def ground(seed, ny=14, nx=17, step=1.0):
    rng = np.random.default_rng(seed)
    z = np.cumsum(np.cumsum(rng.normal(size=(ny, nx)), 0), 1)
    z = np.round(z / step) * step
    z[rng.random((ny, nx)) < 0.03] = np.nan
    return priority_flood(z.astype(np.float32))


def routed(seed, step=1.0):
    z = ground(seed, step=step)
    code = multiflow.shared_directions(z)
    return z, code, multiflow.flow_order(code)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.001, 1.0, 4.0]))
def test_every_cell_passes_on_all_it_gets(seed, step):
    """The handbook's check: what leaves at the outlets is the number of cells."""
    z, code, order = routed(seed, step)
    assert order.size == np.isfinite(z).sum()
    area = multiflow.accumulated(order, code, np.ones(1), np.empty(z.size))
    gone = 0.0
    ny, nx = z.shape
    for c in range(z.size):
        v = int(code.flat[c])
        if not v:
            continue
        parts = [(v >> (4 * k)) & 15 for k in range(8)]
        for k, p in enumerate(parts):
            i, j = c // nx + multiflow.ROW[k], c % nx + multiflow.COL[k]
            if p and not (0 <= i < ny and 0 <= j < nx and np.isfinite(z[i, j])):
                gone += area[c] * p / sum(parts)
    assert gone == pytest.approx(order.size, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_water_goes_down_or_along_a_flat(seed):
    z, code, _ = routed(seed, 4.0)
    ny, nx = z.shape
    for i, j in np.argwhere(code != 0):
        for k in range(8):
            r, s = i + multiflow.ROW[k], j + multiflow.COL[k]
            if (
                (int(code[i, j]) >> (4 * k)) & 15
                and 0 <= r < ny
                and 0 <= s < nx
                and np.isfinite(z[r, s])
            ):
                assert z[r, s] <= z[i, j]


def test_compiled_and_plain_agree_on_the_way_of_water():
    z = ground(3, 9, 11, 2.0)
    code, plain = multiflow.shared_directions(z), np.zeros(z.shape, np.uint32)
    flats = np.empty(z.size, np.int64)
    count = multiflow._local.py_func(z, plain, flats)
    multiflow._flats.py_func(z, plain, flats[:count].copy())
    np.testing.assert_array_equal(code, plain)
    order = multiflow.flow_order(code)
    again = np.empty(code.size, order.dtype)
    assert multiflow._order.py_func(code, again) == order.size
    np.testing.assert_array_equal(order, again[: order.size])
    np.testing.assert_allclose(
        rim_slope.slope_percent(z, 30.0), rim_slope.slope_percent.py_func(z, 30.0), rtol=1e-6
    )
    rng = np.random.default_rng(0)
    weight = rng.random(z.size).astype(np.float32)
    area = multiflow.accumulated(order, code, np.ones(1), np.empty(z.size))
    for w in (np.ones(1), weight):
        np.testing.assert_allclose(
            multiflow.accumulated(order, code, w, np.empty(z.size)),
            multiflow.accumulated.py_func(order, code, w, np.empty(z.size)),
        )
    grid = area.reshape(z.shape)
    stream = multiflow.streams(code, grid, 12.0, 8.0)
    np.testing.assert_array_equal(stream, multiflow.streams.py_func(code, grid, 12.0, 8.0))
    assert (stream == 1).any()
    for w in (np.ones(1, np.float32), weight):
        np.testing.assert_allclose(
            multiflow.way_to_stream(order, code, stream, w, np.empty(z.size)),
            multiflow.way_to_stream.py_func(order, code, stream, w, np.empty(z.size)),
        )
    ratio = np.where(stream.ravel() == 1, 1.0, rng.random(z.size) * 0.8).astype(np.float32)
    one, two = (
        (np.empty(z.size, np.float32) for _ in range(2)),
        (np.empty(z.size, np.float32) for _ in range(2)),
    )
    np.testing.assert_allclose(
        delivery.deposited(order, code, ratio, weight, *one),
        delivery.deposited.py_func(order, code, ratio, weight, *two),
        rtol=1e-6,
    )
    length = np.full(z.size, 80.0, np.float32)
    np.testing.assert_allclose(
        delivery.retained(order, code, stream, weight, length, 30.0, np.empty(z.size, np.float32)),
        delivery.retained.py_func(
            order, code, stream, weight, length, 30.0, np.empty(z.size, np.float32)
        ),
        rtol=1e-6,
    )


def test_compiled_and_plain_agree_cell_by_cell():
    rng = np.random.default_rng(1)
    shape = (5, 6)

    def some(low, high):
        out = rng.uniform(low, high, shape).astype(np.float32)
        out[0, 0] = np.nan
        return out

    def both(kernel, inputs, outputs, *words):
        first, second = [[np.empty(shape, np.float32) for _ in range(outputs)] for _ in range(2)]
        kernel(*inputs, *words, *first)
        kernel.py_func(*inputs, *words, *second)
        for a, b in zip(first, second, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)

    green = (rng.random(shape) > 0.5).astype(np.float32)
    inputs = [
        some(500, 1500),
        some(700, 1000),
        some(300, 2000),
        some(0.05, 0.2),
        some(0.5, 1),
        some(100, 3000),
        green,
    ]
    both(services.budyko, inputs, 3, 9.0)
    both(services.soil_kept, [some(1, 9) for _ in range(5)], 3)
    both(services.water_kept, [some(1, 9), some(1, 9), some(0, 1), some(0, 1)], 3)
    above = rng.integers(1, 90, shape).astype(float).ravel()
    for steep in (True, False):
        for root in (True, False):
            both(services.length_slope, [some(0, 90), above], 1, 30.0, 122.0, 300.0, steep, root)
    up, down = rng.random(30) + 0.1, rng.random(30)
    stream = (rng.random(shape) > 0.8).astype(np.uint8)
    one, two = np.empty(30, np.float32), np.empty(30, np.float32)
    np.testing.assert_allclose(
        services.connectivity(up, down, stream, one),
        services.connectivity.py_func(up, down, stream, two),
        rtol=1e-6,
    )
    place = np.full(shape, 33.0, np.float32) + some(0, 2)
    place[0, 0] = 33.0
    weather = [some(0, 18), some(5, 9), some(6, 12), place]
    both(climate.hargreaves_year, weather, 1, 0.0023, 17.8)
    both(climate.days_above, weather, 1, 26.0, 3.5)


def test_compiled_and_plain_agree_on_codes_and_distances():
    rng = np.random.default_rng(2)
    code = rng.integers(2, 9, (6, 7)).astype(np.uint8)
    table = np.arange(5, dtype=np.float32)
    np.testing.assert_array_equal(
        lookup.looked_up(code, 3, table, np.empty(code.shape, np.float32)),
        lookup.looked_up.py_func(code, 3, table, np.empty(code.shape, np.float32)),
    )
    np.testing.assert_array_equal(
        lookup.seen(code, 2, np.zeros(9, bool)), lookup.seen.py_func(code, 2, np.zeros(9, bool))
    )
    mark = code == 4
    rows = distance._columns.py_func(mark, np.empty(mark.shape, np.int32))
    np.testing.assert_allclose(
        distance.distance_to(mark),
        distance._rows.py_func(rows, np.empty(mark.shape, np.float32)),
        rtol=1e-6,
    )
    for reach in (0.0, 1.98, 2.0, 3.98):
        near = distance.within(mark, reach)
        np.testing.assert_array_equal(near, distance.distance_to(mark) <= np.float32(reach))
        rows = np.empty(mark.shape, np.int16)
        distance._columns_within.py_func(mark, int(reach), rows)
        again = np.empty(mark.shape, bool)
        distance._rows_within.py_func(rows, reach, again)
        np.testing.assert_array_equal(again, near)
    far, factor = distance.distance_to(mark), rng.random(code.shape).astype(np.float32)
    for exponential in (True, False):
        one, two = np.zeros(code.shape, np.float32), np.zeros(code.shape, np.float32)
        own = np.empty(code.shape, np.float32)
        distance.add_decayed(far, 2.5, exponential, factor, 0.4, one, own)
        distance.add_decayed.py_func(far, 2.5, exponential, factor, 0.4, two, own)
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_a_flat_without_an_outlet_drains_off_the_grid():
    z = np.full((4, 5), 7.0, np.float32)
    code = multiflow.shared_directions(z)
    assert (code != 0).all()
    assert multiflow.flow_order(code).size == z.size
