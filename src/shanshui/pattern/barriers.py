"""Where corridors are narrow, and where taking an obstacle away would shorten them most."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, Each, OneOf
from shanshui.core.vocabulary import Index
from shanshui.kernels.disc import disc_maximum, disc_minimum
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import pairwise
from shanshui.pattern.linkage import kept_pairs
from shanshui.pattern.reach import Reach
from shanshui.pattern.tables import Current, Detour, Pairs, SourceCells
from shanshui.region.grid import grid_of, like


@assessment(source="mcrae2008", bytes_per_cell=250, missing="off_corridors")
def pinch_points(
    resistance: Index,
    source_cells: SourceCells,
    least_cost_links: Pairs,
    corridor_detour: Detour,
    *,
    corridor_share: Annotated[float, Between(0.0, 1.0)] = 0.2,
    statistic: Annotated[str, OneOf("sum", "max")] = "sum",
) -> Current:
    """Current through the corridors when each linked pair of sources exchanges one ampere.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    least_cost_links : lines
        ``source, target, status``.
    corridor_detour : (y, x) [m]
        Cost beyond the least-cost path.
    corridor_share : float [1]
        Current is kept to this share of the ground, that of the least detour, and to the sources [D].
    statistic : str
        ``sum`` or ``max`` over the pairs.

    Returns
    -------
    (y, x) [A]
        High where a corridor has no way round; NaN off the corridors and within sources.

    Notes
    -----
    With g_xy = 2 / (R_x + R_y) between neighbouring cells (over sqrt 2 along diagonals) [1/ohm], the voltages v of a pair solve sum_y g_xy (v_x -
    v_y) = i_x, one ampere into the one source and out of the other, and the current of a cell is I_x = (1/2) sum_y g_xy |v_x - v_y| + |i_x| / 2
    [A]; summed, or the greatest, over pairs. Ground is that of the least detours: Q_s of the detours [m], s the share [1], so that current cannot
    leave the corridors. After McRae et al. (2008) [M], pinch points within corridors as in Linkage Mapper [S]; the share is ours [D].
    """
    beyond = corridor_detour.values
    label = source_cells.values
    pairs = kept_pairs(least_cost_links)
    out = np.full(beyond.shape, np.nan, np.float32)
    known = np.isfinite(beyond)
    if not pairs or not known.any():
        return like(resistance, out, "A")
    band = known & (beyond <= np.quantile(beyond[known], corridor_share))
    ground = (band | (label > 0)) & np.isfinite(resistance.values)
    rows, cols = np.nonzero(ground)
    box = np.s_[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1]
    cell = np.where(ground[box], 1.0 / resistance.values[box].astype(np.float64), 0.0)
    circuit = Lattice(cell)
    wanted = {n for pair in pairs for n in pair}
    inside = label[box].ravel()
    terminals = {n: np.flatnonzero((inside == n) & circuit.node.ravel()) for n in sorted(wanted)}
    total = np.zeros(cell.shape)
    for answer in pairwise(circuit, terminals, pairs):
        now = answer.current()
        total = total + now if statistic == "sum" else np.maximum(total, now)
    shown = np.where(band[box] & (label[box] == 0), total, np.nan)
    out[box] = shown
    return like(resistance, out, "A")


@assessment(source="mcrae2012", bytes_per_cell=60)
def barriers(
    resistance: Index,
    source_cells: SourceCells,
    least_cost_links: Pairs,
    *,
    radii_cells: Annotated[tuple[float, ...], Each(1.0, 1000.0)] = (1.0, 2.0, 3.0),
    open_resistance: Annotated[float, Between(1e-6, 1e6)] = 1.0,
    statistic: Annotated[str, OneOf("max", "sum")] = "max",
) -> Index:
    """How much shorter a link would become for each metre of obstacle taken away.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    least_cost_links : lines
        ``source, target, status``.
    radii_cells : tuple of float [cell]
        Circles within which ground would be restored [D].
    open_resistance : float [1]
        Of restored ground.
    statistic : str
        ``max`` or ``sum`` over the links.

    Returns
    -------
    (y, x) [1]
        Improvement score: cost saved over the diameter, the greatest over the radii, shown over the whole circle; 0 where nothing
        is gained and within sources, NaN where resistance is missing.

    Raises
    ------
    QuantityError
        No radius.
    PlanError
        A radius below one cell.

    Notes
    -----
    I = max over radii (LCD - LCD') / (2 r), LCD' = min_r CWD_a + min_r CWD_b + 2 r R_o, with CWD_a and CWD_b the costs from the two sources
    [resistance m], min_r their least within a circle of radius r [m] around the cell, LCD the least of their sum, and R_o the resistance of
    restored ground [1]; 0 where that is less than 0. Every cell within r of the centre shows its score. After McRae et al. (2012) [S], the fill by
    the circle's maximum as in Linkage Mapper [S]; radii are ours [D].
    """
    if not radii_cells:
        raise QuantityError("radii_cells: found none; expected one or more, each of 1 cell or more")
    reach = Reach(resistance.values, source_cells.values, grid_of(resistance).cell_m)
    total, _ = improvement(
        reach, kept_pairs(least_cost_links), radii_cells, open_resistance, statistic
    )
    return like(resistance, total.astype(np.float32), "1")


def improvement(
    reach: Reach,
    pairs: Sequence[tuple[int, int]],
    radii_cells: Sequence[float],
    open_resistance: float,
    statistic: str,
    tell: Callable[[str, int, int], None] | None = None,
    *,
    percent: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Cost that links would save for each metre of ground restored around a cell.

    Parameters
    ----------
    reach : Reach
        Costs from single sources.
    pairs : sequence of (int, int)
        Links.
    radii_cells : sequence of float [cell]
        Circles.
    open_resistance : float [1]
        Of restored ground.
    statistic : str
        ``max`` or ``sum`` over the links.
    tell : callable
        Told what is done, how much and of how much.
    percent : bool
        Ask for the share of the cost of each link too.

    Returns
    -------
    score : (y, x) array [1]
        As in :func:`barriers`.
    share : (y, x) array [%/m], or None
        The same in per cent of the cost of its link, 100 I / LCD for each metre restored.
    """
    opened = _Opened(reach)
    shape = reach.label.shape
    sums = [np.zeros(shape) for _ in range(1 + percent)]
    # the greatest over links can be spread over the circles once; a sum needs every link's own
    most = [{radius: np.zeros(shape) for radius in radii_cells} for _ in sums]
    for number, (a, b) in enumerate(pairs, 1):
        least = opened.least(a, b)
        own = [np.zeros(shape) for _ in sums]
        for radius in radii_cells:
            gained = _gained(
                opened(a, radius),
                opened(b, radius),
                least,
                2.0 * radius * reach.cell,
                open_resistance,
            )
            for k in range(len(sums)):
                if k:
                    gained *= 100.0 / least
                if statistic == "max":
                    np.maximum(most[k][radius], gained, out=most[k][radius])
                else:
                    own[k] = np.maximum(own[k], disc_maximum(gained, radius))
        for total, more in zip(sums, own, strict=True):
            total += more
        if tell is not None:
            tell("barriers", number, len(pairs))
    shown = []
    for total, best in zip(sums, most, strict=True):
        for radius, gained in best.items() if statistic == "max" else ():
            np.maximum(total, disc_maximum(gained, radius), out=total)
        total[reach.label > 0] = 0.0
        shown.append(np.where(np.isfinite(reach.resistance), total, np.nan))
    return shown[0], shown[1] if percent else None


class _Opened:
    """Least cost from a source within a circle around each cell, for as many as memory is set aside for."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._kept: dict[tuple[int, float], NDArray[np.floating]] = {}
        self._room = max(2, int(reach.memory // (8 * reach.label.size)))

    def __call__(self, name: int, radius: float) -> NDArray[np.floating]:
        key = (name, radius)
        if key not in self._kept:
            while len(self._kept) >= self._room:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = disc_minimum(self.reach(name)[0], radius)
        return self._kept[key]

    def least(self, a: int, b: int) -> float:
        """Cost of the link as it is."""
        return float((self.reach(a)[0] + self.reach(b)[0]).min())


def _gained(
    one: NDArray[np.floating],
    other: NDArray[np.floating],
    least: float,
    diameter: float,
    open_resistance: float,
) -> NDArray[np.float64]:
    """Cost saved over the diameter when the circle around a cell is open; 0 where that is less."""
    opened = one + other + diameter * open_resistance
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(opened), np.maximum((least - opened) / diameter, 0.0), 0.0)
