"""Pinch points: current within the corridor of one link, and within the network of all corridors when every pair of cores takes part."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from shanshui.pattern.circuit.answers import Answer, Fields
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import pairwise, starred
from shanshui.pattern.reach import Reach, detour

ALL_PAIRS = ("none", "pairwise", "all-to-one")
"""How cores exchange current over the whole network; ``none`` leaves it out."""


def corridor_current(
    reach: Reach,
    pair: tuple[int, int],
    cutoff: float,
    resistance: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Current when two sources exchange one ampere within their own corridor, and what resists it.

    Parameters
    ----------
    reach : Reach
        Costs from single sources.
    pair : (int, int)
        The two sources.
    cutoff : float [m]
        The corridor is the ground whose detour costs at most this, and the two sources.
    resistance : (y, x) array [1], optional
        What current meets; that of the costs by default.

    Returns
    -------
    current : (y, x) array [A]
        NaN off the corridor and within the two sources.
    resistance : float [1]
        Between the sources; inf where no way leads.

    Notes
    -----
    g_xy = 2 / (R_x + R_y), over sqrt 2 along diagonals [1/ohm]; each source is one node; I_x = (1/2) sum_y g_xy |v_x - v_y| [A]. Corridors of single
    links, cut by their normalised cost: pinch points of Linkage Mapper [S].
    """
    a, b = pair
    values = reach.resistance if resistance is None else resistance
    out = np.full(reach.label.shape, np.nan)
    ends = (reach.label == a) | (reach.label == b)
    ground = ((detour(reach, a, b) <= cutoff) | ends) & np.isfinite(values)
    box = _box(ground)
    cell = np.where(ground[box], 1.0 / values[box].astype(np.float64), 0.0)
    circuit = Lattice(cell, four_neighbours=reach.four_neighbours)
    inside = reach.label[box].ravel()
    terminals = {n: np.flatnonzero((inside == n) & circuit.node.ravel()) for n in pair}
    (answer,) = pairwise(circuit, terminals, [pair])
    out[box] = np.where(ground[box] & ~ends[box], answer.current(), np.nan)
    return out, answer.resistance


def network_current(
    resistance: NDArray[np.floating],
    label: NDArray[np.int32],
    corridors: NDArray[np.float64],
    cutoff: float,
    mode: str,
    *,
    four_neighbours: bool = False,
) -> NDArray[np.float64]:
    """Current over all corridors and cores when all cores exchange it, linked or not.

    Parameters
    ----------
    resistance : (y, x) array [1]
        What current meets.
    label : (y, x) array of int
        Number of the core; 0 elsewhere.
    corridors : (y, x) array [m]
        Cost of the best detour over all links; NaN where none leads.
    cutoff : float [m]
        Ground whose detour costs at most this conducts, and the cores.
    mode : str
        ``pairwise``: every pair exchanges one ampere; ``all-to-one``: each core in turn is ground for one ampere from each other.
    four_neighbours : bool
        Cells are joined by their sides only.

    Returns
    -------
    (y, x) array [A]
        Summed over pairs, or over the cores that are ground; NaN within cores and off the corridors.

    Notes
    -----
    As of single corridors, on the ground of them all: all-pairs pinch points of Linkage Mapper [S].
    """
    with np.errstate(invalid="ignore"):
        ground = ((corridors <= cutoff) | (label > 0)) & np.isfinite(resistance)
    box = _box(ground)
    cell = np.where(ground[box], 1.0 / resistance[box].astype(np.float64), 0.0)
    core = np.where(ground[box], label[box], 0)
    total = np.zeros(core.shape)
    for answer in _answers(cell, core, mode, four_neighbours):
        total += answer.current()
    out = np.full(label.shape, np.nan)
    out[box] = np.where(ground[box] & (core == 0), total, np.nan)
    return out


def _answers(
    cell: NDArray[np.float64], core: NDArray[np.int32], mode: str, four_neighbours: bool
) -> Iterator[Answer]:
    """One for each pair, or for each core that is ground."""
    names = [int(n) for n in np.unique(core[core > 0])]
    nodes = {n: np.flatnonzero(core.ravel() == n) for n in names}
    if mode == "pairwise":
        circuit = Lattice(cell, four_neighbours=four_neighbours)
        return pairwise(circuit, nodes, fields=_OfCells())
    merged = Lattice(cell, core, four_neighbours=four_neighbours)
    first = {n: places[:1] for n, places in nodes.items()}
    return starred(merged, first, {}, lambda _: names, outward=False, fields=Fields(keep=False))


class _OfCells(Fields):
    """Solutions of single cells serve several pairs and are kept, those of pairs of regions are not."""

    def get(
        self, name: str, solve: Callable[[], tuple[NDArray[np.float64], float]]
    ) -> tuple[NDArray[np.float64], float]:
        """Return the field of that name, solving it if it is not there."""
        return solve() if name.startswith("pair") else super().get(name, solve)


def _box(ground: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns that hold all ground."""
    rows, cols = np.nonzero(ground)
    return np.s_[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1]
