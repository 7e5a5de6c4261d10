import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.decision.ahp import ahp_weights
from shanshui.decision.interval_ahp import (
    SOLVERS,
    acceptable,
    feasible,
    indeterminacy,
    interval_weights,
    intransitivity,
)
from shanshui.decision.intervals import possibility_degrees, possibility_ranking

# Arbel and Vargas (1993), used by many since
ARBEL = np.array([[1, 2, 2, 1], [1 / 5, 1, 1, 1], [1 / 4, 1 / 3, 1, 1 / 2], [1 / 3, 1 / 2, 1, 1]])
# Sugihara, Ishii and Tanaka (2004), section 5
SUGIHARA = np.array(
    [
        [1, 1, 3, 5, 5],
        [1 / 3, 1, 1, 1, 1],
        [1 / 5, 1 / 4, 1, 1 / 5, 2],
        [1 / 7, 1 / 5, 1 / 5, 1, 1],
        [1 / 9, 1 / 4, 1 / 4, 1 / 2, 1],
    ]
)


def widened(weights, factors):
    """Consistent judgements, each widened by its own factor on both sides."""
    w = np.asarray(weights, float)
    ratio = w[:, None] / w[None, :]
    spread = np.asarray(factors, float)
    return ratio / spread, ratio * spread


def test_the_lower_approximation_of_sugihara_and_others():
    found = interval_weights(SUGIHARA, 1 / SUGIHARA.T, method="interval-lp-lower")
    np.testing.assert_allclose(found.lower, [0.4225, 0.1781, 0.1408, 0.0763, 0.0704], atol=6e-5)
    np.testing.assert_allclose(found.upper, [0.5343, 0.2817, 0.1408, 0.0845, 0.0704], atol=6e-5)


def test_the_upper_approximation_of_sugihara_and_others():
    found = interval_weights(SUGIHARA, 1 / SUGIHARA.T, method="interval-lp-upper")
    assert found.facts["total_width"] == pytest.approx(0.6182, abs=6e-5)
    np.testing.assert_allclose(found.lower[:2], [0.2909, 0.1364], atol=6e-5)
    np.testing.assert_allclose(found.upper[:2], [0.4091, 0.2909], atol=6e-5)


def test_the_goal_programme_on_the_example_of_arbel_and_vargas():
    """Consistent: the bounds are the extremes of a polygon, here found by its corners."""
    found = interval_weights(ARBEL, 1 / ARBEL.T, method="goal-programme")
    assert found.facts["deviation"] == pytest.approx(0.0, abs=1e-9)
    assert feasible(ARBEL, 1 / ARBEL.T)
    np.testing.assert_allclose(found.lower, [8**0.25, 3**-0.25, 0.5, (2 / 9) ** 0.25], rtol=1e-6)
    np.testing.assert_allclose(found.upper, [36**0.25, 1.5**0.25, 0.5**0.25, 1.0], rtol=1e-6)


def test_the_indeterminacy_of_arbel_and_vargas():
    assert indeterminacy(ARBEL, 1 / ARBEL.T) == pytest.approx(2.3762, abs=5e-5)


def test_the_interval_eigenvector_by_its_formula():
    low, high = ARBEL, 1 / ARBEL.T
    found = interval_weights(low, high, method="interval-eigenvector")
    k = np.sqrt((1 / high.sum(axis=0)).sum())
    m = np.sqrt((1 / low.sum(axis=0)).sum())
    assert found.facts == pytest.approx({"k": k, "m": m})
    values, vectors = np.linalg.eig(low)
    x = np.abs(vectors[:, values.real.argmax()].real)
    np.testing.assert_allclose(found.lower, k * x / x.sum())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.2, 5.0), min_size=3, max_size=6))
def test_crisp_consistent_judgements_give_their_weights_by_every_method(weights):
    w = np.array(weights)
    low, high = widened(w, 1.0)
    for method in SOLVERS:
        found = interval_weights(low, high, method=method, draws=50)
        assert found.found, method
        share = found.normalised()
        np.testing.assert_allclose(share.lower, w / w.sum(), rtol=2e-4, err_msg=method)
        np.testing.assert_allclose(share.upper, w / w.sum(), rtol=2e-4, err_msg=method)
        np.testing.assert_allclose(found.crisp, w / w.sum(), rtol=2e-4, err_msg=method)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.3, 3.0), min_size=3, max_size=5),
    st.floats(1.05, 2.0),
)
def test_bounds_hold_the_weights_that_made_the_judgements(weights, spread):
    """Intervals around consistent judgements: every method that keeps all of them holds the weights inside."""
    w = np.array(weights)
    low, high = widened(w, np.where(np.eye(len(w)), 1.0, spread))
    share = w / w.sum()
    for method in ("goal-programme", "log-least-squares", "geometric"):
        found = interval_weights(low, high, method=method).normalised()
        assert (found.lower <= share + 1e-6).all(), method
        assert (found.upper >= share - 1e-6).all(), method
    assert feasible(low, high)
    assert intransitivity(low, high) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 5))
def test_normal_bounds_of_the_linear_programmes(seed, n):
    rng = np.random.default_rng(seed)
    logs = rng.uniform(-1.5, 1.5, (n, n))
    low = np.exp(np.triu(logs, 1) - np.triu(logs, 1).T - 0.0)
    high = low.copy()
    top = np.triu_indices(n, 1)
    high[top] *= np.exp(rng.uniform(0, 1, len(top[0])))
    low.T[top] = 1 / high[top]
    high.T[top] = 1 / low[top]
    for method in ("interval-lp-upper", "interval-lp-lower", "normalised-goal-programme"):
        found = interval_weights(low, high, method=method)
        if not found.found:
            assert method == "interval-lp-lower"
            assert "contradict" in found.finding
            assert np.isnan(found.lower).all()
            continue
        bottom, upper = found
        ratio_low, ratio_high = bottom[:, None] / upper, upper[:, None] / bottom
        off = ~np.eye(n, dtype=bool)
        if method == "interval-lp-upper":
            assert (ratio_low <= low * (1 + 1e-5))[off].all()
            assert (ratio_high >= high * (1 - 1e-5))[off].all()
        if method == "interval-lp-lower":
            assert (ratio_low >= low * (1 - 1e-5))[off].all()
            assert (ratio_high <= high * (1 + 1e-5))[off].all()
        assert (bottom <= upper + 1e-7).all()
        for i in range(n):
            assert upper.sum() - upper[i] + bottom[i] >= 1 - 1e-6
            assert bottom.sum() - bottom[i] + upper[i] <= 1 + 1e-6


def test_an_infeasible_lower_approximation_is_a_finding():
    """a over b 2, b over c 2, c over a 2: nothing lies inside."""
    cycle = np.array([[1, 2, 0.5], [0.5, 1, 2], [2, 0.5, 1]])
    found = interval_weights(cycle, cycle, method="interval-lp-lower")
    assert not found.found
    assert "interval-lp-upper" in found.finding
    assert not feasible(cycle, cycle)
    assert interval_weights(cycle, cycle, method="interval-lp-upper").found


def test_contradictions_cost_the_goal_programme():
    cycle = np.array([[1, 2, 0.5], [0.5, 1, 2], [2, 0.5, 1]])
    found = interval_weights(cycle, cycle, method="goal-programme")
    # the logs of a round trip sum to ln 8 and must be given away
    assert found.facts["deviation"] == pytest.approx(np.log(8))
    assert "contradict" in found.finding


def test_feasibility_looks_along_chains_longer_than_three():
    """Every triple has room, but four upper bounds in a round multiply to less than 1."""
    n = 4
    low, high = np.full((n, n), 1e-3), np.full((n, n), 1e3)
    np.fill_diagonal(low, 1.0)
    np.fill_diagonal(high, 1.0)
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
        high[i, j], low[j, i] = 0.8, 1 / 0.8
    assert not feasible(low, high)


def test_a_width_limit_narrows_least_squares():
    free = interval_weights(ARBEL, 1 / ARBEL.T, method="log-least-squares")
    held = interval_weights(ARBEL, 1 / ARBEL.T, method="log-least-squares", width_limit=1.5)
    np.testing.assert_allclose(free.crisp, held.crisp)
    assert (held.upper / held.lower < free.upper / free.lower).all()
    np.testing.assert_allclose(free.crisp, ahp_weights(np.sqrt(ARBEL / ARBEL.T), "geometric"))


def test_simulation_tells_its_seed_and_what_it_kept():
    a = interval_weights(ARBEL, 1 / ARBEL.T, method="simulation", draws=500, seed=3)
    b = interval_weights(ARBEL, 1 / ARBEL.T, method="simulation", draws=500, seed=3)
    np.testing.assert_array_equal(a.lower, b.lower)
    assert 0 < a.facts["accepted_share"] <= 1
    assert a.facts["seed"] == 3
    cycle = np.array([[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]])
    none = interval_weights(cycle, cycle, method="simulation", draws=50)
    assert not none.found
    assert none.facts["accepted_share"] == 0.0


def test_wide_intervals_are_not_acceptable_though_their_middle_agrees():
    low, high = widened([3, 2, 1], np.where(np.eye(3), 1.0, 5.0))
    stands, facts = acceptable(low, high)
    assert not stands
    assert facts["consistency_ratio"] == pytest.approx(0.0, abs=1e-9)
    assert facts["indeterminacy"] == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        ([[1, 3], [0.5, 1]], [[1, 2], [1 / 3, 1]], "above upper"),
        ([[1, 2], [0.5, 1]], [[1, 4], [0.5, 1]], "not reciprocal"),
        ([[1, -2], [0.25, 1]], [[1, 4], [0.5, 1]], "above 0"),
        ([[1, 2]], [[1, 4]], "n x n"),
    ],
)
def test_what_is_no_interval_judgement_is_refused(lower, upper, message):
    with pytest.raises(QuantityError, match=message):
        interval_weights(lower, upper)


def test_an_unknown_method_names_the_nearest():
    with pytest.raises(QuantityError, match="goal-programme"):
        interval_weights(ARBEL, 1 / ARBEL.T, method="goal-program")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0, 3)), min_size=2, max_size=6))
def test_possibility_degrees_with_their_mirror_are_one(rows):
    low = np.array([r[0] for r in rows])
    high = low + np.array([r[1] for r in rows])
    degrees = possibility_degrees(low, high)
    np.testing.assert_allclose(degrees + degrees.T, 1.0, atol=1e-9)
    above = low[:, None] >= high[None, :]
    strict = above & (low[:, None] > low[None, :])
    # a width far below the unit of its ends is lost in their rounding
    assert (degrees[strict] > 1 - 1e-7).all()
    assert possibility_ranking(low, high).sum() == pytest.approx(1.0)


def test_points_are_compared_as_points():
    np.testing.assert_array_equal(
        possibility_degrees([1, 2, 2], [1, 2, 2]), [[0.5, 0, 0], [1, 0.5, 0.5], [1, 0.5, 0.5]]
    )


def test_possibility_on_a_ratio_scale_uses_logs():
    plain = possibility_degrees([1, 1], [4, 2])
    logs = possibility_degrees([1, 1], [4, 2], ratio_scale=True)
    assert plain[0, 1] == pytest.approx(3 / 4)
    assert logs[0, 1] == pytest.approx(2 / 3)
