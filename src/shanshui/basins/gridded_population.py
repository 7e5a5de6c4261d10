"""People as maps have them: by cell, planning unit and county; and as weights for what tables count."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.basins.population import BEYOND
from shanshui.basins.tables import UnitPopulation
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import AnyLayers, Counties, Density, Index, Population, UnitLabels
from shanshui.kernels.labels import label_sizes
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_of


def _latest(population_maps: xr.Dataset) -> xr.DataArray:
    """Map of the latest year."""
    years = sorted(int(str(name)) for name in population_maps.data_vars)
    if not years:
        raise QuantityError("population_maps: holds no map; declare one in [inputs.population]")
    return population_maps[str(years[-1])]


@assessment(source="own_frame", bytes_per_cell=12)
def gridded_population(population_maps: AnyLayers) -> Density:
    """People per km2 in the latest year, as its map has them.

    Parameters
    ----------
    population_maps : layers
        Of each year, person/km2.

    Returns
    -------
    (y, x) [person/km2]
        At least 0; NaN where the map knows nothing. The sum over the grid is that of the file there.

    Notes
    -----
    ``D = sum_i(P_i f_i) / A`` with P_i the people of cell i of the file [person], f_i the share of it in the cell of the grid [1], A
    the area of a cell [km2]: area-weighted and sum-conserving, done at the door; our own choice [D] (decision 0021).
    """
    latest = _latest(population_maps)
    return like(latest, latest.values, "person/km2")


@assessment(source="own_frame", bytes_per_cell=12)
def settlement_map(population_maps: AnyLayers) -> Index:
    """Where people rather live, by the latest map of people.

    Parameters
    ----------
    population_maps : layers
        Of each year, person/km2.

    Returns
    -------
    (y, x) [1]
        At least 0: people per km2 of the map as a relative density; NaN where the map knows nothing.

    Notes
    -----
    ``w = D / D0`` with D the density of the map [person/km2] and D0 = 1 person/km2. What tables count in a county is spread in
    proportion; the map's own sum does not matter. Our own choice [D] (decision 0021).
    """
    latest = _latest(population_maps)
    return like(latest, latest.values, "1")


@assessment(source="own_frame", bytes_per_cell=16)
def gridded_unit_population(
    population_maps: AnyLayers, planning_unit_labels: UnitLabels
) -> UnitPopulation:
    """People of each planning unit in each year of the maps.

    Parameters
    ----------
    population_maps : layers
        Of each year, person/km2.
    planning_unit_labels : (y, x) [1]
        Unit of each cell.

    Returns
    -------
    table
        ``unit, year, population`` [person], ``density`` [person/km2]; NaN for a unit of which no cell is known.

    Notes
    -----
    ``P_u = A sum_c(D_c)`` over the known cells c of the unit, with D the density of the map [person/km2] and A the area of a cell
    [km2]; ``density = P_u / A_u`` with A_u the unit's area [km2]. Cells that the map does not know are taken to be empty, as makers of
    such maps mask water and empty ground; our own choice [D] (decision 0021).
    """
    grid = grid_of(planning_unit_labels)
    label = np.ascontiguousarray(planning_unit_labels.values).ravel()
    count = int(label.max())
    area = label_sizes(label, count)[1:] * grid.cell_km2
    parts = []
    for year in sorted(int(str(name)) for name in population_maps.data_vars):
        density = population_maps[str(year)].values.ravel()
        known = np.isfinite(density) & (label > 0)
        people = np.bincount(label[known], density[known].astype(np.float64), count + 1)[1:]
        seen = np.bincount(label[known], minlength=count + 1)[1:]
        people = np.where(seen > 0, people * grid.cell_km2, np.nan)
        parts.append(
            pd.DataFrame(
                {
                    "unit": np.arange(1, count + 1),
                    "year": year,
                    "population": people,
                    "density": people / area,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@assessment(source="own_frame", bytes_per_cell=48)
def gridded_county_population(
    population_maps: AnyLayers,
    counties: Counties,
    *,
    most_beyond: Annotated[float, Between(0.0, 1.0)] = 0.01,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> Population:
    """People of each county in each year of the maps.

    Parameters
    ----------
    population_maps : layers
        Of each year, person/km2.
    counties : polygons
        ``code``.
    most_beyond : float [1]
        Share of a county beyond the grid above which its people are not known [D].
    least_known : float [1]
        Share of its ground on the grid that the map must know [D]; the rest is taken to be empty.

    Returns
    -------
    table
        ``code, year, population`` [person], for the industry and the accounts of places. NaN for a county that reaches beyond the
        grid, or of which the map knows too little. ``attrs["beyond"]`` tells which share of a county lies beyond.

    Raises
    ------
    QuantityError
        No county has people that are known in any year.

    Notes
    -----
    ``P_s = A sum_c(f_cs D_c)`` with f_cs the share of cell c in county s [1], D the density of the map [person/km2], and A the area
    of a cell [km2]; shares are exact (decision 0017). Our own choice [D] (decision 0021).
    """
    years = sorted(int(str(name)) for name in population_maps.data_vars)
    grid = grid_of(_latest(population_maps))
    cover = cover_of(counties, grid)
    codes = counties["code"].astype(str).to_numpy()
    beyond = 1.0 - np.minimum(cover.inside_km2 / cover.area_km2, 1.0)
    parts = []
    for year in years:
        found = cover.sums(population_maps[str(year)])
        share = found.weight * grid.cell_km2 / np.maximum(cover.inside_km2, 1e-300)
        known = (beyond <= most_beyond) & (share >= least_known) & (found.weight > 0)
        people = np.where(known, found.total * grid.cell_km2, np.nan)
        parts.append(pd.DataFrame({"code": codes, "year": year, "population": people}))
    out = pd.concat(parts, ignore_index=True)
    if not out["population"].notna().any():
        raise QuantityError(
            "population_maps: no county lies wholly on the grid and below known cells of the map; take a larger grid, or raise "
            "gridded_county_population.most_beyond"
        )
    away = beyond > BEYOND
    out.attrs["beyond"] = dict(zip(codes[away].tolist(), beyond[away].tolist(), strict=True))
    return out
