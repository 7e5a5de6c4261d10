"""Streams: where they begin, their order, and their courses as lines."""

from typing import Annotated

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely import linestrings

from shanshui.basins.tables import RiverReaches
from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import FlowDirection, StreamOrder, UpstreamArea
from shanshui.kernels.accumulate import (
    downstream,
    heads_above,
    reaches,
    strahler,
    upstream_order,
)
from shanshui.region.grid import GridSpec, grid_of, like

LeastArea = Annotated[float, Between(0.0, 1e7)]
FEWEST_CELLS, SHARE, MOST_KM2 = 50, 1 / 2000, 50.0
"""Automatic stream threshold [D]: a 2000th of the drained area, at least 50 cells, at most 50 km2."""


def stream_threshold(area_km2: float, grid: GridSpec) -> float:
    """Choose the upstream area at which a stream begins."""
    return max(min(area_km2 * SHARE, MOST_KM2), FEWEST_CELLS * grid.cell_km2)


@assessment(source="strahler1957", bytes_per_cell=20, missing="no_stream_here")
def stream_order(
    flow_direction: FlowDirection, upstream_area: UpstreamArea, *, least_km2: LeastArea = 0.0
) -> StreamOrder:
    """Strahler order of streams.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    upstream_area : (y, x) [km2]
        Area that drains through each cell.
    least_km2 : float [km2]
        A stream begins where this much drains; 0 chooses by the size of the grid. Raising it
        removes headwaters and lowers orders.

    Returns
    -------
    (y, x) [1]
        1 for headwaters; one more where two of the same order join; 0 off the streams.

    Notes
    -----
    Strahler (1957) [M]: a head has order 1; below a joint ``o = max(o_i)``, and one more where the greatest comes from two
    or more of the streams i that join. A cell is stream where its upstream area reaches ``least_km2``, by default
    ``max(min(A / 2000, 50), 50 a)`` with A the drained area and a the area of a cell [km2] [D].
    """
    codes = np.ascontiguousarray(flow_direction.values)
    area = upstream_area.values
    least = least_km2 or stream_threshold(
        float(np.isfinite(area).sum()) * grid_of(upstream_area).cell_km2, grid_of(upstream_area)
    )
    nxt = downstream(codes)
    with np.errstate(invalid="ignore"):
        stream = (area >= np.float32(least)).ravel()
    rank = strahler(upstream_order(nxt), nxt, stream, np.zeros(nxt.size, np.uint8))
    return like(flow_direction, rank.reshape(codes.shape), "1", nodata=0)


@assessment(source="strahler1957", bytes_per_cell=30)
def river_reaches(
    flow_direction: FlowDirection, upstream_area: UpstreamArea, stream_order: StreamOrder
) -> RiverReaches:
    """Streams as lines between heads, joints and mouths.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    upstream_area : (y, x) [km2]
        Area that drains through each cell.
    stream_order : (y, x) [1]
        Strahler order; 0 off the streams.

    Returns
    -------
    lines
        ``reach, order, downstream, upstream_km2, shreve, scheidegger, drwal, length_km``; ``downstream`` is 0 at a mouth. Lines run
        with the water and end in the first cell of the next reach. No row where nothing is stream.

    Notes
    -----
    The links of Strahler's (1957) [M] network: stretches of one order between heads, joints and mouths. ``length_km =
    sum(l)`` over the steps l between centres of cells [km], ``upstream_km2`` the upstream area at the last cell of the
    reach. Three more orders: ``shreve = n`` heads above the reach, 1 at a head and the sum below a joint, after Shreve (1966);
    ``scheidegger = 2 n`` (1965); ``drwal = floor(log2 n) + 1``, the Strahler order of the fullest tree of so many heads (1982) [S].
    """
    grid = grid_of(flow_direction)
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    order = upstream_order(nxt)
    rank = stream_order.values.ravel()
    heads = heads_above(order, nxt, rank > 0, np.zeros(nxt.size, np.int32))
    label, count = reaches(order, nxt, rank > 0, np.zeros(nxt.size, bool))
    cells = order[label[order] > 0]  # down the streams, so each reach in its own order
    reach = label[cells]
    by_reach = np.argsort(reach, kind="stable")
    cells, reach = cells[by_reach], reach[by_reach]
    first = np.flatnonzero(np.r_[True, np.diff(reach) > 0]) if reach.size else np.empty(0, int)
    last = np.r_[first[1:] - 1, reach.size - 1] if reach.size else first
    ends = nxt[cells[last]] if reach.size else np.empty(0, int)
    onward = np.where(ends != cells[last], label[ends], 0) if reach.size else ends
    points = np.insert(cells, last + 1, ends) if reach.size else cells
    owner = np.insert(reach, last + 1, reach[last]) if reach.size else reach
    x, y = grid.x()[points % grid.nx], grid.y()[points // grid.nx]
    lines = linestrings(np.column_stack([x, y]), indices=owner - 1) if reach.size else []
    frame = gpd.GeoDataFrame(
        {
            "reach": np.arange(1, count + 1),
            "order": rank[cells[last]].astype(np.int64),
            "downstream": onward.astype(np.int64),
            "upstream_km2": upstream_area.values.ravel()[cells[last]].astype(np.float64),
            **magnitudes(heads[cells[last]].astype(np.int64)),
        },
        geometry=gpd.GeoSeries(lines, crs=grid.crs or None),
    )
    frame["length_km"] = frame.length / 1000.0
    return frame


def magnitudes(heads: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Orders of a stream by the number of heads above it.

    Parameters
    ----------
    heads : array of int64 [1]
        Heads, 1 or more.

    Returns
    -------
    dict
        ``shreve`` n, ``scheidegger`` 2 n, ``drwal`` floor(log2 n) + 1.
    """
    # the exponent of a whole number is its number of binary digits: no logarithm to be rounded
    digits = np.frexp(heads.astype(np.float64))[1].astype(np.int64)
    return {"shreve": heads, "scheidegger": 2 * heads, "drwal": digits}
