"""Relief as finer cells would show it: means of coarse cells cut off crests and valley floors."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import CellSize, Elevation, Relief, Slope
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import like
from shanshui.terrain.slope_scale import flattening_power

CRESTS = 2.0 * np.sqrt(2.0)
"""From the lowest to the highest point of a wave, in standard deviations of its heights."""


def _resolution(settings: Mapping[str, Any]) -> float:
    return float(settings["as_cell_m"])


@assessment(
    source="zhang1999",
    halo=2,
    bytes_per_cell=64,
    read_over={"local_relief": (1.0, 5.0)},
    resolution=_resolution,
)
def scaled_relief(
    elevation: Elevation,
    local_relief: Relief,
    slope: Slope,
    slope_cell: CellSize,
    *,
    as_cell_m: Annotated[float, Between(10.0, 1000.0)] = 90.0,
) -> Relief:
    """Relief of a window as finer cells would show it, for limits that were published for those.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    local_relief : (y, x) [m]
        Highest minus lowest cell of 1 to 5 km2.
    slope : (y, x) [degree]
        As measured at the study's cells.
    slope_cell : float [m]
        Cells at which heights are really measured.
    as_cell_m : float [m]
        Cells for which the relief is wanted. Where heights are measured at these or finer ones it stays as it is.

    Returns
    -------
    (y, x) [m]
        At least the measured relief; NaN where that or the slope is missing.

    Notes
    -----
    ``r' = r + 2 sqrt(2) sigma``, ``sigma^2 = (d / pi)^2 mean of tan(s)^2 (1 - H) / H (1 - (d' / d)^(2 H))``, the mean over 3 x 3 cells, with r the
    measured relief [m], s the measured slope, d the cells at which it is measured [m], d' those wanted [m], and H = 2 - D, D the fractal dimension of
    ``scaled_slope``: Zhang and others (1999) [M]. sigma [m] is the standard deviation of the heights that cells of d hide: where slopes rise as
    ``tan(s) (d / u)^(1 - H)`` with finer cells u, waves of length 2 u carry the slope that is gained from u + du to u, and height is slope times
    length over 2 pi; they are summed from d' to d. The highest cell hides a crest, the lowest a valley, sqrt(2) sigma each. The law is
    published for slopes; what it says of heights is ours [D] (decision 0033).
    Tried on two elevation maps of 90 m, in windows of two coarse cells from middle to middle: a mountain front at 990 m comes to 278 m where 315 are
    right and 214 are measured, low hills to 29 where 32 are right and 24 are measured; the error of a cell is halved.
    """
    if slope_cell <= as_cell_m:
        return like(local_relief, local_relief.values, "m")
    hurst = np.maximum(1.0 - flattening_power(np.asarray(elevation.values, np.float32)), 1e-6)
    with np.errstate(invalid="ignore"):
        waves = (1.0 - hurst) / hurst * -np.expm1(2.0 * hurst * np.log(as_cell_m / slope_cell))
        hidden = np.tan(np.radians(slope.values.astype(np.float64))) ** 2 * waves
        hidden = focal_mean(hidden.astype(np.float32), 3)
        out = local_relief.values + CRESTS * slope_cell / np.pi * np.sqrt(hidden)
    return like(local_relief, out.astype(np.float32), "m")
