"""Least accumulated cost from many cells at once, tile by tile.

A tile fits into the nearest cache. It takes up what its neighbours' rims offer, settles inside with a queue of buckets, and
wakes the neighbours whose rims it changed; tiles of one colour of a 2 x 2 chequer never touch and run side by side. Each distance ends as
the least of its neighbours' distances plus the step, whatever the order of work, so results are those of Dijkstra (1959) to the last bit,
with any number of threads.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.cost_ways import COLS, OFF, ROWS, ways_back
from shanshui.kernels.crew import processors, share

TILE = 128
_ROOM = 8
"""Places in the queue of a tile, for each of its cells; one that runs full begins again."""
_STRIDE = 1.0
"""How far the front moves before any tile is taken further, in widths of a tile of typical cells [D]: measured."""
_BUCKETS = 4096


@nb.njit(cache=True, nogil=True)
def _load(cost, level, dist, top, left, rows, cols, done, until, r, e, d, cell_of, key):
    """Copy a tile with its rim of neighbours; queue what is known and not expanded. Rim cells cannot be improved.

    Returns the number queued, their least cost, the least cost of those put off, the least resistance.
    """
    wide = cols + 2
    used = 0
    low = np.inf
    later = np.inf
    least = np.inf
    for i in range(rows + 2):
        inside = 0 < i <= rows
        for j in range(wide):
            c = i * wide + j
            r[c] = cost[top + i, left + j]
            if e is not None:
                e[c] = level[top + i, left + j]
            if not inside or j == 0 or j == wide - 1:
                d[c] = OFF
                continue
            v = dist[top + i, left + j]
            d[c] = v
            least = min(least, r[c])
            if done <= v < np.inf:
                if v < until:
                    cell_of[used] = c
                    key[used] = v
                    low = min(low, v)
                    used += 1
                else:
                    later = min(later, v)
    return used, low, later, least


@nb.njit(cache=True, nogil=True)
def _take_in(
    dist, top, left, rows, cols, sides, half, diag, limit, until, r, e, d, cell_of, key, used
):
    """Queue the cells of the rim that the neighbours' distances bring down."""
    wide = cols + 2
    low = np.inf
    later = np.inf
    for i in range(1, rows + 1):
        step = 1 if i == 1 or i == rows else max(cols - 1, 1)
        for j in range(1, wide - 1, step):
            c = i * wide + j
            best = d[c]
            for k in range(sides):
                a = i + ROWS[k]
                b = j + COLS[k]
                if 0 < a <= rows and 0 < b <= cols:
                    continue
                v = dist[top + a, left + b]
                if v < best:
                    far = v + (r[c] + r[a * wide + b]) * (half if k < 4 else diag)
                    if e is not None:
                        far += abs(e[c] - e[a * wide + b])
                    if far < best and far <= limit:
                        best = far
            if best < d[c]:
                d[c] = best
                if best < until:
                    cell_of[used] = c
                    key[used] = best
                    low = min(low, best)
                    used += 1
                else:
                    later = min(later, best)
    return used, low, later


@nb.njit(cache=True, nogil=True)
def _expand(
    r, e, d, wide, sides, half, diag, limit, low, until, width, head, cell_of, key, after, used
):
    """Expand in order of cost, bucket by bucket; the least cost put off, and whether the queue ran full."""
    inv = 1.0 / width
    last = min(np.int64((until - low) * inv), head.size - 1)
    head[: last + 1] = -1
    for q in range(used):
        b = min(np.int64((key[q] - low) * inv), last)
        after[q] = head[b]
        head[b] = q
    off = np.array([1, -1, wide, -wide, wide + 1, wide - 1, -wide + 1, -wide - 1], np.int64)
    free = np.int32(-1)
    later = np.inf
    full = False
    for slot in range(last + 1):
        while head[slot] >= 0:
            q = head[slot]
            head[slot] = after[q]
            c = np.int64(cell_of[q])
            v = key[q]
            after[q] = free
            free = q
            if v > d[c]:
                continue
            own = r[c]
            for k in range(sides):
                n = c + off[k]
                far = v + (own + r[n]) * (half if k < 4 else diag)
                if e is not None:
                    far += abs(e[c] - e[n])
                if far < d[n] and far <= limit:
                    d[n] = far
                    if far >= until:
                        later = min(later, far)
                        continue
                    if free >= 0:
                        f = free
                        free = after[f]
                    elif used < key.size:
                        f = np.int32(used)
                        used += 1
                    else:
                        full = True
                        continue
                    cell_of[f] = n
                    key[f] = far
                    b = min(np.int64((far - low) * inv), last)
                    after[f] = head[b]
                    head[b] = f
    return later, full


@nb.njit(cache=True, nogil=True)
def _hand_out(dist, top, left, rows, cols, sides, half, diag, limit, low, until, r, e, d, offered):
    """Write a tile back; the least that each of the eight neighbours may now take up."""
    wide = cols + 2
    for i in range(1, rows + 1):
        for j in range(1, wide - 1):
            dist[top + i, left + j] = d[i * wide + j]
    for i in range(1, rows + 1):
        step = 1 if i == 1 or i == rows else max(cols - 1, 1)
        for j in range(1, wide - 1, step):
            c = i * wide + j
            v = d[c]
            if v >= until or v < low:
                continue
            for k in range(sides):
                a = i + ROWS[k]
                b = j + COLS[k]
                if 0 < a <= rows and 0 < b <= cols:
                    continue
                old = dist[top + a, left + b]
                if old <= v:
                    continue
                far = v + (r[c] + r[a * wide + b]) * (half if k < 4 else diag)
                if e is not None:
                    far += abs(e[c] - e[a * wide + b])
                if far < old and far <= limit:
                    s = 0 if a < 1 else (2 if a > rows else 1)
                    t = 0 if b < 1 else (2 if b > cols else 1)
                    m = s * 3 + t
                    m = m if m < 4 else m - 1
                    offered[m] = min(offered[m], far)


@nb.njit(cache=True, nogil=True)
def _share(
    cost, level, dist, tiles, first, stride, done, until, sides, cell, limit, waiting, size, room
):
    """Settle every ``stride``-th tile of a list; ``waiting`` takes the least cost that each tile has yet to look at."""
    half = 0.5 * cell
    diag = half * np.sqrt(2.0)
    r = np.empty((size + 2) * (size + 2))
    e = None if level is None else np.empty((size + 2) * (size + 2))
    d = np.empty((size + 2) * (size + 2))
    cell_of = np.empty(room, np.int32)
    after = np.empty(room, np.int32)
    key = np.empty(room)
    head = np.empty(_BUCKETS, np.int32)
    offered = np.empty(8)
    down, across = waiting.shape
    for m in range(first, tiles.size, stride):
        p = tiles[m] // across
        q = tiles[m] % across
        rows = min(size, dist.shape[0] - 2 - p * size)
        cols = min(size, dist.shape[1] - 2 - q * size)
        top = p * size
        left = q * size
        used, low, later, least = _load(
            cost, level, dist, top, left, rows, cols, done[p, q], until, r, e, d, cell_of, key
        )
        used, other, more = _take_in(
            dist,
            top,
            left,
            rows,
            cols,
            sides,
            half,
            diag,
            limit,
            until,
            r,
            e,
            d,
            cell_of,
            key,
            used,
        )
        low = min(low, other)
        later = min(later, more)
        full = False
        if used > 0:
            width = max(least * cell, (until - low) / (_BUCKETS - 1))
            more, full = _expand(
                r,
                e,
                d,
                cols + 2,
                sides,
                half,
                diag,
                limit,
                low,
                until,
                width,
                head,
                cell_of,
                key,
                after,
                used,
            )
            later = min(later, more)
        offered[:] = np.inf
        _hand_out(
            dist, top, left, rows, cols, sides, half, diag, limit, low, until, r, e, d, offered
        )
        if full:  # begin again from what is known by now
            later = min(later, low)
            done[p, q] = min(done[p, q], low)
        else:
            done[p, q] = until
        waiting[p, q] = min(waiting[p, q], later)
        for k in range(8):
            if offered[k] < np.inf:
                place = k if k < 4 else k + 1
                a = p + place // 3 - 1
                b = q + place % 3 - 1
                if 0 <= a < down and 0 <= b < across:
                    waiting[a, b] = min(waiting[a, b], offered[k])


@nb.njit(cache=True, nogil=True)
def _frame(resistance, source, cost, dist):
    low = np.inf
    high = 0.0
    for i in range(resistance.shape[0]):
        for j in range(resistance.shape[1]):
            r = resistance[i, j]
            if not (r < np.inf):
                continue
            cost[i + 1, j + 1] = r
            low = min(low, r)
            high = max(high, r)
            if source[i, j] > 0:
                dist[i + 1, j + 1] = 0.0
    return low, high


def accumulated_cost(
    resistance: NDArray[np.floating],
    source: NDArray[np.integer],
    cell: float,
    *,
    level: NDArray[np.floating] | None = None,
    four_neighbours: bool = False,
    limit: float = np.inf,
    ways: bool = False,
    threads: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int8] | None]:
    """Least cost from the nearest source to each cell.

    Parameters
    ----------
    resistance : (y, x) array
        Above 0; NaN or inf where there is no way.
    source : (y, x) array of int
        Above 0 where a way may begin.
    cell : float [m]
        Side of a cell.
    level : (y, x) array, optional
        A step costs so much more as its two cells differ in this, known wherever a way leads.
    four_neighbours : bool
        Steps to the sides only.
    limit : float
        Cost beyond which cells are left out.
    ways : bool
        Ask for the directions back too.
    threads : int, optional
        That share the tiles; all processors by default. Results do not depend on it.

    Returns
    -------
    cost : (y, x) array of float64
        Resistance times metres: a step costs the mean of its two cells times its length. inf where no way leads.
    back : (y, x) array of int8, or None
        Direction towards the source, see ``ROWS`` and ``COLS``; -1 at sources and where no way leads.
    """
    ny, nx = resistance.shape
    crew = processors() if threads is None else threads
    room = TILE, _ROOM * TILE**2
    cost = np.full((ny + 2, nx + 2), np.inf, resistance.dtype)
    dist = np.full((ny + 2, nx + 2), np.inf)
    _frame(resistance, source, cost, dist)
    rise = None
    if level is not None:
        rise = np.zeros((ny + 2, nx + 2))
        rise[1:-1, 1:-1] = level
    down, across = -(-ny // TILE), -(-nx // TILE)
    sides = 4 if four_neighbours else 8
    padded = np.zeros((down * TILE, across * TILE), bool)
    padded[:ny, :nx] = dist[1:-1, 1:-1] == 0.0
    started = padded.reshape(down, TILE, across, TILE).any(axis=(1, 3))
    del padded
    waiting = np.where(started, 0.0, np.inf)
    done = np.full((down, across), -1.0)
    stride = _STRIDE * TILE * (cell * _typical(resistance) + _climb(level))
    while np.isfinite(waiting).any():
        until = float(waiting.min()) + stride
        while (waiting < until).any():
            for colour in range(4):
                mine = np.zeros(waiting.shape, bool)
                chequer = np.s_[colour // 2 :: 2, colour % 2 :: 2]
                mine[chequer] = waiting[chequer] < until
                tiles = np.flatnonzero(mine)
                if tiles.size == 0:
                    continue
                waiting[mine] = np.inf
                crews = min(crew, tiles.size)
                found = [np.full(waiting.shape, np.inf) for _ in range(crews)]
                share(
                    _share,
                    (
                        (
                            cost,
                            rise,
                            dist,
                            tiles,
                            k,
                            crews,
                            done,
                            until,
                            sides,
                            cell,
                            limit,
                            found[k],
                            *room,
                        )
                        for k in range(crews)
                    ),
                )
                for part in found:
                    np.minimum(waiting, part, out=waiting)
    back = None
    if ways:
        back = np.empty((ny, nx), np.int8)
        piece = -(-ny // crew)
        share(
            ways_back,
            (
                (cost, rise, dist, sides, cell, back, low, min(low + piece, ny + 1))
                for low in range(1, ny + 1, piece)
            ),
        )
    return dist[1:-1, 1:-1], back


def _typical(resistance: NDArray[np.floating]) -> float:
    """Median of a sample of the resistances."""
    sample = resistance.ravel()[:: max(resistance.size // 100_000, 1)]
    sample = sample[np.isfinite(sample) & (sample > 0)]
    return float(np.median(sample)) if sample.size else 1.0


def _climb(level: NDArray[np.floating] | None) -> float:
    """Mean difference of cells side by side, of a sample of rows."""
    if level is None:
        return 0.0
    steps = np.abs(np.diff(level[:: max(level.shape[0] // 100, 1)], axis=1))
    return float(np.mean(steps, where=np.isfinite(steps))) if np.isfinite(steps).any() else 0.0
