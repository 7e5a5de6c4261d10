"""Maps of what only tables by unit tell: production of plants, value of products."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.flows import Money
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Gdp, Index, Productivity, ProductivityTable, Units
from shanshui.kernels.labels import label_statistics, spread_by_weight
from shanshui.region.coefficients import ByCover
from shanshui.region.grid import grid_of, like
from shanshui.region.unitset import rasterised


def _latest(table: pd.DataFrame, year: int | None, name: str) -> pd.DataFrame:
    chosen = int(table["year"].max()) if year is None else year
    rows = table[table["year"] == chosen]
    if rows.empty:
        years = sorted(set(table["year"]))
        raise QuantityError(
            f"{name}.year: no rows of {chosen}; there are {years[0]} to {years[-1]}"
        )
    return rows


@assessment(source="eicher2001", bytes_per_cell=24)
def net_primary_production(
    productivity: ProductivityTable,
    prefectures: Units,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("npp_weight")],
    vegetation_fraction: Index | None = None,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> Productivity:
    """Net primary production of cells from the mean of their unit: a labelled downscaling, not an observation.

    Parameters
    ----------
    productivity : table
        ``code, year, npp``: mean of the unit in g/m2 of carbon.
    prefectures : polygons
        ``code``.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, npp_weight``: production of the class relative to others; 0 for water and built-up land.
    vegetation_fraction : (y, x) [1], optional
        Multiplies the weight.
    year : int
        Of the table; its latest by default.

    Returns
    -------
    (y, x) [g/m2/yr]
        Its mean over the known cells of each unit is the unit's; NaN outside the units and where an input is missing.

    Raises
    ------
    QuantityError
        No rows of the year, a code without a row, a weight that is missing or below 0.

    Notes
    -----
    ``NPP_i = NPP_u w_i f_i n_u / sum_u w f``: ``NPP_u`` mean of the unit [g/m2/yr], ``w`` weight of the class and ``f`` share of green
    cover of cell i [1], ``n`` known cells of the unit. Dasymetric mapping (Eicher and Brewer 2001 [M]); weights by class and the share of
    cover as ancillary are ours [D].
    """
    rows = _latest(productivity, year, "productivity").set_index("code")["npp"]
    weight = ByCover.of(land_cover, biophysical, "biophysical").grid("npp_weight")
    if vegetation_fraction is not None:
        weight = weight * vegetation_fraction.values
    label = rasterised(prefectures, grid_of(land_cover)).values
    # units beyond the map have no cell, but a place in the table
    count = max(int(label.max(initial=0)), int(prefectures.index.max()))
    flat = np.ascontiguousarray(label, np.int32).ravel()
    cells, total, _, _ = label_statistics(
        flat, np.ascontiguousarray(weight, np.float32).ravel(), count
    )
    mean = np.full(count + 1, np.nan)
    mean[prefectures.index] = prefectures["code"].map(rows).to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(total > 0, mean * cells / total, np.nan)
    out = np.empty(flat.size, np.float32)
    spread_by_weight(flat, weight.ravel(), factor, out)
    out[flat == 0] = np.nan
    return like(land_cover, out.reshape(label.shape), "g/m2/yr")


@assessment(source="eicher2001", bytes_per_cell=24)
def primary_products(
    gdp: Gdp,
    prefectures: Units,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("product_weight")],
    *,
    sector: str = "primary",
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> Money:
    """Value of farm, forest, animal and fishery products of cells, from the value added of their unit.

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan``.
    prefectures : polygons
        ``code``.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, product_weight``: products of the class relative to others; 0 where nothing is taken.
    sector : str
        Of the table.
    year : int
        Of the table; its latest by default.

    Returns
    -------
    (y, x) [yuan/ha/yr]
        Value added, so costs are off already: nearer to rent than to gross value. Sums over a unit to its figure (to the share of it on the map);
        NaN outside the units.

    Raises
    ------
    QuantityError
        No rows of the sector or of the year, a code without a row, a weight that is missing or below 0.

    Notes
    -----
    ``V_i = V_u m_u w_i / (a sum_u w)``: ``V_u`` value added of the unit [yuan/yr], ``m`` share of the unit on the map, ``w`` weight of
    the class of cell i [1], ``a`` area of a cell [ha]. Dasymetric mapping (Eicher and Brewer 2001 [M]); the weights are ours [D].
    """
    rows = gdp[gdp["sector"] == sector]
    if rows.empty:
        raise QuantityError(
            f"gdp.sector: no rows of '{sector}'; there are {', '.join(sorted(set(gdp['sector'])))}"
        )
    values = _latest(rows, year, "gdp").set_index("code")["yuan"]
    grid = grid_of(land_cover)
    weight = ByCover.of(land_cover, biophysical, "biophysical").grid("product_weight")
    label = rasterised(prefectures, grid).values
    flat = np.ascontiguousarray(label, np.int32).ravel()
    count = max(int(flat.max(initial=0)), int(prefectures.index.max()))
    cells, total, _, _ = label_statistics(flat, weight.ravel(), count)
    whole = np.full(count + 1, np.nan)
    on_map = cells[prefectures.index] * grid.cell_km2 * 1e6 / prefectures.area.to_numpy()
    whole[prefectures.index] = prefectures["code"].map(values).to_numpy(float) * np.minimum(
        on_map, 1.0
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(total > 0, whole / total / (grid.cell_km2 * 100.0), np.nan)
    out = np.empty(flat.size, np.float32)
    spread_by_weight(flat, weight.ravel(), factor, out)
    out[flat == 0] = np.nan
    return like(land_cover, out.reshape(label.shape), "yuan/ha/yr")
