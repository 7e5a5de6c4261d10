"""Where each access rule fires on the ground of a study, and which sentence of the papers and of the law has a rule at all."""

import csv
from collections.abc import Mapping
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.said import Said, Worded, by_language, columns
from shanshui.core.shipped import shipped_text
from shanshui.core.vocabulary import UnitLabels
from shanshui.industry.admission import judged_industries
from shanshui.industry.cell_verdicts import cells_of
from shanshui.industry.place_facts import PlaceFacts, distances_off, known_by_strip
from shanshui.industry.rule_book import rules_of
from shanshui.industry.rule_facts import FACTS, PLAN_FACTS, PROJECT_FACTS
from shanshui.industry.tables import RuleTable
from shanshui.region.grid import grid_of

RuleCoverage = Annotated[
    pd.DataFrame,
    Table(
        {
            "rule": TEXT, "verdict": TEXT, "fires_share": "1", "may_share": "1", "waits_for": TEXT, "judged": "1", "state": TEXT, "text": TEXT,
            "text_said": TEXT, "source": TEXT, "source_said": TEXT, "tag": TEXT,
        }
    ),
]  # fmt: skip
RuleStates = Annotated[pd.DataFrame, Table({"rule": TEXT, "state": TEXT})]
SentenceCoverage = Annotated[
    pd.DataFrame,
    Table(
        {
            "sentence": TEXT, "sentence_said": TEXT, "source": TEXT, "source_said": TEXT, "rules": TEXT, "missing": TEXT, "state": TEXT,
            "why": TEXT, "why_said": TEXT,
        }
    ),
]  # fmt: skip
STATES = (
    "fires",
    "may fire",
    "waits for a plan",
    "asks the project",
    "fires nowhere here",
    "not in force",
)
NO_RULE = "no rule"
COLUMNS = (
    "rule", "verdict", "fires_share", "may_share", "waits_for", "judged", "state", "text", "text_said", "source", "source_said", "tag",
)  # fmt: skip


@assessment(source="decisions/0014-industry", bytes_per_cell=4 * len(FACTS))
def rule_coverage(
    planning_unit_labels: UnitLabels, place_facts: PlaceFacts, access_rules: RuleTable
) -> RuleCoverage:
    """Share of the ground on which each rule holds, may hold for want of facts, or waits.

    Parameters
    ----------
    planning_unit_labels : (y, x) [1]
        Unit of each cell; 0 outside.
    place_facts : layers
        What rules may ask of each cell; NaN where it is not known.
    access_rules : table
        ``rule, verdict, codes`` and what else a rule has.

    Returns
    -------
    table
        A row for each rule in the order of the table: ``fires_share`` of the ground on which its conditions hold for certain, ``may_share`` on which
        they hold or are not known [1], ``waits_for`` the facts that no cell knows, ``judged`` industries that it speaks of, and ``state``:
        ``fires``, ``may fire``, ``waits for a plan``, ``asks the project``, ``fires nowhere here`` or ``not in force`` in the year of the
        rule book.

    Notes
    -----
    ``fires_r = |{c: all conditions of r hold}| / |c|``, ``may_r`` the same with conditions on missing facts, and on distances nearer to their
    limit than half a diagonal of a cell, taken as met. What the project alone can tell is taken as met in ``may_r``. Our own report [D]
    (decisions/0014-industry): a rule that never fires guards nothing.
    """
    rules = rules_of(access_rules.to_dict("records"))
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32)
    asked = sorted({t.fact for r in rules for t in r.when})
    sure, may = np.zeros(len(rules)), np.zeros(len(rules))
    cells, told = 0, set()
    off = distances_off(grid_of(planning_unit_labels).cell_m)
    for facts, own in known_by_strip(place_facts, label, asked):
        cells += len(own)
        told |= set(facts)
        for at, rule in enumerate(rules):
            held, could = cells_of(rule, facts, own.shape, off)
            sure[at] += held.sum()
            may[at] += could.sum()
    rows = []
    for at, rule in enumerate(rules):
        lacks = [t.fact for t in rule.when if t.fact not in told]
        project = [f for f in lacks if f in PROJECT_FACTS]
        state = (
            STATES[5] if not rule.in_force() else STATES[0] if sure[at] else STATES[2] if set(lacks) & set(PLAN_FACTS) else STATES[4] if not may[at]
            else STATES[3] if project and len(project) == len(lacks) else STATES[1]
        )  # fmt: skip
        judged = sum(
            any(rule.concerns(i["code"], k, None, ()) for k in rule.kinds)
            for i in judged_industries()
        )
        rows.append(
            (
                rule.rule, rule.verdict, sure[at] / max(cells, 1), may[at] / max(cells, 1), " ".join(dict.fromkeys(lacks)), judged, state,
                *columns("text", _words(rule.words)).values(), *columns("source", _words(rule.sources)).values(), rule.tag,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _words(words: Mapping[str, str]) -> Said | None:
    return Said("as_said", {"said": Worded(words)}) if words.get("en") else None


@cache
def rule_sentences() -> tuple[dict[str, str], ...]:
    """Sentences of the papers and of the law that bear on what may come where, with the rules that hold them, or why none does."""
    text = shipped_text("industry/rule_sentences.csv")
    return tuple(csv.DictReader(text.splitlines()))


@assessment(source="decisions/0014-industry")
def sentence_coverage(rule_coverage: RuleStates) -> SentenceCoverage:
    """Which sentence of the papers and of the law is held by a rule of the study, and which by none.

    Parameters
    ----------
    rule_coverage : table
        ``rule, state``.

    Returns
    -------
    table
        A row for each sentence: ``rules`` of the study that hold it, ``missing`` those that the shipped book has and the study's table has not,
        ``state``: the first of ``fires``, ``may fire``, ``asks the project``, ``waits for a plan``, ``fires nowhere here`` and ``not in force``
        that one of its rules has, or ``no rule``; ``why`` no rule holds it, or what it leaves out. Sentences without a rule come first.

    Notes
    -----
    ``state_s = min {state_r: r holds s}`` in the order above. Which sentence is held by which rule is our reading of the papers [S] and of the
    law [M]. Our own report [D] (decisions/0014-industry).
    """
    states = dict(zip(rule_coverage["rule"], rule_coverage["state"], strict=True))
    order = [STATES[k] for k in (0, 1, 3, 2, 4, 5)]
    rows = []
    for row in rule_sentences():
        own = [r for r in row["rules"].split() if r in states]
        state = min((states[r] for r in own), key=order.index) if own else NO_RULE
        lacks = [r for r in row["rules"].split() if r not in states]
        told: dict[str, str] = {}
        for name in ("sentence", "source", "why"):
            told |= columns(name, by_language(row, name))
        rows.append(told | {"rules": " ".join(own), "missing": " ".join(lacks), "state": state})
    heads = ["sentence", "sentence_said", "source", "source_said", "rules", "missing", "state", "why", "why_said"]  # fmt: skip
    out = pd.DataFrame(rows, columns=heads)
    return out.sort_values("state", key=lambda s: s != NO_RULE, kind="stable", ignore_index=True)
