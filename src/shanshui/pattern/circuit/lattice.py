"""A landscape as a grid of resistors, solved on the grid itself."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from shanshui.core.errors import ResourceError
from shanshui.kernels.lattice import (
    advance,
    average_groups,
    by_rows,
    clamp_edges,
    copy_scaled,
    framed,
    laplacian,
    lay_edges,
    products,
    through_flow,
    turn,
)
from shanshui.kernels.multigrid import Multigrid
from shanshui.pattern.circuit.links import Factor

Cells = NDArray[np.float64]
DIRECT_CELLS = 5_000
"""Cells up to which a landscape is factorised [D]: above, multigrid is the faster by far."""
FALLBACK_CELLS = 2_000_000
"""Cells up to which a landscape that defeats multigrid is factorised instead [D]: some 2 kB of memory for each."""
_STALLED = 1e-7
_STIFF = 1e3
"""How much better than its best neighbour a short circuit conducts in the preconditioner [D]; exact in the system itself."""


class Lattice:
    """Cells joined to their neighbours.

    Parameters
    ----------
    conductance : (y, x) array [siemens]
        Of the cells; 0 or missing where there is no way.
    group : (y, x) array of int
        Cells of one positive number conduct without resistance, cells of no conductance among them.
    four_neighbours, mean_resistance : bool
        Edges to the sides only; edges from the mean of resistances rather than of conductances.
    precision : dtype
        Of the solution; the preconditioner is in 32 bits in any case.
    solver : str
        ``auto``, ``direct``, ``multigrid`` or ``amg``.
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
    ) -> None:
        cell = np.ascontiguousarray(np.nan_to_num(conductance, nan=0.0), np.float64)
        node = cell > 0
        self.shape: tuple[int, int] = (cell.shape[0], cell.shape[1])
        self.group = _live_groups(node, group)
        if self.group is not None:
            node |= self.group > 0
        self.node = node
        self.precision = np.dtype(precision)
        # what rounding leaves of a residual
        self.floor = 5e-6 if self.precision == np.float32 else 0.0
        self.edges = tuple(framed(*self.shape, self.precision) for _ in range(4))
        by_rows(
            lay_edges, cell, node, mean_resistance, not four_neighbours, *self.edges, rows=len(cell)
        )
        joined = node if not mean_resistance else cell > 0
        self.component = _components(joined, node, self.group, four_neighbours)
        if solver == "auto":  # see decisions/0011-circuit-solver
            solver = "direct" if self.size <= DIRECT_CELLS else "multigrid"
        self.solver = solver
        self._ready: tuple[int, Any] | None = None

    @property
    def size(self) -> int:
        """Cells that are nodes."""
        return int(self.node.sum())

    def blank(self) -> Cells:
        """Zeros, one for each cell."""
        return np.zeros(self.shape)

    def between(
        self, source: int, sink: int, *, tolerance: float, limit: int
    ) -> tuple[Cells, float]:
        """Potentials for one ampere from node to node, any level; the relative residual."""
        inject = framed(*self.shape, self.precision)
        inner = inject[self._inside]
        for cell, amount in ((source, 1.0), (sink, -1.0)):
            inner[self._cells(cell)] += amount / self._cells(cell)[0].size
        number = int(self.component.ravel()[source])
        if self._ready is None or self._ready[0] != number:
            self._ready = (number, self._system(self.component == number))
        edges, ground, group, cycle = self._ready[1]
        return self._solved(edges, ground, group, cycle, inject, tolerance, limit)

    def clamped(
        self,
        fixed: Sequence[int],
        values: Sequence[float],
        injection: Cells | None,
        leak: Cells | None,
        *,
        tolerance: float,
        limit: int,
    ) -> tuple[Cells, float]:
        """Potentials with some nodes held, currents sent in and leaks to ground."""
        held, value = np.zeros(self.shape, bool), self.blank()
        for cell, level in zip(fixed, values, strict=True):
            where = self._cells(cell)
            held[where], value[where] = True, level
        tied = held if leak is None else held | (leak > 0)
        numbers = np.unique(self.component[tied])
        reached = np.isin(self.component, numbers[numbers > 0])
        edges, ground, group, _ = self._system(reached, precondition=False)
        edges = tuple(e.copy() for e in edges)
        inject = framed(*self.shape, self.precision)
        inner = self._inside
        if injection is not None:
            inject[inner] = np.where(reached, self._spread(injection), 0.0)
        if leak is not None:
            ground[inner] += np.where(reached & ~held, leak, 0.0)
        framed_held, framed_value = framed(*self.shape, bool), framed(*self.shape)
        framed_held[inner], framed_value[inner] = held, value
        clamp_edges(*edges, framed_held, framed_value, ground, inject)
        inject[framed_held] = 0.0
        if group is not None:
            group = np.where(framed_held, 0, group)
        cycle = self._prepared(edges, ground, group)
        out, residual = self._solved(edges, ground, group, cycle, inject, tolerance, limit)
        out[held] = value[held]
        return out, residual

    def flow(self, potential: Cells, leak: Cells | None = None) -> Cells:
        """Current through each node: the greater of what enters and what leaves."""
        inner = self._inside
        v, lost = framed(*self.shape), framed(*self.shape)
        v[inner] = potential
        if leak is not None:
            lost[inner] = leak
        inward, outward = framed(*self.shape), framed(*self.shape)
        by_rows(through_flow, *self.edges, lost, v, inward, outward, rows=self.shape[0], first=1)
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

    def _system(self, keep: NDArray[np.bool_], precondition: bool = True) -> Any:
        """Edges, grounds, groups and preconditioner of part of the landscape."""
        inner = self._inside
        edges = self.edges
        if not np.array_equal(keep, self.node):
            part = framed(*self.shape, bool)
            part[inner] = keep
            edges = tuple(np.where(part, e, e.dtype.type(0)) for e in edges)
        group = None
        if self.group is not None:
            group = framed(*self.shape, np.int32)
            group[inner] = np.where(keep, self.group, 0)
        ground = framed(*self.shape, self.precision)
        cycle = self._prepared(edges, ground, group) if precondition else None
        return edges, ground, group, cycle

    def _prepared(self, edges: tuple[Any, ...], ground: Any, group: Any) -> Any:
        if self.solver == "multigrid":
            return Multigrid(self._stiffened(edges, group), ground)
        return _Assembled(edges, ground, group, self.solver)

    def _stiffened(self, edges: tuple[Any, ...], group: Any) -> tuple[Any, ...]:
        """Edges with short circuits made stiff, for the preconditioner."""
        if group is None:
            return edges
        stiff = _STIFF * max(float(e.max()) for e in edges)
        shifts = ((0, 1), (1, 0), (1, 1), (1, -1))
        out = []
        for edge, (di, dj) in zip(edges, shifts, strict=True):
            inside = (group > 0) & (group == np.roll(group, (-di, -dj), (0, 1)))
            out.append(np.where(inside, edge.dtype.type(stiff), edge))
        return tuple(out)

    def _solved(
        self,
        edges: tuple[Any, ...],
        ground: Any,
        group: Any,
        cycle: Any,
        inject: Any,
        tolerance: float,
        limit: int,
    ) -> tuple[Cells, float]:
        """Preconditioned conjugate gradients in the space where short circuits are level."""
        rows, shape = self.shape[0], inject.shape
        level = _Leveller(group)
        r = level(inject).copy()
        x, p, q = (np.zeros(shape, self.precision) for _ in range(3))
        part, other = np.zeros(shape[0]), np.zeros(shape[0])
        goal = max(tolerance, self.floor)
        wanted = float(np.sqrt(np.vdot(r, r).real))
        size, before, alpha = wanted, 0.0, 0.0
        inner = self._inside
        if wanted == 0.0:
            return x[inner].astype(np.float64), 0.0
        if isinstance(cycle, _Assembled):
            x, true = cycle.potential(r, tolerance)
            return x[inner], true
        for step in range(limit):
            by_rows(copy_scaled, r, 1.0 / size, cycle.right_side, rows=shape[0])
            z = level(cycle.cycle())
            by_rows(products, r, q, z, part, other, rows=rows, first=1)
            match, old = part.sum() * size, other.sum() * size
            # the flexible form: rounding in the 32-bit cycle does no harm
            beta = -alpha * old / before if step else 0.0
            by_rows(turn, p, z, beta, size, rows=rows, first=1)
            by_rows(laplacian, *edges, ground, p, q, part, rows=rows, first=1)
            energy = part.sum()
            if not (np.isfinite(energy) and energy > 0.0 and np.isfinite(match)):
                break
            level(q)
            before, alpha = match, match / energy
            by_rows(advance, x, r, p, q, alpha, part, rows=rows, first=1)
            size = float(np.sqrt(part.sum()))
            if size <= goal * wanted:
                break
        by_rows(laplacian, *edges, ground, x, q, part, rows=rows, first=1)
        true = float(np.linalg.norm(level(inject - q))) / wanted
        if true > max(_STALLED, 20.0 * self.floor) and self.size <= FALLBACK_CELLS:
            return self._solved(
                edges,
                ground,
                group,
                _Assembled(edges, ground, group, "direct"),
                inject,
                tolerance,
                limit,
            )
        return x[inner].astype(np.float64), true


class _Assembled:
    """The same system written out, groups as one node each, for a factorisation."""

    def __init__(self, edges: tuple[Any, ...], ground: Any, group: Any, solver: str) -> None:
        index = np.arange(ground.size).reshape(ground.shape)
        if group is not None:
            first = np.full(int(group.max()) + 1, -1, np.intp)
            first[group.ravel()[::-1]] = index.ravel()[::-1]
            index = np.where(group > 0, first[group], index)
        pairs = (
            (index[:, :-1], index[:, 1:], edges[0][:, :-1]),
            (index[:-1], index[1:], edges[1][:-1]),
            (index[:-1, :-1], index[1:, 1:], edges[2][:-1, :-1]),
            (index[:-1, 1:], index[1:, :-1], edges[3][:-1, 1:]),
        )
        found = [np.nonzero(g) for _, _, g in pairs]
        a = np.concatenate([p[k] for (p, _, _), k in zip(pairs, found, strict=True)])
        b = np.concatenate([q[k] for (_, q, _), k in zip(pairs, found, strict=True)])
        g = np.concatenate([w[k] for (_, _, w), k in zip(pairs, found, strict=True)])
        lost = np.bincount(index.ravel(), ground.ravel().astype(np.float64), ground.size)
        self.nodes = np.unique(np.concatenate([a, b, np.flatnonzero(lost)]))
        place = np.searchsorted(self.nodes, np.minimum(index, self.nodes[-1]))
        self.place, self.index = np.where(self.nodes[place] == index, place, -1), index
        kept = a != b
        self.factor = Factor(
            self.nodes.size,
            np.searchsorted(self.nodes, a[kept]),
            np.searchsorted(self.nodes, b[kept]),
            g[kept].astype(np.float64),
            lost[self.nodes],
            solver,
        )

    def potential(self, injection: Any, tolerance: float) -> tuple[Any, float]:
        """Potentials of the framed grid and the relative residual."""
        on = self.place >= 0
        sent = np.bincount(self.place[on], injection[on], self.nodes.size).astype(np.float64)
        values, residual = self.factor.potential(sent, tolerance)
        return np.where(on, values[np.maximum(self.place, 0)], 0.0), residual


class _Leveller:
    """Projection on vectors that are level within each group."""

    def __init__(self, group: NDArray[np.int32] | None) -> None:
        self.group = group
        if group is not None:
            self.size = np.maximum(np.bincount(group.ravel()), 1)
            self.total = np.zeros(self.size.size)

    def __call__(self, x: Any) -> Any:
        if self.group is not None:
            average_groups(x, self.group, self.total, self.size)
        return x


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
) -> NDArray[np.int32]:
    """Number of the connected part of each node, from 1; 0 off the nodes."""
    label, count = ndimage.label(joined, None if four else np.ones((3, 3)), output=np.int32)
    if group is None:
        return label
    lone = node & (label == 0)
    label[lone] = np.arange(count + 1, count + 1 + lone.sum())
    total = count + int(lone.sum())
    bound = np.nonzero(group > 0)
    matrix = coo_matrix(
        (np.ones(bound[0].size), (label[bound] - 1, total + group[bound] - 1)),
        shape=(total + int(group.max()), total + int(group.max())),
    )
    _, part = connected_components(matrix, directed=False)
    return np.where(label > 0, part[np.maximum(label, 1) - 1] + 1, 0).astype(np.int32)


def unsolved(residual: float, tolerance: float) -> ResourceError:
    """The error of a solve that did not come to its end."""
    return ResourceError(
        f"the circuit was not solved: relative residual {residual:.1e}, wanted {tolerance:.0e}; "
        "resistances that differ by more than some 1e8 are beyond double precision: cap them, or take solver 'direct'"
    )
