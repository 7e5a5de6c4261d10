"""Bring a file to the study: grid, unit, coordinate system, columns."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_bounds
from rasterio.warp import reproject, transform_bounds
from rasterio.windows import Window

from shanshui.collect.catalog import InputKind, InputSpec
from shanshui.collect.companions import CUBES, TABLES
from shanshui.collect.readers import (
    cube_to_array,
    open_raster,
    raster_crs,
    read_features,
    read_table,
)
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.quantity import Features, Table
from shanshui.core.units import conversion
from shanshui.region.grid import STRIP, GridSpec
from shanshui.region.unitset import unit_set

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
        self.factor, self.shift = self._unit()
        self.codes = kind.family == "categorical"

    def _unit(self) -> tuple[float, float]:
        """Stored number to value in the study's unit."""
        band = self.spec.band if isinstance(self.spec.band, int) else 1
        scale = self.spec.scale if self.spec.scale is not None else self.file.scales[band - 1]
        offset = self.spec.offset if self.spec.offset is not None else self.file.offsets[band - 1]
        unit = self.spec.unit or self.kind.unit
        try:
            factor, shift = conversion(unit, self.kind.unit)
        except QuantityError as error:
            raise DataError(
                f"{self.name}.unit: {error}; correct unit in [inputs.{self.name}]"
            ) from None
        return scale * factor, offset * factor + shift

    @property
    def nodata(self) -> list[float]:
        """Stored numbers that mean missing."""
        declared = self.spec.nodata
        if declared is None:
            own = self.file.nodata
            return [] if own is None or np.isnan(own) else [float(own)]
        return [float(v) for v in declared] if isinstance(declared, list) else [float(declared)]

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
            box = transform_bounds(
                self.crs.to_wkt(), grid.projection.to_wkt(), *self.file.bounds, densify_pts=21
            )
        except rasterio.errors.CRSError:
            return
        left, bottom, right, top = grid.bounds
        if box[2] <= left or box[0] >= right or box[3] <= bottom or box[1] >= top:
            raise DataError(
                f"{self.name}: {self.path} does not overlap the study: it covers "
                f"{_box(self.file.bounds)} in {self.crs.name}, the study covers {_box(grid.bounds)} in "
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
            if self.factor != 1.0:
                out *= np.float32(self.factor)
            if self.shift != 0.0:
                out += np.float32(self.shift)
        return out

    @property
    def _dtype(self) -> np.dtype[Any]:
        if not self.codes:
            return np.dtype(np.float32)
        return np.dtype(np.uint8 if self.file.dtypes[0] == "uint8" else np.int16)

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
        if isinstance(self.spec.band, int):
            return self._read(self.spec.band, window)
        total = self._read(1, window)
        for band in range(2, self.file.count + 1):
            total += self._read(band, window)
        return total / np.float32(self.file.count) if self.spec.band == "mean" else total

    def _read(self, band: int, window: Window) -> NDArray[Any]:
        """Stored numbers with every missing mark made the same."""
        try:
            raw = self.file.read(
                band, window=window, out_dtype="int32" if self.codes else "float32"
            )
        except RasterioError as error:
            raise DataError(
                f"{self.name}: {self.path} cannot be read to its end ({error}); is it complete?"
            ) from None
        gone = (
            self.file.read_masks(band, window=window) == 0
            if self.file.nodata is not None
            else np.zeros(raw.shape, bool)
        )
        if self.spec.nodata is not None and self.file.nodata is not None:
            gone[:] = False  # the study file's word stands instead of the file's
            if np.isnan(self.file.nodata):
                gone |= np.isnan(raw)
        for value in self.nodata:
            gone |= raw == (int(value) if self.codes else np.float32(value))
        if self.codes:
            raw = raw.astype(self._dtype)
        raw[gone] = self.missing_code if self.codes else np.nan
        return raw

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
        if not self.codes:
            return None
        return 255 if self.file.dtypes[0] == "uint8" else -32768

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
    x, y = cube["x"].values, cube["y"].values
    if x.size < 2 or y.size < 2:
        raise DataError(f"{name}: {path} has {y.size} x {x.size} cells; expected at least 2 x 2")
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


def features_input(
    path: Path, spec: InputSpec, kind: InputKind, name: str, grid: GridSpec
) -> gpd.GeoDataFrame:
    """Features in the grid's coordinate system, those that meet the study only.

    Raises
    ------
    DataError
        Wrong geometry, invalid or overlapping polygons, missing columns, nothing inside the study.
    """
    frame = read_features(path, spec, name)
    wanted = {
        "polygons": ("Polygon", "MultiPolygon"),
        "lines": ("LineString", "MultiLineString"),
        "points": ("Point", "MultiPoint"),
    }[kind.family]
    kinds = set(frame.geom_type.dropna())
    if not kinds <= set(wanted):
        raise DataError(
            f"{name}: {path} holds {', '.join(sorted(kinds - set(wanted)))}; expected {wanted[0]}s"
        )
    if kind.family == "polygons":
        frame = _valid(frame, spec, name, path)
    source_crs = frame.crs.name
    frame = frame.to_crs(grid.projection)
    frame = frame.assign(geometry=shapely.force_2d(frame.geometry.values))
    lost = ~np.isfinite(frame.geometry.bounds.to_numpy()).all(axis=1)
    frame = frame[~lost & frame.intersects(shapely.box(*grid.bounds))].reset_index(drop=True)
    if frame.empty:
        raise DataError(
            f"{name}: {path} has nothing inside the study ({_box(grid.bounds)} in {grid.projection.name}); is its crs right?"
        )
    for column in kind.gives.columns if isinstance(kind.gives, Features) else ():
        if column not in frame.columns and column == "name":
            frame["name"] = ""
        elif column not in frame.columns and column in ("role", "parent"):
            frame[column] = ""
        elif column not in frame.columns and column == "published_km2":
            frame[column] = np.nan
    if name in {"counties", "prefectures", "provinces"}:
        if spec.overlaps == "refuse":
            _disjoint(frame, name, path)
        frame = unit_set(frame, name)
        frame["area_km2"] = frame.area / 1e6
    out = _plain(frame)
    out.attrs["source_crs"] = source_crs
    return out


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Names as text without gaps; columns that cannot be kept are left behind."""
    for column in ("name", "role", "parent", "code"):
        if column in frame:
            frame[column] = (
                frame[column].map(lambda v: "" if v is None or v != v else str(v)).astype(object)
            )
    odd = [
        c
        for c in frame.columns
        if c != "geometry"
        and frame[c].dtype.kind not in "biufOTMU"
        and str(frame[c].dtype) not in {"str", "string"}
    ]
    return frame.drop(columns=odd)


def _valid(frame: gpd.GeoDataFrame, spec: InputSpec, name: str, path: Path) -> gpd.GeoDataFrame:
    bad = ~frame.geometry.is_valid
    if not bad.any():
        return frame
    if not spec.repair:
        row = frame.index[bad][0]
        label = frame["name"].iloc[row] if "name" in frame else row
        raise DataError(
            f"{name}: {path}: {int(bad.sum())} polygons are invalid; the first is row {row} ({label}): "
            f"{shapely.is_valid_reason(frame.geometry[row])}; mend them, or set repair = true"
        )
    return frame.assign(
        geometry=shapely.make_valid(frame.geometry.values, method="structure", keep_collapsed=False)
    )


def _disjoint(frame: gpd.GeoDataFrame, name: str, path: Path) -> None:
    """Refuse overlaps larger than one part in a thousand of the smaller unit [D]: less is digitising."""
    shapes = frame.geometry.values
    left, right = frame.sindex.query(shapes, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    least = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    over = shared > 1e-3 * least
    if over.any():
        worst = int(np.argmax(shared))
        label = frame["name"] if "name" in frame else frame.index.to_series()
        raise DataError(
            f"{name}: {path}: {int(over.sum())} pairs of polygons overlap; the most: "
            f"{label.iloc[left[worst]]} and {label.iloc[right[worst]]} share {shared[worst] / 1e6:.2f} km2; "
            'mend them, or set overlaps = "keep" (the later one then stands)'
        )


def coefficients_input(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Rows of coefficients as they stand, column names in lower case.

    Raises
    ------
    DataError
        Unreadable, no rows, or two columns of one name.
    """
    frame = read_table(path, spec, name)
    frame.columns = pd.Index([str(c).strip().lower() for c in frame.columns])
    frame = frame.dropna(how="all").reset_index(drop=True)
    if frame.empty:
        raise DataError(f"{name}: {path} has no rows")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{name}: {path} has two columns {twice[0]}; keep one")
    for column in frame.columns:
        if frame[column].dtype.kind not in "biuf":
            frame[column] = frame[column].map(lambda v: "" if v is None or v != v else str(v))
    frame.attrs["units"] = {}
    return frame


def stack_parts(path: Path, spec: InputSpec, name: str) -> dict[str, InputSpec]:
    """Declarations of the grids of a stack: bands of one raster, or rows of a table with ``threat`` and ``cur_path``.

    Raises
    ------
    DataError
        A table without these columns, or a row without a path.
    """
    if path.suffix.lower() not in TABLES:
        with rasterio.open(path) as file:
            return {
                (file.descriptions[k] or f"band_{k + 1}"): spec.model_copy(update={"band": k + 1})
                for k in range(file.count)
            }
    frame = coefficients_input(path, spec.model_copy(update={"columns": {}}), name)
    if "threat" not in frame or "cur_path" not in frame:
        raise DataError(
            f"{name}: {path} has no columns threat and cur_path; found {', '.join(frame.columns)}"
        )
    out = {}
    for row in frame.itertuples(index=False):
        if not str(row.cur_path).strip():
            raise DataError(f"{name}: {path}: {row.threat} has no cur_path: where is its map?")
        place = Path(str(row.cur_path).strip())
        place = place if place.is_absolute() else path.parent / place
        out[str(row.threat).strip().lower()] = spec.model_copy(update={"file": str(place)})
    return out


def table_input(path: Path, spec: InputSpec, kind: InputKind, name: str) -> pd.DataFrame:
    """Rows keyed by unit and year.

    Raises
    ------
    DataError
        Missing columns, values that are not numbers, negative amounts, a key that stands twice.
    """
    frame = read_table(path, spec, name)
    if spec.year is not None and "year" not in frame.columns:
        frame["year"] = spec.year
    if spec.class_columns:
        frame = _long(frame, spec, kind, name, path)
    wanted = kind.gives.columns if isinstance(kind.gives, Table) else ()
    missing = [c for c in wanted if c not in frame.columns]
    if missing:
        hint = "; or set year = …" if missing == ["year"] else ""
        raise DataError(
            f"{name}: {path} has no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))[:400]}; "
            f'name them: columns = {{ {missing[0]} = "…" }}{hint}'
        )
    frame = frame[list(wanted)].copy()
    amount = wanted[-1]
    numbers = pd.to_numeric(frame[amount], errors="coerce")
    broken = numbers.isna() & frame[amount].notna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        raise DataError(
            f"{name}.{amount}: {path}: row {row + 2} holds {frame[amount].iloc[row]!r}, expected a number"
        )
    low, high = spec.plausible or (kind.low, kind.high)
    out = (numbers < low) | (numbers > high)
    if out.any():
        row = int(np.flatnonzero(out)[0])
        raise DataError(
            f"{name}.{amount}: {path}: row {row + 2} holds {numbers.iloc[row]:g}, expected {low:g} to {high:g}"
        )
    frame[amount] = numbers.astype(float) * (spec.scale or 1.0)
    from shanshui.region.unitset import _plain_code

    frame["code"] = frame["code"].map(_plain_code).astype(object)
    frame["year"] = pd.to_numeric(frame["year"]).astype("int64")
    keys = [c for c in wanted if c != amount]
    twice = frame.duplicated(keys)
    if twice.any():
        first = frame[twice].iloc[0]
        raise DataError(
            f"{name}: {path}: {int(twice.sum())} rows repeat {', '.join(keys)}; first: "
            f"{', '.join(str(first[k]) for k in keys)}; keep one row each"
        )
    frame = frame.dropna(subset=[amount]).sort_values(keys, ignore_index=True)
    frame.attrs["units"] = {amount: _AMOUNTS.get(amount, "1")}
    return frame


_AMOUNTS = {
    "population": "person",
    "area_km2": "km2",
    "npp": "g/m2/yr",
    "yuan": "yuan",
    "persons": "person",
}


def _long(
    frame: pd.DataFrame, spec: InputSpec, kind: InputKind, name: str, path: Path
) -> pd.DataFrame:
    """One row per class from one column per class."""
    key, amount = kind.gives.columns[-2:] if isinstance(kind.gives, Table) else ("class", "amount")
    missing = [c for c in spec.class_columns.values() if c not in frame.columns]
    if missing:
        raise DataError(f"{name}.class_columns: no column {', '.join(missing)} in {path}")
    parts = []
    for code, column in spec.class_columns.items():
        part = frame[["code", "year"]].copy()
        part[key] = int(code) if code.lstrip("-").isdigit() else code
        # an absent class has no area; an absent amount of anything else is unknown
        part[amount] = pd.to_numeric(frame[column]).fillna(0.0 if key == "class" else np.nan)
        parts.append(part)
    out = pd.concat(parts, ignore_index=True)
    together = out.groupby(["code", "year", key], sort=False)[amount]
    return together.sum(min_count=1).reset_index()


def _box(bounds: tuple[float, ...]) -> str:
    return f"{bounds[0]:g} to {bounds[2]:g}, {bounds[1]:g} to {bounds[3]:g}"
