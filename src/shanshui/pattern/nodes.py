"""Nodes of the pattern: where corridors meet, narrow, are blocked, cross roads, and where steps lie between sources."""

from collections.abc import Iterator
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from shapely.geometry import Point

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Index
from shanshui.pattern.morphology import CORES
from shanshui.pattern.naming import numbered, places_at
from shanshui.pattern.tables import (
    Courses,
    Current,
    Detour,
    Lines,
    NamedPlaces,
    Nodes,
    RiverCourses,
    SourceCells,
)
from shanshui.region.grid import GridSpec, grid_of

NEAR_CELLS = 3.0
"""Links that run this near a node count for it [D]."""
REASONS = {
    "intersection": "corridors meet here",
    "pinch": "the corridor has no way round: current is highest here",
    "barrier": "opening this ground would shorten a corridor most",
    "stepping_stone": "core habitat between sources, too small to be one",
    "weak": "a corridor crosses a road or railway",
}


@assessment(source="own_pattern", bytes_per_cell=40)
def nodes(
    corridors: Courses,
    pinch_points: Current,
    barriers: Index,
    corridor_detour: Detour,
    source_cells: SourceCells,
    habitat_morphology: Codes | None = None,
    river_corridors: RiverCourses | None = None,
    roads: Lines | None = None,
    railways: Lines | None = None,
    counties: NamedPlaces | None = None,
    massifs: NamedPlaces | None = None,
    *,
    merge_cells: Annotated[float, Between(0.0, 1000.0)] = 2.0,
    pinch_share: Annotated[float, Between(0.0, 1.0)] = 0.1,
    barrier_deviations: Annotated[float, Between(-10.0, 10.0)] = 1.0,
    stone_km2: Annotated[float, Between(0.0, 1e6)] = 5.0,
    detour_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
    most: Annotated[int, Between(0, 100_000)] = 0,
) -> Nodes:
    """Points of the pattern where care or restoration counts most.

    Parameters
    ----------
    corridors : lines
        Where they run.
    pinch_points : (y, x) [A]
        Current within corridors.
    barriers : (y, x) [1]
        Improvement score.
    corridor_detour : (y, x) [m]
        Cost beyond the least-cost path.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    habitat_morphology : (y, x) [1], optional
        17 is core; without it no stepping stone is looked for.
    river_corridors : lines, optional
        Corridors that meet them have a node there.
    roads, railways : lines, optional
        Where corridors cross them is a weak point.
    counties : polygons, optional
        ``name``; a node is named by the county where it lies, or the nearest.
    massifs : points, lines or polygons, optional
        ``name``; a node of a study without counties is named by the nearest.
    merge_cells : float [cell]
        Nodes of one kind this near are one [D].
    pinch_share : float [1]
        Share of corridor cells, those of most current, that may be pinch nodes [S2].
    barrier_deviations : float [1]
        A barrier node scores more than the mean of positive scores by so many standard deviations [D].
    stone_km2 : float [km2]
        Least area of a stepping stone [D].
    detour_share : float [1]
        A stepping stone lies where the detour is among this share of least ones [D].
    most : int
        Only so many of the best; 0 for all.

    Returns
    -------
    points
        Index ``node``; ``name, name_zh``: place and the number within it in the order of ranks, the number alone where no place is known;
        ``kind``: intersection, pinch, barrier, stepping_stone or weak; ``score`` in the unit of its kind, ``links`` that
        run near, ``rank`` from 1 over all, ``reason``. Kinds take turns in the rank: the best of each kind by its score and the links near by,
        then the second of each.

    Notes
    -----
    rank = place in the order (turn, -links, kind), turn being the place within its kind by (score, links). intersection: where two corridors, or
    a corridor and a river, meet outside sources. pinch: the greatest current in each group of cells at or above the 1 - p quantile of current, p
    the share. barrier: the greatest score in each group at or above mean + k sd of positive scores. stepping stone: the centre of each core
    outside sources of at least the area that touches the least detours. weak: where a corridor crosses a road or railway. The published pattern
    has such nodes [S]; pinch points after McRae et al. (2008) [M], barriers after McRae et al. (2012) [S], shares, deviations and the order of
    ranks are ours [D].
    """
    grid = grid_of(pinch_points)
    lines = [g for g in corridors.geometry if g is not None]
    stems = (
        [] if river_corridors is None else [g for g in river_corridors.geometry if g is not None]
    )
    label = source_cells.values
    found: list[dict[str, Any]] = []
    found += [
        {"kind": "intersection", "score": 1.0, "x": p.x, "y": p.y}
        for p in _meetings(lines, stems)
        if _off_source(p.x, p.y, label, grid)
    ]
    found += _peaks("pinch", pinch_points.values, _upper(pinch_points.values, pinch_share), grid)
    score = barriers.values
    positive = score[np.isfinite(score) & (score > 0)]
    if positive.size:
        limit = float(positive.mean() + barrier_deviations * positive.std())
        found += _peaks("barrier", score, limit, grid)
    if habitat_morphology is not None:
        found += _stones(
            habitat_morphology, label, corridor_detour.values, stone_km2, detour_share, grid
        )
    for kind_lines in (roads, railways):
        if kind_lines is not None and len(kind_lines):
            found += [
                {"kind": "weak", "score": 1.0, "x": p.x, "y": p.y}
                for line in lines
                for p in _crossed(line, kind_lines)
                if _off_source(p.x, p.y, label, grid)
            ]
    out = _ranked(found, lines, grid, merge_cells * grid.cell_m, most, corridors.crs)
    places = places_at(out.geometry, counties, massifs)
    own, zh = numbered(places, [str(n) for n in out.index])
    out.insert(0, "name", own)
    out.insert(1, "name_zh", zh)
    return out


def _off_source(x: float, y: float, label: NDArray[np.integer], grid: GridSpec) -> bool:
    i, j = int((grid.top - y) / grid.cell_m), int((x - grid.left) / grid.cell_m)
    return 0 <= i < grid.ny and 0 <= j < grid.nx and label[i, j] == 0


def _meetings(lines: list[Any], stems: list[Any]) -> Iterator[Point]:
    for k, line in enumerate(lines):
        for other in (*lines[k + 1 :], *stems):
            yield from _points(line.intersection(other))


def _points(shape: Any) -> Iterator[Point]:
    """Points of an intersection; a stretch in common counts by its two ends."""
    for part in getattr(shape, "geoms", [shape]):
        if part.is_empty:
            continue
        if part.geom_type == "Point":
            yield part
        elif part.geom_type == "LineString":
            yield Point(part.coords[0])
            yield Point(part.coords[-1])


def _crossed(line: Any, lines: gpd.GeoDataFrame) -> Iterator[Point]:
    near = lines.geometry.iloc[lines.sindex.query(line, predicate="intersects")]
    for shape in near:
        yield from _points(line.intersection(shape))


def _upper(values: NDArray[np.floating], share: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, 1.0 - share)) if known.size else np.inf


def _peaks(
    kind: str, values: NDArray[np.floating], limit: float, grid: GridSpec
) -> list[dict[str, Any]]:
    """Cell of the greatest value in each group of cells at or above a limit."""
    high = np.isfinite(values) & (values >= limit) & (values > 0)
    label, count = ndimage.label(high, np.ones((3, 3)))
    if count == 0:
        return []
    filled = np.where(high, values, -np.inf)
    places = ndimage.maximum_position(filled, label, np.arange(1, count + 1))
    return [{"kind": kind, "score": float(values[i, j]), **_centre(i, j, grid)} for i, j in places]


def _centre(i: float, j: float, grid: GridSpec) -> dict[str, float]:
    return {"x": grid.left + (j + 0.5) * grid.cell_m, "y": grid.top - (i + 0.5) * grid.cell_m}


def _stones(
    morphology: xr.DataArray,
    sources: NDArray[np.integer],
    beyond: NDArray[np.floating],
    least_km2: float,
    share: float,
    grid: GridSpec,
) -> list[dict[str, Any]]:
    known = np.isfinite(beyond)
    if not known.any():
        return []
    near = known & (beyond <= np.quantile(beyond[known], share))
    label, count = ndimage.label(
        np.isin(morphology.values, CORES) & (sources == 0), np.ones((3, 3))
    )
    if count == 0:
        return []
    numbers = np.arange(1, count + 1)
    area = np.bincount(label.ravel(), minlength=count + 1)[1:] * grid.cell_km2
    touched = ndimage.maximum(near, label, numbers) > 0
    centres = ndimage.center_of_mass(label > 0, label, numbers)
    return [
        {"kind": "stepping_stone", "score": float(size), **_centre(i, j, grid)}
        for (i, j), size, reached in zip(centres, area, touched, strict=True)
        if reached and size >= least_km2
    ]


def _ranked(
    found: list[dict[str, Any]],
    lines: list[Any],
    grid: GridSpec,
    merge_m: float,
    most: int,
    crs: Any,
) -> gpd.GeoDataFrame:
    columns = ["kind", "score", "links", "rank", "reason"]
    frame = pd.DataFrame(found, columns=["kind", "score", "x", "y"])
    frame = frame.sort_values(["kind", "score", "x", "y"], ascending=[True, False, True, True])
    kept = [_merged(part, merge_m) for _, part in frame.groupby("kind", sort=True)]
    frame = pd.concat(kept, ignore_index=True) if kept else frame
    points = [Point(x, y) for x, y in zip(frame["x"], frame["y"], strict=True)]
    near = NEAR_CELLS * grid.cell_m
    frame["links"] = [sum(line.distance(p) <= near for line in lines) for p in points]
    # kinds take turns: the best of each, then the second of each
    frame = frame.sort_values(["score", "links"], ascending=False, kind="stable")
    frame["turn"] = frame.groupby("kind").cumcount()
    frame = frame.sort_values(["turn", "links", "kind"], ascending=[True, False, True])
    frame["rank"] = np.arange(1, len(frame) + 1)
    points = [Point(x, y) for x, y in zip(frame["x"], frame["y"], strict=True)]
    frame["reason"] = frame["kind"].map(REASONS)
    out = gpd.GeoDataFrame(frame[columns], geometry=points, crs=crs)
    free = len(out)
    if most:
        out = out.head(most)
    # how many there are, whatever number is kept
    out.attrs["free"] = free
    out.index = pd.RangeIndex(1, len(out) + 1, name="node")
    return out


def _merged(part: pd.DataFrame, merge_m: float) -> pd.DataFrame:
    """Nodes of one kind, the best first; those near a better one go into it."""
    if merge_m <= 0 or len(part) < 2:
        return part
    tree = cKDTree(part[["x", "y"]].to_numpy())
    gone = np.zeros(len(part), bool)
    for k in range(len(part)):
        if not gone[k]:
            close = [m for m in tree.query_ball_point(tree.data[k], merge_m) if m > k]
            gone[close] = True
    return part[~gone]
