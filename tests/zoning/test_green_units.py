"""Four green units by a score and two corrections: the handbook's eight units, edges, what is not known, draws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.zoning.green_units import POSITIONS, UNITS, green_units

COLUMNS = ["EV", "R", "u", "pos", "H", "PROT", "SUIT"]
HANDBOOK = {
    "b1": (0.93, 950.0, 0.95, "upper", 0.10, 0.72, 0.02),
    "b2": (0.82, 720.0, 0.70, "middle", 0.35, 0.30, 0.07),
    "b3": (0.60, 380.0, 0.50, "middle", 0.40, 0.12, 0.15),
    "b4": (0.25, 90.0, 0.10, "lower", 0.45, 0.03, 0.55),
    "b5": (0.30, 120.0, 0.20, "lower", -0.20, 0.02, 0.60),
    "b6": (0.40, 160.0, 0.55, "middle", 0.50, 0.05, 0.30),
    "b7": (0.90, 300.0, 0.85, "upper", 0.60, 0.55, 0.10),
    "b8": (0.20, 520.0, 0.90, "upper", 0.55, 0.05, 0.12),
}


def units(**changed):
    frame = pd.DataFrame.from_dict(HANDBOOK, orient="index", columns=COLUMNS)
    for place, values in changed.items():
        for name, value in values.items():
            frame.loc[place, name] = value
    return frame


def unit_of(place, **changed):
    return green_units(units(**{place: changed}), draws=1).loc[place]


@pytest.fixture(scope="module")
def handbook():
    return green_units(units())


@pytest.mark.parametrize(
    ("place", "score", "unit", "rule"),
    [
        ("b1", 0.9124, "all_green", "S"),
        ("b2", 0.6684, "deep_green", "S"),
        ("b3", 0.4461, "medium_green", "S"),
        ("b4", 0.1650, "light_green", "S"),
        ("b5", 0.3906, "medium_green", "S"),
        ("b6", 0.2808, "light_green", "S"),
        ("b7", 0.4981, "deep_green", "H1"),
        ("b8", 0.3425, "medium_green", "S"),
    ],
)
def test_the_handbook_s_units(handbook, place, score, unit, rule):
    row = handbook.loc[place]
    assert row["S"] == pytest.approx(score, abs=5e-5)
    assert (row["green_unit"], row["rule"]) == (unit, rule)
    assert row["green_unit_code"] == UNITS.index(unit) + 1


@pytest.mark.parametrize(
    ("changed", "unit"),
    [
        ({"PROT": 0.5}, "all_green"),
        ({"pos": "upper"}, "all_green"),
        ({"H": -0.01}, "all_green"),
        ({"H": 0.0}, "deep_green"),
        ({"SUIT": 0.049}, "all_green"),
        ({"SUIT": 0.05}, "deep_green"),
        ({"EV": 0.75, "PROT": 0.5}, "all_green"),
        ({"R": 500.0, "PROT": 0.5}, "all_green"),
        ({"R": 499.0, "PROT": 0.5}, "deep_green"),
        ({"EV": 0.749, "PROT": 0.49}, "deep_green"),
    ],
)
def test_what_makes_a_mountain_of_high_value_all_green(changed, unit):
    assert unit_of("b2", **changed)["green_unit"] == unit


def test_a_high_score_alone_is_deep_not_all():
    row = unit_of("b1", EV=0.74, PROT=0.1)
    assert row["S"] > 0.7
    assert (row["green_unit"], row["rule"]) == ("deep_green", "H1")


@pytest.mark.parametrize(
    "changed", [{"SUIT": 0.249}, {"R": 200.0}, {"H": 0.2, "EV": 0.1}, {"EV": 0.5, "u": 0.0}]
)
def test_what_keeps_a_low_score_from_light(changed):
    light = {"pos": "middle", "SUIT": 0.3, "u": 0.0}
    assert unit_of("b4", **light)["green_unit"] == "light_green"
    row = unit_of("b4", **(light | changed))
    assert row["S"] < 0.3
    assert (row["green_unit"], row["rule"]) == ("medium_green", "H2")


def test_downstream_ground_may_be_light_without_much_suitable_land():
    assert unit_of("b4", SUIT=0.1)["green_unit"] == "light_green"


def test_an_unknown_that_cannot_change_the_unit_leaves_it():
    row = unit_of("b1", u=np.nan, H=np.nan)
    assert row["green_unit"] == "all_green"
    assert np.isnan(row["S"])
    assert row["unknown"] == "u H"


def test_an_unknown_that_decides_leaves_the_unit_open_and_names_the_possible_ones():
    row = unit_of("b4", H=np.nan)
    assert (row["green_unit"], row["green_unit_code"]) == ("", 0)
    assert row["possible"] == "medium_green light_green"
    assert np.isnan(row["stability"])


@given(
    ev=st.floats(0, 1), r=st.floats(0, 3000), u=st.floats(0, 1), pos=st.sampled_from(POSITIONS), h=st.floats(-1, 1), prot=st.floats(0, 1),
    suit=st.floats(0, 1), gap=st.sampled_from(COLUMNS),
)  # fmt: skip
def test_whatever_an_unknown_is_the_unit_is_among_the_possible(ev, r, u, pos, h, prot, suit, gap):
    whole = pd.DataFrame([(ev, r, u, pos, h, prot, suit)], columns=COLUMNS)
    blank = whole.astype({gap: object})
    blank[gap] = "" if gap == "pos" else np.nan
    blank = blank.astype({gap: whole[gap].dtype})
    known = green_units(whole, draws=1).iloc[0]
    told = green_units(blank, draws=1).iloc[0]
    assert known["green_unit"] in told["possible"].split()
    assert told["green_unit"] in ("", known["green_unit"])


@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 3000), st.floats(-1, 1)), min_size=1, max_size=8),
    more=st.floats(0, 0.5),
)  # fmt: skip
def test_more_value_and_less_headroom_never_make_a_unit_milder(rows, more):
    frame = pd.DataFrame(rows, columns=["EV", "R", "H"]).assign(u=0.5, pos="middle", PROT=0.2, SUIT=0.3)  # fmt: skip
    stricter = frame.assign(EV=np.minimum(frame["EV"] + more, 1.0), H=np.maximum(frame["H"] - more, -1.0))  # fmt: skip
    assert (
        green_units(stricter[COLUMNS], draws=1)["green_unit_code"]
        <= green_units(frame[COLUMNS], draws=1)["green_unit_code"]
    ).all()


def test_a_sure_unit_is_more_stable_than_one_at_an_edge(handbook):
    assert handbook.loc["b1", "stability"] > 0.95
    assert handbook.loc["b6", "stability"] < handbook.loc["b1", "stability"]
    assert green_units(units()).equals(handbook)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"EV": 1.2}, "unit_indicators.EV: row 'b2' holds 1.2, expected 0 to 1"),
        ({"R": -3.0}, "unit_indicators.R: row 'b2' holds -3"),
        ({"H": 2.0}, "unit_indicators.H: row 'b2' holds 2"),
        ({"pos": "uper"}, "unit_indicators.pos: row 'b2' holds 'uper'.*upper"),
    ],
)
def test_figures_outside_their_range_are_refused(changed, message):
    with pytest.raises(QuantityError, match=message):
        green_units(units(b2=changed))


def test_scores_that_do_not_descend_are_refused():
    with pytest.raises(QuantityError, match="expected that they descend"):
        green_units(units(), all_score=0.4)
