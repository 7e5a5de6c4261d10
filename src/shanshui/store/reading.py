"""A study's store looked at while another process runs it: what happened since, windows and overviews of grids."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import StoreError
from shanshui.core.process_lock import ProcessLock
from shanshui.region.grid import STRIP
from shanshui.store.kept import Kept
from shanshui.store.ledger import Ledger, Record
from shanshui.store.objects import Objects

MOST_HELD = 128 << 20
"""Bytes of overviews that are held in memory [D]."""


@dataclass(frozen=True)
class Noted:
    """One event as the ledger has it.

    Attributes
    ----------
    number : int
        Counts up; ask for what came after it.
    run : int
        Which run.
    at : float [s]
        Seconds since 1970.
    kind, step : str
        As ``flow.events.Event`` has them.
    facts : mapping
        The rest of it.
    """

    number: int
    run: int
    at: float
    kind: str
    step: str
    facts: Mapping[str, Any]


class Reading:
    """Reads the store of a study and writes nothing, whoever else works in it.

    Parameters
    ----------
    objects : Objects
        Kept results; with the ledger that knows them.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects, self.ledger = objects, _not_written(objects.ledger)
        self._held: OrderedDict[tuple[str, int], NDArray[Any]] = OrderedDict()
        self._guard = ProcessLock()

    def events(self, since: int = 0) -> list[Noted]:
        """What was noted after an event.

        Parameters
        ----------
        since : int
            Number of the last event that is known already; 0 for all.

        Returns
        -------
        list of Noted
            In order. Where the ledger was made anew meanwhile it has fewer events than that: then all of them.
        """
        rows = self.ledger.events(since)
        return [Noted(*row) for row in rows]

    def record(self, name: str, variant: str = "") -> Record:
        """How a product stands.

        Raises
        ------
        StoreError
            Not made yet.
        """
        record = self.ledger.product(name, variant)
        if record is None:
            raise StoreError(f"{name}: not made yet")
        return record

    def window(self, name: str, rows: slice, columns: slice, variant: str = "") -> xr.DataArray:
        """Part of a grid, with the cells of the study.

        Parameters
        ----------
        name : str
            Product.
        rows, columns : slice
            From the north and from the west; without steps.
        variant : str
            Under which it stands.

        Returns
        -------
        (y, x) [unit of the product]
            With the places of its cells.

        Raises
        ------
        StoreError
            Not made yet, no grid, damaged, or a window outside.
        """
        kept = self._grid(name, variant)
        ny, nx = self.objects.grid.shape
        low, high = _ends(rows, ny, f"{name}: rows")
        left, right = _ends(columns, nx, f"{name}: columns")
        grid = self.objects.grid
        with kept.reader(grid) as reader:
            values = reader.cells(slice(low, high), slice(left, right))
            part = replace(
                grid,
                left=grid.left + left * grid.cell_m,
                top=grid.top - low * grid.cell_m,
                ny=high - low,
                nx=right - left,
            )
            return part.lay(values, reader.units, nodata=reader.nodata)

    def overview(self, name: str, factor: int, variant: str = "") -> NDArray[Any]:
        """A whole grid thinned: of a quantity the mean of the known cells of each block, of classes the cell at its middle.

        Parameters
        ----------
        name : str
            Product.
        factor : int [cells]
            Side of a block; those at the south and east may be smaller.
        variant : str
            Under which it stands.

        Returns
        -------
        (y, x) [unit of the product]
            Quantities as float32, missing where no cell of a block is known; classes as they are.

        Raises
        ------
        StoreError
            Not made yet, no grid, damaged, or a factor below 1.
        """
        if factor < 1:
            raise StoreError(f"{name}: found an overview by {factor}, expected 1 or more")
        kept = self._grid(name, variant)
        key = (kept.digest, factor)
        with self._guard:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = self._thinned(kept, factor)
        made.setflags(write=False)
        with self._guard:
            self._held[key] = made
            while sum(a.nbytes for a in self._held.values()) > MOST_HELD and len(self._held) > 1:
                self._held.popitem(last=False)
        return made

    def _thinned(self, kept: Kept, factor: int) -> NDArray[Any]:
        grid = self.objects.grid
        if factor == 1:
            with kept.reader(grid) as reader:
                return np.asarray(reader.load().values)
        blocks = []
        high = factor * max(1, STRIP // factor)
        with kept.reader(grid) as reader:
            for start in range(0, grid.ny, high):
                part = reader.rows(start, min(start + high, grid.ny)).values
                if part.dtype.kind == "f":
                    blocks.append(_means(part, factor))
                else:
                    rows, columns = (_middles(side, factor) for side in part.shape)
                    blocks.append(part[np.ix_(rows, columns)])
        return np.concatenate(blocks)

    def _grid(self, name: str, variant: str) -> Kept:
        kept = self.objects.kept(self.record(name, variant).digest)
        if kept.kind != "grid":
            raise StoreError(f"{name}: found a {kept.kind}, expected a grid")
        return kept


def _not_written(ledger: Ledger) -> Ledger:
    if ledger.writes:
        raise StoreError(f"{ledger.path}: is opened to write; a reading needs one of its own")
    return ledger


def _ends(part: slice, size: int, what: str) -> tuple[int, int]:
    low = 0 if part.start is None else int(part.start)
    high = size if part.stop is None else int(part.stop)
    if part.step not in (None, 1) or not 0 <= low < high <= size:
        raise StoreError(
            f"{what}: found {low} to {high}, expected a part of 0 to {size} without steps"
        )
    return low, high


def _means(part: NDArray[Any], factor: int) -> NDArray[np.float32]:
    known = ~np.isnan(part)
    cuts = [np.arange(0, side, factor) for side in part.shape]
    total, count = np.where(known, part, 0.0).astype(np.float64), known.astype(np.int64)
    for axis in (0, 1):
        total = np.add.reduceat(total, cuts[axis], axis=axis)
        count = np.add.reduceat(count, cuts[axis], axis=axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _middles(side: int, factor: int) -> NDArray[np.intp]:
    low = np.arange(0, side, factor)
    return (low + np.minimum(low + factor, side) - 1) // 2
