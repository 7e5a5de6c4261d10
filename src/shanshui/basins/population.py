"""People per planning unit: census counts spread to where people can live, and gathered again."""

from dataclasses import dataclass
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

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
from shanshui.kernels.labels import label_sizes
from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_along
from shanshui.region.years import chosen_year

BEYOND = 1e-6
"""Share of a county beyond the ground from which it is told [D]: less is the rounding of coordinates."""


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


@dataclass(frozen=True)
class SettledGround:
    """Where the people of counties go: cells by their share in each county, and how they weigh.

    Attributes
    ----------
    cover : Cover
        Cells of each county.
    weight, even : (y, x)
        Settlement weight, and 1 for those who find none: both NaN off the ground.
    room, spare : (county,)
        What these come to in each county.
    here : (county,) [1]
        Share of each county's area that is ground of the grid.
    """

    cover: Cover
    weight: NDArray[np.float32]
    even: NDArray[np.float32]
    room: NDArray[np.float64]
    spare: NDArray[np.float64]
    here: NDArray[np.float64]

    @property
    def landless(self) -> NDArray[np.bool_]:
        """Counties with ground of the grid, none of which weighs."""
        return ~(self.room > 0) & (self.spare > 0)

    def per_weight(self, people: NDArray[np.float64]) -> NDArray[np.float64]:
        """People (county, year) to a unit of the weight that their county has; none where it has no ground here."""
        room = np.where(self.room > 0, self.room, self.spare)[:, None]
        there = people * self.here[:, None] / np.where(room > 0, room, 1.0)
        return np.where(room > 0, there, 0.0)

    def layers(
        self, factor: NDArray[np.float64]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float64]]]:
        """Weights and the factors of the counties that go by them."""
        lone = self.landless[:, None] if factor.ndim == 2 else self.landless
        first = (self.weight, np.where(lone, 0.0, factor))
        return [first, (self.even, np.where(lone, factor, 0.0))] if lone.any() else [first]


def settled_ground(counties: gpd.GeoDataFrame, settlement_weight: xr.DataArray) -> SettledGround:
    """Cells of the counties, along the outline of all as a region has them: else people would stay behind in cells that it has not."""
    grid = grid_of(settlement_weight)
    exact, cover = cover_along(counties, grid)
    weight = np.ascontiguousarray(settlement_weight.values, np.float32)
    even = np.where(np.isfinite(weight), np.float32(1), np.float32(np.nan))
    room, spare = (cover.sums(grid.lay(v, "1")).total for v in (weight, even))
    with np.errstate(invalid="ignore", divide="ignore"):
        # ground that the grid does not know (outside the elevation) keeps its people to itself
        known = spare * grid.cell_km2 / cover.inside_km2
        here = np.minimum(exact.inside_km2 / exact.area_km2, 1.0) * np.minimum(known, 1.0)
    return SettledGround(cover, weight, even, room, spare, np.nan_to_num(here))


def counted_people(population: pd.DataFrame, counties: gpd.GeoDataFrame) -> pd.DataFrame:
    """People by county (in their order) and year; NaN where a county has no count."""
    counted = population.dropna(subset=["population"])
    wide = counted.pivot_table(index="code", columns="year", values="population", aggfunc="sum")
    return wide.reindex(counties["code"])


@assessment(source="eicher2001", bytes_per_cell=48)
def population_density(
    population: Population, counties: Counties, settlement_weight: Index
) -> Density:
    """People per km2 in the latest year that most counties have, spread within each county.

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
        Each county keeps its people, also one smaller than a cell: cells go to it by the share of them that lies in it. NaN where the
        weight is, and in cells of counties without a count for the year; 0 outside all counties.

    Raises
    ------
    QuantityError
        No code of the table is one of the counties'.

    Notes
    -----
    Dasymetric mapping, Eicher and Brewer (2001) [M]: ``D = sum_s(P_s f_cs w / sum_c(f_cs w)) / A`` with P_s the people of county s
    [person] on the grid, f the share of cell c in it [1], w the settlement weight [1], and A the area of a cell [km2]. P_s is the
    count times the share of the county's area that lies on ground of the grid. Where nothing of a county weighs (all water), its people
    go to its ground evenly. Shares are exact along the lines between counties; along the outline of all of them a cell is in or
    out by its centre, as with the region [D] (decision 0017).
    """
    grid = grid_of(settlement_weight)
    year = chosen_year(population, "population", "population", places=set(counties["code"]))
    rows = population[population["year"] == year]
    require_match(population, counties)
    ground = settled_ground(counties, settlement_weight)
    factor = ground.per_weight(counted_people(rows, counties).to_numpy(float))[:, 0] / grid.cell_km2
    density = sum(ground.cover.spread(weight, own) for weight, own in ground.layers(factor))
    return like(settlement_weight, np.asarray(density, np.float32), "person/km2")


@assessment(source="eicher2001", bytes_per_cell=48)
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
        ``attrs["no_land"]`` names counties whose people went to their ground evenly, since none of it weighs; ``attrs["beyond"]``
        tells by code which share of a county's area, and so of its people, lies beyond the ground of the grid.

    Raises
    ------
    QuantityError
        No code of the table is one of the counties'.

    Notes
    -----
    ``P_u = sum_c(sum_s(P_s f_cs w_c / sum_c(f_cs w_c)))`` over the cells c of the unit and the counties s that have a part of them;
    symbols as in :func:`population_density`, Eicher and Brewer (2001) [M]. ``density = P_u / A_u`` with A_u the unit's area [km2].
    """
    grid = grid_of(planning_unit_labels)
    require_match(population, counties)
    count = int(planning_unit_labels.values.max())
    label = np.ascontiguousarray(planning_unit_labels.values)
    area = label_sizes(label.ravel(), count)[1:] * grid.cell_km2
    ground = settled_ground(counties, settlement_weight)
    wide = counted_people(population, counties)
    people = np.zeros((count + 1, wide.shape[1]))
    for weight, own in ground.layers(ground.per_weight(wide.to_numpy(float))):
        people += ground.cover.gather(label, weight, own, count)
    parts = [
        pd.DataFrame(
            {
                "unit": np.arange(1, count + 1),
                "year": int(str(year)),
                "population": people[1:, k],
                "density": people[1:, k] / area,
            }
        )
        for k, year in enumerate(wide.columns)
    ]
    out = pd.concat(parts, ignore_index=True)
    codes = counties["code"].astype(str).to_numpy()
    out.attrs["no_land"] = codes[ground.landless].tolist()
    beyond = 1.0 - ground.here
    away = beyond > BEYOND
    out.attrs["beyond"] = dict(zip(codes[away].tolist(), beyond[away].tolist(), strict=True))
    return out


def require_match(population: Population, counties: Counties) -> None:
    """Refuse a table of other places."""
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
        ``code, year, population``; the latest year that most counties have is summed.
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
        year = chosen_year(population, "population", "population", places=set(counties["code"]))
        latest = population[population["year"] == year]
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
