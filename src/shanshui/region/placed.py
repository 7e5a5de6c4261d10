"""Polygons brought to the coordinate system of a grid: their lines stay where they were drawn, also across 180 degrees."""

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.region.grid import GridSpec

LINE_SHARE = 1e-5
"""How far a line may leave its course in the new system, in cells [D]: where it would, corners are put in between."""
MOST_PARTS = 4096
"""Parts that a straight piece of an outline is cut into at most [D]."""
REACH_DEG = 60.0
"""From the middle of the grid, what is farther than this has no good place in its system [D] and is cut off."""


def placed(
    frame: gpd.GeoDataFrame, grid: GridSpec, name: str
) -> tuple[gpd.GeoDataFrame, NDArray[np.float64]]:
    """Polygons in the coordinate system of a grid.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons. In degrees they may cross 180: cut there, written beyond 180, or with a jump from 180 to -180. Without a system on
        either side they are taken to lie in the grid's.
    grid : GridSpec
        Study grid: no line is off by more than a part of its cells.
    name : str
        What the polygons are called, for messages.

    Returns
    -------
    (GeoDataFrame, (n,) [km2])
        Same rows; and the whole area of those of which a far part (half the globe away) was cut off, NaN for the others.

    Raises
    ------
    DataError
        A polygon about a pole that jumps at 180 degrees.
    """
    whole = np.full(len(frame), np.nan)
    if not grid.crs or frame.crs is None:
        return frame, whole
    if frame.crs.equals(grid.projection, ignore_axis_order=True):
        return frame, whole
    shapes = np.asarray(frame.geometry.values, object)
    if frame.crs.is_geographic:
        shapes = unrolled(shapes, name)
        shapes, whole = _near(shapes, grid)
    move = pyproj.Transformer.from_crs(frame.crs, grid.projection, always_xy=True)
    moved = [_moved(shape, move, LINE_SHARE * grid.cell_m) for shape in shapes]
    return (
        frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=grid.projection)),
        whole,
    )


def _near(
    shapes: NDArray[np.object_], grid: GridSpec
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Polygons in degrees without what is far from the grid, and the whole area [km2] of those that were cut."""
    left, bottom, right, top = grid.bounds
    to_degrees = pyproj.Transformer.from_crs(
        grid.projection, grid.projection.geodetic_crs, always_xy=True
    )
    lon, lat = to_degrees.transform((left + right) / 2, (bottom + top) / 2)
    turns = (-360.0, 0.0, 360.0)
    wide = REACH_DEG if abs(lat) < REACH_DEG else 180.0
    near = shapely.union_all(
        [
            shapely.box(lon + t - wide, lat - REACH_DEG, lon + t + wide, lat + REACH_DEG)
            for t in turns
        ]
    )
    out, whole = shapes.copy(), np.full(shapes.size, np.nan)
    for at in np.flatnonzero(~shapely.covered_by(shapes, near)):
        if shapes[at] is None or shapes[at].is_empty or not shapes[at].is_valid:
            continue
        parts = shapely.get_parts(shapely.intersection(shapes[at], near))
        out[at] = shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])
        whole[at] = _globe_km2(shapes[at])
    return out, whole


def _globe_km2(shape: shapely.Geometry) -> float:
    """Area of a polygon in degrees, on the cylinder of equal area."""
    flat = pyproj.Proj("+proj=cea +ellps=WGS84")

    def laid(points: NDArray[np.float64]) -> NDArray[np.float64]:
        _, y = flat(np.zeros(len(points)), points[:, 1])
        return np.column_stack([np.radians(points[:, 0]) * 6378137.0, y])

    return float(shapely.transform(shapely.segmentize(shape, 0.1), laid).area / 1e6)


def run_on(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Polygons that run on across 180 degrees, where they are in degrees: what jumps there is not valid."""
    if frame.crs is None or not frame.crs.is_geographic:
        return frame
    shapes = unrolled(np.asarray(frame.geometry.values, object), name)
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def unrolled(shapes: NDArray[np.object_], name: str) -> NDArray[np.object_]:
    """Polygons in degrees whose rings jump at 180, with longitudes that run on instead.

    Parameters
    ----------
    shapes : (n,)
        Polygons and multipolygons.
    name : str
        What they are called, for messages.

    Returns
    -------
    (n,)
        As they were, but where two corners of a ring that follow each other are more than 180 degrees apart the way round
        is taken that is shorter. Pieces of outline of 360 degrees, as the frame of a world map has, stay.

    Raises
    ------
    DataError
        A ring that then does not close, since a pole lies in it.
    """
    out = shapes.copy()
    west, _, east, _ = shapely.bounds(shapes).T if len(shapes) else (np.empty(0),) * 4
    for at in np.flatnonzero(east - west > 180.0):
        parts = [_unrolled(part, name, int(at)) for part in shapely.get_parts(shapes[at])]
        out[at] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return out


def _unrolled(part: shapely.Polygon, name: str, at: int) -> shapely.Polygon:
    rings: list[NDArray[np.float64]] = []
    for ring in (part.exterior, *part.interiors):
        lon, lat = shapely.get_coordinates(ring).T
        step = np.diff(lon)
        jump = (np.abs(step) > 180.0) & (np.abs(step) < 360.0)
        turn = np.concatenate([[0.0], np.cumsum(np.where(jump, -360.0 * np.sign(step), 0.0))])
        if turn[-1] != 0.0:
            raise DataError(
                f"{name}: polygon {at + 1} jumps at 180 degrees and does not close: a pole lies in it; "
                "draw it along 180 degrees to the pole and back"
            )
        lon = lon + turn
        if rings:
            # a hole lies within its outline
            lon = lon + 360.0 * np.rint((rings[0][:, 0].mean() - lon.mean()) / 360.0)
        rings.append(np.column_stack([lon, lat]))
    return shapely.Polygon(rings[0], rings[1:])


def _moved(
    shape: shapely.Geometry | None, move: pyproj.Transformer, allowed_m: float
) -> shapely.Geometry | None:
    """One geometry in the new system, with corners put in where a line would leave its course."""
    if shape is None or shape.is_empty:
        return shape
    lost = False

    def along(points: NDArray[np.float64]) -> NDArray[np.float64]:
        nonlocal lost
        x, y = move.transform(*points.T)
        known = np.isfinite(x) & np.isfinite(y)
        lost = lost or not known.all()
        if len(points) > 1 and known.all():
            middle = np.column_stack(move.transform(*((points[1:] + points[:-1]) / 2).T))
            ends = np.column_stack([x, y])
            off = np.hypot(*(middle - (ends[1:] + ends[:-1]) / 2).T)
            # the arrow of an arc falls with the square of its parts
            parts = np.clip(np.ceil(np.sqrt(off / allowed_m)), 1, MOST_PARTS)
            if np.isfinite(off).all() and (parts > 1).any():
                points = _parted(points, parts.astype(np.int64))
                x, y = move.transform(*points.T)
        return np.column_stack([x, y])

    rings: list[list[NDArray[np.float64]]] = []
    for part in shapely.get_parts(shape):
        whole = [along(shapely.get_coordinates(r)) for r in (part.exterior, *part.interiors)]
        rings.append(whole)
    if lost:
        rings = [[r[np.isfinite(r).all(axis=1)] for r in whole] for whole in rings]
        rings = [[r for r in whole if len(r) > 3] for whole in rings if len(whole[0]) > 3]
    made = [shapely.Polygon(whole[0], whole[1:]) for whole in rings]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _parted(points: NDArray[np.float64], parts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Corners, and on each piece between two of them as many more as it is parted into."""
    edge = np.repeat(np.arange(parts.size), parts)
    step = np.arange(edge.size) - np.repeat(np.cumsum(parts) - parts, parts)
    ratio = (step / parts[edge])[:, None]
    laid = points[edge] + ratio * (points[edge + 1] - points[edge])
    return np.vstack([laid, points[-1:]])
