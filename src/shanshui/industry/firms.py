"""Emerging firms of the region: counted by place and category, from a register of any size or one screened before."""

from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.setting import Between
from shanshui.core.vocabulary import Counties, Prefectures
from shanshui.industry.lexicon import CATEGORIES, read_lexicon
from shanshui.industry.screening import ALONE, WITH_CODE, Screener
from shanshui.industry.structure import concentration
from shanshui.industry.tables import EmergingFirms, Register, ScreenedFirms, Vocabulary

PUBLISHED = {"陕西": 240, "河南": 52, "湖北": 492, "四川": 357, "甘肃": 245, "重庆": 44}
"""Firms of the nine categories in 119 counties, register of May 2019; they sum to 1430 [S]."""
_ENDINGS = ("市", "县", "区", "州", "地区", "林区", "自治州", "自治县", "省")


@assessment(source="sei2018", bytes_per_cell=0)
def screened_firms(
    firms: Register,
    words: Vocabulary | None = None,
    *,
    with_code: Annotated[float, Between(0.01, 1.0)] = WITH_CODE,
    alone: Annotated[float, Between(0.01, 1.0)] = ALONE,
) -> ScreenedFirms:
    """Firms of a register that are of an emerging industry, or may be.

    Parameters
    ----------
    firms : table
        ``name`` and, as there are, ``scope, code, place, province, year, capital_yuan``; a result of ``shanshui screen`` is taken as it is.
    words : table, optional
        ``category, word, specificity``: over the vocabulary that comes with the product.
    with_code : float [1]
        Text score that a starred code needs.
    alone : float [1]
        Text score that text needs where no code speaks.

    Returns
    -------
    table
        ``name`` and, as the register has them, ``place, province, year`` (whole), ``capital_yuan``; ``category, also, decision, basis,
        code_score, text_score, head_office, evidence, review``; firms of none are left out, the number of all is in the attributes.

    Raises
    ------
    DataError
        Words that cannot be read.

    Notes
    -----
    c = 1 whole code, 0.5 starred, 0 none; t = 1 - prod over words of (1 - weight), a word once, by its strongest mention. A category is
    accepted if c = 1, or c = 0.5 and t >= with_code, or t >= alone; within 0.15 below the limit a firm goes to review. Categories and the
    star are those of the classification of strategic emerging industries of 2018 (codes [M]); words, weights and limits are our own [D].
    Words are found by the automaton of Aho and Corasick (1975) [M], the longest at the leftmost place.
    """
    kept = [c for c in ("name", "place", "province", "year", "capital_yuan") if c in firms]
    if {"category", "decision"} <= set(firms.columns):
        said = firms[[c for c in firms.columns if c not in kept]]
    else:
        lexicon = (
            read_lexicon() if words is None else read_lexicon().extended(words.to_dict("records"))
        )
        said = Screener(lexicon, with_code=with_code, alone=alone).screened(firms)
    some = (said["decision"] != "no").to_numpy()
    out = firms.loc[some, kept].join(said[some]).reset_index(drop=True)
    if "year" in out and out["year"].dtype.kind in "iuf":
        out["year"] = np.floor(out["year"]).astype("Int64")
    for column in out.columns:
        if out[column].dtype.kind not in "biuf":
            out[column] = [str(v) if isinstance(v, str) else "" for v in out[column]]
    out.attrs["rows"] = len(firms)
    return out


@assessment(source="sei2018", bytes_per_cell=0)
def emerging_firms(
    screened_firms: ScreenedFirms, prefectures: Prefectures, counties: Counties
) -> EmergingFirms:
    """Emerging firms by place and category.

    Parameters
    ----------
    screened_firms : table
        ``place, province, category, decision``.
    prefectures, counties : polygons
        ``code, name``: a place is a county where one has its name, else a prefecture.

    Returns
    -------
    table
        ``code, name, category, firms`` (accepted), ``review`` (not counted among them), ``share`` of the category [1],
        ``herfindahl`` of the category over places [1]. Places that are in neither layer stand with a blank code. Attributes hold counts by
        province, beside the published ones when all six provinces are there.

    Notes
    -----
    share_pk = n_pk / sum_p n_pk and herfindahl_k = sum_p share_pk^2, n_pk accepted firms of category k in place p. Categories are those of the
    classification of 2018.
    """
    rows = screened_firms
    place = rows["place"].astype(str) if "place" in rows else pd.Series("", index=rows.index)
    codes = _codes_of(place, counties, prefectures)
    accepted = rows["decision"] == "accepted"
    table = pd.DataFrame(
        {
            "code": [codes.get(p, ("", p))[0] for p in place],
            "name": [codes.get(p, ("", p))[1] for p in place],
            "category": rows["category"].astype(str),
            "firms": accepted.astype(int),
            "review": (~accepted).astype(int),
        }
    )
    out = (
        table.groupby(["code", "name", "category"], sort=True)[["firms", "review"]]
        .sum()
        .reset_index()
    )
    total = out.groupby("category")["firms"].transform("sum")
    out["share"] = np.where(total > 0, out["firms"] / total.where(total > 0, 1), 0.0)
    thick = {
        str(c): concentration(part["firms"])["herfindahl"] if part["firms"].sum() else np.nan
        for c, part in out.groupby("category")
    }
    out["herfindahl"] = out["category"].map(thick).astype(float)
    order = {c: k for k, c in enumerate(CATEGORIES)}
    out = out.sort_values(
        ["code", "name", "category"],
        key=lambda s: s.map(order) if s.name == "category" else s,
        ignore_index=True,
    )
    out.attrs["accepted"] = int(accepted.sum())
    if "province" in rows:
        found = rows.loc[accepted, "province"].astype(str).str.rstrip("省市").value_counts()
        out.attrs["provinces"] = {str(k): int(v) for k, v in found.items()}
        if set(PUBLISHED) <= set(found.index):
            out.attrs["published"] = PUBLISHED
            out.attrs["published_total"] = sum(PUBLISHED.values())
    return out


def _codes_of(
    places: pd.Series, counties: gpd.GeoDataFrame, prefectures: gpd.GeoDataFrame
) -> dict[str, tuple[str, str]]:
    """Code and full name of each place by its name or code, with or without its ending."""
    exact, short = [], []
    for frame in (prefectures, counties):
        names = [frame["code"].astype(str), frame["name"].astype(str)]
        if "name_zh" in frame:
            names.append(frame["name_zh"].astype(str))
        own = list(zip(frame["code"].astype(str), frame["name"].astype(str), strict=True))
        exact.append({n: of for column in names for n, of in zip(column, own, strict=True)})
        short.append({f: of for n, of in exact[-1].items() for f in _short(n)})

    def begins(place: str, names: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
        """甘南 for 甘南藏族自治州, if no other begins so."""
        found = {of for n, of in names.items() if len(place) >= 2 and n.startswith(place)}
        return found.pop() if len(found) == 1 else None

    out: dict[str, tuple[str, str]] = {}
    for place in places.unique():
        forms = [place, *_short(place)]
        ways = (
            exact[0].get(place),
            exact[1].get(place),
            *(short[0].get(f) for f in forms),
            begins(place, exact[0]),
            *(short[1].get(f) for f in forms),
            begins(place, exact[1]),
        )
        found = next((of for of in ways if of is not None), None)
        if found is not None:
            out[place] = found
    return out


def _short(name: str) -> list[str]:
    """Names without their endings, the longest ending first; never down to one letter."""
    return [
        name.removesuffix(e)
        for e in sorted(_ENDINGS, key=len, reverse=True)
        if name.endswith(e) and len(name) - len(e) >= 2
    ]
