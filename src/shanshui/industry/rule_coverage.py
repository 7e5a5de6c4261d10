"""Where each access rule fires on the ground of a study: which never do, and which nobody can tell."""

from typing import Annotated

import numpy as np
import pandas as pd

from shanshui.core.assessment import assessment
from shanshui.core.quantity import TEXT, Table
from shanshui.core.vocabulary import UnitLabels
from shanshui.industry.admission import judged_industries
from shanshui.industry.cell_verdicts import cells_of
from shanshui.industry.place_facts import PlaceFacts, known_by_strip, waiting_facts
from shanshui.industry.rule_book import rules_of
from shanshui.industry.rule_facts import FACTS, PROJECT_FACTS
from shanshui.industry.tables import RuleTable

RuleCoverage = Annotated[
    pd.DataFrame,
    Table(
        {
            "rule": TEXT, "verdict": TEXT, "fires_share": "1", "may_share": "1", "waits_for": TEXT, "judged": "1", "state": TEXT, "text": TEXT,
            "text_zh": TEXT, "source": TEXT, "tag": TEXT,
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
    ``fires_r = |{c: all conditions of r hold}| / |c|``, ``may_r`` the same with conditions on missing facts taken as met. What the project
    alone can tell is taken as met in ``may_r``. Our own report [D] (decisions/0014-industry): a rule that never fires guards nothing.
    """
    rules = rules_of(access_rules.to_dict("records"))
    waiting = waiting_facts(place_facts, rules)
    label = np.ascontiguousarray(planning_unit_labels.values, np.int32)
    asked = sorted({t.fact for r in rules for t in r.when})
    sure, may = np.zeros(len(rules)), np.zeros(len(rules))
    cells, told = 0, set()
    for facts, own in known_by_strip(place_facts, label, asked):
        cells += len(own)
        told |= set(facts)
        for at, rule in enumerate(rules):
            held, could = cells_of(rule, facts, own.shape)
            sure[at] += held.sum()
            may[at] += could.sum()
    rows = []
    for at, rule in enumerate(rules):
        lacks = [t.fact for t in rule.when if t.fact not in told]
        project = [f for f in lacks if f in PROJECT_FACTS]
        state = (
            STATES[5] if not rule.in_force() else STATES[0] if sure[at] else STATES[2] if set(lacks) & set(waiting) else STATES[4] if not may[at]
            else STATES[3] if project and len(project) == len(lacks) else STATES[1]
        )  # fmt: skip
        judged = sum(
            any(rule.concerns(i["code"], k, None, ()) for k in rule.kinds)
            for i in judged_industries()
        )
        rows.append(
            (
                rule.rule, rule.verdict, sure[at] / max(cells, 1), may[at] / max(cells, 1), " ".join(dict.fromkeys(lacks)), judged, state, rule.text,
                rule.text_zh, rule.source, rule.tag,
            )
        )  # fmt: skip
    columns = ["rule", "verdict", "fires_share", "may_share", "waits_for", "judged", "state", "text", "text_zh", "source", "tag"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
