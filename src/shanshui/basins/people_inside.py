"""People of counties and prefectures inside the region: the census itself, not what a map tells of it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from shanshui.basins.population import (
    counted_people,
    require_match,
    settled_ground,
)
from shanshui.basins.tables import PeopleInside
from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Counties, Index, Mask, Population, Units
from shanshui.region.grid import grid_of
from shanshui.region.years import chosen_year

DIGITISING = 1e-3
"""Share of a county that may stray into another place by the drawing of lines [D]: less is no people's home."""


@assessment(source="eicher2001", bytes_per_cell=48)
def people_inside(
    population: Population,
    counties: Counties,
    places: Units,
    settlement_weight: Index,
    region_mask: Mask,
) -> PeopleInside:
    """People of each place inside the region in the latest census year that most counties have.

    Parameters
    ----------
    population : table
        ``code, year, population`` of counties.
    counties : polygons
        ``code``.
    places : polygons
        Index ``unit``: the counties themselves, prefectures or any other set.
    settlement_weight : (y, x) [1]
        Where people rather live.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    table
        ``unit, population`` [person]; a county that lies in the region whole has its census count. NaN for a place that has a part of a
        county without a count for the year; places without people inside are left out.

    Raises
    ------
    QuantityError
        No code of the table is one of the counties'.

    Notes
    -----
    ``P_p = sum_s(P_s a_sp r_s)``: P_s people of county s on the grid as in :func:`population_density` (Eicher and Brewer 2001 [M]), a_sp the
    share of its area in place p, where it is above a thousandth [1] [D], and ``r_s = sum f w (in the region) / sum f w`` the share of its
    settlement weight w that lies in the region [1], cells by their share f in it.
    """
    year = chosen_year(population, "population", "population", places=set(counties["code"]))
    rows = population[population["year"] == year]
    require_match(population, counties)
    ground = settled_ground(counties, settlement_weight)
    within = np.zeros((len(counties), 2))
    for k, weight in enumerate((ground.weight, ground.even)):
        kept = np.where(region_mask.values == 1, weight, np.float32(0))
        within[:, k] = ground.cover.sums(grid_of(region_mask).lay(kept, "1")).total
    inside = np.where(ground.landless, within[:, 1], within[:, 0])
    # persons to a unit of weight, times the weight inside
    people = ground.per_weight(counted_people(rows, counties).to_numpy(float))[:, 0]
    # of a county that lies beyond the region nobody is inside, counted or not
    people = np.where(inside > 0, people * inside, 0.0)
    share = _shares(counties, places)
    county, place = np.nonzero(share)
    total = np.bincount(place, people[county] * share[county, place], len(places))
    out = pd.DataFrame({"unit": places.index, "population": total})
    return out[(total > 0) | np.isnan(total)].reset_index(drop=True)


def _shares(counties: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Share of each county (rows) in each place (columns), slivers left out and the rest summing to what it was."""
    out = np.zeros((len(counties), len(places)))
    own, other = counties.geometry.values, places.geometry.values
    place, county = counties.sindex.query(other, predicate="intersects")
    area = shapely.area(shapely.intersection(own[county], other[place]))
    out[county, place] = area / shapely.area(own[county])
    whole = out.sum(axis=1)
    out[out < DIGITISING] = 0.0
    rest = out.sum(axis=1)
    lacking = (whole > 1.0 - DIGITISING) & (rest > 0) & (rest < 1.0)
    out[lacking] /= rest[lacking, None]
    return out
