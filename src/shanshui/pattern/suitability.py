"""How suitable ground is for a species: by its model, by its range and what it keeps to, or by that alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Layers, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Index,
    Mask,
    Precipitation,
    Slope,
    Temperature,
)
from shanshui.pattern.distribution import Models, model_of
from shanshui.pattern.presences import Ground
from shanshui.pattern.species import Habitats, RangeMap, Ranges, habitats_of, latin, range_map
from shanshui.pattern.species_names import FOCAL, called, members
from shanshui.region.grid import like
from shanshui.region.unitset import burnt

SHOULDER = 0.15
"""Part of the span of heights over which suitability rises from 0 at the lowest, and falls to 0 at the highest [D]."""
FALL = 0.75
"""How much less each further cover of a species' list suits it than the one before [D]."""
SUITABLE = 0.5
"""From this on ground counts as suitable [D]."""
MODEL, RANGE, PREFERENCES = (
    "model of presences",
    "range, heights and covers",
    "heights and covers only",
)
_ROWS = 256
"""Rows for which a model is worked out at a time: its numbers are eight bytes each."""

FocalLayers = Annotated[xr.Dataset, Layers(tuple((name, "1") for name in FOCAL))]
SuitableHabitat = Annotated[
    pd.DataFrame,
    Table(
        {
            "species": TEXT,
            "en": TEXT,
            "zh": TEXT,
            "focal": "1",
            "rests_on": TEXT,
            "suitable_km2": "km2",
            "height_m": "m",
            "reason": TEXT,
        }
    ),
]


@dataclass(frozen=True)
class _Evidence:
    """All that a study knows of its species."""

    ground: Ground
    cover_type: NDArray[np.integer]
    rows: pd.DataFrame
    ranges: gpd.GeoDataFrame | None
    models: pd.DataFrame | None
    cell_km: float

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
    def centres(self) -> RangeMap | None:
        """Centres of a coarse range map; None of outlines."""
        if self.ranges is None or set(self.ranges.geom_type) != {"Point"}:
            return None
        return range_map(self.ranges, self.cell_km)

    def rests_on(self, name: str) -> str:
        """What the suitability for a species rests on."""
        if name in self.modelled:
            return MODEL
        if name not in self.rows.index:
            raise QuantityError(
                f"species: {name} has no model in use (see species_distribution) and no row in species_habitats; add the row"
            )
        ranged = self.ranges is not None and (self.names == name).any()
        return RANGE if ranged else PREFERENCES

    def suitability(self, name: str) -> NDArray[np.float32]:
        """Of each cell of the region; NaN outside and where a map is missing."""
        rests = self.rests_on(name)
        if rests == MODEL:
            return self._modelled(name)
        out = self._preferred(pd.Series(self.rows.loc[name]))
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

    def _preferred(self, row: pd.Series) -> NDArray[np.float32]:
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
        if self.centres is None:
            return burnt(self.ranges[mine], grid, 0.0).astype(np.float32)
        out = np.empty(grid.shape, np.float32)
        for start, stop in grid.strips(_ROWS):
            cells = self.centres.below(grid, slice(start, stop))
            out[start:stop] = (cells.present(mine)[cells.near] * cells.share).sum(axis=0)
        return out

    def group(self, names: tuple[str, ...]) -> NDArray[np.float32]:
        """Mean over species that have a model or a range where any has, scaled to its greatest."""
        if len(names) == 1:
            return self.suitability(names[0])
        known = [n for n in names if self.rests_on(n) != PREFERENCES]
        chosen = known or list(names)
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


def _evidence(
    elevation: Any,
    cover_type: Any,
    region_mask: Any,
    ranges: Any,
    models: Any,
    habitats: Any,
    cell_km: float,
    **layers: Any,
) -> _Evidence:
    ground = Ground.of(cover_type, region_mask, elevation=elevation, **layers)
    return _Evidence(ground, cover_type.values, habitats_of(habitats), ranges, models, cell_km)


@assessment(source="own_pattern", bytes_per_cell=96)
def habitat_suitability(
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    species_ranges: Ranges | None = None,
    species_models: Models | None = None,
    slope: Slope | None = None,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    vegetation_fraction: Index | None = None,
    species_habitats: Habitats | None = None,
    *,
    species: str = "focal",
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> Index:
    """How suitable ground is for a species or a group of species.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    species_ranges : polygons or points, optional
        ``species``: outlines, or centres of the cells of a coarse range map.
    species_models : table, optional
        Coefficients of the models that are used.
    slope : (y, x) [degree], optional
        As the models read it.
    temperature : (y, x) [degC], optional
        As the models read it.
    precipitation : (y, x) [mm/yr], optional
        As the models read it.
    vegetation_fraction : (y, x) [1], optional
        As the models read it.
    species_habitats : table, optional
        ``species, en, zh, threat, low_m, high_m, covers`` (the best cover first), ``endemic``, ``focal``; the shipped table without it.
    species : str
        A Latin, English or Chinese name, or ``focal``, ``threatened``, ``endemic``.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    (y, x) [1]
        In [0, 1]. NaN outside the region and where a map is missing.

    Raises
    ------
    QuantityError
        A name that means no species, or several; a group without one; a model that reads a map that was not given.

    Notes
    -----
    By the model of presences where one is used (:func:`shanshui.pattern.distribution.species_models`); else ``S = p t(z) w(c)`` with p the
    presence by the range, of a coarse map read between its centres, t the trapezoid of heights, ``t = min(1, (z - low) / s, (high - z) / s)``,
    s 0.15 of the span, and w the cover's weight, 0.75^k for the k-th further cover of the species' list: ours [D], the lists from memory [M];
    without a range p is 1 everywhere, and ``suitable_habitat`` says so. A group: the mean over its species, scaled to 1 at its best; those with
    neither range nor model are left out where others have one [D].
    """
    evidence = _evidence(
        elevation, cover_type, region_mask, species_ranges, species_models, species_habitats, range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    names = called(species, evidence.rows, evidence.modelled)
    out = like(region_mask, evidence.group(names), "1")
    out.attrs["species"] = ", ".join(names)
    return out


@assessment(source="own_pattern", bytes_per_cell=96)
def focal_habitats(
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    species_ranges: Ranges | None = None,
    species_models: Models | None = None,
    slope: Slope | None = None,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    vegetation_fraction: Index | None = None,
    species_habitats: Habitats | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> FocalLayers:
    """How suitable ground is for takin, golden snub-nosed monkey, forest musk deer, giant panda and crested ibis.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    species_ranges : polygons or points, optional
        ``species``.
    species_models : table, optional
        Coefficients of the models that are used.
    slope : (y, x) [degree], optional
        As the models read it.
    temperature : (y, x) [degC], optional
        As the models read it.
    precipitation : (y, x) [mm/yr], optional
        As the models read it.
    vegetation_fraction : (y, x) [1], optional
        As the models read it.
    species_habitats : table, optional
        As for :func:`habitat_suitability`; a species that it lacks is taken from the shipped table.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    layers
        A layer per species, in [0, 1]. NaN outside the region and where a map is missing.

    Raises
    ------
    QuantityError
        A model that reads a map that was not given.

    Notes
    -----
    ``S = p t(z) w(c)``, or that of a model, as in :func:`habitat_suitability`, for each of the five species on whose environment the corridors
    of the region rest (paper 002, 4.2 [S]); what each rests on stands in ``suitable_habitat``. Method ours [D].
    """
    evidence = _evidence(
        elevation, cover_type, region_mask, species_ranges, species_models, _with_focal(species_habitats), range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    return xr.Dataset(
        {layer: like(region_mask, evidence.suitability(name), "1") for layer, name in FOCAL.items()}
    )


def _with_focal(habitats: pd.DataFrame | None) -> pd.DataFrame | None:
    """A study's own table, with the shipped rows of focal species that it lacks."""
    if habitats is None:
        return None
    shipped = habitats_of(None)
    lacks = set(FOCAL.values()) - set(habitats["species"].map(latin))
    return pd.concat([habitats, shipped[shipped.index.isin(lacks)]], ignore_index=True)


@assessment(source="own_pattern", bytes_per_cell=96)
def suitable_habitat(
    elevation: Elevation,
    cover_type: Codes,
    region_mask: Mask,
    species_ranges: Ranges | None = None,
    species_models: Models | None = None,
    slope: Slope | None = None,
    temperature: Temperature | None = None,
    precipitation: Precipitation | None = None,
    vegetation_fraction: Index | None = None,
    species_habitats: Habitats | None = None,
    *,
    range_cell_km: Annotated[float, Between(0.0, 1000.0)] = 0.0,
) -> SuitableHabitat:
    """Suitable ground of each species that the study knows something of, and what that rests on.

    Parameters
    ----------
    elevation : (y, x) [m]
        Ground height.
    cover_type : (y, x) [1]
        What covers the ground.
    region_mask : (y, x) [1]
        1 inside.
    species_ranges : polygons or points, optional
        ``species``.
    species_models : table, optional
        Coefficients of the models that are used.
    slope : (y, x) [degree], optional
        As the models read it.
    temperature : (y, x) [degC], optional
        As the models read it.
    precipitation : (y, x) [mm/yr], optional
        As the models read it.
    vegetation_fraction : (y, x) [1], optional
        As the models read it.
    species_habitats : table, optional
        As for :func:`habitat_suitability`.
    range_cell_km : float [km]
        Side of the cells of a range map of points; found from their distances where 0.

    Returns
    -------
    table
        Focal species, and others with a model or a range: names, ``focal`` 1 or 0, ``rests_on``, ``suitable_km2`` [km2], ``height_m`` [m] its
        mean height, ``reason`` where there is none or where no range bounds it.

    Raises
    ------
    QuantityError
        A model that reads a map that was not given.

    Notes
    -----
    ``A = a sum_c(S_c >= 0.5)``, a the area of a cell [km2], S the suitability of :func:`habitat_suitability`; the threshold is ours [D].
    """
    evidence = _evidence(
        elevation, cover_type, region_mask, species_ranges, species_models, species_habitats, range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    return pd.DataFrame(list(_facts(evidence)))


def _facts(evidence: _Evidence) -> Iterator[dict[str, Any]]:
    rows, grid = evidence.rows, evidence.ground.grid
    focal = members("focal", rows)
    for name in dict.fromkeys([*rows.index, *evidence.modelled]):
        rests = evidence.rests_on(name)
        if rests == PREFERENCES and name not in focal:
            continue
        with np.errstate(invalid="ignore"):
            good = evidence.suitability(name) >= SUITABLE
        reason = "" if good.any() else "no ground is suitable enough"
        if rests == PREFERENCES:
            bound = "no range and no model bound it: ground that would suit, not where the species lives"
            reason = "; ".join(filter(None, (reason, bound)))
        row = rows.loc[name] if name in rows.index else {}
        height = evidence.ground.layers["elevation"][good]
        yield {
            "species": name, "en": str(row.get("en", "")), "zh": str(row.get("zh", "")), "focal": int(name in focal), "rests_on": rests,
            "suitable_km2": float(good.sum()) * grid.cell_km2, "height_m": float(height.mean(dtype=np.float64)) if height.size else np.nan,
            "reason": reason,
        }  # fmt: skip
