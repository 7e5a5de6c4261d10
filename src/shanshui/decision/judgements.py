"""Paired judgements: what a square of them must be, and how a table of them is read."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError

Square = NDArray[np.float64]
TOLERANCE = 0.03
"""Relative departure of a_ij x a_ji from 1 that rounding explains: 0.33 for a third is 1 % off, 0.17 for a sixth 2 % [D]."""


def checked_judgements(matrix: ArrayLike, name: str = "matrix") -> Square:
    """Judgements as numbers, each the reciprocal of its mirror.

    Parameters
    ----------
    matrix : (n, n) [1]
        How many times the row matters more than the column; NaN where nobody judged.
    name : str
        For messages.

    Returns
    -------
    (n, n) [1]
        1 on the diagonal; where only one of a pair was given, the other is its reciprocal.

    Raises
    ------
    QuantityError
        Not square, not positive, or not reciprocal; says where.
    """
    a = _square(matrix, name)
    bad = np.argwhere(np.isfinite(a) & (a <= 0) | np.isinf(a))
    if len(bad):
        i, j = bad[0]
        raise QuantityError(
            f"{name}: row {i + 1}, column {j + 1} holds {a[i, j]:g}; a judgement is a number above 0"
        )
    diagonal = np.diag(a)
    off = np.flatnonzero(np.isfinite(diagonal) & (np.abs(diagonal - 1.0) > 1e-9))
    if len(off):
        raise QuantityError(
            f"{name}: the diagonal holds {diagonal[off[0]]:g} in row {off[0] + 1}; an item against itself is 1"
        )
    np.fill_diagonal(a, 1.0)
    gap = np.isnan(a)
    a = np.where(gap & ~gap.T, 1.0 / a.T, a)
    product = a * a.T
    wrong = np.argwhere(np.abs(product - 1.0) > TOLERANCE)
    if len(wrong):
        i, j = wrong[0]
        raise QuantityError(
            f"{name}: not reciprocal: {i + 1} over {j + 1} is {a[i, j]:g} and {j + 1} over {i + 1} is {a[j, i]:g}; "
            f"expected {1 / a[i, j]:.4g}; give one of the two and leave the other blank"
        )
    upper = np.triu(np.ones(a.shape, bool), 1)
    return np.where(upper | np.eye(len(a), dtype=bool), a, 1.0 / a.T)


def checked_intervals(lower: ArrayLike, upper: ArrayLike) -> tuple[Square, Square]:
    """Interval judgements whose mirror is their reciprocal: l_ij u_ji = 1.

    Parameters
    ----------
    lower, upper : (n, n) [1]
        Bounds of how many times the row matters more than the column; NaN where nobody judged.

    Returns
    -------
    ((n, n), (n, n)) [1]
        Lower and upper bounds.

    Raises
    ------
    QuantityError
        Shapes that differ, lower above upper, not positive, not reciprocal; says where.
    """
    low, high = _square(lower, "lower"), _square(upper, "upper")
    if low.shape != high.shape:
        raise QuantityError(
            f"lower, upper: {low.shape} and {high.shape}; expected squares of one size"
        )
    for name, a in (("lower", low), ("upper", high)):
        bad = np.argwhere(np.isfinite(a) & (a <= 0) | np.isinf(a))
        if len(bad):
            i, j = bad[0]
            raise QuantityError(
                f"{name}: row {i + 1}, column {j + 1} holds {a[i, j]:g}; a judgement is a number above 0"
            )
    for a in (low, high):
        np.fill_diagonal(a, np.where(np.isnan(np.diag(a)), 1.0, np.diag(a)))
    if (np.abs(np.diag(low) - 1.0) > 1e-9).any() or (np.abs(np.diag(high) - 1.0) > 1e-9).any():
        raise QuantityError("lower, upper: the diagonal must be 1: an item against itself")
    over = np.argwhere(low > high * (1.0 + 1e-12))
    if len(over):
        i, j = over[0]
        raise QuantityError(
            f"lower: {low[i, j]:g} in row {i + 1}, column {j + 1} is above upper, {high[i, j]:g}; exchange them"
        )
    low = np.where(np.isnan(low) & ~np.isnan(high.T), 1.0 / high.T, low)
    high = np.where(np.isnan(high) & ~np.isnan(low.T), 1.0 / low.T, high)
    if (np.isnan(low) != np.isnan(high)).any():
        i, j = np.argwhere(np.isnan(low) != np.isnan(high))[0]
        raise QuantityError(
            f"lower, upper: only one bound in row {i + 1}, column {j + 1}; give both, or neither"
        )
    wrong = np.argwhere(np.abs(low * high.T - 1.0) > TOLERANCE)
    if len(wrong):
        i, j = wrong[0]
        raise QuantityError(
            f"lower, upper: not reciprocal: {i + 1} over {j + 1} is [{low[i, j]:g}, {high[i, j]:g}] and {j + 1} over "
            f"{i + 1} is [{low[j, i]:g}, {high[j, i]:g}]; expected [{1 / high[i, j]:.4g}, {1 / low[i, j]:.4g}]"
        )
    top = np.triu(np.ones(low.shape, bool), 1) | np.eye(len(low), dtype=bool)
    exact_low, exact_high = np.where(top, low, 1.0 / high.T), np.where(top, high, 1.0 / low.T)
    return exact_low, exact_high


def _square(matrix: ArrayLike, name: str) -> Square:
    a = np.array(matrix, np.float64)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or a.shape[0] == 0:
        raise QuantityError(f"{name}: shape {a.shape}, expected n x n")
    return a


@dataclass(frozen=True)
class Judgements:
    """Judgements of one node of a hierarchy by one expert.

    Attributes
    ----------
    parent : str
        What the items are compared for.
    items : tuple of str
        What is compared.
    lower, upper : (n, n) [1]
        Equal where judgements are crisp; NaN where nobody judged.
    expert : str
        Who judged.
    """

    parent: str
    items: tuple[str, ...]
    lower: Square
    upper: Square
    expert: str = ""

    @property
    def crisp(self) -> bool:
        """No judgement is an interval."""
        return bool(np.allclose(self.lower, self.upper, equal_nan=True))


_FRACTION = re.compile(r"^\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)\s*(?:/\s*(\d*\.?\d+))?\s*$")
_SPLIT = re.compile(r"\.\.|~|;|,|\bto\b|–|—")
GOAL = "goal"
"""Parent of a table that names none."""


def _number(text: str, where: str) -> float:
    found = _FRACTION.match(text)
    if not found:
        raise QuantityError(
            f"{where}: '{text}' is no judgement; expected 3, 1/3, or an interval such as 1/5..1/3"
        )
    below = float(found[2] or 1.0)
    if below == 0:
        raise QuantityError(f"{where}: '{text}' divides by 0; a judgement is a number above 0")
    return float(found[1]) / below


def judgement(value: object, where: str = "judgement") -> tuple[float, float]:
    """Read one cell: a number, a fraction, an interval (``1/5..1/3``, ``[2, 4]``, ``2~4``), or nothing.

    Parameters
    ----------
    value : number or str
        The cell.
    where : str
        For messages.

    Returns
    -------
    (float, float) [1]
        Lower and upper; NaN for a blank cell.

    Raises
    ------
    QuantityError
        Neither.
    """
    if value is None or value != value:
        return np.nan, np.nan
    if isinstance(value, int | float | np.number):
        return float(value), float(value)
    text = str(value).strip().strip("[](){}").strip()
    if text in {"", "-", "--", "–", "—", "——", "…", "..", "?", "NA", "nan"}:
        return np.nan, np.nan
    parts = [part for part in _SPLIT.split(text) if part.strip()]
    if len(parts) > 2:
        raise QuantityError(f"{where}: '{value}' has {len(parts)} numbers; an interval has two")
    if not parts:
        raise QuantityError(
            f"{where}: '{text[:40]}' is no judgement; expected 3, 1/3, or an interval such as 1/5..1/3"
        )
    numbers = [_number(part, where) for part in parts]
    return numbers[0], numbers[-1]


def _bound(value: object, where: str) -> float:
    low, high = judgement(value, where)
    if low != high and not np.isnan(low):
        raise QuantityError(f"{where}: '{value}' is an interval; a bound is one number")
    return low


def judgements_of(frame: pd.DataFrame) -> list[Judgements]:
    """Judgements of a table, one entry per node and expert.

    Parameters
    ----------
    frame : table
        Either a square: labels in the first column and in the head; or a list with columns ``row, column`` and ``value``
        or ``lower, upper``, and if there are several ``parent`` and ``expert``. All cells may be text.

    Returns
    -------
    list of Judgements
        In the order of the table.

    Raises
    ------
    QuantityError
        Neither shape, labels that do not match, a pair that is given twice with different values.
    """
    heads = {str(c).strip().lower(): c for c in frame.columns}
    if {"row", "column"} <= heads.keys() and ("value" in heads or {"lower", "upper"} <= set(heads)):
        return _of_list(frame.rename(columns={c: h for h, c in heads.items()}))
    return [_of_square(frame)]


def _of_square(frame: pd.DataFrame) -> Judgements:
    columns = [str(c).strip() for c in frame.columns]
    n = len(frame)
    if len(columns) == n + 1:
        items = [str(v).strip() for v in frame.iloc[:, 0]]
        body = frame.iloc[:, 1:]
        if items != columns[1:]:
            raise QuantityError(
                f"judgements: rows are {', '.join(items)} and columns {', '.join(columns[1:])}; expected the same in the same order"
            )
    elif len(columns) == n:
        items, body = columns, frame
    else:
        raise QuantityError(
            f"judgements: {n} rows and {len(columns)} columns; expected a square with labels, or columns row, column and "
            "value (or lower, upper)"
        )
    lower, upper = np.empty((n, n)), np.empty((n, n))
    for i in range(n):
        for j in range(n):
            where = f"judgements: {items[i]} over {items[j]}"
            lower[i, j], upper[i, j] = judgement(body.iloc[i, j], where)
    return Judgements(GOAL, tuple(items), *checked_intervals(lower, upper))


def _of_list(frame: pd.DataFrame) -> list[Judgements]:
    keys = [c for c in ("parent", "expert") if c in frame]
    frame = frame.assign(**{c: frame[c].fillna("").astype(str).str.strip() for c in keys})
    parts: list[tuple[tuple[str, ...], pd.DataFrame]] = [((), frame)]
    if keys:
        groups = frame.groupby(keys, sort=False)
        parts = [(tuple(map(str, key)), part) for key, part in groups]
    out = []
    for key, part in parts:
        named = dict(zip(keys, key, strict=True))
        rows, columns = (part[c].astype(str).str.strip() for c in ("row", "column"))
        blank = ((rows == "") | (columns == "")).to_numpy().nonzero()[0]
        if len(blank):
            raise QuantityError(
                f"judgements: row {blank[0] + 1} compares '{rows.iloc[blank[0]]}' with '{columns.iloc[blank[0]]}'; name both items"
            )
        items = tuple(dict.fromkeys([*rows, *columns]))
        place = {item: k for k, item in enumerate(items)}
        lower, upper = (np.full((len(items), len(items)), np.nan) for _ in range(2))
        for k, (a, b) in enumerate(zip(rows, columns, strict=True)):
            where = f"judgements: {a} over {b}"
            if "lower" in part:
                low, high = (_bound(part[c].iloc[k], f"{where}, {c}") for c in ("lower", "upper"))
            else:
                low, high = judgement(part["value"].iloc[k], where)
            i, j = place[a], place[b]
            for known, now in ((lower[i, j], low), (upper[i, j], high)):
                if np.isfinite(known) and abs(known - now) > TOLERANCE * abs(now):
                    raise QuantityError(f"{where}: given twice, {known:g} and {now:g}; keep one")
            lower[i, j], upper[i, j] = low, high
        bounds = checked_intervals(lower, upper)
        out.append(
            Judgements(named.get("parent") or GOAL, items, *bounds, expert=named.get("expert", ""))
        )
    return out
