"""Features kept as GeoParquet."""

import hashlib
from pathlib import Path

import geopandas as gpd

from shanshui.store.layout import disk_errors
from shanshui.store.tables import table_digest


def features_digest(frame: gpd.GeoDataFrame) -> str:
    """Digest of columns, index, units, coordinate system and geometry."""
    plain = frame.drop(columns=frame.geometry.name)
    digest = hashlib.sha256(table_digest(plain).encode())
    digest.update(str(frame.crs.to_wkt() if frame.crs else "").encode())
    for shape in frame.geometry.to_wkb():
        digest.update(shape or b"")
    return digest.hexdigest()


def write_features(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoParquet."""
    with disk_errors(path):
        frame.to_parquet(path, compression="zstd")


def read_features(path: Path) -> gpd.GeoDataFrame:
    """Read GeoParquet."""
    return gpd.read_parquet(path)
