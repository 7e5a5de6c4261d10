"""Maps of what only tables by unit tell: production of plants, value of products."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.flows import Money
from shanshui.accounts.prices import MAP_PRICES, in_one_year
from shanshui.accounts.tables import COVER, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Codes, Gdp, Index, Productivity, ProductivityTable, Units
from shanshui.region.coefficients import ByCover
from shanshui.region.cover import Cover
from shanshui.region.grid import grid_of, like
from shanshui.region.polygon_cover import cover_along
from shanshui.region.years import chosen_year

ProductionReach = Annotated[
    pd.DataFrame,
    Table(
        {
            "lucode": COVER, "area_km2": "km2", **dict.fromkeys(("mean", "least", "most", "npp_low", "npp_high"), "g/m2/yr"),
            **dict.fromkeys(("at_low", "at_high", "below", "above"), "1"),
        }
    ),
]  # fmt: skip
ProductionTold = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("=prefectures"), "name": TEXT, "area_km2": "km2", **dict.fromkeys(("told", "on_map", "lost"), "g/m2/yr"),
            "lost_share": "1",
        }
    ),
]  # fmt: skip
PASSES = 24
"""In which what the ends of the reach took is made up."""
CLOSE = 1e-3
"""How near a unit's mean must come [1]."""
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
    biophysical: Annotated[pd.DataFrame, by_cover("npp_weight", "npp_low?", "npp_high?")],
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
        ``lucode, npp_weight``: production of the class relative to others; 0 for water and built-up land; ``npp_low, npp_high``: what the
        class
        can reach [g/m2/yr], where they stand.
    vegetation_fraction : (y, x) [1], optional
        Multiplies the weight.
    year : int
        Of the table; by default the latest that most units have.

    Returns
    -------
    (y, x) [g/m2/yr]
        Its mean over the known ground of each unit is the unit's, as far as its cover can reach that, and up to cells that lie in several,
        which have the mean of their parts; ``production_reach`` tells how much of each class stands at the end of its reach, ``production_told`` what
        of each unit's is lost. NaN where an
        input is missing and in cells that lie mostly outside units with a figure.

    Raises
    ------
    QuantityError
        No rows of the year, a code without a row, a weight that is missing or below 0, a reach turned round.

    Notes
    -----
    ``NPP_i = min(max(r_u w_i f_i, low_k), high_k)`` with ``r_u`` such that the mean over the unit is ``NPP_u`` [g/m2/yr]; without a reach
    ``r_u = NPP_u n_u / sum_u w f``: ``w`` weight of the class k and ``f`` share of green cover of cell i [1], ``n`` known cells of the
    unit, all
    cells by the share of them that lies in it. Dasymetric mapping (Eicher and Brewer 2001 [M]); weights by class, the share of cover as
    ancillary and the reach are ours [D]: a forest does not make up for a field that was bare on the day of the image.
    """
    rows = _latest(productivity, "npp", year, "productivity", prefectures).set_index("code")["npp"]
    by_class = ByCover.of(land_cover, biophysical, "biophysical")
    weight = by_class.grid("npp_weight")
    if vegetation_fraction is not None:
        weight = weight * vegetation_fraction.values
    _, cover = cover_along(prefectures, grid_of(land_cover))
    found = cover.sums(like(land_cover, weight, "1"))
    mean = prefectures["code"].map(rows).to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(found.total > 0, mean * found.cells / found.total, np.nan)
    reach = _reach(by_class)
    if reach is None:
        return like(land_cover, _mixed(cover, weight, rate), "g/m2/yr")
    low, high = (by_class.laid(end) for end in reach)
    raw = _mixed(cover, weight, rate)
    for _ in range(PASSES):
        # what the ends of the reach took or gave is made up by the cells that can still move
        out = np.clip(raw, low, high)
        had = cover.sums(like(land_cover, out, "g/m2/yr"))
        lacks = mean * had.cells - had.total
        if not (np.abs(lacks) > CLOSE * mean * had.cells).any():
            break
        up, down = (
            cover.sums(like(land_cover, _only(raw, can), "g/m2/yr")).total
            for can in (raw < high, raw > low)
        )
        movable = np.where(lacks > 0, up, down)
        with np.errstate(invalid="ignore", divide="ignore"):
            change = np.where(movable > 0, 1.0 + lacks / movable, 1.0)
        rate = rate * np.clip(change, 0.2, 5.0)
        raw = _mixed(cover, weight, rate)
    return like(land_cover, np.clip(raw, low, high).astype(np.float32), "g/m2/yr")


def _only(values: NDArray[np.floating], where: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Values of some cells, 0 in the others, still missing where they are."""
    return np.where(where | np.isnan(values), values, 0.0)


def _reach(by_class: ByCover) -> tuple[pd.Series, pd.Series] | None:
    """Least and greatest production of each class, where the table has them."""
    if not {"npp_low", "npp_high"} <= set(by_class.table.columns):
        return None
    low, high = by_class.column("npp_low"), by_class.column("npp_high")
    if (low > high).any():
        code = low.index[low > high][0]
        raise QuantityError(
            f"biophysical: class {code} has npp_low {low[code]:g} above npp_high {high[code]:g}; exchange them"
        )
    return low, high


@assessment(source="own_accounts", bytes_per_cell=16)
def production_reach(
    net_primary_production: Productivity,
    land_cover: Codes,
    biophysical: Annotated[pd.DataFrame, by_cover("npp_low", "npp_high")],
) -> ProductionReach:
    """Production of each class of cover beside what it can reach, and how much ground stands at an end or beyond.

    Parameters
    ----------
    net_primary_production : (y, x) [g/m2/yr]
        A map of one's own, or the one downscaled.
    land_cover : (y, x) [1]
        Class codes.
    biophysical : table
        ``lucode, npp_low, npp_high`` [g/m2/yr].

    Returns
    -------
    table
        ``lucode, area_km2`` of known ground, ``mean, least, most`` production, ``npp_low, npp_high`` of the class, ``at_low, at_high``:
        shares of its
        ground at an end of the reach, and ``below, above`` beyond it [1].

    Raises
    ------
    QuantityError
        A class without a reach.

    Notes
    -----
    ``above_k = |{i in k: NPP_i > high_k}| / |k|``. Ranges of the shipped table are from memory [M]: forests 200 to 1400, shrub 100 to 1000,
    grass 30 to 800, fields 100 to 1200 g/m2/yr of carbon. The report is ours [D].
    """
    table = ByCover.of(land_cover, biophysical, "biophysical")
    low, high = table.column("npp_low"), table.column("npp_high")
    cell_km2 = grid_of(land_cover).cell_km2
    values, codes = net_primary_production.values, land_cover.values
    rows = []
    for code in low.index:
        own = values[(codes == code) & np.isfinite(values)].astype(np.float64)
        if own.size:
            near = 1e-4 * max(float(high[code]), 1.0)
            rows.append(
                (
                    int(code), own.size * cell_km2, own.mean(), own.min(), own.max(), low[code], high[code],
                    (np.abs(own - low[code]) <= near).mean() if low[code] > 0 else 0.0, (np.abs(own - high[code]) <= near).mean(),
                    (own < low[code] - near).mean(), (own > high[code] + near).mean(),
                )
            )  # fmt: skip
    columns = ["lucode", "area_km2", "mean", "least", "most", "npp_low", "npp_high", "at_low", "at_high", "below", "above"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


@assessment(source="own_accounts", bytes_per_cell=16)
def production_told(
    productivity: ProductivityTable,
    prefectures: Units,
    net_primary_production: Productivity,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> ProductionTold:
    """Production that the table of units tells beside what the map has of it: what their cover could not reach is lost.

    Parameters
    ----------
    productivity : table
        ``code, year, npp``: mean of the unit in g/m2 of carbon.
    prefectures : polygons
        ``code, name``.
    net_primary_production : (y, x) [g/m2/yr]
        The map downscaled from it.
    year : int
        Of the table, as for the map; by default the latest that most units have.

    Returns
    -------
    table
        ``code, name, area_km2`` of known ground on the map, mean production ``told`` by the table and ``on_map``, ``lost`` = told - on_map
        [g/m2/yr], below 0 where the least of the cover is more than the table tells, and ``lost_share`` of what is told [1]. Units without a
        figure or without ground on the map are left out.

    Raises
    ------
    QuantityError
        No rows of the year.

    Notes
    -----
    ``lost_u = NPP_u - sum_i s_ui NPP_i / sum_i s_ui`` over known cells i: ``s`` share of the cell in unit u [1], ``NPP`` production [g/m2/yr].
    Ours [D].
    """
    rows = _latest(productivity, "npp", year, "productivity", prefectures).set_index("code")["npp"]
    _, cover = cover_along(prefectures, grid_of(net_primary_production))
    found = cover.sums(like(net_primary_production, net_primary_production.values, "g/m2/yr"))
    told = prefectures["code"].map(rows).to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(found.cells > 0, found.total / found.cells, np.nan)
        share = np.where(told > 0, (told - mean) / told, np.nan)
    out = pd.DataFrame(
        {
            "code": prefectures["code"].astype(str).to_numpy(), "name": prefectures["name"].astype(str).to_numpy(),
            "area_km2": found.cells * grid_of(net_primary_production).cell_km2, "told": told, "on_map": mean, "lost": told - mean,
            "lost_share": share,
        }
    )  # fmt: skip
    return out[out["lost"].notna()].reset_index(drop=True)


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
        Value added in prices of 2020, so costs are off already: nearer to rent than to gross value. Sums over all units to their figures
        (to the share on the map), and over one up to cells that lie in several; NaN in cells that lie mostly outside units with a figure.

    Raises
    ------
    QuantityError
        No rows of the sector or of the year, a year for which no consumer prices are known, a code without a row, a weight that is missing
        or below 0.

    Notes
    -----
    ``V_i = V_u m_u w_i / (a sum_u w)``: ``V_u`` value added of the unit [yuan/yr], carried to prices of 2020 by consumer
    prices [M], ``m`` share of the unit on the map, ``w`` weight of
    the class of cell i [1], ``a`` area of a cell [ha], cells by the share of them that lies in it. Dasymetric mapping (Eicher and
    Brewer 2001 [M]); the weights are ours [D].
    """
    rows = gdp[gdp["sector"] == sector]
    if rows.empty:
        raise QuantityError(
            f"gdp.sector: no rows of '{sector}'; there are {', '.join(sorted(set(gdp['sector'])))}"
        )
    latest = _latest(rows, "yuan", year, "gdp", prefectures)
    latest, _ = in_one_year(latest, ("yuan",), "gdp", MAP_PRICES)
    values = latest.set_index("code")["yuan"]
    grid = grid_of(land_cover)
    weight = ByCover.of(land_cover, biophysical, "biophysical").grid("product_weight")
    exact, cover = cover_along(prefectures, grid)
    total = cover.sums(like(land_cover, weight, "1")).total
    on_map = np.minimum(exact.inside_km2 / exact.area_km2, 1.0)
    whole = prefectures["code"].map(values).to_numpy(float) * on_map
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(total > 0, whole / total / (grid.cell_km2 * 100.0), np.nan)
    return like(land_cover, _mixed(cover, weight, rate), "yuan/ha/yr")
