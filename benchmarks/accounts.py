"""Time and memory of the accounts: the streamed regulating set on a large grid, on one process and on two, and the routed models per cell.

``python benchmarks/accounts.py set 10000`` runs the regulating set through the engine on 10000 x 10000 made-up cells;
``python benchmarks/accounts.py workers 4000`` runs it on one and on two processes of this machine and gives the ratio,
beside the share of the cores that was busy and the machine's own ceiling: what two independent runs at once gain;
``python benchmarks/accounts.py models 2000`` times the routed and distance models, and memory bandwidth for comparison.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from shanshui.accounts.carbon import carbon_fixed, carbon_stock
from shanshui.accounts.climate_regulation import climate_regulation
from shanshui.accounts.erosion_drivers import rainfall_erosivity
from shanshui.accounts.habitat import habitat_quality
from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.sediment import sediment_delivery
from shanshui.accounts.soil_retention import cover_factor, soil_retention
from shanshui.accounts.water_retention import water_retention
from shanshui.accounts.water_yield import water_yield
from shanshui.core.quantity import Grid, Table
from shanshui.flow.elsewhere import Workers
from shanshui.flow.plan import Plan
from shanshui.flow.run import Run
from shanshui.flow.scheduler import processes
from shanshui.flow.steps import Source, step
from shanshui.kernels.noise import fractal
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import Layout

TABLE = pd.DataFrame(
    {
        "lucode": [1, 2, 3, 4], "lulc_veg": [1, 1, 1, 0], "root_depth": [2500, 1500, 800, 1], "kc": [1.0, 0.8, 0.7, 0.3],
        "usle_c": [0.003, 0.05, 0.25, 0.01], "usle_p": [1, 1, 0.35, 1], "runoff_alpha": [0.02, 0.08, 0.3, 0.7],
        "cooling_kj": [2837.27, 1300.95, 0, 0], "c_above": [120, 16, 3, 1], "c_below": [30, 9, 1, 1], "c_soil": [110, 80, 60, 30],
        "c_dead": [5, 2, 0, 0], "load_n": [1.4, 3, 27, 6.3], "eff_n": [0.4, 0.35, 0.25, 0.05], "crit_len_n": [150, 120, 30, 30],
        "habitat": [1, 0.8, 0.3, 0], "farm": [0.6, 0.5, 0, 0], "town": [0.8, 0.6, 0.4, 0],
    }
).astype(float)  # fmt: skip
RANGES = {
    "precipitation": ("mm/yr", 500, 1500),
    "reference_evapotranspiration": ("mm/yr", 700, 1100),
    "soil_depth": ("mm", 300, 2000),
    "plant_available_water": ("1", 0.05, 0.2),
    "soil_erodibility": ("t*ha*h/(ha*MJ*mm)", 0.01, 0.04),
    "length_slope_factor": ("1", 0.0, 15.0),
    "vegetation_fraction": ("1", 0.0, 1.0),
    "hot_days": ("d/yr", 0.0, 120.0),
    "net_primary_production": ("g/m2/yr", 100, 900),
}
PRODUCTS = (
    "water_retention",
    "soil_retention",
    "climate_regulation",
    "carbon_stock",
    "carbon_fixed",
)


def peak_gib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def streamed_set(side):
    """Grid and plan of the streamed services on made-up cells."""
    spec = GridSpec("EPSG:6933", 30.0, 0.0, side * 30.0, side, side)

    def grid_source(name, unit, low, high, dtype="float32"):
        def make(context):
            writer = context.objects.raster_writer(dtype, unit, 255 if dtype == "uint8" else None)
            random = np.random.default_rng(len(name))
            block = random.uniform(low, high, (STRIP, side)).astype(dtype)
            for start, stop in spec.strips(STRIP):
                writer.write(start, np.roll(block, start, axis=1)[: stop - start])
            return context.objects.keep_raster(writer)

        return Source(name, Grid(unit), "made up", {}, lambda: {name: "1"}, make, grid_source)

    sources = [grid_source(n, *r) for n, r in RANGES.items()]
    sources.append(grid_source("land_cover", "1", 1, 5, "uint8"))
    sources.append(
        Source(
            "biophysical", Table(), "made up", {}, lambda: {"t": "1"}, lambda c: TABLE, grid_source
        )
    )
    plan = Plan.of(
        step(water_yield),
        step(water_retention, binds={"evapotranspiration": "water_yield.evapotranspiration"}),
        step(rainfall_erosivity),
        step(cover_factor),
        step(soil_retention),
        step(climate_regulation),
        step(carbon_stock),
        step(carbon_fixed),
        sources=sources,
    )
    return spec, plan


def regulating_set(side):
    """The streamed services through the engine."""
    spec, plan = streamed_set(side)
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        layout.make()
        took = {}

        def tell(event):
            if event.kind == "made":
                took[event.step] = event.seconds

        Run(plan, layout, spec, workers=2, memory=int(6e9)).bring(
            [*RANGES, "land_cover", "biophysical"]
        )
        start = time.perf_counter()
        Run(plan, layout, spec, workers=2, memory=int(6e9), tell=tell).bring(list(PRODUCTS))
        seconds = time.perf_counter() - start
    cells = side * side
    print(
        f"regulating set, {cells:.3g} cells, 2 workers: {seconds:.1f} s, {1e9 * seconds / cells:.0f} ns per cell, peak {peak_gib():.2f} GiB"
    )
    for name, value in took.items():
        print(f"  {name:32} {value:7.1f} s  {1e9 * value / cells:6.0f} ns per cell")


def on_processes(count, side, ready=lambda: None, warm_side=600):
    """Seconds of the streamed services on so many processes, as ``local:N`` starts them, that have loaded all they need.

    Beside them the share of the machine's cores that was busy meanwhile, with this and with whatever else ran; ``ready`` is called
    when only they are left to do.
    """
    with processes(count, int(6e9)) as cluster:
        cluster.wait_for_workers(count)
        for size in (warm_side, side):
            spec, plan = streamed_set(size)
            with tempfile.TemporaryDirectory() as folder:
                layout = Layout(Path(folder))
                layout.make()
                Run(plan, layout, spec, workers=2, memory=int(6e9)).bring(
                    [*RANGES, "land_cover", "biophysical"]
                )
                others = Workers(cluster.scheduler_address, spec, layout.temporary, 1, int(6e9))
                run = Run(plan, layout, spec, workers=1, memory=int(6e9), executor=others)
                if size == side:
                    ready()
                before, start = psutil.cpu_times(), time.perf_counter()
                made = run.bring(list(PRODUCTS)).made
                seconds, after = time.perf_counter() - start, psutil.cpu_times()
    assert len(made) >= len(PRODUCTS)
    spent = [b - a for a, b in zip(before, after, strict=True)]
    idle = sum(t for word, t in zip(after._fields, spent, strict=True) if word in IDLE)
    return seconds, 1.0 - idle / sum(spent)


IDLE = ("idle", "iowait")


def alone(side):
    """One process of its own: says when it is ready, begins when it is told, says how long it took."""

    def ready():
        print("ready", flush=True)
        sys.stdin.readline()

    print(on_processes(1, side, ready)[0], flush=True)


def at_once(count, side):
    """Seconds of each of so many independent one-process runs that begin together, each with a parent, a worker and files of its own."""
    words = [sys.executable, __file__, "alone", str(side)]
    runs = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    seconds = [float(run.stdout.readline()) for run in runs]
    for run in runs:
        assert run.wait() == 0
    return seconds


def workers(side, turns=3):
    """How much faster two processes are than one; in turns, since others may use the machine.

    Beside it the machine's own ceiling: how much faster two independent runs are done at once than one after another, though they share
    nothing but the machine. It swings with whatever else runs, as the ratio does: read both of one call.
    """
    one, two, apart = zip(
        *(
            (on_processes(1, side), on_processes(2, side), (at_once(1, side), at_once(2, side)))
            for _ in range(turns)
        ),
        strict=True,
    )
    (t1, _), (t2, busy) = min(one), min(two)
    each = ", ".join(f"{a[0] / b[0]:.2f}" for a, b in zip(one, two, strict=True))
    print(
        f"regulating set, {side**2:.3g} cells: {t1:.1f} s on one process, {t2:.1f} s on two; "
        f"ratio of the best of {turns} turns {t1 / t2:.2f} (of each turn: {each})"
    )
    print(f"busy with two: {busy:.0%} of the time of {psutil.cpu_count()} cores")
    single, double = min(a[0] for a, _ in apart), min(max(b) for _, b in apart)
    ceilings = ", ".join(f"{2 * a[0] / max(b):.2f}" for a, b in apart)
    print(
        f"ceiling of this machine: one run {single:.1f} s alone, two independent ones at once {double:.1f} s; "
        f"2 x {single:.1f} / {double:.1f} = {2 * single / double:.2f} (of each turn: {ceilings})"
    )


def models(side):
    """The routed models, habitat by reach, and bandwidth."""
    spec = GridSpec("EPSG:6933", 30.0, 0.0, side * 30.0, side, side)
    z = (
        1500.0 * fractal(0, 0, side, side, 30.0, 30.0 * side / 3, 10, 0.55, 1)
        + np.linspace(0, 900, side, dtype="f4")[:, None]
    )
    elevation = spec.lay((z + 500).astype("f4"), "m")
    random = np.random.default_rng(0)
    code = (np.abs(fractal(0, 0, side, side, 30.0, 3000.0, 4, 0.5, 5)) * 6).astype(np.uint8) % 4 + 1
    land = spec.lay(code, "1", nodata=255)
    rain = spec.lay(random.uniform(2000, 5000, (side, side)).astype("f4"), "MJ*mm/(ha*h*yr)")
    soil = spec.lay(random.uniform(0.01, 0.04, (side, side)).astype("f4"), "t*ha*h/(ha*MJ*mm)")
    wet = spec.lay(random.uniform(600, 1200, (side, side)).astype("f4"), "mm/yr")
    maps = {"farm": code == 3, "town": code == 4}
    import xarray as xr

    threat_maps = xr.Dataset({k: spec.lay(v.astype("f4"), "1") for k, v in maps.items()})

    def habitat(reach_km):
        rows = pd.DataFrame(
            {
                "threat": ["farm", "town"],
                "max_dist": reach_km,
                "weight": [0.5, 1.0],
                "decay": ["linear", "exponential"],
            }
        )
        return habitat_quality(land, threat_maps, rows, TABLE)

    jobs = {
        "sediment_delivery": lambda: sediment_delivery(elevation, rain, soil, land, TABLE),
        "nutrient_delivery": lambda: nutrient_delivery(elevation, wet, land, TABLE),
        "habitat_quality, 1 km": lambda: habitat(1.0),
        "habitat_quality, 10 km": lambda: habitat(10.0),
        "carbon_stock": lambda: carbon_stock(land, TABLE),
        "soil_retention": lambda: soil_retention(
            rain,
            soil,
            spec.lay(np.full((side, side), 5, "f4"), "1"),
            spec.lay(np.full((side, side), 0.1, "f4"), "1"),
            land,
            TABLE,
        ),
    }
    source = np.ones((side, side), "f4")
    target = np.empty_like(source)
    np.copyto(target, source)
    start = time.perf_counter()
    for _ in range(5):
        np.copyto(target, source)
    rate = 5 * 2 * source.nbytes / (time.perf_counter() - start)
    print(f"{side} x {side}; copy of float32: {rate / 1e9:.1f} GB/s, {8e9 / rate:.2f} ns per cell")
    for name, job in jobs.items():
        job()
        start = time.perf_counter()
        job()
        seconds = time.perf_counter() - start
        print(f"{name:26} {seconds:7.2f} s  {1e9 * seconds / side**2:7.0f} ns per cell")


if __name__ == "__main__":
    jobs = {"set": regulating_set, "workers": workers, "alone": alone, "models": models}
    jobs[sys.argv[1]](int(sys.argv[2]))
