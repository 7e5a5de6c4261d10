"""Polygons that are valid, or mended where the study asks for it."""

from pathlib import Path

import geopandas as gpd
import shapely

from shanshui.collect.catalog import InputSpec
from shanshui.core.errors import DataError


def valid(frame: gpd.GeoDataFrame, spec: InputSpec, name: str, path: Path) -> gpd.GeoDataFrame:
    """Polygons that are valid.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons.
    spec : InputSpec
        ``repair`` mends those that are not.
    name : str
        Input, for messages.
    path : Path
        The file.

    Raises
    ------
    DataError
        Invalid ones that nobody asked to mend; with the first, and what is wrong with it.
    """
    bad = ~frame.geometry.is_valid
    if not bad.any():
        return frame
    if not spec.repair:
        row = frame.index[bad][0]
        label = frame["name"].iloc[row] if "name" in frame else row
        raise DataError(
            f"{name}: {path}: {int(bad.sum())} polygons are invalid; the first is row {row} ({label}): "
            f"{shapely.is_valid_reason(frame.geometry[row])}; mend them, or set repair = true"
        )
    return frame.assign(
        geometry=shapely.make_valid(frame.geometry.values, method="structure", keep_collapsed=False)
    )
