"""What the map of each product shows."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from shanshui.collect.classes import class_table
from shanshui.core.errors import PlanError
from shanshui.core.source import citation
from shanshui.flow.plan import Layer, Step
from shanshui.report.maps import MapSpec, draw_map
from shanshui.report.words import say
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
    spec = MapSpec(source=source_of(study, name))
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
        names = basin_names(study, lang)
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
        table = cover_classes(study, "soil_texture" if name == "soil_texture" else "land_cover")
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


def cover_classes(study: Study, name: str) -> pd.DataFrame:
    """Class table of a categorical input."""
    return class_table(str(study.specs[name][0].classes))


def basin_names(study: Study, lang: str) -> dict[int, str]:
    """Name of each river basin in a language."""
    outlets = study["river_basin_outlets"]
    names = outlets["name"].to_dict()
    if lang == "zh" and study.has("reference_outlets") and "name_zh" in study["reference_outlets"]:
        turn = study["reference_outlets"].set_index("name")["name_zh"].to_dict()
        names = {u: turn.get(n, n.replace("basin ", "流域 ")) for u, n in names.items()}
    return {int(u): say(n, lang) for u, n in names.items()}


def source_of(study: Study, name: str) -> str:
    """Where a product comes from in one line: method, then datasets."""
    item = study.plan.steps.get(name)
    parts = []
    if isinstance(item, Layer):
        item = study.plan.steps[item.of]
    if isinstance(item, Step):
        parts.append(citation(item.card.source).split(". ")[0])
    files = [link for link in study.explain(name) if link.summary == "input"] if item else []
    editions = []
    for link in files:
        for spec in study.specs.get(link.name, []):
            text = spec.edition or Path(spec.file).name or f"assumed {spec.value:g}"
            if text not in editions:
                editions.append(text)
    return "; ".join([*parts, *editions])
