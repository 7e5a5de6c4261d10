"""Land use as polygons: each class laid on the study grid by the share of cells that it covers, and the class that has most."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from shanshui.collect.catalog import InputSpec
from shanshui.collect.classes import Legend, legend, legends
from shanshui.collect.gate import layers_of
from shanshui.collect.missing import Missing
from shanshui.collect.positions import cure, degrees_of
from shanshui.collect.scaling import bounds_text
from shanshui.collect.sources import Band, Frame
from shanshui.collect.tiles import VECTOR_SUFFIXES
from shanshui.collect.validity import valid
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.region.grid import GridSpec, crs_name
from shanshui.region.placed import placed, run_on
from shanshui.region.polygon_cover import cover_of

LEAST_COVERED = 0.5
"""Share of a cell that polygons must cover for it to have a class [D]."""
MOST_OVERLAP = 0.01
"""Share of the ground that may lie below two polygons, as digitising has it, before a map is refused [D]."""
_TOLD_OVERLAP = 1e-6
_NAMES = ("dlmc", "地类名称")
_ROWS = 1 << 22
"""Cells that are laid at a time [D]."""


def is_polygons(path: Path, name: str) -> bool:
    """Does a file hold shapes, and no cells?"""
    suffix = path.suffix.lower()
    if suffix not in VECTOR_SUFFIXES:
        return False
    if suffix != ".gpkg":
        return True
    try:
        return bool(layers_of(path, name))
    except ShanshuiError:
        return False  # who opens it says what is wrong


def class_polygons(
    paths: Sequence[Path], specs: Sequence[InputSpec], name: str, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Polygons of classes in the study's coordinate system, those that meet the grid only.

    Parameters
    ----------
    paths : sequence of Path
        Layers that together make the map, such as one for each county.
    specs : sequence of InputSpec
        ``columns = { class = "…" }`` names the column of the class; ``legend`` says what its words are.
    name : str
        Input, for messages.
    grid : GridSpec
        Study grid.

    Returns
    -------
    GeoDataFrame
        ``class`` (code of the legend), geometry; ``attrs``: ``legend`` (its name, None for codes that tell nothing), ``told``,
        ``source_crs``.

    Raises
    ------
    DataError
        Shapes that are no polygons, invalid ones, no column of classes, words that the legend does not have, nothing inside the study.
    """
    study = degrees_of(grid.bounds, grid.projection)
    parts, told, crs = [], [], ""
    for path, spec in zip(paths, specs, strict=True):
        frame = read_features(path, spec, name, study)
        told += frame.attrs["told"]
        kinds = set(frame.geom_type.dropna()) - {"Polygon", "MultiPolygon"}
        if kinds:
            raise DataError(
                f"{name}: {path} holds {', '.join(sorted(kinds))}; expected Polygons, or a raster"
            )
        words, head = _words(frame, name, path)
        crs = crs or frame.crs.name
        shapes = placed(valid(run_on(frame, name), spec, name, path), grid, name)[0]
        whole = gpd.GeoDataFrame(
            {"word": words, "head": head, "file": str(path)},
            geometry=shapely.force_2d(shapes.geometry.values),
            crs=grid.projection,
        )
        parts.append(whole[whole.intersects(shapely.box(*grid.bounds)).to_numpy()])
    out = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=grid.projection)
    if out.empty:
        raise DataError(
            f"{name}: {paths[0]} has nothing inside the study ({bounds_text(grid.bounds)} in {crs_name(grid.projection)}); is its crs "
            f"right?{cure(frame, frame.crs, study)}"
        )
    one, why = _legend_of(out, specs[0], name)
    told += [why] if why else []
    out["class"] = _codes(out, one, name)
    found = out[["class", "geometry"]].sort_values("class", kind="stable", ignore_index=True)
    found.attrs = {"told": told, "legend": None if one is None else one.name, "source_crs": crs}
    return found


def _words(frame: gpd.GeoDataFrame, name: str, path: Path) -> tuple[list[str], str]:
    """Class of each polygon as it stands, and the head that it stood under."""
    heads = {str(c).strip().lower(): c for c in frame.columns}
    column = "class" if "class" in heads else next((w for w in _NAMES if w in heads), None)
    if column is None:
        found = ", ".join(str(c) for c in frame.columns if c != "geometry")[:400]
        raise DataError(
            f'{name}: {path} has no column of classes; found {found}; name it: columns = {{ class = "…" }} in [inputs.{name}]'
        )
    values = frame[heads[column]]
    blank = (values.isna() | (values.astype(str).str.strip() == "")).to_numpy()
    if blank.any():
        raise DataError(
            f"{name}: {path}: {int(blank.sum())} of {len(frame)} polygons have no {column}; the first is row "
            f"{int(np.flatnonzero(blank)[0]) + 1}; give each its class"
        )
    return [_plain(v) for v in values], column


def _plain(value: Any) -> str:
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    )


def _legend_of(frame: gpd.GeoDataFrame, spec: InputSpec, name: str) -> tuple[Legend | None, str]:
    """Legend of the words of polygons, and what to tell of it."""
    if spec.legend is not None:
        return legend(spec.legend), ""
    words = sorted(set(frame["word"]))
    each = [legend(n) for n in legends() if n != "made-up"]
    fits = [one for one in each if all(one.code_of(word) is not None for word in words)]
    if len(fits) == 1:
        said = f'taken for {fits[0].name}, the only legend that has all its {len(words)} classes; say so: legend = "{fits[0].name}"'
        return fits[0], f"{name}: {said} in [inputs.{name}]"
    if all(w.lstrip("-").isdigit() for w in words) and not any(w.startswith("0") for w in words):
        return None, ""  # plain numbers are judged as those of a raster
    shown = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
    if not fits:
        raise DataError(
            f'{name}: no legend that is known has the classes {shown}; set legend = "…" to one that is near, or to a table of your own '
            f"with columns code, name, group, in [inputs.{name}]"
        )
    names = [one.name for one in fits]
    raise DataError(
        f'{name}: the classes {shown} may be of {" or ".join(names)}; say which: legend = "{names[0]}" in [inputs.{name}]'
    )


def _codes(frame: gpd.GeoDataFrame, one: Legend | None, name: str) -> NDArray[np.int64]:
    """Code of each polygon's class; words that the legend does not have are refused with their area."""
    words = frame["word"]
    turn = {w: int(w) if one is None else one.code_of(w) for w in words.unique()}
    strange = [w for w, code in turn.items() if code is None]
    if strange:
        area = frame.area.groupby(words).sum() / 1e6
        each = ", ".join(f"{w} ({area[w]:.4g} km2)" for w in sorted(strange)[:8])
        raise DataError(
            f"{name}: {frame['file'][words.isin(strange)].iloc[0]}: the legend {one.name if one else ''} has no class {each}; set the right "
            f"legend in [inputs.{name}], or add the class to a table of your own"
        )
    return words.map(turn).to_numpy(np.int64)


@dataclass(frozen=True)
class Laid:
    """Classes laid on rows of a grid.

    Attributes
    ----------
    code : (y, x) [1]
        Class that covers most of a cell; of equal ones the smaller code.
    covered : (y, x) [1]
        Share of each cell below any polygon; above 1 where they overlap.
    """

    code: NDArray[np.int64]
    covered: NDArray[np.float64]


def laid_classes(frame: gpd.GeoDataFrame, grid: GridSpec) -> Laid:
    """Class that has most of each cell.

    Parameters
    ----------
    frame : GeoDataFrame
        ``class``, polygons in the grid's coordinate system.
    grid : GridSpec
        Cells.

    Returns
    -------
    Laid
        Cells without a polygon have code 0 and cover 0.

    Notes
    -----
    ``k = argmax_k sum_(p of k) |cell and p| / |cell|``: exact shares (decision 0017), a class at a time, so that memory does not grow
    with the number of classes or polygons.
    """
    code = np.zeros(grid.shape, np.int64)
    best, covered = np.zeros(grid.shape), np.zeros(grid.shape)
    one = np.ones(grid.shape, np.float32)
    for number, group in frame.groupby("class", sort=True):
        share = cover_of(group, grid).spread(one, np.ones(len(group)))
        # shares that are equal but for rounding are equal
        more = share > best + 1e-9
        code[more] = int(str(number))
        best = np.where(more, share, best)
        covered += share
    return Laid(code, covered)


class PolygonClasses:
    """Polygons of classes, seen as a raster of the study's own cells.

    Parameters
    ----------
    paths, specs, name, grid
        As for :func:`class_polygons`.

    Attributes
    ----------
    legend : str or None
        Name of the legend of its codes.
    """

    def __init__(
        self, paths: Sequence[Path], specs: Sequence[InputSpec], name: str, grid: GridSpec
    ) -> None:
        self.path, self._grid, self._name, self._spec = paths[0], grid, name, specs[0]
        self._polygons = class_polygons(paths, specs, name, grid)
        self.legend: str | None = self._polygons.attrs["legend"]
        self.frame = Frame(
            grid.ny, grid.nx, grid.left, grid.top, grid.cell_m, grid.cell_m, grid.projection
        )
        self.bands = [Band("int32")]
        self.block_rows = max(1, min(grid.ny, _ROWS // grid.nx))
        self.bytes = sum(p.stat().st_size for p in paths if p.is_file()) or 1 << 20
        self._overlap_km2: dict[tuple[int, int], tuple[float, float]] = {}

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Codes of a part, and where no polygon lies."""
        grid = self._grid
        part = GridSpec(
            grid.crs, grid.cell_m, grid.left + cols[0] * grid.cell_m, grid.top - rows[0] * grid.cell_m,
            rows[1] - rows[0], cols[1] - cols[0],
        )  # fmt: skip
        here = self._polygons.sindex.query(shapely.box(*part.bounds))
        laid = laid_classes(self._polygons.iloc[np.sort(here)], part)
        twice = float(np.maximum(laid.covered - 1.0, 0.0).sum() * grid.cell_km2)
        ground = float(np.minimum(laid.covered, 1.0).sum() * grid.cell_km2)
        if cols == (0, grid.nx):
            self._overlap_km2[rows] = (twice, ground)
        gone = laid.covered < LEAST_COVERED
        hidden = np.where(gone, np.uint8(Missing.NO_POLYGON), np.uint8(0))
        return laid.code.astype(np.int32), (hidden if gone.any() else None)

    @property
    def polygons(self) -> int:
        """How many there are."""
        return len(self._polygons)

    @property
    def told(self) -> list[str]:
        """What is worth a look."""
        twice, ground = self._overlap()
        out = list(self._polygons.attrs["told"])
        if twice > _TOLD_OVERLAP * ground:
            out.append(
                f"{self._name}: {twice:.4g} km2 ({twice / ground:.2%} of the ground) lie below more than one polygon; there the class that "
                "has most of a cell counts"
            )
        return out

    @property
    def refused(self) -> list[str]:
        """What makes the map unusable."""
        twice, ground = self._overlap()
        if self._spec.overlaps == "keep" or twice <= MOST_OVERLAP * ground:
            return []
        return [
            f"{self._name}: {self.path}: {twice:.4g} km2 ({twice / ground:.1%} of the ground) lie below more than one polygon; are several "
            'years or layers in the file? choose one with only = { … }, or set overlaps = "keep"'
        ]

    def _overlap(self) -> tuple[float, float]:
        """Ground below several polygons, and below any [km2]."""
        found = list(self._overlap_km2.values())
        return sum(t for t, _ in found), max(sum(g for _, g in found), 1e-12)

    def close(self) -> None:
        """Let go of nothing: the polygons are in memory."""
