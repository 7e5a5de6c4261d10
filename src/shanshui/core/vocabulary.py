"""One alias per quantity: dims and unit stand here once, and everywhere else by name."""

from typing import Annotated

import geopandas as gpd
import pandas as pd
import xarray as xr

from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Layers, Scalar, Table

Elevation = Annotated[xr.DataArray, Grid("m")]
Height = Annotated[xr.DataArray, Grid("m")]
Relief = Annotated[xr.DataArray, Grid("m")]
Slope = Annotated[xr.DataArray, Grid("degree")]
Aspect = Annotated[xr.DataArray, Grid("degree")]
Index = Annotated[xr.DataArray, Grid("1")]
Codes = Annotated[xr.DataArray, Grid("1")]
Mask = Annotated[xr.DataArray, Grid("1")]
UnitLabels = Annotated[xr.DataArray, Grid("1", Key("planning_unit"))]
BasinLabels = Annotated[xr.DataArray, Grid("1", Key("river_basin"))]
CountyCells = Annotated[xr.DataArray, Grid("1", Key("county"))]
Labels = Annotated[xr.DataArray, Grid("1", Key())]
FlowDirection = Annotated[xr.DataArray, Grid("1")]
UpstreamArea = Annotated[xr.DataArray, Grid("km2")]
FlowDistance = Annotated[xr.DataArray, Grid("km")]
StreamOrder = Annotated[xr.DataArray, Grid("1")]
Temperature = Annotated[xr.DataArray, Grid("degC")]
Precipitation = Annotated[xr.DataArray, Grid("mm/yr")]
Density = Annotated[xr.DataArray, Grid("person/km2")]

WindowSize = Annotated[float, Scalar("cell")]
CellSize = Annotated[float, Scalar("m")]
Acceleration = Annotated[xr.DataArray, Grid("g0")]
Subsidence = Annotated[xr.DataArray, Grid("mm")]
SubsidenceRate = Annotated[xr.DataArray, Grid("mm/yr")]
Distance = Annotated[xr.DataArray, Grid("km")]
ADMINISTRATIVE = Key("county", "prefecture", "province")
"""Kinds of place that statistics are given for."""

Outline = Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("region"))]
Rivers = Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "*": ANY}, Key("river"))]
Places = Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "*": ANY})]
Watersheds = Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("watershed"))]
Outlets = Annotated[
    gpd.GeoDataFrame, Features({"name": TEXT, "published_km2": "km2", "*": ANY}, Key("outlet"))
]
_PLACE = {"code": TEXT, "name": TEXT, "parent": TEXT, "*": ANY}
Units = Annotated[gpd.GeoDataFrame, Features(_PLACE, ADMINISTRATIVE)]
Counties = Annotated[gpd.GeoDataFrame, Features(_PLACE, Key("county"))]
Prefectures = Annotated[gpd.GeoDataFrame, Features(_PLACE, Key("prefecture"))]
Reaches = Annotated[
    gpd.GeoDataFrame,
    Features({"reach": "1", "order": "1", "downstream": "1", "*": ANY}, Key("reach")),
]
PlanningUnits = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"area_km2": "km2", "downstream": "1", "river_basin": TEXT, "*": ANY}, Key("planning_unit")
    ),
]
Population = Annotated[
    pd.DataFrame, Table({"code": ADMINISTRATIVE, "year": "yr", "population": "person"})
]
Gdp = Annotated[
    pd.DataFrame, Table({"code": ADMINISTRATIVE, "year": "yr", "sector": TEXT, "yuan": "yuan"})
]
ProductivityTable = Annotated[
    pd.DataFrame, Table({"code": ADMINISTRATIVE, "year": "yr", "npp": "g/m2/yr"})
]
Employment = Annotated[
    pd.DataFrame,
    Table({"code": ADMINISTRATIVE, "year": "yr", "industry": TEXT, "persons": "person"}),
]
PlaceIndicators = Annotated[
    pd.DataFrame,
    Table({"code": ADMINISTRATIVE, "year": "yr", "indicator": TEXT, "value": ANY}),
]
ClassAreas = Annotated[
    pd.DataFrame,
    Table({"code": ADMINISTRATIVE, "year": "yr", "class": Key("cover_class"), "area_km2": "km2"}),
]

Amount = Annotated[xr.DataArray, Grid("any")]
Depth = Annotated[xr.DataArray, Grid("mm")]
Evapotranspiration = Annotated[xr.DataArray, Grid("mm/yr")]
Erosivity = Annotated[xr.DataArray, Grid("MJ*mm/(ha*h*yr)")]
Erodibility = Annotated[xr.DataArray, Grid("t*ha*h/(ha*MJ*mm)")]
SoilLoss = Annotated[xr.DataArray, Grid("t/ha/yr")]
CarbonDensity = Annotated[xr.DataArray, Grid("t/ha")]
Percent = Annotated[xr.DataArray, Grid("%")]
Productivity = Annotated[xr.DataArray, Grid("g/m2/yr")]
AnyLayers = Annotated[xr.Dataset, Layers()]
DaysPerYear = Annotated[xr.DataArray, Grid("d/yr")]
MassRate = Annotated[xr.DataArray, Grid("t/ha/yr")]
Nation = Annotated[
    pd.DataFrame,
    Table({"figure": TEXT, "year": "yr", "value": ANY, "unit": TEXT, "source": TEXT, "*": ANY}),
]
Crosswalk = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("planning_unit"),
            "county": Key("county"),
            "county_name": TEXT,
            "area_km2": "km2",
            "share_of_unit": "1",
            "share_of_county": "1",
        }
    ),
]
