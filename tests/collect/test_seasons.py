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
        ({"file": "maya_ndvi_19992017.tif"}, ""),
        ({"file": "marche_decade.tif"}, ""),
    ],
)  # fmt: skip
def test_words_of_a_season_are_found(spec, season):
    assert season_of([InputSpec(**spec)]) == season
