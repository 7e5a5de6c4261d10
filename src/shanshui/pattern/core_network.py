"""Core areas and resistance that somebody brings, made into a network: links, corridors, pinch points, barriers, what matters most."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.core.form import named
from shanshui.core.intake import Cell
from shanshui.pattern.barriers import corridor_current, improvement
from shanshui.pattern.core_cells import Cores, core_cells, passable_cores
from shanshui.pattern.corridors import Corridors, least_cost_corridors
from shanshui.pattern.cost_distance import checked_resistance
from shanshui.pattern.link_priority import current_flow
from shanshui.pattern.linkage import line_of
from shanshui.pattern.reach import MEMORY, Reach
from shanshui.region.grid import GridSpec, grid_of

CUTOFF_SHARE = 0.05
"""Share of the ground off cores and paths, that of the least detours, that is corridor where no cut-off is given [C]."""
RADII_CELLS = (1.0, 2.0, 3.0)
"""Circles around cells that are restored, where none are given [D]."""
BYTES_PER_CELL = 380
"""What a landscape takes at most, all of it corridor, beside the costs from single cores that are remembered [D], measured."""
STATISTICS = ("max", "sum")
STATUS = {
    "kept": "kept", "no way": "no_way", "longer than max_cost": "max_cost", "longer than max_euclidean": "max_euclidean",
}  # fmt: skip
"""What became of a link, by the words of the table of corridors; two more have a number in their words."""
THROUGH, NEIGHBOURS = "through_core", "neighbours"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class CoreNetwork:
    """A network of core areas.

    Attributes
    ----------
    cores : polygons
        ``core`` id; ``area_km2`` [km2]; ``worth``, the area where none is given; ``cells`` [1];
        ``resistance`` [1] mean of its cells; ``links`` [1] kept; ``centrality`` [A].
    links : lines
        A row per pair that was looked at. ``source, target``: ids; ``euclidean`` [m] from edge to edge; ``cost`` [m]: resistance times metres
        of the least-cost path; ``length`` [m] of that path; ``cost_per_euclidean, cost_per_length`` [1]; ``adjacency``; ``status``: ``kept``, or why
        it was dropped: ``no_way, max_cost, max_euclidean, through_core, neighbours``; ``through``: id of a third core on the path;
        ``effective_resistance`` [m] of the corridor, ``cost_per_resistance`` [1], ``centrality`` [A] and ``priority`` [1] of those kept.
    cost_distance : (y, x) grid [m]
        Cost of reaching each cell from the nearest core.
    corridors : (y, x) grid [m]
        Cost of the best detour through each cell beyond the least-cost path, over the kept links; NaN where none leads.
    truncated : (y, x) grid [m]
        The same up to the cut-off, NaN beyond: the corridors.
    current : (y, x) grid [A]
        Within each corridor when its cores exchange one ampere; NaN off the corridors and within the cores that it joins.
    barriers : (y, x) grid [1]
        Cost saved for each metre of ground restored.
    cutoff : float [m]
        Where the corridors end.
    told : list of str
        What was united, moved or left out.
    """

    cores: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    cost_distance: Any
    corridors: Any
    truncated: Any
    current: Any
    barriers: Any
    cutoff: float
    told: list[str]


def core_network(
    cores: gpd.GeoDataFrame | gpd.GeoSeries | xr.DataArray | NDArray[Any],
    resistance: NDArray[Any] | xr.DataArray,
    *,
    cell: Cell | None = None,
    four_neighbours: bool = False,
    adjacency: str = "cost",
    neighbours: int | None = None,
    join_groups: bool = False,
    max_cost: float = math.inf,
    max_euclidean: float = math.inf,
    drop_through_cores: bool = True,
    cutoff: float | None = None,
    radii: Sequence[float] | None = None,
    open_resistance: float = 1.0,
    statistic: str = "max",
    worth: pd.Series | None = None,
    memory: int | None = None,
    tell: Tell | None = None,
) -> CoreNetwork:
    """Links between core areas and all that is asked of them, from cores and resistance alone.

    Parameters
    ----------
    cores : polygons, or (y, x) array of int
        Polygons with the id of each as index, in any coordinate system; or ids above 0 on the cells of the resistance.
    resistance : (y, x) array or DataArray [1]
        Above 0; NaN or inf where there is no way. Polygons want a DataArray with x and y in metres.
    cell : float or (float, float) [m]
        Side of a cell; that of a labelled grid, otherwise 1.
    four_neighbours : bool
        Steps to the sides only.
    adjacency : str
        Which pairs are looked at: neighbours by ``cost``, ``euclidean``, ``either``, ``both``; or ``all``.
    neighbours : int
        Each core keeps its so many cheapest links; all by default.
    join_groups : bool
        Groups that ``neighbours`` tears apart stay joined by the cheapest links between them.
    max_cost, max_euclidean : float [m]
        Longer links are dropped.
    drop_through_cores : bool
        Links whose path crosses a third core are dropped.
    cutoff : float [m]
        Detour at which corridors end; by default that of the least 5 % of the ground off cores and paths.
    radii : sequence of float [m]
        Circles within which ground would be restored, one cell at least; by default 1, 2 and 3 cells.
    open_resistance : float [1]
        Of restored ground.
    statistic : str
        ``max`` or ``sum`` over the links, of current and barriers.
    worth : series
        Worth of each core by its id, for the priority of links; their area by default.
    memory : int [byte]
        What it may take; costs from single cores that do not fit are computed again.
    tell : callable
        Told what is done, how much and of how much.

    Returns
    -------
    CoreNetwork
        Grids in the form of the resistance: labelled where it is, else plain.

    Raises
    ------
    QuantityError
        Resistances of 0 or less, cores that cannot be laid on it, fewer than two, settings out of range.
    ResourceError
        A landscape that the memory does not hold.

    Notes
    -----
    CWD_a(x) = min over paths from core a to x of sum (R_x + R_y) / 2 d_xy; cost_ab = min_x (CWD_a + CWD_b) on the cells of the cores; corridor(x) =
    min over kept links (CWD_a + CWD_b - cost_ab), with R the resistance [1] and d the distance of neighbouring centres [m]: McRae and Kavanagh
    (2011) [S]. Current and effective resistance of each link within its own corridor, the greatest (or the sum) over links; resistances are
    times the side of a cell, so that cost / resistance [1] says how many ways like the best one a corridor holds: McRae et al. (2008) [S]. Barriers:
    McRae et al. (2012) [S]. Centrality: current of all pairs over the network of kept links, which resist by their cost [S].
    """
    plain, size = checked_resistance(resistance, cell)
    labelled = isinstance(resistance, xr.DataArray)
    if isinstance(resistance, xr.DataArray):
        grid = grid_of(named("resistance", resistance))
        plain = np.asarray(named("resistance", resistance).values, plain.dtype)
    else:
        grid = GridSpec("", size, 0.0, plain.shape[0] * size, *plain.shape)
    circles = _checked_settings(neighbours, (max_cost, max_euclidean), cutoff, radii, size)
    _checked_choices(statistic, open_resistance)
    kept_bytes = _room(plain.size, memory)
    laid = passable_cores(core_cells(cores, grid, labelled=labelled), plain)
    area = laid.shapes.area / 1e6
    value = area if worth is None else _worths(worth, laid)
    found = least_cost_corridors(
        plain,
        laid.label,
        cell=size,
        four_neighbours=four_neighbours,
        adjacency=adjacency,
        max_cost=max_cost,
        max_euclidean=max_euclidean,
        nearest_links=neighbours,
        join_groups=join_groups,
        drop_through_sources=drop_through_cores,
        values=value,
        outlines=laid.shapes.geometry,
        memory=kept_bytes,
        tell=tell,
    )
    assert found.reach is not None  # noqa: S101 - always there
    pairs = [(int(a), int(b)) for a, b in found.kept[["source", "target"]].to_numpy()]
    surface = np.where(np.isfinite(found.surface), found.surface, np.nan)
    end = _cutoff(surface, laid.label) if cutoff is None else float(cutoff)
    current, resists = _currents(found.reach, pairs, end, statistic, tell)
    score = improvement(found.reach, pairs, circles, open_resistance, statistic, tell)
    links, through = _links(found, laid, grid, resists)
    shapes = laid.shapes.assign(
        area_km2=area,
        worth=value,
        cells=np.bincount(laid.label.ravel(), minlength=len(area) + 1)[1:],
        resistance=_means(plain, laid),
        links=[sum(n in pair for pair in pairs) for n in laid.shapes.index],
        centrality=through.reindex(laid.shapes.index, fill_value=0.0),
    )
    shapes.index.name = "number"
    grids = {
        "cost_distance": (np.where(np.isfinite(found.distance), found.distance, np.nan), "m"),
        "corridors": (surface, "m"),
        "truncated": (np.where(surface <= end, surface, np.nan), "m"),
        "current": (current, "A"),
        "barriers": (score, "1"),
    }
    return CoreNetwork(
        shapes,
        links,
        **{k: grid.lay(v, unit) if labelled else v for k, (v, unit) in grids.items()},
        cutoff=end,
        told=laid.told,
    )


def _checked_settings(
    neighbours: int | None,
    limits: tuple[float, float],
    cutoff: float | None,
    radii: Sequence[float] | None,
    size: float,
) -> tuple[float, ...]:
    """Radii in cells.

    Raises
    ------
    QuantityError
        A setting out of range.
    """
    if neighbours is not None and neighbours < 1:
        raise QuantityError(f"neighbours: found {neighbours}; expected 1 or more, or none for all")
    for name, value in zip(("max_cost", "max_euclidean"), limits, strict=True):
        if not value > 0:
            raise QuantityError(f"{name}: found {value:g}; expected metres above 0")
    if cutoff is not None and not (cutoff >= 0 and math.isfinite(cutoff)):
        raise QuantityError(f"cutoff: found {cutoff:g}; expected resistance metres of 0 or more")
    if radii is None:
        return RADII_CELLS
    circles = tuple(r / size for r in radii)
    if not circles or not all(1.0 - 1e-9 <= c < math.inf for c in circles):
        raise QuantityError(
            f"radii: found {', '.join(f'{r:g}' for r in radii) or 'none'}; expected one or more, each of a cell ({size:g} m) or more"
        )
    return circles


def _checked_choices(statistic: str, open_resistance: float) -> None:
    if statistic not in STATISTICS:
        raise QuantityError(f"statistic: found '{statistic}'; expected {' or '.join(STATISTICS)}")
    if not (open_resistance > 0 and math.isfinite(open_resistance)):
        raise QuantityError(f"open_resistance: found {open_resistance:g}; expected above 0")


def _room(cells: int, memory: int | None) -> int:
    """Bytes for costs from single cores."""
    if memory is None:
        return MEMORY
    # costs from single cores, and the least of them within circles
    spare = (memory - BYTES_PER_CELL * cells) // 2
    if spare < 0:
        raise ResourceError(
            f"resistance: {cells:,} cells need about {BYTES_PER_CELL * cells / 1e9:.2f} GB and {memory / 1e9:.2f} GB are free; "
            "cut out the part that counts, or take larger cells"
        )
    return int(min(spare, MEMORY))


def _worths(worth: pd.Series, laid: Cores) -> pd.Series:
    """Worth of each core by its number.

    Raises
    ------
    QuantityError
        None, or one below 0.
    """
    found = pd.to_numeric(worth, errors="coerce").groupby(level=0).sum(min_count=1)
    out = laid.shapes["core"].map(found)
    bad = ~(out >= 0)
    if bad.any():
        raise QuantityError(
            f"worth: of core {laid.shapes['core'][bad].iloc[0]} found {out[bad].iloc[0]:g}; expected a number of 0 or more for each core"
        )
    return out


def _cutoff(surface: NDArray[np.float64], label: NDArray[np.int32]) -> float:
    known = surface[(surface > 0) & (label == 0)]
    return float(np.quantile(known, CUTOFF_SHARE)) if known.size else 0.0


def _currents(
    reach: Reach,
    pairs: Sequence[tuple[int, int]],
    cutoff: float,
    statistic: str,
    tell: Tell | None,
) -> tuple[NDArray[np.float64], dict[tuple[int, int], float]]:
    """Current over all corridors, and what resists it in each [m]."""
    out = np.full(reach.label.shape, np.nan)
    resists = {}
    for number, pair in enumerate(pairs, 1):
        now, resistance = corridor_current(reach, pair, cutoff)
        resists[pair] = resistance * reach.cell
        if statistic == "max":
            np.fmax(out, now, out=out)
        else:
            out = np.where(np.isnan(now), out, np.nan_to_num(out) + now)
        if tell is not None:
            tell("pinch points", number, len(pairs))
    return out, resists


def _links(
    found: Corridors,
    laid: Cores,
    grid: GridSpec,
    resists: dict[tuple[int, int], float],
) -> tuple[gpd.GeoDataFrame, pd.Series]:
    """The table of links by the ids of cores, and the current through each core by its number."""
    table = found.links
    ids = laid.shapes["core"]
    kept = table["status"] == "kept"
    along, through = current_flow(table[kept]) if kept.any() else (pd.Series(dtype=float),) * 2
    ends = list(zip(table["source"], table["target"], strict=True))
    resistance = pd.Series([resists.get(pair, np.nan) for pair in ends], table.index, dtype=float)
    out = gpd.GeoDataFrame(
        {
            "source": table["source"].map(ids),
            "target": table["target"].map(ids),
            **{c: table[c] for c in table.columns[2:8]},
            "status": [_status(text) for text in table["status"]],
            "through": pd.Series(
                [ids.loc[n] if n else None for n in table["through"]], table.index, dtype=object
            ),
            "effective_resistance": resistance,
            "cost_per_resistance": table["cost"] / resistance,
            "centrality": along.reindex(table.index),
            "priority": table["priority"],
        },
        geometry=[line_of(path, grid) for path in found.paths],
        crs=grid.crs or None,
    )
    out.index = pd.RangeIndex(1, len(out) + 1, name="link")
    return out, through


def _status(text: str) -> str:
    if text in STATUS:
        return STATUS[text]
    return THROUGH if text.startswith("through source") else NEIGHBOURS


def _means(values: NDArray[np.floating], laid: Cores) -> NDArray[np.float64]:
    """Mean resistance of the cells of each core."""
    flat = laid.label.ravel()
    inside = flat > 0
    total = np.bincount(flat[inside], values.ravel()[inside].astype(np.float64))
    return total[1:] / np.bincount(flat[inside])[1:]
