"""Charts of the survey."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from shanshui.core.voice import Voice
from shanshui.report.legends import colours

GREEN, BROWN, BLUE = "#4d7c5a", "#a2764a", "#3f6f9f"


def hypsometry_chart(table: pd.DataFrame, voice: Voice) -> Figure:
    """Area by height, and the share of the region above each height."""
    figure = Figure(figsize=(8.2, 3.6), dpi=140)
    ax = figure.add_axes((0.09, 0.14, 0.86, 0.68))
    middle = 0.5 * (table["from_m"] + table["to_m"])
    ax.barh(
        middle,
        table["area_km2"],
        height=(table["to_m"] - table["from_m"]) * 0.92,
        color=BROWN,
        alpha=0.75,
    )
    ax.set_xlabel(voice("area_axis"))
    ax.set_ylabel(voice("height"))
    top = ax.twiny()
    top.plot(100 * table["share_above"], table["from_m"], color=BLUE, lw=1.8)
    top.set_xlim(0, 100)
    top.set_xlabel(voice("share_above") + " (%)", color=BLUE, fontsize=8)
    top.tick_params(labelsize=7.5)
    top.spines["top"].set_visible(True)
    return figure


def slope_chart(shares: pd.DataFrame, limits: tuple[float, ...], voice: Voice) -> Figure:
    """Slope classes by river basin, as stacked shares.

    Parameters
    ----------
    shares : (basin, class) DataFrame [1]
        Rows named by river basin.
    limits : tuple of float [degree]
        Upper limits of the classes.
    voice : Voice
        Of the page.

    Returns
    -------
    Figure
        One bar per basin.
    """
    figure = Figure(figsize=(8.2, 0.9 + 0.38 * len(shares)), dpi=140)
    ax = figure.add_axes(
        (0.27, 0.34 if len(shares) < 4 else 0.2, 0.7, 0.6 if len(shares) < 4 else 0.74)
    )
    edges, ramp = [0.0, *limits], colours("slope_shares")
    start = np.zeros(len(shares))
    place = np.arange(len(shares))[::-1]
    for k, column in enumerate(shares.columns):
        label = f"{edges[k]:g}–{edges[k + 1]:g}°" if k + 1 < len(edges) else f"> {edges[-1]:g}°"
        ax.barh(
            place,
            100 * shares[column],
            left=start,
            color=ramp[min(k, len(ramp) - 1)],
            label=label,
            height=0.75,
        )
        start = start + 100 * shares[column].to_numpy()
    ax.set_yticks(place, list(shares.index), fontsize=7.5)
    ax.set_xlim(0, 100)
    ax.set_xlabel(voice("share_of_area") + " (%)", fontsize=8)
    figure.legend(
        *ax.get_legend_handles_labels(),
        loc="lower left",
        ncol=len(shares.columns),
        fontsize=7,
        frameon=False,
        bbox_to_anchor=(0.0, -0.01),
    )
    return figure


def cover_chart(areas: pd.DataFrame, voice: Voice) -> Figure:
    """Area by land-cover class; ``areas`` has columns word, colour, area_km2, largest first."""
    figure = Figure(figsize=(8.2, 0.7 + 0.27 * len(areas)), dpi=140)
    ax = figure.add_axes((0.3, 0.16, 0.66, 0.8))
    place = np.arange(len(areas))[::-1]
    ax.barh(place, areas["area_km2"], color=list(areas["colour"]), edgecolor="#777", linewidth=0.4)
    ax.set_yticks(place, list(areas["word"]), fontsize=7.5)
    ax.set_xlabel(voice("area_axis"), fontsize=8)
    total = areas["area_km2"].sum()
    for y, value in zip(place, areas["area_km2"], strict=True):
        ax.text(value, y, f" {value / total:.1%}", va="center", fontsize=7)
    ax.margins(x=0.12)
    return figure


def unit_size_chart(area: pd.Series, voice: Voice) -> Figure:
    """How many planning units have which area."""
    figure = Figure(figsize=(8.2, 2.6), dpi=140)
    ax = figure.add_axes((0.09, 0.2, 0.88, 0.76))
    ax.hist(area, bins=40, color=GREEN, alpha=0.85)
    ax.set_xlabel(voice("area_axis"))
    ax.set_ylabel(voice("unit_sizes"))
    return figure
