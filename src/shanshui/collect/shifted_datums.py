"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, and the way back from them."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from shanshui.core.errors import DataError
from shanshui.region.grid import crs_name

Degrees = NDArray[np.float64]
SHIFTED = {
    "gcj02": "gcj02", "gcj-02": "gcj02", "gcj_02": "gcj02", "gcj": "gcj02", "amap": "gcj02", "火星坐标系": "gcj02",
    "bd09": "bd09", "bd-09": "bd09", "bd_09": "bd09", "bd09ll": "bd09", "baidu": "bd09", "百度坐标系": "bd09",
}  # fmt: skip
"""Words for shifted coordinates."""
ACCURACY_M = 1.0
"""How far the law as it is known may be from the undisclosed one [D]: it was found by comparison, at about a metre."""
CLOSE = 1e-11
"""Departure [degree] at which the way back has arrived: a micrometre."""
_A, _EE = 6378245.0, 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_TURN = np.pi * 3000.0 / 180.0
_MOST = 60


def _offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Shift of GCJ-02 against WGS 84 [degree] at a place of WGS 84."""
    x, y = lon - 105.0, lat - 35.0
    root = 0.1 * np.sqrt(np.abs(x))
    both = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 2.0 * root + both
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + root + both
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    bend = 1.0 - _EE * np.sin(phi) ** 2
    north = np.degrees(north / (_A * (1.0 - _EE) / (bend * np.sqrt(bend))))
    east = np.degrees(east / (_A / np.sqrt(bend) * np.cos(phi)))
    return east, north


def gcj02_of(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates of GCJ-02 of places in WGS 84.

    Parameters
    ----------
    lon, lat : (n,) [degree]
        WGS 84.

    Returns
    -------
    (n,), (n,) [degree]
        Shifted by 100 to 700 m within the frame of China; as they are beyond it.

    Notes
    -----
    The law as it was found and is used by all: sums of waves of ``x = lon - 105`` and ``y = lat - 35`` in metres on the
    ellipsoid of Krassovsky (eviltransform, github.com/googollee/eviltransform). It is not published by its makers.
    """
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    east, north = _offset(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def bd09_of(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Coordinates of BD-09 of places in WGS 84.

    Parameters
    ----------
    lon, lat : (n,) [degree]
        WGS 84.

    Returns
    -------
    (n,), (n,) [degree]
        GCJ-02, turned and stretched once more.

    Notes
    -----
    With x, y of GCJ-02 and ``k = 3000 pi / 180``: ``r = |x, y| + 0.00002 sin(k y)``, ``a = atan2(y, x) + 0.000003 cos(k x)``,
    ``lon = r cos(a) + 0.0065``, ``lat = r sin(a) + 0.006`` (github.com/wandergis/coordtransform).
    """
    x, y = gcj02_of(lon, lat)
    reach = np.hypot(x, y) + 0.00002 * np.sin(y * _TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _TURN)
    return reach * np.cos(angle) + 0.0065, reach * np.sin(angle) + 0.006


def wgs84_of(lon: Degrees, lat: Degrees, datum: str) -> tuple[Degrees, Degrees]:
    """Places in WGS 84 of shifted coordinates.

    Parameters
    ----------
    lon, lat : (n,) [degree]
        GCJ-02 or BD-09.
    datum : str
        ``gcj02`` or ``bd09``.

    Returns
    -------
    (n,), (n,) [degree]
        The places whose shifted coordinates these are, within 1e-11 degree; NaN stays NaN.

    Notes
    -----
    The law f has no inverse in closed form. ``p <- p + (q - f(p))`` from ``p = q`` contracts by about 0.02 a step: the shift
    changes by some 2 m over 100 m. Beyond the frame of China f does not shift, and the jump there has no inverse on a strip of
    some hundred metres inside it: coordinates are taken as they are where no place leads to them.
    """
    forward: Callable[[Degrees, Degrees], tuple[Degrees, Degrees]] = (
        gcj02_of if datum == "gcj02" else bd09_of
    )
    goal_x, goal_y = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = goal_x.copy(), goal_y.copy()
    for _ in range(_MOST):
        there_x, there_y = forward(x, y)
        dx, dy = goal_x - there_x, goal_y - there_y
        if not np.nanmax(np.abs([dx, dy]), initial=0.0) > CLOSE:
            break
        x, y = x + dx, y + dy
    there_x, there_y = forward(x, y)
    lost = np.hypot(goal_x - there_x, goal_y - there_y) > 1e-9
    return np.where(lost, goal_x, x), np.where(lost, goal_y, y)


def unshifted(frame: gpd.GeoDataFrame, datum: str, name: str) -> gpd.GeoDataFrame:
    """Features of a web map in WGS 84, vertex by vertex.

    Parameters
    ----------
    frame : GeoDataFrame
        In degrees, or in web Mercator made of such degrees.
    datum : str
        ``gcj02`` or ``bd09``.
    name : str
        Input, for the message.

    Raises
    ------
    DataError
        Coordinates that are neither, or no degrees.
    """
    if frame.crs is not None and not frame.crs.is_geographic:
        if frame.crs.to_epsg() != 3857 or datum == "bd09":
            raise DataError(
                f"{name}.datum: '{datum}' speaks of degrees, but the file is in {crs_name(frame.crs)}; leave datum out, or give the file in degrees"
            )
        frame = frame.to_crs("EPSG:4326")

    def back(points: Degrees) -> Degrees:
        moved = points.copy()
        moved[:, 0], moved[:, 1] = wgs84_of(points[:, 0], points[:, 1], datum)
        return moved

    shapes = shapely.force_2d(frame.geometry.values)
    return frame.set_geometry(
        gpd.GeoSeries(shapely.transform(shapes, back), index=frame.index, crs="EPSG:4326")
    )
