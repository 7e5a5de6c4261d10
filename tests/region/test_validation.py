"""Statements held against figures of ours."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
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
    mine = [Measure("m", 1.0, low=0.0, high=2.0, statement="holds anywhere", source="c")]
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
