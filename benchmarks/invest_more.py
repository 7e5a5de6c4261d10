"""Models of views, bees, crops and cities of InVEST over the made-up mountain, run there and here, compared cell by cell.

``python benchmarks/invest_more.py FOLDER --python INVEST_PYTHON``: the second is an interpreter that has ``natcap.invest``.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from invest_family import CELL, CRS, LEFT, NX, NY, THERE, TOP, maps, tables, told

from shanshui import open_study
from shanshui.study.invest import import_invest

HERE = {
    "scenic_quality": {
        "scenic_quality.visible": "vshed.tif", "scenic_quality.value": "vshed_value.tif", "scenic_quality.impact_class": "vshed_qual.tif",
    },
}  # fmt: skip
"""Layers of each model and their files there, ``{}`` for the folder of outputs where it has one."""


def more(folder: Path) -> None:
    """Write what the family lacks."""
    rng = np.random.default_rng(9)
    x = LEFT + rng.uniform(5, NX - 5, 12) * CELL
    y = TOP - rng.uniform(5, NY - 5, 12) * CELL
    gpd.GeoDataFrame(
        {"RADIUS": np.where(np.arange(12) % 3, 1e8, 4000.0), "WEIGHT": rng.uniform(0.5, 2, 12), "HEIGHT": rng.uniform(5, 90, 12)},
        geometry=shapely.points(x, y), crs=CRS,
    ).to_file(folder / "masts.gpkg")  # fmt: skip
    whole = shapely.box(LEFT, TOP - NY * CELL, LEFT + NX * CELL, TOP)
    gpd.GeoDataFrame({"id": [1]}, geometry=[whole], crs=CRS).to_file(folder / "area.gpkg")


def cases() -> dict[str, tuple[str, dict]]:
    """Cases by name: model and arguments."""
    view = {
        "dem_path": "dem.tif", "structure_path": "masts.gpkg", "aoi_path": "area.gpkg", "refraction": 0.13, "do_valuation": True,
        "valuation_function": "linear", "a_coef": 1, "b_coef": -0.0001, "max_valuation_radius": 8000,
    }  # fmt: skip
    return {
        "view": ("scenic_quality", view),
        "view_log": ("scenic_quality", view | {"valuation_function": "logarithmic", "a_coef": 10, "b_coef": -1, "refraction": 0}),
        "view_exp": ("scenic_quality", view | {"valuation_function": "exponential", "b_coef": 0.0003}),
    }  # fmt: skip


def exact_views(folder: Path) -> list[str]:
    """The first case by exact lines of sight, against the planes of the reference."""
    path = folder / "view.json"
    made = import_invest(path, folder / "studies" / "view_lines", resampling="meaning")
    with open_study(folder / "studies" / "view_lines") as study:
        study.run(*made.products, workers=1)
        layer = "scenic_quality.visible"
        return [
            told("view, exact lines", layer, study[layer], folder / "out/view/output/vshed.tif")
        ]


BESIDE: dict[str, Callable[[Path], list[str]]] = {"view": exact_views}
"""What is compared beside a case."""


def compared(case: str, model: str, folder: Path) -> list[str]:
    """Rows of a case."""
    made = import_invest(folder / f"{case}.json", folder / "studies" / case)
    there = folder / "out" / case
    with open_study(folder / "studies" / case) as study:
        study.run(*made.products, workers=1)
        rows = [told(case, k, study[k], _file(there, v)) for k, v in HERE[model].items()]
    return rows + (BESIDE[case](folder) if case in BESIDE else [])


def _file(there: Path, name: str) -> Path:
    return next(p for p in (there / name, there / "output" / name) if p.exists())


def main() -> None:
    """Make the ground, run it there and here, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", required=True)
    parser.add_argument("--only", nargs="*", default=list(cases()))
    words = parser.parse_args()
    folder = words.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    maps(folder)
    tables(folder)
    more(folder)
    asked = {k: v for k, v in cases().items() if k in words.only}
    for case, (model, args) in asked.items():
        args = args | {"workspace_dir": str(folder / "out" / case), "results_suffix": "", "n_workers": -1}  # fmt: skip
        (folder / f"{case}.json").write_text(json.dumps({"model_id": model, "args": args}), "utf-8")
    paths = [str(folder / f"{case}.json") for case in asked]
    subprocess.run([words.python, "-c", THERE, *paths], check=True, stdout=sys.stderr)
    print("| case | layer | cells of both | only there | differ by 1e-4 | sum here | sum there |")
    print("|---|---|---|---|---|---|---|")
    for case, (model, _) in asked.items():
        print("\n".join(compared(case, model, folder)), flush=True)


if __name__ == "__main__":
    main()
