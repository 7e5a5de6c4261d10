"""The report: one self-contained page with maps, charts, tables and where each came from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from shanshui import __version__
from shanshui.collect.classes import class_table
from shanshui.core.errors import PlanError
from shanshui.core.source import citation
from shanshui.core.terms import terms, word
from shanshui.flow.plan import Step
from shanshui.report.figures import cover_chart, hypsometry_chart, slope_chart, unit_size_chart
from shanshui.report.maps import MapSpec, as_png, as_svg, chinese_font, draw_map, drawing
from shanshui.report.words import say
from shanshui.store.layout import disk_errors
from shanshui.study.study import Study
from shanshui.terrain.landform import LANDFORMS, POSITIONS

POSITION_COLOURS = {"upper": "#3f7a52", "middle": "#c7b45a", "lower": "#5b8fb9"}
LEVEL_COLOURS = {"outer": "#c9a46a", "inner": "#3f7a52"}
BASIN_COLOURS = (
    "#7fb3a6",
    "#d6a65c",
    "#8a9fc9",
    "#b7c97a",
    "#c98a8a",
    "#9d83b8",
    "#e0c66a",
    "#6fa8c4",
    "#a8a27e",
    "#cfa7c4",
    "#88b87a",
    "#d98f5c",
)
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
COLUMNS = (
    "code",
    "name",
    "area_km2",
    "river_basin",
    "position",
    "downstream",
    "upstream_km2",
    "elevation_mean",
    "slope_mean",
    "steep_share",
    "relief_mean",
    "temperature",
    "precipitation",
    "population",
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


def map_products(study: Study) -> list[str]:
    """Products that have a map in the report, in its order."""
    cover = "land_cover_fine" if study.has("land_cover_fine") else "land_cover"
    names = [
        "elevation",
        "spatial_levels",
        "slope",
        "landform",
        "local_relief",
        "relief_degree",
        "river_basins",
        "planning_units",
        "temperature_fine",
        "precipitation",
        "ndvi",
        cover,
        "population_density",
    ]
    return [n for n in names if study.has(n)]


def map_of(study: Study, name: str, lang: str) -> Any:
    """Draw the map of one product."""
    return draw_map(study, _map_spec(study, name, lang), lang)


def _map_spec(study: Study, name: str, lang: str) -> MapSpec:
    rim = []
    if study.has("boundary"):
        outline = _outline(study, study.record("boundary").digest)
        rim = [(outline, "#222", 1.0)]
        if study.has("counties") and name in (
            "elevation",
            "spatial_levels",
            "population_density",
            "planning_units",
        ):
            counties = study["counties"]
            within = counties.representative_point().within(outline.geometry.iloc[0])
            rim.insert(0, (counties[within], "#777", 0.35))
    spec = MapSpec(source=_source(study, name))
    reaches = study["river_reaches"] if study.has("river_reaches") else None
    top = int(reaches["order"].max()) if reaches is not None and len(reaches) else 0
    water = (
        [] if reaches is None else [(reaches[reaches["order"] >= max(2, top - 3)], "#2f6ea8", 0.7)]
    )
    if name == "spatial_levels":
        levels = study["spatial_levels"].set_index("level")
        spec.fills = [
            (levels.loc[[k]], c, say(k, lang))
            for k, c in LEVEL_COLOURS.items()
            if levels.loc[k, "counties"] > 0
        ]
        spec.points = study["cities"] if study.has("cities") else None
        return spec
    if name == "planning_units":
        units = study["planning_units"]
        spec.fills = [
            (units[units["position"] == k], c, say(k, lang)) for k, c in POSITION_COLOURS.items()
        ]
        spec.lines = [(units, "white", 0.25), *water, *rim]
        return spec
    if name in ("river_basins", "river_basin_outlets"):
        names = _basin_names(study, lang)
        spec.product = "river_basins"
        spec.classes = {
            u: (text, BASIN_COLOURS[k % len(BASIN_COLOURS)])
            for k, (u, text) in enumerate(names.items())
        }
        spec.whole = True
        nested = [(study["basins_1"], "white", 0.5)] if study.has("basins_1") else []
        spec.lines = [*nested, *water, *rim]
        spec.named = study["rivers"] if study.has("rivers") else None
        return spec
    record = study.record(name)
    if record.kind == "features":
        spec.lines = [(study[name], "#a2402f", 0.7), *rim]
        return spec
    if record.kind != "grid":
        raise PlanError(f"{name}: a {record.kind} has no map; export it as .csv or .xlsx")
    spec.product = name
    spec.lines = rim
    spec.classes = _classes(study, name, lang)
    if name == "elevation":
        spec.lines = [*water, *rim]
        spec.shade = 0.7
        spec.points = study["cities"] if study.has("cities") else None
        spec.named = study["rivers"] if study.has("rivers") else None
        spec.whole = True
    return spec


@lru_cache(maxsize=2)
def _outline(study: Study, boundary: str) -> gpd.GeoDataFrame:
    """The region as one shape, by the digest of its boundary."""
    return study.objects.get(boundary).dissolve()


def _classes(study: Study, name: str, lang: str) -> dict[int, tuple[str, str]]:
    fixed = {"landform": LANDFORMS, "slope_position": POSITIONS}
    if name in fixed:
        return {k: (v[1] if lang == "zh" else v[0], v[2]) for k, v in fixed[name].items()}
    if name in ("land_cover", "land_cover_fine", "soil_texture"):
        table = _class_table(study, "soil_texture" if name == "soil_texture" else "land_cover")
        column = "name_zh" if lang == "zh" else "name"
        return {
            int(str(k)): (row[column], row["colour"] or "#999999") for k, row in table.iterrows()
        }
    record = study.record(name)
    if (
        record.facts.get("dtype") in {"uint8", "int16", "int32"}
        and (record.facts.get("max") or 0) <= 40
    ):
        from matplotlib import colormaps
        from matplotlib.colors import to_hex

        top = int(record.facts.get("max") or 1)
        return {
            k: (str(k), to_hex(colormaps["viridis"](k / max(top, 1))))
            for k in range(int(record.facts.get("min") or 0), top + 1)
        }
    return {}


def _class_table(study: Study, name: str) -> pd.DataFrame:
    return class_table(str(study.specs[name][0].classes))


def _basin_names(study: Study, lang: str) -> dict[int, str]:
    outlets = study["river_basin_outlets"]
    names = outlets["name"].to_dict()
    if lang == "zh" and study.has("reference_outlets") and "name_zh" in study["reference_outlets"]:
        turn = study["reference_outlets"].set_index("name")["name_zh"].to_dict()
        names = {u: turn.get(n, n.replace("basin ", "流域 ")) for u, n in names.items()}
    return {int(u): say(n, lang) for u, n in names.items()}


def _source(study: Study, name: str) -> str:
    """Where a product comes from in one line: method, then datasets."""
    item = study.plan.steps.get(name)
    parts = []
    if isinstance(item, Step):
        parts.append(citation(item.card.source).split(". ")[0])
    files = [link for link in study.explain(name) if link.summary == "input"] if item else []
    editions = []
    for link in files:
        for spec in study.specs.get(link.name, []):
            text = spec.edition or Path(spec.file).name
            if text not in editions:
                editions.append(text)
    return "; ".join([*parts, *editions])


def _made(study: Study, name: str, lang: str) -> str:
    record = study.record(name)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.made))
    return f"{say('made_when', lang)} {when}, {say('because', lang)}: {record.reason}; sha256 {record.digest[:12]}"


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
                _source(self.study, name),
                svg,
                _made(self.study, name, self.lang),
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
            "tables": _level_tables(study, lang),
        },
        {
            "title": say("ground", lang),
            "figures": [
                *show.chart("hypsometry", lambda: hypsometry_chart(study["hypsometry"], lang)),
                *show.map("slope", say("maps_note", lang)),
                *show.chart(
                    "unit_slope_classes",
                    lambda: slope_chart(_slope_by_basin(study, lang), edges, lang),
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
            "tables": [_basin_table(study, lang)],
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
                    lambda: cover_chart(_cover_areas(study, lang), lang),
                    say("cover_areas", lang),
                ),
            ],
            "tables": [],
        },
        {"title": say("people", lang), "figures": show.map("population_density"), "tables": []},
    ]


def _slope_by_basin(study: Study, lang: str) -> pd.DataFrame:
    units = study["planning_units"]
    shares = study["unit_slope_classes"].reindex(units.index).fillna(0.0)
    area = shares.mul(units["area_km2"], axis=0).groupby(units["river_basin"]).sum()
    largest = area.sum(axis=1).sort_values(ascending=False).index[:12]
    out = area.loc[largest].div(area.loc[largest].sum(axis=1), axis=0)
    turn = dict(
        zip(study["river_basin_outlets"]["name"], _basin_names(study, lang).values(), strict=True)
    )
    return out.rename(index=lambda n: turn.get(n, n))


def _cover_areas(study: Study, lang: str) -> pd.DataFrame:
    table = _class_table(study, "land_cover")
    areas = study["unit_land_cover"].groupby("class")["area_km2"].sum().sort_values(ascending=False)
    names = table["name_zh" if lang == "zh" else "name"]
    return pd.DataFrame(
        {
            "word": [names.get(c, str(c)) for c in areas.index],
            "colour": [table["colour"].get(c) or "#999" for c in areas.index],
            "area_km2": areas.to_numpy(),
        }
    )


def _table(
    title: str, frame: pd.DataFrame, lang: str, note: str = "", long: bool = False
) -> dict[str, Any]:
    def text(value: Any) -> str:
        if value is None or (isinstance(value, float) and not np.isfinite(value)):
            return "–"
        if isinstance(value, float):
            size = abs(value)
            return (
                f"{value:,.0f}" if size >= 1000 else f"{value:.3g}" if size < 1 else f"{value:,.1f}"
            )
        return str(value)

    heads = []
    for column in frame.columns:
        unit = terms()[column].unit if column in terms() else ""
        shown = {
            "1": "",
            "degree": "°",
            "degC": "°C",
            "km2": "km²",
            "person": "",
            "person/km2": "/km²",
        }.get(unit, unit)
        heads.append(word(column, lang) + (f" ({shown})" if shown else ""))
    return {
        "title": title,
        "heads": heads,
        "rows": [[text(v) for v in row] for row in frame.itertuples(index=False)],
        "note": note,
        "long": long,
        "numeric": [frame[c].dtype.kind in "iuf" for c in frame.columns],
    }


def _level_tables(study: Study, lang: str) -> list[dict[str, Any]]:
    if not study.has("spatial_levels"):
        return []
    frame = pd.DataFrame(study["spatial_levels"].drop(columns="geometry"))
    frame["level"] = [say(level, lang) for level in frame["level"]]
    return [_table(word("spatial_levels", lang), frame, lang)]


def _basin_table(study: Study, lang: str) -> dict[str, Any]:
    outlets = study["river_basin_outlets"]
    units = study["planning_units"].groupby("river_basin")["area_km2"].agg(["size", "sum"])
    frame = pd.DataFrame(
        {
            "river_basin": list(_basin_names(study, lang).values()),
            "upstream_km2": outlets["upstream_km2"].to_numpy(),
            "published_km2": outlets["published_km2"].to_numpy(),
        }
    )
    frame[say("difference", lang)] = [
        f"{v:+.1%}" if np.isfinite(v) else "–"
        for v in frame["upstream_km2"] / frame["published_km2"] - 1
    ]
    frame["moved_km"] = outlets["moved_km"].to_numpy()
    frame["planning_units"] = outlets["name"].map(units["size"]).fillna(0).astype(int).to_numpy()
    frame["area_km2"] = outlets["name"].map(units["sum"]).fillna(0.0).to_numpy()
    return _table(word("river_basins", lang), frame, lang)


def _unit_table(study: Study, lang: str) -> dict[str, Any]:
    frame = pd.DataFrame(study["planning_units"].drop(columns="geometry"))
    for name in ("unit_terrain", "unit_climate"):
        if study.has(name):
            frame = frame.join(study[name])
    if study.has("unit_population"):
        people = study["unit_population"]
        latest = people[people["year"] == people["year"].max()].set_index("unit")["population"]
        frame["population"] = latest.round()
    turn = dict(
        zip(study["river_basin_outlets"]["name"], _basin_names(study, lang).values(), strict=True)
    )
    frame["river_basin"] = frame["river_basin"].map(lambda n: turn.get(n, n))
    frame["position"] = frame["position"].map(lambda p: say(p, lang))
    frame["downstream"] = frame["downstream"].map(frame["code"]).fillna("–")
    shown = [c for c in COLUMNS if c in frame]
    return _table(say("units_table", lang), frame[shown], lang, long=True)


def _verdict_rows(study: Study, lang: str) -> list[dict[str, Any]]:
    rows = []
    declared = iter([spec for specs in study.specs.values() for spec in specs])
    for look in study.verdicts():
        spec = next(declared, None)
        facts = []
        for key, value in look.facts.items():
            text = (
                f"{value:.0%}"
                if key == "coverage"
                else f"{value:,.4g}"
                if isinstance(value, float)
                else str(value)
            )
            facts.append(f"{key} {text}")
        rows.append(
            {
                "name": word(look.name, lang),
                "file": Path(look.file).name,
                "state": say(look.state, lang),
                "class": look.state,
                "facts": ", ".join(facts),
                "problems": [*look.problems, *look.doubts],
                "edition": (spec.edition if spec else "") or "",
                "licence": (spec.licence if spec else "") or "",
                "origin": (spec.origin if spec else "") or "",
            }
        )
    return rows


def _provenance(study: Study, lang: str) -> list[dict[str, Any]]:
    rows = []
    for name in study.plan.steps:
        if not study.has(name):
            continue
        item = study.plan.steps[name]
        record = study.record(name)
        settings = record.parts.get("settings", {}) if isinstance(item, Step) else {}
        rows.append(
            {
                "name": name,
                "word": word(name, lang),
                "from": ", ".join(study.plan.inputs(name).values())
                or (item.file if not isinstance(item, Step) else ""),
                "source": citation(item.card.source) if isinstance(item, Step) else "",
                "settings": ", ".join(f"{k} = {_short(v)}" for k, v in settings.items()),
                "made": _made(study, name, lang),
            }
        )
    return rows


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _summary(study: Study, lang: str) -> list[tuple[str, str]]:
    units = study["planning_units"]
    out = [
        (say("area", lang), f"{units['area_km2'].sum():,.0f} km²"),
        (say("cells", lang), f"{study.grid.ny:,} × {study.grid.nx:,}, {study.grid.cell_m:g} m"),
        (say("units_count", lang), f"{len(units):,}"),
        (say("units_mean", lang), f"{units['area_km2'].mean():,.1f} km²"),
    ]
    if study.has("drainage_check"):
        check = study["drainage_check"].iloc[0]
        out.append((say("drained", lang), f"{check['drained'] / max(check['cells'], 1):.4%}"))
    if study.has("unit_population"):
        people = study["unit_population"].groupby("year")["population"].sum()
        out.append((f"{say('population', lang)} {people.index[-1]}", f"{people.iloc[-1]:,.0f}"))
    out.append(
        (
            say("crs", lang),
            study.grid.projection.name
            if study.grid.projection.name != "unknown"
            else study.grid.crs,
        )
    )
    out.append((say("distortion", lang), f"{study.grid.area_distortion():.3%}"))
    return out


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
        summary=_summary(study, lang),
        chapters=chapters,
        units=_unit_table(study, lang),
        verdicts=_verdict_rows(study, lang),
        provenance=_provenance(study, lang),
        absent=[(word(n, lang), why) for n, why in study.plan.absent.items()],
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
