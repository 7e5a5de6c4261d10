"""Lines that a zone or a unit hands to each of its places, each with its amount."""

import csv
from collections.abc import Mapping
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.said import Said, Worded, columns
from shanshui.core.shipped import shipped_text
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.tables import PLACE

Cards = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": PLACE,
            "code?": TEXT,
            "name?": TEXT,
            "zone": TEXT,
            "topic": TEXT,
            "amount": ANY,
            "measure": TEXT,
            "text": TEXT,
            "text_said": TEXT,
            "source": TEXT,
        }
    ),
]
HEADS = (
    "unit", "code", "name", "zone", "topic", "amount", "measure", "text", "text_said", "source",
)  # fmt: skip
M2_KM2 = 1e6
Lines = tuple[Mapping[str, str], ...]


@cache
def zone_lines() -> Lines:
    """Lines of the main-function zones: ``zone, topic, amount, measure, en, zh, source``."""
    return _read(shipped_text("zoning/zone_lines.csv"))


@cache
def task_lines() -> Lines:
    """Lines of the green units, as those of the zones."""
    return _read(shipped_text("zoning/task_lines.csv"))


def _read(text: str) -> Lines:
    return tuple(csv.DictReader(text.splitlines()))


def cards(
    cells: PlaceCells,
    places: pd.DataFrame,
    column: str,
    lines: Lines,
    amounts: Mapping[str, Numbers],
) -> pd.DataFrame:
    """Lines of each place's zone with their amounts.

    Parameters
    ----------
    cells : PlaceCells
        Gives the order of the amounts.
    places : table
        ``unit, code, name`` and the zone of each.
    column : str
        Of the zone.
    lines : tuple of mapping
        ``zone, topic, amount, measure, en, zh, source``.
    amounts : mapping of name to (n,) array
        In the order of ``cells``.

    Returns
    -------
    table
        ``HEADS``; a place whose zone is not known has none.
    """
    order = {int(unit): k for k, unit in enumerate(cells.places)}
    rows = []
    for row in places.to_dict("records"):
        at = order.get(int(row["unit"]))
        for line in lines if at is not None else ():
            if line["zone"] != row[column]:
                continue
            text = Said("as_said", {"said": Worded({"en": line["en"], "zh": line["zh"]})})
            amount = amounts[line["amount"]][at] if line["amount"] else np.nan
            rows.append(
                {k: row[k] for k in ("unit", "code", "name") if k in row}
                | {"zone": row[column], "topic": line["topic"], "amount": float(amount), "measure": line["measure"]}
                | columns("text", text)
                | {"source": line["source"]}
            )  # fmt: skip
    heads = [h for h in HEADS if h not in ("code", "name") or h in places]
    return pd.DataFrame(rows, columns=heads).astype({"unit": int, "amount": float})


def people_amounts(
    cells: PlaceCells, capacity: pd.DataFrame, m2_person: float
) -> dict[str, Numbers]:
    """People and built land of each place against what water and land carry.

    Parameters
    ----------
    cells : PlaceCells
        Gives the order.
    capacity : table
        ``unit, people, population_water_load, population_land_load, built_km2, built_capacity_km2``.
    m2_person : float [m2/person]
        Built land of a person.

    Returns
    -------
    dict of name to (n,) array
        ``people, room_people, beyond_people`` [person], ``built_km2, built_room_km2`` [km2].

    Notes
    -----
    ``room = min(P (1/l - 1), B / r)``, ``beyond = P (1 - 1/l)``, 0 or more, l the greater of both loads of people, B the room for building and r
    the built land of a person: who comes needs water, land and a place to build.
    """

    def of(name: str) -> Numbers:
        return np.asarray(cells.column(capacity, name))

    people = of("people")
    load = np.maximum(of("population_water_load"), of("population_land_load"))
    with np.errstate(invalid="ignore", divide="ignore"):
        room = np.where(load > 0, people * (1.0 / load - 1.0), np.nan)
    built_room = of("built_capacity_km2") - of("built_km2")
    room = np.minimum(room, built_room * M2_KM2 / m2_person)
    return {
        "people": people,
        "room_people": np.maximum(room, 0.0),
        "beyond_people": np.maximum(people * (1.0 - 1.0 / np.maximum(load, 1.0)), 0.0),
        "built_km2": of("built_km2"),
        "built_room_km2": built_room,
    }
