"""Carbon: what the land holds, what it takes up in a year, oxygen on the same basis, and what that is worth."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import CarbonDensity, Codes, Coefficients, Productivity
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import like, stacked

POOLS = {"c_above": "above", "c_below": "below", "c_soil": "soil", "c_dead": "dead"}
UNITS = {**dict.fromkeys(POOLS, "t/ha"), "carbon": "t/ha"}
CarbonStock = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
CO2_PER_C = 44.0 / 12.0
O2_PER_CO2 = 32.0 / 44.0


@assessment(source="invest_guide", halo=0, bytes_per_cell=8)
def carbon_stock(
    land_cover: Codes,
    biophysical: Coefficients,
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
    """
    return like(carbon_before, carbon_after.values - carbon_before.values, "t/ha")


def carbon_value(
    change: float, price: float, years: int, *, discount: float = 0.0, price_change: float = 0.0
) -> float:
    """Present value of carbon gained evenly over some years.

    Parameters
    ----------
    change : float [t]
        Carbon gained over the whole time.
    price : float [yuan/t]
        Of a ton of carbon now.
    years : int [yr]
        Over which it is gained.
    discount : float [1]
        Yearly rate by which later years count less.
    price_change : float [1]
        Yearly rate by which the price falls.

    Returns
    -------
    float [yuan]
        Sum over years 0 to ``years - 1``.
    """
    ratio = 1.0 / ((1.0 + discount) * (1.0 + price_change))
    return price * change / years * sum(ratio**t for t in range(years))


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
    """
    carbon = net_primary_production.values * np.float32(nep_share * 0.01)
    co2 = carbon * np.float32(CO2_PER_C)
    layers = {"co2": co2, "o2": co2 * np.float32(O2_PER_CO2)}
    return stacked(net_primary_production, layers, {"co2": "t/ha/yr", "o2": "t/ha/yr"})


def light_use(
    solar: float,
    ndvi: float,
    temperature: float,
    wetness: float,
    *,
    ndvi_low: float,
    ndvi_high: float,
    efficiency: float,
    optimum: float,
) -> float:
    """Net primary production of a month by light use (CASA).

    Parameters
    ----------
    solar : float [MJ/m2]
        Radiation of the month.
    ndvi : float [1]
        Vegetation index.
    temperature : float [degC]
        Mean of the month.
    wetness : float [1]
        Actual over potential evaporation, in [0, 1].
    ndvi_low, ndvi_high : float [1]
        5th and 95th percentile of the cover's index.
    efficiency : float [g/MJ]
        Greatest use of light by the cover.
    optimum : float [degC]
        Temperature of the month of greatest index.

    Returns
    -------
    float [g/m2]
        Carbon of the month.
    """
    simple = (1.0 + ndvi) / (1.0 - ndvi)
    low, high = (1 + ndvi_low) / (1 - ndvi_low), (1 + ndvi_high) / (1 - ndvi_high)
    linear = np.clip((ndvi - ndvi_low) / (ndvi_high - ndvi_low) * 0.949 + 0.001, 0.001, 0.95)
    ratio = np.clip((simple - low) / (high - low) * 0.949 + 0.001, 0.001, 0.95)
    absorbed = solar * 0.5 * (linear + ratio) / 2.0
    t1 = 0.8 + 0.02 * optimum - 0.0005 * optimum**2
    t2 = (
        1.184
        / (1.0 + np.exp(0.2 * (optimum - 10.0 - temperature)))
        / (1.0 + np.exp(0.3 * (-optimum - 10.0 + temperature)))
    )
    water = 0.5 + 0.5 * np.clip(wetness, 0.0, 1.0)
    return absorbed * t1 * t2 * water * efficiency


def soil_respiration(temperature: float, rain: float) -> float:
    """Carbon that the soil breathes out in a month, after Pei et al. [M].

    Parameters
    ----------
    temperature : float [degC]
        Mean of the month.
    rain : float [mm]
        Of the month.

    Returns
    -------
    float [g/m2]
        Carbon.
    """
    return float(0.22 * (np.exp(0.0912 * temperature) + np.log(0.3145 * rain + 1.0)) * 30.0 * 0.465)


def carbon_by_rate(
    areas_ha: dict[str, float], rates: dict[str, float], *, soil_ratio: float = 0.0
) -> float:
    """Carbon fixed in a year from areas and rates by cover, the route where no production is known.

    Parameters
    ----------
    areas_ha : dict of str to float [ha]
        Area of each cover.
    rates : dict of str to float [t/ha/yr]
        Carbon that a hectare of the cover fixes in its plants.
    soil_ratio : float [1]
        Carbon that the soil fixes for each ton in plants.

    Returns
    -------
    float [t/yr]
        Of carbon; 44/12 as much carbon dioxide.

    Raises
    ------
    KeyError
        A cover without a rate.
    """
    return sum(area * rates[cover] for cover, area in areas_ha.items()) * (1.0 + soil_ratio)
