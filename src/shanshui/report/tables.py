"""Tables of the report: units, basins, levels, data, provenance."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.source import citation
from shanshui.flow.steps import Source, Step
from shanshui.queries.places import PlacedRows
from shanshui.region.years import chosen_year
from shanshui.report.page import Page
from shanshui.report.views import basin_names, cover_classes

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


def slope_by_basin(page: Page) -> pd.DataFrame:
    """Share of each slope class in the twelve largest river basins."""
    units = page.study["planning_units"]
    shares = PlacedRows(page.study, "unit_slope_classes").by_unit.reindex(units.index).fillna(0.0)
    area = shares.mul(units["area_km2"], axis=0).groupby(units["river_basin"]).sum()
    largest = area.sum(axis=1).sort_values(ascending=False).index[:12]
    out = area.loc[largest].div(area.loc[largest].sum(axis=1), axis=0)
    turn = dict(
        zip(
            page.study["river_basin_outlets"]["name"],
            basin_names(page.study, page.voice).values(),
            strict=True,
        )
    )
    return out.rename(index=lambda n: turn.get(n, n))


def cover_areas(page: Page) -> pd.DataFrame:
    """Area of each land-cover class in the region, largest first."""
    table = cover_classes(page.study, "land_cover")
    areas = (
        page.study["unit_land_cover"]
        .groupby("class")["area_km2"]
        .sum()
        .sort_values(ascending=False)
    )
    names = table[page.voice.column(table, "name")]
    return pd.DataFrame(
        {
            "word": [names.get(c, str(c)) for c in areas.index],
            "colour": [table["colour"].get(c) or "#999" for c in areas.index],
            "area_km2": areas.to_numpy(),
        }
    )


def level_tables(page: Page) -> list[dict[str, Any]]:
    """Table of the spatial levels, if they were made."""
    if not page.study.has("spatial_levels"):
        return []
    frame = pd.DataFrame(page.study["spatial_levels"].drop(columns="geometry"))
    frame["level"] = [page.voice(level) for level in frame["level"]]
    return [page.table(page.voice.word("spatial_levels"), frame, of=("spatial_levels",))]


def basin_table(page: Page) -> dict[str, Any]:
    """River basins with upstream area, ours beside the published."""
    outlets = page.study["river_basin_outlets"]
    units = page.study["planning_units"].groupby("river_basin")["area_km2"].agg(["size", "sum"])
    frame = pd.DataFrame(
        {
            "river_basin": list(basin_names(page.study, page.voice).values()),
            "upstream_km2": outlets["upstream_km2"].to_numpy(),
            "published_km2": outlets["published_km2"].to_numpy(),
        }
    )
    frame[page.voice("difference")] = [
        page.voice.number(v, "+.1%") if np.isfinite(v) else page.voice("mark_unknown")
        for v in frame["upstream_km2"] / frame["published_km2"] - 1
    ]
    frame["moved_km"] = outlets["moved_km"].to_numpy()
    if outlets["others"].ne("").any():
        frame["others"] = outlets["others"].to_numpy()
    frame["planning_units"] = outlets["name"].map(units["size"]).fillna(0).astype(int).to_numpy()
    frame["area_km2"] = outlets["name"].map(units["sum"]).fillna(0.0).to_numpy()
    of = ("river_basin_outlets", "planning_units")
    return page.table(page.voice.word("river_basins"), frame, of=of)


def unit_table(page: Page) -> dict[str, Any]:
    """Every planning unit with its main facts, as far as they were made from the same units."""
    frame = pd.DataFrame(page.study["planning_units"].drop(columns="geometry"))
    of, notes = ["planning_units", "river_basin_outlets"], []
    for name in ("unit_terrain", "unit_climate", "unit_population"):
        if not page.study.has(name):
            continue
        if odd := page.standing.odd([*of, name]):
            notes.append(
                page.voice("left_out", product=page.voice.word(name), by=page.voice.word(odd))
            )
        else:
            of.append(name)
    for name in ("unit_terrain", "unit_climate"):
        if name in of:
            more = PlacedRows(page.study, name).by_unit
            frame = frame.join(more[[c for c in more if c not in frame]])
    if "unit_population" in of:
        people = page.study["unit_population"]
        year = chosen_year(people.rename(columns={"unit": "code"}), "population", "unit_population")
        latest = people[people["year"] == year].set_index("unit")["population"]
        frame["population"] = latest.round()
    turn = dict(
        zip(
            page.study["river_basin_outlets"]["name"],
            basin_names(page.study, page.voice).values(),
            strict=True,
        )
    )
    frame["name"] = frame[page.voice.column(frame, "name")].where(
        lambda n: n.notna(), frame["name"]
    )
    frame["river_basin"] = frame["river_basin"].map(lambda n: turn.get(n, n))
    frame["position"] = frame["position"].map(lambda p: page.voice(p))
    frame["downstream"] = frame["downstream"].map(frame["code"]).fillna("–")
    shown = [c for c in COLUMNS if c in frame]
    title = page.voice("units_table")
    return page.table(title, frame[shown], " ".join(notes), of=tuple(of), long=True)


def verdict_rows(page: Page) -> list[dict[str, Any]]:
    """Verdict per dataset with edition, terms and origin."""
    rows = []
    for look in page.study.verdicts():
        spec = look.spec
        facts = []
        for key, value in look.facts.items():
            text = (
                f"{value:.0%}"
                if key == "coverage"
                else page.voice.figure(value, 4)
                if isinstance(value, float)
                else str(value)
            )
            word = f"checked.{key}"
            facts.append(f"{page.voice(word) if word in page.voice else key} {text}")
        rows.append(
            {
                "name": page.voice.word(look.name),
                "file": Path(look.file).name,
                "state": page.voice(look.state),
                "class": look.state,
                "facts": page.voice("mark_comma").join(facts),
                "problems": [*look.problems, *look.doubts],
                "edition": (spec.edition if spec else "") or "",
                "licence": (spec.licence if spec else "") or "",
                "origin": (spec.origin if spec else "") or "",
            }
        )
    return rows


def provenance_rows(page: Page) -> list[dict[str, Any]]:
    """Every product with inputs, source, settings and when it was made."""
    rows = []
    for name in page.study.plan.steps:
        if not page.study.has(name):
            continue
        item = page.study.plan.steps[name]
        record = page.study.record(name)
        settings = record.parts.get("settings", {}) if isinstance(item, Step) else {}
        rows.append(
            {
                "name": name,
                "word": page.voice.word(name),
                "from": ", ".join(page.study.plan.inputs(name).values())
                or (Path(item.file).name if isinstance(item, Source) else ""),
                "source": citation(item.card.source) if isinstance(item, Step) else "",
                "settings": ", ".join(f"{k} = {_short(v)}" for k, v in settings.items()),
                "made": page.made(name),
                "state": page.standing.why(name, page.voice),
            }
        )
    return rows


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def summary(page: Page) -> list[tuple[str, str]]:
    """Figures at the head of the page."""
    units = page.study["planning_units"]
    out = [
        (page.voice("area"), f"{units['area_km2'].sum():,.0f} {page.voice.unit('km2')}"),
        (
            page.voice("cells"),
            f"{page.study.grid.ny:,} × {page.study.grid.nx:,}, {page.study.grid.cell_m:g} m",
        ),
        (page.voice("units_count"), f"{len(units):,}"),
        (page.voice("units_mean"), f"{units['area_km2'].mean():,.1f} {page.voice.unit('km2')}"),
    ]
    if page.study.has("drainage_check"):
        check = page.study["drainage_check"].iloc[0]
        out.append((page.voice("drained"), f"{check['drained'] / max(check['cells'], 1):.4%}"))
        rows = page.study["drainage_check"]
        lost = rows.loc[rows["what"] == "hole", "undrained"].sum()
        if lost:
            out.append((page.voice("hole_water"), f"{lost / max(check['cells'], 1):.4%}"))
    if page.study.has("unit_population"):
        people = page.study["unit_population"].groupby("year")["population"].sum()
        out.append((f"{page.voice('population')} {people.index[-1]}", f"{people.iloc[-1]:,.0f}"))
    out.append(
        (
            page.voice("crs"),
            page.study.grid.projection.name
            if page.study.grid.projection.name != "unknown"
            else page.study.grid.crs,
        )
    )
    out.append((page.voice("distortion"), f"{page.study.grid.area_distortion():.3%}"))
    return out
