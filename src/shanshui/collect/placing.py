"""Where a raster lies below a study: the cells that count, also across the meridian where longitudes begin anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.errors import CRSError
from rasterio.warp import transform_bounds

from shanshui.collect.mosaic import Rolled
from shanshui.collect.scaling import bounds_text
from shanshui.collect.sources import Frame, RasterSource
from shanshui.core.errors import DataError
from shanshui.region.grid import GridSpec, crs_name

_AROUND = 1e-3
"""Departure of a raster's width from 360 degrees at which it still closes [D]."""


@dataclass(frozen=True)
class Part:
    """Rows ``r0`` to ``r1`` and columns ``c0`` to ``c1`` of a raster."""

    r0: int
    r1: int
    c0: int
    c1: int

    @property
    def height(self) -> int:
        """Rows."""
        return max(0, self.r1 - self.r0)

    @property
    def width(self) -> int:
        """Columns."""
        return max(0, self.c1 - self.c0)

    @property
    def cells(self) -> int:
        """Cells."""
        return self.height * self.width

    @classmethod
    def around(cls, parts: Sequence["Part"]) -> "Part":
        """Smallest part that holds others; nothing of none."""
        if not parts:
            return cls(0, 0, 0, 0)
        return cls(
            min(p.r0 for p in parts), max(p.r1 for p in parts),
            min(p.c0 for p in parts), max(p.c1 for p in parts),
        )  # fmt: skip

    def within(self, other: "Part") -> "Part | None":
        """What of it lies in another part."""
        out = Part(
            max(self.r0, other.r0),
            min(self.r1, other.r1),
            max(self.c0, other.c0),
            min(self.c1, other.c1),
        )
        return out if out.cells else None


def native_m(frame: Frame, crs: CRS, grid: GridSpec) -> float:
    """Side of the file's cells in the middle of the study, in metres."""
    x, y = grid.left + grid.nx * grid.cell_m / 2, grid.top - grid.ny * grid.cell_m / 2
    back = Transformer.from_crs(grid.projection, crs, always_xy=True)
    there = Transformer.from_crs(crs, grid.projection, always_xy=True)
    sx, sy = back.transform(x, y)
    xs, ys = there.transform([sx, sx + frame.dx, sx], [sy, sy, sy + frame.dy])
    sides = np.hypot(np.diff(xs)[0], np.diff(ys)[0]), np.hypot(xs[2] - xs[0], ys[2] - ys[0])
    return float(np.sqrt(sides[0] * sides[1]))


def most_km2(frame: Frame, crs: CRS) -> float:
    """Area that a cell of a raster has at most; of one in degrees, at the equator."""
    metres = 111_320.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)
    return frame.dx * frame.dy * metres**2 / 1e6


def refuse_elsewhere(frame: Frame, crs: CRS, grid: GridSpec, name: str, path: Path) -> None:
    """Refuse a file that lies elsewhere.

    Raises
    ------
    DataError
        With what it covers, and what the study covers.
    """
    try:
        box = transform_bounds(
            crs.to_wkt(), grid.projection.to_wkt(), *frame.bounds, densify_pts=21
        )
    except CRSError:
        return
    left, bottom, right, top = grid.bounds
    if box[2] <= left or box[0] >= right or box[3] <= bottom or box[1] >= top:
        raise DataError(
            f"{name}: {path} does not overlap the study: it covers {bounds_text(frame.bounds)} in {crs_name(crs)}, the study covers "
            f"{bounds_text(grid.bounds)} in {crs_name(grid.projection)}; is its crs right?"
        )


def below(frame: Frame, crs: CRS, part: GridSpec, around: float = 2.0) -> Part | None:
    """Cells of a raster that lie below a part of the study grid, with those of some study cells around."""
    try:
        box = transform_bounds(part.projection.to_wkt(), crs.to_wkt(), *part.bounds, densify_pts=51)
    except CRSError:
        return None
    cols = [(x - frame.left) / frame.dx for x in (box[0], box[2])]
    rows = [(frame.top - y) / frame.dy for y in (box[1], box[3])]
    if not np.isfinite([*cols, *rows]).all():
        return None
    rim = 4 + int(around * part.cell_m / max(native_m(frame, crs, part), 1e-9))
    r0, r1 = max(0, int(min(rows)) - rim), min(frame.height, int(max(rows)) + rim + 1)
    c0, c1 = max(0, int(min(cols)) - rim), min(frame.width, int(max(cols)) + rim + 1)
    return Part(r0, r1, c0, c1) if r1 > r0 and c1 > c0 else None


def points_below(
    frame: Frame, crs: CRS, grid: GridSpec, most: int = 400
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells of a raster below the centres of a thinned view of a study grid; -1 where it does not reach."""
    factor = max(1, -(-max(grid.shape) // most))
    xs, ys = np.meshgrid(grid.x()[factor // 2 :: factor], grid.y()[factor // 2 :: factor])
    return cells_below(frame, crs, grid, xs.ravel(), ys.ravel())


def cells_below(
    frame: Frame, crs: CRS, grid: GridSpec, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of a raster below places of a study; -1 where it does not reach."""
    back = Transformer.from_crs(grid.projection, crs, always_xy=True)
    sx, sy = back.transform(x, y)
    with np.errstate(invalid="ignore"):
        row, col = np.floor((frame.top - sy) / frame.dy), np.floor((sx - frame.left) / frame.dx)
        inside = (row >= 0) & (row < frame.height) & (col >= 0) & (col < frame.width)
    rows = np.where(inside, row, -1).astype(np.int64)
    return rows, np.where(inside, col, -1).astype(np.int64)


def placed(source: RasterSource, crs: CRS, grid: GridSpec) -> tuple[RasterSource, CRS]:
    """A raster in degrees brought to the side of the globe on which the study lies.

    Parameters
    ----------
    source : RasterSource
        Its longitudes may run to 360, or begin at any meridian.
    crs : CRS
        Its coordinate system.
    grid : GridSpec
        The study.

    Returns
    -------
    (RasterSource, CRS)
        The same where it lies right already; else with other longitudes, or counted from a meridian in the study where that lies
        across 180 degrees.
    """
    if not crs.is_geographic or abs(crs.axis_info[0].unit_conversion_factor - np.pi / 180) > 1e-9:
        return source, crs
    try:
        box = transform_bounds(grid.projection.to_wkt(), crs.to_wkt(), *grid.bounds, densify_pts=51)
    except CRSError:
        return source, crs
    west, east = box[0], box[2]
    frame = source.frame
    left, right = frame.bounds[0], frame.bounds[2]
    crosses = west > east
    if not crosses and left - frame.dx <= west and east <= right + frame.dx:
        return source, crs
    if crosses:
        east += 360.0
    turn = _turn(left, right, west, east)
    if abs(right - left - 360.0) < _AROUND * 360.0 and not (
        left + turn <= west and east <= right + turn
    ):
        first = int(np.floor(((west + east) / 2 - 180.0 - left) / frame.dx))
        source = Rolled(source, first % frame.width, left + first * frame.dx)
        turn = 0.0
    if not crosses:
        return (Shifted(source, turn) if turn else source), crs
    middle = float(round((west + east) / 2))
    return Shifted(source, turn - middle), _counted_from(crs, middle)


def _turn(left: float, right: float, west: float, east: float) -> float:
    """Whole turns by which a raster overlaps the study most."""
    return max((0.0, -360.0, 360.0), key=lambda t: min(right + t, east) - max(left + t, west))


def _counted_from(crs: CRS, meridian: float) -> CRS:
    """The same system with longitudes from another meridian."""
    datum = crs.geodetic_crs or crs
    if datum.to_epsg() == 4326 or datum.ellipsoid is None:
        return CRS.from_user_input(f"+proj=longlat +datum=WGS84 +pm={meridian:g} +no_defs")
    a, flat = datum.ellipsoid.semi_major_metre, datum.ellipsoid.inverse_flattening
    return CRS.from_user_input(f"+proj=longlat +a={a!r} +rf={flat!r} +pm={meridian:g} +no_defs")


class Shifted:
    """A raster whose longitudes are counted otherwise; its cells are the same.

    Parameters
    ----------
    source : RasterSource
        The raster.
    by : float [degree]
        Added to its longitudes.
    """

    def __init__(self, source: RasterSource, by: float) -> None:
        self.path, self.bands = source.path, source.bands
        self.block_rows, self.bytes = source.block_rows, source.bytes
        self.frame = replace(source.frame, left=source.frame.left + by)
        self.read, self.close = source.read, source.close
