"""Rasters as other circuit and landscape programs exchange them: ESRI ASCII grids, plain or gzipped, and GeoTIFF."""

import gzip
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from shanshui.core.errors import DataError

NODATA = -9999.0
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
        """Row and column of a place; none outside."""
        col = int(np.floor((x - self.left) / self.cell))
        row = int(np.floor((self.bottom + self.values.shape[0] * self.cell - y) / self.cell))
        inside = 0 <= row < self.values.shape[0] and 0 <= col < self.values.shape[1]
        return (row, col) if inside else None


def text_of(path: Path) -> str:
    """Text of a file, gzipped or not.

    Raises
    ------
    DataError
        Missing, damaged, or not text.
    """
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: cannot be read ({error}); the file may be cut off") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is neither text, gzipped text nor GeoTIFF") from error


def is_raster(path: Path) -> bool:
    """Whether a file is a GeoTIFF or an ASCII grid rather than a list."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return True
    start = text_of(path)[:200].split()
    return bool(start) and start[0].lower() in _HEADER


def read_raster(path: Path) -> Raster:
    """Grid of a file.

    Parameters
    ----------
    path : Path
        ``.asc``, ``.asc.gz``, ``.tif``.

    Returns
    -------
    Raster
        Missing cells as NaN.

    Raises
    ------
    DataError
        Header fields missing or not numbers, too few or too many cells, cells that are not numbers, cells that are not square.
    """
    with path.open("rb") if path.exists() else _missing(path) as file:
        head = file.read(4)
    if head in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return _read_tiff(path)
    return _read_ascii(path)


def _missing(path: Path) -> Any:
    raise DataError(f"{path}: there is no such file")


def _read_tiff(path: Path) -> Raster:
    try:
        with rasterio.open(path) as file:
            values = file.read(1, masked=True).astype(np.float64).filled(np.nan)
            transform, crs = file.transform, file.crs
    except RasterioError as error:
        raise DataError(f"{path}: cannot be read as GeoTIFF ({error})") from error
    width, height = transform.a, -transform.e
    if transform.b or transform.d or height <= 0:
        raise DataError(f"{path}: the grid is turned or upside down; warp it to north up")
    if abs(width - height) > 1e-4 * width:
        raise DataError(f"{path}: cells are {width:g} by {height:g}; expected square ones")
    values[values == NODATA] = np.nan
    return Raster(values, transform.c, transform.f - height * values.shape[0], width, crs)


def _read_ascii(path: Path) -> Raster:
    text = text_of(path)
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
    cell = header.get("cellsize", header.get("dx"))
    lacking = [k for k in ("ncols", "nrows") if k not in header]
    if cell is None:
        lacking.append("cellsize")
    lacking += [
        k for k in ("xllcorner", "yllcorner") if k not in header and k[:4] + "center" not in header
    ]
    if lacking or cell is None:
        raise DataError(
            f"{path}: the header lacks {', '.join(lacking)}; expected an ESRI ASCII grid"
        )
    if "dy" in header and abs(header["dy"] - cell) > 1e-4 * cell:
        raise DataError(f"{path}: cells are {cell:g} by {header['dy']:g}; expected square ones")
    rows, cols = int(header["nrows"]), int(header["ncols"])
    if rows < 1 or cols < 1 or cell <= 0:
        raise DataError(f"{path}: found {rows} rows, {cols} columns, cell size {cell:g}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(text[at:], sep=" ")
    except (ValueError, DeprecationWarning) as error:
        raise DataError(f"{path}: {_bad_word(text[at:], cols)}") from error
    if values.size != rows * cols:
        what = "cut off" if values.size < rows * cols else "longer than its header says"
        raise DataError(
            f"{path}: found {values.size} cells, expected {rows} x {cols} = {rows * cols}; the file is {what}"
        )
    values = values.reshape(rows, cols)
    values[values == header.get("nodata_value", NODATA)] = np.nan
    left = header.get("xllcorner", header.get("xllcenter", 0.0) - cell / 2)
    bottom = header.get("yllcorner", header.get("yllcenter", 0.0) - cell / 2)
    return Raster(values, left, bottom, cell)


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
