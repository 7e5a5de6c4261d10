"""Rasters of any format seen through the study grid: placed, masked, scaled, and in the study's unit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject

from shanshui.collect.bands import Bands
from shanshui.collect.catalog import InputSpec
from shanshui.collect.conserving import laid_amounts, plain_unit, unit_of_amounts
from shanshui.collect.inputs import InputKind
from shanshui.collect.missing import Missing
from shanshui.collect.mosaic import whole
from shanshui.collect.pieces import PIECE, Pieces
from shanshui.collect.placing import (
    Part,
    below,
    cells_below,
    most_km2,
    native_m,
    placed,
    points_below,
    refuse_elsewhere,
)
from shanshui.collect.polygon_classes import PolygonClasses, is_polygons
from shanshui.collect.readers import raster_crs
from shanshui.collect.sources import RasterSource
from shanshui.collect.transformations import meant
from shanshui.core.errors import DataError
from shanshui.core.quantity import Grid
from shanshui.region.grid import STRIP, GridSpec

COARSER = 1.5
"""Study cells this many times the file's cells are averages of them; smaller ones are read between [D]."""
_WAYS = {
    "nearest": Resampling.nearest,
    "bilinear": Resampling.bilinear,
    "spline": Resampling.cubic_spline,
    "average": Resampling.average,
    "mode": Resampling.mode,
    "greatest": Resampling.max,
}
"""Ways of laying a file's cells on those of the study, by the word of the study file."""
_BETWEEN = (Resampling.bilinear, Resampling.cubic_spline)
_MOST, _MOST_OF_ROW = 12 << 20, 96 << 20
"""Cells of a file that lie below one part of the study, and below one row of it [D]: what is held at a time."""
_NEAR = 0.25
"""Study cells around a part of a strip that are read with it [D]."""
_FREE, _PER_BYTE, _MOST_IN_ALL = 1_000_000_000, 4096, 1 << 36
"""Cells below the study that any file may have, that it may have per byte that it takes, and that none may have [D]."""


@dataclass(frozen=True)
class _Place:
    """Where a raster lies below a grid; the grid as asked, and as it is reached from the raster's datum."""

    asked: GridSpec
    grid: GridSpec
    source: RasterSource
    crs: CRS
    pieces: Pieces


class RasterInput:
    """A raster seen through the study grid.

    Parameters
    ----------
    spec : InputSpec
        Its declaration.
    kind : InputKind
        What it is.
    name : str
        Input name, for messages.
    source : RasterSource
        The open file, or tiles.
    """

    def __init__(self, spec: InputSpec, kind: InputKind, name: str, source: RasterSource) -> None:
        self.path, self.name, self.source = source.path, name, source
        self.crs = raster_crs(source.frame.crs, spec, name, source.path)
        if kind.conserved:
            said = source.bands[spec.band - 1 if isinstance(spec.band, int) else 0].unit
            unit = unit_of_amounts(spec, said, kind.conserved, source.path, name)
            self.by_cell = unit != kind.conserved
            room = most_km2(source.frame, self.crs) if self.by_cell else 1.0
            kind = replace(kind, gives=Grid(unit), high=kind.high * room)
            spec = spec.model_copy(update={"unit": plain_unit(spec.unit)})
        self.spec, self.kind = spec, kind
        self.bands = Bands(spec, kind, name, source)
        self._place: _Place | None = None

    @property
    def codes(self) -> bool:
        """Does the file hold class codes?"""
        return self.bands.code_type is not None

    @property
    def missing_code(self) -> int | None:
        """Code of missing cells of categorical grids on the study grid."""
        kind = self.bands.code_type
        return None if kind is None else kind.missing

    def check_codes(self, values: NDArray[Any]) -> None:
        """Refuse class codes on the study grid that the class table does not have.

        Raises
        ------
        DataError
            With the codes.
        """
        self.bands.check_codes(values)

    def native_m(self, grid: GridSpec) -> float:
        """Side of the file's cells in the middle of the study, in metres."""
        return native_m(self.source.frame, self.crs, grid)

    def check_overlap(self, grid: GridSpec) -> None:
        """Refuse a file that lies elsewhere."""
        there = meant(grid, self.crs)
        source, crs = placed(self.source, self.crs, there)
        refuse_elsewhere(source.frame, crs, there, self.name, self.path)

    def _placed(self, grid: GridSpec) -> _Place:
        """Where the file lies below a grid, and the part of it that is ever read for it."""
        if self._place is None or self._place.asked != grid:
            there = meant(grid, self.crs)
            source, crs = placed(self.source, self.crs, there)
            found = [
                below(source.frame, crs, rows_of(there, start, stop))
                for start, stop in there.strips(STRIP)
            ]
            part = Part.around([p for p in found if p is not None])
            self._refuse_size(part)
            pieces = Pieces(
                part,
                source.block_rows,
                lambda rows, cols, first: self.bands.read(source, rows, cols, first=first),
                points_below(source.frame, crs, there),
                self.bands.fill,
            )
            self._place = _Place(grid, there, source, crs, pieces)
        return self._place

    def _refuse_size(self, part: Part) -> None:
        cells = part.cells * len(self.bands.asked)
        size = self.source.bytes
        if cells > min(_MOST_IN_ALL, max(_FREE, _PER_BYTE * size)):
            what = (
                f" in {size:,} bytes: nearly all of it is empty"
                if cells > _PER_BYTE * size
                else ", which would take days to read"
            )
            raise DataError(
                f"{self.name}: {self.path} declares {part.height:,} x {part.width:,} cells below the study{what}; cut out the "
                "part that counts, or bring it to larger cells first"
            )

    # reading

    def rows(self, grid: GridSpec, start: int, stop: int, resampling: Resampling) -> NDArray[Any]:
        """Rows of a grid: float32 with NaN, or codes with ``missing_code``; only what lies below is read."""
        place = self._placed(grid)
        return self._part(place, rows_of(place.grid, start, stop), resampling)

    def _part(
        self, place: _Place, part: GridSpec, resampling: Resampling, around: float = 2.0
    ) -> NDArray[Any]:
        found = below(place.source.frame, place.crs, part, around)
        found = None if found is None else found.within(place.pieces.part)
        out = np.full(part.shape, self.bands.fill, self.bands.dtype)
        if found is None:
            return out
        if found.cells > _MOST and part.ny > 1:
            half = part.ny // 2
            pieces = (rows_of(part, 0, half), rows_of(part, half, part.ny))
            return np.concatenate([self._part(place, p, resampling, _NEAR) for p in pieces])
        if found.cells > _MOST_OF_ROW:
            raise DataError(
                f"{self.name}: {self.path} has {found.cells:,} cells below one row of study cells; bring it to cells of about "
                f"{part.cell_m / 20:g} m first"
            )
        raw = place.pieces.window(found, self.bands.dtype)
        line = self.bands.line
        if self.kind.conserved:
            values = raw * np.float32(line.factor) + np.float32(line.shift)
            transform = place.source.frame.part(found.r0, found.c0)
            return laid_amounts(values, transform, place.crs, part, by_cell=self.by_cell)
        self._warp(place, raw, found, part, out, resampling)
        if not self.codes:
            if line.factor != 1.0:
                out *= np.float32(line.factor)
            if line.shift != 0.0:
                out += np.float32(line.shift)
        return out

    def finish(self, grid: GridSpec) -> None:
        """Look at what lies below the study and was not read yet."""
        self._placed(grid).pieces.finish()

    def coverage(self, grid: GridSpec) -> float:
        """Share of the study's cells with a value, in a thinned view of the file's cells below their centres."""
        return self._placed(grid).pieces.coverage

    def _warp(
        self,
        place: _Place,
        raw: NDArray[Any],
        found: Part,
        part: GridSpec,
        out: NDArray[Any],
        resampling: Resampling,
    ) -> None:
        crs = place.crs
        transform = place.source.frame.part(found.r0, found.c0)
        fill = self.bands.fill
        same = crs == part.projection and np.allclose(
            [transform.a, transform.e], [part.cell_m, -part.cell_m]
        )
        row, col = (part.top - transform.f) / transform.e, (part.left - transform.c) / transform.a
        if same and np.allclose([row, col], np.round([row, col]), atol=1e-6):
            _lay_on(raw, round(row), round(col), out)
            return
        words = {
            "src_transform": transform,
            "src_crs": crs.to_wkt(),
            "dst_transform": part.transform,
            "dst_crs": part.projection.to_wkt(),
            "src_nodata": fill,
            "dst_nodata": fill,
            "init_dest_nodata": True,
            "warp_mem_limit": 64,
        }
        reproject(raw, out, resampling=resampling, **words)
        if resampling in _BETWEEN and np.isnan(raw).any():
            # reading between would fill a gap from its neighbours: a cell in a gap stays missing
            nearest = np.full_like(out, np.nan)
            reproject(raw, nearest, resampling=Resampling.nearest, **words)
            out[np.isnan(nearest)] = np.nan

    def resampling(self, grid: GridSpec) -> Resampling:
        """As the study says; else by kind and by which of the two grids is coarser.

        Raises
        ------
        DataError
            A way that makes numbers which the kind cannot hold.
        """
        if self.spec.resampling is not None:
            self._refuse_way(self.spec.resampling)
            return _WAYS[self.spec.resampling]
        coarser = grid.cell_m >= COARSER * self.native_m(grid)
        if self.kind.zeros == "absence":
            # of what is there in a part of the cell, all counts; what is not there is never made
            return Resampling.max if coarser else Resampling.nearest
        if self.codes:
            return Resampling.mode if coarser else Resampling.nearest
        return Resampling.average if coarser else Resampling.bilinear

    def _refuse_way(self, way: str) -> None:
        """Refuse a way that would make classes that are none, or presence where nothing is."""
        allowed, what = set(_WAYS), ""
        if self.codes:
            allowed, what = {"nearest", "mode"}, "class codes"
        elif self.kind.zeros == "absence":
            allowed, what = (
                {"nearest", "mode", "greatest"},
                "a map of what is there and what is not",
            )
        if way not in allowed:
            raise DataError(
                f"{self.name}.resampling: '{way}' of {what}; expected {' or '.join(sorted(allowed))}; "
                "leave it out to have the way that suits"
            )

    def strips(
        self, grid: GridSpec, tell: Callable[[int], None]
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """The whole file on the study grid, strip by strip."""
        how = self.resampling(grid)
        for start, stop in grid.strips(STRIP):
            yield start, self.rows(grid, start, stop, how)
            tell(stop * grid.nx)

    def reasons(self, grid: GridSpec, start: int, stop: int) -> NDArray[np.uint8]:
        """Why cells of the study have no value of this input: that of the source cell below their centres.

        Parameters
        ----------
        grid : GridSpec
            Study grid.
        start, stop : int
            First and past-last row.

        Returns
        -------
        (y, x) array of uint8
            Numbers of ``Missing``; 0 where the source cell has a value.
        """
        place = self._placed(grid)
        part = rows_of(place.grid, start, stop)
        xs, ys = np.meshgrid(part.x(), part.y())
        row, col = cells_below(place.source.frame, place.crs, place.grid, xs.ravel(), ys.ravel())
        out = np.full(row.size, np.uint8(Missing.OUTSIDE))
        inside = row >= 0
        if inside.any():
            c0, c1 = int(col[inside].min()), int(col.max()) + 1
            high = max(1, PIECE // (c1 - c0))
            for r0 in range(int(row[inside].min()), int(row.max()) + 1, high):
                here = inside & (row >= r0) & (row < r0 + high)
                if here.any():
                    r1 = int(row[here].max()) + 1
                    block = self.bands.why(place.source, (r0, r1), (c0, c1))
                    out[here] = block[row[here] - r0, col[here] - c0]
        return out.reshape(part.shape)


def rows_of(grid: GridSpec, start: int, stop: int) -> GridSpec:
    """Rows of a grid as a grid of their own."""
    return GridSpec(
        grid.crs, grid.cell_m, grid.left, grid.top - start * grid.cell_m, stop - start, grid.nx
    )


def _lay_on(raw: NDArray[Any], row: int, col: int, out: NDArray[Any]) -> None:
    """Copy cells that lie exactly on each other; ``row, col`` of ``raw`` is the corner of ``out``."""
    r0, c0 = max(0, -row), max(0, -col)
    r1 = min(out.shape[0], raw.shape[0] - row)
    c1 = min(out.shape[1], raw.shape[1] - col)
    if r1 > r0 and c1 > c0:
        out[r0:r1, c0:c1] = raw[r0 + row : r1 + row, c0 + col : c1 + col]


@contextmanager
def raster_input(
    paths: Path | Sequence[Path],
    specs: InputSpec | Sequence[InputSpec],
    kind: InputKind,
    name: str,
    grid: GridSpec,
) -> Iterator[RasterInput]:
    """Open a raster of any kind, or polygons of classes; several files are its tiles.

    Parameters
    ----------
    paths, specs : one or several
        Files and their declarations.
    kind : InputKind
        What it is.
    name : str
        Input, for messages.
    grid : GridSpec
        Study grid: polygons are laid on its cells.

    Raises
    ------
    DataError
        One that is not there, is none, or is no tile of the same raster.
    """
    paths = [paths] if isinstance(paths, Path) else list(paths)
    specs = [specs] if isinstance(specs, InputSpec) else list(specs)
    spec = specs[0]
    source: RasterSource
    if kind.family == "categorical" and is_polygons(paths[0], name):
        source = PolygonClasses(paths, specs, name, grid)
        spec = spec.model_copy(update={"legend": source.legend})
    else:
        source = whole(paths, specs, name)
    try:
        yield RasterInput(spec, kind, name, source)
    finally:
        source.close()
