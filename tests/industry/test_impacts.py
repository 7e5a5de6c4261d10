"""What tables of an economy say of change, with a pencil."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.balancing import balanced_flows
from shanshui.industry.impacts import (
    construction_jobs,
    household_multipliers,
    output_change,
    regional_spillover,
)


def table(flows, final, added, codes="ab"):
    """Sectors in rows and columns, uses after them, value added below."""
    flows = np.asarray(flows, float)
    out = pd.DataFrame(flows, columns=list(codes))
    out.insert(0, "code", list(codes))
    for name, values in final.items():
        out[name] = values
    out["output"] = flows.sum(axis=1) + sum(np.asarray(v, float) for v in final.values())
    rows = [
        {"code": name, **dict(zip(codes, values, strict=True))} for name, values in added.items()
    ]
    return pd.concat([out, pd.DataFrame(rows)], ignore_index=True)


def homes(**accounts):
    rows = [(code, pay, spend) for code, (pay, spend) in accounts.items()]
    return pd.DataFrame(rows, columns=["code", "wages", "spending"])


# one sector sells half its output to itself, pays a quarter of it as wages, and households buy a tenth
ALONE = table([[50.0]], {"households": [20.0], "rest": [30.0]}, {"wages": [25.0], "surplus": [25.0]}, "a")  # fmt: skip
# Miller and Blair (2009), table 2.3, with wages of a sixth and a fifth
PAIR = table(
    [[150.0, 500.0], [200.0, 100.0]],
    {"households": [50.0, 400.0], "rest": [300.0, 1300.0]},
    {"wages": [300.0, 500.0], "surplus": [350.0, 900.0]},
)


def test_one_sector_and_its_households():
    found = household_multipliers(ALONE, homes(a=(25, 20))).iloc[0]
    # 1 / (1 - .5); wages .25 an output, 20 of 25 spent: (1 - .5 - .25 * .8)^-1
    assert found["type_one"] == pytest.approx(2.0)
    assert found["type_two"] == pytest.approx(1 / 0.3)
    assert found["income_direct"] == pytest.approx(0.25)
    assert found["income_one"] == pytest.approx(0.5)
    assert found["income_two"] == pytest.approx(0.25 / 0.3)


def test_two_sectors_and_their_households():
    found = household_multipliers(PAIR, homes(a=(300, 50), b=(500, 400)))
    a = np.array([[0.15, 0.25], [0.2, 0.05]])
    closed = np.eye(3) - np.vstack([np.c_[a, [50 / 800, 400 / 800]], [0.3, 0.25, 0]])
    inverse = np.linalg.inv(closed)
    assert list(found["code"]) == ["a", "b"]
    assert list(found["name"]) == ["a", "b"]
    np.testing.assert_allclose(found["type_one"], np.linalg.inv(np.eye(2) - a).sum(axis=0))
    np.testing.assert_allclose(found["type_two"], inverse[:2, :2].sum(axis=0))
    np.testing.assert_allclose(found["income_two"], inverse[2, :2])
    np.testing.assert_allclose(found["income_direct"], [0.3, 0.25])


def test_households_that_spend_more_than_they_earn_are_not_closed():
    with pytest.raises(QuantityError, match="households spend 50 of wages of 25"):
        household_multipliers(ALONE, homes(a=(25, 50)))
    # all that is earned is spent
    even = household_multipliers(ALONE, homes(a=(25, 25)))
    assert even["type_two"].iloc[0] == pytest.approx(1 / (0.5 - 0.25))


def test_a_sector_without_a_row_pays_nothing():
    found = household_multipliers(PAIR, homes(a=(300, 50)))
    assert found["income_direct"].tolist() == [0.3, 0.0]


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ({"a": (0, 0)}, "wages: sum to 0"),
        ({"a": (101, 0)}, "a pays 101 of an output of 100"),
        ({"z": (1, 0)}, "'z' is no sector"),
        ({"a": (-1, 0)}, "wages: wages, a: -1"),
        ({"a": (1, np.nan)}, "spending: spending, a: nan"),
    ],
)
def test_accounts_of_households_that_are_none_are_refused(accounts, message):
    with pytest.raises(QuantityError, match=message):
        household_multipliers(ALONE, homes(**accounts))


def test_output_that_grew_by_demand_and_by_technology():
    before = table([[50.0]], {"use": [50.0]}, {"value added": [50.0]}, "a")
    after = table([[60.0]], {"use": [90.0]}, {"value added": [90.0]}, "a")
    found = output_change(before, after).iloc[0]
    # L0 = 2, L1 = 150 / 90; half (L1 - L0) (50 + 90), half (L0 + L1) (90 - 50)
    assert found["technology"] == pytest.approx(0.5 * (150 / 90 - 2) * 140)
    assert found["demand"] == pytest.approx(0.5 * (150 / 90 + 2) * 40)
    assert found["total"] == pytest.approx(50.0)
    assert (found["code"], found["name"]) == ("a", "a")


def test_years_need_one_list_of_sectors():
    one = table([[50.0]], {"use": [50.0]}, {"value added": [50.0]}, "a")
    with pytest.raises(QuantityError, match="1 and 2 sectors that differ \\(b\\)"):
        output_change(one, PAIR)
    turned = PAIR.assign(code=["b", "a", "wages", "surplus"]).rename(columns={"a": "b", "b": "a"})
    with pytest.raises(QuantityError, match="in order"):
        output_change(PAIR, turned)


def test_a_table_that_does_not_balance_stops_every_question():
    off = PAIR.assign(households=[500.0, 400.0, np.nan, np.nan])
    for ask in (
        lambda: household_multipliers(off, homes(a=(1, 1))),
        lambda: output_change(PAIR, off),
        lambda: output_change(off, PAIR),
        lambda: regional_spillover(off, REGIONS),
        lambda: construction_jobs(off, SPENT, JOBS),
    ):
        with pytest.raises(DataError, match="do not balance"):
            ask()
    assert (
        len(
            household_multipliers(
                off.assign(households=[50.5, 400, np.nan, np.nan]), homes(a=(1, 1))
            )
        )
        == 2
    )


REGIONS = pd.DataFrame({"code": ["a", "b"], "region": ["north", "south"]})


def test_what_a_region_gives_to_itself_and_to_the_other():
    # A = [[.5, .2], [.25, .5]], L = [[2.5, 1], [1.25, 2.5]]
    trade = table([[50.0, 20.0], [25.0, 50.0]], {"use": [30.0, 25.0]}, {"value added": [25.0, 30.0]})  # fmt: skip
    found = regional_spillover(trade, REGIONS)
    assert found["region"].tolist() == ["north", "south"]
    assert found["code"].tolist() == found["name"].tolist() == ["a", "b"]
    np.testing.assert_allclose(found["intraregional"], [2.0, 2.0])
    np.testing.assert_allclose(found["feedback"], [0.5, 0.5])
    np.testing.assert_allclose(found["spillover"], [1.25, 1.0])
    np.testing.assert_allclose(found["total"], [3.75, 3.5])
    with pytest.raises(QuantityError, match="no region for sectors b"):
        regional_spillover(trade, REGIONS.iloc[:1])


SPENT = pd.DataFrame(
    {"project": ["dam", "dam", "road"], "code": ["a", "b", "b"], "amount": [100.0, 50.0, 10.0]}
)
JOBS = pd.DataFrame(
    {
        "code": ["a", "b", "a"],
        "stressor": ["jobs", "jobs", "water"],
        "amount": [500.0, 400.0, 9e9],
    }
)


def test_work_of_projects_with_a_pencil():
    found = construction_jobs(PAIR, SPENT, JOBS, local_share=0.5).set_index("project")
    # half a person in a unit of the first sector's output, a fifth in one of the second
    inverse = np.linalg.inv(np.eye(2) - [[0.15, 0.25], [0.2, 0.05]])
    dam = found.loc["dam"]
    assert dam["investment"] == 150.0
    assert dam["direct"] == pytest.approx(0.5 * 100 + 0.2 * 50)
    assert dam["total"] == pytest.approx(np.array([0.5, 0.2]) @ inverse @ [100, 50])
    assert dam["indirect"] == pytest.approx(dam["total"] - 60)
    assert dam["local"] == pytest.approx(dam["total"] / 2)
    assert found.loc["road", "direct"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"investment": SPENT.assign(code="z")}, "'z' is no sector"),
        (
            {"investment": SPENT.assign(amount=[-1.0, 0, 0])},
            "project dam, a: -1.0, expected 0 or more",
        ),
        ({"investment": SPENT.assign(amount=["", 0, 0])}, "project dam, a: '', expected 0 or more"),
        ({"stressors": JOBS.assign(stressor="carbon")}, "no rows of stressor 'jobs'"),
    ],
)
def test_projects_that_cannot_be_counted_are_refused(what, message):
    with pytest.raises(QuantityError, match=message):
        construction_jobs(PAIR, **{"investment": SPENT, "stressors": JOBS, **what})


def test_people_need_output_to_work_at():
    idle = table([[50.0, 0.0], [0.0, 0.0]], {"use": [50.0, 0.0]}, {"value added": [50.0, 0.0]})
    with pytest.raises(QuantityError, match="jobs of b, which has no output"):
        construction_jobs(idle, SPENT, JOBS)
    done = construction_jobs(idle, SPENT.iloc[:1], JOBS.assign(amount=[50.0, 0.0, 0.0]))
    assert done["total"].iloc[0] == pytest.approx(0.5 * 2 * 100)


def pairs(*rows):
    return pd.DataFrame(rows, columns=["row", "column", "amount"])


def sums(rows, columns):
    out = [("row", k, v) for k, v in rows.items()] + [("column", k, v) for k, v in columns.items()]
    return pd.DataFrame(out, columns=["side", "name", "amount"])


START = pairs(("x", "p", 1.0), ("x", "q", 1.0), ("y", "p", 1.0), ("y", "q", 1.0))


def test_flows_of_one_are_spread_by_their_sums():
    found = balanced_flows(START, sums({"x": 30, "y": 10}, {"p": 20, "q": 20}))
    assert found["amount"].tolist() == pytest.approx([15, 15, 5, 5])
    assert found["before"].tolist() == [1, 1, 1, 1]
    assert found[["row", "column"]].to_numpy().tolist() == START[["row", "column"]].to_numpy().tolist()  # fmt: skip


def test_pairs_that_do_not_flow_stay_so_and_signs_stay():
    found = balanced_flows(
        pairs(("x", "p", 5.0), ("x", "q", -1.0), ("y", "q", 4.0)), sums({"x": 6, "y": 2}, {"p": 7, "q": 1})
    )  # fmt: skip
    assert found["amount"].tolist() == pytest.approx([7, -1, 2], abs=1e-6)


@pytest.mark.parametrize(
    ("flows", "wanted", "message"),
    [
        (START, sums({"x": 30, "y": 10}, {"p": 20, "q": 10}), "one total"),
        (START, sums({"x": 30}, {"p": 20, "q": 10}), "row y stands in one"),
        (START, sums({"x": 30, "y": 10, "z": 0}, {"p": 20, "q": 20}), "row z stands in one"),
        (START, sums({"x": 1, "y": 1}, {"p": 1, "q": 1}).assign(side="top"), "side: 'top'"),
        (pd.concat([START, START.iloc[:1]]), sums({}, {}), "x, p stands twice"),
        (START.assign(amount=["", 1, 1, 1]), sums({}, {}), "start_flows: row 1 has no row or"),
        (START.assign(row=["x", " ", "y", "y"]), sums({}, {}), "row 2 has no row or column"),
        (START.iloc[[0, 3]], sums({"x": 1, "y": 3}, {"p": 2, "q": 2}), "no balance after 20 rounds"),
    ],
)  # fmt: skip
def test_sums_that_cannot_be_met_are_refused(flows, wanted, message):
    with pytest.raises(QuantityError, match=message):
        balanced_flows(flows, wanted, rounds=20)


def test_a_sector_without_output_pays_nothing_of_it():
    idle = table([[50.0, 0.0], [0.0, 0.0]], {"use": [50.0, 0.0]}, {"value added": [50.0, 0.0]})
    found = household_multipliers(idle, homes(a=(25, 20)))
    assert found["income_direct"].tolist() == [0.25, 0.0]
    assert found["type_one"].tolist() == [2.0, 1.0]
