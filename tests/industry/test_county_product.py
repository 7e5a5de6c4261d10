"""Product of counties by where the workers are."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from shanshui.core.errors import QuantityError
from shanshui.industry.county_product import county_gdp


def places(codes, parents):
    boxes = [shapely.box(k, 0, k + 1, 1) for k in range(len(codes))]
    return gpd.GeoDataFrame({"code": codes, "name": codes, "parent": parents}, geometry=boxes)


COUNTIES = places(["a", "b", "c"], ["P", "P", "P"])
PREFECTURES = places(["P"], [""])
GDP = pd.DataFrame(
    {"code": "P", "year": 2020, "sector": ["primary", "secondary", "tertiary"], "yuan": [10.0, 100.0, 50.0]}
)  # fmt: skip
JOBS = pd.DataFrame(
    [("a", "agriculture", 3), ("b", "agriculture", 1), ("a", "mining", 1), ("b", "manufacturing", 4), ("c", "trade", 2),
     ("a", "health", 2)],
    columns=["code", "industry", "persons"],
).assign(year=2020)  # fmt: skip


def test_each_sector_goes_to_where_its_workers_are():
    found = county_gdp(GDP, JOBS, COUNTIES, PREFECTURES).set_index(["code", "sector"])["yuan"]
    assert found["a", "primary"] == pytest.approx(7.5)
    assert found["b", "secondary"] == pytest.approx(80.0)
    assert found["c", "tertiary"] == pytest.approx(25.0)
    assert found.sum() == pytest.approx(160.0)


def test_a_county_with_its_own_product_keeps_it():
    own = pd.DataFrame({"code": ["a"], "year": [2020], "sector": ["primary"], "yuan": [4.0]})
    found = county_gdp(pd.concat([GDP, own]), JOBS, COUNTIES, PREFECTURES)
    assert found.set_index(["code", "sector"])["yuan"]["a", "primary"] == 4.0


def test_without_workers_of_the_study_there_is_none():
    with pytest.raises(QuantityError, match="no county of the study has workers"):
        county_gdp(GDP, JOBS.assign(code="zz"), COUNTIES, PREFECTURES)
