"""Quick flow of a year by curve number over exponentially distributed storms."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import exp1

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Grid
from shanshui.core.vocabulary import AnyLayers, Codes
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like

MM_PER_INCH = 25.4
MONTHS = 12
FAR = 100.0
"""Storage over mean storm beyond which the exponential would overflow: no quick flow is left there."""


def monthly_quick_flow(
    rain: NDArray[np.floating], events: NDArray[np.floating], curve: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Quick flow of a month, Guswa et al. 2018.

    Parameters
    ----------
    rain : (...) [mm]
        Of the month.
    events : (...) [1]
        Days with rain in the month.
    curve : (...) [1]
        Curve number, in (0, 100].

    Returns
    -------
    (...) [mm]
        In [0, rain]; all of the rain where the curve number is 100 (the guide prints 0 there, the reference code gives the rain); NaN where
        an input is missing.
    """
    p, n, cn = (np.asarray(v, np.float64) for v in (rain, events, curve))
    known = np.isfinite(p) & np.isfinite(n) & np.isfinite(cn)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = p / n / MM_PER_INCH
        store = 1000.0 / cn - 10.0
        ratio = store / mean
        storm = (mean - store) * np.exp(-0.2 * ratio) + store**2 / mean * np.exp(
            0.8 * ratio
        ) * exp1(ratio)
        flow = n * storm * MM_PER_INCH
    flow = np.where(ratio > FAR, 0.0, np.nan_to_num(flow))
    flow = np.where(store <= 0, p, np.clip(flow, 0.0, p))
    return np.where(known, np.where((p <= 0) | (n <= 0), 0.0, flow), np.nan)


@assessment(source="guswa2018", halo=0, bytes_per_cell=160)
def quick_flow(
    monthly_precipitation: AnyLayers,
    monthly_rain_days: AnyLayers,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("curve_number")],
) -> Annotated[xr.DataArray, Grid("mm/yr")]:
    """Rain of a year that runs off within the day of its storm.

    Parameters
    ----------
    monthly_precipitation : layers
        Twelve grids [mm], January first.
    monthly_rain_days : layers
        Twelve grids: days with rain of each month.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, curve_number`` in [1, 100].

    Returns
    -------
    (y, x) [mm/yr]
        In [0, rain]; NaN where an input is missing.

    Raises
    ------
    QuantityError
        Not twelve grids, a code without a row, a curve number that is missing or out of range.

    Notes
    -----
    ``QF = sum_m n ((a - S) exp(-0.2 S/a) + S^2/a exp(0.8 S/a) E1(S/a)) 25.4`` with ``a = P/n/25.4`` the mean storm and
    ``S = 1000/CN - 10`` the storage [inch], ``P`` rain [mm] and ``n`` days with rain of the month, ``CN`` the curve number, ``E1`` the
    exponential integral: Guswa et al. 2018 [M] as in the seasonal model of InVEST [S]. 120 mm on 8 days give 1.780 mm at
    CN 60, 23.736 at 85, 101.574 at 99 [C]. Streams, where all rain is quick flow, are not set apart.
    """
    rain, days = (
        twelve(monthly_precipitation, "monthly_precipitation"),
        twelve(monthly_rain_days, "monthly_rain_days"),
    )
    curve = ByCover.of(land_cover, biophysical, "biophysical").grid(
        "curve_number", low=1.0, high=100.0
    )
    flow = np.zeros(curve.shape)
    for p, n in zip(rain, days, strict=True):
        flow += monthly_quick_flow(p.values, n.values, curve)
    return like(land_cover, flow.astype(np.float32), "mm/yr")


def twelve(layers: xr.Dataset, name: str) -> list[xr.DataArray]:
    """Grids of the months.

    Raises
    ------
    QuantityError
        Not twelve of them.
    """
    maps = [layers[k] for k in layers.data_vars]
    if len(maps) != MONTHS:
        raise QuantityError(f"{name}: {len(maps)} grids, expected {MONTHS}, January first")
    return maps
