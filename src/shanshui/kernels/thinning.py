"""Thin a shape down to what holds it together, and other walks over the pixels of a shape."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

# around a pixel, counter-clockwise from the east; even places share a side
_ROW = np.array([0, -1, -1, -1, 0, 1, 1, 1], np.int64)
_COL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)
_SHAPE, _ANCHOR, _SIMPLE_BIT, _QUEUED = 1, 2, 4, 8


def _simple_table(eight: bool) -> NDArray[np.bool_]:
    """Whether a pixel can go without joining or parting anything, by its neighbours' bits: Yokoi's number is 1."""
    table = np.zeros(256, bool)
    for code in range(256):
        x = [(code >> k) & 1 for k in range(8)]
        if eight:
            x = [1 - v for v in x]
        number = sum(x[k] - x[k] * x[k + 1] * x[(k + 2) % 8] for k in (0, 2, 4, 6))
        table[code] = number == 1
    return table


_SIMPLE = {True: _simple_table(True), False: _simple_table(False)}


@nb.njit(cache=True, nogil=True)
def _around(state, i, j, bit):
    """Neighbours that have a bit, as a number of eight bits."""
    ny, nx = state.shape
    code = 0
    for n in range(8):
        r = i + _ROW[n]
        s = j + _COL[n]
        if 0 <= r < ny and 0 <= s < nx and state[r, s] & bit:
            code |= 1 << n
    return code


@nb.njit(cache=True, nogil=True)
def _refresh(state, i, j, simple):
    """Write whether a pixel is simple now."""
    held = state[i, j] & (255 - _SIMPLE_BIT)
    if held & _SHAPE and not held & _ANCHOR and simple[_around(state, i, j, _SHAPE)]:
        held |= _SIMPLE_BIT
    state[i, j] = held


@nb.njit(cache=True, nogil=True)
def _free(state, i, j, simple):
    """Whether a simple pixel stays simple whichever of its simple neighbours goes first."""
    if not state[i, j] & _SIMPLE_BIT:
        return False
    here = _around(state, i, j, _SHAPE)
    other = _around(state, i, j, _SIMPLE_BIT)
    for n in range(8):
        if other >> n & 1 and not simple[here & ~(1 << n)]:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def _queue_near(state, c, queue, tail):
    """Queue the simple pixels that a deletion may have freed: those at most two steps away."""
    ny, nx = state.shape
    i = c // nx
    j = c % nx
    for r in range(max(i - 2, 0), min(i + 3, ny)):
        for s in range(max(j - 2, 0), min(j + 3, nx)):
            if state[r, s] & _SIMPLE_BIT and not state[r, s] & _QUEUED:
                state[r, s] |= _QUEUED
                queue[tail] = r * nx + s
                tail += 1
    return tail


@nb.njit(cache=True, nogil=True)
def _room(queue, tail):
    """The same queue with room for the 25 cells around one more pixel."""
    if tail + 25 <= queue.size:
        return queue
    more = np.empty(2 * queue.size + 25, queue.dtype)
    more[:tail] = queue[:tail]
    return more


@nb.njit(cache=True, nogil=True)
def _thin(state, simple, empty):
    ny, nx = state.shape
    for i in range(ny):
        for j in range(nx):
            _refresh(state, i, j, simple)
    tail = 0
    for i in range(ny):
        for j in range(nx):
            if _free(state, i, j, simple):
                tail += 1
    gone = np.empty(tail, empty.dtype)
    tail = 0
    for i in range(ny):
        for j in range(nx):
            if _free(state, i, j, simple):
                gone[tail] = i * nx + j
                tail += 1
    while gone.size > 0:
        for c in gone:
            state[c // nx, c % nx] = 0
        queue = np.empty(gone.size + 25, empty.dtype)
        tail = 0
        for c in gone:
            i = c // nx
            j = c % nx
            for n in range(8):
                r = i + _ROW[n]
                s = j + _COL[n]
                if 0 <= r < ny and 0 <= s < nx:
                    _refresh(state, r, s, simple)
        for c in gone:
            queue = _room(queue, tail)
            tail = _queue_near(state, c, queue, tail)
        kept = 0
        for m in range(tail):
            c = queue[m]
            state[c // nx, c % nx] &= 255 - _QUEUED
            if _free(state, c // nx, c % nx, simple):
                queue[kept] = c
                kept += 1
        gone = queue[:kept].copy()


def skeleton(shape: NDArray[np.bool_], anchor: NDArray[np.bool_], eight: bool) -> NDArray[np.bool_]:
    """What is left of a shape when every pixel is taken off that holds nothing together, in no order.

    Parameters
    ----------
    shape : (y, x) array of bool
        The shape.
    anchor : (y, x) array of bool
        Pixels of the shape that stay.
    eight : bool
        The shape holds together by corners too.

    Returns
    -------
    (y, x) array of bool
        As many parts and holes as the shape, where the anchor is not the only reason for them.

    Notes
    -----
    A pixel is simple if taking it off neither joins nor parts anything. Round by round all those simple pixels go at once that stay simple
    whichever of their simple neighbours goes: of two that can only go one after the other both stay, so the result has no direction, and lines
    may be two pixels wide. After Ranwez and Soille (2002).
    """
    state = shape.astype(np.uint8)
    state[anchor] |= _ANCHOR
    _thin(state, _SIMPLE[eight], np.empty(0, np.int32 if shape.size < 2**31 else np.int64))
    return np.asarray((state & _SHAPE).view(np.bool_))


@nb.njit(cache=True, nogil=True)
def line_kinds(line, cores, eight, bridge, loop, kind):
    """Write into ``kind`` whether the line of each pixel is a bridge, which leaves one core and comes to another, or a loop.

    A core is met by the neighbours that hold the foreground together; one pixel cannot both leave and come.
    """
    ny, nx = line.shape
    stack = np.empty(1024, np.int64)
    for i in range(ny):
        for j in range(nx):
            if not line[i, j] or kind[i, j] != 0:
                continue
            first = 0
            several = False
            met = 0
            # once around with a mark of its own, so that the verdict can be written in a second walk
            for code in (1, 0):
                top = 1
                stack[0] = i * nx + j
                verdict = bridge if several and met > 1 else loop
                write = 1 if code == 1 else verdict
                kind[i, j] = write
                while top > 0:
                    top -= 1
                    a = stack[top] // nx
                    b = stack[top] % nx
                    touches = False
                    if top + 8 > stack.size:
                        more = np.empty(2 * stack.size, np.int64)
                        more[:top] = stack[:top]
                        stack = more
                    for n in range(8):
                        if not eight and n % 2 == 1:
                            continue
                        r = a + _ROW[n]
                        s = b + _COL[n]
                        if not (0 <= r < ny and 0 <= s < nx):
                            continue
                        if cores[r, s] > 0:
                            touches = True
                            several |= first != 0 and first != cores[r, s]
                            first = cores[r, s]
                        elif line[r, s] and kind[r, s] == 1 - code:
                            kind[r, s] = write
                            stack[top] = r * nx + s
                            top += 1
                    if code == 1 and touches:
                        met += 1


@nb.njit(cache=True, nogil=True)
def grow(kind, room, steps, eight):
    """Spread codes over the room around them, so many steps; where two come at once the lower stays."""
    ny, nx = kind.shape
    front = np.flatnonzero(kind)
    for _ in range(steps):
        later = np.empty(8 * front.size, np.int64)
        came = np.empty(8 * front.size, kind.dtype)
        tail = 0
        for c in front:
            i = c // nx
            j = c % nx
            for n in range(8):
                if not eight and n % 2 == 1:
                    continue
                r = i + _ROW[n]
                s = j + _COL[n]
                if 0 <= r < ny and 0 <= s < nx and room[r, s] and kind[r, s] == 0:
                    later[tail] = r * nx + s
                    came[tail] = kind[i, j]
                    tail += 1
        kept = 0
        for m in range(tail):
            i = later[m] // nx
            j = later[m] % nx
            if kind[i, j] == 0:
                later[kept] = later[m]
                kept += 1
                kind[i, j] = came[m]
            else:
                kind[i, j] = min(kind[i, j], came[m])
        front = later[:kept]
