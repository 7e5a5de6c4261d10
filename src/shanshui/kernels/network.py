"""A network of resistors given node by node: net currents, and the balance that a solution leaves.

Neighbours of node ``n`` are ``other[start[n] : start[n + 1]]``, each edge listed at both of its ends.
"""

import numba as nb
import numpy as np

from shanshui.kernels.lattice import less


@nb.njit(cache=True, nogil=True)
def net_currents(start, other, g, ground, x, out):
    """Net current out of each node at potentials ``x``, into ``out``; the heat of all edges and grounds."""
    energy = 0.0
    for n in range(x.size):
        c = x[n]
        total = ground[n] * c
        heat = 0.0
        for e in range(start[n], start[n + 1]):
            drop = c - x[other[e]]
            total += g[e] * drop
            heat += g[e] * drop * drop
        out[n] = total
        # each edge is met twice
        energy += 0.5 * heat + ground[n] * c * c
    return energy


@nb.njit(cache=True, nogil=True)
def balance(start, other, g, ground, sent, x, low, out):
    """Current left at each node by potentials in two parts, ``x + low``, into ``out``; heat and greatest current through a node.

    As :func:`shanshui.kernels.lattice.balance`: from differences, with compensated sums.
    """
    energy = 0.0
    most = 0.0
    for n in range(x.size):
        c = x[n]
        rest = low[n]
        total = sent[n]
        lost = 0.0
        heat = 0.0
        into = 0.0
        away = 0.0
        for e in range(start[n], start[n + 1]):
            drop = (c - x[other[e]]) + (rest - low[other[e]])
            current = g[e] * drop
            total, lost = less(total, lost, current)
            heat += current * drop
            if current > 0.0:
                away += current
            else:
                into -= current
        current = ground[n] * c
        total, lost = less(total, lost, current)
        total, lost = less(total, lost, ground[n] * rest)
        if current > 0.0:
            away += current
        else:
            into -= current
        energy += 0.5 * heat + current * c
        out[n] = total + lost
        most = max(most, into, away)
    return np.float64(energy), np.float64(most)
