"""Structure and stage of each prefecture's economy."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Facts, Population, Units
from shanshui.industry.regional_tables import location_quotients
from shanshui.industry.stages import (
    WEIGHTS,
    Verdict,
    composite_stage,
    stage_of,
    value_added_stage,
)
from shanshui.industry.structure import (
    concentration,
    krugman_specialisation,
    shift_share,
    structural_change,
)

Gdp = Annotated[pd.DataFrame, Table(("code", "year", "sector", "yuan"))]
Employment = Annotated[pd.DataFrame, Table(("code", "year", "industry", "persons"))]
Indicators = Annotated[pd.DataFrame, Table(("code", "year", "indicator", "value"))]
SECTORS = ("primary", "secondary", "tertiary")
YUAN_PER_DOLLAR: dict[int, float] = {
    2000: 2.46, 2005: 2.86, 2010: 3.66, 2014: 4.30, 2015: 4.33, 2019: 5.10, 2020: 5.23, 2021: 5.49,
}  # fmt: skip
"""Yuan of a year that buy what a dollar of 2005 bought: purchasing power parity times the rise of dollar prices since 2005 [M]."""
EVEN = 1e-6
"""Change of share that rounding of the figures explains."""
PRIMARY_JOBS = "agriculture"
GREEN_CLASSES: dict[str, tuple[str, ...]] = {
    "green farming": ("agriculture",),
    "industry": ("mining", "manufacturing", "utilities", "construction"),
    "logistics": ("transport",),
    "trade and e-commerce": ("trade",),
    "tourism": ("hospitality", "culture"),
    "finance and insurance": ("finance",),
    "information and exhibition": ("information", "business"),
    "science and technology": ("science", "environment"),
    "public and other services": (
        "real_estate",
        "resident_services",
        "education",
        "health",
        "public_administration",
    ),
}
"""Classes of a green economy by the industries of the census; the census does not tell emerging industry from other [D]."""


def prefecture_codes(counties: gpd.GeoDataFrame, prefectures: gpd.GeoDataFrame) -> dict[str, str]:
    """Code of the prefecture that each county belongs to, by the code or the name in its ``parent``.

    Parameters
    ----------
    counties, prefectures : polygons
        ``code, name, parent``.

    Returns
    -------
    dict of county code to prefecture code
        Counties whose prefecture is not among them are left out; a prefecture stands for itself.
    """
    by_name = dict(
        zip(prefectures["name"].astype(str), prefectures["code"].astype(str), strict=True)
    )
    known = set(by_name.values())
    out = {code: code for code in known}
    for code, parent in zip(
        counties["code"].astype(str), counties["parent"].astype(str), strict=True
    ):
        found = parent if parent in known else by_name.get(parent)
        if found is not None:
            out[code] = found
    return out


def _shares(gdp: pd.DataFrame) -> pd.DataFrame:
    """Share of each sector by code and year, where all three are known and positive in sum."""
    rows = gdp[gdp["sector"].isin(SECTORS)]
    wide = rows.pivot_table(index=["code", "year"], columns="sector", values="yuan", aggfunc="sum")
    wide = wide.reindex(columns=list(SECTORS)).dropna()
    wide = wide[(wide >= 0).all(axis=1) & (wide.sum(axis=1) > 0)]
    return wide.div(wide.sum(axis=1), axis=0)


def _two_years(gdp: pd.DataFrame, first: int, last: int) -> tuple[int, int]:
    """The years asked for; 0 is the first, or the last, in which a place has all sectors."""
    known = _shares(gdp).index.get_level_values("year")
    if not len(known):
        raise QuantityError("gdp: no place has all three sectors in any year")
    first, last = first or int(known.min()), last or int(known.max())
    if first >= last:
        raise QuantityError(f"first_year, last_year: {first} to {last}; the last comes later")
    return first, last


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def growth_parts(gdp: Gdp, prefectures: Units, *, first_year: int = 0, last_year: int = 0) -> Facts:
    """Growth of each prefecture's sectors parted into that of all places, of the sector, and its own (shift-share).

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan``, in prices of one year or nominal; all places of the table together are the yardstick.
    prefectures : polygons
        ``code, name``: those that are asked for.
    first_year, last_year : int [yr]
        Compared; 0 takes the first and the last of the table. Only places that have both count.

    Returns
    -------
    table
        ``code, name, sector, national, mix, competitive, allocation, total`` [yuan]; the first three sum to the total.
    """
    first, last = _two_years(gdp, first_year, last_year)
    rows = gdp[gdp["sector"].isin(SECTORS) & gdp["year"].isin([first, last])]
    wide = rows.assign(code=rows["code"].astype(str)).pivot_table(
        index="code", columns=["year", "sector"], values="yuan", aggfunc="sum"
    )
    wide = wide.reindex(columns=pd.MultiIndex.from_product([[first, last], SECTORS])).dropna()
    before, after = wide[first].to_numpy(np.float64), wide[last].to_numpy(np.float64)
    parts = []
    for code, name in zip(
        prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True
    ):
        if code in wide.index:
            k = wide.index.get_loc(code)
            table = shift_share(before[k], after[k], before.sum(axis=0), after.sum(axis=0))
            parts.append(table.assign(code=code, name=name, sector=list(SECTORS)))
    if not parts:
        raise QuantityError(f"gdp: no prefecture has all sectors in {first} and {last}")
    columns = ["code", "name", "sector", "national", "mix", "competitive", "allocation", "total"]
    out = pd.concat(parts, ignore_index=True)[columns]
    out.attrs["units"] = dict.fromkeys(columns[3:], "yuan")
    out.attrs["years"] = [first, last]
    return out


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def industry_structure(
    gdp: Gdp,
    prefectures: Units,
    *,
    first_year: int = 0,
    last_year: int = 0,
    least_rise: Annotated[float, Between(0.0, 1.0)] = 0.0,
) -> Facts:
    """Sector shares of each prefecture in two years, and how they moved.

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan`` with the sectors primary, secondary and tertiary.
    prefectures : polygons
        ``code, name``: those that are asked for.
    first_year, last_year : int [yr]
        Compared; 0 takes the first and the last of the table. Where a place lacks one, it is left out and counted.
    least_rise : float [1]
        Rise of the secondary share above which it counts as risen.

    Returns
    -------
    table
        ``code, name``, shares ``primary_first … tertiary_last`` [1], ``change`` half the sum of absolute changes [1], ``angle`` [degree],
        ``secondary_change`` [1], ``secondary_risen``. Attributes tell how many rose, of how many, and who lacks figures.
    """
    first_year, last_year = _two_years(gdp, first_year, last_year)
    shares = _shares(gdp.assign(code=gdp["code"].astype(str)))
    rows, lost = [], []
    for code, name in zip(
        prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True
    ):
        if (code, first_year) not in shares.index or (code, last_year) not in shares.index:
            lost.append(name)
            continue
        a, b = shares.loc[(code, first_year)], shares.loc[(code, last_year)]
        moved = structural_change(a, b)
        rise = float(b["secondary"] - a["secondary"])
        rows.append(
            {
                "code": code,
                "name": name,
                **{f"{s}_first": float(a[s]) for s in SECTORS},
                **{f"{s}_last": float(b[s]) for s in SECTORS},
                "change": moved["michaely"],
                "angle": moved["angle"],
                "secondary_change": rise,
                "secondary_risen": rise > least_rise + EVEN,
            }
        )
    if not rows:
        known = sorted(int(y) for y in gdp["year"].unique())
        raise QuantityError(
            f"gdp: no prefecture has all sectors in {first_year} and {last_year}; years there are: {', '.join(map(str, known[:30]))}"
        )
    out = pd.DataFrame(rows)
    out.attrs["units"] = {
        **dict.fromkeys([f"{s}_{e}" for s in SECTORS for e in ("first", "last")], "1"),
        "change": "1",
        "angle": "degree",
        "secondary_change": "1",
    }
    out.attrs["years"] = [first_year, last_year]
    out.attrs["risen"] = int(out["secondary_risen"].sum())
    out.attrs["without_figures"] = lost
    return out


@assessment(source="chen2006", bytes_per_cell=0)
def industrial_stage(
    gdp: Gdp,
    prefectures: Units,
    counties: Units,
    population: Population | None = None,
    place_indicators: Indicators | None = None,
    employment: Employment | None = None,
    *,
    years: tuple[float, ...] = (),
    yuan_per_dollar: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> Facts:
    """Stage of industrialisation of each prefecture by several criteria, the verdict of each beside the whole.

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan``.
    prefectures : polygons
        ``code, name``.
    counties : polygons
        ``code, parent``: to bring county figures together.
    population : table, optional
        ``code, year, population`` of counties or prefectures.
    place_indicators : table, optional
        ``code, year, indicator, value``: ``gdp_per_head`` [yuan/person], ``urban_population, total_population`` [person],
        ``manufacturing_share``, ``primary_jobs`` [1].
    employment : table, optional
        ``code, year, industry, persons``: for the share of agriculture, and manufacturing beside agriculture and industry is not in it.
    years : tuple of float [yr]
        Judged; the latest of the product without any.
    yuan_per_dollar : float [yuan]
        Of the year that buy what a dollar of 2005 bought; 0 takes the table that comes with the product [M].
    least_known : float [1]
        Weight of the criteria that must be known for a composite [D].

    Returns
    -------
    table
        ``code, name, year, criterion, value, stage, score, doubt`` per criterion, and a row ``composite`` with the share of the weights
        that is known in ``value``. Criteria without data do not appear.
    """
    belongs = prefecture_codes(counties, prefectures)
    shares = _shares(gdp.assign(code=gdp["code"].astype(str)))
    values = _stage_values(gdp, belongs, population, place_indicators, employment)
    names = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    rows = []
    for year in [int(y) for y in years] or [int(gdp["year"].max())]:
        rate = yuan_per_dollar or _rate(year)
        for code, name in names.items():
            found = _verdicts(code, year, rate, values, shares)
            if not found:
                continue
            for criterion, (value, verdict) in found.items():
                rows.append(
                    (
                        code,
                        name,
                        year,
                        criterion,
                        value,
                        verdict.stage,
                        verdict.score,
                        verdict.doubt,
                    )
                )
            stage, score, known = composite_stage({k: v.score for k, (_, v) in found.items()})
            if known < least_known:
                continue
            rows.append((code, name, year, "composite", known, stage, score, _conflict(found)))
    columns = ["code", "name", "year", "criterion", "value", "stage", "score", "doubt"]
    out = pd.DataFrame(rows, columns=columns)
    if out.empty:
        raise QuantityError(
            f"gdp: no criterion is known for any prefecture in {', '.join(f'{y:g}' for y in years)}"
        )
    out.attrs["units"] = {"score": "1"}
    out.attrs["weights"] = WEIGHTS
    return out


def _rate(year: int) -> float:
    known = sorted(YUAN_PER_DOLLAR)
    if not known[0] <= year <= known[-1]:
        raise QuantityError(
            f"years: no purchasing power is known for {year} (known: {known[0]} to {known[-1]}); set yuan_per_dollar"
        )
    return float(np.interp(year, known, [YUAN_PER_DOLLAR[y] for y in known]))


def _conflict(found: dict[str, tuple[float, Verdict]]) -> str:
    """Criteria that stand two stages or more apart: structure alone mis-stages places of tourism."""
    order = ("pre", "early", "middle", "late", "post")
    places = [order.index(v.stage) for _, v in found.values()]
    return "criteria lie two stages or more apart" if max(places) - min(places) >= 2 else ""


def _verdicts(
    code: str, year: int, rate: float, values: dict[str, pd.Series], shares: pd.DataFrame
) -> dict[str, tuple[float, Verdict]]:
    out: dict[str, tuple[float, Verdict]] = {}
    for criterion in ("gdp_per_head", "manufacturing_share", "urban_share", "primary_jobs"):
        value = values[criterion].get((code, year)) if criterion in values else None
        if value is None or not np.isfinite(value):
            continue
        amount = float(value) / rate if criterion == "gdp_per_head" else float(value)
        out[criterion] = (amount, stage_of(criterion, amount))
    if (code, year) in shares.index:
        a, i, s = shares.loc[[(code, year)]].to_numpy(np.float64)[0]
        out["value_added"] = (a, value_added_stage(a, i, s))
    return out


def _stage_values(
    gdp: pd.DataFrame,
    belongs: dict[str, str],
    population: pd.DataFrame | None,
    indicators: pd.DataFrame | None,
    employment: pd.DataFrame | None,
) -> dict[str, pd.Series]:
    """Each criterion by prefecture and year, from the best source there is."""
    out: dict[str, pd.Series] = {}
    if population is not None:
        people = population.assign(code=population["code"].astype(str).map(belongs)).dropna(
            subset=["code"]
        )
        heads = people.groupby(["code", "year"])["population"].sum()
        money = (
            gdp.assign(code=gdp["code"].astype(str))
            .groupby(["code", "year"])["yuan"]
            .sum(min_count=1)
        )
        out["gdp_per_head"] = (money / heads).dropna()
    if employment is not None:
        jobs = employment.assign(code=employment["code"].astype(str).map(belongs)).dropna(
            subset=["code"]
        )
        total = jobs.groupby(["code", "year"])["persons"].sum()
        farm = jobs[jobs["industry"] == PRIMARY_JOBS].groupby(["code", "year"])["persons"].sum()
        out["primary_jobs"] = (farm / total.where(total > 0)).dropna()
    if indicators is not None:
        rows = indicators.assign(code=indicators["code"].astype(str))
        wide = rows.pivot_table(
            index=["code", "year"], columns="indicator", values="value", aggfunc="first"
        )
        for name in ("gdp_per_head", "manufacturing_share", "primary_jobs", "urban_share"):
            if name in wide:
                out[name] = wide[name].dropna().combine_first(out.get(name, pd.Series(dtype=float)))
        if {"urban_population", "total_population"} <= set(wide.columns):
            share = (wide["urban_population"] / wide["total_population"]).dropna()
            out["urban_share"] = (
                out["urban_share"].combine_first(share) if "urban_share" in out else share
            )
    return out


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def employment_structure(
    employment: Employment, prefectures: Units, counties: Units, *, year: int | None = None
) -> Facts:
    """What each prefecture's people work at, beside the nation.

    Parameters
    ----------
    employment : table
        ``code, year, industry, persons``; all places of the table together are the nation.
    prefectures : polygons
        ``code, name``.
    counties : polygons
        ``code, parent``.
    year : int
        The latest by default.

    Returns
    -------
    table
        ``code, name, industry, persons, share`` [1], ``location_quotient`` [1], ``specialisation`` (Krugman) and ``herfindahl`` of the place.
    """
    wide, nation, names = jobs_by_place(employment, prefectures, counties, year)
    rows = []
    for code, line in wide.iterrows():
        quotient = location_quotients(line, nation)
        apart, thick = krugman_specialisation(line, nation), concentration(line)["herfindahl"]
        for industry, persons, lq in zip(wide.columns, line, quotient, strict=True):
            rows.append(
                (code, names[str(code)], industry, persons, persons / line.sum(), lq, apart, thick)
            )
    columns = [
        "code",
        "name",
        "industry",
        "persons",
        "share",
        "location_quotient",
        "specialisation",
        "herfindahl",
    ]
    out = pd.DataFrame(rows, columns=columns)
    out.attrs["units"] = {"persons": "person", **dict.fromkeys(columns[4:], "1")}
    return out


def jobs_by_place(
    employment: pd.DataFrame,
    prefectures: gpd.GeoDataFrame,
    counties: gpd.GeoDataFrame,
    year: int | None,
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """Jobs by prefecture and industry, those of the nation, and names of prefectures; the latest year by default."""
    chosen = int(employment["year"].max()) if year is None else year
    rows = employment[employment["year"] == chosen]
    if rows.empty:
        raise QuantityError(f"employment: no rows of {chosen}")
    nation = rows.groupby("industry")["persons"].sum()
    belongs = prefecture_codes(counties, prefectures)
    inside = rows.assign(code=rows["code"].astype(str).map(belongs)).dropna(subset=["code"])
    wide = inside.pivot_table(
        index="code", columns="industry", values="persons", aggfunc="sum"
    ).fillna(0.0)
    wide = wide.reindex(columns=nation.index, fill_value=0.0)
    names = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    wide = wide[wide.index.isin(names) & (wide.sum(axis=1) > 0)]
    if wide.empty:
        raise QuantityError(
            "employment: no place of the table lies in the prefectures of the study"
        )
    return wide, nation, names


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def green_composition(
    employment: Employment,
    prefectures: Units,
    counties: Units,
    *,
    year: int | None = None,
    target: Annotated[float, Between(0.5, 1.0)] = 0.75,
) -> Facts:
    """Make-up of a green economy: share of each class of work against what good places have.

    Parameters
    ----------
    employment : table
        ``code, year, industry, persons``; all places of the table together are the nation.
    prefectures : polygons
        ``code, name``.
    counties : polygons
        ``code, parent``.
    year : int
        The latest by default.
    target : float [1]
        Quantile of the prefectures that sets the target of each class of services; farming and industry aim at the nation's share [D].

    Returns
    -------
    table
        ``code, name, class, share, target, gap`` [1]: gap is target less share, above 0 where there is less than aimed at.
    """
    wide, nation, names = jobs_by_place(employment, prefectures, counties, year)
    rows = []
    total, whole = wide.sum(axis=1), float(nation.sum())
    for kind, industries in GREEN_CLASSES.items():
        own = [i for i in industries if i in wide.columns]
        if not own:
            continue
        share = wide[own].sum(axis=1) / total
        aim = float(nation[own].sum()) / whole
        if kind not in ("green farming", "industry", "public and other services"):
            aim = max(aim, float(share.quantile(target)))
        for code, value in share.items():
            rows.append((str(code), names[str(code)], kind, float(value), aim, aim - float(value)))
    out = pd.DataFrame(rows, columns=["code", "name", "class", "share", "target", "gap"])
    out = out.sort_values(["code", "class"], ignore_index=True)
    out.attrs["units"] = {"share": "1", "target": "1", "gap": "1"}
    return out
