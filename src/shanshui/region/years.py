"""Which year of a table speaks for all of its places."""

from collections.abc import Collection

import pandas as pd

from shanshui.core.errors import QuantityError

WHOLE = 0.9
"""Share of the places of the fullest year that a year must have to speak for the whole [D]."""


def places_by_year(
    table: pd.DataFrame, value: str, places: Collection[str] | None = None
) -> pd.Series:
    """How many places have a value in each year.

    Parameters
    ----------
    table : table
        ``code, year`` and the value.
    value : str
        Column.
    places : collection of str, optional
        Codes that count, where the table has any of them; all by default.

    Returns
    -------
    (year,) [1]
        In order of years, from 0.
    """
    rows = table[["code", "year"]][table[value].notna()]
    codes = rows["code"].astype(str)
    if places is not None:
        mine = codes.isin({str(p) for p in places})
        if mine.any():
            rows, codes = rows[mine], codes[mine]
    seen = codes.groupby(rows["year"]).nunique()
    return seen.reindex(sorted(table["year"].unique()), fill_value=0)


def whole_years(
    table: pd.DataFrame, value: str, places: Collection[str] | None = None
) -> list[int]:
    """Years that speak for the whole table.

    Parameters
    ----------
    table, value, places
        As for :func:`places_by_year`.

    Returns
    -------
    list of int [yr]
        Those that have at least :data:`WHOLE` of the places of the fullest one.
    """
    seen = places_by_year(table, value, places)
    most = int(seen.max()) if len(seen) else 0
    return [int(str(y)) for y, count in seen.items() if most and count >= WHOLE * most]


def chosen_year(
    table: pd.DataFrame,
    value: str,
    where: str,
    *,
    year: int | None = None,
    places: Collection[str] | None = None,
) -> int:
    """Year asked for, or the latest that speaks for the whole table: one place's newer figure is no year of all.

    Parameters
    ----------
    table, value, places
        As for :func:`places_by_year`.
    where : str
        Name of the table, for the message.
    year : int, optional [yr]
        Asked for.

    Raises
    ------
    QuantityError
        No rows of the year, or no value at all.
    """
    if year is not None:
        if not (table["year"] == year).any():
            years = sorted(set(table["year"]))
            told = f"there are {years[0]} to {years[-1]}" if years else "there are none"
            raise QuantityError(f"{where}.year: no rows of {year}; {told}")
        return int(year)
    whole = whole_years(table, value, places)
    if not whole:
        raise QuantityError(f"{where}: no place has a value in any year")
    return whole[-1]


def at_year(values: pd.Series, year: int) -> pd.Series:
    """Values of one year, where need be on the straight line between the years beside it.

    Parameters
    ----------
    values : (code, year)
        Index ``code`` and ``year``; missing where it is not known.
    year : int [yr]
        Asked for.

    Returns
    -------
    (code,)
        The year's own value, or ``v1 + (v2 - v1) (y - y1) / (y2 - y1)`` between the nearest years before and after that have one [D]; missing
        where there is none on one side: nothing is carried on beyond the last count.
    """
    wide = values.dropna().unstack("year")  # noqa: PD010 - one value a cell
    wide = wide.reindex(columns=sorted({*wide.columns, year})).astype(float)
    return wide.interpolate(method="index", axis=1, limit_area="inside")[year]
