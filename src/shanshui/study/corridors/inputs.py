"""The files of a network of corridors: a resistance, and core areas as polygons or as a raster."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import xarray as xr
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import checked
from shanshui.collect.inputs import INPUTS
from shanshui.collect.placing import native_m
from shanshui.collect.polygon_classes import is_polygons
from shanshui.collect.rasters import raster_input
from shanshui.collect.sources import GdalSource
from shanshui.collect.validity import valid
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError, ResourceError, nearest
from shanshui.pattern.core_network import BYTES_PER_CELL
from shanshui.region.grid import STRIP, GridSpec, fitted_grid, round_cell
from shanshui.region.placed import run_on
from shanshui.region.unitset import polygons
from shanshui.study.circuitscape.ascii_grid import Raster, read_cells

IDS = ("core_id", "core", "id", "number", "unit", "code", "objectid", "fid")
"""Columns that hold the ids of cores where none is named, the first that is there [D]."""

CLIMATE = replace(INPUTS["resistance"], low=-math.inf, high=math.inf, zeros="count")
"""A surface of any measure and unit, brought to the grid as a resistance is."""


@dataclass(frozen=True)
class CoreFile:
    """Core areas of a file.

    Attributes
    ----------
    cores : polygons or (y, x) array of int
        Polygons with the id as index; or ids on the cells of the resistance.
    rows : table
        Columns of the file, with the id as index; none of a raster.
    told : list of str
        Where the ids are from, what was mended.
    """

    cores: gpd.GeoDataFrame | NDArray[np.float64]
    rows: pd.DataFrame
    told: list[str]


def read_resistance(
    path: Path, crs: str | None, cell_m: float | None, memory: int
) -> tuple[xr.DataArray, list[str]]:
    """Resistance on square cells in metres: as it is, or brought to another system or cell.

    Parameters
    ----------
    path : Path
        Raster of any format.
    crs : str, optional
        System to work in; of a file that has none, the one it is in.
    cell_m : float, optional [m]
        Side of a cell to work with.
    memory : int [byte]
        What there is.

    Returns
    -------
    (y, x) [1], list of str
        NaN where nothing can pass; and how it was brought here.

    Raises
    ------
    DataError
        Unreadable, without a system, not in metres, cells that are not square.
    ResourceError
        More cells than the memory holds.
    """
    _refuse_missing(path, "resistance")
    source = GdalSource(path, InputSpec(file=str(path)), "resistance")
    frame = source.frame
    source.close()
    own = None if frame.crs is None else pyproj.CRS.from_user_input(frame.crs)
    wanted = _system(crs) if crs else None
    if own is None and wanted is None:
        raise DataError(
            f"resistance: {path} has no coordinate system; say which it is in: --crs EPSG:…"
        )
    system = wanted or own
    assert system is not None  # noqa: S101 - one of them is there
    _refuse_degrees(system, path)
    same = own is None or wanted is None or own.equals(wanted, ignore_axis_order=True)
    square = abs(frame.dx - frame.dy) <= 1e-4 * frame.dx
    if same and square and (cell_m is None or abs(cell_m - frame.dx) <= 1e-9 * frame.dx):
        _refuse_size(frame.height, frame.width, frame.dx, memory)
        return _as_it_is(read_cells(path, "resistance"), own or system), []
    spec = InputSpec(file=str(path), crs=None if own else system.to_wkt())
    return _brought(path, spec, own or system, system, cell_m, memory)


def _refuse_missing(path: Path, name: str) -> None:
    """Name likely files where one is not there, and refuse what is no regular file here."""
    if not path.exists():
        beside = sorted(p.name for p in path.parent.glob("*")) if path.parent.is_dir() else []
        raise DataError(
            f"{name}: no file {path}; {nearest(path.name, beside) if beside else 'nor its folder'}"
        )
    checked(path, name)


def _refuse_size(rows: int, cols: int, side: float, memory: int) -> None:
    need = rows * cols * BYTES_PER_CELL
    if need > memory:
        raise ResourceError(
            f"resistance: {rows:,} x {cols:,} cells of {side:g} need about {need / 1e9:.2f} GB and {memory / 1e9:.2f} GB are free; take "
            "larger cells with --cell, cut out a part, or give more with --memory"
        )


def _system(text: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        said = " ".join(str(error).split())[:150]
        raise DataError(f"--crs {text}: is no coordinate system ({said})") from None


def _refuse_degrees(system: pyproj.CRS, path: Path) -> None:
    axis = system.axis_info[0] if system.axis_info else None
    unit = "" if axis is None else axis.unit_name
    if system.is_geographic or unit not in {"metre", "meter"}:
        raise DataError(
            f"resistance: {path} is in {system.name}, in {unit or 'no known unit'}; lengths need metres: name a projected system that suits "
            "the region with --crs EPSG:… and, if you like, the side of a cell with --cell"
        )


def _as_it_is(raster: Raster, system: pyproj.CRS) -> xr.DataArray:
    rows, cols = raster.values.shape
    top = raster.bottom + rows * raster.cell
    grid = GridSpec(_named(system), raster.cell, raster.left, top, rows, cols)
    return grid.lay(raster.values, "1")


def _named(system: pyproj.CRS) -> str:
    code = system.to_authority()
    return ":".join(code) if code else str(system.to_wkt())


def _brought(
    path: Path,
    spec: InputSpec,
    own: pyproj.CRS,
    system: pyproj.CRS,
    cell_m: float | None,
    memory: int,
) -> tuple[xr.DataArray, list[str]]:
    """Resistance on another grid: averaged into larger cells, read between for smaller ones."""
    source = GdalSource(path, spec, "resistance")
    frame = source.frame
    source.close()
    if cell_m is not None and not (cell_m > 0 and math.isfinite(cell_m)):
        raise DataError(f"--cell {cell_m:g}: expected metres above 0")
    bounds = transform_bounds(own.to_wkt(), system.to_wkt(), *frame.bounds, densify_pts=51)
    side = cell_m
    if side is None:
        here = fitted_grid(bounds, _named(system), max(bounds[2] - bounds[0], 1.0) / 64)
        side = round_cell(native_m(frame, own, here))
    grid = fitted_grid(bounds, _named(system), side)
    _refuse_size(grid.ny, grid.nx, side, memory)
    out = np.full(grid.shape, np.nan)
    with raster_input(path, spec, INPUTS["resistance"], "resistance", grid) as raster:
        how = raster.resampling(grid)
        for start, stop in grid.strips(STRIP):
            out[start:stop] = raster.rows(grid, start, stop, how)
    return grid.lay(out, "1"), [
        f"resistance: brought from {own.name} to {system.name}, {grid.ny} x {grid.nx} cells of {side:g} m"
    ]


def read_climate(path: Path, grid: GridSpec) -> tuple[xr.DataArray, list[str]]:
    """Climate on the grid of a resistance.

    Parameters
    ----------
    path : Path
        Raster of any format and system.
    grid : GridSpec
        Of the resistance.

    Returns
    -------
    (y, x), list of str
        Averaged into larger cells, read between for smaller ones, NaN where it is missing; and how it was brought here.

    Raises
    ------
    DataError
        Unreadable, without a coordinate system, beside the resistance.
    """
    _refuse_missing(path, "climate")
    spec = InputSpec(file=str(path))
    source = GdalSource(path, spec, "climate")
    frame = source.frame
    source.close()
    if frame.crs is None:
        raise DataError(
            f"climate: {path} has no coordinate system; expected one: write it into the file with your GIS"
        )
    out = np.full(grid.shape, np.nan)
    with raster_input(path, spec, CLIMATE, "climate", grid) as raster:
        how = raster.resampling(grid)
        for start, stop in grid.strips(STRIP):
            out[start:stop] = raster.rows(grid, start, stop, how)
    laid = grid.lay(out, "1")
    if not np.isfinite(out).any():
        raise DataError(
            f"climate: {path} holds no value where the resistance lies; is it the right one?"
        )
    own = pyproj.CRS.from_user_input(frame.crs)
    same = own.equals(grid.projection, ignore_axis_order=True)
    if (
        same
        and (frame.height, frame.width) == grid.shape
        and abs(frame.dx - grid.cell_m) < 1e-9 * grid.cell_m
    ):
        return laid, []
    return laid, [
        f"climate: brought from {own.name}, {frame.height} x {frame.width} cells, to the resistance, {grid.ny} x {grid.nx} cells of {grid.cell_m:g} m"
    ]


def read_cores(
    path: Path,
    resistance: xr.DataArray,
    grid: GridSpec,
    *,
    column: str = "",
    layer: str | None = None,
    crs: str | None = None,
    repair: bool = False,
) -> CoreFile:
    """Core areas of a file.

    Parameters
    ----------
    path : Path
        Polygons of any format, or a raster of ids: 0 or missing is no core.
    resistance : (y, x) [1]
        On which they are to lie.
    grid : GridSpec
        Of it.
    column : str
        Of the ids; by default the first of ``core_id, core, id, …`` that is there, else rows are numbered.
    layer : str, optional
        Of a file with several.
    crs : str, optional
        System of the coordinates, where the file has none or a wrong one.
    repair : bool
        Mend outlines that cross themselves.

    Returns
    -------
    CoreFile
        A raster on another grid comes as the outlines of its cells.

    Raises
    ------
    DataError
        Unreadable, no such column, a column for a raster, outlines that nobody asked to mend.
    """
    _refuse_missing(path, "cores")
    if not (is_polygons(path, "cores") or path.suffix.lower() == ".zip"):
        if column:
            raise DataError(
                f"--id {column}: {path} is a raster, whose cells are the ids; leave it out"
            )
        return _raster_cores(path, resistance, grid)
    spec = InputSpec(file=str(path), layer=layer, repair=repair, crs=crs)
    try:
        frame = read_features(path, spec, "cores")
    except DataError as error:
        hint = "; here: --set cores_crs=EPSG:…" if "crs" in str(error) else ""
        raise DataError(f"{error}{hint}") from None
    told = list(frame.attrs["told"])
    name = _id_column(frame, column, path)
    if name is None:
        told.append(
            f"cores: no column of ids ({', '.join(IDS)}); rows are numbered from 1; name one: --id COLUMN"
        )
        frame.index = pd.RangeIndex(1, len(frame) + 1)
    else:
        frame.index = pd.Index(_plain_ids(frame[name]), dtype=object)
    if set(frame.geom_type) <= {"Polygon", "MultiPolygon"}:
        ids = frame.index
        frame = run_on(frame.reset_index(drop=True), "cores")
        bad = int((~frame.geometry.is_valid).sum())
        if bad and not repair:
            raise DataError(
                f"cores: {path}: the outlines of {bad} polygons cross themselves, the first of core {ids[~frame.geometry.is_valid][0]}; mend "
                "them in a GIS, or have them mended: --repair"
            )
        frame = valid(frame, spec, "cores", path).set_index(ids)
        told += [
            f"cores: the outlines of {bad} polygons crossed themselves and were mended"
        ] * bool(bad)
    return CoreFile(frame[["geometry"]], pd.DataFrame(frame.drop(columns="geometry")), told)


def _id_column(frame: gpd.GeoDataFrame, column: str, path: Path) -> str | None:
    names = [str(c) for c in frame.columns if c != "geometry"]
    if column:
        if column not in names:
            raise DataError(f"--id {column}: {path} has no such column; {nearest(column, names)}")
        return column
    lower = {n.lower(): n for n in reversed(names)}
    return next((lower[word] for word in IDS if word in lower), None)


def _plain_ids(column: pd.Series) -> list[object]:
    """Whole numbers as such, also where a table made fractions of them; words as they are."""
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().all() and (numbers == np.floor(numbers)).all():
        return [int(n) for n in numbers]
    return [None if pd.isna(v) else v for v in column]


def _raster_cores(path: Path, resistance: xr.DataArray, grid: GridSpec) -> CoreFile:
    raster = read_cells(path, "cores")
    nothing = pd.DataFrame()
    ground = Raster(resistance.values, grid.left, grid.bounds[1], grid.cell_m)
    own = None if raster.crs is None else pyproj.CRS.from_user_input(raster.crs)
    same = own is None or own.equals(grid.projection, ignore_axis_order=True)
    if same and not ground.same_place(raster):
        return CoreFile(raster.values, nothing, [])
    values = np.where(np.isfinite(raster.values) & (raster.values > 0), raster.values, 0)
    if (values != np.floor(values)).any() or values.max() > 2**31 - 1:
        odd = values[(values != np.floor(values)) | (values > 2**31 - 1)]
        raise DataError(
            f"cores: {path} holds {odd.flat[0]:.10g}; expected whole numbers below 2^31, 0 where no core is"
        )
    rows, cols = values.shape
    there = GridSpec(
        grid.crs if own is None else _named(own),
        raster.cell,
        raster.left,
        raster.bottom + rows * raster.cell,
        rows,
        cols,
    )
    shapes = polygons(there.lay(values.astype(np.int32), "1", nodata=0))
    return CoreFile(
        shapes,
        nothing,
        [f"cores: {path.name} lies on another grid; the outlines of its cells are taken"],
    )
