"""The ground of a made-up region, and what grows, falls and lies on it.

The shape is grown on a coarse frame of at most 400 cells a side: two ranges rise, rivers lower their beds step by
step. The fine grid is that frame read between, with finer noise on the slopes, strip by strip.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from scipy import ndimage

from shanshui.kernels.accumulate import accumulate, downstream, upstream_order
from shanshui.kernels.erode import lower_beds
from shanshui.kernels.flood import priority_flood
from shanshui.kernels.flowdir import d8
from shanshui.kernels.noise import fractal, white
from shanshui.kernels.windows import horn_slope
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import disk_errors
from shanshui.store.tiles import unwritten
from shanshui.study.made_up.frame import Frame
from shanshui.study.made_up.towns import near_towns, towns_of

FRAME = 400
SOIL = ("sand", "silt", "clay", "organic_carbon")
GRAINS = ((88.0, 7.0, 5.0, 0.6), (62.0, 24.0, 14.0, 1.0), (42.0, 38.0, 20.0, 1.6), (24.0, 32.0, 44.0, 1.9))  # fmt: skip
"""Percent by weight of sand, sandy loam, loam and clay [D]."""
STEPS = 60


def frame_of(grid: GridSpec, seed: int) -> Frame:
    """Grow the coarse world of a seed over a study grid."""
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


class Fine:
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
        """Frame field read between, rows ``start`` to ``stop``."""
        return self._at(field, start, stop, 1)

    def noise(
        self, start: int, stop: int, wavelength: float, octaves: int, key: int
    ) -> NDArray[np.float32]:
        """Fractal noise on the study grid, the same in any strip."""
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
        """Ground of rows ``start`` to ``stop``."""
        if self.frame.ratio <= 1.0:
            return self.frame.height[start:stop]
        ground = self._at(self._height, start, stop, 3)
        detail = self.noise(start, stop, 3.0 * self.frame.grid.cell_m, 7, 6)
        return ground + self.linear(self.frame.rough, start, stop) * detail


def write_rasters(folder: Path, grid: GridSpec, frame: Frame) -> None:
    """Write elevation and land cover at the study's cell, climate and soil more coarsely."""
    fine = Fine(frame, grid)
    greatest = float(frame.height.max())
    towns = towns_of(frame)

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
    middle = Fine(
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
        town = near_towns(towns, coarse, start, stop)
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
        # storms by the rain of the year; wind where it is dry; grains of the soil by its texture
        storms = np.round(np.clip((year - 550.0) / 260.0, 0.0, 6.0), 2)
        each = 58.0 + 6.0 * middle.noise(start, stop, 50 * coarse.cell_m, 3, 15)
        wind = 1.5 + 5.0 * np.clip((900.0 - year) / 400.0, 0.0, 1.0)
        grains = np.asarray(GRAINS)[texture - 1]
        return {
            **{name: grains[..., k].astype(np.float32) for k, name in enumerate(SOIL)},
            "storm_days": storms.astype(np.float32),
            "storm_rain": np.round(storms * each, 1).astype(np.float32),
            "wind_factor": np.round(wind, 2).astype(np.float32),
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

    floats = dict.fromkeys(
        ("ndvi", "soil_depth", "lights", "storm_days", "storm_rain", "wind_factor", *SOIL),
        ("float32", np.nan, 1),
    )
    bands = dict.fromkeys(("temperature_monthly", "precipitation_monthly"), ("float32", np.nan, 12))
    _write_strips(folder, coarse, bands | floats | {"soil_texture": ("uint8", 255, 1)}, climate)
    (folder / "soil_classes.csv").write_text(
        "code,name,name_zh,group,colour\n1,sand,砂土,soil,#e3cf9f\n2,sandy loam,砂壤土,soil,#cfae78\n"
        "3,loam,壤土,soil,#a9845a\n4,clay,黏土,soil,#7c5b45\n",
        "utf-8",
    )


def _cover(
    fine: Fine,
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
    town = near_towns(towns, grid, start, stop)
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
        for file in files.values():
            file.close()
    except RasterioError as error:
        raise unwritten(folder, error) from error
    finally:
        for file in files.values():
            with suppress(RasterioError):  # a full disk fails again on closing
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
