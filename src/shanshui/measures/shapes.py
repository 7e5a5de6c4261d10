"""What measures take and give that is no grid."""

from typing import Annotated

import geopandas as gpd
import pandas as pd

from shanshui.core.quantity import ANY, Features, Table

Shapes = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
"""Polygons, lines or points, with whatever columns."""
Rows = Annotated[pd.DataFrame, Table({"*": ANY})]
"""Rows, with whatever columns."""
