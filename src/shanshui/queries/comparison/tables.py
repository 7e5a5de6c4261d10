"""A table or features in two scenarios: every figure of every row, and one that stands for all."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.errors import PlanError
from shanshui.queries.comparison.answer import Comparison, share_of
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.table_places import HEADLINES, is_amount, plain_rows, table_places

UNIT, PLANNING_UNIT, UNIT_OF = "unit", "planning_unit", "unit_of"
"""Column with the unit of a figure; what a key of that name is called instead, of planning units and else."""
SAME = 1e-12
"""Relative difference below which two numbers are told as equal [D]: sums in another order."""


def compared_tables(pair: Pair, product: str, column: str) -> Comparison:
    """Compare a table, row by row and figure by figure.

    Parameters
    ----------
    pair : Pair
        Two scenarios that have made it.
    product : str
        The table.
    column : str
        That is told; by default the one that tells most.

    Raises
    ------
    PlanError
        No such column of numbers.
    """
    one, other = pair.read(product)
    frames = [plain_rows(one), plain_rows(other)]
    units = {**(one.attrs.get("units") or {}), **(other.attrs.get("units") or {})}
    keys = _keys(frames)
    if UNIT in keys:
        # rows say the unit of each figure under that name
        own = PLANNING_UNIT if UNIT in pair.a.plan.keys(product) else UNIT_OF
        frames = [frame.rename(columns={UNIT: own}) for frame in frames]
        keys = [own if key == UNIT else key for key in keys]
    rows = _long(frames, keys, units)
    known = rows[rows["before"].notna() & rows["after"].notna()]
    differs = known[_differ(known["before"], known["after"])]
    column = _headline(rows, differs, column, product)
    told = rows[rows["column"] == column]
    year = _last_year(told, keys)
    before, after, unit = _figure(told[told["year"] == year] if year else told, keys)
    by_place = table_places(pair, product, column, (one, other))
    return Comparison(
        product,
        pair.one,
        pair.other,
        "table",
        unit,
        column,
        before,
        after,
        rows,
        by_place.places,
        None,
        len(differs),
        len(known),
        int((rows["before"].notna() ^ rows["after"].notna()).sum()),
        year=year,
        finer=by_place.finer,
        moved=by_place.moved,
    )


def _last_year(rows: pd.DataFrame, keys: list[str]) -> int:
    """Last of several years of a table, whose sum would count every place as often; 0 where there is one or none."""
    if "year" not in keys or rows["year"].nunique() < 2:
        return 0
    return int(rows["year"].max())


def _keys(frames: list[pd.DataFrame]) -> list[str]:
    """Fewest columns from the left, of words or whole numbers, that tell the rows of both apart."""
    shared = [c for c in frames[0].columns if c in frames[1].columns]
    may = [c for c in shared if not pd.api.types.is_float_dtype(frames[0][c])]
    for last in range(1, len(may) + 1):
        if not any(frame.duplicated(may[:last]).any() for frame in frames):
            return may[:last]
    return []


def _long(frames: list[pd.DataFrame], keys: list[str], units: dict[str, Any]) -> pd.DataFrame:
    """One row for each number of each row."""
    numbers = [
        c
        for c in frames[0].columns
        if c in frames[1].columns
        and c not in keys
        and all(
            pd.api.types.is_numeric_dtype(f[c]) and not pd.api.types.is_bool_dtype(f[c])
            for f in frames
        )
    ]
    if not keys:  # rows that nothing tells apart stand as they are numbered
        frames = [f.assign(row=range(1, len(f) + 1)) for f in frames]
        keys.append("row")
    long = [
        f.melt(id_vars=keys, value_vars=numbers, var_name="column", value_name=side)
        for f, side in zip(frames, ("before", "after"), strict=True)
    ]
    out = long[0].merge(long[1], on=[*keys, "column"], how="outer", sort=False)
    for side in ("before", "after"):
        out[side] = pd.to_numeric(out[side]).astype(np.float64)
    out["unit"] = [str(units.get(c, "")) for c in out["column"]]
    if "unit" in frames[0].columns and "unit" not in keys and not units.get("value"):
        said = frames[0].drop_duplicates(keys).set_index(keys)["unit"]
        out["unit"] = [
            u or str(said.get(k, "")) for u, k in zip(out["unit"], _tuples(out, keys), strict=True)
        ]
    out["change"] = out["after"] - out["before"]
    with np.errstate(invalid="ignore", divide="ignore"):
        out["change_share"] = np.where(
            out["before"] != 0, out["change"] / out["before"].abs(), np.nan
        )
    return out[[*keys, "column", "unit", "before", "after", "change", "change_share"]]


def _tuples(frame: pd.DataFrame, keys: list[str]) -> list[Any]:
    return (
        list(frame[keys[0]])
        if len(keys) == 1
        else list(frame[keys].itertuples(index=False, name=None))
    )


def _differ(before: pd.Series, after: pd.Series) -> pd.Series:
    return (after - before).abs() > SAME * np.maximum(before.abs(), after.abs())


def _headline(rows: pd.DataFrame, differs: pd.DataFrame, column: str, product: str) -> str:
    there = list(dict.fromkeys(map(str, rows["column"])))
    if column:
        if column not in there:
            raise PlanError(
                f"{product}: no column of numbers '{column}'; it has {', '.join(there)}"
            )
        return column
    changed = set(differs["column"])
    for pool in ([c for c in there if c in changed], there):
        for word in HEADLINES:
            if word in pool:
                return word
        if pool:
            return pool[0]
    return ""


def _figure(rows: pd.DataFrame, keys: list[str]) -> tuple[float, float, str]:
    """Row of totals if there is one, else the only row or the sum of amounts; NaN for shares and the like."""
    units = [u for u in dict.fromkeys(rows["unit"]) if u]
    unit = units[0] if len(units) == 1 else ""
    if rows.empty:
        return np.nan, np.nan, unit
    total = rows[(rows[keys].astype(str) == "total").any(axis=1)]
    if len(total):
        first = total.iloc[0]
        return float(first["before"]), float(first["after"]), str(first["unit"])
    if len(rows) == 1:
        return float(rows["before"].iloc[0]), float(rows["after"].iloc[0]), unit
    if not is_amount(unit):
        return np.nan, np.nan, unit
    both = rows[rows["before"].notna() & rows["after"].notna()]
    return float(both["before"].sum()), float(both["after"].sum()), unit


def compared_features(pair: Pair, product: str) -> Comparison:
    """Compare features: how many, how long, how large.

    Parameters
    ----------
    pair : Pair
        Two scenarios that have made them.
    product : str
        The features.
    """
    frames = pair.read(product)
    figures = [
        {
            "count": (float(len(f)), "1"),
            "length_km": (float(f.geometry.length.sum()) / 1e3, "km"),
            "area_km2": (float(f.geometry.area.sum()) / 1e6, "km2"),
        }
        for f in frames
    ]
    rows = pd.DataFrame(
        [
            {
                "column": word,
                "unit": unit,
                "before": value,
                "after": figures[1][word][0],
                "change": figures[1][word][0] - value,
                "change_share": share_of(value, figures[1][word][0]),
            }
            for word, (value, unit) in figures[0].items()
        ]
    )
    marks = [set(f.geometry.to_wkb()) for f in frames]
    shared = len(marks[0] & marks[1])
    return Comparison(
        product,
        pair.one,
        pair.other,
        "features",
        "1",
        "count",
        float(len(frames[0])),
        float(len(frames[1])),
        rows,
        pd.DataFrame(),
        None,
        len(marks[0] ^ marks[1]),
        shared,
        len(marks[0] ^ marks[1]),
    )
