"""Connectivity in all directions: every place draws current from the sources around it, in a moving window.

The centre of each window is ground. Flow potential is the same current over even ground that fills the whole square of the window.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shanshui.core.errors import QuantityError
from shanshui.kernels.crew import processors, share
from shanshui.kernels.grounded import grounded_current
from shanshui.pattern.circuit.answers import ACCEPTED, LIMIT, TOLERANCE
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.refine import STANDS, held_to
from shanshui.pattern.circuit.windows import Box, Grid, Windows, window_of

SMALL_WINDOW = 4_000
"""Cells up to which a window is solved by elimination [D]: there multigrid begins to be the faster."""
_NO_CURRENT = 1e-8
"""Current, over the greatest, below which there is none as far as a factor goes: Circuitscape takes it for rounding."""
_AT_ONCE = 8
"""Windows per thread that are solved before their currents are added up, in order [D]."""


@dataclass
class Omnidirectional:
    """Sums over all windows.

    Attributes
    ----------
    current : (y, x) array [ampere]
        Cumulative current.
    potential : (y, x) array [ampere] or None
        The same over ground that conducts evenly.
    residual : float [1]
        The greatest current left over at a cell, over the greatest through one.
    done : int
        Windows solved.
    """

    current: Grid
    potential: Grid | None
    residual: float = 0.0
    done: int = 0

    @property
    def normalized(self) -> Grid:
        """Current over flow potential [1]; 0 where nothing flows."""
        if self.potential is None:
            raise QuantityError("normalized: needs the flow potential")
        nothing = np.zeros(self.current.shape)
        return np.divide(self.current, self.potential, out=nothing, where=self.potential > 0)


def omnidirectional(
    windows: Windows,
    *,
    flow_potential: bool = True,
    begun: Omnidirectional | None = None,
    tell: Callable[[Omnidirectional, int], None] | None = None,
    threads: int | None = None,
) -> Omnidirectional:
    """Cumulative current over all windows.

    Parameters
    ----------
    windows : Windows
        Landscape and window.
    flow_potential : bool
        Solve every window over even ground too.
    begun : Omnidirectional, optional
        Sums of an earlier run, to go on from.
    tell : callable, optional
        Told the sums and the number of windows after each.
    threads : int, optional
        Windows solved side by side; all processors by default. Sums do not depend on it: windows are added in their order.

    Returns
    -------
    Omnidirectional
        Sums of currents [ampere].

    Raises
    ------
    ResourceError
        A window that was not solved.
    """
    shape = windows.conductance.shape
    out = begun or Omnidirectional(np.zeros(shape), np.zeros(shape) if flow_potential else None)
    targets = windows.targets()
    correction = _correction(windows) if windows.block > 1 and windows.correct else None
    even = out.potential is not None
    crew = processors() if threads is None else threads
    while out.done < len(targets):
        batch = targets[out.done : out.done + crew * _AT_ONCE]
        found: list[_Solved | None] = [None] * len(batch)
        pieces = [(windows, even, correction, batch, found, k, crew) for k in range(crew)]
        share(_solve_some, pieces)
        for solved in found:
            out.done += 1
            if solved is not None:
                out.current[solved.box] += solved.current
                if out.potential is not None and solved.potential is not None:
                    out.potential[solved.box] += solved.potential
                out.residual = max(out.residual, solved.residual)
            if tell is not None:
                tell(out, len(targets))
    return out


@dataclass
class _Solved:
    """Currents of one window."""

    box: Box
    current: Grid
    potential: Grid | None
    residual: float


def _solve_some(
    windows: Windows,
    even: bool,
    correction: Grid | None,
    batch: list[tuple[int, int, float]],
    found: list[_Solved | None],
    first: int,
    step: int,
) -> None:
    """Solve every so many windows of a batch."""
    for k in range(first, len(batch), step):
        window = window_of(windows, batch[k])
        if window is None:
            continue
        sent, ground = window.sent, window.ground
        current, residual = _current(windows, window.cell, sent, ground)
        potential = None
        if even:
            potential, other = _current(windows, np.ones(sent.shape), sent, ground)
            residual = max(residual, other)
        if correction is not None:
            factor = _aligned(correction, ground, current.shape)
            current = current * factor
            potential = None if potential is None else potential * factor
        found[k] = _Solved(window.box, current, potential, residual)


def _current(
    windows: Windows, cell: Grid, sent: Grid, ground: tuple[int, int]
) -> tuple[Grid, float]:
    """Current through the cells of a window [ampere], and what its solution leaves over."""
    nothing = np.zeros(cell.shape), 0.0
    if not cell[ground] > 0:
        return nothing
    if cell.size <= SMALL_WINDOW and windows.solver in ("auto", "direct"):
        flow, residual, doubt = _eliminated(windows, cell, sent, ground)
        if max(residual, doubt) <= TOLERANCE:
            return flow, residual
    circuit = Lattice(
        cell,
        four_neighbours=windows.four_neighbours,
        mean_resistance=windows.mean_resistance,
        # each window is solved once: a factorisation never pays for itself
        solver="multigrid" if windows.solver == "auto" else windows.solver,
        threads=1,
    )
    sent = np.where(circuit.component == circuit.component[ground], sent, 0.0)
    if not sent.any():
        return nothing
    flat = int(np.ravel_multi_index(ground, cell.shape))
    solved = circuit.clamped([flat], [0.0], sent, None, tolerance=TOLERANCE, limit=LIMIT)
    good = held_to(solved, ACCEPTED, currents=True, solver=circuit.tried)
    return circuit.flow(good.field, low=good.low), good.residual


def _eliminated(
    windows: Windows, cell: Grid, sent: Grid, ground: tuple[int, int]
) -> tuple[Grid, float, float]:
    """The same by elimination, with its residual and doubt."""
    flow = np.empty(cell.shape)
    # along the shorter side the band is narrow
    turned = cell.shape[1] > cell.shape[0]
    grids = [np.ascontiguousarray(g.T if turned else g) for g in (cell, sent)]
    out = np.empty(grids[0].shape)
    residual, doubt = grounded_current(
        *grids,
        *(ground[::-1] if turned else ground),
        not windows.four_neighbours,
        windows.mean_resistance,
        STANDS,
        out,
    )
    flow[...] = out.T if turned else out
    return flow, residual, doubt


def _correction(windows: Windows) -> Grid:
    """Factor for each cell of a window: currents over even ground of the block's cells one by one, over those of the block as one."""
    reach, half = windows.radius + windows.buffer, windows.block // 2
    side = 2 * reach + 1
    ones = np.ones((side, side))
    whole = replace(windows, conductance=ones, strength=ones, conditions=(), as_published=False)
    single = _alone(replace(whole, block=1), 1.0)
    together = _alone(whole, float(windows.block**2))
    apart = np.zeros((side + 2 * half, side + 2 * half))
    for i in range(windows.block):
        for j in range(windows.block):
            apart[i : i + side, j : j + side] += single
    apart = apart[half : half + side, half : half + side]
    flows = together > _NO_CURRENT * together.max()
    return np.divide(apart, together, out=np.ones((side, side)), where=flows)


def _alone(windows: Windows, strength: float) -> Grid:
    """Current of one window that fills its landscape; 0 where the block leaves no source."""
    middle = windows.radius + windows.buffer
    window = window_of(windows, (middle, middle, strength))
    if window is None:
        return np.zeros(windows.strength.shape)
    return _current(windows, window.cell, window.sent, window.ground)[0]


def _aligned(correction: Grid, ground: tuple[int, int], shape: tuple[int, ...]) -> Grid:
    """The part of the factors that lies over a window whose ground is at ``ground``."""
    middle = correction.shape[0] // 2
    top, left = middle - ground[0], middle - ground[1]
    return correction[top : top + shape[0], left : left + shape[1]]
