"""Crop production of an argument file of InVEST: yields of its climate bins, as maps of their own cells."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.warp import reproject

from shanshui.accounts.crop_maps import crop_of
from shanshui.accounts.crop_production import BY_CLIMATE, OBSERVED, PERCENTILES
from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import open_raster_file
from shanshui.collect.inputs import INPUTS
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import DataError, QuantityError, StudyError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_tables import csv_text, table
from shanshui.study.new import relative

FOLDER = {
    "climate_bin_raster_table": "extended_climate_bin_maps/extendedclimatebins{}.tif",
    "observed_yield_raster_table": "observed_yield/{}_yield_map.tif",
    "percentile_yield_csv_table": "climate_percentile_yield_tables/{}_percentile_yield_table.csv",
    "regression_yield_csv_table": "climate_regression_yield_tables/{}_regression_yield_table.csv",
    "crop_nutrient_table": "crop_nutrient.csv",
}
"""Arguments of current releases, tables, and where the same lies in the folder that earlier ones name."""
RESPONSES = ("yield_ceiling", "b_nut", "b_k2o", "c_n", "c_p2o5", "c_k2o")
EDGE = 11
"""Points of each edge of a map that are taken to longitude and latitude [S]."""
MARGIN = 3
"""Cells of the bins around the map that are kept, for reading between."""


def crops(draft: Draft, grid: GridSpec, _unit: str) -> GridSpec:
    """Yields or responses of each crop on the cells of its climate bins, and the classes of the land cover.

    Parameters
    ----------
    draft : Draft
        Has land cover and tables; takes the maps.
    grid : GridSpec
        Of the land cover.

    Returns
    -------
    GridSpec
        The same.

    Raises
    ------
    StudyError
        A crop without a map or a table, a bin without a row, a number that is none.
    """
    path = draft.needed("landcover_to_crop_table_path")
    names = _crops(path)
    draft.beside["classes.csv"] = _classes(draft, names, grid)
    by_climate = draft.model.name == "crop_production_percentile"
    words = PERCENTILES if by_climate else RESPONSES
    wanted = "percentile_yield_csv_table" if by_climate else "regression_yield_csv_table"
    maps, observed = [], []
    for crop in sorted(set(names)):
        bins = _place(draft, "climate_bin_raster_table", crop)
        rows = _rows(_place(draft, wanted, crop), words, crop, blank_is_zero=not by_climate)
        window = _Window(draft, bins, grid)
        codes = window.read(bins)
        for word in words:
            maps.append((f"{crop}_{word}", _named(draft, crop, word)))
            values = _of_bins(codes, rows[word], draft, bins, crop)
            draft.beside[maps[-1][1]] = window.raster(values)
        seen = _place(draft, "observed_yield_raster_table", crop)
        window = _Window(draft, seen, grid)
        observed.append((f"{crop}_{OBSERVED}", _named(draft, crop, OBSERVED)))
        yields = window.read(seen)
        draft.beside[observed[-1][1]] = window.raster(
            np.nan_to_num(yields, nan=0.0) if draft.by_reference else yields
        )
    unit = {"unit": BY_CLIMATE[OBSERVED]}
    if by_climate:
        _declare(draft, "crop_yields", maps + observed, unit)
    else:
        _declare(draft, "crop_responses", maps, {})
        _declare(draft, "crop_yields", observed, unit)
    if (content := _nutrients(draft)) is not None:
        draft.inputs["crop_nutrients"] = {"file": relative(content, draft.folder)}
    draft.told.append(
        "yields of climate bins stand on the bins' own cells"
        + (
            ", which begin at the corner of the map as InVEST has them; where a crop has no bin its yield is 0, as there"
            if draft.by_reference
            else "; where a crop has no bin its yield is missing, which InVEST takes for 0"
        )
    )
    draft.told.append(
        "crop_totals: area_ha is all ground of a crop; InVEST counts only that on which somebody observed a yield above 0"
    )
    return grid


def _crops(path: Path) -> "pd.Series[str]":
    try:
        return crop_of(table(path, "landcover_to_crop_table_path"))
    except QuantityError as error:
        raise StudyError(f"landcover_to_crop_table_path: {path}: {error}") from None


def _classes(draft: Draft, names: "pd.Series[str]", grid: GridSpec) -> str:
    """Class table of a land cover of which only the crops are named."""
    path = draft.needed(draft.model.grid)
    spec = InputSpec(file=str(path))
    found: set[int] = set()
    with raster_input(path, spec, INPUTS["land_cover"], "land_cover", grid) as source:
        for start, stop in grid.strips(STRIP):
            rows = source.rows(grid, start, stop, Resampling.nearest)
            found.update(map(int, np.unique(rows[rows != source.missing_code])))
    codes = sorted(found | set(map(int, names.index)))
    named = [names.get(code, f"class {code}") for code in codes]
    return csv_text(pd.DataFrame({"code": codes, "name": named}))


def _place(draft: Draft, argument: str, crop: str) -> Path:
    """File of a crop: a row of a table, or its name in the folder of an earlier release."""
    listed = draft.table_or_map(argument)
    where = f"{argument}: {crop}"
    if listed is not None:
        frame = table(listed, argument)
        if not {"crop_name", "path"} <= set(frame.columns):
            raise StudyError(
                f"{argument}: {listed} has no columns crop_name and path; found {', '.join(map(str, frame.columns))}"
            )
        mine = frame[frame["crop_name"].astype(str).str.strip().str.lower() == crop]
        if mine.empty:
            raise StudyError(f"{argument}: {listed} has no row of {crop}")
        return draft.located(str(mine["path"].iloc[0]).strip(), where, listed.parent)
    return draft.located(FOLDER[argument].format(crop), where, _folder(draft, argument))


def _folder(draft: Draft, argument: str) -> Path:
    folder = draft.path("model_data_path")
    if folder is None or not folder.is_dir():
        raise StudyError(
            f"{draft.file.path}: no {argument}, and no folder model_data_path; is the argument file complete?"
        )
    return folder


def _nutrients(draft: Draft) -> Path | None:
    path = draft.table_or_map("crop_nutrient_table")
    if path is not None or not draft.given("model_data_path"):
        return path
    argument = "crop_nutrient_table"
    return draft.located(FOLDER[argument], argument, _folder(draft, argument))


def _rows(path: Path, words: tuple[str, ...], crop: str, *, blank_is_zero: bool) -> pd.DataFrame:
    """Numbers of each climate bin."""
    frame = table(path, f"table of {crop}")
    missing = [c for c in ("climate_bin", *words) if c not in frame]
    if missing:
        raise StudyError(
            f"{crop}: {path} has no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))}"
        )
    numbers = frame[["climate_bin", *words]].apply(pd.to_numeric, errors="coerce")
    if numbers["climate_bin"].duplicated().any() or numbers["climate_bin"].isna().any():
        raise StudyError(
            f"{crop}: {path}: climate_bin must hold whole numbers, each once; found {', '.join(map(str, frame['climate_bin']))[:120]}"
        )
    given = frame[numbers.columns]
    blank = given.isna() | given.astype(str).apply(lambda column: column.str.strip() == "")
    broken = numbers.isna() & ~blank
    if broken.any(axis=None):
        row = int(np.flatnonzero(broken.any(axis=1))[0])
        raise StudyError(f"{crop}: {path}: row {row + 2} holds words where numbers must be")
    if blank_is_zero:
        numbers = numbers.fillna(0.0)
    return numbers.set_index("climate_bin")


def _of_bins(
    codes: NDArray[np.float64], numbers: "pd.Series[float]", draft: Draft, path: Path, crop: str
) -> NDArray[np.float64]:
    """Number of the bin of each cell; 0 where the reference takes no bin for no crop."""
    found = np.unique(codes[np.isfinite(codes)])
    lost = [b for b in found if b not in numbers.index]
    # many tables have no row of bin 0, which is no climate
    lost = [b for b in lost if b != 0 or draft.by_reference]
    if lost:
        raise StudyError(
            f"{crop}: bin {', '.join(f'{b:g}' for b in lost[:8])} of {path} has no row in the table of yields"
        )
    out = np.full(codes.shape, 0.0 if draft.by_reference else np.nan)
    for number, value in numbers.items():
        out[codes == number] = value
    return out


def _named(draft: Draft, crop: str, word: str) -> str:
    return f"{'_'.join(crop.split())}_{word}.tif"


def _declare(draft: Draft, name: str, maps: list[tuple[str, str]], unit: dict[str, Any]) -> None:
    draft.beside[f"{name}.csv"] = csv_text(pd.DataFrame(maps, columns=["layer", "cur_path"]))
    words: dict[str, Any] = {"file": f"{name}.csv", "checked": True} | unit
    draft.inputs[name] = words | ({"resampling": "spline"} if draft.by_reference else {})


class _Window:
    """Cells of a world-wide map around a study.

    By reference they begin at the lower left corner of the study's box in the map's own system, wherever the map's cells lie; else they
    are those cells.
    """

    def __init__(self, draft: Draft, path: Path, grid: GridSpec) -> None:
        self.draft = draft
        try:
            with open_raster_file(path, "climate bins") as file:
                if file.crs is None or not file.transform.is_rectilinear or file.transform.e >= 0:
                    raise StudyError(
                        f"{path}: has no coordinate system, or is turned; expected a map north up"
                    )
                self.crs, own = file.crs, file.transform
                box = _box(grid, file.crs)
                dx, dy = own.a, -own.e
                if draft.by_reference:
                    nx, ny = (
                        _count(far - near, d)
                        for near, far, d in ((box[0], box[2], dx), (box[1], box[3], dy))
                    )
                    left, top = box[0], box[1] + ny * dy
                else:
                    first = math.floor((box[0] - own.c) / dx) - MARGIN
                    above = math.floor((own.f - box[3]) / dy) - MARGIN
                    nx = math.ceil((box[2] - own.c) / dx) + MARGIN - first
                    ny = math.ceil((own.f - box[1]) / dy) + MARGIN - above
                    left, top = own.c + first * dx, own.f - above * dy
        except (RasterioError, OSError, DataError) as error:
            raise StudyError(f"{path}: cannot be read ({error})") from None
        self.transform, self.shape = Affine(dx, 0, left, 0, -dy, top), (ny, nx)

    def read(self, path: Path) -> NDArray[np.float64]:
        """Its numbers, the nearest; NaN where it has none."""
        out = np.full(self.shape, np.nan)
        with open_raster_file(path, "climate bins") as file:
            reproject(
                rasterio.band(file, 1), out, dst_transform=self.transform, dst_crs=self.crs, dst_nodata=np.nan,
                init_dest_nodata=True, resampling=Resampling.nearest,
            )  # fmt: skip
        return out

    def raster(self, values: NDArray[np.float64]) -> bytes:
        """GeoTIFF of numbers on its cells."""
        with MemoryFile() as memory:
            with memory.open(
                driver="GTiff", height=self.shape[0], width=self.shape[1], count=1, dtype="float32", nodata=math.nan,
                crs=self.crs, transform=self.transform, compress="deflate",
            ) as file:  # fmt: skip
                file.write(values.astype(np.float32), 1)
            return bytes(memory.getbuffer())


def _box(grid: GridSpec, crs: rasterio.crs.CRS) -> tuple[float, float, float, float]:
    """Box of a study in another system, by points of each edge."""
    to = Transformer.from_crs(grid.projection, crs.to_wkt(), always_xy=True)
    left, bottom, right, top = grid.bounds
    along = np.linspace(0, 1, EDGE)
    x, y = left + along * (right - left), bottom + along * (top - bottom)
    edges: Iterator[tuple[Any, Any]] = iter(
        (
            (np.full(EDGE, left), y),
            (x, np.full(EDGE, bottom)),
            (np.full(EDGE, right), y),
            (x, np.full(EDGE, top)),
        )
    )
    west, south, east, north = (np.asarray(to.transform(*edge)) for edge in edges)
    return float(west[0].min()), float(south[1].min()), float(east[0].max()), float(north[1].max())


def _count(length: float, cell: float) -> int:
    """Cells that cover a length."""
    whole = int(length / cell)
    return max(1, whole + (not math.isclose(whole * cell, length, abs_tol=1e-8)))
