"""Base flow: what of the recharge of each place comes out in the stream, and who depends on whose slope."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.accounts.hillslope import ROUTINGS, hillslope
from shanshui.core.assessment import assessment
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Elevation, Evapotranspiration
from shanshui.kernels.multiflow import accumulated
from shanshui.kernels.recharge import released
from shanshui.region.grid import grid_of, stacked

UNITS = {
    "recharge_sum": "mm/yr",
    "baseflow": "mm/yr",
    "baseflow_sum": "mm/yr",
    "recharge_share": "1",
}
Baseflow = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
_WAY = ("threshold_flow_accumulation", "gamma", "routing")


@assessment(
    source="invest_guide", bytes_per_cell=96, follows=dict.fromkeys(_WAY, "seasonal_recharge")
)
def baseflow(
    elevation: Elevation,
    local_recharge: Evapotranspiration,
    *,
    threshold_flow_accumulation: Annotated[float, Between(1.0, 1e9)] = 1000.0,
    gamma: Annotated[float, Between(0.0, 1.0)] = 1.0,
    routing: Annotated[str, OneOf(*ROUTINGS)] = "mfd",
) -> Baseflow:
    """Slow flow to the stream from the recharge of each cell.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; depressions are filled.
    local_recharge : (y, x) [mm/yr]
        Recharge of each cell, below 0 where plants use more than falls.
    threshold_flow_accumulation : float [cell]
        Cells above a cell from which it is a stream.
    gamma : float [1]
        Share of a cell's recharge that cells below can use on its way.
    routing : str
        ``mfd``: water is shared among all lower neighbours; ``d8``: it takes the steepest way.

    Returns
    -------
    layers
        ``recharge_sum`` of the cell and all above it, ``baseflow`` of the cell (0 or more), ``baseflow_sum`` through it [mm/yr, depth on one
        cell]; ``recharge_share`` of the map's recharge, missing where that is not above 0 [1]. NaN where an input is missing.

    Notes
    -----
    ``Bsum_i = Lsum_i sum_j p_ij b_j``, ``b_j = 1`` on streams, else ``(1 - A_j / Lsum_j) Bsum_j / (Lsum_j - L_j)`` (1 where that has no
    value); ``B_i = max(Bsum_i L_i / Lsum_i, 0)``; ``share = L / sum L``: ``L`` recharge, ``A = min(gamma L, L)``, ``p`` shares of flow.
    Seasonal water yield of InVEST [S]; what leaves the map reaches no stream. A cell of 100 mm above another of 100 mm beside the stream:
    with gamma 1 100 mm of each arrive; with 0.5 the formula gives the upper (1 - 50/200) 200/100 = 1.5 of its 100 mm, so that base flow is
    more than recharge where gamma is below 1 [C].
    """
    height = elevation.values
    way = hillslope(
        height,
        np.isfinite(height),
        grid_of(elevation).cell_m,
        threshold_flow_accumulation,
        routing=routing,
    )
    recharge = np.ascontiguousarray(local_recharge.values, np.float32).ravel()
    available = np.minimum(np.float32(gamma) * recharge, recharge)
    above = np.empty(recharge.size)
    accumulated(way.order, way.code, recharge, above)
    flow, through = (np.empty(recharge.size, np.float32) for _ in range(2))
    released(way.order, way.code, way.stream, recharge, available, above, flow, through)
    whole = float(np.nansum(recharge, dtype=np.float64))
    share = recharge / whole if whole > 0 else np.full(recharge.size, np.nan, np.float32)
    known = np.isfinite(recharge)
    layers = {
        "recharge_sum": np.where(known, above, np.nan),
        "baseflow": flow,
        "baseflow_sum": through,
        "recharge_share": share,
    }
    return stacked(
        elevation,
        {name: values.reshape(height.shape).astype(np.float32) for name, values in layers.items()},
        UNITS,
    )
