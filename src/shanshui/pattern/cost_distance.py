"""How far each cell is from the nearest source by least cost, and which source that is."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.core.form import in_one_order, named
from shanshui.core.intake import Cell, checked_cell
from shanshui.kernels.cost import accumulated_cost
from shanshui.kernels.cost_ways import allocation
from shanshui.region.grid import grid_of


@in_one_order("resistance", "sources")
def cost_distance(
    resistance: NDArray[Any] | xr.DataArray,
    sources: NDArray[Any] | xr.DataArray | Sequence[tuple[int, int]],
    *,
    cell: Cell | None = None,
    four_neighbours: bool = False,
    limit: float = math.inf,
) -> Any:
    """Least accumulated cost of reaching each cell from the nearest source.

    Parameters
    ----------
    resistance : (y, x) array [1]
        Above 0; NaN or inf where there is no way.
    sources : (y, x) array of int, or sequence of (row, column)
        Above 0 where a way may begin.
    cell : float or (float, float) [m]
        Side of a cell; that of a labelled grid, otherwise 1.
    four_neighbours : bool
        Steps to the sides only.
    limit : float [m]
        Cost beyond which cells are not reached.

    Returns
    -------
    (y, x) array or DataArray [m]
        Resistance times metres; a step costs the mean of its two cells times its length. 0 on sources, inf where none is reached.

    Raises
    ------
    QuantityError
        Resistances of 0 or less, shapes that differ, no source on ground that lets pass.
    """
    return cost_allocation(
        resistance, sources, cell=cell, four_neighbours=four_neighbours, limit=limit, allocate=False
    )[0]


@in_one_order("resistance", "sources")
def cost_allocation(
    resistance: NDArray[Any] | xr.DataArray,
    sources: NDArray[Any] | xr.DataArray | Sequence[tuple[int, int]],
    *,
    cell: Cell | None = None,
    four_neighbours: bool = False,
    limit: float = math.inf,
    allocate: bool = True,
) -> tuple[Any, Any]:
    """Least accumulated cost, and the source that it leads to.

    Parameters
    ----------
    resistance : (y, x) array [1]
        As in :func:`cost_distance`.
    sources : (y, x) array of int, or sequence of (row, column)
        Numbers above 0 name the sources; a sequence is numbered from 1.
    cell : float or (float, float) [m]
        Side of a cell.
    four_neighbours : bool
        Steps to the sides only.
    limit : float [m]
        Cost beyond which cells are not reached.
    allocate : bool
        False leaves the allocation out.

    Returns
    -------
    cost, allocation : (y, x) arrays [m], [1]
        Where two sources are equally near, the first direction east, west, south, north and the diagonals decides.

    Raises
    ------
    QuantityError
        As in :func:`cost_distance`.
    """
    values, size = checked_resistance(resistance, cell)
    label = checked_sources(values, sources)
    cost, back = accumulated_cost(
        values, label, size, four_neighbours=four_neighbours, limit=limit, ways=allocate
    )
    owner = allocation(back, label) if back is not None else None
    if not isinstance(resistance, xr.DataArray):
        return cost, owner
    labelled = resistance.copy(data=np.ascontiguousarray(cost)).assign_attrs(units="m")
    if owner is None:
        return labelled, None
    return labelled, resistance.copy(data=owner).assign_attrs(units="1", nodata=0)


def checked_resistance(
    resistance: NDArray[Any] | xr.DataArray, cell: Cell | None
) -> tuple[NDArray[np.floating], float]:
    """Plain resistances and the side of a cell.

    Raises
    ------
    QuantityError
        Values of 0 or less, or all missing.
    """
    values = np.asarray(resistance)
    if values.ndim != 2:
        raise QuantityError(
            f"resistance: found {values.ndim} dimensions; expected rows and columns"
        )
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    with np.errstate(invalid="ignore"):
        bad = values <= 0
    if bad.any():
        raise QuantityError(
            f"resistance: found {int(bad.sum())} cell(s) of {float(values[bad].min()):g} or so; expected above 0: "
            "a way without cost has no length, and a barrier is missing or infinite"
        )
    if not np.isfinite(values).any():
        raise QuantityError("resistance: found no cell that lets pass; all are missing or infinite")
    return values, side_of("resistance", resistance, cell)


def side_of(name: str, grid: NDArray[Any] | xr.DataArray, cell: Cell | None) -> float:
    """Side of the cells of a plain or labelled grid: as given, as its coordinates tell, otherwise 1.

    Parameters
    ----------
    name : str
        The argument, for messages.
    grid : (y, x) array or DataArray
        Its rows and columns under any usual name.
    cell : float or (float, float), optional [m]
        As given.

    Raises
    ------
    QuantityError
        A side that is none, coordinates that tell none.
    """
    if cell is not None:
        return checked_cell(cell)
    return grid_of(named(name, grid)).cell_m if isinstance(grid, xr.DataArray) else 1.0


def checked_sources(values: NDArray[Any], sources: Any) -> NDArray[np.int32]:
    """Numbers of the sources on the cells of the landscape.

    Raises
    ------
    QuantityError
        Another shape, places outside, no source where a way could begin.
    """
    if isinstance(sources, np.ndarray | xr.DataArray) and sources.shape == values.shape:
        label = np.nan_to_num(np.asarray(sources, np.float64), nan=0.0).astype(np.int32)
    else:
        places = np.asarray(sources)
        if places.ndim != 2 or places.shape[1] != 2:
            raise QuantityError(
                f"sources: found shape {places.shape}; expected {values.shape} or (n, 2) rows and columns"
            )
        if (places < 0).any() or (places >= values.shape).any():
            raise QuantityError("sources: found rows or columns outside the landscape")
        label = np.zeros(values.shape, np.int32)
        label[places[:, 0], places[:, 1]] = np.arange(1, len(places) + 1)
    label = np.where((label > 0) & np.isfinite(values), label, 0).astype(np.int32)
    if not (label > 0).any():
        raise QuantityError("sources: found none on cells that let pass")
    return label
