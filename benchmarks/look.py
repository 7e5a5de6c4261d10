"""What it costs to look at every cell of a raster, beside reading it with rasterio alone.

``python benchmarks/look.py`` prints a table; the best of five, files in the page cache. Numbers become float32 in any case.
"""

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from shanshui.collect.looking import Look
from shanshui.collect.sources import Band

SIDE, ROWS = 6000, 512
WAYS = {
    "none": {},
    "deflate": {"compress": "deflate", "tiled": True, "blockxsize": 512, "blockysize": 512},
    "lzw": {"compress": "lzw", "tiled": True, "blockxsize": 512, "blockysize": 512},
}


def ground(dtype):
    y, x = np.indices((SIDE, SIDE), dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, 8, (SIDE, SIDE))
    height = 600 + 300 * np.sin(x / 90) * np.cos(y / 70) + noise
    return (height / 8 if dtype == "uint8" else height).clip(1).astype(dtype)


def windows():
    return [((r, min(SIDE, r + ROWS)), (0, SIDE)) for r in range(0, SIDE, ROWS)]


def read(path, nodata):
    with rasterio.open(path) as file:
        for window in windows():
            file.read(1, window=window).astype(np.float32)


def looked(path, nodata):
    look = Look((0.0, 9000.0))
    with rasterio.open(path) as file:
        band = Band(file.dtypes[0])
        for window in windows():
            look.numbers(file.read(1, window=window), None, {nodata: 2}, band)


def best(job, *words):
    job(*words)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        job(*words)
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    print("| numbers | packed | read | read and looked at | more |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for dtype, predictor in (("int16", 2), ("float32", 3), ("uint8", 2)):
            values = ground(dtype)
            nodata = 0.0 if dtype == "uint8" else -32768.0
            for way, words in WAYS.items():
                path = Path(folder) / f"{dtype}_{way}.tif"
                packed = {"predictor": predictor} if words else {}
                with rasterio.open(
                    path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype=dtype, nodata=nodata, **words, **packed
                ) as file:  # fmt: skip
                    file.write(values, 1)
                plain, whole = best(read, path, nodata), best(looked, path, nodata)
                print(
                    f"| {dtype} | {way} | {plain:.3f} s | {whole:.3f} s | {whole / plain - 1:.0%} |"
                )


if __name__ == "__main__":
    main()
