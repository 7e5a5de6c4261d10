"""Maps of what only tables by unit tell: production of plants, value of products."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.flows import Money
from shanshui.accounts.tables import by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Gdp, Index, Productivity, ProductivityTable, Units
from shanshui.region.coefficients import ByCover
from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_along
from shanshui.region.years import chosen_year

LEAST_TOLD = 0.5
"""Share of a cell that must lie in units with a figure [D]: as much as when its centre decided."""


def _latest(
    table: pd.DataFrame, value: str, year: int | None, name: str, units: Units
) -> pd.DataFrame:
    chosen = chosen_year(table, value, name, year=year, places=set(units["code"]))
    return table[table["year"] == chosen]


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
        Of the table; by default the latest that most units have.

    Returns
    -------
    (y, x) [g/m2/yr]
        Its mean over the known ground of each unit is the unit's, up to cells that lie in several, which have the mean of their parts;
        NaN where an input is missing and in cells that lie mostly outside units with a figure.

    Raises
    ------
    QuantityError
        No rows of the year, a code without a row, a weight that is missing or below 0.

    Notes
    -----
    ``NPP_i = NPP_u w_i f_i n_u / sum_u w f``: ``NPP_u`` mean of the unit [g/m2/yr], ``w`` weight of the class and ``f`` share of green
    cover of cell i [1], ``n`` known cells of the unit, all cells by the share of them that lies in it. Dasymetric mapping
    (Eicher and Brewer 2001 [M]); weights by class and the share of cover as ancillary are ours [D].
    """
    rows = _latest(productivity, "npp", year, "productivity", prefectures).set_index("code")["npp"]
    weight = ByCover.of(land_cover, biophysical, "biophysical").grid("npp_weight")
    if vegetation_fraction is not None:
        weight = weight * vegetation_fraction.values
    _, cover = cover_along(prefectures, grid_of(land_cover))
    found = cover.sums(like(land_cover, weight, "1"))
    mean = prefectures["code"].map(rows).to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(found.total > 0, mean * found.cells / found.total, np.nan)
    return like(land_cover, _mixed(cover, weight, rate), "g/m2/yr")


def _mixed(
    cover: Cover, weight: NDArray[np.floating], rate: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Weight of each cell times the rate of the units that it lies in, mixed by their parts of it.

    Units without a rate are left out of the mixture; a cell that lies mostly in such units, or outside all, has none.
    """
    known = np.isfinite(rate)
    total = cover.spread(weight, np.where(known, rate, 0.0))
    told = cover.spread(np.ones(weight.shape), known.astype(np.float64))
    return np.where(told >= LEAST_TOLD, total / np.maximum(told, LEAST_TOLD), np.nan).astype(
        np.float32
    )


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
        Of the table; by default the latest that most units have.

    Returns
    -------
    (y, x) [yuan/ha/yr]
        Value added, so costs are off already: nearer to rent than to gross value. Sums over all units to their figures (to the share on the map), and
        over one up to cells that lie in several; NaN in cells that lie mostly outside units with a figure.

    Raises
    ------
    QuantityError
        No rows of the sector or of the year, a code without a row, a weight that is missing or below 0.

    Notes
    -----
    ``V_i = V_u m_u w_i / (a sum_u w)``: ``V_u`` value added of the unit [yuan/yr], ``m`` share of the unit on the map, ``w`` weight of
    the class of cell i [1], ``a`` area of a cell [ha], cells by the share of them that lies in it. Dasymetric mapping (Eicher and
    Brewer 2001 [M]); the weights are ours [D].
    """
    rows = gdp[gdp["sector"] == sector]
    if rows.empty:
        raise QuantityError(
            f"gdp.sector: no rows of '{sector}'; there are {', '.join(sorted(set(gdp['sector'])))}"
        )
    values = _latest(rows, "yuan", year, "gdp", prefectures).set_index("code")["yuan"]
    grid = grid_of(land_cover)
    weight = ByCover.of(land_cover, biophysical, "biophysical").grid("product_weight")
    exact, cover = cover_along(prefectures, grid)
    total = cover.sums(like(land_cover, weight, "1")).total
    on_map = np.minimum(exact.inside_km2 / exact.area_km2, 1.0)
    whole = prefectures["code"].map(values).to_numpy(float) * on_map
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(total > 0, whole / total / (grid.cell_km2 * 100.0), np.nan)
    return like(land_cover, _mixed(cover, weight, rate), "yuan/ha/yr")
