"""Rasters of any format seen alike: north up, numbers as stored, and what the file itself says of each band."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import ColorInterp, MaskFlags

from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import open_raster_file, said
from shanshui.collect.missing import Missing
from shanshui.collect.pointers import head
from shanshui.core.errors import DataError

_FREE_BLOCK, _MOST_OF_BLOCK, _PER_BYTE = 1 << 25, 1 << 30, 4096
"""Bytes of a block that any file may have, that none may have, and that it may have per byte that it takes [D]: GDAL unpacks whole
blocks."""
ANY_NUMBER = (-math.inf, math.inf)


@dataclass(frozen=True)
class Band:
    """What a file says of one of its bands.

    Attributes
    ----------
    dtype : str
        NumPy name of what is stored.
    label : str
        Name or time; may be empty.
    scale, offset : float
        Value = stored x scale + offset.
    unit : str
        Of the value; empty where the file does not say it.
    marks : tuple of float
        Stored numbers that mean missing.
    valid : (float, float)
        Range of stored numbers beyond which they mean missing.
    colour : str
        What a picture would show with it: ``palette``, ``red``, ``alpha`` …; empty for numbers.
    """

    dtype: str
    label: str = ""
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    marks: tuple[float, ...] = ()
    valid: tuple[float, float] = ANY_NUMBER
    colour: str = ""


@dataclass(frozen=True)
class Frame:
    """Where cells lie: first row in the north, first column in the west.

    Attributes
    ----------
    height, width : int
        Rows and columns.
    left, top : float
        Outer corner of the first cell, in units of ``crs``.
    dx, dy : float
        Sides of a cell, above 0.
    crs : CRS or None
        None where the file does not say it.
    """

    height: int
    width: int
    left: float
    top: float
    dx: float
    dy: float
    crs: CRS | None

    @property
    def transform(self) -> Affine:
        """Cell index to coordinate."""
        return self.part(0, 0)

    def part(self, row: int, col: int) -> Affine:
        """Cell index to coordinate, counted from a row and a column."""
        return Affine(
            self.dx, 0.0, self.left + col * self.dx, 0.0, -self.dy, self.top - row * self.dy
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        return (
            self.left,
            self.top - self.height * self.dy,
            self.left + self.width * self.dx,
            self.top,
        )


class RasterSource(Protocol):
    """A raster as numbers by band, row and column."""

    path: Path
    frame: Frame
    bands: list[Band]
    block_rows: int
    bytes: int

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Stored numbers of a part of a band (from 0), and where a mask hides them: a reason, 0 where visible."""

    def close(self) -> None:
        """Let go of the file."""


class GdalSource:
    """A raster that GDAL reads.

    Parameters
    ----------
    path : Path
        The file.
    spec : InputSpec
        ``layer`` names one of several rasters in it.
    name : str
        Input, for messages.

    Raises
    ------
    DataError
        Not there, damaged, turned, or without a place on the Earth.
    """

    def __init__(self, path: Path, spec: InputSpec, name: str) -> None:
        self.path, self._name = path, name
        self._file = open_raster_file(path, name, spec.one_layer)
        try:
            if self._file.driver == "AAIGrid":
                _refuse_miscounted(path, name, self._file.height, self._file.width)
            self.frame, self._up, self._west = _frame_of(self._file, path, name)
            if self._file.driver == "AAIGrid":
                self.frame = _with_both_corners(self.frame, path)
            self.bands = [self._band(k) for k in range(self._file.count)]
            self._flags = self._file.mask_flag_enums
            self._alpha = next(
                (
                    k + 1
                    for k, kind in enumerate(self._file.colorinterp)
                    if kind is ColorInterp.alpha
                ),
                None,
            )
            high, wide = map(int, self._file.block_shapes[0])
            files = list(self._file.files)
        except DataError:
            self._file.close()
            raise
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            self._file.close()
            raise DataError(
                f"{name}: {path} cannot be read ({said(error)}); is it complete?"
            ) from None
        self.block_rows = high
        self.bytes = sum(Path(f).stat().st_size for f in files if Path(f).is_file())
        block = high * wide * max(np.dtype(band.dtype).itemsize for band in self.bands)
        if block > _MOST_OF_BLOCK or block > max(_FREE_BLOCK, _PER_BYTE * self.bytes):
            self._file.close()
            raise DataError(
                f"{name}: {path} keeps its cells in blocks of {high} x {wide}, {block / 1e6:,.0f} MB each, in a file of "
                f"{self.bytes:,} bytes; write it in small tiles first (gdal_translate -co TILED=YES)"
            )

    def _band(self, k: int) -> Band:
        file = self._file
        nodata = file.nodatavals[k]
        dtype = str(file.dtypes[k])
        if np.dtype(dtype).kind not in "biuf":
            raise DataError(f"{self._name}: {self.path} holds {dtype}; expected real numbers")
        kind = file.colorinterp[k]
        plain = kind in (ColorInterp.gray, ColorInterp.undefined)
        return Band(
            dtype,
            file.descriptions[k] or "",
            float(file.scales[k]),
            float(file.offsets[k]),
            (file.units[k] or "").strip(),
            () if nodata is None or np.isnan(nodata) else (float(nodata),),
            colour="" if plain else kind.name,
        )

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Stored numbers of a part of a band (from 0), and where a mask or transparency hides them."""
        r0, r1 = (
            rows if not self._up else (self.frame.height - rows[1], self.frame.height - rows[0])
        )
        c0, c1 = (
            cols if not self._west else (self.frame.width - cols[1], self.frame.width - cols[0])
        )
        window = ((r0, r1), (c0, c1))
        try:
            raw = self._file.read(band + 1, window=window)
            hidden = self._hidden(band, window)
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            raise DataError(
                f"{self._name}: {self.path} cannot be read to its end ({said(error)}); is it complete?"
            ) from None
        turned = (
            slice(None, None, -1 if self._up else 1),
            slice(None, None, -1 if self._west else 1),
        )
        return raw[turned], None if hidden is None else hidden[turned]

    def _hidden(self, band: int, window: Any) -> NDArray[np.uint8] | None:
        flags = self._flags[band]
        out: NDArray[np.uint8] | None = None
        if MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags:
            mask = self._file.read_masks(band + 1, window=window)
            out = np.where(mask == 0, np.uint8(Missing.MASK), np.uint8(0))
        if self._alpha is not None and self._alpha != band + 1:
            clear = self._file.read(self._alpha, window=window) == 0
            base = np.zeros(clear.shape, np.uint8) if out is None else out
            out = np.where(clear & (base == 0), np.uint8(Missing.ALPHA), base)
        return out

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _frame_of(file: Any, path: Path, name: str) -> tuple[Frame, bool, bool]:
    """Put the place of a raster in order; whether its rows and its columns run the other way."""
    a, b, left, d, e, top = (float(v) for v in file.transform[:6])
    if not all(map(math.isfinite, (a, b, left, d, e, top))):
        raise DataError(f"{name}: {path} has no finite place; assign its corner and cell anew")
    if file.transform.is_identity and file.crs is None:
        points = "by control points, not by a corner and a cell" if file.gcps[0] else "nowhere"
        raise DataError(
            f"{name}: {path} lies {points}: its cells have no coordinates; warp it, or give it a corner and a cell"
        )
    side = abs(a) + abs(e)
    if a == 0 or e == 0 or abs(b) * file.height > 1e-3 * side or abs(d) * file.width > 1e-3 * side:
        angle = math.degrees(math.atan2(d, a))
        raise DataError(
            f"{name}: {path} is turned by {angle:.4g} degrees; expected rows that run west to east; warp it to north up "
            "(gdalwarp does)"
        )
    crs = None
    if file.crs is not None:
        try:
            crs = CRS.from_user_input(file.crs.to_wkt())
        except Exception as error:  # noqa: BLE001 - whatever the format's library raises
            raise DataError(
                f'{name}: the coordinate system of {path} is not known ({said(error)}); say it: crs = "EPSG:…"'
            ) from None
    height, width = int(file.height), int(file.width)
    frame = Frame(
        height, width, left if a > 0 else left + width * a, top if e < 0 else top + height * e,
        abs(a), abs(e), crs,
    )  # fmt: skip
    return frame, e > 0, a < 0


_PIECE = 1 << 24
_BLANKS = np.zeros(256, bool)
_BLANKS[[9, 10, 11, 12, 13, 32]] = True


def _refuse_miscounted(path: Path, name: str, rows: int, cols: int) -> None:
    """Refuse an ASCII grid with more or fewer numbers than cells: the rest would be shifted without a word."""
    if not head(path):
        return
    words, before = 0, True
    with path.open("rb") as file:
        file.seek(_body_at(file.read(1 << 14)))
        while piece := file.read(_PIECE):
            blank = _BLANKS[np.frombuffer(piece, np.uint8)]
            words += int(np.count_nonzero(~blank[1:] & blank[:-1])) + int(before and not blank[0])
            before = bool(blank[-1])
    if words != rows * cols:
        raise DataError(
            f"{name}: {path} holds {words} numbers, its header says {rows} x {cols} = {rows * cols}; is it cut off, or of "
            "another width?"
        )


def _with_both_corners(frame: Frame, path: Path) -> Frame:
    """An ASCII grid that gives the centre of its first cell one way and its corner the other, which GDAL takes for 0."""
    start = head(path)
    words = start[: _body_at(start)].lower().split()
    said = dict(zip(words[::2], words[1::2], strict=False))
    left = {b"xllcenter": 0.5 * frame.dx, b"xllcorner": 0.0}
    bottom = {b"yllcenter": 0.5 * frame.dy, b"yllcorner": 0.0}
    x, y = (next((w for w in ways if w in said), b"") for ways in (left, bottom))
    if not (x and y) or x[3:] == y[3:]:
        return frame
    try:
        west, south = float(said[x]) - left[x], float(said[y]) - bottom[y]
    except ValueError:
        return frame
    return replace(frame, left=west, top=south + frame.height * frame.dy)


def _body_at(start: bytes) -> int:
    """Where the cells of an ASCII grid begin: at the first line whose first word is a number."""
    at = 0
    while at < len(start):
        end = start.find(b"\n", at)
        end = len(start) if end < 0 else end + 1
        words = start[at:end].split()
        if words and not (words[0][:1].isalpha() and words[0].lower() not in (b"nan", b"inf")):
            return at
        at = end
    return at
