"""Networks from cores and resistance alone, on strips that a pencil can walk and against solvers that know nothing of them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import spsolve
from shapely.geometry import LineString, Point, Polygon, box
from tests.worlds import EQUAL_AREA, grid, grid_spec, step_costs

from shanshui.core.errors import QuantityError, ResourceError
from shanshui.pattern.circuit import current
from shanshui.pattern.core_cells import core_cells
from shanshui.pattern.core_network import BYTES_PER_CELL, core_network
from shanshui.pattern.corridors import least_cost_corridors
from shanshui.pattern.link_priority import current_flow
from shanshui.pattern.linkage_priority import PriorityWeights, core_value
from shanshui.region.grid import GridSpec
from shanshui.region.unitset import polygons

STRIP = [[1.0, 2, 2, 2, 2, 2, 1, 4, 1]]
"""Core 1, five cells of 2, core 2, a cell of 4, core 3; cells of 1000 m."""


def ground(rows, cell_m=1000.0):
    return grid(np.asarray(rows, np.float64), "1", cell_m=cell_m, dtype=np.float64)


def frame(shapes, ids=None, crs=EQUAL_AREA):
    return gpd.GeoDataFrame(geometry=list(shapes), index=ids or range(1, len(shapes) + 1), crs=crs)


def squares(*columns, cell=1000.0, ids=None):
    return frame([box(c * cell, 0, (c + 1) * cell, cell) for c in columns], ids)


def test_each_column_of_a_strip():
    out = core_network(
        squares(0, 6, 8, ids=["b", "a", "c"]), ground(STRIP), cutoff=0.0, radii=[1000.0]
    )
    links = out.links
    # numbered by id: a is the middle one
    assert links[["source", "target"]].to_numpy().tolist() == [["a", "b"], ["a", "c"]]
    assert links["euclidean"].tolist() == [5000.0, 1000.0]
    assert links["cost"].tolist() == [11_000.0, 5000.0]
    assert links["length"].tolist() == [6000.0, 2000.0]
    assert links["cost_per_euclidean"].tolist() == pytest.approx([2.2, 5.0])
    assert links["cost_per_length"].tolist() == pytest.approx([11 / 6, 2.5])
    # one cell wide: the corridor resists as its path costs
    assert links["effective_resistance"].tolist() == pytest.approx([11_000.0, 5000.0])
    assert links["cost_per_resistance"].tolist() == pytest.approx([1.0, 1.0])
    # each link carries its own pair and that of the two ends
    assert links["centrality"].tolist() == pytest.approx([2.0, 2.0])
    assert links["priority"].tolist() == pytest.approx([(2 + 1.5 + 1.5) / 6, (1 + 1.5 + 1.5) / 6])
    assert links["status"].tolist() == ["kept", "kept"]
    assert links["through"].isna().all()
    assert links.geometry.iloc[0].coords[:] == [(6500.0, 500.0), (500.0, 500.0)]
    assert links.crs == EQUAL_AREA
    cores = out.cores
    assert cores["core"].tolist() == ["a", "b", "c"]
    assert cores["area_km2"].tolist() == [1.0, 1.0, 1.0]
    assert cores["cells"].tolist() == [1, 1, 1]
    assert cores["links"].tolist() == [2, 1, 1]
    # the middle one sends and takes an ampere of two pairs, and lets that of the third through
    assert cores["centrality"].tolist() == pytest.approx([3.0, 2.0, 2.0])
    assert out.cost_distance.values[0].tolist() == [0, 1500, 3500, 5500, 3500, 1500, 0, 2500, 0]
    assert out.corridors.values[0].tolist() == [0.0] * 9
    shown = out.current.values[0]
    assert np.isnan(shown[[0, 6, 8]]).all()
    assert shown[[1, 2, 3, 4, 5, 7]].tolist() == pytest.approx([1.0] * 6)
    assert out.current.attrs["units"] == "A"
    # restoring 2000 m around the cell of 4 costs 2000 and saves 5000 - 2000
    assert out.barriers.values[0, 7] == pytest.approx(1.5)
    assert out.barriers.values[0, 6] == 0.0


def test_plain_arrays_give_plain_arrays_of_the_same_numbers():
    label = np.array([[7, 0, 0, 0, 0, 0, 2, 0, 3]])
    plain = core_network(label, np.array(STRIP), cell=1000.0)
    laid = core_network(grid(label, "1", cell_m=1000.0, dtype=np.int32), ground(STRIP))
    assert isinstance(plain.current, np.ndarray)
    assert plain.links.crs is None
    assert plain.cores["core"].tolist() == [2, 3, 7]
    for name in ("cost_distance", "corridors", "truncated", "current", "barriers"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(laid, name).values)
    pd.testing.assert_frame_equal(
        pd.DataFrame(plain.links.drop(columns="geometry")), pd.DataFrame(laid.links.drop(columns="geometry"))
    )  # fmt: skip
    turned = ground(STRIP).rename({"y": "lat", "x": "lon"}).transpose("lon", "lat")
    np.testing.assert_array_equal(
        core_network(label, turned.transpose("lat", "lon")).current.values, plain.current
    )


def rough(seed, shape=(14, 17), holes=0.1):
    random = np.random.default_rng(seed)
    values = np.exp(random.normal(0, 1.0, shape))
    label = np.zeros(shape, int)
    for name, (i, j) in enumerate(((1, 1), (shape[0] - 4, shape[1] - 5), (2, shape[1] - 4)), 1):
        label[i : i + 2, j : j + 3] = name
    values[(random.random(shape) < holes) & (label == 0)] = np.nan
    return values, label


@given(seed=st.integers(0, 10_000), apart=st.floats(0.0, 2.0))
@settings(max_examples=25, deadline=None)
def test_a_corridor_resists_less_than_its_best_path_and_more_the_narrower(seed, apart):
    values, label = rough(seed)
    wide = core_network(label, values, cell=10.0, cutoff=1e9).links
    some = core_network(label, values, cell=10.0, cutoff=apart * 20.0).links
    kept = wide["status"] == "kept"
    assert (wide["status"] == some["status"]).all()
    assert (some["effective_resistance"][kept] <= some["cost"][kept] * (1 + 1e-9)).all()
    assert (
        wide["effective_resistance"][kept] <= some["effective_resistance"][kept] * (1 + 1e-9)
    ).all()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_current_as_a_library_solves_it(seed):
    """Laplacian of the corridor with each core as one node, solved by a general solver."""
    values, label = rough(seed, (9, 12))
    label[label == 3] = 0
    out = core_network(label, values, cell=1.0, cutoff=8.0, adjacency="all")
    if out.links["status"].iloc[0] != "kept":
        return
    costs = step_costs(values, 1.0).tocoo()
    ground = np.isfinite(out.truncated) | (label > 0)
    node = np.where(ground, np.arange(label.size).reshape(label.shape), -1)
    for name in (1, 2):
        node[label == name] = np.flatnonzero((label == name).ravel())[0]
    a, b = node.ravel()[costs.row], node.ravel()[costs.col]
    use = (a >= 0) & (b >= 0) & (a != b)
    g = coo_matrix((1 / costs.data[use], (a[use], b[use])), (label.size, label.size)).tocsr()
    g = g + g.T
    ends = [int(node[label == name][0]) for name in (1, 2)]
    live = np.unique(node[node >= 0])
    live = live[np.asarray(g[live].sum(1)).ravel() > 0]
    inside = np.isin(live, reached(g, ends[0]))
    live = live[inside & (live != ends[1])]
    laplacian = (diags(np.asarray(g.sum(1)).ravel()) - g).tocsr()
    sent = np.zeros(label.size)
    sent[ends[0]] = 1.0
    v = np.zeros(label.size)
    v[live] = spsolve(laplacian[live][:, live].tocsc(), sent[live])
    assert out.links["effective_resistance"].iloc[0] == pytest.approx(v[ends[0]], rel=1e-6)
    edge = g.tocoo()
    along = np.bincount(edge.row, np.abs(edge.data * (v[edge.row] - v[edge.col])), label.size) / 2
    seen = np.isfinite(out.current)
    np.testing.assert_allclose(out.current[seen], along.reshape(label.shape)[seen], atol=1e-6)


def reached(g, start):
    from scipy.sparse.csgraph import breadth_first_order

    return breadth_first_order(g, start, directed=False, return_predecessors=False)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_cells_are_as_far_apart_as_their_outlines(seed):
    random = np.random.default_rng(seed)
    label = np.where(random.random((9, 11)) < 0.15, random.integers(1, 5, (9, 11)), 0)
    if np.unique(label).size < 3:
        return
    links = least_cost_corridors(np.ones(label.shape), label, cell=3.0, adjacency="all").links
    shapes = polygons(grid_spec(9, 11, 3.0).lay(label.astype(np.int32), "1", nodata=0)).geometry
    far = [
        shapely.distance(shapes[a], shapes[b]) for a, b in links[["source", "target"]].to_numpy()
    ]
    np.testing.assert_allclose(links["euclidean"], far, atol=1e-9)


def test_distances_are_those_of_the_outlines_and_not_of_the_cells():
    # triangles that end within cells: 3-4-5 from corner to corner
    one = Polygon([(0, 0), (1100, 1200), (0, 2000)])
    two = Polygon([(4100, 5200), (6000, 5000), (6000, 7000)])
    out = core_network(frame([one, two]), ground(np.ones((8, 8))))
    assert out.links["euclidean"].tolist() == [5000.0]
    assert out.cores["area_km2"].tolist() == pytest.approx([1.1, 1.9])


def test_cores_that_touch_are_linked_by_one_step():
    out = core_network(squares(0, 1, 3), ground([[1.0, 3, 1, 1]]))
    first = out.links.iloc[0]
    assert (first["euclidean"], first["cost"], first["status"]) == (0.0, 2000.0, "kept")
    assert np.isnan(first["cost_per_euclidean"])
    assert out.links["priority"].notna().all()


# what becomes of links

CHAIN = [[1.0] + [1] * 2 + [1] + [1] * 9 + [1] + [1] * 3 + [1]]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, ["kept", "kept", "kept"]),
        ({"max_cost": 4000.0}, ["kept", "max_cost", "kept"]),
        ({"max_euclidean": 2500.0}, ["kept", "max_euclidean", "max_euclidean"]),
        ({"neighbours": 1}, ["kept", "neighbours", "kept"]),
        ({"neighbours": 1, "join_groups": True}, ["kept", "kept", "kept"]),
        ({"neighbours": 1, "join_groups": True, "max_cost": 4000.0}, ["kept", "max_cost", "kept"]),
    ],
)
def test_why_links_are_dropped(more, status):
    assert (
        core_network(squares(0, 3, 13, 17), ground(CHAIN), **more).links["status"].tolist()
        == status
    )


def test_groups_are_joined_by_the_cheapest_link_only():
    # two pairs of cores, side by side: the pairs are joined once, by the nearer of the two links between them
    label = np.zeros((9, 20), int)
    for name, (i, j) in enumerate(((0, 0), (3, 0), (0, 12), (4, 12)), 1):
        label[i, j] = name
    values = np.ones(label.shape)
    values[0, 5] = 0.5
    kinds = {"neighbours": 1, "adjacency": "all", "drop_through_cores": False}
    few = core_network(label, values, **kinds).links
    joined = core_network(label, values, join_groups=True, **kinds).links
    assert (few["status"] == "kept").sum() == 2
    more = joined[(joined["status"] == "kept") & (few["status"] != "kept")]
    assert more[["source", "target"]].to_numpy().tolist() == [[1, 3]]


def test_a_third_core_on_the_way_is_named_by_its_id():
    out = core_network(
        squares(0, 3, 6, ids=["x", "y", "z"]), ground(np.ones((1, 7))), adjacency="all"
    )
    row = out.links[(out.links["source"] == "x") & (out.links["target"] == "z")].iloc[0]
    assert (row["status"], row["through"]) == ("through_core", "y")
    assert np.isnan(row["effective_resistance"])
    kept = core_network(
        squares(0, 3, 6), ground(np.ones((1, 7))), adjacency="all", drop_through_cores=False
    )
    assert kept.links["status"].tolist() == ["kept"] * 3
    assert kept.links["through"].tolist() == [None, 2, None]


def test_no_way_leaves_maps_without_corridors():
    out = core_network(squares(0, 4), ground([[1, 1, np.nan, 1, 1]]), adjacency="all")
    assert out.links["status"].tolist() == ["no_way"]
    assert out.links.geometry.isna().all()
    assert np.isnan(out.corridors.values).all()
    assert np.isnan(out.current.values).all()
    assert out.cutoff == 0.0
    assert out.cores["centrality"].tolist() == [0.0, 0.0]


def test_corridors_end_at_the_cutoff():
    values, label = rough(3, holes=0.0)
    out = core_network(label, values, cutoff=4.0)
    np.testing.assert_array_equal(np.isfinite(out.truncated), out.corridors <= 4.0)
    assert np.nanmax(out.truncated) <= 4.0 < np.nanmax(out.corridors)
    least = core_network(label, values)
    off = least.corridors[(least.corridors > 0) & (label == 0)]
    assert least.cutoff == np.quantile(off, 0.05)
    # current is where corridors are, but within the cores that it joins
    assert (np.isfinite(out.truncated) | ~np.isfinite(out.current)).all()


@pytest.mark.parametrize("statistic", ["max", "sum"])
def test_links_are_joined_by_the_greatest_or_the_sum(statistic):
    values, label = rough(5, holes=0.0)
    both = core_network(label, values, cutoff=1e9, statistic=statistic)
    join = (
        np.fmax
        if statistic == "max"
        else lambda a, b: np.where(np.isnan(a), b, a + np.nan_to_num(b))
    )
    whole = np.full(label.shape, np.nan)
    for a, b in both.links[both.links["status"] == "kept"][["source", "target"]].to_numpy():
        # the third core stands as ground
        alone = core_network(
            np.where(np.isin(label, (a, b)), label, 0), values, cutoff=1e9, adjacency="all"
        )
        whole = join(whole, alone.current)
    np.testing.assert_allclose(both.current, whole, atol=1e-9)


def test_what_is_not_remembered_is_computed_again():
    values, label = rough(1)
    wide = core_network(label, values)
    tight = core_network(label, values, memory=BYTES_PER_CELL * values.size)
    for name in ("cost_distance", "corridors", "current", "barriers"):
        assert getattr(wide, name).tobytes() == getattr(tight, name).tobytes()
    with pytest.raises(ResourceError, match=r"238 cells need .* GB"):
        core_network(label, values, memory=1000)


def test_progress_is_told():
    said = []
    core_network(*reversed(rough(1)), tell=lambda text, done, of: said.append((text, done, of)))
    assert {text for text, _, _ in said} == {"links", "pinch points", "barriers"}
    assert all(done <= of for _, done, of in said)
    assert ("links", 3, 3) in said


def test_worth_decides_the_priority():
    cores, strip = squares(0, 6, 8), ground(STRIP)
    last = core_network(cores, strip, worth=pd.Series({1: 0.0, 2: 1.0, 3: 5.0})).links
    first = core_network(cores, strip, worth=pd.Series({1: 5.0, 2: 1.0, 3: 0.0})).links
    assert last["priority"].tolist() == pytest.approx([4.5 / 6, 4.5 / 6])
    assert first["priority"].tolist() == pytest.approx([5.5 / 6, 3.5 / 6])


def test_current_through_the_nodes_of_a_triangle():
    links = pd.DataFrame({"source": [1, 2, 1], "target": [2, 3, 3], "cost": [1.0, 1.0, 2.0]})
    # an ampere of its own two pairs, and of the third what goes round by it: 1/4, 1/2, 1/4
    along, through = current_flow(links)
    assert through.tolist() == pytest.approx([2.25, 2.5, 2.25])
    assert through.index.tolist() == [1, 2, 3]
    assert along.sum() == pytest.approx(4.0)


# cores as they come


def test_equal_ids_are_one_core():
    out = core_network(squares(0, 4, 8, ids=[5, 9, 5]), ground(np.ones((1, 9))), adjacency="all")
    assert out.cores["core"].tolist() == [5, 9]
    assert out.links["euclidean"].tolist() == [3000.0]
    assert out.told == ["core 5: several polygons have this id; they are one core"]


def test_another_system_is_brought_and_told():
    cores = squares(0, 6, 8)
    out = core_network(cores.to_crs(4326), ground(STRIP))
    np.testing.assert_allclose(out.links["euclidean"], [5000.0, 1000.0], atol=1e-3)
    assert "brought from WGS 84" in out.told[0]
    # the same system by another name is no change, to the last digit
    renamed = cores.set_crs("+proj=cea +lat_ts=30 +datum=WGS84 +units=m", allow_override=True)
    same = core_network(renamed, ground(STRIP))
    assert same.told == []
    assert same.links["euclidean"].tolist() == [5000.0, 1000.0]


def test_a_core_smaller_than_a_cell_has_the_cell_that_it_lies_in():
    small = box(2100, 100, 2200, 200)
    out = core_network(frame([box(0, 0, 1000, 1000), small]), ground(np.ones((1, 5))))
    assert out.cores["cells"].tolist() == [1, 1]
    assert out.links["euclidean"].tolist() == [1100.0]
    assert out.links["cost"].tolist() == [2000.0]
    assert out.told == ["core 2: smaller than a cell of 1000 m; one cell stands for it"]
    with pytest.raises(QuantityError, match="2 lies within a cell of 1"):
        core_network(
            frame([box(0, 0, 990, 1000), box(995, 0, 999, 10), box(4000, 0, 5000, 1000)]),
            ground(np.ones((1, 5))),
        )


def test_cores_beyond_or_where_nothing_passes_are_left_out_and_told():
    cores = squares(0, 2, 4, 40)
    out = core_network(cores, ground([[1, 1, np.nan, np.nan, 1]]), adjacency="all")
    assert out.cores["core"].tolist() == [1, 3]
    assert out.told == [
        "core 4: beyond the resistance, left out",
        "core 2: on ground without resistance, which nothing can enter; left out",
    ]


BOW = Polygon([(0, 0), (2000, 900), (2000, 0), (0, 900)])


@pytest.mark.parametrize(
    ("cores", "said"),
    [
        (squares(0), "found 1 on ground"),
        (squares(0, 1).iloc[:0], "do not overlap|found 0"),
        (squares(50, 60), "do not overlap"),
        (frame([box(0, 0, 3000, 1000), box(1000, 0, 5000, 1000)]), "1 and 2 overlap by 2 km2"),
        (frame([BOW, box(4000, 0, 5000, 1000)]), "core 1: the outline crosses itself"),
        (frame([Point(0, 0), LineString([(0, 0), (1, 1)])]), "found LineString, Point; expected polygons"),
        (frame([Polygon(), box(0, 0, 1, 1)]), "core 1: no outline"),
        (frame([box(0, 0, 1, 1), box(5, 5, 6, 6)], ids=["a", None]), "1 of 2 have no id"),
        (frame([box(0, 0, 1, 1)] * 2, crs=None), "no coordinate system"),
        (np.ones((3, 3)), r"found \(3, 3\); expected .*\(1, 9\)"),
        (np.array([[1.5, 0, 0, 0, 0, 0, 0, 0, 2]]), "found the id 1.5"),
        (grid([[1, 0, 0, 0, 0, 0, 0, 0, 2]], "1", cell_m=999.0, dtype=np.int32), "place of the resistance"),
    ],
)  # fmt: skip
def test_cores_that_make_no_network_are_refused(cores, said):
    with pytest.raises(QuantityError, match=said):
        core_network(cores, ground(STRIP))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"neighbours": 0}, "neighbours: found 0"),
        ({"max_cost": 0.0}, "max_cost"),
        ({"max_euclidean": float("nan")}, "max_euclidean"),
        ({"cutoff": -1.0}, "cutoff"),
        ({"cutoff": float("inf")}, "cutoff"),
        ({"radii": []}, "radii: found none"),
        ({"radii": [999.0]}, "1000 m"),
        ({"statistic": "mean"}, "statistic"),
        ({"open_resistance": 0.0}, "open_resistance"),
        ({"adjacency": "costs"}, "did you mean 'cost'"),
        ({"neighbours_by": "length"}, "neighbours_by: found 'length'"),
        ({"all_pairs": "pairs"}, "did you mean 'pairwise'"),
        ({"climate_threshold": -1.0}, "climate_threshold"),
        ({"climate_cost": float("inf")}, "climate_cost"),
        ({"worth": pd.Series({1: 1.0, 2: 2.0})}, "core 3"),
        ({"worth": pd.Series({1: 1.0, 2: 2.0, 3: -1.0})}, "core 3 found -1"),
    ],
)
def test_settings_out_of_range_are_refused(more, said):
    with pytest.raises(QuantityError, match=said):
        core_network(squares(0, 6, 8), ground(STRIP), **more)


def test_resistances_that_cannot_be_and_polygons_without_a_place_are_refused():
    for bad in (0.0, -2.0):
        rows = np.array(STRIP)
        rows[0, 3] = bad
        with pytest.raises(QuantityError, match="expected above 0"):
            core_network(squares(0, 6, 8), ground(rows))
    with pytest.raises(QuantityError, match="does not say where it lies"):
        core_network(squares(0, 6, 8), np.array(STRIP))


def test_cores_across_the_date_line_are_no_crossed_outline():
    # written with a jump from 180 to -180, as many files have them
    around = Polygon([(179.9, 0.0), (-179.9, 0.0), (-179.9, 0.01), (179.9, 0.01)])
    spec = "+proj=laea +lat_0=0 +lon_0=180 +datum=WGS84 +units=m"
    there = GridSpec(spec, 1000.0, -20_000.0, 20_000.0, 40, 40)
    found = core_cells(frame([around], crs=4326), there)
    assert found.shapes.area.iloc[0] == pytest.approx(22_264 * 1106, rel=2e-3)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_detour_is_nothing_on_the_paths(seed):
    values, label = rough(seed)
    found = least_cost_corridors(values / 3.0, label, cell=0.7)
    for path, status in zip(found.paths, found.links["status"], strict=True):
        if status == "kept":
            assert (found.surface.ravel()[path] == 0.0).all()


# more of the peer's tools


def strip_network(**more):
    cores = squares(0, 6, 8, ids=["b", "a", "c"])
    return core_network(cores, ground(STRIP), cutoff=0.0, radii=[1000.0], **more)


def test_barriers_in_per_cent_of_their_own_link():
    out = strip_network()
    # 1.5 a metre of the link that costs 5000; from the other end nothing is saved on cells of 2 by a circle of 2000 m that costs 2000
    assert out.barriers_percent.values[0, 7] == pytest.approx(0.03)
    assert out.barriers_percent.attrs["units"] == "%/m"
    both = strip_network(statistic="sum")
    # of the other link the circle around its rim opens half a cell of 1 and one and a half of 2
    assert both.barriers_percent.values[0, 7] >= 0.03 - 1e-12
    ratio = out.barriers_percent.values[0, 2] / out.barriers.values[0, 2]
    assert ratio == pytest.approx(100 / 11_000)


def test_the_nearest_by_cost_are_not_the_nearest_as_the_crow_flies():
    # pairs 4-3 and 2-5 touch; core 1 has 2 near behind a wall, and 3 far over easy ground
    label = np.array([[4, 3, 0, 0, 0, 1, 0, 2, 5]])
    values = np.array([[1.0, 1, 1, 1, 1, 1, 9, 1, 1]])

    def kept(**more):
        links = core_network(label, values, neighbours=1, **more).links
        ends = links[links["status"] == "kept"][["source", "target"]]
        return sorted(map(tuple, ends.to_numpy().tolist()))

    assert kept() == [(1, 3), (2, 5), (3, 4)]
    assert kept(neighbours_by="euclidean") == [(1, 2), (2, 5), (3, 4)]
    assert kept(join_groups=True) == [(1, 2), (1, 3), (2, 5), (3, 4)]


def test_squared_resistances_meet_current_but_not_costs():
    plain, squared = strip_network(), strip_network(squared=True)
    assert squared.links["cost"].tolist() == plain.links["cost"].tolist()
    # squares 1 4 4 4 4 4 1 and 1 16 1, each step the mean of its two
    assert squared.links["effective_resistance"].tolist() == pytest.approx([21_000.0, 17_000.0])
    assert squared.links["cost_per_resistance"].isna().all()


@pytest.mark.parametrize(("mode", "amperes"), [("pairwise", 2.0), ("all-to-one", 4.0)])
def test_current_of_all_pairs_on_a_strip(mode, amperes):
    # each gap carries two of three pairs; or one, two and one amperes as the cores are ground in turn
    out = strip_network(all_pairs=mode)
    shown = out.current_all.values[0]
    assert np.isnan(shown[[0, 6, 8]]).all()
    assert shown[[1, 2, 3, 4, 5, 7]].tolist() == pytest.approx([amperes] * 6)
    assert strip_network().current_all is None


def test_all_pairs_meet_what_a_third_core_and_a_bypass_let_through():
    """Current of all pairs as the circuit gives it, asked of the ground of the corridors alone."""
    values, label = rough(4, holes=0.0)
    out = core_network(label, values, cutoff=3.0, all_pairs="pairwise")
    alone = np.where(np.isfinite(out.truncated) | (label > 0), values, np.nan)
    known = sum(
        current(alone, np.where(np.isin(label, pair), label, 0))
        for pair in ((1, 2), (1, 3), (2, 3))
    )
    seen = np.isfinite(out.current_all)
    np.testing.assert_array_equal(seen, np.isfinite(out.truncated) & (label == 0))
    np.testing.assert_allclose(out.current_all[seen], known[seen], atol=1e-9)


def test_a_change_of_climate_costs_on_the_way():
    cores = squares(0, 4)
    warm = grid([[10.0, 10, 8, 8, 8]], "1", cell_m=1000.0, dtype=np.float64)
    out = core_network(cores, ground([[1.0, 1, 1, 1, 3]]), climate=warm, climate_cost=1000.0)
    # 1 on the flat and the resistance, 3 steps of 1 and one of (1 + 3) / 2, and two degrees
    assert out.links["cost"].tolist() == [3 * 2000 + 3000 + 2000.0]
    assert out.links["climate_difference"].tolist() == [2.0]
    # current meets the resistance alone
    assert out.links["effective_resistance"].tolist() == pytest.approx([5000.0])
    # round a warm hill rather than over it
    values, label = np.ones((7, 9)), np.zeros((7, 9), int)
    label[3, 0], label[3, 8] = 1, 2
    hill = np.zeros((7, 9))
    hill[3, 8] = 2.0
    hill[1:6, 3:6] = 5.0
    path = core_network(label, values, climate=hill, climate_cost=10.0).links.geometry.iloc[0]
    assert {(x, y) for x, y in path.coords} & {
        (x + 0.5, y + 0.5) for x in (3, 4, 5) for y in (0, 6)
    }
    assert path.length > 8.0


def test_cores_of_one_climate_are_not_linked():
    # core 1 offers 10 and 12 degrees: mean 11, deviation 1, hence 9; core 2 9.5, core 3 7.9
    warm = np.array([[10.0, 12, 9, 9.5, 9, 7.9]])
    label = np.array([[1, 1, 0, 2, 0, 3]])
    options = {"climate": warm, "drop_through_cores": False}
    links = core_network(label, np.ones((1, 6)), **options).links
    assert links["status"].tolist() == ["climate", "kept", "kept"]
    assert links["climate_difference"].tolist() == pytest.approx([0.5, 1.1, 1.6])
    more = core_network(label, np.ones((1, 6)), climate_threshold=1.1 + 1e-9, **options)
    assert more.links["status"].tolist() == ["climate", "climate", "kept"]
    rows = more.cores.set_index("core")
    assert rows.loc[1, ["climate_mean", "climate_sd", "climate_low"]].tolist() == pytest.approx([11, 1, 9])  # fmt: skip
    # nothing is left of a network whose cores are all alike
    none = core_network(label, np.ones((1, 6)), climate_threshold=9.0, **options)
    assert set(none.links["status"]) == {"climate"}
    assert np.isnan(none.linkage_priority).all()


def test_where_the_climate_is_missing_nothing_passes():
    warm = np.array([[10.0, 9, np.nan, 8, 7]])
    out = core_network(np.array([[1, 0, 0, 0, 2]]), np.ones((1, 5)), climate=warm)
    assert out.links["status"].tolist() == ["no_way"]
    for bad, said in (
        (np.full((1, 5), np.nan), "found no value"),
        (np.zeros((2, 5)), r"found \(2, 5\)"),
    ):
        with pytest.raises(QuantityError, match=said):
            core_network(np.array([[1, 0, 0, 0, 2]]), np.ones((1, 5)), climate=bad)
    laid = grid([[9.0, 9, 9, 9, 9]], "1", cell_m=999.0, dtype=np.float64)
    with pytest.raises(QuantityError, match="place of the resistance"):
        core_network(squares(0, 4), ground(np.ones((1, 5))), climate=laid)


def test_the_weighted_priority_by_hand():
    weights = PriorityWeights(closeness=0.5, permeability=0.2, core_value=0.3)
    out = strip_network(weights=weights)
    assert out.cores["value"].tolist() == [1.0, 1.0, 1.0]
    # paths of 6000 m for 11 000 and of 2000 m for 5000: the first is the more permeable, the second the closer
    assert out.links["weighted_priority"].tolist() == pytest.approx([0.5, 0.8])
    shown = out.linkage_priority.values[0]
    # the first link's corridor falls below 0.4 of its range at the last core, the second's beyond the fourth cell
    assert shown[[0, 1, 2, 8]].tolist() == pytest.approx([0, 0, 0, 1])
    # half of the greater and half of the mean, from 0.5001 to 0.8001
    assert shown[3] == pytest.approx((0.5 * 0.80005 + 0.25 * (0.80005 + 0.5001) - 0.5001) / 0.3)
    assert shown[7] == pytest.approx((0.5 * 0.8001 + 0.25 * (0.8001 + 0.50005) - 0.5001) / 0.3)
    np.testing.assert_allclose(out.blended_priority.values[0], shown, atol=1e-12)
    plain = strip_network().links["weighted_priority"]
    assert plain.tolist() == pytest.approx([0.67, 0.67])


def test_the_value_of_cores_by_hand():
    table = pd.DataFrame(
        {"resistance": [1.0, 3, 2], "area": [4.0, 1, 4], "perimeter": [8.0, 4, 16], "worth": [0.0, 0, 1], "centrality": [0.0] * 3}
    )  # fmt: skip
    # ease 1, 1/3, 2/3; size 1, 1/4, 1; compactness 1, 1/2, 1/2
    raw = [1.0, 0.11 + 0.0825 + 0.17, 0.22 + 0.33 + 0.17]
    value = core_value(table, PriorityWeights())
    assert value.tolist() == pytest.approx([1.0, 0.0, (raw[2] - raw[1]) / (1 - raw[1])])
    given = core_value(table, PriorityWeights(core_worth=10.0))
    assert given.idxmax() == 2


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"closeness": -0.1}, "closeness: found -0.1"),
        ({"kept_share": 0.0}, "kept_share: found 0"),
        ({"kept_share": 1.1}, "kept_share"),
        ({"greatest": 0.0, "mean": 0.0}, "greatest, mean: found 0 for all"),
    ],
)
def test_weights_out_of_range_are_refused(weights, said):
    with pytest.raises(QuantityError, match=said):
        PriorityWeights(**weights)
