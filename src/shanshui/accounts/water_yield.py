"""Water that a year leaves after evaporation: Budyko in the form of Fu, as the field's reference model has it."""

from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr

from shanshui.accounts.tables import WaterSupply, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, Key, Layers, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Depth,
    Evapotranspiration,
    Index,
    Precipitation,
    Watersheds,
)
from shanshui.kernels.services import budyko
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like, stacked
from shanshui.region.polygon_cover import cover_by_centre

UNITS = {"evaporation_share": "1", "evapotranspiration": "mm/yr", "water_yield": "mm/yr"}
Stations = Annotated[
    pd.DataFrame,
    Table(
        {
            "ws_id?": Key("watershed"), "efficiency?": "1", "fraction?": "1", "height?": "m", "kw_price?": ANY, "cost?": ANY,
            "time_span?": "yr", "discount?": "%", "*": ANY,
        }
    ),
]  # fmt: skip
Hydropower = Annotated[
    pd.DataFrame, Table({"ws_id": Key("watershed"), "energy_kwh": "kWh/yr", "value": ANY})
]
STATION_NUMBERS = {
    "efficiency": 1.0, "fraction": 1.0, "height": np.inf, "kw_price": np.inf, "cost": np.inf, "time_span": np.inf, "discount": np.inf,
}  # fmt: skip
"""Columns of the table of stations and the greatest number each may hold."""
WaterYield = Annotated[xr.Dataset, Layers(tuple(UNITS.items()))]


@assessment(source="invest_guide", halo=0, bytes_per_cell=24)
def water_yield(
    precipitation: Precipitation,
    reference_evapotranspiration: Evapotranspiration,
    soil_depth: Depth,
    plant_available_water: Index,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("lulc_veg", "root_depth", "kc")],
    *,
    seasonality: Annotated[float, Between(1.0, 30.0)] = 9.0,
) -> WaterYield:
    """Yearly water yield of each cell.

    Parameters
    ----------
    precipitation : (y, x) [mm/yr]
        Rain and melted snow of the year; 0 counts as missing.
    reference_evapotranspiration : (y, x) [mm/yr]
        Evaporation of a well-watered reference crop.
    soil_depth : (y, x) [mm]
        Depth to a layer that roots do not pass.
    plant_available_water : (y, x) [1]
        Share of the soil's volume that plants can draw water from, in [0, 1].
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, lulc_veg`` (1 under vegetation, else 0), ``root_depth`` in mm, ``kc``; every code of the map has a row.
    seasonality : float [1]
        Constant Z of the curve, 1 to 30: about 0.2 of the yearly count of rain days.

    Returns
    -------
    layers
        ``evaporation_share`` [1] in [0, 1], ``evapotranspiration`` and ``water_yield`` [mm/yr], their sum the rain; NaN where an
        input is missing. Meant to be read by basin: cells do not pass water on.

    Raises
    ------
    QuantityError
        A share of water outside [0, 1], a code without a row, a coefficient that is missing or negative, ``lulc_veg`` other than 0 and 1.

    Notes
    -----
    Under vegetation ``AET/P = 1 + k ET0/P - (1 + (k ET0/P)^w)^(1/w)``, ``w = min(Z AWC/P + 1.25, 5)``, ``AWC = min(depth, root) PAWC``;
    elsewhere ``AET = min(k ET0, P)``; ``Y = P - AET`` [mm/yr]. ``P`` rain, ``ET0`` reference and ``AET`` actual evaporation [mm/yr],
    ``k`` crop coefficient, ``Z`` seasonality, ``PAWC`` share of water [1], ``AWC`` water that plants can draw [mm]. Curve of Fu 1981 as
    in Zhang et al. 2004 [M], ``w`` after Donohue et al. 2012 [M], put together as in InVEST [S]. 900 mm under 950 mm, 150 mm of water:
    240.93 mm at Z = 9 [C].
    """
    water = plant_available_water.values
    if (water > 1.0).any():
        raise QuantityError(
            f"plant_available_water: reaches {float(np.nanmax(water)):g}, expected a share in [0, 1]; divide percent by 100"
        )
    if (water < 0.0).any():
        raise QuantityError(
            f"plant_available_water: goes down to {float(np.nanmin(water)):g}, expected a share in [0, 1]; name the number that stands for "
            "missing ground as the raster's nodata"
        )
    table = ByCover.of(land_cover, biophysical, "biophysical")
    green = table.column("lulc_veg", high=1.0)
    if (part := ~green.isin((0.0, 1.0))).any():
        raise QuantityError(
            f"biophysical.lulc_veg: code {green.index[part][0]} holds {green[part].iloc[0]:g}, expected 1 under vegetation or 0"
        )
    crop = table.column("kc", high=5.0)
    # roots count under vegetation only; tables of other software leave them blank or negative elsewhere
    if table.has("root_depth"):
        bare = green.index[green != 1.0]
        table.table["root_depth"] = table.table["root_depth"].astype(object)
        table.table.loc[bare, "root_depth"] = 0.0
    root = table.column("root_depth")
    shape = precipitation.shape
    out = {name: np.empty(shape, np.float32) for name in UNITS}
    budyko(
        precipitation.values,
        reference_evapotranspiration.values,
        soil_depth.values,
        water,
        table.laid(crop),
        table.laid(root),
        table.laid(green),
        float(seasonality),
        *out.values(),
    )
    return stacked(precipitation, out, UNITS)


@assessment(source="invest_guide", bytes_per_cell=0)
def hydropower(
    water_supply: Annotated[pd.DataFrame, Table({"ws_id": Key("watershed"), "supply_m3": "m3/yr"})],
    hydropower_stations: Stations,
) -> Hydropower:
    """Electricity and its present value from the water that reaches each station.

    Parameters
    ----------
    water_supply : table
        ``ws_id, supply_m3``: yearly water that reaches the station, what is consumed above taken off.
    hydropower_stations : table
        ``ws_id, efficiency, fraction, height`` (m), ``kw_price, cost, time_span`` (yr), ``discount`` (percent), as InVEST users have it.

    Returns
    -------
    table
        ``ws_id, energy_kwh`` a year, ``value``: net present value over the time span in the currency of the price.

    Raises
    ------
    QuantityError
        A column that is missing or holds no number, a share outside [0, 1], a station without a watershed.

    Notes
    -----
    ``E = 0.00272 e f h V`` [kWh/yr], ``NPV = (p E - c) sum_{t=0}^{T-1} 1 / (1 + r/100)^t``: ``e`` efficiency, ``f`` share of the water
    that passes the turbine [1], ``h`` head [m], ``V`` water [m3/yr], ``p`` price of a kWh, ``c`` cost of a year, ``T`` years, ``r``
    discount [%]; 0.00272 kWh in a cubic metre that falls a metre. Valuation of the water-yield model of InVEST [S].
    """
    stations = _stations(hydropower_stations)
    supply = water_supply.set_index("ws_id")["supply_m3"]
    lost = [k for k in stations.index if k not in supply.index]
    if lost:
        raise QuantityError(
            f"hydropower_stations.ws_id: {lost[0]} is no watershed; there are {', '.join(map(str, supply.index[:8]))}"
        )
    rows = stations.join(supply)
    energy = rows["efficiency"] * rows["fraction"] * rows["height"] * rows["supply_m3"] * KWH_PER_M4
    rate = rows["discount"] / 100.0
    ratio = 1.0 / (1.0 + rate)
    years = np.where(
        rate == 0,
        rows["time_span"],
        (1 - ratio ** rows["time_span"]) / np.where(rate == 0, 1, 1 - ratio),
    )
    value = (rows["kw_price"] * energy - rows["cost"]) * years
    return pd.DataFrame({"energy_kwh": energy, "value": value}).reset_index()


def _stations(table: pd.DataFrame) -> pd.DataFrame:
    """Stations by watershed, checked."""
    frame = table.rename(columns=lambda c: str(c).strip().lower())
    missing = [c for c in ("ws_id", *STATION_NUMBERS) if c not in frame.columns]
    if missing:
        raise QuantityError(
            f"hydropower_stations: no column {', '.join(missing)}; found {', '.join(map(str, frame.columns))}"
        )
    for column, high in STATION_NUMBERS.items():
        numbers = pd.to_numeric(frame[column], errors="coerce")
        bad = ~((numbers >= 0) & (numbers <= high))
        if bad.any():
            raise QuantityError(
                f"hydropower_stations.{column}: station {frame['ws_id'][bad].iloc[0]} holds '{frame[column][bad].iloc[0]}', "
                f"expected a number from 0{f' to {high:g}' if np.isfinite(high) else ''}"
            )
        frame[column] = numbers
    return frame.set_index("ws_id")


KWH_PER_M4 = 0.00272
"""Kilowatt hours in a cubic metre that falls a metre: 1000 kg x 9.8 m/s2 / 3.6e6 J."""


@assessment(source="invest_guide", bytes_per_cell=8)
def water_supply(
    water_yield: Precipitation,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("demand")],
    watersheds: Watersheds,
) -> WaterSupply:
    """Water that is left to a watershed after what people consume above its outlet.

    Parameters
    ----------
    water_yield : (y, x) [mm/yr]
        Water that land yields.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, demand``: consumption of the class in m3/ha/yr.
    watersheds : polygons
        ``ws_id``, or their order. Each is summed by itself: they may lie in one another.

    Returns
    -------
    table
        ``ws_id, yield_m3, consumed_m3, supply_m3`` a year; supply is not cut at 0: consumption above the yield shows. Missing for a watershed
        without a known cell.

    Raises
    ------
    QuantityError
        A code without a row, a demand that is missing or below 0.

    Notes
    -----
    ``V = a sum Y / 1000``, ``D = a sum d / 10^4``, ``S = V - D`` [m3/yr] over cells of the watershed: ``Y`` yield [mm/yr], ``d`` demand
    [m3/ha/yr], ``a`` area of a cell [m2]. Realised supply of the water-yield model of InVEST [S], whose own table gives demand by cell.
    """
    grid = grid_of(water_yield)
    shapes = watersheds.set_index(np.arange(1, len(watersheds) + 1))
    used = ByCover.of(land_cover, biophysical, "biophysical").grid("demand")
    cover = cover_by_centre(shapes, grid)
    made, gone = (
        np.where(found.cells > 0, found.total, np.nan)
        for found in (cover.sums(water_yield), cover.sums(like(water_yield, used, "m3/ha/yr")))
    )
    frame = pd.DataFrame(
        {
            "ws_id": shapes["ws_id"].to_numpy() if "ws_id" in shapes else shapes.index,
            "yield_m3": made * grid.cell_km2 * 1000.0,
            "consumed_m3": gone * grid.cell_km2 * 100.0,
        }
    )
    frame["supply_m3"] = frame["yield_m3"] - frame["consumed_m3"]
    return frame
