"""Codes to numbers, in one pass."""

import numba as nb
import numpy as np


@nb.njit(cache=True, nogil=True)
def looked_up(code, first, table, out):
    """Number of each code, ``table[code - first]``; NaN for codes beyond the table."""
    size = table.size
    for c in range(code.size):
        # widened first: a difference of 8-bit codes would wrap
        k = np.int64(code.flat[c]) - first
        out.flat[c] = table[k] if 0 <= k < size else np.nan
    return out


@nb.njit(cache=True, nogil=True)
def seen(code, first, present):
    """Mark in ``present`` which codes stand on the map."""
    for c in range(code.size):
        k = np.int64(code.flat[c]) - first
        if 0 <= k < present.size:
            present[k] = True
    return present
