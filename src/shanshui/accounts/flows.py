"""Physical flows of services summed by unit: the quantities that an account prices."""

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.accounts.cooling import CoolingUse
from shanshui.accounts.prices import MAP_PRICES
from shanshui.accounts.services import FLOW, MAP_FLOWS
from shanshui.accounts.tables import COVER, Amounts, Labels, UnitPeople
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key
from shanshui.core.setting import Between
from shanshui.core.vocabulary import (
    Codes,
    Mask,
    MassRate,
    Precipitation,
    SoilLoss,
    Units,
)
from shanshui.kernels.labels import (
    label_class_counts,
    label_sizes,
    label_statistics,
)
from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_of
from shanshui.region.unitset import rasterised

Money = Annotated[xr.DataArray, Grid("yuan/ha/yr")]
NO_UNIT = "labels: no cell belongs to a unit; do units and region lie on the same ground?"
UnitsInside = Annotated[
    gpd.GeoDataFrame,
    Features(
        {"code": TEXT, "name": TEXT, "parent": TEXT, "share_inside": "1", "*": ANY},
        Key("=prefectures"),
    ),
]


@assessment(source="own_accounts", bytes_per_cell=4)
def unit_cells(
    counties: Units, region_mask: Mask
) -> Annotated[xr.DataArray, Grid("1", Key("=counties"))]:
    """Unit of each cell of the region, by its centre.

    Parameters
    ----------
    counties : polygons
        Index ``unit``: counties, prefectures or any other set.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    (y, x) [1]
        Index of the unit; 0 outside the region and between units.

    Notes
    -----
    ``label = u`` where the outline of unit u holds the centre of the cell, else 0. Ours [D] (decision 0008): labels by centre are what
    makes units sum to the region.
    """
    labels = rasterised(counties, grid_of(region_mask))
    inside = np.where(region_mask.values == 1, labels.values, 0)
    return like(region_mask, inside.astype(np.int32), "1", nodata=0)


class _Parts:
    """Cells of the units of an account: by label, or exactly by the outlines that the labels came from."""

    def __init__(self, labels: xr.DataArray, outlines: gpd.GeoDataFrame | None) -> None:
        self.grid = grid_of(labels)
        self.label = np.ascontiguousarray(labels.values, np.int32).ravel()
        self.count = int(self.label.max(initial=0))
        if self.count == 0:
            raise QuantityError(NO_UNIT)
        self.cover: Cover | None = None
        if outlines is None:
            self.size = label_sizes(self.label, self.count)[1:].astype(np.float64)
            self.units = np.arange(1, self.count + 1)
        else:
            self.cover = cover_of(outlines, self.grid).along(labels.values > 0)
            self.size = self.cover.inside_km2 / self.grid.cell_km2
            self.units = outlines.index.to_numpy()

    @property
    def present(self) -> NDArray[np.bool_]:
        """Units that have ground."""
        return self.size > 0

    def sums(
        self, values: NDArray[np.floating]
    ) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
        """Known cells of each unit, and the sum of their values."""
        if self.cover is not None:
            found = self.cover.sums(self.grid.lay(values, "1"))
            return found.cells, found.total
        cells, total, _, _ = label_statistics(
            self.label, np.ascontiguousarray(values).ravel(), self.count
        )
        return cells[1:], total[1:]

    def class_cells(self, land_cover: Codes) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """Classes, and the cells of each in each unit."""
        if self.cover is not None:
            return self.cover.class_cells(land_cover)
        code = np.ascontiguousarray(land_cover.values).ravel().astype(np.int32)
        missing = land_cover.attrs.get("nodata")
        seen = code if missing is None else code[code != missing]
        top = int(seen.max(initial=0)) + 1
        cells = label_class_counts(self.label, code, self.count, top)[1:].astype(np.float64)
        if missing is not None and 0 <= missing < top:
            cells[:, int(missing)] = 0
        return np.arange(top), cells


@assessment(source="own_accounts", bytes_per_cell=24)
def units_inside(
    prefectures: Units,
    prefecture_cells: Annotated[xr.DataArray, Grid("1", Key("=prefectures"))],
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.2,
) -> UnitsInside:
    """Units of which a good part lies in the region: those whose yearly tables speak for it.

    Parameters
    ----------
    prefectures : polygons
        Index ``unit``; ``code, name, parent``.
    prefecture_cells : (y, x) [1]
        Unit of each cell of the region; 0 outside.
    least_share : float [1]
        Of the unit's area that must lie inside [D].

    Returns
    -------
    polygons
        The units, whole, with ``share_inside``.

    Notes
    -----
    ``share = min(n a / A, 1)``: ``n`` cells of the unit in the region by the share of them that lies in it, ``a`` the area of a cell,
    ``A`` area of the unit. Ours [D]: a yearly table speaks of whole units.
    """
    cover = cover_of(prefectures, grid_of(prefecture_cells))
    inside = cover.along(prefecture_cells.values > 0).inside_km2
    share = np.minimum(inside / cover.area_km2, 1.0)
    return prefectures.assign(share_inside=share)[share >= least_share]


@assessment(source="own_accounts", bytes_per_cell=6)
def cover_cells(land_cover: Codes, region_mask: Mask) -> Annotated[xr.DataArray, Grid("1", COVER)]:
    """Land-cover class of each cell of the region as a label, one above its code.

    Parameters
    ----------
    land_cover : (y, x) [1]
        Class codes, 0 or more.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    (y, x) [1]
        Code + 1; 0 outside the region and where the cover is missing.

    Notes
    -----
    ``label = code + 1``. Ours [D]: one label more, so that class 0 does not read as outside.
    """
    code = land_cover.values.astype(np.int32)
    known = region_mask.values == 1
    if (missing := land_cover.attrs.get("nodata")) is not None:
        known &= land_cover.values != missing
    return like(region_mask, np.where(known, code + 1, 0).astype(np.int32), "1", nodata=0)


@assessment(source="gep_garze2017", bytes_per_cell=28)
def service_amounts(
    labels: Labels,
    land_cover: Codes,
    water_retained: Precipitation | None = None,
    soil_retained: SoilLoss | None = None,
    flood_kept: Precipitation | None = None,
    co2: MassRate | None = None,
    o2: MassRate | None = None,
    cooling_use: CoolingUse | None = None,
    primary_products: Money | None = None,
    sand_retained: SoilLoss | None = None,
    species_ground: Annotated[xr.DataArray, Grid("1")] | None = None,
    outlines: Units | None = None,
    *,
    silting_share: Annotated[float, Between(0.0, 1.0)] = 0.24,
    bulk_density: Annotated[float, Between(0.3, 2.7)] = 0.93,
    nitrogen_percent: Annotated[float, Between(0.0, 10.0)] = 0.37,
    phosphorus_percent: Annotated[float, Between(0.0, 10.0)] = 0.108,
    sand_density: Annotated[float, Between(0.3, 2.7)] = 1.28,
    sand_depth_m: Annotated[float, Between(0.001, 10.0)] = 0.1,
) -> Amounts:
    """Yearly amount of each flow in each unit, and its area by land cover.

    Parameters
    ----------
    labels : (y, x) [1]
        Unit of each cell; 0 is outside. Planning units, counties, prefectures, classes, or the region as one.
    land_cover : (y, x) [1]
        Class codes.
    water_retained : (y, x) [mm/yr], optional
        Water held back.
    soil_retained : (y, x) [t/ha/yr], optional
        Soil kept in place.
    flood_kept : (y, x) [mm/yr], optional
        Storm rain kept back.
    co2, o2 : (y, x) [t/ha/yr], optional
        Carbon dioxide taken up, oxygen given off.
    cooling_use : layers, optional
        Electricity of cooling that is ``used``, and ``unused`` for want of people [kWh/ha/yr].
    primary_products : (y, x) [yuan/ha/yr], optional
        Value of products, in prices of 2020.
    sand_retained : (y, x) [t/ha/yr], optional
        Soil kept from the wind.
    species_ground : (y, x) [1], optional
        Ground that keeps species, in hectares of middling diversity a hectare.
    outlines : polygons, optional
        Those that the labels came from, by index: units then have the share of each cell that lies in them.
    silting_share : float [1]
        Share of lost soil that would silt up reservoirs and rivers [S].
    bulk_density : float [t/m3]
        Of that soil: 0.93 reproduces the Garze account; 1.1 to 1.3 elsewhere.
    nitrogen_percent, phosphorus_percent : float [%]
        Nutrients in the soil by weight [S].
    sand_density : float [t/m3]
        Of blown sand [S].
    sand_depth_m : float [m]
        Of sand that makes ground useless [S].

    Returns
    -------
    table
        ``unit, flow, amount, per`` (unit of the amount), ``known_km2`` (ground with a value). Flows ``cover_CODE`` are areas in ha. Missing
        cells add nothing: compare ``known_km2`` with the unit's area; where it is 0 the amount is missing. ``price_year`` of what is money.

    Raises
    ------
    QuantityError
        No cell belongs to a unit.

    Notes
    -----
    ``Q_uf = c_f a sum v`` over known cells of unit u, ``a`` the area of a cell. Water ``c`` = 10 m3/ha a mm; sediment ``s / rho``,
    nitrogen and phosphorus their share of the soil, sand ``1 / (rho_s h)`` [m2/t]; others 1. ``s`` 0.24 of lost soil silts up, ``rho``
    0.93 t/m3 of sediment, 0.37 % nitrogen, 0.108 % phosphorus, ``rho_s`` 1.28 t/m3, ``h`` 0.1 m: the Garze account [S], whose 38.86e8 t
    of soil give 10.028e8 m3 and whose 779.42e4 t of sand 60.89 km2 [C].
    """
    parts = _Parts(labels, outlines)
    cell_km2, present = parts.grid.cell_km2, parts.present
    rows: list[pd.DataFrame] = []

    def add(flow: str, values: NDArray[np.floating], factor: float, per: str) -> None:
        cells, total = (found[present] for found in parts.sums(values))
        rows.append(
            pd.DataFrame(
                {
                    "unit": parts.units[present],
                    "flow": flow,
                    "amount": np.where(cells > 0, total * factor, np.nan),
                    "per": per,
                    "known_km2": cells * cell_km2,
                }
            )
        )

    cell_ha, cell_m3 = cell_km2 * 100.0, cell_km2 * 1000.0
    factors = {
        "water": cell_m3,
        "sediment": cell_ha * silting_share / bulk_density,
        "nitrogen": cell_ha * nitrogen_percent / 100.0,
        "phosphorus": cell_ha * phosphorus_percent / 100.0,
        "sand": cell_ha / (sand_density * sand_depth_m),
        "area": cell_ha,
    }
    maps: dict[str, Any] = {
        "water_retained": water_retained, "soil_retained": soil_retained, "flood_kept": flood_kept, "co2": co2, "o2": o2,
        "cooling_use": cooling_use, "primary_products": primary_products, "sand_retained": sand_retained, "species_ground": species_ground,
    }  # fmt: skip
    for row in MAP_FLOWS:
        name, _, layer = row.map.partition(".")
        found = maps[name]
        if found is not None:
            values = (found[layer] if layer else found).values
            add(row.flow, values, factors[row.factor], FLOW[row.flow].per)
    rows.append(_areas(parts, land_cover))
    out = pd.concat(rows, ignore_index=True).sort_values(["unit", "flow"], ignore_index=True)
    money = (out["per"] == "yuan").map({True: MAP_PRICES, False: pd.NA})
    return out.assign(price_year=money.astype("Int64"))


def _areas(parts: _Parts, land_cover: Codes) -> pd.DataFrame:
    codes, cells = parts.class_cells(land_cover)
    unit, kind = np.nonzero(cells)
    area = cells[unit, kind] * parts.grid.cell_km2
    return pd.DataFrame(
        {
            "unit": parts.units[unit],
            "flow": [f"cover_{int(codes[k])}" for k in kind],
            "amount": area * 100.0,
            "per": "ha",
            "known_km2": area,
        }
    )


@assessment(source="own_accounts", bytes_per_cell=8)
def population_of_units(
    labels: Labels,
    population_density: Annotated[xr.DataArray, Grid("person/km2")],
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.99,
) -> UnitPeople:
    """People of each unit from the map of density.

    Parameters
    ----------
    labels : (y, x) [1]
        Unit of each cell; 0 is outside.
    population_density : (y, x) [person/km2]
        People per area.
    least_known : float [1]
        Share of a unit's cells whose density must be known for its people to be told [D]: a county that was not counted
        leaves those of the prefecture unknown, a few cells without a slope at the rim do not.

    Returns
    -------
    table
        ``unit, population``; missing for a unit of which less is known.

    Raises
    ------
    QuantityError
        No cell belongs to a unit.

    Notes
    -----
    ``P_u = a sum p`` over known cells of the unit: ``p`` people on a km2, ``a`` area of a cell [km2]. Ours [D]: people of the part inside
    the region, which no census tells.
    """
    parts = _Parts(labels, None)
    cells, total = parts.sums(population_density.values)
    known = (cells > 0) & (cells >= least_known * parts.size)
    return pd.DataFrame(
        {
            "unit": parts.units,
            "population": np.where(known, total * parts.grid.cell_km2, np.nan),
        }
    )
