"""Places that lie elsewhere than their code or name says."""

import geopandas as gpd
import pytest
import shapely

from shanshui.collect.sense_places import FAR_M, place_doubts

KM = 1000.0


def chess(codes, names=None, **more):
    """Squares of 20 km in a row of five, then the next row."""
    shapes = [
        shapely.box(
            20 * KM * (k % 5), 20 * KM * (k // 5), 20 * KM * (k % 5 + 1), 20 * KM * (k // 5 + 1)
        )
        for k in range(len(codes))
    ]
    return gpd.GeoDataFrame(
        {"code": codes, "name": names or [f"N{c}" for c in codes], "parent": "", **more},
        geometry=shapes,
    )


CODES = [f"6109{k:02d}" for k in range(1, 11)] + [f"4203{k:02d}" for k in range(1, 11)]


def test_places_among_their_own_raise_no_doubt():
    assert place_doubts({"counties": chess(CODES)}) == {}


def test_two_codes_that_were_exchanged_are_named():
    codes = list(CODES)
    codes[1], codes[17] = codes[17], codes[1]
    (text,) = place_doubts({"counties": chess(codes)})["counties"]
    assert (
        "420308 N420308 touches none of the 9 others of 4203 and lies among those of 6109" in text
    )
    assert "1 more are like that" in text


def test_parents_tell_the_division_where_they_are_given():
    frame = chess([str(k) for k in range(20)], parent=["A"] * 10 + ["B"] * 10)
    assert place_doubts({"counties": frame}) == {}
    frame.loc[18, "parent"] = "A"
    (text,) = place_doubts({"counties": frame})["counties"]
    assert "18 N18 touches none of the 10 others of A" in text


def test_islands_and_lone_places_of_a_division_are_no_wonder():
    frame = chess(CODES)
    frame.loc[3, "geometry"] = shapely.affinity.translate(frame.geometry[3], 9e5, 0)
    assert place_doubts({"counties": frame}) == {}
    codes = [*CODES[:-1], "511302"]
    assert place_doubts({"counties": chess(codes)}) == {}


@pytest.mark.parametrize(("away", "said"), [(0.0, 0), (FAR_M - 1, 0), (FAR_M + 1, 1)])
def test_a_town_far_from_the_place_of_its_name(away, said):
    places = chess(["610900", "420300"], ["安康市", "十堰市"])
    towns = gpd.GeoDataFrame(
        {"name": ["安康", "十堰", "南京"]},
        geometry=[shapely.Point(-away, KM), shapely.Point(30 * KM, KM), shapely.Point(9e6, 9e6)],
    )
    found = place_doubts({"prefectures": places, "cities": towns}).get("cities", [])
    assert len(found) == said
    if said:
        assert "1 of 3" in found[0]
        assert "安康, 30 km" in found[0]


def test_the_nearest_of_several_bearers_counts():
    places = chess(["1", "2"], ["城关区", "城关区"])
    towns = gpd.GeoDataFrame({"name": ["城关"]}, geometry=[shapely.Point(45 * KM, KM)])
    assert place_doubts({"counties": places, "cities": towns}) == {}
