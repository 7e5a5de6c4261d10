"""Rows of a table of places as lines: one for each place that a row goes to, with its part of each amount."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.region.exact import exact_parts
from shanshui.region.join_balance import Lines
from shanshui.region.join_columns import Columns
from shanshui.region.matching import Found, Matching
from shanshui.region.place_codes import clean_code


def matches(
    table: pd.DataFrame, columns: Columns, matching: Matching
) -> tuple[list[Found], NDArray[np.intp], list[tuple[str, str]]]:
    """What each distinct place of the table is, and which of them each row names."""
    codes, raw_codes = _distinct(table, columns.code)
    names, raw_names = _distinct(table, columns.name)
    above, raw_above = _distinct(table, columns.parent)
    clean = [*map(clean_code, raw_codes), ""]
    texts = [*map(_text, raw_names), ""]
    parents = [*map(_text, raw_above), ""]
    book = matching.book
    book.prefer(clean, texts)
    matching.use_parent = any(p and not matching.is_strange(p) for p in parents)
    years = _years(table, columns)
    carried = np.array([bool(c) and matching.carries(c) for c in clean])[codes]
    if matching.crosswalk and columns.name:
        carried |= codes < 0
    when = np.where(carried, years, 0)
    if matching.crosswalk:
        pairs = np.unique(np.stack([codes, years]), axis=1)
        matching.taken = {(clean[c], int(y) or None) for c, y in pairs.T}
    together = np.stack([codes, names, above, when])
    distinct, of_row = np.unique(together, axis=1, return_inverse=True)
    found, labels = [], []
    for code, name, parent, year in distinct.T:
        found.append(matching.found(clean[code], texts[name], parents[parent], int(year) or None))
        labels.append((clean[code], texts[name]))
    return found, of_row.reshape(-1), labels


def _distinct(table: pd.DataFrame, column: str | None) -> tuple[NDArray[np.intp], list[Any]]:
    """Number of each row's value, -1 where it has none, and the values."""
    if column is None:
        return np.full(len(table), -1, np.intp), []
    codes, values = pd.factorize(table[column])
    return codes, list(values)


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _years(table: pd.DataFrame, columns: Columns) -> NDArray[np.int64]:
    """Year of each row; 0 where there is none."""
    if columns.year is None:
        return np.zeros(len(table), np.int64)
    numbers = pd.to_numeric(table[columns.year], errors="coerce")
    return numbers.fillna(0).to_numpy(float).astype(np.int64)


def lines_of(
    table: pd.DataFrame,
    columns: Columns,
    found: list[Found],
    of_row: NDArray[np.intp],
    what: str,
) -> Lines:
    """One line per row and place that it goes to, with the part of each amount."""
    flat = [
        (
            k,
            place,
            share,
            each.way if place >= 0 or each.way not in ("renamed", "split") else "elsewhere",
        )
        for k, each in enumerate(found)
        for place, share in (
            *each.parts,
            *(((-1, each.rest),) if each.rest > 1e-12 or not each.parts else ()),
        )
    ]
    source = np.array([f[0] for f in flat], np.intp)
    size = np.bincount(source, minlength=len(found))
    start = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.intp)
    count = size[of_row]
    row = np.repeat(np.arange(len(of_row)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    at = start[of_row[row]] + (np.arange(len(row)) - first)
    place = np.array([f[1] for f in flat], np.intp)[at]
    share = np.array([f[2] for f in flat], float)[at]
    way = np.array([f[3] for f in flat], dtype="U9")[at]
    group = _numbered(table, columns.keys)
    values = table[list(columns.amounts)].to_numpy(float, na_value=np.nan)
    if np.isinf(values).any():
        raise DataError(f"{what}: an amount is infinite; correct it")
    parts = values[row] if len(row) != len(of_row) or (row != np.arange(len(row))).any() else values
    split = np.repeat(count, count) > 1
    if split.any():
        parts = parts.copy()
        last = np.append(row[1:] != row[:-1], True)
        lone = share.copy()
        lone[~split] = 1.0
        for column in range(parts.shape[1]):
            own = parts[:, column]
            own[split] = exact_parts(own[split], lone[split], last[split])
    lines = Lines(
        row,
        of_row[row],
        place,
        share,
        way,
        group[row],
        parts,
        values,
        table,
        columns.amounts,
        columns.by,
        columns.year,
    )
    _settle_twice(lines, columns, what)
    return lines


def _settle_twice(lines: Lines, columns: Columns, what: str) -> None:
    """Leave out parts of places that have a row of their own; refuse a place that stands twice.

    Raises
    ------
    DataError
        Two rows of one place with the same keys.
    """
    size = int(lines.group.max(initial=0)) + 1
    key = np.where(lines.place >= 0, lines.place * size + lines.group, -1)
    direct = (lines.way == "code") & (key >= 0)
    own = np.unique(key[direct])
    if len(own) < direct.sum():
        _, first = np.unique(key[direct], return_index=True)
        again = np.setdiff1d(np.flatnonzero(direct), np.flatnonzero(direct)[first])[0]
        row = lines.table.iloc[lines.row[again]]
        told = ", ".join(str(row[c]) for c in (columns.code, columns.name, *columns.keys) if c)
        raise DataError(
            f"{what}: {int(direct.sum()) - len(own)} rows repeat a place with the same keys; first: {told}; keep one row each"
        )
    weak = np.isin(lines.way, ("spelling", "name")) & (key >= 0)
    double = weak & np.isin(key, own)
    if double.any():
        lines.way[double] = np.where(lines.way[double] == "spelling", "parts", "unmatched")
        lines.place[double] = -1
    weak &= ~double
    named = weak & (lines.way == "name")
    if named.any():
        value, times = np.unique(key[named], return_counts=True)
        twice = named & np.isin(key, value[times > 1])
        lines.way[twice] = "unmatched"
        lines.place[twice] = -1


def _numbered(table: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.intp]:
    """Number of each combination of values, in order of appearance."""
    if not columns:
        return np.zeros(len(table), np.intp)
    out = np.zeros(len(table), np.intp)
    for column in columns:
        codes, values = pd.factorize(table[column], use_na_sentinel=False)
        _, out = np.unique(out * max(len(values), 1) + codes, return_inverse=True)
    first = np.full(int(out.max(initial=-1)) + 1, len(table))
    np.minimum.at(first, out, np.arange(len(table)))
    rank = np.empty_like(first)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[out]
