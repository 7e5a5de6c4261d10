"""What water carries down the slope: sediment that settles, nutrients that are held back; one pass over the flow order each."""

import numba as nb
import numpy as np

from shanshui.kernels.multiflow import COL, ROW, _sum, _weight


@nb.njit(cache=True, nogil=True)
def deposited(order, code, ratio, loss, trapped, passing):
    """Sediment that leaves each cell's own slope but not the land: where it stays, and what passes on.

    ``ratio`` is the delivery ratio with 1 on streams; ``loss`` what each cell sheds without delivering it.
    """
    ny, nx = code.shape
    trapped[:] = np.nan
    passing[:] = np.nan
    arrives = np.zeros(trapped.size)
    for m in range(order.size):
        c = order[m]
        i, j = c // nx, c % nx
        v = code[i, j]
        own = np.float64(ratio[c])
        below, parts = 0.0, 0
        for k in range(8):
            p = _weight(v, k)
            if p == 0:
                continue
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx:
                continue
            parts += p
            d = ratio[r * nx + s]
            if not np.isnan(d):
                below += p * (1.0 if d == 0.0 else np.float64(d))
        if np.isnan(own) or np.isnan(loss[c]):
            continue
        if parts:
            below /= parts
        below = max(below, own)
        keeps = 1.0 if own == 1.0 else (below - own) / (1.0 - own)
        trapped[c] = max(keeps * arrives[c], 0.0)
        goes = max((1.0 - keeps) * arrives[c] + loss[c], 0.0)
        passing[c] = goes
        all_parts = _sum(v)
        for k in range(8):
            p = _weight(v, k)
            if p:
                r, s = i + ROW[k], j + COL[k]
                if 0 <= r < ny and 0 <= s < nx:
                    arrives[r * nx + s] += goes * p / np.float64(all_parts)
    return trapped


@nb.njit(cache=True, nogil=True)
def held_back(code, stream, efficiency, length, cell, out, i, j):
    """Share of one cell, from what is known of those below it at this moment."""
    ny, nx = code.shape
    c = i * nx + j
    if stream[i, j] == 1:
        return 0.0
    own, far = np.float64(efficiency[c]), np.float64(length[c])
    if np.isnan(own) or np.isnan(far):
        return np.nan
    v, total, parts = code[i, j], 0.0, 0
    for k in range(8):
        p = _weight(v, k)
        if p == 0:
            continue
        parts += p
        r, s = i + ROW[k], j + COL[k]
        if r < 0 or r >= ny or s < 0 or s >= nx:
            continue
        below = np.float64(out[r * nx + s])
        if np.isnan(below):
            continue
        # 5: over its own length a kind of ground reaches 99.3 % of what it can hold
        step = np.exp(-5.0 * cell * (np.sqrt(2.0) if k & 1 else 1.0) / far) if far > 0 else 0.0
        if below == 0.0:
            held = own * (1.0 - step)
        elif own > below:
            held = below * step + own * (1.0 - step)
        else:
            held = below
        total += held * p
    return total / parts


@nb.njit(cache=True, nogil=True)
def retained(order, code, stream, efficiency, length, cell, out):
    """Greatest share of a nutrient that the way from each cell to the stream can hold back; NaN where unknown."""
    nx = code.shape[1]
    out[:] = np.nan
    for c in range(out.size):
        if stream.flat[c] == 1:
            out[c] = 0.0
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        i, j = c // nx, c % nx
        if stream[i, j] == 1:
            continue
        out[c] = held_back(code, stream, efficiency, length, cell, out, i, j)
    return out
