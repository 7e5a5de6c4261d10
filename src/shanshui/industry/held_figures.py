"""Figures of industry that statements published of a region speak of."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from shanshui.core.said import Said
from shanshui.industry.stages import STAGES
from shanshui.region.validation import Measure

SECTORS = ("primary", "secondary", "tertiary")


def structure_figures(structure: pd.DataFrame) -> list[Measure]:
    """``secondary_risen``, ``secondary_known`` and, by prefecture, ``led_by_industry`` (1 where the secondary sector is the largest at last)."""
    last = structure[[f"{s}_last" for s in SECTORS]].astype(float)
    led = (last["secondary_last"] >= last.max(axis=1)).astype(float)
    led[last.isna().any(axis=1)] = np.nan
    return [
        Measure("secondary_risen", float(structure["secondary_risen"].astype(bool).sum()), "1"),
        Measure("secondary_known", float(len(structure)), "1"),
        *_significant(structure),
        *(
            Measure("led_by_industry", float(value), "1", str(code))
            for code, value in zip(structure["code"], led, strict=True)
        ),
    ]


def _significant(structure: pd.DataFrame) -> list[Measure]:
    """``secondary_significant``: places whose secondary share rose so steadily that it is no chance, at the level of the step."""
    count = structure.attrs.get("risen_significantly")
    return [] if count is None else [Measure("secondary_significant", float(count), "1")]


def share_figures(share: pd.DataFrame) -> list[Measure]:
    """``product_share``: product of the region's counties that have one, over the nation's."""
    figure = share.set_index("figure")["value"].astype(float)
    told = Said(
        "counties_of",
        {"known": f"{figure['counties_known']:.0f}", "asked": f"{figure['counties']:.0f}", "year": f"{figure['year']:.0f}"},
    )  # fmt: skip
    return [Measure("product_share", float(figure["product_share"]), "1", note=told)]


def stage_figures(verdicts: pd.DataFrame) -> list[Measure]:
    """``stage`` by ``code/year``: place among pre, early, middle, late, post, from 0, of the composite criterion."""
    whole = verdicts[verdicts["criterion"] == "composite"]
    name = whole["stage"].fillna("").astype(str).str.split(",").str[0]  # "late, first half"
    whole = whole.assign(told=name)
    return [
        Measure(
            "stage", float(STAGES.index(row["told"])) if row["told"] in STAGES else np.nan, "1", f"{row['code']}/{row['year']}",
            note=_stage(str(row["stage"] or "")),
        )
        for row in whole.to_dict("records")
    ]  # fmt: skip


def _stage(told: str) -> Said | None:
    """``late, first half`` in words; None where none is told."""
    name, _, half = told.partition(", ")
    if name not in STAGES:
        return None
    stage = Said(f"stage_{name}")
    return (
        Said("stage_half", {"stage": stage, "half": Said(f"half_{half.split()[0]}")})
        if half
        else stage
    )


def firm_figures(firms: pd.DataFrame) -> list[Measure]:
    """``firms`` in all, ``firms_in`` by place and by province, ``category_rank`` by category (1 has the most)."""
    count = firms.assign(code=firms["code"].astype(str))
    by_place = count.groupby("code")["firms"].sum()
    by_province = count.groupby(count["code"].str[:2] + "0000")["firms"].sum()
    by_place = pd.concat([by_place[~by_place.index.isin(by_province.index)], by_province])
    rank = count.groupby("category")["firms"].sum().rank(ascending=False, method="min")
    return [
        Measure("firms", float(count["firms"].sum()), "1"),
        *(Measure("firms_in", float(n), "1", str(code)) for code, n in by_place.items()),
        *(Measure("category_rank", float(n), "1", str(name)) for name, n in rank.items()),
    ]


def staff_figures(structure: pd.DataFrame) -> list[Measure]:
    """``staff_quotient`` by industry: share of the jobs over that of the nation, in the middle prefecture of all."""
    middle = structure.groupby("industry")["location_quotient"].median()
    count = structure["code"].nunique()
    return [
        Measure(
            "staff_quotient",
            float(value),
            "1",
            str(name),
            note=Said("median_of_prefectures", {"count": count}),
        )
        for name, value in middle.items()
    ]


def attention_figures(attention: pd.DataFrame) -> list[Measure]:
    """``attention_rank`` by ``category/year``: 1 is named the most often in the reports of all places."""
    named = attention.groupby(["year", "category"])["mentions"].sum()
    rank = named.groupby(level="year").rank(ascending=False, method="min")
    return [
        Measure("attention_rank", float(place), "1", f"{category}/{year}")
        for place, (year, category) in zip(rank, rank.index.to_list(), strict=True)
    ]


def network_figures(clusters: pd.DataFrame | None, hubs: pd.DataFrame | None) -> Iterable[Measure]:
    """``cluster_members`` by cluster and ``hubs_agree``: share of the cities that every scheme names on which they agree."""
    if clusters is not None:
        meant = clusters[clusters["intended"].astype(bool)]
        for name, count in meant.groupby("cluster").size().items():
            yield Measure(
                "cluster_members", float(count), "1", str(name), forced_by="inputs.clusters"
            )
    if hubs is not None:
        schemes = hubs.drop(columns=["city", "agree"]).fillna("").astype(str)
        both = hubs["agree"][(schemes != "").all(axis=1)].astype(bool)
        yield Measure(
            "hubs_agree", float(both.mean()) if len(both) else np.nan, "1", forced_by="inputs.hubs",
            note=Said("cities_in_schemes", {"count": len(both)}),
        )  # fmt: skip


def layout_figures(layout: pd.DataFrame) -> list[Measure]:
    """``layout_ha`` by link: what was placed; a target that is set brings it about where the ground suffices."""
    placed = layout.groupby("link")["amount_ha"].sum(min_count=1)
    return [
        Measure("layout_ha", float(area), "ha", str(link), forced_by="layout.target_ha")
        for link, area in placed.items()
    ]
