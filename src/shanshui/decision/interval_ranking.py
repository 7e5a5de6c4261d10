"""Ranking when values, or values and weights, are known between bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError
from shanshui.decision.criteria import (
    Direction,
    Matrix,
    checked_scores,
    checked_weights,
    parsed_directions,
    quotient,
)
from shanshui.decision.intervals import possibility_ranking

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class IntervalScores:
    """Scores between bounds.

    Attributes
    ----------
    lower, upper : (alternative,) [1]
        Bounds over all values and weights within theirs.
    standing : (alternative,) [1]
        Order by possibility degrees; more is better.
    """

    lower: Scores
    upper: Scores
    standing: Scores


def interval_weighted_sum(
    lower: ArrayLike,
    upper: ArrayLike,
    weights_lower: ArrayLike,
    weights_upper: ArrayLike,
    directions: Sequence[Direction] | None = None,
) -> IntervalScores:
    """Bounds of the weighted sum when values and weights are intervals.

    Parameters
    ----------
    lower, upper : (alternative, criterion)
        Bounds of the scores.
    weights_lower, weights_upper : (criterion,) [1]
        Bounds of the weights; those that sum to 1 within them count.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``.

    Returns
    -------
    IntervalScores
        Exact: for each alternative the weights go where they harm, or help, most.

    Raises
    ------
    QuantityError
        Lower above upper, or no weights that sum to 1 within the bounds.
    """
    low, high = _oriented_bounds(lower, upper, directions)
    floor = low.min(axis=0)
    span = high.max(axis=0) - floor
    low, high = quotient(low - floor, span), quotient(high - floor, span)
    bottom, top = _weight_bounds(weights_lower, weights_upper, low.shape[1])
    worst = np.array([_filled(row, bottom, top, np.argsort(row)) @ row for row in low])
    best = np.array([_filled(row, bottom, top, np.argsort(-row)) @ row for row in high])
    return IntervalScores(worst, best, possibility_ranking(worst, best))


def _weight_bounds(lower: ArrayLike, upper: ArrayLike, count: int) -> tuple[Scores, Scores]:
    bottom, top = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    if bottom.shape != (count,) or top.shape != (count,) or not (bottom <= top + 1e-12).all():
        raise QuantityError(f"weights: expected lower <= upper for {count} criteria")
    if (bottom < 0).any() or bottom.sum() > 1.0 + 1e-9 or top.sum() < 1.0 - 1e-9:
        raise QuantityError(
            f"weights: lower bounds sum to {bottom.sum():.4g} and upper to {top.sum():.4g}; no weights within them sum to 1"
        )
    return bottom, np.maximum(top, bottom)


def _filled(row: Scores, bottom: Scores, top: Scores, order: NDArray[np.int64]) -> Scores:
    """Weights that give what is left above the lower bounds to the first in the order."""
    weight = bottom.copy()
    left = 1.0 - weight.sum()
    for j in order:
        more = min(left, top[j] - bottom[j])
        weight[j] += more
        left -= more
    return weight


def _oriented_bounds(
    lower: ArrayLike, upper: ArrayLike, directions: Sequence[Direction] | None
) -> tuple[Matrix, Matrix]:
    low, high = checked_scores(lower, "lower"), checked_scores(upper, "upper")
    if low.shape != high.shape or (low > high).any():
        raise QuantityError("lower, upper: expected one shape, and lower at most upper everywhere")
    low, high = low.copy(), high.copy()
    for j, (sign, target) in enumerate(parsed_directions(directions, low.shape[1])):
        if target is not None:
            raise QuantityError("directions: interval methods know benefit and cost, not targets")
        if sign < 0:
            low[:, j], high[:, j] = -high[:, j], -low[:, j].copy()
    return low, high


def interval_topsis(
    lower: ArrayLike,
    upper: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
) -> Scores:
    """TOPSIS on interval scores (Jahanshahloo, Hosseinzadeh Lotfi and Izadikhah 2006).

    Parameters
    ----------
    lower, upper : (alternative, criterion)
        Bounds of the scores.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``.

    Returns
    -------
    (alternative,) [1]
        ``d- / (d+ + d-)``: d+ the distance of the lower ends from the best upper ends, d- that of the upper ends from the worst
        lower ones, in ``w_j x_ij / sqrt(sum_i(l_ij^2 + u_ij^2))``; in [0, 1], more is better.

    Raises
    ------
    QuantityError
        Lower above upper, weights or directions that do not fit.
    """
    low, high = _oriented_bounds(lower, upper, directions)
    w = checked_weights(weights, low.shape[1])
    norm = np.sqrt((low**2 + high**2).sum(axis=0))
    scale = quotient(w, norm)
    low, high = low * scale, high * scale
    best = np.sqrt(((low - high.max(axis=0)) ** 2).sum(axis=1))
    worst = np.sqrt(((high - low.min(axis=0)) ** 2).sum(axis=1))
    return quotient(worst, best + worst, 0.5)
