"""What is asked of a circuit, on lines, rings and stars of one ohm: pairs, regions, one to all, sources and grounds."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.pattern.circuit import current, effective_resistance, lattice, links
from shanshui.pattern.circuit.answers import ACCEPTED, Fields
from shanshui.pattern.circuit.lattice import DIRECT_CELLS, Lattice
from shanshui.pattern.circuit.links import Links
from shanshui.pattern.circuit.modes import (
    advanced,
    pairwise,
    pairwise_resistances,
    starred,
)
from shanshui.pattern.circuit.questions import resistance_matrix
from shanshui.pattern.circuit.refine import Solved, above, add, held_to, refined
from shanshui.pattern.circuit.regions import joined_groups

GAP = np.array([[1.0, 1, 1, 0, 1, 1]])
"""A line of three cells and one of two."""
SOLVE = {"tolerance": 1e-9, "limit": 100}


def nodes(**places):
    return {int(name[1:]): np.atleast_1d(np.array(at, np.intp)) for name, at in places.items()}


def network(*edges, count=None, **options):
    a, b, g = (np.array(column) for column in zip(*edges, strict=True))
    return Links(count or int(max(a.max(), b.max())) + 1, a, b, g.astype(float), **options)


def line_of(kind, cells):
    if kind is Lattice:
        return Lattice(np.ones((1, cells)))
    return network(*((i, i + 1, 1.0) for i in range(cells - 1)))


KINDS = pytest.mark.parametrize("kind", [Lattice, Links])


@KINDS
def test_pairs_of_a_line(kind):
    circuit = line_of(kind, 5)
    answers = {a.name: a for a in pairwise(circuit, nodes(n1=0, n2=2, n3=4))}
    assert list(answers) == [(1, 2), (1, 3), (2, 3)]
    assert [a.resistance for a in answers.values()] == pytest.approx([2, 4, 2])
    for pair, level, flow in (
        ((1, 2), [0, 1, 2, 2, 2], [1, 1, 1, 0, 0]),
        ((1, 3), [0, 1, 2, 3, 4], [1, 1, 1, 1, 1]),
        ((2, 3), [0, 0, 0, 1, 2], [0, 0, 1, 1, 1]),
    ):
        np.testing.assert_allclose(answers[pair].potential().ravel(), level, atol=1e-9)
        np.testing.assert_allclose(answers[pair].current().ravel(), flow, atol=1e-9)
    (one,) = pairwise(circuit, nodes(n1=0, n2=2, n3=4), [(3, 1)])
    assert one.name == (3, 1)
    np.testing.assert_allclose(one.potential().ravel(), [4, 3, 2, 1, 0], atol=1e-9)


def test_pairs_in_two_parts_leave_the_other_part_at_nought():
    circuit = Lattice(GAP)
    points = nodes(n1=0, n2=2, n3=4, n4=5)
    answers = {a.name: a for a in pairwise(circuit, points)}
    assert {pair: a.resistance for pair, a in answers.items() if np.isfinite(a.resistance)} == {
        (1, 2): pytest.approx(2.0),
        (3, 4): pytest.approx(1.0),
    }
    np.testing.assert_allclose(answers[1, 2].potential()[0], [0, 1, 2, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(answers[3, 4].potential()[0], [0, 0, 0, 0, 0, 1], atol=1e-9)
    for pair in ((1, 3), (1, 4), (2, 3), (2, 4)):
        assert np.isinf(answers[pair].resistance)
        assert not answers[pair].potential().any()
        assert not answers[pair].current().any()
    found = dict(pairwise_resistances(circuit, points))
    assert {p: r for p, r in found.items() if np.isfinite(r)} == {
        (1, 2): pytest.approx(2.0),
        (3, 4): pytest.approx(1.0),
    }
    assert len(found) == 6
    assert dict(pairwise_resistances(circuit, points, [(4, 3)])) == {(4, 3): pytest.approx(1.0)}


@pytest.mark.parametrize("solver", ["direct", "multigrid"])
def test_one_part_after_the_other(solver):
    circuit = Lattice(GAP, solver=solver)
    for source, sink, level in (
        (0, 2, [2, 1, 0, 0, 0, 0]),
        (5, 4, [0, 0, 0, 0, 0, 1]),
        (2, 0, [0, 1, 2, 0, 0, 0]),
        (1, 1, [0, 0, 0, 0, 0, 0]),
    ):
        found = circuit.between(source, sink, **SOLVE)
        np.testing.assert_allclose(found.field[0], level, atol=1e-9)
        assert not found.low[0, 3]


def test_a_network_one_part_after_the_other():
    circuit = network((0, 1, 1.0), (1, 2, 0.5), (4, 5, 2.0), count=6)
    for source, sink, level in (
        (0, 2, [3, 2, 0, 0, 0, 0]),
        (5, 4, [0, 0, 0, 0, 0, 0.5]),
        (2, 0, [0, 1, 3, 0, 0, 0]),
    ):
        np.testing.assert_allclose(circuit.between(source, sink, **SOLVE).field, level, atol=1e-12)
    assert circuit.component[3] not in circuit.component[[0, 1, 2, 4, 5]]


@KINDS
def test_regions_of_a_line(kind):
    circuit = line_of(kind, 6)
    for fields in (None, Fields(keep=False)):
        (answer,) = pairwise(circuit, nodes(n1=[0, 1], n2=[4, 5]), None, fields)
        assert answer.resistance == pytest.approx(3.0)
        np.testing.assert_allclose(answer.potential().ravel(), [0, 0, 1, 2, 3, 3], atol=1e-9)
        np.testing.assert_allclose(answer.current().ravel(), 1.0)
    (answer,) = pairwise(circuit, nodes(n1=[0, 1], n2=4))
    assert answer.resistance == pytest.approx(3.0)
    np.testing.assert_allclose(answer.current().ravel(), [1, 1, 1, 1, 1, 0], atol=1e-9)
    (answer,) = pairwise(circuit, nodes(n1=[0, 3], n2=[3, 5]))
    assert answer.resistance == 0.0
    assert not answer.current().any()


def test_a_region_of_two_parts_is_joined_by_its_own_pair_only():
    circuit = Lattice(GAP)
    points = nodes(n1=[0, 4], n2=2, n3=5)
    found = dict(pairwise_resistances(circuit, points))
    assert found == {(1, 2): pytest.approx(2.0), (1, 3): pytest.approx(1.0), (2, 3): np.inf}
    # cells off the ground take no part
    (answer,) = pairwise(circuit, nodes(n1=[0, 3], n2=[2, 3]))
    assert answer.resistance == pytest.approx(2.0)
    np.testing.assert_allclose(answer.current()[0], [1, 1, 1, 0, 0, 0], atol=1e-9)
    (answer,) = pairwise(circuit, nodes(n1=[0, 3], n2=[3, 4]))
    assert answer.resistance == np.inf


def test_fields_are_kept_or_forgotten():
    solved = []

    def solve():
        solved.append(1)
        return np.ones(2), 0.5

    for fields, times in ((Fields(), 1), (Fields(keep=False), 2)):
        solved.clear()
        for _ in range(2):
            field, residual = fields.get("one", solve)
            assert (field.tolist(), residual) == ([1, 1], 0.5)
        assert len(solved) == times


@KINDS
def test_one_to_all_and_all_to_one_on_a_line(kind):
    circuit, points = line_of(kind, 5), nodes(n1=0, n2=2, n3=4)
    everyone = lambda _: [1, 2, 3]  # noqa: E731
    out = {a.name: a for a in starred(circuit, points, {1: 3.0, 2: 0.0}, everyone, outward=True)}
    assert list(out) == [(1,), (2,), (3,)]
    # the first sends 3 A to the second; the last 1 A; the second nothing: its resistance is unknown
    np.testing.assert_allclose(out[1,].potential().ravel(), [6, 3, 0, 0, 0], atol=1e-9)
    np.testing.assert_allclose(out[1,].current().ravel(), [3, 3, 3, 0, 0], atol=1e-9)
    assert out[1,].resistance == pytest.approx(2.0)
    assert np.isnan(out[2,].resistance)
    assert out[3,].resistance == pytest.approx(2.0)
    # in the middle 1 A leaves by two ways of 2 ohms
    middle = list(starred(circuit, points, {}, everyone, outward=True))[1]
    assert middle.resistance == pytest.approx(1.0)
    np.testing.assert_allclose(middle.current().ravel(), [0.5, 0.5, 1, 0.5, 0.5])
    inward = {a.name: a for a in starred(circuit, points, {1: 3.0}, everyone, outward=False)}
    np.testing.assert_allclose(inward[3,].potential().ravel(), [14, 11, 8, 4, 0], atol=1e-9)
    np.testing.assert_allclose(inward[2,].current().ravel(), [3, 3, 4, 1, 1])
    assert np.isnan(inward[3,].resistance)
    few = {a.name: a for a in starred(circuit, points, {}, lambda _: [3], outward=False)}
    np.testing.assert_allclose(few[1,].current().ravel(), 1.0)
    np.testing.assert_allclose(few[2,].current().ravel(), [0, 0, 1, 1, 1], atol=1e-9)


def test_stars_have_no_ray_to_another_part_or_to_themselves():
    points = nodes(n1=0, n2=2, n3=4)
    for outward, none in ((True, np.inf), (False, np.nan)):
        out = list(starred(Lattice(GAP), points, {}, lambda _: [1, 2, 3], outward=outward))
        assert np.array_equal(out[2].resistance, none, equal_nan=True)
        assert not out[2].current().any()
        np.testing.assert_allclose(out[0].current()[0], [1, 1, 1, 0, 0, 0], atol=1e-9)
    # the ends of a short circuit are one node: only the third lies apart from the first
    joined = Lattice(np.ones((1, 5)), np.array([[1, 0, 1, 0, 0]]))
    first = next(starred(joined, points, {}, lambda _: [1, 2, 3], outward=True))
    assert first.resistance == pytest.approx(2.0)


@KINDS
def test_where_a_node_has_a_source_and_a_ground(kind):
    circuit = line_of(kind, 3)
    sources, grounds = circuit.blank(), circuit.blank()
    sources.ravel()[[0, 2]] = 2.0, 1.0
    grounds.ravel()[2] = 0.5
    for conflict, level in (
        ("keepall", [10, 8, 6]),  # 3 A through 2 ohms to ground
        ("rmvsrc", [8, 6, 4]),
        ("rmvgnd", [0, 0, 0]),
        ("rmvall", [0, 0, 0]),
    ):
        out = advanced(circuit, sources, grounds, conflict)
        np.testing.assert_allclose(out.potential().ravel(), level, atol=1e-9)
    kept = advanced(circuit, sources, grounds)
    np.testing.assert_allclose(kept.current().ravel(), [2, 2, 3])
    assert np.isnan(kept.resistance)
    # what is taken out is a source as well, and comes from the ground
    taken = advanced(circuit, -sources, grounds)
    np.testing.assert_allclose(taken.potential().ravel(), [-10, -8, -6], atol=1e-9)
    np.testing.assert_allclose(taken.current().ravel(), [2, 2, 3])
    np.testing.assert_allclose(
        advanced(circuit, -sources, grounds, "rmvsrc").potential().ravel(), [-8, -6, -4]
    )
    # with another ground at hand, the three ways of parting differ
    grounds.ravel()[1] = 2.0
    for conflict, level in (
        ("keepall", [22 / 7, 8 / 7, 10 / 7]),
        ("rmvsrc", [20 / 7, 6 / 7, 4 / 7]),
        ("rmvgnd", [3.5, 1.5, 2.5]),
        ("rmvall", [3, 1, 1]),
    ):
        out = advanced(circuit, sources, grounds, conflict)
        np.testing.assert_allclose(out.potential().ravel(), level)


@KINDS
def test_ground_itself(kind):
    circuit = line_of(kind, 4)
    sources, grounds = circuit.blank(), circuit.blank()
    sources.ravel()[[0, 3]] = 1.0, 1.0
    grounds.ravel()[[2, 3]] = np.inf
    # a source on ground itself keeps its current and loses the ground
    out = advanced(circuit, sources, grounds)
    np.testing.assert_allclose(out.potential().ravel(), [2, 1, 0, 1], atol=1e-9)
    np.testing.assert_allclose(out.current().ravel(), [1, 1, 2, 1], atol=1e-9)
    np.testing.assert_allclose(
        advanced(circuit, sources, grounds, "rmvsrc").potential().ravel(), [2, 1, 0, 0], atol=1e-9
    )
    grounds.ravel()[2] = 0.0
    assert not advanced(circuit, sources, grounds).potential().any()
    # leaks beside ground: half of the ampere each
    sources.ravel()[:], grounds.ravel()[:] = [0, 1, 0, 0], [0.5, 0, 0, np.inf]
    sources.ravel()[1] = 5.0
    out = advanced(circuit, sources, grounds)
    np.testing.assert_allclose(out.potential().ravel(), [4, 6, 3, 0], atol=1e-9)
    np.testing.assert_allclose(out.current().ravel(), [2, 5, 3, 3])


def test_parts_without_source_or_ground_stay_at_nought():
    circuit = Lattice(GAP)
    sources, grounds = circuit.blank(), circuit.blank()
    sources[0, [0, 3, 4]] = 1.0  # on a cell that does not conduct, and in a part without ground
    grounds[0, [2, 3]] = 1.0
    np.testing.assert_allclose(
        advanced(circuit, sources, grounds).potential()[0], [3, 2, 1, 0, 0, 0], atol=1e-9
    )
    sources[0, 4] = 0.0
    grounds[0, 5] = np.inf
    np.testing.assert_allclose(
        advanced(circuit, sources, grounds).potential()[0], [3, 2, 1, 0, 0, 0], atol=1e-9
    )
    # a part where every node leaks: 2/3 and 1/3 of the ampere
    network_of_two = network((0, 1, 1.0), (2, 3, 1.0))
    for two, shape in ((network_of_two, (4,)), (Lattice(np.array([[1.0, 0, 1, 1]])), (1, 4))):
        sent, lost = (np.reshape(x, shape) for x in ([0.0, 0, 1, 0], [0.0, 0, 1, 1]))
        levels = advanced(two, sent, lost).potential().ravel()
        np.testing.assert_allclose(levels, [0, 0, 2 / 3, 1 / 3], atol=1e-9)
    grounds[0, 0] = -1.0
    with pytest.raises(QuantityError, match="grounds: found conductances below 0"):
        advanced(circuit, sources, grounds)


@pytest.mark.parametrize("solver", ["direct", "multigrid", "amg"])
def test_a_short_circuit_is_one_node(solver):
    group = np.array([[0, 7, 7, 0]])
    circuit = Lattice(np.ones((1, 4)), group, solver=solver)
    np.testing.assert_array_equal(circuit.distinct(np.array([0, 1, 2, 3])), [0, 1, 3])
    np.testing.assert_array_equal(circuit.distinct(np.array([3, 2])), [2, 3])
    assert circuit.shares_node(np.array([0, 1]), np.array([2]))
    assert circuit.shares_node(np.array([0]), np.array([0]))
    assert not circuit.shares_node(np.array([0]), np.array([3]))
    assert not circuit.shares_node(np.array([0]), np.array([1, 2]))
    sources, grounds = circuit.blank(), circuit.blank()
    sources[0, 1], grounds[0, 3] = 3.0, np.inf
    out = advanced(circuit, sources, grounds)
    np.testing.assert_allclose(out.potential()[0], [3, 3, 3, 0], atol=1e-8)
    np.testing.assert_allclose(out.current()[0], [0, 3, 3, 3], atol=1e-8)
    # from the middle of the short circuit, to its fellow, and past it
    np.testing.assert_allclose(circuit.between(1, 3, **SOLVE).field[0], [1, 1, 1, 0], atol=1e-8)
    np.testing.assert_allclose(circuit.between(0, 2, **SOLVE).field[0], [1, 0, 0, 0], atol=1e-8)
    found = dict(pairwise_resistances(circuit, nodes(n1=0, n2=1, n3=2, n4=3)))
    assert list(found.values()) == pytest.approx([1, 1, 2, 0, 1, 1], abs=1e-8)
    # leaks of a short circuit are those of its cells together
    grounds[0, :] = 0, 0.25, 0.25, 0
    sources[0, :] = 1, 0, 0, 0
    out = advanced(circuit, sources, grounds)
    np.testing.assert_allclose(out.potential()[0], [3, 2, 2, 2], atol=1e-8)
    np.testing.assert_allclose(out.current()[0], [1, 1, 1, 0], atol=1e-8)


def test_short_circuits_join_parts_and_need_ground():
    ends = [(0, 0), (0, 5)]
    over = np.array([[0, 0, 2, 0, 2, 0]])
    assert effective_resistance(GAP, ends, conductance=True, short_circuits=over).loc[
        1, 2
    ] == pytest.approx(3.0)
    for loose in ([[0, 0, 2, 0, 3, 0]], [[0, 0, 0, 5, 0, 0]], [[0] * 6]):
        found = effective_resistance(GAP, ends, conductance=True, short_circuits=np.array(loose))
        assert found.loc[1, 2] == np.inf
    # two short circuits of unlike numbers, one above the other in the list
    both = np.array([[9, 9, 0, 4, 4, 0]])
    found = effective_resistance(np.ones((1, 6)), [(0, 0), (0, 5)], short_circuits=both)
    assert found.loc[1, 2] == pytest.approx(3.0)
    circuit = Lattice(np.ones((1, 6)), both)
    assert circuit.size == 6
    assert Lattice(GAP).size == 5


def test_corners_join_only_with_eight_neighbours():
    corner = np.array([[1.0, np.nan], [np.nan, 1.0]])
    ends = [(0, 0), (1, 1)]
    assert effective_resistance(corner, ends).loc[1, 2] == pytest.approx(2**0.5)
    assert effective_resistance(corner, ends, four_neighbours=True).loc[1, 2] == np.inf
    other = corner[:, ::-1]
    assert effective_resistance(other, [(0, 1), (1, 0)]).loc[1, 2] == pytest.approx(2**0.5)


def test_small_landscapes_and_networks_are_factorised():
    assert DIRECT_CELLS == 50 * 100
    assert Lattice(np.ones((50, 100))).solver == "direct"
    assert Lattice(np.ones((1, 5001))).solver == "multigrid"
    assert Lattice(np.ones((2, 2)), solver="amg").solver == "amg"
    assert line_of(Links, 3).solver == "direct"
    assert network((0, 1, 1.0), solver="amg").solver == "amg"
    none = np.empty(0, int)
    assert Links(400_000, none, none, np.empty(0)).solver == "direct"
    assert Links(400_001, none, none, np.empty(0)).solver == "amg"


def test_networks_add_up_and_leave_out():
    circuit = network((0, 1, 1.0), (1, 0, 3.0), (1, 1, 5.0), (1, 2, 0.0), (2, 3, 1.0))
    assert (circuit.a.tolist(), circuit.b.tolist(), circuit.g.tolist()) == (
        [0, 2],
        [1, 3],
        [4.0, 1.0],
    )
    assert circuit.size == 4
    assert circuit.shape == (4,)
    assert circuit.names.tolist() == [0, 1, 2, 3]
    assert circuit.component.tolist() == [1, 1, 2, 2]
    np.testing.assert_array_equal(circuit.branches(np.array([3.0, 1, 0, 2])), [8, -2])
    # into node 3 come 2 A along the edge and, by a leak of 1 S at -2 V, 2 A from ground
    flow = circuit.flow(np.array([3.0, 1, 0, -2]), np.array([0.0, 8, 0, 1]))
    np.testing.assert_array_equal(flow, [8, 8, 2, 4])
    assert circuit.shares_node(np.array([0, 1]), np.array([1, 2]))
    assert not circuit.shares_node(np.array([0, 1]), np.array([2, 3]))
    np.testing.assert_array_equal(circuit.distinct(np.array([3, 1])), [3, 1])


@KINDS
def test_nodes_held_at_given_levels(kind):
    circuit = line_of(kind, 5)
    found = circuit.clamped([0, 4], [8.0, 0.0], None, None, **SOLVE)
    np.testing.assert_allclose(found.field.ravel(), [8, 6, 4, 2, 0], atol=1e-9)
    sent, leak = circuit.blank(), circuit.blank()
    sent.ravel()[[0, 2]] = 9.0, 1.0  # what is sent to a held node goes straight away
    leak.ravel()[0] = 5.0
    found = circuit.clamped([0, 4], [8.0, 0.0], sent, leak, **SOLVE)
    np.testing.assert_allclose(found.field.ravel(), [8, 6.5, 5, 2.5, 0], atol=1e-9)
    leak.ravel()[:] = 0, 0, 0, 0, 0.5
    found = circuit.clamped([0], [8.0], None, leak, **SOLVE)
    np.testing.assert_allclose(found.field.ravel(), 8 - np.arange(5) * 8 / 6)


@KINDS
def test_a_part_is_factorised_once_for_all_its_pairs(kind, monkeypatch):
    module, name = (lattice, "Assembled") if kind is Lattice else (links, "Factor")
    plain, made = getattr(module, name), []
    monkeypatch.setattr(module, name, lambda *a, **k: made.append(1) or plain(*a, **k))
    found = dict(pairwise_resistances(line_of(kind, 6), nodes(n1=0, n2=2, n3=3, n4=5)))
    assert list(found.values()) == pytest.approx([2, 3, 5, 1, 3, 2])
    assert len(made) == 1


def test_resistances_as_a_table():
    table = resistance_matrix([((1, 3), 2.0), ((5, 1), np.inf)], [1, 3, 5])
    expected = [[0, 2, np.inf], [2, 0, np.nan], [np.inf, np.nan, 0]]
    np.testing.assert_array_equal(table, expected)
    assert table.index.tolist() == table.columns.tolist() == [1, 3, 5]


# questions


def test_names_of_networks_and_regions_come_back():
    table = pd.DataFrame({"a": ["x", "y"], "b": ["y", "z"], "r": [1.0, 2.0]})
    found = effective_resistance(table, ["z", "x"])
    assert found.index.tolist() == ["z", "x"]
    assert found.loc["z", "x"] == pytest.approx(3.0)
    assert np.isnan(effective_resistance(table, ["x", "y", "z"], pairs=[("z", "x")]).loc["x", "y"])
    flow = current(table, ["x", "y", "z"], pairs=[("x", "y")])
    assert flow.index.tolist() == ["x", "y", "z"]
    np.testing.assert_allclose(flow, [1, 1, 0], atol=1e-12)
    regions = np.array([[7, 0, 3, 7, 0]])
    found = effective_resistance(np.ones((1, 5)), regions)
    assert found.index.tolist() == [3, 7]
    assert found.loc[3, 7] == pytest.approx(2 / 3)
    strengths = current(table, ["x", "z"], mode="one-to-all", strengths={"z": 2.0, "q": 9.0})
    np.testing.assert_allclose(strengths, [3, 3, 3])
    edges = pd.DataFrame({"a": [0, 1], "b": [1, 2], "g": [1.0, 0.5]})
    for solver in ("auto", "direct", "multigrid", "amg"):
        found = effective_resistance(edges, [0, 2], conductance=True, solver=solver)
        assert found.loc[0, 2] == pytest.approx(3.0)


def test_current_is_the_sum_or_the_greatest_of_what_was_asked():
    points = [(0, 0), (0, 2), (0, 3)]
    line = np.ones((1, 4))
    np.testing.assert_allclose(current(line, points)[0], [2, 2, 3, 2], atol=1e-9)
    np.testing.assert_allclose(current(line, points, statistic="max")[0], 1.0)
    np.testing.assert_allclose(current(line, points, pairs=[(1, 2)])[0], [1, 1, 1, 0], atol=1e-9)
    sources, grounds = np.array([[2.0, np.nan, 0, 0]]), np.array([[0, 0, np.inf, np.nan]])
    flow = current(line, mode="advanced", sources=sources, grounds=grounds)
    np.testing.assert_allclose(flow[0], [2, 2, 2, 0], atol=1e-9)


def test_regions_send_and_draw_as_one():
    regions = np.array([[1, 1, 0, 0, 2]])
    for mode in ("one-to-all", "all-to-one"):
        flow = current(np.ones((1, 5)), regions, mode=mode, statistic="max")
        np.testing.assert_allclose(flow[0], 1.0)
    # two rows: a region's two cells send through both
    flow = current(
        np.ones((2, 3)), np.array([[1, 0, 2], [1, 0, 2]]), mode="one-to-all", four_neighbours=True
    )
    np.testing.assert_allclose(flow, [[2, 1, 2], [2, 1, 2]])


def test_regions_and_short_circuits_that_overlap_are_one():
    regions = [np.array([0, 1]), np.array([5, 6])]
    assert joined_groups((1, 7), None, []) is None
    bound = np.array([[0, 0, 5]])
    np.testing.assert_array_equal(joined_groups((1, 3), bound, [[]]), bound)

    def parts(group, sets=regions):
        bound = None if group is None else np.array([group])
        found = joined_groups((1, 7), bound, sets)[0]
        return [np.flatnonzero(found == n).tolist() for n in dict.fromkeys(found.tolist()) if n]

    assert parts(None) == [[0, 1], [5, 6]]
    assert parts([0, 9, 9, 0, 0, 0, 0]) == [[0, 1, 2], [5, 6]]
    assert parts([0, 0, 9, 9, 0, 0, 0]) == [[0, 1], [2, 3], [5, 6]]
    assert parts([0, 9, 0, 0, 0, 9, 0]) == [[0, 1, 5, 6]]
    assert parts([0, 0, 0, 3, 3, 0, 0]) == [[0, 1], [3, 4], [5, 6]]
    # numbers below 0 are no short circuit; two regions in one cell are one
    assert parts([0, -9, 0, 0, 0, -9, 0]) == [[0, 1], [5, 6]]
    assert parts(None, [[0, 3], [3, 6], [2, 4]]) == [[0, 3, 6], [2, 4]]
    # by way of others: one region, two short circuits, another region
    assert parts([0, 7, 0, 7, 8, 8, 0], [[0, 1], [3, 4], [5, 6]]) == [[0, 1, 3, 4, 5, 6]]
    # the shape is refused where the circuit is made
    marks = np.array([[1, 1, 0, 0, 2, 3, 3]])
    with pytest.raises(QuantityError, match="short_circuits: found shape"):
        current(np.ones((1, 7)), marks, mode="one-to-all", short_circuits=np.ones((2, 2)))
    with pytest.raises(QuantityError, match="short_circuits: found shape"):
        current(np.ones((1, 7)), marks, short_circuits=np.ones((2, 2)))


LINE, TWO = np.ones((1, 4)), [(0, 0), (0, 3)]
EDGES = pd.DataFrame({"a": [0, 1], "b": [1, 2], "r": [1.0, 1.0]})


@pytest.mark.parametrize(
    ("values", "points", "options", "words"),
    [
        (LINE, TWO, {"mode": "pairwize"}, "mode: found 'pairwize'; did you mean 'pairwise'"),
        (LINE, TWO, {"statistic": "mean"}, "statistic: found 'mean'"),
        (LINE, TWO, {"precision": "half"}, "precision: found 'half'"),
        (LINE, None, {}, "points: mode 'pairwise' needs them"),
        (LINE, None, {"mode": "advanced", "sources": LINE}, "sources, grounds"),
        (LINE, None, {"mode": "advanced", "grounds": LINE}, "sources, grounds"),
        (LINE, None, {"mode": "advanced", "sources": LINE.T, "grounds": LINE}, "sources: found shape"),
        (LINE, None, {"mode": "advanced", "sources": LINE, "grounds": LINE.T}, "grounds: found shape"),
        (LINE, TWO, {"pairs": [(1, 2), (1, 7)]}, r"pairs: found \[7\]"),
        (LINE, TWO, {"short_circuits": LINE.T}, "short_circuits: found shape"),
        (LINE[0], TWO, {}, "resistance: found 1 dimensions"),
        (LINE[0], TWO, {"conductance": True}, "conductance: found 1 dimensions"),
        (np.array([[1.0, np.inf, 1]]), TWO, {"conductance": True}, "infinite"),
        (np.zeros((1, 4)), TWO, {"conductance": True}, "no cell or edge"),
        (LINE, [(0, 0, 1), (0, 3, 1)], {}, "points: found shape"),
        (LINE, [0, 3], {}, "points: found shape"),
        (LINE, [(0, 0), (0, 4)], {}, "outside"),
        (LINE, [(0, 0), (1, 0)], {}, "outside"),
        (LINE, [(0, 0), (0, -1)], {}, "outside"),
        (LINE, np.array([[1, 1, 0, 0]]), {}, "found 1; expected at least two"),
        (EDGES, [0, 9], {}, "points: found .*9.*no nodes"),
        (EDGES, [0, 1, 1], {}, "a node twice"),
        (EDGES, [0], {}, "found 1; expected at least two"),
    ],
)  # fmt: skip
def test_questions_that_are_not_right_are_refused(values, points, options, words):
    with pytest.raises(QuantityError, match=words):
        current(values, points, **options)


def test_ground_at_the_limits_is_taken():
    # infinite resistance and no conductance are barriers, not errors
    for values, options in (
        (np.array([[1.0, 1, np.inf, 1]]), {}),
        (np.array([[1.0, 1, 0, 1]]), {"conductance": True}),
        (np.array([[1.0, 1, np.nan, 1]]), {"conductance": True}),
    ):
        found = effective_resistance(values, [(0, 0), (0, 1), (0, 3)], **options)
        assert found.loc[1, 2] == pytest.approx(1.0)
        assert found.loc[1, 3] == np.inf
    grid = xr.DataArray(np.ones((1, 3)), dims=("y", "x"))
    assert effective_resistance(grid, grid.copy(data=[[1, 0, 2]])).loc[1, 2] == pytest.approx(2.0)


# how good a solution is


def test_what_a_sum_rounds_off_is_kept():
    high, low = np.array([1.0]), np.array([0.0])
    add(high, low, np.array([1e-20]))
    assert (high[0], low[0]) == (1.0, 1e-20)
    add(high, low, np.array([1e20]))
    add(high, low, np.array([-1e20]))
    assert high[0] + low[0] == 1.0
    solved = above(Solved(np.array([3.0, 1.0]), np.array([1e-20, 2e-20]), 0.0, 0.0), 1)
    np.testing.assert_array_equal(solved.field, [2.0, 0.0])
    np.testing.assert_array_equal(solved.low, [-1e-20, 0.0])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1.1e-6])
def test_solutions_in_doubt_are_refused(bad):
    field = np.zeros(1)
    assert held_to(Solved(field, field, 1e-6, 1e-6), ACCEPTED, currents=True).doubt == 1e-6
    with pytest.raises(ResourceError, match="the circuit was not solved"):
        held_to(Solved(field, field, 0.0, bad), ACCEPTED, currents=False)
    with pytest.raises(ResourceError, match="the currents are not known"):
        held_to(Solved(field, field, bad, 0.0), ACCEPTED, currents=True)
    assert held_to(Solved(field, field, bad, 0.0), ACCEPTED, currents=False).doubt == 0.0


def one_ohm(share, told=None):
    """A node of 1 S to ground that 1 A is sent to, and a solver that takes off so much of what is left."""

    def balance(high, low):
        rest = 1.0 - high - low
        return rest, float(((high + low) ** 2).sum()), 1.0, None

    def correction(rest, enough):
        wrong = float((rest**2).sum())
        if told is not None:
            told.append(wrong)
        return (None if wrong <= enough else share * rest), wrong

    return balance, correction


def test_corrections_go_on_to_the_goal_or_until_they_help_no_more():
    told = []
    out = refined(*one_ohm(0.9, told), np.zeros(1), 1e-6)
    # each leaves a tenth: from 1 to 1e-6 six and, as there is no energy before the first, one look more
    assert out.field[0] == pytest.approx(1.0, abs=1.1e-6)
    assert out.doubt == pytest.approx(10.0 ** -(len(told) - 1), rel=1e-3)
    assert out.doubt <= 1.001e-6
    assert out.residual == pytest.approx(out.doubt, rel=1e-3)
    told.clear()
    slow = refined(*one_ohm(0.2, told), np.zeros(1), 1e-6)
    # four fifths are left each time: 0.8 / 0.2, 0.64 / 0.36, and then a doubt of more than half of that
    assert len(told) == 4
    assert slow.doubt == pytest.approx(0.512 / 0.488)
    assert slow.field[0] == pytest.approx(0.488)


def test_a_solver_that_breaks_down_leaves_all_in_doubt():
    def broken(wrong):
        balance, _ = one_ohm(1.0)
        return refined(balance, lambda rest, _: (rest, wrong), np.zeros(1), 1e-6)

    for wrong in (np.nan, np.inf, -1.0):
        out = broken(wrong)
        assert out.doubt == np.inf
        assert out.field[0] == 0.0
        assert out.residual == 1.0
    still = refined(
        lambda high, low: (high, 0.0, 0.0, None), lambda *_: (None, 0.0), np.zeros(2), 1e-6
    )
    assert (still.doubt, still.residual) == (0.0, 0.0)
    lost = refined(
        lambda high, low: (high + 1.0, np.inf, 0.0, None), lambda *_: (None, 0.0), np.zeros(2), 1e-6
    )
    assert (lost.doubt, lost.residual) == (np.inf, 1.0)
    unbegun = refined(
        lambda high, low: (high + 1.0, 0.0, 1.0, None), lambda *_: (None, 1.0), np.zeros(2), 1e-6
    )
    assert unbegun.doubt == np.inf
