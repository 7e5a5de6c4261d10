"""Rows that are no rows of the table: notes, totals, heads that are repeated, blanks."""

import re
from dataclasses import dataclass
from typing import Any

from shanshui.collect.sheets.cells import numeral, plain, squeezed, text_of
from shanshui.collect.sheets.sheet import Sheet, blank
from shanshui.collect.sheets.units import line_units
from shanshui.core.errors import DataError

_NOTE = re.compile(
    r"^(?:[*※#†‡]\s*[^\d\s]|[①-⑳]|\(\d+\)\s*[^\d\s]|注\s*\d*\s*[:.、]|注\s*释|附\s*注|备\s*注\s*:|说\s*明|资\s*料\s*来\s*源|数\s*据\s*来\s*源|来\s*源\s*:|"
    r"填\s*表\s*(?:人|单位|日期)|制\s*表|审\s*核|单\s*位\s*负\s*责\s*人|统\s*计\s*负\s*责\s*人|(?:foot)?notes?\b\s*\d*\s*[:.]|sources?\b\s*[:.]|remarks?\b\s*:|"
    r"n\.?\s?b\.?\s*[:.]?\s|\[\d+\]|data (?:from|source))",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"^(?:全[国省市县区州盟旗]|(?:.{0,12}?)(?:合计|总计|小计|共计|汇总|总和|总数)|平均|平均值|合計|總計|total|totals|sum|grandtotal|sub-?totals?|alltogether|overall|"
    r"average|mean|total\(.*\)|.{2,30}total)$"
)


@dataclass(frozen=True)
class LeftOut:
    """A row that is not part of the table.

    Attributes
    ----------
    row : int
        Its number in the file.
    reason : str
        Why.
    text : str
        What it holds.
    """

    row: int
    reason: str
    text: str


def row_text(row: list[Any]) -> str:
    """Cells of a row as one line."""
    return " | ".join(" ".join(text_of(v).split()) for v in row if not blank(v))[:120]


def is_note(row: list[Any], has_number: bool) -> bool:
    """Does a row begin as notes below tables begin, and hold no number?"""
    first = next((v for v in row if not blank(v)), None)
    return isinstance(first, str) and not has_number and bool(_NOTE.match(plain(first)))


def is_sentence(row: list[Any], wide: int) -> bool:
    """Is the only cell of a row a sentence rather than a name?"""
    held = [v for v in row if not blank(v)]
    if len(held) != 1 or wide < 2 or not isinstance(held[0], str):
        return False
    text = plain(held[0])
    return len(text) > 12 and bool(
        re.search(r"[。;:；：]|\.(?:\s|$)|,\s|[一-鿿]{13,}|\w+ \w+ \w+ \w+", text)
    )


def units_told(rows: list[LeftOut]) -> tuple[str, ...]:
    """Units that rows which were left out name for the table; all of them, where they differ."""
    found: list[str] = []
    for row in rows:
        if row.reason in ("unit line", "note"):
            for cell in row.text.split(" | "):
                found += line_units(plain(cell)) or ()
    return tuple(dict.fromkeys(found))


def is_total(value: Any) -> bool:
    """Is the name of a row that of a sum or a mean?"""
    return isinstance(value, str) and bool(_TOTAL.match(squeezed(value)))


def is_numbering(texts: list[str]) -> bool:
    """Are the cells those of a row that counts the columns: 甲, 乙, 1, 2, 3?"""
    if len(texts) < 2:
        return False
    leading = 0
    while leading < len(texts) and re.fullmatch(r"[甲乙丙丁戊A-D]|栏次|序号", texts[leading]):
        leading += 1
    rest = [re.sub(r"^\((\d+)\)$", r"\1", t) for t in texts[leading:]]
    counted = bool(rest) and all(t == str(k + 1) for k, t in enumerate(rest))
    return counted and (leading > 0 or all(t.startswith("(") for t in texts))


def kept_rows(
    sheet: Sheet,
    columns: list[int],
    body: list[int],
    head: list[Any],
    heads: list[str],
    places: list[int],
    where: str,
) -> tuple[list[int], list[LeftOut], int]:
    """Rows of a body that are rows of the table.

    Parameters
    ----------
    sheet : Sheet
        Cells.
    columns : list of int
        Columns that the table has.
    body : list of int
        Rows below the head.
    head : list of cells
        Row of the head that pages repeat.
    heads : list of str
        Labels of the columns; blank where there is none.
    places : list of int
        Columns that name the place of a row; rows of sums are known by them, and kept where there are none.
    where : str
        Input, file and sheet, for messages.

    Returns
    -------
    (list of int, list of LeftOut, int)
        Rows kept, rows left out, and how many were blank.

    Raises
    ------
    DataError
        A row with more or fewer cells than the head.
    """
    kept: list[int] = []
    out: list[LeftOut] = []
    blanks, noted = 0, False
    labels = [squeezed(text_of(head[c])) if c < len(head) else "" for c in columns]
    widest = max((k for k, label in enumerate(heads) if label), default=0) + 1
    for k in body:
        row = sheet.rows[k]
        cells = [row[c] if c < len(row) else None for c in columns]
        if all(map(blank, cells)):
            blanks += 1
            continue
        reason = _reason(cells, labels, [columns.index(p) for p in places if p in columns], noted)
        if reason:
            noted = noted or reason == "note"
            out.append(LeftOut(sheet.numbers[k], reason, row_text(cells)))
            continue
        if sheet.encoding:
            _refuse_ragged(sheet, k, cells, widest, columns, where)
        kept.append(k)
    return kept, out, blanks


def _reason(cells: list[Any], labels: list[str], places: list[int], noted: bool) -> str:
    """Why a row is left out; blank where it is kept."""
    held = [v for v in cells if not blank(v)]
    like_note = (
        is_note(cells, False) or is_sentence(cells, len(cells)) or (noted and len(held) == 1)
    )
    if like_note and not any(map(_is_number, held)):
        return "note"
    again = len(held) > 1 and squeezed(text_of(held[0])) in labels
    if again and [squeezed(text_of(v)) for v in cells] == labels:
        return "head repeated"
    if len(held) <= 2 and any(
        isinstance(v, str) and line_units(plain(v)) is not None for v in held
    ):
        return "unit line"
    if any(is_total(cells[p]) for p in places):
        return "sum or mean"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and numeral(value) is not None)


def _refuse_ragged(
    sheet: Sheet, k: int, cells: list[Any], widest: int, columns: list[int], where: str
) -> None:
    over = [v for v in cells[widest:] if not blank(v)]
    number = sheet.numbers[k]
    if over:
        raise DataError(
            f"{where}: row {number} has more cells than the head ({columns[-1] + 1} and {columns[widest - 1] + 1}); the first beyond it "
            f"is '{text_of(over[0])[:40]}'; is a separator part of a text or number that wants quotes?"
        )
    if sheet.widths[k] <= columns[widest - 1]:
        raise DataError(
            f"{where}: row {number} has fewer cells than the head ({sheet.widths[k]} and {columns[widest - 1] + 1}): {row_text(cells)}; "
            "complete it, or leave it out"
        )
