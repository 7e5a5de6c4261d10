"""Amounts of a table in the study's unit: by the unit that is declared, or the one that its head, cells or unit line name."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import InputKind
from shanshui.collect.scaling import Linear, linear, missing_numbers
from shanshui.collect.sheets.cells import is_gap
from shanshui.collect.sheets.units import counting
from shanshui.collect.sheets.wanted import SheetTable
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.quantity import ANY, Table
from shanshui.core.units import conversion


def unit_of(kind: InputKind) -> str:
    """Unit of the amount of a table, which is its last column."""
    return kind.gives.fields[-1].unit if isinstance(kind.gives, Table) else ANY


def _line(
    spec: InputSpec, kind: InputKind, name: str, found: str, several: tuple[str, ...]
) -> Linear:
    """How the numbers of a column become amounts: by the unit that is declared, or the one the file names.

    Raises
    ------
    DataError
        A unit of another dimension, or a scale that is declared beside a unit of the file which says something else.
    """
    unit = unit_of(kind)
    if unit == ANY and spec.unit is not None:
        raise DataError(
            f"{name}.unit: '{spec.unit}' is declared, but the rows of {name} are in units of their own, as their other "
            "columns say; leave unit out, and convert the rows with scale or in the file"
        )
    if unit == ANY:
        times = counting(found) if found else 1.0
    else:
        if not found and len(several) > 1:
            found = _only_fitting(several, unit, name)
        times = 1.0
        if found and spec.unit is None:
            times = _factor(found, unit, name)
    if times == 1.0:
        return linear(spec, "1" if unit == ANY else unit, name)
    if spec.scale is not None and not math.isclose(spec.scale, times):
        raise DataError(
            f"{name}.scale: {spec.scale:g} is declared, and the file says {found}, which is {times:g} {unit if unit != ANY else ''}; "
            f'say which unit the scaled numbers have: unit = "…" in [inputs.{name}]'
        )
    base = linear(spec, "1" if unit == ANY else unit, name)
    return base if spec.scale is not None else Linear(base.factor * times, base.shift * times)


def _only_fitting(several: tuple[str, ...], unit: str, name: str) -> str:
    """The one unit of a unit line that can become the study's."""
    fitting = [u for u in several if _convertible(u, unit)]
    if len(fitting) != 1:
        raise DataError(
            f"{name}: the unit line names {', '.join(several)}, of which {'several' if fitting else 'none'} can become {unit}; "
            f'set unit = "…" in [inputs.{name}]'
        )
    return fitting[0]


def _convertible(found: str, unit: str) -> bool:
    try:
        _factor(found, unit, "")
    except DataError:
        return False
    return True


def _factor(found: str, unit: str, name: str) -> float:
    """Factor from a unit that the file names to the study's.

    Raises
    ------
    DataError
        Of another dimension.
    """
    if re.fullmatch(r"[0-9.]+(e[+]?[0-9]+)?", found):
        # a bare number word: ten thousands of what the study counts
        return float(found)
    try:
        factor, shift = conversion(found, unit)
    except QuantityError:
        factor, shift = math.nan, 0.0
    if not math.isfinite(factor) or shift:
        raise DataError(
            f"{name}: the file gives its amounts in {found}, which cannot become {unit}; is it another quantity? "
            f'if the head is wrong, set unit = "…" in [inputs.{name}]'
        )
    return factor


def amounts(
    table: SheetTable,
    column: str,
    spec: InputSpec,
    kind: InputKind,
    where: str,
    path: Path,
    *,
    absent: float | None = None,
) -> pd.Series:
    """Numbers of a column in the study's unit; missing where the file says so.

    Parameters
    ----------
    table : SheetTable
        As read.
    column : str
        Its column.
    spec : InputSpec
        ``unit``, ``scale``, ``offset`` and ``nodata`` as declared.
    kind : InputKind
        What the table is.
    where : str
        Input and column, for messages.
    path : Path
        The file.
    absent : float, optional
        Stands where nothing is written.

    Returns
    -------
    Series
        NaN where there is no number.

    Raises
    ------
    DataError
        Cells that are no numbers, or mean two things; a unit that cannot become the study's.
    """
    stored = table.frame[column]
    if column in table.faults:
        raise DataError(f"{where}: {path}: {table.faults[column]}; write the column in one way")
    numbers = pd.to_numeric(stored, errors="coerce").astype(float)
    broken = numbers.isna() & ~stored.map(is_gap)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        said = str(stored.iloc[row])
        raise DataError(
            f"{where}: {path}: row {table.rows[row]} holds '{said[:60]}', expected a number{_hint(said)}"
        )
    if absent is not None:
        numbers = numbers.fillna(absent)
    numbers = numbers.mask(numbers.isin(missing_numbers(spec)))
    line = _line(
        spec, kind, where.partition(".")[0], table.units.get(column, ""), table.reading.units
    )
    return _scaled(numbers, line)


def _scaled(numbers: pd.Series, line: Linear) -> pd.Series:
    """Amounts in the study's unit; a power of ten moves the point: 568.43 万 are 5,684,300, not 5,684,299.999999999."""
    power = round(math.log10(line.factor)) if line.factor > 0 else 0
    if (
        line.shift == 0
        and line.factor != 1.0
        and math.isclose(10.0**power, line.factor, rel_tol=1e-12)
    ):
        return numbers.map(
            lambda v: (
                float(f"{float(v)!r}e{power}")
                if math.isfinite(v) and "e" not in repr(float(v))
                else v * line.factor
            )
        )
    out: pd.Series = line.of(numbers)
    return out


def _hint(said: str) -> str:
    """What a cell that is no number may have been."""
    if re.fullmatch(
        r"\d{1,2}[-/][A-Za-z]{3}|[A-Za-z]{3}[-/]\d{1,2}|\d{1,2}月\d{1,2}日|\d{4}-\d\d-\d\d", said
    ):
        return "; spreadsheets make such dates of fractions: 1/3 becomes the third of January; type it as text or as a decimal"
    return ""
