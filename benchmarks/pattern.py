"""Cost distance, circuits and morphology beside what a user would pick, in the same run.

``python benchmarks/pattern.py [SIDE ...]`` prints a table. Every row runs in a process of its own, compiled on a small grid first; memory is the
peak above what the process held before. CHOLMOD is timed where scikit-sparse is installed.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version

SIDES = (1000, 2000, 4000)
POINTS = 10


def rough(side, seed=0):
    import numpy as np

    return np.exp(np.random.default_rng(seed).normal(size=(side, side)))


def ends(side):
    return (side // 5, side // 7), (side - side // 6, side - side // 4)


def laplacian(values):
    """The grid's Laplacian with the second point grounded, as every general solver needs it."""
    import numpy as np
    import scipy.sparse as sp

    side = values.shape[0]
    index = np.arange(side * side).reshape(side, side)
    a, b, g = [], [], []
    for p, q, far in (
        (np.s_[:, :-1], np.s_[:, 1:], 1.0),
        (np.s_[:-1], np.s_[1:], 1.0),
        (np.s_[:-1, :-1], np.s_[1:, 1:], 2**-0.5),
        (np.s_[:-1, 1:], np.s_[1:, :-1], 2**-0.5),
    ):
        a.append(index[p].ravel())
        b.append(index[q].ravel())
        g.append((far * 2.0 / (values[p] + values[q])).ravel())
    a, b, g = (np.concatenate(x) for x in (a, b, g))
    w = sp.coo_matrix((g, (a, b)), (side * side, side * side)).tocsr()
    w = w + w.T
    full = (sp.diags(np.asarray(w.sum(axis=1)).ravel()) - w).tocsr()
    (i, j), (r, s) = ends(side)
    kept = np.delete(np.arange(side * side), r * side + s)
    right = np.zeros(side * side)
    right[i * side + j] = 1.0
    return full[kept][:, kept], right[kept], i * side + j


def ours(side, points=2):
    import numpy as np

    from shanshui.pattern.circuit.lattice import Lattice

    values = rough(side)

    def run():
        (i, j), (r, s) = ends(side)
        a, b = i * side + j, r * side + s
        began = time.perf_counter()
        circuit = Lattice(1.0 / values, solver="multigrid")
        solved = circuit.between(a, b, tolerance=1e-9, limit=500)
        first = time.perf_counter() - began
        flat = solved.field.ravel()
        facts = {"resistance": float(flat[a] - flat[b]), "residual": solved.residual}
        if points > 2:
            places = np.random.default_rng(1).integers(0, side * side, points - 2).tolist()
            began = time.perf_counter()
            for _ in circuit.several(places, b, tolerance=1e-9, limit=500):
                pass
            each = (time.perf_counter() - began) / len(places)
            facts["a further point over the first"] = each / first
        return facts

    return run


def pyamg_route(side):
    import numpy as np
    import pyamg

    values = rough(side)

    def run():
        matrix, right, at = laplacian(values)
        hierarchy = pyamg.smoothed_aggregation_solver(matrix)
        x = hierarchy.solve(right, tol=1e-8, accel="cg", maxiter=500)
        residual = float(np.linalg.norm(right - matrix @ x) / np.linalg.norm(right))
        return {"resistance": float(x[at]), "residual": residual}

    return run


def cholmod_route(side):
    import numpy as np
    from sksparse.cholmod import cholesky

    values = rough(side)

    def run():
        matrix, right, at = laplacian(values)
        x = cholesky(matrix.tocsc(), ordering_method="amd")(right)
        residual = float(np.linalg.norm(right - matrix @ x) / np.linalg.norm(right))
        return {"resistance": float(x[at]), "residual": residual}

    return run


def directed_route(side):
    import numpy as np

    from shanshui.pattern.circuit import directed_current

    values, height = rough(side), np.random.default_rng(2).random((side, side))

    def run():
        sources, grounds = np.zeros((2, side, side))
        a, b = ends(side)
        sources[a], grounds[b] = 1.0, np.inf
        found = directed_current(values, sources, grounds, height, uphill=0.5)
        return {"arrives": float(found[b])}

    return run


def cost_route(side, which):
    import numpy as np

    values = np.random.default_rng(0).uniform(1.0, 100.0, (side, side))
    i, j = ends(side)[0]
    if which == "skimage":
        from skimage.graph import MCP_Geometric

        return lambda: {"farthest": float(MCP_Geometric(values).find_costs([(i, j)])[0].max())}
    source = np.zeros((side, side), np.int32)
    source[i, j] = 1
    if which == "xarray-spatial":
        import xarray as xr
        from xrspatial import cost_distance

        coords = {"y": np.arange(side)[::-1] * 1.0, "x": np.arange(side) * 1.0}
        options = {"dims": ("y", "x"), "coords": coords, "attrs": {"res": (1.0, 1.0)}}
        ground = xr.DataArray(values, **options)
        start = xr.DataArray(source.astype(float), **options)
        return lambda: {"farthest": float(np.nanmax(cost_distance(start, ground).values))}
    from shanshui.kernels.cost import accumulated_cost

    single = values.astype("f4") if side > 6000 else values
    return lambda: {"farthest": float(accumulated_cost(single, source, 1.0)[0].max())}


def morphology_route(side):
    import numpy as np
    from scipy import ndimage

    from shanshui.pattern.morphology import morphology

    random = np.random.default_rng(0)
    coarse = ndimage.gaussian_filter(random.normal(size=(side // 4, side // 4)).astype("f4"), 3)
    shape = ndimage.zoom(coarse, 4, order=1) > 0
    shape ^= random.random(shape.shape, dtype="f4") < 0.02

    return lambda: {"core": int((morphology(shape) == 17).sum())}


ROUTES = {
    "one pair: shanshui multigrid": ours,
    "10 points: shanshui multigrid": lambda side: ours(side, POINTS),
    "one pair: pyamg smoothed aggregation": pyamg_route,
    "one pair: CHOLMOD": cholmod_route,
    "one pair with directions: shanshui": directed_route,
    "cost distance: shanshui": lambda side: cost_route(side, "shanshui"),
    "cost distance: skimage MCP_Geometric": lambda side: cost_route(side, "skimage"),
    "cost distance: xarray-spatial": lambda side: cost_route(side, "xarray-spatial"),
    "morphology: shanshui": morphology_route,
}


def child(name, side):
    ROUTES[name](200)()
    run = ROUTES[name](side)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    facts = run()
    facts["seconds"] = time.perf_counter() - began
    facts["peak_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps(facts))


def main():
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], int(sys.argv[3]))
        return
    sides = [int(a) for a in sys.argv[1:]] or list(SIDES)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    for package in ("numpy", "scipy", "pyamg", "scikit-sparse", "scikit-image", "xarray-spatial"):
        try:
            print(package, version(package))
        except PackageNotFoundError:
            print(package, "not installed")
    base: dict[int, float] = {}
    print("| what | side | s | MB | |\n|---|---:|---:|---:|---|")
    for name in ROUTES:
        for side in sides:
            done = subprocess.run(
                [sys.executable, __file__, "--child", name, str(side)],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["killed"])[-1]
                print(f"| {name} | {side} | – | – | {last[:80]} |", flush=True)
                continue
            facts = json.loads(done.stdout.strip().splitlines()[-1])
            seconds, peak = facts.pop("seconds"), facts.pop("peak_mb")
            base.setdefault(side, seconds)
            facts["bytes a cell"] = peak * 2**20 / side**2
            facts["over the first row"] = seconds / base[side]
            told = ", ".join(f"{k} {v:.6g}" for k, v in facts.items())
            print(f"| {name} | {side} | {seconds:.2f} | {peak:.0f} | {told} |", flush=True)


if __name__ == "__main__":
    main()
