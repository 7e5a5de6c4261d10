"""What the ground keeps back of one storm, and whose buildings lie below."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from shanshui.accounts.flood_mitigation import storm_runoff
from shanshui.accounts.recharge import SOIL_GROUPS, curve_numbers
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Key, Layers, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import AnyLayers, Codes, Watersheds
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, stacked
from shanshui.region.polygon_cover import cover_by_centre
from shanshui.region.unitset import plain_code

UNITS = {"runoff": "mm", "retained": "mm", "retained_share": "1"}
StormRetention = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
Buildings = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
Losses = Annotated[pd.DataFrame, Table({"type": TEXT, "damage": ANY, "*": ANY})]
StormService = Annotated[
    pd.DataFrame,
    Table(
        {
            "watershed": Key("watershed"), "retained_share": "1", "retained_m3": "m3", "runoff_m3": "m3", "known_km2": "km2",
            "damage?": ANY, "service?": ANY,
        }
    ),
]  # fmt: skip


@assessment(source="invest_guide", halo=0, bytes_per_cell=32)
def storm_retention(
    land_cover: Codes,
    soil_group: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover(*SOIL_GROUPS.values())],
    *,
    storm_mm: Annotated[float, Between(0.1, 7000.0)] = 100.0,
) -> StormRetention:
    """Rain of one storm that runs off and that the ground keeps back.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    soil_group : (y, x) [1]
        Hydrologic group of the soil: 1 to 4 for A to D.
    biophysical : table
        ``lucode``, curve numbers ``cn_a`` to ``cn_d`` in [0, 100]; 0 lets nothing run off.
    storm_mm : float [mm]
        Rain of the storm, the same everywhere [D].

    Returns
    -------
    layers
        ``runoff``, ``retained`` [mm], ``retained_share`` of the rain [1]. NaN where the class or the group of soils is missing.

    Raises
    ------
    QuantityError
        A code without a row, a curve number outside [0, 100], a group of soils other than 1 to 4.

    Notes
    -----
    ``Q = (P - 0.2 S)^2 / (P + 0.8 S)`` where ``P > 0.2 S``, else 0, ``S = 25400 / CN - 254``, ``R = 1 - Q / P``: ``P`` the storm, ``Q`` runoff,
    ``S`` storage [mm], ``CN`` curve number [1]. Urban flood risk mitigation of InVEST [S]. 100 mm on CN 75: S = 84.7 mm, Q = 41.1 mm, R =
    0.589 [C]. Of all storms of a year see ``flood_mitigation``.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    curve = curve_numbers(table, soil_group, low=0.0)
    rain = np.where(np.isnan(curve), np.nan, storm_mm)
    with np.errstate(divide="ignore"):  # nothing runs off where the number is 0
        runoff = np.where(np.isnan(curve), np.nan, storm_runoff(rain, curve))
    layers = {"runoff": runoff, "retained": storm_mm - runoff, "retained_share": 1 - runoff / storm_mm}  # fmt: skip
    return stacked(land_cover, {k: v.astype(np.float32) for k, v in layers.items()}, UNITS)


@assessment(source="invest_guide", bytes_per_cell=8)
def storm_service(
    watersheds: Watersheds,
    storm_retention: AnyLayers,
    buildings: Buildings | None = None,
    damage_losses: Losses | None = None,
) -> StormService:
    """Storm water that each watershed keeps back and lets go, and what the buildings in it could lose.

    Parameters
    ----------
    watersheds : polygons
        ``ws_id``, or ``name``, or their order. Each is summed by itself.
    storm_retention : layers
        Of the storm.
    buildings : polygons, optional
        ``type``, and their ground.
    damage_losses : table, optional
        ``type, damage``: loss of a square metre of ground of each type, in the table's own currency.

    Returns
    -------
    table
        ``watershed``, ``retained_share`` (mean) [1], ``retained_m3``, ``runoff_m3``, ``known_km2``; with buildings ``damage`` [currency] and
        ``service``, their product with the water kept back [currency m3], an indicator and no money. Missing where no cell is known.

    Raises
    ------
    QuantityError
        Buildings without losses or the reverse, a type without a row, a loss that is missing or below 0.

    Notes
    -----
    ``V = a sum R P``, ``F = a sum Q``, ``D = sum of |building and watershed| d_type``, ``service = D V``: ``a`` area of a cell. Urban flood risk
    mitigation of InVEST [S]; cells count by their centre.
    """
    grid = grid_of(storm_retention["runoff"])
    shapes = watersheds.reset_index(drop=True)
    key = next((c for c in ("ws_id", "name") if c in shapes), None)
    names = shapes[key] if key else pd.Series(np.arange(1, len(shapes) + 1))
    cover = cover_by_centre(shapes, grid)
    share, kept, gone = (
        cover.sums(storm_retention[name]) for name in ("retained_share", "retained", "runoff")
    )
    known = share.cells > 0
    m3 = grid.cell_km2 * 1e3
    with np.errstate(invalid="ignore", divide="ignore"):
        out = pd.DataFrame(
            {
                "watershed": names.astype(str).to_numpy(),
                "retained_share": share.total / share.weight,
                "retained_m3": np.where(known, kept.total * m3, np.nan),
                "runoff_m3": np.where(known, gone.total * m3, np.nan),
                "known_km2": share.cells * grid.cell_km2,
            }
        )
    if (buildings is None) != (damage_losses is None):
        raise QuantityError(
            "storm_service: buildings and damage_losses belong together; declare both or neither"
        )
    if buildings is not None and damage_losses is not None:
        out["damage"] = _damage(shapes, buildings, damage_losses)
        out["service"] = out["damage"] * out["retained_m3"]
    return out


def _damage(
    watersheds: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, losses: pd.DataFrame
) -> list[float]:
    """Loss of the buildings in each watershed."""
    frame = buildings.rename(columns=lambda c: str(c).strip().lower())
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if "type" not in frame:
        raise QuantityError(
            f"buildings: no column type; found {', '.join(map(str, frame.columns))}"
        )
    table = losses.rename(columns=lambda c: str(c).strip().lower())
    keys = table["type"].map(plain_code)
    if keys.duplicated().any():
        raise QuantityError(
            f"damage_losses.type: {keys[keys.duplicated()].iloc[0]} stands in two rows; keep one"
        )
    per_m2 = pd.to_numeric(table["damage"], errors="coerce").set_axis(keys)
    bad = ~(per_m2 >= 0) | ~np.isfinite(per_m2)
    if bad.any():
        raise QuantityError(
            f"damage_losses.damage: type {per_m2.index[bad][0]} holds '{table['damage'][bad.to_numpy()].iloc[0]}', expected 0 or more"
        )
    kinds = frame["type"].map(plain_code)
    if (odd := ~kinds.isin(per_m2.index)).any():
        raise QuantityError(
            f"buildings.type: '{kinds[odd].iloc[0]}' has no row in damage_losses; {nearest(kinds[odd].iloc[0], per_m2.index)}"
        )
    ground = np.asarray(frame.geometry.values, object)
    loss = per_m2[kinds].to_numpy()
    tree = shapely.STRtree(ground)
    out = []
    for shape in watersheds.geometry:
        near = np.sort(tree.query(shape, "intersects"))
        out.append(
            float((shapely.area(shapely.intersection(ground[near], shape)) * loss[near]).sum())
        )
    return out
