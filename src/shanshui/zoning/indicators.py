"""What the rules of zones and units ask of each county and of each planning unit."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.ndimage
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import Codes, Counties, Density, Labels, PlanningUnits, Relief
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.zoning.access import Minutes
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.function_zones import ZoneIndicators
from shanshui.zoning.grades import MODERATE, SUITABLE, UNKNOWN
from shanshui.zoning.green_units import UnitIndicators
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.ranks import rank, standard
from shanshui.zoning.tables import LOADS, CarryingCapacity

Values = Annotated[
    pd.DataFrame, Table({"area_km2": "km2", "total": "yuan/yr", "per_km2": "yuan/km2/yr", "*": ANY})
]
Products = Annotated[
    pd.DataFrame,
    Table({"code": Key("county"), "year": "yr", "sector": TEXT, "yuan": "yuan", "*": ANY}),
]
Areas = Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "*": ANY})]
EXTREME, SENSITIVE = 1, 3
"""Codes of sensitivity: 1 extreme, 3 sensitive, 5 general, 0 missing."""
PRIMARY, TOTAL = "primary", "total"
OF_PLACE = ("population_water_load", "population_land_load", "construction_load")
"""Loads that people and building put on a place's own water and land [D, decision 0048]."""
SUPPLY = (
    "agr",
    "for",
    "hus",
    "fis",
    "bio",
    "wat",
    "hyd",
    "food",
    "raw_material",
    "raw_materials",
    "water_supply",
)
"""Services that are taken away and sold."""


@assessment(source="decisions/0048-zones-and-units", bytes_per_cell=40)
def zone_indicators(
    labels: Labels,
    outlines: Counties,
    construction_suitability: Codes,
    cover_type: Codes,
    carrying_capacity: CarryingCapacity,
    gep: Values | None = None,
    ecological_sensitivity: Codes | None = None,
    red_line_candidate: Codes | None = None,
    travel_time: Minutes | None = None,
    core_travel_time: Minutes | None = None,
    population_density: Density | None = None,
    county_gdp: Products | None = None,
    *,
    taken: tuple[str, ...] = SUPPLY,
    loads: Annotated[tuple[str, ...], EachOf(*LOADS)] = OF_PLACE,
    core_minutes: Annotated[float, Between(0.0, 1e4)] = 60.0,
    sensitive_part: Annotated[float, Between(0.0, 1.0)] = 0.5,
    moderate_part: Annotated[float, Between(0.0, 1.0)] = 0.5,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> ZoneIndicators:
    """Twelve indicators of each county for the rules of main-function zones.

    Parameters
    ----------
    labels : (y, x) [1]
        County of each cell; 0 outside.
    outlines : polygons
        Index of the labels; ``code, name``.
    construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    cover_type : (y, x) [1]
        What covers the ground.
    carrying_capacity : table
        ``unit, people, biocapacity_gha`` and the loads.
    gep : table, optional
        index of the labels; ``area_km2, total`` and a column per service [yuan/yr]: value of what nature gives.
    ecological_sensitivity : (y, x) [1], optional
        1 extreme, 3 sensitive, 5 general, 0 missing.
    red_line_candidate : (y, x) [1], optional
        1 in the line.
    travel_time, core_travel_time : (y, x) [min], optional
        To the nearest town and to the nearest core city.
    population_density : (y, x) [person/km2], optional
        Where people live: times are theirs.
    county_gdp : table, optional
        ``code, year, sector, yuan``; the latest year counts.
    taken : tuple of str
        Services whose value does not count: harvests make fertile plains as valuable as the forest that waters them [D].
    loads : tuple of str
        Loads of which the greatest is ``CL``. Footprint, farming and nitrogen are not among them unless named: what people eat from elsewhere is no
        load on the place, and what fields lose to rivers is cut, not moved; with them most populated counties are beyond capacity, so that
        ``CL`` tells none from another.
    core_minutes : float [min]
        A county is in reach of a core city up to this, for its mean resident.
    sensitive_part, moderate_part : float [1]
        Weight of sensitive ground beside extremely sensitive, of land that suits building in part beside land that does [D].
    least_known : float [1]
        Share of a county's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit, code, name`` and ``EV, ES, SU, TA, PD, PT, FR, ED, HR`` (ranks, 0 to 1), ``RL`` [1], ``CL`` [1], ``CI`` 1 or 0. NaN where an input
        is missing.

    Notes
    -----
    Ranks ``(r - .5)/n`` of: EV value per area; ES ``s_extreme + part s_sensitive``; SU suitable land outside the line, ``s_1 + part s_2``; TA the
    contrary of the mean resident's time to a town; PD people per area; PT people; FR patches of built and of farmed land per area; ED the mean
    of the standardised product per head, share outside farming, and product per area; HR biocapacity per head. RL share of red line; CL
    load; CI 1 where the mean resident's time to a core city is within ``core_minutes`` (METHODS M6.2).
    """
    cells = PlaceCells.of(labels)
    capacity = carrying_capacity
    people = _column(cells, capacity, "people")
    nothing = np.full(cells.size.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        density = people / cells.area_km2
        bearing = np.where(people > 0, _column(cells, capacity, "biocapacity_gha") / people, np.nan)
    free = np.ones(labels.shape, bool)
    line = nothing
    if red_line_candidate is not None:
        free = red_line_candidate.values != IN_LINE
        line = cells.km2(~free) / cells.area_km2
    sensitive = nothing
    if ecological_sensitivity is not None:
        code = ecological_sensitivity.values
        sensitive = _shares(cells, code, EXTREME, least_known) + sensitive_part * _shares(
            cells, code, SENSITIVE, least_known
        )
    suits = _suits(cells, construction_suitability.values, free, moderate_part, least_known)
    time = _mean_time(cells, travel_time, population_density, least_known)
    core = _mean_time(cells, core_travel_time, population_density, least_known)
    columns: dict[str, object] = {
        "EV": rank(nothing if gep is None else _value(cells, gep, taken)),
        "ES": rank(sensitive),
        "SU": rank(suits),
        "TA": rank(-time),
        "PD": rank(density),
        "PT": rank(people),
        "FR": rank(_patches(cells, labels, cover_type) / cells.area_km2),
        "ED": rank(_economy(cells, county_gdp, outlines, people)),
        "HR": rank(bearing),
        "RL": line,
        "CL": _load(cells, capacity, loads),
        "CI": np.where(np.isnan(core), np.nan, (core <= core_minutes).astype(float)),
    }
    return cells.named(columns, outlines)


@assessment(source="decisions/0048-zones-and-units", bytes_per_cell=24)
def unit_indicators(
    labels: Labels,
    outlines: PlanningUnits,
    construction_suitability: Codes,
    local_relief: Relief,
    carrying_capacity: CarryingCapacity,
    gep: Values | None = None,
    red_line_candidate: Codes | None = None,
    protected_areas: Areas | None = None,
    *,
    taken: tuple[str, ...] = SUPPLY,
    loads: Annotated[tuple[str, ...], EachOf(*LOADS)] = OF_PLACE,
    moderate_part: Annotated[float, Between(0.0, 1.0)] = 0.5,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> UnitIndicators:
    """Seven figures of each planning unit for the rules of green units.

    Parameters
    ----------
    labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    outlines : polygons
        Index of the labels; ``code, name, upstream_index, position``.
    construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    local_relief : (y, x) [m]
        Highest less lowest ground in a window of about 5 km.
    carrying_capacity : table
        ``unit`` and the loads.
    gep : table, optional
        index of the labels; ``area_km2, total`` and a column per service [yuan/yr].
    red_line_candidate : (y, x) [1], optional
        1 in the line.
    protected_areas : polygons, optional
        They count with the line.
    taken : tuple of str
        As for :func:`zone_indicators`.
    loads : tuple of str
        Loads of which the greatest leaves the headroom, as for :func:`zone_indicators`.
    moderate_part : float [1]
        Weight of land that suits building in part [D].
    least_known : float [1]
        Share of a unit's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit, code, name``; ``EV`` rank of value per area; ``R`` mean relief [m]; ``u`` upstream index; ``pos`` upper, middle, lower; ``H``
        headroom; ``PROT`` share of red line and protected areas, NaN without the line; ``SUIT`` share of suitable land outside them.

    Notes
    -----
    As METHODS M6.4 has them; position within the river basin, not within the nation's great river.
    """
    cells = PlaceCells.of(labels)
    kept = np.zeros(labels.shape, bool)
    if red_line_candidate is not None:
        kept |= red_line_candidate.values == IN_LINE
    if protected_areas is not None and len(protected_areas):
        kept |= burnt(protected_areas, grid_of(labels), 0.0).astype(bool)
    nothing = np.full(cells.size.size, np.nan)
    shielded = nothing if red_line_candidate is None else cells.km2(kept) / cells.area_km2
    rows = outlines.reindex(cells.places)
    columns: dict[str, object] = {
        "EV": rank(nothing if gep is None else _value(cells, gep, taken)),
        "R": cells.mean(local_relief.values, least_known),
        "u": rows["upstream_index"].to_numpy(float),
        "pos": rows["position"].fillna("").astype(str).to_numpy(),
        "H": np.clip(1.0 - _load(cells, carrying_capacity, loads), -1.0, 1.0),
        "PROT": shielded,
        "SUIT": _suits(cells, construction_suitability.values, ~kept, moderate_part, least_known),
    }
    return cells.named(columns, outlines)


def _column(cells: PlaceCells, table: pd.DataFrame, name: str) -> Numbers:
    return np.asarray(cells.column(table, name))


def _value(cells: PlaceCells, gep: pd.DataFrame, taken: tuple[str, ...]) -> Numbers:
    """Value per area of what is not taken away."""
    sold = gep[[c for c in taken if c in gep.columns]].fillna(0.0).sum(axis=1)
    kept = (gep["total"] - sold) / gep["area_km2"]
    return kept.reindex(cells.places).to_numpy(float)


def _load(cells: PlaceCells, capacity: pd.DataFrame, loads: tuple[str, ...]) -> Numbers:
    """Greatest of some loads; NaN where one that the study knows elsewhere is not known here, or where it knows none."""
    columns = np.stack([_column(cells, capacity, name) for name in loads])
    known = columns[~np.isnan(columns).all(axis=1)]
    return known.max(axis=0) if len(known) else np.full(cells.size.size, np.nan)


def _shares(
    cells: PlaceCells, codes: NDArray[np.integer], code: int, least_known: float
) -> Numbers:
    """Share of a class in the known cells of each place."""
    known = cells.cells(codes != UNKNOWN)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = cells.cells(codes == code) / known
    return np.where(known >= np.maximum(least_known * cells.size, 1.0), share, np.nan)


def _suits(
    cells: PlaceCells,
    codes: NDArray[np.integer],
    free: NDArray[np.bool_],
    part: float,
    least_known: float,
) -> Numbers:
    """Share of each place that suits building, on free ground."""
    whole = cells.cells(np.isin(codes, SUITABLE) & free)
    some = cells.cells(np.isin(codes, MODERATE) & free)
    told = cells.cells(codes != UNKNOWN) >= least_known * cells.size
    return np.where(told, (whole + part * some) / cells.size, np.nan)


def _mean_time(
    cells: PlaceCells, minutes: Minutes | None, density: Density | None, least_known: float
) -> Numbers:
    """Mean time of the residents of each place; of its ground where nobody is known to live."""
    if minutes is None:
        return np.full(cells.size.size, np.nan)
    by_ground = cells.mean(minutes.values, least_known)
    if density is None:
        return by_ground
    here = np.isfinite(minutes.values) & np.isfinite(density.values)
    people = np.where(here, density.values, 0.0).astype(np.float64)
    weights = cells.mean(people, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = cells.mean(np.where(here, minutes.values, 0.0) * people, 0.0) / weights
    return np.where((weights > 0) & np.isfinite(by_ground), mean, by_ground)


def _patches(cells: PlaceCells, labels: Labels, cover_type: Codes) -> Numbers:
    """Patches of built and of farmed land in each place; one that crosses a border counts in each."""
    count = np.zeros(cells.size.size)
    code = cover_type.values
    seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
    place = np.maximum(labels.values, 0).astype(np.int64)
    for cover in ("built", "farmed"):
        patch, found = scipy.ndimage.label(
            seen & np.isin(code, codes_of((cover,))), np.ones((3, 3))
        )
        at = patch > 0
        pairs = np.unique(place[at] * (found + 1) + patch[at])
        count += np.bincount(pairs // (found + 1), minlength=int(cells.places.max(initial=0)) + 1)[cells.places]  # fmt: skip
    known = cells.cells(seen) > 0
    return np.where(known, count, np.nan)


def _economy(
    cells: PlaceCells,
    product: pd.DataFrame | None,
    outlines: gpd.GeoDataFrame,
    people: Numbers,
) -> Numbers:
    """Mean of standardised product per head, share outside farming, product per area; NaN where one is not known."""
    if product is None or product.empty:
        return np.full(cells.size.size, np.nan)
    latest = product[product["year"] == product["year"].max()]
    wide = latest[latest["sector"] != TOTAL].pivot_table(
        index="code", columns="sector", values="yuan", aggfunc=lambda v: v.sum(skipna=False)
    )
    codes = outlines["code"].astype(str).reindex(cells.places)
    wide = wide.set_axis(wide.index.astype(str)).reindex(codes)
    whole = wide.sum(axis=1, skipna=False).to_numpy(float)
    farming = wide[PRIMARY].to_numpy(float) if PRIMARY in wide else np.full(whole.size, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = (
            np.where(people > 0, whole / people, np.nan),
            1.0 - np.where(whole > 0, farming / whole, np.nan),
            whole / cells.area_km2,
        )
    return np.mean([standard(p) for p in parts], axis=0)
