"""People per planning unit: census counts spread to where people can live, and gathered again."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.basins.tables import SpatialLevels, UnitPopulation
from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, EachOf
from shanshui.core.vocabulary import (
    Codes,
    Counties,
    Density,
    Index,
    Population,
    Prefectures,
    Slope,
    UnitLabels,
)
from shanshui.kernels.labels import (
    gather_by_weight,
    label_sizes,
    label_statistics,
    spread_by_weight,
)
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import rasterised


@assessment(source="eicher2001", halo=0, bytes_per_cell=8)
def settlement_weight(
    slope: Slope,
    cover_type: Codes | None = None,
    *,
    half_deg: Annotated[float, Between(0.1, 90.0)] = 8.0,
    built: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("built",),
    farmed: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("farmed",),
    empty: Annotated[tuple[str, ...], EachOf(*COVERS)] = ("water", "ice"),
    built_weight: Annotated[float, Between(0.0, 1e6)] = 30.0,
    farm_weight: Annotated[float, Between(0.0, 1e6)] = 5.0,
) -> Index:
    """Where people rather live: relative density from slope and land cover.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness.
    cover_type : (y, x) [1], optional
        What covers the ground, codes of ``core/cover_types.csv``; without it slope alone decides.
    half_deg : float [degree]
        Slope at which density halves [D]; larger spreads people up the slopes.
    built, farmed, empty : tuple of str
        Covers, with all that they hold, that count as built-up, as farmed, and as ground where nobody lives.
    built_weight, farm_weight : float [1]
        Density of built-up and farmed ground relative to other ground of the same slope [D].

    Returns
    -------
    (y, x) [1]
        At least 0; 0 where nobody lives; NaN where slope is. Ground of unknown cover weighs as other ground.

    Notes
    -----
    ``w = 2^(-s / h) k`` with s the slope and h ``half_deg`` [degree], and k the weight of the cover [1]: 0 on what is
    ``empty``, ``built_weight``, ``farm_weight`` or 1. Three and more classes with a weight each are the weighted method of Eicher
    and Brewer (2001) [M]; the weights and the fall with slope are our own choice [D].
    """
    weight = np.exp2(-slope.values / np.float32(half_deg))
    if cover_type is not None:
        code = cover_type.values
        weight = weight * np.where(
            np.isin(code, codes_of(built)),
            built_weight,
            np.where(np.isin(code, codes_of(farmed)), farm_weight, 1.0),
        )
        weight = np.where(np.isin(code, codes_of(empty)), 0.0, weight)
    weight = np.where(np.isfinite(slope.values), weight, np.nan).astype(np.float32)
    return like(slope, weight, "1")


def _per_weight(
    population: pd.DataFrame,
    counties: gpd.GeoDataFrame,
    label: np.ndarray,
    weight: np.ndarray,
    grid: GridSpec,
) -> pd.DataFrame:
    """Persons per unit of weight, by county (rows 0 to all) and year (columns).

    A county that reaches beyond the grid, or beyond the ground on it, brings the share of its area that
    is there; one without weight there spreads nobody. NaN where a county has no count for the year.
    """
    top = int(counties.index.max())
    seen, total, _, _ = label_statistics(label, weight, top)
    on_grid = counties.intersection(shapely.box(*grid.bounds)).area / counties.area
    # ground that the grid does not know (outside the elevation) keeps its people to itself
    on_grid *= seen[counties.index] / np.maximum(label_sizes(label, top)[counties.index], 1)
    counted = population.dropna(subset=["population"])
    wide = counted.pivot_table(index="code", columns="year", values="population", aggfunc="sum")
    people = wide.reindex(counties["code"]).to_numpy() * on_grid.to_numpy()[:, None]
    out = pd.DataFrame(0.0, index=range(top + 1), columns=wide.columns)
    room = total[counties.index][:, None]
    # nobody can be put where there is no weight, counted or not
    out.loc[counties.index] = np.where(room > 0, people / np.where(room > 0, room, 1.0), 0.0)
    return out


@assessment(source="eicher2001", bytes_per_cell=8)
def population_density(
    population: Population, counties: Counties, settlement_weight: Index
) -> Density:
    """People per km2 in the latest census year, spread within each county.

    Parameters
    ----------
    population : table
        ``code, year, population``.
    counties : polygons
        ``code``.
    settlement_weight : (y, x) [1]
        Where people rather live.

    Returns
    -------
    (y, x) [person/km2]
        Each county keeps its people, cells going to it by their centre; NaN where the weight is, and in counties without a
        count for the year; 0 outside all counties.

    Raises
    ------
    QuantityError
        No code of the table is one of the counties'.

    Notes
    -----
    Dasymetric mapping, Eicher and Brewer (2001) [M]: ``D = P_s w / (A sum_s(w))`` with P_s the people of county s [person]
    on the grid, w the settlement weight [1], summed over the county's cells, and A the area of a cell [km2]. P_s is the
    count times the share of the county's area that lies on ground of the grid.
    """
    grid = grid_of(settlement_weight)
    rows = population[population["year"] == population["year"].max()]
    _require_match(population, counties)
    label = rasterised(counties, grid).values.ravel()
    weight = np.ascontiguousarray(settlement_weight.values, np.float32)
    factor = (
        _per_weight(rows, counties, label, weight.ravel(), grid).to_numpy()[:, 0] / grid.cell_km2
    )
    density = np.empty(grid.shape, np.float32)
    spread_by_weight(label, weight.ravel(), factor, density.ravel())
    return like(settlement_weight, density, "person/km2")


@assessment(source="eicher2001", bytes_per_cell=8)
def unit_population(
    population: Population,
    counties: Counties,
    settlement_weight: Index,
    planning_unit_labels: UnitLabels,
) -> UnitPopulation:
    """People of each planning unit in each census year.

    Parameters
    ----------
    population : table
        ``code, year, population``.
    counties : polygons
        ``code``.
    settlement_weight : (y, x) [1]
        Where people rather live.
    planning_unit_labels : (y, x) [1]
        Unit of each cell.

    Returns
    -------
    table
        ``unit, year, population`` [person], ``density`` [person/km2]; over all units the people of the counties inside the
        region. NaN for a unit that has ground in a county without a count for the year: a part is not the whole.

    Raises
    ------
    QuantityError
        No code of the table is one of the counties'.

    Notes
    -----
    ``P_u = sum_c(P_s w_c / sum_s(w))`` over the cells c of the unit, each with the county s that its centre lies in; symbols
    as in :func:`population_density`, Eicher and Brewer (2001) [M]. ``density = P_u / A_u`` with A_u the unit's area [km2].
    """
    grid = grid_of(planning_unit_labels)
    _require_match(population, counties)
    count = int(planning_unit_labels.values.max())
    label = np.ascontiguousarray(planning_unit_labels.values).ravel()
    area = label_sizes(label, count)[1:] * grid.cell_km2
    source = rasterised(counties, grid).values.ravel()
    weight = np.ascontiguousarray(settlement_weight.values, np.float32).ravel()
    factor = _per_weight(population, counties, source, weight, grid)
    people = gather_by_weight(label, source, weight, factor.to_numpy(), count)[1:]
    parts = [
        pd.DataFrame(
            {
                "unit": np.arange(1, count + 1),
                "year": int(str(year)),
                "population": people[:, k],
                "density": people[:, k] / area,
            }
        )
        for k, year in enumerate(factor.columns)
    ]
    return pd.concat(parts, ignore_index=True)


def _require_match(population: Population, counties: Counties) -> None:
    if not population["code"].isin(counties["code"]).any():
        raise QuantityError(
            f"population.code: none of its codes (such as {population['code'].iloc[0]}) is one of the counties' "
            f"(such as {counties['code'].iloc[0]}); name the right columns in [inputs.population] and [inputs.counties]"
        )


@assessment(source="own_frame", bytes_per_cell=0)
def spatial_levels(
    counties: Counties,
    prefectures: Prefectures | None = None,
    population: Population | None = None,
    *,
    inner_codes: tuple[str, ...] = (),
    outer_codes: tuple[str, ...] = (),
) -> SpatialLevels:
    """Inner mountain area, outer city area, and whole region.

    Parameters
    ----------
    counties : polygons
        ``code``.
    prefectures : polygons, optional
        ``code``; needed where ``outer_codes`` names prefectures.
    population : table, optional
        ``code, year, population``; the latest year is summed.
    inner_codes : tuple of str
        Counties of the mountain area; none means all.
    outer_codes : tuple of str
        Counties, or prefectures with all their counties, of the city area. Membership may be double: a county
        can be inner and lie in an outer city.

    Returns
    -------
    polygons
        Index ``unit``; ``level`` (``inner``, ``outer``, ``whole``), ``counties`` (how many), ``area_km2``, ``population``;
        NaN without a table, and where a county of the level has no count in its latest year.

    Raises
    ------
    QuantityError
        A code that no county or prefecture has.

    Notes
    -----
    The convention is our own [D] (decision 0003): ``whole = inner + outer``, a county in both counted once. Inner are the
    counties of ``inner_codes``; outer those of ``outer_codes`` and those whose inner point lies in a prefecture of
    ``outer_codes``. Area and people are sums.
    """
    known = set(counties["code"]) | (set() if prefectures is None else set(prefectures["code"]))
    strange = [c for c in (*inner_codes, *outer_codes) if str(c) not in known]
    if strange:
        raise QuantityError(
            f"spatial_levels: no county or prefecture has the code {', '.join(map(str, strange[:8]))}"
        )
    inner = (
        counties["code"].isin([str(c) for c in inner_codes])
        if inner_codes
        else pd.Series(True, counties.index)
    )
    outer = counties["code"].isin([str(c) for c in outer_codes])
    if prefectures is not None and outer_codes:
        cities = prefectures[prefectures["code"].isin([str(c) for c in outer_codes])]
        if len(cities):
            middle = gpd.GeoSeries(counties.representative_point(), crs=counties.crs)
            outer |= middle.within(shapely.union_all(cities.geometry.values))
    people = None
    if population is not None:
        latest = population[population["year"] == population["year"].max()]
        people = counties["code"].map(latest.set_index("code")["population"])
    rows, shapes = [], []
    for level, chosen in (("inner", inner), ("outer", outer), ("whole", inner | outer)):
        part = counties[chosen]
        rows.append(
            {
                "level": level,
                "counties": len(part),
                "area_km2": float(part.area.sum() / 1e6),
                "population": float(people[chosen].sum(skipna=False))
                if people is not None
                else np.nan,
            }
        )
        shapes.append(
            shapely.union_all(part.geometry.values) if len(part) else shapely.MultiPolygon()
        )
    out = gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes, crs=counties.crs))
    out.index = pd.RangeIndex(1, 4, name="unit")
    return out
