"""Currents of a grid with one grounded cell by elimination: the compiled kernel, the plain one and a dense solution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.kernels import grounded

NAMES = ("reached", "edges_of", "factorised", "substituted", "left_over")


def solved(cell, sent, ground, diagonals, resistances):
    flow = np.empty(cell.shape)
    return flow, grounded.grounded_current(cell, sent, *ground, diagonals, resistances, 1e-14, flow)


def dense(cell, sent, ground, diagonals, resistances):
    """Current through each cell by numpy, links between all pairs of cells."""
    ny, nx = cell.shape
    place = [(i, j) for i in range(ny) for j in range(nx) if cell[i, j] > 0]
    size = len(place)
    links = np.zeros((size, size))
    for a, (i, j) in enumerate(place):
        for b, (r, s) in enumerate(place):
            apart = (abs(i - r), abs(j - s))
            if apart in ((0, 1), (1, 0)) or (diagonals and apart == (1, 1)):
                p, q = cell[i, j], cell[r, s]
                links[a, b] = (2 * p * q / (p + q) if resistances else (p + q) / 2) / np.hypot(
                    *apart
                )
    known = {place.index(ground)}
    while True:
        more = {int(b) for a in known for b in np.flatnonzero(links[a])} - known
        if not more:
            break
        known |= more
    free = sorted(known - {place.index(ground)})
    volts = np.zeros(size)
    laplace = np.diag(links.sum(axis=1)) - links
    if free:
        volts[free] = np.linalg.solve(laplace[np.ix_(free, free)], [sent[place[k]] for k in free])
    along = links * (volts[:, None] - volts[None, :])
    flow = np.zeros(cell.shape)
    for k in known:
        flow[place[k]] = max(np.clip(along[k], 0, None).sum(), np.clip(-along[k], 0, None).sum())
    return flow


def ground_of(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 7, 2))
    cell = np.where(rng.random(shape) < 0.25, 0.0, 10 ** rng.uniform(-3, 3, shape))
    ground = (int(rng.integers(shape[0])), int(rng.integers(shape[1])))
    cell[ground] = 1.0
    sent = np.where(rng.random(shape) < 0.5, rng.uniform(0, 2, shape), 0.0)
    return cell, sent, ground, bool(rng.random() < 0.5), bool(rng.random() < 0.5)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_currents_equal_the_dense_solution(seed):
    case = ground_of(seed)
    flow, (residual, doubt) = solved(*case)
    np.testing.assert_allclose(flow, dense(*case), rtol=1e-7, atol=1e-9)
    assert residual < 1e-10
    assert doubt < 1e-10


@pytest.mark.parametrize("seed", range(6))
def test_compiled_is_plain(seed, monkeypatch):
    case = ground_of(seed)
    known, told = solved(*case)
    for name in NAMES:
        monkeypatch.setattr(grounded, name, getattr(grounded, name).py_func)
    flow = np.empty(case[0].shape)
    cell, sent, ground, *rules = case
    plain = grounded.grounded_current.py_func(cell, sent, *ground, *rules, 1e-14, flow)
    np.testing.assert_allclose(flow, known, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(plain, told, atol=1e-12)


def test_a_ring_and_what_has_no_way_to_the_ground():
    cell = np.array([[1.0, 1, 1, 0, 1], [1, 0, 1, 0, 1], [1, 1, 1, 0, 1]])
    sent = np.zeros((3, 5))
    sent[0, 1], sent[0, 4] = 4.0, 7.0
    flow, told = solved(cell, sent, (2, 1), False, True)
    np.testing.assert_allclose(flow, [[2, 4, 2, 0, 0], [2, 0, 2, 0, 0], [2, 4, 2, 0, 0]])
    assert max(told) < 1e-14
    # nothing is sent, or the ground itself does not conduct
    for ground, amount in (((2, 1), 0.0), ((1, 1), 4.0)):
        sent[0, 1] = amount
        flow, told = solved(cell, sent, ground, False, True)
        assert not flow.any()
        assert told == (0.0, 0.0)


def test_contrasts_that_elimination_does_not_bear_are_told():
    # behind a link that is lost beside its neighbours, the last pivot is 0; a chain loses nothing, however unlike its links
    cell = np.array([[1.0, 1e-17, 1e3, 1e3]])
    sent = np.array([[0.0, 0, 0, 1.0]])
    _, told = solved(cell, sent, (0, 0), False, True)
    assert told == (np.inf, np.inf)
    cell = np.array([[1.0, 1e-300, 1.0, 1e-300, 1.0]])
    sent = np.array([[0.0, 0, 0, 0, 1.0]])
    flow, told = solved(cell, sent, (0, 0), False, True)
    np.testing.assert_allclose(flow, 1.0)
    assert max(told) < 1e-14


def test_what_is_no_matrix_of_a_network_is_not_factorised():
    band = np.array([[1.0, -2.0], [1.0, 0.0]])
    assert not grounded.factorised(band)
    assert not grounded.factorised(np.array([[np.nan, 0.0]]))
