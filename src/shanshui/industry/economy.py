"""Structure and growth of each prefecture's economy, and the tables of the economy by name."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Gdp, Prefectures
from shanshui.industry.structure import (
    shift_share,
    structural_change,
)
from shanshui.industry.tables import GrowthParts, SectorStructure

SECTORS = ("primary", "secondary", "tertiary")
EVEN = 1e-6
"""Change of share that rounding of the figures explains."""
PRIMARY_JOBS = "agriculture"
LEAST_YEARS = 4
"""Years of which a trend can be told: three that rise do so by chance once in six times."""


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


TOTALS = frozenset(
    {"total", "all", "sum", "employed", "all industries", "合计", "总计", "全部", "总数", "小计"}
)
"""Words of rows that are sums of the other rows."""


def sound_jobs(employment: pd.DataFrame) -> pd.DataFrame:
    """Jobs by place and industry, each counted once.

    Parameters
    ----------
    employment : table
        ``code, year, industry, persons``.

    Returns
    -------
    table
        The same.

    Raises
    ------
    QuantityError
        A row that is the sum of others, by its word, or persons below 0.
    """
    industry = employment["industry"].astype(str).str.strip()
    if (sums := industry.str.lower().isin(TOTALS)).any():
        raise QuantityError(
            f"employment.industry: '{industry[sums].iloc[0]}' is the sum of the others ({int(sums.sum())} rows); leave it out, or "
            "everybody counts twice"
        )
    if (less := employment["persons"] < 0).any():
        row = employment[less].iloc[0]
        raise QuantityError(
            f"employment.persons: {row['code']}, {row['industry']} in {row['year']} holds {row['persons']:g}, expected 0 or more"
        )
    return employment


def sector_products(gdp: pd.DataFrame) -> pd.DataFrame:
    """Product of each of the three sectors by code and year, where all three are known [yuan].

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan``; rows of one place, year and sector are summed, and a missing one leaves the sum unknown.

    Returns
    -------
    table
        Index ``code`` as text and ``year``; columns ``primary, secondary, tertiary``.
    """
    rows = gdp[gdp["sector"].isin(SECTORS)].assign(code=gdp["code"].astype(str))
    sums = rows.groupby(["code", "year", "sector"])["yuan"].sum(skipna=False)
    return sums.unstack("sector").reindex(columns=list(SECTORS)).dropna()  # noqa: PD010 - a sum stands once


def sector_shares(gdp: pd.DataFrame) -> pd.DataFrame:
    """Share of each sector by code and year, where all three are known, none is negative and their sum is not 0."""
    wide = sector_products(gdp)
    wide = wide[(wide >= 0).all(axis=1) & (wide.sum(axis=1) > 0)]
    return wide.div(wide.sum(axis=1), axis=0)


def _two_years(gdp: pd.DataFrame, first: int, last: int) -> tuple[int, int]:
    """The years asked for; 0 is the first, or the last, in which a place has all sectors."""
    known = sector_shares(gdp).index.get_level_values("year")
    if not len(known):
        raise QuantityError("gdp: no place has all three sectors in any year")
    first, last = first or int(known.min()), last or int(known.max())
    if first >= last:
        raise QuantityError(f"first_year, last_year: {first} to {last}; the last comes later")
    return first, last


@assessment(source="dunn1960", bytes_per_cell=0)
def growth_parts(
    gdp: Gdp,
    prefectures: Prefectures,
    *,
    first_year: Annotated[int, Between(0, 2200)] = 0,
    last_year: Annotated[int, Between(0, 2200)] = 0,
) -> GrowthParts:
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

    Raises
    ------
    QuantityError
        No prefecture has all sectors in both years, years in the wrong order, a sector that begins at nothing in all places.

    Notes
    -----
    Dunn (1960) [M], with e_i the product of sector i of the place, E_i that of all places, G = E'/E - 1 of all sectors, g_i = E'_i/E_i - 1:
    national_i = e_i G, mix_i = e_i (g_i - G), competitive_i = e'_i - e_i (1 + g_i), total_i = e'_i - e_i. Allocation after Esteban-Marquillas
    (1972) [M]: (e_i - e E_i / E)(r_i - g_i), r_i = e'_i/e_i - 1. In nominal yuan the rise of prices is part of the national effect.
    """
    first, last = _two_years(gdp, first_year, last_year)
    known = sector_products(gdp).reset_index("year")
    both = [known[known["year"] == y].drop(columns="year") for y in (first, last)]
    codes = both[0].index.intersection(both[1].index).sort_values()
    before, after = (table.loc[codes].to_numpy(np.float64) for table in both)
    parts = []
    for code, name in zip(
        prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True
    ):
        if code in codes:
            k = codes.get_loc(code)
            table = shift_share(before[k], after[k], before.sum(axis=0), after.sum(axis=0))
            parts.append(table.assign(code=code, name=name, sector=list(SECTORS)))
    if not parts:
        raise QuantityError(f"gdp: no prefecture has all sectors in {first} and {last}")
    columns = ["code", "name", "sector", "national", "mix", "competitive", "allocation", "total"]
    out = pd.concat(parts, ignore_index=True)[columns]
    out.attrs["years"] = [first, last]
    return out


@assessment(source="moore1978", bytes_per_cell=0)
def industry_structure(
    gdp: Gdp,
    prefectures: Prefectures,
    *,
    first_year: Annotated[int, Between(0, 2200)] = 0,
    last_year: Annotated[int, Between(0, 2200)] = 0,
    least_rise: Annotated[float, Between(0.0, 1.0)] = 0.0,
    level: Annotated[float, Between(0.0, 0.5)] = 0.05,
) -> SectorStructure:
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
    level : float [1]
        Chance below which a rise from year to year is no chance [D].

    Returns
    -------
    table
        ``code, name``, shares ``primary_first … tertiary_last`` [1], ``change`` half the sum of absolute changes [1], ``angle`` [degree],
        ``secondary_change`` [1], ``secondary_risen``, ``secondary_chance`` [1] that a share without a trend rises as steadily over the years
        between (missing with fewer than four). Attributes tell how many rose, how many of them at ``level``, and who lacks figures.

    Raises
    ------
    QuantityError
        No prefecture has all three sectors in both years, or the last year does not come later.

    Notes
    -----
    With shares s_i = x_i / sum x: change = 1/2 sum_i |s_i' - s_i| (Michaely 1962 [M]); angle = arccos(s . s' / (|s| |s'|)), in degrees (Moore
    1978 [M]). A rise below 1e-6 is rounding of the figures [D]. Chance: one-sided, of Kendall's tau = (rises - falls) / pairs of years or more
    (Kendall 1938, Mann 1945 [M]).
    """
    first_year, last_year = _two_years(gdp, first_year, last_year)
    shares = sector_shares(gdp)
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
                "secondary_chance": _chance(shares["secondary"].loc[code], first_year, last_year),
            }
        )
    if not rows:
        known = sorted(int(y) for y in gdp["year"].unique())
        raise QuantityError(
            f"gdp: no prefecture has all sectors in {first_year} and {last_year}; years there are: {', '.join(map(str, known[:30]))}"
        )
    out = pd.DataFrame(rows)
    out.attrs["years"] = [first_year, last_year]
    out.attrs["risen"] = int(out["secondary_risen"].sum())
    sure = out["secondary_risen"] & (out["secondary_chance"] < level)
    out.attrs["risen_significantly"] = int(sure.sum())
    out.attrs["without_figures"] = lost
    return out


def _chance(share: pd.Series, first: int, last: int) -> float:
    """Chance that a share without a trend rises as steadily as it did from the first to the last year."""
    part = share[(share.index >= first) & (share.index <= last)].sort_index()
    if len(part) < LEAST_YEARS or part.nunique() < 2:
        return float("nan")
    return float(kendalltau(part.index, part.to_numpy(), alternative="greater").pvalue)
