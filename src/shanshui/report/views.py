"""What the map of each product shows."""

from dataclasses import replace
from functools import lru_cache
from math import floor, log10
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.collect.classes import class_table
from shanshui.core.cover import covers
from shanshui.core.errors import PlanError
from shanshui.core.source import short_citation
from shanshui.core.voice import Voice
from shanshui.flow.plan import Layer, Step
from shanshui.report.maps import MapSpec, draw_map
from shanshui.report.pattern_maps import (
    PATTERN_MAPS,
    pattern_classes,
    pattern_spec,
)
from shanshui.report.places import by_unit, names_of, outlined
from shanshui.study.study import Study
from shanshui.terrain.landform import LANDFORMS, POSITIONS

POSITION_COLOURS = {"upper": "#3f7a52", "middle": "#c7b45a", "lower": "#5b8fb9"}
LEVEL_COLOURS = {"outer": "#c9a46a", "inner": "#3f7a52"}
GRADE_COLOURS = {1: "#1f6b45", 3: "#8fbf7f", 5: "#ece9d8"}
SENSE_COLOURS = {1: "#a03020", 3: "#e0a458", 5: "#ece9d8"}
EROSION_COLOURS = {
    1: "#eef0dc",
    2: "#e6d79a",
    3: "#dcae5c",
    4: "#c87f3e",
    5: "#a04b28",
    6: "#6e2a1c",
}
CANDIDATE_COLOURS = {1: "#a6313a", 0: "#ece9d8"}
SPOT_COLOURS = {"hot": "#b5402f", "": "#e4e2d5", "cold": "#4a7ba6"}
VALUE_COLOURS = ("#eef4e0", "#d3e6b8", "#aed28d", "#84b96a", "#5a9c52", "#357a3f", "#1b532b")
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
        "water_yield.water_yield",
        "water_retention.retained",
        "soil_retention.retained",
        "soil_retention.loss",
        "carbon_stock.carbon",
        "habitat_quality.habitat_quality",
        "unit_gep",
        "protection_importance",
        "ecological_sensitivity",
        "hazard_sensitivity",
        "red_line_candidate",
        "security_pattern",
        "firm_places",
        "open_industries.certain",
        "open_industries.if_clear",
        "crop_suitability.herbs",
    ]
    return [n for n in names if study.has(n)]


def map_parts(name: str) -> tuple[str, ...]:
    """Products that a map shows as one: the named one first."""
    if name in ("unit_gep", "gep_hot_spots"):
        return (name, "planning_units")
    if name in ("security_pattern", "corridors", "nodes"):
        return (name, "sources")
    if name == "river_basins":
        return (name, "river_basin_outlets")
    return (name,)


def map_of(study: Study, name: str, voice: Voice) -> Any:
    """Draw the map of one product."""
    return draw_map(study, _map_spec(study, name, voice), voice)


def _rim(study: Study, name: str) -> list[tuple[gpd.GeoDataFrame, str, float]]:
    """Outline of the region, and of the counties where they help to find one's way."""
    rim: list[tuple[gpd.GeoDataFrame, str, float]] = []
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
    return rim


def _map_spec(study: Study, name: str, voice: Voice) -> MapSpec:
    rim = _rim(study, name)
    spec = MapSpec(source=source_of(study, name))
    reaches = study["river_reaches"] if study.has("river_reaches") else None
    top = int(reaches["order"].max()) if reaches is not None and len(reaches) else 0
    water = (
        [] if reaches is None else [(reaches[reaches["order"] >= max(2, top - 3)], "#2f6ea8", 0.7)]
    )
    if name == "spatial_levels":
        levels = study["spatial_levels"].set_index("level")
        spec.fills = [
            (levels.loc[[k]], c, voice(k))
            for k, c in LEVEL_COLOURS.items()
            if levels.loc[k, "counties"] > 0
        ]
        spec.points = study["cities"] if study.has("cities") else None
        return spec
    if name == "planning_units":
        units = study["planning_units"]
        spec.fills = [
            (units[units["position"] == k], c, voice(k)) for k, c in POSITION_COLOURS.items()
        ]
        spec.lines = [(units, "white", 0.25), *water, *rim]
        return spec
    if name in PATTERN_MAPS:
        return pattern_spec(study, name, voice, spec, water, rim)
    if name in ("unit_gep", "gep_hot_spots", "firm_places"):
        drawn = study["firm_places" if name == "firm_places" else "planning_units"]
        return replace(
            spec, fills=_unit_fills(study, name, voice), lines=[(drawn, "white", 0.2), *rim]
        )
    if name in ("river_basins", "river_basin_outlets"):
        names = basin_names(study, voice)
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
    if record.kind == "table":
        return _table_spec(study, name, voice, spec, rim)
    if record.kind != "grid":
        raise PlanError(f"{name}: a {record.kind} has no map; export it as .csv or .xlsx")
    spec.product = name
    spec.lines = rim
    spec.classes = _classes(study, name, voice)
    if name == "elevation":
        spec.lines = [*water, *rim]
        spec.shade = 0.7
        spec.points = study["cities"] if study.has("cities") else None
        spec.named = study["rivers"] if study.has("rivers") else None
        spec.whole = True
    return spec


FIRM_STEPS = (1, 3, 6, 11, 21, 51)
"""Least number of firms of each class of the map."""


def firm_fills(places: gpd.GeoDataFrame) -> list[tuple[gpd.GeoDataFrame, str, str]]:
    """Places by number of emerging firms."""
    out = []
    for k, low in enumerate(FIRM_STEPS):
        high = FIRM_STEPS[k + 1] if k + 1 < len(FIRM_STEPS) else None
        part = places[(places["firms"] >= low) & (places["firms"] < (high or np.inf))]
        if len(part):
            words = f"{low}–{high - 1}" if high else f"≥ {low}"
            out.append((part, VALUE_COLOURS[k + 1], words))
    return out


def _unit_fills(study: Study, name: str, voice: Voice) -> list[tuple[gpd.GeoDataFrame, str, str]]:
    """Planning units by value per area in seven groups of one size, or by hot and cold."""
    if name == "firm_places":
        return firm_fills(study[name])
    units = study["planning_units"]
    table = by_unit(study, name)
    if name == "gep_hot_spots":
        spot = table["spot"].reindex(units.index).fillna("")
        return [(units[spot == k], c, voice(k or "neither")) for k, c in SPOT_COLOURS.items()]
    value = (table["per_km2"] / 1e6).reindex(units.index)
    return value_fills(units, value, voice("million_per_km2"))


LEAST_PLAIN, MOST_PLAIN = 1e-9, 1e12
"""Numbers between these are written out in a legend [D]."""


def value_fills(
    places: gpd.GeoDataFrame, value: pd.Series, unit: str
) -> list[tuple[gpd.GeoDataFrame, str, str]]:
    """Places by value in at most seven groups of one size, named by numbers that tell them apart."""
    known = value[np.isfinite(value)]
    if known.empty:
        return []
    edges = np.quantile(known, np.linspace(0, 1, 8))
    # numbers that differ by rounding only are one
    _, first = np.unique([float(f"{e:.11e}") for e in edges], return_index=True)
    edges = edges[first]
    if len(edges) == 1:
        one = f"{_number_words(edges[0], 6)} {unit}".strip()
        return [(places[np.isfinite(value).to_numpy()], VALUE_COLOURS[3], one)]
    words = edge_words(edges)
    between = " – " if edges[0] < 0 else "–"
    group = np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2)
    return [
        (
            places[(group == k) & np.isfinite(value).to_numpy()],
            VALUE_COLOURS[k],
            f"{words[k]}{between}{words[k + 1]} {unit}".strip(),
        )
        for k in range(len(edges) - 1)
    ]


def edge_words(edges: NDArray[np.float64]) -> list[str]:
    """Edges of classes with two digits, or as many as tell each from the next.

    Parameters
    ----------
    edges : (edge) [any]
        Ascending, none twice.
    """
    for digits in range(2, 17):
        words = [_number_words(edge, digits) for edge in edges]
        if len(set(words)) == len(words):
            return words
    return [repr(float(edge)) for edge in edges]


def _number_words(value: float, digits: int) -> str:
    """Number with so many digits that count, thousands apart; powers of ten only where there are too many noughts."""
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    power = floor(log10(abs(rounded)))
    if not LEAST_PLAIN <= abs(rounded) < MOST_PLAIN:
        return f"{rounded:.{digits}g}"
    text = f"{rounded:,.{max(0, digits - 1 - power)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


SHOWN_FIRST = ("per_km2", "share", "total", "value", "population", "area_km2")
"""Columns of a table of places that its map shows, the first that is there; else its first number."""


def _table_spec(study: Study, name: str, voice: Voice, spec: MapSpec, rim: list[Any]) -> MapSpec:
    """A table of places, on their own outlines.

    Raises
    ------
    PlanError
        Rows that have no place, several rows for one place, or no numbers.
    """
    frame = outlined(study, name)
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
    unit = str(declared[column].get("units", ""))
    placed = frame[frame.geometry.notna()]
    words = voice.word(column) + ("" if unit in ("1", "") else f" ({unit})")
    spec.fills = value_fills(placed, placed[column].astype(float), "")
    spec.title = f"{voice.word(name)}\n{words}"
    spec.lines = [(placed, "white", 0.25), *rim]
    return spec


@lru_cache(maxsize=2)
def _outline(study: Study, boundary: str) -> gpd.GeoDataFrame:
    """The region as one shape, by the digest of its boundary."""
    return study.objects.get(boundary).dissolve()


def _classes(study: Study, name: str, voice: Voice) -> dict[int, tuple[str, str]]:
    grades = {
        "service_importance": ("grade", GRADE_COLOURS), "protection_importance": ("grade", GRADE_COLOURS),
        "importance_water": ("grade", GRADE_COLOURS), "importance_soil": ("grade", GRADE_COLOURS),
        "importance_biodiversity": ("grade", GRADE_COLOURS), "soil_importance": ("grade", GRADE_COLOURS),
        "ecological_sensitivity": ("sense", SENSE_COLOURS), "erosion_sensitivity": ("sense", SENSE_COLOURS),
        "karst_sensitivity": ("sense", SENSE_COLOURS), "desertification_sensitivity": ("sense", SENSE_COLOURS),
        "site_sensitivity": ("sense", SENSE_COLOURS), "ground_sensitivity": ("sense", SENSE_COLOURS),
        "subsidence_sensitivity": ("sense", SENSE_COLOURS), "hazard_sensitivity": ("sense", SENSE_COLOURS),
        "erosion_fragility": ("sense", SENSE_COLOURS), "erosion_class": ("erosion", EROSION_COLOURS),
        "red_line_candidate": ("candidate", CANDIDATE_COLOURS),
    }  # fmt: skip
    if name in grades:
        words, colours = grades[name]
        return {k: (voice(f"{words}_{k}"), c) for k, c in colours.items()}
    fixed = {"landform": LANDFORMS, "slope_position": POSITIONS}
    if name in fixed:
        return {k: (voice(f"{name}_{k}"), v[2]) for k, v in fixed[name].items()}
    if (own := pattern_classes(study, name, voice)) is not None:
        return own
    if name in ("land_cover", "land_cover_fine", "soil_texture"):
        table = cover_classes(study, "soil_texture" if name == "soil_texture" else "land_cover")
        column = voice.column(table, "name")
        return {
            int(str(k)): (row[column], row["colour"] or "#999999") for k, row in table.iterrows()
        }
    if name == "cover_type":
        return {c.code: (voice.said(c), c.colour) for c in covers().values()}
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
    if turn := names_of(study, "reference_outlets", voice):
        plain = "basin "
        names = {u: turn.get(n, n.replace(plain, voice("basin_number"))) for u, n in names.items()}
    return {int(u): voice(n) for u, n in names.items()}


def source_of(study: Study, name: str) -> str:
    """Where a product comes from in one line: method, then datasets."""
    item = study.plan.steps.get(name)
    parts = []
    if isinstance(item, Layer):
        item = study.plan.steps[item.of]
    if isinstance(item, Step):
        parts.append(short_citation(item.card.source))
    files = [link for link in study.explain(name) if link.summary == "input"] if item else []
    editions = []
    for link in files:
        for spec in study.specs.get(link.name, []):
            text = spec.edition or Path(spec.file).name or f"assumed {spec.value:g}"
            if text not in editions:
                editions.append(text)
    return "; ".join([*parts, *editions])
