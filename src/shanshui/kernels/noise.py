"""Counter-based noise: a number depends on seed and place alone, so any tile in any order is the same."""

import numba as nb
import numpy as np

_M1 = np.uint64(0x9E3779B97F4A7C15)
_M2 = np.uint64(0xBF58476D1CE4E5B9)
_M3 = np.uint64(0x94D049BB133111EB)


@nb.njit(cache=True, nogil=True, inline="always")
def _hash(i, j, seed):
    x = (np.uint64(i) * _M1) ^ (np.uint64(j) * _M2) ^ (np.uint64(seed) * _M3)
    x = (x ^ (x >> np.uint64(30))) * _M2
    x = (x ^ (x >> np.uint64(27))) * _M3
    return x ^ (x >> np.uint64(31))


@nb.njit(cache=True, nogil=True)
def white(row, col, ny, nx, seed):
    """Independent numbers in [0, 1) for the cells of a block that starts at ``row``, ``col``."""
    out = np.empty((ny, nx), np.float32)
    for i in range(ny):
        for j in range(nx):
            # 24 bits, all that a 32-bit fraction holds: 1 is never reached by rounding
            out[i, j] = np.float32(_hash(row + i, col + j, seed) >> np.uint64(40)) / np.float32(
                16777216.0
            )
    return out


@nb.njit(cache=True, nogil=True)
def fractal(row, col, ny, nx, cell, wavelength, octaves, gain, seed):
    """Gradient noise summed over octaves, about in [-1, 1], for cells of side ``cell``.

    The longest wave is ``wavelength`` (same unit as ``cell``); each octave halves it and multiplies
    the height by ``gain``. Octaves shorter than two cells are left out.
    """
    out = np.zeros((ny, nx), np.float32)
    amplitude = 1.0
    total = 0.0
    wave = wavelength
    for octave in range(octaves):
        if octave > 0 and wave < 2.0 * cell:
            break
        key = seed * 1013 + octave
        scale = cell / wave
        for i in range(ny):
            y = (row + i + 0.5) * scale
            iy = np.int64(np.floor(y))
            fy = y - iy
            v = fy * fy * fy * (fy * (fy * 6.0 - 15.0) + 10.0)
            last = np.int64(-1) << 40
            g00x = g00y = g10x = g10y = g01x = g01y = g11x = g11y = 0.0
            for j in range(nx):
                x = (col + j + 0.5) * scale
                ix = np.int64(np.floor(x))
                fx = x - ix
                if ix != last:
                    last = ix
                    a = np.float64(_hash(iy, ix, key) >> np.uint64(11)) * (
                        2.0 * np.pi / 9007199254740992.0
                    )
                    g00x, g00y = np.cos(a), np.sin(a)
                    a = np.float64(_hash(iy, ix + 1, key) >> np.uint64(11)) * (
                        2.0 * np.pi / 9007199254740992.0
                    )
                    g10x, g10y = np.cos(a), np.sin(a)
                    a = np.float64(_hash(iy + 1, ix, key) >> np.uint64(11)) * (
                        2.0 * np.pi / 9007199254740992.0
                    )
                    g01x, g01y = np.cos(a), np.sin(a)
                    a = np.float64(_hash(iy + 1, ix + 1, key) >> np.uint64(11)) * (
                        2.0 * np.pi / 9007199254740992.0
                    )
                    g11x, g11y = np.cos(a), np.sin(a)
                u = fx * fx * fx * (fx * (fx * 6.0 - 15.0) + 10.0)
                n00 = g00x * fx + g00y * fy
                n10 = g10x * (fx - 1.0) + g10y * fy
                n01 = g01x * fx + g01y * (fy - 1.0)
                n11 = g11x * (fx - 1.0) + g11y * (fy - 1.0)
                top = n00 + u * (n10 - n00)
                low = n01 + u * (n11 - n01)
                # noise of unit gradients reaches the root of a half
                out[i, j] += np.float32(amplitude * 1.414 * (top + v * (low - top)))
        total += amplitude
        amplitude *= gain
        wave *= 0.5
    for i in range(ny):
        for j in range(nx):
            out[i, j] /= np.float32(total)
    return out
