"""What the rules say of a project at a point of a study: facts from its maps, a verdict, and where it would be better."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from shanshui.core.errors import PlanError, StudyError
from shanshui.industry.access_rules import (
    VERDICTS,
    Admission,
    Rule,
    admit,
    admitted_cells,
    checked_code,
    divisions,
    rules_of,
)
from shanshui.industry.admission import place_facts
from shanshui.study.study import Study

NEEDED = ("elevation", "slope", "region_mask", "access_rules")
WANTED = ("ecological_sensitivity", "protection_importance", "red_line_candidate")


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
        With its survey made; sensitivity, importance and the red line are taken where they were made.
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
        The study has no rules, or its terrain has not been made.
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
    facts = _facts(study)
    here = {name: float(values[row, column]) for name, values in facts.items()}
    known = {name: value for name, value in here.items() if np.isfinite(value)}
    answer = admit(plain, known, kind=kind, year=year, exemptions=exemptions, rules=rules)
    applies = tuple(r for r in rules if r.concerns(plain, kind, year, exemptions))
    nearest = _nearest(study, plain, facts, row, column, answer.verdict, kind, applies)
    return PlaceAdmission(
        (plain, *divisions()[plain[:2]]), answer, known, _where(study, row, column), nearest
    )


def _cell(study: Study, lon: float, lat: float) -> tuple[int, int]:
    grid = study.grid
    x, y = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(lon, lat)
    row, column = int((grid.top - y) // grid.cell_m), int((x - grid.left) // grid.cell_m)
    if not (0 <= row < grid.ny and 0 <= column < grid.nx):
        raise StudyError(
            f"--at {lon},{lat}: outside the study's grid; expected longitude,latitude within it (is the order lat,lon?)"
        )
    if study["region_mask"].values[row, column] != 1:
        raise StudyError(
            f"--at {lon},{lat}: on the grid, but outside the study's region; its rules do not reach there"
        )
    return row, column


def _facts(study: Study) -> dict[str, NDArray[np.float32]]:
    sensitivity, importance, red_line = (
        study[name] if study.has(name) else None for name in WANTED
    )
    rivers = study["rivers"] if study.has("rivers") else None
    protected = study["protected_areas"] if study.has("protected_areas") else None
    zones = study["zones"] if study.has("zones") else None
    return place_facts(
        study["elevation"],
        study["slope"],
        sensitivity,
        importance,
        red_line,
        rivers,
        protected,
        zones,
    )


def _where(study: Study, row: int, column: int) -> dict[str, str]:
    out = {}
    if study.has("planning_unit_labels"):
        unit = int(study["planning_unit_labels"].values[row, column])
        out["planning unit"] = str(unit) if unit else ""
    for name, cells in (("counties", "county_cells"), ("prefectures", "prefecture_cells")):
        if study.has(name) and study.has(cells):
            unit = int(study[cells].values[row, column])
            if unit:
                out[name] = str(study[name].loc[unit, "name"])
    return {k: v for k, v in out.items() if v}


def _nearest(
    study: Study,
    code: str,
    facts: dict[str, NDArray[np.float32]],
    row: int,
    column: int,
    verdict: str,
    kind: str,
    rules: tuple[Rule, ...],
) -> dict[str, Any] | None:
    """Nearest cell of the region whose verdict is better than here."""
    now = VERDICTS.index(verdict)
    if now <= VERDICTS.index("allow"):
        return None
    inside = np.flatnonzero(study["region_mask"].values.ravel() == 1)
    flat = {name: values.ravel()[inside] for name, values in facts.items()}
    verdicts, _ = admitted_cells(code, flat, kind=kind, rules=rules)
    better = np.flatnonzero(verdicts < now)
    if not len(better):
        return None
    rows, columns = np.divmod(inside[better], study.grid.nx)
    far = np.hypot(rows - row, columns - column)
    at = int(np.argmin(far))
    x = study.grid.x()[columns[at]]
    y = study.grid.y()[rows[at]]
    lon, lat = pyproj.Transformer.from_crs(study.grid.crs, "EPSG:4326", always_xy=True).transform(
        x, y
    )
    return {
        "lon": round(float(lon), 4),
        "lat": round(float(lat), 4),
        "km": round(float(far[at]) * study.grid.cell_m / 1e3, 2),
        "verdict": VERDICTS[int(verdicts[better[at]])],
    }
