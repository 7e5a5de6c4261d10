"""A table in two scenarios by place: of its own rows where they are places, and of its sisters by unit, county and prefecture."""

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.zones import ZONES, placed

BY_INDEX = "unit"
"""Key column that holds the index of the outlines."""
HEADLINES = ("total", "value", "amount", "area_km2", "share", "score")
"""Columns by which a table is told in one figure, the first that it has; else its first number that differs."""
LEVEL_OF = {
    "planning_unit": "unit",
    "county": "county",
    "prefecture": "prefecture",
    "province": "province",
    "river_basin": "basin",
}


def table_places(
    pair: Pair, product: str, column: str, read: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
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
    DataFrame
        ``level, code, name, name_zh, area_km2, before, after, change, change_share``; empty where no row is a place.
    """
    if not pair.zones.frames:
        return pd.DataFrame()
    stem = product
    for level in ZONES:
        stem = stem.removeprefix(f"{level}_")
    unit = str((read[0].attrs.get("units") or {}).get(column, ""))
    parts: dict[str, pd.DataFrame] = {}
    for name in dict.fromkeys([product, *(f"{level}_{stem}" for level in ZONES)]):
        if not pair.both(name):
            continue
        level = next((LEVEL_OF[k] for k in pair.a.plan.key(name) if k in LEVEL_OF), "")
        if level and level not in parts:
            frames = read if name == product else pair.read(name)
            found = _one_level(pair, name, level, column, unit, frames)
            if found is not None:
                parts[level] = found
    order = [parts[level] for level in ZONES if level in parts]
    return pd.concat(order, ignore_index=True) if order else pd.DataFrame()


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


def plain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Table with an index that has a name as a column."""
    return frame.reset_index(drop=frame.index.name is None)
