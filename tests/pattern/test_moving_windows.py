"""Moving windows beside a dense solution that keeps to the conventions one by one."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.pattern.circuit import omnidirectional as moving
from shanshui.pattern.circuit.omnidirectional import Omnidirectional, omnidirectional
from shanshui.pattern.circuit.windows import Condition, Windows, commonest, window_of


def solved(cells, sent, ground, four, mean_resistance):
    """Current through each cell of a mapping of place to conductance, by elimination."""
    if ground not in cells:
        return {}
    reached, waiting = {ground}, [ground]
    steps = [s for s in product((-1, 0, 1), repeat=2) if s != (0, 0) and not (four and 0 not in s)]
    while waiting:
        i, j = waiting.pop()
        for di, dj in steps:
            other = (i + di, j + dj)
            if other in cells and other not in reached:
                reached.add(other)
                waiting.append(other)
    nodes = sorted(reached)
    place = {c: k for k, c in enumerate(nodes)}
    links = np.zeros((len(nodes), len(nodes)))
    for (i, j), k in place.items():
        for di, dj in steps:
            if (i + di, j + dj) in place:
                a, b = cells[i, j], cells[i + di, j + dj]
                g = 2 * a * b / (a + b) if mean_resistance else (a + b) / 2
                links[k, place[i + di, j + dj]] = g / np.hypot(di, dj)
    free = [k for k, c in enumerate(nodes) if c != ground]
    into = np.array([sent.get(c, 0.0) for c in nodes])
    laplace = np.diag(links.sum(axis=1)) - links
    volts = np.zeros(len(nodes))
    if free:
        volts[free] = np.linalg.solve(laplace[np.ix_(free, free)], into[free])
    along = links * (volts[:, None] - volts[None, :])
    out, back = np.clip(along, 0, None).sum(axis=1), np.clip(-along, 0, None).sum(axis=1)
    return {c: max(out[k], back[k]) for c, k in place.items()}


def mode_of(values):
    """Down the columns from the left: whichever value is first to stand as often as any does in the end."""
    seen = [v for v in values.T.ravel() if not np.isnan(v)]
    most = max(Counter(seen).values())
    for k in range(1, len(seen) + 1):
        if seen[:k].count(seen[k - 1]) == most:
            return seen[k - 1]
    raise AssertionError


def within(i, j, r, c, reach):
    return np.hypot(i - r, j - c) <= reach


def sent_of(w, i, j, size):
    """Current that each cell sends to the target at (i, j) whose block draws what its cells can give."""
    ny, nx = w.strength.shape
    half = w.block // 2
    block = [
        (r, c) for r, c in product(range(ny), range(nx)) if max(abs(r - i), abs(c - j)) <= half
    ]
    left_out = set(block)
    if w.as_published:  # counted from the corner of the window as if it were not cut
        reach = w.radius + w.buffer
        top, left = max(i - reach, 0) + reach, max(j - reach, 0) + reach
        left_out = {(top + a, left + b) for a, b in product(range(-half, half + 1), repeat=2)}
    near = [
        (r, c)
        for r, c in product(range(ny), range(nx))
        if within(i, j, r, c, w.radius) and (r, c) not in left_out
    ]
    total = sum(w.strength[p] for p in near)
    if total <= 0:
        return {}
    drawn = sum(w.strength[p] for p in block) if size is None else size
    sent = {p: w.strength[p] / total * drawn for p in near}
    for condition in w.conditions:
        values = np.array(
            [
                [condition.there[r, c] for c in range(j - half, j + half + 1)]
                for r in range(i - half, i + half + 1)
            ]
        )
        known = values[~np.isnan(values)]
        for p in near:
            here = condition.here[p]
            if known.size == 0 or np.isnan(here):
                continue
            gap = here - (mode_of(values) if condition.equal else np.median(known))
            low, high = (0.0, 0.0) if condition.equal else (condition.low, condition.high)
            if not low <= gap <= high:
                sent[p] = 0.0
    sent.pop((i, j), None)
    return sent


def added(w, i, j, size=None, even=False):
    """Maps of one window: current over the ground, and over even ground."""
    ny, nx = w.strength.shape
    reach = w.radius + w.buffer
    sent = sent_of(w, i, j, size)
    square = [
        p for p in product(range(ny), range(nx)) if max(abs(p[0] - i), abs(p[1] - j)) <= reach
    ]
    circle = [p for p in square if within(i, j, *p, reach)]
    ground = dict.fromkeys(circle if even else square, 1.0)
    cells = {p: w.conductance[p] for p in circle if w.conductance[p] > 0}
    out = []
    for conducting in (cells, ground):
        grid = np.zeros((ny, nx))
        if any(sent.get(p, 0.0) > 0 for p in conducting):
            for p, value in solved(
                conducting, sent, (i, j), w.four_neighbours, w.mean_resistance
            ).items():
                grid[p] = value
        out.append(grid)
    return out


def correction_of(w):
    reach, half = w.radius + w.buffer, w.block // 2
    side = 2 * reach + 1
    ones = np.ones((side, side))
    options = (w.four_neighbours, w.mean_resistance)
    single = added(
        Windows(ones, ones, w.radius, 1, w.buffer, *options), reach, reach, 1.0, even=True
    )[1]
    block = Windows(ones, ones, w.radius, w.block, w.buffer, *options)
    together = added(block, reach, reach, float(w.block**2), even=True)[1]
    apart = np.zeros((side, side))
    for a, b in product(range(-half, half + 1), repeat=2):
        for r, c in product(range(side), repeat=2):
            if 0 <= r + a < side and 0 <= c + b < side:
                apart[r + a, c + b] += single[r, c]
    # less than a hundred millionth of the greatest is rounding
    flows = together > 1e-8 * together.max()
    return np.where(flows, apart / np.where(flows, together, 1), 1.0)


def dense(w):
    """Sums over all windows."""
    ny, nx = w.strength.shape
    half, reach = w.block // 2, w.radius + w.buffer
    total, even = np.zeros((ny, nx)), np.zeros((ny, nx))
    factor = correction_of(w) if w.block > 1 and w.correct else None
    for i in range(half, ny - half, w.block):
        for j in range(half, nx - half, w.block):
            if not w.strength[i - half : i + half + 1, j - half : j + half + 1].sum() > 0:
                continue
            one, other = added(w, i, j)
            if factor is not None:
                scale = np.ones((ny, nx))
                for r, c in product(range(ny), range(nx)):
                    if max(abs(r - i), abs(c - j)) <= reach:
                        scale[r, c] = factor[r - i + reach, c - j + reach]
                one, other = one * scale, other * scale
            total += one
            even += other
    return total, even


def landscape(seed, as_published=False):
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(5, 9)), int(rng.integers(5, 9)))
    cell = np.where(rng.random(shape) < 0.2, 0.0, rng.uniform(0.1, 4.0, shape))
    strength = np.where(rng.random(shape) < 0.4, 0.0, rng.uniform(0.5, 2.0, shape))
    conditions = []
    if rng.random() < 0.7:
        warm = np.where(rng.random(shape) < 0.15, np.nan, rng.normal(0, 1, shape))
        later = np.where(rng.random(shape) < 0.15, np.nan, warm + 0.3)
        conditions.append(Condition(warm, later if rng.random() < 0.5 else warm, -0.6, 0.9))
    if rng.random() < 0.6:
        classes = np.where(rng.random(shape) < 0.1, np.nan, rng.integers(1, 4, shape))
        conditions.append(Condition(classes, classes, equal=True))
    block = int(rng.choice([1, 3]))
    return Windows(
        cell,
        strength,
        radius=3 if block == 3 else int(rng.integers(1, 4)),
        block=block,
        buffer=int(rng.integers(0, 2)),
        four_neighbours=bool(rng.random() < 0.3),
        mean_resistance=bool(rng.random() < 0.5),
        conditions=tuple(conditions),
        correct=bool(rng.random() < 0.7),
        as_published=as_published,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@example(seed=56837, as_published=False)  # a cell that no current of the block passes
@given(seed=st.integers(0, 10**6), as_published=st.booleans())
def test_sums_equal_the_dense_solution(seed, as_published):
    w = landscape(seed, as_published=as_published)
    found = omnidirectional(w)
    total, even = dense(w)
    np.testing.assert_allclose(found.current, total, atol=1e-6)
    np.testing.assert_allclose(found.potential, even, atol=1e-6)


@pytest.mark.parametrize("solver", ["auto", "direct", "multigrid"])
def test_small_and_large_windows_are_solved_alike(solver, monkeypatch):
    w = Windows(**{**landscape(3).__dict__, "solver": solver})
    known = omnidirectional(w)
    monkeypatch.setattr(moving, "SMALL_WINDOW", 0)
    again = omnidirectional(w)
    np.testing.assert_allclose(again.current, known.current, atol=1e-7)
    np.testing.assert_allclose(again.potential, known.potential, atol=1e-7)


def test_sums_do_not_depend_on_threads_or_on_where_a_run_was_cut():
    rng = np.random.default_rng(5)
    shape = (23, 31)
    w = Windows(rng.uniform(0.1, 4.0, shape), rng.uniform(0, 2.0, shape), 4, 3, 1)
    known = omnidirectional(w, threads=1)
    for threads in (2, 3, 8):
        found = omnidirectional(w, threads=threads)
        assert found.current.tobytes() == known.current.tobytes()
        assert found.potential.tobytes() == known.potential.tobytes()
        assert found.residual == known.residual

    class StopError(Exception):
        pass

    told = []

    def stop(sums, total):
        told.append((sums.done, total))
        if sums.done == 13:
            raise StopError

    sums = Omnidirectional(np.zeros(shape), np.zeros(shape))
    with pytest.raises(StopError):
        omnidirectional(w, begun=sums, tell=stop, threads=2)
    assert told == [(k, len(w.targets())) for k in range(1, 14)]
    again = omnidirectional(w, begun=sums, threads=2)
    assert again.current.tobytes() == known.current.tobytes()
    assert omnidirectional(w, flow_potential=False).potential is None


def line(cells, **options):
    return Windows(np.ones((1, cells)), np.ones((1, cells)), **options)


def test_unsuitable_sources_leave_the_shares_of_the_others_as_they_are():
    warm = np.array([[0.0, 5.0, 0.0]])
    w = Windows(
        np.ones((1, 3)), np.array([[1.0, 3.0, 4.0]]), 2, conditions=(Condition(warm, warm),)
    )
    window = window_of(w, (0, 0, 1.0))
    # of 1 A, the middle's 3/7 are left out and the far end sends 4/7, not all; of the far end's 4 A, the near one a quarter
    np.testing.assert_allclose(window.sent, [[0, 0, 4 / 7]])
    np.testing.assert_allclose(omnidirectional(w).current[0], 4 / 7 + 1)


def test_differences_at_the_limits_suit():
    warm = np.array([[0.0, -1.0, 2.0, -1.25, 2.25]])
    condition = Condition(warm, warm, -1.0, 2.0)
    box, block = np.s_[0:1, 0:5], np.s_[0:1, 0:1]
    assert condition.excludes(box, block).tolist() == [[False, False, False, True, True]]


def test_a_block_stands_for_its_median_or_its_commonest_value():
    values = np.array([[1.0, 9.0, 2.0], [3.0, np.nan, 9.0], [1.0, 3.0, np.nan]])
    here = np.array([[3.0, 1.0, 9.0, np.nan]])
    there = np.vstack([values, np.full((1, 3), np.nan)])
    block, none, box = np.s_[0:3, 0:3], np.s_[3:4, 0:3], np.s_[0:1, 0:4]
    within = Condition(here, there, 0.0, 0.0)
    assert within.excludes(box, block).tolist() == [[False, True, True, False]]
    equal = Condition(here, there, equal=True)
    # 1 stands twice down the first column, before 3 and 9 do
    assert equal.excludes(box, block).tolist() == [[True, False, True, False]]
    assert not equal.excludes(box, none).any()
    assert not within.excludes(box, none).any()


def test_of_values_that_are_as_common_the_first_down_the_columns_stands():
    assert commonest(np.array([[1.0, 2.0], [2.0, 1.0]])) == 2.0
    assert commonest(np.array([[1.0, 1.0], [2.0, 2.0]])) == 1.0
    assert commonest(np.array([[np.nan, 4.0]])) == 4.0
    assert np.isnan(commonest(np.full((2, 2), np.nan)))


def test_what_is_left_at_the_lower_and_right_edge_is_no_block():
    w = Windows(np.ones((5, 7)), np.ones((5, 7)), 3, 3)
    assert w.targets() == [(1, 1, 9.0), (1, 4, 9.0)]
    assert Windows(np.ones((2, 9)), np.ones((2, 9)), 3, 3).targets() == []


def test_strength_where_nothing_conducts_counts_in_the_total_and_over_even_ground():
    cell = np.array([[1.0, 1.0, 0.0]])
    w = Windows(cell, np.array([[1.0, 1.0, 2.0]]), 2)
    found = omnidirectional(w)
    # to the first: a third of 1 A from the middle; to the middle: a third of 1 A from the first; to the last: no ground there
    np.testing.assert_allclose(found.current[0], [2 / 3, 2 / 3, 0], atol=1e-12)
    np.testing.assert_allclose(
        found.potential[0], [1 + 1 / 3 + 1, 1 + 1 + 2, 2 / 3 + 2 / 3 + 2], atol=1e-12
    )


def test_windows_cut_at_the_upper_and_left_edge_as_published():
    plain = line(9, radius=3, block=3).targets()
    assert [t[1] for t in plain] == []
    square = Windows(np.ones((9, 9)), np.ones((9, 9)), 3, 3)
    cut = window_of(square, (1, 1, 9.0))
    assert not cut.sent[:3, :3].any()
    assert cut.sent[3, 1] > 0
    same = window_of(
        Windows(np.ones((9, 9)), np.ones((9, 9)), 3, 3, as_published=True), (1, 1, 9.0)
    )
    # the block of a window that is not cut would be at rows and columns 2 to 4
    assert not same.sent[2:5, 2:5].any()
    assert same.sent[0, 0] > 0
    assert same.sent[1, 1] == 0.0
    for target in ((4, 4, 9.0), (7, 7, 9.0)):
        one, other = (
            window_of(Windows(np.ones((9, 9)), np.ones((9, 9)), 3, 3, as_published=flag), target)
            for flag in (False, True)
        )
        np.testing.assert_array_equal(one.sent, other.sent)


def test_even_ground_gives_the_flow_potential():
    ones = np.ones((11, 13))
    found = omnidirectional(Windows(ones, ones, 3, four_neighbours=True))
    # the square of a window conducts, its corners beyond the circle too: more ways, and hence not the same current
    assert (found.current != found.potential).any()
    w = line(12, radius=3)
    found = omnidirectional(w)
    np.testing.assert_allclose(found.current, found.potential, atol=1e-12)
    np.testing.assert_allclose(found.normalized, 1.0)
    with pytest.raises(QuantityError, match="flow potential"):
        _ = omnidirectional(w, flow_potential=False).normalized


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"radius": 0}, "radius: found 0"),
        ({"radius": 3, "block": 2}, "block_size: found 2; expected an odd"),
        ({"radius": 3, "block": 0}, "block_size: found 0"),
        ({"radius": 2, "block": 3}, "at most the radius, 2"),
    ],
)
def test_windows_that_cannot_be_are_refused(options, words):
    with pytest.raises(QuantityError, match=words):
        line(5, **options)
    with pytest.raises(QuantityError, match=r"strength: found shape \(1, 2\)"):
        Windows(np.ones((1, 3)), np.ones((1, 2)), 1)
