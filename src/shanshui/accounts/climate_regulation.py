"""Heat that plants take out of hot days, in electricity that cooling would need."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, DaysPerYear
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=12)
def climate_regulation(
    hot_days: DaysPerYear,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("cooling_kj")],
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

    Raises
    ------
    QuantityError
        A code without a row, a heat that is missing or negative.

    Notes
    -----
    ``E = EPP min(D, D_most) 1e4 / (3600 r)`` [kWh/ha/yr]: ``EPP`` heat taken up on a hot day [kJ/m2/d], ``D`` hot days [d/yr],
    3600 kJ in a kWh, ``r`` the performance of coolers. Garze account [S]: forest 2837.27, shrub 1300.95, grass 969.83 kJ/m2/d, which
    its total meets with D = 15 d and r = 3.0 [C]. ``most_days`` is ours [D].
    """
    heat = ByCover.of(land_cover, biophysical, "biophysical").grid("cooling_kj")
    days = np.minimum(hot_days.values, np.float32(most_days))
    per_ha = heat * days * np.float32(1e4 / (3600.0 * performance))
    return like(hot_days, per_ha.astype(np.float32), "kWh/ha/yr")
