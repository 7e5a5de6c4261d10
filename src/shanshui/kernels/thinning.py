"""Thin a shape down to what holds it together, and other walks over the pixels of a shape."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

# around a pixel, counter-clockwise from the east; even places share a side
_ROW = np.array([0, -1, -1, -1, 0, 1, 1, 1], np.int64)
_COL = np.array([1, 1, 0, -1, -1, -1, 0, 1], np.int64)


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
def _thin(shape, anchor, level, levels, simple):
    ny, nx = shape.shape
    count = np.zeros(levels + 1, np.int64)
    for i in range(ny):
        for j in range(nx):
            if shape[i, j] and not anchor[i, j]:
                count[min(level[i, j], levels)] += 1
    start = np.zeros(levels + 2, np.int64)
    for k in range(levels + 1):
        start[k + 1] = start[k] + count[k]
    order = np.empty(start[levels + 1], np.int64)
    fill = start[: levels + 1].copy()
    for i in range(ny):
        for j in range(nx):
            if shape[i, j] and not anchor[i, j]:
                k = min(level[i, j], levels)
                order[fill[k]] = i * nx + j
                fill[k] += 1
    # level by level and row by row within one: what stays does not depend on anything else; a pixel that held
    # something together is looked at again when a neighbour goes
    stack = np.empty(1024, np.int64)
    for k in range(levels + 1):
        for m in range(start[k], start[k + 1]):
            top = 1
            stack[0] = order[m]
            while top > 0:
                top -= 1
                i = stack[top] // nx
                j = stack[top] % nx
                if not shape[i, j] or anchor[i, j] or level[i, j] > k:
                    continue
                code = 0
                for n in range(8):
                    r = i + _ROW[n]
                    s = j + _COL[n]
                    if 0 <= r < ny and 0 <= s < nx and shape[r, s]:
                        code |= 1 << n
                if not simple[code]:
                    continue
                shape[i, j] = False
                if top + 8 > stack.size:
                    more = np.empty(2 * stack.size, np.int64)
                    more[:top] = stack[:top]
                    stack = more
                for n in range(8):
                    r = i + _ROW[n]
                    s = j + _COL[n]
                    if 0 <= r < ny and 0 <= s < nx and shape[r, s] and level[r, s] <= k:
                        stack[top] = r * nx + s
                        top += 1


def skeleton(
    shape: NDArray[np.bool_], anchor: NDArray[np.bool_], level: NDArray[np.int32], eight: bool
) -> NDArray[np.bool_]:
    """What is left of a shape when every pixel is taken off that holds nothing together.

    Parameters
    ----------
    shape : (y, x) array of bool
        The shape.
    anchor : (y, x) array of bool
        Pixels that stay.
    level : (y, x) array of int32
        Pixels of low levels go first: depth below the surface keeps the result in the middle.
    eight : bool
        The shape holds together by corners too.

    Returns
    -------
    (y, x) array of bool
        As many parts and holes as the shape, where the anchor is not the only reason for them.
    """
    out = shape.copy()
    _thin(out, anchor, level, int(level.max(initial=0)), _SIMPLE[eight])
    return out


@nb.njit(cache=True, nogil=True)
def grow(label, room, steps, eight):
    """Spread labels over the room around them, so many steps; the label that comes first, row by row, stays."""
    ny, nx = label.shape
    front = np.flatnonzero(label)
    for _ in range(steps):
        later = np.empty(8 * front.size, np.int64)
        tail = 0
        for c in front:
            i = c // nx
            j = c % nx
            for n in range(8):
                if not eight and n % 2 == 1:
                    continue
                r = i + _ROW[n]
                s = j + _COL[n]
                if 0 <= r < ny and 0 <= s < nx and room[r, s] and label[r, s] == 0:
                    label[r, s] = label[i, j]
                    later[tail] = r * nx + s
                    tail += 1
        front = later[:tail]


@nb.njit(cache=True, nogil=True)
def contacts(label, other, out):
    """Pairs of a label and a neighbouring number of ``other``, as they are met; returns how many."""
    ny, nx = label.shape
    tail = 0
    for i in range(ny):
        for j in range(nx):
            if label[i, j] == 0:
                continue
            for n in range(8):
                r = i + _ROW[n]
                s = j + _COL[n]
                if 0 <= r < ny and 0 <= s < nx and other[r, s] > 0:
                    if tail < out.shape[0]:
                        out[tail, 0] = label[i, j]
                        out[tail, 1] = other[r, s]
                        out[tail, 2] = r * nx + s
                    tail += 1
    return tail


@nb.njit(cache=True, nogil=True)
def contact_kinds(met, columns, labels):
    """For each label the number of other numbers met, at most 2, and where it is 1 the groups of touching cells, at most 2.

    ``met`` holds label, number and flat cell, sorted and each row once.
    """
    numbers = np.zeros(labels + 1, np.uint8)
    groups = np.zeros(labels + 1, np.uint8)
    a = 0
    while a < met.shape[0]:
        name = met[a, 0]
        b = a
        while b < met.shape[0] and met[b, 0] == name:
            b += 1
        if met[a, 1] != met[b - 1, 1]:
            numbers[name] = 2
        else:
            numbers[name] = 1
            # flood from the first cell over neighbours within the list
            reached = np.zeros(b - a, np.bool_)
            reached[0] = True
            found = 1
            grew = True
            while grew:
                grew = False
                for m in range(a, b):
                    if not reached[m - a]:
                        continue
                    i = met[m, 2] // columns
                    j = met[m, 2] % columns
                    for n in range(a, b):
                        if reached[n - a]:
                            continue
                        if abs(met[n, 2] // columns - i) <= 1 and abs(met[n, 2] % columns - j) <= 1:
                            reached[n - a] = True
                            found += 1
                            grew = True
            groups[name] = 1 if found == b - a else 2
        a = b
    return numbers, groups
