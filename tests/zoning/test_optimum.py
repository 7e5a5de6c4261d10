"""The optimum beside the rules: where they differ, what it costs, what it may not do."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid_spec

from shanshui.core.errors import QuantityError
from shanshui.zoning.green_units import UNITS
from shanshui.zoning.optimum import optimum_cells, optimum_difference, zoning_optimum
from shanshui.zoning.tables import LOADS

NAN = np.nan


def given(ev, suit, units, *, prot=None, people=100.0, headroom=1.0):
    count = len(ev)
    numbers = np.arange(1, count + 1)
    labels = grid_spec(1, count, cell_m=1000.0).lay(numbers[None, :].astype(np.int32), "1", nodata=0)  # fmt: skip
    indicators = pd.DataFrame({"unit": numbers, "code": "c", "name": "n", "EV": ev, "R": 100.0, "u": 0.5, "pos": "middle", "H": headroom, "PROT": prot or 0.0, "SUIT": suit})  # fmt: skip
    rules = pd.DataFrame({"unit": numbers, "green_unit": [UNITS[k - 1] if k else "" for k in units], "green_unit_code": units, "S": NAN, "rule": "", "possible": "", "stability": NAN, "second_unit": "", "unknown": ""})  # fmt: skip
    touching = pd.DataFrame({"source": numbers[:-1], "target": numbers[1:], "border_km": 1.0})
    words = dict.fromkeys(("farmland_binding", "built_binding", "grade", "binding", "unknown"), "")
    figures = dict.fromkeys(("people_capacity", "people_beyond", "farmland_km2", "farmland_capacity_km2", "built_km2", "built_capacity_km2", "footprint_gha", "biocapacity_gha", "load", "headroom", *LOADS), NAN)  # fmt: skip
    capacity = pd.DataFrame({"unit": numbers, "people": people, **words, **figures})
    return labels, indicators, rules, touching, capacity


def test_where_the_rules_have_it_the_wrong_way_round_the_optimum_turns_it():
    found = zoning_optimum(*given([0.0, 1.0], [1.0, 0.0], [1, 4]), border_price=0.0)
    assert found["optimal_unit"].tolist() == ["light_green", "all_green"]
    assert found["differs"].tolist() == [1, 1]
    # half of a square kilometre each: all that nature gives, all that building could
    assert found["optimal_value"].tolist() == pytest.approx([0.5, 0.5])
    assert found["rule_value"].tolist() == pytest.approx([0.0, 0.05 * 1.0])
    assert found["cost"].sum() == pytest.approx(0.95)
    assert found.attrs["status"] == "optimal"
    assert found.attrs["worth"] == pytest.approx(1.0)
    assert found.attrs["worth_of_rules"] == pytest.approx(0.05)


def test_where_the_rules_are_best_nothing_differs():
    found = zoning_optimum(*given([1.0, 0.0], [0.0, 1.0], [1, 4]))
    assert not found["differs"].any()
    assert found.attrs["worth"] == pytest.approx(found.attrs["worth_of_rules"])


def test_protected_ground_is_never_less_than_deep():
    found = zoning_optimum(*given([0.1] * 4, [1.0] * 4, [4, 4, 1, 4], prot=[0.9, 0.0, 0.0, 0.0]), share_slack=1.0)  # fmt: skip
    # by the rules it is light, and so may it stay; all else that it may be is all or deep
    assert found["optimal_unit"].iloc[0] in ("all_green", "deep_green", "light_green")
    strict = zoning_optimum(*given([0.1] * 4, [1.0] * 4, [2, 4, 1, 4], prot=[0.9, 0.0, 0.0, 0.0]), share_slack=1.0)  # fmt: skip
    assert strict["optimal_unit"].iloc[0] in ("all_green", "deep_green")


def test_no_more_people_have_to_move_than_by_the_rules():
    found = zoning_optimum(*given([0.9, 1.0], [0.0, 0.0], [1, 4], people=[10.0, 5000.0]), share_slack=1.0, border_price=0.0)  # fmt: skip
    assert found["optimal_unit"].tolist() == ["all_green", "deep_green"]
    assert "people in all green units" in found.attrs["binding"]


def test_differences_are_told_to_their_side():
    labels, *_ = given([0.5] * 4, [0.5] * 4, [1, 2, 3, 4])
    rows = pd.DataFrame({"unit": [1, 2, 3], "rule_unit": [UNITS[1]] * 3, "optimal_code": [2, 1, 4]})
    rows = rows.assign(optimal_unit=UNITS[0], area_km2=1.0, differs=1, rule_value=0.0, optimal_value=0.0, cost=0.0)  # fmt: skip
    told = optimum_difference(labels, rows)
    # the fourth unit has no row
    assert told.values.ravel().tolist()[:4] == [1, 2, 3, 0]
    assert told.attrs["nodata"] == 255


def test_dear_borders_make_neighbours_alike():
    args = given([0.6, 0.5, 0.6], [0.1, 0.65, 0.1], [1, 4, 1])
    free = zoning_optimum(*args, share_slack=1.0, border_price=0.0)
    dear = zoning_optimum(*args, share_slack=1.0, border_price=1.0)
    assert len(set(free["optimal_unit"])) > 1
    assert len(set(dear["optimal_unit"])) == 1


def test_units_of_which_something_is_not_known_are_left_out():
    labels, indicators, rules, touching, capacity = given([0.5] * 3, [0.5] * 3, [1, 0, 4])
    found = zoning_optimum(labels, indicators, rules, touching, capacity)
    assert found["unit"].tolist() == [1, 3]
    cells = optimum_cells(labels, found).values.ravel()
    assert cells[1] == 0
    assert (cells[[0, 2]] > 0).all()
    told = optimum_difference(labels, found).values.ravel()
    assert told[1] == 0
    assert (told[[0, 2]] > 0).all()
    none = rules.assign(green_unit="", green_unit_code=0)
    with pytest.raises(QuantityError, match="no planning unit has a green unit"):
        zoning_optimum(labels, indicators, none, touching, capacity)


def test_a_unit_with_an_unknown_figure_stays_as_the_rules_have_it():
    labels, indicators, rules, touching, capacity = given([0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1, 4, 1])  # fmt: skip
    indicators.loc[0, "H"] = NAN
    found = zoning_optimum(labels, indicators, rules, touching, capacity, border_price=0.0, share_slack=1.0)  # fmt: skip
    assert found["optimal_unit"].tolist() == ["all_green", "all_green", "light_green"]
    assert found["rule_value"].isna().tolist() == [True, False, False]


def test_a_unit_whose_people_nobody_knows_is_not_emptied_anew():
    args = given([0.9, 1.0], [0.0, 0.0], [1, 4], people=[10.0, NAN])
    found = zoning_optimum(*args, share_slack=1.0, border_price=0.0)
    assert found["optimal_unit"].tolist() == ["all_green", "deep_green"]
