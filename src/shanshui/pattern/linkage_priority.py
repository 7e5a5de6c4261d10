"""Priority of links as a weighted sum of closeness, permeability and the value of their cores, and where it lies on the ground."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.pattern.reach import Reach, detour

Values = TypeVar("Values", pd.Series, NDArray[np.float64])

WITHIN = 1e-4
"""Weight of the place within a corridor beside the priority of its link, as in Linkage Priority [S]."""


@dataclass(frozen=True)
class PriorityWeights:
    """Weights of the priority, by default those of Linkage Mapper's demonstration of its Linkage Priority tool [S].

    Attributes
    ----------
    closeness, permeability, core_value : float [1]
        Of a link: short paths, paths that cost little for their length, worthy cores.
    core_resistance, core_size, core_compactness, core_worth, core_centrality : float [1]
        Of the value of a core: little resistance, area, area over perimeter, the worth that is given, current through it.
    kept_share : float [1]
        Share of the range of a corridor's priority that is kept, from its greatest down, in (0, 1].
    greatest, mean : float [1]
        Of the greatest and the mean priority of the corridors that lie over each other.
    truncated_share, priority_share : float [1]
        Of the place within a corridor and of the priority, where both are blended.
    """

    closeness: float = 0.33
    permeability: float = 0.33
    core_value: float = 0.34
    core_resistance: float = 0.33
    core_size: float = 0.33
    core_compactness: float = 0.34
    core_worth: float = 0.0
    core_centrality: float = 0.0
    kept_share: float = 0.6
    greatest: float = 0.5
    mean: float = 0.5
    truncated_share: float = 0.5
    priority_share: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (value >= 0 and np.isfinite(value)):
                raise QuantityError(
                    f"{field.name}: found {value:g}; expected a weight of 0 or more"
                )
        if not 0 < self.kept_share <= 1:
            raise QuantityError(
                f"kept_share: found {self.kept_share:g}; expected a share above 0 and up to 1"
            )
        for group in (
            ("closeness", "permeability", "core_value"),
            ("core_resistance", "core_size", "core_compactness", "core_worth", "core_centrality"),
            ("greatest", "mean"),
            ("truncated_share", "priority_share"),
        ):
            if not any(getattr(self, name) for name in group):
                raise QuantityError(f"{', '.join(group)}: found 0 for all; expected one above 0")


def core_value(cores: pd.DataFrame, weights: PriorityWeights) -> pd.Series:
    """Value of each core.

    Parameters
    ----------
    cores : table
        Index the number; ``resistance`` [1], ``area`` [m2], ``perimeter`` [m], ``worth``, ``centrality`` [A].
    weights : PriorityWeights
        Of the parts.

    Returns
    -------
    series [1]
        In [0, 1]: 0 the least of these cores, 1 the greatest.

    Notes
    -----
    v = s(w_r (max R + min R - R) / max R + w_s A / max A + w_c (A / P) / max (A / P) + w_w W / max W + w_i I / max I), with R the mean resistance,
    A the area [m2], P the perimeter [m], W the worth and I the current [A] of a core, w the weights and s(x) = (x - min x) / (max x - min x): core
    area value of Linkage Priority [S]. Where all are equal s is 1 [D]; the tool divides by 0 there.
    """
    resistance = cores["resistance"]
    easy = resistance.max() + resistance.min() - resistance
    parts = [
        weights.core_resistance * easy / resistance.max(),
        weights.core_size * _of_greatest(cores["area"]),
        weights.core_compactness * _of_greatest(cores["area"] / cores["perimeter"]),
        weights.core_worth * _of_greatest(cores["worth"]),
        weights.core_centrality * _of_greatest(cores["centrality"]),
    ]
    return _ranged(sum(parts))


def weighted_priority(links: pd.DataFrame, value: pd.Series, weights: PriorityWeights) -> pd.Series:
    """Priority of each link.

    Parameters
    ----------
    links : table
        ``source, target``: numbers of the cores; ``length, cost`` [m]; the kept ones.
    value : series [1]
        Of the cores.
    weights : PriorityWeights
        Of the parts.

    Returns
    -------
    series [1]
        From 0 to the sum of the weights.

    Notes
    -----
    p = w_l (max L - L) / (max L - min L) + w_p s(L / C) + w_v (v_a + v_b) / 2, with L the length and C the cost of the least-cost path [m], v the
    values of both cores and s as in :func:`core_value`: corridor specific priority of Linkage Priority [S].
    """
    ends = (links["source"].map(value) + links["target"].map(value)) / 2.0
    return (
        weights.closeness * _ranged(-links["length"])
        + weights.permeability * _ranged(links["length"] / links["cost"])
        + weights.core_value * ends
    )


def priority_surfaces(
    reach: Reach,
    pairs: Sequence[tuple[int, int]],
    priority: Sequence[float],
    truncated: NDArray[np.float64],
    weights: PriorityWeights,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the priority of links lies on the ground, and blended with the place within the corridors.

    Parameters
    ----------
    reach : Reach
        Costs from single cores.
    pairs : sequence of (int, int)
        Kept links.
    priority : sequence of float [1]
        Of each.
    truncated : (y, x) array [m]
        Cost of the best detour up to the cut-off; NaN beyond.
    weights : PriorityWeights
        Of the parts.

    Returns
    -------
    priority, blended : (y, x) array [1]
        In [0, 1]; NaN off the corridors, and of a corridor's poorest ground, which ``kept_share`` leaves out.

    Notes
    -----
    p_l(x) = p_l + 10^-4 i_l(x), i_l = (max d - d) / (max d - min d), with d the detour of link l [m] over all that it can reach; only x with
    p_l(x) > max p_l - k (max p_l - min p_l) count, k the kept share. P = s(w_g max_l p_l + w_m mean_l p_l) on the ground of the truncated
    corridors; blended: s(w_t i + w_p P), i of the truncated corridors. Linkage and blended priority of Linkage Priority [S].
    """
    shape = truncated.shape
    most, total, count = np.full(shape, -np.inf), np.zeros(shape), np.zeros(shape, np.int32)
    for (a, b), own in zip(pairs, priority, strict=True):
        beyond = detour(reach, a, b)
        here = own + WITHIN * _ranged(np.where(np.isfinite(beyond), -beyond, np.nan))
        low, high = np.nanmin(here), np.nanmax(here)
        with np.errstate(invalid="ignore"):
            top = (here > high - weights.kept_share * (high - low)) | (here == high)
        most[top] = np.maximum(most[top], here[top])
        total[top] += here[top]
        count[top] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        raised = weights.greatest * most + weights.mean * total / count
    shown = _ranged(np.where((count > 0) & np.isfinite(truncated), raised, np.nan))
    blended = weights.truncated_share * _ranged(-truncated) + weights.priority_share * shown
    return shown, _ranged(blended)


def _of_greatest(values: pd.Series) -> pd.Series:
    return values / values.max() if values.max() > 0 else values * 0.0


def _ranged(values: Values) -> Values:
    """From 0 at the least to 1 at the greatest; 1 where all are equal, NaN where missing."""
    if not np.isfinite(values).any():
        return values
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (values - low) / (high - low) if high > low else values * 0.0 + 1.0
