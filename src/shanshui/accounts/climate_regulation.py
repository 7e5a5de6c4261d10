"""Heat that plants and water take out of hot days, in electricity that cooling would need."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Coefficients, DaysPerYear
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like

LATENT_HEAT_MJ = 2.45
"""Heat that a kilogram of water takes to evaporate [MJ]."""


def plant_cooling(
    heat_kj: float, area_km2: float, days: float, *, performance: float = 3.0
) -> float:
    """Electricity that cooling by plants stands for.

    Parameters
    ----------
    heat_kj : float [kJ/m2/d]
        Heat that the cover takes up on a hot day.
    area_km2 : float [km2]
        Of the cover.
    days : float [d]
        Hot days.
    performance : float [1]
        Heat moved per electricity of a cooler.

    Returns
    -------
    float [kWh]
        Of the hot days together.
    """
    return heat_kj * area_km2 * days * 1e6 / (3600.0 * performance)


def water_cooling(evaporated_m3: float, *, performance: float = 3.0) -> float:
    """Electricity [kWh] that evaporation of water [m3] on hot days stands for."""
    return evaporated_m3 * 1000.0 * LATENT_HEAT_MJ / 3.6 / performance


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=12)
def climate_regulation(
    hot_days: DaysPerYear,
    land_cover: Codes,
    biophysical: Coefficients,
    *,
    performance: Annotated[float, Between(1.0, 20.0)] = 3.0,
    most_days: Annotated[float, Between(0.0, 366.0)] = 120.0,
) -> Annotated[xr.DataArray, Grid("kWh/ha/yr")]:
    """Electricity that cooling by plants on hot days stands for.

    Parameters
    ----------
    hot_days : (y, x) [d/yr]
        Days of the cell above 26 degC; mountains have none.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, cooling_kj``: heat taken up on a hot day in kJ/m2/d.
    performance : float [1]
        Heat moved per electricity of a cooler.
    most_days : float [d/yr]
        Days above this count no more: cooling is not run all year [D].

    Returns
    -------
    (y, x) [kWh/ha/yr]
        NaN where an input is missing. Half and more of many totals: show them with and without.
    """
    heat = ByCover.of(land_cover, biophysical, "biophysical").grid("cooling_kj")
    days = np.minimum(hot_days.values, np.float32(most_days))
    per_ha = heat * days * np.float32(1e4 / (3600.0 * performance))
    return like(hot_days, per_ha.astype(np.float32), "kWh/ha/yr")
