"""Results of a model by watershed, as InVEST users read them."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import AnyLayers, Watersheds
from shanshui.kernels.labels import label_statistics
from shanshui.region.grid import grid_of
from shanshui.region.unitset import rasterised

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


@assessment(source="invest_guide", bytes_per_cell=8)
def watershed_results(layers: AnyLayers, watersheds: Watersheds) -> WatershedResults:
    """Mean and total of each layer in each watershed, cells counted by their centre.

    Parameters
    ----------
    layers : layers
        Results of a model.
    watersheds : polygons
        ``ws_id``, or ``name``, or their order; where they overlap the later one counts.

    Returns
    -------
    table
        ``watershed, layer, mean, total, unit`` (of the total; empty for layers that do not add up), ``known_km2``; mean and total are missing
        where no cell is known.

    Notes
    -----
    ``mean = sum v / n``, ``total = a sum v`` over the ``n`` known cells of a watershed, ``a`` the area of a cell. Zonal results of InVEST
    [S].
    """
    first = next(iter(layers.data_vars.values()))
    grid = grid_of(first)
    key = next((c for c in ("ws_id", "subws_id") if c in watersheds), None)
    shapes = watersheds.set_index(np.arange(1, len(watersheds) + 1))
    label = np.ascontiguousarray(rasterised(shapes, grid).values, np.int32).ravel()
    names = shapes[key or "name"] if key or "name" in shapes else shapes.index.to_series()
    rows = []
    for name, values in layers.data_vars.items():
        cells, total, _, _ = label_statistics(
            label, np.ascontiguousarray(values.values).ravel(), len(shapes)
        )
        unit, factor = PER_AREA.get(str(values.attrs.get("units")), ("", np.nan))
        with np.errstate(invalid="ignore"):
            mean = total[1:] / cells[1:]
        rows.append(
            pd.DataFrame(
                {
                    "watershed": names.astype(str).to_numpy(),
                    "layer": str(name),
                    "mean": mean,
                    "total": np.where(cells[1:] > 0, total[1:] * grid.cell_km2 * factor, np.nan),
                    "unit": unit,
                    "known_km2": cells[1:] * grid.cell_km2,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
