"""A made-up catchment with gaps, flats and streams, and what the field's reference model gives for it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.region.grid import GridSpec

CELL = 90.0
REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text("utf-8"))
"""Sums and counts over valid cells and values at a few cells, of InVEST 3.19.0 (habitat: 3.14.3) run on ``arrays()``."""
BIOPHYSICAL = pd.DataFrame(
    [
        [1, "forest", 1, 3000, 1.0, 0.003, 1, 1.4, 0.4, 150, "measured-runoff", 0.2, 80, 20, 100, 10, 1.0, 0.6, 0.8],
        [2, "shrub", 1, 2000, 0.8, 0.02, 1, 3.0, 0.35, 120, "application-rate", 0.1, 30, 8, 80, 3, 0.8, 0.4, 0.6],
        [3, "grass", 1, 1500, 0.7, 0.05, 1, 4.0, 0.3, 100, "measured-runoff", 0.0, 5, 5, 90, 1, 0.6, 0.3, 0.5],
        [4, "crop", 1, 700, 0.7, 0.2, 0.4, 27.0, 0.25, 30, "measured-runoff", 0.3, 3, 2, 60, 0, 0.3, 0.0, 0.3],
        [5, "town", 0, 1, 0.3, 0.01, 1, 6.3, 0.05, 30, "measured-runoff", 0.0, 2, 1, 20, 0, 0.0, 0.0, 0.0],
    ],
    columns=[
        "lucode", "desc", "LULC_veg", "root_depth", "Kc", "usle_c", "usle_p", "load_n", "eff_n", "crit_len_n",
        "load_type_n", "proportion_subsurface_n", "c_above", "c_below", "c_soil", "c_dead", "habitat", "crop", "town",
    ],
)  # fmt: skip
"""Columns as InVEST users have them, capital letters included."""
THREATS = pd.DataFrame(
    [["crop", 0.5, 0.7, "linear"], ["town", 1.2, 1.0, "exponential"]],
    columns=["threat", "max_dist", "weight", "decay"],
)


def arrays():
    """Inputs by closed forms, so that any program can be given the same."""
    ny, nx = 60, 72
    y, x = np.indices((ny, nx)).astype(float)
    height = (
        900
        + 9 * np.abs(x - 36)
        + 6 * y
        + 25 * np.sin(x / 5.0) * np.cos(y / 7.0)
        + 8 * np.sin(x * y / 31.0)
    )
    height[40:46, 20:30] = height[43, 25]  # a flat
    height[10, 50] -= 200  # a pit
    height[:6, :9] = np.nan
    wave = np.sin(x / 9.0) + np.cos(y / 8.0)
    cover = np.digitize(wave, [-0.8, -0.1, 0.5, 1.2]) + 1
    cover[30:32, 60:64] = 255
    rain = 700 + 200 * np.sin(y / 20.0)
    rain[50:52, 5:9] = np.nan
    out = {
        "z": height,
        "lulc": cover,
        "P": rain,
        "E0": 800 + 150 * np.cos(x / 25.0),
        "depth": 600 + 300 * np.sin(x / 13.0),
        "pawc": 0.15 + 0.05 * np.cos(y / 11.0),
        "R": 2500 + 800 * np.sin(x / 17.0),
        "K": 0.02 + 0.008 * np.cos(y / 15.0),
        "crop": (cover == 4).astype(float),
        "town": (cover == 5).astype(float),
    }
    return {k: v if k == "lulc" else v.astype(np.float32) for k, v in out.items()}


def grids():
    """The arrays as labelled grids."""
    data = arrays()
    spec = GridSpec("EPSG:32648", CELL, 500000.0, 3700000.0, *data["z"].shape)
    units = {
        "z": "m", "P": "mm/yr", "E0": "mm/yr", "depth": "mm", "pawc": "1", "R": "MJ*mm/(ha*h*yr)", "K": "t*ha*h/(ha*MJ*mm)",
        "crop": "1", "town": "1",
    }  # fmt: skip
    out = {k: spec.lay(data[k], u) for k, u in units.items()}
    out["lulc"] = spec.lay(data["lulc"].astype(np.int16), "1", nodata=255)
    out["threats"] = xr.Dataset({k: out[k] for k in ("crop", "town")})
    return out
