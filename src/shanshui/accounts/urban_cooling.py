"""Heat of a town: how green and shade cool it, what that does for work and for the energy of buildings."""

from collections.abc import Mapping
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError, nearest
from shanshui.core.quantity import ANY, TEXT, Features, Key, Layers, Scalar, Table
from shanshui.core.setting import Between, Each, OneOf
from shanshui.core.vocabulary import AnyLayers, Codes, Evapotranspiration
from shanshui.kernels.decay import exponential, level, mean_around
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, stacked
from shanshui.region.polygon_cover import cover_by_centre
from shanshui.region.unitset import plain_code

METHODS = ("factors", "intensity")
FAR = 5.0
"""Cooling and mixing beyond this many times their distance are not counted [S]."""
LARGE_M2 = 2e4
"""Green from which a park cools what lies around [S]."""
LIGHT, HEAVY = (31.5, 32.0, 32.5), (27.5, 29.5, 31.5)
"""Heat [degC] from which 25, 50 and 75 % of light and of heavy work are lost [S]."""
LOSSES = np.array([0.0, 25.0, 50.0, 75.0], np.float32)
UNITS = {
    "cooling_capacity": "1", "heat_mitigation": "1", "temperature": "degC", "heat_stress": "degC", "light_work_loss": "%",
    "heavy_work_loss": "%",
}  # fmt: skip
UrbanCooling = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]
Buildings = Annotated[gpd.GeoDataFrame, Features({"*": ANY})]
EnergyUse = Annotated[
    pd.DataFrame, Table({"type": TEXT, "consumption": "kWh/m2/degC", "cost?": ANY, "*": ANY})
]
BuildingCooling = Annotated[
    pd.DataFrame,
    Table({"building": TEXT, "type": TEXT, "temperature": "degC", "energy_saved": ANY}),
]
Zones = Annotated[gpd.GeoDataFrame, Features({"*": ANY}, Key("zone"))]
ZoneHeat = Annotated[
    pd.DataFrame,
    Table(
        {
            "zone": Key("zone"), "cooling_capacity": "1", "temperature": "degC", "anomaly": "degC", "heat_stress": "degC", "light_work_loss": "%",
            "heavy_work_loss": "%", "known_km2": "km2", "energy_saved?": ANY,
        }
    ),
]  # fmt: skip
_SAME = dict.fromkeys(("rural_degc", "heat_island_degc"), "urban_cooling")


def _asked(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """By factors evaporation must be there."""
    return ("reference_evapotranspiration",) if settings["method"] == "factors" else ()


def _reach(settings: Mapping[str, Any]) -> int:
    """Rows beyond a strip: air is mixed that green around has cooled."""
    cell = float(settings["cell_m"])
    return int(FAR * (_cells(settings["mixing_m"], cell) + _cells(settings["green_m"], cell)))


@assessment(source="invest_guide", bytes_per_cell=4)
def greatest_evapotranspiration(
    reference_evapotranspiration: Evapotranspiration,
) -> Annotated[float, Scalar("mm/yr")]:
    """Evaporation of the place that evaporates most, by which a town's index of it is scaled.

    Parameters
    ----------
    reference_evapotranspiration : (y, x) [mm/yr]
        Of the whole map.

    Returns
    -------
    number [mm/yr]
        Above 0.

    Raises
    ------
    QuantityError
        None is known, or none is above 0.

    Notes
    -----
    ``max ET0`` over the known cells of the map; urban cooling of InVEST [S].
    """
    most = float(np.nanmax(reference_evapotranspiration.values, initial=-np.inf))
    if not most > 0:
        raise QuantityError(
            f"reference_evapotranspiration: reaches {most:g}; expected values above 0"
        )
    return most


@assessment(source="invest_guide", halo=_reach, bytes_per_cell=72, any_of=_asked)
def urban_cooling(
    land_cover: Codes,
    biophysical: Annotated[
        pd.DataFrame,
        by_cover("green_area", "kc?", "shade?", "albedo?", "building_intensity?"),
    ],
    reference_evapotranspiration: Evapotranspiration | None = None,
    greatest_evapotranspiration: Annotated[float, Scalar("mm/yr")] | None = None,
    *,
    method: Annotated[str, OneOf(*METHODS)] = "factors",
    weights: Annotated[tuple[float, ...], Each(0.0, 1e3, 3)] = (0.6, 0.2, 0.2),
    green_m: Annotated[float, Between(0.0, 1e5)] = 450.0,
    mixing_m: Annotated[float, Between(0.0, 1e5)] = 2000.0,
    rural_degc: Annotated[float, Between(-40.0, 60.0)] = 25.0,
    heat_island_degc: Annotated[float, Between(0.0, 20.0)] = 3.0,
    humidity: Annotated[float, Between(0.0, 100.0)] = 60.0,
) -> UrbanCooling:
    """Cooling by green, shade and bright roofs, and the heat that is left.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode``, ``green_area`` (1 where a class is green); by factors ``kc``, ``shade``, ``albedo``, by intensity ``building_intensity`` [1].
    reference_evapotranspiration : (y, x) [mm/yr], optional
        By factors; only its share of the greatest value counts.
    greatest_evapotranspiration : number [mm/yr], optional
        Of the whole map; that of the map given where it is left out.
    method : str
        ``factors``: by day, from shade, albedo and evaporation; ``intensity``: by night, from how densely a class is built.
    weights : tuple of float [1]
        Of shade, albedo and evaporation [S]; scaled to a sum of 1.
    green_m : float [m]
        How far large green cools [S].
    mixing_m : float [m]
        How far air mixes [S].
    rural_degc : float [degC]
        Air in the country around [D].
    heat_island_degc : float [degC]
        How much hotter a place without cooling is [D].
    humidity : float [%]
        Of the air [D].

    Returns
    -------
    layers
        ``cooling_capacity``, ``heat_mitigation`` [1]; ``temperature`` of the air, ``heat_stress`` (wet bulb globe) [degC]; ``light_work_loss``,
        ``heavy_work_loss``: 0, 25, 50 or 75 [%]. NaN where an input is missing.

    Raises
    ------
    QuantityError
        A code without a row, a share outside [0, 1], ``green_area`` neither 0 nor 1, weights that are all 0, no evaporation at all.

    Notes
    -----
    ``CC = w_s shade + w_a albedo + w_e kc ET0 / max ET0``, or ``1 - intensity``; ``HM = CC`` where CC is not below the park's
    ``CC_p = sum g CC exp(-d / green) / sum exp(-d / green)`` or less than 2 ha of green lie within ``green``, else ``CC_p``;
    ``T = mixed(T_r + (1 - HM) UHI)``, mixed with ``exp(-d / mixing)``; ``WBGT = 0.567 T + 0.393 e + 3.94``, ``e = RH / 100 x 6.105
    exp(17.27 T / (237.7 + T))``. Urban cooling of InVEST [S], which rounds distances to whole cells and takes evaporation's greatest
    value on the map: both are kept. One class of shade 0.5, albedo 0.2, kc 0.6, no green: CC = 0.3 + 0.04 + 0.12 = 0.46; T_r = 25, UHI = 3:
    T = 26.62, at 60 %: e = 20.86, WBGT = 27.23 [C].
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    green = table.grid("green_area", high=1.0)
    if not np.isin(green[np.isfinite(green)], (0.0, 1.0)).all():
        raise QuantityError("biophysical.green_area: holds a share; expected 0 or 1")
    if method == "intensity":
        capacity = 1.0 - table.grid("building_intensity", high=1.0).astype(np.float64)
    else:
        share = np.asarray(weights, np.float64)
        most = greatest_evapotranspiration
        capacity = _capacity(table, reference_evapotranspiration, most, share)
    green = np.where(np.isfinite(capacity), green, np.nan)
    cell = grid_of(land_cover).cell_m
    around = level(_cells(green_m, cell))
    park = mean_around(np.where(green == 1, capacity, green), _mixing(green_m, cell))
    large = mean_around(green, around) * around.sum() * cell * cell >= LARGE_M2
    mitigation = np.where(large & (park > capacity), park, capacity)
    air = mean_around(rural_degc + (1.0 - mitigation) * heat_island_degc, _mixing(mixing_m, cell))
    vapour = humidity / 100.0 * 6.105 * np.exp(17.27 * (air / (237.7 + air)))
    stress = 0.567 * air + 0.393 * vapour + 3.94
    layers = {"cooling_capacity": capacity, "heat_mitigation": mitigation, "temperature": air, "heat_stress": stress}  # fmt: skip
    layers |= {"light_work_loss": _lost(stress, LIGHT), "heavy_work_loss": _lost(stress, HEAVY)}
    return stacked(land_cover, {k: v.astype(np.float32) for k, v in layers.items()}, UNITS)


def _capacity(
    table: ByCover,
    evaporation: xr.DataArray | None,
    most: float | None,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Cooling capacity by shade, albedo and evaporation."""
    if not weights.sum() > 0:
        raise QuantityError("urban_cooling: weights are all 0; set one above 0")
    if evaporation is None:
        raise QuantityError(
            "urban_cooling: no reference_evapotranspiration, which method = 'factors' needs"
        )
    most = greatest_evapotranspiration(evaporation) if most is None else most
    shade, albedo = (table.grid(c, high=1.0).astype(np.float64) for c in ("shade", "albedo"))
    index = table.grid("kc", high=5.0) * (evaporation.values.astype(np.float64) / most)
    share = weights / weights.sum()
    return np.asarray(share[0] * shade + share[1] * albedo + share[2] * index)


def _cells(distance: float, cell: float) -> int:
    return int(np.round(distance / cell))


def _mixing(distance: float, cell: float) -> NDArray[np.float64]:
    """Weights by distance; the cell alone where that is less than half a cell."""
    cells = _cells(distance, cell)
    return exponential(cells, FAR * cells) if cells else np.ones((1, 1))


def _lost(stress: NDArray[np.float64], bounds: tuple[float, ...]) -> NDArray[np.float32]:
    """Share of work that is lost [%]; NaN where the stress is."""
    found = LOSSES[np.digitize(np.nan_to_num(stress), bounds)]
    return np.where(np.isnan(stress), np.float32(np.nan), found)


@assessment(source="invest_guide", bytes_per_cell=8, follows=_SAME)
def building_cooling(
    buildings: Buildings,
    energy_use: EnergyUse,
    urban_cooling: AnyLayers,
    *,
    rural_degc: Annotated[float, Between(-40.0, 60.0)] = 25.0,
    heat_island_degc: Annotated[float, Between(0.0, 20.0)] = 3.0,
) -> BuildingCooling:
    """Energy that each building saves because its town is cooler than it could be.

    Parameters
    ----------
    buildings : polygons
        ``type``, and their ground.
    energy_use : table
        ``type, consumption``: more energy for each degree [kWh/m2/degC]; ``cost`` of a unit of it, where money is asked.
    urban_cooling : layers
        Temperature of the air.
    rural_degc, heat_island_degc : float [degC]
        As the temperature was made with.

    Returns
    -------
    table
        ``building`` (its place in order), ``type``, mean ``temperature`` [degC], ``energy_saved`` [kWh, or the currency of ``cost``]; missing off
        the map.

    Raises
    ------
    QuantityError
        No type, one without a row or with two, a number that is missing or below 0.

    Notes
    -----
    ``S = c A (T_r + UHI - T) p``: ``c`` consumption, ``A`` ground [m2], ``p`` cost. Urban cooling of InVEST [S]; cells count by their centre.
    """
    frame = buildings.rename(columns=lambda c: str(c).strip().lower()).reset_index(drop=True)
    if "type" not in frame:
        raise QuantityError(
            f"buildings: no column type; found {', '.join(map(str, frame.columns))}"
        )
    rates = _rates(energy_use)
    kinds = frame["type"].map(plain_code)
    if (odd := ~kinds.isin(rates.index)).any():
        raise QuantityError(
            f"buildings.type: '{kinds[odd].iloc[0]}' has no row in energy_use; {nearest(kinds[odd].iloc[0], rates.index)}"
        )
    air = urban_cooling["temperature"]
    found = cover_by_centre(frame, grid_of(air)).sums(air)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(found.cells > 0, found.total / found.weight, np.nan)
    saved = rates[kinds].to_numpy() * frame.area.to_numpy() * (rural_degc + heat_island_degc - mean)
    return pd.DataFrame(
        {
            "building": np.arange(1, len(frame) + 1).astype(str),
            "type": kinds,
            "temperature": mean,
            "energy_saved": saved,
        }
    )


def _rates(energy_use: pd.DataFrame) -> pd.Series:
    """What a degree costs by type of building."""
    table = energy_use.rename(columns=lambda c: str(c).strip().lower())
    keys = table["type"].map(plain_code)
    if keys.duplicated().any():
        raise QuantityError(
            f"energy_use.type: {keys[keys.duplicated()].iloc[0]} stands in two rows; keep one"
        )
    rate = pd.Series(1.0, index=keys)
    for column in ("consumption", "cost"):
        if column not in table:
            continue
        numbers = pd.to_numeric(table[column], errors="coerce").set_axis(keys)
        bad = ~(numbers >= 0) | ~np.isfinite(numbers)
        if bad.any():
            raise QuantityError(
                f"energy_use.{column}: type {numbers.index[bad][0]} holds '{table[column][bad.to_numpy()].iloc[0]}', expected 0 or more"
            )
        rate *= numbers
    return rate


@assessment(source="invest_guide", bytes_per_cell=8, follows={"rural_degc": "urban_cooling"})
def zone_heat(
    zones: Zones,
    urban_cooling: AnyLayers,
    buildings: Buildings | None = None,
    building_cooling: BuildingCooling | None = None,
    *,
    rural_degc: Annotated[float, Between(-40.0, 60.0)] = 25.0,
) -> ZoneHeat:
    """Heat of each zone, and what its buildings save.

    Parameters
    ----------
    zones : polygons
        ``name``, or their order. Each is summed by itself.
    urban_cooling : layers
        Capacity, temperature, stress and loss of work.
    buildings : polygons, optional
        Their ground.
    building_cooling : table, optional
        What each saves, in the order of the buildings.
    rural_degc : float [degC]
        As the temperature was made with.

    Returns
    -------
    table
        ``zone``, means of ``cooling_capacity`` [1], ``temperature``, ``anomaly`` against the country, ``heat_stress`` [degC],
        ``light_work_loss``, ``heavy_work_loss`` [%], ``known_km2``; ``energy_saved`` of all buildings that touch the zone, whole, where they are
        given. Missing where no cell is known.

    Notes
    -----
    ``mean = sum v / n`` over the known cells of a zone, by their centre; urban cooling of InVEST [S].
    """
    names = zones["name"] if "name" in zones else pd.Series(np.arange(1, len(zones) + 1))
    shapes = zones.reset_index(drop=True)
    grid = grid_of(urban_cooling["temperature"])
    cover = cover_by_centre(shapes, grid)
    out = pd.DataFrame({"zone": names.astype(str).to_numpy()})
    for layer in ("cooling_capacity", "temperature", "heat_stress", "light_work_loss", "heavy_work_loss"):  # fmt: skip
        found = cover.sums(urban_cooling[layer])
        with np.errstate(invalid="ignore", divide="ignore"):
            out[layer] = np.where(found.cells > 0, found.total / found.weight, np.nan)
        out["known_km2"] = found.cells * grid.cell_km2
    out.insert(3, "anomaly", out["temperature"] - rural_degc)
    if buildings is not None and building_cooling is not None:
        tree = shapely.STRtree(np.asarray(buildings.geometry.values, object))
        saved = building_cooling["energy_saved"].to_numpy(float)
        # a building off the map saves nothing that is known
        out["energy_saved"] = [
            float(np.nansum(saved[np.sort(tree.query(shape, "intersects"))]))
            for shape in shapes.geometry
        ]
    return out
