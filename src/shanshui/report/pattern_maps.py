"""Maps of the ecological security pattern."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from shanshui.core.voice import Voice
from shanshui.pattern.morphology import BACKGROUND, CLASSES
from shanshui.report.maps import MapSpec
from shanshui.study.study import Study

PATTERN_MAPS = ("security_pattern", "sources", "corridors", "nodes")
PATCH, RIVER, BIOLOGICAL = "#4f8a55", "#2f6ea8", "#8a4f9e"
NODES = {
    "intersection": ("#222222", "o"),
    "pinch": ("#d1495b", "^"),
    "barrier": ("#b8860b", "s"),
    "stepping_stone": ("#2e7d5b", "D"),
    "weak": ("#5b5ea6", "X"),
}
PART_COLOURS = {
    "core": "#2f7d4f",
    "islet": "#8a5a2b",
    "perforation": "#3a6ea5",
    "edge": "#b9b35a",
    "loop": "#e0b83c",
    "bridge": "#c0392b",
    "branch": "#e08a4a",
}


CORE_COLOURS = {1: "#2f6f4f", 0: "#ece9d8"}
ZONE_COLOURS = (
    "#4f8a55",
    "#3f7fbf",
    "#b9803a",
    "#8a4f9e",
    "#c9b458",
    "#5b9a90",
    "#c8503f",
    "#7a8a99",
)


def zone_classes(study: Study, voice: Voice) -> dict[int, tuple[str, str]]:
    """Name and colour of each statutory zone."""
    zones = study["function_zones"]
    names = zones[voice.column(zones, "name")]
    out = {0: (voice("no_zone"), "#ece9d8")}
    for place, (number, name) in enumerate(names.items()):
        out[int(str(number))] = (str(name), ZONE_COLOURS[place % len(ZONE_COLOURS)])
    return out


def pattern_classes(study: Study, name: str, voice: Voice) -> dict[int, tuple[str, str]] | None:
    """Word and colour of each class of a map of the pattern; None of others."""
    if name == "habitat_morphology":
        return morphology_classes(PART_COLOURS, voice)
    if name == "core_area":
        return {k: (voice(f"core_{k}"), c) for k, c in CORE_COLOURS.items()}
    return zone_classes(study, voice) if name == "function_zone_cells" else None


def morphology_classes(colours: Mapping[str, str], voice: Voice) -> dict[int, tuple[str, str]]:
    """Word and colour of each code of the morphological pattern."""
    out = {BACKGROUND: (voice("background"), "#ece9d8")}
    for name, codes in CLASSES.items():
        for code in codes:
            out[code] = (voice(f"part_{name}"), colours[name])
    return out


def pattern_spec(
    study: Study,
    name: str,
    voice: Voice,
    spec: MapSpec,
    water: list[tuple[gpd.GeoDataFrame, str, float]],
    rim: list[Any],
) -> MapSpec:
    """What the map of the pattern, or of one of its elements, shows.

    Parameters
    ----------
    study : Study
        With the product made.
    name : str
        ``security_pattern, sources, corridors`` or ``nodes``.
    voice : Voice
        Of the page.
    spec : MapSpec
        To be filled.
    water, rim : list
        Courses of water, outline of the region.

    Returns
    -------
    MapSpec
        The same.
    """
    thin = [(part, "#9bb8d0", 0.35) for part, _, _ in water]
    spec.lines = [*thin, *rim]
    if study.has("sources"):
        spec.fills = [(study["sources"], PATCH, voice("patch"))]
    if name == "sources":
        return spec
    if name == "corridors":
        lines = study["corridors"]
        for kind, colour in (("river", RIVER), ("biological", BIOLOGICAL)):
            part = lines[(lines["type"] == kind) & lines.geometry.notna()]
            spec.courses.append((part, colour, 1.6, voice(f"corridor_{kind}")))
        return spec
    frame = study[name]
    if name == "security_pattern":
        for kind, colour in (("river", RIVER), ("biological", BIOLOGICAL)):
            part = frame[(frame["element"] == "corridor") & (frame["type"] == kind)]
            spec.courses.append((part, colour, 1.8, voice(f"corridor_{kind}")))
        frame = frame[frame["element"] == "node"].rename(columns={"type": "kind"})
    for kind, (colour, marker) in NODES.items():
        spec.marks.append((frame[frame["kind"] == kind], colour, marker, voice(f"node_{kind}")))
    return spec
