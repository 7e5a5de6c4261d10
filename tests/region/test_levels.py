"""A place and its parts in one table add up to the whole once."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.region.levels import levels_told

BELONGS = {"a": "P", "b": "P", "P": "Z", "Q": "Z", "c": "Q"}


def summed(*rows, **rules):
    table = pd.DataFrame(rows, columns=["code", "persons"])
    out = levels_told(table, "persons", BELONGS, "jobs", **rules)
    return float(out.loc[out["summed"], "persons"].sum()), list(out["code"])


def test_parts_that_tell_all_stand_for_their_whole():
    assert summed(("P", 10.0), ("a", 4.0), ("b", 6.0)) == (10.0, ["a", "b"])
    assert summed(("P", 10.0), ("a", 4.0)) == (10.0, ["P", "a"])
    # over three levels, and one of them not told
    assert summed(("Z", 20.0), ("P", 10.0), ("Q", 10.0), ("a", 4.0))[0] == 20.0
    assert summed(("Z", 20.0), ("a", 4.0), ("b", 6.0), ("c", 10.0)) == (20.0, ["a", "b", "c"])
    assert summed(("Z", 90.0), ("a", 4.0), ("b", 6.0), ("c", 10.0))[0] == 90.0
    assert summed() == (0.0, [])
    # a part that is not known is not nothing
    assert summed(("P", 10.0), ("a", 10.0), ("b", float("nan")))[0] == 10.0


def test_parts_inside_tell_a_whole_that_the_border_cuts():
    inside = {"a": 1.0, "b": 0.0, "P": 0.4, "Z": 0.2, "Q": 0.0, "c": 0.0}
    assert summed(("P", 10.0), ("a", 4.0), inside=inside) == (4.0, ["a"])
    assert summed(("Z", 90.0), ("a", 4.0), inside=inside) == (4.0, ["a"])
    assert summed(("P", 10.0), ("a", 4.0), inside={**inside, "P": 1.0})[0] == 10.0
    assert summed(("P", 10.0), ("a", 4.0), inside={**inside, "b": 0.5})[0] == 10.0


def test_parts_that_are_more_are_refused_wherever_they_stand():
    for rows in (
        [("P", 10.0), ("a", 14.0)],
        [("Z", 900.0), ("P", 10.0), ("a", 8.0), ("b", 8.0)],
    ):
        with pytest.raises(QuantityError, match=r"jobs: .* more than the 10 of P"):
            summed(*rows)


def test_flows_and_years_are_summed_apart():
    table = pd.DataFrame(
        [("P", "x", 10.0), ("a", "x", 4.0), ("b", "x", 6.0), ("P", "y", 10.0), ("a", "y", 4.0)],
        columns=["code", "flow", "persons"],
    )
    out = levels_told(table, "persons", BELONGS, "jobs", by=("flow",))
    assert out[out["summed"]].groupby("flow")["persons"].sum().to_dict() == {"x": 10.0, "y": 10.0}


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=2, max_size=8), st.integers(0, 2**8 - 1))
def test_whatever_is_told_beside_it_the_whole_is_the_sum(values, mask):
    parts = [(f"6107{k:02d}", float(v)) for k, v in enumerate(values, start=1) if mask >> k & 1]
    whole = float(sum(values))
    table = pd.DataFrame([("610700", whole), *parts], columns=["code", "persons"])
    out = levels_told(table, "persons", {}, "jobs")
    assert out.loc[out["summed"], "persons"].sum() == pytest.approx(whole, rel=0.02)
