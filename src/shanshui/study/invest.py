"""Make a study from the argument file of an InVEST model."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio import features

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.readers import read_features
from shanshui.core.errors import QuantityError, StudyError, nearest
from shanshui.region.coefficients import keyed
from shanshui.region.grid import GridSpec
from shanshui.store.layout import STUDY_FILE, disk_errors
from shanshui.study.fitting import grid_for
from shanshui.study.new import relative
from shanshui.study.toml import grid_text

MODELS: dict[str, dict[str, Any]] = {
    "annual_water_yield": {
        "grid": "lulc_path",
        "inputs": {
            "land_cover": "lulc_path",
            "precipitation": "precipitation_path",
            "reference_evapotranspiration": "eto_path",
            "soil_depth": "depth_to_root_rest_layer_path",
            "plant_available_water": "pawc_path",
            "biophysical": "biophysical_table_path",
            "watersheds": "watersheds_path",
        },
        "units": {"soil_depth": "mm", "precipitation": "mm/yr"},
        "steps": {"water_yield": {"seasonality": "seasonality_constant"}},
        "products": ("water_yield", "water_yield_watersheds"),
        "beside": ("demand_table_path", "valuation_table_path", "sub_watersheds_path"),
    },
    "sdr": {
        "grid": "dem_path",
        "inputs": {
            "elevation": "dem_path",
            "land_cover": "lulc_path",
            "rainfall_erosivity": "erosivity_path",
            "soil_erodibility": "erodibility_path",
            "drainage": "drainage_path",
            "biophysical": "biophysical_table_path",
            "watersheds": "watersheds_path",
        },
        "steps": {
            "sediment_delivery": {
                "threshold_flow_accumulation": "threshold_flow_accumulation",
                "sdr_max": "sdr_max",
                "ic_0": "ic_0_param",
                "k": "k_param",
                "l_max": "l_max",
            }
        },
        "products": ("sediment_delivery", "sediment_delivery_watersheds"),
        "beside": (),
    },
    "ndr": {
        "grid": "dem_path",
        "inputs": {
            "elevation": "dem_path",
            "land_cover": "lulc_path",
            "runoff_proxy": "runoff_proxy_path",
            "biophysical": "biophysical_table_path",
            "watersheds": "watersheds_path",
        },
        "steps": {
            name: {
                "threshold_flow_accumulation": "threshold_flow_accumulation",
                "k": "k_param",
                "subsurface_efficiency": "subsurface_eff_n",
                "subsurface_critical_length": "subsurface_critical_length_n",
                "runoff_proxy_mean": "runoff_proxy_av",
            }
            for name in ("nutrient_delivery", "nutrient_delivery_p")
        },
        "products": ("nutrient_delivery", "nutrient_delivery_watersheds"),
        "beside": (),
    },
    "habitat_quality": {
        "grid": "lulc_cur_path",
        "inputs": {
            "land_cover": "lulc_cur_path",
            "land_cover_before": "lulc_bas_path",
            "threat_maps": "threats_table_path",
            "threats": "threats_table_path",
            "biophysical": "sensitivity_table_path",
        },
        "steps": {"habitat_quality": {"half_saturation": "half_saturation_constant"}},
        "products": ("habitat_quality",),
        "beside": ("lulc_fut_path",),
    },
    "carbon": {
        "grid": "lulc_bas_path",
        "inputs": {
            "land_cover_before": "lulc_bas_path",
            "land_cover": "lulc_alt_path",
            "biophysical": "carbon_pools_path",
        },
        "steps": {},
        "products": ("carbon_stock",),
        "beside": ("price_per_metric_ton_of_c", "discount_rate", "rate_change"),
    },
}
"""What each model's arguments are here."""
OLD_NAMES = {
    "natcap.invest.hydropower.hydropower_water_yield": "annual_water_yield",
    "natcap.invest.annual_water_yield": "annual_water_yield",
    "natcap.invest.sdr": "sdr",
    "natcap.invest.sdr.sdr": "sdr",
    "natcap.invest.ndr": "ndr",
    "natcap.invest.ndr.ndr": "ndr",
    "natcap.invest.habitat_quality": "habitat_quality",
    "natcap.invest.carbon": "carbon",
}
"""Model names of older argument files."""
RENAMED = {"lulc_cur_path": "lulc_bas_path", "lulc_fut_path": "lulc_alt_path"}
"""Arguments of older releases of the carbon model."""


def import_invest(
    datastack: str | Path, folder: str | Path
) -> tuple[Path, tuple[str, ...], list[str]]:
    """Make a study from an InVEST argument file.

    Parameters
    ----------
    datastack : path
        JSON with ``model_id`` (or ``model_name``) and ``args``; paths are from where it lies.
    folder : path
        Of the new study.

    Returns
    -------
    (Path, tuple of str, list of str)
        The study file; the products that stand for the model's results; arguments that were not carried over.

    Raises
    ------
    StudyError
        Another model, a missing argument or file, flow routed to one neighbour only.
    """
    datastack, folder = Path(datastack), Path(folder)
    place = folder / STUDY_FILE
    if place.exists():
        raise StudyError(f"{place}: there is a study already; choose another folder")
    model, args = _read(datastack)
    plan = MODELS[model]
    here = datastack.resolve().parent
    if model == "carbon":
        args = _two_states(args)
    if str(args.get("flow_dir_algorithm", "MFD")).upper() == "D8":
        raise StudyError(
            f"{datastack}: flow_dir_algorithm is D8; shanshui shares flow among all lower neighbours (MFD); set MFD there, "
            "and compare with a run of that"
        )
    paths = {ours: _file(args, theirs, here, datastack) for ours, theirs in plan["inputs"].items()}
    found = {k: v for k, v in paths.items() if v is not None}
    reference = (
        paths.get("land_cover")
        if model in ("carbon", "habitat_quality", "annual_water_yield")
        else paths.get("elevation")
    )
    reference = reference or found.get("land_cover_before")
    if reference is None or "biophysical" not in found:
        raise StudyError(
            f"{datastack}: no {plan['grid']} or no table; is the argument file complete?"
        )
    grid = grid_for(reference, None, None, None)
    with disk_errors(place):
        folder.mkdir(parents=True, exist_ok=True)
        _classes(found["biophysical"], folder)
    access = _access(args, here, grid, folder, datastack)
    if access is not None:
        found["accessibility"] = access
    _write(place, model, datastack, grid, found, plan, args, folder)
    beside = [a for a in plan["beside"] if args.get(a) not in (None, "", False)]
    products = plan["products"]
    if model == "ndr" and _true(args.get("calc_p")):
        phosphorus = ("nutrient_delivery_p", "nutrient_delivery_p_watersheds")
        products = (*products, *phosphorus) if _true(args.get("calc_n", True)) else phosphorus
    if model == "carbon" and "land_cover_before" in found:
        products = (*products, "carbon_stock_before", "carbon_change")
    if model == "habitat_quality" and "land_cover_before" in found:
        products = (*products, "habitat_rarity")
    return (
        place,
        tuple(p for p in products if "watersheds" not in p or "watersheds" in found),
        beside,
    )


def _read(datastack: Path) -> tuple[str, dict[str, Any]]:
    if not datastack.is_file():
        raise StudyError(f"{datastack}: no such file")
    if datastack.suffix.lower() != ".json":
        raise StudyError(f"{datastack}: expected the JSON argument file; unpack an archive first")
    try:
        content = json.loads(datastack.read_text("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{datastack}: not valid JSON: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("args"), dict):
        raise StudyError(f"{datastack}: no args; expected an InVEST argument file")
    name = str(content.get("model_id") or content.get("model_name") or "")
    model = OLD_NAMES.get(name, name.removeprefix("natcap.invest."))
    if model not in MODELS:
        raise StudyError(
            f"{datastack}: model '{name}'; {nearest(model, MODELS)}; these are read: {', '.join(MODELS)}"
        )
    return model, content["args"]


def _two_states(args: dict[str, Any]) -> dict[str, Any]:
    """One state is the land cover; of two, the baseline is the one before."""
    args = {RENAMED.get(k, k): v for k, v in args.items()}
    if not args.get("lulc_alt_path"):
        args["lulc_alt_path"], args["lulc_bas_path"] = args.get("lulc_bas_path"), ""
    return args


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _file(args: dict[str, Any], name: str, here: Path, datastack: Path) -> Path | None:
    text = args.get(name)
    if not text:
        return None
    path = Path(str(text).replace("\\", "/")).expanduser()
    path = path if path.is_absolute() else here / path
    if not path.exists():
        raise StudyError(
            f"{datastack}: {name}: no file {path}; paths are read from where the argument file lies"
        )
    return path


def _classes(table: Path, folder: Path) -> None:
    """Class table from the model's table: codes, and whatever column names them."""
    raw = coefficients_input(table, InputSpec(file=str(table)), "biophysical")
    try:
        frame = keyed(raw, str(table))
    except QuantityError as error:
        raise StudyError(str(error)) from None
    named = next(
        (
            c
            for c in ("lulc_desc", "lulc_name", "description", "desc", "name", "lulc_veg_desc")
            if c in frame
        ),
        None,
    )
    names = frame[named].astype(str) if named else pd.Series(frame.index.astype(str), frame.index)
    out = pd.DataFrame({"code": frame.index, "name": names.to_numpy()})
    out.to_csv(folder / "classes.csv", index=False, encoding="utf-8")


def _access(
    args: dict[str, Any], here: Path, grid: GridSpec, folder: Path, datastack: Path
) -> Path | None:
    """Map of accessibility from the polygons' field ``access``; 1 elsewhere."""
    path = _file(args, "access_vector_path", here, datastack)
    if path is None:
        return None
    shapes: gpd.GeoDataFrame = read_features(
        path, InputSpec(file=str(path)), "accessibility"
    ).to_crs(grid.crs)
    column = next((c for c in shapes.columns if str(c).lower() == "access"), None)
    if column is None:
        raise StudyError(f"{datastack}: access_vector_path: {path} has no field access")
    values = features.rasterize(
        zip(shapes.geometry, shapes[column].astype(float), strict=True),
        out_shape=grid.shape, fill=1.0, transform=grid.transform, dtype="float32",
    )  # fmt: skip
    place = folder / "accessibility.tif"
    with rasterio.open(
        place,
        "w",
        driver="GTiff",
        height=grid.ny,
        width=grid.nx,
        count=1,
        dtype="float32",
        crs=grid.crs,
        transform=grid.transform,
    ) as file:
        file.write(np.asarray(values, np.float32), 1)
    return place


def _write(
    place: Path,
    model: str,
    datastack: Path,
    grid: GridSpec,
    found: dict[str, Path],
    plan: dict[str, Any],
    args: dict[str, Any],
    folder: Path,
) -> None:
    lines = [
        f"# Made from {datastack.name}, an argument file of the InVEST model {model}.",
        "",
        "[study]",
        f"name = {json.dumps(folder.resolve().name, ensure_ascii=False)}",
        "",
        grid_text(grid),
    ]
    units = plan.get("units", {})
    for name, path in found.items():
        lines += [
            f"[inputs.{name}]",
            f"file = {json.dumps(relative(path, folder), ensure_ascii=False)}",
        ]
        if name in ("land_cover", "land_cover_before", "drainage"):
            lines.append(
                'classes = "classes.csv"' if name != "drainage" else 'classes = "drainage.csv"'
            )
        if name not in (
            "land_cover",
            "land_cover_before",
            "drainage",
            "biophysical",
            "threats",
            "watersheds",
        ):
            lines.append(
                "checked = true  # it ran in InVEST: zeros and the like are what they are; ranges still hold"
            )
        if name in units:
            lines.append(f'unit = "{units[name]}"')
        lines.append("")
    if "drainage" in found:
        (folder / "drainage.csv").write_text("code,name\n0,none\n1,drained\n", "utf-8")
    for step, words in plan["steps"].items():
        values = {
            ours: args[theirs]
            for ours, theirs in words.items()
            if args.get(theirs) not in (None, "")
        }
        if values:
            lines.append(f"[steps.{step}]")
            lines += [f"{ours} = {float(value)!r}" for ours, value in values.items()]
            lines.append("")
    with disk_errors(place):
        place.write_text("\n".join(lines), "utf-8")
