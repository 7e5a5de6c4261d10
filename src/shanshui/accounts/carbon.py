"""Carbon: what the land holds, what it takes up in a year, oxygen on the same basis, and what a gain is worth."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid, Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import CarbonDensity, Codes, Productivity
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like, stacked

POOLS = {"c_above": "above", "c_below": "below", "c_soil": "soil", "c_dead": "dead"}
UNITS = {**dict.fromkeys(POOLS, "t/ha"), "carbon": "t/ha"}
CarbonStock = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
CO2_PER_C = 44.0 / 12.0
"""Mass of carbon dioxide over that of its carbon."""
O2_PER_CO2 = 32.0 / 44.0
"""Mass of oxygen given off over that of carbon dioxide taken up."""


@assessment(source="invest_guide", halo=0, bytes_per_cell=8)
def carbon_stock(
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover(*POOLS)],
    *,
    maturity: Annotated[float, Between(0.0, 2.0)] = 1.0,
) -> CarbonStock:
    """Carbon of four pools by land cover.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, c_above, c_below, c_soil, c_dead`` in t of carbon per ha.
    maturity : float [1]
        Share of the tabled density of living and dead wood that stands today; tables of mature potential take about 0.6 [D]. Soil is left as tabled.

    Returns
    -------
    layers
        The four pools and ``carbon``, their sum [t/ha of C]; NaN where the land cover is missing.

    Raises
    ------
    QuantityError
        A code without a row, a density that is missing or negative.

    Notes
    -----
    ``C = f (c_above + c_below + c_dead) + c_soil`` by class, ``C`` and ``c`` in t/ha of carbon, ``f`` the ``maturity`` [1].
    The pools and their sum are the carbon model of InVEST [S]; ``f`` is ours [D] and 1 leaves the model as it is.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    layers = {}
    for column in POOLS:
        density = table.column(column)
        layers[column] = table.laid(density if column == "c_soil" else density * maturity)
    layers["carbon"] = np.sum(list(layers.values()), axis=0, dtype=np.float32)
    return stacked(land_cover, layers, UNITS)


@assessment(source="invest_guide", halo=0, bytes_per_cell=0)
def carbon_change(carbon_before: CarbonDensity, carbon_after: CarbonDensity) -> CarbonDensity:
    """Carbon gained between two states.

    Parameters
    ----------
    carbon_before, carbon_after : (y, x) [t/ha]
        Carbon of the land.

    Returns
    -------
    (y, x) [t/ha]
        After minus before; NaN where either is missing.

    Notes
    -----
    ``dC = C_after - C_before`` [t/ha of C], the sequestration of the carbon model of InVEST [S]; below 0 where carbon was lost.
    """
    return like(carbon_before, carbon_after.values - carbon_before.values, "t/ha")


@assessment(source="invest_guide", halo=0, bytes_per_cell=0)
def carbon_value(
    carbon_change: CarbonDensity,
    *,
    co2_price: Annotated[float, Between(0.0, 1e6)] = 380.0,
    years: Annotated[int, Between(1, 500)] = 20,
    discount: Annotated[float, Between(0.0, 1.0)] = 0.03,
    price_change: Annotated[float, Between(-0.5, 1.0)] = 0.0,
) -> Annotated[xr.DataArray, Grid("yuan/ha")]:
    """Present value of carbon gained evenly over some years.

    Parameters
    ----------
    carbon_change : (y, x) [t/ha]
        Carbon gained over the whole time.
    co2_price : float [yuan/t]
        Of a ton of carbon dioxide in the first year; 380 is the cost of afforestation of the Garze account in 2010 [S].
    years : int [yr]
        Over which it is gained: those between the two land covers.
    discount : float [1]
        Yearly rate by which later years count less; 0.03 is the low end of accounts of assets [M].
    price_change : float [1]
        Yearly rate by which the price falls; below 0 it rises.

    Returns
    -------
    (y, x) [yuan/ha]
        Below 0 where carbon was lost; NaN where the change is missing.

    Notes
    -----
    ``V = 44/12 p dC / n * sum_{t=0}^{n-1} 1 / ((1 + r)^t (1 + c)^t)`` with ``dC`` the change [t/ha of C], ``p`` the price
    [yuan/t of CO2], ``n`` the years, ``r`` the discount and ``c`` the fall of the price [1/yr]: the valuation of the carbon
    model of InVEST [S], which prices carbon itself; 44/12 turns carbon into its dioxide.
    """
    ratio = 1.0 / ((1.0 + discount) * (1.0 + price_change))
    worth = co2_price * CO2_PER_C / years * sum(ratio**t for t in range(years))
    return like(carbon_change, carbon_change.values * np.float32(worth), "yuan/ha")


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=4)
def carbon_fixed(
    net_primary_production: Productivity,
    *,
    nep_share: Annotated[float, Between(0.0, 1.0)] = 0.22,
) -> Annotated[xr.Dataset, Layers((("co2", "t/ha/yr"), ("o2", "t/ha/yr")))]:
    """Carbon dioxide taken up and oxygen given off, both from net ecosystem production.

    Parameters
    ----------
    net_primary_production : (y, x) [g/m2/yr]
        Carbon that plants fix in a year beyond their own breath.
    nep_share : float [1]
        Net ecosystem over net primary production; 0.16 to 0.30 by province [M].

    Returns
    -------
    layers
        ``co2`` and ``o2`` [t/ha/yr], always in the ratio 44 to 32: valuing both counts one flow twice.

    Notes
    -----
    ``NEP = a NPP`` [g/m2/yr of C, ``a`` the ``nep_share``; 1 g/m2 = 0.01 t/ha], ``CO2 = 44/12 NEP``, ``O2 = 32/44 CO2`` [t/ha/yr].
    The route by net ecosystem production is that of the Garze account [S]; there oxygen was taken from another basis than
    carbon (0.31e8 t of dioxide beside 2.51e8 t of oxygen), which is not followed.
    """
    carbon = net_primary_production.values * np.float32(nep_share * 0.01)
    co2 = carbon * np.float32(CO2_PER_C)
    layers = {"co2": co2, "o2": co2 * np.float32(O2_PER_CO2)}
    return stacked(net_primary_production, layers, {"co2": "t/ha/yr", "o2": "t/ha/yr"})
