"""How much ground of each place suits farming and building, outside the red line."""

from typing import Annotated

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Labels
from shanshui.zoning.grades import MODERATE, SUITABLE, UNKNOWN
from shanshui.zoning.places import PlaceCells
from shanshui.zoning.tables import Outlines, SuitabilityAreas

IN_LINE = 1
"""Code of the red line; of ground where it is undecided nothing is taken away."""


AS_UNITS = dict.fromkeys(("least_known",), "suitability_areas")
"""Settings of the table of planning units hold for that of counties too."""


@assessment(source="spj2019", bytes_per_cell=24, follows=AS_UNITS)
def suitability_areas(
    labels: Labels,
    agriculture_suitability: Codes,
    construction_suitability: Codes,
    red_line_candidate: Codes | None = None,
    outlines: Outlines | None = None,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> SuitabilityAreas:
    """Area of each class of suitability in each place.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    agriculture_suitability, construction_suitability : (y, x) [1]
        1 and 2 suit, 3 and 4 in part, 5 not, 0 not known.
    red_line_candidate : (y, x) [1], optional
        1 in the line: ground there counts as no suitable land.
    outlines : polygons, optional
        Index of the labels; ``code, name``.
    least_known : float [1]
        Share of a place's ground whose class must be known for its suitable areas to be told [D].

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``area_km2``; of each use ``suitable_km2`` (classes 1 and 2), ``moderate_km2`` (3 and 4), both
        outside the red line, ``suitable_share`` of the place's area [1] and ``unknown_km2``; ``in_red_line_km2``; and the whole area of each
        class, ``agriculture_1_km2`` to ``construction_5_km2``, wherever the line runs. NaN where less is known than ``least_known``.

    Notes
    -----
    ``A_k = a n_k``, n_k the cells of class k in the place and a the area of a cell [km2]; ``suitable = A_1 + A_2`` and ``moderate = A_3 + A_4`` of
    cells outside the line; ``share = suitable / A``. Classes as the draft guide of 2019 joins them [S]; that suitable land leaves out the line
    follows the guide of 2020 [M].
    """
    cells = PlaceCells.of(labels)
    free = np.ones(labels.shape, bool)
    if red_line_candidate is not None:
        free = red_line_candidate.values != IN_LINE
    columns: dict[str, object] = {"area_km2": cells.area_km2}
    classes: dict[str, object] = {}
    for use, grid in (
        ("agriculture", agriculture_suitability),
        ("construction", construction_suitability),
    ):
        code = grid.values
        unknown = cells.km2(code == UNKNOWN)
        told = cells.area_km2 - unknown >= least_known * cells.area_km2
        suits = np.where(told, cells.km2(np.isin(code, SUITABLE) & free), np.nan)
        columns |= {
            f"{use}_suitable_km2": suits,
            f"{use}_suitable_share": suits / cells.area_km2,
            f"{use}_moderate_km2": np.where(told, cells.km2(np.isin(code, MODERATE) & free), np.nan),
            f"{use}_unknown_km2": unknown,
        }  # fmt: skip
        classes |= {
            f"{use}_{k}_km2": np.where(told, cells.km2(code == k), np.nan) for k in range(1, 6)
        }
    line = cells.km2(~free) if red_line_candidate is not None else np.full(cells.size.size, np.nan)
    return cells.named(columns | {"in_red_line_km2": line} | classes, outlines)
