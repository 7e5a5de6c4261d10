"""Map of the reasons why cells of a product have no value."""

from pathlib import Path

import numpy as np
import rasterio
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rasterio.windows import Window

from shanshui.core.errors import DataError
from shanshui.core.reasons import reasons
from shanshui.core.voice import Voice
from shanshui.queries.why import Lost, Why
from shanshui.region.grid import STRIP
from shanshui.report.canvas import as_png, drawing, drawn_voice
from shanshui.report.export import written_by
from shanshui.report.legends import colours
from shanshui.store.written import refuse_foreign, replaced

GROUND = "#eeeeea"
MOST = 900
"""Rows or columns of a drawn map."""


def reason_map(
    why: Why, product: str, lost: list[Lost], to: Path, voice: Voice, *, overwrite: bool = False
) -> None:
    """Write the reason of each cell.

    Parameters
    ----------
    why : Why
        The question.
    product : str
        A grid.
    lost : list of Lost
        Its reasons, the most frequent first: number 1 and on; 0 is a value.
    to : Path
        ``.tif``: numbers, with their words as category names in the tags; ``.png``: a picture with a legend.
    voice : Voice
        Of the words.
    overwrite : bool
        Replace a file that the study did not write.

    Raises
    ------
    DataError
        Another ending, or something of others there.
    """
    if to.suffix.lower() not in {".tif", ".tiff", ".png"}:
        raise DataError(
            f"--to {to}: '{to.suffix}' is no format of a map of reasons; use .tif or .png"
        )
    written = written_by(why.study)
    refuse_foreign(to, written, overwrite=overwrite)
    with replaced(to, written, overwrite=overwrite) as place:
        if to.suffix.lower() == ".png":
            _draw(why, product, lost, place, voice)
        else:
            _write(why, product, lost, place, voice)


def _order(why: Why, lost: list[Lost]) -> np.ndarray:
    """Number on the map of each cause of the walk."""
    order = np.zeros(len(why.absence.causes) + 1, np.uint16)
    for place, item in enumerate(lost, 1):
        order[why.absence.causes.index(item.cause) + 1] = place
    return order


def _words(item: Lost, voice: Voice) -> str:
    detail = f" ({item.cause.detail})" if item.cause.detail else ""
    return f"{item.cause.product}: {voice.said(reasons()[item.cause.reason])}{detail}"


def _write(why: Why, product: str, lost: list[Lost], place: Path, voice: Voice) -> None:
    grid, order = why.study.grid, _order(why, lost)
    with rasterio.open(
        place, "w", driver="GTiff", height=grid.ny, width=grid.nx, count=1, dtype="uint16",
        crs=grid.crs, transform=grid.transform, tiled=True, blockxsize=STRIP, blockysize=STRIP,
        compress="zstd", bigtiff="if_safer",
    ) as file:  # fmt: skip
        for start, stop in grid.strips(STRIP):
            numbers = why.absence.numbers(product, start, stop)
            file.write(order[numbers], 1, window=Window(0, start, grid.nx, stop - start))
        names = {str(k): _words(item, voice) for k, item in enumerate(lost, 1)}
        file.update_tags(1, **{"0": "value", **names})


def _draw(why: Why, product: str, lost: list[Lost], place: Path, voice: Voice) -> None:
    grid, order = why.study.grid, _order(why, lost)
    voice = drawn_voice(voice)
    # the most frequent first; further ones share the last
    shades = colours("reasons")
    step = max(1, -(-max(grid.shape) // MOST))
    rows = []
    for start, stop in grid.strips(STRIP):
        first = -start % step
        rows.append(order[why.absence.numbers(product, start, stop)][first::step, ::step])
    picture = np.minimum(np.concatenate(rows), len(shades))
    with drawing(voice):
        figure = Figure(figsize=(7.2, 7.2 * grid.ny / grid.nx + 0.35 + 0.22 * len(lost)))
        ax = figure.add_subplot()
        ax.imshow(
            picture,
            cmap=ListedColormap([GROUND, *shades]),
            vmin=0,
            vmax=len(shades),
            interpolation="nearest",
        )
        ax.set_axis_off()
        ax.set_title(product)
        share = {k: 100.0 * item.cells / grid.cells for k, item in enumerate(lost)}
        patches = [
            Patch(
                color=shades[min(k, len(shades) - 1)],
                label=f"{_words(item, voice)}  {share[k]:.2f} %",
            )
            for k, item in enumerate(lost)
        ]
        if patches:
            ax.legend(handles=patches, loc="upper left", bbox_to_anchor=(0.0, -0.01), frameon=False)
        as_png(figure, place)
