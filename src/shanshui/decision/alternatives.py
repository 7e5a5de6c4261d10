"""Alternatives in the rows of a table, ranked by criteria in its columns, with how firmly the order stands."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.criteria import Matrix, checked_weights
from shanshui.decision.fixed_scale import spotis
from shanshui.decision.interval_ranking import interval_topsis, interval_weighted_sum
from shanshui.decision.ranking import RANKINGS, ranks, scored
from shanshui.decision.robustness import (
    ReversalTest,
    rank_acceptability,
    rank_reversal,
    rank_similarity,
)
from shanshui.decision.weights import OBJECTIVE, combined_weights

Weights = NDArray[np.float64]
LOWER, UPPER = " lower", " upper"
"""Ends of the names of two columns that hold one criterion between bounds."""
FIXED = "spotis"
BY_BOUNDS = ("weighted-sum", "topsis")
"""Rankings that know values between bounds."""


@dataclass(frozen=True)
class Alternatives:
    """A table of decisions.

    Attributes
    ----------
    names : tuple of str
        Alternatives.
    criteria : tuple of str
        What they are judged by.
    lower, upper : (alternative, criterion)
        Values in any units, equal where they are known.
    directions : tuple of str
        Per criterion ``benefit``, ``cost`` or ``target:VALUE``.
    weights : (criterion,) [1] or None
        As given with the criteria.
    limits : (criterion, 2) or None
        Least and greatest value that any alternative could have.
    """

    names: tuple[str, ...]
    criteria: tuple[str, ...]
    lower: Matrix
    upper: Matrix
    directions: tuple[str, ...]
    weights: Weights | None
    limits: Matrix | None

    @property
    def crisp(self) -> bool:
        """No value lies between bounds."""
        return bool((self.lower == self.upper).all())


def alternatives_of(table: pd.DataFrame, criteria: pd.DataFrame | None = None) -> Alternatives:
    """Alternatives and criteria of two tables.

    Parameters
    ----------
    table : table
        Names in the first column, then one column per criterion, or two, ``X lower`` and ``X upper``.
    criteria : table, optional
        ``criterion``, and if known ``direction, weight, least, greatest``; all benefits by default.

    Returns
    -------
    Alternatives
        Criteria in the order of the first table.

    Raises
    ------
    QuantityError
        No criterion, a cell that is no number, a bound without the other, criteria that are not those of the table.
    """
    heads = [str(c).strip() for c in table.columns]
    names: list[str] = []
    for head in heads[1:]:
        name = head.removesuffix(LOWER).removesuffix(UPPER)
        if name not in names:
            names.append(name)
    if not names or not len(table):
        raise QuantityError(
            f"table: {len(table)} rows and {len(heads)} columns; expected names, and a column per criterion"
        )
    body = {h: _numbers(table.iloc[:, k], h) for k, h in enumerate(heads) if k}
    ends = [
        np.column_stack([body[n] if n in body else _end(body, n, side) for n in names])
        for side in (LOWER, UPPER)
    ]
    directions, weights, limits = _criteria(names, criteria)
    return Alternatives(
        tuple(map(str, table.iloc[:, 0])),
        tuple(names),
        ends[0],
        ends[1],
        directions,
        weights,
        limits,
    )


def _numbers(column: pd.Series, head: str) -> Weights:
    values = pd.to_numeric(column, errors="coerce")
    wrong = column[values.isna()]
    if len(wrong):
        raise QuantityError(
            f"table.{head}: row {wrong.index[0] + 1} holds '{wrong.iloc[0]}', expected a number; leave out the row or the column"
        )
    return values.to_numpy(np.float64)


def _end(body: dict[str, Weights], name: str, side: str) -> Weights:
    if name + side not in body:
        raise QuantityError(f"table: '{name}' has one bound alone; give '{name}{side}' as well")
    return body[name + side]


def _criteria(
    names: list[str], criteria: pd.DataFrame | None
) -> tuple[tuple[str, ...], Weights | None, Matrix | None]:
    if criteria is None:
        return ("benefit",) * len(names), None, None
    if "criterion" not in criteria:
        raise QuantityError(
            f"criteria: no column criterion; found {', '.join(map(str, criteria.columns))}"
        )
    by_name = criteria.assign(criterion=criteria["criterion"].astype(str).str.strip())
    by_name = by_name.set_index("criterion")
    if sorted(by_name.index) != sorted(names):
        other = sorted(set(by_name.index) ^ set(names)) or ["one of them twice"]
        raise QuantityError(f"criteria: not those of the table: {', '.join(other)}")
    rows = by_name.loc[names]
    directions = (
        tuple(rows["direction"].fillna("benefit").astype(str))
        if "direction" in rows
        else ("benefit",) * len(names)
    )
    weights = rows["weight"].to_numpy(np.float64) if "weight" in rows else None
    both = [c for c in ("least", "greatest") if c in rows]
    limits = rows[both].to_numpy(np.float64) if len(both) == 2 else None
    return directions, weights, limits


@dataclass(frozen=True)
class RankedAlternatives:
    """A ranking, and how firmly it stands.

    Attributes
    ----------
    table : DataFrame
        ``alternative, score, rank``, more being better; where values are crisp and scaled by the table also ``first_share`` (of
        all weights, the share under which it comes first) and ``mean_rank``; of a weighted sum between bounds ``lower, upper``,
        its score being the standing by possibility degrees.
    weights : DataFrame
        ``criterion, direction, weight``.
    reversal : ReversalTest or None
        What turns when one alternative leaves; None for fewer than three, for bounds and for fixed limits, where nothing can turn.
    similarity : dict of str to dict
        Likeness to the ranking of each other method; empty for bounds.
    """

    table: pd.DataFrame
    weights: pd.DataFrame
    reversal: ReversalTest | None
    similarity: dict[str, dict[str, float]]


def criterion_weights(
    given: Alternatives,
    judged: ArrayLike | None = None,
    *,
    objective: str = "",
    combine: str = "linear",
    share: float = 0.5,
) -> Weights:
    """Weights of the criteria: judged, from the data, both together, or equal.

    Parameters
    ----------
    given : Alternatives
        With weights of its own, if any.
    judged : (criterion,) [1], optional
        From paired judgements; go before the alternatives' own.
    objective : str
        Data weights by name, such as ``entropy`` or ``critic``; none when blank.
    combine : str
        How judged and data weights are brought together: ``linear``, ``multiplicative`` or ``game``.
    share : float [1]
        Of the judged with ``linear``.

    Returns
    -------
    (criterion,) [1]
        Sum to 1.

    Raises
    ------
    QuantityError
        Unknown name, data weights of values between bounds, weights that are none.
    """
    count = len(given.criteria)
    own = given.weights if judged is None else judged
    known = None if own is None else checked_weights(own, count)
    if not objective:
        return np.full(count, 1.0 / count) if known is None else known
    if objective not in OBJECTIVE:
        raise QuantityError(f"objective: '{objective}'; {nearest(objective, OBJECTIVE)}")
    if not given.crisp:
        raise QuantityError("objective: data weights need one value per cell, not two bounds")
    measured = OBJECTIVE[objective](given.lower, given.directions)
    return measured if known is None else combined_weights(known, measured, share, method=combine)


def ranked(
    given: Alternatives,
    weights: ArrayLike,
    *,
    method: str = "topsis",
    draws: int = 10_000,
    seed: int = 0,
) -> RankedAlternatives:
    """Order of alternatives by a method, beside what other weights, other methods and other alternatives would make of it.

    Parameters
    ----------
    given : Alternatives
        Their values.
    weights : (criterion,) [1]
        0 or more.
    method : str
        ``weighted-sum``, ``topsis``, ``vikor``, ``promethee``, ``grey``, or ``spotis``, which needs ``least`` and ``greatest``; the first
        two also take values between bounds.
    draws : int [1]
        Sets of weights for the shares of first places.
    seed : int
        Of the draws.

    Returns
    -------
    RankedAlternatives
        The best first.

    Raises
    ------
    QuantityError
        Unknown method, one that does not know bounds, limits that are missing or do not hold the values.
    """
    if method not in (*RANKINGS, FIXED):
        raise QuantityError(f"method: '{method}'; {nearest(method, (*RANKINGS, FIXED))}")
    w = checked_weights(weights, len(given.criteria))
    told = pd.DataFrame({"criterion": given.criteria, "direction": given.directions, "weight": w})
    if not given.crisp:
        return RankedAlternatives(_by_bounds(given, w, method), told, None, {})
    x, signs = given.lower, given.directions
    score = _fixed(given, w) if method == FIXED else scored(method, x, w, signs)
    place = ranks(score)
    others = {
        m: rank_similarity(place, ranks(scored(m, x, w, signs)))
        for m in RANKINGS
        if m != method and len(score) > 1
    }
    if method == FIXED:
        return RankedAlternatives(_ordered(given, score), told, None, others)
    over = rank_acceptability(x, signs, method=method, draws=draws, seed=seed)
    turned = rank_reversal(x, w, signs, method=method) if len(score) > 2 else None
    table = _ordered(given, score, first_share=over.first, mean_rank=over.mean_rank)
    return RankedAlternatives(table, told, turned, others)


def _fixed(given: Alternatives, w: Weights) -> Weights:
    if given.limits is None:
        raise QuantityError(
            f"criteria: {FIXED} needs columns least and greatest: what any alternative could have"
        )
    return 1.0 - spotis(given.lower, w, given.limits, given.directions)


def _by_bounds(given: Alternatives, w: Weights, method: str) -> pd.DataFrame:
    if method not in BY_BOUNDS:
        raise QuantityError(
            f"method: {method} knows no values between bounds; expected {' or '.join(BY_BOUNDS)}"
        )
    if method == "topsis":
        return _ordered(given, interval_topsis(given.lower, given.upper, w, given.directions))
    found = interval_weighted_sum(given.lower, given.upper, w, w, given.directions)
    return _ordered(given, found.standing, lower=found.lower, upper=found.upper)


def _ordered(given: Alternatives, score: Weights, **more: Weights) -> pd.DataFrame:
    frame = pd.DataFrame({"alternative": given.names, "score": score, "rank": ranks(score), **more})
    return frame.sort_values("rank", kind="stable", ignore_index=True)
