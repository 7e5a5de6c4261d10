"""Open files: rasters, features, tables; what cannot be read is named with the reason."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from pyproj import CRS

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import require
from shanshui.collect.inputs import INPUTS
from shanshui.collect.sheets.names import named
from shanshui.collect.sheets.reading import read_sheets
from shanshui.collect.sheets.units import PARTS
from shanshui.collect.sheets.wanted import SheetTable, Wanted
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError, nearest
from shanshui.core.quantity import Features


def raster_crs(own: CRS | None, spec: InputSpec, name: str, path: Path) -> CRS:
    """Coordinate system of a raster, the study file's word first.

    Raises
    ------
    DataError
        None known.
    """
    if spec.crs is None and own is None:
        raise DataError(
            f'{name}: {path} has no coordinate system; add crs = "EPSG:…" to [inputs.{name}], '
            "or give --crs to shanshui new"
        )
    try:
        crs = CRS.from_user_input(spec.crs or own)
    except Exception as error:  # noqa: BLE001 - whatever the format's library raises
        raise DataError(
            f"{name}.crs: '{spec.crs or own}' is not a coordinate system ({error})"
        ) from None
    # heights of a compound system are no third coordinate of a map
    return crs.sub_crs_list[0] if crs.is_compound and crs.sub_crs_list else crs


def read_table(path: Path, spec: InputSpec, name: str) -> pd.DataFrame:
    """Read a table of any format; see :mod:`shanshui.collect.sheets`.

    Raises
    ------
    DataError
        Unreadable, no table on it, no such sheet or column, rows that do not fit.
    """
    return fractions(table_of(path, spec, name))


def fractions(table: SheetTable) -> pd.DataFrame:
    """Frame of a table whose readers know no units: 51% in a cell is 0.51, whatever its column is called."""
    frame = table.frame
    for read in table.reading.columns:
        own = read.unit_from == "cells" or read.name != read.found
        if (
            own
            and read.unit in PARTS
            and read.name in frame
            and frame[read.name].dtype.kind in "if"
        ):
            frame = frame.assign(**{read.name: frame[read.name] * PARTS[read.unit]})
    return frame


def table_of(
    path: Path,
    spec: InputSpec,
    name: str,
    *,
    wanted: tuple[str, ...] = (),
    sums: bool = True,
    lists: bool = True,
) -> SheetTable:
    """Read a table, and how it was read.

    Parameters
    ----------
    path : Path
        Text, workbook or Parquet.
    spec : InputSpec
        ``columns``, ``only``, ``layer``, ``encoding``, ``header_rows`` and ``year`` as declared.
    name : str
        Input, for messages.
    wanted : tuple of str
        Columns that it should have, the amount last.
    sums : bool
        Rows of sums and means are kept.
    lists : bool
        Cells may hold lists of numbers.

    Returns
    -------
    SheetTable
        Our names where there are some; numbers in the unit of the file.

    Raises
    ------
    DataError
        As :func:`read_table`.
    """
    require(path, name)
    table = read_sheets(
        path,
        name,
        Wanted(
            wanted,
            dict(spec.columns),
            spec.layer,
            spec.encoding,
            spec.header_rows if "header_rows" in spec.model_fields_set else None,
            sums,
            lists,
            spec.year,
        ),
    )
    return _only(table, spec, name, path)


def _only(table: SheetTable, spec: InputSpec, name: str, path: Path) -> SheetTable:
    """Rows that the study file asks for."""
    for column, keep in spec.only.items():
        frame = table.frame
        if column not in frame.columns:
            raise DataError(
                f"{name}.only: no column '{column}' in {path}; found {', '.join(map(str, frame.columns))}"
            )
        wanted = {str(k) for k in keep}
        kept = frame[column].map(_text).isin(wanted).to_numpy()
        if not kept.any():
            raise DataError(
                f"{name}.only: no row of {path} has {column} among {', '.join(sorted(wanted)[:5])}"
            )
        rows = tuple(r for r, k in zip(table.rows, kept, strict=True) if k)
        table = replace(table, frame=frame[kept].reset_index(drop=True), rows=rows)
    return table


def columns_of_features(name: str) -> tuple[str, ...]:
    """Columns that features of an input have or may have; their other spellings are looked for."""
    gives = INPUTS[name].gives if name in INPUTS else None
    return tuple(c.name for c in gives.fields) if isinstance(gives, Features) else ()


def respelt(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows of a table of places whose columns beside the general ones have our names too, where they are spelt another way."""
    heads = [str(c) for c in frame.columns]
    columns = columns_of_features(name)
    taken = {k: h for k, h in enumerate(heads) if h in columns}
    given, _ = named([ways_to_say(h) for h in heads], taken, columns)
    ours = {k: n for k, n in given.items() if n in columns}
    return frame.set_axis([ours.get(k, h) for k, h in enumerate(heads)], axis=1)


def renamed(frame: Any, spec: InputSpec, name: str, path: Path) -> Any:
    """Features with our column names, those that the study file asks for."""
    heads = [str(c).strip().lstrip("\ufeff") for c in frame.columns]
    frame = frame.set_axis(heads, axis=1)
    labels = [ways_to_say(h) for h in heads]
    turn: dict[int, str] = {}
    for ours, theirs in spec.columns.items():
        at = place_of(theirs, labels)
        if at is None:
            raise DataError(
                f"{name}.columns.{ours}: no column '{theirs}' in {path}; {nearest(theirs, heads)}"
            )
        turn[at] = ours
    given, _ = named(labels, turn, columns_of_features(name))
    names = [given.get(k, h) for k, h in enumerate(heads)]
    # what is declared stands over a column that has our name already
    keep = [k for k, n in enumerate(names) if k in given or n not in given.values()]
    frame = frame.iloc[:, keep].set_axis([names[k] for k in keep], axis=1)
    for column, values in spec.only.items():
        if column not in frame.columns:
            raise DataError(
                f"{name}.only: no column '{column}' in {path}; found {', '.join(map(str, frame.columns))}"
            )
        wanted = {str(k) for k in values}
        frame = frame[frame[column].map(_text).isin(wanted)]
        if frame.empty:
            raise DataError(
                f"{name}.only: no row of {path} has {column} among {', '.join(sorted(wanted)[:5])}"
            )
    return frame.reset_index(drop=True)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
