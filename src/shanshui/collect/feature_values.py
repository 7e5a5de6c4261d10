"""Columns of features: words of a fixed list however they are spelt, and numbers in the unit that is taken."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import InputKind
from shanshui.core.errors import DataError, QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features
from shanshui.core.units import conversion


def with_values(
    frame: gpd.GeoDataFrame, spec: InputSpec, kind: InputKind, name: str, path: Path
) -> gpd.GeoDataFrame:
    """Features with their words as we spell them and their numbers in our units.

    Parameters
    ----------
    frame : GeoDataFrame
        As read, columns named as ours.
    spec : InputSpec
        Its ``unit`` is that of the numbers, where the kind has a range.
    kind : InputKind
        What they are.
    name : str
        Input, for messages.
    path : Path
        File, for messages.

    Returns
    -------
    GeoDataFrame
        The same rows.

    Raises
    ------
    DataError
        A word that is none of the list, with the nearest; a text where a number must be; a number out of range; a unit of another kind.
    """
    out = frame
    for column, words in kind.words.items():
        if column in out:
            blank = isinstance(kind.gives, Features) and column not in kind.gives.columns
            out = out.assign(
                **{column: _words(out[column], words, f"{name}.{column}", path, blank)}
            )
    if not isinstance(kind.gives, Features) or not (kind.words or np.isfinite(kind.high)):
        return out
    for column, unit in kind.gives.unit_of.items():
        if column in out and unit not in (TEXT, ANY):
            where = f"{name}.{column}"
            numbers = _numbers(out[column], where, path)
            if np.isfinite(kind.high):
                numbers = _in_unit(numbers, spec, kind, unit, where, path)
            out = out.assign(**{column: numbers})
    return out


def _words(
    column: pd.Series, words: Mapping[str, str], where: str, path: Path, blank: bool
) -> list[str]:
    found = []
    for row, value in enumerate(column):
        text = "" if value is None or value != value else str(value).strip()
        if not text and blank:
            found.append("")
            continue
        word = words.get(text.lower())
        if word is None:
            close = nearest(text.lower(), words) if text else ""
            hint = close if close.startswith("did you") else nearest("", set(words.values()))
            said = f"'{text}'" if text else "nothing"
            raise DataError(f"{where}: {path}: row {row + 1} holds {said}; {hint}")
        found.append(word)
    return found


def _numbers(column: pd.Series, where: str, path: Path) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    strange = numbers.isna() & column.notna() & (column.astype(str).str.strip() != "")
    if strange.any():
        row = int(np.flatnonzero(strange.to_numpy())[0])
        raise DataError(
            f"{where}: {path}: row {row + 1} holds '{column.iloc[row]}', expected a number"
        )
    return numbers


def _in_unit(
    numbers: pd.Series, spec: InputSpec, kind: InputKind, unit: str, where: str, path: Path
) -> pd.Series:
    try:
        factor, offset = conversion(spec.unit or unit, unit)
    except QuantityError as error:
        raise DataError(f"{where}: {path}: {error}") from None
    numbers = numbers * factor + offset
    outside = (numbers < kind.low) | (numbers > kind.high) | numbers.isna()
    if outside.any():
        row = int(np.flatnonzero(outside.to_numpy())[0])
        raise DataError(
            f"{where}: {path}: row {row + 1} holds {numbers.iloc[row]:g} {unit}, plausible is {kind.low:g} to {kind.high:g}; say in which "
            f'unit the numbers are: unit = "gal" in [inputs.{where.partition(".")[0]}]'
        )
    return numbers
