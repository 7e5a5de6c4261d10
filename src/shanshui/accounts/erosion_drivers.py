"""What washes soil away and how easily it goes: rainfall erosivity by three routes, and the erodibility of soil."""

from collections.abc import Sequence
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
EROSIVE_MM = 12.0
"""Rain of a day from which it washes soil away; 10 mm is used too [M]."""


def daily_erosivity(
    rain: Sequence[float] | NDArray[np.floating], *, warm: bool, erosive_mm: float = EROSIVE_MM
) -> float:
    """Rainfall erosivity of half a month from the rain of its days.

    Parameters
    ----------
    rain : (day,) [mm]
        Rain of each day; tenths of a millimetre, as stations keep them, are divided by ten first.
    warm : bool
        May to September.
    erosive_mm : float [mm]
        Days with less count nothing.

    Returns
    -------
    float [MJ*mm/(ha*h)]
        Of the half month; a year is the sum of 24.

    Raises
    ------
    QuantityError
        Negative rain, or a day beyond any that was ever measured: most often tenths of a millimetre.
    """
    days = np.asarray(rain, np.float64)
    if (days < 0).any():
        raise QuantityError("rain: negative days; expected 0 or more, with gaps filled first")
    if days.size and days.max() > HEAVIEST_DAY_MM:
        raise QuantityError(
            f"rain: a day of {days.max():g} mm; the heaviest ever measured is {HEAVIEST_DAY_MM:g}; is it in tenths of a millimetre?"
        )
    return float((0.3937 if warm else 0.3101) * (days[days >= erosive_mm] ** 1.7265).sum())


HEAVIEST_DAY_MM = 1825.0
"""Rain of the heaviest day on record, Foc-Foc, 1966 [M]."""


def monthly_erosivity(monthly: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rainfall erosivity of a year from the rain of its months.

    Parameters
    ----------
    monthly : (12, ...) [mm]
        Rain of each month.

    Returns
    -------
    (...) [MJ*mm/(ha*h*yr)]
        Sum of the months by the index of Wischmeier and Smith, in SI units.
    """
    rain = np.asarray(monthly, np.float64)
    year = rain.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = 1.735 * 10.0 ** (1.5 * np.log10(rain**2 / year) - 0.8188)
    return US_TO_SI_EROSIVITY * np.where(rain > 0, each, 0.0).sum(axis=0)


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
        Not twelve grids.
    """
    maps = [monthly_precipitation[k] for k in monthly_precipitation.data_vars]
    if len(maps) != 12:
        raise QuantityError(f"monthly_precipitation: {len(maps)} grids, expected 12, January first")
    return like(
        maps[0],
        monthly_erosivity(np.stack([m.values for m in maps])).astype(np.float32),
        "MJ*mm/(ha*h*yr)",
    )


@assessment(source="own_accounts", halo=0, bytes_per_cell=8)
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
    """
    san, sil, cla, car = (g.values.astype(np.float64) for g in (sand, silt, clay, organic_carbon))
    total = san + sil + cla
    if np.nanmax(np.abs(total - 100.0), initial=0.0) > 5.0:
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
