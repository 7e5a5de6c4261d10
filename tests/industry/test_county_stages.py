"""Stage of counties and of the region, and its share of the nation."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from shanshui.core.errors import QuantityError
from shanshui.industry.county_stages import (
    county_stage,
    inner_counties,
    product_share,
    region_stage,
)
from shanshui.industry.economy import SECTORS
from shanshui.industry.stage_verdicts import industrial_stage
from shanshui.industry.validation import industry_validation
from shanshui.region.years import at_year

COUNTIES = gpd.GeoDataFrame(
    {"code": ["a", "b", "c"], "name": ["A", "B", "C"], "parent": "P"},
    geometry=[shapely.box(k, 0, k + 1, 1) for k in range(3)],
)
LEVELS = gpd.GeoDataFrame(
    {"level": ["inner", "outer"]}, geometry=[shapely.box(0, 0, 2, 1), shapely.box(0, 0, 3, 1)]
)
PEOPLE = pd.DataFrame(
    {"code": [*"abab"], "year": [2010, 2010, 2020, 2020], "population": [100.0, 300.0, 200.0, 100.0]}
)  # fmt: skip


def product(year=2015, **yuan):
    rows = [
        (code, year, "P", sector, value)
        for code, values in yuan.items()
        for sector, value in zip(SECTORS, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["code", "year", "prefecture", "sector", "yuan"])


MADE = product(a=(150e3, 500e3, 350e3), b=(100e3, 200e3, 100e3), c=(np.nan, 1.0, 1.0))


def towns(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "indicator", "value"])


def test_counties_are_judged_on_people_between_two_counts():
    found = county_stage(MADE, COUNTIES, PEOPLE, yuan_per_dollar=5.0)
    one = found[found["code"] == "a"].set_index("criterion")
    # 100 people in 2010 and 200 in 2020: 150 in 2015
    assert one.loc["gdp_per_head", "value"] == pytest.approx(1e6 / 150 / 5)
    assert one.loc["value_added", "stage"] == "middle"
    assert one.loc["composite", "value"] == pytest.approx(0.58)
    # c has no product of one sector, and nobody was counted there
    assert set(found["code"]) == {"a", "b"}
    with pytest.raises(QuantityError, match="no criterion is known for any county in 1999"):
        county_stage(MADE, COUNTIES, PEOPLE, years=(1999.0,), yuan_per_dollar=5.0)


def test_the_region_is_the_sum_of_its_counties():
    found = region_stage(MADE, COUNTIES, LEVELS, PEOPLE, yuan_per_dollar=5.0)
    found = found.set_index("criterion")
    # 150 and 200 people
    assert found.loc["gdp_per_head", "value"] == pytest.approx(1.4e6 / 350 / 5)
    assert found.loc["value_added", "value"] == pytest.approx(250 / 1400)
    assert "counties" not in found.loc["composite", "doubt"]
    wide = LEVELS.set_geometry([shapely.box(0, 0, 3, 1)] * 2)
    with pytest.raises(QuantityError, match="in no year have 90% of the 3 counties"):
        region_stage(MADE, COUNTIES, wide, PEOPLE, yuan_per_dollar=5.0)


def test_towns_of_the_region_need_all_its_counties():
    some = towns(
        ("a", 2015, "urban_population", 30.0), ("a", 2015, "total_population", 100.0),
    )  # fmt: skip
    both = pd.concat([
        some, towns(("b", 2015, "urban_population", 90.0), ("b", 2015, "total_population", 100.0))
    ])  # fmt: skip
    asked = {"yuan_per_dollar": 5.0}
    part = region_stage(MADE, COUNTIES, LEVELS, PEOPLE, some, **asked)
    assert "urban_share" not in set(part["criterion"])
    whole = region_stage(MADE, COUNTIES, LEVELS, PEOPLE, both, **asked).set_index("criterion")
    assert whole.loc["urban_share", "value"] == pytest.approx(0.6)


def test_a_prefecture_has_the_towns_of_its_counties_or_its_own():
    prefecture = COUNTIES.iloc[:1].assign(code="P", name="P")
    given = product(P=(15.0, 50.0, 35.0)).drop(columns="prefecture"), prefecture, COUNTIES
    counts = towns(*[
        (c, 2015, i, v)
        for c, urban in (("a", 10.0), ("b", 20.0), ("c", 60.0))
        for i, v in (("urban_population", urban), ("total_population", 100.0))
    ])  # fmt: skip
    found = industrial_stage(*given, None, counts).set_index("criterion")
    assert found.loc["urban_share", "value"] == pytest.approx(0.3)
    own = towns(("P", 2015, "urban_population", 40.0), ("P", 2015, "total_population", 100.0))
    found = industrial_stage(*given, None, pd.concat([counts, own])).set_index("criterion")
    assert found.loc["urban_share", "value"] == pytest.approx(0.4)
    # a county that is counted in another year only leaves this one without
    late = counts.assign(year=counts["year"].where(counts["code"] != "c", 2020))
    found = industrial_stage(*given, None, late)
    assert "urban_share" not in set(found["criterion"])


NATION = pd.DataFrame(
    {"figure": ["product", "product"], "year": [2010, 2015], "value": [5.0, 14.0], "unit": "1e6 yuan", "source": "made up"}
)  # fmt: skip


def test_share_of_the_nation():
    found = product_share(MADE, COUNTIES, LEVELS, NATION).set_index("figure")["value"]
    assert found[["year", "counties", "counties_known", "product", "product_share"]].tolist() == [
        2015.0, 2.0, 2.0, pytest.approx(1.4e6), pytest.approx(0.1),
    ]  # fmt: skip
    wide = LEVELS.set_geometry([shapely.box(0, 0, 3, 1)] * 2)
    part = product_share(MADE, COUNTIES, wide, NATION).set_index("figure")["value"]
    assert (part["counties"], part["counties_known"]) == (3, 2)
    # two of three are no region: their product is told, a share of the nation is not
    assert np.isnan(part["product_share"])
    assert 0 < part["known_ground"] < 1
    assert np.isnan(part["product_of_all"])
    unknown = product_share(MADE, COUNTIES, LEVELS).set_index("figure")["value"]
    assert np.isnan(unknown["product_share"])
    with pytest.raises(QuantityError, match="product of 2010 beside that of the counties of 2015"):
        product_share(MADE, COUNTIES, LEVELS, NATION.iloc[:1])
    with pytest.raises(QuantityError, match="no county of the region has a product in 2015"):
        product_share(product(c=(1.0, 1.0, 1.0)), COUNTIES, LEVELS)


def test_a_countys_stage_and_the_share_can_be_held_against_what_is_published():
    said = pd.DataFrame({
        "measure": ["stage", "stage", "product_share"], "place": ["a/2015", "region/2015", ""], "low": [1, 0, 0.09], "high": [1, 4, 0.11],
        "statement": ["A is early", "the region is at some stage", "a tenth"], "source": "made up",
    })  # fmt: skip
    found = industry_validation(
        county_stage=county_stage(MADE, COUNTIES, PEOPLE, yuan_per_dollar=5.0),
        region_stage=region_stage(MADE, COUNTIES, LEVELS, PEOPLE, yuan_per_dollar=5.0),
        product_share=product_share(MADE, COUNTIES, LEVELS, NATION),
        published=said,
    )
    assert found["verdict"].tolist() == ["agrees"] * 3
    assert "2 of 2 counties, 2015" in found.iloc[-1]["note"]


def test_years_between_two_counts_lie_on_a_line_and_none_beyond():
    index = pd.MultiIndex.from_tuples(
        [("a", 2010), ("a", 2020), ("b", 2020)], names=["code", "year"]
    )
    counts = pd.Series([1.0, 2.0, 5.0], index=index)
    assert at_year(counts, 2012)["a"] == pytest.approx(1.2)
    assert at_year(counts, 2020).to_dict() == {"a": 2.0, "b": 5.0}
    assert np.isnan(at_year(counts, 2012)["b"])
    assert at_year(counts, 2021).isna().all()


def test_counties_are_inner_by_a_point_inside():
    assert inner_counties(LEVELS, COUNTIES) == {"a", "b"}
    assert inner_counties(None, COUNTIES) == set()
