"""Circuits whose links conduct differently in their two directions: rivers, one-way passes, moves up a slope.

A walker at node i leaves for node j at the rate k_ij, the conductance of that direction, and for the ground at the rate g_i (a
continuous-time Markov chain with absorption). Sent in at the rates s, walkers settle at the occupancies n that solve, at each node,

    s_i + sum_j k_ji n_j = n_i (g_i + sum_j k_ij).

Net current from i to j is k_ij n_i - k_ji n_j, the expected crossings in that direction less those in the other, for each walker sent in;
gross current counts both. Where k_ij = k_ji = g this is Kirchhoff's law with n the voltage, and net crossings are electric current (Doyle
and Snell 1984, Random Walks and Electric Networks, ch. 1.3). For one ampere, n at the source is 1 / (C P): C all that leads away from it, P
the chance to reach ground before coming back; the directed counterpart of effective resistance, not the same both ways.

The matrix is an M-matrix, hence its inverse is nowhere negative, and the error of n is at most what the absolute values of what is
left over would give (Berman and Plemmons 1994, Nonnegative Matrices in the Mathematical Sciences, ch. 6).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import splu

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.core.form import in_one_order
from shanshui.kernels.directed import crossings, left_over
from shanshui.pattern.circuit.lattice import FALLBACK_CELLS, Lattice
from shanshui.pattern.circuit.modes import advanced
from shanshui.pattern.circuit.questions import conductances
from shanshui.pattern.circuit.refine import ROUNDS, STANDS, Solved, add

Ends = NDArray[np.intp]
Values = NDArray[np.float64]


class Directed:
    """A network of links with a conductance for each direction.

    Parameters
    ----------
    shape : tuple of int
        Of a field: rows and columns, or nodes.
    a, b : (link,) arrays of int
        Ends, as flat places of a field.
    forth, back : (link,) arrays [siemens]
        From ``a`` to ``b`` and from ``b`` to ``a``, 0 or more.
    gross : bool
        Currents count all crossings; otherwise each link's balance of them.
    """

    solver = tried = "direct"
    abreast = 1
    floor = 0.0

    def __init__(
        self,
        shape: tuple[int, ...],
        a: Ends,
        b: Ends,
        forth: Values,
        back: Values,
        *,
        gross: bool = False,
    ) -> None:
        self.shape, self.gross = shape, gross
        count = int(np.prod(shape))
        # links between the same two nodes are one: the balance of a link counts all that goes between them
        kept, swap = (a != b) & ((forth > 0) | (back > 0)), a > b
        ends = np.minimum(a, b)[kept] * count + np.maximum(a, b)[kept]
        pair, which = np.unique(ends, return_inverse=True)
        self.a, self.b = pair // count, pair % count
        self.forth, self.back = (
            np.bincount(which, rates[kept], pair.size)
            for rates in (np.where(swap, back, forth), np.where(swap, forth, back))
        )
        self.node = np.zeros(count, bool)
        self.node[self.a] = self.node[self.b] = True
        self.size = int(self.node.sum())
        if self.size > FALLBACK_CELLS:
            raise ResourceError(
                f"directed circuit: found {self.size} nodes; expected at most {FALLBACK_CELLS}, since it is factorised; take larger cells"
            )
        joined = coo_matrix((np.ones(self.a.size), (self.a, self.b)), (count, count))
        part = connected_components(joined, directed=False)[1] + 1
        self.component = np.where(self.node, part, 0).astype(np.int32).reshape(shape)

    def blank(self) -> Values:
        """Zeros, one for each node."""
        return np.zeros(self.shape)

    def distinct(self, nodes: Ends) -> Ends:
        """Nodes as they are: there are no short circuits."""
        return nodes

    def whole(self, nodes: Ends) -> Ends:
        """Nodes as they are: there are no short circuits."""
        return nodes

    def shares_node(self, here: Ends, there: Ends) -> bool:
        """Whether some nodes are among some others."""
        return bool(np.intersect1d(here, there).size)

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
        """Occupancies with some nodes ground, walkers sent in and leaks to ground, to a doubt of 1e-14 whatever the tolerance.

        Raises
        ------
        QuantityError
            Levels other than 0, currents taken out, sources from which no ground can be reached.
        """
        sent = np.zeros(self.node.size) if injection is None else injection.ravel().copy()
        if any(values) or (sent < 0).any():
            raise QuantityError(
                "sources: found nodes held at a level, or currents below 0; expected currents of 0 or more in a directed circuit: "
                "what takes current out is ground"
            )
        lost = np.zeros(self.node.size) if leak is None else leak.ravel().copy()
        held = np.zeros(self.node.size, bool)
        held[list(fixed)] = True
        sent[held] = lost[held] = 0.0
        live = self._reached(np.flatnonzero(sent > 0), held, forward=True)
        self._absorbed(live & ~held, held | (lost > 0))
        found = self._occupancies(np.flatnonzero(live & ~held), sent, lost)
        return found._replace(
            field=found.field.reshape(self.shape), low=found.low.reshape(self.shape)
        )

    def flow(
        self, potential: Values, leak: Values | None = None, low: Values | None = None
    ) -> Values:
        """Current through each node: the greater of what enters and what leaves."""
        lost = np.zeros(self.node.size) if leak is None else leak.ravel()
        small = np.zeros(self.node.size) if low is None else low.ravel()
        into, away = np.empty((2, self.node.size))
        links = (self.a, self.b, self.forth, self.back, lost)
        crossings(*links, potential.ravel(), small, self.gross, into, away)
        return np.maximum(into, away).reshape(self.shape)

    def _reached(self, start: Ends, stop: NDArray[np.bool_], *, forward: bool) -> NDArray[np.bool_]:
        """Nodes to which walkers come from some, or from which they come to some; none goes on from where it must stop."""
        count = self.node.size
        rows, cols = np.concatenate([self.a, self.b]), np.concatenate([self.b, self.a])
        rate = np.concatenate([self.forth, self.back])
        goes = (rate > 0) & ~stop[rows]
        if not forward:
            rows, cols = cols, rows
        # one more node, from which all start
        rows = np.concatenate([rows[goes], np.full(start.size, count)])
        cols = np.concatenate([cols[goes], start])
        ways = coo_matrix((np.ones(rows.size), (rows, cols)), (count + 1, count + 1)).tocsr()
        out = np.zeros(count + 1, bool)
        out[breadth_first_order(ways, count, return_predecessors=False)] = True
        return out[:count]

    def _absorbed(self, live: NDArray[np.bool_], ground: NDArray[np.bool_]) -> None:
        """Refuse walkers that would wander for ever.

        Raises
        ------
        QuantityError
            There are some.
        """
        safe = self._reached(np.flatnonzero(ground), np.zeros(live.size, bool), forward=False)
        lost = np.flatnonzero(live & ~safe)
        if lost.size:
            place = ", ".join(str(int(k)) for k in np.unravel_index(lost[0], self.shape))
            raise QuantityError(
                f"grounds: found {lost.size} node(s) that sources lead to and no ground can be reached from, the first at {place}; expected a way "
                "to ground from each: add a ground there, or let links conduct a little in the other direction"
            )

    def _occupancies(self, nodes: Ends, sent: Values, lost: Values) -> Solved:
        """By a factor of the chances to go from node to node, corrected with what is left over in two doubles."""
        count = self.node.size
        high, low = np.zeros(count), np.zeros(count)
        if nodes.size == 0:
            return Solved(high, low, 0.0, 0.0)
        rate = lost.copy()
        for ends, conductance in ((self.a, self.forth), (self.b, self.back)):
            rate += np.bincount(ends, conductance, count)
        # what leads nowhere is ground, and not among the unknown
        rate[rate == 0.0] = 1.0
        place = np.full(count, -1, np.intp)
        place[nodes] = np.arange(nodes.size)
        rows = np.concatenate([place[self.b], place[self.a]])
        cols = np.concatenate([place[self.a], place[self.b]])
        chance = np.concatenate([self.forth / rate[self.a], self.back / rate[self.b]])
        inside = (rows >= 0) & (cols >= 0) & (chance > 0)
        each = np.arange(nodes.size)
        matrix = coo_matrix(
            (
                np.concatenate([np.ones(each.size), -chance[inside]]),
                (np.concatenate([each, rows[inside]]), np.concatenate([each, cols[inside]])),
            )
        ).tocsc()
        factor = _factor(matrix)
        rest, room = np.empty(count), np.empty(count)
        links = (self.a, self.b, self.forth, self.back, lost, sent)
        doubt, before = np.inf, np.inf
        for _ in range(ROUNDS):
            left_over(*links, high, low, rest, room)
            step = np.zeros(count)
            step[nodes] = factor.solve(rest[nodes]) / rate[nodes]
            bound = factor.solve(np.abs(rest[nodes])) / rate[nodes]
            known = high[nodes] > 0
            doubt = float((bound[known] / high[nodes][known]).max(initial=0.0))
            doubt = doubt if known.all() else np.inf
            if not np.isfinite(step).all():
                doubt = np.inf
                break
            if doubt <= STANDS or doubt > 0.5 * before:
                break
            before = doubt
            add(high, low, step)
        left_over(*links, high, low, rest, room)
        through = float((high[nodes] * rate[nodes]).max())
        residual = float(np.abs(rest[nodes]).max()) / through if through > 0 else np.inf
        # of crossings, unlike voltages, the high part alone holds all digits: they are products, not differences
        return Solved(high, low, residual, doubt, np.inf)


def _factor(matrix: Any) -> Any:
    try:
        return splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError as error:
        raise ResourceError(
            "the directed circuit was not solved: conductances lie so many powers of ten apart that its factor is singular in double "
            "precision; cap the greatest or raise the least"
        ) from error


def directed_landscape(
    conductance: NDArray[Any],
    elevation: NDArray[Any],
    uphill: float,
    downhill: float,
    *,
    four_neighbours: bool = False,
    mean_resistance: bool = True,
    gross: bool = False,
) -> Directed:
    """Cells joined to their neighbours, with factors for the ways up and down.

    Parameters
    ----------
    conductance : (y, x) array [siemens]
        Of the cells; 0 or missing where there is no way.
    elevation : (y, x) array
        In any unit, of which only the order counts; known wherever cells conduct.
    uphill, downhill : float [1]
        Times the conductance of an edge on the way up and on the way down [M]; 0 is no way. Level edges keep their conductance.
    four_neighbours, mean_resistance, gross : bool
        As in :func:`directed_current`.

    Returns
    -------
    Directed
        With k_ij = f_ij g_ij, f_ij being ``uphill`` where j lies higher than i and ``downhill`` where it lies lower.

    Raises
    ------
    QuantityError
        Factors below 0, shapes that differ, elevation missing where cells conduct.
    """
    for name, factor in (("uphill", uphill), ("downhill", downhill)):
        if not (np.isfinite(factor) and factor >= 0):
            raise QuantityError(f"{name}: found {factor:g}; expected a factor of 0 or more")
    cell, height = np.nan_to_num(np.asarray(conductance, np.float64)), np.asarray(elevation, float)
    if height.shape != cell.shape:
        raise QuantityError(
            f"elevation: found shape {height.shape}; expected {cell.shape}, that of the landscape"
        )
    missing = int((~np.isfinite(height) & (cell > 0)).sum())
    if missing:
        raise QuantityError(
            f"elevation: found {missing} cell(s) that conduct without one; expected it wherever cells conduct: fill it or leave the cells out"
        )
    plain = Lattice(
        cell, four_neighbours=four_neighbours, mean_resistance=mean_resistance, solver="direct"
    )
    ny, nx = cell.shape
    index: Ends = np.arange(cell.size, dtype=np.intp).reshape(cell.shape)
    a, b, g = [], [], []
    for edge, (di, dj) in zip(plain.edges, ((0, 1), (1, 0), (1, 1), (1, -1)), strict=True):
        here = edge[1 : ny + 1, 1 : nx + 1]
        i, j = np.nonzero(here)
        a.append(index[i, j])
        b.append(index[i + di, j + dj])
        g.append(here[i, j].astype(np.float64))
    first, second, both = np.concatenate(a), np.concatenate(b), np.concatenate(g)
    climb = np.sign(height.ravel()[second] - height.ravel()[first])
    forth = np.choose((climb + 1).astype(int), (downhill, 1.0, uphill))
    back = np.choose((1 - climb).astype(int), (downhill, 1.0, uphill))
    return Directed(cell.shape, first, second, both * forth, both * back, gross=gross)


@in_one_order("resistance", "sources", "grounds", "elevation")
def directed_current(
    resistance: NDArray[Any] | xr.DataArray | pd.DataFrame,
    sources: NDArray[Any] | xr.DataArray | Mapping[Any, float],
    grounds: NDArray[Any] | xr.DataArray | Mapping[Any, float],
    elevation: NDArray[Any] | xr.DataArray | None = None,
    *,
    uphill: float = 1.0,
    downhill: float = 1.0,
    gross: bool = False,
    conductance: bool = False,
    four_neighbours: bool = False,
    mean_resistance: bool = True,
) -> Any:
    """Current through a landscape or network whose links conduct differently in their two directions.

    Parameters
    ----------
    resistance : (y, x) array [ohm], or table
        Above 0; missing or infinite where there is no way. A table holds one-way links: from its first column to its second, the third the
        resistance; a link that leads both ways is two rows.
    sources : (y, x) array or mapping of node to value [ampere]
        Walkers sent in, 0 or more.
    grounds : (y, x) array or mapping of node to value [siemens]
        Conductance to ground, inf for ground itself.
    elevation : (y, x) array
        In any unit; of a landscape, not of a table.
    uphill, downhill : float [1]
        Times the conductance of an edge on the way up and down [M]; 0 is no way.
    gross : bool
        Count crossings in both directions; otherwise the balance of each link.
    conductance : bool
        The landscape or table holds conductances [siemens].
    four_neighbours, mean_resistance : bool
        As in :func:`shanshui.pattern.circuit.effective_resistance`.

    Returns
    -------
    (y, x) array or DataArray, or series [ampere]
        As the landscape came; 0 where no walker comes.

    Raises
    ------
    QuantityError
        Values out of range, shapes that differ, unknown nodes, sources that lead where no ground can be reached from.
    ResourceError
        More nodes than can be factorised; conductances too far apart.
    """
    what = "conductance" if conductance else "resistance"
    circuit: Any
    if isinstance(resistance, pd.DataFrame):
        ends = resistance.iloc[:, :2].to_numpy()
        names, place = np.unique(ends, return_inverse=True)
        place = place.reshape(ends.shape)
        g = conductances(resistance.iloc[:, 2].to_numpy(np.float64), conductance, what)
        none = np.zeros(g.size)
        circuit = Directed((names.size,), place[:, 0], place[:, 1], g, none, gross=gross)
        fields = [_of_nodes(names, v, w) for v, w in ((sources, "sources"), (grounds, "grounds"))]
    else:
        if elevation is None:
            raise QuantityError(
                "elevation: a directed landscape needs it; a table of one-way links does not"
            )
        g = conductances(np.asarray(resistance, np.float64), conductance, what)
        options = {"four_neighbours": four_neighbours, "mean_resistance": mean_resistance}
        height = np.asarray(elevation, np.float64)
        circuit = directed_landscape(g, height, uphill, downhill, gross=gross, **options)
        fields = [
            np.nan_to_num(np.asarray(v, np.float64), posinf=np.inf) for v in (sources, grounds)
        ]
        for name, values in zip(("sources", "grounds"), fields, strict=True):
            if values.shape != circuit.shape:
                raise QuantityError(f"{name}: found shape {values.shape}; expected {circuit.shape}")
    found = advanced(circuit, fields[0], fields[1]).current()
    if isinstance(resistance, xr.DataArray):
        return resistance.copy(data=found).assign_attrs(units="A")
    if isinstance(resistance, pd.DataFrame):
        return pd.Series(found, index=names, name="current")
    return found


def _of_nodes(names: NDArray[Any], values: Any, what: str) -> Values:
    """A value for each node, 0 where none is given."""
    place = {name: k for k, name in enumerate(names.tolist())}
    unknown = [name for name in values if name not in place]
    if unknown:
        raise QuantityError(f"{what}: found {unknown[:5]}, which are no nodes of the network")
    out = np.zeros(names.size)
    for name, value in values.items():
        out[place[name]] = value
    return out
