"""Who benefits from what nature gives: those who live there, those downstream, everybody."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.frame_accounts import GROUP
from shanshui.accounts.tables import MONEY
from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import PlanningUnits

REACH = {
    "products": "here", "water_use": "here", "climate": "here", "sand": "here", "noise": "here", "purification": "here", "culture": "visitors",
    "water_kept": "downstream", "flood": "downstream", "soil": "downstream", "carbon_oxygen": "world", "habitat": "world",
}  # fmt: skip
"""Where the use of each group of services falls [D]."""
Beneficiaries = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"), "name": TEXT, "given": MONEY, "used_here": MONEY, "to_downstream": MONEY, "to_visitors": MONEY,
            "to_world": MONEY, "from_upstream": MONEY, "balance": MONEY, "beyond_region": MONEY,
        }
    ),
]  # fmt: skip


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def service_beneficiaries(
    unit_gep: Annotated[
        pd.DataFrame, Table({"unit": Key("planning_unit"), "total": MONEY, "*": ANY})
    ],
    planning_units: PlanningUnits,
    unit_people: Annotated[
        pd.DataFrame, Table({"unit": Key("planning_unit"), "population": "person"})
    ],
    unit_county_crosswalk: Annotated[
        pd.DataFrame,
        Table(
            {
                "unit": Key("planning_unit"),
                "county": Key("county"),
                "county_name": TEXT,
                "share_of_unit": "1",
            }
        ),
    ],
    *,
    half_people: Annotated[float, Between(1.0, 1e9)] = 200_000.0,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> Beneficiaries:
    """Value that each county gives, uses itself, hands on, and has from upstream.

    Parameters
    ----------
    unit_gep : table
        Index ``unit``; value of each service [yuan/yr].
    planning_units : polygons
        Index ``unit``; ``downstream``: the next unit, 0 where the water leaves the region.
    unit_people : table
        ``unit, population``.
    unit_county_crosswalk : table
        ``unit, county`` (code), ``county_name``, ``share_of_unit``: share of the unit's ground in the county, ``share_of_county``.
    half_people : float [person]
        People of a unit that take up half of what water brings them; the rest flows on [D].
    least_share : float [1]
        Of a county's ground that must lie in the units; slivers of others count as beyond the region [D].

    Returns
    -------
    table
        ``code, name, given``: all that its ground gives; ``used_here`` by its own people, ``to_downstream`` by those of other counties along the
        water and below the region, ``to_visitors, to_world``; ``from_upstream``: used here, given elsewhere; ``balance`` = to_downstream -
        from_upstream; ``beyond_region``: the part of to_downstream that leaves the region unused [yuan/yr]. Missing where people or values are.

    Notes
    -----
    Of what reaches unit u by water it uses ``a_u = P_u / (P_u + h)`` and hands on ``1 - a_u``: ``P`` people, ``h`` half_people; given at u,
    used along its way down, the rest beyond the region. What is given is ``used_here + to_downstream + to_visitors + to_world`` to the yuan.
    Local, downstream, visitors, world by group of services as in :data:`REACH`. Ours [D] (decisions/0030-accounts).
    """
    units = unit_gep.index
    people = unit_people.set_index("unit")["population"].reindex(units)
    follows = planning_units["downstream"].reindex(units).fillna(0).astype(np.int64)
    # a unit of unknown people uses nothing that is told; its counties have no figures
    taken = (people / (people + half_people)).fillna(0.0).to_numpy(np.float64)
    services = [c for c in unit_gep.columns if c in GROUP]
    by_reach = {
        reach: unit_gep[[s for s in services if REACH.get(GROUP[s], "world") == reach]].sum(axis=1, min_count=1)
        for reach in ("here", "visitors", "downstream", "world")
    }  # fmt: skip
    shares = unit_county_crosswalk[unit_county_crosswalk["unit"].isin(units)]
    inside = shares.groupby("county")["share_of_county"].sum()
    # ground beyond all counties, and that of slivers, belongs to none
    shares = shares[shares["county"].map(inside) >= least_share]
    names = shares.assign(code=shares["county"].astype(str)).groupby("code")["county_name"].first()
    codes = names.index
    place = pd.Series(np.arange(len(units)), index=units)
    part = np.zeros((len(codes), len(units)))
    np.add.at(
        part,
        (
            codes.get_indexer(pd.Index(shares["county"].astype(str))),
            place[shares["unit"]].to_numpy(),
        ),
        shares["share_of_unit"].to_numpy(np.float64),
    )
    water = part * by_reach["downstream"].fillna(0.0).to_numpy()
    down = place.reindex(follows).fillna(-1).to_numpy(np.int64)
    own, others, received, beyond = _routed(water, part, taken, down)
    local = part @ by_reach["here"].fillna(0.0).to_numpy()
    visitors = part @ by_reach["visitors"].fillna(0.0).to_numpy()
    world = part @ by_reach["world"].fillna(0.0).to_numpy()
    unknown = part @ (people.isna() | unit_gep["total"].isna()).to_numpy(np.float64) > 0
    out = pd.DataFrame(
        {
            "code": codes,
            "name": names.to_numpy(str),
            "given": local + visitors + world + water.sum(axis=1),
            "used_here": local + own,
            "to_downstream": others + beyond,
            "to_visitors": visitors,
            "to_world": world,
            "from_upstream": received,
            "balance": others + beyond - received,
            "beyond_region": beyond,
        }
    )  # fmt: skip
    money = out.columns.drop(["code", "name"])
    out.loc[unknown, money] = np.nan
    return out


def _routed(
    water: NDArray[np.float64],
    part: NDArray[np.float64],
    taken: NDArray[np.float64],
    down: NDArray[np.int64],
) -> tuple[NDArray[np.float64], ...]:
    """Of what each county's water brings: used by itself, by other counties, had from others, gone beyond the region.

    ``water`` and ``part`` are (county, unit), ``down`` is the place of the next unit, -1 where the water leaves.
    """
    flow = water.copy()
    own, others, received, beyond = (np.zeros(len(water)) for _ in range(4))
    for at in _down_the_water(down):
        used = flow[:, at] * taken[at]
        here = np.flatnonzero(part[:, at])
        own[here] += used[here] * part[here, at]
        total = used.sum()
        received[here] += (total - used[here]) * part[here, at]
        within = part[:, at].sum()
        others += used * within
        others[here] -= used[here] * part[here, at]
        # what ground beyond all counties would use, and what no people here take up, goes on
        rest = flow[:, at] - used * within
        if down[at] >= 0:
            flow[:, down[at]] += rest
        else:
            beyond += rest
    return own, others, received, beyond


def _down_the_water(down: NDArray[np.int64]) -> list[int]:
    """Units, each before the one that it drains to."""
    waiting = np.bincount(down[down >= 0], minlength=len(down))
    ready = [int(u) for u in np.flatnonzero(waiting == 0)]
    out: list[int] = []
    while ready:
        at = ready.pop()
        out.append(at)
        follows = int(down[at])
        if follows >= 0:
            waiting[follows] -= 1
            if waiting[follows] == 0:
                ready.append(follows)
    return out
