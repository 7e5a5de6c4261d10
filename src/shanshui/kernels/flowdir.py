"""Eight-direction flow: the steepest way down, and through flats the way that converges.

Codes are ESRI's: 1 E, 2 SE, 4 S, 8 SW, 16 W, 32 NW, 64 N, 128 NE; 0 an outlet; 255 outside.
Flats follow Barnes, Lehman and Mulla (2014): away from higher ground, towards lower. Their per-flat
height constant cancels between neighbours, so no labels of flats are kept.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

OUTLET = 0
OUTSIDE = 255
CODES = np.array([1, 2, 4, 8, 16, 32, 64, 128], np.uint8)
_ROW = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
_COL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
_FLAT = 254
_SEEN = 253


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    row, col = np.zeros(256, np.int64), np.zeros(256, np.int64)
    row[CODES], col[CODES] = _ROW, _COL
    return row, col


ROW_OF, COL_OF = _tables()


@nb.njit(cache=True, nogil=True)
def _steepest(water, width, height, out):
    ny, nx = water.shape
    flats = 0
    inverse = np.empty(8)
    for i in range(ny):
        w = width[i]
        for k in range(8):
            dx = _COL[k] * w
            dy = _ROW[k] * height
            inverse[k] = 1.0 / np.sqrt(dx * dx + dy * dy)
        for j in range(nx):
            z = water[i, j]
            if np.isnan(z):
                out[i, j] = OUTSIDE
                continue
            best = 0.0
            code = np.uint8(OUTLET)
            rim = False
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if r < 0 or s < 0 or r >= ny or s >= nx:
                    rim = True
                    continue
                v = water[r, s]
                if np.isnan(v):
                    rim = True
                    continue
                # in 64 bits, where differences of 32-bit heights are exact; of equal drops the first, from east clockwise
                drop = (np.float64(z) - np.float64(v)) * inverse[k]
                if drop > best:
                    best = drop
                    code = CODES[k]
            if best == 0.0 and not rim:
                code = np.uint8(_FLAT)
                flats += 1
            out[i, j] = code
    return flats


@nb.njit(cache=True, nogil=True)
def _flats(water, out, flats):
    """Give every flat cell a direction; return how many could not be given one."""
    ny, nx = water.shape
    mask = np.zeros((ny, nx), np.int32)
    queue = np.empty(flats, np.int64)
    tail = 0
    # away from higher ground
    for i in range(ny):
        for j in range(nx):
            if out[i, j] != _FLAT:
                continue
            for k in range(8):
                if water[i + _ROW[k], j + _COL[k]] > water[i, j]:
                    mask[i, j] = 1
                    queue[tail] = i * nx + j
                    tail += 1
                    break
    head = 0
    while head < tail:
        c = queue[head]
        head += 1
        i = c // nx
        j = c - i * nx
        for k in range(8):
            r = i + _ROW[k]
            s = j + _COL[k]
            if out[r, s] == _FLAT and mask[r, s] == 0 and water[r, s] == water[i, j]:
                mask[r, s] = mask[i, j] + 1
                queue[tail] = r * nx + s
                tail += 1
    # towards lower ground: twice as strong
    tail = 0
    for i in range(ny):
        for j in range(nx):
            if out[i, j] != _FLAT:
                continue
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if out[r, s] < _SEEN and water[r, s] == water[i, j]:
                    queue[tail] = i * nx + j
                    tail += 1
                    break
    exits = tail
    for m in range(exits):
        i = queue[m] // nx
        j = queue[m] - i * nx
        out[i, j] = _SEEN
        mask[i, j] = 2 - mask[i, j]
    head = 0
    level = 1
    while head < tail:
        stop = tail
        level += 1
        while head < stop:
            c = queue[head]
            head += 1
            i = c // nx
            j = c - i * nx
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if out[r, s] == _FLAT and water[r, s] == water[i, j]:
                    out[r, s] = _SEEN
                    mask[r, s] = 2 * level - mask[r, s]
                    queue[tail] = r * nx + s
                    tail += 1
    # the mask now falls strictly towards an exit; sides are tried before corners
    for m in range(tail):
        c = queue[m]
        i = c // nx
        j = c - i * nx
        z = water[i, j]
        code = np.uint8(OUTLET)
        best = mask[i, j]
        for k in (0, 2, 4, 6, 1, 3, 5, 7):
            r = i + _ROW[k]
            s = j + _COL[k]
            if water[r, s] != z:
                continue
            if m < exits:
                if out[r, s] < _SEEN:
                    code = CODES[k]
                    break
            elif mask[r, s] < best and out[r, s] == _SEEN:
                best = mask[r, s]
                code = CODES[k]
        queue[m] = c * 256 + code  # written once all are known, so that flat cells stay flat
    for m in range(tail):
        c = queue[m] // 256
        out[c // nx, c % nx] = np.uint8(queue[m] % 256)
    return flats - tail


def d8(
    water: NDArray[np.float32], width: NDArray[np.float64], height: float
) -> tuple[NDArray[np.uint8], int]:
    """Direction codes of a conditioned surface, and the number of cells left without one.

    Parameters
    ----------
    water : (y, x) float32
        Surface without depressions; NaN is outside.
    width : (y,) float64 [m]
        Cell width of each row.
    height : float [m]
        Cell height.

    Returns
    -------
    (y, x) uint8, int
        Codes, and the count of flat cells from which no exit was found (they get 0).
    """
    out = np.empty(water.shape, np.uint8)
    flats = _steepest(water, width, height, out)
    stuck = 0
    if flats:
        stuck = _flats(water, out, flats)
        if stuck:
            out[(out == _FLAT) | (out == _SEEN)] = OUTLET
    return out, int(stuck)
