"""Rows of several levels in one table: those of a whole stand beside those of its parts."""

from collections.abc import Mapping

import pandas as pd

from shanshui.region.place_codes import CodeSystem


def lowest_level(rows: pd.DataFrame, belongs: Mapping[str, str]) -> pd.DataFrame:
    """Rows of which none is the sum of others, so that they add up to the whole once.

    Parameters
    ----------
    rows : table
        ``code``.
    belongs : mapping of str to str
        Higher place of a lower one; a higher one may stand for itself.

    Returns
    -------
    table
        Without rows of places that hold others of the table, by ``belongs`` or as their codes tell.
    """
    codes = rows["code"].astype(str)
    known = set(codes.unique())
    holders = {belongs[c] for c in known if belongs.get(c, c) != c}
    system = CodeSystem.of(known)
    holders |= {c for c in known if system.holds_others(c)}
    return rows[~codes.isin(holders)]
