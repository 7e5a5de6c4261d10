"""River basins by their outlets, and nested Pfafstetter basins within them."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely import Point

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    FlowDirection,
    Index,
    Mask,
    Outlets,
    Rivers,
    StreamOrder,
    UnitLabels,
    Units,
    UpstreamArea,
)
from shanshui.kernels.accumulate import (
    accumulate,
    distance_to_outlet,
    downstream,
    longest_above,
    reaches,
    spread_up,
    upstream_order,
)
from shanshui.kernels.labels import label_sizes, relabel
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import polygons

MINOR = "minor basins"


@assessment(source="own_basins", bytes_per_cell=24)
def river_basin_outlets(
    flow_direction: FlowDirection,
    upstream_area: UpstreamArea,
    region_mask: Mask,
    reference_outlets: Outlets | None = None,
    rivers: Rivers | None = None,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.02,
    snap_km: Annotated[float, Between(0.0, 200.0)] = 10.0,
) -> Units:
    """Points at which the river basins of the region end.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    upstream_area : (y, x) [km2]
        Area that drains through each cell.
    region_mask : (y, x) [1]
        1 inside the region.
    reference_outlets : points, optional
        Named gauges or dams with ``published_km2``. Each is moved within ``snap_km`` to the cell whose upstream
        area is nearest to the published one, or largest where none is published.
    rivers : lines, optional
        Known courses with ``name``; other outlets are called after the one within ``snap_km``.
    least_share : float [1]
        Other outlets count when they drain this share of the region; a higher share leaves more to the minor basins.
    snap_km : float [km]
        How far a reference outlet may be moved.

    Returns
    -------
    points
        Index ``unit`` from 1; ``code, name, parent, cell, upstream_km2, published_km2, moved_km``; the last row, cell -1,
        stands for all minor basins.
    """
    grid = grid_of(flow_direction)
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    area = upstream_area.values.ravel()
    rows = [] if reference_outlets is None else _snapped(reference_outlets, area, grid, snap_km)
    taken = {row["cell"] for row in rows}
    inside = (region_mask.values.ravel() == 1) & (nxt >= 0)
    order = upstream_order(nxt)
    gathered = accumulate(order, nxt, inside.astype(nxt.dtype))
    natural = np.flatnonzero(
        (nxt == np.arange(nxt.size)) & (gathered >= max(1.0, least_share * inside.sum()))
    )
    for rank, c in enumerate(natural[np.argsort(-gathered[natural], kind="stable")]):
        if int(c) not in taken:
            name = _river_at(int(c), rivers, grid, snap_km) or f"basin {rank + 1}"
            used = sum(str(row["name"]).split(" (")[0] == name for row in rows)
            name = f"{name} ({used + 1})" if used else name
            rows.append({"name": name, "cell": int(c), "published_km2": np.nan, "moved_km": 0.0})
    rows.append({"name": MINOR, "cell": -1, "published_km2": np.nan, "moved_km": 0.0})
    frame = pd.DataFrame(rows)
    cell = frame["cell"].to_numpy()
    frame["upstream_km2"] = np.where(cell >= 0, area[cell], np.nan).astype(float)
    frame["code"] = [f"B{i:02d}" for i in range(1, len(frame) + 1)]
    frame["parent"] = ""
    x, y = grid.x()[cell % grid.nx], grid.y()[cell // grid.nx]
    out = gpd.GeoDataFrame(
        frame[["code", "name", "parent", "cell", "upstream_km2", "published_km2", "moved_km"]],
        geometry=gpd.points_from_xy(np.where(cell >= 0, x, np.nan), np.where(cell >= 0, y, np.nan)),
        crs=grid.crs or None,
    )
    out.index = pd.RangeIndex(1, len(out) + 1, name="unit")
    out.attrs["units"] = {"upstream_km2": "km2", "published_km2": "km2", "moved_km": "km"}
    return out


def _river_at(cell: int, rivers: gpd.GeoDataFrame | None, grid: GridSpec, snap_km: float) -> str:
    """Name of the nearest named river within reach of a cell."""
    if rivers is None:
        return ""
    place = Point(grid.x()[cell % grid.nx], grid.y()[cell // grid.nx])
    named = rivers[rivers["name"] != ""]
    far = named.distance(place)
    return str(named.loc[far.idxmin(), "name"]) if len(far) and far.min() <= snap_km * 1000 else ""


def _snapped(
    points: gpd.GeoDataFrame, area: NDArray[np.float32], grid: GridSpec, snap_km: float
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    reach = max(1, int(snap_km * 1000 / grid.cell_m))
    for name, published, place in zip(
        points["name"], points["published_km2"], points.geometry, strict=True
    ):
        i = int((grid.top - place.y) // grid.cell_m)
        j = int((place.x - grid.left) // grid.cell_m)
        if not (0 <= i < grid.ny and 0 <= j < grid.nx):
            continue
        r = np.arange(max(0, i - reach), min(grid.ny, i + reach + 1))
        s = np.arange(max(0, j - reach), min(grid.nx, j + reach + 1))
        cells = (r[:, None] * grid.nx + s[None, :]).ravel()
        far = np.hypot(cells // grid.nx - i, cells % grid.nx - j) * grid.cell_m / 1000.0
        near = (far <= max(snap_km, grid.cell_m / 1000.0)) & np.isfinite(area[cells])
        if not near.any():
            raise QuantityError(
                f"reference_outlets: no ground within {snap_km:g} km of '{name}'; correct its place or raise snap_km"
            )
        cells, far = cells[near], far[near]
        score = (
            np.abs(np.log(area[cells] / published)) + 0.001 * far / max(snap_km, 1e-09)
            if np.isfinite(published)
            else -area[cells]
        )
        best = int(np.argmin(score))
        rows.append(
            {
                "name": name,
                "cell": int(cells[best]),
                "published_km2": float(published),
                "moved_km": float(far[best]),
            }
        )
    return rows


@assessment(source="own_basins", bytes_per_cell=14)
def river_basins(flow_direction: FlowDirection, river_basin_outlets: Units) -> UnitLabels:
    """River basin of each cell: the first outlet it drains through.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    river_basin_outlets : points
        Outlets with their ``cell``; the row with cell -1 takes all else.

    Returns
    -------
    (y, x) [1]
        Unit of ``river_basin_outlets``; 0 outside.
    """
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    label = np.zeros(nxt.size, np.int32)
    named = river_basin_outlets[river_basin_outlets["cell"] >= 0]
    label[named["cell"].to_numpy()] = named.index.to_numpy()
    spread_up(upstream_order(nxt), nxt, label)
    rest = river_basin_outlets.index[river_basin_outlets["cell"] < 0]
    if len(rest):
        label[(label == 0) & (nxt >= 0)] = int(rest[0])
    return like(flow_direction, label.reshape(flow_direction.shape), "1", nodata=0)


@assessment(source="own_basins", bytes_per_cell=40)
def upstream_index(
    flow_direction: FlowDirection, river_basins: UnitLabels, river_basin_outlets: Units
) -> Index:
    """How far up its river basin a cell lies.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    river_basins : (y, x) [1]
        River basin of each cell.
    river_basin_outlets : points
        Their outlets.

    Returns
    -------
    (y, x) [1]
        Flow-path length to the basin's outlet over the longest one in the basin: 0 at the outlet, 1 at the
        farthest source; NaN outside. Minor basins share one longest path.
    """
    codes = np.ascontiguousarray(flow_direction.values)
    side = grid_of(flow_direction).cell_m / 1000.0
    nxt = downstream(codes)
    order = upstream_order(nxt)
    length = distance_to_outlet(order, nxt, codes.shape[1], side, side)
    label = river_basins.values.ravel()
    start = np.zeros(int(label.max()) + 1)
    for unit, cell in river_basin_outlets["cell"].items():
        if cell >= 0 and unit < start.size:
            start[unit] = length[cell]
    length -= start[label]
    most = longest_above(order, nxt, length, label)
    scale = np.where(most > 0, 1.0 / np.maximum(most, 1e-12), 0.0)
    length *= scale[label]
    length[nxt < 0] = np.nan
    return like(flow_direction, length.reshape(codes.shape).astype(np.float32), "1")


def pfafstetter(onward: NDArray[np.int64], area: NDArray[np.float64], levels: int) -> list[str]:
    """Pfafstetter code of each reach of a drainage tree.

    Parameters
    ----------
    onward : (reach,) int
        Place of the next reach downstream; -1 at the mouth. One mouth.
    area : (reach,) float
        Whole area upstream of the lower end of each reach.
    levels : int
        Digits.

    Returns
    -------
    list of str
        At each level the main stem follows the largest area; its four largest tributaries are 2, 4, 6, 8
        going up, the stretches between them 1, 3, 5, 7, 9. Where fewer than four join, the numbers
        stop earlier. Ties go to the reach that comes first.
    """
    above: list[list[int]] = [[] for _ in onward]
    mouth = -1
    for reach, below in enumerate(onward):
        if below >= 0:
            above[below].append(reach)
        else:
            mouth = reach
    codes = [""] * len(onward)
    groups = [(mouth, set(range(len(onward))))]
    for _ in range(levels):
        finer = []
        for outlet, members in groups:
            finer += _split(outlet, members, above, area, codes)
        groups = finer
    return codes


def _split(
    outlet: int,
    members: set[int],
    above: list[list[int]],
    area: NDArray[np.float64],
    codes: list[str],
) -> list[tuple[int, set[int]]]:
    stem, sides = [outlet], []
    while True:
        here = [r for r in above[stem[-1]] if r in members]
        if not here:
            break
        main = min(here, key=lambda r: (-area[r], r))
        sides += [(r, len(stem) - 1) for r in here if r != main]
        stem.append(main)
    largest = sorted(sides, key=lambda s: (-area[s[0]], s[0]))[:4]
    largest.sort(key=lambda s: (s[1], -area[s[0]], s[0]))
    chosen = {reach: 2 * (k + 1) for k, (reach, _) in enumerate(largest)}
    joints = [joint for _, joint in largest]
    groups: dict[int, tuple[int, set[int]]] = {}

    def give(reach: int, digit: int) -> None:
        if digit not in groups:
            groups[digit] = (reach, set())
        stack = [reach]
        while stack:
            r = stack.pop()
            groups[digit][1].add(r)
            codes[r] += str(digit)
            stack += [u for u in above[r] if u in members and u not in stem_set and u not in chosen]

    stem_set = set(stem)
    for place, reach in enumerate(stem):
        # a tributary joins at the upper end of its joint: that stem reach still lies below it
        give(reach, 2 * sum(joint < place for joint in joints) + 1)
    for reach, digit in chosen.items():
        give(reach, digit)
    return [groups[digit] for digit in sorted(groups)]


@assessment(source="verdin1999", bytes_per_cell=34)
def nested_basins(
    flow_direction: FlowDirection,
    upstream_area: UpstreamArea,
    stream_order: StreamOrder,
    river_basins: UnitLabels,
    river_basin_outlets: Units,
    region_mask: Mask,
    *,
    level: Annotated[int, Between(1, 6)] = 1,
) -> Units:
    """Pfafstetter basins of one level, within each river basin.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    upstream_area : (y, x) [km2]
        Area that drains through each cell.
    stream_order : (y, x) [1]
        0 off the streams.
    river_basins : (y, x) [1]
        River basin of each cell.
    river_basin_outlets : points
        Their names and outlets.
    region_mask : (y, x) [1]
        1 inside the region; only cells inside count.
    level : int
        Digits of the code; each level splits a basin into up to nine.

    Returns
    -------
    polygons
        Index ``unit``; ``code`` (river basin, then digits), ``name``, ``parent`` (the code one level up), ``area_km2``.
        Ground that drains past every stream carries digit 0. Areas of all units sum to the region's.
    """
    grid = grid_of(flow_direction)
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    order = upstream_order(nxt)
    basin = river_basins.values.ravel()
    ends = (nxt == np.arange(nxt.size)) | (basin[np.maximum(nxt, 0)] != basin)
    stream = stream_order.values.ravel() > 0
    reach, count = reaches(order, nxt, stream, ends)
    cells = order[reach[order] > 0]
    last = np.zeros(count + 1, np.int64)
    last[reach[cells]] = cells  # the lowest cell stands last
    onward = np.where(ends[last], 0, reach[np.maximum(nxt[last], 0)])
    codes = _codes(onward[1:] - 1, last[1:], upstream_area.values.ravel(), basin, level)
    names = river_basin_outlets["code"].to_dict()
    catchment = spread_up(order, nxt, np.where(ends & (reach == 0), -1, reach).astype(np.int32))
    words = np.array(["", *codes], dtype=object)
    place: dict[tuple[int, str], int] = {}
    target = np.zeros((count + 1, int(max(names)) + 1), np.int32)
    for r in range(count + 1):
        owners = [int(basin[last[r]])] if r else list(names)
        for owner in owners:
            key = (owner, words[r] if r else "0" * level)
            target[r, owner] = place.setdefault(key, len(place) + 1)
    label = target[np.maximum(catchment, 0), basin]
    label[(basin == 0) | (region_mask.values.ravel() != 1)] = 0
    sizes = label_sizes(label, len(place))
    keys = sorted(
        (f"{names[b]}-{word}", number) for (b, word), number in place.items() if sizes[number]
    )
    target = np.zeros(len(place) + 1, np.int32)
    for unit, (_, number) in enumerate(keys, start=1):
        target[number] = unit
    final = relabel(label, target, np.empty(label.size, np.int32)).reshape(flow_direction.shape)
    laid = grid.lay(final, "1", nodata=0)
    frame = polygons(laid)
    text = [code for code, _ in keys]
    frame["code"] = text
    owner = river_basin_outlets.set_index("code")["name"].to_dict()
    frame["name"] = [f"{owner[c.split('-')[0]]} {c.split('-')[1]}" for c in text]
    frame["parent"] = [c[:-1].rstrip("-") for c in text]
    frame["area_km2"] = label_sizes(final.ravel(), len(text))[1:] * grid.cell_km2
    frame.attrs["units"] = {"area_km2": "km2"}
    return frame[["code", "name", "parent", "area_km2", "geometry"]]


def _codes(
    onward: NDArray[np.int64],
    last: NDArray[np.int64],
    area: NDArray[np.float32],
    basin: NDArray[np.int32],
    level: int,
) -> list[str]:
    """Codes of all reaches, tree by tree; the largest tree of a basin keeps the digits, others end in 0."""
    count = len(onward)
    root = np.arange(count)
    # reaches are numbered down the streams, so below comes later
    for r in range(count - 1, -1, -1):
        if onward[r] >= 0:
            root[r] = root[onward[r]]
    total = area[last].astype(np.float64)
    best: dict[int, int] = {}
    for end in np.flatnonzero(onward < 0).tolist():
        owner = int(basin[last[end]])
        if owner not in best or total[end] > total[best[owner]]:
            best[owner] = end
    codes = ["0" * level] * count
    for mouth in best.values():
        members = np.flatnonzero(root == mouth)
        place = np.full(count + 1, -1)
        place[members] = np.arange(members.size)
        local = np.where(onward[members] >= 0, place[onward[members]], -1)
        words = pfafstetter(local, total[members], level)
        for member, code in zip(members.tolist(), words, strict=True):
            codes[member] = code
    return codes
