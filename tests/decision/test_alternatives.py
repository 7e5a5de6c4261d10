import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.decision.alternatives import alternatives_of, criterion_weights, ranked
from shanshui.decision.ranking import RANKINGS

SITES = pd.DataFrame({"site": ["a", "b", "c"], "price": [3.0, 4.0, 5.0], "view": [4.0, 3.0, 3.5]})


def criteria(**columns):
    return pd.DataFrame({"criterion": ["view", "price"], **columns})


def test_a_table_of_sites_is_read_in_its_own_order():
    found = alternatives_of(
        SITES, criteria(direction=["benefit", "cost"], weight=[3, 1], least=[0, 1], greatest=[5, 9])
    )
    assert found.names == ("a", "b", "c")
    assert found.criteria == ("price", "view")
    assert found.directions == ("cost", "benefit")
    assert found.weights.tolist() == [1.0, 3.0]
    assert found.limits.tolist() == [[1.0, 9.0], [0.0, 5.0]]
    assert found.lower.tolist() == [[3.0, 4.0], [4.0, 3.0], [5.0, 3.5]]
    assert found.crisp
    bare = alternatives_of(SITES)
    assert bare.directions == ("benefit", "benefit")
    assert bare.weights is None
    assert bare.limits is None
    some = alternatives_of(SITES, criteria(direction=[None, "cost"], least=[0, 1]))
    assert some.directions == ("cost", "benefit")
    assert some.limits is None


def test_two_columns_hold_a_criterion_between_bounds():
    found = alternatives_of(
        pd.DataFrame({"site": ["a", "b"], "price lower": [1.0, 2.0], "price upper": [2.0, 2.0], "view": [1, 2]})
    )  # fmt: skip
    assert found.criteria == ("price", "view")
    assert found.lower.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert found.upper.tolist() == [[2.0, 1.0], [2.0, 2.0]]
    assert not found.crisp


@pytest.mark.parametrize(
    ("table", "rules", "says"),
    [
        (SITES[["site"]], None, "3 rows and 1 columns"),
        (SITES.iloc[:0], None, "0 rows"),
        (SITES.assign(price=["1", "cheap", "2"]), None, r"table\.price: row 2 holds 'cheap'"),
        (SITES.rename(columns={"price": "price lower"}), None, "give 'price upper' as well"),
        (SITES, pd.DataFrame({"name": ["view"]}), "no column criterion; found name"),
        (SITES, pd.DataFrame({"criterion": ["view"]}), "not those of the table: price"),
        (SITES, pd.DataFrame({"criterion": ["view", "price", "price"]}), "one of them twice"),
    ],
)
def test_tables_that_do_not_fit_are_refused_by_name(table, rules, says):
    with pytest.raises(QuantityError, match=says):
        alternatives_of(table, rules)


def test_weights_are_equal_given_judged_measured_or_both():
    given = alternatives_of(SITES)
    assert criterion_weights(given).tolist() == [0.5, 0.5]
    own = alternatives_of(SITES, criteria(weight=[3, 1]))
    assert criterion_weights(own).tolist() == [0.25, 0.75]
    assert criterion_weights(own, [2, 2]).tolist() == [0.5, 0.5]
    # both columns have one spread, 0.408 of their range: deviation weighs them alike
    measured = criterion_weights(given, objective="deviation")
    assert measured.tolist() == pytest.approx([0.5, 0.5], rel=0.01)
    both = criterion_weights(own, objective="deviation", share=0.2)
    assert both.tolist() == pytest.approx(0.2 * np.array([0.25, 0.75]) + 0.8 * measured)
    sharp = criterion_weights(own, objective="deviation", combine="multiplicative")
    assert sharp.tolist() == pytest.approx([0.25, 0.75], rel=0.02)
    with pytest.raises(QuantityError, match="did you mean 'entropy'"):
        criterion_weights(given, objective="entropie")
    between = alternatives_of(
        pd.DataFrame({"s": ["a", "b"], "x lower": [1.0, 2.0], "x upper": [2.0, 3.0]})
    )
    with pytest.raises(QuantityError, match="not two bounds"):
        criterion_weights(between, objective="entropy")


def test_every_column_of_a_ranking_with_a_pencil():
    """Price is a cost: a is best in both, 1 + 1; b has 0.5 + 0; c has 0 + 0.5 of a criterion."""
    given = alternatives_of(SITES, criteria(direction=["benefit", "cost"], weight=[1, 3]))
    found = ranked(given, criterion_weights(given), method="weighted-sum", draws=400)
    assert found.table["alternative"].tolist() == ["a", "b", "c"]
    assert found.table["score"].tolist() == pytest.approx([1.0, 0.375, 0.125])
    assert found.table["rank"].tolist() == [1, 2, 3]
    assert found.table["first_share"].tolist() == [1.0, 0.0, 0.0]
    assert found.table["mean_rank"].tolist()[0] == 1.0
    # b and c change places at even weights
    assert found.table["mean_rank"].tolist()[1:] == pytest.approx([2.5, 2.5], abs=0.1)
    assert found.weights.to_numpy().tolist() == [["price", "cost", 0.75], ["view", "benefit", 0.25]]
    assert set(found.similarity) == set(RANKINGS) - {"weighted-sum"}
    assert found.reversal.first_changes.shape == (3,)


def test_one_and_two_alternatives_can_be_ranked():
    one = ranked(alternatives_of(SITES.iloc[:1]), [1, 1])
    assert one.table["rank"].tolist() == [1]
    assert one.similarity == {}
    assert one.reversal is None
    two = ranked(alternatives_of(SITES.iloc[:2]), [1, 1])
    assert two.reversal is None
    assert two.similarity["vikor"]["spearman"] in (-1.0, 0.5, 1.0)


def test_fixed_limits_give_one_less_the_distance_from_the_ideal():
    """Price 3, 4, 5 of 1 to 9 down; view 4, 3, 3.5 of 0 to 5 up, at even weights."""
    given = alternatives_of(
        SITES, criteria(direction=["benefit", "cost"], least=[0, 1], greatest=[5, 9])
    )
    found = ranked(given, [1, 1], method="spotis")
    assert found.table["alternative"].tolist() == ["a", "b", "c"]
    assert found.table["score"].tolist() == pytest.approx(
        [(0.75 + 0.8) / 2, (0.625 + 0.6) / 2, (0.5 + 0.7) / 2]
    )
    assert found.reversal is None
    assert set(found.similarity) == set(RANKINGS)
    with pytest.raises(QuantityError, match="needs columns least and greatest"):
        ranked(alternatives_of(SITES), [1, 1], method="spotis")


def test_values_between_bounds_are_ranked_by_the_methods_that_know_them():
    given = alternatives_of(
        pd.DataFrame({"s": ["a", "b"], "x lower": [0.0, 2.0], "x upper": [2.0, 4.0], "y": [1.0, 3.0]})
    )  # fmt: skip
    found = ranked(given, [1, 3], method="weighted-sum")
    assert found.table["alternative"].tolist() == ["b", "a"]
    # x runs from 0 to 4: b is 0.5 to 1 there, and 1 in y
    assert found.table["lower"].tolist() == pytest.approx([0.875, 0.0])
    assert found.table["upper"].tolist() == pytest.approx([1.0, 0.125])
    assert found.table["score"].tolist() == pytest.approx([0.75, 0.25])
    assert found.reversal is None
    assert found.similarity == {}
    near = ranked(given, [1, 3])
    assert near.table["alternative"].tolist() == ["b", "a"]
    assert near.table.columns.tolist() == ["alternative", "score", "rank"]
    with pytest.raises(QuantityError, match="vikor knows no values between bounds"):
        ranked(given, [1, 3], method="vikor")


def test_an_unknown_method_of_ranking_names_the_nearest():
    with pytest.raises(QuantityError, match="did you mean 'topsis'"):
        ranked(alternatives_of(SITES), [1, 1], method="topsy")
