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


@nb.njit(cache=True, nogil=True)
def _columns_within(mark, cap, rows):
    """Cells to the nearest mark of the same column, at most ``cap``; -1 where none is so near."""
    ny, nx = mark.shape
    for j in range(nx):
        last = -cap - 1
        for i in range(ny):
            if mark[i, j]:
                last = i
            rows[i, j] = i - last if i - last <= cap else -1
        last = ny + cap
        for i in range(ny - 1, -1, -1):
            if mark[i, j]:
                last = i
            if last - i <= cap and (rows[i, j] < 0 or last - i < rows[i, j]):
                rows[i, j] = last - i


@nb.njit(cache=True, nogil=True)
def _rows_within(rows, reach, out):
    """Whether a cell's nearest mark lies within reach: spans of the row that each column's mark covers, joined."""
    ny, nx = rows.shape
    cap = int(reach)
    half = np.empty(cap + 1, np.int64)
    for d in range(cap + 1):
        half[d] = int(np.sqrt(reach * reach - d * d))
    change = np.empty(nx + 1, np.int64)
    for i in range(ny):
        change[:] = 0
        for j in range(nx):
            if rows[i, j] >= 0:
                w = half[rows[i, j]]
                change[max(j - w, 0)] += 1
                change[min(j + w + 1, nx)] -= 1
        cover = 0
        for j in range(nx):
            cover += change[j]
            out[i, j] = cover > 0


def within(mark: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """Whether the nearest marked cell lies within reach, as :func:`distance_to` measures it, in three bytes a cell.

    Parameters
    ----------
    mark : (y, x) array of bool
        Where to.
    reach : float [cell]
        Greatest distance, between centres of cells; 0 or more.

    Returns
    -------
    (y, x) array of bool
        True on the marks.
    """
    rows = np.empty(mark.shape, np.int16 if reach < np.iinfo(np.int16).max else np.int32)
    _columns_within(mark, int(reach), rows)
    out = np.empty(mark.shape, np.bool_)
    _rows_within(rows, float(reach), out)
    return out
