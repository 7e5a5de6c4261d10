"""Steepness of the ground, in degrees and in classes."""

from typing import Annotated

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.setting import Ascending
from shanshui.core.vocabulary import Codes, Elevation, Slope
from shanshui.kernels.windows import horn_slope
from shanshui.region.grid import grid_of, like


@assessment(source="horn1981", halo=1, bytes_per_cell=4)
def slope(elevation: Elevation) -> Slope:
    """Angle of the steepest slope.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height on square cells in metres.

    Returns
    -------
    (y, x) [degree]
        In [0, 90); NaN where the ground is. A missing neighbour is taken as high as the centre, so
        slopes beside the rim are somewhat too low.

    Raises
    ------
    QuantityError
        Wrong unit, a grid in degrees, cells that are not square.

    Notes
    -----
    Horn (1981) [M]: ``atan(sqrt(p^2 + q^2))`` with ::

        p = ((z_NE + 2 z_E + z_SE) - (z_NW + 2 z_W + z_SW)) / (8 L)
        q = ((z_SW + 2 z_S + z_SE) - (z_NW + 2 z_N + z_NE)) / (8 L)

    where z is the height of the eight neighbours [m] and L the side of a cell [m].
    A coarse grid flattens: on 1 km cells slopes are far below those on the ground.
    """
    grid = grid_of(elevation)
    values = np.ascontiguousarray(elevation.values, np.float32)
    return like(elevation, horn_slope(values, grid.cell_m), "degree")


@assessment(source="tdt1014", halo=0, bytes_per_cell=2)
def slope_class(
    slope: Slope,
    *,
    limits_deg: Annotated[tuple[float, ...], Ascending(0.0, 90.0)] = (2.0, 6.0, 15.0, 25.0),
) -> Codes:
    """Slope class, 1 the flattest.

    Parameters
    ----------
    slope : (y, x) [degree]
        Steepness.
    limits_deg : tuple of float [degree]
        Upper limits of the classes, rising, the limit itself in the lower class. The default is the grading of the
        land survey, whose last limit is that of converting farmland to forest [M]. More limits, more classes.

    Returns
    -------
    (y, x) [1]
        1 to ``len(limits_deg) + 1``; 0 where slope is missing.

    Raises
    ------
    PlanError
        Limits that do not rise, or none.

    Notes
    -----
    Class k where ``s_(k-1) < s <= s_k``, with s the slope and s_k the limits [degree]: up to 2, 6, 15, 25 degrees and
    above in TD/T 1014-2007, technical regulation of the second national land survey [M].
    """
    values = slope.values
    code = np.digitize(values, np.asarray(limits_deg, np.float32), right=True).astype(
        np.uint8
    ) + np.uint8(1)
    code[~np.isfinite(values)] = 0
    return like(slope, code, "1", nodata=0)
