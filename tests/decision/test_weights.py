import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shanshui.core.errors import QuantityError
from shanshui.decision.weights import (
    OBJECTIVE,
    combined_weights,
    critic_weights,
    entropy_weights,
    merec_weights,
)

SCORES = np.array([[0.1, 0.9, 0.5], [0.4, 0.6, 0.5], [0.9, 0.1, 0.5], [0.6, 0.4, 0.6]])
positive = arrays(np.float64, (6, 4), elements=st.floats(0.5, 50.0))


def test_entropy_weights_of_the_handbook():
    """The trap it warns of: a nearly constant indicator with one outlier takes two thirds."""
    np.testing.assert_allclose(
        entropy_weights(SCORES, scaling="range"), [0.1717, 0.1717, 0.6567], atol=6e-5
    )


def test_entropy_weights_with_a_pencil():
    """Two alternatives, shares 1/4 and 3/4 against 1/2 and 1/2: the second says nothing."""
    np.testing.assert_allclose(entropy_weights([[1, 1], [3, 1]]), [1.0, 0.0])


def test_a_capped_weight_gives_the_rest_away():
    uneven = np.array([[1.0, 0.5, 0.5], [0.0, 0.5, 0.6], [0.0, 0.5, 0.5], [0.0, 0.5, 0.5]])
    assert entropy_weights(uneven)[0] > 0.9
    capped = entropy_weights(uneven, cap=2 / 3)
    assert capped[0] == pytest.approx(2 / 3)
    assert capped.sum() == pytest.approx(1.0)
    with pytest.raises(QuantityError, match="cannot sum to 1"):
        entropy_weights(uneven, cap=0.2)


def test_critic_weights_with_a_pencil():
    """Two opposite columns and a third like the first: conflict 2, 4 and 2 at one spread."""
    x = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    np.testing.assert_allclose(critic_weights(x), [0.25, 0.5, 0.25])
    # turned round, the second agrees with the others: no conflict at all is equal weights
    np.testing.assert_allclose(critic_weights(x, [1, -1, 1]), np.full(3, 1 / 3))


@pytest.mark.parametrize("name", OBJECTIVE)
@settings(max_examples=15, deadline=None)
@given(positive)
def test_weights_sum_to_one_and_follow_the_columns(name, x):
    found = OBJECTIVE[name](x)
    assert found.sum() == pytest.approx(1.0)
    assert (found >= 0).all()
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(OBJECTIVE[name](x[:, order]), found[order], atol=1e-6)


@pytest.mark.parametrize("name", [n for n in OBJECTIVE if n not in ("cilos", "idocriw")])
def test_a_constant_indicator_has_no_weight(name):
    x = np.array([[1.0, 5.0, 3.0], [2.0, 5.0, 9.0], [4.0, 5.0, 4.0]])
    assert OBJECTIVE[name](x)[1] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("name", ["entropy", "critic", "deviation", "gini", "lopcow"])
def test_all_constant_is_equal_weights(name):
    np.testing.assert_allclose(OBJECTIVE[name](np.ones((3, 4))), np.full(4, 0.25))


@pytest.mark.parametrize("name", ["entropy", "merec", "cilos", "gini"])
def test_weights_do_not_depend_on_the_unit(name):
    x = np.random.default_rng(1).uniform(1, 9, (7, 4))
    np.testing.assert_allclose(
        OBJECTIVE[name](x * [1, 1000, 0.01, 7]), OBJECTIVE[name](x), atol=1e-7
    )


@pytest.mark.parametrize("name", OBJECTIVE)
def test_a_cost_is_not_weighed_as_a_benefit(name):
    x = np.random.default_rng(2).uniform(1, 9, (8, 4))
    turned = OBJECTIVE[name](x, [1, -1, 1, 1])
    assert turned.sum() == pytest.approx(1.0)
    if name in ("entropy", "merec", "cilos", "gini", "critic"):
        assert not np.allclose(turned, OBJECTIVE[name](x))


def test_a_cost_enters_entropy_as_its_reciprocal():
    x = np.array([[1.0, 2.0], [2.0, 1.0], [4.0, 4.0]])
    np.testing.assert_allclose(
        entropy_weights(x, ["benefit", "cost"]),
        entropy_weights(np.column_stack([x[:, 0], 1 / x[:, 1]])),
    )


def test_what_a_method_cannot_take_is_refused():
    with pytest.raises(QuantityError, match="negative"):
        entropy_weights([[1.0, -1.0], [2.0, 3.0]])
    with pytest.raises(QuantityError, match="reciprocal is none"):
        entropy_weights([[1.0, 0.0], [2.0, 3.0]], [1, -1])
    with pytest.raises(QuantityError, match="missing"):
        critic_weights([[1.0, np.nan], [2.0, 3.0]])
    with pytest.raises(QuantityError, match="above 0"):
        merec_weights([[1.0, 0.0], [2.0, 3.0]])
    with pytest.raises(QuantityError, match="expected benefit"):
        entropy_weights([[1.0, 2.0]], ["up", "down"])


def test_merec_of_its_authors():
    """Example of Keshavarz-Ghorabaee and others (2021), section 4.1."""
    x = np.array(
        [
            [450, 8000, 54, 145],
            [10, 9100, 2, 160],
            [100, 8200, 31, 153],
            [220, 9300, 1, 162],
            [5, 8400, 23, 158],
        ]
    )
    np.testing.assert_allclose(
        merec_weights(x, [1, 1, -1, -1]), [0.5752, 0.0141, 0.4016, 0.0091], atol=6e-5
    )


def test_combinations():
    a, b = np.array([0.5, 0.5]), np.array([0.2, 0.8])
    np.testing.assert_allclose(combined_weights(a, b, 0.6), [0.38, 0.62])
    np.testing.assert_allclose(combined_weights(a, b, method="multiplicative"), b)
    both = combined_weights(a, b, method="game")
    assert b[0] < both[0] < a[0]
    np.testing.assert_allclose(combined_weights(a, a, method="game"), a)
    with pytest.raises(QuantityError, match="no indicator has weight in both"):
        combined_weights([1.0, 0.0], [0.0, 1.0], method="multiplicative")
