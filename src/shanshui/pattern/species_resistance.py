"""Ground between suitable habitats: how hard it is to cross for a species, and the patches that corridors link."""

from typing import Annotated

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Index, Mask
from shanshui.pattern.patches import large_cores, majority
from shanshui.pattern.tables import SourceCells
from shanshui.region.grid import grid_of, like

HARDEST = 100.0
"""Resistance of unsuitable ground beside 1 of the best (Keeley et al. 2016) [M]."""


@assessment(source="keeley2016", bytes_per_cell=32)
def species_resistance(
    habitat_suitability: Index,
    developed_land: Mask | None = None,
    road_factor: Index | None = None,
    road_least: Index | None = None,
    *,
    bend: Annotated[float, Between(0.01, 100.0)] = 8.0,
    built_resistance: Annotated[float, Between(1.0, 1e6)] = 500.0,
) -> Index:
    """Resistance of each cell to the movement of a species, from how suitable it is.

    Parameters
    ----------
    habitat_suitability : (y, x) [1]
        From 0 to 1.
    developed_land : (y, x) [1], optional
        1 on built land.
    road_factor, road_least : (y, x) [1], optional
        How many times harder near roads and railways, and least resistance of cells that one crosses.
    bend : float [1]
        c: the larger, the less do middling habitats hold animals up.
    built_resistance : float [1]
        Least resistance of built land [D].

    Returns
    -------
    (y, x) [1]
        1 or more. NaN where suitability or a factor is missing, and such a cell is no way.

    Notes
    -----
    ``R = 100 - 99 (1 - exp(-c h)) / (1 - exp(-c))``, h the suitability and c = 8: animals that move cross ground that they would not settle on
    (Keeley et al. 2016) [M]. Then R = max(f R, m) with the factor f and the least m of roads, and max(R, built) on built land: ours [D].
    """
    h = habitat_suitability.values.astype(np.float64)
    out = HARDEST - (HARDEST - 1.0) * np.expm1(-bend * h) / np.expm1(-bend)
    if road_factor is not None:
        out = out * road_factor.values
    if road_least is not None:
        out = np.maximum(out, road_least.values)
    if developed_land is not None:
        out = np.where(developed_land.values == 1, np.maximum(out, built_resistance), out)
    # rounding may leave the best ground a little below 1
    return like(habitat_suitability, np.maximum(out, 1.0).astype(np.float32), "1")


@assessment(source="own_pattern", bytes_per_cell=24, missing="no_patch_here")
def species_patch_cells(
    habitat_suitability: Index,
    developed_land: Mask | None = None,
    *,
    least_suitability: Annotated[float, Between(0.0, 1.0)] = 0.5,
    least_km2: Annotated[float, Between(0.0, 1e6)] = 50.0,
    merge_m: Annotated[float, Between(0.0, 1e5)] = 0.0,
    most: Annotated[int, Between(0, 100_000)] = 0,
    smooth: bool = True,
) -> SourceCells:
    """Patches of suitable ground that are large enough to live in, the largest first.

    Parameters
    ----------
    habitat_suitability : (y, x) [1]
        From 0 to 1.
    developed_land : (y, x) [1], optional
        1 on built land, which is no patch.
    least_suitability : float [1]
        From this on ground is suitable [D].
    least_km2 : float [km2]
        Smaller patches are left out [D].
    merge_m : float [m]
        Patches this near to each other are one; the gap is taken in. 0 merges none.
    most : int
        Only so many of the largest; 0 for all.
    smooth : bool
        A majority of 3 x 3 cells decides.

    Returns
    -------
    (y, x) [1]
        Number of the patch; 0 elsewhere.

    Notes
    -----
    A patch is a group of cells with S >= the least, by the majority of the nine, joined by sides and corners, with n a >= A, n its cells, a the
    area of a cell and A the least area [km2]: ours [D], as for sources.
    """
    grid = grid_of(habitat_suitability)
    chosen = _suitable(habitat_suitability, developed_land, least_suitability, smooth)
    label = large_cores(chosen, least_km2 / grid.cell_km2, merge_m / grid.cell_m, most)
    return like(habitat_suitability, label, "1", nodata=0)


def _suitable(
    suitability: xr.DataArray, built: xr.DataArray | None, least: float, smooth: bool
) -> NDArray[np.bool_]:
    values = suitability.values
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        chosen = known & (values >= least) & (values > 0)
    if built is not None:
        chosen &= built.values != 1
    return majority(chosen, known) if smooth else chosen
