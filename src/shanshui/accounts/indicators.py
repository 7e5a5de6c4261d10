"""What an account says beside its total: product against economy, who is rich in nature and poor in money, where value gathers."""

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.accounts.prices import deflator
from shanshui.accounts.tables import MONEY, AccountTotals, KnownAreas
from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, Gdp, Units
from shanshui.region.years import chosen_year

Mismatch = Annotated[
    pd.DataFrame,
    Table(
        {
            "unit": Key("=prefectures"), "code": Key("=prefectures"), "name": TEXT, "share_inside": "1", "area_km2": "km2", "gep": MONEY, "gdp":
            MONEY,
            "ratio": "1", "gep_share": "1", "gdp_share": "1", "mismatch": "1", "quadrant": TEXT, "coupling": "1", "level": "1",
            "coordination": "1", "grade": TEXT, "basis": TEXT,
        }
    ),
]  # fmt: skip
CountyProduct = Annotated[
    pd.DataFrame,
    Table({"code": Key("county"), "year": "yr", "prefecture": Key("prefecture"), "yuan": "yuan"}),
]
HotSpots = Annotated[pd.DataFrame, Table({"unit": Key("planning_unit"), "z": "1", "spot": TEXT})]
Figures = Annotated[pd.DataFrame, Table({"figure": TEXT, "value": ANY, "unit": TEXT})]
COORDINATION = (
    "extreme disorder", "severe disorder", "moderate disorder", "mild disorder", "near disorder", "barely coordinated",
    "primary coordination", "intermediate coordination", "good coordination", "high-quality coordination",
)  # fmt: skip
"""Names of tenths of the coordination degree [S]."""
WHOLE_FROM = 0.99
"""Share inside from which a unit is the part inside: the rest is outlines and cells that do not meet [D]."""
SLIGHT = 1e-3
"""Share of a county inside below which it is no part of the region [D]."""
SCALE_LOW = 0.01
"""Level of the last unit: at 0 it would be uncoupled whatever the other system does [D]."""
BENCHMARKS = {
    "china_2015": (72.81e12, 1.01, "Ma et al. 2017"),
}
"""Published totals: value [yuan], value over gross domestic product, source."""
CHINA_YEAR = 2015
"""Year in whose prices the nation's total stands [S]."""


def coupling_coordination(
    systems: NDArray[np.floating], weights: NDArray[np.floating] | None = None
) -> pd.DataFrame:
    """How far systems develop together.

    Parameters
    ----------
    systems : (unit, system) [1]
        Level of each system, in [0, 1].
    weights : (system,) [1], optional
        Of the systems in the joint level; equal by default.

    Returns
    -------
    table
        ``coupling`` C = n (product)^(1/n) / sum, 0 where a system is 0; ``level`` T; ``coordination`` D = sqrt(C T); ``grade``: tenths of D, the
        lower end included.

    Raises
    ------
    QuantityError
        Levels outside [0, 1].
    """
    levels = np.asarray(systems, np.float64)
    if ((levels < 0) | (levels > 1)).any():
        raise QuantityError("systems: levels outside [0, 1]; normalise them first")
    count = levels.shape[1]
    share = (
        np.full(count, 1 / count)
        if weights is None
        else np.asarray(weights, np.float64) / np.sum(weights)
    )
    total = levels.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        coupling = np.where(total > 0, count * np.prod(levels, axis=1) ** (1 / count) / total, 0.0)
    coupling = np.where(np.isnan(total), np.nan, np.minimum(coupling, 1.0))
    level = levels @ share
    degree = np.sqrt(coupling * level)
    tenth = np.clip(np.nan_to_num(degree) * 10, 0, 9).astype(int)
    grade = [COORDINATION[k] if np.isfinite(d) else "" for k, d in zip(tenth, degree, strict=True)]
    return pd.DataFrame(
        {"coupling": coupling, "level": level, "coordination": degree, "grade": grade}
    )


def gini(value: NDArray[np.floating], weight: NDArray[np.floating]) -> float:
    """Inequality of a value over what it is spread on, by Lorenz's curve.

    Parameters
    ----------
    value : (unit,)
        Held by each unit, 0 or more.
    weight : (unit,)
        What it is compared with: product, people or area of each unit.

    Returns
    -------
    float [1]
        0 when every unit holds its share.
    """
    order = np.argsort(value / weight)
    x = np.r_[0.0, np.cumsum(weight[order]) / weight.sum()]
    y = np.r_[0.0, np.cumsum(value[order]) / value.sum()]
    return float(1.0 - np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1])))


def _scaled(values: pd.Series) -> NDArray[np.float64]:
    low, high = values.min(), values.max()
    if not high > low:
        return np.full(len(values), 0.5)
    return (SCALE_LOW + (1.0 - SCALE_LOW) * (values - low) / (high - low)).to_numpy(float)


@assessment(source="liao1999", bytes_per_cell=0)
def mismatch(
    prefecture_gep: Annotated[
        pd.DataFrame,
        Table(
            {
                "unit": Key("=prefectures"),
                "area_km2": "km2",
                "total": "yuan/yr",
                "known_share?": "1",
            }
        ),
    ],
    gdp: Gdp,
    prefectures: Units,
    county_gdp: CountyProduct | None = None,
    county_gep: Annotated[pd.DataFrame, Table({"unit": Key("county"), "area_km2": "km2"})]
    | None = None,
    counties: Counties | None = None,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.2,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.9,
) -> Mismatch:
    """Ecological highlands that are economic lowlands, by prefecture.

    Parameters
    ----------
    prefecture_gep : table
        Index ``unit``; ``area_km2, total`` of the part inside the region, and ``known_share`` of the total.
    gdp : table
        ``code, year, sector, yuan``; the sectors are summed, or the row ``total`` is taken.
    prefectures : polygons
        Index ``unit``; ``code, name``: prefectures, or the counties themselves.
    county_gdp : table, optional
        ``code, year, prefecture, yuan`` by sector: with ``county_gep`` and ``counties`` it tells the product of the part inside.
    county_gep : table, optional
        Index ``unit``; ``area_km2`` of each county inside the region.
    counties : polygons, optional
        Index ``unit``; ``code``.
    year : int
        Of the product; by default the latest of ``county_gdp``, or that most prefectures have.
    least_share : float [1]
        Of a unit's area that must lie inside: what is said of a km2 of less speaks of a sliver [D].
    least_known : float [1]
        Of a unit's value that must be known [D].

    Returns
    -------
    table
        A row for each unit with ground inside: ``unit, code, name, share_inside, area_km2`` (inside), ``gep, gdp`` (of the part inside) [yuan/yr],
        ``ratio`` gep/gdp,
        ``gep_share, gdp_share``, ``mismatch`` = share of value over share of product, ``quadrant`` (``highland-lowland`` is rich in nature, poor
        in product per km2), ``coupling, level, coordination, grade`` of both per km2 scaled over the units, ``basis`` of the product: ``counties``,
        ``area``, ``whole``, or why the figures of the unit are missing; missing ones take no part in shares and means, which are of the others: the
        attribute
        ``known_ground`` tells their share of the ground.

    Raises
    ------
    QuantityError
        No product of the year.

    Notes
    -----
    ``ratio = V_u / G_u``, ``mismatch = (V_u / sum V) / (G_u / sum G)`` (5.38 % of value and 2.26 % of product give 2.38 [C]): ``V``
    value, ``G`` product inside: ``sum_c s_c G_c`` over the counties c of the unit, ``s`` share of a county's area inside; without products of
    counties the unit's own times its share inside, which puts a city's mountains too high. Coordination after Liao 1999 [M]: ``C = 2 sqrt(U1
    U2) / (U1 + U2)``, ``T = (U1 + U2) / 2``, ``D = sqrt(C T)``, ``U1`` value and ``U2`` logarithm of product on a km2, each scaled from 0.01 to 1
    over the units; grades by tenths of ``D`` [S]. Scaling, quadrants at the means of all units and parts of counties by area are ours [D]:
    ``D`` compares units of one study only.
    """
    units = prefectures[["code", "name"]].assign(whole_km2=prefectures.area / 1e6)
    told = [c for c in ("area_km2", "total", "known_share") if c in prefecture_gep]
    table = prefecture_gep[told].join(units, how="inner")
    table = table[table["area_km2"] > 0].rename(columns={"total": "gep"}).rename_axis("unit")
    table["code"] = table["code"].astype(str)
    table["share_inside"] = np.minimum(table["area_km2"] / table["whole_km2"], 1.0)
    if county_gdp is None or county_gep is None or counties is None:
        chosen = chosen_year(gdp, "yuan", "gdp", year=year, places=set(table["code"]))
        whole = table["code"].map(_whole_product(gdp, chosen))
        table["gdp"], table["basis"] = whole * table["share_inside"], "area"
    else:
        latest = int(county_gdp["year"].max())
        chosen = chosen_year(county_gdp, "yuan", "county_gdp", year=year or latest)
        whole = table["code"].map(_whole_product(gdp, chosen))
        rows = county_gdp[county_gdp["year"] == chosen]
        table["gdp"] = table["code"].map(_of_counties(rows, county_gep, counties))
        alone = table["gdp"].isna() & (table["share_inside"] >= WHOLE_FROM) & whole.notna()
        table["basis"] = np.where(alone, "whole", "counties")
        table["gdp"] = table["gdp"].where(~alone, whole)
    lacks = {
        f"less than {least_share:g} of it lies inside": table["share_inside"] < least_share,
        "no value": table["gep"].isna(),
        f"less than {least_known:g} of its value is known": _known_part(table) < least_known,
        f"no product of {chosen}, of it or of a county of it": ~table["gdp"].gt(0),
    }
    for why, here in reversed(lacks.items()):
        table["basis"] = table["basis"].where(~here, why)
    known = ~np.logical_or.reduce(list(lacks.values()))
    table.loc[~known, "gdp"] = np.nan
    out = table.reset_index().join(
        _compared(table[known].reset_index()).set_index("unit"), on="unit"
    )
    words = {c: out[c].astype(object).fillna("") for c in ("quadrant", "grade")}
    out = pd.DataFrame(out.assign(**words))[[
        "unit", "code", "name", "share_inside", "area_km2", "gep", "gdp", "ratio", "gep_share", "gdp_share", "mismatch", "quadrant",
        "coupling", "level", "coordination", "grade", "basis",
    ]]  # fmt: skip
    out.attrs["known_ground"] = ground_compared(out)
    return out


def _known_part(table: pd.DataFrame) -> pd.Series:
    """Share of each unit's value that is known; 1 where nobody tells."""
    if "known_share" not in table:
        return pd.Series(1.0, index=table.index)
    return table["known_share"].astype(float).fillna(1.0)


def ground_compared(rows: pd.DataFrame) -> float:
    """Share of the ground of all units that lies in those of which value and product are known.

    Parameters
    ----------
    rows : table
        ``area_km2, gep, gdp``.

    Returns
    -------
    float [1]
        NaN without ground.
    """
    known = rows["gep"].notna() & rows["gdp"].notna()
    whole = float(rows["area_km2"].sum())
    return float(rows["area_km2"][known].sum()) / whole if whole > 0 else float("nan")


def _whole_product(gdp: pd.DataFrame, year: int) -> pd.Series:
    """Product of each place of the table as a whole [yuan]."""
    rows = gdp[gdp["year"] == year]
    whole = rows[rows["sector"] == "total"] if (rows["sector"] == "total").any() else rows
    return whole.groupby(whole["code"].astype(str))["yuan"].sum(min_count=1)


def _of_counties(
    product: pd.DataFrame, county_gep: pd.DataFrame, counties: pd.DataFrame
) -> pd.Series:
    """Product inside of each county, and of each prefecture as the sum of its counties [yuan]; missing where one of them is."""
    inside = county_gep["area_km2"].reindex(counties.index) / (counties.area / 1e6)
    share = dict(zip(counties["code"].astype(str), np.minimum(inside, 1.0), strict=True))
    rows = product.assign(code=product["code"].astype(str), place=product["prefecture"].astype(str))
    money = rows.groupby(["code", "place"])["yuan"].sum(skipna=False).reset_index()
    money["share"] = money["code"].map(share)
    money = money[money["share"] >= SLIGHT]
    money["part"] = money["yuan"] * money["share"]
    own = money.set_index("code")["part"]
    sums = money[money["place"] != money["code"]].groupby("place")["part"].sum(skipna=False)
    return pd.concat([own, sums[~sums.index.isin(own.index)]])


def _compared(table: pd.DataFrame) -> pd.DataFrame:
    """Ratios, shares, quadrants and coordination of the units of which all is known."""
    out = table[["unit"]].assign(
        ratio=table["gep"] / table["gdp"],
        gep_share=table["gep"] / table["gep"].sum(),
        gdp_share=table["gdp"] / table["gdp"].sum(),
    )
    out["mismatch"] = out["gep_share"] / out["gdp_share"]
    value, dense = table["gep"] / table["area_km2"], table["gdp"] / table["area_km2"]
    area = max(float(table["area_km2"].sum()), 1e-9)
    rich = value >= table["gep"].sum() / area
    strong = dense >= table["gdp"].sum() / area
    words = {
        (True, True): "highland-highland",
        (True, False): "highland-lowland",
        (False, True): "lowland-highland",
        (False, False): "lowland-lowland",
    }
    out["quadrant"] = [words[(bool(a), bool(b))] for a, b in zip(rich, strong, strict=True)]
    levels = np.stack([_scaled(value), _scaled(pd.Series(np.log(dense)))], axis=1)
    return out.join(coupling_coordination(levels))


@assessment(source="getis1992", bytes_per_cell=0)
def gep_hot_spots(
    unit_gep: Annotated[
        pd.DataFrame, Table({"unit": Key("planning_unit"), "per_km2": "yuan/km2/yr"})
    ],
    unit_neighbours: Annotated[
        pd.DataFrame, Table({"source": Key("planning_unit"), "target": Key("planning_unit")})
    ],
) -> HotSpots:
    """Where value per area gathers: Getis and Ord's Gi* over units that touch.

    Parameters
    ----------
    unit_gep : table
        Index ``unit``; ``per_km2``.
    unit_neighbours : table
        ``source, target``.

    Returns
    -------
    table
        Index ``unit``; ``z`` (NaN without a value), ``spot``: ``hot`` or ``cold`` beyond 1.96 standard deviations, else empty.

    Notes
    -----
    ``z_i = (sum_j x_j - m w_i) / (s sqrt((n w_i - w_i^2) / (n - 1)))`` over unit i and those that touch it: ``x`` value on a km2, ``m``
    mean and ``s`` standard deviation of all ``n`` units with a value, ``w_i`` how many are summed. Gi* of Getis and Ord 1992 [M] with
    weights 1; 1.96 is 5 % of a normal distribution, not corrected for many tests [D].
    """
    value = unit_gep["per_km2"].dropna()
    if value.empty:
        return pd.DataFrame({"z": np.nan, "spot": ""}, index=unit_gep.index)
    place = pd.Series(np.arange(len(value)), index=value.index)
    pairs = unit_neighbours[["source", "target"]]
    pairs = pairs[pairs["source"].isin(place.index) & pairs["target"].isin(place.index)]
    a, b = place[pairs["source"]].to_numpy(), place[pairs["target"]].to_numpy()
    x = value.to_numpy(float)
    count = len(x)
    total, near = x.copy(), np.ones(count)
    np.add.at(total, a, x[b])
    np.add.at(total, b, x[a])
    np.add.at(near, a, 1.0)
    np.add.at(near, b, 1.0)
    mean, spread = x.mean(), x.std()
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (total - mean * near) / (spread * np.sqrt((count * near - near**2) / max(count - 1, 1)))
    out = pd.DataFrame({"z": pd.Series(z, index=value.index)}).reindex(unit_gep.index)
    out["spot"] = np.select([out["z"] > 1.96, out["z"] < -1.96], ["hot", "cold"], "")
    return out


@assessment(source="ouyang2013", bytes_per_cell=0)
def gep_summary(
    gep: AccountTotals,
    region_amounts: KnownAreas,
    unit_people: Annotated[pd.DataFrame, Table({"population": "person"})] | None = None,
    mismatch: Annotated[pd.DataFrame, Table({"gep": MONEY, "gdp": MONEY, "area_km2?": "km2"})]
    | None = None,
    *,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.9,
) -> Figures:
    """Figures that a reader asks for first.

    Parameters
    ----------
    gep : table
        Account of the region, in prices of its ``year``.
    region_amounts : table
        ``unit, flow, known_km2``; the areas by land cover give the region's.
    unit_people : table, optional
        ``population`` of the units.
    mismatch : table, optional
        ``gep, gdp, area_km2`` of prefectures.
    least_known : float [1]
        Of the value that must be known for a ratio of it, and of the ground that must lie in prefectures with a product for one over
        product [D].

    Returns
    -------
    table
        ``figure, value, unit``: total with its interval, per km2, per head where the people of every unit are known, supply,
        regulating and cultural parts, total without local climate regulation, ratio to the benchmark per km2, and value over
        product where it is known. ``known_share`` of the value where maps have gaps, and ``known_ground`` of the prefectures with a product; ratios
        of less than ``least_known`` are missing.

    Notes
    -----
    ``per_km2 = V / A``, ``per_head = V / P``, ``over_gdp = sum V_u / sum G_u``, ``against_china_2015 = d (V / A) / (72.81e12 / 9.6e6)``:
    ``V`` value [yuan/yr], ``A`` area [km2], ``P`` people, ``G`` product. ``gini = 1 - sum_u (g_u - g_{u-1}) (v_u + v_{u-1})`` over
    cumulated shares ``g`` of product and ``v`` of value, units in the order of their ratio. Figures usual for gross ecosystem product
    (Ouyang et al. 2013 [M]); China 2015 by Ma et al. 2017 [S], in prices of 2015, to which ``d`` carries V by consumer prices [M].
    """
    total = gep[gep["service"] == "total"].iloc[0]
    counted = gep[gep["counts"].astype(bool)]
    area = float(
        region_amounts.loc[region_amounts["flow"].str.startswith("cover_"), "known_km2"].sum(
            min_count=1
        )
    )
    known_share = float(total.get("known_share", np.nan))
    part = known_share < least_known
    rows: list[tuple[str, float, str]] = [
        ("total", float(total["value"]), "yuan/yr"),
        ("low", float(total["low"]), "yuan/yr"),
        ("high", float(total["high"]), "yuan/yr"),
        ("area", area, "km2"),
        (
            "per_km2",
            float(total["value"]) / area if area > 0 and not part else np.nan,
            "yuan/km2/yr",
        ),
    ]
    if np.isfinite(known_share):
        rows.append(("known_share", known_share, "1"))
    # of a unit whose people are not known, value would stand beside nobody
    people = 0.0 if unit_people is None else float(unit_people["population"].sum(skipna=False))
    if people > 0 and not part:
        rows.append(("per_head", float(total["value"]) / people, "yuan/person/yr"))
    parts = counted.groupby("category")["value"].sum(min_count=1)
    rows += [
        (k, float(parts[k]), "yuan/yr") for k in ("supply", "regulating", "cultural") if k in parts
    ]
    if (counted["service"] == "clim").any():
        without = float(counted.loc[counted["service"] != "clim", "value"].sum(min_count=1))
        rows.append(("without_clim", without, "yuan/yr"))
    china, _, _ = BENCHMARKS["china_2015"]
    if area > 0 and not part:
        then = float(total["value"]) * deflator(int(total["year"]), CHINA_YEAR)
        rows.append(("against_china_2015", then / area / (china / 9.6e6), "1"))
    rows += [] if mismatch is None else _over_product(mismatch, least_known)
    return pd.DataFrame(rows, columns=["figure", "value", "unit"])


def _over_product(mismatch: pd.DataFrame, least_known: float) -> list[tuple[str, float, str]]:
    """Value over product of the prefectures of which both are known, where these are nearly all of the ground."""
    known = mismatch[["gep", "gdp"]].dropna()
    if known.empty:
        return []
    ground = ground_compared(mismatch) if "area_km2" in mismatch else np.nan
    ratio = float(known["gep"].sum() / known["gdp"].sum())
    uneven = gini(known["gep"].to_numpy(float), known["gdp"].to_numpy(float))
    told = [("known_ground", ground, "1")] if np.isfinite(ground) else []
    if ground < least_known:
        ratio = uneven = np.nan
    return [("over_gdp", ratio, "1"), ("gini_over_gdp", uneven, "1"), *told]
