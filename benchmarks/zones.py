"""Statistics by zone beside exactextract and rasterstats: a tessellation of crooked zones over maps in memory.

``python benchmarks/zones.py`` prints a table; wall time, compiled, the cover made anew each time.
"""

import platform
import time
from importlib.metadata import PackageNotFoundError, version

import geopandas as gpd
import numpy as np
import shapely

from shanshui.region.grid import GridSpec
from shanshui.region.zones import zone_statistics

ASKED = ("sum", "mean", "min", "max")
CASES = ((1500, 1265, 30), (10_000, 3163, 1))
"""Zones, side of the grid, maps."""


def tessellation(count, side, seed=0):
    """Zones that share crooked lines, a corner each 150 m."""
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform(0, side * 100.0, (count, 2)))
    box = shapely.box(0, 0, side * 100.0, side * 100.0)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box))
    cells = shapely.segmentize(shapely.intersection(cells, box), 150.0)
    xy = shapely.get_coordinates(cells)
    shift = 60 * np.sin(xy[:, 0] * 0.0129898) * np.cos(xy[:, 1] * 0.078233)
    shapes = shapely.make_valid(
        shapely.set_coordinates(cells, xy + np.column_stack([shift, -shift]))
    )
    return gpd.GeoDataFrame(geometry=shapes, crs="EPSG:6933")


def ours(zones, maps):
    return zone_statistics(maps, zones, statistics=ASKED)


def by_exactextract(zones, maps):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    side = maps[0].sizes["x"] * 100.0
    sources = [
        NumPyRasterSource(m.values, xmin=0, ymin=0, xmax=side, ymax=side, name=f"m{k}")
        for k, m in enumerate(maps)
    ]
    return exact_extract(sources, zones, ["count", *ASKED], output="pandas")


def by_rasterstats(zones, maps):
    """By the centre of cells, one map at a time."""
    from affine import Affine
    from rasterstats import zonal_stats

    place = Affine(100.0, 0.0, 0.0, 0.0, -100.0, maps[0].sizes["y"] * 100.0)
    return [
        zonal_stats(zones, m.values, affine=place, nodata=-9999, stats=["count", *ASKED])
        for m in maps
    ]


def main():
    print(f"{platform.processor() or platform.machine()}, numpy {version('numpy')}")
    print("| zones | cells | maps | by | seconds |\n|---:|---:|---:|---|---:|")
    for count, side, many in CASES:
        zones = tessellation(count, side)
        spec = GridSpec("EPSG:6933", 100.0, 0.0, side * 100.0, side, side)
        rng = np.random.default_rng(1)
        maps = [spec.lay(rng.normal(size=spec.shape).astype("f4"), "1") for _ in range(many)]
        ours(zones.iloc[:2], maps[:1])
        rows = (("shanshui zone_statistics", ours, 1), ("exactextract", by_exactextract, 1), ("rasterstats (by centre)", by_rasterstats, 10))  # fmt: skip
        for by, call, part in rows:
            part = min(part, many)  # the slow one is timed on a part of the maps
            started = time.perf_counter()
            try:
                call(zones, maps[: many // part])
            except (ImportError, PackageNotFoundError):
                continue
            took = (time.perf_counter() - started) * part
            print(f"| {count} | {side**2:.2g} | {many} | {by} | {took:.2f} |", flush=True)


if __name__ == "__main__":
    main()
