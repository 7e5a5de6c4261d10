"""What climate asks of land: evaporation of a reference crop, hot days, from yearly figures."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from pyproj import Transformer

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import DaysPerYear, Evapotranspiration, Temperature
from shanshui.kernels.climate import days_above, hargreaves_year
from shanshui.region.grid import grid_of, like

Spread = Annotated[xr.DataArray, Grid("K")]
LATTICE = 64
"""Cells between the places where latitude is computed; it is read between them."""


@assessment(source="hargreaves1985", halo=0, bytes_per_cell=12)
def reference_evapotranspiration(
    temperature: Temperature,
    temperature_seasonality: Spread,
    temperature_range: Spread,
    *,
    factor: Annotated[float, Between(0.0, 0.01)] = 0.0023,
    lift: Annotated[float, Between(0.0, 40.0)] = 17.8,
) -> Evapotranspiration:
    """Reference evapotranspiration of a year by Hargreaves from yearly figures.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Mean of the year.
    temperature_seasonality : (y, x) [K]
        Standard deviation of the monthly means; months follow a sine, warmest in July north of the equator [D].
    temperature_range : (y, x) [K]
        Mean difference of day's highest and lowest.
    factor, lift : float
        Numbers of the formula, per K**1.5 and in K.

    Returns
    -------
    (y, x) [mm/yr]
        0 or more; NaN where an input is missing.
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


def temperature_humidity_index(
    temperature: NDArray[np.floating] | float, humidity: NDArray[np.floating] | float
) -> NDArray[np.float64]:
    """How warm air feels.

    Parameters
    ----------
    temperature : (...) [degC]
        Mean of the month.
    humidity : (...) [1]
        Relative humidity, in [0, 1].

    Returns
    -------
    (...) [1]
        In degrees Fahrenheit; 60 to 65 is comfortable.
    """
    t = np.asarray(temperature, np.float64)
    return 1.8 * t + 32.0 - 0.55 * (1.0 - np.asarray(humidity)) * (1.8 * t - 26.0)
