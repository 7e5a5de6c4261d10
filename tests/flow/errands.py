"""A chapter whose steps are worked on elsewhere: cell by cell, with a halo, in layers, whole; and some that die on the way."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Layers, Table
from shanshui.core.vocabulary import Elevation, Height
from shanshui.kernels.windows import focal_mean

Both = Annotated[xr.Dataset, Layers((("low", "m"), ("high", "m")))]
Highest = Annotated[pd.DataFrame, Table({"top": "m", "process": "1"})]


def _dies(mark, times):
    """End this process at once, as want of memory would, so many times."""
    for k in range(times):
        done = Path(f"{mark}.{k}")
        if not done.exists():
            done.touch()
            os.kill(os.getpid(), signal.SIGKILL)


@assessment(source="own_frame", halo=0)
def doubled(elevation: Elevation, *, mark: str = "", row_m: float = 0.0) -> Height:
    """Twice the height; the strip that holds a row may die."""
    if mark and float(elevation.y[-1]) < row_m < float(elevation.y[0]):
        _dies(mark, 1)
    return elevation.copy(data=(elevation.values * 2).astype(np.float32))


@assessment(source="own_frame", halo=lambda s: int(s["cells"]))
def smoothed(doubled: Height, *, cells: int = 3) -> Height:
    """Mean of a window."""
    return doubled.copy(data=focal_mean(np.ascontiguousarray(doubled.values), cells))


@assessment(source="own_frame", halo=0)
def both(doubled: Height, smoothed: Height) -> Both:
    """The lower and the higher."""
    low, high = np.minimum(doubled, smoothed), np.maximum(doubled, smoothed)
    return xr.Dataset({"low": low.assign_attrs(units="m"), "high": high.assign_attrs(units="m")})


@assessment(source="own_frame")
def highest(
    smoothed: Height, doubled: Height | None = None, *, mark: str = "", times: int = 1
) -> Highest:
    """Greatest value, worked out from the whole grid."""
    if mark:
        _dies(mark, times)
    return pd.DataFrame({"top": [float(np.nanmax(smoothed.values))], "process": [1.0]})


@assessment(source="own_frame")
def patient(doubled: Height, *, seconds: float = 0.0, mark: str = "") -> Height:
    """The same, after a while; refuses company."""
    if mark:
        Path(mark).touch(exist_ok=False)
    time.sleep(seconds)
    if mark:
        Path(mark).unlink()
    return doubled.copy()


@assessment(source="own_frame")
def impatient(doubled: Height) -> Height:
    """Nothing: it fails."""
    raise ValueError("no patience")


@assessment(source="own_frame")
def late(doubled: Height) -> Height:
    """Nothing: it waited in vain."""
    raise TimeoutError("no answer came")
