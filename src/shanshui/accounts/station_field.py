"""A figure of stations carried over the map: by height, and by what near stations have beyond it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from shanshui.region.grid import GridSpec

NEAR = 12
"""Stations that a place takes its departure from [D]."""
LEAST_FOR_HEIGHT = 8
"""Stations from which a change with height says anything [D]."""
NODE_M = 20_000.0
"""Between the places where departures are weighed; they are read between [D]."""


def _by_height(z: NDArray[np.float64], value: NDArray[np.float64]) -> tuple[float, float]:
    """Level and slope [1/m] of the value with height, by least squares; no slope from few stations or on one height."""
    if len(z) < LEAST_FOR_HEIGHT or np.ptp(z) < 1.0:
        return float(value.mean()), 0.0
    slope, level = np.polyfit(z, value, 1)
    return float(level), float(slope)


def _departure(
    places: NDArray[np.float64], stations: NDArray[np.float64], rest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of near departures by the inverse square of distance."""
    count = min(NEAR, len(stations))
    far, who = cKDTree(stations).query(places, k=count)
    far, who = far.reshape(len(places), count), who.reshape(len(places), count)
    weight = 1.0 / np.maximum(far, 1.0) ** 2
    return np.asarray((weight * rest[who]).sum(axis=1) / weight.sum(axis=1))


def left_out(stations: pd.DataFrame) -> NDArray[np.float64]:
    """Ratio that each station would have by all others [1]; NaN where there is no other.

    Parameters
    ----------
    stations : table
        ``x, y, elevation`` [m], ``ratio`` [1].
    """
    place = stations[["x", "y"]].to_numpy(np.float64)
    z, value = (stations[c].to_numpy(np.float64) for c in ("elevation", "ratio"))
    out = np.full(len(stations), np.nan)
    for at in range(len(stations)):
        rest = np.arange(len(stations)) != at
        if rest.any():
            level, slope = _by_height(z[rest], value[rest])
            apart = value[rest] - level - slope * z[rest]
            out[at] = level + slope * z[at] + _departure(place[[at]], place[rest], apart)[0]
    return out


def station_field(
    stations: pd.DataFrame, elevation: NDArray[np.floating], grid: GridSpec
) -> NDArray[np.float32]:
    """Ratio of stations over a map.

    Parameters
    ----------
    stations : table
        ``x, y, elevation`` [m], ``ratio`` [1]; at least one.
    elevation : (y, x) [m]
        Of the cells.
    grid : GridSpec
        Of the cells.

    Returns
    -------
    (y, x) [1]
        Within the range of the stations; NaN where the elevation is missing. A tile has the values of the whole: nodes lie at round coordinates.

    Notes
    -----
    ``c = a + b z + sum_i w_i (c_i - a - b z_i) / sum_i w_i``, ``w_i = d_i^-2`` over the twelve nearest, on nodes 20 km apart and read between
    by both coordinates.
    """
    place = stations[["x", "y"]].to_numpy(np.float64)
    z, value = (stations[c].to_numpy(np.float64) for c in ("elevation", "ratio"))
    level, slope = _by_height(z, value)
    x, y = grid.x() / NODE_M, grid.y() / NODE_M
    first = np.floor([x.min(), y.min()]).astype(int)
    last = np.floor([x.max(), y.max()]).astype(int) + 1
    across, along = np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1)
    nodes = np.stack(np.meshgrid(across, along), axis=-1).reshape(-1, 2) * NODE_M
    held = _departure(nodes, place, value - level - slope * z).reshape(len(along), len(across))
    i, j = np.floor(y).astype(int) - first[1], np.floor(x).astype(int) - first[0]
    down, right = (y - np.floor(y))[:, None], (x - np.floor(x))[None, :]
    apart = (
        held[np.ix_(i, j)] * (1 - down) * (1 - right) + held[np.ix_(i, j + 1)] * (1 - down) * right
        + held[np.ix_(i + 1, j)] * down * (1 - right) + held[np.ix_(i + 1, j + 1)] * down * right
    )  # fmt: skip
    out = level + slope * elevation.astype(np.float64) + apart
    return np.clip(out, value.min(), value.max()).astype(np.float32)
