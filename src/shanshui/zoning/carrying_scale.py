"""How much farmland and built land each place can carry, by the shortest board: land, water, environment."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Labels, Precipitation
from shanshui.region.grid import FINE_M, grid_of
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.grades import MODERATE, SUITABLE, UNKNOWN
from shanshui.zoning.places import Numbers, PlaceCells, extreme
from shanshui.zoning.tables import BOARDS, CarryingScale, Outlines, WaterLimits
from shanshui.zoning.water import HA_PER_KM2, LEAST_KNOWN

M2_PER_KM2 = 1e6
Suits = Callable[[Codes, NDArray[np.bool_], float], Numbers]


AS_UNITS = dict.fromkeys(
    (
        "farm_water_share",
        "town_water_share",
        "irrigation_m3_ha",
        "rainfed_mm",
        "town_m3_person",
        "m2_person",
        "farm_moderate",
        "build_moderate",
        "least_cells",
        "least_known",
    ),
    "carrying_scale",
)
"""Settings of the table of planning units hold for that of counties too."""


@assessment(source="spj2019", bytes_per_cell=48, follows=AS_UNITS)
def carrying_scale(
    labels: Labels,
    agriculture_suitability: Codes,
    construction_suitability: Codes,
    cover_type: Codes,
    red_line_candidate: Codes | None = None,
    precipitation: Precipitation | None = None,
    water_limits: WaterLimits | None = None,
    outlines: Outlines | None = None,
    *,
    farm_water_share: Annotated[float, Between(0.0, 1.0)] = 0.6,
    town_water_share: Annotated[float, Between(0.01, 1.0)] = 0.35,
    irrigation_m3_ha: Annotated[float, Between(1.0, 1e5)] = 5340.0,
    rainfed_mm: Annotated[float, Between(0.0, 5000.0)] = 400.0,
    town_m3_person: Annotated[float, Between(1.0, 1e4)] = 140.0,
    m2_person: Annotated[float, Between(1.0, 1e4)] = 100.0,
    farm_moderate: Annotated[float, Between(0.0, 1.0)] = 1.0,
    build_moderate: Annotated[float, Between(0.0, 1.0)] = 0.5,
    least_cells: Annotated[float, Between(0.0, 1e6)] = 10.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = LEAST_KNOWN,
) -> CarryingScale:
    """Most farmland and built land that each place can carry, and which board is the shortest.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    agriculture_suitability, construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    red_line_candidate : (y, x) [1], optional
        1 in the line: no land for either use.
    precipitation : (y, x) [mm/yr], optional
        Tells where fields do without irrigation: without it no board of water of farming is told.
    water_limits : table, optional
        ``unit, usable_m3, emission_load``: without it no board of water or environment is told.
    outlines : polygons, optional
        Index of the labels; ``code, name``.
    farm_water_share, town_water_share : float [1]
        Of the usable water, about the uses of China in 2020, the rest for nature [M].
    irrigation_m3_ha : float [m3/ha/yr]
        Water of an irrigated field, mean of China in 2020: 356 m3/mu [M].
    rainfed_mm : float [mm/yr]
        Fields with as much rain need no irrigation: the line of dry farming [M].
    town_m3_person : float [m3/person/yr]
        Water of households and industry, about that of China in 2020 [M].
    m2_person : float [m2/person]
        Built land of a person: 100 or 80 [S].
    farm_moderate, build_moderate : float [1]
        How much of a km2 of moderately suitable land counts [D].
    least_cells : float [cell]
        Cells wider than 100 m of which a place has fewer that suit building tell nothing of its land: towns of mountains stand in valleys that
        such cells do not show [D].
    least_known : float [1]
        Share of a place's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``farmland_km2`` and ``built_km2`` now; of both ``*_land_km2``, ``*_water_km2``,
        ``*_environment_km2``, ``*_capacity_km2`` the least of the boards that the study knows, ``*_binding`` its name. NaN where a map is
        missing, never 0; the capacity is NaN, and nothing binds, where one of the boards that the study knows is not known there.

    Notes
    -----
    ``farmland_water = s_a W / i + A_rainfed``, ``farmland_land`` the suitable land outside towns, ``built_water = s_t W / q r``, ``built_land`` the
    suitable land; capacity the least [S]. W is the usable water [m3/yr], i and q water of a hectare and of a person, r land of a person [m2].
    ``environment = A_now / e`` with e the emission load, or the land board where there is no use yet or nothing is emitted [D]: present use less
    what the water cannot hold. Land in the red line counts for neither use. A board of which the study has no map is left out; ``unknown`` of
    ``carrying_capacity`` names it.
    """
    cells = PlaceCells.of(labels)
    free = np.ones(labels.shape, bool)
    if red_line_candidate is not None:
        free = red_line_candidate.values != IN_LINE
    code = cover_type.values
    seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
    town = seen & np.isin(code, codes_of(("built",)))
    field = seen & np.isin(code, codes_of(("farmed",)))
    covered = cells.cells(seen) >= least_known * cells.size
    now = {
        "farmland": np.where(covered, cells.km2(field), np.nan),
        "built": np.where(covered, cells.km2(town), np.nan),
    }

    def suits(grid: Codes, here: NDArray[np.bool_], moderate: float) -> Numbers:
        area = cells.km2(np.isin(grid.values, SUITABLE) & here)
        area = area + moderate * cells.km2(np.isin(grid.values, MODERATE) & here)
        told = cells.cells(grid.values != UNKNOWN) >= least_known * cells.size
        return np.where(told, area, np.nan)

    fields = free & ~town
    town_land = suits(construction_suitability, free, build_moderate)
    if grid_of(labels).cell_m > FINE_M:
        town_land[town_land < least_cells * cells.cell_km2] = np.nan
    boards: dict[str, dict[str, Numbers]] = {
        "farmland": {"land": suits(agriculture_suitability, fields, farm_moderate)},
        "built": {"land": town_land},
    }
    water = cells.column(water_limits, "usable_m3")
    if water is not None:
        people = town_water_share * water / town_m3_person
        boards["built"]["water"] = people * m2_person / M2_PER_KM2
        if precipitation is not None:
            rain = precipitation.values
            with np.errstate(invalid="ignore"):
                wet = fields & (rain >= rainfed_mm)
            rainfed = suits(agriculture_suitability, wet, farm_moderate)
            rainfed = np.where(np.isnan(cells.mean(rain, least_known)), np.nan, rainfed)
            irrigated = farm_water_share * water / irrigation_m3_ha / HA_PER_KM2
            boards["farmland"]["water"] = irrigated + rainfed
    emission = cells.column(water_limits, "emission_load")
    if emission is not None and np.isfinite(emission).any():
        for use, board in boards.items():
            board["environment"] = _by_emission(now[use], emission, board["land"])
    columns: dict[str, object] = {f"{use}_km2": area for use, area in now.items()}
    nothing = np.full(cells.size.size, np.nan)
    for use, board in boards.items():
        columns |= {f"{use}_{name}_km2": board.get(name, nothing) for name in BOARDS}
        columns[f"{use}_capacity_km2"], columns[f"{use}_binding"] = extreme(board, least=True)
    return cells.named(columns, outlines)


def _by_emission(present: Numbers, emission: Numbers, land: Numbers) -> Numbers:
    """Area of a use at which what reaches the water is what it may hold, by the present area."""
    with np.errstate(invalid="ignore", divide="ignore"):
        most = np.where((present == 0) | (emission == 0), land, present / emission)
    return np.where(np.isnan(emission), np.nan, most)
