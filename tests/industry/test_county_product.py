"""Product of counties by where the workers are."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.industry.county_product import county_gdp
from shanshui.industry.economy import SECTORS


def places(codes, parents):
    boxes = [shapely.box(k, 0, k + 1, 1) for k in range(len(codes))]
    return gpd.GeoDataFrame({"code": codes, "name": codes, "parent": parents}, geometry=boxes)


def work(**persons):
    """Workers of a county in agriculture, mining and trade."""
    rows = [
        (code, industry, count)
        for code, counts in persons.items()
        for industry, count in zip(("agriculture", "mining", "trade"), counts, strict=True)
    ]
    return pd.DataFrame(rows, columns=["code", "industry", "persons"]).assign(year=2020)


def money(code, *yuan, year=2020):
    return pd.DataFrame({"code": code, "year": year, "sector": SECTORS, "yuan": yuan})


COUNTIES = places(["a", "b", "c"], ["P", "P", "P"])
PREFECTURES = places(["P"], [""])
GDP = money("P", 10.0, 100.0, 50.0)
JOBS = work(a=(3, 1, 2), b=(1, 4, 0), c=(0, 0, 2))


def shared(gdp=GDP, jobs=JOBS, counties=COUNTIES, **settings):
    return county_gdp(gdp, jobs, counties, PREFECTURES, **settings).set_index(["code", "sector"])


def test_each_sector_goes_to_where_its_workers_are():
    found = shared()
    assert found["yuan"]["a", "primary"] == pytest.approx(7.5)
    assert found["yuan"]["b", "secondary"] == pytest.approx(80.0)
    assert found["yuan"]["c", "tertiary"] == pytest.approx(25.0)
    assert found["yuan"]["c", "primary"] == 0.0  # nobody works there, and that is told
    assert found["worker_share"]["a", "primary"] == pytest.approx(0.75)
    assert found["yuan"].sum() == pytest.approx(160.0)
    assert set(found["basis"]) == {"by workers"}


def test_a_county_with_its_own_product_keeps_it_and_the_others_share_the_rest():
    own = pd.DataFrame({"code": ["a"], "year": [2020], "sector": ["primary"], "yuan": [4.0]})
    found = shared(pd.concat([GDP, own]))
    assert found["yuan"]["a", "primary"] == 4.0
    assert found["yuan"]["b", "primary"] == pytest.approx(6.0)
    assert found["basis"]["a", "primary"] == "told"
    assert found["yuan"].sum() == pytest.approx(160.0)


def test_without_workers_of_the_study_there_is_none():
    with pytest.raises(QuantityError, match="no county of the study has workers"):
        shared(jobs=JOBS.assign(code="zz"))


@pytest.mark.parametrize(
    "jobs",
    [JOBS[JOBS["code"] != "c"], JOBS.assign(persons=JOBS["persons"].where(JOBS["code"] != "c"))],
)
def test_a_county_without_workers_is_named_and_never_nothing(jobs):
    table = county_gdp(GDP, jobs, COUNTIES, PREFECTURES)
    assert table["yuan"].isna().all()
    assert set(table["basis"]) == {"workers of c are not known"}
    assert table.attrs["without_workers"] == ["c"]
    # what such a county tells itself stands, and the others share the rest
    told = pd.concat([GDP, money("c", 1.0, 10.0, 20.0)])
    found = shared(told, jobs)
    assert found["yuan"]["c", "tertiary"] == 20.0
    assert found["yuan"].sum() == pytest.approx(160.0)


def test_a_sector_without_a_row_is_not_one_without_workers():
    gone = ~((JOBS["code"] == "c") & (JOBS["industry"] == "agriculture"))
    found = shared(jobs=JOBS[gone])
    assert found.loc[(slice(None), "primary"), "yuan"].isna().all()
    assert found["yuan"]["b", "secondary"] == pytest.approx(80.0)


def test_an_industry_that_a_county_leaves_blank_is_not_nobody():
    more = JOBS[JOBS["industry"] == "mining"].assign(industry="manufacturing", persons=[30, 50, 20])
    blank = (JOBS["code"] == "a") & (JOBS["industry"] == "mining")
    jobs = pd.concat([JOBS.assign(persons=JOBS["persons"].mask(blank)), more])
    table = county_gdp(GDP, jobs, COUNTIES, PREFECTURES)
    found = table.set_index(["code", "sector"])
    # 70 of the 74 workers of b and c are in what all three tell
    assert found["yuan"]["a", "secondary"] == pytest.approx(30.0)
    assert found["yuan"]["b", "secondary"] == pytest.approx(50.0)
    assert set(found["basis"].xs("secondary", level="sector")) == {"by workers of manufacturing"}
    assert found["yuan"].sum() == pytest.approx(160.0)
    assert found["worker_share"].xs("secondary", level="sector").isna().all()
    assert table.attrs["not_told"] == ["a"]
    assert table.attrs["without_workers"] == []
    # too many of them are where a is silent
    strict = shared(jobs=jobs, least_told=0.96).xs("secondary", level="sector")
    assert strict["yuan"].isna().all()
    assert set(strict["basis"]) == {"workers of a are not known"}
    alone = shared(jobs=JOBS.assign(persons=JOBS["persons"].mask(blank)))
    assert alone["yuan"].xs("secondary", level="sector").isna().all()
    # a row that is not there is nobody, as long as the county has another of the sector
    gone = jobs[jobs["persons"].notna()]
    assert shared(jobs=gone)["yuan"]["a", "secondary"] == pytest.approx(30.0 / 104 * 100)


def test_a_county_that_says_more_than_its_prefecture_is_refused_by_name():
    own = pd.DataFrame({"code": ["b"], "year": [2020], "sector": ["secondary"], "yuan": [103.0]})
    with pytest.raises(QuantityError, match="b has 103 yuan of the secondary sector in 2020, more"):
        shared(pd.concat([GDP, own]))
    assert shared(pd.concat([GDP, own]), tolerance=0.05)["yuan"]["b", "secondary"] == 103.0
    # as much as two offices differ: the others have nothing left to share, which is told
    near = shared(pd.concat([GDP, own.assign(yuan=101.0)]))
    assert np.isnan(near["yuan"]["a", "secondary"])
    assert (
        near["basis"]["a", "secondary"] == "the other counties tell all of the prefecture's product"
    )


def test_counties_that_say_more_together_are_refused():
    both = pd.concat([GDP, money("a", 6.0, 50.0, 20.0), money("b", 6.0, 50.0, 20.0)])
    with pytest.raises(
        QuantityError, match=r"a, b has 12 yuan .* more than the 10 of its prefecture P"
    ):
        shared(both)


def test_counties_that_all_tell_theirs_must_reach_their_prefecture():
    every = pd.concat([GDP, *(money(c, 3.0, 30.0, 15.0) for c in "abc")])
    with pytest.raises(
        QuantityError, match=r"all counties of P \(a, b, c\) tell 9 yuan of the primary sector in 2020, less than its 10"
    ):  # fmt: skip
        shared(every)
    assert shared(every, tolerance=0.2)["yuan"].sum() == pytest.approx(144.0)
    # one that does not tell has the rest
    assert shared(every[every["code"] != "c"])["yuan"]["c", "tertiary"] == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"industry": "批发"}, "employment.industry: 批发 belong to no sector; known are"),
        ({"industry": "total"}, "'total' is the sum of the others"),
        ({"industry": " 合计 "}, "'合计' is the sum of the others"),
        ({"persons": -10.0}, "a, agriculture in 2020 holds -10, expected 0 or more"),
    ],
)
def test_workers_that_are_not_right_are_refused(change, message):
    rows = JOBS.iloc[[0]].assign(**change)
    with pytest.raises(QuantityError, match=message):
        shared(jobs=pd.concat([JOBS.iloc[1:], rows]))


def test_industries_are_named_by_sector():
    jobs = JOBS.replace({"industry": {"agriculture": "农业", "mining": "采矿", "trade": "批发"}})
    named = {"primary": ("农业",), "secondary": ("采矿",), "tertiary": ("批发",)}
    pd.testing.assert_frame_equal(shared(jobs=jobs, **named), shared())
    # a word that stands in two settings is of the first
    assert shared(primary=("agriculture", "mining"))["yuan"]["b", "primary"] == pytest.approx(10 * 5 / 9)  # fmt: skip


def test_a_row_of_product_that_stands_twice_is_refused():
    with pytest.raises(QuantityError, match="gdp: P has the primary sector of 2020 twice"):
        shared(pd.concat([GDP, GDP]))


def test_a_prefecture_without_product_and_a_sector_without_workers_say_so():
    assert set(shared(GDP.assign(code="Q"))["basis"]) == {"no product of P in 2020"}
    idle = shared(jobs=work(a=(0, 1, 1), b=(0, 1, 1), c=(0, 1, 1)))
    assert idle["basis"]["a", "primary"] == "nobody works in the sector in P"
    assert np.isnan(idle["yuan"]["a", "primary"])


def test_workers_of_a_county_without_an_outline_count():
    counties = places([f"61070{k}" for k in (2, 3)], ["P", "P"])
    prefectures = places(["610700"], [""]).assign(name="P")
    jobs = work(**{"610702": (1, 1, 1), "610703": (1, 1, 1), "610722": (2, 2, 2)})
    found = county_gdp(GDP.assign(code="610700"), jobs, counties, prefectures)
    assert found["yuan"].sum() == pytest.approx(80.0)


def test_earlier_years_are_shared_out_by_the_same_workers():
    both = pd.concat([GDP, money("P", 5.0, 20.0, 5.0, year=2014)])
    found = county_gdp(both, JOBS, COUNTIES, PREFECTURES, also=(2014.0,))
    assert found.groupby("year")["yuan"].sum().to_dict() == pytest.approx({2014: 30.0, 2020: 160.0})
    assert found.attrs["workers_of"] == 2020
    with pytest.raises(QuantityError, match="also: 2020 is not before 2014"):
        county_gdp(both, JOBS, COUNTIES, PREFECTURES, year=2014, also=(2020.0,))
    with pytest.raises(QuantityError, match="no rows of 2001"):
        county_gdp(both, JOBS, COUNTIES, PREFECTURES, also=(2001.0,))


@given(
    st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=6),
    st.tuples(*[st.floats(0, 1e13)] * 3),
)
def test_counties_sum_to_their_prefecture_wherever_somebody_works(persons, yuan):
    codes = [f"c{k}" for k in range(len(persons))]
    jobs = pd.concat([work(z=(1, 1, 1)), work(**dict(zip(codes, persons, strict=True)))])
    codes = ["z", *codes]
    found = shared(money("P", *yuan), jobs, places(codes, ["P"] * len(codes)))
    sums = found["yuan"].groupby("sector").sum()
    assert sums[list(SECTORS)].tolist() == pytest.approx(list(yuan), rel=1e-9, abs=1e-6)
