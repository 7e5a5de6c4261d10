"""Core areas and resistance that somebody brings, made into a network: links, corridors, pinch points, barriers, what matters most."""

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
from shanshui.pattern.barriers import improvement
from shanshui.pattern.climate_gradient import (
    FLAT,
    alike,
    checked_climate,
    climate_of_cores,
)
from shanshui.pattern.core_cells import Cores, core_cells, passable_cores
from shanshui.pattern.corridor_current import corridor_current, network_current
from shanshui.pattern.corridors import BARRED, Corridors, Gradient, least_cost_corridors
from shanshui.pattern.cost_distance import checked_resistance
from shanshui.pattern.link_priority import current_flow
from shanshui.pattern.linkage import line_of
from shanshui.pattern.linkage_priority import (
    core_value,
    priority_surfaces,
    weighted_priority,
)
from shanshui.pattern.network_settings import NetworkSettings
from shanshui.pattern.reach import MEMORY, Reach
from shanshui.region.grid import GridSpec, grid_of

CUTOFF_SHARE = 0.05
"""Share of the ground off cores and paths, that of the least detours, that is corridor where no cut-off is given [C]."""
BYTES_PER_CELL = 380
"""What a landscape takes at most, all of it corridor, beside the costs from single cores that are remembered [D], measured."""
STATUS = {
    "kept": "kept", "no way": "no_way", "longer than max_cost": "max_cost", "longer than max_euclidean": "max_euclidean",
    BARRED: "climate",
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
        ``resistance`` [1] mean of its cells; ``links`` [1] kept; ``centrality`` [A]; ``value`` [1] for the weighted priority; with a climate
        ``climate_mean, climate_sd, climate_low`` in its unit.
    links : lines
        A row per pair that was looked at. ``source, target``: ids; ``euclidean`` [m] from edge to edge; ``cost`` [m]: resistance times metres
        of the least-cost path; ``length`` [m] of that path; ``cost_per_euclidean, cost_per_length`` [1]; ``adjacency``; ``status``: ``kept``, or why
        it was dropped: ``no_way, climate, max_cost, max_euclidean, through_core, neighbours``; ``through``: id of a third core on the path;
        ``effective_resistance`` [m] of the corridor, ``cost_per_resistance`` [1], ``centrality`` [A], ``priority`` [1] and
        ``weighted_priority`` [1] of those kept; with a climate ``climate_difference`` in its unit.
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
    barriers_percent : (y, x) grid [%/m]
        The same in per cent of the cost of the link.
    linkage_priority, blended_priority : (y, x) grid [1]
        Weighted priority of the links over the corridors, in [0, 1]; and blended with the place within them.
    current_all : (y, x) grid [A] or None
        Over all corridors when all pairs of cores exchange current; NaN off them and within cores.
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
    barriers_percent: Any
    linkage_priority: Any
    blended_priority: Any
    current_all: Any
    cutoff: float
    told: list[str]


def core_network(
    cores: gpd.GeoDataFrame | gpd.GeoSeries | xr.DataArray | NDArray[Any],
    resistance: NDArray[Any] | xr.DataArray,
    *,
    cell: Cell | None = None,
    climate: NDArray[Any] | xr.DataArray | None = None,
    worth: pd.Series | None = None,
    memory: int | None = None,
    tell: Tell | None = None,
    **settings: Any,
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
    climate : (y, x) array or DataArray
        Temperature or another measure, on the cells of the resistance: cores are linked along its gradient only. Missing lets nothing pass.
    worth : series
        Worth of each core by its id, for the priority of links; their area by default.
    memory : int [byte]
        What it may take; costs from single cores that do not fit are computed again.
    tell : callable
        Told what is done, how much and of how much.
    **settings
        As :class:`shanshui.pattern.network_settings.NetworkSettings` has them: ``neighbours, max_cost, cutoff, radii, adjacency`` and more.

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
    McRae et al. (2012) [S]; squared resistances are [1] and their effective resistance times the side of a cell. With a climate T a step costs
    (1 + (R_x + R_y) / 2) d_xy + c |T_x - T_y| [m], c the cost of a unit, and links whose |low_a - low_b| <= threshold are dropped, low = mean - 2 sd:
    Climate Linkage Mapper with r.walk of GRASS [S]. Centrality: current of all pairs over the network of kept links, which resist by their cost [S].
    """
    plain, grid = _on_grid(resistance, cell)
    labelled = isinstance(resistance, xr.DataArray)
    asked = NetworkSettings(**settings)
    circles = asked.circles(grid.cell_m)
    kept_bytes = _room(plain.size, memory)
    way, warmth = plain, None
    if climate is not None:
        warmth = checked_climate(climate, grid)
        plain = np.where(np.isfinite(warmth), plain, np.nan)
        way = plain + FLAT
    laid = passable_cores(core_cells(cores, grid, labelled=labelled), plain)
    value = laid.shapes.area / 1e6 if worth is None else _worths(worth, laid)
    climates, gradient = None, None
    if warmth is not None:
        climates = climate_of_cores(warmth, laid.label)
        barred = alike(climates["climate_low"], asked.climate_threshold)
        gradient = Gradient(asked.climate_cost * warmth, barred)
    found = least_cost_corridors(
        way,
        laid.label,
        cell=grid.cell_m,
        four_neighbours=asked.four_neighbours,
        adjacency=asked.adjacency or ("cost" if climate is None else "all"),
        max_cost=asked.max_cost,
        max_euclidean=asked.max_euclidean,
        nearest_links=asked.neighbours,
        nearest_by=asked.neighbours_by,
        join_groups=asked.join_groups,
        drop_through_sources=asked.drop_through_cores,
        gradient=gradient,
        values=value,
        outlines=laid.shapes.geometry,
        memory=kept_bytes,
        tell=tell,
    )
    assert found.reach is not None  # noqa: S101 - always there
    pairs = [(int(a), int(b)) for a, b in found.kept[["source", "target"]].to_numpy()]
    surface = np.where(np.isfinite(found.surface), found.surface, np.nan)
    end = _cutoff(surface, laid.label) if asked.cutoff is None else float(asked.cutoff)
    meets = plain.astype(np.float64) ** 2 if asked.squared else plain
    current, resists = _currents(found.reach, meets, pairs, end, asked.statistic, tell)
    whole = None
    if asked.all_pairs != "none":
        whole = network_current(
            meets,
            laid.label,
            surface,
            end,
            asked.all_pairs,
            four_neighbours=asked.four_neighbours,
        )
    score, share = improvement(
        found.reach, pairs, circles, asked.open_resistance, asked.statistic, tell, percent=True
    )
    links, through = _links(found, laid, grid, resists, squared=asked.squared)
    shapes = _cores(laid, plain, value, pairs, through)
    sizes = shapes.assign(area=laid.shapes.area, perimeter=laid.shapes.length)
    shapes["value"] = core_value(sizes, asked.weights)
    ranked = weighted_priority(found.kept, shapes["value"], asked.weights)
    links["weighted_priority"] = ranked.reindex(found.links.index).to_numpy()
    truncated = np.where(surface <= end, surface, np.nan)
    lying, blended = priority_surfaces(
        found.reach, pairs, ranked.tolist(), truncated, asked.weights
    )
    if climates is not None:
        shapes = shapes.join(climates)
        ends = (found.links[end].map(climates["climate_low"]) for end in ("source", "target"))
        links["climate_difference"] = abs(next(ends) - next(ends)).to_numpy()
    shapes.index.name = "number"
    grids = {
        "cost_distance": (np.where(np.isfinite(found.distance), found.distance, np.nan), "m"),
        "corridors": (surface, "m"),
        "truncated": (truncated, "m"),
        "current": (current, "A"),
        "barriers": (score, "1"),
        "barriers_percent": (share, "%/m"),
        "linkage_priority": (lying, "1"),
        "blended_priority": (blended, "1"),
        "current_all": (whole, "A"),
    }
    return CoreNetwork(
        shapes,
        links,
        **{k: _laid(v, unit, grid, labelled) for k, (v, unit) in grids.items()},
        cutoff=end,
        told=laid.told,
    )


def _on_grid(
    resistance: NDArray[Any] | xr.DataArray, cell: Cell | None
) -> tuple[NDArray[np.floating], GridSpec]:
    """Resistance in the order of rows from north and columns from west, and where it lies."""
    plain, size = checked_resistance(resistance, cell)
    if not isinstance(resistance, xr.DataArray):
        return plain, GridSpec("", size, 0.0, plain.shape[0] * size, *plain.shape)
    laid = named("resistance", resistance)
    return np.asarray(laid.values, plain.dtype), grid_of(laid)


def _cores(
    laid: Cores,
    resistance: NDArray[np.floating],
    worth: pd.Series,
    pairs: Sequence[tuple[int, int]],
    through: pd.Series,
) -> gpd.GeoDataFrame:
    """The table of cores by their number."""
    return laid.shapes.assign(
        area_km2=laid.shapes.area / 1e6,
        worth=worth,
        cells=np.bincount(laid.label.ravel(), minlength=len(laid.shapes) + 1)[1:],
        resistance=_means(resistance, laid),
        links=[sum(n in pair for pair in pairs) for n in laid.shapes.index],
        centrality=through.reindex(laid.shapes.index, fill_value=0.0),
    )


def _laid(values: NDArray[np.float64] | None, unit: str, grid: GridSpec, labelled: bool) -> Any:
    """A grid in the form of the resistance."""
    return grid.lay(values, unit) if labelled and values is not None else values


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
    resistance: NDArray[np.floating],
    pairs: Sequence[tuple[int, int]],
    cutoff: float,
    statistic: str,
    tell: Tell | None,
) -> tuple[NDArray[np.float64], dict[tuple[int, int], float]]:
    """Current over all corridors, and what resists it in each [m]."""
    out = np.full(reach.label.shape, np.nan)
    resists = {}
    for number, pair in enumerate(pairs, 1):
        now, between = corridor_current(reach, pair, cutoff, resistance)
        resists[pair] = between * reach.cell
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
    *,
    squared: bool,
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
            # a cost over a squared resistance counts nothing
            "cost_per_resistance": np.nan if squared else table["cost"] / resistance,
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
