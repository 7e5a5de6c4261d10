"""Sums over the cells of each place."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError
from shanshui.region.grid import grid_of

Numbers = NDArray[np.float64]


def extreme(columns: Mapping[str, Numbers], *, least: bool) -> tuple[Numbers, NDArray[np.object_]]:
    """Least or greatest of several columns, and its name.

    Parameters
    ----------
    columns : mapping of name to (n,) array
        At least one; the first of equal ones is named.
    least : bool
        The least, else the greatest.

    Returns
    -------
    (n,) array, (n,) array of str
        NaN and an empty name where one of them is not known: it could be the one.
    """
    table = np.vstack(list(columns.values()))
    open_ = np.isnan(table).any(axis=0)
    filled = np.where(open_, 0.0, table)
    at = filled.argmin(axis=0) if least else filled.argmax(axis=0)
    value = np.where(open_, np.nan, filled[at, np.arange(table.shape[1])])
    return value, np.where(open_, "", np.array(list(columns), object)[at]).astype(object)


GRADES = ("light", "moderate", "critical", "deficit", "heavy")
"""Grades of a load, the lightest first; blank where it is not known."""
GRADE_CUTS = (0.5, 0.8, 1.0, 2.0)
"""Loads up to which the grade is light, moderate, critical and a deficit [D]."""


def load_grade(load: Numbers, cuts: tuple[float, ...]) -> NDArray[np.object_]:
    """Grade of each load; a load on a cut has the lighter one."""
    names = np.array([*GRADES, ""], object)
    at = np.where(np.isnan(load), len(GRADES), np.searchsorted(cuts, load, side="left"))
    return names[at]


def load_ratio(used: Numbers, there: Numbers, most: float) -> Numbers:
    """What is used over what is there [1].

    Parameters
    ----------
    used, there : (n,) array
        In one unit.
    most : float [1]
        Greatest ratio told; it stands too where something is used and nothing is there.

    Returns
    -------
    (n,) array [1]
        0 where nothing is used; NaN where either is not known.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        load = np.where(used == 0, 0.0, np.minimum(used / there, most))
    return np.where(np.isnan(used) | np.isnan(there), np.nan, load)


@dataclass(frozen=True)
class PlaceCells:
    """Cells of each place that has any.

    Attributes
    ----------
    label : (cells,) int
        Place of each cell; 0 outside.
    places : (n,) int
        Numbers of the places, rising.
    size : (n,) [cell]
        Cells of each.
    cell_km2 : float [km2]
        Area of a cell.
    """

    label: NDArray[np.int64]
    places: NDArray[np.int64]
    size: Numbers
    cell_km2: float

    @classmethod
    def of(cls, labels: xr.DataArray) -> "PlaceCells":
        """Read a grid of labels."""
        label = np.maximum(labels.values, 0).astype(np.int64).ravel()
        size = np.bincount(label)
        size[0] = 0
        places = np.flatnonzero(size)
        return cls(label, places, size[places].astype(float), grid_of(labels).cell_km2)

    @property
    def area_km2(self) -> Numbers:
        """Area of each place."""
        return self.size * self.cell_km2

    def cells(self, where: NDArray[np.bool_]) -> Numbers:
        """Cells of each place at which something holds."""
        count = np.bincount(self.label[where.ravel()], minlength=self._bins)
        return count[self.places].astype(float)

    def km2(self, where: NDArray[np.bool_]) -> Numbers:
        """Area of each place on which something holds."""
        return self.cells(where) * self.cell_km2

    def mean(self, values: NDArray[np.floating], least_known: float) -> Numbers:
        """Mean of the known values of each place; NaN where less than a share of its cells is known."""
        flat = values.ravel()
        known = np.isfinite(flat)
        count = np.bincount(self.label[known], minlength=self._bins)[self.places]
        total = np.bincount(self.label[known], flat[known].astype(np.float64), self._bins)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(
                (count > 0) & (count >= least_known * self.size),
                total[self.places] / count,
                np.nan,
            )

    def greatest(self, values: NDArray[np.floating]) -> Numbers:
        """Greatest known value of each place; NaN where none is."""
        flat = values.ravel()
        known = np.isfinite(flat)
        most = np.full(self._bins, -np.inf)
        np.maximum.at(most, self.label[known], flat[known])
        found = most[self.places]
        return np.where(np.isfinite(found), found, np.nan)

    def mean_over(self, values: NDArray[np.floating], where: NDArray[np.bool_]) -> Numbers:
        """Mean of the values of each place over some of its cells; NaN where one of these is not known, or where there are none."""
        known = where & np.isfinite(values)
        count = self.cells(known)
        total = np.bincount(
            self.label[known.ravel()], values[known].astype(np.float64), self._bins
        )[self.places]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((count > 0) & (count == self.cells(where)), total / count, np.nan)

    def named(self, columns: dict[str, object], outlines: gpd.GeoDataFrame | None) -> pd.DataFrame:
        """Table of the places with their number, and code and name where outlines give them."""
        head: dict[str, object] = {"unit": self.places}
        if outlines is not None:
            rows = outlines.reindex(self.places)
            head |= {c: rows[c].fillna("").astype(str).to_numpy() for c in ("code", "name")}
        return pd.DataFrame(head | columns)

    def column(self, table: pd.DataFrame | None, name: str) -> Numbers | None:
        """Column of a table of the same places in their order; NaN for places that it lacks, None without the table.

        Raises
        ------
        QuantityError
            A place that stands twice.
        """
        if table is None:
            return None
        if (twice := table["unit"].duplicated()).any():
            raise QuantityError(
                f"{name}: place {table['unit'][twice].iloc[0]} stands twice, expected one row for each"
            )
        return table.set_index("unit")[name].reindex(self.places).to_numpy(float)

    def words(self, table: pd.DataFrame, name: str) -> NDArray[np.object_]:
        """Words of a table of the same places in their order; blank for places that it lacks."""
        found = table.drop_duplicates("unit").set_index("unit")[name].reindex(self.places)
        return found.fillna("").to_numpy(object)

    @property
    def _bins(self) -> int:
        return int(self.places.max(initial=0)) + 1
