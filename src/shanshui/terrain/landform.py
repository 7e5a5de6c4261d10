"""What kind of ground a place is: by relief, and by its position between ridge and valley."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Ascending, Between
from shanshui.core.vocabulary import Codes, Elevation, Relief, Slope
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import like


@assessment(source="tu1990", halo=0, bytes_per_cell=2)
def landform(
    local_relief: Relief,
    *,
    limits_m: Annotated[tuple[float, ...], Ascending(0.0, 9000.0)] = (20.0, 75.0, 200.0, 600.0),
) -> Codes:
    """Landform class by local relief.

    Parameters
    ----------
    local_relief : (y, x) [m]
        Highest minus lowest ground in a window.
    limits_m : tuple of four float [m]
        Where terrace, hill, low and middle mountain, and high-relief mountain begin [M]; a relief equal to a limit
        belongs to the higher class.

    Returns
    -------
    (y, x) [1]
        1 plain, 2 terrace, 3 hill, 4 low and middle mountain, 5 high-relief mountain; 0 where relief is missing.

    Raises
    ------
    PlanError
        Limits that do not rise.
    QuantityError
        Not four limits.

    Notes
    -----
    ``class = 1 + n(limits <= R)`` with R the relief and n a number of limits: 20, 75, 200 and 600 m, as Chinese geomorphology grades relief
    after Tu and Liu (1990) [M]. The grading is made for relief over 1 to 5 km2; over a larger window all is mountain.
    """
    values = local_relief.values
    if len(limits_m) != 4:
        raise QuantityError(
            f"limits_m: found {len(limits_m)} numbers, expected 4: the lower limits of terrace, hill, low and middle mountain, "
            "and high-relief mountain"
        )
    code = np.digitize(values, np.asarray(limits_m, np.float32)).astype(np.uint8) + np.uint8(1)
    code[~np.isfinite(values)] = 0
    return like(local_relief, code, "1", nodata=0)


def _reach(settings: Mapping[str, Any]) -> int:
    # the spread is a window mean of window means
    return 2 * (int(settings["window_cells"]) // 2 + 1)


@assessment(source="weiss2001", halo=_reach, bytes_per_cell=40)
def slope_position(
    elevation: Elevation,
    slope: Slope,
    *,
    window_cells: Annotated[int, Between(3, 201)] = 11,
    flat_deg: Annotated[float, Between(0.0, 90.0)] = 5.0,
) -> Codes:
    """Position between valley and ridge.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    window_cells : int [cell]
        Side of the window with whose mean the place is compared; larger finds larger forms.
    flat_deg : float [degree]
        Ground near the mean is flat up to this steep, middle slope above.

    Returns
    -------
    (y, x) [1]
        1 valley, 2 lower slope, 3 flat, 4 middle slope, 5 upper slope, 6 ridge; 0 where the ground is missing, or the
        slope where it has to tell flat from middle slope.

    Notes
    -----
    Weiss (2001) [M]: ``TPI = z - mean(z)``, in standard deviations SD of the window: ridge where ``TPI >= SD``, upper slope
    where ``TPI >= SD / 2``, lower slope and valley likewise below 0 (``TPI <= -SD / 2``, ``TPI <= -SD``), and between them
    flat where the slope is at most ``flat_deg``, else middle slope. z is the height [m]. SD is taken as the root of the
    window mean of ``TPI^2`` [D]: deviations from a mean that moves along, which keep the digits of high ground. The window
    has ``window_cells`` cells a side, is cut at the rim and skips missing cells; ground without spread is level, TPI 0.
    """
    height = np.ascontiguousarray(elevation.values, np.float32)
    cells = int(window_cells)
    mean = focal_mean(height, cells)
    offset = (height - mean).astype(np.float32)
    # spread around the local mean; squares of offsets, not of heights, keep the digits
    spread = np.sqrt(focal_mean((offset * offset).astype(np.float32), cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(spread > 0, offset / spread, 0.0)
    code = np.select(
        [score <= -1.0, score <= -0.5, score >= 1.0, score >= 0.5, slope.values <= flat_deg],
        [1, 2, 6, 5, 3],
        4,
    ).astype(np.uint8)
    between = np.abs(score) < 0.5
    code[~np.isfinite(height) | (between & ~np.isfinite(slope.values))] = 0
    return like(elevation, code, "1", nodata=0)
