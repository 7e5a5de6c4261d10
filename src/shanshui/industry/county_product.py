"""Product of counties, which yearbooks tell of prefectures only: shared out by who works where."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, Employment, Gdp, Prefectures
from shanshui.industry.economy import SECTORS, prefecture_codes
from shanshui.region.place_codes import CodeSystem
from shanshui.region.years import chosen_year

CountyGdp = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"),
            "year": "yr",
            "name": TEXT,
            "prefecture": Key("prefecture"),
            "sector": TEXT,
            "worker_share": "1",
            "yuan": "yuan",
        }
    ),
]


@assessment(source="decisions/0019-joins", bytes_per_cell=0)
def county_gdp(
    gdp: Gdp,
    employment: Employment,
    counties: Counties,
    prefectures: Prefectures,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
    primary: tuple[str, ...] = ("agriculture",),
    secondary: tuple[str, ...] = ("mining", "manufacturing", "utilities", "construction"),
) -> CountyGdp:
    """Product of each county by sector, from that of its prefecture and where the sector's workers are.

    Parameters
    ----------
    gdp : table
        ``code, year, sector, yuan`` of prefectures, or of counties where they are told: these stand as they are.
    employment : table
        ``code, year, industry, persons`` of counties; the latest year that most of them have.
    counties, prefectures : polygons
        ``code, name, parent``.
    year : int
        Of the product; by default the latest that most prefectures have.
    primary, secondary : tuple of str
        Industries of the first and the second sector; all others are of the third.

    Returns
    -------
    table
        ``code, year, name, prefecture, sector, worker_share`` [1] of the prefecture's workers of the sector, ``yuan``. Missing where
        the prefecture's product or the county's workers are not known; over all counties of a prefecture the prefecture's.

    Raises
    ------
    QuantityError
        No rows of the year, no county of the study with workers.

    Notes
    -----
    ``G_cs = G_ps L_cs / sum_c L_cs`` over the counties c of prefecture p: ``G`` product of sector s [yuan], ``L`` workers [person]; so a worker of a
    sector makes the same everywhere in a prefecture. Industries go to sectors as the statistical office of China has them since 2018 [M];
    the share by workers is ours [D] (decision 0019): by area the mountain part of a city's product is put too high.
    """
    belongs = _belongs(employment, counties, prefectures)
    jobs_year = chosen_year(employment, "persons", "employment", places=set(belongs))
    chosen = chosen_year(gdp, "yuan", "gdp", year=year, places=set(prefectures["code"].astype(str)))
    workers = _workers(employment[employment["year"] == jobs_year], primary, secondary, belongs)
    product = gdp[(gdp["year"] == chosen) & gdp["sector"].isin(SECTORS)]
    sums = product.groupby([product["code"].astype(str), "sector"])["yuan"].sum(skipna=False)
    rows = []
    for county, name in zip(
        counties["code"].astype(str), counties["name"].astype(str), strict=True
    ):
        place = belongs.get(county, "")
        for sector in SECTORS:
            share = float(workers.get((county, sector), np.nan))
            told = (county, sector) in sums.index
            value = sums[county, sector] if told else share * sums.get((place, sector), np.nan)
            rows.append((county, chosen, name, place, sector, share, float(value)))
    columns = ["code", "year", "name", "prefecture", "sector", "worker_share", "yuan"]
    out = pd.DataFrame(rows, columns=columns)
    if not out["worker_share"].notna().any():
        raise QuantityError(
            "employment: no county of the study has workers in it; look at the codes"
        )
    out.attrs |= {
        "units": {"year": "yr", "worker_share": "1", "yuan": "yuan"},
        "workers_of": jobs_year,
    }
    return out


def _belongs(
    employment: pd.DataFrame, counties: gpd.GeoDataFrame, prefectures: gpd.GeoDataFrame
) -> dict[str, str]:
    """Prefecture of each county, also of those of the table that have no outline but whose code tells it."""
    known = prefecture_codes(counties, prefectures)
    out = {c: p for c, p in known.items() if c != p}
    codes = [str(c) for c in employment["code"].unique()]
    system = CodeSystem.of(codes)
    there = set(prefectures["code"].astype(str))
    for code in codes:
        holder = system.holder(code).ljust(6, "0")
        if code not in out and code not in there and holder in there:
            out[code] = holder
    return out


def _workers(
    jobs: pd.DataFrame,
    primary: tuple[str, ...],
    secondary: tuple[str, ...],
    belongs: dict[str, str],
) -> pd.Series:
    """Share of each county in the workers of its prefecture by sector; missing where a part is."""
    rows = jobs.assign(code=jobs["code"].astype(str))
    rows = rows[rows["code"].isin(belongs)]
    industry = rows["industry"].astype(str)
    kinds = np.where(
        industry.isin(primary),
        SECTORS[0],
        np.where(industry.isin(secondary), SECTORS[1], SECTORS[2]),
    )
    rows = rows.assign(sector=kinds, place=rows["code"].map(belongs))
    own = rows.groupby(["code", "sector"])["persons"].sum(skipna=False)
    whole = rows.groupby(["place", "sector"])["persons"].sum(skipna=False)
    of_place = [whole[belongs[c], s] for c, s in own.index]
    return own / pd.Series(of_place, index=own.index).where(lambda v: v > 0)
