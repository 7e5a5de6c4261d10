"""The equations of a grid of resistors, and their solution by multigrid or, written out, by a factorisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.lattice import (
    advance,
    average_groups,
    balance,
    by_rows,
    clamp_edges,
    laplacian,
    products,
    scale_lanes,
    turn,
)
from shanshui.kernels.multigrid import Multigrid
from shanshui.pattern.circuit.edges import Four, Laid, Whole, by_strips
from shanshui.pattern.circuit.links import Factor
from shanshui.pattern.circuit.refine import STANDS, Rest, Solved, Step, driven, refining

_STIFF = 1e3
"""How much better than its best neighbour a short circuit conducts in the preconditioner [D]; exact in the system itself."""
_AGAIN = 1e-6
"""Residual, over that at its beginning, at which a correction after the first ends."""
_SHORT = 1e5
"""Contrast of conductances up to which corrections are computed in 32 bits [D]; what they leave is summed in two doubles in any case."""
_REACH = 2e-5
"""Residual, over that at its beginning, to which a correction in 32 bits goes [D]: they hold 1e-7."""
_MARGIN = 0.3
"""Of the fall of doubt that is wanted, the fall of the residual that is gone for [D]: their norms differ."""
_PATIENCE = 40
"""Iterations [D] after which a correction ends if the residual has not fallen to ``_FALLS`` of its best:
where multigrid works each does."""
_FALLS = 0.5


@dataclass(frozen=True)
class System:
    """Kirchhoff's law at each cell of a framed grid.

    Attributes
    ----------
    edges : Whole or Laid
        Of the grid.
    ground : framed (y, x) array [siemens]
        To ground.
    group : framed (y, x) array of int, or None
        Cells of one positive number are level.
    held : framed (y, x) array of bool, or None
        Cells whose potential is given.
    threads : int, optional
        That share the rows; all processors by default.
    """

    edges: Whole | Laid
    ground: NDArray[Any]
    group: NDArray[np.int32] | None = None
    held: NDArray[np.bool_] | None = None
    threads: int | None = None

    @property
    def rows(self) -> int:
        """Rows that loops run over, frame left out."""
        return self.ground.shape[0] - 3

    def balance(
        self, sent: Any, high: Any, low: Any, out: Any = None
    ) -> tuple[Any, float, float, float | None]:
        """What potentials in two parts leave, into ``out`` where that is given, see :data:`shanshui.pattern.circuit.refine.Balance`."""
        out = np.zeros(high.shape) if out is None else out
        if not high.any():
            # no potential yet: what is sent is what is left
            out[...] = sent
            energy = through = rough = np.zeros(1)
        else:
            energy, through, rough = np.zeros((3, high.shape[0]))
            left = (sent, high, low, out, energy, through, rough)
            by_strips(balance, self.edges, self.ground, *left, rows=self.rows, threads=self.threads)
        if self.held is not None:
            out[self.held] = 0.0
        tied = self.held is not None or self.group is not None
        alone = None if tied else float(rough.max())
        return Level(self.group)(out), float(energy.sum()), float(through.max()), alone

    def of_corrections(self) -> "System":
        """The system that corrections solve: they are 0 where potentials are held, which is ground to them."""
        if self.held is None:
            return self
        edges, ground = tuple(e.copy() for e in self.edges.whole()), self.ground.copy()
        clamp_edges(*edges, self.held, ground)
        ground[self.held] = 0.0
        group = None if self.group is None else np.where(self.held, 0, self.group)
        return System(Whole(edges), ground, group, None, self.threads)


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
        least, most = _range(self.inner)
        # short circuits are stiff in the cycle and exact outside of it
        self.short = self.inner.group is None and most <= _SHORT * least
        edges, ground = self.inner.edges, self.inner.ground
        if self.short:
            scale = 1.0 / most if most > 0 else 1.0
            self.cycle = Multigrid(edges.scaled(scale), ground, system.threads, scale)
            self.edges = self.cycle.levels[0].edges
        else:
            own = edges.whole()
            self.cycle = Multigrid(_stiffened(own, self.inner.group), ground, system.threads)
            self.edges = (*own, ground)
        self.scale = self.cycle.scale if self.short else 1.0
        self.lanes = 0
        self.ready: Any = np.zeros((3, 0))
        self.room: list[Any] = []

    def potentials(
        self,
        sent: Sequence[Any],
        starts: Sequence[Any],
        lows: Sequence[Any],
        tolerance: float,
        limit: int,
    ) -> list[Solved]:
        """Potentials for several fields of currents sent in, at once.

        Parameters
        ----------
        sent : sequence of framed (y, x) arrays [ampere]
            Each a lane, solved as it would be alone, to the last bit.
        starts : sequence of framed (y, x) arrays [volt]
            Potentials of held cells, 0 elsewhere; become the solutions.
        lows : sequence of framed (y, x) arrays [volt]
            Zeros; become what rounding takes off the solutions.
        tolerance : float [1]
            For residual and doubt.
        limit : int
            Of iterations.

        Returns
        -------
        list of Solved
            In their order.
        """
        begun: set[int] = set()
        left = self._vectors(len(sent))[1]

        def corrections(rests: Sequence[Rest], lanes: Sequence[int]) -> list[Step]:
            first = max(tolerance, _REACH) if self.short else tolerance
            goals = [max(_AGAIN, first) if k in begun else first for k in lanes]
            begun.update(lanes)
            return self._conjugate(rests, np.array(lanes, np.intp), np.array(goals), limit)

        refinements = [
            refining(partial(self.system.balance, s, out=out), start, tolerance, low)
            for s, start, low, out in zip(sent, starts, lows, left, strict=True)
        ]
        return driven(refinements, corrections)

    def potential(self, sent: Any, start: Any, tolerance: float, limit: int) -> Solved:
        """Potentials for one field of currents, see :meth:`potentials`."""
        return self.potentials([sent], [start], [np.zeros(start.shape)], tolerance, limit)[0]

    def fields(self, lanes: int) -> Any:
        """Zeros for what is sent and both parts of the potentials of so many lanes; the same memory each time."""
        if self.ready.shape[1] != lanes:
            self.ready = np.zeros((3, 0))
            self.ready = np.zeros((3, lanes, *self.system.ground.shape))
        else:
            self.ready.fill(0.0)
        return self.ready

    def _vectors(self, lanes: int) -> list[Any]:
        """Room for the vectors of so many lanes, kept from one correction to the next."""
        if self.lanes != lanes:
            self.lanes, self.room = lanes, []
            shape = self.inner.ground.shape
            precision = np.dtype(np.float32) if self.short else self.inner.edges.dtype
            self.room = [np.zeros((lanes, *shape), precision) for _ in range(4)]
        return self.room

    def _conjugate(
        self, rests: Sequence[Rest], on: NDArray[np.intp], goals: Any, limit: int
    ) -> list[Step]:
        """Preconditioned conjugate gradients in the space where short circuits are level, all lanes in step until each is done."""
        lanes = _Lanes(self, rests, on, goals)
        for step in range(limit):
            if not lanes.advanced(step):
                break
        return lanes.steps(on)


class _Lanes:
    """Conjugate gradients of several lanes, each with numbers of its own; what is left lies in the second vector."""

    def __init__(
        self, solver: Iterated, rests: Sequence[Rest], on: NDArray[np.intp], goals: Any
    ) -> None:
        self.solver, self.on = solver, on
        self.x, self.r, self.p, self.q = solver._vectors(solver.lanes)
        count, rows = self.r.shape[:2]
        self.right = solver.cycle.right_sides(count, self.r if solver.short else None)
        self.parts = np.zeros((2, count, rows))
        for vector in (self.x, self.p, self.q):
            vector[on] = 0.0
        self.first, self.before, self.alpha, self.beta = np.zeros((4, count))
        self.enough, self.goals = np.zeros((2, count))
        self.enough[on], self.goals[on] = [enough for _, enough in rests], goals
        self._run(products, self.r, self.r, self.r, *self.parts)
        self.size = np.sqrt(self._sums(0))
        self.wanted, self.given = self.size.copy(), self.size != 0.0
        # of nothing left, nothing comes
        self._keep(self.given)
        # scaled, lest 32 bits run under what 64 hold; the size before is near enough
        self.scale = np.ones(count) if solver.short else _over(1.0, self.size)
        if not solver.short:
            self._run(scale_lanes, self.r, self.scale.astype(self.r.dtype), self.right)
        self.best, self.since = np.full(count, np.inf), np.zeros(count, int)

    def _run(self, kernel: Any, *arrays: Any, before: Any = ()) -> None:
        """A kernel over the rows of all lanes that are on."""
        system = self.solver.inner
        by_rows(
            kernel, *before, self.on, *arrays, rows=system.rows, first=1, threads=system.threads
        )

    def _sums(self, which: int) -> Any:
        """Of the parts of each lane."""
        return np.array([part.sum() for part in self.parts[which]])

    def advanced(self, step: int) -> bool:
        """Whether a step was made by any lane."""
        solver, cycle = self.solver, self.solver.cycle
        if self.on.size == 0:
            return False
        z = cycle.cycle(self.on)
        for k in self.on:
            solver.level(z[k])
        self._run(products, self.r, self.q, z, *self.parts)
        match, old = (_over(self._sums(n), self.scale) for n in range(2))
        if step == 0:
            self.first = match * cycle.scale
            worth = self.first > self.enough
            self.given &= worth
            if solver.short:
                # no further than what is wanted: a last correction need not bring all that 32 bits hold
                need = _MARGIN * np.sqrt(_over(self.enough, self.first))
                self.goals = np.maximum(self.goals, need)
            self._keep(worth)
        else:
            # the flexible form: rounding in the 32-bit cycle does no harm
            self.beta = -self.alpha / solver.scale * _over(old, self.before)
        kind = self.x.dtype
        size = _over(1.0, self.scale).astype(kind)
        self._run(turn, self.p, z, self.beta.astype(kind), size)
        self._run(laplacian, self.p, self.q, self.parts[0], before=solver.edges)
        energy = self._sums(0) / solver.scale
        self._keep(np.isfinite(energy) & (energy > 0.0) & np.isfinite(match))
        for k in self.on:
            solver.level(self.q[k])
        self.before, self.alpha = match, _over(match, energy)
        self.scale = self.scale if solver.short else _over(1.0, self.size)
        steps = [v.astype(kind) for v in (self.alpha, self.alpha / solver.scale, self.scale)]
        self._run(advance, self.x, self.r, self.p, self.q, *steps, self.right, self.parts[0])
        self.size[self.on] = np.sqrt(self._sums(0))[self.on]
        self._keep((self.size > self.goals * self.wanted) & ~self._stalled())
        return True

    def _keep(self, which: Any) -> None:
        """Go on with some lanes only."""
        self.on = self.on[which[self.on]]

    def _stalled(self) -> Any:
        """Lanes whose residual has not come down for long."""
        better = self.size < _FALLS * self.best
        self.best = np.where(better, self.size, self.best)
        self.since = np.where(better, 0, self.since + 1)
        return self.since >= _PATIENCE

    def steps(self, lanes: NDArray[np.intp]) -> list[Step]:
        """The correction of each lane, and the energy before."""
        return [(self.x[k] if self.given[k] else None, float(self.first[k])) for k in lanes]


def _over(above: Any, below: Any) -> Any:
    """A quotient of lanes, 0 where there is nothing below."""
    there = below != 0.0
    return np.where(there, above / np.where(there, below, 1.0), 0.0)


def _range(system: System) -> tuple[float, float]:
    """The least conductance that is not 0 and the greatest."""
    least, most = system.edges.range()
    known = system.ground[system.ground > 0]
    if known.size:
        return min(least, float(known.min())), max(most, float(known.max()))
    return least, most


def _stiffened(edges: Four, group: NDArray[np.int32] | None) -> Four:
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
        edges, ground, group = system.edges.whole(), system.ground, system.group
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
