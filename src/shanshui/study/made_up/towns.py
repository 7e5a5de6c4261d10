"""Towns of a made-up region, their names, and how far each is felt."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.kernels.noise import fractal
from shanshui.region.grid import GridSpec
from shanshui.study.made_up.frame import Frame

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


def towns_of(frame: Frame) -> gpd.GeoDataFrame:
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
        name, name_zh = name_of(rank, frame.seed)
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


def name_of(rank: int, seed: int) -> tuple[str, str]:
    """Two syllables; all pairs are walked before one comes twice."""
    count = len(SYLLABLES)
    start = (seed * 131 + rank * 37) % (count * (count - 1))
    first, second = divmod(start, count - 1)
    second += second >= first
    (a, za), (b, zb) = SYLLABLES[first], SYLLABLES[second]
    return a + b.lower(), za + zb


def near_towns(
    towns: gpd.GeoDataFrame, grid: GridSpec, start: int, stop: int
) -> NDArray[np.float32]:
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
