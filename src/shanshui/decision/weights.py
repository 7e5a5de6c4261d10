"""Weights of indicators: from paired judgements, from the spread of the data, from both."""

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError

RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
"""Mean consistency index of random judgements by size, 1 to 10, Saaty [M]."""
ACCEPTED = 0.10
"""Greatest consistency ratio of judgements that stand [S]."""


def judged_weights(matrix: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Weights from paired judgements (AHP): the principal eigenvector.

    Parameters
    ----------
    matrix : (n, n)
        How many times the row matters more than the column; reciprocal, 1 on the diagonal.

    Returns
    -------
    ((n,) array, float)
        Weights that sum to 1, and the consistency ratio; judgements above 0.10 should be made again.

    Raises
    ------
    QuantityError
        Not square, not positive, not reciprocal, or larger than 10.
    """
    a = np.asarray(matrix, np.float64)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 1 <= a.shape[0] <= 10:
        raise QuantityError(f"matrix: shape {a.shape}, expected n x n with n from 1 to 10")
    if (a <= 0).any() or not np.allclose(a * a.T, 1.0, rtol=1e-3):
        raise QuantityError(
            "matrix: not reciprocal; the judgement of b over a must be 1 over that of a over b"
        )
    values, vectors = np.linalg.eig(a)
    at = int(np.argmax(values.real))
    weight = np.abs(vectors[:, at].real)
    n = a.shape[0]
    if n <= 2:
        return weight / weight.sum(), 0.0
    index = (float(values[at].real) - n) / (n - 1)
    return weight / weight.sum(), max(index / RANDOM_INDEX[n - 1], 0.0)


def entropy_weights(
    scores: NDArray[np.floating], *, cap: float | None = None
) -> NDArray[np.float64]:
    """Weights from the spread of the data: even indicators say little.

    Parameters
    ----------
    scores : (unit, indicator)
        0 or more, scaled.
    cap : float [1]
        Greatest weight; by default twice the mean. A nearly constant indicator with one outlier would else take most of it.

    Returns
    -------
    (indicator,) [1]
        Sums to 1; what a capped indicator loses goes to the others in proportion.

    Raises
    ------
    QuantityError
        Negative scores, or an indicator that is 0 everywhere.
    """
    x = np.asarray(scores, np.float64)
    if (x < 0).any() or (x.sum(axis=0) == 0).any():
        raise QuantityError("scores: negative, or an indicator that is 0 everywhere")
    share = x / x.sum(axis=0)
    terms = np.where(share > 0, share * np.log(np.where(share > 0, share, 1.0)), 0.0)
    spread = 1.0 + terms.sum(axis=0) / np.log(x.shape[0])
    if spread.sum() <= 1e-12:
        return np.full(x.shape[1], 1.0 / x.shape[1])
    weight = spread / spread.sum()
    most = 2.0 / x.shape[1] if cap is None else cap
    for _ in range(x.shape[1]):
        over = weight > most
        rest = weight[~over].sum()
        if not over.any() or rest == 0:
            break
        weight = np.where(over, most, weight * (1.0 - most * over.sum()) / rest)
    return weight


def combined_weights(
    judged: NDArray[np.floating], entropy: NDArray[np.floating], share: float = 0.5
) -> NDArray[np.float64]:
    """Judged and data weights together; ``share`` [1] is that of the judged [D]."""
    weight = share * np.asarray(judged, np.float64) + (1.0 - share) * np.asarray(
        entropy, np.float64
    )
    return weight / weight.sum()
