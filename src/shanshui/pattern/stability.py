"""How firm a pattern is: how often each cell is source or corridor when its parameters are drawn anew; and what changed between years."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Amount, Codes, Coefficients, Facts, Index, Mask, UnitLabels
from shanshui.pattern.connectivity import connectivity_indices
from shanshui.pattern.corridors import least_cost_corridors
from shanshui.pattern.morphology import CORE, morphology
from shanshui.pattern.sources import candidates, falling, large_cores, mean_rank
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import GridSpec, grid_of, like

Frequencies = Annotated[
    xr.Dataset, Layers((("source_frequency", "1"), ("corridor_frequency", "1")))
]


@assessment(source="own_pattern", bytes_per_cell=120)
def pattern_stability(
    biodiversity_index: Index,
    water_retention: Amount,
    ecological_sensitivity: Codes,
    resistance: Index,
    region_mask: Mask,
    massif_zones: UnitLabels | None = None,
    developed_land: Mask | None = None,
    *,
    samples: Annotated[int, Between(1, 10_000)] = 12,
    seed: Annotated[int, Between(0, 2**31 - 1)] = 0,
    spread: Annotated[float, Between(0.0, 0.9)] = 0.2,
    quantile: Annotated[float, Between(0.0, 1.0)] = 0.75,
    weights: tuple[float, ...] = (1.0, 1.0, 1.0),
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
    ecological_sensitivity : (y, x) [1]
        1 extremely sensitive, 3 sensitive, 5 general, 0 missing.
    resistance : (y, x) [1]
        To movement.
    region_mask : (y, x) [1]
        1 inside.
    massif_zones : (y, x) [1], optional
        As in :func:`source_score`.
    developed_land : (y, x) [1], optional
        1 on built land.
    samples : int
        Patterns to be made.
    seed : int
        Of the draws.
    spread : float [1]
        Weights, the share of ground left by the quantile, the least area and the bend of resistance vary by up to so much either way [D].
    quantile, weights, least_km2, most, edge_width
        As in the steps of the pattern: the middle of the draws.
    detour_share : float [1]
        A corridor is where the detour costs at most this share of the median link.

    Returns
    -------
    layers
        ``source_frequency`` and ``corridor_frequency`` [1], in [0, 1], NaN outside. Attributes ``source_counts``: patches of each sample;
        ``unsteady``: whether their number departs from the median by more than 30 % in any.
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    zones = None if massif_zones is None else massif_zones.values
    built = None if developed_land is None else developed_land.values == 1
    layers = (biodiversity_index.values, water_retention.values, falling(ecological_sensitivity))
    random = np.random.default_rng(seed)
    source, corridor = np.zeros(grid.shape), np.zeros(grid.shape)
    counts = []
    for _ in range(samples):
        bent = random.uniform(1.0 - spread, 1.0 + spread, 6)
        score = mean_rank(layers, tuple(np.array(weights) * bent[:3]), inside, zones)
        share = min((1.0 - quantile) * bent[3], 1.0)
        codes = candidates(score, inside, zones, built, 1.0 - share, True)
        core = morphology(codes, edge_width=edge_width) == CORE
        label = large_cores(core, least_km2 * bent[4] / grid.cell_km2, 0.0, most)
        counts.append(int(label.max(initial=0)))
        source += label > 0
        if counts[-1] > 1:
            corridor += _corridor(resistance.values ** bent[5], label, grid, detour_share)
    out = xr.Dataset(
        {
            name: like(
                region_mask, np.where(inside, total / samples, np.nan).astype(np.float32), "1"
            )
            for name, total in (("source_frequency", source), ("corridor_frequency", corridor))
        }
    )
    middle = float(np.median(counts))
    out.attrs["source_counts"] = counts
    out.attrs["unsteady"] = bool(np.max(np.abs(np.array(counts) - middle)) > 0.3 * middle)
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


@assessment(source="own_pattern", bytes_per_cell=120)
def early_warning(
    land_cover_before: Codes,
    land_cover: Codes,
    biophysical: Coefficients,
    region_mask: Mask,
    *,
    least_habitat: Annotated[float, Between(0.0, 1.0)] = 0.7,
    least_km2: Annotated[float, Between(0.0, 1e6)] = 10.0,
    edge_width: Annotated[int, Between(1, 100)] = 1,
    yellow: Annotated[float, Between(0.0, 1.0)] = 0.95,
    red: Annotated[float, Between(0.0, 1.0)] = 0.9,
) -> Facts:
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
        ``what, before, now, change`` [1]: habitat, core and equivalent connected area, patches and links. Attributes ``warning``: none,
        yellow or red. Links weigh by the median cost of the earlier year, so that both years are measured alike.
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    rows: list[tuple[float, ...]] = []
    scale = 0.0
    for cover in (land_cover_before, land_cover):
        table = ByCover.of(cover, biophysical, "biophysical")
        habitat = inside & (np.nan_to_num(table.grid("habitat", high=1.0)) >= least_habitat)
        codes = np.where(inside, np.where(habitat, 2, 1), 0).astype(np.uint8)
        core = morphology(codes, edge_width=edge_width) == CORE
        label = large_cores(core, least_km2 / grid.cell_km2)
        sizes = np.bincount(label.ravel())[1:] * grid.cell_km2
        links = pd.DataFrame({"source": [], "target": [], "distance": []})
        if sizes.size > 1:
            ground = np.where(inside, table.grid("resistance", low=1e-6), np.nan)
            kept = least_cost_corridors(ground, label, cell=grid.cell_m).kept
            links = kept[["source", "target"]].assign(distance=kept["cost"])
        scale = scale or (float(links["distance"].median()) if len(links) else 1.0)
        connected = 0.0
        if sizes.size:
            nodes = pd.DataFrame({"area": sizes}, index=np.arange(1, sizes.size + 1))
            connected = connectivity_indices(nodes, links, reference_distance=scale).eca_pc
        rows.append(
            (
                habitat.sum() * grid.cell_km2,
                core.sum() * grid.cell_km2,
                connected,
                float(sizes.size),
                float(len(links)),
            )
        )
    names = ["habitat", "core", "equivalent connected area", "patches", "links"]
    frame = pd.DataFrame({"what": names, "before": rows[0], "now": rows[1]})
    with np.errstate(divide="ignore", invalid="ignore"):
        frame["change"] = frame["now"] / frame["before"] - 1.0
    if not frame["before"].iloc[2] > 0:
        raise QuantityError(
            "land_cover_before: found no habitat patch; lower least_habitat or least_km2"
        )
    share = 1.0 + float(frame["change"].iloc[2])
    frame.attrs["warning"] = "red" if share < red else "yellow" if share < yellow else "none"
    frame.attrs["units"] = {"change": "1"}
    return frame
