"""Which cells belong to the region."""

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Elevation, Mask, Outline
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import rasterised


@assessment(source="own_frame", halo=0, bytes_per_cell=6, missing="outside_region")
def region_mask(elevation: Elevation, boundary: Outline | None = None) -> Mask:
    """Cells of the region: inside its boundary, and with ground.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; cells without a height are outside.
    boundary : polygons, optional
        The region; without it all ground belongs to it. A cell is inside when its centre is.

    Returns
    -------
    (y, x) [1]
        1 inside, 0 outside.

    Notes
    -----
    The convention is our own [D] (decision 0003): ``M = 1`` where the centre of the cell lies in the boundary and the height is known.
    Where the centre lies is how GDAL burns polygons, so that cells belong to one of two neighbours and never to both.
    """
    inside = np.isfinite(elevation.values)
    grid = grid_of(elevation)
    if boundary is not None:
        frame = boundary.reset_index(drop=True)
        frame.index = frame.index + 1
        inside &= rasterised(frame, grid).values > 0
    return like(elevation, inside.astype(np.uint8), "1", nodata=0)
