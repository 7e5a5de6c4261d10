"""A small grid of resistors with one grounded cell: its currents by elimination within a band, all in one call.

Nodes are numbered row by row, so that neighbours lie at most one row apart: with ``w`` the greatest distance of two neighbours, ``n`` nodes
take n (w + 1) numbers and n w^2 operations (George and Liu 1981, Computer Solution of Large Sparse Positive Definite Systems, ch. 4).
Rounding is taken off by correcting with what the currents leave over at each node, summed edge by edge.
"""

import numba as nb
import numpy as np

from shanshui.kernels.lattice import SQRT_HALF

ROUNDS = 6
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))


@nb.njit(cache=True, nogil=True)
def reached(cell, row, col, diagonals):
    """Number of each cell that conducts and is joined to the grounded one, row by row; -2 at that one, -1 elsewhere; their count."""
    ny, nx = cell.shape
    number = np.full((ny, nx), -1, np.int64)
    if not cell[row, col] > 0.0:
        return number, 0
    waiting = np.empty(ny * nx, np.int64)
    waiting[0] = row * nx + col
    number[row, col] = 0
    top = 1
    while top > 0:
        top -= 1
        i, j = waiting[top] // nx, waiting[top] % nx
        for di in range(-1, 2):
            for dj in range(-1, 2):
                r, s = i + di, j + dj
                if r < 0 or r >= ny or s < 0 or s >= nx or not (diagonals or di == 0 or dj == 0):
                    continue
                if cell[r, s] > 0.0 and number[r, s] < 0:
                    number[r, s] = 0
                    waiting[top] = r * nx + s
                    top += 1
    count = 0
    for i in range(ny):
        for j in range(nx):
            if i == row and j == col:
                number[i, j] = -2
            elif number[i, j] == 0:
                number[i, j] = count
                count += 1
    return number, count


@nb.njit(cache=True, nogil=True)
def edges_of(cell, number, diagonals, resistances):
    """Ends and conductance of each edge between numbered cells, -2 for the grounded one; how many."""
    ny, nx = cell.shape
    first, second = np.empty(4 * ny * nx, np.int64), np.empty(4 * ny * nx, np.int64)
    g = np.empty(4 * ny * nx)
    count = 0
    for i in range(ny):
        for j in range(nx):
            if number[i, j] == -1:
                continue
            a = cell[i, j]
            for k in range(4 if diagonals else 2):
                r, s = i + _STEPS[k][0], j + _STEPS[k][1]
                if r >= ny or s < 0 or s >= nx or number[r, s] == -1:
                    continue
                b = cell[r, s]
                value = 2.0 / (1.0 / a + 1.0 / b) if resistances else 0.5 * (a + b)
                first[count], second[count] = number[i, j], number[r, s]
                g[count] = value if k < 2 else value * SQRT_HALF
                count += 1
    return first, second, g, count


@nb.njit(cache=True, nogil=True)
def factorised(band):
    """Replace the upper band of a symmetric matrix by D and D L'; whether all of D is above 0."""
    n, width = band.shape
    for j in range(n):
        pivot = band[j, 0]
        if not pivot > 0.0:
            return False
        last = min(width, n - j)
        for t in range(1, last):
            if band[j, t] != 0.0:
                factor = band[j, t] / pivot
                for k in range(t, last):
                    band[j + t, k - t] -= factor * band[j, k]
    return True


@nb.njit(cache=True, nogil=True)
def substituted(band, x):
    """Solve for the right side ``x``, in place."""
    n, width = band.shape
    for j in range(n):
        value = x[j] / band[j, 0]
        for t in range(1, min(width, n - j)):
            x[j + t] -= band[j, t] * value
    for j in range(n - 1, -1, -1):
        total = x[j]
        for t in range(1, min(width, n - j)):
            total -= band[j, t] * x[j + t]
        x[j] = total / band[j, 0]


@nb.njit(cache=True, nogil=True)
def left_over(first, second, g, count, sent, x, rest, into, away):
    """Current left at each node by potentials ``x``, into ``rest``, and what flows in and out, the last place being the ground's; heat."""
    n = sent.size
    heat = 0.0
    rest[:n] = sent
    rest[n] = 0.0
    into[:] = 0.0
    away[:] = 0.0
    for e in range(count):
        a = first[e] if first[e] >= 0 else n
        b = second[e] if second[e] >= 0 else n
        drop = (x[a] if a < n else 0.0) - (x[b] if b < n else 0.0)
        current = g[e] * drop
        heat += current * drop
        rest[a] -= current
        rest[b] += current
        if current > 0.0:
            away[a] += current
            into[b] += current
        else:
            into[a] -= current
            away[b] -= current
    rest[n] = 0.0
    return heat


@nb.njit(cache=True, nogil=True)
def grounded_current(cell, sent, row, col, diagonals, resistances, enough, flow):
    """Current through each cell of a grid, into ``flow``, when cells send current to one that is ground.

    Parameters
    ----------
    cell : (y, x) array of float64 [siemens]
        Conductance, 0 where there is no way.
    sent : (y, x) array of float64 [ampere]
        Current sent; that of cells without a way to the ground is lost.
    row, col : int
        The grounded cell.
    diagonals, resistances : bool
        Cells are joined by their corners too; edges have the mean resistance of their cells rather than their mean conductance.
    enough : float [1]
        Doubt at which no correction is worth its while.
    flow : (y, x) array of float64 [ampere]
        Out: the greater of what enters a cell and what leaves it.

    Returns
    -------
    residual, doubt : (float, float) [1]
        The greatest current left over at a cell over the greatest through one; the estimated error in the norm of energy over the norm
        of the solution. Infinite where elimination broke down.
    """
    flow[:] = 0.0
    number, n = reached(cell, row, col, diagonals)
    if n == 0:
        return 0.0, 0.0
    ny, nx = cell.shape
    source = np.zeros(n)
    for i in range(ny):
        for j in range(nx):
            if number[i, j] >= 0:
                source[number[i, j]] = sent[i, j]
    if not source.any():
        return 0.0, 0.0
    first, second, g, count = edges_of(cell, number, diagonals, resistances)
    width = 1
    for e in range(count):
        if first[e] >= 0 and second[e] >= 0:
            width = max(width, abs(second[e] - first[e]) + 1)
    band = np.zeros((n, width))
    for e in range(count):
        a, b = first[e], second[e]
        if a >= 0:
            band[a, 0] += g[e]
        if b >= 0:
            band[b, 0] += g[e]
        if a >= 0 and b >= 0:
            band[min(a, b), abs(b - a)] -= g[e]
    if not factorised(band):
        return np.inf, np.inf
    x = np.zeros(n)
    rest, into, away = np.empty(n + 1), np.empty(n + 1), np.empty(n + 1)
    doubt = np.inf
    for _ in range(ROUNDS):
        heat = left_over(first, second, g, count, source, x, rest, into, away)
        step = rest[:n].copy()
        substituted(band, step)
        wrong = np.dot(rest[:n], step)
        now = np.sqrt(max(wrong, 0.0) / heat) if heat > 0.0 else np.inf
        if now <= enough or (now > 0.5 * doubt and heat > 0.0):
            doubt = min(doubt, now)
            break
        doubt = now
        x += step
    left_over(first, second, g, count, source, x, rest, into, away)
    most = 0.0
    for i in range(ny):
        for j in range(nx):
            k = number[i, j]
            if k != -1:
                k = n if k == -2 else k
                flow[i, j] = max(into[k], away[k])
                most = max(most, flow[i, j])
    return (np.abs(rest[:n]).max() / most if most > 0.0 else np.inf), doubt
