"""Circuits given edge by edge, and the direct solution that small landscapes share with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

Values = NDArray[np.float64]
Ends = NDArray[np.intp]
DIRECT_NODES = 400_000
"""Nodes up to which a network is factorised; algebraic multigrid above [D]: fill-in of general graphs grows fast."""


class Factor:
    """A Laplacian with grounds, ready for right-hand sides; a floating part is held at one of its nodes.

    Parameters
    ----------
    count : int
        Nodes, all of them connected or grounded.
    a, b : (edge,) arrays of int
        Ends.
    g : (edge,) array [siemens]
        Conductances, above 0.
    ground : (node,) array [siemens]
        To ground.
    solver : str
        ``direct`` or ``amg``.
    """

    def __init__(
        self, count: int, a: Ends, b: Ends, g: Values, ground: Values, solver: str = "direct"
    ) -> None:
        joined = coo_matrix((g, (a, b)), (count, count)).tocsr()
        joined = joined + joined.T
        self.matrix = (diags(np.asarray(joined.sum(axis=1)).ravel() + ground) - joined).tocsr()
        self.kept = np.arange(count if ground.any() else count - 1)
        self.count = count
        self._solve: Any = None
        if self.kept.size == 0:
            return
        inner = self.matrix[self.kept][:, self.kept]
        # rows and columns are brought to one scale: contrasts do not meet the pivots
        self.half = 1.0 / np.sqrt(inner.diagonal())
        scaled = diags(self.half) @ inner @ diags(self.half)
        if solver == "amg":
            self._solve = _amg(scaled.tocsr())
        else:
            self._solve = splu(
                scaled.tocsc(),
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            ).solve

    def potential(self, injection: Values, tolerance: float) -> tuple[Values, float]:
        """Potentials and the relative residual, after as much refinement as helps."""
        x = np.zeros(self.count)
        wanted = float(np.linalg.norm(injection))
        if self._solve is None or wanted == 0.0:
            return x, 0.0
        rest, best = injection, np.inf
        for _ in range(4):
            step = np.zeros(self.count)
            step[self.kept] = self.half * self._solve(self.half * rest[self.kept])
            left = injection - self.matrix @ (x + step)
            if self.kept.size < self.count:
                left = left - left.mean()
            size = float(np.linalg.norm(left)) / wanted
            if size >= best:
                break
            x, rest, best = x + step, left, size
            if best <= 0.01 * tolerance:
                break
        return x, best


def _amg(matrix: csr_matrix) -> Any:
    import pyamg

    hierarchy = pyamg.smoothed_aggregation_solver(matrix)

    def solve(right: Values) -> Values:
        return hierarchy.solve(right, tol=1e-10, accel="cg", maxiter=500)

    return solve


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
        self.solver = solver
        self._ready: tuple[int, Any] | None = None

    @property
    def size(self) -> int:
        """Number of nodes."""
        return self.count

    @property
    def shape(self) -> tuple[int]:
        """Shape of a field."""
        return (self.count,)

    def blank(self) -> Values:
        """Zeros, one for each node."""
        return np.zeros(self.count)

    def between(
        self, source: int, sink: int, *, tolerance: float, limit: int
    ) -> tuple[Values, float]:
        """Potentials for one ampere from node to node, any level; the relative residual."""
        number = int(self.component[source])
        if self._ready is None or self._ready[0] != number:
            nodes = np.flatnonzero(self.component == number)
            self._ready = (number, (nodes, self._factor(nodes, np.zeros(nodes.size))))
        nodes, factor = self._ready[1]
        injection = np.zeros(nodes.size)
        injection[np.searchsorted(nodes, source)] += 1.0
        injection[np.searchsorted(nodes, sink)] -= 1.0
        out = self.blank()
        out[nodes], residual = factor.potential(injection, tolerance)
        return out, residual

    def clamped(
        self,
        fixed: Sequence[int],
        values: Sequence[float],
        injection: Values | None,
        leak: Values | None,
        *,
        tolerance: float,
        limit: int,
    ) -> tuple[Values, float]:
        """Potentials with some nodes held, currents sent in and leaks to ground."""
        held, value = np.zeros(self.count, bool), self.blank()
        held[list(fixed)] = True
        value[list(fixed)] = values
        lost = self.blank() if leak is None else np.where(held, 0.0, leak)
        numbers = np.unique(self.component[held | (lost > 0)])
        free = np.flatnonzero(np.isin(self.component, numbers) & ~held)
        sent = self.blank() if injection is None else injection.copy()
        for here, there in ((self.a, self.b), (self.b, self.a)):
            rim = held[here] & ~held[there]
            np.add.at(lost, there[rim], self.g[rim])
            np.add.at(sent, there[rim], self.g[rim] * value[here[rim]])
        out = value.copy()
        if free.size == 0:
            return out, 0.0
        out[free], residual = self._factor(free, lost[free]).potential(sent[free], tolerance)
        return out, residual

    def distinct(self, nodes: Ends) -> Ends:
        """Nodes as they are: a network has no short circuits."""
        return nodes

    def shares_node(self, here: Ends, there: Ends) -> bool:
        """Whether some nodes are among some others."""
        return bool(np.intersect1d(here, there).size)

    def _factor(self, nodes: Ends, ground: Values) -> Factor:
        place = np.full(self.count, -1, np.intp)
        place[nodes] = np.arange(nodes.size)
        inside = (place[self.a] >= 0) & (place[self.b] >= 0)
        solver = self.solver
        if solver == "auto":
            solver = "direct" if nodes.size <= DIRECT_NODES else "amg"
        return Factor(
            nodes.size,
            place[self.a[inside]],
            place[self.b[inside]],
            self.g[inside],
            ground,
            solver,
        )

    def branches(self, potential: Values) -> Values:
        """Current along each edge, from its first end to its second [ampere]."""
        return self.g * (potential[self.a] - potential[self.b])

    def flow(self, potential: Values, leak: Values | None = None) -> Values:
        """Current through each node: the greater of what enters and what leaves."""
        along = self.branches(potential)
        forth, back = np.maximum(along, 0.0), np.maximum(-along, 0.0)
        out = np.bincount(self.a, forth, self.count) + np.bincount(self.b, back, self.count)
        into = np.bincount(self.b, forth, self.count) + np.bincount(self.a, back, self.count)
        if leak is not None:
            out += np.maximum(leak * potential, 0.0)
            into += np.maximum(-leak * potential, 0.0)
        return np.maximum(out, into)
