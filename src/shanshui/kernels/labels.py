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
