"""Sums and marches along the drainage tree.

One representation serves them all: the flat index of the next cell downstream (itself at an outlet, -1
outside), and the cells ordered so that each comes before the one it drains to.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.flowdir import COL_OF, OUTLET, OUTSIDE, ROW_OF


@nb.njit(cache=True, nogil=True)
def _downstream(direction, nxt):
    ny, nx = direction.shape
    for i in range(ny):
        for j in range(nx):
            c = i * nx + j
            code = direction[i, j]
            if code == OUTSIDE:
                nxt[c] = -1
                continue
            nxt[c] = c
            if code == OUTLET:
                continue
            r = i + ROW_OF[code]
            s = j + COL_OF[code]
            if 0 <= r < ny and 0 <= s < nx and direction[r, s] != OUTSIDE:
                nxt[c] = r * nx + s


def downstream(direction: NDArray[np.uint8]) -> NDArray[np.signedinteger]:
    """Flat index of the cell each cell drains to; itself at an outlet, -1 outside."""
    nxt = np.empty(direction.size, np.dtype("int32" if direction.size < 2**31 else "int64"))
    _downstream(direction, nxt)
    return nxt


@nb.njit(cache=True, nogil=True)
def _order(nxt, order):
    n = nxt.size
    inflows = np.zeros(n, np.uint8)
    for c in range(n):
        d = nxt[c]
        if d >= 0 and d != c:
            inflows[d] += 1
    tail = 0
    for c in range(n):
        if nxt[c] < 0 or inflows[c] != 0:
            continue
        # on along the stream until another joins: cells that follow each other lie near in memory
        d = c
        while True:
            order[tail] = d
            tail += 1
            inflows[d] = 255  # taken: eight inflows is the most a cell can have
            e = nxt[d]
            if e == d:
                break
            inflows[e] -= 1
            if inflows[e] != 0:
                break
            d = e
    return tail


def upstream_order(nxt: NDArray[np.signedinteger]) -> NDArray[np.signedinteger]:
    """Cells from the divides down; cells caught in a loop are left out."""
    order = np.empty(nxt.size, nxt.dtype)
    return order[: _order(nxt, order)]


@nb.njit(cache=True, nogil=True)
def accumulate(order, nxt, weight):
    """Add each cell's weight to all cells below it, in place."""
    for m in range(order.size):
        c = order[m]
        d = nxt[c]
        if d != c:
            weight[d] += weight[c]
    return weight


@nb.njit(cache=True, nogil=True)
def strahler(order, nxt, stream, rank):
    """Strahler order of stream cells, written into ``rank`` (zeros on entry)."""
    twin = np.zeros(nxt.size, np.bool_)
    for m in range(order.size):
        c = order[m]
        if not stream[c]:
            continue
        if rank[c] == 0:
            rank[c] = 1
        elif twin[c]:
            rank[c] += 1
        d = nxt[c]
        if d == c:
            continue
        if rank[c] > rank[d]:
            rank[d] = rank[c]
            twin[d] = False
        elif rank[c] == rank[d]:
            twin[d] = True
    return rank


@nb.njit(cache=True, nogil=True)
def heads_above(order, nxt, stream, count):
    """Heads of streams that each stream cell drains, written into ``count`` (zeros on entry)."""
    for m in range(order.size):
        c = order[m]
        if not stream[c]:
            continue
        if count[c] == 0:
            count[c] = 1
        d = nxt[c]
        if d != c:
            count[d] += count[c]
    return count


@nb.njit(cache=True, nogil=True)
def distance_to_outlet(order, nxt, nx, width, height):
    """Length of the flow path to the outlet, same unit as the cell sides, in 64 bits; NaN where none."""
    # steps are added one by one: in 32 bits each would be rounded to the length so far, 0.04 % after 40,000 of them
    out = np.full(nxt.size, np.nan, np.float64)
    corner = np.sqrt(width * width + height * height)
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        d = nxt[c]
        if d == c:
            out[c] = 0.0
            continue
        # by row and column: on a grid of two columns a corner is one cell on, too
        if c // nx == d // nx:
            out[c] = out[d] + width
        elif c % nx == d % nx:
            out[c] = out[d] + height
        else:
            out[c] = out[d] + corner
    return out


@nb.njit(cache=True, nogil=True)
def spread_up(order, nxt, label):
    """Give each unlabelled cell (0) the label of the cell it drains to, in place."""
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        if label[c] == 0:
            label[c] = label[nxt[c]]
    return label


@nb.njit(cache=True, nogil=True)
def longest_above(order, nxt, distance, label):
    """Greatest distance-to-outlet within each label."""
    top = 0
    for c in range(label.size):
        top = max(top, label[c])
    best = np.zeros(top + 1, np.float64)
    for m in range(order.size):
        c = order[m]
        if distance[c] > best[label[c]]:
            best[label[c]] = distance[c]
    return best


@nb.njit(cache=True, nogil=True)
def cut(order, nxt, inside, must, target):
    """Mark the cells at which a march from the divides closes a unit of about ``target`` cells.

    Where the ground gathered so far reaches the target, each tributary that alone brings half of it
    becomes a unit at its mouth; if none does, the cell itself closes one. ``must`` forces a cut.
    """
    n = nxt.size
    # cells are counted in whole numbers: a 32-bit fraction stands still at 16,777,216
    held = np.zeros(n, np.int64)
    fat = np.zeros(n, np.int64)  # what arrives by tributaries of half the target and more
    closed = np.zeros(n, np.bool_)
    big = np.zeros(n, np.bool_)
    half = 0.5 * target
    for m in range(order.size):
        c = order[m]
        total = held[c] + (1 if inside[c] else 0)
        if total >= target and fat[c] > 0:
            big[c] = True  # its large tributaries are closed below, from the tributary's side
            total -= fat[c]
        d = nxt[c]
        if must[c] or d == c or total >= target:
            closed[c] = True
            total = 0
        if not closed[c]:
            held[d] += total
            if total >= half:
                fat[d] += total
        held[c] = total
    for m in range(order.size):
        c = order[m]
        d = nxt[c]
        if d != c and not closed[c] and big[d] and held[c] >= half:
            closed[c] = True
    return closed


@nb.njit(cache=True, nogil=True)
def number(order, closed, label):
    """Number the closed cells in marching order, from 1, into ``label``; return how many."""
    count = 0
    for m in range(order.size):
        c = order[m]
        if closed[c]:
            count += 1
            label[c] = count
    return count


@nb.njit(cache=True, nogil=True)
def reaches(order, nxt, stream, ends):
    """Number the reaches between heads, joints, mouths and ``ends``; 0 off the streams."""
    n = nxt.size
    inflows = np.zeros(n, np.uint8)
    for m in range(order.size):
        c = order[m]
        if stream[c] and nxt[c] != c:
            inflows[nxt[c]] += 1
    label = np.zeros(n, np.int32)
    count = 0
    for m in range(order.size):
        c = order[m]
        if not stream[c]:
            continue
        if label[c] == 0:
            count += 1
            label[c] = count
        d = nxt[c]
        if d != c and inflows[d] == 1 and not ends[c]:
            label[d] = label[c]
    return label, count


@nb.njit(cache=True, nogil=True)
def reach_outlet(order, nxt):
    """Count of cells that reach an outlet."""
    reached = np.zeros(nxt.size, np.bool_)
    total = 0
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        if nxt[c] == c or reached[nxt[c]]:
            reached[c] = True
            total += 1
    return total
