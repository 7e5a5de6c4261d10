"""How sources, and how protected areas, hang together: indices of their graph as products."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Mask
from shanshui.pattern.connectivity import (
    connectivity_indices,
    network_measures,
    protected_connected_share,
    threshold_scan,
)
from shanshui.pattern.tables import (
    CourseCosts,
    NamedSources,
    Network,
    PairCosts,
    Protected,
    ProtectedShares,
    Scan,
    SourceAreas,
)
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt

FARTHEST = 10.0
"""Medians of dispersal beyond which areas are not linked [D]: the chance of passing is below 1 in 1000."""


@assessment(source="saura2010")
def source_network(
    sources: NamedSources,
    corridors: CourseCosts,
    *,
    reference_cost: Annotated[float, Between(0.0, 1e12)] = 0.0,
    reference_probability: Annotated[float, Between(1e-9, 1.0)] = 0.5,
) -> Network:
    """What each source gives to the connectivity of all.

    Parameters
    ----------
    sources : polygons
        Index is the number; ``name, area_km2``.
    corridors : lines
        ``source, target, cost``.
    reference_cost : float [m]
        Cost at which the chance of passing is the reference probability; 0 takes the median of the corridors [D].
    reference_probability : float [1]
        There.

    Returns
    -------
    table
        ``source, name, area_km2`` [km2], ``component``, ``d_iic, d_pc`` [% lost without it] and its parts ``intra, flux, connector`` [%].
        Attributes: ``iic, pc, eca_km2, alpha, beta, gamma, components, reference_cost``.

    Raises
    ------
    QuantityError
        A corridor to an unknown source, a reference probability of 1.

    Notes
    -----
    With a the areas [km2], A their sum, nl_ij the fewest links and p*_ij the best product of chances between i and j, p = P^(cost / c) of one
    link [1]::

        IIC = sum_i sum_j a_i a_j / (1 + nl_ij) / A^2      PC = sum_i sum_j a_i a_j p*_ij / A^2      ECA = A sqrt(PC)
        d_k = 100 (I - I without k) / I      intra = 100 a_k^2 / (PC A^2)      flux = 200 a_k sum_(j != k) a_j p*_kj / (PC A^2)
        connector = d_pc - intra - flux      alpha = (L - V + 1) / (2 V - 5)      beta = L / V      gamma = L / (3 (V - 2))

    with c and P the reference cost [m] and probability [1], L links and V sources. PC: Saura and Pascual-Hortal (2007) [M]; its parts: Saura and
    Rubio (2010) [S]; P = 0.5 [S], the median cost as reference is ours [D].
    """
    if sources.empty:
        columns = ["source", "name", "area_km2", "component", "d_iic", "d_pc", "intra", "flux"]
        return pd.DataFrame(columns=[*columns, "connector"], dtype=float)
    links = corridors[["source", "target"]].assign(distance=corridors["cost"])
    scale = reference_cost or max(float(links["distance"].median()), 1e-9)
    found = connectivity_indices(
        pd.DataFrame({"area": sources["area_km2"]}),
        links,
        reference_distance=scale if len(links) else 1.0,
        reference_probability=reference_probability,
    )
    table = found.nodes.reset_index(names="source").rename(columns={"area": "area_km2"})
    table.insert(1, "name", table["source"].map(sources["name"]))
    shape = network_measures(len(sources), len(links)) if len(sources) > 2 else {}
    table.attrs |= {
        "iic": found.iic,
        "pc": found.pc,
        "eca_km2": found.eca_pc,
        "components": found.components,
        "reference_cost": scale,
        **{k: float(v) for k, v in dict(shape).items()},
    }
    return table


@assessment(source="urban2001")
def component_scan(
    sources: SourceAreas,
    least_cost_links: PairCosts,
    *,
    limits_m: Annotated[tuple[float, ...], Each(0.0, 1e15)] = (),
) -> Scan:
    """How sources fall into components when only links up to a cost count.

    Parameters
    ----------
    sources : polygons
        Index is the number; ``area_km2``.
    least_cost_links : lines
        ``source, target, cost, status``; those that were kept.
    limits_m : tuple of float [m]
        Costs to try, resistance metres; none tries 0 and the cost of each link.

    Returns
    -------
    table
        ``threshold`` [m], ``links`` up to it, ``components`` [1], ``largest_share`` [1] of all area in the largest component. A plateau of
        components is a good threshold for movement, a jump of the share is percolation.

    Raises
    ------
    QuantityError
        A link to an unknown source.

    Notes
    -----
    Edge thresholding of Urban and Keitt (2001) [M]: G(t) has the links with cost <= t; components are its connected parts, and largest_share =
    max over components C of sum_(i in C) a_i / sum_i a_i, with a the areas [km2]. Links between neighbours by cost hold the least tree that spans all
    sources, so that components are those of all pairs.
    """
    kept = least_cost_links[least_cost_links["status"] == "kept"]
    links = pd.DataFrame(kept[["source", "target"]]).assign(distance=kept["cost"].astype(float))
    limits = sorted(limits_m) if limits_m else [0.0, *sorted(set(links["distance"]))]
    nodes = pd.DataFrame({"area": sources["area_km2"].astype(float)})
    return threshold_scan(nodes, links, np.array(limits))


@assessment(source="saura2017", bytes_per_cell=24)
def protected_connectivity(
    protected_areas: Protected,
    region_mask: Mask,
    *,
    median_m: Annotated[float, Between(1.0, 1e7)] = 10_000.0,
) -> ProtectedShares:
    """How much of the region is protected, and protected and connected.

    Parameters
    ----------
    protected_areas : polygons
        Overlaps count once; ground that touches is one area.
    region_mask : (y, x) [1]
        1 inside; ground beyond does not count, nor as a step between.
    median_m : float [m]
        Distance that half of the animals disperse [S2].

    Returns
    -------
    table
        ``what, share`` [% of the region]: ``protected``; ``connected``, protected and reachable (ProtConn); ``unconnected``, their difference;
        ``within`` and ``between``: what single areas and what ways among them give to ``connected``. Attribute ``areas``: areas that do not
        touch.

    Notes
    -----
    ProtConn = 100 sqrt(sum_i sum_j a_i a_j p*_ij) / A, with a the areas and A the region [km2], p*_ij the best product of p = 0.5^(d / m) [1]
    along ways over areas, d the distance between nearest cell centres and m the median [m]; within = ProtConn sum a_i^2 / sum_i sum_j a_i a_j
    p*_ij. After Saura et al. (2017) [M], whose reference is m = 10 km, without their correction for ground that is protected beyond the border;
    areas more than ten medians apart are not linked [D].
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    label, count = ndimage.label(burnt(protected_areas, grid, 0.0) & inside, np.ones((3, 3)))
    cells = np.bincount(label.ravel(), minlength=count + 1)[1:]
    found = protected_connected_share(
        pd.DataFrame({"area": cells * grid.cell_km2}, index=np.arange(1, count + 1)),
        _gaps(label, FARTHEST * median_m / grid.cell_m).assign(
            distance=lambda rows: rows["distance"] * grid.cell_m
        ),
        float(inside.sum()) * grid.cell_km2,
        reference_distance=median_m,
    )
    table = pd.DataFrame({"what": list(found), "share": list(found.values())})
    table.attrs["areas"] = int(count)
    return table


def _gaps(label: NDArray[np.integer], farthest: float) -> pd.DataFrame:
    """Distance between each two numbers that are near enough, cells between centres."""
    inner = ndimage.minimum_filter(label, size=3) == ndimage.maximum_filter(label, size=3)
    rims = np.argwhere((label > 0) & ~inner)
    owner = label[rims[:, 0], rims[:, 1]]
    order = np.argsort(owner, kind="stable")
    rims, owner = rims[order], owner[order]
    count = int(label.max(initial=0))
    rows = []
    for number in range(1, count):
        own, rest = owner == number, owner > number
        away, _ = cKDTree(rims[own]).query(rims[rest], distance_upper_bound=farthest)
        best = np.full(count + 1, np.inf)
        np.minimum.at(best, owner[rest], away)
        met = np.flatnonzero(np.isfinite(best))
        rows.append(pd.DataFrame({"source": number, "target": met, "distance": best[met]}))
    blank = pd.DataFrame({"source": [], "target": [], "distance": []}, dtype=float)
    return pd.concat(rows, ignore_index=True) if rows else blank
