"""The coarser grid of a grid of resistors: shares that cells between kept ones take from them, and the edges that follow."""

import numba as nb
import numpy as np

_ONE = np.float32(1.0)
_NIL = np.float32(0.0)


@nb.njit(cache=True, nogil=True)
def line_weights(east, south, down, back, across, along, low, high):
    """Share of the western kept cell for cells between two kept ones of a row; of the northern one in a column."""
    half = np.float32(0.5)
    for m in range(low, high):
        i = 2 * m + 1
        for n in range(across.shape[1]):
            j = 2 * n + 1
            w = east[i, j] + down[i - 1, j] + back[i, j + 1]
            e = east[i, j + 1] + back[i - 1, j + 2] + down[i, j + 1]
            across[m, n] = w / (w + e) if w + e > 0 else half
            a = south[i, j] + down[i, j - 1] + back[i, j + 1]
            b = south[i + 1, j] + down[i + 1, j] + back[i + 1, j]
            along[m, n] = a / (a + b) if a + b > 0 else half


@nb.njit(cache=True, nogil=True)
def centre_weights(east, south, down, back, across, along, amid, low, high):
    """Shares of the four corners for cells amid them: north-west, north-east, south-west, south-east."""
    half = np.float32(0.5)
    rows, cols = across.shape
    for m in range(low, high):
        i = 2 * m + 2
        for n in range(cols):
            j = 2 * n + 2
            up, under = south[i - 1, j], south[i, j]
            left, right = east[i, j - 1], east[i, j]
            nw, se, ne, sw = down[i - 1, j - 1], down[i, j], back[i - 1, j + 1], back[i, j]
            total = up + under + left + right + nw + se + ne + sw
            if total <= 0:
                for k in range(4):
                    amid[m, n, k] = np.float32(0.25)
                continue
            top = across[m, n]
            bottom = across[m + 1, n] if m + 1 < rows else half
            west = along[m, n]
            right_side = along[m, n + 1] if n + 1 < cols else half
            amid[m, n, 0] = (nw + up * top + left * west) / total
            amid[m, n, 1] = (ne + up * (1 - top) + right * right_side) / total
            amid[m, n, 2] = (sw + under * bottom + left * (1 - west)) / total
            amid[m, n, 3] = (se + under * (1 - bottom) + right * (1 - right_side)) / total


@nb.njit(cache=True, nogil=True, inline="always")
def _add(a0, a1, a2, a3, b0, b1, b2, b3, g, into):
    """Edges among the corners that a fine edge between weights ``a`` and ``b`` amounts to."""
    if g != 0:
        c0, c1, c2, c3 = a0 - b0, a1 - b1, a2 - b2, a3 - b3
        into[0] -= g * c0 * c1
        into[1] -= g * c2 * c3
        into[2] -= g * c0 * c2
        into[3] -= g * c1 * c3
        into[4] -= g * c0 * c3
        into[5] -= g * c1 * c2


@nb.njit(cache=True, nogil=True)
def coarsen(fine, across, along, amid, coarse, parity, low, high):
    """Edges and grounds of the coarser grid, blocks of one parity at a time since neighbours share their rims."""
    east, south, down, back, ground = fine
    c_east, c_south, c_down, c_back, c_ground = coarse
    half = np.float32(0.5)
    rows, cols = across.shape
    k = np.empty(6, np.float32)
    o, z = _ONE, _NIL
    for m in range(low, high):
        if (m & 1) != parity:
            continue
        for n in range(cols):
            k[:] = 0
            i, j = 2 * m + 1, 2 * n + 1
            t, w = across[m, n], along[m, n]
            b = across[m + 1, n] if m + 1 < rows else half
            e = along[m, n + 1] if n + 1 < cols else half
            m0, m1, m2, m3 = amid[m, n, 0], amid[m, n, 1], amid[m, n, 2], amid[m, n, 3]
            t1, w1, b1, e1 = o - t, o - w, o - b, o - e
            _add(o, z, z, z, t, t1, z, z, east[i, j], k)
            _add(t, t1, z, z, z, o, z, z, east[i, j + 1], k)
            _add(o, z, z, z, w, z, w1, z, south[i, j], k)
            _add(w, z, w1, z, z, z, o, z, south[i + 1, j], k)
            _add(w, z, w1, z, m0, m1, m2, m3, east[i + 1, j], k)
            _add(m0, m1, m2, m3, z, e, z, e1, east[i + 1, j + 1], k)
            _add(t, t1, z, z, m0, m1, m2, m3, south[i, j + 1], k)
            _add(m0, m1, m2, m3, z, z, b, b1, south[i + 1, j + 1], k)
            _add(o, z, z, z, m0, m1, m2, m3, down[i, j], k)
            _add(t, t1, z, z, z, e, z, e1, down[i, j + 1], k)
            _add(w, z, w1, z, z, z, b, b1, down[i + 1, j], k)
            _add(m0, m1, m2, m3, z, z, z, o, down[i + 1, j + 1], k)
            _add(t, t1, z, z, w, z, w1, z, back[i, j + 1], k)
            _add(z, o, z, z, m0, m1, m2, m3, back[i, j + 2], k)
            _add(m0, m1, m2, m3, z, z, o, z, back[i + 1, j + 1], k)
            _add(z, e, z, e1, z, z, b, b1, back[i + 1, j + 2], k)
            c_ground[m + 1, n + 1] += ground[i, j]
            g = ground[i, j + 1]
            if g > 0:
                c_ground[m + 1, n + 1] += g * t
                c_ground[m + 1, n + 2] += g * t1
                k[0] -= g * t * t1
            g = ground[i + 1, j]
            if g > 0:
                c_ground[m + 1, n + 1] += g * w
                c_ground[m + 2, n + 1] += g * w1
                k[2] -= g * w * w1
            g = ground[i + 1, j + 1]
            if g > 0:
                c_ground[m + 1, n + 1] += g * m0
                c_ground[m + 1, n + 2] += g * m1
                c_ground[m + 2, n + 1] += g * m2
                c_ground[m + 2, n + 2] += g * m3
                _add(m0, m1, m2, m3, z, z, z, z, g, k)
            c_east[m + 1, n + 1] += k[0]
            c_east[m + 2, n + 1] += k[1]
            c_south[m + 1, n + 1] += k[2]
            c_south[m + 1, n + 2] += k[3]
            c_down[m + 1, n + 1] += k[4]
            c_back[m + 1, n + 2] += k[5]
