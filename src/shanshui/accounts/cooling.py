"""Cooling that is used: no more than the people of a place would spend on hot days, and what of it nobody is there to use."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid, Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import DaysPerYear
from shanshui.kernels.windows import focal_mean
from shanshui.region.grid import grid_of, stacked

UNITS = {"used": "kWh/ha/yr", "unused": "kWh/ha/yr"}
CoolingUse = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
KM2_HA = 100.0


def _cells(reach_m: float, cell_m: float) -> int:
    """Side of the window in cells; always odd."""
    return 2 * int(reach_m / cell_m) + 1


def _reach(settings: Mapping[str, Any]) -> int:
    return _cells(float(settings["reach_m"]), float(settings.get("cell_m", 1.0))) // 2 + 1


@assessment(source="decisions/0030-accounts", halo=_reach, bytes_per_cell=32)
def cooling_use(
    climate_regulation: Annotated[xr.DataArray, Grid("kWh/ha/yr")],
    hot_days: DaysPerYear,
    population_density: Annotated[xr.DataArray, Grid("person/km2")],
    *,
    demand: Annotated[float, Between(0.0, 100.0)] = 2.4,
    most_days: Annotated[float, Between(0.0, 366.0)] = 120.0,
    reach_m: Annotated[float, Between(0.0, 1e5)] = 1500.0,
) -> CoolingUse:
    """Cooling by plants that people would otherwise pay for, and the rest, of which nobody has the use.

    Parameters
    ----------
    climate_regulation : (y, x) [kWh/ha/yr]
        Electricity that the cooling by plants stands for, wherever they grow.
    hot_days : (y, x) [d/yr]
        Days of the cell above 26 degC; mountains have none.
    population_density : (y, x) [person/km2]
        People of the cell.
    demand : float [kWh/person/d]
        Electricity that a person spends on cooling on a hot day: 400 TWh of China in 2017 [M] over 1.39e9 people and 120 days [D].
    most_days : float [d/yr]
        Days above this count no more, as in the cooling itself [D].
    reach_m : float [m]
        How far off people have it cooler for a wood: half the side of the window over which their demand is spread [D].

    Returns
    -------
    layers
        ``used`` and ``unused`` [kWh/ha/yr], which sum to the cooling; NaN where an input is missing.

    Notes
    -----
    ``used = min(E, W)``, ``W`` the mean of ``e p min(D, D_most) / 100`` over the window, ``unused = E - used``: ``E`` cooling by plants
    [kWh/ha/yr], ``e`` demand of a person on a hot day, ``p`` people on a km2 (100 ha), ``D`` hot days. Guidelines count all of ``E`` [M];
    a forest where nobody lives spares no electricity, and a region's cooling must not exceed what its people would use. Ours [D]
    (decisions/0030-accounts).
    """
    supply = climate_regulation.values
    days = np.minimum(hot_days.values, np.float32(most_days))
    wanted = (population_density.values * days * np.float32(demand / KM2_HA)).astype(np.float32)
    wanted = focal_mean(wanted, _cells(reach_m, grid_of(climate_regulation).cell_m))
    used = np.minimum(supply, wanted).astype(np.float32)
    # a minimum hides what is not known on one side
    used[~(np.isfinite(supply) & np.isfinite(wanted))] = np.nan
    return stacked(climate_regulation, {"used": used, "unused": supply - used}, UNITS)
