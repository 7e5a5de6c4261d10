"""Interval weights: what they are, how one is compared with another, and how they become shares."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class IntervalWeights:
    """Weights known between bounds; unpacks into lower and upper.

    Attributes
    ----------
    lower, upper : (n,) [1]
        NaN where the method found none.
    method : str
        Which solver.
    scale : str
        ``sum``: one set of weights within the bounds sums to 1. ``product``: logs of the centres sum to 0; only ratios matter,
        :meth:`normalised` gives shares.
    found : bool
        False when no weights satisfy the judgements in the way the method asks.
    finding : str
        What that means, or what else a reader must know.
    facts : dict of str to float
        Optimum, consistency numbers, share of accepted draws and the like, by method.
    """

    lower: Vector
    upper: Vector
    method: str
    scale: str = "sum"
    found: bool = True
    finding: str = ""
    facts: dict[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Vector]:
        """Lower, then upper."""
        return iter((self.lower, self.upper))

    def __len__(self) -> int:
        """Two: lower and upper."""
        return 2

    def __getitem__(self, at: int) -> Vector:
        """Lower is 0, upper is 1."""
        return (self.lower, self.upper)[at]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.float64]:
        """(n, 2): a row per item."""
        return np.column_stack([self.lower, self.upper])

    @property
    def crisp(self) -> Vector:
        """One weight each: middles (geometric on a product scale) that sum to 1."""
        middle = (
            np.sqrt(self.lower * self.upper)
            if self.scale == "product"
            else 0.5 * (self.lower + self.upper)
        )
        return middle / middle.sum()

    def normalised(self) -> "IntervalWeights":
        """Shares: what an item can have at least and at most when the others take theirs (Wang and Elhag 2006)."""
        if self.scale == "sum":
            return self
        low = self.lower / (self.lower + self.upper.sum() - self.upper)
        high = self.upper / (self.upper + self.lower.sum() - self.lower)
        return IntervalWeights(
            low, high, self.method, "sum", self.found, self.finding, dict(self.facts)
        )


def _bounds(lower: ArrayLike, upper: ArrayLike) -> tuple[Vector, Vector]:
    low, high = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    if low.shape != high.shape or low.ndim != 1:
        raise QuantityError(
            f"lower, upper: shapes {low.shape} and {high.shape}, expected two of (n,)"
        )
    if not (low <= high).all():
        k = int(np.flatnonzero(~(low <= high))[0])
        raise QuantityError(
            f"lower, upper: item {k + 1} is [{low[k]:g}, {high[k]:g}]; lower must not exceed upper"
        )
    return low, high


def possibility_degrees(
    lower: ArrayLike, upper: ArrayLike, *, ratio_scale: bool = False
) -> NDArray[np.float64]:
    """How possible it is that one interval is at least as large as another.

    Parameters
    ----------
    lower, upper : (n,) [1]
        Intervals.
    ratio_scale : bool
        Compare logs, for weights of which only ratios matter.

    Returns
    -------
    (n, n) [1]
        Row over column, in [0, 1]; with its mirror it sums to 1. Two equal points have one half.

    Raises
    ------
    QuantityError
        Lower above upper, or bounds not above 0 on a ratio scale.
    """
    low, high = _bounds(lower, upper)
    if ratio_scale:
        if (low <= 0).any():
            raise QuantityError("lower: must be above 0 on a ratio scale")
        low, high = np.log(low), np.log(high)
    above = np.maximum(0.0, high[:, None] - low[None, :])
    below = np.maximum(0.0, low[:, None] - high[None, :])
    width = (high - low)[:, None] + (high - low)[None, :]
    # widths that rounding alone leaves are points
    thin = 1e-12 * max(float(np.abs(low).max(initial=0.0)), float(np.abs(high).max(initial=0.0)))
    points = 0.5 + 0.5 * np.sign(low[:, None] - low[None, :])
    return np.divide(above - below, width, out=points, where=width > thin)


def possibility_ranking(lower: ArrayLike, upper: ArrayLike, *, ratio_scale: bool = False) -> Vector:
    """Standing of each interval among all (Xu and Da 2002).

    Parameters
    ----------
    lower, upper : (n,) [1]
        Intervals.
    ratio_scale : bool
        Compare logs.

    Returns
    -------
    (n,) [1]
        Sum to 1 for two intervals or more; the larger the better.
    """
    degrees = possibility_degrees(lower, upper, ratio_scale=ratio_scale)
    n = len(degrees)
    return np.ones(1) if n == 1 else (degrees.sum(axis=1) + n / 2.0 - 1.0) / (n * (n - 1))
