"""Worked values of each layer and column of the chapter, on drainage that can be read off the page."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString
from tests.worlds import EQUAL_AREA, codes, grid, grid_spec, squares

from shanshui.basins.delineation import river_basin_outlets, river_basins, upstream_index
from shanshui.basins.flowpaths import (
    conditioned_elevation,
    drainage_check,
    flow_direction,
    flow_distance,
    upstream_area,
)
from shanshui.basins.nested import nested_basins, pfafstetter
from shanshui.basins.people_inside import people_inside
from shanshui.basins.planning_units import planning_unit_labels, planning_units, target_area
from shanshui.basins.population import (
    population_density,
    settlement_weight,
    spatial_levels,
    unit_population,
)
from shanshui.basins.streams import magnitudes, river_reaches, stream_order, stream_threshold
from shanshui.basins.unit_facts import (
    unit_climate,
    unit_land_cover,
    unit_slope_classes,
    unit_terrain,
)
from shanshui.basins.unit_links import unit_county_crosswalk, unit_neighbours, unit_upstream
from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.region.grid import grid_of
from shanshui.region.unitset import rasterised

E, S, W, N = 1, 4, 16, 64


@pytest.fixture
def comb():
    """Three rows of five hectares: the upper and the lower one drain into the middle one, that one eastward."""
    return codes([[S] * 5, [E] * 4 + [0], [N] * 5])


@pytest.fixture
def ends():
    """Four cells in a row, two of which drain to each end."""
    return codes([[0, W, E, 0]])


def everywhere(layer):
    return grid(np.ones(layer.shape), "1", dtype=np.uint8)


def outlets_of(direction, **settings):
    return river_basin_outlets(
        direction, upstream_area(direction), everywhere(direction), **settings
    )


def gauges(*rows, zh=None):
    frame = gpd.GeoDataFrame(
        {"name": [r[0] for r in rows], "published_km2": [r[1] for r in rows]},
        geometry=[shapely.Point(r[2], r[3]) for r in rows],
        crs=EQUAL_AREA,
    )
    return frame if zh is None else frame.assign(name_zh=zh)


# along the water


def test_area_gathers_down_the_comb(comb):
    area = upstream_area(comb)
    assert area.values[1].tolist() == pytest.approx([0.03, 0.06, 0.09, 0.12, 0.15])
    assert area.values[0].tolist() == pytest.approx([0.01] * 5)
    outside = comb.copy(data=comb.values.copy())
    outside.values[0, 0] = 255
    area = upstream_area(outside).values
    assert np.isnan(area[0, 0])
    assert area[1, 0] == pytest.approx(0.02)


def test_distance_is_the_sides_and_diagonals_on_the_way():
    far = flow_distance(codes([[2, S, 255], [E, 2, S], [0, W, 0]])).values
    # down right twice: two diagonals of 0.1414 km to the corner
    assert far[0, 0] == pytest.approx(0.2 * np.sqrt(2))
    assert far[0, 1] == pytest.approx(0.1 + 0.1 * np.sqrt(2))
    assert far[1, 0] == pytest.approx(0.1 + 0.1 * np.sqrt(2))
    assert far[2, 1] == pytest.approx(0.1)
    assert far[2, 0] == 0.0
    assert np.isnan(far[0, 2])


def test_each_neighbour_has_its_code():
    """A cone with its foot in the middle of one side: water goes to the lowest neighbour by length."""
    z = np.array([[9.0, 8.0, 9.0], [7.0, 6.0, 7.0], [5.0, 0.0, 5.0]], np.float32)
    # from the middle: 6 m straight down, 1 m over the diagonals; the lower corners go inward
    assert flow_direction(grid(z, "m")).values[1, 1] == S
    assert flow_direction(grid(z[::-1].copy(), "m")).values[1, 1] == N
    assert flow_direction(grid(z.T.copy(), "m")).values[1, 1] == E
    assert flow_direction(grid(z.T[:, ::-1].copy(), "m")).values[1, 1] == W


def test_a_pit_is_filled_to_its_spill_or_drained_by_a_trench():
    z = np.full((5, 5), 9.0, np.float32)
    z[2, 2], z[2, 3], z[2, 4] = 1.0, 6.0, 5.0
    filled = conditioned_elevation(grid(z, "m")).values
    assert filled[2, 2] == pytest.approx(6.0, abs=1e-3)
    assert filled[2, 3] == pytest.approx(6.0)
    dug = conditioned_elevation(grid(z, "m"), method="breach").values
    assert dug[2, 2] == pytest.approx(1.0, abs=1e-3)
    assert dug[2, 3] <= 1.0 + 1e-3


def test_a_river_is_burnt_as_deep_and_as_wide_as_told_but_for_two_cells_of_the_rim():
    _y, x = np.indices((9, 12))
    ground = grid((500.0 - 10.0 * x).astype(np.float32), "m")
    river = gpd.GeoDataFrame(
        {"name": ["r"]}, geometry=[shapely.LineString([(0, 450), (1200, 450)])], crs=EQUAL_AREA
    )
    # 5 m: shallower than the fall of a cell, so that nothing is filled
    lowered = (ground.values - conditioned_elevation(ground, river, burn_depth_m=5.0).values) > 4.9
    assert np.argwhere(lowered).tolist() == [[4, j] for j in range(2, 10)]
    wide = ground.values - conditioned_elevation(
        ground, river, burn_depth_m=5.0, burn_buffer_m=120.0
    ).values  # fmt: skip
    assert np.unique(np.argwhere(wide > 4.9)[:, 0]).tolist() == [3, 4, 5]


def test_a_river_is_not_burnt_within_two_cells_of_a_hole_even_over_the_corner():
    _, x = np.indices((9, 14))
    ground = grid((500.0 - 10.0 * x).astype(np.float32), "m")
    ground.values[2, 7] = np.nan
    river = gpd.GeoDataFrame(
        {"name": ["r"]}, geometry=[shapely.LineString([(0, 450), (1400, 450)])], crs=EQUAL_AREA
    )
    fall = ground.values - conditioned_elevation(ground, river, burn_depth_m=5.0).values
    assert np.flatnonzero(fall[4] > 4.9).tolist() == [2, 3, 4, 10, 11]


def test_the_drainage_check_counts_and_places_what_is_caught():
    table = drainage_check(codes([[E, W, 0, 255]]))
    assert table.iloc[0][["what", "cells", "drained", "undrained", "outlets"]].tolist() == [
        "all", 3, 1, 2, 1,
    ]  # fmt: skip
    caught = table.iloc[1:]
    assert caught["what"].tolist() == ["undrained"] * 2
    assert (
        caught[["cells", "drained", "undrained", "outlets"]].to_numpy().tolist()
        == [[1, 0, 1, 0]] * 2
    )
    assert caught["x"].tolist() == [50.0, 150.0]
    assert caught["y"].tolist() == [50.0, 50.0]
    sound = drainage_check(codes([[E, E, 0]]))
    assert len(sound) == 1
    assert sound[["x", "y"]].isna().all(axis=None)


def test_at_most_a_hundred_places_are_listed():
    table = drainage_check(codes([[E, W] * 101]))
    assert len(table) == 101
    assert table["undrained"].iloc[0] == 202


# streams


def test_streams_begin_at_the_least_area_itself(comb):
    area = upstream_area(comb)
    assert stream_order(comb, area, least_km2=0.03).values.tolist() == [[0] * 5, [1] * 5, [0] * 5]
    assert stream_order(comb, area, least_km2=0.031).values[1].tolist() == [0, 1, 1, 1, 1]
    # all cells: heads of order 1 join in twos, and one more head changes nothing
    assert stream_order(comb, area, least_km2=0.01).values.tolist() == [[1] * 5, [2] * 5, [1] * 5]


def test_the_automatic_threshold_is_a_2000th_between_fifty_cells_and_fifty_km2():
    hectare = grid_spec(10, 10, 100.0)
    assert stream_threshold(4000.0, hectare) == pytest.approx(2.0)
    assert stream_threshold(200.0, hectare) == pytest.approx(0.5)
    assert stream_threshold(1e6, hectare) == pytest.approx(50.0)


def test_without_a_threshold_streams_take_the_automatic_one():
    """A row of 100 hectares: fifty cells, half a square kilometre, are where the stream begins."""
    row = codes([[E] * 99 + [0]])
    found = stream_order(row, upstream_area(row)).values[0]
    assert np.flatnonzero(found)[0] == 49


def test_one_reach_from_head_to_mouth(comb):
    area = upstream_area(comb)
    frame = river_reaches(comb, area, stream_order(comb, area, least_km2=0.03))
    row = frame.iloc[0]
    assert len(frame) == 1
    assert row[["reach", "order", "downstream"]].tolist() == [1, 1, 0]
    assert row["upstream_km2"] == pytest.approx(0.15)
    assert row["length_km"] == pytest.approx(0.4)
    assert next(iter(row.geometry.coords)) == (50.0, 150.0)
    assert list(row.geometry.coords)[-1] == (450.0, 150.0)


def test_reaches_end_in_the_first_cell_of_the_next(comb):
    area = upstream_area(comb)
    frame = river_reaches(comb, area, stream_order(comb, area, least_km2=0.01)).set_index("reach")
    assert len(frame) == 15
    heads = frame[frame["order"] == 1]
    assert heads["length_km"].tolist() == pytest.approx([0.1] * 10)
    assert heads["upstream_km2"].tolist() == pytest.approx([0.01] * 10)
    stem = frame[frame["order"] == 2]
    assert sorted(stem["upstream_km2"]) == pytest.approx([0.03, 0.06, 0.09, 0.12, 0.15])
    for reach, row in frame[frame["downstream"] > 0].iterrows():
        below = frame.loc[row["downstream"]]
        assert row.geometry.coords[-1] == below.geometry.coords[0], reach
    mouth = frame[frame["downstream"] == 0]
    assert len(mouth) == 1
    assert mouth["length_km"].iloc[0] == 0.0


def test_three_more_orders_of_the_comb(comb):
    area = upstream_area(comb)
    frame = river_reaches(comb, area, stream_order(comb, area, least_km2=0.01))
    heads = frame[frame["order"] == 1]
    assert heads[["shreve", "scheidegger", "drwal"]].drop_duplicates().to_numpy().tolist() == [
        [1, 2, 1]
    ]
    # two heads more at each of five joints; Strahler stays at 2
    stem = frame[frame["order"] == 2].sort_values("upstream_km2")
    assert stem["shreve"].tolist() == [2, 4, 6, 8, 10]
    assert stem["scheidegger"].tolist() == [4, 8, 12, 16, 20]
    assert stem["drwal"].tolist() == [2, 3, 3, 4, 4]
    # and of links that v.stream.order has measured: 32 and 4 heads
    found = magnitudes(np.array([32, 4, 31, 33, 1]))
    assert found["scheidegger"].tolist() == [64, 8, 62, 66, 2]
    assert found["drwal"].tolist() == [6, 3, 5, 6, 1]


def test_ground_without_a_stream_has_no_reach(comb):
    area = upstream_area(comb)
    frame = river_reaches(comb, area, stream_order(comb, area, least_km2=9.0))
    assert len(frame) == 0
    assert {"reach", "order", "downstream", "upstream_km2", "shreve", "drwal", "length_km"} <= set(
        frame.columns
    )


# outlets


def test_the_outlet_of_the_comb_and_the_row_for_all_else(comb):
    found = outlets_of(comb)
    assert found.index.tolist() == [1, 2]
    assert found["code"].tolist() == ["B01", "B02"]
    assert found["name"].tolist() == ["basin 1", "minor basins"]
    assert found["name_zh"].tolist() == ["流域1", "其他小流域"]
    assert found["parent"].tolist() == ["", ""]
    assert found["cell"].tolist() == [9, -1]
    assert found["upstream_km2"].iloc[0] == pytest.approx(0.15)
    assert np.isnan(found["upstream_km2"].iloc[1])
    assert found["published_km2"].isna().all()
    assert found["moved_km"].tolist() == [0.0, 0.0]
    assert found.geometry.iloc[0].coords[0] == (450.0, 150.0)


def test_an_outlet_counts_from_its_least_share_of_the_region(ends):
    assert outlets_of(ends, least_share=0.5)["cell"].tolist() == [0, 3, -1]
    assert outlets_of(ends, least_share=0.51)["cell"].tolist() == [-1]
    right = grid([[0, 0, 0, 1]], "1", dtype=np.uint8)
    found = river_basin_outlets(ends, upstream_area(ends), right, least_share=0.0)
    assert found["cell"].tolist() == [3, -1]


def test_the_first_cell_of_the_grid_may_be_an_outlet(ends):
    found = outlets_of(ends)
    assert found["upstream_km2"].tolist()[:2] == pytest.approx([0.02, 0.02])
    assert [p.coords[0] for p in found.geometry[:2]] == [(50.0, 50.0), (350.0, 50.0)]
    assert found.geometry.iloc[2].is_empty
    assert found.crs == EQUAL_AREA


def test_outlets_that_drain_more_come_first():
    found = outlets_of(codes([[0, W, E, E, 0]]))
    assert found["cell"].tolist() == [4, 0, -1]
    assert found["name"].tolist()[:2] == ["basin 1", "basin 2"]


def test_outlets_are_called_after_the_river_within_reach(ends):
    rivers = gpd.GeoDataFrame(
        {"name": ["Han", ""], "name_zh": ["汉江", ""]},
        geometry=[shapely.LineString([(0, 150), (400, 150)]), shapely.Point(50, 50).buffer(1)],
        crs=EQUAL_AREA,
    )
    found = outlets_of(ends, rivers=rivers, snap_km=0.1)
    assert found["name"].tolist() == ["Han", "Han (2)", "minor basins"]
    assert found["name_zh"].tolist() == ["汉江", "汉江 (2)", "其他小流域"]
    assert outlets_of(ends, rivers=rivers, snap_km=0.09)["name"].tolist()[0] == "basin 1"
    plain = outlets_of(ends, rivers=rivers.drop(columns="name_zh"), snap_km=0.1)
    assert plain["name_zh"].tolist()[:2] == ["Han", "Han (2)"]
    assert outlets_of(ends, rivers=rivers.iloc[1:], snap_km=0.1)["name"].iloc[0] == "basin 1"


def test_a_gauge_goes_to_the_published_area_within_reach(comb):
    """From the upper row, third column: 0.12 km2 lie a diagonal away, 0.09 one side."""
    at = (250.0, 250.0)
    found = outlets_of(comb, reference_outlets=gauges(("G", 0.12, *at), zh=["站"]), snap_km=0.2)
    row = found.iloc[0]
    assert row[["code", "name", "name_zh", "cell"]].tolist() == ["B01", "G", "站", 8]
    assert row["upstream_km2"] == pytest.approx(0.12)
    assert row["published_km2"] == pytest.approx(0.12)
    assert row["moved_km"] == pytest.approx(0.1 * np.sqrt(2))
    assert found["cell"].tolist() == [8, 9, -1]
    near = outlets_of(comb, reference_outlets=gauges(("G", 0.12, *at)), snap_km=0.1)
    assert near["cell"].iloc[0] == 7
    assert near["name_zh"].iloc[0] == "G"


@pytest.fixture
def brook():
    """Streams of the comb: the middle row of order 2, and a brook of order 1 in the third column above it."""
    order = np.zeros((3, 5), np.uint8)
    order[1] = 2
    order[0, 2] = 1
    return grid(order, "1", dtype=np.uint8, nodata=0)


def test_a_gauge_without_an_area_goes_to_the_nearest_stream_and_not_to_the_largest(comb, brook):
    at = (250.0, 250.0)
    found = outlets_of(
        comb, reference_outlets=gauges(("G", np.nan, *at)), stream_order=brook, snap_km=0.3
    )
    row = found.iloc[0]
    assert row["cell"] == 2
    assert row["moved_km"] == 0.0
    assert row["rule"] == "nearest stream"
    assert row["others"] == "0.09 km2 at 0.1 km; 0.12 km2 at 0.141 km; 0.06 km2 at 0.141 km"
    assert np.isnan(row["published_km2"])
    # off the streams: one cell east of the brook the river is as near as the brook, and greater
    east = outlets_of(
        comb, reference_outlets=gauges(("G", np.nan, 350.0, 250.0)), stream_order=brook, snap_km=0.3
    )
    assert east["cell"].iloc[0] == 8
    # without streams each cell is one
    assert (
        outlets_of(comb, reference_outlets=gauges(("G", np.nan, *at)), snap_km=0.3)["cell"].iloc[0]
        == 2
    )


def test_a_gauge_goes_to_the_stream_of_its_order_or_its_river(comb, brook):
    gauge = gauges(("Han above X", np.nan, 250.0, 250.0))
    of_order = outlets_of(
        comb, reference_outlets=gauge.assign(order=2), stream_order=brook, snap_km=0.3
    )
    assert of_order[["cell", "rule"]].iloc[0].tolist() == [7, "nearest stream of order 2"]
    rivers = gpd.GeoDataFrame(
        {"name": ["Han", "Hanbach"], "name_zh": ["汉江", "汉溪"]},
        geometry=[LineString([(0, 150), (500, 150)]), LineString([(250, 300), (250, 210)])],
        crs=gauge.crs,
    )
    named = outlets_of(
        comb, reference_outlets=gauge, stream_order=brook, rivers=rivers, snap_km=0.3
    )
    assert named["rule"].iloc[0] == "nearest cell of the river Han"
    assert named["cell"].iloc[0] in (7, 8, 9)
    other = gauge.assign(river="Hanbach")
    small = outlets_of(
        comb, reference_outlets=other, stream_order=brook, rivers=rivers, snap_km=0.3
    )
    assert small[["cell", "rule"]].iloc[0].tolist() == [2, "nearest cell of the river Hanbach"]


def test_a_gauge_lies_in_the_basin_that_it_names(ends):
    rows = gauges(("A", 0.02, 350.0, 50.0), ("B", np.nan, 150.0, 50.0))
    free = outlets_of(ends, reference_outlets=rows, snap_km=0.2)
    assert free["cell"].tolist()[:2] == [3, 1]
    bound = outlets_of(ends, reference_outlets=rows.assign(basin=["", "A"]), snap_km=0.2)
    assert bound["cell"].tolist()[:2] == [3, 2]
    assert bound["rule"].iloc[1] == "nearest stream above A"
    with pytest.raises(QuantityError, match="no point with a place of its own"):
        outlets_of(ends, reference_outlets=rows.assign(basin=["", "C"]), snap_km=0.2)


def test_a_gauge_without_a_stream_in_reach_is_refused(comb, brook):
    dry = brook.copy(data=np.zeros_like(brook.values))
    with pytest.raises(QuantityError, match="no stream within 0.3 km of 'G'"):
        outlets_of(
            comb,
            reference_outlets=gauges(("G", np.nan, 250.0, 250.0)),
            stream_order=dry,
            snap_km=0.3,
        )


@pytest.mark.parametrize("reach", [0.1, 0.2, 0.3, 0.5])
def test_a_wider_reach_moves_no_gauge_that_has_a_stream_nearer(comb, brook, reach):
    for column in range(5):
        gauge = gauges(("G", np.nan, 50.0 + 100 * column, 250.0))
        found = outlets_of(comb, reference_outlets=gauge, stream_order=brook, snap_km=reach)
        least = outlets_of(comb, reference_outlets=gauge, stream_order=brook, snap_km=0.1)
        assert found["cell"].iloc[0] == least["cell"].iloc[0]


def test_of_cells_equally_near_in_area_the_nearest_stands(comb):
    found = outlets_of(comb, reference_outlets=gauges(("G", 0.01, 250.0, 250.0)), snap_km=0.5)
    assert found["cell"].iloc[0] == 2
    assert found["moved_km"].iloc[0] == 0.0


def test_a_gauge_on_the_outlet_is_that_outlet_and_one_off_the_map_is_none(comb):
    rows = gauges(("G", 0.15, 450.0, 150.0), ("far", 1.0, 9e6, 50.0), ("west", 1.0, -50.0, 50.0))
    found = outlets_of(comb, reference_outlets=rows, snap_km=0.1)
    assert found["name"].tolist() == ["G", "minor basins"]


def test_a_gauge_without_ground_in_reach_is_refused(comb):
    empty = codes(np.full((3, 30), 255))
    empty.values[:, :5] = comb.values
    with pytest.raises(QuantityError, match=r"no ground within 0\.3 km of 'G'"):
        outlets_of(empty, reference_outlets=gauges(("G", 1.0, 2500.0, 150.0)), snap_km=0.3)


def test_a_basin_is_what_drains_through_its_outlet_first(comb):
    gauge = gauges(("G", 0.09, 250.0, 150.0))
    outlets = outlets_of(comb, reference_outlets=gauge, snap_km=0.0)
    assert river_basins(comb, outlets).values.tolist() == [[1, 1, 1, 2, 2]] * 3
    assert river_basins(comb, outlets_of(comb, least_share=1.0)).values.max() == 1


def test_what_drains_through_no_outlet_is_minor_and_outside_is_none(ends):
    direction = codes([[0, W, E, 0, 255]])
    found = river_basins(direction, outlets_of(direction, least_share=0.9)).values
    assert found.tolist() == [[1, 1, 1, 1, 0]]


def test_the_index_runs_from_the_outlet_to_the_farthest_source(comb):
    outlets = outlets_of(comb)
    index = upstream_index(comb, river_basins(comb, outlets), outlets).values
    assert index[1].tolist() == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])
    assert index[0].tolist() == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2])


def test_a_basin_above_another_outlet_has_an_index_of_its_own(comb):
    outlets = outlets_of(comb, reference_outlets=gauges(("G", 0.09, 250.0, 150.0)), snap_km=0.0)
    index = upstream_index(comb, river_basins(comb, outlets), outlets).values
    assert index[1].tolist() == pytest.approx([2 / 3, 1 / 3, 0.0, 0.5, 0.0])
    assert index[0].tolist() == pytest.approx([1.0, 2 / 3, 1 / 3, 1.0, 0.5])


def test_ground_outside_has_no_index():
    direction = codes([[0, W, 255]])
    outlets = outlets_of(direction)
    index = upstream_index(direction, river_basins(direction, outlets), outlets).values
    assert index[0, :2].tolist() == [0.0, 1.0]
    assert np.isnan(index[0, 2])


# nested basins


def nested(direction, least, level=1, mask=None):
    area = upstream_area(direction)
    order = stream_order(direction, area, least_km2=least)
    outlets = outlets_of(direction)
    basins = river_basins(direction, outlets)
    mask = everywhere(direction) if mask is None else mask
    return nested_basins(direction, area, order, basins, outlets, mask, level=level)


def test_a_stem_without_tributaries_is_one_basin(comb):
    row = nested(comb, 0.03).iloc[0]
    assert row[["code", "name", "name_zh", "parent"]].tolist() == [
        "B01-1", "basin 1 1", "流域1 1", "B01",
    ]  # fmt: skip
    assert row["area_km2"] == pytest.approx(0.15)
    deeper = nested(comb, 0.03, level=3)
    assert deeper["code"].tolist() == ["B01-111"]
    assert deeper["parent"].tolist() == ["B01-11"]


def test_ground_past_every_stream_carries_zero_and_ground_outside_is_left_out(comb):
    assert nested(comb, 9.0, level=2)["code"].tolist() == ["B01-00"]
    half = everywhere(comb)
    half.values[:, 2:] = 0
    assert nested(comb, 0.03, mask=half)["area_km2"].tolist() == pytest.approx([0.06])


def test_the_largest_tree_of_a_basin_has_the_digits_and_others_none():
    """Two and three hectares that leave on both sides, neither large enough for a basin of its own."""
    direction = codes([[0, W, E, E, 0]])
    outlets = outlets_of(direction, least_share=1.0)
    area = upstream_area(direction)
    frame = nested_basins(
        direction, area, stream_order(direction, area, least_km2=0.01),
        river_basins(direction, outlets), outlets, everywhere(direction), level=1,
    )  # fmt: skip
    assert frame["code"].tolist() == ["B01-0", "B01-1"]
    assert frame["area_km2"].tolist() == pytest.approx([0.02, 0.03])
    assert frame["name"].tolist() == ["minor basins 0", "minor basins 1"]
    turned = codes([[0, W, W, E, 0]])
    outlets, area = outlets_of(turned, least_share=1.0), upstream_area(turned)
    frame = nested_basins(
        turned, area, stream_order(turned, area, least_km2=0.01), river_basins(turned, outlets),
        outlets, everywhere(turned), level=1,
    )  # fmt: skip
    assert frame["area_km2"].tolist() == pytest.approx([0.02, 0.03])


def test_a_stream_with_tributaries_is_cut_into_its_parts(comb):
    """All cells are stream: of ten tributaries of a hectare the four lowest are 2, 4, 6, 8, two at each joint."""
    frame = nested(comb, 0.01)
    assert frame["code"].is_unique
    assert not frame["code"].str.endswith("0").any()
    assert frame["area_km2"].sum() == pytest.approx(0.15)
    even = frame[frame["code"].str[-1].isin(list("2468"))]
    assert even["area_km2"].tolist() == pytest.approx([0.01] * 4)


def test_tributaries_are_numbered_by_where_they_join():
    """A stem of five reaches with four tributaries of unequal size: 2, 4, 6, 8 going up, whatever their size."""
    onward = np.array([-1, 0, 1, 2, 3, 0, 1, 2, 3])
    area = np.array([50.0, 44.0, 33.0, 30.0, 20.0, 5.0, 10.0, 2.0, 9.0])
    assert pfafstetter(onward, area, 1) == ["1", "3", "5", "7", "9", "2", "4", "6", "8"]


def test_three_pieces_where_one_tributary_joins_and_each_is_split_again():
    onward = np.array([-1, 0, 0, 2, 2])
    area = np.array([10.0, 3.0, 6.0, 4.0, 1.0])
    # stem 0, 2, 3; tributary 1 joins below 2; within 3 (reaches 2, 3, 4) tributary 4 joins
    assert pfafstetter(onward, area, 1) == ["1", "2", "3", "5", "4"]
    onward, area = np.array([-1, 0, 0]), np.array([10.0, 4.0, 4.0])
    assert pfafstetter(onward, area, 2) == ["11", "31", "21"]  # of equal ones the first is the stem


# planning units


def units_of(direction, target, least=0.0001, **settings):
    outlets = outlets_of(direction)
    basins = river_basins(direction, outlets)
    labels = planning_unit_labels(
        direction, everywhere(direction), basins, target_area_km2=target, least_area_km2=least
    )
    index = upstream_index(direction, basins, outlets)
    return labels, planning_units(
        labels, direction, upstream_area(direction), index, basins, outlets, **settings
    )


def cut_of(direction, target, least=0.0001, **changed):
    given = {
        "basins": river_basins(direction, outlets_of(direction)),
        "mask": everywhere(direction),
    }
    given |= changed
    return planning_unit_labels(
        direction, given["mask"], given["basins"], target_area_km2=target, least_area_km2=least
    ).values


def test_a_unit_closes_above_the_joint_at_which_the_target_is_gathered(comb):
    """At the third joint 0.09 km2 have come together, 0.06 of them, more than half the target, from one side."""
    assert cut_of(comb, 0.09).tolist() == [[1, 1, 2, 2, 3]] * 3
    assert cut_of(comb, 0.091).tolist() == [[1, 1, 1, 2, 2]] * 3


def test_ground_that_gathers_from_small_streams_closes_at_its_own_cell():
    """Six cells drain straight into one: none of them alone brings half of the target of six."""
    direction = codes([[2, S, 8, 255], [E, E, W, 255], [128, N, 32, 255]])
    direction.values[1] = [E, S, W, 255]
    direction.values[2] = [128, E, E, 0]
    labels = cut_of(direction, 0.06)
    assert labels[0, :3].tolist() == labels[1, :3].tolist()
    assert labels[2, 3] != labels[1, 1]


def test_a_small_unit_joins_its_neighbour_and_one_of_the_least_size_stands(comb):
    assert cut_of(comb, 0.07, 0.03).tolist() == [[1, 1, 2, 2, 3]] * 3
    assert cut_of(comb, 0.07, 0.031).tolist() == [[1, 1, 2, 2, 2]] * 3


def three_mouths():
    """A corner of two hectares with its own mouth, beside six (two sides shared) and above four (one side)."""
    return codes([[S, E, E, S], [0, E, E, 0], [E, E, E, 0]])


def test_a_small_unit_without_a_next_one_joins_over_the_longest_border():
    labels = cut_of(three_mouths(), 9.0, 0.03)
    assert labels[0, 0] == labels[0, 1] != labels[2, 0]
    assert labels.max() == 2


def test_a_small_unit_joins_its_own_river_basin_before_a_longer_border():
    direction = three_mouths()
    basins = grid([[1, 2, 2, 2], [1, 2, 2, 2], [1, 1, 1, 1]], "1", dtype=np.int32, nodata=0)
    labels = cut_of(direction, 9.0, 0.03, basins=basins)
    assert labels[0, 0] == labels[2, 0] != labels[0, 1]


def test_a_small_unit_joins_the_next_one_down_before_a_longer_border():
    direction = codes([[S, E, E, S], [S, E, E, 0], [E, E, E, 0]])
    basins = grid([[1, 3, 3, 3], [1, 3, 3, 3], [2, 2, 2, 2]], "1", dtype=np.int32, nodata=0)
    labels = cut_of(direction, 9.0, 0.03, basins=basins)
    assert labels[0, 0] == labels[2, 0] != labels[0, 1]


def test_an_island_stands_and_what_can_be_joined_is_joined_after_it():
    direction = codes([[S, E, E, S, 255, 0], [0, E, E, 0, 255, 255], [E, E, E, 0, 255, 255]])
    mask = grid((direction.values != 255).astype(np.uint8), "1")
    labels = cut_of(direction, 9.0, 0.03, mask=mask)
    assert labels[0, 0] == labels[0, 1]
    assert labels[0, 5] not in (0, labels[0, 0], labels[2, 0])


def test_the_least_area_is_a_fortieth_of_the_target():
    """A target of 0.5 km2 leaves a rest of 0.0125 km2 or more alone: after 49 cells two stand, one does not."""
    for rest, units in ((0, 1), (1, 2)):
        direction = codes([[E] * (49 + rest) + [0]])
        assert cut_of(direction, 0.5, 0.0).max() == units


def test_units_do_not_pass_into_another_river_basin(comb):
    gauge = gauges(("G", 0.09, 250.0, 150.0))
    outlets = outlets_of(comb, reference_outlets=gauge, snap_km=0.0)
    assert cut_of(comb, 9.0, basins=river_basins(comb, outlets)).tolist() == [[1, 1, 1, 2, 2]] * 3


def test_the_automatic_target_and_ground_outside_the_region(comb):
    hectare, thirty = grid_spec(9, 9, 100.0), grid_spec(9, 9, 30.0)
    assert target_area(300_000.0, hectare) == pytest.approx(200.0)
    assert target_area(1e6, hectare) == pytest.approx(200.0)
    assert target_area(1500.0, hectare) == pytest.approx(1.0)
    assert target_area(3000.0, thirty) == pytest.approx(2.0)
    assert target_area(15.0, thirty) == pytest.approx(0.09)
    assert (cut_of(comb, 0.0) == 1).all()
    part = everywhere(comb)
    part.values[:, 3:] = 0
    assert cut_of(comb, 0.07, mask=part).tolist() == [[1, 1, 2, 0, 0]] * 3


def test_every_column_of_the_units_of_the_comb(comb):
    """Indices are means over six, six and three cells: 5 / 6, 2.6 / 6 and 0.4 / 3."""
    labels, units = units_of(comb, 0.07)
    assert labels.values.tolist() == [[1, 1, 2, 2, 3]] * 3
    assert units.index.tolist() == [1, 2, 3]
    assert units["code"].tolist() == ["B01-U003", "B01-U002", "B01-U001"]
    assert units["name"].tolist() == ["basin 1 upper 3", "basin 1 middle 2", "basin 1 lower 1"]
    assert units["name_zh"].tolist() == ["流域1上游3", "流域1中游2", "流域1下游1"]
    assert units["area_km2"].tolist() == pytest.approx([0.06, 0.06, 0.03])
    assert units["downstream"].tolist() == [2, 3, 0]
    assert units["river_basin"].tolist() == ["basin 1"] * 3
    assert units["upstream_km2"].tolist() == pytest.approx([0.06, 0.12, 0.15])
    assert units["upstream_index"].tolist() == pytest.approx([5 / 6, 2.6 / 6, 0.4 / 3])
    assert units["position"].tolist() == ["upper", "middle", "lower"]
    assert units["headwater"].tolist() == [True, False, False]
    # outlines of 1.0, 1.0 and 0.8 km, of which 0.3, 0.6 and 0.3 are shared
    assert units["rim_share"].tolist() == pytest.approx([0.7, 0.4, 0.625])
    assert units.area.tolist() == pytest.approx([6e4, 6e4, 3e4])


def test_positions_begin_at_their_limits(comb):
    _, units = units_of(comb, 0.07)
    _, middle, lower = units["upstream_index"]
    assert units_of(comb, 0.07, upper_from=middle)[1]["position"].tolist() == ["upper", "upper", "lower"]  # fmt: skip
    assert units_of(comb, 0.07, lower_to=lower)[1]["position"].tolist() == ["upper", "middle", "middle"]  # fmt: skip
    low = units_of(comb, 0.07, upper_from=0.9, headwaters_upper=False)[1]
    assert low["position"].tolist() == ["middle", "middle", "lower"]
    assert units_of(comb, 0.07, upper_from=0.9)[1]["position"].tolist()[0] == "upper"


def test_codes_count_within_each_river_basin(ends):
    _, units = units_of(ends, 0.01)
    assert sorted(units["code"]) == ["B01-U001", "B01-U002", "B02-U001", "B02-U002"]
    assert units["name"].is_unique
    assert units["river_basin"].tolist().count("basin 2") == 2


def test_codes_are_as_long_as_the_longest_number_needs():
    row = codes([[E] * 1000 + [0]])
    _, units = units_of(row, 0.01)
    assert len(units) == 1001
    assert {len(code) for code in units["code"]} == {len("B01-U0001")}
    assert units["code"].iloc[-1] == "B01-U0001"


def test_a_unit_in_no_river_basin_says_so(comb):
    labels, _ = units_of(comb, 0.07)
    outlets = outlets_of(comb)
    none = river_basins(comb, outlets)
    index = upstream_index(comb, none, outlets)
    none = none.copy(data=np.zeros_like(none.values))
    units = planning_units(labels, comb, upstream_area(comb), index, none, outlets)
    assert units["river_basin"].tolist() == [""] * 3
    assert units["code"].tolist() == ["B00-U003", "B00-U002", "B00-U001"]
    assert units["name_zh"].iloc[0] == "无流域上游3"


def test_units_that_touch_and_units_upstream(comb):
    labels, units = units_of(comb, 0.07)
    touching = unit_neighbours(labels)
    assert touching[["source", "target"]].to_numpy().tolist() == [[1, 2], [2, 3]]
    assert touching["border_km"].tolist() == pytest.approx([0.3, 0.3])
    above = unit_upstream(units)
    assert above[["unit", "upstream", "steps"]].to_numpy().tolist() == [
        [2, 1, 1], [3, 2, 1], [3, 1, 2],
    ]  # fmt: skip
    assert above["area_km2"].tolist() == pytest.approx([0.06, 0.06, 0.06])
    circle = units.assign(downstream=[2, 1, 0])
    with pytest.raises(QuantityError, match="circle"):
        unit_upstream(circle)


def test_shares_of_units_and_counties(comb):
    """The line between two counties halves the third column: 0.015 of 0.06 and of 0.075 km2."""
    labels, _ = units_of(comb, 0.07)
    table = unit_county_crosswalk(labels, squares(3, 5))
    assert table[["unit", "county", "county_name"]].to_numpy().tolist() == [
        [1, "101", "c1"], [2, "101", "c1"], [2, "102", "c2"], [3, "102", "c2"],
    ]  # fmt: skip
    assert table["area_km2"].tolist() == pytest.approx([0.06, 0.015, 0.045, 0.03])
    assert table["share_of_unit"].tolist() == pytest.approx([1.0, 0.25, 0.75, 1.0])
    assert table["share_of_county"].tolist() == pytest.approx([0.8, 0.2, 0.6, 0.4])


# facts of units

LABELS = [[1, 1, 2, 3, 0]]


def labelled():
    return grid(LABELS, "1", dtype=np.int32, nodata=0)


def test_terrain_of_units_with_a_pencil():
    gap = np.nan
    facts = unit_terrain(
        labelled(),
        grid([[100.0, 300.0, gap, 50.0, 9.0]], "m"),
        grid([[25.0, 25.5, 10.0, gap, 80.0]], "degree"),
        grid([[10.0, 30.0, 7.0, gap, 9.0]], "m"),
        grid([[0.5, 1.5, gap, 2.0, 9.0]], "1"),
    )
    assert facts.loc[1].tolist() == pytest.approx([200.0, 100.0, 300.0, 25.25, 0.5, 20.0, 1.0])
    assert facts.columns.tolist() == [
        "elevation_mean", "elevation_min", "elevation_max", "slope_mean", "steep_share", "relief_mean", "relief_degree_mean",
    ]  # fmt: skip
    assert facts.loc[2, ["slope_mean", "steep_share", "relief_mean"]].tolist() == [10.0, 0.0, 7.0]
    assert facts.loc[2].isna().tolist() == [True, True, True, False, False, False, True]
    assert facts.loc[3].isna().tolist() == [False, False, False, True, True, True, False]
    assert len(facts) == 3


def test_slope_classes_of_units_with_a_pencil():
    shares = unit_slope_classes(labelled(), grid([[1, 3, 0, 2, 5]], "1", dtype=np.uint8, nodata=0))
    assert shares.columns.tolist() == [f"class_{k}" for k in range(1, 6)]
    assert shares.loc[1].tolist() == [0.5, 0.0, 0.5, 0.0, 0.0]
    assert shares.loc[2].isna().all()
    assert shares.loc[3].tolist() == [0.0, 1.0, 0.0, 0.0, 0.0]
    empty = unit_slope_classes(labelled(), grid([[0] * 5], "1", dtype=np.uint8, nodata=0))
    assert empty.columns.tolist() == ["class_1"]
    assert empty["class_1"].isna().all()
    assert empty.index.tolist() == [1, 2, 3]


def test_climate_of_units_over_what_is_known():
    gap = np.nan
    facts = unit_climate(
        labelled(),
        grid([[10.0, gap, 5.0, gap, 3.0]], "degC"),
        grid([[800.0, 900.0, 5.0, 6.0, 3.0]], "mm/yr"),
    )
    assert facts.columns.tolist() == ["temperature", "precipitation"]
    assert facts.loc[1].tolist() == [10.0, 850.0]
    assert np.isnan(facts.loc[3, "temperature"])
    green = unit_climate(labelled(), ndvi=grid([[0.2, 0.4, 0.5, 0.6, 1.0]], "1"))
    assert green["ndvi"].tolist() == pytest.approx([0.3, 0.5, 0.6])


def test_cover_of_units_with_a_pencil():
    cover = grid([[7, 9, 9, 255, 3]], "1", dtype=np.uint8, nodata=255)
    table = unit_land_cover(labelled(), cover)
    assert table[["unit", "class"]].to_numpy().tolist() == [[1, 7], [1, 9], [2, 9]]
    assert table["area_km2"].tolist() == pytest.approx([0.01] * 3)
    assert table["share"].tolist() == pytest.approx([0.5, 0.5, 1.0])
    # a code below others may be the missing one
    low = grid([[0, 9, 9, 0, 3]], "1", dtype=np.uint8, nodata=0)
    assert unit_land_cover(labelled(), low)["class"].tolist() == [9, 9]
    # and without one all codes are classes
    bare = grid([[0, 9, 9, 0, 3]], "1", dtype=np.uint8)
    assert unit_land_cover(labelled(), bare)[["unit", "class"]].to_numpy().tolist() == [
        [1, 0], [1, 9], [2, 9], [3, 0],
    ]  # fmt: skip
    none = grid([[255] * 5], "1", dtype=np.uint8, nodata=255)
    assert unit_land_cover(labelled(), none).empty


# people


def people(*rows):
    return pd.DataFrame(rows, columns=["code", "year", "population"])


def test_settlement_halves_with_slope_and_follows_cover():
    slope = grid([[0.0, 8.0, 16.0, 0.0, 0.0, 0.0, 0.0, 0.0, np.nan]], "degree")
    assert settlement_weight(slope).values[0, :3].tolist() == pytest.approx([1.0, 0.5, 0.25])
    assert np.isnan(settlement_weight(slope).values[0, 8])
    assert settlement_weight(slope, half_deg=16.0).values[0, 2] == pytest.approx(0.5)
    names = ["forest", "built", "paddy", "built", "farmed", "orchard", "ice", "lake", "water"]
    cover = grid([[covers()[n].code for n in names]], "1", dtype=np.uint8, nodata=0)
    found = settlement_weight(slope, cover).values[0]
    assert found[:8].tolist() == pytest.approx([1.0, 15.0, 1.25, 30.0, 5.0, 5.0, 0.0, 0.0])
    assert np.isnan(found[8])
    other = settlement_weight(
        slope, cover, built=("forest",), farmed=("built",), empty=("orchard",), built_weight=7.0,
        farm_weight=2.0,
    ).values[0]  # fmt: skip
    assert other[:8].tolist() == pytest.approx([7.0, 1.0, 0.25, 2.0, 1.0, 0.0, 1.0, 1.0])


def two_counties():
    """Two counties of one row of two hectares each; 1 to 3 is how people live in both."""
    return squares(1, 4), grid([[1.0, 3.0, 1.0, 3.0]], "1")


def test_density_with_a_pencil_is_of_the_latest_year():
    counties, weight = two_counties()
    table = people(("101", 2010, 1.0), ("101", 2020, 400.0), ("102", 2020, 40.0))
    density = population_density(table, counties, weight)
    assert density.values[0].tolist() == pytest.approx([10_000.0, 30_000.0, 1000.0, 3000.0])


def test_only_the_ratio_of_weights_counts():
    counties, weight = two_counties()
    table = people(("101", 2020, 400.0), ("102", 2020, 40.0))
    density = population_density(
        table, counties, weight.copy(data=weight.values * np.float32(0.01))
    ).values[0]
    assert density.tolist() == pytest.approx([10_000.0, 30_000.0, 1000.0, 3000.0])


def test_the_code_of_what_is_outside_is_told(comb):
    area = upstream_area(comb)
    order = stream_order(comb, area)
    outlets = outlets_of(comb)
    basins = river_basins(comb, outlets)
    labels, _ = units_of(comb, 0.07)
    assert [layer.attrs["nodata"] for layer in (order, basins, labels)] == [0, 0, 0]
    flat = grid([[2.0, 1.0]], "m")
    assert flow_direction(flat).attrs["nodata"] == 255


@pytest.mark.parametrize(
    "table",
    [
        people(("101", 2020, 400.0), ("102", 2010, 40.0)),
        people(("101", 2020, 400.0), ("102", 2020, np.nan)),
    ],
)
def test_a_county_without_a_count_is_unknown_and_not_empty(table):
    counties, weight = two_counties()
    density = population_density(table, counties, weight).values[0]
    assert density[:2].tolist() == pytest.approx([10_000.0, 30_000.0])
    assert np.isnan(density[2:]).all()
    labels = grid([[1, 1, 1, 2]], "1", dtype=np.int32, nodata=0)
    by_unit = unit_population(table, counties, weight, labels)
    latest = by_unit[by_unit["year"] == 2020].set_index("unit")
    # three cells, of which one is unknown, are unknown
    assert latest["population"].isna().all()
    assert latest["density"].isna().all()


def test_ground_outside_all_counties_has_nobody():
    counties, weight = two_counties()
    density = population_density(people(("101", 2020, 400.0)), counties.iloc[:1], weight).values[0]
    assert density.tolist() == pytest.approx([10_000.0, 30_000.0, 0.0, 0.0])


def test_people_of_units_with_a_pencil():
    counties, weight = two_counties()
    table = people(
        ("101", 2010, 80.0), ("102", 2010, 8.0), ("101", 2020, 400.0), ("102", 2020, 40.0)
    )
    labels = grid([[1, 2, 2, 0]], "1", dtype=np.int32, nodata=0)
    found = unit_population(table, counties, weight, labels)
    assert found[["unit", "year"]].to_numpy().tolist() == [[1, 2010], [2, 2010], [1, 2020], [2, 2020]]  # fmt: skip
    assert found["population"].tolist() == pytest.approx([20.0, 62.0, 100.0, 310.0])
    assert found["density"].tolist() == pytest.approx([2000.0, 3100.0, 10_000.0, 15_500.0])
    with pytest.raises(QuantityError, match="none of its codes"):
        unit_population(table.assign(code="9"), counties, weight, labels)


def test_people_of_a_county_without_land_stay_on_its_ground():
    """All of the first county is water: its people live there all the same, evenly, and that is told."""
    counties, weight = two_counties()
    weight.values[0, :2] = 0.0
    table = people(("101", 2020, 400.0), ("102", 2020, 40.0))
    assert population_density(table, counties, weight).values[0].tolist() == pytest.approx(
        [20_000.0, 20_000.0, 1000.0, 3000.0]
    )
    labels = grid([[1, 2, 2, 2]], "1", dtype=np.int32, nodata=0)
    found = unit_population(table, counties, weight, labels)
    assert found["population"].tolist() == pytest.approx([200.0, 240.0], rel=1e-12)
    assert found.attrs["no_land"] == ["101"]
    # one without a count is unknown, whatever its ground
    assert np.isnan(population_density(table.iloc[1:], counties, weight).values[0, :2]).all()
    # a county with some land has its people there
    weight.values[0, :2] = 0.0, 1.0
    assert population_density(table, counties, weight).values[0, 0] == 0.0


def test_a_county_smaller_than_a_cell_keeps_its_people():
    """A city of 30 m in a county of 400 m: 500 people of 1500 live in a part of one cell."""
    city = shapely.box(110, 110, 140, 140)
    counties = squares(4, 4, parts=1)
    both = gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": "", "parent": ""},
        geometry=[counties.geometry[1] - city, city], crs=counties.crs, index=[1, 2],
    )  # fmt: skip
    weight = grid(np.ones((4, 4), np.float32), "1")
    table = people(("1", 2020, 1000.0), ("2", 2020, 500.0))
    density = population_density(table, both, weight).values.astype(float)
    assert density.sum() * 0.01 == pytest.approx(1500.0)
    assert density[2, 1] * 0.01 == pytest.approx(500 + 1000 * 9100 / 159100)
    labels = weight.copy(data=np.ones((4, 4), np.int32))
    found = unit_population(table, both, weight, labels)
    assert found["population"].tolist() == pytest.approx([1500.0], rel=1e-12)
    assert found.attrs["beyond"] == {}


def test_cells_on_a_county_line_have_people_of_both():
    """Strips of one and a half cells, 300 and 60 people: 200, 100 + 20 and 40."""
    counties, weight = squares(1, 3), grid([[1.0, 1.0, 1.0]], "1")
    table = people(("101", 2020, 300.0), ("102", 2020, 60.0))
    density = population_density(table, counties, weight).values[0]
    assert (density * 0.01).tolist() == pytest.approx([200.0, 120.0, 40.0])
    # an uncounted county leaves the cell that it has a part of without a number
    alone = population_density(table.iloc[:1], counties, weight).values[0]
    assert np.isnan(alone).tolist() == [False, True, True]


def test_people_at_the_outline_of_all_counties_stay_in_the_region():
    """A slanting outline: cells are in or out by their centre, as the region is, and nobody is lost between."""
    triangle = shapely.Polygon([(0, 0), (390, 0), (0, 390)])
    counties = squares(4, 4, parts=1).assign(geometry=[triangle])
    weight = grid(np.ones((4, 4), np.float32), "1")
    inside = rasterised(counties, grid_of(weight))
    table = people(("101", 2020, 300.0))
    found = unit_population(table, counties, weight, inside)
    assert found["population"].tolist() == pytest.approx([300.0], rel=1e-12)
    clipped = weight.copy(data=np.where(inside.values > 0, np.float32(1), np.float32(np.nan)))
    found = unit_population(table, counties, clipped, inside)
    assert found["population"].tolist() == pytest.approx([300.0], rel=1e-12)
    assert found.attrs["beyond"] == {}


def test_people_of_places_are_those_of_the_census():
    """Three counties in two prefectures; a dense city beside a county on a line amid cells does not leak into it."""
    counties = squares(2, 5, parts=3)
    cities = squares(2, 5, parts=3).assign(code=["A", "B", "C"])
    cities.loc[1, "geometry"] = counties.geometry[1].union(counties.geometry[2])
    cities = cities.drop(index=2)
    weight = grid([[1.0, 9.0, 1.0, 5.0, 1.0]] * 2, "1")
    inside = grid(np.ones((2, 5)), "1", dtype=np.uint8)
    table = people(
        ("101", 2020, 900.0), ("102", 2020, 30.0), ("103", 2020, 70.0), ("101", 2010, 1.0)
    )
    own = people_inside(table, counties, counties, weight, inside)
    assert own["population"].tolist() == pytest.approx([900.0, 30.0, 70.0], rel=1e-12)
    of = people_inside(table, counties, cities, weight, inside)
    assert of["unit"].tolist() == [1, 3]
    assert of["population"].tolist() == pytest.approx([930.0, 70.0], rel=1e-12)
    # the drawing of lines moves nobody
    cities.loc[3, "geometry"] = cities.geometry[3].buffer(0.05, join_style=2)
    assert people_inside(table, counties, cities, weight, inside)["population"].tolist() == pytest.approx([930.0, 70.0], rel=1e-12)  # fmt: skip
    # one cell of the last county lies beyond the region, with a sixth of its weight
    inside.values[:, 4] = 0
    found = people_inside(table, counties, counties, weight, inside)["population"].tolist()
    assert found[2] == pytest.approx(70 * (5 * 2 / 3) / (5 * 2 / 3 + 1))
    assert found[:2] == pytest.approx([900.0, 30.0])
    lost = people_inside(table.iloc[[0, 2]], counties, cities, weight, inside)
    assert np.isnan(lost["population"].iloc[0])
    inside.values[:, 2:] = 0
    assert people_inside(table, counties, counties, weight, inside)["unit"].tolist() == [1, 2]
    weight.values[:] = 0.0
    even = people_inside(table, counties, counties, weight, inside)
    assert even["population"].tolist() == pytest.approx([900.0, 30 * 0.2], rel=1e-12)


def test_a_county_beyond_the_rim_brings_its_share_and_that_is_told():
    counties = squares(4, 4, parts=1)
    counties.geometry = counties.geometry.scale(4.0, 1.0, origin=(0, 0))
    labels = grid(np.ones((4, 4)), "1", dtype=np.int32)
    weight = grid(np.ones((4, 4), np.float32), "1")
    found = unit_population(people(("101", 2020, 100.0)), counties, weight, labels)
    assert found["population"].tolist() == pytest.approx([25.0], rel=1e-12)
    assert found.attrs["beyond"] == {"101": pytest.approx(0.75)}


def test_every_column_of_the_levels():
    counties = squares(4, 8, parts=4)
    cities = squares(4, 8, parts=2).assign(code=["A", "B"])
    table = people(
        *[(c, 2020, 10.0 * k) for k, c in enumerate(counties["code"], 1)], ("101", 2010, 999.0)
    )
    levels = spatial_levels(counties, cities, table, inner_codes=("101",), outer_codes=("B", "102"))
    assert levels.index.tolist() == [1, 2, 3]
    assert levels["level"].tolist() == ["inner", "outer", "whole"]
    assert levels["counties"].tolist() == [1, 3, 4]
    assert levels["area_km2"].tolist() == pytest.approx([0.08, 0.24, 0.32])
    assert levels["population"].tolist() == [10.0, 90.0, 100.0]
    assert levels.area.tolist() == pytest.approx([8e4, 24e4, 32e4])


def test_without_codes_all_counties_are_inner_and_none_is_outer():
    levels = spatial_levels(squares(4, 8, parts=4))
    assert levels["counties"].tolist() == [4, 0, 4]
    assert levels["population"].isna().all()
    assert levels.geometry.iloc[1].is_empty


def test_a_level_with_an_uncounted_county_has_no_known_people():
    counties = squares(4, 8, parts=4)
    table = people(("101", 2020, 10.0), ("102", 2010, 10.0))
    levels = spatial_levels(counties, population=table, inner_codes=("101",), outer_codes=("102",))
    assert levels["population"].iloc[0] == 10.0
    assert levels["population"].iloc[1:].isna().all()


def test_codes_given_as_numbers_are_codes():
    counties = squares(4, 8, parts=4)
    assert spatial_levels(counties, inner_codes=(101,))["counties"].iloc[0] == 1
    cities = squares(4, 8, parts=2).assign(code=["201", "202"])
    assert spatial_levels(counties, cities, outer_codes=(201,))["counties"].iloc[1] == 2
