"""One reader for every table that a person types: any format, sheet, corner, encoding, head; what it did is told."""

import io
from pathlib import Path
from typing import Any

import pandas as pd

from shanshui.collect.sheets.across import split_year, unit_of_head
from shanshui.collect.sheets.assembly import finished, with_sheet_years
from shanshui.collect.sheets.body import LeftOut, kept_rows
from shanshui.collect.sheets.choosing import Part, chosen_sheets, declared_places, on_sheet
from shanshui.collect.sheets.columns import Marks, Typed, marks_of, typed
from shanshui.collect.sheets.merged import filled_merged
from shanshui.collect.sheets.names import named
from shanshui.collect.sheets.opening import sheets_in
from shanshui.collect.sheets.record import Reading
from shanshui.collect.sheets.separate import text_sheet
from shanshui.collect.sheets.squares import rows_of
from shanshui.collect.sheets.wanted import SheetTable, Wanted
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError, nearest


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
    parts, passed = chosen_sheets(opened, where, name, wanted)
    return _of_parts(parts, passed, path, name, wanted)


def _of_parts(
    parts: list[Part], passed: list[str], path: Path, name: str, wanted: Wanted
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
        spot = f"{where}{on_sheet(part.sheet)}"
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
    table = finished(heads, names, columns, units, rows, reading, wanted, where)
    return with_sheet_years(table, years, len(parts), wanted)


def _order(first: Part, part: Part) -> list[int]:
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
    out, rivals = named(labels, declared_places(labels, wanted), wanted.names)
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


def _units(first: Part, heads: list[str]) -> list[tuple[str, str]]:
    out = []
    for column, head in zip(first.layout.columns, heads, strict=True):
        unit = unit_of_head(head)
        below = first.layout.head_units.get(column, "")
        out.append((unit, "head") if unit else (below, "row below the head" if below else ""))
    return out


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
    return finished(
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
