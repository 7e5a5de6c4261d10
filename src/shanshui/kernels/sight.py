"""What is seen from a point: exact lines of sight, or reference planes; over a curved earth, with light that bends.

Heights are lowered by ``curve`` times the square of their distance from the point, so that lines of sight are straight.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.crew import processors, share

HIDDEN, SEEN, UNKNOWN = 0, 1, 2
_GRAZING = 1e-9
"""Metres by which ground may stand into a line of sight: less than rounding of heights can tell."""


@nb.njit(cache=True, nogil=True, inline="always")
def _crossing(z, row, col, along, rem, over):
    """Height where a line meets the lattice of centres: between a cell and the next one down (or right), at ``rem / over``."""
    low = np.float64(z[row, col])
    if rem == 0:
        return low
    high = np.float64(z[row, col + 1]) if along else np.float64(z[row + 1, col])
    return low + (high - low) * (rem / over)


@nb.njit(cache=True, nogil=True)
def _line(z, i0, j0, top, i, j, cell, curve, lift):
    """Is the target seen? The ground between two centres is a straight edge of the lattice."""
    di, dj = i - i0, j - j0
    ni, nj = abs(di), abs(dj)
    far = np.sqrt(np.float64(di * di + dj * dj)) * cell
    if far == 0.0:
        return 1
    want = np.float64(z[i, j]) + lift - curve * far * far - top
    unknown = False
    for way in range(2):
        steps = nj if way == 0 else ni
        for s in range(1, steps):
            if way == 0:
                move = s * di
                base = move // nj
                rem = move - base * nj
                row, col = i0 + base, j0 + (s if dj > 0 else -s)
            else:
                move = s * dj
                base = move // ni
                rem = move - base * ni
                # a line through a centre meets row and column there: once is enough
                if rem == 0 and nj > 0:
                    continue
                row, col = i0 + (s if di > 0 else -s), j0 + base
            h = _crossing(z, row, col, way == 1, rem, steps)
            if np.isnan(h):
                unknown = True
                continue
            share_of = s / steps
            d = far * share_of
            if h - curve * d * d - top > want * share_of + _GRAZING:
                return 0
    return 2 if unknown else 1


@nb.njit(cache=True, nogil=True)
def _lines(z, i0, j0, top, cell, curve, lift, reach, first, step, out):
    """Targets of every ``step``-th row from ``first`` on: near rows are cheaper than far ones."""
    ny, nx = z.shape
    for i in range(first, ny, step):
        for j in range(nx):
            if np.isnan(z[i, j]):
                out[i, j] = 2
            elif np.sqrt(np.float64((i - i0) ** 2 + (j - j0) ** 2)) * cell >= reach:
                out[i, j] = 0
            else:
                out[i, j] = _line(z, i0, j0, top, i, j, cell, curve, lift)
    return out


@nb.njit(cache=True, nogil=True)
def _planes(z, i0, j0, top, cell, curve, lift, reach, plane, out):
    """Rings outwards: the lowest height that is seen lies in the plane through the point and what is seen over the two cells before."""
    ny, nx = z.shape
    out[:] = 0
    for a in range(max(i0, j0, ny - 1 - i0, nx - 1 - j0) + 1):
        for di in range(-a, a + 1):
            i = i0 + di
            if i < 0 or i >= ny:
                continue
            step = 1 if abs(di) == a else 2 * a
            for dj in range(-a, a + 1, max(step, 1)):
                j = j0 + dj
                if j < 0 or j >= nx:
                    continue
                ground = np.float64(z[i, j])
                if a < 2:
                    plane[i, j] = top if np.isnan(ground) else ground
                    out[i, j] = 2 if np.isnan(ground) else 1
                    continue
                si, sj = (di > 0) - (di < 0), (dj > 0) - (dj < 0)
                b = min(abs(di), abs(dj))
                if b == 0 or b == a:
                    ahead, lean = plane[i - si, j - sj], 0.0
                else:
                    ahead = plane[i - si, j] if abs(di) == a else plane[i, j - sj]
                    lean = ahead - plane[i - si, j - sj]
                least = top + b * lean + (ahead - top - b * lean) * a / (a - 1)
                far = np.sqrt(np.float64(di * di + dj * dj)) * cell
                height = ground - curve * far * far
                if height >= least:
                    plane[i, j] = height
                else:
                    plane[i, j] = least
                if np.isnan(ground):
                    out[i, j] = 2
                elif height + lift >= least and far < reach:
                    out[i, j] = 1
    return out


def seen_from(
    z: NDArray[np.float32],
    at: tuple[int, int],
    above: float,
    cell: float,
    *,
    curve: float,
    lift: float,
    reach: float,
    planes: bool,
) -> NDArray[np.uint8]:
    """Which cells are seen from the centre of one.

    Parameters
    ----------
    z : (y, x) array [m]
        Ground; NaN where it is not known.
    at : (int, int)
        Row and column of the cell that is looked from; its ground is known.
    above : float [m]
        Height of the point over the ground.
    cell : float [m]
        Side of a cell.
    curve : float [1/m]
        ``(1 - k) / D``: fall of the ground below the level over the square of the distance, with refraction.
    lift : float [m]
        Height over the ground of what is looked at.
    reach : float [m]
        Cells this far and farther are hidden.
    planes : bool
        By reference planes, one pass; else by exact lines, one to each cell.

    Returns
    -------
    (y, x) array of uint8
        ``SEEN``, ``HIDDEN``, or ``UNKNOWN``: no ground is known there, or (by lines) some is not known between, and what is known hides
        nothing.
    """
    out = np.empty(z.shape, np.uint8)
    i, j = at
    top = float(z[i, j]) + above
    if planes:
        plane = np.empty(z.shape)
        return np.asarray(_planes(z, i, j, top, cell, curve, lift, reach, plane, out))
    crew = processors()
    share(_lines, ((z, i, j, top, cell, curve, lift, reach, k, crew, out) for k in range(crew)))
    return out


@nb.njit(cache=True, nogil=True)
def add_seen(out, i0, j0, rows, cols, cell, weight, kind, a, b, farthest, count, value):
    """Add a point's weight, and its worth by distance, to the cells that see it; what is unknown is unknown in the sums.

    ``out`` lies on the sums from ``rows``, ``cols`` on; the point at ``i0``, ``j0`` of it.
    ``kind``: 0 ``a + b d``, 1 ``a + b ln(d + 1)``, 2 ``a exp(-b d)``.
    """
    ny, nx = out.shape
    for i in range(ny):
        for j in range(nx):
            if out[i, j] == 2:
                count[rows + i, cols + j] = np.nan
                value[rows + i, cols + j] = np.nan
            elif out[i, j] == 1:
                count[rows + i, cols + j] += weight
                d = np.hypot(np.float64(i - i0), np.float64(j - j0)) * cell
                if d > farthest:
                    continue
                if kind == 0:
                    value[rows + i, cols + j] += (a + b * d) * weight
                elif kind == 2:
                    value[rows + i, cols + j] += a * np.exp(-b * d) * weight
                else:
                    value[rows + i, cols + j] += (a + b * np.log(d + 1.0)) * weight
    return value
