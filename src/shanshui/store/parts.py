"""A grid compressed in parts by several, put together to the file that one alone would have written, byte for byte."""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.core.errors import StoreError
from shanshui.region.grid import STRIP, GridSpec
from shanshui.store.layout import disk_errors
from shanshui.store.rasters import Summary, add_content, content_hash
from shanshui.store.tiles import TileFile, tiles

_OFFSETS, _COUNTS = 324, 325
_BYTES, _LETTERS = {3: 2, 4: 4, 16: 8}, {3: "H", 4: "I", 16: "Q"}
"""Size of the whole numbers of a TIFF by their type, and how they are written."""


@dataclass(frozen=True)
class Part:
    """Rows of a grid in a file of their own.

    Attributes
    ----------
    start, stop : int
        Rows; the first is one at which tiles begin.
    path : Path
        GeoTIFF of these rows.
    dtype : str
        NumPy name.
    units : str
        Unit of the values.
    nodata : float or None
        Code of missing cells.
    seen : tuple of Summary
        Of the rows of each strip.
    """

    start: int
    stop: int
    path: Path
    dtype: str
    units: str
    nodata: float | None
    seen: tuple[Summary, ...]


class PartWriter:
    """Some rows of a grid, written in order.

    Parameters
    ----------
    path : Path
        Temporary file.
    grid : GridSpec
        The study grid.
    ends : (int, int)
        First row, at which tiles begin, and past-last row.
    head : (str, str, float or None)
        Type, unit and code of missing cells.

    Raises
    ------
    StoreError
        The first row lies within tiles.
    """

    def __init__(
        self,
        path: Path,
        grid: GridSpec,
        ends: tuple[int, int],
        head: tuple[str, str, float | None],
    ) -> None:
        start, stop = ends
        if start % STRIP:
            raise StoreError(f"{path}: starts at row {start}, expected a multiple of {STRIP}")
        self._ends, self._head, self._path = ends, head, path
        self._seen: list[Summary] = []
        inner = replace(grid, top=grid.top - start * grid.cell_m, ny=stop - start)
        self._tiles = TileFile(path, inner, *head)

    def write(self, start: int, values: NDArray[Any]) -> None:
        """Write the rows that follow."""
        dtype, _, nodata = self._head
        block = np.ascontiguousarray(values, dtype)
        self._tiles.write(start - self._ends[0], block)
        self._seen.append(Summary())
        self._seen[-1].add(block, nodata)

    def close(self) -> Part:
        """Finish the file.

        Raises
        ------
        StoreError
            Rows are missing.
        ResourceError
            The disk is full.
        """
        self._tiles.close()
        (start, stop), (dtype, units, nodata) = self._ends, self._head
        return Part(start, stop, self._path, dtype, units, nodata, tuple(self._seen))

    def abandon(self) -> None:
        """Drop an unfinished file."""
        self._tiles.abandon()


def together(path: Path, grid: GridSpec, parts: Sequence[Part]) -> tuple[str, Summary, str]:
    """Write a grid from its parts.

    Parameters
    ----------
    path : Path
        Where to.
    grid : GridSpec
        The study grid.
    parts : sequence of Part
        In row order, without gaps.

    Returns
    -------
    (str, Summary, str)
        Digest of the content, summary, and SHA-256 of the bytes of the file.

    Raises
    ------
    StoreError
        Rows are missing or come twice, or a part cannot be read.
    ResourceError
        The disk is full.
    """
    due = 0
    for part in parts:
        if part.start != due:
            raise StoreError(f"{path}: rows from {part.start} came where row {due} was due")
        due = part.stop
    if due != grid.ny:
        raise StoreError(f"{path}: {due} of {grid.ny} rows were written")
    first = parts[0]
    content = content_hash(grid, first.dtype, first.units, first.nodata)
    summary = Summary()
    pieces = []
    for part in parts:
        add_content(content, part.path, (part.stop - part.start, grid.nx))
        for seen in part.seen:
            summary.join(seen)
        pieces.append(list(tiles(part.path)))
    TileFile(path, grid, first.dtype, first.units, first.nodata, empty=True).close()
    with disk_errors(path):
        head = _with_tiles(path.read_bytes(), [length for piece in pieces for _, length in piece])
        stored = hashlib.sha256(head)
        with path.open("wb") as file:
            file.write(head)
            for part, piece in zip(parts, pieces, strict=True):
                with part.path.open("rb") as source:
                    for offset, length in piece:
                        source.seek(offset)
                        tile = source.read(length)
                        stored.update(tile)
                        file.write(tile)
    return content.hexdigest(), summary, stored.hexdigest()


def _with_tiles(head: bytes, lengths: list[int]) -> bytes:
    """Head of a file without tiles, with the places of tiles that follow it one after another.

    Classic and large files differ in the width of their numbers [TIFF 6.0, BigTIFF].
    """
    large = head[2:4] == struct.pack("<H", 43)
    number, count, entry = ("<Q", "<Q", "<HHQ") if large else ("<I", "<H", "<HHI")
    out = bytearray(head)
    (at,) = struct.unpack_from(number, head, 8 if large else 4)
    (entries,) = struct.unpack_from(count, head, at)
    offsets = [len(head), *(len(head) + end for end in accumulate(lengths[:-1]))]
    width = struct.calcsize(entry) + struct.calcsize(number)
    for k in range(entries):
        here = at + struct.calcsize(count) + k * width
        tag, kind, many = struct.unpack_from(entry, head, here)
        if tag not in (_OFFSETS, _COUNTS):
            continue
        values = offsets if tag == _OFFSETS else lengths
        if head[:2] != b"II" or many != len(values) or max(values) >= 1 << 8 * _BYTES[kind]:
            raise StoreError(f"a grid of {len(values)} tiles has no head that they fit into")
        place = here + struct.calcsize(entry)
        if many * _BYTES[kind] > struct.calcsize(number):
            (place,) = struct.unpack_from(number, head, place)
        struct.pack_into(f"<{many}{_LETTERS[kind]}", out, place, *values)
    return bytes(out)
