"""Features kept as GeoParquet, and handed out as GeoPackage."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from shanshui.store.layout import disk_errors
from shanshui.store.tables import table_digest


def features_digest(frame: gpd.GeoDataFrame) -> str:
    """Digest of columns, index, units, coordinate systems and shapes.

    Every geometry column counts, with its name and place; no shape at all and an empty shape are not the same.
    """
    shapes = {name: frame[name] for name in frame.columns if frame[name].dtype == "geometry"}
    plain = pd.DataFrame(frame.drop(columns=list(shapes)))
    plain.attrs = dict(frame.attrs)
    digest = hashlib.sha256(table_digest(plain).encode())
    active = frame.active_geometry_name
    for name, column in shapes.items():
        place = list(frame.columns).index(name)
        digest.update(f"\x1e{name}:{place}:{name == active}:".encode())
        digest.update(str(column.crs.to_wkt() if column.crs else "").encode())
        for shape in shapely.to_wkb(column.values, output_dimension=4, byte_order=1):
            digest.update(b"\x00" if shape is None else len(shape).to_bytes(8, "big") + shape)
    return digest.hexdigest()


def write_features(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoParquet."""
    with disk_errors(path):
        frame.to_parquet(path, compression="zstd")


def read_features(path: Path) -> gpd.GeoDataFrame:
    """Read GeoParquet."""
    return gpd.read_parquet(path)


def write_geopackage(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a new GeoPackage, one layer or table per name: the same content gives the same bytes.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame or DataFrame
        In the order in which they stand in the file.
    path : Path
        Where nothing stands yet.
    """
    # the container notes when it was written: fixed, for otherwise no two files would be the same
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00Z"})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
