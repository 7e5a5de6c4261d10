"""The way a slope faces."""

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Aspect, Elevation
from shanshui.kernels.windows import horn_gradient
from shanshui.region.grid import grid_of, like


@assessment(source="horn1981", halo=1, bytes_per_cell=16, missing="flat")
def aspect(elevation: Elevation) -> Aspect:
    """Compass direction that a slope faces.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.

    Returns
    -------
    (y, x) [degree]
        Clockwise from grid north, in [0, 360); NaN where the ground is level or missing. A missing neighbour is taken as
        high as the centre.

    Notes
    -----
    ``A = atan2(-p, q)``, by whole turns in [0, 360), with p and q the rise eastward and southward [1] by Horn's weights, as
    in :func:`~shanshui.terrain.slope.slope`: the direction opposite to the gradient. Horn (1981) [M].
    """
    grid = grid_of(elevation)
    east, south = horn_gradient(np.ascontiguousarray(elevation.values, np.float32), grid.cell_m)
    # the slope faces down the gradient: west where height grows eastward
    angle = np.degrees(np.arctan2(-east, south))
    angle = np.where(angle < 0, angle + 360.0, angle).astype(np.float32)
    angle[angle >= 360.0] = 0.0
    angle[(east == 0) & (south == 0)] = np.nan
    return like(elevation, angle, "degree")
