"""Tables of coefficients by land-cover code, in the columns that InVEST users have."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.errors import QuantityError, nearest
from shanshui.kernels.lookup import looked_up, seen

KEYS = ("lucode", "lulc", "code", "lulc_code", "lu_code", "value")
"""Columns that hold the land-cover code, the first that is there."""
WIDEST = 1 << 22
"""Largest span of codes that one table is laid out for."""


def keyed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Index a table by land-cover code, columns in lower case.

    Parameters
    ----------
    table : table
        One row per code; the code in ``lucode``, ``lulc`` or ``code``.
    name : str
        The table, for messages.

    Returns
    -------
    DataFrame
        Index ``lucode``, whole numbers.

    Raises
    ------
    QuantityError
        No code column, codes that are not whole numbers, a code that stands twice.
    """
    frame = table.rename(columns={c: str(c).strip().lower() for c in table.columns})
    key = next((k for k in KEYS if k in frame.columns), None)
    if key is None:
        if table.index.name in KEYS:
            return table.rename(columns={c: str(c).strip().lower() for c in table.columns})
        raise QuantityError(
            f"{name}: no column lucode; found {', '.join(map(str, table.columns))}; it holds the land-cover code of each row"
        )
    frame = frame[frame[key].notna()]
    codes = pd.to_numeric(frame[key], errors="coerce")
    odd = codes.isna() | (codes != np.floor(codes))
    if odd.any():
        raise QuantityError(
            f"{name}.{key}: row {int(np.flatnonzero(odd)[0]) + 2} holds '{frame[key][odd].iloc[0]}', expected a whole number"
        )
    twice = codes.duplicated()
    if twice.any():
        raise QuantityError(
            f"{name}.{key}: code {int(codes[twice].iloc[0])} stands in two rows; keep one"
        )
    return frame.drop(columns=key).set_axis(pd.Index(codes.astype("int64"), name="lucode"))


@dataclass(frozen=True)
class ByCover:
    """Coefficients of the classes of one map.

    Attributes
    ----------
    cover : (y, x) DataArray [1]
        Class codes.
    table : DataFrame
        Index ``lucode``.
    name : str
        The table, for messages.
    """

    cover: xr.DataArray
    table: pd.DataFrame
    name: str
    codes: tuple[int, ...]

    @classmethod
    def of(cls, cover: xr.DataArray, table: pd.DataFrame, name: str) -> "ByCover":
        """Bind a table to a map.

        Raises
        ------
        QuantityError
            A code of the map that has no row.
        """
        frame = keyed(table, name)
        codes = present_codes(cover)
        missing = [c for c in codes if c not in frame.index]
        if missing:
            known = [str(c) for c in frame.index]
            raise QuantityError(
                f"{name}: land-cover code {', '.join(map(str, missing[:8]))} is on the map but has no row; "
                f"the table has {', '.join(known[:20])}{' …' if len(known) > 20 else ''}; add a row, or declare the code as nodata"
            )
        return cls(cover, frame, name, tuple(codes))

    def has(self, column: str) -> bool:
        """Is there such a column?"""
        return column in self.table.columns

    def column(
        self, column: str, *, low: float = 0.0, high: float = np.inf, default: float | None = None
    ) -> pd.Series:
        """Numbers of one column for the codes of the map.

        Parameters
        ----------
        column : str
            Lower case.
        low, high : float
            Least and greatest plausible number.
        default : float, optional
            Stands where the column is absent.

        Returns
        -------
        Series
            Index ``lucode``.

        Raises
        ------
        QuantityError
            No such column; a number missing, not a number, or out of range for a code of the map.
        """
        if column not in self.table.columns:
            if default is not None:
                return pd.Series(default, index=list(self.codes), dtype=float)
            raise QuantityError(
                f"{self.name}: no column {column}; {nearest(column, map(str, self.table.columns))}"
            )
        given = self.table.loc[list(self.codes), column]
        numbers = pd.to_numeric(given, errors="coerce")
        for at, (code, number) in enumerate(numbers.items()):
            if not np.isfinite(number):
                raise QuantityError(
                    f"{self.name}.{column}: code {code} holds '{given.iloc[at]}', expected a number"
                )
            if not low <= number <= high:
                raise QuantityError(
                    f"{self.name}.{column}: code {code} holds {number:g}, expected {low:g} to {high:g}"
                )
        return numbers.astype(float)

    def words(self, column: str, allowed: tuple[str, ...]) -> pd.Series:
        """Words of one column for the codes of the map, in lower case.

        Parameters
        ----------
        column : str
            Lower case.
        allowed : tuple of str
            Words it may hold.

        Returns
        -------
        Series
            Index ``lucode``.

        Raises
        ------
        QuantityError
            No such column, or another word for a code of the map.
        """
        if column not in self.table.columns:
            raise QuantityError(
                f"{self.name}: no column {column}; {nearest(column, map(str, self.table.columns))}"
            )
        words = self.table.loc[list(self.codes), column].astype(str).str.strip().str.lower()
        odd = ~words.isin(allowed)
        if odd.any():
            raise QuantityError(
                f"{self.name}.{column}: code {words.index[odd][0]} holds '{words[odd].iloc[0]}', expected {' or '.join(allowed)}"
            )
        return words

    def laid(self, numbers: pd.Series) -> NDArray[np.float32]:
        """Put a number per code on the map; NaN where the map is missing."""
        return laid(self.cover, numbers)

    def grid(
        self, column: str, *, low: float = 0.0, high: float = np.inf, default: float | None = None
    ) -> NDArray[np.float32]:
        """Put a column on the map."""
        return self.laid(self.column(column, low=low, high=high, default=default))


def present_codes(cover: xr.DataArray) -> list[int]:
    """Codes that stand on a map, without its missing code.

    Raises
    ------
    QuantityError
        Values that are not whole numbers, or codes too far apart.
    """
    values = cover.values
    missing = cover.attrs.get("nodata")
    if values.dtype.kind == "f":
        known = values[np.isfinite(values)]
        if known.size and (known != np.floor(known)).any():
            raise QuantityError("land_cover: holds fractions; expected class codes")
        out = [int(c) for c in np.unique(known)]
    elif values.size == 0:
        out = []
    else:
        first, last = int(values.min()), int(values.max())
        if last - first >= WIDEST:
            out = [int(c) for c in np.unique(values)]
        else:
            flags = seen(values, first, np.zeros(last - first + 1, np.bool_))
            out = [int(k) + first for k in np.flatnonzero(flags)]
    return [c for c in out if missing is None or c != missing]


def laid(cover: xr.DataArray, numbers: pd.Series) -> NDArray[np.float32]:
    """Number of each cell's class; NaN where the map is missing or the class has none."""
    out = np.empty(cover.shape, np.float32)
    if len(numbers) == 0:
        out[:] = np.nan
        return out
    values = cover.values
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, numbers.index.min() - 1).astype(np.int64)
    first, last = int(numbers.index.min()), int(numbers.index.max())
    if last - first >= WIDEST:
        order = np.argsort(numbers.index.to_numpy())
        index, amount = numbers.index.to_numpy()[order], numbers.to_numpy(float)[order]
        place = np.clip(np.searchsorted(index, values), 0, index.size - 1)
        out[:] = np.where(index[place] == values, amount[place], np.nan)
        return out
    table = np.full(last - first + 1, np.nan, np.float32)
    table[numbers.index.to_numpy() - first] = numbers.to_numpy(float)
    looked_up(values, first, table, out)
    return out
