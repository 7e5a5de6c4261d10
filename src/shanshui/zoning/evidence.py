"""What suitability rests on: factors that took part, on how much ground each is known, and those that lack."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.said import Said, columns
from shanshui.core.vocabulary import Codes, Mask
from shanshui.zoning.grades import UNKNOWN

GIVEN, PART, LACKS = "given", "in part", "lacks"
NO_METHOD = ("soil_pollution", "salinity", "air_and_water", "comfort", "compactness", "flood")
"""Factors of the guide that this evaluation has no rule for."""
OF_USE = {
    "agriculture": (*NO_METHOD[:2], "compactness"),
    "construction": (*NO_METHOD[2:4], "compactness", "flood"),
}
GRADE_SHARES = tuple(f"grade_{k}" for k in range(1, 6))
SuitabilityFactors = Annotated[
    pd.DataFrame,
    Table(
        {
            "use": TEXT,
            "factor": TEXT,
            "status": TEXT,
            "known": "1",
            **dict.fromkeys(GRADE_SHARES, "1"),
            "note": TEXT,
            "note_said": TEXT,
        }
    ),
]


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=4)
def suitability_factors(
    region_mask: Mask,
    agriculture_land: Codes,
    construction_land: Codes,
    agriculture_water: Codes | None = None,
    construction_water: Codes | None = None,
    agriculture_warmth: Codes | None = None,
    construction_location: Codes | None = None,
    hazard_sensitivity: Codes | None = None,
    cover_type: Codes | None = None,
) -> SuitabilityFactors:
    """What suitability rests on, and what is assumed where a factor lacks.

    Parameters
    ----------
    region_mask : (y, x) [1]
        1 inside.
    agriculture_land, construction_land : (y, x) [1]
        Grades of land, 1 to 5; 0 not known.
    agriculture_water, construction_water : (y, x) [1], optional
        Of water.
    agriculture_warmth : (y, x) [1], optional
        Of warmth.
    construction_location : (y, x) [1], optional
        Of the way to town.
    hazard_sensitivity : (y, x) [1], optional
        1, 3, 5; 0 missing.
    cover_type : (y, x) [1], optional
        What covers the ground.

    Returns
    -------
    table
        A row for each ``use`` and ``factor``: ``status`` ``given``, ``in part`` or ``lacks``; ``known`` [1] share of the region; ``grade_1`` to
        ``grade_5`` [1], shares of the known ground, NaN where the factor has no grades or lacks; ``note``: what is assumed where it lacks.

    Notes
    -----
    ``known = n / N``, n the cells of the region at which the factor is known; ``grade_k = n_k / n``. Our own table [D].
    """
    inside = region_mask.values == 1
    total = int(np.count_nonzero(inside))
    both = {"hazard": hazard_sensitivity, "cover": cover_type}
    given: dict[str, dict[str, Codes | None]] = {
        "agriculture": {
            "land": agriculture_land,
            "water": agriculture_water,
            "warmth": agriculture_warmth,
            **both,
        },
        "construction": {
            "land": construction_land,
            "water": construction_water,
            "location": construction_location,
            **both,
        },
    }
    rows = []
    for use, factors in given.items():
        for factor, grid in factors.items():
            counts = np.zeros(256, np.int64)
            if grid is not None:
                counts = np.bincount(grid.values[inside].astype(np.uint8), minlength=256)
                counts[[UNKNOWN, int(grid.attrs.get("nodata", UNKNOWN))]] = 0
            known = int(counts.sum())
            share = known / total if total else np.nan
            told = known > 0 and factor != "cover"
            grades = counts[1:6] / known if told else np.full(5, np.nan)
            status = LACKS if known == 0 else GIVEN if known == total else PART
            rows.append(
                _row(use, factor, status, share, dict(zip(GRADE_SHARES, grades, strict=True)))
            )
        rows += [
            _row(use, factor, LACKS, 0.0, dict.fromkeys(GRADE_SHARES, np.nan))
            for factor in OF_USE[use]
        ]
    return pd.DataFrame(rows)


def _row(
    use: str, factor: str, status: str, known: float, grades: dict[str, float]
) -> dict[str, object]:
    note = Said(f"suits_without_{factor}") if status == LACKS else None
    if status == PART:
        note = Said("suits_in_part")
    return {
        "use": use,
        "factor": factor,
        "status": status,
        "known": known,
        **grades,
        **columns("note", note),
    }
