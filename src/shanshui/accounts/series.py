"""Values by year from tables: of ecosystems by their area, of services that tables follow."""

from typing import Annotated

import pandas as pd

from shanshui.accounts.carbon import CO2_PER_C, O2_PER_CO2
from shanshui.accounts.equivalents import STANDARD_2010, equivalent_value
from shanshui.accounts.extent import areas_of
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.prices import deflator, price_of, price_table
from shanshui.accounts.tables import Prices, by_cover
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ClassAreas, Gdp, ProductivityTable, Units
from shanshui.region.coefficients import keyed

ValueSeries = Annotated[
    pd.DataFrame, Table({"code": Key("=prefectures"), "year": "yr", "value": "yuan/yr"})
]
ServiceSeries = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("=prefectures"), "year": "yr", "frame": TEXT, "service": TEXT, "amount": ANY, "per": TEXT,
            "value": "yuan/yr",
        }
    ),
]  # fmt: skip


@assessment(source="xie2015", bytes_per_cell=0)
def value_series(
    land_cover_areas: ClassAreas,
    prefectures: Units,
    biophysical: Annotated[pd.DataFrame, by_cover("ecosystem")],
    *,
    year: Annotated[int, Between(1949, 2100)] = 2020,
    standard_equivalent: Annotated[float, Between(0.0, 1e6)] = STANDARD_2010,
) -> ValueSeries:
    """Value of ecosystems by equivalent factors, by unit and year, in prices of one year.

    Parameters
    ----------
    land_cover_areas : table
        ``code, year, class, area_km2``.
    prefectures : polygons
        ``code``; whole units count, also beyond the region.
    biophysical : table
        ``lucode, ecosystem``.
    year : int
        Of the prices, for the whole series.
    standard_equivalent : float [yuan/ha]
        Worth of one standard equivalent in 2010 prices.

    Returns
    -------
    table
        ``code, year, value`` [yuan/yr]; changes are those of areas alone.

    Raises
    ------
    QuantityError
        No code of the units, an area that is missing, a class with area that has no row, an ecosystem without factors.

    Notes
    -----
    ``V_u(t) = sum_k 100 A_uk(t) sum_f e_kf D`` with areas [km2; 100 ha each], factors ``e`` [1] and ``D`` one standard equivalent
    [yuan/ha] carried from 2010 to ``year`` by consumer prices [M]. Factors and ``D`` = 3406.50 of Xie et al. 2015 [S]; their monthly
    correction by production, rain and soil is not applied.
    """
    rows = areas_of(land_cover_areas, prefectures)
    names = keyed(biophysical, "biophysical")["ecosystem"]
    strange = sorted(set(rows.loc[rows["area_km2"] > 0, "class"]) - set(names.index))
    if strange:
        raise QuantityError(f"biophysical: class {strange[0]} of land_cover_areas has no row")
    rows = rows[rows["class"].isin(names.index)].assign(ecosystem=lambda f: f["class"].map(names))
    worth = (
        equivalent_value(
            pd.DataFrame({"ecosystem": rows["ecosystem"].unique(), "area_ha": 1.0}),
            standard=standard_equivalent * deflator(2010, year),
        )
        .groupby("ecosystem")["value"]
        .sum()
    )
    rows = rows.assign(value=rows["area_km2"] * 100.0 * rows["ecosystem"].map(worth))
    return rows.groupby(["code", "year"])["value"].sum(min_count=1).reset_index()


@assessment(source="ouyang2013", bytes_per_cell=0)
def service_series(
    productivity: ProductivityTable,
    prefectures: Units,
    gdp: Gdp | None = None,
    prices: Prices | None = None,
    *,
    year: Annotated[int, Between(1949, 2100)] = 2020,
    nep_share: Annotated[float, Between(0.0, 1.0)] = 0.22,
    sector: str = "primary",
) -> ServiceSeries:
    """Services that tables follow by year, under each frame that prices them: carbon, oxygen, products.

    Parameters
    ----------
    productivity : table
        ``code, year, npp``.
    prefectures : polygons
        ``code``; whole units count, also beyond the region.
    gdp : table, optional
        ``code, year, sector, yuan``, nominal.
    prices : table, optional
        Of the study, above the shipped ones.
    year : int
        Of the prices, for the whole series; products are carried to it by consumer prices.
    nep_share : float [1]
        Net ecosystem over net primary production.
    sector : str
        Of the products.

    Returns
    -------
    table
        ``code, year, frame, service, amount, per, value`` [yuan/yr] of what counts in each frame. Water, soil and cooling need maps of each year.

    Raises
    ------
    QuantityError
        No row of the units, or no price of any frame.

    Notes
    -----
    ``CO2 = 44/12 * 0.01 a NPP A`` and ``O2 = 32/44 CO2`` [t/yr]: ``NPP`` mean of the unit [g/m2/yr of C], ``a`` the ``nep_share`` [1],
    ``A`` area [ha]; products carried to ``year`` by consumer prices [M]; ``value = amount * price`` as in gross ecosystem product (Ouyang
    et al. 2013 [M]).
    """
    area_ha = pd.Series(prefectures.area.to_numpy() / 1e4, index=prefectures["code"].to_numpy())
    plants = productivity[productivity["code"].isin(area_ha.index)]
    co2 = plants["npp"] * 0.01 * nep_share * CO2_PER_C * plants["code"].map(area_ha).astype(float)
    parts = [
        plants[["code", "year"]].assign(service=s, amount=a, per="t")
        for s, a in (("co2", co2), ("o2", co2 * O2_PER_CO2))
    ]
    if gdp is not None:
        money = gdp[(gdp["sector"] == sector) & gdp["code"].isin(area_ha.index)]
        carried = [
            v * deflator(int(y), year) for y, v in zip(money["year"], money["yuan"], strict=True)
        ]
        parts.append(money[["code", "year"]].assign(service="agr", amount=carried, per="yuan"))
    rows = pd.concat(parts)
    table = price_table(prices)
    out = []
    for frame in FRAMES.values():
        for service, part in rows.groupby("service"):
            entry = frame.entry(str(service))
            if entry is None or not entry.counts:
                continue
            price = price_of(str(service), str(part["per"].iloc[0]), entry.methods, year, table)
            if price is not None:
                out.append(part.assign(frame=frame.id, value=part["amount"] * price.amount))
    if not out:
        raise QuantityError(
            "productivity.code: none of its rows, nor of gdp, is of the prefectures and has a price in a frame; look at the codes"
        )
    return pd.concat(out, ignore_index=True)[
        ["code", "year", "frame", "service", "amount", "per", "value"]
    ]
