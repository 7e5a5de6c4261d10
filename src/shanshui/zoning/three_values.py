"""Conditions on figures of which some are not known: true, false, or open."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.float64]
"""1 true, 0 false, NaN open: what is not known could make it either (Kleene's strong logic)."""


def at_least(value: NDArray[np.float64], limit: float | NDArray[np.float64]) -> Truth:
    """Whether ``value >= limit``; open where the value is NaN."""
    return np.where(np.isnan(value), np.nan, (value >= limit).astype(np.float64))


def at_most(value: NDArray[np.float64], limit: float | NDArray[np.float64]) -> Truth:
    """Whether ``value <= limit``; open where the value is NaN."""
    return np.where(np.isnan(value), np.nan, (value <= limit).astype(np.float64))


def no(truth: Truth) -> Truth:
    """The contrary."""
    return 1.0 - truth


def every(*truths: Truth) -> Truth:
    """All of them: false as soon as one is false, open where none is false and one is open."""
    return least_true(truths, len(truths))


def some(*truths: Truth) -> Truth:
    """One of them at least: true as soon as one is true, open where none is true and one is open."""
    return least_true(truths, 1)


def least_true(truths: Sequence[Truth], count: int) -> Truth:
    """Whether ``count`` of the conditions hold at least.

    Parameters
    ----------
    truths : sequence of (n,) array [1]
        Conditions.
    count : int
        How many must hold.

    Returns
    -------
    (n,) array [1]
        Open where those that are open decide.
    """
    stacked = np.stack(np.broadcast_arrays(*truths))
    sure = (stacked == 1.0).sum(axis=0)
    open_ = np.isnan(stacked).sum(axis=0)
    return np.where(sure >= count, 1.0, np.where(sure + open_ < count, 0.0, np.nan))
