"""Moving windows: where the targets are, which sources send to each, and how much.

Within ``radius`` of a target, cells send together what the block at its centre draws, each in proportion to its strength; then those that
do not suit the target are left out, and the others send no more for it. Conventions are those of Omniscape (Landau and others 2021,
Journal of Open Source Software 6(57), 2829).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError

Grid = NDArray[np.float64]
Box = tuple[slice, slice]


@dataclass(frozen=True)
class Condition:
    """Which sources may send current to a target.

    Attributes
    ----------
    here : (y, x) array
        At the sources; one whose value is missing is left out by no target.
    there : (y, x) array
        At the targets: the same, or that of a future date. A block stands for the median of its values, for the commonest of them when
        ``equal``; a block without any leaves out no source.
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

    def excludes(self, window: Box, block: Box) -> NDArray[np.bool_]:
        """Sources of a window that do not suit the target block."""
        here, there = self.here[window], self.there[block]
        if np.isnan(there).all():
            return np.zeros(here.shape, bool)
        if self.equal:
            return np.asarray((here != commonest(there)) & ~np.isnan(here))
        gap = here - np.nanmedian(there)
        return np.asarray((gap < self.low) | (gap > self.high))


def commonest(values: Grid) -> float:
    """The value that stands most often; of several, the one that comes to that number first, down the columns from the left."""
    counts: dict[float, int] = {}
    best, most = np.nan, 0
    for value in values.ravel(order="F").tolist():
        if value == value:
            counts[value] = counts.get(value, 0) + 1
            if counts[value] > most:
                best, most = value, counts[value]
    return best


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
    as_published : bool
        Repeat an error of Omniscape: in windows cut by the upper or left edge, sources are left out at the rows and columns where the
        block would lie in a window that is not cut, and the block's own cells send current.
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
    as_published: bool = False

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
        """Centre and total strength of each block that draws current; what is left at the lower and right edge is no block."""
        half, block = self.block // 2, self.block
        ny, nx = self.strength.shape
        out = []
        for i in range(half, ny - half, block):
            for j in range(half, nx - half, block):
                total = float(self.strength[around(i, j, half)].sum())
                if total > 0:
                    out.append((i, j, total))
        return out


def around(row: int, col: int, reach: int, shape: tuple[int, ...] | None = None) -> Box:
    """Square of cells around one, cut where a shape ends."""
    ny, nx = shape or (row + reach + 1, col + reach + 1)
    return (
        slice(max(row - reach, 0), min(row + reach + 1, ny)),
        slice(max(col - reach, 0), min(col + reach + 1, nx)),
    )


@dataclass
class Window:
    """One target's window: where it lies, what each cell sends, which cells conduct, where the ground is."""

    box: Box
    sent: Grid
    cell: Grid
    ground: tuple[int, int]


def window_of(windows: Windows, target: tuple[int, int, float]) -> Window | None:
    """The window of a target; nothing where no source lies in it."""
    i, j, strength = target
    reach, half = windows.radius + windows.buffer, windows.block // 2
    box = around(i, j, reach, windows.conductance.shape)
    rows, cols = np.ogrid[box]
    away = (rows - i) ** 2 + (cols - j) ** 2
    sent = np.where(away <= windows.radius**2, windows.strength[box], 0.0)
    ground = (i - box[0].start, j - box[1].start)
    sent[around(reach, reach, half) if windows.as_published else around(*ground, half)] = 0.0
    total = float(sent.sum())
    if total <= 0:
        return None
    sent *= strength / total
    for condition in windows.conditions:
        sent[condition.excludes(box, around(i, j, half))] = 0.0
    sent[ground] = 0.0
    return Window(box, sent, np.where(away <= reach**2, windows.conductance[box], 0.0), ground)
