"""Criteria that point the same way: benefit, cost and target brought to one scale, with a rule for every odd column."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError

Matrix = NDArray[np.float64]
Direction = int | float | str
BENEFIT, COST = 1, -1
_WORDS = {
    "benefit": BENEFIT, "max": BENEFIT, "+": BENEFIT, "positive": BENEFIT, "1": BENEFIT,
    "cost": COST, "min": COST, "-": COST, "negative": COST, "-1": COST,
}  # fmt: skip
TARGET = "target:"


def checked_scores(matrix: ArrayLike, name: str = "matrix") -> Matrix:
    """Scores of alternatives as numbers.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Any units, one per column.
    name : str
        For messages.

    Returns
    -------
    (alternative, criterion)
        The same.

    Raises
    ------
    QuantityError
        Not two-dimensional, empty, or missing values: a method would spread them silently.
    """
    x = np.asarray(matrix, np.float64)
    if x.ndim != 2 or 0 in x.shape:
        raise QuantityError(f"{name}: shape {x.shape}, expected (alternatives, criteria)")
    gaps = np.argwhere(~np.isfinite(x))
    if len(gaps):
        raise QuantityError(
            f"{name}: {len(gaps)} values are missing (first: row {gaps[0][0] + 1}, column {gaps[0][1] + 1}); fill them, or leave "
            "out the row or the column"
        )
    return x


def benefits(matrix: ArrayLike, directions: Sequence[Direction] | None = None) -> Matrix:
    """Scores of which more is better: costs negated, targets as minus the distance.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    directions : sequence, optional
        Per criterion 1 or ``benefit``, -1 or ``cost``, or ``target:VALUE``; all benefits by default.

    Returns
    -------
    (alternative, criterion)
        In the units of the scores.

    Raises
    ------
    QuantityError
        Missing values, or directions that do not fit.
    """
    x = checked_scores(matrix)
    out = x.copy()
    for j, (sign, target) in enumerate(parsed_directions(directions, x.shape[1])):
        if target is not None:
            out[:, j] = -np.abs(x[:, j] - target)
        elif sign == COST:
            out[:, j] = -x[:, j]
    return out


def parsed_directions(
    directions: Sequence[Direction] | None, count: int
) -> list[tuple[int, float | None]]:
    """Sign and target of each criterion.

    Raises
    ------
    QuantityError
        Another number of them, or a word that is none.
    """
    if directions is None:
        return [(BENEFIT, None)] * count
    if len(directions) != count:
        raise QuantityError(f"directions: {len(directions)} for {count} criteria")
    out: list[tuple[int, float | None]] = []
    for word in directions:
        text = str(word).strip().lower()
        text = text.removesuffix(".0")
        if text in _WORDS:
            out.append((_WORDS[text], None))
            continue
        try:
            target = float(text.removeprefix(TARGET)) if text.startswith(TARGET) else None
        except ValueError:
            target = None
        if target is None:
            raise QuantityError(
                f"directions: '{word}'; expected benefit (or 1), cost (or -1), or target:VALUE"
            )
        out.append((BENEFIT, target))
    return out


def quotient(above: ArrayLike, below: ArrayLike, otherwise: float = 0.0) -> Matrix:
    """Quotient that divides by nothing where there is nothing to divide by, as in a criterion that is alike for all.

    Parameters
    ----------
    above, below : array
        Of shapes that fit one another.
    otherwise : float
        Value where ``below`` is not above 0.

    Returns
    -------
    array
        ``above / below`` where ``below`` is above 0.
    """
    numerator, denominator = np.broadcast_arrays(
        np.asarray(above, np.float64), np.asarray(below, np.float64)
    )
    out = np.full(numerator.shape, otherwise)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def ranged(matrix: ArrayLike, directions: Sequence[Direction] | None = None) -> Matrix:
    """Scores in [0, 1], 1 the best of each criterion; a constant criterion is 0 for all: it tells nothing apart.

    Parameters
    ----------
    matrix : (alternative, criterion)
        Scores.
    directions : sequence, optional
        As in :func:`benefits`.

    Returns
    -------
    (alternative, criterion) [1]
        Min-max scaled.
    """
    good = benefits(matrix, directions)
    low, high = good.min(axis=0), good.max(axis=0)
    span = high - low
    return quotient(good - low, span)


def checked_weights(weights: ArrayLike, count: int) -> NDArray[np.float64]:
    """Weights that sum to 1.

    Raises
    ------
    QuantityError
        Another number of them, negative, missing, or all 0.
    """
    w = np.asarray(weights, np.float64)
    if w.shape != (count,):
        raise QuantityError(f"weights: shape {w.shape} for {count} criteria")
    if not np.isfinite(w).all() or (w < 0).any() or w.sum() <= 0:
        raise QuantityError("weights: expected numbers of 0 or more, not all 0")
    return w / w.sum()
