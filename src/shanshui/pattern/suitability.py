"""How suitable ground is for a species: by its model, by its range and what it keeps to, or by that alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.assessment import assessment
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
from shanshui.pattern.distribution import Models
from shanshui.pattern.habitat_evidence import NOTHING, PREFERENCES, Evidence, evidence_of
from shanshui.pattern.species import AS_RICHNESS, Habitats, Ranges, habitats_of, latin
from shanshui.pattern.species_names import FOCAL, called, members
from shanshui.region.grid import like

UNKNOWN = (
    "neither range nor presences of it here, and no row in a species_habitats of the study's own"
)
SUITABLE = 0.5
"""From this on ground counts as suitable [D]."""

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


@assessment(source="own_pattern", bytes_per_cell=96, follows=AS_RICHNESS)
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
        A name that means no species, or several; a group without one; species of which nothing is known here; a model that reads a map
        that was not given.

    Notes
    -----
    By the model of presences where one is used (:func:`shanshui.pattern.distribution.species_models`); else ``S = p t(z) w(c)`` with p the
    presence by the range, of a coarse map read between its centres, t the trapezoid of heights, ``t = min(1, (z - low) / s, (high - z) / s)``,
    s 0.15 of the span, and w the cover's weight, 0.75^k for the k-th further cover of the species' list: ours [D], the lists from memory [M];
    without a range p is 1 everywhere, and ``suitable_habitat`` says so, for species of the study's own table; of others nothing is told.
    A group: the mean over its species, scaled to 1 at its best; those with neither range nor model are left out where others have one [D].
    """
    evidence = evidence_of(
        elevation, cover_type, region_mask, species_ranges, species_models, species_habitats, range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    names = called(species, evidence.rows, evidence.modelled)
    out = like(region_mask, evidence.group(names), "1")
    out.attrs["species"] = ", ".join(names)
    return out


@assessment(source="own_pattern", bytes_per_cell=96, missing="species_unknown", follows=AS_RICHNESS)
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
        A layer per species, in [0, 1]. NaN outside the region and where a map is missing, and all over where the study has neither range nor
        presences of the species nor a row of its own for it: ``attrs["missing_because"]`` tells.

    Raises
    ------
    QuantityError
        A model that reads a map that was not given.

    Notes
    -----
    ``S = p t(z) w(c)``, or that of a model, as in :func:`habitat_suitability`, for each of the five species on whose environment the corridors
    of the region rest (paper 002, 4.2 [S]); what each rests on stands in ``suitable_habitat``. Method ours [D].
    """
    evidence = evidence_of(
        elevation, cover_type, region_mask, species_ranges, species_models, _with_focal(species_habitats), range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    own = set() if species_habitats is None else set(species_habitats["species"].map(latin))
    evidence = replace(evidence, own=frozenset(own))
    out = xr.Dataset(
        {layer: like(region_mask, evidence.suitability(name), "1") for layer, name in FOCAL.items()}
    )
    out.attrs["missing_because"] = {
        layer: "species_unknown"
        for layer, name in FOCAL.items()
        if evidence.rests_on(name) == NOTHING
    }
    return out


def _with_focal(habitats: pd.DataFrame | None) -> pd.DataFrame | None:
    """A study's own table, with the shipped rows of focal species that it lacks."""
    if habitats is None:
        return None
    shipped = habitats_of(None)
    lacks = set(FOCAL.values()) - set(habitats["species"].map(latin))
    return pd.concat([habitats, shipped[shipped.index.isin(lacks)]], ignore_index=True)


@assessment(source="own_pattern", bytes_per_cell=96, follows=AS_RICHNESS)
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
    evidence = evidence_of(
        elevation, cover_type, region_mask, species_ranges, species_models, species_habitats, range_cell_km,
        slope=slope, temperature=temperature, precipitation=precipitation, vegetation_fraction=vegetation_fraction,
    )  # fmt: skip
    return pd.DataFrame(list(_facts(evidence)))


def _facts(evidence: Evidence) -> Iterator[dict[str, Any]]:
    rows, grid = evidence.rows, evidence.ground.grid
    focal = members("focal", rows)
    for name in dict.fromkeys([*rows.index, *evidence.modelled]):
        rests = evidence.rests_on(name)
        if rests in (PREFERENCES, NOTHING) and name not in focal:
            continue
        with np.errstate(invalid="ignore"):
            good = evidence.suitability(name) >= SUITABLE
        reason = "" if good.any() else "no ground is suitable enough"
        if rests == NOTHING:
            reason = UNKNOWN
        if rests == PREFERENCES:
            bound = "no range and no model bound it: ground that would suit, not where the species lives"
            reason = "; ".join(filter(None, (reason, bound)))
        row: Any = rows.loc[name] if name in rows.index else {}
        height = evidence.ground.layers["elevation"][good]
        yield {
            "species": name, "en": str(row.get("en", "")), "zh": str(row.get("zh", "")), "focal": int(name in focal), "rests_on": rests,
            "suitable_km2": float(good.sum()) * grid.cell_km2, "height_m": float(height.mean(dtype=np.float64)) if height.size else np.nan,
            "reason": reason,
        }  # fmt: skip
