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
import pandas as pd
import shapely
import xarray as xr
from invest_family import CELL, CODES, CRS, LEFT, NX, NY, THERE, TOP, maps, tables, told

from shanshui import open_study
from shanshui.study.invest import import_invest
from shanshui.study.study import Study

HERE = {
    "scenic_quality": {
        "scenic_quality.visible": "vshed.tif", "scenic_quality.value": "vshed_value.tif", "scenic_quality.impact_class": "vshed_qual.tif",
    },
    "urban_flood_risk_mitigation": {"storm_retention.retained_share": "Runoff_retention_index.tif", "storm_retention.runoff": "Q_mm.tif"},
    "urban_cooling_model": {
        "urban_cooling.cooling_capacity": "cc.tif", "urban_cooling.heat_mitigation": "hm.tif",
        "urban_cooling.temperature": "T_air.tif", "urban_cooling.heat_stress": "intermediate/wbgt.tif",
        "urban_cooling.heavy_work_loss": "intermediate/heavy_work_loss_percent.tif",
    },
    "pollination": {
        "pollination.supply_apis": "pollinator_supply_apis.tif", "pollination.supply_bombus": "pollinator_supply_bombus.tif",
        "pollination.abundance_bombus_summer": "pollinator_abundance_bombus_summer.tif",
        "pollination.abundance_spring": "total_pollinator_abundance_spring.tif",
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
    bees(folder)
    x, y = rng.uniform(0, (NX - 9) * CELL, 60), rng.uniform(0, (NY - 9) * CELL, 60)
    ground = shapely.box(LEFT + x, TOP - y - 200, LEFT + x + rng.uniform(20, 400, 60), TOP - y)
    kinds = 1 + np.arange(60) % 3
    gpd.GeoDataFrame({"type": kinds}, geometry=ground, crs=CRS).to_file(folder / "buildings.gpkg")
    pd.DataFrame({"type": [1, 2, 3], "damage": [10.0, 45.5, 120.0]}).to_csv(
        folder / "losses.csv", index=False
    )
    pd.DataFrame(
        {"type": [1, 2, 3], "consumption": [2.0, 5.0, 1.5], "cost": [0.5, 0.6, 0.7]}
    ).to_csv(folder / "energy.csv", index=False)
    pd.DataFrame(
        {"lucode": CODES, "kc": [1, 0.3, 0.6, 1.0, 0.8], "green_area": [0, 0, 1, 1, 0], "shade": [0, 0.05, 0.3, 0.9, 0.1],
         "albedo": [0.06, 0.25, 0.2, 0.15, 0.2], "building_intensity": [0, 0.9, 0.1, 0, 0.2]}
    ).to_csv(folder / "town.csv", index=False)  # fmt: skip


def bees(folder: Path) -> None:
    """Write tables of pollinators and their ground, and farms."""
    pd.DataFrame(
        {"lucode": CODES, "nesting_cavity_availability_index": [0, 0.1, 0.3, 0.9, 0.1], "nesting_ground_availability_index": [0, 0.2, 0.6, 0.4, 0.3],
         "floral_resources_spring_index": [0, 0.1, 0.4, 0.6, 0.3], "floral_resources_summer_index": [0, 0.2, 0.7, 0.3, 0.5]}
    ).to_csv(folder / "bees_bio.csv", index=False)  # fmt: skip
    pd.DataFrame(
        {"species": ["apis", "bombus"], "nesting_suitability_cavity_index": [1, 0.2], "nesting_suitability_ground_index": [0.1, 1],
         "foraging_activity_spring_index": [0.5, 0.1], "foraging_activity_summer_index": [0.7, 1], "alpha": [500, 900],
         "relative_abundance": [0.4, 0.8]}
    ).to_csv(folder / "guilds.csv", index=False)  # fmt: skip
    edges = ((20, 30, 40, 45), (60, 70, 61, 71), (100, 20, 140, 90))
    gpd.GeoDataFrame(
        {"crop_type": ["plum", "rape", "tea"], "season": ["spring", "spring", "summer"], "half_sat": [0.1, 0.3, 0.2], "p_dep": [0.65, 0.3, 0.2],
         "p_managed": [0.3, 0.0, 0.1], "fr_spring": [0.9, 1, 0.2], "fr_summer": [0.1, 0.2, 0.8], "n_cavity": [0.2, 0.1, 0],
         "n_ground": [0.1, 0.1, 0.3]},
        geometry=[shapely.box(LEFT + a * CELL, TOP - d * CELL, LEFT + c * CELL, TOP - b * CELL) for a, b, c, d in edges], crs=CRS,
    ).to_file(folder / "farms.gpkg")  # fmt: skip


def cases() -> dict[str, tuple[str, dict]]:
    """Cases by name: model and arguments."""
    view = {
        "dem_path": "dem.tif", "structure_path": "masts.gpkg", "aoi_path": "area.gpkg", "refraction": 0.13, "do_valuation": True,
        "valuation_function": "linear", "a_coef": 1, "b_coef": -0.0001, "max_valuation_radius": 8000,
    }  # fmt: skip
    bees_of = {"landcover_raster_path": "lulc.tif", "landcover_biophysical_table_path": "bees_bio.csv", "guild_table_path": "guilds.csv"}  # fmt: skip
    storm = {
        "lulc_path": "lulc.tif", "soils_hydrological_group_raster_path": "soil.tif", "curve_number_table_path": "bio.csv", "rainfall_depth": 80,
        "aoi_watersheds_path": "ws.gpkg", "built_infrastructure_vector_path": "buildings.gpkg",
        "infrastructure_damage_loss_table_path": "losses.csv",
    }  # fmt: skip
    town = {
        "lulc_raster_path": "lulc.tif", "ref_eto_raster_path": "E.tif", "aoi_vector_path": "ws.gpkg", "biophysical_table_path": "town.csv",
        "green_area_cooling_distance": 450, "t_air_average_radius": 900, "t_ref": 27.5, "uhi_max": 3.5, "do_energy_valuation": True,
        "do_productivity_valuation": True, "avg_rel_humidity": 55, "building_vector_path": "buildings.gpkg",
        "energy_consumption_table_path": "energy.csv", "cc_method": "factors", "cc_weight_shade": "", "cc_weight_albedo": "",
        "cc_weight_eti": "",
    }  # fmt: skip
    return {
        "town": ("urban_cooling_model", town),
        "town_1km": ("urban_cooling_model", town | {"ref_eto_raster_path": "E_1km.tif"}),
        "town_night": ("urban_cooling_model", town | {"cc_method": "intensity", "green_area_cooling_distance": 200}),
        "storm": ("urban_flood_risk_mitigation", storm),
        "bees": ("pollination", bees_of | {"farm_vector_path": ""}), "bees_farms": ("pollination", bees_of | {"farm_vector_path": "farms.gpkg"}),
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


def rows(case: str, product: str, file: str, pairs: dict[str, str]) -> Callable[[Path], list[str]]:
    """Comparison of a table of places with a set of polygons there."""

    def compare(folder: Path) -> list[str]:
        there = gpd.read_file(folder / "out" / case / file)
        with open_study(folder / "studies" / case) as study:
            here = study[product]
        return [
            f"| {case} | {product}: {ours} | {len(here)} | 0 | {(~np.isclose(here[ours], there[its], rtol=1e-4)).sum()} | {here[ours].sum():.8g} | "
            f"{there[its].sum():.8g} |"
            for ours, its in pairs.items()
        ]

    return compare


FARMS = {"abundance": "p_abund", "yield": "y_tot", "wild_share": "pdep_y_w", "wild_yield": "y_wild"}
STORM = {"retained_share": "rnf_rt_idx", "retained_m3": "rnf_rt_m3", "runoff_m3": "flood_vol", "damage": "aff_bld", "service": "serv_blt"}  # fmt: skip
TOWN = {
    "cooling_capacity": "avg_cc", "temperature": "avg_tmp_v", "anomaly": "avg_tmp_an", "heat_stress": "avg_wbgt_v",
    "heavy_work_loss": "avg_hvls_v", "energy_saved": "avd_eng_cn",
}  # fmt: skip
BESIDE: dict[str, Callable[[Path], list[str]]] = {
    "view": exact_views,
    "bees_farms": rows("bees_farms", "farm_pollination", "farm_results.shp", FARMS),
    "town": rows("town", "zone_heat", "uhi_results.shp", TOWN),
    "storm": rows("storm", "storm_service", "flood_risk_service.shp", STORM),
}
"""What is compared beside a case."""


def compared(case: str, model: str, folder: Path) -> list[str]:
    """Rows of a case."""
    made = import_invest(folder / f"{case}.json", folder / "studies" / case)
    there = folder / "out" / case
    with open_study(folder / "studies" / case) as study:
        study.run(*made.products, workers=1)
        found = [told(case, k, _layer(study, k), _file(there, v)) for k, v in HERE[model].items()]
    return found + (BESIDE[case](folder) if case in BESIDE else [])


def _layer(study: Study, name: str) -> xr.DataArray:
    """A layer by product and name, also where the names are the data's."""
    product, _, layer = name.partition(".")
    made = study[product]
    return made[layer] if layer else made


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
