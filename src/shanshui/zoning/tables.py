"""Columns of the chapter's tables, with their units and keys."""

from typing import Annotated

import geopandas as gpd
import pandas as pd

from shanshui.core.quantity import ANY, TEXT, Features, Key, Table

PLACE = Key("=labels")
"""A place of the kind that the labels number: planning units, counties."""
Outlines = Annotated[gpd.GeoDataFrame, Features({"code": TEXT, "name": TEXT, "*": ANY})]
"""Places that lend tables their codes and names."""
CLASS_KM2 = tuple(
    f"{use}_{code}_km2" for use in ("agriculture", "construction") for code in range(1, 6)
)
SuitabilityAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "area_km2": "km2",
            "agriculture_suitable_km2": "km2",
            "agriculture_suitable_share": "1",
            "agriculture_moderate_km2": "km2",
            "agriculture_unknown_km2": "km2",
            "construction_suitable_km2": "km2",
            "construction_suitable_share": "1",
            "construction_moderate_km2": "km2",
            "construction_unknown_km2": "km2",
            "in_red_line_km2": "km2",
            **dict.fromkeys(CLASS_KM2, "km2"),
        }
    ),
]
Consumption = Annotated[
    pd.DataFrame,
    Table({"item": TEXT, "land": TEXT, "per_person": ANY, "yield_per_ha": ANY, "*": ANY}),
]
WaterLimits = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "yield_m3": "m3/yr",
            "transit_m3?": "m3/yr",
            "usable_m3": "m3/yr",
            "nitrogen_t": "t/yr",
            "nitrogen_limit_t": "t/yr",
            "emission_load": "1",
        }
    ),
]
EcologicalFootprint = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "people": "person",
            "footprint_gha": "gha",
            "biocapacity_gha": "gha",
            "deficit_gha": "gha",
            "pressure": "1",
            "grade": TEXT,
        }
    ),
]
BOARDS = ("land", "water", "environment")
"""What limits a use; the least decides, of equal ones the first."""
_SCALE = {
    f"{use}_{board}_km2": "km2" for use in ("farmland", "built") for board in (*BOARDS, "capacity")
}
CarryingScale = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "farmland_km2": "km2",
            "built_km2": "km2",
            **_SCALE,
            "farmland_binding": TEXT,
            "built_binding": TEXT,
        }
    ),
]
LOADS = (
    "population_water_load",
    "population_land_load",
    "construction_load",
    "agriculture_load",
    "emission_load",
    "ecological_load",
)
"""Ratios of what is used to what is there; from 1 on it is used up. Their order decides where two are equal."""
CarryingCapacity = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "people": "person",
            "people_capacity": "person",
            "people_beyond": "person",
            "farmland_km2": "km2",
            "farmland_capacity_km2": "km2",
            "farmland_binding": TEXT,
            "built_km2": "km2",
            "built_capacity_km2": "km2",
            "built_binding": TEXT,
            "footprint_gha": "gha",
            "biocapacity_gha": "gha",
            **dict.fromkeys(LOADS, "1"),
            "load": "1",
            "grade": TEXT,
            "binding": TEXT,
            "headroom": "1",
            "unknown": TEXT,
        }
    ),
]
UseConflicts = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "conflict": TEXT,
            "settle_order": "1",
            "area_km2": "km2",
            "first_km2": "km2",
            "people": "person",
            "share": "1",
        }
    ),
]
