"""Nitrogen or phosphorus that reaches the stream: load, retention on the way, delivery ratio."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.hillslope import ROUTINGS, Hillslope, hillslope, without_stream
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Amount, Codes, Elevation, Watersheds
from shanshui.kernels.delivery import retained
from shanshui.kernels.scan_order import retained_by_scan
from shanshui.kernels.services import connectivity
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, stacked
from shanshui.region.unitset import covered

UNITS = {
    "load": "kg/ha/yr",
    "surface_load": "kg/ha/yr",
    "effective_retention": "1",
    "ndr": "1",
    "surface_export": "kg/ha/yr",
    "subsurface_load": "kg/ha/yr",
    "subsurface_ndr": "1",
    "subsurface_export": "kg/ha/yr",
    "total_export": "kg/ha/yr",
    "retention": "kg/ha/yr",
    "stream": "1",
}
BY_STREAM = (
    "effective_retention", "ndr", "surface_export", "subsurface_ndr", "subsurface_export", "total_export",
    "retention", "stream",
)  # fmt: skip
"""Layers that are missing where no stream is reached."""
NutrientDelivery = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
COLUMNS = tuple(
    f"{name}_{n}"
    for n in "np"
    for name in ("load", "eff", "crit_len", "proportion_subsurface", "load_type")
)
WANTED = ("load_{nutrient}", "eff_{nutrient}", "crit_len_{nutrient}")
SCAN = "_scan"
"""Ending of a way of flow that is worked off in the order of the reference."""
BLOCK = 256
"""Side of the blocks that the reference scans [S]."""
LOAD_TYPES = ("measured-runoff", "application-rate")


@assessment(source="invest_guide", bytes_per_cell=88, missing="no_stream_below")
def nutrient_delivery(
    elevation: Elevation,
    runoff_proxy: Amount,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover(*COLUMNS, wants=WANTED)],
    watersheds: Watersheds | None = None,
    *,
    nutrient: Annotated[str, OneOf("n", "p")] = "n",
    threshold_flow_accumulation: Annotated[float, Between(1.0, 1e9)] = 1000.0,
    k: Annotated[float, Between(1e-6, 100.0)] = 2.0,
    subsurface_efficiency: Annotated[float, Between(0.0, 1.0)] = 0.8,
    subsurface_critical_length: Annotated[float, Between(1e-6, 1e7)] = 150.0,
    subsurface_distance: Annotated[str, OneOf("cells", "metres")] = "cells",
    runoff_proxy_mean: Annotated[float | None, Between(0.0, 1e9)] = None,
    routing: Annotated[str, OneOf(*ROUTINGS, *(f"{way}{SCAN}" for way in ROUTINGS))] = "mfd",
) -> NutrientDelivery:
    """Export of a nutrient from each cell to the stream.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground; depressions are filled.
    runoff_proxy : (y, x) [any]
        Spreads the load: rain or quick flow; only its ratio to its mean counts.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, load_n, eff_n, crit_len_n`` (kg/ha, share, m), ``proportion_subsurface_n`` (share), ``load_type_n``
        (``measured-runoff``, or ``application-rate``: the efficiency is taken off first); the same with ``_p``.
    watersheds : polygons, optional
        Ground outside them is left out, water from there too, as the reference model does.
    nutrient : str
        ``n`` or ``p``.
    threshold_flow_accumulation : float [cell]
        Cells above a cell from which it is a stream.
    k : float [1]
        Width of the curve from connectivity to delivery.
    subsurface_efficiency : float [1]
        Greatest share held back underground.
    subsurface_critical_length : float
        Way after which the soil holds back what it can, in the measure of ``subsurface_distance``.
    subsurface_distance : str
        The reference model hands the way over in ``cells`` though its guide says metres; ``metres`` follows the guide.
    runoff_proxy_mean : float [any]
        Mean of the proxy to divide by; that of its known cells by default. Give it to compare maps of different extents.
    routing : str
        ``mfd``: water is shared among all lower neighbours; ``d8``: it takes the steepest way, and more than the threshold makes a stream. With
        ``_scan`` behind it cells are worked on as the reference model scans, by blocks of 256 cells from the corner of the map, which takes some
        before those below them and lets them hold nothing back: only to repeat its numbers.

    Returns
    -------
    layers
        ``load`` as declared, ``surface_load`` and ``subsurface_load`` after the proxy, ``effective_retention``, ``ndr``,
        exports, and ``retention`` = load after the proxy minus total export [kg/ha/yr]; NaN where an input is missing, and
        exports NaN on streams and where no stream is reached. The middle of the curve is that of the map: runs of different extents differ.
        ``attrs["missing_because"]`` tells by layer why there is nothing.

    Raises
    ------
    QuantityError
        No cell with all inputs, a code without a row, a coefficient out of range, a type of load that is neither word.

    Notes
    -----
    ``load' = load RP / mean(RP)``, ``surface = (1 - f) load'``, ``subsurface = f load'`` [kg/ha/yr]. Retention down the way, from the
    stream up: ``eff' = eff (1 - s)`` beside a stream, ``eff'_below s + eff (1 - s)`` where ``eff > eff'_below``, else ``eff'_below``; ``s
    = exp(-5 l / crit_len)``. ``NDR = (1 - eff') / (1 + exp((IC0 - IC) / k))``, ``IC = lg(mean(S) sqrt(A) / sum 1/S)``, ``IC0`` the middle
    of its least and greatest; ``NDR_sub = 1 - eff_sub (1 - exp(-5 d / l_sub))``; ``export = surface NDR + subsurface NDR_sub``. ``RP``
    runoff proxy, ``f`` share below ground, ``eff`` greatest retention of a class [1], ``l`` step to the cell below [m], ``S`` slope in
    [0.005, 1], ``A`` ground above [m2], ``d`` way to the stream. Nutrient model of InVEST [S] with the connectivity of Borselli et al.
    2008 [M]; defaults are its own. A forest cell (0.67, 150 m, 30 m wide) beside the stream holds 0.42352, a farm cell (0.48) above it
    0.45922 [C].
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    load, efficiency = _load(table, nutrient)
    hidden = table.column(f"proportion_subsurface_{nutrient}", high=1.0, default=0.0)
    given, proxy = table.laid(load), runoff_proxy.values
    ground = np.isfinite(elevation.values)
    if watersheds is not None:
        inside = covered(watersheds, grid_of(elevation))
        ground &= inside
        proxy = np.where(inside, proxy, np.float32(np.nan))
    valid = ground & np.isfinite(proxy) & np.isfinite(given)
    if not valid.any():
        raise QuantityError("nutrient_delivery: no cell has all inputs; do they overlap?")
    cell = grid_of(elevation).cell_m
    plain = routing.removesuffix(SCAN)
    way = hillslope(elevation.values, ground, cell, threshold_flow_accumulation, routing=plain)
    shape = elevation.shape
    mean = (
        runoff_proxy_mean
        if runoff_proxy_mean is not None
        else float(proxy[np.isfinite(proxy)].mean(dtype=np.float64))
    )
    spread = np.where(valid, given * (proxy / mean if mean else proxy), np.float32(np.nan)).astype(
        np.float32
    )
    part = table.laid(hidden)
    surface, below = spread * (1 - part), spread * part
    wet = way.stream == 1
    eff = np.where(wet, np.float32(0), table.laid(efficiency)).astype(np.float32)
    length = np.where(wet, np.float32(0), table.grid(f"crit_len_{nutrient}")).astype(np.float32)
    held = _held_back(way, eff.ravel(), length.ravel(), scan=routing.endswith(SCAN))
    gradient = way.gradient()
    up = way.mean_above(gradient) * np.sqrt(way.above * cell * cell)
    down = way.way_down(1.0 / gradient)
    ic = np.empty(eff.size, np.float32)
    connectivity(up, down, way.stream, ic)
    del up, down
    known = np.isfinite(ic)
    middle = (float(ic[known].min()) + float(ic[known].max())) / 2 if known.any() else 0.0
    # a steep curve overflows to a delivery of 0, which is its limit
    with np.errstate(over="ignore"):
        ndr = ((1.0 - held) / (1.0 + np.exp((middle - ic) / k))).astype(np.float32).reshape(shape)
    steps = way.steps_down() * (cell if subsurface_distance == "metres" else 1.0)
    soil = (
        1.0 - subsurface_efficiency * (1.0 - np.exp(-5.0 * steps / subsurface_critical_length))
    ).astype(np.float32)
    surface_export = surface * ndr
    subsurface_export = below * soil.reshape(shape)
    total = surface_export + subsurface_export
    layers = {
        "load": np.where(valid, given, np.float32(np.nan)),
        "surface_load": surface,
        "effective_retention": held.reshape(shape),
        "ndr": ndr,
        "surface_export": surface_export,
        "subsurface_load": below,
        "subsurface_ndr": soil.reshape(shape),
        "subsurface_export": subsurface_export,
        "total_export": total,
        "retention": surface + below - total,
        "stream": np.where(way.stream == 255, np.float32(np.nan), way.stream).astype(np.float32),
    }
    out = stacked(elevation, layers, UNITS)
    out.attrs["missing_because"] = without_stream(way, threshold_flow_accumulation, BY_STREAM)
    return out


def _held_back(
    way: Hillslope, efficiency: NDArray[np.float32], length: NDArray[np.float32], *, scan: bool
) -> NDArray[np.float32]:
    """Share that the way from each cell can hold back, worked out in an order."""
    held = np.empty(efficiency.size, np.float32)
    if scan:
        retained_by_scan(way.code, way.stream, efficiency, length, way.cell, BLOCK, held)
    else:
        retained(way.order, way.code, way.stream, efficiency, length, way.cell, held)
    return held


def _load(table: ByCover, nutrient: str) -> tuple[pd.Series, pd.Series]:
    """Load that leaves each class, and its greatest retention."""
    load = table.column(f"load_{nutrient}")
    efficiency = table.column(f"eff_{nutrient}", high=1.0)
    kind = f"load_type_{nutrient}"
    if table.has(kind):
        kinds = table.words(kind, LOAD_TYPES)
        load = load.where(kinds == LOAD_TYPES[0], load * (1.0 - efficiency))
    return load, efficiency
