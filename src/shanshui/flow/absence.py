"""Why cells of a product have no value: back along the plan to where the value is lost."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_cdt

from shanshui.core.quantity import Features, Grid, Table
from shanshui.core.reasons import reasons
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Layer, Source, Step
from shanshui.region.grid import GridSpec
from shanshui.region.unitset import plain_code, rasterised

CLASS_COLUMN = "lucode"
"""Column of a table of coefficients that names a class."""


class Shelves(Protocol):
    """Where products are read."""

    def block(self, product: str, start: int, stop: int) -> xr.DataArray:
        """Rows of a grid that was made."""

    def value(self, product: str) -> Any:
        """Product of any other kind."""

    def has(self, product: str) -> bool:
        """Has it been made?"""

    def from_file(self, product: str, start: int, stop: int) -> NDArray[np.object_] | None:
        """Reason of each cell of an input that is missing in its file; blank elsewhere, None if that is not known."""


@dataclass(frozen=True)
class Cause:
    """Where a value was lost.

    Attributes
    ----------
    product : str
        The product or input that has no value though all that it takes has.
    reason : str
        Row of ``core/reasons.csv``.
    detail : str
        Table, class or place that it is about; empty where there is none.
    """

    product: str
    reason: str
    detail: str = ""


@dataclass
class Absence:
    """Causes of missing cells, strip by strip.

    Attributes
    ----------
    plan : Plan
        How products hang together.
    grid : GridSpec
        Study grid.
    shelves : Shelves
        Where products are read.
    causes : list of Cause
        Those found so far; number n of a cell is cause n - 1, 0 is a value.
    """

    plan: Plan
    grid: GridSpec
    shelves: Shelves
    causes: list[Cause] = field(default_factory=list)
    _seen: dict[tuple[str, int, int], NDArray[np.uint16]] = field(default_factory=dict)
    _deep: int = 0

    def numbers(self, product: str, start: int, stop: int) -> NDArray[np.uint16]:
        """Number of the cause of each cell.

        Parameters
        ----------
        product : str
            Grid of the plan, made.
        start, stop : int
            Rows.

        Returns
        -------
        (y, x) [1]
            0 where there is a value.

        Notes
        -----
        A cell is missing for the reason of what it takes: the first grid that misses the same cell, then, for a method that
        looks around, the nearest missing cell within its reach. Where all grids have values it is the class or the place
        without a row in a table, and at last what the method itself declares.
        """
        key = product, start, stop
        if key not in self._seen:
            self._deep += 1
            try:
                found = self._found(product, start, stop)
            finally:
                self._deep -= 1
            self._seen[key] = found
        out = self._seen[key]
        if not self._deep:
            # strips do not share what was met on the way
            self._seen.clear()
        return out

    def _found(self, product: str, start: int, stop: int) -> NDArray[np.uint16]:
        lost = _lost(self.shelves.block(product, start, stop))
        out = np.zeros(lost.shape, np.uint16)
        if not lost.any():
            return out
        item = self.plan.steps[product]
        if isinstance(item, Source):
            return self._of_file(item, lost, start, stop)
        made = self.plan.steps[item.of] if isinstance(item, Layer) else item
        assert isinstance(made, Step)  # noqa: S101 - layers are of steps
        grids = self._grids(made)
        for name in grids:
            if (lost & (out == 0)).any():
                self._take(out, lost, self.numbers(name, start, stop))
        reach = self._reach(made)
        for name in grids if reach else ():
            self._near(out, lost, name, reach, start, stop)
        self._by_class(made, out, lost, start, stop)
        self._by_place(made, out, lost, start, stop)
        declared = made.card.missing
        layer = item.layer if isinstance(item, Layer) else ""
        reason = declared.get(layer) or declared.get("") or "no_value"
        out[lost & (out == 0)] = self._number(Cause(product, reason))
        return out

    def _grids(self, item: Step) -> list[str]:
        """Grids that a step takes, those that it must have first."""
        taken = self.plan.inputs(item.name)
        found = [
            (parameter in item.card.optional, product)
            for parameter, product in taken.items()
            if isinstance(self.plan.kind(product), Grid) and self.shelves.has(product)
        ]
        return [product for _, product in sorted(found, key=lambda pair: pair[0])]

    def _reach(self, item: Step) -> int:
        """Rows around a cell that a step looks at; 0 where it looks at the whole grid."""
        try:
            settings = item.card.checked(item.settings)
            numbers = {
                parameter: value
                for parameter, product in self.plan.inputs(item.name).items()
                if isinstance(value := self._number_of(product), float)
            }
            return int(item.card.reach({**settings, **numbers, "cell_m": self.grid.cell_m}) or 0)
        except KeyError:
            # a reach that hangs on a number which was not made
            return 0

    def _number_of(self, product: str) -> Any:
        if isinstance(self.plan.kind(product), Grid) or not self.shelves.has(product):
            return None
        return self.shelves.value(product)

    def _take(
        self, out: NDArray[np.uint16], lost: NDArray[np.bool_], found: NDArray[np.uint16]
    ) -> None:
        """Give open cells the cause that a grid has there, if it is one that spreads."""
        spreads = np.array([False, *(not reasons()[c.reason].none for c in self.causes)])
        open_ = lost & (out == 0) & spreads[found]
        out[open_] = found[open_]

    def _near(
        self,
        out: NDArray[np.uint16],
        lost: NDArray[np.bool_],
        name: str,
        reach: int,
        start: int,
        stop: int,
    ) -> None:
        """Give open cells the cause of the nearest missing cell of a grid within reach."""
        if not (lost & (out == 0)).any():
            return
        low, high = max(0, start - reach), min(self.grid.ny, stop + reach)
        around = self.numbers(name, low, high)
        if not around.any():
            return
        far, at = distance_transform_cdt(
            around == 0, metric="chessboard", return_distances=True, return_indices=True
        )
        nearest = around[at[0], at[1]]
        inner = slice(start - low, stop - low)
        self._take(out, lost, np.where(far[inner] <= reach, nearest[inner], 0).astype(np.uint16))

    def _of_file(
        self, item: Source, lost: NDArray[np.bool_], start: int, stop: int
    ) -> NDArray[np.uint16]:
        out = np.zeros(lost.shape, np.uint16)
        told = self.shelves.from_file(item.name, start, stop)
        for reason in sorted(set(told[lost]) - {""}) if told is not None else ():
            out[lost & (told == reason)] = self._number(Cause(item.name, reason))
        out[lost & (out == 0)] = self._number(Cause(item.name, "input_missing"))
        return out

    # tables

    def _by_class(
        self, item: Step, out: NDArray[np.uint16], lost: NDArray[np.bool_], start: int, stop: int
    ) -> None:
        """Cells whose class has no row, or an empty value, in a table of coefficients."""
        tables = [t for t in self._tables(item) if CLASS_COLUMN in t.frame]
        for codes in self._grids(item) if tables else ():
            classes = self.shelves.block(codes, start, stop).values
            if classes.dtype.kind not in "iu":
                continue
            for table in tables:
                gap = table.gaps(CLASS_COLUMN, "class")
                self._tell(out, lost, classes, gap)

    def _by_place(
        self, item: Step, out: NDArray[np.uint16], lost: NDArray[np.bool_], start: int, stop: int
    ) -> None:
        """Cells whose place has no row, or an empty value, in a table by place; and those outside all places."""
        for product in self.plan.inputs(item.name).values():
            kind = self.plan.kind(product)
            if not isinstance(kind, Features) or kind.key is None or not self.shelves.has(product):
                continue
            places = self.shelves.value(product)
            if "code" not in places or set(places.geom_type) - {"Polygon", "MultiPolygon"}:
                continue
            if not (lost & (out == 0)).any():
                return
            label = self._labels(places, start, stop)
            words = [_words(row) for row in places.itertuples(index=False)]
            for table in self._tables(item):
                if "code" in table.frame and {*kind.key.kinds} & {*table.kinds}:
                    self._tell(out, lost, label, _of_place(table, places, words))
            beyond = Cause(item.name, "outside_places", product)
            self._tell(out, lost, label, {0: beyond}.get)

    def _labels(self, places: gpd.GeoDataFrame, start: int, stop: int) -> NDArray[np.int32]:
        """Polygon of each cell by its centre, from 1 in the order of the rows."""
        top = self.grid.top - start * self.grid.cell_m
        part = replace(self.grid, top=top, ny=stop - start)
        numbered = places.set_axis(pd.RangeIndex(1, len(places) + 1), axis=0)
        return np.asarray(rasterised(numbered, part).values, np.int32)

    def _tables(self, item: Step) -> list["_Rows"]:
        """Tables that a step takes."""
        return [
            _Rows(product, self.shelves.value(product), self.plan.key(product))
            for product in self.plan.inputs(item.name).values()
            if isinstance(self.plan.kind(product), Table) and self.shelves.has(product)
        ]

    def _tell(
        self,
        out: NDArray[np.uint16],
        lost: NDArray[np.bool_],
        codes: NDArray[Any],
        cause: Callable[[int], Cause | None],
    ) -> None:
        """Give open cells the cause of their code."""
        open_ = lost & (out == 0)
        for code in np.unique(codes[open_]).tolist():
            found = cause(int(code))
            if found is not None:
                out[open_ & (codes == code)] = self._number(found)

    def _number(self, cause: Cause) -> int:
        if cause not in self.causes:
            self.causes.append(cause)
        return self.causes.index(cause) + 1


@dataclass(frozen=True)
class _Rows:
    """A table that a step takes, asked for what it lacks."""

    name: str
    frame: pd.DataFrame
    kinds: tuple[str, ...]

    def gaps(self, column: str, what: str) -> Callable[..., Cause | None]:
        """Cause of a code that has no row, or an empty number in its latest row; None where nothing lacks."""
        rows = self.frame.sort_values("year") if "year" in self.frame else self.frame
        keys = rows[column].map(plain_code)
        numbers = rows.select_dtypes("number").drop(columns=["year", column], errors="ignore")
        empty = numbers.isna().groupby(keys.to_numpy()).last()
        lacking = {code: ", ".join(row.index[row]) for code, row in empty.iterrows() if row.any()}
        known = set(keys)

        def cause(code: Any, words: str = "") -> Cause | None:
            code = plain_code(code)
            named = words or f"{what} {code}"
            if code not in known:
                return Cause(self.name, f"{what}_without_row", named)
            if code in lacking:
                return Cause(self.name, f"{what}_without_value", f"{named}: {lacking[code]}")
            return None

        return cause


def _of_place(
    table: _Rows, places: gpd.GeoDataFrame, words: list[str]
) -> Callable[[int], Cause | None]:
    """Cause of a number of a place; 0 is none."""
    gap = table.gaps("code", "place")
    codes = [plain_code(code) for code in places["code"]]

    def cause(number: int) -> Cause | None:
        return gap(codes[number - 1], words[number - 1]) if number else None

    return cause


def _words(row: Any) -> str:
    name = str(getattr(row, "name", "") or "")
    return f"{plain_code(row.code)} {name}".strip()


def _lost(block: xr.DataArray) -> NDArray[np.bool_]:
    """Cells without a value."""
    values = block.values
    if values.dtype.kind == "f":
        return np.isnan(values)
    nodata = block.attrs.get("nodata")
    return np.zeros(values.shape, bool) if nodata is None else np.asarray(values == nodata)
