"""Whether a plan that somebody drew keeps to the control lines of a study: each feature with the rules that it breaks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import xarray as xr

from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.voice import ENGLISH, Voice, languages
from shanshui.flow.steps import Step
from shanshui.queries.plain import jsonable, records
from shanshui.region.grid import GridSpec
from shanshui.study.plan_file import PlanSource, read_plan
from shanshui.study.study import Study
from shanshui.zoning.conformity import (
    LEAST_KM2,
    OUTSIDE,
    UNKNOWN,
    LineConformity,
    cut,
    line_conformity,
    line_rules,
    violating_parts,
    window,
)
from shanshui.zoning.control_lines import MISSING
from shanshui.zoning.plan_uses import plan_uses

LINE, MASK, DENSITY = "control_lines.line", "region_mask", "population_density"


@dataclass(frozen=True)
class PlanConformity:
    """How a plan stands to three control lines.

    Attributes
    ----------
    file : Path
        The plan.
    verdict : str
        ``conforms``, ``unknown`` or ``violates``: the worst of its features.
    features : GeoDataFrame
        ``feature`` (number in the file), ``name, use, kind, verdict, area_km2, violating_km2, unknown_km2, conforming_km2, outside_km2``, and
        the outline in the system of the study.
    violations : GeoDataFrame
        A row for each rule that a feature breaks: ``feature, name, use, line, rule, area_km2, share`` of the feature [1], ``people``,
        ``people_unknown_km2``, the rule and its source in words of both languages, and the part that breaks it.
    rules : table
        The same for the plan as a whole, ground under several features once: ``rule, line, features, area_km2, people, …``.
    overlaps : table
        ``first, second`` (numbers in the file), ``area_km2`` of features that lie over one another.
    overlap_km2 : float [km2]
        Ground under more than one feature.
    notes : tuple of (str, mapping)
        What the lines are and what is not told: keys of words, and what fills them.
    told : tuple of str
        What was mended in the file, left out of it or shifted.
    """

    file: Path
    verdict: str
    features: gpd.GeoDataFrame
    violations: gpd.GeoDataFrame
    rules: pd.DataFrame
    overlaps: pd.DataFrame
    overlap_km2: float
    notes: tuple[tuple[str, dict[str, Any]], ...]
    told: tuple[str, ...]

    def noted(self, voice: Voice) -> list[str]:
        """Notes in words."""
        return [voice(key, **parts) for key, parts in self.notes]

    def table(self) -> pd.DataFrame:
        """A row for each rule that a feature breaks, and one for each feature that breaks none."""
        facts = ["feature", "name", "use", "verdict", "unknown_km2", "outside_km2"]
        own = pd.DataFrame(self.features[facts]).rename(columns={"area_km2": "feature_km2"})
        own["feature_km2"] = self.features["area_km2"]
        broken = pd.DataFrame(self.violations.drop(columns=["geometry", "name", "use"]))
        return own.merge(broken, on="feature", how="left", sort=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; areas to the square metre."""
        broken = pd.DataFrame(self.violations.drop(columns=["geometry", "name", "use"]))
        by = {number: own.drop(columns="feature") for number, own in broken.groupby("feature")}
        features = [
            row | {"violations": _plain(by[row["feature"]]) if row["feature"] in by else []}
            for row in _plain(pd.DataFrame(self.features.drop(columns="geometry")))
        ]
        out: dict[str, Any] = jsonable(
            {
                "file": self.file.name,
                "verdict": self.verdict,
                "features": features,
                "rules": _plain(self.rules),
                "overlaps": _plain(self.overlaps),
                "overlap_km2": round(self.overlap_km2, 6),
                "notes": self.noted(Voice()),
                "notes_zh": self.noted(Voice("zh")),
                "told": list(self.told),
            }
        )
        return out


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    numbers = [str(c) for c in frame.columns if frame[c].dtype.kind == "f"]
    return records(frame.assign(**{c: frame[c].round(6) for c in numbers}))


def plan_conformity(
    study: Study, source: PlanSource, *, least_km2: float = LEAST_KM2
) -> PlanConformity:
    """Hold the file of a plan against the control lines of a study.

    Parameters
    ----------
    study : Study
        With its control lines made; of its grids only what lies about the plan is read.
    source : PlanSource
        The file, and how it is to be read.
    least_km2 : float [km2]
        Less ground breaks no rule and leaves no question.

    Returns
    -------
    PlanConformity
        Areas exact along the outlines of the plan.

    Raises
    ------
    PlanError
        The lines are not made, or not up to date.
    DataError
        A file that cannot be used.
    QuantityError
        A word that is no use; a least area that is none.
    """
    if not (np.isfinite(least_km2) and least_km2 >= 0):
        raise QuantityError(f"--least {least_km2:g}: expected square kilometres, 0 or more")
    source.refuse_missing()
    _refuse_unmade(study)
    plan = read_plan(source, study.grid)
    rows, cols = window(study.grid, tuple(plan.total_bounds))
    part = cut(study.grid, rows, cols)
    ground = _ground(study, part, rows, cols)
    has_people = study.has(DENSITY) and study.fresh(DENSITY)
    density = None
    if has_people:
        density = part.lay(_rows(study, DENSITY, rows, cols), "person/km2")
    found = line_conformity(plan, ground, density, least_km2=least_km2)
    return _told(source, plan, ground, found, _notes(study, found, has_people))


def _refuse_unmade(study: Study) -> None:
    run = f"shanshui run {study.layout.folder} control_lines{study.flags}"
    for name in (LINE, MASK):
        if name not in study.plan.steps:
            why = study.plan.absent.get(name) or study.plan.absent.get(name.partition(".")[0], "")
            raise PlanError(f"conform: the study cannot make {name}{': ' if why else ''}{why}")
        if not study.has(name):
            raise PlanError(f"conform: {name} is not made yet; run first: {run}")
        if not study.fresh(name):
            raise PlanError(
                f"conform: {name} is not up to date ({study.stale_reason(name)}); make it anew: {run}"
            )


def _rows(study: Study, product: str, rows: slice, cols: slice) -> Any:
    reader = study.objects.reader(study.record(product).digest)
    return np.ascontiguousarray(reader.rows(rows.start, rows.stop).values[:, cols])


def _ground(study: Study, part: GridSpec, rows: slice, cols: slice) -> xr.DataArray:
    """Ground about a plan by its line."""
    line = _rows(study, LINE, rows, cols)
    code = np.where(line == MISSING, UNKNOWN, line)
    code = np.where(_rows(study, MASK, rows, cols) == 1, code, OUTSIDE)
    return part.lay(code.astype(np.uint8), "1")


def _notes(
    study: Study, found: LineConformity, has_people: bool
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What the lines are, and what is not told."""
    step = study.plan.steps["control_lines"]
    said = step.card.checked(step.settings) if isinstance(step, Step) else {}
    notes: list[tuple[str, dict[str, Any]]] = [
        ("conform_red_line", {}),
        ("conform_farmland_given", {})
        if "basic_farmland" in study.specs
        else ("conform_farmland_assumed", {"steep": f"{said['steep_deg']:g}"}),
        (
            "conform_town",
            {"least": f"{said['least_town_km2']:g}", "growth": f"{said['growth_m'] / 1e3:g}"},
        ),
        ("conform_cells", {"cell": f"{study.grid.cell_m:g}"}),
    ]
    if not has_people:
        notes.append(
            ("conform_no_people", {"run": f"shanshui run {study.layout.folder} {DENSITY}"})
        )
    if (outside := float(found.features["outside_km2"].sum())) > 0:
        notes.append(("conform_outside", {"area": f"{outside:,.4g}"}))
    if len(found.overlaps):
        notes.append(
            (
                "conform_overlaps",
                {"pairs": len(found.overlaps), "area": f"{found.overlap_km2:,.4g}"},
            )
        )
    return tuple(notes)


def _told(
    source: PlanSource,
    plan: gpd.GeoDataFrame,
    ground: xr.DataArray,
    found: LineConformity,
    notes: tuple[tuple[str, dict[str, Any]], ...],
) -> PlanConformity:
    """The answer with the numbers and names of the file, and the words of the rules."""
    kind = ["" if not u else plan_uses()[u].kind for u in plan["use"]]
    features = plan[["feature", "name", "use"]].assign(kind=kind)
    features = gpd.GeoDataFrame(
        pd.concat([pd.DataFrame(features), found.features], axis=1),
        geometry=plan.geometry.to_numpy(),
        crs=plan.crs,
    )
    at = found.violations["feature"].to_numpy(int)
    own = features.iloc[at].reset_index(drop=True)
    violations = _worded(found.violations.drop(columns="feature"))
    violations.insert(0, "feature", own["feature"])
    violations.insert(1, "name", own["name"])
    violations.insert(2, "use", own["use"])
    place = list(violations.columns).index("area_km2") + 1
    violations.insert(place, "share", violations["area_km2"] / own["area_km2"])
    number = plan["feature"].to_numpy(int)
    overlaps = found.overlaps.assign(
        first=number[found.overlaps["first"].to_numpy(int)],
        second=number[found.overlaps["second"].to_numpy(int)],
    )
    return PlanConformity(
        source.file,
        found.verdict,
        features,
        gpd.GeoDataFrame(violations, geometry=violating_parts(plan, ground, found.violations).to_numpy(), crs=plan.crs),
        _worded(found.rules),
        overlaps,
        found.overlap_km2,
        notes,
        tuple(plan.attrs["told"]),
    )  # fmt: skip


def _worded(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of rules with the line, what the rule says and where."""
    rules = {r.rule: r for r in line_rules()}
    own = [rules[r] for r in table["rule"]]
    out = table.copy()
    out.insert(0, "line", [r.line for r in own])
    for language in languages():
        ending = "" if language == ENGLISH else f"_{language}"
        out[f"text{ending}"] = [r.words.get(language, r.words[ENGLISH]) for r in own]
        out[f"source{ending}"] = [r.sources.get(language, r.sources[ENGLISH]) for r in own]
    out["tag"] = [r.tag for r in own]
    return out
