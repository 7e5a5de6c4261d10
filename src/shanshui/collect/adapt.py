"""Bring tables to the study: columns, units, places; and the parts of a stack of grids."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.collect.amounts import amounts, unit_of
from shanshui.collect.bands import refuse_alpha
from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import TABLES
from shanshui.collect.inputs import InputKind
from shanshui.collect.joining import RULES, join_input
from shanshui.collect.mosaic import opened
from shanshui.collect.readers import fractions, table_of
from shanshui.collect.scaling import plausible
from shanshui.collect.sheets.cells import year_of
from shanshui.collect.sheets.wanted import SheetTable
from shanshui.collect.sheets.ways import place_of, ways_to_say
from shanshui.core.errors import DataError
from shanshui.core.quantity import ANY, TEXT, Table
from shanshui.region.join_columns import NAMES, PARENTS
from shanshui.region.unitset import plain_code

SUM_TOLERANCE = 0.02
"""By how much the parts of a row may exceed their sum, which other offices count [D]."""
ROUNDING = 1e-9
"""Share of a sum below which what its parts leave is rounding."""


def coefficients_input(
    path: Path, spec: InputSpec, name: str, kind: InputKind | None = None
) -> pd.DataFrame:
    """Rows of coefficients as they stand, column names in lower case.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        Its declaration.
    name : str
        Input, for messages.
    kind : InputKind, optional
        What it is: columns that it must have, and which of them are numbers.

    Raises
    ------
    DataError
        Unreadable, no rows, two columns of one name, one that lacks, or words where numbers must be.
    """
    table = table_of(path, spec, name)
    frame = fractions(table)
    frame.columns = pd.Index([str(c).strip().lower() for c in frame.columns])
    frame = frame.dropna(how="all").reset_index(drop=True)
    if frame.empty:
        raise DataError(f"{name}: {path} has no rows")
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{name}: {path} has two columns {twice[0]}; keep one")
    for column in frame.columns:
        if frame[column].dtype.kind not in "biuf":
            frame[column] = frame[column].map(lambda v: "" if v is None or v != v else str(v))
    if kind is not None and isinstance(kind.gives, Table):
        _require(frame, kind.gives, name, path)
    frame.attrs = {"units": {}, "reading": table.reading}
    return frame


def _require(frame: pd.DataFrame, table: Table, name: str, path: Path) -> None:
    """Refuse a table that lacks a column, or has words where numbers of a unit must be."""
    lacks = [c for c in table.columns if c not in frame]
    if lacks:
        raise DataError(
            f"{name}: {path} has no column {', '.join(lacks)}; found {', '.join(map(str, frame.columns))[:400]}; name it: "
            f'columns = {{ {lacks[0]} = "…" }} in [inputs.{name}]'
        )
    for column, unit in table.unit_of.items():
        if column not in frame or unit in (TEXT, ANY) or frame[column].dtype.kind in "biuf":
            continue
        numbers = pd.to_numeric(frame[column].replace("", None), errors="coerce")
        broken = (numbers.isna() & (frame[column].astype(str).str.strip() != "")).to_numpy()
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise DataError(
                f"{name}.{column}: {path}: row {row + 1} of the table holds '{str(frame[column].iloc[row])[:40]}', expected a number; "
                "correct it, or leave the cell blank"
            )


def stack_parts(path: Path, spec: InputSpec, name: str) -> dict[str, InputSpec]:
    """Declarations of the grids of a stack: bands of one raster, or rows of a table with ``layer``, ``threat`` or ``month``, and ``cur_path``.

    Raises
    ------
    DataError
        A table without these columns, or a row without a path.
    """
    if path.suffix.lower() not in TABLES:
        every = spec.model_copy(update={"band": 1})
        source = opened(path, every, name)
        try:
            refuse_alpha(source, name)
            return {
                (band.label or f"band_{k + 1}"): spec.model_copy(update={"band": k + 1})
                for k, band in enumerate(source.bands)
            }
        finally:
            source.close()
    frame = coefficients_input(path, spec.model_copy(update={"columns": {}}), name)
    layer = next((c for c in ("layer", "threat", "month") if c in frame), "")
    if not layer or "cur_path" not in frame:
        raise DataError(
            f"{name}: {path} has no columns layer (or threat, month) and cur_path; found {', '.join(frame.columns)}"
        )
    if layer == "month":
        frame = frame.sort_values(layer, kind="stable")
    out = {}
    for row in frame.rename(columns={layer: "layer"}).itertuples(index=False):
        if not str(row.cur_path).strip():
            raise DataError(f"{name}: {path}: {row.layer} has no cur_path: where is its map?")
        place = Path(str(row.cur_path).strip())
        place = place if place.is_absolute() else path.parent / place
        out[str(row.layer).strip().lower()] = spec.model_copy(update={"file": str(place)})
    return out


def table_input(path: Path, spec: InputSpec, kind: InputKind, name: str) -> pd.DataFrame:
    """Rows keyed by unit and year as the file has them, the amount in the study's unit.

    Takes what :func:`joined_table` takes, but for the places.
    """
    return joined_table(path, spec, kind, name, None)


def joined_table(
    path: Path, spec: InputSpec, kind: InputKind, name: str, places: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows keyed by the study's places and year, the amount in the study's unit.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        ``nodata``, ``scale``, ``offset`` and ``unit`` say how its numbers become amounts, before they are judged.
    kind : InputKind
        What it is.
    name : str
        Input, for the message.
    places : DataFrame, optional
        Of :func:`shanshui.collect.joining.places_frame`; without it codes stay as they are.

    Returns
    -------
    DataFrame
        The declared columns. A row without an amount is left out, as a place without a row is unknown; it stays, its amount NaN, where rows of
        a place are summed and one that is not there is nothing: workers, products, areas. The attribute ``join`` holds the account of the join.

    Raises
    ------
    DataError
        Missing columns, rows without code or year, values that are not numbers or not plausible, a unit of another
        dimension, a key that stands twice, no rows.
    """
    wanted = kind.gives.columns if isinstance(kind.gives, Table) else ()
    _refuse_lone_total(spec, name)
    table = table_of(
        path,
        spec,
        name,
        wanted=() if spec.class_columns else tuple(wanted),
        sums=False,
        lists=False,
    )
    frame, rows = table.frame, np.asarray(table.rows)
    if spec.year is not None and "year" not in frame.columns:
        frame["year"] = spec.year
    who = [c for c in frame.columns if _names_a_place(c, frame) and c not in wanted]
    if "code" in wanted and "code" not in frame.columns and who and places is not None:
        frame["code"] = ""
    if spec.class_columns:
        frame, at = _long(table, spec, kind, name, path, who)
        rows = rows[at]
    missing = [c for c in wanted if c not in frame.columns]
    if missing:
        hint = "; or set year = …" if missing == ["year"] else ""
        raise DataError(
            f"{name}: {path} has no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))[:400]}; "
            f'name them: columns = {{ {missing[0]} = "…" }}{hint}'
        )
    frame = frame[[*wanted[:-1], *who, wanted[-1]]].copy()
    amount = wanted[-1]
    if not spec.class_columns:
        frame[amount] = amounts(table, amount, spec, kind, f"{name}.{amount}", path)
    low, high = plausible(spec, kind, name)
    beyond = (frame[amount] < low) | (frame[amount] > high)
    if beyond.any():
        row = int(np.flatnonzero(beyond)[0])
        raise DataError(
            f"{name}.{amount}: {path}: row {rows[row]} holds {frame[amount].iloc[row]:g}, expected "
            f"{low:g} to {high:g} {unit_of(kind)}; correct it, or set unit, scale or plausible in [inputs.{name}]"
        )
    named = frame[who].notna().any(axis=1) if who and places is not None else None
    frame["code"] = _codes(frame["code"], rows, name, path, named)
    frame["year"] = _years(frame["year"], rows, name, path)
    keys = [c for c in wanted if c != amount]
    twice = frame.duplicated([*keys, *who] if (frame["code"] == "").any() else keys)
    if twice.any():
        first = frame[twice].iloc[0]
        raise DataError(
            f"{name}: {path}: {int(twice.sum())} rows repeat {', '.join(keys)}; first: "
            f"{', '.join(str(first[k]) for k in keys)}; keep one row each"
        )
    if not frame[amount].notna().any():
        raise DataError(f"{name}: {path} has no usable rows: none has a number in {amount}")
    unit = unit_of(kind)
    units = {"year": "yr"} | ({} if unit == ANY else {amount: unit})
    frame.attrs = {"units": units, "reading": table.reading}
    done = join_input(frame, spec, name, places, unit)
    attrs = dict(done.attrs)
    done = done[list(wanted)].sort_values(keys, ignore_index=True)
    done = _without_blanks(done, name, amount)
    done.attrs = attrs
    return done


def _refuse_lone_total(spec: InputSpec, name: str) -> None:
    if spec.class_total is not None and not spec.class_columns:
        raise DataError(
            f"{name}.class_total: {spec.class_total} is the sum of class_columns, and none are named; name them, or leave it out"
        )


def _without_blanks(frame: pd.DataFrame, name: str, amount: str) -> pd.DataFrame:
    """Rows without those that tell no more than their absence would."""
    if name in RULES and RULES[name].blanks:
        return frame
    return frame.dropna(subset=[amount]).reset_index(drop=True)


def _names_a_place(column: str, frame: pd.DataFrame) -> bool:
    """Does a column of text say by its head that it names places, or what they lie in?"""
    known = str(column).strip().lower() in (*NAMES, *PARENTS)
    return known and frame[column].dtype.kind not in "biufM"


def _codes(
    column: pd.Series,
    rows: NDArray[np.int64],
    name: str,
    path: Path,
    named: pd.Series | None = None,
) -> pd.Series:
    """Codes as text; a row may lack one where its name tells the place."""
    blank = column.isna() | (column.astype("string").str.strip() == "").fillna(value=True)
    lost = blank if named is None else blank & ~named.to_numpy(bool)
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        raise DataError(
            f"{name}.code: {path}: row {rows[row]} has no code; give every row the code of its place"
        )
    codes = column.astype(object).mask(blank, "").map(plain_code).astype(object)
    cut = codes.str.fullmatch(r"\d(\.\d+)?[eE]\+?\d+")
    if cut.any():
        row = int(np.flatnonzero(cut)[0])
        raise DataError(
            f"{name}.code: {path}: row {rows[row]} holds '{codes.iloc[row]}': a spreadsheet has cut the code short; set the column to "
            "text there, type or paste the codes anew, and save"
        )
    return codes


def _years(column: pd.Series, rows: NDArray[np.int64], name: str, path: Path) -> pd.Series:
    years = column.map(year_of)
    broken = years.isna()
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        said = column.iloc[row]
        raise DataError(
            f"{name}.year: {path}: row {rows[row]} holds '{'nan' if said is None else said}', expected a year such as 2020"
        )
    return years.astype("int64")


def _long(
    table: SheetTable, spec: InputSpec, kind: InputKind, name: str, path: Path, who: list[str]
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """One row per class from one column per class, and the row read that each comes from."""
    frame = table.frame
    key, amount = kind.gives.columns[-2:] if isinstance(kind.gives, Table) else ("class", "amount")
    labels = [ways_to_say(str(c)) for c in frame.columns]
    places = {code: place_of(c, labels) for code, c in spec.class_columns.items()}
    missing = [spec.class_columns[code] for code, at in places.items() if at is None]
    if missing:
        raise DataError(f"{name}.class_columns: no column {', '.join(missing)} in {path}")
    lacks = [c for c in ("code", "year") if c not in frame.columns]
    if lacks:
        raise DataError(
            f'{name}: {path} has no column {", ".join(lacks)}; name them: columns = {{ {lacks[0]} = "…" }}'
        )
    columns = {code: str(frame.columns[at or 0]) for code, at in places.items()}
    # an absent class has no area; an absent amount of anything else is unknown
    absent = 0.0 if key == "class" else None
    values = pd.DataFrame(
        {
            code: amounts(table, column, spec, kind, f"{name}.{column}", path, absent=absent)
            for code, column in columns.items()
        }
    )
    if spec.class_total is not None:
        at = place_of(spec.class_total, labels)
        if at is None:
            raise DataError(f"{name}.class_total: no column {spec.class_total} in {path}")
        column = str(frame.columns[at])
        total = amounts(table, column, spec, kind, f"{name}.{column}", path)
        values = _told_by_total(values, total, table.rows, f"{name}.{column}", path)
    parts = []
    for code in columns:
        part = frame[["code", "year", *who]].copy()
        part[key] = int(code) if code.lstrip("-").isdigit() else code
        part[amount] = values[code]
        part["at"] = np.arange(len(frame))
        parts.append(part)
    out = pd.concat(parts, ignore_index=True)
    together = out.groupby(["code", "year", *who, key], sort=False, dropna=False)
    # a sum of which a part is missing is missing
    sums = together[amount].agg(lambda part: part.sum(skipna=False)).reset_index()
    return sums, together["at"].first().to_numpy()


def _told_by_total(
    values: pd.DataFrame, total: pd.Series, rows: Sequence[int], where: str, path: Path
) -> pd.DataFrame:
    """Blank cells that the sum of their row tells: all of them where the others leave nothing, one alone by what they leave.

    Raises
    ------
    DataError
        Cells that are more than their sum by more than :data:`SUM_TOLERANCE`.
    """
    known = values.sum(axis=1)
    left = total - known
    if (more := left < -SUM_TOLERANCE * total.abs()).any():
        at = int(np.flatnonzero(more)[0])
        raise DataError(
            f"{where}: {path}: row {rows[at]} holds {total.iloc[at]:g}, and its classes {known.iloc[at]:g}; a sum is no less than its "
            "parts: is it the column of their sum?"
        )
    # rounding of the parts is no remainder
    left = left.mask(left.abs() <= ROUNDING * total.abs(), 0.0)
    blanks = values.isna().sum(axis=1)
    tells = (left == 0) | ((left > 0) & (blanks == 1))
    return values.apply(lambda column: column.fillna(left.where(tells)))
