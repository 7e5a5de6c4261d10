"""Which cells are one node: short circuits, and regions of focal cells with all that they overlap."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from shanshui.pattern.circuit.lattice import Lattice

Cells = NDArray[np.intp]
Groups = NDArray[np.int64]


def joined_groups(
    shape: tuple[int, ...], group: NDArray[np.int64] | None, regions: Iterable[Cells]
) -> Groups | None:
    """Short circuits and regions as one set of groups: whatever overlaps, directly or by way of others, is one.

    Parameters
    ----------
    shape : tuple of int
        Of the landscape.
    group : (y, x) array of int, or None
        Short circuits: cells of one positive number.
    regions : iterable of (cell,) arrays of int
        Flat cells of each region.

    Returns
    -------
    (y, x) array of int, or None
        Number of the group of each cell, 0 for none; nothing where there is neither.

    Notes
    -----
    The groups are the connected parts of the graph in which a cell is tied to each region and to the short circuit that hold it.
    """
    parts = [np.asarray(r, np.intp) for r in regions if len(r)]
    if not parts:
        return group
    bound = np.zeros(shape, np.int64) if group is None else group
    flat = np.maximum(bound.ravel(), 0)
    cells, place = np.unique(np.concatenate(parts), return_inverse=True)
    owner = np.repeat(np.arange(len(parts)), [p.size for p in parts])
    touched, at = np.unique(flat[cells], return_inverse=True)
    first, second = len(parts), len(parts) + cells.size
    tied = flat[cells] > 0
    here = np.concatenate([owner, first + np.flatnonzero(tied)])
    there = np.concatenate([first + place, second + at[tied]])
    size = second + touched.size
    matrix = coo_matrix((np.ones(here.size), (here, there)), (size, size))
    number = connected_components(matrix, directed=False)[1] + 1 + int(flat.max())
    out = flat.copy()
    for k in np.flatnonzero(touched > 0):
        out[flat == touched[k]] = number[second + k]
    out[cells] = number[first:second]
    return out.reshape(shape)


class Regions:
    """Terminals of several cells, each of them one node in its own pairs and nothing in all others.

    Parameters
    ----------
    cells : mapping of int to (cell,) array of int
        Flat cells of each terminal, those where nothing else conducts among them: the node reaches over them.
    group : (y, x) array of int, or None
        Short circuits of the landscape; those that a region overlaps are of its node.
    landscape : function
        Lattice of the landscape with given groups.
    """

    def __init__(
        self,
        cells: Mapping[int, Cells],
        group: NDArray[np.int64] | None,
        landscape: Callable[[Groups | None], Lattice],
    ) -> None:
        self.cells, self.group, self.landscape = cells, group, landscape

    def __contains__(self, name: int) -> bool:
        """Whether a terminal is of several cells."""
        return name in self.cells and self.cells[name].size > 1

    def united(self, shape: tuple[int, ...], a: int, b: int) -> tuple[Lattice, Cells, Cells]:
        """The landscape in which each of two terminals is one node, and these nodes; none where nothing conducts."""
        several = [self.cells[n] for n in (a, b) if n in self]
        circuit = self.landscape(joined_groups(shape, self.group, several))
        node = circuit.node.ravel()
        here, there = (circuit.distinct(self.cells[n][node[self.cells[n]]]) for n in (a, b))
        return circuit, here, there
