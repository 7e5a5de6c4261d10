"""Moving windows whose currents a pencil gives: what is drawn, from whom, over which ground."""

import numpy as np
import pytest

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.pattern.circuit import omnidirectional as module
from shanshui.pattern.circuit.omnidirectional import Omnidirectional, omnidirectional
from shanshui.pattern.circuit.windows import Condition, Windows


def line(*strength):
    return np.array([strength], float)


def flow(windows, **options):
    return omnidirectional(windows, flow_potential=False, **options).current


def of_each_window(windows):
    """Current of each window by itself."""
    sums = []
    omnidirectional(
        windows, flow_potential=False, tell=lambda now, _: sums.append(now.current.copy())
    )
    return np.diff([np.zeros(windows.strength.shape), *sums], axis=0)


def test_a_window_draws_what_its_target_is_worth():
    """Two sources in a line: each draws its own strength from the other."""
    out = omnidirectional(Windows(np.ones((1, 5)), line(2, 0, 0, 0, 3), 4))
    np.testing.assert_allclose(out.current, 5.0)
    np.testing.assert_allclose(out.normalized, 1.0)
    none = omnidirectional(Windows(np.ones((1, 5)), line(2, 0, 0, 0, 3), 3))
    assert not none.current.any()
    assert not none.normalized.any()


def test_sources_send_in_proportion_to_their_strength():
    # ground at the 1st: 0.4 and 0.6 come; at the 2nd: 0.5 and 1.5; at the 3rd: 1 and 2
    windows = of_each_window(Windows(np.ones((1, 3)), line(1, 2, 3), 2))
    np.testing.assert_allclose(windows[:, 0], [[1, 1, 0.6], [0.5, 2, 1.5], [1, 3, 3]])


def test_a_window_is_a_disk():
    strength = np.zeros((4, 5))
    strength[0, 0] = strength[3, 4] = 1.0  # 3 by 4 cells apart: 5
    ground = np.ones((4, 5))
    assert flow(Windows(ground, strength, 5))[0, 0] == pytest.approx(2.0)
    assert not flow(Windows(ground, strength, 4)).any()
    # of its box of 2 by 2, the corner is no part of a disk of radius 1
    ring = Windows(np.ones((2, 2)), np.array([[1.0, 1], [0, 0]]), 1, four_neighbours=True)
    np.testing.assert_allclose(flow(ring), [[2, 2], [0, 0]], atol=1e-12)


def test_a_buffer_conducts_but_sends_nothing():
    strength = np.array([[1.0, 1], [0, 0]])
    ring = Windows(np.ones((2, 2)), strength, 1, buffer=1, four_neighbours=True)
    # one edge beside three: a quarter goes round, in either window
    np.testing.assert_allclose(flow(ring), [[2, 2], [0.5, 0.5]])
    assert not flow(Windows(np.ones((1, 4)), line(1, 0, 0, 1), 2, buffer=1)).any()
    assert flow(Windows(np.ones((1, 4)), line(1, 0, 0, 1), 3)).any()


def test_edges_are_those_asked_for():
    # over two ways of unlike ground: 1 ohm a half, or 3: the shares tell the rule of edges
    ground = 1 / np.array([[1.0, 1, 1], [1, np.inf, 1], [1, 3, 1]])
    strength = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1]])
    sides = flow(Windows(ground, strength, 3, four_neighbours=True))
    np.testing.assert_allclose(sides[0, 1], 2 * 6 / (4 + 6))  # 1 + 1 + 2 + 2 ohms below
    sides = flow(Windows(ground, strength, 3, four_neighbours=True, mean_resistance=False))
    np.testing.assert_allclose(sides[0, 1], 2 * 5 / (4 + 5))  # 1 + 1 + 1.5 + 1.5 ohms below
    corners = flow(Windows(ground, strength, 3))
    assert corners[0, 2] < sides[0, 2]


def test_barriers_send_nothing_but_their_strength_counts():
    # of what either of the others draws, five sixths would come from the barrier; what the barrier draws goes nowhere
    out = omnidirectional(Windows(line(0, 1, 1), line(5, 1, 1), 2))
    np.testing.assert_allclose(out.current, [[0, 1 / 3, 1 / 3]])
    # over even ground all three send and draw: 5 A to the first, 1 A to each of the others
    np.testing.assert_allclose(out.potential, [[5 + 5 / 3, 5 + 2, 2.5 + 1 / 6 + 1]])
    np.testing.assert_allclose(out.normalized, [[0, 1 / 21, (1 / 3) / (2.5 + 1 / 6 + 1)]])
    assert out.done == 3
    apart = omnidirectional(Windows(line(1, 0, 1), line(1, 1, 1), 2))
    assert not apart.current.any()
    assert apart.residual == 0.0


def test_flow_potential_is_the_current_over_even_ground():
    # a way of 1 ohm beside one through 3 ohms; over even ground the two are alike, and the barrier between them conducts too
    ground = 1 / np.array([[1.0, 1, 1], [1, np.inf, 1], [1, 3, 1]])
    strength = np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1]])
    out = omnidirectional(Windows(ground, strength, 3, four_neighbours=True))
    # a half along each side of the square; the middle of the sides is level with the centre, which takes half of that
    np.testing.assert_allclose(out.potential, [[2, 1, 0.5], [1, 1, 1], [0.5, 1, 2]])
    np.testing.assert_allclose(out.normalized[[0, 2], [1, 1]], [1.2, 0.8])
    assert out.normalized[1, 1] == 0.0
    plain = omnidirectional(Windows(ground, strength, 3), flow_potential=False)
    assert plain.potential is None
    with pytest.raises(QuantityError, match="flow potential"):
        _ = plain.normalized


def test_blocks_share_a_window_and_their_strength():
    # what is left at the lower and right edge is no block
    assert Windows(np.ones((5, 8)), np.ones((5, 8)), 3, 3).targets() == [(1, 1, 9.0), (1, 4, 9.0)]
    assert Windows(np.ones((3, 3)), np.ones((3, 3)), 3, 3).targets() == [(1, 1, 9.0)]
    strength = np.arange(18.0).reshape(3, 6)
    strength[:, :3] = 0.0
    # blocks without strength draw nothing
    assert Windows(np.ones((3, 6)), strength, 3, 3).targets() == [
        (1, 4, 3 + 4 + 5 + 9 + 10 + 11 + 15 + 16 + 17)
    ]
    assert Windows(np.ones((1, 3)), line(1, 0, 2), 1).targets() == [(0, 0, 1.0), (0, 2, 2.0)]


@pytest.mark.parametrize(("radius", "buffer"), [(4, 0), (3, 1)])
def test_a_corrected_block_is_the_sum_of_the_windows_of_its_cells(radius, buffer):
    ones = np.ones((15, 15))
    blocks = of_each_window(Windows(ones, ones, radius, 3, buffer))
    rough = of_each_window(Windows(ones, ones, radius, 3, buffer, correct=False))
    single = of_each_window(Windows(ones, ones, radius, 1, buffer)).reshape(15, 15, 15, 15)
    middle, corner = 2 * 5 + 2, 0  # centres at 7, 7 and at 1, 1
    met = rough[middle] > 0
    assert met.sum() == 49  # a disk of 4
    summed = single[6:9, 6:9].sum(axis=(0, 1))
    np.testing.assert_allclose(blocks[middle][met], summed[met], rtol=1e-9)
    assert not blocks[middle][~met].any()
    # factors go with the block: at the rim of the landscape they are those of the middle, six cells on
    part = rough[corner] > 0
    factor = (blocks[middle] / np.where(met, rough[middle], 1.0))[6:, 6:]
    np.testing.assert_allclose(
        blocks[corner][:9, :9][part[:9, :9]], (rough[corner][:9, :9] * factor)[part[:9, :9]]
    )


@pytest.mark.slow
def test_blocks_are_near_to_single_cells():
    random = np.random.default_rng(1)
    cell, strength = random.uniform(0.5, 2, (40, 40)), np.ones((40, 40))
    single = flow(Windows(cell, strength, 9))
    block = flow(Windows(cell, strength, 9, 3))
    rough = flow(Windows(cell, strength, 9, 3, correct=False))
    inner = np.s_[10:30, 10:30]
    error = np.abs(block / single - 1)[inner].mean()
    assert error < 0.05
    assert error < np.abs(rough / single - 1)[inner].mean()


def test_a_block_does_not_draw_from_itself():
    # centres are the 2nd and the 5th cell; each block draws 3 A from the two cells of the other within 3 cells
    middle = np.array([[0.0], [1.0], [0.0]]) * np.ones(6)
    blocks = Windows(middle, middle, 3, 3, correct=False)
    np.testing.assert_allclose(
        of_each_window(blocks)[:, 1], [[0, 3, 3, 3, 1.5, 0], [0, 1.5, 3, 3, 3, 0]]
    )


def test_conditions_choose_sources():
    warmth = np.arange(5.0)[None]
    strength = line(2, 0, 0, 0, 3)
    cold = Condition(warmth, warmth, low=-10.0, high=0.0)
    # the warm end draws from the cold one, not the reverse
    np.testing.assert_allclose(flow(Windows(np.ones((1, 5)), strength, 4, conditions=(cold,))), 3.0)
    never = Condition(warmth, warmth, low=5.0, high=10.0)
    for both in ((cold, never), (never, cold)):
        assert not flow(Windows(np.ones((1, 5)), strength, 4, conditions=both)).any()


def test_a_condition_takes_its_limits_in():
    now = np.arange(5.0)[None]
    window, target = np.s_[0:1, 0:5], np.s_[0:1, 2:3]

    def allowed(there, **options):
        excluded = Condition(now, there, **options).excludes(window, target)
        return np.flatnonzero(~excluded).tolist()

    assert allowed(now, low=-1.0, high=2.0) == [1, 2, 3, 4]
    assert allowed(now, low=-2.0, high=1.0) == [0, 1, 2, 3]
    assert allowed(now) == [2]
    assert allowed(now + 1.0, low=-1.0, high=0.0) == [2, 3]  # the target in future: 3
    assert allowed(now + 1.0, low=-9.0, high=9.0, equal=True) == [3]


def test_windows_go_on_where_they_stopped():
    windows = Windows(np.ones((6, 6)), np.ones((6, 6)), 2)
    known = omnidirectional(windows)
    sums = Omnidirectional(np.zeros((6, 6)), np.zeros((6, 6)))

    def stop(now, total):
        assert total == 36
        if now.done == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        omnidirectional(windows, begun=sums, tell=stop)
    out = omnidirectional(windows, begun=sums)
    np.testing.assert_array_equal(out.current, known.current)
    assert out.done == known.done == 36


def test_the_worst_residual_is_kept():
    begun = Omnidirectional(np.zeros((1, 2)), None, residual=1e-7)
    assert omnidirectional(Windows(line(1, 1), line(1, 1), 1), begun=begun).residual == 1e-7
    begun = Omnidirectional(np.zeros((1, 9)), None)
    hard = Windows(1.0 / line(1, 3, 1e6, 7, 11, 1e5, 3, 1, 1), np.ones((1, 9)), 8)
    assert 0.0 < omnidirectional(hard, begun=begun).residual < 1e-6


@pytest.mark.parametrize("solver", ["direct", "multigrid", "amg"])
def test_solvers_agree_on_windows(solver):
    ground = np.random.default_rng(4).uniform(0.1, 1.0, (24, 24))
    strength = np.zeros((24, 24))
    strength[[0, 20], [0, 20]] = 1.0
    known = flow(Windows(ground, strength, 30))
    np.testing.assert_allclose(flow(Windows(ground, strength, 30, solver=solver)), known, atol=1e-7)


def test_windows_that_cannot_be_solved_are_refused(monkeypatch):
    monkeypatch.setattr(module, "ACCEPTED", -1.0)
    ground = np.ones((3, 40))
    ground[:, ::2] = 1e-14
    ground[:, 7] = 1e3
    strength = np.zeros((3, 40))
    strength[0, 0] = strength[2, 39] = 1.0
    with pytest.raises(ResourceError, match="not known|not solved"):
        flow(Windows(ground, strength, 50))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"radius": 0}, "radius: found 0; expected 1 cell or more"),
        ({"block": 0}, "block_size: found 0; expected an odd"),
        ({"block": -1}, "block_size: found -1; expected an odd"),
        ({"block": 2}, "block_size: found 2; expected an odd"),
        ({"block": 5}, "block_size: found 5; expected at most the radius, 4"),
        ({"strength": np.ones((2, 9))}, "strength: found shape"),
    ],
)
def test_windows_that_are_not_right_are_refused(options, words):
    with pytest.raises(QuantityError, match=words):
        Windows(
            **{"conductance": np.ones((9, 9)), "strength": np.ones((9, 9)), "radius": 4} | options
        )


def test_windows_at_the_limits_are_taken():
    assert Windows(np.ones((9, 9)), np.ones((9, 9)), 1).block == 1
    assert len(Windows(np.ones((9, 9)), np.ones((9, 9)), 3, 3).targets()) == 9
