"""Tables kept as Parquet, and their digest by value."""

import datetime
import decimal
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.errors import StoreError
from shanshui.store.layout import disk_errors

_MISSING = "\x00"


def table_digest(frame: pd.DataFrame) -> str:
    """Digest of index, columns, units and values, in order.

    Parameters
    ----------
    frame : DataFrame
        Columns of numbers, truth values, text, dates with or without time zone, spans of time, categories, or a
        mixture of plain values.

    Returns
    -------
    str
        The same at every call and in every process; another where a value, type, name, unit, order or level of the
        index differs. A missing value has one mark per column, whether it is None, NaN, NaT or NA.

    Raises
    ------
    StoreError
        A column of lists or of other things that are no values.
    """
    digest = hashlib.sha256()
    head = [[_text(c) for c in frame.columns], [_text(n) for n in frame.columns.names]]
    digest.update(json.dumps([head, _plain(frame.attrs)], sort_keys=True).encode())
    for name, values in _columns(frame):
        digest.update(f"\x1e{_text(name)}:{_dtype(values.dtype)}:{len(values)}\x1e".encode())
        digest.update(column_bytes(values, name))
    return digest.hexdigest()


def _columns(frame: pd.DataFrame) -> Iterator[tuple[Any, pd.Series]]:
    index = frame.index
    for level in range(index.nlevels):
        values = index.get_level_values(level)
        yield index.names[level], pd.Series(values.array, copy=False)
    for place, name in enumerate(frame.columns):
        yield name, frame.iloc[:, place]


def _dtype(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return f"category:{dtype.ordered}:{_dtype(dtype.categories.dtype)}"
    # text is text, however it is held in memory
    return "object" if isinstance(dtype, pd.StringDtype) else str(dtype)


def column_bytes(values: pd.Series, name: Any = None) -> bytes:
    """Values of a column as bytes that are the same in every process.

    Parameters
    ----------
    values : Series
        The column.
    name : str, optional
        For the message.

    Raises
    ------
    StoreError
        Something that is no value.
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        codes = np.ascontiguousarray(values.cat.codes.to_numpy(np.int64)).tobytes()
        return codes + column_bytes(pd.Series(values.cat.categories), name)
    if isinstance(dtype, np.dtype) and dtype.kind in "biucf":
        return _numbers(values.to_numpy())
    if hasattr(values.array, "asi8"):
        # instants are counted in UTC, so that a time zone is part of the type alone
        return np.ascontiguousarray(values.array.asi8).tobytes()
    if hasattr(dtype, "numpy_dtype") and dtype.numpy_dtype.kind in "biuf":
        gaps = values.isna().to_numpy(bool)
        filled = values.to_numpy(dtype.numpy_dtype, na_value=dtype.numpy_dtype.type(0))
        return np.packbits(gaps).tobytes() + _numbers(filled)
    texts = [value_text(value, name) for value in values.astype(object)]
    # with its length before each, no two columns of text read the same
    return "".join(f"{len(t)}:{t}" for t in texts).encode("utf-8", "surrogatepass")


def _numbers(values: np.ndarray[Any, Any]) -> bytes:
    if values.dtype.kind in "fc":
        gaps = np.isnan(values)
        if gaps.any():
            # every bit pattern of NaN is the one mark of a missing number
            values = np.where(gaps, values.dtype.type(np.nan), values)
    return np.ascontiguousarray(values).tobytes()


def value_text(value: Any, name: Any = None) -> str:
    """One value of a mixed column, with its type.

    Raises
    ------
    StoreError
        Something that is no value.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return _MISSING
    if isinstance(value, bool | np.bool_):
        return f"b{bool(value)}"
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, bytes):
        return f"y{value.hex()}"
    if isinstance(value, int | np.integer):
        return f"i{int(value)}"
    if isinstance(value, float | np.floating):
        return _MISSING if np.isnan(value) else f"f{float(value).hex()}"
    if isinstance(value, complex | np.complexfloating):
        return f"c{complex(value)!r}"
    if isinstance(value, decimal.Decimal):
        return f"d{value.normalize()}"
    if isinstance(value, np.datetime64 | np.timedelta64):
        return _MISSING if np.isnat(value) else f"t{value.dtype.str}{value.astype(np.int64)}"
    if isinstance(value, pd.Period | pd.Interval):
        return f"p{value!r}"
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        return f"t{type(value).__name__}{value!r}"
    raise StoreError(
        f"column {name}: cannot digest {type(value).__name__}; use numbers, text or dates"
    )


def _text(name: Any) -> str:
    if isinstance(name, tuple):
        return "(" + ",".join(map(_text, name)) + ")"
    return value_text(name, "names")


def _plain(attrs: dict[Any, Any]) -> Any:
    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(k): of(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [of(v) for v in value]
        if isinstance(value, set | frozenset):
            return sorted((of(v) for v in value), key=str)
        if isinstance(value, str | bool | int) or value is None:
            return value
        if isinstance(value, np.ndarray):
            return of(value.tolist())
        return value_text(value, "attributes")

    return of(attrs)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet; units ride along in the attributes."""
    with disk_errors(path):
        frame.to_parquet(path, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read Parquet."""
    return pd.read_parquet(path)
