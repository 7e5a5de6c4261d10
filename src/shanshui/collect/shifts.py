"""How well a coordinate system is brought to another one, and whether a better way lacks a file."""

import warnings
from dataclasses import dataclass, replace

import pyproj
from pyproj.aoi import AreaOfInterest
from pyproj.crs import ProjectedCRS
from pyproj.transformer import TransformerGroup

from shanshui.region.grid import GridSpec

_GEOCENTRIC = {
    "wgs84", "china 2000", "european terrestrial reference system 1989", "geocentric datum of australia 2020",
    "japanese geodetic datum 2011", "sistema de referencia geocentrico para las americas 2000",
}  # fmt: skip
"""Datums of satellites, which no shift of PROJ's register joins: to a metre they are one [D]."""


@dataclass(frozen=True)
class Shift:
    """The way from one coordinate system to another.

    Attributes
    ----------
    accuracy_m : float or None
        Of the way that is gone, in metres; None where it is not known.
    way : str
        Its name.
    better : str
        Name of a better way that lacks a file; empty without one.
    better_m : float or None
        Its accuracy.
    """

    accuracy_m: float | None
    way: str
    better: str = ""
    better_m: float | None = None

    def doubt(self, name: str, least_m: float) -> str:
        """What to tell of it; empty where it is finer than ``least_m``.

        Parameters
        ----------
        name : str
            Input.
        least_m : float [m]
            Half a cell, say.
        """
        if self.accuracy_m is not None and self.accuracy_m <= least_m:
            return ""
        how = (
            f"to about {self.accuracy_m:g} m"
            if self.accuracy_m is not None
            else "with an accuracy that is not known, often 100 m and more"
        )
        cure = (
            f"; {self.better} would do it to {self.better_m:g} m, but lacks a file of PROJ (projsync gets it)"
            if self.better
            else "; shift it yourself with known parameters if that matters"
        )
        return f"{name}: its datum is brought to that of the study {how} ({self.way}){cure}"


def shift_to(crs: pyproj.CRS, grid: GridSpec) -> Shift | None:
    """How coordinates of a file come to the study.

    Parameters
    ----------
    crs : CRS
        Of the file.
    grid : GridSpec
        Study grid.

    Returns
    -------
    Shift or None
        None where both stand on the same datum: nothing is lost.
    """
    if _datum(crs) == _datum(grid.projection):
        return None
    if {_datum(crs), _datum(grid.projection)} <= _GEOCENTRIC:
        return Shift(1.0, "both are fixed to the Earth's centre, and differ by less than a metre")
    grid = meant(grid, crs)
    left, bottom, right, top = grid.bounds
    to_degrees = pyproj.Transformer.from_crs(grid.projection, "EPSG:4326", always_xy=True)
    west, south, east, north = to_degrees.transform_bounds(left, bottom, right, top)
    try:
        area = AreaOfInterest(west, south, east, north)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the best way lacks a file is told below
            group = TransformerGroup(
                crs, grid.projection, always_xy=True, area_of_interest=area,  # type: ignore[arg-type]
            )  # fmt: skip
    except (pyproj.exceptions.ProjError, ValueError):
        return None
    if not group.transformers:
        return None
    best = group.transformers[0]
    known = best.accuracy if best.accuracy >= 0 else None
    ballpark = "ballpark" in best.description.lower()
    accuracy = None if ballpark else known
    lacking = [
        o for o in group.unavailable_operations
        if o.accuracy >= 0 and (accuracy is None or o.accuracy < accuracy)
    ]  # fmt: skip
    better = min(lacking, key=lambda o: o.accuracy, default=None)
    way = " ".join(best.description.split())[:100]
    if better is None:
        return Shift(accuracy, way)
    return Shift(accuracy, way, better.name[:100], float(better.accuracy))


def meant(grid: GridSpec, crs: pyproj.CRS) -> GridSpec:
    """The grid as it is reached from another datum.

    A PROJ text with ``+datum=WGS84`` names the datum but no system that PROJ's register knows, so that no shift to it is found and
    the ground moves by 100 m in silence. Where a file stands on another datum, the grid is said to stand on EPSG:4326.

    Parameters
    ----------
    grid : GridSpec
        Study grid.
    crs : CRS
        Of the file.
    """
    projection = grid.projection
    base = projection.geodetic_crs
    if (
        base is None
        or not projection.is_projected
        or base.to_epsg() == 4326
        or _datum(base) != "wgs84"
        or _datum(crs) == "wgs84"
    ):
        return grid
    known = ProjectedCRS(
        conversion=projection.coordinate_operation,
        name=projection.name,
        geodetic_crs=pyproj.CRS.from_epsg(4326),
    )
    return replace(grid, crs=known.to_wkt())


def _datum(crs: pyproj.CRS) -> str:
    """Name of the datum, in which WGS 84 and its editions are one."""
    own = crs.geodetic_crs or crs
    name = own.datum.name if own.datum is not None else own.name
    return name.split(" ensemble")[0].replace("World Geodetic System 1984", "WGS84").lower()
