"""The legend of a map of a table: every class has a name of its own, in numbers that a reader can read."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from shanshui.report.number_classes import edge_words, value_fills


def legend(values, unit=""):
    places = gpd.GeoDataFrame(geometry=[Point(k, 0).buffer(0.4) for k in range(len(values))])
    return [words for _, _, words in value_fills(places, pd.Series(values, dtype=float), unit)]


@pytest.mark.parametrize(
    "values",
    [
        17_000_000 + np.arange(14) * 1000.0,
        1e11 + np.arange(14),
        np.arange(1, 15) * 1e-7,
        1.0 + np.arange(14) * 1e-6,
        -np.arange(14) * 12_345.0,
        np.geomspace(0.001, 9e11, 14),
    ],
)
def test_no_two_classes_share_a_name_and_none_is_a_power_of_ten(values):
    names = legend(values)
    assert len(names) == len(set(names)) == 7
    for name in names:
        low, high = name.split(" – " if " – " in name else "–")
        assert "e" not in name
        assert float(low.replace(",", "")) < float(high.replace(",", ""))


def test_numbers_have_no_more_digits_than_tell_them_apart_and_thousands_stand_apart():
    assert edge_words(np.array([0.0, 0.123456, 7.0, 1234.0, 17_345_678.0])) == [
        "0", "0.12", "7", "1,200", "17,000,000",
    ]  # fmt: skip
    assert edge_words(np.array([17_010_000.0, 17_020_000.0])) == ["17,010,000", "17,020,000"]
    assert edge_words(np.array([-0.5, 0.25])) == ["-0.5", "0.25"]
    assert edge_words(np.array([2e12, 3e12])) == ["2e+12", "3e+12"]


def test_one_value_everywhere_is_one_class_and_so_are_values_that_differ_by_rounding_only():
    assert legend([17_234_567.0] * 3, "t") == ["17,234,600 t"]
    assert legend([2023.0, np.nan, 2023.0]) == ["2,023"]
    assert legend([0.1 + 0.2, 0.3, 0.3]) == ["0.3"]


def test_every_place_with_a_value_is_in_one_class_and_one_without_in_none():
    values = pd.Series([*np.linspace(3, 4e6, 23), np.nan, np.inf])
    places = gpd.GeoDataFrame(geometry=[Point(k, 0).buffer(0.4) for k in range(25)])
    shown = pd.concat([part for part, _, _ in value_fills(places, values, "")])
    assert sorted(shown.index) == list(range(23))
