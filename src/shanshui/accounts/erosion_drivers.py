"""What washes soil away and how easily it goes: rainfall erosivity by two routes, and the erodibility of soil."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import AnyLayers, Erodibility, Erosivity, Percent, Precipitation
from shanshui.region.grid import like

US_TO_SI_EROSIVITY = 17.02
"""Hundred foot-ton inches per acre, hour and year in MJ mm/(ha h yr)."""
US_TO_SI_ERODIBILITY = 0.1317
"""US erodibility in t ha h/(ha MJ mm)."""


def monthly_erosivity(monthly: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rainfall erosivity of a year from the rain of its months.

    Parameters
    ----------
    monthly : (12, ...) [mm]
        Rain of each month.

    Returns
    -------
    (...) [MJ*mm/(ha*h*yr)]
        Sum of the months by the index of Wischmeier and Smith, in SI units; NaN where a month is missing.
    """
    rain = np.asarray(monthly, np.float64)
    year = rain.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = 1.735 * 10.0 ** (1.5 * np.log10(rain**2 / year) - 0.8188)
    # a dry month adds nothing, a missing one makes the year unknown
    return US_TO_SI_EROSIVITY * np.where(rain == 0, 0.0, each).sum(axis=0)


@assessment(source="wischmeier1978", halo=0, bytes_per_cell=100)
def rainfall_erosivity_monthly(monthly_precipitation: AnyLayers) -> Erosivity:
    """Rainfall erosivity from twelve maps of monthly rain.

    Parameters
    ----------
    monthly_precipitation : layers
        Twelve grids [mm], January first.

    Returns
    -------
    (y, x) [MJ*mm/(ha*h*yr)]
        NaN where a month is missing.

    Raises
    ------
    QuantityError
        Not twelve grids, or rain below 0.

    Notes
    -----
    ``R = 17.02 sum_m 1.735 * 10^(1.5 lg(P_m^2 / P) - 0.8188)``: ``P_m`` rain of the month, ``P`` of the year [mm]; 17.02 turns
    hundred foot-tons inch/(acre h yr) into MJ mm/(ha h yr) [M].
    Index of Wischmeier and Smith 1978 [M]; months of 10 to 160 mm that sum to 800 give 1988.8 [C].
    """
    maps = [monthly_precipitation[k] for k in monthly_precipitation.data_vars]
    if len(maps) != 12:
        raise QuantityError(f"monthly_precipitation: {len(maps)} grids, expected 12, January first")
    rain = np.stack([m.values for m in maps])
    if (rain < 0).any():
        raise QuantityError(
            f"monthly_precipitation: {float(np.nanmin(rain)):g} mm somewhere, expected 0 or more; declare the number as nodata"
        )
    return like(maps[0], monthly_erosivity(rain).astype(np.float32), "MJ*mm/(ha*h*yr)")


@assessment(source="zhangfu2003", halo=0, bytes_per_cell=8)
def rainfall_erosivity(
    precipitation: Precipitation,
    *,
    factor: Annotated[float, Between(0.0, 10.0)] = 0.0534,
    power: Annotated[float, Between(0.5, 3.0)] = 1.6548,
) -> Erosivity:
    """Rainfall erosivity from the rain of a year: the route where nothing finer is known.

    Parameters
    ----------
    precipitation : (y, x) [mm/yr]
        Rain of the year.
    factor, power : float
        Numbers of the curve [M]. Yearly and monthly routes differ by more than half: never mix them in one series.

    Returns
    -------
    (y, x) [MJ*mm/(ha*h*yr)]
        NaN where the rain is missing.

    Notes
    -----
    ``R = f P^p`` with ``P`` the rain of a year [mm]; ``f`` = 0.0534, ``p`` = 1.6548, the yearly route of Zhang and Fu 2003 [M].
    At 800 mm it gives 3400.7, the monthly index 1988.8 for one distribution of the months [C].
    """
    return like(
        precipitation,
        (factor * np.power(precipitation.values, np.float32(power))).astype(np.float32),
        "MJ*mm/(ha*h*yr)",
    )


@assessment(source="williams1990", halo=0, bytes_per_cell=32)
def soil_erodibility(
    sand: Percent,
    silt: Percent,
    clay: Percent,
    organic_carbon: Percent,
    *,
    correction: Annotated[str, OneOf("china", "none")] = "china",
) -> Erodibility:
    """Erodibility of soil from its grains and carbon (EPIC).

    Parameters
    ----------
    sand, silt, clay : (y, x) [%]
        Grains by weight; they sum to 100.
    organic_carbon : (y, x) [%]
        Carbon by weight: organic matter divided by 1.724.
    correction : str
        ``china`` applies -0.01383 + 0.51575 K [S]; ``none`` leaves the US value.

    Returns
    -------
    (y, x) [t*ha*h/(ha*MJ*mm)]
        0 or more: a corrected value below 0 becomes 0. NaN where an input is missing.

    Raises
    ------
    QuantityError
        Grains that do not sum to about 100.

    Notes
    -----
    ``K = (0.2 + 0.3 exp(-0.0256 SAN (1 - SIL/100))) (SIL / (CLA + SIL))^0.3 (1 - 0.25 C / (C + exp(3.72 - 2.95 C)))
    (1 - 0.7 SN / (SN + exp(-5.51 + 22.9 SN)))`` with ``SN = 1 - SAN/100``, grains and carbon ``C`` in percent (EPIC, Williams 1990 [M]);
    ``china``: ``K' = -0.01383 + 0.51575 K`` (Zhang et al. 2008; numbers [S]); both times 0.1317 into t ha h/(ha MJ mm).
    Sand 40, silt 40, clay 20, carbon 1.5 give 0.03430, corrected 0.01587 [C].
    """
    san, sil, cla, car = (g.values.astype(np.float64) for g in (sand, silt, clay, organic_carbon))
    total = san + sil + cla
    if (np.abs(total - 100.0) > 5.0).any():
        worst = float(total.flat[int(np.nanargmax(np.abs(total - 100.0)))])
        raise QuantityError(
            f"sand, silt, clay: sum to {worst:g} somewhere, expected 100; are they percent?"
        )
    rest = 1.0 - san / 100.0
    with np.errstate(invalid="ignore", divide="ignore"):
        fine = np.where(sil + cla > 0, (sil / (cla + sil)) ** 0.3, 0.0)
    k = (
        (0.2 + 0.3 * np.exp(-0.0256 * san * (1.0 - sil / 100.0)))
        * fine
        * (1.0 - 0.25 * car / (car + np.exp(3.72 - 2.95 * car)))
        * (1.0 - 0.7 * rest / (rest + np.exp(-5.51 + 22.9 * rest)))
    )
    if correction == "china":
        k = np.maximum(-0.01383 + 0.51575 * k, 0.0)
    k = np.where(np.isfinite(total + car), k * US_TO_SI_ERODIBILITY, np.nan)
    return like(sand, k.astype(np.float32), "t*ha*h/(ha*MJ*mm)")
