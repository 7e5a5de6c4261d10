"""Means over what lies around each cell, near cells counting more than far ones."""

import itertools

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.crew import processors, share


@nb.njit(cache=True, nogil=True)
def _weighted(values, known, kernel, first, last, out):
    """Rows ``first`` to ``last``: sums of one row of the window at a time, so that the order is the same for any split."""
    ny, nx = values.shape
    reach = kernel.shape[0] // 2
    total, weight = np.empty(nx), np.empty(nx)
    for i in range(first, last):
        total[:] = 0.0
        weight[:] = 0.0
        for r in range(max(0, i - reach), min(ny, i + reach + 1)):
            for k in range(-reach, reach + 1):
                w = kernel[r - i + reach, k + reach]
                if w == 0.0:
                    continue
                for j in range(max(0, -k), min(nx, nx - k)):
                    total[j] += w * values[r, j + k]
                    weight[j] += w * known[r, j + k]
        for j in range(nx):
            out[i, j] = total[j] / weight[j] if known[i, j] else np.nan
    return out


def exponential(decay: float, farthest: float) -> NDArray[np.float64]:
    """Window of ``exp(-d / decay)`` up to ``farthest``, both in cells."""
    reach = int(np.ceil(farthest))
    y, x = np.indices((2 * reach + 1, 2 * reach + 1)) - reach
    d = np.hypot(y, x)
    return np.where(d <= farthest, np.exp(-d / decay), 0.0)


def level(farthest: float) -> NDArray[np.float64]:
    """Window of 1 up to ``farthest`` cells."""
    reach = int(np.ceil(farthest))
    y, x = np.indices((2 * reach + 1, 2 * reach + 1)) - reach
    return (np.hypot(y, x) <= farthest).astype(np.float64)


def mean_around(
    values: NDArray[np.floating], kernel: NDArray[np.float64]
) -> NDArray[np.float64]:  # fmt: skip
    """Weighted mean of the known cells in the window round each known cell.

    Parameters
    ----------
    values : (y, x) array
        NaN where it is not known.
    kernel : (2 r + 1, 2 r + 1) array
        Weights, the middle above 0; cells beyond the map and unknown ones count neither above nor below.

    Returns
    -------
    (y, x) array
        NaN where the cell itself is not known.
    """
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    out = np.empty(values.shape)
    crew = processors()
    cuts = np.linspace(0, len(values), crew + 1).astype(int)
    weights = known.astype(np.float64)
    share(
        _weighted,
        ((filled, weights, kernel, int(a), int(b), out) for a, b in itertools.pairwise(cuts)),
    )
    return out
