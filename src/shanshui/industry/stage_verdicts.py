"""Stage of industrialisation of each prefecture, the verdict of each criterion beside the whole."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import (
    Counties,
    Employment,
    Gdp,
    PlaceIndicators,
    Population,
    Prefectures,
)
from shanshui.industry.economy import (
    PRIMARY_JOBS,
    prefecture_codes,
    sector_products,
    sector_shares,
    sound_jobs,
)
from shanshui.industry.stages import (
    WEIGHTS,
    Verdict,
    composite_stage,
    stage_of,
    value_added_stage,
)
from shanshui.industry.tables import StageVerdicts
from shanshui.region.years import at_year, chosen_year

YUAN_PER_DOLLAR: dict[int, float] = {
    2000: 2.46, 2005: 2.86, 2010: 3.66, 2014: 4.30, 2015: 4.33, 2019: 5.10, 2020: 5.23, 2021: 5.49,
}  # fmt: skip
"""Yuan of a year that buy what a dollar of 2005 bought: purchasing power parity times the rise of dollar prices since 2005 [M]."""


@assessment(source="chen2006", bytes_per_cell=0)
def industrial_stage(
    gdp: Gdp,
    prefectures: Prefectures,
    counties: Counties,
    population: Population | None = None,
    place_indicators: PlaceIndicators | None = None,
    employment: Employment | None = None,
    *,
    years: Annotated[tuple[float, ...], Each(1900.0, 2200.0)] = (),
    yuan_per_dollar: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> StageVerdicts:
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
        ``code, year, indicator, value``: ``gdp_per_head`` [yuan/person], ``urban_population, total_population`` [person] of prefectures or of
        all of their counties, ``manufacturing_share``, ``primary_jobs`` [1].
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

    Raises
    ------
    QuantityError
        No criterion known for any prefecture, a year without purchasing power.

    Notes
    -----
    Chen, Huang and Zhong (2006) on the limits of Chenery, Robinson and Syrquin (1986); limits and weights [M]. Within stage j = 2, 3, 4 of
    five lambda = (j - 2) 33 + (x - lower) / (upper - lower) 33, from the upper limit down where less is later; 0 before, 100 after.
    K = sum_k w_k lambda_k / sum of the w_k that are known, w 0.36 product per head (dollars of 2005 at purchasing power parity), 0.22 value
    added, 0.22 manufacturing in goods, 0.12 urban share, 0.08 primary share of work; 0 pre, to 33 early, to 66 middle, to 99 late, then post.
    The ladder of value added is scored by its primary share within a rung [D]. Residents and townspeople of a year between two counts lie on
    the straight line between them [D].
    """
    belongs = prefecture_codes(counties, prefectures)
    names = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    judged = [int(y) for y in years] or [chosen_year(gdp, "yuan", "gdp", places=set(names))]
    values = stage_values(gdp, belongs, judged, population, place_indicators, employment)
    out = stage_rows(names, judged, values, sector_shares(gdp), yuan_per_dollar, least_known)
    if out.empty:
        raise QuantityError(
            f"gdp: no criterion is known for any prefecture in {', '.join(map(str, judged))}"
        )
    out.attrs["weights"] = WEIGHTS
    return out


def stage_rows(
    names: Mapping[str, str],
    years: Sequence[int],
    values: Mapping[str, pd.Series],
    shares: pd.DataFrame,
    yuan_per_dollar: float,
    least_known: float,
) -> pd.DataFrame:
    """Verdicts of each place in each year, by criterion and together.

    Parameters
    ----------
    names : dict of code to name
        Places that are judged.
    years : sequence of int [yr]
        Judged.
    values : dict of criterion to (code, year)
        As :func:`stage_values` finds them.
    shares : table [1]
        Index ``code, year``; sector shares.
    yuan_per_dollar : float [yuan]
        0 takes the table that comes with the product.
    least_known : float [1]
        Weight of the criteria that must be known for a composite.

    Returns
    -------
    table
        ``code, name, year, criterion, value, stage, score, doubt``.

    Raises
    ------
    QuantityError
        A year without purchasing power.
    """
    rows = []
    for year in years:
        rate = yuan_per_dollar or _rate(year)
        for code, name in names.items():
            found = _verdicts(code, year, rate, values, shares)
            if not found:
                continue
            rows += [
                (code, name, year, criterion, value, verdict.stage, verdict.score, verdict.doubt)
                for criterion, (value, verdict) in found.items()
            ]
            stage, score, known = composite_stage({k: v.score for k, (_, v) in found.items()})
            if known >= least_known:
                rows.append((code, name, year, "composite", known, stage, score, _conflict(found)))
    columns = ["code", "name", "year", "criterion", "value", "stage", "score", "doubt"]
    return pd.DataFrame(rows, columns=columns)


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
    code: str, year: int, rate: float, values: Mapping[str, pd.Series], shares: pd.DataFrame
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


def stage_values(
    gdp: pd.DataFrame,
    belongs: Mapping[str, str],
    years: Sequence[int],
    population: pd.DataFrame | None,
    indicators: pd.DataFrame | None,
    employment: pd.DataFrame | None,
) -> dict[str, pd.Series]:
    """Each criterion by place and year, from the best source there is.

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan`` of the places.
    belongs : dict of code to code
        Place that each county belongs to; a place stands for itself.
    years : sequence of int [yr]
        Judged: residents and townspeople of years between two counts lie on a straight line between them [D].
    population, indicators, employment : table, optional
        As for :func:`industrial_stage`.

    Returns
    -------
    dict of criterion to (code, year)
        Where it is known.
    """
    out: dict[str, pd.Series] = {}
    if population is not None:
        counts = population.groupby([population["code"].astype(str), "year"])["population"]
        heads = _with_years(_of_places(counts.sum(skipna=False), belongs), years)
        out["gdp_per_head"] = (sector_products(gdp).sum(axis=1) / heads.where(heads > 0)).dropna()
    if employment is not None:
        jobs = sound_jobs(employment)
        jobs = jobs.assign(code=jobs["code"].astype(str).map(belongs)).dropna(subset=["code"])
        farms = jobs[jobs["industry"] == PRIMARY_JOBS]
        total, farm = (
            rows.groupby(["code", "year"])["persons"].sum(skipna=False) for rows in (jobs, farms)
        )
        out["primary_jobs"] = (farm / total.where(total > 0)).dropna()
    if indicators is not None:
        rows = indicators.assign(code=indicators["code"].astype(str))
        wide = rows.pivot_table(
            index=["code", "year"], columns="indicator", values="value", aggfunc="first"
        )
        for name in ("gdp_per_head", "manufacturing_share", "primary_jobs", "urban_share"):
            if name in wide:
                own = wide[name].dropna()
                out[name] = own.combine_first(out[name]) if name in out else own
        if {"urban_population", "total_population"} <= set(wide.columns):
            towns, people_of = (
                _of_places(wide[name], belongs) for name in ("urban_population", "total_population")
            )
            share = (towns / people_of.where(people_of > 0)).dropna()
            out["urban_share"] = (
                out["urban_share"].combine_first(share) if "urban_share" in out else share
            )
    if "urban_share" in out:
        out["urban_share"] = _with_years(out["urban_share"], years)
    return out


def _of_places(counts: pd.Series, belongs: Mapping[str, str]) -> pd.Series:
    """Counts of places by year: their own, or the sum of their counties where every one that is ever counted has one in the year."""
    rows = counts[counts.index.get_level_values(0).isin(belongs)]
    wide = rows.rename_axis(["code", "year"]).unstack("year")  # noqa: PD010 - one value a cell
    place = pd.Series(wide.index.map(belongs), index=wide.index)
    own, parts = wide[place == wide.index], wide[place != wide.index]
    of = place[parts.index]
    sums = parts.groupby(of).sum(min_count=1).where(parts.notna().groupby(of).all())
    found = own.combine_first(sums).rename_axis(index="code", columns="year")
    return pd.Series(found.stack())  # noqa: PD013 - one value a row again


def _with_years(values: pd.Series, years: Sequence[int]) -> pd.Series:
    """The values, and those of the years asked for that lie between two that are known."""
    if values.empty:
        return values
    between = pd.concat({year: at_year(values, year) for year in years}, names=["year"])
    return values.combine_first(between.swaplevel().dropna()).rename_axis(["code", "year"])
