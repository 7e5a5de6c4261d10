"""The report: one self-contained page with maps, charts, tables and where each came from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shanshui import __version__
from shanshui.collect.catalog import wanted
from shanshui.core.errors import PlanError
from shanshui.core.terms import word
from shanshui.flow.plan import Step
from shanshui.report.accounts import account_chapters
from shanshui.report.figures import cover_chart, hypsometry_chart, slope_chart, unit_size_chart
from shanshui.report.industry import industry_chapter
from shanshui.report.maps import as_png, as_svg, chinese_font, drawing
from shanshui.report.pattern import pattern_chapter
from shanshui.report.tables import (
    basin_table,
    cover_areas,
    level_tables,
    made_when,
    provenance_rows,
    slope_by_basin,
    summary,
    unit_table,
    verdict_rows,
)
from shanshui.report.views import map_of, map_products, source_of
from shanshui.report.words import say
from shanshui.store.layout import disk_errors
from shanshui.study.study import Study

NEEDED = (
    "elevation",
    "region_mask",
    "planning_units",
    "river_basins",
    "river_basin_outlets",
    "river_reaches",
    "slope",
    "hypsometry",
)


@dataclass
class Figure:
    """One picture with what a reader must know of it.

    Attributes
    ----------
    number : int
        In order of the page.
    product : str
        What it shows.
    title, note, source : str
        Words around it.
    svg : Markup
        The picture.
    made : str
        When and why the product was made.
    """

    number: int
    product: str
    title: str
    note: str
    source: str
    svg: Markup
    made: str


def write_report(study: Study, lang: str = "en", to: Path | None = None) -> Path:
    """Write the report of a study.

    Parameters
    ----------
    study : Study
        With the survey run.
    lang : str
        ``en`` or ``zh``.
    to : Path, optional
        The page; by default ``report/survey-LANG.html`` in the study, with PNG maps in ``report/maps-LANG``.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    PlanError
        The survey has not been run, or an unknown language.
    """
    if lang not in ("en", "zh"):
        raise PlanError(f"--lang {lang}: expected en or zh")
    missing = [name for name in NEEDED if not study.has(name)]
    if missing:
        raise PlanError(
            f"report: not made yet: {', '.join(missing)}; run the survey first: shanshui run {study.layout.folder}"
        )
    to = to or study.layout.report / f"survey-{lang}.html"
    if to.suffix.lower() not in {".html", ".htm"}:
        raise PlanError(f"--to {to}: the report is a page; expected a name that ends in .html")
    chapters = _chapters(study, lang)
    page = _page(study, lang, chapters)
    with disk_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = to.with_name(f".{to.name}")
        fresh.write_text(page, "utf-8")
        fresh.replace(to)
        _png_maps(study, lang, to.parent / f"maps-{lang}")
    return to


class _Gallery:
    """Numbers figures in the order of the page."""

    def __init__(self, study: Study, lang: str) -> None:
        self.study, self.lang, self.count = study, lang, 0

    def map(self, name: str, note: str = "") -> list[Figure]:
        """Map of a product, if it was made."""
        return self.chart(name, lambda: map_of(self.study, name, self.lang), note=note)

    def chart(
        self, name: str, draw: Callable[[], Any], title: str = "", note: str = ""
    ) -> list[Figure]:
        """Chart of a product, if it was made."""
        if not self.study.has(name):
            return []
        self.count += 1
        with drawing(self.lang):
            svg = Markup(as_svg(draw()))  # noqa: S704 - our own drawing
        return [
            Figure(
                self.count,
                name,
                title or word(name, self.lang),
                note,
                source_of(self.study, name),
                svg,
                made_when(self.study, name, self.lang),
            )
        ]


def _chapters(study: Study, lang: str) -> list[dict[str, Any]]:
    show = _Gallery(study, lang)
    cover = "land_cover_fine" if study.has("land_cover_fine") else "land_cover"
    relief = (
        f"{say('window', lang)}: {study['relief_window']:g} × {study['relief_window']:g}"
        if study.has("relief_window")
        else ""
    )
    limits = study.plan.steps["slope_class"]
    edges = limits.card.checked(limits.settings)["limits_deg"] if isinstance(limits, Step) else ()
    return [
        {
            "title": say("where", lang),
            "figures": [*show.map("elevation"), *show.map("spatial_levels")],
            "tables": level_tables(study, lang),
        },
        {
            "title": say("ground", lang),
            "figures": [
                *show.chart("hypsometry", lambda: hypsometry_chart(study["hypsometry"], lang)),
                *show.map("slope", say("maps_note", lang)),
                *show.chart(
                    "unit_slope_classes",
                    lambda: slope_chart(slope_by_basin(study, lang), edges, lang),
                    say("slope_shares", lang),
                ),
                *show.map("landform"),
                *show.map("relief_degree", relief),
            ],
            "tables": [],
        },
        {
            "title": say("water", lang),
            "figures": [
                *show.map("river_basins"),
                *show.map("planning_units"),
                *show.chart(
                    "planning_units",
                    lambda: unit_size_chart(study["planning_units"]["area_km2"], lang),
                    say("unit_sizes", lang),
                    say("own_rim", lang),
                ),
            ],
            "tables": [basin_table(study, lang)],
        },
        {
            "title": say("climate", lang),
            "figures": [
                *show.map("temperature_fine"),
                *show.map("precipitation"),
                *show.map("ndvi"),
                *show.map(cover),
                *show.chart(
                    "unit_land_cover",
                    lambda: cover_chart(cover_areas(study, lang), lang),
                    say("cover_areas", lang),
                ),
            ],
            "tables": [],
        },
        {"title": say("people", lang), "figures": show.map("population_density"), "tables": []},
        *account_chapters(study, show, lang),
        pattern_chapter(study, show, lang),
        industry_chapter(study, show, lang),
    ]


def _page(study: Study, lang: str, chapters: list[dict[str, Any]]) -> str:
    env = Environment(
        loader=PackageLoader("shanshui.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    about = study.file.study
    run = study.ledger.last_run() or {}
    return env.get_template("survey.html.j2").render(
        lang=lang,
        say=lambda key: say(key, lang),
        title=(about.name_zh if lang == "zh" and about.name_zh else about.name),
        about=about,
        summary=summary(study, lang),
        chapters=chapters,
        units=unit_table(study, lang),
        verdicts=verdict_rows(study, lang),
        provenance=provenance_rows(study, lang),
        absent=[
            (word(n, lang), wanted(why)) for n, why in study.plan.absent.items() if "." not in n
        ],
        font_note=say("no_font", lang) if lang == "zh" and chinese_font() is None else "",
        version=__version__,
        machine=run.get("machine", {}),
        now=time.strftime("%Y-%m-%d %H:%M"),
    )


def _png_maps(study: Study, lang: str, folder: Path) -> None:
    """Maps as files; without a Chinese font on the machine their words are English."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = lang if lang == "en" or chinese_font() else "en"
    for name in map_products(study):
        with drawing(shown):
            as_png(map_of(study, name, shown), folder / f"{name}.png")
