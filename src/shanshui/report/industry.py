"""Chapter of the report on industry."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.terms import word
from shanshui.industry.firms import PUBLISHED
from shanshui.industry.lexicon import CATEGORIES
from shanshui.report.industry_figures import (
    admission_chart,
    attention_chart,
    attention_places_chart,
    evaluation_chart,
    firms_chart,
    key_sector_chart,
    stage_chart,
    structure_chart,
)
from shanshui.report.tables import table_of
from shanshui.report.words import say
from shanshui.study.study import Study

UNITS_SHOWN = 40
"""Planning units of the table of candidates, the largest first; exports hold all."""
PUBLISHED_RISEN = (18, 26)
"""Prefectures whose secondary share rose from 2010 to 2014, of a larger set of prefectures [S]."""


def industry_chapter(study: Study, show: Any, lang: str) -> dict[str, Any]:
    """The chapter, as far as its products were made.

    Parameters
    ----------
    study : Study
        With its industry run.
    show : gallery
        Numbers figures.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    dict
        ``title, figures, tables``.
    """
    names = {c: say(f"sei_{c}", lang) for c in CATEGORIES}

    def structure() -> Any:
        table = study["industry_structure"]
        return structure_chart(table, list(table.attrs["years"]), lang)

    def sectors() -> Any:
        table = study["linkages"]
        return key_sector_chart(table, str(table.attrs["sensitivity"]), lang)

    def attention() -> Any:
        table = study["report_attention"]
        many = table["place"].nunique() > table["year"].nunique()
        return attention_places_chart(table, lang) if many else attention_chart(table, lang)

    figures = [
        *show.chart("industry_structure", structure, note=_structure_note(study, lang)),
        *show.chart(
            "industrial_stage",
            lambda: stage_chart(study["industrial_stage"], lang),
            note=say("stage_note", lang),
        ),
        *show.chart("linkages", sectors, note=say("linkages_note", lang)),
        *show.chart("report_attention", attention, note=say("attention_note", lang)),
        *show.chart(
            "emerging_firms",
            lambda: firms_chart(study["emerging_firms"], lang),
            note=_firms_note(study, lang),
        ),
        *show.map("firm_places"),
        *(
            show.chart(
                "industry_evaluation",
                lambda: evaluation_chart(study["industry_evaluation"], names, lang),
                note=_evaluation_note(study, lang),
            )
            if study.has("industry_evaluation")
            and study["industry_evaluation"]["score"].notna().any()
            else []
        ),
        *show.chart(
            "unit_admission",
            lambda: admission_chart(study["unit_admission"], lang),
            note=say("admission_note", lang),
        ),
        *show.map("open_industries.certain", say("open_note", lang)),
        *show.map("open_industries.if_clear", say("open_clear_note", lang)),
        *show.map("crop_suitability.herbs", say("herbs_note", lang)),
    ]
    tables = (
        _candidates(study, lang),
        _coverage(study, lang),
        _sentences(study, lang),
        _layout(study, lang),
        _relocation(study, lang),
        _crops(study, lang),
        _regional(study, lang),
        _green(study, lang),
        _clusters(study, lang, names),
        _maturity(study, lang, names),
        _exchange(study, lang),
    )
    return {"title": say("industry", lang), "figures": figures, "tables": [t for t in tables if t]}


def _structure_note(study: Study, lang: str) -> str:
    if not study.has("industry_structure"):
        return ""
    table = study["industry_structure"]
    note = say("structure_note", lang).format(risen=table.attrs["risen"], of=len(table))
    if table.attrs["years"] == [2010, 2014] and not study.file.study.made_up:
        note += " " + say("structure_published", lang).format(
            risen=PUBLISHED_RISEN[0], of=PUBLISHED_RISEN[1]
        )
    return note


def _firms_note(study: Study, lang: str) -> str:
    if not study.has("emerging_firms"):
        return ""
    attrs = study["emerging_firms"].attrs
    note = say("firms_note", lang).format(accepted=attrs["accepted"])
    if "published" in attrs:
        ours = attrs["provinces"]
        pairs = ", ".join(f"{p} {ours.get(p, 0)} / {n}" for p, n in PUBLISHED.items())
        note += " " + say("firms_published", lang).format(
            pairs=pairs, total=attrs["published_total"]
        )
    return note


def _evaluation_note(study: Study, lang: str) -> str:
    if not study.has("industry_evaluation"):
        return ""
    attrs = study["industry_evaluation"].attrs
    parts = [say("evaluation_note", lang)]
    for subject, found in attrs["found"].items():
        parts.append(
            say("evaluation_found", lang).format(
                subject=say(f"subject_{subject}", lang), known=f"{found['known_weight']:.0%}",
                agree="–" if "agreement" not in found else f"{found['agreement']:.0%}",
            )
        )  # fmt: skip
        if found["not_ranked"]:
            told = ", ".join(found["not_ranked"])
            parts.append(say("evaluation_not_ranked", lang).format(who=told))
    return " ".join(parts)


def _coverage(study: Study, lang: str) -> dict[str, Any] | None:
    """Rules that fire nowhere, may fire for want of facts, or wait."""
    if not study.has("rule_coverage"):
        return None
    rows = study["rule_coverage"]
    frame = pd.DataFrame(
        {
            "rule": rows["rule"],
            "verdict": [say(f"verdict_{v}", lang) for v in rows["verdict"]],
            "state": [say(f"rule_{s.replace(' ', '_')}", lang) for s in rows["state"]],
            "fires_percent": 100 * rows["fires_share"],
            "may_percent": 100 * rows["may_share"],
            "statement": rows["text_zh" if lang == "zh" else "text"],
            "source_of": rows["source_zh" if lang == "zh" else "source"] + " " + rows["tag"],
        }
    )
    return table_of(
        word("rule_coverage", lang), frame, lang, say("coverage_note", lang), of=("rule_coverage",)
    )


def _sentences(study: Study, lang: str) -> dict[str, Any] | None:
    """Sentences of the sources, with the rules that hold them or why none does."""
    if not study.has("sentence_coverage"):
        return None
    rows = study["sentence_coverage"]
    zh = "_zh" if lang == "zh" else ""
    frame = pd.DataFrame(
        {
            "sentence": rows[f"sentence{zh}"],
            "state": [say(f"rule_{s.replace(' ', '_')}", lang) for s in rows["state"]],
            "rules": rows["rules"].replace("", "–"),
            "why": rows[f"why{zh}"].fillna("").replace("", "–"),
            "source_of": rows[f"source{zh}"],
        }
    )
    of = ("sentence_coverage",)
    return table_of(
        word("sentence_coverage", lang), frame, lang, say("sentences_note", lang), of=of
    )


def _candidates(study: Study, lang: str) -> dict[str, Any] | None:
    """Units, largest first: what is welcome, what is closed, and by which rules."""
    if not study.has("unit_admission"):
        return None
    rows = study["unit_admission"]
    units = study["planning_units"]
    size = units["area_km2"].sort_values(ascending=False).index[:UNITS_SHOWN]
    name = "name_zh" if lang == "zh" else "name"
    mark = "、" if lang == "zh" else ", "
    out = []
    for unit in size:
        own = rows[rows["unit"] == unit]
        closed = own[own["verdict"].isin(["move", "forbid", "eliminate"])]
        shown = own[name] + np.where(own["provisional"] == 1, "*", "")
        decided = dict.fromkeys(r for text in closed["closing_rules"] for r in text.split())
        out.append(
            {
                "code": units["code"][unit],
                "name": units["name_zh" if lang == "zh" and "name_zh" in units else "name"][unit],
                "welcome": mark.join(shown[own["if_clear"] == "encourage"]) or "–",
                "limited": mark.join(shown[own["if_clear"] == "limit"]) or "–",
                "closed": mark.join(closed[name]) or "–",
                "rules": " ".join(decided) or "–",
            }
        )
    title, note = say("candidates", lang), say("candidates_note", lang)
    of = ("unit_admission", "planning_units")
    return table_of(title, pd.DataFrame(out), lang, note, of=of)


def _city_words(study: Study, lang: str) -> dict[str, str]:
    """Names of cities in the language of the page, where the input has them."""
    if lang != "zh" or not study.has("cities") or "name_zh" not in study["cities"]:
        return {}
    return {str(k): str(v) for k, v in study["cities"].set_index("name")["name_zh"].items()}


def _layout(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("layout"):
        return None
    rows = study["layout"]
    words = _city_words(study, lang)
    made = rows[rows["link"] == "process"].sort_values("amount_ha", ascending=False)
    fields = rows[rows["link"] == "plant"].groupby("to")["place"].count()
    frame = pd.DataFrame(
        {
            "name": [words.get(n, n) for n in made["name"]],
            "fields": [int(fields.get(n, 0)) for n in made["name"]],
            "amount_ha": made["amount_ha"].to_numpy(),
            "share": made["share"].to_numpy(),
            "research": [words.get(n, n) for n in made["to"]],
        }
    )
    note = say("layout_note", lang).format(
        asked=f"{rows.attrs['asked_ha']:,.0f}", placed=f"{rows.attrs['placed_ha']:,.0f}"
    )
    return table_of(say("layout_table", lang), frame, lang, note, of=("layout",))


def _relocation(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("relocation") or study["relocation"].empty:
        return None
    rows = study["relocation"]
    moved = rows[rows["to"] != ""]
    to = (
        moved.groupby("to")
        .agg(jobs=("jobs", "sum"), km=("km", "mean"), places=("code", "nunique"))
        .reset_index()
    )
    to = to.sort_values("jobs", ascending=False)
    words = _city_words(study, lang)
    to["to"] = [words.get(n, n) for n in to["to"]]
    left = float(rows.loc[rows["to"] == "", "jobs"].sum())
    note = say("relocation_note", lang).format(left=f"{left:,.0f}")
    frame = to[["to", "places", "jobs", "km"]]
    return table_of(say("relocation_table", lang), frame, lang, note, of=("relocation",))


def _crops(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("crop_areas"):
        return None
    rows = study["crop_areas"]
    frame = rows[["name_zh" if lang == "zh" else "name", "suited_km2", "good_km2"]].rename(
        columns={"name_zh": "name"}
    )
    note = say("crops_note", lang)
    return table_of(say("crops_table", lang), frame, lang, note, of=("crop_areas",))


def _regional(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("regional_linkages"):
        return None
    rows = study["regional_linkages"]
    out = []
    for name, part in rows.groupby("name", sort=True):
        best = part.sort_values("location_quotient", ascending=False).iloc[0]
        strong = part.sort_values("multiplier", ascending=False).iloc[0]
        out.append(
            {
                "name": name,
                "special": say(f"work_{best['industry']}", lang),
                "location_quotient": float(best["location_quotient"]),
                "strongest": say(f"work_{strong['industry']}", lang),
                "multiplier": float(strong["multiplier"]),
                "kept": float(np.nanmean(part["kept"])),
            }
        )
    title, note = say("regional_table", lang), say("regional_note", lang)
    return table_of(title, pd.DataFrame(out), lang, note, of=("regional_linkages",))


def _green(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("green_composition"):
        return None
    rows = study["green_composition"]
    wide = rows.pivot_table(index="name", columns="class", values="gap")
    wide = (100 * wide).round(1).reset_index()
    wide.columns = pd.Index(["name", *(say(f"green_{c}", lang) for c in wide.columns[1:])])
    note = say("green_note", lang)
    return table_of(say("green_table", lang), wide, lang, note, of=("green_composition",))


def _clusters(study: Study, lang: str, names: dict[str, str]) -> dict[str, Any] | None:
    """One row per key city: industries meant and there, meant but missing, there but not meant."""
    if not study.has("cluster_industries"):
        return None
    rows, mark = study["cluster_industries"], "、" if lang == "zh" else ", "
    out = []
    for (cluster, city), part in rows.groupby(["cluster", "city"], sort=False):
        of = {
            v: mark.join(names[c] for c in part.loc[part["verdict"] == v, "category"]) or "–"
            for v in ("meant and there", "meant, not there", "there, not meant")
        }
        out.append(
            {
                "cluster": cluster,
                "city": city,
                "meant": of["meant and there"],
                "missing": of["meant, not there"],
                "there": of["there, not meant"],
            }
        )
    title, note = say("clusters_table", lang), say("clusters_note", lang)
    return table_of(title, pd.DataFrame(out), lang, note, of=("cluster_industries",))


def _maturity(study: Study, lang: str, names: dict[str, str]) -> dict[str, Any] | None:
    if not study.has("technology_maturity"):
        return None
    rows = study["technology_maturity"]
    frame = rows[["technology", "category", "level", "weakest", "evidence", "date"]].copy()
    frame["category"] = [names.get(str(c), str(c)) for c in frame["category"]]
    note = say("maturity_note", lang)
    return table_of(say("maturity_table", lang), frame, lang, note, of=("technology_maturity",))


def _exchange(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("symbiosis"):
        return None
    rows = study["symbiosis"]
    closing = rows.attrs["loss_if_closed"]
    worst = max(closing, key=lambda k: closing[k]) if closing else "–"
    note = say("symbiosis_note", lang).format(gain=f"{rows.attrs['gain']:,.0f}", firm=worst)
    return table_of(
        say("symbiosis_table", lang),
        rows[["material", "source", "target", "amount", "km", "value"]],
        lang,
        note,
        of=("symbiosis",),
    )
