"""Indicators of places and industries, each with a pencil."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, squares

from shanshui.core.errors import QuantityError
from shanshui.industry.indicators import evaluation_indicators


def world():
    """Two prefectures of two counties each."""
    prefectures = squares(4, 8, parts=2)
    counties = squares(4, 8, parts=4).assign(
        code=["1", "2", "3", "4"], parent=["101", "101", "102", "102"]
    )
    return prefectures, counties


def asked(**given):
    found = evaluation_indicators(*world(), **given)
    return found.set_index(["subject", "code", "indicator"])


def people(*counts, year=2020):
    codes = [str(k + 1) for k in range(len(counts))]
    return pd.DataFrame({"code": codes, "year": year, "population": counts})


def value(found, subject, code, indicator):
    return found.loc[(subject, code, indicator), "value"]


def test_without_anything_nothing_is_known():
    assert asked().empty


def test_primacy_is_the_first_over_the_second_county_of_the_latest_year():
    both = pd.concat([people(300.0, 100.0, 50.0, 40.0), people(9.0, 1.0, 1.0, 1.0, year=2010)])
    found = asked(population=both)
    assert value(found, "place", "101", "primacy") == pytest.approx(3.0)
    assert value(found, "place", "102", "primacy") == pytest.approx(1.25)
    assert found.loc[("place", "101", "primacy"), ["name", "basis"]].tolist() == [
        "c1", "first over second county by residents",
    ]  # fmt: skip


@pytest.mark.parametrize("counts", [(300.0, np.nan), (300.0, 0.0), (300.0,)])
def test_a_prefecture_without_two_counties_known_has_no_primacy(counts):
    found = asked(population=people(*counts))
    assert "primacy" not in found.index.get_level_values("indicator")


def test_a_prefectures_own_residents_are_no_county_of_it():
    own = pd.DataFrame({"code": ["101"], "year": 2020, "population": [1000.0]})
    found = asked(population=pd.concat([people(300.0, 100.0), own]))
    assert value(found, "place", "101", "primacy") == pytest.approx(3.0)


def test_accessibility_is_the_way_to_the_nearest_core():
    cities = gpd.GeoDataFrame(
        {"name": ["near", "far", "no core"], "role": ["core", "core", "city"]},
        geometry=gpd.points_from_xy([10_000, 90_000, 200], [200, 200, 200]),
        crs=EQUAL_AREA,
    )
    found = asked(cities=cities)
    # the middle of the first square of 400 m lies at 200 m
    assert value(found, "place", "101", "accessibility") == pytest.approx(9.8)
    assert value(found, "place", "102", "accessibility") == pytest.approx(9.4)
    assert asked(cities=cities[cities["role"] == "city"]).empty
    in_degrees = asked(cities=cities.to_crs("EPSG:4326"))
    assert value(in_degrees, "place", "101", "accessibility") == pytest.approx(9.8)


def work(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "industry", "persons"])


WORK = work(
    ("1", 2020, "science", 5.0), ("2", 2020, "information", 5.0), ("2", 2020, "trade", 90.0), ("3", 2020, "trade", 30.0),
    ("4", 2020, "trade", 0.0),
    ("1", 2010, "science", 999.0),
)  # fmt: skip


def test_staff_of_science_and_people_at_work():
    found = asked(employment=WORK, population=people(150.0, 50.0, 100.0, 20.0))
    assert value(found, "place", "101", "technical_efficiency") == pytest.approx(0.1)
    assert value(found, "place", "101", "employment_effect") == pytest.approx(0.5)
    assert value(found, "place", "102", "employment_effect") == pytest.approx(0.25)
    # nobody in science is not known from a table that has no such row
    assert ("place", "102", "technical_efficiency") not in found.index
    assert "employment_effect" not in asked(employment=WORK).index.get_level_values("indicator")


def test_residents_are_those_of_the_nearest_year():
    years = pd.concat([people(100.0, 100.0, year=2018), people(1.0, 1.0, year=2000)])
    found = asked(employment=WORK, population=years)
    assert value(found, "place", "101", "employment_effect") == pytest.approx(0.5)


def test_a_missing_figure_of_work_or_residents_leaves_the_place_out():
    gap = WORK.assign(persons=WORK["persons"].where(WORK["industry"] != "information"))
    found = asked(employment=gap, population=people(1.0, 1.0, 60.0, np.nan))
    # of the first place jobs are not known, of the second residents
    assert set(found.index) == {("place", "101", "primacy")}


def labour(jobs, residents):
    """Share of science and of people at work of the first prefecture; None where it is not told."""
    found = asked(employment=jobs, population=residents)
    return tuple(
        value(found, "place", "101", name) if ("place", "101", name) in found.index else None
        for name in ("technical_efficiency", "employment_effect")
    )


PEOPLE = people(150.0, 50.0, 100.0, 20.0)


@pytest.mark.parametrize(
    ("jobs", "shares"),
    [
        # counties that add up to their prefecture count once, not with it: 10 of 100, 100 of 200
        ([("1", "science", 10.0), ("1", "trade", 50.0), ("2", "trade", 40.0), ("101", "science", 10.0), ("101", "trade", 90.0)], (0.1, 0.5)),
        # a fiftieth apart is the difference of two offices: the counties stand
        ([("1", "science", 10.0), ("2", "science", 0.0), ("2", "trade", 89.0), ("1", "trade", 0.0), ("101", "trade", 90.0)], (10 / 99, 99 / 200)),
        # counties that tell less are a part: the prefecture stands
        ([("1", "trade", 40.0), ("2", "trade", 10.0), ("101", "trade", 80.0), ("101", "science", 20.0)], (0.2, 0.5)),
        # of one industry the counties tell all, of the other the prefecture alone does
        ([("1", "science", 5.0), ("2", "science", 5.0), ("101", "science", 10.0), ("101", "trade", 90.0)], (0.1, 0.5)),
        # the prefecture alone
        ([("101", "science", 10.0), ("101", "trade", 90.0)], (0.1, 0.5)),
        # one county of two: a part of the jobs over all residents is no share
        ([("1", "science", 10.0), ("1", "trade", 90.0)], (None, None)),
        # nobody at work: no share of staff, and none of the residents at work
        ([("1", "science", 0.0), ("2", "trade", 0.0)], (None, 0.0)),
        # a figure that is missing leaves the sum unknown, though the prefecture tells another industry
        ([("1", "science", np.nan), ("2", "science", 5.0), ("101", "trade", 90.0)], (None, None)),
        # which a prefecture that tells the same industry mends
        ([("1", "science", np.nan), ("2", "science", 5.0), ("101", "science", 10.0), ("101", "trade", 90.0)], (0.1, 0.5)),
        # counties of the other prefecture and of none say nothing here
        ([("3", "science", 7.0), ("4", "trade", 7.0), ("999", "science", 7.0)], (None, None)),
    ],
)  # fmt: skip
def test_jobs_of_two_levels_count_once(jobs, shares):
    table = work(*((code, 2020, industry, n) for code, industry, n in jobs))
    assert labour(table, PEOPLE) == pytest.approx(shares)


def test_residents_of_two_levels_count_once():
    table = work(("101", 2020, "trade", 100.0))

    def effect(*rows):
        residents = pd.DataFrame(rows, columns=["code", "population"]).assign(year=2020)
        return labour(table, residents)[1]

    assert effect(("1", 150.0), ("2", 50.0)) == 0.5
    assert effect(("1", 150.0), ("2", 50.0), ("101", 200.0)) == 0.5
    assert effect(("1", 150.0), ("101", 250.0)) == 0.4
    assert effect(("101", 400.0)) == 0.25
    assert effect(("1", 150.0)) is None
    assert effect(("1", 0.0), ("2", 0.0)) is None


def test_more_jobs_in_counties_than_in_their_prefecture_are_refused():
    table = work(("1", 2020, "trade", 60.0), ("2", 2020, "trade", 60.0), ("101", 2020, "trade", 100.0))  # fmt: skip
    with pytest.raises(QuantityError, match=r"employment.persons: 1, 2 have 120 together, more than the 100 of 101"):  # fmt: skip
        asked(employment=table)
    residents = pd.concat([people(300.0, 100.0), people(50.0).assign(code="101")])
    with pytest.raises(QuantityError, match="population: 1, 2 have 400 together, more than the 50 of 101"):  # fmt: skip
        asked(employment=WORK, population=residents)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=4, max_size=4), st.booleans(), st.booleans())
def test_whatever_levels_are_told_the_shares_are_those_of_the_counties(jobs, above, counties):
    a, b, c, d = (float(n) for n in jobs)
    rows = [("1", 2020, "science", a), ("1", 2020, "trade", b), ("2", 2020, "science", c), ("2", 2020, "trade", d)]  # fmt: skip
    whole = [("101", 2020, "science", a + c), ("101", 2020, "trade", b + d)]
    told = [*(rows if counties or not above else []), *(whole if above else [])]
    share, effect = labour(work(*told), PEOPLE)
    assert share == pytest.approx((a + c) / (a + b + c + d))
    assert effect == pytest.approx((a + b + c + d) / 200.0)


def test_resources_are_the_share_of_what_nature_gives():
    gep = pd.DataFrame({"total": [30.0, 10.0]}, index=pd.Index([1, 2], name="unit"))
    found = asked(prefecture_gep=gep)
    assert value(found, "place", "101", "resources") == pytest.approx(0.75)
    # a share of what is not known whole is none
    assert asked(prefecture_gep=gep.iloc[:1]).empty


def firms(*rows):
    return pd.DataFrame(rows, columns=["code", "name", "category", "firms"])


def test_where_emerging_firms_lie():
    table = firms(
        ("1", "x", "it", 2), ("2", "y", "it", 1), ("102", "z", "it", 1), ("", "moon", "it", 5), ("1", "x", "energy", 0),
    )  # fmt: skip
    found = asked(emerging_firms=table)
    assert value(found, "place", "101", "layout_area") == pytest.approx(0.75)
    assert value(found, "place", "102", "layout_area") == pytest.approx(0.25)
    # both prefectures have such a firm, however many counties; none has one of energy
    assert value(found, "industry", "it", "layout_area") == 1.0
    assert value(found, "industry", "energy", "layout_area") == 0.0
    none = asked(emerging_firms=firms(("1", "x", "it", 0)))
    assert "place" not in none.index.get_level_values("subject")


def test_what_linkages_tell_of_an_industry():
    sectors = pd.DataFrame(
        {
            "category": ["it", "it", "energy", "none"], "influence": [1.0, 2.0, 1.0, 9.0], "sensitivity_ghosh": [2.0, 1.0, 1.0, 9.0],
            "exports": [0.1, 0.2, np.nan, 0.5], "growth": [0.2, 0.4, 0.3, 0.9], "output": [30.0, 10.0, 0.0, 5.0],
        }
    )  # fmt: skip
    found = asked(linkages=sectors)
    # both are 1.5 in the mean; growth weighs three to one
    assert value(found, "industry", "it", "spillover") == pytest.approx(1.5)
    assert value(found, "industry", "it", "growth_potential") == pytest.approx(0.25)
    assert value(found, "industry", "it", "exports") == pytest.approx(0.3)
    # a sector without output, and one of no emerging industry
    assert set(found.index.get_level_values("code")) == {"it"}
    blank = asked(linkages=sectors.assign(exports=np.nan))
    assert "exports" not in blank.index.get_level_values("indicator")
    assert asked(linkages=sectors.drop(columns="category")).empty


def test_maturity_is_the_mean_of_its_technologies():
    levels = pd.DataFrame({"category": ["it", "it", ""], "level": [4, 7, 9]})
    found = asked(technology_maturity=levels)
    assert found["value"].to_dict() == {("industry", "it", "maturity"): 5.5}


def figures(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "indicator", "value"])


def test_given_figures_go_before_and_the_latest_stands():
    table = figures(
        ("101", 2019, "primacy", 7.0), ("101", 2015, "primacy", 6.0), ("102", 2019, "beauty", 1.0), ("9", 2019, "primacy", 1.0),
    )  # fmt: skip
    found = asked(population=people(300.0, 100.0), place_indicators=table)
    assert found["value"].to_dict() == {("place", "101", "primacy"): 7.0}
    assert found["basis"].iloc[0] == "given, 2019"


def test_research_over_product():
    money = pd.DataFrame(
        [("101", 2019, s, v) for s, v in (("primary", 10.0), ("secondary", 50.0), ("tertiary", 40.0))]
        + [("102", 2019, "primary", 10.0)],
        columns=["code", "year", "sector", "yuan"],
    )  # fmt: skip
    spent = figures(*[(c, 2019, "research_yuan", 2.0) for c in ("101", "102")], ("101", 2018, "research_yuan", 9.0))  # fmt: skip
    found = asked(gdp=money, place_indicators=spent)
    # the second place's product is not known whole, and of the year before there is none
    assert found["value"].to_dict() == {("place", "101", "innovation"): pytest.approx(0.02)}
    assert asked(place_indicators=spent).empty
