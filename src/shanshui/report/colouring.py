"""Which colour a value of a grid has on a map: of its class, or along a ramp; the same on the page, in pictures and in tiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import (
    Colormap,
    LinearSegmentedColormap,
    LogNorm,
    Normalize,
    to_hex,
)
from numpy.typing import NDArray

from shanshui.kernels.picture import class_places, ramp_places
from shanshui.report.legends import colours

USUAL_RAMP = "viridis"
STEPS = 255
"""Colours of a ramp in a picture of 256: the first is kept for what is missing."""
_INNER, _INNER_LOG = (0.02, 0.98), (0.05, 0.995)
"""Shares of the cells between which a ramp runs, of plain numbers and of magnitudes [D]: beyond them cells have the colour of its ends."""


@dataclass(frozen=True)
class Colouring:
    """Colours of the values of one grid.

    Attributes
    ----------
    classes : tuple of (int, str, str)
        Code, word and colour of each class that is there, in the order of the legend; none of a grid of numbers.
    ramp : str
        Name of the ramp of numbers.
    low, high : float [unit of the grid]
        Where the ramp begins and ends; equal where all cells have one value.
    logarithmic : bool
        Colours go by the magnitude.
    """

    classes: tuple[tuple[int, str, str], ...] = ()
    ramp: str = ""
    low: float = 0.0
    high: float = 0.0
    logarithmic: bool = False

    @property
    def one(self) -> bool:
        """All cells have the same number."""
        return not self.classes and self.low == self.high

    @cached_property
    def colormap(self) -> Colormap:
        """Of the drawing library, for numbers."""
        if not self.ramp or self.ramp in mpl.colormaps:
            return mpl.colormaps[self.ramp or USUAL_RAMP]
        return LinearSegmentedColormap.from_list(self.ramp, colours(self.ramp))

    @property
    def norm(self) -> Normalize:
        """From a number to its place on the ramp."""
        return LogNorm(self.low, self.high) if self.logarithmic else Normalize(self.low, self.high)

    def hues(self, count: int = STEPS) -> list[str]:
        """Colours along the ramp, evenly, as ``#rrggbb``."""
        if self.one:
            return [to_hex(self.colormap(0.0))] * count
        return [to_hex(self.colormap(k / max(count - 1, 1))) for k in range(count)]

    @cached_property
    def palette(self) -> NDArray[np.uint8]:
        """(256, 3) red, green, blue of each number of :meth:`places`."""
        hues = [colour for _, _, colour in self.classes] if self.classes else self.hues()
        out = np.zeros((256, 3), np.uint8)
        for at, colour in enumerate(hues[:STEPS], start=1):
            out[at] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
        return out

    def places(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Where in the palette each value stands; 0 where it is missing or of no class.

        Parameters
        ----------
        values : any shape [unit of the grid]
            NaN where missing.
        """
        plain = np.atleast_2d(np.asarray(values, np.float32))
        if self.classes:
            told = sorted((code, at) for at, (code, _, _) in enumerate(self.classes[:STEPS], 1))
            codes = np.array([code for code, _ in told], np.float32)
            found = class_places(plain, codes, np.array([at for _, at in told], np.uint8))
        else:
            found = ramp_places(plain, self.low, self.high, self.logarithmic, STEPS)
        return np.asarray(found).reshape(values.shape)


def class_colouring(values: NDArray[Any], classes: Mapping[int, tuple[str, str]]) -> Colouring:
    """Colours of the classes that are there.

    Parameters
    ----------
    values : any shape [1]
        Codes that are shown.
    classes : mapping of code to (word, colour)
        Of the legend.
    """
    there = set(np.unique(values[np.isfinite(values)]).tolist())
    return Colouring(tuple((c, *told) for c, told in classes.items() if c in there))


def ramp_colouring(
    values: NDArray[np.floating], ramp: str, *, logarithmic: bool
) -> Colouring | None:
    """Colours of numbers, along a ramp between the outer shares of them; None where there is none.

    Parameters
    ----------
    values : any shape [unit of the grid]
        That are shown; NaN where missing.
    ramp : str
        Of the drawing library, or of the classes of that name; blank for the usual one.
    logarithmic : bool
        By magnitude, where any number is above 0.
    """
    seen = values[np.isfinite(values)]
    if seen.size == 0:
        return None
    if seen.min() == seen.max():
        return Colouring(ramp=ramp, low=float(seen[0]), high=float(seen[0]))
    if logarithmic and (seen > 0).any():
        low, high = (float(q) for q in np.quantile(seen[seen > 0], _INNER_LOG))
        return Colouring((), ramp, max(low, 1e-6), max(high, low * 10, 1e-5), logarithmic=True)
    low, high = (float(q) for q in np.quantile(seen, _INNER))
    return Colouring((), ramp, low, high if high > low else low + 1)
