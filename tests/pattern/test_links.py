"""Links, corridors, current and barriers on strips of ground that a pencil can walk."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box
from tests.worlds import EQUAL_AREA, grid, grid_spec

from shanshui.core.errors import PlanError, QuantityError
from shanshui.pattern.barriers import barriers, pinch_points
from shanshui.pattern.link_priority import current_flow, link_priority
from shanshui.pattern.linkage import (
    cells_of,
    corridor_detour,
    corridors,
    cumulative_resistance,
    gravity,
    kept_pairs,
    least_cost_links,
    line_of,
)
from shanshui.pattern.river_corridors import river_corridors


def ground(rows, cell_m=1000.0):
    return grid(np.asarray(rows, np.float32), "1", cell_m=cell_m)


def labels(rows, cell_m=1000.0):
    return grid(np.asarray(rows), "1", dtype=np.int32, nodata=0, cell_m=cell_m)


def patches(**columns):
    size = len(next(iter(columns.values())))
    blank = {"area_km2": [1.0] * size, "resistance": [1.0] * size}
    return gpd.GeoDataFrame(
        {**blank, **columns}, geometry=[None] * size, crs=EQUAL_AREA, index=range(1, size + 1)
    )


def line(*points):
    return gpd.GeoDataFrame({"name": ["a"]}, geometry=[LineString(points)], crs=EQUAL_AREA)


# one row: source 1, five cells of 2, source 2, one cell of 4, source 3
HARD = ground([[1, 2, 2, 2, 2, 2, 1, 4, 1]])
LABEL = labels([[1, 0, 0, 0, 0, 0, 2, 0, 3]])
AREAS = patches(area_km2=[4.0, 1.0, 2.0])


def test_each_column_of_the_links():
    out = least_cost_links(HARD, LABEL, AREAS)
    assert out[["source", "target"]].to_numpy().tolist() == [[1, 2], [2, 3]]
    # 1.5 + 4 x 2 + 1.5 and 2.5 + 2.5, times 1000 m
    assert out["cost"].tolist() == [11_000.0, 5000.0]
    assert out["euclidean_km"].tolist() == [5.0, 1.0]  # from edge to edge
    assert out["length_km"].tolist() == [6.0, 2.0]
    assert out["cost_per_euclidean"].tolist() == pytest.approx([11 / 5, 5.0])
    assert out["cost_per_length"].tolist() == pytest.approx([11 / 6, 2.5])
    assert out["adjacency"].tolist() == [
        "cost",
        "cost",
    ]  # the other is looked for only when it is asked for
    assert out["status"].tolist() == ["kept", "kept"]
    # ranks: easier first link 2, 1; current 2 and 2 tie at 1.5; ends 5 and 3 km2: 2, 1; over 3 x 2
    assert out["priority"].tolist() == pytest.approx([5.5 / 6, 3.5 / 6])
    assert out.index.tolist() == [1, 2]
    assert out.geometry.iloc[0].coords[:] == [(500.0, 500.0), (6500.0, 500.0)]


def test_dear_links_are_dropped_and_told():
    out = least_cost_links(HARD, LABEL, AREAS, max_cost_ratio=5.0)
    assert out["status"].tolist() == ["kept", "kept"]
    out = least_cost_links(HARD, LABEL, AREAS, max_cost_ratio=4.9)
    assert out["status"].tolist() == ["kept", "dearer than max_cost_ratio"]
    one = least_cost_links(HARD, LABEL, AREAS, nearest_links=1)
    assert one["status"].tolist() == ["kept", "kept"]  # the first is the only one of source 1
    both = least_cost_links(HARD, LABEL, AREAS, adjacency="all", drop_through_sources=False)
    assert both["cost"].tolist() == [11_000.0, 16_000.0, 5000.0]
    assert least_cost_links(HARD, LABEL, AREAS, adjacency="all")["status"].tolist() == [
        "kept",
        "through source 2",
        "kept",
    ]


def test_sources_without_a_way_are_told():
    wall = ground([[1, 1, np.nan, 1, 1]])
    out = least_cost_links(wall, labels([[1, 0, 0, 0, 2]]), AREAS, adjacency="all")
    assert out["status"].tolist() == ["no way"]
    assert np.isinf(out["cost"].iloc[0])
    assert out["length_km"].isna().all()
    assert out.geometry.iloc[0] is None
    assert kept_pairs(out) == []


def test_fewer_than_two_sources_have_no_link():
    out = least_cost_links(HARD, labels([[1] + [0] * 8]), AREAS.head(1))
    assert len(out) == 0
    assert {"source", "euclidean_km", "priority"} <= set(out.columns)


def test_a_source_without_an_area_is_refused():
    with pytest.raises(QuantityError, match="source 3"):
        least_cost_links(HARD, LABEL, AREAS.head(2))


def test_priority_joins_ease_current_and_worth():
    links = pd.DataFrame(
        {
            "source": [1, 2, 1],
            "target": [2, 3, 3],
            "cost": [10.0, 10.0, 10.0],
            "cost_per_euclidean": [1.0, 2.0, 4.0],
            "status": ["kept", "kept", "too long"],
        }
    )
    out = link_priority(links, [1, 2, 3], pd.Series({1: 1.0, 2: 1.0, 3: 9.0}))
    # ease 2, 1; current alike 1.5, 1.5; worth 1, 2: of 6
    assert out.tolist()[:2] == pytest.approx([4.5 / 6, 4.5 / 6])
    assert np.isnan(out.iloc[2])
    assert link_priority(links, [1, 2, 3], None).tolist()[:2] == pytest.approx([5 / 6, 4 / 6])
    # ends without any worth are alike
    nothing = pd.Series(0.0, index=[1, 2, 3])
    assert link_priority(links, [1, 2, 3], nothing).tolist()[:2] == pytest.approx([5 / 6, 4 / 6])
    assert link_priority(links.assign(status="no"), [1, 2, 3], None).isna().all()
    with pytest.raises(QuantityError, match="source 2"):
        link_priority(links, [1, 2, 3], pd.Series({1: 1.0, 3: 2.0}))


def test_links_that_carry_alike_rank_alike():
    """A chain carries k (n - k) pairs over its k-th link: what rounding makes of it must not rank its two ends."""
    count = 9
    links = pd.DataFrame(
        {
            "source": range(1, count),
            "target": range(2, count + 1),
            "cost": np.linspace(1000.0 / 3.0, 7e5 / 7.0, count - 1),
            "cost_per_euclidean": 2.0,
            "status": "kept",
        }
    )
    out = link_priority(links, list(range(1, count + 1)), None).to_numpy()
    np.testing.assert_array_equal(out, out[::-1])
    assert len(set(out.tolist())) == (count - 1) // 2


def test_current_prefers_the_cheaper_of_two_ways():
    # a triangle of costs 1, 1 and 2: between the ends of the dear link half the current takes each way
    links = pd.DataFrame({"source": [1, 2, 1], "target": [2, 3, 3], "cost": [1.0, 1.0, 2.0]})
    # 1-2: 3/4 and 1/4 around; 2-3 likewise; 1-3: 1/2 and 1/2
    np.testing.assert_allclose(current_flow(links)[0], [3 / 4 + 1 / 4 + 1 / 2] * 2 + [1.0])
    # only the ratio of costs counts
    np.testing.assert_allclose(
        current_flow(links.assign(cost=links["cost"] / 4))[0], current_flow(links)[0], rtol=1e-9
    )


def test_touching_sources_cost_nothing_and_carry_all():
    links = pd.DataFrame({"source": [1, 2], "target": [2, 3], "cost": [0.0, 5.0]})
    np.testing.assert_allclose(current_flow(links)[0], [2.0, 2.0])


def test_detours_beyond_the_path():
    # two rows: below, the ground is 3: the way along it costs more by what it is harder
    hard = ground([[1, 1, 1], [3, 3, 3]])
    label = labels([[1, 0, 2], [0, 0, 0]])
    pairs = least_cost_links(hard, label, patches(area_km2=[1.0, 1.0]))
    out = corridor_detour(hard, label, pairs).values
    assert out[0].tolist() == [0.0, 0.0, 0.0]
    # through the middle below: twice a diagonal of mean 2, less 2 cells
    assert out[1, 1] == pytest.approx(2 * 2 * np.sqrt(2) * 1000 - 2000, rel=1e-6)
    none = corridor_detour(hard, label, pairs.assign(status="no way"))
    assert np.isnan(none.values).all()


def test_minimum_cumulative_resistance_of_the_handbook():
    hard = ground([[1, 1, 1], [10, 10, 1], [1, 1, 1]], cell_m=30.0)
    out = cumulative_resistance(hard, labels([[7, 0, 0], [0, 0, 0], [0, 0, 0]], cell_m=30.0))
    np.testing.assert_allclose(
        out.values, [[0, 30, 60], [165, 195, 72.426], [144.853, 114.853, 102.426]], atol=5e-4
    )
    assert out.attrs["units"] == "m"


def test_ground_that_no_source_reaches_has_no_cumulative_resistance():
    out = cumulative_resistance(ground([[1, np.nan, 1]]), labels([[1, 0, 0]])).values
    assert out[0, 0] == 0.0
    assert np.isnan(out[0, 1:]).all()
    hard = ground([[1, 1]])
    assert np.isnan(cumulative_resistance(hard, labels([[0, 0]])).values).all()
    assert np.isnan(cumulative_resistance(ground([[1, np.nan]]), labels([[0, 1]])).values).all()


def strip(**options):
    links = least_cost_links(HARD, LABEL, AREAS)
    return corridors(
        links,
        patches(area_km2=[np.e**2, np.e, 1.0], resistance=[2.0, 1.0, 1.0]),
        LABEL,
        HARD,
        **options,
    )


def test_each_column_of_the_corridors():
    out = strip(roads=line((2000, 0), (2000, 1000)), railways=line((2500, 0), (2500, 1000)))
    assert out.index.name == "corridor"
    assert out[["source", "target"]].to_numpy().tolist() == [[1, 2], [2, 3]]  # by priority
    assert out["length_km"].tolist() == [6.0, 2.0]
    assert out["cost"].tolist() == [11_000.0, 5000.0]
    assert out["priority"].tolist() == pytest.approx([5.5 / 6, 3.5 / 6])
    # 5 km2 over 6 km is less than a cell; so is 1 km2 over 2 km
    assert out["width_km"].tolist() == [1.0, 1.0]
    assert strip(roads=line((2000, 0), (2000, 1000)).iloc[:0])["roads"].tolist() == [0, 0]
    assert out["roads"].tolist() == [1, 0]
    assert out["railways"].tolist() == [1, 0]
    assert out["river_share"].tolist() == [0.0, 0.0]
    assert out["order"].tolist() == [0, 0]
    assert out["type"].tolist() == ["biological", "biological"]
    # (ln e^2 / 2) (ln e / 1) / 1 = 1, and an area of 1 km2 pulls nothing
    assert out["gravity"].tolist() == pytest.approx([1.0, 0.0])
    assert out.attrs["units"]["cost"] == "m"


def test_a_corridor_is_as_wide_as_its_cheap_detours():
    hard = ground(np.ones((5, 9)))
    label = labels(np.zeros((5, 9)))
    label.values[:, 0], label.values[:, 8] = 1, 2
    links = least_cost_links(hard, label, patches(area_km2=[5.0, 5.0]))
    out = corridors(links, patches(area_km2=[5.0, 5.0]), label, hard)
    assert out["width_km"].tolist() == pytest.approx([35 / 8])  # every row is a least way
    # over the row of 1 the way is 8 km of cost, over each of the three rows of 2 twice that
    hard.values[1:4] = 2.0
    hard.values[4] = np.nan
    links = least_cost_links(hard, label, patches(area_km2=[5.0, 5.0]))
    for share, cells in ((0.0, 7), (0.05, 7), (1.0, 28)):
        out = corridors(links, patches(area_km2=[5.0, 5.0]), label, hard, detour_share=share)
        assert out["width_km"].tolist() == pytest.approx([max(cells / 8, 1.0)])


def test_a_corridor_along_a_river_is_a_river_corridor():
    streams = np.zeros((1, 9))
    streams[0, 2:5] = 5
    order = grid(streams, "1", dtype=np.int32, nodata=0, cell_m=1000.0)
    out = strip(stream_order=order, river_m=0.0)
    # cells of 1 km are larger than 500 m: one cell counts, and five of the six kilometres run through cells 1 to 5
    assert out["river_share"].tolist() == pytest.approx([5 / 6, 0.0])
    assert out["river_reach_m"].tolist() == [1000.0, 1000.0]
    assert out["order"].tolist() == [5, 0]
    assert out["type"].tolist() == ["river", "biological"]
    assert strip(stream_order=order, river_share=0.84)["type"].iloc[0] == "biological"
    # two cells reach one more on either side, less than that does not
    assert strip(stream_order=order, river_m=2000.0)["river_share"].iloc[0] == 1.0
    assert strip(stream_order=order, river_m=1999.0)["river_share"].iloc[0] == pytest.approx(5 / 6)
    assert strip(stream_order=order, least_order=5)["order"].iloc[0] == 5
    small = strip(stream_order=order, least_order=6)
    assert small["order"].tolist() == [0, 0]
    assert small["river_share"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("columns", "cell_m", "away", "order", "limit", "kind"),
    [
        (7, 1000.0, 1, 4, 0.6, "river"),
        (6, 1000.0, 1, 4, 0.6, "biological"),
        (7, 1000.0, 1, 4, 0.65, "river"),
        (7, 1000.0, 1, 4, 0.66, "biological"),
        (7, 1000.0, 1, 3, 0.6, "biological"),
        (11, 1000.0, 2, 4, 0.6, "biological"),
        (7, 100.0, 5, 4, 0.6, "river"),
        (11, 100.0, 6, 4, 0.6, "biological"),
    ],
)
def test_a_river_corridor_runs_most_of_its_length_near_a_stream(
    columns, cell_m, away, order, limit, kind
):
    # ten cells of length along the first row; a stream so many rows away beside the first columns, half a cell of them unused
    hard = ground(np.ones((12, 11)), cell_m)
    hard.values[1:] = np.nan
    label = labels(np.zeros((12, 11)), cell_m)
    label.values[0, 0], label.values[0, 10] = 1, 2
    streams = np.zeros((12, 11), np.int32)
    streams[away, :columns] = order
    links = least_cost_links(hard, label, patches(area_km2=[5.0, 5.0]))
    out = corridors(
        links,
        patches(area_km2=[5.0, 5.0], name=["Qin", "Ba"], name_zh=["秦", "巴"]),
        label,
        hard,
        grid(streams, "1", dtype=np.int32, nodata=0, cell_m=cell_m),
        river_share=limit,
    )
    assert out["type"].tolist() == [kind]
    assert out["river_reach_m"].tolist() == [max(500.0, cell_m)]
    near = order == 4 and away in (1, 5)
    assert out["river_share"].tolist() == pytest.approx([(columns - 0.5) / 10 if near else 0.0])
    assert out[["name", "name_zh"]].to_numpy().tolist() == [["Qin - Ba", "秦 - 巴"]]


def test_corridors_of_sources_without_names_are_numbers():
    assert strip()["name"].tolist() == ["1 - 2", "2 - 3"]
    assert strip()["name_zh"].tolist() == ["1 - 2", "2 - 3"]


def test_gravity_of_small_and_of_single_pairs():
    pull = gravity(
        np.array([np.e, 0.5]), np.array([np.e**3, 9.0]), 2.0, 1.0, np.array([50.0, 100.0])
    )
    # (1 / 2) (3 / 1) / (1/2)^2 = 6; the areas below 1 pull nothing
    assert pull.tolist() == pytest.approx([6.0, 0.0])
    assert gravity(*[np.array([])] * 5).size == 0


def test_lines_keep_their_turns():
    spec = grid_spec(3, 4, 10.0)
    way = line_of(np.array([0, 1, 2, 7, 11]), spec)
    assert list(way.coords) == [(5.0, 25.0), (25.0, 25.0), (35.0, 15.0), (35.0, 5.0)]
    assert line_of(np.array([3]), spec) is None
    # a turn in columns alone, in rows alone
    assert list(line_of(np.array([0, 5, 9]), spec).coords) == [(5, 25), (15, 15), (15, 5)]
    assert list(line_of(np.array([0, 5, 6]), spec).coords) == [(5, 25), (15, 15), (25, 15)]
    assert list(line_of(np.array([0, 5, 10]), spec).coords) == [(5, 25), (25, 5)]
    # after a turn the new course is the straight one
    square = grid_spec(4, 4, 10.0)
    assert list(line_of(np.array([0, 4, 9, 14]), square).coords) == [(5, 35), (5, 25), (25, 5)]
    assert list(line_of(np.array([0, 1, 6, 11]), square).coords) == [(5, 35), (15, 35), (35, 15)]
    rows, cols = cells_of(way, spec)
    assert (rows[0], cols[0]) == (0, 0)
    assert (rows[-1], cols[-1]) == (2, 3)
    rows, cols = cells_of(LineString([(-25, 25), (15, 25)]), spec)
    assert (rows == 0).all()
    assert cols.tolist() == [0, 1]  # what lies off the map is left out


def test_current_of_one_ampere_all_along_a_strip():
    links = least_cost_links(HARD, LABEL, AREAS)
    beyond = corridor_detour(HARD, LABEL, links)
    out = pinch_points(HARD, LABEL, links, beyond, corridor_share=1.0).values[0]
    assert np.isnan(out[[0, 6, 8]]).all()
    np.testing.assert_allclose(out[[1, 2, 3, 4, 5, 7]], 1.0, rtol=1e-6)


def test_two_like_ways_share_the_ampere():
    hard = ground([[1, 1, 1, 1], [1, np.nan, np.nan, 1], [1, 1, 1, 1]])
    label = labels([[1, 0, 0, 2], [1, 0, 0, 2], [1, 0, 0, 2]])
    links = least_cost_links(hard, label, patches(area_km2=[3.0, 3.0]))
    beyond = corridor_detour(hard, label, links)
    out = pinch_points(hard, label, links, beyond, corridor_share=1.0).values
    np.testing.assert_allclose(out[[0, 0, 2, 2], [1, 2, 1, 2]], 0.5, rtol=1e-6)
    assert np.isnan(out[1]).all()


def test_current_of_pairs_is_summed_or_the_greatest():
    hard = ground([[1, 1, 1, 1, 1]])
    label = labels([[1, 0, 2, 0, 3]])
    links = least_cost_links(
        hard, label, patches(area_km2=[1.0] * 3), adjacency="all", drop_through_sources=False
    )
    beyond = corridor_detour(hard, label, links)
    whole = pinch_points(hard, label, links, beyond, corridor_share=1.0).values[0]
    most = pinch_points(hard, label, links, beyond, corridor_share=1.0, statistic="max").values[0]
    np.testing.assert_allclose(whole[[1, 3]], 2.0, rtol=1e-6)
    np.testing.assert_allclose(most[[1, 3]], 1.0, rtol=1e-6)


def test_current_leaves_a_source_wherever_it_meets_the_corridor():
    # a wall of source, of which only the lower half lies in the corridor: the cell above it feeds the corridor as well,
    # whichever number the source has
    hard = ground(np.ones((4, 5)))
    wall = np.zeros((4, 5), int)
    wall[:, 0], wall[3, 4] = 1, 2
    found = []
    for label in (labels(wall), labels(np.where(wall > 0, 3 - wall, 0))):
        links = least_cost_links(hard, label, patches(area_km2=[1.0, 1.0]))
        beyond = corridor_detour(hard, label, links)
        found.append(pinch_points(hard, label, links, beyond, corridor_share=0.4).values)
    assert np.isfinite(found[0]).sum() == 6  # three cells in each of the two lower rows
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_current_keeps_to_the_share_of_least_detours():
    hard = ground([[1, 1, 1], [3, 3, 3]])
    label = labels([[1, 0, 2], [0, 0, 0]])
    links = least_cost_links(hard, label, patches(area_km2=[1.0, 1.0]))
    beyond = corridor_detour(hard, label, links)
    narrow = pinch_points(hard, label, links, beyond, corridor_share=0.5).values
    assert np.isnan(narrow[1]).all()
    assert narrow[0, 1] == pytest.approx(1.0)
    wide = pinch_points(hard, label, links, beyond, corridor_share=1.0).values
    assert 0 < wide[1, 1] < wide[0, 1] < 1.0
    nothing = pinch_points(hard, label, links.assign(status="no way"), beyond)
    assert np.isnan(nothing.values).all()


# a wall of 9 cells across three rows of ones; sources at the ends
WALLED = ground(np.where(np.arange(9) == 4, 9.0, 1.0) * np.ones((3, 1)), cell_m=10.0)
ENDS = labels(
    np.where(np.arange(9) == 0, 1, np.where(np.arange(9) == 8, 2, 0)) * np.ones((3, 1), int),
    cell_m=10.0,
)


def opened(**options):
    links = least_cost_links(WALLED, ENDS, patches(area_km2=[1.0, 1.0]))
    return barriers(WALLED, ENDS, links, **options)


def test_the_score_of_a_wall_by_pencil():
    # least cost: 3 + 5 + 5 + 3 cells of 10 m = 160; a circle of one cell around the wall reaches 30 from either end and
    # is crossed for 2 x 10: 80; saved 80 over 20 m
    out = opened(radii_cells=(1.0,)).values
    assert out[1, 4] == pytest.approx((160 - 80) / 20)
    # the circle around the wall is shown whole, to one cell beside it
    assert out[1, 3] == pytest.approx(4.0)
    # one cell before the wall, a circle reaches 20 and, on the wall itself, 80 from the other end: 120
    assert out[1, 2] == pytest.approx((160 - 120) / 20)
    assert out[1, 1] == 0.0
    assert (out[:, [0, 8]] == 0.0).all()


def test_restored_ground_may_be_harder():
    # 60 to the circle and 20 x 3 across
    assert opened(radii_cells=(1.0,), open_resistance=3.0).values[1, 4] == pytest.approx(
        (160 - 120) / 20
    )
    assert opened(radii_cells=(1.0,), open_resistance=5.0).values.max() == 0.0


def test_the_best_radius_counts():
    # radius 2: 20 + 20 to the circle, 40 across: 80 saved over 40; radius 1 is better by the metre
    both = opened(radii_cells=(1.0, 2.0)).values
    assert both[1, 4] == pytest.approx(4.0)
    assert opened(radii_cells=(2.0,)).values[1, 4] == pytest.approx(2.0)
    assert both[1, 2] == pytest.approx(2.0)


def test_links_add_up_when_asked():
    # three sources in a row, alike walls: the middle gains once for each link of its own
    hard = ground([[1, 9, 1, 9, 1]], cell_m=10.0)
    label = labels([[1, 0, 2, 0, 3]], cell_m=10.0)
    links = least_cost_links(
        hard, label, patches(area_km2=[1.0] * 3), adjacency="all", drop_through_sources=False
    )
    one = barriers(hard, label, links, radii_cells=(1.0,)).values[0]
    every = barriers(hard, label, links, radii_cells=(1.0,), statistic="sum").values[0]
    # 1-2 costs 100, open 0 + 0 + 20: saved 80 over 20 m; 1-3 costs 200, open 0 + 100 + 20: 80 as well; and 2-3 saves 30
    # when the circle lies on its own source, 0 + 50 + 20 instead of 100, and reaches the first wall
    assert one[1] == pytest.approx(4.0)
    assert every[1] == pytest.approx(4.0 + 4.0 + 1.5)


def test_ground_without_resistance_has_no_score():
    hard = ground([[1, 9, 1], [1, np.nan, 1]], cell_m=10.0)
    label = labels([[1, 0, 2], [1, 0, 2]], cell_m=10.0)
    links = least_cost_links(hard, label, patches(area_km2=[1.0, 1.0]))
    out = barriers(hard, label, links).values
    assert np.isnan(out[1, 1])
    assert np.isfinite(out[0]).all()


def test_circles_below_a_cell_are_refused():
    with pytest.raises(PlanError, match="radii_cells"):
        opened(radii_cells=(0.9,))
    with pytest.raises(QuantityError, match="found none"):
        opened(radii_cells=())


def reaches(*rows):
    columns = ["reach", "order", "downstream", "upstream_km2"]
    return gpd.GeoDataFrame(
        [dict(zip(columns, row[:4], strict=True)) for row in rows],
        geometry=[LineString(row[4]) for row in rows],
        crs=EQUAL_AREA,
    )


MASK = grid(np.ones((4, 20)), "1", dtype=np.uint8, nodata=255, cell_m=1000.0)
BANK = labels(np.where(np.arange(20) < 3, 1, 0) * np.ones((4, 1), int))


def test_each_column_of_the_rivers():
    rivers = reaches(
        (1, 5, 0, 90.0, [(10_500, 2500), (19_500, 2500)]),
        (2, 4, 1, 60.0, [(500, 2500), (10_500, 2500)]),
    )
    out = river_corridors(
        rivers, MASK, BANK, line((0, 2500), (20_000, 2500)).assign(name="Han"), least_km=19.0
    )
    assert out.index.tolist() == [1]
    assert out["name"].tolist() == ["Han"]
    assert out["order"].tolist() == [5]
    assert out["length_km"].tolist() == pytest.approx([19.0])
    assert out["sources"].tolist() == [1]
    assert out["width_m"].tolist() == [200.0]  # the second order above the least
    assert out.geometry.iloc[0].length == pytest.approx(19_000.0)
    assert len(river_corridors(rivers, MASK, BANK, least_km=19.1)) == 0
    assert river_corridors(rivers, MASK, BANK, least_km=1.0, width_m=(50.0,))[
        "width_m"
    ].tolist() == [50.0]
    for least, width in ((5, []), (4, [80.0]), (3, [80.0])):  # the last for all greater ones
        out = river_corridors(
            rivers, MASK, BANK, least_km=1.0, least_order=least, width_m=(50.0, 80.0)
        )
        assert out["width_m"].tolist() == width
    assert river_corridors(rivers, MASK, BANK, least_km=1.0)["name"].tolist() == [""]


def test_a_river_without_a_name_is_named_by_the_places_of_its_head_and_mouth():
    rivers = reaches(
        (1, 5, 0, 90.0, [(10_500, 2500), (19_500, 2500)]),
        (2, 4, 1, 60.0, [(500, 2500), (10_500, 2500)]),
    )
    halves = [box(0, 0, 10_000, 4000), box(10_000, 0, 20_000, 4000)]
    counties = gpd.GeoDataFrame(
        {"name": ["佛坪县", "洋县"], "name_en": ["Foping", ""]}, geometry=halves, crs=EQUAL_AREA
    )
    out = river_corridors(rivers, MASK, BANK, None, counties, least_km=1.0)
    assert out[["name", "name_zh"]].to_numpy().tolist() == [["Foping - 洋县", "佛坪县 - 洋县"]]
    whole = counties.iloc[:1].set_geometry([box(0, 0, 20_000, 4000)], crs=EQUAL_AREA)
    assert river_corridors(rivers, MASK, BANK, None, whole, least_km=1.0)["name"].tolist() == [
        "Foping"
    ]
    # the river goes before the counties, and what has the same name is told apart
    han = line((0, 2500), (20_000, 2500)).assign(name="Han", name_zh="汉江")
    named = river_corridors(rivers, MASK, BANK, han, counties, least_km=1.0)
    assert named[["name", "name_zh"]].to_numpy().tolist() == [["Han", "汉江"]]
    two = reaches(
        (1, 5, 0, 90.0, [(500, 2500), (19_500, 2500)]),
        (2, 5, 0, 60.0, [(500, 1500), (19_500, 1500)]),
    )
    assert river_corridors(two, MASK, BANK, han, least_km=1.0)["name"].tolist() == ["Han", "Han 2"]


def test_a_river_names_the_bend_that_it_follows():
    mask = grid(np.ones((8, 20)), "1", dtype=np.uint8, nodata=255, cell_m=1000.0)
    bank = labels(np.where(np.arange(20) < 3, 1, 0) * np.ones((8, 1), int))
    stem = reaches((1, 4, 0, 90.0, [(500, 500), (10_000, 6500), (19_500, 500)]))
    # from 40 % of the way up to the top and down again: six tenths of the stem, none of it near the straight line
    bend = line((4300, 2900), (10_000, 6500), (15_700, 2900)).assign(name="Han")
    found = {"least_km": 1.0, "name_m": 2000.0}
    assert river_corridors(stem, mask, bank, bend, **found)["name"].tolist() == ["Han"]
    short = line((6200, 4100), (10_000, 6500), (13_800, 4100)).assign(name="Han")
    assert river_corridors(stem, mask, bank, short, **{**found, "name_m": 500.0})[
        "name"
    ].tolist() == [""]
    nameless = bend.assign(name="")
    assert river_corridors(stem, mask, bank, nameless, **found)["name"].tolist() == [""]
    assert river_corridors(stem, mask, bank, bend.iloc[:0], **found)["name"].tolist() == [""]
    # two names along the same bend: the first of the alphabet, whatever the order of the table
    for names in (["Han", "Bao"], ["Bao", "Han"]):
        twice = pd.concat([bend, bend], ignore_index=True).assign(name=names)
        assert river_corridors(stem, mask, bank, twice, **found)["name"].tolist() == ["Bao"]
    # and of two names the one that goes further along
    longer = line((500, 500), (10_000, 6500), (19_500, 500)).assign(name="Wei")
    both = pd.concat([bend, longer, bend.assign(name="Xun")], ignore_index=True)
    assert river_corridors(stem, mask, bank, both, **found)["name"].tolist() == ["Wei"]


def test_only_the_river_inside_counts():
    half = MASK.copy(
        data=np.where(np.arange(20) < 10, 1, 0).astype(np.uint8) * np.ones((4, 1), np.uint8)
    )
    rivers = reaches((1, 4, 0, 90.0, [(500, 2500), (19_500, 2500)]))
    out = river_corridors(rivers, half, BANK, least_km=1.0)
    assert out["length_km"].tolist() == pytest.approx([9.5])


def test_a_source_of_exactly_the_reach_is_touched():
    # the nearest source cell has its centre at 2500; the river begins in the cell at 8500
    rivers = reaches((1, 4, 0, 90.0, [(8500, 2500), (19_500, 2500)]))
    assert len(river_corridors(rivers, MASK, BANK, least_km=1.0, reach_m=6000.0)) == 1
    assert len(river_corridors(rivers, MASK, BANK, least_km=1.0, reach_m=5900.0)) == 0
    assert len(river_corridors(rivers, MASK, labels(np.zeros((4, 20))), least_km=1.0)) == 0


def test_rivers_rank_by_sources_then_order_and_length():
    label = labels(np.zeros((4, 20)))
    label.values[0, 0], label.values[0, 19], label.values[3, 0] = 1, 2, 3
    rivers = reaches(
        (1, 4, 0, 50.0, [(500, 3500), (19_500, 3500)]), (2, 6, 0, 90.0, [(500, 500), (9500, 500)])
    )
    out = river_corridors(rivers, MASK, label, least_km=1.0, reach_m=500.0)
    assert out["sources"].tolist() == [2, 1]
    assert out["order"].tolist() == [4, 6]
    assert out["width_m"].tolist() == [100.0, 500.0]
    assert len(river_corridors(rivers, MASK, label, least_km=1.0, reach_m=500.0, most=1)) == 1
