"""Grades of scores, and a check of grades by the indicators behind them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.vq import ClusterError, kmeans2

from shanshui.core.errors import QuantityError, nearest

Vector = NDArray[np.float64]
Grades = NDArray[np.int64]
MOST_GRADES = 5
"""Grades tried when none are asked for [D]."""
STARTS = 20
"""Starts of k-means, the best of which stands."""
RIDGE = 1e-3
"""Share of the mean variance added to each of the pooled covariance: few places, many indicators [D]."""


def silhouette(values: ArrayLike, grades: ArrayLike) -> float:
    """Mean silhouette of a grouping of numbers (Rousseeuw 1987).

    Parameters
    ----------
    values : (place,)
        Scores.
    grades : (place,)
        Group of each; at least two groups.

    Returns
    -------
    float [1]
        -1 to 1; a group of one counts 0.
    """
    x, g = np.asarray(values, np.float64), np.asarray(grades)
    kinds = np.unique(g)
    gap = np.abs(x[:, None] - x[None, :])
    means = np.stack([gap[:, g == k].mean(axis=1) for k in kinds], axis=1)
    sizes = np.array([(g == k).sum() for k in kinds])
    own = np.searchsorted(kinds, g)
    rows = np.arange(len(x))
    many = sizes[own] > 1
    inside = means[rows, own] * sizes[own] / np.maximum(sizes[own] - 1, 1)
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    wide = np.maximum(inside, outside)
    score = np.divide(outside - inside, wide, out=np.zeros(len(x)), where=many & (wide > 0))
    return float(score.mean())


def _ordered(values: Vector, labels: Grades) -> Grades:
    """Labels renamed from 1, the greatest scores first."""
    kinds = np.unique(labels)
    means = np.array([values[labels == k].mean() for k in kinds])
    place = np.empty(len(kinds), np.int64)
    place[np.argsort(-means, kind="stable")] = np.arange(1, len(kinds) + 1)
    return place[np.searchsorted(kinds, labels)]


def _k_means(values: Vector, count: int, seed: int) -> Grades:
    best: tuple[float, Grades] | None = None
    for start in range(STARTS):
        random = np.random.default_rng(seed + start)
        try:
            centres, labels = kmeans2(
                values[:, None], count, minit="++", rng=random, missing="raise"
            )
        except ClusterError:  # a group ran empty: another start may not
            continue
        if len(np.unique(labels)) < count:
            continue
        spread = float(((values - centres[labels, 0]) ** 2).sum())
        if best is None or spread < best[0] - 1e-15:
            best = (spread, labels)
    return best[1] if best is not None else _breaks(values, count, seed)


def _breaks(values: Vector, count: int, seed: int) -> Grades:
    """Exact least spread within groups of sorted numbers (Fisher 1958), known as natural breaks."""
    order = np.argsort(values, kind="stable")
    x = values[order]
    n = len(x)
    sums, squares = np.concatenate([[0.0], np.cumsum(x)]), np.concatenate([[0.0], np.cumsum(x**2)])

    def spread(first: NDArray[np.int64], stop: int) -> Vector:
        size = stop - first
        return squares[stop] - squares[first] - (sums[stop] - sums[first]) ** 2 / size

    cost = np.full((count + 1, n + 1), np.inf)
    back = np.zeros((count + 1, n + 1), np.int64)
    cost[0, 0] = 0.0
    for k in range(1, count + 1):
        for stop in range(k, n + 1):
            first = np.arange(k - 1, stop)
            total = cost[k - 1, first] + spread(first, stop)
            at = int(np.argmin(total))
            cost[k, stop], back[k, stop] = total[at], first[at]
    labels = np.empty(n, np.int64)
    stop = n
    for k in range(count, 0, -1):
        first = back[k, stop]
        labels[order[first:stop]] = k
        stop = first
    return labels


def _cloud(values: Vector, count: int, seed: int) -> Grades:
    """Grades as normal clouds, evenly spaced between the least and the greatest score: the surest one stands.

    Clouds of one width are the surer the nearer their middle is.
    """
    centres = np.linspace(float(values.min()), float(values.max()), count)
    return np.abs(values[:, None] - centres).argmin(axis=1)


GRADERS: dict[str, Callable[[Vector, int, int], Grades]] = {
    "k-means": _k_means,
    "natural-breaks": _breaks,
    "cloud": _cloud,
}
"""Ways to make grades of scores."""


def grades_of(
    scores: ArrayLike, *, method: str = "k-means", count: int = 0, seed: int = 0
) -> tuple[Grades, float]:
    """Grades of scores, 1 the best.

    Parameters
    ----------
    scores : (place,) [1]
        One each.
    method : str
        ``k-means``, ``natural-breaks`` (its exact optimum), or ``cloud``.
    count : int
        Grades; 0 takes the number from 2 to 5 with the best silhouette.
    seed : int
        Of the starts of k-means.

    Returns
    -------
    ((place,), float [1])
        Grades in the order of the scores, and the silhouette; one grade and 0 where all scores are alike.

    Raises
    ------
    QuantityError
        Missing scores, unknown method, more grades than different scores.
    """
    x = np.asarray(scores, np.float64)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all():
        raise QuantityError("scores: expected numbers without gaps")
    if method not in GRADERS:
        raise QuantityError(f"method: '{method}'; {nearest(method, GRADERS)}")
    different = len(np.unique(x))
    if count > different or count < 0:
        raise QuantityError(f"count: {count} grades for {different} different scores")
    if different == 1 or count == 1:
        return np.ones(len(x), np.int64), 0.0
    tries = [count] if count else range(2, min(MOST_GRADES, different, max(len(x) - 1, 2)) + 1)
    best: tuple[float, Grades] | None = None
    for k in tries:
        found = _ordered(x, GRADERS[method](x, k, seed))
        width = silhouette(x, found) if len(np.unique(found)) > 1 else 0.0
        if best is None or width > best[0] + 1e-12:
            best = (width, found)
    if best is None:
        raise AssertionError("there is at least one number of grades to try")
    return best[1], best[0]


@dataclass(frozen=True)
class DiscriminantCheck:
    """What indicators say of grades.

    Attributes
    ----------
    predicted : (place,)
        Grade of each place by a discriminant function made without it.
    agreement : float [1]
        Share of places that keep their grade.
    confusion : (grade, grade)
        Rows are grades, columns predictions.
    grades : (grade,)
        Labels of both.
    """

    predicted: Grades
    agreement: float
    confusion: NDArray[np.int64]
    grades: Grades


def discriminant_check(indicators: ArrayLike, grades: ArrayLike) -> DiscriminantCheck:
    """Linear discriminant analysis with each place left out in turn (Fisher 1936; Lachenbruch 1967).

    Parameters
    ----------
    indicators : (place, indicator)
        On comparable scales.
    grades : (place,)
        To be checked.

    Returns
    -------
    DiscriminantCheck
        A grade of one place cannot be told without it: it counts as missed. Covariance is pooled, with a small ridge.

    Raises
    ------
    QuantityError
        Shapes that differ, gaps, fewer than two places.
    """
    x, g = np.asarray(indicators, np.float64), np.asarray(grades, np.int64)
    if x.ndim != 2 or g.shape != (len(x),) or len(x) < 2 or not np.isfinite(x).all():
        raise QuantityError(
            f"indicators, grades: shapes {x.shape} and {g.shape}; expected (places, indicators) without gaps and a grade each "
            "of two places or more"
        )
    kinds = np.unique(g)
    predicted = np.empty(len(g), np.int64)
    for k in range(len(g)):
        rest = np.arange(len(g)) != k
        predicted[k] = _discriminated(x[rest], g[rest], x[k])
    confusion = np.array([[int(((g == a) & (predicted == b)).sum()) for b in kinds] for a in kinds])
    return DiscriminantCheck(predicted, float((predicted == g).mean()), confusion, kinds)


def _discriminated(x: NDArray[np.float64], g: Grades, place: Vector) -> int:
    kinds = np.unique(g)
    means = np.stack([x[g == k].mean(axis=0) for k in kinds])
    inside = x - means[np.searchsorted(kinds, g)]
    pooled = inside.T @ inside / max(len(x) - len(kinds), 1)
    ridge = RIDGE * max(float(np.trace(pooled)) / len(pooled), 1e-12)
    pooled[np.diag_indices_from(pooled)] += ridge
    solved = np.linalg.solve(pooled, means.T)
    prior = np.log(np.array([(g == k).mean() for k in kinds]))
    score = place @ solved - 0.5 * np.einsum("ki,ik->k", means, solved) + prior
    return int(kinds[int(np.argmax(score))])
