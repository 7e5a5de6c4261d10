"""What keeping species is worth by the forestry standard: ground by its diversity and quality."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Index
from shanshui.region.grid import like

SHANNON_LIMITS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
UNIT_VALUES = (3000.0, 5000.0, 10000.0, 20000.0, 30000.0, 40000.0, 50000.0)
"""Yuan a hectare and year of 2008 by class of the Shannon index, LY/T 1721-2008 [M]."""
REFERENCE = 10000.0
"""Value of the class that amounts are told in: ground of an index of 2 to 3."""


@assessment(source="lyt1721", halo=0, bytes_per_cell=16)
def species_conservation(
    species_richness: Index,
    habitat_quality: Index,
    *,
    evenness: Annotated[float, Between(0.0, 1.0)] = 0.8,
) -> Annotated[xr.DataArray, Grid("1")]:
    """Ground that keeps species, told in ground of middling diversity.

    Parameters
    ----------
    species_richness : (y, x) [1]
        Species that can live in the cell, by ranges and habitat.
    habitat_quality : (y, x) [1]
        Of the ground, in [0, 1].
    evenness : float [1]
        Shannon index over the greatest that so many species could have [D].

    Returns
    -------
    (y, x) [1]
        Hectares of an index of 2 to 3 that a hectare is worth; NaN where an input is missing.

    Notes
    -----
    ``w = q v(e ln S) / v_0``: ``S`` species, ``e`` evenness, ``v`` the unit value by class of the Shannon index (LY/T 1721-2008 [M]), ``v_0`` =
    10000 yuan/ha of the class 2 to 3, ``q`` habitat quality. The standard asks for plots of plants; richness by ranges and the weight by
    quality are ours [D]. Frames leave it out of their totals or have it optional.
    """
    count = species_richness.values.astype(np.float64)
    index = evenness * np.log(np.maximum(count, 1.0))
    value = np.asarray(UNIT_VALUES)[np.searchsorted(SHANNON_LIMITS, index, side="right")]
    weight = np.where(count > 0, value / REFERENCE, 0.0) * habitat_quality.values
    weight[np.isnan(count)] = np.nan
    return like(habitat_quality, weight.astype(np.float32), "1")
