"""Formats that offices hand over: Shapefile and file geodatabase."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from shanshui.core.voice import Voice

FIELD_BYTES = 10
"""Longest name of a field in a Shapefile."""
TEXT_BYTES = 254
"""Longest text in a Shapefile."""
SHAPEFILE_PARTS = (".shx", ".dbf", ".prj", ".cpg")
"""Files that stand beside the ``.shp`` and belong to it."""
INDEXES = (".qix", ".sbn", ".sbx")
"""Indexes that other programs lay beside it: of an older file they hide rows of a new one."""


def write_shapefile(frame: gpd.GeoDataFrame, path: Path, voice: Voice) -> list[str]:
    """Write a Shapefile in UTF-8; the same content gives the same bytes.

    Parameters
    ----------
    frame : GeoDataFrame
        Plain columns.
    path : Path
        Ends in ``.shp``; its parts come beside it.
    voice : Voice
        Of what is told.

    Returns
    -------
    list of str
        What the format could not hold as it was: shortened names of fields, texts that were cut.
    """
    names = field_names([str(c) for c in frame.columns if c != frame.geometry.name])
    told = [voice("field_written_as", old=old, new=new) for old, new in names.items() if old != new]
    out = frame.rename(columns=names)
    for old, new in names.items():
        column = out[new]
        if column.dtype.kind == "b":
            out[new] = _as_numbers(column)
        elif column.dtype.kind not in "biufM":
            cut = column.map(_cut)
            shorter = int((cut.fillna("") != column.map(_text).fillna("")).sum())
            if shorter:
                told.append(voice("texts_cut", field=old, count=shorter, most=TEXT_BYTES))
            out[new] = cut
    pyogrio.write_dataframe(
        out, path, driver="ESRI Shapefile", layer_options={"ENCODING": "UTF-8", "DBF_DATE_LAST_UPDATE": "2000-01-01"}
    )  # fmt: skip
    return told


def field_names(names: list[str]) -> dict[str, str]:
    """Names of at most ten bytes, each once, whatever the case.

    Parameters
    ----------
    names : list of str
        In the order of the columns.

    Returns
    -------
    dict of str to str
        Name in the file of each.
    """
    out: dict[str, str] = {}
    # names that fit stay, whoever comes first
    taken = {n.lower() for n in names if len(n.encode()) <= FIELD_BYTES}
    used: set[str] = set()
    for name in names:
        short = name
        if len(name.encode()) > FIELD_BYTES or name.lower() in used:
            number = 0
            short = _head(name, FIELD_BYTES)
            while short.lower() in taken:
                number += 1
                short = _head(name, FIELD_BYTES - 1 - len(str(number))) + f"_{number}"
            taken.add(short.lower())
        used.add(short.lower())
        out[name] = short
    return out


def write_geodatabase(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write a file geodatabase, one layer or table per name.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame or DataFrame
        In the order in which they stand in the file.
    path : Path
        A folder that is not there yet; ends in ``.gdb``.
    """
    for layer_name, layer in zip(layer_names(list(layers)), layers.values(), strict=True):
        words = {"promote_to_multi": True} if isinstance(layer, gpd.GeoDataFrame) else {}
        pyogrio.write_dataframe(
            _short_numbers(layer),
            path,
            layer=layer_name,
            driver="OpenFileGDB",
            append=path.exists(),
            **words,
        )


def layer_names(names: list[str]) -> list[str]:
    """Names of layers without points, which part a layer from its database; each once, whatever the case."""
    out: list[str] = []
    taken = {n.lower() for n in names if "." not in n}
    for name in names:
        plain, number = name.replace(".", "_"), 1
        while "." in name and plain.lower() in taken:
            number += 1
            plain = f"{name.replace('.', '_')}_{number}"
        taken.add(plain.lower())
        out.append(plain)
    return out


def _as_numbers(column: pd.Series) -> pd.Series:
    """Yes and no as 1 and 0; blank where it is not known."""
    return column.astype("float64" if column.isna().any() else "int16")


def _short_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers in 32 bits where they fit: the format has no others; larger ones become real numbers."""
    out = frame.copy()
    limits = np.iinfo(np.int32)
    for column in out.columns:
        kind = getattr(out[column].dtype, "kind", "")
        if kind == "b":
            out[column] = _as_numbers(out[column])
        elif kind in "iu" and kind:
            fits = bool(out[column].between(limits.min, limits.max).fillna(value=False).all())
            out[column] = out[column].astype("int32" if fits else "float64")
    return out


def _text(value: object) -> object:
    return value if value is None or value != value else str(value)


def _cut(value: object) -> object:
    text = _text(value)
    return _head(text, TEXT_BYTES) if isinstance(text, str) else None


def _head(text: str, size: int) -> str:
    """Beginning of a text of at most so many bytes, whole letters only."""
    return text.encode()[:size].decode("utf-8", "ignore")
