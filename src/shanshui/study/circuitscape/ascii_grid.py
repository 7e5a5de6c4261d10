"""Rasters as other circuit and landscape programs exchange them: ESRI ASCII grids, plain or gzipped, and GeoTIFF."""

import gzip
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from shanshui.collect.catalog import InputSpec
from shanshui.collect.looking import reasons_of
from shanshui.collect.missing import Missing
from shanshui.collect.sources import GdalSource
from shanshui.core.errors import DataError, ResourceError
from shanshui.study.circuitscape.packed import bytes_of, decoded, is_packed, text_of, unpack

NODATA = -9999.0
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_HEAD = 4096
"""Bytes in which a header ends."""
_LONGEST_CELL = 40
"""Letters of one number with what parts it from the next: the longest double has 24."""
_BYTES_PER_CELL = 24
_FAR = 1e15
_HEADER = {
    "ncols",
    "nrows",
    "xllcorner",
    "yllcorner",
    "xllcenter",
    "yllcenter",
    "cellsize",
    "nodata_value",
    "dx",
    "dy",
}


@dataclass(frozen=True)
class Raster:
    """A grid of numbers and where it lies.

    Attributes
    ----------
    values : (y, x) array of float64
        NaN where missing.
    left, bottom : float
        Outer corner at the lower left, in map units.
    cell : float
        Side of a cell in map units.
    crs : any
        Coordinate system, where the file says it.
    """

    values: NDArray[np.float64]
    left: float
    bottom: float
    cell: float
    crs: Any = None

    def same_place(self, other: "Raster") -> str:
        """What differs from another grid, in words; empty when they lie on each other."""
        if self.values.shape != other.values.shape:
            return f"rows and columns {other.values.shape}, not {self.values.shape}"
        if abs(self.cell - other.cell) > 1e-6 * self.cell:
            return f"cell size {other.cell:g}, not {self.cell:g}"
        slack = 1e-3 * self.cell
        if abs(self.left - other.left) > slack or abs(self.bottom - other.bottom) > slack:
            return (
                f"lower left corner {other.left:.10g}, {other.bottom:.10g}, "
                f"not {self.left:.10g}, {self.bottom:.10g}"
            )
        return ""

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of a place; none outside.

        A place on the line between two cells is of the left or the upper one, as in the program that the lists are written for:
        column ceil((x - left) / cell), row ceil(rows - (y - bottom) / cell), both counted from 1.
        """
        if not (np.isfinite(x) and np.isfinite(y)):
            return None
        rows, cols = self.values.shape
        right, down = (x - self.left) / self.cell, rows - (y - self.bottom) / self.cell
        if not (0 <= right <= cols and 0 <= down <= rows):
            return None
        return max(int(np.ceil(down)) - 1, 0), max(int(np.ceil(right)) - 1, 0)


def is_raster(path: Path) -> bool:
    """Whether a file is a GeoTIFF or an ASCII grid rather than a list.

    Raises
    ------
    DataError
        Missing or unreadable.
    """
    head = bytes_of(path, 200)
    if head[:4] in _TIFF:
        return True
    start = decoded(head, path, part=True).split()
    return bool(start) and start[0].lower() in _HEADER


def read_raster(path: Path, room: int | None = None) -> Raster:
    """Grid of a file.

    Parameters
    ----------
    path : Path
        ``.asc`` or ``.tif``, gzipped or not.
    room : int, optional [byte]
        Memory that there is: what a file declares is held against it before it is read.

    Returns
    -------
    Raster
        Missing cells as NaN.

    Raises
    ------
    DataError
        Header fields missing or not numbers, too few or too many cells, cells that are not numbers, cells that are not square.
    ResourceError
        More cells than memory holds.
    """
    if bytes_of(path, 4) not in _TIFF:
        return _read_ascii(path, room)
    if not is_packed(path):
        return _read_tiff(path, room)
    with tempfile.TemporaryDirectory() as folder:
        loose = Path(folder) / "grid.tif"
        unpack(path, loose, room)
        try:
            return _read_tiff(loose, room)
        except (DataError, ResourceError) as error:
            raise type(error)(str(error).replace(str(loose), str(path))) from error


def _refuse_size(path: Path, rows: int, cols: int, room: int | None) -> None:
    need = rows * cols * _BYTES_PER_CELL
    if room is not None and need > room:
        raise ResourceError(
            f"{path}: {rows} x {cols} cells need about {need / 2**30:.1f} GiB and {room / 2**30:.1f} GiB are free; "
            "cut out a part, or take larger cells"
        )


def _read_tiff(path: Path, room: int | None) -> Raster:
    source = GdalSource(path, InputSpec(file=str(path)), "circuit")
    try:
        frame, band = source.frame, source.bands[0]
        _refuse_size(path, frame.height, frame.width, room)
        if abs(frame.dx - frame.dy) > 1e-4 * frame.dx:
            raise DataError(f"{path}: cells are {frame.dx:g} by {frame.dy:g}; expected square ones")
        raw, hidden = source.read(0, (0, frame.height), (0, frame.width))
        marks = dict.fromkeys((*band.marks, NODATA), Missing.TAG)
        values = raw.astype(np.float64)
        values[reasons_of(raw, hidden, marks, band) > 0] = np.nan
    finally:
        source.close()
    return Raster(values, frame.left, frame.top - frame.dy * frame.height, frame.dx, frame.crs)


def _read_ascii(path: Path, room: int | None) -> Raster:
    start = decoded(bytes_of(path, _HEAD), path, part=True)
    header, _ = _header_of(start[: start.rfind("\n") + 1] or start, path)
    rows, cols, cell = _checked_header(path, header)
    _refuse_size(path, rows, cols, room)
    text = text_of(path, rows * cols * _LONGEST_CELL + _HEAD)
    header, at = _header_of(text, path)
    if rows * cols > len(text) - at:
        raise DataError(
            f"{path}: found at most {(len(text) - at) // 2} cells, expected {rows} x {cols} = {rows * cols}; the file is cut off"
        )
    values = _cells(path, text[at:], rows, cols)
    values[values == header.get("nodata_value", NODATA)] = np.nan
    left = header.get("xllcorner", header.get("xllcenter", 0.0) - cell / 2)
    bottom = header.get("yllcorner", header.get("yllcenter", 0.0) - cell / 2)
    return Raster(values, left, bottom, cell)


def _header_of(text: str, path: Path) -> tuple[dict[str, float], int]:
    """Fields of the header, and where the cells begin."""
    header: dict[str, float] = {}
    at = 0
    while True:
        end = text.find("\n", at)
        words = text[at : end if end >= 0 else len(text)].split()
        if words and words[0].lower() not in _HEADER:
            break
        if words:
            try:
                header[words[0].lower()] = float(words[1])
            except (IndexError, ValueError) as error:
                raise DataError(
                    f"{path}: header line '{' '.join(words)}' has no number; expected e.g. 'cellsize 100'"
                ) from error
        if end < 0:
            at = len(text)
            break
        at = end + 1
    return header, at


def _checked_header(path: Path, header: dict[str, float]) -> tuple[int, int, float]:
    """Rows, columns and side of a cell."""
    cell = header.get("cellsize", header.get("dx"))
    lacking = [k for k in ("ncols", "nrows") if k not in header]
    if cell is None:
        lacking.append("cellsize")
    lacking += [
        k
        for k in ("xllcorner", "yllcorner")
        if k not in header and k.replace("corner", "center") not in header
    ]
    if lacking or cell is None:
        raise DataError(
            f"{path}: the header lacks {', '.join(lacking)}; expected an ESRI ASCII grid"
        )
    if "dy" in header and abs(header["dy"] - cell) > 1e-4 * cell:
        raise DataError(f"{path}: cells are {cell:g} by {header['dy']:g}; expected square ones")
    for key, value in header.items():
        if key != "nodata_value" and not abs(value) < _FAR:
            raise DataError(f"{path}: {key} is {value:g}; expected a finite number")
    for key in ("nrows", "ncols"):
        if header[key] != int(header[key]) or header[key] < 1:
            raise DataError(f"{path}: {key} is {header[key]:g}; expected a whole number above 0")
    if cell <= 0:
        raise DataError(f"{path}: cellsize is {cell:g}; expected a number above 0")
    return int(header["nrows"]), int(header["ncols"]), cell


def _cells(path: Path, body: str, rows: int, cols: int) -> NDArray[np.float64]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(body, sep=" ")
    except (ValueError, DeprecationWarning) as error:
        raise DataError(f"{path}: {_bad_word(body, cols)}") from error
    if values.size != rows * cols:
        what = "cut off" if values.size < rows * cols else "longer than its header says"
        raise DataError(
            f"{path}: found {values.size} cells, expected {rows} x {cols} = {rows * cols}; the file is {what}"
        )
    return values.reshape(rows, cols)


def _bad_word(body: str, cols: int) -> str:
    for k, word in enumerate(body.split()):
        try:
            float(word)
        except ValueError:
            return f"row {k // cols + 1}, column {k % cols + 1}: found '{word[:30]}', expected a number"
    return "a cell is not a number"


def write_raster(
    path: Path,
    values: NDArray[np.float64],
    like: Raster,
    *,
    tiff: bool = False,
    compress: bool = False,
) -> Path:
    """Write a grid where another one lies; missing cells are -9999.

    Parameters
    ----------
    path : Path
        Without ``.gz``; ``.asc`` becomes ``.tif`` for GeoTIFF.
    values : (y, x) array
        What to write.
    like : Raster
        Where it lies.
    tiff, compress : bool
        GeoTIFF; gzip an ASCII grid.

    Returns
    -------
    Path
        The file.
    """
    filled = np.where(np.isnan(values), NODATA, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    if tiff:
        place = path.with_suffix(".tif")
        top = like.bottom + like.cell * values.shape[0]
        with rasterio.open(
            place,
            "w",
            driver="GTiff",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype="float64",
            crs=like.crs,
            nodata=NODATA,
            transform=Affine(like.cell, 0.0, like.left, 0.0, -like.cell, top),
            compress="deflate",
        ) as file:
            file.write(filled, 1)
        return place
    header = (
        f"ncols {values.shape[1]}\nnrows {values.shape[0]}\nxllcorner {like.left!r}\n"
        f"yllcorner {like.bottom!r}\ncellsize {like.cell!r}\nNODATA_value {NODATA:g}\n"
    )
    body = "\n".join(" ".join(map(_number, row)) for row in filled.tolist()) + "\n"
    if compress:
        place = path.with_name(path.name + ".gz")
        with place.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            file.write((header + body).encode())
        return place
    path.write_text(header + body)
    return path


def _number(value: float) -> str:
    return "-9999" if value == NODATA else f"{value:.12g}"
