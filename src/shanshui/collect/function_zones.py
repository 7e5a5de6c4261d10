"""Statutory function zones at the door: a list of counties, or polygons, become one outline per zone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

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
from shanshui.region.place_codes import clean_code

COLUMNS = ["name", "kind", "level", "named", "found", "geometry"]
"""Of an outline: who it is, what for, who set it, how many counties the list names and how many of them have an outline here."""


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
        ``name, kind, level, named, found``; ``named`` and ``found`` are NaN of polygons. Of a list, the attribute ``join`` tells which
        counties have no outline.

    Raises
    ------
    DataError
        A kind or a level that is none, one zone of two kinds, no county that the study has, nothing inside the study.
    """
    listed = {is_list(path) for path in paths}
    if len(listed) > 1:
        raise DataError(
            f"{name}: its files are tables and polygons; expected one of both: leave the others out"
        )
    if listed == {True}:
        return _outlined(paths, specs, name, grid, above)
    return _drawn(paths, specs, kind, name, grid)


def listed_zones(
    path: Path, spec: InputSpec, name: str, places: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame, JoinAccount | None]:
    """Rows of a list of counties, in our words, and the places that they reach.

    Parameters
    ----------
    path, spec, name
        The file, its declaration, the input.
    places : DataFrame, optional
        Of :func:`shanshui.collect.joining.places_frame`.

    Returns
    -------
    (DataFrame, DataFrame, JoinAccount or None)
        ``code, name, kind, level`` as the file has them and with the codes of the study's places; what became of each row, None without
        places.

    Raises
    ------
    DataError
        Columns that lack, other words, no county that the study has.
    """
    frame = coefficients_input(path, spec, name)
    if "zone" in frame:
        frame = frame.drop(columns=[c for c in ("name",) if c in frame]).rename(
            columns={"zone": "name"}
        )
    lacks = [c for c in ("code", "name", "kind") if c not in frame]
    if lacks:
        word = "zone" if lacks[0] == "name" else lacks[0]
        raise DataError(
            f"{name}: {path} has no column {word}; found {', '.join(map(str, frame.columns))[:400]}; expected code, zone, kind and level; "
            f'name it: columns = {{ {word} = "…" }} in [inputs.{name}]'
        )
    rows = _worded(frame, name, str(path))[["code", "name", "kind", "level"]]
    rows = rows.assign(code=[clean_code(c) for c in rows["code"]]).drop_duplicates(
        ["code", "name"], ignore_index=True
    )
    if places is None:
        return rows, rows.iloc[:0], None
    zones = rows.rename(columns={"name": "zone"}).assign(rows=1.0)
    done = joined_places(zones, spec, name, places, ["zone", "kind", "level"])
    return rows, done.table.rename(columns={"zone": "name"}), done.account


def _worded(frame: pd.DataFrame, name: str, path: str) -> pd.DataFrame:
    """Rows with the words of ours for kind and level; a level that is not told is national."""
    given = frame["level"] if "level" in frame else pd.Series("national", frame.index)
    kinds, levels = [], []
    for row, (kind, level) in enumerate(zip(frame["kind"], given, strict=True), start=1):
        kinds.append(kind_of_zone(kind, f"{name}.kind: {path}: row {row}"))
        blank = level is None or level != level or str(level).strip() == ""
        levels.append(
            level_of_zone("national" if blank else level, f"{name}.level: {path}: row {row}")
        )
    out = frame.assign(kind=kinds, level=levels, name=[str(n).strip() for n in frame["name"]])
    if (out["name"] == "").any():
        row = int(np.flatnonzero(out["name"] == "")[0]) + 1
        raise DataError(f"{name}.zone: {path}: row {row} has no zone; expected its name")
    each = out.groupby("name", sort=True)[["kind", "level"]].nunique()
    twice = each.index[(each > 1).any(axis=1)]
    if len(twice):
        raise DataError(
            f"{name}: {path}: zone '{twice[0]}' has more than one kind or level; expected one: give each part a name of its own"
        )
    return out


def _drawn(
    paths: Sequence[Path], specs: Sequence[InputSpec], kind: InputKind, name: str, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Polygons of files, those of one name as one zone."""
    drawn = replace(kind, family="polygons", gives=Features({"name": TEXT, "kind": TEXT}))
    frame = features_input(list(paths), list(specs), drawn, name, grid)
    if "zone" in frame and not frame["name"].astype(str).str.strip().any():
        frame = frame.assign(name=frame["zone"])
    told = frame.attrs
    frame = _worded(frame, name, str(paths[0]))[["name", "kind", "level", "geometry"]]
    frame = frame.dissolve("name", sort=False, as_index=False)
    frame = frame.assign(named=np.nan, found=np.nan)[COLUMNS]
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="unit")
    frame.attrs = told
    return frame


def _outlined(
    paths: Sequence[Path],
    specs: Sequence[InputSpec],
    name: str,
    grid: GridSpec,
    above: Mapping[str, gpd.GeoDataFrame],
) -> gpd.GeoDataFrame:
    places = places_frame(above)
    if places is None:
        raise DataError(
            f"{name}: {paths[0]} lists counties, and the study has none; add [inputs.counties], or give polygons"
        )
    parts = [
        listed_zones(path, spec, name, places) for path, spec in zip(paths, specs, strict=True)
    ]
    rows = pd.concat([p[0] for p in parts], ignore_index=True).drop_duplicates(["code", "name"])
    found = pd.concat([p[1] for p in parts], ignore_index=True).drop_duplicates(["code", "name"])
    shapes = {
        clean_code(code): shape
        for level in reversed(LEVELS)
        if level in above
        for code, shape in zip(above[level]["code"], above[level].geometry, strict=True)
    }
    out = []
    for zone, group in rows.groupby("name", sort=False):
        codes = [c for c in found.loc[found["name"] == zone, "code"] if c in shapes]
        if not codes:
            continue  # none of its counties has an outline: the account names them
        out.append(
            {
                "name": zone,
                "kind": group["kind"].iloc[0],
                "level": group["level"].iloc[0],
                "named": float(len(group)),
                "found": float(len(codes)),
                "geometry": gpd.GeoSeries([shapes[c] for c in codes]).union_all(),
            }
        )
    if not out:
        raise DataError(
            f"{name}: no county of {paths[0]} meets the study; correct the codes, or leave [inputs.{name}] out"
        )
    frame = gpd.GeoDataFrame(out, columns=COLUMNS, geometry="geometry", crs=grid.projection)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="unit")
    accounts = [p[2] for p in parts if p[2] is not None]
    frame.attrs = {"join": together(accounts).as_dict()}
    return frame
