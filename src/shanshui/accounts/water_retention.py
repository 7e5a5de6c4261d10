"""Water that land holds back: rain less quick runoff less evaporation."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Layers
from shanshui.core.vocabulary import (
    Codes,
    Coefficients,
    Evapotranspiration,
    Facts,
    Index,
    Mask,
    Precipitation,
)
from shanshui.kernels.services import water_kept
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like, stacked

UNITS = {"quick_flow": "mm/yr", "balance": "mm/yr", "retained": "mm/yr"}


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=12)
def water_retention(
    precipitation: Precipitation,
    evapotranspiration: Evapotranspiration,
    land_cover: Codes,
    biophysical: Coefficients,
) -> Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]:
    """Water retained in a year by the balance.

    Parameters
    ----------
    precipitation : (y, x) [mm/yr]
        Rain of the year.
    evapotranspiration : (y, x) [mm/yr]
        Actual evaporation of the year.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, runoff_alpha``: share of the rain that runs off quickly, in [0, 1]; ``retains`` 0 for classes whose water does
        not count as retained (built, open water), 1 by default.

    Returns
    -------
    layers
        ``quick_flow``; ``balance`` = rain - quick flow - evaporation, which may be below 0 where evaporation comes from elsewhere or from
        a coarser map; ``retained`` = the balance where it is above 0 and the class retains, else 0 [mm/yr]. NaN where an input is missing.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    out = {name: np.empty(precipitation.shape, np.float32) for name in UNITS}
    water_kept(
        precipitation.values,
        evapotranspiration.values,
        table.grid("runoff_alpha", high=1.0),
        table.grid("retains", high=1.0, default=1.0),
        *out.values(),
    )
    return stacked(precipitation, out, UNITS)


@assessment(source="own_accounts", bytes_per_cell=16)
def water_balance_check(
    precipitation: Precipitation,
    evapotranspiration: Evapotranspiration,
    water_balance: Precipitation,
    region_mask: Mask,
) -> Facts:
    """Where evaporation exceeds rain, before the retention is cut at 0.

    Parameters
    ----------
    precipitation : (y, x) [mm/yr]
        Rain of the year.
    evapotranspiration : (y, x) [mm/yr]
        Actual evaporation.
    water_balance : (y, x) [mm/yr]
        Rain - quick flow - evaporation.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    table
        ``check, share, volume_m3``: share of the region's known cells and yearly volume for ``evaporation_above_rain`` and ``balance_below_zero``.
    """
    inside = (region_mask.values == 1) & np.isfinite(water_balance.values)
    count = max(int(inside.sum()), 1)
    area = grid_of(precipitation).cell_km2 * 1e6
    over = inside & (evapotranspiration.values > precipitation.values)
    below = inside & (water_balance.values < 0)
    excess = (evapotranspiration.values - precipitation.values)[over].sum(dtype=np.float64)
    cut = -water_balance.values[below].sum(dtype=np.float64)
    frame = pd.DataFrame(
        {
            "check": ["evaporation_above_rain", "balance_below_zero"],
            "share": [over.sum() / count, below.sum() / count],
            "volume_m3": [excess * area / 1000.0, cut * area / 1000.0],
        }
    )
    frame.attrs["units"] = {"share": "1", "volume_m3": "m3/yr"}
    return frame


@assessment(source="redline2017", halo=0, bytes_per_cell=12)
def water_retention_index(
    production_scaled: Index,
    infiltration_scaled: Index,
    rain_scaled: Index,
    slope_scaled: Index,
) -> Index:
    """Quick index of water retention of the red-line guide.

    Parameters
    ----------
    production_scaled : (y, x) [1]
        Mean net primary production, scaled to [0, 1].
    infiltration_scaled : (y, x) [1]
        Infiltration by soil texture, scaled to [0, 1].
    rain_scaled : (y, x) [1]
        Rain, scaled to [0, 1].
    slope_scaled : (y, x) [1]
        Slope, scaled to [0, 1].

    Returns
    -------
    (y, x) [1]
        Product of production, infiltration, rain and 1 - slope, in [0, 1]; ranks places, measures no water.
    """
    out = (
        production_scaled.values
        * infiltration_scaled.values
        * rain_scaled.values
        * (1.0 - slope_scaled.values)
    )
    return like(production_scaled, out.astype(np.float32), "1")
