"""Twelve maps of an argument of InVEST's seasonal model, and the ground on which it works."""

import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
from rasterio.warp import transform_bounds

from shanshui.collect.catalog import InputSpec
from shanshui.collect.mosaic import whole
from shanshui.collect.vectors import read_features
from shanshui.core.errors import StudyError
from shanshui.region.grid import GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.invest_files import ArgumentFile, true
from shanshui.study.invest_rows import Argument
from shanshui.study.invest_tables import csv_text, table
from shanshui.study.new import relative

MONTHS = 12
TABLES = {"precip_dir": "precip_raster_table", "et0_dir": "et0_raster_table"}
"""Arguments of current releases, tables, for those of earlier ones, folders."""

FLAGS = {
    "user_defined_local_recharge": (
        ("l_path",),
        (
            "soil_group_path", "precip_dir", "et0_dir", *TABLES.values(), "rain_events_table_path", "climate_zone_table_path",
            "climate_zone_raster_path", "monthly_alpha_path",
        ),
    ),
    "user_defined_climate_zones": (("climate_zone_table_path", "climate_zone_raster_path"), ("rain_events_table_path",)),
    "monthly_alpha": (("monthly_alpha_path",), ("alpha_m",)),
}  # fmt: skip
"""Arguments that count only where a flag is true, and those that count only where it is false."""


def switched(file: ArgumentFile) -> dict[str, Any]:
    """Arguments without those that the model's flags turn off.

    Parameters
    ----------
    file : ArgumentFile
        Of the seasonal model.

    Returns
    -------
    dict
        What is turned off is blank.
    """
    off = set()
    for flag, (on, otherwise) in FLAGS.items():
        off |= set(otherwise if true(file.args.get(flag)) else on)
    return {name: "" if name in off else value for name, value in file.args.items()}


def months(draft: Draft, row: Argument) -> list[Path] | None:
    """Maps of the months, January first; None where the argument is blank.

    Raises
    ------
    StudyError
        A month without a map, or with two.
    """
    listed = draft.table_or_map(TABLES[row.name])
    folder = draft.path(row.name)
    if listed is not None:
        return _from_table(draft, TABLES[row.name], listed)
    if folder is None:
        return None
    if not folder.is_dir():
        raise StudyError(
            f"{draft.file.path}: {row.name}: {folder} is a file; expected a folder of twelve maps"
        )
    found = []
    for month in range(1, MONTHS + 1):
        files = [
            p for p in sorted(folder.iterdir()) if re.fullmatch(rf".*[^\d]0?{month}\.tiff?", p.name)
        ]
        if len(files) != 1:
            raise StudyError(
                f"{draft.file.path}: {row.name}: {folder} has {len(files)} maps of month {month}"
                f"{': ' + ', '.join(p.name for p in files) if files else ''}; expected one whose name ends in {month}.tif"
            )
        found.append(files[0])
    return found


def _from_table(draft: Draft, name: str, path: Path) -> list[Path]:
    frame = table(path, name)
    if not {"month", "path"} <= set(frame.columns):
        raise StudyError(
            f"{draft.file.path}: {name}: {path} has no columns month and path; found {', '.join(map(str, frame.columns))}"
        )
    order = pd.to_numeric(frame["month"], errors="coerce")
    if sorted(order.dropna()) != list(range(1, MONTHS + 1)):
        raise StudyError(
            f"{draft.file.path}: {name}: {path} has months {', '.join(map(str, frame['month']))[:80]}; expected 1 to 12, each once"
        )
    texts = frame["path"].astype(str).str.strip().set_axis(order).sort_index()
    return [draft.located(text, f"{name}: month {m:g}", path.parent) for m, text in texts.items()]


def months_table(draft: Draft, paths: list[Path]) -> str:
    """Table of the maps of twelve months, paths from the study folder."""
    files = [relative(path, draft.folder) for path in paths]
    return csv_text(pd.DataFrame({"month": range(1, MONTHS + 1), "cur_path": files}))


def common_ground(draft: Draft, grid: GridSpec, rasters: list[Path], area: Path | None) -> GridSpec:
    """Part of a grid that all rasters cover and the area's box meets, whole cells of it.

    What flows in from beyond decides the seasonal model, so that it must stand on the ground on which the reference stands.

    Raises
    ------
    StudyError
        One that lies elsewhere.
    """
    left, bottom, right, top = grid.bounds
    boxes = [(path, _box(path, grid)) for path in rasters]
    if area is not None:
        shapes = read_features(area, InputSpec(file=str(area)), "watersheds").to_crs(grid.crs)
        boxes.append((area, tuple(shapes.total_bounds)))
    for path, box in boxes:
        left, bottom = max(left, box[0]), max(bottom, box[1])
        right, top = min(right, box[2]), min(top, box[3])
        if left >= right or bottom >= top:
            raise StudyError(
                f"{draft.file.path}: {path} does not meet the other maps; is its coordinate system right?"
            )
    # whole cells from the lower left on, as the reference counts them: an edge that is a rounding off takes in one cell more
    cell = grid.cell_m
    first, below = int((left - grid.left) / cell), int((bottom - grid.bounds[1]) / cell)
    x0, y0 = grid.left + first * cell, grid.bounds[1] + below * cell
    nx, ny = (_count(far, near, cell) for far, near in ((right, x0), (top, y0)))
    upper = grid.ny - below - ny
    return GridSpec(grid.crs, cell, x0, grid.top - upper * cell, ny, nx)


def _count(far: float, near: float, cell: float) -> int:
    """Cells that reach from one edge to another."""
    whole_cells = int((far - near) / cell)
    return whole_cells + (not math.isclose(whole_cells * cell, far - near, abs_tol=1e-8))


def _box(path: Path, grid: GridSpec) -> tuple[float, ...]:
    source = whole([path], [InputSpec(file=str(path), band=1)], "map")
    frame = source.frame
    source.close()
    if frame.crs is None or frame.crs == grid.projection:
        return frame.bounds
    return transform_bounds(frame.crs.to_wkt(), grid.projection.to_wkt(), *frame.bounds)
