"""What a main-function zone means for each county, in amounts that a planner can negotiate."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, CountyCells, Density
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.cards import Cards, cards, people_amounts, zone_lines
from shanshui.zoning.function_zones import FunctionZones
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.tables import CarryingCapacity, WaterLimits


@assessment(
    source="decisions/0048-zones-and-units",
    bytes_per_cell=16,
    follows={"m2_person": "carrying_scale"},
)
def zone_cards(
    county_cells: CountyCells,
    function_zones: FunctionZones,
    carrying_capacity: CarryingCapacity,
    water_limits: WaterLimits | None = None,
    red_line_candidate: Codes | None = None,
    population_density: Density | None = None,
    *,
    m2_person: Annotated[float, Between(1.0, 1e4)] = 100.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> Cards:
    """Policy card of each county: what its zone encourages, limits, moves, receives and may emit.

    Parameters
    ----------
    county_cells : (y, x) [1]
        County of each cell; 0 outside.
    function_zones : table
        ``unit, code, name, zone``.
    carrying_capacity : table
        ``unit, people, population_water_load, population_land_load, built_km2, built_capacity_km2`` of counties.
    water_limits : table, optional
        ``unit, nitrogen_t, nitrogen_limit_t``.
    red_line_candidate : (y, x) [1], optional
        1 in the line.
    population_density : (y, x) [person/km2], optional
        Residents.
    m2_person : float [m2/person]
        Built land of a person; that of ``carrying_scale``.
    least_known : float [1]
        Share of a county's ground in the line at which people must be known [D].

    Returns
    -------
    table
        A row per county and line of its zone's card: ``unit, code, name, zone, topic, amount, measure`` the unit of the amount, ``text`` (and
        ``text_said``), ``source``. ``amount`` is NaN where a line has none or an input is missing. A county whose zone is not known has no card.

    Notes
    -----
    ``room_people = min(P (1/l - 1), B / r)`` and ``beyond_people = P (1 - 1/l)``, each 0 or more, l the greater of the loads of people on water and
    on built land, B the room for building and r built land of a person; ``built_room = capacity - built``; ``nitrogen_room = limit - now``;
    ``line_people = sum D a`` over the cells of the line. The dispersal of relieving counties is load over capacity (METHODS M6.1, M6.3).
    """
    cells = PlaceCells.of(county_cells)
    nothing = np.full(cells.size.size, np.nan)
    amounts = people_amounts(cells, carrying_capacity, m2_person)
    amounts |= dict.fromkeys(("nitrogen_room_t", "line_km2", "line_people"), nothing)
    if water_limits is not None:
        limit, now = (cells.column(water_limits, n) for n in ("nitrogen_limit_t", "nitrogen_t"))
        amounts["nitrogen_room_t"] = np.asarray(limit) - np.asarray(now)
    if red_line_candidate is not None:
        inside = red_line_candidate.values == IN_LINE
        amounts["line_km2"] = cells.km2(inside)
        if population_density is not None:
            amounts["line_people"] = _people(cells, population_density, inside, least_known)
    return cards(cells, function_zones, "zone", zone_lines(), amounts)


def _people(
    cells: PlaceCells, density: Density, inside: NDArray[np.bool_], least_known: float
) -> Numbers:
    """People on some ground of each place; NaN where too little of it is known."""
    known = inside & np.isfinite(density.values)
    counted = cells.cells(known) >= least_known * cells.cells(inside)
    live = cells.mean(np.where(known, density.values, 0.0), 0.0) * cells.area_km2
    return np.where(counted, live, np.nan)
