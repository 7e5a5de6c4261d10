"""Make a study folder: from a template, or from an elevation raster alone."""

import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pyproj
import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import calculate_default_transform, transform_bounds

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import CUBES, TABLES
from shanshui.collect.readers import read_features
from shanshui.core.errors import DataError, StudyError, nearest
from shanshui.region.grid import (
    MAX_AREA_DISTORTION,
    GridSpec,
    fitted_crs,
    fitted_grid,
    round_cell,
)
from shanshui.store.layout import STUDY_FILE, disk_errors
from shanshui.study.made_up.region import made_up_region

QINBA_CRS = "+proj=aea +lat_1=30.5 +lat_2=34.5 +lat_0=0 +lon_0=107.5 +datum=WGS84 +units=m +no_defs"
"""Albers with the region's own parallels: less distortion than the national choice."""
TEMPLATES = ("made-up", "qinba")
MARGIN = 0.15
"""Share of the boundary's width by which the grid reaches beyond it [D], so that rivers arrive whole."""


def new_study(
    folder: str | Path,
    *,
    template: str | None = None,
    data: str | Path | None = None,
    elevation: str | Path | None = None,
    boundary: str | Path | None = None,
    crs: str | int | None = None,
    cell_m: float | None = None,
    size: int = 512,
    seed: int = 0,
) -> Path:
    """Make a study folder.

    Parameters
    ----------
    folder : path
        To be made; must not hold a study yet.
    template : str, optional
        ``made-up`` or ``qinba``; without it and without ``elevation``, ``made-up``.
    data : path, optional
        Folder of the data files that the template names.
    elevation : path, optional
        Elevation raster; with a template it replaces the template's.
    boundary : path, optional
        Polygons of the region.
    crs : str or int, optional
        EPSG code or any PROJ text; by default an equal-area system is fitted.
    cell_m : float, optional [m]
        Side of a cell; by default that of the elevation.
    size : int
        Rows and columns of a made-up region.
    seed : int
        Of a made-up region.

    Returns
    -------
    Path
        The study file.

    Raises
    ------
    StudyError, DataError
        Says what is wrong and what to do; nothing is left behind.
    """
    folder = Path(folder)
    place = folder / STUDY_FILE
    if place.exists():
        raise StudyError(
            f"{place}: there is a study already; choose another folder, or edit that file"
        )
    if template is None and elevation is None:
        template = "made-up"
    if template not in (None, *TEMPLATES):
        raise StudyError(f"--template {template}: {nearest(str(template), TEMPLATES)}")
    if cell_m is not None and cell_m <= 0:
        raise StudyError(f"--cell {cell_m}: expected a side in metres above 0")
    wanted_crs = _crs(crs)
    if template == "made-up":
        if elevation or boundary or data:
            raise StudyError(
                "--template made-up makes its own data; leave out --elevation, --boundary and --data"
            )
        return _made_up(folder, wanted_crs, cell_m or 250.0, size, seed)
    if template == "qinba":
        return _qinba(folder, data, elevation, boundary, wanted_crs, cell_m)
    return _bare(folder, Path(str(elevation)), boundary, data, wanted_crs, cell_m)


def _crs(crs: str | int | None) -> str | None:
    if crs is None:
        return None
    text = str(crs).strip()
    text = f"EPSG:{text}" if re.fullmatch(r"\d+", text) else text
    try:
        found = pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        raise StudyError(
            f"--crs {crs}: not a coordinate system; give an EPSG code such as 6933, or a PROJ text"
        ) from None
    if found.is_geographic:
        raise StudyError(
            f"--crs {crs}: '{found.name}' is in degrees, and areas cannot be summed on it; leave --crs out to have an "
            "equal-area system fitted"
        )
    return text


def _made_up(folder: Path, crs: str | None, cell_m: float, size: int, seed: int) -> Path:
    if size < 64:
        raise StudyError(f"--size {size}: a made-up region needs at least 64 cells a side")
    name = f"Made-up region (seed {seed})"
    crs = crs or fitted_crs(107.0, 32.0, 109.0, 34.0)
    side = size * cell_m
    left, top = -round(side / 2 / cell_m) * cell_m, round(side / 2 / cell_m) * cell_m
    grid = GridSpec(crs, float(cell_m), left, top, size, size).checked()
    inner, outer = made_up_region(folder / "data", grid, seed)
    for table in ("biophysical", "threats"):
        content = (
            files("shanshui.study").joinpath(f"templates/made_up_{table}.csv").read_text("utf-8")
        )
        (folder / "data" / f"{table}.csv").write_text(content, "utf-8")
    _to_start_from(folder / "data")
    return _write(
        folder,
        "made_up",
        NAME=name,
        GRID=grid_text(grid),
        SEED=str(seed),
        INNER=_list(inner),
        OUTER=_list(outer),
    )


def _qinba(
    folder: Path,
    data: str | Path | None,
    elevation: str | Path | None,
    boundary: str | Path | None,
    crs: str | None,
    cell_m: float | None,
) -> Path:
    if data is None:
        raise StudyError("--template qinba: --data FOLDER is needed: where the datasets lie")
    data = Path(data).expanduser()
    if not data.is_dir():
        raise StudyError(f"--data {data}: no such folder")
    source = Path(elevation) if elevation else data / "dem" / "dem_fused_36arcsec.tif"
    grid = grid_for(source, None, crs or QINBA_CRS, cell_m or 1000.0)
    place = _write(
        folder,
        "qinba",
        NAME="Qinba Mountain Area",
        DATA=relative(data, folder),
        GRID=grid_text(grid),
    )
    text = place.read_text("utf-8")
    if elevation:
        text = text.replace("dem/dem_fused_36arcsec.tif", relative(source, folder))
    if boundary:
        start = text.index("[inputs.boundary]")
        stop = text.index("[inputs.counties]")
        text = text[:start] + _boundary_text(Path(boundary), folder) + "\n" + text[stop:]
    place.write_text(text, "utf-8")
    _to_start_from(folder)
    for name in (
        "outlets", "cities", "massifs", "biophysical", "threats", "sectors", "readiness", "clusters", "hubs",
    ):  # fmt: skip
        content = files("shanshui.study").joinpath(f"templates/qinba_{name}.csv").read_text("utf-8")
        (folder / f"{name}.csv").write_text(content, "utf-8")
    return place


def _to_start_from(folder: Path) -> None:
    """Judgements of the evaluation system, and access rules of the Qinba case, to be replaced."""
    for package, name in (
        ("shanshui.study", "templates/judgements.csv"),
        ("shanshui.industry", "access_rules.csv"),
    ):
        content = files(package).joinpath(name).read_text("utf-8")
        (folder / Path(name).name).write_text(content, "utf-8")


def _bare(
    folder: Path,
    elevation: Path,
    boundary: str | Path | None,
    data: str | Path | None,
    crs: str | None,
    cell_m: float | None,
) -> Path:
    elevation = elevation.expanduser()
    if not elevation.exists() and data is not None and (Path(data) / elevation).exists():
        elevation = Path(data) / elevation
    outline = Path(boundary).expanduser() if boundary else None
    grid = grid_for(elevation, outline, crs, cell_m)
    assume = f'crs = "{crs}"\n' if crs and not _has_crs(elevation) else ""
    return _write(
        folder,
        "bare",
        NAME=folder.resolve().name,
        DATA=relative(Path(data), folder) if data else ".",
        GRID=grid_text(grid),
        ELEVATION=relative(elevation, folder),
        ELEVATION_CRS=assume,
        BOUNDARY="\n" + _boundary_text(outline, folder) if outline else "",
    )


def _boundary_text(path: Path, folder: Path) -> str:
    return f'[inputs.boundary]\nfile = "{relative(path, folder)}"\n'


def _has_crs(path: Path) -> bool:
    if path.suffix.lower() in CUBES:
        return True
    with rasterio.open(path) as file:
        return file.crs is not None


def grid_for(
    elevation: Path, boundary: Path | None, crs: str | None, cell_m: float | None
) -> GridSpec:
    """Fit the grid to the elevation, or to the part of it around a boundary."""
    if not elevation.exists():
        raise DataError(f"elevation: no file {elevation}; correct --elevation or --data")
    if elevation.suffix.lower() in CUBES:
        bounds, source, shape, transform = _cube_frame(elevation)
    else:
        try:
            with rasterio.open(elevation) as file:
                bounds, shape, transform = tuple(file.bounds), file.shape, file.transform
                source = pyproj.CRS.from_wkt(file.crs.to_wkt()) if file.crs else None
        except RasterioError as error:
            raise DataError(
                f"elevation: {elevation} cannot be read as a raster ({error}); is it complete?"
            ) from None
    if source is None:
        if crs is None:
            raise DataError(
                f"elevation: {elevation} has no coordinate system; give --crs EPSG (the one its coordinates are in)"
            )
        source = pyproj.CRS.from_user_input(crs)
    if boundary is not None:
        bounds = _around(boundary, source, bounds)
    if crs is None and (kept := _kept_grid(source, shape, transform, cell_m, boundary)) is not None:
        return kept
    target = pyproj.CRS.from_user_input(
        crs or fitted_crs(*transform_bounds(source.to_wkt(), "EPSG:4326", *bounds))
    )
    box = transform_bounds(source.to_wkt(), target.to_wkt(), *bounds, densify_pts=101)
    if cell_m is None:
        native, _, _ = calculate_default_transform(
            source.to_wkt(), target.to_wkt(), shape[1], shape[0], *_corners(transform, shape)
        )
        cell_m = native.a if source == target else round_cell(native.a)
    grid = fitted_grid(
        box, crs or fitted_crs(*transform_bounds(source.to_wkt(), "EPSG:4326", *bounds)), cell_m
    )
    return grid.checked()


def _corners(
    transform: rasterio.Affine, shape: tuple[int, int]
) -> tuple[float, float, float, float]:
    right = transform.c + transform.a * shape[1] + transform.b * shape[0]
    bottom = transform.f + transform.d * shape[1] + transform.e * shape[0]
    return transform.c, bottom, right, transform.f


def _kept_grid(
    source: pyproj.CRS,
    shape: tuple[int, int],
    transform: rasterio.Affine,
    cell_m: float | None,
    boundary: Path | None,
) -> GridSpec | None:
    """Keep the elevation's own grid where areas can be summed on it: nothing is resampled then."""
    if source.is_geographic or source.axis_info[0].unit_name not in {"metre", "meter"}:
        return None
    square = abs(transform.a + transform.e) < 1e-6 * transform.a and transform.b == transform.d == 0
    if (
        not square
        or boundary is not None
        or (cell_m is not None and abs(cell_m - transform.a) > 1e-6 * transform.a)
    ):
        return None
    epsg = source.to_epsg()
    grid = GridSpec(
        f"EPSG:{epsg}" if epsg else source.to_wkt(), transform.a, transform.c, transform.f, *shape
    )
    return grid if grid.area_distortion() <= MAX_AREA_DISTORTION else None


def _cube_frame(
    path: Path,
) -> tuple[tuple[float, ...], pyproj.CRS | None, tuple[int, int], rasterio.Affine]:
    from rasterio.transform import from_bounds

    from shanshui.collect.readers import cube_to_array

    cube = cube_to_array(path, InputSpec(file=str(path)), "elevation")
    x, y = cube["x"].values, cube["y"].values
    if x.size < 2 or y.size < 2:
        raise DataError(f"elevation: {path} has {y.size} x {x.size} cells; expected at least 2 x 2")
    dx, dy = abs(x[1] - x[0]) / 2, abs(y[1] - y[0]) / 2
    bounds = (x[0] - dx, y[-1] - dy, x[-1] + dx, y[0] + dy)
    crs = cube.attrs.get("crs")
    return (
        bounds,
        pyproj.CRS.from_user_input(crs) if crs else None,
        (y.size, x.size),
        from_bounds(*bounds, x.size, y.size),
    )


def _around(boundary: Path, source: pyproj.CRS, bounds: tuple[float, ...]) -> tuple[float, ...]:
    if boundary.suffix.lower() in TABLES - {".parquet"}:
        raise DataError(
            f"boundary: {boundary} is a table; expected polygons (GeoPackage, Shapefile, GeoJSON, GeoParquet)"
        )
    frame = read_features(boundary, InputSpec(file=str(boundary)), "boundary").to_crs(source)
    left, bottom, right, top = frame.total_bounds
    grow = MARGIN * max(right - left, top - bottom)
    box = (
        max(left - grow, bounds[0]), max(bottom - grow, bounds[1]),
        min(right + grow, bounds[2]), min(top + grow, bounds[3]),
    )  # fmt: skip
    if box[0] >= box[2] or box[1] >= box[3]:
        raise DataError(
            f"boundary: {boundary} does not overlap the elevation; it covers {left:g} to {right:g}, {bottom:g} to {top:g} in "
            f"{source.name}; is its coordinate system right?"
        )
    return box


def grid_text(grid: GridSpec) -> str:
    """Grid section of a study file."""
    crs = grid.crs.replace('"', '\\"') if not grid.crs.startswith("EPSG") else grid.crs
    quoted = "'''" + grid.crs + "'''" if '"' in grid.crs else f'"{crs}"'
    return (
        f"[grid]\ncrs = {quoted}\ncell_m = {grid.cell_m!r}\nleft = {grid.left!r}\ntop = {grid.top!r}\n"
        f"ny = {grid.ny}\nnx = {grid.nx}\n"
    )


def _list(codes: list[str]) -> str:
    return "[" + ", ".join(f'"{c}"' for c in codes) + "]"


def relative(path: Path, folder: Path) -> str:
    """Path from the study folder, so that both can be moved together."""
    path, folder = path.expanduser().resolve(), folder.resolve()
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def _write(folder: Path, template: Literal["made_up", "qinba", "bare"], **words: str) -> Path:
    text = files("shanshui.study").joinpath(f"templates/{template}.toml").read_text("utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    place = folder / STUDY_FILE
    with disk_errors(place):
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{STUDY_FILE}"
        fresh.write_text(text, "utf-8")
        fresh.replace(place)
    return place
