"""Many grids to one in a single pass: weights of criteria applied to maps.

Both passes walk blocks that fit into the nearest cache, one layer after another within a block: the inner loops are plain
arithmetic on neighbours, which the compiler turns into vector instructions. Pieces are shared among threads of our own, not by
numba's parallel layer: where there is no OpenMP, that one ends the process when two threads call it at once.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.crew import processors, share

WEIGHTED_SUM, TOPSIS, VIKOR, GREY = 0, 1, 2, 3
"""What :func:`overlaid` does with the scaled criteria of a cell."""
BLOCK = 1024
"""Cells that are worked on at once."""
Grids = tuple[NDArray[np.float32], ...]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _spans(grids, low, high, square, first, stride):
    """Least, greatest and sum of squares of every ``stride``-th piece.

    Squares add up in BLOCK lanes and those in order, so that sums are the same however wide the vectors of a processor are.
    """
    k, n = len(grids), grids[0].size
    parts = len(low)
    for p in range(first, parts, stride):
        least = np.full((k, BLOCK), np.float32(np.inf), np.float32)
        most = np.full((k, BLOCK), np.float32(-np.inf), np.float32)
        square_of = np.zeros((k, BLOCK))
        known = np.empty(BLOCK, np.float32)
        stop = (p + 1) * n // parts
        for start in range(p * n // parts, stop, BLOCK):
            size = min(BLOCK, stop - start)
            known[:size] = 0.0
            for j in range(k):
                x = grids[j][start : start + size]
                for i in range(size):
                    # 0, or NaN where any layer is missing
                    known[i] += x[i] - x[i]
            for j in range(k):
                x = grids[j][start : start + size]
                a, b, q = least[j], most[j], square_of[j]
                for i in range(size):
                    v = x[i] + known[i]
                    a[i] = v if v < a[i] else a[i]
                    b[i] = v if v > b[i] else b[i]
                    q[i] += np.float64(v * v if v == v else np.float32(0.0))
        for j in range(k):
            low[p, j], high[p, j], square[p, j] = least[j].min(), most[j].max(), square_of[j].sum()


def spans(grids: Grids, parts: int, threads: int | None = None) -> NDArray[np.float64]:
    """Least, greatest and sum of squares of each grid over cells where all are known.

    Parameters
    ----------
    grids : tuple of (n,)
        float32 with NaN for missing.
    parts : int
        Pieces that are summed apart: on it, and not on the threads, the last digits depend.
    threads : int, optional
        That share the pieces; all processors by default.

    Returns
    -------
    (k, 3)
        Least, greatest, sum of squares; NaN without a known cell.
    """
    k = len(grids)
    low, high, square = (
        np.full((parts, k), np.inf),
        np.full((parts, k), -np.inf),
        np.zeros((parts, k)),
    )
    crew = min(processors() if threads is None else threads, parts)
    share(_spans, ((grids, low, high, square, first, crew) for first in range(crew)))
    out = np.full((k, 3), np.nan)
    seen = low.min(axis=0) <= high.max(axis=0)
    out[seen] = np.stack([low.min(axis=0), high.max(axis=0), square.sum(axis=0)], axis=1)[seen]
    return out


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _overlaid(grids, slope, shift, weights, mode, constant, first, second, begin, stop):
    """Weights applied to the scaled criteria of one piece."""
    k = len(grids)
    one = np.empty(BLOCK, np.float32)
    two = np.empty(BLOCK, np.float32)
    for start in range(begin, stop, BLOCK):
        size = min(BLOCK, stop - start)
        one[:] = 0.0
        two[:] = 0.0
        for j in range(k):
            x = grids[j][start : start + size]
            shifted, scale = np.float32(shift[j]), np.float32(slope[j])
            w, c = np.float32(weights[j]), np.float32(constant[j])
            if mode == WEIGHTED_SUM:
                factor = w * scale
                for i in range(size):
                    one[i] += factor * (x[i] - shifted)
            elif mode == TOPSIS:
                for i in range(size):
                    s = (x[i] - shifted) * scale
                    best, worst = w * (c - s), w * s
                    one[i] += best * best
                    two[i] += worst * worst
            elif mode == VIKOR:
                factor = w * scale
                for i in range(size):
                    part = factor * (x[i] - shifted)
                    one[i] += part
                    two[i] = part if part > two[i] else two[i]
            else:
                for i in range(size):
                    one[i] += w * c / ((x[i] - shifted) * scale + c)
        if mode == TOPSIS:
            for i in range(size):
                best, worst = np.sqrt(one[i]), np.sqrt(two[i])
                both = best + worst
                first[start + i] = worst / both if both != 0.0 else np.float32(0.5)
        else:
            for i in range(size):
                first[start + i] = one[i]
            if mode == VIKOR:
                for i in range(size):
                    # a missing criterion reaches the sum, which carries it here
                    second[start + i] = two[i] + (one[i] - one[i])


def overlaid(
    grids: Grids,
    slope: NDArray[np.float64],
    shift: NDArray[np.float64],
    weights: NDArray[np.float64],
    mode: int,
    constant: NDArray[np.float64],
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    threads: int | None = None,
) -> None:
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
    threads : int, optional
        That share the cells; all processors by default. Results do not depend on it.
    """
    n = grids[0].size
    crew = processors() if threads is None else threads
    # whole blocks, so that no two threads write to one cache line
    piece = max(-(-n // (crew * BLOCK)), 1) * BLOCK
    share(
        _overlaid,
        (
            (grids, slope, shift, weights, mode, constant, first, second, low, min(low + piece, n))
            for low in range(0, max(n, 1), piece)
        ),
    )
