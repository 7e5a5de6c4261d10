"""How compact, clumped and interspersed shapes of cells are: the formulas below the landscape metrics."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

FEWEST_PATCHES = 10
"""Patches that a fractal dimension needs [S]."""


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


def farthest(points: NDArray[np.float64]) -> float:
    """Greatest distance between two points, over those of their hull."""
    if len(points) > 3:
        try:
            points = points[ConvexHull(points).vertices]
        except QhullError:
            # all in a row: the first and the last by place are its ends
            points = points[np.lexsort(points.T)[[0, -1]]]
    return float(pdist(points).max(initial=0.0))


def most_edge(cells: int, total: int, rim_cells: int, rim: int) -> int:
    """Cell sides around so many cells of a landscape, spread as widely as can be.

    Four around each cell up to half of the landscape; beyond that the rest is what is spread, first along its rim.
    """
    if 2 * cells <= total:
        return 4 * cells
    if 2 * cells <= total + rim_cells:
        return 3 * total - 2 * cells + (3 if total % 2 else 0)
    return rim + 4 * (total - cells)


def fractal_dimension(perimeter: NDArray[np.float64], area: NDArray[np.float64]) -> float:
    """Two over the slope of ln area on ln perimeter; NaN for fewer than ten patches, or patches that are all as long around."""
    p, a = np.log(perimeter), np.log(area)
    n = p.size
    if n < FEWEST_PATCHES:
        return np.nan
    spread = n * float((p * p).sum()) - float(p.sum()) ** 2
    joint = n * float((p * a).sum()) - float(p.sum()) * float(a.sum())
    return 2.0 * spread / joint if np.ptp(p) > 0 and joint else np.nan
