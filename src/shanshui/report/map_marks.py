"""What stands on a map beside its data: names, scale bar, north arrow."""

from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.patheffects import withStroke

from shanshui.core.voice import Voice

Bounds = tuple[float, float, float, float]
MOST_NAMES = 24
"""Rivers named on a map, the longest first."""
HALO = {"facecolor": "white", "alpha": 0.6, "linewidth": 0, "pad": 0.6}
"""Behind words on a map: outlines would turn them into shapes, and shapes need the font here."""


def course_names(ax: Any, named: gpd.GeoDataFrame, bounds: Bounds, voice: Voice) -> None:
    """Name courses along their middle, the longest first, each name once."""
    box = shapely.box(*bounds)
    longest = named.assign(length=named.length).sort_values("length", ascending=False)
    done: set[str] = set()
    for text, shape in zip(longest[voice.column(named, "name")], longest.geometry, strict=True):
        inside = shape.intersection(box)
        least = 0.06 * (bounds[2] - bounds[0])
        if not text or text in done or inside.is_empty or inside.length < least:
            continue
        done.add(text)
        at = inside.interpolate(0.5, normalized=True)
        ax.text(
            at.x,
            at.y,
            text,
            clip_on=True,
            fontsize=7,
            color="#1c4f8a",
            style="italic",
            zorder=7,
            ha="center",
        )
        if len(done) == MOST_NAMES:
            break


def place_names(ax: Any, points: gpd.GeoDataFrame, bounds: Bounds, voice: Voice) -> None:
    """Dots of places, named where the names do not lie on one another."""
    box = shapely.box(*bounds)
    taken: list[tuple[float, float]] = []
    gap = 0.035 * (bounds[2] - bounds[0])
    for text, place in zip(points[voice.column(points, "name")], points.geometry, strict=True):
        if not box.contains(place):
            continue
        ax.plot(place.x, place.y, "o", ms=3, mfc="white", mec="#222", mew=0.8, zorder=8)
        if all(abs(place.x - x) > 1.6 * gap or abs(place.y - y) > 0.6 * gap for x, y in taken):
            taken.append((place.x, place.y))
            ax.annotate(
                str(text),
                (place.x, place.y),
                xytext=(3, 3),
                textcoords="offset points",
                fontsize=6.5,
                clip_on=True,
                zorder=8,
                bbox=HALO,
            )


def scale_bar(ax: Any, bounds: Bounds, voice: Voice) -> None:
    """Draw a round length, about a fifth of the width, in the lower left corner."""
    left, bottom, right, top = bounds
    want = (right - left) / 5
    power = 10 ** np.floor(np.log10(want))
    size = power * max(m for m in (1, 2, 5) if m * power <= want)
    x, y, high = (
        left + 0.03 * (right - left),
        bottom + 0.035 * (top - bottom),
        0.008 * (top - bottom),
    )
    for k in range(2):
        ax.add_patch(
            mpl.patches.Rectangle(
                (x + k * size / 2, y),
                size / 2,
                high,
                fc="#222" if k == 0 else "white",
                ec="#222",
                lw=0.6,
                zorder=9,
            )
        )
    text = f"{size / 1000:g} {voice('km')}" if size >= 1000 else f"{size:g} m"
    ax.text(
        x + size / 2,
        y + 2.2 * high,
        text,
        fontsize=7,
        ha="center",
        zorder=9,
        bbox=HALO,
    )


def north_arrow(ax: Any, voice: Voice) -> None:
    """Draw an arrow to the north in the upper right corner."""
    ax.annotate(
        voice("north"),
        xy=(0.965, 0.975),
        xytext=(0.965, 0.9),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontsize=9,
        arrowprops={
            "arrowstyle": "-|>",
            "color": "#222",
            "lw": 1.2,
            "path_effects": [withStroke(linewidth=3, foreground="white")],
        },
        zorder=9,
        bbox=HALO,
    )
