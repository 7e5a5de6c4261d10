"""Weigh judgements, rank alternatives and read input-output tables that lie in a file, without a study."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import require
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
from shanshui.decision.hierarchy import HierarchyWeights, hierarchy_weights
from shanshui.decision.judgements import judgement, judgements_of
from shanshui.industry.io_table import read_table
from shanshui.industry.linkage import linkage_table
from shanshui.study.sections import refuse_path


def weigh(
    file: Path, method: str, *, random_index: str = "saaty", draws: int = 4000, seed: int = 0
) -> HierarchyWeights:
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
    HierarchyWeights
        One node for a square; all of a hierarchy for a list with parents.

    Raises
    ------
    DataError
        Unreadable file.
    QuantityError
        Judgements that are none; says where.
    """
    with naming(file):
        judgements = judgements_of(_judgement_cells(file))
        if not method:
            method = "eigenvector" if all(j.crisp for j in judgements) else "goal-programme"
        return hierarchy_weights(
            judgements, method, random_index=random_index, draws=draws, seed=seed
        )


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Messages about what a file holds name the file.

    Raises
    ------
    DataError
        Cells that cannot be numbers of any kind: whatever a library says of them.
    """
    try:
        yield
    except ShanshuiError as error:
        if str(file) in str(error):
            raise
        raise type(error)(f"{file}: {error}") from error
    except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
        said = " ".join(str(error).split())[:160]
        raise DataError(
            f"{file}: cannot be read as the table it should be ({said}); expected names and numbers"
        ) from error


def refuse_odd(file: Path, name: str) -> None:
    """Refuse what cannot be a table's file.

    Raises
    ------
    DataError
        Nothing there, a folder, a pipe.
    """
    try:
        refuse_path(str(file))
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    require(file, name)
    if not file.is_file():
        what = "a folder" if file.is_dir() else "no regular file"
        raise DataError(
            f"{name}: {file} is {what}; expected a table (.csv, .xlsx, .xls, .ods or .parquet)"
        )


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
) -> RankedAlternatives:
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
    RankedAlternatives
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
    return ranked(given, weights, method=method, draws=draws, seed=seed)


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


def linkages_of(
    file: Path, *, sectors: int | None = None, tolerance: float = 0.01, sensitivity: str = "ghosh"
) -> pd.DataFrame:
    """Linkages of the sectors of a table in a file.

    Parameters
    ----------
    file : Path
        CSV, Excel or Parquet.
    sectors : int, optional
        How many; found out by default.
    tolerance : float [1]
        Greatest imbalance over output.
    sensitivity : str
        Definition of the quadrant.

    Returns
    -------
    DataFrame
        As the product ``linkages``.

    Raises
    ------
    DataError
        No table there, or one that does not balance: by how much and where.
    """
    with naming(file):
        refuse_odd(file, "table")
        frame = coefficients_input(file, InputSpec(file=str(file)), "table")
        table = read_table(frame, sectors)
        return linkage_table(table, sensitivity=sensitivity, tolerance=tolerance)
