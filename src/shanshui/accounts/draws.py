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
    """Factors of the draws on each row's value, row after row: one amount error for the flows of a service, price and method drawn each."""
    shift = {s: _triangular(random, amount_spread, draws) for s in rows["service"].unique()}
    known = rows.reindex(columns=["service", "price", "price_least", "price_most"])
    for service, price, least, most in known.itertuples(index=False):
        factor = shift[service] * _triangular(random, price_spread, draws)
        if np.isfinite(price) and price > 0 and most > least:
            low, high = min(least / price, 1.0), max(most / price, 1.0)
            factor = factor * random.triangular(low, 1.0, high, draws)
        yield factor


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
