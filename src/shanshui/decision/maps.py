"""Rankings on maps: every cell is an alternative, every layer a criterion."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, Each, OneOf
from shanshui.core.vocabulary import AnyLayers, Index
from shanshui.decision.criteria import checked_weights, parsed_directions, quotient
from shanshui.kernels.overlay import GREY, TOPSIS, VIKOR, WEIGHTED_SUM, overlaid, spans

PARTS = 16
"""Pieces in which a map is looked through at once; sums do not depend on the machine."""


@assessment(source="hwang1981", bytes_per_cell=16)
def overlay_score(
    layers: AnyLayers,
    *,
    weights: Annotated[tuple[float, ...], Each(0.0, 1e6)] = (),
    directions: tuple[str, ...] = (),
    method: Annotated[
        str, OneOf("weighted-sum", "topsis", "vikor", "promethee", "grey")
    ] = "weighted-sum",
    distinguishing: Annotated[float, Between(1e-6, 1.0)] = 0.5,
) -> Index:
    """Score of each cell by several criteria.

    Parameters
    ----------
    layers : layers
        One grid per criterion, any units.
    weights : sequence of float [1]
        One per layer, in the order of the layers; equal without any.
    directions : sequence of str
        ``benefit``, ``cost`` or ``target:VALUE`` per layer; all benefits without any.
    method : str
        As the rankings of tables with their usual settings; all cells of the region are the alternatives.
    distinguishing : float [1]
        Of the grey relation.

    Returns
    -------
    (y, x) [1]
        More is better; NaN where any layer is missing.

    Raises
    ------
    QuantityError
        No layers; weights or directions that do not fit them.

    Notes
    -----
    With x the layers, of which a cost counts negative and a target t as ``-|x - t|``, x- and x+ their least and greatest
    value over all cells, w the weights [1] and ``r = (x - x-) / (x+ - x-)`` [1] (Hwang and Yoon 1981 [M]; decision 0013):

    ``weighted-sum``: ``sum(w r)``. ``topsis``: ``d- / (d+ + d-)``, d+ and d- the distances in ``w x / sqrt(sum(x^2))`` to the
    greatest and the least of each layer. ``vikor``: ``1 - Q``, Q the mean of ``S = sum(w (1 - r))`` and ``R = max(w (1 - r))``,
    each scaled to [0, 1] over the cells (Opricovic 1998 [M]). ``promethee``: cells below less cells above over all others,
    weighted (Brans and Vincke 1985 [M]). ``grey``: ``sum(w z / (1 - r + z))`` with z ``distinguishing`` (Deng 1982 [M]).
    """
    names = [str(name) for name in layers.data_vars]
    if not names:
        raise QuantityError("layers: none were given")
    grids = tuple(
        np.ascontiguousarray(layers[name].values, np.float32).reshape(-1) for name in names
    )
    w = checked_weights(np.array(weights) if weights else np.ones(len(names)), len(names))
    signs = parsed_directions(directions or None, len(names))
    values = _scores(grids, w, signs, method, distinguishing)
    like = layers[names[0]]
    return like.copy(data=values.reshape(like.shape)).assign_attrs(units="1")


def _scores(
    grids: tuple[NDArray[np.float32], ...],
    w: NDArray[np.float64],
    signs: list[tuple[int, float | None]],
    method: str,
    distinguishing: float,
) -> NDArray[np.float32]:
    if method == "promethee":
        return _net_flow(grids, w, signs)
    # a target is a benefit of its own: minus the distance from it
    grids = tuple(
        grid if target is None else -np.abs(grid - np.float32(target))
        for grid, (_, target) in zip(grids, signs, strict=True)
    )
    k = len(grids)
    facts = spans(grids, PARTS)
    out = np.empty(grids[0].size, np.float32)
    if np.isnan(facts).any():
        out[:] = np.nan
        return out
    good = np.array([target is not None or sign > 0 for sign, target in signs])
    best = np.where(good, facts[:, 1], facts[:, 0])
    worst = np.where(good, facts[:, 0], facts[:, 1])
    span = best - worst
    scale = np.divide(1.0, span, out=np.zeros(k), where=span != 0)
    constant = np.zeros(k)
    second = out
    mode = {"weighted-sum": WEIGHTED_SUM, "topsis": TOPSIS, "vikor": VIKOR, "grey": GREY}[method]
    if method == "topsis":
        norm = np.sqrt(facts[:, 2])
        # from the worst, in units of the norm; the sign of a cost is in the span
        scale = quotient(np.sign(span), norm)
        constant = (best - worst) * scale
    elif method in ("vikor", "grey"):
        # regret: 0 at the best, 1 at the worst
        worst, scale = best, -scale
        constant[:] = distinguishing
        if method == "vikor":
            second = np.empty_like(out)
    overlaid(grids, scale, worst, w, mode, constant, out, second)
    if method == "vikor":
        for part in (out, second):
            least, most = np.nanmin(part), np.nanmax(part)
            part -= least
            if most > least:
                part /= most - least
        return np.float32(1.0) - np.float32(0.5) * (out + second)
    return out


def _net_flow(
    grids: tuple[NDArray[np.float32], ...],
    w: NDArray[np.float64],
    signs: list[tuple[int, float | None]],
) -> NDArray[np.float32]:
    """Net outranking flow with usual preferences: cells below minus cells above, from one sort per layer."""
    known = np.isfinite(grids[0])
    for grid in grids[1:]:
        known &= np.isfinite(grid)
    out = np.full(grids[0].size, np.nan, np.float32)
    count = int(known.sum())
    total = np.zeros(count, np.float32)
    for grid, weight, (sign, target) in zip(grids, w, signs, strict=True):
        x = grid[known]
        good = -np.abs(x - np.float32(target)) if target is not None else x * np.float32(sign)
        ordered = np.sort(good)
        below = np.searchsorted(ordered, good, "left")
        above = count - np.searchsorted(ordered, good, "right")
        total += (weight * (below - above) / max(count - 1, 1)).astype(np.float32)
    out[known] = total
    return out
