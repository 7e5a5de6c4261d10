"""Tables of the report: units, basins, levels, data, provenance."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.source import citation
from shanshui.core.terms import terms, word
from shanshui.flow.plan import Source, Step
from shanshui.queries.places import by_unit
from shanshui.region.years import chosen_year
from shanshui.report.states import ProductStates
from shanshui.report.views import basin_names, cover_classes
from shanshui.report.words import say
from shanshui.study.study import Study

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


def slope_by_basin(study: Study, lang: str) -> pd.DataFrame:
    """Share of each slope class in the twelve largest river basins."""
    units = study["planning_units"]
    shares = by_unit(study, "unit_slope_classes").reindex(units.index).fillna(0.0)
    area = shares.mul(units["area_km2"], axis=0).groupby(units["river_basin"]).sum()
    largest = area.sum(axis=1).sort_values(ascending=False).index[:12]
    out = area.loc[largest].div(area.loc[largest].sum(axis=1), axis=0)
    turn = dict(
        zip(study["river_basin_outlets"]["name"], basin_names(study, lang).values(), strict=True)
    )
    return out.rename(index=lambda n: turn.get(n, n))


def cover_areas(study: Study, lang: str) -> pd.DataFrame:
    """Area of each land-cover class in the region, largest first."""
    table = cover_classes(study, "land_cover")
    areas = study["unit_land_cover"].groupby("class")["area_km2"].sum().sort_values(ascending=False)
    names = table["name_zh" if lang == "zh" else "name"]
    return pd.DataFrame(
        {
            "word": [names.get(c, str(c)) for c in areas.index],
            "colour": [table["colour"].get(c) or "#999" for c in areas.index],
            "area_km2": areas.to_numpy(),
        }
    )


def table_of(
    title: str,
    frame: pd.DataFrame,
    lang: str,
    note: str = "",
    *,
    of: tuple[str, ...],
    long: bool = False,
) -> dict[str, Any]:
    """Title, heads in words with units, and rows as text, for the page; ``of`` are the products shown."""

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
        "of": of,
        "long": long,
        "numeric": [frame[c].dtype.kind in "iuf" for c in frame.columns],
    }


def level_tables(study: Study, lang: str) -> list[dict[str, Any]]:
    """Table of the spatial levels, if they were made."""
    if not study.has("spatial_levels"):
        return []
    frame = pd.DataFrame(study["spatial_levels"].drop(columns="geometry"))
    frame["level"] = [say(level, lang) for level in frame["level"]]
    return [table_of(word("spatial_levels", lang), frame, lang, of=("spatial_levels",))]


def basin_table(study: Study, lang: str) -> dict[str, Any]:
    """River basins with upstream area, ours beside the published."""
    outlets = study["river_basin_outlets"]
    units = study["planning_units"].groupby("river_basin")["area_km2"].agg(["size", "sum"])
    frame = pd.DataFrame(
        {
            "river_basin": list(basin_names(study, lang).values()),
            "upstream_km2": outlets["upstream_km2"].to_numpy(),
            "published_km2": outlets["published_km2"].to_numpy(),
        }
    )
    frame[say("difference", lang)] = [
        f"{v:+.1%}" if np.isfinite(v) else "–"
        for v in frame["upstream_km2"] / frame["published_km2"] - 1
    ]
    frame["moved_km"] = outlets["moved_km"].to_numpy()
    if outlets["others"].ne("").any():
        frame["others"] = outlets["others"].to_numpy()
    frame["planning_units"] = outlets["name"].map(units["size"]).fillna(0).astype(int).to_numpy()
    frame["area_km2"] = outlets["name"].map(units["sum"]).fillna(0.0).to_numpy()
    of = ("river_basin_outlets", "planning_units")
    return table_of(word("river_basins", lang), frame, lang, of=of)


def unit_table(study: Study, lang: str, standing: ProductStates) -> dict[str, Any]:
    """Every planning unit with its main facts, as far as they were made from the same units."""
    frame = pd.DataFrame(study["planning_units"].drop(columns="geometry"))
    of, notes = ["planning_units", "river_basin_outlets"], []
    for name in ("unit_terrain", "unit_climate", "unit_population"):
        if not study.has(name):
            continue
        if odd := standing.odd([*of, name]):
            notes.append(say("left_out", lang).format(product=word(name, lang), by=word(odd, lang)))
        else:
            of.append(name)
    for name in ("unit_terrain", "unit_climate"):
        if name in of:
            more = by_unit(study, name)
            frame = frame.join(more[[c for c in more if c not in frame]])
    if "unit_population" in of:
        people = study["unit_population"]
        year = chosen_year(people.rename(columns={"unit": "code"}), "population", "unit_population")
        latest = people[people["year"] == year].set_index("unit")["population"]
        frame["population"] = latest.round()
    turn = dict(
        zip(study["river_basin_outlets"]["name"], basin_names(study, lang).values(), strict=True)
    )
    frame["river_basin"] = frame["river_basin"].map(lambda n: turn.get(n, n))
    frame["position"] = frame["position"].map(lambda p: say(p, lang))
    frame["downstream"] = frame["downstream"].map(frame["code"]).fillna("–")
    shown = [c for c in COLUMNS if c in frame]
    title = say("units_table", lang)
    return table_of(title, frame[shown], lang, " ".join(notes), of=tuple(of), long=True)


def verdict_rows(study: Study, lang: str) -> list[dict[str, Any]]:
    """Verdict per dataset with edition, terms and origin."""
    rows = []
    for look in study.verdicts():
        spec = look.spec
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


def provenance_rows(study: Study, lang: str, standing: ProductStates) -> list[dict[str, Any]]:
    """Every product with inputs, source, settings and when it was made."""
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
                or (item.file if isinstance(item, Source) else ""),
                "source": citation(item.card.source) if isinstance(item, Step) else "",
                "settings": ", ".join(f"{k} = {_short(v)}" for k, v in settings.items()),
                "made": made_when(study, name, lang),
                "state": standing.why(name, lang),
            }
        )
    return rows


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def summary(study: Study, lang: str) -> list[tuple[str, str]]:
    """Figures at the head of the page."""
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
        rows = study["drainage_check"]
        lost = rows.loc[rows["what"] == "hole", "undrained"].sum()
        if lost:
            out.append((say("hole_water", lang), f"{lost / max(check['cells'], 1):.4%}"))
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


def made_when(study: Study, name: str, lang: str) -> str:
    """When a product was made, why, and its digest."""
    record = study.record(name)
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.made))
    return f"{say('made_when', lang)} {when}, {say('because', lang)}: {record.reason}; sha256 {record.digest[:12]}"
