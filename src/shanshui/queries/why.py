"""Why a product has no value at a place, or over the whole study: the question put to a study that has been run."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.collect.catalog import located
from shanshui.collect.inputs import INPUTS, RASTERS
from shanshui.collect.missing import REASONS
from shanshui.collect.rasters import raster_input
from shanshui.core.errors import PlanError, ShanshuiError, StudyError
from shanshui.core.keys import keys
from shanshui.core.process_lock import remembered
from shanshui.core.quantity import Grid
from shanshui.core.reasons import reasons
from shanshui.flow.absence import Absence, Cause
from shanshui.flow.steps import Layer
from shanshui.queries.plain import jsonable, records
from shanshui.region.grid import STRIP
from shanshui.region.unitset import covered, plain_code
from shanshui.store.rasters import RasterReader
from shanshui.study.study import Study


@dataclass
class Shelf:
    """Products of a study for the walk along its plan.

    Attributes
    ----------
    study : Study
        With the products made.
    """

    study: Study
    _readers: dict[str, RasterReader] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)

    def block(self, product: str, start: int, stop: int) -> xr.DataArray:
        """Rows of a grid that was made."""
        if product not in self._readers:
            digest = self.study.record(product).digest
            self._readers[product] = self.study.objects.reader(digest)
        return self._readers[product].rows(start, stop)

    def value(self, product: str) -> Any:
        """Product of any other kind."""
        if product not in self._values:
            self._values[product] = self.study[product]
        return self._values[product]

    def has(self, product: str) -> bool:
        """Has it been made?"""
        return self.study.has(product)

    def from_file(self, product: str, start: int, stop: int) -> NDArray[np.object_] | None:
        """Reason of each cell of an input that is missing in its file; None where its file is gone."""
        specs = self.study.specs.get(product, [])
        kind = INPUTS.get(product)
        if not specs or kind is None or kind.family not in RASTERS or specs[0].value is not None:
            return None
        paths = [located(spec, self.study.folders) for spec in specs]
        try:
            with raster_input(paths, specs, kind, product, self.study.grid) as source:
                return np.array(REASONS, object)[source.reasons(self.study.grid, start, stop)]
        except ShanshuiError:
            return None  # the file is gone or another one by now


@dataclass(frozen=True)
class Lost:
    """One cause with how much of the product it takes away.

    Attributes
    ----------
    cause : Cause
        Where the value is lost.
    way : list of str
        Products from the one asked for to that.
    cells : int
        How many cells.
    km2 : float [km2]
        Their area.
    """

    cause: Cause
    way: list[str]
    cells: int
    km2: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        words = reasons()[self.cause.reason].words
        return {
            "in": self.cause.product,
            "reason": self.cause.reason,
            "detail": self.cause.detail,
            "text": words["en"],
            "text_zh": words["zh"],
            "way": self.way,
            "cells": self.cells,
            "km2": round(self.km2, 6),
        }


@dataclass(frozen=True)
class Missing:
    """Why cells of a product are missing over the whole study.

    Attributes
    ----------
    product : str
        A grid.
    cells : int
        Of the study's grid.
    lost : tuple of Lost
        Causes, the most frequent first.
    """

    product: str
    cells: int
    lost: tuple[Lost, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "product": self.product,
            "cells": self.cells,
            "missing": sum(item.cells for item in self.lost),
            "reasons": [item.to_dict() for item in self.lost],
        }


@dataclass(frozen=True)
class Answer:
    """What is known of a product at a place.

    Attributes
    ----------
    product : str
        The product asked for.
    lon, lat : float [degree]
        The place.
    value : float or None
        Value of a grid there; None where it has none, and for tables.
    unit : str
        Of the value.
    lost : list of Lost
        Why there is none, or why columns of the rows are empty.
    taken : dict
        What the product is made from: value of each grid there, None where it has none.
    rows : list of dict
        Rows of a table that speak of the place.
    place : str
        The place that the rows speak of.
    empty : list of str
        Columns of the rows without a value.
    """

    product: str
    lon: float
    lat: float
    value: float | None = None
    unit: str = ""
    lost: list[Lost] = field(default_factory=list)
    taken: dict[str, float | None] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    place: str = ""
    empty: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        found: dict[str, Any] = jsonable(
            {
                "product": self.product,
                "at": [self.lon, self.lat],
                "value": self.value,
                "unit": self.unit,
                "missing": bool(self.lost) and self.value is None,
                "reasons": [item.to_dict() for item in self.lost],
                "taken": self.taken,
                "place": self.place,
                "rows": records(pd.DataFrame(self.rows)),
                "empty_columns": self.empty,
            }
        )
        return found


class Why:
    """Questions to one study.

    Parameters
    ----------
    study : Study
        With the products made.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.shelf = Shelf(study)

    @remembered
    def absence(self) -> Absence:
        """The walk, with the causes that it met."""
        return Absence(self.study.plan, self.study.grid, self.shelf)

    def at(self, product: str, lon: float, lat: float) -> Answer:
        """Why a product is as it is at a place.

        Parameters
        ----------
        product : str
            Made: a grid, a table or features by place.
        lon, lat : float [degree]
            Within the study's grid.

        Raises
        ------
        PlanError
            The product is unknown, not made, or says nothing of places.
        StudyError
            The place is outside the grid.
        """
        self.study.record(product)
        row, column = cell_at(self.study, lon, lat)
        if isinstance(self.study.plan.kind(product), Grid):
            return self._cell(product, lon, lat, row, column)
        return self._rows(product, lon, lat, row, column)

    def over(self, product: str) -> list[Lost]:
        """Causes of all missing cells of a grid, the most frequent first.

        Raises
        ------
        PlanError
            Not a grid, or not made.
        """
        self._grid_only(product)
        count: Counter[int] = Counter()
        for start, stop in self.study.grid.strips(STRIP):
            found, cells = np.unique(self.absence.numbers(product, start, stop), return_counts=True)
            count.update(dict(zip(found.tolist(), cells.tolist(), strict=True)))
        return [
            self._lost(product, number, cells)
            for number, cells in sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))
            if number
        ]

    def missing(self, product: str) -> Missing:
        """Causes of all missing cells of a grid, with their sum.

        Raises
        ------
        PlanError
            Not a grid, or not made.
        """
        return Missing(product, self.study.grid.cells, tuple(self.over(product)))

    def _grid_only(self, product: str) -> None:
        self.study.record(product)
        if not isinstance(self.study.plan.kind(product), Grid):
            raise PlanError(
                f"{product}: is no grid, so that it has no map of reasons; ask for a place: --at LON,LAT"
            )

    def _cell(self, product: str, lon: float, lat: float, row: int, column: int) -> Answer:
        block = self.shelf.block(product, row, row + 1)
        number = int(self.absence.numbers(product, row, row + 1)[0, column])
        item = self.study.plan.steps[product]
        above = self.study.plan.inputs(item.of if isinstance(item, Layer) else product)
        grids = [
            name
            for name in dict.fromkeys(above.values())
            if isinstance(self.study.plan.kind(name), Grid) and self.study.has(name)
        ]
        return Answer(
            product,
            lon,
            lat,
            None if number else float(block.values[0, column]),
            str(block.attrs["units"]),
            [self._lost(product, number, 1)] if number else [],
            {name: self._value(name, row, column) for name in grids},
        )

    def _value(self, name: str, row: int, column: int) -> float | None:
        block = self.shelf.block(name, row, row + 1)
        value, nodata = float(block.values[0, column]), block.attrs.get("nodata")
        return None if np.isnan(value) or value == nodata else value

    def _lost(self, product: str, number: int, cells: int) -> Lost:
        cause = self.absence.causes[number - 1]
        area = cells * self.study.grid.cell_km2
        return Lost(cause, self._way(product, cause.product), cells, area)

    def _way(self, product: str, to: str) -> list[str]:
        """Shortest way back along the plan."""
        ways = [[product]]
        seen = {product}
        for way in ways:
            if way[-1] == to:
                return way
            above = self.study.plan.inputs(way[-1]).values()
            ways += [[*way, name] for name in above if name not in seen]
            seen |= set(above)
        return [product, to]

    # rows

    def _rows(self, product: str, lon: float, lat: float, row: int, column: int) -> Answer:
        frame = self.study[product]
        if not hasattr(frame, "index"):
            raise PlanError(
                f"{product}: is one number for the whole study; see what it is made from: "
                f"shanshui explain {self.study.layout.folder} {product}"
            )
        grid = self.study.grid
        point = shapely.Point(grid.x()[column], grid.y(row, row + 1)[0])
        found = self._place(product, frame, point)
        if found is None:
            raise PlanError(
                f"{product}: its rows speak of no place with an outline around {lon:g},{lat:g}; see them: "
                f"shanshui show {self.study.layout.folder} {product}"
            )
        rows, place, shape = found
        empty = [str(c) for c in rows.columns if c != "geometry" and rows[c].isna().any()]
        return Answer(
            product,
            lon,
            lat,
            lost=self._within(product, shape) if empty or rows.empty else [],
            rows=_plain_rows(rows),
            place=place,
            empty=empty,
        )

    def _place(
        self, product: str, frame: Any, point: shapely.Point
    ) -> tuple[pd.DataFrame, str, shapely.Geometry] | None:
        """Rows of a product that speak of the place around a point, its name and its outline."""
        flat = frame.reset_index() if frame.index.name else frame
        if isinstance(flat, gpd.GeoDataFrame):
            here = flat[flat.contains(point)]
            shape = here.geometry.iloc[0] if len(here) else None
            return (here, _words(here.iloc[0]), shape) if shape is not None else None
        for column, kinds in self.study.plan.keys(product).items():
            for kind in kinds:
                outlines = keys()[kind].outlines
                if column not in flat or not outlines or not self.study.has(outlines):
                    continue
                places = self.study[outlines]
                at = places[places.contains(point)]
                if not len(at):
                    continue
                first = at.iloc[0]
                words = [first.get("code"), first.get("name"), at.index[0]]
                same = flat[column].map(plain_code).isin({plain_code(w) for w in words})
                return flat[same], _words(first), first.geometry
        return None

    def _within(self, product: str, shape: shapely.Geometry) -> list[Lost]:
        """Causes of the missing cells, inside a place, of the grids that a table is made from."""
        grid, out = self.study.grid, Counter[tuple[str, int]]()
        _, south, _, north = shape.bounds
        start = min(max(int((grid.top - north) // grid.cell_m), 0), grid.ny)
        stop = min(max(int(-((south - grid.top) // grid.cell_m)), start), grid.ny)
        if stop == start:
            return []
        part = replace(grid, top=grid.top - start * grid.cell_m, ny=stop - start)
        inside = covered(gpd.GeoDataFrame(geometry=[shape], crs=grid.crs), part)
        for name in self.study.plan.inputs(product).values():
            if isinstance(self.study.plan.kind(name), Grid) and self.study.has(name):
                found, cells = np.unique(
                    self.absence.numbers(name, start, stop)[inside], return_counts=True
                )
                out.update({(name, int(n)): int(c) for n, c in zip(found, cells, strict=True) if n})
        return [
            replace(lost, way=[product, *lost.way])
            for (name, number), cells in out.most_common()
            for lost in [self._lost(name, number, cells)]
        ]


def _words(row: Any) -> str:
    return " ".join(str(row[w]) for w in ("code", "name") if w in row and row[w] == row[w]).strip()


def cell_at(study: Study, lon: float, lat: float) -> tuple[int, int]:
    """Row and column of the study's grid at a place.

    Raises
    ------
    StudyError
        The place is outside the grid.
    """
    grid = study.grid
    x, y = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(lon, lat)
    if np.isfinite([x, y]).all():
        row, column = int((grid.top - y) // grid.cell_m), int((x - grid.left) // grid.cell_m)
        if 0 <= row < grid.ny and 0 <= column < grid.nx:
            return row, column
    raise StudyError(
        f"--at {lon},{lat}: outside the study's grid; expected longitude,latitude within it (is the order lat,lon?)"
    )


def _plain_rows(rows: pd.DataFrame) -> list[dict[str, Any]]:
    plain = rows.drop(columns="geometry", errors="ignore")
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]
