"""A grid of resistors: edges between cells, the Laplacian, the vector work of conjugate gradients, currents.

Every array has a frame: one row and column of zeros before the grid, two or three behind, so that no loop asks for
the rim. Edges are kept where they start: east, south, south-east, south-west. Rows are shared among threads in even
pieces; every sum is taken row by row, so results do not depend on the number of threads.

Several right-hand sides are lanes, the first axis; ``on`` lists those that are worked on. A row of edges is fetched once for all of
them, and each lane sees the operations it would see alone, in their order.
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


@nb.njit(cache=True, nogil=True, inline="always")
def _of_row(cell, node, i, resistances, out):
    """What edges of a row are made from: resistances of its cells, inf where there is none, or conductances; -1 off the nodes."""
    for j in range(out.size):
        c = cell[i, j]
        if resistances:
            c = 1.0 / c if c > 0.0 else np.inf
        out[j] = c if node[i, j] else -1.0


@nb.njit(cache=True, nogil=True, inline="always")
def _edge(a, b, resistances):
    """Conductance between two cells; 0 where either is no node."""
    if a < 0.0 or b < 0.0:
        return 0.0
    return 2.0 / (a + b) if resistances else 0.5 * (a + b)


@nb.njit(cache=True, nogil=True)
def lay_edges(cell, node, resistances, diagonals, east, south, down, back, low, high):
    """Conductances between neighbouring nodes from the conductances of cells; diagonal edges are longer by sqrt(2).

    Rows must be whole: each is turned into resistances once, and serves the edges below the row before and its own.
    """
    ny, nx = cell.shape
    here, below = np.empty(nx), np.empty(nx)
    if low < high:
        _of_row(cell, node, low, resistances, here)
    for i in range(low, high):
        for j in range(nx - 1):
            east[i + 1, j + 1] = _edge(here[j], here[j + 1], resistances)
        if i + 1 < ny:
            _of_row(cell, node, i + 1, resistances, below)
            for j in range(nx):
                south[i + 1, j + 1] = _edge(here[j], below[j], resistances)
            if diagonals:
                for j in range(nx - 1):
                    down[i + 1, j + 1] = _edge(here[j], below[j + 1], resistances) * SQRT_HALF
                    back[i + 1, j + 2] = _edge(here[j + 1], below[j], resistances) * SQRT_HALF
        here, below = below, here


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
def _total(values):
    """Sum of a row, by four interleaved sums: in an order that no compiler changes, and none waits for the one before."""
    a = b = c = d = 0.0
    full = values.size - values.size % 4
    for j in range(0, full, 4):
        a += values[j]
        b += values[j + 1]
        c += values[j + 2]
        d += values[j + 3]
    for j in range(full, values.size):
        a += values[j]
    return (a + b) + (c + d)


@nb.njit(cache=True, nogil=True)
def laplacian(east, south, down, back, ground, on, x, out, energy, low, high):
    """Net current out of each cell at potentials ``x``; ``energy`` takes what edges and grounds of each row turn into heat.

    Energy is a sum of squares, not x times the net currents: those cancel where neighbours conduct far better than the rest.
    """
    nx = x.shape[2]
    heat = np.zeros(nx)
    for i in range(low, high):
        e, s, d, b, g = east[i], south[i], down[i], back[i], ground[i]
        n, u, t = south[i - 1], down[i - 1], back[i - 1]
        for k in on:
            above, here, below, net = x[k, i - 1], x[k, i], x[k, i + 1], out[k, i]
            # a row of sums against few of terms at a time, so that a compiler can tell that they do not overlap
            for j in range(1, nx - 1):
                c = here[j]
                net[j] = e[j] * (c - here[j + 1]) + e[j - 1] * (c - here[j - 1]) + g[j] * c
            for j in range(1, nx - 1):
                c = here[j]
                net[j] += (
                    s[j] * (c - below[j]) + d[j] * (c - below[j + 1]) + b[j] * (c - below[j - 1])
                )
            for j in range(1, nx - 1):
                c = here[j]
                net[j] += (
                    n[j] * (c - above[j])
                    + u[j - 1] * (c - above[j - 1])
                    + t[j + 1] * (c - above[j + 1])
                )
            for j in range(1, nx - 1):
                c = here[j]
                f = c - here[j + 1]
                heat[j] = e[j] * f * f + g[j] * c * c
            for j in range(1, nx - 1):
                c = here[j]
                f, h, o = c - below[j], c - below[j + 1], c - below[j - 1]
                heat[j] += s[j] * f * f + d[j] * h * h + b[j] * o * o
            energy[k, i] = _total(heat)


@nb.njit(cache=True, nogil=True, inline="always")
def less(total, lost, current):
    """``total - current``, and what its rounding takes off added to ``lost`` (Knuth's sum of two)."""
    found = total - current
    back = found - total
    return found, lost + ((total - (found - back)) - (current + back))


@nb.njit(cache=True, nogil=True, inline="always")
def _along(g, drop, more, total, lost, size, alone):
    """What is left after the current of an edge, the sum of sizes of currents, and what is left after currents of high parts alone."""
    current = g * (drop + more)
    total, lost = less(total, lost, current)
    return total, lost, size + abs(current), alone - g * drop


@nb.njit(cache=True, nogil=True)
def balance(
    east, south, down, back, ground, sent, x, low_x, out, energy, through, rough, low, high
):
    """Current that is left at each cell by potentials given in two parts, ``x + low_x``.

    Each current is taken from a difference of potentials, so its error is relative to itself, and the two cells of an edge see
    the same one; sums are compensated. ``energy`` takes the heat of each row, ``through`` the greatest current through one of its
    cells: half of all that flows there, in or out, sent or left over. ``rough`` takes the greatest current that ``x`` alone leaves.
    """
    nx = x.shape[1]
    heat = np.zeros(nx)
    for i in range(low, high):
        most = 0.0
        worst = 0.0
        for j in range(1, nx - 1):
            c, f = np.float64(x[i, j]), np.float64(low_x[i, j])
            total = alone = np.float64(sent[i, j])
            lost = size = 0.0
            g = east[i, j]
            e, m = c - x[i, j + 1], f - low_x[i, j + 1]
            total, lost, size, alone = _along(g, e, m, total, lost, size, alone)
            hot = g * (e + m) * (e + m)
            g = south[i, j]
            e, m = c - x[i + 1, j], f - low_x[i + 1, j]
            total, lost, size, alone = _along(g, e, m, total, lost, size, alone)
            hot += g * (e + m) * (e + m)
            g = down[i, j]
            e, m = c - x[i + 1, j + 1], f - low_x[i + 1, j + 1]
            total, lost, size, alone = _along(g, e, m, total, lost, size, alone)
            hot += g * (e + m) * (e + m)
            g = back[i, j]
            e, m = c - x[i + 1, j - 1], f - low_x[i + 1, j - 1]
            total, lost, size, alone = _along(g, e, m, total, lost, size, alone)
            hot += g * (e + m) * (e + m)
            e, m = c - x[i, j - 1], f - low_x[i, j - 1]
            total, lost, size, alone = _along(east[i, j - 1], e, m, total, lost, size, alone)
            e, m = c - x[i - 1, j], f - low_x[i - 1, j]
            total, lost, size, alone = _along(south[i - 1, j], e, m, total, lost, size, alone)
            e, m = c - x[i - 1, j - 1], f - low_x[i - 1, j - 1]
            total, lost, size, alone = _along(down[i - 1, j - 1], e, m, total, lost, size, alone)
            e, m = c - x[i - 1, j + 1], f - low_x[i - 1, j + 1]
            total, lost, size, alone = _along(back[i - 1, j + 1], e, m, total, lost, size, alone)
            g = ground[i, j]
            total, lost, size, alone = _along(g, c, 0.0, total, lost, size, alone)
            total, lost = less(total, lost, g * f)
            left = total + lost
            out[i, j] = left
            heat[j] = hot + g * c * c
            # in less out is what is sent less what is left over
            most = max(most, size + abs(left - sent[i, j]))
            worst = max(worst, abs(alone))
        energy[i] = _total(heat)
        through[i] = 0.5 * most
        rough[i] = worst


@nb.njit(cache=True, nogil=True)
def add_parts(high, low, more, first, last):
    """Add potentials to those in two parts, which stay apart: the low part is below the last digit of the high one."""
    for i in range(first, last):
        for j in range(high.shape[1]):
            a, b, c = high[i, j], low[i, j], np.float64(more[i, j])
            total = a + c
            back = total - a
            # Knuth's sum of two: what the sum rounds off, exactly
            small = b + ((a - (total - back)) + (c - back))
            whole = total + small
            high[i, j] = whole
            low[i, j] = small - (whole - total)


@nb.njit(cache=True, nogil=True)
def lower_parts(high, low, one, two, first, last):
    """Take two levels, one after the other, from potentials in two parts, as :func:`add_parts` would."""
    for i in range(first, last):
        for j in range(high.shape[1]):
            a, b = high[i, j], low[i, j]
            for k in range(2):
                c = -one if k == 0 else -two
                total = a + c
                back = total - a
                small = b + ((a - (total - back)) + (c - back))
                a = total + small
                b = small - (a - total)
            high[i, j] = a
            low[i, j] = b


@nb.njit(cache=True, nogil=True)
def advance(on, x, r, p, q, alpha, back, scale, right, part, low, high):
    """A step of conjugate gradients along ``p``, ``back`` along ``q``; ``right`` takes the scaled residual, ``part`` the row sums of its square."""
    nx = x.shape[2]
    square = np.zeros(nx)
    for k in on:
        a, d, f = alpha[k], back[k], scale[k]
        for i in range(low, high):
            found, left, way, net, out = x[k, i], r[k, i], p[k, i], q[k, i], right[k, i]
            for j in range(1, nx - 1):
                found[j] += a * way[j]
            for j in range(1, nx - 1):
                left[j] -= d * net[j]
            for j in range(1, nx - 1):
                out[j] = left[j] * f
            for j in range(1, nx - 1):
                square[j] = np.float64(left[j]) * left[j]
            part[k, i] = _total(square)


@nb.njit(cache=True, nogil=True)
def products(on, r, q, z, part, other, low, high):
    """Row sums of r times z and of q times z."""
    nx = r.shape[2]
    one, two = np.zeros(nx), np.zeros(nx)
    for k in on:
        for i in range(low, high):
            for j in range(1, nx - 1):
                one[j] = r[k, i, j] * z[k, i, j]
                two[j] = q[k, i, j] * z[k, i, j]
            part[k, i] = _total(one)
            other[k, i] = _total(two)


@nb.njit(cache=True, nogil=True)
def turn(on, p, z, beta, scale, low, high):
    """Turn the direction ``p`` towards the corrected residual ``z``."""
    for k in on:
        b, s = beta[k], scale[k]
        for i in range(low, high):
            for j in range(1, p.shape[2] - 1):
                p[k, i, j] = z[k, i, j] * s + b * p[k, i, j]


@nb.njit(cache=True, nogil=True)
def copy_scaled(source, scale, target, low, high):
    """Write ``source`` times ``scale`` into ``target``."""
    nx = source.shape[1]
    for i in range(low, high):
        for j in range(nx):
            target[i, j] = source[i, j] * scale


@nb.njit(cache=True, nogil=True)
def scale_lanes(on, source, scale, target, low, high):
    """Write each right-hand side of ``source`` times its scale into ``target``."""
    for k in on:
        s = scale[k]
        for i in range(low, high):
            for j in range(source.shape[2]):
                target[k, i, j] = source[k, i, j] * s


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
def through_flow(east, south, down, back, leak, v, low_v, inward, outward, low, high):
    """Current that enters and leaves each cell by its edges and through its leak to ground, at potentials in two parts."""
    nx = v.shape[1]
    for i in range(low, high):
        for j in range(1, nx - 1):
            c, f = v[i, j], low_v[i, j]
            into = 0.0
            away = 0.0
            for k in range(8):
                if k == 0:
                    t = east[i, j] * ((c - v[i, j + 1]) + (f - low_v[i, j + 1]))
                elif k == 1:
                    t = east[i, j - 1] * ((c - v[i, j - 1]) + (f - low_v[i, j - 1]))
                elif k == 2:
                    t = south[i, j] * ((c - v[i + 1, j]) + (f - low_v[i + 1, j]))
                elif k == 3:
                    t = south[i - 1, j] * ((c - v[i - 1, j]) + (f - low_v[i - 1, j]))
                elif k == 4:
                    t = down[i, j] * ((c - v[i + 1, j + 1]) + (f - low_v[i + 1, j + 1]))
                elif k == 5:
                    t = down[i - 1, j - 1] * ((c - v[i - 1, j - 1]) + (f - low_v[i - 1, j - 1]))
                elif k == 6:
                    t = back[i, j] * ((c - v[i + 1, j - 1]) + (f - low_v[i + 1, j - 1]))
                else:
                    t = back[i - 1, j + 1] * ((c - v[i - 1, j + 1]) + (f - low_v[i - 1, j + 1]))
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
