import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from shanshui.core.errors import QuantityError
from shanshui.decision.ahp import ahp_weights, completed
from shanshui.decision.consistency import RANDOM_INDICES, consistency, random_index
from shanshui.decision.groups import group_judgements
from shanshui.decision.hierarchy import hierarchy_weights
from shanshui.decision.judgements import Judgements, checked_judgements, judgement, judgements_of

HANDBOOK = np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]])


def consistent(weights):
    w = np.asarray(weights, float)
    return w[:, None] / w[None, :]


def test_weights_of_the_handbook():
    found = ahp_weights(HANDBOOK)
    np.testing.assert_allclose(found, [0.6483, 0.2297, 0.1220], atol=6e-5)
    assert found.consistency_ratio == pytest.approx(0.0032, abs=6e-5)
    assert found.consistency.accepted


def test_eigenvector_and_geometric_mean_agree_on_three_items():
    """For three items both are the same vector (Saaty and Vargas)."""
    np.testing.assert_allclose(ahp_weights(HANDBOOK), ahp_weights(HANDBOOK, "geometric"), rtol=1e-9)


def test_geometric_weights_are_row_means():
    a = np.array([[1, 2, 4, 8], [0.5, 1, 3, 5], [0.25, 1 / 3, 1, 2], [0.125, 0.2, 0.5, 1]])
    expected = np.prod(a, axis=1) ** 0.25
    np.testing.assert_allclose(ahp_weights(a, "geometric"), expected / expected.sum())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.05, 20.0), min_size=2, max_size=12))
def test_consistent_judgements_give_back_their_weights(weights):
    w = np.array(weights)
    for method in ("eigenvector", "geometric"):
        found = ahp_weights(consistent(w), method)
        np.testing.assert_allclose(found, w / w.sum(), rtol=1e-7)
        assert found.consistency_ratio < 1e-6


def test_weights_do_not_depend_on_the_order_of_items():
    a = checked_judgements(
        [[1, 3, 7, 2], [np.nan, 1, 3, 0.5], [np.nan, np.nan, 1, 0.2], [np.nan] * 3 + [1]]
    )
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(
        ahp_weights(a)[order], ahp_weights(a[np.ix_(order, order)]), rtol=1e-9
    )


def test_the_tables_of_the_random_index_differ():
    ratios = {
        table: ahp_weights(
            np.array([[1, 2, 5], [0.5, 1, 1], [0.2, 1, 1]]), random_index=table
        ).consistency_ratio
        for table in RANDOM_INDICES
    }
    assert len({round(r, 6) for r in ratios.values()}) == 3
    assert random_index(10, "alonso-lamata") == pytest.approx(RANDOM_INDICES["saaty"][9], abs=0.01)
    assert random_index(40) > random_index(20) > random_index(10)
    assert random_index(2) == 0.0


def test_an_array_made_of_weights_knows_nothing_of_judgements():
    found = ahp_weights(HANDBOOK)
    assert np.isnan((found * 2).consistency_ratio)
    assert found.weights.sum() == pytest.approx(1.0)
    assert type(found.weights) is np.ndarray


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 3.0], [3.0, 1.0]], "not reciprocal"),
        ([[1.0, -2.0], [-0.5, 1.0]], "above 0"),
        ([[1.0, 0.0], [0.0, 1.0]], "above 0"),
        ([[1.0, 2.0, 3.0]], "n x n"),
        ([[2.0, 3.0], [1 / 3, 1.0]], "diagonal"),
    ],
)
def test_what_is_no_judgement_is_refused_with_its_place(matrix, message):
    with pytest.raises(QuantityError, match=message):
        ahp_weights(matrix)


def test_rounded_reciprocals_are_taken():
    assert ahp_weights([[1, 3], [0.33, 1]])[0] == pytest.approx(0.75)


def test_missing_judgements_are_completed_to_the_least_eigenvalue():
    """Against a general minimiser, on the eight-item example of Bozóki, Fülöp and Rónyai (2010)."""
    n = np.nan
    a = np.array(
        [
            [1, 5, 3, 7, 6, 6, 1 / 3, 1 / 4],
            [n, 1, n, 5, n, 3, n, 1 / 7],
            [n, n, 1, n, 3, n, 6, n],
            [n, n, n, 1, n, 1 / 4, n, 1 / 8],
            [n, n, n, n, 1, n, 1 / 5, n],
            [n, n, n, n, n, 1, n, 1 / 6],
            [n, n, n, n, n, n, 1, n],
            [n, n, n, n, n, n, n, 1],
        ]
    )
    full = completed(a)
    known = checked_judgements(a)
    gaps = np.argwhere(np.isnan(np.triu(known, 1)))
    gaps = gaps[gaps[:, 0] < gaps[:, 1]]
    known_pairs = np.isfinite(known)
    np.testing.assert_allclose(full[known_pairs], known[known_pairs], rtol=1e-9)

    def greatest(logs):
        b = known.copy()
        for (i, j), v in zip(gaps, logs, strict=True):
            b[i, j], b[j, i] = np.exp(v), np.exp(-v)
        return np.linalg.eigvals(b).real.max()

    ours = np.linalg.eigvals(full).real.max()
    other = minimize(greatest, np.zeros(len(gaps)), method="BFGS", options={"gtol": 1e-9})
    assert ours <= other.fun + 1e-7


def test_consistent_judgements_are_completed_consistently():
    full = consistent([5, 3, 2, 1])
    a = full.copy()
    a[0, 3] = a[3, 0] = a[1, 2] = a[2, 1] = np.nan
    np.testing.assert_allclose(completed(a), full, rtol=1e-6)


def test_judgements_in_two_groups_are_refused():
    n = np.nan
    with pytest.raises(QuantityError, match="no chain of judgements"):
        ahp_weights([[1, 2, n, n], [0.5, 1, n, n], [n, n, 1, 3], [n, n, 1 / 3, 1]])


def test_the_worst_triple_and_the_repair_find_a_planted_mistake():
    a = consistent([8, 4, 2, 1])
    a[1, 3], a[3, 1] = 1 / 4, 4.0
    report = consistency(a)
    assert not report.accepted
    assert {1, 3} <= set(report.worst)
    i, j, value, ratio = report.repair
    assert (i, j) == (1, 3)
    assert value == pytest.approx(4.0)
    assert ratio == pytest.approx(0.0, abs=1e-9)


def test_the_geometric_index_of_a_consistent_square_is_zero():
    assert consistency(consistent([3, 2, 1])).geometric_index == pytest.approx(0.0, abs=1e-12)
    # one of three pairs off by a factor e: every log departs by a third
    a = consistent([1, 1, 1])
    a[0, 1], a[1, 0] = np.e, 1 / np.e
    assert consistency(a).geometric_index == pytest.approx(2 / 2 * 3 / 9)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("3", (3, 3)), ("1/4", (0.25, 0.25)), ("[2, 4]", (2, 4)), ("1/5..1/3", (0.2, 1 / 3)), ("2~5", (2, 5)),
        (2.5, (2.5, 2.5)), ("1 to 3", (1, 3)),
    ],
)  # fmt: skip
def test_cells_of_judgements(cell, expected):
    assert judgement(cell) == pytest.approx(expected)


def test_blank_and_broken_cells():
    assert np.isnan(judgement("")[0])
    assert np.isnan(judgement(None)[0])
    with pytest.raises(QuantityError, match="no judgement"):
        judgement("much more")
    with pytest.raises(QuantityError, match="an interval has two"):
        judgement("1..2..3")


def square(items, text):
    return pd.DataFrame(
        [[a, *row] for a, row in zip(items, text, strict=True)], columns=["", *items]
    )


def test_a_labelled_square_is_read():
    (found,) = judgements_of(square("abc", [["1", "3", "[4,6]"], ["1/3", "1", ""], ["", "", "1"]]))
    assert found.items == ("a", "b", "c")
    assert found.lower[2, 0] == pytest.approx(1 / 6)
    assert np.isnan(found.lower[1, 2])
    assert not found.crisp


def test_a_square_whose_labels_differ_is_refused():
    frame = pd.DataFrame([["a", "1", "2"], ["c", "1/2", "1"]], columns=["", "a", "b"])
    with pytest.raises(QuantityError, match="same order"):
        judgements_of(frame)


def test_a_hierarchy_multiplies_shares_down():
    rows = pd.DataFrame(
        [
            ("goal", "x", "y", "3"), ("x", "p", "q", "1"), ("y", "r", "s", "4"),
        ],
        columns=["parent", "row", "column", "value"],
    )  # fmt: skip
    table = hierarchy_weights(judgements_of(rows)).table.set_index("item")
    assert table.loc["p", "global_weight"] == pytest.approx(0.75 * 0.5)
    assert table.loc["r", "global_weight"] == pytest.approx(0.25 * 0.8)
    assert table[table["leaf"]]["global_weight"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "method",
    [
        "interval-eigenvector",
        "goal-programme",
        "interval-lp-upper",
        "interval-geometric",
        "geometric",
        "log-least-squares",
    ],
)
def test_intervals_of_a_hierarchy_hold_the_crisp_weights(method):
    rows = pd.DataFrame(
        [
            ("goal", "x", "y", 2, 4),
            ("goal", "x", "z", 3, 5),
            ("goal", "y", "z", 1, 2),
            ("x", "p", "q", 1, 3),
            ("y", "u", "v", 1, 1),
            ("z", "m", "n", 2, 2),
        ],
        columns=["parent", "row", "column", "lower", "upper"],
    )
    found = hierarchy_weights(judgements_of(rows), method)
    table = found.table
    assert found.found
    assert (table["global_lower"] <= table["global_weight"] + 1e-9).all()
    assert (table["global_upper"] >= table["global_weight"] - 1e-9).all()
    leaves = table[table["leaf"]]
    assert leaves["global_weight"].sum() == pytest.approx(1.0)


def test_a_hierarchy_with_two_tops_is_refused():
    rows = pd.DataFrame(
        [("g", "a", "b", 1), ("h", "c", "d", 1)], columns=["parent", "row", "column", "value"]
    )
    with pytest.raises(QuantityError, match="one goal"):
        hierarchy_weights(judgements_of(rows))


def test_an_item_below_two_parents_is_refused():
    rows = pd.DataFrame(
        [("g", "a", "b", 1), ("a", "c", "d", 1), ("b", "c", "e", 1)],
        columns=["parent", "row", "column", "value"],
    )
    with pytest.raises(QuantityError, match="two names"):
        hierarchy_weights(judgements_of(rows))


def test_a_group_keeps_reciprocity_and_tells_its_spread():
    one = Judgements("g", ("a", "b"), *(np.array([[1, 2], [0.5, 1]]),) * 2, expert="1")
    two = Judgements("g", ("b", "a"), *(np.array([[1, 1 / 8], [8, 1]]),) * 2, expert="2")
    group = group_judgements([one, two])
    assert group.lower[0, 1] == pytest.approx(4.0)
    assert group.lower[0, 1] * group.upper[1, 0] == pytest.approx(1.0)
    assert (group.span_lower[0, 1], group.span_upper[0, 1]) == pytest.approx((2.0, 8.0))
    assert group.spread[0, 1] == pytest.approx(2.0)
    with pytest.raises(QuantityError, match="items differ"):
        group_judgements([one, Judgements("g", ("a", "c"), one.lower, one.upper)])


def test_missing_judgements_of_one_expert_are_those_of_the_others():
    n = np.nan
    one = Judgements("g", ("a", "b"), *(np.array([[1, n], [n, 1]]),) * 2)
    two = Judgements("g", ("a", "b"), *(np.array([[1, 3], [1 / 3, 1]]),) * 2)
    assert group_judgements([one, two]).lower[0, 1] == pytest.approx(3.0)
