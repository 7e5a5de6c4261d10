"""What a network of corridors leaves: layers, tables and grids, with their columns in both languages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.errors import DataError
from shanshui.core.version import __version__
from shanshui.core.voice import Voice, languages
from shanshui.pattern.core_network import CoreNetwork
from shanshui.region.grid import STRIP, grid_of
from shanshui.store.rasters import RasterWriter
from shanshui.store.sheets import plain_text, write_csv
from shanshui.store.vectors import Aliases, write_geopackage
from shanshui.store.written import Written, refuse_foreign, replaced

UNITS = {
    "cores": {
        "core": "", "area_km2": "km2", "worth": "", "cells": "1", "resistance": "1", "links": "1", "centrality": "A", "value": "1",
        "climate_mean": "", "climate_sd": "", "climate_low": "",
    },
    "links": {
        "source": "", "target": "", "euclidean": "m", "cost": "m", "length": "m", "cost_per_euclidean": "1", "cost_per_length": "1",
        "adjacency": "", "status": "", "through": "", "effective_resistance": "m", "cost_per_resistance": "1", "centrality": "A",
        "priority": "1", "weighted_priority": "1", "climate_difference": "", "reason": "", "reason_zh": "",
    },
}  # fmt: skip
"""Columns of the layers, and their units: none of words, ids, and what has the unit of the climate or worth that was given."""
GRIDS = {
    "cost_distance": "m", "corridors": "m", "truncated": "m", "current": "A", "barriers": "1",
    "barriers_percent": "%/m", "linkage_priority": "1", "blended_priority": "1", "current_all": "A",
}  # fmt: skip
"""Grids, and their units; one that was not asked for is not written."""
REASONS = {"en": "reason", "zh": "reason_zh"}


@dataclass(frozen=True)
class Asked:
    """What was asked, for the record that stands beside the results.

    Attributes
    ----------
    files : mapping of str to Path
        Inputs.
    settings : mapping
        As they were used.
    """

    files: Mapping[str, Path]
    settings: Mapping[str, Any]


def refuse_folder(to: Path, asked: Asked, *, overwrite: bool) -> None:
    """Refuse a folder in which something of others stands, before anything is computed.

    Raises
    ------
    DataError
        A file where the folder should be, results of another run, an input.
    """
    if to.exists() and not to.is_dir():
        raise DataError(f"--to {to}: is a file; expected a folder")
    written = Written(protected=tuple(asked.files.values()))
    for name in (
        "network.gpkg",
        "links.csv",
        "cores.csv",
        "columns.csv",
        "network.json",
        *(f"{g}.tif" for g in GRIDS),
    ):
        refuse_foreign(to / name, written, overwrite=overwrite)


def write_network(
    network: CoreNetwork, to: Path, asked: Asked, voice: Voice, *, overwrite: bool
) -> list[Path]:
    """Write a network into a folder.

    Parameters
    ----------
    network : CoreNetwork
        With labelled grids.
    to : Path
        Made where it is not there.
    asked : Asked
        For the record.
    voice : Voice
        Of the aliases of the layers.
    overwrite : bool
        Results of an earlier run may be replaced.

    Returns
    -------
    list of Path
        ``network.gpkg`` (cores, links, columns), ``cores.csv, links.csv, columns.csv``, a GeoTIFF for each grid, ``network.json``.

    Raises
    ------
    DataError
        Something of others stands there.
    """
    written = Written(protected=tuple(asked.files.values()))
    frames = {"cores": _plain(network.cores), "links": _plain(_told(network.links))}
    grids = {name: getattr(network, name) for name in GRIDS}
    made = {(layer, str(c)) for layer, frame in frames.items() for c in frame}
    made |= {(f"{name}.tif", name) for name, values in grids.items() if values is not None}
    columns = column_words()
    columns = columns[
        [pair in made for pair in zip(columns["layer"], columns["column"], strict=True)]
    ]
    files = []

    def place(name: str) -> Any:
        files.append(to / name)
        return replaced(to / name, written, overwrite=overwrite)

    with place("network.gpkg") as file:
        write_geopackage({**frames, "columns": columns}, file, _aliases(voice, frames))
    for name, frame in frames.items():
        with place(f"{name}.csv") as file:
            write_csv(pd.DataFrame(frame.drop(columns="geometry")), file)
    with place("columns.csv") as file:
        write_csv(columns, file)
    for name, values in grids.items():
        if values is not None:
            with place(f"{name}.tif") as file:
                _write_grid(values, GRIDS[name], file)
        elif overwrite:
            # of an earlier run: it would stand beside results that it does not belong to
            (to / f"{name}.tif").unlink(missing_ok=True)
    with place("network.json") as file:
        record = {
            "program": f"shanshui {__version__}",
            "files": {k: p.name for k, p in asked.files.items()},
            "settings": dict(asked.settings) | {"cutoff": network.cutoff},
            "told": network.told,
        }
        file.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return files


def column_words() -> pd.DataFrame:
    """Words of every column of the layers and of every grid: ``layer, column, unit`` and a column for each shipped language."""
    voices = {name: Voice(name) for name in languages()}
    rows = [(layer, c, unit) for layer, units in UNITS.items() for c, unit in units.items()]
    rows += [(f"{name}.tif", name, unit) for name, unit in GRIDS.items()]
    return pd.DataFrame(
        [
            {"layer": layer, "column": c, "unit": unit}
            | {name: voice(_key(c)) for name, voice in voices.items()}
            for layer, c, unit in rows
        ]
    )


def _key(column: str) -> str:
    return f"network.{column}"


def _aliases(voice: Voice, frames: Mapping[str, pd.DataFrame]) -> Aliases:
    """Name of each column in the language that is asked for, and its words in all languages with the unit."""
    every = [Voice(name) for name in languages()]
    return {
        layer: {
            c: (
                voice(_key(c)),
                " · ".join(v(_key(c)) for v in every) + (f" [{unit}]" if unit else ""),
            )
            for c, unit in units.items()
            if c in frames[layer]
        }
        for layer, units in UNITS.items()
    }


def _told(links: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Links with the reason of their status, in both languages."""
    out = links.copy()
    for language, column in REASONS.items():
        voice = Voice(language)
        rows = zip(out["status"], out["through"], strict=True)
        out[column] = [voice(f"network.status.{status}", core=core) for status, core in rows]
    return out


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Ids as whole numbers or as words, not as a mixture of them, and words without control characters."""
    out = frame.copy()
    for column in ("core", "source", "target", "through"):
        if column not in out:
            continue
        ids = out[column]
        if ids.dropna().map(lambda v: isinstance(v, int | np.integer)).all():
            out[column] = ids.astype("Int64")
        else:
            out[column] = ids.map(lambda v: plain_text(str(v)), na_action="ignore")
    out["centrality"] = out["centrality"].astype(float)
    return out


def _write_grid(values: xr.DataArray, unit: str, path: Path) -> None:
    writer = RasterWriter(path, grid_of(values), "float32", unit, None)
    try:
        for start, stop in writer.grid.strips(STRIP):
            writer.write(start, values.values[start:stop])
        writer.close()
    except BaseException:
        writer.abandon()
        raise
