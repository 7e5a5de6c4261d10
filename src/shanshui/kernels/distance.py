"""Exact Euclidean distance to the nearest marked cell, two passes, cost independent of how far it is.

Columns first (nearest mark above or below), then rows by the lower envelope of parabolas, after Meijster, Roerdink and
Hesselink (2000) and Felzenszwalb and Huttenlocher (2012).
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, nogil=True)
def _columns(mark, rows):
    """Distance in cells to the nearest mark of the same column; -1 where a column has none."""
    ny, nx = mark.shape
    for j in range(nx):
        last = -1
        for i in range(ny):
            if mark[i, j]:
                last = i
            rows[i, j] = i - last if last >= 0 else -1
        last = -1
        for i in range(ny - 1, -1, -1):
            if mark[i, j]:
                last = i
            if last >= 0:
                down = last - i
                rows[i, j] = down if rows[i, j] < 0 else min(rows[i, j], down)
    return rows


@nb.njit(cache=True, nogil=True)
def _rows(rows, out):
    ny, nx = rows.shape
    vertex = np.empty(nx, np.int64)
    edge = np.empty(nx + 1)
    for i in range(ny):
        top = -1
        for j in range(nx):
            if rows[i, j] < 0:
                continue
            # squares of whole numbers are exact in a double: distances are, to the last rounding
            f = float(rows[i, j]) ** 2
            while top >= 0:
                v = vertex[top]
                cross = (f + j * j - (float(rows[i, v]) ** 2 + v * v)) / (2.0 * (j - v))
                if cross > edge[top]:
                    break
                top -= 1
            if top < 0:
                cross = -np.inf
            top += 1
            vertex[top] = j
            edge[top] = cross
            edge[top + 1] = np.inf
        if top < 0:
            for j in range(nx):
                out[i, j] = np.inf
            continue
        at = 0
        for j in range(nx):
            while edge[at + 1] < j:
                at += 1
            v = vertex[at]
            out[i, j] = np.sqrt(float(rows[i, v]) ** 2 + float(j - v) ** 2)
    return out


def distance_to(mark: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance in cells from each cell to the nearest marked one; inf where there is none.

    Parameters
    ----------
    mark : (y, x) array of bool
        Where to.

    Returns
    -------
    (y, x) array of float32 [cell]
        0 on the marks.
    """
    rows = _columns(mark, np.empty(mark.shape, np.int32))
    out = np.empty(mark.shape, np.float32)
    _rows(rows, out)
    return out


@nb.njit(cache=True, nogil=True)
def add_decayed(distance, reach, exponential, factor, weight, total, own):
    """Add a threat's weighted, decayed pressure to ``total`` and write it into ``own``; missing factors stay missing."""
    for c in range(total.size):
        d = np.float64(distance.flat[c])
        if d > reach:
            press = 0.0
        elif exponential:
            press = np.exp(-2.99 * d / reach)  # a twentieth is left at the reach
        else:
            press = (reach - d) / reach
        own.flat[c] = press * weight * factor.flat[c]
        total.flat[c] += own.flat[c]
    return total
