"""Depressions: filled by a flood from the rim, or breached along the way the flood came.

The flood is a priority flood in the form of Zhou, Sun and Fu (2016) and Wei, Zhou and Fu (2018): ground that
rises from flooded ground is final at once and never enters the queue; only cells from which the
flood could spill further do. The result does not depend on the order, so the queue may hold packed
64-bit keys: 32 bits of order-preserving height, 32 bits of cell.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

_ROW = np.array([0, 1, 1, 1, 0, -1, -1, -1], np.int64)
_COL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)


@nb.njit(cache=True, nogil=True, inline="always")
def _push(heap, size, key):
    if size == heap.size:
        grown = np.empty(heap.size * 2, heap.dtype)
        grown[:size] = heap
        heap = grown
    i = size
    while i > 0:
        up = (i - 1) >> 1
        if heap[up] <= key:
            break
        heap[i] = heap[up]
        i = up
    heap[i] = key
    return heap, size + 1


@nb.njit(cache=True, nogil=True, inline="always")
def _pop(heap, size):
    top = heap[0]
    size -= 1
    last = heap[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = last
    return top, size


@nb.njit(cache=True, nogil=True, inline="always")
def _stack_push(stack, size, value):
    if size == stack.size:
        grown = np.empty(stack.size * 2, stack.dtype)
        grown[:size] = stack
        stack = grown
    stack[size] = value
    return stack, size + 1


@nb.njit(cache=True, nogil=True)
def _rank(height: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Heights as unsigned integers in the same order."""
    bits = height.view(np.uint32)
    out = np.empty(bits.size, np.uint32)
    for i in range(bits.size):
        b = bits[i]
        out[i] = ~b if b >> np.uint32(31) else b | np.uint32(0x80000000)
    return out


@nb.njit(cache=True, nogil=True)
def _flood(water: NDArray[np.float32], ny: int, nx: int) -> None:
    """Raise every cell of ``water`` (flat, in place) to its spill level; NaN is outside."""
    n = ny * nx
    done = np.zeros(n, np.uint8)
    heap = np.empty(max(1024, 4 * (ny + nx)), np.uint64)
    size = 0
    one = np.empty(1, np.float32)
    pit = np.empty(1024, np.int64)
    rise = np.empty(1024, np.int64)
    spill = np.empty(1024, np.int64)
    # the rim: valid cells on the border of the array or beside outside
    for i in range(ny):
        for j in range(nx):
            c = i * nx + j
            if np.isnan(water[c]):
                done[c] = 1
                continue
            rim = i == 0 or j == 0 or i == ny - 1 or j == nx - 1
            if not rim:
                for k in range(8):
                    if np.isnan(water[c + _ROW[k] * nx + _COL[k]]):
                        rim = True
                        break
            if rim:
                one[0] = water[c] + np.float32(0.0)  # -0.0 becomes 0.0: one key per height
                key = (np.uint64(_rank(one)[0]) << np.uint64(32)) | np.uint64(c)
                heap, size = _push(heap, size, key)
                done[c] = 1
    while size > 0:
        key, size = _pop(heap, size)
        n_pit = 0
        pit, n_pit = _stack_push(pit, n_pit, np.int64(key & np.uint64(0xFFFFFFFF)))
        n_rise = 0
        while n_pit > 0:
            n_pit -= 1
            c = pit[n_pit]
            level = water[c]
            i = c // nx
            j = c - i * nx
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if r < 0 or s < 0 or r >= ny or s >= nx:
                    continue
                d = r * nx + s
                if done[d]:
                    continue
                done[d] = 1
                if water[d] <= level:
                    water[d] = level
                    pit, n_pit = _stack_push(pit, n_pit, d)
                else:
                    rise, n_rise = _stack_push(rise, n_rise, d)
        # climb: ground above flooded ground keeps its height
        n_spill = 0
        while n_rise > 0:
            n_rise -= 1
            c = rise[n_rise]
            level = water[c]
            i = c // nx
            j = c - i * nx
            low = False
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if r < 0 or s < 0 or r >= ny or s >= nx:
                    continue
                d = r * nx + s
                if done[d]:
                    continue
                if water[d] > level:
                    done[d] = 1
                    rise, n_rise = _stack_push(rise, n_rise, d)
                else:
                    low = True
            if low:
                spill, n_spill = _stack_push(spill, n_spill, c)
        # only cells that still look down on unflooded ground can spill
        for m in range(n_spill):
            c = spill[m]
            i = c // nx
            j = c - i * nx
            for k in range(8):
                r = i + _ROW[k]
                s = j + _COL[k]
                if r < 0 or s < 0 or r >= ny or s >= nx:
                    continue
                if not done[r * nx + s]:
                    one[0] = water[c] + np.float32(0.0)
                    key = (np.uint64(_rank(one)[0]) << np.uint64(32)) | np.uint64(c)
                    heap, size = _push(heap, size, key)
                    break


def priority_flood(height: NDArray[np.float32]) -> NDArray[np.float32]:
    """Surface without depressions: each cell at the lowest level from which water leaves.

    Parameters
    ----------
    height : (y, x) float32
        Heights; NaN is outside and drains.

    Returns
    -------
    (y, x) float32
        Never below ``height``; NaN where ``height`` is.

    Raises
    ------
    ValueError
        More cells than a 32-bit index can name.
    """
    if height.size >= 2**32:
        message = (
            f"height: {height.size} cells; a flood can name at most 4294967295: use a coarser grid"
        )
        raise ValueError(message)
    water = np.array(height, np.float32, order="C", copy=True)
    _flood(water.reshape(-1), *water.shape)
    return water


@nb.njit(cache=True, nogil=True)
def _breach(ground: NDArray[np.float32], ny: int, nx: int) -> None:
    n = ny * nx
    done = np.zeros(n, np.uint8)
    back = np.full(n, 255, np.uint8)
    heap = np.empty(max(1024, 4 * (ny + nx)), np.uint64)
    size = 0
    one = np.empty(1, np.float32)
    for i in range(ny):
        for j in range(nx):
            c = i * nx + j
            if np.isnan(ground[c]):
                done[c] = 1
                continue
            rim = i == 0 or j == 0 or i == ny - 1 or j == nx - 1
            if not rim:
                for k in range(8):
                    if np.isnan(ground[c + _ROW[k] * nx + _COL[k]]):
                        rim = True
                        break
            if rim:
                one[0] = ground[c] + np.float32(0.0)
                key = (np.uint64(_rank(one)[0]) << np.uint64(32)) | np.uint64(c)
                heap, size = _push(heap, size, key)
                done[c] = 1
    while size > 0:
        key, size = _pop(heap, size)
        at = np.int64(key & np.uint64(0xFFFFFFFF))
        row = at // nx
        col = at - row * nx
        floor = ground[at]
        sunk = back[at] != 255
        for k in range(8):
            r = row + _ROW[k]
            s = col + _COL[k]
            if r < 0 or s < 0 or r >= ny or s >= nx:
                continue
            d = r * nx + s
            if ground[d] < floor:
                sunk = False
            if done[d]:
                continue
            done[d] = 1
            back[d] = (k + 4) % 8
            one[0] = ground[d] + np.float32(0.0)
            key = (np.uint64(_rank(one)[0]) << np.uint64(32)) | np.uint64(d)
            heap, size = _push(heap, size, key)
        if sunk:  # a pit: dig back along the way the flood came
            while back[at] != 255:
                at = at + _ROW[back[at]] * nx + _COL[back[at]]
                if ground[at] <= floor:
                    break
                ground[at] = floor


def breach(height: NDArray[np.float32]) -> NDArray[np.float32]:
    """Surface without depressions: each pit drained by a trench along its cheapest way out.

    Parameters
    ----------
    height : (y, x) float32
        Heights; NaN is outside and drains.

    Returns
    -------
    (y, x) float32
        Never above ``height``; NaN where ``height`` is.

    Raises
    ------
    ValueError
        More cells than a 32-bit index can name.
    """
    if height.size >= 2**32:
        message = (
            f"height: {height.size} cells; a flood can name at most 4294967295: use a coarser grid"
        )
        raise ValueError(message)
    ground = np.array(height, np.float32, order="C", copy=True)
    _breach(ground.reshape(-1), *ground.shape)
    return ground
