"""Exact areas that labels of cells share with polygons."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.region.grid import grid_of


def shared_areas(labels: xr.DataArray, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area that each label shares with each polygon, exact along the polygons' lines.

    Parameters
    ----------
    labels : (y, x) [1]
        0 is outside.
    units : GeoDataFrame
        Polygons in the grid's coordinate system, index ``unit``.

    Returns
    -------
    DataFrame
        Columns ``label, unit, area_km2``; pairs that meet only. Needs no memory per cell beyond the labels.
    """
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    grid = grid_of(labels)
    left, bottom, right, top = grid.bounds
    source = NumPyRasterSource(
        np.ascontiguousarray(labels.values), xmin=left, ymin=bottom, xmax=right, ymax=top
    )
    frame = gpd.GeoDataFrame(geometry=units.geometry.values)
    rows = exact_extract(
        source, frame, ["count", "unique", "frac"], output="pandas", strategy="feature-sequential"
    )
    parts = [
        pd.DataFrame(
            {
                "label": np.asarray(label, np.int64),
                "unit": unit,
                "area_km2": np.asarray(share) * count * grid.cell_km2,
            }
        )
        for unit, count, label, share in zip(
            units.index, rows["count"], rows["unique"], rows["frac"], strict=True
        )
        if len(label)
    ]
    if not parts:
        return pd.DataFrame(
            {"label": np.empty(0, np.int64), "unit": np.empty(0, np.int64), "area_km2": np.empty(0)}
        )
    out = pd.concat(parts, ignore_index=True)
    return out[(out["label"] > 0) & (out["area_km2"] > 0)].sort_values(
        ["label", "unit"], ignore_index=True
    )
