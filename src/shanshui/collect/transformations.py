"""How exact the way from one coordinate system to another is."""

from dataclasses import dataclass, replace
from typing import Any

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.crs import ProjectedCRS
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from shanshui.region.grid import GridSpec, crs_name

Bounds = tuple[float, float, float, float]
SAME = (
    "WGS", "World Geodetic System", "China 2000", "CGCS2000", "ITRF", "International Terrestrial", "ETRS", "European Terrestrial",
    "GDA2020", "NAD83(CSRS)", "JGD2011", "JGD2000", "Korea 2000", "KGD2002",
)  # fmt: skip
"""Datums of the whole Earth, by words of their names."""
SAME_M = 1.0
"""Departure [m] of geocentric datums from each other where no transformation is published [D]: plates moved up to 1 m since they
were fixed; CGCS2000 is ITRF97 at the epoch 2000.0 (GB 22021)."""
BALLPARK_M = 150.0
"""Departure [m] of an older datum that is taken as if it were WGS 84 [D]: Beijing 1954 and Xian 1980 lie 50 to 150 m off in China."""


SEEN = 10.0
"""Part of a cell's side that is seen on a map [D]."""


@dataclass(frozen=True)
class Way:
    """A transformation between two coordinate systems.

    Attributes
    ----------
    accuracy_m : float
        How far places may be off [m].
    what : str
        How it is called.
    ballpark : bool
        No transformation is known: latitudes and longitudes are taken over as they are, though their datums differ.
    better : str
        A grid that would make it more exact and is not on this machine; blank without.
    """

    accuracy_m: float
    what: str
    ballpark: bool = False
    better: str = ""

    def told(self, name: str, source: CRS, grid: GridSpec) -> str:
        """What to tell of it; empty where nobody would see it on the grid.

        Parameters
        ----------
        name : str
            Input.
        source : CRS
            Of the file.
        grid : GridSpec
            Study grid.
        """
        if self.ballpark:
            return (
                f"{name}: no transformation from {source.name} to the study's {crs_name(grid.projection)} is known here: places may lie "
                f'{self.accuracy_m:g} m off; give it in WGS 84 or CGCS2000, or with crs = "+proj=… +towgs84=…"'
            )
        if self.better and self.accuracy_m > grid.cell_m / SEEN:
            return f"{name}: places are right within {self.accuracy_m:g} m; the grid {self.better} would do better and is not here"
        if self.accuracy_m > grid.cell_m / 2:
            return f"{name}: places are right within {self.accuracy_m:g} m only ({self.what}), cells of the study have {grid.cell_m:g} m"
        return ""

    def refused(self, grid: GridSpec) -> bool:
        """Is the datum one that cannot be followed, and a cell smaller than what that may shift places by?"""
        return self.ballpark and grid.cell_m < self.accuracy_m


def way_between(source: CRS, target: CRS, lonlat: Bounds | None = None) -> Way:
    """The most exact known way from one system to another, over a place.

    Parameters
    ----------
    source, target : CRS
        Horizontal systems.
    lonlat : (west, south, east, north), optional
        The place [degree].

    Returns
    -------
    Way
        Accuracy 0 within one datum; of geocentric datums without a published transformation, a metre.

    Notes
    -----
    EPSG's accuracy of the operation that PROJ takes first over the place. Where it knows none it takes coordinates over
    ("ballpark"), without a word; here that is told with how far off such places are.
    """
    area: Any = None
    if lonlat is not None and all(abs(v) <= 360 for v in lonlat):
        west, south, east, north = lonlat
        area = AreaOfInterest(west, max(south, -90.0), east, min(north, 90.0))
    try:
        group = TransformerGroup(source, target, always_xy=True, area_of_interest=area)
    except ProjError:
        return Way(BALLPARK_M, "none is known", ballpark=True)
    if not group.transformers:
        return Way(BALLPARK_M, "none is known", ballpark=True)
    first = group.transformers[0]
    better = ""
    if not group.best_available and group.unavailable_operations:
        grids = [g.short_name for g in group.unavailable_operations[0].grids if not g.available]
        better = ", ".join(grids)
    what = first.description or "one datum"
    if "ballpark" in what.lower():
        if all(_geocentric(crs) for crs in (source, target)):
            return Way(SAME_M, "geocentric datums taken as one", better=better)
        return Way(BALLPARK_M, "coordinates taken over as they are", ballpark=True, better=better)
    if first.accuracy < 0:
        same = source.geodetic_crs is not None and source.geodetic_crs == target.geodetic_crs
        return Way(0.0 if same else SAME_M, what, better=better)
    return Way(float(first.accuracy), what, better=better)


def _geocentric(crs: CRS) -> bool:
    """Whether a datum is one of the whole Earth; an unnamed one on such an ellipsoid is taken for it."""
    base = crs.geodetic_crs
    if base is None or base.datum is None:
        return False
    name = base.datum.name
    unnamed = name.lower().startswith("unknown") and any(
        e in name.lower() for e in ("grs 1980", "grs80", "wgs 84", "wgs84", "cgcs2000")
    )
    return unnamed or any(word in name for word in SAME)


def meant(grid: GridSpec, crs: CRS) -> GridSpec:
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
        geodetic_crs=CRS.from_epsg(4326),
    )
    return replace(grid, crs=known.to_wkt())


def _datum(crs: CRS) -> str:
    """Name of the datum, in which WGS 84 and its editions are one."""
    own = crs.geodetic_crs or crs
    name = own.datum.name if own.datum is not None else own.name
    return name.split(" ensemble")[0].replace("World Geodetic System 1984", "WGS84").lower()
