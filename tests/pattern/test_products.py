"""Nodes, priorities, networks and the pattern as one, column by column; and how firm it all is."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box
from tests.worlds import EQUAL_AREA, grid

from shanshui.core.errors import PlanError, QuantityError
from shanshui.pattern.assembly import pattern_summary, restoration_priorities, security_pattern
from shanshui.pattern.network import component_scan, protected_connectivity, source_network
from shanshui.pattern.nodes import REASONS, nodes
from shanshui.pattern.stability import early_warning, pattern_draws, pattern_stability


def index(rows, units="1", cell_m=1000.0):
    return grid(np.asarray(rows, np.float32), units, cell_m=cell_m)


def codes(rows, nodata=255, cell_m=1000.0):
    return grid(np.asarray(rows), "1", dtype=np.uint8, nodata=nodata, cell_m=cell_m)


def labels(rows, cell_m=1000.0):
    return grid(np.asarray(rows), "1", dtype=np.int32, nodata=0, cell_m=cell_m)


def features(shapes, **columns):
    return gpd.GeoDataFrame(
        columns, geometry=shapes, crs=EQUAL_AREA, index=range(1, len(shapes) + 1)
    )


# --- networks -------------------------------------------------------------------------------------------------

PATCHES = features(
    [None] * 3,
    name=["a", "b", "c"],
    area_km2=[40.0, 30.0, 20.0],
    score=[0.5, 0.9, 0.7],
    massif=["Qin", "Qin", ""],
)
CHAIN = features(
    [LineString([(0, 0), (9, 0)]), LineString([(9, 0), (20, 0)])],
    source=[1, 2],
    target=[2, 3],
    cost=[1000.0, 1000.0],
    type=["biological", "river"],
    length_km=[3.0, 4.0],
    river_share=[0.1, 0.75],
    roads=[2, 0],
    railways=[0, 1],
    priority=[0.4, 0.9],
)


def test_each_column_of_the_network_of_the_handbook():
    out = source_network(PATCHES, CHAIN)
    assert out["source"].tolist() == [1, 2, 3]
    assert out["name"].tolist() == ["a", "b", "c"]
    assert out["area_km2"].tolist() == [40.0, 30.0, 20.0]
    assert out["component"].tolist() == [1, 1, 1]
    np.testing.assert_allclose(out["d_iic"], [63.69, 61.78, 29.30], atol=0.006)
    np.testing.assert_allclose(out["d_pc"], [62.75, 60.78, 27.45], atol=0.006)
    # sum a a p = 5100: own 1600, 900, 400; as ends 2 x 40 (15 + 5), 2 x 30 (20 + 10), 2 x 20 (10 + 15); through b 400
    np.testing.assert_allclose(out["intra"], np.array([1600, 900, 400]) / 51)
    np.testing.assert_allclose(out["flux"], np.array([1600, 1800, 1000]) / 51)
    np.testing.assert_allclose(out["connector"], [0, 400 / 51, 0], atol=1e-6)
    assert out.attrs["pc"] == pytest.approx(5100 / 8100)
    # 1600 + 900 + 400 + 2 (40 x 30 / 2 + 30 x 20 / 2 + 40 x 20 / 3)
    assert out.attrs["iic"] == pytest.approx((2900 + 1200 + 600 + 1600 / 3) / 8100)
    assert out.attrs["eca_km2"] == pytest.approx(np.sqrt(5100))
    assert out.attrs["components"] == 1
    assert out.attrs["reference_cost"] == 1000.0
    assert out.attrs["alpha"] == 0.0
    assert out.attrs["beta"] == pytest.approx(2 / 3)
    assert out.attrs["gamma"] == pytest.approx(2 / 3)
    assert out.attrs["units"]["d_pc"] == "%"


def test_the_reference_of_chances_can_be_set():
    # half the cost of the reference: the chance is the root of it
    out = source_network(PATCHES, CHAIN, reference_cost=2000.0, reference_probability=0.25)
    assert out.attrs["pc"] == pytest.approx(5100 / 8100)
    assert out.attrs["reference_cost"] == 2000.0
    two = source_network(PATCHES.head(2), CHAIN.head(1))
    assert "alpha" not in two.attrs  # three sources at least
    alone = source_network(PATCHES, CHAIN.head(0))
    assert alone["d_pc"].tolist() == pytest.approx(np.array([1600, 900, 400]) / 29)
    assert alone.attrs["components"] == 3
    assert np.isnan(alone.attrs["reference_cost"])  # no corridor tells one
    assert source_network(PATCHES, CHAIN.head(0), reference_cost=9.0).attrs["reference_cost"] == 9.0
    assert len(source_network(PATCHES.head(0), CHAIN.head(0))) == 0
    with pytest.raises(QuantityError, match="no node"):
        source_network(PATCHES.head(2), CHAIN)


LINKS = features(
    [None] * 4,
    source=[1, 2, 1, 3],
    target=[2, 3, 3, 4],
    cost=[5.0, 7.0, 9.0, 8.0],
    status=["kept", "kept", "kept", "through source 2"],
)


def test_sources_join_as_the_cost_that_counts_rises():
    four = pd.concat([PATCHES, features([None], name=["d"], area_km2=[10.0]).set_axis([4])])
    out = component_scan(four, LINKS)
    assert out["threshold"].tolist() == [0.0, 5.0, 7.0, 9.0]
    assert out["links"].tolist() == [0, 1, 2, 3]
    assert out["components"].tolist() == [4, 3, 2, 2]  # the dropped link joins nothing
    assert out["largest_share"].tolist() == pytest.approx([0.4, 0.7, 0.9, 0.9])
    assert out.attrs["units"]["threshold"] == "m"
    some = component_scan(four, LINKS, limits_m=(7.0, 6.9))
    assert some["threshold"].tolist() == [6.9, 7.0]
    assert some["components"].tolist() == [3, 2]


def test_no_source_and_no_link_can_be_scanned():
    assert component_scan(PATCHES, LINKS.head(0))["components"].tolist() == [3]
    empty = component_scan(PATCHES.head(0), LINKS.head(0))
    assert empty["components"].tolist() == [0]
    assert empty["largest_share"].isna().all()
    with pytest.raises(QuantityError, match="4 is no node"):
        component_scan(PATCHES, LINKS.assign(status="kept"))
    with pytest.raises(PlanError, match="limits_m"):
        component_scan(PATCHES, LINKS, limits_m=(-1.0,))


def reserves(*boxes):
    return features([box(*b) for b in boxes], name=[str(k) for k in range(len(boxes))])


def test_each_share_of_protected_ground():
    # a row of 20 km2: 4 and 1 km2 protected, nearest centres 5 km apart, the median of dispersal
    mask = codes(np.ones((1, 20)))
    areas = reserves((0, 0, 4000, 1000), (8000, 0, 9000, 1000))
    out = protected_connectivity(areas, mask, median_m=5000.0)
    share = out.set_index("what")["share"]
    # sum a a p = 16 + 1 + 2 x 4 x 1 / 2 = 21
    connected = 100 * np.sqrt(21) / 20
    assert share["protected"] == pytest.approx(25.0)
    assert share["connected"] == pytest.approx(connected)
    assert share["unconnected"] == pytest.approx(25.0 - connected)
    assert share["within"] == pytest.approx(connected * 17 / 21)
    assert share["between"] == pytest.approx(connected * 4 / 21)
    assert out.attrs["areas"] == 2
    assert out.attrs["units"] == {"share": "%"}


def test_areas_that_touch_or_overlap_are_one():
    mask = codes(np.ones((2, 10)))
    areas = reserves((0, 0, 3000, 1000), (2000, 0, 4000, 1000), (4000, 1000, 5000, 2000))
    out = protected_connectivity(areas, mask)
    share = out.set_index("what")["share"]
    assert out.attrs["areas"] == 1
    assert share["protected"] == share["connected"] == pytest.approx(25.0)
    assert share["within"] == pytest.approx(25.0)
    assert share["between"] == pytest.approx(0.0)


def test_steps_between_far_areas_count():
    # 1, 1 and 1 km2 at 3 km: the ends reach each other over the middle as well as directly, 1/4
    mask = codes(np.ones((1, 10)))
    three = reserves((0, 0, 1000, 1000), (3000, 0, 4000, 1000), (6000, 0, 7000, 1000))
    out = protected_connectivity(three, mask, median_m=3000.0).set_index("what")["share"]
    assert out["connected"] == pytest.approx(100 * np.sqrt(3 + 2 * (0.5 + 0.5 + 0.25)) / 10)


def test_the_gap_of_a_pair_is_its_own():
    # the first lies 9 km west of the second and 3 km north of the third; the last two are farther apart than that
    mask = codes(np.ones((4, 10)))
    three = reserves((0, 3000, 1000, 4000), (9000, 3000, 10_000, 4000), (0, 0, 1000, 1000))
    out = protected_connectivity(three, mask, median_m=3000.0).set_index("what")["share"]
    chances = 0.5 ** (np.array([3.0, 9.0, np.sqrt(90)]) / 3.0)
    assert out["connected"] == pytest.approx(100 * np.sqrt(3 + 2 * chances.sum()) / 40)


def test_areas_beyond_ten_medians_are_not_linked():
    mask = codes(np.ones((1, 22)))
    near = reserves((0, 0, 1000, 1000), (10_000, 0, 11_000, 1000))
    far = reserves((0, 0, 1000, 1000), (11_000, 0, 12_000, 1000))
    at = protected_connectivity(near, mask, median_m=1001.0).set_index("what")["share"]
    beyond = protected_connectivity(far, mask, median_m=1001.0).set_index("what")["share"]
    assert at["between"] > 0
    assert beyond["between"] == pytest.approx(0.0)


def test_no_protected_ground_is_connected_to_nothing():
    mask = codes([[1, 1, 0]])
    for areas in (
        reserves((9e6, 0, 9.1e6, 1)),
        reserves((2000, 0, 3000, 1000)),
        reserves().head(0),
    ):
        out = protected_connectivity(areas, mask)
        assert (out["share"] == 0.0).all()
        assert out.attrs["areas"] == 0


# --- nodes ----------------------------------------------------------------------------------------------------

SIZE = (10, 20)
BLANK = np.full(SIZE, np.nan)
CROSS = features(
    [LineString([(500, 5500), (15_500, 5500)]), LineString([(7500, 500), (7500, 9500)])],
    source=[1, 1],
    target=[2, 3],
)


def points(
    current=BLANK, score=BLANK, beyond=BLANK, shape=None, sources=None, corridors=CROSS, **more
):
    return nodes(
        corridors,
        index(current, "A"),
        index(score),
        index(beyond, "m"),
        labels(np.zeros(SIZE) if sources is None else sources),
        codes(np.zeros(SIZE) if shape is None else shape, 129),
        **more,
    )


def cell(i, j):
    return (j + 0.5) * 1000.0, (9 - i + 0.5) * 1000.0


def test_corridors_that_cross_make_a_node():
    out = points()
    assert out["kind"].tolist() == ["intersection"]
    assert out["score"].tolist() == [1.0]
    assert out["links"].tolist() == [2]
    assert out["rank"].tolist() == [1]
    assert out["reason"].tolist() == [REASONS["intersection"]]
    assert (out.geometry.iloc[0].x, out.geometry.iloc[0].y) == (7500.0, 5500.0)
    assert out.index.tolist() == [1]
    inside = np.zeros(SIZE)
    inside[4, 7] = 1
    assert len(points(sources=inside)) == 0  # within a source it is none


def test_a_node_is_named_by_its_county_by_the_massif_or_by_its_number():
    score = np.full(SIZE, np.nan)
    score[1, 2], score[1, 12], score[8, 2] = 3.0, 9.0, 6.0
    found = {"score": score, "corridors": CROSS.head(0), "barrier_deviations": -10.0}
    counties = features(
        [box(0, 0, 10_000, 10_000), box(10_000, 0, 20_000, 10_000)],
        name=["West", "东县"],
        name_zh=["西县", ""],
    )
    massifs = features([Point(5000, 5000)], name=["Qinling"], name_zh=["秦岭"])
    out = points(**found, counties=counties, massifs=massifs)
    assert out["name"].tolist() == ["东县 1", "West 1", "West 2"]
    assert out["name_zh"].tolist() == ["东县 1", "西县 1", "西县 2"]
    assert points(**found, massifs=massifs)["name"].tolist() == [
        "Qinling 1",
        "Qinling 2",
        "Qinling 3",
    ]
    assert points(**found)["name"].tolist() == ["1", "2", "3"]
    assert points(**found, counties=counties, most=1)["name"].tolist() == ["东县 1"]


def test_a_river_across_a_corridor_makes_a_node():
    river = features([LineString([(2500, 500), (2500, 9500)])], name=["Han"])
    out = points(corridors=CROSS.head(1), river_corridors=river)
    assert out["kind"].tolist() == ["intersection"]
    assert out.geometry.iloc[0].x == 2500.0


def test_a_stretch_in_common_counts_by_its_ends():
    along = features(
        [LineString([(500, 500), (9500, 500)]), LineString([(2500, 500), (18_500, 500)])],
        source=[1, 1],
        target=[2, 3],
    )
    out = points(corridors=along)
    assert sorted(p.x for p in out.geometry) == [2500.0, 9500.0]


def test_the_greatest_current_of_each_group_is_a_pinch():
    current = BLANK.copy()
    current[0, :10] = np.arange(10.0) + 1.0
    current[9, :10] = 0.5
    # the upper tenth of twenty cells begins at 9: 8.1 by interpolation
    out = points(current=current, corridors=CROSS.head(0), pinch_share=0.1)
    assert out["kind"].tolist() == ["pinch"]
    assert out["score"].tolist() == [10.0]
    assert (out.geometry.iloc[0].x, out.geometry.iloc[0].y) == cell(0, 9)
    assert len(points(current=current, corridors=CROSS.head(0), pinch_share=1.0)) == 2
    assert len(points(current=np.zeros(SIZE), corridors=CROSS.head(0))) == 0


def test_a_barrier_stands_out_by_deviations():
    score = np.zeros(SIZE)
    score[0, 0], score[0, 10], score[9, 19] = 1.0, 1.0, 4.0
    # positive scores 1, 1, 4: mean 2, deviation 1.414
    out = points(score=score, corridors=CROSS.head(0))
    assert out["kind"].tolist() == ["barrier"]
    assert out["score"].tolist() == [4.0]
    assert len(points(score=score, corridors=CROSS.head(0), barrier_deviations=1.5)) == 0
    assert len(points(score=score, corridors=CROSS.head(0), barrier_deviations=-1.0)) == 3


def test_a_core_between_sources_is_a_stepping_stone():
    shape, beyond = np.zeros(SIZE), BLANK.copy()
    shape[2:4, 2:4] = 17
    shape[8, 8] = 17
    beyond[2, :10] = np.arange(10.0)
    found = {"corridors": CROSS.head(0), "shape": shape, "beyond": beyond, "detour_share": 0.5}
    out = points(**found, stone_km2=4.0)
    assert out["kind"].tolist() == ["stepping_stone"]
    assert out["score"].tolist() == [4.0]  # km2
    assert (out.geometry.iloc[0].x, out.geometry.iloc[0].y) == (3000.0, 7000.0)
    assert len(points(**found, stone_km2=4.1)) == 0
    assert (
        len(points(**{**found, "detour_share": 0.2}, stone_km2=4.0)) == 0
    )  # detours of 0 and 1 end before it
    taken = np.zeros(SIZE)
    taken[2:4, 2:4] = 1
    assert len(points(**found, stone_km2=1.0, sources=taken)) == 0


def test_roads_and_railways_weaken_a_corridor():
    road = features([LineString([(3500, 0), (3500, 9000)])], name=["r"])
    rail = features([LineString([(12_500, 0), (12_500, 9000)])], name=["t"])
    out = points(corridors=CROSS.head(1), roads=road, railways=rail)
    assert out["kind"].tolist() == ["weak", "weak"]
    assert sorted(p.x for p in out.geometry) == [3500.0, 12_500.0]


def test_nodes_of_one_kind_near_each_other_are_one():
    score = np.zeros(SIZE)
    score[0, 0], score[0, 2], score[0, 10] = 5.0, 4.0, 3.0
    found = {"score": score, "corridors": CROSS.head(0), "barrier_deviations": -10.0}
    out = points(**found, merge_cells=2.0)
    assert out["score"].tolist() == [5.0, 3.0]  # the better one stays
    assert len(points(**found, merge_cells=1.9)) == 3
    assert len(points(**found, merge_cells=0.0)) == 3
    assert points(**found, merge_cells=0.0, most=1)["score"].tolist() == [5.0]


def test_of_equal_neighbours_the_western_and_then_the_southern_stays():
    score = np.zeros(SIZE)
    score[0, 0] = score[0, 2] = score[5, 10] = score[7, 10] = 5.0
    out = points(score=score, corridors=CROSS.head(0), barrier_deviations=-10.0)
    assert sorted((p.x, p.y) for p in out.geometry) == sorted([cell(0, 0), cell(7, 10)])


def test_kinds_take_turns_and_more_links_go_first():
    score = np.zeros(SIZE)
    score[4, 7], score[0, 19] = 3.0, 9.0
    current = BLANK.copy()
    current[9, 19] = 1.0
    out = points(current=current, score=score, barrier_deviations=-10.0)
    # best of each kind: the crossing has two links, the barrier of 9 and the pinch none; then the barrier of 3
    assert out["kind"].tolist() == ["intersection", "barrier", "pinch", "barrier"]
    assert out["score"].tolist() == [1.0, 9.0, 1.0, 3.0]
    assert out["links"].tolist() == [2, 0, 0, 2]
    assert out["rank"].tolist() == [1, 2, 3, 4]


def test_a_link_three_cells_away_counts_for_a_node():
    score = np.zeros(SIZE)
    score[1, 2] = 1.0  # 3 cells above the corridor
    near = points(score=score, corridors=CROSS.head(1), barrier_deviations=-10.0)
    assert near["links"].tolist() == [1]
    far = points(
        score=np.roll(score, -1, axis=0), corridors=CROSS.head(1), barrier_deviations=-10.0
    )
    assert far["links"].tolist() == [0]


# --- restoration and assembly ---------------------------------------------------------------------------------

PLACES = features(
    [Point(*cell(5, 5)), Point(*cell(5, 15)), Point(*cell(0, 0)), Point(*cell(5, 5))],
    kind=["barrier", "weak", "barrier", "pinch"],
    rank=[2, 1, 3, 4],
    reason=["x", "y", "z", "w"],
)


def test_each_column_of_restoration():
    hard, score = np.full(SIZE, 10.0), np.zeros(SIZE)
    score[5, 6], score[4, 15] = 3.0, 2.0
    out = restoration_priorities(
        PLACES, index(score), index(hard), radius_cells=1.0, cost_per_km2=2.0
    )
    # nine cells of log10 10 at 2 a km2; the corner has four of them and gains nothing
    assert out["node"].tolist() == [1, 2, 3]
    assert out["kind"].tolist() == ["barrier", "weak", "barrier"]
    assert out["gain"].tolist() == [6000.0, 4000.0, 0.0]
    assert out["cost"].tolist() == pytest.approx([18.0, 18.0, 8.0])
    assert out["gain_per_cost"].tolist() == pytest.approx([6000 / 18, 4000 / 18, 0.0])
    assert out["rank"].tolist() == [1, 2, 3]
    assert out.attrs["units"]["gain"] == "m"


def test_unknown_ground_is_neither_cheap_nor_free_of_gain():
    hard, score = np.full(SIZE, 10.0), np.full(SIZE, 1.0)
    hard[5, 4:7] = np.nan  # three of nine cannot be opened
    hard[:3, :3] = np.nan
    score[:3, :3] = np.nan
    out = restoration_priorities(PLACES, index(score), index(hard), radius_cells=1.0).set_index(
        "node"
    )
    assert out.loc[1, "cost"] == pytest.approx(6.0)
    assert out.loc[2, "cost"] == pytest.approx(9.0)
    assert out.loc[3, ["gain", "cost", "gain_per_cost"]].isna().all()
    assert out["rank"].to_dict() == {1: 1, 2: 2, 3: 3}  # what is not known comes last


def test_the_easiest_ground_costs_nothing_and_ranks_last():
    out = restoration_priorities(PLACES, index(np.ones(SIZE)), index(np.ones(SIZE)))
    assert (out["cost"] == 0.0).all()
    assert out["gain_per_cost"].isna().all()
    assert out["gain"].iloc[0] == 4000.0  # two cells either way
    assert (
        len(restoration_priorities(PLACES.tail(1), index(np.ones(SIZE)), index(np.ones(SIZE)))) == 0
    )


NETWORK = pd.DataFrame({"source": [3, 1, 2], "d_pc": [27.0, 63.0, 61.0]})
STEMS = features(
    [LineString([(0, 0), (1, 1)]), LineString([(0, 0), (2, 2)])],
    name=["Han", ""],
    order=[6, 4],
    length_km=[100.0, 80.0],
    sources=[3, 1],
)
SHAPED = PATCHES.set_geometry([box(0, 0, 1, 1)] * 3, crs=EQUAL_AREA)


def test_each_column_of_the_pattern():
    out = security_pattern(SHAPED, NETWORK, CHAIN, PLACES, STEMS)
    assert out.index.tolist() == list(range(1, 11))
    assert out["element"].tolist() == ["patch"] * 3 + ["corridor"] * 3 + ["node"] * 4
    assert out["type"].tolist() == ["core patch"] * 3 + [
        "river", "river", "biological", "barrier", "weak", "barrier", "pinch",
    ]  # fmt: skip
    assert out["name"].tolist() == ["a", "b", "c", "Han", "river 2", "a - b", "1", "2", "3", "4"]
    assert out["size"].tolist()[:6] == [40.0, 30.0, 20.0, 100.0, 80.0, 3.0]
    assert out["size"].iloc[6:].isna().all()
    assert out["rank"].tolist() == [1, 2, 3, 1, 2, 1, 2, 1, 3, 4]
    reasons = out["reason"].tolist()
    assert reasons[0] == "mean rank 0.50; connectivity falls by 63 % without it"
    assert reasons[3] == "stream of order 6, touches 3 sources"
    assert reasons[5] == "least cost of movement, 10% along rivers; crosses 2 roads, 0 railways"
    assert reasons[6] == "x"


def test_without_rivers_every_corridor_is_listed_by_priority():
    called = security_pattern(
        SHAPED.assign(name_zh=["甲", "乙", "丙"]),
        NETWORK,
        CHAIN.assign(name=["a to b", ""], name_zh=["甲 - 乙", ""]),
        PLACES.assign(name=[f"Yang {k}" for k in range(len(PLACES))]),
        STEMS.assign(name_zh="汉江"),
    )
    rivers = called[called["type"] == "river"]
    assert set(rivers["name_zh"]) == {"汉江"}
    assert called.loc[called["element"] == "patch", "name_zh"].tolist() == ["甲", "乙", "丙"]
    biological = called[called["type"] == "biological"]
    assert biological[["name", "name_zh"]].to_numpy().tolist() == [["a to b", "甲 - 乙"]]
    assert called.loc[called["element"] == "node", "name_zh"].iloc[0] == "Yang 0"
    out = security_pattern(SHAPED, NETWORK, CHAIN, PLACES.head(0))
    lines = out[out["element"] == "corridor"]
    assert lines["name"].tolist() == ["b - c", "a - b"]
    assert lines["type"].tolist() == ["river", "biological"]
    assert lines["rank"].tolist() == [1, 2]
    touching = CHAIN.set_geometry([CHAIN.geometry.iloc[0], None], crs=EQUAL_AREA)
    left = security_pattern(SHAPED, NETWORK, touching, PLACES.head(0))
    left = left[left["element"] == "corridor"]
    assert left["name"].tolist() == [
        "a - b"
    ]  # sources that touch have no line, but keep their rank
    assert left["rank"].tolist() == [2]
    best = security_pattern(SHAPED, NETWORK, CHAIN, PLACES.head(0), biological=1)
    assert (best["element"] == "corridor").sum() == 1
    with pytest.raises(QuantityError, match="source 3"):
        security_pattern(SHAPED, NETWORK.tail(2), CHAIN, PLACES)


def test_each_row_of_the_summary():
    made = security_pattern(SHAPED, NETWORK, CHAIN, PLACES, STEMS)
    patches = SHAPED.copy()
    patches.attrs |= {"capture": 0.8, "capture_target": 0.7}
    out = pattern_summary(
        made,
        patches,
        expected_nodes=42,
        expected_rivers=10,
        expected_biological=2,
        expected_massifs=("Ba",),
    ).set_index("what")
    assert out["found"].to_dict() == {
        "patches": 3, "nodes": 4, "river corridors": 2, "biological corridors": 1, "nodes, barrier": 2, "nodes, pinch": 1,
        "nodes, weak": 1, "patches in Ba": 0, "patches in Qin": 2, "share of protected ground in patches": 0.8,
    }  # fmt: skip
    known = out["expected"].dropna().to_dict()
    assert known == {
        "nodes": 42, "river corridors": 10, "biological corridors": 2, "patches in Ba": 1,
        "share of protected ground in patches": 0.7,
    }  # fmt: skip
    assert (
        "share of protected ground in patches" not in pattern_summary(made, SHAPED)["what"].tolist()
    )
    assert pattern_summary(made, SHAPED, expected_patches=6)["expected"].iloc[0] == 6


# --- stability and warning ------------------------------------------------------------------------------------


def test_draws_lie_around_one_and_hang_on_the_seed():
    out = pattern_draws(samples=200, spread=0.2)
    assert out["sample"].tolist() == list(range(1, 201))
    rest = out.drop(columns="sample")
    assert rest.columns.tolist() == [
        "diversity_weight", "water_weight", "sensitivity_weight", "left_share", "least_area", "bend",
    ]  # fmt: skip
    assert rest.min().min() >= 0.8
    assert rest.max().max() <= 1.2
    assert (rest.min() < 0.83).all()
    assert (rest.max() > 1.17).all()
    assert rest.corr().where(~np.eye(6, dtype=bool)).abs().max().max() < 0.3
    pd.testing.assert_frame_equal(out, pattern_draws(samples=200, spread=0.2))
    assert not out.equals(pattern_draws(samples=200, spread=0.2, seed=1))
    assert (pattern_draws(samples=2, spread=0.0).drop(columns="sample") == 1.0).all().all()
    # more samples begin with the same ones
    pd.testing.assert_frame_equal(pattern_draws(samples=3), pattern_draws(samples=9).head(3))


def plain_world():
    """Two good blocks of 5 x 5 cells on ground of no worth."""
    good = np.zeros((9, 17))
    good[2:7, 1:6] = good[2:7, 11:16] = 1.0
    sense = np.where(good > 0, 5.0, 1.0)
    return good, [
        index(good),
        index(good, "mm/yr"),
        index(sense),
        index(np.ones((9, 17))),
        codes(np.ones((9, 17))),
    ]


def drawn(*rows):
    names = [
        "diversity_weight",
        "water_weight",
        "sensitivity_weight",
        "left_share",
        "least_area",
        "bend",
    ]
    return pd.DataFrame(rows, columns=names).assign(sample=range(1, len(rows) + 1))


SAME = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
MIDDLE = {"quantile": 0.7, "least_km2": 5.0}


def pluses(shape, *centres):
    """The cores of blocks of 5 x 5 cells: their corners go by the majority, and with them the corners of the cores."""
    out = np.zeros(shape)
    for i, j in centres:
        out[i - 1 : i + 2, j] = out[i, j - 1 : j + 2] = 1.0
    return out


def test_what_every_draw_agrees_on_is_certain():
    good, maps = plain_world()
    out = pattern_stability(*maps, drawn(SAME, SAME), **MIDDLE)
    source = out["source_frequency"].values
    np.testing.assert_array_equal(source, pluses(good.shape, (4, 3), (4, 13)))
    corridor = out["corridor_frequency"].values
    assert (corridor[4, 6:11] == 1.0).all()
    assert (corridor[source > 0] == 0.0).all()
    assert out.attrs["source_counts"] == [2, 2]
    assert out.attrs["unsteady"] is False


def test_draws_that_disagree_share_the_frequency():
    _, maps = plain_world()
    # cores have 5 cells of 1 km2; the second draw asks for more
    many = drawn(SAME, (1, 1, 1, 1, 1.01, 1), SAME, SAME)
    out = pattern_stability(*maps, many, **MIDDLE)
    assert set(np.unique(out["source_frequency"].values)) == {0.0, 0.75}
    assert out["corridor_frequency"].values[4, 8] == 0.75
    assert out.attrs["source_counts"] == [2, 0, 2, 2]
    assert out.attrs["unsteady"] is True


def test_one_source_of_two_is_half_less_and_unsteady():
    _, maps = plain_world()
    out = pattern_stability(*maps, drawn(SAME), **{**MIDDLE, "most": 1})
    assert out.attrs["source_counts"] == [1]
    assert out.attrs["unsteady"] is False
    assert np.nanmax(out["corridor_frequency"].values) == 0.0


def test_weights_that_are_drawn_change_the_score():
    good, maps = plain_world()
    other = np.roll(good, 1, axis=0)
    maps[0] = index(other)
    heavy = {**MIDDLE, "weights": (1.0, 0.0, 0.0)}
    up = pattern_stability(*maps, drawn(SAME), **heavy)["source_frequency"].values
    np.testing.assert_array_equal(up, pluses(good.shape, (5, 3), (5, 13)))
    wet = {**MIDDLE, "weights": (0.0, 1.0, 0.0)}
    down = pattern_stability(*maps, drawn(SAME), **wet)["source_frequency"].values
    np.testing.assert_array_equal(down, pluses(good.shape, (4, 3), (4, 13)))
    # life on the left and water on the right: whichever the draw makes heavier
    maps[0], maps[1] = index(good * (np.arange(17) < 8)), index(good * (np.arange(17) > 8), "mm/yr")
    even = {"weights": (1.0, 1.0, 0.0), "least_km2": 5.0, "quantile": 0.84}
    for weights, place in (((3.0, 1.0), (4, 3)), ((1.0, 3.0), (4, 13))):
        tipped = pattern_stability(*maps, drawn((*weights, 1.0, 1.0, 1.0, 1.0)), **even)
        np.testing.assert_array_equal(tipped["source_frequency"], pluses(good.shape, place))


def test_a_bend_makes_the_dear_way_dearer():
    _, maps = plain_world()
    hard = np.ones((9, 17))
    hard[:, 8] = 3.0
    hard[0, 8] = 1.0  # a gap at the rim
    maps[3] = index(hard)
    straight = pattern_stability(*maps, drawn(SAME), **MIDDLE)["corridor_frequency"].values
    bent = pattern_stability(*maps, drawn((1, 1, 1, 1, 1, 3.0)), **MIDDLE)[
        "corridor_frequency"
    ].values
    assert straight[4, 8] == 1.0
    assert bent[4, 8] == 0.0
    assert bent[0, 8] == 1.0


def test_the_left_share_widens_the_ground():
    rows, cols = np.mgrid[:15, :30]
    hills = np.exp(-((rows - 7) ** 2 + (cols - 7) ** 2) / 20) + np.exp(
        -((rows - 7) ** 2 + (cols - 22) ** 2) / 20
    )
    maps = [
        index(hills),
        index(hills, "mm/yr"),
        codes(np.full(hills.shape, 3), 0),
        index(np.ones(hills.shape)),
        codes(np.ones(hills.shape)),
    ]
    small, wide = (
        pattern_stability(*maps, drawn((1, 1, 1, left, 1, 1)), quantile=0.7, least_km2=1.0)[
            "source_frequency"
        ].values.sum()
        for left in (0.8, 1.2)
    )
    assert wide > small
    # a share of more than all is all
    whole = pattern_stability(*maps, drawn((1, 1, 1, 9.0, 1, 1)), quantile=0.7, least_km2=1.0)
    assert (whole["source_frequency"].values == 1.0).all()


def test_ground_that_cannot_be_judged_has_no_frequency():
    good, maps = plain_world()
    water = good.astype(np.float32).copy()
    water[0, 0] = np.nan
    maps[1] = index(water, "mm/yr")
    hard = np.ones((9, 17))
    hard[8, 16] = np.nan
    maps[3] = index(hard)
    outside = np.ones((9, 17))
    outside[8, 0] = 0
    maps[4] = codes(outside)
    built = np.zeros((9, 17))
    built[0, 16] = 255
    out = pattern_stability(*maps, drawn(SAME), None, codes(built), **MIDDLE)
    source, corridor = out["source_frequency"].values, out["corridor_frequency"].values
    assert np.argwhere(np.isnan(source)).tolist() == [[0, 0], [0, 16], [8, 0]]
    assert np.argwhere(np.isnan(corridor)).tolist() == [[8, 0], [8, 16]]


def test_no_draw_is_no_pattern():
    _, maps = plain_world()
    with pytest.raises(QuantityError, match="no row"):
        pattern_stability(*maps, drawn(), **MIDDLE)
    with pytest.raises(PlanError, match="weights"):
        pattern_stability(*maps, drawn(SAME), weights=(1.0,))


COEFFICIENTS = pd.DataFrame({"lucode": [1, 2], "habitat": [0.7, 0.69], "resistance": [1.0, 2.0]})


def covers(*blocks):
    out = np.full((7, 19), 2)
    for left in blocks:
        out[1:6, left : left + 5] = 1
    return codes(out)


def warn(before, after, mask=None, **settings):
    mask = codes(np.ones((7, 19))) if mask is None else mask
    return early_warning(before, after, COEFFICIENTS, mask, **{"least_km2": 9.0, **settings})


def test_each_row_of_the_warning():
    # two blocks of 25 km2 with cores of 9; 12 cells apart from core to core
    out = warn(covers(1, 13), covers(1)).set_index("what")
    assert out["per"].tolist() == ["km2", "km2", "km2", "1", "1"]
    assert out["before"].tolist() == pytest.approx([50.0, 18.0, np.sqrt(81 + 81 + 81), 2.0, 1.0])
    assert out["now"].tolist() == pytest.approx([25.0, 9.0, 9.0, 1.0, 0.0])
    assert out["change"].tolist() == pytest.approx([-0.5, -0.5, 9 / np.sqrt(243) - 1, -0.5, -1.0])
    assert out.attrs["warning"] == "red"
    assert out.attrs["units"] == {"change": "1"}


def test_colours_at_their_limits():
    left = 9 / np.sqrt(243)  # 0.577
    before, after = covers(1, 13), covers(1)
    assert warn(before, after, yellow=left - 1e-9, red=0.1).attrs["warning"] == "none"
    assert warn(before, after, yellow=left + 1e-9, red=left - 1e-9).attrs["warning"] == "yellow"
    assert warn(before, after, yellow=0.9, red=left + 1e-9).attrs["warning"] == "red"
    with pytest.raises(QuantityError, match="above yellow"):
        warn(before, after, yellow=0.5, red=0.6)


def test_a_dearer_way_is_less_of_a_link():
    # the second year's way is longer by a wall: its chance is 2^-(cost / cost of the first year)
    after = covers(1, 13)
    dear = COEFFICIENTS.assign(resistance=[1.0, 4.0])
    first = early_warning(covers(1, 13), after, dear, codes(np.ones((7, 19))), least_km2=9.0)
    assert first["change"].tolist() == [0.0] * 5
    moved = covers(1, 12)
    nearer = warn(covers(1, 13), moved).set_index("what")
    # 12 cells of core to core: 1, 7 of 2, and so on; one cell less makes the chance greater than half
    assert (
        nearer.loc["equivalent connected area", "now"]
        > nearer.loc["equivalent connected area", "before"]
    )


def test_a_missing_map_is_no_loss():
    before = covers(1, 13)
    hole = before.copy(data=before.values.copy())
    hole.values[:, 12:] = 255
    out = warn(before, hole).set_index("what")
    assert (out["change"].dropna() == 0.0).all()
    assert out["before"].tolist() == out["now"].tolist()
    assert out.loc["habitat", "before"] == 25.0
    assert out.attrs["warning"] == "none"
    again = warn(hole, before).set_index("what")
    assert again.loc["habitat", "now"] == 25.0


def test_only_ground_inside_is_watched():
    inside = np.ones((7, 19))
    inside[:, 12:] = 0
    out = warn(covers(1, 13), covers(1, 13), codes(inside)).set_index("what")
    assert out.loc["habitat", "before"] == 25.0
    assert out.loc["patches", "before"] == 1.0


def test_a_split_of_the_only_patch_weighs_its_new_link_by_half():
    # one block of 25 becomes, further apart, two: no link is there to weigh the new one by but itself
    out = warn(covers(1), covers(1, 13)).set_index("what")
    assert out.loc["equivalent connected area", "before"] == pytest.approx(9.0)
    assert out.loc["equivalent connected area", "now"] == pytest.approx(np.sqrt(243))
    assert out.attrs["warning"] == "none"


def test_no_habitat_before_is_no_comparison():
    with pytest.raises(QuantityError, match="no habitat patch"):
        warn(covers(), covers(1))
    with pytest.raises(QuantityError, match="no habitat patch"):
        warn(covers(1), covers(1), least_km2=9.1)
    with pytest.raises(QuantityError, match="no habitat patch"):
        warn(covers(1), covers(1), least_habitat=0.71)
