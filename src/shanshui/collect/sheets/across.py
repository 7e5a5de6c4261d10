"""Years across the top of a table become rows."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from shanshui.collect.sheets.columns import Typed
from shanshui.collect.sheets.layout import JOIN
from shanshui.collect.sheets.names import stands_for
from shanshui.collect.sheets.record import ColumnRead
from shanshui.collect.sheets.units import head_unit, spelt
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError

_YEAR = re.compile(r"(?<!\d)((?:1[89]|20)\d\d)(?!\d)\s*(?:年度?(?:末|底)?)?")


def years_in(text: str) -> list[int]:
    """Years that a text names."""
    return [int(y) for y in _YEAR.findall(text)]


def split_year(head: str) -> tuple[int, str] | None:
    """Year and the rest of a head; None where it names no year, or several."""
    full = ways_to_say(head)[0]
    found = list(_YEAR.finditer(full))
    if len(found) != 1:
        return None
    rest = full[: found[0].start()] + full[found[0].end() :]
    return int(found[0][1]), re.sub(r"^[\s/_.,:-]+|[\s/_.,:-]+$", "", rest)


def unit_of_head(head: str) -> str:
    """Unit that a head names: at its end, behind one of its labels, or beside its year; blank without."""
    full = ways_to_say(head)[0]
    parted = split_year(head)
    tries = [full, *reversed(full.split(JOIN)), *([] if parted is None else [parted[1]])]
    named = next((unit for text in tries if (unit := head_unit(text)[1])), "")
    if named or parted is None:
        return named
    return "" if _without_unit(parted[1]) else spelt(parted[1].strip("()[]")) or ""


def _without_unit(text: str) -> str:
    """What stands beside a year, without a unit; blank where that is all."""
    return "" if spelt(text.strip("()[]")) is not None and text[:1] in "([" else head_unit(text)[0]


def long_by_year(
    heads: Sequence[str], names: Sequence[str], read: Sequence[ColumnRead], columns: Sequence[Typed], wanted: Sequence[str],
    declared: dict[str, str], year: int | None, where: str,
) -> tuple[pd.DataFrame, list[int], str, str, str] | None:  # fmt: skip
    """One row per place and year from one column per year.

    Parameters
    ----------
    heads, names : sequence of str
        As found, and ours.
    read : sequence of ColumnRead
        With units.
    columns : sequence of Typed
        Cells.
    wanted : sequence of str
        Columns that the table should have, the amount last.
    declared : dict of str to str
        Our name to the file's.
    year : int or None
        The only year that is wanted.
    where : str
        Input and file, for messages.

    Returns
    -------
    (DataFrame, list of int, str, str, str) or None
        Long rows, the place of each among the rows read, unit of the amount, why it is text, and what was done; None where
        no years stand across the top, or the amount has a column of its own.

    Raises
    ------
    DataError
        Several amounts by year of which none is known to be the wanted one, or units that differ from year to year.
    """
    amount = wanted[-1]
    if amount in names:
        return None
    groups: dict[str, dict[int, int]] = {}
    for k, head in enumerate(heads):
        parted = split_year(head) if names[k] == head else None
        if parted is None or columns[k].kind == "date":
            continue
        stem = _without_unit(parted[1])
        if parted[0] in groups.setdefault(stem, {}):
            raise DataError(f"{where} has two columns '{stem}' of {parted[0]}; keep one")
        groups[stem][parted[0]] = k
    if not groups:
        return None
    chosen = _stem(groups, amount, declared, where)
    if chosen is None:
        return None
    stem = chosen
    found = groups[stem]
    if year is not None:
        found = {y: k for y, k in found.items() if y == year}
        if not found:
            raise DataError(
                f"{where}: year = {year} is declared, and its columns are of {', '.join(map(str, groups[stem]))}"
            )
    units = {read[k].unit for k in found.values() if columns[k].kind != "empty"}
    if len(units) > 1:
        raise DataError(
            f"{where}: columns of {stem or amount} are in different units from year to year: {', '.join(sorted(units))}"
        )
    fault = next((columns[k].fault for k in found.values() if columns[k].fault), "")
    others = [k for k in range(len(heads)) if all(k not in g.values() for g in groups.values())]
    rows = len(columns[0].values)
    at = np.repeat(np.arange(rows), len(found))
    data: dict[str, Any] = {names[k]: columns[k].values.to_numpy()[at] for k in others}
    data["year"] = np.tile(np.array(sorted(found)), rows)
    by_year = [columns[found[y]].values for y in sorted(found)]
    data[amount] = [by_year[j].iloc[i] for i in range(rows) for j in range(len(by_year))]
    frame = pd.DataFrame(data)
    told = f"years across the top made rows: {', '.join(map(str, sorted(found)))}" + (
        f" of {stem}" if stem else ""
    )
    return frame, [int(k) for k in at], next(iter(units), ""), fault, told


def _stem(
    groups: dict[str, dict[int, int]], amount: str, declared: dict[str, str], where: str
) -> str | None:
    """What stands beside the years of the wanted amount."""
    if amount in declared:
        return next((s for s in groups if place_of(declared[amount], [ways_to_say(s)]) == 0), None)
    known = [
        s for s in groups if s and any(stands_for(w, amount) is not None for w in ways_to_say(s))
    ]
    if len(known) == 1:
        return known[0]
    if "" in groups and not known:
        return ""
    shown = ", ".join(f"'{s}'" for s in groups)
    raise DataError(
        f'{where}: years stand across the top of {shown}; say which of them is {amount}: columns = {{ {amount} = "…" }}'
    )
