"""Can the numbers of a study's tables be true together? Doubts that no single file shows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.region.place_codes import clean_code

PEOPLE_PER_KM2 = (5.0, 30_000.0)
"""People per km2 over all places of a table [D]: Tibet has 3, whole counties of a great city 30,000."""
YUAN_PER_KM2 = (1e4, 1e10)
"""Product per km2 over all places of a table [D]: Tibet's is 1.4e5 yuan, that of a city's core 1e9."""
YUAN_PER_HEAD = (1e3, 1e6)
"""Product per head over the places that both tables have [D]: China's was 8e3 in 2000 and 9e4 in 2023."""
MOST_IN_WAN = 2000.0
"""No county or city has more people than this in ten thousands [D]; more, in fractions, is people that were split."""
WORKERS_PER_HEAD = (0.05, 0.9)
"""Employed persons per head over the places that both tables have [D]."""
WORKERS_OF_ONE = (0.01, 1.5)
"""The same of a single place [D]: people may work where they are not counted."""
GROWTH = {"population": 1.3, "gdp": 2.0}
"""Factor of a year beyond which the value of a place jumps [D]."""
TREND = {"population": (0.94, 1.06), "gdp": (0.85, 1.30)}
"""Factors of a year between which half of the places of a table lie [D]: counties lose or gain a few per cent."""
APART = {"per km2": 60.0, "per head": 8.0}
"""Factor from the median of all places beyond which a single one stands alone [D], if it is also this many spreads away:"""
SPREADS = 5.0
"""in the scaled median departure of logarithms [D]."""
FEW = 5
"""Places from which a median says something [D]."""
PARTS = 0.03
"""Departure of the sum of all parts of a place from its own value that is worth a look [D]."""
CLASSES = 0.1
"""Departure of the areas of all classes of a place from its own area [D]."""
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
        ``population``, ``gdp``, ``employment``, ``land_cover_areas`` as far as there: ``code, year`` and the amount; all years together.
    places : DataFrame, optional
        ``code, name, parent, level, area_km2, inside``.

    Returns
    -------
    dict of str to list of str
        By input; each in one line with what was found, what is usual, and what to do.
    """
    out: dict[str, list[str]] = {name: [] for name in tables}
    tables = {name: t.assign(code=t["code"].map(clean_code)) for name, t in tables.items()}
    if places is not None:
        places = places[places["inside"].astype(bool)]
        places = places.assign(code=places["code"].map(clean_code))
        tables = _of_study(tables, places, out)
    names = _names(places)
    latest = {name: _latest(name, table) for name, table in tables.items() if name in AMOUNT}
    if places is not None:
        _beside_places(tables, latest, places, names, out)
    if "population" in tables:
        out["population"] += _broken(latest["population"])
        for name in ("employment", "gdp"):
            if name in latest:
                out[name] += _per_head(name, tables[name], tables["population"], names)
    for name, most in GROWTH.items():
        if name in tables:
            out[name] += _jumps(name, tables[name], most, names) or _trend(name, tables[name])
    return {name: doubts for name, doubts in out.items() if doubts}


def _of_study(
    tables: Mapping[str, pd.DataFrame], places: pd.DataFrame, out: dict[str, list[str]]
) -> dict[str, pd.DataFrame]:
    """Rows of the study's places: tables that shares of a larger whole need keep rows of others."""
    found = {}
    for name, table in tables.items():
        rows = table[table["code"].isin(set(places["code"]))]
        if len(rows):
            found[name] = rows
        elif len(table):
            out[name].append(
                f"{name}: none of its {table['code'].nunique()} places is one of the study's: what it says of them cannot be judged"
            )
    return found


def _beside_places(
    tables: Mapping[str, pd.DataFrame],
    latest: Mapping[str, pd.Series],
    places: pd.DataFrame,
    names: Mapping[str, str],
    out: dict[str, list[str]],
) -> None:
    """Doubts that areas and parts of places raise."""
    for name, usual, what in (
        ("population", PEOPLE_PER_KM2, "people"),
        ("gdp", YUAN_PER_KM2, "yuan"),
    ):
        if name in latest:
            out[name] += _density(name, latest[name], places, usual, what, names)
    for name in latest:
        out[name] += _parts(name, tables[name], places, names)
    if "land_cover_areas" in tables:
        out["land_cover_areas"] += _class_areas(tables["land_cover_areas"], places, names)


def _names(places: pd.DataFrame | None) -> dict[str, str]:
    """Code and name of each place, as it is called in a doubt."""
    if places is None or "name" not in places:
        return {}
    pairs = zip(places["code"], places["name"], strict=True)
    return {code: f"{code} {name}".strip() for code, name in pairs}


def _sums(name: str, table: pd.DataFrame) -> pd.Series:
    """Amount by place and year, all kinds of the row together; a sum with a gap is missing."""
    return table.groupby(["code", "year"])[AMOUNT[name]].agg(lambda part: part.sum(skipna=False))


def _latest(name: str, table: pd.DataFrame) -> pd.Series:
    """Amount of each place in its latest year."""
    rows = table[table["year"] == table.groupby("code")["year"].transform("max")]
    return rows.groupby("code")[AMOUNT[name]].agg(lambda part: part.sum(skipna=False)).dropna()


def _density(
    name: str,
    amounts: pd.Series,
    places: pd.DataFrame,
    usual: tuple[float, float],
    what: str,
    names: Mapping[str, str],
) -> list[str]:
    """Amount per km2 over the places of the level that has most rows, and of each of them."""
    best, level_of = (0, 0.0, 0.0), pd.Series(dtype=float)
    for _, level in places.groupby("level"):
        area = level.drop_duplicates("code").set_index("code")["area_km2"].astype(float)
        both = amounts.index.intersection(area.index[area > 0])
        found = (len(both), float(amounts[both].sum()), float(area[both].sum()))
        if found > best:
            best, level_of = found, amounts[both] / area[both]
    count, total, km2 = best
    if not count:
        return []
    if usual[0] <= total / km2 <= usual[1]:
        return _alone(name, level_of, "per km2", f"{what} per km2", names)
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


def _alone(name: str, ratio: pd.Series, of: str, what: str, names: Mapping[str, str]) -> list[str]:
    """Places whose ratio stands apart from that of all others."""
    values = ratio[(ratio > 0) & np.isfinite(ratio)]
    zero = ratio[ratio == 0]
    out = []
    if len(zero) and len(values) >= FEW:
        out.append(
            f"{name}: {_listed(zero.index, names)} {'has' if len(zero) == 1 else 'have'} 0 {what}, where the others have "
            f"{values.median():.3g}; is it missing? leave the cell blank"
        )
    if len(values) < FEW:
        return out
    logs = np.log(values)
    away = logs - logs.median()
    spread = 1.4826 * float(away.abs().median())
    limit = max(np.log(APART[of]), SPREADS * spread)
    odd = away[away.abs() > limit]
    if len(odd):
        order = odd.abs().sort_values(ascending=False, kind="stable").index
        worst = str(order[0])
        out.append(
            f"{name}: {_listed(order, names)} {'stands' if len(odd) == 1 else 'stand'} alone: {names.get(worst, worst)} has "
            f"{values[worst]:.3g} {what}, half of the places have less than {values.median():.3g} and all others lie within "
            f"{np.exp(limit):.3g} times of that; is the unit or the place of the row another one?"
        )
    return out


def _listed(codes: pd.Index, names: Mapping[str, str], most: int = 5) -> str:
    shown = [names.get(str(c), str(c)) for c in codes[:most]]
    return ", ".join(shown) + (f" and {len(codes) - most} more" if len(codes) > most else "")


def _broken(amounts: pd.Series) -> list[str]:
    """Small numbers in fractions are people in another unit; large ones may come from a split by weight."""
    broken = amounts[(amounts != amounts.round()) & (amounts < MOST_IN_WAN)]
    if len(broken) * 2 <= len(amounts):
        return []
    return [
        f"population: {len(broken)} of {len(amounts)} places have fractions of a person, such as {broken.iloc[0]:g}; is it in "
        f'units of {BIG["population"]}? set unit = "{BIG["population"]}" in [inputs.population]'
    ]


def _per_head(
    name: str, table: pd.DataFrame, people: pd.DataFrame, names: Mapping[str, str]
) -> list[str]:
    """Workers or product per head, of all places and of each, in the latest year of the table beside the nearest of the people."""
    amounts = _latest(name, table)
    year_of = table.groupby("code")["year"].max()
    heads, when = _nearest(people, year_of)
    both = amounts.index.intersection(heads.index[heads > 0])
    if not len(both) or float(heads[both].sum()) <= 0:
        return []
    ratio = amounts[both] / heads[both]
    # one wrong place does not make the whole table wrong
    many = len(both) >= FEW
    whole = float(ratio.median() if many else amounts[both].sum() / heads[both].sum())
    years = f"{_range(year_of[both])} by people of {_range(when[both])}"
    low, high = WORKERS_PER_HEAD if name == "employment" else YUAN_PER_HEAD
    of = f"in half of {len(both)} places" if many else f"in {len(both)} places"
    if not low <= whole <= high:
        if name == "employment":
            return [
                f"employment: {whole:.3g} employed persons per head {of} ({years}), expected {low:g} to {high:g}; are "
                "both tables of the same unit, and is it a sample? set unit or scale in [inputs.employment]"
            ]
        cure = (
            f'is it in units of {BIG[name]}? set unit = "{BIG[name]}"'
            if whole < low
            else "set unit or scale"
        )
        return [
            f"gdp: {whole:,.4g} yuan per head {of} ({years}), expected {low:g} to {high:g}; are both tables of the same "
            f"places and unit? {cure} in [inputs.gdp]"
        ]
    if name == "gdp":
        return _alone(name, ratio, "per head", f"yuan per head ({years})", names)
    odd = ratio[(ratio < WORKERS_OF_ONE[0]) | (ratio > WORKERS_OF_ONE[1])]
    if odd.empty:
        return []
    return [
        f"employment: {_listed(odd.index, names)}: {odd.iloc[0]:.3g} employed persons per head ({years}), expected "
        f"{WORKERS_OF_ONE[0]:g} to {WORKERS_OF_ONE[1]:g}; is the unit or the place of the row another one?"
    ]


def _nearest(people: pd.DataFrame, year_of: pd.Series) -> tuple[pd.Series, pd.Series]:
    """People of each place in the year nearest to one, the earlier of two; and that year."""
    sums = _sums("population", people).dropna().reset_index()
    sums["off"] = (sums["year"] - sums["code"].map(year_of)).abs()
    sums = sums.dropna(subset=["off"]).sort_values(["code", "off", "year"], kind="stable")
    one = sums.drop_duplicates("code").set_index("code")
    return one["population"], one["year"]


def _range(years: pd.Series) -> str:
    low, high = int(years.min()), int(years.max())
    return str(low) if low == high else f"{low} to {high}"


def _by_year(
    name: str, table: pd.DataFrame
) -> tuple[pd.Index, NDArray[np.float64], NDArray[np.float64]]:
    """Places, years, and amounts by both."""
    wide = _sums(name, table).reset_index()
    wide = wide.pivot_table(index="code", columns="year", values=AMOUNT[name])
    return wide.index, wide.columns.to_numpy(float), wide.to_numpy(float)


def _jumps(name: str, table: pd.DataFrame, most: float, names: Mapping[str, str]) -> list[str]:
    """Places whose amount changes by more than a factor in a year."""
    codes, years, values = _by_year(name, table)
    if len(years) < 2:
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.abs(np.log(values[:, 1:] / values[:, :-1])) / np.diff(years)
    odd = np.isfinite(change) & (change > np.log(most))
    if not odd.any():
        return []
    place, step = divmod(int(np.argmax(np.where(odd, change, -1.0))), change.shape[1])
    count, code = int(odd.any(axis=1).sum()), str(codes[place])
    return [
        f"{name}: {count} of {len(codes)} places jump by more than {most:g} times in a year; the most: {names.get(code, code)} from "
        f"{values[place, step]:,.6g} in {years[step]:g} to {values[place, step + 1]:,.6g} in {years[step + 1]:g}; is the unit or "
        f"the place another one in that year?"
    ]


def _trend(name: str, table: pd.DataFrame) -> list[str]:
    """Half of the places change faster than places do, one year after the other or over many."""
    _, years, values = _by_year(name, table)
    low, high = TREND[name]
    for k in range(len(years) - 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = (values[:, k + 1] / values[:, k]) ** (1.0 / (years[k + 1] - years[k]))
        rate = rate[np.isfinite(rate) & (rate > 0)]
        if len(rate) >= FEW and not low <= float(np.median(rate)) <= high:
            return [
                f"{name}: half of {len(rate)} places change by more than {np.median(rate):.3g} times a year from {years[k]:g} to "
                f"{years[k + 1]:g}, expected {low:g} to {high:g}; do both years have the same unit, prices and kind of count?"
            ]
    return []


def _parts(
    name: str, table: pd.DataFrame, places: pd.DataFrame, names: Mapping[str, str]
) -> list[str]:
    """Places whose parts, all with a row of the same year, come to another sum."""
    inner = places.drop_duplicates("code").set_index("code")
    above = _above(inner)
    by_both = _sums(name, table).dropna().reset_index()
    sums = {
        (str(code), int(year)): float(amount)
        for code, year, amount in by_both.itertuples(index=False)
    }
    odd: list[tuple[float, str]] = []
    for whole, codes in above.groupby(above).groups.items():
        for year in sorted(y for code, y in sums if code == str(whole)):
            parts = [sums.get((str(code), year)) for code in codes]
            own = sums[str(whole), year]
            if own <= 0 or any(part is None for part in parts):
                continue
            total = float(sum(part for part in parts if part is not None))
            if abs(total / own - 1.0) > PARTS:
                text = (
                    f"{names.get(str(whole), str(whole))} has {own:,.6g} in {year}, its {len(parts)} parts together {total:,.6g} "
                    f"({total / own - 1.0:+.1%})"
                )
                odd.append((abs(np.log(max(total, 1e-300) / own)), text))
    if not odd:
        return []
    count = f"; {len(odd) - 1} more are like that" if len(odd) > 1 else ""
    return [f"{name}: {max(odd)[1]}; is a part missing, counted twice, or in another unit?{count}"]


def _above(inner: pd.DataFrame) -> pd.Series:
    """Code of the place that each place is a part of: by its parent, code or name, or by China's codes of six digits."""
    code_of = (
        {name: code for code, name in inner["name"].items() if name} if "name" in inner else {}
    )
    out = {}
    for code, row in inner.iterrows():
        parent = str(row.get("parent", "") or "")
        found = clean_code(parent) if clean_code(parent) in inner.index else code_of.get(parent)
        text = str(code)
        if found is None and len(text) == 6 and text.isdigit():
            ways = (text[:4] + "00", text[:2] + "0000")
            found = next((w for w in ways if w in inner.index and w != text), None)
        if found is not None and found != code:
            out[text] = str(found)
    return pd.Series(out, dtype=object)


def _class_areas(table: pd.DataFrame, places: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Places whose classes together have another area than the place."""
    area = places.drop_duplicates("code").set_index("code")["area_km2"]
    rows = table[table["year"] == table.groupby("code")["year"].transform("max")]
    whole = rows.groupby("code")["area_km2"].agg(lambda part: part.sum(skipna=False)).dropna()
    both = whole.index.intersection(area.index[area.astype(float) > 0])
    off = whole[both] / area[both].astype(float) - 1.0
    odd = off[off.abs() > CLASSES].sort_values(key=np.abs, ascending=False, kind="stable")
    if odd.empty:
        return []
    first = str(odd.index[0])
    return [
        f"land_cover_areas: the classes of {len(odd)} of {len(both)} places do not come to the place's area; the most: "
        f"{names.get(first, first)} with {whole[first]:,.4g} km2 of classes and {float(area[first]):,.4g} km2 of outline "
        f"({odd.iloc[0]:+.0%}); is a class missing, or the unit another one?"
    ]
