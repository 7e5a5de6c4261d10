"""Rivers that are corridors themselves: long stems of high order that link sources."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import ndimage
from shapely.geometry import Point
from shapely.ops import linemerge

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Mask
from shanshui.pattern.linkage import cells_of
from shanshui.pattern.naming import Name, names_of, places_at, told_apart
from shanshui.pattern.tables import NamedPlaces, RiverCorridors, Rivers, SourceCells, Streams
from shanshui.region.grid import grid_of


@assessment(source="own_pattern", bytes_per_cell=8)
def river_corridors(
    river_reaches: Streams,
    region_mask: Mask,
    source_cells: SourceCells,
    rivers: Rivers | None = None,
    counties: NamedPlaces | None = None,
    massifs: NamedPlaces | None = None,
    *,
    least_order: Annotated[int, Between(1, 12)] = 4,
    least_km: Annotated[float, Between(0.0, 1e5)] = 80.0,
    reach_m: Annotated[float, Between(0.0, 1e5)] = 5000.0,
    name_m: Annotated[float, Between(0.0, 1e5)] = 5000.0,
    width_m: Annotated[tuple[float, ...], Each(0.0, 1e6)] = (100.0, 200.0, 500.0, 1000.0),
    most: Annotated[int, Between(0, 10_000)] = 0,
) -> RiverCorridors:
    """Stems of rivers that run through the region and touch its sources.

    Parameters
    ----------
    river_reaches : lines
        ``reach, order, downstream, upstream_km2``.
    region_mask : (y, x) [1]
        1 inside.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    rivers : lines, optional
        ``name``: a stem takes the name that accompanies most of it.
    counties : polygons, optional
        ``name``; a stem without a river's name is named by the counties of its mouth and of its head.
    massifs : points, lines or polygons, optional
        ``name``; in place of counties where there are none.
    least_order : int
        Strahler's order from which a stream counts [D].
    least_km : float [km]
        Shortest stem inside the region [D].
    reach_m : float [m]
        A source this near counts as touched [D].
    name_m : float [m]
        A named river lends its name to a stem of which more than half lies this near [D].
    width_m : tuple of float [m]
        Width to be kept for stems of the least order and each order above, the last for all greater ones [D].
    most : int
        Only so many, by sources touched, then by order and length; 0 for all.

    Returns
    -------
    lines
        Index ``stem``; ``name, name_zh`` (blank where nothing lends one), ``order, length_km`` inside the region, ``sources`` touched,
        ``width_m``. A stem is the way up a river that
        follows the greater catchment at every confluence; a tributary is a stem of its own.

    Notes
    -----
    length = sum over reaches of L_r |cells of r inside| / |cells of r|, with L_r the length of a reach [km]; kept where length >= the least and a
    source lies near. width by order o: w_min(o - o_min, last). Orders are Strahler's (1957) [M]; length 80 km, order 4 and widths of 100 m to
    1000 m are ours [D].
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    touched = _near_sources(source_cells.values, reach_m / grid.cell_m)
    rows = []
    for reaches in _stems(river_reaches, least_order):
        parts = []
        length, links = 0.0, set()
        for line in reaches.geometry:
            if line is None or line.is_empty or line.length == 0:
                continue
            at = cells_of(line, grid)
            if at[0].size == 0 or not inside[at].any():
                continue
            length += line.length / 1000.0 * float(inside[at].mean())
            links |= set(np.unique(touched[at]).tolist()) - {0}
            parts.append(line)
        if length >= least_km and links:
            order = int(reaches["order"].max())
            rows.append(
                {
                    "order": order,
                    "length_km": length,
                    "sources": len(links),
                    "width_m": width_m[min(order - least_order, len(width_m) - 1)],
                    "geometry": linemerge(parts) if len(parts) > 1 else parts[0],
                    # reaches stand from the mouth up, each drawn down its stream
                    "ends": (Point(parts[0].coords[-1]), Point(parts[-1].coords[0])),
                }
            )
    columns = ["order", "length_km", "sources", "width_m", "ends", "geometry"]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns), geometry="geometry", crs=river_reaches.crs
    )
    frame = frame.sort_values(["sources", "order", "length_km"], ascending=False, kind="stable")
    free = len(frame)
    if most:
        frame = frame.head(most)
    ends = list(frame.pop("ends"))
    names = [
        _name(line, rivers, name_m) or _between(pair, counties, massifs)
        for line, pair in zip(frame.geometry, ends, strict=True)
    ]
    frame.insert(0, "name", _apart([n.own for n in names]))
    frame.insert(1, "name_zh", _apart([n.zh for n in names]))
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="stem")
    frame.attrs["free"] = free
    return frame


def _near_sources(label: np.ndarray, cells: float) -> np.ndarray:
    """Nearest source within a distance, 0 where there is none."""
    if not (label > 0).any():
        return label
    far, place = ndimage.distance_transform_edt(label == 0, return_indices=True)
    return np.where(far <= cells, label[tuple(place)], 0)


def _stems(reaches: gpd.GeoDataFrame, least_order: int) -> list[gpd.GeoDataFrame]:
    """Reaches of each stem, from its mouth up."""
    high = reaches[reaches["order"] >= least_order].set_index("reach", drop=False).rename_axis(None)
    known = set(high.index)
    ranked = high.sort_values(["upstream_km2", "reach"], ascending=[False, True], kind="stable")
    main: dict[int, int] = {}
    for reach, below in zip(ranked["reach"], ranked["downstream"], strict=True):
        main.setdefault(int(below), int(reach))
    out = []
    for reach, below in zip(ranked["reach"], ranked["downstream"], strict=True):
        if int(below) in known and main[int(below)] == int(reach):
            continue  # goes on a stem that began further down
        chain = [int(reach)]
        while chain[-1] in main and main[chain[-1]] in known:
            chain.append(main[chain[-1]])
        out.append(high.loc[chain])
    return out


def _name(line: object, rivers: gpd.GeoDataFrame | None, reach_m: float) -> Name:
    """Name of the river that accompanies more than half of a stem, and most of it."""
    if rivers is None or len(rivers) == 0:
        return Name()
    named = rivers[rivers["name"].notna() & (rivers["name"].astype(str) != "")]
    band = line.simplify(reach_m / 4).buffer(reach_m)  # type: ignore[attr-defined]
    near = named.iloc[named.sindex.query(band, predicate="intersects")]
    best, most = Name(), 0.5 * line.length  # type: ignore[attr-defined]
    for name, parts in near.groupby("name", sort=True):
        along = line.intersection(parts.geometry.simplify(reach_m / 4).buffer(reach_m).union_all())  # type: ignore[attr-defined]
        if along.length > most:
            best, most = Name(str(name), names_of(parts)[0].zh), along.length
    return best


def _between(
    ends: tuple[Point, Point],
    counties: gpd.GeoDataFrame | None,
    massifs: gpd.GeoDataFrame | None,
) -> Name:
    """Places of the mouth and of the head of a stem, one where both are the same."""
    mouth, head = places_at(gpd.GeoSeries(list(ends)), counties, massifs)
    if not (mouth and head) or mouth == head:
        return head or mouth
    return Name(f"{head.own} - {mouth.own}", f"{head.zh} - {mouth.zh}")


def _apart(names: list[str]) -> list[str]:
    """Names told apart; blanks stay blank."""
    words = iter(told_apart([n for n in names if n]))
    return [next(words) if n else "" for n in names]
