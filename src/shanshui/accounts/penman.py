"""Reference evapotranspiration by Penman and Monteith, where stations have wind, sun and humidity."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shanshui.accounts.station_field import left_out
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Features, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Elevation
from shanshui.kernels.climate import DAYS, extraterrestrial
from shanshui.region.at_points import values_at
from shanshui.region.grid import grid_of

Stations = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
StationEvapotranspiration = Annotated[
    pd.DataFrame,
    Table(
        {
            "station": Key(), "x": "m", "y": "m", "elevation": "m", "penman": "mm/yr", "hargreaves": "mm/yr", "ratio": "1", "left_out": "1",
        }
    ),
]  # fmt: skip
VARIABLES = ("temperature", "range", "humidity", "sunshine", "wind")
"""What a station must have of each month: degC, K between a day's highest and lowest, %, % of the longest possible, m/s."""
RANGES = {
    "temperature": (-60, 45),
    "range": (0, 40),
    "humidity": (1, 100),
    "sunshine": (0, 100),
    "wind": (0, 40),
}
"""Plausible values of each."""
PERCENT = ("humidity", "sunshine")
"""Those that are told in per cent; as shares they would pass for next to nothing."""
BOLTZMANN = 4.903e-9
"""MJ/(K4 m2 d)."""
REFLECTED = 0.23
"""Of the reference grass."""
MIDDLE = np.cumsum(DAYS) - DAYS / 2.0
"""Middle day of each month."""


def daylight(latitude: ArrayLike, day: ArrayLike) -> NDArray[np.float64]:
    """Longest possible sunshine [h/d] at a latitude [degree] on a day of the year (Allen et al. 1998, equation 34 [M])."""
    tilt = 0.409 * np.sin(2.0 * np.pi * np.asarray(day, float) / 365.0 - 1.39)
    turn = -np.tan(np.radians(np.asarray(latitude, float))) * np.tan(tilt)
    return np.asarray(24.0 / np.pi * np.arccos(np.clip(turn, -1.0, 1.0)))


def vapour_pressure(temperature: ArrayLike) -> NDArray[np.float64]:
    """Saturation vapour pressure [kPa] at a temperature [degC]."""
    warm = np.asarray(temperature, float)
    return np.asarray(0.6108 * np.exp(17.27 * warm / (warm + 237.3)))


def penman_monteith(
    highest: ArrayLike,
    lowest: ArrayLike,
    vapour: ArrayLike,
    sunshine: ArrayLike,
    wind: ArrayLike,
    radiation: ArrayLike,
    elevation: ArrayLike,
    soil_heat: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Reference evapotranspiration of a day, of grass 0.12 m high that lacks no water.

    Parameters
    ----------
    highest, lowest : (...) [degC]
        Of the day.
    vapour : (...) [kPa]
        Vapour pressure of the air.
    sunshine : (...) [1]
        Over the longest possible.
    wind : (...) [m/s]
        At 2 m.
    radiation : (...) [MJ/m2/d]
        Above the air.
    elevation : (...) [m]
        Of the place.
    soil_heat : (...) [MJ/m2/d]
        Into the ground.

    Returns
    -------
    (...) [mm/d]
        0 or more; NaN where an input is missing.

    Notes
    -----
    ``ET0 = (0.408 D (Rn - G) + g 900 / (T + 273) u (es - ea)) / (D + g (1 + 0.34 u))`` (Allen et al. 1998, equation 6 [M]): ``D`` slope of the
    vapour pressure curve and ``g`` psychrometric constant [kPa/K], ``Rn`` net radiation from ``(0.25 + 0.5 n/N) Ra``, ``T`` the mean of
    highest and lowest, ``u`` wind, ``es - ea`` the deficit. Bangkok in April: 5.72 mm/d, Brussels on 6 July: 3.88 mm/d (its examples 17, 18).
    """
    high, low, ea, sun, u, ra, z, heat = (
        np.asarray(v, float)
        for v in (highest, lowest, vapour, sunshine, wind, radiation, elevation, soil_heat)
    )
    mean = (high + low) / 2.0
    es = (vapour_pressure(high) + vapour_pressure(low)) / 2.0
    slope = 4098.0 * vapour_pressure(mean) / (mean + 237.3) ** 2
    gamma = 0.665e-3 * 101.3 * ((293.0 - 0.0065 * z) / 293.0) ** 5.26
    solar = (0.25 + 0.5 * sun) * ra
    clear = (0.75 + 2e-5 * z) * ra
    kelvin = ((high + 273.16) ** 4 + (low + 273.16) ** 4) / 2.0
    lost = (
        BOLTZMANN
        * kelvin
        * (0.34 - 0.14 * np.sqrt(ea))
        * (1.35 * np.minimum(solar / clear, 1.0) - 0.35)
    )
    net = (1.0 - REFLECTED) * solar - lost
    energy = 0.408 * slope * (net - heat)
    air = gamma * 900.0 / (mean + 273.0) * u * (es - ea)
    return np.asarray(np.maximum((energy + air) / (slope + gamma * (1.0 + 0.34 * u)), 0.0))


def wind_at_2m(wind: ArrayLike, height_m: float) -> NDArray[np.float64]:
    """Wind [m/s] at 2 m from that of another height (Allen et al. 1998, equation 47 [M])."""
    return np.asarray(np.asarray(wind, float) * 4.87 / np.log(67.8 * height_m - 5.42))


@assessment(source="allen1998", bytes_per_cell=4)
def station_evapotranspiration(
    climate_stations: Stations,
    elevation: Elevation,
    *,
    wind_height_m: Annotated[float, Between(1.0, 100.0)] = 10.0,
    factor: Annotated[float, Between(0.0, 0.01)] = 0.0023,
    lift: Annotated[float, Between(0.0, 40.0)] = 17.8,
) -> StationEvapotranspiration:
    """Yearly reference evapotranspiration of each station by Penman and Monteith, and by Hargreaves beside it.

    Parameters
    ----------
    climate_stations : points
        Twelve columns each of ``temperature`` [degC], ``range`` between a day's highest and lowest [K], relative ``humidity`` [%],
        ``sunshine`` [% of the longest possible] and ``wind`` [m/s]: ``humidity_01`` to ``humidity_12``. Without them the table is empty.
    elevation : (y, x) [m]
        Of the cells: stations on known ground count.
    wind_height_m : float [m]
        At which wind was measured.
    factor, lift : float
        Numbers of Hargreaves, per K**1.5 and in K.

    Returns
    -------
    table
        ``station`` (its number in the file), ``x, y`` [m], ``elevation`` of its cell [m], ``penman`` and ``hargreaves`` [mm/yr], their ``ratio`` [1],
        and ``left_out``: the ratio that the other stations would give it. Stations that lack a value are left out.

    Raises
    ------
    QuantityError
        Some of the twelve months of a variable, a value out of its range, shares where per cent are expected.

    Notes
    -----
    ``ET0 = sum_m n_m ET0_m``, months by their middle day; soil heat ``0.07 (T_(m+1) - T_(m-1))`` MJ/m2/d (Allen et al. 1998, equations 6, 43
    [M]); vapour ``RH / 100`` of the mean of both saturation pressures; wind to 2 m by their equation 47.
    """
    there = [v for v in VARIABLES if any(c in climate_stations for c in _names(v))]
    month = {v: _months(climate_stations, v) for v in there}
    if len(there) < len(VARIABLES):
        return _none()
    grid = grid_of(elevation)
    z = values_at(elevation, climate_stations)
    known = np.isfinite(z) & np.logical_and.reduce(
        [np.isfinite(m).all(axis=1) for m in month.values()]
    )
    where = climate_stations.geometry[known]
    if where.empty:
        return _none()
    z = z[known]
    month = {v: m[known] for v, m in month.items()}
    latitude = where.to_crs(grid.projection.geodetic_crs).y.to_numpy()
    above = np.array([[extraterrestrial(la, d) for d in MIDDLE] for la in latitude])
    warm, span = month["temperature"], month["range"]
    high, low = warm + span / 2.0, warm - span / 2.0
    ea = month["humidity"] / 100.0 * (vapour_pressure(high) + vapour_pressure(low)) / 2.0
    heat = 0.07 * (np.roll(warm, -1, axis=1) - np.roll(warm, 1, axis=1))
    daily = penman_monteith(
        high, low, ea, month["sunshine"] / 100.0, wind_at_2m(month["wind"], wind_height_m), above, z[:, None], heat,
    )  # fmt: skip
    by_heat = factor * above / 2.45 * np.maximum(warm + lift, 0.0) * np.sqrt(span)
    out = pd.DataFrame(
        {
            "station": np.flatnonzero(known), "x": where.x.to_numpy(), "y": where.y.to_numpy(), "elevation": z,
            "penman": daily @ DAYS, "hargreaves": by_heat @ DAYS,
        }
    )  # fmt: skip
    out["ratio"] = out["penman"] / out["hargreaves"]
    out["left_out"] = left_out(out)
    return out


def _none() -> pd.DataFrame:
    columns = ("x", "y", "elevation", "penman", "hargreaves", "ratio", "left_out")
    return pd.DataFrame({"station": np.empty(0, np.int64), **{c: np.empty(0) for c in columns}})


def _names(variable: str) -> list[str]:
    return [f"{variable}_{m:02d}" for m in range(1, 13)]


def _months(stations: gpd.GeoDataFrame, variable: str) -> NDArray[np.float64]:
    """(station, 12) of a variable."""
    names = _names(variable)
    lacks = [n for n in names if n not in stations]
    if lacks:
        raise QuantityError(
            f"climate_stations: has {variable} by month without {', '.join(lacks)}; give all twelve months"
        )
    values = stations[names].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    low, high = RANGES[variable]
    odd = (values < low) | (values > high)
    if odd.any():
        at = int(np.argwhere(odd)[0][0])
        raise QuantityError(
            f"climate_stations.{variable}: station {at} holds {values[odd][0]:g}, expected {low} to {high}; is it in another unit"
        )
    if variable in PERCENT and np.isfinite(values).any() and np.nanmax(values) <= 1.0:
        raise QuantityError(
            f"climate_stations.{variable}: holds at most {np.nanmax(values):g} at all stations, which are shares; expected per cent: give scale = 100"
        )
    return values
