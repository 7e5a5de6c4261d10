"""How firmly a class stands: how often drawn weights and limits give it again."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
L = TypeVar("L")


def votes(
    classed: Callable[[L, Numbers], Codes],
    limits: L,
    weights: Numbers,
    found: Codes,
    draws: int,
    weight_spread: float,
    limit_spread: float,
    seed: int,
) -> tuple[Numbers, Codes]:
    """Share of the draws that give the most frequent class of each place, and the next frequent class.

    Parameters
    ----------
    classed : callable of limits and weights
        Class of each place, from 1 on; 0 where it is not known.
    limits : dataclass of float
        As they are; each is drawn for itself.
    weights : (k,) array [1]
        As they are; drawn ones sum to 1.
    found : (n,) array of int
        Class of each place without drawing; 0 not known.
    draws : int
        How many.
    weight_spread, limit_spread : float [1]
        Each weight, each limit is multiplied by a number between ``1 - spread`` and ``1 + spread``.
    seed : int
        Of the draws.

    Returns
    -------
    (n,) array [1], (n,) array of int
        NaN and 0 where the class is not known; 0 where every draw gives the same.
    """
    random = np.random.default_rng(seed)
    counts = np.zeros((found.size, 1), np.int64)
    rows = np.arange(found.size)
    for _ in range(draws):
        tried = weights * random.uniform(1.0 - weight_spread, 1.0 + weight_spread, weights.size)
        codes = classed(_drawn(limits, random, limit_spread), tried / tried.sum())
        if (top := int(codes.max(initial=0))) >= counts.shape[1]:
            counts = np.pad(counts, ((0, 0), (0, top + 1 - counts.shape[1])))
        counts[rows, codes] += 1
    known = counts[:, 1:] if counts.shape[1] > 1 else np.zeros((found.size, 1), np.int64)
    share = np.where(found > 0, known.max(axis=1) / draws, np.nan)
    rest = known.copy()
    rest[rows, known.argmax(axis=1)] = 0
    return share, np.where((found > 0) & (rest.max(axis=1) > 0), rest.argmax(axis=1) + 1, 0)


def _drawn(limits: L, random: np.random.Generator, spread: float) -> L:
    names = [f.name for f in fields(limits)]  # type: ignore[arg-type]
    factors = random.uniform(1.0 - spread, 1.0 + spread, len(names))
    changed = {n: getattr(limits, n) * f for n, f in zip(names, factors, strict=True)}
    return replace(limits, **changed)  # type: ignore[type-var]
