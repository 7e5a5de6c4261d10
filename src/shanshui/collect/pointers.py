"""What a virtual dataset points to, and that nothing it names lies on another machine."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from shanshui.core.errors import DataError

_POINTERS = {"SourceFilename", "SourceDataset", "SrcDataSource", "SourceVRT"}
_REMOTE = re.compile(
    r"(?i)\b(https?|ftp)://|/vsi(curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs|sparse|stdin|mem)"
    r"|^(wms|wcs|wfs|wmts|csw|oapif|ogcapi|daas|eeda|eedai|plmosaic|plscenes|stacta|stacit|carto|elasticsearch"
    r"|ngw|amigocloud|pg|mysql|postgresql|mssql|mem|memory):"
)
_SERVICES = re.compile(
    rb"<\s*(GDAL_WMS|GDAL_WMTS|OGRWFSDataSource|WFSDataSource|OGRCSWDataSource|OGCAPI\w*|WCS_GDAL|WMS_\w+|WMT_MS_Capabilities"
    rb"|(?:\w+:)?Capabilities|VSISparseFile)\b"
)
_VIRTUAL = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(VRTDataset|OGRVRT\w+)", re.S
)
_HEAD = 4096
"""Bytes in which a text says what it is."""


def is_virtual(path: Path) -> bool:
    """Does the text of a file make it a virtual dataset, whatever it is called?"""
    return bool(_VIRTUAL.match(head(path)))


def head(path: Path, most: int = _HEAD) -> bytes:
    """First bytes of a regular file; none of anything else."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(most)
    except OSError:
        return b""


def refuse_remote(path: Path, name: str) -> None:
    """Refuse a dataset that reaches beyond this machine, before anything of it is opened.

    Parameters
    ----------
    path : Path
        A file; what it points to is followed to any depth.
    name : str
        Input, for the message.

    Raises
    ------
    DataError
        A source on a server, the description of a service, a pipe or a device as a source.
    """
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        start = head(here)
        if _SERVICES.search(start):
            raise DataError(
                f"{name}: {here} describes a service on another machine; fetch its data into a file, and name that"
            )
        if here.exists() and not (here.is_file() or here.is_dir()):
            raise DataError(
                f"{name}: {path} points to {here}, a pipe or a device; copy what it gives into a file"
            )
        if here.suffix.lower() == ".vrt" or _VIRTUAL.match(start):
            waiting += pointed(here, name) if here.is_file() else []


def pointed(path: Path, name: str) -> list[Path]:
    """Sources that a virtual dataset names.

    Raises
    ------
    DataError
        It cannot be read, or a source lies on another machine.
    """
    try:
        tree = ElementTree.parse(path)  # noqa: S314 - expat bounds the growth of entities
    except (ElementTree.ParseError, OSError, ValueError, LookupError) as error:
        raise DataError(
            f"{name}: {path} cannot be read as a virtual dataset ({error}); is it complete?"
        ) from None
    return [
        place_of(str(node.text).strip(), path, name, relative=_relative(node))
        for node in tree.iter()
        if node.tag in _POINTERS and node.text and node.text.strip()
    ]


def _relative(node: ElementTree.Element) -> bool:
    return any(
        k.lower() == "relativetovrt" and v.lower() in {"1", "yes", "true"} for k, v in node.items()
    )


def place_of(entry: str, path: Path, name: str, *, relative: bool = False) -> Path:
    """File on this machine that an entry of a dataset stands for.

    Parameters
    ----------
    entry : str
        As the dataset has it: a path, a path in an archive, or a part of a file.
    path : Path
        The dataset.
    name : str
        Input, for the message.
    relative : bool
        The entry is a path from where the dataset lies.

    Raises
    ------
    DataError
        It is not on this machine, or is a virtual dataset in an archive, which is not looked into.
    """
    if _REMOTE.search(entry):
        raise DataError(
            f"{name}: {path} points to {entry[:200]}, which is not on this machine; fetch it, and let {path.name} name the "
            "file here"
        )
    if re.search(r"(?i)/vsi\w+/", entry) and entry.lower().endswith(".vrt"):
        raise DataError(
            f"{name}: {path} points to {entry[:200]}, a virtual dataset in an archive; unpack it, and let {path.name} name the "
            "file here"
        )
    for text in _readings(entry):
        place = Path(text)
        if not place.is_absolute():
            place = (path.parent if relative else Path()) / place
        # a file in an archive: the archive
        for part in (place, *place.parents):
            if _is_file(part) or (part == place and part.is_dir()):
                return part
    return path.parent / entry if relative else Path(entry)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file() or (path.exists() and not path.is_dir())
    except (OSError, ValueError):
        return False


def _readings(entry: str) -> Iterator[str]:
    """Ways to read the name of a source: itself, in an archive, or a part of a file."""
    plain = re.sub(r"^/vsi(zip|gzip|tar|7z|rar|subfile|cached)/+(\{?)", "/", entry)
    yield entry
    yield plain
    yield plain.lstrip("/")
    yield from re.findall(r'"([^"]+)"', entry)
    yield from (part for part in entry.split(":") if len(part) > 1)
