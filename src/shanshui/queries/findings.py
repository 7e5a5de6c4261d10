"""What was found, in sentences with numbers: the first screen of a page, each with the map that shows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from shanshui.core.voice import Voice
from shanshui.study.study import Study


@dataclass(frozen=True)
class Finding:
    """One sentence and what shows it.

    Attributes
    ----------
    finding : str
        Which; its words are ``finding_NAME``.
    product : str
        Product whose map shows it.
    parts : mapping of str to str
        Numbers and words of the sentence, said already.
    made_from : tuple of str
        Products that the numbers are of.
    """

    finding: str
    product: str
    parts: Mapping[str, str]
    made_from: tuple[str, ...]

    def to_dict(self, voice: Voice) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "finding": self.finding,
            "product": self.product,
            "text": voice(f"finding_{self.finding}", **self.parts),
            "made_from": list(self.made_from),
        }


def findings(study: Study, voice: Voice) -> list[Finding]:
    """What was found in a study, as far as its products are made.

    Parameters
    ----------
    study : Study
        Or a scenario of it.
    voice : Voice
        Of the numbers and words.
    """
    out = []
    for needs, find in _FINDINGS:
        if all(study.has(name) for name in needs):
            found = find(study, voice)
            if found is not None:
                out.append(found)
    return out


def _area(study: Study, voice: Voice) -> Finding:
    km2 = float(study["planning_units"]["area_km2"].sum())
    parts = {"km2": voice.figure(km2), "units": voice.figure(float(len(study["planning_units"])))}
    return Finding("area", "planning_units", parts, ("planning_units",))


def _people(study: Study, voice: Voice) -> Finding | None:
    rows = study["unit_population"]
    by_year = rows.groupby("year")["population"].sum(min_count=1)
    if by_year.empty or not np.isfinite(by_year.iloc[-1]):
        return None
    year, people = by_year.index[-1], float(by_year.iloc[-1])
    km2 = float(study["planning_units"]["area_km2"].sum())
    size = voice.size("people")
    parts = {
        "people": f"{voice.figure(people / size)} {voice('size_people_word')}".strip(),
        "year": str(year),
        "density": voice.figure(people / km2),
    }
    return Finding("people", "population_density", parts, ("unit_population",))


def _red_line(study: Study, voice: Voice) -> Finding | None:
    rows = study["red_line_summary"].set_index("measure")
    area, share = (rows.loc[name, "in_line"] for name in ("area", "share"))
    forest = rows["in_line"].get("forest", np.nan)
    if not np.isfinite([area, share]).all():
        return None
    parts = {
        "km2": voice.figure(float(area)),
        "share": _percent(share, voice),
        "forest": _percent(forest, voice),
    }
    return Finding("red_line", "red_line_candidate", parts, ("red_line_summary",))


def _value(study: Study, voice: Voice) -> Finding | None:
    figures = study["gep_summary"].set_index("figure")["value"]
    total, low, high = (float(figures.get(n, np.nan)) for n in ("total", "low", "high"))
    if not np.isfinite(total):
        return None
    rows = study["gep"].dropna(subset=["value"])
    by = rows[(rows["counts"] == 1) & (rows["service"] != "total")]
    first = by.groupby("service")["value"].sum().idxmax()
    share = by.groupby("service")["value"].sum().max() / by["value"].sum()
    size = voice.size("money")
    parts = {
        "total": voice.figure(total / size),
        "low": voice.figure(low / size),
        "high": voice.figure(high / size),
        "money": voice("money_size_word"),
        "service": voice(f"service_{first}"),
        "share": _percent(share, voice),
    }
    return Finding("value", "unit_gep", parts, ("gep_summary", "gep"))


def _pattern(study: Study, voice: Voice) -> Finding | None:
    count = study["pattern_summary"].set_index("what")["found"]
    names = {
        "patches": "patches",
        "rivers": "river corridors",
        "biological": "biological corridors",
        "nodes": "nodes",
    }
    parts = {k: voice.figure(float(count.get(v, np.nan))) for k, v in names.items()}
    return Finding("pattern", "security_pattern", parts, ("pattern_summary",))


def _zones(study: Study, voice: Voice) -> Finding | None:
    rows = study["function_zones"]
    count = rows["zone"].value_counts()
    known = [z for z in ("strict", "promote", "optimise", "relieve") if count.get(z, 0)]
    if not known:
        return None
    said = (voice("finding_count_of", count=int(count[z]), what=voice(f"zone_{z}")) for z in known)
    return Finding("zones", "zone_cells", {"zones": voice.listed(said)}, ("function_zones",))


def _units(study: Study, voice: Voice) -> Finding | None:
    count = study["green_units"]["green_unit"].value_counts()
    known = [
        u for u in ("all_green", "deep_green", "medium_green", "light_green") if count.get(u, 0)
    ]
    if not known:
        return None
    said = (voice("finding_count_of", count=int(count[u]), what=voice(f"green_{u}")) for u in known)
    return Finding("units", "green_unit_cells", {"units": voice.listed(said)}, ("green_units",))


def _capacity(study: Study, voice: Voice) -> Finding | None:
    rows = study["county_carrying_capacity"]
    known = rows.dropna(subset=["load"])
    if known.empty:
        return None
    over = known[known["load"] > 1]
    worst = known.sort_values("load", ascending=False).iloc[0]
    parts = {
        "over": str(len(over)),
        "counties": str(len(known)),
        "worst": _place(worst, voice),
        "load": voice.figure(float(worst["load"])),
        "binding": voice.word(str(worst["binding"])),
    }
    return Finding("capacity", "carrying_capacity", parts, ("county_carrying_capacity",))


def _conflicts(study: Study, voice: Voice) -> Finding | None:
    rows = study["use_conflicts"]
    first = rows.groupby("conflict", as_index=False).agg(
        area=("first_km2", "sum"), order=("settle_order", "min"), people=("people", "sum")
    )
    first = first[first["area"] > 0].sort_values("order")
    if first.empty:
        return None
    row = first.iloc[0]
    parts = {
        "conflict": voice(str(row["conflict"])),
        "km2": voice.figure(float(row["area"])),
        "people": voice.figure(float(row["people"])),
    }
    return Finding("conflicts", "conflict_cells.first", parts, ("use_conflicts",))


def _borders(study: Study, voice: Voice) -> Finding | None:
    rows = study["border_conflicts"]
    if rows.empty:
        return None
    row = rows.sort_values("review_order").iloc[0]
    parts = {
        "count": str(len(rows)),
        "one": _place(row, voice, "source_"),
        "other": _place(row, voice, "strict_"),
    }
    return Finding("borders", "zone_cells", parts, ("border_conflicts",))


def _place(row: pd.Series, voice: Voice, before: str = "") -> str:
    """Name of the place of a row."""
    own = voice.column(row.index, f"{before}name")
    return (
        str(row[own]) if isinstance(row.get(own), str) and row[own] else str(row[f"{before}name"])
    )


def _percent(share: float, voice: Voice) -> str:
    return (
        voice("mark_unknown") if not np.isfinite(share) else f"{voice.figure(float(share) * 100)} %"
    )


_FINDINGS: tuple[tuple[tuple[str, ...], Callable[[Study, Voice], Finding | None]], ...] = (
    (("red_line_summary",), _red_line),
    (("gep_summary", "gep"), _value),
    (("pattern_summary",), _pattern),
    (("function_zones",), _zones),
    (("green_units",), _units),
    (("county_carrying_capacity",), _capacity),
    (("use_conflicts",), _conflicts),
    (("border_conflicts",), _borders),
    (("unit_population", "planning_units"), _people),
    (("planning_units",), _area),
)
"""Products that a finding needs, and how it is found; in the order of the first screen."""
