"""Names of points on a chart, where they do not lie on one another."""

from collections.abc import Iterable
from typing import Any

from shanshui.report.canvas import width_of

PLACES = tuple((aside, up) for far in (1, 3, 5, 7) for aside in (1, -1, 0) for up in (far, -far))
"""Where a name may stand beside its point, in the order of liking: to the right, to the left or above it; up and down by half lines."""
GAP = 4.0
"""From a point to its name, in points [D]."""
LETTER, LINE = 0.62, 1.4
"""Width of a letter and height of a line, in sizes of the letters [D]."""
Box = tuple[float, float, float, float]


def name_points(
    ax: Any, x: Iterable[float], y: Iterable[float], names: Iterable[str], size: float
) -> None:
    """Write names beside points; axes must have their limits. One that fits nowhere stands in its first place.

    Parameters
    ----------
    ax : Axes
        Of the chart.
    x, y : (point) [any]
        Where the points are, as the axes count.
    names : (point)
        What is written.
    size : float
        Of the letters, in points.
    """
    scale = 72.0 / ax.figure.dpi
    points = list(zip(x, y, names, strict=True))
    spots = [tuple(scale * v for v in ax.transData.transform((a, b))) for a, b, _ in points]
    taken: list[Box] = [(u - 3, v - 3, u + 3, v + 3) for u, v in spots]
    for (a, b, name), (u, v) in zip(points, spots, strict=True):
        wide = LETTER * size * width_of(name)
        boxes = [_box(u, v, wide, size, place) for place in PLACES]
        free = next((k for k, box in enumerate(boxes) if not any(_meet(box, t) for t in taken)), 0)
        taken.append(boxes[free])
        left, low, _, top = boxes[free]
        ax.annotate(
            name, (a, b), xytext=(left - u, (low + top) / 2 - v), textcoords="offset points", fontsize=size, va="center",
        )  # fmt: skip


def _box(u: float, v: float, wide: float, size: float, place: tuple[int, int]) -> Box:
    aside, up = place
    left = u + GAP if aside > 0 else u - GAP - wide if aside < 0 else u - wide / 2
    high = LINE * size
    low = v + up * high / 2 - high / 2 + (GAP if aside == 0 else 0) * (1 if up > 0 else -1)
    return left, low, left + wide, low + high


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
