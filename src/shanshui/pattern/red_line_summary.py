"""What a red line holds beside what it leaves: area, cover, people, reserves, species."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Density, Elevation, Index, Mask
from shanshui.pattern.tables import Protected
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt

RedLineSummary = Annotated[
    pd.DataFrame,
    Table(
        {"measure": TEXT, "unit": TEXT, "in_line": ANY, "outside": ANY, "region": ANY, "reported": ANY}
    ),
]  # fmt: skip


@assessment(source="redline2017", bytes_per_cell=32)
def red_line_summary(
    red_line_candidate: Codes,
    region_mask: Mask,
    cover_type: Codes | None = None,
    elevation: Elevation | None = None,
    population_density: Density | None = None,
    threatened_species: Index | None = None,
    protected_areas: Protected | None = None,
    *,
    reported_share: Annotated[float | None, Between(0.0, 1.0)] = None,
) -> RedLineSummary:
    """The line and the ground outside it, side by side.

    Parameters
    ----------
    red_line_candidate : (y, x) [1]
        1 candidate, 0 not, 255 outside or undecided.
    region_mask : (y, x) [1]
        1 inside.
    cover_type : (y, x) [1], optional
        What covers the ground.
    elevation : (y, x) [m], optional
        Ground height.
    population_density : (y, x) [person/km2], optional
        People.
    threatened_species : (y, x) [1], optional
        Threatened species with habitat in the cell.
    protected_areas : polygons, optional
        Reserves.
    reported_share : float [1]
        Share of the region that somebody reports to lie in a red line, to stand beside ours.

    Returns
    -------
    table
        ``measure``: ``area`` [km2], ``share`` of the decided ground [1], share of ``forest``, ``grass``, ``farmed`` and ``built`` cover and of
        ``protected`` ground in each part [1], mean ``elevation`` [m], ``people`` [person/km2], ``threatened_species`` [1]; ``unit``; the value
        ``in_line``, ``outside``, and in the ``region``; ``reported``. NaN where a part is empty or nothing is known.

    Notes
    -----
    ``x_part = sum x_i / n`` over the n decided cells of the part where x is known. Which measures tell a line from its surroundings is ours [D].
    """
    inside = region_mask.values == 1
    decided = inside & (red_line_candidate.values != 255)
    chosen = red_line_candidate.values == 1
    parts = {"in_line": decided & chosen, "outside": decided & ~chosen, "region": decided}
    cell = grid_of(region_mask).cell_km2
    area = {name: np.count_nonzero(here) * cell for name, here in parts.items()}
    rows: list[dict[str, object]] = [{"measure": "area", "unit": "km2", **area}]
    whole = area["region"] or np.nan
    rows.append(
        {"measure": "share", "unit": "1", **{k: v / whole for k, v in area.items()}, "reported": reported_share}
    )  # fmt: skip
    layers: dict[str, tuple[NDArray[np.generic], str]] = {}
    if cover_type is not None:
        for word in ("forest", "grass", "farmed", "built"):
            layers[word] = (np.isin(cover_type.values, codes_of((word,))), "1")
    if protected_areas is not None and len(protected_areas):
        layers["protected"] = (burnt(protected_areas, grid_of(region_mask), 0.0).astype(bool), "1")
    for name, grid, unit in (
        ("elevation", elevation, "m"),
        ("people", population_density, "person/km2"),
        ("threatened_species", threatened_species, "1"),
    ):
        if grid is not None:
            layers[name] = (grid.values, unit)
    rows += [
        {"measure": name, "unit": unit, **{k: _mean(values, here) for k, here in parts.items()}}
        for name, (values, unit) in layers.items()
    ]
    out = pd.DataFrame(rows, columns=["measure", "unit", *parts, "reported"])
    return out.astype(dict.fromkeys((*parts, "reported"), float))


def _mean(values: NDArray[np.generic], here: NDArray[np.bool_]) -> float:
    found = values[here].astype(np.float64)
    known = np.isfinite(found)
    return float(found[known].mean()) if known.any() else np.nan
