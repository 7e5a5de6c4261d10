"""Soil that cover keeps from the wind: the revised wind erosion equation."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Grid, Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Index, Percent
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import stacked

SHELTER = {
    "forest": -0.1535, "grass": -0.1151, "shrub": -0.0921, "bare": -0.0768, "sand": -0.0658, "crop": -0.0438,
}  # fmt: skip
"""Exponent of cover percent by kind of cover [S]."""
HUMUS_PER_CARBON = 1.724
"""Organic matter over its carbon [M]."""
LEAST_CLAY = 0.1
"""Percent of clay below which the ratio of sand to clay grows no more: pure sand would divide by 0 [D]."""
UNITS = {"potential": "t/ha/yr", "loss": "t/ha/yr", "retained": "t/ha/yr"}
TONS_PER_HECTARE = 10.0
"""Of a kilogram on a square metre."""


def wind_loss(
    force: NDArray[np.floating] | float,
    cover_factor: NDArray[np.floating] | float,
    *,
    distance_m: float = 50.0,
) -> NDArray[np.float64]:
    """Soil that wind carries off.

    Parameters
    ----------
    force : (...) [kg/m]
        Product of weather, erodible share, crust and roughness factors, 0 or more.
    cover_factor : (...) [1]
        Shelter of the cover; 1 for bare ground.
    distance_m : float [m]
        Downwind length of the field.

    Returns
    -------
    (...) [kg/m2]
        0 without force; NaN where an input is missing.
    """
    push = np.asarray(force, np.float64) * cover_factor
    with np.errstate(divide="ignore", invalid="ignore"):
        most = 109.8 * push
        length = 150.71 * push**-0.3711
        loss = 2.0 * distance_m / length**2 * most * np.exp(-((distance_m / length) ** 2))
    return np.where(push == 0, 0.0, loss)


@assessment(source="fryrear2000", halo=0, bytes_per_cell=96)
def sand_fixation(
    wind_factor: Annotated[xr.DataArray, Grid("kg/m")],
    sand: Percent,
    silt: Percent,
    clay: Percent,
    organic_carbon: Percent,
    soil_carbonate: Percent,
    vegetation_fraction: Index,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("shelter")],
    soil_roughness: Index | None = None,
    *,
    field_m: Annotated[float, Between(1.0, 1e5)] = 50.0,
) -> Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]:
    """Soil that cover keeps from the wind in a year.

    Parameters
    ----------
    wind_factor : (y, x) [kg/m]
        Weather factor of the year from wind, air density, soil wetness and snow; 0 or more.
    sand, silt, clay : (y, x) [%]
        Grains of the soil by weight.
    organic_carbon : (y, x) [%]
        Carbon of the soil by weight.
    soil_carbonate : (y, x) [%]
        Calcium carbonate of the soil by weight.
    vegetation_fraction : (y, x) [1]
        Share of the ground under cover, in [0, 1].
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, shelter``: ``forest, grass, shrub, bare, sand`` or ``crop``; ``none`` for classes that wind does not erode (water, built-up land).
    soil_roughness : (y, x) [1], optional
        Factor by which clods and ridges hold soil back, in [0, 1]; without a map no ground is rough (1).
    field_m : float [m]
        Downwind length of the field, z.

    Returns
    -------
    layers
        ``potential`` loss of bare ground, ``loss`` as it is, ``retained``, their difference [t/ha/yr]; 0 where wind does not erode; NaN where an
        input is missing.

    Raises
    ------
    QuantityError
        A class whose shelter is none of the words, a weather factor below 0.

    Notes
    -----
    ``EF = (29.09 + 0.31 Sa + 0.17 Si + 0.33 Sa/Cl - 2.59 OM - 0.95 CaCO3) / 100``, ``SCF = 1 / (1 + 0.0066 Cl^2 + 0.021 OM^2)``,
    ``C = exp(a SC)``, ``F = WF EF SCF K' C``, ``Qmax = 109.8 F`` [kg/m], ``s = 150.71 F^-0.3711`` [m],
    ``SL = 2 z / s^2 Qmax exp(-(z/s)^2)`` [kg/m2], ``retained = SL(C = 1) - SL(C)``: ``Sa, Si, Cl`` grains, ``OM`` organic matter (1.724
    times the carbon [M]), ``CaCO3`` carbonate [%], ``SC`` cover [%], ``WF`` the weather factor [kg/m], ``K'`` roughness [1].
    Revised wind erosion equation (Fryrear et al. [M]; numbers and exponents ``a`` as in the red-line guide and dual evaluation [S]).
    Beyond a force of 61.7 kg/m at 50 m the equation falls; there the loss is at most that of bare ground [D].
    At 7.2 kg/m bare ground loses 9.3555 kg/m2, with C = 0.3 1.5218 [C].
    """
    if (wind_factor.values < 0).any():
        raise QuantityError(
            f"wind_factor: {float(np.nanmin(wind_factor.values)):g} kg/m somewhere, expected 0 or more"
        )
    exponent, eroded = _shelter(ByCover.of(land_cover, biophysical, "biophysical"))
    force = wind_factor.values * _held_loose(sand, silt, clay, organic_carbon, soil_carbonate)
    if soil_roughness is not None:
        force = force * soil_roughness.values
    cover = np.exp(exponent * 100.0 * vegetation_fraction.values)
    bare = TONS_PER_HECTARE * wind_loss(force, 1.0, distance_m=field_m) * eroded
    loss = TONS_PER_HECTARE * wind_loss(force, cover, distance_m=field_m) * eroded
    # beyond its peak (61.7 kg/m at 50 m) the equation falls with force: cover must not seem to add to the loss
    loss = np.minimum(loss, bare)
    bare = np.where(np.isfinite(loss), bare, np.nan)
    layers = {"potential": bare, "loss": loss, "retained": bare - loss}
    return stacked(wind_factor, {k: v.astype(np.float32) for k, v in layers.items()}, UNITS)


def _held_loose(
    sand: xr.DataArray,
    silt: xr.DataArray,
    clay: xr.DataArray,
    organic_carbon: xr.DataArray,
    soil_carbonate: xr.DataArray,
) -> NDArray[np.float64]:
    """Share [1] of the soil that wind can lift, less what a crust holds."""
    sa, si, cl, carbon, chalk = (
        g.values.astype(np.float64) for g in (sand, silt, clay, organic_carbon, soil_carbonate)
    )
    humus = HUMUS_PER_CARBON * carbon
    ratio = sa / np.maximum(cl, LEAST_CLAY)
    share = 29.09 + 0.31 * sa + 0.17 * si + 0.33 * ratio - 2.59 * humus - 0.95 * chalk
    crust = 1.0 / (1.0 + 0.0066 * cl**2 + 0.021 * humus**2)
    return np.clip(share / 100.0, 0.0, 1.0) * crust


def _shelter(table: ByCover) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Exponent of each cell's kind of cover, and 1 where wind erodes."""
    kinds = table.words("shelter", (*SHELTER, "none"))
    exponent = kinds.map(lambda kind: SHELTER.get(kind, 0.0)).astype(float)
    return table.laid(exponent), table.laid((kinds != "none").astype(float))
