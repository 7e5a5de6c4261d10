"""The made-up catchment with twelve months, and what the field's reference model gives for it under both routings."""

import json
from pathlib import Path

import numpy as np
import xarray as xr
from tests.accounts.case import BIOPHYSICAL, CELL, arrays, grids

from shanshui.region.grid import GridSpec

SEASONAL = json.loads((Path(__file__).parent / "reference_seasonal.json").read_text("utf-8"))
"""Sums, counts over valid cells and values at two cells, of InVEST 3.20.2 run on these arrays; by model, routing and layer."""
TABLE = BIOPHYSICAL[["lucode", "desc"]].assign(
    **{f"CN_{g}": [base, base + 6, base + 11, base + 17, 98] for g, base in zip("ABCD", (30, 48, 62, 70), strict=True)},
    **{f"Kc_{m + 1}": [0.9 + 0.02 * m, 0.7, 0.6 + 0.01 * m, 0.5 + 0.05 * abs(6 - m), 0.3] for m in range(12)},
)  # fmt: skip
EVENTS = [2, 3, 5, 7, 9, 11, 14, 13, 9, 6, 3, 2]


def season_arrays():
    """Inputs by closed forms: no month, group or class is missing where there is ground."""
    data = arrays()
    y, x = np.indices(data["z"].shape).astype(float)
    cover = np.where(data["lulc"] == 255, 3, data["lulc"]).astype(np.int16)
    soil = (1 + (np.floor(x / 7) + np.floor(y / 9)) % 4).astype(np.uint8)
    rain = [
        (60 + 45 * np.sin(m / 12 * 2 * np.pi - 1.5) + 8 * np.sin(y / 20.0)).astype(np.float32)
        for m in range(12)
    ]
    demand = [
        (75 + 55 * np.sin(m / 12 * 2 * np.pi - 1.2) + 9 * np.cos(x / 25.0)).astype(np.float32)
        for m in range(12)
    ]
    return {"z": data["z"], "lulc": cover, "soil": soil, "rain": rain, "demand": demand}


def season_grids():
    """The arrays as labelled grids and stacks."""
    data = season_arrays()
    spec = GridSpec("EPSG:32648", CELL, 500000.0, 3700000.0, *data["z"].shape)

    def stack(maps):
        return xr.Dataset({f"m{k + 1}": spec.lay(v, "1") for k, v in enumerate(maps)})

    days = [np.full(data["z"].shape, n, np.float32) for n in EVENTS]
    return {
        "z": grids()["z"],
        "lulc": spec.lay(data["lulc"], "1", nodata=-1),
        "soil": spec.lay(data["soil"].astype(np.int16), "1", nodata=-1),
        "rain": stack(data["rain"]), "demand": stack(data["demand"]), "days": stack(days),
    }  # fmt: skip
