"""How many sources there are at other cut-offs, and how much of reserves and of species they and the red line hold."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Codes, Elevation, Index, Mask
from shanshui.pattern.morphology import CORE, morphology
from shanshui.pattern.patches import large_cores
from shanshui.pattern.sources import candidates
from shanshui.pattern.species import AS_RICHNESS, THREATENED, Habitats, Ranges, species_blocks
from shanshui.pattern.tables import MassifCells, Protected, SourceCells
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import burnt

SourceCounts = Annotated[
    pd.DataFrame,
    Table(
        {
            "quantile": "1",
            "least_km2": "km2",
            "sources": "1",
            "area_km2": "km2",
            "share": "1",
            "captured": "1",
        }
    ),
]
SpeciesCapture = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "en": TEXT,
            "zh": TEXT,
            "threat": TEXT,
            "habitat_km2": "km2",
            "in_line": "1",
            "line_ratio": "1",
            "in_sources": "1",
            "source_ratio": "1",
        }
    ),
]


@assessment(source="own_pattern", bytes_per_cell=60)
def source_counts(
    source_score: Index,
    region_mask: Mask,
    massif_zones: MassifCells | None = None,
    developed_land: Mask | None = None,
    protected_areas: Protected | None = None,
    *,
    quantiles: Annotated[tuple[float, ...], Each(0.0, 1.0)] = (0.7, 0.75, 0.8, 0.85),
    least_km2: Annotated[tuple[float, ...], Each(0.0, 1e6)] = (20.0, 50.0, 100.0, 200.0),
    edge_width: Annotated[int, Between(1, 100)] = 1,
    smooth: bool = True,
) -> SourceCounts:
    """Sources at other cut-offs, none of them left out for its number.

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
    protected_areas : polygons, optional
        Reserves that sources should hold.
    quantiles : tuple of float [1]
        Cuts of the score [D].
    least_km2 : tuple of float [km2]
        Least areas [D].
    edge_width : int [cell]
        Of edges, which are no core.
    smooth : bool
        A majority of 3 x 3 cells decides, as for the candidates.

    Returns
    -------
    table
        For each quantile and least area: number of ``sources``, their ``area_km2`` [km2] and ``share`` of the region [1], and ``captured``, the
        share of the reserves' ground in them [1, NaN without reserves].

    Notes
    -----
    sources(q, A) = |{C : a |C| >= A}| over the groups C of cores of the ground with S >= Q_q(S), with a the area of a cell [km2]; as
    ``source_candidates``, ``habitat_morphology`` and ``source_cells`` make them, for each quantile q and least area A [km2]. A count that
    halves or doubles from one cut-off to the next is a matter of the cut-off, not of the ground: which are tried is ours [D].
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    reserve = None
    if protected_areas is not None and len(protected_areas):
        reserve = burnt(protected_areas, grid, 0.0).astype(bool) & inside
    zones = None if massif_zones is None else massif_zones.values
    rows = []
    for quantile in quantiles:
        codes = candidates(source_score.values, inside, zones, developed_land, quantile, smooth)
        shape = morphology(
            like(region_mask, codes, "1", nodata=0), edge_width=edge_width, connectivity=8
        )
        label = large_cores(shape.values == CORE, 1.0, zones=zones)
        cells = np.bincount(label.ravel())
        kept = None if reserve is None else np.bincount(label[reserve], minlength=cells.size)
        for least in least_km2:
            large = cells >= max(least / grid.cell_km2, 1.0)
            large[0] = False
            area = float(cells[large].sum()) * grid.cell_km2
            rows.append(
                {
                    "quantile": quantile,
                    "least_km2": least,
                    "sources": int(large.sum()),
                    "area_km2": area,
                    "share": area / (np.count_nonzero(inside) * grid.cell_km2 or np.nan),
                    "captured": np.nan
                    if kept is None or not kept.sum()
                    else kept[large].sum() / kept.sum(),
                }
            )
    columns = ["quantile", "least_km2", "sources", "area_km2", "share", "captured"]
    return pd.DataFrame(rows, columns=columns)


@assessment(source="own_pattern", bytes_per_cell=32, follows=AS_RICHNESS)
def species_capture(
    species_ranges: Ranges,
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    red_line_candidate: Codes | None = None,
    source_cells: SourceCells | None = None,
    species_habitats: Habitats | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> SpeciesCapture:
    """How much of the habitat of each species the red line and the sources hold, beside what chance would.

    Parameters
    ----------
    species_ranges : polygons or points
        ``species`` (Latin name).
    elevation : (y, x) [m]
        Ground height.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    red_line_candidate : (y, x) [1], optional
        1 candidate, 0 not, 255 missing.
    source_cells : (y, x) [1], optional
        Source of each cell; 0 none.
    species_habitats : table, optional
        As for ``species_richness``.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    table
        ``species``, names, ``threat``; ``habitat_km2`` [km2] in the region; share of it in the line and in sources [1], and these over the
        share of all ground that line and sources hold [1]: above 1 is more than by chance. Threatened species first, the rarest of each
        class first. NaN where a species has no habitat here or a layer is not known.

    Raises
    ------
    QuantityError
        As for ``species_richness``.

    Notes
    -----
    ratio = (|X and H| / |H|) / (|X and G| / |G|), with H the habitat, X the line or the sources, and G the ground where X is decided. Representation
    of each feature is what conservation planning reports [M]; setting it over chance is ours [D].
    """
    cell = grid_of(elevation).cell_km2
    inside = region_mask.values == 1
    layers = {
        "line": _layer(red_line_candidate, inside, 1, 255),
        "source": _layer(source_cells, inside, None, None),
    }
    cells: dict[str, NDArray[np.int64]] = {}
    rows: dict[str, dict[str, object]] = {}
    for part, species in species_blocks(
        species_ranges, species_habitats, elevation, cover_type, region_mask, range_cell_km
    ):
        for one in species:
            name = str(one.row["species"])
            rows[name] = {
                "species": name, "en": str(one.row.get("en", "")), "zh": str(one.row.get("zh", "")), "threat": one.row["threat"],
            }  # fmt: skip
            found: list[int] = [int(np.count_nonzero(one.habitat))]
            for layer in layers.values():
                for where in (None, None) if layer is None else layer[::-1]:
                    held = 0 if where is None else np.count_nonzero(one.habitat & where[part])
                    found.append(int(held))
            cells[name] = cells.get(name, np.zeros(5, np.int64)) + np.array(found)
    for name, sums in cells.items():
        area, mine, taken, other, held = (int(n) for n in sums)
        line = _held(layers["line"], mine, taken)
        sources = _held(layers["source"], other, held)
        rows[name] |= {
            "habitat_km2": area * cell, "in_line": line[0], "line_ratio": line[1], "in_sources": sources[0], "source_ratio": sources[1],
        }  # fmt: skip
    columns = [
        "species", "en", "zh", "threat", "habitat_km2", "in_line", "line_ratio", "in_sources", "source_ratio",
    ]  # fmt: skip
    out = pd.DataFrame(list(rows.values()), columns=columns)
    out["first"] = ~out["threat"].isin(THREATENED)
    out = out.sort_values(["first", "habitat_km2", "species"], kind="stable")
    return out.drop(columns="first").reset_index(drop=True)


Chosen = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def _layer(
    grid: xr.DataArray | None, inside: NDArray[np.bool_], code: int | None, missing: int | None
) -> Chosen | None:
    """Cells that are chosen, and those that are decided."""
    if grid is None:
        return None
    values = grid.values
    chosen = (values > 0 if code is None else values == code) & inside
    return chosen, inside if missing is None else inside & (values != missing)


def _held(layer: Chosen | None, mine: int, taken: int) -> tuple[float, float]:
    """Share of the habitat that is chosen, and that over the share of all ground."""
    if layer is None or not mine:
        return np.nan, np.nan
    chosen, decided = layer
    by_chance = np.count_nonzero(chosen) / np.count_nonzero(decided)
    return taken / mine, taken / mine / by_chance if by_chance else np.nan
