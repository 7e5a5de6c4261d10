"""Where counties stand in the nation: side of the population line, statutory zones, programmes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from shapely import box

from shanshui.core.errors import QuantityError
from shanshui.region.grid import GridSpec
from shanshui.zoning.place_standing import place_standing

CRS = "EPSG:6933"
TO_METRES = pyproj.Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
SPEC = GridSpec(CRS, 50000.0, 7000000.0, 6200000.0, 100, 125)
"""East Asia in cells of 50 km on a cylinder of equal areas."""


def counties_of(shapes):
    count = len(shapes)
    return gpd.GeoDataFrame(
        {"code": [f"10{k + 1}" for k in range(count)], "name": [f"c{k + 1}" for k in range(count)], "parent": ""},
        geometry=shapes, index=pd.RangeIndex(1, count + 1, name="unit"), crs=CRS,
    )  # fmt: skip


def standing(*places, **given):
    """A county of one cell round each longitude and latitude."""
    held = np.zeros((SPEC.ny, SPEC.nx), np.int32)
    shapes = []
    for k, place in enumerate(places, 1):
        x, y = TO_METRES.transform(*place)
        row, column = int((SPEC.top - y) // SPEC.cell_m), int((x - SPEC.left) // SPEC.cell_m)
        held[row, column] = k
        west, north = SPEC.left + column * SPEC.cell_m, SPEC.top - row * SPEC.cell_m
        shapes.append(box(west, north - SPEC.cell_m, west + SPEC.cell_m, north))
    counties = counties_of(shapes)
    if "zone_of" in given:
        given["statutory_zones"] = given.pop("zone_of")(counties)
    return place_standing(SPEC.lay(held, "1", nodata=0), counties, **given)


def lists(*rows):
    return pd.DataFrame(rows, columns=["code", "programme", "programme_zh", "year"])


XIAN, LANZHOU, CHENGDU, HOHHOT, SHANGHAI, LHASA = (
    (108.94, 34.26), (103.82, 36.06), (104.07, 30.66), (111.7, 40.8), (121.4, 31.2), (91.1, 29.65),
)  # fmt: skip


def test_towns_whose_side_everyone_knows():
    table = standing(XIAN, CHENGDU, SHANGHAI, LANZHOU, LHASA)
    assert table["hu_side"].tolist() == ["southeast"] * 3 + ["northwest"] * 2
    assert (table["hu_km"] > 0).tolist() == [True, True, True, False, False]
    assert table["southeast_share"].tolist() == [1.0, 1.0, 1.0, 0.0, 0.0]
    # Shanghai lies far, Xi'an two hundred kilometres from the line
    assert 150 < table["hu_km"][0] < 260
    assert table["hu_km"][2] > 900


def test_a_straight_line_on_longitude_and_latitude_would_put_a_place_on_the_other_side():
    # on it the line passes latitude 34.5 at 109.4 east; on the sphere further west
    table = standing((107.5, 34.5))
    assert table["hu_side"][0] == "southeast"


def test_a_line_along_the_equator_has_distances_that_a_pencil_gives():
    spec = GridSpec(CRS, 50000.0, 0.0, 100000.0, 4, 10)
    held = np.zeros((4, 10), np.int32)
    held[1, 5], held[2, 5] = 1, 2
    counties = counties_of([box(0, 0, 1, 1)] * 2)
    table = place_standing(
        spec.lay(held, "1", nodata=0), counties, line_from=(0.0, 0.0), line_to=(10.0, 0.0)
    )
    # the cylinder keeps areas by stretching north and south at the equator by 1 / cos 30
    half = 25.0 * np.cos(np.deg2rad(30.0))
    assert table["hu_km"].tolist() == pytest.approx([-half, half], rel=0.01)


def test_ground_past_the_ends_or_out_of_reach_is_on_neither_side():
    table = standing((130.5, 52.0), (75.5, 39.5), line_reach_km=1000.0)
    assert table["hu_side"].tolist() == ["beyond the line"] * 2
    assert table[["hu_km", "southeast_share"]].isna().all(axis=None)
    assert standing((75.5, 39.5))["hu_side"][0] == "northwest"


def test_a_county_that_the_line_crosses_is_on_both_sides():
    held = np.zeros((SPEC.ny, SPEC.nx), np.int32)
    x, y = TO_METRES.transform(105.0, 33.0)
    row, column = int((SPEC.top - y) // SPEC.cell_m), int((x - SPEC.left) // SPEC.cell_m)
    held[row - 4 : row + 4, column - 4 : column + 4] = 1
    row = place_standing(SPEC.lay(held, "1", nodata=0), counties_of([box(0, 0, 1, 1)])).iloc[0]
    assert row["hu_side"] == "crossed"
    assert 0.0 < row["southeast_share"] < 1.0


@pytest.mark.parametrize(
    ("ends", "message"),
    [
        (
            {"line_from": (1.0, 2.0, 3.0)},
            "line_from: found .*, expected a longitude and a latitude",
        ),
        ({"line_to": (20.0, 95.0)}, "line_to: found .*, expected a longitude and a latitude"),
        (
            {"line_from": (100.0, 30.0), "line_to": (100.0, 30.0)},
            "line_to: .* the same place as line_from",
        ),
    ],
)
def test_ends_that_make_no_line_are_refused(ends, message):
    with pytest.raises(QuantityError, match=message):
        standing(XIAN, **ends)


def test_lists_stand_with_their_year_the_earliest_first_and_who_is_on_none_stays_blank():
    given = lists(
        ("101", "Poor counties", "贫困县", 2012),
        ("101", "Poor counties", "贫困县", 1994),
        ("999", "Poor counties", "贫困县", 1994),
    )
    table = standing(XIAN, LANZHOU, county_programmes=given)
    assert table["programmes"].tolist() == ["Poor counties (1994); Poor counties (2012)", ""]
    assert table["programmes_zh"].tolist() == ["贫困县（1994）；贫困县（2012）", ""]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("101", "A", "", 2012), ("101", "A", "", 2012)], "101 stands twice on A of 2012"),
        ([("101", "", "", 2012)], "programme: row of 101 is blank"),
        ([("101", "A", "", np.nan)], "year: row of 101 is blank"),
    ],
)
def test_lists_that_say_nothing_or_the_same_twice_are_refused(rows, message):
    with pytest.raises(QuantityError, match=message):
        standing(XIAN, county_programmes=lists(*rows))


def test_a_statutory_zone_counts_where_it_holds_half_of_a_county():
    def zones(counties):
        return gpd.GeoDataFrame(
            {"name": ["W", "E"], "name_zh": ["西", ""], "kind": ["biodiversity", "water conservation"], "level": ["national", ""]},
            geometry=[counties.geometry[1], counties.geometry[2].buffer(-20000.0).buffer(1e5)], crs=CRS,
        )  # fmt: skip

    table = standing(LANZHOU, XIAN, SHANGHAI, zone_of=zones)
    assert table["statutory"].tolist() == [
        "W (biodiversity, national)",
        "E (water conservation)",
        "",
    ]
    assert table["statutory_zh"].tolist() == ["西", "E", ""]
