"""Places coloured by numbers, in classes whose names tell them apart."""

from math import floor, log10

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.report.legends import classes, colours

Fill = tuple[gpd.GeoDataFrame, str, str]
"""Places, colour, label."""


def step_fills(places: gpd.GeoDataFrame, value: pd.Series, legend: str) -> list[Fill]:
    """Places by number, in classes whose least numbers are the codes of a legend."""
    steps = [(int(c.code), c.colour) for c in classes(legend)]
    out = []
    for k, (low, colour) in enumerate(steps):
        high = steps[k + 1][0] if k + 1 < len(steps) else None
        part = places[((value >= low) & (value < (high or np.inf))).to_numpy()]
        if len(part):
            out.append((part, colour, f"{low}–{high - 1}" if high else f"≥ {low}"))
    return out


LEAST_PLAIN, MOST_PLAIN = 1e-9, 1e12
"""Numbers between these are written out in a legend [D]."""


def value_fills(places: gpd.GeoDataFrame, value: pd.Series, unit: str) -> list[Fill]:
    """Places by value in at most seven groups of one size, named by numbers that tell them apart."""
    known, ramp = value[np.isfinite(value)], colours("values")
    if known.empty:
        return []
    edges = np.quantile(known, np.linspace(0, 1, 8))
    # numbers that differ by rounding only are one
    _, first = np.unique([float(f"{e:.11e}") for e in edges], return_index=True)
    edges = edges[first]
    if len(edges) == 1:
        one = f"{_number_words(edges[0], 6)} {unit}".strip()
        return [(places[np.isfinite(value).to_numpy()], ramp[3], one)]
    words = edge_words(edges)
    between = " – " if edges[0] < 0 else "–"
    group = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    return [
        (
            places[(group == k) & np.isfinite(value).to_numpy()],
            ramp[k],
            f"{words[k]}{between}{words[k + 1]} {unit}".strip(),
        )
        for k in range(len(edges) - 1)
    ]


def edge_words(edges: NDArray[np.float64]) -> list[str]:
    """Edges of classes with two digits, or as many as tell each from the next.

    Parameters
    ----------
    edges : (edge) [any]
        Ascending, none twice.
    """
    for digits in range(2, 17):
        words = [_number_words(edge, digits) for edge in edges]
        if len(set(words)) == len(words):
            return words
    return [repr(float(edge)) for edge in edges]


def _number_words(value: float, digits: int) -> str:
    """Number with so many digits that count, thousands apart; powers of ten only where there are too many noughts."""
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    power = floor(log10(abs(rounded)))
    if not LEAST_PLAIN <= abs(rounded) < MOST_PLAIN:
        return f"{rounded:.{digits}g}"
    text = f"{rounded:,.{max(0, digits - 1 - power)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
