"""Many grids to one in a single pass: weights of criteria applied to maps."""

import numba
import numpy as np

WEIGHTED_SUM, TOPSIS, VIKOR, GREY = 0, 1, 2, 3
"""What :func:`overlaid` does with the scaled criteria of a cell."""


@numba.njit(parallel=True, cache=True, error_model="numpy")
def spans(grids, parts):
    """Least, greatest and sum of squares of each grid over cells where all are known.

    Parameters
    ----------
    grids : tuple of (n,)
        float32 with NaN for missing.
    parts : int
        Pieces worked on at once.

    Returns
    -------
    (k, 3)
        Least, greatest, sum of squares; NaN without a known cell.
    """
    k, n = len(grids), grids[0].size
    low = np.full((parts, k), np.inf)
    high = np.full((parts, k), -np.inf)
    square = np.zeros((parts, k))
    for p in numba.prange(parts):
        for at in range(p * n // parts, (p + 1) * n // parts):
            whole = True
            for j in range(k):
                if np.isnan(grids[j][at]):
                    whole = False
            if whole:
                for j in range(k):
                    x = np.float64(grids[j][at])
                    low[p, j] = min(low[p, j], x)
                    high[p, j] = max(high[p, j], x)
                    square[p, j] += x * x
    out = np.full((k, 3), np.nan)
    for j in range(k):
        if low[:, j].min() <= high[:, j].max():
            out[j, 0], out[j, 1], out[j, 2] = low[:, j].min(), high[:, j].max(), square[:, j].sum()
    return out


@numba.njit(parallel=True, cache=True, error_model="numpy")
def overlaid(grids, slope, shift, weights, mode, constant, first, second):
    """Weights applied to the scaled criteria of each cell.

    Parameters
    ----------
    grids : tuple of (n,)
        float32 with NaN for missing.
    slope, shift : (k,)
        A criterion counts as ``(x - shift) * slope``.
    weights : (k,) [1]
        Of the criteria.
    mode : int
        ``WEIGHTED_SUM``; ``TOPSIS`` (criteria scaled to 0 at the worst, ``constant`` holds the best); ``VIKOR`` (regret in sum to
        ``first``, greatest to ``second``); ``GREY`` (``constant[0]`` is the distinguishing coefficient).
    constant : (k,)
        By mode.
    first, second : (n,) [1]
        float32, written; ``second`` by VIKOR alone. NaN where any criterion is missing.
    """
    k, n = len(grids), grids[0].size
    for at in numba.prange(n):
        total = 0.0
        other = 0.0
        for j in range(k):
            x = np.float64(grids[j][at])
            s = (x - shift[j]) * slope[j]
            if mode == WEIGHTED_SUM:
                total += weights[j] * s
            elif mode == TOPSIS:
                total += (weights[j] * (constant[j] - s)) ** 2
                other += (weights[j] * s) ** 2
            elif mode == VIKOR:
                part = weights[j] * s
                total += part
                # a missing criterion must reach both results: max would drop it
                other = part if not (part <= other) else other
            else:
                total += weights[j] * constant[0] / (s + constant[0])
        if mode == TOPSIS:
            best, worst = np.sqrt(total), np.sqrt(other)
            both = best + worst
            first[at] = worst / both if both != 0.0 else 0.5
        else:
            first[at] = total
            if mode == VIKOR:
                second[at] = other + 0.0 * total
