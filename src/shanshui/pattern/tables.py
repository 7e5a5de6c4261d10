"""What tables, features and labels of the pattern hold, column by column: one alias for each thing that is made or taken."""

from typing import Annotated

import geopandas as gpd
import pandas as pd
import xarray as xr

from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Table

PATCH = Key("patch")
_ENDS = {"source": PATCH, "target": PATCH}


def by_class(*wants: str) -> Table:
    """Table of coefficients by land cover that must have these columns."""
    return Table({"*": ANY}, wants)


"""Coefficients by land-cover code; the columns that a step reads stand in its docstring."""
Protected = Annotated[gpd.GeoDataFrame, Features({}, Key("protected_area"))]
Polygons = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
"""Ground that something holds: only where it lies counts."""
CoverShares = Annotated[
    pd.DataFrame,
    Table(
        {
            "cover": TEXT,
            "area_km2": "km2",
            "red_line_km2": "km2",
            "share": "1",
            "extreme_km2": "km2",
            "left_out_km2": "km2",
        }
    ),
]
Lines = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
"""Roads or railways: only where they run counts."""
NamedPlaces = Annotated[gpd.GeoDataFrame, Features({"name": TEXT})]
"""Places that lend their names: counties, massifs."""
Massifs = Annotated[gpd.GeoDataFrame, Features({"name": TEXT}, Key("massif"))]
Rivers = Annotated[gpd.GeoDataFrame, Features({"name": TEXT}, Key("river"))]
Streams = Annotated[
    gpd.GeoDataFrame,
    Features({"reach": "1", "order": "1", "downstream": "1", "upstream_km2": "km2"}, Key("reach")),
]
MassifCells = Annotated[xr.DataArray, Grid("1", Key("massif"))]

SourceCells = Annotated[xr.DataArray, Grid("1", PATCH)]
Sources = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "name": TEXT,
            "name_zh": TEXT,
            "massif": TEXT,
            "area_km2": "km2",
            "score": "1",
            "resistance": "1",
            "protected_share": "1",
        },
        PATCH,
    ),
]
SourceOutlines = Annotated[
    gpd.GeoDataFrame, Features({"code?": TEXT, "name?": TEXT, "name_zh?": TEXT, "*": ANY})
]
"""Sources that somebody else drew."""
SourceAreas = Annotated[gpd.GeoDataFrame, Features({"area_km2": "km2"}, PATCH)]
NamedSources = Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "area_km2": "km2"}, PATCH)]
CrossedSources = Annotated[
    gpd.GeoDataFrame,
    Features({"name?": TEXT, "name_zh?": TEXT, "area_km2": "km2", "resistance": "1"}, PATCH),
]
RankedSources = Annotated[
    gpd.GeoDataFrame,
    Features({"name": TEXT, "name_zh?": TEXT, "area_km2": "km2", "score": "1"}, PATCH),
]
MassifSources = Annotated[gpd.GeoDataFrame, Features({"massif": TEXT}, PATCH)]
Network = Annotated[
    pd.DataFrame,
    Table(
        {
            "source": PATCH,
            "name": TEXT,
            "area_km2": "km2",
            "component": "1",
            "d_iic": "%",
            "d_pc": "%",
            "intra": "%",
            "flux": "%",
            "connector": "%",
        }
    ),
]
Losses = Annotated[pd.DataFrame, Table({"source": PATCH, "d_pc": "%"})]
Scan = Annotated[
    pd.DataFrame, Table({"threshold": "m", "links": "1", "components": "1", "largest_share": "1"})
]
ProtectedShares = Annotated[pd.DataFrame, Table({"what": TEXT, "share": "%"})]

Links = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            **_ENDS,
            "euclidean_km": "km",
            "length_km": "km",
            "cost": "m",
            "cost_per_euclidean": "1",
            "cost_per_length": "1",
            "adjacency": TEXT,
            "status": TEXT,
            "priority": "1",
        }
    ),
]
Pairs = Annotated[gpd.GeoDataFrame, Features({**_ENDS, "status": TEXT})]
PairCosts = Annotated[gpd.GeoDataFrame, Features({**_ENDS, "cost": "m", "status": TEXT})]
Ways = Annotated[
    gpd.GeoDataFrame,
    Features({**_ENDS, "length_km": "km", "cost": "m", "status": TEXT, "priority": "1"}),
]
CorridorLines = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "name": TEXT,
            "name_zh": TEXT,
            **_ENDS,
            "type": TEXT,
            "length_km": "km",
            "cost": "m",
            "width_km": "km",
            "river_share": "1",
            "river_reach_m": "m",
            "order": "1",
            "roads": "1",
            "railways": "1",
            "priority": "1",
            "gravity": "1",
        },
        Key("corridor"),
    ),
]
Courses = Annotated[gpd.GeoDataFrame, Features({}, Key("corridor"))]
CourseCosts = Annotated[gpd.GeoDataFrame, Features({**_ENDS, "cost": "m"}, Key("corridor"))]
RankedCorridors = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "name?": TEXT,
            "name_zh?": TEXT,
            **_ENDS,
            "type": TEXT,
            "length_km": "km",
            "river_share": "1",
            "roads": "1",
            "railways": "1",
            "priority": "1",
        },
        Key("corridor"),
    ),
]
RiverCorridors = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "name": TEXT,
            "name_zh": TEXT,
            "order": "1",
            "length_km": "km",
            "sources": "1",
            "width_m": "m",
        },
        Key("river_corridor"),
    ),
]
RiverCourses = Annotated[gpd.GeoDataFrame, Features({}, Key("river_corridor"))]
RankedRivers = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"name": TEXT, "name_zh?": TEXT, "order": "1", "length_km": "km", "sources": "1"},
        Key("river_corridor"),
    ),
]
Detour = Annotated[xr.DataArray, Grid("m")]
Current = Annotated[xr.DataArray, Grid("A")]

Nodes = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "name": TEXT,
            "name_zh": TEXT,
            "kind": TEXT,
            "score": ANY,
            "links": "1",
            "rank": "1",
            "reason": TEXT,
        },
        Key("node"),
    ),
]
NodeKinds = Annotated[gpd.GeoDataFrame, Features({"kind": TEXT}, Key("node"))]
RankedNodes = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"name?": TEXT, "name_zh?": TEXT, "kind": TEXT, "rank": "1", "reason": TEXT}, Key("node")
    ),
]
Restoration = Annotated[
    pd.DataFrame,
    Table(
        {
            "node": Key("node"),
            "kind": TEXT,
            "gain": "m",
            "cost": ANY,
            "gain_per_cost": ANY,
            "rank": "1",
        }
    ),
]
SecurityPattern = Annotated[
    gpd.GeoDataFrame,
    Features(
        {
            "element": TEXT,
            "type": TEXT,
            "name": TEXT,
            "name_zh": TEXT,
            "size": ANY,
            "rank": "1",
            "reason": TEXT,
        },
        Key("pattern_element"),
    ),
]
Elements = Annotated[
    gpd.GeoDataFrame, Features({"element": TEXT, "type": TEXT}, Key("pattern_element"))
]
Counts = Annotated[pd.DataFrame, Table({"what": TEXT, "found": "1", "free": "1", "expected": "1"})]

DRAWN = (
    "diversity_weight",
    "water_weight",
    "sensitivity_weight",
    "left_share",
    "least_area",
    "bend",
)
"""What is drawn for each sample, in the order of the generator's numbers."""
Draws = Annotated[pd.DataFrame, Table({"sample": "1", **dict.fromkeys(DRAWN, "1")})]
Warned = Annotated[
    pd.DataFrame, Table({"what": TEXT, "per": TEXT, "before": ANY, "now": ANY, "change": "1"})
]

RedLineShares = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=county_cells"),
            "code": Key("=county_cells"),
            "name": TEXT,
            "area_km2": "km2",
            "red_line_km2": "km2",
            "share": "1",
        }
    ),
]
Districts = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=county_cells"),
            "code": Key("=county_cells"),
            "name": TEXT,
            "extreme_km2": "km2",
            "important_km2": "km2",
            "general_km2": "km2",
            "extreme_share": "1",
        }
    ),
]
CountyNames = Annotated[
    gpd.GeoDataFrame, Features({"code": Key("county"), "name": TEXT}, Key("county"))
]
SteepFarmland = Annotated[
    pd.DataFrame,
    Table(
        {
            "limit_deg": "degree",
            "area_ha": "ha",
            "area_mu": "mu",
            "patches": "1",
            "payment": "yuan",
            "grain_lost": "t/yr",
            "soil_kept": "t/yr",
            "soil_known": "1",
            "unknown_ha": "ha",
        }
    ),
]
ClassContrasts = Annotated[pd.DataFrame, by_class("code", "other", "contrast")]
"""How far apart classes of land cover are, pair by pair."""
Metrics = Annotated[
    pd.DataFrame,
    Table({"level": TEXT, "class": Key("cover_class"), "metric": TEXT, "value": ANY, "unit": TEXT}),
]
FragmentationShares = Annotated[
    pd.DataFrame, Table({"class": TEXT, "area_km2": "km2", "share": "1"})
]
MorphologyShares = Annotated[
    pd.DataFrame, Table({"class": TEXT, "area_km2": "km2", "share": "1", "objects": "1"})
]
