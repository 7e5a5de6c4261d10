"""A network whose links conduct differently in their two directions: what walkers leave over at each node, in two doubles."""

import numba as nb

from shanshui.kernels.lattice import less

_SPLIT = 134217729.0


@nb.njit(cache=True, nogil=True, inline="always")
def _product(a, b):
    """A product and what its rounding takes off (Dekker 1971), the same with and without fused operations."""
    found = a * b
    t = _SPLIT * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = _SPLIT * b
    b_high = t - (t - b)
    b_low = b - b_high
    lost = ((a_high * b_high - found) + a_high * b_low + a_low * b_high) + a_low * b_low
    return found, lost


@nb.njit(cache=True, nogil=True)
def left_over(a, b, forth, back, leak, sent, n, low, out, lost):
    """What is left at each node by occupancies in two parts, into ``out``; ``lost`` is room for what sums round off.

    Parameters
    ----------
    a, b : (edge,) arrays of int
        Ends.
    forth, back : (edge,) arrays of float64 [siemens]
        From ``a`` to ``b``, and the other way.
    leak, sent : (node,) arrays of float64 [siemens], [ampere]
        To ground; sent in.
    n, low : (node,) arrays of float64 [volt]
        Occupancies, and what rounding takes off them.
    out, lost : (node,) arrays of float64 [ampere]
        Out.
    """
    out[:] = sent
    lost[:] = 0.0
    for i in range(n.size):
        if leak[i] != 0.0:
            p, r = _product(leak[i], n[i])
            out[i], lost[i] = less(out[i], lost[i], p)
            lost[i] -= r + leak[i] * low[i]
    for e in range(a.size):
        i, j = a[e], b[e]
        for step in range(2):
            if step == 1:
                i, j = j, i
            rate = forth[e] if step == 0 else back[e]
            if rate == 0.0:
                continue
            p, r = _product(rate, n[i])
            r += rate * low[i]
            out[i], lost[i] = less(out[i], lost[i], p)
            lost[i] -= r
            out[j], lost[j] = less(out[j], lost[j], -p)
            lost[j] += r
    for i in range(n.size):
        out[i] += lost[i]


@nb.njit(cache=True, nogil=True)
def crossings(a, b, forth, back, leak, n, low, gross, into, away):
    """Current into and out of each node: all crossings where ``gross``, else the balance of each link."""
    into[:] = 0.0
    away[:] = 0.0
    for i in range(n.size):
        away[i] += leak[i] * n[i]
    for e in range(a.size):
        i, j = a[e], b[e]
        p, p_lost = _product(forth[e], n[i])
        q, q_lost = _product(back[e], n[j])
        if gross:
            away[i] += p
            into[j] += p
            away[j] += q
            into[i] += q
            continue
        net = (p - q) + ((p_lost + forth[e] * low[i]) - (q_lost + back[e] * low[j]))
        if net > 0.0:
            away[i] += net
            into[j] += net
        else:
            away[j] -= net
            into[i] -= net
