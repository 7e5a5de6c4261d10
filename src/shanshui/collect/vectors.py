"""Open features: layers, points of a table; what cannot be read is named with the reason."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.gate import checked, layers_of, read_layer
from shanshui.collect.readers import read_table, renamed
from shanshui.core.errors import DataError


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
    return renamed(frame[~frame.geometry.isna()], spec, name, path)


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
