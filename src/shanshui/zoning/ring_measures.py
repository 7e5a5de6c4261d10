"""What is protected and what is made on each ring and in each place: the measures of the gradient."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.cover import codes_of
from shanshui.core.vocabulary import Codes, Density, Labels
from shanshui.region.grid import grid_of
from shanshui.region.unitset import burnt
from shanshui.zoning.areas import IN_LINE
from shanshui.zoning.places import Numbers, PlaceCells
from shanshui.zoning.unit_tasks import NATURE

INWARD, OUTWARD = "inward", "outward"
DIRECTIONS = {
    "protected_share": INWARD,
    "nature_share": INWARD,
    "product_per_km2": OUTWARD,
    "jobs_per_km2": OUTWARD,
    "built_share": OUTWARD,
    "people_per_km2": OUTWARD,
}
"""Measures, and where each is said to rise to: protection to the core, industry to the circle."""
PRIMARY, TOTAL, FARMING = "primary", "total", "agriculture"
Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """Maps that measures are read from; None where the study has none.

    Attributes
    ----------
    protected, nature, built : (y, x) array of bool, or None
        Red line and protected areas, covers of ecological space, built land.
    seen : (y, x) array of bool, or None
        Where the cover is known.
    density : (y, x) array [person/km2], or None
        Residents.
    """

    protected: Cells | None
    nature: Cells | None
    built: Cells | None
    seen: Cells | None
    density: Numbers | None


def ground_of(
    labels: Labels,
    red_line_candidate: Codes | None,
    protected_areas: gpd.GeoDataFrame | None,
    cover_type: Codes | None,
    population_density: Density | None,
) -> Ground:
    """Maps of the study as measures read them; protected areas without a red line are no measure of protection."""
    protected = nature = built = seen = None
    if red_line_candidate is not None:
        protected = red_line_candidate.values == IN_LINE
        if protected_areas is not None and len(protected_areas):
            protected = protected | burnt(protected_areas, grid_of(labels), 0.0).astype(bool)
    if cover_type is not None:
        code = cover_type.values
        seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
        nature = seen & np.isin(code, codes_of(NATURE))
        built = seen & np.isin(code, codes_of(("built",)))
    density = None if population_density is None else population_density.values
    return Ground(protected, nature, built, seen, density)


def measures_of(cells: PlaceCells, ground: Ground, least_known: float) -> dict[str, Numbers]:
    """Measures of each place that maps tell.

    Parameters
    ----------
    cells : PlaceCells
        Places.
    ground : Ground
        Maps.
    least_known : float [1]
        Share of a place's cells at which a map must be known.

    Returns
    -------
    dict of name to (n,) array
        ``protected_share, nature_share, built_share`` [1], ``people_per_km2`` [person/km2]; NaN where not known.
    """
    nothing = np.full(cells.size.size, np.nan)
    out = dict.fromkeys(("protected_share", "nature_share", "built_share", "people_per_km2"), nothing)  # fmt: skip
    if ground.protected is not None:
        out["protected_share"] = cells.cells(ground.protected) / cells.size
    if ground.nature is not None and ground.built is not None and ground.seen is not None:
        known = cells.cells(ground.seen)
        told = (known > 0) & (known >= least_known * cells.size)
        with np.errstate(invalid="ignore", divide="ignore"):
            out["nature_share"] = np.where(told, cells.cells(ground.nature) / known, np.nan)
            out["built_share"] = np.where(told, cells.cells(ground.built) / known, np.nan)
    if ground.density is not None:
        out["people_per_km2"] = cells.mean(ground.density, least_known)
    return out


def made_of(
    counties: gpd.GeoDataFrame, product: pd.DataFrame | None, jobs: pd.DataFrame | None
) -> Mapping[str, pd.Series]:
    """Product and jobs outside farming per area of each county.

    Parameters
    ----------
    counties : polygons
        Index of the labels; ``code``.
    product : table or None
        ``code, year, sector, yuan``; the latest year counts.
    jobs : table or None
        ``code, year, industry, persons``; the latest year counts.

    Returns
    -------
    mapping of name to Series
        ``product_per_km2`` [yuan/km2/yr] and ``jobs_per_km2`` [person/km2] by the index of the counties, of their whole area; NaN where one
        sector is not known, or the county has no row.
    """
    km2 = counties.geometry.area / 1e6
    found = {
        "product_per_km2": _summed(counties, product, "sector", (PRIMARY, TOTAL), "yuan"),
        "jobs_per_km2": _summed(counties, jobs, "industry", (FARMING, TOTAL), "persons"),
    }
    return {name: (values / km2).astype(float) for name, values in found.items()}


def _summed(
    counties: gpd.GeoDataFrame,
    table: pd.DataFrame | None,
    kind: str,
    without: tuple[str, ...],
    value: str,
) -> pd.Series:
    """Sum of the latest year over all kinds but some, by the index of the counties."""
    if table is None or table.empty:
        return pd.Series(np.nan, counties.index)
    latest = table[(table["year"] == table["year"].max()) & ~table[kind].isin(without)]
    sums = latest.groupby(latest["code"].astype(str))[value].agg(lambda v: v.sum(skipna=False))
    return pd.Series(counties["code"].astype(str).map(sums), counties.index)
