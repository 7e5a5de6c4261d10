"""Water shared among all lower neighbours: directions, order, accumulation, streams, way to the stream.

Shares are kept as the reference model of the field keeps them, eight sixteenth-part weights in 32 bits:
4 bits for each neighbour, east first, then counter-clockwise. A filled surface is expected. Flats drain
towards the nearest of their outlets; a flat without lower ground drains off the grid.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

ROW = np.array([0, -1, -1, -1, 0, 1, 1, 1], np.int64)
COL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
DIAGONAL = 1.0 / np.sqrt(2.0)


@nb.njit(cache=True, nogil=True, inline="always")
def _pack(share, total):
    # each share is rounded by itself, as in the reference model: the eight need not sum to 15
    code = np.uint32(0)
    for k in range(8):
        code |= np.uint32(np.int64(0.5 + share[k] / total * 15.0)) << np.uint32(4 * k)
    return code


@nb.njit(cache=True, nogil=True, inline="always")
def _weight(code, k):
    return np.int64((code >> np.uint32(4 * k)) & np.uint32(15))


@nb.njit(cache=True, nogil=True, inline="always")
def _sum(code):
    total = 0
    for k in range(8):
        total += _weight(code, k)
    return total


@nb.njit(cache=True, nogil=True)
def room(queue, head, last):
    """A full queue with room again, its first and its last: what was taken is dropped, or it is made twice as long."""
    if head > last // 2:
        queue[: last - head] = queue[head:last].copy()
        return queue, 0, last - head
    grown = np.empty(2 * queue.size, queue.dtype)
    grown[:last] = queue
    return grown, head, last


@nb.njit(cache=True, nogil=True)
def _local(z, code, flats):
    """Cells with a lower neighbour; the others are counted and left 0."""
    ny, nx = z.shape
    share = np.zeros(8)
    count = 0
    for i in range(ny):
        for j in range(nx):
            h = z[i, j]
            if np.isnan(h):
                continue
            total = 0.0
            for k in range(8):
                share[k] = 0.0
                r, s = i + ROW[k], j + COL[k]
                if r < 0 or r >= ny or s < 0 or s >= nx or np.isnan(z[r, s]):
                    continue
                drop = np.float64(h) - np.float64(z[r, s])
                if drop > 0.0:
                    share[k] = drop * DIAGONAL if k & 1 else drop
                    total += share[k]
            if total > 0.0:
                code[i, j] = _pack(share, total)
            else:
                flats[count] = i * nx + j
                count += 1
    return count


@nb.njit(cache=True, nogil=True)
def _drain_flat(z, code, distance, seen, turned, root, queue, again):
    """Directions of the flat around ``root``; ``queue`` and ``again`` are room for its cells."""
    ny, nx = z.shape
    level = z[root // nx, root % nx]
    share = np.zeros(8)
    tail = 1
    queue[0] = root
    seen[root] = True
    lower = 0
    head = 0
    while head < tail:
        c = queue[head]
        head += 1
        i, j = c // nx, c % nx
        drains = code[i, j] != 0
        for k in range(8):
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx or z[r, s] != level:
                continue
            n = r * nx + s
            if not seen[n]:
                seen[n] = True
                queue[tail] = n
                tail += 1
        if drains:
            lower += 1
    last = 0
    for m in range(tail):
        c = queue[m]
        i, j = c // nx, c % nx
        if lower > 0:
            out = code[i, j] != 0
        else:
            # nothing lower anywhere: off the grid, or into missing ground
            total = 0.0
            for k in range(8):
                share[k] = 0.0
                r, s = i + ROW[k], j + COL[k]
                if r < 0 or r >= ny or s < 0 or s >= nx or np.isnan(z[r, s]):
                    share[k] = DIAGONAL if k & 1 else 1.0
                    total += share[k]
            out = total > 0.0
            if out:
                code[i, j] = _pack(share, total)
        if out:
            distance[c] = 0.0
            turned[c] = True
            again[last] = c
            last += 1
    # distance to the nearest outlet of the flat: a queue that may take a cell again
    head = 0
    while head < last:
        c = again[head]
        head += 1
        i, j = c // nx, c % nx
        for k in range(8):
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx or z[r, s] != level:
                continue
            far = distance[c] + (np.sqrt(2.0) if k & 1 else 1.0)
            n = r * nx + s
            if distance[n] > far:
                distance[n] = far
                if last == again.size:
                    again, head, last = room(again, head, last)
                again[last] = n
                last += 1
    for m in range(tail):
        c = queue[m]
        if turned[c] or distance[c] == np.inf:
            continue
        i, j = c // nx, c % nx
        total = 0.0
        for k in range(8):
            share[k] = 0.0
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx or z[r, s] != level:
                continue
            if distance[r * nx + s] < distance[c]:
                share[k] = DIAGONAL if k & 1 else 1.0
                total += share[k]
        if total > 0.0:
            code[i, j] = _pack(share, total)
    return again


@nb.njit(cache=True, nogil=True)
def _flats(z, code, flats):
    if flats.size == 0:
        return
    distance = np.full(z.size, np.inf)
    seen = np.zeros(z.size, np.bool_)
    turned = np.zeros(z.size, np.bool_)
    queue = np.empty(z.size, np.int64)
    again = np.empty(z.size + 1024, np.int64)
    for m in range(flats.size):
        if not seen[flats[m]]:
            again = _drain_flat(z, code, distance, seen, turned, flats[m], queue, again)


def shared_directions(z: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Weights of the eight neighbours of each cell of a filled surface; 0 where water goes nowhere.

    Parameters
    ----------
    z : (y, x) array [m]
        Filled heights; NaN is missing.

    Returns
    -------
    (y, x) array
        4 bits per neighbour.
    """
    code = np.zeros(z.shape, np.uint32)
    flats = np.empty(z.size, np.int64)
    count = _local(z, code, flats)
    _flats(z, code, flats[:count].copy())
    return code


@nb.njit(cache=True, nogil=True)
def _order(code, order):
    ny, nx = code.shape
    waits = np.zeros(code.size, np.uint8)
    for i in range(ny):
        for j in range(nx):
            v = code[i, j]
            if v == 0:
                continue
            for k in range(8):
                if _weight(v, k):
                    r, s = i + ROW[k], j + COL[k]
                    if 0 <= r < ny and 0 <= s < nx:
                        waits[r * nx + s] += 1
    tail = 0
    for c in range(code.size):
        if waits[c] == 0 and code[c // nx, c % nx] != 0:
            order[tail] = c
            tail += 1
    head = 0
    while head < tail:
        c = order[head]
        head += 1
        i, j = c // nx, c % nx
        v = code[i, j]
        for k in range(8):
            if _weight(v, k):
                r, s = i + ROW[k], j + COL[k]
                if 0 <= r < ny and 0 <= s < nx:
                    n = r * nx + s
                    waits[n] -= 1
                    if waits[n] == 0 and code[r, s] != 0:
                        order[tail] = n
                        tail += 1
    return tail


def flow_order(code: NDArray[np.uint32]) -> NDArray[np.signedinteger]:
    """Cells that pass water on, each after all that flow into it."""
    order = np.empty(code.size, np.dtype("int32" if code.size < 2**31 else "int64"))
    return order[: _order(code, order)]


@nb.njit(cache=True, nogil=True)
def accumulated(order, code, weight, total):
    """Weight of each cell and of all that flows into it, into ``total`` (NaN off the order; missing weights add 0)."""
    ny, nx = code.shape
    total[:] = np.nan
    for m in range(order.size):
        total[order[m]] = 0.0
    for m in range(order.size):
        c = order[m]
        w = weight[c] if weight.size > 1 else weight[0]
        if np.isnan(w):
            w = 0.0
        total[c] += w
        i, j = c // nx, c % nx
        v = code[i, j]
        parts = _sum(v)
        for k in range(8):
            p = _weight(v, k)
            if p:
                r, s = i + ROW[k], j + COL[k]
                if 0 <= r < ny and 0 <= s < nx:
                    total[r * nx + s] += total[c] * p / np.float64(parts)
    return total


@nb.njit(cache=True, nogil=True)
def streams(code, area, threshold, trace):
    """Stream cells (1) of those that water reaches (0); 255 elsewhere.

    Streams grow upward from where water leaves the grid through cells of at least ``threshold``; a gap whose cells
    hold at least ``trace`` is bridged when a stream is found above it.
    """
    ny, nx = code.shape
    out = np.full((ny, nx), np.uint8(255), np.uint8)
    queue = np.empty(code.size, np.int64)
    back = np.empty(code.size, np.int64)
    for i0 in range(ny):
        for j0 in range(nx):
            if np.isnan(area[i0, j0]) or out[i0, j0] != 255:
                continue
            out[i0, j0] = 0
            if area[i0, j0] < threshold:
                continue
            leaves = False
            for k in range(8):
                if _weight(code[i0, j0], k):
                    r, s = i0 + ROW[k], j0 + COL[k]
                    if r < 0 or r >= ny or s < 0 or s >= nx or np.isnan(area[r, s]):
                        leaves = True
            if not leaves:
                continue
            out[i0, j0] = 1
            head, tail = 0, 1
            queue[0] = i0 * nx + j0
            while head < tail:
                c = queue[head]
                head += 1
                i, j = c // nx, c % nx
                for k in range(8):
                    r, s = i + ROW[k], j + COL[k]
                    if r < 0 or r >= ny or s < 0 or s >= nx or code[r, s] == 0:
                        continue
                    if _weight(code[r, s], (k + 4) % 8) == 0 or out[r, s] == 1 or out[r, s] == 2:
                        continue
                    if area[r, s] >= threshold:
                        out[r, s] = 1
                        queue[tail] = r * nx + s
                        tail += 1
                        first, last = 0, 1
                        back[0] = r * nx + s
                        while first < last:
                            b = back[first]
                            first += 1
                            bi, bj = b // nx, b % nx
                            for q in range(8):
                                if _weight(code[bi, bj], q):
                                    p, t = bi + ROW[q], bj + COL[q]
                                    if 0 <= p < ny and 0 <= t < nx and out[p, t] == 2:
                                        out[p, t] = 1
                                        back[last] = p * nx + t
                                        last += 1
                    elif area[r, s] >= trace:
                        out[r, s] = 2
                        queue[tail] = r * nx + s
                        tail += 1
    for c in range(out.size):
        if out.flat[c] == 2:
            out.flat[c] = 0
    return out


@nb.njit(cache=True, nogil=True)
def way_to_stream(order, code, stream, weight, out):
    """Mean of the ways to the stream over shares: steps of the cell below's weight; without weights, cells.

    Written into ``out``: 0 on streams, NaN where no way leads to one.
    """
    ny, nx = code.shape
    out[:] = np.nan
    for c in range(out.size):
        if stream.flat[c] == 1:
            out[c] = 0.0
    for m in range(order.size - 1, -1, -1):
        c = order[m]
        i, j = c // nx, c % nx
        if stream[i, j] == 1:
            continue
        v = code[i, j]
        parts, total = 0, 0.0
        for k in range(8):
            p = _weight(v, k)
            if p == 0:
                continue
            r, s = i + ROW[k], j + COL[k]
            if r < 0 or r >= ny or s < 0 or s >= nx:
                continue
            n = r * nx + s
            if np.isnan(out[n]):
                continue
            if weight.size > 1:
                w = weight[n]
                if np.isnan(w):
                    w = 0.0
            else:
                w = np.sqrt(2.0) if k & 1 else 1.0
            parts += p
            total += p * (w + out[n])
        if parts:
            out[c] = total / parts
    return out
