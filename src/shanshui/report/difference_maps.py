"""Maps of the difference of two scenarios."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from shanshui.core.errors import PlanError
from shanshui.core.voice import Voice
from shanshui.queries.comparison.answer import DIFFERS, ENTERS, LEAVES, Comparison
from shanshui.queries.comparison.sentences import scenario_word
from shanshui.region.grid import grid_of
from shanshui.report.maps import WIDEST, thumbnail
from shanshui.study.study import Study

LESS, MORE = "#67001f", "#053061"
"""Ends of the ramp of differences."""
OUTLINE_STEPS = 2000
"""Steps across the study in which outlines are drawn."""
ACROSS = 3
"""Panels side by side."""
PLAIN: dict[str, Any] = {"interpolation": "nearest", "rasterized": True}
BESIDE: dict[str, Any] = {
    "loc": "center left",
    "bbox_to_anchor": (0.82, 0.5),
    "frameon": False,
    "fontsize": 7.5,
}


def difference_map(study: Study, found: Sequence[Comparison], voice: Voice) -> Figure:
    """Maps of the difference of one product, a panel for each scenario, in one scale: red for less, blue for more.

    Parameters
    ----------
    study : Study
        With the region made.
    found : sequence of Comparison
        Of one grid; of classes that are only in or out, blue is what comes in and red what goes; of others red is what differs.
    voice : Voice
        Of the page.

    Raises
    ------
    PlanError
        Not a grid.
    """
    cells = [c.cells for c in found if c.cells is not None]
    if len(cells) < len(found) or not found:
        raise PlanError(
            f"{found[0].product if found else ''}: is no map; write the comparison as .csv, .xlsx or .json"
        )
    grid = grid_of(cells[0])
    across = min(len(found), ACROSS)
    down = -(-len(found) // across)
    width = 9.4
    panel = 0.80 * width / across
    ratio = grid.ny / grid.nx
    figure = Figure(figsize=(width, down * (panel * ratio + 0.45) + 0.2), dpi=130)
    axes = figure.subplots(down, across, squeeze=False)
    figure.subplots_adjust(left=0.015, right=0.80, bottom=0.03, top=0.93, wspace=0.03, hspace=0.15)
    classes = found[0].kind == "classes"
    shown = [_panel(c, classes) for c in found]
    norm = TwoSlopeNorm(0.0, *((-1.0, 1.0) if classes else _span(shown)))
    image = None
    for ax in axes.ravel():
        ax.set_axis_off()
    for ax, one, values in zip(axes.ravel(), found, shown, strict=False):
        _ground(ax, study)
        image = ax.imshow(values, extent=_extent(study), cmap="RdBu", norm=norm, zorder=2, **PLAIN)
        _outlines(ax, study)
        sides = {"one": scenario_word(one.one, voice), "other": scenario_word(one.other, voice)}
        # classes are no numbers, so that nothing is taken from anything
        title = voice("compare_apart" if classes else "compare_less", **sides)
        if len(found) == 1:
            title = f"{voice.word(one.product)}{voice('mark_colon')}{title}"
        ax.set_title(title, fontsize=8.5)
    if classes:
        figure.legend(handles=_class_legend(found[0], voice), **BESIDE)
    elif image is not None:
        bar = figure.add_axes((0.83, 0.22, 0.016, 0.56))
        figure.colorbar(image, cax=bar, extend="both")
        unit = str(cells[0].attrs["units"])
        bar.set_title("" if unit == "1" else unit, fontsize=8, loc="left", pad=8)
        bar.tick_params(labelsize=7.5)
    if study.file.study.made_up:
        figure.text(
            0.83,
            0.93,
            voice("made_up"),
            fontsize=7,
            color="#a02020",
            va="top",
            wrap=True,
        )
    return figure


def _panel(one: Comparison, classes: bool) -> NDArray[np.float64]:
    """Difference thinned to what a panel can show; NaN where nothing differs."""
    cells = one.cells if one.cells is not None else xr.DataArray()
    step = max(1, -(-max(cells.shape) // WIDEST))
    if not classes:
        values = cells.values[::step, ::step].astype(np.float64)
        return np.where(values == 0, np.nan, values)
    # a thinned map would lose single cells that differ
    out = np.full(tuple(-(-n // step) for n in cells.shape), np.nan)
    for sign, code in ((-1.0, LEAVES), (1.0, ENTERS), (-1.0, DIFFERS)):
        out[_any(cells.values == code, step)] = sign
    return out


def _span(shown: list[NDArray[np.float64]]) -> tuple[float, float]:
    seen = np.abs(np.concatenate([v[np.isfinite(v)] for v in shown]))
    most = float(np.quantile(seen, 0.98)) if seen.size else 1.0
    return -most, most


def _extent(study: Study) -> tuple[float, float, float, float]:
    left, bottom, right, top = study.grid.bounds
    return left, right, bottom, top


def _ground(ax: Any, study: Study) -> None:
    """Region in pale grey, on which little differences are seen."""
    inside, _ = thumbnail(study.objects.reader(study.record("region_mask").digest), codes=True)
    pale = np.where(inside == 1, 0.0, np.nan)
    ax.imshow(pale, extent=_extent(study), cmap=ListedColormap(["#ececec"]), zorder=1, **PLAIN)


def _outlines(ax: Any, study: Study) -> None:
    for name, colour, width in (("counties", "#888888", 0.3), ("boundary", "#222222", 0.7)):
        if study.has(name):
            # by what a picture can show: cells may be much wider, and outlines of neighbours would part
            left, _, right, _ = study.grid.bounds
            shapes = study[name].boundary.simplify((right - left) / OUTLINE_STEPS)
            shapes = shapes[~shapes.is_empty]
            if len(shapes):
                shapes.plot(ax=ax, color=colour, linewidth=width, zorder=3, aspect=None)
    ax.set_xlim(study.grid.bounds[0], study.grid.bounds[2])
    ax.set_ylim(study.grid.bounds[1], study.grid.bounds[3])
    ax.set_aspect("equal")


def _class_legend(one: Comparison, voice: Voice) -> list[Patch]:
    values = one.cells.values if one.cells is not None else np.empty(0)
    if np.isin(values, (ENTERS, LEAVES)).any():
        return [
            Patch(color=MORE, label=voice("compare_enters")),
            Patch(color=LESS, label=voice("compare_leaves")),
        ]
    return [Patch(color=LESS, label=voice("compare_differs"))]


def _any(marked: Any, step: int) -> Any:
    """Whether one of the cells behind a pixel is marked."""
    if step == 1:
        return marked
    rows = np.add.reduceat(marked.astype(np.int32), np.arange(0, marked.shape[0], step), axis=0)
    return np.add.reduceat(rows, np.arange(0, marked.shape[1], step), axis=1) > 0
