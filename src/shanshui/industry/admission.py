"""Which industries each planning unit admits, with the rules that decided; and jobs that the rules push out."""

import csv
from functools import cache
from typing import Annotated

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Features, Table
from shanshui.core.setting import Between
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import (
    Codes,
    Elevation,
    Facts,
    Index,
    Rivers,
    Slope,
    UnitLabels,
    Units,
)
from shanshui.industry.access_rules import (
    FACTS,
    VERDICTS,
    Rule,
    admitted_cells,
    rules_of,
)
from shanshui.industry.economy import Employment
from shanshui.kernels.distance import distance_to
from shanshui.kernels.labels import label_class_counts, label_sizes
from shanshui.region.grid import GridSpec, grid_of, like
from shanshui.region.unitset import burnt, covered, rasterised

Protected = Annotated[gpd.GeoDataFrame, Features(("geometry",))]
RuleTable = Annotated[pd.DataFrame, Table(("rule", "verdict", "codes"))]


@cache
def judged_industries() -> tuple[dict[str, str], ...]:
    """Industries that stand for the nine categories and for what the region has: code, category, names [D]."""
    text = shipped_text("industry/judged_industries.csv")
    return tuple(csv.DictReader(text.splitlines()))


def place_facts(
    elevation: Elevation,
    slope: Slope,
    ecological_sensitivity: Codes | None,
    protection_importance: Codes | None,
    red_line_candidate: Codes | None,
    rivers: gpd.GeoDataFrame | None,
    protected_areas: gpd.GeoDataFrame | None,
    zones: gpd.GeoDataFrame | None = None,
) -> dict[str, NDArray[np.float32]]:
    """What rules may ask, for every cell of the grid.

    Parameters
    ----------
    elevation : (y, x) [m]
        Height.
    slope : (y, x) [degree]
        Steepness.
    ecological_sensitivity, protection_importance, red_line_candidate : (y, x) [1] or None
        Grades 1, 3, 5 with 0 missing; 1 inside.
    rivers : lines or None
        Distances are from their cells.
    protected_areas : polygons or None
        Any kind.
    zones : polygons or None
        Columns named as facts, such as ``green_unit``, ``zone`` or ``core_area``: they go before what is computed.

    Returns
    -------
    dict of fact to (y, x)
        float32; NaN where not known.
    """
    grid = grid_of(elevation)
    facts = {
        "elevation_m": np.asarray(elevation.values, np.float32),
        "slope_deg": np.asarray(slope.values, np.float32),
    }
    for name, codes in (
        ("sensitivity", ecological_sensitivity),
        ("importance", protection_importance),
    ):
        if codes is not None:
            values = codes.values.astype(np.float32)
            facts[name] = np.where(values == 0, np.float32(np.nan), values)
    if red_line_candidate is not None:
        facts["red_line"] = (red_line_candidate.values == 1).astype(np.float32)
    if protected_areas is not None:
        facts["protected"] = covered(protected_areas, grid).astype(np.float32)
    if rivers is not None and len(rivers):
        facts["river_m"] = _from_rivers(rivers, grid)
    if zones is not None and len(zones):
        facts |= _of_zones(zones, grid)
    return facts


def _of_zones(zones: gpd.GeoDataFrame, grid: GridSpec) -> dict[str, NDArray[np.float32]]:
    """Facts of the polygon that each cell lies in; NaN outside all."""
    own = zones.to_crs(grid.crs) if zones.crs is not None else zones
    own = own.set_axis(np.arange(1, len(own) + 1), axis=0)
    label = rasterised(own, grid).values
    out = {}
    for fact in FACTS:
        if fact in own:
            table = np.concatenate([[np.nan], pd.to_numeric(own[fact], errors="coerce")])
            out[fact] = table.astype(np.float32)[label]
    if not out:
        raise QuantityError(
            f"zones: no column is a fact that rules ask for; found {', '.join(map(str, own.columns))}; known: {', '.join(FACTS)}"
        )
    return out


def _from_rivers(rivers: gpd.GeoDataFrame, grid: GridSpec) -> NDArray[np.float32]:
    """Distance to the nearest river [m]; a river takes the cells whose centre is within half a cell of it."""
    lines = rivers.to_crs(grid.crs) if rivers.crs is not None else rivers
    mark = burnt(lines, grid, 0.71 * grid.cell_m).astype(bool)
    return np.asarray(distance_to(mark) * np.float32(grid.cell_m))


@assessment(source="decisions/0014-industry", bytes_per_cell=64)
def unit_admission(
    planning_unit_labels: UnitLabels,
    elevation: Elevation,
    slope: Slope,
    access_rules: RuleTable,
    ecological_sensitivity: Codes | None = None,
    protection_importance: Codes | None = None,
    red_line_candidate: Codes | None = None,
    rivers: Rivers | None = None,
    protected_areas: Protected | None = None,
    zones: Protected | None = None,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> Facts:
    """Industries that each planning unit admits, and the rules that decided.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside. Any unit layer will do.
    elevation : (y, x) [m]
        Height.
    slope : (y, x) [degree]
        Steepness.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has.
    ecological_sensitivity : (y, x) [1], optional
        1 extreme, 3 sensitive, 5 slight, 0 missing.
    protection_importance : (y, x) [1], optional
        1 extreme, 3 important, 5 general, 0 missing.
    red_line_candidate : (y, x) [1], optional
        1 inside.
    rivers : lines, optional
        For distances to water.
    protected_areas : polygons, optional
        Any kind.
    zones : polygons, optional
        Columns named as facts that rules ask for, such as ``green_unit`` or ``core_area``.
    least_share : float [1]
        Share of a unit's land that must be open to a new project for the unit to admit it [D].

    Returns
    -------
    table
        ``unit, code, category, name, name_zh, verdict`` (the best that at least ``least_share`` of the land has), ``open_share`` of the land
        neither forbidden nor to be eliminated, ``welcome_share`` encouraged [1], ``rules`` that gave the verdict, ``closing_rules`` the
        three that close the most land. Facts nobody gave fire no rule: attributes name them.
    """
    rules = rules_of(access_rules.to_dict("records"))
    facts = place_facts(
        elevation, slope, ecological_sensitivity, protection_importance, red_line_candidate, rivers, protected_areas, zones,
    )  # fmt: skip
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32).ravel()
    inside = label > 0
    label = label[inside]
    flat = {name: np.ascontiguousarray(values.ravel()[inside]) for name, values in facts.items()}
    most = int(label.max(initial=0))
    size = label_sizes(label, most)
    units = np.flatnonzero(size[1:]) + 1
    parts = [
        _judged(industry, rules, flat, label, most, size, units, least_share)
        for industry in judged_industries()
    ]
    out = pd.concat(parts, ignore_index=True).sort_values(["unit", "code"], ignore_index=True)
    out.attrs["units"] = {"open_share": "1", "welcome_share": "1"}
    asked = {t.fact for r in rules for t in r.when}
    out.attrs["not_known"] = sorted(asked - set(facts))
    return out


def _judged(
    industry: dict[str, str],
    rules: tuple[Rule, ...],
    facts: dict[str, NDArray[np.float32]],
    label: NDArray[np.int32],
    most: int,
    size: NDArray[np.int64],
    units: NDArray[np.int64],
    least_share: float,
) -> pd.DataFrame:
    verdict, fired = admitted_cells(industry["code"], facts, rules=rules)
    share = (
        label_class_counts(label, verdict.astype(np.int32), most, len(VERDICTS))[units]
        / size[units, None]
    )
    reached = np.cumsum(share, axis=1) >= least_share
    best = reached.argmax(axis=1)
    said = {r.rule: r.verdict for r in rules}
    share_of = {
        r: np.bincount(label[where], minlength=most + 1)[units] / size[units]
        for r, where in fired.items()
    }
    words = np.array(VERDICTS, object)[best]
    deciding = [
        " ".join(r for r in share_of if said[r] == word and share_of[r][k] >= least_share)
        for k, word in enumerate(words)
    ]
    grave = [r for r in share_of if said[r] in ("forbid", "eliminate")]
    closing = [
        " ".join(sorted((r for r in grave if row[r] >= least_share), key=lambda r: -row[r])[:3])
        for row in ({r: share_of[r][k] for r in grave} for k in range(len(units)))
    ]
    return pd.DataFrame(
        {
            "unit": units,
            "code": industry["code"],
            "category": industry["category"],
            "name": industry["name"],
            "name_zh": industry["name_zh"],
            "verdict": words,
            "open_share": share[:, :3].sum(axis=1),
            "welcome_share": share[:, 0],
            "rules": deciding,
            "closing_rules": closing,
        }
    )


@assessment(source="decisions/0014-industry", bytes_per_cell=8)
def open_industries(unit_admission: Facts, planning_unit_labels: UnitLabels) -> Index:
    """Share of the judged emerging industries that a planning unit admits.

    Parameters
    ----------
    unit_admission : table
        ``unit, category, verdict``.
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside.

    Returns
    -------
    (y, x) [1]
        Those with a category that are encouraged or allowed over all of them; NaN outside the units.
    """
    rows = unit_admission[unit_admission["category"] != ""]
    welcome = rows["verdict"].isin(["encourage", "allow"]).groupby(rows["unit"]).mean()
    label = planning_unit_labels.values
    table = np.full(int(label.max(initial=0)) + 1, np.nan, np.float32)
    table[welcome.index.to_numpy()] = welcome.to_numpy()
    return like(planning_unit_labels, table[np.maximum(label, 0)], "1")


@assessment(source="decisions/0014-industry", bytes_per_cell=24)
def heavy_jobs(
    counties: Units,
    county_cells: UnitLabels,
    employment: Employment,
    elevation: Elevation,
    slope: Slope,
    access_rules: RuleTable,
    protection_importance: Codes | None = None,
    red_line_candidate: Codes | None = None,
    rivers: Rivers | None = None,
    *,
    industries: tuple[str, ...] = ("mining", "manufacturing"),
    heavy_share: Annotated[float, Between(0.0, 1.0)] = 0.3,
    heavy_code: str = "31",
    year: int | None = None,
) -> Facts:
    """Jobs in heavy industry of each county of the region, and how much of its land the rules close to it.

    Parameters
    ----------
    counties : polygons
        Index ``unit``; ``code, name``.
    county_cells : (y, x) [1]
        County of each cell of the region; 0 outside.
    employment : table
        ``code, year, industry, persons``.
    elevation : (y, x) [m]
        Height.
    slope : (y, x) [degree]
        Steepness.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has.
    protection_importance : (y, x) [1], optional
        1, 3, 5; 0 missing.
    red_line_candidate : (y, x) [1], optional
        1 inside.
    rivers : lines, optional
        For distances to water.
    industries : tuple of str
        Industries that heavy industry is part of.
    heavy_share : float [1]
        Of the second and later of them that is heavy; the first counts whole [D].
    heavy_code : str
        Industry code by which the rules judge it.
    year : int
        Of the jobs; the latest by default.

    Returns
    -------
    table
        ``code, name, x, y`` [m] of a point inside, ``jobs`` [person], ``pushed_share`` [1]; counties without jobs known are left out.
    """
    rules = rules_of(access_rules.to_dict("records"))
    facts = place_facts(
        elevation, slope, None, protection_importance, red_line_candidate, rivers, None
    )
    label = np.ascontiguousarray(county_cells.values, np.int32).ravel()
    inside = label > 0
    flat = {name: values.ravel()[inside] for name, values in facts.items()}
    verdict, _ = admitted_cells(heavy_code, flat, kind="expand", rules=rules)
    most = max(int(label.max(initial=0)), int(counties.index.max()))
    size = label_sizes(label[inside], most)
    closed = np.bincount(label[inside][verdict >= VERDICTS.index("forbid")], minlength=most + 1)
    chosen = int(employment["year"].max()) if year is None else year
    rows = employment[(employment["year"] == chosen) & employment["industry"].isin(industries)]
    weight = rows["industry"].map(lambda i: 1.0 if i == industries[0] else heavy_share)
    jobs = (rows["persons"] * weight).groupby(rows["code"]).sum()
    here = counties[size[counties.index] > 0]
    points = here.geometry.representative_point()
    out = pd.DataFrame(
        {
            "code": here["code"].to_numpy(str),
            "name": here["name"].to_numpy(str),
            "x": points.x.to_numpy(),
            "y": points.y.to_numpy(),
            "jobs": here["code"].map(jobs).to_numpy(np.float64),
            "pushed_share": closed[here.index] / size[here.index],
        }
    ).dropna(subset=["jobs"])
    out = out.reset_index(drop=True)
    out.attrs["units"] = {"jobs": "person", "pushed_share": "1", "x": "m", "y": "m"}
    out.attrs["crs"] = counties.crs.to_wkt() if counties.crs is not None else ""
    return out
