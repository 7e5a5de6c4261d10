"""Places of a made-up region: counties, rivers, roads, villages, reserves, people."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from shanshui.basins.streams import river_reaches, stream_order
from shanshui.kernels.noise import fractal, white
from shanshui.region.grid import GridSpec
from shanshui.region.unitset import polygons
from shanshui.store.layout import disk_errors
from shanshui.store.vectors import write_geopackage
from shanshui.study.made_up.economy import write_economy
from shanshui.study.made_up.frame import Frame
from shanshui.study.made_up.species import (
    reserve_labels,
    species_habitats,
    species_presence,
    species_ranges,
)
from shanshui.study.made_up.towns import name_of, towns_of


def write_features(folder: Path, grid: GridSpec, frame: Frame) -> tuple[list[str], list[str]]:
    """Write all layers and the census; return inner counties and outer prefectures."""
    towns = towns_of(frame)
    place = folder / "made_up.gpkg"
    place.unlink(missing_ok=True)
    counties, prefectures, labels = _counties(frame, towns)
    inner = _mountain_counties(frame, labels, towns)
    layers = {
        "boundary": gpd.GeoDataFrame(
            {"name": ["made-up region"]},
            geometry=[shapely.union_all(counties.geometry.values)],
            crs=grid.crs,
        ),
        "counties": counties,
        "prefectures": prefectures,
        "rivers": _rivers(frame),
        **_ways(frame, towns),
        "towns": towns.drop(columns="reach_m"),
        "villages": _villages(frame, towns),
        "protected_areas": _protected(frame),
        "species_ranges": species_ranges(frame),
        "parks": _parks(towns),
        "lakes": _lakes(frame, towns),
    }
    with disk_errors(place):
        write_geopackage(layers, place)
    species_presence(frame).to_csv(folder / "species_presence.csv", index=False, encoding="utf-8")
    species_habitats(frame).to_csv(folder / "species_habitats.csv", index=False, encoding="utf-8")
    people = _population(folder, frame, towns, labels)
    write_economy(folder, people, counties, towns, frame.seed)
    outer = sorted(set(counties.loc[~counties["code"].isin(inner), "parent"]))
    return inner, outer


def _counties(
    frame: Frame, towns: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, NDArray[np.int32]]:
    """Land of each town: the nearest by a warped distance; prefectures gather counties round the cities."""
    grid = frame.grid
    ny, nx = grid.shape
    bend = 0.06 * nx
    x = np.arange(nx) + bend * fractal(0, 0, ny, nx, 1.0, nx / 5, 5, 0.55, frame.seed * 97 + 31)
    y = np.arange(ny)[:, None] + bend * fractal(
        0, 0, ny, nx, 1.0, nx / 5, 5, 0.55, frame.seed * 97 + 32
    )
    sites = np.column_stack(
        [(grid.top - towns.geometry.y) / grid.cell_m, (towns.geometry.x - grid.left) / grid.cell_m]
    )
    _, owner = cKDTree(sites).query(np.column_stack([y.ravel(), x.ravel()]))
    labels = _one_piece((owner + 1).reshape(ny, nx).astype(np.int32))
    margin = max(2, nx // 40)
    edge = np.ones((ny, nx), bool)
    sway = (
        margin * (0.5 + 0.5 * fractal(0, 0, ny, nx, 1.0, nx / 6, 4, 0.5, frame.seed * 97 + 33))
    ).astype(int)
    i, j = np.indices((ny, nx))
    edge &= np.minimum(np.minimum(i, ny - 1 - i), np.minimum(j, nx - 1 - j)) < sway
    labels[edge] = 0
    labels = _one_piece(labels)
    shapes = polygons(
        GridSpec(grid.crs, grid.cell_m, grid.left, grid.top, ny, nx).lay(labels, "1", nodata=0)
    )
    smooth = shapely.coverage_simplify(shapes.geometry.values, 1.6 * grid.cell_m)
    rows = towns.iloc[np.asarray(shapes.index) - 1].reset_index(drop=True)
    cities = towns[towns["role"] != "county town"]
    _, near = cKDTree(np.column_stack([cities.geometry.x, cities.geometry.y])).query(
        np.column_stack([rows.geometry.x, rows.geometry.y])
    )
    head = cities.iloc[near].reset_index(drop=True)
    counties = gpd.GeoDataFrame(
        {
            "code": rows["code"],
            "name": rows["name"] + " County",
            "name_zh": rows["name_zh"] + "县",
            "parent": ["9" + c[1:] for c in head["code"]],
        },
        geometry=smooth,
        crs=grid.crs,
    )
    groups = counties.dissolve("parent", sort=True)
    by_code = {
        "9" + c[1:]: (n, z)
        for c, n, z in zip(cities["code"], cities["name"], cities["name_zh"], strict=True)
    }
    prefectures = gpd.GeoDataFrame(
        {
            "code": list(groups.index),
            "name": [by_code[c][0] + " Prefecture" for c in groups.index],
            "name_zh": [by_code[c][1] + "市" for c in groups.index],
            "parent": "900",
        },
        geometry=groups.geometry.values,
        crs=grid.crs,
    )
    return counties, prefectures, labels


def _one_piece(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Keep the largest piece of each label; smaller ones go to whoever lies nearest."""
    keep = np.zeros(labels.shape, bool)
    for unit in np.unique(labels):
        if unit == 0:
            keep |= labels == 0
            continue
        pieces, count = ndimage.label(labels == unit)
        if count:
            keep |= pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    _, (i, j) = ndimage.distance_transform_edt(~keep, return_indices=True)
    out: NDArray[np.int32] = labels[i, j]
    return out


def _mountain_counties(
    frame: Frame, labels: NDArray[np.int32], towns: gpd.GeoDataFrame
) -> list[str]:
    units = [u for u in range(1, len(towns) + 1) if (labels == u).any()]
    mean = np.array([frame.height[labels == u].mean() for u in units])
    limit = np.quantile(mean, 0.45)
    return [towns["code"].iloc[u - 1] for u, m in zip(units, mean, strict=True) if m > limit]


def _rivers(frame: Frame) -> gpd.GeoDataFrame:
    area = frame.grid.lay(frame.area, "km2")
    direction = frame.grid.lay(frame.direction, "1", nodata=255)
    least = float(frame.area.max()) / 60.0
    order = stream_order(direction, area, least_km2=least)
    lines = river_reaches(direction, area, order)
    lines = lines[lines.length > 0]
    names = [name_of(200 + int(r), frame.seed) for r in lines["reach"]]
    smooth = [_smooth(line) for line in lines.geometry]
    return gpd.GeoDataFrame(
        {
            "name": [n[0] + " River" for n in names],
            "name_zh": [n[1] + "河" for n in names],
            "order": lines["order"].to_numpy(),
            "upstream_km2": np.round(lines["upstream_km2"], 1),
        },
        geometry=smooth,
        crs=frame.grid.crs,
    )


def _smooth(line: shapely.LineString) -> shapely.LineString:
    """Cut the corners of a line twice (Chaikin)."""
    points = np.asarray(line.coords)
    for _ in range(2):
        if len(points) < 3:
            break
        near = 0.75 * points[:-1] + 0.25 * points[1:]
        far = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.empty((2 * len(near), 2))
        inner[0::2], inner[1::2] = near, far
        points = np.vstack([points[:1], inner, points[-1:]])
    return shapely.LineString(points)


def _ways(frame: Frame, towns: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Roads between neighbouring towns where the ground is easiest; railways between the cities."""
    thin = max(1, max(frame.grid.shape) // 160)
    cost = 1.0 + (frame.slope[::thin, ::thin] / 4.0) ** 1.5
    ny, nx = cost.shape
    cell = np.arange(ny * nx).reshape(ny, nx)
    links = []
    for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = cell[: ny - di, max(0, -dj) : nx - max(0, dj)]
        b = cell[di:, max(0, dj) : nx - max(0, -dj)]
        weight = 0.5 * (cost.ravel()[a] + cost.ravel()[b]) * np.hypot(di, dj)
        links.append((a.ravel(), b.ravel(), weight.ravel()))
    a, b, w = (np.concatenate(parts) for parts in zip(*links, strict=True))
    graph = sparse.csr_array((w, (a, b)), shape=(ny * nx, ny * nx))
    side = frame.grid.cell_m * thin
    i = np.clip(((frame.grid.top - towns.geometry.y) / side).astype(int), 0, ny - 1)
    j = np.clip(((towns.geometry.x - frame.grid.left) / side).astype(int), 0, nx - 1)
    sites = cell[i, j]
    length, before = csgraph.dijkstra(
        graph, directed=False, indices=sites, return_predecessors=True
    )
    between = length[:, sites]
    tree = csgraph.minimum_spanning_tree(sparse.csr_array(between)).tocoo()
    pairs = {(int(min(p)), int(max(p))) for p in zip(*tree.coords, strict=True)}
    for t in range(len(towns)):
        for other in np.argsort(between[t], kind="stable")[1:3]:
            pairs.add((min(t, int(other)), max(t, int(other))))

    def course(start: int, stop: int) -> shapely.LineString:
        node, cells = int(sites[stop]), []
        while node >= 0:
            cells.append(node)
            node = int(before[start, node])
        at = np.array(cells)
        x = frame.grid.left + (at % nx + 0.5) * side
        y = frame.grid.top - (at // nx + 0.5) * side
        return _smooth(shapely.LineString(np.column_stack([x, y])))

    names = towns["name"].tolist()

    def lines(chosen: list[tuple[int, int]]) -> gpd.GeoDataFrame:
        chosen = [(s, t) for s, t in chosen if sites[s] != sites[t]]
        return gpd.GeoDataFrame(
            {"name": [f"{names[s]} - {names[t]}" for s, t in chosen]},
            geometry=[course(s, t) for s, t in chosen],
            crs=frame.grid.crs,
        )

    cities = np.flatnonzero(towns["role"] != "county town")
    rail = [(int(cities[0]), int(c)) for c in cities[1:]]
    return {"roads": lines(sorted(pairs)), "railways": lines(rail)}


def _lakes(frame: Frame, towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A lake, a marsh and a reservoir beside three towns: round, of a few cells."""
    kinds = ("lake", "marsh", "reservoir")
    beside = [towns.geometry.iloc[k % len(towns)] for k in range(len(kinds))]
    size = [frame.grid.cell_m * n for n in (4.0, 3.0, 2.0)]
    rounds = [p.buffer(s) for p, s in zip(beside, size, strict=True)]
    return gpd.GeoDataFrame(
        {"name": [f"{kind} {k + 1}" for k, kind in enumerate(kinds)], "kind": kinds},
        geometry=rounds,
        crs=frame.grid.crs,
    )


def _villages(frame: Frame, towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    grid = frame.grid
    chance = (
        0.06 * np.exp2(-frame.slope / 7.0) * np.exp(-frame.height / 1500.0) * (frame.height < 2200)
    )
    i, j = np.nonzero(white(0, 0, grid.ny, grid.nx, frame.seed * 97 + 41) < chance)
    shift = (
        white(0, 0, len(i), 2, frame.seed * 97 + 42) - 0.5
        if len(i)
        else np.zeros((0, 2), np.float32)
    )
    x = grid.x()[j] + 0.8 * shift[:, 1] * grid.cell_m
    y = grid.y()[i] + 0.8 * shift[:, 0] * grid.cell_m
    size = (
        np.round(120 + 900 * white(0, 0, len(i), 1, frame.seed * 97 + 43)[:, 0] ** 2).astype(int)
        if len(i)
        else []
    )
    names = [name_of(400 + k, frame.seed) for k in range(len(i))]
    return gpd.GeoDataFrame(
        {
            "name": [n[0] + " Village" for n in names],
            "name_zh": [n[1] + "村" for n in names],
            "population": size,
        },
        geometry=gpd.points_from_xy(x, y),
        crs=grid.crs,
    )


def _protected(frame: Frame) -> gpd.GeoDataFrame:
    grid = frame.grid
    labels = reserve_labels(frame)
    shapes = polygons(grid.lay(labels, "1", nodata=0))
    names = [name_of(600 + k, frame.seed) for k in range(len(shapes))]
    kinds = ["national park", "nature reserve"]
    smooth = (
        shapes.geometry.buffer(1.5 * grid.cell_m).buffer(-1.5 * grid.cell_m).simplify(grid.cell_m)
    )
    return gpd.GeoDataFrame(
        {
            "name": [n[0] + " Reserve" for n in names],
            "name_zh": [n[1] + "保护区" for n in names],
            "kind": [kinds[min(k, 1)] for k in range(len(shapes))],
        },
        geometry=smooth.values,
        crs=grid.crs,
    )


def _parks(towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    cities = towns[towns["role"] != "county town"]
    return gpd.GeoDataFrame(
        {"name": cities["name"] + " Industrial Park", "name_zh": cities["name_zh"] + "产业园"},
        geometry=[
            p.buffer(0.35 * r, quad_segs=4).envelope
            for p, r in zip(
                cities.translate(xoff=cities["reach_m"].max()).geometry,
                cities["reach_m"],
                strict=True,
            )
        ],
        crs=towns.crs,
    ).reset_index(drop=True)


def _population(
    folder: Path, frame: Frame, towns: gpd.GeoDataFrame, labels: NDArray[np.int32]
) -> pd.DataFrame:
    weight = np.exp2(-frame.slope / 6.0) * np.exp(-frame.height / 1200.0)
    rows = []
    for unit in range(1, len(towns) + 1):
        inside = labels == unit
        if not inside.any():
            continue
        town = towns.iloc[unit - 1]
        rural = 260.0 * float(weight[inside].sum()) * frame.grid.cell_km2
        urban = {"core": 2_400_000, "city": 520_000, "county town": 70_000}[town["role"]] * (
            frame.grid.nx * frame.grid.cell_m / 128_000
        ) ** 2
        for year, lower, upper in ((2010, 1.08, 0.82), (2020, 0.97, 1.1)):
            rows.append(
                {
                    "code": town["code"],
                    "name": town["name"] + " County",
                    "year": year,
                    "population": int(rural * lower + urban * upper),
                }
            )
    people = pd.DataFrame(rows).sort_values(["code", "year"])
    people.to_csv(folder / "population.csv", index=False, encoding="utf-8")
    return people
