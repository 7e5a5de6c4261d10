"""How far judgements agree with one another, where they do not, and what would mend it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.judgements import Square, checked_judgements

ACCEPTED = 0.10
"""Greatest consistency ratio of judgements that stand [S]."""
RANDOM_INDICES: dict[str, tuple[float, ...]] = {
    "saaty": (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "saaty-new": (0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49),
    "donegan-dodd": (
        0.0, 0.0, 0.4887, 0.8045, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055,
    ),
}  # fmt: skip
"""Mean consistency index of random judgements by size, 1 to 10; Saaty [S2], Donegan and Dodd [M]."""
SLOPE, SHIFT = 2.7699, -4.3513
"""Mean greatest eigenvalue of random judgements of n items, fitted by Alonso and Lamata 2006 [M]: for any n."""
REFITTED = "alonso-lamata"


def random_index(n: int, table: str = "saaty") -> float:
    """Mean consistency index of random judgements of ``n`` items.

    Parameters
    ----------
    n : int [1]
        Items.
    table : str
        ``saaty``, ``saaty-new``, ``donegan-dodd`` (to 10 items; beyond that the fit stands) or ``alonso-lamata`` (any).

    Returns
    -------
    float [1]
        0 for one or two items, which cannot contradict.

    Raises
    ------
    QuantityError
        Unknown table.
    """
    if table not in (*RANDOM_INDICES, REFITTED):
        raise QuantityError(
            f"random_index: '{table}'; {nearest(table, (*RANDOM_INDICES, REFITTED))}"
        )
    if n <= 2:
        return 0.0
    known = RANDOM_INDICES.get(table, ())
    return known[n - 1] if n <= len(known) else (SLOPE * n + SHIFT - n) / (n - 1)


@dataclass(frozen=True)
class Consistency:
    """What is known of the agreement of judgements.

    Attributes
    ----------
    principal_eigenvalue : float [1]
        n where they agree.
    index, ratio : float [1]
        (eigenvalue - n) / (n - 1), and that over the random index.
    random_index : str
        Table of the random index.
    geometric_index : float [1]
        Mean squared log departure of the judgements from the ratios of the geometric-mean weights.
    worst : (i, j, k)
        Three items whose judgements contradict most: i over j times j over k against i over k; empty below three items.
    repair : (i, j, value, ratio)
        The one judgement to ask again, what the others imply for it, and the consistency ratio it would leave; empty when nothing is to mend.
    """

    principal_eigenvalue: float
    index: float
    ratio: float
    random_index: str
    geometric_index: float
    worst: tuple[int, int, int] | tuple[()]
    repair: tuple[int, int, float, float] | tuple[()]

    @property
    def accepted(self) -> bool:
        """The ratio is at most 0.10."""
        return self.ratio <= ACCEPTED


def principal(a: Square) -> tuple[float, NDArray[np.float64]]:
    """Greatest eigenvalue of a positive square, and its eigenvector that sums to 1."""
    values, vectors = np.linalg.eig(a)
    at = int(np.argmax(values.real))
    vector = np.abs(vectors[:, at].real)
    return float(values[at].real), vector / vector.sum()


def consistency(matrix: ArrayLike, *, table: str = "saaty") -> Consistency:
    """Agreement of crisp judgements.

    Parameters
    ----------
    matrix : (n, n) [1]
        Reciprocal, complete.
    table : str
        Of the random index.

    Returns
    -------
    Consistency
        All that there is to say.

    Raises
    ------
    QuantityError
        Judgements that are none, or missing ones (complete them first).
    """
    a = checked_judgements(matrix)
    if np.isnan(a).any():
        raise QuantityError("matrix: judgements are missing; complete them first (completed)")
    n = len(a)
    greatest, _ = principal(a)
    index, ratio = _ratio(a, table, greatest)
    logs = np.log(a)
    v = logs.mean(axis=1)
    departure = logs - (v[:, None] - v[None, :])
    pairs = np.triu_indices(n, 1)
    geometric = 2.0 / ((n - 1) * (n - 2)) * float((departure[pairs] ** 2).sum()) if n > 2 else 0.0
    return Consistency(
        greatest,
        index,
        ratio,
        table if n <= 10 or table == REFITTED else f"{table}, beyond 10 {REFITTED}",
        geometric,
        worst_triple(a),
        _repair(a, table) if ratio > 1e-9 else (),
    )


def _ratio(a: Square, table: str, greatest: float | None = None) -> tuple[float, float]:
    n = len(a)
    if n <= 2:
        return 0.0, 0.0
    if greatest is None:
        greatest, _ = principal(a)
    index = max((greatest - n) / (n - 1), 0.0)
    return index, index / random_index(n, table)


def worst_triple(a: Square) -> tuple[int, int, int] | tuple[()]:
    """Return the three items whose judgements contradict most."""
    n = len(a)
    if n < 3:
        return ()
    logs = np.log(a)
    # by rows: n cubed numbers at once would not fit for hundreds of items
    best = 0.0
    found: tuple[int, int, int] | tuple[()] = ()
    for i in range(n):
        off = np.abs(logs[i][:, None] + logs - logs[i][None, :])
        j, k = np.unravel_index(int(np.argmax(off)), off.shape)
        if not found or off[j, k] > best + 1e-12:
            best, found = float(off[j, k]), (i, int(j), int(k))
    return found


ASKED = 20
"""Judgements tried for repair: those farthest from what the others imply [D]."""


def _repair(a: Square, table: str) -> tuple[int, int, float, float] | tuple[()]:
    """The judgement that helps most when it is set to what all ways through a third item imply."""
    n = len(a)
    logs = np.log(a)
    implied = (logs.sum(axis=1)[:, None] + logs.sum(axis=0)[None, :] - 2.0 * logs) / max(n - 2, 1)
    rows, columns = np.triu_indices(n, 1)
    order = np.argsort(-np.abs(implied - logs)[rows, columns], kind="stable")[:ASKED]
    best: tuple[int, int, float, float] | tuple[()] = ()
    for i, j in zip(rows[order], columns[order], strict=True):
        other = a.copy()
        other[i, j], other[j, i] = np.exp(implied[i, j]), np.exp(-implied[i, j])
        ratio = _ratio(other, table)[1]
        if not best or ratio < best[3] - 1e-12:
            best = (int(i), int(j), float(other[i, j]), ratio)
    return best
