"""Where a place stands among the places of its study."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def rank(values: Numbers) -> Numbers:
    """Share of the places that lie below, with half of the place itself.

    Parameters
    ----------
    values : (n,) array
        NaN where not known.

    Returns
    -------
    (n,) array [1]
        Within 0 to 1, rising with the value; equal values share their mean rank; NaN stays and does not count.

    Notes
    -----
    ``y = (r - 0.5) / n`` with r the rank from 1 on, n the known values.
    """
    ranks = pd.Series(values).rank(method="average").to_numpy()
    return (ranks - 0.5) / max(1, int(np.isfinite(values).sum()))


def standard(values: Numbers) -> Numbers:
    """Distance from the mean of the known values in standard deviations; 0 where all are equal; NaN stays."""
    known = np.isfinite(values)
    if not known.any():
        return values
    spread = float(values[known].std())
    centred: Numbers = values - values[known].mean()
    return centred / spread if spread > 0.0 else centred * 0.0
