"""How firmly a ranking stands: over all weights, when alternatives leave, and beside another ranking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.criteria import Direction, Matrix, benefits, quotient, ranged
from shanshui.decision.ranking import RANKINGS, scored

BLOCK = 2000
"""Draws that are ranked at once: bounds memory."""
SWEEPS = 25
"""Moves per criterion of each chain before its weights are taken [D]."""


def simplex_weights(
    count: int,
    draws: int,
    seed: int,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Weights drawn evenly from all that sum to 1, within bounds where given.

    Parameters
    ----------
    count : int [1]
        Criteria.
    draws : int [1]
        Sets of weights.
    seed : int
        Of the draws.
    lower, upper : (criterion,) [1], optional
        Bounds, such as those of interval judgements.

    Returns
    -------
    (draw, criterion) [1]
        Rows sum to 1. Without bounds exactly even; with bounds by a random walk of one chain per draw.

    Raises
    ------
    QuantityError
        No weights within the bounds sum to 1.
    """
    rng = np.random.default_rng(seed)
    if lower is None and upper is None:
        part = rng.standard_exponential((draws, count))
        return part / part.sum(axis=1, keepdims=True)
    low = np.zeros(count) if lower is None else np.asarray(lower, np.float64)
    high = np.ones(count) if upper is None else np.asarray(upper, np.float64)
    if low.shape != (count,) or high.shape != (count,) or (low > high + 1e-12).any():
        raise QuantityError(f"lower, upper: expected lower <= upper for {count} criteria")
    if low.sum() > 1.0 + 1e-9 or high.sum() < 1.0 - 1e-9:
        raise QuantityError(
            f"lower, upper: sum to {low.sum():.4g} and {high.sum():.4g}; no weights within them sum to 1"
        )
    room = high - low
    share = (1.0 - low.sum()) / room.sum() if room.sum() > 0 else 0.0
    weights = np.tile(low + share * room, (draws, 1))
    rows = np.arange(draws)
    for _ in range(SWEEPS * count if count > 1 else 0):
        # what one criterion gives another takes: the sum stays, and every point within the bounds can be reached
        i = rng.integers(0, count, draws)
        j = (i + rng.integers(1, count, draws)) % count
        most = np.minimum(high[i] - weights[rows, i], weights[rows, j] - low[j])
        least = -np.minimum(weights[rows, i] - low[i], high[j] - weights[rows, j])
        move = least + rng.random(draws) * (most - least)
        weights[rows, i] += move
        weights[rows, j] -= move
    return weights


@dataclass(frozen=True)
class RankAcceptability:
    """Ranks over many sets of weights.

    Attributes
    ----------
    share : (alternative, rank) [1]
        Share of draws in which the alternative has the rank; rows sum to 1.
    first : (alternative,) [1]
        Share of draws in which it comes first.
    mean_rank : (alternative,) [1]
        From 1.
    central_weights : (alternative, criterion) [1]
        Mean of the weights under which it comes first; NaN where it never does.
    """

    share: NDArray[np.float64]
    first: NDArray[np.float64]
    mean_rank: NDArray[np.float64]
    central_weights: NDArray[np.float64]


def rank_acceptability(
    matrix: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    method: str = "weighted-sum",
    draws: int = 10_000,
    seed: int = 0,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> RankAcceptability:
    """How often each alternative takes each rank over the weights that are possible (SMAA; Lahdelma and Salminen 2001).

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``, ``target:VALUE``.
    method : str
        ``weighted-sum``, ``topsis``, ``vikor``, ``promethee`` or ``grey``.
    draws : int [1]
        Sets of weights.
    seed : int
        Of the draws.
    lower, upper : (criterion,) [1], optional
        Bounds of the weights.

    Returns
    -------
    RankAcceptability
        Alternatives with equal scores share the better rank.

    Raises
    ------
    QuantityError
        Missing values, bounds that nothing satisfies, unknown method.
    """
    x = benefits(matrix, directions)
    m, n = x.shape
    if method not in RANKINGS:
        raise QuantityError(f"method: '{method}'; {nearest(method, RANKINGS)}")
    weights = simplex_weights(n, draws, seed, lower=lower, upper=upper)
    kernel = _Scorer(x, method)
    counts = np.zeros((m, m), np.int64)
    total_rank, first, central = np.zeros(m), np.zeros(m), np.zeros((m, n))
    for start in range(0, draws, BLOCK):
        w = weights[start : start + BLOCK]
        place = _places(kernel(w))
        for k in range(m):
            counts[k] += np.bincount(place[:, k], minlength=m)
        total_rank += place.sum(axis=0) + len(w)
        won = place == 0
        first += won.sum(axis=0)
        central += won.T.astype(np.float64) @ w
    middle = quotient(central, first[:, None], np.nan)
    return RankAcceptability(counts / draws, first / draws, total_rank / draws, middle)


def _places(scores: Matrix) -> NDArray[np.int64]:
    """Rank from 0 of each column in its row, equal scores sharing the better one."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    place = np.broadcast_to(np.arange(scores.shape[1]), scores.shape).copy()
    same = np.zeros(scores.shape, bool)
    # what a sum of products leaves of equality
    same[:, 1:] = ordered[:, :-1] - ordered[:, 1:] <= 1e-12
    place[same] = 0
    place = np.maximum.accumulate(place, axis=1)
    out = np.empty_like(place)
    np.put_along_axis(out, order, place, axis=1)
    return out


class _Scorer:
    """Scores of all alternatives under many weights at once: products of matrices wherever the method allows."""

    def __init__(self, x: Matrix, method: str) -> None:
        self.x, self.method = x, method
        m, n = x.shape
        if method == "topsis":
            norm = np.sqrt((x**2).sum(axis=0))
            scaled = quotient(x, norm)
            self.best = (scaled - scaled.max(axis=0)) ** 2
            self.worst = (scaled - scaled.min(axis=0)) ** 2
        elif method == "promethee":
            self.part = np.empty((m, n))
            for j in range(n):
                column = np.sort(x[:, j])
                below = np.searchsorted(column, x[:, j], "left")
                above = m - np.searchsorted(column, x[:, j], "right")
                self.part[:, j] = (below - above) / max(m - 1, 1)
        elif method == "grey":
            scaled = ranged(x)
            flat = np.ptp(x, axis=0) == 0
            gap = np.where(flat, 0.0, 1.0 - scaled)
            self.part = quotient(gap.min() + 0.5 * gap.max(), gap + 0.5 * gap.max(), 1.0)
        else:
            self.part = ranged(x)

    def __call__(self, w: Matrix) -> Matrix:
        """(draw, alternative): more is better."""
        if self.method == "topsis":
            best, worst = (np.sqrt((w**2) @ side.T) for side in (self.best, self.worst))
            return quotient(worst, best + worst, 0.5)
        if self.method != "vikor":
            return w @ self.part.T
        span = np.ptp(self.x, axis=0) > 0
        regret = np.where(span, 1.0 - self.part, 0.0)
        s = w @ regret.T
        r = np.zeros_like(s)
        for j in range(regret.shape[1]):
            np.maximum(r, w[:, [j]] * regret[:, j], out=r)

        def relative(values: Matrix) -> Matrix:
            low = values.min(axis=1, keepdims=True)
            width = values.max(axis=1, keepdims=True) - low
            return quotient(values - low, width)

        return 1.0 - 0.5 * (relative(s) + relative(r))


@dataclass(frozen=True)
class ReversalTest:
    """What happens to the others when one alternative leaves.

    Attributes
    ----------
    reversed_pairs : (alternative,) [1]
        Pairs of the others whose order turns when it leaves.
    share : float [1]
        Of all pairs over all removals.
    first_changes : (alternative,)
        The first of the others is another one when it leaves.
    """

    reversed_pairs: NDArray[np.int64]
    share: float
    first_changes: NDArray[np.bool_]


def rank_reversal(
    matrix: ArrayLike,
    weights: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    method: str = "topsis",
) -> ReversalTest:
    """Order of the rest when each alternative in turn leaves.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores; at least three alternatives.
    weights : (criterion,) [1]
        0 or more.
    directions : sequence, optional
        As in :func:`rank_acceptability`.
    method : str
        As there.

    Returns
    -------
    ReversalTest
        All zero for a method without rank reversal.

    Raises
    ------
    QuantityError
        Fewer than three alternatives, or what the method refuses.
    """
    x = np.asarray(matrix, np.float64)
    whole = scored(method, x, weights, directions)
    m = len(whole)
    if m < 3:
        raise QuantityError(f"matrix: {m} alternatives; a reversal needs at least three")
    turned, changed = np.zeros(m, np.int64), np.zeros(m, bool)
    for k in range(m):
        rest = np.delete(np.arange(m), k)
        before, after = whole[rest], scored(method, x[rest], weights, directions)
        sign = np.sign(before[:, None] - before[None, :]) * np.sign(after[:, None] - after[None, :])
        turned[k] = int((np.triu(sign, 1) < 0).sum())
        changed[k] = int(np.argmax(before)) != int(np.argmax(after))
    pairs = m * (m - 1) * (m - 2) / 2
    return ReversalTest(turned, float(turned.sum() / pairs), changed)


def rank_similarity(first: ArrayLike, second: ArrayLike) -> dict[str, float]:
    """How alike two rankings are.

    Parameters
    ----------
    first, second : (alternative,) [1]
        Ranks from 1; at least two.

    Returns
    -------
    dict
        ``spearman``; ``weighted_spearman`` (Pinto da Costa and Soares 2005: the top counts more, both sides alike); ``ws`` (Sałabun and
        Urbaniak 2020: the top of the first counts more). All 1 for the same ranking. With a, b the ranks of n alternatives and
        ``d = a - b``: ``1 - 6 sum(d^2) / (n (n^2 - 1))``; ``1 - 6 sum(d^2 ((n - a + 1) + (n - b + 1))) / (n^4 + n^3 - n^2 - n)``; and
        ``1 - sum(2^-a |d| / max(|1 - a|, |n - a|))``.

    Raises
    ------
    QuantityError
        Lengths that differ or fewer than two.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    n = len(a)
    if a.shape != b.shape or a.ndim != 1 or n < 2:
        raise QuantityError(
            f"first, second: shapes {a.shape} and {b.shape}, expected two rankings of one length"
        )
    gap = a - b
    plain = 1.0 - 6.0 * (gap**2).sum() / (n * (n**2 - 1.0))
    top = 6.0 * (gap**2 * ((n - a + 1) + (n - b + 1))).sum()
    weighted = 1.0 - top / (n**4 + n**3 - n**2 - n)
    far = np.maximum(np.abs(1.0 - a), np.abs(n - a))
    ws = 1.0 - float((2.0**-a * np.abs(gap) / far).sum())
    return {"spearman": float(plain), "weighted_spearman": float(weighted), "ws": ws}
