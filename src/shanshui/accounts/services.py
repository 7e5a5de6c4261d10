"""Services and their flows, as rows: kind, what each is about, whom it reaches, who uses it, in which unit it is told."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from shanshui.core.said import Said, by_language
from shanshui.core.shipped import shipped_text

SHARE_COLUMNS = ("farming", "households", "industry and services", "government", "world")
"""Users of services, as columns of the table."""


@dataclass(frozen=True)
class Flow:
    """A physical flow that an account may price.

    Attributes
    ----------
    flow : str
        As in tables of amounts and of prices.
    service : str
        That it belongs to.
    per : str
        Unit in which tables give its yearly amount.
    part_of : str
        Flow of which it is a part: where both are told the whole counts, and its part stands beside it.
    same_as : str
        Flow that it may count again, unless its table says that it ``excludes`` it.
    substance : str
        What it consists of: one substance has one price in a service of an account.
    why : Said or None
        Why it stands beside what it is a part of or may count again, where that is not plain from their names.
    """

    flow: str
    service: str
    per: str
    part_of: str = ""
    same_as: str = ""
    substance: str = ""
    why: Said | None = None


@dataclass(frozen=True)
class Service:
    """One service of any accounting system.

    Attributes
    ----------
    service : str
        Its id.
    category : str
        ``supply``, ``regulating`` or ``cultural``; blank for those that only frames by area know.
    group : str
        What it is about, so that frames can be set beside one another.
    reach : str
        Where the use of its group falls: ``here, visitors, downstream`` or ``world`` [D].
    users : tuple of (str, float)
        Who uses it, as shares that sum to 1 [D]; empty where no user is known.
    flows : tuple of str
        Its physical flows.
    """

    service: str
    category: str
    group: str
    reach: str
    users: tuple[tuple[str, float], ...]
    flows: tuple[str, ...]


def _flows() -> Iterator[Flow]:
    for row in csv.DictReader(shipped_text("accounts/flows.csv").splitlines()):
        why = by_language(row, "why")
        yield Flow(**{k: v for k, v in row.items() if not k.startswith("why")}, why=why)


FLOW: dict[str, Flow] = {row.flow: row for row in _flows()}
"""Flows by name, those of a service in the order of its account."""


@dataclass(frozen=True)
class MapFlow:
    """A flow that a map gives.

    Attributes
    ----------
    flow : str
        Its name.
    map : str
        Map that is summed, and its layer: ``cooling_use.used``.
    product : str
        Product that is this map.
    factor : str
        What turns the map's values into the flow: ``water`` (mm), ``sediment, nitrogen, phosphorus, sand`` of soil, or ``area``.
    """

    flow: str
    map: str
    product: str
    factor: str


def _map_flows() -> Iterator[MapFlow]:
    for row in csv.DictReader(shipped_text("accounts/map_flows.csv").splitlines()):
        yield MapFlow(**row)


MAP_FLOWS: tuple[MapFlow, ...] = tuple(_map_flows())
"""Flows that maps give."""


def _reach() -> dict[str, str]:
    rows = csv.DictReader(shipped_text("accounts/service_groups.csv").splitlines())
    return {row["group"]: row["reach"] for row in rows}


def _services() -> Iterator[Service]:
    reach = _reach()
    for row in csv.DictReader(shipped_text("accounts/services.csv").splitlines()):
        yield Service(
            row["service"],
            row["category"],
            row["group"],
            reach[row["group"]],
            tuple((user, float(row[user])) for user in SHARE_COLUMNS if row[user]),
            tuple(f.flow for f in FLOW.values() if f.service == row["service"]),
        )


SERVICE: dict[str, Service] = {row.service: row for row in _services()}
"""Services by id."""
