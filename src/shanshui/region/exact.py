"""Sums that lose nothing to rounding, so that accounts close to the last unit."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_BITS = 26
"""Bits of a number that are summed at once: 2^26 of them fit a double exactly."""
_LIMBS = 8


def exact_sums(
    values: NDArray[np.float64], group: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    """Sum of each group, rounded once at the end.

    Parameters
    ----------
    values : (row,)
        Finite numbers.
    group : (row,)
        0 to count - 1.
    count : int
        Groups.

    Returns
    -------
    (group,)
        As ``math.fsum`` gives it, whatever the order of rows; 0 for a group without rows.

    Notes
    -----
    Each number is cut into pieces of 26 bits at places that all share; sums of such pieces are exact in double precision
    up to 2^27 rows. What a few pieces cannot hold is left to ``math.fsum``, Shewchuk (1997) [M].
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return np.zeros(count)
    if largest < 2.0**30 and np.array_equal(values, np.rint(values)):
        return np.bincount(group, values, count).astype(np.float64)
    exponent = math.frexp(largest)[1]
    rest, pieces = values, []
    for limb in range(1, _LIMBS + 1):
        place = exponent - _BITS * limb
        if place < -1020:
            break
        unit = math.ldexp(1.0, place)
        piece = np.rint(rest / unit)
        pieces.append(np.bincount(group, piece, count) * unit)
        rest = rest - piece * unit
        if not rest.any():
            return np.array([math.fsum(each) for each in zip(*pieces, strict=True)])
    order = np.argsort(group, kind="stable")
    stops = np.searchsorted(group[order], np.arange(count + 1))
    in_order = values[order].tolist()
    return np.array([math.fsum(in_order[a:b]) for a, b in pairwise(stops)])


def exact_parts(
    amount: NDArray[np.float64], share: NDArray[np.float64], last: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Parts of amounts that add up to the amounts exactly.

    Parameters
    ----------
    amount : (row,)
        Amount that a row takes a part of; rows of one amount lie side by side.
    share : (row,) [1]
        Of the amount; those of one amount add up to 1.
    last : (row,)
        Is it the last part of its amount? It takes what the others leave.

    Returns
    -------
    (row,)
        Each a whole multiple of the last bit of its amount, so that their sum is the amount without rounding.
    """
    unit = np.spacing(np.abs(amount))
    with np.errstate(invalid="ignore"):
        out = np.rint(amount * share / unit) * unit
    before = np.zeros(len(out))
    running = 0.0
    for k in range(len(out)):
        before[k] = running
        running = 0.0 if last[k] else running + float(out[k])
    return np.where(last, amount - before, out)
