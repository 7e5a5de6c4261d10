"""Which rule never fires, and which sentence has no rule."""

import numpy as np
import pandas as pd
import pytest
from tests.industry.test_sentences import ROWS
from tests.worlds import grid

from shanshui.industry.place_facts import place_facts
from shanshui.industry.rule_book import shipped_rules
from shanshui.industry.rule_coverage import (
    NO_RULE,
    rule_coverage,
    rule_sentences,
    sentence_coverage,
)

LABEL = grid([[1, 1, 1, 2]], "1", dtype=np.int32, nodata=0)


def facts():
    out = place_facts(
        grid([[100.0, 500.0, 900.0, 1500.0]], "m"), grid([[1.0, 1.0, 30.0, 30.0]], "degree")
    )
    out["red_line"].values = np.array([[0.0, 0.0, np.nan, 1.0]], np.float32)
    return out


def book(*rows):
    return pd.DataFrame([{"verdict": "forbid", "codes": "26", "text": "", **r} for r in rows])


@pytest.mark.parametrize(
    ("row", "state", "fires", "may"),
    [
        ({"when": "slope_deg > 25"}, "fires", 0.5, 0.5), ({"when": "red_line >= 1"}, "fires", 0.25, 0.5),
        ({"when": "slope_deg > 25 & protected >= 1"}, "may fire", 0.0, 0.5), ({"when": "elevation_m > 2000"}, "fires nowhere here", 0.0, 0.0),
        ({"when": "green_unit == 1"}, "waits for a plan", 0.0, 1.0), ({"when": "open_pit >= 1"}, "asks the project", 0.0, 1.0),
        ({"from_year": 2030}, "not in force", 1.0, 1.0), ({}, "fires", 1.0, 1.0),
    ],
)  # fmt: skip
def test_where_a_rule_fires_with_a_pencil(row, state, fires, may):
    found = rule_coverage(LABEL, facts(), book({"rule": "r", **row})).iloc[0]
    assert (found["state"], found["fires_share"], found["may_share"]) == (state, fires, may)


def test_facts_that_no_cell_knows_are_named():
    found = rule_coverage(LABEL, facts(), book({"rule": "r", "when": "park < 1 & red_line >= 1"}))
    assert found["waits_for"].tolist() == ["park"]


def test_the_state_of_a_sentence_is_the_best_of_its_rules():
    states = pd.DataFrame(
        [("F1", "fires nowhere here"), ("F2", "fires"), ("P4", "may fire"), ("N1", "fires")],
        columns=["rule", "state"],
    )
    found = sentence_coverage(states).set_index("sentence")
    steep = found.loc["All sloping land above 25 degrees is converted into forest"]
    assert (steep["rules"], steep["missing"], steep["state"]) == ("F1 F2", "", "fires")
    coal = found.loc["All coal mines close within five to ten years"]
    # the table of the study has left these out: the sentence is held by none
    assert (coal["rules"], coal["missing"], coal["state"]) == ("", "P1 P8 P9", NO_RULE)
    # those without a rule come first
    assert (np.diff((found["state"] != NO_RULE).astype(int)) >= 0).all()


def test_every_shipped_rule_is_of_a_sentence_and_every_rule_of_a_sentence_is_shipped():
    cited = {r for row in rule_sentences() for r in row["rules"].split()}
    shipped = {r.rule for r in shipped_rules()}
    assert cited <= shipped
    assert shipped - cited == set()


def test_a_sentence_without_a_rule_says_why():
    for row in rule_sentences():
        assert row["sentence"]
        assert row["sentence_zh"]
        assert row["source"]
        assert row["source_zh"]
        assert row["rules"] or (row["why"] and row["why_zh"]), row["sentence"]
        assert bool(row["why"]) == bool(row["why_zh"])
    assert sum(not row["rules"] for row in rule_sentences()) == 8


def test_a_sentence_with_rules_is_tried_by_a_row():
    """Of the rules of each sentence at least one decides a row of the sentences that are tried."""
    tried = {r for rules in ROWS["rules"] for r in rules.split()}
    for row in rule_sentences():
        assert not row["rules"] or set(row["rules"].split()) & tried, row["sentence"]


def test_rules_speak_both_languages():
    for rule in shipped_rules():
        assert any("一" <= c <= "鿿" for c in rule.words["zh"]), rule.rule
        assert any("一" <= c <= "鿿" for c in rule.sources["zh"]), rule.rule
        assert not any("一" <= c <= "鿿" for c in rule.text + rule.source), rule.rule
