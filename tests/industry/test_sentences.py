"""Every sentence of the papers and of the law that the rule book holds, one row each; and which rule no sentence reaches."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shanshui.industry.access_rules import VERDICTS, admit
from shanshui.industry.cell_verdicts import admitted_cells
from shanshui.industry.rule_book import shipped_rules
from shanshui.industry.rule_facts import FACTS

# flat low ground of the periphery, far from water and of general importance
PLAIN = {
    "elevation_m": 500, "slope_deg": 3, "sensitivity": 5, "importance": 5, "red_line": 0, "farmland": 0, "basic_farmland": 0, "protected": 0,
    "river_m": 5000, "core_area": 0, "green_unit": 4, "zone": 0, "park": 1, "basin_km2": 500, "main_river_m": 5000, "province": 61,
    "mountains": 1,
}  # fmt: skip
ROWS = pd.read_csv(Path(__file__).with_name("sentences.csv"), dtype=str).fillna("")


def facts_of(row):
    """Facts of a row over plain ground; ``?`` is not known."""
    facts = dict(PLAIN)
    for pair in row["facts"].split():
        name, value = pair.split("=")
        if value == "?":
            facts.pop(name)
        else:
            facts[name] = float(value)
    return facts


def answer_of(row):
    return admit(
        row["code"], facts_of(row), kind=row["kind"], year=int(row["year"]) if row["year"] else None, exemptions=row["claims"].split(),
    )  # fmt: skip


@pytest.mark.parametrize("at", range(len(ROWS)), ids=ROWS["sentence"])
def test_the_sentence_holds(at):
    row = ROWS.iloc[at]
    answer = answer_of(row)
    assert (answer.verdict, answer.worst) == (row["verdict"], row["worst"]), [
        r.rule for r in answer.fired
    ]
    assert answer.if_clear == row["best"]
    assert answer.provisional == (len({row["verdict"], row["worst"], row["best"]}) > 1)


def test_every_rule_is_reached_by_a_sentence():
    reached = set()
    for row in ROWS.to_dict("records"):
        answer = answer_of(row)
        reached |= {r.rule for r in answer.fired} | {q.rule.rule for q in answer.questions}
        reached |= {
            r.rule
            for r in shipped_rules()
            if set(r.over) & {x.rule for x in shipped_rules()} and r in answer.fired
        }
    assert {r.rule for r in shipped_rules()} - reached == set()


@pytest.mark.parametrize("at", range(len(ROWS)), ids=ROWS["sentence"])
def test_the_sentence_is_answered_by_its_rules_and_by_no_other(at):
    """A verdict that is right for another reason holds only until that reason goes."""
    row = ROWS.iloc[at]
    answer = answer_of(row)
    by = {r.rule for r in answer.fired if r.verdict == answer.verdict}
    by |= {q.rule.rule for q in answer.questions if q.rule.verdict == answer.worst}
    by |= {q.rule.rule for q in answer.hopes}
    assert by == set(row["rules"].split())


def test_silence_is_told_from_an_answer():
    """A row without a rule holds because nothing speaks of the project, and says so."""
    silent = ROWS[ROWS["rules"] == ""]
    assert set(silent["verdict"]) == {"allow"}
    for row in silent.to_dict("records"):
        assert not [r for r in answer_of(row).fired if r.verdict != "allow"], row["sentence"]


def test_a_project_may_be_anything_that_maps_say():
    """The same row on cells as at a point."""
    for row in ROWS.to_dict("records"):
        if row["claims"] or row["year"] != "2021":
            continue
        rules = [r for r in shipped_rules() if r.concerns(row["code"], row["kind"], 2021, ())]
        cells = {f: np.array([v]) for f, v in facts_of(row).items()}
        found = admitted_cells(row["code"], cells, kind=row["kind"], rules=rules)
        assert (VERDICTS[found.verdict[0]], VERDICTS[found.worst[0]]) == (
            row["verdict"],
            row["worst"],
        ), row["sentence"]


def test_facts_of_the_sentences_are_facts():
    for row in ROWS.to_dict("records"):
        assert set(facts_of(row)) <= set(FACTS)
