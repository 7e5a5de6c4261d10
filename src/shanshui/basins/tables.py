"""Columns of the chapter's tables and features, with their units and keys."""

from typing import Annotated

import geopandas as gpd
import pandas as pd

from shanshui.core.quantity import ANY, TEXT, Features, Key, Table

UNIT = Key("planning_unit")

OutletPoints = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "code": TEXT,
            "name": TEXT,
            "name_zh": TEXT,
            "parent": TEXT,
            "cell": "1",
            "upstream_km2": "km2",
            "published_km2": "km2",
            "moved_km": "km",
            "rule": TEXT,
            "others": TEXT,
        },
        Key("river_basin"),
    ),
]
RiverBasins = Annotated[
    gpd.GeoDataFrame,
    Features({"code": TEXT, "name": TEXT, "cell": "1", "*": ANY}, Key("river_basin")),
]
NestedBasins = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"code": TEXT, "name": TEXT, "name_zh": TEXT, "parent": TEXT, "area_km2": "km2"},
        Key("nested_basin"),
    ),
]
RiverReaches = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "reach": "1",
            "order": "1",
            "downstream": "1",
            "upstream_km2": "km2",
            "shreve": "1",
            "scheidegger": "1",
            "drwal": "1",
            "length_km": "km",
        },
        Key("reach"),
    ),
]
PlanningUnitOutlines = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "code": TEXT,
            "name": TEXT,
            "name_zh": TEXT,
            "area_km2": "km2",
            "downstream": "1",
            "river_basin": TEXT,
            "upstream_km2": "km2",
            "upstream_index": "1",
            "position": TEXT,
            "headwater": "1",
            "rim_share": "1",
        },
        UNIT,
    ),
]
SpatialLevels = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"level": TEXT, "counties": "1", "area_km2": "km2", "population": "person"},
        Key("spatial_level"),
    ),
]

DrainageCheck = Annotated[
    pd.DataFrame,
    Table(
        {
            "what": TEXT,
            "cells": "1",
            "drained": "1",
            "undrained": "1",
            "outlets": "1",
            "x": "m",
            "y": "m",
        }
    ),
]
Neighbours = Annotated[pd.DataFrame, Table({"source": UNIT, "target": UNIT, "border_km": "km"})]
UnitsUpstream = Annotated[
    pd.DataFrame, Table({"unit": UNIT, "upstream": UNIT, "steps": "1", "area_km2": "km2"})
]
UnitTerrain = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": UNIT,
            "elevation_mean": "m",
            "elevation_min": "m",
            "elevation_max": "m",
            "slope_mean": "degree",
            "steep_share": "1",
            "relief_mean": "m",
            "relief_degree_mean": "1",
        }
    ),
]
UnitSlopeClasses = Annotated[pd.DataFrame, Table({"unit": UNIT, "*": "1"})]
UnitClimate = Annotated[
    pd.DataFrame,
    Table({"unit": UNIT, "temperature?": "degC", "precipitation?": "mm/yr", "ndvi?": "1"}),
]
UnitLandCover = Annotated[
    pd.DataFrame,
    Table({"unit": UNIT, "class": Key("cover_class"), "area_km2": "km2", "share": "1"}),
]
PeopleInside = Annotated[pd.DataFrame, Table({"unit": Key("=places"), "population": "person"})]
UnitPopulation = Annotated[
    pd.DataFrame,
    Table({"unit": UNIT, "year": "yr", "population": "person", "density": "person/km2"}),
]
