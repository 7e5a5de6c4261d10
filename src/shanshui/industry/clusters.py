"""Clusters and the industries meant for their cities beside what is there; service hubs as different plans see them; who leaves when."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, Prefectures
from shanshui.industry.access_rules import admit
from shanshui.industry.classification import checked_code
from shanshui.industry.layout import phase_out
from shanshui.industry.lexicon import CATEGORIES
from shanshui.industry.rule_book import rules_of
from shanshui.industry.tables import (
    Capacities,
    ClusterIndustries,
    Clusters,
    FirmCounts,
    FirmPlaces,
    Hubs,
    LeadingFirms,
    PhaseOut,
    RuleTable,
    ServiceHubs,
)


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def cluster_industries(clusters: Clusters, emerging_firms: FirmCounts) -> ClusterIndustries:
    """Industries meant for the key city of each cluster, beside the firms that are there.

    Parameters
    ----------
    clusters : table
        ``cluster, core`` cities, key ``city`` by its name or code, ``categories`` divided by spaces.
    emerging_firms : table
        ``code, name, category, firms``.

    Returns
    -------
    table
        ``cluster, core, city, category, intended``, ``firms`` of the city in it, ``rank`` of the category among the city's, ``verdict``:
        ``meant and there``, ``meant, not there``, ``there, not meant``. A city that is in no layer has no firms.

    Raises
    ------
    QuantityError
        A category that is none of the nine.

    Notes
    -----
    rank_k = 1 + number of categories with more firms in the city. Our own comparison [D] (decisions/0014-industry) of the papers' list of
    key
    cities with what a register holds.
    """
    rows = []
    names, codes = emerging_firms["name"].astype(str), emerging_firms["code"].astype(str)
    for cluster in clusters.itertuples(index=False):
        city = str(cluster.city)
        meant = str(cluster.categories).split()
        strange = [c for c in meant if c not in CATEGORIES]
        if strange:
            raise QuantityError(
                f"clusters.categories: {', '.join(strange)} of {city}; known: {', '.join(CATEGORIES)}"
            )
        own = emerging_firms[(codes == city) | names.str.startswith(city)]
        count = own.groupby("category")["firms"].sum().reindex(list(CATEGORIES), fill_value=0)
        order = count.rank(ascending=False, method="min").astype(int)
        for category in CATEGORIES:
            there, wanted = int(count[category]) > 0, category in meant
            if there or wanted:
                verdict = (
                    "meant and there"
                    if there and wanted
                    else "meant, not there"
                    if wanted
                    else "there, not meant"
                )
                rows.append(
                    (
                        str(cluster.cluster),
                        str(cluster.core),
                        city,
                        category,
                        wanted,
                        int(count[category]),
                        int(order[category]),
                        verdict,
                    )
                )
    columns = ["cluster", "core", "city", "category", "intended", "firms", "rank", "verdict"]
    return pd.DataFrame(rows, columns=columns)


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def service_hubs(hubs: Hubs) -> ServiceHubs:
    """Role of each city in the service network as different schemes give it, and where they differ.

    Parameters
    ----------
    hubs : table
        ``scheme, city, role``: core, key, centre, pole or node.

    Returns
    -------
    table
        ``city`` and a column per scheme, blank where it is silent; ``agree``: 1 where all that name it say the same, 0 where not, missing where one
        scheme alone names it.

    Raises
    ------
    QuantityError
        A city with two roles in one scheme.

    Notes
    -----
    agree = (the roles that at least two schemes give a city are one). Schemes stand beside each other as different plans and papers print
    them; that a silent scheme neither agrees nor disagrees is our own rule (decisions/0014-industry) [D].
    """
    rows = hubs.assign(**{c: hubs[c].astype(str) for c in ("scheme", "city", "role")})
    if rows.duplicated(["scheme", "city"]).any():
        first = rows[rows.duplicated(["scheme", "city"])].iloc[0]
        raise QuantityError(f"hubs: {first['city']} has two roles in {first['scheme']}; keep one")
    wide = rows.pivot_table(index="city", columns="scheme", values="role", aggfunc="first").fillna(
        ""
    )
    # one scheme alone neither agrees nor disagrees with another
    named = [[v for v in line if v] for line in wide.to_numpy()]
    agree = [float(len(set(v)) == 1) if len(v) > 1 else np.nan for v in named]
    out = wide.reset_index().assign(agree=agree)
    out.columns = pd.Index([str(c) for c in out.columns])
    return out


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def phase_out_schedule(
    capacities: Capacities,
    access_rules: RuleTable,
    *,
    start: Annotated[int, Between(1900, 2200)] = 2020,
    years: Annotated[int, Between(1, 50)] = 10,
) -> PhaseOut:
    """Year in which each plant that the rules eliminate leaves: the oldest first, capacity along a straight line.

    Parameters
    ----------
    capacities : table
        ``plant, code`` of industry, ``capacity`` in one unit per industry; ``built`` [yr] if known.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has; those without conditions on a place count.
    start : int [yr]
        First year of less.
    years : int [yr]
        After which none is left; the papers give coal five to ten [S].

    Returns
    -------
    table
        ``plant, code, capacity, leaves`` [yr], ``remaining`` capacity of its division (first two digits) after it left, ``rules``. Plants
        that may stay are
        left out.

    Raises
    ------
    QuantityError
        Codes of no division, capacities that are missing or below 0.

    Notes
    -----
    With capacity C of a division and T years from ``start``, capacity left <= C (1 - (t - start + 1) / T) in year t: plants
    leave in order of the year they were built, then of size, each in the first year in which the line falls below what is left. Our own
    rule [D]
    (decisions/0014-industry); that old capacity goes first and within five to ten years is the papers' [S].
    """
    rules = rules_of(access_rules.to_dict("records"))
    rows = capacities.reset_index(drop=True)
    rows["code"] = [checked_code(str(c)) for c in rows["code"]]
    answers = {
        # what must be gone by the end of the years, even if it is only held down at their start
        c: admit(c, {}, kind="existing", year=start + years, rules=rules)
        for c in rows["code"].unique()
    }
    gone = rows[[answers[c].verdict == "eliminate" for c in rows["code"]]]
    named = {
        c: " ".join(r.rule for r in answer.fired if r.verdict == "eliminate")
        for c, answer in answers.items()
    }
    parts = []
    for _, part in gone.groupby(gone["code"].str[:2], sort=True):
        table = phase_out(part, start=start, stop=start + years - 1)
        code = part.loc[table.index, "code"]
        parts.append(table.assign(code=code, rules=code.map(named)))
    columns = ["plant", "code", "capacity", "leaves", "remaining", "rules"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


@assessment(source="sei2018", bytes_per_cell=0)
def firm_places(
    emerging_firms: LeadingFirms, prefectures: Prefectures, counties: Counties
) -> FirmPlaces:
    """Places with emerging firms on the map.

    Parameters
    ----------
    emerging_firms : table
        ``code, category, firms``.
    prefectures, counties : polygons
        ``code, name``; firms known by county are drawn there, those known by prefecture there.

    Returns
    -------
    polygons
        ``code, name, firms``, ``leading`` category; prefectures first, so that counties lie above them.

    Notes
    -----
    firms_p = sum_k n_pk, leading_p = the category with most firms; the first in the table among equals. Categories are those of the
    classification of 2018.
    """
    total = emerging_firms.groupby(emerging_firms["code"].astype(str))["firms"].sum()
    most = emerging_firms.sort_values("firms", ascending=False).drop_duplicates("code")
    leading = dict(zip(most["code"].astype(str), most["category"].astype(str), strict=True))
    parts = []
    for frame in (prefectures, counties):
        own = frame[frame["code"].astype(str).isin(total.index[total > 0])]
        code = own["code"].astype(str)
        parts.append(
            gpd.GeoDataFrame(
                {
                    "code": code,
                    "name": own["name"].astype(str),
                    "firms": code.map(total).astype(float),
                    "leading": code.map(leading),
                },
                geometry=own.geometry,
                crs=frame.crs,
            )
        )
    out = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=prefectures.crs)
    out.index = pd.RangeIndex(1, len(out) + 1, name="place")
    return out
