"""What another climate does to water and soil, the land staying as it is."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.vocabulary import Evapotranspiration, Mask, Precipitation, SoilLoss

Futures = Annotated[
    pd.DataFrame,
    Table(
        {
            "quantity": TEXT,
            "unit": TEXT,
            "now": ANY,
            "future": ANY,
            "change": ANY,
            "change_share": "1",
        }
    ),
]


@assessment(source="own_accounts", bytes_per_cell=4)
def climate_futures(
    region_mask: Mask,
    precipitation: Precipitation,
    precipitation_future: Precipitation,
    evapotranspiration: Evapotranspiration,
    evapotranspiration_future: Evapotranspiration,
    water_yield: Precipitation,
    water_yield_future: Precipitation,
    soil_loss: SoilLoss | None = None,
    soil_loss_future: SoilLoss | None = None,
) -> Futures:
    """Means of the region now and in a future.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    precipitation, precipitation_future : (y, x) [mm/yr]
        Rain.
    evapotranspiration, evapotranspiration_future : (y, x) [mm/yr]
        Actual evaporation.
    water_yield, water_yield_future : (y, x) [mm/yr]
        Water left.
    soil_loss, soil_loss_future : (y, x) [t/ha/yr], optional
        Actual soil loss.

    Returns
    -------
    table
        ``quantity, unit, now, future, change, change_share`` over cells known in both; missing where there is none.

    Notes
    -----
    ``change = mean(x') - mean(x)``, ``change_share = change / mean(x)`` over cells of the region: ``x`` now, ``x'`` in the future. The
    delta of two runs of the same models, land and soil unchanged; ours [D].
    """
    inside = region_mask.values == 1
    pairs = [
        ("precipitation", "mm/yr", precipitation, precipitation_future),
        ("evapotranspiration", "mm/yr", evapotranspiration, evapotranspiration_future),
        ("water_yield", "mm/yr", water_yield, water_yield_future),
    ]
    if soil_loss is not None and soil_loss_future is not None:
        pairs.append(("soil_loss", "t/ha/yr", soil_loss, soil_loss_future))
    rows = []
    for name, unit, now, later in pairs:
        known = inside & np.isfinite(now.values) & np.isfinite(later.values)
        a = float(now.values[known].mean(dtype=np.float64)) if known.any() else np.nan
        b = float(later.values[known].mean(dtype=np.float64)) if known.any() else np.nan
        rows.append((name, unit, a, b, b - a, (b - a) / a if a else np.nan))
    return pd.DataFrame(
        rows, columns=["quantity", "unit", "now", "future", "change", "change_share"]
    )
