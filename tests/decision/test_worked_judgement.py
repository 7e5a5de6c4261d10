"""Worked values, edges and refusals of the chapter, with a pencil."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.worlds import grid

from shanshui.core.errors import PlanError, QuantityError
from shanshui.decision.ahp import ahp_weights, completed
from shanshui.decision.consistency import consistency, random_index
from shanshui.decision.criteria import benefits, checked_scores, checked_weights, ranged
from shanshui.decision.fixed_scale import spotis
from shanshui.decision.grading import discriminant_check, grades_of, silhouette
from shanshui.decision.groups import group_judgements
from shanshui.decision.hierarchy import hierarchy_weights
from shanshui.decision.interval_ahp import acceptable, interval_weights, intransitivity
from shanshui.decision.interval_ranking import interval_topsis, interval_weighted_sum
from shanshui.decision.intervals import IntervalWeights, possibility_degrees, possibility_ranking
from shanshui.decision.judgements import Judgements, checked_judgements, judgement, judgements_of
from shanshui.decision.maps import overlay_score
from shanshui.decision.ranking import promethee, scored, vikor
from shanshui.decision.robustness import (
    rank_acceptability,
    rank_reversal,
    rank_similarity,
    simplex_weights,
)
from shanshui.decision.weights import (
    cilos_weights,
    combined_weights,
    critic_weights,
    deviation_weights,
    entropy_weights,
    gini_weights,
    idocriw_weights,
    lopcow_weights,
    merec_weights,
)

CYCLE = np.array([[1, 2, 0.5], [0.5, 1, 2], [2, 0.5, 1]])
SAATY = [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49]
NEWER = [0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49]


# consistency


def test_the_printed_tables_of_the_random_index():
    assert [random_index(n) for n in range(1, 11)] == SAATY
    assert [random_index(n, "saaty-new") for n in range(1, 11)] == NEWER
    dodd = [round(random_index(n, "donegan-dodd"), 4) for n in (3, 4, 5, 6, 7, 8, 9, 10)]
    assert dodd == [0.4887, 0.8045, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055]
    # 2.7699 n - 4.3513 is the mean eigenvalue: for 11 items (26.1176 - 11) / 10
    assert random_index(11) == pytest.approx(1.51176)
    assert random_index(3, "alonso-lamata") == pytest.approx((2.7699 * 3 - 4.3513 - 3) / 2)
    with pytest.raises(QuantityError, match="did you mean 'saaty'"):
        random_index(3, "sati")


def test_a_cycle_of_three_has_an_eigenvalue_of_three_and_a_half():
    """Each row of 2, 1 and a half sums to 3.5: index 0.25, over 0.58."""
    found = consistency(CYCLE)
    assert found.principal_eigenvalue == pytest.approx(3.5)
    assert found.index == pytest.approx(0.25)
    assert found.ratio == pytest.approx(0.25 / 0.58)
    assert found.random_index == "saaty"
    assert not found.accepted
    # all means are 1, so each of three logs departs by ln 2: 2 / (2 x 1) x 3 ln(2)^2
    assert found.geometric_index == pytest.approx(3 * np.log(2) ** 2)
    assert found.worst == (0, 1, 2)
    # what goes over the third item implies 1/4 for the first pair, and then all agree
    assert found.repair == pytest.approx((0, 1, 0.25, 0.0), abs=1e-9)


def test_the_name_of_the_table_says_where_it_ends():
    assert consistency(np.ones((10, 10)), table="donegan-dodd").random_index == "donegan-dodd"
    assert "beyond 10" in consistency(np.ones((11, 11))).random_index
    assert consistency(np.ones((11, 11)), table="alonso-lamata").random_index == "alonso-lamata"


def test_two_items_cannot_contradict_and_agreement_needs_no_repair():
    two = consistency([[1, 5], [0.2, 1]])
    assert (two.ratio, two.geometric_index, two.worst, two.repair) == (0.0, 0.0, (), ())
    assert two.accepted
    w = np.array([4.0, 2.0, 1.0])
    assert consistency(w[:, None] / w).repair == ()
    with pytest.raises(QuantityError, match="complete them first"):
        consistency([[1, np.nan], [np.nan, 1]])


def test_the_worst_triple_is_found_however_mild_it_is():
    w = np.array([8.0, 4.0, 2.0, 1.0])
    a = w[:, None] / w
    a[1, 3], a[3, 1] = a[1, 3] * 1.2, a[3, 1] / 1.2
    assert {1, 3} <= set(consistency(a).worst)


def test_three_judgements_and_a_gap_are_completed_by_the_chain():
    a = [[1, 2, np.nan], [0.5, 1, 3], [np.nan, 1 / 3, 1]]
    assert completed(a)[0, 2] == pytest.approx(6.0)
    found = ahp_weights(a)
    assert found.tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert found.completed[2, 0] == pytest.approx(1 / 6)
    with pytest.raises(QuantityError, match="did you mean 'geometric'"):
        ahp_weights(a, "geometrical")


# judgements


def test_a_rounded_mirror_is_taken_up_to_three_percent():
    assert checked_judgements([[1, 3], [0.34, 1]])[1, 0] == pytest.approx(1 / 3)
    with pytest.raises(QuantityError, match="expected 0.3333"):
        checked_judgements([[1, 3], [0.345, 1]])
    with pytest.raises(QuantityError, match="an item against itself is 1"):
        checked_judgements([[1, 3], [np.nan, 1.1]])
    assert checked_judgements([[np.nan, np.nan], [0.25, np.nan]])[0, 1] == 4.0


def test_a_list_of_bounds_takes_one_number_each():
    frame = pd.DataFrame({"row": ["a"], "column": ["b"], "lower": ["1/2"], "upper": ["3"]})
    (found,) = judgements_of(frame)
    assert (found.lower[0, 1], found.upper[0, 1]) == (0.5, 3.0)
    assert (found.lower[1, 0], found.upper[1, 0]) == pytest.approx((1 / 3, 2.0))
    with pytest.raises(QuantityError, match="a over b, upper: '2..3' is an interval"):
        judgements_of(frame.assign(upper="2..3"))


def test_a_pair_may_be_given_twice_only_alike():
    twice = pd.DataFrame(
        {"row": ["a", "a"], "column": ["b", "b"], "value": [3, 3.05], "expert": ["x", "x"]}
    )
    assert judgements_of(twice)[0].expert == "x"
    with pytest.raises(QuantityError, match="given twice, 3 and 5"):
        judgements_of(twice.assign(value=[3, 5]))


@pytest.mark.parametrize(
    ("cell", "bounds"),
    [("2..2", (2, 2)), (" [1/4; 1/2] ", (0.25, 0.5)), ("1e1", (10, 10)), (np.int64(4), (4, 4))],
)
def test_more_cells_of_judgements(cell, bounds):
    assert judgement(cell) == pytest.approx(bounds)


def test_what_is_no_interval_says_where():
    low, high = np.array([[1, 2.0], [0.25, 1]]), np.array([[1, 4.0], [0.5, 1]])
    with pytest.raises(QuantityError, match="squares of one size"):
        interval_weights(low, np.ones((3, 3)))
    with pytest.raises(QuantityError, match="5 in row 1, column 2 is above upper, 4"):
        interval_weights([[1, 5.0], [0.25, 1]], [[1, 4.0], [0.2, 1]])
    with pytest.raises(QuantityError, match="diagonal must be 1"):
        interval_weights(low * [[2, 1], [1, 1]], high * [[2, 1], [1, 1]])
    with pytest.raises(QuantityError, match="only one bound in row 1, column 2"):
        interval_weights([[1, 2.0], [np.nan, 1]], [[1, np.nan], [np.nan, 1]])
    with pytest.raises(QuantityError, match="no judgement of 1 over 2"):
        interval_weights([[1, np.nan], [np.nan, 1]], [[1, np.nan], [np.nan, 1]])
    assert interval_weights([[1.0]], [[1.0]]).lower.tolist() == [1.0]


# groups and hierarchies


def one(value, expert="", items=("a", "b")):
    m = np.array([[1, value], [1 / value, 1]])
    return Judgements("g", items, m, m, expert)


def test_experts_weigh_in_the_exponent():
    group = group_judgements([one(2.0), one(16.0)], [2, 1])
    assert group.lower[0, 1] == pytest.approx(4.0)
    # logs 1 and 4 of two around 2: variance (2 x 1 + 4) / 3 = 2
    assert group.spread[0, 1] == pytest.approx(2 ** np.sqrt(2))
    assert group.experts.tolist() == [[2, 2], [2, 2]]
    for wrong in ([1.0], [1.0, 0.0], [1.0, -1.0]):
        with pytest.raises(QuantityError, match="expected 2 numbers above 0"):
            group_judgements([one(2.0), one(3.0)], wrong)
    with pytest.raises(QuantityError, match="none were given"):
        group_judgements([])


def test_every_column_of_a_hierarchy_of_intervals():
    """One judgement of 1 to 4 below the first of two items at 3 to 1: normalised shares multiply down."""
    rows = pd.DataFrame(
        [("goal", "x", "y", 3, 3), ("x", "p", "q", 1, 4)],
        columns=["parent", "row", "column", "lower", "upper"],
    )
    found = hierarchy_weights(judgements_of(rows), "log-least-squares")
    table = found.table.set_index("item")
    assert table["parent"].tolist() == ["goal", "goal", "x", "x"]
    assert table["level"].tolist() == [1, 1, 2, 2]
    assert table["leaf"].tolist() == [False, True, True, True]
    assert table["weight"].tolist() == pytest.approx([0.75, 0.25, 2 / 3, 1 / 3])
    # in logs the row mean is ln 2 / 2, half its width ln 2 / 2: bounds 1 to 2 and 1/2 to 1
    assert table.loc["p", ["lower", "upper"]].tolist() == pytest.approx([0.5, 0.8])
    assert table.loc["q", ["lower", "upper"]].tolist() == pytest.approx([0.2, 0.5])
    assert table.loc["p", ["global_weight", "global_lower", "global_upper"]].tolist() == (
        pytest.approx([0.5, 0.375, 0.6])
    )
    top, below = found.nodes
    assert (top.parent, top.items, top.experts, top.spread) == ("goal", ("x", "y"), 1, 1.0)
    assert below.indeterminacy == pytest.approx(4.0)
    assert below.feasible
    assert below.intransitivity == pytest.approx(0.0, abs=1e-12)
    assert below.weights.method == "log-least-squares"


def test_a_comparison_with_gaps_has_no_width_and_no_feasibility():
    rows = pd.DataFrame(
        [("goal", "x", "y", 2), ("goal", "y", "z", 3)], columns=["parent", "row", "column", "value"]
    )
    (node,) = hierarchy_weights(judgements_of(rows)).nodes
    assert np.isnan(node.indeterminacy)
    assert np.isnan(node.intransitivity)
    assert not node.feasible
    with pytest.raises(QuantityError, match="did you mean 'eigenvector'"):
        hierarchy_weights(judgements_of(rows), "eigenvektor")
    with pytest.raises(QuantityError, match=r"judgements for goal: .*no judgement of 1 over 3"):
        hierarchy_weights(judgements_of(rows), "goal-programme")


def test_a_loop_of_parents_has_no_top():
    rows = pd.DataFrame(
        [("a", "b", "c", 1), ("b", "a", "d", 1)], columns=["parent", "row", "column", "value"]
    )
    with pytest.raises(QuantityError, match=r"none \(a loop\)"):
        hierarchy_weights(judgements_of(rows))


def test_contradictions_below_a_node_leave_it_without_weights():
    rows = pd.DataFrame(
        [("g", "a", "b", 2), ("g", "b", "c", 2), ("g", "c", "a", 2)],
        columns=["parent", "row", "column", "value"],
    )
    found = hierarchy_weights(judgements_of(rows), "interval-lp-lower")
    assert not found.found
    assert found.table["weight"].isna().all()
    assert not found.nodes[0].feasible


# solvers of intervals


def test_shares_of_a_product_scale_are_what_the_others_leave():
    found = IntervalWeights(np.array([1.0, 1.0]), np.array([4.0, 1.0]), "m", "product")
    assert found.crisp.tolist() == pytest.approx([2 / 3, 1 / 3])
    share = found.normalised()
    assert share.lower.tolist() == pytest.approx([0.5, 0.2])
    assert share.upper.tolist() == pytest.approx([0.8, 0.5])
    assert share.scale == "sum"
    assert share.normalised() is share
    low, high = found
    assert low is found[0]
    assert high is found[1]
    assert len(found) == 2
    assert np.asarray(found).tolist() == [[1.0, 4.0], [1.0, 1.0]]
    sums = IntervalWeights(np.array([0.2, 0.4]), np.array([0.4, 0.6]), "m")
    assert sums.crisp.tolist() == pytest.approx([0.375, 0.625])


def test_the_normalised_programme_on_a_cycle_of_three():
    """All items are alike, say a to b: |2.5 b - 2 a| + |2.5 a - 2 b| three times, least under a + 2 b >= 1 where 5 a = 4 b.

    So b = 1 / 2.8 and a = 0.8 / 2.8, at 3 x (2.5 b - 2 a) = 2.7 / 2.8.
    """
    found = interval_weights(CYCLE, CYCLE, "normalised-goal-programme")
    assert found.facts["deviation"] == pytest.approx(2.7 / 2.8, rel=1e-6)
    assert found.lower.sum() == pytest.approx(3 * 0.8 / 2.8, rel=1e-6)
    assert found.upper.sum() == pytest.approx(3 / 2.8, rel=1e-6)


def test_bound_matrices_with_a_pencil():
    """Two items between 1 and 4: C gives 1 to 1, D gives 2 to a half as means of the rows."""
    low, high = np.array([[1, 1.0], [0.25, 1]]), np.array([[1, 4.0], [1, 1]])
    found = interval_weights(low, high, "geometric")
    assert found.lower.tolist() == pytest.approx([1.0, 0.5])
    assert found.upper.tolist() == pytest.approx([2.0, 1.0])
    assert found.facts == {"cr_c": 0.0, "cr_d": 0.0}
    assert found.finding == ""
    worse = interval_weights(CYCLE, CYCLE, "geometric")
    assert worse.facts["cr_c"] == pytest.approx(0.25 / 0.58)
    assert "above 0.10" in worse.finding


def test_bounds_that_contradict_are_a_finding_of_the_eigenvectors():
    """A cycle of 2 has k = m = sqrt(3 / 3.5), below 1."""
    found = interval_weights(CYCLE, CYCLE, "interval-eigenvector")
    k = np.sqrt(3 / 3.5)
    assert found.facts == pytest.approx({"k": k, "m": k})
    assert "consistent enough only if" in found.finding
    assert found.found


def test_least_squares_tells_its_departure():
    """Each of six logs of the cycle departs by ln 2: twice their squares."""
    found = interval_weights(CYCLE, CYCLE, "log-least-squares")
    assert found.facts["squared_departure"] == pytest.approx(2 * 6 * np.log(2) ** 2)
    assert found.facts["indeterminacy"] == pytest.approx(1.0)
    low, high = np.array([[1, 1.0], [0.25, 1]]), np.array([[1, 4.0], [1, 1]])
    held = interval_weights(low, high, "log-least-squares", width_limit=1.0)
    # both halves of ln 4 are given up: 2 x 2 x (ln 2)^2
    assert held.facts["squared_departure"] == pytest.approx(4 * np.log(2) ** 2)
    assert held.lower.tolist() == pytest.approx(held.upper.tolist())
    with pytest.raises(QuantityError, match="ratio of 1 or more"):
        interval_weights(low, high, "log-least-squares", width_limit=0.99)


def test_every_fact_of_a_simulation():
    low, high = np.array([[1, 1.0], [0.25, 1]]), np.array([[1, 4.0], [1, 1]])
    found = interval_weights(low, high, "simulation", draws=4000, seed=5)
    assert found.facts["draws"] == 4000.0
    assert found.facts["accepted_share"] == 1.0
    assert found.facts["mean_1"] + found.facts["mean_2"] == pytest.approx(1.0)
    # log-uniform between 1 and 4: the first weighs 1/2 to 4/5, 95 % of it a fortieth of ln 4 inside both ends
    edge = 4 ** np.array([0.025, 0.975])
    assert found.lower[0] == pytest.approx((edge / (1 + edge))[0], abs=5e-3)
    assert found.upper[0] == pytest.approx((edge / (1 + edge))[1], abs=5e-3)
    assert found.facts["rank_reversal"] == 0.0
    even = interval_weights(
        [[1, 0.5], [0.5, 1]], [[1, 2.0], [2.0, 1]], "simulation", draws=4000, seed=5
    )
    assert even.facts["rank_reversal"] == pytest.approx(0.5, abs=0.03)


def test_limits_of_acceptance_are_taken_in():
    low, high = np.array([[1, 1.0], [1 / 3, 1]]), np.array([[1, 3.0], [1, 1]])
    assert acceptable(low, high, indeterminacy_limit=3.0 + 1e-9)[0]
    assert not acceptable(low, high, indeterminacy_limit=2.99)[0]
    assert not acceptable(CYCLE, CYCLE)[0]
    # 8 over a round trip, on both bounds
    assert intransitivity(CYCLE, CYCLE) == pytest.approx(2 * np.log(8))


def test_possibility_with_a_pencil():
    """[1, 3] over [2, 4]: (3 - 2) over widths of 4; apart, one above, one below."""
    assert possibility_degrees([1, 2], [3, 4])[0].tolist() == pytest.approx([0.5, 0.25])
    assert possibility_degrees([1, 3], [2, 4])[0, 1] == 0.0
    assert possibility_ranking([1, 2], [3, 4]).tolist() == pytest.approx([0.375, 0.625])
    assert possibility_ranking([5], [6]).tolist() == [1.0]
    with pytest.raises(QuantityError, match="item 2 is"):
        possibility_degrees([1, 5], [3, 4])
    with pytest.raises(QuantityError, match="expected two of"):
        possibility_degrees([1, 5], [3])
    for low in (0.0, -1.0):
        with pytest.raises(QuantityError, match="above 0 on a ratio scale"):
            possibility_degrees([low], [3], ratio_scale=True)


# criteria


def test_directions_are_words_signs_or_targets():
    x = np.array([[1.0, 5.0], [3.0, 2.0]])
    assert benefits(x, ["cost", "target:4"]).tolist() == [[-1.0, -1.0], [-3.0, -2.0]]
    for word in ("max", "+", 1, 1.0, "Positive"):
        assert benefits(x, [word, "benefit"]).tolist() == x.tolist()
    for word in ("min", "-", -1, -1.0, "negative"):
        assert benefits(x, [word, "benefit"])[:, 0].tolist() == [-1.0, -3.0]
    with pytest.raises(QuantityError, match="1 for 2 criteria"):
        benefits(x, ["cost"])
    with pytest.raises(QuantityError, match="'target:much'; expected"):
        benefits(x, ["cost", "target:much"])
    assert ranged(x, ["cost", "benefit"]).tolist() == [[1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize("shape", [(2,), (2, 2, 2), (0, 2), (2, 0)])
def test_scores_are_a_table_with_rows_and_columns(shape):
    with pytest.raises(QuantityError, match="expected"):
        checked_scores(np.ones(shape))


def test_weights_are_brought_to_one_and_checked():
    assert checked_weights([2, 6], 2).tolist() == [0.25, 0.75]
    for wrong in ([1, -1], [0, 0], [np.nan, 1], [np.inf, 1], [-1, 2]):
        with pytest.raises(QuantityError, match="numbers of 0 or more"):
            checked_weights(wrong, 2)
    assert checked_weights([0, 3], 2).tolist() == [0.0, 1.0]


# weights from the data

TWO = np.array([[1.0, 1.0], [3.0, 2.0]])


def test_gini_weights_with_a_pencil():
    """Of 1 and 3: (3 - 1) / (2 x 4) = 1/4; of 1 and 2: 1/6. In shares 0.6 and 0.4."""
    assert gini_weights(TWO).tolist() == pytest.approx([0.6, 0.4])


def test_deviation_weights_with_a_pencil():
    """Scaled to 0, 1 and 0, 1/2, 1: deviations 0.4714 (of 0, 0, 1) and 0.4082."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 2.0]])
    a, b = np.sqrt(2) / 3, np.sqrt(1 / 6)
    assert deviation_weights(x).tolist() == pytest.approx([a / (a + b), b / (a + b)])


def test_entropy_with_a_pencil_of_three_rows():
    """Shares 1/4, 1/4, 1/2: entropy 1.5 ln 2; against shares of 0, 1/2, 1/2: ln 2."""
    x = np.array([[1.0, 0.0], [1.0, 2.0], [2.0, 2.0]])
    d = 1 - np.array([1.5 * np.log(2), np.log(2)]) / np.log(3)
    assert entropy_weights(x).tolist() == pytest.approx(list(d / d.sum()))
    # a target counts as the greatest distance less its own: 0, 1, 1 here
    assert entropy_weights(x, ["benefit", "target:2"]).tolist() == pytest.approx(list(d / d.sum()))
    with pytest.raises(QuantityError, match="expected share or range"):
        entropy_weights(x, scaling="ranges")


def test_entropy_of_two_rows_is_against_the_log_of_two():
    """Shares 1/4 and 3/4, and 1/3 and 2/3: entropies 0.5623 and 0.6365 of 0.6931."""
    found = entropy_weights([[1.0, 1.0], [3.0, 2.0]])
    spread = [1 - 0.562335 / 0.693147, 1 - 0.636514 / 0.693147]
    assert found.tolist() == pytest.approx([s / sum(spread) for s in spread], rel=1e-4)


def test_lopcow_with_a_pencil():
    """Scaled 0, 1: root mean square over deviation is sqrt(2); 0, 0, 1 and 0, 1/2, 1 differ."""
    x = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 2.0]])
    ratio = np.array([np.sqrt(1 / 3) / (np.sqrt(2) / 3), np.sqrt(5 / 12) / np.sqrt(1 / 6)])
    logs = np.log(ratio)
    assert lopcow_weights(x).tolist() == pytest.approx(list(logs / logs.sum()))
    flat = np.column_stack([x[:, 0], np.ones(3)])
    assert lopcow_weights(flat).tolist() == [1.0, 0.0]


def test_cilos_with_a_pencil():
    """Shares (1/4, 3/4) and (2/3, 1/3): where the first is best the second loses a half, the other way round two thirds.

    -2/3 w1 + 1/2 w2 = 0, so the weights are 3 to 4.
    """
    x = np.array([[1.0, 2.0], [3.0, 1.0]])
    w = cilos_weights(x)
    assert w.tolist() == pytest.approx([3 / 7, 4 / 7])
    both = entropy_weights(x) * w
    assert idocriw_weights(x).tolist() == pytest.approx(list(both / both.sum()))
    same = np.array([[1.0, 1.0], [2.0, 2.0]])
    assert cilos_weights(same).tolist() == [0.5, 0.5]
    for refused in (cilos_weights, merec_weights):
        with pytest.raises(QuantityError, match="benefit and cost, not targets"):
            refused(x, ["benefit", "target:2"])


def test_critic_leaves_a_constant_column_out_of_conflict():
    x = np.array([[0.0, 5.0, 1.0], [1.0, 5.0, 0.0]])
    assert critic_weights(x).tolist() == pytest.approx([0.5, 0.0, 0.5])


def test_combinations_with_a_pencil_and_their_refusals():
    assert combined_weights([1, 0], [0, 1], 0.25).tolist() == [0.25, 0.75]
    assert combined_weights([0.5, 0.5], [0.2, 0.8], 0.0).tolist() == [0.2, 0.8]
    assert combined_weights([0.4, 0.6], [0.5, 0.5], method="multiplicative").tolist() == (
        pytest.approx([0.4, 0.6])
    )
    # vectors at right angles stand alone: both coefficients are 1
    assert combined_weights([1, 0], [0, 1], method="game").tolist() == pytest.approx([0.5, 0.5])
    for share in (-0.01, 1.01):
        with pytest.raises(QuantityError, match="expected 0 to 1"):
            combined_weights([1, 0], [0, 1], share)
    with pytest.raises(QuantityError, match="expected one"):
        combined_weights([1, 0], [1])
    with pytest.raises(QuantityError, match="expected linear, multiplicative or game"):
        combined_weights([1, 0], [0, 1], method="mean")


def test_a_cap_of_an_even_share_makes_all_equal():
    uneven = np.array([[1.0, 0.5], [0.0, 0.5], [0.0, 0.6]])
    assert entropy_weights(uneven, cap=0.5).tolist() == pytest.approx([0.5, 0.5])


# rankings


def test_vikor_keeps_two_without_stability():
    """The first by q is first by neither sum nor greatest regret only if another leads both."""
    x = np.array([[10.0, 0.0], [0.0, 10.0], [6.0, 6.0]])
    assert vikor(x, [0.5, 0.5], v=1.0).q.tolist() == [1.0, 1.0, 0.0]
    alone = vikor(x, [0.9, 0.1], v=0.0)
    # regrets 0, 0.9 and 0.36 in the first, 0.1, 0 and 0.04 in the second criterion
    assert alone.r.tolist() == pytest.approx([0.1, 0.9, 0.36])
    assert alone.q.tolist() == pytest.approx([0.0, 1.0, 0.26 / 0.8])
    assert alone.order.tolist() == [0, 2, 1]
    assert not alone.advantage  # 0.325 where 1/2 is needed
    assert alone.compromise == (0, 2)
    for v in (-0.1, 1.1):
        with pytest.raises(QuantityError, match="expected 0 to 1"):
            vikor(x, [1, 1], v=v)
    assert np.asarray(alone).tolist() == alone.q.tolist()


def test_preferences_begin_beyond_their_thresholds():
    x = np.array([[2.0], [1.0], [0.0]])
    assert promethee(x, [1.0], preference="u-shape", q=1.0).positive.tolist() == [0.5, 0.0, 0.0]
    assert promethee(x, [1.0], preference="level", q=1.0, p=2.0).positive.tolist() == [0.25, 0.0, 0.0]  # fmt: skip
    assert promethee(x, [1.0], preference="v-shape", p=2.0).positive.tolist() == [0.75, 0.25, 0.0]
    # equal thresholds leave no slope between them
    assert promethee(x, [1.0], preference="linear", q=1.0, p=1.0).positive.tolist() == [0.5, 0.0, 0.0]  # fmt: skip
    # half a unit of deviation: a gap of 1 is two of them
    steep = promethee(x[:2], [1.0], preference="gaussian", p=0.5).positive
    assert steep.tolist() == pytest.approx([1 - np.exp(-2.0), 0.0])
    mixed = promethee(np.hstack([x, -x]), [3, 1], preference=["usual", "usual"])
    assert mixed.net.tolist() == pytest.approx([0.5, 0.0, -0.5])
    assert mixed.negative.tolist() == pytest.approx([0.25, 0.5, 0.75])
    assert promethee([[4.0]], [1.0]).net.tolist() == [0.0]
    assert np.asarray(mixed).tolist() == mixed.net.tolist()
    with pytest.raises(QuantityError, match="did you mean 'usual'"):
        promethee(x, [1.0], preference="usuals")
    with pytest.raises(QuantityError, match="2 for 1 criteria"):
        promethee(x, [1.0], preference=["usual", "usual"])
    with pytest.raises(QuantityError, match="0 <= q <= p"):
        promethee(x, [1.0], q=-1.0)


def test_fixed_limits_hold_their_ends_and_name_what_lies_outside():
    assert spotis([[0.0, 10.0], [4.0, 4.0]], [1, 1], [[0, 10], [0, 10]]).tolist() == [0.5, 0.6]
    with pytest.raises(QuantityError, match="row 2, column 1 holds 11, outside its bounds 0 to 10"):
        spotis([[0.0, 10.0], [11.0, 12.0]], [1, 1], [[0, 10], [0, 10]])
    for bounds in ([[0, 0]], [[1, 0]], [[0, 1], [0, 1]]):
        with pytest.raises(QuantityError, match="least and greatest, different"):
            spotis([[0.5]], [1], bounds)


def test_a_criterion_of_noughts_parts_nobody():
    assert scored("topsis", [[0.0, 1.0], [0.0, 2.0]], [1, 1]).tolist() == [0.0, 1.0]


def test_an_unknown_ranking_names_the_nearest():
    with pytest.raises(QuantityError, match="did you mean 'vikor'"):
        scored("vicor", [[1.0], [2.0]], [1.0])
    with pytest.raises(QuantityError, match="did you mean 'vikor'"):
        rank_acceptability([[1.0], [2.0]], method="vicor")


def test_interval_sums_put_the_weights_where_they_harm_or_help_most():
    """Free weights of 0.2 and more: a has 0 to 1 in x and 1 in y, b the rest of the ranges."""
    found = interval_weighted_sum([[0, 1], [1, 0]], [[1, 1], [1, 0]], [0.2, 0.2], [0.8, 0.8])
    assert found.lower.tolist() == pytest.approx([0.2, 0.2])
    assert found.upper.tolist() == pytest.approx([1.0, 0.8])
    # degrees of a over b: (1 - 0.2) of widths 0.8 + 0.6
    assert found.standing.tolist() == pytest.approx([(0.5 + 0.8 / 1.4) / 2, (1.5 - 0.8 / 1.4) / 2])


@pytest.mark.parametrize(
    ("low", "high", "bottom", "top", "says"),
    [
        ([[2.0]], [[1.0]], [1], [1], "lower at most upper"),
        ([[1.0]], [[1.0, 2.0]], [1], [1], "expected one shape"),
        ([[1.0]], [[2.0]], [0.9], [0.8], "expected lower <= upper"),
        ([[1.0]], [[2.0]], [1, 0], [1, 0], "for 1 criteria"),
        ([[1.0, 1.0]], [[2.0, 2.0]], [0.6, 0.6], [1, 1], "no weights within them"),
        ([[1.0, 1.0]], [[2.0, 2.0]], [0.1, 0.1], [0.4, 0.4], "no weights within them"),
        ([[1.0, 1.0]], [[2.0, 2.0]], [-0.1, 0.1], [1, 1], "no weights within them"),
    ],
)
def test_bounds_that_hold_nothing_are_refused(low, high, bottom, top, says):
    with pytest.raises(QuantityError, match=says):
        interval_weighted_sum(low, high, bottom, top)


def test_interval_topsis_with_a_pencil():
    """One criterion, 1 to 2 and 2 to 3: the ideal is 3, the anti-ideal 1; lows stand 2 and 1 off, highs 1 and 2."""
    assert interval_topsis([[1.0], [2.0]], [[2.0], [3.0]], [1.0]).tolist() == pytest.approx(
        [1 / 3, 2 / 3]
    )
    assert interval_topsis([[1.0], [2.0]], [[2.0], [3.0]], [1.0], ["cost"]).tolist() == (
        pytest.approx([2 / 3, 1 / 3])
    )
    assert interval_topsis([[0.0], [0.0]], [[0.0], [0.0]], [1.0]).tolist() == [0.5, 0.5]
    with pytest.raises(QuantityError, match="not targets"):
        interval_topsis([[1.0]], [[2.0]], [1.0], ["target:1"])


# how firmly a ranking stands


def test_acceptability_with_a_pencil():
    """a leads in x, b in y, c is between: a comes first where x weighs more than y."""
    x = np.array([[1.0, 0.0], [0.0, 1.0], [0.2, 0.2]])
    found = rank_acceptability(x, draws=20_000, seed=1)
    assert found.first.tolist() == pytest.approx([0.5, 0.5, 0.0], abs=0.02)
    assert found.share[2].tolist() == pytest.approx([0.0, 0.4, 0.6], abs=0.02)
    assert found.mean_rank.tolist() == pytest.approx([1.7, 1.7, 2.6], abs=0.03)
    assert found.central_weights[0].tolist() == pytest.approx([0.75, 0.25], abs=0.01)
    assert np.isnan(found.central_weights[2]).all()
    held = rank_acceptability(x, draws=500, lower=[0.6, 0.0], upper=[1.0, 0.4])
    assert held.first.tolist() == [1.0, 0.0, 0.0]


def test_weights_within_bounds_that_leave_one_choice():
    assert simplex_weights(2, 3, 0, lower=[0.3, 0.7], upper=[0.3, 0.7]).tolist() == [[0.3, 0.7]] * 3
    assert simplex_weights(1, 2, 0, lower=[0.0]).tolist() == [[1.0], [1.0]]
    with pytest.raises(QuantityError, match="sum to"):
        simplex_weights(2, 3, 0, upper=[0.4, 0.5])
    with pytest.raises(QuantityError, match="expected lower <= upper"):
        simplex_weights(2, 3, 0, lower=[0.5, 0.0], upper=[0.4, 1.0])
    with pytest.raises(QuantityError, match="for 2 criteria"):
        simplex_weights(2, 3, 0, lower=[0.5])


def test_a_reversal_with_a_pencil():
    """Range scaling: with c the span of x is 10 and a leads b by little in y; without c the span is 1."""
    x = np.array([[0.0, 1.0], [1.0, 0.0], [10.0, -9.0]])
    whole = scored("weighted-sum", x, [0.6, 0.4])
    # 0 + 0.4, 0.06 + 0.36, 0.6: b before a by 0.02; alone b has 0.6 and a 0.4
    assert whole.tolist() == pytest.approx([0.4, 0.42, 0.6])
    found = rank_reversal(x, [0.6, 0.4], method="weighted-sum")
    assert found.reversed_pairs.tolist() == [0, 0, 0]
    turned = np.array([[0.0, 4.0], [1.0, 3.0], [10.0, 2.9]])
    # span of x 10, of y 1.1: 0.4 against 0.06 + 0.036; without c both spans are 1: 0.4 against 0.6
    found = rank_reversal(turned, [0.6, 0.4], method="weighted-sum")
    assert found.reversed_pairs.tolist() == [0, 0, 1]
    assert found.share == pytest.approx(1 / 3)
    assert found.first_changes.tolist() == [False, False, True]


def test_likeness_of_two_rankings_with_a_pencil():
    """First two of four exchanged: squares sum to 2; 1 - 12 / 60; weighted 1 - 6 x (7 + 7) / 300; WS 1 - (1/6 + 1/8)."""
    found = rank_similarity([1, 2, 3, 4], [2, 1, 3, 4])
    assert found["spearman"] == pytest.approx(0.8)
    assert found["weighted_spearman"] == pytest.approx(1 - 84 / 300)
    assert found["ws"] == pytest.approx(1 - (0.5 / 3 + 0.25 / 2))
    for first, second in (([1], [1]), ([1, 2], [1, 2, 3]), ([[1, 2]], [[1, 2]])):
        with pytest.raises(QuantityError, match="two rankings of one length"):
            rank_similarity(first, second)


# grades


def test_silhouettes_of_lone_places_are_nought():
    assert silhouette([0, 10, 11], [1, 2, 2]) == pytest.approx((0 + 0.9 + 10 / 11) / 3)
    assert silhouette([1, 1], [1, 2]) == 0.0


def test_up_to_five_grades_are_tried():
    x = np.concatenate([100.0 * k + np.array([0.0, 1.0, 2.0]) for k in range(5)])
    grade, width = grades_of(x, method="natural-breaks")
    assert grade.tolist() == np.repeat([5, 4, 3, 2, 1], 3).tolist()
    assert width > 0.9
    more = np.concatenate([100.0 * k + np.array([0.0, 1.0, 2.0]) for k in range(7)])
    assert grades_of(more, method="natural-breaks")[0].max() <= 5
    assert grades_of(more, method="natural-breaks", count=7)[0].max() == 7


def test_clouds_stand_evenly_between_the_ends():
    """Three clouds at 0, 5 and 10: the turn is half way, at 2.5 and 7.5."""
    x = np.array([0.0, 2.4, 2.6, 7.4, 7.6, 10.0])
    assert grades_of(x, method="cloud", count=3)[0].tolist() == [3, 3, 2, 2, 1, 1]


def test_one_grade_and_refusals_of_grades():
    assert grades_of([3.0, 1.0], count=1)[0].tolist() == [1, 1]
    for scores in ([], [1.0, np.nan], [[1.0]]):
        with pytest.raises(QuantityError, match="numbers without gaps"):
            grades_of(scores)
    with pytest.raises(QuantityError, match="did you mean 'cloud'"):
        grades_of([1.0, 2.0], method="clouds")
    for count in (3, -1):
        with pytest.raises(QuantityError, match="2 different scores"):
            grades_of([1.0, 2.0], count=count)


def test_a_mistake_in_the_last_place_is_found_without_it():
    x = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [0.15]])
    found = discriminant_check(x, [2, 2, 2, 1, 1, 1, 1])
    assert found.predicted.tolist() == [2, 2, 2, 1, 1, 1, 2]
    assert found.agreement == pytest.approx(6 / 7)
    assert found.confusion.tolist() == [[3, 1], [0, 3]]
    assert found.grades.tolist() == [1, 2]
    alone = discriminant_check([[0.0], [0.1], [9.0]], [1, 1, 2])
    assert alone.predicted.tolist() == [1, 1, 1]
    for bad in (([[1.0], [2.0]], [1]), ([1.0, 2.0], [1, 2]), ([[np.nan], [1.0]], [1, 2])):
        with pytest.raises(QuantityError, match="indicators, grades"):
            discriminant_check(*bad)


# maps


def test_a_map_of_scores_with_a_pencil():
    layers = xr.Dataset({"a": grid([[0.0, 5.0, 10.0]], "m"), "b": grid([[4.0, 8.0, 2.0]], "km")})
    found = overlay_score(layers, weights=(3.0, 1.0), directions=("benefit", "cost"))
    assert found.values[0].tolist() == pytest.approx([0.25 * 4 / 6, 0.375, 1.0])
    assert found.attrs["units"] == "1"
    even = overlay_score(layers)
    assert even.values[0].tolist() == pytest.approx([0.5 * 2 / 6, 0.75, 0.5])
    # grey with z = 0.2: regrets of x are 1, 0.5 and 0
    sharp = overlay_score(layers[["a"]], method="grey", distinguishing=0.2).values[0]
    assert sharp.tolist() == pytest.approx([0.2 / 1.2, 0.2 / 0.7, 1.0])
    net = overlay_score(layers[["a"]], method="promethee").values[0]
    assert net.tolist() == [-1.0, 0.0, 1.0]


def test_maps_without_layers_or_with_other_settings_are_refused():
    layers = xr.Dataset({"a": grid([[0.0, 5.0]], "m")})
    with pytest.raises(QuantityError, match="none were given"):
        overlay_score(xr.Dataset())
    with pytest.raises(QuantityError, match="for 1 criteria"):
        overlay_score(layers, weights=(1.0, 2.0))
    with pytest.raises(QuantityError, match="2 for 1 criteria"):
        overlay_score(layers, directions=("benefit", "cost"))
    with pytest.raises(PlanError, match="topsis"):
        overlay_score(layers, method="topsies")
