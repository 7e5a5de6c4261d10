"""Exact cell-by-unit weights: aggregate up, spread down, cross two unit sets."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import sparse

from shanshui.region.grid import GridSpec, grid_of


@dataclass(frozen=True)
class Overlay:
    """Share of each cell that lies in each unit.

    Attributes
    ----------
    weights : (unit, cell) sparse [1]
        Covered share of the cell, in [0, 1].
    units : Index
        Unit of each row.
    cell_km2 : float [km2]
        Area of a cell.
    """

    weights: sparse.csr_array
    units: pd.Index
    cell_km2: float

    def area_km2(self) -> pd.Series:
        """Area of each unit on the grid."""
        return pd.Series(np.asarray(self.weights.sum(axis=1)).ravel() * self.cell_km2, self.units)

    def total(self, amount: NDArray[np.floating]) -> pd.Series:
        """Amount per unit of a grid that holds amounts per cell; missing cells add nothing."""
        flat = np.nan_to_num(np.asarray(amount, np.float64).ravel())
        return pd.Series(self.weights @ flat, self.units)

    def mean(self, value: NDArray[np.floating]) -> pd.Series:
        """Area-weighted mean per unit over present cells; NaN where a unit has none."""
        flat = np.asarray(value, np.float64).ravel()
        seen = np.isfinite(flat)
        over = self.weights @ seen.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.Series((self.weights @ np.where(seen, flat, 0.0)) / over, self.units)

    def spread(
        self, amount: pd.Series, by: NDArray[np.floating] | None = None
    ) -> NDArray[np.float64]:
        """Amount per cell from amounts per unit; each unit's amount is kept.

        Parameters
        ----------
        amount : (unit,)
            What each unit has; missing units spread nothing.
        by : (cell,) array, optional
            Where it rather is (dasymetric); by area when absent, and in units where ``by`` is zero.

        Returns
        -------
        (cell,) float64
            Sums to ``amount`` of all units that meet the grid.
        """
        have = amount.reindex(self.units).fillna(0.0).to_numpy(np.float64)
        even = np.ones(self.weights.shape[1])
        rather = (
            even if by is None else np.clip(np.nan_to_num(np.asarray(by, float).ravel()), 0, None)
        )
        total = self.weights @ rather
        area = self.weights @ even
        with np.errstate(invalid="ignore", divide="ignore"):
            by_rather = np.where(total > 0, have / total, 0.0)
            by_area = np.where((total <= 0) & (area > 0), have / area, 0.0)
        return (self.weights.T @ by_rather) * rather + (self.weights.T @ by_area) * even


def overlay(units: gpd.GeoDataFrame, grid: GridSpec) -> Overlay:
    """Cross polygons with the grid, exactly.

    Parameters
    ----------
    units : GeoDataFrame
        Polygons in the grid's coordinate system, index ``unit``.
    grid : GridSpec
        Study grid.

    Returns
    -------
    Overlay
        One row per unit.
    """
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    left, bottom, right, top = grid.bounds
    blank = NumPyRasterSource(
        np.broadcast_to(np.uint8(0), grid.shape), xmin=left, ymin=bottom, xmax=right, ymax=top
    )
    frame = gpd.GeoDataFrame(geometry=units.geometry.values)
    rows = exact_extract(
        blank, frame, ["cell_id", "coverage"], output="pandas", strategy="feature-sequential"
    )
    counts = [len(c) for c in rows["cell_id"]]
    column = np.concatenate(
        [np.asarray(c, np.int64) for c in rows["cell_id"]] or [np.empty(0, np.int64)]
    )
    weight = np.concatenate([np.asarray(c, np.float64) for c in rows["coverage"]] or [np.empty(0)])
    row = np.repeat(np.arange(len(units)), counts)
    weights = sparse.csr_array((weight, (row, column)), shape=(len(units), grid.cells))
    return Overlay(weights, units.index, grid.cell_km2)


def from_labels(labels: xr.DataArray, units: pd.Index, grid: GridSpec) -> Overlay:
    """Cross labels with the grid: each cell wholly in the unit it carries."""
    flat = labels.values.ravel()
    place = pd.Index(units).get_indexer(flat)
    cell = np.flatnonzero(place >= 0)
    weights = sparse.csr_array(
        (np.ones(cell.size), (place[cell], cell)), shape=(len(units), flat.size)
    )
    return Overlay(weights, pd.Index(units), grid.cell_km2)


def crosswalk(first: Overlay, second: Overlay) -> pd.DataFrame:
    """Area shared by each pair of units of two sets.

    Returns
    -------
    DataFrame
        Columns ``first, second, area_km2, share_of_first, share_of_second``; pairs that meet only.
    """
    both = (first.weights @ second.weights.T).tocoo()
    # shares of a cell multiply: exact where either set follows cell sides, as label sets do
    area = both.data * first.cell_km2
    own, other = first.area_km2().to_numpy(), second.area_km2().to_numpy()
    frame = pd.DataFrame(
        {
            "first": first.units.to_numpy()[both.coords[0]],
            "second": second.units.to_numpy()[both.coords[1]],
            "area_km2": area,
            "share_of_first": area / own[both.coords[0]],
            "share_of_second": area / other[both.coords[1]],
        }
    )
    return frame[frame["area_km2"] > 0].sort_values(["first", "second"], ignore_index=True)


def shared_areas(labels: xr.DataArray, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Area that each label shares with each polygon, exact along the polygons' lines.

    Parameters
    ----------
    labels : (y, x) [1]
        0 is outside.
    units : GeoDataFrame
        Polygons in the grid's coordinate system, index ``unit``.

    Returns
    -------
    DataFrame
        Columns ``label, unit, area_km2``; pairs that meet only. Needs no memory per cell beyond the labels.
    """
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    grid = grid_of(labels)
    left, bottom, right, top = grid.bounds
    source = NumPyRasterSource(
        np.ascontiguousarray(labels.values), xmin=left, ymin=bottom, xmax=right, ymax=top
    )
    frame = gpd.GeoDataFrame(geometry=units.geometry.values)
    rows = exact_extract(
        source, frame, ["count", "unique", "frac"], output="pandas", strategy="feature-sequential"
    )
    parts = [
        pd.DataFrame(
            {
                "label": np.asarray(label, np.int64),
                "unit": unit,
                "area_km2": np.asarray(share) * count * grid.cell_km2,
            }
        )
        for unit, count, label, share in zip(
            units.index, rows["count"], rows["unique"], rows["frac"], strict=True
        )
        if len(label)
    ]
    if not parts:
        return pd.DataFrame(
            {"label": np.empty(0, np.int64), "unit": np.empty(0, np.int64), "area_km2": np.empty(0)}
        )
    out = pd.concat(parts, ignore_index=True)
    return out[(out["label"] > 0) & (out["area_km2"] > 0)].sort_values(
        ["label", "unit"], ignore_index=True
    )
