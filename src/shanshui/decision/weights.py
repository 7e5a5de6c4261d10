"""Weights of indicators from the spread of the data, and with judged ones together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shanshui.core.errors import QuantityError
from shanshui.decision.criteria import (
    Direction,
    Matrix,
    checked_scores,
    parsed_directions,
    quotient,
    ranged,
)

Weights = NDArray[np.float64]
FLAT = 1e-12
"""Information below which an indicator counts as constant."""


def entropy_weights(
    scores: ArrayLike,
    directions: Sequence[Direction] | None = None,
    *,
    scaling: str = "share",
    cap: float | None = None,
) -> Weights:
    """Weights from the spread of the data (Shannon; Hwang and Yoon 1981): even indicators say little.

    Parameters
    ----------
    scores : (alternative, indicator)
        0 or more with ``share``.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``, ``target:VALUE``; all benefits by default.
    scaling : str
        ``share``: the scores as they are, costs as their reciprocals (``min / x``). ``range``: min-max scaled by direction first. The two
        give different weights: a shift of the data changes entropy.
    cap : float [1], optional
        Greatest weight: a nearly constant indicator with one outlier would else take most. What it loses goes to the others.

    Returns
    -------
    (indicator,) [1]
        Sum to 1; a constant indicator has 0; equal where all are constant.

    Raises
    ------
    QuantityError
        Missing values; negative ones, or a cost of 0, with ``share``; unknown scaling.

    Notes
    -----
    ``w_j = d_j / sum(d)`` with ``d_j = 1 + sum_i(p_ij ln p_ij) / ln m`` and ``p_ij = x_ij / sum_i(x_ij)``: x the scores of m
    alternatives, ``0 ln 0 = 0``.
    """
    if scaling not in ("share", "range"):
        raise QuantityError(f"scaling: '{scaling}'; expected share or range")
    x = ranged(scores, directions) if scaling == "range" else _positive(scores, directions)
    total = x.sum(axis=0)
    share = quotient(x, total)
    terms = share * np.log(share, out=np.zeros_like(share), where=share > 0)
    spread = 1.0 + terms.sum(axis=0) / np.log(max(len(x), 2))
    spread = np.where(_constant(x), 0.0, np.maximum(spread, 0.0))
    weight = _shares(spread)
    return weight if cap is None else _capped(weight, cap)


def _positive(scores: ArrayLike, directions: Sequence[Direction] | None) -> Matrix:
    """Scores of 0 or more of which more is better, without a shift."""
    x = checked_scores(scores, "scores").copy()
    for j, (sign, target) in enumerate(parsed_directions(directions, x.shape[1])):
        if target is not None:
            off = np.abs(x[:, j] - target)
            x[:, j] = off.max() - off
        elif (x[:, j] < 0).any():
            raise QuantityError(
                f"scores: column {j + 1} has negative values; choose scaling='range', or shift the data yourself: it changes the weights"
            )
        elif sign < 0:
            if (x[:, j] == 0).any():
                raise QuantityError(
                    f"scores: column {j + 1} is a cost and holds 0, whose reciprocal is none; choose scaling='range'"
                )
            x[:, j] = x[:, j].min() / x[:, j]
    return x


def _constant(x: Matrix) -> NDArray[np.bool_]:
    return np.ptp(x, axis=0) <= FLAT * np.maximum(np.abs(x).max(axis=0), FLAT)


def _shares(information: NDArray[np.float64]) -> Weights:
    total = float(information.sum())
    if total <= FLAT:
        return np.full(len(information), 1.0 / len(information))
    return information / total


def _capped(weight: Weights, cap: float) -> Weights:
    if cap * len(weight) < 1.0:
        raise QuantityError(f"cap: {cap} for {len(weight)} indicators cannot sum to 1")
    for _ in range(len(weight)):
        over = weight > cap
        rest = weight[~over].sum()
        if not over.any() or rest == 0:
            break
        weight = np.where(over, cap, weight * (1.0 - cap * over.sum()) / rest)
    return weight


def critic_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from contrast and conflict (CRITIC; Diakoulaki, Mavrotas and Papayannakis 1995).

    Parameters
    ----------
    scores : (alternative, indicator)
        Any.
    directions : sequence, optional
        As in :func:`entropy_weights`.

    Returns
    -------
    (indicator,) [1]
        Sum to 1; a constant indicator has 0, and its correlation with others counts as 0.

    Raises
    ------
    QuantityError
        Missing values or directions that do not fit.

    Notes
    -----
    ``w_j = c_j / sum(c)`` with ``c_j = s_j sum_k(1 - r_jk)``, s_j the standard deviation of the min-max scaled indicator and
    r_jk the correlation of two.
    """
    x = ranged(scores, directions)
    deviation = x.std(axis=0)
    # a constant indicator is 0 everywhere: so are its deviation and its correlations
    scaled = quotient(x - x.mean(axis=0), deviation)
    correlation = scaled.T @ scaled / len(x)
    np.fill_diagonal(correlation, 1.0)
    return _shares(deviation * (1.0 - correlation).sum(axis=0))


def deviation_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from the standard deviation of the min-max scaled scores; arguments as :func:`critic_weights`.

    Notes
    -----
    ``w_j = s_j / sum(s)`` (Diakoulaki, Mavrotas and Papayannakis 1995, who set it beside CRITIC).
    """
    return _shares(ranged(scores, directions).std(axis=0))


def gini_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from the Gini coefficient of each indicator; arguments as :func:`entropy_weights` with shares.

    Notes
    -----
    ``w_j = g_j / sum(g)`` with ``g_j = sum_i((2 i - m - 1) x_(i)j) / (m sum_i(x_ij))``, x_(i) the i-th least of m scores.
    """
    x = np.sort(_positive(scores, directions), axis=0)
    m = len(x)
    total = x.sum(axis=0)
    order = (2.0 * np.arange(1, m + 1) - m - 1.0)[:, None]
    gini = quotient((order * x).sum(axis=0), m * total)
    return _shares(np.maximum(gini, 0.0))


def merec_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from what the whole loses without each indicator (MEREC; Keshavarz-Ghorabaee and others 2021).

    Parameters
    ----------
    scores : (alternative, indicator)
        Above 0.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``.

    Returns
    -------
    (indicator,) [1]
        Sum to 1.

    Raises
    ------
    QuantityError
        Values of 0 or less, targets.

    Notes
    -----
    ``w_j = e_j / sum(e)`` with ``e_j = sum_i |S'_ij - S_i|``, ``S_i = ln(1 + sum_k |ln n_ik| / n)`` over n indicators, S'_ij the
    same without indicator j, and n_ik the score scaled as ``min / x`` for benefits and ``x / max`` for costs.
    """
    x = _above_zero(scores, "MEREC")
    signs = _signs(directions, x.shape[1], "MEREC")
    scaled = np.where(signs > 0, x.min(axis=0) / x, x / x.max(axis=0))
    logs = np.abs(np.log(scaled))
    n = x.shape[1]
    whole = np.log(1.0 + logs.mean(axis=1))
    without = np.log(1.0 + (logs.sum(axis=1)[:, None] - logs) / n)
    return _shares(np.abs(without - whole[:, None]).sum(axis=0))


def cilos_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from the loss of each indicator where another is best (CILOS; Zavadskas and Podvezko 2016).

    Parameters
    ----------
    scores : (alternative, indicator)
        Above 0.
    directions : sequence, optional
        1 or ``benefit``, -1 or ``cost``.

    Returns
    -------
    (indicator,) [1]
        Sum to 1.

    Raises
    ------
    QuantityError
        Values of 0 or less, targets.

    Notes
    -----
    ``F w = 0`` with ``f_ij = (a_jj - a_ij) / a_jj`` off the diagonal and ``f_jj = -sum_i(f_ij)``: a_ij is the share of indicator
    j in the alternative that is best by indicator i, costs as ``min / x``.
    """
    x = _above_zero(scores, "CILOS")
    signs = _signs(directions, x.shape[1], "CILOS")
    good = np.where(signs > 0, x, x.min(axis=0) / x)
    share = good / good.sum(axis=0)
    best = share.argmax(axis=0)
    square = share[best]
    loss = (np.diag(square)[None, :] - square) / np.diag(square)[None, :]
    np.fill_diagonal(loss, 0.0)
    system = loss - np.diag(loss.sum(axis=0))
    if not loss.any():
        return _shares(np.zeros(len(best)))
    # weights are the null vector of the system that sums to 1; the shortest where there are several
    rows = np.vstack([system, np.ones(len(best))])
    right = np.append(np.zeros(len(best)), 1.0)
    return _shares(np.abs(np.linalg.lstsq(rows, right, rcond=1e-9)[0]))


def idocriw_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Entropy and CILOS together (IDOCRIW; Zavadskas and Podvezko 2016); arguments as :func:`cilos_weights`.

    Notes
    -----
    ``w_j = e_j c_j / sum(e c)`` with e the entropy weights and c those of CILOS.
    """
    return _shares(entropy_weights(scores, directions) * cilos_weights(scores, directions))


def lopcow_weights(scores: ArrayLike, directions: Sequence[Direction] | None = None) -> Weights:
    """Weights from the log of root mean square over deviation (LOPCOW; Ecer and Pamucar 2022).

    Parameters
    ----------
    scores : (alternative, indicator)
        Any.
    directions : sequence, optional
        As in :func:`entropy_weights`.

    Returns
    -------
    (indicator,) [1]
        Sum to 1; a constant indicator has 0.

    Notes
    -----
    ``w_j = p_j / sum(p)`` with ``p_j = |ln(sqrt(mean_i(x_ij^2)) / s_j)|``, x the min-max scaled scores and s_j their standard
    deviation; the authors count p in hundredths, which leaves the weights as they are.
    """
    x = ranged(scores, directions)
    deviation = x.std(axis=0)
    root = np.sqrt((x**2).mean(axis=0))
    return _shares(np.abs(np.log(quotient(root, deviation, 1.0))))


def _above_zero(scores: ArrayLike, method: str) -> Matrix:
    x = checked_scores(scores, "scores")
    bad = np.argwhere(x <= 0)
    if len(bad):
        raise QuantityError(
            f"scores: row {bad[0][0] + 1}, column {bad[0][1] + 1} holds {x[tuple(bad[0])]:g}; {method} needs values above 0"
        )
    return x


def _signs(directions: Sequence[Direction] | None, count: int, method: str) -> NDArray[np.int64]:
    parsed = parsed_directions(directions, count)
    if any(target is not None for _, target in parsed):
        raise QuantityError(f"directions: {method} knows benefit and cost, not targets")
    return np.array([sign for sign, _ in parsed])


def combined_weights(
    judged: ArrayLike, measured: ArrayLike, share: float = 0.5, *, method: str = "linear"
) -> Weights:
    """Judged and data weights together.

    Parameters
    ----------
    judged, measured : (indicator,) [1]
        Each sums to 1.
    share : float [1]
        Of the judged with ``linear`` [D].
    method : str
        ``linear``, ``multiplicative`` (product, which sharpens), or ``game``: the combination nearest to both.

    Returns
    -------
    (indicator,) [1]
        Sum to 1.

    Raises
    ------
    QuantityError
        Shapes that differ, a share outside [0, 1], no indicator with weight in both, unknown method.

    Notes
    -----
    ``linear``: ``a w_s + (1 - a) w_o`` with a the share. ``multiplicative``: ``w_s w_o`` over its sum. ``game``: ``|a_1| w_s + |a_2|
    w_o`` over its sum, where a solves ``sum_k a_k (w_l . w_k) = w_l . w_l`` for both l: least distance from both vectors.
    """
    a, b = np.asarray(judged, np.float64), np.asarray(measured, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise QuantityError(f"judged, measured: shapes {a.shape} and {b.shape}, expected one")
    if method == "linear":
        if not 0.0 <= share <= 1.0:
            raise QuantityError(f"share: {share}, expected 0 to 1")
        out = share * a + (1.0 - share) * b
    elif method == "multiplicative":
        out = a * b
        if out.sum() <= 0:
            raise QuantityError("judged, measured: no indicator has weight in both")
    elif method == "game":
        both = np.stack([a, b])
        normal = both @ both.T
        # two equal vectors leave the share open: least squares takes halves
        out = np.abs(np.linalg.lstsq(normal, np.diag(normal), rcond=None)[0]) @ both
    else:
        raise QuantityError(f"method: '{method}'; expected linear, multiplicative or game")
    return out / out.sum()


OBJECTIVE = {
    "entropy": entropy_weights,
    "critic": critic_weights,
    "deviation": deviation_weights,
    "gini": gini_weights,
    "merec": merec_weights,
    "cilos": cilos_weights,
    "idocriw": idocriw_weights,
    "lopcow": lopcow_weights,
}
"""Objective weights by name."""
