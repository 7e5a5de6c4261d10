"""Edges of a grid: laid out in memory, or laid anew from the cells for the rows that are worked on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.lattice import by_rows, framed, lay_edges

Four = tuple[NDArray[Any], ...]
_STRIP = 64
"""Rows whose edges are laid at a time [D]: few enough for the cache of a processor."""


@dataclass(frozen=True)
class Whole:
    """Edges in memory.

    Attributes
    ----------
    arrays : four framed (y, x) arrays [siemens]
        East, south, south-east and south-west.
    """

    arrays: Four

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of conductances."""
        return self.arrays[0].dtype

    def whole(self) -> Four:
        """All of them."""
        return self.arrays

    def strip(self, low: int, high: int) -> Four:
        """Those of framed rows ``low - 1`` to ``high``."""
        return tuple(e[low - 1 : high + 1] for e in self.arrays)

    def range(self) -> tuple[float, float]:
        """The least that is not 0 and the greatest."""
        least = min(float(np.min(e, initial=np.inf, where=e > 0)) for e in self.arrays)
        return least, max(float(e.max(initial=0.0)) for e in self.arrays)

    def scaled(self, scale: float) -> Four:
        """All of them, multiplied and in 32 bits."""
        return tuple((e * scale).astype(np.float32) for e in self.arrays)


@dataclass(frozen=True)
class Laid:
    """Edges that are made from cells when they are asked for: a quarter of the memory.

    Attributes
    ----------
    cell : (y, x) array of float64 [siemens]
        Conductance of cells; not copied.
    node : (y, x) array of bool
        Cells that take part.
    resistances, diagonals : bool
        Edges have the mean resistance of their cells rather than their mean conductance; cells are joined by their corners too.
    dtype : dtype
        Of conductances.
    threads : int, optional
        That share the rows when all are made.
    """

    cell: NDArray[np.float64]
    node: NDArray[np.bool_]
    resistances: bool
    diagonals: bool
    dtype: np.dtype[Any]
    threads: int | None = None

    def whole(self) -> Four:
        """All of them."""
        ny, nx = self.cell.shape
        out = tuple(framed(ny, nx, self.dtype) for _ in range(4))
        rule = (self.cell, self.node, self.resistances, self.diagonals)
        by_rows(lay_edges, *rule, *out, rows=len(self.cell), threads=self.threads)
        return out

    def strip(self, low: int, high: int) -> Four:
        """Those of framed rows ``low - 1`` to ``high``, of the last of which only those to the east are whole."""
        first, last = max(low - 2, 0), min(high, len(self.cell))
        columns = framed(1, self.cell.shape[1], bool).shape[1]
        out = tuple(np.zeros((high - low + 3, columns), self.dtype) for _ in range(4))
        part = self.cell[first:last], self.node[first:last]
        lay_edges(*part, self.resistances, self.diagonals, *out, 0, max(last - first, 0))
        # row 0 of what is laid lies before the first cell
        skip = first - (low - 2)
        return tuple(e[1 - skip : 1 - skip + high - low + 2] for e in out)

    def range(self) -> tuple[float, float]:
        """The least that is not 0 and the greatest."""
        least, most = np.inf, 0.0
        for low, high in _strips(len(self.cell)):
            for edge in self.strip(low, high):
                least = min(least, float(np.min(edge, initial=np.inf, where=edge > 0)))
                most = max(most, float(edge.max()))
        return least, most

    def scaled(self, scale: float) -> Four:
        """All of them, multiplied and in 32 bits."""
        ny, nx = self.cell.shape
        out = tuple(framed(ny, nx, np.float32) for _ in range(4))
        for low, high in _strips(len(self.cell)):
            for target, edge in zip(out, self.strip(low, high), strict=True):
                target[low:high] = edge[1 : high - low + 1] * scale
        return out


def _strips(rows: int) -> list[tuple[int, int]]:
    """Framed rows 1 to ``rows`` in strips."""
    return [(low, min(low + _STRIP, rows + 1)) for low in range(1, rows + 1, _STRIP)]


def by_strips(
    kernel: Callable[..., Any],
    edges: Whole | Laid,
    *arrays: Any,
    rows: int,
    threads: int | None = None,
) -> None:
    """Run ``kernel(*edges, *arrays, low, high)`` over framed rows 1 to ``rows``, strip by strip, shared among threads.

    Parameters
    ----------
    kernel : function
        That reads edges of its rows and the one before, and the rows beside its own of the other arrays.
    edges : Whole or Laid
        Of the grid.
    *arrays : framed arrays
        Their first axis the rows.
    rows : int
        Of the grid.
    threads : int, optional
        All processors by default.
    """

    def strips(low: int, high: int) -> None:
        for start in range(low, high, _STRIP):
            stop = min(start + _STRIP, high)
            here = (a[start - 1 : stop + 1] for a in arrays)
            kernel(*edges.strip(start, stop), *here, 1, stop - start + 1)

    by_rows(strips, rows=rows, first=1, threads=threads)
