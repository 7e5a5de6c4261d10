"""Ways back over finished distances: the direction from each cell, the source it leads to, the cells along it."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

ROWS = np.array([0, 0, 1, -1, 1, 1, -1, -1], np.int64)
COLS = np.array([1, -1, 0, 0, 1, -1, 1, -1], np.int64)
OFF = np.int64(-1)


@nb.njit(cache=True, nogil=True)
def grown(array, room):
    """Copy an array into a longer one."""
    out = np.empty(room, array.dtype)
    out[: array.size] = array
    return out


@nb.njit(cache=True, nogil=True)
def ways_back(cost, level, dist, sides, cell, back, low, high):
    """Direction back from each cell: the first of those that give its distance; -1 at sources and where none leads."""
    half = 0.5 * cell
    diag = half * np.sqrt(2.0)
    for i in range(low, high):
        for j in range(1, dist.shape[1] - 1):
            d = dist[i, j]
            way = -1
            if 0.0 < d < np.inf:
                best = np.inf
                for k in range(sides):
                    a = dist[i + ROWS[k], j + COLS[k]]
                    if a < d:
                        far = a + (cost[i, j] + cost[i + ROWS[k], j + COLS[k]]) * (
                            half if k < 4 else diag
                        )
                        if level is not None:
                            far += abs(level[i, j] - level[i + ROWS[k], j + COLS[k]])
                        if far < best:
                            best = far
                            way = k
            back[i - 1, j - 1] = way


@nb.njit(cache=True, nogil=True)
def _allocate(back, source, out):
    """Source of each cell by following the ways back; 0 where no way leads."""
    ny, nx = back.shape
    trail = np.empty(65536, np.int64)
    for i in range(ny):
        for j in range(nx):
            if out[i, j] != OFF:
                continue
            n = 0
            r, s = i, j
            while out[r, s] == OFF:
                k = back[r, s]
                if k < 0:
                    out[r, s] = max(source[r, s], 0)
                    break
                if n == trail.size:
                    trail = grown(trail, 2 * n)
                trail[n] = r * nx + s
                n += 1
                r += ROWS[k]
                s += COLS[k]
            found = out[r, s]
            for m in range(n):
                out[trail[m] // nx, trail[m] % nx] = found


@nb.njit(cache=True, nogil=True)
def trace(back, row, col):
    """Flat cells from a cell back to its source."""
    nx = back.shape[1]
    out = np.empty(1024, np.int64)
    n = 0
    while True:
        if n == out.size:
            out = grown(out, 2 * n)
        out[n] = row * nx + col
        n += 1
        k = back[row, col]
        if k < 0:
            return out[:n]
        row += ROWS[k]
        col += COLS[k]


def allocation(back: NDArray[np.int8], source: NDArray[np.integer]) -> NDArray[np.int32]:
    """Which source each cell's way leads to; 0 where none does."""
    out = np.full(back.shape, OFF, np.int32)
    _allocate(back, source, out)
    return out
