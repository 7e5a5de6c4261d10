"""Movement that is easier one way than the other: from source to source up the slopes, as the climate warms, or down them, as seeds do in water."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Elevation, Index
from shanshui.kernels.flood import priority_flood
from shanshui.pattern.circuit.directed import directed_current
from shanshui.pattern.linkage import kept_pairs
from shanshui.pattern.reach import Reach, detour
from shanshui.pattern.tables import Current, Detour, Pairs, SourceCells
from shanshui.region.grid import grid_of, like

UP, DOWN = "up", "down"


@assessment(source="own_pattern", bytes_per_cell=400, missing="off_corridors")
def upslope_current(
    resistance: Index,
    elevation: Elevation,
    source_cells: SourceCells,
    least_cost_links: Pairs,
    corridor_detour: Detour,
    *,
    towards: Annotated[str, OneOf(UP, DOWN)] = UP,
    against: Annotated[float, Between(1e-6, 1.0)] = 0.25,
    corridor_share: Annotated[float, Between(0.0, 1.0)] = 0.2,
    statistic: Annotated[str, OneOf("sum", "max")] = "sum",
) -> Current:
    """Current from the lower to the higher source of each link, when the way up is easier than the way down.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement.
    elevation : (y, x) [m]
        Of which only the order of neighbours counts; where it is missing nothing passes.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    least_cost_links : lines
        ``source, target, status``.
    corridor_detour : (y, x) [m]
        Cost beyond the least-cost path.
    towards : str
        ``up``: from the lower source to the higher, as species that follow their climate; ``down``: from the higher to the lower, as seeds that water
        carries.
    against : float [1]
        Conductance of a step against that direction, over that of one along it; 1 makes no difference [D].
    corridor_share : float [1]
        Each link keeps to ground whose own detour costs at most what bounds this share of all ground on corridors, and to its two sources [D].
    statistic : str
        ``sum`` or ``max`` over the links.

    Returns
    -------
    (y, x) [A]
        Walkers that cross a cell for each one that is sent, those against the others; NaN off the corridors and within sources.

    Notes
    -----
    Walkers leave cell i for its neighbour j at the rate k_ij = f_ij g_ij, g_ij = 2 / (R_i + R_j) (over sqrt 2 along diagonals) [1/ohm], with f_ij = 1
    along the direction and on the level, f the setting against it. One is sent into the lower source, evenly over its cells, and taken out in the
    higher: s_i + sum_j k_ji n_j = n_i sum_j k_ij, I_i the greater of what enters and what leaves by k_ij n_i - k_ji n_j [A]. Sources stand as
    high as the mean of their cells; of two on one level the one with the smaller number sends. A summit, or against the direction a pit, from which
    every way to the other source turns back counts as level with the pass on that way, or walkers would be caught there, and the source that takes
    out as above all [D]. A random walk with absorption, of which electric
    current is the case f = 1, Doyle and Snell (1984) [M]; the factor 0.25 is ours [D].
    """
    beyond, label = corridor_detour.values, source_cells.values
    grid = grid_of(resistance)
    out = np.full(beyond.shape, np.nan, np.float32)
    known = np.isfinite(beyond)
    pairs = kept_pairs(least_cost_links)
    if not pairs or not known.any():
        return like(resistance, out, "A")
    most = float(np.quantile(beyond[known], corridor_share))
    passing = np.isfinite(resistance.values) & np.isfinite(elevation.values)
    reach = Reach(resistance.values, label, grid.cell_m)
    total = np.full(beyond.shape, np.nan)
    sign = 1.0 if towards == UP else -1.0
    for a, b in _ordered(pairs, label, sign * elevation.values):
        ground = ((detour(reach, a, b) <= most) | (label == a) | (label == b)) & passing
        ends = [ground & (label == name) for name in (a, b)]
        if not all(end.any() for end in ends):
            continue
        rows, cols = np.nonzero(ground)
        box = np.s_[rows.min() : rows.max() + 1, cols.min() : cols.max() + 1]
        taken = ends[1][box]
        now = directed_current(
            np.where(ground[box], resistance.values[box].astype(np.float64), np.nan),
            ends[0][box] / ends[0].sum(),
            np.where(taken, np.inf, 0.0),
            _without_dead_ends(sign * elevation.values[box], ground[box], taken),
            downhill=against,
        )
        shown = np.where(ground[box] & (label[box] == 0), now, np.nan)
        if statistic == "max":
            total[box] = np.fmax(total[box], shown)
        else:
            both = np.isfinite(total[box]) & np.isfinite(shown)
            total[box] = np.where(both, total[box] + shown, np.fmax(total[box], shown))
    return like(resistance, total.astype(np.float32), "A")


def _ordered(
    pairs: list[tuple[int, int]], label: NDArray[np.integer], height: NDArray[np.floating]
) -> list[tuple[int, int]]:
    """Each pair from where walkers are sent to where they are taken out; of two on one level by number."""
    known = (label > 0) & np.isfinite(height)
    size = int(label.max()) + 1
    cells = np.bincount(label[known], minlength=size)
    sums = np.bincount(label[known], height[known].astype(np.float64), size)
    with np.errstate(invalid="ignore"):
        mean = sums / cells
    return [(b, a) if mean[a] > mean[b] else (a, b) for a, b in pairs]


def _without_dead_ends(
    height: NDArray[np.floating], ground: NDArray[np.bool_], taken: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Heights from which a way leads to the source that takes out without a step down: summits aside are level with their pass."""
    # turned over, walkers are water, and that source is the only place where it leaves; walls stand around the ground
    turned = -np.where(ground, height, np.nan).astype(np.float32)
    wall = np.nanmax(turned) + 1.0
    turned = np.where(ground, turned, wall)
    turned[taken] = np.nan
    filled = -priority_flood(np.pad(turned, 1, constant_values=wall))[1:-1, 1:-1].astype(np.float64)
    filled[taken] = np.nanmax(filled) + 1.0
    return np.where(ground, filled, np.nan)
