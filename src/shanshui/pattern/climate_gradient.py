"""Corridors along a climatic gradient: which cores differ enough in climate, and what a change of climate costs on the way."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.core.form import named
from shanshui.region.grid import GridSpec, grid_of

THRESHOLD = 1.0
"""Difference in climate from which on two cores are linked [unit of the climate], as in Linkage Mapper's demonstration of its tool [S]."""
COST = 50_000.0
"""Resistance metres of a change in climate by one unit, as in the same demonstration [S]: 50 km for each degree."""
FLAT = 1.0
"""Cost of each metre beside resistance and climate: the tool walks with r.walk of GRASS, whose coefficient on the flat it sets to 1 [S]."""
SPREADS = 2.0
"""Standard deviations below its mean at which the climate of a core is taken, as the tool does [S]."""


def climate_of_cores(climate: NDArray[np.floating], label: NDArray[np.int32]) -> pd.DataFrame:
    """Climate of each core.

    Parameters
    ----------
    climate : (y, x) array
        Temperature or another measure that falls with height.
    label : (y, x) array of int
        Number of the core; 0 elsewhere.

    Returns
    -------
    table
        Index the number; ``climate_mean, climate_sd, climate_low`` [unit of the climate] over the cells that have one.

    Notes
    -----
    low = mean - 2 sd, sd being that of all cells (over n): the coolest that a core offers, Climate Linkage Mapper [S]. After Nunez et al. (2013) [M].
    """
    known = (label > 0) & np.isfinite(climate)
    grouped = pd.Series(climate[known].astype(np.float64)).groupby(label[known])
    mean, spread = grouped.mean(), grouped.std(ddof=0)
    return pd.DataFrame(
        {"climate_mean": mean, "climate_sd": spread, "climate_low": mean - SPREADS * spread}
    )


def alike(low: pd.Series, threshold: float) -> list[tuple[int, int]]:
    """Pairs of cores whose climates differ by no more than a threshold.

    Parameters
    ----------
    low : series
        Climate of each core by its number.
    threshold : float
        In its unit.

    Returns
    -------
    list of (int, int)
        |low_a - low_b| <= threshold.
    """
    return [
        (int(a), int(b))
        for a, b in combinations(sorted(low.index), 2)
        if abs(low[a] - low[b]) <= threshold
    ]


def checked_climate(climate: NDArray[Any] | xr.DataArray, grid: GridSpec) -> NDArray[np.float64]:
    """Climate on the cells of a resistance, as floats; NaN where it is missing.

    Raises
    ------
    QuantityError
        Another grid, nothing known.
    """
    values = np.asarray(climate, np.float64)
    if isinstance(climate, xr.DataArray):
        laid = named("climate", climate)
        values, own = np.asarray(laid.values, np.float64), grid_of(laid)
        slack = 1e-3 * grid.cell_m
        apart = max(abs(own.left - grid.left), abs(own.top - grid.top)) > slack
        if own.shape == grid.shape and (apart or abs(own.cell_m - grid.cell_m) * grid.nx > slack):
            raise QuantityError(
                f"climate: found a grid from {own.left:.10g}, {own.top:.10g} with cells of {own.cell_m:g}; expected the place of the "
                f"resistance, {grid.left:.10g}, {grid.top:.10g} with cells of {grid.cell_m:g}: bring it to that grid"
            )
    if values.shape != grid.shape:
        raise QuantityError(
            f"climate: found {values.shape}; expected the rows and columns of the resistance, {grid.shape}: bring it to that grid"
        )
    if not np.isfinite(values).any():
        raise QuantityError("climate: found no value; expected one wherever corridors may run")
    return np.where(np.isfinite(values), values, np.nan)
