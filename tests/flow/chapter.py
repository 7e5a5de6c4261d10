"""A chapter of three assessments with a helper, to see what a change reaches."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import Table
from shanshui.core.vocabulary import Elevation, Height
from shanshui.kernels.windows import focal_mean

FACTOR = 2.0
Highest = Annotated[pd.DataFrame, Table({"top": "m"})]


def _helper(values):
    return values * FACTOR


@assessment(source="own_frame", halo=0)
def doubled(elevation: Elevation) -> Height:
    """Twice the height."""
    return elevation.copy(data=_helper(elevation.values).astype(np.float32))


@assessment(source="own_frame", halo=lambda s: int(s["cells"]))
def smoothed(doubled: Height, *, cells: int = 3) -> Height:
    """Mean of a window."""
    return doubled.copy(data=focal_mean(np.ascontiguousarray(doubled.values), cells))


@assessment(source="own_frame")
def highest(smoothed: Height, doubled: Height | None = None, *, above: float = 0.0) -> Highest:
    """Greatest value."""
    return pd.DataFrame({"top": [float(np.nanmax(smoothed.values)) - above]})
