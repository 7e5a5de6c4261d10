"""A family of InVEST argument files over a made-up mountain, run there and here, compared cell by cell.

``python benchmarks/invest_family.py FOLDER --python INVEST_PYTHON``: the second is an interpreter that has ``natcap.invest``.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

from shanshui import open_study
from shanshui.kernels.noise import fractal
from shanshui.study.invest import import_invest

CRS, CELL, LEFT, TOP, NY, NX = "EPSG:32648", 90.0, 500000.0, 3700000.0, 150, 190
CODES = np.array([11, 21, 31, 41, 81])
MONTHS = range(1, 13)
CLOSE, SMALL = 1e-4, 1e-3
"""Relative difference that counts, and share of the greatest value below which it is that share's."""
THERE = """
import importlib, sys
from natcap.invest import datastack, models
for path in sys.argv[1:]:
    found = datastack.extract_parameter_set(path)
    importlib.import_module(models.model_id_to_pyname[found.model_id]).execute(found.args)
"""
LAYERS = {
    "sdr": {
        "sediment_delivery.usle": "usle.tif", "sediment_delivery.sed_export": "sed_export.tif",
        "sediment_delivery.sed_deposition": "sed_deposition.tif", "sediment_delivery.stream": "stream.tif",
    },
    "ndr": {
        "nutrient_delivery.surface_export": "n_surface_export.tif", "nutrient_delivery.subsurface_export": "n_subsurface_export.tif",
    },
    "annual_water_yield": {"water_yield.water_yield": "output/per_pixel/wyield.tif"},
    "habitat_quality": {"habitat_quality.habitat_quality": "quality_c.tif", "habitat_rarity": "rarity_c.tif"},
    "carbon": {"carbon_stock.carbon": "c_storage_bas.tif"},
    "seasonal_water_yield": {
        "seasonal_recharge.quick_flow": "QF.tif", "seasonal_recharge.recharge": "L.tif", "baseflow.baseflow": "B.tif",
        "baseflow.baseflow_sum": "B_sum.tif",
    },
}  # fmt: skip
ELSEWHERE = {
    "habitat_quality": ("future", {"habitat_quality.habitat_quality": "quality_f.tif", "habitat_rarity": "rarity_f.tif"}),
    "carbon": ("alternate", {"carbon_change": "c_change_bas_alt.tif", "carbon_value": "npv_alt.tif"}),
}  # fmt: skip
"""Layers of a scenario."""


def field(seed: int, low: float, high: float, cell: float = CELL, shape=(NY, NX)) -> np.ndarray:
    """Smooth noise between two numbers."""
    rough = fractal(0, 0, *shape, cell, 4000.0, 4, 0.5, seed)
    return (low + (high - low) * (rough - rough.min()) / np.ptp(rough)).astype(np.float32)


def classes(seed: int, shares: tuple[float, ...]) -> np.ndarray:
    """Map of five classes, which end at these shares of the ground."""
    noise = field(seed, 0, 1)
    return CODES[np.digitize(noise, np.quantile(noise, shares))].astype(np.int32)


def write(folder: Path, name: str, values, cell=CELL, left=LEFT, top=TOP, nodata=-9999) -> None:
    """Write a raster."""
    with rasterio.open(
        folder / name, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype=values.dtype, crs=CRS,
        transform=from_origin(left, top, cell, cell), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values, 1)


def maps(folder: Path) -> None:
    """Write every raster of the family."""
    y, x = np.indices((NY, NX))
    write(folder, "dem.tif", field(1, 0, 900) + (9 * np.abs(x - 95) + 4 * y).astype(np.float32))
    cover, later = classes(2, (0.1, 0.3, 0.6, 0.85)), classes(3, (0.1, 0.35, 0.6, 0.8))
    write(folder, "lulc.tif", cover.astype(np.uint8), nodata=0)
    write(folder, "lulc_fut.tif", later.astype(np.uint8), nodata=0)
    write(folder, "lulc_big.tif", np.where(cover == 41, 65617, cover).astype(np.int32), nodata=-1)
    write(folder, "lulc_shift.tif", cover.astype(np.uint8), left=LEFT + 31, top=TOP + 17, nodata=0)
    fine = np.kron(cover, np.ones((3, 3), np.int32))
    other = np.random.default_rng(4).random(fine.shape) < 0.2
    fine[other] = np.roll(fine, 37)[other]
    write(folder, "lulc_30.tif", fine.astype(np.uint8), cell=30.0, nodata=0)
    climate = {"R": (800, 3000), "K": (0.02, 0.05), "P": (400, 900), "E": (700, 1100), "depth": (300, 1500), "pawc": (0.08, 0.2)}  # fmt: skip
    for seed, (name, (low, high)) in enumerate(climate.items(), 5):
        write(folder, f"{name}.tif", field(seed, low, high))
        coarse = field(seed, low, high, 1000.0, (16, 20))
        write(folder, f"{name}_1km.tif", coarse, cell=1000.0, left=LEFT - 700, top=TOP + 400)
    for name, values in (("c", cover), ("f", later)):
        write(folder, f"farm_{name}.tif", (values == 81).astype(np.uint8), nodata=255)
        road = (x % 37 == 5) | ((name == "f") & (y % 50 == 9))
        write(folder, f"road_{name}.tif", road.astype(np.uint8), nodata=255)
    presence = np.random.default_rng(5).random((NY, NX)) < 0.3
    write(
        folder, "farm_250.tif", presence[:56, :70].astype(np.uint8), cell=250.0, left=LEFT - 100, top=TOP + 50, nodata=255,
    )  # fmt: skip
    for month in MONTHS:
        write(folder, f"rain_{month}.tif", field(20 + month, 20, 110))
        write(folder, f"et0_{month}.tif", field(40 + month, 30, 150))
    noise = field(60, 0, 4)
    write(folder, "soil.tif", (1 + np.minimum(noise.astype(int), 3)).astype(np.uint8), nodata=0)
    write(folder, "zones.tif", (1 + (x > 95)).astype(np.uint8), nodata=0)


def tables(folder: Path) -> None:
    """Write every table and every set of polygons of the family."""
    bio = pd.DataFrame(
        {
            "lucode": CODES, "lulc_veg": [0, 0, 1, 1, 1], "root_depth": [0, 0, 300, 2500, 700], "kc": [1.0, 0.3, 0.5, 1.0, 0.8],
            "usle_c": [0, 0.05, 0.3, 0.003, 0.2], "usle_p": [1, 1, 1, 1, 0.6], "load_n": [0.1, 7, 3, 1.5, 25],
            "eff_n": [0.05, 0.05, 0.3, 0.7, 0.3], "crit_len_n": [30, 30, 120, 150, 60], "proportion_subsurface_n": [0, 0, 0.1, 0.2, 0.4],
            "load_type_n": ["measured-runoff"] * 4 + ["application-rate"], "c_above": [0, 2, 5, 80, 4], "c_below": [0, 1, 4, 20, 2],
            "c_soil": [0, 20, 60, 100, 60], "c_dead": [0, 0, 1, 10, 0],
        }
    )  # fmt: skip
    for base, group in zip((35, 55, 70, 78), "abcd", strict=True):
        bio[f"cn_{group}"] = np.array([20, 12, 5, 0, 9]) + base
    for month in MONTHS:
        bio[f"kc_{month}"] = np.array([1, 0.3, 0.4, 0.9, 0.7]) * (0.7 + 0.03 * month)
    bio.to_csv(folder / "bio.csv", index=False)
    bio.replace({"lucode": {41: 65617}}).to_csv(folder / "bio_big.csv", index=False)
    pd.DataFrame(
        {"lucode": CODES, "habitat": [0.6, 0, 0.5, 1, 0.3], "farm": [0.3, 0, 0.4, 0.7, 0], "road": [0.5, 0.2, 0.3, 0.8, 0.2]}
    ).to_csv(folder / "sens.csv", index=False)  # fmt: skip
    for name, farm in (("threats", "farm_c.tif"), ("threats_250", "farm_250.tif")):
        pd.DataFrame(
            {"threat": ["farm", "road"], "max_dist": [2000, 5000], "weight": [0.7, 1], "decay": ["linear", "exponential"],
             "cur_path": [farm, "road_c.tif"], "fut_path": ["farm_f.tif", "road_f.tif"], "base_path": ""}
        ).to_csv(folder / f"{name}.csv", index=False)  # fmt: skip
    for name in ("rain", "et0"):
        rows = {"month": MONTHS, "path": [f"{name}_{m}.tif" for m in MONTHS]}
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    events = [3, 4, 5, 6, 8, 9, 10, 9, 6, 5, 4, 3]
    pd.DataFrame({"month": MONTHS, "events": events}).to_csv(folder / "events.csv", index=False)
    names = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    rows = [dict(zip(names, np.array(events) + zone, strict=True)) | {"cz_id": zone} for zone in (1, 2)]  # fmt: skip
    pd.DataFrame(rows).to_csv(folder / "zones.csv", index=False)
    alpha = pd.DataFrame({"month": MONTHS, "alpha": np.linspace(0.02, 0.14, 12)})
    alpha.to_csv(folder / "alpha.csv", index=False)
    pd.DataFrame({"lucode": CODES, "demand": [0, 400.0, 2, 0, 90]}).to_csv(
        folder / "demand.csv", index=False
    )
    pieces = [
        shapely.box(LEFT + a * CELL, TOP - d * CELL, LEFT + c * CELL, TOP - b * CELL)
        for a, b, c, d in ((10.4, 10.3, 90.2, 120.6), (90.2, 20.7, 180.5, 140.1))
    ]
    nested = [*pieces, shapely.union_all(pieces)]
    gpd.GeoDataFrame({"ws_id": [3, 8, 100]}, geometry=nested, crs=CRS).to_file(folder / "ws.gpkg")


def family() -> dict[str, tuple[str, dict]]:
    """Cases by name: model and arguments."""
    ground = {"biophysical_table_path": "bio.csv", "watersheds_path": "ws.gpkg", "lulc_path": "lulc.tif"}  # fmt: skip
    routed = ground | {"dem_path": "dem.tif", "threshold_flow_accumulation": 100, "k_param": 2, "flow_dir_algorithm": "MFD"}  # fmt: skip
    sdr = routed | {"erosivity_path": "R.tif", "erodibility_path": "K.tif", "sdr_max": 0.8, "ic_0_param": 0.5, "l_max": 122, "drainage_path": ""}  # fmt: skip
    ndr = routed | {"runoff_proxy_path": "P.tif", "calc_n": True, "calc_p": False, "subsurface_critical_length_n": 200, "subsurface_eff_n": 0.8, "runoff_proxy_av": ""}  # fmt: skip
    water = ground | {
        "precipitation_path": "P.tif", "eto_path": "E.tif", "depth_to_root_rest_layer_path": "depth.tif", "pawc_path": "pawc.tif",
        "sub_watersheds_path": "", "seasonality_constant": 9, "demand_table_path": "demand.csv", "valuation_table_path": "",
    }  # fmt: skip
    coarse = {k: v.replace(".tif", "_1km.tif") for k, v in water.items() if str(v) in {"P.tif", "E.tif", "depth.tif", "pawc.tif"}}  # fmt: skip
    habitat = {
        "lulc_cur_path": "lulc.tif", "lulc_fut_path": "lulc_fut.tif", "lulc_bas_path": "lulc.tif", "threats_table_path": "threats.csv",
        "sensitivity_table_path": "sens.csv", "access_vector_path": "", "half_saturation_constant": 0.05,
    }  # fmt: skip
    carbon = {
        "lulc_bas_path": "lulc.tif", "lulc_alt_path": "lulc_fut.tif", "calc_sequestration": True, "carbon_pools_path": "bio.csv",
        "lulc_bas_year": 2010, "lulc_alt_year": 2030, "do_valuation": True, "price_per_metric_ton_of_c": 43, "discount_rate": 7,
        "rate_change": 1,
    }  # fmt: skip
    season = {
        "dem_raster_path": "dem.tif", "lulc_raster_path": "lulc.tif", "soil_group_path": "soil.tif", "aoi_path": "ws.gpkg",
        "biophysical_table_path": "bio.csv", "rain_events_table_path": "events.csv", "precip_raster_table": "rain.csv",
        "et0_raster_table": "et0.csv", "threshold_flow_accumulation": 100, "alpha_m": "1/12", "beta_i": 0.8, "gamma": 0.7,
        "user_defined_local_recharge": False, "user_defined_climate_zones": False, "monthly_alpha": False, "monthly_alpha_path": "",
        "climate_zone_table_path": "", "climate_zone_raster_path": "", "l_path": "", "flow_dir_algorithm": "MFD",
    }  # fmt: skip
    one_way = {"flow_dir_algorithm": "D8"}
    zoned = {
        "user_defined_climate_zones": True, "climate_zone_table_path": "zones.csv", "climate_zone_raster_path": "zones.tif",
        "monthly_alpha": True, "monthly_alpha_path": "alpha.csv",
    }  # fmt: skip
    big = {"lulc_path": "lulc_big.tif", "biophysical_table_path": "bio_big.csv"}
    return {
        "sdr": ("sdr", sdr), "sdr_d8": ("sdr", sdr | one_way), "sdr_rain_1km": ("sdr", sdr | {"erosivity_path": "R_1km.tif"}),
        "sdr_cover_30m": ("sdr", sdr | {"lulc_path": "lulc_30.tif"}), "sdr_cover_moved": ("sdr", sdr | {"lulc_path": "lulc_shift.tif"}),
        "ndr": ("ndr", ndr), "ndr_d8": ("ndr", ndr | one_way), "ndr_rain_1km": ("ndr", ndr | {"runoff_proxy_path": "P_1km.tif"}),
        "ndr_codes": ("ndr", ndr | big), "water": ("annual_water_yield", water), "water_1km": ("annual_water_yield", water | coarse),
        "water_cover_30m": ("annual_water_yield", water | {"lulc_path": "lulc_30.tif"}), "habitat": ("habitat_quality", habitat),
        "habitat_250m": ("habitat_quality", habitat | {"threats_table_path": "threats_250.csv"}), "carbon": ("carbon", carbon),
        "seasonal": ("seasonal_water_yield", season), "seasonal_d8": ("seasonal_water_yield", season | one_way),
        "seasonal_zones": ("seasonal_water_yield", season | zoned),
    }  # fmt: skip


def theirs(path: Path, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values of a raster at the centres of our cells."""
    with rasterio.open(path) as file:
        values, nodata, at = file.read(1).astype(float), file.nodata, file.transform
    values[np.isclose(values, nodata)] = np.nan
    rows = np.floor((y - at.f) / at.e + 1e-6).astype(int)
    cols = np.floor((x - at.c) / at.a + 1e-6).astype(int)
    out = np.full((y.size, x.size), np.nan)
    r = (rows >= 0) & (rows < values.shape[0])
    c = (cols >= 0) & (cols < values.shape[1])
    out[np.ix_(r, c)] = values[np.ix_(rows[r], cols[c])]
    return out


def told(case: str, layer: str, ours, path: Path) -> str:
    """One row: cells that both know, that one knows, that differ, and both sums."""
    a, b = ours.values.astype(float), theirs(path, ours.x.values, ours.y.values)
    both = np.isfinite(a) & np.isfinite(b)
    far = np.abs(a - b) > CLOSE * np.maximum(np.abs(b), SMALL * np.nanmax(np.abs(b)))
    alone = int((np.isfinite(b) & ~np.isfinite(a)).sum())
    return (
        f"| {case} | {layer} | {int(both.sum())} | {alone} | {int((far & both).sum())} | {np.where(both, a, 0).sum():.8g} | "
        f"{np.where(both, b, 0).sum():.8g} |"
    )


def compared(case: str, model: str, folder: Path) -> list[str]:
    """Rows of a case."""
    made = import_invest(folder / f"{case}.json", folder / "studies" / case)
    there, rows = folder / "out" / case, []
    with open_study(folder / "studies" / case) as study:
        study.run(*made.products, workers=1)
        rows += [told(case, k, study[k], there / v) for k, v in LAYERS[model].items()]
        name, layers = ELSEWHERE.get(model, ("", {}))
        if name in made.scenarios:
            view = study.scenario(name)
            view.run(*made.scenarios[name], workers=1)
            rows += [told(case, f"{name}: {k}", view[k], there / v) for k, v in layers.items()]
    return rows + (scanned(case, folder) if model == "ndr" else [])


def scanned(case: str, folder: Path) -> list[str]:
    """Nutrients of a case in the order in which the reference scans."""
    place = folder / "studies" / f"{case}_scan"
    import_invest(folder / f"{case}.json", place)
    text = (place / "study.toml").read_text("utf-8")
    one_way = 'routing = "d8"\n'
    word = "d8_scan" if one_way in text else "mfd_scan"
    head = "\n[steps.nutrient_delivery]\n"
    text = text.replace(one_way, "").replace(head, f'{head}routing = "{word}"\n')
    (place / "study.toml").write_text(text, "utf-8")
    with open_study(place) as study:
        study.run("nutrient_delivery", workers=1)
        there = folder / "out" / case
        return [told(f"{case}, order of the scan", k, study[k], there / v) for k, v in LAYERS["ndr"].items()]  # fmt: skip


def main() -> None:
    """Make the family, run it there and here, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", required=True)
    parser.add_argument("--only", nargs="*", default=list(family()))
    words = parser.parse_args()
    folder = words.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    maps(folder)
    tables(folder)
    cases = {k: v for k, v in family().items() if k in words.only}
    for case, (model, args) in cases.items():
        args = args | {"workspace_dir": str(folder / "out" / case), "results_suffix": "", "n_workers": -1}  # fmt: skip
        (folder / f"{case}.json").write_text(json.dumps({"model_id": model, "args": args}), "utf-8")
    paths = [str(folder / f"{case}.json") for case in cases]
    subprocess.run([words.python, "-c", THERE, *paths], check=True, stdout=sys.stderr)
    print("| case | layer | cells of both | only there | differ by 1e-4 | sum here | sum there |")
    print("|---|---|---|---|---|---|---|")
    for case, (model, _) in cases.items():
        print("\n".join(compared(case, model, folder)), flush=True)


if __name__ == "__main__":
    main()
