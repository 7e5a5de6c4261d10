"""Gauss-Krüger zones of 3 and 6 degrees: which zone eastings speak of, and which coordinate system is theirs."""

from dataclasses import dataclass
from typing import Any

from pyproj import CRS

ZONE_M = 1_000_000.0
"""An easting carries the number of its zone in the millions (GB/T 13989)."""
MIDDLE_M = 500_000.0
SIX, THREE = range(13, 24), range(25, 46)
"""Zones of China; the numbers of the two widths do not meet."""
_FIRST = {
    ("six", True): 4491, ("six", False): 4502, ("three", True): 4513, ("three", False): 4534,
}  # fmt: skip
"""EPSG codes of CGCS2000, of the first zone of each width, with and without the zone in the easting."""


@dataclass(frozen=True)
class Gauss:
    """A transverse Mercator system in metres.

    Attributes
    ----------
    meridian : float
        Longitude of its centre [degree].
    east : float
        False easting [m].
    """

    meridian: float
    east: float

    @property
    def zone(self) -> int:
        """Zone that its false easting carries; 0 where it carries none."""
        return int(self.east // ZONE_M)


def gauss_of(crs: CRS | None) -> Gauss | None:
    """Centre and false easting of a coordinate system whose eastings may carry a zone; None for any other."""
    operation = None if crs is None else crs.coordinate_operation
    if crs is None or operation is None or not crs.is_projected:
        return None
    found: dict[str, Any] = {p.name.lower(): p.value for p in operation.params}
    meridian, east = found.get("longitude of natural origin"), found.get("false easting")
    if (
        "transverse mercator" not in operation.method_name.lower()
        or meridian is None
        or east is None
    ):
        return None
    scale = found.get("scale factor at natural origin", 1.0)
    if scale != 1.0 or (east - MIDDLE_M) % ZONE_M or crs.axis_info[0].unit_conversion_factor != 1.0:
        return None
    return Gauss(float(meridian), float(east))


def meridian_of(zone: int) -> float | None:
    """Central meridian [degree] of a zone of China by its number, which tells its width; None for other numbers."""
    if zone in SIX:
        return 6.0 * zone - 3.0
    return 3.0 * zone if zone in THREE else None


def zone_in(easting: float, northing: float) -> int:
    """Zone that an easting carries; 0 where it carries none, or where the place cannot be in China."""
    zone = int(easting // ZONE_M)
    inside = 100_000.0 < easting - zone * ZONE_M < 900_000.0 and 0.0 < northing < 7_000_000.0
    return zone if inside and meridian_of(zone) is not None else 0


def moved_to(crs: CRS, meridian: float, east: float) -> CRS:
    """The same datum, another central meridian and false easting."""
    told: dict[str, Any] = crs.to_json_dict()
    told.pop("id", None)
    told["name"] = (
        f"{told.get('base_crs', {}).get('name', 'unknown')} / Gauss-Kruger CM {meridian:g}E"
    )
    told["conversion"].pop("id", None)
    for parameter in told["conversion"]["parameters"]:
        if parameter["name"].lower() == "longitude of natural origin":
            parameter["value"] = meridian
        elif parameter["name"].lower() == "false easting":
            parameter["value"] = east
    return CRS.from_json_dict(told)


def cgcs2000(meridian: float, *, carries: bool, zone: int = 0) -> str:
    """EPSG code of a zone of CGCS2000, such as ``EPSG:4524``.

    Parameters
    ----------
    meridian : float
        Its centre [degree].
    carries : bool
        Do eastings carry the zone?
    zone : int
        Its number, where it is known; a meridian that both widths have is that of 3 degrees otherwise.

    Returns
    -------
    str
        Blank where China has no such zone.
    """
    three = int(meridian // 3)
    if zone not in SIX and meridian % 3 == 0 and three in THREE:
        return f"EPSG:{_FIRST['three', carries] + three - THREE[0]}"
    six = zone or int((meridian + 3) // 6)
    if six in SIX and meridian == 6.0 * six - 3.0:
        return f"EPSG:{_FIRST['six', carries] + six - SIX[0]}"
    return ""
