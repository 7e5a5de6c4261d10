"""Chapter of the report on the ecological security pattern."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.terms import terms
from shanshui.report.tables import table_of
from shanshui.report.words import say
from shanshui.study.study import Study

_COUNTS = {
    "patches": "patches",
    "nodes": "nodes_count",
    "river corridors": "corridor_river",
    "biological corridors": "corridor_biological",
    "share of protected ground in patches": "captured",
}


def pattern_chapter(study: Study, show: Any, lang: str) -> dict[str, Any]:
    """The chapter, as far as its products were made.

    Parameters
    ----------
    study : Study
        With its pattern run.
    show : gallery
        Numbers figures.
    lang : str
        ``en`` or ``zh``.

    Returns
    -------
    dict
        ``title, figures, tables``.
    """
    notes = {
        "security_pattern": say("pattern_note", lang),
        "habitat_morphology": say("morphology_note", lang),
        "core_area": say("core_note", lang),
        "function_zone_cells": say("zone_note", lang),
        "pinch_points": say("pinch_note", lang),
        "pattern_stability.source_frequency": say("stability_note", lang),
    }
    names = (
        "security_pattern", "habitat_morphology", "resistance", "corridors", "pinch_points", "barriers",
        "core_area", "function_zone_cells",
        "pattern_stability.source_frequency", "pattern_stability.corridor_frequency",
    )  # fmt: skip
    tables = (
        _summary(study, lang),
        _patches(study, lang),
        _corridors(study, lang),
        _rivers(study, lang),
        _core(study, lang),
        _zones(study, lang),
        _first(study, lang),
    )
    return {
        "title": say("pattern", lang),
        "figures": [figure for name in names for figure in show.map(name, notes.get(name, ""))],
        "tables": [t for t in tables if t],
    }


def _massif_words(study: Study, lang: str) -> dict[str, str]:
    """Names of massifs in the language of the page, where the input has them."""
    if lang != "zh" or not study.has("massifs") or "name_zh" not in study["massifs"]:
        return {}
    return {str(k): str(v) for k, v in study["massifs"].set_index("name")["name_zh"].items()}


def _name(lang: str) -> str:
    """Column with the names of parts in the language of the page."""
    return "name_zh" if lang == "zh" else "name"


def _summary(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("pattern_summary"):
        return None
    rows = study["pattern_summary"]

    massifs = _massif_words(study, lang)

    def named(text: str) -> str:
        if text in _COUNTS:
            return say(_COUNTS[text], lang)
        head, _, tail = text.partition(", ")
        if head == "nodes":
            return f"{say('nodes_count', lang)}: {say(f'node_{tail}', lang)}"
        massif = text.removeprefix("patches in ")
        return f"{say('patches', lang)}: {massifs.get(massif, massif)}"

    frame = pd.DataFrame(
        {
            "what": [named(t) for t in rows["what"]],
            "found": [_count(v) for v in rows["found"]],
            "expected": [_count(v) for v in rows["expected"]],
        }
    )
    title, note = say("pattern_counts", lang), say("pattern_counts_note", lang)
    return table_of(title, frame, lang, note, of=("pattern_summary",))


def _count(value: float) -> str:
    return (
        "" if not np.isfinite(value) else f"{value:.0f}" if value == int(value) else f"{value:.2f}"
    )


def _patches(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("sources") or not study.has("source_network"):
        return None
    frame = study["sources"][["name", "area_km2", "score"]].copy()
    frame["name"] = study["sources"][_name(lang)]
    network = study["source_network"].set_index("source")
    for column in ("d_pc", "intra", "flux", "connector"):
        frame[column] = network[column].reindex(frame.index)
    note = say("patches_note", lang)
    of = ("sources", "source_network")
    return table_of(say("patches", lang), frame.reset_index(drop=True), lang, note, of=of)


def _corridors(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("corridors"):
        return None
    rows = study["corridors"]
    frame = pd.DataFrame(
        {
            "name": rows[_name(lang)],
            "type": [say(f"corridor_{t}", lang) for t in rows["type"]],
            "length_km": rows["length_km"],
            "width_km": rows["width_km"],
            "river_share": rows["river_share"],
            "roads": rows["roads"],
            "railways": rows["railways"],
            "priority": rows["priority"],
            "gravity": rows["gravity"],
        }
    )
    title, note = say("corridor_list", lang), say("corridor_note", lang)
    return table_of(title, frame.reset_index(drop=True), lang, note, of=("corridors",))


def _rivers(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("river_corridors") or study["river_corridors"].empty:
        return None
    rows = study["river_corridors"]
    frame = pd.DataFrame(rows[[_name(lang), "order", "length_km", "sources", "width_m"]])
    frame = frame.rename(columns={_name(lang): "name"}).reset_index(drop=True)
    return table_of(say("corridor_river", lang), frame, lang, of=("river_corridors",))


def _core(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("core_area_share"):
        return None
    frame = study["core_area_share"].drop(columns=["unit", "code"])
    frame = frame.sort_values("share", ascending=False, kind="stable", ignore_index=True)
    title, note = terms()["core_area_share"].text(lang), say("core_note", lang)
    return table_of(title, frame, lang, note, of=("core_area_share",), long=True)


def _zones(study: Study, lang: str) -> dict[str, Any] | None:
    if not study.has("function_zone_areas"):
        return None
    title, note = terms()["function_zone_areas"].text(lang), say("zone_note", lang)
    frame = study["function_zone_areas"]
    if lang == "zh":
        frame = frame.assign(name=frame["name_zh"])
    frame = frame.drop(columns="name_zh")
    return table_of(title, frame, lang, note, of=("function_zone_areas",))


def _first(study: Study, lang: str) -> dict[str, Any] | None:
    if not (study.has("restoration_priorities") and study.has("nodes")):
        return None
    if study["restoration_priorities"].empty:
        return None
    rows = study["restoration_priorities"].head(10)
    frame = pd.DataFrame(
        {
            "node": study["nodes"][_name(lang)].reindex(rows["node"]).to_numpy(),
            "kind": [say(f"node_{k}", lang) for k in rows["kind"]],
            "gain": rows["gain"],
            "gain_per_cost": rows["gain_per_cost"],
        }
    )
    title, note = say("restore_first", lang), say("restore_note", lang)
    return table_of(title, frame, lang, note, of=("restoration_priorities", "nodes"))
