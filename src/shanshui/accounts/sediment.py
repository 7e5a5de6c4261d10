"""Sediment that reaches the stream: the delivery ratio by connectivity, and where the rest stays."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.hillslope import ROUTINGS, hillslope, without_stream
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Erodibility,
    Erosivity,
    Mask,
    Watersheds,
)
from shanshui.kernels.delivery import deposited
from shanshui.kernels.services import connectivity, length_slope
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, stacked
from shanshui.region.unitset import covered

UNITS = {
    "ls": "1",
    "rkls": "t/ha/yr",
    "usle": "t/ha/yr",
    "ic": "1",
    "sdr_factor": "1",
    "sed_export": "t/ha/yr",
    "sed_deposition": "t/ha/yr",
    "avoided_erosion": "t/ha/yr",
    "avoided_export": "t/ha/yr",
    "stream": "1",
}
BY_STREAM = ("ic", "sdr_factor", "sed_export", "sed_deposition", "avoided_export", "stream")
"""Layers that are missing where no stream is reached."""
SedimentDelivery = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
STREAM_BRIDGE = 0.7
"""A gap in a stream of shared flow is bridged when it holds this share of the threshold [S, reference model]."""
COVER_LOW = 0.001
"""Least cover factor that counts in the index of connectivity [S, reference model]."""
_MISSING = {
    "": "no_stream_below",
    "rkls": "on_stream",
    "usle": "on_stream",
    "avoided_erosion": "on_stream",
}


@assessment(source="invest_guide", bytes_per_cell=88, missing=_MISSING)
def sediment_delivery(
    elevation: Elevation,
    rainfall_erosivity: Erosivity,
    soil_erodibility: Erodibility,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("usle_c", "usle_p")],
    drainage: Mask | None = None,
    watersheds: Watersheds | None = None,
    *,
    threshold_flow_accumulation: Annotated[float, Between(1.0, 1e9)] = 1000.0,
    sdr_max: Annotated[float, Between(0.0, 1.0)] = 0.8,
    ic_0: Annotated[float, Between(-20.0, 20.0)] = 0.5,
    k: Annotated[float, Between(1e-6, 100.0)] = 2.0,
    l_max: Annotated[float, Between(1.0, 1e6)] = 122.0,
    slope_factor: Annotated[str, OneOf("rusle", "steep")] = "rusle",
    area_above: Annotated[str, OneOf("square_root", "area")] = "square_root",
    routing: Annotated[str, OneOf(*ROUTINGS)] = "mfd",
) -> SedimentDelivery:
    """Soil loss, delivery to the stream and deposition on the way.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; depressions are filled.
    rainfall_erosivity : (y, x) [MJ*mm/(ha*h*yr)]
        Factor R.
    soil_erodibility : (y, x) [t*ha*h/(ha*MJ*mm)]
        Factor K.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, usle_c, usle_p``, both in [0, 1].
    drainage : (y, x) [1], optional
        1 where ditches or pipes lead to the stream.
    watersheds : polygons, optional
        Ground outside them is left out, water from there too, as the reference model does.
    threshold_flow_accumulation : float [cell]
        Cells above a cell from which it is a stream.
    sdr_max : float [1]
        Greatest delivery ratio.
    ic_0, k : float [1]
        Place and width of the curve from connectivity to delivery.
    l_max : float [1]
        Greatest factor L.
    slope_factor : str
        ``rusle``: 10.8 sin + 0.03 below 9 %, 16.8 sin - 0.5 above. ``steep``: 21.91 sin - 0.96 from 10 degrees on (Liu), for mountains.
    area_above : str
        What stands for the ground above in L: its ``square_root``, as in the reference model, or the ``area`` itself, as in Desmet and Govers.
    routing : str
        ``mfd``: water is shared among all lower neighbours; ``d8``: it takes the steepest way, and more than the threshold makes a stream.

    Returns
    -------
    layers
        ``rkls`` potential and ``usle`` actual loss, ``sdr_factor`` (1 on streams), ``sed_export``, ``sed_deposition``,
        ``avoided_erosion`` = rkls - usle, ``avoided_export`` = avoided erosion that would have arrived, plus deposition [t/ha/yr];
        ``ls``, ``ic``, ``stream`` [1]. Losses are NaN on streams and where an input is missing; delivery is NaN where no stream is reached;
        ``attrs["missing_because"]`` tells why by layer.

    Raises
    ------
    QuantityError
        No cell with all inputs, erosivity or erodibility below 0, a code without a row, a coefficient out of range.

    Notes
    -----
    ``RKLS = R K LS``, ``USLE = RKLS C P`` [t/ha/yr]; ``IC = lg(Dup / Ddn)``, ``Dup = mean(C) mean(S) sqrt(A)`` over all ground above,
    ``Ddn = sum 1 / (C S)`` over the cells of the way to the stream; ``SDR = SDRmax / (1 + exp((IC0 - IC) / k))``; ``E = USLE SDR``, ``E'
    = USLE (1 - SDR)``; ``dT_i = (sum_k p_ik SDR_k - SDR_i) / (1 - SDR_i)`` with SDR 1 on streams, ``T_i = dT_i sum_j F_j p_ji``, ``F_i =
    (1 - dT_i) sum_j F_j p_ji + E'_i``. ``R, K, LS, C, P`` as in ``soil_retention`` (C at least 0.001 here), ``S`` slope in [0.005, 1]
    (Cavalli et al. 2013), ``A`` ground above [m2], ``p`` shares of flow, ``T`` deposition, ``F`` sediment on the way. Connectivity after
    Borselli et al. 2008 [M], delivery after Vigiak et al. 2012 [M], put together as in InVEST [S], whose code counts cells where its
    guide prints lengths; defaults are its own.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    cover = table.grid("usle_c", high=1.0)
    practice = table.grid("usle_p", high=1.0)
    rain, soil = rainfall_erosivity.values, soil_erodibility.values
    valid = (
        np.isfinite(elevation.values) & np.isfinite(rain) & np.isfinite(soil) & np.isfinite(cover)
    )
    if watersheds is not None:
        valid &= covered(watersheds, grid_of(elevation))
    if not valid.any():
        raise QuantityError("sediment_delivery: no cell has all inputs; do they overlap?")
    if np.nanmin(rain) < 0 or np.nanmin(soil) < 0:
        raise QuantityError("rainfall_erosivity, soil_erodibility: negative; expected 0 or more")
    cell = grid_of(elevation).cell_m
    way = hillslope(
        elevation.values,
        valid,
        cell,
        threshold_flow_accumulation,
        STREAM_BRIDGE,
        None if drainage is None else drainage.values,
        routing,
    )
    shape = elevation.shape
    dry = way.stream != 1
    ls = np.empty(shape, np.float32)
    length_slope(
        way.slope,
        way.above,
        cell,
        float(l_max),
        np.inf,
        slope_factor == "steep",
        area_above == "square_root",
        ls,
    )
    rkls = np.where(dry & valid, ls * rain * soil, np.float32(np.nan)).astype(np.float32)
    usle = rkls * cover * practice
    weight = np.maximum(cover, np.float32(COVER_LOW))
    gradient = way.gradient()
    up = way.mean_above(weight) * way.mean_above(gradient) * np.sqrt(way.above * cell * cell)
    down = way.way_down(1.0 / (weight * gradient))
    ic = np.empty(rkls.size, np.float32)
    connectivity(up, down, way.stream, ic)
    del up, down
    # a steep curve overflows to a delivery of 0, which is its limit
    with np.errstate(over="ignore"):
        ratio = (sdr_max / (1.0 + np.exp((ic_0 - ic) / k))).astype(np.float32)
    ratio[(way.stream == 1).ravel()] = 1.0
    sdr = ratio.reshape(shape)
    shed = (usle * (1.0 - sdr)).astype(np.float32)
    shed[way.stream == 1] = 0.0
    trapped, passing = np.empty(shed.size, np.float32), np.empty(shed.size, np.float32)
    deposited(way.order, way.code, ratio, shed.ravel(), trapped, passing)
    kept = trapped.reshape(shape)
    avoided = rkls - usle
    stream = np.where(way.stream == 255, np.float32(np.nan), way.stream).astype(np.float32)
    layers = {
        "ls": ls,
        "rkls": rkls,
        "usle": usle,
        "ic": ic.reshape(shape),
        "sdr_factor": sdr,
        "sed_export": usle * sdr,
        "sed_deposition": kept,
        "avoided_erosion": avoided,
        "avoided_export": avoided * sdr + kept,
        "stream": stream,
    }
    out = stacked(elevation, layers, UNITS)
    out.attrs["missing_because"] = without_stream(way, threshold_flow_accumulation, BY_STREAM)
    return out
