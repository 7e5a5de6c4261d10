"""An input is a row: family, unit, range, kind, and which dataset would supply it."""

import csv
from typing import get_args

import pytest

from shanshui.collect import inputs
from shanshui.collect.inputs import INPUTS, Family, wanted
from shanshui.core.errors import PlanError
from shanshui.core.keys import keys
from shanshui.core.quantity import ANY, TEXT, Features, Grid, Key, Table
from shanshui.core.shipped import shipped_text
from shanshui.core.terms import terms
from shanshui.core.units import known_unit

TABLES = ("inputs", "input_columns")


def rows_of(name):
    return list(csv.DictReader(shipped_text(f"collect/{name}.csv").splitlines()))


@pytest.mark.parametrize("name", TABLES)
def test_no_row_has_more_or_fewer_cells(name):
    for row in rows_of(name):
        assert None not in row
        assert None not in row.values()
    assert len({(r["input"], r.get("column", "")) for r in rows_of(name)}) == len(rows_of(name))


@pytest.mark.parametrize("row", rows_of("inputs"), ids=lambda r: r["input"])
def test_every_input_has_a_family_a_word_units_and_a_range(row):
    kind = INPUTS[row["input"]]
    assert kind.family in get_args(Family)
    assert row["input"] in terms()
    assert kind.low < kind.high
    assert kind.zeros in {"count", "suspect", "absence"}
    assert (row["usual_low"] == "") == (row["usual_high"] == "") == (row["usual_hint"] == "")
    if kind.usual:
        assert kind.low <= kind.usual[0] < kind.usual[1] <= kind.high
    if isinstance(kind.gives, Grid):
        assert known_unit(kind.gives.unit)
    if isinstance(kind.gives, Table | Features):
        for column in kind.gives.fields:
            assert column.unit in {TEXT, ANY} or known_unit(column.unit), column
            assert column.key is None or set(column.key.kinds) <= set(keys()), column
    else:
        assert row["input"] not in {r["input"] for r in rows_of("input_columns")}


def test_columns_are_those_of_an_input():
    assert {r["input"] for r in rows_of("input_columns")} <= set(INPUTS)
    for row in rows_of("input_columns"):
        assert bool(row["unit"]) != bool(row["key"]), row


def test_what_would_supply_an_input_is_told():
    assert wanted("needs input 'roads'") == "needs input 'roads' (road lines of a topographic map)"
    assert wanted("needs input 'elevation'") == "needs input 'elevation'"
    assert wanted("needs nothing") == "needs nothing"


def with_rows(monkeypatch, **added):
    def more(name):
        text = shipped_text(name)
        rows = added.get(name.removeprefix("collect/").removesuffix(".csv"), [])
        return "\n".join([*text.splitlines(), *rows])

    monkeypatch.setattr(inputs, "shipped_text", more)
    return dict(inputs._inputs())


def test_a_new_input_is_rows(monkeypatch):
    found = with_rows(
        monkeypatch,
        inputs=[
            "snow_depth,continuous,grid,m,,0,20,0.01,5,is it in cm,count,,a snow atlas",
            "springs,points,features,,,0,100,,,,suspect,,a register of springs",
        ],
        input_columns=["springs,county,,county,", "springs,flow?,m3/s,,"],
    )
    snow, springs = found["snow_depth"], found["springs"]
    assert snow.gives == Grid("m")
    assert (snow.low, snow.high, snow.usual, snow.usual_hint) == (0.0, 20.0, (0.01, 5.0), "is it in cm")  # fmt: skip
    assert (snow.zeros, snow.wanted) == ("count", "a snow atlas")
    assert springs.gives == Features({"county": Key("county"), "flow?": "m3/s"})
    assert set(found) - set(INPUTS) == {"snow_depth", "springs"}


def test_an_unknown_kind_of_input_is_answered_with_the_nearest(monkeypatch):
    with pytest.raises(PlanError, match="snow gives 'gird'; did you mean 'grid'"):
        with_rows(monkeypatch, inputs=["snow,continuous,gird,m,,,,,,,count,,"])
