"""The file of a plan that somebody drew: its features on the grid of a study, and what each is for."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import require
from shanshui.collect.positions import cure, degrees_of
from shanshui.collect.scaling import bounds_text
from shanshui.collect.sheets.cells import squeezed
from shanshui.collect.shifted_datums import ACCURACY_M, SHIFTED
from shanshui.collect.transformations import meant, way_between
from shanshui.collect.validity import valid
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError, ShanshuiError
from shanshui.region.grid import GridSpec, crs_name
from shanshui.region.placed import placed, run_on
from shanshui.zoning.plan_uses import uses_of

USE_COLUMNS = (
    "use", "planned use", "land use", "class", "规划用途", "土地用途", "用途", "用地类型", "用地性质", "规划用地性质", "地类名称", "地类",
    "dlmc", "ghdlmc",
)  # fmt: skip
"""Columns that tell what a feature is for where none is named, the first that is there [D]."""
NAME = "plan"


@dataclass(frozen=True)
class PlanSource:
    """How the file of a plan is to be read.

    Attributes
    ----------
    file : Path
        Any format of polygons.
    layer : str, optional
        Of a file with several.
    use_column : str
        Of the uses; blank looks for one.
    use : str
        Of all features alike, instead of a column.
    crs : str, optional
        System of the coordinates where the file has none or a wrong one; ``gcj02`` and ``bd09`` too.
    repair : bool
        Mend outlines that cross themselves.
    """

    file: Path
    layer: str | None = None
    use_column: str = ""
    use: str = ""
    crs: str | None = None
    repair: bool = False

    def refuse_missing(self) -> None:
        """Refuse what can be refused before anything is read.

        Raises
        ------
        DataError
            No file there; a column of uses and one use of all.
        """
        require(self.file, NAME, "give the file of your plan")
        if self.use and self.use_column:
            raise DataError("--use and --is: give one of them")


def read_plan(source: PlanSource, grid: GridSpec) -> gpd.GeoDataFrame:
    """Features of a plan.

    Parameters
    ----------
    source : PlanSource
        The file, and how to read it.
    grid : GridSpec
        Study grid.

    Returns
    -------
    GeoDataFrame
        In the grid's system: ``feature`` (number in the file, from 1), ``name``, ``use`` (blank where it has none), geometry;
        ``attrs``: ``told`` (what was mended, left out or shifted), ``source_crs``.

    Raises
    ------
    DataError
        Unreadable, no coordinate system, a datum that cannot be followed, no polygons, outlines that cross themselves, nothing inside the study,
        no column of uses.
    QuantityError
        A word that is no use.
    """
    source.refuse_missing()
    columns = {"use": source.use_column} if source.use_column else {}
    spec = InputSpec(
        file=str(source.file),
        layer=source.layer,
        crs=source.crs,
        repair=source.repair,
        columns=columns,
    )
    study = degrees_of(grid.bounds, grid.projection)
    try:
        frame = read_features(source.file, spec, NAME, study)
    except ShanshuiError as error:
        raise DataError(_as_options(str(error), source)) from None
    told = list(frame.attrs["told"])
    number = _numbers(len(frame), frame.attrs["left_out"])
    kinds = set(frame.geom_type)
    if not kinds <= {"Polygon", "MultiPolygon"}:
        odd = sorted(kinds - {"Polygon", "MultiPolygon"})
        raise DataError(
            f"{NAME}: {source.file} holds {', '.join(odd)}; expected polygons: give lines and points the width that is planned (a buffer, in a GIS)"
        )
    uses = _uses(frame, source, number)
    shapes, mended = _mended(frame, spec, source, number)
    told += mended
    system = frame.crs
    _follow(frame, source, grid, told)
    moved = placed(shapes, meant(grid, system), NAME)[0].set_crs(
        grid.projection, allow_override=True
    )
    flat = shapely.force_2d(moved.geometry.to_numpy())
    if not any(shapely.intersects(flat, shapely.box(*grid.bounds))):
        raise DataError(
            f"{NAME}: {source.file} has nothing inside the study ({bounds_text(grid.bounds)} in {crs_name(grid.projection)}); it is read as "
            f"{system.name}: is that right?{_as_options(cure(frame, system, study), source)}"
        )
    name = frame["name"] if "name" in frame else pd.Series("", frame.index)
    out = gpd.GeoDataFrame(
        {
            "feature": number,
            "name": ["" if v is None or v != v else str(v) for v in name],
            "use": uses,
        },
        geometry=gpd.GeoSeries(flat, crs=grid.projection),
    )
    out.attrs = {"told": told, "source_crs": system.name}
    return out


def _as_options(text: str, source: PlanSource) -> str:
    """A message in the words of the command, which has no study file to write to."""
    return (
        text.replace(f"{NAME}.columns.use: no column", "--use: no column")
        .replace(f'add crs = "EPSG:…" to [inputs.{NAME}]', "say which it is in: --crs EPSG:…")
        .replace(f"{NAME}.crs:", "--crs:")
        .replace(f"{NAME}.layer:", "--layer:")
        .replace('choose one with layer = "…"', "choose one with --layer NAME")
        .replace('crs = "', '--crs "')
    )


def _numbers(count: int, left_out: list[int]) -> list[int]:
    """Number in the file of each feature that has a place."""
    return [int(k) + 1 for k in np.setdiff1d(np.arange(count + len(left_out)), left_out)]


def _uses(frame: gpd.GeoDataFrame, source: PlanSource, number: list[int]) -> list[str]:
    if source.use:
        return uses_of([source.use] * len(frame), "--is", number)
    names = {squeezed(str(c)): str(c) for c in reversed(frame.columns) if c != "geometry"}
    column = (
        "use"
        if source.use_column
        else next((names[squeezed(w)] for w in USE_COLUMNS if squeezed(w) in names), "")
    )
    if not column:
        found = ", ".join(str(c) for c in frame.columns if c != "geometry")[:400]
        raise DataError(
            f"--use: {source.file} has no column that tells what its features are for; found {found or 'none'}; name it: --use COLUMN, or "
            "say it of all features: --is residential"
        )
    return uses_of(list(frame[column]), f"--use {source.use_column or column}", number)


def _mended(
    frame: gpd.GeoDataFrame, spec: InputSpec, source: PlanSource, number: list[int]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Outlines that are valid, and what was mended."""
    shapes = run_on(frame[["geometry"]], NAME)
    bad = ~shapes.geometry.is_valid.to_numpy()
    if not bad.any():
        return shapes, []
    first = int(np.flatnonzero(bad)[0])
    why = shapely.is_valid_reason(shapes.geometry.iloc[first])
    said = f"the outlines of {int(bad.sum())} features are not valid, the first of feature {number[first]} ({why})"
    if not spec.repair:
        raise DataError(
            f"{NAME}: {source.file}: {said}; mend them in a GIS, or have them mended: --repair"
        )
    return valid(shapes, spec, NAME, source.file), [f"{NAME}: {said}; mended"]


def _follow(frame: gpd.GeoDataFrame, source: PlanSource, grid: GridSpec, told: list[str]) -> None:
    """How exactly places come to the study; told where it is seen.

    Raises
    ------
    DataError
        The datum cannot be followed, and a cell is smaller than what that may shift places by.
    """
    if str(source.crs).strip().lower() in SHIFTED:
        told.append(
            f"{NAME}: read as {source.crs} and brought back to WGS 84, right within about {ACCURACY_M:g} m"
        )
        return
    study = degrees_of(grid.bounds, grid.projection)
    way = way_between(frame.crs, meant(grid, frame.crs).projection, study)
    if text := way.told(NAME, frame.crs, grid):
        if way.refused(grid):
            raise DataError(_as_options(text, source))
        told.append(_as_options(text, source))
