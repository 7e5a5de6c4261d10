"""Where water goes: the conditioned surface, its directions, and what gathers along them."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from shanshui.basins.tables import DrainageCheck
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import (
    Elevation,
    FlowDirection,
    FlowDistance,
    Rivers,
    UpstreamArea,
)
from shanshui.kernels.accumulate import (
    accumulate,
    distance_to_outlet,
    downstream,
    reach_outlet,
    upstream_order,
)
from shanshui.kernels.flood import breach, priority_flood
from shanshui.kernels.flowdir import OUTSIDE, d8
from shanshui.region.grid import grid_of, like
from shanshui.region.holes import water_into_holes
from shanshui.region.unitset import burnt

RIM_CELLS = 2
"""Cells along the rim that are never lowered [D] (decisions/0004-burning)."""


@assessment(source="wei2018", bytes_per_cell=14)
def conditioned_elevation(
    elevation: Elevation,
    rivers: Rivers | None = None,
    *,
    method: Annotated[str, OneOf("fill", "breach")] = "fill",
    burn_depth_m: Annotated[float, Between(0.0, 5000.0)] = 0.0,
    burn_buffer_m: Annotated[float, Between(0.0, 1e5)] = 0.0,
) -> Elevation:
    """Ground without depressions, from which all water leaves.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height; missing cells are outside and take water.
    rivers : lines, optional
        Known courses, to be burnt in.
    method : str
        ``fill`` raises depressions to their spill level; ``breach`` digs a trench out of each instead.
    burn_depth_m : float [m]
        How far known rivers are lowered first; 0 leaves them. Coarse grids whose gorges are narrower than a
        cell need hundreds of metres.
    burn_buffer_m : float [m]
        Cells whose centre is this near to a river are lowered; half a cell at least.

    Returns
    -------
    (y, x) [m]
        For routing only: heights along burnt rivers and in depressions are not the ground's.

    Raises
    ------
    QuantityError
        A burn depth without rivers.

    Notes
    -----
    ``fill``: ``z' = min over paths to the rim of the greatest z on the path``, by priority flood (Wei, Zhou and Fu 2018 [M]).
    ``breach``: along the cheapest path out of each depression heights are lowered to that of its floor (Lindsay 2016 [M]).
    Burning first: ``z - burn_depth_m`` within ``burn_buffer_m`` of a river, never within two cells of the rim [D]. z is the
    height [m].
    """
    height = np.array(elevation.values, np.float32)
    grid = grid_of(elevation)
    if burn_depth_m > 0:
        if rivers is None:
            raise QuantityError(
                "rivers: burn_depth_m is set but no rivers are given; bind [inputs.rivers] or set burn_depth_m = 0"
            )
        lowered = burnt(rivers, grid, max(burn_buffer_m, 0.5 * grid.cell_m))
        # a trench through the rim would be a drain: rivers that enter there would run backwards
        height[lowered & _inner(np.isfinite(height))] -= np.float32(burn_depth_m)
    shaped = priority_flood(height) if method == "fill" else priority_flood(breach(height))
    return elevation.copy(data=shaped).rename("conditioned_elevation")


def _inner(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells further than ``RIM_CELLS`` from the rim."""
    return binary_erosion(inside, np.ones((3, 3), bool), RIM_CELLS)


@assessment(source="barnes2014flats", bytes_per_cell=14)
def flow_direction(conditioned_elevation: Elevation) -> FlowDirection:
    """Neighbour to which each cell drains (D8).

    Parameters
    ----------
    conditioned_elevation : (y, x) [m]
        Ground without depressions.

    Returns
    -------
    (y, x) [1]
        1 E, 2 SE, 4 S, 8 SW, 16 W, 32 NW, 64 N, 128 NE (as ESRI writes them); 0 an outlet at the rim; 255 outside.

    Raises
    ------
    QuantityError
        Cells that lie in a depression.

    Notes
    -----
    O'Callaghan and Mark (1984) [M]: ``n = argmax (z - z_n) / d_n`` over the eight neighbours, z the height and d_n the distance to
    its centre [m]; of equal ones the first clockwise from east. Flats drain away from higher ground towards lower (Barnes,
    Lehman and Mulla 2014 [M]). The result is the same on every machine and run.
    """
    grid = grid_of(conditioned_elevation)
    height = np.ascontiguousarray(conditioned_elevation.values, np.float32)
    codes, stuck = d8(height, np.full(grid.ny, grid.cell_m), grid.cell_m)
    if stuck:
        raise QuantityError(
            f"conditioned_elevation: {stuck} cells lie in depressions; fill or breach the ground first"
        )
    return like(conditioned_elevation, codes, "1", nodata=OUTSIDE)


@assessment(source="ocallaghan1984", bytes_per_cell=17)
def upstream_area(flow_direction: FlowDirection) -> UpstreamArea:
    """Area that drains through each cell, itself included.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.

    Returns
    -------
    (y, x) [km2]
        At least one cell; NaN outside. Sums over outlets to the area of all cells inside.

    Notes
    -----
    ``A(c) = a + sum of A(n)`` over the neighbours n that drain into c, with a the area of a cell [km2]; O'Callaghan and Mark
    (1984) [M].
    """
    cells = upstream_cells(flow_direction)
    area = cells.astype(np.float32) * np.float32(grid_of(flow_direction).cell_km2)
    area[flow_direction.values == OUTSIDE] = np.nan
    return like(flow_direction, area, "km2")


def upstream_cells(flow_direction: FlowDirection) -> np.ndarray:
    """Count of cells that drain through each, itself included; 0 outside."""
    codes = np.ascontiguousarray(flow_direction.values)
    nxt = downstream(codes)
    order = upstream_order(nxt)
    return accumulate(order, nxt, (nxt >= 0).astype(nxt.dtype)).reshape(codes.shape)


@assessment(source="jenson1988", bytes_per_cell=14)
def drainage_check(flow_direction: FlowDirection) -> DrainageCheck:
    """Does every cell reach an outlet?

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.

    Returns
    -------
    table
        One row of ``cells, drained, undrained, outlets``, then the first hundred cells that do not drain with
        their place in ``x`` and ``y`` [m], then the hundred inner holes of the ground that take most water: ``cells`` of the hole,
        ``undrained`` cells whose water ends in it, and the ``outlets`` where it does so.

    Notes
    -----
    ``undrained = cells - drained``, where a cell is drained if the path of directions from it ends in an outlet. Ground
    without depressions has none undrained (Jenson and Domingue 1988 [M]); a direction grid from elsewhere may. Water that ends at an
    inner hole has an outlet like that at the rim, but no river goes on from there: a lake left out swallows what runs into it.
    """
    codes = np.ascontiguousarray(flow_direction.values)
    grid = grid_of(flow_direction)
    nxt = downstream(codes)
    order = upstream_order(nxt)
    cells = int(np.count_nonzero(nxt >= 0))
    drained = int(reach_outlet(order, nxt))
    outlets = int(np.count_nonzero(nxt == np.arange(nxt.size)))
    rows = [
        {
            "what": "all",
            "cells": cells,
            "drained": drained,
            "undrained": cells - drained,
            "outlets": outlets,
        }
    ]
    if drained < cells:
        caught = np.ones(nxt.size, bool)
        caught[order] = False
        for c in np.flatnonzero(caught & (nxt >= 0))[:100]:
            place = {"x": grid.x()[c % grid.nx], "y": grid.y()[c // grid.nx]}
            rows.append(
                {
                    "what": "undrained",
                    "cells": 1,
                    "drained": 0,
                    "undrained": 1,
                    "outlets": 0,
                    **place,
                }
            )
    holes = water_into_holes(codes, OUTSIDE).head(100)
    rows += [
        {
            "what": "hole",
            "cells": int(hole["cells"]),
            "drained": 0,
            "undrained": int(hole["into"]),
            "outlets": int(hole["ends"]),
            "x": grid.x()[int(hole["col"])],
            "y": grid.y()[int(hole["row"])],
        }
        for hole in holes.to_dict("records")
    ]
    frame = pd.DataFrame(rows)
    for column in ("x", "y"):
        if column not in frame:
            frame[column] = np.nan
    return frame


@assessment(source="jenson1988", bytes_per_cell=22)
def flow_distance(flow_direction: FlowDirection) -> FlowDistance:
    """Length of the flow path from each cell to its outlet.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.

    Returns
    -------
    (y, x) [km]
        0 at outlets; NaN outside.

    Notes
    -----
    ``d(c) = l + d(n)`` with n the cell that c drains into and l the way to it: the side of a cell [km], or that times the
    root of two; along the directions of Jenson and Domingue (1988) [M].
    """
    codes = np.ascontiguousarray(flow_direction.values)
    nxt = downstream(codes)
    side = grid_of(flow_direction).cell_m / 1000.0
    length = distance_to_outlet(upstream_order(nxt), nxt, codes.shape[1], side, side)
    return like(flow_direction, length.reshape(codes.shape).astype(np.float32), "km")
