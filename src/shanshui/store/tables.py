"""Tables and series kept as Parquet."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.errors import StoreError
from shanshui.store.layout import disk_errors


def table_digest(frame: pd.DataFrame) -> str:
    """Digest of index, columns, units and values, in order."""
    digest = hashlib.sha256()
    digest.update(json.dumps([list(map(str, frame.columns)), _plain(frame.attrs)]).encode())
    for values in (frame.index.to_series(), *(frame[c] for c in frame.columns)):
        digest.update(f"{values.name}:{values.dtype}:{len(values)}".encode())
        digest.update(_bytes(values))
    return digest.hexdigest()


def _bytes(values: pd.Series) -> bytes:
    if values.dtype.kind in "biufM":
        return np.ascontiguousarray(values.to_numpy()).tobytes()
    texts = []
    for value in values:
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            texts.append("\x00")
        elif isinstance(value, str | int | float | bool | np.generic | pd.Timestamp):
            texts.append(repr(value))
        else:
            raise StoreError(
                f"column {values.name}: cannot digest {type(value).__name__}; use numbers or text"
            )
    return "\x1f".join(texts).encode()


def _plain(attrs: dict[Any, Any]) -> Any:
    return json.loads(json.dumps(attrs, sort_keys=True, default=str))


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write Parquet; units ride along in the attributes."""
    with disk_errors(path):
        frame.to_parquet(path, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read Parquet."""
    return pd.read_parquet(path)
