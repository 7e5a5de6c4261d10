"""Compiled and plain marches, labels, noise and bids give the same."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shanshui.kernels import accumulate as acc
from shanshui.kernels import allocate, erode, labels, noise
from shanshui.kernels.flood import priority_flood
from shanshui.kernels.flowdir import d8

surfaces = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=9),
    elements=st.integers(0, 9).map(float) | st.just(float("nan")),
)


def same(function, *args):
    """Run a kernel both ways on copies of its arguments."""
    both = []
    for version in (function, function.py_func):
        own = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        with np.errstate(over="ignore", invalid="ignore"):
            both.append((version(*own), own))
    for one, other in zip(_flat(both[0]), _flat(both[1]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
    return both[0][0]


def _flat(thing):
    if isinstance(thing, tuple | list):
        return [leaf for part in thing for leaf in _flat(part)]
    return [] if thing is None else [np.asarray(thing)]


@settings(max_examples=25, deadline=None)
@given(surfaces)
def test_marches(height):
    codes, _ = d8(priority_flood(height), np.ones(len(height)), 1.0)
    nxt = np.empty(codes.size, np.int32)
    same(acc._downstream, codes, nxt)
    nxt = acc.downstream(codes)
    same(acc._order, nxt, np.empty_like(nxt))
    order = acc.upstream_order(nxt)
    inside = nxt >= 0
    none = np.zeros(nxt.size, bool)
    same(acc.accumulate, order, nxt, inside.astype(np.int64))
    same(acc.strahler, order, nxt, inside, np.zeros(nxt.size, np.uint8))
    same(acc.heads_above, order, nxt, inside, np.zeros(nxt.size, np.int32))
    far = same(acc.distance_to_outlet, order, nxt, codes.shape[1], 1.0, 1.0)
    closed = same(acc.cut, order, nxt, inside, none, 4.0)
    label = np.zeros(nxt.size, np.int32)
    same(acc.number, order, closed, label)
    acc.number(order, closed, label)
    label = same(acc.spread_up, order, nxt, label)
    same(acc.longest_above, order, nxt, far, label)
    same(acc.reaches, order, nxt, inside, none)
    same(acc.reach_outlet, order, nxt)
    same(
        erode.lower_beds,
        order,
        nxt,
        np.nan_to_num(height.ravel()).astype(np.float64),
        np.ones(nxt.size),
        0.5,
        0.4,
    )
    value = height.ravel()
    same(labels.label_statistics, label, value, int(label.max()))
    same(labels.label_sizes, label, int(label.max()))
    same(
        labels.label_class_counts,
        label,
        np.nan_to_num(value).astype(np.uint8),
        int(label.max()),
        10,
    )
    same(labels.relabel, label, np.arange(label.max() + 1)[::-1].copy(), np.empty_like(label))


def test_noise_and_bids():
    same(noise.white, 3, 4, 5, 6, 7)
    same(noise.fractal, 3, 4, 6, 7, 10.0, 80.0, 3, 0.5, 7)
    score = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    same(allocate.bid, score, np.array([20, 20, 10]), 40, 1)
