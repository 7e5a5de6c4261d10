"""Flood water that vegetation, lakes, reservoirs and marshes keep back."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Table
from shanshui.core.setting import Between, OneOf
from shanshui.core.vocabulary import Codes, DaysPerYear, Mask, Precipitation
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like

LAKES = {
    "tibet": (6.636, 0.678),
    "east_plain": (4.924, 1.128),
    "mongolia_xinjiang": (5.653, 0.680),
    "yunnan_guizhou": (4.904, 0.927),
    "northeast": (5.808, 0.866),
}
"""Intercept and slope of ln(10^4 m3) on ln(km2) by lake region; Tibet [S], the others [M]."""
RESERVOIR_SHARE = 0.35
"""Flood storage of a reservoir over its capacity [S]."""
MARSH_DEPTH_M = 0.3
"""Water that a marsh takes up [S]."""
WATERS = ("lake", "marsh", "reservoir")
Lakes = Annotated[gpd.GeoDataFrame, Features({"name": TEXT, "kind?": TEXT, "*": ANY})]
Reservoirs = Annotated[pd.DataFrame, Table({"name": TEXT, "capacity_m3": "m3", "*": ANY})]
FloodStorage = Annotated[
    pd.DataFrame,
    Table(
        {"name": TEXT, "kind": TEXT, "area_km2": "km2", "storage_m3": "m3", "x?": "m", "y?": "m"}
    ),
]


def storm_runoff(rain: NDArray[np.floating], curve: NDArray[np.floating]) -> NDArray[np.float64]:
    """Runoff of a storm by curve number.

    Parameters
    ----------
    rain : (...) [mm]
        Of the storm.
    curve : (...) [1]
        Curve number, in (0, 100].

    Returns
    -------
    (...) [mm]
        0 until a fifth of the storage is filled; never above the rain; NaN where an input is missing.
    """
    rain = np.asarray(rain, np.float64)
    store = 25400.0 / np.asarray(curve, np.float64) - 254.0
    over = np.maximum(rain - 0.2 * store, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # no storm, no storage: 0 over 0
        return np.where(over == 0, 0.0, over**2 / (rain + 0.8 * store))


@assessment(source="gep_garze2017", halo=0, bytes_per_cell=24)
def flood_mitigation(
    storm_rain: Precipitation,
    storm_days: DaysPerYear,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("curve_number", "lulc_veg")],
) -> Precipitation:
    """Storm rain that vegetation keeps back in a year.

    Parameters
    ----------
    storm_rain : (y, x) [mm/yr]
        Rain of all days with 50 mm or more.
    storm_days : (y, x) [d/yr]
        How many such days there are; each is taken as the mean storm.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, curve_number`` in (0, 100]; ``lulc_veg`` 1 for classes that count.

    Returns
    -------
    (y, x) [mm/yr]
        0 off vegetation and without storms; NaN where an input is missing.

    Raises
    ------
    QuantityError
        A code without a row, a curve number that is missing or outside [1, 100].

    Notes
    -----
    ``F = n (P - Q) g``, ``Q = (P - 0.2 S)^2 / (P + 0.8 S)`` where ``P > 0.2 S``, else 0, ``S = 25400 / CN - 254``: ``P`` the mean storm,
    ``Q`` its runoff and ``S`` the storage [mm], ``CN`` the curve number [1] (US Soil Conservation Service [M]), ``n`` storms a year,
    ``g`` 1 under vegetation. As the Garze account has it [S]; that all storms are the mean storm is ours [D] and keeps too much back.
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    curve = table.grid("curve_number", low=1.0, high=100.0)
    green = table.grid("lulc_veg", high=1.0)
    days = storm_days.values.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where((days == 0) & np.isfinite(storm_rain.values), 0.0, storm_rain.values / days)
    kept = (each - storm_runoff(each, curve)) * days * green
    return like(storm_rain, kept.astype(np.float32), "mm/yr")


@assessment(source="gep_garze2017", bytes_per_cell=4)
def flood_storage(
    lakes: Lakes,
    region_mask: Mask,
    reservoirs: Reservoirs | None = None,
    *,
    lake_region: Annotated[str, OneOf(*LAKES)] = "east_plain",
    reservoir_share: Annotated[float, Between(0.0, 1.0)] = RESERVOIR_SHARE,
    marsh_depth_m: Annotated[float, Between(0.0, 10.0)] = MARSH_DEPTH_M,
) -> FloodStorage:
    """Flood water that each lake, marsh and reservoir can take in a year.

    Parameters
    ----------
    lakes : polygons
        ``name``; ``kind``, where it stands: ``lake, marsh`` or ``reservoir``, else all are lakes. Those with a point of their ground inside
        the region count, whole.
    region_mask : (y, x) [1]
        1 inside.
    reservoirs : table, optional
        ``name, capacity_m3``. A polygon of the same name is that reservoir's water and gives its area.
    lake_region : str
        Whose curve of lakes holds: ``tibet`` [S], ``east_plain``, ``mongolia_xinjiang``, ``yunnan_guizhou`` or ``northeast`` [M].
    reservoir_share : float [1]
        Flood storage of a reservoir over its capacity [S].
    marsh_depth_m : float [m]
        Water that a marsh takes up [S].

    Returns
    -------
    table
        ``name, kind`` (``lake``, ``marsh`` or ``reservoir``), ``area_km2`` (missing without a polygon), ``storage_m3`` (missing for a
        reservoir without a capacity), ``x, y`` of a point in it [m] (missing without a polygon). Beside what vegetation keeps back
        (``flood_mitigation``).

    Raises
    ------
    QuantityError
        Another kind, a reservoir that stands twice, a capacity that is missing or below 0.

    Notes
    -----
    Lakes ``ln V = a + b ln A`` [V in 10^4 m3, A in km2], numbers by lake region; marshes ``V = d A``; reservoirs ``V = s C``:
    ``d`` the depth [m], ``C`` the capacity [m3], ``s`` the share. Garze account [S]: 2000 km2 of marsh at 0.3 m take 6e8 m3 [C].
    """
    kept = lakes[_inside(lakes, region_mask)]
    kinds = pd.Series("lake", index=kept.index)
    if "kind" in kept:
        kinds = kept["kind"].astype(str).str.strip().str.lower()
    odd = ~kinds.isin(WATERS)
    if odd.any():
        raise QuantityError(
            f"lakes.kind: {kept['name'][odd].iloc[0]} holds '{kinds[odd].iloc[0]}', expected {', '.join(WATERS)}"
        )
    area, points = kept.area / 1e6, kept.geometry.representative_point()
    a, b = LAKES[lake_region]
    volume = np.select(
        [kinds == "lake", kinds == "marsh"],
        [np.exp(a + b * np.log(area)) * 1e4, area * 1e6 * marsh_depth_m],
        np.nan,
    )
    out = pd.DataFrame(
        {
            "name": kept["name"].astype(str),
            "kind": kinds,
            "area_km2": area,
            "storage_m3": volume,
            "x": points.x,
            "y": points.y,
        }
    )
    if reservoirs is not None:
        dammed = _reservoirs(reservoirs) * reservoir_share
        area_of = out.groupby("name")["area_km2"].sum()
        at = out.drop_duplicates("name").set_index("name")[["x", "y"]].reindex(dammed.index)
        out = out[~out["name"].isin(dammed.index)]
        more = pd.DataFrame(
            {
                "name": dammed.index,
                "kind": "reservoir",
                "area_km2": area_of.reindex(dammed.index).to_numpy(),
                "storage_m3": dammed.to_numpy(),
                "x": at["x"].to_numpy(),
                "y": at["y"].to_numpy(),
            }
        )
        out = pd.concat([out, more])
    return out.reset_index(drop=True)


def _reservoirs(table: pd.DataFrame) -> pd.Series:
    """Capacity of each reservoir by name [m3]."""
    capacity = pd.to_numeric(table["capacity_m3"], errors="coerce")
    bad = ~(capacity >= 0)
    if bad.any():
        raise QuantityError(
            f"reservoirs.capacity_m3: {table['name'][bad].iloc[0]} holds '{table['capacity_m3'][bad].iloc[0]}', expected 0 or more"
        )
    names = table["name"].astype(str)
    if names.duplicated().any():
        raise QuantityError(
            f"reservoirs.name: {names[names.duplicated()].iloc[0]} stands in two rows; keep one"
        )
    return pd.Series(capacity.to_numpy(float), index=names.to_numpy())


def _inside(shapes: gpd.GeoDataFrame, region_mask: xr.DataArray) -> NDArray[np.bool_]:
    """Shapes with a point of their ground in the region."""
    grid = grid_of(region_mask)
    points = shapes.geometry.representative_point()
    col = np.floor((points.x.to_numpy() - grid.left) / grid.cell_m)
    row = np.floor((grid.top - points.y.to_numpy()) / grid.cell_m)
    on = (row >= 0) & (row < grid.ny) & (col >= 0) & (col < grid.nx)
    at = np.where(on, row, 0).astype(int), np.where(on, col, 0).astype(int)
    return on & (region_mask.values[at] == 1)
