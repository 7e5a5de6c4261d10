"""Ecological sources that somebody else drew: their cells, and what they are like."""

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import Index, Mask
from shanshui.pattern.core_cells import Cores, core_cells
from shanshui.pattern.sources import captured, means_of
from shanshui.pattern.tables import Protected, SourceCells, SourceOutlines, Sources
from shanshui.region.grid import GridSpec, grid_of, like


@assessment(source="own_pattern", bytes_per_cell=16, missing="no_patch_here")
def given_source_cells(source_outlines: SourceOutlines, region_mask: Mask) -> SourceCells:
    """Cells of sources that the study brings as polygons.

    Parameters
    ----------
    source_outlines : polygons
        ``code``, optional: rows of one code are one source; without it every row is one.
    region_mask : (y, x) [1]
        Tells the grid; sources may reach beyond the region.

    Returns
    -------
    (y, x) [1]
        Number of the source, in the order of the codes or of the rows; 0 elsewhere.

    Raises
    ------
    QuantityError
        Outlines that cross themselves, sources that overlap by more than a cell, none on the grid.

    Notes
    -----
    label(x) = k where the centre of cell x lies within source k, else 0; a source that holds no centre has the cell that it lies in [D].
    """
    return like(region_mask, _laid(source_outlines, grid_of(region_mask)).label, "1", nodata=0)


@assessment(source="own_pattern", bytes_per_cell=40)
def given_sources(
    source_outlines: SourceOutlines,
    source_cells: SourceCells,
    resistance: Index,
    source_score: Index | None = None,
    protected_areas: Protected | None = None,
) -> Sources:
    """Sources that the study brings as polygons: size, score, resistance, and how much of the protected areas they hold.

    Parameters
    ----------
    source_outlines : polygons
        ``code, name, name_zh``, each optional.
    source_cells : (y, x) [1]
        Number of the source; 0 elsewhere.
    resistance : (y, x) [1]
        To movement.
    source_score : (y, x) [1], optional
        Mean rank.
    protected_areas : polygons, optional
        Reserves that sources should hold.

    Returns
    -------
    polygons
        Index ``unit``: number of the source; the outlines as they came; ``name, name_zh``: as they came, else code or number; ``massif`` blank;
        ``area_km2`` of the cells, ``score`` mean [1], ``resistance`` mean [1], ``protected_share`` of the source [1]. NaN where nothing is known.
        Attributes as of :func:`shanshui.pattern.sources.sources`, without a target.

    Raises
    ------
    QuantityError
        As of :func:`given_source_cells`.

    Notes
    -----
    x_k = (1 / n_k) sum of x over the n_k known cells of source k, for score and resistance [1]; area_k = n_k a, a the area of a cell [km2]; as of
    sources that are found, ours [D].
    """
    grid = grid_of(source_cells)
    label = source_cells.values
    frame = _laid(source_outlines, grid).shapes
    frame.index.name = "unit"
    count = len(frame)
    first = source_outlines.groupby(_ids(source_outlines), sort=False).first()
    own = frame.pop("core")
    for column in ("name", "name_zh"):
        told = first[column].reindex(own).to_numpy() if column in first else np.full(count, "")
        frame[column] = [
            t if isinstance(t, str) and t.strip() else str(c)
            for t, c in zip(told, own, strict=True)
        ]
    frame["massif"] = ""
    frame["area_km2"] = np.bincount(label.ravel(), minlength=count + 1)[1:] * grid.cell_km2
    frame["score"] = np.nan if source_score is None else means_of(source_score.values, label, count)
    frame["resistance"] = means_of(resistance.values, label, count)
    frame["protected_share"], capture = captured(protected_areas, label, count, grid)
    frame.attrs |= {"capture": capture, "capture_target": np.nan, "captured": None}
    return frame


def _ids(outlines: gpd.GeoDataFrame) -> pd.Index:
    """Code of each row, or its number from 1."""
    if "code" in outlines:
        return pd.Index(outlines["code"])
    return pd.RangeIndex(1, len(outlines) + 1)


def _laid(outlines: gpd.GeoDataFrame, grid: GridSpec) -> Cores:
    return core_cells(
        gpd.GeoSeries(outlines.geometry.to_numpy(), _ids(outlines), crs=outlines.crs), grid
    )
