"""Sums, extremes and class counts per label, and which labels touch."""

import numba as nb
import numpy as np
from numpy.typing import NDArray


@nb.njit(cache=True, nogil=True)
def label_statistics(label, value, labels):
    """Count, sum, least and greatest of the present values of labels 1 to ``labels``."""
    # one pass in the order of cells, in 64 bits: the sum of a label never depends on threads
    count = np.zeros(labels + 1, np.int64)
    total = np.zeros(labels + 1, np.float64)
    low = np.full(labels + 1, np.inf)
    high = np.full(labels + 1, -np.inf)
    for c in range(label.size):
        u = label[c]
        v = value[c]
        if u <= 0 or np.isnan(v):
            continue
        count[u] += 1
        total[u] += v
        low[u] = min(low[u], v)
        high[u] = max(high[u], v)
    return count, total, low, high


@nb.njit(cache=True, nogil=True)
def label_sizes(label, labels):
    """Cells of labels 0 to ``labels``."""
    count = np.zeros(labels + 1, np.int64)
    for c in range(label.size):
        count[max(label[c], 0)] += 1
    return count


@nb.njit(cache=True, nogil=True)
def label_class_counts(label, code, labels, classes):
    """Cells of each class 0 to ``classes - 1`` in each label; other codes are left out."""
    count = np.zeros((labels + 1, classes), np.int64)
    for c in range(label.size):
        u = label[c]
        k = code[c]
        if u > 0 and 0 <= k < classes:
            count[u, k] += 1
    return count


@nb.njit(cache=True, nogil=True)
def _touching(label, pairs, write):
    ny, nx = label.shape
    tail = 0
    for i in range(ny):
        for j in range(nx):
            a = label[i, j]
            if a <= 0:
                continue
            for k in range(2):
                r = i + k
                s = j + 1 - k
                if r >= ny or s >= nx:
                    continue
                b = label[r, s]
                if b <= 0 or b == a:
                    continue
                if write:
                    pairs[tail, 0] = min(a, b)
                    pairs[tail, 1] = max(a, b)
                tail += 1
    return tail


def label_borders(label: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of labels that share cell sides, the smaller first, and how many sides."""
    none = np.empty((0, 2), np.int64)
    pairs = np.empty((_touching(label, none, False), 2), np.int64)
    _touching(label, pairs, True)
    if pairs.size == 0:
        return none, np.empty(0, np.int64)
    top = int(pairs.max()) + 1
    key, sides = np.unique(pairs[:, 0] * top + pairs[:, 1], return_counts=True)
    return np.stack([key // top, key % top], axis=1), sides


@nb.njit(cache=True, nogil=True)
def relabel(label, target, out):
    """Replace each label by ``target[label]``; negative labels become 0."""
    for c in range(label.size):
        u = label[c]
        out[c] = target[u] if u >= 0 else 0
    return out


@nb.njit(cache=True, nogil=True)
def _near(label, down, right, square, found):
    """Least square of a distance between each pair of labels, over half of the disc around each cell at the side of its label."""
    ny, nx = label.shape
    top = np.int64(label.max()) + 1
    for i in range(ny):
        for j in range(nx):
            a = label[i, j]
            if a <= 0:
                continue
            inner = True
            for r in range(i - 1, i + 2):
                for s in range(j - 1, j + 2):
                    if not (0 <= r < ny and 0 <= s < nx) or label[r, s] != a:
                        inner = False
            if inner:
                continue
            for k in range(square.size):
                r = i + down[k]
                s = j + right[k]
                if r >= ny or s < 0 or s >= nx:
                    continue
                b = label[r, s]
                if b <= 0 or b == a:
                    continue
                key = min(a, b) * top + max(a, b)
                if key not in found or square[k] < found[key]:
                    found[key] = square[k]


def labels_within(
    label: NDArray[np.integer], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pairs of labels whose nearest cells lie within reach, the smaller first, and how far they are [cell], between centres."""
    w = int(reach)
    down, right = (v.ravel() for v in np.mgrid[0 : w + 1, -w : w + 1])
    kept = (down**2 + right**2 <= reach**2) & ((down > 0) | (right > 0))
    down, right = down[kept], right[kept]
    found = nb.typed.Dict.empty(nb.int64, nb.int64)
    _near(np.ascontiguousarray(label, np.int64), down, right, down**2 + right**2, found)
    key = np.fromiter(found.keys(), np.int64, len(found))
    square = np.fromiter(found.values(), np.int64, len(found))
    order = np.argsort(key)
    top = int(label.max(initial=0)) + 1
    pairs = np.stack([key[order] // top, key[order] % top], axis=1)
    return pairs, np.sqrt(square[order].astype(np.float64))
