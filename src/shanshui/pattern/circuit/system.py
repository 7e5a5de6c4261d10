"""The equations of a grid of resistors, and their solution by multigrid or, written out, by a factorisation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.lattice import (
    advance,
    average_groups,
    balance,
    by_rows,
    clamp_edges,
    copy_scaled,
    laplacian,
    products,
    turn,
)
from shanshui.kernels.multigrid import Multigrid
from shanshui.pattern.circuit.links import Factor
from shanshui.pattern.circuit.refine import STANDS, Solved, refined

Edges = tuple[NDArray[Any], ...]
_STIFF = 1e3
"""How much better than its best neighbour a short circuit conducts in the preconditioner [D]; exact in the system itself."""
_AGAIN = 1e-6
"""Residual, over that at its beginning, at which a correction after the first ends."""


@dataclass(frozen=True)
class System:
    """Kirchhoff's law at each cell of a framed grid.

    Attributes
    ----------
    edges : four framed (y, x) arrays [siemens]
        East, south, south-east and south-west.
    ground : framed (y, x) array [siemens]
        To ground.
    group : framed (y, x) array of int, or None
        Cells of one positive number are level.
    held : framed (y, x) array of bool, or None
        Cells whose potential is given.
    threads : int, optional
        That share the rows; all processors by default.
    """

    edges: Edges
    ground: NDArray[Any]
    group: NDArray[np.int32] | None = None
    held: NDArray[np.bool_] | None = None
    threads: int | None = None

    @property
    def rows(self) -> int:
        """Rows that loops run over, frame left out."""
        return self.ground.shape[0] - 3

    def balance(self, sent: Any, high: Any, low: Any) -> tuple[Any, float, float]:
        """Currents left by potentials in two parts, their energy, the greatest current through a cell."""
        out = np.zeros(high.shape)
        energy, through = np.zeros(high.shape[0]), np.zeros(high.shape[0])
        by_rows(
            balance,
            *self.edges,
            self.ground,
            sent,
            high,
            low,
            out,
            energy,
            through,
            rows=self.rows,
            first=1,
            threads=self.threads,
        )
        if self.held is not None:
            out[self.held] = 0.0
        return Level(self.group)(out), float(energy.sum()), float(through.max())

    def of_corrections(self) -> "System":
        """The system that corrections solve: they are 0 where potentials are held, which is ground to them."""
        if self.held is None:
            return self
        edges, ground = tuple(e.copy() for e in self.edges), self.ground.copy()
        clamp_edges(*edges, self.held, ground)
        ground[self.held] = 0.0
        group = None if self.group is None else np.where(self.held, 0, self.group)
        return System(edges, ground, group, None, self.threads)


class Level:
    """Projection on fields that are level within each group."""

    def __init__(self, group: NDArray[np.int32] | None) -> None:
        self.group = group
        if group is not None:
            self.size = np.maximum(np.bincount(group.ravel()), 1)
            self.total = np.zeros(self.size.size)

    def __call__(self, x: Any) -> Any:
        """The field made level within each group, in place."""
        if self.group is not None:
            average_groups(x, self.group, self.total, self.size)
        return x


class Iterated:
    """A system solved by conjugate gradients under a multigrid cycle.

    Parameters
    ----------
    system : System
        What is to be solved.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.inner = system.of_corrections()
        self.level = Level(self.inner.group)
        self.cycle = Multigrid(_stiffened(self.inner), self.inner.ground, system.threads)

    def potential(self, sent: Any, start: Any, tolerance: float, limit: int) -> Solved:
        """Potentials for currents sent in, with those of held cells given; tolerance for residual and doubt, limit of iterations."""
        begun = False

        def correction(rest: Any, enough: float) -> tuple[Any, float]:
            nonlocal begun
            goal = _AGAIN if begun else tolerance
            begun = True
            return self._conjugate(rest, enough, goal, limit)

        return refined(
            lambda high, low: self.system.balance(sent, high, low), correction, start, tolerance
        )

    def _conjugate(self, rest: Any, enough: float, goal: float, limit: int) -> tuple[Any, float]:
        """Preconditioned conjugate gradients in the space where short circuits are level."""
        system, level, precision = self.inner, self.level, self.inner.edges[0].dtype
        rows, shape, threads = system.rows, rest.shape, system.threads
        r = rest.astype(precision, copy=False)
        x, p, q = (np.zeros(shape, precision) for _ in range(3))
        part, other = np.zeros(shape[0]), np.zeros(shape[0])
        wanted = size = float(np.sqrt(np.vdot(r, r).real))
        first = before = alpha = 0.0
        if wanted == 0.0:
            return None, 0.0
        for step in range(limit):
            by_rows(
                copy_scaled, r, 1.0 / size, self.cycle.right_side, rows=shape[0], threads=threads
            )
            z = level(self.cycle.cycle())
            by_rows(products, r, q, z, part, other, rows=rows, first=1, threads=threads)
            match, old = part.sum() * size, other.sum() * size
            if step == 0:
                first = float(match * self.cycle.scale)
                if not first > enough:
                    return None, first
            # the flexible form: rounding in the 32-bit cycle does no harm
            beta = -alpha * old / before if step else 0.0
            by_rows(turn, p, z, beta, size, rows=rows, first=1, threads=threads)
            by_rows(
                laplacian,
                *system.edges,
                system.ground,
                p,
                q,
                part,
                rows=rows,
                first=1,
                threads=threads,
            )
            energy = part.sum()
            if not (np.isfinite(energy) and energy > 0.0 and np.isfinite(match)):
                break
            level(q)
            before, alpha = match, match / energy
            by_rows(advance, x, r, p, q, alpha, part, rows=rows, first=1, threads=threads)
            size = float(np.sqrt(part.sum()))
            if size <= goal * wanted:
                break
        return x, first


def _stiffened(system: System) -> Edges:
    """Edges with short circuits made stiff, for the preconditioner."""
    group = system.group
    if group is None:
        return system.edges
    stiff = _STIFF * max(float(e.max()) for e in system.edges)
    shifts = ((0, 1), (1, 0), (1, 1), (1, -1))
    out = []
    for edge, (di, dj) in zip(system.edges, shifts, strict=True):
        inside = (group > 0) & (group == np.roll(group, (-di, -dj), (0, 1)))
        out.append(np.where(inside, edge.dtype.type(stiff), edge))
    return tuple(out)


class Assembled:
    """A system written out, groups as one node each, for a factorisation or algebraic multigrid.

    Parameters
    ----------
    system : System
        What is to be solved.
    solver : str
        ``direct`` or ``amg``.
    """

    def __init__(self, system: System, solver: str) -> None:
        edges, ground, group = system.edges, system.ground, system.group
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
        self.place = np.where(self.nodes[place] == index, place, -1)
        kept = a != b
        self.factor = Factor(
            self.nodes.size,
            np.searchsorted(self.nodes, a[kept]),
            np.searchsorted(self.nodes, b[kept]),
            g[kept].astype(np.float64),
            lost[self.nodes],
            solver,
            None if system.held is None else system.held.ravel()[self.nodes],
        )

    def potential(self, sent: Any, start: Any, tolerance: float, limit: int) -> Solved:
        """Potentials for currents sent in, with those of held cells given, to a doubt of 1e-14 whatever the tolerance."""
        on = self.place >= 0
        total = np.bincount(self.place[on], sent[on], self.nodes.size).astype(np.float64)
        level = start.ravel()[self.nodes].astype(np.float64)
        found = self.factor.potential(total, level, STANDS)
        return found._replace(
            field=np.where(on, found.field[np.maximum(self.place, 0)], start),
            low=np.where(on, found.low[np.maximum(self.place, 0)], 0.0),
        )
