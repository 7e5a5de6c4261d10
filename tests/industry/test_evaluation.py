from importlib.resources import files
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.industry.evaluation import (
    READING,
    evaluation_system,
    evaluation_weights,
    industry_evaluation,
)


@pytest.fixture(scope="module")
def judgements():
    text = files("shanshui.study").joinpath("templates/judgements.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text))


@pytest.fixture(scope="module")
def weights(judgements):
    return evaluation_weights(judgements)


def values(
    places=12,
    seed=0,
    indicators=("primacy", "accessibility", "resources", "innovation", "layout_area"),
):
    rng = np.random.default_rng(seed)
    rows = [
        ("place", f"{k:02d}", f"p{k}", i, float(rng.uniform(1, 9)))
        for k in range(places)
        for i in indicators
    ]
    return pd.DataFrame(rows, columns=["subject", "code", "name", "indicator", "value"])


def test_the_system_is_that_of_the_table_with_one_row_moved():
    system = evaluation_system()
    assert len(system) == 15
    assert len({i.first for i in system}) == 3
    # ten second-level criteria are printed
    assert len({i.second for i in system}) == 10
    place = {i.indicator: i.second for i in system}
    assert place["exports"] == "driving"
    cost = {i.indicator for i in system if i.direction == "cost"}
    assert cost == {"accessibility", "risk_profit", "resource_use", "pollution"}


def test_the_shipped_judgements_cover_the_system_and_agree(weights):
    leaves = weights[weights["leaf"]]
    assert set(leaves["item"]) == {i.indicator for i in evaluation_system()}
    assert leaves["global_weight"].sum() == pytest.approx(1.0)
    assert (weights["consistency_ratio"] <= 0.1).all()
    assert (weights["lower"] <= weights["weight"] + 1e-9).all()


@pytest.mark.parametrize(
    "method",
    [
        "eigenvector",
        "geometric",
        "interval-lp-upper",
        "goal-programme",
        "log-least-squares",
        "simulation",
    ],
)
def test_the_solver_can_be_exchanged(judgements, method):
    found = evaluation_weights(judgements, method=method, draws=300)
    assert found[found["leaf"]]["global_weight"].sum() == pytest.approx(1.0)
    assert found.attrs["method"] == method


def test_the_structure_of_the_result(weights):
    found = industry_evaluation(weights, values(), draws=300)
    assert found.attrs["reading"] == READING
    assert found.attrs["stages"] == {
        "weights": "interval-eigenvector",
        "DA": "discriminant",
        "QCM": "k-means",
        "seed": 0,
    }
    assert (found["lower"] <= found["score"]).all()
    assert (found["upper"] >= found["score"]).all()
    assert (np.diff(found["grade"]) >= 0).all()
    assert (np.diff(found["score"]) <= 1e-12).all()
    assert found["first_share"].sum() == pytest.approx(1.0)
    facts = found.attrs["found"]["place"]
    assert 0 <= facts["agreement"] <= 1
    assert np.sum(facts["confusion"]) == 12
    assert found["known_weight"].iloc[0] == pytest.approx(
        weights.set_index("item")
        .loc[
            ["primacy", "accessibility", "resources", "innovation", "layout_area"], "global_weight"
        ]
        .sum()
    )


def test_what_is_best_in_all_comes_first_and_far_is_worse(weights):
    table = values()
    best = table["code"] == "05"
    table.loc[best, "value"] = np.where(table.loc[best, "indicator"] == "accessibility", 0.5, 10.0)
    found = industry_evaluation(weights, table, draws=200).iloc[0]
    assert (found.code, found.score, found.first_share) == (
        "05",
        pytest.approx(1.0),
        pytest.approx(1.0),
    )


def test_same_seed_same_result(weights):
    a, b = (industry_evaluation(weights, values(), draws=200, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(a, b)


@pytest.mark.parametrize("grades", ["natural-breaks", "cloud", "quadrant"])
@pytest.mark.parametrize("check", ["grey", "none"])
def test_the_stages_can_be_exchanged(weights, grades, check):
    found = industry_evaluation(weights, values(), grades=grades, check=check, draws=200)
    assert found.attrs["stages"]["QCM"] == grades
    assert len(found) == 12


def test_a_users_values_go_before_and_may_be_intervals(weights):
    mine = pd.DataFrame(
        [("place", "03", "primacy", 9.5, 9.0, 10.0)],
        columns=["subject", "code", "indicator", "value", "lower", "upper"],
    )
    plain = industry_evaluation(weights, values(), draws=200).set_index("code")
    found = industry_evaluation(weights, values(), mine, draws=200).set_index("code")
    assert found.loc["03", "name"] == "p3"
    assert found.loc["03", "score"] != plain.loc["03", "score"]
    wide = mine.assign(lower=1.0, upper=18.0)
    spread = industry_evaluation(weights, values(), wide, draws=200).set_index("code")
    assert (
        spread.loc["03", "upper"] - spread.loc["03", "lower"]
        > found.loc["03", "upper"] - found.loc["03", "lower"]
    )


def test_gaps_take_the_median_and_are_counted(weights):
    table = values()
    table = table[~((table["code"] == "07") & (table["indicator"] == "primacy"))]
    found = industry_evaluation(weights, table, draws=200).set_index("code")
    assert found["filled"].sum() == 1
    assert found.loc["07", "filled"] == 1
    # an indicator that most lack does not count at all
    few = table[~((table["indicator"] == "primacy") & (table["code"] > "04"))]
    assert industry_evaluation(weights, few, draws=200)["indicators"].iloc[0] == 4


def test_strange_indicators_are_named(weights):
    with pytest.raises(QuantityError, match="beauty"):
        industry_evaluation(weights, values(indicators=("beauty",)))
    odd = weights.assign(item=weights["item"].replace("primacy", "beauty"))
    with pytest.raises(QuantityError, match="are no indicators"):
        industry_evaluation(odd, values())


def test_judgements_without_weights_stop_the_evaluation():
    cycle = pd.DataFrame(
        [("a", "b", 9), ("b", "c", 9), ("c", "a", 9)], columns=["row", "column", "value"]
    )
    with pytest.raises(QuantityError, match="no weights lie inside"):
        evaluation_weights(cycle, method="interval-lp-lower")
