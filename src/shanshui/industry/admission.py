"""Which industries each planning unit admits, with the rules that decided; and jobs that the rules push out."""

import csv
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from shanshui.core.assessment import assessment
from shanshui.core.errors import QuantityError
from shanshui.core.quantity import Layers
from shanshui.core.setting import Between
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import Counties, CountyCells, Employment, Labels, UnitLabels
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.place_facts import (
    Knowledge,
    PlaceFacts,
    asked_facts,
    distances_off,
    known_by_strip,
)
from shanshui.industry.rule_book import VERDICTS, Rule, rules_of
from shanshui.industry.rule_facts import FACTS
from shanshui.industry.tables import CategoryVerdicts, HeavyJobs, RuleTable, UnitAdmission
from shanshui.kernels.labels import label_class_counts, label_sizes
from shanshui.region.grid import grid_of, stacked
from shanshui.region.polygon_cover import cover_of
from shanshui.region.years import chosen_year

YES = ("encourage", "allow")


@cache
def judged_industries() -> tuple[dict[str, str], ...]:
    """Industries that stand for the nine categories and for what the region has: code, category, names [D]."""
    text = shipped_text("industry/judged_industries.csv")
    return tuple(csv.DictReader(text.splitlines()))


@assessment(source="decisions/0014-industry", bytes_per_cell=4 * len(FACTS))
def unit_admission(
    planning_unit_labels: Labels,
    place_facts: PlaceFacts,
    access_rules: RuleTable,
    *,
    least_share: Annotated[float, Between(0.0, 1.0)] = 0.05,
) -> UnitAdmission:
    """Industries that each planning unit admits, and the rules that decided.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside. Any unit layer will do.
    place_facts : layers
        What rules may ask of each cell; NaN where it is not known.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has.
    least_share : float [1]
        Share of a unit's land that must be open to a new project for the unit to admit it [D].

    Returns
    -------
    table
        ``unit, code, category, name, name_zh, verdict`` (the best that at least ``least_share`` of the land has for certain),
        ``if_clear``: what it
        would be if all that is not known were for the project, ``worst``: if all were against it, ``provisional`` where these differ,
        ``open_to`` the facts that decide in the unit;
        ``open_share`` of the land neither forbidden, to be moved nor eliminated whatever the facts are, ``welcome_share`` encouraged [1],
        ``rules`` of the verdict and ``closing_rules`` (the three that close the most land), both of those that fire on at least
        ``least_share`` of it. Attributes name facts that no cell of the units knows, and the known share of those known in part.

    Notes
    -----
    V(c) = the gravest verdict of the rules that fire in cell c; s_u(v) = |{c in u: V(c) = v}| / |u|; the verdict of unit u is the first v
    of
    encourage, allow, limit, move, forbid, eliminate with s_u(encourage) + ... + s_u(v) >= least_share; open_share = w_u(encourage) +
    w_u(allow) + w_u(limit), w of the worst. Conditions on missing facts, and on distances nearer to their limit than
    half a diagonal of a cell, are neither true nor false (Kleene). Our own rule [D]
    (decisions/0014-industry): ecology is a veto and never a weight. Rules are those of the table in force in the year of the rule book, each
    with its source; industry codes are those of GB/T 4754-2017 [M].
    """
    rules = rules_of(access_rules.to_dict("records"))
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32)
    most = int(label.max(initial=0))
    size = label_sizes(label.ravel(), most)
    units = np.flatnonzero(size[1:]) + 1
    known = Knowledge(asked_facts(rules))
    off = distances_off(grid_of(planning_unit_labels).cell_m)
    tallies = [_Tally(industry, most, off) for industry in judged_industries()]
    for facts, own in known_by_strip(place_facts, label, known.asked):
        known.add(facts)
        for tally in tallies:
            tally.add(facts, own, rules)
    said = {r.rule: r.verdict for r in rules}
    out = pd.concat([t.judged(said, size, units, least_share) for t in tallies], ignore_index=True)
    out = out.sort_values(["unit", "code"], ignore_index=True)
    out.attrs |= known.attrs()
    return out


class _Tally:
    """Cells of each unit by verdict on one industry, and by rule that fired, gathered strip by strip."""

    def __init__(self, industry: dict[str, str], most: int, off: dict[str, float]) -> None:
        self.industry, self.off = industry, off
        shape = (most + 1, len(VERDICTS))
        self.verdicts: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.worst: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.clear: NDArray[np.int64] = np.zeros(shape, np.int64)
        self.open_to: dict[str, NDArray[np.int64]] = {}
        self.fired: dict[str, NDArray[np.int64]] = {}

    def add(
        self,
        facts: dict[str, NDArray[np.float32]],
        label: NDArray[np.int32],
        rules: tuple[Rule, ...],
    ) -> None:
        """Take in more cells."""
        most = len(self.verdicts) - 1
        told = dict(facts)
        for fact, value in _project(self.industry).items():
            told[fact] = np.full(len(label), value, np.float32)
        found = admitted_cells(self.industry["code"], told, rules=rules, off=self.off)
        count = len(VERDICTS)
        self.verdicts += label_class_counts(label, found.verdict.astype(np.int32), most, count)
        self.worst += label_class_counts(label, found.worst.astype(np.int32), most, count)
        self.clear += label_class_counts(label, found.if_clear.astype(np.int32), most, count)
        for fact, waits in found.open_to.items():
            cells = np.bincount(label[waits], minlength=most + 1)
            self.open_to[fact] = self.open_to.get(fact, 0) + cells
        for rule, fired in found.where.items():
            hits = np.bincount(label[fired], minlength=most + 1)
            self.fired[rule] = self.fired.get(rule, 0) + hits

    def judged(
        self,
        said: dict[str, str],
        size: NDArray[np.int64],
        units: NDArray[np.int64],
        least_share: float,
    ) -> pd.DataFrame:
        """Verdict of each unit, and the rules behind it in the order of the table."""
        share = self.verdicts[units] / size[units, None]
        worst_share = self.worst[units] / size[units, None]
        best = _best(share, least_share)
        worst = np.array(VERDICTS, object)[_best(worst_share, least_share)]
        clear = np.array(VERDICTS, object)[
            _best(self.clear[units] / size[units, None], least_share)
        ]
        share_of = {r: self.fired[r][units] / size[units] for r in said if r in self.fired}
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
        open_to = [" ".join(f for f in sorted(self.open_to) if self.open_to[f][u]) for u in units]
        provisional = (words != worst) | (words != clear)
        return pd.DataFrame(
            {
                "unit": units,
                "code": self.industry["code"],
                "category": self.industry["category"],
                "name": self.industry["name"],
                "name_zh": self.industry["name_zh"],
                "verdict": words,
                "if_clear": clear,
                "worst": worst,
                "provisional": provisional.astype(np.int64),
                "open_to": np.where(provisional, open_to, ""),
                "open_share": worst_share[:, :3].sum(axis=1),
                "welcome_share": share[:, 0],
                "rules": deciding,
                "closing_rules": closing,
            }
        )


def _best(share: NDArray[np.float64], least_share: float) -> NDArray[np.int64]:
    """First verdict that enough of each unit's land has."""
    up_to = np.cumsum(share, axis=1)
    reached = (up_to >= least_share) & (up_to > 0)
    # shares of all land sum to 1 but for rounding
    reached[:, -1] = True
    return reached.argmax(axis=1)


def _project(industry: dict[str, str]) -> dict[str, float]:
    """Facts of the project that stands for an industry: ``capacity_mw=30 open_pit=1``."""
    pairs = (part.split("=") for part in industry.get("facts", "").split())
    return {fact: float(value) for fact, value in pairs}


@assessment(source="decisions/0014-industry", bytes_per_cell=8)
def open_industries(
    unit_admission: CategoryVerdicts, planning_unit_labels: UnitLabels
) -> Annotated[xr.Dataset, Layers((("certain", "1"), ("if_clear", "1")))]:
    """Share of the judged emerging industries that a planning unit admits: for certain, and if nothing that is not known stands against it.

    Parameters
    ----------
    unit_admission : table
        ``unit, category, verdict, if_clear, provisional``.
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside.

    Returns
    -------
    layers
        Those with a category that are encouraged or allowed over all of them: ``certain``, and ``if_clear``; where the two differ a yes
        waits
        for facts. NaN outside the units.

    Notes
    -----
    o_u = |{k emerging: verdict of u on k in encourage, allow}| / |{k emerging}|, a provisional verdict being no yes. Our own summary
    (decisions/0014-industry) over the nine
    categories of the classification of 2018; which industries stand for them is our choice [D].
    """
    rows = unit_admission[unit_admission["category"] != ""]
    label = planning_unit_labels.values
    layers = {}
    for name, yes in (
        ("certain", rows["verdict"].isin(YES) & (rows["provisional"] == 0)),
        ("if_clear", rows["if_clear"].isin(YES)),
    ):
        welcome = yes.groupby(rows["unit"]).mean()
        table = np.full(int(label.max(initial=0)) + 1, np.nan, np.float32)
        table[welcome.index.to_numpy()] = welcome.to_numpy()
        layers[name] = table[np.maximum(label, 0)]
    return stacked(planning_unit_labels, layers, dict.fromkeys(layers, "1"))


@assessment(source="decisions/0014-industry", bytes_per_cell=4 * len(FACTS))
def heavy_jobs(
    counties: Counties,
    county_cells: CountyCells,
    employment: Employment,
    place_facts: PlaceFacts,
    access_rules: RuleTable,
    *,
    industries: tuple[str, ...] = ("mining", "manufacturing"),
    heavy_share: Annotated[float, Between(0.0, 1.0)] = 0.3,
    heavy_code: str = "31",
    year: Annotated[int | None, Between(1900, 2200)] = None,
) -> HeavyJobs:
    """Jobs in heavy industry of each county of the region, and how much of its land the rules close to it.

    Parameters
    ----------
    counties : polygons
        Index ``unit``; ``code, name``.
    county_cells : (y, x) [1]
        County of each cell of the region; 0 outside.
    employment : table
        ``code, year, industry, persons``.
    place_facts : layers
        What rules may ask of each cell; NaN where it is not known.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has.
    industries : tuple of str
        Industries that heavy industry is part of.
    heavy_share : float [1]
        Of the second and later of them that is heavy; the first counts whole [D].
    heavy_code : str
        Industry code by which the rules judge it, as a project that expands.
    year : int
        Of the jobs; the latest by default.

    Returns
    -------
    table
        ``code, name, x, y`` [m] of a point inside, ``jobs`` [person], ``pushed_share`` [1]; ``jobs`` NaN in a county whose jobs are not known.
        Only what is certain pushes: a fact that is missing fires no rule, and attributes name those that no cell knows, and the known
        share of those known in part.

    Raises
    ------
    QuantityError
        No industries asked for, or none of them in the year.

    Notes
    -----
    H_r = E_r(first) + heavy_share * sum of E_r(others); pushed_share_r = |{c in r: V(c) in move, forbid, eliminate}| / |r|, V as in
    :func:`unit_admission`, for a project that expands, cells by the share of them that lies in the county. Our own measure
    (decisions/0014-industry): the census does not part heavy industry from the rest of manufacturing, so the share is a setting [D].
    """
    rules = rules_of(access_rules.to_dict("records"))
    label = np.ascontiguousarray(county_cells.values, np.int32)
    grid = grid_of(county_cells)
    closed = np.zeros(label.shape, np.float32)
    known = Knowledge(asked_facts(rules))
    shut: list[NDArray[np.bool_]] = [np.empty(0, bool)]
    off = distances_off(grid.cell_m)
    for facts, _ in known_by_strip(place_facts, label, known.asked):
        known.add(facts)
        found = admitted_cells(heavy_code, facts, kind="expand", rules=rules, off=off)
        shut.append(found.verdict >= VERDICTS.index("move"))
    closed[label > 0] = np.concatenate(shut)
    inside = cover_of(counties, grid).along(label > 0).sums(grid.lay(closed, "1"))
    chosen = chosen_year(
        employment, "persons", "employment", year=year, places=set(counties["code"].astype(str))
    )
    jobs = _heavy(employment, industries, heavy_share, chosen)
    here = counties[inside.cells > 0]
    points = here.geometry.representative_point()
    out = pd.DataFrame(
        {
            "code": here["code"].to_numpy(str),
            "name": here["name"].to_numpy(str),
            "x": points.x.to_numpy(),
            "y": points.y.to_numpy(),
            "jobs": here["code"].astype(str).map(jobs).to_numpy(np.float64),
            "pushed_share": (inside.total / np.maximum(inside.cells, 1e-300))[inside.cells > 0],
        }
    )
    out.attrs["crs"] = counties.crs.to_wkt() if counties.crs is not None else ""
    out.attrs |= known.attrs()
    return out


def _heavy(
    employment: pd.DataFrame, industries: tuple[str, ...], heavy_share: float, chosen: int
) -> pd.Series:
    """Jobs in heavy industry by code."""
    if not industries:
        raise QuantityError("industries: none; name those that heavy industry is part of")
    rows = employment[(employment["year"] == chosen) & employment["industry"].isin(industries)]
    if rows.empty:
        known = ", ".join(map(str, sorted(employment["industry"].astype(str).unique())))
        raise QuantityError(
            f"employment: no rows of {', '.join(industries)} in {chosen}; industries there are: {known}"
        )
    weight = rows["industry"].map(lambda i: 1.0 if i == industries[0] else heavy_share)
    # a figure that is missing is not 0: such a county has no sum
    return (rows["persons"] * weight).groupby(rows["code"].astype(str)).sum(skipna=False)
