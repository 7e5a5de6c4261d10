"""Bytes and text of files that may be gzipped, in the encodings that planners' programs write."""

import codecs
import gzip
import zlib
from pathlib import Path

from shanshui.core.errors import DataError, ResourceError

_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
_MOST_TEXT = 1 << 29
"""Bytes of a list of nodes, pairs or edges [D]."""


def text_of(path: Path, most: int = _MOST_TEXT) -> str:
    """Text of a file, gzipped or not.

    Parameters
    ----------
    path : Path
        UTF-8, GB 18030, or UTF-16.
    most : int [byte]
        What it may unpack to.

    Returns
    -------
    str
        All of it.

    Raises
    ------
    DataError
        Missing, damaged, larger than that, or not text.
    """
    raw = bytes_of(path, most + 1)
    if len(raw) > most:
        raise DataError(
            f"{path}: holds more than {most / 1e6:,.0f} MB of text, far more than what it describes; is it the right file?"
        )
    return decoded(raw, path)


def bytes_of(path: Path, most: int) -> bytes:
    """The first bytes of a regular file, unpacked."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no regular file"
            raise DataError(f"{path}: is {what}; expected a file")
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as source:
            return source.read(most)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); the file may be cut off") from error


def decoded(raw: bytes, path: Path, *, part: bool = False) -> str:
    """Text of some bytes; of part of a file, up to the last letter that is whole."""
    tries = ["utf-8-sig", "gb18030"]
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        tries = ["utf-16"]
    elif raw[1:2] == b"\0" or raw[:1] == b"\0":  # without its mark, but for a first letter of ASCII
        tries = ["utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"]
    for encoding in tries:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(raw, final=not part)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DataError(f"{path}: is neither text, gzipped text nor GeoTIFF")


def is_packed(path: Path) -> bool:
    """Whether a file is gzipped, by its first bytes."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def unpack(path: Path, loose: Path, room: int | None) -> None:
    """Write what a gzipped file holds beside it, no more than memory has room for."""
    done = 0
    try:
        with gzip.open(path) as source, loose.open("wb") as file:
            while piece := source.read(_PIECE):
                done += len(piece)
                if room is not None and done > room:
                    raise ResourceError(
                        f"{path}: unpacks to more than the {room / 2**30:.1f} GiB that are free; cut out a part, or take larger cells"
                    )
                file.write(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error}); the file may be cut off") from error
