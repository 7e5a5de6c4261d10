"""Amounts that a raster holds by cell, such as people, laid on the study grid so that none is lost and none is made."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from shanshui.collect.catalog import InputSpec
from shanshui.core.errors import DataError, QuantityError
from shanshui.core.units import conversion
from shanshui.kernels.cover import covered_runs
from shanshui.region.grid import GridSpec

_AT_ONCE = 1 << 18
"""Cells of a file whose outlines are held at a time [D]."""
_KNOWN = 1e-9
"""Share of a study cell that must lie below known cells of the file for it to have a value [D]."""
_PER_CELL = re.compile(r"\s*(/|per)\s*(grid\s*cell|cell|pixel|像元|格网|网格)s?\s*$", re.IGNORECASE)
_COUNTS = re.compile(
    r"(^|[^a-z])(ppp|cnt|counts?|popcount|ghs_?pop|landscan)([^a-z]|$)", re.IGNORECASE
)
_DENSITIES = re.compile(r"(^|[^a-z])(pd|dens|density|popdens)([^a-z]|$)", re.IGNORECASE)


def unit_of_amounts(spec: InputSpec, said: str, unit: str, path: Path, name: str) -> str:
    """Whether a raster holds amounts by cell or by area: the study's unit of either.

    Parameters
    ----------
    spec : InputSpec
        ``unit`` settles it.
    said : str
        Unit that the file says its numbers are in; may be empty.
    unit : str
        The study's, an amount by area, such as ``person/km2``.
    path : Path
        The file, whose name may say it: ``ppp``, ``count``, ``density`` …
    name : str
        Input, for messages.

    Returns
    -------
    str
        ``unit``, or what stands before its last stroke: the amount of a cell.

    Raises
    ------
    DataError
        Nothing says which, or a unit of neither.
    """
    amount = unit.rpartition("/")[0]
    for word in (spec.unit, said):
        text = _PER_CELL.sub("", word or "").strip()
        for own in (amount, unit):
            if text and _becomes(text, own):
                return own
    if spec.unit:
        raise DataError(
            f"{name}.unit: '{spec.unit}' is neither an amount of each cell ({amount}) nor one by area ({unit}); correct unit in "
            f"[inputs.{name}]"
        )
    counts, densities = _COUNTS.search(path.stem), _DENSITIES.search(path.stem)
    if bool(counts) == bool(densities):
        raise DataError(
            f'{name}: {path} does not say whether it holds {amount}s of each cell or {unit}; set unit = "{amount}" or '
            f'unit = "{unit}" in [inputs.{name}]'
        )
    return amount if counts else unit


def plain_unit(word: str | None) -> str | None:
    """A unit without its "per cell", which is what an amount of a cell is."""
    return None if word is None else _PER_CELL.sub("", word).strip() or None


def _becomes(word: str, unit: str) -> bool:
    try:
        conversion(word, unit)
    except QuantityError:
        return False
    return True


def laid_amounts(
    raw: NDArray[np.float32], transform: Affine, crs: CRS, part: GridSpec, *, by_cell: bool
) -> NDArray[np.float32]:
    """Amount by area of study cells from cells of a raster that lie over them.

    Parameters
    ----------
    raw : (row, column) [amount or amount/km2]
        Of each cell of the file; NaN where it is not known.
    transform : Affine
        Place of the file's cells.
    crs : CRS
        Its coordinate system.
    part : GridSpec
        Study cells.
    by_cell : bool
        Are the numbers amounts of a cell? Else they are by area.

    Returns
    -------
    (y, x) [amount/km2]
        The sum over the grid, times the area of its cells, is that of the file's cells, each by the share of its outline that lies
        on the grid. NaN where no known cell of the file lies; where only a part of a cell is known, what is known there.

    Notes
    -----
    ``D = sum_i(s_i d_i)`` with s_i the share of the study cell below cell i of the file, whose corners are brought to the study's
    equal-area system and joined by straight lines, and d_i its amount by area: the amount over the area of that outline, where
    numbers are amounts of a cell.
    """
    total, known = np.zeros(part.cells), np.zeros(part.cells)
    to = Transformer.from_crs(crs, part.projection, always_xy=True)
    wide = raw.shape[1]
    step = max(1, _AT_ONCE // max(wide, 1))
    xs = transform.c + np.arange(wide + 1) * transform.a
    for r0 in range(0, raw.shape[0], step):
        block = raw[r0 : r0 + step].astype(np.float64)
        if np.isnan(block).all():
            continue
        ys = transform.f + np.arange(r0, r0 + block.shape[0] + 1) * transform.e
        east, north = to.transform(*np.meshgrid(xs, ys))
        u = (np.asarray(east) - part.left) / part.cell_m
        v = (part.top - np.asarray(north)) / part.cell_m
        here = ~np.isnan(block) & _near(u, v, part.shape)
        if here.any():
            _add(block[here], *_outlines(u, v, here), part, total, known, by_cell=by_cell)
    return np.where(known > _KNOWN, total, np.nan).astype(np.float32).reshape(part.shape)


def _near(
    u: NDArray[np.float64], v: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Cells of the file whose corners are finite and may lie on the grid."""
    corners = [(slice(None, -1), slice(None, -1)), (slice(None, -1), slice(1, None)),
               (slice(1, None), slice(1, None)), (slice(1, None), slice(None, -1))]  # fmt: skip
    us, vs = np.stack([u[c] for c in corners]), np.stack([v[c] for c in corners])
    finite = np.isfinite(us).all(axis=0) & np.isfinite(vs).all(axis=0)
    with np.errstate(invalid="ignore"):
        inside = (us.max(axis=0) > 0) & (us.min(axis=0) < shape[1])
        inside &= (vs.max(axis=0) > 0) & (vs.min(axis=0) < shape[0])
    return np.asarray(finite & inside)


def _outlines(
    u: NDArray[np.float64], v: NDArray[np.float64], here: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of cells, five each: closed."""
    i, j = np.nonzero(here)
    rows = np.stack([i, i, i + 1, i + 1, i], axis=1)
    cols = np.stack([j, j + 1, j + 1, j, j], axis=1)
    return np.ascontiguousarray(u[rows, cols].ravel()), np.ascontiguousarray(v[rows, cols].ravel())


def _add(
    amount: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    part: GridSpec,
    total: NDArray[np.float64],
    known: NDArray[np.float64],
    *,
    by_cell: bool,
) -> None:
    """Add cells of the file to the study cells that they lie over."""
    count = amount.size
    one: NDArray[Any] = np.arange(count + 1)
    runs, cells = covered_runs(u, v, 5 * one, np.ones(count, bool), one, part.shape)
    dense = amount / (cells * part.cell_km2) if by_cell else amount
    zone = np.repeat(one[:-1], np.diff(runs.first))
    begin = runs.row.astype(np.int64) * part.nx + runs.col
    size = runs.size.astype(np.int64)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    cell = np.repeat(begin, size) + within
    share = np.repeat(runs.share, size)
    total += np.bincount(cell, share * np.repeat(dense[zone], size), total.size)
    known += np.bincount(cell, share, known.size)
