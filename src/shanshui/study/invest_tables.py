"""Tables and maps of a new study made from those of an InVEST model."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rasterio import features
from rasterio.io import MemoryFile

from shanshui.collect.adapt import coefficients_input
from shanshui.collect.catalog import InputSpec
from shanshui.collect.vectors import read_features
from shanshui.core.errors import QuantityError, StudyError
from shanshui.region.coefficients import keyed
from shanshui.region.grid import GridSpec
from shanshui.study.invest_draft import Draft
from shanshui.study.new import relative

NAMES = ("lulc_desc", "lulc_name", "description", "desc", "name", "lulc_veg_desc")
"""Columns that name the classes, the first that is there."""
METRES_SINCE = (3, 15)
"""Release from which the reach of threats is in metres; before, in kilometres [S]."""
FARTHEST = 4.0
"""A reach of this many times the map's diagonal is taken for one in another unit [D]."""


def table(path: Path, name: str) -> pd.DataFrame:
    """Rows of a table, heads in lower case."""
    return coefficients_input(path, InputSpec(file=str(path)), name)


def csv_text(frame: pd.DataFrame) -> str:
    """Table as the text of a file."""
    return frame.to_csv(index=False, lineterminator="\n")


def classes(path: Path) -> str:
    """Class table from the model's table: codes, and whatever column names them.

    Raises
    ------
    StudyError
        A code that is none.
    """
    frame = _keyed(table(path, "biophysical"), path)
    named = next((c for c in NAMES if c in frame), None)
    names = frame[named].astype(str) if named else pd.Series(frame.index.astype(str), frame.index)
    return csv_text(pd.DataFrame({"code": frame.index, "name": names.to_numpy()}))


def zones(path: Path) -> str:
    """Class table of climate zones from the table of their rain events.

    Raises
    ------
    StudyError
        No column of their numbers.
    """
    frame = table(path, "climate_zone_table_path")
    if "cz_id" not in frame:
        raise StudyError(
            f"climate_zone_table_path: {path} has no column cz_id; found {', '.join(map(str, frame.columns))}"
        )
    return csv_text(pd.DataFrame({"code": frame["cz_id"], "name": frame["cz_id"].astype(str)}))


def _keyed(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    try:
        return keyed(frame, str(path))
    except QuantityError as error:
        raise StudyError(str(error)) from None
    except ValueError as error:
        raise StudyError(
            f"{path}: a code is no number that counts classes ({str(error)[:120]}); correct that row"
        ) from None


def with_demand(biophysical: Path, demand: Path, cell_m: float) -> str:
    """Table of coefficients with the demand of each class by area, where InVEST tells it by cell.

    Parameters
    ----------
    biophysical, demand : Path
        Tables; the second has ``lucode`` and ``demand`` in m3 a year and cell.
    cell_m : float [m]
        Side of a cell.

    Returns
    -------
    str
        The first table with a column ``demand`` in m3/ha/yr; blank where the second has no row.

    Raises
    ------
    StudyError
        A column that lacks, a code that is none.
    """
    frame = _keyed(table(biophysical, "biophysical"), biophysical)
    asked = _keyed(table(demand, "demand_table_path"), demand)
    if "demand" not in asked:
        raise StudyError(
            f"demand_table_path: {demand} has no column demand; found {', '.join(map(str, asked.columns))}"
        )
    numbers = pd.to_numeric(asked["demand"], errors="coerce") * (1e4 / cell_m**2)
    frame["demand"] = numbers.reindex(frame.index)
    return csv_text(frame.reset_index())


def reach_in_km(draft: Draft, path: Path, grid: GridSpec, unit: str) -> pd.DataFrame:
    """Table of threats with their reach in kilometres, whatever release wrote it.

    Parameters
    ----------
    draft : Draft
        Which release wrote the argument file; is told what was taken.
    path : Path
        Table of threats.
    grid : GridSpec
        Of the study.
    unit : str
        ``m`` or ``km`` where the person says it; blank else.

    Returns
    -------
    DataFrame
        Its rows.

    Raises
    ------
    StudyError
        No column of reach, or reaches that can be in no such unit.
    """
    frame = table(path, "threats")
    if "max_dist" not in frame or "threat" not in frame:
        raise StudyError(
            f"threats_table_path: {path} has no columns threat and max_dist; found {', '.join(map(str, frame.columns))}"
        )
    reach = pd.to_numeric(frame["max_dist"], errors="coerce")
    most = float(reach.max())
    version = draft.file.version
    said = "you say so" if unit else f"InVEST {'.'.join(map(str, version))} wrote the file"
    if not unit and not version:
        # files of current releases name no release, and nothing acts over less than a cell
        unit = "km" if most < grid.cell_m else "m"
        said = "the file names no release, and current ones take metres"
        if unit == "km":
            said = f"in metres none would reach over one cell of {grid.cell_m:g} m"
    elif not unit:
        unit = "m" if version >= METRES_SINCE else "km"
    metres = most * (1000.0 if unit == "km" else 1.0)
    across = math.hypot(grid.ny, grid.nx) * grid.cell_m
    if not grid.cell_m <= metres <= FARTHEST * across:
        raise StudyError(
            f"threats_table_path: {path}: max_dist reaches {most:g}, which in {unit} ({said}) is "
            f"{'less than a cell' if metres < grid.cell_m else 'far beyond the map'} ({grid.cell_m:g} m, {across / 1000:.3g} km across); "
            "say which unit it is: --reach-unit m or --reach-unit km"
        )
    draft.told.append(
        f"threats: max_dist up to {most:g} is taken in {unit}: {said} (kilometres before 3.15, metres since)"
    )
    frame["max_dist"] = reach / 1000.0 if unit == "m" else reach
    return frame


def threat_maps(
    draft: Draft, frame: pd.DataFrame, path: Path, column: str, grid: GridSpec
) -> str | None:
    """Table of the maps of threats in one state.

    Parameters
    ----------
    draft : Draft
        Where paths are written from; is given a map of no threat where a state lacks one.
    frame : DataFrame
        Table of threats.
    path : Path
        Where it lies: its paths are read from there.
    column : str
        Of the paths: ``cur_path``, ``base_path``, ``fut_path``.
    grid : GridSpec
        Of the study.

    Returns
    -------
    str or None
        Table of ``threat`` and ``cur_path``; None where the column lacks.

    Raises
    ------
    StudyError
        A threat without a map, but for the baseline, before which it was not there.
    """
    if column not in frame:
        return None
    rows = []
    for row in frame.to_dict("records"):
        text = str(row[column]).strip()
        blank = text in ("", "nan")
        if blank and column != "base_path":
            raise StudyError(
                f"threats_table_path: {path}: {row['threat']} has no {column}: where is its map?"
            )
        if blank:
            draft.beside["no_threat.tif"] = raster(np.zeros(grid.shape, np.uint8), grid)
            rows.append((row["threat"], "no_threat.tif"))
            continue
        place = draft.located(text, f"threats_table_path: {row['threat']}", path.resolve().parent)
        rows.append((row["threat"], relative(place, draft.folder)))
    return csv_text(pd.DataFrame(rows, columns=["threat", "cur_path"]))


def access(draft: Draft, path: Path, grid: GridSpec) -> bytes:
    """Map of accessibility from the polygons' field ``access``; 1 elsewhere.

    Raises
    ------
    StudyError
        No such field, or one that holds words.
    """
    where = f"{draft.file.path}: access_vector_path: {path}"
    spec = InputSpec(file=str(path))
    shapes: gpd.GeoDataFrame = read_features(path, spec, "accessibility").to_crs(grid.crs)
    column = next((c for c in shapes.columns if str(c).lower() == "access"), None)
    if column is None:
        raise StudyError(f"{where} has no field access")
    numbers = pd.to_numeric(shapes[column], errors="coerce")
    if not np.isfinite(numbers).all():
        bad = shapes[column][~np.isfinite(numbers)].iloc[0]
        raise StudyError(f"{where}: access is '{str(bad)[:40]}'; expected numbers from 0 to 1")
    values = features.rasterize(
        zip(shapes.geometry, numbers, strict=True),
        out_shape=grid.shape, fill=1.0, transform=grid.transform, dtype="float32",
    )  # fmt: skip
    return raster(np.asarray(values, np.float32), grid)


def raster(values: NDArray[np.generic], grid: GridSpec) -> bytes:
    """GeoTIFF of values on a grid."""
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            height=grid.ny,
            width=grid.nx,
            count=1,
            dtype=str(values.dtype),
            crs=grid.crs,
            transform=grid.transform,
            compress="deflate",
        ) as file:
            file.write(values, 1)
        return bytes(memory.getbuffer())
