"""Stage of industrialisation of counties and of the whole region, and what the region is of the nation."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import ANY, TEXT, Features, Key, Table
from shanshui.core.setting import Between, Each
from shanshui.core.units import conversion
from shanshui.core.vocabulary import Counties, Employment, Nation, PlaceIndicators, Population
from shanshui.industry.county_product import SectorProducts
from shanshui.industry.economy import sector_products, sector_shares
from shanshui.industry.stage_verdicts import stage_rows, stage_values
from shanshui.industry.stages import WEIGHTS
from shanshui.region.years import WHOLE

CountyStages = Annotated[
    pd.DataFrame,
    Table(
        {
            "code": Key("county"), "name": TEXT, "year": "yr", "criterion": TEXT, "value": ANY, "stage": TEXT, "score": "1", "doubt": TEXT,
        }
    ),
]  # fmt: skip
RegionStage = Annotated[
    pd.DataFrame,
    Table(
        {"year": "yr", "criterion": TEXT, "value": ANY, "stage": TEXT, "score": "1", "doubt": TEXT}
    ),
]
ProductShare = Annotated[pd.DataFrame, Table({"figure": TEXT, "value": ANY, "unit": TEXT})]
Levels = Annotated[gpd.GeoDataFrame, Features({"level": TEXT, "*": ANY}, Key("spatial_level"))]
REGION = "region"
"""Stands for the code of the whole region."""


def inner_counties(levels: gpd.GeoDataFrame | None, counties: gpd.GeoDataFrame | None) -> set[str]:
    """Codes of the counties whose inner point lies in the inner level; none where that is not told.

    Parameters
    ----------
    levels : polygons
        ``level``: the one called ``inner`` is the region.
    counties : polygons
        ``code``.
    """
    if levels is None or counties is None:
        return set()
    outline = levels.geometry[levels["level"] == "inner"].iloc[0]
    shapely.prepare(outline)
    points = shapely.point_on_surface(counties.geometry.values)
    return set(counties["code"].astype(str)[shapely.contains(outline, points)])


@assessment(source="chen2006", bytes_per_cell=0)
def county_stage(
    county_gdp: SectorProducts,
    counties: Counties,
    population: Population | None = None,
    place_indicators: PlaceIndicators | None = None,
    employment: Employment | None = None,
    *,
    years: Annotated[tuple[float, ...], Each(1900.0, 2200.0)] = (),
    yuan_per_dollar: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> CountyStages:
    """Stage of industrialisation of each county by several criteria, the verdict of each beside the whole.

    Parameters
    ----------
    county_gdp : table
        ``code, year, sector, yuan``.
    counties : polygons
        ``code, name``.
    population : table, optional
        ``code, year, population`` of counties.
    place_indicators : table, optional
        ``code, year, indicator, value`` of counties: ``urban_population, total_population`` [person], ``urban_share`` [1].
    employment : table, optional
        ``code, year, industry, persons`` of counties.
    years : tuple of float [yr]
        Judged; all of ``county_gdp`` without any.
    yuan_per_dollar : float [yuan]
        Of the year that buy what a dollar of 2005 bought; 0 takes the table that comes with the product [M].
    least_known : float [1]
        Weight of the criteria that must be known for a composite [D].

    Returns
    -------
    table
        ``code, name, year, criterion, value, stage, score, doubt`` as :func:`shanshui.industry.stage_verdicts.industrial_stage` has them.

    Raises
    ------
    QuantityError
        No criterion known for any county, a year without purchasing power.

    Notes
    -----
    ``K = sum_k w_k lambda_k / sum_k w_k`` over the criteria that are known, limits and weights as for prefectures (Chen, Huang and Zhong 2006
    [M]). Product that was shared out by workers gives every worker of a sector the mean of the prefecture: a county's product per head is its
    structure and its share of people at work, not its own wages [D].
    """
    codes = counties["code"].astype(str)
    names = dict(zip(codes, counties["name"].astype(str), strict=True))
    judged = [int(y) for y in years] or sorted({int(y) for y in county_gdp["year"]})
    own = {c: c for c in names}
    values = stage_values(county_gdp, own, judged, population, place_indicators, employment)
    shares = sector_shares(county_gdp)
    out = stage_rows(names, judged, values, shares, yuan_per_dollar, least_known)
    if out.empty:
        raise QuantityError(
            f"county_gdp: no criterion is known for any county in {', '.join(map(str, judged))}"
        )
    out.attrs["weights"] = WEIGHTS
    return out


@assessment(source="chen2006", bytes_per_cell=0)
def region_stage(
    county_gdp: SectorProducts,
    counties: Counties,
    spatial_levels: Levels,
    population: Population | None = None,
    place_indicators: PlaceIndicators | None = None,
    employment: Employment | None = None,
    *,
    yuan_per_dollar: Annotated[float, Between(0.0, 1000.0)] = 0.0,
    least_known: Annotated[float, Between(0.0, 1.0)] = 0.5,
) -> RegionStage:
    """Stage of industrialisation of the region as a whole, from the sums of its counties.

    Parameters
    ----------
    county_gdp : table
        ``code, year, sector, yuan``.
    counties : polygons
        ``code, name``.
    spatial_levels : polygons
        ``level``: the inner one is the region.
    population, place_indicators, employment : table, optional
        Of counties, as for :func:`county_stage`.
    yuan_per_dollar, least_known : float
        As for :func:`county_stage`.

    Returns
    -------
    table
        ``year, criterion, value, stage, score, doubt``. ``doubt`` tells how many counties are in it where some have no product.

    Raises
    ------
    QuantityError
        No year in which nine tenths of the region's counties have a product.

    Notes
    -----
    Criteria of :func:`county_stage` on sums: product per head = ``sum_c G_c / sum_c P_c``, ``G`` product and ``P`` people of the counties c
    whose three sectors are known, the same c above and below the line; at least nine tenths of them [D]. Limits and weights of Chen, Huang
    and Zhong (2006 [M]).
    """
    inner = inner_counties(spatial_levels, counties)
    products = sector_products(county_gdp).reset_index()
    parts = []
    for year, rows in products.groupby("year"):
        known = set(rows["code"]) & inner
        if len(known) < WHOLE * len(inner):
            continue
        money = county_gdp[county_gdp["code"].astype(str).isin(known)].assign(code=REGION)
        out = stage_rows(
            {REGION: REGION}, [int(str(year))],
            stage_values(
                money, dict.fromkeys(known, REGION), [int(str(year))], _of(population, known), _towns(place_indicators, known),
                _of(employment, known),
            ),
            sector_shares(money), yuan_per_dollar, least_known,
        )  # fmt: skip
        if len(known) < len(inner):
            told = f"{len(known)} of {len(inner)} counties"
            out["doubt"] = [f"{doubt}; {told}" if doubt else told for doubt in out["doubt"]]
        parts.append(out)
    if not parts:
        raise QuantityError(
            f"county_gdp: in no year have {WHOLE:.0%} of the {len(inner)} counties of the region a product; its column basis"
            " says why"
        )
    return pd.concat(parts, ignore_index=True).drop(columns=["code", "name"])


def _of(table: pd.DataFrame | None, codes: set[str]) -> pd.DataFrame | None:
    return None if table is None else table[table["code"].astype(str).isin(codes)]


def _towns(indicators: pd.DataFrame | None, codes: set[str]) -> pd.DataFrame | None:
    """Townspeople and people of the counties; none where one of them is never counted: the others are not the region."""
    rows = _of(indicators, codes)
    if rows is None:
        return None
    rows = rows[rows["indicator"].isin(["urban_population", "total_population"])]
    return rows if set(rows["code"].astype(str)) == codes else None


@assessment(source="own_frame", bytes_per_cell=0)
def product_share(
    county_gdp: SectorProducts,
    counties: Counties,
    spatial_levels: Levels,
    nation: Nation | None = None,
) -> ProductShare:
    """Product of the region's counties, and its share of the nation's.

    Parameters
    ----------
    county_gdp : table
        ``code, year, sector, yuan``; the latest year of it.
    counties : polygons
        ``code``.
    spatial_levels : polygons
        ``level``: the inner one is the region.
    nation : table, optional
        ``figure, year, value, unit``: its ``product`` of the year of the counties'.

    Returns
    -------
    table
        ``figure, value, unit``: ``year``, ``counties`` of the region, ``counties_known``, ``product`` of these, ``product_of_all`` (missing where
        one has none), ``known_ground`` share of the ground of these counties in that of all, ``nation`` and ``product_share`` (of the known
        counties; missing without the nation's, and where less than nine tenths of the counties have a product).

    Raises
    ------
    QuantityError
        No county of the region with a product, a nation's product of other years only.

    Notes
    -----
    ``product_share = sum_c sum_s G_cs / G``: ``G_cs`` product of sector s in county c of the region whose three sectors are known, ``G`` of the
    nation. It is a lower bound where a county has none. Our own frame [D]; of Qinba 2.26 % are published [S].
    """
    inner = inner_counties(spatial_levels, counties)
    year = int(county_gdp["year"].max())
    rows = county_gdp[county_gdp["year"] == year]
    rows = rows[rows["code"].astype(str).isin(inner)]
    known = rows.groupby("code")["yuan"].agg(lambda part: part.sum(skipna=False)).dropna()
    if known.empty:
        raise QuantityError(
            f"county_gdp: no county of the region has a product in {year}; its column basis says why"
        )
    total, whole = float(known.sum()), _of_nation(nation, year)
    ground = pd.Series(counties.area.to_numpy(float), index=counties["code"].astype(str))
    ground = ground[ground.index.isin(inner)]
    some = len(known) < WHOLE * len(inner)
    figures = [
        ("year", float(year), "yr"),
        ("counties", float(len(inner)), "1"),
        ("counties_known", float(len(known)), "1"),
        ("product", total, "yuan"),
        ("product_of_all", total if len(known) == len(inner) else np.nan, "yuan"),
        ("known_ground", float(ground[ground.index.isin(known.index)].sum() / ground.sum()), "1"),
        ("nation", whole, "yuan"),
        ("product_share", np.nan if some else total / whole, "1"),
    ]
    return pd.DataFrame(figures, columns=["figure", "value", "unit"])


def _of_nation(nation: pd.DataFrame | None, year: int) -> float:
    """Product of the nation in a year [yuan]; missing where nobody gave one."""
    rows = pd.DataFrame() if nation is None else nation[nation["figure"] == "product"]
    if rows.empty:
        return np.nan
    own = rows[rows["year"] == year]
    if own.empty:
        years = ", ".join(str(int(y)) for y in sorted(rows["year"]))
        raise QuantityError(
            f"nation: has its product of {years} beside that of the counties of {year}; give the nation's product of {year}"
        )
    factor, _ = conversion(str(own["unit"].iloc[0]).removesuffix("/yr"), "yuan")
    return float(own["value"].iloc[0]) * factor
