"""What a study knows of where each species can live: models, ranges, and heights and covers that it keeps to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.pattern.distribution import model_of
from shanshui.pattern.presences import Ground
from shanshui.pattern.range_map import RangeCells, range_map
from shanshui.pattern.species import habitats_of, latin
from shanshui.region.unitset import burnt

SHOULDER = 0.15
"""Part of the span of heights over which suitability rises from 0 at the lowest, and falls to 0 at the highest [D]."""
FALL = 0.75
"""How much less each further cover of a species' list suits it than the one before [D]."""
MODEL, RANGE, PREFERENCES, NOTHING = (
    "model of presences",
    "range, heights and covers",
    "heights and covers only",
    "nothing here",
)
_ROWS = 256
"""Rows for which a model is worked out at a time: its numbers are eight bytes each."""


@dataclass(frozen=True)
class Evidence:
    """All that a study knows of its species.

    Attributes
    ----------
    ground : Ground
        Maps; ``elevation`` is among them.
    cover_type : (y, x) array
        What covers the ground.
    rows : table
        Preferences by Latin name.
    ranges : polygons or points or None
        ``species``.
    models : table or None
        Coefficients of the models that are used.
    cell_km : float [km]
        Side of the cells of a range map of points; 0 where it is to be found.
    own : frozenset of str
        Species with a row in the study's own table: heights and covers alone say something of these only. That a giant panda could live at
        some height of some other country is nothing that anybody said.
    """

    ground: Ground
    cover_type: NDArray[np.integer]
    rows: pd.DataFrame
    ranges: gpd.GeoDataFrame | None
    models: pd.DataFrame | None
    cell_km: float
    own: frozenset[str] = frozenset()

    @cached_property
    def modelled(self) -> tuple[str, ...]:
        """Species with a model in use."""
        return () if self.models is None else tuple(dict.fromkeys(self.models["species"]))

    @cached_property
    def names(self) -> pd.Series:
        """Latin name of each row of the ranges."""
        assert self.ranges is not None  # noqa: S101 - asked for where there are ranges
        return self.ranges["species"].map(latin)

    @cached_property
    def cells(self) -> RangeCells | None:
        """Cells of a coarse range map below the grid, found once for all species; None of outlines."""
        if self.ranges is None or set(self.ranges.geom_type) != {"Point"}:
            return None
        grid = self.ground.grid
        return range_map(self.ranges, self.cell_km).below(grid, slice(0, grid.ny))

    def rests_on(self, name: str) -> str:
        """What the suitability for a species rests on."""
        if name in self.modelled:
            return MODEL
        if name not in self.rows.index:
            raise QuantityError(
                f"species: {name} has no model in use (see species_distribution) and no row in species_habitats; add the row"
            )
        ranged = self.ranges is not None and (self.names == name).any()
        return RANGE if ranged else PREFERENCES if name in self.own else NOTHING

    def suitability(self, name: str) -> NDArray[np.float32]:
        """Of each cell of the region; NaN outside and where a map is missing."""
        rests = self.rests_on(name)
        if rests == MODEL:
            return self._modelled(name)
        if rests == NOTHING:
            return np.full(self.ground.grid.shape, np.nan, np.float32)
        out = self._preferred(name)
        if rests == RANGE:
            out *= self._range(name)
        known = self.ground.inside & np.isfinite(self.ground.layers["elevation"])
        return np.where(known & (self.cover_type != 0), out, np.float32(np.nan)).astype(np.float32)

    def _modelled(self, name: str) -> NDArray[np.float32]:
        assert self.models is not None  # noqa: S101 - it has a model
        predictors, model = model_of(self.models[self.models["species"] == name])
        lacks = [p for p in predictors if p not in self.ground.layers]
        if lacks:
            raise QuantityError(
                f"species_models: the model of {name} reads {', '.join(lacks)}, which was not given; give it, or fit the models without"
            )
        layers = {p: self.ground.layers[p] for p in predictors}
        ground = Ground(self.ground.grid, layers, self.ground.group, self.ground.inside)
        out = np.full(ground.grid.shape, np.nan, np.float32)
        for start, stop in ground.grid.strips(_ROWS):
            rows, cols = np.nonzero(ground.known[start:stop])
            if rows.size:
                out[rows + start, cols] = model.suitability(ground.cells(rows + start, cols))
        return out

    def _preferred(self, name: str) -> NDArray[np.float32]:
        row = self.rows.loc[[name]].iloc[0]
        height = self.ground.layers["elevation"]
        weight = np.zeros(256, np.float32)
        words = [w.strip() for w in str(row["covers"]).split(";") if w.strip()]
        for k, word in reversed(list(enumerate(words))):
            weight[list(codes_of([word]))] = FALL**k
        out = weight[self.cover_type.astype(np.uint8)]
        return out * height_preference(height, float(row["low_m"]), float(row["high_m"]))

    def _range(self, name: str) -> NDArray[np.floating]:
        assert self.ranges is not None  # noqa: S101 - it has a range
        mine = (self.names == name).to_numpy()
        grid = self.ground.grid
        if self.cells is None:
            return burnt(self.ranges[mine], grid, 0.0).astype(np.float32)
        present = self.cells.present(mine)
        out = np.zeros(grid.shape, np.float32)
        # one centre after the other: all four at once would be sixteen bytes a cell more
        for near, share in zip(self.cells.near, self.cells.share, strict=True):
            out += present[near] * share
        return out

    def group(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """Mean over species that have a model or a range where any has, scaled to its greatest.

        Raises
        ------
        QuantityError
            Nothing is known of any.
        """
        told = {name: self.rests_on(name) for name in names}
        known = [n for n, rests in told.items() if rests in (MODEL, RANGE)]
        chosen = known or [n for n, rests in told.items() if rests == PREFERENCES]
        if not chosen:
            raise QuantityError(
                f"species: nothing is known of {', '.join(names[:4])} here; give [inputs.species_ranges] or [inputs.species_presence], or a "
                "row in [inputs.species_habitats] of your own"
            )
        if len(names) == 1:
            return self.suitability(names[0])
        total = np.zeros(self.ground.grid.shape, np.float32)
        for name in chosen:
            total += self.suitability(name)
        most = float(np.nanmax(total)) if np.isfinite(total).any() else 0.0
        return total / np.float32(most) if most > 0 else total


def height_preference(
    height: NDArray[np.floating], low_m: float, high_m: float
) -> NDArray[np.float32]:
    """How well a height suits a species that lives between two.

    Parameters
    ----------
    height : array [m]
        Of the ground.
    low_m, high_m : float [m]
        Where it lives.

    Returns
    -------
    array [1]
        1 in the middle, falling to 0 at both ends over 0.15 of the span; ground at or below 0 m is not too low for a species that lives down to
        0. 0 where the height is missing.
    """
    shoulder = SHOULDER * (high_m - low_m)
    with np.errstate(invalid="ignore"):
        out = np.clip((high_m - height) / shoulder, 0.0, 1.0)
        if low_m > 0:
            out = np.minimum(out, np.clip((height - low_m) / shoulder, 0.0, 1.0))
    return np.nan_to_num(out, nan=0.0).astype(np.float32)


def evidence_of(
    elevation: Any,
    cover_type: Any,
    region_mask: Any,
    ranges: Any,
    models: Any,
    habitats: Any,
    cell_km: float,
    **layers: Any,
) -> Evidence:
    """What a study knows, from the maps and tables that a step takes."""
    ground = Ground.of(cover_type, region_mask, elevation=elevation, **layers)
    rows = habitats_of(habitats)
    own = frozenset() if habitats is None else frozenset(rows.index)
    return Evidence(ground, cover_type.values, rows, ranges, models, cell_km, own)
