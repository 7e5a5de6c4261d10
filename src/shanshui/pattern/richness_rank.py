"""Does the red line take in more where more threatened species live? Over the cells of a range map, or over squares."""

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import spearmanr

from shanshui.core.said import Said, named
from shanshui.pattern.range_map import range_map
from shanshui.pattern.species import THREATENED, habitats_of, latin
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.region.validation import Measure

SQUARES = 12
"""Squares across the grid over which ranges of outlines are held against the line [D]."""
BLOCK_ROWS = 512
"""Rows of the grid that are laid below a coarse range map at once."""
LEAST_CELLS = 8
"""Cells of a range map from which a rank correlation says anything [D]."""


def richness_rank(
    chosen: NDArray[np.bool_],
    known: NDArray[np.bool_],
    ranges: gpd.GeoDataFrame,
    habitats: pd.DataFrame | None,
    mask: xr.DataArray,
    cell_km: float,
) -> Measure:
    """Rank correlation of the red line's share and of threatened species over the cells of a range map.

    Parameters
    ----------
    chosen, known : (y, x) array of bool
        Ground in the line, and ground of which that is decided.
    ranges : polygons or points
        ``species``.
    habitats : table or None
        Preferences, for what is threatened; the shipped ones without it.
    mask : (y, x)
        Gives the grid.
    cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    Measure
        In [-1, 1]; NaN where there are too few cells, or all are alike.
    """
    rows = habitats_of(habitats)
    threatened = set(rows.index[rows["threat"].isin(THREATENED)])
    names = ranges["species"].map(latin)
    mine = names.isin(threatened).to_numpy()
    if set(ranges.geom_type) == {"Point"}:
        richness, ground, line = _by_cells(chosen, known, ranges, names[mine], mask, cell_km)
    else:
        richness, ground, line = _by_squares(chosen, known, ranges[mine], names[mine], mask)
    whole = np.median(ground[ground > 0]) if (ground > 0).any() else 0.0
    # cells of which a sixth or more lies in the region say something of it
    use = ground >= max(whole, 1.0) / 6
    value = np.nan
    if (
        use.sum() >= LEAST_CELLS
        and np.ptp(richness[use]) > 0
        and np.ptp(line[use] / ground[use]) > 0
    ):
        value = float(spearmanr(richness[use], line[use] / ground[use]).statistic)
    return Measure(
        "richness_rank", value, "1", "", 0.0, 1.0, Said("richness_in_line"), named("[inputs.species_ranges]"),
        note=Said("same_ranges", {"count": int(use.sum())}),
    )  # fmt: skip


Sums = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


def _by_cells(
    chosen: NDArray[np.bool_],
    known: NDArray[np.bool_],
    ranges: gpd.GeoDataFrame,
    threatened: pd.Series,
    mask: xr.DataArray,
    cell_km: float,
) -> Sums:
    """Threatened species, decided ground and chosen ground of each cell of a coarse range map."""
    grid = grid_of(mask)
    centres = range_map(ranges, cell_km)
    size = len(centres.centres) + 1
    ground, line = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for start in range(0, grid.ny, BLOCK_ROWS):
        part = slice(start, min(start + BLOCK_ROWS, grid.ny))
        at = centres.below(grid, part).at
        ground += np.bincount(at[known[part]], minlength=size)
        line += np.bincount(at[known[part] & chosen[part]], minlength=size)
    # a species counts once at a place, however many rows name it there
    at_place = pd.Series(centres.of_row, ranges.index)[threatened.index]
    once = pd.DataFrame({"place": at_place, "species": threatened}).drop_duplicates()
    richness = np.bincount(once["place"], minlength=size).astype(np.float64)
    return richness[:-1], ground[:-1], line[:-1]


def _by_squares(
    chosen: NDArray[np.bool_],
    known: NDArray[np.bool_],
    ranges: gpd.GeoDataFrame,
    names: pd.Series,
    mask: xr.DataArray,
) -> Sums:
    """The same of squares, about a dozen across the grid, where ranges are outlines."""
    grid = grid_of(mask)
    side = max(min(grid.shape) // SQUARES, 1)
    across = -(-grid.nx // side)
    at = (np.arange(grid.ny)[:, None] // side) * across + np.arange(grid.nx) // side
    size = int(at.max()) + 1
    ground = np.bincount(at[known], minlength=size)
    line = np.bincount(at[known & chosen], minlength=size)
    richness = np.zeros(size)
    for _, shapes in ranges.groupby(names, sort=True):
        here = burnt(shapes, grid, 0.0).astype(bool) & known
        richness += np.bincount(at[here], minlength=size)
    return richness / np.maximum(ground, 1), ground, line
