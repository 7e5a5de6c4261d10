"""Massifs: which one each cell belongs to, by the nearest of their marks."""

import geopandas as gpd
import numpy as np

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Mask
from shanshui.kernels.distance import distance_to
from shanshui.pattern.tables import MassifCells, Massifs
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import burnt


@assessment(source="own_pattern", bytes_per_cell=24)
def massif_zones(massifs: Massifs, region_mask: Mask) -> MassifCells:
    """Massif that each cell belongs to: the one whose nearest mark is the nearest of all.

    Parameters
    ----------
    massifs : points, lines or polygons
        ``name``; several marks may share one.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    (y, x) [1]
        Place of the name among all names in order, from 1; 0 outside.

    Notes
    -----
    z(x) = argmin over massifs m of d(x, m), with d the distance [m] from the cell to the nearest cell within three quarters of a cell of a mark
    of m; the first name in order where two are equally near. A division by nearest marks (Thiessen or Voronoi regions): ours in that a massif
    may have several marks [D].
    """
    grid = grid_of(region_mask)
    best = np.full(grid.shape, np.inf, np.float32)
    out = np.zeros(grid.shape, np.int32)
    for number, name in enumerate(massif_names(massifs), start=1):
        marks = massifs[massifs["name"] == name]
        touched = burnt(marks, grid, 0.75 * grid.cell_m).astype(bool)
        if not touched.any():
            continue
        far = distance_to(touched)
        nearer = far < best
        best[nearer], out[nearer] = far[nearer], number
    out[region_mask.values != 1] = 0
    return like(region_mask, out, "1", nodata=0)


def massif_names(massifs: gpd.GeoDataFrame) -> list[str]:
    """Names of massifs, each once, in order."""
    return sorted({str(n) for n in massifs["name"]})
