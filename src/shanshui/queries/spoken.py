"""Rows of a product in the words of one language."""

import pandas as pd

from shanshui.core.said import ENDING
from shanshui.core.voice import Voice


def spoken(frame: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    """Say the texts of a table in a language.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        With columns such as ``note`` in English and ``note_said``, the same as phrases and facts.
    voice : Voice
        Of the language.

    Returns
    -------
    DataFrame or GeoDataFrame
        ``note`` in that language, ``note_said`` left out; other columns as they are.
    """
    said = [str(c) for c in frame.columns if str(c).endswith(ENDING)]
    names = [c.removesuffix(ENDING) for c in said if c.removesuffix(ENDING) in frame]
    if not names:
        return frame
    told = {name: told_column(frame, name, voice) for name in names}
    return frame.assign(**told).drop(columns=[f"{name}{ENDING}" for name in names])


def told_column(frame: pd.DataFrame, name: str, voice: Voice) -> pd.Series:
    """Texts of one column in a language; blank where it has none.

    Parameters
    ----------
    frame : DataFrame
        With the column, and perhaps with phrases and facts beside it.
    name : str
        Of the column.
    voice : Voice
        Of the language.
    """
    columns = [c for c in (name, f"{name}{ENDING}") if c in frame]
    rows = frame[columns].to_dict("records")
    return pd.Series([voice.tell(row, name) for row in rows], frame.index, dtype=object)
