"""Soil that cover keeps from the wind: the revised wind erosion equation."""

import numpy as np
from numpy.typing import NDArray

SHELTER = {
    "forest": -0.1535, "grass": -0.1151, "shrub": -0.0921, "bare": -0.0768, "sand": -0.0658, "crop": -0.0438,
}  # fmt: skip
"""Exponent of cover percent by kind of cover [S]."""


def wind_erodible_share(
    sand: float, silt: float, clay: float, organic_matter: float, carbonate: float
) -> float:
    """Share of soil that wind can lift.

    Parameters
    ----------
    sand, silt, clay, organic_matter, carbonate : float [%]
        By weight; clay above 0.

    Returns
    -------
    float [1]
        In [0, 1].
    """
    share = 29.09 + 0.31 * sand + 0.17 * silt + 0.33 * sand / max(clay, 0.1)
    return float(np.clip((share - 2.59 * organic_matter - 0.95 * carbonate) / 100.0, 0.0, 1.0))


def crust_factor(clay: float, organic_matter: float) -> float:
    """Factor [1] by which a crust of clay and humus [%] holds soil back."""
    return 1.0 / (1.0 + 0.0066 * clay**2 + 0.021 * organic_matter**2)


def sheltering(cover: NDArray[np.floating] | float, kind: str) -> NDArray[np.float64] | float:
    """Factor [1] by which cover [%] of a kind shelters the ground."""
    return np.exp(SHELTER[kind] * np.asarray(cover, np.float64))


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
        Product of weather, erodible share, crust and roughness factors.
    cover_factor : (...) [1]
        Shelter of the cover; 1 for bare ground.
    distance_m : float [m]
        Downwind length of the field.

    Returns
    -------
    (...) [kg/m2]
        Retained soil is that of bare ground less that of covered ground.
    """
    push = np.asarray(force, np.float64) * cover_factor
    most = 109.8 * push
    with np.errstate(divide="ignore", invalid="ignore"):
        length = 150.71 * push**-0.3711
        loss = 2.0 * distance_m / length**2 * most * np.exp(-((distance_m / length) ** 2))
    return np.where(push > 0, loss, 0.0)
