"""Every file that decides what an input file says: its sources, side-cars, and their sources."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import rasterio
from rasterio.errors import RasterioError

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
_POINTERS = {"SourceFilename", "SourceDataset", "SrcDataSource", "SourceVRT"}
_REMOTE = re.compile(
    r"(?i)\b(https?|ftp)://|/vsi(curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)|^(wms|wcs|wfs|wmts|pg|mysql|postgresql):"
)


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


def refuse_remote(path: Path, name: str) -> None:
    """Refuse a virtual dataset that reaches beyond this machine, before anything of it is opened.

    Raises
    ------
    DataError
        A source on a server.
    """
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if here in seen or here.suffix.lower() != ".vrt" or not here.is_file():
            continue
        seen.add(here)
        waiting += _pointed(here, name)


def _around(path: Path, read: Read, name: str) -> list[Path]:
    """Files next to or below one file."""
    suffix = path.suffix.lower()
    if suffix == ".vrt":
        # what it names also when GDAL lists only the first level
        pointed = _pointed(path, name)
        return pointed + (_listed(path, name) if read == "raster" else [])
    if read == "raster":
        return _listed(path, name)
    beside = [p for s in _BESIDE.get(suffix, ()) for p in _any_case(path, s)]
    after = [path.with_name(path.name + s) for s in _AFTER.get(suffix, ())]
    return beside + [p for p in after if p.exists()]


def _any_case(path: Path, suffix: str) -> list[Path]:
    return [p for s in (suffix, suffix.upper()) if (p := path.with_suffix(s)).exists()]


def _listed(path: Path, name: str) -> list[Path]:
    try:
        with rasterio.open(path) as file:
            entries = list(file.files)
    except RasterioError:
        return []  # no raster, or a broken one: who reads it says so
    return [place for entry in entries if (place := _place(str(entry), path, name)) != path]


def _pointed(path: Path, name: str) -> list[Path]:
    """Sources that a virtual dataset names."""
    try:
        tree = ElementTree.parse(path)  # noqa: S314 - expat bounds the growth of entities
    except (ElementTree.ParseError, OSError, ValueError) as error:
        raise DataError(
            f"{name}: {path} cannot be read as a virtual dataset ({error}); is it complete?"
        ) from None
    return [
        _place(str(node.text).strip(), path, name, relative=_relative(node))
        for node in tree.iter()
        if node.tag in _POINTERS and node.text and node.text.strip()
    ]


def _relative(node: ElementTree.Element) -> bool:
    return any(
        k.lower() == "relativetovrt" and v.lower() in {"1", "yes", "true"} for k, v in node.items()
    )


def _place(entry: str, path: Path, name: str, *, relative: bool = False) -> Path:
    """File on this machine that an entry of a dataset stands for."""
    if _REMOTE.search(entry):
        raise DataError(
            f"{name}: {path} points to {entry}, which is not on this machine; fetch it, and let {path.name} name the "
            "file here"
        )
    for text in _readings(entry):
        place = Path(text)
        if not place.is_absolute():
            place = (path.parent if relative else Path()) / place
        # a file in an archive: the archive
        for part in (place, *place.parents):
            if part.is_file() or (part == place and part.is_dir()):
                return part
    return path.parent / entry if relative else Path(entry)


def _readings(entry: str) -> Iterator[str]:
    """Ways to read the name of a source: itself, in an archive, or a part of a file."""
    plain = re.sub(r"^/vsi(zip|gzip|tar|7z|rar|sparse|subfile|cached)/+(\{?)", "/", entry)
    yield entry
    yield plain
    yield plain.lstrip("/")
    yield from re.findall(r'"([^"]+)"', entry)
    yield from (part for part in entry.split(":") if len(part) > 1)
