"""Ranking of alternatives by several criteria, each knowing which way it points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.criteria import (
    Direction,
    Matrix,
    benefits,
    checked_weights,
    quotient,
    ranged,
)

Scores = NDArray[np.float64]


def ranks(scores: ArrayLike, *, ascending: bool = False) -> NDArray[np.int64]:
    """Place of each score, 1 the first; equal scores share the better place.

    Parameters
    ----------
    scores : (alternative,)
        One number each.
    ascending : bool
        The least comes first.

    Returns
    -------
    (alternative,) [1]
        From 1.
    """
    values = np.asarray(scores, np.float64) * (1.0 if ascending else -1.0)
    return 1 + np.searchsorted(np.sort(values), values, side="left")


def weighted_sum(
    matrix: ArrayLike, weights: ArrayLike, directions: Sequence[Direction] | None = None
) -> Scores:
    """Weighted mean of the min-max scaled criteria: ``sum_j w_j (x_ij - min x_j) / (max x_j - min x_j)``.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``, ``target:VALUE`` per criterion; all benefits by default.

    Returns
    -------
    (alternative,) [1]
        In [0, 1], more is better; a constant criterion adds nothing.

    Raises
    ------
    QuantityError
        Missing values, weights or directions that do not fit.
    """
    x = ranged(matrix, directions)
    return x @ checked_weights(weights, x.shape[1])


def topsis(
    matrix: ArrayLike, weights: ArrayLike, directions: Sequence[Direction] | None = None
) -> Scores:
    """Nearness to the best of all criteria and distance from the worst (Hwang and Yoon 1981).

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores; vector-normalised.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`weighted_sum`; a target counts by the distance from it.

    Returns
    -------
    (alternative,) [1]
        d- / (d+ + d-), in [0, 1], more is better; one half where all alternatives are alike. d+ and d- are the distances in
        ``v_ij = w_j x_ij / sqrt(sum_i x_ij^2)`` to the greatest and to the least v of each criterion.

    Raises
    ------
    QuantityError
        Missing values, weights or directions that do not fit.
    """
    x = benefits(matrix, directions)
    w = checked_weights(weights, x.shape[1])
    norm = np.sqrt((x**2).sum(axis=0))
    scaled = quotient(w * x, norm)
    best = np.sqrt(((scaled - scaled.max(axis=0)) ** 2).sum(axis=1))
    worst = np.sqrt(((scaled - scaled.min(axis=0)) ** 2).sum(axis=1))
    return quotient(worst, best + worst, 0.5)


@dataclass(frozen=True)
class VikorRanking:
    """A compromise ranking; as an array it is ``q``.

    Attributes
    ----------
    s, r, q : (alternative,) [1]
        Weighted regret in sum, greatest regret, and both together; less is better.
    order : (alternative,)
        Alternatives from the best by ``q``.
    advantage, stability : bool
        The two conditions of acceptance: the first is ahead of the second by at least 1 / (m - 1); it is also first by ``s`` or ``r``.
    compromise : tuple of int
        The first alone when both conditions hold, the first two without stability, and all within the advantage without that.
    """

    s: Scores
    r: Scores
    q: Scores
    order: NDArray[np.int64]
    advantage: bool
    stability: bool
    compromise: tuple[int, ...]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Scores:
        """``q``."""
        return self.q


def vikor(
    matrix: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    v: float = 0.5,
) -> VikorRanking:
    """Compromise between the good of most and the regret of the worst-off criterion (Opricovic 1998).

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`weighted_sum`.
    v : float [1]
        Weight of the good of most.

    Returns
    -------
    VikorRanking
        A constant criterion adds no regret; where all sums (or all greatest regrets) are alike that part of ``q`` is 0.
        ``S = sum_j r_ij`` and ``R = max_j r_ij`` with ``r_ij = w_j (max x_j - x_ij) / (max x_j - min x_j)``, and
        ``Q = v (S - min S) / (max S - min S) + (1 - v) (R - min R) / (max R - min R)``.

    Raises
    ------
    QuantityError
        Missing values, weights or directions that do not fit, ``v`` outside [0, 1].
    """
    if not 0.0 <= v <= 1.0:
        raise QuantityError(f"v: {v}, expected 0 to 1")
    x = benefits(matrix, directions)
    w = checked_weights(weights, x.shape[1])
    regret = w * quotient(x.max(axis=0) - x, np.ptp(x, axis=0))
    s, r = regret.sum(axis=1), regret.max(axis=1)

    def relative(values: Scores) -> Scores:
        return quotient(values - values.min(), np.ptp(values))

    q = v * relative(s) + (1.0 - v) * relative(r)
    order = np.lexsort((r, s, q))
    m = len(q)
    if m == 1:
        return VikorRanking(s, r, q, order, True, True, (0,))
    needed = 1.0 / (m - 1)
    first, second = order[0], order[1]
    advantage = bool(q[second] - q[first] >= needed - 1e-12)
    stability = bool(s[first] <= s.min() + 1e-12 or r[first] <= r.min() + 1e-12)
    if advantage and stability:
        compromise: tuple[int, ...] = (int(first),)
    elif advantage:
        compromise = (int(first), int(second))
    else:
        compromise = tuple(int(k) for k in order if q[k] - q[first] < needed - 1e-12)
    return VikorRanking(s, r, q, order, advantage, stability, compromise)


PREFERENCES = ("usual", "u-shape", "v-shape", "level", "linear", "gaussian")


@dataclass(frozen=True)
class PrometheeFlows:
    """Outranking flows; as an array they are ``net``.

    Attributes
    ----------
    positive, negative, net : (alternative,) [1]
        How far each outranks the others, is outranked, and the difference, which sums to 0.
    """

    positive: Scores
    negative: Scores
    net: Scores

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Scores:
        """``net``."""
        return self.net


def promethee(
    matrix: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    preference: str | Sequence[str] = "usual",
    q: ArrayLike | None = None,
    p: ArrayLike | None = None,
) -> PrometheeFlows:
    """Outranking flows of PROMETHEE II (Brans and Vincke 1985).

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`weighted_sum`.
    preference : str or sequence of str
        One for all or one per criterion: ``usual``, ``u-shape`` (q), ``v-shape`` (p), ``level`` (q, p), ``linear`` (q, p), ``gaussian``
        (p is its deviation).
    q, p : (criterion,), optional
        Indifference and preference thresholds in the units of the criteria. By default 0, and the range of the criterion.

    Returns
    -------
    PrometheeFlows
        A single alternative has flows of 0. ``phi+(a) = sum_b sum_j w_j P_j(a, b) / (m - 1)``, ``phi-`` with a and b exchanged, net
        their difference; P_j is the preference for the gap of the two in criterion j.

    Raises
    ------
    QuantityError
        Missing values, weights, directions or thresholds that do not fit.
    """
    x = benefits(matrix, directions)
    m, n = x.shape
    w = checked_weights(weights, n)
    kinds = [preference] * n if isinstance(preference, str) else list(preference)
    if len(kinds) != n or not set(kinds) <= set(PREFERENCES):
        wrong = next((k for k in kinds if k not in PREFERENCES), "")
        raise QuantityError(
            f"preference: {nearest(wrong, PREFERENCES) if wrong else f'{len(kinds)} for {n} criteria'}"
        )
    low = np.zeros(n) if q is None else np.broadcast_to(np.asarray(q, np.float64), (n,))
    high = np.ptp(x, axis=0) if p is None else np.broadcast_to(np.asarray(p, np.float64), (n,))
    if (low < 0).any() or (high < 0).any() or (p is not None and (high < low).any()):
        raise QuantityError("q, p: expected 0 <= q <= p for every criterion")
    degree = np.zeros((m, m))
    for j, kind in enumerate(kinds):
        # one square at a time: m x m x n numbers would not fit for many alternatives
        degree += w[j] * _preferred(x[:, j][:, None] - x[:, j][None, :], kind, low[j], high[j])
    rest = max(m - 1, 1)
    positive, negative = degree.sum(axis=1) / rest, degree.sum(axis=0) / rest
    return PrometheeFlows(positive, negative, positive - negative)


def _preferred(gap: Matrix, kind: str, q: float, p: float) -> Matrix:
    # a bell without width: all that is ahead is preferred
    if kind == "usual" or (kind == "gaussian" and p == 0):
        return (gap > 0).astype(np.float64)
    if kind == "u-shape":
        return (gap > q).astype(np.float64)
    if kind == "level":
        return 0.5 * (gap > q) + 0.5 * (gap > p)
    if kind == "gaussian":
        return np.where(gap > 0, 1.0 - np.exp(-(gap**2) / (2.0 * p**2)), 0.0)
    start = q if kind == "linear" else 0.0
    if p <= start:
        return (gap > start).astype(np.float64)
    return np.clip((gap - start) / (p - start), 0.0, 1.0)


def grey_relation(
    matrix: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    distinguishing: float = 0.5,
) -> Scores:
    """Grey relational degree to the best of all criteria (Deng 1982).

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores; min-max scaled.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`weighted_sum`.
    distinguishing : float [1]
        Above 0, up to 1: the smaller, the more the differences count.

    Returns
    -------
    (alternative,) [1]
        In (0, 1], more is better; a constant criterion counts as reached by all. ``sum_j w_j (min + z max) / (d_ij + z max)`` with d
        the distance from the best scaled value, min and max over all d, and z ``distinguishing``.

    Raises
    ------
    QuantityError
        Missing values, weights or directions that do not fit, a coefficient out of range.
    """
    if not 0.0 < distinguishing <= 1.0:
        raise QuantityError(f"distinguishing: {distinguishing}, expected above 0, up to 1")
    x = ranged(matrix, directions)
    w = checked_weights(weights, x.shape[1])
    flat = np.ptp(x, axis=0) == 0
    gap = np.where(flat, 0.0, 1.0 - x)
    if flat.all():
        return np.ones(len(x))
    least, most = gap.min(), gap.max()
    return ((least + distinguishing * most) / (gap + distinguishing * most)) @ w


RANKINGS = ("weighted-sum", "topsis", "vikor", "promethee", "grey")


def scored(
    method: str,
    matrix: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
) -> Scores:
    """Scores of any method with its usual settings, more always being better.

    Parameters
    ----------
    method : str
        ``weighted-sum``, ``topsis``, ``vikor`` (1 - q), ``promethee`` (net flow), or ``grey``.
    matrix : (alternative, criterion)
        Scores.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`weighted_sum`.

    Returns
    -------
    (alternative,) [1]
        More is better.

    Raises
    ------
    QuantityError
        Unknown method, or what the method refuses.
    """
    if method == "weighted-sum":
        return weighted_sum(matrix, weights, directions)
    if method == "topsis":
        return topsis(matrix, weights, directions)
    if method == "vikor":
        return 1.0 - vikor(matrix, weights, directions).q
    if method == "promethee":
        return promethee(matrix, weights, directions).net
    if method == "grey":
        return grey_relation(matrix, weights, directions)
    raise QuantityError(f"method: '{method}'; {nearest(method, RANKINGS)}")
