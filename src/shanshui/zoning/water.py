"""Water of the land: what is around a place, how much of it may be used, and what it may hold."""

from typing import Annotated

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Labels, MassRate, Precipitation
from shanshui.kernels.labels import label_sizes, label_statistics
from shanshui.region.grid import like
from shanshui.zoning.places import PlaceCells, load_ratio
from shanshui.zoning.river_flow import RiverFlow
from shanshui.zoning.tables import Outlines, WaterLimits

M3_PER_MM_KM2, HA_PER_KM2, G_PER_T = 1000.0, 100.0, 1e6
GREATEST_LOAD = 10.0
"""A load is told up to this: of what is not there at all it would be without end [D]."""
LEAST_KNOWN = 0.5
"""Share of a place's cells at which a map must be known for a mean to stand for all [D]."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=16)
def runoff_depth(
    planning_unit_labels: Labels,
    water_yield: Precipitation,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.9,
) -> Precipitation:
    """Depth of water that the planning unit around a place yields in a year.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside.
    water_yield : (y, x) [mm/yr]
        Rain less evaporation of each cell.
    least_known : float [1]
        Share of a unit's cells whose yield must be known [D].

    Returns
    -------
    (y, x) [mm/yr]
        The same all over a unit: a town drinks from the land around it, not from its own roofs. At 0 where lakes evaporate more than falls.
        NaN outside and in units of which less is known.

    Notes
    -----
    ``d_u = max(0, mean of y_c over the known cells c of u)``, y the yield [mm/yr]; 10 mm/yr are 10^4 m3/km2, the modulus of water resources by
    which the guide of 2020 grades water [M]. Water that comes from upstream is not in it [D].
    """
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32).ravel()
    count = int(label.max(initial=0))
    cells, total, _, _ = label_statistics(label, water_yield.values.ravel(), count)
    size = label_sizes(label, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(cells >= least_known * size, np.maximum(total / cells, 0.0), np.nan)
    mean[0] = np.nan
    depth = mean.astype(np.float32)[np.maximum(planning_unit_labels.values, 0)]
    return like(planning_unit_labels, depth, "mm/yr")


AS_UNITS = dict.fromkeys(
    ("usable_share", "nitrogen_mg_l", "greatest_load", "least_known"), "water_limits"
)
"""Settings of the table of planning units hold for that of counties too."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=24, follows=AS_UNITS)
def water_limits(
    labels: Labels,
    water_yield: Precipitation,
    nutrient_export: MassRate | None = None,
    river_flow: RiverFlow | None = None,
    outlines: Outlines | None = None,
    *,
    usable_share: Annotated[float, Between(0.01, 1.0)] = 0.4,
    transit_share: Annotated[float, Between(0.0, 1.0)] = 0.1,
    nitrogen_mg_l: Annotated[float, Between(1e-3, 1e3)] = 1.0,
    greatest_load: Annotated[float, Between(1.0, 1e6)] = GREATEST_LOAD,
    least_known: Annotated[float, Between(0.0, 1.0)] = LEAST_KNOWN,
) -> WaterLimits:
    """How much water of each place may be used, and how much nitrogen it may hold.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    water_yield : (y, x) [mm/yr]
        Rain less evaporation.
    nutrient_export : (y, x) [t/ha/yr], optional
        Nitrogen that reaches streams.
    river_flow : (y, x) [m3/yr], optional
        Water that passes each cell; without it no water from upstream is counted.
    outlines : polygons, optional
        Index of the labels; ``code, name``.
    usable_share : float [1]
        Of the yield: the alarm limit of use [M].
    transit_share : float [1]
        Of the water that comes from upstream: the rest belongs to those below and to the river [D].
    nitrogen_mg_l : float [mg/L]
        Class III of lakes and reservoirs by GB 3838 [M].
    greatest_load : float [1]
        A load is told up to this; it stands where there is no water at all [D].
    least_known : float [1]
        Share of a place's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``yield_m3``, ``transit_m3`` and ``usable_m3`` [m3/yr]; ``nitrogen_t`` that reaches streams and
        ``nitrogen_limit_t`` [t/yr]; ``emission_load`` [1], 1 at the limit. NaN where a map is missing.

    Notes
    -----
    ``W = 1000 max(0, w) A``, w the mean yield [mm/yr] and A the area [km2]; ``T = max(0, max_c F - W)`` with F the
    flow through the place's cells; ``usable = u W + t T``; ``N = 100 e A``, e the mean export [t/ha/yr];
    ``limit = c W / 10^6``, c the concentration [mg/L]; ``load = N / limit``. Shares and limit from memory [M]; to hold the land's own nitrogen
    against its own water, without that from upstream, is ours [D].
    """
    cells = PlaceCells.of(labels)
    depth = np.maximum(cells.mean(water_yield.values, least_known), 0.0)
    volume = depth * M3_PER_MM_KM2 * cells.area_km2
    nitrogen = np.full(volume.size, np.nan)
    if nutrient_export is not None:
        nitrogen = cells.mean(nutrient_export.values, least_known) * HA_PER_KM2 * cells.area_km2
    transit = np.zeros(volume.size)
    if river_flow is not None:
        greatest = cells.greatest(river_flow.values)
        transit = np.maximum(greatest - volume, 0.0)
    limit = nitrogen_mg_l * volume / G_PER_T
    columns: dict[str, object] = {
        "yield_m3": volume,
        "transit_m3": transit if river_flow is not None else np.full(volume.size, np.nan),
        "usable_m3": usable_share * volume + transit_share * transit,
        "nitrogen_t": nitrogen,
        "nitrogen_limit_t": limit,
        "emission_load": load_ratio(nitrogen, limit, greatest_load),
    }
    return cells.named(columns, outlines)
