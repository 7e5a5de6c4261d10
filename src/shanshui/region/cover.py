"""Which part of each cell lies in which zone, exactly: made once for zones and a grid, asked for as many maps as wanted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.kernels.cover import Runs, rescaled
from shanshui.kernels.zonal import (
    Sums,
    add_classes,
    add_rows,
    gather_by_cover,
    label_shares,
    spread_by_cover,
    zone_values,
)
from shanshui.region.grid import GridSpec, grid_of

BLOCK = 4_000_000
"""Cells that are held in another type at once [D]: 32 MB."""


@dataclass(frozen=True, eq=False)
class Cover:
    """Cells of zones and the share of each that lies within; each zone by itself, however they lie over one another.

    Attributes
    ----------
    grid : GridSpec
        Whose cells.
    zones : Index
        Rows of the polygons.
    area_km2 : (zones,) [km2]
        Of each zone whole, also beyond the grid.
    runs : Runs
        Cells side by side in a row that are covered alike.
    """

    grid: GridSpec
    zones: pd.Index
    area_km2: NDArray[np.float64]
    runs: Runs

    @property
    def inside_km2(self) -> NDArray[np.float64]:
        """Area of each zone on the grid."""
        runs = self.runs
        cells = np.concatenate([[0.0], np.cumsum(runs.size * runs.share)])
        return np.asarray(np.diff(cells[runs.first]) * self.grid.cell_km2, np.float64)

    def along(self, inside: NDArray[np.bool_]) -> "Cover":
        """The same zones on the cells of a region, of which every cell belongs wholly to the zones that have a part of it.

        Parameters
        ----------
        inside : (y, x)
            Cells of the region: along its outline they are in or out by their centre.

        Returns
        -------
        Cover
            Shares of cells that reach beyond all zones grow to 1 together, so that what zones sum up to is the region; cells
            outside it are left out. The lines between zones are as exact as before.
        """
        taken = self.spread(np.ones(self.grid.shape), np.ones(len(self.zones)))
        scale = np.where(inside, 1.0 / np.where(taken > 0, np.minimum(taken, 1.0), 1.0), 0.0)
        return replace(self, runs=rescaled(self.runs, scale))

    def cells(self, zone: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Cells of one zone, counted along rows, and the share of each in it; ``zone`` is its place in order."""
        runs, part = self.runs, slice(self.runs.first[zone], self.runs.first[zone + 1])
        size = runs.size[part].astype(np.int64)
        start = runs.row[part].astype(np.int64) * self.grid.nx + runs.col[part]
        ahead = np.repeat(np.cumsum(size) - size, size)
        flat = np.repeat(start, size) + np.arange(size.sum()) - ahead
        return flat, np.repeat(runs.share[part], size)

    def sums(
        self, values: xr.DataArray, weights: xr.DataArray | None = None, *, squares: bool = False
    ) -> Sums:
        """Cells, weight, total, least, greatest and squares of the known cells of each zone.

        Parameters
        ----------
        values : (y, x) [any]
            On the grid of the cover; NaN, or the ``nodata`` of codes, is missing and does not count.
        weights : (y, x) [any], optional
            At least 0; a cell without one is missing.
        squares : bool
            Whether sums of squares about the mean are wanted.

        Returns
        -------
        Sums
            A zone without a known cell has a count of 0: its total says nothing.
        """
        out = Sums.begun(self.runs)
        for start, block in self._blocks(values, weights):
            add_rows(block[0], block[1], start, self.runs, out, squares=squares)
        return out

    def class_cells(
        self, codes: xr.DataArray, classes: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Classes of a map, and the cells of each in each zone.

        Parameters
        ----------
        codes : (y, x) [1]
            Class codes; NaN or ``nodata`` is missing.
        classes : (k,), optional
            Those wanted; all that are on the map by default.

        Returns
        -------
        ((k,), (zones, k) [cell])
            Cells by their share.
        """
        self._require_own(codes, "codes")
        found = present(codes) if classes is None else np.sort(np.asarray(classes))
        out = np.zeros((len(self.zones), found.size))
        at = self.runs.first[:-1].copy()
        for start, block in rows_of(codes):
            if found.size:
                add_classes(_place(block, found), start, self.runs, at, out)
        return found, out

    def shared_cells(self, labels: xr.DataArray) -> pd.DataFrame:
        """Cells that each zone shares with each label.

        Parameters
        ----------
        labels : (y, x) [1]
            0 is outside.

        Returns
        -------
        DataFrame
            Columns ``zone`` (place in order), ``label``, ``cells``; pairs that meet only.
        """
        self._require_own(labels, "labels")
        label = np.ascontiguousarray(labels.values)
        most = np.diff(np.concatenate([[0], np.cumsum(self.runs.size)])[self.runs.first])
        unit = np.empty(int(most.max(initial=0)), np.int64)
        cells = np.empty(unit.size)
        parts = []
        for zone in range(len(self.zones)):
            n = label_shares(label, self.runs, zone, unit, cells)
            found, place = np.unique(unit[:n], return_inverse=True)
            total = np.bincount(place, cells[:n], found.size)
            parts.append(pd.DataFrame({"zone": zone, "label": found, "cells": total}))
        if not parts:
            return pd.DataFrame({"zone": np.empty(0, int), "label": np.empty(0, int), "cells": []})
        return pd.concat(parts, ignore_index=True)

    def known_values(
        self, values: xr.DataArray, weights: xr.DataArray | None = None
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Known values of each zone in turn and what each weighs: share of its cell, times its weight if any.

        Holds as much as the rows between the north and the south of one zone.
        """
        self._require_own(values, "grid")
        runs, whole = self.runs, _plain(values)
        beside = None if weights is None else _plain(weights)
        for zone in range(len(self.zones)):
            part = slice(runs.first[zone], runs.first[zone + 1])
            if part.start == part.stop:
                yield np.empty(0), np.empty(0)
                continue
            top, low = int(runs.row[part.start]), int(runs.row[part.stop - 1]) + 1
            first = top
            if whole is None or (weights is not None and beside is None):
                held = _floats(values, top, low)
                by = None if weights is None else _floats(weights, top, low)
            else:
                held, by, first = whole, beside, 0
            cells = int(runs.size[part].sum())
            value, weight = np.empty(cells), np.empty(cells)
            n = zone_values(held, by, first, runs, zone, value, weight)
            yield value[:n], weight[:n]

    def spread(
        self, weight: NDArray[np.floating], factor: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Weight of each cell times the factors of the zones that have a part of it, each by that part.

        Parameters
        ----------
        weight : (y, x)
            NaN is missing.
        factor : (zones,)
            NaN leaves the cells of the zone without a number.

        Returns
        -------
        (y, x)
            0 outside all zones; NaN where the weight is.
        """
        out = np.where(np.isnan(weight), np.nan, 0.0)
        spread_by_cover(weight, self.runs, np.asarray(factor, np.float64), out)
        return out

    def gather(
        self,
        labels: NDArray[np.int32],
        weight: NDArray[np.floating],
        factor: NDArray[np.float64],
        count: int,
    ) -> NDArray[np.float64]:
        """What :meth:`spread` would lay down, summed by label.

        Parameters
        ----------
        labels, weight : (y, x)
            0 is outside; NaN is missing.
        factor : (zones, columns)
            Several at once.
        count : int
            Greatest label.

        Returns
        -------
        (count + 1, columns)
            By label.
        """
        return np.asarray(gather_by_cover(labels, weight, self.runs, factor, count), np.float64)

    def _blocks(
        self, values: xr.DataArray, weights: xr.DataArray | None
    ) -> Iterator[tuple[int, tuple[NDArray[Any], NDArray[Any] | None]]]:
        self._require_own(values, "grid")
        if weights is not None:
            self._require_own(weights, "weights")
        whole = _plain(values)
        beside = None if weights is None else _plain(weights)
        if whole is not None and (weights is None or beside is not None):
            yield 0, (whole, beside)
            return
        for start, stop in self.grid.strips(max(1, BLOCK // self.grid.nx)):
            by = None if weights is None else _floats(weights, start, stop)
            yield start, (_floats(values, start, stop), by)

    def _require_own(self, values: xr.DataArray, name: str) -> None:
        found = grid_of(values)
        own = self.grid
        apart = max(abs(found.left - own.left), abs(found.top - own.top))
        if found.shape != own.shape or apart > 1e-6 * own.cell_m or found.cell_m != own.cell_m:
            raise QuantityError(
                f"{name}: {found.ny} x {found.nx} cells of {found.cell_m:g} m from {found.left:g}, {found.top:g}; expected "
                f"{own.ny} x {own.nx} of {own.cell_m:g} m from {own.left:g}, {own.top:g}: bring all to one grid"
            )


def rows_of(values: xr.DataArray) -> Iterator[tuple[int, NDArray[Any]]]:
    """Rows of a grid, some at a time: first row and cells."""
    rows = max(1, BLOCK // max(values.sizes["x"], 1))
    for start in range(0, values.sizes["y"], rows):
        yield start, values[start : start + rows].values


def present(codes: xr.DataArray) -> NDArray[Any]:
    """Values that a map of classes holds, missing ones left out."""
    missing = codes.attrs.get("nodata")
    found: NDArray[Any] = np.empty(0, codes.dtype)
    for _, block in rows_of(codes):
        found = np.union1d(found, np.unique(block))
        if found.size > MOST_CLASSES:
            raise QuantityError(
                f"{'grid' if codes.name is None else codes.name}: more than {MOST_CLASSES} different values; expected a map of classes: "
                "classes are counted one by one"
            )
    found = found[np.isfinite(found)] if found.dtype.kind == "f" else found
    return found if missing is None else found[found != missing]


MOST_CLASSES = 4096
"""Classes that are counted at once [D]."""


def _place(block: NDArray[Any], found: NDArray[Any]) -> NDArray[np.int32]:
    """Place of each cell's class among those found; -1 where it is none of them."""
    if block.dtype.kind in "iu" and int(found[-1]) - int(found[0]) < 1 << 20:
        low = int(found[0])
        table = np.full(int(found[-1]) - low + 1, -1, np.int32)
        table[found.astype(np.int64) - low] = np.arange(found.size)
        wide = block.astype(np.int64) - low
        seen = (wide >= 0) & (wide < table.size)
        return np.where(seen, table[np.where(seen, wide, 0)], np.int32(-1))
    at = np.minimum(np.searchsorted(found, block), found.size - 1)
    return np.where(found[at] == block, at, -1).astype(np.int32)


def _plain(values: xr.DataArray) -> NDArray[Any] | None:
    """Cells as they lie in memory, where a kernel can read them without a copy."""
    held: object = values.variable._data
    if not isinstance(held, np.ndarray) or values.attrs.get("nodata") is not None:
        return None
    return held if held.dtype in (np.float32, np.float64) and held.flags.c_contiguous else None


def _floats(values: xr.DataArray, start: int, stop: int) -> NDArray[np.float64]:
    """Rows as numbers, NaN where they are missing."""
    block = values[start:stop].values
    out = np.array(block, np.float64, order="C")
    missing = values.attrs.get("nodata")
    if missing is not None:
        out[block == missing] = np.nan
    return out
