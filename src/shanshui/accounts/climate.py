"""What climate asks of land: evaporation of a reference crop, hot days, from yearly figures."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import Transformer

from shanshui.accounts.penman import StationEvapotranspiration
from shanshui.accounts.station_field import station_field
from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import DaysPerYear, Elevation, Evapotranspiration, Temperature
from shanshui.kernels.climate import days_above, hargreaves_year
from shanshui.region.grid import grid_of, like

Spread = Annotated[xr.DataArray, Grid("K")]
LATTICE = 64
"""Cells between the places where latitude is computed; it is read between them."""


@assessment(source="hargreaves1985", halo=0, bytes_per_cell=48)
def reference_evapotranspiration(
    temperature: Temperature,
    temperature_seasonality: Spread,
    temperature_range: Spread,
    station_evapotranspiration: StationEvapotranspiration | None = None,
    elevation: Elevation | None = None,
    *,
    factor: Annotated[float, Between(0.0, 0.01)] = 0.0023,
    lift: Annotated[float, Between(0.0, 40.0)] = 17.8,
) -> Evapotranspiration:
    """Reference evapotranspiration of a year by Hargreaves from yearly figures, brought to Penman and Monteith where stations have them.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Mean of the year.
    temperature_seasonality : (y, x) [K]
        Standard deviation of the monthly means; months follow a sine, warmest in July north of the equator [D].
    temperature_range : (y, x) [K]
        Mean difference of day's highest and lowest.
    station_evapotranspiration : table, optional
        ``x, y, elevation, ratio`` of stations: Penman and Monteith over Hargreaves. Without any the formula stands with its published numbers.
    elevation : (y, x) [m], optional
        Of the cells; the ratio changes with it.
    factor, lift : float
        Numbers of the formula, per K**1.5 and in K.

    Returns
    -------
    (y, x) [mm/yr]
        0 or more; NaN where an input is missing.

    Notes
    -----
    ``ET0 = sum_m n_m f (Ra_m / 2.45) (T_m + l) sqrt(TD)`` over the twelve months; months with ``T_m + l`` below 0 give 0.
    ``n_m`` days of the month; ``Ra_m`` radiation above the air on its middle day [MJ/m2/d] (Allen et al. 1998, equation 21 [M]);
    2.45 MJ/kg turns it into mm; ``T_m = T + sqrt(2) s cos(2 pi (m - 7) / 12)`` [degC], ``m`` = 1 for January, half a year later south of
    the equator; ``TD`` the daily range [K]; ``f`` = 0.0023, ``l`` = 17.8 K as published by Hargreaves and Samani 1985 [M].
    The sine for the months is ours [D]: atlases often give the year and its deviation only. With stations ``ET0 c``: ``c`` the ratio of Penman
    and Monteith to Hargreaves (Allen et al. 1998 [M]) carried over the map by height and by near stations, as in ``station_field`` [D].
    """
    out = np.empty(temperature.shape, np.float32)
    hargreaves_year(
        temperature.values,
        temperature_seasonality.values,
        temperature_range.values,
        latitudes(temperature),
        float(factor),
        float(lift),
        out,
    )
    stations = station_evapotranspiration
    if stations is not None and len(stations) and elevation is not None:
        out *= station_field(stations, elevation.values, grid_of(temperature))
    return like(temperature, out, "mm/yr")


@assessment(source="own_accounts", halo=0, bytes_per_cell=12)
def hot_days(
    temperature: Temperature,
    temperature_seasonality: Spread,
    temperature_range: Spread,
    *,
    limit: Annotated[float, Between(0.0, 60.0)] = 26.0,
    scatter: Annotated[float, Between(0.1, 20.0)] = 3.5,
) -> DaysPerYear:
    """Days of a year on which it gets hotter than a limit, expected from yearly figures.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Mean of the year.
    temperature_seasonality : (y, x) [K]
        Standard deviation of the monthly means.
    temperature_range : (y, x) [K]
        Mean difference of day's highest and lowest.
    limit : float [degC]
        A day is hot when its highest temperature passes this.
    scatter : float [K]
        Standard deviation of days within a month [D].

    Returns
    -------
    (y, x) [d/yr]
        In [0, 365.25]; NaN where an input is missing.

    Notes
    -----
    ``D = sum_m n_m Phi((T_m + TD/2 - limit) / scatter)`` with ``Phi`` the normal distribution, ``n_m`` days of the month, ``T_m`` the
    month by the sine of ``reference_evapotranspiration`` [degC] and ``TD`` the daily range [K]. The method is ours [D]: counts of hot
    days need daily records, and this stands in for them. The limit of 26 degC is that of local climate regulation in the Garze account
    [S].
    """
    out = np.empty(temperature.shape, np.float32)
    days_above(
        temperature.values,
        temperature_seasonality.values,
        temperature_range.values,
        latitudes(temperature),
        float(limit),
        float(scatter),
        out,
    )
    return like(temperature, out, "d/yr")


def latitudes(grid: xr.DataArray) -> NDArray[np.float32]:
    """Latitude of each cell in degrees, exact on a lattice and read between."""
    spec = grid_of(grid)
    to_degrees = Transformer.from_crs(spec.projection, spec.projection.geodetic_crs, always_xy=True)
    rows = np.unique(np.r_[np.arange(0, spec.ny, LATTICE), spec.ny - 1])
    cols = np.unique(np.r_[np.arange(0, spec.nx, LATTICE), spec.nx - 1])
    x, y = np.meshgrid(spec.x()[cols], spec.y()[rows])
    known = np.asarray(to_degrees.transform(x, y)[1])
    along = np.stack([np.interp(np.arange(spec.nx), cols, line) for line in known])
    place = np.interp(np.arange(spec.ny), rows, np.arange(rows.size))
    low = np.minimum(place.astype(np.int64), max(rows.size - 2, 0))
    part = (place - low)[:, None]
    high = np.minimum(low + 1, rows.size - 1)
    return (along[low] * (1.0 - part) + along[high] * part).astype(np.float32)
