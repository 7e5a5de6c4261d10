import numpy as np
import pytest

from shanshui.core.errors import QuantityError
from shanshui.decision.weights import combined_weights, entropy_weights, judged_weights

SCORES = np.array([[0.1, 0.9, 0.5], [0.4, 0.6, 0.5], [0.9, 0.1, 0.5], [0.6, 0.4, 0.6]])


def test_judged_weights_of_the_handbook():
    weight, ratio = judged_weights(np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]))
    np.testing.assert_allclose(weight, [0.6483, 0.2297, 0.1220], atol=6e-5)
    assert ratio == pytest.approx(0.0032, abs=6e-5)


def test_judgements_that_contradict_are_refused():
    with pytest.raises(QuantityError, match="not reciprocal"):
        judged_weights(np.array([[1.0, 3.0], [3.0, 1.0]]))


def test_entropy_weights_of_the_handbook():
    """The trap it warns of: a nearly constant indicator with one outlier takes two thirds."""
    scaled = (SCORES - SCORES.min(axis=0)) / (SCORES.max(axis=0) - SCORES.min(axis=0))
    np.testing.assert_allclose(
        entropy_weights(scaled, cap=1.0), [0.1717, 0.1717, 0.6567], atol=6e-5
    )


def test_a_capped_weight_gives_the_rest_away():
    uneven = np.array([[1.0, 0.5, 0.5], [0.0, 0.5, 0.6], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]])
    free, capped = entropy_weights(uneven, cap=1.0), entropy_weights(uneven)
    assert free[0] > 0.9
    assert capped[0] == pytest.approx(2 / 3)
    assert capped.sum() == pytest.approx(1.0)


def test_combined_weights_sum_to_one():
    both = combined_weights(np.array([0.5, 0.5]), np.array([0.2, 0.8]), 0.6)
    np.testing.assert_allclose(both, [0.38, 0.62])
