"""Where species can live: their ranges, less ground that is too high, too low, or of another cover; and how much that ground matters."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import COVERS, codes_of
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Layers, Table
from shanshui.core.setting import Between, Each
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import Codes, Elevation, Mask
from shanshui.pattern.range_map import range_map
from shanshui.region.grid import GridSpec, grid_of
from shanshui.region.unitset import burnt

THREATS = ("LC", "NT", "VU", "EN", "CR")
"""Classes of the red list, the least threatened first."""
THREATENED = frozenset(("VU", "EN", "CR"))
AS_RICHNESS = {"range_cell_km": "species_richness"}
"""Whoever reads a coarse range map reads it at the cells that richness reads it at."""
_BLOCK = 1 << 20
"""Cells that are held at once with all that is known of their species."""

Ranges = Annotated[gpd.GeoDataFrame, Features({"species": TEXT, "*": ANY})]
Habitats = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "threat": TEXT,
            "low_m": "m",
            "high_m": "m",
            "covers": TEXT,
            "*": ANY,
        }
    ),
]
SpeciesHabitat = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "en": TEXT,
            "zh": TEXT,
            "threat": TEXT,
            "range_km2": "km2",
            "habitat_km2": "km2",
            "share": "1",
            "reason": TEXT,
        }
    ),
]
SpeciesLayers = Annotated[
    xr.Dataset,
    Layers((("richness", "1"), ("threatened", "1"), ("endemic", "1"), ("index", "1"))),
]


@dataclass(frozen=True)
class SpeciesHere:
    """One species on some rows of the grid.

    Attributes
    ----------
    row : Series
        Its preferences.
    weight : float [1]
        Of its threat over the size of its range.
    range : (rows, x) bool
        Ground in its range.
    habitat : (rows, x) bool
        Ground in its range, at its heights, of its covers.
    expected : (rows, x) float32 [1]
        The same, with the presence read between the centres of a coarse map.
    """

    row: pd.Series
    weight: float
    range: NDArray[np.bool_]
    habitat: NDArray[np.bool_]
    expected: NDArray[np.float32]


def habitats_of(table: pd.DataFrame | None) -> pd.DataFrame:
    """Preferences by species: the study's own table, or the shipped one.

    Raises
    ------
    QuantityError
        A class of threat or a cover that is none, heights in the wrong order, a species twice.
    """
    rows = (
        pd.read_csv(StringIO(shipped_text("pattern/species_habitats.csv")))
        if table is None
        else table.copy()
    )
    rows["species"] = rows["species"].map(latin)
    if rows["species"].duplicated().any():
        twice = rows["species"][rows["species"].duplicated()].iloc[0]
        raise QuantityError(f"species_habitats.species: {twice} stands twice; keep one row")
    for _, row in rows.iterrows():
        if row["threat"] not in THREATS:
            raise QuantityError(
                f"species_habitats.threat: {row['species']} holds '{row['threat']}', expected {', '.join(THREATS)}"
            )
        if not float(row["low_m"]) < float(row["high_m"]):
            raise QuantityError(
                f"species_habitats: {row['species']} lives from {row['low_m']} to {row['high_m']} m; give the lower height first"
            )
        strange = [w for w in _words(row["covers"]) if w not in COVERS]
        if strange or not _words(row["covers"]):
            raise QuantityError(
                f"species_habitats.covers: {row['species']} holds '{row['covers']}'; {nearest(strange[0], COVERS) if strange else 'name one'}"
            )
    return rows.set_index("species", drop=False)


def _words(text: object) -> tuple[str, ...]:
    return tuple(w.strip() for w in str(text).split(";") if w.strip())


def latin(name: object) -> str:
    """Two words, as a range map or a table may spell them."""
    words = str(name).replace("_", " ").split()
    return " ".join([words[0].capitalize(), *(w.lower() for w in words[1:2])]) if words else ""


def species_blocks(
    ranges: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    elevation: xr.DataArray,
    cover_type: xr.DataArray,
    region_mask: xr.DataArray,
    cell_km: float,
    weights: tuple[float, ...] = (1.0,) * 5,
) -> Iterator[tuple[slice, Iterator[SpeciesHere]]]:
    """Rows of the grid, and on them each species that has a range here and a row of preferences, in the order of the table.

    Raises
    ------
    QuantityError
        No species of the ranges has a row; one point and no side.
    """
    grid = grid_of(elevation)
    rows = habitats_of(table)
    names = ranges["species"].map(latin)
    here = [name for name in rows.index if name in set(names)]
    if not here:
        first = names.iloc[0] if len(names) else "none"
        raise QuantityError(
            f"species_habitats: has none of the species of species_ranges (such as {first}); give their Latin names in both"
        )
    points = set(ranges.geom_type) <= {"Point"}
    centres = range_map(ranges, cell_km) if points else None
    mine = {name: (names == name).to_numpy() for name in here}
    size = {
        name: float(where.sum()) if points else float(ranges[where].area.sum()) / 1e6
        for name, where in mine.items()
    }
    step = max(_BLOCK // grid.nx, 1)
    for start in range(0, grid.ny, step):
        part = slice(start, min(start + step, grid.ny))
        sub = GridSpec(
            grid.crs, grid.cell_m, grid.left, grid.top - start * grid.cell_m, part.stop - start, grid.nx,
        )  # fmt: skip

        def of_part(part: slice = part, sub: GridSpec = sub) -> Iterator[SpeciesHere]:
            cells = None if centres is None else centres.below(grid, part)
            inside = region_mask.values[part] == 1
            height, cover = elevation.values[part], cover_type.values[part]
            for name in here:
                row = rows.loc[name]
                if cells is None:
                    area = burnt(ranges[mine[name]], sub, 0.0).astype(bool)
                    likely = area.astype(np.float32)
                else:
                    present = cells.present(mine[name])
                    area = present[cells.at]
                    likely = (present[cells.near] * cells.share).sum(axis=0)
                area &= inside
                with np.errstate(invalid="ignore"):
                    fits = (height >= float(row["low_m"])) & (height <= float(row["high_m"]))
                fits &= np.isin(cover, codes_of(_words(row["covers"])))
                rank = THREATS.index(str(row["threat"]))
                expected = np.where(fits & inside, likely, 0.0).astype(np.float32)
                yield SpeciesHere(
                    row, weights[rank] / max(size[name], 1e-9), area, area & fits, expected
                )

        yield part, of_part()


@assessment(source="own_pattern", bytes_per_cell=32)
def species_richness(
    species_ranges: Ranges,
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    species_habitats: Habitats | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    threat_weights: Annotated[tuple[float, ...], Each(0.0, 1e6, 5)] = (1.0, 2.0, 3.0, 4.0, 5.0),
) -> SpeciesLayers:
    """Species that can live in a cell, by their ranges and by the heights and covers that they keep to.

    Parameters
    ----------
    species_ranges : polygons or points
        ``species`` (Latin name): outlines, or centres of the cells of a coarse range map.
    elevation : (y, x) [m]
        Ground height.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    species_habitats : table, optional
        ``species, threat, low_m, high_m, covers`` (words joined by ;), ``endemic``; the shipped table of the region's mammals and birds
        [M] without it.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.
    threat_weights : tuple of float [1]
        Of least concern, near threatened, vulnerable, endangered, critically endangered [D].

    Returns
    -------
    layers
        ``richness, threatened, endemic``: species with habitat in the cell; ``index`` [0, 1]: how much the cell matters, 1 for the
        best. NaN outside the region and where height or cover is missing.

    Raises
    ------
    QuantityError
        No species of the ranges has a row; a table that is not as it must be.

    Notes
    -----
    ``I = sum_s(w_s p_s h_s / A_s) / max`` with h_s 1 where heights and covers fit species s; p_s its presence, of a coarse map read between
    the four nearest centres (``p = sum_k(q_k x_k) / sum_k(q_k)``, q_k = 1 - d_k / side); w_s the weight of its threat; A_s the size of its
    range in the map (cells or km2): endemism weighted by range size, after weighted endemism [M]. Habitat is range and height and cover, as
    for area of habitat [M]; weights of threats and the reading between are ours [D], preferences from memory [M]. Counts of species are by
    whole cells of the map, whose edges show. Species without a row of preferences are left out and told in ``species_habitat``.
    """
    grid = grid_of(elevation)
    count = {k: np.zeros(grid.shape, np.float32) for k in ("richness", "threatened", "endemic")}
    index = np.zeros(grid.shape)
    for part, species in species_blocks(
        species_ranges, species_habitats, elevation, cover_type, region_mask, range_cell_km, threat_weights,
    ):  # fmt: skip
        for one in species:
            here = one.habitat
            count["richness"][part] += here
            if one.row["threat"] in THREATENED:
                count["threatened"][part] += here
            if float(one.row.get("endemic", 0) or 0) > 0:
                count["endemic"][part] += here
            index[part] += one.weight * one.expected
    known = (region_mask.values == 1) & np.isfinite(elevation.values) & (cover_type.values != 0)
    most = float(index[known].max()) if known.any() else 0.0
    layers = {**count, "index": (index / most if most > 0 else index).astype(np.float32)}
    return xr.Dataset(
        {k: grid.lay(np.where(known, v, np.float32(np.nan)), "1") for k, v in layers.items()}
    )


@assessment(source="own_pattern", bytes_per_cell=32, follows=AS_RICHNESS)
def species_habitat(
    species_ranges: Ranges,
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    species_habitats: Habitats | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> SpeciesHabitat:
    """Range and habitat of each species in the region, and which species of the ranges could not be taken.

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
    species_habitats : table, optional
        As for :func:`species_richness`.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    table
        ``species``, names, ``threat``, ``range_km2`` and ``habitat_km2`` [km2] in the region, ``share`` of the range [1], ``reason`` where there
        is no habitat. ``attrs["without_preferences"]`` counts species of the ranges that have no row.

    Raises
    ------
    QuantityError
        As for :func:`species_richness`.

    Notes
    -----
    ``habitat = a sum_c(r_c e_c k_c)``: cells c in the range, at its heights, of its covers, times the area a of a cell: area of habitat
    [M]; preferences are ours, from memory [M].
    """
    cell = grid_of(elevation).cell_km2
    rows: dict[str, dict[str, object]] = {}
    cells: dict[str, NDArray[np.int64]] = {}
    for _, species in species_blocks(
        species_ranges, species_habitats, elevation, cover_type, region_mask, range_cell_km
    ):
        for one in species:
            name = str(one.row["species"])
            rows[name] = {
                "species": name, "en": str(one.row.get("en", "")), "zh": str(one.row.get("zh", "")), "threat": one.row["threat"],
            }  # fmt: skip
            found = np.array([np.count_nonzero(one.range), np.count_nonzero(one.habitat)])
            cells[name] = cells.get(name, np.zeros(2, np.int64)) + found
    for name, (in_range, habitat) in cells.items():
        rows[name] |= {
            "range_km2": in_range * cell, "habitat_km2": habitat * cell, "share": habitat / in_range if in_range else np.nan,
            "reason": "" if habitat else "no ground of its heights and covers" if in_range else "range lies outside",
        }  # fmt: skip
    out = pd.DataFrame(list(rows.values()))
    known = set(habitats_of(species_habitats).index)
    out.attrs["without_preferences"] = len(set(species_ranges["species"].map(latin)) - known)
    return out
