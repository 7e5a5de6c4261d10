"""Open features: layers, points of a table; what cannot be read is named with the reason."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.code_pages import codec_of, repaired, shapefile_letters
from shanshui.collect.companions import TABLES
from shanshui.collect.gate import checked, layer_facts, layers_of, read_layer
from shanshui.collect.inputs import INPUTS
from shanshui.collect.positions import label_of, settled
from shanshui.collect.readers import read_table, renamed, respelt
from shanshui.collect.transformations import Bounds
from shanshui.core.errors import DataError, nearest

SHAPEFILES = {".shp", ".shz", ".dbf"}
_WESTERN = "ISO-8859-1"
_SHAPES = {"polygons": "polygon", "lines": "line", "points": "point"}
_ANGLE = re.compile(
    r"^\s*([NSEWnsew东西南北]?)\s*([-+]?\d+(?:\.\d+)?)\s*[°度d]\s*(?:(\d+(?:\.\d+)?)\s*['′’分m]\s*)?(?:(\d+(?:\.\d+)?)\s*(?:\"|″|”|''|秒|s)\s*)?([NSEWnsew东西南北]?)\s*$"
)


def read_features(
    path: Path, spec: InputSpec, name: str, study: Bounds | None = None
) -> gpd.GeoDataFrame:
    """Read GeoPackage, Shapefile, FileGDB, GeoJSON, FlatGeobuf, KML, GeoParquet, or a table with lon and lat.

    Parameters
    ----------
    path : Path
        A file, or the folder of a geodatabase.
    spec : InputSpec
        ``layer``, ``encoding``, ``columns``, ``only``, ``crs`` and ``datum`` as declared.
    name : str
        Input, for messages.
    study : (west, south, east, north), optional
        Where the study lies [degree]; a witness where coordinates and system contradict each other.

    Returns
    -------
    GeoDataFrame
        Rows with a place, in our column names; ``attrs["told"]`` holds what was mended or left out, a line each, ``attrs["left_out"]`` the
        places in order of rows that were.

    Raises
    ------
    DataError
        Unreadable, no such layer, no coordinate system, no rows with a place.
    """
    checked(path, name)
    told: list[str] = []
    if path.suffix.lower() in TABLES - {".parquet"} or is_plain_parquet(path):
        if spec.encoding is not None:
            codec_of(spec.encoding, f"{name}.encoding")
        rows = respelt(read_table(path, spec, name), name)
        frame = _points_of(rows, spec, name, path)
        frame, found = settled(frame, spec, name, path, study)
    else:
        frame = _layer_of(path, spec, name, told)
        if "geometry" not in frame.columns or not isinstance(frame, gpd.GeoDataFrame):
            raise DataError(
                f"{name}: {path} holds a table without shapes; expected features, or columns lon and lat"
            )
        named = renamed(frame, spec, name, path)
        frame, found = settled(named, spec, name, path, study)
    frame, left_out = _with_place(frame, name, path, told)
    frame.attrs = {"told": told + found, "left_out": left_out}
    return frame


def is_plain_parquet(path: Path) -> bool:
    """Whether a Parquet file is a table without shapes."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    import pyarrow.parquet as pq

    try:
        return b"geo" not in (pq.read_schema(path).metadata or {})
    except Exception:  # noqa: BLE001 - who reads it says what is wrong
        return False


def _layer_of(path: Path, spec: InputSpec, name: str, told: list[str]) -> Any:
    """Rows of a layer with texts in their own letters."""
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return read_layer(path, name)
    layer = _chosen(path, spec, name, told)
    if path.suffix.lower() in SHAPEFILES or _is_archived_shapefile(path, name, layer):
        letters = shapefile_letters(path, layer, spec.encoding, name)
        told += [letters.told] if letters.told else []
        frame = read_layer(path, name, layer=layer, encoding=_WESTERN)
        return _relettered(frame, letters.encoding)
    if spec.encoding is not None:
        codec_of(spec.encoding, f"{name}.encoding")
    for encoding in dict.fromkeys((spec.encoding, "gb18030")):
        try:
            return read_layer(path, name, layer=layer, encoding=encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    raise DataError(f'{name}: {path}: its texts are in no known letters; set encoding = "…"')


def _is_archived_shapefile(path: Path, name: str, layer: str | None) -> bool:
    if path.suffix.lower() != ".zip":
        return False
    return layer_facts(path, name, layer=layer).get("driver") == "ESRI Shapefile"


def _relettered(frame: gpd.GeoDataFrame, encoding: str) -> gpd.GeoDataFrame:
    """Texts and field names whose bytes were read as western letters, in their own."""
    frame = frame.rename(columns={c: repaired(str(c), encoding) for c in frame.columns})
    for column in frame.columns:
        if column == "geometry" or frame[column].dtype.kind in "biufcmM":
            continue
        frame[column] = frame[column].map(
            lambda v: repaired(v, encoding) if isinstance(v, str) else v
        )
    return frame


def _chosen(path: Path, spec: InputSpec, name: str, told: list[str]) -> str | None:
    """Layer that is read: the declared one, the only one, or the only one with shapes such as are wanted."""
    layers = layers_of(path, name)
    if not layers:
        raise DataError(f"{name}: {path} holds no layer; is it complete?")
    if spec.one_layer is not None:
        if spec.one_layer not in layers:
            raise DataError(
                f"{name}.layer: no layer '{spec.one_layer}' in {path}; {nearest(spec.one_layer, layers)}"
            )
        return spec.one_layer
    if len(layers) == 1:
        return layers[0]
    wanted = _SHAPES.get(INPUTS[name].family, "") if name in INPUTS else ""
    fit = []
    for layer in layers if wanted else ():
        shape = str(layer_facts(path, name, layer=layer).get("geometry_type") or "").lower()
        fit += [layer] if wanted in shape else []
    if len(fit) == 1:
        told.append(
            f'{name}: of {len(layers)} layers, {fit[0]} is read, the only one of {wanted}s; name it: layer = "{fit[0]}"'
        )
        return fit[0]
    raise DataError(
        f'{name}: {path} has layers {", ".join(layers)[:400]}; choose one with layer = "…"'
    )


def _with_place(
    frame: gpd.GeoDataFrame, name: str, path: Path, told: list[str]
) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Rows with a place, and which have none; those are told with their count and the first name."""
    shapes = frame.geometry
    without = (shapes.isna() | shapes.is_empty).to_numpy() | ~np.isfinite(
        shapes.bounds.to_numpy()
    ).all(axis=1)
    if len(frame) and without.all():
        raise DataError(
            f"{name}: {path}: none of its {len(frame)} rows has a place; is it complete?"
        )
    if without.any():
        told.append(
            f"{name}: {int(without.sum())} of {len(frame)} rows have no place (missing, empty or not finite) and are left out; "
            f"the first is {label_of(frame, without)}"
        )
    return frame[~without].reset_index(drop=True), np.flatnonzero(without).tolist()


def _points_of(frame: pd.DataFrame, spec: InputSpec, name: str, path: Path) -> gpd.GeoDataFrame:
    """Points of a table: degrees in lon and lat, or metres in x and y where the study file says in which system."""
    pair = ("lon", "lat")
    if not set(pair) <= set(frame.columns):
        lower = {str(c).lower(): c for c in frame.columns}
        if not {"x", "y"} <= set(lower):
            raise DataError(
                f"{name}: {path} has neither geometry nor columns lon and lat; found {', '.join(map(str, frame.columns))[:400]}; "
                'name them: columns = { lon = "…", lat = "…" }'
            )
        if spec.crs is None:
            raise DataError(
                f'{name}: {path} has columns x and y; say in which system they are: crs = "EPSG:…" in [inputs.{name}]'
            )
        frame = frame.rename(columns={lower["x"]: "lon", lower["y"]: "lat"})
    x, y = (_angles(frame[c], f"{name}.{c}", path) for c in pair)
    shapes = gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def _angles(column: pd.Series, where: str, path: Path) -> pd.Series:
    """Numbers of a column of coordinates; degrees, minutes and seconds are understood, blanks are missing.

    Raises
    ------
    DataError
        A text that is neither.
    """
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    for place in np.flatnonzero((numbers.isna() & column.notna()).to_numpy()).tolist():
        text = str(column.iloc[place]).strip()
        if not text or text.lower() in {
            "-",
            "—",
            "nan",
            "na",
            "n/a",
            "none",
            "null",
            "inf",
            "-inf",
        }:
            continue
        found = _ANGLE.match(text)
        if found is None:
            raise DataError(
                f"{where}: {path}: row {place + 1} of the table holds '{text[:40]}', expected degrees such as 108.5 or 108°30′"
            )
        before, whole, minutes, seconds, after = found.groups()
        value = abs(float(whole)) + float(minutes or 0) / 60.0 + float(seconds or 0) / 3600.0
        side = (before or after or "").upper()
        minus = whole.startswith("-") != (side in {"S", "W", "南", "西"} and side != "")
        numbers.iloc[place] = -value if minus else value
    return numbers
