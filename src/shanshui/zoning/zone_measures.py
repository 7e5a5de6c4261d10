"""Figures of function zones and green units that can be held against what is said of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.said import Said
from shanshui.region.validation import Measure
from shanshui.zoning.green_units import UNITS
from shanshui.zoning.zone_rule import ZONES

STEEPER = 1.2
"""Least relief of all-green ground by that of light green: a mountain is no plain [D]."""


def zone_measures(
    function_zones: pd.DataFrame, capacity: pd.DataFrame | None, indicators: pd.DataFrame | None
) -> Iterator[Measure]:
    """Counties, people and load of each main-function zone, and whether the load rises through the four.

    Parameters
    ----------
    function_zones : table
        ``code, zone, zone_code``.
    capacity : table, optional
        ``code, people`` of counties.
    indicators : table, optional
        ``code, CL``: construction load.

    Yields
    ------
    Measure
        ``zone`` by county code: 1 strictly controlled to 4 relieving; ``zone_counties``, ``zone_people`` and ``zone_load`` by zone;
        ``zone_load_rises`` 1 or 0, NaN where a zone has no load.
    """
    if "code" not in function_zones:
        return
    rows = function_zones.assign(code=function_zones["code"].astype(str))
    for code, zone in zip(rows["code"], rows["zone_code"], strict=True):
        yield Measure("zone", float(zone) if zone > 0 else np.nan, "1", code)
    for zone in ZONES:
        yield Measure("zone_counties", float((rows["zone"] == zone).sum()), "1", zone)
    if capacity is not None and "code" in capacity:
        people = rows["code"].map(
            capacity.assign(code=capacity["code"].astype(str)).set_index("code")["people"]
        )
        for zone in ZONES:
            own = people[rows["zone"] == zone]
            yield Measure("zone_people", float(own.sum(skipna=False)), "person", zone)
    if indicators is None or "code" not in indicators:
        return
    load = rows["code"].map(
        indicators.assign(code=indicators["code"].astype(str)).set_index("code")["CL"]
    )
    means = [float(load[rows["zone"] == zone].mean()) for zone in ZONES]
    yield from (
        Measure("zone_load", mean, "1", zone) for zone, mean in zip(ZONES, means, strict=True)
    )
    rises = float(np.all(np.diff(means) > 0)) if np.isfinite(means).all() else np.nan
    yield Measure("zone_load_rises", rises, "1")


def unit_measures(
    green_units: xr.DataArray, relief: xr.DataArray | None, upstream: xr.DataArray | None
) -> Iterator[Measure]:
    """Share, relief and place along the water of each green unit.

    Parameters
    ----------
    green_units : (y, x) [1]
        1 all green to 4 light green.
    relief : (y, x) [m], optional
        Of the ground around.
    upstream : (y, x) [1], optional
        How far up along the water, 0 to 1.

    Yields
    ------
    Measure
        ``green_unit_share``, ``green_unit_relief`` and ``green_unit_upstream`` by unit; ``relief_green_to_light``, all green by light green,
        and ``light_green_downstream``: 1 where light green lies further down than all green, else 0.
    """
    code = green_units.values
    known = np.isin(code, range(1, len(UNITS) + 1))
    for at, unit in enumerate(UNITS, 1):
        share = float((code == at).sum()) / max(int(known.sum()), 1) if known.any() else np.nan
        yield Measure("green_unit_share", share, "1", unit)
    for name, grid in (("green_unit_relief", relief), ("green_unit_upstream", upstream)):
        if grid is None:
            continue
        means = [_mean(grid.values, code == at) for at in range(1, len(UNITS) + 1)]
        unit = "m" if name == "green_unit_relief" else "1"
        yield from (Measure(name, mean, unit, u) for u, mean in zip(UNITS, means, strict=True))
        first, last = means[0], means[-1]
        if name == "green_unit_relief":
            yield Measure(
                "relief_green_to_light", first / last if last > 0 else np.nan, "1", "", STEEPER, np.inf,
                Said("all_green_is_mountainous"), Said("source_green_units"),
            )  # fmt: skip
        else:
            lower = float(last < first) if np.isfinite([first, last]).all() else np.nan
            yield Measure(
                "light_green_downstream", lower, "1", "", 1.0, 1.0, Said("light_green_lies_below"), Said("source_green_units"),
            )  # fmt: skip


def county_green(
    green_units: xr.DataArray, county_cells: xr.DataArray, outlines: pd.DataFrame
) -> Iterator[Measure]:
    """Share of each county that is all or deep green, and that is light green.

    Parameters
    ----------
    green_units : (y, x) [1]
        1 all green to 4 light green.
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    outlines : table
        Index of counties; ``code``.

    Yields
    ------
    Measure
        ``protected_green_share`` and ``light_green_share`` by county code, of the ground whose unit is known.
    """
    label = np.maximum(county_cells.values, 0).astype(np.int64).ravel()
    code = green_units.values.ravel()
    most = int(label.max(initial=0)) + 1
    known = np.isin(code, range(1, len(UNITS) + 1))
    size = np.bincount(label[known], minlength=most)
    for name, chosen in (("protected_green_share", (1, 2)), ("light_green_share", (4,))):
        part = np.bincount(label[np.isin(code, chosen)], minlength=most)
        for index, place in outlines["code"].astype(str).items():
            at = int(str(index))
            if at < most and size[at]:
                yield Measure(name, float(part[at] / size[at]), "1", place)


def _mean(values: NDArray[np.floating], where: NDArray[np.bool_]) -> float:
    seen = values[where]
    seen = seen[np.isfinite(seen)]
    return float(seen.mean(dtype=np.float64)) if seen.size else float("nan")
