"""Rules ask products and columns, and say where they cannot tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid

from shanshui.core.errors import PlanError
from shanshui.measures.ground import rule_ground
from shanshui.measures.rule import Rule, Values


def values(**columns):
    out = {}
    for name, row in columns.items():
        told = np.array([v is not None for v in row])
        kind = object if any(isinstance(v, str) for v in row) else float
        out[name] = Values(
            np.array(
                [v if v is not None else (np.nan if kind is float else "") for v in row], kind
            ),
            told,
        )
    return out


def asked(text, **columns):
    truth = Rule(text).truth(values(**columns))
    return [None if not k else bool(h) for h, k in zip(truth.holds, truth.known, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 3", [False, True, None]),
        ("not a > 3", [True, False, None]),
        ("3 < a <= 5", [False, True, None]),
        ("a * 2 + 1 == 11", [False, True, None]),
        ("-a < -4", [False, True, None]),
        ("a in (1, 9)", [True, False, None]),
        ("a not in (1, 9)", [False, True, None]),
        ("known(a)", [True, True, False]),
        ("known(a) and a > 3", [False, True, False]),
        ("a > 3 or b == 'x'", [True, True, True]),
        ("a > 3 and b == 'y'", [False, False, False]),
        ("a > 3 and b == 'x'", [False, True, None]),
        ("a / 0 > 1", [None, None, None]),
    ],
)
def test_a_rule_is_true_false_or_unknown(text, expected):
    assert asked(text, a=[1.0, 5.0, None], b=["x", "x", "x"]) == expected


truths = st.lists(st.sampled_from([True, False, None]), min_size=2, max_size=2)


@given(truths)
def test_three_values_join_as_kleene_says(pair):
    columns = {n: [None if v is None else float(v)] for n, v in zip("ab", pair, strict=True)}
    one, other = pair
    both = False if False in pair else None if None in pair else True
    either = True if True in pair else None if None in pair else False
    assert asked("a == 1 and b == 1", **columns) == [both]
    assert asked("a == 1 or b == 1", **columns) == [either]
    # de Morgan
    assert asked("not (a == 1 and b == 1)", **columns) == asked(
        "not a == 1 or not b == 1", **columns
    )
    assert (one, other) == tuple(pair)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 > 2",
        "a >",
        "a = 3",
        "__import__('os')",
        "a.b()",
        "a[0] > 1",
        "lambda: a",
        "a > True",
        "a ** 2 > 1",
        "[x for x in a]",
        "known(a, b)",
        "a if b else c",
    ],
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(PlanError, match="rule "):
        Rule(text).truth(values(a=[1.0], b=[1.0], c=[1.0]))


def test_a_name_that_is_not_there_a_word_for_a_number_and_a_number_for_a_word_are_refused():
    with pytest.raises(PlanError, match="no 'aa'; did you mean 'a'"):
        asked("aa > 1", a=[1.0])
    with pytest.raises(PlanError, match="holds numbers, but is compared with 'x'"):
        asked("a == 'x'", a=[1.0])
    with pytest.raises(PlanError, match="holds words"):
        asked("b > 3", b=["x"])


def test_ground_of_a_rule_has_codes_for_yes_no_and_unknown_and_words_for_covers():
    slope = grid([[10.0, 30.0, np.nan, 30.0]], "degree")
    cover = grid([[92, 92, 92, 41]], "1", dtype=np.uint8, nodata=0)
    found = rule_ground(rule="cover_type == 'farmed' and slope > 25", slope=slope, cover_type=cover)
    assert found.values.tolist() == [[2, 1, 0, 2]]
    found = rule_ground(
        rule="cover_type in ('forest', 'farmed') and slope > 25", slope=slope, cover_type=cover
    )
    assert found.values.tolist() == [[2, 1, 0, 1]]
    cover = cover.copy(data=np.array([[92, 0, 92, 41]], np.uint8))
    assert rule_ground(rule="cover_type == 'farmed'", cover_type=cover).values.tolist() == [
        [1, 0, 1, 2]
    ]
    with pytest.raises(PlanError, match="no cover 'farmd'; did you mean 'farmed'"):
        rule_ground(rule="cover_type == 'farmd'", cover_type=cover)


def test_ground_outside_the_region_is_known_to_be_no_ground_of_the_measure():
    mask = grid([[1, 1, 0]], "1", dtype=np.uint8, nodata=0)
    height = grid([[5.0, np.nan, 5.0]], "m")
    found = rule_ground(rule="(height == 5) and region_mask == 1", height=height, region_mask=mask)
    assert found.values.tolist() == [[1, 0, 2]]
