import numpy as np
import pandas as pd
import pytest
from tests.worlds import squares

from shanshui.core.errors import QuantityError
from shanshui.industry.economy import (
    growth_parts,
    industry_structure,
    prefecture_codes,
    sector_products,
)
from shanshui.industry.employment import employment_structure, green_composition, urban_flow
from shanshui.industry.stage_verdicts import industrial_stage
from shanshui.industry.stages import composite_stage, stage_of, value_added_stage
from shanshui.industry.structure import (
    basic_jobs,
    concentration,
    krugman_specialisation,
    shift_share,
    structural_change,
)


@pytest.mark.parametrize(
    ("criterion", "value", "stage", "score"),
    [
        ("gdp_per_head", 3000, "middle", 33.2215), ("urban_share", 0.45, "early", 24.75), ("primary_jobs", 0.38, "middle", 48.40),
        ("gdp_per_head", 1489, "pre", 0.0), ("gdp_per_head", 1490, "early", 0.0), ("gdp_per_head", 11170, "post", 100.0),
        ("urban_share", 0.75, "post", 100.0), ("primary_jobs", 0.10, "post", 100.0), ("primary_jobs", 0.61, "pre", 0.0),
        ("manufacturing_share", 0.5, "late", 66.0),
    ],
)  # fmt: skip
def test_stages_of_the_handbook_and_their_edges(criterion, value, stage, score):
    found = stage_of(criterion, value)
    assert (found.stage, found.score) == (stage, pytest.approx(score, abs=5e-5))


def test_limits_of_product_move_with_its_prices():
    assert stage_of("gdp_per_head", 300, dollars=1964).stage == "early"
    assert stage_of("gdp_per_head", 300).stage == "pre"
    with pytest.raises(QuantityError, match="dollars"):
        stage_of("gdp_per_head", 300, dollars=1999)


@pytest.mark.parametrize(
    ("shares", "stage", "doubt"),
    [
        ((0.5, 0.2, 0.3), "pre", ""), ((0.3, 0.4, 0.3), "early", ""), ((0.15, 0.5, 0.35), "middle", ""),
        ((0.15, 0.3, 0.55), "middle", "tourism"), ((0.05, 0.55, 0.4), "late", ""), ((0.05, 0.4, 0.55), "post", ""),
        ((0.08, 0.46, 0.46), "late", "equals"),
    ],
)  # fmt: skip
def test_the_ladder_of_value_added(shares, stage, doubt):
    found = value_added_stage(*shares)
    assert found.stage == stage
    assert doubt in found.doubt
    assert 0 <= found.score <= 100


def test_less_agriculture_is_never_earlier():
    scores = [
        value_added_stage(a, (1 - a) * 0.6, (1 - a) * 0.4).score for a in np.linspace(0.0, 0.37, 75)
    ]
    assert (np.diff(scores) <= 1e-9).all()


def test_composites():
    assert (
        composite_stage(
            {
                "gdp_per_head": 100,
                "value_added": 100,
                "manufacturing_share": 100,
                "urban_share": 100,
                "primary_jobs": 100,
            }
        )[0]
        == "post"
    )
    stage, score, known = composite_stage({"gdp_per_head": 33.0, "urban_share": 33.0})
    assert (stage, score, known) == ("middle, first half", pytest.approx(33.0), pytest.approx(0.48))
    assert composite_stage({"urban_share": 0.0})[0] == "pre"
    with pytest.raises(QuantityError, match="no criterion"):
        composite_stage({"beauty": 1.0})


def test_shift_share_with_a_pencil_and_its_sum():
    found = shift_share([100, 100], [130, 100], [1000, 1000], [1200, 1000])
    np.testing.assert_allclose(found["national"], [10, 10])
    np.testing.assert_allclose(found["mix"], [10, -10])
    np.testing.assert_allclose(found["competitive"], [10, 0])
    np.testing.assert_allclose(
        found[["national", "mix", "competitive"]].sum(axis=1), found["total"]
    )
    # specialised nowhere: nothing to allocate
    np.testing.assert_allclose(found["allocation"], 0.0)


def test_change_concentration_and_specialisation():
    moved = structural_change([50, 50], [80, 20])
    assert moved["michaely"] == pytest.approx(0.3)
    assert structural_change([1, 2, 3], [2, 4, 6])["angle"] == pytest.approx(0.0, abs=1e-5)
    assert structural_change([1, 0], [0, 1])["angle"] == pytest.approx(90.0)
    even, one = concentration([1, 1, 1, 1]), concentration([1, 0, 0, 0])
    assert (even["herfindahl"], even["gini"], even["entropy"], even["effective"]) == pytest.approx(
        (0.25, 0, 1, 4)
    )
    assert (one["herfindahl"], one["gini"], one["entropy"]) == pytest.approx((1, 0.75, 0))
    assert krugman_specialisation([1, 0], [0, 1]) == pytest.approx(2.0)


def gdp(rows):
    out = pd.DataFrame(rows, columns=["code", "year", "primary", "secondary", "tertiary"])
    out = out.melt(["code", "year"], var_name="sector", value_name="yuan")
    out.attrs["units"] = {"yuan": "yuan"}
    return out


def test_structure_of_two_years_and_who_lacks_figures():
    table = industry_structure(
        gdp([("101", 2010, 30, 40, 30), ("101", 2014, 20, 50, 30), ("102", 2014, 1, 1, 1)]),
        squares(4, 6, parts=2),
    )
    assert list(table["code"]) == ["101"]
    assert table["change"].iloc[0] == pytest.approx(0.1)
    assert table["secondary_change"].iloc[0] == pytest.approx(0.1)
    assert table.attrs["risen"] == 1
    assert table.attrs["without_figures"] == ["c2"]
    with pytest.raises(QuantityError, match="years there are: 2010"):
        industry_structure(
            gdp([("101", 2010, 1, 1, 1)]), squares(4, 6), first_year=2001, last_year=2002
        )


def test_a_steady_rise_is_no_chance_and_two_years_tell_nothing():
    area = squares(4, 6, parts=2)
    rows = [("101", y, 10, 30 + y - 2010, 60 - y + 2010) for y in range(2010, 2015)]
    rows += [("102", y, 10, 30 + (5, 0, 9, 1, 6)[y - 2010], 60) for y in range(2010, 2015)]
    found = industry_structure(gdp(rows), area).set_index("code")
    # of 120 orders of five years one rises always
    assert found.loc["101", "secondary_chance"] == pytest.approx(1 / 120)
    assert found.loc["102", "secondary_chance"] > 0.2
    assert found["secondary_risen"].tolist() == [True, True]
    assert found.attrs["risen_significantly"] == 1
    assert industry_structure(gdp(rows), area, level=0.005).attrs["risen_significantly"] == 0
    ends = [r for r in rows if r[1] in (2010, 2014)]
    assert industry_structure(gdp(ends), area)["secondary_chance"].isna().all()


def test_years_are_the_first_and_last_unless_said():
    table = gdp([("101", 2001, 1, 1, 2), ("101", 2010, 1, 1, 1), ("101", 2020, 1, 2, 1)])
    assert industry_structure(table, squares(4, 6)).attrs["years"] == [2001, 2020]
    assert industry_structure(table, squares(4, 6), first_year=2010).attrs["years"] == [2010, 2020]
    with pytest.raises(QuantityError, match="comes later"):
        industry_structure(table, squares(4, 6), first_year=2020)


def test_growth_is_parted_and_competitive_parts_cancel():
    table = gdp(
        [
            ("101", 2010, 10, 40, 50),
            ("101", 2020, 10, 60, 70),
            ("102", 2010, 30, 40, 30),
            ("102", 2020, 30, 80, 60),
            ("9", 2010, 5, 5, 5),
        ]
    )
    found = growth_parts(table, squares(4, 6, parts=2))
    np.testing.assert_allclose(
        found[["national", "mix", "competitive"]].sum(axis=1), found["total"]
    )
    # the two are all there is: what one wins the other loses
    np.testing.assert_allclose(found.groupby("sector")["competitive"].sum(), 0.0, atol=1e-9)


def test_stages_by_criterion_and_together():
    prefectures = squares(4, 6, parts=2)
    counties = squares(4, 6, parts=4).assign(
        code=["1", "2", "3", "4"], parent=["c1", "c1", "c2", "c2"]
    )
    assert prefecture_codes(counties, prefectures) == {
        "101": "101",
        "102": "102",
        "1": "101",
        "2": "101",
        "3": "102",
        "4": "102",
    }
    people = pd.DataFrame(
        {"code": ["1", "2", "3", "4"], "year": 2020, "population": [50.0, 50.0, 100.0, 100.0]}
    )
    jobs = pd.DataFrame(
        {
            "code": ["1", "1", "3", "3"],
            "year": 2020,
            "industry": ["agriculture", "trade"] * 2,
            "persons": [38.0, 62.0, 5.0, 95.0],
        }
    )
    figures = pd.DataFrame(
        {"code": ["101"], "year": [2020], "indicator": ["urban_share"], "value": [0.45]}
    )
    found = industrial_stage(
        gdp([("101", 2020, 150_000, 500_000, 350_000), ("102", 2020, 1e6, 8e6, 11e6)]), prefectures, counties, people, figures, jobs,
        years=(2020.0,), yuan_per_dollar=5.0,
    )  # fmt: skip
    one = found[found["code"] == "101"].set_index("criterion")
    assert one.loc["gdp_per_head", "value"] == pytest.approx(1e6 / 100 / 5)
    assert one.loc["urban_share", "score"] == pytest.approx(24.75)
    assert one.loc["primary_jobs", "score"] == pytest.approx(48.4)
    assert one.loc["composite", "value"] == pytest.approx(0.36 + 0.22 + 0.12 + 0.08)
    assert (
        found[(found["code"] == "102") & (found["criterion"] == "value_added")]["stage"].iloc[0]
        == "post"
    )


def test_a_composite_needs_enough_criteria():
    prefectures = squares(4, 6, parts=1)
    figures = pd.DataFrame(
        {"code": ["101"], "year": [2020], "indicator": ["urban_share"], "value": [0.45]}
    )
    found = industrial_stage(
        gdp([("999", 2020, 1, 1, 1)]), prefectures, prefectures, None, figures, years=(2020.0,)
    )
    assert list(found["criterion"]) == ["urban_share"]


def test_work_beside_the_nation():
    prefectures = squares(4, 6, parts=1)
    counties = squares(4, 6, parts=2).assign(code=["1", "2"], parent="c1")
    jobs = pd.DataFrame(
        {
            "code": ["1", "2", "9", "9"],
            "year": 2020,
            "industry": ["agriculture", "trade", "agriculture", "trade"],
            "persons": [30.0, 10.0, 30.0, 130.0],
        }
    )
    found = employment_structure(jobs, prefectures, counties).set_index("industry")
    assert found.loc["agriculture", "share"] == pytest.approx(0.75)
    assert found.loc["agriculture", "location_quotient"] == pytest.approx(0.75 / 0.3)
    gap = green_composition(jobs, prefectures, counties).set_index("class")["gap"]
    assert gap["green farming"] == pytest.approx(0.3 - 0.75)


def test_basic_jobs_with_a_pencil():
    # shares of the nation would give 200, 100 and 100 of 400
    np.testing.assert_allclose(basic_jobs([100, 100, 200], [50, 25, 25]), [0, 0, 100])
    np.testing.assert_allclose(basic_jobs([10, 30], [10, 30]), 0.0)
    for jobs, nation, message in (
        ([1, -1], [1, 1], "regional: expected values of 0"), ([1], [1, 1], "shapes"), ([1, 1], [1, 0], "sector 2 is 0"),
        ([1, np.nan], [1, 1], "regional"), ([0, 0], [1, 1], "not all 0"),
    ):  # fmt: skip
        with pytest.raises(QuantityError, match=message):
            basic_jobs(jobs, nation)


def towns():
    prefectures = squares(4, 6, parts=2)
    counties = squares(4, 6, parts=2).assign(code=["1", "2"], parent=["c1", "c2"])
    jobs = pd.DataFrame(
        [
            ("1", 2020, "agriculture", 300.0), ("1", 2020, "trade", 100.0), ("2", 2020, "trade", 50.0), ("9", 2020, "agriculture", 200.0),
            ("9", 2020, "trade", 350.0), ("1", 2010, "trade", 7.0),
        ],
        columns=["code", "year", "industry", "persons"],
    )  # fmt: skip
    return jobs, prefectures, counties


def test_urban_flow_is_the_product_of_the_jobs_that_serve_others():
    jobs, prefectures, counties = towns()
    money = gdp([("101", 2020, 1000, 2000, 1000), ("101", 2010, 9, 9, 9), ("102", 2010, 5, 5, 5)])
    found = urban_flow(jobs, prefectures, counties, money).set_index(["code", "industry"])
    # half the nation works on farms; 300 of 400 do here: 100 beyond it, at 10 yuan a job
    assert found.loc[("101", "agriculture")].to_dict() == {
        "name": "c1", "persons": 300.0, "basic": 100.0, "flow": pytest.approx(1000.0),
    }  # fmt: skip
    assert found.loc[("101", "trade"), ["basic", "flow"]].tolist() == [0.0, 0.0]
    assert found.loc[("102", "trade"), "basic"] == 25.0
    assert found.loc["102", "flow"].isna().all()
    assert found.attrs["without_figures"] == ["c2"]
    early = urban_flow(jobs, prefectures, counties, money, year=2010)
    assert early["persons"].tolist() == [7.0]


def test_a_place_without_all_sectors_has_no_product():
    jobs, prefectures, counties = towns()
    money = gdp([("101", 2020, 1000, 2000, np.nan)])
    found = urban_flow(jobs, prefectures, counties, money)
    assert found["flow"].isna().all()
    assert urban_flow(jobs, prefectures, counties)["flow"].isna().all()
    with pytest.raises(QuantityError, match="no rows of 1999"):
        urban_flow(jobs, prefectures, counties, year=1999)


def test_a_missing_sector_is_not_a_sector_of_nothing():
    table = gdp([("101", 2010, 10, np.nan, 50), ("101", 2020, 10, 60, 70), ("102", 2010, 30, 40, 30), ("102", 2020, 30, 80, 60)])  # fmt: skip
    prefectures = squares(4, 6, parts=2)
    assert industry_structure(table, prefectures).attrs["without_figures"] == ["c1"]
    assert set(growth_parts(table, prefectures)["code"]) == {"102"}
    # two rows of one sector, one of them blank
    twice = pd.concat([gdp([("102", 2020, 30, 80, 60)]), gdp([("102", 2020, np.nan, 1, 1)])])
    assert sector_products(twice).empty
    known = sector_products(pd.concat([gdp([("102", 2020, 30, 80, 60)])] * 2))
    assert known.loc[("102", 2020)].tolist() == [60, 160, 120]


def test_residents_and_jobs_that_are_missing_leave_a_prefecture_without_the_figure():
    prefectures, counties = squares(4, 6, parts=1), squares(4, 6, parts=2).assign(parent="c1")
    money = gdp([("101", 2020, 100.0, 500.0, 400.0)])
    people = pd.DataFrame({"code": ["101", "102"], "year": 2020, "population": [60.0, np.nan]})
    jobs = pd.DataFrame({"code": ["101", "102"], "year": 2020, "industry": "agriculture", "persons": [5.0, np.nan]})  # fmt: skip
    counties = counties.assign(code=["1", "2"])
    people, jobs = people.assign(code=["1", "2"]), jobs.assign(code=["1", "2"])
    found = industrial_stage(
        money, prefectures, counties, people, None, jobs, yuan_per_dollar=5.0, least_known=0.0
    )
    assert set(found["criterion"]) == {"value_added", "composite"}
    whole = industrial_stage(
        money, prefectures, counties, people.fillna(40.0), None, jobs.fillna(5.0), yuan_per_dollar=5.0
    ).set_index("criterion")  # fmt: skip
    assert whole.loc["gdp_per_head", "value"] == pytest.approx(1000 / 100 / 5)
    assert whole.loc["primary_jobs", "value"] == 1.0


def test_a_prefecture_of_which_jobs_are_blank_is_left_out_by_name():
    prefectures = squares(4, 6, parts=2)
    counties = squares(4, 6, parts=2).assign(code=["1", "2"], parent=["c1", "c2"])
    prefectures = prefectures.assign(code=["c1", "c2"], name=["North", "South"])
    jobs = pd.DataFrame(
        {
            "code": ["1", "1", "2", "2", "9", "9"],
            "year": 2020,
            "industry": ["agriculture", "trade"] * 3,
            "persons": [30.0, 10.0, 5.0, np.nan, 10.0, 50.0],
        }
    )
    for ask in (employment_structure, green_composition, urban_flow):
        found = ask(jobs, prefectures, counties)
        assert set(found["code"]) == {"c1"}
        assert "South" in found.attrs["without_figures"]
    # the farms beside the blank are of no whole either: the nation has 40 of 100 at farms
    quotient = employment_structure(jobs, prefectures, counties).set_index("industry")
    assert quotient.loc["agriculture", "location_quotient"] == pytest.approx(0.75 / 0.4)
    told = jobs["persons"].where(jobs["code"] == "9")
    with pytest.raises(QuantityError, match=r"no place .* and has no blank in 2020"):
        employment_structure(jobs.assign(persons=told), prefectures, counties)
    none = jobs["persons"].where(jobs["industry"] == "trade")
    with pytest.raises(QuantityError, match=r"each place has a blank in 2020, as 1 in agriculture"):
        employment_structure(jobs.assign(persons=none), prefectures, counties)


def test_a_place_of_which_one_part_is_told_keeps_its_own_jobs():
    jobs, prefectures, counties = towns()
    jobs = jobs[jobs["year"] == 2020]
    mine = jobs[jobs["code"] == "1"]
    more = pd.concat([jobs, mine.assign(code="c1", persons=mine["persons"] * 3)])
    prefectures = prefectures.assign(code=["c1", "c2"])
    found = employment_structure(more, prefectures, counties).set_index(["code", "industry"])
    assert (
        found.loc[("c1", "trade"), "persons"] == 3 * mine.set_index("industry")["persons"]["trade"]
    )
    alone = employment_structure(jobs, prefectures, counties)
    same = employment_structure(pd.concat([jobs, mine.assign(code="c1")]), prefectures, counties)
    pd.testing.assert_frame_equal(same, alone)


def test_rows_that_are_sums_or_below_nothing_are_refused():
    jobs, prefectures, counties = towns()
    whole = jobs.groupby(["code", "year"], as_index=False)["persons"].sum().assign(industry="Total")
    for ask in (employment_structure, green_composition, urban_flow):
        with pytest.raises(QuantityError, match="'Total' is the sum of the others"):
            ask(pd.concat([jobs, whole]), prefectures, counties)
        with pytest.raises(QuantityError, match="expected 0 or more"):
            ask(jobs.assign(persons=-jobs["persons"]), prefectures, counties)


def test_the_angle_between_two_structures():
    # (3, 4) and (4, 3) of length 5: arccos(24 / 25)
    moved = structural_change([3, 4], [4, 3])
    assert moved["angle"] == pytest.approx(np.degrees(np.arccos(0.96)))
    assert moved["michaely"] == pytest.approx(1 / 7)
    # shares, not amounts
    assert structural_change([30, 40], [4, 3]) == pytest.approx(moved)


@pytest.mark.parametrize(
    "amounts",
    [[1.0, -0.1], [-1.0, 2.0], [1.0, np.nan], [np.inf, 1.0], [0.0, 0.0], [], [[1.0, 2.0]]],
)
def test_amounts_that_are_none_are_refused(amounts):
    for ask in (
        lambda: concentration(amounts),
        lambda: structural_change(amounts, [1.0, 1.0]),
        lambda: structural_change([1.0, 1.0], amounts),
        lambda: krugman_specialisation(amounts, [1.0, 1.0]),
    ):
        with pytest.raises(QuantityError, match="expected amounts of 0 or more"):
            ask()
    with pytest.raises(QuantityError, match="shapes"):
        structural_change([1.0, 1.0], [1.0, 1.0, 1.0])


def test_concentration_with_a_pencil():
    found = concentration([1, 2, 5, 0])
    # shares 1/8, 1/4, 5/8, 0
    assert found["herfindahl"] == pytest.approx(30 / 64)
    assert found["effective"] == pytest.approx(64 / 30)
    assert found["first"] == pytest.approx(5 / 8)
    # ordered 0, 1, 2, 5 of 8: twice the sum of rank times amount is 56, over 4 places of 8
    assert found["gini"] == pytest.approx(56 / 32 - 5 / 4)
    p = np.array([1, 2, 5]) / 8
    assert found["entropy"] == pytest.approx(-(p * np.log(p)).sum() / np.log(4))
    alone = concentration([7])
    assert (alone["entropy"], alone["gini"], alone["first"]) == (0.0, 0.0, 1.0)


def test_specialisation_with_a_pencil():
    # .25 and .75 against .5 and .5
    assert krugman_specialisation([1, 3], [10, 10]) == pytest.approx(0.5)


def test_shift_share_of_a_place_that_is_specialised():
    found = shift_share([80, 20], [100, 20], [100, 100], [110, 120])
    # the nation grows by 15, its sectors by 10 and 20 in a hundred; here by 25 and 0
    np.testing.assert_allclose(found["national"], [12, 3])
    np.testing.assert_allclose(found["mix"], [-4, 1])
    np.testing.assert_allclose(found["competitive"], [12, -4])
    # 30 more than the nation's shares where it wins .15, 30 fewer where it loses .2
    np.testing.assert_allclose(found["allocation"], [30 * 0.15, 30 * 0.2])
    np.testing.assert_allclose(found["total"], [20, 0])


def test_a_sector_that_begins_at_nothing_in_the_place_has_the_nations_rate():
    found = shift_share([0, 100], [30, 100], [100, 100], [150, 100])
    np.testing.assert_allclose(found["competitive"], [30, 0])
    # no own growth rate to be specialised in
    np.testing.assert_allclose(found["allocation"], [0, 0])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (([1], [1, 1], [1, 1], [1, 1]), "one shape"), (([1, np.nan], [1, 1], [1, 1], [1, 1]), "without gaps"),
        (([1, 1], [1, 1], [1, 0], [1, 1]), "sector 2 is 0; growth from nothing"),
    ],
)  # fmt: skip
def test_growth_that_cannot_be_parted_is_refused(cells, message):
    with pytest.raises(QuantityError, match=message):
        shift_share(*cells)


def test_every_column_of_the_structure_of_a_place():
    table = gdp([("101", 2010, 30, 40, 30), ("101", 2014, 20, 40, 40)])
    found = industry_structure(table, squares(4, 6, parts=1)).iloc[0]
    assert [found[f"{s}_first"] for s in ("primary", "secondary", "tertiary")] == [0.3, 0.4, 0.3]
    assert [found[f"{s}_last"] for s in ("primary", "secondary", "tertiary")] == [0.2, 0.4, 0.4]
    assert found["change"] == pytest.approx(0.1)
    # 34 over the root of 34 times 36
    assert found["angle"] == pytest.approx(np.degrees(np.arccos(34 / np.sqrt(34 * 36))))
    assert found["secondary_change"] == pytest.approx(0.0)
    assert not found["secondary_risen"]


@pytest.mark.parametrize(
    ("secondary", "least", "risen"),
    [(40.0, 0.0, False), (40.00001, 0.0, False), (40.1, 0.0, True), (45.0, 0.06, False), (46.1, 0.06, True)],
)  # fmt: skip
def test_what_counts_as_a_rise(secondary, least, risen):
    table = gdp([("101", 2010, 60, 40, 0), ("101", 2014, 100 - secondary, secondary, 0)])
    found = industry_structure(table, squares(4, 6, parts=1), least_rise=least)
    assert found["secondary_risen"].iloc[0] == risen
    assert found.attrs["risen"] == int(risen)


def test_every_column_of_the_parts_of_growth():
    table = gdp(
        [("101", 2010, 80, 20, 10), ("101", 2020, 100, 20, 10), ("9", 2010, 20, 80, 90), ("9", 2020, 10, 100, 105)]
    )  # fmt: skip
    found = growth_parts(table, squares(4, 6, parts=1)).set_index("sector")
    # all: 100, 100, 100 to 110, 120, 115: growth .15
    assert found.loc["primary"].to_dict() == {
        "code": "101", "name": "c1", "national": pytest.approx(12), "mix": pytest.approx(-4), "competitive": pytest.approx(12),
        "allocation": pytest.approx((80 - 110 / 3) * 0.15), "total": pytest.approx(20),
    }  # fmt: skip
    assert found.attrs["years"] == [2010, 2020]
    assert found.attrs["units"]["total"] == "yuan"
    with pytest.raises(QuantityError, match="no prefecture has all sectors in 2010 and 2020"):
        growth_parts(table.assign(code=table["code"].replace("101", "8")), squares(4, 6, parts=1))
    with pytest.raises(QuantityError, match="no place has all three sectors"):
        growth_parts(table[table["sector"] != "primary"], squares(4, 6, parts=1))


def test_every_column_of_work_and_its_targets():
    prefectures = squares(4, 6, parts=2)
    counties = squares(4, 6, parts=2).assign(code=["1", "2"], parent=["c1", "102"])
    jobs = pd.DataFrame(
        [
            ("1", 2020, "agriculture", 60.0), ("1", 2020, "trade", 40.0), ("2", 2020, "agriculture", 10.0), ("2", 2020, "trade", 90.0),
            ("9", 2020, "agriculture", 330.0), ("9", 2020, "trade", 470.0), ("2", 1990, "trade", 1e6),
        ],
        columns=["code", "year", "industry", "persons"],
    )  # fmt: skip
    found = employment_structure(jobs, prefectures, counties).set_index(["code", "industry"])
    # the nation: 400 and 600
    assert found.loc[("101", "agriculture")].to_dict() == {
        "name": "c1", "persons": 60.0, "share": 0.6, "location_quotient": pytest.approx(1.5), "specialisation": pytest.approx(0.4),
        "herfindahl": pytest.approx(0.52),
    }  # fmt: skip
    assert found.loc[("102", "trade"), "location_quotient"] == pytest.approx(1.5)
    gaps = green_composition(jobs, prefectures, counties, target=0.75).set_index(["code", "class"])
    # trade aims at three quarters of the way from .4 to .9, farming at the nation's share
    assert gaps.loc[("101", "trade and e-commerce")].to_dict() == {
        "name": "c1", "share": 0.4, "target": pytest.approx(0.775), "gap": pytest.approx(0.375),
    }  # fmt: skip
    assert gaps.loc[("102", "green farming"), "target"] == pytest.approx(0.4)
    low = green_composition(jobs, prefectures, counties, target=0.5).set_index(["code", "class"])
    # the middle place has .65: above the nation's .6
    assert low.loc[("101", "trade and e-commerce"), "target"] == pytest.approx(0.65)


@pytest.mark.parametrize(
    ("criterion", "value"), [("gdp_per_head", -1.0), ("gdp_per_head", np.nan), ("urban_share", 1.01), ("urban_share", -0.01)]
)  # fmt: skip
def test_numbers_that_no_stage_has(criterion, value):
    with pytest.raises(QuantityError, match="expected"):
        stage_of(criterion, value)


def test_criteria_and_shares_that_are_none():
    with pytest.raises(QuantityError, match="known: gdp_per_head"):
        stage_of("beauty", 1.0)
    for shares in ((0.5, 0.3, 0.3), (-0.1, 0.6, 0.5)):
        with pytest.raises(QuantityError, match="expected shares that sum to 1"):
            value_added_stage(*shares)
    assert value_added_stage(0.335, 0.34, 0.335).stage == "early"


@pytest.mark.parametrize(
    ("shares", "score"),
    [
        # from as much farming as industry, .35 of .7 each, down to a fifth
        ((0.3, 0.4, 0.3), 33 * (0.35 - 0.3) / 0.15), ((0.2, 0.5, 0.3), 33.0), ((0.15, 0.5, 0.35), 49.5), ((0.1, 0.5, 0.4), 66.0),
        ((0.05, 0.55, 0.4), 82.5), ((0.0, 0.6, 0.4), 99.0), ((0.2, 0.2, 0.6), 33.0),
    ],
)  # fmt: skip
def test_points_of_the_ladder(shares, score):
    assert value_added_stage(*shares).score == pytest.approx(score)


@pytest.mark.parametrize(
    ("score", "stage"),
    [
        (0.0, "pre"), (0.1, "early, first half"), (16.4, "early, first half"), (16.5, "early, second half"), (32.9, "early, second half"),
        (33.0, "middle, first half"), (66.0, "late, first half"), (82.5, "late, second half"), (99.0, "late, second half"), (99.1, "post"),
    ],
)  # fmt: skip
def test_halves_of_the_composite(score, stage):
    assert composite_stage({"urban_share": score})[0] == stage


def test_the_composite_weighs_what_is_known():
    stage, score, known = composite_stage({"gdp_per_head": 50.0, "value_added": 20.0, "beauty": 3.0, "urban_share": np.nan})  # fmt: skip
    assert score == pytest.approx((0.36 * 50 + 0.22 * 20) / 0.58)
    assert known == pytest.approx(0.58)
    assert stage == "middle, first half"


def test_criteria_that_lie_apart_are_a_doubt():
    prefectures = squares(4, 6, parts=1)
    figures = pd.DataFrame(
        [("101", 2020, "urban_share", 0.2), ("101", 2020, "manufacturing_share", 0.45), ("101", 2020, "gdp_per_head", 100.0)],
        columns=["code", "year", "indicator", "value"],
    )  # fmt: skip
    money = gdp([("101", 2020, 15, 50, 35)])
    found = industrial_stage(money, prefectures, prefectures, None, figures, yuan_per_dollar=1.0)
    found = found.set_index("criterion")
    assert found.loc["composite", "doubt"] == "criteria lie two stages or more apart"
    assert found.loc["manufacturing_share", "stage"] == "middle"
    assert found.loc["gdp_per_head", ["value", "stage", "score"]].tolist() == [100.0, "pre", 0.0]
    assert found.loc["value_added", "value"] == pytest.approx(0.15)
    assert set(found["year"]) == {2020}
    assert set(found["name"]) == {"c1"}
    # .22 of middle, .22 of the ladder's middle: (49.5 + 49.5) * .22 / .92
    assert found.loc["composite", "score"] == pytest.approx(2 * 49.5 * 0.22 / 0.92)
    near = industrial_stage(money, prefectures, prefectures, None, figures.iloc[1:2], least_known=0.44)  # fmt: skip
    assert near.set_index("criterion").loc["composite", "doubt"] == ""
    none = industrial_stage(money, prefectures, prefectures, None, figures.iloc[1:2], least_known=0.45)  # fmt: skip
    assert "composite" not in set(none["criterion"])


@pytest.mark.parametrize(("year", "rate"), [(2000, 2.46), (2005, 2.86), (2012, 3.98), (2021, 5.49)])
def test_a_dollars_worth_between_the_years_that_are_known(year, rate):
    prefectures = squares(4, 6, parts=1)
    figures = pd.DataFrame({"code": ["101"], "year": [year], "indicator": ["gdp_per_head"], "value": [1000.0]})  # fmt: skip
    found = industrial_stage(gdp([("9", year, 1, 1, 1)]), prefectures, prefectures, None, figures)
    assert found["value"].iloc[0] == pytest.approx(1000 / rate)


def test_years_without_a_dollars_worth_or_figures_are_refused():
    prefectures = squares(4, 6, parts=1)
    for year in (1999, 2022):
        with pytest.raises(QuantityError, match=f"known for {year} .known: 2000 to 2021"):
            industrial_stage(gdp([("101", year, 1, 1, 1)]), prefectures, prefectures)
    with pytest.raises(QuantityError, match="no criterion is known"):
        industrial_stage(gdp([("9", 2020, 1, 1, 1)]), prefectures, prefectures)


def test_given_shares_go_before_those_computed_of_people():
    prefectures = squares(4, 6, parts=1)
    figures = pd.DataFrame(
        [("101", 2020, "urban_population", 40.0), ("101", 2020, "total_population", 100.0)],
        columns=["code", "year", "indicator", "value"],
    )
    money = gdp([("101", 2020, 15, 50, 35)])
    found = industrial_stage(money, prefectures, prefectures, None, figures, yuan_per_dollar=1.0, least_known=0.0)  # fmt: skip
    assert found.set_index("criterion").loc["urban_share", "value"] == pytest.approx(0.4)
    more = pd.concat([figures, pd.DataFrame({"code": ["101"], "year": [2020], "indicator": ["urban_share"], "value": [0.45]})])  # fmt: skip
    found = industrial_stage(money, prefectures, prefectures, None, more, yuan_per_dollar=1.0, least_known=0.0)  # fmt: skip
    assert found.set_index("criterion").loc["urban_share", "value"] == pytest.approx(0.45)
