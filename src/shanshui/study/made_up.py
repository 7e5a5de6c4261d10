"""A mountain region that does not exist, made from a seed: every input that a study takes.

The shape is grown on a coarse frame of at most 400 cells a side: two ranges rise, rivers lower their
beds step by step, towns settle in the valleys. The fine grid is that frame read between, with finer
noise on the slopes, strip by strip: any size, any cell, the same seed gives the same bytes.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from shanshui.basins.streams import river_reaches, stream_order
from shanshui.kernels.accumulate import accumulate, downstream, upstream_order
from shanshui.kernels.erode import lower_beds
from shanshui.kernels.flood import priority_flood
from shanshui.kernels.flowdir import d8
from shanshui.kernels.noise import fractal, white
from shanshui.kernels.windows import horn_slope
from shanshui.region.grid import STRIP, GridSpec
from shanshui.region.unitset import polygons
from shanshui.store.layout import disk_errors

FRAME = 400
STEPS = 60
SYLLABLES = (
    ("Qing", "青"),
    ("Yun", "云"),
    ("Long", "龙"),
    ("Bai", "白"),
    ("Shi", "石"),
    ("Xi", "溪"),
    ("Feng", "枫"),
    ("Song", "松"),
    ("Lan", "兰"),
    ("He", "鹤"),
    ("Ping", "平"),
    ("An", "安"),
    ("Zhu", "竹"),
    ("Mu", "木"),
    ("Tao", "桃"),
    ("Jin", "金"),
    ("Yu", "玉"),
    ("Huang", "黄"),
    ("Hei", "黑"),
    ("Lu", "鹿"),
    ("Yan", "雁"),
    ("Quan", "泉"),
    ("Chi", "池"),
    ("Ling", "岭"),
)


@dataclass(frozen=True)
class Frame:
    """The coarse world from which everything is read.

    Attributes
    ----------
    grid : GridSpec
        Frame grid, over the study grid.
    height : (y, x) float32 [m]
        Ground.
    rough : (y, x) float32 [1]
        How much finer noise stands on it: 0 in channels.
    area : (y, x) float32 [km2]
        Upstream area.
    direction : (y, x) uint8
        D8 codes.
    slope : (y, x) float32 [degree]
        Of the frame.
    ratio : float
        Study cells per frame cell.
    seed : int
        Of every number.
    """

    grid: GridSpec
    height: NDArray[np.float32]
    rough: NDArray[np.float32]
    area: NDArray[np.float32]
    direction: NDArray[np.uint8]
    slope: NDArray[np.float32]
    ratio: float
    seed: int


def made_up_region(folder: Path, grid: GridSpec, seed: int) -> tuple[list[str], list[str]]:
    """Write every input of a made-up region.

    Parameters
    ----------
    folder : Path
        Where the files go.
    grid : GridSpec
        Study grid.
    seed : int
        The same seed, grid and version give the same bytes.

    Returns
    -------
    (list of str, list of str)
        Codes of the inner counties, and of the outer prefectures.
    """
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    frame = _frame(grid, seed)
    _rasters(folder, grid, frame)
    return _features(folder, grid, frame)


def _frame(grid: GridSpec, seed: int) -> Frame:
    side = min(FRAME, max(grid.shape))
    ratio = max(grid.shape) / side
    ny, nx = (max(8, round(n / ratio)) for n in grid.shape)
    cell = grid.cell_m * ratio
    coarse = GridSpec(grid.crs, cell, grid.left, grid.top, ny, nx)
    width = nx * cell
    v, u = np.meshgrid((np.arange(ny) + 0.5) / ny, (np.arange(nx) + 0.5) / nx, indexing="ij")

    def wave(length: float, octaves: int, key: int) -> NDArray[np.float64]:
        return fractal(0, 0, ny, nx, cell, width * length, octaves, 0.5, seed * 97 + key).astype(
            np.float64
        )

    sway = 0.06 * wave(0.6, 2, 1)
    north = np.exp(-(((v - 0.29 - sway) / 0.115) ** 2))
    south = np.exp(-(((v - 0.73 - 0.8 * sway + 0.05 * (u - 0.5)) / 0.13) ** 2))
    fade = 1.0 / (1.0 + np.exp((u - 0.86 - 0.15 * wave(0.4, 3, 2)) / 0.05))
    rise = (1.0 * north + 0.72 * south) * fade * (1.0 + 0.35 * wave(0.3, 3, 3))
    tall = min(3000.0, width * 0.02)  # smaller regions get lower mountains: slopes stay slopes
    base = 120.0 + 0.12 * tall * (1.0 - u) + 0.05 * tall * (wave(0.25, 6, 4) + 1.0)
    height = (base + 0.25 * tall * rise + 0.12 * tall * wave(0.1, 6, 5) * (0.25 + rise)).astype(
        np.float32
    )
    sides = np.full(ny, cell)
    for step in range(STEPS):
        direction, area = _drained(height, sides, cell)
        flat = height.ravel().astype(np.float64)
        nxt = downstream(direction)
        flat += (tall * 0.021 * np.clip(rise + 0.06, 0, None)).ravel()
        lower_beds(upstream_order(nxt), nxt, flat, area.ravel() / area.size, 9.0, 0.47)
        height = flat.reshape(ny, nx).astype(np.float32)
        if step % 3 == 0:  # loose slopes creep; keeps ridges from turning into knives
            height = (
                0.8 * height + 0.2 * ndimage.uniform_filter(height, 3, mode="nearest")
            ).astype(np.float32)
    height = priority_flood(height)
    direction, cells = _drained(height, sides, cell)
    upstream: NDArray[np.float32] = np.asarray(cells * coarse.cell_km2, np.float32)
    channel = np.clip(np.log(cells / 12.0) / np.log(30.0), 0.0, 1.0)
    reach = ndimage.maximum_filter(channel, 3)
    relief = ndimage.maximum_filter(height, 5) - ndimage.minimum_filter(height, 5)
    rough = (np.clip(relief / 6.0, 0.0, 120.0) * (1.0 - 0.9 * reach)).astype(np.float32)
    return Frame(
        coarse,
        height,
        rough,
        upstream,
        direction,
        np.asarray(horn_slope(height, cell), np.float32),
        ratio,
        seed,
    )


def _drained(
    height: NDArray[np.float32], sides: NDArray[np.float64], cell: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    direction, _ = d8(priority_flood(height), sides, cell)
    nxt = downstream(direction)
    cells = accumulate(upstream_order(nxt), nxt, np.ones(nxt.size, np.int64))
    return direction, cells.reshape(height.shape).astype(np.float64)


class _Fine:
    """Frame fields read between at the cells of the study grid, strip by strip."""

    def __init__(self, frame: Frame, grid: GridSpec) -> None:
        self.frame, self.grid = frame, grid
        self._height = ndimage.spline_filter(frame.height, order=3, mode="nearest").astype(
            np.float32
        )
        self._x = ((np.arange(grid.nx) + 0.5) / frame.ratio - 0.5).astype(np.float32)

    def _at(
        self, field: NDArray[np.float32], start: int, stop: int, order: int
    ) -> NDArray[np.float32]:
        y = ((np.arange(start, stop) + 0.5) / self.frame.ratio - 0.5).astype(np.float32)
        where = np.meshgrid(y, self._x, indexing="ij")
        return ndimage.map_coordinates(
            field, where, order=order, mode="nearest", prefilter=False, output=np.float32
        )

    def linear(self, field: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
        return self._at(field, start, stop, 1)

    def noise(
        self, start: int, stop: int, wavelength: float, octaves: int, key: int
    ) -> NDArray[np.float32]:
        out: NDArray[np.float32] = fractal(
            start,
            0,
            stop - start,
            self.grid.nx,
            self.grid.cell_m,
            wavelength,
            octaves,
            0.5,
            self.frame.seed * 97 + key,
        )
        return out

    def height(self, start: int, stop: int) -> NDArray[np.float32]:
        if self.frame.ratio <= 1.0:
            return self.frame.height[start:stop]
        ground = self._at(self._height, start, stop, 3)
        detail = self.noise(start, stop, 3.0 * self.frame.grid.cell_m, 7, 6)
        return ground + self.linear(self.frame.rough, start, stop) * detail


def _rasters(folder: Path, grid: GridSpec, frame: Frame) -> None:
    fine = _Fine(frame, grid)
    greatest = float(frame.height.max())
    towns = _towns(frame)

    def ground(start: int, stop: int) -> dict[str, NDArray[Any]]:
        low, high = max(0, start - 1), min(grid.ny, stop + 1)
        height = fine.height(low, high)
        slope = horn_slope(height, grid.cell_m)[start - low : stop - low]
        height = height[start - low : stop - low]
        return {
            "elevation": np.round(height, 1),
            "land_cover": _cover(fine, towns, start, stop, height, slope, greatest),
        }

    plan = {"elevation": ("float32", np.nan, 1), "land_cover": ("uint8", 255, 1)}
    _write_strips(folder, grid, plan, ground)
    # climate and soil are known more coarsely, as they are in life
    factor = max(1, -(-max(grid.shape) // 1024))
    coarse = GridSpec(
        grid.crs,
        grid.cell_m * factor,
        grid.left,
        grid.top,
        -(-grid.ny // factor),
        -(-grid.nx // factor),
    )
    middle = _Fine(
        Frame(
            frame.grid,
            frame.height,
            frame.rough,
            frame.area,
            frame.direction,
            frame.slope,
            frame.ratio / factor,
            frame.seed,
        ),
        coarse,
    )
    months = np.arange(12)
    warmth = np.array([-12.5, -9.8, -4.6, 1.6, 6.6, 10.6, 12.4, 11.6, 7.0, 1.6, -4.6, -10.6])
    wet = np.array([0.01, 0.015, 0.035, 0.065, 0.10, 0.12, 0.20, 0.17, 0.15, 0.085, 0.035, 0.015])

    def climate(start: int, stop: int) -> dict[str, NDArray[Any]]:
        height = middle.linear(frame.height, start, stop)
        v = (np.arange(start, stop)[:, None] + 0.5) / coarse.ny
        mean = 15.5 - 0.0058 * (height - 300.0) + 1.2 * (v - 0.5)
        swing = 1.05 - 0.00006 * height
        year = (
            620.0
            + 420.0 * v
            + 0.16 * np.minimum(height, 2200.0)
            + 70.0 * middle.noise(start, stop, 0.3 * coarse.nx * coarse.cell_m, 3, 11)
        )
        green = (
            0.78
            - 0.00004 * np.abs(height - 1300.0)
            + 0.06 * middle.noise(start, stop, 30 * coarse.cell_m, 4, 12)
        )
        town = _near(towns, coarse, start, stop)
        soil = np.clip(
            0.3
            + 0.9 * np.exp(-middle.linear(frame.slope, start, stop) / 9.0)
            + 0.2 * middle.noise(start, stop, 40 * coarse.cell_m, 4, 13),
            0.1,
            2.5,
        )
        texture = 1 + np.digitize(
            middle.noise(start, stop, 60 * coarse.cell_m, 3, 14) - 0.0001 * (height - 800),
            [-0.2, 0.0, 0.2],
        )
        return {
            "temperature_monthly": np.round(mean + swing * warmth[months, None, None], 2).astype(
                np.float32
            ),
            "precipitation_monthly": np.round(
                np.clip(year, 200, None) * wet[months, None, None], 1
            ).astype(np.float32),
            "ndvi": np.round(np.clip(green - 0.35 * town, 0.02, 0.92), 4).astype(np.float32),
            "soil_depth": np.round(soil, 2).astype(np.float32),
            "soil_texture": texture.astype(np.uint8),
            "lights": np.round(45.0 * town**2, 3).astype(np.float32),
        }

    floats = dict.fromkeys(("ndvi", "soil_depth", "lights"), ("float32", np.nan, 1))
    bands = dict.fromkeys(("temperature_monthly", "precipitation_monthly"), ("float32", np.nan, 12))
    _write_strips(folder, coarse, bands | floats | {"soil_texture": ("uint8", 255, 1)}, climate)
    (folder / "soil_classes.csv").write_text(
        "code,name,name_zh,group,colour\n1,sand,砂土,soil,#e3cf9f\n2,sandy loam,砂壤土,soil,#cfae78\n"
        "3,loam,壤土,soil,#a9845a\n4,clay,黏土,soil,#7c5b45\n",
        "utf-8",
    )


def _cover(
    fine: _Fine,
    towns: gpd.GeoDataFrame,
    start: int,
    stop: int,
    height: NDArray[np.float32],
    slope: NDArray[np.float32],
    greatest: float,
) -> NDArray[np.uint8]:
    """Land cover from height, slope, water and towns: belts on the mountains, farms in the valleys."""
    frame, grid = fine.frame, fine.grid
    patch = fine.noise(start, stop, 6.0 * frame.grid.cell_m, 6, 7)
    level = height / greatest + 0.06 * patch
    wet = fine.linear(np.log1p(frame.area).astype(np.float32), start, stop)
    town = _near(towns, grid, start, stop)
    grain = white(start, 0, stop - start, grid.nx, frame.seed * 97 + 8)
    code = np.full(height.shape, 2, np.uint8)
    code[level > 0.42] = 3
    code[level > 0.56] = 1
    code[level > 0.78] = 6
    code[(level > 0.9) & (slope > 25)] = 11
    code[(patch > 0.34) & (level < 0.6)] = 4
    code[(patch < -0.42) & (level < 0.5)] = 5
    farm = (slope < 9 + 6 * patch) & (level < 0.36)
    code[farm] = 7
    code[farm & (slope < 3.5) & (level < 0.26) & (patch > -0.1)] = 8
    code[(town > 0.45 + 0.3 * grain) & (slope < 12)] = 9
    river = fine.linear(
        (frame.area > RIVER_SHARE * frame.area.max()).astype(np.float32), start, stop
    )
    code[(river > 0.72) & (wet > 0)] = 10
    return code


RIVER_SHARE = 0.18
"""Streams that drain this share of the largest basin are wide enough to show as water [D]."""


def _near(towns: gpd.GeoDataFrame, grid: GridSpec, start: int, stop: int) -> NDArray[np.float32]:
    """How much a place is town: 1 in the middle, falling with distance, larger towns further."""
    out = np.zeros((stop - start, grid.nx), np.float32)
    x, y = grid.x(), grid.y(start, stop)
    for place, size in zip(towns.geometry, towns["reach_m"], strict=True):
        rows = np.flatnonzero(np.abs(y - place.y) < 4 * size)
        cols = np.flatnonzero(np.abs(x - place.x) < 4 * size)
        if rows.size == 0 or cols.size == 0:
            continue
        far = (y[rows, None] - place.y) ** 2 + (x[None, cols] - place.x) ** 2
        block = np.exp(-far / (2 * size * size)).astype(np.float32)
        view = out[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        np.maximum(view, block, out=view)
    return out


def _write_strips(
    folder: Path, grid: GridSpec, plan: dict[str, tuple[str, float, int]], make: Any
) -> None:
    files = {}
    try:
        for name, (dtype, nodata, count) in plan.items():
            place = folder / f"{name}.tif"
            with disk_errors(place):
                files[name] = rasterio.open(
                    place,
                    "w",
                    driver="GTiff",
                    height=grid.ny,
                    width=grid.nx,
                    count=count,
                    dtype=dtype,
                    crs=grid.crs,
                    transform=grid.transform,
                    nodata=nodata,
                    tiled=True,
                    blockxsize=STRIP,
                    blockysize=STRIP,
                    compress="zstd",
                    zstd_level=1,
                    predictor=3 if dtype == "float32" else 2,
                    bigtiff="if_safer",
                )
                files[name].update_tags(note="made up: this region does not exist")
        with ThreadPoolExecutor(2) as pool:
            for start, values in _ahead(pool, make, list(grid.strips(STRIP))):
                for name, block in values.items():
                    window = rasterio.windows.Window(0, start, grid.nx, block.shape[-2])
                    files[name].write(
                        block.astype(plan[name][0]),
                        window=window,
                        **({"indexes": 1} if block.ndim == 2 else {}),
                    )
    finally:
        for file in files.values():
            file.close()


def _ahead(
    pool: ThreadPoolExecutor, make: Any, strips: list[tuple[int, int]]
) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
    waiting = []
    for strip in strips:
        waiting.append((strip[0], pool.submit(make, *strip)))
        if len(waiting) > 2:
            start, done = waiting.pop(0)
            yield start, done.result()
    for start, done in waiting:
        yield start, done.result()


# towns, counties, roads


def _towns(frame: Frame) -> gpd.GeoDataFrame:
    """Town sites: low, level, by a river, apart from each other; the best become cities."""
    grid = frame.grid
    fit = (
        -0.12 * frame.slope
        - frame.height / 900.0
        + 0.35 * np.log1p(frame.area)
        + 0.5 * fractal(0, 0, grid.ny, grid.nx, 1.0, grid.nx / 4, 3, 0.5, frame.seed * 97 + 21)
    )
    rim = max(3, min(grid.shape) // 25)
    fit[:rim] = fit[-rim:] = fit[:, :rim] = fit[:, -rim:] = -np.inf
    apart = max(grid.shape) / 7.5
    order = np.argsort(-fit, axis=None, kind="stable")
    chosen: list[tuple[int, int]] = []
    for c in order:
        i, j = divmod(int(c), grid.nx)
        if not np.isfinite(fit[i, j]) or len(chosen) >= 36:
            break
        if all((i - r) ** 2 + (j - s) ** 2 >= apart**2 for r, s in chosen):
            chosen.append((i, j))
    scale = grid.nx * grid.cell_m
    rows = []
    for rank, (i, j) in enumerate(chosen):
        role = "core" if rank == 0 else "city" if rank < 5 else "county town"
        reach = scale * {"core": 0.016, "city": 0.010, "county town": 0.0055}[role]
        name, name_zh = _name(rank, frame.seed)
        rows.append(
            {
                "code": f"{100000 + rank + 1}",
                "name": name,
                "name_zh": name_zh,
                "role": role,
                "reach_m": reach,
                "x": grid.x()[j],
                "y": grid.y()[i],
            }
        )
    table = pd.DataFrame(rows)
    return gpd.GeoDataFrame(
        table.drop(columns=["x", "y"]),
        geometry=gpd.points_from_xy(table["x"], table["y"]),
        crs=grid.crs,
    )


def _name(rank: int, seed: int) -> tuple[str, str]:
    """Two syllables; all pairs are walked before one comes twice."""
    count = len(SYLLABLES)
    start = (seed * 131 + rank * 37) % (count * (count - 1))
    first, second = divmod(start, count - 1)
    second += second >= first
    (a, za), (b, zb) = SYLLABLES[first], SYLLABLES[second]
    return a + b.lower(), za + zb


def _features(folder: Path, grid: GridSpec, frame: Frame) -> tuple[list[str], list[str]]:
    towns = _towns(frame)
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
        "protected_areas": _protected(frame, towns),
        "parks": _parks(towns),
    }
    # the container notes when it was written: fixed, so that the same seed gives the same bytes
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00Z"})
    try:
        with disk_errors(place):
            for name, layer in layers.items():
                pyogrio.write_dataframe(
                    layer, place, layer=name, driver="GPKG", append=place.exists()
                )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    _population(folder, frame, towns, labels)
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
    names = [_name(200 + int(r), frame.seed) for r in lines["reach"]]
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
    names = [_name(400 + k, frame.seed) for k in range(len(i))]
    return gpd.GeoDataFrame(
        {
            "name": [n[0] + " Village" for n in names],
            "name_zh": [n[1] + "村" for n in names],
            "population": size,
        },
        geometry=gpd.points_from_xy(x, y),
        crs=grid.crs,
    )


def _protected(frame: Frame, towns: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    grid = frame.grid
    wild = ndimage.uniform_filter(frame.height, 9) > np.quantile(frame.height, 0.84)
    pieces, count = ndimage.label(ndimage.binary_opening(wild, iterations=2))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    best = np.argsort(-sizes, kind="stable")[:6] + 1
    labels = np.zeros(grid.shape, np.int32)
    for unit, piece in enumerate(best, start=1):
        labels[pieces == piece] = unit
    shapes = polygons(grid.lay(labels, "1", nodata=0))
    names = [_name(600 + k, frame.seed) for k in range(len(shapes))]
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
) -> None:
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
    pd.DataFrame(rows).sort_values(["code", "year"]).to_csv(
        folder / "population.csv", index=False, encoding="utf-8"
    )
