"""The chapter of scenarios: what each says, and the study with all of them side by side."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.errors import ShanshuiError
from shanshui.core.terms import word
from shanshui.report.comparison import difference_map, say, scenario_word, sentences, signed_share
from shanshui.report.tables import table_of
from shanshui.study.comparison import Comparison, compare
from shanshui.study.sections import BASE
from shanshui.study.study import Study

FIGURES = (
    "precipitation", "temperature_fine", "land_cover", "water_yield.evapotranspiration", "water_yield.water_yield", "water_retention.retained",
    "soil_retention.loss", "soil_retention.retained", "sediment_delivery.sed_export", "nutrient_delivery.total_export", "carbon_stock.carbon",
    "net_primary_production", "habitat_quality.habitat_quality", "gep", "protection_importance", "red_line_candidate", "sources", "corridors",
    "suitability", "population",
)  # fmt: skip
"""Products by which scenarios are told side by side, where they are made and differ."""
MAPPED = (
    "land_cover",
    "water_yield.water_yield",
    "soil_retention.loss",
    "habitat_quality.habitat_quality",
    "red_line_candidate",
)
"""Of which the differences are drawn."""


def scenario_chapter(study: Study, show: Any, lang: str) -> dict[str, Any]:
    """Chapter of the report; empty where no scenario has been run.

    Parameters
    ----------
    study : Study
        The study itself, or one of its scenarios, which then stands first.
    show : gallery
        Numbers figures.
    lang : str
        ``en`` or ``zh``.
    """
    names = [n for n in dict.fromkeys([study.of, *study.scenarios]) if n and study.scenarios]
    found = {name: _compared(study, name) for name in names}
    found = {name: rows for name, rows in found.items() if rows}
    tables = [_told(study, list(found), lang), _beside(found, lang), _places(found, lang)]
    return {
        "title": say("scenarios", lang),
        "figures": _maps(study, show, found, lang),
        "tables": [t for t in tables if t] if found else [],
    }


def _compared(study: Study, name: str) -> dict[str, Comparison]:
    """Comparisons of the study with a scenario, of what both have made and is up to date."""
    out = {}
    for product in FIGURES:
        try:
            one = compare(study, BASE, name, product)
        except ShanshuiError:
            continue  # not made, or not up to date, in one of them: the page tells what it can
        if one.changed:
            out[product] = one
    return out


def _told(study: Study, names: list[str], lang: str) -> dict[str, Any] | None:
    rows = []
    for name in names:
        one = study.scenarios[name]
        said = one.told()
        changes = [
            text for key in ("measure", "input", "setting", "without") for text in said.get(key, [])
        ]
        note = (one.note_zh if lang == "zh" else one.note) or one.note or ""
        over = ", ".join(scenario_word(p, lang) for p in one.parents)
        by = ", ".join(str(said[k]) for k in ("author", "date") if k in said)
        rows.append([name, over, note, "; ".join(changes), by])
    if not rows:
        return None
    heads = ["scenario", "parent", "note", "changes", "by"]
    return _table(
        say("scenarios_told", lang), heads, rows, lang, say("scenarios_note", lang), set()
    )


def _table(
    title: str, heads: list[str], rows: list[list[str]], lang: str, note: str, numbers: set[int]
) -> dict[str, Any]:
    return {
        "title": title,
        "heads": [_HEADS.get(h, (h, h))[lang == "zh"] for h in heads],
        "rows": rows,
        "note": note,
        "of": (),
        "long": False,
        "numeric": [k in numbers for k in range(len(heads))],
    }


_HEADS = {
    "scenario": ("Scenario", "情景"),
    "parent": ("Over", "基于"),
    "note": ("What it is", "说明"),
    "changes": ("What it changes", "改变内容"),
    "by": ("By", "编制"),
    "product": ("Product", "成果"),
    "unit": ("Unit", "单位"),
    "base": ("Base", "现状"),
}


def _figures(one: Comparison) -> tuple[float, float, str]:
    """What stands for a product: the mean of a map, the share of ground that differs, else the headline."""
    if one.cells is not None and one.kind == "grid":
        return one.mean[0], one.mean[1], str(one.cells.attrs["units"])
    return one.before, one.after, one.unit


def _beside(found: dict[str, dict[str, Comparison]], lang: str) -> dict[str, Any] | None:
    """One row for each product, one column for each scenario: its value, and the change from the base."""
    products = [p for p in FIGURES if any(p in rows for rows in found.values())]
    rows = []
    for product in products:
        whole = next(r[product] for r in found.values() if product in r)
        before, _, unit = _figures(whole)
        classes = whole.kind == "classes"
        row = [
            word(product, lang),
            "" if classes or unit == "1" else unit,
            "" if classes else _text(before),
        ]
        for comparisons in found.values():
            one = comparisons.get(product)
            row.append(_cell(one, lang) if one is not None else say("unchanged", lang))
        rows.append(row)
    if not rows:
        return None
    heads = ["product", "unit", "base", *found]
    return _table(
        say("side_by_side", lang),
        heads,
        rows,
        lang,
        say("side_by_side_note", lang),
        set(range(2, len(heads))),
    )


def _cell(one: Comparison, lang: str) -> str:
    if one.kind == "classes":
        return say("ground_differs", lang, share=f"{100 * one.after:.3g}")
    before, after, _ = _figures(one)
    if not np.isfinite(after - before):
        return say("figures_differ", lang, changed=one.changed)
    share = (after - before) / abs(before) if before else np.nan
    change = signed_share(share) if np.isfinite(share) else f"{after - before:+.3g}"
    return f"{_text(after)} ({change})"


def _text(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"


def _places(found: dict[str, dict[str, Comparison]], lang: str) -> dict[str, Any] | None:
    """Account of ecosystem services by place: the counties, else the prefectures, with the greatest changes in any scenario."""
    parts = []
    for name, rows in found.items():
        one = rows.get("gep") or rows.get("water_yield.water_yield")
        if one is None or one.places.empty:
            continue
        here = one.places[one.places["level"] == "county"]
        here = here if len(here) else one.places[one.places["level"] == "prefecture"]
        label = "name_zh" if lang == "zh" else "name"
        parts.append((name, one, here.set_index(["code", label])["change"]))
    if not parts:
        return None
    frame = pd.DataFrame({name: change for name, _, change in parts})
    order = frame.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:MOST]
    shown = frame.loc[order].reset_index()
    shown.columns = pd.Index(["code", "name", *frame.columns])
    product = word(parts[0][1].product, lang)
    title = say("change_by_place", lang, product=product, unit=parts[0][1].unit)
    return table_of(
        title,
        shown,
        lang,
        say("change_by_place_note", lang, count=len(shown), all=len(frame)),
        of=(),
    )


MOST = 20
"""Places of the table of changes."""


def _maps(study: Study, show: Any, found: dict[str, dict[str, Comparison]], lang: str) -> list[Any]:
    """One figure for each product, the scenarios beside one another."""
    out = []
    for product in MAPPED:
        beside = [
            r[product] for r in found.values() if product in r and r[product].cells is not None
        ]
        if beside:
            note = " ".join(text for one in beside for text in sentences(one, lang)[:1])
            title = say("difference", lang, product=word(product, lang))
            out += show.chart(product, lambda b=beside: difference_map(study, b, lang), title, note)
    return out
