"""Places of the decision methods where a small fault would go unseen: edges, ties, what messages name."""

import numpy as np
import pytest

from shanshui.core.errors import QuantityError
from shanshui.decision.consistency import consistency
from shanshui.decision.criteria import ranged
from shanshui.decision.grading import discriminant_check
from shanshui.decision.interval_ranking import interval_weighted_sum
from shanshui.decision.judgements import checked_intervals, checked_judgements
from shanshui.decision.ranking import vikor


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
