"""Chapter of the report on land space: suitability, capacity, conflicts, zones, units."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from shanshui.core.voice import Voice
from shanshui.queries.spoken import told_column
from shanshui.report.page import Page
from shanshui.report.zoning_rings import ring_tables
from shanshui.report.zoning_rivers import river_tables
from shanshui.zoning.green_units import UNITS

PLACES = ("county", "prefecture", "planning_unit")
"""Kinds of places that tables here are of."""
SHOWN = 40
"""Places of a table, the first by its order; exports hold all."""


def zoning_chapter(page: Page) -> dict[str, Any]:
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
        _factors(page),
        *(_areas(page, name) for name in ("county_suitability_areas", "suitability_areas")),
        *(_capacity(page, name) for name in ("county_carrying_capacity", "carrying_capacity")),
        _conflicts(page),
        _lines(page),
        _zones(page),
        _cards(page),
        _tasks(page),
        _optimum(page),
        *ring_tables(page),
        *river_tables(page),
    )
    return {
        "title": page.voice("zoning"),
        "figures": page.figures("zoning"),
        "tables": [t for t in tables if t],
    }


def _factors(page: Page) -> dict[str, Any] | None:
    """What suitability rests on, and what is assumed."""
    if not page.study.has("suitability_factors"):
        return None
    rows, voice = page.study["suitability_factors"], page.voice
    frame = pd.DataFrame(
        {
            "use": [voice(f"use_{u}") for u in rows["use"]],
            "factor": [voice(f"factor_{f}") for f in rows["factor"]],
            "status": [voice(f"status_{s.replace(' ', '_')}") for s in rows["status"]],
            "known": rows["known"],
            "note": told_column(rows, "note", voice).replace("", "–"),
        }
    )
    return page.table(voice.word("suitability_factors"), frame, of=("suitability_factors",))


def _named(page: Page, rows: pd.DataFrame) -> pd.Series:
    """Names in the language of the page of the places of a table: its own, or those of the planning units."""
    if "name" in rows:
        codes = rows["code"] if "code" in rows else rows["name"]
        said = [page.place(code, *PLACES) for code in codes]
        told = [n if s == str(c) else s for s, c, n in zip(said, codes, rows["name"], strict=True)]
        return pd.Series(told, index=rows.index)
    units = page.study["planning_units"]
    return rows["unit"].map(units[page.voice.column(units, "name")])


def _outlines(rows: pd.DataFrame) -> tuple[str, ...]:
    return () if "name" in rows else ("planning_units",)


def _areas(page: Page, name: str) -> dict[str, Any] | None:
    if not page.study.has(name) or not page.study.has("planning_units"):
        return None
    rows = page.study[name]
    first = rows.sort_values("agriculture_suitable_km2", ascending=False, kind="stable")
    first = first.head(SHOWN)
    columns = [
        "area_km2", "agriculture_suitable_km2", "agriculture_suitable_share", "agriculture_moderate_km2", "construction_suitable_km2",
        "construction_suitable_share", "construction_moderate_km2", "in_red_line_km2",
    ]  # fmt: skip
    frame = first[columns].reset_index(drop=True)
    frame.insert(0, "name", _named(page, first).to_numpy())
    title, note = page.voice.word(name), page.voice("suitability_areas_note")
    return page.table(title, frame, note, of=(name, *_outlines(rows)), long=True)


def _capacity(page: Page, name: str) -> dict[str, Any] | None:
    if not page.study.has(name) or not page.study.has("planning_units"):
        return None
    rows, voice = page.study[name], page.voice
    first = rows.sort_values("load", ascending=False, kind="stable").head(SHOWN)
    frame = pd.DataFrame(
        {
            "name": _named(page, first),
            "people": first["people"],
            "people_beyond": first["people_beyond"],
            "load": first["load"],
            "binding": [voice.word(b) if b else "–" for b in first["binding"]],
            "headroom": first["headroom"],
            "farmland_km2": first["farmland_km2"],
            "farmland_capacity_km2": first["farmland_capacity_km2"],
            "farmland_binding": _boards(page, first["farmland_binding"]),
            "built_km2": first["built_km2"],
            "built_capacity_km2": first["built_capacity_km2"],
            "built_binding": _boards(page, first["built_binding"]),
            "footprint_gha": first["footprint_gha"],
            "biocapacity_gha": first["biocapacity_gha"],
            "unknown": [
                voice.listed(voice.word(n) for n in text.split("; ")) if text else "–"
                for text in first["unknown"]
            ],
        }
    ).reset_index(drop=True)
    title = voice.word(name)
    return page.table(title, frame, voice("capacity_note"), of=(name, *_outlines(rows)), long=True)


def _boards(page: Page, names: pd.Series) -> list[str]:
    return [page.voice(f"board_{b}") if b else "–" for b in names]


def _conflicts(page: Page) -> dict[str, Any] | None:
    """Each conflict over all places, in the order of settlement."""
    if not page.study.has("use_conflicts") or page.study["use_conflicts"].empty:
        return None
    rows, voice = page.study["use_conflicts"], page.voice
    # people of a conflict are known where those of all its places are
    summed = rows.groupby(["settle_order", "conflict"], sort=True).agg(
        area_km2=("area_km2", "sum"),
        first_km2=("first_km2", "sum"),
        people=("people", lambda v: v.sum(skipna=False)),
    )
    frame = summed.reset_index()
    frame["conflict"] = [voice(c) for c in frame["conflict"]]
    title = voice.word("use_conflicts")
    return page.table(title, frame, voice("conflicts_note"), of=("use_conflicts",))


def _zones(page: Page) -> dict[str, Any] | None:
    """Zone of each county, how surely, and what would change it."""
    if not page.study.has("function_zones"):
        return None
    rows, voice = page.study["function_zones"], page.voice
    rows = rows.sort_values(["zone_code", "stability"], ascending=[True, False], kind="stable")
    frame = pd.DataFrame(
        {
            "name": _named(page, rows),
            "zone": [voice(f"zone_{z}") for z in rows["zone"]],
            "rule": [voice("rule_by_likeness") if r == "F" else r or "–" for r in rows["rule"]],
            "stability": rows["stability"],
            "second_zone": [voice(f"zone_{z}") if z else "–" for z in rows["second_zone"]],
            "borderline": rows["borderline"],
            "split": rows["split"],
            "change_indicator": [voice.word(i) if i else "–" for i in rows["change_indicator"]],
            "change_from": rows["change_from"],
            "change_to": rows["change_to"],
            "change_zone": [voice(f"zone_{z}") if z else "–" for z in rows["change_zone"]],
            "unknown": [
                voice.listed(voice.word(n) for n in text.split()) if text else "–"
                for text in rows["unknown"]
            ],
        }
    ).reset_index(drop=True)
    title = voice.word("function_zones")
    return page.table(title, frame, voice("zones_note"), of=("function_zones",), long=True)


def _topics(page: Page, topics: pd.Series) -> list[str]:
    return [page.voice(f"zone_topic_{t.replace(' ', '_')}") for t in topics]


def _cards(page: Page) -> dict[str, Any] | None:
    """Lines of each county's card."""
    if not page.study.has("zone_cards") or page.study["zone_cards"].empty:
        return None
    rows, voice = page.study["zone_cards"], page.voice
    frame = pd.DataFrame(
        {
            "name": _named(page, rows),
            "zone": [voice(f"zone_{z}") for z in rows["zone"]],
            "topic": _topics(page, rows["topic"]),
            "text": told_column(rows, "text", voice),
            "amount": rows["amount"],
            "measure": [voice.unit(m) if m else "–" for m in rows["measure"]],
        }
    ).reset_index(drop=True)
    title = voice.word("zone_cards")
    return page.table(title, frame, voice("zone_cards_note"), of=("zone_cards",), long=True)


def _tasks(page: Page) -> dict[str, Any] | None:
    """Tasks of the green units, summed over their planning units."""
    if not page.study.has("unit_tasks") or page.study["unit_tasks"].empty:
        return None
    rows, voice = page.study["unit_tasks"], page.voice
    whole = rows[(rows["measure"] != "") & (rows["measure"] != "1")]
    whole = whole.assign(said=told_column(whole, "text", voice))
    # a sum that lacks a unit is no sum
    summed = whole.groupby(["zone", "topic", "said", "measure"], sort=False)["amount"].agg(
        lambda v: v.sum(skipna=False)
    )
    frame = summed.reset_index()
    frame = pd.DataFrame(
        {
            "green_unit": [voice(f"green_{z}") for z in frame["zone"]],
            "topic": _topics(page, frame["topic"]),
            "text": frame["said"],
            "amount": frame["amount"],
            "measure": [voice.unit(m) for m in frame["measure"]],
        }
    )
    return page.table(voice.word("unit_tasks"), frame, voice("unit_tasks_note"), of=("unit_tasks",))


def _optimum(page: Page) -> dict[str, Any] | None:
    """Units of which rule and optimum differ, the dearest first."""
    if not page.study.has("zoning_optimum"):
        return None
    rows, voice = page.study["zoning_optimum"], page.voice
    first = rows[rows["differs"] == 1].sort_values("cost", ascending=False, kind="stable")
    first = first.head(SHOWN)
    frame = pd.DataFrame(
        {
            "name": _named(page, first),
            "area_km2": first["area_km2"],
            "rule_unit": [voice(f"green_{u}") for u in first["rule_unit"]],
            "optimal_unit": [voice(f"green_{u}") for u in first["optimal_unit"]],
            "rule_value": first["rule_value"],
            "optimal_value": first["optimal_value"],
            "cost": first["cost"],
        }
    ).reset_index(drop=True)
    told = rows.attrs
    binding = [_limit(n, voice) for n in told["binding"].split("; ")] if told["binding"] else ["–"]
    note = _changes(rows, told, voice) + voice(
        "optimum_note", status=voice(f"optimum_{told['status'].replace(' ', '_')}"), worth=voice.number(told["worth"], ",.0f"),
        rules=voice.number(told["worth_of_rules"], ",.0f"), bound=voice.number(told["bound"], ",.0f"), binding=voice.listed(binding),
    )  # fmt: skip
    title = voice.word("zoning_optimum")
    return page.table(title, frame, note, of=("zoning_optimum", *_outlines(rows)), long=True)


def _limit(name: str, voice: Voice) -> str:
    """A constraint of the programme in words."""
    use = name.removeprefix("share of ")
    return voice("limit_share", use=voice(f"green_{use}")) if use != name else voice("limit_people")


def _changes(rows: pd.DataFrame, told: Mapping[Any, Any], voice: Voice) -> str:
    """How many units differ, to which side, and what all differences cost together."""
    rule = rows["rule_unit"].map({u: k + 1 for k, u in enumerate(UNITS)})
    greener, looser = (
        int(n) for n in ((rows["optimal_code"] < rule).sum(), (rows["optimal_code"] > rule).sum())
    )
    return voice(
        "optimum_changes",
        units=voice.figure(float(len(rows))),
        differ=voice.figure(float(greener + looser)),
        km2=voice.figure(float(rows.loc[rows["differs"] == 1, "area_km2"].sum())),
        greener=voice.figure(float(greener)),
        looser=voice.figure(float(looser)),
        cost=voice.number(told["worth"] - told["worth_of_rules"], ",.0f"),
    )


def _lines(page: Page) -> dict[str, Any] | None:
    """Lines and spaces of each county."""
    name = "county_control_line_areas"
    if not page.study.has(name):
        return None
    rows, voice = page.study[name], page.voice
    first = rows.sort_values("urban_space_share", ascending=False, kind="stable").head(SHOWN)
    frame = first.drop(columns=[c for c in ("unit", "code") if c in first])
    frame = frame[[c for c in frame if not str(c).startswith("name")]].reset_index(drop=True)
    frame.insert(0, "name", _named(page, first).to_numpy())
    return page.table(voice.word(name), frame, voice("lines_note"), of=(name,), long=True)
