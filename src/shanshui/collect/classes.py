"""Class tables of categorical grids: code, name, colour, and the broad class it belongs to."""

from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import pandas as pd

from shanshui.core.errors import DataError, nearest

SHIPPED = ("igbp", "made-up")


@cache
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
        No such table, or columns missing.
    """
    if name in SHIPPED:
        text = (
            files("shanshui.collect")
            .joinpath(f"classes_{name.replace('-', '_')}.csv")
            .read_text("utf-8")
        )
    elif Path(name).is_file():
        text = Path(name).read_text("utf-8-sig")
    else:
        raise DataError(f"classes: no table '{name}'; {nearest(name, SHIPPED)}, or give a CSV file")
    frame = pd.read_csv(StringIO(text))
    missing = [c for c in ("code", "name") if c not in frame.columns]
    if missing:
        raise DataError(
            f"classes: {name} has no column {', '.join(missing)}; expected code, name, name_zh, group, colour"
        )
    for column in ("name_zh", "group", "colour"):
        if column not in frame.columns:
            frame[column] = frame["name"] if column == "name_zh" else ""
    return frame.set_index("code")
