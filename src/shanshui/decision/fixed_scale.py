"""Ranking on limits that are fixed apart from the alternatives, so that no order can turn."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from shanshui.core.errors import QuantityError
from shanshui.decision.criteria import (
    Direction,
    checked_scores,
    checked_weights,
    parsed_directions,
)
from shanshui.decision.ranking import Scores


def spotis(
    matrix: ArrayLike,
    weights: ArrayLike,
    bounds: ArrayLike,
    directions: Sequence[Direction] | None = None,
) -> Scores:
    """Distance from the ideal within fixed bounds (SPOTIS; Dezert and others 2020): no rank reversal.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores within ``bounds``.
    weights : (criterion,) [1]
        0 or more.
    bounds : (criterion, 2)
        Least and greatest value that any alternative could have; chosen apart from the data.
    directions : sequence, optional
        As in :func:`weighted_sum`; a target is the ideal.

    Returns
    -------
    (alternative,) [1]
        In [0, 1], less is better: ``sum_j w_j |x_ij - ideal_j| / (greatest_j - least_j)``.

    Raises
    ------
    QuantityError
        Scores out of bounds, empty bounds, weights or directions that do not fit.
    """
    x = checked_scores(matrix)
    limits = np.asarray(bounds, np.float64)
    if limits.shape != (x.shape[1], 2) or not (limits[:, 1] > limits[:, 0]).all():
        raise QuantityError("bounds: expected least and greatest, different, per criterion")
    outside = np.argwhere(x != np.clip(x, limits[:, 0], limits[:, 1]))
    if len(outside):
        i, j = outside[0]
        raise QuantityError(
            f"matrix: row {i + 1}, column {j + 1} holds {x[i, j]:g}, outside its bounds {limits[j, 0]:g} to {limits[j, 1]:g}"
        )
    w = checked_weights(weights, x.shape[1])
    ideal = np.array(
        [
            target if target is not None else limits[j, 1 if sign > 0 else 0]
            for j, (sign, target) in enumerate(parsed_directions(directions, x.shape[1]))
        ]
    )
    return (np.abs(x - ideal) / (limits[:, 1] - limits[:, 0])) @ w
