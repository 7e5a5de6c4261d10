"""Results of a model by watershed, as InVEST users read them."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.vocabulary import AnyLayers, Watersheds
from shanshui.region.grid import grid_of
from shanshui.region.ground import Ground, ground_of

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


def known_sums(
    grid: xr.DataArray, spots: list[Ground]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Known cells of each part of the ground, and their sum: missing where no cell is known."""
    cells, total = np.zeros(len(spots), np.int64), np.full(len(spots), np.nan)
    for at, spot in enumerate(spots):
        part = grid.values[spot.rows, spot.cols][spot.inside]
        part = part[np.isfinite(part)]
        cells[at] = part.size
        if part.size:
            total[at] = part.sum(dtype=np.float64)
    return cells, total


@assessment(source="invest_guide", bytes_per_cell=8)
def watershed_results(layers: AnyLayers, watersheds: Watersheds) -> WatershedResults:
    """Mean and total of each layer in each watershed, cells counted by their centre.

    Parameters
    ----------
    layers : layers
        Results of a model.
    watersheds : polygons
        ``ws_id``, or ``name``, or their order. Each is summed by itself: they may lie in one another.

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
    names = shapes[key or "name"] if key or "name" in shapes else shapes.index.to_series()
    spots = ground_of(shapes, grid)
    rows = []
    for name, values in layers.data_vars.items():
        cells, total = known_sums(values, spots)
        unit, factor = PER_AREA.get(str(values.attrs.get("units")), ("", np.nan))
        with np.errstate(invalid="ignore"):
            mean = total / cells
        rows.append(
            pd.DataFrame(
                {
                    "watershed": names.astype(str).to_numpy(),
                    "layer": str(name),
                    "mean": mean,
                    "total": total * grid.cell_km2 * factor,
                    "unit": unit,
                    "known_km2": cells * grid.cell_km2,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
