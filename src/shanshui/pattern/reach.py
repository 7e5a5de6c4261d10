"""What it costs to reach every cell from one source, and the detours between two."""

import math

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.cost import accumulated_cost

Cells = NDArray[np.float64]
MEMORY = 2 * 2**30
"""Bytes set aside for costs from single sources [D]; more sources than fit are computed again."""

_ROUNDING = 1e-10
"""Share of the cost of a link that sums in two orders may differ by [D]."""


class Reach:
    """Cost of reaching every cell from one source, for as many sources as memory is set aside for.

    Parameters
    ----------
    resistance : (y, x) array
        Above 0; NaN or inf where there is no way.
    label : (y, x) array of int
        Sources.
    cell : float [m]
        Side of a cell.
    four_neighbours : bool
        Steps to the sides only.
    memory : int [byte]
        Set aside; two sources are kept at least.
    level : (y, x) array [m], optional
        A step costs so much more as its two cells differ in this.
    """

    def __init__(
        self,
        resistance: NDArray[np.floating],
        label: NDArray[np.int32],
        cell: float,
        four_neighbours: bool = False,
        memory: int = MEMORY,
        level: NDArray[np.floating] | None = None,
    ) -> None:
        self.resistance, self.label, self.cell = resistance, label, cell
        self.four_neighbours, self.memory, self.level = four_neighbours, memory, level
        self._kept: dict[int, tuple[Cells, NDArray[np.int8]]] = {}
        self._room = max(2, int(memory // (9 * label.size)))

    def __call__(self, name: int) -> tuple[Cells, NDArray[np.int8]]:
        """Cost [resistance m] and directions back."""
        if name in self._kept:
            self._kept[name] = self._kept.pop(name)
            return self._kept[name]
        while len(self._kept) >= self._room:
            self._kept.pop(next(iter(self._kept)))
        cost, back = accumulated_cost(
            self.resistance,
            (self.label == name).astype(np.int32),
            self.cell,
            level=self.level,
            four_neighbours=self.four_neighbours,
            ways=True,
        )
        assert back is not None  # noqa: S101 - asked for
        self._kept[name] = (np.ascontiguousarray(cost), back)
        return self._kept[name]


def detour(reach: Reach, source: int, target: int) -> Cells:
    """Cost of going from source to target through each cell, beyond the least; inf where no way leads."""
    total = reach(source)[0] + reach(target)[0]
    least = float(total.min())
    if not math.isfinite(least):
        return np.full(total.shape, np.inf)
    beyond = total - least
    # the same way added up from either end: what rounding makes of it is no detour
    beyond[beyond <= _ROUNDING * least] = 0.0
    return beyond
