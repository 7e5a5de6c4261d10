"""Ecological footprint of a person, and biocapacity of covers."""

import csv
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.cover import codes_of
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.setting import Ascending, Between
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import Codes, Density, Labels
from shanshui.zoning.grades import Four
from shanshui.zoning.places import GRADE_CUTS, PlaceCells, load_grade, load_ratio
from shanshui.zoning.tables import Consumption, EcologicalFootprint, Outlines
from shanshui.zoning.water import GREATEST_LOAD, LEAST_KNOWN

KEPT_FOR_WILDLIFE = 0.12
"""Share of biocapacity that is left to other species, as usual since Wackernagel [S]."""
GRAIN = "grain"
"""Item whose world yield local fields are held against."""
HA_KM2 = 100.0


@dataclass(frozen=True)
class LandFactor:
    """One kind of productive land.

    Attributes
    ----------
    land : str
        Its name: factors are found by it, never by their place.
    equivalence : float [1]
        Global hectares in a hectare of world-average land of the kind.
    yield_factor : float or None [1]
        Local yield over that of the world; None where local grain tells it.
    covers : tuple of str
        Covers, with all that they hold, that are land of the kind.
    """

    land: str
    equivalence: float
    yield_factor: float | None
    covers: tuple[str, ...]


@cache
def land_factors() -> dict[str, LandFactor]:
    """Factors of each kind of land by its name."""
    out = {}
    for row in csv.DictReader(shipped_text("zoning/land_factors.csv").splitlines()):
        by_grain = row["yield_factor"] == ""
        factor = None if by_grain else float(row["yield_factor"])
        out[row["land"]] = LandFactor(
            row["land"], float(row["equivalence"]), factor, tuple(row["covers"].split())
        )
    return out


def consumption_of(given: pd.DataFrame | None) -> pd.DataFrame:
    """What a person consumes: the study's own table, or the shipped one.

    Parameters
    ----------
    given : DataFrame, optional
        ``item, land, per_person, yield_per_ha``, both of the last in the same unit.

    Returns
    -------
    DataFrame
        The same, checked.

    Raises
    ------
    QuantityError
        An unknown kind of land, an amount below 0 or a yield of 0 or less, or either missing; an item that stands twice.
    """
    if given is None:
        text = shipped_text("zoning/consumption.csv")
        given = pd.DataFrame(list(csv.DictReader(text.splitlines())))
    rows = pd.DataFrame({c: given[c].astype(str).str.strip() for c in ("item", "land")})
    for column, least in (("per_person", "0 or more"), ("yield_per_ha", "above 0")):
        rows[column] = pd.to_numeric(given[column], errors="coerce")
        good = rows[column] >= 0 if least == "0 or more" else rows[column] > 0
        if not good.all():
            at = int(np.argmin(good.to_numpy()))
            raise QuantityError(
                f"consumption.{column}: {rows['item'].iloc[at]} holds '{given[column].iloc[at]}', expected a number {least}; "
                "correct it or leave the row out"
            )
    for land in rows["land"]:
        if land not in land_factors():
            raise QuantityError(f"consumption.land: '{land}'; {nearest(land, land_factors())}")
    if (twice := rows["item"].duplicated()).any():
        raise QuantityError(
            f"consumption.item: '{rows['item'][twice].iloc[0]}' stands twice, expected one row for each; leave one out"
        )
    return rows


def footprint_per_person(consumption: pd.DataFrame) -> float:
    """Footprint of one person [gha]: ``sum_k C_k / Y_k eq_k`` over what is consumed."""
    equivalence = consumption["land"].map({k: f.equivalence for k, f in land_factors().items()})
    return float((consumption["per_person"] / consumption["yield_per_ha"] * equivalence).sum())


def world_grain(consumption: pd.DataFrame) -> float:
    """Yield of grain of the world [kg/ha] in a table of consumption.

    Raises
    ------
    QuantityError
        The table has no grain.
    """
    rows = consumption[consumption["item"] == GRAIN]
    if rows.empty:
        raise QuantityError(
            f"consumption.item: no '{GRAIN}', expected a row with the world's yield, which local fields are held against; add it"
        )
    return float(rows["yield_per_ha"].iloc[0])


def biocapacity_of_codes(crop_factor: float, kept_share: float) -> NDArray[np.float64]:
    """Biocapacity of a km2 of each cover [gha/km2], by its code.

    Parameters
    ----------
    crop_factor : float [1]
        Local yield of grain over that of the world: of fields and of towns.
    kept_share : float [1]
        Kept for other species.

    Returns
    -------
    (256,) array [gha/km2]
        0 for covers that yield nothing, such as rock and ice.
    """
    out = np.zeros(256)
    for factor in land_factors().values():
        local = crop_factor if factor.yield_factor is None else factor.yield_factor
        out[list(codes_of(factor.covers))] = factor.equivalence * local * HA_KM2
    return out * (1.0 - kept_share)


AS_UNITS = dict.fromkeys(
    ("grain_kg_ha", "kept_share", "cuts", "greatest_load", "least_known"), "ecological_footprint"
)
"""Settings of the table of planning units hold for that of counties too."""


@assessment(source="decisions/0047-suitability-and-capacity", bytes_per_cell=24, follows=AS_UNITS)
def ecological_footprint(
    labels: Labels,
    cover_type: Codes,
    population_density: Density | None = None,
    consumption: Consumption | None = None,
    outlines: Outlines | None = None,
    *,
    grain_kg_ha: Annotated[float, Between(1.0, 1e5)] = 4500.0,
    kept_share: Annotated[float, Between(0.0, 0.9)] = KEPT_FOR_WILDLIFE,
    cuts: Annotated[Four, Ascending(0.0, 100.0)] = GRADE_CUTS,
    greatest_load: Annotated[float, Between(1.0, 1e6)] = GREATEST_LOAD,
    least_known: Annotated[float, Between(0.0, 1.0)] = LEAST_KNOWN,
) -> EcologicalFootprint:
    """What the people of each place take of nature, and what its land can give them, in global hectares.

    Parameters
    ----------
    labels : (y, x) [1]
        Place of each cell; 0 outside.
    cover_type : (y, x) [1]
        What covers the ground, codes of ``core/cover_types.csv``.
    population_density : (y, x) [person/km2], optional
        Residents, not those registered.
    consumption : table, optional
        ``item, land`` (crop, grass, forest, water, built, fossil), ``per_person`` a year, ``yield_per_ha`` of the world in the same unit; without it
        the shipped table of a household.
    outlines : polygons, optional
        Index of the labels; ``code, name``.
    grain_kg_ha : float [kg/ha/yr]
        Local yield of grain [D].
    kept_share : float [1]
        Of biocapacity, kept for other species [S].
    cuts : tuple of float [1]
        Pressures up to which it is light, moderate, critical and a deficit; beyond it is heavy [D].
    greatest_load : float [1]
        A pressure is told up to this [D].
    least_known : float [1]
        Share of a place's cells at which a map must be known [D].

    Returns
    -------
    table
        ``unit``, with outlines ``code, name``; ``people`` [person], ``footprint_gha``, ``biocapacity_gha``, ``deficit_gha`` the first less the
        second, ``pressure`` the first over the second [1], ``grade`` (light, moderate, critical, deficit, heavy; blank where not known). NaN where
        people or cover are missing.

    Raises
    ------
    QuantityError
        A table of consumption with unknown land, amounts that are none, an item twice, or without grain.

    Notes
    -----
    ``EF = P sum_k C_k / Y_k eq_k``; ``EC = (1 - 0.12) sum_k A_k y_k eq_k``: C what a person consumes, Y the world's yield, eq the equivalence of
    the land that bears it, A the area of land k [ha] and y its local over the world's yield, that of fields and towns by grain. Factors as quoted for
    Sichuan [S], found by the name of the land; consumption and world yields from memory [M]; cuts ours [D].
    """
    cells = PlaceCells.of(labels)
    eaten = consumption_of(consumption)
    code = cover_type.values
    seen = (code != 0) & (code != cover_type.attrs.get("nodata", 0))
    per_km2 = biocapacity_of_codes(grain_kg_ha / world_grain(eaten), kept_share)
    given = np.where(seen, per_km2[code], np.nan)
    capacity = cells.mean(given, least_known) * cells.area_km2
    people = np.full(capacity.size, np.nan)
    if population_density is not None:
        people = cells.mean(population_density.values, least_known) * cells.area_km2
    footprint = people * footprint_per_person(eaten)
    pressure = load_ratio(footprint, capacity, greatest_load)
    columns: dict[str, object] = {
        "people": people,
        "footprint_gha": footprint,
        "biocapacity_gha": capacity,
        "deficit_gha": footprint - capacity,
        "pressure": pressure,
        "grade": load_grade(pressure, cuts),
    }
    return cells.named(columns, outlines)
