"""The red line beside a line that somebody else drew."""

import geopandas as gpd
import numpy as np
import xarray as xr

from shanshui.core.errors import DataError
from shanshui.core.said import Said, named
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.region.validation import Measure

SOURCE = named("[inputs.reference_red_line]")


def reference_figures(
    red_line_candidate: xr.DataArray, region_mask: xr.DataArray, reference: gpd.GeoDataFrame
) -> list[Measure]:
    """Overlap of ours with the other line, over the cells that ours decides.

    Parameters
    ----------
    red_line_candidate : (y, x) [1]
        1 candidate, 0 not, 255 missing.
    region_mask : (y, x) [1]
        1 inside.
    reference : polygons
        The other line.

    Returns
    -------
    list of Measure
        ``reference_line`` by ``agreement``, ``kappa``, ``inside``, ``outside`` [1]; NaN where one of the two takes in all or nothing.

    Raises
    ------
    DataError
        The other line does not reach the region: both extents are told.

    Notes
    -----
    agreement ``p = (a + d) / n``, with a cells in both lines and d in neither; ``kappa = (p - e) / (1 - e)``, e the agreement of two lines of these
    sizes laid by chance (Cohen 1960). Kappa above 0 is better than chance.
    """
    known = (region_mask.values == 1) & (red_line_candidate.values != 255)
    theirs = np.asarray(burnt(reference, grid_of(region_mask), 0.0), bool) & known
    if not theirs.any():
        raise DataError(
            f"reference_red_line: does not overlap the region; it reaches {_reach(reference.total_bounds)}, the region "
            f"{_reach(grid_of(region_mask).bounds)} [m]; give the line of this region, or correct its crs"
        )
    ours = (red_line_candidate.values == 1) & known
    count = float(known.sum())
    agreement = float((ours == theirs)[known].sum()) / count
    p, q = float(ours.sum()) / count, float(theirs.sum()) / count
    chance = p * q + (1 - p) * (1 - q)
    kappa = (
        (agreement - chance) / (1 - chance) if chance < 1 and 0 < p < 1 and 0 < q < 1 else np.nan
    )
    inside = float((ours & theirs).sum()) / float(theirs.sum())
    rest = known & ~theirs
    outside = float((ours & rest).sum()) / float(rest.sum()) if rest.any() else np.nan
    return [
        Measure("reference_line", agreement, "1", "agreement", source=SOURCE),
        Measure(
            "reference_line", kappa, "1", "kappa", 0.0, 1.0, Said("line_agrees"), SOURCE,
            note=Said("agreement", {"agreement": agreement, "ours": p, "theirs": q}),
        ),
        Measure("reference_line", inside, "1", "inside", source=SOURCE),
        Measure("reference_line", outside, "1", "outside", source=SOURCE),
    ]  # fmt: skip


def _reach(bounds: tuple[float, ...]) -> str:
    west, south, east, north = (float(b) for b in bounds)
    return f"x {west:,.0f} to {east:,.0f}, y {south:,.0f} to {north:,.0f}"
