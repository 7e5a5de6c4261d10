"""What people work at: structure beside the nation, and the make-up of a green economy."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, Employment, Gdp, Prefectures
from shanshui.industry.economy import prefecture_codes, sector_products, sound_jobs
from shanshui.industry.regional_tables import location_quotients
from shanshui.industry.structure import basic_jobs, concentration, krugman_specialisation
from shanshui.industry.tables import EmploymentStructure, GreenGaps, UrbanFlow
from shanshui.region.levels import levels_told
from shanshui.region.years import chosen_year

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


@assessment(source="krugman1991", bytes_per_cell=0)
def employment_structure(
    employment: Employment,
    prefectures: Prefectures,
    counties: Counties,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> EmploymentStructure:
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
        By default the latest that most places have.

    Returns
    -------
    table
        ``code, name, industry, persons, share`` [1], ``location_quotient`` [1], ``specialisation`` (Krugman) and ``herfindahl`` of the place.
        A prefecture of which a figure is blank is not in it, nor its places in the nation: the attribute ``without_figures`` names them.

    Raises
    ------
    QuantityError
        No rows of the year, no place of the table within the prefectures.

    Notes
    -----
    With e_i jobs of the place, n_i of the nation, sums e and n: share = e_i / e; location_quotient = (e_i / e) / (n_i / n) (Miller and Blair
    2009, section 8.2 [S2]); specialisation = sum_i |e_i / e - n_i / n|, 0 to 2 (Krugman 1991 [M]); herfindahl = sum_i (e_i / e)^2.
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
    out.attrs |= wide.attrs
    return out


def jobs_by_place(
    employment: pd.DataFrame,
    prefectures: gpd.GeoDataFrame,
    counties: gpd.GeoDataFrame,
    year: int | None,
) -> tuple[pd.DataFrame, pd.Series, dict[str, str]]:
    """Jobs by prefecture and industry, those of the nation, and names of prefectures; the latest year by default.

    Places with a blank are of neither, nor is the prefecture of one; the attribute ``without_figures`` of the jobs names these prefectures.
    """
    belongs = prefecture_codes(counties, prefectures)
    chosen = chosen_year(employment, "persons", "employment", year=year, places=set(belongs))
    rows = sound_jobs(employment[employment["year"] == chosen])
    rows = levels_told(rows, "persons", belongs, "employment.persons", by=("industry",))
    # a place of which parts are told, and not all, speaks for itself
    rows = rows[rows["summed"].to_numpy(bool)]
    # a place with a blank is no whole, and shares of the others are not its
    blank = rows["persons"].isna()
    silent = set(rows["code"].astype(str)[blank])
    if silent and silent == set(rows["code"].astype(str)):
        raise QuantityError(
            f"employment.persons: each place has a blank in {chosen}, as {rows['code'][blank].iloc[0]} in {rows['industry'][blank].iloc[0]}; "
            "give the figures, name the column of their sum as class_total, or leave rows out where nobody works"
        )
    rows = rows[~rows["code"].astype(str).isin(silent)]
    nation = rows.groupby("industry")["persons"].sum()
    inside = rows.assign(code=rows["code"].astype(str).map(belongs)).dropna(subset=["code"])
    wide = inside.pivot_table(
        index="code", columns="industry", values="persons", aggfunc="sum"
    ).fillna(0.0)
    wide = wide.reindex(columns=nation.index, fill_value=0.0)
    names = dict(zip(prefectures["code"].astype(str), prefectures["name"].astype(str), strict=True))
    cut = {belongs[c] for c in silent if c in belongs}
    wide = wide[wide.index.isin(names) & (wide.sum(axis=1) > 0) & ~wide.index.isin(cut)]
    if wide.empty:
        raise QuantityError(
            "employment: no place of the table lies in the prefectures of the study"
            + (f" and has no blank in {chosen}" if cut else "")
        )
    wide.attrs["without_figures"] = [names[c] for c in sorted(cut) if c in names]
    return wide, nation, names


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def green_composition(
    employment: Employment,
    prefectures: Prefectures,
    counties: Counties,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
    target: Annotated[float, Between(0.5, 1.0)] = 0.75,
) -> GreenGaps:
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
        By default the latest that most places have.
    target : float [1]
        Quantile of the prefectures that sets the target of each class of services; farming and industry aim at the nation's share [D].

    Returns
    -------
    table
        ``code, name, class, share, target, gap`` [1]: gap is target less share, above 0 where there is less than aimed at.

    Raises
    ------
    QuantityError
        No rows of the year, no place of the table within the prefectures.

    Notes
    -----
    gap_k = t_k - e_k / e. t_k = n_k / n, the nation's share, for farming, industry and public services; for the other classes of services the
    greater of it and the quantile ``target`` of the prefectures' shares. Our own measure (decisions/0014-industry): classes and target [D].
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
    out.attrs |= wide.attrs
    return out


@assessment(source="urbanflow2022", bytes_per_cell=0)
def urban_flow(
    employment: Employment,
    prefectures: Prefectures,
    counties: Counties,
    gdp: Gdp | None = None,
    *,
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> UrbanFlow:
    """Jobs of each prefecture that serve places outside, and the flow of product that they stand for.

    Parameters
    ----------
    employment : table
        ``code, year, industry, persons``; all places of the table together are the nation.
    prefectures : polygons
        ``code, name``.
    counties : polygons
        ``code, parent``.
    gdp : table, optional
        ``code, year, sector, yuan`` of the prefectures in the year of the jobs: product of a job.
    year : int
        The latest of the jobs by default.

    Returns
    -------
    table
        ``code, name, industry, persons, basic`` [person] jobs beyond the nation's share, ``flow`` [yuan/yr] of them; the flow is NaN where
        the product of all three sectors is not known, and attributes name these places.

    Notes
    -----
    Minimum of basic employment by location quotient: E_i = max(0, e_i - e n_i / n), e and n jobs of the place and of the nation; urban flow
    F = N sum_i E_i with N = product / e, as used for the cities of Guanzhong (ChinaXiv-202202.00020 [S2]). The nation's shares stand for
    what a place needs itself.
    """
    belongs = prefecture_codes(counties, prefectures)
    chosen = chosen_year(employment, "persons", "employment", year=year, places=set(belongs))
    wide, nation, names = jobs_by_place(employment, prefectures, counties, chosen)
    product: dict[str, float] = {}
    if gdp is not None:
        total = sector_products(gdp).sum(axis=1).reset_index(name="yuan")
        total = total[total["year"] == chosen]
        product = dict(zip(total["code"], total["yuan"].astype(float), strict=True))
    rows = []
    for code, line in wide.iterrows():
        each = product.get(str(code), np.nan) / float(line.sum())
        for industry, persons, basic in zip(
            wide.columns, line, basic_jobs(line, nation), strict=True
        ):
            rows.append(
                (code, names[str(code)], industry, float(persons), float(basic), each * basic)
            )
    out = pd.DataFrame(rows, columns=["code", "name", "industry", "persons", "basic", "flow"])
    lost = [names[str(c)] for c in wide.index if str(c) not in product]
    out.attrs["without_figures"] = [*wide.attrs["without_figures"], *lost]
    return out
