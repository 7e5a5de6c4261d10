"""Focal regions and short circuits as single nodes, on maps as in resistances, beside a dense solution of its own."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shanshui.kernels.lattice import framed, through_flow
from shanshui.pattern.circuit import current, effective_resistance
from shanshui.pattern.circuit.edges import Laid, Whole, by_strips
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import pairwise, pairwise_resistances
from shanshui.pattern.circuit.regions import Regions, joined_groups


def nodes_of(cell, sets):
    """Name of the node of each cell: sets that share a cell are joined one by one; a set is a node if any of its cells conducts."""
    joined = [set(s) for s in sets if s]
    for k in range(len(joined)):
        for other in range(k + 1, len(joined)):
            if joined[k] & joined[other]:
                joined[other] |= joined[k]
                joined[k] = set()
    name = {c: c for c in range(cell.size) if cell.flat[c] > 0}
    for members in joined:
        if any(cell.flat[c] > 0 for c in members):
            name |= dict.fromkeys(members, min(members))
    return name


def link(a, b, mean_resistance):
    if not mean_resistance:
        return (a + b) / 2
    return 2 / (1 / a + 1 / b) if a > 0 and b > 0 else 0.0


def links_of(cell, name, place, mean_resistance, four):
    """Conductance between each two nodes."""
    ny, nx = cell.shape
    links = np.zeros((len(place), len(place)))
    steps = [(0, 1, 1.0), (1, 0, 1.0)] + ([] if four else [(1, 1, 2**0.5), (1, -1, 2**0.5)])
    for c, (di, dj, length) in product(name, steps):
        i, j = c // nx + di, c % nx + dj
        d = i * nx + j
        if i < ny and 0 <= j < nx and d in name and name[c] != name[d]:
            g = link(cell.flat[c], cell.flat[d], mean_resistance) / length
            links[place[name[c]], place[name[d]]] += g
            links[place[name[d]], place[name[c]]] += g
    return links


def reached_from(links, node):
    reached, waiting = {node}, [node]
    while waiting:
        new = set(np.flatnonzero(links[waiting.pop()]).tolist()) - reached
        reached |= new
        waiting += new
    return reached


def dense(cell, sets, mean_resistance, four, source, sink):
    """Resistance, currents and potentials between two cells by elimination, with each set of cells as one node."""
    name = nodes_of(cell, sets)
    place = {n: k for k, n in enumerate(sorted(set(name.values())))}
    links = links_of(cell, name, place, mean_resistance, four)
    nothing = np.zeros(cell.size)
    if source not in name or sink not in name:
        return np.inf, nothing, nothing
    s, t = place[name[source]], place[name[sink]]
    if s == t:
        return 0.0, nothing, nothing
    inside = reached_from(links, s)
    if t not in inside:
        return np.inf, nothing, nothing
    free = sorted(inside - {s})
    laplace = np.diag(links.sum(axis=1)) - links
    volts = np.zeros(len(place))
    sent = [1.0 if k == t else 0.0 for k in free]
    volts[free] = np.linalg.solve(laplace[np.ix_(free, free)], sent)
    along = links * (volts[:, None] - volts[None, :])
    through = np.maximum(np.clip(along, 0, None).sum(axis=1), np.clip(-along, 0, None).sum(axis=1))
    flow, potential = nothing.copy(), nothing.copy()
    for c, n in name.items():
        flow[c], potential[c] = through[place[n]], volts[place[n]]
    return volts[t], flow, potential


def landscape_of(cell, mean_resistance, four):
    return lambda groups: Lattice(
        cell, groups, four_neighbours=four, mean_resistance=mean_resistance
    )


def asked(cell, points, polygon, mean_resistance, four):
    """Answers of all pairs; points as a mapping of number to cells."""
    landscape = landscape_of(cell, mean_resistance, four)
    circuit = landscape(polygon)
    node = circuit.node.ravel()
    terminals = {n: circuit.distinct(c[node[c]]) for n, c in points.items()}
    terminals = {n: c for n, c in terminals.items() if c.size}
    regions = Regions(points, polygon, landscape)
    answers = list(pairwise(circuit, terminals, None, regions=regions))
    return answers, dict(pairwise_resistances(circuit, terminals, None, regions))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), mean_resistance=st.booleans(), four=st.booleans())
@example(seed=31599, mean_resistance=False, four=True)
def test_every_pair_equals_the_dense_solution(seed, mean_resistance, four):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 5)), int(rng.integers(3, 6)))
    cell = np.where(rng.random(shape) < 0.3, 0.0, rng.uniform(0.2, 3.0, shape))
    cell.ravel()[rng.integers(cell.size)] = 1.0
    polygon = rng.choice([0, 0, 0, 0, 4, 7], shape).astype(np.int64)
    marks = rng.choice([0, 0, 0, 1, 2, 3], shape).ravel()
    points = {int(n): np.flatnonzero(marks == n) for n in np.unique(marks[marks > 0])}
    if rng.random() < 0.3:  # a list may put two nodes into one cell
        points[9] = np.unique(rng.integers(0, cell.size, 2))
    answers, alone = asked(cell, points, polygon, mean_resistance, four)
    flat = polygon.ravel()
    for answer in answers:
        a, b = answer.name
        sets = [np.flatnonzero(flat == n).tolist() for n in (4, 7)]
        sets += [points[n].tolist() for n in (a, b) if points[n].size > 1]
        # of a region, any cell that is part of a node stands for it
        options = [
            dense(cell, sets, mean_resistance, four, int(s), int(t))
            for s in points[a]
            for t in points[b]
        ]
        known = next((o for o in options if np.isfinite(o[0])), options[0])
        assert answer.resistance == pytest.approx(known[0], rel=1e-7)
        assert alone[a, b] == pytest.approx(known[0], rel=1e-7)
        np.testing.assert_allclose(answer.current().ravel(), known[1], atol=1e-6)
        np.testing.assert_allclose(
            answer.potential().ravel(), known[2], atol=1e-6 * max(1, known[1].max())
        )


ONE = np.ones((1, 5))
POINTS = np.array([[2, 0, 1, 0, 2]])


def test_a_region_and_the_short_circuit_it_overlaps_show_the_whole_current():
    polygon = np.array([[1, 1, 0, 0, 0]])
    found = effective_resistance(ONE, POINTS, short_circuits=polygon, four_neighbours=True)
    assert found.loc[1, 2] == pytest.approx(1 / 1.5)
    flow = current(ONE, POINTS, short_circuits=polygon, four_neighbours=True)
    np.testing.assert_allclose(flow, [[1, 1, 1, 1 / 3, 1]], atol=1e-9)
    points = {n: np.flatnonzero(n == POINTS) for n in (1, 2)}
    ((answer,), _) = asked(ONE, points, polygon, True, True)
    # 0 at the first node of the pair, the resistance at the second and all that is one with it
    np.testing.assert_allclose(answer.potential()[0], [2 / 3, 2 / 3, 0, 1 / 3, 2 / 3], atol=1e-9)


def test_cells_of_a_region_where_nothing_conducts_are_part_of_its_node():
    resistance = np.array([[1, 1, 1, np.nan, 1]])
    points = np.array([[1, 0, 2, 2, 0]])
    flow = current(resistance, points, four_neighbours=True)
    np.testing.assert_allclose(flow, [[1, 1, 1, 1, 0]], atol=1e-9)
    # by mean conductance they conduct half a link, as a short circuit there does
    line, ends = np.array([[1, np.nan, 1]]), np.array([[1, 1, 2]])
    found = effective_resistance(line, ends, four_neighbours=True, mean_resistance=False)
    assert found.loc[1, 2] == pytest.approx(2.0)
    found = effective_resistance(line, ends, four_neighbours=True)
    assert found.loc[1, 2] == np.inf
    # and are nothing in the pairs of others
    line, ends = np.array([[1, np.nan, 1, 1]]), np.array([[1, 3, 2, 3]])
    found = effective_resistance(line, ends, four_neighbours=True, mean_resistance=False)
    assert found.loc[1, 2] == np.inf
    assert found.loc[1, 3] == pytest.approx(2.0)


def test_regions_that_one_short_circuit_joins_have_no_resistance_between_them():
    polygon = np.array([[0, 6, 0, 6, 0]])
    points = np.array([[1, 1, 0, 2, 2]])
    for mode in ("pairwise", "one-to-all"):
        assert not current(ONE, points, mode=mode, short_circuits=polygon).any()
    found = effective_resistance(ONE, points, short_circuits=polygon)
    assert found.loc[1, 2] == 0.0


def test_points_of_one_node_have_exactly_no_resistance_between_them():
    polygon = np.array([[3, 0, 0, 0, 3]])
    points = np.array([[1, 0, 3, 0, 2]])
    found = effective_resistance(ONE, points, short_circuits=polygon)
    assert found.loc[1, 2] == 0.0
    assert found.loc[1, 3] == found.loc[2, 3] == pytest.approx(1.0)
    flow = current(ONE, points, short_circuits=polygon, pairs=[(1, 2)])
    assert not flow.any()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_groups_are_what_joining_set_by_set_gives(seed):
    rng = np.random.default_rng(seed)
    bound = rng.choice([0, 0, 2, 5, 6], (3, 4)).astype(np.int64)
    sets = [rng.integers(0, 12, int(rng.integers(1, 4))) for _ in range(3)]
    found = joined_groups((3, 4), bound, sets).ravel()
    all_sets = [set(s.tolist()) for s in sets]
    all_sets += [set(np.flatnonzero(bound.ravel() == n).tolist()) for n in (2, 5, 6)]
    while any(a & b for a, b in combinations(all_sets, 2)):
        a, b = next((a, b) for a, b in combinations(all_sets, 2) if a & b)
        all_sets = [s for s in all_sets if s not in (a, b)] + [a | b]
    known = {frozenset(s) for s in all_sets if s}
    assert {
        frozenset(np.flatnonzero(found == n).tolist()) for n in set(found.tolist()) - {0}
    } == known


@pytest.mark.parametrize("resistances", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 63, 64, 65, 130])
def test_edges_laid_strip_by_strip_are_those_laid_at_once(rows, resistances):
    random = np.random.default_rng(rows)
    cell = np.exp(random.normal(size=(rows, 6)))
    cell[random.random(cell.shape) < 0.2] = 0.0
    laid = Laid(cell, cell > 0, resistances, True, np.dtype(np.float64))
    whole = Whole(laid.whole())
    for low, high in ((1, rows + 1), (1, 2), (max(rows - 1, 1), rows + 1), (rows, rows + 1)):
        # of the last row what leads down belongs to the strip below
        for one, two in zip(laid.strip(low, high), whole.strip(low, high), strict=True):
            np.testing.assert_array_equal(one[: high - low + 1], two[: high - low + 1])
    assert laid.range() == whole.range()
    for one, two in zip(laid.scaled(0.3), whole.scaled(0.3), strict=True):
        np.testing.assert_array_equal(one, two)
    assert laid.dtype == whole.dtype


def test_kernels_over_strips_are_kernels_over_the_whole():
    random = np.random.default_rng(5)
    laid = Laid(random.random((150, 7)), np.ones((150, 7), bool), True, True, np.dtype(np.float64))
    fields = [framed(150, 7) for _ in range(5)]
    for field in fields[1:3]:
        field[1:151, 1:8] = random.normal(size=(150, 7))
    alone = [f.copy() for f in fields]
    by_strips(through_flow, laid, *fields, rows=150)
    through_flow(*laid.whole(), *alone, 1, 151)
    for one, two in zip(fields, alone, strict=True):
        np.testing.assert_array_equal(one, two)
