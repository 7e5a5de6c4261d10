"""Rasters of any format seen through the study grid: placed, masked, scaled, and in the study's unit."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_bounds
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from shanshui.collect.catalog import InputKind, InputSpec
from shanshui.collect.classes import class_table
from shanshui.collect.codes import CodeType
from shanshui.collect.companions import CUBES
from shanshui.collect.readers import cube_to_array, open_raster, raster_crs
from shanshui.collect.scaling import Linear, bounds_text, linear, missing_numbers
from shanshui.core.errors import DataError
from shanshui.region.grid import STRIP, GridSpec

COARSER = 1.5
"""Study cells this many times the file's cells are averages of them; smaller ones are read between [D]."""


class RasterInput:
    """A raster file seen through the study grid.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        Its declaration.
    kind : InputKind
        What it is.
    name : str
        Input name, for messages.
    file : rasterio dataset
        Open file.
    """

    def __init__(self, path: Path, spec: InputSpec, kind: InputKind, name: str, file: Any) -> None:
        self.path, self.spec, self.kind, self.name, self.file = path, spec, kind, name, file
        self.crs = raster_crs(file, spec, name, path)
        self._bands = self._asked_bands()
        self._code_type = self._codes_of() if kind.family == "categorical" else None
        each = [
            linear(spec, kind.unit, name, scale=file.scales[b - 1], offset=file.offsets[b - 1])
            for b in self._bands
        ]
        self._each = each if len(set(each)) > 1 else None
        """Where bands are stored differently: each is scaled before they are added."""
        times = len(each) if spec.band == "sum" else 1
        self._line = Linear() if self._each else Linear(each[0].factor, times * each[0].shift)

    def _asked_bands(self) -> list[int]:
        if isinstance(self.spec.band, int):
            return [self.spec.band]
        refuse_alpha(self.file, self.name, self.path)
        return list(self.file.indexes)

    def _codes_of(self) -> CodeType:
        for word in ("scale", "offset"):
            if getattr(self.spec, word) is not None:
                raise DataError(
                    f"{self.name}.{word}: class codes have no {word}; leave it out of [inputs.{self.name}]"
                )
        if not isinstance(self.spec.band, int):
            raise DataError(
                f"{self.name}.band: '{self.spec.band}' of class codes is no class; give the number of a band"
            )
        known = None if self.spec.classes is None else set(class_table(self.spec.classes).index)
        return CodeType.of(self.file.dtypes[self.spec.band - 1], known, self.name)

    @property
    def codes(self) -> bool:
        """Does the file hold class codes?"""
        return self._code_type is not None

    @property
    def line(self) -> Linear:
        """Number read to value in the study's unit."""
        return self._line

    @property
    def nodata(self) -> list[float]:
        """Stored numbers that mean missing: the study file's word instead of the file's."""
        if self.spec.nodata is not None:
            return missing_numbers(self.spec)
        own = self.file.nodatavals[self._bands[0] - 1]
        return [] if own is None or np.isnan(own) else [float(own)]

    def check_codes(self, values: NDArray[Any]) -> None:
        """Refuse class codes on the study grid that the class table does not have.

        Raises
        ------
        DataError
            With the codes.
        """
        if self._code_type is not None:
            self._code_type.check(values, self.name, self.path)

    def native_m(self, grid: GridSpec) -> float:
        """Side of the file's cells in the middle of the study, in metres."""
        x, y = grid.left + grid.nx * grid.cell_m / 2, grid.top - grid.ny * grid.cell_m / 2
        back = Transformer.from_crs(grid.projection, self.crs, always_xy=True)
        there = Transformer.from_crs(self.crs, grid.projection, always_xy=True)
        sx, sy = back.transform(x, y)
        dx, dy = abs(self.file.transform.a), abs(self.file.transform.e)
        xs, ys = there.transform([sx, sx + dx, sx], [sy, sy, sy + dy])
        sides = np.hypot(np.diff(xs)[0], np.diff(ys)[0]), np.hypot(xs[2] - xs[0], ys[2] - ys[0])
        return float(np.sqrt(sides[0] * sides[1]))

    def check_overlap(self, grid: GridSpec) -> None:
        """Refuse a file that lies elsewhere."""
        try:
            x0, y0, x1, y1 = self.file.bounds
            # of a raster that runs south to north or east to west the bounds are turned
            own = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
            box = transform_bounds(
                self.crs.to_wkt(), grid.projection.to_wkt(), *own, densify_pts=21
            )
        except rasterio.errors.CRSError:
            return
        left, bottom, right, top = grid.bounds
        if box[2] <= left or box[0] >= right or box[3] <= bottom or box[1] >= top:
            raise DataError(
                f"{self.name}: {self.path} does not overlap the study: it covers "
                f"{bounds_text(own)} in {self.crs.name}, the study covers {bounds_text(grid.bounds)} in "
                f"{grid.projection.name}; is its crs right?"
            )

    def rows(self, grid: GridSpec, start: int, stop: int, resampling: Resampling) -> NDArray[Any]:
        """Rows of a grid: float32 with NaN, or codes with ``missing_code``; only what lies below is read."""
        part = GridSpec(
            grid.crs, grid.cell_m, grid.left, grid.top - start * grid.cell_m, stop - start, grid.nx
        )
        fill = self.missing_code if self.codes else np.nan
        out = np.full(part.shape, fill, self._dtype)
        window = self._below(part)
        if window is None:
            return out
        self._warp(self._banded(window), window, part, out, resampling)
        if not self.codes:
            if self.line.factor != 1.0:
                out *= np.float32(self.line.factor)
            if self.line.shift != 0.0:
                out += np.float32(self.line.shift)
        return out

    @property
    def _dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float32) if self._code_type is None else self._code_type.dtype

    def _below(self, part: GridSpec) -> Window | None:
        """Cells of the file that lie below a part of the study grid, with some around."""
        try:
            box = transform_bounds(
                part.projection.to_wkt(), self.crs.to_wkt(), *part.bounds, densify_pts=51
            )
        except rasterio.errors.CRSError:
            return None
        t = ~self.file.transform
        corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
        cols = [t.a * x + t.b * y + t.c for x, y in corners]
        rows = [t.d * x + t.e * y + t.f for x, y in corners]
        around = 4 + int(2 * part.cell_m / max(self.native_m(part), 1e-9))
        r0, r1 = max(0, int(min(rows)) - around), min(self.file.height, int(max(rows)) + around + 1)
        c0, c1 = max(0, int(min(cols)) - around), min(self.file.width, int(max(cols)) + around + 1)
        return Window(c0, r0, c1 - c0, r1 - r0) if r1 > r0 and c1 > c0 else None

    def _banded(self, window: Window) -> NDArray[Any]:
        """One band, or the mean or sum of all, before anything is warped: both commute with the warp."""
        total: NDArray[Any] | None = None
        for place, band in enumerate(self._bands):
            part = self._read(band, window)
            if self._each is not None:
                line = self._each[place]
                part = part * np.float32(line.factor) + np.float32(line.shift)
            total = part if total is None else total + part
        assert total is not None  # noqa: S101 - a raster has a band
        return total / np.float32(len(self._bands)) if self.spec.band == "mean" else total

    def _read(self, band: int, window: Window) -> NDArray[Any]:
        """Stored numbers with every missing mark made the same."""
        try:
            raw = self.file.read(
                band, window=window, out_dtype=None if self._code_type else "float32"
            )
            gone = self._masked(band, window, raw.shape)
        except RasterioError as error:
            raise DataError(
                f"{self.name}: {self.path} cannot be read to its end ({error}); is it complete?"
            ) from None
        for value in self.nodata:
            gone |= raw == (value if self._code_type else np.float32(value))
        if self._code_type is not None:
            return self._code_type.held(raw, gone, self.name, self.path)
        raw[gone] = np.nan
        return raw

    def _masked(self, band: int, window: Window, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Cells that the file says are missing: by a number, by a mask of its own, or by transparency."""
        flags = self.file.mask_flag_enums[band - 1]
        by_number = MaskFlags.nodata in flags
        if MaskFlags.all_valid in flags or (by_number and self.spec.nodata is not None):
            return np.zeros(shape, bool)
        return np.asarray(self.file.read_masks(band, window=window) == 0)

    def _warp(
        self,
        raw: NDArray[Any],
        window: Window,
        part: GridSpec,
        out: NDArray[Any],
        resampling: Resampling,
    ) -> None:
        t = self.file.transform
        left = t.c + window.col_off * t.a + window.row_off * t.b
        top = t.f + window.col_off * t.d + window.row_off * t.e
        transform = Affine(t.a, t.b, left, t.d, t.e, top)
        fill = self.missing_code if self.codes else np.nan
        same = self.crs == part.projection and np.allclose(
            [transform.a, transform.e], [part.cell_m, -part.cell_m]
        )
        row, col = (part.top - transform.f) / transform.e, (part.left - transform.c) / transform.a
        if same and np.allclose([row, col], np.round([row, col]), atol=1e-6):
            _lay_on(raw, round(row), round(col), out)
            return
        place = {
            "src_transform": transform,
            "src_crs": self.crs.to_wkt(),
            "dst_transform": part.transform,
            "dst_crs": part.projection.to_wkt(),
            "src_nodata": fill,
            "dst_nodata": fill,
            "init_dest_nodata": True,
            "warp_mem_limit": 64,
        }
        reproject(raw, out, resampling=resampling, **place)
        if resampling is Resampling.bilinear and np.isnan(raw).any():
            # reading between would fill a gap from its neighbours: a cell in a gap stays missing
            nearest = np.full_like(out, np.nan)
            reproject(raw, nearest, resampling=Resampling.nearest, **place)
            out[np.isnan(nearest)] = np.nan

    def resampling(self, grid: GridSpec) -> Resampling:
        """By kind and by which of the two grids is coarser."""
        coarser = grid.cell_m >= COARSER * self.native_m(grid)
        if self.codes:
            return Resampling.mode if coarser else Resampling.nearest
        return Resampling.average if coarser else Resampling.bilinear

    def strips(
        self, grid: GridSpec, tell: Callable[[int], None]
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """The whole file on the study grid, strip by strip."""
        how = self.resampling(grid)
        for start, stop in grid.strips(STRIP):
            yield start, self.rows(grid, start, stop, how)
            tell(stop * grid.nx)

    @property
    def missing_code(self) -> int | None:
        """Code of missing cells of categorical grids on the study grid."""
        return None if self._code_type is None else self._code_type.missing

    def sample(self, grid: GridSpec, most: int = 400) -> NDArray[Any]:
        """Read a thinned view of the study window: no averaging, so odd numbers stay visible."""
        factor = max(1, -(-max(grid.shape) // most))
        thin = GridSpec(
            grid.crs, grid.cell_m * factor, grid.left, grid.top,
            -(-grid.ny // factor), -(-grid.nx // factor),
        )  # fmt: skip
        parts = [
            self.rows(thin, r, min(r + 64, thin.ny), Resampling.nearest)
            for r in range(0, thin.ny, 64)
        ]
        return np.concatenate(parts)


def refuse_alpha(file: Any, name: str, path: Path) -> None:
    """Refuse to take all bands of a file, one of which tells how transparent the others are.

    Raises
    ------
    DataError
        With its number.
    """
    used = any(MaskFlags.alpha in flags for flags in file.mask_flag_enums)
    found = [
        b
        for b, kind in zip(file.indexes, file.colorinterp, strict=True)
        if kind is ColorInterp.alpha
    ]
    if used and found:
        raise DataError(
            f"{name}: {path}: band {found[0]} is marked as transparency (alpha), so that it is not known whether it holds "
            "values; write the file without the mark, or name one band"
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
    path: Path, spec: InputSpec, kind: InputKind, name: str, scratch: Path
) -> Iterator[RasterInput]:
    """Open a raster file of any kind; NetCDF and Zarr pass through a GeoTIFF in ``scratch``."""
    if path.suffix.lower() not in CUBES:
        with open_raster(path, spec, name) as file:
            yield RasterInput(path, spec, kind, name, file)
        return
    cube = cube_to_array(path, spec, name)
    if cube["x"].size > 1 and cube["x"].values[1] < cube["x"].values[0]:
        cube = cube.isel(x=slice(None, None, -1))
    x, y = cube["x"].values, cube["y"].values
    if x.size < 2 or y.size < 2:
        raise DataError(f"{name}: {path} has {y.size} x {x.size} cells; expected at least 2 x 2")
    for axis, steps in (("x", np.diff(x)), ("y", np.diff(y))):
        if not np.allclose(steps, steps.mean(), rtol=1e-3, atol=0.0):
            raise DataError(
                f"{name}: {path}: {axis} runs in steps of {np.abs(steps).min():g} to {np.abs(steps).max():g}; expected "
                "even steps; put it on an even grid first"
            )
    dx, dy = (x[-1] - x[0]) / (x.size - 1), (y[0] - y[-1]) / (y.size - 1)
    box = (x[0] - dx / 2, y[-1] - dy / 2, x[-1] + dx / 2, y[0] + dy / 2)
    values = cube.values
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
    scratch.mkdir(parents=True, exist_ok=True)
    place = scratch / f"{uuid.uuid4().hex}.tif"
    fill = cube.attrs.get("_FillValue", np.nan if values.dtype.kind == "f" else None)
    try:
        with rasterio.open(
            place, "w", driver="GTiff", height=y.size, width=x.size, count=values.shape[0],
            dtype=values.dtype, crs=cube.attrs["crs"], transform=from_bounds(*box, x.size, y.size), nodata=fill,
        ) as file:  # fmt: skip
            file.write(values)
        with open_raster(place, spec, name) as file:
            yield RasterInput(path, spec, kind, name, file)
    finally:
        place.unlink(missing_ok=True)
