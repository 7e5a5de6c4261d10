"""A table in two scenarios by place: of its own rows where they are places, and of its sisters by unit, county, prefecture and basin."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.zones import RIVER_BASIN, ZONES, placed
from shanshui.queries.plain import records

BY_INDEX = "unit"
"""Key column that holds the index of the outlines."""
HEADLINES = ("total", "value", "amount", "area_km2", "share", "score")
"""Columns by which a table is told in one figure, the first that it has; else its first number that differs."""
SUMMED = (
    "yuan",
    "person",
    "job",
    "household",
    "t",
    "kg",
    "g",
    "m3",
    "km2",
    "ha",
    "m2",
    "km",
    "kWh",
    "MWh",
    "GWh",
    "TWh",
    "MJ",
    "GJ",
    "J",
)
"""Units, of a year or at large, of which the rows of a table may be summed; heights, shares and prices may not."""
LEVEL_OF = {
    "planning_unit": "unit",
    "county": "county",
    "prefecture": "prefecture",
    "province": "province",
    "river_basin": RIVER_BASIN,
    "nested_basin": "basin",
}


@dataclass(frozen=True)
class Placed:
    """A column of a table by place.

    Attributes
    ----------
    places : DataFrame
        ``level, code, name, name_zh, area_km2, before, after, change, change_share``; empty where no row is a place.
    finer : tuple of str
        Products that would tell more places, and that one of the two has not made.
    moved : tuple of str
        Levels that are left out, for their places are not the same in both.
    """

    places: pd.DataFrame
    finer: tuple[str, ...]
    moved: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "places": records(self.places),
            "finer": list(self.finer),
            "moved": list(self.moved),
        }


def table_places(
    pair: Pair, product: str, column: str, read: tuple[pd.DataFrame, pd.DataFrame]
) -> Placed:
    """Tell a column by place: of the table itself where its rows are places, and of its sisters by unit, county and prefecture.

    Parameters
    ----------
    pair : Pair
        Two scenarios that have made the table.
    product : str
        The table.
    column : str
        That is told.
    read : (DataFrame, DataFrame)
        The table in both, as it was read.

    Returns
    -------
    Placed
        Amounts of planning units are summed by river basin too.
    """
    stem = product
    for level in ZONES:
        stem = stem.removeprefix(f"{level}_")
    sisters = list(dict.fromkeys([product, *(f"{level}_{stem}" for level in ZONES)]))
    levels = {name: level for name in sisters if (level := _level(pair, name))}
    finer = pair.lacking(levels)
    if not pair.zones.frames:
        return Placed(pd.DataFrame(), finer, ())
    unit = str((read[0].attrs.get("units") or {}).get(column, ""))
    parts: dict[str, pd.DataFrame] = {}
    moved: dict[str, None] = {}
    for name, level in levels.items():
        if level in parts or not pair.both(name):
            continue
        if not pair.same_places(level):
            moved[level] = None
            continue
        frames = read if name == product else pair.read(name)
        found = _one_level(pair, name, level, column, unit, frames)
        if found is not None:
            parts[level] = found
    if "unit" in parts and RIVER_BASIN in pair.zones.frames and is_amount(unit):
        parts[RIVER_BASIN] = _by_river_basin(pair, parts["unit"])
    order = [parts[level] for level in ZONES if level in parts]
    told = pd.concat(order, ignore_index=True) if order else pd.DataFrame()
    return Placed(told, finer, tuple(moved))


def _level(pair: Pair, name: str) -> str:
    """Level of the places that the rows of a table are; blank where they are none, or it is no product."""
    if name not in pair.a.plan.steps:
        return ""
    return next((LEVEL_OF[k] for k in pair.a.plan.key(name) if k in LEVEL_OF), "")


def _by_river_basin(pair: Pair, units: pd.DataFrame) -> pd.DataFrame:
    """Amounts of planning units summed by river basin; NaN where one of its units has none."""
    outlines = pair.zones.frames["unit"]
    basin = units["code"].map(outlines.set_index("code")[RIVER_BASIN])
    by_basin = units[["area_km2", "before", "after"]].groupby(basin)
    values = by_basin.sum().where(by_basin.count().eq(by_basin.size(), axis=0))
    frame = pair.zones.frames[RIVER_BASIN]
    rows = values.reindex(frame["name"])
    sides = [rows[side].to_numpy() for side in ("before", "after")]
    return placed(RIVER_BASIN, frame, sides, rows["area_km2"].to_numpy())


def _one_level(
    pair: Pair,
    name: str,
    level: str,
    column: str,
    unit: str,
    read: tuple[pd.DataFrame, pd.DataFrame],
) -> pd.DataFrame | None:
    units = read[0].attrs.get("units") or {}
    one, other = (_of_last_year(plain_rows(frame)) for frame in read)
    key = next(iter(pair.a.plan.keys(name)), "")
    if key not in one or key not in other:
        return None
    # a table of places may name the same figure otherwise, but not tell another one
    words = [w for w in (column, *HEADLINES) if w == column or (unit and units.get(w) == unit)]
    words = [w for w in words if w in one and w in other]
    words = [w for w in words if pd.api.types.is_numeric_dtype(one[w])]
    if not words or one[key].duplicated().any() or other[key].duplicated().any():
        return None
    both = one[[key, words[0]]].merge(other[[key, words[0]]], on=key, suffixes=("_1", "_2"))
    named = _place_names(pair.zones.frames.get(level), key)
    label = both[key].astype(str)
    frame = pd.DataFrame([named.get(k, {"code": k, "name": k, "name_zh": k}) for k in label])
    area = one.set_index(key)["area_km2"] if "area_km2" in one else None
    areas = np.nan if area is None else both[key].map(area).to_numpy()
    return placed(
        level, gpd.GeoDataFrame(frame), [both[f"{words[0]}_1"], both[f"{words[0]}_2"]], areas
    )


def _of_last_year(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["year"] == frame["year"].max()] if "year" in frame else frame


def _place_names(zones: gpd.GeoDataFrame | None, key: str) -> dict[str, dict[str, str]]:
    """Code and names of each place by what a key column calls it: the index of the outlines under ``unit``, else their code."""
    if zones is None:
        return {}
    index = pd.Series(zones.index, zones.index).astype(str)
    code = zones["code"].astype(str) if "code" in zones else index
    called = index if key == BY_INDEX else code
    words = pd.DataFrame({"code": code})
    words["name"] = zones["name"].fillna("").astype(str) if "name" in zones else code
    words["name_zh"] = (
        zones["name_zh"].fillna("").astype(str) if "name_zh" in zones else words["name"]
    )
    return dict(zip(called, words.to_dict("records"), strict=True))


def is_amount(unit: str) -> bool:
    """Whether figures of a unit may be summed over rows."""
    return unit.removesuffix("/yr").rpartition(" ")[2] in SUMMED


def plain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Table with an index that has a name as a column."""
    return frame.reset_index(drop=frame.index.name is None)
