"""Slope as finer cells would show it: a coarse grid flattens, and limits of slope were published for fine ones."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import CellSize, Elevation, Slope
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import grid_of, like

INTERCEPT, RISE = 1.13589, 0.08452
"""Fractal dimension of ground by the spread of its heights, after Zhang and others (1999) [M]; tried in decision 0027."""


@assessment(source="zhang1999", bytes_per_cell=0)
def slope_cell(
    elevation: Elevation,
    *,
    native_m: Annotated[float, Between(0.0, 1e6)] = 0.0,
) -> CellSize:
    """Size of the cells at which the slope of this study is really measured.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height; gives the grid.
    native_m : float [m]
        Side of the cells of the file that the heights come from; a study finds it by itself. 0 where it is not known.

    Returns
    -------
    float [m]
        The larger of the grid's cells and the file's: a grid finer than its heights shows no more of the ground than they do.

    Notes
    -----
    d = max(d_grid, d_file), sides of cells [m]. Zhang and others (1999) [M]: slope falls with the cell at which it is measured.
    """
    return max(grid_of(elevation).cell_m, float(native_m))


def _resolution(settings: Mapping[str, Any]) -> float:
    return float(settings["as_cell_m"])


@assessment(source="zhang1999", halo=2, bytes_per_cell=64, resolution=_resolution)
def scaled_slope(
    elevation: Elevation,
    slope: Slope,
    slope_cell: CellSize,
    *,
    as_cell_m: Annotated[float, Between(10.0, 1000.0)] = 90.0,
) -> Slope:
    """Mean slope of each cell as finer cells would show it, for limits that were published for those.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        As measured at the study's cells.
    slope_cell : float [m]
        Cells at which it is really measured.
    as_cell_m : float [m]
        Cells for which the slope is wanted. Where it is measured at these or finer ones it stays as it is.

    Returns
    -------
    (y, x) [degree]
        At least the measured slope; NaN where that is.

    Notes
    -----
    ``tan(s')^2 = tan(s)^2 + mean of tan(s)^2 ((d / d')^(2 D - 2) - 1)``, the mean over 3 x 3 cells, with s the measured slope, d the cells at which
    it is measured [m], d' those wanted [m], and D the fractal dimension of the ground, ``D = 1.13589 + 0.08452 ln(sigma)``, kept between 1 and 2, by
    the standard deviation sigma of the heights of 3 x 3 cells [m]: Zhang and others (1999) [M] raise tan(s) by the power of each cell. That what
    is hidden in a cell adds to its slope in squares, and is alike in cells that meet, is ours [D]: cells err less by it in five of six
    trials (decision 0027). A mean over the cell: where on it the steep ground lies, and what of it is farmed, is not told.
    Tried on two elevation maps of 90 m coarsened to 990 m: a mountain front comes to 15.3 degrees where 12.3 are right and 4.4 are
    measured, low hills to 1.09 where 1.21 are right and 0.48 are measured. The steepest tenth of a front is still too steep, 24 for 16.
    """
    if slope_cell <= as_cell_m:
        return like(slope, slope.values, "degree")
    power = flattening_power(np.asarray(elevation.values, np.float32))
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = np.tan(np.radians(slope.values.astype(np.float64))) ** 2
        hidden = squared * ((slope_cell / as_cell_m) ** (2.0 * power) - 1.0)
        hidden = focal_mean(hidden.astype(np.float32), 3)
        scaled = np.degrees(np.arctan(np.sqrt(squared + hidden)))
    return like(slope, scaled.astype(np.float32), "degree")


def flattening_power(height: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power by which the slope of a place falls with the cell that it is measured at.

    Parameters
    ----------
    height : (y, x) [m]
        Ground height.

    Returns
    -------
    (y, x) [1]
        D - 1, kept between 0 and 1, with D the fractal dimension by the spread of 3 x 3 heights (Zhang and others, 1999 [M]); NaN with it.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.clip(INTERCEPT + RISE * np.log(_spread(height)) - 1.0, 0.0, 1.0))


def _spread(height: NDArray[np.float32]) -> NDArray[np.float64]:
    """Standard deviation of the heights of 3 x 3 cells; missing neighbours do not count, NaN where the cell is missing."""
    padded = np.pad(height, 1, constant_values=np.nan)
    rows, columns = height.shape
    count, total, squares = np.zeros((3, *height.shape))
    for i in range(3):
        for j in range(3):
            # differences from the middle keep the digits of high ground
            off = padded[i : i + rows, j : j + columns] - height
            there = np.isfinite(off)
            off = np.where(there, off, 0.0).astype(np.float64)
            count += there
            total += off
            squares += off * off
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / count
        spread = np.sqrt(np.maximum(squares / count - mean * mean, 0.0))
    return np.where(np.isfinite(height), spread, np.nan)
