"""Draws of prices and amounts, and the intervals they give."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_BYTES = 64_000_000
"""Memory of the draws of units that are summed at once [D]."""


def drawn(
    rows: pd.DataFrame,
    price_spread: float,
    amount_spread: float,
    draws: int,
    random: np.random.Generator,
) -> Iterator[NDArray[np.float64]]:
    """Factors of the draws on each row's value, row after row: prices drawn each, one amount error for the flows of a service."""
    shift = {s: _triangular(random, amount_spread, draws) for s in rows["service"].unique()}
    for service in rows["service"]:
        yield shift[service] * _triangular(random, price_spread, draws)


def _triangular(random: np.random.Generator, spread: float, draws: int) -> NDArray[np.float64]:
    return random.triangular(1 - spread, 1, 1 + spread, draws) if spread > 0 else np.ones(draws)


def ends_of_units(value: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """5th and 95th percentile (2, unit) of the totals of units, from values (unit, flow) and factors (flow, draw)."""
    block = max(1, MOST_BYTES // (8 * factors.shape[1]))
    ends = [
        np.percentile(value[at : at + block] @ factors, (5, 95), axis=1)
        for at in range(0, len(value), block)
    ]
    return np.concatenate(ends, axis=1)
