"""Time and peak memory of screening, linkages, rank acceptability and weights on maps, beside what a user would pick instead.

Each row runs in a process of its own; memory is the peak of the process above what it held before. Registers are made up:
names and scopes of the length that registers have, one firm in ten of an emerging industry.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def register(rows, folder):
    """A Parquet register, written block by block."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    places = ["汉中", "安康", "商洛", "十堰", "绵阳", "广元"]
    plain = [
        "日用百货、五金交电零售",
        "房屋建筑工程施工",
        "餐饮服务；烟草零售",
        "农作物种植、销售",
        "道路货物运输；仓储服务",
        "服装鞋帽批发",
    ]
    fine = [
        "光伏发电、风力发电项目开发",
        "集成电路设计；软件开发",
        "中药饮片加工、销售",
        "工业机器人制造",
        "污水处理设备制造、安装",
    ]
    path = folder / "register.parquet"
    writer = None
    for start in range(0, rows, 500_000):
        n = min(500_000, rows - start)
        pick = rng.integers(0, 60, n)
        names = [f"{places[k % 6]}市第{start + i}号有限责任公司" for i, k in enumerate(pick)]
        scopes = [
            f"{fine[k % 5] if k < 6 else plain[k % 6]}；{plain[(k + 1) % 6]}（依法须经批准的项目，经相关部门批准后方可开展经营活动）"
            for k in pick
        ]
        keys = [f"91{start + i:016d}" for i in range(n)]
        table = pa.table({"name": names, "scope": scopes, "credit_code": keys})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    writer.close()
    return path


def made_elsewhere(rows, folder):
    """The register, made by another process, so that its memory does not count."""
    subprocess.run([sys.executable, __file__, "--make", str(rows), folder], check=True)
    return Path(folder) / "register.parquet"


def screening(rows):
    from shanshui.queries.screening import screen_register

    with tempfile.TemporaryDirectory() as folder:
        path = made_elsewhere(rows, folder)
        before = peak()
        start = time.perf_counter()
        outcome = screen_register(path, Path(folder) / "out.parquet")
        seconds = time.perf_counter() - start
        return {
            "seconds": seconds,
            "peak_mb": peak() - before,
            "rows/s": rows / seconds,
            "accepted": outcome.accepted,
        }


def screening_by_pandas(rows):
    """One str.contains per word of the vocabulary, as notebooks do it; no negation, no longest match."""
    import pandas as pd

    from shanshui.industry.lexicon import CATEGORIES, read_lexicon

    with tempfile.TemporaryDirectory() as folder:
        path = made_elsewhere(rows, folder)
        before = peak()
        start = time.perf_counter()
        frame = pd.read_parquet(path)
        text = frame["name"] + "。" + frame["scope"]
        found = pd.DataFrame(False, index=frame.index, columns=list(CATEGORIES))
        for word in read_lexicon().words:
            if word.category in found:
                found[word.category] |= text.str.contains(word.word, regex=False)
        seconds = time.perf_counter() - start
        return {
            "seconds": seconds,
            "peak_mb": peak() - before,
            "rows/s": rows / seconds,
            "accepted": int(found.any(axis=1).sum()),
        }


def table(sectors):
    import numpy as np

    a = np.random.default_rng(0).random((sectors, sectors))
    a /= 2.0 * a.sum(axis=0)
    return a


def leontief(sectors):
    import numpy as np

    from shanshui.industry.input_output import influence_coefficient, leontief_inverse

    a = table(sectors)
    leontief_inverse(a[:50, :50])
    before = peak()
    start = time.perf_counter()
    inverse = leontief_inverse(a)
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "peak_mb": peak() - before,
        "sum": float(np.sum(influence_coefficient(inverse))),
    }


def leontief_by_numpy(sectors):
    import numpy as np

    a = table(sectors)
    np.linalg.inv(np.eye(50))
    before = peak()
    start = time.perf_counter()
    np.linalg.inv(np.eye(sectors) - a)
    return {"seconds": time.perf_counter() - start, "peak_mb": peak() - before}


def acceptability(draws, method="weighted-sum"):
    import numpy as np

    from shanshui.decision.robustness import rank_acceptability

    x = np.random.default_rng(0).random((120, 15))
    before = peak()
    start = time.perf_counter()
    rank_acceptability(x, method=method, draws=draws)
    return {"seconds": time.perf_counter() - start, "peak_mb": peak() - before}


def acceptability_by_loop(draws):
    """One ranking per draw with pymcdm, where it is installed, as its users do it."""
    import numpy as np
    from pymcdm.methods import TOPSIS

    rng = np.random.default_rng(0)
    x, method, types = rng.random((120, 15)), TOPSIS(), np.ones(15)
    start = time.perf_counter()
    for w in rng.dirichlet(np.ones(15), draws):
        np.argsort(-method(x, w, types))
    return {"seconds": time.perf_counter() - start, "peak_mb": 0.0}


def overlay(side, method="weighted-sum"):
    import numpy as np
    import xarray as xr

    from shanshui.decision.maps import overlay_score
    from shanshui.region.grid import GridSpec

    def layers(n):
        spec = GridSpec("EPSG:6933", 100.0, 0.0, n * 100.0, n, n)
        rng = np.random.default_rng(0)
        return xr.Dataset(
            {f"c{k}": spec.lay(rng.random((n, n), np.float32), "1") for k in range(6)}
        )

    overlay_score(layers(50), method=method)
    data = layers(side)
    before = peak()
    start = time.perf_counter()
    overlay_score(data, method=method)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": peak() - before, "GB/s": 7 * 4 * side**2 / seconds / 1e9}


def overlay_by_numpy(side):
    """Min-max scaling and a weighted sum in float32, layer by layer."""
    import numpy as np

    rng = np.random.default_rng(0)
    data = [rng.random((side, side), np.float32) for _ in range(6)]
    before = peak()
    start = time.perf_counter()
    out = np.zeros((side, side), np.float32)
    for layer in data:
        low, high = np.nanmin(layer), np.nanmax(layer)
        out += np.float32(1 / 6) * (layer - low) / (high - low)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": peak() - before, "GB/s": 7 * 4 * side**2 / seconds / 1e9}


def copy(side):
    """What the machine moves: one float32 grid copied, both ways counted."""
    import numpy as np

    data = np.random.default_rng(0).random((side, side), np.float32)
    out = np.empty_like(data)
    out[:] = data
    start = time.perf_counter()
    out[:] = data
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": 0.0, "GB/s": 2 * 4 * side**2 / seconds / 1e9}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


ROUTES = {
    "screening": (screening, (1_000_000, 10_000_000)),
    "screening, pandas str.contains": (screening_by_pandas, (100_000,)),
    "Leontief inverse": (leontief, (153, 5000)),
    "Leontief inverse, numpy inv": (leontief_by_numpy, (153, 5000)),
    "acceptability 120 x 15, weighted sum": (acceptability, (10_000,)),
    "acceptability 120 x 15, TOPSIS": (lambda n: acceptability(n, "topsis"), (10_000,)),
    "acceptability 120 x 15, VIKOR": (lambda n: acceptability(n, "vikor"), (10_000,)),
    "TOPSIS 120 x 15, pymcdm in a loop": (acceptability_by_loop, (10_000,)),
    "six layers, weighted sum": (overlay, (10_000,)),
    "six layers, TOPSIS": (lambda n: overlay(n, "topsis"), (10_000,)),
    "six layers, numpy": (overlay_by_numpy, (10_000,)),
    "copy of one layer": (copy, (10_000,)),
}


def main():
    if sys.argv[1:2] == ["--make"]:
        register(int(sys.argv[2]), Path(sys.argv[3]))
        return
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(ROUTES[sys.argv[2]][0](int(sys.argv[3]))))
        return
    chosen = sys.argv[1:]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print("| what | size | s | MB | |\n|---|---:|---:|---:|---|")
    for name, (_, sizes) in ROUTES.items():
        if chosen and not any(c in name for c in chosen):
            continue
        for size in sizes:
            done = subprocess.run(
                [sys.executable, __file__, "--child", name, str(size)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["killed"])[-1]
                print(f"| {name} | {size} | – | – | {last[:80]} |", flush=True)
                continue
            facts = json.loads(done.stdout.strip().splitlines()[-1])
            seconds, used = facts.pop("seconds"), facts.pop("peak_mb")
            told = ", ".join(f"{k} {v:.4g}" for k, v in facts.items())
            print(f"| {name} | {size} | {seconds:.3f} | {used:.0f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
