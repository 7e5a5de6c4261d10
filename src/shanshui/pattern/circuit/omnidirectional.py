"""Connectivity in all directions: every place draws current from the sources around it, in a moving window."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import ACCEPTED, LIMIT, TOLERANCE
from shanshui.pattern.circuit.refine import held_to

Grid = NDArray[np.float64]
SMALL_WINDOW = 400
"""Cells up to which a window is factorised [D]."""


@dataclass(frozen=True)
class Condition:
    """Which sources may send current to a target.

    Attributes
    ----------
    here : (y, x) array
        At the sources.
    there : (y, x) array
        At the targets: the same, or that of a future date.
    low, high : float
        A source may differ from the target by at least and at most so much; equal values are asked for when ``equal``.
    equal : bool
        For classes.
    """

    here: Grid
    there: Grid
    low: float = 0.0
    high: float = 0.0
    equal: bool = False

    def allows(self, window: tuple[slice, slice], target: tuple[int, int]) -> NDArray[np.bool_]:
        """Sources of a window that suit a target."""
        value = self.there[target]
        if self.equal:
            return np.asarray(self.here[window] == value)
        gap = self.here[window] - value
        return np.asarray((gap >= self.low) & (gap <= self.high))


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


@dataclass(frozen=True)
class Windows:
    """What moves over a landscape.

    Attributes
    ----------
    conductance : (y, x) array [siemens]
        0 where there is no way.
    strength : (y, x) array
        Current that a cell can give and draw; 0 for none.
    radius : int [cell]
        Of the window.
    block : int [cell]
        Side of the blocks that share one window, odd; 1 gives every cell its own.
    buffer : int [cell]
        Ground around the window that conducts too.
    four_neighbours, mean_resistance : bool
        As in :class:`Lattice`.
    conditions : tuple of Condition
        All must allow a source.
    correct : bool
        Currents of blocks are spread as the single cells' would be.
    solver : str
        As in :class:`Lattice`.
    """

    conductance: Grid
    strength: Grid
    radius: int
    block: int = 1
    buffer: int = 0
    four_neighbours: bool = False
    mean_resistance: bool = True
    conditions: tuple[Condition, ...] = field(default=())
    correct: bool = True
    solver: str = "auto"

    def __post_init__(self) -> None:
        if self.radius < 1:
            raise QuantityError(f"radius: found {self.radius}; expected 1 cell or more")
        if self.block < 1 or self.block % 2 == 0:
            raise QuantityError(f"block_size: found {self.block}; expected an odd number of cells")
        if self.block > self.radius:
            raise QuantityError(
                f"block_size: found {self.block}; expected at most the radius, {self.radius}"
            )
        if self.conductance.shape != self.strength.shape:
            raise QuantityError(
                f"strength: found shape {self.strength.shape}; expected {self.conductance.shape}"
            )

    def targets(self) -> list[tuple[int, int, float]]:
        """Centre and total strength of each block that draws current."""
        half = self.block // 2
        ny, nx = self.strength.shape
        out = []
        for i in range(half, ny + half, self.block):
            for j in range(half, nx + half, self.block):
                part = self.strength[
                    max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1
                ]
                total = float(part.sum())
                r, c = min(i, ny - 1), min(j, nx - 1)
                if total > 0:
                    out.append((r, c, total))
        return out


def omnidirectional(
    windows: Windows,
    *,
    flow_potential: bool = True,
    begun: Omnidirectional | None = None,
    tell: Callable[[Omnidirectional, int], None] | None = None,
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

    Returns
    -------
    Omnidirectional
        Sums. In a window, all sources together send what the block at its centre draws, each in proportion to its strength; the
        centre is ground.

    Raises
    ------
    ResourceError
        A window that was not solved.
    """
    shape = windows.conductance.shape
    out = begun or Omnidirectional(np.zeros(shape), np.zeros(shape) if flow_potential else None)
    targets = windows.targets()
    correction = _correction(windows) if windows.block > 1 and windows.correct else None
    even = np.where(windows.conductance > 0, 1.0, 0.0)
    for target in targets[out.done :]:
        found = _window(windows, target)
        out.done += 1
        if found is not None:
            box, sent, keep, ground = found
            for ground_of, total in ((windows.conductance, out.current), (even, out.potential)):
                if total is None:
                    continue
                flow, residual = _solve(windows, np.where(keep, ground_of[box], 0.0), sent, ground)
                if correction is not None:
                    flow = flow * _aligned(correction, ground, flow.shape)
                total[box] += flow
                out.residual = max(out.residual, residual)
        if tell is not None:
            tell(out, len(targets))
    return out


def _window(
    windows: Windows, target: tuple[int, int, float]
) -> tuple[tuple[slice, slice], Grid, NDArray[np.bool_], tuple[int, int]] | None:
    """Box, currents sent, cells of the window and place of the ground; nothing where no source suits."""
    i, j, strength = target
    ny, nx = windows.conductance.shape
    if not windows.conductance[i, j] > 0:
        return None
    reach = windows.radius + windows.buffer
    box = (
        slice(max(i - reach, 0), min(i + reach + 1, ny)),
        slice(max(j - reach, 0), min(j + reach + 1, nx)),
    )
    rows, cols = np.ogrid[box]
    away = (rows - i) ** 2 + (cols - j) ** 2
    keep = away <= reach**2
    sent = np.where(away <= windows.radius**2, windows.strength[box], 0.0)
    half = windows.block // 2
    sent[(np.abs(rows - i) <= half) & (np.abs(cols - j) <= half)] = 0.0
    sent[windows.conductance[box] <= 0] = 0.0
    for condition in windows.conditions:
        sent[~condition.allows(box, (i, j))] = 0.0
    total = float(sent.sum())
    if total <= 0:
        return None
    return box, sent * (strength / total), keep, (i - box[0].start, j - box[1].start)


def _solve(windows: Windows, cell: Grid, sent: Grid, ground: tuple[int, int]) -> tuple[Grid, float]:
    # each window is solved once: a factorisation never pays for itself
    auto = "direct" if cell.size <= SMALL_WINDOW else "multigrid"
    circuit = Lattice(
        cell,
        four_neighbours=windows.four_neighbours,
        mean_resistance=windows.mean_resistance,
        solver=auto if windows.solver == "auto" else windows.solver,
    )
    here = circuit.component[ground]
    sent = np.where(circuit.component == here, sent, 0.0)
    if not sent.any():
        return np.zeros(cell.shape), 0.0
    flat = int(np.ravel_multi_index(ground, cell.shape))
    solved = circuit.clamped([flat], [0.0], sent, None, tolerance=TOLERANCE, limit=LIMIT)
    good = held_to(solved, ACCEPTED, currents=True)
    return circuit.flow(good.field), good.residual


def _correction(windows: Windows) -> Grid:
    """Factor for each cell around a block: currents over even ground of its cells one by one, over those of the block as one."""
    half = windows.block // 2
    reach = windows.radius + windows.buffer + half
    side = 2 * reach + 1
    ones = np.ones((side, side))
    whole = replace(windows, conductance=ones, strength=ones, conditions=(), correct=False)
    single = replace(whole, block=1)
    apart = np.zeros((side, side))
    for i in range(reach - half, reach + half + 1):
        for j in range(reach - half, reach + half + 1):
            for box, flow in _alone(single, (i, j, 1.0)):
                apart[box] += flow
    together = np.zeros((side, side))
    for box, flow in _alone(whole, (reach, reach, float(windows.block**2))):
        together[box] += flow
    return np.divide(apart, together, out=np.ones((side, side)), where=together > 0)


def _alone(windows: Windows, target: tuple[int, int, float]) -> Iterator[tuple[Any, Grid]]:
    found = _window(windows, target)
    if found is not None:
        box, sent, keep, ground = found
        flow, _ = _solve(windows, np.where(keep, 1.0, 0.0), sent, ground)
        yield box, flow


def _aligned(correction: Grid, ground: tuple[int, int], shape: tuple[int, ...]) -> Grid:
    """The part of the factors that lies over a window whose ground is at ``ground``."""
    middle = correction.shape[0] // 2
    top, left = middle - ground[0], middle - ground[1]
    return correction[top : top + shape[0], left : left + shape[1]]
