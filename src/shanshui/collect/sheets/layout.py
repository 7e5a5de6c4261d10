"""Where the table lies on a sheet: titles and unit lines above, one or more rows of heads, the body below."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from shanshui.collect.sheets.body import LeftOut, is_numbering, is_total, row_text
from shanshui.collect.sheets.cells import is_gap, numeral, plain, squeezed, text_of, year_of
from shanshui.collect.sheets.sheet import Sheet, blank
from shanshui.collect.sheets.units import bare_unit, head_unit, line_units, spelt
from shanshui.core.errors import DataError

DEEPEST = 40
"""Filled rows from the top in which a head is looked for [D]."""
_SAMPLE = 300
"""Rows that columns are judged by."""
SPAN = 0.6
"""Share of the width over which a merged cell is a title and no label [D]."""
JOIN = " / "
"""Between the labels of a head of several rows."""


@dataclass
class Layout:
    """Parts of a sheet.

    Attributes
    ----------
    columns : list of int
        Columns of the sheet that the table has.
    heads : list of str
        Label of each, joined from all rows of the head.
    head_rows : list of int
        Rows of the head.
    body : list of int
        Rows below it, blank ones too.
    units : tuple of str
        Of a unit line above the table.
    head_units : dict of int to str
        Units of a row of units below the head, by column of the sheet.
    above : list of LeftOut
        Titles, notes and the unit line.
    """

    columns: list[int]
    heads: list[str]
    head_rows: list[int]
    body: list[int]
    units: tuple[str, ...] = ()
    head_units: dict[int, str] = field(default_factory=dict)
    above: list[LeftOut] = field(default_factory=list)


def is_number(value: Any) -> bool:
    """Does a cell hold a number, typed or as text?"""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return value == value
    return isinstance(value, str) and numeral(value) is not None


def _amount(value: Any) -> bool:
    """Is a cell a number that is no year?"""
    return is_number(value) and year_of(value) is None


def _is_label(value: Any) -> bool:
    """Could a cell be a head: a word, a year or a date?"""
    return not blank(value) and not _amount(value)


def _is_word(value: Any) -> bool:
    return (
        isinstance(value, str) and not blank(value) and not is_number(value) and not is_gap(value)
    )


class _Finder:
    """The rows of a sheet that hold anything, and what its columns hold."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.filled = [k for k, row in enumerate(sheet.rows) if not all(map(blank, row))]
        sample = self.filled[:DEEPEST] + self.filled[DEEPEST:][-_SAMPLE:]
        self.sample = sample
        wide = max((len(sheet.rows[k]) for k in sample), default=0)
        held = [[c for c, v in enumerate(sheet.rows[k]) if not blank(v)] for k in sample]
        self.used = len({c for row in held for c in row})
        fills = sorted(map(len, held))
        self.usual = fills[len(fills) // 2] if fills else 0
        self.most = fills[-1] if fills else 0
        self.wide = wide
        self.numeric = self._numeric(sample)

    def _numeric(self, rows: list[int]) -> set[int]:
        """Columns of which most filled cells are numbers."""
        seen: Counter[int] = Counter()
        numbers: Counter[int] = Counter()
        for k in rows:
            for c, value in enumerate(self.sheet.rows[k]):
                if not is_gap(value) and not blank(value):
                    seen[c] += 1
                    numbers[c] += is_number(value) or _code(value) or year_of(value) is not None
        return {c for c, n in numbers.items() if 2 * n >= seen[c]}

    def cells(self, k: int) -> list[tuple[int, Any]]:
        return [(c, v) for c, v in enumerate(self.sheet.rows[k]) if not blank(v)]

    def is_above(self, k: int) -> bool:
        """Is a row a title, a unit line or a note: one cell, one merged over the width, or one that names the unit?"""
        cells = self.cells(k)
        if self.used < 2 or not cells:
            return False
        if len(cells) == 1:
            at = cells[0][0]
            over = next(
                (b for b in self.sheet.merged if b[0] <= k <= b[2] and b[1] <= at <= b[3]), None
            )
            # a label that spans several columns, but not the whole width, is a head
            return over is None or over[3] == over[1] or over[3] - over[1] + 1 >= SPAN * self.used
        return len(cells) <= max(2, self.used // 2) and any(
            isinstance(v, str) and line_units(plain(v)) is not None for _, v in cells
        )

    def first_head(self, where: str) -> int:
        """First row that names columns: filled widely enough, with a word above numbers or, in a table of words, any words."""
        least = min(max(2, (self.usual + 1) // 2), self.most)
        fallback = None
        for k in self.filled[:DEEPEST]:
            cells = self.cells(k)
            if len(cells) < least or self.is_above(k):
                continue
            over = [
                c
                for c, v in cells
                if c in self.numeric and (_is_word(v) or self._over_numbers(c, v, k))
            ]
            if over and not self._is_body(k):
                return k
            if all(_is_label(v) for _, v in cells) and any(_is_word(v) for _, v in cells):
                fallback = k if fallback is None else fallback
            if sum(_amount(v) for _, v in cells) and not over:
                break
        if fallback is not None and not self._names_a_sum(fallback):
            return fallback
        k = self.filled[0]
        raise DataError(
            f"{where}: no row of column names is found; the first row that holds anything is row {self.sheet.numbers[k]}: "
            f"{row_text(self.sheet.rows[k])}; put the names of the columns in one row above the table"
        )

    def _over_numbers(self, c: int, value: Any, k: int) -> bool:
        """Is a year the head of a column of amounts?"""
        if year_of(value) is None:
            return False
        below = [
            self.sheet.rows[f][c] for f in self.sample if f > k and c < len(self.sheet.rows[f])
        ]
        return any(_amount(v) for v in below) and not any(
            year_of(v) == year_of(value) for v in below
        )

    def _names_a_sum(self, k: int) -> bool:
        return any(is_total(v) for _, v in self.cells(k)[:2])

    def _is_body(self, k: int) -> bool:
        """Is a row one of the body although a cell in a column of numbers is a word: most others are amounts?"""
        held = [v for c, v in self.cells(k) if c in self.numeric]
        amounts = [v for v in held if _amount(v)]
        if not amounts or 2 * len(amounts) < len(held):
            return bool(amounts) and self._names_a_sum(k)
        # heads of a square of sectors are numbers too: 01, 02, 03 …
        texts = [text_of(v).strip() for v in amounts]
        steps = [int(t) if t.isdigit() else -1 for t in texts]
        return not (len(steps) > 2 and all(b == a + 1 for a, b in pairwise(steps)))

    def last_head(self, first: int) -> int:
        """Last row of a head of several rows: words or years go on below labels that span or repeat."""
        last = first
        for k in [f for f in self.filled if f > first][:4]:
            cells, above = self.cells(k), self.sheet.rows[last]
            if k != last + 1 or k == self.filled[-1] or not all(_is_label(v) for _, v in cells):
                break
            over = [
                c
                for c, v in cells
                if c in self.numeric and (_is_word(v) or self._over_numbers(c, v, k))
            ]
            widened = any(blank(above[c]) for c, _ in cells if c < len(above)) or _repeats(above)
            # years alone, without a place, go on below what they are of
            widened |= len(cells) < self.usual and all(year_of(v) is not None for _, v in cells)
            units = [spelt(plain(v).strip("()[]")) for _, v in cells]
            if not over or not widened or all(units) or self._like_the_next(k):
                break
            last = k
        return last

    def _like_the_next(self, k: int) -> bool:
        """Has a row the same kinds of cells as the one below: then it is one of the body."""

        def kinds(row: list[Any]) -> list[str]:
            return ["" if blank(v) else "n" if is_number(v) else "t" for v in row]

        after = next((f for f in self.filled if f > k), None)
        if after is None:
            return True
        mine, theirs = kinds(self.sheet.rows[k]), kinds(self.sheet.rows[after])
        years = [v for _, v in self.cells(k) if year_of(v) is not None]
        return mine == theirs and not (years and not any(year_of(v) for _, v in self.cells(after)))

    def raised(self, first: int, last: int) -> int:
        """Rows above that label columns which the head leaves blank, or that span, belong to it."""
        top = first
        while top - 1 in self.filled and not self.is_above(top - 1):
            row = self.sheet.rows[top - 1]
            lacking = [
                c
                for c in range(len(row))
                if all(
                    c >= len(self.sheet.rows[r]) or blank(self.sheet.rows[r][c])
                    for r in range(top, last + 1)
                )
            ]
            spans = any(b[0] <= top - 1 <= b[2] and b[3] > b[1] for b in self.sheet.merged)
            spans = spans or (
                _repeats(self.sheet.rows[top]) and all(_is_label(v) for _, v in self.cells(top - 1))
            )
            if not spans and not any(_is_label(row[c]) for c in lacking):
                break
            top -= 1
        return top


def _code(value: Any) -> bool:
    """A number kept as text, because zeros lead it."""
    return isinstance(value, str) and plain(value).isdigit()


def layout_of(sheet: Sheet, where: str, header_rows: int | None = None) -> Layout | None:
    """Find the table of a sheet.

    Parameters
    ----------
    sheet : Sheet
        Cells.
    where : str
        Input, file and sheet, for messages.
    header_rows : int, optional
        Rows down to the last of the head, where a person says so; titles and unit lines among them are passed over.

    Returns
    -------
    Layout or None
        None where the sheet holds nothing.

    Raises
    ------
    DataError
        No row of heads above the numbers, or none below it.
    """
    found = _Finder(sheet)
    if not found.filled:
        return None
    if header_rows is not None:
        first = found.filled[0]
        last = first + header_rows - 1
        if last >= found.filled[-1]:
            raise DataError(
                f"{where}: no rows below the header: header_rows = {header_rows}, and the last row that holds anything is row "
                f"{sheet.numbers[found.filled[-1]]}"
            )
    else:
        first = found.first_head(where)
        last = found.last_head(first)
        first = found.raised(first, last)
    rows = [k for k in found.filled if first <= k <= last and not found.is_above(k)] or [last]
    out = Layout([], [], rows, list(range(last + 1, len(sheet.rows))))
    for k in found.filled:
        if k < first or (k <= last and k not in rows):
            out.above.append(LeftOut(sheet.numbers[k], "above the table", row_text(sheet.rows[k])))
            for _, cell in found.cells(k):
                out.units = _units_above(cell) or out.units
    _skip_below_head(sheet, out)
    labels = _labels(sheet, rows, found.wide)
    used = {c for k in out.body for c, v in enumerate(sheet.rows[k]) if not blank(v)}
    out.columns = [c for c, label in enumerate(labels) if label or c in used]
    out.heads = [labels[c] for c in out.columns]
    return out


def _units_above(cell: Any) -> tuple[str, ...]:
    """Units that a unit line names, or the bracket at the end of a title."""
    if not isinstance(cell, str):
        return ()
    named = line_units(plain(cell))
    if named is not None:
        return named
    title = plain(cell)
    unit = bare_unit(title) or head_unit(title)[1]
    return (unit,) if unit else ()


def _repeats(row: list[Any]) -> bool:
    said = [squeezed(v) for v in row if not blank(v)]
    return len(set(said)) < len(said)


def _skip_below_head(sheet: Sheet, out: Layout) -> None:
    """Rows of units, and of numbers of columns, directly below the head are no rows of the body."""
    for _ in range(2):
        k = next((b for b in out.body if not all(map(blank, sheet.rows[b]))), None)
        if k is None:
            return
        cells = [(c, plain(v)) for c, v in enumerate(sheet.rows[k]) if not blank(v)]
        units = {c: spelt(text.strip("()[]")) for c, text in cells if not is_number(text)}
        named = [c for c, u in units.items() if u is not None]
        bracketed = all(text[0] in "([" or not text.isascii() for c, text in cells if c in named)
        if named and len(named) == len(cells) and (len(named) > 1 or bracketed):
            out.head_units = {c: str(units[c]) for c in named}
            reason = "units below the head"
        elif is_numbering([text for _, text in cells]):
            reason = "numbers of columns"
        else:
            return
        out.above.append(LeftOut(sheet.numbers[k], reason, row_text(sheet.rows[k])))
        out.body = [b for b in out.body if b > k]


def _labels(sheet: Sheet, rows: list[int], wide: int) -> list[str]:
    """Labels of all columns, those that span filled in."""
    wide = max(wide, *(len(sheet.rows[k]) for k in rows))
    grid = [[*sheet.rows[k], *[None] * (wide - len(sheet.rows[k]))] for k in rows]
    for r0, c0, r1, c1 in sheet.merged:
        for at, k in enumerate(rows):
            if r0 <= k <= r1 and r0 in rows:
                said = sheet.rows[r0][c0] if c0 < len(sheet.rows[r0]) else None
                grid[at][c0 : c1 + 1] = [said] * (min(c1 + 1, wide) - c0)
    if not sheet.merged and len(grid) > 1:
        # without word of merged cells, a label spans the blanks to its right that are labelled below
        for upper, lower in pairwise(grid):
            for c in range(1, wide):
                if blank(upper[c]) and not any(
                    blank(v) for v in (lower[c], lower[c - 1], upper[c - 1])
                ):
                    upper[c] = upper[c - 1]
    return [
        JOIN.join(
            dict.fromkeys(" ".join(text_of(row[c]).split()) for row in grid if not blank(row[c]))
        )
        for c in range(wide)
    ]
