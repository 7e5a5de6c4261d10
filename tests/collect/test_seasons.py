"""An index of one season is told from that of a year."""

import pytest

from shanshui.collect.catalog import InputSpec
from shanshui.collect.seasons import season_of


@pytest.mark.parametrize(
    ("spec", "season"),
    [
        ({"file": "ndvi_copernicus_june_1999_2017.tif"}, "june"),
        ({"file": "n.tif", "edition": "mean of 21 June, 1999-2017"}, "june"),
        ({"file": "MOD13Q1_20190610.tif"}, "20190610"),
        ({"file": "ndvi_2019-06.tif"}, "2019-06"),
        ({"file": "植被指数_2019年6月.tif"}, "6月"),
        ({"file": "ndvi.nc", "layer": "夏季"}, "夏季"),
        ({"file": "ndvi.nc", "time": "2019-06-10"}, "2019-06-10"),
        ({"file": "ndvi_2019.tif"}, ""),
        ({"file": "ndvi_max_202006.tif"}, ""),
        ({"file": "ndvi.tif", "edition": "annual maximum of twelve months, june 2019 to may 2020"}, ""),
        ({"file": "ndvi_june_max.tif"}, "june"),
        ({"file": "MVC_2019-06.tif"}, "2019-06"),
        ({"file": "n.tif", "edition": "maximum of July"}, "july"),
        ({"file": "植被指数_6月最大.tif"}, "6月"),
        ({"file": "ndvi_annual_max_2019.tif"}, ""),
        ({"file": "ndvi_yearly_maximum_june_to_may.tif"}, ""),
        ({"file": "ndvi_jan-dec_mvc.tif"}, ""),
        ({"file": "植被指数_1-12月最大.tif"}, ""),
        ({"file": "植被指数_11-12月.tif"}, "12月"),
        ({"file": "ndvi_mvc.tif"}, ""),
        ({"file": "maya_ndvi_19992017.tif"}, ""),
        ({"file": "marche_decade.tif"}, ""),
    ],
)  # fmt: skip
def test_words_of_a_season_are_found(spec, season):
    assert season_of([InputSpec(**spec)]) == season
