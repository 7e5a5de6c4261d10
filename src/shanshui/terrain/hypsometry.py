"""How much of the region lies at which height."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Elevation, Mask
from shanshui.region.grid import grid_of

Hypsometry = Annotated[
    pd.DataFrame,
    Table({"from_m": "m", "to_m": "m", "area_km2": "km2", "share": "1", "share_above": "1"}),
]


@assessment(source="strahler1952", bytes_per_cell=6)
def hypsometry(
    elevation: Elevation,
    region_mask: Mask,
    *,
    step_m: Annotated[float, Between(1.0, 1000.0)] = 100.0,
) -> Hypsometry:
    """Area of the region by height.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    region_mask : (y, x) [1]
        1 inside.
    step_m : float [m]
        Height of a band.

    Returns
    -------
    table
        ``from_m, to_m, area_km2, share, share_above``; areas sum to the region's. One empty band where the region has no
        ground.

    Notes
    -----
    ``share_above = a / A`` with a the area [km2] at or above ``from_m`` and A the area of the region [km2]: the hypsometric
    curve of Strahler (1952) [M], with heights left in metres instead of shares of the range. Bands begin at whole
    multiples of ``step_m``; a height on a limit lies in the band above.
    """
    values = elevation.values[(region_mask.values == 1)]
    values = values[np.isfinite(values)]
    cell_km2 = grid_of(elevation).cell_km2
    if values.size == 0:
        edges, count = np.array([0.0, step_m]), np.array([0])
    else:
        low = np.floor(values.min() / step_m) * step_m
        count = np.bincount(((values - np.float32(low)) / np.float32(step_m)).astype(np.int64))
        edges = low + step_m * np.arange(len(count) + 1)
    area = count * cell_km2
    total = max(area.sum(), cell_km2)
    return pd.DataFrame(
        {
            "from_m": edges[:-1],
            "to_m": edges[1:],
            "area_km2": area,
            "share": area / total,
            "share_above": area[::-1].cumsum()[::-1] / total,
        }
    )
