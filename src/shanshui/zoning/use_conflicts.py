"""Where present use contradicts what the ground suits: which conflict, on how much ground, with how many people, in which order to settle."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Density, Labels, Mask, Slope
from shanshui.region.grid import FINE_M, like
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.grades import UNKNOWN, UNSUITABLE
from shanshui.zoning.places import PlaceCells
from shanshui.zoning.tables import Outlines, UseConflicts

CONFLICTS = (
    "built_in_danger",
    "farmed_too_steep",
    "built_in_red_line",
    "farmed_in_red_line",
    "built_unsuitable",
    "farmed_unsuitable",
    "farmed_important",
)
"""Conflicts in the order in which they are settled [D]: lives first, then what law forbids, then the line, then fitness."""
EXTREME = 1
"""Code of extreme sensitivity to hazard and of extreme importance."""
NO_CONFLICT, MISSING = 0, 255
ConflictLayers = Annotated[
    xr.Dataset, Layers((("first", "1"), *((name, "1") for name in CONFLICTS)))
]


@assessment(
    source="decisions/0047-suitability-and-capacity",
    halo=0,
    bytes_per_cell=32,
    missing={
        "built_in_danger": "not_given",
        "built_in_red_line": "not_given",
        "farmed_in_red_line": "not_given",
        "farmed_important": "not_given",
    },
    read_at={"slope": FINE_M},
)
def conflict_cells(
    cover_type: Codes,
    slope: Slope,
    region_mask: Mask,
    agriculture_suitability: Codes,
    construction_suitability: Codes,
    hazard_sensitivity: Codes | None = None,
    red_line_candidate: Codes | None = None,
    protection_importance: Codes | None = None,
    *,
    steep_deg: Annotated[float, Between(5.0, 85.0)] = 25.0,
) -> ConflictLayers:
    """What the present use of each cell contradicts, and which of that is settled first.

    Parameters
    ----------
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    slope : (y, x) [degree]
        Steepness as cells of up to 100 m tell it.
    region_mask : (y, x) [1]
        1 inside.
    agriculture_suitability, construction_suitability : (y, x) [1]
        5 does not suit, 0 not known.
    hazard_sensitivity : (y, x) [1], optional
        1 extremely sensitive to geological hazard, 0 missing.
    red_line_candidate : (y, x) [1], optional
        1 in the line, 255 undecided.
    protection_importance : (y, x) [1], optional
        1 extremely important, 0 missing.
    steep_deg : float [degree]
        Farmed ground strictly steeper must not be farmed: the limit of the law of 2010 [S2].

    Returns
    -------
    layers
        A layer for each conflict, 1 where it is and 0 where not, and ``first`` [1]: the number, from 1 on, of the one that is settled first, 0
        where there is none: 1 ``built_in_danger`` (built where hazard is extreme), 2 ``farmed_too_steep``, 3 ``built_in_red_line``, 4
        ``farmed_in_red_line``, 5 ``built_unsuitable``, 6 ``farmed_unsuitable``, 7 ``farmed_important`` (fields on ground of extreme importance).
        255 outside the region, where cover is missing, and where what is missing could make the conflict; all over where the study has no map of it.

    Notes
    -----
    ``c_k = U_k and X_k``: U the built or farmed covers, X what forbids; ``first = min {k : c_k}`` where all that stand before it are known. The
    limit of 25 degrees is that of the law of 2010 on soil and water [S2]; the order is ours [D].
    """
    code = cover_type.values
    inside = (region_mask.values == 1) & (code != 0)
    inside &= code != cover_type.attrs.get("nodata", 0)
    built = np.isin(code, codes_of(("built",)))
    farmed = np.isin(code, codes_of(("farmed",)))
    angle = slope.values
    with np.errstate(invalid="ignore"):
        steep = np.where(np.isfinite(angle), angle > steep_deg, UNSEEN).astype(np.uint8)
    hazard = _of(hazard_sensitivity, EXTREME, UNKNOWN)
    line = _of(red_line_candidate, IN_LINE, MISSING)
    important = _of(protection_importance, EXTREME, UNKNOWN)
    unfit_built = _of(construction_suitability, UNSUITABLE, UNKNOWN)
    unfit_farmed = _of(agriculture_suitability, UNSUITABLE, UNKNOWN)
    parts = (
        (built, hazard), (farmed, steep), (built, line), (farmed, line), (built, unfit_built), (farmed, unfit_farmed), (farmed, important),
    )  # fmt: skip
    first = np.where(inside, NO_CONFLICT, MISSING).astype(np.uint8)
    decided = ~inside
    layers: dict[str, NDArray[np.uint8]] = {}
    for number, (name, (used, forbids)) in enumerate(zip(CONFLICTS, parts, strict=True), 1):
        if forbids is None:
            layers[name] = np.full(code.shape, MISSING, np.uint8)
            continue
        found = np.where(used, forbids, 0).astype(np.uint8)
        layers[name] = np.where(inside & (found != UNSEEN), found, MISSING).astype(np.uint8)
        first[~decided & (found == 1)] = number
        first[~decided & (found == UNSEEN)] = MISSING
        decided |= found != 0
    grids = {"first": first, **layers}
    return xr.Dataset({k: like(cover_type, v, "1", nodata=MISSING) for k, v in grids.items()})


UNSEEN = 2
"""Mark of cells at which it is not known whether something forbids."""


def _of(grid: xr.DataArray | None, code: int, missing: int) -> NDArray[np.uint8] | None:
    """1 where a grid has a code, 0 where another, 2 where it is missing; None without the grid."""
    if grid is None:
        return None
    found = (grid.values == code).astype(np.uint8)
    found[grid.values == missing] = UNSEEN
    return found


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=24)
def use_conflicts(
    labels: Labels,
    conflict_cells: ConflictLayers,
    population_density: Density | None = None,
    outlines: Outlines | None = None,
) -> UseConflicts:
    """Conflicts between use and suitability of each place: ground, people, and the order in which they are settled.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    conflict_cells : layers
        1 where each conflict is, 255 where that is not known; ``first``.
    population_density : (y, x) [person/km2], optional
        Residents.
    outlines : polygons, optional
        Index of the labels; ``code, name``.

    Returns
    -------
    table
        A row for each place and conflict that it has: ``unit``, with outlines ``code, name``, ``conflict``, ``settle_order`` in which it is
        settled, 1 first; ``area_km2`` of the conflict, ``first_km2`` of it that is settled under it and under none before it (these add up),
        ``people`` [person] on that ground, NaN where nobody knows how many; ``share`` of the place's area [1]. By order, then the largest first.

    Notes
    -----
    ``A_k = a |{c : c_k}|``, ``people = sum over the cells of D a``, D the density [person/km2] and a the area of a cell [km2]. Ours [D].
    """
    cells = PlaceCells.of(labels)
    parts = []
    first = conflict_cells["first"].values
    for order, name in enumerate(CONFLICTS, 1):
        here = conflict_cells[name].values == 1
        area = cells.km2(here)
        people = np.full(area.size, np.nan)
        if population_density is not None:
            live = np.where(here, population_density.values, np.nan)
            people = cells.mean_over(live, here) * area
        columns: dict[str, object] = {
            "conflict": name,
            "settle_order": order,
            "area_km2": area,
            "first_km2": cells.km2(first == order),
            "people": people,
            "share": area / cells.area_km2,
        }
        table = cells.named(columns, outlines)
        parts.append(table[table["area_km2"] > 0])
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(
        ["settle_order", "area_km2"], ascending=[True, False], kind="stable", ignore_index=True
    )
