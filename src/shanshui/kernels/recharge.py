"""Recharge that a slope passes down to plants below, and what of it reaches the stream; one pass over the flow order each."""

import numba as nb
import numpy as np

from shanshui.kernels.multiflow import COL, ROW, _sum, _weight


@nb.njit(cache=True, nogil=True)
def recharged(
    order, code, demand, free, alpha, beta, gamma, mean, evaporated, recharge, available, received
):
    """Water balance of twelve months, from the divides down.

    ``demand`` and ``free`` are (cell, month): what plants could evaporate, and rain less quick flow. ``mean``: water from above is the
    mean of what the cells above hold, weighted by the shares in which they give; else their shares are summed.
    """
    ny, nx = code.shape
    evaporated[:] = np.nan
    recharge[:] = np.nan
    available[:] = np.nan
    received[:] = np.nan
    arrives, weight = np.zeros(recharge.size), np.zeros(recharge.size)
    for m in range(order.size):
        c = order[m]
        above = arrives[c]
        if mean and weight[c] > 0.0:
            above /= weight[c]
        used, rest = 0.0, 0.0
        for month in range(demand.shape[1]):
            want, has = np.float64(demand[c, month]), np.float64(free[c, month])
            used += min(want, has + alpha[month] * beta * above)
            rest += has + 0.0 * want
        left = rest - used
        if np.isnan(left):
            continue
        evaporated[c] = used
        recharge[c] = left
        available[c] = min(gamma * left, left)
        received[c] = above
        v = code[c // nx, c % nx]
        parts = np.float64(_sum(v))
        for k in range(8):
            p = _weight(v, k)
            if p:
                r, s = c // nx + ROW[k], c % nx + COL[k]
                if 0 <= r < ny and 0 <= s < nx:
                    n = r * nx + s
                    share = np.float64(p) if mean else p / parts
                    arrives[n] += share * (above + np.float64(available[c]))
                    weight[n] += share
    return recharge


@nb.njit(cache=True, nogil=True)
def released(order, code, stream, recharge, available, above, flow, flow_above):
    """Recharge that reaches the stream as base flow, from the outlets up: of each cell, and of all that drains through it.

    ``above`` is the recharge of a cell and of all above it. What leaves the grid reaches no stream; what leaves for missing ground does.
    """
    ny, nx = code.shape
    flow[:] = np.nan
    flow_above[:] = np.nan
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        if np.isnan(recharge[c]):
            continue
        v = code[c // nx, c % nx]
        parts, total = 0, 0.0
        for k in range(8):
            p = _weight(v, k)
            if p == 0:
                continue
            r, s = c // nx + ROW[k], c % nx + COL[k]
            parts += p
            if r < 0 or r >= ny or s < 0 or s >= nx:
                continue
            n = r * nx + s
            own, whole = np.float64(recharge[n]), above[n]
            if stream[r, s] != 0:
                total += p
            elif np.isnan(own) or np.isnan(flow_above[n]):
                continue
            elif whole != 0.0 and whole - own != 0.0:
                total += p * (1.0 - available[n] / whole) * (flow_above[n] / (whole - own))
            else:
                total += p
        if parts:
            total /= parts
        flow_above[c] = above[c] * total
        flow[c] = max(total * recharge[c], 0.0) if above[c] != 0.0 else 0.0
    return flow
