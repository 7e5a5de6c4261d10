"""Comparisons of scenarios as files."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio

from shanshui.core.errors import DataError, PlanError, nearest
from shanshui.core.voice import Voice
from shanshui.queries.comparison.answer import Comparison
from shanshui.queries.comparison.sentences import sentences
from shanshui.report.canvas import as_png, drawing, drawn_voice
from shanshui.report.difference_maps import difference_map
from shanshui.report.export import written_by
from shanshui.store.sheets import write_csv, write_workbook
from shanshui.store.written import refuse_foreign, replaced
from shanshui.study.study import Study

ENDINGS = (".csv", ".xlsx", ".json", ".tif", ".png")


def summary_rows(found: Iterable[Comparison]) -> pd.DataFrame:
    """One row for each comparison."""
    return pd.DataFrame([c.summary() for c in found])


def write_comparison(
    study: Study, found: Sequence[Comparison], to: Path, voice: Voice, *, overwrite: bool = False
) -> Path:
    """Write comparisons to one file.

    Parameters
    ----------
    study : Study
        Whose.
    found : sequence of Comparison
        One of them for a map.
    to : Path
        The ending chooses: .csv and .xlsx (places and rows), .json (all), .tif (the difference), .png (a map of it).
    voice : Voice
        Of the words.
    overwrite : bool
        Replace a file that the study did not write.

    Returns
    -------
    Path
        ``to``.

    Raises
    ------
    DataError
        An ending that is none of these, or a place where something of others stands.
    PlanError
        A map of several products, or of one that is no grid.
    """
    ending = to.suffix.lower()
    if ending not in ENDINGS:
        raise DataError(
            f"--to {to}: '{to.suffix}' is not a format of comparisons; {nearest(to.suffix, ENDINGS)}"
        )
    if ending in (".tif", ".png") and len(found) != 1:
        raise PlanError(
            f"--to {to}: a map shows one product; {len(found)} differ or were named; name one"
        )
    if ending in (".tif", ".png") and found[0].cells is None:
        raise PlanError(f"{found[0].product}: is no map; write .csv, .xlsx or .json")
    written = written_by(study)
    refuse_foreign(to, written, overwrite=overwrite)
    with replaced(to, written, overwrite=overwrite) as place:
        _write(study, found, place, ending, voice)
    return to


def _write(
    study: Study, found: Sequence[Comparison], place: Path, ending: str, voice: Voice
) -> None:
    if ending == ".json":
        place.write_text(
            json.dumps([as_dict(c, voice) for c in found], ensure_ascii=False, indent=1), "utf-8"
        )
    elif ending == ".csv":
        write_csv(_all_rows(found), place)
    elif ending == ".xlsx":
        sheets = {
            "summary": summary_rows(found),
            "places": _joined(found, "places"),
            "rows": _joined(found, "rows"),
        }
        write_workbook({k: v for k, v in sheets.items() if len(v)}, place)
    elif ending == ".tif":
        _write_raster(study, found[0], place)
    else:
        shown = drawn_voice(voice)
        with drawing(shown):
            as_png(difference_map(study, found, shown), place)


def _joined(found: Sequence[Comparison], what: str) -> pd.DataFrame:
    parts = [getattr(c, what).assign(product=c.product) for c in found if len(getattr(c, what))]
    if not parts:
        return pd.DataFrame()
    whole = pd.concat(parts, ignore_index=True)
    return whole[["product", *(c for c in whole.columns if c != "product")]]


def _all_rows(found: Sequence[Comparison]) -> pd.DataFrame:
    """Places where there are any, else rows; the headline of each product first."""
    parts = []
    for c in found:
        region = {
            "product": c.product,
            "level": "region",
            "column": c.column,
            "unit": c.unit,
            "before": c.before,
            "after": c.after,
        }
        region |= {"change": c.change, "change_share": c.change_share}
        parts.append(pd.DataFrame([region]))
        if len(c.places):
            parts.append(c.places.assign(product=c.product, column=c.column, unit=c.unit))
        if len(c.rows):
            parts.append(c.rows.assign(product=c.product, level="row"))
    return pd.concat([p.dropna(axis=1, how="all") for p in parts], ignore_index=True)


def as_dict(found: Comparison, voice: Voice) -> dict[str, Any]:
    """Comparison as plain data, with what it comes to in sentences."""
    return found.to_dict() | {"said": sentences(found, voice)}


def _write_raster(study: Study, found: Comparison, place: Path) -> None:
    """The difference as a cloud-optimised GeoTIFF."""
    cells = found.cells
    if cells is None:
        return
    grid = study.grid
    profile = {
        "driver": "COG",
        "height": grid.ny,
        "width": grid.nx,
        "count": 1,
        "dtype": str(cells.dtype),
        "crs": grid.crs,
        "transform": grid.transform,
    }
    nodata = cells.attrs.get("nodata", np.nan if cells.dtype.kind == "f" else None)
    with rasterio.open(place, "w", **profile, nodata=nodata, compress="DEFLATE") as file:
        file.write(cells.values, 1)
        file.update_tags(
            product=found.product,
            scenarios=f"{found.other} less {found.one}",
            units=str(cells.attrs["units"]),
        )
