"""Where the town of each county stands."""

from typing import Annotated

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Features, Key
from shanshui.core.vocabulary import Counties, CountyCells, Density, Places
from shanshui.region.grid import grid_of
from shanshui.zoning.access import cells_of, on_grid
from shanshui.zoning.places import PlaceCells

CountyTowns = Annotated[
    gpd.GeoDataFrame,
    Features({"unit": Key("county"), "code": TEXT, "name": TEXT, "rule": TEXT}),
]
NAMED, PEOPLED = "named", "most people"


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=16)
def county_towns(
    county_cells: CountyCells,
    counties: Counties,
    cities: Places | None = None,
    population_density: Density | None = None,
) -> CountyTowns:
    """Town of each county: the places that the study names in it, else where its people are densest.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    counties : polygons
        Index of the cells; ``code, name``.
    cities : points, optional
        Named towns and cities; those on ground of a county are its towns.
    population_density : (y, x) [person/km2], optional
        Residents; the densest cell stands for the town of a county without a named one, the first of equal ones.

    Returns
    -------
    points
        ``unit`` number of the county, its ``code`` and ``name``; ``rule``: ``named`` or ``most people``. A county without either has none.

    Notes
    -----
    ``argmax_c D(c)`` over the cells c of the county, where D(c) > 0; a stand-in for a list of county towns [D].
    """
    grid = grid_of(county_cells)
    cells = PlaceCells.of(county_cells)
    label = np.maximum(county_cells.values, 0)
    rows: list[tuple[int, str, float, float]] = []
    if cities is not None:
        near = cities[on_grid(grid, cities)]
        held = label[cells_of(grid, near)]
        rows += [
            (int(unit), NAMED, place.x, place.y)
            for unit, place in zip(held, near.geometry, strict=True)
            if unit > 0
        ]
    if population_density is not None:
        named = {unit for unit, *_ in rows}
        for unit, at in _densest(cells, population_density.values).items():
            if unit not in named:
                r, c = divmod(at, grid.nx)
                rows.append((unit, PEOPLED, float(grid.x()[c]), float(grid.y()[r])))
    rows.sort(key=lambda row: row[0])
    units = [unit for unit, *_ in rows]
    of = counties.reindex(units)
    return gpd.GeoDataFrame(
        {
            "unit": np.array(units, np.int64),
            "code": of["code"].fillna("").astype(str).to_numpy(),
            "name": of["name"].fillna("").astype(str).to_numpy(),
            "rule": np.array([rule for _, rule, _, _ in rows], object),
        },
        geometry=gpd.points_from_xy([row[2] for row in rows], [row[3] for row in rows]),
        crs=grid.crs or None,
    )


def _densest(cells: PlaceCells, density: NDArray[np.floating]) -> dict[int, int]:
    """Cell of greatest density of each place where someone is known to live."""
    flat = density.ravel()
    at = np.flatnonzero((cells.label > 0) & (flat > 0))
    # by place, the densest last; of equal ones the first cell
    order = at[np.lexsort((-at, flat[at], cells.label[at]))]
    place = cells.label[order]
    last = np.flatnonzero(np.append(place[1:] != place[:-1], place.size > 0))
    return {int(place[k]): int(order[k]) for k in last}
