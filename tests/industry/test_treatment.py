"""Plants that turn a waste into an input, with a pencil."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.industry.treatment import treatment_plants, worth_building


def streams(*rows):
    columns = ["firm", "material", "kind", "amount", "price", "disposal", "x_km", "months"]
    return pd.DataFrame(rows, columns=columns).assign(y_km=0.0, haulage=0.5)


def process(name="kiln", takes="slag", makes="cement", fixed=100.0, capacity=50.0, treatment=3.0):
    return (name, takes, makes, fixed, capacity, treatment)


def processes(*rows):
    columns = ["process", "takes", "makes", "fixed", "capacity", "treatment"]
    return pd.DataFrame(rows, columns=columns)


MILL = streams(
    ("mill", "slag", "supply", 40.0, 0.0, 2.0, 0.0, ""),
    ("builder", "cement", "demand", 100.0, 9.0, 0.0, 10.0, ""),
)


def test_a_kiln_that_pays():
    found = treatment_plants(MILL, processes(process())).iloc[0]
    # 9 and 2 saved, 3 to treat, 10 km at a half: 3 a unit, forty units, and the kiln costs 100
    assert found["built"]
    assert found["throughput"] == pytest.approx(40.0)
    assert found["saving"] == pytest.approx(120.0)
    assert found["fixed"] == 100.0
    assert found["gain"] == pytest.approx(20.0)
    assert (found["process"], found["takes"], found["makes"], found["capacity"]) == ("kiln", "slag", "cement", 50.0)  # fmt: skip


def test_a_kiln_that_does_not_pay_is_not_built():
    for change in ({"fixed": 121.0}, {"capacity": 30.0}, {"treatment": 6.0}, {"makes": "bricks"}):
        table = treatment_plants(MILL, processes(process(**change)))
        found = table.iloc[0]
        assert not found["built"]
        assert (found["throughput"], found["saving"], found["fixed"], found["gain"]) == (0, 0, 0, 0)
        assert table.attrs["gain"] == 0.0


def test_capacity_bounds_what_goes_through_and_plants_share_what_there_is():
    two = processes(
        process("small", fixed=1.0, capacity=30.0), process("costly", fixed=20.0, capacity=15.0)
    )
    found = treatment_plants(MILL, two).set_index("process")
    # the small one leaves ten units of three: 30 for 20
    assert found["throughput"].to_dict() == pytest.approx({"small": 30.0, "costly": 10.0})
    assert found["gain"].to_dict() == pytest.approx({"small": 89.0, "costly": 10.0})
    dear = processes(
        process("small", fixed=1.0, capacity=30.0), process("costly", fixed=31.0, capacity=15.0)
    )
    assert treatment_plants(MILL, dear)["built"].tolist() == [True, False]


def test_only_what_direct_exchange_leaves_is_treated():
    more = pd.concat([MILL, streams(("road", "slag", "demand", 15.0, 8.0, 0.0, 0.0, ""))])
    found = treatment_plants(more, processes(process(fixed=0.0))).iloc[0]
    assert found["throughput"] == pytest.approx(25.0)


def test_seasons_bound_what_is_treated():
    half = MILL.assign(months=["1-6", "4-9"])
    # three of six months in common: half of the lesser amount
    found = treatment_plants(half, processes(process(fixed=0.0))).iloc[0]
    assert found["throughput"] == pytest.approx(20.0)
    apart = MILL.assign(months=["1-3", "4-9"])
    assert not treatment_plants(apart, processes(process(fixed=0.0)))["built"].iloc[0]
    far = MILL.assign(x_km=[0.0, 10.0], reach_km=9.0)
    assert not treatment_plants(far, processes(process(fixed=0.0)))["built"].iloc[0]


def test_treatment_costs_nothing_where_none_is_told():
    bare = processes(process(treatment=np.nan)).drop(columns="treatment")
    assert treatment_plants(MILL, bare)["saving"].iloc[0] == pytest.approx(240.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([process(), process()], "kiln stands twice"),
        ([process(fixed=-1.0)], "fixed: kiln has -1.0, expected 0 or more"),
        ([process(capacity="lots")], "capacity: kiln has nan"),
        ([process(treatment=-0.5)], "treatment: kiln has -0.5"),
    ],
)
def test_processes_that_are_none_are_refused(rows, message):
    with pytest.raises(QuantityError, match=message):
        treatment_plants(MILL, processes(*rows))


def test_which_plants_are_worth_building():
    saving = np.array([[[5.0, 5.0]], [[9.0, 0.0]]])
    most = np.full((1, 2), 10.0)

    def gain(*fixed):
        flow, built = worth_building(
            np.array([10.0]), np.array([6.0, 6.0]), saving, most, np.array(fixed), np.array([20.0, 20.0])
        )  # fmt: skip
        return built.tolist(), float((flow * saving).sum() - np.array(fixed)[built].sum())

    assert gain(20.0, 100.0) == ([True, False], pytest.approx(5 * 10 - 20))
    assert gain(1.0, 1.0) == ([True, True], pytest.approx(9 * 6 + 5 * 4 - 2))
    assert gain(1e4, 1e4) == ([False, False], 0.0)
