"""What a green unit means for each planning unit: who moves, what is planted, held, farmed, built, and what must stay in one piece."""

from typing import Annotated

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Slope, UnitLabels
from shanshui.zoning.cards import Cards, cards, people_amounts, task_lines
from shanshui.zoning.green_units import GreenUnits
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.tables import CarryingCapacity

NATURE = ("forest", "shrub", "grass", "wetland", "water")
"""Covers of ecological space."""
EXTREME = 1


@assessment(
    source="decisions/0048-zones-and-units",
    bytes_per_cell=32,
    follows={"m2_person": "carrying_scale"},
)
def unit_tasks(
    planning_unit_labels: UnitLabels,
    green_units: GreenUnits,
    carrying_capacity: CarryingCapacity,
    cover_type: Codes,
    slope: Slope,
    erosion_sensitivity: Codes | None = None,
    *,
    m2_person: Annotated[float, Between(1.0, 1e4)] = 100.0,
    steep_deg: Annotated[float, Between(0.0, 90.0)] = 25.0,
) -> Cards:
    """Tasks of each planning unit by its green unit, with amounts.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Planning unit of each cell; 0 outside.
    green_units : table
        ``unit, code, name, green_unit``.
    carrying_capacity : table
        ``unit, people, population_water_load, population_land_load, built_km2, built_capacity_km2``.
    cover_type : (y, x) [1]
        What covers the ground.
    slope : (y, x) [degree]
        Steepness.
    erosion_sensitivity : (y, x) [1], optional
        1 extreme, 0 missing.
    m2_person : float [m2/person]
        Built land of a person; that of ``carrying_scale``.
    steep_deg : float [degree]
        Fields steeper than this go back to forest; 25 by the law of 2010 on soil and water [S2].

    Returns
    -------
    table
        A row per planning unit and task of its green unit: ``unit, code, name, zone`` the green unit, ``topic, amount, measure, text, text_said,
        source``. ``amount`` is NaN where an input is missing. A unit whose kind is not known has none.

    Notes
    -----
    Fields: ``a |{farmed, s > steep}|`` and the rest; eroding: extreme sensitivity without forest; continuity of ecological space ``sum_i (a_i/A)^2``
    over its patches i in the unit, eight neighbours: the chance that two of its places lie in one patch (Jaeger 2000 [M]). People and built land as
    on the cards of the zones.
    """
    cells = PlaceCells.of(planning_unit_labels)
    code = cover_type.values
    seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
    covered = cells.cells(seen) > 0
    field = seen & np.isin(code, codes_of(("farmed",)))
    with np.errstate(invalid="ignore"):
        steep = slope.values > steep_deg
    nature = seen & np.isin(code, codes_of(NATURE))
    amounts = people_amounts(cells, carrying_capacity, m2_person)
    amounts |= {
        "steep_fields_km2": np.where(covered, cells.km2(field & steep), np.nan),
        "gentle_fields_km2": np.where(covered, cells.km2(field & ~steep), np.nan),
        "nature_km2": np.where(covered, cells.km2(nature), np.nan),
        "continuity": _continuity(cells, planning_unit_labels, nature),
        "eroding_km2": np.full(cells.size.size, np.nan),
    }
    if erosion_sensitivity is not None:
        bare = seen & ~np.isin(code, codes_of(("forest",)))
        amounts["eroding_km2"] = np.where(
            covered, cells.km2(bare & (erosion_sensitivity.values == EXTREME)), np.nan
        )
    return cards(cells, green_units, "green_unit", task_lines(), amounts)


def _continuity(cells: PlaceCells, labels: UnitLabels, nature: NDArray[np.bool_]) -> Numbers:
    """Chance that two places of a unit's ecological space lie in one patch within the unit."""
    unit = np.maximum(labels.values, 0).astype(np.int64)
    patch, _ = scipy.ndimage.label(nature, np.ones((3, 3)))
    at = nature & (unit > 0)
    pairs, sizes = np.unique(np.stack([unit[at], patch[at]]), axis=1, return_counts=True)
    bins = int(cells.places.max(initial=0)) + 1
    squares = np.bincount(pairs[0], sizes.astype(float) ** 2, bins)[cells.places]
    whole = np.bincount(pairs[0], sizes.astype(float), bins)[cells.places]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, squares / whole**2, np.nan)
