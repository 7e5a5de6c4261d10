"""Class tables of categorical grids: code, name, colour, and the broad class it belongs to."""

from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pandas as pd

from shanshui.core.errors import DataError, nearest

SHIPPED = ("igbp", "made-up")


def class_file(name: str) -> Path:
    """Find the file of a class table: part of an input like the grid itself, so its digest stands with the grid's.

    Parameters
    ----------
    name : str
        A shipped table, or a CSV file.

    Raises
    ------
    DataError
        No such table.
    """
    if name in SHIPPED:
        shipped = files("shanshui.collect").joinpath(f"classes_{name.replace('-', '_')}.csv")
        return Path(str(shipped))
    if not Path(name).is_file():
        raise DataError(f"classes: no table '{name}'; {nearest(name, SHIPPED)}, or give a CSV file")
    return Path(name)


def class_table(name: str) -> pd.DataFrame:
    """Read a class table.

    Parameters
    ----------
    name : str
        A shipped table, or a CSV file with columns ``code, name, name_zh, group, colour``.

    Returns
    -------
    DataFrame
        Index ``code``.

    Raises
    ------
    DataError
        No such table, not text, columns missing, or codes that are not whole numbers or stand twice.
    """
    raw = class_file(name).read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return _parsed(raw.decode(encoding), name).copy()
        except UnicodeDecodeError:
            continue
    raise DataError(f"classes: {name} is not text in utf-8 or gb18030; save it as UTF-8")


@cache
def _parsed(text: str, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(StringIO(text), index_col=False)
    except ValueError as error:
        raise DataError(f"classes: {name} cannot be read as a table ({error})") from None
    missing = [c for c in ("code", "name") if c not in frame.columns]
    if missing:
        raise DataError(
            f"classes: {name} has no column {', '.join(missing)}; expected code, name, name_zh, group, colour"
        )
    codes = pd.to_numeric(frame["code"], errors="coerce")
    odd = codes.isna() | (codes != codes.round())
    if odd.any():
        raise DataError(
            f"classes: {name}: code '{frame['code'][odd].iloc[0]}' is not a whole number; correct the row"
        )
    frame["code"] = codes.astype("int64")
    if frame["code"].duplicated().any():
        raise DataError(
            f"classes: {name}: code {frame['code'][frame['code'].duplicated()].iloc[0]} stands twice; keep one row"
        )
    for column in ("name_zh", "group", "colour"):
        if column not in frame.columns:
            frame[column] = frame["name"] if column == "name_zh" else ""
    return frame.set_index("code")
