"""River basins by their outlets, and how far up them a cell lies."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from shanshui.basins.snapping import Streams, snapped
from shanshui.basins.tables import OutletPoints, RiverBasins
from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    BasinLabels,
    FlowDirection,
    Index,
    Mask,
    Outlets,
    Rivers,
    StreamOrder,
    UpstreamArea,
)
from shanshui.kernels.accumulate import (
    accumulate,
    distance_to_outlet,
    downstream,
    longest_above,
    spread_up,
    upstream_order,
)
from shanshui.region.grid import GridSpec, grid_of, like

MINOR, MINOR_ZH = "minor basins", "其他小流域"


@assessment(source="jenson1988", bytes_per_cell=24)
def river_basin_outlets(
    flow_direction: FlowDirection,
    upstream_area: UpstreamArea,
    region_mask: Mask,
    reference_outlets: Outlets | None = None,
    rivers: Rivers | None = None,
    stream_order: StreamOrder | None = None,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.02,
    snap_km: Annotated[float, Between(0.0, 200.0)] = 10.0,
) -> OutletPoints:
    """Points at which the river basins of the region end.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    upstream_area : (y, x) [km2]
        Area that drains through each cell.
    region_mask : (y, x) [1]
        1 inside the region.
    reference_outlets : points, optional
        Named gauges or dams with ``published_km2``. Each is moved within ``snap_km`` to the cell whose upstream
        area is nearest to the published one; without a published area to the nearest stream that fits its ``river`` (or a
        river's name that its own begins with), its ``order`` and its ``basin``, as far as these columns are there.
    rivers : lines, optional
        Known courses with ``name``; other outlets are called after the one within ``snap_km``.
    stream_order : (y, x) [1], optional
        Order of the streams, 0 off them; without it each cell counts as a stream.
    least_share : float [1]
        Other outlets count when they drain this share of the region; a higher share leaves more to the minor basins.
    snap_km : float [km]
        How far a reference outlet may be moved.

    Returns
    -------
    points
        Index ``unit`` from 1; ``code, name, name_zh, parent, cell, upstream_km2, published_km2, moved_km``, ``rule`` (by what the
        cell was chosen) and ``others`` (other streams within reach, by area and distance); the last row, cell
        -1 and an empty point, stands for all minor basins. Codes are ``B01``, ``B02`` … in the order of the rows: reference outlets as given,
        then others by the ground of the region that they drain, the greatest first.

    Raises
    ------
    QuantityError
        No ground, or no stream that fits, within reach of a reference outlet.

    Notes
    -----
    Pour points, Jenson and Domingue (1988) [M]. A reference outlet goes to the cell with the least
    ``|ln(A / A_p)| + 0.001 d / d_max``: A the upstream area and A_p the published one [km2], d the way moved and d_max
    ``snap_km`` [km], so that of cells equally near in area the nearest in place stands [D]; without a published area to the
    nearest cell of a stream that fits, never to the greatest A within reach (:mod:`shanshui.basins.snapping`). Another
    outlet is a cell whose water leaves and through which at least ``least_share`` of the region's cells drain.
    """
    grid = grid_of(flow_direction)
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    area = upstream_area.values.ravel()
    rows: list[dict[str, object]] = []
    if reference_outlets is not None:
        order_of = None if stream_order is None else stream_order.values.ravel()
        rows += snapped(reference_outlets, Streams(grid, area, nxt, order_of, rivers), snap_km)
    taken = {row["cell"] for row in rows}
    inside = (region_mask.values.ravel() == 1) & (nxt >= 0)
    order = upstream_order(nxt)
    gathered = accumulate(order, nxt, inside.astype(nxt.dtype))
    natural = np.flatnonzero(
        (nxt == np.arange(nxt.size)) & (gathered >= max(1.0, least_share * inside.sum()))
    )
    for rank, c in enumerate(natural[np.argsort(-gathered[natural], kind="stable")]):
        if int(c) not in taken:
            name, zh = _river_at(int(c), rivers, grid, snap_km) or (
                f"basin {rank + 1}",
                f"流域{rank + 1}",
            )
            used = sum(str(row["name"]).split(" (")[0] == name for row in rows)
            tail = f" ({used + 1})" if used else ""
            rows.append(
                {
                    "name": name + tail,
                    "name_zh": zh + tail,
                    "cell": int(c),
                    "published_km2": np.nan,
                    "moved_km": 0.0,
                    "rule": "where water leaves",
                    "others": "",
                }
            )
    rows.append(
        {
            "name": MINOR,
            "name_zh": MINOR_ZH,
            "cell": -1,
            "published_km2": np.nan,
            "moved_km": 0.0,
            "rule": "",
            "others": "",
        }
    )
    frame = pd.DataFrame(rows)
    cell = frame["cell"].to_numpy()
    frame["upstream_km2"] = np.where(cell >= 0, area[cell], np.nan).astype(float)
    frame["code"] = [f"B{i:02d}" for i in range(1, len(frame) + 1)]
    frame["parent"] = ""
    x, y = grid.x()[cell % grid.nx], grid.y()[cell // grid.nx]
    out = gpd.GeoDataFrame(
        frame[
            [
                "code",
                "name",
                "name_zh",
                "parent",
                "cell",
                "upstream_km2",
                "published_km2",
                "moved_km",
                "rule",
                "others",
            ]
        ],
        geometry=np.where(cell >= 0, gpd.points_from_xy(x, y), Point()),
        crs=grid.crs or None,
    )
    out.index = pd.RangeIndex(1, len(out) + 1, name="unit")
    return out


def _named(frame: gpd.GeoDataFrame) -> pd.Series:
    """Chinese name of each row; the other name where there is none."""
    zh = frame["name_zh"] if "name_zh" in frame else pd.Series("", frame.index)
    return zh.where(zh.notna() & (zh != ""), frame["name"])


def _river_at(
    cell: int, rivers: gpd.GeoDataFrame | None, grid: GridSpec, snap_km: float
) -> tuple[str, str] | None:
    """Names of the nearest named river within reach of a cell."""
    if rivers is None:
        return None
    place = Point(grid.x()[cell % grid.nx], grid.y()[cell // grid.nx])
    named = rivers[rivers["name"] != ""]
    far = named.distance(place)
    if not len(far) or far.min() > snap_km * 1000:
        return None
    nearest = far.idxmin()
    return str(named.loc[nearest, "name"]), str(_named(named)[nearest])


@assessment(source="jenson1988", bytes_per_cell=14)
def river_basins(flow_direction: FlowDirection, river_basin_outlets: RiverBasins) -> BasinLabels:
    """River basin of each cell: the first outlet it drains through.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    river_basin_outlets : points
        Outlets with their ``cell``; the row with cell -1 takes all else.

    Returns
    -------
    (y, x) [1]
        Unit of ``river_basin_outlets``; 0 outside.

    Notes
    -----
    ``B(c) = u`` where c is the cell of outlet u, else ``B(c) = B(n)`` with n the cell that c drains into; Jenson and Domingue
    (1988) [M]. An outlet above another one keeps its own basin.
    """
    nxt = downstream(np.ascontiguousarray(flow_direction.values))
    label = np.zeros(nxt.size, np.int32)
    named = river_basin_outlets[river_basin_outlets["cell"] >= 0]
    label[named["cell"].to_numpy()] = named.index.to_numpy()
    spread_up(upstream_order(nxt), nxt, label)
    rest = river_basin_outlets.index[river_basin_outlets["cell"] < 0]
    if len(rest):
        label[(label == 0) & (nxt >= 0)] = int(rest[0])
    return like(flow_direction, label.reshape(flow_direction.shape), "1", nodata=0)


@assessment(source="own_basins", bytes_per_cell=40)
def upstream_index(
    flow_direction: FlowDirection, river_basins: BasinLabels, river_basin_outlets: RiverBasins
) -> Index:
    """How far up its river basin a cell lies.

    Parameters
    ----------
    flow_direction : (y, x) [1]
        D8 codes.
    river_basins : (y, x) [1]
        River basin of each cell.
    river_basin_outlets : points
        Their outlets.

    Returns
    -------
    (y, x) [1]
        Flow-path length to the basin's outlet over the longest one in the basin: 0 at the outlet, 1 at the
        farthest source; NaN outside. Minor basins share one longest path.

    Notes
    -----
    The measure is our own [D] (decision 0005): ``u = d / d_max`` with d the length of the flow path to the basin's outlet and d_max the longest
    in the basin [km]. Upper, middle and lower course are told within the basin, since a mountain region is wholly upper
    in the sense of a great river. In a basin whose outlet lies below another one, paths begin at its own outlet.
    """
    codes = np.ascontiguousarray(flow_direction.values)
    side = grid_of(flow_direction).cell_m / 1000.0
    nxt = downstream(codes)
    order = upstream_order(nxt)
    length = distance_to_outlet(order, nxt, codes.shape[1], side, side)
    label = river_basins.values.ravel()
    start = np.zeros(int(label.max()) + 1)
    for unit, cell in river_basin_outlets["cell"].items():
        if cell >= 0 and unit < start.size:
            start[unit] = length[cell]
    length -= start[label]
    most = longest_above(order, nxt, length, label)
    scale = np.where(most > 0, 1.0 / np.maximum(most, 1e-12), 0.0)
    length *= scale[label]
    length[nxt < 0] = np.nan
    return like(flow_direction, length.reshape(codes.shape).astype(np.float32), "1")
