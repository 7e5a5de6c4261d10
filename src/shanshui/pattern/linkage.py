"""Corridors between sources: the least-cost links, what they follow and cross, and the rivers that are corridors themselves."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry import LineString

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Index, StreamOrder
from shanshui.kernels.distance import distance_to
from shanshui.pattern.corridors import ADJACENCY, COLUMNS, Corridors, least_cost_corridors
from shanshui.pattern.cost_distance import cost_distance
from shanshui.pattern.reach import Reach, detour
from shanshui.pattern.tables import (
    CorridorLines,
    CrossedSources,
    Detour,
    Lines,
    Links,
    Pairs,
    SourceAreas,
    SourceCells,
    Ways,
)
from shanshui.region.grid import GridSpec, grid_of, like

RIVER, BIOLOGICAL = "river", "biological"


@assessment(source="linkagemapper", bytes_per_cell=60)
def least_cost_links(
    resistance: Index,
    source_cells: SourceCells,
    sources: SourceAreas,
    *,
    adjacency: Annotated[str, OneOf(*ADJACENCY)] = "cost",
    max_cost_ratio: Annotated[float, Between(1.0, 1e9)] = 1e6,
    nearest_links: Annotated[int, Between(0, 1000)] = 0,
    drop_through_sources: bool = True,
) -> Links:
    """Every pair of neighbouring sources, the way of least cost between them, and why some were dropped.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement; missing is no way.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    sources : polygons
        Index is the number; ``area_km2``.
    adjacency : str
        Neighbours by ``cost``, ``euclidean``, ``either``, ``both``, or ``all`` pairs.
    max_cost_ratio : float [1]
        Links that cost more for each metre between their sources are dropped.
    nearest_links : int
        Each source keeps its so many cheapest links; 0 keeps all.
    drop_through_sources : bool
        Links through a third source are dropped.

    Returns
    -------
    lines
        Index ``link``; ``source, target``; ``euclidean_km`` [km] between their edges, ``cost`` [resistance m], ``length_km`` [km] of the path,
        ``cost_per_euclidean, cost_per_length`` [1], ``adjacency``, ``status``: ``kept`` or why dropped, ``priority`` [1] of those kept.

    Raises
    ------
    QuantityError
        Resistances of 0 or less, an unknown adjacency, a source without an area.

    Notes
    -----
    cost_ab = min over paths of sum (R_x + R_y) / 2 d_xy, with R the resistance [1] and d the distance between neighbouring centres [m], diagonals
    sqrt 2 cells long: Dijkstra's least cost. Pairs are neighbours when their grounds of least cost meet. Adjacency, pruning and the rule on third
    sources follow Linkage Mapper, McRae and Kavanagh (2011) [S]. priority = (k_1 + k_2 + k_3) / (3 n), with k the ranks among the n kept links by
    Euclidean length over cost, by current through the link when every pair of sources exchanges one ampere, and by the areas of the ends: ours
    [D].
    """
    if len(sources) < 2:
        nothing = pd.DataFrame(columns=[*COLUMNS, "priority"])
        empty = Corridors(nothing, [], None, None, None)
        return _laid(empty, nothing, grid_of(resistance))
    found = least_cost_corridors(
        resistance,
        source_cells,
        adjacency=adjacency,
        nearest_links=nearest_links or None,
        drop_through_sources=drop_through_sources,
        values=sources["area_km2"],
        outlines=sources.geometry if sources.geometry.notna().all() else None,
    )
    links = found.links
    far = links["cost_per_euclidean"] > max_cost_ratio
    links.loc[far & (links["status"] == "kept"), "status"] = "dearer than max_cost_ratio"
    return _laid(found, links, grid_of(resistance))


def _laid(found: Corridors, links: pd.DataFrame, grid: GridSpec) -> gpd.GeoDataFrame:
    frame = links.drop(columns="through")
    for column in ("euclidean", "length"):
        frame.insert(2, f"{column}_km", frame.pop(column) / 1000.0)
    out = gpd.GeoDataFrame(
        frame, geometry=[line_of(path, grid) for path in found.paths], crs=grid.crs
    )
    out.index = pd.RangeIndex(1, len(out) + 1, name="link")
    return out


def line_of(path: NDArray[np.int64], grid: GridSpec) -> LineString | None:
    """Line through the centres of cells; straight runs keep their ends only."""
    if path.size < 2:
        return None
    rows, cols = np.divmod(path, grid.nx)
    turn = np.ones(path.size, bool)
    turn[1:-1] = (np.diff(rows)[1:] != np.diff(rows)[:-1]) | (
        np.diff(cols)[1:] != np.diff(cols)[:-1]
    )
    x = grid.left + (cols[turn] + 0.5) * grid.cell_m
    y = grid.top - (rows[turn] + 0.5) * grid.cell_m
    return LineString(np.column_stack([x, y]))


def cells_of(line: Any, grid: GridSpec) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells along a line, in order, each run of one cell once."""
    count = max(int(line.length / (0.5 * grid.cell_m)) + 1, 2)
    points = [line.interpolate(t, normalized=True) for t in np.linspace(0.0, 1.0, count)]
    cols = ((np.array([p.x for p in points]) - grid.left) / grid.cell_m).astype(np.intp)
    rows = ((grid.top - np.array([p.y for p in points])) / grid.cell_m).astype(np.intp)
    inside = (rows >= 0) & (rows < grid.ny) & (cols >= 0) & (cols < grid.nx)
    rows, cols = rows[inside], cols[inside]
    fresh = np.ones(rows.size, bool)
    fresh[1:] = (np.diff(rows) != 0) | (np.diff(cols) != 0)
    return rows[fresh], cols[fresh]


@assessment(source="knaapen1992", bytes_per_cell=40, missing="no_way")
def cumulative_resistance(resistance: Index, source_cells: SourceCells) -> Detour:
    """Least cost of reaching each cell from the nearest source: the minimum cumulative resistance.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement; missing is no way.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.

    Returns
    -------
    (y, x) [m]
        Resistance times metres; 0 on sources. NaN where no way leads, and everywhere without a source.

    Notes
    -----
    MCR(x) = min over sources j and paths from j to x of sum_i D_i R_i, with D_i the length of a step [m] and R_i the mean resistance [1] of its
    two cells; Knaapen et al. (1992), in security patterns since Yu (1996) [M].
    """
    if not ((source_cells.values > 0) & np.isfinite(resistance.values)).any():
        return like(resistance, np.full(resistance.shape, np.nan, np.float32), "m")
    cost = cost_distance(resistance, source_cells).values
    return like(resistance, np.where(np.isfinite(cost), cost, np.nan).astype(np.float32), "m")


@assessment(source="linkagemapper", bytes_per_cell=60, missing="no_way")
def corridor_detour(
    resistance: Index, source_cells: SourceCells, least_cost_links: Pairs
) -> Detour:
    """Cost of the best detour through each cell beyond the least-cost path, over all links that were kept.

    Parameters
    ----------
    resistance : (y, x) [1]
        To movement.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    least_cost_links : lines
        ``source, target, status``.

    Returns
    -------
    (y, x) [m]
        Resistance times metres; 0 on the paths. NaN where none leads.

    Notes
    -----
    NLCC(x) = min over links ab of CWD_a(x) + CWD_b(x) - LCD_ab, with CWD the least costs from the sources and LCD_ab = min_x (CWD_a + CWD_b)
    [resistance m]: the normalised least-cost corridor of Linkage Mapper, McRae and Kavanagh (2011) [S].
    """
    reach = Reach(resistance.values, source_cells.values, grid_of(resistance).cell_m)
    out = np.full(resistance.shape, np.inf)
    for a, b in kept_pairs(least_cost_links):
        np.minimum(out, detour(reach, a, b), out=out)
    return like(resistance, np.where(np.isfinite(out), out, np.nan).astype(np.float32), "m")


def kept_pairs(links: gpd.GeoDataFrame) -> list[tuple[int, int]]:
    """Sources of the links that were kept, in order."""
    kept = links[links["status"] == "kept"]
    pairs = zip(kept["source"].astype(int), kept["target"].astype(int), strict=True)
    return sorted(pairs)


@assessment(source="own_pattern", bytes_per_cell=60)
def corridors(
    least_cost_links: Ways,
    sources: CrossedSources,
    source_cells: SourceCells,
    resistance: Index,
    stream_order: StreamOrder | None = None,
    roads: Lines | None = None,
    railways: Lines | None = None,
    *,
    river_m: Annotated[float, Between(0.0, 1e5)] = 500.0,
    river_share: Annotated[float, Between(0.0, 1.0)] = 0.6,
    least_order: Annotated[int, Between(1, 12)] = 4,
    detour_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> CorridorLines:
    """The corridors of the pattern: kept links with their kind, width, crossings, and pull.

    Parameters
    ----------
    least_cost_links : lines
        ``source, target, cost, length_km, status, priority``.
    sources : polygons
        Index is the number; ``name, name_zh, area_km2, resistance``.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    resistance : (y, x) [1]
        To movement.
    stream_order : (y, x) [1], optional
        Strahler's; without it every corridor is biological.
    roads, railways : lines, optional
        What corridors cross.
    river_m : float [m]
        A corridor runs along a stream where a cell of one lies this near, or within one cell where cells are larger [D].
    river_share : float [1]
        From this share of its length on it is a river corridor, else a biological one [D].
    least_order : int
        Streams that count [D].
    detour_share : float [1]
        Width is measured where the detour costs at most this share of the link [D].

    Returns
    -------
    lines
        Index ``corridor``; ``name, name_zh``: both sources; ``source, target, type`` river or biological, ``length_km, cost`` [resistance
        m], ``width_km`` mean, ``river_share``
        [1] of its length, ``river_reach_m`` [m] within which a stream counted, ``order`` of the greatest stream followed, ``roads,
        railways`` crossed, ``priority, gravity`` [1].

    Notes
    -----
    width = a n / L, with n the cells outside sources whose detour is at most h cost, h the share of the detour [1], a the area of a cell [km2]
    and L the length of the path [km]; one cell at least. river where the length within max(river_m, a cell) of a cell of a stream of the
    least order or more, over the length, >= the share, else
    biological.
    gravity = (ln S_a / P_a) (ln S_b / P_b) (L_max / L_ab)^2, with S areas [km2], P mean resistances [1] and L costs, as Kong et al. (2010) and
    later Chinese studies write it [M]. The split by rivers, 60 % within 500 m of a stream, is ours [D].
    """
    grid = grid_of(resistance)
    kept = least_cost_links[least_cost_links["status"] == "kept"]
    frame = kept[["source", "target", "length_km", "cost", "priority", "geometry"]].copy()
    frame["source"], frame["target"] = frame["source"].astype(int), frame["target"].astype(int)
    near = _near_stream(stream_order, least_order, max(river_m, grid.cell_m), grid)
    reach = Reach(resistance.values, source_cells.values, grid.cell_m)
    rows = []
    for line, a, b, cost, length in zip(
        frame.geometry,
        frame["source"],
        frame["target"],
        frame["cost"],
        frame["length_km"],
        strict=True,
    ):
        row: dict[str, Any] = {"river_share": 0.0, "order": 0, "width_km": grid.cell_m / 1000.0}
        if line is not None:
            if near is not None:
                order = near[_steps_along(line, grid)]
                row["river_share"] = float((order > 0).mean())
                row["order"] = int(order.max(initial=0))
            row["width_km"] = _width(
                detour(reach, a, b), detour_share * cost, source_cells.values, length, grid
            )
        for name, lines in (("roads", roads), ("railways", railways)):
            row[name] = _crossings(line, lines)
        rows.append(row)
    facts = pd.DataFrame(
        rows, index=frame.index, columns=["river_share", "order", "width_km", "roads", "railways"]
    )
    frame = frame.join(facts)
    frame["river_reach_m"] = max(river_m, grid.cell_m)
    for column in ("name_zh", "name"):
        frame.insert(0, column, _joined_names(frame, sources, column))
    frame["type"] = np.where(frame["river_share"] >= river_share, RIVER, BIOLOGICAL)
    frame["gravity"] = gravity(
        frame["source"].map(sources["area_km2"]),
        frame["target"].map(sources["area_km2"]),
        frame["source"].map(sources["resistance"]),
        frame["target"].map(sources["resistance"]),
        frame["cost"],
    )
    frame = frame.sort_values("priority", ascending=False, kind="stable")
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="corridor")
    return frame


def _near_stream(
    order: xr.DataArray | None, least: int, reach_m: float, grid: GridSpec
) -> NDArray[np.integer] | None:
    """Order of the nearest stream that counts, 0 where none is near."""
    if order is None:
        return None
    with np.errstate(invalid="ignore"):
        streams = order.values >= least  # a missing order is no stream that could be followed
    if not streams.any():
        return np.zeros(grid.shape, np.int32)
    far = distance_to(streams) * grid.cell_m
    _, place = ndimage.distance_transform_edt(~streams, return_indices=True)
    nearest = order.values[tuple(place)].astype(np.int32)
    return np.where(far <= reach_m * (1.0 + 1e-6), nearest, 0)


def _steps_along(line: Any, grid: GridSpec) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns at the middle of equal steps of a line, four to a cell: shares of them are shares of its length."""
    count = max(int(np.ceil(4.0 * line.length / grid.cell_m)), 1)
    points = shapely.line_interpolate_point(line, (np.arange(count) + 0.5) * line.length / count)
    at = shapely.get_coordinates(points)
    rows = ((grid.top - at[:, 1]) / grid.cell_m).astype(np.intp)
    cols = ((at[:, 0] - grid.left) / grid.cell_m).astype(np.intp)
    return np.clip(rows, 0, grid.ny - 1), np.clip(cols, 0, grid.nx - 1)


def _joined_names(frame: pd.DataFrame, sources: gpd.GeoDataFrame, column: str) -> list[str]:
    """Names of both ends of each corridor; their numbers where sources have none."""
    have = next((c for c in (column, "name") if c in sources), None)
    words = {int(n): str(n) if have is None else str(sources.loc[n, have]) for n in sources.index}
    ends = zip(frame["source"], frame["target"], strict=True)
    return [f"{words[int(a)]} - {words[int(b)]}" for a, b in ends]


def _width(
    beyond: NDArray[np.float64],
    most: float,
    sources: NDArray[np.integer],
    length_km: float,
    grid: GridSpec,
) -> float:
    """Area of a corridor outside the sources over its length."""
    cells = int(((beyond <= most) & (sources == 0)).sum())
    return max(cells * grid.cell_km2 / length_km, grid.cell_m / 1000.0)


def _crossings(line: Any, lines: gpd.GeoDataFrame | None) -> int:
    if line is None or lines is None:
        return 0
    met = lines.geometry.iloc[lines.sindex.query(line, predicate="intersects")].intersection(line)
    return int(sum(len(getattr(g, "geoms", [g])) for g in met if not g.is_empty))


def gravity(area_a: Any, area_b: Any, resistance_a: Any, resistance_b: Any, cost: Any) -> Any:
    """Pull between two sources: the logarithms of their areas over their resistances, over the squared share of the longest cost.

    Parameters
    ----------
    area_a, area_b : array [km2]
        Of the sources; areas of 1 or less pull nothing.
    resistance_a, resistance_b : array [1]
        Mean within the sources.
    cost : array [m]
        Least cost between them.

    Returns
    -------
    array [1]
        Compare within one study only.
    """
    cost = np.asarray(cost, np.float64)
    longest = np.nanmax(cost) if cost.size else np.nan
    pull = np.log(np.maximum(area_a, 1.0)) / resistance_a
    other = np.log(np.maximum(area_b, 1.0)) / resistance_b
    with np.errstate(divide="ignore"):
        return np.asarray(pull * other / (cost / longest) ** 2)
