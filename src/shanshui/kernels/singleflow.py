"""Water that takes one way down: directions of a filled surface in the form of shared ones, and their streams.

Each cell's code holds the share 1 of the one neighbour that it drains to, so that all that carries shared water carries this too.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.multiflow import COL, DIAGONAL, ROW, room


@nb.njit(cache=True, nogil=True, inline="always")
def _steepest(z, i, j):
    """Neighbour of the steepest way down, the first of equals from east counter-clockwise; -1 for none."""
    ny, nx = z.shape
    best, steepest = -1, 0.0
    for k in range(8):
        r, s = i + ROW[k], j + COL[k]
        if r < 0 or r >= ny or s < 0 or s >= nx or np.isnan(z[r, s]):
            continue
        drop = np.float64(z[i, j]) - np.float64(z[r, s])
        if k & 1:
            drop *= DIAGONAL
        if drop > steepest:
            best, steepest = k, drop
    return best


@nb.njit(cache=True, nogil=True, inline="always")
def _off(z, i, j):
    """Neighbour that is missing or off the grid, a side before a corner; -1 for none."""
    ny, nx = z.shape
    found = -1
    for k in range(8):
        r, s = i + ROW[k], j + COL[k]
        if r < 0 or r >= ny or s < 0 or s >= nx or np.isnan(z[r, s]):
            if found < 0 or (found & 1 and not k & 1):
                found = k
    return found


@nb.njit(cache=True, nogil=True)
def _drain_flat(z, code, distance, seen, root, queue, again):
    """Directions of the flat around ``root``: the shortest way to an outlet; ``queue`` and ``again`` are room for its cells."""
    ny, nx = z.shape
    level = z[root // nx, root % nx]
    queue[0] = root
    seen[root] = True
    head, tail, last = 0, 1, 0
    while head < tail:
        c = queue[head]
        head += 1
        i, j = c // nx, c % nx
        for k in range(8):
            r, s = i + ROW[k], j + COL[k]
            if 0 <= r < ny and 0 <= s < nx and z[r, s] == level and not seen[r * nx + s]:
                seen[r * nx + s] = True
                queue[tail] = r * nx + s
                tail += 1
        down = _steepest(z, i, j)
        if down >= 0:
            code[i, j] = np.uint32(1) << np.uint32(4 * down)
            distance[c] = 0.0
            again[last] = c
            last += 1
    if last == 0:
        # nothing lower anywhere: off the grid, or into missing ground
        for m in range(tail):
            c = queue[m]
            out = _off(z, c // nx, c % nx)
            if out >= 0:
                code[c // nx, c % nx] = np.uint32(1) << np.uint32(4 * out)
                distance[c] = 0.0
                again[last] = c
                last += 1
    head = 0
    while head < last:
        c = again[head]
        head += 1
        i, j = c // nx, c % nx
        for k in range(8):
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx or z[r, s] != level:
                continue
            n = r * nx + s
            far = distance[c] + (np.sqrt(2.0) if k & 1 else 1.0)
            if distance[n] > far:
                distance[n] = far
                code[r, s] = np.uint32(1) << np.uint32(4 * ((k + 4) % 8))
                if last == again.size:
                    again, head, last = room(again, head, last)
                again[last] = n
                last += 1
    return again


@nb.njit(cache=True, nogil=True)
def _directions(z, code):
    ny, nx = z.shape
    flats = 0
    for i in range(ny):
        for j in range(nx):
            if np.isnan(z[i, j]):
                continue
            down = _steepest(z, i, j)
            if down >= 0:
                code[i, j] = np.uint32(1) << np.uint32(4 * down)
            else:
                flats += 1
    if flats == 0:
        return
    distance = np.full(z.size, np.inf)
    seen = np.zeros(z.size, np.bool_)
    queue = np.empty(z.size, np.int64)
    again = np.empty(z.size + 1024, np.int64)
    for i in range(ny):
        for j in range(nx):
            if not np.isnan(z[i, j]) and code[i, j] == 0 and not seen[i * nx + j]:
                again = _drain_flat(z, code, distance, seen, i * nx + j, queue, again)


def single_directions(z: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Share 1 of the neighbour that each cell of a filled surface drains to; 0 where water goes nowhere.

    Parameters
    ----------
    z : (y, x) array [m]
        Filled heights; NaN is missing.

    Returns
    -------
    (y, x) array
        4 bits per neighbour, one of them 1. Of equal drops the first from east counter-clockwise; flats drain by the shortest way to
        the nearest of their outlets, those without lower ground off the grid.
    """
    code = np.zeros(z.shape, np.uint32)
    _directions(z, code)
    return code


@nb.njit(cache=True, nogil=True)
def streams_above(code, area, threshold):
    """Stream cells (1): those with more than ``threshold`` above them; 0 other cells that water reaches; 255 elsewhere."""
    out = np.full(code.shape, np.uint8(255), np.uint8)
    for c in range(out.size):
        if not np.isnan(area.flat[c]):
            out.flat[c] = 1 if area.flat[c] > threshold else 0
    return out


@nb.njit(cache=True, nogil=True)
def resistance_down(order, code, stream, weight, out):
    """Weights of each cell and of those on its way to the stream, summed into ``out``: 0 on streams, NaN where no way leads to one.

    Shared flow counts the weights of the cells below; one way counts the cell's own, as the reference model does.
    """
    ny, nx = code.shape
    out[:] = np.nan
    for c in range(out.size):
        if stream.flat[c] == 1:
            out[c] = 0.0
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        i, j = c // nx, c % nx
        if stream[i, j] == 1:
            continue
        for k in range(8):
            if (code[i, j] >> np.uint32(4 * k)) & np.uint32(15):
                r, s = i + ROW[k], j + COL[k]
                if 0 <= r < ny and 0 <= s < nx:
                    w = np.float64(weight[c])
                    out[c] = out[r * nx + s] + (0.0 if np.isnan(w) else w)
    return out
