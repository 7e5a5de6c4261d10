"""Rows and cells of a text: the separator that parts it most evenly, quotes, and rows that do not fit."""

import csv
import io
import re
from collections import Counter

from shanshui.collect.sheets.decode import decoded
from shanshui.collect.sheets.sheet import Sheet
from shanshui.core.errors import DataError

MARKS = ("\t", ";", "|", ",", "，", "；")
"""Separators that are tried; of equals the first."""
NAMES = {
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    ",": "comma",
    "，": "wide comma",
    "；": "wide semicolon",
    " ": "blanks",
    "": "none",
}
_DECLARED = re.compile(r"^\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
_LOOKED_AT = 400
"""Rows that the separator is judged by."""


def text_sheet(raw: bytes, where: str, encoding: str | None = None) -> Sheet:
    """Cells of a text file.

    Parameters
    ----------
    raw : bytes
        Whole content.
    where : str
        Input and file, for messages.
    encoding : str, optional
        Declared.

    Returns
    -------
    Sheet
        All cells text.

    Raises
    ------
    DataError
        Empty, not text, or a quote that is never closed.
    """
    text, name = decoded(raw, where, encoding)
    if not text.strip():
        raise DataError(f"{where} is empty")
    skipped = 0
    mark = None
    declared = _DECLARED.match(text)
    if declared:
        mark, text, skipped = declared[1], text[declared.end() :], 1
    if mark is None:
        mark = separator(text)
    rows, numbers = _split(text, mark, where)
    sheet = Sheet(
        "",
        [list(r) for r in rows],
        [n + skipped for n in numbers],
        [len(r) for r in rows],
        separator=mark,
        encoding=name,
    )
    wide = max(map(_width, rows), default=0)
    # what hangs over at the ends of all rows is nothing
    sheet.rows = [[*r[:wide], *[None] * (wide - len(r))] for r in sheet.rows]
    return sheet


def _width(row: list[str]) -> int:
    """Cells up to the last that holds anything."""
    return next((k for k in range(len(row), 0, -1) if row[k - 1].strip()), 0)


def separator(text: str) -> str:
    """The separator that parts most rows into the same number of cells; of equals that with more cells.

    Parameters
    ----------
    text : str
        Of a table.

    Returns
    -------
    str
        One of :data:`MARKS`; a blank where only runs of blanks part the rows alike; empty where nothing does.
    """
    best, best_score = "", (0, 0, 0)
    for order, mark in enumerate(MARKS):
        if mark not in text:
            continue
        score = _evenness(text, mark)
        if score is not None and score[1] > 1 and (*score, -order) > best_score:
            best, best_score = mark, (*score, -order)
    if best:
        return best
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    counts = Counter(len(re.split(r"\s{2,}|\t| ", line)) for line in lines)
    if len(lines) > 1 and len(counts) == 1 and next(iter(counts)) > 1:
        return " "
    return ""


def _evenness(text: str, mark: str) -> tuple[int, int] | None:
    """Rows with the commonest number of cells, and that number."""
    counts: Counter[int] = Counter()
    try:
        for k, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark)):
            if k >= _LOOKED_AT:
                break
            if any(c.strip() for c in row):
                counts[len(row)] += 1
    except csv.Error:
        return None
    several = {n: c for n, c in counts.items() if n > 1}
    if not several:
        return None
    cells, rows = max(several.items(), key=lambda item: (item[1], item[0]))
    return rows, cells


def _split(text: str, mark: str, where: str) -> tuple[list[list[str]], list[int]]:
    if mark == " ":
        lines = text.splitlines()
        kept = [(k + 1, line) for k, line in enumerate(lines) if line.strip()]
        return [re.split(r"\s+", line.strip()) for _, line in kept], [k for k, _ in kept]
    rows: list[list[str]] = []
    numbers: list[int] = []
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=mark or "\x1f", skipinitialspace=True, strict=True
    )
    at = 1
    try:
        for row in reader:
            rows.append(row)
            numbers.append(at)
            at = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{where}: row {at} cannot be parted into cells ({error}); is a quote left open, or text behind one?"
        ) from None
    return rows, numbers
