"""Places by which a comparison is told, and grids in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of
from shanshui.region.polygon_cover import cover_of
from shanshui.study.study import Study

UNITS, RIVER_BASIN = "planning_units", "river_basin"
OUTLETS = "river_basin_outlets"
"""With code and names of the river basins that planning units name."""
ZONES = {
    "unit": UNITS,
    "county": "counties",
    "prefecture": "prefectures",
    "province": "provinces",
    RIVER_BASIN: UNITS,
    "basin": "basins_1",
}
"""Product whose outlines are the places of each kind; river basins are the planning units of each put together."""


@dataclass(frozen=True)
class Zones:
    """Places of each level, with the share of each cell in each: made once for any number of comparisons.

    Attributes
    ----------
    frames : mapping of level to GeoDataFrame
        Outlines.
    covers : mapping of level to Cover
        Cells of them.
    """

    frames: Mapping[str, gpd.GeoDataFrame]
    covers: Mapping[str, Cover]

    @classmethod
    def of(cls, study: Study) -> "Zones":
        """Places that a study has made."""
        frames = _zones(study)
        if not frames:
            return cls({}, {})
        inside = study["region_mask"].values == 1
        return cls(frames, {k: cover_of(v, study.grid).along(inside) for k, v in frames.items()})

    @classmethod
    def none(cls) -> "Zones":
        """No places: only the figures of the region are told."""
        return cls({}, {})


def _zones(study: Study) -> dict[str, gpd.GeoDataFrame]:
    if not study.has("region_mask"):
        return {}
    found = {level: study[name] for level, name in ZONES.items() if study.has(name)}
    if RIVER_BASIN in found:
        found[RIVER_BASIN] = _river_basins(study, found[RIVER_BASIN])
    return {level: frame for level, frame in found.items() if len(frame)}


def _river_basins(study: Study, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Planning units of each river basin put together: none lies in two."""
    if not study.has(OUTLETS):
        return units.iloc[:0]
    whole = units[[RIVER_BASIN, "geometry"]].dissolve(RIVER_BASIN)
    said = study[OUTLETS].set_index("name")[["code", "name_zh"]].reindex(whole.index)
    frame = whole.assign(code=said["code"], name=whole.index, name_zh=said["name_zh"])
    return frame.set_index(pd.RangeIndex(1, len(frame) + 1, name="unit"))


def by_place(zones: Zones, one: xr.DataArray, other: xr.DataArray, factor: float) -> pd.DataFrame:
    """Tell two grids in each place; cells along the region's outline belong to it whole.

    Parameters
    ----------
    zones : Zones
        Places.
    one, other : (y, x) [any]
        Before and after.
    factor : float [1]
        By which sums of cells become amounts; 0 for means.

    Returns
    -------
    DataFrame
        As of :func:`placed`, level by level.
    """
    parts = []
    for level, frame in zones.frames.items():
        cover = zones.covers[level]
        sums = [cover.sums(grid) for grid in (one, other)]
        cells = sums[0].cells
        with np.errstate(invalid="ignore", divide="ignore"):
            values = [
                np.where(cells > 0, s.total * factor if factor else s.total / cells, np.nan)
                for s in sums
            ]
        parts.append(placed(level, frame, values, cells * grid_of(one).cell_km2))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def shares_by_place(zones: Zones, differs: xr.DataArray) -> pd.DataFrame:
    """Tell in each place which share of its ground differs: classes have no figure before and after.

    Parameters
    ----------
    zones : Zones
        Places.
    differs : (y, x) [1]
        1 where two maps of classes differ, 0 where they do not; NaN where one of them is not known.

    Returns
    -------
    DataFrame
        As of :func:`placed`; ``change`` is the share, 0 to 1, ``before`` and ``after`` are NaN.
    """
    parts = []
    for level, frame in zones.frames.items():
        found = zones.covers[level].sums(differs)
        none = np.full(len(found.cells), np.nan)
        told = placed(level, frame, [none, none], found.cells * grid_of(differs).cell_km2)
        with np.errstate(invalid="ignore", divide="ignore"):
            told["change"] = np.where(found.cells > 0, found.total / found.cells, np.nan)
        parts.append(told)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def placed(
    level: str, frame: gpd.GeoDataFrame, values: list[Any], area_km2: Any = np.nan
) -> pd.DataFrame:
    """Tell two values of each place.

    Parameters
    ----------
    level : str
        Of the places.
    frame : GeoDataFrame
        The places: ``code, name, name_zh`` as far as it has them.
    values : list of (place,) [any]
        Before and after.
    area_km2 : (place,) [km2]
        That they speak of.

    Returns
    -------
    DataFrame
        ``level, code, name, name_zh, area_km2, before, after, change, change_share``.
    """
    before, after = (np.asarray(v, np.float64) for v in values)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(before != 0, (after - before) / np.abs(before), np.nan)
    code = frame["code"] if "code" in frame else pd.Series(frame.index, frame.index)
    name = frame.get("name", code)
    name_zh = frame.get("name_zh", name)
    return pd.DataFrame(
        {
            "level": level,
            "code": code.astype(str).to_numpy(),
            "name": name.fillna("").astype(str).to_numpy(),
            "name_zh": name_zh.fillna("").astype(str).to_numpy(),
            "area_km2": area_km2,
            "before": before,
            "after": after,
            "change": after - before,
            "change_share": share,
        }
    )
