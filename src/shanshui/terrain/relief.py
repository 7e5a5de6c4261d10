"""How much the ground rises and falls around a place."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Elevation, Index, Relief, Slope, WindowSize
from shanshui.kernels.noise import white
from shanshui.kernels.windows import focal_mean, focal_range, growing_range, ruggedness
from shanshui.region.grid import grid_of, like

Cells = Annotated[int, Between(0, 201)]
LARGEST = 51
"""Window assumed in estimates before it is known [cell]."""
SMALLEST, FEWEST_PLACES = 4, 30
"""Least largest window [cell], and places it is measured at if they can be had [D]."""


@assessment(source="tu1990", bytes_per_cell=0)
def relief_window(
    elevation: Elevation,
    *,
    largest: Annotated[int, Between(4, 200)] = 50,
    samples: Annotated[int, Between(1, 10_000_000)] = 20000,
    seed: Annotated[int, Between(0, 2**32 - 1)] = 0,
) -> WindowSize:
    """Window in which local relief stops growing fast, by the mean change point.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    largest : int [cell]
        Largest window tried; halved where it is whole in fewer than thirty places.
    samples : int
        Places at which windows are measured; more is slower and steadier.
    seed : int
        Of the choice of places.

    Returns
    -------
    float [cell]
        Side of the window, from 2 to ``largest``.

    Raises
    ------
    QuantityError
        A grid below 5 x 5 cells, or no place around which a window of four cells is whole.

    Notes
    -----
    Tu and Liu (1990) [M], ``T_n = ln(t_n / A_n)`` with t_n the mean relief [m] of windows of n x n cells and A_n their
    area [m2], n = 2 to ``largest``. The window is the n after which ``S - S_n`` is greatest, where S are the squared
    deviations of all T from their mean, and S_n those of T up to n and after n, each from its own mean.
    On coarse grids the window is large on the ground; it says where *this* grid changes its mind.
    """
    values = np.ascontiguousarray(elevation.values, np.float32)
    ny, nx = values.shape
    largest = min(largest, min(ny, nx) - 1)
    if largest < SMALLEST:
        raise QuantityError(
            f"elevation: {ny} x {nx} cells are too few for a relief window; expected at least 5 x 5"
        )
    places = np.flatnonzero(np.isfinite(values).ravel())
    if places.size > samples:
        draw = white(0, 0, 1, samples, seed)[0].astype(np.float64)
        places = np.unique(places[(draw * places.size).astype(np.int64)])
    while largest >= SMALLEST:
        mean, used = growing_range(values, places // nx, places % nx, largest)
        # a mean of few windows says little: smaller ones are whole in more places, down to the smallest that can be split
        enough = min(FEWEST_PLACES, places.size) if largest > SMALLEST else 1
        if used >= max(enough, 1):
            break
        largest = max(largest // 2, SMALLEST) if largest > SMALLEST else 0
    else:
        raise QuantityError(
            "elevation: no place around which a window of 4 cells is whole; is most of the grid missing?"
        )
    sizes = np.arange(2, largest + 1)
    area = (sizes * grid_of(elevation).cell_m) ** 2
    return float(sizes[change_point(np.log(np.maximum(mean[2:], 1e-9) / area))])


def change_point(series: np.ndarray) -> int:
    """Index after which the mean of a series changes most.

    Parameters
    ----------
    series : (n,) float
        In order.

    Returns
    -------
    int
        Last index of the first part.
    """
    within = [
        np.sum((series[:i] - series[:i].mean()) ** 2)
        + np.sum((series[i:] - series[i:].mean()) ** 2)
        for i in range(1, len(series))
    ]
    return int(np.argmin(within))


def _reach(settings: Mapping[str, Any]) -> int:
    if settings.get("window_m") and not settings["window_cells"]:
        return int(settings["window_m"] / settings.get("cell_m", 1.0)) // 2 + 3
    return int(settings["window_cells"] or settings.get("relief_window", LARGEST)) // 2 + 1


def _window_km2(settings: Mapping[str, Any]) -> float | None:
    """Window in km2 where it is given in metres; one in cells depends on the grid, one by the change point on the ground."""
    side = float(settings["window_m"])
    return side * side / 1e6 if side and not settings["window_cells"] else None


@assessment(source="tu1990", halo=_reach, bytes_per_cell=24, window=_window_km2)
def local_relief(
    elevation: Elevation,
    relief_window: WindowSize | None = None,
    *,
    window_cells: Cells = 0,
    window_m: Annotated[float, Between(0.0, 1e5)] = 0.0,
) -> Relief:
    """Highest minus lowest ground in a square window.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    relief_window : float [cell], optional
        Side of the window, found by the mean change point.
    window_cells : int [cell]
        Side of the window when it is not to be the found one; a larger window never lowers relief.
    window_m : float [m]
        The same in metres, at least three cells.

    Returns
    -------
    (y, x) [m]
        At least 0; NaN where the ground is. The window is cut at the rim and skips missing cells.

    Raises
    ------
    QuantityError
        No window, or one below 2 cells.

    Notes
    -----
    ``R = max(z) - min(z)`` over the window, z the height [m]; Tu and Liu (1990) [M]. ``window_cells`` goes before
    ``window_m``, and that before the found window.
    """
    values = np.ascontiguousarray(elevation.values, np.float32)
    if window_m and not window_cells:
        window_cells = max(3, round(window_m / grid_of(elevation).cell_m))
    cells = _window(relief_window, window_cells)
    return elevation.copy(data=focal_range(values, cells)).rename("local_relief")


def _window(found: float | None, chosen: int) -> int:
    cells = int(chosen or found or 0)
    if cells < 2:
        raise QuantityError(
            "window_cells: no window; give window_cells of at least 2, or a relief_window"
        )
    return cells


@assessment(source="feng2007", halo=_reach, bytes_per_cell=40)
def relief_degree(
    elevation: Elevation,
    slope: Slope,
    relief_window: WindowSize | None = None,
    *,
    window_cells: Cells = 0,
    flat_deg: Annotated[float, Between(0.0, 90.0)] = 5.0,
) -> Index:
    """Relief degree of the land surface (RDLS).

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    slope : (y, x) [degree]
        Steepness.
    relief_window : float [cell], optional
        Side of the window, found by the mean change point.
    window_cells : int [cell]
        Side of the window when it is not to be the found one.
    flat_deg : float [degree]
        Ground up to this steep is flat; a higher limit lowers the degree.

    Returns
    -------
    (y, x) [1]
        About 0 in low plains, 1 for a mountain of 500 m relief; NaN where the ground is.

    Notes
    -----
    Feng and others (2007) [M]: ``RDLS = ALT / 1000 + (Max(H) - Min(H)) (1 - P(A) / A) / 500`` with ALT the mean height
    [m], Max(H) and Min(H) the highest and lowest ground [m], and P(A) / A the share of flat ground [1], all of the window.
    Ground whose slope is missing is in neither P(A) nor A.
    """
    height = np.ascontiguousarray(elevation.values, np.float32)
    flat = np.where(
        np.isfinite(slope.values), (slope.values <= flat_deg).astype(np.float32), np.nan
    )
    flat = np.where(np.isfinite(height), flat, np.nan).astype(np.float32)
    cells = _window(relief_window, window_cells)
    span = focal_range(height, cells)
    mean = focal_mean(height, cells)
    share = focal_mean(flat, cells)
    return like(elevation, rdls(mean, span, share).astype(np.float32), "1")


def rdls(altitude: np.ndarray, span: np.ndarray, flat_share: np.ndarray) -> np.ndarray:
    """Relief degree from mean height, relief and flat share.

    Parameters
    ----------
    altitude, span : array [m]
        Mean height, and highest minus lowest.
    flat_share : array [1]
        In [0, 1].

    Returns
    -------
    array [1]
        NaN where an input is.
    """
    return altitude / 1000.0 + span * (1.0 - flat_share) / 500.0


@assessment(source="riley1999", halo=1, bytes_per_cell=4)
def terrain_ruggedness(elevation: Elevation) -> Relief:
    """Terrain ruggedness: difference in height to the eight neighbours, summed in squares.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.

    Returns
    -------
    (y, x) [m]
        At least 0; NaN where the ground is. Depends on the cell size: compare within one study.

    Notes
    -----
    Riley, DeGloria and Elliot (1999) [M]: ``TRI = sqrt(sum (z_i - z)^2)`` over the eight neighbours, z the height [m].
    A missing neighbour adds nothing.
    """
    values = np.ascontiguousarray(elevation.values, np.float32)
    return elevation.copy(data=ruggedness(values)).rename("terrain_ruggedness")
