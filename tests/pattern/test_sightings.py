"""Tables of sightings: rows that say that a species was not found are no presences, however they say it."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.pattern.sightings import not_found


@pytest.mark.parametrize(
    "column", ["presence", "Present", "occurrenceStatus", "occurrence_status", "有无", "是否出现"]
)
def test_words_for_none(column):
    none = ["0", 0, 0.0, False, "N", "n", "no", " No ", "absent", "ABSENT", "not found", "无", "否", "没有", "未发现", "未见"]  # fmt: skip
    some = ["1", 1, 2.0, True, "Y", "yes", "present", "有", "是", "发现", "常见", "", None, np.nan]
    assert not_found(pd.DataFrame({column: pd.Series(none, dtype=object)})).all()
    assert not not_found(pd.DataFrame({column: pd.Series(some, dtype=object)})).any()


def test_words_for_none_in_a_column_of_absence():
    said = pd.Series(
        [1, "yes", "absent", "是", "未见", 0, "no", "present", "无", None], dtype=object
    )
    assert not_found(pd.DataFrame({"absence": said})).tolist() == [True] * 5 + [False] * 5


@pytest.mark.parametrize("column", ["count", "individualCount", "数量", "只数"])
def test_a_count_of_none_is_no_presence(column):
    none = [0, "0", 0.0, "N", "无", "none", "0只", "未见"]
    some = [1, "3", 2.5, "5只", "约10", "0-2", "many", "多", "", None, np.nan]
    assert not_found(pd.DataFrame({column: pd.Series(none, dtype=object)})).all()
    assert not not_found(pd.DataFrame({column: pd.Series(some, dtype=object)})).any()


def test_any_column_may_say_that_there_was_none():
    table = pd.DataFrame({"presence": ["yes", "no", ""], "count": [0, 2, 2], "remarks": ["no", "无", "0"]})  # fmt: skip
    assert not_found(table).tolist() == [True, True, False]
    assert not not_found(table[["remarks"]]).any()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("presence", "maybe", r"presence: row 2 holds 'maybe', expected present, absent, 1 or 0"),
        ("presence", -1, "row 2 holds '-1'"),
        ("occurrenceStatus", "doubtful", "row 2 holds 'doubtful'"),
        ("数量", "若何", "数量: row 2 holds '若何', expected a number from 0 on"),
        ("count", -3, "row 2 holds '-3'"),
        ("absence", "?", "row 2 holds"),
    ],
)
def test_a_word_that_says_neither_is_refused(column, value, said):
    table = pd.DataFrame({column: pd.Series([1, value], dtype=object)})
    with pytest.raises(QuantityError, match=said):
        not_found(table)
