"""Statutory function zones on the ground: which zone each cell lies in, and what of each zone is red line, important, forest."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Features, Grid, Key, Table
from shanshui.core.vocabulary import Codes, Mask
from shanshui.pattern.grades import EXTREME, MISSING
from shanshui.region.function_kinds import ECOLOGICAL, kind_of_zone, level_of_zone
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import burnt

ZONE = Key("function_zone")
FunctionZones = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"name": TEXT, "name_zh?": TEXT, "kind": TEXT, "level": TEXT, "named": "1", "found": "1"},
        ZONE,
    ),
]
NationalZones = Annotated[
    gpd.GeoDataFrame, Features({"name": TEXT, "kind": TEXT, "level": TEXT}, ZONE)
]
ZoneCells = Annotated[xr.DataArray, Grid("1", ZONE)]
ZoneAreas = Annotated[
    pd.DataFrame,
    Table(
        {
            "name": TEXT,
            "name_zh": TEXT,
            "kind": TEXT,
            "level": TEXT,
            "counties_named": "1",
            "counties_found": "1",
            "area_km2": "km2",
            "share": "1",
            "red_line_share": "1",
            "extreme_share": "1",
            "forest_share": "1",
        }
    ),
]


@assessment(source="mainfunction2010", bytes_per_cell=8)
def function_zone_cells(statutory_zones: NationalZones, region_mask: Mask) -> ZoneCells:
    """Function zone that each cell lies in.

    Parameters
    ----------
    statutory_zones : polygons
        ``name, kind, level``; index is the number.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    (y, x) [1]
        Number of the zone whose outline holds the centre of the cell; 0 in none, and outside the region. Where zones overlap, national ones go
        before provincial ones, ecological ones before others, then the first in order.

    Raises
    ------
    QuantityError
        No zone meets the region.
    DataError
        A kind or a level that is none.

    Notes
    -----
    z(x) = first zone in order (level, kind, place) with x in it. That an ecological zone prevails where two overlap is ours [D]; zones of the
    national plan of main function zones of 2010 do not overlap.
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    out = np.zeros(grid.shape, np.int32)
    ranked = sorted(
        range(len(statutory_zones)),
        key=lambda k: (*_rank(statutory_zones.iloc[k]), k),
        reverse=True,
    )
    for k in ranked:
        out[burnt(statutory_zones.iloc[[k]], grid, 0.0) & inside] = int(statutory_zones.index[k])
    if not out.any():
        raise QuantityError(
            f"statutory_zones: none of {len(statutory_zones)} zones meets the region; expected zones that overlap it: give others, or leave "
            "the input out"
        )
    return like(region_mask, out, "1", nodata=0)


def _rank(zone: Any) -> tuple[bool, bool]:
    kind = kind_of_zone(zone["kind"], f"statutory_zones.kind of {zone['name']}")
    level = level_of_zone(zone["level"], f"statutory_zones.level of {zone['name']}")
    return level != "national", kind not in ECOLOGICAL


def national_ecological(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones that the nation set for ecological functions: its key ecological function zones."""
    keep = [not any(_rank(row)) for _, row in zones.iterrows()]
    return zones[np.array(keep, bool)]


@assessment(source="mainfunction2010", bytes_per_cell=16)
def function_zone_areas(
    statutory_zones: FunctionZones,
    region_mask: Mask,
    red_line_candidate: Codes | None = None,
    protection_importance: Codes | None = None,
    cover_type: Codes | None = None,
) -> ZoneAreas:
    """How much of the region each statutory zone takes, and how much of it is red line, extremely important, forest.

    Parameters
    ----------
    statutory_zones : polygons
        ``name, kind, level, named, found``.
    region_mask : (y, x) [1]
        1 inside.
    red_line_candidate : (y, x) [1], optional
        1 candidate, 0 not, 255 missing.
    protection_importance : (y, x) [1], optional
        1 extremely important, 0 missing.
    cover_type : (y, x) [1], optional
        What covers the ground.

    Returns
    -------
    table
        One row per zone, and ``region`` last: ``name, name_zh, kind, level, counties_named`` in the list, ``counties_found`` with an
        outline here (NaN of
        polygons), ``area_km2`` inside the region, ``share`` of the region, and of its known ground ``red_line_share, extreme_share,
        forest_share`` [1]; NaN where nothing is known.

    Raises
    ------
    DataError
        A kind or a level that is none.

    Notes
    -----
    area = a n, with n the cells inside the region whose centre lies in the zone and a the area of a cell [km2]; share_m = n_m / n_known of map m.
    Ground of two zones counts in both. Zones of the national plan of 2010 (State Council, annex 2) [M]; the table is ours [D].
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    maps: list[tuple[str, xr.DataArray | None, tuple[int, ...], int]] = [
        ("red_line_share", red_line_candidate, (1,), 255),
        ("extreme_share", protection_importance, (EXTREME,), MISSING),
        ("forest_share", cover_type, tuple(int(c) for c in codes_of(("forest",))), 0),
    ]

    def facts(here: NDArray[np.bool_]) -> dict[str, float]:
        out = {"area_km2": float(here.sum()) * grid.cell_km2}
        out["share"] = float(here.sum() / inside.sum()) if inside.any() else np.nan
        for word, values, yes, missing in maps:
            known = here & (values.values != missing) if values is not None else np.zeros_like(here)
            chosen = 0 if values is None else int(np.isin(values.values[known], yes).sum())
            out[word] = chosen / known.sum() if known.any() else np.nan
        return out

    rows: list[dict[str, Any]] = []
    for _, zone in statutory_zones.iterrows():
        _rank(zone)
        shape = gpd.GeoDataFrame(geometry=[zone.geometry], crs=statutory_zones.crs)
        rows.append(
            {
                "name": zone["name"],
                "name_zh": zone.get("name_zh", zone["name"]),
                "kind": zone["kind"],
                "level": zone["level"],
                "counties_named": float(zone["named"]),
                "counties_found": float(zone["found"]),
                **facts(burnt(shape, grid, 0.0).astype(bool) & inside),
            }
        )
    whole = {"name": "region", "name_zh": "全区", "kind": "", "level": ""}
    rows.append({**whole, "counties_named": np.nan, "counties_found": np.nan, **facts(inside)})
    return pd.DataFrame(rows)
