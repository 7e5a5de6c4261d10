"""Water that land holds back: rain less quick runoff less evaporation."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Layers, Table
from shanshui.core.vocabulary import (
    Codes,
    Evapotranspiration,
    Index,
    Mask,
    Precipitation,
    Productivity,
    Slope,
)
from shanshui.kernels.services import water_kept
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like, stacked

BalanceCheck = Annotated[pd.DataFrame, Table({"check": TEXT, "share": "1", "volume_m3": "m3/yr"})]
UNITS = {"quick_flow": "mm/yr", "balance": "mm/yr", "retained": "mm/yr"}


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=12)
def water_retention(
    precipitation: Precipitation,
    evapotranspiration: Evapotranspiration,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("runoff_alpha", "retains?")],
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

    Raises
    ------
    QuantityError
        A code without a row, a coefficient that is missing or out of range.

    Notes
    -----
    ``WR = max(P - R - ET, 0) h``, ``R = alpha P`` [mm/yr]: ``P`` rain, ``R`` quick flow, ``ET`` actual evaporation, ``alpha`` share of
    quick flow [1], ``h`` whether the class retains. Water balance of the Garze account [S]; ``alpha`` of the red-line guide [S]:
    deciduous broadleaf 1.33 %, evergreen conifer 3.02 %, meadow 8.20 %. 900 mm, 1.33 % and 500 mm on 100 km2 give 38 803 000 m3 [C]. That
    the balance is cut at 0 and told by ``water_balance_check`` is ours [D].
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
) -> BalanceCheck:
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

    Notes
    -----
    ``share = n / N``, ``volume = sum d a / 1000``: ``n`` cells where ``d = ET - P``, or ``d = -(P - R - ET)``, is above 0 [mm], ``N``
    cells with a balance (missing where there is none), ``a`` the area of a cell [m2]. Ours [D]: evaporation from a coarser map than rain
    makes such cells, and cutting them at 0 adds ``volume`` to the water retained (see ``water_retention``).
    """
    inside = (region_mask.values == 1) & np.isfinite(water_balance.values)
    # of no known cell there is no share and no volume
    count = float(inside.sum()) or np.nan
    area = grid_of(precipitation).cell_km2 * 1e6
    over = inside & (evapotranspiration.values > precipitation.values)
    below = inside & (water_balance.values < 0)
    excess = (evapotranspiration.values - precipitation.values)[over].sum(dtype=np.float64)
    cut = -water_balance.values[below].sum(dtype=np.float64)
    return pd.DataFrame(
        {
            "check": ["evaporation_above_rain", "balance_below_zero"],
            "share": [over.sum() / count, below.sum() / count],
            "volume_m3": [v * area / 1000.0 if inside.any() else np.nan for v in (excess, cut)],
        }
    )


@assessment(source="redline2017", bytes_per_cell=40)
def water_retention_index(
    net_primary_production: Productivity,
    infiltration: Index,
    precipitation: Precipitation,
    slope: Slope,
    region_mask: Mask,
) -> Index:
    """Quick index of water retention of the red-line guide.

    Parameters
    ----------
    net_primary_production : (y, x) [g/m2/yr]
        Carbon that plants fix in a year, mean of several.
    infiltration : (y, x) [1]
        Infiltration by soil texture, in [0, 1]: clay low, sand high.
    precipitation : (y, x) [mm/yr]
        Rain of the year.
    slope : (y, x) [degree]
        Steepness.
    region_mask : (y, x) [1]
        1 inside: the least and the greatest are of these cells.

    Returns
    -------
    (y, x) [1]
        In [0, 1]; ranks places, measures no water. NaN outside the region and where an input is missing.

    Raises
    ------
    QuantityError
        An input without values in the region, or with one value only: it cannot be scaled.

    Notes
    -----
    ``WR = NPP F_sic F_pre (1 - F_slo)``, each factor scaled by ``(x - min) / (max - min)`` over the region: ``NPP`` production, ``F_sic``
    infiltration, ``F_pre`` rain, ``F_slo`` slope. Net-production route of the guide for red lines of 2017 [S2]. Values of two regions
    cannot be compared.
    """
    inside = region_mask.values == 1
    out = _scaled("net_primary_production", net_primary_production, inside)
    out *= _scaled("infiltration", infiltration, inside)
    out *= _scaled("precipitation", precipitation, inside)
    out *= 1.0 - _scaled("slope", slope, inside)
    return like(net_primary_production, out.astype(np.float32), "1")


def _scaled(name: str, grid: xr.DataArray, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = np.where(inside, grid.values.astype(np.float64), np.nan)
    known = values[np.isfinite(values)]
    if known.size == 0 or known.min() == known.max():
        found = "no value" if known.size == 0 else f"one value only, {known.min():g}"
        raise QuantityError(
            f"water_retention_index.{name}: {found} in the region; expected a map that differs from place to place"
        )
    return (values - known.min()) / (known.max() - known.min())
