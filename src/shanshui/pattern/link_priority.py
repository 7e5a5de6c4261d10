"""Which links matter most: how easy they are, how much runs over them, what they join."""

from itertools import combinations

import numpy as np
import pandas as pd

from shanshui.core.errors import QuantityError
from shanshui.pattern.circuit.links import Links


def link_priority(links: pd.DataFrame, names: list[int], values: pd.Series | None) -> pd.Series:
    """Mean rank of permeability, centrality and worth of the ends.

    Parameters
    ----------
    links : table
        ``source, target, cost, cost_per_euclidean, status``.
    names : list of int
        Sources.
    values : series, optional
        Worth of each source; equal by default.

    Returns
    -------
    series [1]
        In [0, 1]; NaN of links that were dropped.

    Raises
    ------
    QuantityError
        A source without a worth.
    """
    kept = links[links["status"] == "kept"]
    out = pd.Series(np.nan, index=links.index)
    if kept.empty:
        return out
    worth = pd.Series(1.0, index=names) if values is None else values.reindex(names)
    if worth.isna().any():
        raise QuantityError(
            f"values: found none for source {worth.index[worth.isna()][0]}; expected the worth of each source"
        )
    ends = kept["source"].map(worth) + kept["target"].map(worth)
    ease = 1.0 / kept["cost_per_euclidean"]
    # sources that touch have no length to compare with: nothing is easier
    parts = [ease.fillna(ease.max()).fillna(1.0), current_flow(kept)[0], ends]
    # links that carry or cost the same must rank the same, whatever rounding makes of a solution
    ranks = [
        (part / (part.max() or 1.0)).round(9).rank(method="average") / len(kept) for part in parts
    ]
    out[kept.index] = sum(ranks) / len(ranks)
    return out


def current_flow(links: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Current along each link and through each source when every pair of sources exchanges one ampere; a link resists by its cost.

    Parameters
    ----------
    links : table
        ``source, target, cost``, cost above 0 or 0 for sources that touch.

    Returns
    -------
    series [ampere], series [ampere]
        By link and by source, summed over pairs; a source carries the whole ampere of its own pairs. Pairs without a way exchange nothing.

    Notes
    -----
    With g = 1 / cost [1/ohm] and v the voltages of a pair: I_l = sum over pairs |g (v_a - v_b)|, I_n = sum over pairs
    (1/2) (sum_l |g (v_a - v_b)| + |i_n|), i_n = 1 at the two ends of the pair [A]: current-flow centrality as in Linkage Mapper [S].
    """
    ends = links[["source", "target"]].to_numpy()
    nodes, place = np.unique(ends, return_inverse=True)
    place = place.reshape(ends.shape)
    cost = links["cost"].to_numpy(np.float64)
    floor = max(float(cost[cost > 0].min()) * 1e-6, 1e-300) if (cost > 0).any() else 1.0
    circuit = Links(nodes.size, place[:, 0], place[:, 1], 1.0 / np.maximum(cost, floor))
    total, through = np.zeros(len(links)), np.zeros(nodes.size)
    for a, b in combinations(range(nodes.size), 2):
        if circuit.component[a] == circuit.component[b]:
            solved = circuit.between(a, b, tolerance=1e-12, limit=0)
            drop = sum(v[place[:, 0]] - v[place[:, 1]] for v in (solved.field, solved.low))
            along = np.abs(drop) / np.maximum(cost, floor)
            total += along
            for side in (0, 1):
                through += np.bincount(place[:, side], along, nodes.size) / 2.0
            through[[a, b]] += 0.5
    return pd.Series(total, index=links.index), pd.Series(through, index=nodes)
