"""The coarse world from which a made-up region is read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanshui.region.grid import GridSpec


@dataclass(frozen=True)
class Frame:
    """The coarse world from which everything is read.

    Attributes
    ----------
    grid : GridSpec
        Frame grid, over the study grid.
    height : (y, x) float32 [m]
        Ground.
    rough : (y, x) float32 [1]
        How much finer noise stands on it: 0 in channels.
    area : (y, x) float32 [km2]
        Upstream area.
    direction : (y, x) uint8
        D8 codes.
    slope : (y, x) float32 [degree]
        Of the frame.
    ratio : float
        Study cells per frame cell.
    seed : int
        Of every number.
    """

    grid: GridSpec
    height: NDArray[np.float32]
    rough: NDArray[np.float32]
    area: NDArray[np.float32]
    direction: NDArray[np.uint8]
    slope: NDArray[np.float32]
    ratio: float
    seed: int
