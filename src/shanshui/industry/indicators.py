"""Values of the evaluation system's indicators, as far as the study's data give them."""

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.vocabulary import (
    Counties,
    Employment,
    Gdp,
    PlaceIndicators,
    Population,
    Units,
)
from shanshui.industry.economy import prefecture_codes, sector_products, sound_jobs
from shanshui.industry.evaluation import evaluation_system
from shanshui.industry.io_tables import LinkedCategories
from shanshui.industry.lexicon import CATEGORIES
from shanshui.industry.tables import FirmCounts, IndicatorValues, Levels, PrefectureGep, RoledCities
from shanshui.region.levels import levels_told
from shanshui.region.years import chosen_year

CORE_ROLE = "core"
Row = tuple[str, str, str, str, float, str]


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def evaluation_indicators(
    prefectures: Units,
    counties: Counties,
    population: Population | None = None,
    cities: RoledCities | None = None,
    employment: Employment | None = None,
    gdp: Gdp | None = None,
    place_indicators: PlaceIndicators | None = None,
    prefecture_gep: PrefectureGep | None = None,
    emerging_firms: FirmCounts | None = None,
    linkages: LinkedCategories | None = None,
    technology_maturity: Levels | None = None,
) -> IndicatorValues:
    """Indicators of places and industries that the study's data give; a user's values come on top.

    Parameters
    ----------
    prefectures : polygons
        ``code, name``: the places; prefectures, or the counties themselves.
    counties : polygons
        ``code, name, parent``.
    population : table, optional
        ``code, year, population`` of counties: primacy, and residents for the employment effect.
    cities : points, optional
        ``name, role``: distance from the nearest core city.
    employment : table, optional
        ``code, year, industry, persons``: employed over residents, and science staff as technology intensity.
    gdp : table, optional
        ``code, year, sector, yuan``; with ``research_yuan`` among the indicators: research over product.
    place_indicators : table, optional
        ``code, year, indicator, value``; names of the evaluation system are taken as they are.
    prefecture_gep : table, optional
        Index ``unit``; ``total``: what nature gives a place stands for its resources.
    emerging_firms : table, optional
        ``code, name, category, firms``: layout.
    linkages : table, optional
        ``category, influence, sensitivity_ghosh, exports, growth, output`` of sectors with a category.
    technology_maturity : table, optional
        ``category, level``.

    Returns
    -------
    table
        ``subject`` place or industry, ``code, name, indicator, value, basis`` in words.

    Notes
    -----
    primacy = P1 / P2, residents of the first and second county; accessibility = least straight distance to a core city [km]; resources =
    GEP_p / sum GEP; layout_area = firms_p / sum firms (places), places with a firm / places (industries); technical_efficiency = science and
    information staff / employed; employment_effect = employed / residents; innovation = research / product; spillover = output-weighted mean
    of (influence + sensitivity) / 2; growth_potential = the same mean of value added / output; exports = sum of shares of exports; maturity =
    mean level. Formulas of the papers' table where it prints one [S], stand-ins of our own where the data lack it [D]: ``basis`` says which.
    """
    names = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    belongs = prefecture_codes(counties, prefectures)
    found: dict[str, tuple[dict[str, float], str]] = {}
    if population is not None:
        found["primacy"] = (_primacy(population, belongs), "first over second county by residents")
    if cities is not None:
        found["accessibility"] = (
            _distance(prefectures, cities),
            "straight line to the nearest core city",
        )
    if employment is not None:
        found |= _labour(employment, population, belongs)
    if prefecture_gep is not None:
        value = prefecture_gep.reset_index().set_index("unit")["total"]
        value = value.reindex(prefectures.index)
        share = value / value.sum(skipna=False)
        of_code = dict(zip(prefectures["code"].astype(str), share, strict=True))
        found["resources"] = (of_code, "share of the region's ecosystem product")
    firms = emerging_firms
    if firms is not None:
        firms = firms.assign(code=firms["code"].astype(str).map(belongs))
        count = firms.groupby("code")["firms"].sum().reindex(list(names), fill_value=0)
        if count.sum():
            basis = "share of the region's emerging firms"
            found["layout_area"] = (_plain(count / count.sum()), basis)
        else:
            firms = None  # none is told of a place of this level: that is not a layout of nothing
    rows: list[Row] = [
        ("place", code, names[code], indicator, float(value), basis)
        for indicator, (values, basis) in found.items()
        for code, value in values.items()
        if code in names and np.isfinite(value)
    ]
    rows += _given(place_indicators, gdp, names)
    rows += _of_industries(firms, linkages, technology_maturity, len(names))
    out = pd.DataFrame(rows, columns=["subject", "code", "name", "indicator", "value", "basis"])
    out = out.drop_duplicates(["subject", "code", "indicator"], keep="last")
    return out.sort_values(["subject", "code", "indicator"], ignore_index=True)


def _primacy(population: pd.DataFrame, belongs: dict[str, str]) -> dict[str, float]:
    year = chosen_year(population, "population", "population", places=set(belongs))
    latest = population[population["year"] == year]
    latest = latest.assign(place=latest["code"].astype(str).map(belongs))
    latest = latest[latest["place"].notna() & (latest["place"] != latest["code"].astype(str))]
    out = {}
    for place, part in latest.groupby("place"):
        if part["population"].isna().any():
            continue
        top = part["population"].nlargest(2).to_numpy()
        if len(top) == 2 and top[1] > 0:
            out[str(place)] = float(top[0] / top[1])
    return out


def _distance(prefectures: gpd.GeoDataFrame, cities: gpd.GeoDataFrame) -> dict[str, float]:
    cores = cities[cities["role"].astype(str) == CORE_ROLE].to_crs(prefectures.crs)
    if cores.empty:
        return {}
    points = prefectures.geometry.representative_point()
    km = [float(cores.distance(p).min()) / 1e3 for p in points]
    return dict(zip(prefectures["code"].astype(str), km, strict=True))


def _plain(values: pd.Series) -> dict[str, float]:
    return {str(k): float(v) for k, v in values.dropna().items()}


def _labour(
    employment: pd.DataFrame, population: pd.DataFrame | None, belongs: dict[str, str]
) -> dict[str, tuple[dict[str, float], str]]:
    year = chosen_year(employment, "persons", "employment", places=set(belongs))
    jobs = sound_jobs(employment[employment["year"] == year])
    whole = _whole(jobs, belongs)
    jobs = levels_told(jobs, "persons", belongs, "employment.persons", by=("industry",))
    jobs = jobs[jobs["summed"].to_numpy(bool)]
    jobs = jobs.assign(place=jobs["code"].astype(str).map(belongs))
    jobs = jobs[jobs["place"].isin(whole)]
    total = jobs.groupby("place")["persons"].sum(skipna=False)
    staff = jobs[jobs["industry"].isin(["science", "information"])]
    science = staff.groupby("place")["persons"].sum(skipna=False)
    out = {
        "technical_efficiency": (
            _plain(science / total.where(total > 0)),
            "science and information staff over all employed",
        )
    }
    if population is not None:
        near = min(population["year"].unique(), key=lambda y: (abs(int(y) - year), int(y)))
        people = population[population["year"] == near]
        whole = _whole(people, belongs)
        people = levels_told(people, "population", belongs, "population")
        people = people[people["summed"].to_numpy(bool)]
        people = people.assign(place=people["code"].astype(str).map(belongs))
        people = people[people["place"].isin(whole)]
        heads = people.groupby("place")["population"].sum(skipna=False)
        share = total / heads.where(heads > 0)
        out["employment_effect"] = (_plain(share), "employed over residents")
    return out


def _whole(rows: pd.DataFrame, belongs: dict[str, str]) -> set[str]:
    """Places of which a table has the row, or one of every place within: the sum of some of these is no sum of the whole."""
    told = set(rows["code"].astype(str))
    lacks = {belongs[code] for code in belongs if code != belongs[code] and code not in told}
    return {p for p in set(belongs.values()) if p in told or p not in lacks}


def _given(
    indicators: pd.DataFrame | None, gdp: pd.DataFrame | None, names: dict[str, str]
) -> list[Row]:
    if indicators is None:
        return []
    own = {i.indicator for i in evaluation_system()}
    rows = indicators.assign(code=indicators["code"].astype(str)).sort_values("year")
    rows = rows[rows["code"].isin(names)]
    given = rows[rows["indicator"].isin(own)]
    out: list[Row] = [
        ("place", code, names[code], indicator, value, f"given, {year}")
        for code, indicator, value, year in _cells(given)
    ]
    if gdp is not None:
        whole = sector_products(gdp).sum(axis=1).to_dict()
        out += [
            (
                "place",
                code,
                names[code],
                "innovation",
                value / whole[code, year],
                f"research over product, {year}",
            )
            for code, _, value, year in _cells(rows[rows["indicator"] == "research_yuan"])
            if whole.get((code, year))
        ]
    return out


def _cells(rows: pd.DataFrame) -> list[tuple[str, str, float, int]]:
    return [
        (str(c), str(i), float(v), int(y))
        for c, i, v, y in zip(
            rows["code"], rows["indicator"], rows["value"], rows["year"], strict=True
        )
    ]


def _of_industries(
    firms: pd.DataFrame | None,
    linkages: pd.DataFrame | None,
    maturity: pd.DataFrame | None,
    places: int,
) -> list[Row]:
    out: list[Row] = []
    if firms is not None:
        # firms of several counties of one prefecture are of one place; those of no prefecture are of none
        some = firms[firms["firms"] > 0].groupby("category")["code"].nunique()
        out += [
            (
                "industry",
                c,
                c,
                "layout_area",
                float(some.get(c, 0)) / max(places, 1),
                "share of places with a firm",
            )
            for c in CATEGORIES
        ]
    if linkages is not None and "category" in linkages:
        sectors = linkages[linkages["category"].isin(CATEGORIES) & (linkages["output"] > 0)]
        for category, part in sectors.groupby("category"):
            weight = part["output"] / part["output"].sum()
            both = 0.5 * (part["influence"] + part["sensitivity_ghosh"])
            found = {
                "spillover": (
                    float((both * weight).sum()),
                    "mean of influence and sensitivity (Ghosh)",
                ),
                "growth_potential": (
                    float((part["growth"] * weight).sum()),
                    "value added over output",
                ),
                "exports": (float(part["exports"].sum(min_count=1)), "share of all exports"),
            }
            out += [
                ("industry", str(category), str(category), indicator, value, basis)
                for indicator, (value, basis) in found.items()
                if np.isfinite(value)
            ]
    if maturity is not None:
        level = maturity[maturity["category"].isin(CATEGORIES)].groupby("category")["level"].mean()
        out += [
            ("industry", str(c), str(c), "maturity", float(v), "mean level of its technologies")
            for c, v in level.items()
        ]
    return out
