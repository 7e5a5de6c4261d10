"""Statements held against figures of ours."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.core.said import Said, by_language, columns, named
from shanshui.core.voice import Voice
from shanshui.region.validation import Measure, validation_table


def published(*rows):
    columns = ["measure", "place", "low", "high", "than", "statement", "source"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(measures, *rows):
    return validation_table("survey", measures, published(*rows))["verdict"].tolist()


@pytest.mark.parametrize(
    ("ours", "low", "high", "verdict"),
    [(5.0, 4, 6, "agrees"), (4.0, 4, 6, "agrees"), (6.0, 4, 6, "agrees"), (3.999, 4, 6, "differs"), (6.001, 4, 6, "differs"),
     (9.0, 4, None, "agrees"), (3.0, None, 6, "agrees"), (np.nan, 4, 6, "unknown")],
)  # fmt: skip
def test_a_figure_lies_in_the_range_or_not(ours, low, high, verdict):
    assert verdicts([Measure("m", ours)], ("m", "", low, high, "", "said", "x")) == [verdict]


def test_a_place_above_another():
    mine = [Measure("share", 0.4, place="a"), Measure("share", 0.1, place="b")]
    assert verdicts(mine, ("share", "a", None, None, "b", "s", "x"), ("share", "b", None, None, "a", "s", "x")) == ["agrees", "differs"]  # fmt: skip
    assert verdicts(mine, ("share", "a", None, None, "c", "s", "x"), ("share", "c", None, None, "a", "s", "x")) == ["unknown", "unknown"]  # fmt: skip


def test_criteria_come_first_and_other_chapters_stay_out():
    mine = [
        Measure("m", 1.0, low=0.0, high=2.0, statement=named("holds anywhere"), source=named("c"))
    ]
    found = validation_table("survey", mine, published(("gep_total", "", 1, 2, "", "s", "x"), ("m", "", 3, 4, "", "t", "y")))  # fmt: skip
    assert found["statement"].tolist() == ["holds anywhere", "t"]
    assert found["verdict"].tolist() == ["agrees", "differs"]


def test_a_statement_without_a_range_is_refused():
    with pytest.raises(QuantityError, match="neither low nor high nor than"):
        verdicts([Measure("m", 1.0)], ("m", "", None, None, "", "said", "x"))


def test_codes_that_a_spreadsheet_made_numbers_are_codes():
    assert verdicts([Measure("m", 1.0, place="610730")], ("m", 610730.0, 0, 2, None, "s", "x")) == [
        "agrees"
    ]


def said(chapter, measures, /, **row):
    row = {"statement": "said", "source": "x", "measure": "m", "place": ""} | row
    return validation_table(chapter, measures, pd.DataFrame([row]))


def test_a_reason_is_told_where_ours_does_not_agree():
    told = {"low": 0, "high": 2, "reason": "no list", "reason_zh": "无名录"}
    row = said("survey", [Measure("m", 3.0, note=Said("of_known", {"count": 5}))], **told).iloc[0]
    assert (row["verdict"], row["note"], Voice("zh").tell(row, "note")) == (
        "differs",
        "of 5; no list",
        "共 5 个；无名录",
    )
    row = said("survey", [Measure("m", 1.0, note=Said("of_known", {"count": 5}))], **told).iloc[0]
    assert (row["verdict"], row["note"]) == ("agrees", "of 5")


def test_a_measure_that_was_not_made_is_unknown_in_its_own_chapter_alone():
    rows = said("industry", [], measure="firms", low=1, high=2, reason="no register")
    assert rows["verdict"].tolist() == ["unknown"]
    assert rows["note"].tolist() == ["not made in this study; no register"]
    assert Voice("zh").tell(rows.iloc[0], "note") == "本研究未生成；no register"
    assert said("survey", [], measure="firms", low=1, high=2).empty


@pytest.mark.parametrize("measure", ["-", "", None, np.nan])
def test_what_nobody_can_measure_is_listed_with_its_reason(measure):
    row = {"measure": measure, "reason": "no permits", "chapter": "industry"}
    found = said("industry", [Measure("m", 1.0)], **row)
    assert found[["measure", "verdict", "note"]].to_numpy().tolist() == [
        ["-", "not tried", "no permits"]
    ]
    assert said("survey", [], **row).empty
    assert len(said("survey", [], **(row | {"chapter": ""}))) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"measure": "red_line_shar", "low": 1}, "nearest 'red_line_share'"),
        ({"measure": "-"}, "no measure and no reason"),
        ({"measure": "-", "reason": "r", "chapter": "indsutry"}, "expected one of survey"),
        ({"low": 3, "high": 2}, "low 3 above high 2"),
    ],
)
def test_a_row_that_cannot_be_held_is_refused(row, words):
    with pytest.raises(QuantityError, match=words):
        said("survey", [Measure("m", 1.0)], **row)


def test_a_statement_says_what_it_is_of_in_the_language_of_the_voice():
    from shanshui.queries.validation import Forcing, Statement

    words = {"statement": "towns lie outside", "statement_zh": "城镇在外"}
    row = columns("statement", by_language(words, "statement")) | {"subject": "built"}
    one = Statement(row, Forcing("inputs.hubs", "read"))
    assert one.said(Voice()) == "towns lie outside [built-up]"
    assert one.said(Voice("zh")) == "城镇在外 [城镇]"
    assert Statement(row | {"subject": "610730"}, None).said(Voice("zh")) == "城镇在外 [610730]"
    assert Statement(row | {"subject": ""}, None).said(Voice()) == "towns lie outside"
    told = one.to_dict()
    assert told["forced"] == "inputs.hubs: the statement was read from it"
    assert told["forced_zh"] == "inputs.hubs：该论断即取自此"
    assert Statement(row, None).to_dict()["forced"] == ""
    assert Forcing("gep.frame", "set", "seea").words(Voice("zh")) == "gep.frame = seea"
