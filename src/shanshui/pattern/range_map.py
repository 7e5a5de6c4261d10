"""Coarse range maps of species, read between the centres of their cells."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from shanshui.core.errors import QuantityError
from shanshui.region.grid import GridSpec

_AROUND = 4
"""Centres of a coarse range map that are read between [D]."""
_REACH = 0.75
"""Part of the side of a range's cells within which ground belongs to the nearest centre [D]: half a diagonal and a little."""


@dataclass(frozen=True)
class RangeCells:
    """Cells of a coarse range map below rows of a grid.

    Attributes
    ----------
    of_row : (rows,)
        Number of the centre at which each row of the map stands.
    at : (y, x)
        Number of the centre that each cell of the grid belongs to; one past the last for none.
    near : (k, y, x)
        Numbers of the nearest centres, and
    share : (k, y, x) [1]
        how much each counts; 0 beyond reach.
    """

    of_row: NDArray[np.intp]
    at: NDArray[np.intp]
    near: NDArray[np.int32]
    share: NDArray[np.float32]

    def present(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether some rows of the map stand at each centre; never at the places past the last."""
        out = np.zeros(self.of_row.max() + 2, bool)
        out[self.of_row[rows]] = True
        return out


@dataclass(frozen=True)
class RangeMap:
    """A coarse range map by the centres of its cells.

    Attributes
    ----------
    centres : (centres, 2) [m]
        Each once.
    of_row : (rows,)
        Number of the centre at which each row of the map stands.
    side : float [m]
        Of its cells.
    """

    centres: NDArray[np.float64]
    of_row: NDArray[np.intp]
    side: float

    def below(self, grid: GridSpec, rows: slice) -> RangeCells:
        """Centres around each cell of some rows of a grid, the nearer the more."""
        tree = cKDTree(self.centres)
        count = min(_AROUND, len(self.centres))
        lines = grid.y(rows.start, rows.stop)
        near = np.empty((count, len(lines), grid.nx), np.int32)
        share = np.empty(near.shape, np.float32)
        for row, y in enumerate(lines):
            here = np.column_stack([grid.x(), np.full(grid.nx, y)])
            away, which = tree.query(
                here, k=list(range(1, count + 1)), distance_upper_bound=self.side
            )
            near[:, row] = which.T
            # as reading between the centres of a square lattice: 1 at a centre, 0 a side away
            away = np.where(np.isfinite(away), away, self.side)
            share[:, row] = np.maximum(1.0 - away / self.side, 0.0).T
        at = np.where(share[0] > 1.0 - _REACH, near[0], len(self.centres))
        total = share.sum(axis=0)
        share /= np.where(total > 0, total, 1.0)
        return RangeCells(self.of_row, at, near, share)


def range_map(ranges: gpd.GeoDataFrame, cell_km: float) -> RangeMap:
    """Centres of a coarse range map, and the side of its cells.

    Parameters
    ----------
    ranges : points
        Centres of cells.
    cell_km : float [km]
        Side of the map's cells; found from their distances where 0.

    Raises
    ------
    QuantityError
        One point and no side.
    """
    places = np.column_stack([ranges.geometry.x, ranges.geometry.y])
    centres, of_row = np.unique(np.round(places, 0), axis=0, return_inverse=True)
    if cell_km <= 0:
        if len(centres) < 2:
            raise QuantityError(
                "species_ranges: one point tells no size of cells; set range_cell_km"
            )
        cell_km = float(np.median(cKDTree(centres).query(centres, k=2)[0][:, 1])) / 1000.0
    return RangeMap(centres, of_row.reshape(-1), cell_km * 1000.0)
