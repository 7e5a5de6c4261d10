"""Slope of the reference model of sediment, which at a rim lets the pairs of cells that are there stand for all."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def slope_percent(z, cell):
    """Hundredfold rise over run by Horn's weights; at a rim, the pairs that are there stand for all."""
    ny, nx = z.shape
    out = np.full((ny, nx), np.nan, np.float32)
    v = np.empty((3, 3))
    for i in range(ny):
        for j in range(nx):
            if np.isnan(z[i, j]):
                continue
            for r in range(3):
                for s in range(3):
                    p, q = i + r - 1, j + s - 1
                    v[r, s] = z[p, q] if 0 <= p < ny and 0 <= q < nx else np.nan
            e = v[1, 1]
            along = np.zeros(2)
            for axis in range(2):
                total, pairs = 0.0, 0
                for side in range(3):
                    if axis == 0:
                        a, b, c = v[side, 0], v[side, 1], v[side, 2]
                    else:
                        a, b, c = v[0, side], v[1, side], v[2, side]
                    if side == 1:
                        if not np.isnan(a) and not np.isnan(c):
                            total += 2.0 * (a - c)
                            pairs += 4
                        elif not np.isnan(a):
                            total += 2.0 * (a - e)
                            pairs += 2
                        elif not np.isnan(c):
                            total += 2.0 * (e - c)
                            pairs += 2
                    elif not np.isnan(a) and not np.isnan(c):
                        total += a - c
                        pairs += 2
                    elif not np.isnan(a) and not np.isnan(b):
                        total += a - b
                        pairs += 1
                    elif not np.isnan(b) and not np.isnan(c):
                        total += b - c
                        pairs += 1
                    elif not np.isnan(a):
                        total += (a - e) * np.sqrt(2.0)
                        pairs += 1
                    elif not np.isnan(c):
                        total += (e - c) * np.sqrt(2.0)
                        pairs += 1
                along[axis] = total / (pairs * cell) if pairs else 0.0
            out[i, j] = 100.0 * np.sqrt(along[0] ** 2 + along[1] ** 2)
    return out
