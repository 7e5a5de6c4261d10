"""Maps of the ecological security pattern."""

from shanshui.core.voice import Voice
from shanshui.pattern.morphology import BACKGROUND, CLASSES, INTERNAL, OPENINGS
from shanshui.report.legends import classes, colours
from shanshui.report.maps import MapSpec
from shanshui.study.study import Study


def zone_classes(study: Study, voice: Voice) -> dict[int, tuple[str, str]]:
    """Name and colour of each statutory zone."""
    zones = study["statutory_zones"]
    names = zones[voice.column(zones, "name")]
    ramp = colours("zones")
    out = {int(c.code): (voice(c.word), c.colour) for c in classes("no_zone")}
    for place, (number, name) in enumerate(names.items()):
        out[int(str(number))] = (str(name), ramp[place % len(ramp)])
    return out


def morphology_classes(voice: Voice) -> dict[int, tuple[str, str]]:
    """Word and colour of each code of the morphological pattern."""
    within = {name: tuple(c + INTERNAL for c in members) for name, members in CLASSES.items()}
    codes = {name: members + within[name] for name, members in CLASSES.items()}
    codes |= {"background": (BACKGROUND,), **OPENINGS}
    rows = classes("morphology")
    return {code: (voice(c.word), c.colour) for c in rows for code in codes[c.code]}


def pattern_spec(
    study: Study,
    name: str,
    voice: Voice,
    spec: MapSpec,
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

    Returns
    -------
    MapSpec
        The same.
    """
    (patch,) = classes("patch")
    if study.has("sources"):
        spec.fills = [(study["sources"], patch.colour, voice(patch.word))]
    if name == "sources":
        return spec
    if name == "corridors":
        lines = study["corridors"]
        for c in classes("corridors"):
            part = lines[(lines["type"] == c.code) & lines.geometry.notna()]
            spec.courses.append((part, c.colour, 1.6, voice(c.word)))
        return spec
    frame = study[name]
    if name == "security_pattern":
        for c in classes("corridors"):
            part = frame[(frame["element"] == "corridor") & (frame["type"] == c.code)]
            spec.courses.append((part, c.colour, 1.8, voice(c.word)))
        frame = frame[frame["element"] == "node"].rename(columns={"type": "kind"})
    for c in classes("nodes"):
        spec.marks.append((frame[frame["kind"] == c.code], c.colour, c.mark, voice(c.word)))
    return spec
