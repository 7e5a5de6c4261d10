"""Places of the basins where a small fault would go unseen: ties of tributaries, least areas, long lists, rims."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.worlds import EQUAL_AREA, codes, grid

from shanshui.basins.delineation import river_basin_outlets, river_basins
from shanshui.basins.flowpaths import conditioned_elevation, drainage_check, upstream_area
from shanshui.basins.nested import nested_basins, pfafstetter
from shanshui.basins.planning_units import planning_unit_labels

E, W = 1, 16


def units_in_a_row(cells, target, least=0.0):
    direction = codes([[E] * (cells - 1) + [0]])
    mask = grid(np.ones(direction.shape), "1", dtype=np.uint8)
    outlets = river_basin_outlets(direction, upstream_area(direction), mask)
    labels = planning_unit_labels(
        direction, mask, river_basins(direction, outlets), target_area_km2=target,
        least_area_km2=least,
    )  # fmt: skip
    return np.bincount(labels.values[0])[1:].tolist()


def test_a_rest_below_a_fortieth_of_the_target_joins_what_it_touches():
    """20 km2 are 2000 hectares, the last of which lies below the cut, and a fortieth 50: a rest of 49 is joined, one of 50 stands."""
    assert units_in_a_row(2048, 20.0) == [2048]
    assert units_in_a_row(2049, 20.0) == [1999, 50]
    assert units_in_a_row(2048, 20.0, least=0.49) == [1999, 49]
    assert units_in_a_row(2047, 20.0, least=0.49) == [2047]


@pytest.mark.parametrize(("loops", "told"), [(3, 6), (50, 100), (60, 100)])
def test_a_hundred_cells_that_do_not_drain_are_told(loops, told):
    """Pairs of cells that drain into one another, and one outlet."""
    table = drainage_check(codes([[E, W] * loops + [0]]))
    assert table.iloc[0, 1:5].tolist() == [2 * loops + 1, 1, 2 * loops, 1]
    assert len(table) == 1 + told
    assert (table["what"].iloc[1:] == "undrained").all()
    assert table.iloc[1:, 1:5].to_numpy().tolist() == [[1, 0, 1, 0]] * told
    assert table["x"].iloc[1:].tolist() == [50.0 + 100.0 * k for k in range(told)]
    assert (table["y"].iloc[1:] == 50.0).all()


def test_where_all_drain_no_place_is_told():
    table = drainage_check(codes([[E, 0, 255]]))
    assert table.iloc[0, 1:5].tolist() == [2, 2, 0, 1]
    assert table[["x", "y"]].isna().all(axis=None)
    assert len(table) == 1


def test_of_equal_tributaries_the_first_ones_are_numbered():
    """Six alike join a stem of seven reaches: the four that come first are 2 to 8, the two others lie in the stretch above."""
    onward = np.array([-1, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
    area = np.array([100.0, 90, 80, 70, 60, 50, 40, 5, 5, 5, 5, 5, 5])
    found = pfafstetter(onward, area, 1)
    assert found == ["1", "3", "5", "7", "9", "9", "9", "2", "4", "6", "8", "9", "9"]
    # first in the list, not along the stem: those that join at its upper end
    onward[7:] = [5, 4, 3, 2, 1, 0]
    found = pfafstetter(onward, area, 1)
    assert found == ["1", "1", "1", "3", "5", "7", "9", "8", "6", "4", "2", "1", "1"]


def test_of_two_at_one_joint_the_greater_comes_first_and_of_equal_stems_the_first():
    assert pfafstetter(np.array([-1, 0, 0, 0]), np.array([30.0, 15, 3, 7]), 1) == ["1", "5", "4", "2"]  # fmt: skip
    assert pfafstetter(np.array([-1, 0, 0]), np.array([10.0, 5, 5]), 1) == ["1", "3", "2"]
    # the mouth need not come first
    assert pfafstetter(np.array([1, 2, -1]), np.array([1.0, 2, 3]), 2) == ["11", "11", "11"]


def test_a_burnt_river_leaves_two_cells_along_every_rim():
    """Of nine cells across the five that lie further than two from the rim are burnt; a trench of two drains them."""
    ground = np.full((9, 9), 100.0, np.float32)
    river = gpd.GeoDataFrame(
        {"name": ["r"]}, geometry=[shapely.LineString([(0, 450), (900, 450)])], crs=EQUAL_AREA
    )

    def lowered(depth):
        shaped = conditioned_elevation(
            grid(ground, "m"), river, burn_depth_m=depth, method="breach"
        )
        return shaped.values < 99.0

    assert not lowered(0.0).any()
    burnt = lowered(30.0)
    assert burnt[4, 2:7].all()
    assert burnt.sum() == 7
    # a gap is rim as well, all around it
    ground[4, 4] = np.nan
    assert not lowered(30.0).any()


def test_small_units_are_joined_until_none_is_left():
    """Forty cells that are units of their own, of which none may have less than five."""
    found = units_in_a_row(40, 0.01, least=0.05)
    assert sum(found) == 40
    assert min(found) >= 5
    assert max(found) < 10


def test_a_basin_without_a_stream_above_one_with_a_stream_keeps_its_ground():
    """Six cells in a row, the gauge at the third: streams are in the lower basin alone, the upper one carries digit 0."""
    direction = codes([[E] * 5 + [0]])
    mask = grid(np.ones((1, 6)), "1", dtype=np.uint8)
    area = upstream_area(direction)
    gauge = gpd.GeoDataFrame(
        {"name": ["G"], "published_km2": [0.03]}, geometry=[shapely.Point(250, 50)], crs=EQUAL_AREA
    )
    outlets = river_basin_outlets(direction, area, mask, gauge, snap_km=0.0)
    basins = river_basins(direction, outlets)
    order = grid([[0, 0, 0, 0, 1, 1]], "1", dtype=np.uint8, nodata=0)
    found = nested_basins(direction, area, order, basins, outlets, mask)
    assert dict(zip(found["code"], found["area_km2"].round(9), strict=True)) == {
        "B01-0": 0.03,
        "B02-1": 0.03,
    }
    assert found["parent"].tolist() == ["B01", "B02"]
