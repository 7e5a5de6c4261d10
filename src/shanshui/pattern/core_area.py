"""The central zone of a region and its periphery: where rules ask whether a place lies in the core."""

from typing import Annotated

import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Counties, Mask
from shanshui.pattern.importance import EXTREME, MISSING
from shanshui.pattern.patches import large_patches, majority
from shanshui.pattern.tables import Protected, SourceCells
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import burnt


@assessment(source="own_pattern", bytes_per_cell=24)
def core_area(
    protection_importance: Codes,
    region_mask: Mask,
    source_cells: SourceCells | None = None,
    protected_areas: Protected | None = None,
    counties: Counties | None = None,
    *,
    least_km2: Annotated[float, Between(0.0, 1e5)] = 100.0,
    core_counties: tuple[str, ...] = (),
) -> Codes:
    """Central zone of the region, which protection comes first in, and the periphery around it.

    Parameters
    ----------
    protection_importance : (y, x) [1]
        1 extremely important or sensitive.
    region_mask : (y, x) [1]
        1 inside.
    source_cells : (y, x) [1], optional
        Source of each cell; 0 none.
    protected_areas : polygons, optional
        Statutory zones; they are core whole, whatever their size.
    counties : polygons, optional
        ``code``; needed where ``core_counties`` names some.
    least_km2 : float [km2]
        Smaller patches of important ground are no zone [D].
    core_counties : tuple of str
        Codes of counties that an administration counts as core: they are so whole.

    Returns
    -------
    (y, x) [1]
        1 core, 0 periphery, 255 outside the region, and where importance is missing and nothing else tells.

    Raises
    ------
    QuantityError
        A county that is not there.

    Notes
    -----
    Core = L(E or S, A) or P or C with E the extremely important ground by the majority of 3 x 3 cells, S the sources, L patches of at least A
    km2, P statutory zones, C counties that are named. The papers tell central zone and periphery apart without a rule for the line
    (SSCAE 2020.01, 3.2 and 5.2.1 [S]): that it follows importance, sources and statutory zones is our own [D] (decision 0024).
    """
    grid = grid_of(region_mask)
    inside = region_mask.values == 1
    known = inside & (protection_importance.values != MISSING)
    core = majority((protection_importance.values == EXTREME) & inside, known)
    if source_cells is not None:
        core |= (source_cells.values > 0) & inside
    core = large_patches(core, least_km2 / grid.cell_km2)
    known |= core
    told = np.zeros(grid.shape, bool)
    if protected_areas is not None and len(protected_areas):
        told |= burnt(protected_areas, grid, 0.0).astype(bool)
    if core_counties:
        codes = [] if counties is None else counties["code"].astype(str).tolist()
        strange = [c for c in map(str, core_counties) if c not in codes]
        if counties is None or strange:
            raise QuantityError(
                f"core_area.core_counties: no county has the code {', '.join(strange[:8])}; correct the codes, or add [inputs.counties]"
            )
        mine = counties[counties["code"].astype(str).isin(set(map(str, core_counties)))]
        told |= burnt(mine, grid, 0.0).astype(bool)
    told &= inside
    code = np.where(known | told, core | told, 255).astype(np.uint8)
    return like(region_mask, np.where(inside, code, 255).astype(np.uint8), "1", nodata=255)
