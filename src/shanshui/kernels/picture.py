"""Cells under the pixels of a picture, and their places in a palette."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def cells_under(rows, columns, side, values, first_row, first_column, factor, nodata):
    """Value of the cell under each of ``side`` x ``side`` pixels, whose places are told at the points of a mesh; NaN outside and at ``nodata``."""
    points = rows.shape[0]
    out = np.full((side, side), np.float32(np.nan), np.float32)
    ny, nx = values.shape
    step = (points - 1) / (side - 1)
    for i in range(side):
        at_y = i * step
        up = min(int(at_y), points - 2)
        down = at_y - up
        for j in range(side):
            at_x = j * step
            left = min(int(at_x), points - 2)
            right = at_x - left
            # along first, then down: the order in which numpy's twin in web/mercator.py takes them
            y = (rows[up, left] * (1 - right) + rows[up, left + 1] * right) * (1 - down) + (
                rows[up + 1, left] * (1 - right) + rows[up + 1, left + 1] * right
            ) * down
            x = (columns[up, left] * (1 - right) + columns[up, left + 1] * right) * (1 - down) + (
                columns[up + 1, left] * (1 - right) + columns[up + 1, left + 1] * right
            ) * down
            y = (y - first_row) / factor
            x = (x - first_column) / factor
            # not so of NaN either
            if y >= 0 and x >= 0 and y < ny and x < nx:
                value = values[int(y), int(x)]
                if value != nodata:
                    out[i, j] = value
    return out


@nb.njit(cache=True, nogil=True)
def ramp_places(values, low, high, logarithmic, steps):
    """Step 1 to ``steps`` of each number along a ramp from ``low`` to ``high``; 0 of NaN."""
    out = np.zeros(values.shape, np.uint8)
    wide = np.log(high / low) if logarithmic else high - low
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            value = np.float64(values[i, j])
            if not np.isfinite(value):
                continue
            if wide == 0:
                out[i, j] = 1
                continue
            part = np.log(max(value, low) / low) / wide if logarithmic else (value - low) / wide
            out[i, j] = 1 + min(max(part * (steps - 1) + 0.5, 0.0), steps - 1.0)
    return out


@nb.njit(cache=True, nogil=True)
def class_places(values, codes, places):
    """Place of each code, which are in order; 0 of others and of NaN."""
    out = np.zeros(values.shape, np.uint8)
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            value = values[i, j]
            low, high = 0, codes.size
            while low < high:
                middle = (low + high) // 2
                if codes[middle] < value:
                    low = middle + 1
                else:
                    high = middle
            if low < codes.size and codes[low] == value:
                out[i, j] = places[low]
    return out
