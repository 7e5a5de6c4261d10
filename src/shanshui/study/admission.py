"""What the rules say of a project at a point of a study: facts from its maps, a verdict, and where it would be better."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj

from shanshui.core.errors import PlanError, StudyError
from shanshui.industry.access_rules import (
    FACTS,
    VERDICTS,
    Admission,
    Rule,
    admit,
    admitted_cells,
    checked_code,
    divisions,
    rules_of,
)
from shanshui.industry.place_facts import asked_facts
from shanshui.region.grid import STRIP
from shanshui.store.rasters import RasterReader
from shanshui.study.study import Study
from shanshui.study.why import cell_at

NEEDED = ("region_mask", "place_facts", "access_rules")


@dataclass(frozen=True)
class PlaceAdmission:
    """The answer for a project at a point.

    Attributes
    ----------
    industry : (str, str, str)
        Code, and its division in English and Chinese.
    answer : Admission
        Verdict, rules that fired, what would change it.
    facts : dict
        Of the place.
    where : dict
        Planning unit, county and prefecture there, as far as known.
    nearest : dict or None
        Nearest ground of the region with a better verdict: ``lon, lat, km, verdict``.
    """

    industry: tuple[str, str, str]
    answer: Admission
    facts: dict[str, float]
    where: dict[str, str]
    nearest: dict[str, Any] | None


def admitted_at(
    study: Study,
    code: str,
    lon: float,
    lat: float,
    *,
    kind: str = "new",
    year: int | None = None,
    exemptions: tuple[str, ...] = (),
) -> PlaceAdmission:
    """Judge a project at a point.

    Parameters
    ----------
    study : Study
        With its place facts made; of them only the cell asked for is read, and rows around it where better ground is looked for.
    code : str
        Industry code, two to four digits.
    lon, lat : float [degree]
        WGS 84.
    kind : str
        ``new``, ``expand``, ``existing`` or ``explore``.
    year : int, optional
        Rules in force then.
    exemptions : tuple of str
        That the project claims.

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
        Unknown code, kind or exemption.
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
    here = {fact: _at(study, f"place_facts.{fact}", row, column) for fact in FACTS}
    known = {fact: value for fact, value in here.items() if np.isfinite(value)}
    answer = admit(plain, known, kind=kind, year=year, exemptions=exemptions, rules=rules)
    applies = tuple(r for r in rules if r.concerns(plain, kind, year, exemptions))
    nearest = _nearest(study, plain, row, column, answer.verdict, kind, applies)
    return PlaceAdmission(
        (plain, *divisions()[plain[:2]]), answer, known, _where(study, row, column), nearest
    )


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


def _where(study: Study, row: int, column: int) -> dict[str, str]:
    out = {}
    if study.has("planning_unit_labels"):
        unit = int(_at(study, "planning_unit_labels", row, column))
        out["planning unit"] = str(unit) if unit else ""
    for name, cells in (("counties", "county_cells"), ("prefectures", "prefecture_cells")):
        if study.has(name) and study.has(cells):
            unit = int(_at(study, cells, row, column))
            if unit:
                out[name] = str(study[name].loc[unit, "name"])
    return {k: v for k, v in out.items() if v}


def _nearest(
    study: Study,
    code: str,
    row: int,
    column: int,
    verdict: str,
    kind: str,
    rules: tuple[Rule, ...],
) -> dict[str, Any] | None:
    """Nearest cell of the region whose verdict is better than here; the first from the north-west among equals.

    Strips of rows are read outwards from the place until none that is left can be nearer.
    """
    now = VERDICTS.index(verdict)
    if now <= VERDICTS.index("allow"):
        return None
    inside = _reader(study, "region_mask")
    readers = {f: _reader(study, f"place_facts.{f}") for f in {*asked_facts(rules), "elevation_m"}}
    best: tuple[float, int, int, str] | None = None
    for start, stop in sorted(study.grid.strips(STRIP), key=lambda s: _apart(row, *s)):
        if best is not None and _apart(row, start, stop) > best[0]:
            break
        cells = inside.rows(start, stop).values == 1
        facts = {fact: reader.rows(start, stop).values[cells] for fact, reader in readers.items()}
        verdicts, _ = admitted_cells(code, facts, kind=kind, rules=rules)
        better = np.flatnonzero(verdicts < now)
        if not len(better):
            continue
        rows, columns = (index[better] for index in np.nonzero(cells))
        far = np.hypot(rows + start - row, columns - column)
        at = int(np.argmin(far))
        found = (float(far[at]), int(rows[at]) + start, int(columns[at]))
        if best is None or found < best[:3]:
            best = (*found, VERDICTS[int(verdicts[better[at]])])
    if best is None:
        return None
    cells_off, south, east, word = best
    x, y = study.grid.x()[east], study.grid.y()[south]
    lon, lat = pyproj.Transformer.from_crs(study.grid.crs, "EPSG:4326", always_xy=True).transform(
        x, y
    )
    return {
        "lon": round(float(lon), 4),
        "lat": round(float(lat), 4),
        "km": round(cells_off * study.grid.cell_m / 1e3, 2),
        "verdict": word,
    }


def _apart(row: int, start: int, stop: int) -> int:
    """Rows between a row and a strip; 0 within it."""
    return max(start - row, row - (stop - 1), 0)
