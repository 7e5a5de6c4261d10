"""A chapter of three assessments with a helper, to see what a change reaches."""

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Elevation, Facts, Height
from shanshui.kernels.windows import focal_mean

FACTOR = 2.0


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
def highest(smoothed: Height, doubled: Height | None = None, *, above: float = 0.0) -> Facts:
    """Greatest value."""
    import pandas as pd

    return pd.DataFrame({"top": [float(np.nanmax(smoothed.values)) - above]})
