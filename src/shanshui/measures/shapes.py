"""What measures take and give that is no grid."""

from typing import Annotated

import geopandas as gpd
import pandas as pd
import xarray as xr

from shanshui.core.quantity import ANY, Features, Layers, Table

Shapes = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
"""Polygons, lines or points, with whatever columns."""
Rows = Annotated[pd.DataFrame, Table({"*": ANY})]
"""Rows, with whatever columns."""
Maps = Annotated[xr.Dataset, Layers()]
"""Several grids, whichever."""
