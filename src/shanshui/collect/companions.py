"""Every file that decides what an input file says: its sources, side-cars, and their sources."""

from pathlib import Path
from typing import Literal

from shanshui.collect.gate import open_raster_file
from shanshui.collect.pointers import is_virtual, place_of, pointed
from shanshui.core.errors import DataError

CUBES = {".nc", ".nc4", ".zarr"}
TABLES = {".csv", ".txt", ".tsv", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet"}
Read = Literal["raster", "features", "table"]

_BESIDE = {
    ".shp": (".dbf", ".shx", ".prj", ".cpg", ".qpj", ".qix", ".sbn", ".sbx"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".gml": (".gfs", ".xsd"),
}
"""Files of one stem that make a layer together."""
_AFTER = {".gpkg": ("-wal", "-journal"), ".sqlite": ("-wal", "-journal"), ".db": ("-wal",)}
"""What a database has not yet written into itself."""


def files_of(path: Path, read: Read, name: str) -> list[Path]:
    """Files that decide what is read from a path.

    Parameters
    ----------
    path : Path
        A file, or a folder that is one dataset.
    read : str
        How it is read.
    name : str
        Input, for the message.

    Returns
    -------
    list of Path
        The file first; then what it points to, to any depth, and what stands beside it and is read with it.

    Raises
    ------
    DataError
        It points to a file that is not there, or to another machine.
    """
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if read == "table" or path.suffix.lower() in CUBES | TABLES:
        return [path]
    found: list[Path] = []
    waiting = [path]
    while waiting:
        here = waiting.pop(0)
        if here in found:
            continue
        if not here.exists():
            raise DataError(
                f"{name}: {path} points to {here}, which is not there; put it there, or correct the path in {path.name}"
            )
        found.append(here)
        waiting += sorted(here.rglob("*")) if here.is_dir() else _around(here, read, name)
    return [p for p in found if p.is_file()]


def _around(path: Path, read: Read, name: str) -> list[Path]:
    """Files next to or below one file."""
    suffix = path.suffix.lower()
    if suffix == ".vrt" or is_virtual(path):
        # what it names also when GDAL lists only the first level
        named = pointed(path, name)
        return named + (_listed(path, name) if read == "raster" else [])
    if read == "raster":
        return _listed(path, name)
    beside = [p for s in _BESIDE.get(suffix, ()) for p in _any_case(path, s)]
    after = [path.with_name(path.name + s) for s in _AFTER.get(suffix, ())]
    return beside + [p for p in after if p.exists()]


def _any_case(path: Path, suffix: str) -> list[Path]:
    return [p for s in (suffix, suffix.upper()) if (p := path.with_suffix(s)).exists()]


def _listed(path: Path, name: str) -> list[Path]:
    try:
        with open_raster_file(path, name) as file:
            entries = list(file.files)
    except DataError:
        return []  # no raster, or a broken one: who reads it says so
    return [place for entry in entries if (place := place_of(str(entry), path, name)) != path]
