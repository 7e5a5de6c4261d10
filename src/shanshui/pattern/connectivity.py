"""How well patches hang together: indices of the graph, what each patch gives to it, and in which way."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from shanshui.core.errors import QuantityError


@dataclass(frozen=True)
class Connectivity:
    """Indices of a set of patches and links.

    Attributes
    ----------
    iic : float [1]
        Integral index of connectivity.
    pc : float [1]
        Probability of connectivity.
    eca_iic, eca_pc : float
        Equivalent connected area, in the unit of the areas.
    components : int
        Groups of patches with a way between them.
    nodes : DataFrame
        Index as given; ``area, component, d_iic, d_pc`` (percent lost without the patch) and the parts of ``d_pc``: ``intra`` (its own
        area), ``flux`` (as an end of ways), ``connector`` (as a stepping stone).
    """

    iic: float
    pc: float
    eca_iic: float
    eca_pc: float
    components: int
    nodes: pd.DataFrame


def connectivity_indices(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    *,
    landscape_area: float | None = None,
    reference_distance: float | None = None,
    reference_probability: float = 0.5,
    threshold: float | None = None,
) -> Connectivity:
    """Connectivity of patches, and what each patch adds.

    Parameters
    ----------
    nodes : table
        Index is the patch; ``area``, 0 or more (area, or any attribute such as quality-weighted area).
    links : table
        ``source, target`` and either ``probability`` of passing, in [0, 1], or ``distance``. A pair that stands twice counts by its best link.
    landscape_area : float
        Of the landscape, in the unit of the areas; their sum by default.
    reference_distance, reference_probability : float
        Distance at which the probability is the given one: p = exp(-theta d). Needed where links have distances only.
    threshold : float
        Longest distance that counts as a link in the integral index; all links count by default. The probability index takes every link.

    Returns
    -------
    Connectivity
        Removal of a patch is computed exactly: ways are sought anew for the patches whose best ways pass through it.

    Raises
    ------
    QuantityError
        Missing columns, a link to an unknown patch, values out of range.
    """
    area, source, target, chance, counted = _checked(
        nodes, links, reference_distance, reference_probability, threshold
    )
    count = area.size
    whole = float(area.sum() if landscape_area is None else landscape_area)
    if whole <= 0:
        raise QuantityError("landscape_area: expected above 0")
    # a way of certain links costs nothing: sparse graphs drop zeros, so all steps are lifted a hair
    steps = _graph(source[counted], target[counted], np.ones(int(counted.sum())), count)
    costs = _graph(source, target, -np.log(np.maximum(chance, 1e-300)) + _HAIR, count)
    near, near_before = dijkstra(steps, directed=False, return_predecessors=True)
    far, far_before = dijkstra(costs, directed=False, return_predecessors=True)
    links_between = np.where(np.isfinite(near), 1.0 / (1.0 + near), 0.0)
    probability = np.exp(-far)
    np.fill_diagonal(links_between, 1.0)
    np.fill_diagonal(probability, 1.0)
    iic = float(area @ links_between @ area)
    pc = float(area @ probability @ area)
    _, component = connected_components(costs, directed=False)
    lost_iic = _losses(area, links_between, steps, near_before, lambda d: 1.0 / (1.0 + d))
    lost_pc = _losses(area, probability, costs, far_before, lambda d: np.exp(-d))
    intra = area**2
    flux = 2.0 * area * (probability @ area) - 2.0 * intra
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 / pc if pc > 0 else np.nan
        table = pd.DataFrame(
            {
                "area": area,
                "component": component + 1,
                "d_iic": 100.0 * lost_iic / iic if iic > 0 else np.nan,
                "d_pc": share * lost_pc,
                "intra": share * intra,
                "flux": share * flux,
                "connector": np.maximum(share * (lost_pc - intra - flux), 0.0),
            },
            index=nodes.index,
        )
    return Connectivity(
        iic / whole**2,
        pc / whole**2,
        float(np.sqrt(iic)),
        float(np.sqrt(pc)),
        int(component.max(initial=-1)) + 1,
        table,
    )


_HAIR = 1e-12


def _checked(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    distance: float | None,
    probability: float,
    threshold: float | None,
) -> tuple[
    NDArray[np.float64],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.bool_],
]:
    if "area" not in nodes:
        raise QuantityError(f"nodes: no column area; found {', '.join(map(str, nodes.columns))}")
    if nodes.index.has_duplicates:
        raise QuantityError(f"nodes: {nodes.index[nodes.index.duplicated()][0]} stands twice")
    area = nodes["area"].to_numpy(float)
    if not (area >= 0).all():
        raise QuantityError("nodes.area: negative or missing; expected 0 or more")
    missing = [c for c in ("source", "target") if c not in links]
    if missing or not {"probability", "distance"} & set(links.columns):
        raise QuantityError("links: expected source, target and probability or distance")
    place = pd.Series(np.arange(len(nodes)), index=nodes.index)
    for side in ("source", "target"):
        strange = ~links[side].isin(place.index)
        if strange.any():
            raise QuantityError(f"links.{side}: {links[side][strange].iloc[0]} is no node")
    source, target = (
        place[links["source"]].to_numpy(np.int64),
        place[links["target"]].to_numpy(np.int64),
    )
    length = links["distance"].to_numpy(float) if "distance" in links else None
    if length is not None and not (length >= 0).all():
        raise QuantityError("links.distance: negative or missing; expected 0 or more")
    if "probability" in links:
        chance = links["probability"].to_numpy(float)
        if not ((chance >= 0) & (chance <= 1)).all():
            raise QuantityError("links.probability: outside [0, 1]")
    else:
        if distance is None or distance <= 0 or not 0 < probability < 1 or length is None:
            raise QuantityError(
                "reference_distance: needed to turn distances into probabilities; give the distance that half of the animals pass"
            )
        chance = np.exp(np.log(probability) / distance * length)
    counted = (
        np.ones(len(links), bool)
        if threshold is None
        else (length <= threshold if length is not None else chance >= threshold)
    )
    return area, source, target, chance, counted & (source != target)


def _graph(
    source: NDArray[np.int64], target: NDArray[np.int64], cost: NDArray[np.float64], count: int
) -> csr_matrix:
    """Symmetric graph with the cheapest of parallel links."""
    low, high = np.minimum(source, target), np.maximum(source, target)
    keep = low != high
    frame = (
        pd.DataFrame({"a": low[keep], "b": high[keep], "c": cost[keep]})
        .groupby(["a", "b"])["c"]
        .min()
        .reset_index()
    )
    a, b, c = frame["a"].to_numpy(), frame["b"].to_numpy(), frame["c"].to_numpy(float)
    return csr_matrix((np.r_[c, c], (np.r_[a, b], np.r_[b, a])), shape=(count, count))


def _losses(
    area: NDArray[np.float64],
    value: NDArray[np.float64],
    graph: csr_matrix,
    before: NDArray[np.integer],
    of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Sum over pairs that goes with each node, itself as an end and as a step between others."""
    count = area.size
    lost: NDArray[np.float64] = 2.0 * area * (value @ area) - area**2 * np.diag(value)
    for k in range(count):
        # patches whose tree of best ways has k inside: only their ways can grow longer
        through = np.flatnonzero((before == k).any(axis=1))
        through = through[through != k]
        if through.size == 0:
            continue
        rest = np.flatnonzero(np.arange(count) != k)
        sub = graph[rest][:, rest]
        place = np.searchsorted(rest, through)
        far = dijkstra(sub, directed=False, indices=place)
        fresh = np.where(np.isfinite(far), of(np.where(np.isfinite(far), far, 0.0)), 0.0)
        fresh[np.arange(place.size), place] = value[through, through]
        lost[k] += float(area[through] @ (value[np.ix_(through, rest)] - fresh) @ area[rest])
    return lost


def protected_connected_share(
    areas: pd.DataFrame,
    links: pd.DataFrame,
    region_area: float,
    *,
    reference_distance: float | None = None,
    reference_probability: float = 0.5,
) -> dict[str, float]:
    """Share of a region that is protected and reachable from protected ground.

    Parameters
    ----------
    areas : table
        ``area`` of each protected area, without overlaps.
    links : table
        As in :func:`connectivity_indices`; distances beyond the cut-off are to be left out before.
    region_area : float
        Of the whole region, in the unit of the areas.
    reference_distance, reference_probability : float
        As in :func:`connectivity_indices`: the median distance that a species disperses, and 0.5.

    Returns
    -------
    dict of float [%]
        ``protected``: share of the region that is protected; ``connected``: equivalent connected area of the protected areas over the
        region (ProtConn); ``unconnected``: the difference; ``within``: what single areas give to it, ``between``: what ways among them do.

    Raises
    ------
    QuantityError
        A region smaller than its protected areas; what :func:`connectivity_indices` refuses.

    Notes
    -----
    After Saura et al. (2017) without their correction for ground that is protected beyond the border.
    """
    total = float(areas["area"].sum())
    if not region_area > 0 or total > region_area * (1.0 + 1e-9):
        raise QuantityError(
            f"region_area: found {region_area:g}, and protected areas of {total:g} in it; dissolve overlaps first"
        )
    found = connectivity_indices(
        areas,
        links,
        landscape_area=region_area,
        reference_distance=reference_distance,
        reference_probability=reference_probability,
    )
    connected = 100.0 * found.eca_pc / region_area
    inside = float((areas["area"].to_numpy(np.float64) ** 2).sum())
    within = inside / found.eca_pc**2 if found.eca_pc > 0 else 0.0
    return {
        "protected": 100.0 * total / region_area,
        "connected": connected,
        "unconnected": 100.0 * total / region_area - connected,
        "within": connected * within,
        "between": connected * (1.0 - within),
    }


def network_measures(nodes: int, links: int, components: int = 1) -> dict[str, float]:
    """Shape of a network by its counts.

    Parameters
    ----------
    nodes, links : int
        How many there are.
    components : int
        Separate parts.

    Returns
    -------
    dict
        ``alpha`` (loops there are over loops there could be), ``beta`` (links per node), ``gamma`` (links over links there could be).
    """
    loops, most = links - nodes + components, 2 * nodes - 5
    return {
        "alpha": loops / most if most > 0 else float("nan"),
        "beta": links / nodes if nodes else float("nan"),
        "gamma": links / (3 * (nodes - 2)) if nodes > 2 else float("nan"),
    }


def threshold_scan(
    nodes: pd.DataFrame, links: pd.DataFrame, thresholds: NDArray[np.floating]
) -> pd.DataFrame:
    """Links and components by the longest distance that counts.

    Parameters
    ----------
    nodes : table
        Index is the patch; ``area``.
    links : table
        ``source, target, distance``.
    thresholds : (step,)
        Distances to try.

    Returns
    -------
    table
        ``threshold, links, components, largest_share`` (of the area in the largest component): a plateau is a good threshold, a jump is percolation.
    """
    area, source, target, _, _ = _checked(nodes, links.assign(probability=1.0), None, 0.5, None)
    length = links["distance"].to_numpy(float)
    rows = []
    for limit in thresholds:
        near = length <= limit
        graph = _graph(source[near], target[near], np.ones(int(near.sum())), area.size)
        parts, label = connected_components(graph, directed=False)
        largest = np.bincount(label, weights=area).max(initial=0.0)
        rows.append(
            (
                float(limit),
                int(graph.nnz // 2),
                int(parts),
                float(largest / area.sum()) if area.sum() else np.nan,
            )
        )
    return pd.DataFrame(rows, columns=["threshold", "links", "components", "largest_share"])
