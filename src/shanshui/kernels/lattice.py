"""A grid of resistors: edges between cells, the Laplacian, the vector work of conjugate gradients, currents.

Every array has a frame: one row and column of zeros before the grid, two or three behind, so that no loop asks for
the rim. Edges are kept where they start: east, south, south-east, south-west. Rows are shared among threads in even
pieces; every sum is taken row by row, so results do not depend on the number of threads.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

THREADS = max(1, min(8, os.cpu_count() or 1))
_SHARED = 256  # rows from which a kernel is worth sharing
_POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="lattice")
SQRT_HALF = np.sqrt(0.5)


def by_rows(kernel: Callable[..., Any], *arrays: Any, rows: int, first: int = 0) -> None:
    """Run ``kernel(*arrays, low, high)`` over rows ``first`` to ``first + rows`` on all cores."""
    if rows < _SHARED or THREADS == 1:
        kernel(*arrays, first, first + rows)
        return
    piece = -(-rows // (2 * THREADS)) * 2
    starts = range(first, first + rows, piece)
    waiting = [
        _POOL.submit(kernel, *arrays, low, min(low + piece, first + rows)) for low in starts[1:]
    ]
    kernel(*arrays, first, first + piece)
    for one in waiting:
        one.result()


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
def clamp_edges(east, south, down, back, fixed, value, ground, injection):
    """Take fixed nodes out: their edges become grounds of the neighbours, with what flows in at the fixed value."""
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
                    injection[r, s] += g * value[i, j]
                elif b and not a:
                    ground[i, j] += g
                    injection[i, j] += g * value[r, s]


@nb.njit(cache=True, nogil=True)
def laplacian(east, south, down, back, ground, x, out, part, low, high):
    """Net current out of each cell at potentials ``x``; ``part`` takes the row sums of x times it."""
    nx = x.shape[1]
    for i in range(low, high):
        total = 0.0
        for j in range(1, nx - 1):
            c = x[i, j]
            t = (
                east[i, j] * (c - x[i, j + 1])
                + east[i, j - 1] * (c - x[i, j - 1])
                + south[i, j] * (c - x[i + 1, j])
                + south[i - 1, j] * (c - x[i - 1, j])
                + down[i, j] * (c - x[i + 1, j + 1])
                + down[i - 1, j - 1] * (c - x[i - 1, j - 1])
                + back[i, j] * (c - x[i + 1, j - 1])
                + back[i - 1, j + 1] * (c - x[i - 1, j + 1])
                + ground[i, j] * c
            )
            out[i, j] = t
            total += t * c
        part[i] = total


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
