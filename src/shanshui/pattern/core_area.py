"""The central zone of a region and its periphery: where rules ask whether a place lies in the core."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Codes, Counties, CountyCells, Mask
from shanshui.pattern.function_zones import NationalZones, national_ecological
from shanshui.pattern.grades import EXTREME, IMPORTANT, MISSING
from shanshui.pattern.patches import large_patches, majority
from shanshui.pattern.tables import CountyNames, Protected, SourceCells
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.polygon_cover import cover_of
from shanshui.region.unitset import burnt

WORKED = ("farmed", "built")
"""Covers that a statutory zone does not make core [D]."""
REASONS = ("reserves", "sources", "importance", "zones", "other")
CoreShares = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=county_cells"),
            "code": Key("=county_cells"),
            "name": TEXT,
            "area_km2": "km2",
            "core_km2": "km2",
            "share": "1",
            **{f"{word}_km2": "km2" for word in REASONS},
        }
    ),
]


@assessment(source="own_pattern", bytes_per_cell=32)
def core_area(
    protection_importance: Codes,
    region_mask: Mask,
    source_cells: SourceCells | None = None,
    protected_areas: Protected | None = None,
    counties: Counties | None = None,
    statutory_zones: NationalZones | None = None,
    cover_type: Codes | None = None,
    *,
    least_km2: Annotated[float, Between(0.0, 1e5)] = 100.0,
    core_counties: tuple[str, ...] = (),
    zone_ground: Annotated[str, OneOf("none", "important", "whole")] = "important",
) -> Codes:
    """Central zone of the region, which protection comes first in, and the periphery around it.

    Parameters
    ----------
    protection_importance : (y, x) [1]
        1 extremely important or sensitive, 3 important.
    region_mask : (y, x) [1]
        1 inside.
    source_cells : (y, x) [1], optional
        Source of each cell; 0 none.
    protected_areas : polygons, optional
        Reserves; they are core whole, whatever their size.
    counties : polygons, optional
        ``code``; needed where ``core_counties`` names some.
    statutory_zones : polygons, optional
        Statutory zones; those that the nation set for ecological functions count.
    cover_type : (y, x) [1], optional
        Farmed and built ground is not core because a zone holds it; unknown cover neither. Built ground makes no core by its importance: only ground
        around it does.
    least_km2 : float [km2]
        Smaller patches of important ground are no zone [D].
    core_counties : tuple of str
        Codes of counties that an administration counts as core: they are so whole.
    zone_ground : str
        What of a national ecological function zone is core: ``important``, its ground of importance or extreme importance that is neither
        farmed nor built [D]; ``whole``; ``none``.

    Returns
    -------
    (y, x) [1]
        1 core, 0 periphery, 255 outside the region, and where importance is missing and nothing else tells.

    Raises
    ------
    QuantityError
        A county that is not there.
    DataError
        A zone whose kind or level is none.

    Notes
    -----
    Core = L(M(E) or S or M(Z), A) or P or C with E the extremely important ground that is not built, Z the important ground of national ecological
    function zones less farmed and built land, M the majority of 3 x 3 cells, S the sources, L patches of at least A km2, P reserves (and whole
    zones, where these are asked for), C counties that are named. The papers tell central zone and periphery apart without a rule for the line;
    they rest it on the national pattern of ecological security, and know districts of importance and of extreme importance within it (SSCAE
    2020.01, 3.2.1 and 3.2.2 [S]): the rule is our own [D] (decisions 0024 and 0025).
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    built = np.zeros(grid.shape, bool)
    if cover_type is not None:
        built = np.isin(cover_type.values, codes_of(("built",)))
    # what a town would be by its importance decides nothing, so it need not be known
    known = inside & ((protection_importance.values != MISSING) | built)
    core = majority((protection_importance.values == EXTREME) & inside & ~built, known)
    if source_cells is not None:
        core |= (source_cells.values > 0) & inside
    told = np.zeros(grid.shape, bool)
    zoned = _zone_ground(zone_ground, statutory_zones, protection_importance, cover_type) & inside
    if zone_ground == "whole":
        told |= zoned
    else:
        core |= majority(zoned, known) & zoned
    core = large_patches(core, least_km2 / grid.cell_km2)
    known |= core
    if protected_areas is not None and len(protected_areas):
        told |= burnt(protected_areas, grid, 0.0).astype(bool)
    if core_counties:
        told |= _named(core_counties, counties, grid)
    told &= inside
    code = np.where(known | told, core | told, 255).astype(np.uint8)
    return like(region_mask, np.where(inside, code, 255).astype(np.uint8), "1", nodata=255)


def _zone_ground(
    kind: str,
    zones: gpd.GeoDataFrame | None,
    importance: xr.DataArray,
    cover: xr.DataArray | None,
) -> NDArray[np.bool_]:
    """Ground that is core because it lies in a national ecological function zone."""
    grid = grid_of(importance)
    chosen = None if zones is None else national_ecological(zones)
    if chosen is None or chosen.empty or kind == "none":
        return np.zeros(grid.shape, bool)
    zoned = np.asarray(burnt(chosen, grid, 0.0), bool)
    return zoned if kind == "whole" else zoned & _important(importance, cover)


def _important(importance: xr.DataArray, cover: xr.DataArray | None) -> NDArray[np.bool_]:
    """Ground of importance or extreme importance that is neither farmed nor built."""
    out = np.isin(importance.values, (EXTREME, IMPORTANT))
    if cover is not None:
        out &= ~np.isin(cover.values, [*codes_of(WORKED), cover.attrs.get("nodata", 0)])
    return np.asarray(out, bool)


def _named(
    core_counties: tuple[str, ...], counties: gpd.GeoDataFrame | None, grid: GridSpec
) -> NDArray[np.bool_]:
    codes = [] if counties is None else counties["code"].astype(str).tolist()
    strange = [c for c in map(str, core_counties) if c not in codes]
    if counties is None or strange:
        raise QuantityError(
            f"core_area.core_counties: no county has the code {', '.join(strange[:8])}; correct the codes, or add [inputs.counties]"
        )
    mine = counties[counties["code"].astype(str).isin(set(map(str, core_counties)))]
    return np.asarray(burnt(mine, grid, 0.0), bool)


@assessment(source="own_pattern", bytes_per_cell=32, follows={"zone_ground": "core_area"})
def core_area_share(
    county_cells: CountyCells,
    core_area: Codes,
    counties: CountyNames,
    protection_importance: Codes,
    source_cells: SourceCells | None = None,
    protected_areas: Protected | None = None,
    statutory_zones: NationalZones | None = None,
    cover_type: Codes | None = None,
    *,
    zone_ground: Annotated[str, OneOf("none", "important", "whole")] = "important",
) -> CoreShares:
    """How much of each county is core, and what made it so.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    core_area : (y, x) [1]
        1 core, 0 periphery, 255 not known.
    counties : polygons
        Index ``unit``; ``code, name``.
    protection_importance : (y, x) [1]
        1 extremely important.
    source_cells : (y, x) [1], optional
        Source of each cell; 0 none.
    protected_areas : polygons, optional
        Reserves.
    statutory_zones : polygons, optional
        Statutory zones.
    cover_type : (y, x) [1], optional
        As for :func:`core_area`.
    zone_ground : str
        What of a national ecological function zone is core, as ``core_area`` has it: a study takes its setting over.

    Returns
    -------
    table
        ``unit, code, name, area_km2`` that is decided, ``core_km2``, ``share`` [1] of it, and parts of the core, each by the first that holds:
        ``reserves_km2, sources_km2, importance_km2`` of extreme importance, ``zones_km2`` that national ecological function zones make core,
        ``other_km2``: counties that are named, and cells that their neighbours carry. Counties with decided ground only.

    Notes
    -----
    share = A_1 / (A_0 + A_1), with A_1 core and A_0 periphery [km2]; core = reserves + sources + importance + zones + other. Cells count by the
    share of them that lies in a county. Our own table [D].
    """
    grid = grid_of(core_area)
    code = core_area.values
    reason = np.full(grid.shape, len(REASONS), np.uint8)
    holds = [
        np.zeros(grid.shape, bool)
        if protected_areas is None or protected_areas.empty
        else np.asarray(burnt(protected_areas, grid, 0.0), bool),
        np.zeros(grid.shape, bool) if source_cells is None else source_cells.values > 0,
        protection_importance.values == EXTREME,
        _zone_ground(zone_ground, statutory_zones, protection_importance, cover_type),
    ]
    for number in range(len(holds), 0, -1):
        reason[holds[number - 1]] = number
    reason = np.where(code == 1, reason, np.where(code == 0, 0, 255)).astype(np.uint8)
    cover = cover_of(counties, grid).along(county_cells.values > 0)
    classes = np.arange(len(REASONS) + 1)
    area = cover.class_cells(like(core_area, reason, "1", nodata=255), classes)[1] * grid.cell_km2
    frame = pd.DataFrame(area[:, 1:], columns=[f"{word}_km2" for word in REASONS])
    frame.insert(0, "core_km2", area[:, 1:].sum(axis=1))
    frame.insert(0, "area_km2", area.sum(axis=1))
    frame.insert(2, "share", frame["core_km2"] / frame["area_km2"].where(frame["area_km2"] > 0))
    for column in ("name", "code"):
        frame.insert(0, column, counties[column].to_numpy())
    frame.insert(0, "unit", counties.index)
    return frame[frame["area_km2"] > 0].reset_index(drop=True)
