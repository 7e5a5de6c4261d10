"""Three lines of which each ground is in one at most, whose claims meet, and the spaces that they leave."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.zoning.control_lines import LINES, control_line_areas, control_lines

FOREST, FARMED, BUILT = (covers()[w].code for w in ("forest", "farmed", "built"))
CELL = 1000.0


def lay(values, unit="1", dtype=np.uint8, nodata=None):
    values = np.atleast_2d(np.asarray(values, dtype))
    return grid_spec(*values.shape, cell_m=CELL).lay(values, unit, nodata=nodata)


def drawn(cover, red, farm=None, build=None, slope=None, **more):
    count = len(cover)
    return control_lines(
        lay(cover, nodata=0),
        lay(slope or [5.0] * count, "degree", np.float32),
        lay(red, nodata=255),
        lay(farm or [1] * count, nodata=0),
        lay(build or [5] * count, nodata=0),
        **more,
    )


def line(found):
    return found["line"].values.ravel().tolist()


def test_each_ground_lies_in_the_line_of_its_first_claim():
    found = drawn([FOREST, FARMED, FARMED, BUILT, FOREST], [1, 1, 0, 0, 0])
    assert line(found) == [1, 1, 2, 3, 0]
    assert found["space"].values.ravel().tolist() == [1, 1, 2, 3, 1]
    assert found["claims_farmland"].values.ravel().tolist() == [0, 1, 1, 0, 0]


def test_another_order_gives_the_field_to_farming():
    assert line(drawn([FOREST, FARMED], [1, 1], order=("farmland", "red_line", "town"))) == [1, 2]


def test_a_town_that_stands_is_not_in_the_red_line_and_a_hamlet_is():
    cover = [BUILT, BUILT, FOREST, BUILT]
    assert line(drawn(cover, [1, 1, 1, 1], least_town_km2=2.0)) == [3, 3, 1, 1]


def test_a_town_grows_over_ground_that_suits_building_so_far_and_not_over_fields_or_the_line():
    cover = [BUILT, FOREST, FOREST, FOREST, FARMED]
    build = [1, 1, 1, 1, 1]
    assert line(drawn(cover, [0] * 5, build=build, growth_m=2000.0)) == [3, 3, 3, 0, 2]
    assert line(drawn(cover, [0, 1, 0, 0, 0], build=build, growth_m=2000.0)) == [3, 1, 3, 0, 2]
    assert line(drawn(cover, [0] * 5, build=[5, 3, 5, 1, 1], growth_m=2000.0)) == [3, 0, 0, 0, 2]


@pytest.mark.parametrize(("slope", "farm", "taken"), [(25.0, 2, 2), (25.1, 1, 0), (5.0, 3, 0), (5.0, 0, 0)])  # fmt: skip
def test_permanent_farmland_suits_farming_and_is_not_steep(slope, farm, taken):
    assert line(drawn([FARMED], [0], farm=[farm], slope=[slope])) == [taken]


def test_farmland_that_was_drawn_is_taken_as_it_is():
    west, _, _, north = grid_spec(1, 3, cell_m=CELL).bounds
    square = shapely.box(west, north - CELL, west + CELL, north)
    given_ = gpd.GeoDataFrame(geometry=[square], crs=grid_spec(1, 3, cell_m=CELL).crs)
    found = drawn([FOREST, FARMED, FARMED], [0, 0, 0], basic_farmland=given_)
    assert line(found) == [2, 0, 0]
    # fields outside the line stay agricultural space
    assert found["space"].values.ravel().tolist() == [2, 2, 2]


def test_ground_of_unknown_cover_or_line_is_in_none_and_counted():
    found = drawn([0, FOREST, FOREST], [0, 255, 1])
    assert line(found) == [255, 255, 1]
    table = control_line_areas(lay([1, 1, 1], dtype=np.int32, nodata=0), found)
    assert table["unknown_km2"].tolist() == [2.0]
    assert table["ecological_space_share"].tolist() == [1.0]


def test_areas_overlaps_and_shares_of_places():
    found = drawn([FOREST, FARMED, FARMED, BUILT, FARMED], [1, 1, 0, 0, 0], build=[5, 5, 5, 1, 1])
    table = control_line_areas(lay([1, 1, 1, 1, 2], dtype=np.int32, nodata=0), found).set_index("unit")  # fmt: skip
    first, second = table.loc[1], table.loc[2]
    assert (first["red_line_km2"], first["permanent_farmland_km2"], first["town_boundary_km2"]) == (2, 1, 1)  # fmt: skip
    assert (first["red_line_farmland_km2"], second["farmland_town_km2"]) == (1.0, 1.0)
    assert [first[f"{n}_space_share"] for n in ("ecological", "agricultural", "urban")] == [0.5, 0.25, 0.25]  # fmt: skip


@given(
    cover=st.lists(st.sampled_from([0, FOREST, FARMED, BUILT]), min_size=6, max_size=6),
    red=st.lists(st.sampled_from([0, 1, 255]), min_size=6, max_size=6),
    build=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    order=st.permutations(LINES),
)
def test_whatever_the_order_shares_sum_to_one_and_no_line_lies_where_it_is_not_claimed(
    cover, red, build, order
):
    found = drawn(cover, red, build=build, order=tuple(order))
    code = found["line"].values
    for number, name in enumerate(LINES, 1):
        assert (found[f"claims_{name}"].values[code == number] == 1).all()
    row = control_line_areas(lay([1] * 6, dtype=np.int32, nodata=0), found).iloc[0]
    shares = [row[f"{n}_space_share"] for n in ("ecological", "agricultural", "urban")]
    assert np.isnan(shares).all() or sum(shares) == pytest.approx(1.0)
    assert row["unknown_km2"] + (code != 255).sum() == pytest.approx(6.0)


@pytest.mark.parametrize("order", [("red_line", "farmland"), ("red_line", "farmland", "farmland")])
def test_an_order_that_does_not_name_each_line_once_is_refused(order):
    with pytest.raises(QuantityError, match="control_lines.order: lacks town"):
        drawn([FOREST], [0], order=order)
