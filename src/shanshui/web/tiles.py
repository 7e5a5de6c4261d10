"""Grids of a study as pictures of the web's squares, straight from the store."""

import io
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shanshui.core.process_lock import ProcessLock
from shanshui.kernels.picture import cells_under
from shanshui.region.grid import GridSpec
from shanshui.report.colouring import Colouring
from shanshui.store.reading import Reading
from shanshui.web.mercator import SIDE, Pixels, Tile, pixels_of

T = TypeVar("T")
NEAR = 4
"""Up to so many cells a pixel, cells are read as they are; beyond, from a grid thinned by a power of two [D]."""
WHOLE = 4_000_000
"""Grids of so many cells are held whole while they are looked at [D]: 16 MB."""
MOST_BYTES = 64 << 20
"""Bytes of pictures that are held [D]."""


class Held(Generic[T]):
    """What was made last, up to a size; each made once however many ask at a time.

    Parameters
    ----------
    size : callable
        Bytes of one.
    most : int [B]
        Of all.
    """

    def __init__(self, size: Callable[[T], int], most: int) -> None:
        self._size, self._most, self._bytes = size, most, 0
        self._made: OrderedDict[Hashable, T] = OrderedDict()
        self._guard = ProcessLock()
        self._making: dict[Hashable, ProcessLock] = {}

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give what stands under a key, or make it."""
        with self._guard:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
            making = self._making.setdefault(key, ProcessLock())
        with making:
            with self._guard:
                if key in self._made:
                    return self._made[key]
            try:
                made = make()
            finally:
                with self._guard:
                    self._making.pop(key, None)
            with self._guard:
                self._made[key] = made
                self._bytes += self._size(made)
                while self._bytes > self._most and len(self._made) > 1:
                    self._bytes -= self._size(self._made.popitem(last=False)[1])
            return made


class Tiles:
    """Pictures of the grids of one study.

    Parameters
    ----------
    reading : Reading
        Of its store.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._pictures: Held[bytes] = Held(len, MOST_BYTES)

    def picture(self, name: str, variant: str, tile: Tile, colouring: Colouring | None) -> bytes:
        """One square of a grid in the colours of its legend, as PNG; clear where nothing is known.

        Parameters
        ----------
        name, variant : str
            Product, and under which variant it stands.
        tile : Tile
            Which square.
        colouring : Colouring
            Of the product; None where no cell has a value.

        Raises
        ------
        StoreError
            Not made yet, no grid, or damaged.
        """
        if colouring is None:
            return _png(np.zeros((SIDE, SIDE), np.uint8), np.zeros((256, 3), np.uint8))
        digest = self.reading.record(name, variant).digest
        return self._pictures.of(
            (digest, tile, colouring), lambda: self._drawn(name, variant, tile, colouring)
        )

    def _drawn(self, name: str, variant: str, tile: Tile, colouring: Colouring) -> bytes:
        at = pixels_of(tile, self.reading.objects.grid)
        values = None if at is None else self._sampled(name, variant, at)
        if values is None:
            return _png(np.zeros((SIDE, SIDE), np.uint8), colouring.palette)
        return _png(colouring.places(values), colouring.palette)

    def heights(self, name: str, variant: str, tile: Tile) -> bytes:
        """One square of heights in red, green and blue, as PNG: h = 256 r + g + b / 256 - 32768 m, interpolated between cells.

        Parameters
        ----------
        name, variant : str
            Grid of heights [m], and under which variant it stands.
        tile : Tile
            Which square.

        Raises
        ------
        StoreError
            Not made yet, no grid, or damaged.
        """
        digest = self.reading.record(name, variant).digest
        return self._pictures.of(
            (digest, tile, "heights"), lambda: self._relief(name, variant, tile)
        )

    def _relief(self, name: str, variant: str, tile: Tile) -> bytes:
        at = pixels_of(tile, self.reading.objects.grid)
        values = None if at is None else self._smooth(name, variant, at)
        if values is None:
            values = np.zeros((SIDE, SIDE), np.float32)
        steps = np.round((np.nan_to_num(values).astype(np.float64) + 32768.0) * 256.0)
        whole = np.clip(steps, 0, 2**24 - 1).astype(np.uint32)
        parts = [(whole >> 16) & 255, (whole >> 8) & 255, whole & 255]
        sink = io.BytesIO()
        Image.fromarray(np.stack(parts, axis=2).astype(np.uint8), "RGB").save(
            sink, "PNG", compress_level=1
        )
        return sink.getvalue()

    def _source(self, name: str, variant: str, at: Pixels) -> "_Part | None":
        """The cells that some pixels show, as they are or thinned."""
        grid = self.reading.objects.grid
        factor = 1
        while factor * 2 <= at.cells:
            factor *= 2
        if factor >= NEAR or grid.cells <= WHOLE:
            return _Part(self.reading.overview(name, factor, variant), 0, 0, factor)
        box = _box(at, grid)
        if box is None:
            return None
        rows, columns = box
        values = self.reading.window(name, rows, columns, variant)
        return _Part(values.values, rows.start, columns.start, 1)

    def _sampled(self, name: str, variant: str, at: Pixels) -> NDArray[np.float32] | None:
        """Value of the cell under each pixel; NaN outside and where it is missing."""
        part = self._source(name, variant, at)
        if part is None:
            return None
        kept = self.reading.objects.kept(self.reading.record(name, variant).digest)
        return part.nearest(at, kept.facts.get("nodata"))

    def _smooth(self, name: str, variant: str, at: Pixels) -> NDArray[np.float32] | None:
        part = self._source(name, variant, at)
        return None if part is None else part.between(at)


class _Part:
    """Some cells of a grid, or of a thinned one, and where they lie."""

    def __init__(self, values: NDArray[Any], row: int, column: int, factor: int) -> None:
        self.values, self.row, self.column, self.factor = values, row, column, factor

    def nearest(self, at: Pixels, nodata: float | None) -> NDArray[np.float32]:
        whole = self.values.dtype.kind != "f"
        return np.asarray(
            cells_under(
                at.rows,
                at.columns,
                SIDE,
                self.values,
                float(self.row),
                float(self.column),
                float(self.factor),
                float(nodata) if whole and nodata is not None else np.nan,
            )
        )

    def between(self, at: Pixels) -> NDArray[np.float32]:
        """Interpolated between the middles of cells; the nearest one at the rim."""
        ny, nx = self.values.shape
        row = np.nan_to_num((at.row() - self.row) / self.factor - 0.5)
        column = np.nan_to_num((at.column() - self.column) / self.factor - 0.5)
        row, column = np.clip(row, 0, ny - 1), np.clip(column, 0, nx - 1)
        up, left = row.astype(np.int64), column.astype(np.int64)
        down, right = np.minimum(up + 1, ny - 1), np.minimum(left + 1, nx - 1)
        dy, dx = row - up, column - left
        filled = np.nan_to_num(np.asarray(self.values, np.float32))
        above = filled[up, left] * (1 - dx) + filled[up, right] * dx
        below = filled[down, left] * (1 - dx) + filled[down, right] * dx
        return np.asarray(above * (1 - dy) + below * dy, np.float32)


def _box(at: Pixels, grid: GridSpec) -> tuple[slice, slice] | None:
    """Rows and columns that some pixels show; None where they are outside."""
    out = []
    for places, size in ((at.rows, grid.ny), (at.columns, grid.nx)):
        low = max(0, int(np.floor(np.nanmin(places))) - 1)
        high = min(size, int(np.ceil(np.nanmax(places))) + 2)
        if low >= high:
            return None
        out.append(slice(low, high))
    return out[0], out[1]


def _png(places: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Picture of 256 colours, the first of which is clear."""
    picture = Image.fromarray(places, "P")
    picture.putpalette(palette.tobytes())
    sink = io.BytesIO()
    picture.save(sink, "PNG", transparency=0, compress_level=1)
    return sink.getvalue()
