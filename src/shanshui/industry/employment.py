"""What people work at: structure beside the nation, and the make-up of a green economy."""

from typing import Annotated

import geopandas as gpd
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Facts, Units
from shanshui.industry.economy import Employment, prefecture_codes
from shanshui.industry.regional_tables import location_quotients
from shanshui.industry.structure import concentration, krugman_specialisation

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
