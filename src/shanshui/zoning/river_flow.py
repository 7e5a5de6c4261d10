"""Water that passes each cell in a year."""

from typing import Annotated

import numpy as np
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between
from shanshui.core.vocabulary import FlowDirection, Precipitation
from shanshui.kernels.accumulate import accumulate, downstream, upstream_order
from shanshui.region.grid import grid_of, like

RiverFlow = Annotated[xr.DataArray, Grid("m3/yr")]
M3_PER_MM_KM2 = 1000.0
"""A millimetre on a square kilometre [m3]."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=48)
def river_flow(
    flow_direction: FlowDirection,
    water_yield: Precipitation,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> RiverFlow:
    """Water that runs through each cell in a year, from all the ground above it on the grid.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    water_yield : (y, x) [mm/yr]
        Rain less evaporation; below 0 it counts 0.
    least_known : float [1]
        Share of the ground above a cell at which the yield must be known [D].

    Returns
    -------
    (y, x) [m3/yr]
        NaN outside, and where too little of the ground above is known. Water of rivers that come from beyond the grid is not in it.

    Notes
    -----
    ``F(c) = 1000 a n / m sum max(0, w)`` over the m cells above and at c, of n, whose yield w [mm/yr] is known, a the area of a cell [km2].
    """
    codes = np.ascontiguousarray(flow_direction.values)
    nxt = downstream(codes)
    order = upstream_order(nxt)
    depth = water_yield.values.astype(np.float64).ravel()
    known = np.isfinite(depth)
    total = accumulate(order, nxt, np.where(known, np.maximum(depth, 0.0), 0.0))
    counted = accumulate(order, nxt, known.astype(np.float64))
    cells = accumulate(order, nxt, np.ones(depth.size))
    with np.errstate(invalid="ignore", divide="ignore"):
        flow = total / counted * cells * grid_of(flow_direction).cell_km2 * M3_PER_MM_KM2
    told = (nxt >= 0) & (counted > 0) & (counted >= least_known * cells)
    return like(flow_direction, np.where(told, flow, np.nan).reshape(codes.shape), "m3/yr")
