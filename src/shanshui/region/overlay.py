"""Exact areas that labels of cells share with polygons."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.region.grid import grid_of
from shanshui.region.polygon_cover import cover_of


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
    grid = grid_of(labels)
    pairs = cover_of(units, grid).shared_cells(labels)
    out = pd.DataFrame(
        {
            "label": pairs["label"].astype(np.int64),
            "unit": units.index.to_numpy()[pairs["zone"].to_numpy(int)],
            "area_km2": pairs["cells"] * grid.cell_km2,
        }
    )
    return out.sort_values(["label", "unit"], ignore_index=True)
