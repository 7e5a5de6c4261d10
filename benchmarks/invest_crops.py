"""Crop production of InVEST over the made-up mountain, run there and here, compared cell by cell and crop by crop.

``python benchmarks/invest_crops.py FOLDER --python INVEST_PYTHON``: the second is an interpreter that has ``natcap.invest``.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
from invest_family import LEFT, THERE, TOP, maps, tables, theirs
from pyproj import Transformer
from rasterio.transform import from_origin

from shanshui import open_study
from shanshui.study.invest import import_invest

CROPS = {"maize": 31, "rice": 81, "wheat": 21}
FINE = 1 / 60
"""Cells of the climate bins [degree]: finer than the atlas's, that a small map has some."""
PERCENTILES = ("yield_25th", "yield_50th", "yield_75th", "yield_95th")
RESPONSES = ("yield_ceiling", "b_nut", "b_k2o", "c_n", "c_p2o5", "c_k2o")
NUTRIENTS = [
    "protein",
    "lipid",
    "energy",
    "ca",
    "fe",
    "mg",
    "ph",
    "k",
    "na",
    "zn",
    "cu",
    "fl",
    "mn",
    "se",
    "vita",
    "betac",
    "alphac",
    "vite",
    "crypto",
    "lycopene",
    "lutein",
    "betat",
    "gammat",
    "deltat",
    "vitc",
    "thiamin",
    "riboflavin",
    "niacin",
    "pantothenic",
    "vitb6",
    "folate",
    "vitb12",
    "vitk",
]


def fields(folder: Path) -> None:
    """Write bins, yields and tables of three crops."""
    rng = np.random.default_rng(12)
    lon, lat = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True).transform(LEFT, TOP)
    at = from_origin(np.floor(lon * 4) / 4 - 0.5, np.ceil(lat * 4) / 4 + 0.5, FINE, FINE)
    rows: dict[str, list[str]] = {"bins": [], "seen": [], "percentiles": [], "responses": []}
    for crop in CROPS:
        bins = rng.integers(1, 6, (120, 120)).astype(np.int16)
        bins[rng.random(bins.shape) < 0.05] = -9999
        seen = rng.uniform(1, 9, bins.shape).astype(np.float32)
        seen[rng.random(bins.shape) < 0.1] = -9999
        for kind, values in (("bins", bins), ("seen", seen)):
            rows[kind].append(f"{crop}_{kind}.tif")
            with rasterio.open(
                folder / rows[kind][-1], "w", driver="GTiff", height=120, width=120, count=1, dtype=values.dtype, crs="EPSG:4326",
                transform=at, nodata=-9999,
            ) as file:  # fmt: skip
                file.write(values, 1)
        steps = np.cumsum(rng.uniform(0.5, 2.5, (5, 4)), axis=1)
        frame = pd.DataFrame(steps, columns=list(PERCENTILES))
        frame.insert(0, "climate_bin", range(1, 6))
        rows["percentiles"].append(f"{crop}_percentiles.csv")
        frame.to_csv(folder / rows["percentiles"][-1], index=False)
        tops = (9, 0.7, 0.6, 0.05, 0.06, 0.05)
        frame = pd.DataFrame({w: rng.uniform(0.4 * t, t, 5) for w, t in zip(RESPONSES, tops, strict=True)})  # fmt: skip
        frame.loc[3, "c_n"] = np.nan
        frame.insert(0, "climate_bin", range(1, 6))
        rows["responses"].append(f"{crop}_responses.csv")
        frame.to_csv(folder / rows["responses"][-1], index=False)
    for kind, paths in rows.items():
        pd.DataFrame({"crop_name": list(CROPS), "path": paths}).to_csv(
            folder / f"{kind}.csv", index=False
        )
    pd.DataFrame({"crop_name": list(CROPS), "lucode": list(CROPS.values())}).to_csv(
        folder / "crops.csv", index=False
    )
    content = pd.DataFrame(rng.uniform(0, 50, (3, len(NUTRIENTS))), columns=list(NUTRIENTS))
    content.insert(0, "percentrefuse", [10, 0, 35])
    content.insert(0, "crop_name", list(CROPS))
    content.to_csv(folder / "content.csv", index=False)
    pd.DataFrame(
        {"crop_name": list(CROPS), "nitrogen_rate": [30, 60, 90], "phosphorus_rate": [20, 5, 40], "potassium_rate": [10, 0, 25]}
    ).to_csv(folder / "rates.csv", index=False)  # fmt: skip


def cases() -> dict[str, tuple[str, dict]]:
    """Cases by name: model and arguments."""
    both = {
        "landcover_raster_path": "lulc.tif", "landcover_to_crop_table_path": "crops.csv", "aggregate_polygon_path": "ws.gpkg",
        "climate_bin_raster_table": "bins.csv", "observed_yield_raster_table": "seen.csv", "crop_nutrient_table": "content.csv",
    }  # fmt: skip
    return {
        "crops": ("crop_production_percentile", both | {"percentile_yield_csv_table": "percentiles.csv"}),
        "crops_fed": ("crop_production_regression", both | {"regression_yield_csv_table": "responses.csv", "fertilization_rate_table_path": "rates.csv"}),
    }  # fmt: skip


def row(case: str, what: str, ours: np.ndarray, its: np.ndarray) -> str:
    """How many of two sets of numbers differ by a ten thousandth."""
    known = np.isfinite(ours) & np.isfinite(its)
    far = ~np.isclose(ours, its, rtol=1e-4, atol=1e-4 * np.nanmax(np.abs(its)))
    return (
        f"| {case} | {what} | {int(known.sum())} | {int((np.isfinite(its) & ~np.isfinite(ours)).sum())} | {int((far & known).sum())} | "
        f"{ours[known].sum():.8g} | {its[known].sum():.8g} |"
    )


def compared(case: str, model: str, folder: Path) -> list[str]:
    """Rows of a case: maps of each crop, harvest and nutrients by crop and by zone."""
    made = import_invest(folder / f"{case}.json", folder / "studies" / case)
    there, out = folder / "out" / case, []
    by_climate = model.endswith("percentile")
    files = {p: f"{p}_production" for p in PERCENTILES} if by_climate else {"modelled_yield": "regression_production"}  # fmt: skip
    files["observed_yield"] = "observed_production"
    with open_study(folder / "studies" / case) as study:
        study.run(*made.products, workers=1)
        cover = study["land_cover"]
        maps_, totals = study[made.products[0]], study[made.products[1]]
    for crop, code in CROPS.items():
        for layer, name in files.items():
            its = theirs(there / f"{crop}_{name}.tif", cover.x.values, cover.y.values)
            on = cover.values == code
            out.append(
                row(case, f"{crop}: {layer}", maps_[layer].values[on].astype(float), its[on])
            )
    there_totals = pd.read_csv(there / "result_table.csv", nrows=len(CROPS)).set_index("crop_name")
    mine = totals[totals["zone"] == ""].set_index(["crop", "estimate"])
    words = {"modelled_yield": "modeled", "observed_yield": "observed"} | {p: p.removeprefix("yield_") for p in PERCENTILES}  # fmt: skip
    for what, head in (("production", "production"), ("protein", "protein"), ("vitk", "vitk")):
        pairs = [(mine.loc[(c, e), what], there_totals.loc[c, f"{head}_{words[e]}"]) for c in CROPS for e in files]  # fmt: skip
        out.append(row(case, f"map: {what}", *np.array(pairs, float).T))
    zones = pd.read_csv(there / "aggregate_results.csv")
    part = totals[totals["zone"] != ""]
    for what in ("production", "zn"):
        sums = part.groupby(["zone", "crop", "estimate"], sort=False)[what].sum()
        if what == "production":
            pairs = [
                (sums[str(n), c, e], zones[f"{c}_{e if e in PERCENTILES else words[e]}"].iloc[at])
                for at, n in enumerate(part["zone"].unique()) for c in CROPS for e in files
            ]  # fmt: skip
        else:
            whole = part.groupby(["zone", "estimate"], sort=False)[what].sum()
            pairs = [
                (whole[str(n), e], zones[f"{what}_{e if e in PERCENTILES else words[e]}"].iloc[at])
                for at, n in enumerate(part["zone"].unique()) for e in files
            ]  # fmt: skip
        out.append(row(case, f"zones: {what}", *np.array(pairs, float).T))
    return out


def main() -> None:
    """Make the ground, run it there and here, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", required=True)
    words = parser.parse_args()
    folder = words.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    maps(folder)
    tables(folder)
    fields(folder)
    for case, (model, args) in cases().items():
        args = args | {"workspace_dir": str(folder / "out" / case), "results_suffix": "", "n_workers": -1}  # fmt: skip
        (folder / f"{case}.json").write_text(json.dumps({"model_id": model, "args": args}), "utf-8")
    paths = [str(folder / f"{case}.json") for case in cases()]
    subprocess.run([words.python, "-c", THERE, *paths], check=True, stdout=sys.stderr)
    print("| case | what | known to both | only there | differ by 1e-4 | sum here | sum there |")
    print("|---|---|---|---|---|---|---|")
    for case, (model, _) in cases().items():
        print("\n".join(compared(case, model, folder)), flush=True)


if __name__ == "__main__":
    main()
