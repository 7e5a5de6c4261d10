"""Places of the decision methods where a small fault would go unseen: edges, ties, what messages name."""

import numpy as np
import pytest
from scipy.optimize import linprog

from shanshui.core.errors import QuantityError
from shanshui.decision.consistency import consistency
from shanshui.decision.criteria import ranged
from shanshui.decision.grading import discriminant_check
from shanshui.decision.interval_ahp import interval_weights
from shanshui.decision.interval_ranking import interval_topsis, interval_weighted_sum
from shanshui.decision.judgements import checked_intervals, checked_judgements
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
