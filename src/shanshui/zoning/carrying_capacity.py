"""How much of what the land can carry is used: the load of each place, what binds, and the room that is left."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Ascending, Between
from shanshui.core.vocabulary import Density, Labels
from shanshui.zoning.carrying_scale import M2_PER_KM2
from shanshui.zoning.grades import Four
from shanshui.zoning.places import (
    GRADE_CUTS,
    Numbers,
    PlaceCells,
    extreme,
    load_grade,
    load_ratio,
)
from shanshui.zoning.tables import (
    LOADS,
    CarryingCapacity,
    CarryingScale,
    EcologicalFootprint,
    Outlines,
    WaterLimits,
)
from shanshui.zoning.water import GREATEST_LOAD, LEAST_KNOWN

OF_PEOPLE = ("population_water_load", "population_land_load", "ecological_load")
"""Loads that people bring about: what is beyond them must move or consume less."""
ON_LAND = ("population_land_load", "construction_load")
"""Loads on building land: left out of the greatest where cells are too wide to tell that land, and named in ``unknown``."""
OWN = ("cuts", "greatest_load", "least_known")
AS_UNITS = dict.fromkeys(
    ("town_water_share", "town_m3_person", "m2_person"), "carrying_scale"
) | dict.fromkeys(OWN, "carrying_capacity")
"""Settings of the table of planning units hold for that of counties too."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=16, follows=AS_UNITS)
def carrying_capacity(
    labels: Labels,
    carrying_scale: CarryingScale,
    water_limits: WaterLimits | None = None,
    ecological_footprint: EcologicalFootprint | None = None,
    population_density: Density | None = None,
    outlines: Outlines | None = None,
    *,
    town_water_share: Annotated[float, Between(0.01, 1.0)] = 0.35,
    town_m3_person: Annotated[float, Between(1.0, 1e4)] = 140.0,
    m2_person: Annotated[float, Between(1.0, 1e4)] = 100.0,
    cuts: Annotated[Four, Ascending(0.0, 100.0)] = GRADE_CUTS,
    greatest_load: Annotated[float, Between(1.0, 1e6)] = GREATEST_LOAD,
    least_known: Annotated[float, Between(0.0, 1.0)] = LEAST_KNOWN,
) -> CarryingCapacity:
    """Load of each place on its water, land, environment and nature, the greatest of them, and the room that is left.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    carrying_scale : table
        ``unit, farmland_km2, built_km2, built_land_km2``, capacities and what binds them.
    water_limits : table, optional
        ``unit, usable_m3, emission_load``.
    ecological_footprint : table, optional
        ``unit, footprint_gha, biocapacity_gha``.
    population_density : (y, x) [person/km2], optional
        Residents, not those registered.
    outlines : polygons, optional
        Index of the labels; ``code, name``.
    town_water_share : float [1]
        Of the usable water, for households and industry; that of ``carrying_scale``.
    town_m3_person : float [m3/person/yr]
        Water of a person; that of ``carrying_scale``.
    m2_person : float [m2/person]
        Built land of a person; that of ``carrying_scale``.
    cuts : tuple of float [1]
        Loads up to which the grade is light, moderate, critical and a deficit; beyond it is heavy [D].
    greatest_load : float [1]
        A load is told up to this; it stands where there is nothing at all of what is used [D].
    least_known : float [1]
        Share of a place's cells at which people must be known [D].

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``people``, ``people_capacity`` and ``people_beyond`` [person]; farmland and built land with their
        capacities [km2] and what binds these; ``footprint_gha``, ``biocapacity_gha``; the loads ``population_water_load``,
        ``population_land_load``, ``construction_load``, ``agriculture_load``, ``emission_load``, ``ecological_load`` [1], 1 at the limit;
        ``load`` the greatest, ``binding`` its name, ``headroom`` in [-1, 1]; ``unknown``: names of loads that are not told. NaN where an input
        is missing, never 0.

    Raises
    ------
    QuantityError
        A place that stands twice in a table.

    Notes
    -----
    ``population_water = P q / (s W)``, ``population_land = P r / A_built_land``, ``construction = A_built / A_built_land``,
    ``agriculture = A_farmed / min(farmland_land, farmland_water)``, ``ecological = EF / EC``; ``load`` is the greatest of those that the study
    knows, NaN where one of them is not known there; ``headroom = 1 - load``, kept in [-1, 1]. ``people_beyond = P (1 - 1 / max(1, l))`` and
    ``people_capacity = P / l`` with l the greatest load of people: dispersal as load over capacity. Where nothing is used the load is 0 and
    nothing binds. Ratios after Fan Jie's evaluations of carrying capacity [M]; which of them take part is ours [D].
    """
    cells = PlaceCells.of(labels)

    def of_scale(name: str) -> Numbers:
        return np.asarray(cells.column(carrying_scale, name))

    town_land, built = of_scale("built_land_km2"), of_scale("built_km2")
    farmland, farm_land = of_scale("farmland_km2"), of_scale("farmland_land_km2")
    farm_water = of_scale("farmland_water_km2")
    # what the environment takes is a load of its own; without a board of water land alone limits fields
    wet = np.isfinite(farm_water).any()
    farm_most = np.minimum(farm_land, farm_water) if wet else farm_land
    nothing = np.full(cells.size.size, np.nan)
    people = None
    if population_density is not None:
        people = cells.mean(population_density.values, least_known) * cells.area_km2
    water = cells.column(water_limits, "usable_m3")
    eaten = cells.column(ecological_footprint, "footprint_gha")
    grown = cells.column(ecological_footprint, "biocapacity_gha")
    loads: dict[str, Numbers] = {
        "construction_load": load_ratio(built, town_land, greatest_load),
        "agriculture_load": load_ratio(farmland, farm_most, greatest_load),
    }
    if people is not None:
        loads["population_land_load"] = load_ratio(
            people * m2_person / M2_PER_KM2, town_land, greatest_load
        )
        if water is not None:
            drunk = people * town_m3_person
            loads["population_water_load"] = load_ratio(
                drunk, town_water_share * water, greatest_load
            )
    emission = cells.column(water_limits, "emission_load")
    if emission is not None and np.isfinite(emission).any():
        loads["emission_load"] = np.minimum(emission, greatest_load)
    if eaten is not None and grown is not None and np.isfinite(eaten).any():
        loads["ecological_load"] = load_ratio(eaten, grown, greatest_load)
    loads = {name: loads[name] for name in LOADS if name in loads}
    load, binding = greatest_of(loads)
    columns: dict[str, object] = {
        **_people(people, loads, nothing),
        "farmland_km2": farmland,
        "farmland_capacity_km2": of_scale("farmland_capacity_km2"),
        "farmland_binding": cells.words(carrying_scale, "farmland_binding"),
        "built_km2": built,
        "built_capacity_km2": of_scale("built_capacity_km2"),
        "built_binding": cells.words(carrying_scale, "built_binding"),
        "footprint_gha": nothing if eaten is None else eaten,
        "biocapacity_gha": nothing if grown is None else grown,
        **{name: loads.get(name, nothing) for name in LOADS},
        "load": load,
        "grade": load_grade(load, cuts),
        # where nothing is used nothing binds
        "binding": np.where(load == 0, "", binding).astype(object),
        "headroom": np.clip(1.0 - load, -1.0, 1.0),
        "unknown": _not_told(loads, nothing),
    }
    return cells.named(columns, outlines)


def greatest_of(loads: Mapping[str, Numbers]) -> tuple[Numbers, NDArray[np.object_]]:
    """Greatest of the loads and its name; not known where one that is missing could be greater and none is beyond the limit.

    Parameters
    ----------
    loads : mapping of name to (n,) array [1]
        At least one; the first of equal ones is named.

    Returns
    -------
    (n,) array [1], (n,) array of str
        Where a load is missing and a known one is beyond 1, the greatest of the known: the place is beyond its limit whatever is missing. Loads
        on building land are left out where they are missing.
    """
    known = {name: np.where(np.isnan(load), -np.inf, load) for name, load in loads.items()}
    most, name = extreme(known, least=False)
    needed = [np.isnan(load) for key, load in loads.items() if key not in ON_LAND]
    missing = np.vstack([*needed, most == -np.inf]).any(axis=0)
    open_ = missing & ~(most > 1.0)
    return np.where(open_, np.nan, most), np.where(open_, "", name).astype(object)


def _people(
    people: Numbers | None, loads: Mapping[str, Numbers], nothing: Numbers
) -> dict[str, object]:
    """People, how many their loads allow, and how many are beyond."""
    own = {name: loads[name] for name in OF_PEOPLE if name in loads}
    if ON_LAND[0] in own and len(own) > 1:
        # land that cells do not tell is left out beside others
        land = own[ON_LAND[0]]
        own[ON_LAND[0]] = np.where(np.isnan(land), 0.0, land)
    if people is None or not own:
        return {"people": nothing, "people_capacity": nothing, "people_beyond": nothing}
    most = extreme(own, least=False)[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        # nobody there tells nothing of how many could be
        carried = np.where(most > 0, people / most, np.nan)
    beyond = people * (1.0 - 1.0 / np.maximum(most, 1.0))
    return {"people": people, "people_capacity": carried, "people_beyond": beyond}


def _not_told(loads: Mapping[str, Numbers], nothing: Numbers) -> NDArray[np.object_]:
    """Names of the loads that are not known, by place."""
    told = {name: loads.get(name, nothing) for name in LOADS}
    out = np.empty(nothing.size, object)
    for k in range(nothing.size):
        out[k] = "; ".join(name for name, load in told.items() if np.isnan(load[k]))
    return out
