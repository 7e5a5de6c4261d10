"""A hierarchy of criteria of any depth: weights of each node among its siblings, and of each leaf in the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.ahp import METHODS, ahp_weights
from shanshui.decision.consistency import Consistency, consistency
from shanshui.decision.groups import group_judgements
from shanshui.decision.interval_ahp import (
    SOLVERS,
    acceptable,
    feasible,
    interval_weights,
    intransitivity,
)
from shanshui.decision.intervals import IntervalWeights
from shanshui.decision.judgements import Judgements


@dataclass(frozen=True)
class NodeReport:
    """What is known of one comparison.

    Attributes
    ----------
    parent : str
        What the items were compared for.
    items : tuple of str
        Compared.
    weights : IntervalWeights
        Of the items; both bounds equal where the method is crisp.
    consistency : Consistency
        Of the judgements, or of the geometric means of their bounds.
    indeterminacy : float [1]
        Geometric mean of upper over lower.
    feasible : bool
        Some crisp consistent judgements lie inside the intervals; False where judgements are missing.
    intransitivity : float [1]
        Greatest log departure from interval transitivity: 0 where the intervals follow from one another.
    experts : int
        Who judged.
    spread : float [1]
        Greatest geometric standard deviation between experts; 1 with one expert.
    """

    parent: str
    items: tuple[str, ...]
    weights: IntervalWeights
    consistency: Consistency
    indeterminacy: float
    feasible: bool
    intransitivity: float
    experts: int
    spread: float


@dataclass(frozen=True)
class HierarchyWeights:
    """Weights of a hierarchy.

    Attributes
    ----------
    table : DataFrame
        A row per item: ``parent, item, level, leaf``, local ``weight, lower, upper`` among siblings, ``global_weight, global_lower,
        global_upper`` in the whole. Weights sum to 1, and so do global weights of the leaves.
    nodes : tuple of NodeReport
        One per comparison, parents first.
    """

    table: pd.DataFrame
    nodes: tuple[NodeReport, ...]

    @property
    def found(self) -> bool:
        """Every comparison has weights."""
        return all(node.weights.found for node in self.nodes)


def hierarchy_weights(
    judgements: Sequence[Judgements],
    method: str = "eigenvector",
    *,
    random_index: str = "saaty",
    draws: int = 4000,
    seed: int = 0,
) -> HierarchyWeights:
    """Local and global weights of a hierarchy of judgements.

    Parameters
    ----------
    judgements : sequence of Judgements
        One per node and expert; experts are brought together by geometric means.
    method : str
        A method of :func:`ahp_weights` (intervals enter with their geometric means) or of :func:`interval_weights`.
    random_index : str
        Table for the consistency ratio.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    HierarchyWeights
        NaN below a comparison that has no weights.

    Raises
    ------
    QuantityError
        No top, several tops, an item below two parents, unknown method.
    """
    if method not in (*METHODS, *SOLVERS):
        raise QuantityError(f"method: '{method}'; {nearest(method, (*METHODS, *SOLVERS))}")
    by_parent: dict[str, list[Judgements]] = {}
    for one in judgements:
        by_parent.setdefault(one.parent, []).append(one)
    top = _top(by_parent)
    nodes: list[NodeReport] = []
    rows: list[dict[str, object]] = []
    queue = [(top, 1, (1.0, 1.0, 1.0))]
    while queue:
        parent, level, above = queue.pop(0)
        node = _node(parent, by_parent[parent], method, random_index, draws, seed)
        nodes.append(node)
        share = node.weights.normalised()
        crisp = node.weights.crisp if node.weights.found else np.full(len(node.items), np.nan)
        for item, weight, low, high in zip(
            node.items, crisp, share.lower, share.upper, strict=True
        ):
            reach = (above[0] * weight, above[1] * low, above[2] * high)
            rows.append(
                {
                    "parent": parent,
                    "item": item,
                    "level": level,
                    "leaf": item not in by_parent,
                    "weight": weight,
                    "lower": low,
                    "upper": high,
                    "global_weight": reach[0],
                    "global_lower": reach[1],
                    "global_upper": reach[2],
                }
            )
            if item in by_parent:
                queue.append((item, level + 1, reach))
    return HierarchyWeights(pd.DataFrame(rows), tuple(nodes))


def _top(by_parent: dict[str, list[Judgements]]) -> str:
    children: dict[str, str] = {}
    for parent, ones in by_parent.items():
        for item in ones[0].items:
            if item in children:
                raise QuantityError(
                    f"judgements: '{item}' stands below '{children[item]}' and '{parent}'; give it two names"
                )
            children[item] = parent
    tops = [parent for parent in by_parent if parent not in children]
    if len(tops) != 1:
        found = ", ".join(tops) or "none (a loop)"
        raise QuantityError(
            f"judgements: one goal stands above all others; found {found}; name parents as the items they are"
        )
    return tops[0]


def _node(
    parent: str, ones: list[Judgements], method: str, table: str, draws: int, seed: int
) -> NodeReport:
    group = group_judgements(ones)
    middle = np.sqrt(group.lower * group.upper)
    try:
        if method in METHODS:
            weights = ahp_weights(middle, method, random_index=table)
            agreement = weights.consistency
            bare = np.asarray(weights)
            found = IntervalWeights(bare, bare, method)
        else:
            found = interval_weights(group.lower, group.upper, method, draws=draws, seed=seed)
            agreement = consistency(middle, table=table)
    except QuantityError as error:
        raise QuantityError(f"judgements for {parent}: {error}") from None
    whole = np.isfinite(group.lower).all()
    bounds = (group.lower, group.upper)
    wide = acceptable(*bounds)[1]["indeterminacy"] if whole else float("nan")
    if agreement is None:
        raise AssertionError("weights of judgements carry their consistency")
    return NodeReport(
        parent,
        ones[0].items,
        found,
        agreement,
        wide,
        bool(whole) and feasible(*bounds),
        intransitivity(*bounds) if whole else float("nan"),
        len(ones),
        float(np.nanmax(group.spread)),
    )
