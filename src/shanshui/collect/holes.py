"""Is water lost in holes of the elevation?"""

import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.flood import priority_flood
from shanshui.kernels.flowdir import OUTSIDE, d8
from shanshui.region.grid import GridSpec
from shanshui.region.holes import inner_holes, water_into_holes

LEAST_LOST = 0.01
"""Share of the ground whose water must end in inner holes before it is told [D]: less is a pond."""


def hole_doubts(name: str, heights: NDArray[np.floating], grid: GridSpec) -> list[str]:
    """Doubts about inner holes that take water in: a lake left out swallows the river that runs through it.

    Parameters
    ----------
    name : str
        Input.
    heights : (y, x) [m]
        Over the window of the grid, at its cells or thinned; NaN is missing.
    grid : GridSpec
        Study grid.

    Returns
    -------
    list of str
        At most one.
    """
    known = np.isfinite(heights)
    if not inner_holes(known)[1] or not known.any():
        return []
    cell = grid.cell_m * max(1.0, np.round(grid.nx / heights.shape[1]))
    filled = priority_flood(np.array(heights, np.float32))
    direction, _ = d8(filled, np.full(heights.shape[0], cell), cell)
    holes = water_into_holes(direction, OUTSIDE)
    lost = holes["into"].sum() / known.sum()
    if lost < LEAST_LOST:
        return []
    km2 = cell * cell / 1e6
    x = grid.left + (holes["col"].iloc[0] + 0.5) * cell
    y = grid.top - (holes["row"].iloc[0] + 0.5) * cell
    return [
        f"{name}: the water of {holes['into'].sum() * km2:.4g} km2 ({lost:.0%}) ends in {len(holes)} inner "
        f"{'hole' if len(holes) == 1 else 'holes'} without a height, the largest of {holes['cells'].iloc[0] * km2:.4g} km2 from x {x:.0f}, "
        f"y {y:.0f}; if it is a lake, give it the height of its water, else rivers end there"
    ]
