"""One reader for every table that a person types: any format, sheet, corner, encoding, head; what it did is told."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanshui.collect.sheets.across import long_by_year, split_year, unit_of_head, years_in
from shanshui.collect.sheets.body import LeftOut, kept_rows
from shanshui.collect.sheets.columns import Marks, Typed, marks_of, typed
from shanshui.collect.sheets.layout import Layout, layout_of
from shanshui.collect.sheets.merged import filled_merged
from shanshui.collect.sheets.names import named
from shanshui.collect.sheets.opening import sheets_in
from shanshui.collect.sheets.record import ColumnRead, Reading
from shanshui.collect.sheets.separate import text_sheet
from shanshui.collect.sheets.sheet import Sheet, letters
from shanshui.collect.sheets.squares import rows_of
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError, nearest


@dataclass(frozen=True)
class Wanted:
    """What the reader of a table is told of it beforehand.

    Attributes
    ----------
    names : tuple of str
        Columns that it should have, the amount last.
    columns : dict of str to str
        Our name to the file's, as a person declared.
    layer : str or list of str or None
        Sheets.
    encoding : str or None
        Of text.
    header_rows : int or None
        Rows down to the last of the head, where declared.
    sums : bool
        Rows of sums and means are kept.
    lists : bool
        Cells may hold lists of numbers.
    year : int or None
        Declared for all rows.
    by_place : bool
        Rows of sums are left out only of a table that has codes or names of places.
    """

    names: tuple[str, ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    layer: str | list[str] | None = None
    encoding: str | None = None
    header_rows: int | None = None
    sums: bool = False
    lists: bool = False
    year: int | None = None
    by_place: bool = False


@dataclass(frozen=True)
class SheetTable:
    """A table as it was read.

    Attributes
    ----------
    frame : DataFrame
        Our names where there are some; numbers in the unit of the file.
    rows : tuple of int
        Row of the file of each row.
    units : dict of str to str
        Unit that the file names, by column.
    faults : dict of str to str
        Columns that hold numbers and were left as text, with the reason.
    reading : Reading
        What was done.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    units: dict[str, str]
    faults: dict[str, str]
    reading: Reading


@dataclass
class _Part:
    """A sheet with its layout."""

    sheet: Sheet
    layout: Layout

    @property
    def heads(self) -> list[str]:
        """Labels of the columns; columns without one by their letter."""
        return [
            h or f"column {letters(c)}"
            for c, h in zip(self.layout.columns, self.layout.heads, strict=True)
        ]


def read_sheets(path: Path, name: str, wanted: Wanted) -> SheetTable:
    """Read a table.

    Parameters
    ----------
    path : Path
        Text, workbook or Parquet.
    name : str
        Input, for messages.
    wanted : Wanted
        What is known of it.

    Returns
    -------
    SheetTable
        With what was read and left out.

    Raises
    ------
    DataError
        Unreadable, no table on it, several that differ, rows or cells that cannot be what they should be; says where.
    """
    where = f"{name}: {path}"
    opened = sheets_in(path, where, wanted.encoding)
    if isinstance(opened, pd.DataFrame):
        return _of_frame(opened, path, name, wanted)
    parts, passed = _chosen(opened, where, name, wanted)
    return _of_parts(parts, passed, path, name, wanted)


def _chosen(
    sheets: list[Sheet], where: str, name: str, wanted: Wanted
) -> tuple[list[_Part], list[str]]:
    """Sheets that are read: those declared; else all that have a table, if they have the same head."""
    titles = [s.name for s in sheets]
    asked = [wanted.layer] if isinstance(wanted.layer, str) else list(wanted.layer or [])
    for layer in asked:
        if layer not in titles and any(titles):
            raise DataError(
                f"{name}.layer: no sheet '{layer}' in {where.partition(': ')[2]}; found {', '.join(titles)}"
            )
    passed: list[str] = []
    parts: list[_Part] = []
    errors: list[DataError] = []
    for sheet in sheets:
        if asked and any(titles) and sheet.name not in asked:
            continue
        if sheet.hidden and not asked and any(not s.hidden for s in sheets):
            passed.append(f"sheet '{sheet.name}', which is hidden")
            continue
        try:
            layout = layout_of(sheet, f"{where}{_on(sheet)}", wanted.header_rows)
        except DataError as error:
            errors.append(error)
            passed.append(f"sheet '{sheet.name}', on which no table is found")
            continue
        if layout is None or not any(
            any(v is not None for v in sheet.rows[k]) for k in layout.body
        ):
            if any(sheet.rows):
                passed.append(f"sheet '{sheet.name}', which has no rows below a head")
            continue
        parts.append(_Part(sheet, layout))
    if errors and (not parts or asked):
        raise errors[0]
    if not parts:
        raise DataError(
            f"{where}: no rows below the header; expected names of columns, and rows below them"
        )
    return _alike(parts, passed, where, wanted)


def _on(sheet: Sheet) -> str:
    return f", sheet '{sheet.name}'" if sheet.name else ""


def _alike(
    parts: list[_Part], passed: list[str], where: str, wanted: Wanted
) -> tuple[list[_Part], list[str]]:
    """Sheets of one head; of several heads those that have the wanted columns, if they are of one."""

    def key(part: _Part) -> tuple[str, ...]:
        return tuple(sorted(ways_to_say(h)[-1] for h in part.heads))

    if len({key(p) for p in parts}) > 1 and wanted.names:
        able = [p for p in parts if _lacking(p, wanted) == 0]
        if able and len({key(p) for p in able}) == 1:
            passed = passed + [
                f"sheet '{p.sheet.name}', which has other columns" for p in parts if p not in able
            ]
            parts = able
    if len({key(p) for p in parts}) > 1:
        shown = "; ".join(f"'{p.sheet.name}' ({', '.join(p.heads[:4])})" for p in parts[:6])
        raise DataError(
            f'{where} has tables with different heads on its sheets: {shown}; choose with layer = "…" (--sheet)'
        )
    return parts, passed


def _lacking(part: _Part, wanted: Wanted) -> int:
    labels = [ways_to_say(h) for h in part.heads]
    found, _ = named(labels, _declared(labels, wanted), wanted.names)
    rest = [n for n in wanted.names if n not in found.values() and n != "year"]
    return len(rest)


def _declared(labels: Sequence[Sequence[str]], wanted: Wanted) -> dict[int, str]:
    out: dict[int, str] = {}
    for ours, theirs in wanted.columns.items():
        at = place_of(theirs, labels)
        if at is not None:
            out[at] = ours
    return out


def _of_parts(
    parts: list[_Part], passed: list[str], path: Path, name: str, wanted: Wanted
) -> SheetTable:
    where = f"{name}: {path}"
    first = parts[0]
    heads = first.heads
    labels = [ways_to_say(h) for h in heads]
    names = _names(heads, labels, path, name, wanted)
    cells: list[list[Any]] = [[] for _ in heads]
    rows: list[int] = []
    left: list[LeftOut] = []
    blanks = 0
    years: list[str] = []
    for part in parts:
        order = _order(first, part)
        places = [part.layout.columns[order[k]] for k, n in names.items() if n in ("code", "name")]
        if not wanted.sums and not places and not wanted.by_place:
            places = part.layout.columns[:1]
        spot = f"{where}{_on(part.sheet)}"
        head = part.sheet.rows[part.layout.head_rows[-1]]
        kept, out, empty = kept_rows(
            part.sheet,
            part.layout.columns,
            part.layout.body,
            head,
            part.layout.heads,
            [] if wanted.sums else places,
            spot,
        )
        keys = {
            part.layout.columns[order[k]] for k, n in names.items() if n in ("code", "name", "year")
        }
        grid = filled_merged(part.sheet, kept, part.layout.columns, keys, spot)
        left += [*part.layout.above, *out]
        blanks += empty
        for at, column in enumerate(order):
            cells[at] += [row[column] for row in grid]
        rows += [part.sheet.numbers[k] for k in kept]
        years += [part.sheet.name] * len(kept)
    marks = [marks_of(c) for c in cells]
    shared = Marks()
    for m in marks:
        shared = shared | m
    units = _units(first, heads)
    columns = [
        typed(
            c,
            shared,
            separator=first.sheet.separator,
            unit=units[k][0],
            lists=wanted.lists,
            code=names.get(k) == "code",
        )
        for k, c in enumerate(cells)
    ]
    reading = Reading(
        str(path),
        tuple(p.sheet.name for p in parts if p.sheet.name),
        tuple(passed),
        first.sheet.encoding,
        first.sheet.separator,
        tuple(first.sheet.numbers[k] for k in first.layout.head_rows),
        first.layout.units,
        rows=len(rows),
        blank_rows=blanks,
        left_out=tuple(left),
    )
    table = _finished(heads, names, columns, units, rows, reading, wanted, where)
    return _with_sheet_years(table, years, len(parts), wanted)


def _order(first: _Part, part: _Part) -> list[int]:
    """Places in another sheet of the columns of the first."""
    if part is first:
        return list(range(len(first.heads)))
    theirs = [ways_to_say(h)[-1] for h in part.heads]
    return [theirs.index(ways_to_say(h)[-1]) for h in first.heads]


def _names(
    heads: list[str], labels: list[tuple[str, ...]], path: Path, name: str, wanted: Wanted
) -> dict[int, str]:
    for ours, theirs in wanted.columns.items():
        if place_of(theirs, labels) is None and not _is_stem(theirs, heads):
            raise DataError(
                f"{name}.columns.{ours}: no column '{theirs}' in {path}; {nearest(theirs, heads)}"
            )
    out, rivals = named(labels, _declared(labels, wanted), wanted.names)
    for ours, places in rivals.items():
        # what is not asked for may be there twice
        if ours in wanted.names or not wanted.names:
            shown = ", ".join(f"'{heads[p]}'" for p in places)
            if ours in ("name",) or (not wanted.names and len({heads[p] for p in places}) > 1):
                continue
            raise DataError(
                f'{name}: {path} has two columns that may be {ours}: {shown}; say which: columns = {{ {ours} = "…" }}, or take one out'
            )
    return out


def _is_stem(theirs: str, heads: list[str]) -> bool:
    return any(
        (s := split_year(h)) is not None and place_of(theirs, [ways_to_say(s[1])]) == 0
        for h in heads
    )


def _units(first: _Part, heads: list[str]) -> list[tuple[str, str]]:
    out = []
    for column, head in zip(first.layout.columns, heads, strict=True):
        unit = unit_of_head(head)
        below = first.layout.head_units.get(column, "")
        out.append((unit, "head") if unit else (below, "row below the head" if below else ""))
    return out


def _finished(
    heads: list[str], names: dict[int, str], columns: list[Typed], units: list[tuple[str, str]], rows: list[int],
    reading: Reading, wanted: Wanted, where: str,
) -> SheetTable:  # fmt: skip
    """Frame with our names; years across the top become rows."""
    read = []
    final: list[str] = []
    for k, (head, column) in enumerate(zip(heads, columns, strict=True)):
        unit, source = (column.unit, "cells") if column.unit else units[k]
        if (
            not unit
            and column.kind == "number"
            and names.get(k) not in ("code", "name", "year", "lon", "lat")
            and len(reading.units) == 1
        ):
            unit, source = reading.units[0], "unit line"
        numbers = column.values if column.kind == "number" else pd.Series(dtype=float)
        finite = numbers[np.isfinite(numbers)] if len(numbers) else numbers
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
        final.append(names.get(k, head))
        read.append(
            ColumnRead(
                head,
                final[-1],
                column.kind,
                unit,
                source,
                low,
                high,
                column.gaps,
                tuple(column.told),
                column.fault,
            )
        )
    reading = replace(reading, columns=tuple(read))
    across = None
    if "year" in wanted.names and "year" not in final:
        across = long_by_year(
            heads, final, read, columns, wanted.names, wanted.columns, wanted.year, where
        )
    if across is not None:
        frame, at, unit, fault, told = across
        amount = wanted.names[-1]
        return SheetTable(frame, tuple(rows[k] for k in at), {amount: unit} if unit else {}, {amount: fault} if fault else {},
                          replace(reading, told=(*reading.told, told)))  # fmt: skip
    final = _distinct(final, names, wanted, where)
    kept = [k for k, label in enumerate(final) if label]
    frame = pd.DataFrame({k: columns[k].values for k in kept})
    frame.columns = pd.Index([final[k] for k in kept], dtype=object)
    return SheetTable(
        frame,
        tuple(rows),
        {r.name: r.unit for r in read if r.unit},
        {r.name: r.fault for r in read if r.fault},
        reading,
    )


def _distinct(final: list[str], names: dict[int, str], wanted: Wanted, where: str) -> list[str]:
    """Names that differ; blank for a column in whose place another one is declared."""
    out = list(final)
    for k, label in enumerate(final):
        if final.count(label) == 1 or k in names:
            continue
        if label in names.values():
            out[k] = ""
        elif wanted.names and label not in wanted.names:
            out[k] = label if final.index(label) == k else f"{label} {final[:k].count(label) + 1}"
        else:
            raise DataError(
                f"{where} has two columns '{label[:60]}'; keep one, or give them different names"
            )
    return out


def _with_sheet_years(
    table: SheetTable, titles: list[str], count: int, wanted: Wanted
) -> SheetTable:
    """Years in the names of several sheets become a column, where the rows name none."""
    if count < 2:
        return table
    told = f"{count} sheets of one head are read"
    found = [years_in(t) for t in titles]
    named_alone = all(len(f) == 1 for f in found) and len({f[0] for f in found}) == len(set(titles))
    frame = table.frame
    if (
        "year" not in frame.columns
        and named_alone
        and wanted.year is None
        and len(frame) == len(titles)
    ):
        frame = frame.assign(year=[f[0] for f in found])
        told += "; the year is that of the sheet's name"
    return replace(
        table, frame=frame, reading=replace(table.reading, told=(*table.reading.told, told))
    )


def _of_frame(frame: pd.DataFrame, path: Path, name: str, wanted: Wanted) -> SheetTable:
    """A table whose columns have types already."""
    heads = [str(c).strip() for c in frame.columns]
    labels = [ways_to_say(h) for h in heads]
    names = _names(heads, labels, path, name, wanted)
    columns = []
    for k in range(frame.shape[1]):
        column = frame.iloc[:, k]
        if column.dtype.kind in "biufM" or column.dtype.kind not in "OTU":
            numeric = column.dtype.kind in "iuf"
            kind = "number" if numeric else "date" if column.dtype.kind == "M" else "text"
            values = column.reset_index(drop=True)
            columns.append(
                Typed(
                    values.astype(float) if numeric and values.isna().any() else values,
                    kind,
                    gaps=int(column.isna().sum()),
                )
            )
        else:
            cells = [None if v is None or v is pd.NA or v != v else v for v in column]
            columns.append(typed(cells, marks_of(cells), lists=wanted.lists))
    units = [(unit_of_head(h), "head") for h in heads]
    reading = Reading(str(path), rows=len(frame))
    return _finished(
        heads,
        names,
        columns,
        units,
        list(range(1, len(frame) + 1)),
        reading,
        wanted,
        f"{name}: {path}",
    )


def plain_rows(path: Path, name: str, layer: str | None = None) -> tuple[list[list[str]], str]:
    """Cells of a small table as text, without titles, notes and blank rows: the first row may be a head or none.

    Parameters
    ----------
    path : Path
        Text, workbook or Parquet.
    name : str
        Input, for messages.
    layer : str, optional
        Sheet.

    Returns
    -------
    (list of list of str, str)
        Rows of one width, and the separator of a text file.

    Raises
    ------
    DataError
        Unreadable, nothing on it, or several sheets that hold something.
    """
    where = f"{name}: {path}"
    opened = sheets_in(path, where, None)
    if isinstance(opened, pd.DataFrame):
        buffer = io.StringIO()
        opened.to_csv(buffer, index=False)
        opened = [text_sheet(buffer.getvalue().encode(), where)]
    return rows_of(opened, where, layer), opened[0].separator
