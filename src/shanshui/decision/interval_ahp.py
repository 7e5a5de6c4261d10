"""Weights from interval judgements, by solvers that differ in what they take an interval to mean."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.consistency import ACCEPTED, consistency, principal, random_index
from shanshui.decision.interval_programmes import (
    FLOOR,
    SLACK,
    approximation,
    least_cost,
    normal_rows,
)
from shanshui.decision.intervals import IntervalWeights
from shanshui.decision.judgements import Square, checked_intervals

Vector = NDArray[np.float64]


def interval_weights(
    lower: ArrayLike,
    upper: ArrayLike,
    method: str = "goal-programme",
    *,
    width_limit: float = float("inf"),
    draws: int = 4000,
    seed: int = 0,
) -> IntervalWeights:
    """Weights from interval judgements.

    Parameters
    ----------
    lower, upper : (n, n) [1]
        Bounds of how many times the row matters more than the column; l_ij u_ji = 1.
    method : str
        ``geometric`` or ``interval-geometric``: bound matrices (Liu 2009), depends on the order of the items.
        ``interval-eigenvector``: eigenvectors of both bounds with k and m, the usual Chinese interval AHP. ``interval-lp-upper``,
        ``interval-lp-lower``: narrowest weights that contain the judgements, widest inside them (Sugihara, Ishii and Tanaka 2004).
        ``goal-programme``: two-stage logarithmic (Wang, Yang and Xu 2005). ``log-least-squares``: nearest judgements with interval
        transitivity (Li, Wang and Tong 2016). ``normalised-goal-programme``: Wang and Elhag 2007 [M]. ``simulation``: consistent draws
        (Saaty and Vargas 1987).
    width_limit : float [1]
        Greatest ratio of upper to lower that ``log-least-squares`` leaves to a judgement.
    draws : int [1]
        Of ``simulation``.
    seed : int
        Of ``simulation``.

    Returns
    -------
    IntervalWeights
        Lower and upper, and whether any were found: judgements that contradict are a finding, not an error.

    Raises
    ------
    QuantityError
        Judgements that are none (says where), missing ones, unknown method.

    Notes
    -----
    With L, U the bounds l_ij, u_ij, and wL, wU the bounds of the weights:

    ``geometric``: g(C) and g(D), the row geometric means of C (l above the diagonal, u below) and D (the other way round);
    their least and greatest. ``interval-eigenvector``: ``[k x(L), m x(U)]`` with x the principal eigenvectors that sum to 1,
    ``k = sqrt(sum_j 1 / sum_i u_ij)`` and ``m = sqrt(sum_j 1 / sum_i l_ij)``; consistent enough if ``k <= 1 <= m``.
    ``interval-lp-upper``: least ``sum(wU - wL)`` with ``wL_i <= l_ij wU_j``, ``wU_i >= u_ij wL_j``; ``interval-lp-lower``: the greatest
    with both turned round; each with ``wL_i + sum_(j != i) wU_j >= 1 >= wU_i + sum_(j != i) wL_j``. ``goal-programme``: least J, the sum
    of p_ij + q_ij, with ``ln l_ij - p_ij <= v_i - v_j <= ln u_ij + q_ij`` and ``sum(v) = 0``, then the ends of each v_i at that J;
    weights are ``exp(v)``. ``log-least-squares``: centres ``v_i = mean_j ln sqrt(l_ij u_ij)``, half widths
    ``mean_j min(ln(u_ij / l_ij), ln t) / 2`` with t the width limit. ``normalised-goal-programme``: least sum of
    ``|(L - I) wU - (n - 1) wL|`` and ``|(U - I) wL - (n - 1) wU|`` under the conditions of sum above. ``simulation``: judgements drawn
    log-uniformly, kept where their consistency ratio is at most 0.10; the middle 95 % of each weight.
    """
    low, high = checked_intervals(lower, upper)
    if method not in SOLVERS:
        raise QuantityError(f"method: '{method}'; {nearest(method, SOLVERS)}")
    if np.isnan(low).any():
        i, j = np.argwhere(np.isnan(low))[0]
        raise QuantityError(
            f"lower, upper: no judgement of {i + 1} over {j + 1}; interval judgements must be complete"
        )
    if len(low) == 1:
        return IntervalWeights(np.ones(1), np.ones(1), method)
    return SOLVERS[method](low, high, width_limit=width_limit, draws=draws, seed=seed)


def _geometric(low: Square, high: Square, **_: Any) -> IntervalWeights:
    """Row geometric means of the two crisp matrices that the bounds form above and below the diagonal."""
    c, d = (np.triu(a) + np.tril(b, -1) for a, b in ((low, high), (high, low)))
    means = [np.exp(np.log(m).mean(axis=1)) for m in (c, d)]
    facts = {"cr_c": consistency(c).ratio, "cr_d": consistency(d).ratio}
    stands = max(facts.values()) <= ACCEPTED
    finding = "" if stands else "a bound matrix has a consistency ratio above 0.10: judge again"
    return IntervalWeights(
        np.minimum(*means), np.maximum(*means), "geometric", "product", True, finding, facts
    )


def _eigenvector(low: Square, high: Square, **_: Any) -> IntervalWeights:
    x, y = principal(low)[1], principal(high)[1]
    k = float(np.sqrt((1.0 / high.sum(axis=0)).sum()))
    m = float(np.sqrt((1.0 / low.sum(axis=0)).sum()))
    bottom, top = k * x, m * y
    facts: dict[str, float] = {"k": k, "m": m}
    crossed = np.flatnonzero(bottom > top * (1.0 + 1e-9))
    if len(crossed):
        return IntervalWeights(
            bottom, top, "interval-eigenvector", "sum", False,
            f"lower exceeds upper for item {', '.join(str(c + 1) for c in crossed)}: the bounds contradict", facts,
        )  # fmt: skip
    close = k <= 1.0 + 1e-9 and m >= 1.0 - 1e-9
    finding = "" if close else f"k = {k:.4f}, m = {m:.4f}: consistent enough only if k <= 1 <= m"
    return IntervalWeights(bottom, top, "interval-eigenvector", "sum", True, finding, facts)


def _goal(low: Square, high: Square, **_: Any) -> IntervalWeights:
    """Stage 1 finds how little the judgements must give; stage 2 how far each weight can move then."""
    n = len(low)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    count = len(pairs)
    size = n + 2 * count
    rows, limits = [], []
    for p, (i, j) in enumerate(pairs):
        below, above = np.zeros(size), np.zeros(size)
        below[i], below[j], below[n + p] = -1.0, 1.0, -1.0
        above[i], above[j], above[n + count + p] = 1.0, -1.0, -1.0
        rows += [below, above]
        limits += [-np.log(low[i, j]), np.log(high[i, j])]
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * n + [(0.0, None)] * (
        2 * count
    )
    balance = np.concatenate([np.ones(n), np.zeros(2 * count)])
    cost = np.concatenate([np.zeros(n), np.ones(2 * count)])
    first = least_cost(cost, rows, limits, bounds, [balance])
    if first is None:
        raise AssertionError("the goal programme always has a solution")
    best = max(first[1], 0.0)
    # room for rounding only where something had to give: consistent judgements keep their exact bounds
    rows, limits = [*rows, cost], [*limits, best + (SLACK * best if best > SLACK else 0.0)]
    ends = np.empty((n, 2))
    for i in range(n):
        for side, sign in enumerate((1.0, -1.0)):
            aim = np.zeros(size)
            aim[i] = sign
            found = least_cost(aim, rows, limits, bounds, [balance])
            if found is None:
                raise AssertionError("stage 2 keeps the solution of stage 1")
            ends[i, side] = found[0][i]
    finding = (
        ""
        if best <= SLACK
        else f"the judgements contradict: their logs must give {best:.4g} in sum"
    )
    return IntervalWeights(
        np.exp(ends[:, 0]), np.exp(ends[:, 1]), "goal-programme", "product", True, finding,
        {"deviation": best},
    )  # fmt: skip


def _least_squares(low: Square, high: Square, *, width_limit: float, **_: Any) -> IntervalWeights:
    """In logs centres and half widths part: centres are least squares of differences, widths are cut at the limit."""
    if not width_limit >= 1.0:
        raise QuantityError(f"width_limit: {width_limit}, expected a ratio of 1 or more")
    middle = 0.5 * (np.log(low) + np.log(high))
    half = 0.5 * (np.log(high) - np.log(low))
    v = middle.mean(axis=1)
    kept = np.minimum(half, 0.5 * np.log(width_limit)) if np.isfinite(width_limit) else half
    departure = middle - (v[:, None] - v[None, :])
    facts = {
        "squared_departure": float(2.0 * (departure**2).sum() + 2.0 * ((half - kept) ** 2).sum()),
        "indeterminacy": indeterminacy(low, high),
    }
    reach = kept.mean(axis=1)
    return IntervalWeights(
        np.exp(v - reach), np.exp(v + reach), "log-least-squares", "product", True, "", facts
    )


def _normalised_goal(low: Square, high: Square, **_: Any) -> IntervalWeights:
    """Least deviation of (L - I) wU - (n - 1) wL and (U - I) wL - (n - 1) wU from 0, with normal weights."""
    n = len(low)
    size = 6 * n
    eye = np.eye(n)
    normal, held = normal_rows(n)
    rows = [np.concatenate([r, np.zeros(4 * n)]) for r in normal]
    equal = []
    for i in range(n):
        one, two = np.zeros(size), np.zeros(size)
        one[n : 2 * n], one[i] = (low - eye)[i], -(n - 1.0)
        one[2 * n + i], one[3 * n + i] = -1.0, 1.0
        two[:n], two[n + i] = (high - eye)[i], -(n - 1.0)
        two[4 * n + i], two[5 * n + i] = -1.0, 1.0
        equal += [one, two]
    bounds: list[tuple[float | None, float | None]] = [(FLOOR, 1.0)] * (2 * n) + [(0.0, None)] * (
        4 * n
    )
    cost = np.concatenate([np.zeros(2 * n), np.ones(4 * n)])
    found = least_cost(cost, rows, held, bounds, equal)
    if found is None:
        raise AssertionError("normal weights always exist")
    x, best = found
    return IntervalWeights(
        x[:n], x[n : 2 * n], "normalised-goal-programme", facts={"deviation": max(best, 0.0)}
    )


def _simulation(low: Square, high: Square, *, draws: int, seed: int, **_: Any) -> IntervalWeights:
    """Log-uniform draws whose consistency ratio is at most 0.10; the middle 95 % of each weight."""
    n = len(low)
    rng = np.random.default_rng(int(seed))
    top = np.triu_indices(n, 1)
    logs = np.zeros((int(draws), n, n))
    part = rng.uniform(np.log(low[top]), np.log(high[top]), (int(draws), len(top[0])))
    logs[:, top[0], top[1]] = part
    logs[:, top[1], top[0]] = -part
    square = np.exp(logs)
    vector = np.full((int(draws), n), 1.0 / n)
    greatest = np.full(int(draws), float(n))
    for _round in range(200):
        new = np.einsum("kij,kj->ki", square, vector)
        size = new.sum(axis=1)
        new /= size[:, None]
        still = np.abs(new - vector).max() > 1e-12
        vector, greatest = new, size
        if not still:
            break
    ratio = np.maximum(greatest - n, 0.0) / (n - 1) / (random_index(n) or 1.0)
    kept = vector[ratio <= ACCEPTED]
    facts = {"accepted_share": len(kept) / float(draws), "draws": float(draws), "seed": float(seed)}
    if not len(kept):
        gap = np.full(n, np.nan)
        return IntervalWeights(
            gap, gap, "simulation", "sum", False,
            f"none of {draws} draws from the intervals is consistent: judge again", facts,
        )  # fmt: skip
    mean = kept.mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    turned = [float((kept[:, a] < kept[:, b]).mean()) for a, b in pairwise(order)]
    facts |= {f"mean_{i + 1}": float(v) for i, v in enumerate(mean)}
    facts["rank_reversal"] = max(turned)
    low_end, high_end = np.quantile(kept, [0.025, 0.975], axis=0)
    return IntervalWeights(low_end, high_end, "simulation", "sum", True, "", facts)


SOLVERS: dict[str, Callable[..., IntervalWeights]] = {
    "geometric": _geometric,
    "interval-geometric": _geometric,
    "interval-eigenvector": _eigenvector,
    "interval-lp-upper": lambda low, high, **_: approximation(low, high, inside=False),
    "interval-lp-lower": lambda low, high, **_: approximation(low, high, inside=True),
    "goal-programme": _goal,
    "log-least-squares": _least_squares,
    "normalised-goal-programme": _normalised_goal,
    "simulation": _simulation,
}
"""Solver of each method; ``interval-geometric`` is the name where ``geometric`` means the crisp one."""


def indeterminacy(lower: ArrayLike, upper: ArrayLike) -> float:
    """Geometric mean of upper over lower of all pairs [1]: 1 for crisp judgements."""
    low, high = checked_intervals(lower, upper)
    pairs = np.triu_indices(len(low), 1)
    return float(np.exp((np.log(high) - np.log(low))[pairs].mean())) if len(pairs[0]) else 1.0


def feasible(lower: ArrayLike, upper: ArrayLike) -> bool:
    """Some crisp consistent judgements lie inside the intervals (Wang, Yang and Xu 2005).

    The condition over all chains, not only those of three: v_i - v_j <= ln u_ij has a solution unless a round trip of upper bounds
    multiplies to less than 1.

    Parameters
    ----------
    lower, upper : (n, n) [1]
        Bounds, complete.

    Returns
    -------
    bool
    """
    low, high = checked_intervals(lower, upper)
    reach = np.log(high)
    for k in range(len(low)):
        reach = np.minimum(reach, reach[:, [k]] + reach[[k], :])
    return bool((np.diag(reach) >= -1e-9).all())


def intransitivity(lower: ArrayLike, upper: ArrayLike) -> float:
    """Greatest log departure from l_ik u_ik = l_ij u_ij l_jk u_jk [1]: 0 for interval transitivity."""
    low, high = checked_intervals(lower, upper)
    both = np.log(low) + np.log(high)
    return float(max(np.abs(both[:, [j]] + both[[j], :] - both).max() for j in range(len(both))))


def acceptable(
    lower: ArrayLike, upper: ArrayLike, *, indeterminacy_limit: float = 3.0
) -> tuple[bool, dict[str, float]]:
    """Judgements that agree and still say something: wide intervals hide contradictions.

    Parameters
    ----------
    lower, upper : (n, n) [1]
        Bounds, complete.
    indeterminacy_limit : float [1]
        Greatest geometric mean of upper over lower [D].

    Returns
    -------
    (bool, dict)
        Consistency ratio of the geometric means at most 0.10 and indeterminacy within the limit; and both numbers.
    """
    low, high = checked_intervals(lower, upper)
    facts = {
        "consistency_ratio": consistency(np.sqrt(low * high)).ratio,
        "indeterminacy": indeterminacy(low, high),
    }
    stands = (
        facts["consistency_ratio"] <= ACCEPTED and facts["indeterminacy"] <= indeterminacy_limit
    )
    return stands, facts
