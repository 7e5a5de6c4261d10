"""Ecological sources: the best ground by several values at once, its cores, large enough and named."""

from collections.abc import Sequence
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Amount, Codes, Index, Mask
from shanshui.pattern.massifs import massif_names
from shanshui.pattern.morphology import CORES, morphology
from shanshui.pattern.naming import names_of
from shanshui.pattern.patches import known_flags, large_cores, majority
from shanshui.pattern.tables import MassifCells, Massifs, Protected, SourceCells, Sources
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import burnt, polygons


@assessment(source="own_pattern", bytes_per_cell=40)
def source_score(
    biodiversity_index: Index,
    water_retention: Amount,
    potential_sensitivity: Index,
    region_mask: Mask,
    massif_zones: MassifCells | None = None,
    *,
    weights: Annotated[tuple[float, ...], Each(0.0, 1e6, 3)] = (1.0, 1.0, 1.0),
) -> Index:
    """Mean rank of a cell in diversity of species, in water that it holds, and in sensitivity.

    Parameters
    ----------
    biodiversity_index : (y, x) [1]
        More is better.
    water_retention : (y, x) [any]
        More is better.
    potential_sensitivity : (y, x) [1]
        Of the ground without its cover; more is more sensitive.
    region_mask : (y, x) [1]
        1 inside.
    massif_zones : (y, x) [1], optional
        Ranks are taken within each massif: the best of every massif counts, whatever the rain does elsewhere.
    weights : tuple of float [1]
        Of the three, in that order; equal as in the source [S].

    Returns
    -------
    (y, x) [1]
        In [0, 1]; 1 is the best of the region or the massif. NaN outside and where a value is missing.

    Raises
    ------
    QuantityError
        Weights that are all 0.
    PlanError
        Weights that are not three, or negative.

    Notes
    -----
    S = sum_k (w_k / sum w) (r_k - 1) / max(n - 1, 1), with r_k the rank [1] of the cell among the n known cells of its massif in diversity, water
    held and sensitivity, equal values sharing their mean rank, and w_k the weights [1]. The three criteria are those of the study's own papers
    [S]; their mean rank, and that sensitivity is that of the ground without its cover, are ours [D] (decision 0028): by sensitivity as it is bare
    slopes would be sources.
    """
    return like(
        region_mask,
        mean_rank(
            (biodiversity_index.values, water_retention.values, potential_sensitivity.values),
            weights,
            region_mask.values == 1,
            None if massif_zones is None else massif_zones.values,
        ),
        "1",
    )


def mean_rank(
    layers: Sequence[NDArray[np.floating]],
    weights: Sequence[float],
    inside: NDArray[np.bool_],
    zones: NDArray[np.integer] | None,
) -> NDArray[np.float32]:
    """Weighted mean of the ranks of cells, within zones where there are any.

    Parameters
    ----------
    layers : sequence of (y, x) arrays
        More is better.
    weights : sequence of float
        One per layer.
    inside : (y, x) array of bool
        Cells to rank.
    zones : (y, x) array of int, optional
        Above 0.

    Returns
    -------
    (y, x) array of float32
        In [0, 1]; equal values share their mean rank. NaN where any layer is.

    Raises
    ------
    QuantityError
        Weights that do not fit.
    """
    if len(weights) != len(layers) or min(weights) < 0 or sum(weights) <= 0:
        raise QuantityError(
            f"weights: found {tuple(weights)}; expected {len(layers)} numbers of 0 or more, not all 0"
        )
    known = inside & np.all([np.isfinite(layer) for layer in layers], axis=0)
    zone = np.ones(inside.shape, np.int32) if zones is None else np.where(zones > 0, zones, 0)
    out = np.full(inside.shape, np.nan, np.float32)
    total = float(sum(weights))
    for number in np.unique(zone[known]):
        cells = known & (zone == number)
        mean = np.zeros(int(cells.sum()))
        for layer, weight in zip(layers, weights, strict=True):
            rank = pd.Series(layer[cells]).rank(method="average").to_numpy()
            mean += weight / total * (rank - 1.0) / max(rank.size - 1, 1)
        out[cells] = mean
    return out


@assessment(source="own_pattern", bytes_per_cell=24)
def source_candidates(
    source_score: Index,
    region_mask: Mask,
    massif_zones: MassifCells | None = None,
    developed_land: Mask | None = None,
    *,
    quantile: Annotated[float, Between(0.0, 1.0)] = 0.75,
    smooth: bool = True,
) -> Codes:
    """Ground that could be a source: the upper part of the score, towns left out.

    Parameters
    ----------
    source_score : (y, x) [1]
        Mean rank.
    region_mask : (y, x) [1]
        1 inside.
    massif_zones : (y, x) [1], optional
        The quantile is taken within each massif.
    developed_land : (y, x) [1], optional
        1 on built land.
    quantile : float [1]
        Cells at or above it [S].
    smooth : bool
        A majority of 3 x 3 cells decides.

    Returns
    -------
    (y, x) [1]
        2 candidate, 1 other ground, 0 outside or where score or built land is missing: what :func:`morphology` takes.

    Notes
    -----
    Candidate where S >= Q_q(S), the quantile q of the scores [1] of the massif, not built, and then by the majority: more than half of the known
    among the nine cells. Cells without a score have no say, so that missing ground eats nothing of the ground beside it. The upper quartile is
    the cut of published patterns [S]; the majority is ours [D].
    """
    return like(
        region_mask,
        candidates(
            source_score.values,
            region_mask.values == 1,
            None if massif_zones is None else massif_zones.values,
            developed_land,
            quantile,
            smooth,
        ),
        "1",
        nodata=0,
    )


def candidates(
    score: NDArray[np.floating],
    inside: NDArray[np.bool_],
    zones: NDArray[np.integer] | None,
    developed_land: Mask | None,
    quantile: float,
    smooth: bool,
) -> NDArray[np.uint8]:
    """Codes 2 candidate, 1 other, 0 missing."""
    built, told = known_flags(developed_land, inside.shape)
    zone = np.ones(inside.shape, np.int32) if zones is None else np.where(zones > 0, zones, 0)
    known = inside & np.isfinite(score) & told
    chosen = np.zeros(inside.shape, bool)
    for number in np.unique(zone[known]):
        cells = known & (zone == number)
        chosen |= cells & (score >= np.quantile(score[cells], quantile))
    chosen &= ~built
    if smooth:
        chosen = majority(chosen, known)
    return np.where(known, np.where(chosen, 2, 1), 0).astype(np.uint8)


@assessment(source="mspa2009", bytes_per_cell=24)
def habitat_morphology(
    source_candidates: Codes,
    *,
    edge_width: Annotated[int, Between(1, 100)] = 1,
    connectivity: Annotated[int, Between(4, 8)] = 8,
    transition: bool = True,
    internal: bool = False,
) -> Codes:
    """Part that each cell plays in the shape of the candidate ground.

    Parameters
    ----------
    source_candidates : (y, x) [1]
        2 candidate, 1 other, 0 missing.
    edge_width : int [cell]
        Of edges; state it in metres with the result.
    connectivity : int
        Of the foreground, 8 or 4.
    transition : bool
        Bridges and loops are drawn through edges to the core.
    internal : bool
        Tell what lies within holes of cores: its codes are 100 more, and background there is 100; other background that the shape closes in is 220.

    Returns
    -------
    (y, x) [1]
        17 core, 9 islet, 5 perforation, 3 edge, 65 loop, 33 bridge, 1 branch, 0 background, 129 missing; with ``transition`` also 35, 37, 67, 69.

    Raises
    ------
    QuantityError
        A connectivity other than 8 or 4, other codes than 0, 1, 2.

    Notes
    -----
    core = foreground where d > w + 0.98 [S], with d the distance between cell centres [cell] to the nearest background and w the edge width
    [cell]; edge and perforation where a core lies within w + 0.98; bridge and loop on the lines that thinning leaves between cores; the rest is
    branch, and islet without a core, as in :func:`shanshui.pattern.morphology.morphology`. After Soille and Vogt (2009) [S].
    """
    codes: xr.DataArray = morphology(
        source_candidates,
        edge_width=edge_width,
        connectivity=connectivity,
        transition=transition,
        internal=internal,
    )
    return codes


@assessment(source="own_pattern", bytes_per_cell=24, missing="no_patch_here")
def source_cells(
    habitat_morphology: Codes,
    massif_zones: MassifCells | None = None,
    *,
    least_km2: Annotated[float, Between(0.0, 1e6)] = 50.0,
    merge_m: Annotated[float, Between(0.0, 1e5)] = 0.0,
    most: Annotated[int, Between(0, 100_000)] = 0,
) -> SourceCells:
    """Cores large enough to be sources, the largest first.

    Parameters
    ----------
    habitat_morphology : (y, x) [1]
        17 is core, and 117 within holes of cores.
    massif_zones : (y, x) [1], optional
        Massif of each cell: a core that reaches over several is a source in each, as its cells are chosen within each.
    least_km2 : float [km2]
        Smaller cores are no sources [D]; 50 suits a region of 300 000 km2.
    merge_m : float [m]
        Cores this near to each other are one source; the gap is taken in. 0 merges none.
    most : int
        Only so many of the largest; 0 for all.

    Returns
    -------
    (y, x) [1]
        Number of the source; 0 elsewhere.

    Notes
    -----
    A source is a group of cores of one massif, joined by sides and corners, with n a >= A, n its cells, a the area of a cell and A the least area
    [km2]; merging closes the cores by a disc of half the distance (dilation, then erosion). Cores after Soille and Vogt (2009) [S]; the least area
    is ours [D], 20 km2 in west Jilin [S], and so is that massifs part a core (decision 0028).
    """
    grid = grid_of(habitat_morphology)
    label = large_cores(
        np.isin(habitat_morphology.values, CORES),
        least_km2 / grid.cell_km2,
        merge_m / grid.cell_m,
        most,
        None if massif_zones is None else massif_zones.values,
    )
    return like(habitat_morphology, label, "1", nodata=0)


@assessment(source="yu1996", bytes_per_cell=40)
def sources(
    source_cells: SourceCells,
    source_score: Index,
    resistance: Index,
    massif_zones: MassifCells | None = None,
    massifs: Massifs | None = None,
    protected_areas: Protected | None = None,
    *,
    capture_target: Annotated[float, Between(0.0, 1.0)] = 0.7,
) -> Sources:
    """The sources as patches: size, score, massif, and how much of the protected areas they hold.

    Parameters
    ----------
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    source_score : (y, x) [1]
        Mean rank.
    resistance : (y, x) [1]
        To movement.
    massif_zones : (y, x) [1], optional
        Massif of each cell.
    massifs : points, lines or polygons, optional
        ``name``.
    protected_areas : polygons, optional
        Reserves that sources should hold.
    capture_target : float [1]
        Share of the reserves' ground that should lie inside [S].

    Returns
    -------
    polygons
        Index ``unit``: number of the source; ``name, name_zh, massif, area_km2, score`` mean [1], ``resistance`` mean [1],
        ``protected_share`` of the patch [1]. Means are over the cells of the patch where a value is known; NaN where none is. Attributes ``capture``:
        share of the reserves' ground inside all sources, and ``captured``: whether that reaches the target.

    Notes
    -----
    capture = |reserves and sources| / |reserves| over cells [1]. That more than 70 % of the reserves should lie in sources is the check of the
    study's own papers [S]; sources after the practice of security patterns since Yu (1996) [M].
    """
    grid = grid_of(source_cells)
    label = source_cells.values
    count = int(label.max(initial=0))
    numbers = np.arange(1, count + 1)
    frame = polygons(source_cells)
    frame["area_km2"] = np.bincount(label.ravel(), minlength=count + 1)[1:] * grid.cell_km2
    frame["score"] = means_of(source_score.values, label, count)
    frame["resistance"] = means_of(resistance.values, label, count)
    frame["massif"] = ""
    if massif_zones is not None and massifs is not None:
        names = ["", *massif_names(massifs)]
        frame["massif"] = [
            names[int(np.bincount(massif_zones.values[label == n]).argmax())] for n in numbers
        ]
    frame["name"] = _names(frame["massif"])
    frame["name_zh"] = _names(frame["massif"].map(_in_chinese(massifs)))
    frame["protected_share"], capture = captured(protected_areas, label, count, grid)
    frame.attrs["capture"] = capture
    frame.attrs["capture_target"] = capture_target
    frame.attrs["captured"] = bool(capture >= capture_target) if np.isfinite(capture) else None
    return frame


def captured(
    reserves: gpd.GeoDataFrame | None,
    label: NDArray[np.integer],
    count: int,
    grid: GridSpec,
) -> tuple[NDArray[np.float64], float]:
    """Share of each source that is reserve, and of the reserves that lies in sources [1]; NaN without reserves."""
    if reserves is None or not len(reserves):
        return np.full(count, np.nan), np.nan
    reserve = burnt(reserves, grid, 0.0).astype(bool)
    held = float((reserve & (label > 0)).sum() / reserve.sum()) if reserve.any() else np.nan
    return means_of(reserve, label, count), held


def _in_chinese(massifs: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Chinese name of each massif by its name."""
    if massifs is None:
        return {"": ""}
    words = zip(massifs["name"].astype(str), (n.zh for n in names_of(massifs)), strict=True)
    return {"": "", **dict(words)}


def means_of(values: NDArray[Any], label: NDArray[np.integer], count: int) -> NDArray[np.float64]:
    """Mean over the known cells of each number from 1; NaN where none is known."""
    known = np.isfinite(values)
    cells = np.bincount(label[known], minlength=count + 1)[1:]
    total = np.bincount(label[known], values[known].astype(np.float64), count + 1)[1:]
    return np.divide(total, cells, out=np.full(count, np.nan), where=cells > 0)


def _names(massif: pd.Series) -> list[str]:
    """Massif and a number where it has several sources; the number alone where there is no massif."""
    counts = massif.value_counts()
    seen: dict[str, int] = {}
    out = []
    for number, name in zip(massif.index, massif, strict=True):
        if not name:
            out.append(str(number))
            continue
        seen[name] = seen.get(name, 0) + 1
        out.append(name if counts[name] == 1 else f"{name} {seen[name]}")
    return out
