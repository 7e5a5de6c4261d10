"""Which units touch, and which lie up- or downstream of which."""

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from shanshui.core.errors import QuantityError
from shanshui.kernels.labels import label_borders


def neighbours(labels: xr.DataArray) -> pd.DataFrame:
    """Pairs of units that share cell sides.

    Parameters
    ----------
    labels : (y, x) [1]
        0 is outside.

    Returns
    -------
    DataFrame
        Columns ``source, target, border_km``; each pair once, the smaller unit first.
    """
    pairs, sides = label_borders(np.ascontiguousarray(labels.values))
    length = sides * float(labels.attrs["cell_m"]) / 1000.0
    return pd.DataFrame({"source": pairs[:, 0], "target": pairs[:, 1], "border_km": length})


def upstream_matrix(downstream: pd.Series) -> sparse.csr_array:
    """How far up the water one unit lies from another.

    Parameters
    ----------
    downstream : (unit,) [1]
        Next unit of each; 0 where water leaves the region.

    Returns
    -------
    (unit, unit) sparse [1]
        Units on the way from the column's unit down to the row's, that one counted; 0 where it does not drain through it.

    Raises
    ------
    QuantityError
        Units that drain in a circle.
    """
    units = downstream.index
    place = units.get_indexer(pd.Index(downstream))
    count = len(units)
    own = np.arange(count)
    has = place >= 0
    step = sparse.csr_array((np.ones(has.sum()), (place[has], own[has])), shape=(count, count))
    reach = sparse.csr_array((count, count))
    power = step
    for k in range(1, count + 1):
        if power.nnz == 0:
            return reach
        reach = reach + k * power
        power = step @ power
    if power.nnz == 0:
        return reach
    raise QuantityError("downstream: some units drain in a circle; a drainage tree has none")
