"""Several files as one raster, as if they had never been cut; and longitudes that run to 360."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from shanshui.collect.catalog import InputSpec
from shanshui.collect.companions import CUBES
from shanshui.collect.cubes import CubeSource
from shanshui.collect.missing import Missing
from shanshui.collect.pointers import head
from shanshui.collect.sources import ANY_NUMBER, Band, Frame, GdalSource, RasterSource
from shanshui.core.errors import DataError

_OPEN = 24
"""Tiles that are held open at a time [D]."""
_OFF = 0.05
"""Share of a cell by which tiles may lie off each other [D]: corners are written with so many digits."""


def opened(path: Path, spec: InputSpec, name: str) -> RasterSource:
    """One file as a raster.

    Raises
    ------
    DataError
        It is not there, or is none.
    """
    start = head(path, 4)
    if (
        path.suffix.lower() in CUBES
        or start.startswith(b"CDF")
        or (path.is_dir() and (path / "zarr.json").exists())
    ):
        return CubeSource(path, spec, name)
    return GdalSource(path, spec, name)


def whole(paths: Sequence[Path], specs: Sequence[InputSpec], name: str) -> RasterSource:
    """One file, or several that are tiles of one raster.

    Parameters
    ----------
    paths : sequence of Path
        In the order in which they were declared: where tiles overlap, the first with a value counts.
    specs : sequence of InputSpec
        Their declarations.
    name : str
        Input, for messages.

    Raises
    ------
    DataError
        One is not there or is none; tiles of another coordinate system, cell, place between the cells, or way to store.
    """
    if len(paths) == 1:
        return opened(paths[0], specs[0], name)
    first = _declared(specs[0])
    for path, spec in zip(paths[1:], specs[1:], strict=True):
        own = _declared(spec)
        words = sorted(k for k in first.keys() | own.keys() if first.get(k) != own.get(k))
        if words:
            raise DataError(
                f"{name}: {path} is declared with another {', '.join(words)} than {paths[0]}; tiles of one raster are declared alike"
            )
    return Mosaic(paths, specs, name)


_OF_EACH = {"file", "needed", "edition", "licence", "origin", "sha256", "year", "crs"}
"""What tiles of one raster may declare each for itself."""


def _declared(spec: InputSpec) -> dict[str, Any]:
    return spec.model_dump(exclude=_OF_EACH, exclude_defaults=True)


class Mosaic:
    """Tiles of one raster.

    Parameters
    ----------
    paths, specs : sequence
        Files and their declarations.
    name : str
        Input, for messages.

    Attributes
    ----------
    overlap : int
        Cells that more than one tile covers.
    """

    def __init__(self, paths: Sequence[Path], specs: Sequence[InputSpec], name: str) -> None:
        self.path, self._paths, self._specs, self._name = paths[0], list(paths), list(specs), name
        self._open: OrderedDict[int, RasterSource] = OrderedDict()
        tiles: list[tuple[Frame, list[Band]]] = []
        self.bytes, self.block_rows = 0, 1
        try:
            for k in range(len(self._paths)):
                tile = self._tile(k)
                tiles.append((tile.frame, tile.bands))
                self.bytes += tile.bytes
                self.block_rows = max(self.block_rows, tile.block_rows)
        except DataError:
            self.close()
            raise
        for k, (frame, bands) in enumerate(tiles[1:], start=1):
            self._refuse_other(k, tiles[0], (frame, bands))
        frames = [frame for frame, _ in tiles]
        one = frames[0]
        left, top = min(f.left for f in frames), max(f.top for f in frames)
        self._corners = [
            (round((top - f.top) / one.dy), round((f.left - left) / one.dx)) for f in frames
        ]
        self._shapes = [(f.height, f.width) for f in frames]
        rows = max(r + h for (r, _), (h, _) in zip(self._corners, self._shapes, strict=True))
        cols = max(c + w for (_, c), (_, w) in zip(self._corners, self._shapes, strict=True))
        self.frame = Frame(rows, cols, left, top, one.dx, one.dy, one.crs)
        self._marks = [[band.marks for band in bands] for _, bands in tiles]
        self.bands = [
            # the marks of each tile are its own, and are taken when it is read
            replace(band, dtype=_widest([b[k].dtype for _, b in tiles]), marks=(), valid=ANY_NUMBER)
            if len({b[k].marks for _, b in tiles}) > 1 or len({b[k].valid for _, b in tiles}) > 1
            else replace(band, dtype=_widest([b[k].dtype for _, b in tiles]))
            for k, band in enumerate(tiles[0][1])
        ]
        self._bands_of_tiles = [bands for _, bands in tiles]
        self.overlap = self._overlapping()

    def _tile(self, k: int) -> RasterSource:
        tile = self._open.get(k)
        if tile is None:
            tile = opened(self._paths[k], self._specs[k], self._name)
            self._open[k] = tile
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(k)
        return tile

    def _refuse_other(
        self, k: int, first: tuple[Frame, list[Band]], other: tuple[Frame, list[Band]]
    ) -> None:
        """Refuse a tile that does not continue the first one."""
        (one, bands), (frame, others) = first, other
        differs = ""
        crs = [s.crs or f.crs for s, f in ((self._specs[0], one), (self._specs[k], frame))]
        if not _same_crs(crs[0], crs[1]):
            names = [getattr(c, "name", c) or "none" for c in crs]
            differs = f"its coordinate system is {names[1]}, not {names[0]}"
        elif (
            abs(frame.dx / one.dx - 1) * frame.width > _OFF
            or abs(frame.dy / one.dy - 1) * frame.height > _OFF
        ):
            differs = f"its cells are {frame.dx:.10g} x {frame.dy:.10g}, not {one.dx:.10g} x {one.dy:.10g}"
        elif any(
            abs(at - round(at)) > _OFF
            for at in ((frame.left - one.left) / one.dx, (frame.top - one.top) / one.dy)
        ):
            differs = "its cells lie between theirs"
        elif len(others) != len(bands):
            differs = f"it has {len(others)} bands, not {len(bands)}"
        elif any(
            (a.scale, a.offset, a.unit) != (b.scale, b.offset, b.unit)
            for a, b in zip(bands, others, strict=True)
        ):
            differs = "its scale, offset or unit is another"
        if differs:
            self.close()
            raise DataError(
                f"{self._name}: {self._paths[k]} is no tile beside {self._paths[0]}: {differs}; bring them to one first "
                "(gdalwarp does), or declare one of them"
            )

    def _overlapping(self) -> int:
        """Cells of later tiles that earlier ones cover, by rectangles."""
        out = 0
        boxes = [
            (r, r + h, c, c + w) for (r, c), (h, w) in zip(self._corners, self._shapes, strict=True)
        ]
        for k, (r0, r1, c0, c1) in enumerate(boxes):
            for a0, a1, b0, b1 in boxes[:k]:
                out += max(0, min(r1, a1) - max(r0, a0)) * max(0, min(c1, b1) - max(c0, b0))
        return out

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Stored numbers of a part of a band (from 0), and where nothing is or a mask hides them."""
        shape = rows[1] - rows[0], cols[1] - cols[0]
        out = np.zeros(shape, self.bands[band].dtype)
        why = np.full(shape, np.uint8(Missing.OUTSIDE))
        for k, ((row, col), (height, width)) in enumerate(
            zip(self._corners, self._shapes, strict=True)
        ):
            r0, r1 = max(rows[0], row), min(rows[1], row + height)
            c0, c1 = max(cols[0], col), min(cols[1], col + width)
            if r0 >= r1 or c0 >= c1:
                continue
            here = slice(r0 - rows[0], r1 - rows[0]), slice(c0 - cols[0], c1 - cols[0])
            open_cells = why[here] != 0
            if not open_cells.any():
                continue
            raw, hidden = self._tile(k).read(band, (r0 - row, r1 - row), (c0 - col, c1 - col))
            gone = np.zeros(raw.shape, np.uint8) if hidden is None else hidden.copy()
            self._own_marks(k, band, raw, gone)
            # the first tile with a value counts; where none has one, the reason of the first that covers it
            take = open_cells & ((gone == 0) | (why[here] == Missing.OUTSIDE))
            out[here][take] = raw[take]
            why[here][take] = gone[take]
        return out, (why if why.any() else None)

    def _own_marks(self, k: int, band: int, raw: NDArray[Any], gone: NDArray[np.uint8]) -> None:
        facts = self._bands_of_tiles[k][band]
        free = gone == 0
        if self._specs[k].nodata is None:
            for mark in facts.marks:
                gone[free & (raw == np.asarray(mark).astype(raw.dtype))] = Missing.TAG
        else:
            for mark in _listed(self._specs[k].nodata):
                gone[free & (raw == mark)] = Missing.DECLARED
        if facts.valid != ANY_NUMBER:
            gone[free & (gone == 0) & ((raw < facts.valid[0]) | (raw > facts.valid[1]))] = (
                Missing.BEYOND
            )
        if raw.dtype.kind == "f":
            gone[free & (gone == 0) & ~np.isfinite(raw)] = Missing.NAN

    def close(self) -> None:
        """Let go of all tiles."""
        for tile in self._open.values():
            tile.close()
        self._open.clear()


def _listed(nodata: float | list[float] | None) -> list[float]:
    return [] if nodata is None else nodata if isinstance(nodata, list) else [nodata]


def _widest(dtypes: Sequence[str]) -> str:
    return str(np.result_type(*map(np.dtype, dtypes)))


def _same_crs(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return bool(CRS.from_user_input(a).equals(CRS.from_user_input(b), ignore_axis_order=True))


class Rolled:
    """A raster around the globe that begins at another meridian: the same cells, other columns first.

    Parameters
    ----------
    source : RasterSource
        Its columns go once around.
    first : int
        Its column that comes first.
    left : float [degree]
        Western edge of that column.
    """

    def __init__(self, source: RasterSource, first: int, left: float) -> None:
        self._source, self._first = source, first
        self.path, self.bands = source.path, source.bands
        self.block_rows, self.bytes = source.block_rows, source.bytes
        self.frame = replace(source.frame, left=left)

    def read(
        self, band: int, rows: tuple[int, int], cols: tuple[int, int]
    ) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
        """Stored numbers of a part of a band (from 0), and where a mask hides them."""
        wide = self.frame.width
        start, stop = cols[0] + self._first, cols[1] + self._first
        parts = []
        while start < stop:
            a = start % wide
            b = min(wide, a + stop - start)
            parts.append(self._source.read(band, rows, (a, b)))
            start += b - a
        raw = np.concatenate([values for values, _ in parts], axis=1)
        if all(hidden is None for _, hidden in parts):
            return raw, None
        return raw, np.concatenate(
            [np.zeros(v.shape, np.uint8) if h is None else h for v, h in parts], axis=1
        )

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()
