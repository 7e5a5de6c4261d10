"""Weigh and rank: judgements and alternatives that lie in a file, without a study."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.collect.catalog import InputSpec
from shanshui.collect.readers import read_table as read_cells
from shanshui.collect.sheets.body import is_total
from shanshui.collect.sheets.reading import plain_rows
from shanshui.core.errors import DataError, QuantityError, ShanshuiError
from shanshui.decision.alternatives import (
    RankedAlternatives,
    alternatives_of,
    criterion_weights,
    ranked,
)
from shanshui.decision.hierarchy import HierarchyWeights, NodeReport, hierarchy_weights
from shanshui.decision.judgements import judgement, judgements_of
from shanshui.queries.plain import jsonable, plain, records
from shanshui.queries.table_files import naming, refuse_odd


@dataclass(frozen=True)
class JudgedWeights(HierarchyWeights):
    """Weights from judgements, with how far these agree and what would mend them."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found: dict[str, Any] = jsonable(
            {"weights": records(self.table), "nodes": [_node(n) for n in self.nodes]}
        )
        return found


def _node(node: NodeReport) -> dict[str, Any]:
    c, names = node.consistency, node.items
    return {
        "parent": node.parent,
        "method": node.weights.method,
        "scale": node.weights.scale,
        "items": names,
        "lower": [plain(v) for v in node.weights.lower],
        "upper": [plain(v) for v in node.weights.upper],
        "found": node.weights.found,
        "finding": node.weights.finding,
        "facts": {k: plain(v) for k, v in node.weights.facts.items()},
        "consistency_ratio": c.ratio,
        "accepted": c.accepted,
        "random_index": c.random_index,
        "geometric_index": c.geometric_index,
        "principal_eigenvalue": c.principal_eigenvalue,
        "indeterminacy": plain(node.indeterminacy),
        "feasible": node.feasible,
        "intransitivity": plain(node.intransitivity),
        "worst": [names[k] for k in c.worst],
        "repair": [names[c.repair[0]], names[c.repair[1]], c.repair[2], c.repair[3]]
        if c.repair
        else [],
        "experts": node.experts,
        "spread": plain(node.spread),
    }


def weigh(
    file: Path, method: str = "", *, random_index: str = "saaty", draws: int = 4000, seed: int = 0
) -> JudgedWeights:
    """Weights from a file of judgements.

    Parameters
    ----------
    file : Path
        CSV or Excel: a labelled square, a bare square, or a list with ``row, column`` and ``value`` or ``lower, upper``.
    method : str
        Crisp or interval AHP; blank takes ``eigenvector``, and ``goal-programme`` where judgements are intervals.
    random_index : str
        Table of the consistency ratio.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    JudgedWeights
        One node for a square; all of a hierarchy for a list with parents.

    Raises
    ------
    DataError
        Unreadable file.
    QuantityError
        Judgements that are none; says where.
    """
    file = Path(file)
    with naming(file):
        judgements = judgements_of(_judgement_cells(file))
        if not method:
            method = "eigenvector" if all(j.crisp for j in judgements) else "goal-programme"
        found = hierarchy_weights(
            judgements, method, random_index=random_index, draws=draws, seed=seed
        )
    return JudgedWeights(found.table, found.nodes)


def _judgement_cells(file: Path) -> pd.DataFrame:
    """Cells as text: fractions and intervals are no numbers yet; a square may have no head."""
    refuse_odd(file, "judgements")
    rows, mark = plain_rows(file, "judgements")
    if mark:
        rows = [[_point(c, mark) for c in row] for row in rows]
    _refuse_twice(rows[0], file)
    wide = len(rows[0])
    if len(rows) == wide and _bare(rows):
        return pd.DataFrame(rows, columns=[f"item {k + 1}" for k in range(wide)])
    return pd.DataFrame(rows[1:], columns=rows[0])


_DECIMAL_COMMA = re.compile(r"^[-+]?\d+,\d+$")


def _point(cell: str, mark: str) -> str:
    """Number with a decimal comma, where the comma does not part cells: 2,5 is no interval from 2 to 5."""
    return cell.replace(",", ".") if mark != "," and _DECIMAL_COMMA.match(cell) else cell


def _refuse_twice(heads: list[Any], file: Path) -> None:
    """Refuse labels that stand twice; judgements of a square without labels may."""
    said = [str(h).strip().lower() for h in heads]
    for head in said:
        if head and said.count(head) > 1 and not _is_judgement(head):
            raise DataError(f"judgements: {file} has two columns '{head[:60]}'; keep one")


def _is_judgement(text: str) -> bool:
    try:
        judgement(text)
    except ShanshuiError:
        return False
    return True


def _bare(rows: list[list[Any]]) -> bool:
    """A square of judgements without labels: the diagonal is 1."""
    try:
        return all(float(str(row[k])) == 1.0 for k, row in enumerate(rows))
    except ValueError:
        return False


@dataclass(frozen=True)
class Ranking(RankedAlternatives):
    """Order of alternatives, and how firmly it stands."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        turned = self.reversal
        found: dict[str, Any] = jsonable(
            {
                "alternatives": records(self.table),
                "weights": records(self.weights),
                "reversal": {}
                if turned is None
                else {
                    "share": turned.share,
                    "pairs": turned.reversed_pairs.tolist(),
                    "first_changes": turned.first_changes.tolist(),
                },
                "similarity": self.similarity,
            }
        )
        return found


def rank(
    file: Path,
    criteria: Path | None = None,
    judgements: Path | None = None,
    *,
    method: str = "topsis",
    objective: str = "",
    combine: str = "linear",
    share: float = 0.5,
    draws: int = 10_000,
    seed: int = 0,
) -> Ranking:
    """Alternatives of a file in order.

    Parameters
    ----------
    file : Path
        CSV or Excel: names, then a column per criterion, or two that end in ``lower`` and ``upper``.
    criteria : Path, optional
        Columns ``criterion``, and if known ``direction, weight, least, greatest``.
    judgements : Path, optional
        Paired judgements whose last items are the criteria.
    method : str
        A ranking.
    objective : str
        Data weights, alone or with the judged ones.
    combine : str
        ``linear``, ``multiplicative`` or ``game``.
    share : float [1]
        Of the judged with ``linear``.
    draws, seed : int
        Of the sets of weights.

    Returns
    -------
    Ranking
        With the weights, and how firmly the order stands.

    Raises
    ------
    DataError
        Unreadable file.
    QuantityError
        Tables that do not fit one another, or what a method refuses.
    """
    with naming(file):
        refuse_odd(file, "table")
        table = read_cells(file, InputSpec(file=str(file)), "table")
        _refuse_sums(table)
        given = alternatives_of(table, _criteria_cells(criteria))
    judged = None if judgements is None else _judged(judgements, given.criteria)
    weights = criterion_weights(given, judged, objective=objective, combine=combine, share=share)
    found = ranked(given, weights, method=method, draws=draws, seed=seed)
    return Ranking(found.table, found.weights, found.reversal, found.similarity)


def _refuse_sums(table: pd.DataFrame) -> None:
    """Refuse a row of sums or means, which would be ranked as if it were an alternative."""
    numbers = table.iloc[:, 1:].select_dtypes("number").to_numpy(np.float64)
    for row, name in enumerate(table.iloc[:, 0]):
        if not is_total(name) or not numbers.size:
            continue
        rest = np.delete(numbers, row, axis=0)
        if (
            len(rest)
            and (
                np.isclose(rest.sum(axis=0), numbers[row])
                | np.isclose(rest.mean(axis=0), numbers[row])
            ).any()
        ):
            raise DataError(
                f"row '{name}' holds the sum or the mean of the others; take it out, or it is ranked as one of them"
            )


def _criteria_cells(file: Path | None) -> pd.DataFrame | None:
    if file is None:
        return None
    refuse_odd(file, "criteria")
    return read_cells(file, InputSpec(file=str(file)), "criteria")


def _judged(file: Path, criteria: Sequence[str]) -> NDArray[np.float64]:
    """Weights of the criteria from judgements of them."""
    found = weigh(file, "").table
    leaves = found[found["leaf"]].set_index("item")["global_weight"]
    if sorted(leaves.index) != sorted(criteria):
        other = ", ".join(sorted(set(leaves.index) ^ set(criteria)))
        raise QuantityError(f"{file}: judgements are not of the criteria of the table: {other}")
    return leaves[list(criteria)].to_numpy()
