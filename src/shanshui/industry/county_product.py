"""Product of counties, which yearbooks tell of prefectures only: shared out by who works where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import TEXT, Key, Table
from shanshui.core.setting import Between, Each
from shanshui.core.vocabulary import Counties, Employment, Gdp, Prefectures
from shanshui.industry.economy import SECTORS, prefecture_codes, sound_jobs
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
            "basis": TEXT,
        }
    ),
]
SectorProducts = Annotated[
    pd.DataFrame, Table({"code": Key("county"), "year": "yr", "sector": TEXT, "yuan": "yuan"})
]
"""What others read of it."""
SERVICES = (
    "trade", "transport", "hospitality", "information", "finance", "real_estate", "business", "science", "environment", "resident_services",
    "education", "health", "culture", "public_administration", "international_organisations", "services",
)  # fmt: skip
"""Industries of the third sector, as the statistical office of China has them since 2018 [M]."""
BY_WORKERS, TOLD = "by workers", "told"
BY_KNOWN = "by workers of "
"""Before the industries of a sector that all counties tell, where one does not tell another."""
NAMED = 5
"""Places that a message names; of more the count is told."""


@assessment(source="decisions/0019-joins", bytes_per_cell=0)
def county_gdp(
    gdp: Gdp,
    employment: Employment,
    counties: Counties,
    prefectures: Prefectures,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
    also: Annotated[tuple[float, ...], Each(1900.0, 2200.0)] = (),
    primary: tuple[str, ...] = ("agriculture",),
    secondary: tuple[str, ...] = ("mining", "manufacturing", "utilities", "construction"),
    tertiary: tuple[str, ...] = SERVICES,
    tolerance: Annotated[float, Between(0.0, 1.0)] = 0.02,
    least_told: Annotated[float, Between(0.5, 1.0)] = 0.9,
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
    also : tuple of float [yr]
        Earlier years that are shared out beside it, by the same workers.
    primary, secondary, tertiary : tuple of str
        Industries of each sector; any other word of the table is refused.
    tolerance : float [1]
        By how much the counties' own figures may differ from their prefecture's, as statistics of two offices do [D]: they may not exceed it
        by more, nor, where all of them tell, stay below it by more.
    least_told : float [1]
        Share of a sector's workers that must be in the industries that all counties of a prefecture tell, for the sector to be shared out by
        these where a county does not tell another [D]; 1 shares nothing out there.

    Returns
    -------
    table
        ``code, year, name, prefecture, sector, worker_share`` [1] of the prefecture's workers of the sector, ``yuan``, ``basis``: ``by workers``,
        ``by workers of`` the industries that all tell, ``told``, or why ``yuan`` is missing. Over all counties of a prefecture, those of the
        employment table without an outline among them, the shared product sums to the prefecture's. Attributes name the counties
        ``without_workers``, and those of which an industry is ``not_told``.

    Raises
    ------
    QuantityError
        No rows of a year, no county of the study with workers, further years that are not before ``year``, a county (or all of a prefecture)
        whose own product is more than the prefecture's, counties that all tell theirs and do not reach it, an industry of no sector, a row
        that is the sum of others or stands twice, persons below 0.

    Notes
    -----
    ``G_cs = (G_ps - T_ps) L_cs / sum_c L_cs`` over the counties c of prefecture p that tell no product of their own: ``G`` product of sector s
    [yuan], ``T`` what the others tell, ``L`` workers [person]; so a worker of a sector makes the same everywhere in a prefecture. Where the
    workers of one county are not known (no row of the sector is not the same as nobody) those of the prefecture are not, and nothing of the
    sector is shared out there; where one of its industries is blank in a county, ``L`` counts the industries that all counties c tell, if in
    the counties that tell all these hold at least ``least_told`` of the sector's workers (decision 0041). Industries go to sectors as the
    statistical office of China has them since 2018 [M]; the share by workers is ours [D] (decision 0019): by area the mountain part of a
    city's product is put too high.
    """
    belongs = _belongs(employment, counties, prefectures)
    jobs_year = chosen_year(employment, "persons", "employment", places=set(belongs))
    places = set(prefectures["code"].astype(str))
    chosen = chosen_year(gdp, "yuan", "gdp", year=year, places=places)
    before = sorted({int(y) for y in also})
    if before and before[-1] >= chosen:
        raise QuantityError(
            f"also: {before[-1]} is not before {chosen}, the year of the product; set year to the latest that you want"
        )
    sectors = dict(zip(SECTORS, (primary, secondary, tertiary), strict=True))
    jobs = sound_jobs(employment[employment["year"] == jobs_year])
    workers = _workers(jobs, sectors, belongs)
    named = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    named |= dict(zip(counties["code"].astype(str), counties["name"].astype(str), strict=True))
    parts = []
    for at in (*before, chosen):
        chosen_year(gdp, "yuan", "gdp", year=at)
        product = gdp[(gdp["year"] == at) & gdp["sector"].isin(SECTORS)]
        _refuse_twice(product)
        sums = product.groupby([product["code"].astype(str), "sector"])["yuan"].sum(skipna=False)
        shared = _Sharing(sums, workers, belongs, named, at, tolerance, least_told)
        parts.append(shared.table(counties["code"].astype(str)))
    out = pd.concat(parts, ignore_index=True)
    here = workers[workers.index.get_level_values("code").isin(counties["code"].astype(str))]
    own = here.dropna()
    if own.empty:
        raise QuantityError(
            "employment: no county of the study has workers in it; look at the codes"
        )
    silent = sorted(set(belongs) - set(own.index.get_level_values("code")))
    out.attrs |= {
        "units": {"year": "yr", "worker_share": "1", "yuan": "yuan"},
        "workers_of": jobs_year,
        "without_workers": [named[c] for c in silent if c in named],
        "not_told": sorted(
            {named[c] for c in here[here.isna()].index.get_level_values("code") if c not in silent}
        ),
    }
    return out


@dataclass(frozen=True)
class _Sharing:
    """One year's product of prefectures on its way to counties."""

    sums: pd.Series
    workers: pd.Series
    belongs: dict[str, str]
    named: dict[str, str]
    year: int
    tolerance: float
    least_told: float

    def table(self, codes: Iterable[str]) -> pd.DataFrame:
        """Rows of the counties that have an outline."""
        found: dict[tuple[str, str], tuple[float, float, str]] = {}
        members: dict[str, list[str]] = {}
        for code, place in self.belongs.items():
            members.setdefault(place, []).append(code)
        for place, own in members.items():
            for sector in SECTORS:
                found |= self._shared(place, sorted(own), sector)
        rows = []
        for code in codes:
            for sector in SECTORS:
                alone = self._told(code, sector)
                basis = "no product of it, and no prefecture" if np.isnan(alone) else TOLD
                share, value, basis = found.get((code, sector), (np.nan, alone, basis))
                rows.append(
                    (
                        code, self.year, self.named.get(code, code), self.belongs.get(code, ""), sector, share, value, basis,
                    )
                )  # fmt: skip
        columns = ["code", "year", "name", "prefecture", "sector", "worker_share", "yuan", "basis"]
        return pd.DataFrame(rows, columns=columns)

    def _told(self, code: str, sector: str) -> float:
        return float(self.sums.get((code, sector), np.nan))

    def _shared(
        self, place: str, members: list[str], sector: str
    ) -> dict[tuple[str, str], tuple[float, float, str]]:
        """Share of the workers, product and basis of each county of a prefecture."""
        whole = self._told(place, sector)
        told = {c: v for c in members if np.isfinite(v := self._told(c, sector))}
        self._refuse_more(place, sector, whole, told)
        each = self._each(members, sector)
        persons = each.sum(axis=1, skipna=False).where(each.notna().any(axis=1))
        all_persons = float(persons.sum(skipna=False))
        share = persons / all_persons if all_persons > 0 else persons * np.nan
        rest = persons[[c for c in members if c not in told]]
        by = BY_WORKERS
        if rest.isna().any() and (known := self._known(each, list(rest.index))):
            rest = each.loc[rest.index, known].sum(axis=1)
            by = BY_KNOWN + ", ".join(known)
        at_work = float(rest.sum(skipna=False))
        if told and len(told) == len(members):
            self._refuse_less(place, sector, whole, told)
        left = whole - sum(told.values())
        if np.isnan(whole):
            why = f"no product of {self.named.get(place, place)} in {self.year}"
        elif np.isnan(at_work):
            why = f"workers of {self._names(rest.index[rest.isna()])} are not known"
        elif at_work <= 0:
            why = f"nobody works in the sector in {self.named.get(place, place)}"
        elif left < 0:
            why = "the other counties tell all of the prefecture's product"
        else:
            why = ""
        out = {(c, sector): (float(share[c]), value, TOLD) for c, value in told.items()}
        for c, count in zip([str(c) for c in rest.index], rest, strict=True):
            value = np.nan if why else left * float(count) / at_work
            out[c, sector] = (float(share[c]), value, why or by)
        return out

    def _each(self, members: list[str], sector: str) -> pd.DataFrame:
        """Workers of each county by industry of a sector: nobody where a county has no row of one, unknown where it is blank or has none."""
        rows = self.workers[self.workers.index.get_level_values("sector") == sector]
        rows = rows.droplevel("sector")
        rows = rows[rows.index.get_level_values("code").isin(members)]
        blank = rows.isna().unstack("industry", fill_value=False)  # noqa: PD010 - one value a cell
        table = rows.unstack("industry").fillna(0.0).mask(blank)  # noqa: PD010
        return table.reindex(members)

    def _known(self, each: pd.DataFrame, members: list[str]) -> list[str]:
        """Industries that all of the counties tell, where these hold nearly all of the sector's workers; else none."""
        known = [str(c) for c in each.columns[each.loc[members].notna().all()]]
        whole = each.dropna()
        total = float(whole.to_numpy().sum())
        enough = total > 0 and float(whole[known].to_numpy().sum()) >= self.least_told * total
        return known if enough else []

    def _refuse_more(self, place: str, sector: str, whole: float, told: dict[str, float]) -> None:
        """A part that is more than its whole is a mistake of codes, units or years."""
        limit = whole * (1.0 + self.tolerance)
        more = [c for c, value in told.items() if value > limit]
        if more or (told and sum(told.values()) > limit):
            who = self._names(more or told)
            amount = sum(told[c] for c in more or told)
            raise QuantityError(
                f"gdp: {who} has {amount:.6g} yuan of the {sector} sector in {self.year}, more than the {whole:.6g} of its prefecture"
                f" {self.named.get(place, place)}; look at the units and the codes of both"
            )

    def _refuse_less(self, place: str, sector: str, whole: float, told: dict[str, float]) -> None:
        """Parts of which none is missing and that are less than their whole lose the rest."""
        amount = sum(told.values())
        if amount < whole * (1.0 - self.tolerance):
            raise QuantityError(
                f"gdp: all counties of {self.named.get(place, place)} ({self._names(told)}) tell {amount:.6g} yuan of the {sector} sector in "
                f"{self.year}, less than its {whole:.6g}: the rest is nobody's; look at the units, give the county that lacks, or leave the "
                "counties' rows out"
            )

    def _names(self, codes: Iterable[object]) -> str:
        names = [self.named.get(str(c), str(c)) for c in codes]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return ", ".join(names[:NAMED]) + more


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


def _refuse_twice(product: pd.DataFrame) -> None:
    """A row that stands twice would count twice."""
    if (twice := product.duplicated(["code", "sector"])).any():
        row = product[twice].iloc[0]
        raise QuantityError(
            f"gdp: {row['code']} has the {row['sector']} sector of {row['year']} twice; keep one row"
        )


def _workers(
    jobs: pd.DataFrame, sectors: dict[str, tuple[str, ...]], belongs: dict[str, str]
) -> pd.Series:
    """Workers of each county by sector and industry."""
    rows = jobs.assign(code=jobs["code"].astype(str))
    rows = rows[rows["code"].isin(belongs)]
    # a word in two of the settings is of the first
    of = {name: sector for sector in reversed(SECTORS) for name in sectors[sector]}
    industry = rows["industry"].astype(str).str.strip()
    if (strange := ~industry.isin(of)).any():
        words = list(dict.fromkeys(industry[strange]))
        more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
        raise QuantityError(
            f"employment.industry: {', '.join(words[:NAMED])}{more} belong to no sector; known are {', '.join(of)}; name them in "
            "primary, secondary or tertiary of county_gdp"
        )
    rows = rows.assign(sector=industry.map(of), industry=industry)
    return rows.groupby(["code", "sector", "industry"])["persons"].sum(skipna=False)
