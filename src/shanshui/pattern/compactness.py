"""How compact, clumped and interspersed shapes of cells are: the formulas below the landscape metrics."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError


def least_edge(cells: int) -> int:
    """Cell sides around the most compact shape of so many cells."""
    n = int(np.sqrt(cells))
    return 4 * n if cells == n * n else 4 * n + 2 if cells <= n * (n + 1) else 4 * n + 4


def most_alike(cells: int) -> int:
    """Sides shared within the most compact shape of so many cells."""
    n = int(np.sqrt(cells))
    rest = cells - n * n
    full = 2 * n * (n - 1)
    return full if rest == 0 else full + 2 * rest - 1 if rest <= n else full + 2 * rest - 2


def clumpy(alike: float, around: float, cells: int, share: float) -> float:
    """Sides shared beside what chance would share, in [-1, 1]: 0 at random."""
    rim = least_edge(cells)
    if around <= rim or share >= 1.0:
        return np.nan
    g = alike / (around - rim)
    return (g - share) / share if g < share < 0.5 else (g - share) / (1.0 - share)


def interspersion(edges: NDArray[np.integer], classes: int) -> float:
    """Evenness of the edges with other classes [%]; NaN for fewer than three classes."""
    if classes < 3 or edges.sum() == 0:
        return np.nan
    e = edges[edges > 0] / edges.sum()
    return 100.0 * float(-(e * np.log(e)).sum()) / float(np.log(classes - 1))


def contagion(within: NDArray[np.integer], share: NDArray[np.float64]) -> float:
    """How far classes clump, from their adjacencies counted twice [%]; NaN for one class."""
    m = share.size
    if m < 2:
        return np.nan
    total = np.maximum(within.sum(axis=1, keepdims=True), 1)
    p = share[:, None] * within / total
    p = p[p > 0]
    return 100.0 * (1.0 + float((p * np.log(p)).sum()) / (2.0 * np.log(m)))


def smallest_circle(points: NDArray[np.float64]) -> float:
    """Radius of the smallest circle around points, after Welzl (1991), over the points of their hull in a fixed order."""
    if len(points) > 3:
        try:
            points = points[ConvexHull(points).vertices]
        except QhullError:
            # all in a row: the first and the last by place are its ends
            order = np.lexsort(points.T)
            points = points[[order[0], order[-1]]]
    order = np.random.default_rng(0).permutation(len(points))
    points = points[order]
    centre, radius = points[0], 0.0
    for i in range(1, len(points)):
        if _outside(points[i], centre, radius):
            centre, radius = points[i], 0.0
            for j in range(i):
                if _outside(points[j], centre, radius):
                    centre = (points[i] + points[j]) / 2.0
                    radius = float(np.hypot(*(points[i] - centre)))
                    for k in range(j):
                        if _outside(points[k], centre, radius):
                            centre, radius = _through(points[i], points[j], points[k])
    return radius


def _outside(point: Any, centre: Any, radius: float) -> bool:
    return bool(np.hypot(*(point - centre)) > radius * (1.0 + 1e-12) + 1e-12)


def _through(a: Any, b: Any, c: Any) -> tuple[Any, float]:
    # never three in a row: the third lies outside the circles of the first two, yet between them a circle holds all
    d = 2.0 * ((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])
    p, q = ((b - a) ** 2).sum(), ((c - a) ** 2).sum()
    shift = np.array([(c - a)[1] * p - (b - a)[1] * q, (b - a)[0] * q - (c - a)[0] * p]) / d
    return a + shift, float(np.hypot(*shift))
