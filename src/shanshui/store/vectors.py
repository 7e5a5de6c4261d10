"""Features kept as GeoParquet, and handed out as GeoPackage."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from shanshui.store.layout import disk_errors
from shanshui.store.tables import table_digest

Aliases = Mapping[str, Mapping[str, tuple[str, str]]]
"""Alias and description of columns, by layer and column."""


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


def write_geopackage(
    layers: Mapping[str, pd.DataFrame], path: Path, aliases: Aliases | None = None
) -> None:
    """Write a new GeoPackage, one layer or table per name: the same content gives the same bytes.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame or DataFrame
        In the order in which they stand in the file.
    path : Path
        Where nothing stands yet.
    aliases : mapping, optional
        What a GIS shows instead of the names of columns.
    """
    # the container notes when it was written: fixed, for otherwise no two files would be the same
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00Z"})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    if aliases:
        with disk_errors(path):
            _name_columns(path, layers, aliases)


def _name_columns(path: Path, layers: Mapping[str, pd.DataFrame], aliases: Aliases) -> None:
    """Aliases of columns as the schema extension of GeoPackage keeps them."""
    rows = [
        (layer, column, *words, words[0])
        for layer, columns in aliases.items()
        for column, words in columns.items()
        if layer in layers and column in layers[layer]
    ]
    about = "http://www.geopackage.org/spec121/#extension_schema"
    tables = ("gpkg_data_columns", "gpkg_data_column_constraints")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute(
            "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, "
            "mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), "
            "CONSTRAINT gdc_tn UNIQUE (table_name, name))"
        )
        base.execute(
            "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, "
            "min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, "
            "CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))"
        )
        base.execute(
            "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
            "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
        )
        base.executemany(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
            [(table, about) for table in tables],
        )
        base.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, description, title) VALUES (?, ?, ?, ?, ?)",
            rows,
        )
