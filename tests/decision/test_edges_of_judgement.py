"""Places of the decision methods where a small fault would go unseen: edges, ties, what messages name."""

import numpy as np
import pytest
from scipy.optimize import linprog

from shanshui.core.errors import QuantityError
from shanshui.decision.consistency import consistency
from shanshui.decision.criteria import ranged
from shanshui.decision.grading import discriminant_check, grades_of
from shanshui.decision.groups import group_judgements
from shanshui.decision.interval_ahp import interval_weights
from shanshui.decision.interval_ranking import interval_topsis, interval_weighted_sum
from shanshui.decision.judgements import Judgements, checked_intervals, checked_judgements
from shanshui.decision.ranking import RANKINGS, promethee, scored, vikor
from shanshui.decision.robustness import rank_acceptability
from shanshui.decision.weights import combined_weights


def test_a_criterion_that_is_the_same_for_all_scores_nothing():
    np.testing.assert_array_equal(ranged([[5.0, 1.0], [5.0, 3.0]]), [[0.0, 0.0], [0.0, 1.0]])


def test_scores_that_lie_close_together_are_scaled_too():
    """0.2 and 0.6 of one criterion: the lesser is 0 and the greater 1, although they are less than 1 apart."""
    values = np.array([[0.2], [0.6]])
    found = interval_weighted_sum(values, values, [1.0], [1.0])
    np.testing.assert_allclose(found.lower, [0.0, 1.0])
    np.testing.assert_allclose(found.upper, [0.0, 1.0])


@pytest.mark.parametrize("shape", [(2, 3), (3, 2)])
def test_judgements_are_a_square_whichever_side_is_longer(shape):
    with pytest.raises(QuantityError, match=r"expected n x n"):
        checked_intervals(np.ones(shape), np.ones(shape))
    with pytest.raises(QuantityError, match=r"n x n|square"):
        checked_judgements(np.ones(shape))


def test_the_first_judgement_that_is_none_is_named():
    low = np.ones((3, 3))
    low[0, 2] = -1.0
    low[2, 1] = -7.0
    with pytest.raises(QuantityError, match=r"lower: row 1, column 3 holds -1"):
        checked_intervals(low, np.ones((3, 3)))


def test_a_single_alternative_is_its_own_compromise():
    found = vikor([[3.0, 4.0]], [0.5, 0.5])
    assert found.advantage is True
    assert found.stability is True
    assert found.compromise == (0,)


def test_the_spread_within_grades_is_shared_by_places_less_grades():
    """Four places, one left out: between 0, 2 | 7 the prior counts by the pooled variance 2 / (3 - 2).

    With 0 and 2 of grade 2 and 7 of grade 1, a place at 4.1 is scored 4.1 m / v - m^2 / 2 v + ln p: for grade 2 (m = 1) it is
    3.6 / 2 + ln 2/3 = 1.39, for grade 1 (m = 7) 4.2 / 2 + ln 1/3 = 1.00; by a variance of 2 / 5 it would be 8.6 and 9.4.
    """
    found = discriminant_check(np.array([[0.0], [2.0], [7.0], [4.1]]), np.array([2, 2, 1, 2]))
    assert found.predicted[3] == 2


def test_the_judgement_to_mend_is_found_among_many():
    """Eight items in steps of 1.3, one judgement of 28 turned over: it stands last, and is farthest from what the others imply."""
    weights = 1.3 ** -np.arange(8.0)
    square = weights[:, None] / weights[None, :]
    square[6, 7], square[7, 6] = 1.0 / 9.0, 9.0
    found = consistency(square)
    assert found.repair[:2] == (6, 7)
    assert found.repair[2] == pytest.approx(1.3, rel=1e-9)


@pytest.mark.parametrize(
    ("second", "advantage", "compromise"), [(0.6, False, (0, 1)), (0.5, True, (0,)), (0.4, True, (0,))]
)  # fmt: skip
def test_of_three_the_first_must_lead_by_a_half(second, advantage, compromise):
    """With one criterion q is the distance from the best: 0, 1 - x, 1; 1 / (m - 1) is a half."""
    found = vikor([[1.0], [second], [0.0]], [1.0])
    assert found.q.tolist() == pytest.approx([0.0, 1.0 - second, 1.0])
    assert found.advantage is advantage
    assert found.compromise == compromise


@pytest.mark.parametrize("method", RANKINGS)
def test_scores_below_one_are_scored_as_their_thousandfold(method):
    small = np.array([[0.002, 0.3, 0.5], [0.004, 0.1, 0.4], [0.003, 0.2, 0.9]])
    signs = ["benefit", "cost", "benefit"]
    found = scored(method, small, [0.5, 0.3, 0.2], signs)
    np.testing.assert_allclose(found, scored(method, small * 1000, [0.5, 0.3, 0.2], signs), rtol=1e-9)  # fmt: skip
    assert len(set(found.round(9))) == 3
    over = [
        rank_acceptability(x, signs, method=method, draws=200, seed=1).mean_rank
        for x in (small, small * 1000)
    ]
    np.testing.assert_allclose(*over)


def test_interval_topsis_does_not_hang_on_the_unit():
    low, high = np.array([[0.1, 0.2], [0.2, 0.1]]), np.array([[0.2, 0.3], [0.4, 0.1]])
    found = interval_topsis(low, high, [0.4, 0.6])
    np.testing.assert_allclose(found, interval_topsis(low * 1000, high * 1000, [0.4, 0.6]))


def test_flows_of_one_and_of_two():
    assert promethee([[3.0, 4.0]], [0.5, 0.5]).net.tolist() == [0.0]
    two = promethee([[3.0], [4.0]], [1.0])
    assert two.positive.tolist() == [0.0, 1.0]
    assert two.negative.tolist() == [1.0, 0.0]
    # of three the middle one is ahead of one of two others
    assert promethee([[3.0], [4.0], [5.0]], [1.0]).positive.tolist() == [0.0, 0.5, 1.0]


def test_a_bell_of_preference_and_one_without_width():
    """1 - exp(-g^2 / 2 p^2) of a gap of 1: at p = 1 it is 1 - exp(-1/2), at p = 2 1 - exp(-1/8), at p = 0 all of it."""
    table = [[1.0], [2.0]]
    for p, want in ((1.0, 1 - np.exp(-0.5)), (2.0, 1 - np.exp(-0.125)), (0.0, 1.0)):
        found = promethee(table, [1.0], preference="gaussian", p=p)
        assert found.positive.tolist() == pytest.approx([0.0, want])
    assert promethee([[2.0], [2.0]], [1.0], preference="gaussian").net.tolist() == [0.0, 0.0]


def test_an_item_alone_is_no_list_of_weights():
    for judged, measured in ((0.5, 0.5), ([[0.5, 0.5]], [[0.5, 0.5]]), ([0.5, 0.5], [1.0])):
        with pytest.raises(QuantityError, match="judged, measured: shapes"):
            combined_weights(judged, measured)


def test_a_check_of_grades_needs_two_places():
    for indicators, grades in (([[1.0]], [3]), ([[1.0], [2.0]], [1]), ([1.0, 2.0], [1, 2]), ([[1.0], [np.nan]], [1, 2])):  # fmt: skip
        with pytest.raises(QuantityError, match="two places or more"):
            discriminant_check(indicators, grades)
    # each is judged by the other alone
    found = discriminant_check([[1.0], [2.0]], [4, 9])
    assert found.predicted.tolist() == [9, 4]
    assert found.agreement == 0.0
    assert found.confusion.tolist() == [[0, 1], [1, 0]]


def test_every_direction_that_a_cycle_can_give_is_an_end_of_its_weights():
    """a is twice b and b twice c, yet c is as good as a: ln 4 must be given by any of the three.

    With x = v_a - v_b and y = v_b - v_c all x, y up to ln 2 with x + y from 0 are as good, so v_a = (2 x + y) / 3 runs from
    -ln 2 / 3 to ln 2, v_b = (y - x) / 3 between +- 2 ln 2 / 3, and v_c is the mirror of v_a.
    """
    square = np.array([[1, 2, 1], [0.5, 1, 2], [1, 0.5, 1]])
    found = interval_weights(square, square, "goal-programme")
    assert found.facts["deviation"] == pytest.approx(2 * np.log(2))
    assert np.log2(found.lower).tolist() == pytest.approx([-1 / 3, -2 / 3, -1], abs=1e-5)
    assert np.log2(found.upper).tolist() == pytest.approx([1, 2 / 3, 1 / 3], abs=1e-5)
    # and where what is implied lies below a judgement: the same turned round
    found = interval_weights(square.T, square.T, "goal-programme")
    assert np.log2(found.lower).tolist() == pytest.approx([-1, -2 / 3, -1 / 3], abs=1e-5)
    assert np.log2(found.upper).tolist() == pytest.approx([1 / 3, 2 / 3, 1], abs=1e-5)


def judged_apart(seed, n):
    """Intervals around judgements that contradict one another somewhat."""
    rng = np.random.default_rng(seed)
    logs = np.triu(rng.normal(0, 0.8, (n, n)), 1)
    half = np.triu(rng.uniform(0.05, 0.5, (n, n)), 1)
    return np.exp(logs - logs.T - half - half.T), np.exp(logs - logs.T + half + half.T)


def normal_intervals(n):
    """Rows over middles and half widths: no weight is out of reach of the sum of 1, none has a width below 0 or lies below 0."""
    rows = []
    for i in range(n):
        other = 1.0 - np.eye(n)[i]
        # lower of i with the uppers of others reach 1; upper of i with the lowers of others stay within it
        rows += [(-np.ones(n), np.eye(n)[i] - other, -1.0), (np.ones(n), np.eye(n)[i] - other, 1.0)]
        rows += [(-np.eye(n)[i], np.eye(n)[i], 0.0), (np.eye(n)[i], np.eye(n)[i], 1.0)]
    return rows


@pytest.mark.parametrize(("seed", "n"), [(0, 3), (1, 3), (2, 4), (3, 4), (4, 2)])
def test_the_normalised_programme_has_the_least_deviation(seed, n):
    """Against the same programme over middles c and half widths h, with sums of absolute values written as their bounds."""
    low, high = judged_apart(seed, n)
    found = interval_weights(low, high, "normalised-goal-programme")
    inner, eye = np.ones((n, n)) - np.eye(n), np.eye(n)

    def deviations(c, h):
        a, b = low * inner, high * inner
        return np.vstack([a @ (c + h) - (n - 1) * (c - h), b @ (c - h) - (n - 1) * (c + h)])

    def of(w_low, w_high):
        return np.abs(deviations((w_low + w_high) / 2, (w_high - w_low) / 2)).sum()

    rows = [np.concatenate([c, h, np.zeros(2 * n)]) for c, h, _ in normal_intervals(n)]
    limits = [limit for _, _, limit in normal_intervals(n)]
    part = np.hstack(
        [
            np.vstack([deviations(e, np.zeros(n)).ravel() for e in eye]).T,
            np.vstack([deviations(np.zeros(n), e).ravel() for e in eye]).T,
        ]
    )
    for sign in (1.0, -1.0):
        rows += list(np.hstack([sign * part, -np.eye(2 * n)]))
        limits += [0.0] * 2 * n
    cost = np.concatenate([np.zeros(2 * n), np.ones(2 * n)])
    least = linprog(cost, np.array(rows), np.array(limits), bounds=[(0, None)] * 4 * n).fun
    assert of(*found) == pytest.approx(least, abs=1e-6)
    assert found.facts["deviation"] == pytest.approx(least, abs=1e-6)
    assert (found.lower <= found.upper + 1e-9).all()
    for i in range(n):
        assert found.lower[i] + np.delete(found.upper, i).sum() >= 1 - 1e-6
        assert found.upper[i] + np.delete(found.lower, i).sum() <= 1 + 1e-6


def test_what_one_expert_left_out_is_of_the_other_alone():
    square, gaps = np.array([[1, 2, 4], [0.5, 1, 2], [0.25, 0.5, 1]]), np.full((3, 3), np.nan)
    np.fill_diagonal(gaps, 1.0)
    gaps[0, 1], gaps[1, 0] = 8.0, 1 / 8
    items = ("a", "b", "c")
    first = square.copy()
    first[1, 2] = first[2, 1] = np.nan
    found = group_judgements(
        [Judgements("g", items, first, first), Judgements("g", items, gaps, gaps)]
    )
    assert found.lower[0].tolist() == pytest.approx([1.0, 4.0, 4.0])
    assert found.span_lower[0].tolist() == pytest.approx([1.0, 2.0, 4.0])
    assert found.span_upper[0].tolist() == pytest.approx([1.0, 8.0, 4.0])
    assert found.spread[0].tolist() == pytest.approx([1.0, 2.0, 1.0])
    assert found.experts.tolist() == [[2, 2, 1], [2, 2, 0], [1, 0, 2]]
    for part in (found.lower, found.upper, found.span_lower, found.span_upper, found.spread):
        assert np.isnan(part[1, 2])
        assert np.isnan(part[2, 1])


def test_a_grade_of_more_places_is_likelier_whatever_it_is_called():
    """As above with the grades exchanged: the place at 4.1 belongs to that of 0 and 2, be it the first or the second."""
    found = discriminant_check(np.array([[0.0], [2.0], [7.0], [4.1]]), np.array([1, 1, 2, 1]))
    assert found.predicted[3] == 1


@pytest.mark.parametrize("seed", range(4))
def test_natural_breaks_spread_least_of_all_cuts(seed):
    """Every cut of eight sorted numbers of either sign into three."""
    values = np.sort(np.random.default_rng(seed).normal(0.3, 1.0, 8))

    def spread(parts):
        return sum(((part - part.mean()) ** 2).sum() for part in parts)

    best = min((np.split(values, [i, j]) for i in range(1, 7) for j in range(i + 1, 8)), key=spread)
    grades, _ = grades_of(values, method="natural-breaks", count=3)
    assert grades.tolist() == np.repeat([3, 2, 1], [len(part) for part in best]).tolist()


def test_clouds_take_the_nearest_of_even_middles():
    """Middles 0, 5 and 10: 2.4 is nearer to 0, 2.6 to 5, 7.6 to 10."""
    grades, _ = grades_of([0.0, 2.4, 2.6, 7.4, 7.6, 10.0], method="cloud", count=3)
    assert grades.tolist() == [3, 3, 2, 2, 1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_the_repair_is_the_best_of_all_and_tells_what_it_leaves(seed):
    """Each of six judgements set to the geometric mean of what the two other items imply."""
    rng = np.random.default_rng(seed)
    logs = np.triu(rng.normal(0, 1.0, (4, 4)), 1)
    square = np.exp(logs - logs.T)
    left = {}
    for i in range(4):
        for j in range(i + 1, 4):
            other = square.copy()
            others = [k for k in range(4) if k not in (i, j)]
            other[i, j] = np.sqrt(np.prod([square[i, k] * square[k, j] for k in others]))
            other[j, i] = 1 / other[i, j]
            left[i, j] = (consistency(other).ratio, other[i, j])
    found = consistency(square).repair
    best = min(left, key=left.get)
    assert found[:2] == best
    assert found[2] == pytest.approx(left[best][1])
    assert found[3] == pytest.approx(left[best][0])
    assert found[3] > 1e-3


def between(n, pairs):
    """Bounds of all judgements from those above the diagonal, row after row."""
    low, high = np.ones((n, n)), np.ones((n, n))
    for i, j, (least, most) in zip(*np.triu_indices(n, 1), pairs, strict=True):
        low[i, j], high[i, j], low[j, i], high[j, i] = least, most, 1 / most, 1 / least
    return low, high


@pytest.mark.parametrize(
    ("n", "pairs", "item"),
    [
        (3, [(2, 2), (1 / 3, 1 / 2), (2, 3)], 1),
        (4, [(1 / 2, 3), (1 / 3, 1 / 2), (3, 4), (1 / 4, 1 / 4), (1 / 2, 2), (1 / 3, 2)], 3),
    ],
)
def test_items_whose_bounds_contradict_are_counted_from_one(n, pairs, item):
    found = interval_weights(*between(n, pairs), "interval-eigenvector")
    assert not found.found
    assert found.finding == f"lower exceeds upper for item {item}: the bounds contradict"
    assert np.flatnonzero(found.lower > found.upper).tolist() == [item - 1]


def settled(low, high, inside):
    """The three programmes of the approximations over middles c and half widths h: width, largest width, way from the means."""
    n = len(low)
    rows, limits = [], []
    for c, h, limit in normal_intervals(n):
        rows.append(np.concatenate([c, h]))
        limits.append(limit)
    eye = np.eye(n)
    for i in range(n):
        for j in range(n):
            if i != j:
                # wL_i <= l_ij wU_j and wU_i >= u_ij wL_j, turned round for weights that lie inside
                first = np.concatenate([eye[i] - low[i, j] * eye[j], -eye[i] - low[i, j] * eye[j]])
                second = np.concatenate([high[i, j] * eye[j] - eye[i], -high[i, j] * eye[j] - eye[i]])  # fmt: skip
                rows += [-first, -second] if inside else [first, second]
                limits += [0.0, 0.0]
    sign = -1.0 if inside else 1.0
    wide = np.concatenate([np.zeros(n), sign * 2 * np.ones(n)])
    free = [(0, None)] * 2 * n
    width = linprog(wide, np.array(rows), np.array(limits), bounds=free).fun
    rows, limits = [*rows, wide], [*limits, width + 1e-7]
    tall = np.hstack([np.array(rows), np.zeros((len(rows), 1))])
    top = np.hstack([np.zeros((n, n)), 2 * eye, -np.ones((n, 1))])
    cost = np.append(np.zeros(2 * n), 1.0)
    largest = linprog(cost, np.vstack([tall, top]), np.append(limits, np.zeros(n)), bounds=[*free, (0, None)]).fun  # fmt: skip
    mean = np.exp(0.5 * (np.log(low) + np.log(high)).mean(axis=1))
    goal = mean / mean.sum()
    rows = [*np.hstack([np.array(rows), np.zeros((len(rows), n))])]
    rows += [*np.hstack([np.zeros((n, n)), 2 * eye, np.zeros((n, n))])]
    rows += [*np.hstack([eye, np.zeros((n, n)), -eye]), *np.hstack([-eye, np.zeros((n, n)), -eye])]
    limits = [*limits, *[largest + 1e-7] * n, *goal, *-goal]
    cost = np.concatenate([np.zeros(2 * n), np.ones(n)])
    away = linprog(cost, np.array(rows), np.array(limits), bounds=[(0, None)] * 3 * n).fun
    return sign * width, largest, away, goal


@pytest.mark.parametrize(
    ("inside", "n", "pairs"),
    [
        (False, 3, [(1, 4), (1 / 3, 1), (1 / 4, 1 / 2)]),
        (False, 3, [(1, 3), (2, 3), (2, 4)]),
        (False, 4, [(3, 4), (1, 2), (1, 4), (1 / 3, 3), (1 / 4, 2), (1 / 2, 4)]),
        (True, 3, [(1, 3), (1 / 4, 4), (1, 4)]),
        (True, 4, [(1 / 3, 3), (1 / 4, 4), (1 / 2, 2), (1 / 4, 1), (2, 3), (1 / 2, 4)]),
    ],
)
def test_the_choice_among_several_optima_by_its_three_steps(inside, n, pairs):
    low, high = between(n, pairs)
    found = interval_weights(low, high, f"interval-lp-{'lower' if inside else 'upper'}")
    width, largest, away, goal = settled(low, high, inside)
    assert found.finding.startswith("several weights share the optimum")
    assert found.facts["total_width"] == pytest.approx(width, abs=1e-6)
    assert (found.upper - found.lower).sum() == pytest.approx(width, abs=1e-5)
    assert (found.upper - found.lower).max() == pytest.approx(largest, abs=1e-5)
    assert np.abs((found.upper + found.lower) / 2 - goal).sum() == pytest.approx(away, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_an_optimum_that_is_alone_stands_as_found(seed):
    low, high = judged_apart(seed, 4)
    found = interval_weights(low, high, "interval-lp-upper")
    width, largest, _, _ = settled(low, high, False)
    assert found.finding == ""
    assert (found.upper - found.lower).sum() == pytest.approx(width, abs=1e-8)
    assert (found.upper - found.lower).max() == pytest.approx(largest, abs=1e-5)
