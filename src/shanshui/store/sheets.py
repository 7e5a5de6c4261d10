"""Tables for spreadsheet programs: a name that looks like a formula stays a name."""

import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from shanshui.core.errors import DataError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First letters that spreadsheet programs take for a formula (OWASP, CSV injection)."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SHEET = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
_MOST_ROWS = 1_048_575
_LONGEST_CELL = 32_767


def plain_text(text: str) -> str:
    """Text without control characters, which no workbook and no page can hold; each leaves a mark."""
    return _CONTROL.sub("\ufffd", text)


def inert_text(text: str) -> str:
    """Text that no spreadsheet program takes for a formula: an apostrophe goes before one that looks like it."""
    # a lone carriage return is not put in quotes, and what follows it would begin a row
    text = plain_text(text).replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if text.startswith(_FORMULA) else text


def inert_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Table whose words are inert; numbers stay numbers.

    Parameters
    ----------
    frame : DataFrame
        Any.

    Returns
    -------
    DataFrame
        Words in cells and heads made inert.
    """
    out = frame.set_axis([inert_text(str(column)) for column in frame.columns], axis=1)
    for k in range(out.shape[1]):
        values = out.iloc[:, k]
        if values.dtype.kind not in "biufcmM":
            told = values.map(lambda v: inert_text(v) if isinstance(v, str) else v)
            out.isetitem(k, told.array)
    return out


def write_csv(frame: pd.DataFrame, path: Path, *, marked: bool = True) -> None:
    """Write CSV of inert words.

    Parameters
    ----------
    frame : DataFrame
        What to write, without its index.
    path : Path
        The file.
    marked : bool
        With a mark by which spreadsheets read Chinese names as they are.
    """
    encoding = "utf-8-sig" if marked else "utf-8"
    inert_table(frame).to_csv(path, index=False, encoding=encoding, lineterminator="\n")


def sheet_names(names: Iterable[str]) -> list[str]:
    """Names that a workbook can give to its sheets: short, without marks of its own, each once."""
    taken: set[str] = {"history"}  # reserved by the format
    out = []
    for name in names:
        whole = _SHEET.sub("_", plain_text(name)).strip("' ") or "sheet"
        short, k = whole[:_LONGEST_NAME], 1
        while short.lower() in taken:
            k += 1
            tail = f"~{k}"
            short = whole[: _LONGEST_NAME - len(tail)] + tail
        taken.add(short.lower())
        out.append(short)
    return out


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a workbook in which all words are words.

    Parameters
    ----------
    sheets : mapping of name to DataFrame
        In order; without their index.
    path : Path
        The file.

    Raises
    ------
    DataError
        More rows than a sheet can hold.
    """
    book = Workbook(write_only=True)
    for name, frame in zip(sheet_names(sheets), sheets.values(), strict=True):
        if len(frame) > _MOST_ROWS:
            raise DataError(
                f"{name}: {len(frame):,} rows; a sheet holds {_MOST_ROWS:,}; export it as .csv or .parquet"
            )
        sheet = book.create_sheet(name)
        sheet.append([_cell(sheet, str(c), bold=True) for c in frame.columns])
        for row in frame.itertuples(index=False, name=None):
            sheet.append([_cell(sheet, value) for value in row])
    sink = io.BytesIO()
    # in memory first: the library leaves a second fault behind when the disk fills under its hands
    book.save(sink)
    path.write_bytes(sink.getvalue())


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        value = (
            value.tz_localize(None).to_pydatetime()
            if value.tz is not None
            else value.to_pydatetime()
        )
    if isinstance(value, bool | int | float) or hasattr(value, "isoformat"):
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            return str(value)
        return value
    cell = WriteOnlyCell(sheet, value="")
    text = plain_text(str(value))
    cell.value = text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
