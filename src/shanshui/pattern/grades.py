"""Grades of several kinds joined by the gravest, where what is missing could be graver."""

from collections.abc import Sequence

import numpy as np

from shanshui.core.errors import QuantityError
from shanshui.core.vocabulary import Codes
from shanshui.region.grid import like

EXTREME, IMPORTANT, GENERAL, MISSING = 1, 3, 5, 0
"""Codes of importance and of sensitivity: 1 is always the most, 5 the least, 0 missing."""


def gravest(
    ground: Sequence[Codes],
    evidence: Sequence[Codes],
    name: str,
    *,
    stands: Sequence[int] = (EXTREME,),
) -> Codes:
    """Join grades by the gravest; ground is no less grave for what is not known of it.

    Parameters
    ----------
    ground : sequence of (y, x) [1]
        Kinds that grade all ground: where one of them is missing, what the others say may be too little.
    evidence : sequence of (y, x) [1]
        Kinds that tell where something was found. That nothing was found is no grade of the ground where others grade it.
    name : str
        Product, for the message.
    stands : sequence of int
        Codes that stand although a kind of ground is missing.

    Returns
    -------
    (y, x) [1]
        The least code; 0 where none is known, and where a kind of ground is missing and the least is none of ``stands``.

    Raises
    ------
    QuantityError
        No grade was given.
    """
    if not (ground or evidence):
        raise QuantityError(f"{name}: no grade was given")
    out = least_code([*ground, *evidence], name)
    open_ = np.zeros(out.shape, bool)
    for grid in ground:
        open_ |= grid.values == MISSING
    decided = ~open_ | np.isin(out.values, list(stands))
    return like(out, np.where(decided, out.values, MISSING).astype(np.uint8), "1", nodata=MISSING)


def least_code(grids: list[Codes], name: str) -> Codes:
    """Join grades by the least code; 0 is missing.

    Raises
    ------
    QuantityError
        No grade was given.
    """
    if not grids:
        raise QuantityError(f"{name}: no grade was given")
    out = np.full(grids[0].shape, 255, np.uint8)
    for grid in grids:
        out = np.minimum(out, np.where(grid.values == MISSING, 255, grid.values)).astype(np.uint8)
    return like(grids[0], np.where(out == 255, MISSING, out).astype(np.uint8), "1", nodata=MISSING)
