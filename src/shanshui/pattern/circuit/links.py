"""Circuits given edge by edge, and the direct solution that small landscapes share with them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from shanshui.kernels.network import balance, net_currents
from shanshui.pattern.circuit.refine import STANDS, Solved, Values, above, refined

Ends = NDArray[np.intp]
DIRECT_NODES = 400_000
"""Nodes up to which a network is factorised; algebraic multigrid above [D]: fill-in of general graphs grows fast."""
LIFT = 2e-15
"""Ground added to the factor, over the diagonal [D]: below it rounding makes the factor of contrasts of 1e12 indefinite."""
CORRECTION_STEPS = 400
CORRECTION_DROP = 1e-16
"""Energy of what is left, over that before, at which a correction ends; the next begins from a fresh balance."""


class Factor:
    """A Laplacian with grounds, ready for right-hand sides; a floating part is held at its last node.

    Parameters
    ----------
    count : int
        Nodes, all of them connected, grounded or tied to a held one.
    a, b : (edge,) arrays of int
        Ends.
    g : (edge,) array [siemens]
        Conductances, above 0.
    ground : (node,) array [siemens]
        To ground.
    solver : str
        ``direct`` or ``amg``.
    held : (node,) array of bool, optional
        Nodes whose potential is given.
    """

    def __init__(
        self,
        count: int,
        a: Ends,
        b: Ends,
        g: Values,
        ground: Values,
        solver: str = "direct",
        held: NDArray[np.bool_] | None = None,
    ) -> None:
        joined = coo_matrix((g, (a, b)), (count, count)).tocsr()
        self.joined = (joined + joined.T).tocsr()
        self.ground = ground
        self.held = np.zeros(count, bool) if held is None else held
        total = np.asarray(self.joined.sum(axis=1)).ravel() + ground
        # a node that only a short circuit joins to others has no link of its own: nothing flows there
        lone = total == 0.0
        if count and not self.held.any() and not ground.any():
            joined_nodes = np.flatnonzero(~lone)
            self.held[joined_nodes[-1] if joined_nodes.size else -1] = True
        self.free = np.flatnonzero(~self.held & ~lone)
        if self.free.size == 0:
            return
        inner = diags(total[self.free]) - self.joined[self.free][:, self.free]
        # rows and columns are brought to one scale: contrasts do not meet the pivots
        self.half = 1.0 / np.sqrt(total[self.free])
        scaled = (diags(self.half) @ inner @ diags(self.half)).tocsc()
        self._scaled_solve = _amg(scaled, self.half) if solver == "amg" else _lu(scaled)

    def potential(self, sent: Values, level: Values, goal: float) -> Solved:
        """Potentials for currents sent in, with ``level`` at the held nodes, to a doubt of ``goal`` or as near as rounding allows."""
        return refined(
            lambda high, low: self._balance(sent, high, low),
            self._correction,
            np.where(self.held, level, 0.0),
            goal,
        )

    def _balance(
        self, sent: Values, high: Values, low: Values
    ) -> tuple[Values, float, float, None]:
        net = self.joined
        out = np.empty(high.size)
        found = balance(net.indptr, net.indices, net.data, self.ground, sent, high, low, out)
        out[self.held] = 0.0
        return out, *found, None

    def _correction(self, rest: Values, enough: float) -> tuple[Values | None, float]:
        """Conjugate gradients with the factor as preconditioner: one step where it is exact, more where rounding spoiled it."""
        r, x, p = rest, np.zeros(rest.size), np.zeros(rest.size)
        q, first, before, alpha = np.empty(rest.size), 0.0, 0.0, 0.0
        net = self.joined
        for step in range(CORRECTION_STEPS):
            z = self._preconditioned(r)
            match = float(r @ z)
            if step == 0:
                first = match
                if not match > enough:
                    return None, match
            if not match > max(enough, CORRECTION_DROP * first):
                break
            # the flexible form: the preconditioner is not the same from step to step, to rounding
            beta = -alpha * float(q @ z) / before if step else 0.0
            p = z + beta * p
            energy = net_currents(net.indptr, net.indices, net.data, self.ground, p, q)
            q[self.held] = 0.0
            if not energy > 0.0:
                break
            before, alpha = match, match / energy
            x += alpha * p
            r -= alpha * q
        return x, first

    def _preconditioned(self, rest: Values) -> Values:
        out = np.zeros(rest.size)
        if self.free.size:
            out[self.free] = self.half * self._scaled_solve(self.half * rest[self.free])
        return out


def _lu(matrix: Any) -> Callable[[Values], Values]:
    # a hair of ground everywhere outweighs what rounding takes off the diagonal, so that the factor stays that of a
    # network, fit for conjugate gradients, however far conductances lie apart; the balance knows nothing of it
    solve: Callable[[Values], Values] = splu(
        matrix + LIFT * eye_array(matrix.shape[0], format="csc"),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    ).solve
    return solve


def _amg(matrix: Any, half: Values) -> Callable[[Values], Values]:
    import pyamg

    # what costs no energy is a level potential: in the scaled matrix, not ones but the inverse of the scale
    # weak links are left out of aggregates: 34 cycles instead of 395 on walls with contrasts of 1e6
    hierarchy = pyamg.smoothed_aggregation_solver(
        matrix.tocsr(), B=(1.0 / half)[:, None], strength=("symmetric", {"theta": 0.05})
    )

    def cycle(right: Values) -> Values:
        out: Values = hierarchy.solve(right, tol=0.0, maxiter=1)
        return out

    return cycle


class Links:
    """A network of resistors.

    Parameters
    ----------
    count : int
        Nodes 0 to ``count - 1``.
    a, b : (edge,) arrays of int
        Ends; edges from a node to itself are left out, parallel ones add up.
    g : (edge,) array [siemens]
        Conductances; 0 is no edge.
    solver : str
        ``auto``, ``direct`` or ``amg``.
    names : (node,) array, optional
        What the nodes are called; their numbers by default.
    """

    def __init__(
        self,
        count: int,
        a: Ends,
        b: Ends,
        g: Values,
        solver: str = "auto",
        names: NDArray[Any] | None = None,
    ) -> None:
        kept = (a != b) & (g > 0)
        matrix = coo_matrix(
            (g[kept], (np.minimum(a, b)[kept], np.maximum(a, b)[kept])), (count, count)
        ).tocsr()
        matrix.sum_duplicates()
        joined = matrix.tocoo()
        self.count = count
        self.floor = 0.0
        self.names: NDArray[Any] = np.arange(count) if names is None else names
        self.a, self.b, self.g = joined.row.astype(np.intp), joined.col.astype(np.intp), joined.data
        _, part = connected_components(matrix, directed=False)
        self.component = part.astype(np.int32) + 1
        if solver == "auto":
            solver = "direct" if count <= DIRECT_NODES else "amg"
        self.solver = solver
        self._ready: tuple[int, Any] | None = None

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.count

    @property
    def abreast(self) -> int:
        """Solutions that are worked on side by side: one, a factor is kept."""
        return 1

    @property
    def shape(self) -> tuple[int]:
        """Shape of a field."""
        return (self.count,)

    def blank(self) -> Values:
        """Zeros, one for each node."""
        return np.zeros(self.count)

    def between(self, source: int, sink: int, *, tolerance: float, limit: int) -> Solved:
        """Potentials for one ampere from node to node, 0 at the sink, to a doubt of 1e-14 whatever the tolerance."""
        number = int(self.component[source])
        if self._ready is None or self._ready[0] != number:
            nodes = np.flatnonzero(self.component == number)
            self._ready = (number, (nodes, self._factor(nodes, np.zeros(nodes.size))))
        nodes, factor = self._ready[1]
        sent = np.zeros(nodes.size)
        sent[np.searchsorted(nodes, source)] += 1.0
        sent[np.searchsorted(nodes, sink)] -= 1.0
        found = factor.potential(sent, np.zeros(nodes.size), STANDS)
        return self._spread(nodes, above(found, np.searchsorted(nodes, sink)))

    def several(
        self, sources: Sequence[int], sink: int, *, tolerance: float, limit: int
    ) -> Iterator[Solved]:
        """Potentials as :meth:`between` gives them, one source after the other: the factor is kept."""
        for source in sources:
            yield self.between(source, sink, tolerance=tolerance, limit=limit)

    def clamped(
        self,
        fixed: Sequence[int],
        values: Sequence[float],
        injection: Values | None,
        leak: Values | None,
        *,
        tolerance: float,
        limit: int,
    ) -> Solved:
        """Potentials with some nodes held, currents sent in and leaks to ground."""
        held, value = np.zeros(self.count, bool), self.blank()
        held[list(fixed)] = True
        value[list(fixed)] = values
        lost = self.blank() if leak is None else np.where(held, 0.0, leak)
        numbers = np.unique(self.component[held | (lost > 0)])
        nodes = np.flatnonzero(np.isin(self.component, numbers))
        sent = self.blank() if injection is None else injection
        factor = self._factor(nodes, lost[nodes], held[nodes])
        found = self._spread(nodes, factor.potential(sent[nodes], value[nodes], STANDS))
        found.field[held] = value[held]
        return found

    def _spread(self, nodes: Ends, solved: Solved) -> Solved:
        """A solution of some nodes, 0 at the others."""
        field, low = self.blank(), self.blank()
        field[nodes], low[nodes] = solved.field, solved.low
        return solved._replace(field=field, low=low)

    def distinct(self, nodes: Ends) -> Ends:
        """Nodes as they are: a network has no short circuits."""
        return nodes

    def whole(self, nodes: Ends) -> Ends:
        """Nodes as they are: a network has no short circuits."""
        return nodes

    def shares_node(self, here: Ends, there: Ends) -> bool:
        """Whether some nodes are among some others."""
        return bool(np.intersect1d(here, there).size)

    def _factor(self, nodes: Ends, ground: Values, held: NDArray[np.bool_] | None = None) -> Factor:
        place = np.full(self.count, -1, np.intp)
        place[nodes] = np.arange(nodes.size)
        # whole connected parts are asked for: an edge has both ends among the nodes or none
        inside = place[self.a] >= 0
        return Factor(
            nodes.size,
            place[self.a[inside]],
            place[self.b[inside]],
            self.g[inside],
            ground,
            self.solver,
            held,
        )

    def branches(self, potential: Values, low: Values | None = None) -> Values:
        """Current along each edge, from its first end to its second [ampere]."""
        drop = potential[self.a] - potential[self.b]
        if low is not None:
            drop = drop + (low[self.a] - low[self.b])
        return self.g * drop

    @property
    def tried(self) -> str:
        """The most exact solver that a solution went through."""
        return self.solver

    def flow(
        self, potential: Values, leak: Values | None = None, low: Values | None = None
    ) -> Values:
        """Current through each node: the greater of what enters and what leaves."""
        along = self.branches(potential, low)
        forth, back = np.maximum(along, 0.0), np.maximum(-along, 0.0)
        out = np.bincount(self.a, forth, self.count) + np.bincount(self.b, back, self.count)
        into = np.bincount(self.b, forth, self.count) + np.bincount(self.a, back, self.count)
        if leak is not None:
            out += np.maximum(leak * potential, 0.0)
            into += np.maximum(-leak * potential, 0.0)
        return np.maximum(out, into)
