"""Inner holes of the ground: cells without a height that lie amid known ones, and the water that ends in them."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from shanshui.kernels.accumulate import accumulate, downstream, upstream_order

AROUND = np.ones((3, 3), bool)
"""A hole is one where its cells touch, also at a corner, as water runs."""


def inner_holes(known: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Number of the hole that each cell lies in, from 1; 0 on known ground and on what is missing out to the rim.

    Parameters
    ----------
    known : (y, x)
        Cells with a height.

    Returns
    -------
    ((y, x), int)
        Labels in the order of rows, and how many holes there are.
    """
    label, count = ndimage.label(~known, AROUND)
    rim = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    outer = np.zeros(count + 1, bool)
    outer[rim] = True
    outer[0] = True
    number = np.where(outer, 0, np.cumsum(~outer))
    return number[label].astype(np.int32), int(number.max(initial=0))


def water_into_holes(direction: NDArray[np.uint8], outside: int) -> pd.DataFrame:
    """Inner holes that take water in.

    Parameters
    ----------
    direction : (y, x)
        D8 codes, 0 where water leaves the ground.
    outside : int
        Code of cells without a height.

    Returns
    -------
    DataFrame
        ``cells`` of the hole, ``into`` (cells whose water ends in it), ``ends`` (cells at which it does so), ``row, col`` of a cell of the hole;
        the hole that takes most first. Where an end touches two holes, the first in the order of rows has it.
    """
    label, count = inner_holes(direction != outside)
    nxt = downstream(np.ascontiguousarray(direction))
    gathered = accumulate(upstream_order(nxt), nxt, (nxt >= 0).astype(nxt.dtype))
    row, col = np.nonzero(direction == 0)
    framed = np.pad(label, 1)
    beside = np.stack(
        [framed[row + 1 + i, col + 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=1
    )
    hole = np.where(beside > 0, beside, count + 1).min(axis=1, initial=count + 1)
    # at the rim of the map water leaves, though a hole be near
    ny, nx = label.shape
    hole[(row == 0) | (row == ny - 1) | (col == 0) | (col == nx - 1)] = count + 1
    into = np.bincount(hole, gathered[row * nx + col], count + 2)[1 : count + 1]
    ends = np.bincount(hole, minlength=count + 2)[1 : count + 1]
    cells = np.bincount(label.ravel(), minlength=count + 1)[1:]
    _, first = np.unique(label.ravel(), return_index=True)
    place = first[-count:] if count else first[:0]
    out = pd.DataFrame(
        {
            "cells": cells,
            "into": into.astype(np.int64),
            "ends": ends,
            "row": place // nx,
            "col": place % nx,
        }
    )
    out = out[out["into"] > 0]
    return out.sort_values("into", ascending=False, kind="stable", ignore_index=True)
