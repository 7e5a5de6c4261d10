"""How exact the way from one coordinate system to another is."""

from dataclasses import dataclass
from typing import Any

from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

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
