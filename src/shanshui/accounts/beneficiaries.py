"""Who benefits from what nature gives: those who live there, those downstream, everybody."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.services import SERVICE
from shanshui.accounts.tables import MONEY
from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, PlanningUnits

Beneficiaries = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"), "name": TEXT, "given": MONEY, "used_here": MONEY, "to_downstream": MONEY, "to_visitors": MONEY,
            "to_world": MONEY, "from_upstream": MONEY, "balance": MONEY, "beyond_region": MONEY, "lacks": TEXT,
        }
    ),
]  # fmt: skip


@assessment(source="decisions/0030-accounts", bytes_per_cell=0)
def service_beneficiaries(
    unit_gep: Annotated[
        pd.DataFrame, Table({"unit": Key("planning_unit"), "total": MONEY, "*": ANY})
    ],
    county_gep: Annotated[pd.DataFrame, Table({"unit": Key("county"), "total": MONEY, "*": ANY})],
    counties: Counties,
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
                "area_km2": "km2",
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
        Index ``unit``; value of each service [yuan/yr]: in which units of a county its water rises.
    county_gep : table
        Index ``unit``; value of each service [yuan/yr]: what each county gives.
    counties : polygons
        Index ``unit``; ``code``.
    planning_units : polygons
        Index ``unit``; ``downstream``: the next unit, 0 where the water leaves the region.
    unit_people : table
        ``unit, population``.
    unit_county_crosswalk : table
        ``unit, county`` (code), ``county_name``, ``area_km2`` that they share, ``share_of_unit``: share of the unit's ground in the county,
        ``share_of_county``.
    half_people : float [person]
        People of a unit that take up half of what water brings them; the rest flows on [D].
    least_share : float [1]
        Of a county's ground that must lie in the units; slivers of others count as beyond the region [D].

    Returns
    -------
    table
        ``code, name, given``: all that its ground gives, as the account of counties has it; ``used_here`` by its own people,
        ``to_downstream`` by those of other counties along the water and below the region, ``to_visitors, to_world``; ``from_upstream``: used
        here, given elsewhere; ``balance`` = to_downstream - from_upstream; ``beyond_region``: the part of to_downstream that leaves the region
        unused [yuan/yr]. Missing where people or values are, and what depends on them down the water. ``lacks``: services that other counties
        have told and this one has not; they are not in ``given``.

    Notes
    -----
    What county c gives by water rises in its units u as ``V_cu = V_c s_cu W_u / sum_u s_cu W_u``: ``W`` value of the unit by water, ``s`` share of
    it in the county (by area where none of them has a value). Of what reaches unit u by water
    it uses ``a_u = P_u / (P_u + h)`` and hands on ``1 - a_u``: ``P`` people, ``h`` half_people; given at u,
    used along its way down, the rest beyond the region. What is given is ``used_here + to_downstream + to_visitors + to_world`` to the yuan.
    Local, downstream, visitors, world by group of services as the table of services has them. Ours [D] (decisions/0030-accounts).
    """
    units = unit_gep.index
    people = unit_people.set_index("unit")["population"].reindex(units)
    follows = planning_units["downstream"].reindex(units).fillna(0).astype(np.int64)
    # what a unit of unknown people takes up is not known, nor what is left of it below
    taken = (people / (people + half_people)).to_numpy(np.float64)
    shares = unit_county_crosswalk[unit_county_crosswalk["unit"].isin(units)]
    inside = shares.groupby("county")["share_of_county"].sum()
    # ground beyond all counties, and that of slivers, belongs to none
    shares = shares[shares["county"].map(inside) >= least_share]
    names = shares.assign(code=shares["county"].astype(str)).groupby("code")["county_name"].first()
    codes = names.index
    gives = county_gep.set_axis(
        counties["code"].reindex(county_gep.index).astype(str).to_numpy()
    ).reindex(codes)
    values, lacks = _by_reach(gives)
    part, area = (_matrix(shares, codes, units, c) for c in ("share_of_unit", "area_km2"))
    downstream = [c for c in unit_gep.columns if _reach(c) == "downstream"]
    rises = part * unit_gep[downstream].sum(axis=1).to_numpy(np.float64)
    rises = np.where(rises.sum(axis=1, keepdims=True) > 0, rises, area)
    rises = rises / rises.sum(axis=1, keepdims=True)
    sent = values["downstream"].to_numpy(np.float64)
    water = np.where(rises > 0, rises * sent[:, None], 0.0)
    place = pd.Series(np.arange(len(units)), index=units)
    down = place.reindex(follows).fillna(-1).to_numpy(np.int64)
    own, received, beyond = _routed(water, part, taken, down)
    local, visitors, world = (values[r].to_numpy(np.float64) for r in ("here", "visitors", "world"))
    unknown = part @ (people.isna() | unit_gep["total"].isna()).to_numpy(np.float64) > 0
    out = pd.DataFrame(
        {
            "code": codes,
            "name": names.to_numpy(str),
            "given": local + visitors + world + sent,
            "used_here": local + own,
            # all that is not used by the county itself, wherever it goes
            "to_downstream": sent - own,
            "to_visitors": visitors,
            "to_world": world,
            "from_upstream": received,
            "balance": sent - own - received,
            "beyond_region": beyond,
            "lacks": lacks,
        }
    )  # fmt: skip
    money = out.columns.drop(["code", "name", "lacks"])
    out.loc[unknown | gives["total"].isna().to_numpy(), money] = np.nan
    return out


def _reach(service: str) -> str:
    """Where the use of a service falls; empty for a column that is none."""
    return SERVICE[service].reach if service in SERVICE else ""


def _by_reach(gives: pd.DataFrame) -> tuple[dict[str, pd.Series], list[str]]:
    """What each county gives by where its use falls, and the services that only others have told."""
    told = [str(c) for c in gives.columns if c in SERVICE and gives[c].notna().any()]
    out = {}
    for reach in ("here", "visitors", "downstream", "world"):
        mine = gives[[s for s in told if _reach(s) == reach]]
        # a part of what runs down is no amount for those below
        whole = mine.sum(axis=1, skipna=reach != "downstream")
        out[reach] = whole
    lacks = [" ".join(s for s in told if pd.isna(row[s])) for row in gives.to_dict("records")]
    return out, lacks


def _matrix(
    shares: pd.DataFrame, codes: pd.Index, units: pd.Index, column: str
) -> NDArray[np.float64]:
    """(county, unit) of a column of the crosswalk."""
    out = np.zeros((len(codes), len(units)))
    rows = codes.get_indexer(pd.Index(shares["county"].astype(str)))
    np.add.at(
        out, (rows, units.get_indexer(pd.Index(shares["unit"]))), shares[column].to_numpy(float)
    )
    return out


def _routed(
    water: NDArray[np.float64],
    part: NDArray[np.float64],
    taken: NDArray[np.float64],
    down: NDArray[np.int64],
) -> tuple[NDArray[np.float64], ...]:
    """Of what each county's water brings: used by itself, had from others, gone beyond the region.

    ``water`` and ``part`` are (county, unit), ``down`` is the place of the next unit, -1 where the water leaves.
    """
    flow = water.copy()
    own, received, beyond = (np.zeros(len(water)) for _ in range(3))
    for at in _down_the_water(down):
        # of nothing nothing is used, whoever lives there
        used = np.where(flow[:, at] == 0, 0.0, flow[:, at] * taken[at])
        here = np.flatnonzero(part[:, at])
        own[here] += used[here] * part[here, at]
        total = used.sum()
        received[here] += (total - used[here]) * part[here, at]
        within = part[:, at].sum()
        # what ground beyond all counties would use, and what no people here take up, goes on
        rest = flow[:, at] - used * within
        if down[at] >= 0:
            flow[:, down[at]] += rest
        else:
            beyond += rest
    return own, received, beyond


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
