"""Names of nodes and corridors: the place where they lie, and a number that tells them apart."""

import geopandas as gpd
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from shanshui.pattern.naming import Name, names_of, numbered, places_at, told_apart

COUNTIES = gpd.GeoDataFrame(
    {"name": ["佛坪县", "洋县"], "name_en": ["Foping", None]},
    geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10)],
)
MASSIFS = gpd.GeoDataFrame(
    {"name": ["Qinling", "Daba"], "name_zh": ["秦岭", "大巴山"]},
    geometry=[Point(0, 0), Point(20, 0)],
)
AT = gpd.GeoSeries([Point(5, 5), Point(15, 5), Point(25, 5), Point(10, 5)])


def test_a_point_takes_the_county_that_holds_it_or_is_nearest_and_the_first_of_two():
    assert [n.own for n in places_at(AT, COUNTIES, MASSIFS)] == ["Foping", "洋县", "洋县", "Foping"]
    assert [n.zh for n in places_at(AT, COUNTIES, None)] == ["佛坪县", "洋县", "洋县", "佛坪县"]


def test_without_counties_the_massif_names_and_without_both_nothing():
    assert places_at(AT, None, MASSIFS)[0] == Name("Qinling", "秦岭")
    assert places_at(AT, COUNTIES.iloc[:0], MASSIFS)[2] == Name("Daba", "大巴山")
    assert places_at(AT, COUNTIES.assign(name="", name_en=""), MASSIFS)[0].own == "Qinling"
    assert not any(places_at(AT, None, None))
    assert places_at(AT.iloc[:0], COUNTIES, None) == []


def test_a_name_in_one_language_stands_for_both():
    assert names_of(COUNTIES)[1] == Name("洋县", "洋县")
    assert names_of(MASSIFS.drop(columns="name_zh"))[0] == Name("Qinling", "Qinling")


def test_parts_of_one_place_are_counted_and_others_keep_what_they_are_called():
    own, zh = numbered(
        [Name("Yang", "洋"), Name(), Name("Yang", "洋"), Name("Qin", "秦")], list("1234")
    )
    assert own == ["Yang 1", "2", "Yang 2", "Qin 1"]
    assert zh == ["洋 1", "2", "洋 2", "秦 1"]
    assert numbered([], []) == ([], [])


@given(st.lists(st.sampled_from(["Han", "Han 2", "Han 2 2", "Dan"]), max_size=12))
def test_names_told_apart_are_unique_and_the_first_of_each_is_kept(names):
    out = told_apart(names)
    assert len(set(out)) == len(out) == len(names)
    assert all(o.startswith(n) for o, n in zip(out, names, strict=True))
    assert out[:1] == names[:1]
