"""Time and peak memory of every kernel beside the library a user would pick, in the same run.

Each row runs in a process of its own: compiled first on a small grid, then timed; memory is the peak of the
process above what it held before. Ratios are what to read: the machine is stated, the load is not.
"""

import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

SIDES = (1000, 2000, 5000)
HERE = Path(__file__).resolve().parent


def ground(side, seed=1):
    """Fractal ground with pits, tilted."""
    import numpy as np

    from shanshui.kernels.noise import fractal

    height = 1500.0 * fractal(0, 0, side, side, 30.0, 30.0 * side / 3, 10, 0.55, seed)
    return (height + np.linspace(0, 900, side, dtype="f4")[:, None] + 500).astype("f4")


def _routed(height):
    import numpy as np

    from shanshui.kernels.accumulate import downstream, upstream_order
    from shanshui.kernels.flood import priority_flood
    from shanshui.kernels.flowdir import d8

    codes, _ = d8(priority_flood(height), np.full(height.shape[0], 30.0), 30.0)
    nxt = downstream(codes)
    return codes, nxt, upstream_order(nxt)


def _pyflwdir(height):
    import pyflwdir
    from affine import Affine

    return pyflwdir.from_dem(
        height, nodata=-9999.0, transform=Affine(30, 0, 0, 0, -30, 0), latlon=False
    )


def _xr(height):
    import numpy as np
    import xarray as xr

    n = height.shape[0]
    coords = {"y": np.arange(n, 0, -1) * 30.0, "x": np.arange(n) * 30.0}
    return xr.DataArray(height, dims=("y", "x"), coords=coords, attrs={"res": (30.0, 30.0)})


def jobs():
    """Name of each row: what to prepare, and what to time."""
    import numpy as np

    from shanshui.kernels import accumulate as acc
    from shanshui.kernels import flood, flowdir, labels, noise, windows

    def rows(height):
        return np.full(height.shape[0], 30.0)

    def with_labels(height):
        return (
            np.indices(height.shape)[0] // 40 * 1000 + np.indices(height.shape)[1] // 40 + 1
        ).astype(np.int32), height

    def cut(p):
        _, nxt, order = p
        inside = nxt >= 0
        return acc.cut(order, nxt, inside, ~inside, 200.0)

    return {
        "fill depressions | shanshui priority_flood": (lambda z: z, flood.priority_flood),
        "fill depressions | pyflwdir fill_depressions": (
            lambda z: z,
            lambda z: __import__("pyflwdir").dem.fill_depressions(z, nodata=-9999.0),
        ),
        "breach depressions | shanshui breach": (lambda z: z, flood.breach),
        "flow directions of filled ground | shanshui d8": (
            flood.priority_flood,
            lambda z: flowdir.d8(z, rows(z), 30.0),
        ),
        "fill + D8 + accumulation | shanshui": (
            lambda z: z,
            lambda z: (lambda p: acc.accumulate(p[2], p[1], np.ones(z.size, np.int32)))(_routed(z)),
        ),
        "fill + D8 + accumulation | pyflwdir": (
            lambda z: z,
            lambda z: _pyflwdir(z).upstream_area(),
        ),
        "accumulation | shanshui": (
            lambda z: _routed(z)[0],
            lambda c: (
                lambda n: acc.accumulate(acc.upstream_order(n), n, np.ones(n.size, np.int32))
            )(acc.downstream(c)),
        ),
        "accumulation | pyflwdir": (_pyflwdir, lambda f: f.upstream_area()),
        "Strahler order | shanshui": (
            _routed,
            lambda p: acc.strahler(p[2], p[1], p[1] >= 0, np.zeros(p[1].size, np.uint8)),
        ),
        "Strahler order | pyflwdir": (_pyflwdir, lambda f: f.stream_order()),
        "distance to outlet | shanshui": (
            _routed,
            lambda p: acc.distance_to_outlet(p[2], p[1], p[0].shape[1], 30.0, 30.0),
        ),
        "basins of about 200 cells | shanshui cut + spread_up": (
            _routed,
            lambda p: (lambda k, lab: (acc.number(p[2], k, lab), acc.spread_up(p[2], p[1], lab)))(
                cut(p), np.zeros(p[1].size, np.int32)
            ),
        ),
        "basins of about 200 cells | pyflwdir subbasins_area": (
            _pyflwdir,
            lambda f: f.subbasins_area(200 * 0.0009),
        ),
        "slope | shanshui horn_slope": (lambda z: z, lambda z: windows.horn_slope(z, 30.0)),
        "slope | xarray-spatial slope": (_xr, lambda a: __import__("xrspatial").slope(a)),
        "aspect | shanshui horn_gradient": (lambda z: z, lambda z: windows.horn_gradient(z, 30.0)),
        "aspect | xarray-spatial aspect": (_xr, lambda a: __import__("xrspatial").aspect(a)),
        "relief of 15 x 15 | shanshui focal_range": (
            lambda z: z,
            lambda z: windows.focal_range(z, 15),
        ),
        "relief of 15 x 15 | scipy maximum - minimum filter": (
            lambda z: z,
            lambda z: (lambda n: n.maximum_filter(z, 15) - n.minimum_filter(z, 15))(
                __import__("scipy.ndimage").ndimage
            ),
        ),
        "mean of 15 x 15 | shanshui focal_mean": (lambda z: z, lambda z: windows.focal_mean(z, 15)),
        "mean of 15 x 15 | scipy uniform_filter": (
            lambda z: z,
            lambda z: __import__("scipy.ndimage").ndimage.uniform_filter(z, 15),
        ),
        "ruggedness | shanshui": (lambda z: z, windows.ruggedness),
        "mean per unit | shanshui label_statistics": (
            with_labels,
            lambda p: labels.label_statistics(p[0].ravel(), p[1].ravel(), int(p[0].max())),
        ),
        "mean per unit | numpy bincount x 2": (
            with_labels,
            lambda p: (np.bincount(p[0].ravel()), np.bincount(p[0].ravel(), p[1].ravel())),
        ),
        "borders of units | shanshui label_borders": (
            with_labels,
            lambda p: labels.label_borders(p[0]),
        ),
        "fractal noise, 8 octaves | shanshui": (
            lambda z: z,
            lambda z: noise.fractal(0, 0, *z.shape, 30.0, 60000.0, 8, 0.5, 1),
        ),
    }


def one(name, side):
    """Time one row: wall, processor, peak memory."""
    import resource

    prepare, work = jobs()[name]
    work(prepare(ground(120)))  # compile
    ready = prepare(ground(side))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    work(ready)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        json.dumps(
            {"wall": wall, "cpu": cpu, "peak_mb": after / 1024, "grown_mb": (after - before) / 1024}
        )
    )


def machine():
    """Words for the head of the table."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        name = next(
            (
                r.split(":", 1)[1].strip()
                for r in info.read_text("utf-8").splitlines()
                if r.startswith("model name")
            ),
            name,
        )
    names = ("numpy", "numba", "scipy", "pyflwdir", "xarray-spatial")
    return (
        f"{os.cpu_count()} x {name}, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        + ", ".join(f"{n} {version(n)}" for n in names)
    )


def main():
    sides = tuple(int(s) for s in sys.argv[1:]) or SIDES
    results = {}
    for name in jobs():
        for side in sides:
            done = subprocess.run(
                [sys.executable, __file__, "--one", name, str(side)],
                capture_output=True,
                text=True,
                check=False,
            )
            results[name, side] = (
                json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
            )
            print(name, side, results[name, side] or done.stderr[-300:], flush=True)
    lines = [
        "# Benchmarks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}.",
        "",
        "Made by `make bench`. Processor nanoseconds per cell and peak memory of the process in MB (interpreter and libraries,",
        "about 200 MB, included); compiling is outside the clock. Read the ratios.",
        "",
        "| job | by | " + " | ".join(f"{s}² ns/cell | MB" for s in sides) + " |",
        "|---|---|" + "---:|---:|" * len(sides),
    ]
    for name in jobs():
        job, by = name.split(" | ")
        cells = []
        for side in sides:
            r = results[name, side]
            cells += (
                ["–", "–"]
                if r is None
                else [f"{r['cpu'] * 1e9 / side**2:.1f}", f"{r['peak_mb']:.0f}"]
            )
        lines.append(f"| {job} | {by} | " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n"
    for page in ("studies.md", "accounts.md", "zones.md", "look.md"):
        text += "\n" + (HERE / page).read_text("utf-8")
    (HERE / "RESULTS.md").write_text(text, "utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], int(sys.argv[3]))
    else:
        main()
