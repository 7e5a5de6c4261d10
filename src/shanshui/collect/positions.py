"""Where features lie on the Earth: systems, zones in eastings, exchanged axes, shifted datums and the date line."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gauss_zones import (
    MIDDLE_M,
    SIX,
    THREE,
    ZONE_M,
    Gauss,
    cgcs2000,
    gauss_of,
    meridian_of,
    moved_to,
    zone_in,
)
from shanshui.collect.shifted_datums import SHIFTED, unshifted
from shanshui.collect.transformations import Bounds
from shanshui.core.errors import DataError
from shanshui.region.grid import crs_name

WGS84 = CRS.from_epsg(4326)
Floats = NDArray[np.float64]


def degrees_of(bounds: Bounds, crs: CRS) -> Bounds | None:
    """West, south, east and north [degree] of a rectangle; None where it has no place on the Earth."""
    try:
        way = Transformer.from_crs(crs, WGS84, always_xy=True)
        west, south, east, north = way.transform_bounds(*bounds, densify_pts=21)
    except ProjError:
        return None
    if not np.isfinite([west, south, east, north]).all():
        return None
    # across the date line the eastern end counts on
    return west, south, east + 360.0 if east < west else east, north


def system_of(spec: InputSpec, own: CRS | None, name: str) -> tuple[CRS | None, str | None]:
    """Coordinate system and shifted datum of a file, the study file's word first.

    Raises
    ------
    DataError
        The word names no system.
    """
    if spec.crs is None:
        return own, spec.datum
    if spec.crs.strip().lower() in SHIFTED:
        return own, SHIFTED[spec.crs.strip().lower()]
    try:
        return CRS.from_user_input(spec.crs), spec.datum
    except Exception as error:  # noqa: BLE001 - whatever the library raises
        said = " ".join(str(error).split())[:120]
        raise DataError(
            f"{name}.crs: '{spec.crs[:60]}' is not a coordinate system ({said}); expected an EPSG code such as EPSG:4490, WKT, "
            "GCJ-02 or BD-09"
        ) from None


def settled(
    frame: gpd.GeoDataFrame, spec: InputSpec, name: str, path: Path, study: Bounds | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Features in a coordinate system that their coordinates agree with.

    Parameters
    ----------
    frame : GeoDataFrame
        As read.
    spec : InputSpec
        ``crs`` and ``datum`` as declared.
    name : str
        Input, for messages.
    path : Path
        Its file.
    study : (west, south, east, north), optional
        Where the study lies [degree]: a witness where coordinates and system contradict each other.

    Returns
    -------
    (GeoDataFrame, list of str)
        And what was found and mended.

    Raises
    ------
    DataError
        No system, or one that the coordinates contradict without a witness.
    """
    crs, datum = system_of(spec, frame.crs, name)
    if datum is not None:
        frame = frame.set_crs(crs or WGS84, allow_override=True)
        moved = unshifted(frame, datum, name)
        return moved, []
    if crs is None:
        raise DataError(
            f'{name}: {path} has no coordinate system; add crs = "EPSG:…" to [inputs.{name}]{cure(frame, None, study)}'
        )
    frame = frame.set_crs(crs, allow_override=True)
    if crs.is_geographic:
        return _in_degrees(frame, name, path, study)
    gauss = gauss_of(crs)
    return (frame, []) if gauss is None else _in_zone(frame, gauss, name, study)


def _in_degrees(
    frame: gpd.GeoDataFrame, name: str, path: Path, study: Bounds | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Degrees checked, exchanged where they can be nothing else, and joined across the date line."""
    box = frame.geometry.bounds.to_numpy()
    seen = np.isfinite(box).all(axis=1)
    wide = seen & (
        (np.abs(box[:, [0, 2]]) > 360.0).any(axis=1) | (np.abs(box[:, [1, 3]]) > 360.0).any(axis=1)
    )
    if wide.any():
        k = int(np.flatnonzero(wide)[0])
        raise DataError(
            f"{name}: {path}: {int(wide.sum())} features have coordinates such as {box[k, 0]:.1f}, {box[k, 1]:.1f}, which are no "
            f"degrees, as {crs_name(frame.crs)} has them; set crs to the projected system that they are in{cure(frame[wide], None, study)}"
        )
    told = []
    high = seen & (np.abs(box[:, [1, 3]]) > 90.0).any(axis=1)
    turned = high & (np.abs(box[:, [0, 2]]) <= 90.0).all(axis=1)
    if (high & ~turned).any():
        k = int(np.flatnonzero(high & ~turned)[0])
        raise DataError(
            f"{name}: {path}: feature {k + 1} has latitude {box[k, 3]:g}; expected -90 to 90: is its coordinate system right?"
        )
    if turned.any():
        shapes = frame.geometry.to_numpy().copy()
        shapes[turned] = shapely.transform(shapes[turned], _exchanged)
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
        told.append(
            f"{name}: longitude and latitude of {int(turned.sum())} of {len(frame)} features were exchanged, for their latitudes go "
            f"beyond 90; the first is {label_of(frame, turned)}"
        )
    elsewhere = seen & ~turned & _only_exchanged(box, study)
    if elsewhere.any() and not elsewhere.all():
        told.append(
            f"{name}: {int(elsewhere.sum())} of {len(frame)} features lie outside the study, but inside with longitude and latitude "
            f"exchanged; the first is {label_of(frame, elsewhere)}; correct them in the file"
        )
    return _joined(frame), told


def _exchanged(points: Floats) -> Floats:
    return np.ascontiguousarray(points[:, ::-1])


def _only_exchanged(box: Floats, study: Bounds | None) -> NDArray[np.bool_]:
    """Rows that lie in the study when their axes are exchanged, and not as they are."""
    if study is None:
        return np.zeros(len(box), bool)
    with np.errstate(invalid="ignore"):
        here = _meets(box, study)
        there = _meets(box[:, [1, 0, 3, 2]], study)
    return there & ~here


def _meets(box: Floats, study: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = study
    out = np.zeros(len(box), bool)
    for turn in (-360.0, 0.0, 360.0):
        out |= (
            (box[:, 0] + turn <= east) & (box[:, 2] + turn >= west)
            & (box[:, 1] <= north) & (box[:, 3] >= south)
        )  # fmt: skip
    return out


def _joined(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lines and rings that jump from one side of the date line to the other, in one piece beyond it."""
    box = frame.geometry.bounds.to_numpy()
    with np.errstate(invalid="ignore"):
        broad = np.isfinite(box).all(axis=1) & (box[:, 2] - box[:, 0] > 180.0)
    if not broad.any():
        return frame
    shapes = frame.geometry.to_numpy().copy()
    for k in np.flatnonzero(broad):
        shapes[k] = over_the_date_line(shapes[k])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def over_the_date_line(shape: shapely.Geometry) -> shapely.Geometry:
    """Shape whose longitudes go on where its lines jump by more than half the Earth.

    Parameters
    ----------
    shape : Geometry
        In degrees. A jump by 360 degrees exactly is the rim of a map of the world, and stays.

    Returns
    -------
    Geometry
        Longitudes up to 540 degrees.
    """
    if isinstance(
        shape, (shapely.MultiPolygon, shapely.MultiLineString, shapely.GeometryCollection)
    ):
        return type(shape)([over_the_date_line(part) for part in shape.geoms])
    if isinstance(shape, shapely.Polygon) and not shape.is_empty:
        rim = _unwound(shapely.get_coordinates(shape.exterior))
        west = float(rim[:, 0].min())
        holes = []
        for ring in shape.interiors:
            hole = _unwound(shapely.get_coordinates(ring))
            if hole[:, 0].min() < west:
                hole[:, 0] += 360.0
            holes.append(hole)
        return shapely.Polygon(rim, holes)
    if isinstance(shape, shapely.LineString) and not shape.is_empty:
        return shapely.LineString(_unwound(shapely.get_coordinates(shape)))
    return shape


def _unwound(points: Floats) -> Floats:
    out = points.copy()
    step = np.diff(out[:, 0])
    jump = (np.abs(step) > 180.0) & (np.abs(step) < 360.0 - 1e-9)
    turns = np.cumsum(np.where(jump, -np.sign(step) * 360.0, 0.0))
    out[1:, 0] += turns
    if out[:, 0].min() < -180.0:
        out[:, 0] += 360.0
    return out


def _in_zone(
    frame: gpd.GeoDataFrame, gauss: Gauss, name: str, study: Bounds | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Eastings that carry a zone and a system that does not, or the other way round, or another zone."""
    box = frame.geometry.bounds.to_numpy()
    seen = np.isfinite(box).all(axis=1)
    zones = np.array([zone_in(b[0], b[1]) if ok else -1 for b, ok in zip(box, seen, strict=True)])
    plain = np.array([ok and 1e5 < b[0] < 9e5 and 0 < b[1] < 7e6 for b, ok in zip(box, seen, strict=True)])  # fmt: skip
    told: list[str] = []
    shapes = frame.geometry.to_numpy().copy()
    for zone in sorted({int(z) for z in zones if z > 0 and z != gauss.zone}):
        rows = zones == zone
        shapes[rows] = _of_zone(frame[rows], zone, gauss, name, study)
        told.append(
            f"{name}: eastings of {int(rows.sum())} of {len(frame)} features carry zone {zone}, which {crs_name(frame.crs)} does not; they "
            f"are taken as of the zone about {meridian_of(zone):g} E"
        )
    if gauss.zone and plain.any():
        shapes[plain] = shapely.transform(shapes[plain], _moved_east(gauss.zone * ZONE_M))
        told.append(
            f"{name}: eastings of {int(plain.sum())} of {len(frame)} features lack the zone {gauss.zone} that those of "
            f"{crs_name(frame.crs)} carry; it was added"
        )
    if not told:
        return frame, []
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), told


def _moved_east(by: float) -> Callable[[Floats], Floats]:
    return lambda points: points + np.array([by, 0.0])


def _of_zone(
    part: gpd.GeoDataFrame, zone: int, gauss: Gauss, name: str, study: Bounds | None
) -> NDArray[np.object_]:
    """Shapes of one zone in the system of the file."""
    meridian = float(meridian_of(zone) or 0.0)
    if meridian == gauss.meridian:
        return shapely.transform(
            part.geometry.to_numpy(), _moved_east(gauss.zone * ZONE_M - zone * ZONE_M)
        )
    theirs = moved_to(part.crs, meridian, MIDDLE_M + zone * ZONE_M)
    own = part.set_crs(theirs, allow_override=True)
    if study is None or not lands(own, study) or lands(part, study):
        code = cgcs2000(meridian, carries=True, zone=zone)
        raise DataError(
            f"{name}: eastings such as {part.total_bounds[0]:.0f} carry zone {zone} (about {meridian:g} E), but the coordinate system "
            f'is {crs_name(part.crs)} (about {gauss.meridian:g} E); set crs to the right one, of CGCS2000 it is crs = "{code}"'
        )
    return own.to_crs(part.crs).geometry.to_numpy()


def lands(frame: gpd.GeoDataFrame, study: Bounds) -> bool:
    """Whether the whole of the features would meet the study."""
    box = np.asarray(frame.total_bounds, float)
    if frame.crs is None or not np.isfinite(box).all():
        return False
    there = degrees_of(tuple(box), frame.crs)
    return there is not None and bool(_meets(np.array([there]), study)[0])


def cure(frame: gpd.GeoDataFrame, crs: CRS | None, study: Bounds | None) -> str:
    """What would bring features into the study, as words that end a message; blank where nothing is found."""
    if study is None or frame.empty:
        return ""
    shapes = frame.geometry.dropna()
    ways: list[tuple[str, gpd.GeoSeries, CRS]] = []
    base = CRS.from_epsg(4490)
    x, y = (float(v) for v in shapes.total_bounds[:2]) if len(shapes) else (np.nan, np.nan)
    if crs is not None:
        turned = gpd.GeoSeries(shapely.transform(shapes.to_numpy(), _exchanged))
        ways.append(("with its axes exchanged (are longitude and latitude swapped?)", turned, crs))
    if abs(x) <= 360.0 and abs(y) <= 90.0:
        ways.append(('with crs = "EPSG:4490"', shapes, base))
    elif np.isfinite(x):
        zone = zone_in(x, y)
        for number in [zone] if zone else [*THREE, *SIX]:
            meridian = float(meridian_of(number) or 0.0)
            code = cgcs2000(meridian, carries=bool(zone), zone=number)
            ways.append((f'with crs = "{code}"', shapes, CRS.from_user_input(code)))
    found = []
    for words, tried, system in ways:
        moved = gpd.GeoDataFrame(geometry=gpd.GeoSeries(tried.to_numpy(), crs=system))
        if lands(moved, study):
            found.append(words)
    found = list(dict.fromkeys(found))
    return f"; {' or '.join(found[:4])} they would lie in the study" if found else ""


def label_of(frame: gpd.GeoDataFrame, rows: NDArray[np.bool_]) -> str:
    """Name of the first of some rows: its name, its code or its number."""
    k = int(np.flatnonzero(rows)[0])
    for column in ("name", "code"):
        if column in frame.columns:
            value = frame[column].iloc[k]
            if value is not None and value == value and str(value).strip():
                return str(value)
    return f"row {k + 1}"
