"""What of a raster lies below a study, read in pieces of bounded size, each looked at once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanshui.collect.placing import Part

PIECE = 1 << 22
"""Cells of a file that are read together [D]."""
_MOST = 1 << 25
"""The same where one row of its blocks has more [D]."""

Reader = Callable[[tuple[int, int], tuple[int, int], bool], NDArray[Any]]


class Pieces:
    """Numbers of a part of a raster.

    Parameters
    ----------
    part : Part
        What is ever asked for.
    block_rows : int
        Rows that the file keeps together.
    read : function
        Numbers of rows and columns; whether they are read for the first time.
    points : (rows, columns)
        Cells whose presence is noted: those below a thinned view of the study; negative where none lies below.
    fill : float or int
        What a missing cell holds.
    """

    def __init__(
        self,
        part: Part,
        block_rows: int,
        read: Reader,
        points: tuple[NDArray[np.int64], NDArray[np.int64]],
        fill: float | int,
    ) -> None:
        self.part, self._read, self._fill = part, read, fill
        rows = max(1, PIECE // max(1, part.width))
        if rows >= block_rows or block_rows * part.width <= _MOST:
            # whole blocks of the file: none is unpacked twice
            rows = max(rows // block_rows, 1) * block_rows
        self.high = max(1, min(rows, part.height))
        self._kept: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._seen: set[int] = set()
        self._points, self._present = points, 0

    def window(self, part: Part, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Numbers of a smaller part, put together from pieces that are each read once as long as they are near."""
        whole, high = self.part, self.high
        out = np.empty((part.height, part.width), dtype)
        cols = slice(part.c0 - whole.c0, part.c1 - whole.c0)
        for k in range((part.r0 - whole.r0) // high, (part.r1 - 1 - whole.r0) // high + 1):
            piece = self._piece(k)
            top = whole.r0 + k * high
            r0, r1 = max(part.r0, top), min(part.r1, top + piece.shape[0])
            out[r0 - part.r0 : r1 - part.r0] = piece[r0 - top : r1 - top, cols]
        keep = -(-max(part.height * whole.width, PIECE) // max(1, high * whole.width)) + 1
        while len(self._kept) > keep:
            self._kept.popitem(last=False)
        return out

    def finish(self) -> None:
        """Read what was not read yet, so that what was seen does not depend on the order."""
        for k in range(-(-self.part.height // self.high)):
            if k not in self._seen:
                self._piece(k)
                self._kept.pop(k)

    @property
    def coverage(self) -> float:
        """Share of the points that have a value, of those whose pieces were read."""
        count = self._points[0].size
        return self._present / count if count else 0.0

    def _piece(self, k: int) -> NDArray[Any]:
        found = self._kept.get(k)
        if found is None:
            r0 = self.part.r0 + k * self.high
            r1 = min(r0 + self.high, self.part.r1)
            found = self._read((r0, r1), (self.part.c0, self.part.c1), k not in self._seen)
            if k not in self._seen:
                self._note(found, r0, r1)
            self._seen.add(k)
            self._kept[k] = found
        self._kept.move_to_end(k)
        return found

    def _note(self, piece: NDArray[Any], r0: int, r1: int) -> None:
        rows, cols = self._points
        here = (rows >= r0) & (rows < r1) & (cols >= self.part.c0) & (cols < self.part.c1)
        values = piece[rows[here] - r0, cols[here] - self.part.c0]
        gone = np.isnan(values) if values.dtype.kind == "f" else values == self._fill
        self._present += int(np.count_nonzero(~gone))
