"""Chapters of the report on the survey: where we are, the ground, water, climate and cover, people."""

from typing import Any

from shanshui.flow.steps import Step
from shanshui.report.figures import cover_chart, hypsometry_chart, slope_chart, unit_size_chart
from shanshui.report.page import Chart, Page
from shanshui.report.tables import basin_table, cover_areas, level_tables, slope_by_basin


def survey_chapters(page: Page) -> list[dict[str, Any]]:
    """The chapters, as far as their products were made.

    Parameters
    ----------
    page : Page
        Of a study with the products made.

    Returns
    -------
    list of dict
        ``title, figures, tables`` each.
    """
    study, voice = page.study, page.voice
    notes = {}
    if study.has("relief_window"):
        size = f"{study['relief_window']:g} × {study['relief_window']:g}"
        notes["relief_degree"] = f"{voice('window')}: {size}"
    limits = study.plan.steps["slope_class"]
    edges = limits.card.checked(limits.settings)["limits_deg"] if isinstance(limits, Step) else ()
    charts = {
        "hypsometry": Chart(lambda: hypsometry_chart(study["hypsometry"], voice)),
        "unit_slope_classes": Chart(lambda: slope_chart(slope_by_basin(page), edges, voice)),
        "planning_units": Chart(
            lambda: unit_size_chart(study["planning_units"]["area_km2"], voice)
        ),
        "unit_land_cover": Chart(lambda: cover_chart(cover_areas(page), voice)),
    }
    tables = {"where": level_tables(page), "water": [basin_table(page)]}
    return [
        {
            "title": voice(chapter),
            "figures": page.figures(chapter, charts, notes),
            "tables": tables.get(chapter, []),
        }
        for chapter in ("where", "ground", "water", "climate", "people")
    ]
