"""One alias per quantity: dims and unit stand here once, and everywhere else by name."""

from typing import Annotated

import geopandas as gpd
import pandas as pd
import xarray as xr

from shanshui.core.quantity import Features, Grid, Layers, Scalar, Table

Elevation = Annotated[xr.DataArray, Grid("m")]
Height = Annotated[xr.DataArray, Grid("m")]
Relief = Annotated[xr.DataArray, Grid("m")]
Slope = Annotated[xr.DataArray, Grid("degree")]
Aspect = Annotated[xr.DataArray, Grid("degree")]
Index = Annotated[xr.DataArray, Grid("1")]
Codes = Annotated[xr.DataArray, Grid("1")]
Mask = Annotated[xr.DataArray, Grid("1")]
UnitLabels = Annotated[xr.DataArray, Grid("1")]
FlowDirection = Annotated[xr.DataArray, Grid("1")]
UpstreamArea = Annotated[xr.DataArray, Grid("km2")]
FlowDistance = Annotated[xr.DataArray, Grid("km")]
StreamOrder = Annotated[xr.DataArray, Grid("1")]
Temperature = Annotated[xr.DataArray, Grid("degC")]
Precipitation = Annotated[xr.DataArray, Grid("mm/yr")]
Density = Annotated[xr.DataArray, Grid("person/km2")]

WindowSize = Annotated[float, Scalar("cell")]
Outline = Annotated[gpd.GeoDataFrame, Features(("geometry",))]
Rivers = Annotated[gpd.GeoDataFrame, Features(("name",))]
Places = Annotated[gpd.GeoDataFrame, Features(("name",))]
Watersheds = Annotated[gpd.GeoDataFrame, Features(("geometry",))]
Outlets = Annotated[gpd.GeoDataFrame, Features(("name", "published_km2"))]
Units = Annotated[gpd.GeoDataFrame, Features(("code", "name", "parent"))]
Reaches = Annotated[gpd.GeoDataFrame, Features(("reach", "order", "downstream"))]
PlanningUnits = Annotated[gpd.GeoDataFrame, Features(("area_km2", "downstream", "river_basin"))]
Population = Annotated[pd.DataFrame, Table(("code", "year", "population"))]
ClassAreas = Annotated[pd.DataFrame, Table(("code", "year", "class", "area_km2"))]
Facts = Annotated[pd.DataFrame, Table()]

Amount = Annotated[xr.DataArray, Grid("any")]
Depth = Annotated[xr.DataArray, Grid("mm")]
Evapotranspiration = Annotated[xr.DataArray, Grid("mm/yr")]
Erosivity = Annotated[xr.DataArray, Grid("MJ*mm/(ha*h*yr)")]
Erodibility = Annotated[xr.DataArray, Grid("t*ha*h/(ha*MJ*mm)")]
SoilLoss = Annotated[xr.DataArray, Grid("t/ha/yr")]
CarbonDensity = Annotated[xr.DataArray, Grid("t/ha")]
Percent = Annotated[xr.DataArray, Grid("%")]
Productivity = Annotated[xr.DataArray, Grid("g/m2/yr")]
Coefficients = Annotated[pd.DataFrame, Table()]
AnyLayers = Annotated[xr.Dataset, Layers()]
DaysPerYear = Annotated[xr.DataArray, Grid("d/yr")]
MassRate = Annotated[xr.DataArray, Grid("t/ha/yr")]
