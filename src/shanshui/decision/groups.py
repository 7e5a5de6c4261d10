"""Several experts: one set of judgements from many, and how far they lie apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError
from shanshui.decision.criteria import quotient
from shanshui.decision.judgements import Judgements, Square


@dataclass(frozen=True)
class GroupJudgements:
    """Judgements of a group.

    Attributes
    ----------
    lower, upper : (n, n) [1]
        Geometric means of the experts' bounds: the only mean that keeps reciprocity.
    span_lower, span_upper : (n, n) [1]
        Least lower and greatest upper of any expert.
    spread : (n, n) [1]
        Geometric standard deviation of the experts' middles; 1 where they agree.
    experts : (n, n)
        How many judged the pair.
    """

    lower: Square
    upper: Square
    span_lower: Square
    span_upper: Square
    spread: Square
    experts: NDArray[np.int64]


def group_judgements(
    judgements: Sequence[Judgements], weights: ArrayLike | None = None
) -> GroupJudgements:
    """Bring the judgements of several experts on the same items together.

    Parameters
    ----------
    judgements : sequence of Judgements
        On the same items, in any order of them.
    weights : (k,) [1], optional
        Of the experts; equal by default.

    Returns
    -------
    GroupJudgements
        NaN where nobody judged.

    Raises
    ------
    QuantityError
        None, different items, or weights that are not positive.
    """
    if not judgements:
        raise QuantityError("judgements: none were given")
    items = judgements[0].items
    share = np.ones(len(judgements)) if weights is None else np.asarray(weights, np.float64)
    if share.shape != (len(judgements),) or not (share > 0).all():
        raise QuantityError(f"weights: expected {len(judgements)} numbers above 0, one per expert")
    lows, highs = [], []
    for one in judgements:
        if set(one.items) != set(items):
            other = sorted(set(one.items) ^ set(items))
            raise QuantityError(
                f"judgements of {one.expert or 'an expert'}: items differ ({', '.join(other)}); all experts judge the same items"
            )
        at = [one.items.index(item) for item in items]
        lows.append(np.log(one.lower[np.ix_(at, at)]))
        highs.append(np.log(one.upper[np.ix_(at, at)]))
    low, high = np.stack(lows), np.stack(highs)
    known = np.isfinite(low)
    part = share[:, None, None] * known
    total = part.sum(axis=0)

    def mean(values: NDArray[np.float64]) -> Square:
        return quotient(np.where(known, values * part, 0.0).sum(axis=0), total, np.nan)

    middle = 0.5 * (low + high)
    centre = mean(middle)
    variance = mean((middle - centre) ** 2)

    def out(values: Square) -> Square:
        return np.where(total > 0, np.exp(values), np.nan)

    return GroupJudgements(
        out(mean(low)),
        out(mean(high)),
        out(np.where(known, low, np.inf).min(axis=0)),
        out(np.where(known, high, -np.inf).max(axis=0)),
        out(np.sqrt(variance)),
        known.sum(axis=0),
    )
