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


def test_a_missing_number_of_jobs_is_refused():
    jobs, prefectures, counties = towns()
    jobs.loc[1, "persons"] = np.nan
    for ask in (employment_structure, green_composition, urban_flow):
        with pytest.raises(QuantityError, match=r"missing for 1, trade in 2020 \(1 rows\)"):
            ask(jobs, prefectures, counties)
