"""Can the numbers of a study's tables be true together? Doubts that no single file shows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shanshui.region.unitset import plain_code

PEOPLE_PER_KM2 = (5.0, 30_000.0)
"""People per km2 over all places of a table [D]: Tibet has 3, whole counties of a great city 30,000."""
YUAN_PER_KM2 = (1e4, 1e10)
"""Product per km2 over all places of a table [D]: Tibet's is 1.4e5 yuan, that of a city's core 1e9."""
MOST_IN_WAN = 2000.0
"""No county or city has more people than this in ten thousands [D]; more, in fractions, is people that were split."""
WORKERS_PER_HEAD = (0.05, 0.9)
"""Employed persons per head over the places that both tables have [D]."""
GROWTH = {"population": 1.3, "gdp": 2.0}
"""Factor of a year beyond which the value of a place jumps [D]."""
AMOUNT = {"population": "population", "gdp": "yuan", "employment": "persons"}
BIG = {"population": "10000 person", "gdp": "1e4 yuan", "employment": "10000 person"}
"""Unit that is most often forgotten."""


def sense_doubts(
    tables: Mapping[str, pd.DataFrame], places: pd.DataFrame | None
) -> dict[str, list[str]]:
    """Doubts about tables that have been read and joined.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``population``, ``gdp``, ``employment`` as far as there: ``code, year`` and the amount; all years together.
    places : DataFrame, optional
        ``code, level, area_km2, inside``.

    Returns
    -------
    dict of str to list of str
        By input; each in one line with what was found, what is usual, and what to do.
    """
    out: dict[str, list[str]] = {name: [] for name in tables}
    if places is not None:
        # tables that shares of a larger whole need keep rows of places elsewhere: those are none of this study
        here = set(places.loc[places["inside"].astype(bool), "code"].map(plain_code))
        tables = {
            name: table[table["code"].map(plain_code).isin(here)] for name, table in tables.items()
        }
        tables = {name: table for name, table in tables.items() if len(table)}
    latest = {name: _latest(name, table) for name, table in tables.items() if name in AMOUNT}
    if places is not None:
        for name, usual, what in (
            ("population", PEOPLE_PER_KM2, "people"),
            ("gdp", YUAN_PER_KM2, "yuan"),
        ):
            if name in latest:
                out[name] += _density(name, latest[name], places, usual, what)
    if "population" in tables:
        out["population"] += _broken(latest["population"])
    if {"population", "employment"} <= set(latest):
        out["employment"] += _workers(latest["employment"], latest["population"])
    for name, most in GROWTH.items():
        if name in tables:
            out[name] += _jumps(name, tables[name], most)
    return {name: doubts for name, doubts in out.items() if doubts}


def _latest(name: str, table: pd.DataFrame) -> pd.Series:
    """Amount of each place in its latest year, all kinds of the row together; a sum with a gap is missing."""
    rows = table[table["year"] == table.groupby("code")["year"].transform("max")]
    return rows.groupby("code")[AMOUNT[name]].agg(lambda part: part.sum(skipna=False)).dropna()


def _density(
    name: str, amounts: pd.Series, places: pd.DataFrame, usual: tuple[float, float], what: str
) -> list[str]:
    """Amount per km2 over the places of the level that has most rows."""
    best = (0, 0.0, 0.0)
    for _, level in places[places["inside"]].groupby("level"):
        area = level.set_index("code")["area_km2"]
        both = amounts.index.intersection(area.index[area > 0])
        best = max(best, (len(both), float(amounts[both].sum()), float(area[both].sum())))
    count, total, km2 = best
    if not count or usual[0] <= total / km2 <= usual[1]:
        return []
    low = total / km2 < usual[0]
    cure = (
        f'is it in units of {BIG[name]}? set unit = "{BIG[name]}"'
        if low
        else "is the unit right? set unit or scale"
    )
    return [
        f"{name}: {total:,.6g} {what} in {km2:,.4g} km2 of {count} places are {total / km2:.3g} per km2, expected "
        f"{usual[0]:g} to {usual[1]:g}; {cure} in [inputs.{name}], or leave it if the places are like that"
    ]


def _broken(amounts: pd.Series) -> list[str]:
    """Small numbers in fractions are people in another unit; large ones may come from a split by weight."""
    broken = amounts[(amounts != amounts.round()) & (amounts < MOST_IN_WAN)]
    if len(broken) * 2 <= len(amounts):
        return []
    return [
        f"population: {len(broken)} of {len(amounts)} places have fractions of a person, such as {broken.iloc[0]:g}; is it in "
        f'units of {BIG["population"]}? set unit = "{BIG["population"]}" in [inputs.population]'
    ]


def _workers(workers: pd.Series, people: pd.Series) -> list[str]:
    both = workers.index.intersection(people.index)
    heads = float(people[both].sum())
    if not len(both) or heads <= 0:
        return []
    share = float(workers[both].sum()) / heads
    if WORKERS_PER_HEAD[0] <= share <= WORKERS_PER_HEAD[1]:
        return []
    return [
        f"employment: {share:.3g} employed persons per head in {len(both)} places, expected {WORKERS_PER_HEAD[0]:g} to "
        f"{WORKERS_PER_HEAD[1]:g}; are both tables of the same unit, and is it a sample? set unit or scale in [inputs.employment]"
    ]


def _jumps(name: str, table: pd.DataFrame, most: float) -> list[str]:
    """Places whose amount changes by more than a factor in a year."""
    amount = AMOUNT[name]
    sums = table.groupby(["code", "year"])[amount].agg(lambda part: part.sum(skipna=False))
    wide = sums.reset_index().pivot_table(index="code", columns="year", values=amount)
    if wide.shape[1] < 2:
        return []
    values, years = wide.to_numpy(float), wide.columns.to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(np.log(values[:, 1:] / values[:, :-1])) / np.diff(years)
    odd = np.isfinite(change) & (change > np.log(most))
    if not odd.any():
        return []
    place, step = divmod(int(np.argmax(np.where(odd, change, -1.0))), change.shape[1])
    count = int(odd.any(axis=1).sum())
    return [
        f"{name}: {count} of {len(wide)} places jump by more than {most:g} times in a year; the most: {wide.index[place]} from "
        f"{values[place, step]:,.6g} in {years[step]:g} to {values[place, step + 1]:,.6g} in {years[step + 1]:g}; is the unit or "
        f"the place another one in that year?"
    ]
