"""A plan held against three lines: ground that breaks a rule, people on it, what is not known, what lies over what."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, codes, numbers

from shanshui.core.errors import QuantityError
from shanshui.core.voice import languages
from shanshui.zoning.conformity import (
    GROUNDS,
    LEAST_KM2,
    OUTSIDE,
    line_conformity,
    line_rules,
    violating_parts,
)
from shanshui.zoning.plan_uses import KINDS, plan_uses, use_words, uses_of

NONE, RED, FARM, TOWN, UNKNOWN, BEYOND = range(6)
CELL = 1000.0


def ground(rows):
    return codes(rows, nodata=None, cell_m=CELL)


def boxes(*parts):
    """Features of ``use, west, south, east, north``, in cells."""
    shapes = [shapely.box(*(v * CELL for v in part[1:])) for part in parts]
    return gpd.GeoDataFrame({"use": [p[0] for p in parts]}, geometry=shapes, crs=EQUAL_AREA)


def broken(found):
    return {(r.feature, r.rule): r.area_km2 for r in found.violations.itertuples()}


def test_a_quarry_breaks_the_red_line_by_the_very_part_that_lies_in_it():
    found = line_conformity(boxes(("mining", 0.5, 0, 2.25, 1)), ground([[RED, NONE, NONE]]))
    assert broken(found) == {(0, "R1"): pytest.approx(0.5)}
    row = found.features.iloc[0]
    assert row["verdict"] == found.verdict == "violates"
    assert (row["area_km2"], row["conforming_km2"], row["unknown_km2"]) == (1.75, 1.25, 0.0)


@pytest.mark.parametrize(
    ("use", "where", "rule"),
    [
        ("residential", RED, "R1"), ("residential", FARM, "F1"), ("residential", NONE, "T1"), ("residential", TOWN, ""),
        ("mining", RED, "R1"), ("mining", FARM, "F1"), ("mining", NONE, ""), ("mining", TOWN, ""),
        ("rural settlement", NONE, ""), ("industrial", NONE, ""), ("development zone", NONE, "T1"),
        ("farmland", RED, "R2"), ("farmland", FARM, ""), ("farmland", NONE, ""), ("farmland", TOWN, ""),
        ("orchard", RED, "R2"), ("orchard", FARM, "F2"), ("forest", RED, ""), ("forest", FARM, "F2"), ("pond", FARM, "F2"),
        ("park", RED, ""), ("park", FARM, ""), ("nature reserve", TOWN, ""),
    ],
)  # fmt: skip
def test_what_may_not_be_where(use, where, rule):
    found = line_conformity(boxes((use, 0, 0, 1, 1)), ground([[where]]))
    assert list(found.violations["rule"]) == ([rule] if rule else [])
    assert found.verdict == ("violates" if rule else "conforms")


def test_ground_that_is_not_known_leaves_a_question_to_uses_that_a_rule_concerns():
    plan = boxes(("road", 0, 0, 2, 1), ("park", 0, 0, 2, 1), ("farmland", 2, 0, 4, 1))
    found = line_conformity(plan, ground([[NONE, UNKNOWN, NONE]]))
    assert found.features["verdict"].tolist() == ["unknown", "conforms", "unknown"]
    assert found.features["unknown_km2"].tolist() == [1.0, 0.0, 1.0]
    assert found.features["outside_km2"].tolist() == [0.0, 0.0, 1.0]
    assert found.verdict == "unknown"


def test_what_breaks_a_rule_breaks_it_whatever_else_is_not_known():
    found = line_conformity(boxes(("road", 0, 0, 2, 1)), ground([[RED, UNKNOWN]]))
    assert found.verdict == "violates"
    assert found.features["unknown_km2"].tolist() == [1.0]


def test_a_feature_without_a_use_conforms_only_where_no_rule_holds():
    plan = boxes(("", 0, 0, 1, 1), ("", 1, 0, 2, 1), ("", 2, 0, 3, 1), ("", 3, 0, 4, 1))
    found = line_conformity(plan, ground([[TOWN, RED, NONE, UNKNOWN]]))
    assert found.features["verdict"].tolist() == ["conforms", "unknown", "unknown", "unknown"]
    assert len(found.violations) == 0


def test_ground_less_than_is_drawn_breaks_nothing():
    ground_ = ground([[RED, NONE]])
    sliver = LEAST_KM2 * 0.99
    assert line_conformity(boxes(("road", 1 - sliver, 0, 2, 1)), ground_).verdict == "conforms"
    seen = line_conformity(boxes(("road", 1 - LEAST_KM2 * 1.01, 0, 2, 1)), ground_)
    assert seen.verdict == "violates"
    none = line_conformity(boxes(("road", 1 - sliver, 0, 2, 1)), ground_, least_km2=0.0)
    assert broken(none) == {(0, "R1"): pytest.approx(sliver)}


def test_people_are_those_of_the_ground_that_breaks_the_rule():
    density = numbers([[10.0, 20.0, 40.0]], "person/km2", cell_m=CELL)
    found = line_conformity(boxes(("road", 0.5, 0, 2.5, 1)), ground([[RED, RED, NONE]]), density)
    row = found.violations.iloc[0]
    assert (row["area_km2"], row["people"], row["people_unknown_km2"]) == (1.5, 25.0, 0.0)


def test_people_without_a_figure_are_not_nobody():
    density = numbers([[10.0, np.nan, np.nan]], "person/km2", cell_m=CELL)
    plan = boxes(("road", 0, 0, 2, 1), ("road", 2, 0, 3, 1))
    found = line_conformity(plan, ground([[RED, RED, RED]]), density).violations
    assert found["people"].tolist() == [10.0, pytest.approx(np.nan, nan_ok=True)]
    assert found["people_unknown_km2"].tolist() == [1.0, 1.0]
    nobody = line_conformity(plan, ground([[RED, RED, RED]])).violations
    assert nobody["people"].isna().all()


def test_ground_under_two_features_is_told_and_counts_once_in_the_sum_of_a_rule():
    plan = boxes(("road", 0, 0, 2, 1), ("mining", 1, 0, 3, 1), ("park", 2, 0, 3, 1))
    density = numbers([[1.0, 2.0, 4.0]], "person/km2", cell_m=CELL)
    found = line_conformity(plan, ground([[RED, RED, RED]]), density)
    assert found.overlaps[["first", "second", "area_km2"]].to_numpy().tolist() == [[0, 1, 1.0], [1, 2, 1.0]]  # fmt: skip
    assert found.overlap_km2 == 2.0
    assert found.violations["area_km2"].tolist() == [2.0, 2.0]
    row = found.rules.iloc[0]
    assert (row["rule"], row["features"], row["area_km2"], row["people"]) == ("R1", 2, 3.0, 7.0)


def test_features_that_only_touch_do_not_overlap():
    found = line_conformity(boxes(("road", 0, 0, 1, 1), ("road", 1, 0, 2, 1)), ground([[NONE, NONE]]))  # fmt: skip
    assert len(found.overlaps) == 0
    assert found.overlap_km2 == 0.0


def test_a_plan_that_breaks_nothing_has_empty_tables_of_the_same_columns():
    clean = line_conformity(boxes(("park", 0, 0, 1, 1)), ground([[RED]]))
    other = line_conformity(boxes(("road", 0, 0, 1, 1)), ground([[RED]]))
    assert list(clean.violations) == list(other.violations)
    assert list(clean.rules) == list(other.rules)
    assert clean.verdict == "conforms"


uses = st.sampled_from(["", *plan_uses()])
spans = st.tuples(st.floats(-1, 4), st.floats(-1, 3), st.floats(0.05, 3), st.floats(0.05, 3))


@given(
    cells=st.lists(st.integers(0, len(GROUNDS) - 1), min_size=12, max_size=12),
    features=st.lists(st.tuples(uses, spans), min_size=1, max_size=4),
)
def test_areas_are_those_of_the_outlines_cut_cell_by_cell(cells, features):
    rows = np.array(cells, np.uint8).reshape(3, 4)
    plan = boxes(*((u, x, y, x + w, y + h) for u, (x, y, w, h) in features))
    found = line_conformity(plan, ground(rows), least_km2=0.0)
    rules = line_rules()
    for k, (use, shape) in enumerate(zip(plan["use"], plan.geometry, strict=True)):
        area = np.zeros(len(GROUNDS))
        for (y, x), code in np.ndenumerate(rows):
            cell = shapely.box(x * CELL, (2 - y) * CELL, (x + 1) * CELL, (3 - y) * CELL)
            area[code] += cell.intersection(shape).area / 1e6
        area[OUTSIDE] += shape.area / 1e6 - area.sum()
        own = {r.rule: area[GROUNDS.index(r.ground)] for r in rules if use in r.uses}
        told = {r: a for (f, r), a in broken(found).items() if f == k}
        for rule, amount in own.items():
            assert told.get(rule, 0.0) == pytest.approx(amount, abs=1e-8)
        row = found.features.iloc[k]
        assert set(told) <= set(own)
        assert row["area_km2"] == pytest.approx(shape.area / 1e6)
        assert row["outside_km2"] == pytest.approx(area[OUTSIDE], abs=1e-7)
        parts = row[["violating_km2", "unknown_km2", "conforming_km2"]]
        assert parts.sum() == pytest.approx(row["area_km2"])
    pieces = violating_parts(plan, ground(rows), found.violations)
    for piece, amount in zip(pieces, found.violations["area_km2"], strict=True):
        assert piece.area / 1e6 == pytest.approx(amount, abs=1e-8)


def test_on_each_ground_one_rule_at_most_forbids_a_use():
    rules = line_rules()
    for use in plan_uses():
        for place in GROUNDS:
            assert len([r for r in rules if r.ground == place and use in r.uses]) <= 1


def test_rules_name_grounds_uses_and_a_source_in_both_languages():
    for rule in line_rules():
        assert rule.ground in GROUNDS
        assert rule.uses <= set(plan_uses())
        assert rule.uses
        assert set(rule.words) == set(rule.sources) == set(languages())
        assert all([*rule.words.values(), *rule.sources.values(), rule.tag])


def test_uses_are_read_in_both_languages_whatever_their_case_and_blanks():
    words = [
        "Residential",
        "居住用地",
        "INDUSTRIAL  park",
        "采矿用地",
        "耕地",
        "dry_field",
        "park",
        "林地",
        None,
        " ",
    ]
    assert uses_of(words, "--use", range(1, 11)) == [
        "residential", "residential", "development zone", "mining", "farmland", "farmland", "park", "forest", "", "",
    ]  # fmt: skip
    assert {u.kind for u in plan_uses().values()} == set(KINDS)
    for use in plan_uses().values():
        assert {use_words()[w.replace(" ", "").lower()] for w in use.words.values()} == {use.use}


@pytest.mark.parametrize(
    ("word", "says"),
    [("residentl", "did you mean 'residential'"), ("居住用", "did you mean '居住用地'"), ("0701", "codes differ from list to list"), (7.0, "found '7.0'")],
)  # fmt: skip
def test_a_word_that_is_no_use_is_refused_with_the_nearest_and_its_feature(word, says):
    with pytest.raises(QuantityError, match=says) as told:
        uses_of(["road", word, word], "--use 用途", [1, 5, 6])
    assert "--use 用途" in str(told.value)
    assert "in feature 5" in str(told.value)
    assert "1 such words in 2 features" in str(told.value)
