import numpy as np
import pytest
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.worlds import grid

from shanshui.core.errors import QuantityError
from shanshui.decision.fixed_scale import spotis
from shanshui.decision.grading import discriminant_check, grades_of, silhouette
from shanshui.decision.interval_ranking import interval_topsis, interval_weighted_sum
from shanshui.decision.maps import overlay_score
from shanshui.decision.ranking import (
    RANKINGS,
    grey_relation,
    promethee,
    ranks,
    scored,
    topsis,
    vikor,
    weighted_sum,
)
from shanshui.decision.robustness import (
    rank_acceptability,
    rank_reversal,
    rank_similarity,
    simplex_weights,
)

tables = arrays(np.float64, (7, 3), elements=st.integers(1, 60).map(float))


def test_topsis_with_a_pencil():
    """One criterion up, one down, equal weights, columns of norm 5: d+ and d- by hand."""
    x = np.array([[3.0, 4.0], [4.0, 3.0]])
    np.testing.assert_allclose(topsis(x, [0.5, 0.5], [1, -1]), [0.0, 1.0])
    # both up: each is best once and worst once
    np.testing.assert_allclose(topsis(x, [0.5, 0.5]), [0.5, 0.5])
    np.testing.assert_allclose(topsis(x, [0.8, 0.2]), [0.2, 0.8])


def test_vikor_with_a_pencil():
    x = np.array([[10.0, 0.0], [0.0, 10.0], [6.0, 6.0]])
    found = vikor(x, [0.5, 0.5])
    np.testing.assert_allclose(found.s, [0.5, 0.5, 0.4])
    np.testing.assert_allclose(found.r, [0.5, 0.5, 0.2])
    np.testing.assert_allclose(found.q, [1.0, 1.0, 0.0])
    assert found.order[0] == 2
    assert found.advantage
    assert found.stability
    assert found.compromise == (2,)


def test_vikor_without_advantage_keeps_all_that_are_near():
    x = np.array([[10.0, 0.0], [9.9, 0.3], [0.0, 10.0], [5.0, 5.0], [1.0, 8.0]])
    found = vikor(x, [0.9, 0.1])
    assert not found.advantage
    assert set(found.compromise) >= {0, 1}


def test_vikor_of_alike_and_of_two_alternatives_divides_by_nothing():
    assert np.isfinite(vikor(np.ones((3, 2)), [0.5, 0.5]).q).all()
    assert np.isfinite(vikor([[1.0, 2.0], [2.0, 2.0]], [0.5, 0.5]).q).all()
    assert vikor([[1.0, 2.0]], [0.5, 0.5]).compromise == (0,)


def test_promethee_with_a_pencil():
    x = np.array([[3.0], [2.0], [1.0]])
    found = promethee(x, [1.0])
    np.testing.assert_allclose(found.net, [1.0, 0.0, -1.0])
    np.testing.assert_allclose(found.positive, [1.0, 0.5, 0.0])
    # v-shape over the range of 2: a gap of 1 is half a preference
    np.testing.assert_allclose(promethee(x, [1.0], preference="v-shape").net, [0.75, 0.0, -0.75])
    np.testing.assert_allclose(
        promethee(x, [1.0], preference="linear", q=1, p=2).net, [0.5, 0.0, -0.5]
    )
    np.testing.assert_allclose(
        promethee(x, [1.0], preference="level", q=0.5, p=1.5).net, [0.75, 0.0, -0.75]
    )
    half = 1 - np.exp(-0.5)
    np.testing.assert_allclose(
        promethee(x[:2], [1.0], preference="gaussian", p=1).net, [half, -half]
    )


def test_grey_relation_with_a_pencil():
    x = np.array([[1.0, 1.0], [0.0, 0.5], [0.5, 0.0]])
    np.testing.assert_allclose(
        grey_relation(x, [0.5, 0.5]), [1.0, 0.5 * (1 / 3 + 0.5), 0.5 * (0.5 + 1 / 3)]
    )


def test_a_target_counts_by_distance():
    x = np.array([[6.0], [7.0], [9.0]])
    assert weighted_sum(x, [1.0], ["target:7"]).argmax() == 1
    np.testing.assert_allclose(weighted_sum(x, [1.0], ["target:7"]), [0.5, 1.0, 0.0])
    np.testing.assert_allclose(spotis(x, [1.0], [[0, 10]], ["target:7"]), [0.1, 0.0, 0.2])


def test_spotis_does_not_turn_when_one_leaves():
    rng = np.random.default_rng(5)
    x, w = rng.uniform(0, 10, (8, 3)), [0.5, 0.3, 0.2]
    bounds = [[0, 10]] * 3
    np.testing.assert_allclose(spotis(x, w, bounds)[1:], spotis(x[1:], w, bounds))
    with pytest.raises(QuantityError, match="outside its bounds"):
        spotis(x + 8, w, bounds)


@pytest.mark.parametrize("method", RANKINGS)
@settings(max_examples=25, deadline=None)
@given(tables)
def test_what_is_better_in_all_is_never_worse(method, x):
    best = x.max(axis=0) + 1.0
    whole = np.vstack([x, best])
    score = scored(method, whole, [0.5, 0.3, 0.2])
    assert score[-1] >= score.max() - 1e-9


@pytest.mark.parametrize("method", RANKINGS)
@settings(max_examples=15, deadline=None)
@given(tables)
def test_scores_follow_the_rows_and_not_the_units(method, x):
    w, signs = [0.5, 0.3, 0.2], [1, -1, 1]
    score = scored(method, x, w, signs)
    order = [3, 1, 6, 0, 2, 5, 4]
    np.testing.assert_allclose(scored(method, x[order], w, signs), score[order], atol=1e-9)
    np.testing.assert_allclose(scored(method, x * [1, 100, 0.5], w, signs), score, atol=1e-9)


@pytest.mark.parametrize("method", RANKINGS)
def test_a_constant_criterion_divides_by_nothing(method):
    x = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    score = scored(method, x, [0.5, 0.5])
    assert np.isfinite(score).all()
    assert score.argmax() == 2


def test_bad_tables_are_refused():
    with pytest.raises(QuantityError, match="missing"):
        topsis([[1.0, np.nan]], [0.5, 0.5])
    with pytest.raises(QuantityError, match="weights"):
        topsis([[1.0, 2.0]], [0.5, 0.3, 0.2])
    with pytest.raises(QuantityError, match="not all 0"):
        topsis([[1.0, 2.0]], [0.0, 0.0])
    with pytest.raises(QuantityError, match="0 <= q <= p"):
        promethee([[1.0], [2.0]], [1.0], q=2, p=1)


def test_equal_scores_share_the_better_rank():
    np.testing.assert_array_equal(ranks([0.5, 0.9, 0.5, 0.1]), [2, 1, 2, 4])


def test_interval_scores_hold_every_score_within():
    rng = np.random.default_rng(3)
    low = rng.uniform(0, 5, (6, 4))
    high = low + rng.uniform(0, 2, (6, 4))
    bottom, top = np.array([0.1, 0.2, 0.1, 0.2]), np.array([0.4, 0.4, 0.3, 0.5])
    found = interval_weighted_sum(low, high, bottom, top, [1, -1, 1, 1])
    floor = np.where([True, False, True, True], low.min(axis=0), high.max(axis=0))
    span = np.where([1, -1, 1, 1], high.max(axis=0) - low.min(axis=0), 1)
    for w in simplex_weights(4, 200, 1, lower=bottom, upper=top):
        x = rng.uniform(low, high)
        score = (np.abs(x - floor) / span) @ w
        assert (score >= found.lower - 1e-9).all()
        assert (score <= found.upper + 1e-9).all()
    assert found.standing.sum() == pytest.approx(1.0)


def test_interval_topsis_of_points_orders_as_topsis():
    x = np.random.default_rng(4).uniform(1, 9, (6, 3))
    w = [0.5, 0.3, 0.2]
    np.testing.assert_array_equal(
        ranks(interval_topsis(x, x, w, [1, -1, 1])), ranks(topsis(x, w, [1, -1, 1]))
    )


def test_simplex_weights_are_even():
    w = simplex_weights(3, 20_000, 7)
    np.testing.assert_allclose(w.sum(axis=1), 1.0)
    np.testing.assert_allclose(w.mean(axis=0), 1 / 3, atol=0.01)
    # the share of the simplex with a first weight above a half is a quarter
    assert (w[:, 0] > 0.5).mean() == pytest.approx(0.25, abs=0.01)


def test_bounded_weights_are_even_within_their_bounds():
    low, high = np.array([0.1, 0.1, 0.1]), np.array([0.5, 0.5, 0.8])
    w = simplex_weights(3, 20_000, 7, lower=low, upper=high)
    assert (w >= low - 1e-12).all()
    assert (w <= high + 1e-12).all()
    free = simplex_weights(3, 200_000, 8)
    inside = free[((free >= low) & (free <= high)).all(axis=1)]
    np.testing.assert_allclose(w.mean(axis=0), inside.mean(axis=0), atol=0.01)
    with pytest.raises(QuantityError, match="sum to 1"):
        simplex_weights(2, 5, 0, lower=[0.6, 0.6])


@pytest.mark.parametrize("method", RANKINGS)
def test_acceptability_is_that_of_one_draw_after_another(method):
    x = np.random.default_rng(1).uniform(1, 9, (6, 4))
    x[:, 3] = 2.0
    signs = [1, -1, "target:5", 1]
    found = rank_acceptability(x, signs, method=method, draws=60, seed=2)
    places = np.array(
        [ranks(np.round(scored(method, x, w, signs), 12)) for w in simplex_weights(4, 60, 2)]
    )
    np.testing.assert_allclose(found.mean_rank, places.mean(axis=0))
    np.testing.assert_allclose(found.first, (places == 1).mean(axis=0))
    np.testing.assert_allclose(found.share.sum(axis=1), 1.0)
    won = found.first > 0
    np.testing.assert_allclose(found.central_weights[won].sum(axis=1), 1.0)
    assert np.isnan(found.central_weights[~won]).all()


def test_what_dominates_always_comes_first():
    x = np.array([[3.0, 3.0], [2.0, 1.0], [1.0, 2.0]])
    found = rank_acceptability(x, draws=200)
    np.testing.assert_array_equal(found.first, [1.0, 0.0, 0.0])


def test_rank_reversal_of_topsis_and_none_of_a_fixed_scale():
    """Belton and Gear's kind of case: a weak alternative that leaves turns two others under range scaling."""
    x = np.array([[1.0, 9.0, 8.0], [9.0, 1.0, 9.0], [8.0, 8.0, 1.0], [8.0, 9.0, 1.0]])
    w = np.full(3, 1 / 3)
    assert rank_reversal(x, w, method="weighted-sum").share >= 0.0
    found = [
        rank_reversal(np.random.default_rng(k).uniform(0, 9, (6, 4)), np.full(4, 0.25)).share
        for k in range(40)
    ]
    assert max(found) > 0
    with pytest.raises(QuantityError, match="at least three"):
        rank_reversal(x[:2], w)


def test_similarity_of_rankings():
    same = rank_similarity([1, 2, 3, 4], [1, 2, 3, 4])
    assert set(same.values()) == {1.0}
    assert rank_similarity([1, 2, 3], [3, 2, 1])["spearman"] == pytest.approx(-1.0)
    top = rank_similarity([1, 2, 3, 4], [2, 1, 3, 4])
    tail = rank_similarity([1, 2, 3, 4], [1, 2, 4, 3])
    assert top["spearman"] == tail["spearman"]
    assert top["ws"] < tail["ws"]
    assert top["weighted_spearman"] < tail["weighted_spearman"]


@pytest.mark.parametrize("method", RANKINGS)
def test_a_map_scores_as_a_table(method):
    rng = np.random.default_rng(6)
    x = rng.uniform(1, 9, (20, 4)).astype(np.float32)
    names = [f"c{k}" for k in range(4)]
    layers = xr.Dataset({n: grid(x[:, k].reshape(4, 5), "1") for k, n in enumerate(names)})
    signs = ("benefit", "cost", "target:5", "benefit")
    w = (0.4, 0.3, 0.2, 0.1)
    found = overlay_score(layers, weights=w, directions=signs, method=method)
    np.testing.assert_allclose(found.values.ravel(), scored(method, x, w, signs), atol=2e-6)
    # a cell that lacks a layer takes no part
    broken = layers.copy(deep=True)
    broken["c1"].values[0, 0] = np.nan
    part = overlay_score(broken, weights=w, directions=signs, method=method).values.ravel()
    assert np.isnan(part[0])
    np.testing.assert_allclose(part[1:], scored(method, x[1:], w, signs), atol=2e-6)


def test_a_map_without_a_known_cell_is_all_gaps():
    layers = xr.Dataset({"a": grid(np.full((2, 2), np.nan, np.float32), "1")})
    assert np.isnan(overlay_score(layers).values).all()


def test_grades_follow_the_scores():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(m, 0.3, 8) for m in (1.0, 5.0, 9.0)])
    for method in ("k-means", "natural-breaks"):
        grade, width = grades_of(x, method=method)
        np.testing.assert_array_equal(grade, np.repeat([3, 2, 1], 8))
        assert width > 0.8


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=4, max_size=25))
@example([0, 0, 29, 31, 35, 16, 19, 5])  # a start of k-means runs out of a group
def test_a_better_score_never_has_a_worse_grade(values):
    x = np.array(values, float)
    for method in ("k-means", "natural-breaks", "cloud"):
        grade, _ = grades_of(x, method=method)
        order = np.argsort(x)
        assert (np.diff(grade[order]) <= 0).all()


def test_natural_breaks_are_the_best_of_all():
    x = np.array([1.0, 2.0, 4.0, 7.0, 8.0, 20.0])
    grade, _ = grades_of(x, method="natural-breaks", count=3)

    def spread(cuts):
        return sum(float(((p - p.mean()) ** 2).sum()) for p in np.split(x, cuts))

    best = min(((a, b) for a in range(1, 5) for b in range(a + 1, 6)), key=spread)
    np.testing.assert_array_equal(grade, np.repeat([3, 2, 1], np.diff([0, *best, 6])))


def test_silhouette_with_a_pencil():
    """0 and 1 against 10 and 11: inside 1, outside 10.5 or 9.5."""
    expected = np.mean([(10.5 - 1) / 10.5, (9.5 - 1) / 9.5] * 2)
    assert silhouette([0, 1, 10, 11], [1, 1, 2, 2]) == pytest.approx(expected)


def test_the_discriminant_check_finds_a_planted_mistake():
    rng = np.random.default_rng(2)
    x = np.vstack([rng.normal(m, 0.4, (10, 3)) for m in (0.0, 4.0)])
    grade = np.repeat([2, 1], 10)
    clean = discriminant_check(x, grade)
    assert clean.agreement == 1.0
    np.testing.assert_array_equal(clean.confusion, [[10, 0], [0, 10]])
    grade[0] = 1
    found = discriminant_check(x, grade)
    assert found.predicted[0] == 2
    assert found.confusion.sum() == 20


def test_alike_scores_have_one_grade():
    grade, width = grades_of(np.ones(5))
    assert set(grade) == {1}
    assert width == 0.0
    with pytest.raises(QuantityError, match="different scores"):
        grades_of(np.ones(5), count=3)
