"""Chapter of the report on industry."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.industry.firms import PUBLISHED
from shanshui.industry.lexicon import CATEGORIES
from shanshui.industry.rule_facts import PROJECT_FACTS
from shanshui.queries.spoken import told_column
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
from shanshui.report.page import Chart, Page
from shanshui.report.places import named, names_of

UNITS_SHOWN = 40
"""Planning units of the table of candidates, the largest first; exports hold all."""
PUBLISHED_RISEN = (18, 26)
"""Prefectures whose secondary share rose from 2010 to 2014, of a larger set of prefectures [S]."""


def industry_chapter(page: Page) -> dict[str, Any]:
    """The chapter, as far as its products were made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.

    Returns
    -------
    dict
        ``title, figures, tables``.
    """
    names = {c: page.voice(f"sei_{c}") for c in CATEGORIES}

    def structure() -> Any:
        years = list(page.study["industry_structure"].attrs["years"])
        return structure_chart(
            named(page.study, "industry_structure", page.voice), years, page.voice
        )

    def sectors() -> Any:
        table = page.study["linkages"]
        return key_sector_chart(table, str(table.attrs["sensitivity"]), page.voice)

    def attention() -> Any:
        table = page.study["report_attention"]
        if not _by_place(table):
            return attention_chart(table, page.voice)
        places = [page.place(p, "county", "prefecture", "province") for p in table["place"]]
        return attention_places_chart(table.assign(place=places), page.voice)

    study, voice = page.study, page.voice
    charts = {
        "industry_structure": Chart(structure, note=_structure_note(page)),
        "industrial_stage": Chart(
            lambda: stage_chart(named(study, "industrial_stage", voice), voice)
        ),
        "linkages": Chart(sectors),
        "report_attention": Chart(attention, note=_attention_note(page)),
        "emerging_firms": Chart(
            lambda: firms_chart(named(study, "emerging_firms", voice), voice),
            note=_firms_note(page),
        ),
        "unit_admission": Chart(
            lambda: admission_chart(study["unit_admission"], voice), note=_admission_note(page)
        ),
    }
    if study.has("industry_evaluation") and study["industry_evaluation"]["score"].notna().any():
        charts["industry_evaluation"] = Chart(
            lambda: evaluation_chart(named(study, "industry_evaluation", voice), names, voice),
            note=_evaluation_note(page),
        )
    tables = (
        _candidates(page),
        _coverage(page),
        _sentences(page),
        _layout(page),
        _relocation(page),
        _crops(page),
        _regional(page),
        _green(page),
        _clusters(page, names),
        _maturity(page, names),
        _exchange(page),
    )
    return {
        "title": page.voice("industry"),
        "figures": page.figures("industry", charts),
        "tables": [t for t in tables if t],
    }


def _by_place(table: pd.DataFrame) -> bool:
    """Whether mentions are shown by place: more places than years."""
    return bool(table["place"].nunique() > table["year"].nunique())


def _attention_note(page: Page) -> str:
    if not page.study.has("report_attention"):
        return ""
    by_place = _by_place(page.study["report_attention"])
    return page.voice("attention_places_note" if by_place else "attention_note")


def _structure_note(page: Page) -> str:
    if not page.study.has("industry_structure"):
        return ""
    table = page.study["industry_structure"]
    note = page.voice("structure_note", risen=table.attrs["risen"], of=len(table))
    if table.attrs["years"] == [2010, 2014] and not page.study.file.study.made_up:
        note += " " + page.voice(
            "structure_published", risen=PUBLISHED_RISEN[0], of=PUBLISHED_RISEN[1]
        )
    return note


def _firms_note(page: Page) -> str:
    if not page.study.has("emerging_firms"):
        return ""
    attrs = page.study["emerging_firms"].attrs
    note = page.voice("firms_note", accepted=attrs["accepted"])
    if "published" in attrs:
        ours = attrs["provinces"]
        pairs = ", ".join(f"{p} {ours.get(p, 0)} / {n}" for p, n in PUBLISHED.items())
        note += " " + page.voice("firms_published", pairs=pairs, total=attrs["published_total"])
    return note


def _evaluation_note(page: Page) -> str:
    if not page.study.has("industry_evaluation"):
        return ""
    attrs = page.study["industry_evaluation"].attrs
    parts = [page.voice("evaluation_note")]
    for subject, found in attrs["found"].items():
        agree = "–" if "agreement" not in found else f"{found['agreement']:.0%}"
        who, known = page.voice(f"subject_{subject}"), f"{found['known_weight']:.0%}"
        parts.append(page.voice("evaluation_found", subject=who, known=known, agree=agree))
        if found["not_ranked"]:
            told = page.voice.listed(_evaluated(str(w), page) for w in found["not_ranked"])
            parts.append(page.voice("evaluation_not_ranked", who=told))
    return " ".join(parts)


def _evaluated(code: str, page: Page) -> str:
    """Word of what an evaluation ranks: a category, or a place."""
    known = f"sei_{code}" in page.voice
    return page.voice(f"sei_{code}") if known else page.place(code, "county", "prefecture")


def _admission_note(page: Page) -> str:
    """With the facts for want of which verdicts are provisional everywhere."""
    if not page.study.has("unit_admission"):
        return ""
    # what the project alone can tell, the judged industries tell themselves
    lacks = [f for f in page.study["unit_admission"].attrs["not_known"] if f not in PROJECT_FACTS]
    note = page.voice("admission_note")
    if lacks:
        facts = page.voice.listed(page.voice(f"fact_{f}") for f in lacks)
        note += " " + page.voice("admission_lacks", facts=facts)
    return note


def _coverage(page: Page) -> dict[str, Any] | None:
    """Rules that fire nowhere, may fire for want of facts, or wait."""
    if not page.study.has("rule_coverage"):
        return None
    rows = page.study["rule_coverage"]
    frame = pd.DataFrame(
        {
            "rule": rows["rule"],
            "verdict": [page.voice(f"verdict_{v}") for v in rows["verdict"]],
            "state": [page.voice(f"rule_{s.replace(' ', '_')}") for s in rows["state"]],
            "fires_percent": 100 * rows["fires_share"],
            "may_percent": 100 * rows["may_share"],
            "statement": told_column(rows, "text", page.voice),
            "source_of": told_column(rows, "source", page.voice) + " " + rows["tag"],
        }
    )
    return page.table(
        page.voice.word("rule_coverage"), frame, page.voice("coverage_note"), of=("rule_coverage",)
    )


def _sentences(page: Page) -> dict[str, Any] | None:
    """Sentences of the sources, with the rules that hold them or why none does."""
    if not page.study.has("sentence_coverage"):
        return None
    rows = page.study["sentence_coverage"]
    frame = pd.DataFrame(
        {
            "sentence": told_column(rows, "sentence", page.voice),
            "state": [page.voice(f"rule_{s.replace(' ', '_')}") for s in rows["state"]],
            "rules": rows["rules"].replace("", "–"),
            "why": told_column(rows, "why", page.voice).replace("", "–"),
            "source_of": told_column(rows, "source", page.voice),
        }
    )
    name, note = page.voice.word("sentence_coverage"), page.voice("sentences_note")
    return page.table(name, frame, note, of=("sentence_coverage",))


def _candidates(page: Page) -> dict[str, Any] | None:
    """Units, largest first: what is welcome, what is closed, and by which rules."""
    if not page.study.has("unit_admission"):
        return None
    rows = page.study["unit_admission"]
    units = page.study["planning_units"]
    size = units["area_km2"].sort_values(ascending=False).index[:UNITS_SHOWN]
    name = page.voice.column(rows, "name")
    of_units = page.voice.column(units, "name")
    out = []
    for unit in size:
        own = rows[rows["unit"] == unit]
        closed = own[own["verdict"].isin(["move", "forbid", "eliminate"])]
        shown = own[name] + np.where(own["provisional"] == 1, "*", "")
        decided = dict.fromkeys(r for text in closed["closing_rules"] for r in text.split())
        out.append(
            {
                "code": units["code"][unit],
                "name": units[of_units][unit],
                "welcome": page.voice.listed(shown[own["if_clear"] == "encourage"]) or "–",
                "limited": page.voice.listed(shown[own["if_clear"] == "limit"]) or "–",
                "closed": page.voice.listed(closed[name]) or "–",
                "rules": " ".join(decided) or "–",
            }
        )
    title, note = page.voice("candidates"), page.voice("candidates_note")
    of = ("unit_admission", "planning_units")
    return page.table(title, pd.DataFrame(out), note, of=of)


def _layout(page: Page) -> dict[str, Any] | None:
    if not page.study.has("layout"):
        return None
    rows = page.study["layout"]
    words = names_of(page.study, "cities", page.voice)
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
    note = page.voice(
        "layout_note",
        asked=f"{rows.attrs['asked_ha']:,.0f}",
        placed=f"{rows.attrs['placed_ha']:,.0f}",
    )
    return page.table(page.voice("layout_table"), frame, note, of=("layout",))


def _relocation(page: Page) -> dict[str, Any] | None:
    if not page.study.has("relocation") or page.study["relocation"].empty:
        return None
    rows = page.study["relocation"]
    moved = rows[rows["to"] != ""]
    to = (
        moved.groupby("to")
        .agg(jobs=("jobs", "sum"), km=("km", "mean"), places=("code", "nunique"))
        .reset_index()
    )
    to = to.sort_values("jobs", ascending=False)
    words = names_of(page.study, "cities", page.voice)
    to["to"] = [words.get(n, n) for n in to["to"]]
    left = float(rows.loc[rows["to"] == "", "jobs"].sum())
    note = page.voice("relocation_note", left=f"{left:,.0f}")
    if unknown := int(rows["jobs"].isna().sum()):
        note += page.voice("relocation_unknown", counties=unknown)
    frame = to[["to", "places", "jobs", "km"]].rename(columns={"km": "distance_km"})
    return page.table(page.voice("relocation_table"), frame, note, of=("relocation",))


def _crops(page: Page) -> dict[str, Any] | None:
    if not page.study.has("crop_areas"):
        return None
    rows = page.study["crop_areas"]
    column = page.voice.column(rows, "name")
    frame = rows[[column, "suited_km2", "good_km2"]].rename(columns={column: "name"})
    note = page.voice("crops_note")
    return page.table(page.voice("crops_table"), frame, note, of=("crop_areas",))


def _regional(page: Page) -> dict[str, Any] | None:
    if not page.study.has("regional_linkages"):
        return None
    rows = named(page.study, "regional_linkages", page.voice)
    out = []
    for name, part in rows.groupby("name", sort=True):
        best = part.sort_values("location_quotient", ascending=False).iloc[0]
        strong = part.sort_values("multiplier", ascending=False).iloc[0]
        out.append(
            {
                "name": name,
                "special": page.voice(f"work_{best['industry']}"),
                "location_quotient": float(best["location_quotient"]),
                "strongest": page.voice(f"work_{strong['industry']}"),
                "multiplier": float(strong["multiplier"]),
                "kept": float(np.nanmean(part["kept"])),
            }
        )
    title, note = page.voice("regional_table"), page.voice("regional_note")
    return page.table(title, pd.DataFrame(out), note, of=("regional_linkages",))


def _green(page: Page) -> dict[str, Any] | None:
    if not page.study.has("green_composition"):
        return None
    rows = named(page.study, "green_composition", page.voice)
    wide = rows.pivot_table(index="name", columns="class", values="gap")
    wide = (100 * wide).round(1).reset_index()
    wide.columns = pd.Index(["name", *(page.voice(f"green_{c}") for c in wide.columns[1:])])
    note = page.voice("green_note")
    return page.table(page.voice("green_table"), wide, note, of=("green_composition",))


def _clusters(page: Page, names: dict[str, str]) -> dict[str, Any] | None:
    """One row per key city: industries meant and there, meant but missing, there but not meant."""
    if not page.study.has("cluster_industries"):
        return None
    rows = page.study["cluster_industries"]
    out = []
    for (cluster, city), part in rows.groupby(["cluster", "city"], sort=False):
        of = {
            v: page.voice.listed(names[c] for c in part.loc[part["verdict"] == v, "category"])
            or "–"
            for v in ("meant and there", "meant, not there", "there, not meant")
        }
        out.append(
            {
                "cluster": cluster,
                "city": page.place(city, "city", "county"),
                "meant": of["meant and there"],
                "missing": of["meant, not there"],
                "there": of["there, not meant"],
            }
        )
    title, note = page.voice("clusters_table"), page.voice("clusters_note")
    return page.table(title, pd.DataFrame(out), note, of=("cluster_industries",))


def _maturity(page: Page, names: dict[str, str]) -> dict[str, Any] | None:
    if not page.study.has("technology_maturity"):
        return None
    rows = page.study["technology_maturity"]
    frame = rows[["technology", "category", "level", "weakest", "evidence", "date"]].copy()
    frame = frame.rename(columns={"level": "readiness_level"})
    frame["category"] = [names.get(str(c), str(c)) for c in frame["category"]]
    note = page.voice("maturity_note")
    return page.table(page.voice("maturity_table"), frame, note, of=("technology_maturity",))


def _exchange(page: Page) -> dict[str, Any] | None:
    if not page.study.has("symbiosis"):
        return None
    rows = page.study["symbiosis"]
    closing = rows.attrs["loss_if_closed"]
    worst = max(closing, key=lambda k: closing[k]) if closing else "–"
    note = page.voice("symbiosis_note", gain=f"{rows.attrs['gain']:,.0f}", firm=worst)
    frame = rows[["material", "source", "target", "amount", "km", "value"]]
    frame = frame.rename(
        columns={"source": "giver", "target": "taker", "km": "distance_km", "value": "gain_yuan"}
    )
    return page.table(page.voice("symbiosis_table"), frame, note, of=("symbiosis",))
