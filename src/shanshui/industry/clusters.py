"""Clusters and the industries meant for their cities beside what is there; service hubs as different plans see them; who leaves when."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Features, Table
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Facts, Units
from shanshui.industry.access_rules import admit, checked_code, rules_of
from shanshui.industry.admission import RuleTable
from shanshui.industry.layout import phase_out
from shanshui.industry.lexicon import CATEGORIES

Clusters = Annotated[pd.DataFrame, Table(("cluster", "core", "city", "categories"))]
Hubs = Annotated[pd.DataFrame, Table(("scheme", "city", "role"))]
Capacities = Annotated[pd.DataFrame, Table(("plant", "code", "capacity"))]
FirmPlaces = Annotated[gpd.GeoDataFrame, Features(("code", "name", "firms", "leading"))]


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def cluster_industries(clusters: Clusters, emerging_firms: Facts) -> Facts:
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
    out = pd.DataFrame(rows, columns=columns)
    out.attrs["units"] = {}
    return out


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def service_hubs(hubs: Hubs) -> Facts:
    """Role of each city in the service network as different schemes give it, and where they differ.

    Parameters
    ----------
    hubs : table
        ``scheme, city, role``: core, key, centre, pole or node.

    Returns
    -------
    table
        ``city`` and a column per scheme, blank where it is silent; ``agree`` where all that name it say the same.
    """
    rows = hubs.assign(**{c: hubs[c].astype(str) for c in ("scheme", "city", "role")})
    if rows.duplicated(["scheme", "city"]).any():
        first = rows[rows.duplicated(["scheme", "city"])].iloc[0]
        raise QuantityError(f"hubs: {first['city']} has two roles in {first['scheme']}; keep one")
    wide = rows.pivot_table(index="city", columns="scheme", values="role", aggfunc="first").fillna(
        ""
    )
    agree = [len({v for v in line if v}) <= 1 for line in wide.to_numpy()]
    out = wide.reset_index().assign(agree=agree)
    out.columns = pd.Index([str(c) for c in out.columns])
    out.attrs["units"] = {}
    return out


@assessment(source="decisions/0014-industry", bytes_per_cell=0)
def phase_out_schedule(
    capacities: Capacities,
    access_rules: RuleTable,
    *,
    start: int = 2020,
    years: Annotated[int, Between(1, 50)] = 10,
) -> Facts:
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
        ``plant, code, capacity, leaves`` [yr], ``remaining`` capacity of its industry after it left, ``rules``. Plants that may stay are
        left out.
    """
    rules = rules_of(access_rules.to_dict("records"))
    rows = capacities.assign(code=[checked_code(str(c)) for c in capacities["code"]])
    answers = {
        c: admit(c, {}, kind="existing", year=start, rules=rules) for c in rows["code"].unique()
    }
    gone = rows[[answers[c].verdict == "eliminate" for c in rows["code"]]]
    parts = []
    for code, part in gone.groupby(gone["code"].str[:2], sort=True):
        table = phase_out(part, start=start, stop=start + years - 1)
        table["code"] = table["plant"].map(
            dict(zip(part["plant"].astype(str), part["code"], strict=True))
        )
        names = [
            r.rule for r in answers[str(table["code"].iloc[0])].fired if r.verdict == "eliminate"
        ]
        parts.append(table.assign(division=str(code), rules=" ".join(names)))
    columns = ["plant", "code", "capacity", "leaves", "remaining", "rules"]
    out = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    out.attrs["units"] = {}
    return out


@assessment(source="sei2018", bytes_per_cell=0)
def firm_places(emerging_firms: Facts, prefectures: Units, counties: Units) -> FirmPlaces:
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
    out.attrs["units"] = {"firms": "1"}
    return out


def construction_jobs(
    investment: np.ndarray,
    inverse: np.ndarray,
    jobs_per_output: np.ndarray,
    *,
    local_share: float = 1.0,
) -> dict[str, float]:
    """Work that an investment gives: on the site, with suppliers, and what of both stays in the place.

    Parameters
    ----------
    investment : (sector,) [money]
        Final demand by sector that builds, equips and keeps the works.
    inverse : (sector, sector) [1]
        Leontief inverse; that of the place, if there is one.
    jobs_per_output : (sector,) [person*yr/money]
        Work in a unit of output.
    local_share : float [1]
        Of the jobs that people of the place take.

    Returns
    -------
    dict [person*yr]
        ``direct, indirect, total, local``.

    Raises
    ------
    QuantityError
        A share outside [0, 1], shapes that do not fit.
    """
    y, jobs, table = (np.asarray(v, np.float64) for v in (investment, jobs_per_output, inverse))
    if not 0.0 <= local_share <= 1.0:
        raise QuantityError(f"local_share: {local_share}, expected 0 to 1")
    if table.shape != (len(y), len(y)) or jobs.shape != y.shape:
        raise QuantityError(
            f"investment, inverse, jobs: {y.shape}, {table.shape}, {jobs.shape} do not fit"
        )
    direct, total = float(jobs @ y), float(jobs @ table @ y)
    return {
        "direct": direct,
        "indirect": total - direct,
        "total": total,
        "local": local_share * total,
    }
