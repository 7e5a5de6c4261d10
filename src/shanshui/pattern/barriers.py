"""Where corridors are narrow, and where taking an obstacle away would shorten them most."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Grid
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Index, UnitLabels
from shanshui.kernels.disc import disc_maximum, disc_minimum
from shanshui.pattern.circuit.lattice import Lattice
from shanshui.pattern.circuit.modes import pairwise
from shanshui.pattern.linkage import Detour, Links, kept_pairs
from shanshui.pattern.reach import MEMORY, Reach
from shanshui.region.grid import grid_of, like

Current = Annotated[xr.DataArray, Grid("A")]


@assessment(source="mcrae2008", bytes_per_cell=250)
def pinch_points(
    resistance: Index,
    source_cells: UnitLabels,
    least_cost_links: Links,
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
    source_cells: UnitLabels,
    least_cost_links: Links,
    *,
    radii_cells: tuple[float, ...] = (1.0, 2.0, 3.0),
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
        ``source, target, cost, status``.
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
        is gained, NaN where no way leads.
    """
    if min(radii_cells, default=0.0) < 1.0:
        raise QuantityError(f"radii_cells: found {radii_cells}; expected 1 cell or more each")
    grid = grid_of(resistance)
    opened = _Opened(Reach(resistance.values, source_cells.values, grid.cell_m))
    total = np.zeros(resistance.shape)
    # the greatest over links can be spread over the circles once; a sum needs every link's own
    most = {radius: np.zeros(resistance.shape) for radius in radii_cells}
    for a, b in kept_pairs(least_cost_links):
        least = opened.least(a, b)
        own = np.zeros(resistance.shape)
        for radius in radii_cells:
            gained = _gained(
                opened(a, radius),
                opened(b, radius),
                least,
                2.0 * radius * grid.cell_m,
                open_resistance,
            )
            if statistic == "max":
                np.maximum(most[radius], gained, out=most[radius])
            else:
                own = np.maximum(own, disc_maximum(gained, radius))
        total += own
    if statistic == "max":
        for radius, gained in most.items():
            total = np.maximum(total, disc_maximum(gained, radius))
    total[source_cells.values > 0] = 0.0
    known = np.isfinite(resistance.values)
    return like(resistance, np.where(known, total, np.nan).astype(np.float32), "1")


class _Opened:
    """Least cost from a source within a circle around each cell, for as many as memory is set aside for."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self._kept: dict[tuple[int, float], NDArray[np.floating]] = {}
        self._room = max(2, int(MEMORY // (8 * reach.label.size)))

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


def improvement(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    least: float,
    radius: float,
    cell: float,
    open_resistance: float = 1.0,
) -> NDArray[np.float64]:
    """Score of restoring a circle around each cell, for one link and one radius.

    Parameters
    ----------
    one, other : (y, x) arrays [m]
        Costs from the two sources; inf where none leads.
    least : float [m]
        Cost of the link as it is.
    radius : float [cell]
        Of the circle.
    cell : float [m]
        Side of a cell.
    open_resistance : float
        Of restored ground.

    Returns
    -------
    (y, x) array
        (cost - cost with the circle open) / diameter, 0 where that is less; each cell shows the best circle that covers it.

    Raises
    ------
    QuantityError
        A radius below one cell.
    """
    if radius < 1.0:
        raise QuantityError(f"radius: found {radius:g}; expected 1 cell or more")
    gained = _gained(
        disc_minimum(one, radius),
        disc_minimum(other, radius),
        least,
        2.0 * radius * cell,
        open_resistance,
    )
    return np.asarray(disc_maximum(gained, radius))
