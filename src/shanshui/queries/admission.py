"""What the rules say of a project at a point of a study: facts from its maps, a verdict, and where it would be better."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj

from shanshui.core.errors import PlanError, QuantityError, StudyError
from shanshui.core.errors import nearest as nearest_word
from shanshui.core.voice import ENGLISH, Voice
from shanshui.industry.access_rules import Admission, admit
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.classification import checked_code, industry_name
from shanshui.industry.place_facts import MAPPED, asked_facts, distances_off
from shanshui.industry.rule_book import IN_FORCE, RESTRICTS, VERDICTS, Rule, rules_of
from shanshui.industry.rule_facts import FACTS, PLAN_FACTS, PROJECT_FACTS
from shanshui.queries.plain import jsonable
from shanshui.queries.why import cell_at
from shanshui.region.grid import STRIP
from shanshui.store.rasters import RasterReader
from shanshui.study.study import Study

NEEDED = ("region_mask", "place_facts", "access_rules")


@dataclass(frozen=True)
class PlaceAdmission:
    """The answer for a project at a point.

    Attributes
    ----------
    industry : (str, str, str)
        Code, and its class or division in English and Chinese.
    answer : Admission
        Verdict, rules that fired, what would change it.
    facts : dict
        Of the place.
    off : dict
        How far each distance may be from its number [m]: cells are no points.
    where, where_zh : dict
        Planning unit, county and prefecture there, as far as known; in Chinese where the polygons have such names.
    nearest : dict or None
        Nearest ground of the region with a better verdict: ``lon, lat, km, verdict``, and whether that is ``certain``.
    year : int
        Of the rules.
    """

    industry: tuple[str, str, str]
    answer: Admission
    facts: dict[str, float]
    off: dict[str, float]
    where: dict[str, str]
    where_zh: dict[str, str]
    nearest: dict[str, Any] | None
    year: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        answer, en, zh = self.answer, Voice(), Voice("zh")
        found: dict[str, Any] = jsonable(
            {
                "code": self.industry[0],
                "industry": self.industry[1],
                "industry_zh": self.industry[2],
                "verdict": answer.verdict,
                "worst": answer.worst,
                "if_clear": answer.if_clear,
                "year": self.year,
                "provisional": answer.provisional,
                "answer": answer.words(en),
                "answer_zh": answer.words(zh),
                "rules": [_rule(r) for r in answer.fired],
                "questions": [
                    {**_rule(q.rule), "asks": [str(t) for t in q.terms]}
                    for q in (*answer.questions, *answer.hopes)
                ],
                "parts": {k: list(v) for k, v in answer.parts.items()},
                "changes": [c.words(en) for c in answer.changes],
                "changes_zh": [c.words(zh) for c in answer.changes],
                "better": answer.better,
                "facts": {k: round(v, 4) for k, v in self.facts.items()},
                "facts_off": {k: round(v, 1) for k, v in self.off.items() if k in self.facts},
                "unknown": answer.unknown,
                "plans": [f for f in answer.unknown if f in PLAN_FACTS],
                "where": self.where,
                "where_zh": self.where_zh,
                "nearest": self.nearest,
            }
        )
        return found


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.rule, "list": rule.list, "verdict": rule.verdict, "when": " & ".join(map(str, rule.when)),
        "text": rule.text, "source": rule.source, "tag": rule.tag,
        **{f"text_{k}": v for k, v in rule.words.items() if k != ENGLISH},
        **{f"source_{k}": v for k, v in rule.sources.items() if k != ENGLISH},
    }  # fmt: skip


def admitted_at(
    study: Study,
    code: str,
    lon: float,
    lat: float,
    *,
    kind: str = "new",
    year: int | None = None,
    exemptions: tuple[str, ...] = (),
    facts: Mapping[str, float] | None = None,
) -> PlaceAdmission:
    """Judge a project at a point.

    Parameters
    ----------
    study : Study
        With its place facts made; of them only the cell asked for is read, and rows around it where better ground is looked for.
    code : str
        Industry code, two to four digits, or the name of a class.
    lon, lat : float [degree]
        WGS 84.
    kind : str
        ``new``, ``expand``, ``existing`` or ``explore``.
    year : int, optional
        Rules in force then; that of the rule book by default.
    exemptions : tuple of str
        That the project claims.
    facts : mapping of fact to number, optional
        Of the project, such as ``capacity_mw``; or of the place, where somebody knows better than the map.

    Returns
    -------
    PlaceAdmission
        With the facts it stands on.

    Raises
    ------
    StudyError
        The point lies outside the study's grid or region.
    PlanError
        The study has no rules, or its place facts have not been made.
    QuantityError
        Unknown code, kind, exemption or fact.
    """
    plain = checked_code(code)
    if "access_rules" not in study.specs:
        raise PlanError(
            "admit: the study has no rules; declare a table in [inputs.access_rules] (rule, verdict, codes, when …); that of the "
            "Qinba template is one to start from"
        )
    missing = [n for n in NEEDED if not study.has(n)]
    if missing:
        raise PlanError(
            f"admit: not made yet: {', '.join(missing)}; run first: shanshui run {study.layout.folder} unit_admission"
        )
    row, column = _cell(study, lon, lat)
    rules = rules_of(study["access_rules"].to_dict("records"))
    here = {fact: _at(study, f"place_facts.{fact}", row, column) for fact in MAPPED}
    own = dict(facts or {})
    for fact in own:
        if fact not in FACTS:
            raise QuantityError(f"--fact {fact}: {nearest_word(fact, FACTS)}")
    known = {fact: value for fact, value in here.items() if np.isfinite(value)} | own
    apart = _from_centre(study, lon, lat, row, column)
    off = {f: m + apart for f, m in distances_off(study.grid.cell_m).items() if f not in own}
    answer = admit(plain, known, kind=kind, year=year, exemptions=exemptions, rules=rules, off=off)
    applies = tuple(r for r in rules if r.concerns(plain, kind, year, exemptions))
    project = {f: v for f, v in own.items() if f in PROJECT_FACTS}
    nearest = _nearest(study, plain, (row, column), answer, (kind, year), applies, project)
    return PlaceAdmission(
        (plain, *industry_name(plain)), answer, known, off, *_where(study, row, column), nearest, IN_FORCE if year is None else year,
    )  # fmt: skip


def _reader(study: Study, product: str) -> RasterReader:
    return study.objects.reader(study.record(product).digest)


def _at(study: Study, product: str, row: int, column: int) -> float:
    """One cell of a kept grid."""
    return float(_reader(study, product).rows(row, row + 1).values[0, column])


def _cell(study: Study, lon: float, lat: float) -> tuple[int, int]:
    row, column = cell_at(study, lon, lat)
    if _at(study, "region_mask", row, column) != 1:
        raise StudyError(
            f"--at {lon},{lat}: on the grid, but outside the study's region; its rules do not reach there"
        )
    return row, column


def _from_centre(study: Study, lon: float, lat: float, row: int, column: int) -> float:
    """How far a point is from the centre of its cell [m]."""
    x, y = pyproj.Transformer.from_crs("EPSG:4326", study.grid.crs, always_xy=True).transform(
        lon, lat
    )
    return float(np.hypot(x - study.grid.x()[column], y - study.grid.y()[row]))


def _where(study: Study, row: int, column: int) -> tuple[dict[str, str], dict[str, str]]:
    """Units there by name, in both languages."""
    out, zh = {}, {}
    if study.has("planning_unit_labels"):
        unit = int(_at(study, "planning_unit_labels", row, column))
        out["planning unit"] = str(unit) if unit else ""
    for name, cells in (("counties", "county_cells"), ("prefectures", "prefecture_cells")):
        if study.has(name) and study.has(cells):
            unit = int(_at(study, cells, row, column))
            if unit:
                own = study[name].loc[unit]
                out[name] = str(own["name"])
                zh[name] = str(own.get("name_zh") or own["name"])
    out = {k: v for k, v in out.items() if v}
    return out, out | {k: v for k, v in zh.items() if v}


def _nearest(
    study: Study,
    code: str,
    place: tuple[int, int],
    answer: Admission,
    asked_for: tuple[str, int | None],
    rules: tuple[Rule, ...],
    project: Mapping[str, float],
) -> dict[str, Any] | None:
    """Nearest cell of the region that is better than here even if all that is not known is against it; the first from the north-west among equals.

    Where there is none, the nearest that is better as far as is known, which ``certain`` tells. Strips of rows are read outwards from the
    place
    until none that is left can be nearer.
    """
    if answer.worst not in RESTRICTS:
        return None
    row, column = place
    kind, year = asked_for
    now = (VERDICTS.index(answer.worst), VERDICTS.index(answer.verdict))
    inside = _reader(study, "region_mask")
    asked = {f for f in asked_facts(rules) if f in MAPPED} | {"elevation_m"}
    readers = {f: _reader(study, f"place_facts.{f}") for f in asked}
    off = distances_off(study.grid.cell_m)
    best: list[tuple[float, int, int, str] | None] = [None, None]
    for start, stop in sorted(study.grid.strips(STRIP), key=lambda s: _apart(row, *s)):
        if best[0] is not None and _apart(row, start, stop) > best[0][0]:
            break
        cells = inside.rows(start, stop).values == 1
        facts = {fact: reader.rows(start, stop).values[cells] for fact, reader in readers.items()}
        count = len(facts["elevation_m"])
        facts |= {f: np.full(count, v, np.float32) for f, v in project.items()}
        judged = admitted_cells(code, facts, kind=kind, year=year, rules=rules, off=off)
        for at, verdicts in enumerate((judged.worst, judged.verdict)):
            better = np.flatnonzero(verdicts < now[at])
            if not len(better):
                continue
            rows, columns = (index[better] for index in np.nonzero(cells))
            far = np.hypot(rows + start - row, columns - column)
            near = int(np.argmin(far))
            found = (float(far[near]), int(rows[near]) + start, int(columns[near]))
            held = best[at]
            if held is None or found < held[:3]:
                best[at] = (*found, VERDICTS[int(verdicts[better[near]])])
    certain = best[0] is not None
    chosen = best[0] if certain else best[1]
    if chosen is None:
        return None
    cells_off, south, east, word = chosen
    x, y = study.grid.x()[east], study.grid.y()[south]
    lon, lat = pyproj.Transformer.from_crs(study.grid.crs, "EPSG:4326", always_xy=True).transform(
        x, y
    )
    return {
        "lon": round(float(lon), 4),
        "lat": round(float(lat), 4),
        "km": round(cells_off * study.grid.cell_m / 1e3, 2),
        "verdict": word,
        "certain": certain,
    }


def _apart(row: int, start: int, stop: int) -> int:
    """Rows between a row and a strip; 0 within it."""
    return max(start - row, row - (stop - 1), 0)
