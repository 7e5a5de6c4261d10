"""Points where species were seen, held against the heights of a study: do they lie on land?"""

from pathlib import Path

import geopandas as gpd
import numpy as np

from shanshui.collect.catalog import Specs, located
from shanshui.collect.inputs import INPUTS
from shanshui.collect.rasters import raster_input
from shanshui.region.grid import GridSpec

_STRIP = 64
"""Rows of heights that are read at a time."""


def presence_doubts(
    points: gpd.GeoDataFrame, specs: Specs, folders: list[Path], grid: GridSpec
) -> list[str]:
    """Doubts about points of species.

    Parameters
    ----------
    points : points
        ``species``, in the grid's system.
    specs : mapping of str to list of InputSpec
        Declarations; heights are read from ``elevation``.
    folders : list of Path
        Where relative paths are looked for.
    grid : GridSpec
        Study grid.

    Returns
    -------
    list of str
        In one line each.
    """
    declared = specs.get("elevation")
    if not declared or declared[0].value is not None:
        return []
    places = points.geometry.representative_point()
    rows = np.clip(((grid.top - places.y.to_numpy()) / grid.cell_m).astype(int), 0, grid.ny - 1)
    cols = np.clip(((places.x.to_numpy() - grid.left) / grid.cell_m).astype(int), 0, grid.nx - 1)
    wet = np.zeros(len(points), bool)
    paths = [located(spec, folders) for spec in declared]
    with raster_input(paths, declared, INPUTS["elevation"], "elevation", grid) as source:
        how = source.resampling(grid)
        for strip in np.unique(rows // _STRIP):
            start, stop = int(strip) * _STRIP, min((int(strip) + 1) * _STRIP, grid.ny)
            mine = rows // _STRIP == strip
            heights = source.rows(grid, start, stop, how)
            wet[mine] = ~np.isfinite(heights[rows[mine] - start, cols[mine]].astype(float))
    if not wet.any():
        return []
    first = str(points["species"].iloc[int(np.flatnonzero(wet)[0])])
    return [
        f"species_presence: {int(wet.sum())} of {len(points)} points lie where no height is known, in the sea or beyond the map; the first is of "
        f"{first}; are longitude and latitude swapped? They do not count"
    ]
