"""Typed columns put together under our names; years across the top or in the names of sheets become a column."""

from dataclasses import replace

import numpy as np
import pandas as pd

from shanshui.collect.sheets.across import long_by_year, years_in
from shanshui.collect.sheets.columns import Typed
from shanshui.collect.sheets.record import ColumnRead, Reading
from shanshui.collect.sheets.wanted import SheetTable, Wanted
from shanshui.core.errors import DataError


def finished(
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


def with_sheet_years(
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
