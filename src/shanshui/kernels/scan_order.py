"""What the way to the stream holds back, in the order in which the field's reference scans a map: to repeat its numbers, not to believe them."""

import numba as nb
import numpy as np

from shanshui.kernels.delivery import held_back
from shanshui.kernels.multiflow import COL, ROW, _weight


@nb.njit(cache=True, nogil=True)
def retained_by_scan(code, stream, efficiency, length, cell, block, out):
    """Greatest share that the way from each cell can hold back, by blocks and seeds; NaN where unknown or never reached.

    Block after block, row by row, each cell is a seed of which a neighbour below is off the map or has no way left open, be it
    that nothing is known there or that it was made a seed itself a moment before. Seeds are worked off last first, so that some come before the
    cells below them, which then count as holding nothing; who lies above them is not worked on again.
    """
    ny, nx = code.shape
    open_ways = np.zeros(code.size, np.uint8)
    for c in range(code.size):
        v = code[c // nx, c % nx]
        for k in range(8):
            if _weight(v, k):
                open_ways[c] |= np.uint8(1 << k)
    out[:] = np.nan
    stack, top = np.empty(1024, np.int64), 0
    for i0 in range(0, ny, block):
        for j0 in range(0, nx, block):
            for i in range(i0, min(i0 + block, ny)):
                for j in range(j0, min(j0 + block, nx)):
                    c = i * nx + j
                    ways, seed = open_ways[c], False
                    for k in range(8):
                        if not ways & (1 << k):
                            continue
                        r, s = i + ROW[k], j + COL[k]
                        off = r < 0 or r >= ny or s < 0 or s >= nx
                        if off or open_ways[r * nx + s] == 0:
                            seed = True
                            ways &= np.uint8(255 - (1 << k))
                    if seed:
                        open_ways[c] = ways
                        if top == stack.size:
                            stack = np.concatenate((stack, np.empty(top, np.int64)))
                        stack[top] = c
                        top += 1
            while top > 0:
                top -= 1
                c = stack[top]
                i, j = c // nx, c % nx
                out[c] = held_back(code, stream, efficiency, length, cell, out, i, j)
                for k in range(8):
                    r, s = i + ROW[k], j + COL[k]
                    if r < 0 or r >= ny or s < 0 or s >= nx:
                        continue
                    here = np.uint8(1 << ((k + 4) % 8))
                    above = r * nx + s
                    if not open_ways[above] & here or not _weight(code[r, s], (k + 4) % 8):
                        continue
                    open_ways[above] &= np.uint8(255 - here)
                    if open_ways[above] == 0:
                        if top == stack.size:
                            stack = np.concatenate((stack, np.empty(top, np.int64)))
                        stack[top] = above
                        top += 1
    return out
