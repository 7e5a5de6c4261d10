"""Circuits whose answers a pencil gives, laws that every circuit keeps, and solvers that must agree."""

from decimal import Context, Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.pattern.circuit import current, effective_resistance, links, refine, system
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import advanced, pairwise


def rough(rows, cols, seed=0, holes=0.2, decades=2.0):
    """A landscape with holes of which the largest part is kept."""
    random = np.random.default_rng(seed)
    values = 10 ** random.uniform(0, decades, (rows, cols))
    values[random.random((rows, cols)) < holes] = np.nan
    label, _ = ndimage.label(np.isfinite(values), np.ones((3, 3)))
    largest = np.bincount(label.ravel())[1:].argmax() + 1
    return np.where(label == largest, values, np.nan)


def ends(values, *places):
    cells = np.argwhere(np.isfinite(values))
    return [tuple(cells[int(p * (len(cells) - 1))]) for p in places]


def between(*args, **options):
    return float(effective_resistance(*args, **options).iloc[0, 1])


def test_series_and_parallel():
    assert between(np.ones((1, 3)), [(0, 0), (0, 2)]) == pytest.approx(2.0, abs=1e-12)
    ring = np.ones((2, 2))
    assert between(ring, [(0, 0), (1, 1)], four_neighbours=True) == pytest.approx(1.0, abs=1e-12)
    assert between(ring, [(0, 0), (0, 1)], four_neighbours=True) == pytest.approx(0.75, abs=1e-12)
    # corner to corner with both diagonals: by symmetry the other corners are level, two ways of two edges beside the diagonal
    assert between(ring, [(0, 0), (1, 1)]) == pytest.approx(1 / (1 + 2**-0.5), abs=1e-12)


def test_mean_of_resistances_or_of_conductances():
    pair = np.array([[1.0, 3.0]])
    assert between(pair, [(0, 0), (0, 1)]) == pytest.approx(2.0)
    assert between(pair, [(0, 0), (0, 1)], mean_resistance=False) == pytest.approx(1.5)
    assert between(1 / pair, [(0, 0), (0, 1)], conductance=True) == pytest.approx(2.0)


def test_wheatstone_in_and_out_of_balance():
    balanced = pd.DataFrame({"a": [1, 1, 2, 3, 2], "b": [2, 3, 4, 4, 3], "r": [1, 2, 2, 4, 5.0]})
    assert between(balanced, [1, 4]) == pytest.approx(2.0)
    flow = current(balanced, [1, 4])
    np.testing.assert_allclose(flow, [1, 2 / 3, 1 / 3, 1])
    off = balanced.assign(r=[1.0, 2.0, 3.0, 4.0, 5.0])
    # nodal equations: 1.7 b - 0.2 c = 1 and -0.2 b + 0.95 c = 0.5 for one volt
    b, c = np.linalg.solve([[1 + 1 / 3 + 1 / 5, -1 / 5], [-1 / 5, 1 / 2 + 1 / 4 + 1 / 5]], [1, 0.5])
    assert between(off, [1, 4]) == pytest.approx(1 / ((1 - b) / 1 + (1 - c) / 2))


@pytest.mark.parametrize(("step", "exact"), [((0, 1), 0.5), ((1, 1), 2 / np.pi)])
def test_the_infinite_lattice(step, exact):
    size = 201
    middle = size // 2
    found = between(
        np.ones((size, size)),
        [(middle, middle), (middle + step[0], middle + step[1])],
        four_neighbours=True,
    )
    assert found == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("four", [False, True])
@pytest.mark.parametrize("mean", [False, True])
def test_all_solvers_agree(four, mean):
    values = rough(90, 70, 1, 0.2, 3.0) if not four else rough(90, 70, 1, 0.05, 3.0)
    points = ends(values, 0.1, 0.5, 0.9)
    options = {"four_neighbours": four, "mean_resistance": mean}
    known = effective_resistance(values, points, solver="direct", **options)
    known_flow = current(values, points, solver="direct", **options)
    for solver in ("multigrid", "amg"):
        found = effective_resistance(values, points, solver=solver, **options)
        flow = current(values, points, solver=solver, **options)
        reached = np.isfinite(known.to_numpy())
        np.testing.assert_allclose(found.to_numpy()[reached], known.to_numpy()[reached], rtol=1e-8)
        np.testing.assert_allclose(flow, known_flow, atol=1e-7)


def walls_with_gaps(side, apart, contrast):
    """Patches of two kinds of ground between walls that leave one gap each."""
    random = np.random.default_rng(3)
    smooth = ndimage.gaussian_filter(random.normal(size=(side, side)), 3)
    values = np.where(smooth > 0, 1.0, contrast)
    for row in range(apart // 2, side, apart):
        values[row, :] = np.inf
        values[row, random.integers(side)] = 1.0
    return values


def eliminated(network, source, sink):
    """Resistance between two nodes in 60 digits, by elimination node after node: none of our arithmetic."""
    with localcontext(Context(prec=60)):
        rows = {}
        for a, b, g in zip(network.a, network.b, network.g, strict=True):
            for one, other in ((int(a), int(b)), (int(b), int(a))):
                row = rows.setdefault(one, {})
                row[other] = row.get(other, Decimal(0)) + Decimal(float(g))
        for node in sorted(rows):
            if node in (source, sink):
                continue
            star = rows.pop(node)
            total = sum(star.values())
            for one, g in star.items():
                del rows[one][node]
                for other, h in star.items():
                    if other != one:
                        rows[one][other] = rows[one].get(other, Decimal(0)) + g * h / total
        return float(1 / rows[source][sink])


@pytest.mark.parametrize("contrast", [1e6, 1e9, 1e12])
@pytest.mark.parametrize(("solver", "digits"), [("direct", 13), ("multigrid", 9), ("amg", 9)])
def test_walls_with_one_gap_give_what_sixty_digits_give(contrast, solver, digits):
    values = walls_with_gaps(30, 10, contrast)
    source, sink = 2 * 30 + 2, 27 * 30 + 27
    exact = eliminated(_as_links(Lattice(1 / values)), source, sink)
    found = between(values, [(2, 2), (27, 27)], solver=solver)
    assert found == pytest.approx(exact, rel=10.0**-digits)


@pytest.mark.parametrize(("solver", "digits"), [("direct", 13), ("multigrid", 9), ("amg", 9)])
def test_a_long_way_through_walls_is_known_to_the_digits_promised(solver, digits):
    # 4232392.31852364: refined with residuals in extended precision by a program of its own
    found = between(walls_with_gaps(150, 30, 1e6), [(2, 2), (147, 147)], solver=solver)
    assert found == pytest.approx(4232392.31852364, rel=10.0**-digits)


@pytest.mark.parametrize("contrast", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("solver", ["direct", "amg"])
def test_easy_ground_between_hard_links_counts_its_own(contrast, solver):
    """Two grids of one ohm at either end of a hard link, and a second hard link from far to far."""
    side = 12
    grid = np.arange(side * side).reshape(side, side)
    a = np.concatenate([grid[:, :-1].ravel(), grid[:-1].ravel()])
    b = np.concatenate([grid[:, 1:].ravel(), grid[1:].ravel()])
    far = side * side
    ends = np.array([far - 1, 0]), np.array([far, 2 * far - 1])
    table = pd.DataFrame(
        {
            "a": np.concatenate([a, a + far, ends[0]]),
            "b": np.concatenate([b, b + far, ends[1]]),
            "r": np.concatenate([np.ones(2 * a.size), [contrast, 2 * contrast]]),
        }
    )
    alone = pd.DataFrame({"a": a, "b": b, "r": np.ones(a.size)})
    across = between(alone, [0, far - 1], solver=solver)
    # seen from corner to corner each grid is one resistor: a ring of four
    ring = np.array([across, contrast, across, 2 * contrast])
    found = effective_resistance(table, [0, far - 1, far], solver=solver)
    for pair, one in (((0, far - 1), ring[0]), ((far - 1, far), ring[1])):
        exact = one * (ring.sum() - one) / ring.sum()
        assert found.loc[pair] == pytest.approx(exact, rel=1e-9 if solver == "amg" else 1e-12)


@pytest.mark.parametrize("contrast", [1e6, 1e9, 1e12])
@pytest.mark.parametrize(("solver", "digits"), [("direct", 13), ("multigrid", 9), ("amg", 9)])
def test_regions_held_behind_hard_ground(contrast, solver, digits):
    """Columns of easy cells on both sides of one hard column, held at their outer rims: rows side by side."""
    values = np.ones((6, 9))
    values[:, 4] = contrast
    points = np.zeros((6, 9), int)
    points[:, 0], points[:, 8] = 1, 2
    found = between(values, points, solver=solver, four_neighbours=True)
    assert found == pytest.approx((7.0 + contrast) / 6.0, rel=10.0**-digits)


@pytest.mark.parametrize("solver", ["direct", "multigrid", "amg"])
def test_currents_into_a_leak_behind_hard_ground(solver):
    line = np.ones((1, 40))
    line[0, 20] = 1e9
    circuit = Lattice(1 / line, solver=solver)
    sources, grounds = circuit.blank(), circuit.blank()
    sources[0, 0], grounds[0, 39] = 1.0, 0.25
    answer = advanced(circuit, sources, grounds)
    level = np.concatenate([[0.0], np.cumsum((line[0, 1:] + line[0, :-1])[::-1] / 2)])[::-1] + 4.0
    np.testing.assert_allclose(answer.potential()[0], level, rtol=1e-9)
    np.testing.assert_allclose(answer.current()[0], 1.0, atol=1e-6)


def in_sixty_digits(network, source, sink):
    """Currents through all nodes for an ampere, by Gauss-Jordan elimination in 60 digits."""
    with localcontext(Context(prec=60)):
        size = network.size
        rows = [[Decimal(0)] * (size + 1) for _ in range(size)]
        edges = [
            (int(a), int(b), Decimal(float(g)))
            for a, b, g in zip(network.a, network.b, network.g, strict=True)
        ]
        for a, b, g in edges:
            for one, other in ((a, b), (b, a)):
                rows[one][one] += g
                rows[one][other] -= g
        rows[source][size] = Decimal(1)
        rows[sink] = [Decimal(int(k == sink)) for k in range(size + 1)]
        for n in range(size):
            rows[n] = [x / rows[n][n] for x in rows[n]]
            for m in range(size):
                if m != n and rows[m][n]:
                    rows[m] = [x - rows[m][n] * y for x, y in zip(rows[m], rows[n], strict=True)]
        out = [[Decimal(0)] * size, [Decimal(0)] * size]
        for a, b, g in edges:
            along = g * (rows[a][size] - rows[b][size])
            for node, one in ((a, along), (b, -along)):
                out[int(one > 0)][node] += abs(one)
        return np.array([float(max(pair)) for pair in zip(*out, strict=True)])


@pytest.mark.parametrize("contrast", [1e9, 1e13])
@pytest.mark.parametrize("mode", ["pairwise", "one-to-all", "all-to-one", "advanced"])
def test_currents_between_easy_cells_behind_hard_ones_are_right(contrast, mode):
    """Potentials of great and nearly equal size: a double alone leaves some 1e-16 of the contrast over at a cell."""
    values = np.where(np.random.default_rng(4).random((6, 6)) < 0.5, 1.0, contrast)
    values[0, 0] = values[5, 5] = 1.0
    exact = in_sixty_digits(_as_links(Lattice(1 / values)), 0, 35).reshape(6, 6)
    options = {"mode": mode}
    if mode == "advanced":
        options["sources"], options["grounds"] = np.zeros((2, 6, 6))
        options["sources"][0, 0], options["grounds"][5, 5] = 1.0, np.inf
    found = current(values, None if mode == "advanced" else [(0, 0), (5, 5)], **options)
    # two stars, one from either end
    np.testing.assert_allclose(found, exact * (2 if "all" in mode else 1), rtol=1e-9)


def test_a_refusal_advises_nothing_that_was_done(monkeypatch):
    monkeypatch.setattr(refine, "ROUNDS", 1)
    monkeypatch.setattr(links, "CORRECTION_STEPS", 1)
    values = walls_with_gaps(30, 10, 1e13)
    for solver, words in (("direct", "cap"), ("amg", "direct")):
        with pytest.raises(ResourceError, match=f"by {solver}, a resistance is known") as told:
            effective_resistance(values, [(2, 2), (27, 27)], solver=solver)
        advice = str(told.value).partition("apart: ")[2]
        assert words in advice
        assert solver not in advice


def test_a_solver_that_stalls_ends_early_and_the_factor_takes_over(monkeypatch):
    """Patches nine powers of ten apart: cycles end soon after they help no more, and the answer is that of the factor."""
    random = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(random.normal(size=(200, 200)), 3)
    values = np.where(smooth > np.quantile(smooth, 0.6), 1e-6, 1e6)
    cycles = []
    plain = system.Multigrid.cycle
    monkeypatch.setattr(system.Multigrid, "cycle", lambda *a: cycles.append(1) or plain(*a))
    points = [(3, 3), (190, 180)]
    found = between(values, points, solver="multigrid")
    assert found == pytest.approx(between(values, points, solver="direct"), rel=1e-12)
    assert 0 < len(cycles) < 500


def test_single_precision_is_near():
    values = rough(160, 160, 2)
    points = ends(values, 0.1, 0.9)
    single = between(values, points, solver="multigrid", precision="single")
    assert single == pytest.approx(between(values, points), rel=1e-4)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_current_is_kept_at_every_node(seed):
    values = rough(12, 14, seed)
    circuit = Lattice(np.nan_to_num(1 / values))
    a, b = (i * 14 + j for i, j in ends(values, 0.0, 1.0))
    if a == b:
        return
    v = circuit.between(a, b, tolerance=1e-12, limit=100).field
    links = _as_links(circuit)
    along = links.branches(v.ravel())
    net = np.bincount(links.a, along, v.size) - np.bincount(links.b, along, v.size)
    expected = np.zeros(v.size)
    expected[a], expected[b] = 1.0, -1.0
    np.testing.assert_allclose(net, expected, atol=1e-9)


def _as_links(circuit):
    ny, nx = circuit.shape
    index = np.arange(ny * nx).reshape(ny, nx)
    inner = [e[1 : ny + 1, 1 : nx + 1] for e in circuit.edges]
    pairs = [
        (index[:, :-1], index[:, 1:], inner[0][:, :-1]),
        (index[:-1], index[1:], inner[1][:-1]),
        (index[:-1, :-1], index[1:, 1:], inner[2][:-1, :-1]),
        (index[:-1, 1:], index[1:, :-1], inner[3][:-1, 1:]),
    ]
    a, b, g = (np.concatenate([p[k].ravel() for p in pairs]) for k in range(3))
    return Links(ny * nx, a, b, g)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_resistance_is_a_distance(seed):
    values = rough(10, 11, seed, 0.1)
    points = ends(values, 0.0, 0.3, 0.7, 1.0)
    if len(set(points)) < 4:
        return
    r = effective_resistance(values, points).to_numpy()
    np.testing.assert_allclose(r, r.T)
    for i in range(4):
        for j in range(4):
            assert (r[i, j] <= r[i] + r[:, j] + 1e-9).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_rayleigh_harder_ground_never_eases_the_way(seed):
    values = rough(10, 11, seed, 0.1)
    points = ends(values, 0.0, 1.0)
    if points[0] == points[1]:
        return
    random = np.random.default_rng(seed)
    harder = values * np.where(random.random(values.shape) < 0.3, 5.0, 1.0)
    assert between(harder, points) >= between(values, points) * (1 - 1e-10)


@given(seed=st.integers(0, 10_000), nodes=st.integers(4, 12))
@settings(max_examples=15, deadline=None)
def test_foster_resistances_over_edges_sum_to_nodes_less_one(seed, nodes):
    random = np.random.default_rng(seed)
    a, b = np.triu_indices(nodes, 1)
    kept = (random.random(a.size) < 0.5) | (b == a + 1)
    a, b = a[kept], b[kept]
    r = random.uniform(0.5, 5.0, a.size)
    table = pd.DataFrame({"a": a, "b": b, "r": r})
    found = effective_resistance(table, list(range(nodes)))
    total = sum(found.loc[i, j] / x for i, j, x in zip(a, b, r, strict=True))
    assert total == pytest.approx(nodes - 1)


def test_parts_without_a_way_are_infinitely_far():
    values = np.ones((5, 9))
    values[:, 4] = np.nan
    table = effective_resistance(values, [(2, 1), (2, 3), (2, 7)])
    assert np.isinf(table.iloc[0, 2])
    assert np.isfinite(table.iloc[0, 1])
    flow = current(values, [(2, 1), (2, 7)])
    assert (flow == 0).all()


@pytest.mark.parametrize("solver", ["direct", "multigrid"])
def test_regions_are_one_node(solver):
    # a strip between two full columns: rows in parallel
    values = np.ones((4, 6))
    points = np.zeros((4, 6), int)
    points[:, 0], points[:, 5] = 1, 2
    table = effective_resistance(values, points, four_neighbours=True, solver=solver)
    assert table.iloc[0, 1] == pytest.approx(5 / 4)
    flow = current(values, points, four_neighbours=True, solver=solver)
    np.testing.assert_allclose(flow[:, 1:5], 0.25, atol=1e-9)
    np.testing.assert_allclose(flow[:, [0, 5]], 1.0, atol=1e-9)


@pytest.mark.parametrize("solver", ["direct", "multigrid"])
def test_short_circuits_shorten_by_their_length(solver):
    line = np.ones((1, 9))
    group = np.zeros((1, 9), int)
    group[0, 3:6] = 7
    found = between(line, [(0, 0), (0, 8)], short_circuits=group, solver=solver)
    assert found == pytest.approx(6.0)
    # even over ground that does not conduct, with mean conductance: half edges at its rim
    line[0, 4] = np.nan
    assert between(line, [(0, 0), (0, 8)], short_circuits=group, solver=solver) == pytest.approx(
        6.0
    )


def test_one_to_all_and_all_to_one_on_a_star():
    star = pd.DataFrame({"a": [0, 0, 0], "b": [1, 2, 3], "r": [1.0, 1.0, 1.0]})
    out = current(star, [1, 2, 3], mode="one-to-all", statistic="max")
    np.testing.assert_allclose(out, [1, 1, 1, 1])
    out = current(star, [1, 2, 3], mode="all-to-one", statistic="max")
    np.testing.assert_allclose(out, [2, 2, 2, 2])
    out = current(star, [1, 2, 3], mode="all-to-one", statistic="max", strengths={1: 5.0})
    assert out.max() == pytest.approx(6.0)


def test_sources_grounds_and_leaks():
    line = Lattice(np.ones((1, 5)))
    sources, grounds = line.blank(), line.blank()
    sources[0, 0], grounds[0, 4] = 2.0, np.inf
    answer = advanced(line, sources, grounds)
    np.testing.assert_allclose(answer.potential()[0], [8, 6, 4, 2, 0], atol=1e-9)
    np.testing.assert_allclose(answer.current()[0], 2.0, atol=1e-9)
    grounds[0, 4] = 0.5  # two ohms to ground
    np.testing.assert_allclose(
        advanced(line, sources, grounds).potential()[0], [12, 10, 8, 6, 4], atol=1e-9
    )
    # both at one node
    grounds[0, 0] = 1.0
    kept = advanced(line, sources, grounds).potential()
    assert kept[0, 0] < 12
    assert advanced(line, sources, grounds, "rmvsrc").potential().max() == 0.0
    np.testing.assert_allclose(
        advanced(line, sources, grounds, "rmvgnd").potential()[0, 0], 12, atol=1e-9
    )


def test_of_n_points_all_but_one_per_part_are_solved(monkeypatch):
    calls = []
    plain = Lattice.between

    def counted(self, *args, **options):
        calls.append(args)
        return plain(self, *args, **options)

    monkeypatch.setattr(Lattice, "between", counted)
    effective_resistance(np.ones((6, 6)), [(0, 0), (0, 5), (5, 0), (5, 5), (3, 3)])
    assert len(calls) == 4


def test_labelled_grids_come_back_labelled():
    grid = xr.DataArray(
        np.ones((3, 4)), dims=("y", "x"), coords={"y": [3, 2, 1], "x": [1, 2, 3, 4]}
    )
    out = current(grid, [(0, 0), (2, 3)])
    assert out.dims == ("y", "x")
    assert out.attrs["units"] == "A"


@pytest.mark.parametrize(
    ("values", "points", "options", "words"),
    [
        (np.array([[1.0, 0.0, 1.0]]), [(0, 0), (0, 2)], {}, "above 0"),
        (np.array([[1.0, -2.0, 1.0]]), [(0, 0), (0, 2)], {}, "-2"),
        (np.full((2, 3), np.nan), [(0, 0), (0, 2)], {}, "no cell or edge"),
        (np.array([[1.0, -2.0, 1.0]]), [(0, 0), (0, 2)], {"conductance": True}, "0 or more"),
        (np.array([[1.0, np.nan, 1.0]]), [(0, 0), (0, 1)], {}, "nothing conducts"),
        (np.ones((2, 3)), [(0, 0)], {}, "at least two"),
        (np.ones((2, 3)), [(0, 0), (0, 9)], {}, "outside"),
        (np.ones((2, 3)), [(0, 0), (0, 1)], {"solver": "multigird"}, "did you mean 'multigrid'"),
        (np.ones((2, 3)), [(0, 0), (0, 1)], {"pairs": [(1, 5)]}, "5"),
        (np.ones((2, 3)), np.ones((4, 4)), {}, "shape"),
    ],
)
def test_what_is_wrong_is_said(values, points, options, words):
    with pytest.raises(QuantityError, match=words):
        effective_resistance(values, points, **options)


def test_pairs_alone():
    table = effective_resistance(np.ones((3, 3)), [(0, 0), (1, 1), (2, 2)], pairs=[(1, 3)])
    assert np.isfinite(table.loc[1, 3])
    assert np.isnan(table.loc[1, 2])


def test_answers_do_not_depend_on_threads():
    values = rough(300, 40, 5)
    answers = []
    for threads in (1, 2, 3):
        circuit = Lattice(np.nan_to_num(1 / values), solver="multigrid", threads=threads)
        nodes = np.flatnonzero(circuit.node)[[5, -5]]
        answers += pairwise(circuit, {1: nodes[:1], 2: nodes[1:]})
    for other in answers[1:]:
        assert other.resistance == answers[0].resistance
        np.testing.assert_array_equal(other.potential(), answers[0].potential())


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_solutions_side_by_side_are_those_of_each_alone_to_the_last_bit(precision):
    values = rough(120, 90, 8)
    circuit = Lattice(np.nan_to_num(1 / values), solver="multigrid", precision=precision)
    part = circuit.component.ravel()
    nodes = np.flatnonzero(part == np.bincount(part[part > 0]).argmax())
    sources, sink = nodes[np.linspace(1, nodes.size - 2, 11).astype(int)].tolist(), int(nodes[0])
    together = [
        (s.field.copy(), s.low.copy(), s.residual, s.doubt)
        for s in circuit.several(sources, sink, tolerance=1e-9, limit=500)
    ]
    assert circuit.abreast == 8 < len(together)
    for source, found in zip(sources, together, strict=True):
        alone = circuit.between(source, sink, tolerance=1e-9, limit=500)
        np.testing.assert_array_equal(found[0], alone.field)
        np.testing.assert_array_equal(found[1], alone.low)
        assert found[2:] == (alone.residual, alone.doubt)
