"""What the cells of a column are together: numbers with one meaning of comma and dot and one unit, dates, or text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from shanshui.collect.sheets.cells import Numeral, is_gap, numeral, plain, squeezed, text_of
from shanshui.collect.sheets.sheet import blank

_AMBIGUOUS_COMMA = re.compile(r"^[1-9]\d{0,2},\d{3}$")
_AMBIGUOUS_DOT = re.compile(r"^[1-9]\d{0,2}\.\d{3}$")
MOST_DIGITS = 15
"""Digits that a number keeps; a longer one is a code or a key."""


@dataclass
class Typed:
    """A column as it was understood.

    Attributes
    ----------
    values : Series
        Numbers with NaN for gaps, or text with None for blanks.
    kind : str
        ``number``, ``text``, ``date`` or ``empty``.
    unit : str
        That the cells name themselves.
    gaps : int
        Cells without a value.
    told : list of str
        What was done to the cells.
    fault : str
        Why the column is text although it holds numbers; blank without.
    """

    values: pd.Series
    kind: str
    unit: str = ""
    gaps: int = 0
    told: list[str] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True)
class Marks:
    """What commas and dots are seen to mean.

    Attributes
    ----------
    decimal_comma, group_comma, open_comma : bool
        A comma that can only part decimals, only thousands, or either.
    decimal_dot, group_dot, open_dot : bool
        The same of dots.
    """

    decimal_comma: bool = False
    group_comma: bool = False
    open_comma: bool = False
    decimal_dot: bool = False
    group_dot: bool = False
    open_dot: bool = False

    def __or__(self, other: "Marks") -> "Marks":
        return Marks(*(a or b for a, b in zip(self.of(), other.of(), strict=True)))

    def of(self) -> tuple[bool, ...]:
        """All six."""
        return (
            self.decimal_comma, self.group_comma, self.open_comma, self.decimal_dot, self.group_dot, self.open_dot,
        )  # fmt: skip


def marks_of(values: Sequence[Any]) -> Marks:
    """Evidence that the cells of a column give; none where the column is not one of numbers."""
    found = Marks()
    if _simple(values) is not None:
        return found
    for value in values:
        if not isinstance(value, str) or is_gap(value):
            continue
        number = numeral(value)
        if number is None:
            return Marks()
        found = found | _marks(number.digits)
    return found


def _marks(digits: str) -> Marks:
    commas, dots = digits.count(","), digits.count(".")
    if commas and dots:
        last = "," if digits.rfind(",") > digits.rfind(".") else "."
        return Marks(
            decimal_comma=last == ",",
            group_dot=last == ",",
            group_comma=last == ".",
            decimal_dot=last == ".",
        )
    grouped = " " in digits or "'" in digits
    if commas:
        return Marks(
            group_comma=commas > 1,
            open_comma=commas == 1 and not grouped and bool(_AMBIGUOUS_COMMA.match(digits)),
            decimal_comma=commas == 1 and (grouped or not _AMBIGUOUS_COMMA.match(digits)),
        )
    if dots:
        return Marks(
            group_dot=dots > 1,
            open_dot=dots == 1 and not grouped and bool(_AMBIGUOUS_DOT.match(digits)),
            decimal_dot=dots == 1 and (grouped or not _AMBIGUOUS_DOT.match(digits)),
        )
    return Marks()


def _meaning(own: Marks, all_of_file: Marks, semicolon: bool) -> tuple[str, str, str]:
    """What comma and dot mean in a column, and why that cannot be said."""
    for decimal, group, word in (
        (own.decimal_comma, own.group_comma, "commas"),
        (own.decimal_dot, own.group_dot, "dots"),
    ):
        if decimal and group:
            return "group", "decimal", f"{word} part thousands in some cells and decimals in others"
    european = all_of_file.decimal_comma and not all_of_file.decimal_dot
    # between semicolons stand the tables of places that write a comma before decimals
    unsure = semicolon and not (european or all_of_file.decimal_dot or all_of_file.group_comma)
    comma, dot = "group", "decimal"
    if own.decimal_comma or (own.open_comma and own.group_dot):
        comma = "decimal"
    elif own.open_comma and not own.group_comma and not own.decimal_dot:
        if unsure:
            return comma, dot, "a comma before three digits may part thousands or decimals"
        comma = "decimal" if european else "group"
    if own.group_dot or (own.open_dot and not own.decimal_dot and comma == "decimal"):
        dot = "group"
    elif own.open_dot and not own.decimal_dot:
        if unsure:
            return comma, dot, "a dot before three digits may part thousands or decimals"
        dot = "group" if european else "decimal"
    if (comma == "decimal" and own.decimal_dot) or (dot == "group" and own.group_comma):
        return comma, dot, "comma and dot are used for the same in different cells"
    return comma, dot, ""


def typed(
    values: Sequence[Any],
    all_of_file: Marks,
    *,
    separator: str = "",
    unit: str = "",
    lists: bool = False,
    code: bool = False,
) -> Typed:
    """Understand the cells of a column.

    Parameters
    ----------
    values : sequence of cells
        As they stand.
    all_of_file : Marks
        What the other columns show of commas and dots.
    separator : str
        Of a text file.
    unit : str
        That the head names.
    lists : bool
        Cells may hold lists such as ``12 14`` or ``12,14``: a blank parts no thousands, and between commas nothing is parted.
    code : bool
        The column holds codes: one that a spreadsheet has cut short, such as 6.1E+11, stays text.

    Returns
    -------
    Typed
        Numbers where every cell is one under one meaning of its marks; text elsewhere.
    """
    simple = _simple(values)
    if simple is not None:
        return simple
    gaps = [is_gap(v) for v in values]
    filled = [v for v, gap in zip(values, gaps, strict=True) if not gap]
    if not filled:
        empty = all(map(blank, values))
        return Typed(
            pd.Series([np.nan] * len(values) if empty else _texts(values)),
            "empty" if empty else "text",
            gaps=sum(map(blank, values)),
        )
    days = [isinstance(v, date) for v in filled]
    if all(days):
        return Typed(pd.Series(_texts(values), dtype=object), "date", gaps=sum(gaps))
    numbers: list[Numeral | float | int | None] = [_number(v, lists, separator) for v in filled]
    cut = code and any(isinstance(n, Numeral) and n.power for n in numbers)
    if cut or any(n is None for n in numbers):
        return _as_text(values, filled, numbers, any(days))
    said = [n for n in numbers if isinstance(n, Numeral)]
    comma, dot, fault = _meaning(marks_of(filled), all_of_file, separator == ";")
    named = {n.unit for n in numbers if isinstance(n, Numeral) and re.search("[1-9]", n.digits)}
    bare = any(not isinstance(n, Numeral) and n != 0 for n in numbers) or "" in named
    own = named - {""}
    if not fault and (len(own) > 1 or (own and bare and own != {unit})):
        example = next(
            v for v, n in zip(filled, numbers, strict=True) if isinstance(n, Numeral) and n.unit
        )
        other = next(
            (
                v
                for v, n in zip(filled, numbers, strict=True)
                if not isinstance(n, Numeral) or n.unit != _unit(example)
            ),
            "",
        )
        fault = f"some cells name a unit and others not, or another: '{text_of(example)}' beside '{text_of(other)}'"
    if not fault and own and unit and own != {unit}:
        fault = f"the head says {unit} and the cells {', '.join(sorted(own))}"
    if not fault and unit and unit[0] in "万亿千百1" and any(n.times != 1.0 for n in said):
        fault = f"the head says {unit} and cells say so again, such as '{text_of(next(v for v in filled if isinstance(v, str)))}'"
    if fault:
        return Typed(
            pd.Series(_texts(values), dtype=object),
            "text",
            gaps=sum(map(blank, values)),
            fault=fault,
        )
    return _as_numbers(values, gaps, numbers, comma, dot, next(iter(own), ""))


_WHOLE = re.compile(r"(?:-?(?:0|[1-9]\d{0,13})\n)*")


def _simple(values: Sequence[Any]) -> Typed | None:
    """A column of plain whole numbers, which most codes, years and people are; None for any other."""
    if not values:
        return None
    if all(type(v) is str for v in values):
        if not _WHOLE.fullmatch("\n".join([*values, ""])):
            return None
        return Typed(pd.Series(np.array([int(v) for v in values], np.int64)), "number")
    return None


def _unit(value: Any) -> str:
    number = numeral(value) if isinstance(value, str) else None
    return number.unit if number else ""


def _number(value: Any, lists: bool, separator: str) -> Numeral | float | int | None:
    if isinstance(value, bool | date | datetime):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    found = numeral(value)
    if found is None or len(re.sub(r"\D", "", found.digits)) > MOST_DIGITS + 2:
        return None
    if "." not in found.digits and len(re.sub(r"\D", "", found.digits)) > MOST_DIGITS:
        return None
    if lists:
        spaced = " " in found.digits and " " in value.strip().strip("\u00a0")
        listed = (
            separator == ","
            and "," in found.digits
            and not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", found.digits)
        )
        if spaced or listed:
            return None
    return found


def _as_text(values: Sequence[Any], filled: list[Any], numbers: list[Any], dated: bool) -> Typed:
    out = Typed(pd.Series(_texts(values), dtype=object), "text", gaps=sum(map(blank, values)))
    held = sum(n is not None for n in numbers)
    if dated and held:
        day = next(v for v in filled if isinstance(v, date))
        out.fault = f"'{text_of(day)}' is a date among numbers: a spreadsheet makes dates of fractions such as 1/3; type it as text or as a decimal"
    return out


def _as_numbers(
    values: Sequence[Any], gaps: list[bool], numbers: list[Any], comma: str, dot: str, unit: str
) -> Typed:
    out: list[float | int] = []
    turned = iter(numbers)
    told: dict[str, int] = {}
    for gap in gaps:
        if gap:
            out.append(np.nan)
            continue
        number = next(turned)
        if isinstance(number, Numeral):
            _tell(number, comma, dot, told)
            number = number.value(comma, dot)
        out.append(number)
    whole = (
        not any(gaps)
        and all(abs(n) < 2**53 and n == int(n) for n in out if np.isfinite(n))
        and np.isfinite(out).all()
    )
    integral = whole and all(isinstance(n, int) or float(n).is_integer() for n in out)
    column = pd.Series(out, dtype="int64" if integral else "float64")
    marked = sum(g and not blank(v) for g, v in zip(gaps, values, strict=True))
    if marked:
        said = sorted({plain(v) for g, v in zip(gaps, values, strict=True) if g and not blank(v)})
        told[f"gap marks ({' '.join(said[:5])})"] = marked
    wide = sum(isinstance(v, str) and squeezed(v) != re.sub(r"\s+", "", v).lower() for v in values)
    if wide:
        told["full width"] = wide
    return Typed(
        column, "number", unit, sum(gaps), [f"{what}: {count}" for what, count in told.items()]
    )


def _tell(number: Numeral, comma: str, dot: str, told: dict[str, int]) -> None:
    for mark, meaning in ((",", comma), (".", dot), (" ", "group"), ("'", "group")):
        if mark in number.digits and (mark, meaning) != (".", "decimal"):
            what = (
                "decimal comma"
                if meaning == "decimal"
                else f"thousands marked by {'blank' if mark == ' ' else mark}"
            )
            told[what] = told.get(what, 0) + 1
    if number.times != 1.0:
        told["万, 亿 or the like"] = told.get("万, 亿 or the like", 0) + 1
    if number.noted:
        told["marks of footnotes taken off"] = told.get("marks of footnotes taken off", 0) + 1


LONG = 200
"""Letters from which a text keeps its line breaks: below, they are how a cell is laid out [D]."""


def _texts(values: Sequence[Any]) -> list[str | None]:
    out: list[str | None] = []
    for value in values:
        text = "" if blank(value) else text_of(value).strip()
        out.append((text if len(text) > LONG else re.sub(r"\s*[\r\n]+\s*", " ", text)) or None)
    return out
