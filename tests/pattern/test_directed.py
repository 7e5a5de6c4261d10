"""Directed circuits: walks that a pencil can follow, dense solutions, and Kirchhoff's law where both directions are equal."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.kernels import directed as kernels
from shanshui.pattern.circuit import current, directed_current
from shanshui.pattern.circuit import directed as module
from shanshui.pattern.circuit.directed import Directed, directed_landscape
from shanshui.pattern.circuit.modes import starred


def links(*rows):
    return pd.DataFrame(rows, columns=["from", "to", "conductance"])


def dense(circuit, sent, leak, fixed=()):
    """Occupancies by a dense solve of the transposed generator."""
    size = circuit.node.size
    k = np.zeros((size, size))
    np.add.at(k, (circuit.a, circuit.b), circuit.forth)
    np.add.at(k, (circuit.b, circuit.a), circuit.back)
    matrix = np.diag(k.sum(axis=1) + leak) - k.T
    free = np.setdiff1d(np.flatnonzero(circuit.node), fixed)
    out = np.zeros(size)
    out[free] = np.linalg.solve(matrix[np.ix_(free, free)], sent[free])
    return out, k


def test_walkers_split_in_proportion_to_rates():
    """From a, two thirds go to b and one third to c; a third of those at b turn back."""
    table = links(("a", "b", 2.0), ("a", "c", 1.0), ("b", "a", 1.0), ("b", "c", 2.0))
    net = directed_current(table, {"a": 1.0}, {"c": np.inf}, conductance=True)
    gross = directed_current(table, {"a": 1.0}, {"c": np.inf}, conductance=True, gross=True)
    # visits of a: 1 + (2/3)(1/3) visits of a = 9/7; of b: 2/3 of that
    assert gross["a"] == pytest.approx(9 / 7, rel=1e-14)
    assert gross["b"] == pytest.approx(6 / 7, rel=1e-14)
    assert net["b"] == pytest.approx(4 / 7, rel=1e-14)
    assert net["c"] == gross["c"] == pytest.approx(1.0, rel=1e-14)


def test_a_birth_and_death_chain():
    """Up with rate p, down with rate q: the gambler's ruin, of which the answer is in every book."""
    p, q, size = 3.0, 2.0, 9
    rows = [(i, i + 1, p) for i in range(1, size)] + [(i, i - 1, q) for i in range(1, size)]
    out = directed_current(links(*rows), {4: 1.0}, {0: np.inf, size: np.inf}, conductance=True)
    ratio = q / p
    assert out[size] == pytest.approx((1 - ratio**4) / (1 - ratio**size), rel=1e-13)
    assert out[0] + out[size] == pytest.approx(1.0, rel=1e-13)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_the_same_as_a_dense_solution(seed, gross):
    random = np.random.default_rng(seed)
    cell = np.exp(random.normal(size=(6, 7)) * 2)
    circuit = directed_landscape(cell, random.integers(0, 4, (6, 7)), 0.1, 1.5, gross=gross)
    sent, leak = random.random(42) * (random.random(42) < 0.2), random.random(42) * 0.01
    sent[3], leak[20] = 1.0, 0.5
    grounds = leak.reshape(6, 7)
    found = circuit.clamped([40], [0.0], sent.reshape(6, 7), grounds, tolerance=1e-9, limit=1)
    exact, k = dense(circuit, np.where(np.arange(42) == 40, 0, sent), leak, [40])
    np.testing.assert_allclose(found.field.ravel(), exact, rtol=1e-10)
    assert found.doubt < 1e-12 > found.residual
    away = k * exact[:, None]
    if not gross:
        away = np.maximum(away - away.T, 0.0)
    through = np.maximum(away.sum(axis=1) + leak * exact, away.sum(axis=0))
    np.testing.assert_allclose(
        circuit.flow(found.field, grounds, found.low).ravel(), through, rtol=1e-9, atol=1e-12
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_equal_both_ways_is_the_law_of_kirchhoff(seed):
    random = np.random.default_rng(seed)
    values = np.exp(random.normal(size=(7, 8)) * 3)
    values[random.random((7, 8)) < 0.15] = np.nan
    values[0, 0] = values[6, 7] = values[3, 3] = 1.0
    sources, grounds = np.zeros((7, 8)), np.zeros((7, 8))
    sources[0, 0], sources[3, 3], grounds[6, 7], grounds[3, 4] = 1.0, 2.0, np.inf, 0.3
    height = random.normal(size=(7, 8))
    plain = current(values, mode="advanced", sources=sources, grounds=grounds)
    found = directed_current(values, sources, grounds, height)
    np.testing.assert_allclose(found, plain, rtol=1e-8, atol=1e-11)
    assert directed_current(values, sources, grounds, height, gross=True).sum() >= plain.sum()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 10))
def test_all_that_is_sent_arrives(seed, uphill):
    random = np.random.default_rng(seed)
    circuit = directed_landscape(
        np.exp(random.normal(size=(5, 6))), random.normal(size=(5, 6)), uphill, 1.0
    )
    sent = np.zeros((5, 6))
    sent[0, 0] = sent[2, 2] = 1.0
    found = circuit.clamped([29], [0.0], sent, None, tolerance=1e-9, limit=1)
    assert circuit.flow(found.field, None, found.low).ravel()[29] == pytest.approx(2.0, rel=1e-12)


def test_a_river_runs_down_only():
    height = np.array([[3.0, 2.0, 1.0, 0.0], [9.0, 9.0, 9.0, 9.0]])
    sources, grounds = np.zeros((2, 4)), np.zeros((2, 4))
    sources[0, 1], grounds[0, 3] = 1.0, np.inf
    grid = xr.DataArray(np.ones((2, 4)), dims=("y", "x"))
    out = directed_current(grid, sources, grounds, height, uphill=0.0)
    assert out.attrs["units"] == "A"
    np.testing.assert_allclose(out, [[0, 1, 1, 1], [0, 0, 0, 0]], atol=1e-15)


def drift(contrast, length):
    """A way along which it is twice as easy to come back, and a hard link to ground at its end."""
    rows = [(str(i), str(i + 1), contrast) for i in range(length)]
    rows += [(str(i + 1), str(i), 2 * contrast) for i in range(length)]
    return links(*rows, (str(length), "out", 1.0))


@pytest.mark.parametrize(("contrast", "length"), [(1e3, 20), (1e6, 20), (1e9, 10), (1e12, 3)])
def test_contrasts_keep_their_digits(contrast, length):
    given = drift(contrast, length), {"0": 1.0}, {"out": np.inf}
    found = directed_current(*given, conductance=True, gross=True)
    # n = 1 at the end; each node before holds twice as much and what carries the ampere
    n = 1.0
    for i in range(length - 1, -1, -1):
        n = 2.0 * n + 1.0 / contrast
        assert found[str(i)] == pytest.approx(n * contrast * (1.0 if i == 0 else 3.0), rel=1e-9)
    assert found["out"] == pytest.approx(1.0, rel=1e-9)
    net = directed_current(*given, conductance=True)
    np.testing.assert_allclose(net, 1.0, rtol=1e-9)


def test_a_walk_too_long_to_be_known_is_refused():
    """It comes back some 1e18 times before it is absorbed."""
    with pytest.raises(ResourceError, match="not solved"):
        directed_current(drift(1e12, 20), {"0": 1.0}, {"out": np.inf}, conductance=True)


def test_there_and_back_differ():
    """One to all and all to one: the way up is harder, and its directed resistance the greater."""
    height = np.arange(5.0)[None, :]
    circuit = directed_landscape(np.ones((1, 5)), height, 0.25, 1.0)
    ends = {1: np.array([0]), 2: np.array([4])}
    up, down = starred(circuit, ends, {}, lambda _: [1, 2], outward=True)
    # n_i k - n_(i+1) = 1 with k = 1/4, from the top down: (1 + n) / k
    n = 0.0
    for _ in range(4):
        n = (1.0 + n) / 0.25
    assert up.resistance == pytest.approx(n, rel=1e-13)
    assert down.resistance == pytest.approx(1 + 0.25 + 0.0625 + 0.015625, rel=1e-13)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uphill": -1.0}, "uphill: found -1; expected a factor of 0 or more"),
        ({"downhill": np.inf}, "downhill: found inf"),
        ({"elevation": np.zeros((2, 2))}, r"elevation: found shape \(2, 2\)"),
        ({"elevation": np.full((1, 4), np.nan)}, "found 4 cell.s. that conduct without one"),
        ({"elevation": None}, "a directed landscape needs it"),
        ({"sources": np.array([[-1.0, 0, 0, 0]])}, "currents below 0"),
        ({"sources": np.ones((2, 2))}, r"sources: found shape \(2, 2\)"),
        ({"grounds": np.ones((2, 2))}, r"grounds: found shape \(2, 2\)"),
        (
            {"uphill": 0.0},
            "3 node.s. that sources lead to and no ground can be reached from, the first at 0, 0",
        ),
    ],
)
def test_what_is_wrong_is_said(change, words):
    given = {
        "sources": np.array([[1.0, 0, 0, 0]]),
        "grounds": np.array([[0, 0, 0, np.inf]]),
        "elevation": np.array([[0.0, 0.0, 0.0, 1.0]]),
    } | change
    with pytest.raises(QuantityError, match=words):
        directed_current(np.ones((1, 4)), **given)


def test_unknown_nodes_and_too_many_are_refused(monkeypatch):
    table = links(("a", "b", 1.0))
    with pytest.raises(QuantityError, match=r"grounds: found \['c'\], which are no nodes"):
        directed_current(table, {"a": 1.0}, {"c": np.inf}, conductance=True)
    monkeypatch.setattr(module, "FALLBACK_CELLS", 1)
    with pytest.raises(ResourceError, match="found 2 nodes; expected at most 1"):
        directed_current(table, {"a": 1.0}, {"b": np.inf}, conductance=True)


def test_compiled_and_plain_are_the_same():
    random = np.random.default_rng(3)
    a, b = random.integers(0, 8, (2, 20))
    rates, fields = random.random((2, 20)), random.random((4, 8))
    fields[3] *= 1e-17
    pairs = []
    for plain in (False, True):
        pick = (lambda f: f.py_func) if plain else (lambda f: f)
        outs = np.zeros((6, 8))
        pick(kernels.left_over)(a, b, *rates, *fields, *outs[:2])
        for gross in (False, True):
            room = outs[2 + 2 * gross : 4 + 2 * gross]
            pick(kernels.crossings)(a, b, *rates, fields[0], *fields[2:], gross, *room)
        pairs.append(outs)
    np.testing.assert_allclose(*pairs, rtol=1e-12, atol=1e-30)


def test_a_product_keeps_what_it_rounds_off():
    high, low = kernels._product.py_func(1 + 2.0**-40, 1 + 2.0**-40)
    assert (high - 1, low) == (2.0**-39, 2.0**-80)


def test_a_directed_network_has_no_short_circuits():
    circuit = Directed((3,), np.array([0, 1]), np.array([1, 2]), np.ones(2), np.ones(2))
    nodes = np.array([0, 2])
    assert circuit.distinct(nodes) is nodes is circuit.whole(nodes)
    assert circuit.shares_node(nodes, np.array([2]))
    assert not circuit.shares_node(nodes, np.array([1]))
