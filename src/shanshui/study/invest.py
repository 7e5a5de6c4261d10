"""Make a study from the argument file of an InVEST model."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shanshui.collect.catalog import InputSpec
from shanshui.collect.mosaic import whole
from shanshui.core.errors import StudyError, nearest
from shanshui.region.grid import GridSpec
from shanshui.store.sheets import plain_text
from shanshui.study.fitting import grid_for
from shanshui.study.invest_crops import crops
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_files import DATA, ArgumentFile, read_argument_file, true
from shanshui.study.invest_rows import MODELS, RENAMED, Argument, Model, model_named
from shanshui.study.invest_seasons import TABLES, common_ground, months, months_table, switched
from shanshui.study.invest_tables import (
    access,
    classes,
    csv_text,
    reach_in_km,
    threat_maps,
    with_demand,
    zones,
)
from shanshui.study.invest_towns import towns, without_energy
from shanshui.study.invest_views import views
from shanshui.study.toml import (
    grid_text,
    refuse_folder,
    toml_text,
    write_beside,
    write_study,
)

WAYS = ("reference", "meaning")
"""How maps are laid on the grid: as InVEST lays them, or as what they mean asks."""
UNITS = ("", "m", "km")
CARBON_OF_CO2 = 12.0 / 44.0
"""Mass of carbon over that of its dioxide."""
NDR_ORDER = (
    "nutrient_delivery: InVEST takes some cells before those below them, so that they hold nothing back (in 1 to 10 % of the cells under MFD, 5 to "
    "24 % under D8, the more the smaller the map; its surface export is then higher by 0.03 to 1.6 % under MFD, by 3 to 9 % under D8); here every "
    'cell follows the formula. routing = "mfd_scan" or "d8_scan" repeats its order'
)
"""What the order in which the reference scans makes of its nutrient model, as measured."""


@dataclass(frozen=True)
class ImportedStudy:
    """A study made from an argument file.

    Attributes
    ----------
    place : Path
        The study file.
    products : tuple of str
        What stands for the model's results.
    scenarios : dict of str to tuple of str
        The same for each scenario of the study.
    told : list of str
        What was taken in which way, and what differs from the reference.
    left_out : list of str
        Arguments that were not carried over.
    """

    place: Path
    products: tuple[str, ...]
    scenarios: dict[str, tuple[str, ...]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def import_invest(
    datastack: str | Path,
    folder: str | Path,
    *,
    resampling: str = "reference",
    reach_unit: str = "",
) -> ImportedStudy:
    """Make a study from an InVEST argument file.

    Parameters
    ----------
    datastack : path
        Its JSON, an archive with data, or the log of a run; paths are read from where it lies.
    folder : path
        Of the new study.
    resampling : str
        ``reference``: maps are laid on the grid as InVEST's model lays them, written into the study as ``resampling``; ``meaning``: as
        shanshui does, classes by the most frequent, presence never read between, amounts averaged or read between.
    reach_unit : str
        ``m`` or ``km``: unit of the reach of threats, where the release of the file is not to be believed.

    Returns
    -------
    ImportedStudy
        Where it is, what to run, what to know.

    Raises
    ------
    StudyError
        Another model, a missing or remote file, an argument that is no number or word of its kind.
    """
    datastack, folder = Path(datastack), Path(folder)
    if resampling not in WAYS:
        raise StudyError(f"resampling: '{resampling}'; {nearest(resampling, WAYS)}")
    if reach_unit not in UNITS:
        raise StudyError(f"reach_unit: '{reach_unit}'; expected m or km")
    refuse_folder(folder)
    data = folder / DATA
    before = data.exists()
    try:
        draft = _draft(datastack, folder, by_reference=resampling == "reference")
        grid = _filled(draft, reach_unit)
        text = _text(draft, grid)
    except BaseException:
        if not before and data.exists():
            shutil.rmtree(data)
        raise
    for name, content in draft.beside.items():
        write_beside(folder / name, content)
    place = write_study(folder, text)
    scenarios = {name: _products(draft, name) for name in draft.scenarios}
    return ImportedStudy(place, _products(draft, ""), scenarios, draft.told, draft.left_out())


def _draft(datastack: Path, folder: Path, *, by_reference: bool) -> Draft:
    file = read_argument_file(datastack, folder)
    name = model_named(file.model)
    if name not in MODELS:
        raise StudyError(
            f"{datastack}: model '{file.model}'; {nearest(name, MODELS)}; these are read: {', '.join(MODELS)}"
        )
    return Draft(file, folder, MODELS[name], _arguments(file, MODELS[name]), by_reference)


def _arguments(file: ArgumentFile, model: Model) -> dict[str, Any]:
    """Arguments by their current names, without those that others turn off: their files need not be there."""
    if model.name == "seasonal_water_yield":
        return switched(file)
    if model.name == "urban_cooling_model":
        return without_energy(file.args, asked=true(file.args.get("do_energy_valuation")))
    if model.name != "carbon" or not file.args.get("lulc_cur_path"):
        return dict(file.args)
    return {RENAMED.get(k, k): v for k, v in file.args.items()}


def _filled(draft: Draft, reach_unit: str) -> GridSpec:
    """Fill a draft, and tell the grid of its study."""
    draft.take_inputs()
    draft.take_settings()
    reference = draft.needed(draft.model.grid)
    grid = grid_for(reference, None, None, None)
    _tell_cells(draft, reference, grid)
    if "land_cover" in draft.inputs:
        table = next(
            (
                name
                for name, row in draft.model.arguments.items()
                if row.role == "input" and row.ours == ("biophysical",)
            ),
            None,
        )
        if table is not None:
            draft.beside["classes.csv"] = classes(draft.needed(table))
    if "drainage" in draft.inputs:
        draft.beside["drainage.csv"] = "code,name\n0,none\n1,drained\n"
    if "soil_group" in draft.inputs:
        draft.beside["soil_groups.csv"] = "code,name\n1,A\n2,B\n3,C\n4,D\n"
    draft.widen(grid)
    own = _OWN.get(draft.model.name)
    return grid if own is None else own(draft, grid, reach_unit)


def _tell_cells(draft: Draft, path: Path, grid: GridSpec) -> None:
    """Tell where the study's cells are not those of the file."""
    source = whole([path], [InputSpec(file=str(path), band=1)], draft.model.grid)
    frame = source.frame
    source.close()
    if abs(frame.dx - frame.dy) > 1e-6 * frame.dx:
        draft.told.append(
            f"{draft.model.grid}: its cells are {frame.dx:g} by {frame.dy:g}; the study's are squares of {grid.cell_m:g} m, so that sums "
            "differ from InVEST's by some percent"
        )


def _water_yield(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    demand = draft.table_or_map("demand_table_path")
    if demand is not None:
        table = draft.needed("biophysical_table_path")
        draft.beside["biophysical.csv"] = with_demand(table, demand, grid.cell_m)
        draft.inputs["biophysical"] = {"file": "biophysical.csv"}
        draft.told.append(
            f"demand_table_path: m3 a year and cell of {grid.cell_m:g} m became m3/ha a year, in the column demand of biophysical.csv"
        )
    if "hydropower_stations" in draft.inputs:
        draft.told.append("hydropower: money is in the currency of kw_price and cost")
    return grid


def _nutrients(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    if not draft.flag("calc_n", absent=not draft.flag("calc_p")) and not draft.flag("calc_p"):
        raise StudyError(f"{draft.file.path}: calc_n and calc_p are both false; set one to true")
    if "calc_n" not in draft.args:
        draft.args["calc_n"] = not draft.flag("calc_p")
    draft.told.append(NDR_ORDER)
    if not draft.by_reference:
        return grid
    # where its blocks begin decides the order in which the reference scans
    rasters = [draft.needed(name) for name in ("dem_path", "lulc_path", "runoff_proxy_path")]
    return common_ground(draft, grid, rasters, draft.table_or_map("watersheds_path"))


def _habitat(draft: Draft, grid: GridSpec, unit: str) -> GridSpec:
    path = draft.needed("threats_table_path")
    frame = reach_in_km(draft, path, grid, unit)
    keep = [c for c in ("threat", "max_dist", "weight", "decay") if c in frame]
    draft.beside["threats.csv"] = csv_text(frame[keep])
    draft.inputs["threats"] = {"file": "threats.csv"}
    current = threat_maps(draft, frame, path, "cur_path", grid)
    if current is None:
        raise StudyError(
            f"threats_table_path: {path} has no column cur_path; found {', '.join(map(str, frame.columns))}"
        )
    draft.beside["threat_maps.csv"] = current
    draft.inputs["threat_maps"] = _maps(draft, "threat_maps.csv")
    shapes = draft.table_or_map("access_vector_path")
    if shapes is not None:
        draft.beside["accessibility.tif"] = access(draft, shapes, grid)
        draft.inputs["accessibility"] = {"file": "accessibility.tif", "checked": True}
    for scenario, argument, column in (
        ("future", "lulc_fut_path", "fut_path"),
        ("baseline", "lulc_bas_path", "base_path"),
    ):
        cover = draft.table_or_map(argument)
        if cover is None:
            continue
        changed = {
            "land_cover": draft.declare("land_cover", cover, draft.model.arguments[argument])
        }
        maps = threat_maps(draft, frame, path, column, grid)
        if maps is not None:
            draft.beside[f"threat_maps_{scenario}.csv"] = maps
            changed["threat_maps"] = _maps(draft, f"threat_maps_{scenario}.csv")
            draft.scenarios[scenario] = changed
        elif scenario == "future":
            raise StudyError(
                f"threats_table_path: {path} has no column fut_path, which lulc_fut_path needs; add it"
            )
        # without maps of its threats a baseline serves rarity alone, as in the reference
    return grid


def _maps(draft: Draft, name: str) -> dict[str, Any]:
    words: dict[str, Any] = {"file": name, "checked": True}
    return words | ({"resampling": "nearest"} if draft.by_reference else {})


def _carbon(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    for scenario, argument in (("alternate", "lulc_alt_path"), ("redd", "lulc_redd_path")):
        if draft.given(argument) and not draft.flag("calc_sequestration", absent=True):
            draft.told.append(f"{argument}: not taken, since calc_sequestration is false")
            continue
        cover = draft.table_or_map(argument)
        if cover is not None:
            row = draft.model.arguments[argument]
            before = draft.inputs["land_cover"]
            draft.scenarios[scenario] = {
                "land_cover": draft.declare("land_cover", cover, row),
                "land_cover_before": before,
            }
    if not draft.flag("do_valuation", absent=draft.given("price_per_metric_ton_of_c")):
        draft.args.pop("price_per_metric_ton_of_c", None)
        return grid
    years = draft.number("lulc_alt_year") - draft.number("lulc_bas_year")
    if years < 1:
        raise StudyError(
            f"{draft.file.path}: lulc_alt_year: found {draft.args.get('lulc_alt_year')}; expected a year after lulc_bas_year, "
            f"{draft.args.get('lulc_bas_year')}"
        )
    price = draft.number("price_per_metric_ton_of_c") * CARBON_OF_CO2
    draft.set(["carbon_value.co2_price"], price)
    draft.set(["carbon_value.years"], int(years))
    draft.set(["carbon_value.discount"], draft.number("discount_rate") / 100.0)
    draft.set(["carbon_value.price_change"], draft.number("rate_change") / 100.0)
    draft.told.append(
        f"carbon_value: a price of {draft.args['price_per_metric_ton_of_c']} for a ton of carbon is {price:g} for one of carbon dioxide; what "
        "is shown as yuan is in the currency of that price"
    )
    return grid


def _seasonal(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    """Inputs of the seasonal model by its flags, on the ground that all of them cover."""
    if draft.flag("user_defined_local_recharge"):
        draft.needed("l_path")
        # base flow follows the settings of the recharge, which is not made here
        follows = draft.steps.pop("seasonal_recharge", {})
        draft.steps["baseflow"] = {k: v for k, v in follows.items() if k not in ("alpha", "beta")}
    else:
        for row in draft.model.arguments.values():
            if row.role == "months":
                grid = _months(draft, row, grid)
    if "climate_zones" in draft.inputs:
        draft.beside["climate_zones.csv"] = zones(draft.needed("climate_zone_table_path"))
    rasters = [
        path
        for row in draft.model.arguments.values()
        if row.role == "input" and row.resampling and row.ours[0] in draft.inputs
        if (path := draft.table_or_map(row.name)) is not None
    ]
    return common_ground(draft, grid, rasters, draft.table_or_map("aoi_path"))


def _months(draft: Draft, row: Argument, grid: GridSpec) -> GridSpec:
    """Declare twelve maps, and tell the part of the grid that they cover."""
    paths = months(draft, row)
    if paths is None:
        raise StudyError(
            f"{draft.file.path}: no {TABLES[row.name]} or {row.name}; is the argument file complete?"
        )
    name = row.ours[0]
    draft.beside[f"{name}.csv"] = months_table(draft, paths)
    draft.inputs[name] = _maps(draft, f"{name}.csv")
    return common_ground(draft, grid, paths, None)


_OWN: dict[str, Callable[[Draft, GridSpec, str], GridSpec]] = {
    "annual_water_yield": _water_yield,
    "ndr": _nutrients,
    "habitat_quality": _habitat,
    "carbon": _carbon,
    "seasonal_water_yield": _seasonal,
    "scenic_quality": views,
    "urban_cooling_model": towns,
    "crop_production_percentile": crops,
    "crop_production_regression": crops,
}
"""What a model has beside files, numbers and words that are taken over as they are."""


def _products(draft: Draft, scenario: str) -> tuple[str, ...]:
    return tuple(
        product
        for of, product, needs in draft.model.products
        if of == scenario and all(draft.has(word) for word in needs)
    )


def _text(draft: Draft, grid: GridSpec) -> str:
    """The study file."""
    name = " ".join(plain_text(draft.file.path.name).split())
    lines = [
        f"# Made from {name}, an argument file of the InVEST model {draft.model.name}.",
        *(f"# {' '.join(plain_text(text).split())}" for text in draft.told),
        "",
        "[study]",
        f"name = {toml_text(plain_text(draft.folder.resolve().name))}",
        "",
        grid_text(grid),
    ]
    for ours, words in draft.inputs.items():
        lines += _declared(f"inputs.{ours}", words)
    for step, values in draft.steps.items():
        lines += [f"[steps.{step}]", *(f"{k} = {_value(v)}" for k, v in values.items()), ""]
    for scenario, inputs in draft.scenarios.items():
        for ours, words in inputs.items():
            lines += _declared(f"scenarios.{scenario}.inputs.{ours}", words)
    return "\n".join(lines)


def _declared(section: str, words: dict[str, Any]) -> list[str]:
    return [f"[{section}]", *(f"{k} = {_value(v)}" for k, v in words.items()), ""]


def _value(value: Any) -> str:
    """Value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return toml_text(value) if isinstance(value, str) else repr(value)
