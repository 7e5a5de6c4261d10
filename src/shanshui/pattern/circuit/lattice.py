"""A landscape as a grid of resistors, solved on the grid itself."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from shanshui.kernels.lattice import framed, through_flow
from shanshui.pattern.circuit.edges import Four, Laid, by_strips
from shanshui.pattern.circuit.refine import Solved, above
from shanshui.pattern.circuit.system import Assembled, Iterated, System

Cells = NDArray[np.float64]
DIRECT_CELLS = 5_000
"""Cells up to which a landscape is factorised [D]: above, multigrid is the faster by far."""
FALLBACK_CELLS = 2_000_000
"""Cells up to which a landscape that defeats multigrid is factorised instead [D]: some 2 kB of memory for each."""
LANES = 8
"""Solutions side by side [D]: a row of edges is fetched once for all of them."""
LANE_BYTES = 80
"""Memory of a solution side by side with others, for each cell."""
_ROOM = 4 * 2**30
"""Memory that solutions side by side may take [D]."""
_STALLED = 1e-7
"""Doubt that multigrid leaves from which the landscape is factorised."""


class Lattice:
    """Cells joined to their neighbours.

    Parameters
    ----------
    conductance : (y, x) array [siemens]
        Of the cells; 0 or missing where there is no way. Not copied where it is of float64 and has nothing missing: not to be changed.
    group : (y, x) array of int
        Cells of one positive number conduct without resistance, cells of no conductance among them.
    four_neighbours, mean_resistance : bool
        Edges to the sides only; edges from the mean of resistances rather than of conductances.
    precision : dtype
        Of the solution; the preconditioner is in 32 bits in any case.
    solver : str
        ``auto``, ``direct``, ``multigrid`` or ``amg``.
    threads : int, optional
        That share the rows; all processors by default. Answers do not depend on it.
    """

    def __init__(
        self,
        conductance: NDArray[Any],
        group: NDArray[Any] | None = None,
        *,
        four_neighbours: bool = False,
        mean_resistance: bool = True,
        precision: Any = np.float64,
        solver: str = "auto",
        threads: int | None = None,
    ) -> None:
        cell = np.ascontiguousarray(conductance, np.float64)
        if np.isnan(cell).any():
            cell = np.nan_to_num(cell, nan=0.0, posinf=np.inf)
        node = cell > 0
        self.shape: tuple[int, int] = (cell.shape[0], cell.shape[1])
        self.group = _live_groups(node, group)
        if self.group is not None:
            node |= self.group > 0
        self.node = node
        self.precision = np.dtype(precision)
        # what rounding leaves of a residual, and of doubt
        self.floor = 5e-6 if self.precision == np.float32 else 0.0
        self.threads = threads
        self.laid = Laid(cell, node, mean_resistance, not four_neighbours, self.precision, threads)
        self.component = _components(cell > 0, node, self.group, four_neighbours, mean_resistance)
        if solver == "auto":  # see decisions/0011-circuit-solver
            solver = "direct" if self.size <= DIRECT_CELLS else "multigrid"
        self.solver = solver
        self._ready: tuple[int, Any] | None = None

    @property
    def edges(self) -> Four:
        """East, south, south-east and south-west conductances, framed."""
        return self.laid.whole()

    @property
    def abreast(self) -> int:
        """Solutions that are worked on side by side."""
        return lanes(self.component.size) if self.solver == "multigrid" else 1

    @property
    def size(self) -> int:
        """Cells that are nodes."""
        return int(self.node.sum())

    def blank(self) -> Cells:
        """Zeros, one for each cell."""
        return np.zeros(self.shape)

    def between(self, source: int, sink: int, *, tolerance: float, limit: int) -> Solved:
        """Potentials for one ampere from node to node, 0 at the sink."""
        number = int(self.component.ravel()[source])
        system, solver = self._part(number)
        inject = framed(*self.shape)
        self._sent(inject, source, sink)
        found = solver.potential(inject, np.zeros(inject.shape), *self._goal(tolerance, limit))
        return self._checked(found, system, inject, sink, number, tolerance, limit)

    def several(
        self, sources: Sequence[int], sink: int, *, tolerance: float, limit: int
    ) -> Iterator[Solved]:
        """Potentials as :meth:`between` gives them, to the last bit, for several sources of the sink's part: side by side.

        Yields
        ------
        Solved
            In the order of the sources; its memory is used again for the next ones.
        """
        number = int(self.component.ravel()[sink])
        system, solver = self._part(number)
        if not isinstance(solver, Iterated):
            for source in sources:
                yield self.between(source, sink, tolerance=tolerance, limit=limit)
            return
        most = self.abreast
        for at in range(0, len(sources), most):
            batch = sources[at : at + most]
            sent, starts, lows = solver.fields(len(batch))
            for inject, source in zip(sent, batch, strict=True):
                self._sent(inject, source, sink)
            solved = solver.potentials(sent, starts, lows, *self._goal(tolerance, limit))
            for inject, found in zip(sent, solved, strict=True):
                yield self._checked(found, system, inject, sink, number, tolerance, limit)

    def _part(self, number: int) -> Any:
        """Equations of a connected part and what solves them, kept for the next question."""
        if self._ready is None or self._ready[0] != number:
            system = self._system(self.component == number)
            self._ready = (number, (system, self._prepared(system)))
        return self._ready[1]

    def _sent(self, inject: Any, source: int, sink: int) -> None:
        """One ampere from node to node, into a framed array of zeros; shared evenly among the cells of a node."""
        for node, amount in ((source, 1.0), (sink, -1.0)):
            i, j = self._cells(node)
            inject[i + 1, j + 1] += amount / i.size

    def _goal(self, tolerance: float, limit: int) -> tuple[float, int]:
        """What iterations aim at, and their limit."""
        return max(tolerance, self.floor), limit

    def _checked(
        self,
        found: Solved,
        system: System,
        inject: Any,
        sink: int,
        number: int,
        tolerance: float,
        limit: int,
    ) -> Solved:
        """A solution above the sink and of its part alone, by a factorisation where it is not good enough."""
        found = self._settled(found, system, inject, tolerance, limit)
        found = above(found, np.unravel_index(sink, self.shape))
        if not np.array_equal(self.component == number, self.node):
            off = self.component != number
            found.field[off] = found.low[off] = 0.0
        return found

    def clamped(
        self,
        fixed: Sequence[int],
        values: Sequence[float],
        injection: Cells | None,
        leak: Cells | None,
        *,
        tolerance: float,
        limit: int,
    ) -> Solved:
        """Potentials with some nodes held, currents sent in and leaks to ground."""
        held, value = np.zeros(self.shape, bool), self.blank()
        for cell, level in zip(fixed, values, strict=True):
            where = self._cells(cell)
            held[where], value[where] = True, level
        tied = held if leak is None else held | (leak > 0)
        numbers = np.unique(self.component[tied])
        reached = np.isin(self.component, numbers[numbers > 0])
        inner = self._inside
        inject, start, shut = framed(*self.shape), framed(*self.shape), framed(*self.shape, bool)
        shut[inner], start[inner] = held, value
        if injection is not None:
            inject[inner] = np.where(reached & ~held, self._spread(injection), 0.0)
        system = self._system(reached, shut)
        if leak is not None:
            system.ground[inner] += np.where(reached & ~held, leak, 0.0)
        solver = self._prepared(system)
        found = solver.potential(inject, start, *self._goal(tolerance, limit))
        found = self._settled(found, system, inject, tolerance, limit)
        found.field[held] = value[held]
        return found

    @property
    def tried(self) -> str:
        """The most exact solver that a solution went through."""
        falls = self.solver == "multigrid" and self.size <= FALLBACK_CELLS
        return "direct" if falls else self.solver

    def flow(self, potential: Cells, leak: Cells | None = None, low: Cells | None = None) -> Cells:
        """Current through each node: the greater of what enters and what leaves."""
        inner = self._inside
        v, more, lost = framed(*self.shape), framed(*self.shape), framed(*self.shape)
        v[inner] = potential
        if low is not None:
            more[inner] = low
        if leak is not None:
            lost[inner] = leak
        inward, outward = framed(*self.shape), framed(*self.shape)
        fields = (lost, v, more, inward, outward)
        by_strips(through_flow, self.laid, *fields, rows=self.shape[0], threads=self.threads)
        into, away = inward[inner], outward[inner]
        if self.group is not None:
            for side in (into, away):
                total = np.bincount(self.group.ravel(), side.ravel())
                total[0] = 0.0
                np.copyto(side, total[self.group], where=self.group > 0)
        return np.maximum(into, away)

    @property
    def _inside(self) -> tuple[slice, slice]:
        """Where the landscape lies within a framed array."""
        return slice(1, self.shape[0] + 1), slice(1, self.shape[1] + 1)

    def distinct(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """One cell for each node among some cells, in order: cells of a short circuit are one node."""
        if self.group is None:
            return cells
        bound = self.group.ravel()[cells]
        _, first = np.unique(bound[bound > 0], return_index=True)
        return np.sort(np.concatenate([cells[bound == 0], cells[bound > 0][first]]))

    def whole(self, cells: NDArray[np.intp]) -> NDArray[np.intp]:
        """All cells of the nodes that some cells are part of."""
        if self.group is None:
            return cells
        flat = self.group.ravel()
        bound = np.unique(flat[cells])
        several = [np.flatnonzero(flat == number) for number in bound[bound > 0]]
        return np.concatenate([cells[flat[cells] == 0], *several])

    def shares_node(self, here: NDArray[np.intp], there: NDArray[np.intp]) -> bool:
        """Whether some cells and some others are parts of one node."""
        if np.intersect1d(here, there).size:
            return True
        if self.group is None:
            return False
        flat = self.group.ravel()
        return bool(np.isin(flat[here], flat[there][flat[there] > 0]).any())

    def _cells(self, cell: int) -> tuple[NDArray[np.intp], ...]:
        """Cells of the node that the cell is part of."""
        where = np.unravel_index(np.array([cell]), self.shape)
        if self.group is not None and self.group[where][0] > 0:
            return np.nonzero(self.group == self.group[where][0])
        return where

    def _spread(self, amount: Cells) -> Cells:
        """Amounts shared evenly among the cells of a node."""
        if self.group is None:
            return amount
        sizes = np.bincount(self.group.ravel())
        total = np.bincount(self.group.ravel(), amount.ravel())
        return np.where(self.group > 0, (total / np.maximum(sizes, 1))[self.group], amount)

    def _system(self, keep: NDArray[np.bool_], held: NDArray[np.bool_] | None = None) -> System:
        """The equations of part of the landscape."""
        inner = self._inside
        edges = self.laid
        if not np.array_equal(keep, self.node):
            edges = replace(edges, node=keep)
        group = None
        if self.group is not None:
            group = framed(*self.shape, np.int32)
            group[inner] = np.where(keep, self.group, 0)
        ground = framed(*self.shape, self.precision)
        return System(edges, ground, group, held, self.threads)

    def _prepared(self, system: System) -> Iterated | Assembled:
        if self.solver == "multigrid":
            return Iterated(system)
        return Assembled(system, self.solver)

    def _settled(
        self, found: Solved, system: System, inject: Any, tolerance: float, limit: int
    ) -> Solved:
        """A solution within the landscape; by a factorisation where multigrid did not bring it down."""
        stalled = not found.doubt <= max(_STALLED, 20.0 * self.floor)
        if stalled and self.solver == "multigrid" and self.size <= FALLBACK_CELLS:
            again = np.zeros(inject.shape)
            if system.held is not None:
                again[system.held] = found.field[system.held]
            found = Assembled(system, "direct").potential(inject, again, tolerance, limit)
        inner = self._inside
        return found._replace(field=found.field[inner], low=found.low[inner])


def lanes(cells: int) -> int:
    """Solutions of a landscape of so many cells that are worked on side by side."""
    return max(1, min(LANES, _ROOM // (LANE_BYTES * max(cells, 1))))


def _live_groups(node: NDArray[np.bool_], group: NDArray[Any] | None) -> NDArray[np.int32] | None:
    """Groups that hold a node, numbered from 1; none when there is none."""
    if group is None or not (group > 0).any():
        return None
    live = np.unique(group[node & (group > 0)])
    if live.size == 0:
        return None
    place = np.searchsorted(live, group)
    place = np.minimum(place, live.size - 1)
    return np.where((group > 0) & (live[place] == group), place + 1, 0).astype(np.int32)


def _components(
    joined: NDArray[np.bool_],
    node: NDArray[np.bool_],
    group: NDArray[np.int32] | None,
    four: bool,
    mean_resistance: bool,
) -> NDArray[np.int32]:
    """Number of the connected part of each node, from 1; 0 off the nodes.

    A node without conductance of its own is joined to neighbours that conduct where conductances are averaged, never to another one like it.
    """
    label, count = ndimage.label(joined, None if four else np.ones((3, 3)), output=np.int32)
    if group is None:
        return label
    lone = node & (label == 0)
    label[lone] = np.arange(count + 1, count + 1 + lone.sum())
    total = count + int(lone.sum())
    bound = np.nonzero(group > 0)
    first, second = label[bound] - 1, total + group[bound] - 1
    if not mean_resistance:
        beside = _beside(lone, joined, four)
        first = np.concatenate([first, label.ravel()[beside[0]] - 1])
        second = np.concatenate([second, label.ravel()[beside[1]] - 1])
    matrix = coo_matrix(
        (np.ones(first.size), (first, second)),
        shape=(total + int(group.max()), total + int(group.max())),
    )
    _, part = connected_components(matrix, directed=False)
    return np.where(label > 0, part[np.maximum(label, 1) - 1] + 1, 0).astype(np.int32)


def _beside(
    lone: NDArray[np.bool_], joined: NDArray[np.bool_], four: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of neighbouring cells, flat, of which the first is lone and the second joined."""
    ny, nx = lone.shape
    row, column = np.nonzero(lone)
    steps = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    steps += [] if four else [(-1, -1), (-1, 1), (1, -1), (1, 1)]
    here, there = [], []
    for down, right in steps:
        y, x = row + down, column + right
        inside = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        y, x, r, c = y[inside], x[inside], row[inside], column[inside]
        meets = joined[y, x]
        here.append(r[meets] * nx + c[meets])
        there.append(y[meets] * nx + x[meets])
    return np.concatenate(here), np.concatenate(there)
