"""Least and greatest value within a circle around each cell."""

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, nogil=True)
def _slide(row, half, out, queue):
    """Least value within ``half`` cells to either side along a row, by a queue of rising values."""
    n = row.size
    head = 0
    tail = 0
    ahead = 0
    for j in range(n):
        # equal values leave too: on level ground the queue stays short
        while ahead < n and ahead <= j + half:
            while tail > head and row[queue[tail - 1]] >= row[ahead]:
                tail -= 1
            queue[tail] = ahead
            tail += 1
            ahead += 1
        while queue[head] < j - half:
            head += 1
        out[j] = row[queue[head]]


@nb.njit(cache=True, nogil=True)
def _least(values, chords, out):
    ny, nx = values.shape
    reach = chords.size - 1
    line = np.empty(nx, values.dtype)
    queue = np.empty(nx, np.int64)
    out[:] = np.inf
    for i in range(ny):
        last = -1
        for k in range(reach + 1):
            if chords[k] != last:
                last = chords[k]
                _slide(values[i], last, line, queue)
            for r in (i - k, i + k):
                if 0 <= r < ny:
                    for j in range(nx):
                        if line[j] < out[r, j]:
                            out[r, j] = line[j]


def disc_minimum(values: NDArray[np.floating], radius: float) -> NDArray[np.floating]:
    """Least value among the cells whose centres lie within a circle; the rim looks at what there is.

    Parameters
    ----------
    values : (y, x) array
        No NaN; inf where missing.
    radius : float [cell]
        Of the circle.

    Returns
    -------
    (y, x) array
        As the values.
    """
    reach = int(np.floor(radius))
    chords = np.array([int(np.floor(np.sqrt(radius**2 - k**2))) for k in range(reach + 1)])
    out = np.empty_like(values)
    _least(np.ascontiguousarray(values), chords, out)
    return out


def disc_maximum(values: NDArray[np.floating], radius: float) -> NDArray[np.floating]:
    """Greatest value among the cells whose centres lie within a circle; see :func:`disc_minimum`."""
    return -disc_minimum(-values, radius)
