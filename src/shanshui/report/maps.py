"""One map style: shaded ground, data, lines, legend with unit and source, scale bar, north arrow."""

import warnings
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from matplotlib.colors import BoundaryNorm, LightSource, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from rasterio.enums import Resampling

from shanshui.core.terms import terms
from shanshui.core.voice import Voice
from shanshui.report.canvas import legend_text
from shanshui.report.colouring import Colouring, class_colouring, ramp_colouring
from shanshui.report.last import Last
from shanshui.report.map_marks import course_names, north_arrow, place_names, scale_bar
from shanshui.store.rasters import RasterReader
from shanshui.study.study import Study

WIDEST = 1300
"""Pixels of a grid on a map: more do not show."""


@dataclass
class MapSpec:
    """What one map shows.

    Attributes
    ----------
    product : str
        Grid to colour, or empty.
    classes : mapping of code to (word, colour)
        For grids of codes.
    fills : list of (GeoDataFrame, colour, label)
        Polygons to colour.
    lines : list of (GeoDataFrame, colour, width)
        Outlines and courses.
    courses : list of (GeoDataFrame, colour, width, label)
        Courses that stand in the legend.
    marks : list of (GeoDataFrame, colour, marker, label)
        Points that stand in the legend.
    points : GeoDataFrame or None
        Named places.
    named : GeoDataFrame or None
        Courses to be named.
    whole : bool
        Show the whole grid, not only the region with some around.
    shade : float
        How strong the ground shows through.
    source : str
        Below the map.
    title : str
        Above the legend; the product's word by default.
    ramp : str
        Colours of numbers: a ramp of the drawing library, or of ``classes.csv``.
    logarithmic : bool
        Numbers are coloured by their magnitude.
    """

    product: str = ""
    classes: dict[int, tuple[str, str]] = field(default_factory=dict)
    fills: list[tuple[gpd.GeoDataFrame, str, str]] = field(default_factory=list)
    lines: list[tuple[gpd.GeoDataFrame, str, float]] = field(default_factory=list)
    courses: list[tuple[gpd.GeoDataFrame, str, float, str]] = field(default_factory=list)
    marks: list[tuple[gpd.GeoDataFrame, str, str, str]] = field(default_factory=list)
    points: gpd.GeoDataFrame | None = None
    named: gpd.GeoDataFrame | None = None
    shade: float = 0.45
    whole: bool = False
    source: str = ""
    title: str = ""
    ramp: str = ""
    logarithmic: bool = False


def thumbnail(reader: RasterReader, codes: bool = False) -> tuple[NDArray[Any], float]:
    """Read a grid thinned to what a map can show: float with NaN, and cells per pixel.

    Only the pixels are held, whatever the size of the grid.
    """
    step = max(1, -(-max(reader.grid.shape) // WIDEST))
    shape = (-(-reader.grid.ny // step), -(-reader.grid.nx // step))
    with rasterio.open(reader.path) as file:
        how = Resampling.nearest if codes or step == 1 else Resampling.average
        values = file.read(1, out_shape=shape, resampling=how)
    out = values.astype(np.float32)
    if reader.nodata is not None and reader.dtype.kind != "f":
        out[values == reader.nodata] = np.nan
    return out, float(step)


_Backdrop = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
_BACKDROPS = Last[_Backdrop]()


def _backdrop(study: Study) -> _Backdrop:
    """Ground, region and shading of a study's maps."""
    elevation, mask = study.record("elevation").digest, study.record("region_mask").digest
    return _BACKDROPS.of(study, (elevation, mask), lambda: _shaded(study, elevation, mask))


def _shaded(study: Study, elevation: str, mask: str) -> _Backdrop:
    ground, step = thumbnail(study.objects.reader(elevation))
    inside, _ = thumbnail(study.objects.reader(mask), codes=True)
    cell = study.grid.cell_m * step
    filled = np.nan_to_num(ground, nan=float(np.nanmin(ground)))
    shade = LightSource(315, 45).hillshade(
        filled, vert_exag=_exaggeration(ground, cell), dx=cell, dy=cell
    )
    return ground, inside, shade


def view(study: Study) -> tuple[float, float, float, float]:
    """Window of a map: the region with a twentieth around it, inside the grid."""
    bounds = study.grid.bounds
    if not study.has("boundary"):
        return bounds
    box = study["boundary"].total_bounds
    around = 0.05 * max(box[2] - box[0], box[3] - box[1])
    return (
        max(bounds[0], box[0] - around),
        max(bounds[1], box[1] - around),
        min(bounds[2], box[2] + around),
        min(bounds[3], box[3] + around),
    )


def draw_map(study: Study, spec: MapSpec, voice: Voice) -> Figure:
    """Draw a map.

    Parameters
    ----------
    study : Study
        With ``elevation`` and ``region_mask`` made.
    spec : MapSpec
        What to show.
    voice : Voice
        Of the page.

    Returns
    -------
    Figure
        To be saved by ``as_svg`` or ``as_png``, within ``style``.
    """
    grid = study.grid
    frame = view(study) if not spec.whole else grid.bounds
    left, bottom, right, top = frame
    ratio = (top - bottom) / (right - left)
    width = 9.4
    figure = Figure(figsize=(width, max(3.4, min(width * ratio * 0.75 + 0.55, 11.0))), dpi=130)
    ax = figure.add_axes((0.015, 0.06, 0.75, 0.925))
    extent = (grid.bounds[0], grid.bounds[2], grid.bounds[1], grid.bounds[3])
    ground, inside, shade = _backdrop(study)
    step = -(-max(grid.shape) // WIDEST)
    ax.imshow(
        np.where(np.isfinite(ground), 0.55 + 0.45 * shade, np.nan),
        extent=extent,
        cmap="gray",
        vmin=0,
        vmax=1,
        zorder=0,
        rasterized=True,
    )
    handles: list[Any] = []
    if spec.product:
        handles = _colour(figure, ax, study, spec, extent, inside, voice)
        alpha = np.where(np.isfinite(ground) & (inside == 1), (1 - shade) * spec.shade, 0.0)
        ax.imshow(
            np.zeros_like(shade),
            extent=extent,
            cmap="gray",
            vmin=0,
            vmax=1,
            alpha=alpha,
            zorder=2,
            rasterized=True,
        )
    for part, colour, label in spec.fills:
        if len(part):
            part.plot(
                ax=ax, color=colour, linewidth=0, alpha=0.75, zorder=3, rasterized=True, aspect=None
            )
            handles.append(Patch(color=colour, label=label))
    handles += _overlay(ax, spec)
    for part, colour, thick in spec.lines:
        shapes = (
            part.boundary if set(part.geom_type) <= {"Polygon", "MultiPolygon"} else part.geometry
        )
        shapes = shapes.simplify(grid.cell_m * step)
        shapes = shapes[~shapes.is_empty]
        if len(shapes):
            shapes.plot(
                ax=ax, color=colour, linewidth=thick, zorder=4, rasterized=True, aspect=None
            )
    if spec.named is not None:
        course_names(ax, spec.named, frame, voice)
    if spec.points is not None and len(spec.points):
        place_names(ax, spec.points, frame, voice)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")
    ax.set_axis_off()
    scale_bar(ax, frame, voice)
    north_arrow(ax, voice)
    if handles:
        ncol = 1 if len(handles) <= 22 else 2
        title = spec.title or (voice.word(spec.product) if spec.product else None)
        figure.legend(
            handles=handles,
            loc="center left",
            bbox_to_anchor=(0.772, 0.5),
            frameon=False,
            fontsize=7.5,
            title=title,
            title_fontsize=8,
            ncol=ncol,
        )
    if spec.source:
        figure.text(
            0.02,
            0.015,
            f"{voice('source')}{voice('mark_colon')}{spec.source}"[:190],
            fontsize=6,
            color="#555",
        )
    if study.file.study.made_up:
        banner = {"facecolor": "white", "edgecolor": "#a02020", "linewidth": 0.6, "pad": 3}
        figure.text(
            0.03, 0.965, voice("made_up"), fontsize=8, color="#a02020", va="top", bbox=banner
        )
    return figure


def _overlay(ax: Any, spec: MapSpec) -> list[Any]:
    """Draw courses and marks; what the legend says of them."""
    handles: list[Any] = []
    for part, colour, thick, label in spec.courses:
        if len(part):
            part.plot(ax=ax, color=colour, linewidth=thick, zorder=5, aspect=None)
            handles.append(Line2D([], [], color=colour, linewidth=thick, label=label))
    for part, colour, marker, label in spec.marks:
        if len(part):
            x, y = part.geometry.x, part.geometry.y
            ax.scatter(
                x, y, s=16, c=colour, marker=marker, edgecolors="white", linewidths=0.5, zorder=6
            )
            handles.append(
                Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5, label=label)
            )
    return handles


def _exaggeration(ground: NDArray[np.float32], cell: float) -> float:
    """Coarse cells look flat: raise the shading until mean gradients read as slopes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = float(np.nanmean(np.abs(np.diff(ground, axis=1)))) / cell
    return float(np.clip(0.22 / max(mean, 1e-6), 0.5, 20.0))


def _colour(
    figure: Figure,
    ax: Any,
    study: Study,
    spec: MapSpec,
    extent: Any,
    inside: NDArray[Any],
    voice: Voice,
) -> list[Any]:
    reader = study.objects.reader(study.record(spec.product).digest)
    values, _ = thumbnail(reader, bool(spec.classes))
    values = np.where(inside == 1, values, np.nan)
    found = colouring(values, spec)
    if found is None:
        return []
    if found.classes or found.one:
        place = found.places(values)
        ax.imshow(
            np.where(place > 0, place - 1.0, np.nan),
            extent=extent,
            cmap=ListedColormap([c for _, _, c in found.classes] or found.hues(1)),
            norm=BoundaryNorm(
                np.arange(max(len(found.classes), 1) + 1) - 0.5, max(len(found.classes), 1)
            ),
            interpolation="nearest",
            zorder=1,
            rasterized=True,
        )
        if found.one:
            said = voice("everywhere", value=voice.figure(found.low))
            return [Patch(color=found.hues(1)[0], label=said)]
        # codes that share a word share a line of the legend
        legend = {legend_text(word): colour for _, word, colour in found.classes}
        return [Patch(color=colour, label=label) for label, colour in legend.items()]
    if found.logarithmic:
        values = np.where(np.isnan(values) | (values > 0), values, found.low)
    image = ax.imshow(
        values,
        extent=extent,
        cmap=found.colormap,
        norm=found.norm,
        zorder=1,
        rasterized=True,
    )
    bar = figure.add_axes((0.79, 0.25, 0.018, 0.5))
    scale = "{x:g}" if found.logarithmic else None
    figure.colorbar(image, cax=bar, extend="both", format=scale)
    if scale:
        bar.yaxis.set_minor_formatter("")
    unit = terms()[spec.product].unit if spec.product in terms() else ""
    unit = voice.unit(unit)
    bar.set_title(
        voice.word(spec.product) + (f"\n({unit})" if unit else ""), fontsize=8, loc="left", pad=8
    )
    bar.tick_params(labelsize=7.5)
    return []


def colouring(values: NDArray[Any], spec: MapSpec) -> Colouring | None:
    """Colours of the grid of a map, from the values that it shows; None where there are none."""
    if spec.classes:
        found = class_colouring(values, spec.classes)
        return found if found.classes else None
    return ramp_colouring(values, spec.ramp, logarithmic=spec.logarithmic)
