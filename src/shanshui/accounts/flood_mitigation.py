"""Flood water that vegetation, lakes, reservoirs and marshes keep back."""

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.vocabulary import Codes, Coefficients, DaysPerYear, Precipitation
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like

LAKES = {
    "tibet": (6.636, 0.678),
    "east_plain": (4.924, 1.128),
    "mongolia_xinjiang": (5.653, 0.680),
    "yunnan_guizhou": (4.904, 0.927),
    "northeast": (5.808, 0.866),
}
"""Intercept and slope of ln(10^4 m3) on ln(km2) by lake region; Tibet [S], the others [M]."""
RESERVOIR_SHARE = 0.35
"""Flood storage of a reservoir over its capacity [S]."""
MARSH_DEPTH_M = 0.3
"""Water that a marsh takes up [S]."""


def storm_runoff(rain: NDArray[np.floating], curve: NDArray[np.floating]) -> NDArray[np.float64]:
    """Runoff of a storm by curve number.

    Parameters
    ----------
    rain : (...) [mm]
        Of the storm.
    curve : (...) [1]
        Curve number, in (0, 100].

    Returns
    -------
    (...) [mm]
        0 until a fifth of the storage is filled; never above the rain.
    """
    rain = np.asarray(rain, np.float64)
    store = 25400.0 / np.asarray(curve, np.float64) - 254.0
    over = np.maximum(rain - 0.2 * store, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(over > 0, over**2 / (rain + 0.8 * store), 0.0)


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=24)
def flood_mitigation(
    storm_rain: Precipitation,
    storm_days: DaysPerYear,
    land_cover: Codes,
    biophysical: Coefficients,
) -> Precipitation:
    """Storm rain that vegetation keeps back in a year.

    Parameters
    ----------
    storm_rain : (y, x) [mm/yr]
        Rain of all days with 50 mm or more.
    storm_days : (y, x) [d/yr]
        How many such days there are; each is taken as the mean storm.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, curve_number`` in (0, 100]; ``lulc_veg`` 1 for classes that count.

    Returns
    -------
    (y, x) [mm/yr]
        0 off vegetation and without storms; NaN where an input is missing.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    curve = table.grid("curve_number", low=1.0, high=100.0)
    green = table.grid("lulc_veg", high=1.0)
    days = storm_days.values.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(days > 0, storm_rain.values / days, 0.0)
    kept = (each - storm_runoff(each, curve)) * days * green
    return like(storm_rain, kept.astype(np.float32), "mm/yr")


def lake_storage(area_km2: float, region: str) -> float:
    """Flood water that a lake regulates in a year.

    Parameters
    ----------
    area_km2 : float [km2]
        Of the lake.
    region : str
        ``tibet, east_plain, mongolia_xinjiang, yunnan_guizhou`` or ``northeast``.

    Returns
    -------
    float [m3]
        By the region's curve.
    """
    if region not in LAKES:
        raise QuantityError(f"lake region '{region}': {nearest(region, LAKES)}")
    a, b = LAKES[region]
    return float(np.exp(a + b * np.log(area_km2)) * 1e4) if area_km2 > 0 else 0.0


def reservoir_storage(capacity_m3: float, share: float = RESERVOIR_SHARE) -> float:
    """Flood water that a reservoir can take [m3], from its capacity."""
    return capacity_m3 * share


def marsh_storage(area_km2: float, depth_m: float = MARSH_DEPTH_M) -> float:
    """Flood water that a marsh can take [m3], from its area."""
    return area_km2 * 1e6 * depth_m
