"""Weights from paired judgements: the analytic hierarchy process on crisp judgements."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from shanshui.core.errors import QuantityError, nearest
from shanshui.decision.consistency import Consistency, consistency, principal
from shanshui.decision.judgements import Square, checked_judgements

METHODS = ("eigenvector", "geometric")
ROUNDS, SETTLED = 500, 1e-12
"""Rounds of completion, and the change of a log judgement below which it has settled."""


class JudgedWeights(np.ndarray):
    """Weights that know how far the judgements behind them agree: an array like any other.

    Attributes
    ----------
    consistency : Consistency
        Agreement of the judgements; None on an array that was computed from this one.
    completed : (n, n) [1]
        The judgements, missing ones filled in.
    """

    consistency: Consistency | None
    completed: Square | None

    def __new__(cls, values: ArrayLike, agreement: Consistency, judgements: Square) -> Self:
        """Make weights that carry ``agreement`` and ``judgements``."""
        out = np.asarray(values, np.float64).view(cls)
        out.consistency, out.completed = agreement, judgements
        return out

    def __array_finalize__(self, other: Any) -> None:
        """Slices and results of arithmetic are plain: they are no weights of these judgements."""
        self.consistency = self.completed = None

    @property
    def consistency_ratio(self) -> float:
        """Consistency ratio of the judgements; NaN on an array that was computed from weights."""
        return float("nan") if self.consistency is None else self.consistency.ratio

    @property
    def weights(self) -> NDArray[np.float64]:
        """The bare array."""
        return np.asarray(self)


def ahp_weights(
    matrix: ArrayLike, method: str = "eigenvector", *, random_index: str = "saaty"
) -> JudgedWeights:
    """Weights from crisp judgements.

    Parameters
    ----------
    matrix : (n, n) [1]
        How many times the row matters more than the column: reciprocal, 1 on the diagonal; NaN where nobody judged.
    method : str
        ``eigenvector`` (Saaty 1980), or ``geometric``: mean of each row, which is the log least-squares solution.
    random_index : str
        Table for the consistency ratio: ``saaty``, ``saaty-new``, ``donegan-dodd`` or ``alonso-lamata``.

    Returns
    -------
    (n,) [1]
        Sum to 1; carries ``consistency_ratio``, ``consistency`` and the ``completed`` judgements.

    Raises
    ------
    QuantityError
        Judgements that are none (says where), items that no chain of judgements links, unknown method or table.

    Notes
    -----
    ``eigenvector``: ``A w = l w`` with A the judgements and l their greatest eigenvalue. ``geometric``: ``w_i`` in proportion to
    ``(prod_j a_ij)^(1/n)`` (Crawford and Williams 1985). ``CR = (l - n) / (n - 1) / RI(n)``, accepted up to 0.10 (Saaty 1980).
    """
    a = checked_judgements(matrix)
    if method not in METHODS:
        raise QuantityError(f"method: '{method}'; {nearest(method, METHODS)}")
    if np.isnan(a).any():
        a = completed(a)
    if method == "eigenvector":
        _, weights = principal(a)
    else:
        mean = np.exp(np.log(a).mean(axis=1))
        weights = mean / mean.sum()
    return JudgedWeights(weights, consistency(a, table=random_index), a)


def completed(matrix: ArrayLike) -> Square:
    """Judgements with missing ones filled so that the greatest eigenvalue is least.

    Cyclic coordinate descent on the logs: for one pair the eigenvalue is least where the judgement equals the ratio that the
    eigenvectors of both sides imply (Bozóki, Fülöp and Rónyai 2010).

    Parameters
    ----------
    matrix : (n, n) [1]
        Reciprocal; NaN where nobody judged.

    Returns
    -------
    (n, n) [1]
        Complete and reciprocal; unique.

    Raises
    ------
    QuantityError
        The judgements fall apart into groups that nothing links.
    """
    a = checked_judgements(matrix)
    n = len(a)
    known = np.isfinite(a)
    count, group = connected_components(known, directed=False)
    if count > 1:
        apart = ", ".join(str(k + 1) for k in np.flatnonzero(group != group[0])[:10])
        raise QuantityError(
            f"matrix: no chain of judgements links item {apart} to item 1; judge at least one such pair"
        )
    logs = np.where(known, np.log(np.where(known, a, 1.0)), 0.0)
    # start: log least squares on the judgements there are
    laplacian = np.diag(known.sum(axis=1).astype(float)) - known
    v = np.linalg.lstsq(laplacian, logs.sum(axis=1), rcond=None)[0]
    logs = np.where(known, logs, v[:, None] - v[None, :])
    missing = np.argwhere(np.triu(~known, 1))
    for _ in range(ROUNDS):
        change = 0.0
        for i, j in missing:
            best = _least(logs, int(i), int(j))
            change = max(change, abs(best - logs[i, j]))
            logs[i, j], logs[j, i] = best, -best
        if change < SETTLED:
            break
    out = np.exp(logs)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out[:n, :n])


def _least(logs: Square, i: int, j: int) -> float:
    """Log judgement of one pair at which the greatest eigenvalue, convex in it, is least."""
    at = float(logs[i, j])
    work = np.exp(logs)
    for _ in range(60):
        work[i, j], work[j, i] = np.exp(at), np.exp(-at)
        _, right = principal(work)
        _, left = principal(work.T)
        # slope of the eigenvalue: u_i v_j e^t - u_j v_i e^-t over u.v; zero where e^2t is the ratio below
        best = 0.5 * float(np.log(left[j] * right[i] / (left[i] * right[j])))
        step = best - at
        at += step
        if abs(step) < SETTLED:
            break
    return at
