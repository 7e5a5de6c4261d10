"""Covers of cells by polygons: exact, along a common outline, or by centre."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio import features
from rasterio.transform import Affine

from shanshui.kernels.cover import Runs, covered_runs
from shanshui.region.cover import Cover
from shanshui.region.grid import GridSpec
from shanshui.region.unitset import covered


def cover_of(frame: gpd.GeoDataFrame, grid: GridSpec) -> Cover:
    """Exact cover of cells by polygons.

    Parameters
    ----------
    frame : GeoDataFrame
        Valid polygons in the grid's coordinate system; missing and empty ones cover nothing.
    grid : GridSpec
        Study grid.

    Returns
    -------
    Cover
        Shares are exact to about 1e-12 of a cell.

    Notes
    -----
    ``f = |cell and zone| / |cell|``, by the areas to the right of the outline's edges, summed along rows: the way fonts are drawn.
    """
    shapes = np.asarray(frame.geometry.values, object)
    parts, zone_of = shapely.get_parts(shapes, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    outer = np.concatenate([[True], np.diff(part_of) > 0])[: part_of.size]
    runs, cells = covered_runs(
        np.ascontiguousarray((points[:, 0] - grid.left) / grid.cell_m),
        np.ascontiguousarray((grid.top - points[:, 1]) / grid.cell_m),
        np.searchsorted(ring_of, np.arange(rings.size + 1)),
        outer,
        np.searchsorted(zone_of[part_of], np.arange(shapes.size + 1)),
        grid.shape,
    )
    return Cover(grid, frame.index, cells * grid.cell_km2, runs)


def cover_along(frame: gpd.GeoDataFrame, grid: GridSpec) -> tuple[Cover, Cover]:
    """Exact cover, and the same along the outline of all polygons together, for what is spread from polygons to cells.

    Parameters
    ----------
    frame : GeoDataFrame
        Valid polygons in the grid's coordinate system.
    grid : GridSpec
        Study grid.

    Returns
    -------
    (Cover, Cover)
        In the second a cell on the outline of all is in or out by its centre, as it is with a region that they make up, and
        belongs wholly to the polygons that have a part of it: what is spread stays in the region to the last unit. A polygon that
        would be left without a cell keeps those that it has a part of.
    """
    exact = cover_of(frame, grid)
    inside = covered(frame, grid)
    left = exact.sums(grid.lay(inside.astype(np.float32), "1")).total
    for zone in np.flatnonzero((left <= 0) & (exact.inside_km2 > 0)):
        inside.ravel()[exact.cells(int(zone))[0]] = True
    return exact, exact.along(inside)


def cover_by_centre(frame: gpd.GeoDataFrame, grid: GridSpec) -> Cover:
    """Cells whose centre lies in a polygon, whole; a polygon that holds no centre has its exact share of cells.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons in the grid's coordinate system.
    grid : GridSpec
        Study grid.

    Returns
    -------
    Cover
        Each polygon by itself. For models whose own ground is cells by centre: along the outline they know no parts of cells.
    """
    exact = cover_of(frame, grid)
    found = [_by_centre(shape, grid) for shape in frame.geometry]
    for zone, own in enumerate(found):
        if not len(own[0]):
            part = slice(exact.runs.first[zone], exact.runs.first[zone + 1])
            found[zone] = tuple(field[part] for field in exact.runs[1:])
    sizes = [len(own[0]) for own in found]
    fields = [np.concatenate(part) for part in zip(*found, strict=True)] or list(exact.runs[1:])
    runs = Runs(np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64), *fields)
    return Cover(grid, frame.index, exact.area_km2, runs)


def _by_centre(shape: shapely.Geometry | None, grid: GridSpec) -> tuple[NDArray[Any], ...]:
    """Row, column, size and share of runs of cells whose centre lies in a polygon, as GDAL burns it."""
    rows = cols = slice(0, 0)
    if shape is not None and not shape.is_empty:
        west, south, east, north = shape.bounds
        rows = _span((grid.top - north) / grid.cell_m, (grid.top - south) / grid.cell_m, grid.ny)
        cols = _span((west - grid.left) / grid.cell_m, (east - grid.left) / grid.cell_m, grid.nx)
    size = rows.stop - rows.start, cols.stop - cols.start
    inside = np.zeros(size, np.int8)
    if min(size) > 0:
        place = grid.transform * Affine.translation(cols.start, rows.start)
        inside = features.rasterize([shape], size, transform=place, dtype="uint8").astype(np.int8)
    edge = np.diff(inside, axis=1, prepend=np.int8(0), append=np.int8(0))
    row, begin = np.nonzero(edge == 1)
    _, end = np.nonzero(edge == -1)
    return (
        (row + rows.start).astype(np.int32),
        (begin + cols.start).astype(np.int32),
        (end - begin).astype(np.int32),
        np.ones(row.size),
    )


def _span(first: float, last: float, size: int) -> slice:
    low = min(max(int(np.floor(first)), 0), size)
    return slice(low, max(low, min(int(np.ceil(last)), size)))
