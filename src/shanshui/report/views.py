"""What the map of each product shows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from shanshui.collect.classes import class_table
from shanshui.core.cover import covers
from shanshui.core.errors import PlanError
from shanshui.core.source import short_citation
from shanshui.core.voice import Voice
from shanshui.flow.steps import Layer, Step
from shanshui.queries.places import PlacedRows
from shanshui.report.last import Last
from shanshui.report.legends import Legend, classes, colours, legend_of, legends
from shanshui.report.maps import MapSpec, draw_map
from shanshui.report.number_classes import Fill, step_fills, value_fills
from shanshui.report.pattern_maps import morphology_classes, pattern_spec, zone_classes
from shanshui.report.places import names_of
from shanshui.study.study import Study


def map_products(study: Study) -> list[str]:
    """Products whose map is written as a file of its own, in the order of the report."""
    shown = [row for row in legends() if row.picture and study.has(row.product)]
    return [row.product for row in shown if not (row.unless and study.has(row.unless))]


def map_parts(name: str) -> tuple[str, ...]:
    """Products that a map shows as one: the named one first."""
    return (name, *legend_of(name).beside)


Line = tuple[gpd.GeoDataFrame, str, float]


@dataclass(frozen=True)
class View:
    """What the map of one product is made of.

    Attributes
    ----------
    study : Study
        With the product made.
    legend : Legend
        How it is shown.
    voice : Voice
        Of the page.
    """

    study: Study
    legend: Legend
    voice: Voice

    @property
    def name(self) -> str:
        """The product."""
        return self.legend.product

    @cached_property
    def rim(self) -> list[Line]:
        """Outline of the region, and of the counties where they help to find one's way."""
        study = self.study
        if not study.has("boundary"):
            return []
        outline = _outline(study)
        out: list[Line] = [(outline, "#222", 1.0)]
        if study.has("counties") and "counties" in self.legend.layers:
            counties = study["counties"]
            within = counties.representative_point().within(outline.geometry.iloc[0])
            out.insert(0, (counties[within], "#777", 0.35))
        return out

    @cached_property
    def water(self) -> list[Line]:
        """Larger courses of water, where the map has them."""
        if "water" not in self.legend.layers or not self.study.has("river_reaches"):
            return []
        reaches = self.study["river_reaches"]
        top = int(reaches["order"].max()) if len(reaches) else 0
        return [(reaches[reaches["order"] >= max(2, top - 3)], "#2f6ea8", 0.7)]

    def spec(self, **shown: Any) -> MapSpec:
        """Map with what every map of this legend has."""
        study, layers = self.study, self.legend.layers

        def layer(name: str) -> Any:
            return study[name] if name in layers and study.has(name) else None

        nested = layer("basins_1")
        lines = [] if nested is None else [(nested, "white", 0.5)]
        return MapSpec(
            **{
                "source": source_of(study, self.name, self.voice),
                "title": "" if "product" in shown else self.voice.word(self.name),
                "points": layer("cities"),
                "named": layer("rivers"),
                "whole": "whole" in layers,
                "lines": [] if "bare" in layers else [*lines, *self.water, *self.rim],
                "ramp": self.legend.ramp,
                "logarithmic": self.legend.scale == "log",
                **shown,
            }
        )


SHOWN_FIRST = ("per_km2", "share", "total", "value", "population", "area_km2")
"""Columns of a table of places that its map shows, the first that is there; else its first number."""


def _table(view: View) -> MapSpec:
    """A table of places, on their own outlines.

    Raises
    ------
    PlanError
        Rows that have no place, several rows for one place, or no numbers.
    """
    study, name, voice = view.study, view.name, view.voice
    frame = PlacedRows(study, name).outlined
    if frame is None or not set(frame.geom_type.dropna()) <= {"Polygon", "MultiPolygon"}:
        raise PlanError(f"{name}: its rows have no areas to draw; export it as .csv or .xlsx")
    if frame.geometry.dropna().duplicated().any():
        raise PlanError(f"{name}: has several rows for one place; export it as .gpkg or .csv")
    declared = study.record(name).facts.get("columns", {})
    numbers = [
        c for c in frame.columns
        if c in declared and frame[c].dtype.kind in "iuf" and c not in study.plan.keys(name)
    ]  # fmt: skip
    if not numbers:
        raise PlanError(f"{name}: has no numbers to draw; export it as .gpkg or .csv")
    column = next((c for c in SHOWN_FIRST if c in numbers), numbers[0])
    unit = voice.unit(str(declared[column].get("units", "")))
    placed = frame[frame.geometry.notna()]
    words = voice.word(column) + (f" ({unit})" if unit else "")
    return view.spec(
        fills=value_fills(placed, placed[column].astype(float), ""),
        title=f"{voice.word(name)}\n{words}",
        lines=[(placed, "white", 0.25), *view.rim],
    )


def _areas(view: View) -> MapSpec:
    """Polygons by the words of a column."""
    frame, by = view.study[view.name], view.legend.by
    spec = view.spec(fills=_by_word(frame, frame[by], view))
    if "outlines" in view.legend.layers:
        spec.lines.insert(0, (frame, "white", 0.25))
    return spec


def _by_word(places: gpd.GeoDataFrame, words: pd.Series, view: View) -> list[Fill]:
    rows = classes(view.legend.classes)
    return [(places[(words == c.code).to_numpy()], c.colour, view.voice(c.word)) for c in rows]


MONEY_PER_AREA = "yuan/km2/yr"
"""Unit that maps show in the size that a language counts it in."""


def _units(view: View) -> MapSpec:
    """A table by planning unit: its words, or its numbers in seven groups of one size."""
    units, by = view.study["planning_units"], view.legend.by
    column = PlacedRows(view.study, view.name).by_unit[by].reindex(units.index)
    lines = [(units, "white", 0.2), *view.rim]
    if column.dtype.kind in "iuf":
        declared = view.study.record(view.name).facts.get("columns", {}).get(by, {})
        unit = str(declared.get("units", ""))
        if unit == MONEY_PER_AREA:
            size = view.voice.size("money_per_km2")
            return view.spec(
                fills=value_fills(units, column / size, ""),
                title=f"{view.voice.word(view.name)}\n({view.voice('money_per_km2')})",
                lines=lines,
            )
        told = f" ({view.voice.unit(unit)})" if view.voice.unit(unit) else ""
        title = f"{view.voice.word(view.name)}\n{view.voice.word(by)}{told}"
        return view.spec(fills=value_fills(units, column, ""), title=title, lines=lines)
    return view.spec(fills=_by_word(units, column.fillna(""), view), lines=lines)


def _places(view: View) -> MapSpec:
    """Places by a number that has steps of its own."""
    places = view.study[view.name]
    fills = step_fills(places, places[view.legend.by], view.legend.classes)
    title = f"{view.voice.word(view.name)}\n{view.voice.word(view.legend.by)}"
    return view.spec(fills=fills, title=title, lines=[(places, "white", 0.2), *view.rim])


def _basins(view: View) -> MapSpec:
    """River basins by name, with the courses that they are named after."""
    names, ramp = basin_names(view.study, view.voice), colours(view.legend.classes)
    named = {u: (text, ramp[k % len(ramp)]) for k, (u, text) in enumerate(names.items())}
    return view.spec(product="river_basins", classes=named)


def _pattern(view: View) -> MapSpec:
    """The ecological security pattern, or one of its elements."""
    lines = [*((part, "#9bb8d0", 0.35) for part, _, _ in view.water), *view.rim]
    return pattern_spec(view.study, view.name, view.voice, view.spec(lines=lines))


def _grid(view: View) -> MapSpec:
    """A grid, of numbers or of codes."""
    spec = view.spec(product=view.name, classes=_classes(view))
    spec.shade = 0.7 if "strong_shade" in view.legend.layers else spec.shade
    return spec


def _features(view: View) -> MapSpec:
    """Outlines or courses alone."""
    return view.spec(lines=[(view.study[view.name], "#a2402f", 0.7), *view.rim])


VIEWS: dict[str, Callable[[View], MapSpec]] = {
    "areas": _areas, "units": _units, "places": _places, "basins": _basins, "pattern": _pattern,
    "grid": _grid, "features": _features, "table": _table,
}  # fmt: skip
"""What a map shows, by the view of its legend, or by the kind of the product."""


def map_of(study: Study, name: str, voice: Voice) -> Any:
    """Draw the map of one product.

    Raises
    ------
    PlanError
        It has none.
    """
    legend = legend_of(name)
    kind = legend.view or study.record(name).kind
    if kind not in VIEWS:
        raise PlanError(f"{name}: a {kind} has no map; export it as .csv or .xlsx")
    view = View(study, replace(legend, product=name), voice)
    return draw_map(study, VIEWS[kind](view), voice)


def _named_by_data(view: View) -> dict[int, tuple[str, str]]:
    """Classes of a map of land cover or soil, as its legend has them."""
    table = cover_classes(
        view.study, "soil_texture" if view.name == "soil_texture" else "land_cover"
    )
    column = view.voice.column(table, "name")
    return {int(str(k)): (row[column], row["colour"] or "#999999") for k, row in table.iterrows()}


SOURCES: dict[str, Callable[[View], dict[int, tuple[str, str]]]] = {
    "=cover_classes": _named_by_data,
    "=covers": lambda view: {c.code: (view.voice.said(c), c.colour) for c in covers().values()},
    "=morphology": lambda view: morphology_classes(view.voice),
    "=statutory_zones": lambda view: zone_classes(view.study, view.voice),
}
"""Classes that are not all rows of ``classes.csv``."""
MOST_CODES = 40
"""Highest code of a map of whole numbers without a legend that is shown code by code."""


def _classes(view: View) -> dict[int, tuple[str, str]]:
    """Word and colour of each code of a grid; none of one of numbers."""
    name = view.legend.classes
    if name in SOURCES:
        return SOURCES[name](view)
    if name:
        return {int(c.code): (view.voice(c.word), c.colour) for c in classes(name)}
    facts = view.study.record(view.name).facts
    if (
        facts.get("dtype") not in {"uint8", "int16", "int32"}
        or (facts.get("max") or 0) > MOST_CODES
    ):
        return {}
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    top = int(facts.get("max") or 1)
    ramp = colormaps["viridis"]
    least = int(facts.get("min") or 0)
    return {k: (str(k), to_hex(ramp(k / max(top, 1)))) for k in range(least, top + 1)}


def class_words(study: Study, name: str, voice: Voice) -> dict[int, str]:
    """Word of each code of a grid of classes; empty for one of numbers."""
    view = View(study, replace(legend_of(name), product=name), voice)
    return {code: word for code, (word, _) in _classes(view).items()}


_OUTLINES = Last[gpd.GeoDataFrame]()


def _outline(study: Study) -> gpd.GeoDataFrame:
    """The region as one shape."""
    boundary = study.record("boundary").digest
    return _OUTLINES.of(study, boundary, lambda: study.objects.get(boundary).dissolve())


def cover_classes(study: Study, name: str) -> pd.DataFrame:
    """Class table of a categorical input, as declared or as recognised."""
    word = study.specs[name][0].legend
    if word is None and study.has("cover_classes"):
        return study["cover_classes"].set_index("class")
    return class_table(str(word))


def basin_names(study: Study, voice: Voice) -> dict[int, str]:
    """Name of each river basin in a language."""
    outlets = study["river_basin_outlets"]
    names = outlets["name"].to_dict()
    own = outlets[voice.column(outlets, "name")].to_dict()
    turn, plain = names_of(study, "reference_outlets", voice), "basin "
    out = {}
    for u, name in names.items():
        said = own[u] if isinstance(own[u], str) and own[u] and own[u] != name else ""
        said = said or turn.get(name, "")
        out[int(u)] = said or voice(name.replace(plain, voice("basin_number")))
    return out


def source_of(study: Study, name: str, voice: Voice) -> str:
    """Where a product comes from in one line: method, then datasets."""
    item = study.plan.steps.get(name)
    parts = []
    if isinstance(item, Layer):
        item = study.plan.steps[item.of]
    if isinstance(item, Step):
        parts.append(short_citation(item.card.source))
    files = [link for link in study.links(name) if link.summary == "input"] if item else []
    editions = []
    for link in files:
        for spec in study.specs.get(link.name, []):
            text = spec.edition or Path(spec.file).name or voice("assumed", value=f"{spec.value:g}")
            if text not in editions:
                editions.append(text)
    return "; ".join([*parts, *editions])
