"""Results of a model by watershed, as InVEST users read them."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import AnyLayers, Watersheds
from shanshui.region.grid import grid_of
from shanshui.region.polygon_cover import cover_by_centre

WatershedResults = Annotated[
    pd.DataFrame,
    Table(
        {
            "watershed": Key("watershed"),
            "layer": TEXT,
            "mean": ANY,
            "total": ANY,
            "unit": TEXT,
            "known_km2": "km2",
            "share_known": "1",
            "share_on_map": "1",
            "reason": TEXT,
        }
    ),
]
PER_AREA = {
    "t/ha/yr": ("t/yr", 100.0),
    "kg/ha/yr": ("kg/yr", 100.0),
    "mm/yr": ("m3/yr", 1000.0),
    "t/ha": ("t", 100.0),
}
"""Unit of a total, and amount of a unit of rate on a square kilometre."""
UNKNOWN = "no cell of the watershed is known"


@assessment(source="invest_guide", bytes_per_cell=8)
def watershed_results(layers: AnyLayers, watersheds: Watersheds) -> WatershedResults:
    """Mean and total of each layer in each watershed.

    Parameters
    ----------
    layers : layers
        Results of a model.
    watersheds : polygons
        ``ws_id``, or ``name``, or their order. Each is summed by itself: they may lie in one another.

    Returns
    -------
    table
        ``watershed, layer, mean, total, unit`` (of the total; empty for layers that do not add up), ``known_km2``,
        ``share_known`` of the ground on the grid, ``share_on_map`` of the watershed that lies on it; mean and total are missing
        where no cell is known, and ``reason`` says why.

    Notes
    -----
    ``mean = sum v / n``, ``total = a sum v`` over the ``n`` known cells of a watershed, ``a`` the area of a cell. Zonal results of InVEST
    [S]: cells count by their centre, since its models know no ground but the cells whose centre lies in a watershed; one that
    holds no centre has its exact share of cells (decision 0017).
    """
    first = next(iter(layers.data_vars.values()))
    grid = grid_of(first)
    key = next((c for c in ("ws_id", "subws_id") if c in watersheds), None)
    shapes = watersheds.set_index(np.arange(1, len(watersheds) + 1))
    names = shapes[key or "name"] if key or "name" in shapes else shapes.index.to_series()
    cover = cover_by_centre(shapes, grid)
    lacking = layers.attrs.get("missing_because", {})
    rows = []
    sums = {name: cover.sums(values) for name, values in layers.data_vars.items()}
    grounded = np.any([found.cells > 0 for found in sums.values()], axis=0)
    for name, found in sums.items():
        values = layers[name]
        known = found.cells > 0
        known_km2 = found.cells * grid.cell_km2
        unit, factor = PER_AREA.get(str(values.attrs.get("units")), ("", np.nan))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = found.total / found.weight
            # cells by their centre may hold a little more than the polygon
            shares = {
                "share_known": np.nan_to_num(known_km2 / cover.inside_km2),
                "share_on_map": np.nan_to_num(cover.inside_km2 / cover.area_km2),
            }
        rows.append(
            pd.DataFrame(
                {
                    "watershed": names.astype(str).to_numpy(),
                    "layer": str(name),
                    "mean": mean,
                    "total": np.where(known, found.total * grid.cell_km2 * factor, np.nan),
                    "unit": unit,
                    "known_km2": known_km2,
                    **{k: np.clip(v, 0.0, 1.0) for k, v in shares.items()},
                    "reason": np.select(
                        [known, grounded, cover.inside_km2 > 0],
                        ["", lacking.get(str(name), UNKNOWN), UNKNOWN],
                        "it lies outside the grid",
                    ).astype(object),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
