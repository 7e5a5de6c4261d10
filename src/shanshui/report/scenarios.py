"""The chapter of scenarios: what each says, and the study with all of them side by side."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.errors import ShanshuiError
from shanshui.core.voice import Voice
from shanshui.queries.comparison.answer import Comparison
from shanshui.queries.comparison.compare import compared
from shanshui.queries.comparison.pair import Pair
from shanshui.queries.comparison.sentences import scenario_word, sentences, signed_share
from shanshui.queries.comparison.zones import Zones
from shanshui.report.difference_maps import difference_map
from shanshui.report.legends import Legend
from shanshui.report.page import Figure, Page
from shanshui.report.views import class_words
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


def scenario_chapter(page: Page) -> dict[str, Any]:
    """Chapter of the report; empty where no scenario has been run.

    Parameters
    ----------
    page : Page
        Of the study itself, or of one of its scenarios, which then stands first.
    """
    study, voice = page.study, page.voice
    names = [n for n in dict.fromkeys([study.of, *study.scenarios]) if n and study.scenarios]
    zones = Zones.of(study.scenario(BASE))
    found = {name: _compared(study, name, zones) for name in names}
    found = {name: rows for name, rows in found.items() if rows}
    tables = [_told(study, list(found), voice), _beside(found, voice), _places(found, page)]
    return {
        "title": voice("compare_scenarios"),
        "figures": _maps(found, page),
        "tables": [t for t in tables if t] if found else [],
    }


def _compared(study: Study, name: str, zones: Zones) -> dict[str, Comparison]:
    """Comparisons of the study with a scenario, of what both have made and is up to date."""
    try:
        pair = Pair(study, BASE, name, zones)
        # not made, or not up to date, in one of them: the page tells what it can
        found = {p: compared(pair, p) for p in FIGURES if pair.both(p) and not pair.same(p)}
    except ShanshuiError:
        return {}
    return {product: one for product, one in found.items() if one.changed}


def _told(study: Study, names: list[str], voice: Voice) -> dict[str, Any] | None:
    rows = []
    for name in names:
        one = study.scenarios[name]
        said = one.told()
        changes = [
            text for key in ("measure", "input", "setting", "without") for text in said.get(key, [])
        ]
        note = voice.of(one, "note") if one.note else ""
        over = ", ".join(scenario_word(p, voice) for p in one.parents)
        by = ", ".join(str(said[k]) for k in ("author", "date") if k in said)
        rows.append([name, over, note, "; ".join(changes), by])
    if not rows:
        return None
    heads = ["scenario", "parent", "note", "changes", "by"]
    return _table(
        voice("compare_scenarios_told"), heads, rows, voice, voice("compare_scenarios_note"), set()
    )


def _table(
    title: str, heads: list[str], rows: list[list[str]], voice: Voice, note: str, numbers: set[int]
) -> dict[str, Any]:
    return {
        "title": title,
        "heads": [voice(f"scenario_{h}") if f"scenario_{h}" in voice else h for h in heads],
        "rows": rows,
        "note": note,
        "of": (),
        "long": False,
        "numeric": [k in numbers for k in range(len(heads))],
    }


def _figures(one: Comparison) -> tuple[float, float, str]:
    """What stands for a product: the mean of a map, else the headline."""
    if one.cells is not None and one.kind == "grid":
        return one.mean[0], one.mean[1], str(one.cells.attrs["units"])
    return one.before, one.after, one.unit


def _beside(found: dict[str, dict[str, Comparison]], voice: Voice) -> dict[str, Any] | None:
    """One row for each product, one column for each scenario: its value, and the change from the base."""
    products = [p for p in FIGURES if any(p in rows for rows in found.values())]
    rows = []
    for product in products:
        whole = next(r[product] for r in found.values() if product in r)
        before, _, unit = _figures(whole)
        classes = whole.kind == "classes"
        row = [
            voice.word(product),
            "" if classes or unit == "1" else unit,
            "" if classes else _text(before),
        ]
        for comparisons in found.values():
            one = comparisons.get(product)
            row.append(_cell(one, voice) if one is not None else voice("compare_unchanged"))
        rows.append(row)
    if not rows:
        return None
    heads = ["product", "unit", "base", *found]
    return _table(
        voice("compare_side_by_side"),
        heads,
        rows,
        voice,
        voice("compare_side_by_side_note"),
        set(range(2, len(heads))),
    )


def _cell(one: Comparison, voice: Voice) -> str:
    if one.kind == "classes":
        return voice("compare_ground_differs", share=f"{100 * one.change:.3g}")
    before, after, _ = _figures(one)
    if not np.isfinite(after - before):
        return voice("compare_figures_differ", changed=one.changed)
    share = (after - before) / abs(before) if before else np.nan
    change = signed_share(share) if np.isfinite(share) else f"{after - before:+.3g}"
    return f"{_text(after)} ({change})"


def _text(value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.4g}"


def _places(found: dict[str, dict[str, Comparison]], page: Page) -> dict[str, Any] | None:
    """Account of ecosystem services by place: the counties, else the prefectures, with the greatest changes in any scenario."""
    parts = []
    for name, rows in found.items():
        one = rows.get("gep") or rows.get("water_yield.water_yield")
        if one is None or one.places.empty:
            continue
        here = one.places[one.places["level"] == "county"]
        here = here if len(here) else one.places[one.places["level"] == "prefecture"]
        label = page.voice.column(here, "name")
        parts.append((name, one, here.set_index(["code", label])["change"]))
    if not parts:
        return None
    frame = pd.DataFrame({name: change for name, _, change in parts})
    order = frame.abs().max(axis=1).sort_values(ascending=False, kind="stable").index[:MOST]
    shown = frame.loc[order].reset_index()
    shown.columns = pd.Index(["code", "name", *frame.columns])
    product = page.voice.word(parts[0][1].product)
    title = page.voice("compare_change_by_place", product=product, unit=parts[0][1].unit)
    return page.table(
        title,
        shown,
        page.voice("compare_change_by_place_note", count=len(shown), all=len(frame)),
        of=(),
    )


MOST = 20
"""Places of the table of changes."""


def _maps(found: dict[str, dict[str, Comparison]], page: Page) -> list[Figure]:
    """One figure for each product, the scenarios beside one another."""
    out = []
    for product in MAPPED:
        beside = [
            r[product] for r in found.values() if product in r and r[product].cells is not None
        ]
        if beside and page.study.has(product):
            words = (
                class_words(page.study, product, page.voice) if beside[0].kind == "classes" else {}
            )
            note = " ".join(sentences(one, page.voice, words)[0] for one in beside)
            title = page.voice("compare_difference", product=page.voice.word(product))
            draw = partial(difference_map, page.study, beside, page.voice)
            out.append(page.figure(Legend(product), title, note, draw))
    return out
