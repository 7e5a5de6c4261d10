"""The balance of a join: amounts in, and where each went; it closes or is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.region.exact import exact_sums
from shanshui.region.join_account import LISTED, REACHED, WAYS, Balance, Carried, JoinAccount, Stray
from shanshui.region.place_book import PlaceBook


@dataclass
class Lines:
    """One line per row of a table and place that it goes to.

    Attributes
    ----------
    row : (line,)
        Row of the table.
    source : (line,)
        Which distinct place of the table.
    place : (line,)
        Place of the study; -1 where it is none.
    share : (line,) [1]
        Of the row.
    way : (line,)
        What became of it, as in ``WAYS``.
    group : (line,)
        Number of its keys.
    parts : (line, column)
        Part of each amount.
    values : (row, column)
        The amounts.
    table : DataFrame
        The table.
    amounts, by : sequence of str
        Columns of amounts, and of the groups in which they are balanced.
    year : str or None
        Column of years.
    """

    row: NDArray[np.intp]
    source: NDArray[np.intp]
    place: NDArray[np.intp]
    share: NDArray[np.float64]
    way: NDArray[np.str_]
    group: NDArray[np.intp]
    parts: NDArray[np.float64]
    values: NDArray[np.float64]
    table: pd.DataFrame
    amounts: Sequence[str]
    by: Sequence[str]
    year: str | None


class Sums(Protocol):
    """What the lines were brought together to."""

    place: NDArray[np.intp]
    first: NDArray[np.intp]
    amounts: NDArray[np.float64]
    of_line: NDArray[np.intp]


def account_of(
    lines: Lines,
    labels: Sequence[tuple[str, str]],
    out: Sums,
    book: PlaceBook,
    *,
    what: str,
    word: str,
    unit: str,
) -> JoinAccount:
    """Account of a join.

    Parameters
    ----------
    lines : Lines
        Where each row went.
    labels : sequence of (str, str)
        Code and name of each distinct place of the table.
    out : Gathered
        The result.
    book : PlaceBook
        The places.
    what, word, unit : str
        Table, places, and unit of the first amount.

    Raises
    ------
    QuantityError
        The balance does not close, which is a fault of the program.
    """
    _mark_merged(lines)
    band, groups = _groups(lines)
    balances = _balances(lines, out, band, groups, what)
    strays, share = _strays(lines, labels, band, groups)
    counts = _row_counts(lines)
    without, gaps, seen = _without(lines, out, book)
    return JoinAccount(
        what=what,
        places=word,
        rows=counts,
        amounts=tuple(balances),
        unmatched=tuple(strays[:LISTED]),
        carried=tuple(_carried(lines, labels, book)),
        without=tuple(without[:LISTED]),
        without_count=len(without),
        unmatched_count=len(strays),
        gaps=gaps,
        years=seen,
        share=share,
        unit=unit,
    )


def _mark_merged(lines: Lines) -> None:
    """Tell places that became one with another apart from those that only changed their code."""
    reached = lines.place >= 0
    size = int(lines.group.max(initial=0)) + 1
    key = np.where(reached, lines.place * size + lines.group, -1)
    value, times = np.unique(key[reached], return_counts=True)
    lines.way[(lines.way == "renamed") & np.isin(key, value[times > 1])] = "merged"


def _groups(lines: Lines) -> tuple[NDArray[np.intp], list[dict[str, Any]]]:
    """Group of each row of the table in which amounts are balanced, and what it is."""
    rows = len(lines.table)
    if not lines.by:
        return np.zeros(rows, np.intp), [{}]
    numbers = lines.table.groupby(list(lines.by), sort=True, dropna=False).ngroup().to_numpy()
    first = np.full(int(numbers.max(initial=-1)) + 1, rows)
    np.minimum.at(first, numbers, np.arange(rows))
    told = [{c: _plain(lines.table[c].iloc[k]) for c in lines.by} for k in first]
    return numbers.astype(np.intp), told


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | str) else str(value)


def _balances(
    lines: Lines, out: Sums, band: NDArray[np.intp], groups: list[dict[str, Any]], what: str
) -> list[Balance]:
    number = {w: k for k, w in enumerate(WAYS)}
    kinds, back = np.unique(lines.way, return_inverse=True)
    way = np.array([number[str(k)] for k in kinds], np.intp)[back.reshape(-1)]
    of_line = band[lines.row] * len(WAYS) + way
    parted = len(lines.row) != len(lines.values)
    values, parts_of, sums = lines.values.T.copy(), lines.parts.T.copy(), out.amounts.T.copy()
    found = []
    for column, name in enumerate(lines.amounts):
        given, parts = values[column], parts_of[column]
        known, told = ~np.isnan(given), ~np.isnan(parts)
        by_way = _sums(parts, told, of_line, len(groups) * len(WAYS)).reshape(
            len(groups), len(WAYS)
        )
        total = by_way.sum(axis=1) if len(kinds) == 1 else _sums(given, known, band, len(groups))
        if parted and not np.array_equal(
            _sums(parts, told, band[lines.row], len(groups)), _sums(given, known, band, len(groups))
        ):
            raise QuantityError(f"{what}.{name}: the parts of the amounts do not add up to them")
        broken = np.isnan(sums[column])
        half = np.zeros(len(parts), bool)
        half[lines.place >= 0] = broken[out.of_line]
        incomplete = _sums(parts, half & told, band[lines.row], len(groups))
        arrived = by_way[:, : len(REACHED)].sum(axis=1)
        missing = np.bincount(band[~known], minlength=len(groups))
        _refuse_open(sums[column], broken, band[out.first], arrived - incomplete, f"{what}.{name}")
        for k, group in enumerate(groups):
            ways = {w: float(v) for w, v in zip(WAYS, by_way[k], strict=True) if v}
            found.append(
                Balance(name, group, float(total[k]), ways, int(missing[k]), float(incomplete[k]))
            )
    return found


def _sums(
    values: NDArray[np.float64], known: NDArray[np.bool_], group: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    if known.all():
        return exact_sums(values, group, count)
    return exact_sums(values[known], group[known], count)


def _refuse_open(
    sums: NDArray[np.float64],
    broken: NDArray[np.bool_],
    band: NDArray[np.intp],
    arrived: NDArray[np.float64],
    where: str,
) -> None:
    """Compare what stands in the result with what arrived: the same for whole numbers, to rounding for others.

    Raises
    ------
    QuantityError
        They differ.
    """
    there = sums[~broken] if broken.any() else sums
    at = band[~broken] if broken.any() else band
    count = np.bincount(at, minlength=len(arrived))
    found = np.bincount(at, there, len(arrived))
    size = np.bincount(at, np.abs(there), len(arrived))
    whole = np.array_equal(there, np.rint(there)) and float(size.max(initial=0.0)) < 2.0**53
    bound = 0.0 if whole else np.finfo(float).eps * 2 * (count + 1) * size
    if (np.abs(found - arrived) > bound).any():
        raise QuantityError(f"{where}: the balance of the join does not close")


def _strays(
    lines: Lines,
    labels: Sequence[tuple[str, str]],
    band: NDArray[np.intp],
    groups: list[dict[str, Any]],
) -> tuple[list[Stray], float]:
    """Places of the table that have none in the study, the largest first, and their share together."""
    lost = np.flatnonzero(lines.way == "unmatched")
    if not len(lost):
        return [], 0.0
    mine = np.flatnonzero((lines.place >= 0) | (lines.way == "unmatched"))
    size = (
        np.nan_to_num(np.abs(lines.parts)) if len(lines.amounts) else np.ones((len(lines.row), 1))
    )
    if not size[mine].any():
        size = np.ones((len(lines.row), 1))
    span, columns = len(groups), size.shape[1]
    whole = np.stack(
        [np.bincount(band[lines.row[mine]], size[mine, c], span) for c in range(columns)]
    )
    sources, of_source = np.unique(lines.source[lost], return_inverse=True)
    at = of_source.reshape(-1) * span + band[lines.row[lost]]
    each = np.stack(
        [np.bincount(at, size[lost, c], len(sources) * span) for c in range(columns)]
    ).reshape(columns, len(sources), span)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(whole[:, None] > 0, each / whole[:, None], np.nan)
    seen = np.isfinite(share).any(axis=0)
    mean = np.where(
        seen, np.nansum(share, axis=0) / np.maximum(np.isfinite(share).sum(axis=0), 1), 0
    )
    found = []
    for k, source in enumerate(sources):
        worst = int(np.argmax(mean[k]))
        code, name = labels[source]
        amount = float(each[0, k, worst]) if len(lines.amounts) == 1 else None
        rows = len(np.unique(lines.row[lost[of_source.reshape(-1) == k]]))
        found.append(
            Stray(code, name, rows, amount, float(mean[k, worst]), groups[worst], "no polygon")
        )
    found.sort(key=lambda s: (-s.share, s.code, s.name))
    return found, _together(mean.sum(axis=0), lines, groups)


def _together(share: NDArray[np.float64], lines: Lines, groups: list[dict[str, Any]]) -> float:
    """Largest share of a year; groups of one year count alike."""
    by_year: dict[Any, list[float]] = {}
    for value, group in zip(share, groups, strict=True):
        by_year.setdefault(group.get(lines.year or ""), []).append(float(value))
    return max(sum(v) / len(v) for v in by_year.values())


def _row_counts(lines: Lines) -> dict[str, int]:
    first = np.append(True, lines.row[1:] != lines.row[:-1])
    kinds, times = np.unique(lines.way[first], return_counts=True)
    counts = {"in": len(lines.table)} | {
        w: int(t) for w in WAYS for k, t in zip(kinds, times, strict=True) if k == w
    }
    if len(lines.amounts):
        counts["missing"] = int(np.isnan(lines.values).all(axis=1).sum())
    return counts


def _carried(lines: Lines, labels: Sequence[tuple[str, str]], book: PlaceBook) -> list[Carried]:
    some = np.flatnonzero(np.isin(lines.way, ("renamed", "merged", "split", "name")))
    pairs = np.stack([lines.source[some], lines.place[some]])
    _, first = np.unique(pairs, axis=1, return_index=True)
    found = []
    for k in some[first]:
        code, name = labels[lines.source[k]]
        share, way = float(lines.share[k]), str(lines.way[k])
        low, high = (
            (share, share) if way != "split" else _range(lines, int(lines.source[k]), int(k), book)
        )
        found.append(Carried(code, name, book.code[lines.place[k]], way, share, low, high))
    return sorted(found, key=lambda c: (c.code, c.name, c.to))


def _range(lines: Lines, source: int, line: int, book: PlaceBook) -> tuple[float, float]:
    """What the share of a part could be: by the weight that was taken, by area, or in equal parts."""
    own = np.flatnonzero((lines.source == source) & (lines.row == lines.row[line]))
    codes = [book.code[p] for p in lines.place[own] if p >= 0]
    here = book.code[lines.place[line]]
    could = [float(lines.share[line])]
    areas = [book.areas.get(c) for c in codes]
    known = [a for a in areas if a]
    if len(known) == len(own):
        could.append(float(book.areas[here]) / sum(known))
        could.append(1.0 / len(own))
        return min(could), max(could)
    return 0.0, 1.0


def _without(
    lines: Lines, out: Sums, book: PlaceBook
) -> tuple[list[tuple[str, str]], dict[str, int], dict[str, int]]:
    """Places that no row reached; in which years how many lack one that have it in others; and how many have one."""
    levels = {book.first_level} if book.first_level else set(book.level)
    reached = set(np.unique(out.place).tolist())
    mine = [k for k in range(len(book.code)) if book.inside[k] and book.level[k] in levels]
    without = sorted((book.code[k], book.name[k]) for k in mine if k not in reached)
    gaps: dict[str, int] = {}
    seen: dict[str, int] = {}
    if lines.year is not None and reached:
        years = lines.table[lines.year].to_numpy()[out.first]
        some = [k for k in mine if k in reached]
        for year in sorted(set(years.tolist())):
            lacks = len(some) - len({*out.place[years == year].tolist()} & {*some})
            seen[str(_plain(year))] = len(some) - lacks
            if lacks:
                gaps[str(_plain(year))] = lacks
    return without, gaps, seen
