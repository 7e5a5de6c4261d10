"""Extent of ecosystems between two dates, condition against a reference, who supplies and who uses, and what the asset is worth."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.accounts.carbon import CO2_PER_C, O2_PER_CO2
from shanshui.accounts.equivalents import STANDARD_2010, equivalent_value
from shanshui.accounts.flows import Amounts, Gdp, ProductivityTable
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import Account
from shanshui.accounts.prices import deflator, price_of, price_table
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import ClassAreas, Codes, Coefficients, Facts, Mask, Units
from shanshui.kernels.labels import label_class_counts
from shanshui.region.coefficients import keyed
from shanshui.region.grid import grid_of

SMOOTHED_FROM = 6
"""Years a table must have before neighbouring years are averaged [D]."""
USERS = ("farming", "households", "industry and services", "government", "world")
USE_SHARES = {
    "agr": (1.0, 0, 0, 0, 0), "wat": (0.5, 0.2, 0.3, 0, 0), "hyd": (0, 0, 1.0, 0, 0), "wr": (0.4, 0.3, 0.3, 0, 0),
    "sr": (0.5, 0, 0, 0.5, 0), "sf": (0.5, 0, 0, 0.5, 0), "fm": (0.2, 0.3, 0.2, 0.3, 0), "air": (0, 0.8, 0, 0.2, 0),
    "wpu": (0, 0.3, 0.3, 0.4, 0), "co2": (0, 0, 0, 0, 1.0), "o2": (0, 0, 0, 0, 1.0), "clim": (0, 0.8, 0.2, 0, 0),
    "tour": (0, 1.0, 0, 0, 0), "leis": (0, 1.0, 0, 0, 0),
}  # fmt: skip
"""Who uses each service, as shares [D]; equivalent factors go to no user."""


@assessment(source="seea2021", bytes_per_cell=8)
def extent_account(land_cover_before: Codes, land_cover: Codes, region_mask: Mask) -> Facts:
    """Area of each class at two dates, what it gained and lost, and to which class.

    Parameters
    ----------
    land_cover_before : (y, x) [1]
        Class codes at the opening.
    land_cover : (y, x) [1]
        Class codes at the closing.
    region_mask : (y, x) [1]
        1 inside.

    Returns
    -------
    table
        ``from_class, to_class, area_km2``: every pair that occurs; opening and closing areas are its sums. Cells missing at either date are left out.
    """
    inside = region_mask.values == 1
    for grid in (land_cover_before, land_cover):
        if (missing := grid.attrs.get("nodata")) is not None:
            inside &= grid.values != missing
    before = (
        np.where(inside, land_cover_before.values.astype(np.int32) + 1, 0).astype(np.int32).ravel()
    )
    after = np.ascontiguousarray(land_cover.values).ravel().astype(np.int32)
    top = int(max(before.max(initial=0), after[inside.ravel()].max(initial=0) + 1))
    cells = label_class_counts(before, after, top, top)
    pair = np.argwhere(cells[1:])
    frame = pd.DataFrame(
        {
            "from_class": pair[:, 0],
            "to_class": pair[:, 1],
            "area_km2": cells[pair[:, 0] + 1, pair[:, 1]] * grid_of(land_cover).cell_km2,
        }
    )
    frame.attrs["units"] = {"area_km2": "km2"}
    return frame


@assessment(source="seea2021", bytes_per_cell=0)
def extent_series(land_cover_areas: ClassAreas, prefectures: Units) -> Facts:
    """Area of each class by year in the units of the study, from tables of class areas.

    Parameters
    ----------
    land_cover_areas : table
        ``code, year, class, area_km2``.
    prefectures : polygons
        ``code``; whole units count.

    Returns
    -------
    table
        ``year, class, area_km2, change_km2`` (since the first year), ``change_share``.
    """
    rows = land_cover_areas[land_cover_areas["code"].isin(prefectures["code"])]
    if rows.empty:
        raise QuantityError("land_cover_areas.code: none of its codes is one of the prefectures'")
    out = rows.groupby(["year", "class"])["area_km2"].sum().reset_index()
    first = out[out["year"] == out["year"].min()].set_index("class")["area_km2"]
    opening = out["class"].map(first).fillna(0.0)
    out["change_km2"] = out["area_km2"] - opening
    with np.errstate(divide="ignore", invalid="ignore"):
        out["change_share"] = np.where(opening > 0, out["change_km2"] / opening, np.nan)
    out.attrs["units"] = {"area_km2": "km2", "change_km2": "km2", "change_share": "1"}
    return out


@assessment(source="xie2015", bytes_per_cell=0)
def value_series(
    land_cover_areas: ClassAreas,
    prefectures: Units,
    biophysical: Coefficients,
    *,
    year: Annotated[int, Between(1949, 2100)] = 2020,
    standard_equivalent: Annotated[float, Between(0.0, 1e6)] = STANDARD_2010,
) -> Facts:
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
    """
    rows = land_cover_areas[land_cover_areas["code"].isin(prefectures["code"])]
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
    out = rows.groupby(["code", "year"])["value"].sum().reset_index()
    out.attrs["units"] = {"value": "yuan/yr"}
    return out


@assessment(source="own_accounts", bytes_per_cell=0)
def service_series(
    productivity: ProductivityTable,
    prefectures: Units,
    gdp: Gdp | None = None,
    prices: Coefficients | None = None,
    *,
    year: Annotated[int, Between(1949, 2100)] = 2020,
    nep_share: Annotated[float, Between(0.0, 1.0)] = 0.22,
    sector: str = "primary",
) -> Facts:
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
    """
    area_ha = pd.Series(prefectures.area.to_numpy() / 1e4, index=prefectures["code"].to_numpy())
    plants = productivity[productivity["code"].isin(area_ha.index)]
    co2 = plants["npp"] * 0.01 * nep_share * CO2_PER_C * plants["code"].map(area_ha)
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
    rows = pd.concat(parts, ignore_index=True)
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
    series = pd.concat(out, ignore_index=True)[
        ["code", "year", "frame", "service", "amount", "per", "value"]
    ]
    series.attrs["units"] = {"value": "yuan/yr"}
    return series


@assessment(source="seea2021", bytes_per_cell=0)
def condition_account(
    productivity: ProductivityTable,
    prefectures: Units,
    *,
    opening: Annotated[int, Between(0, 2100)] = 0,
    closing: Annotated[int, Between(0, 2100)] = 0,
    reference_percentile: Annotated[float, Between(50.0, 100.0)] = 95.0,
) -> Facts:
    """Condition of each unit's ecosystems at two dates by what their plants produce, against the best years of all units.

    Parameters
    ----------
    productivity : table
        ``code, year, npp``.
    prefectures : polygons
        ``code, name``.
    opening, closing : int
        Years; the first and the last of the table when 0. In tables of six years and more each is the mean of itself and its neighbours: one year's
        weather is no condition.
    reference_percentile : float [%]
        Of all units and years: the reference level [D]; collapse is 0.

    Returns
    -------
    table
        ``code, name, opening, closing`` condition in [0, 1], ``change``. One indicator of many: structure and species need their own data.
    """
    rows = productivity[productivity["code"].isin(prefectures["code"])]
    if rows.empty:
        raise QuantityError("productivity.code: none of its codes is one of the prefectures'")
    years = np.sort(rows["year"].unique())
    best = float(np.percentile(rows["npp"], reference_percentile))
    ends = {"opening": opening or int(years[0]), "closing": closing or int(years[-1])}
    wide = rows.pivot_table(index="code", columns="year", values="npp")
    out = prefectures[["code", "name"]].reset_index(drop=True)
    for name, year in ends.items():
        if year not in years:
            raise QuantityError(
                f"condition_account.{name}: no rows of {year}; there are {years[0]} to {years[-1]}"
            )
        at = int(np.searchsorted(years, year))
        aside = 1 if years.size >= SMOOTHED_FROM else 0
        near = wide[list(years[max(0, at - aside) : at + aside + 1])].mean(axis=1)
        index = [
            condition_index(np.array([v]), np.zeros(1), np.array([best]), np.ones(1)) for v in near
        ]
        out[name] = out["code"].map(pd.Series(index, index=near.index))
    out = out.dropna(subset=["opening", "closing"]).reset_index(drop=True)
    out["change"] = out["closing"] - out["opening"]
    out.attrs["units"] = dict.fromkeys(("opening", "closing", "change"), "1")
    return pd.DataFrame(out)


def condition_index(
    value: np.ndarray, worst: np.ndarray, best: np.ndarray, weight: np.ndarray
) -> float:
    """Condition of an ecosystem against its reference.

    Parameters
    ----------
    value, worst, best : (indicator,)
        Each indicator, its level at collapse and at the reference.
    weight : (indicator,) [1]
        Sums to 1.

    Returns
    -------
    float [1]
        In [0, 1].
    """
    return float(np.sum(weight * np.clip((value - worst) / (best - worst), 0.0, 1.0)))


def asset_value(flow: float, *, rate: float = 0.03, years: int = 100) -> float:
    """Present value of a yearly service over the life of its asset.

    Parameters
    ----------
    flow : float [yuan/yr]
        Service of a year, taken as constant.
    rate : float [1]
        At which later years count less.
    years : int [yr]
        Life of the asset.

    Returns
    -------
    float [yuan]
        Sum from the first year on.
    """
    return flow * years if rate == 0 else flow * (1.0 - (1.0 + rate) ** -years) / rate


@assessment(source="seea2021", bytes_per_cell=0)
def supply_use(cover_amounts: Amounts, gep: Account, biophysical: Coefficients) -> Facts:
    """Which ecosystem supplies each service, and who uses it.

    Parameters
    ----------
    cover_amounts : table
        ``unit`` (class code + 1), ``flow, amount``.
    gep : table
        Account of the region.
    biophysical : table
        ``lucode``; ``group``, or ``ecosystem``, names what supplies.

    Returns
    -------
    table
        ``table`` (``supply`` or ``use``), ``service, party, value`` [yuan/yr]. Of each service both tables have one sum; services that no user
        is known for are used by ``not allocated``.
    """
    names = keyed(biophysical, "biophysical")
    column = next(
        (c for c in ("group", "ecosystem", "description", "lulc_desc") if c in names), None
    )
    if column is None:
        raise QuantityError("biophysical: no column group; it names the ecosystem of each class")
    priced = gep[gep["counts"].astype(bool) & gep["price"].notna()]
    rows = cover_amounts.merge(priced[["flow", "service", "price"]], on="flow")
    rows["party"] = (rows["unit"] - 1).map(names[column]).fillna("unknown")
    rows["value"] = rows["amount"] * rows["price"]
    supply = rows.groupby(["service", "party"], sort=True)["value"].sum().reset_index()
    used = []
    for service, total in supply.groupby("service")["value"].sum().items():
        shares = USE_SHARES.get(str(service))
        parties = dict(zip(USERS, shares, strict=True)) if shares else {"not allocated": 1.0}
        used += [(service, p, total * s) for p, s in parties.items() if s]
    use = pd.DataFrame(used, columns=["service", "party", "value"])
    out = pd.concat([supply.assign(table="supply"), use.assign(table="use")], ignore_index=True)
    out = out[["table", "service", "party", "value"]]
    out.attrs["units"] = {"value": "yuan/yr"}
    return out
