"""At the door each table meets the study's places, and what it lost goes with every product made from it."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from shanshui import open_study
from shanshui.core.errors import ShanshuiError
from shanshui.study.new import new_study

CRS = "+proj=aea +lat_1=31 +lat_2=35 +lat_0=33 +lon_0=108 +datum=WGS84"
CODES = ["610902", "610921", "610928", "610929"]
SLIP = ["610902", "610921", "610981", "610929"]
TABLES = {
    "population": {"population": 1000},
    "gdp": {"sector": "primary", "yuan": 1000.0},
    "employment": {"industry": "manufacturing", "persons": 1000},
    "products": {"flow": "visits", "amount": 1000.0},
    "productivity": {"npp": 500.0},
    "place_indicators": {"indicator": "gdp_per_head", "value": 1000.0},
}


@pytest.fixture
def study(tmp_path):
    """Four counties of 9 km2; lays a table beside them and opens the study."""
    heights = (np.arange(3600).reshape(60, 60) * 0.2 + 300).astype(np.float32)
    with rasterio.open(
        tmp_path / "dem.tif", "w", driver="GTiff", height=60, width=60, count=1, dtype="float32", crs=CRS,
        transform=from_origin(0, 6000, 100, 100),
    ) as file:  # fmt: skip
        file.write(heights, 1)
    boxes = [shapely.box(x, y, x + 3000, y + 3000) for y in (0, 3000) for x in (0, 3000)]
    names = ["汉滨区", "汉阴县", "旬阳县", "白河县"]
    frame = gpd.GeoDataFrame({"code": CODES, "name": names}, geometry=boxes, crs=CRS)
    frame.to_file(tmp_path / "counties.gpkg")
    new_study(tmp_path / "s", elevation=tmp_path / "dem.tif")
    bare = (tmp_path / "s/study.toml").read_text("utf-8")
    bare += f'\n[inputs.counties]\nfile = "{tmp_path}/counties.gpkg"\n'

    def laid(name, table, extra=""):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        text = f'{bare}\n[inputs.{name}]\nfile = "{tmp_path}/{name}.csv"\n{extra}\n'
        (tmp_path / "s/study.toml").write_text(text, "utf-8")
        return open_study(tmp_path / "s")

    return laid


def table_of(name, codes=SLIP, **more):
    return pd.DataFrame({"code": codes, "year": 2020, **TABLES[name], **more})


@pytest.mark.parametrize("name", TABLES)
def test_a_code_that_changed_is_told_by_check_and_kept(study, name):
    opened = study(name, table_of(name))
    (look,) = [v for v in opened.verdicts() if v.name == name]
    said = " ".join(look.doubts)
    assert look.state == "doubtful"
    assert "610981" in said
    assert "25 %" in said
    assert "610928" in said
    opened.run(name)
    account = opened.joins(name)[name]
    assert account.share == 0.25
    assert [w[0] for w in account.without] == ["610928"]
    json.dumps(opened.record(name).facts["join"])


def test_every_product_of_a_joined_table_carries_its_account(study):
    opened = study("population", table_of("population"))
    opened.run("spatial_levels")
    assert opened.joins("spatial_levels")["population"].unmatched[0].code == "610981"
    assert not opened.joins("slope")


def test_an_edit_of_the_crosswalk_makes_the_table_anew(study, tmp_path):
    walk = tmp_path / "walk.csv"
    walk.write_text("from,to\n610928,610981\n")
    opened = study("population", table_of("population"), f'crosswalk = "{walk}"')
    opened.run("population")
    assert opened["population"]["population"].sum() == 4000
    assert opened.joins("population")["population"].clean
    walk.write_text("from,to\n610929,610981\n")
    assert opened.state("population") == "stale"
    opened.run("population")
    assert opened.joins("population")["population"].without[0][0] == "610928"


def test_names_files_and_limits_are_heard(study, tmp_path):
    (tmp_path / "names.csv").write_text("alias,code\n610981,610928\n")
    opened = study("population", table_of("population"), f'names = "{tmp_path}/names.csv"')
    opened.run("population")
    assert opened["population"]["population"].sum() == 4000
    strict = study("population", table_of("population"), "unmatched = 0.1")
    with pytest.raises(ShanshuiError, match="allowed are 10 %"):
        strict.run("population")
    (look,) = [v for v in strict.verdicts() if v.name == "population"]
    assert look.state == "unusable"


def test_a_table_of_names_alone_is_read(study):
    table = pd.DataFrame(
        {"地区": ["汉 滨 区", "汉阴", "旬阳市", "白河县"], "year": 2020, "population": 10}
    )
    opened = study("population", table)
    opened.run("population")
    assert sorted(opened["population"]["code"]) == CODES


def test_a_crosswalk_that_is_not_there_is_named(study, tmp_path):
    opened = study("population", table_of("population"), 'crosswalk = "nowhere.csv"')
    with pytest.raises(ShanshuiError, match="nowhere.csv"):
        opened.run("population")


def test_a_later_figure_of_one_county_is_no_year_of_all(study):
    more = pd.DataFrame({"code": ["610902"], "year": [2021], "population": [9000]})
    opened = study("population", pd.concat([table_of("population", CODES), more]))
    (look,) = [v for v in opened.verdicts() if v.name == "population"]
    assert "the latest year of the whole is 2020" in " ".join(look.doubts)
    opened.run("spatial_levels")
    assert opened["spatial_levels"]["population"].iloc[0] == 4000


def test_a_crosswalk_where_nothing_is_joined_is_refused(study, tmp_path):
    opened = study("roads", pd.DataFrame({"lon": [108.0], "lat": [33.0]}), 'crosswalk = "x.csv"')
    (look,) = [v for v in opened.verdicts() if v.name == "roads"]
    assert "crosswalk has no meaning" in " ".join(look.problems)
