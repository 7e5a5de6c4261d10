"""Patches of cells: small gaps closed by a majority, the large ones kept and numbered."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from shanshui.kernels.distance import distance_to

Flags = NDArray[np.bool_]
_ALL = np.ones((3, 3), np.int32)


def majority(chosen: Flags, known: Flags) -> Flags:
    """What more than half of the known cells among a cell and its eight neighbours are.

    Parameters
    ----------
    chosen : (y, x) array of bool
        What is asked for.
    known : (y, x) array of bool
        Cells that have a say; others, and what lies beyond the map, have none.

    Returns
    -------
    (y, x) array of bool
        False where the cell itself is not known.
    """
    votes = ndimage.convolve((chosen & known).astype(np.int32), _ALL, mode="constant")
    voters = ndimage.convolve(known.astype(np.int32), _ALL, mode="constant")
    return np.asarray(known & (2 * votes > voters), np.bool_)


def known_flags(mask: xr.DataArray | None, shape: tuple[int, int]) -> tuple[Flags, Flags]:
    """Where a map of 1 and 0 says yes, and where it says anything; no and everywhere without a map."""
    if mask is None:
        return np.zeros(shape, bool), np.ones(shape, bool)
    yes = mask.values == 1
    return yes, yes | (mask.values == 0)


def large_patches(chosen: Flags, cells: float) -> Flags:
    """Patches of at least so many cells, joined by sides and corners."""
    label, count = ndimage.label(chosen, _ALL)
    keep = np.bincount(label.ravel(), minlength=count + 1) >= cells
    keep[0] = False
    return np.asarray(keep[label], np.bool_)


def large_cores(
    core: Flags,
    least_cells: float,
    merge_cells: float = 0.0,
    most: int = 0,
    zones: NDArray[np.integer] | None = None,
) -> NDArray[np.int32]:
    """Numbered cores of at least so many cells, the largest first; merged over small gaps, parted where zones meet."""
    shape = core
    if merge_cells > 0:
        near = distance_to(core) <= merge_cells / 2.0
        shape = core | (distance_to(~near) > merge_cells / 2.0)
    label = np.zeros(shape.shape, np.int32)
    count = 0
    for zone in [None] if zones is None else np.unique(zones[shape]):
        part, found = ndimage.label(shape if zone is None else shape & (zones == zone), _ALL)
        label[part > 0] = part[part > 0] + count
        count += found
    sizes = np.bincount(label.ravel(), minlength=count + 1)
    sizes[0] = 0
    order = [k for k in np.argsort(-sizes, kind="stable") if sizes[k] >= max(least_cells, 1.0)]
    if most:
        order = order[:most]
    number = np.zeros(count + 1, np.int32)
    number[order] = np.arange(1, len(order) + 1)
    return number[label]
