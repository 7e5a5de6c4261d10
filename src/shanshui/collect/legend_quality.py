"""Can the legend of a map of classes be right? Codes that it lacks, shares that no region has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from shanshui.collect.classes import class_table, legend, legends
from shanshui.collect.rasters import RasterInput
from shanshui.collect.recognition import evidence_of, other_legend, recognised
from shanshui.core.cover import broadest

COVER_MAPS = ("land_cover", "land_cover_before")
"""Maps of classes whose meaning is asked for."""
MOST_OF_COVER = {"water": 0.5, "ice": 0.6, "built": 0.6, "wetland": 0.6, "tundra": 0.7}
"""Share of a mountain region above which a cover is more likely a wrong legend [D]."""

MANY, SETTLED = 5, {"water", "farmed", "built"}
"""Classes on a map of which one is any of these, unless the legend is wrong or nobody lives there [D]."""


@dataclass
class LegendVerdict:
    """What is found of a map of classes, in the words of a verdict."""

    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def legend_verdict(name: str, counts: Mapping[int, int], source: RasterInput) -> LegendVerdict:
    """Judge a map of classes by the cells of each code.

    Parameters
    ----------
    name : str
        Input.
    counts : mapping of int to int
        Cells of each code that is on the map.
    source : RasterInput
        The map.

    Returns
    -------
    LegendVerdict
        Problems make the map unusable.

    Raises
    ------
    DataError
        A map of land cover without a legend, which is none that is known or may be several.
    """
    spec, codes = source.spec, sorted(counts)
    out = LegendVerdict({"classes": len(codes)})
    word = spec.legend
    if word is None and name not in COVER_MAPS:
        shown = ", ".join(map(str, codes[:12]))
        out.problems.append(
            f'{name}: codes {shown} have no class table; set legend = "…" to a table with columns code, name'
        )
        return out
    if word is None:
        found = recognised(codes, evidence_of(source.path, spec, name), name)
        word = found.legend.name
        out.doubts.append(
            f'{name}: taken for {word}: {found.why}; say so: legend = "{word}" in [inputs.{name}]'
        )
    table = class_table(word)
    strange = [c for c in codes if c not in table.index]
    if strange:
        out.problems.append(
            f"{name}: codes {', '.join(map(str, strange[:12]))} are not in the class table '{word}'; "
            f"{_having(codes)}add them, or declare them as nodata"
        )
    if name in COVER_MAPS:
        out.facts["legend"] = word if word in legends() else Path(word).name
        if not strange:
            out.doubts += _doubts(name, counts, table, word, source)
    return out


def _doubts(
    name: str, counts: Mapping[int, int], table: pd.DataFrame, word: str, source: RasterInput
) -> list[str]:
    """Another legend that the file names, more of a cover than a region has."""
    out, codes, checked = [], sorted(counts), source.spec.checked
    if word in legends() and source.spec.legend is not None and not checked:
        other, why = other_legend(word, codes, evidence_of(source.path, source.spec, name))
        if other:
            out.append(
                f'{name}: legend = "{word}" is declared, but {why}: those of {other}, which has all its codes; set that, or checked = true'
            )
    broad = pd.Series(
        {c: broadest(table["cover"][c]) for c in codes if table["cover"][c]}, dtype=object
    )
    share = pd.Series(dict(counts), dtype=float)[broad.index].groupby(broad).sum() / sum(
        counts.values()
    )
    if len(codes) >= MANY and len(broad) == len(codes) and not checked and not SETTLED & set(broad):
        out.append(
            f"{name}: by the legend {Path(word).name} {len(codes)} classes are on the map and none is water, farmed or built; is it the "
            "map's legend? set the right one, or checked = true"
        )
    for cover, most in MOST_OF_COVER.items():
        if share.get(cover, 0.0) > most and not checked:
            out.append(
                f"{name}: by the legend {Path(word).name} {share[cover]:.0%} of the study is {cover}; is it the map's legend? set the "
                "right one, or checked = true"
            )
    return out


def _having(codes: list[int]) -> str:
    """Shipped legends that have all codes, as a question; empty for none."""
    found = [n for n in legends() if n != "made-up" and legend(n).codes.issuperset(codes)]
    return f"is it a map of {' or '.join(found)}? set legend; else " if found else ""
