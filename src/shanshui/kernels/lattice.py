"""A grid of resistors: edges between cells, the Laplacian, the vector work of conjugate gradients, currents.

Every array has a frame: one row and column of zeros before the grid, two or three behind, so that no loop asks for
the rim. Edges are kept where they start: east, south, south-east, south-west. Rows are shared among threads in even
pieces; every sum is taken row by row, so results do not depend on the number of threads.
"""

from collections.abc import Callable
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.crew import processors, share

_SHARED = 256  # rows from which a kernel is worth sharing
SQRT_HALF = np.sqrt(0.5)


def by_rows(
    kernel: Callable[..., Any],
    *arrays: Any,
    rows: int,
    first: int = 0,
    threads: int | None = None,
) -> None:
    """Run ``kernel(*arrays, low, high)`` over rows ``first`` to ``first + rows``, shared among threads; all processors by default."""
    crew = processors() if threads is None else threads
    if rows < _SHARED or crew == 1:
        kernel(*arrays, first, first + rows)
        return
    # even pieces: sweeps over every second row meet the same rows whoever works on them
    piece = -(-rows // (2 * crew)) * 2
    share(
        kernel,
        (
            (*arrays, low, min(low + piece, first + rows))
            for low in range(first, first + rows, piece)
        ),
    )


def framed(ny: int, nx: int, dtype: Any = np.float64) -> NDArray[Any]:
    """Zeros for a grid of ``ny`` by ``nx`` with its frame; the inside is made odd, as the coarser grids need it."""
    return np.zeros((ny + 4 - ny % 2, nx + 4 - nx % 2), dtype)


@nb.njit(cache=True, nogil=True)
def lay_edges(cell, node, resistances, diagonals, east, south, down, back, low, high):
    """Conductances between neighbouring nodes from the conductances of cells; diagonal edges are longer by sqrt(2)."""
    ny, nx = cell.shape
    for i in range(low, high):
        for j in range(nx):
            if not node[i, j]:
                continue
            a = cell[i, j]
            for k in range(4 if diagonals else 2):
                r = i if k == 0 else i + 1
                s = j + 1 if k == 0 or k == 2 else (j if k == 1 else j - 1)
                if r >= ny or s < 0 or s >= nx or not node[r, s]:
                    continue
                b = cell[r, s]
                if resistances:
                    g = 2.0 / (1.0 / a + 1.0 / b) if a > 0.0 and b > 0.0 else 0.0
                else:
                    g = 0.5 * (a + b)
                if k == 0:
                    east[i + 1, j + 1] = g
                elif k == 1:
                    south[i + 1, j + 1] = g
                elif k == 2:
                    down[i + 1, j + 1] = g * SQRT_HALF
                else:
                    back[i + 1, j + 1] = g * SQRT_HALF


@nb.njit(cache=True, nogil=True)
def clamp_edges(east, south, down, back, fixed, ground):
    """Take fixed nodes out: their edges become grounds of the neighbours, as corrections see them."""
    ny, nx = fixed.shape
    edges = (east, south, down, back)
    for i in range(ny - 1):
        for j in range(1, nx - 1):
            for k in range(4):
                g = edges[k][i, j]
                if g == 0.0:
                    continue
                r = i if k == 0 else i + 1
                s = j + 1 if k == 0 or k == 2 else (j if k == 1 else j - 1)
                a = fixed[i, j]
                b = fixed[r, s]
                if not a and not b:
                    continue
                edges[k][i, j] = 0.0
                if a and not b:
                    ground[r, s] += g
                elif b and not a:
                    ground[i, j] += g


@nb.njit(cache=True, nogil=True)
def laplacian(east, south, down, back, ground, x, out, energy, low, high):
    """Net current out of each cell at potentials ``x``; ``energy`` takes what edges and grounds of each row turn into heat.

    Energy is a sum of squares, not x times the net currents: those cancel where neighbours conduct far better than the rest.
    """
    nx = x.shape[1]
    for i in range(low, high):
        total = 0.0
        for j in range(1, nx - 1):
            c = x[i, j]
            e = c - x[i, j + 1]
            s = c - x[i + 1, j]
            d = c - x[i + 1, j + 1]
            b = c - x[i + 1, j - 1]
            out[i, j] = (
                east[i, j] * e
                + east[i, j - 1] * (c - x[i, j - 1])
                + south[i, j] * s
                + south[i - 1, j] * (c - x[i - 1, j])
                + down[i, j] * d
                + down[i - 1, j - 1] * (c - x[i - 1, j - 1])
                + back[i, j] * b
                + back[i - 1, j + 1] * (c - x[i - 1, j + 1])
                + ground[i, j] * c
            )
            total += (
                east[i, j] * e * e
                + south[i, j] * s * s
                + down[i, j] * d * d
                + back[i, j] * b * b
                + ground[i, j] * c * c
            )
        energy[i] = total


@nb.njit(cache=True, nogil=True, inline="always")
def less(total, lost, current):
    """``total - current``, and what its rounding takes off added to ``lost`` (Knuth's sum of two)."""
    found = total - current
    back = found - total
    return found, lost + ((total - (found - back)) - (current + back))


@nb.njit(cache=True, nogil=True)
def balance(east, south, down, back, ground, sent, x, low_x, out, energy, through, low, high):
    """Current that is left at each cell by potentials given in two parts, ``x + low_x``.

    Each current is taken from a difference of potentials, so its error is relative to itself, and the two cells of an edge see
    the same one; sums are compensated. ``energy`` takes the heat of each row, ``through`` the greatest current through one of its cells.
    """
    nx = x.shape[1]
    for i in range(low, high):
        heat = 0.0
        most = 0.0
        for j in range(1, nx - 1):
            c = np.float64(x[i, j])
            rest = np.float64(low_x[i, j])
            total = np.float64(sent[i, j])
            lost = 0.0
            into = 0.0
            away = 0.0
            for k in range(8):
                if k == 0:
                    g, a, b = east[i, j], x[i, j + 1], low_x[i, j + 1]
                elif k == 1:
                    g, a, b = south[i, j], x[i + 1, j], low_x[i + 1, j]
                elif k == 2:
                    g, a, b = down[i, j], x[i + 1, j + 1], low_x[i + 1, j + 1]
                elif k == 3:
                    g, a, b = back[i, j], x[i + 1, j - 1], low_x[i + 1, j - 1]
                elif k == 4:
                    g, a, b = east[i, j - 1], x[i, j - 1], low_x[i, j - 1]
                elif k == 5:
                    g, a, b = south[i - 1, j], x[i - 1, j], low_x[i - 1, j]
                elif k == 6:
                    g, a, b = down[i - 1, j - 1], x[i - 1, j - 1], low_x[i - 1, j - 1]
                else:
                    g, a, b = back[i - 1, j + 1], x[i - 1, j + 1], low_x[i - 1, j + 1]
                drop = (c - a) + (rest - b)
                current = g * drop
                total, lost = less(total, lost, current)
                if k < 4:
                    heat += current * drop
                if current > 0.0:
                    away += current
                else:
                    into -= current
            current = ground[i, j] * c
            total, lost = less(total, lost, current)
            total, lost = less(total, lost, ground[i, j] * rest)
            heat += current * c
            if current > 0.0:
                away += current
            else:
                into -= current
            out[i, j] = total + lost
            most = max(most, into, away)
        energy[i] = heat
        through[i] = most


@nb.njit(cache=True, nogil=True)
def advance(x, r, p, q, alpha, part, low, high):
    """A step of conjugate gradients along ``p``; ``part`` takes the row sums of the squared residual."""
    nx = x.shape[1]
    for i in range(low, high):
        total = 0.0
        for j in range(1, nx - 1):
            x[i, j] += alpha * p[i, j]
            t = r[i, j] - alpha * q[i, j]
            r[i, j] = t
            total += t * t
        part[i] = total


@nb.njit(cache=True, nogil=True)
def products(r, q, z, part, other, low, high):
    """Row sums of r times z and of q times z."""
    nx = r.shape[1]
    for i in range(low, high):
        a = 0.0
        b = 0.0
        for j in range(1, nx - 1):
            a += r[i, j] * z[i, j]
            b += q[i, j] * z[i, j]
        part[i] = a
        other[i] = b


@nb.njit(cache=True, nogil=True)
def turn(p, z, beta, scale, low, high):
    """Turn the direction ``p`` towards the corrected residual ``z``."""
    nx = p.shape[1]
    for i in range(low, high):
        for j in range(1, nx - 1):
            p[i, j] = z[i, j] * scale + beta * p[i, j]


@nb.njit(cache=True, nogil=True)
def copy_scaled(source, scale, target, low, high):
    """Write ``source`` times ``scale`` into ``target``."""
    nx = source.shape[1]
    for i in range(low, high):
        for j in range(nx):
            target[i, j] = source[i, j] * scale


@nb.njit(cache=True, nogil=True)
def average_groups(x, group, total, size):
    """Set the cells of each group to their mean; group 0 is left alone."""
    total[:] = 0.0
    for c in range(x.size):
        if group.flat[c] > 0:
            total[group.flat[c]] += x.flat[c]
    for c in range(x.size):
        if group.flat[c] > 0:
            x.flat[c] = total[group.flat[c]] / size[group.flat[c]]


@nb.njit(cache=True, nogil=True)
def through_flow(east, south, down, back, leak, v, inward, outward, low, high):
    """Current that enters and leaves each cell by its edges and through its leak to ground."""
    nx = v.shape[1]
    for i in range(low, high):
        for j in range(1, nx - 1):
            c = v[i, j]
            into = 0.0
            away = 0.0
            for k in range(8):
                if k == 0:
                    t = east[i, j] * (c - v[i, j + 1])
                elif k == 1:
                    t = east[i, j - 1] * (c - v[i, j - 1])
                elif k == 2:
                    t = south[i, j] * (c - v[i + 1, j])
                elif k == 3:
                    t = south[i - 1, j] * (c - v[i - 1, j])
                elif k == 4:
                    t = down[i, j] * (c - v[i + 1, j + 1])
                elif k == 5:
                    t = down[i - 1, j - 1] * (c - v[i - 1, j - 1])
                elif k == 6:
                    t = back[i, j] * (c - v[i + 1, j - 1])
                else:
                    t = back[i - 1, j + 1] * (c - v[i - 1, j + 1])
                if t > 0.0:
                    away += t
                else:
                    into -= t
            t = leak[i, j] * c
            if t > 0.0:
                away += t
            else:
                into -= t
            inward[i, j] = into
            outward[i, j] = away
