"""One product in two scenarios: the answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.queries.plain import plain, records

SAME_CLASS, DIFFERS, ENTERS, LEAVES, UNKNOWN = 0, 1, 2, 3, 255
"""Codes of the difference of two maps of classes."""


def share_of(before: float, after: float) -> float:
    """Change by what there was before; NaN where that is 0."""
    return (after - before) / abs(before) if before else np.nan


@dataclass(frozen=True)
class Comparison:
    """One product in two scenarios.

    Attributes
    ----------
    product : str
        What is compared.
    one, other : str
        Scenarios: from the first to the second.
    kind : str
        ``grid``, ``classes``, ``layers``, ``table``, ``features`` or ``number``.
    unit : str
        Of the headline.
    column : str
        Column of a table that the headline is about; blank for others.
    before, after : float
        Headline, of the cells of the region only: the sum of an amount by area, the mean of another grid, the row of totals or the sum of a
        table, the count of features. NaN where it cannot be told, and of classes, which have no figure: their ``change`` is the share of
        ground that differs.
    rows : DataFrame
        Key columns, ``column, unit, before, after, change, change_share`` of a table; ``from, to, cells, area_km2`` of classes.
    places : DataFrame
        ``level, code, name, name_zh, area_km2, before, after, change, change_share`` by unit, county, prefecture, province, river basin and
        nested basin.
    cells : DataArray or None
        Difference of a grid, second less first; of classes 0 the same, 1 differs, 2 comes in, 3 goes out (of maps that say
        only in or out).
    changed : int
        Cells, rows or features that differ.
    compared : int
        Cells, rows or features that both know.
    only_one : int
        Cells, rows or features that one of them knows only.
    mean : (float, float)
        Of a grid that is no classes: mean of the cells that both know, in the unit of ``cells``.
    year : int
        Last year of a table of several, of which headline and places are; 0 for others.
    finer : tuple of str
        Products that would tell more places, and that one of the two has not made.
    moved : tuple of str
        Levels that are left out, for their places are not the same in both.
    """

    product: str
    one: str
    other: str
    kind: str
    unit: str
    column: str
    before: float
    after: float
    rows: pd.DataFrame
    places: pd.DataFrame
    cells: xr.DataArray | None
    changed: int
    compared: int
    only_one: int
    mean: tuple[float, float] = (np.nan, np.nan)
    year: int = 0
    finer: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """Second less first; of classes the share of the compared ground that differs."""
        if self.kind == "classes":
            return self.changed / self.compared if self.compared else np.nan
        return self.after - self.before

    @property
    def change_share(self) -> float:
        """Change by what the first has; NaN where that is 0."""
        return share_of(self.before, self.after)

    def gains(self, level: str, count: int = 3) -> pd.DataFrame:
        """Places of a level that gain most, the greatest change first."""
        return self._ends(level, count, ascending=False)

    def losses(self, level: str, count: int = 3) -> pd.DataFrame:
        """Places of a level that lose most."""
        return self._ends(level, count, ascending=True)

    def _ends(self, level: str, count: int, *, ascending: bool) -> pd.DataFrame:
        if self.places.empty:
            return self.places
        here = self.places[self.places["level"] == level]
        here = here[here["change"] < 0 if ascending else here["change"] > 0]
        return here.sort_values(["change", "code"], ascending=[ascending, True]).head(count)

    def summary(self) -> dict[str, Any]:
        """Figures of the whole in one row, without places and rows."""
        return {
            "product": self.product,
            "column": self.column,
            "unit": self.unit,
            "from": self.one,
            "to": self.other,
            "before": self.before,
            "after": self.after,
            "change": self.change,
            "change_share": self.change_share,
            "differ": self.changed,
            "compared": self.compared,
            "in_one_only": self.only_one,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; the map of the difference stands in files only."""
        head = {key: plain(value) for key, value in self.summary().items()}
        return head | {
            "kind": self.kind,
            "year": self.year or None,
            "mean_before": plain(self.mean[0]),
            "mean_after": plain(self.mean[1]),
            "finer": list(self.finer),
            "moved": list(self.moved),
            "places": records(self.places),
            "rows": records(self.rows),
        }
