"""Chapter of the report on the ecological security pattern."""

from typing import Any

import numpy as np
import pandas as pd

from shanshui.report.page import Page
from shanshui.report.places import named, names_of

_COUNTS = {
    "patches": "patches",
    "nodes": "nodes_count",
    "river corridors": "corridor_river",
    "biological corridors": "corridor_biological",
    "share of protected ground in patches": "captured",
}


def pattern_chapter(page: Page) -> dict[str, Any]:
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
    tables = (
        _summary(page),
        _patches(page),
        _corridors(page),
        _rivers(page),
        _core(page),
        _zones(page),
        _first(page),
    )
    return {
        "title": page.voice("pattern"),
        "figures": page.figures("pattern"),
        "tables": [t for t in tables if t],
    }


def _summary(page: Page) -> dict[str, Any] | None:
    if not page.study.has("pattern_summary"):
        return None
    rows = page.study["pattern_summary"]

    massifs = names_of(page.study, "massifs", page.voice)

    def named(text: str) -> str:
        if text in _COUNTS:
            return page.voice(_COUNTS[text])
        head, _, tail = text.partition(", ")
        if head == "nodes":
            return (
                f"{page.voice('nodes_count')}{page.voice('mark_colon')}{page.voice(f'node_{tail}')}"
            )
        massif = text.removeprefix("patches in ")
        return f"{page.voice('patches')}{page.voice('mark_colon')}{massifs.get(massif, massif)}"

    frame = pd.DataFrame(
        {
            "what": [named(t) for t in rows["what"]],
            "found": [_count(v) for v in rows["found"]],
            "expected": [_count(v) for v in rows["expected"]],
        }
    )
    title, note = page.voice("pattern_counts"), page.voice("pattern_counts_note")
    return page.table(title, frame, note, of=("pattern_summary",))


def _count(value: float) -> str:
    return (
        "" if not np.isfinite(value) else f"{value:.0f}" if value == int(value) else f"{value:.2f}"
    )


def _patches(page: Page) -> dict[str, Any] | None:
    if not page.study.has("sources") or not page.study.has("source_network"):
        return None
    frame = page.study["sources"][["name", "area_km2", "score"]].copy()
    frame["name"] = page.study["sources"][page.voice.column(page.study["sources"], "name")]
    network = page.study["source_network"].set_index("source")
    for column in ("d_pc", "intra", "flux", "connector"):
        frame[column] = network[column].reindex(frame.index)
    note = page.voice("patches_note")
    of = ("sources", "source_network")
    return page.table(page.voice("patches"), frame.reset_index(drop=True), note, of=of)


def _corridors(page: Page) -> dict[str, Any] | None:
    if not page.study.has("corridors"):
        return None
    rows = page.study["corridors"]
    frame = pd.DataFrame(
        {
            "name": rows[page.voice.column(rows, "name")],
            "type": [page.voice(f"corridor_{t}") for t in rows["type"]],
            "length_km": rows["length_km"],
            "width_km": rows["width_km"],
            "river_share": rows["river_share"],
            "roads": rows["roads"],
            "railways": rows["railways"],
            "priority": rows["priority"],
            "gravity": rows["gravity"],
        }
    )
    title, note = page.voice("corridor_list"), page.voice("corridor_note")
    return page.table(title, frame.reset_index(drop=True), note, of=("corridors",))


def _rivers(page: Page) -> dict[str, Any] | None:
    if not page.study.has("river_corridors") or page.study["river_corridors"].empty:
        return None
    rows = page.study["river_corridors"]
    name = page.voice.column(rows, "name")
    frame = pd.DataFrame(rows[[name, "order", "length_km", "sources", "width_m"]])
    frame = frame.rename(columns={name: "name"}).reset_index(drop=True)
    return page.table(page.voice("corridor_river"), frame, of=("river_corridors",))


def _core(page: Page) -> dict[str, Any] | None:
    if not page.study.has("core_area_share"):
        return None
    frame = named(page.study, "core_area_share", page.voice)
    frame = frame[[c for c in page.study["core_area_share"] if c not in ("unit", "code")]]
    frame = frame.sort_values("core_km2", ascending=False, kind="stable", ignore_index=True)
    title, note = page.voice.word("core_area_share"), page.voice("core_note")
    return page.table(title, frame, note, of=("core_area_share",), long=True)


def _zones(page: Page) -> dict[str, Any] | None:
    if not page.study.has("function_zone_areas"):
        return None
    title, note = page.voice.word("function_zone_areas"), page.voice("zone_note")
    frame = page.study["function_zone_areas"]
    frame = frame.assign(name=frame[page.voice.column(frame, "name")])
    frame = frame.drop(columns="name_zh")
    for column in ("kind", "level"):
        frame[column] = [page.voice(f"zone_{w}") if w else "" for w in frame[column]]
    return page.table(title, frame, note, of=("function_zone_areas",))


def _first(page: Page) -> dict[str, Any] | None:
    if not (page.study.has("restoration_priorities") and page.study.has("nodes")):
        return None
    if page.study["restoration_priorities"].empty:
        return None
    rows, nodes = page.study["restoration_priorities"].head(10), page.study["nodes"]
    frame = pd.DataFrame(
        {
            "node": nodes[page.voice.column(nodes, "name")].reindex(rows["node"]).to_numpy(),
            "kind": [page.voice(f"node_{k}") for k in rows["kind"]],
            "gain": rows["gain"],
            "gain_per_cost": rows["gain_per_cost"],
        }
    )
    title, note = page.voice("restore_first"), page.voice("restore_note")
    return page.table(title, frame, note, of=("restoration_priorities", "nodes"))
