"""Links of least cost between sources: which pairs belong together, along which cells, how wide."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from shanshui.core.errors import QuantityError, nearest
from shanshui.core.form import in_one_order
from shanshui.core.intake import Cell
from shanshui.kernels.cost import accumulated_cost
from shanshui.kernels.cost_ways import allocation, trace
from shanshui.kernels.labels import label_borders
from shanshui.pattern.cost_distance import checked_resistance, checked_sources
from shanshui.pattern.link_priority import link_priority
from shanshui.pattern.reach import MEMORY, Reach, detour

ADJACENCY = ("cost", "euclidean", "either", "both", "all")
NEAREST_BY = ("cost", "euclidean")
BARRED = "too alike"
"""Status of links along no gradient."""
COLUMNS = (
    "source", "target", "euclidean", "cost", "length", "cost_per_euclidean", "cost_per_length", "adjacency", "through", "status",
)  # fmt: skip
Cells = NDArray[np.float64]


@dataclass(frozen=True)
class Gradient:
    """A second surface that steps and links follow.

    Attributes
    ----------
    level : (y, x) array [m]
        A step costs so much more as its two cells differ in this, known wherever a way leads.
    barred : sequence of (int, int)
        Pairs of sources that are too alike to be linked.
    """

    level: NDArray[np.floating]
    barred: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Corridors:
    """Links between sources.

    Attributes
    ----------
    links : DataFrame
        A row per pair: ``source, target``; ``euclidean`` [m] from edge to edge, 0 where they touch; ``cost`` [resistance m] of the least-cost path;
        ``length`` [m] of that path; ``cost_per_euclidean, cost_per_length`` [1]; ``adjacency``: ``cost``, ``euclidean`` or ``cost,
        euclidean``; ``through``: number of a third source that the path crosses, 0 for none; ``status``: ``kept``, or why it was dropped;
        ``priority`` in [0, 1] of those kept.
    paths : list of array of int
        Flat cells of each path from source to target; empty where there is none.
    surface : (y, x) array
        Cost of the best detour through each cell beyond the least-cost path, over all kept links [resistance m]: 0 on the paths;
        inf where none leads.
    allocated : (y, x) array of int
        The source that each cell is cheapest to reach from.
    distance : (y, x) array
        Cost of reaching each cell from that source [resistance m]; inf where no way leads.
    reach : Reach
        Costs from single sources, as far as they are remembered.
    """

    links: pd.DataFrame
    paths: list[NDArray[np.int64]]
    surface: Any
    allocated: Any
    distance: Any
    reach: Reach | None = field(default=None, repr=False, compare=False)

    @property
    def kept(self) -> pd.DataFrame:
        """The links that were not dropped."""
        return self.links[self.links["status"] == "kept"]


@in_one_order("resistance", "sources")
def least_cost_corridors(
    resistance: NDArray[Any] | xr.DataArray,
    sources: NDArray[Any] | xr.DataArray | Sequence[tuple[int, int]],
    *,
    cell: Cell | None = None,
    four_neighbours: bool = False,
    adjacency: str = "cost",
    pairs: Iterable[tuple[int, int]] | None = None,
    max_cost: float = math.inf,
    max_euclidean: float = math.inf,
    nearest_links: int | None = None,
    nearest_by: str = "cost",
    join_groups: bool = False,
    drop_through_sources: bool = True,
    gradient: Gradient | None = None,
    truncate: float = math.inf,
    values: pd.Series | None = None,
    outlines: pd.Series | None = None,
    memory: int = MEMORY,
    tell: Callable[[str, int, int], None] | None = None,
) -> Corridors:
    """Least-cost links between sources, as a table, as paths, and as one surface.

    Parameters
    ----------
    resistance : (y, x) array [1]
        Above 0; NaN or inf where there is no way.
    sources : (y, x) array of int, or sequence of (row, column)
        Numbers above 0 name the sources.
    cell : float or (float, float) [m]
        Side of a cell; that of a labelled grid, otherwise 1.
    four_neighbours : bool
        Steps to the sides only.
    adjacency : str
        Which pairs are neighbours: those whose ground meets when every cell goes to its nearest source by ``cost`` or by
        ``euclidean`` distance, ``either`` or ``both``; or ``all``.
    pairs : iterable of pairs
        Instead of neighbours.
    max_cost, max_euclidean : float [m]
        Longer links are dropped.
    nearest_links : int
        Each source keeps its so many nearest links; a link stays when either end keeps it.
    nearest_by : str
        Nearest by ``cost``, or by ``euclidean`` distance from edge to edge.
    join_groups : bool
        Groups of sources that ``nearest_links`` tears apart stay joined by the nearest links between them.
    drop_through_sources : bool
        Links whose path crosses a third source are dropped: that source's own links stand for them.
    gradient : Gradient
        Of a second surface that steps and links follow.
    truncate : float [m]
        The surface ends where the detour costs more.
    values : series
        Worth of each source, for the priority of links; equal by default.
    outlines : series of polygons [m]
        Shape of each source by its number: Euclidean distances are then between these; otherwise between the edges of the sources' cells.
    memory : int [byte]
        Set aside for costs from single sources; what does not fit is computed again.
    tell : callable
        Told what is done, how much and of how much.

    Returns
    -------
    Corridors
        Every pair that was looked at stands in the table, with the reason where it was dropped.

    Raises
    ------
    QuantityError
        Values out of range, fewer than two sources, unknown pairs.

    Notes
    -----
    The priority of a link is the mean of three ranks in [0, 1]: low cost for its Euclidean length, current through it when each pair of
    sources exchanges one ampere over all links, and worth of its two ends. Sources that touch have no length between them: their link is as
    easy as the easiest.
    """
    plain, size = checked_resistance(resistance, cell)
    label = checked_sources(plain, sources)
    names = [int(n) for n in np.unique(label[label > 0])]
    if len(names) < 2:
        raise QuantityError(f"sources: found {len(names)}; expected at least two")
    if adjacency not in ADJACENCY:
        raise QuantityError(f"adjacency: found '{adjacency}'; {nearest(adjacency, ADJACENCY)}")
    if nearest_by not in NEAREST_BY:
        raise QuantityError(f"nearest_by: found '{nearest_by}'; {nearest(nearest_by, NEAREST_BY)}")
    level = None if gradient is None else gradient.level
    distance, back = accumulated_cost(
        plain, label, size, level=level, four_neighbours=four_neighbours, ways=True
    )
    assert back is not None  # noqa: S101 - asked for
    owner = allocation(back, label)
    neighbours = _neighbours(label, owner, names, adjacency, pairs)
    reach = Reach(plain, label, size, four_neighbours, memory, level)
    never = {(min(p), max(p)) for p in (gradient.barred if gradient else ())}
    rows, paths = [], []
    rims = {name: _rim(label, name) for name in {n for pair in neighbours for n in pair}}
    gap = _Gaps(rims, size) if outlines is None else _Between(outlines, rims)
    for number, pair in enumerate(sorted(neighbours), 1):
        row, path = _link(pair, reach, rims, gap(*pair))
        row["adjacency"] = neighbours[pair]
        row["through"] = _third(path, label, pair)
        fate = _fate(row, max_cost, max_euclidean, drop_through_sources)
        row["status"] = BARRED if fate != "no way" and pair in never else fate
        rows.append(row)
        paths.append(path)
        if tell is not None:
            tell("links", number, len(neighbours))
    links = pd.DataFrame(rows, columns=list(COLUMNS))
    links["status"] = _pruned(links, nearest_links, nearest_by, join_groups)
    surface = np.full(plain.shape, np.inf)
    for a, b in links.loc[links["status"] == "kept", ["source", "target"]].to_numpy().tolist():
        np.minimum(surface, detour(reach, a, b), out=surface)
    surface[surface > truncate] = np.inf
    links["priority"] = link_priority(links, names, values)
    if isinstance(resistance, xr.DataArray):
        return Corridors(
            links,
            paths,
            resistance.copy(data=surface).assign_attrs(units="m"),
            resistance.copy(data=owner).assign_attrs(units="1", nodata=0),
            resistance.copy(data=np.ascontiguousarray(distance)).assign_attrs(units="m"),
            reach,
        )
    return Corridors(links, paths, surface, owner, distance, reach)


def _neighbours(
    label: NDArray[np.int32],
    owner: NDArray[np.int32],
    names: list[int],
    adjacency: str,
    pairs: Iterable[tuple[int, int]] | None,
) -> dict[tuple[int, int], str]:
    """Pairs to be looked at, and by which distance they are neighbours."""
    by_cost = {(int(a), int(b)) for a, b in _meeting(owner)}
    by_length: set[tuple[int, int]] = set()
    if adjacency != "cost" or pairs is not None:
        _, place = ndimage.distance_transform_edt(label == 0, return_indices=True)
        by_length = {(int(a), int(b)) for a, b in _meeting(label[tuple(place)])}
    if pairs is not None:
        wanted = {(min(p), max(p)) for p in pairs}
        unknown = {n for pair in wanted for n in pair} - set(names)
        if unknown:
            raise QuantityError(f"pairs: found {sorted(unknown)[:5]}, which are no sources")
    elif adjacency == "all":
        wanted = set(combinations(names, 2))
    else:
        wanted = {
            "cost": by_cost,
            "euclidean": by_length,
            "either": by_cost | by_length,
            "both": by_cost & by_length,
        }[adjacency]
    return {
        pair: ", ".join(
            word for word, found in (("cost", by_cost), ("euclidean", by_length)) if pair in found
        )
        for pair in wanted
    }


def _meeting(owner: NDArray[np.int32]) -> NDArray[np.int64]:
    """Pairs of numbers that meet along sides or at corners."""
    return np.unique(
        np.concatenate(
            [
                label_borders(owner)[0],
                _corner(owner[:-1, :-1], owner[1:, 1:]),
                _corner(owner[:-1, 1:], owner[1:, :-1]),
            ]
        ),
        axis=0,
    )


def _corner(one: NDArray[np.int32], other: NDArray[np.int32]) -> NDArray[np.int64]:
    differ = (one != other) & (one > 0) & (other > 0)
    both = np.stack([one[differ], other[differ]], axis=1).astype(np.int64)
    return np.unique(np.sort(both, axis=1), axis=0)


def _rim(label: NDArray[np.int32], name: int) -> NDArray[np.intp]:
    """Rows and columns of a source's cells that touch other ground."""
    rows, cols = np.nonzero(label == name)
    top, left = rows.min(), cols.min()
    window = label[top : rows.max() + 1, left : cols.max() + 1] == name
    inner = ndimage.binary_erosion(window, border_value=0)
    rim = np.argwhere(window & ~inner)
    return rim + np.array([top, left])


class _Gaps:
    """Distance between the cells of two sources, from edge to edge [m].

    Squares of one grid are nearest at corners: along a common row or column their edges run side by side and corners face each other.
    """

    def __init__(self, rims: dict[int, NDArray[np.intp]], cell: float) -> None:
        self.rims, self.cell = rims, cell
        self._trees: dict[int, cKDTree] = {}

    def __call__(self, a: int, b: int) -> float:
        for name in (a, b):
            if name not in self._trees:
                steps = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
                corners = (self.rims[name][:, None] + steps).reshape(-1, 2)
                self._trees[name] = cKDTree(np.unique(corners, axis=0))
        near, _ = self._trees[a].query(self._trees[b].data)
        return float(near.min()) * self.cell


class _Between:
    """Distance between the outlines of two sources [m]."""

    def __init__(self, outlines: pd.Series, names: Iterable[int]) -> None:
        self.shapes = {int(n): outlines.get(n) for n in names}
        blank = sorted(n for n, shape in self.shapes.items() if shape is None or shape.is_empty)
        if blank:
            raise QuantityError(
                f"outlines: found none for source {blank[0]}; expected the shape of each source, or no outlines"
            )
        shapely.prepare(list(self.shapes.values()))

    def __call__(self, a: int, b: int) -> float:
        return float(shapely.distance(self.shapes[a], self.shapes[b]))


def _link(
    pair: tuple[int, int], reach: Reach, rims: dict[int, NDArray[np.intp]], euclidean: float
) -> tuple[dict[str, Any], NDArray[np.int64]]:
    """Facts of one link and the cells of its path."""
    a, b = pair
    cost, back = reach(a)
    there = rims[b]
    costs = cost[there[:, 0], there[:, 1]]
    best = int(np.argmin(costs))
    row: dict[str, Any] = {"source": a, "target": b, "euclidean": euclidean, "cost": costs[best]}
    if not math.isfinite(costs[best]):
        row |= {"length": np.nan, "cost_per_euclidean": np.nan, "cost_per_length": np.nan}
        return row, np.empty(0, np.int64)
    path = trace(back, int(there[best, 0]), int(there[best, 1]))[::-1]
    length = path_length(path, cost.shape[1], reach.cell)
    row |= {
        "length": length,
        "cost_per_euclidean": costs[best] / euclidean if euclidean > 0 else np.nan,
        "cost_per_length": costs[best] / length if length > 0 else np.nan,
    }
    return row, path


def path_length(path: NDArray[np.int64], columns: int, cell: float) -> float:
    """Length of a path of neighbouring cells [m]."""
    rows, cols = np.divmod(path, columns)
    return float(np.hypot(np.diff(rows), np.diff(cols)).sum() * cell)


def _third(path: NDArray[np.int64], label: NDArray[np.int32], pair: tuple[int, int]) -> int:
    """A third source that a path crosses, 0 for none."""
    met = np.unique(label.ravel()[path])
    return next((int(n) for n in met if n > 0 and n not in pair), 0)


def _fate(row: dict[str, Any], max_cost: float, max_euclidean: float, through: bool) -> str:
    if not math.isfinite(row["cost"]):
        return "no way"
    if row["cost"] > max_cost:
        return "longer than max_cost"
    if row["euclidean"] > max_euclidean:
        return "longer than max_euclidean"
    return f"through source {row['through']}" if through and row["through"] else "kept"


def _pruned(
    links: pd.DataFrame, nearest_links: int | None, nearest_by: str, join_groups: bool
) -> pd.Series:
    """Status after each source has kept its nearest links."""
    status = links["status"].copy()
    if nearest_links is None:
        return status
    kept = links[status == "kept"].sort_values(nearest_by, kind="stable")
    chosen: set[Any] = set()
    for name in pd.unique(kept[["source", "target"]].to_numpy().ravel()):
        own = kept[(kept["source"] == name) | (kept["target"] == name)]
        chosen |= set(own.index[:nearest_links])
    if join_groups:
        chosen |= _joining(kept, chosen)
    status[[k for k in kept.index if k not in chosen]] = f"not among the nearest {nearest_links}"
    return status


def _joining(kept: pd.DataFrame, chosen: set[Any]) -> set[Any]:
    """The nearest links, nearest first, each between two groups that nothing joins yet."""
    ends = kept[["source", "target"]]
    group = {n: n for n in ends.to_numpy().ravel().tolist()}
    found = set()
    # links that are chosen join first; the others are in order
    for k in [*(k for k in kept.index if k in chosen), *(k for k in kept.index if k not in chosen)]:
        one, other = (group[n] for n in ends.loc[k].tolist())
        if one == other:
            continue
        group = {n: one if g == other else g for n, g in group.items()}
        if k not in chosen:
            found.add(k)
    return found
