"""Points where species were seen, on the cells of a study: in the sea, outside, twice in a cell; and the ground that they are read on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.cover import broadest, covers
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features
from shanshui.kernels.noise import white
from shanshui.pattern.presence_model import Cells
from shanshui.pattern.sightings import not_found
from shanshui.pattern.species import latin
from shanshui.region.grid import GridSpec, grid_of

Presences = Annotated[gpd.GeoDataFrame, Features({"species": TEXT, "*": ANY})]

GROUPS = tuple(name for name, cover in covers().items() if not cover.parent)
"""Broad covers that a model tells apart."""
_WATER = GROUPS.index("water") + 1


@dataclass(frozen=True)
class Ground:
    """What a model may know of the cells of a study.

    Attributes
    ----------
    grid : GridSpec
        Cells.
    layers : mapping of predictor to (y, x) array
        Numbers; NaN where missing.
    group : (y, x) array of uint8
        Number of the broad cover from 1; 0 where unknown.
    inside : (y, x) array of bool
        In the region.
    """

    grid: GridSpec
    layers: Mapping[str, NDArray[np.floating]]
    group: NDArray[np.uint8]
    inside: NDArray[np.bool_]

    @classmethod
    def of(
        cls, cover_type: xr.DataArray, region_mask: xr.DataArray, **layers: xr.DataArray | None
    ) -> "Ground":
        """Ground of the maps that there are."""
        broad = np.zeros(256, np.uint8)
        for name, cover in covers().items():
            # the sea is no ground that a species of the land or of rivers could be found on
            broad[cover.code] = 0 if name == "sea" else GROUPS.index(broadest(name)) + 1
        return cls(
            grid_of(cover_type),
            {name: layer.values for name, layer in layers.items() if layer is not None},
            broad[cover_type.values.astype(np.uint8)],
            np.asarray(region_mask.values == 1),
        )

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Cells of the region where all is known."""
        out = self.inside & (self.group > 0)
        if "elevation" in self.layers:
            # of a cover map that has one class for all water [D]
            with np.errstate(invalid="ignore"):
                out &= ~((self.group == _WATER) & (self.layers["elevation"] <= 0.0))
        for layer in self.layers.values():
            out &= np.isfinite(layer)
        return out

    def cells(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Cells:
        """What is known of some cells, predictors in the order of the layers."""
        values = np.column_stack(
            [layer[rows, cols].astype(np.float64) for layer in self.layers.values()]
        )
        return Cells(values, self.group[rows, cols].astype(np.intp))

    def sample(self, count: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of a random sample of the known cells, in their order; all where there are fewer."""
        at = np.flatnonzero(self.known)
        if at.size > count:
            chance = white(0, 0, *self.grid.shape, seed).ravel()[at]
            at = np.sort(at[np.argsort(chance, kind="stable")[:count]])
        rows, cols = np.divmod(at, self.grid.nx)
        return rows, cols


@dataclass(frozen=True)
class Found:
    """Where one species was found.

    Attributes
    ----------
    points : int
        Rows of the table.
    no_ground, outside : int
        Of them in the sea or where a map is missing, and outside the region.
    rows, cols : (cells,) array of int
        Cells with at least one of the others.
    """

    points: int
    no_ground: int
    outside: int
    rows: NDArray[np.intp]
    cols: NDArray[np.intp]

    @property
    def lost(self) -> str:
        """What of the points does not count, in words; empty for nothing."""
        parts = [
            f"{self.outside} lie outside the region" if self.outside else "",
            f"{self.no_ground} lie in the sea or where a map is missing" if self.no_ground else "",
        ]
        return " and ".join(p for p in parts if p)


def found_of(presences: gpd.GeoDataFrame, ground: Ground, rows: pd.DataFrame) -> dict[str, Found]:
    """Where each species was found.

    Parameters
    ----------
    presences : points
        ``species``: Latin, English or Chinese; a column may say that a row is none, as :func:`shanshui.pattern.sightings.not_found` reads it.
    ground : Ground
        Maps of the study.
    rows : table
        Species by Latin name, for other names.

    Returns
    -------
    dict of Latin name to Found
        In the order of the table of species, then of names.

    Raises
    ------
    QuantityError
        No point of any species on known ground of the region; a word that says neither that it was found nor that it was not.
    """
    frame = presences[~not_found(presences)]
    other = _other_names(rows)
    names = frame["species"].map(lambda name: _latin_name(name, other))
    # a point of several parts counts each
    parts = frame.geometry.explode(index_parts=False)
    names = names.loc[parts.index]
    grid = ground.grid
    col = np.floor((parts.x.to_numpy() - grid.left) / grid.cell_m).astype(np.intp)
    row = np.floor((grid.top - parts.y.to_numpy()) / grid.cell_m).astype(np.intp)
    on_grid = (row >= 0) & (row < grid.ny) & (col >= 0) & (col < grid.nx)
    row, col = np.where(on_grid, row, 0), np.where(on_grid, col, 0)
    inside, known = on_grid & ground.inside[row, col], on_grid & ground.known[row, col]
    if not known.any():
        sea, out = int((inside & ~known).sum()), int((~inside).sum())
        raise QuantityError(
            f"species_presence: none of {len(parts)} points lies on known ground of the region: {out} lie outside it, {sea} in the sea or where "
            "a map is missing; are longitude and latitude swapped, or is crs another?"
        )
    told = {}
    listed = [n for n in rows.index if n in set(names)]
    for name in [*listed, *sorted(set(names) - set(listed) - {""})]:
        mine = (names == name).to_numpy()
        at = np.unique(row[mine & known] * grid.nx + col[mine & known])
        cells = np.divmod(at, grid.nx)
        told[name] = Found(
            int(mine.sum()),
            int((mine & inside & ~known).sum()),
            int((mine & ~inside).sum()),
            *cells,
        )
    return told


def _latin_name(name: object, other: Mapping[str, str]) -> str:
    """Latin name of any name of a species; what is no name of the table is taken as Latin."""
    if name is None or name != name:
        return ""
    return other.get(str(name).strip().casefold(), latin(name))


def _other_names(rows: pd.DataFrame) -> dict[str, str]:
    """Latin name by English and by Chinese name."""
    return {
        str(word).strip().casefold(): str(name)
        for column in ("en", "zh")
        if column in rows.columns
        for name, word in rows[column].items()
        if word == word
    }
