"""Tables of places meet the study's places at the door, and the account of it is kept with them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import InputKind
from shanshui.collect.readers import read_table
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.core.quantity import Table
from shanshui.region.join import UNMATCHED, Join, join
from shanshui.region.join_account import Balance, JoinAccount, Stray
from shanshui.region.place_codes import clean_code
from shanshui.region.unitset import plain_code

LEVELS = ("counties", "prefectures", "provinces")
"""Places that tables are joined to, each row to its own level."""
INTENSIVE = re.compile(r"per_|share|rate|ratio|index|mean|percent|density|intensity|_pc$|^pct")
"""Indicators that are averaged, by their name; others are summed [D]."""


@dataclass(frozen=True)
class Rule:
    """How the rows of one input are carried to places.

    Attributes
    ----------
    amount : str
        Column of numbers.
    by : tuple of str
        Columns within which the amounts have one sense, so that they are balanced there.
    intensive : bool
        Averaged, not summed.
    kinds : str
        Column whose words tell which rows are intensive; empty where all are alike.
    others : bool
        Do rows of places elsewhere stay, because shares of a larger whole need them?
    blanks : bool
        Do rows without an amount stay, because a place has several that are summed, and lacks those of nothing?
    """

    amount: str
    by: tuple[str, ...] = ("year",)
    intensive: bool = False
    kinds: str = ""
    others: bool = False
    blanks: bool = False


RULES: dict[str, Rule] = {
    "population": Rule("population"),
    "gdp": Rule("yuan", others=True),
    "employment": Rule("persons", others=True, blanks=True),
    "products": Rule("amount", ("flow", "year"), blanks=True),
    "productivity": Rule("npp", intensive=True),
    "place_indicators": Rule("value", ("indicator", "year"), kinds="indicator"),
    "land_cover_areas": Rule("area_km2", blanks=True),
    "emissions": Rule("emitted_t", ("pollutant",)),
    "purification_capacity": Rule("capacity_t", ("pollutant",)),
}
"""Tables of amounts that are joined to places, by input."""
ROWS = {
    "firms": "place",
    "reports": "place",
    "visits": "zone",
    "recreation_sites": "place",
    "housing": "code",
    "county_mountains": "code",
    "county_programmes": "code",
}
"""Tables whose rows are things in a place that may as well lie elsewhere, and the column that names it."""
HERE = frozenset({"recreation_sites", "housing"})
"""Tables of things of which only those in places of the study count: a sum over the region is made of them."""
PLACED = frozenset({*RULES, *ROWS, "statutory_zones"})


def places_frame(features: Mapping[str, gpd.GeoDataFrame]) -> pd.DataFrame | None:
    """Places of all levels under each other, and those that the files hold outside the study.

    Parameters
    ----------
    features : mapping of level to GeoDataFrame
        As the study has them; the attribute ``outside`` lists codes and names of what lies outside.

    Returns
    -------
    DataFrame or None
        ``code, name, parent, level, area_km2, inside``; None where the study has no places.
    """
    parts = []
    for level in LEVELS:
        frame = features.get(level)
        if frame is None:
            continue
        names = [c for c in ("name", "name_zh", "name_en", "parent") if c in frame]
        own = pd.DataFrame(frame[["code", *names]]).astype(str)
        parts.append(own.assign(level=level, area_km2=frame.area.to_numpy() / 1e6, inside=True))
        outside = pd.DataFrame(frame.attrs.get("outside", {}), dtype=object)
        if len(outside):
            parts.append(outside.assign(level=level, inside=False))
    if not parts:
        return None
    texts = ["code", "name", "name_zh", "name_en", "parent", "level"]
    out = pd.concat(parts, ignore_index=True).reindex(columns=[*texts, "area_km2", "inside"])
    return out.assign(**{c: out[c].astype(object).where(out[c].notna(), "") for c in texts})


def join_input(
    frame: pd.DataFrame, spec: InputSpec, name: str, places: pd.DataFrame | None, unit: str
) -> pd.DataFrame:
    """Table of one file with the codes of the study's places.

    Parameters
    ----------
    frame : DataFrame
        Its rows, also those without an amount.
    spec : InputSpec
        ``crosswalk``, ``names``, ``weight`` and ``unmatched`` as declared.
    name : str
        Input.
    places : DataFrame, optional
        Of :func:`places_frame`.
    unit : str
        Of the amount.

    Returns
    -------
    DataFrame
        Rows of the places; where shares of a larger whole need them, then those of places elsewhere and those that reached
        no place, under their own codes. The attribute ``join`` holds the account.

    Raises
    ------
    DataError
        As :func:`shanshui.region.join.joined`.
    """
    rule = RULES.get(name)
    if rule is None or places is None:
        return frame
    changes = [_beside(Path(file), name, "crosswalk") for file in files_in(spec.crosswalk)]
    aliases = [_beside(Path(file), name, "names") for file in files_in(spec.names)]
    parts, accounts = [], []
    for intensive, rows in _kinds(frame, rule):
        done = join(
            rows,
            places,
            crosswalk=changes or None,
            names=_one(aliases),
            amounts=() if intensive else (rule.amount,),
            means=(rule.amount,) if intensive else (),
            keys=[c for c in rows.columns if c in (*rule.by, "year", *_own_keys(rows, rule))],
            by=rule.by,
            weight=spec.weight,
            unmatched=UNMATCHED if spec.unmatched is None else spec.unmatched,
            what=name,
            unit=unit,
        )
        parts.append(done.table)
        if rule.others:
            others = done.others.assign(code=[clean_code(c) for c in done.others["code"]])
            parts.append(others[others["code"] != ""])
        accounts.append(done.account)
    out = pd.concat(parts, ignore_index=True)
    out.attrs = frame.attrs | {"join": together(accounts).as_dict()}
    return out


def _own_keys(rows: pd.DataFrame, rule: Rule) -> list[str]:
    """Columns of the table that are neither its place nor its amount."""
    return [c for c in rows.columns if c not in ("code", rule.amount) and c in KEYS]


KEYS = ("sector", "industry", "flow", "indicator", "class", "pollutant", "meets_standard")


def joined_places(
    frame: pd.DataFrame, spec: InputSpec, name: str, places: pd.DataFrame, keys: Sequence[str]
) -> Join:
    """Rows that name places, each counting as one, carried to the study's places: a place that became several stands once for each.

    Parameters
    ----------
    frame, spec, name, places
        As for :func:`join_input`; ``code`` and ``rows``, a column of ones.
    keys : sequence of str
        Columns that tell rows of one place apart.

    Raises
    ------
    DataError
        None, or too few, of them are places of the study.
    """
    return join(
        frame,
        places,
        crosswalk=[_beside(Path(file), name, "crosswalk") for file in files_in(spec.crosswalk)]
        or None,
        names=_one([_beside(Path(file), name, "names") for file in files_in(spec.names)]),
        amounts=("rows",),
        keys=keys,
        by=(),
        weight=spec.weight,
        unmatched=UNMATCHED if spec.unmatched is None else spec.unmatched,
        what=name,
        unit="rows",
    )


def join_rows(
    frame: pd.DataFrame, spec: InputSpec, name: str, places: pd.DataFrame | None
) -> pd.DataFrame:
    """Table of things with the codes of the study's places, where these are found.

    Parameters
    ----------
    frame, spec, name, places
        As for :func:`join_input`; the column of :data:`ROWS` holds codes or names.

    Returns
    -------
    DataFrame
        The same rows: a place that is one of the study has its code there; one that lies elsewhere, became several, or is not known
        stands as it came, or is left out of the tables of :data:`HERE`. The attribute ``join`` accounts for the rows.
    """
    column = ROWS[name]
    if places is None or column not in frame:
        return frame
    words = frame[column].map(lambda v: "" if v is None or v != v else plain_code(v))
    above = frame["province"].astype(str) if "province" in frame else words.map(lambda _: "")
    rows = pd.DataFrame({"at": words, "parent": above, "rows": 1})
    each = rows[rows["at"] != ""].groupby(["at", "parent"], sort=True)["rows"].sum().reset_index()
    if each.empty:
        return frame
    each["number"] = range(len(each))
    coded = each["at"].str.contains(r"\d", regex=True)
    each["code"], each["name"] = each["at"].where(coded, ""), each["at"].where(~coded, "")
    done = join(
        each,
        places,
        crosswalk=[_beside(Path(file), name, "crosswalk") for file in files_in(spec.crosswalk)]
        or None,
        names=_one([_beside(Path(file), name, "names") for file in files_in(spec.names)]),
        amounts=("rows",),
        keys=("number", "at"),
        by=(),
        weight=spec.weight,
        unmatched=1.0 if spec.unmatched is None else spec.unmatched,
        what=name,
        unit="rows",
        some=False,
    )
    one = done.table.drop_duplicates("number", keep=False)
    code_of = dict(zip(one["number"], one["code"], strict=True))
    number = dict(zip(zip(each["at"], each["parent"], strict=True), each["number"], strict=True))
    codes = [code_of.get(number.get(pair), pair[0]) for pair in zip(words, above, strict=True)]
    out = frame.assign(**{column: pd.Series(codes, frame.index, dtype=object)})
    if name in HERE:
        out = out[out[column].isin(set(places["code"].astype(str)))].reset_index(drop=True)
    # that nothing of a kind lies in a place is no gap
    account = replace(done.account, without=(), without_count=0)
    out.attrs = frame.attrs | {"join": account.as_dict()}
    return out


def placed_rows(
    frame: pd.DataFrame, spec: InputSpec, name: str, kind: InputKind, places: pd.DataFrame | None
) -> pd.DataFrame:
    """A table of coefficients or things, joined to the places where it names some."""
    if name in ROWS:
        return join_rows(frame, spec, name, places)
    if name not in RULES:
        return frame
    units = kind.gives.unit_of if isinstance(kind.gives, Table) else {}
    return join_input(frame, spec, name, places, units.get(RULES[name].amount, ""))


def _kinds(frame: pd.DataFrame, rule: Rule) -> list[tuple[bool, pd.DataFrame]]:
    """Rows that are averaged and rows that are summed, each where there are some."""
    if not rule.kinds:
        return [(rule.intensive, frame)]
    words = frame[rule.kinds].astype(str)
    averaged = np.array([bool(INTENSIVE.search(w)) for w in words])
    found = [(kind, frame[averaged == kind].reset_index(drop=True)) for kind in (False, True)]
    return [(kind, rows) for kind, rows in found if len(rows)]


def files_in(declared: str | list[str] | None) -> list[str]:
    """Files of a declaration that may be one, several or none."""
    return [] if declared is None else [declared] if isinstance(declared, str) else list(declared)


def _beside(path: Path, name: str, word: str) -> pd.DataFrame:
    """Table of changes or of names that an input declares."""
    try:
        return read_table(path, InputSpec(file=str(path)), f"{name}.{word}")
    except ShanshuiError as error:
        raise DataError(f"{error}") from None


def _one(tables: Sequence[pd.DataFrame]) -> pd.DataFrame | None:
    if not tables:
        return None
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def together(accounts: Sequence[JoinAccount]) -> JoinAccount:
    """One account of parts of a table that were joined apart.

    Parameters
    ----------
    accounts : sequence of JoinAccount
        Of one input and the same places.
    """
    if len(accounts) == 1:
        return accounts[0]
    rows: dict[str, int] = defaultdict(int)
    amounts: dict[tuple[str, str], Balance] = {}
    strays: dict[tuple[str, str], Stray] = {}
    for account in accounts:
        for way, count in account.rows.items():
            rows[way] += count
        for balance in account.amounts:
            key = (balance.column, str(sorted(balance.group.items())))
            amounts[key] = _added(amounts[key], balance) if key in amounts else balance
        for stray in account.unmatched:
            old = strays.get((stray.code, stray.name))
            best = stray if old is None or stray.share > old.share else old
            count = stray.rows + (0 if old is None else old.rows)
            strays[stray.code, stray.name] = replace(best, rows=count)
    without = set(accounts[0].without).intersection(*(a.without for a in accounts[1:]))
    carried = {(c.code, c.name, c.to, c.share): c for a in accounts for c in a.carried}
    return replace(
        accounts[0],
        rows=dict(rows),
        amounts=tuple(amounts.values()),
        unmatched=tuple(sorted(strays.values(), key=lambda s: (-s.share, s.code, s.name))),
        carried=tuple(carried[k] for k in sorted(carried)),
        without=tuple(sorted(without)),
        without_count=len(without),
        unmatched_count=max(len(strays), *(a.unmatched_count for a in accounts)),
        share=max(a.share for a in accounts),
    )


def _added(one: Balance, other: Balance) -> Balance:
    ways = {w: one.ways.get(w, 0.0) + other.ways.get(w, 0.0) for w in {**one.ways, **other.ways}}
    return replace(
        one,
        total=one.total + other.total,
        ways=ways,
        missing=one.missing + other.missing,
        incomplete=one.incomplete + other.incomplete,
    )


def with_gaps(frame: pd.DataFrame, account: JoinAccount, places: pd.DataFrame) -> JoinAccount:
    """Account of all files of a table: which places lack a row in which year.

    Parameters
    ----------
    frame : DataFrame
        ``code, year`` of all files, the amount last.
    account : JoinAccount
        Of all files.
    places : DataFrame
        Of :func:`places_frame`.
    """
    mine = places[places["inside"].astype(bool) & (places["level"] == account.places)]
    known = set(mine["code"].map(clean_code))
    told = frame[frame.iloc[:, -1].notna()]
    years = {int(str(y)): known & set(rows["code"]) for y, rows in told.groupby("year")}
    some = set().union(*years.values())
    gaps = {str(y): len(some) - len(there) for y, there in sorted(years.items()) if there < some}
    names = dict(zip(mine["code"].map(clean_code), mine["name"], strict=True))
    without = sorted((c, names[c]) for c in known - some)
    seen = {str(y): len(there) for y, there in sorted(years.items())}
    return replace(
        account, gaps=gaps, years=seen, without=tuple(without), without_count=len(without)
    )


def account_in(frame: Any) -> JoinAccount | None:
    """Account that a table carries; None where it was joined to nothing."""
    found = getattr(frame, "attrs", {}).get("join")
    return JoinAccount.of(found) if found else None
