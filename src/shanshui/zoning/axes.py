"""Axes between cities: ways of least time between those that are neighbours."""

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from shanshui.kernels.cost import accumulated_cost
from shanshui.kernels.cost_ways import COLS, ROWS
from shanshui.region.grid import GridSpec
from shanshui.zoning.access import cells_of

Numbers = NDArray[np.float64]
Cells = NDArray[np.bool_]
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""From a cell to four of its eight neighbours; the others look back."""


def axis_cells(grid: GridSpec, slow: Numbers, cities: gpd.GeoDataFrame) -> Cells:
    """Cells of the ways between neighbouring cities.

    Parameters
    ----------
    grid : GridSpec
        Ground.
    slow : (y, x) array [min/m]
        Minutes that a metre takes; NaN where there is no way.
    cities : points
        All on the grid.

    Returns
    -------
    (y, x) array of bool
        None with less than two cities that a way joins.

    Notes
    -----
    Each cell belongs to the city it is nearest to in time; two cities are joined by the least way that crosses from the ground of one to that of the
    other. Of these ways stands the one from i to j with ``t_ij <= max(t_ik, t_jk)`` for every third city k, times along the ways: the relative
    neighbourhood graph of Toussaint (1980) [M], which holds the least tree that joins all.
    """
    axes = np.zeros(grid.shape, bool)
    start = np.zeros(grid.shape, np.int32)
    start[cells_of(grid, cities)] = np.arange(1, len(cities) + 1)
    start[~np.isfinite(slow)] = 0
    if np.count_nonzero(start) < 2:
        return axes
    time, back = accumulated_cost(slow, (start > 0).astype(np.int32), grid.cell_m, ways=True)
    back = np.asarray(back, np.int8)
    towards = _towards(back)
    owner = start.ravel()[_roots(towards)].reshape(grid.shape)
    owner[~np.isfinite(time)] = 0
    for a, b in _neighbours(*_crossings(time, slow, owner, grid.cell_m), len(cities)):
        for cell in (a, b):
            _walk(axes.reshape(-1), towards, cell)
    return axes


def _towards(back: NDArray[np.int8]) -> NDArray[np.int64]:
    """Flat index of the next cell on the way to the nearest city; itself where the way ends."""
    step = (ROWS * back.shape[1] + COLS)[np.maximum(back, 0)]
    return np.asarray(np.arange(back.size) + np.where(back >= 0, step, 0).ravel())


def _roots(towards: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the way from each cell ends."""
    root = towards
    while not np.array_equal(further := root[root], root):
        root = further
    return root


Crossings = tuple[NDArray[np.int64], Numbers, NDArray[np.int64]]


def _crossings(time: Numbers, slow: Numbers, owner: NDArray[np.int32], cell_m: float) -> Crossings:
    """Least crossing of each pair of cities whose grounds touch: the pair, its time [min], the cells on both sides."""
    ny, nx = owner.shape
    at = np.arange(owner.size).reshape(owner.shape)
    pairs, times, cells = [], [], []
    for down, across in STEPS:
        here = np.s_[: ny - down, max(0, -across) : nx - max(0, across)]
        there = np.s_[down:, max(0, across) : nx + min(0, across)]
        far = cell_m * float(np.hypot(down, across))
        both = (owner[here] > 0) & (owner[there] > 0) & (owner[here] != owner[there])
        a, b = at[here][both], at[there][both]
        flat_time, flat_slow, flat_owner = time.ravel(), slow.ravel(), owner.ravel()
        times.append(flat_time[a] + flat_time[b] + 0.5 * far * (flat_slow[a] + flat_slow[b]))
        pairs.append(np.sort(np.stack([flat_owner[a], flat_owner[b]], axis=1), axis=1))
        cells.append(np.stack([a, b], axis=1))
    pair, least, cell = np.concatenate(pairs), np.concatenate(times), np.concatenate(cells)
    order = np.lexsort((cell[:, 0], least, pair[:, 1], pair[:, 0]))
    pair, least, cell = pair[order], least[order], cell[order]
    first = np.append(True, (pair[1:] != pair[:-1]).any(axis=1)) if len(pair) else np.zeros(0, bool)
    return pair[first].astype(np.int64), least[first], cell[first]


def _neighbours(
    pair: NDArray[np.int64], least: Numbers, cell: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Cells on both sides of the crossings of pairs of which no third city is nearer to both."""
    if not len(pair):
        return cell
    i, j = pair.T - 1
    links = csr_array((least, (i, j)), shape=(count, count))
    apart = shortest_path(links, directed=False)
    third = np.maximum(apart[i], apart[j])
    third[np.arange(len(i)), i] = third[np.arange(len(i)), j] = np.inf
    return cell[least <= third.min(axis=1)]


def _walk(axes: Cells, towards: NDArray[np.int64], cell: int) -> None:
    """Mark the way from a cell to the city it leads to."""
    axes[cell] = True
    while towards[cell] != cell:
        cell = int(towards[cell])
        axes[cell] = True
