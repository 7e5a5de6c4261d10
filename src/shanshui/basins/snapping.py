"""Where a gauge or an outlet stands on the streams of the map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely import distance
from shapely import points as shapely_points

from shanshui.core.errors import QuantityError
from shanshui.kernels.accumulate import spread_up, upstream_order
from shanshui.region.grid import GridSpec

CLIMB = 2.0
"""Cells around the nearest one of a named river within which its greatest upstream area stands [D]: brooks join it there."""
ALIKE = 1.25
"""Ratio of upstream areas below which two cells are of one course [D]."""
OTHERS = 3
"""Further streams within reach that are told."""


@dataclass(frozen=True)
class Streams:
    """What points are moved onto.

    Attributes
    ----------
    grid : GridSpec
        Study grid.
    area : (cell,) array [km2]
        Area that drains through each cell.
    downstream : (cell,) array [1]
        Cell below each.
    order : (cell,) array [1], optional
        Stream order, 0 off the streams; without it each cell is a stream.
    rivers : GeoDataFrame, optional
        Known courses with ``name``, and ``name_zh`` if known.
    """

    grid: GridSpec
    area: NDArray[np.floating[Any]]
    downstream: NDArray[np.signedinteger[Any]]
    order: NDArray[np.integer[Any]] | None
    rivers: gpd.GeoDataFrame | None


def snapped(
    points: gpd.GeoDataFrame, streams: Streams, snap_km: float
) -> Iterator[dict[str, object]]:
    """Cell of each point on the grid, why it is this one, and what else was within reach.

    Parameters
    ----------
    points : GeoDataFrame
        ``name, published_km2`` [km2]; ``name_zh``, ``river`` (a name of the rivers), ``order`` (stream order) and ``basin``
        (name of a point further down that has a published area) if known.
    streams : Streams
        What they are moved onto.
    snap_km : float [km]
        How far.

    Yields
    ------
    dict
        ``name, name_zh, cell, published_km2, moved_km, rule, others``.

    Raises
    ------
    QuantityError
        No ground, or no stream that fits, within reach of a point.
    """
    grid = streams.grid
    reach = max(snap_km, grid.cell_m / 1000.0)
    known: dict[str, int] = {}
    rows: dict[int, dict[str, object]] = {}
    # those with a published area stand first: others may lie in their basins
    late = points["published_km2"].isna().to_numpy()
    for k in np.argsort(late, kind="stable"):
        point = points.iloc[int(k)]
        row = int((grid.top - point.geometry.y) // grid.cell_m)
        column = int((point.geometry.x - grid.left) // grid.cell_m)
        if not (0 <= row < grid.ny and 0 <= column < grid.nx):
            continue
        cells, far = _around(row, column, reach, grid)
        ground = np.isfinite(streams.area[cells])
        cells, far = cells[ground], far[ground]
        name = str(point["name"])
        if not len(cells):
            raise QuantityError(
                f"reference_outlets: no ground within {snap_km:g} km of '{name}'; correct its place or raise snap_km"
            )
        published = float(point["published_km2"])
        if np.isfinite(published):
            score = np.abs(np.log(streams.area[cells] / published)) + 0.001 * far / max(
                snap_km, 1e-09
            )
            best, rule = int(np.argmin(score)), "published area"
        else:
            cells, far, best, rule = _nearest(point, streams, known, cells, far, snap_km)
        cell = int(cells[best])
        known[name] = cell
        zh = point.get("name_zh")
        rows[int(k)] = {
            "name": name,
            "name_zh": zh if isinstance(zh, str) and zh else name,
            "cell": cell,
            "published_km2": published,
            "moved_km": float(far[best]),
            "rule": rule,
            "others": _others(streams, cells, far, best),
        }
    for k in sorted(rows):
        yield rows[k]


def _around(
    row: int, column: int, reach_km: float, grid: GridSpec
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cells within reach of a cell, and how far they are [km]."""
    side = max(1, int(reach_km * 1000 / grid.cell_m))
    rows = np.arange(max(0, row - side), min(grid.ny, row + side + 1))
    columns = np.arange(max(0, column - side), min(grid.nx, column + side + 1))
    cells = (rows[:, None] * grid.nx + columns[None, :]).ravel()
    far = np.hypot(cells // grid.nx - row, cells % grid.nx - column) * grid.cell_m / 1000.0
    near = far <= reach_km
    return cells[near], far[near]


def _nearest(
    point: pd.Series,
    streams: Streams,
    known: dict[str, int],
    cells: NDArray[np.int64],
    far: NDArray[np.float64],
    snap_km: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64], int, str]:
    """Nearest cell of a stream that fits what is known of a point without a published area."""
    name, fit, rule = str(point["name"]), np.ones(len(cells), bool), "nearest stream"
    if streams.order is not None:
        fit &= streams.order[cells] > 0
    wanted = point.get("order")
    if (
        streams.order is not None
        and isinstance(wanted, int | float | np.number)
        and wanted == wanted
    ):
        fit &= streams.order[cells] == int(wanted)
        rule = f"nearest stream of order {int(wanted)}"
    basin = point.get("basin")
    if isinstance(basin, str) and basin:
        if basin not in known:
            raise QuantityError(
                f"reference_outlets.basin: '{name}' lies in '{basin}', which is no point with a place of its own; found "
                f"{', '.join(known) or 'none'}"
            )
        fit &= _above(known[basin], streams)[cells]
        rule = f"{rule} above {basin}"
    river = _river_of(point, streams.rivers)
    if river:
        of_river = fit & _along(cells, river, streams, snap_km)
        if of_river.any():
            fit, rule = of_river, f"nearest cell of the river {river}"
        else:
            river = ""
    if not fit.any():
        raise QuantityError(
            f"reference_outlets: no {rule.removeprefix('nearest ')} within {snap_km:g} km of '{name}'; correct its place, "
            "give published_km2, or raise snap_km"
        )
    cells, far = cells[fit], far[fit]
    # of cells equally near that of the greater stream, then the first
    best = int(np.lexsort((cells, -streams.area[cells], far))[0])
    if river:
        off = np.hypot(
            cells // streams.grid.nx - cells[best] // streams.grid.nx,
            cells % streams.grid.nx - cells[best] % streams.grid.nx,
        )
        close = np.flatnonzero(off <= CLIMB)
        best = int(close[np.lexsort((far[close], -streams.area[cells[close]]))[0]])
    return cells, far, best, rule


def _above(cell: int, streams: Streams) -> NDArray[np.bool_]:
    """Cells that drain through a cell."""
    label = np.zeros(streams.downstream.size, np.int32)
    label[cell] = 1
    spread_up(upstream_order(streams.downstream), streams.downstream, label)
    return label == 1


def _river_of(point: pd.Series, rivers: gpd.GeoDataFrame | None) -> str:
    """River that a point names: its column ``river``, or a river's name that its own name begins with."""
    if rivers is None:
        return ""
    told = point.get("river")
    texts = [t for t in (told, point["name"], point.get("name_zh")) if isinstance(t, str) and t]
    for column in ("name", "name_zh"):
        for river in sorted(
            set(rivers[column]) if column in rivers else (), key=lambda r: (-len(str(r)), str(r))
        ):
            # a short name must be a word of its own: Han is not Hanzhong
            if isinstance(river, str) and river and any(_begins(t, river) for t in texts):
                return river
    return ""


def _begins(text: str, river: str) -> bool:
    rest = text[len(river) :]
    return text.startswith(river) and (not rest or not rest[0].isalpha() or not river.isascii())


def _along(
    cells: NDArray[np.int64], river: str, streams: Streams, snap_km: float
) -> NDArray[np.bool_]:
    """Cells to which no other named river is nearer, with the river itself within reach."""
    grid, rivers = streams.grid, streams.rivers
    assert rivers is not None  # noqa: S101 - a river was found in it
    places = shapely_points(grid.x()[cells % grid.nx], grid.y()[cells // grid.nx])
    is_it = (rivers["name"] == river) | (
        rivers["name_zh"] == river if "name_zh" in rivers else False
    )
    named = rivers[(rivers["name"] != "") & ~is_it]
    own = np.full(len(cells), np.inf)
    for line in rivers[is_it].geometry:
        own = np.minimum(own, distance(line, places))
    rest = np.full(len(cells), np.inf)
    for line in named.geometry:
        rest = np.minimum(rest, distance(line, places))
    return (own <= rest) & (own <= snap_km * 1000.0)


def _others(streams: Streams, cells: NDArray[np.int64], far: NDArray[np.float64], best: int) -> str:
    """Other streams within reach, the nearest first: upstream area and how far."""
    if streams.order is not None:
        keep = (streams.order[cells] > 0) | (np.arange(len(cells)) == best)
        best = int(keep[:best].sum())
        cells, far = cells[keep], far[keep]
    told = [float(streams.area[cells[best]])]
    out = []
    for k in np.lexsort((-streams.area[cells], far)):
        area = float(streams.area[cells[k]])
        if area > 0 and all(max(area / t, t / area) >= ALIKE for t in told if t > 0):
            told.append(area)
            out.append(f"{area:.4g} km2 at {far[k]:.3g} km")
            if len(out) == OTHERS:
                break
    return "; ".join(out)
