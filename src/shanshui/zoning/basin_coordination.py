"""What each planning unit sends down the water and what it gets from above."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import MassRate, PlanningUnits, Precipitation, UnitLabels
from shanshui.zoning.indicators import Values
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.water import HA_PER_KM2, M3_PER_MM_KM2

MATTERS = {
    "water": "m3/yr", "sediment": "t/yr", "nitrogen": "t/yr", "phosphorus": "t/yr", "value": "yuan/yr",
}  # fmt: skip
"""What goes down with the water, and its unit."""
WAYS = ("own", "gets", "sends")
DOWN_SERVICES = ("wr", "sr")
"""Services whose benefit goes down the water: water held back, soil kept [D]."""
MATTER_UNITS = {f"{matter}_{way}": unit for matter, unit in MATTERS.items() for way in WAYS}
KNOWN_UNITS = {f"{matter}_at_least": unit for matter, unit in MATTERS.items()} | {
    f"{matter}_known": "1" for matter in MATTERS
}
BasinCoordination = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("planning_unit"),
            "downstream": Key("planning_unit"),
            "river_basin": TEXT,
            "area_km2": "km2",
            "above_km2": "km2",
            "beyond_km2": "km2",
            **MATTER_UNITS,
            **KNOWN_UNITS,
        }
    ),
]
CourseBalance = Annotated[
    pd.DataFrame,
    Table(
        {
            "river_basin": TEXT,
            "position": TEXT,
            "unit_count": "1",
            "area_km2": "km2",
            "people": "person",
            **MATTER_UNITS,
            **KNOWN_UNITS,
        }
    ),
]
POSITIONS = ("upper", "middle", "lower")


@assessment(
    source="decisions/0052-rings-and-basins",
    bytes_per_cell=24,
    any_of=("water_yield", "sediment_export", "nutrient_export", "phosphorus_export", "gep"),
)
def basin_coordination(
    planning_unit_labels: UnitLabels,
    planning_units: PlanningUnits,
    water_yield: Precipitation | None = None,
    sediment_export: MassRate | None = None,
    nutrient_export: MassRate | None = None,
    phosphorus_export: MassRate | None = None,
    gep: Values | None = None,
    *,
    down_services: tuple[str, ...] = DOWN_SERVICES,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> BasinCoordination:
    """Water, sediment, nutrients and value that each planning unit gets from above, adds, and sends down.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    planning_units : polygons
        Index of the labels; ``downstream`` the next unit, 0 where water leaves the region; ``river_basin``; ``upstream_km2``, if there, ground
        above the outlet, that beyond the region included.
    water_yield : (y, x) [mm/yr], optional
        Rain less evaporation; below 0 it counts 0.
    sediment_export, nutrient_export, phosphorus_export : (y, x) [t/ha/yr], optional
        Soil, nitrogen and phosphorus that reach streams.
    gep : table, optional
        index of the labels; a column per service [yuan/yr].
    down_services : tuple of str
        Services whose benefit goes down the water; those that the account lacks are left out, and value is not known without any.
    least_known : float [1]
        Share of a unit's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit, downstream, river_basin, area_km2``; ``above_km2`` ground of units above; ``beyond_km2`` ground above that lies in no unit, whose
        water and load are in no column; for each of ``water`` [m3/yr], ``sediment``, ``nitrogen``, ``phosphorus`` [t/yr] and ``value`` [yuan/yr]:
        ``_own`` what the unit adds, ``_gets`` what arrives from units above, ``_sends`` both, NaN where anything of it is not known;
        ``_at_least`` what the known ground of it sends, none of which is below 0; ``_known`` share of own and higher ground that is known [1].

    Raises
    ------
    QuantityError
        No map and no account, units that drain in a circle or into a unit that is not there.

    Notes
    -----
    ``G_u = sum_v S_v`` over the units v that drain into u, ``S_u = G_u + O_u``: what is sent arrives, so that what leaves the region is the sum of
    what all units add. Natural flow: use, dams and what settles on the way in rivers are not taken off, and a price is not paid by this. ``O`` of
    water ``1000 a mean(max(0, w))``, of loads ``100 a mean(e)``, a the area [km2].
    """
    cells = PlaceCells.of(planning_unit_labels)
    rows = planning_units.reindex(cells.places)
    own = {matter: np.full(cells.size.size, np.nan) for matter in MATTERS}
    if water_yield is not None:
        depth = np.maximum(water_yield.values, 0.0)
        own["water"] = cells.mean(depth, least_known) * M3_PER_MM_KM2 * cells.area_km2
    loads = {
        "sediment": sediment_export, "nitrogen": nutrient_export, "phosphorus": phosphorus_export,
    }  # fmt: skip
    for matter, rate in loads.items():
        if rate is not None:
            own[matter] = cells.mean(rate.values, least_known) * HA_PER_KM2 * cells.area_km2
    if gep is not None and (held := [s for s in down_services if s in gep.columns]):
        value = gep[held].sum(axis=1, skipna=False)
        own["value"] = value.reindex(cells.places).to_numpy(float)
    if water_yield is None and gep is None and all(rate is None for rate in loads.values()):
        raise QuantityError(
            "basin_coordination: has neither water_yield nor an export of sediment or nutrients nor gep; expected at least one to send down"
        )
    below = next_units(rows["downstream"])
    order = down_order(below, rows.index)
    area = cells.area_km2
    whole = _gathered(area, below, order)
    beyond = np.full(area.size, np.nan)
    if "upstream_km2" in rows:
        beyond = np.maximum(rows["upstream_km2"].to_numpy(float) - whole, 0.0)
    columns: dict[str, object] = {
        "unit": cells.places,
        "downstream": rows["downstream"].to_numpy(np.int64),
        "river_basin": rows["river_basin"].fillna("").astype(str).to_numpy(),
        "area_km2": area,
        "above_km2": whole - area,
        "beyond_km2": beyond,
    }
    shares = {}
    for matter, added in own.items():
        sends = _gathered(added, below, order)
        columns |= {
            f"{matter}_own": added,
            f"{matter}_gets": _arrived(sends, below),
            f"{matter}_sends": sends,
        }
        known = np.isfinite(added)
        shares[f"{matter}_at_least"] = _gathered(np.where(known, added, 0.0), below, order)
        shares[f"{matter}_known"] = _gathered(np.where(known, area, 0.0), below, order) / whole
    return pd.DataFrame(columns | shares)


def next_units(downstream: pd.Series) -> NDArray[np.int64]:
    """Place in the table of the unit that each drains into.

    Parameters
    ----------
    downstream : (n,) int
        Number of the next unit by the number of each; 0 where water leaves.

    Returns
    -------
    (n,) array of int
        -1 where water leaves.

    Raises
    ------
    QuantityError
        A unit that is not there.
    """
    place = downstream.index.get_indexer(pd.Index(downstream))
    lost = (place < 0) & (downstream.to_numpy() != 0)
    if lost.any():
        at = int(np.flatnonzero(lost)[0])
        raise QuantityError(
            f"planning_units.downstream: unit {downstream.index[at]} drains into {downstream.iloc[at]}, which is no unit on the map; "
            "expected the number of one, or 0 where water leaves"
        )
    return np.asarray(place, np.int64)


def down_order(below: NDArray[np.int64], units: pd.Index) -> list[NDArray[np.int64]]:
    """Units in steps, each step only after all that drain into it.

    Parameters
    ----------
    below : (n,) array of int
        Place of the next unit; -1 where water leaves.
    units : (n,) index
        Numbers, for the message.

    Raises
    ------
    QuantityError
        Units that drain in a circle.
    """
    has = below >= 0
    waiting = np.bincount(below[has], minlength=below.size)
    ready = np.flatnonzero(waiting == 0)
    done = np.zeros(below.size, bool)
    steps = []
    while ready.size:
        steps.append(ready)
        done[ready] = True
        into = below[ready]
        into, counts = np.unique(into[into >= 0], return_counts=True)
        waiting[into] -= counts
        ready = into[waiting[into] == 0]
    if not done.all():
        raise QuantityError(
            f"planning_units.downstream: unit {units[np.flatnonzero(~done)[0]]} drains in a circle; expected that each ends where water leaves"
        )
    return steps


def _gathered(added: Numbers, below: NDArray[np.int64], order: list[NDArray[np.int64]]) -> Numbers:
    """Sum of a unit and all above it; NaN where one of them is."""
    total = added.astype(np.float64).copy()
    for step in order:
        flows = step[below[step] >= 0]
        np.add.at(total, below[flows], total[flows])
    return total


def _arrived(sends: Numbers, below: NDArray[np.int64]) -> Numbers:
    """Sum of what the units right above send."""
    out = np.zeros(sends.size)
    has = below >= 0
    np.add.at(out, below[has], sends[has])
    return out


@assessment(source="decisions/0052-rings-and-basins", bytes_per_cell=0)
def course_balance(
    basin_coordination: BasinCoordination,
    planning_units: PlanningUnits,
    unit_people: Annotated[
        pd.DataFrame, Table({"unit": Key("planning_unit"), "population": "person"})
    ]
    | None = None,
) -> CourseBalance:
    """Upper, middle and lower course of each river basin: what each gets, adds and sends.

    Parameters
    ----------
    basin_coordination : table
        What each planning unit gets, adds and sends.
    planning_units : polygons
        Index ``unit``; ``position`` upper, middle, lower.
    unit_people : table, optional
        ``unit, population``.

    Returns
    -------
    table
        A row per river basin and course that has units, from the source down: ``river_basin, position, unit_count, area_km2, people``; ``_own`` what
        its units add, ``_gets`` what comes from units of other courses and basins, ``_sends`` what goes to these or leaves the region; NaN where
        anything of it is not known; ``_at_least`` what is sent of known ground; ``_known`` share of its own ground that is known.

    Notes
    -----
    ``gets + own = sends`` for each row, and what all rows send less what they get is what leaves the region. Headwaters count as upper
    wherever they lie (METHODS M7.4), so a lower course gets from side valleys that are upper.
    """
    flows = basin_coordination.set_index("unit")
    position = planning_units["position"].reindex(flows.index).fillna("").astype(str)
    course = pd.Series(
        list(zip(flows["river_basin"].astype(str), position, strict=True)), flows.index
    )
    into = course.reindex(flows["downstream"]).to_numpy()
    crosses = np.array([a != b for a, b in zip(course, into, strict=True)], bool)
    people = pd.Series(np.nan, flows.index)
    if unit_people is not None:
        people = unit_people.set_index("unit")["population"].reindex(flows.index)
    rank = {word: k for k, word in enumerate(POSITIONS)}
    keys = sorted(set(course), key=lambda key: (key[0], rank.get(key[1], len(POSITIONS)), key[1]))
    rows = []
    for key in keys:
        mine = np.array([c == key for c in course], bool)
        arrives = crosses & np.array([c == key for c in into], bool)
        row: dict[str, object] = {
            "river_basin": key[0],
            "position": key[1],
            "unit_count": int(mine.sum()),
            "area_km2": flows["area_km2"][mine].sum(),
            "people": people[mine].sum(skipna=False),
        }
        for matter in MATTERS:
            row[f"{matter}_own"] = flows[f"{matter}_own"][mine].sum(skipna=False)
            row[f"{matter}_gets"] = flows[f"{matter}_sends"][arrives].sum(skipna=False)
            row[f"{matter}_sends"] = flows[f"{matter}_sends"][mine & crosses].sum(skipna=False)
            row[f"{matter}_at_least"] = flows[f"{matter}_at_least"][mine & crosses].sum()
            told = mine & flows[f"{matter}_own"].notna().to_numpy()
            row[f"{matter}_known"] = flows["area_km2"][told].sum() / flows["area_km2"][mine].sum()
        rows.append(row)
    return pd.DataFrame(rows)
