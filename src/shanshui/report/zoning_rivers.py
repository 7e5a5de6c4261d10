"""Tables of the report on what goes down the water and where those who share it disagree."""

from typing import Any

import pandas as pd

from shanshui.report.page import Page

SHOWN = 40
"""Conflicts of a table, the gravest; exports hold all."""
FLOWS = ("own", "gets", "sends")
Tables = list[dict[str, Any] | None]


def river_tables(page: Page) -> Tables:
    """Balance of courses, zones by units, contradictions, conflicts; None for what was not made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.
    """
    return [_courses(page), _crossed(page), _review(page), _borders(page)]


def _courses(page: Page) -> dict[str, Any] | None:
    """Matters that are known of some course, in the order of the columns."""
    if not page.study.has("course_balance") or page.study["course_balance"].empty:
        return None
    rows, voice = page.study["course_balance"], page.voice
    matters = [c.removesuffix("_own") for c in rows if c.endswith("_own") and rows[c].notna().any()]
    head = ["river_basin", "position", "unit_count", "area_km2", "people"]
    columns = [f"{matter}_{way}" for matter in matters for way in FLOWS]
    frame = rows[head + columns].reset_index(drop=True)
    frame["position"] = [voice(p) if p else "–" for p in frame["position"]]
    frame["river_basin"] = _basins(page, frame["river_basin"])
    title, note = voice.word("course_balance"), voice("course_balance_note")
    return page.table(title, frame, note, of=("course_balance", "river_basin_outlets"), long=True)


def _basins(page: Page, names: pd.Series) -> list[str]:
    """Names of river basins in the language of the page."""
    if not page.study.has("river_basin_outlets"):
        return list(names)
    outlets = page.study["river_basin_outlets"]
    said = outlets[page.voice.column(outlets, "name")]
    named = dict(zip(outlets["name"], said, strict=True))
    return [named.get(name, name) for name in names]


def _crossed(page: Page) -> dict[str, Any] | None:
    if not page.study.has("zone_unit_areas") or page.study["zone_unit_areas"].empty:
        return None
    rows, voice = page.study["zone_unit_areas"], page.voice
    frame = pd.DataFrame(
        {
            "zone": [voice(f"zone_{z}") for z in rows["zone"]],
            "green_unit": [voice(f"green_{u}") for u in rows["green_unit"]],
            "area_km2": rows["area_km2"],
            "share": rows["share"],
            "contradiction": rows["contradiction"].replace("", "–"),
        }
    )
    title, note = voice.word("zone_unit_areas"), voice("zone_unit_areas_note")
    return page.table(title, frame, note, of=("zone_unit_areas",))


def _review(page: Page) -> dict[str, Any] | None:
    if not page.study.has("zone_unit_review") or page.study["zone_unit_review"].empty:
        return None
    rows, voice = page.study["zone_unit_review"].head(SHOWN), page.voice
    units = page.study["planning_units"]
    frame = pd.DataFrame(
        {
            "contradiction": rows["contradiction"],
            "county_name": [page.place(n, "county") for n in rows["county_name"]],
            "zone": [voice(f"zone_{z}") for z in rows["zone"]],
            "unit_name": rows["unit"].map(units[voice.column(units, "name")]),
            "green_unit": [voice(f"green_{u}") for u in rows["green_unit"]],
            "area_km2": rows["area_km2"],
            "share_of_unit": rows["share_of_unit"],
            "share_of_county": rows["share_of_county"],
        }
    )
    title, note = voice.word("zone_unit_review"), voice("zone_unit_review_note")
    return page.table(title, frame, note, of=("zone_unit_review", "planning_units"), long=True)


def _borders(page: Page) -> dict[str, Any] | None:
    if not page.study.has("border_conflicts") or page.study["border_conflicts"].empty:
        return None
    rows, voice = page.study["border_conflicts"].head(SHOWN), page.voice
    frame = pd.DataFrame(
        {
            "review_order": rows["review_order"].astype(int),
            "source_name": [page.place(n, "county") for n in rows["source_name"]],
            "source_zone": [voice(f"zone_{z}") for z in rows["source_zone"]],
            "relation": [voice(f"relation_{r.replace(' ', '_')}") for r in rows["relation"]],
            "strict_name": [page.place(n, "county") for n in rows["strict_name"]],
            "river_basin": _basins(page, rows["river_basin"]),
            "shared_units": rows["shared_units"].astype(int),
            "shared_km2": rows["shared_km2"],
            "units_below": rows["units_below"].astype(int),
            "ground_below_km2": rows["ground_below_km2"],
            "greatest_part": rows["greatest_part"],
            "exposed_km2": rows["exposed_km2"],
        }
    )
    title, note = voice.word("border_conflicts"), voice("border_conflicts_note")
    return page.table(title, frame, note, of=("border_conflicts", "river_basin_outlets"), long=True)
