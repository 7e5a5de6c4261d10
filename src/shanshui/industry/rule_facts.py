"""What a rule may ask of a place and of a project: facts, their words, and the numbers that each can be."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shanshui.core.errors import QuantityError, nearest

FACTS: dict[str, str] = {
    "elevation_m": "height of the ground [m]",
    "slope_deg": "slope [degree]",
    "sensitivity": "ecological sensitivity: 1 extreme, 3 sensitive, 5 slight",
    "importance": "importance for protection: 1 extreme, 3 important, 5 general",
    "red_line": "1 inside the (candidate) ecological red line",
    "farmland": "1 on farmland",
    "basic_farmland": "1 on permanent basic farmland",
    "protected": "1 inside a protected area",
    "river_m": "distance to the nearest river [m]",
    "main_river_m": "distance to the nearest main river: one with 50 km2 or more of ground above [m]",
    "core_area": "1 inside the core of the region",
    "green_unit": "basin unit: 1 full, 2 deep, 3 medium, 4 light green",
    "zone": "function zone, by number",
    "park": "1 in an industrial park",
    "basin_km2": "ground above the place along the water [km2]",
    "province": "province by the first two digits of its code, 61 Shaanxi; 0 none",
    "mountains": "mountains that the high ground of the county belongs to: 1 Qinling, 2 Daba and Micang, 3 others, 0 none",
    "capacity_mw": "capacity of the project's power station [MW]",
    "pumped_storage": "1 for a pumped-storage station",
    "open_pit": "1 for an open mine, 0 for one below ground",
}
"""What a rule may ask of a place and of a project."""
YES_NO = (
    "red_line",
    "farmland",
    "basic_farmland",
    "protected",
    "core_area",
    "park",
    "pumped_storage",
    "open_pit",
)
"""Facts that are 1 or 0."""
PROJECT_FACTS = ("capacity_mw", "pumped_storage", "open_pit")
"""Facts of the project: no map tells them."""
GRADES: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(YES_NO, (0.0, 1.0)),
    "sensitivity": (1.0, 3.0, 5.0),
    "importance": (1.0, 3.0, 5.0),
    "green_unit": (1.0, 2.0, 3.0, 4.0),
    "mountains": (0.0, 1.0, 2.0, 3.0),
}
"""Facts that are one of a few numbers."""
REACHES: dict[str, tuple[float, float]] = {
    "elevation_m": (-500.0, 9000.0),
    "slope_deg": (0.0, 90.0),
    "river_m": (0.0, 1e7),
    "main_river_m": (0.0, 1e7),
    "basin_km2": (0.0, 1e7),
    "capacity_mw": (0.0, 1e5),
    "province": (0.0, 99.0),
    "zone": (0.0, 1e6),
}
"""Least and greatest of the others."""
PLAN_FACTS = ("green_unit", "zone")
"""Facts that a plan decides: until it is drawn nobody knows them, and rules that ask for them stand as questions."""


def checked_facts(facts: Mapping[str, Any]) -> dict[str, float]:
    """Facts that are known, each a number that it can be.

    Parameters
    ----------
    facts : mapping of fact to number
        NaN where not known.

    Returns
    -------
    dict of fact to float
        Without those that are not known.

    Raises
    ------
    QuantityError
        A fact that rules do not know, what is no number, or a number that the fact cannot be.
    """
    known: dict[str, float] = {}
    for fact, value in facts.items():
        if fact not in FACTS:
            raise QuantityError(f"facts: '{fact}'; {nearest(fact, FACTS)}")
        if not isinstance(value, int | float | np.number | np.bool_):
            raise QuantityError(
                f"facts: {fact} is {value!r}, expected a number ({FACTS[fact]}); leave out what is not known"
            )
        number = float(value)
        if math.isnan(number):
            continue
        if not can_be(fact, number):
            raise QuantityError(f"facts: {fact} is {number:g}, expected {said_of(fact)}")
        known[fact] = number
    return known


def can_be(fact: str, value: float) -> bool:
    """A number is one that a fact can be."""
    if fact in GRADES:
        return value in GRADES[fact]
    low, high = REACHES[fact]
    return low <= value <= high


def said_of(fact: str) -> str:
    """Numbers that a fact can be, in words."""
    if fact in GRADES:
        *first, last = (f"{g:g}" for g in GRADES[fact])
        return f"{', '.join(first)} or {last} ({FACTS[fact]})"
    low, high = REACHES[fact]
    return f"{low:g} to {high:g} ({FACTS[fact]})"
