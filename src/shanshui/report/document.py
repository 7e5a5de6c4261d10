"""The report: one self-contained page with maps, charts, tables and where each came from."""

import time
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from shanshui.core.errors import PlanError
from shanshui.core.version import __version__
from shanshui.core.voice import Voice
from shanshui.queries.ground import ground_sentences
from shanshui.report.absent import absent_because
from shanshui.report.accounts import account_chapters
from shanshui.report.canvas import as_png, drawing, drawn_voice, font_of, stamp
from shanshui.report.export import written_by
from shanshui.report.industry import industry_chapter
from shanshui.report.page import Page
from shanshui.report.pattern import pattern_chapter
from shanshui.report.scenarios import scenario_chapter
from shanshui.report.survey import survey_chapters
from shanshui.report.tables import (
    provenance_rows,
    summary,
    unit_table,
    verdict_rows,
)
from shanshui.report.validation import validation_chapter
from shanshui.report.views import map_of, map_parts, map_products
from shanshui.report.zoning import zoning_chapter
from shanshui.store.sheets import plain_text
from shanshui.store.written import refuse_foreign, replaced
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


def write_report(
    study: Study, lang: str = "en", to: Path | None = None, *, overwrite: bool = False
) -> Path:
    """Write the report of a study.

    Parameters
    ----------
    study : Study
        With the survey run.
    lang : str
        A language that there are words in: ``en``, ``zh``, or one of the study's own in its folder ``words``.
    to : Path, optional
        The page; by default ``report/survey-LANG.html`` in the study, with PNG maps in ``report/maps-LANG``.
    overwrite : bool
        Replace files of these names that the study did not write.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    PlanError
        The survey has not been run, or an unknown language.
    DataError
        A name that is not a page's, or a place where something of others stands.
    """
    page = Page(study, Voice(lang, study.layout.folder))
    missing = [name for name in NEEDED if not study.has(name)]
    if missing:
        raise PlanError(
            f"report: not made yet: {', '.join(missing)}; run the survey first: shanshui run {study.layout.folder}"
        )
    to = to or study.layout.report / f"survey-{lang}.html"
    if to.suffix.lower() not in {".html", ".htm"}:
        raise PlanError(f"--to {to}: the report is a page; expected a name that ends in .html")
    written = written_by(study)
    pictures = {name: to.parent / f"maps-{lang}" / f"{name}.png" for name in map_products(study)}
    for place in (to, *pictures.values()):
        refuse_foreign(place, written, overwrite=overwrite)
    text = _text(page)
    with replaced(to, written, overwrite=overwrite) as fresh:
        fresh.write_text(plain_text(text), "utf-8")
    shown = drawn_voice(page.voice)
    for name, place in pictures.items():
        if page.standing.odd(map_parts(name)):
            continue
        with replaced(place, written, overwrite=overwrite) as fresh, drawing(shown):
            figure = map_of(study, name, shown)
            stamp(figure, page.standing.why(name, shown))
            as_png(figure, fresh)
    return to


def _chapters(page: Page) -> list[dict[str, Any]]:
    return [
        *survey_chapters(page),
        *account_chapters(page),
        pattern_chapter(page),
        industry_chapter(page),
        zoning_chapter(page),
        scenario_chapter(page),
        validation_chapter(page),
    ]


def _text(page: Page) -> str:
    study, voice = page.study, page.voice
    chapters = [c | {"tables": [page.settled(t) for t in c["tables"]]} for c in _chapters(page)]
    units = page.settled(unit_table(page))
    pieces = [*(f.of for c in chapters for f in c["figures"])]
    pieces += [t["of"] for c in chapters for t in c["tables"]] + [units["of"]]
    shown = [n for of in pieces for n in of if study.has(n)]
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
        voice=voice,
        say=voice,
        title=voice.of(about, "name"),
        about=about,
        summary=summary(page),
        chapters=chapters,
        units=units,
        variant="" if study.of or study.times > 1 else study.layout.variant,
        scenario=study.of,
        preview=" ".join(
            [voice("compare_preview", times=study.times), *ground_sentences(study, voice)]
        )
        if study.times > 1
        else "",
        not_current=page.head(shown),
        verdicts=verdict_rows(page),
        provenance=provenance_rows(page),
        absent=[
            (voice.word(n), absent_because(why, voice))
            for n, why in study.plan.absent.items()
            if "." not in n
        ],
        font_note="" if font_of(voice) else voice("no_font"),
        version=__version__,
        machine=run.get("machine", {}),
        now=time.strftime("%Y-%m-%d %H:%M"),
    )
