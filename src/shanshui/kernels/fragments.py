"""What stands around each cell of a shape, in a moving window at constant cost."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def _add_row(codes, i, sign, sums):
    """Add one row's cells and pairs of neighbours to the sums by column, or take them away."""
    ny, nx = codes.shape
    if i < 0 or i >= ny:
        return
    for j in range(nx):
        a = codes[i, j]
        sums[0, j] += sign * (a > 0)
        sums[1, j] += sign * (a == 2)
        if j + 1 < nx:
            b = codes[i, j + 1]
            known = a > 0 and b > 0
            sums[2, j] += sign * (known and (a == 2 or b == 2))
            sums[3, j] += sign * (a == 2 and b == 2)


@nb.njit(cache=True, nogil=True)
def _add_between(codes, i, sign, sums):
    """Add the pairs of a row and the next one."""
    ny, nx = codes.shape
    if i < 0 or i + 1 >= ny:
        return
    for j in range(nx):
        a = codes[i, j]
        b = codes[i + 1, j]
        known = a > 0 and b > 0
        sums[4, j] += sign * (known and (a == 2 or b == 2))
        sums[5, j] += sign * (a == 2 and b == 2)


@nb.njit(cache=True, nogil=True)
def _class_of(cells, full, pairs, alike):
    """Class by exact shares: of cells that are full, and of pairs with a full cell that are both."""
    if full == cells:
        return 5
    if 5 * full < 2 * cells:
        return 1
    if 5 * full < 3 * cells:
        return 2
    if pairs == 0:
        return 6
    apart = full * pairs - alike * cells
    return 3 if apart < 0 else 4 if apart > 0 else 6


@nb.njit(cache=True, nogil=True)
def fragment_classes(codes, half, missing, out):
    """Class of each full cell (2) by the square window around it; 0 for other known cells (1), ``missing`` for the rest (0).

    Cells of the window that are missing, or beyond the map, do not count, nor do pairs that one of them belongs to.
    """
    ny, nx = codes.shape
    sums = np.zeros((6, nx), np.int64)
    for i in range(half):
        _add_row(codes, i, 1, sums)
        _add_between(codes, i - 1, 1, sums)
    total = np.zeros(6, np.int64)
    for i in range(ny):
        _add_row(codes, i + half, 1, sums)
        _add_row(codes, i - half - 1, -1, sums)
        _add_between(codes, i + half - 1, 1, sums)
        _add_between(codes, i - half - 1, -1, sums)
        # the window of the column before the first; pairs are kept by their left cell
        for k in range(6):
            total[k] = sums[k, : half - 1 if k in (2, 3) else half].sum()
        for j in range(nx):
            for k in range(6):
                right = j + half - 1 if k in (2, 3) else j + half
                if right < nx:
                    total[k] += sums[k, right]
                if j > half:
                    total[k] -= sums[k, j - half - 1]
            if codes[i, j] == 2:
                out[i, j] = _class_of(total[0], total[1], total[2] + total[4], total[3] + total[5])
            else:
                out[i, j] = 0 if codes[i, j] == 1 else missing
