"""Open files: rasters, features, tables; what cannot be read is named with the reason."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import rasterio
import xarray as xr
from pyproj import CRS
from rasterio.errors import RasterioError

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES, refuse_remote
from shanshui.collect.sheets.names import named
from shanshui.collect.sheets.reading import SheetTable, Wanted, read_sheets
from shanshui.collect.sheets.units import PARTS
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError, nearest


def require(path: Path, name: str) -> None:
    """Refuse a path that is not there, naming likely ones, and one that is no file or folder.

    Raises
    ------
    DataError
        Missing file, a pipe or a device.
    """
    if path.is_file() or path.is_dir():
        return
    if path.exists():
        raise DataError(
            f"{name}: {path} is neither a file nor a folder, but a pipe or a device; copy what it gives into a file"
        )
    beside = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
    where = (
        nearest(path.name, beside) if beside else f"the folder {path.parent} does not exist either"
    )
    raise DataError(f"{name}: no file {path}; {where}; correct inputs.{name}.file or give --data")


def open_raster(path: Path, spec: InputSpec, name: str) -> Any:
    """Open a raster that GDAL reads.

    Raises
    ------
    DataError
        Unreadable, truncated, or without the band.
    """
    require(path, name)
    refuse_remote(path, name)
    try:
        file = rasterio.open(path)
    except RasterioError as error:
        raise DataError(
            f"{name}: {path} cannot be read as a raster ({error}); is it complete?"
        ) from None
    if isinstance(spec.band, int) and not 1 <= spec.band <= file.count:
        file.close()
        raise DataError(
            f"{name}.band: {spec.band} asked for, but {path} has bands 1 to {file.count}"
        )
    return file


def raster_crs(file: Any, spec: InputSpec, name: str, path: Path) -> CRS:
    """Coordinate system of a raster, the study file's word first.

    Raises
    ------
    DataError
        None known.
    """
    if spec.crs is None and file.crs is None:
        raise DataError(
            f'{name}: {path} has no coordinate system; add crs = "EPSG:…" to [inputs.{name}], '
            "or give --crs to shanshui new"
        )
    try:
        return CRS.from_user_input(spec.crs or file.crs.to_wkt())
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(
            f"{name}.crs: '{spec.crs or file.crs}' is not a coordinate system ({error})"
        ) from None


def cube_to_array(path: Path, spec: InputSpec, name: str) -> xr.DataArray:
    """Read a variable of a NetCDF or Zarr as ``(band, y, x)``.

    Raises
    ------
    DataError
        Unreadable, or no such variable, or no horizontal dims.
    """
    require(path, name)
    try:
        opened = (
            xr.open_zarr(path, consolidated=False, chunks=None)
            if path.suffix == ".zarr"
            else xr.open_dataset(path, engine="h5netcdf")
        )
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(f"{name}: {path} cannot be read ({error}); is it complete?") from None
    with opened as cube:
        names = [str(v) for v in cube.data_vars if cube[v].ndim >= 2]
        if spec.layer is None and len(names) != 1:
            raise DataError(f'{name}: {path} holds {", ".join(names)}; choose one with layer = "…"')
        layer = spec.layer or names[0]
        if layer not in cube:
            raise DataError(
                f"{name}.layer: no variable '{layer}' in {path}; found {', '.join(names)}"
            )
        values = cube[layer].load()
        ref = cube.get("spatial_ref", cube.get("crs"))
        wkt = None if ref is None else ref.attrs.get("crs_wkt", ref.attrs.get("spatial_ref"))
    found = {str(d).lower(): d for d in values.dims}
    y = next((found[d] for d in ("y", "lat", "latitude") if d in found), None)
    x = next((found[d] for d in ("x", "lon", "longitude") if d in found), None)
    if y is None or x is None:
        raise DataError(
            f"{name}: '{layer}' in {path} has dims {values.dims}; expected y and x, or lat and lon"
        )
    rest = [d for d in values.dims if d not in (y, x)]
    if len(rest) > 1:
        raise DataError(
            f"{name}: '{layer}' in {path} has dims {values.dims}; expected at most one beside {y} and {x}"
        )
    values = values.transpose(*rest, y, x).rename({y: "y", x: "x"})
    if not rest:
        values = values.expand_dims("band")
    if values["y"].size > 1 and values["y"].values[1] > values["y"].values[0]:
        values = values.isel(y=slice(None, None, -1))
    if wkt is None and str(y).lower().startswith("lat"):
        wkt = "EPSG:4326"
    values.attrs["crs"] = wkt
    return values


def read_features(path: Path, spec: InputSpec, name: str) -> gpd.GeoDataFrame:
    """Read GeoPackage, GeoParquet, Shapefile, GeoJSON, or a table with lon and lat.

    Raises
    ------
    DataError
        Unreadable, no such layer, no coordinate system, no rows.
    """
    require(path, name)
    refuse_remote(path, name)
    if path.suffix.lower() in TABLES - {".parquet"}:
        return _points_of(read_table(path, spec, name), spec, name, path)
    try:
        if path.suffix.lower() in {".parquet", ".geoparquet"}:
            frame = gpd.read_parquet(path)
        else:
            layers = [str(row[0]) for row in pyogrio.list_layers(path)]
            if spec.layer is None and len(layers) > 1:
                raise DataError(
                    f'{name}: {path} has layers {", ".join(layers)}; choose one with layer = "…"'
                )
            if spec.layer is not None and spec.layer not in layers:
                raise DataError(
                    f"{name}.layer: no layer '{spec.layer}' in {path}; found {', '.join(layers)}"
                )
            frame = _decoded(path, spec)
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


def _decoded(path: Path, spec: InputSpec) -> gpd.GeoDataFrame:
    """Shapefiles without a code page are tried as UTF-8, then as Chinese."""
    try:
        return pyogrio.read_dataframe(path, layer=spec.layer, encoding=spec.encoding)
    except UnicodeDecodeError:
        return pyogrio.read_dataframe(path, layer=spec.layer, encoding="gb18030")


def _points_of(frame: pd.DataFrame, spec: InputSpec, name: str, path: Path) -> gpd.GeoDataFrame:
    if not {"lon", "lat"} <= set(frame.columns):
        raise DataError(
            f"{name}: {path} has neither geometry nor columns lon and lat; found {', '.join(map(str, frame.columns))}"
        )
    shapes = gpd.points_from_xy(frame["lon"], frame["lat"])
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=spec.crs or "EPSG:4326")


def read_table(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Read a table of any format; see :mod:`shanshui.collect.sheets`.

    Raises
    ------
    DataError
        Unreadable, no table on it, no such sheet or column, rows that do not fit.
    """
    return fractions(table_of(path, spec, name))


def fractions(table: SheetTable) -> pd.DataFrame:
    """Frame of a table whose readers know no units: 51% in a cell is 0.51, whatever its column is called."""
    frame = table.frame
    for read in table.reading.columns:
        own = read.unit_from == "cells" or read.name != read.found
        if (
            own
            and read.unit in PARTS
            and read.name in frame
            and frame[read.name].dtype.kind in "if"
        ):
            frame = frame.assign(**{read.name: frame[read.name] * PARTS[read.unit]})
    return frame


def table_of(
    path: Path,
    spec: InputSpec,
    name: str,
    *,
    wanted: tuple[str, ...] = (),
    sums: bool = True,
    lists: bool = True,
) -> SheetTable:
    """Read a table, and how it was read.

    Parameters
    ----------
    path : Path
        Text, workbook or Parquet.
    spec : InputSpec
        ``columns``, ``only``, ``layer``, ``encoding``, ``header_rows`` and ``year`` as declared.
    name : str
        Input, for messages.
    wanted : tuple of str
        Columns that it should have, the amount last.
    sums : bool
        Rows of sums and means are kept.
    lists : bool
        Cells may hold lists of numbers.

    Returns
    -------
    SheetTable
        Our names where there are some; numbers in the unit of the file.

    Raises
    ------
    DataError
        As :func:`read_table`.
    """
    require(path, name)
    table = read_sheets(
        path,
        name,
        Wanted(
            wanted,
            dict(spec.columns),
            spec.layer,
            spec.encoding,
            spec.header_rows if "header_rows" in spec.model_fields_set else None,
            sums,
            lists,
            spec.year,
        ),
    )
    return _only(table, spec, name, path)


def _only(table: SheetTable, spec: InputSpec, name: str, path: Path) -> SheetTable:
    """Rows that the study file asks for."""
    for column, keep in spec.only.items():
        frame = table.frame
        if column not in frame.columns:
            raise DataError(
                f"{name}.only: no column '{column}' in {path}; found {', '.join(map(str, frame.columns))}"
            )
        wanted = {str(k) for k in keep}
        kept = frame[column].map(_text).isin(wanted).to_numpy()
        if not kept.any():
            raise DataError(
                f"{name}.only: no row of {path} has {column} among {', '.join(sorted(wanted)[:5])}"
            )
        rows = tuple(r for r, k in zip(table.rows, kept, strict=True) if k)
        table = replace(table, frame=frame[kept].reset_index(drop=True), rows=rows)
    return table


def _renamed(frame: Any, spec: InputSpec, name: str, path: Path) -> Any:
    """Features with our column names, those that the study file asks for."""
    heads = [str(c).strip().lstrip("\ufeff") for c in frame.columns]
    frame = frame.set_axis(heads, axis=1)
    labels = [ways_to_say(h) for h in heads]
    turn: dict[int, str] = {}
    for ours, theirs in spec.columns.items():
        at = place_of(theirs, labels)
        if at is None:
            raise DataError(
                f"{name}.columns.{ours}: no column '{theirs}' in {path}; {nearest(theirs, heads)}"
            )
        turn[at] = ours
    given, _ = named(labels, turn)
    names = [given.get(k, h) for k, h in enumerate(heads)]
    # what is declared stands over a column that has our name already
    keep = [k for k, n in enumerate(names) if k in given or n not in given.values()]
    frame = frame.iloc[:, keep].set_axis([names[k] for k in keep], axis=1)
    for column, values in spec.only.items():
        if column not in frame.columns:
            raise DataError(
                f"{name}.only: no column '{column}' in {path}; found {', '.join(map(str, frame.columns))}"
            )
        wanted = {str(k) for k in values}
        frame = frame[frame[column].map(_text).isin(wanted)]
        if frame.empty:
            raise DataError(
                f"{name}.only: no row of {path} has {column} among {', '.join(sorted(wanted)[:5])}"
            )
    return frame.reset_index(drop=True)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
