"""Four zones by rules in order: the handbook's eight counties, edges, what is not known, draws."""

import numpy as np
import pandas as pd
import pytest

from shanshui.core.errors import QuantityError
from shanshui.zoning.function_zones import function_zones

COLUMNS = ["EV", "ES", "SU", "TA", "PD", "FR", "ED", "PT", "HR", "RL", "CL", "CI"]
HANDBOOK = {
    "A": (0.95, 0.90, 0.05, 0.10, 0.08, 0.92, 0.12, 0.10, 0.55, 0.78, 0.45, 0),
    "B": (0.80, 0.72, 0.25, 0.30, 0.30, 0.70, 0.28, 0.35, 0.60, 0.52, 0.62, 0),
    "C": (0.60, 0.55, 0.45, 0.45, 0.42, 0.50, 0.35, 0.48, 0.52, 0.30, 0.70, 0),
    "D": (0.40, 0.35, 0.60, 0.78, 0.62, 0.35, 0.75, 0.60, 0.80, 0.15, 0.82, 0),
    "E": (0.12, 0.15, 0.92, 0.97, 0.98, 0.10, 0.96, 0.95, 0.05, 0.05, 1.35, 1),
    "F": (0.30, 0.25, 0.80, 0.90, 0.85, 0.20, 0.88, 0.80, 0.30, 0.08, 1.10, 0),
    "G": (0.85, 0.80, 0.70, 0.80, 0.55, 0.30, 0.60, 0.50, 0.65, 0.40, 0.75, 1),
    "H": (0.20, 0.10, 0.75, 0.40, 0.70, 0.30, 0.30, 0.66, 0.45, 0.03, 0.90, 0),
}


def counties(**changed):
    frame = pd.DataFrame(HANDBOOK, index=COLUMNS).T.astype(float)
    for place, values in changed.items():
        for name, value in values.items():
            frame.loc[place, name] = value
    return frame


@pytest.fixture(scope="module")
def handbook():
    return function_zones(counties())


@pytest.mark.parametrize(
    ("place", "zone", "rule", "borderline", "split"),
    [
        ("A", "strict", "R1", 0, 0),
        ("B", "strict", "R1", 1, 0),
        ("C", "promote", "R2", 0, 0),
        ("D", "optimise", "R3", 0, 0),
        ("E", "relieve", "R4", 0, 0),
        ("F", "relieve", "F", 1, 0),
        ("G", "promote", "F", 1, 1),
        ("H", "promote", "R2", 1, 0),
    ],
)
def test_the_handbook_s_counties_fall_where_it_says(handbook, place, zone, rule, borderline, split):
    row = handbook.loc[place]
    assert (row["zone"], row["rule"]) == (zone, rule)
    assert (row["borderline"], row["split"]) == (borderline, split)


@pytest.mark.parametrize(
    ("place", "zone", "share"),
    [
        ("A", "strict", 0.924),
        ("B", "strict", 0.302),
        ("B", "promote", 0.541),
        ("F", "relieve", 0.472),
        ("F", "optimise", 0.446),
        ("G", "promote", 0.446),
        ("H", "promote", 0.382),
        ("H", "optimise", 0.354),
    ],
)
def test_the_handbook_s_memberships(handbook, place, zone, share):
    assert handbook.loc[place, zone] == pytest.approx(share, abs=5e-4)


def test_a_county_that_is_an_ideal_belongs_to_it_alone():
    ideal = counties(C={"EV": 0.55, "ES": 0.5, "SU": 0.5, "TA": 0.45, "PD": 0.45, "FR": 0.5, "ED": 0.35, "CL": 0.675})  # fmt: skip
    row = function_zones(ideal, draws=1).loc["C"]
    assert row["promote"] == 1.0
    assert row[["strict", "optimise", "relieve"]].sum() == 0.0


@pytest.mark.parametrize(
    ("place", "changed", "zone"),
    [
        ("A", {"EV": 0.67, "ES": 0.67, "SU": 0.33}, "strict"),
        ("D", {"ED": 0.5, "TA": 0.5, "HR": 0.5, "CL": 1.0}, "optimise"),
        ("E", {"PT": 0.67, "ED": 0.67}, "relieve"),
        ("C", {"SU": 0.331, "CL": 1.0}, "promote"),
    ],
)
def test_limits_themselves_count(place, changed, zone):
    row = function_zones(counties(**{place: changed}), draws=1).loc[place]
    assert row["zone"] == zone
    assert row["rule"] != "F"


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("A", {"EV": 0.669}),
        ("A", {"SU": 0.331}),
        ("D", {"ED": 0.499, "SU": 0.2}),
        ("E", {"CL": 1.0, "HR": 0.1, "SU": 0.3}),
        ("E", {"CI": 0}),
    ],
)
def test_just_beyond_a_limit_the_rule_does_not_hold(handbook, place, changed):
    row = function_zones(counties(**{place: changed}), draws=1).loc[place]
    assert row["rule"] != handbook.loc[place, "rule"]


def test_much_red_line_decides_where_no_rule_does():
    row = function_zones(counties(G={"RL": 0.6}), draws=1).loc["G"]
    assert (row["zone"], row["rule"]) == ("strict", "F")


def test_beyond_capacity_is_never_promoted():
    row = function_zones(counties(G={"CL": 1.01}), draws=1).loc["G"]
    assert row["zone"] != "promote"
    assert row["promote"] == max(row[["strict", "promote", "optimise", "relieve"]])


def test_an_unknown_that_cannot_change_the_zone_leaves_it():
    row = function_zones(counties(D={"CI": np.nan, "PT": np.nan}), draws=20).loc["D"]
    assert row["zone"] == "optimise"
    assert row["unknown"] == "PT CI"


def test_an_unknown_that_decides_leaves_the_zone_open_and_names_the_possible_ones():
    row = function_zones(counties(A={"EV": np.nan, "RL": 0.55, "CI": 1, "CL": 0.5})).loc["A"]
    assert row["zone"] == ""
    assert row["zone_code"] == 0
    assert "strict" in row["possible"].split()
    assert len(row["possible"].split()) > 1
    assert np.isnan(row["stability"])
    assert np.isnan(row["borderline"])


def test_an_unknown_load_cannot_rule_out_relieving():
    row = function_zones(counties(E={"CL": np.nan}), draws=5).loc["E"]
    assert row["zone"] == ""
    assert "relieve" in row["possible"].split()


def test_the_least_change_gives_the_zone_that_it_says(handbook):
    changing = handbook[handbook["change_zone"] != ""]
    assert len(changing) == len(handbook) - 1
    for place, row in changing.iterrows():
        assert row["change_zone"] != row["zone"], place
        again = function_zones(
            counties(**{place: {row["change_indicator"]: row["change_to"]}}), draws=1
        )
        assert again.loc[place, "zone"] == row["change_zone"]
        assert row["change_from"] == counties().loc[place, row["change_indicator"]]


def test_a_county_that_no_single_indicator_moves_has_no_change(handbook):
    assert handbook.loc["A", "change_indicator"] == ""
    assert np.isnan(handbook.loc["A", "change_to"])


def test_no_smaller_change_of_an_indicator_gives_another_zone(handbook):
    row = handbook.loc["C"]
    name, away = row["change_indicator"], abs(row["change_to"] - row["change_from"])
    for other in COLUMNS[:-2]:
        for step in (-1, 1):
            value = row_value(other) + step * (away - 0.011)
            if 0 <= value <= 1 and other != "CI":
                again = function_zones(counties(C={other: value}), draws=1)
                assert again.loc["C", "zone"] == row["zone"], (name, other)


def row_value(name):
    return counties().loc["C", name]


def test_a_sure_county_is_more_stable_than_one_between_zones(handbook):
    assert handbook.loc["A", "stability"] > 0.95
    assert handbook.loc["F", "stability"] < handbook.loc["E", "stability"]
    assert handbook.loc["F", "second_zone"] == "optimise"


def test_the_same_seed_gives_the_same_draws_and_order_does_not_matter(handbook):
    assert function_zones(counties()).equals(handbook)
    backwards = function_zones(counties().iloc[::-1]).loc[list(HANDBOOK)]
    assert backwards.equals(handbook)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"EV": 1.2}, r"zone_indicators.EV: row 'B' holds 1.2, expected 0 to 1"),
        ({"RL": -0.1}, r"zone_indicators.RL: row 'B' holds -0.1, expected 0 to 1"),
        ({"CL": -1.0}, r"zone_indicators.CL: row 'B' holds -1, expected 0 or more"),
        ({"CI": 0.5}, r"zone_indicators.CI: row 'B' holds 0.5, expected 0 or 1"),
    ],
)
def test_figures_outside_their_range_are_refused(changed, message):
    with pytest.raises(QuantityError, match=message):
        function_zones(counties(B=changed))


def test_an_indicator_that_lacks_is_refused():
    with pytest.raises(QuantityError, match="HR"):
        function_zones(counties().drop(columns="HR"))
