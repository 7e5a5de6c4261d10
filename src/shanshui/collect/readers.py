"""Open files: rasters, features, tables; what cannot be read is named with the reason."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.gate import (
    checked,
    layers_of,
    read_layer,
    require,
)
from shanshui.core.errors import DataError

ALIASES = {
    "adcode": "code", "代码": "code", "行政区划代码": "code", "区划代码": "code", "编码": "code",
    "名称": "name", "地区": "name", "县": "name", "县区": "name", "区县": "name", "城市": "name",
    "年份": "year", "年度": "year", "年": "year",
    "人口": "population", "常住人口": "population", "总人口": "population", "pop": "population",
    "面积": "area_km2", "类别": "class", "地类": "class",
    "经度": "lon", "longitude": "lon", "lng": "lon", "纬度": "lat", "latitude": "lat",
}  # fmt: skip
"""Column names that people use for ours; the study file's ``columns`` goes before them."""


def raster_crs(own: CRS | None, spec: InputSpec, name: str, path: Path) -> CRS:
    """Coordinate system of a raster, the study file's word first.

    Raises
    ------
    DataError
        None known.
    """
    if spec.crs is None and own is None:
        raise DataError(
            f'{name}: {path} has no coordinate system; add crs = "EPSG:…" to [inputs.{name}], '
            "or give --crs to shanshui new"
        )
    try:
        crs = CRS.from_user_input(spec.crs or own)
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(
            f"{name}.crs: '{spec.crs or own}' is not a coordinate system ({error})"
        ) from None
    # heights of a compound system are no third coordinate of a map
    return crs.sub_crs_list[0] if crs.is_compound and crs.sub_crs_list else crs


def read_features(path: Path, spec: InputSpec, name: str) -> gpd.GeoDataFrame:
    """Read GeoPackage, GeoParquet, Shapefile, GeoJSON, or a table with lon and lat.

    Raises
    ------
    DataError
        Unreadable, no such layer, no coordinate system, no rows.
    """
    checked(path, name)
    if path.suffix.lower() in TABLES - {".parquet"}:
        return _points_of(read_table(path, spec, name), spec, name, path)
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            frame = read_layer(path, name)
        else:
            layers = layers_of(path, name)
            if spec.layer is None and len(layers) > 1:
                raise DataError(
                    f'{name}: {path} has layers {", ".join(layers)}; choose one with layer = "…"'
                )
            if spec.layer is not None and spec.layer not in layers:
                raise DataError(
                    f"{name}.layer: no layer '{spec.layer}' in {path}; found {', '.join(layers)}"
                )
            frame = _decoded(path, spec, name)
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        if path.suffix.lower() == ".parquet":
            return _points_of(read_table(path, spec, name), spec, name, path)
        raise DataError(f"{name}: {path} cannot be read ({error}); is it complete?") from None
    if spec.crs is not None:
        frame = frame.set_crs(spec.crs, allow_override=True)
    if frame.crs is None:
        raise DataError(
            f'{name}: {path} has no coordinate system; add crs = "EPSG:…" to [inputs.{name}]'
        )
    return _renamed(frame[~frame.geometry.isna()], spec, name, path)


def _decoded(path: Path, spec: InputSpec, name: str) -> gpd.GeoDataFrame:
    """Shapefiles without a code page are tried as UTF-8, then as Chinese."""
    try:
        return read_layer(path, name, layer=spec.layer, encoding=spec.encoding)
    except UnicodeDecodeError:
        return read_layer(path, name, layer=spec.layer, encoding="gb18030")


def _points_of(frame: pd.DataFrame, spec: InputSpec, name: str, path: Path) -> gpd.GeoDataFrame:
    if not {"lon", "lat"} <= set(frame.columns):
        raise DataError(
            f"{name}: {path} has neither geometry nor columns lon and lat; found {', '.join(map(str, frame.columns))}"
        )
    shapes = gpd.points_from_xy(frame["lon"], frame["lat"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=spec.crs or "EPSG:4326")


def read_table(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Read CSV, Excel or Parquet; numbers with thousands separators become numbers.

    Raises
    ------
    DataError
        Unreadable, wrong encoding, merged header cells, no such sheet.
    """
    require(path, name)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            frame = pd.read_parquet(path)
        elif suffix in {".xlsx", ".xlsm"}:
            frame = _read_workbook(path, spec, name)
        elif suffix in {".csv", ".txt", ".tsv"}:
            frame = _read_text(path, spec, name)
        else:
            raise DataError(
                f"{name}: {path}: '{suffix}' is not a table; expected .csv, .xlsx or .parquet"
            )
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(f"{name}: {path} cannot be read ({error}); is it complete?") from None
    return _renamed(frame.apply(_numbers), spec, name, path)


def _read_text(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    raw = path.read_bytes()
    tries = [spec.encoding] if spec.encoding else ["utf-8-sig", "gb18030"]
    for encoding in tries:
        try:
            text = raw.decode(str(encoding))
            break
        except (UnicodeDecodeError, LookupError):
            continue
    else:
        raise DataError(
            f'{name}: {path} is not text in {" or ".join(map(str, tries))}; set encoding = "…"'
        )
    if not text.strip():
        raise DataError(f"{name}: {path} is empty")
    from io import StringIO

    mark = "\t" if path.suffix.lower() == ".tsv" else None
    head = text.splitlines()[0]
    if mark is None:
        mark = max([",", ";", "\t", "|"], key=head.count)
    frame = pd.read_csv(StringIO(text), sep=mark, skipinitialspace=True)
    whole = [c for c in frame.columns if frame[c].dtype.kind in "iu"]
    if whole and _LEADING_ZERO.search(text):
        # codes: 0610 is not 610
        cells_as_text = pd.read_csv(
            StringIO(text),
            sep=mark,
            skipinitialspace=True,
            dtype=str,
            usecols=list(map(str, whole)),
        )
        for column in whole:
            cells = cells_as_text[column].astype(str).str.strip()
            if cells.str.match(r"0\d").any():
                frame[column] = cells.astype(object)
    return frame


_LEADING_ZERO = re.compile(r"(?:^|[,;\t| ])0\d", re.MULTILINE)


def _read_workbook(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True)
    if spec.layer is not None and spec.layer not in book.sheetnames:
        raise DataError(
            f"{name}.layer: no sheet '{spec.layer}' in {path}; found {', '.join(book.sheetnames)}"
        )
    sheet = book[spec.layer] if spec.layer else book.worksheets[0]
    merged = [r for r in sheet.merged_cells.ranges if r.min_row <= spec.header_rows]
    tall = max((r.max_row for r in merged), default=1)
    if merged and (spec.header_rows == 1):
        raise DataError(
            f"{name}: {path}, sheet '{sheet.title}': header cells {merged[0].coord} are merged; "
            f"say how many rows the header has: header_rows = {max(2, tall)}"
        )
    rows = [list(r) for r in sheet.iter_rows(values_only=True)]
    if len(rows) <= spec.header_rows:
        raise DataError(f"{name}: {path}, sheet '{sheet.title}': no rows below the header")
    for block in merged:
        fill = rows[block.min_row - 1][block.min_col - 1]
        for r in range(block.min_row, min(block.max_row, spec.header_rows) + 1):
            for c in range(block.min_col, block.max_col + 1):
                rows[r - 1][c - 1] = fill
    heads = []
    for column in zip(*rows[: spec.header_rows], strict=True):
        words = list(dict.fromkeys(str(w).strip() for w in column if w is not None))
        heads.append(" / ".join(words))
    frame = pd.DataFrame(rows[spec.header_rows :], columns=heads)
    return frame.dropna(how="all").infer_objects()


_NUMBER = re.compile(r"^\s*[-+]?(\d{1,3}([,，]\d{3})+|\d+)(\.\d+)?\s*%?\s*$")
_GAPS = {"", "-", "—", "--", "…", "...", "na", "n/a", "nan", "null", "none", "无", "缺"}


def _numbers(column: pd.Series) -> pd.Series:
    """Text that is numbers with thousands separators becomes numbers; codes with leading zeros stay."""
    if column.dtype.kind in "biufM":
        return column
    text = column.map(lambda v: v.strip() if isinstance(v, str) else v)
    filled = [v for v in text if v is not None and v == v and str(v).lower() not in _GAPS]
    texts = [v for v in filled if isinstance(v, str)]
    if not texts or not all(_NUMBER.match(v) for v in texts):
        return text
    if any(re.match(r"^0\d", v) for v in texts):
        return text

    def read(value: Any) -> float:
        if value is None or value != value or str(value).lower() in _GAPS:
            return np.nan
        if not isinstance(value, str):
            return float(value)
        return float(re.sub(r"[,，%\s]", "", value))

    return column.map(read)


def _renamed(frame: Any, spec: InputSpec, name: str, path: Path) -> Any:
    heads = {str(c).strip().lstrip("\ufeff"): c for c in frame.columns}
    frame = frame.rename(columns={c: head for head, c in heads.items()})
    turn = {}
    for ours, theirs in spec.columns.items():
        if theirs not in frame.columns:
            from shanshui.core.errors import nearest

            raise DataError(
                f"{name}.columns.{ours}: no column '{theirs}' in {path}; {nearest(theirs, map(str, frame.columns))}"
            )
        turn[theirs] = ours
    clash = [c for c in turn.values() if c in frame.columns and c not in turn]
    frame = frame.drop(columns=clash).rename(columns=turn)
    for theirs, ours in ALIASES.items():
        if ours not in frame.columns and theirs in frame.columns:
            frame = frame.rename(columns={theirs: ours})
    for column, keep in spec.only.items():
        if column not in frame.columns:
            raise DataError(
                f"{name}.only: no column '{column}' in {path}; found {', '.join(map(str, frame.columns))}"
            )
        wanted = {str(k) for k in keep}
        frame = frame[frame[column].map(_text).isin(wanted)]
        if frame.empty:
            raise DataError(
                f"{name}.only: no row of {path} has {column} among {', '.join(sorted(wanted)[:5])}"
            )
    return frame.reset_index(drop=True)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
