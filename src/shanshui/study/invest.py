"""Make a study from the argument file of an InVEST model."""

import json
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio import features
from rasterio.io import MemoryFile

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.vectors import read_features
from shanshui.core.errors import QuantityError, StudyError, nearest
from shanshui.region.coefficients import keyed
from shanshui.region.grid import GridSpec
from shanshui.store.sheets import plain_text
from shanshui.study.fitting import grid_for
from shanshui.study.new import relative
from shanshui.study.sections import refuse_path
from shanshui.study.toml import (
    grid_text,
    refuse_folder,
    toml_text,
    write_beside,
    write_study,
)

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
    refuse_folder(folder)
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
    settings = _settings(plan, args, datastack)
    grid = grid_for(reference, None, None, None)
    _classes(found["biophysical"], folder)
    access = _access(args, here, grid, folder, datastack)
    if access is not None:
        found["accessibility"] = access
    place = _write(folder, model, datastack, grid, found, plan, settings)
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
    try:
        there = datastack.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise StudyError(f"{str(datastack)[:200]}: no such file")
    if datastack.suffix.lower() != ".json":
        raise StudyError(f"{datastack}: expected the JSON argument file; unpack an archive first")
    try:
        content = json.loads(datastack.read_text("utf-8-sig"))
    except RecursionError:
        raise StudyError(f"{datastack}: not valid JSON: brackets nested too deep") from None
    except ValueError as error:  # also bytes that are no text, and numbers of too many digits
        raise StudyError(f"{datastack}: not valid JSON: {str(error)[:200]}") from None
    except OSError as error:
        raise StudyError(f"{datastack}: cannot be read ({error.strerror})") from None
    if not isinstance(content, dict) or not isinstance(content.get("args"), dict):
        raise StudyError(f"{datastack}: no args; expected an InVEST argument file")
    name = str(content.get("model_id") or content.get("model_name") or "")[:200]
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
    if not isinstance(text, str):
        raise StudyError(
            f"{datastack}: {name}: found a {type(text).__name__}; expected the path of a file"
        )
    try:
        refuse_path(text)
    except ValueError as error:
        raise StudyError(f"{datastack}: {name}: {error}") from None
    path = Path(text.replace("\\", "/")).expanduser()
    path = path if path.is_absolute() else here / path
    if not path.exists():
        raise StudyError(
            f"{datastack}: {name}: no file {path}; paths are read from where the argument file lies"
        )
    if path.is_dir() and path.suffix.lower() not in {".zarr", ".gdb"}:
        raise StudyError(f"{datastack}: {name}: {path} is a folder; expected a file")
    return path


def _settings(
    plan: dict[str, Any], args: dict[str, Any], datastack: Path
) -> dict[str, dict[str, float]]:
    """Settings of each step from the arguments that are given.

    Raises
    ------
    StudyError
        One that is no finite number.
    """
    out: dict[str, dict[str, float]] = {}
    for step, words in plan["steps"].items():
        for ours, theirs in words.items():
            given = args.get(theirs)
            if given in (None, ""):
                continue
            try:
                value = math.nan if isinstance(given, bool) else float(given)
            except (TypeError, ValueError, OverflowError):
                value = math.nan
            if not math.isfinite(value):
                shown = str(given)[:60]
                raise StudyError(
                    f"{datastack}: {theirs}: found '{shown}'; expected a finite number"
                )
            out.setdefault(step, {})[ours] = value
    return out


def _classes(table: Path, folder: Path) -> None:
    """Class table from the model's table: codes, and whatever column names them."""
    raw = coefficients_input(table, InputSpec(file=str(table)), "biophysical")
    try:
        frame = keyed(raw, str(table))
    except QuantityError as error:
        raise StudyError(str(error)) from None
    except ValueError as error:
        raise StudyError(
            f"{table}: a code is no number that counts classes ({str(error)[:120]}); correct that row"
        ) from None
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
    write_beside(folder / "classes.csv", out.to_csv(index=False, lineterminator="\n"))


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
    numbers = pd.to_numeric(shapes[column], errors="coerce")
    if not np.isfinite(numbers).all():
        bad = shapes[column][~np.isfinite(numbers)].iloc[0]
        raise StudyError(
            f"{datastack}: access_vector_path: {path}: access is '{str(bad)[:40]}'; expected numbers from 0 to 1"
        )
    values = features.rasterize(
        zip(shapes.geometry, numbers, strict=True),
        out_shape=grid.shape, fill=1.0, transform=grid.transform, dtype="float32",
    )  # fmt: skip
    place = folder / "accessibility.tif"
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=grid.ny,
            width=grid.nx,
            count=1,
            dtype="float32",
            crs=grid.crs,
            transform=grid.transform,
        ) as file:
            file.write(np.asarray(values, np.float32), 1)
        write_beside(place, bytes(memory.getbuffer()))
    return place


def _write(
    folder: Path,
    model: str,
    datastack: Path,
    grid: GridSpec,
    found: dict[str, Path],
    plan: dict[str, Any],
    settings: dict[str, dict[str, float]],
) -> Path:
    lines = [
        f"# Made from {' '.join(plain_text(datastack.name).split())}, an argument file of the InVEST model {model}.",
        "",
        "[study]",
        f"name = {toml_text(plain_text(folder.resolve().name))}",
        "",
        grid_text(grid),
    ]
    units = plan.get("units", {})
    classes = {
        "land_cover": "classes.csv",
        "land_cover_before": "classes.csv",
        "drainage": "drainage.csv",
    }
    for name, path in found.items():
        lines += [f"[inputs.{name}]", f"file = {toml_text(relative(path, folder))}"]
        if name in classes:
            lines.append(f'classes = "{classes[name]}"')
        elif name not in ("biophysical", "threats", "watersheds"):
            lines.append(
                "checked = true  # it ran in InVEST: zeros and the like are what they are; ranges still hold"
            )
        if name in units:
            lines.append(f'unit = "{units[name]}"')
        lines.append("")
    if "drainage" in found:
        write_beside(folder / "drainage.csv", "code,name\n0,none\n1,drained\n")
    for step, values in settings.items():
        lines.append(f"[steps.{step}]")
        lines += [f"{ours} = {value!r}" for ours, value in values.items()]
        lines.append("")
    return write_study(folder, "\n".join(lines))
