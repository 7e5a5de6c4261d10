"""How much of each cell a polygon covers, exactly.

Edges are walked cell by cell. Each leaves in the cells that it crosses the height it runs through and the area to its right; summed
along a row, heights tell how much of the cells between two edges lies inside, and the area mends the cells that an edge runs through.
What comes out is runs of neighbouring cells in a row that are covered by the same share: the inside of a polygon is a few long runs,
so that a cover needs memory for the cells along outlines alone.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from shanshui.kernels.crew import processors, share

ROUNDING = 1e-12
"""Share of a cell below which a cover is the rounding of edges that run along its side."""
SUMMED = 1e-10
"""How far the heights that are summed along a row may be from a whole number and mean it."""


class Runs(NamedTuple):
    """Covered cells of zones: ``first[z]`` to ``first[z + 1]`` are the runs of zone z, north to south and west to east.

    Attributes
    ----------
    first : (zones + 1,)
        Of the runs of each zone.
    row, col, size : (runs,)
        Row, first column, and cells of a run.
    share : (runs,) [1]
        Of each of its cells that lies in the zone, above 0 and at most 1.
    """

    first: NDArray[np.int64]
    row: NDArray[np.int32]
    col: NDArray[np.int32]
    size: NDArray[np.int32]
    share: NDArray[np.float64]


@nb.njit(cache=True, nogil=True)
def _in_row(a, b, high, sign, row, nx, key, rise, part, n):
    """Records of an edge from column ``a`` to ``b`` within one row, through ``high`` of it."""
    left, right = min(a, b), max(a, b)
    if left >= nx:
        return n
    base = row * nx
    if right <= 0.0:
        key[n], rise[n], part[n] = base, sign * high, sign * high
        return n + 1
    wide = right - left
    at, done = left, 0.0
    if left < 0.0:
        # west of the grid an edge is as good as along its rim
        done = high * (-left / wide)
        key[n], rise[n], part[n] = base, sign * done, sign * done
        n += 1
        at = 0.0
    c = np.int64(at)
    while c < nx:
        to = min(right, np.float64(c + 1))
        up = high if to == right else high * ((to - left) / wide)
        step = up - done
        key[n] = base + c
        rise[n] = sign * step
        part[n] = sign * step * (1.0 - 0.5 * ((at - c) + (to - c)))
        n += 1
        if to == right:
            break
        at, done = to, up
        c += 1
    return n


@nb.njit(cache=True, nogil=True)
def _edge(u0, v0, u1, v1, sign, ny, nx, key, rise, part, n):
    """Records of one edge, which runs down: ``v0 < v1``."""
    slope = (u1 - u0) / (v1 - v0)
    low, high = min(u0, u1), max(u0, u1)
    a, top = u0, v0
    if v0 < 0.0:
        a, top = min(max(u0 - v0 * slope, low), high), 0.0
    b, bottom = u1, v1
    if v1 > ny:
        b, bottom = min(max(u0 + (ny - v0) * slope, low), high), np.float64(ny)
    row = np.int64(top)
    while top < bottom:
        stop = min(np.float64(row + 1), bottom)
        to = b if stop == bottom else min(max(u0 + (stop - v0) * slope, low), high)
        n = _in_row(a, to, stop - top, sign, row, nx, key, rise, part, n)
        a, top = to, stop
        row += 1
    return n


@nb.njit(cache=True, nogil=True)
def _room(u0, v0, u1, v1, ny, nx):
    """Records that an edge needs at most."""
    if max(v0, v1) <= 0.0 or min(v0, v1) >= ny or v0 == v1:
        return 0
    rows = np.int64(min(max(v0, v1), ny)) - np.int64(max(min(v0, v1), 0.0)) + 1
    west = min(max(min(u0, u1), 0.0), np.float64(nx))
    east = min(max(u0, u1, 0.0), np.float64(nx))
    return 3 * rows + np.int64(east) - np.int64(west) + 1


@nb.njit(cache=True, nogil=True)
def _grown(old, size):
    new = np.empty(size, old.dtype)
    new[: old.size] = old
    return new


@nb.njit(cache=True, nogil=True)
def _twice_area(u, v, begin, end):
    """Twice the signed area of a ring, from its first point: far coordinates do not cancel."""
    out = 0.0
    for p in range(begin, end - 1):
        out += (u[p] - u[begin]) * (v[p + 1] - v[begin]) - (u[p + 1] - u[begin]) * (v[p] - v[begin])
    return out


@nb.njit(cache=True, nogil=True)
def _runs(u, v, ring, outer, zone, lo, hi, ny, nx):
    """Runs of zones ``lo`` to ``hi``: how many each has, row, column, size, share; and the zones' areas in cells."""
    count = np.zeros(hi - lo, np.int64)
    area = np.zeros(hi - lo, np.float64)
    row, col = np.empty(1024, np.int32), np.empty(1024, np.int32)
    size, cover = np.empty(1024, np.int32), np.empty(1024, np.float64)
    key = np.empty(1024, np.int64)
    rise, part = np.empty(1024, np.float64), np.empty(1024, np.float64)
    m = 0
    for z in range(lo, hi):
        n = 0
        for r in range(zone[z], zone[z + 1]):
            begin, end = ring[r], ring[r + 1]
            twice = _twice_area(u, v, begin, end)
            area[z - lo] += abs(twice) / 2.0 if outer[r] else -abs(twice) / 2.0
            # an outer ring counts up where it runs down on its west side, a hole the other way
            way = -1.0 if (twice > 0.0) == outer[r] else 1.0
            for p in range(begin, end - 1):
                room = _room(u[p], v[p], u[p + 1], v[p + 1], ny, nx)
                if room == 0:
                    continue
                if n + room > key.size:
                    more = 2 * (n + room)
                    key, rise, part = _grown(key, more), _grown(rise, more), _grown(part, more)
                if v[p] < v[p + 1]:
                    n = _edge(u[p], v[p], u[p + 1], v[p + 1], way, ny, nx, key, rise, part, n)
                else:
                    n = _edge(u[p + 1], v[p + 1], u[p], v[p], -way, ny, nx, key, rise, part, n)
        order = np.argsort(key[:n], kind="mergesort")
        # the share of a place that is smaller than rounding is kept all the same
        least = min(ROUNDING, 1e-6 * area[z - lo])
        started = m
        here, past, inside = np.int64(-1), 0, 0.0
        k = 0
        while k <= n:
            last = k == n
            at = np.int64(-1) if last else key[order[k]]
            i = np.int64(-1) if last else at // nx
            stop = nx if i != here else at - i * nx
            if here >= 0 and stop > past:
                whole = np.rint(inside)
                value = whole if abs(inside - whole) < SUMMED else inside
                if value > 0.0:
                    m, row, col, size, cover = _add(
                        m, started, here, past, stop - past, min(value, 1.0), row, col, size, cover
                    )
            if last:
                break
            if i != here:
                here, past, inside = i, 0, 0.0
                continue
            value = inside
            while k < n and key[order[k]] == at:
                value += part[order[k]]
                inside += rise[order[k]]
                k += 1
            past = stop + 1
            if value > least:
                value = 1.0 if value > 1.0 - ROUNDING else value
                m, row, col, size, cover = _add(
                    m, started, i, stop, 1, value, row, col, size, cover
                )
        count[z - lo] = m - started
    return count, area, row[:m].copy(), col[:m].copy(), size[:m].copy(), cover[:m].copy()


@nb.njit(cache=True, nogil=True)
def _add(m, started, i, c, cells, value, row, col, size, cover):
    """One more run, or a longer last one."""
    if m > started and row[m - 1] == i and col[m - 1] + size[m - 1] == c and cover[m - 1] == value:
        size[m - 1] += cells
        return m, row, col, size, cover
    if m == row.size:
        row, col = _grown(row, 2 * m), _grown(col, 2 * m)
        size, cover = _grown(size, 2 * m), _grown(cover, 2 * m)
    row[m], col[m], size[m], cover[m] = i, c, cells, value
    return m + 1, row, col, size, cover


def covered_runs(
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    ring: NDArray[np.int64],
    outer: NDArray[np.bool_],
    zone: NDArray[np.int64],
    shape: tuple[int, int],
    threads: int | None = None,
) -> tuple[Runs, NDArray[np.float64]]:
    """Cells that each zone covers, and by how much.

    Parameters
    ----------
    u, v : (points,) [cell]
        Columns and rows of the corners of all rings, each ring closed; 0, 0 is the outer corner of the first cell.
    ring : (rings + 1,)
        First point of each ring.
    outer : (rings,)
        False for holes. Which way a ring runs does not matter.
    zone : (zones + 1,)
        First ring of each zone. Parts of one zone do not overlap.
    shape : (int, int)
        Rows and columns of the grid; what lies beyond is left out.
    threads : int, optional
        That share the zones; all processors by default. Results do not depend on it.

    Returns
    -------
    (Runs, (zones,) [cell])
        Of each zone by itself, and its whole area, also beyond the grid.
    """
    zones = zone.size - 1
    crew = max(1, min(processors() if threads is None else threads, zones))
    cuts = cuts_by_load(ring[zone], crew)
    found: dict[int, Any] = {}

    def piece(at: int) -> None:
        found[at] = _runs(u, v, ring, outer, zone, cuts[at], cuts[at + 1], *shape)

    share(piece, ((at,) for at in range(len(cuts) - 1)))
    parts = [found[at] for at in range(len(cuts) - 1)]
    count, area, row, col, size, cover = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Runs(np.concatenate([[0], np.cumsum(count)]), row, col, size, cover), area


def cuts_by_load(load: NDArray[np.int64], crew: int) -> list[int]:
    """Where zones are parted so that each piece has about the same load, of which ``load`` is the running sum."""
    marks = load[0] + (load[-1] - load[0]) * np.arange(1, 4 * crew) / (4 * crew)
    inner = np.searchsorted(load, marks)
    return [0, *np.unique(inner[(inner > 0) & (inner < load.size - 1)]).tolist(), load.size - 1]


@nb.njit(cache=True, nogil=True)
def rescaled(runs, scale):
    """Runs whose cells have their share times ``scale`` (y, x); cells of 0 are left out."""
    zones = runs.first.size - 1
    first = np.zeros(zones + 1, np.int64)
    row, col = np.empty(1024, np.int32), np.empty(1024, np.int32)
    size, cover = np.empty(1024, np.int32), np.empty(1024, np.float64)
    m = 0
    for z in range(zones):
        started = m
        for k in range(runs.first[z], runs.first[z + 1]):
            i = runs.row[k]
            for c in range(runs.col[k], runs.col[k] + runs.size[k]):
                value = runs.share[k] * scale[i, c]
                if value > 0.0:
                    m, row, col, size, cover = _add(
                        m, started, i, c, 1, value, row, col, size, cover
                    )
        first[z + 1] = m
    return Runs(first, row[:m].copy(), col[:m].copy(), size[:m].copy(), cover[:m].copy())
