"""Tables of the report on the five rings, what rises along them, and where counties stand in the nation."""

from typing import Any

import pandas as pd

from shanshui.report.page import Page

GRADIENTS = {"county_ring_gradient": "county", "ring_gradient": "planning_unit"}
Tables = list[dict[str, Any] | None]


def ring_tables(page: Page) -> Tables:
    """Rings, their gradient, standing of counties; None for what was not made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.
    """
    return [_areas(page), *(_gradient(page, name) for name in GRADIENTS), _standing(page)]


def _areas(page: Page) -> dict[str, Any] | None:
    if not page.study.has("ring_areas") or page.study["ring_areas"].empty:
        return None
    rows, voice = page.study["ring_areas"], page.voice
    frame = rows.drop(columns="ring_code").reset_index(drop=True)
    frame["ring"] = [voice(f"ring_{r}") for r in rows["ring"]]
    return page.table(voice.word("ring_areas"), frame, voice("ring_areas_note"), of=("ring_areas",))


def _gradient(page: Page, name: str) -> dict[str, Any] | None:
    """Measures that are known, each over all rings and without the core."""
    if not page.study.has(name):
        return None
    rows, voice = page.study[name], page.voice
    rows = rows[rows["place_count"] > 0].reset_index(drop=True)
    if rows.empty:
        return None
    frame = pd.DataFrame(
        {
            "indicator": [voice.word(i) for i in rows["indicator"]],
            "ring_range": [voice(f"range_{r.replace(' ', '_')}") for r in rows["ring_range"]],
            "direction": [voice(f"direction_{d}") for d in rows["direction"]],
            "place_count": rows["place_count"],
            "rank_correlation": rows["rank_correlation"],
            "correlation_low": rows["correlation_low"],
            "correlation_high": rows["correlation_high"],
            "gradient": [voice(f"gradient_{g.replace(' ', '_')}") for g in rows["gradient"]],
        }
    )
    return page.table(voice.word(name), frame, voice("ring_gradient_note"), of=(name,))


def _standing(page: Page) -> dict[str, Any] | None:
    """Counties from the south-east to the north-west of the line."""
    if not page.study.has("place_standing") or page.study["place_standing"].empty:
        return None
    rows, voice = page.study["place_standing"], page.voice
    rows = rows.sort_values("hu_km", ascending=False, kind="stable")
    frame = pd.DataFrame(
        {
            "name": [page.place(c, "county") for c in rows["code"]],
            "hu_side": [voice(f"side_{s.replace(' ', '_')}") for s in rows["hu_side"]],
            "hu_km": rows["hu_km"],
            "people": rows["people"],
            "statutory": rows[voice.column(rows, "statutory")].replace("", "–"),
            "programmes": rows[voice.column(rows, "programmes")].replace("", "–"),
        }
    ).reset_index(drop=True)
    title, note = voice.word("place_standing"), voice("place_standing_note")
    return page.table(title, frame, note, of=("place_standing",), long=True)
