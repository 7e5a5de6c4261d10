"""Statutory function zones at the door: a list of counties, or polygons, become one outline per zone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.features import features_input
from shanshui.collect.inputs import InputKind
from shanshui.collect.joining import LEVELS, joined_places, places_frame, together
from shanshui.collect.vectors import is_plain_parquet
from shanshui.core.errors import DataError
from shanshui.core.quantity import TEXT, Features
from shanshui.region.function_kinds import kind_of_zone, level_of_zone
from shanshui.region.grid import GridSpec
from shanshui.region.join_account import JoinAccount
from shanshui.region.join_columns import CODES, NAMES
from shanshui.region.place_codes import clean_code

COLUMNS = ["name", "name_zh", "kind", "level", "named", "found", "geometry"]
"""Of an outline: who it is (in Chinese too), what for, who set it, how many counties the list names and how many of them have an outline here."""


def is_list(path: Path) -> bool:
    """Is a file a table of counties, and not a layer of polygons?"""
    return path.suffix.lower() in TABLES - {".parquet"} or is_plain_parquet(path)


def function_zones_input(
    paths: Sequence[Path],
    specs: Sequence[InputSpec],
    kind: InputKind,
    name: str,
    grid: GridSpec,
    above: Mapping[str, gpd.GeoDataFrame],
) -> gpd.GeoDataFrame:
    """Outline of each zone in the grid's coordinate system.

    Parameters
    ----------
    paths, specs : sequence
        Files and their declarations: all tables, or all layers.
    kind : InputKind
        What they are.
    name : str
        Input, for messages.
    grid : GridSpec
        Study grid.
    above : mapping of level to GeoDataFrame
        Places of the study, which a table names.

    Returns
    -------
    GeoDataFrame
        ``name, name_zh, kind, level, named, found``; ``named`` and ``found`` are NaN of polygons. Of a list, the attribute ``join`` tells which
        counties have no outline.

    Raises
    ------
    DataError
        A kind or a level that is none, one zone of two kinds, no county that the study has, nothing inside the study.
    """
    if any(is_list(path) for path in paths):
        return _outlined(paths, specs, name, grid, above)
    return _drawn(paths, specs, kind, name, grid)


@dataclass(frozen=True)
class ZoneLists:
    """Lists of counties of one or several files.

    Attributes
    ----------
    rows : DataFrame
        ``code, county, name, name_zh, kind, level`` as the files have them, each county of a zone once.
    reached : DataFrame
        ``code, name, rows`` with the codes of the study's places: how many rows of a zone came to a place.
    account : JoinAccount
        What became of each row.
    """

    rows: pd.DataFrame
    reached: pd.DataFrame
    account: JoinAccount


def zone_lists(
    paths: Sequence[Path], specs: Sequence[InputSpec], name: str, places: pd.DataFrame | None
) -> ZoneLists:
    """Rows of lists of counties, in our words, and the places that they reach.

    Parameters
    ----------
    paths, specs, name
        The files, their declarations, the input.
    places : DataFrame or None
        Of :func:`shanshui.collect.joining.places_frame`.

    Raises
    ------
    DataError
        Polygons beside tables, columns that lack, other words, one zone of two kinds, a study without places, no county that it has.
    """
    if not all(is_list(path) for path in paths):
        raise DataError(
            f"{name}: its files are tables and polygons; expected one of both: leave the others out"
        )
    if places is None:
        raise DataError(
            f"{name}: {paths[0]} lists counties, and the study has none; add [inputs.counties], or give polygons"
        )
    own = ["code", "county", "name"]
    parts, reached, accounts = [], [], []
    before: set[tuple[str, ...]] = set()
    for path, spec in zip(paths, specs, strict=True):
        rows = _listed(path, spec, name)
        each = list(rows[own].itertuples(index=False, name=None))
        rows = rows[[row not in before for row in each]].reset_index(drop=True)
        before |= set(each)
        if rows.empty:
            continue
        parts.append(rows)
        held = [c for c in own if c == "name" or (rows[c] != "").any()]
        zones = rows[held].rename(columns={"county": "name", "name": "zone"}).assign(rows=1.0)
        done = joined_places(zones, spec, name, places, ["zone"])
        reached.append(done.table[["code", "zone", "rows"]].rename(columns={"zone": "name"}))
        accounts.append(done.account)
    every = pd.concat(parts, ignore_index=True)
    _one_kind(every, f"{name}: {', '.join(map(str, paths))}")
    found = pd.concat(reached).groupby(["code", "name"], sort=False)["rows"].sum().reset_index()
    return ZoneLists(every, found, together(accounts))


def _listed(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Rows of one list of counties, in our words."""
    frame = coefficients_input(path, spec, name)
    at = [_first(frame, CODES), _first(frame, [n for n in NAMES if "zone" in frame or n != "name"])]
    zone = _first(frame, ("zone", "name"))
    lacks = [
        word
        for word, have in (("code", any(at)), ("zone", zone), ("kind", "kind" in frame))
        if not have
    ]
    if lacks or zone is None:
        raise DataError(
            f"{name}: {path} has no column {lacks[0]}; found {', '.join(map(str, frame.columns))[:400]}; expected code, zone, kind and level; "
            f'name it: columns = {{ {lacks[0]} = "…" }} in [inputs.{name}]'
        )
    code, county = ([""] * len(frame) if c is None else [_text(v) for v in frame[c]] for c in at)
    rows = pd.DataFrame(
        {
            "code": [clean_code(c) for c in code],
            "county": county,
            "name": frame[zone],
            "name_zh": frame[zh] if (zh := _chinese(frame, zone)) else "",
            "kind": frame["kind"],
            "level": frame.get("level", ""),
        }
    )
    return _worded(rows, name, str(path)).drop_duplicates(["code", "county", "name"])


def _first(frame: pd.DataFrame, words: Iterable[str]) -> str | None:
    return next((w for w in words if w in frame), None)


def _worded(frame: pd.DataFrame, name: str, path: str) -> pd.DataFrame:
    """Rows with the words of ours for kind and level; a level that is not told is national."""
    given = frame["level"] if "level" in frame else pd.Series("national", frame.index)
    kinds, levels = [], []
    for row, (kind, level) in enumerate(zip(frame["kind"], given, strict=True), start=1):
        kinds.append(kind_of_zone(_text(kind), f"{name}.kind: {path}: row {row}"))
        levels.append(level_of_zone(_text(level) or "national", f"{name}.level: {path}: row {row}"))
    names = [_text(n) for n in frame["name"]]
    told = frame.get("name_zh", names)
    chinese = [_text(z) or n for z, n in zip(told, names, strict=True)]
    out = frame.assign(kind=kinds, level=levels, name=names, name_zh=chinese)
    if (out["name"] == "").any():
        row = int(np.flatnonzero(out["name"] == "")[0]) + 1
        raise DataError(f"{name}.zone: {path}: row {row} has no zone; expected its name")
    _one_kind(out, f"{name}: {path}")
    return out


def _one_kind(rows: pd.DataFrame, where: str) -> None:
    """Refuse a zone that stands for two things."""
    each = rows.groupby("name", sort=True)[["kind", "level"]].nunique()
    twice = each.index[(each > 1).any(axis=1)]
    if len(twice):
        raise DataError(
            f"{where}: zone '{twice[0]}' has more than one kind or level; expected one: give each part a name of its own"
        )


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _chinese(frame: pd.DataFrame, zone: str) -> str | None:
    """Column of the zones' Chinese names: beside a column ``zone``, another ``name_zh`` is the counties'."""
    return f"{zone}_zh" if f"{zone}_zh" in frame else None


def _drawn(
    paths: Sequence[Path], specs: Sequence[InputSpec], kind: InputKind, name: str, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Polygons of files, those of one name as one zone."""
    drawn = replace(kind, family="polygons", gives=Features({"name": TEXT, "kind": TEXT}))
    frame = features_input(list(paths), list(specs), drawn, name, grid)
    if "zone" in frame:
        zh = _chinese(frame, "zone")
        frame = frame.assign(name=frame["zone"], name_zh=frame[zh] if zh else "")
    told = frame.attrs
    worded = _worded(frame, name, str(paths[0])).assign(named=np.nan, found=np.nan)[COLUMNS]
    out = gpd.GeoDataFrame(worded, geometry="geometry", crs=grid.projection)
    out = out.dissolve("name", sort=False, as_index=False)[COLUMNS]
    out.index = pd.RangeIndex(1, len(out) + 1, name="unit")
    out.attrs = told
    return out


def _outlined(
    paths: Sequence[Path],
    specs: Sequence[InputSpec],
    name: str,
    grid: GridSpec,
    above: Mapping[str, gpd.GeoDataFrame],
) -> gpd.GeoDataFrame:
    lists = zone_lists(paths, specs, name, places_frame(above))
    shapes = {
        clean_code(code): shape
        for level in reversed(LEVELS)
        if level in above
        for code, shape in zip(above[level]["code"], above[level].geometry, strict=True)
    }
    out = []
    for zone, group in lists.rows.groupby("name", sort=False):
        mine = lists.reached[lists.reached["name"] == zone]
        mine = mine[mine["code"].isin(shapes)]
        if mine.empty:
            continue  # none of its counties has an outline: the account names them
        out.append(
            {
                "name": zone,
                "name_zh": group["name_zh"].iloc[0],
                "kind": group["kind"].iloc[0],
                "level": group["level"].iloc[0],
                "named": float(len(group)),
                # of counties that were joined each is found, of one that was parted each part
                "found": float(np.maximum(np.rint(mine["rows"]), 1.0).sum()),
                "geometry": shapely.union_all([shapes[c] for c in mine["code"]]),
            }
        )
    if not out:
        raise DataError(
            f"{name}: no county of {paths[0]} meets the study; correct the codes, or leave [inputs.{name}] out"
        )
    frame = gpd.GeoDataFrame(out, columns=COLUMNS, geometry="geometry", crs=grid.projection)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="unit")
    frame.attrs = {"join": lists.account.as_dict()}
    return frame
