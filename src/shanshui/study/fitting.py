"""The grid of a new study, fitted to an elevation raster."""

import math
from pathlib import Path

import pyproj
from rasterio.errors import RasterioError
from rasterio.warp import calculate_default_transform, transform_bounds

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.mosaic import whole
from shanshui.collect.sources import Frame
from shanshui.collect.tiles import tiles_of
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.region.grid import (
    MAX_AREA_DISTORTION,
    GridSpec,
    fitted_crs,
    fitted_grid,
    round_cell,
)

MARGIN = 0.15
"""Share of the boundary's width by which the grid reaches beyond it [D], so that rivers arrive whole."""


def grid_for(
    elevation: Path, boundary: Path | None, crs: str | None, cell_m: float | None
) -> GridSpec:
    """Fit the grid to the elevation, or to the part of it around a boundary.

    Raises
    ------
    DataError
        A file that is missing, unreadable or in no known place.
    """
    if not _exists(tiles_of(elevation)[0]):
        raise DataError(f"elevation: no file {str(elevation)[:200]}; correct --elevation or --data")
    try:
        return _grid_for(elevation, boundary, crs, cell_m)
    except (RasterioError, pyproj.exceptions.ProjError, ValueError, OverflowError) as error:
        if isinstance(error, ShanshuiError):
            raise
        said = " ".join(str(error).split())[:200]
        raise DataError(
            f"elevation: {elevation} cannot be brought to a study grid ({said}); is its coordinate system right?"
        ) from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _grid_for(
    elevation: Path, boundary: Path | None, crs: str | None, cell_m: float | None
) -> GridSpec:
    tiles = tiles_of(elevation)
    specs = [InputSpec(file=str(tile), band=1) for tile in tiles]
    raster = whole(tiles, specs, "elevation")
    frame = raster.frame
    raster.close()
    bounds, source = frame.bounds, frame.crs
    if source is not None and source.is_compound:
        source = source.sub_crs_list[0]
    if source is None:
        if crs is None:
            raise DataError(
                f"elevation: {elevation} has no coordinate system; give --crs EPSG (the one its coordinates are in)"
            )
        source = pyproj.CRS.from_user_input(crs)
    _refuse_source(elevation, source, bounds)
    if boundary is not None:
        left, bottom, right, top = _around(boundary, source, bounds)
        bounds = (left, bottom, right, top)
    if crs is None and (kept := _kept_grid(source, frame, cell_m, boundary)) is not None:
        return kept
    target = pyproj.CRS.from_user_input(
        crs or fitted_crs(*transform_bounds(source.to_wkt(), "EPSG:4326", *bounds))
    )
    box = transform_bounds(source.to_wkt(), target.to_wkt(), *bounds, densify_pts=101)
    if cell_m is None:
        native, _, _ = calculate_default_transform(
            source.to_wkt(), target.to_wkt(), frame.width, frame.height, *bounds
        )
        cell_m = native.a if source == target else round_cell(native.a)
    grid = fitted_grid(
        box, crs or fitted_crs(*transform_bounds(source.to_wkt(), "EPSG:4326", *bounds)), cell_m
    )
    return grid.checked()


def _refuse_source(elevation: Path, source: pyproj.CRS, bounds: tuple[float, ...]) -> None:
    if not (source.is_geographic or source.is_projected):
        raise DataError(
            f"elevation: {elevation} lies in '{source.name[:60]}', which is no coordinate system of the Earth; assign the right one"
        )
    if not all(map(math.isfinite, bounds)):
        raise DataError(f"elevation: {elevation} has no finite place; assign its corner and cell")
    if source.is_geographic and max(abs(bounds[1]), abs(bounds[3])) > 90.0 + 1e-6:
        raise DataError(
            f"elevation: {elevation} reaches from latitude {bounds[1]:g} to {bounds[3]:g}; expected -90 to 90: "
            "is its coordinate system right?"
        )


def _kept_grid(
    source: pyproj.CRS, frame: Frame, cell_m: float | None, boundary: Path | None
) -> GridSpec | None:
    """Keep the elevation's own grid where areas can be summed on it: nothing is resampled then."""
    if source.is_geographic or source.axis_info[0].unit_name not in {"metre", "meter"}:
        return None
    side = frame.dx
    if (
        abs(side - frame.dy) > 1e-6 * side
        or boundary is not None
        or (cell_m is not None and abs(cell_m - side) > 1e-6 * side)
    ):
        return None
    epsg = source.to_epsg()
    crs = f"EPSG:{epsg}" if epsg else source.to_wkt()
    grid = GridSpec(crs, side, frame.left, frame.top, frame.height, frame.width)
    return grid if grid.area_distortion() <= MAX_AREA_DISTORTION else None


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
