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
    weight = weights[weights["leaf"]].set_index("item")["global_weight"]
    of_industries = [i.indicator for i in evaluation_system() if i.applies == "industry"]
    assert found["known_weight"].iloc[0] == pytest.approx(
        weight[["primacy", "accessibility", "resources", "innovation", "layout_area"]].sum()
        / weight.drop(of_industries).sum()
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


def leaves(**shares):
    """Weights of leaves: a share, or a share with its bounds."""
    rows = []
    for item, given in shares.items():
        share, low, high = given if isinstance(given, tuple) else (given, given, given)
        rows.append((item, True, share, low, high))
    columns = ["item", "leaf", "global_weight", "global_lower", "global_upper"]
    return pd.DataFrame(rows, columns=columns)


def table(*rows):
    return pd.DataFrame(rows, columns=["subject", "code", "name", "indicator", "value"])


THREE = table(
    *[("place", c, f"p{c}", "primacy", v) for c, v in (("a", 1.0), ("b", 3.0), ("c", 5.0))],
    *[("place", c, f"p{c}", "accessibility", v) for c, v in (("a", 10.0), ("b", 0.0), ("c", 40.0))],
)


def test_scores_of_three_places_with_a_pencil():
    found = industry_evaluation(leaves(primacy=0.6, accessibility=0.2), THREE, count=3, draws=100)
    # primacy 0, .5, 1 at three quarters; far is worse: .75, 1, 0 at a quarter
    assert found["code"].tolist() == ["c", "b", "a"]
    assert found["name"].tolist() == ["pc", "pb", "pa"]
    assert found["score"].tolist() == pytest.approx([0.75, 0.625, 0.1875])
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["grade"].tolist() == [1, 2, 3]
    for bound in ("lower", "upper"):
        assert found[bound].tolist() == pytest.approx([0.75, 0.625, 0.1875])
    assert found["first_share"].tolist() == [1.0, 0.0, 0.0]
    assert found["known_weight"].tolist() == pytest.approx([1.0] * 3)
    assert set(found["indicators"]) == {2}
    assert set(found["filled"]) == {0}
    assert set(found["subject"]) == {"place"}


def test_bounds_of_weights_spread_the_score():
    wide = leaves(primacy=(0.5, 0.25, 0.75), accessibility=(0.5, 0.25, 0.75))
    found = industry_evaluation(wide, THREE, count=1, draws=4000).set_index("code")
    # b: .5 and 1, c: 1 and 0; each weight from a quarter to three quarters
    assert found.loc["b", ["lower", "score", "upper"]].tolist() == pytest.approx([0.625, 0.75, 0.875])  # fmt: skip
    assert found.loc["c", ["lower", "score", "upper"]].tolist() == pytest.approx([0.25, 0.5, 0.75])
    # c leads where primacy weighs more than two thirds: a sixth of the way up from a quarter
    assert found.loc["c", "first_share"] == pytest.approx(1 / 6, abs=0.03)
    assert found["first_share"].sum() == pytest.approx(1.0)


def test_a_weight_beside_its_bounds_widens_them():
    odd = leaves(primacy=(0.5, 0.6, 0.75), accessibility=(0.5, 0.25, 0.4))
    found = industry_evaluation(odd, THREE, count=1, draws=100).set_index("code")
    # primacy weighs from a half to three quarters, the way to the core the rest
    assert found.loc["b", ["lower", "score", "upper"]].tolist() == pytest.approx([0.625, 0.75, 0.75])  # fmt: skip
    assert found.loc["c", ["lower", "score", "upper"]].tolist() == pytest.approx([0.5, 0.5, 0.75])


@pytest.mark.parametrize(("enough", "used"), [(2 / 3, 2), (0.67, 1)])
def test_an_indicator_counts_if_enough_places_have_it(enough, used):
    gap = THREE[~((THREE["code"] == "c") & (THREE["indicator"] == "accessibility"))]
    weights = leaves(primacy=0.5, accessibility=0.5)
    found = industry_evaluation(weights, gap, enough=enough, draws=100).set_index("code")
    assert found["indicators"].iloc[0] == used
    if used == 2:
        # the median of 10 and 0 is 5: half of the way
        assert found.loc["c", "score"] == pytest.approx(0.5 * 1 + 0.5 * 0.5)
        assert found["filled"].to_dict() == {"a": 0, "b": 0, "c": 1}


def test_the_quadrant_cuts_at_the_means_of_both_groups():
    rows = [("a", 9, 9), ("b", 9, 1), ("c", 1, 9), ("d", 1, 1)]
    both = table(
        *[("place", c, c, "primacy", v) for c, v, _ in rows],
        *[("place", c, c, "innovation", v) for c, _, v in rows],
    )
    found = industry_evaluation(leaves(primacy=0.5, innovation=0.5), both, grades="quadrant", check="none", draws=100)  # fmt: skip
    # strong in both, in the industry's own alone, in the region's alone, in neither
    assert found.set_index("code")["grade"].to_dict() == {"a": 1, "c": 2, "b": 3, "d": 4}
    assert found["check_grade"].tolist() == found["grade"].tolist()


def test_without_places_or_enough_of_them_there_is_no_evaluation():
    with pytest.raises(QuantityError, match="no values of places or industries"):
        industry_evaluation(leaves(primacy=1.0), THREE.assign(subject="moon"))
    with pytest.raises(QuantityError, match="no indicator is known for enough"):
        industry_evaluation(leaves(maturity=1.0), THREE)


def test_industries_are_judged_beside_places():
    more = pd.concat([THREE, THREE.assign(subject="industry", indicator="maturity").iloc[:3]])
    found = industry_evaluation(leaves(primacy=0.5, maturity=0.5), more, draws=100)
    assert found.groupby("subject", sort=True)["code"].count().to_dict() == {"industry": 3, "place": 3}  # fmt: skip
    assert set(found.attrs["found"]) == {"place", "industry"}
    assert found.attrs["found"]["place"]["indicators"] == ["primacy"]
    assert found.attrs["found"]["place"]["known_weight"] == pytest.approx(1.0)


def test_every_weight_of_a_small_hierarchy():
    rows = [("goal", "a", "b", 3.0), ("a", "x", "y", 1.0)]
    judged = pd.DataFrame(rows, columns=["parent", "row", "column", "value"])
    found = evaluation_weights(judged, method="eigenvector").set_index("item")
    assert found["weight"].to_dict() == pytest.approx({"a": 0.75, "b": 0.25, "x": 0.5, "y": 0.5})
    assert found["global_weight"].to_dict() == pytest.approx({"a": 0.75, "b": 0.25, "x": 0.375, "y": 0.375})  # fmt: skip
    assert found["leaf"].to_dict() == {"a": False, "b": True, "x": True, "y": True}
    assert found["parent"].to_dict() == {"a": "goal", "b": "goal", "x": "a", "y": "a"}
    for bound in ("lower", "upper"):
        assert found[bound].to_dict() == pytest.approx(found["weight"].to_dict())
        assert found[f"global_{bound}"].to_dict() == pytest.approx(found["global_weight"].to_dict())
    assert found["level"].loc["x"] == found["level"].loc["a"] + 1
    assert (found["consistency_ratio"] == 0).all()
    assert found.attrs["random_index"] == "saaty"


def test_who_is_hardly_known_is_not_ranked_and_leaves_the_others_as_they_are():
    weights = leaves(primacy=0.5, accessibility=0.3, demand=0.2)
    third = THREE.iloc[:3].assign(indicator="demand", value=[1.0, 2.0, 9.0])
    full = pd.concat([THREE, third])
    dark = table(("place", "d", "pd", "demand", 5.0))
    found = industry_evaluation(weights, pd.concat([full, dark]), draws=100, enough=0.5)
    alone = industry_evaluation(weights, full, draws=100)
    assert found["code"].tolist()[-1] == "d"
    last = found.iloc[-1]
    assert (
        last[["score", "lower", "upper", "rank", "grade", "check_grade", "first_share"]]
        .isna()
        .all()
    )
    assert (last["known_weight"], last["filled"]) == (pytest.approx(0.2), 2)
    assert found["score"].tolist()[:3] == pytest.approx(alone["score"].tolist())
    assert found.attrs["found"]["place"]["not_ranked"] == ["pd"]
    low = industry_evaluation(
        weights, pd.concat([full, dark]), draws=100, enough=0.5, least_known_weight=0.2
    )
    assert low["rank"].notna().all()
    assert low.attrs["found"]["place"]["not_ranked"] == []
    nobody = industry_evaluation(weights, table(*THREE.iloc[:0].to_numpy(), *dark.to_numpy()))
    assert nobody["rank"].isna().all()


def test_a_users_places_of_another_level_do_not_join():
    mine = table(("place", "x", "px", "primacy", 99.0), ("place", "a", "pa", "primacy", 2.0))
    found = industry_evaluation(leaves(primacy=0.6, accessibility=0.2), THREE, mine, draws=100)
    assert sorted(found["code"]) == ["a", "b", "c"]
