"""How firm a pattern is: how often each cell is source or corridor when its parameters are drawn anew; and what changed between years."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Amount, Codes, Index, Mask
from shanshui.pattern.connectivity import connectivity_indices
from shanshui.pattern.corridors import least_cost_corridors
from shanshui.pattern.morphology import CORE, morphology
from shanshui.pattern.patches import large_cores
from shanshui.pattern.sources import candidates, mean_rank
from shanshui.pattern.tables import DRAWN, Draws, MassifCells, Warned, by_class
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import GridSpec, grid_of, like

Frequencies = Annotated[
    xr.Dataset, Layers((("source_frequency", "1"), ("corridor_frequency", "1")))
]
UNSTEADY = 0.3
"""Departure of a count of sources from the median that makes a pattern unsteady [S, handbook of the study]."""


@assessment(source="own_pattern", bytes_per_cell=0)
def pattern_draws(
    *,
    samples: Annotated[int, Between(1, 10_000)] = 12,
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0,
    spread: Annotated[float, Between(0.0, 0.9)] = 0.2,
) -> Draws:
    """Parameters of the pattern drawn at random, as multiples of their middle.

    Parameters
    ----------
    samples : int
        Patterns to be made.
    seed : int
        Of the draws.
    spread : float [1]
        Each multiple lies within so much of 1 [D].

    Returns
    -------
    table
        ``sample`` from 1, and multiples [1] in [1 - spread, 1 + spread]: ``diversity_weight, water_weight, sensitivity_weight`` of the score,
        ``left_share`` of the ground that the quantile leaves, ``least_area`` of sources, and ``bend``: the exponent of resistance.

    Notes
    -----
    u_ij = 1 + d (2 z_ij - 1), z_ij ~ U(0, 1) and independent, with d the spread [1]. Uniform draws around the middle are the handbook's check of
    a pattern [D].
    """
    random = np.random.default_rng(seed)
    drawn = random.uniform(1.0 - spread, 1.0 + spread, (samples, len(DRAWN)))
    frame = pd.DataFrame(drawn, columns=list(DRAWN))
    frame.insert(0, "sample", np.arange(1, samples + 1))
    return frame


@assessment(source="own_pattern", bytes_per_cell=120)
def pattern_stability(
    biodiversity_index: Index,
    water_retention: Amount,
    potential_sensitivity: Index,
    resistance: Index,
    region_mask: Mask,
    pattern_draws: Draws,
    massif_zones: MassifCells | None = None,
    developed_land: Mask | None = None,
    *,
    quantile: Annotated[float, Between(0.0, 1.0)] = 0.75,
    weights: Annotated[tuple[float, ...], Each(0.0, 1e6, 3)] = (1.0, 1.0, 1.0),
    least_km2: Annotated[float, Between(0.0, 1e6)] = 50.0,
    most: Annotated[int, Between(0, 100_000)] = 0,
    edge_width: Annotated[int, Between(1, 100)] = 1,
    detour_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> Frequencies:
    """How often each cell is part of a source, or of a corridor, over parameters drawn at random.

    Parameters
    ----------
    biodiversity_index : (y, x) [1]
        As in :func:`source_score`.
    water_retention : (y, x) [any]
        As in :func:`source_score`.
    potential_sensitivity : (y, x) [1]
        As for ``source_score``.
    resistance : (y, x) [1]
        To movement.
    region_mask : (y, x) [1]
        1 inside.
    pattern_draws : table
        A row per pattern to be made: multiples of the middle.
    massif_zones : (y, x) [1], optional
        As in :func:`source_score`.
    developed_land : (y, x) [1], optional
        1 on built land.
    quantile, weights, least_km2, most, edge_width : float, tuple of float, float [km2], int, int
        As in the steps of the pattern: the middle of the draws.
    detour_share : float [1]
        A corridor is where the detour costs at most this share of the median link.

    Returns
    -------
    layers
        ``source_frequency`` and ``corridor_frequency`` [1], in [0, 1]. NaN outside; the first also where score or built land is missing, the
        second where resistance is. Attributes ``source_counts``: patches of each sample; ``unsteady``: whether their number departs from the
        median by more than 30 % in any.

    Raises
    ------
    QuantityError
        No draws; weights that are all 0.
    PlanError
        Weights that are not three, or negative.

    Notes
    -----
    F_s(x) = (1/n) sum_i [x in a source of pattern i]; F_c(x) = (1/n) sum_i [x in no source, detour <= h median cost of links], with n the samples
    [1] and h the share [1]. Pattern i has weights w_k u_ik, the quantile 1 - min((1 - q) u_i4, 1), the least area A u_i5 [km2] and the resistance
    R^(u_i6), R itself being 1 or more. Ours [D]; that a pattern fails whose count of sources varies by more than 30 % when weights vary by 20 %
    is the handbook's check [D].
    """
    if pattern_draws.empty:
        raise QuantityError("pattern_draws: found no row; expected one or more samples")
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    zones = None if massif_zones is None else massif_zones.values
    layers = (biodiversity_index.values, water_retention.values, potential_sensitivity.values)
    source, corridor = np.zeros(grid.shape), np.zeros(grid.shape)
    graded = np.zeros(grid.shape, bool)
    counts = []
    for drawn in pattern_draws[list(DRAWN)].to_numpy(float):
        score = mean_rank(layers, tuple(np.array(weights) * drawn[:3]), inside, zones)
        share = min((1.0 - quantile) * drawn[3], 1.0)
        codes = candidates(score, inside, zones, developed_land, 1.0 - share, True)
        graded |= codes > 0
        core = morphology(codes, edge_width=edge_width) == CORE
        label = large_cores(core, least_km2 * drawn[4] / grid.cell_km2, 0.0, most, zones)
        counts.append(int(label.max(initial=0)))
        source += label > 0
        if counts[-1] > 1:
            corridor += _corridor(resistance.values ** drawn[5], label, grid, detour_share)
    known = {
        "source_frequency": (source, graded),
        "corridor_frequency": (corridor, inside & np.isfinite(resistance.values)),
    }
    out = xr.Dataset(
        {
            name: like(
                region_mask, np.where(told, total / len(counts), np.nan).astype(np.float32), "1"
            )
            for name, (total, told) in known.items()
        }
    )
    middle = float(np.median(counts))
    out.attrs["source_counts"] = counts
    out.attrs["unsteady"] = bool(np.max(np.abs(np.array(counts) - middle)) > UNSTEADY * middle)
    return out


def _corridor(
    resistance: NDArray[np.floating], label: NDArray[np.int32], grid: GridSpec, share: float
) -> NDArray[np.bool_]:
    """Cells of the corridors between sources, without the sources."""
    found = least_cost_corridors(resistance, label, cell=grid.cell_m)
    kept = found.kept
    if kept.empty:
        return np.zeros(grid.shape, bool)
    return np.asarray(
        (found.surface <= share * float(kept["cost"].median())) & (label == 0), np.bool_
    )


@assessment(source="saura2011", bytes_per_cell=120)
def early_warning(
    land_cover_before: Codes,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_class("habitat", "resistance")],
    region_mask: Mask,
    *,
    least_habitat: Annotated[float, Between(0.0, 1.0)] = 0.7,
    least_km2: Annotated[float, Between(0.0, 1e6)] = 10.0,
    edge_width: Annotated[int, Between(1, 100)] = 1,
    yellow: Annotated[float, Between(0.0, 1.0)] = 0.95,
    red: Annotated[float, Between(0.0, 1.0)] = 0.9,
) -> Warned:
    """Connected habitat of two years by the same rules, and the warning that its change gives.

    Parameters
    ----------
    land_cover_before, land_cover : (y, x) [1]
        Class codes of the earlier and the later year, from one maker.
    biophysical : table
        ``lucode, habitat`` in [0, 1] and ``resistance``.
    region_mask : (y, x) [1]
        1 inside.
    least_habitat : float [1]
        Ground at or above it is habitat [D].
    least_km2 : float [km2]
        Least core of a patch [D].
    edge_width : int [cell]
        Of edges.
    yellow, red : float [1]
        Equivalent connected area below this share of the earlier year's gives the colour [D].

    Returns
    -------
    table
        ``what, before, now`` in the unit ``per`` and ``change`` [1]: habitat, core and equivalent connected area [km2], patches and links [1].
        Attributes ``warning``: none, yellow or red. Links weigh by the median cost of the earlier year, or of the later where the earlier had
        none, so that both years are measured alike; ground whose cover is missing in either year is left out of both, so that missing maps are no
        loss.

    Raises
    ------
    QuantityError
        No habitat patch in the earlier year; limits of the colours in the wrong order.

    Notes
    -----
    ECA = sqrt(sum_i sum_j a_i a_j p*_ij), with a the areas of core patches [km2], p*_ij the best product of chances of passing along links
    [1], and the chance of a link 1/2 at the median cost of the earlier year's links. change = now / before - 1. Equivalent connected area as the
    measure of trends: Saura et al. (2011) [M]; the limits 0.95 and 0.9 are ours [D].
    """
    if red > yellow:
        raise QuantityError(f"red: found {red:g}, above yellow, {yellow:g}; expected at most that")
    covers = [ByCover.of(c, biophysical, "biophysical") for c in (land_cover_before, land_cover)]
    values = [cover.grid("habitat", high=1.0) for cover in covers]
    known = (region_mask.values == 1) & np.isfinite(values[0]) & np.isfinite(values[1])
    rows: list[tuple[float, ...]] = []
    scale = 0.0
    for cover, value in zip(covers, values, strict=True):
        ground = np.where(known, cover.grid("resistance", low=1e-6), np.nan)
        found, scale = _connected(
            known, known & (value >= least_habitat), ground, grid_of(region_mask), least_km2, edge_width, scale
        )  # fmt: skip
        rows.append(found)
    names = ["habitat", "core", "equivalent connected area", "patches", "links"]
    units = ["km2", "km2", "km2", "1", "1"]
    frame = pd.DataFrame({"what": names, "per": units, "before": rows[0], "now": rows[1]})
    if not frame["before"].iloc[2] > 0:
        raise QuantityError(
            "land_cover_before: found no habitat patch; lower least_habitat or least_km2"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["change"] = frame["now"] / frame["before"] - 1.0
    share = 1.0 + float(frame["change"].iloc[2])
    frame.attrs["warning"] = "red" if share < red else "yellow" if share < yellow else "none"
    return frame


def _connected(
    known: NDArray[np.bool_],
    habitat: NDArray[np.bool_],
    ground: NDArray[np.floating],
    grid: GridSpec,
    least_km2: float,
    edge_width: int,
    scale: float,
) -> tuple[tuple[float, ...], float]:
    """Habitat, core and connected area [km2], patches and links of one year; and the cost that links are weighed by."""
    codes = np.where(known, np.where(habitat, 2, 1), 0).astype(np.uint8)
    core = morphology(codes, edge_width=edge_width) == CORE
    label = large_cores(core, least_km2 / grid.cell_km2)
    sizes = np.bincount(label.ravel())[1:] * grid.cell_km2
    links = pd.DataFrame({"source": [], "target": [], "distance": []})
    if sizes.size > 1:
        kept = least_cost_corridors(ground, label, cell=grid.cell_m).kept
        links = kept[["source", "target"]].assign(distance=kept["cost"])
    scale = scale or (float(links["distance"].median()) if len(links) else 0.0)
    connected = 0.0
    if sizes.size:
        nodes = pd.DataFrame({"area": sizes}, index=np.arange(1, sizes.size + 1))
        connected = connectivity_indices(nodes, links, reference_distance=scale or 1.0).eca_pc
    found = (
        float(habitat.sum() * grid.cell_km2),
        float(core.sum() * grid.cell_km2),
        connected,
        float(sizes.size),
        float(len(links)),
    )
    return found, scale
