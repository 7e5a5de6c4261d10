"""Warmth that plants have in a year, by the mean of the year and how far the seasons part."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Temperature
from shanshui.region.grid import like

Warmth = Annotated[xr.DataArray, Grid("K*d/yr")]
Seasonality = Annotated[xr.DataArray, Grid("K")]
DAYS = 365.0


@assessment(source="decisions/0047-suitability-and-capacity", halo=0, bytes_per_cell=48)
def accumulated_warmth(
    temperature: Temperature,
    temperature_seasonality: Seasonality,
    *,
    base_degc: Annotated[float, Between(-10.0, 30.0)] = 0.0,
) -> Warmth:
    """Sum of the daily temperatures of all days that are at least as warm as a base.

    Parameters
    ----------
    temperature : (y, x) [degC]
        Mean of the year.
    temperature_seasonality : (y, x) [K]
        Standard deviation of the monthly means.
    base_degc : float [degC]
        Days from this on count: 0 and 10 are the usual ones.

    Returns
    -------
    (y, x) [K*d/yr]
        0 or more; below 0 only where a base below 0 lets cold days count. NaN where an input is missing.

    Notes
    -----
    ``S = 365 / (2 pi) (T (pi - 2 a) + 2 A cos(a))`` with ``a = asin((b - T) / A)`` kept in [-pi/2, pi/2]: the year is a sine about its mean T
    with amplitude ``A = sqrt(2) s``, s the standard deviation of the months and b the base [degC]. With all days above the base it is 365 T,
    with none 0. The sum of temperatures from 0 degC on is the factor of light and heat of the guide of 2019 [S]; the sine is ours [D].
    """
    mean = temperature.values.astype(np.float64)
    swing = np.sqrt(2.0) * temperature_seasonality.values.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        # without seasons every day is the mean
        ratio = np.where(swing > 0, (base_degc - mean) / swing, np.where(mean >= base_degc, -1, 1))
    angle = np.arcsin(np.clip(ratio, -1.0, 1.0))
    total = DAYS / (2 * np.pi) * (mean * (np.pi - 2 * angle) + 2 * swing * np.cos(angle))
    known = np.isfinite(mean) & np.isfinite(swing)
    return like(temperature, np.where(known, total, np.nan).astype(np.float32), "K*d/yr")
