"""The report: one self-contained page with maps, charts, tables and where each came from."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shanshui import __version__
from shanshui.collect.inputs import wanted
from shanshui.core.errors import PlanError
from shanshui.core.terms import word
from shanshui.flow.plan import Step
from shanshui.report.accounts import account_chapters
from shanshui.report.canvas import as_png, as_svg, chinese_font, drawing, stamp
from shanshui.report.comparison import say as preview_words
from shanshui.report.export import written_by
from shanshui.report.figures import cover_chart, hypsometry_chart, slope_chart, unit_size_chart
from shanshui.report.industry import industry_chapter
from shanshui.report.pattern import pattern_chapter
from shanshui.report.scenarios import scenario_chapter
from shanshui.report.states import ProductStates
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
from shanshui.report.validation import validation_chapter
from shanshui.report.views import map_of, map_parts, map_products, source_of
from shanshui.report.words import say
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
    of : tuple of str
        All products that it shows.
    state : str
        Words on those that are not up to date.
    """

    number: int
    product: str
    title: str
    note: str
    source: str
    svg: Markup
    made: str
    of: tuple[str, ...]
    state: str


def write_report(
    study: Study, lang: str = "en", to: Path | None = None, *, overwrite: bool = False
) -> Path:
    """Write the report of a study.

    Parameters
    ----------
    study : Study
        With the survey run.
    lang : str
        ``en`` or ``zh``.
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
    written = written_by(study)
    pictures = {name: to.parent / f"maps-{lang}" / f"{name}.png" for name in map_products(study)}
    for place in (to, *pictures.values()):
        refuse_foreign(place, written, overwrite=overwrite)
    standing = ProductStates(study)
    page = _page(study, lang, standing)
    with replaced(to, written, overwrite=overwrite) as fresh:
        fresh.write_text(plain_text(page), "utf-8")
    # without a Chinese font on the machine the words of pictures are English
    shown = lang if lang == "en" or chinese_font() else "en"
    for name, place in pictures.items():
        if standing.odd(map_parts(name)):
            continue
        with replaced(place, written, overwrite=overwrite) as fresh, drawing(shown):
            figure = map_of(study, name, shown)
            stamp(figure, standing.why(name, shown))
            as_png(figure, fresh)
    return to


class _Gallery:
    """Numbers figures in the order of the page."""

    def __init__(self, study: Study, lang: str, standing: ProductStates) -> None:
        self.study, self.lang, self.standing, self.count = study, lang, standing, 0

    def map(self, name: str, note: str = "") -> list[Figure]:
        """Map of a product, if it was made."""
        of = map_parts(name)[1:]
        return self.chart(name, lambda: map_of(self.study, name, self.lang), note=note, beside=of)

    def chart(
        self,
        name: str,
        draw: Callable[[], Any],
        title: str = "",
        note: str = "",
        beside: tuple[str, ...] = (),
    ) -> list[Figure]:
        """Chart of a product and of those beside it, if it was made; only words where they do not belong together."""
        if not self.study.has(name):
            return []
        self.count += 1
        of = (name, *beside)
        svg = Markup("")
        if odd := self.standing.odd(of):
            left = {"product": word(name, self.lang), "by": word(odd, self.lang)}
            note = say("left_out", self.lang).format(**left)
        else:
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
                of,
                state_words(self.standing, of, self.lang),
            )
        ]


def state_words(standing: ProductStates, of: tuple[str, ...], lang: str) -> str:
    """Which of some products are not up to date, and why; blank when all are."""
    said = {n: standing.why(n, lang) for n in of if standing.study.has(n)}
    return "; ".join(f"{word(n, lang)}: {why}" for n, why in said.items() if why)


def _settled(
    table: dict[str, Any], standing: ProductStates, lang: str, told: set[str]
) -> dict[str, Any]:
    """Table with words on what is not up to date; without rows where its products do not belong together.

    What joins lost is said once on the page: ``told`` holds what was said further up.
    """
    of = table["of"]
    if odd := standing.odd(of):
        left = say("left_out", lang).format(product=table["title"], by=word(odd, lang))
        table = table | {"rows": [], "heads": [], "note": left}
    said = join_sentences(standing.study, of, lang)
    new = [s for s in said if s not in told]
    told.update(new)
    joined = (". " if lang != "zh" else "。").join(new)
    if said and len(new) < len(said):
        joined = " ".join(w for w in (joined, say("joins_above", lang)) if w)
    return table | {
        "state": state_words(standing, of, lang),
        "note": " ".join(text for text in (table.get("note", ""), joined) if text),
    }


def join_sentences(study: Study, of: tuple[str, ...], lang: str) -> list[str]:
    """What the tables behind some products lost where they met the study's places."""
    accounts = {k: a for name in of if study.has(name) for k, a in study.joins(name).items()}
    if lang == "zh":
        accounts = {k: replace(a, what=word(k, lang)) for k, a in accounts.items()}
    return [s for a in accounts.values() for s in a.sentences(lang, all_rows=False)]


def _head(standing: ProductStates, shown: list[str], lang: str) -> list[tuple[str, list[str]]]:
    """What to say on top of the page of products that are not up to date."""
    out = []
    for state in ("stale", "unchecked"):
        found = [n for n in dict.fromkeys(shown) if standing.state(n) == state]
        if found:
            words = [f"{word(n, lang)}: {standing.why(n, lang)}" for n in found]
            out.append((say(f"{state}_head", lang).format(count=len(found)), words))
    return out


def _chapters(study: Study, lang: str, standing: ProductStates) -> list[dict[str, Any]]:
    show = _Gallery(study, lang, standing)
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
                    beside=("planning_units", "river_basin_outlets"),
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
        scenario_chapter(study, show, lang),
        validation_chapter(study, lang),
    ]


def _page(study: Study, lang: str, standing: ProductStates) -> str:
    told: set[str] = set()
    chapters = [
        c | {"tables": [_settled(t, standing, lang, told) for t in c["tables"]]}
        for c in _chapters(study, lang, standing)
    ]
    units = _settled(unit_table(study, lang, standing), standing, lang, told)
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
        lang=lang,
        say=lambda key: say(key, lang),
        title=(about.name_zh if lang == "zh" and about.name_zh else about.name),
        about=about,
        summary=summary(study, lang),
        chapters=chapters,
        units=units,
        variant=study.layout.variant if not study.of else "",
        scenario=study.of,
        preview=preview_words("preview", lang, times=study.times) if study.times > 1 else "",
        not_current=_head(standing, shown, lang),
        verdicts=verdict_rows(study, lang),
        provenance=provenance_rows(study, lang, standing),
        absent=[
            (word(n, lang), wanted(why)) for n, why in study.plan.absent.items() if "." not in n
        ],
        font_note=say("no_font", lang) if lang == "zh" and chinese_font() is None else "",
        version=__version__,
        machine=run.get("machine", {}),
        now=time.strftime("%Y-%m-%d %H:%M"),
    )
