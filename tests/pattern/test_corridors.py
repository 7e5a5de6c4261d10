"""Least costs, links and barriers on ground that can be walked by hand, and against a shortest-path library."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra
from tests.worlds import step_costs

from shanshui.core.errors import QuantityError
from shanshui.kernels import cost as kernel
from shanshui.kernels.disc import disc_maximum, disc_minimum
from shanshui.pattern.corridors import least_cost_corridors
from shanshui.pattern.cost_distance import cost_allocation, cost_distance
from shanshui.pattern.link_priority import current_flow
from shanshui.pattern.linkage import gravity
from shanshui.pattern.reach import Reach, detour

HAND = np.array([[1.0, 1, 1], [10, 10, 1], [1, 1, 1]])


def test_the_costs_of_the_handbook():
    np.testing.assert_allclose(
        cost_distance(HAND, [(0, 0)], cell=30),
        [[0, 30, 60], [165, 195, 72.426], [144.853, 114.853, 102.426]],
        atol=5e-4,
    )


def test_the_corridor_of_the_handbook():
    found = least_cost_corridors(HAND, [(0, 0), (2, 0)], cell=30)
    assert found.links["cost"][0] == pytest.approx(144.853, abs=5e-4)
    np.testing.assert_allclose(
        found.surface,
        [[0, 0, 17.574], [185.147, 245.147, 0], [0, 0, 17.574]],
        atol=5e-4,
    )
    assert found.paths[0].tolist() == [0, 1, 5, 7, 6]
    assert found.links["euclidean"][0] == 30.0  # from edge to edge: one cell lies between
    assert found.links["length"][0] == pytest.approx(60 + 60 * np.sqrt(2))


@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    four=st.booleans(),
    decades=st.floats(0, 4),
)
@settings(max_examples=40, deadline=None)
def test_as_the_library_finds_them(seed, shape, four, decades):
    random = np.random.default_rng(seed)
    values = 10 ** random.uniform(0, decades, shape)
    values[random.random(shape) < 0.2] = np.nan
    sources = np.where(random.random(shape) < 0.1, random.integers(1, 5, shape), 0)
    sources[np.isnan(values)] = 0
    if not sources.any():
        return
    found = cost_distance(values, sources, cell=2.0, four_neighbours=four)
    known = dijkstra(
        step_costs(values, 2.0, four),
        directed=False,
        indices=np.flatnonzero(sources),
        min_only=True,
    ).reshape(shape)
    known[np.isnan(values)] = np.inf
    np.testing.assert_allclose(found, known, rtol=1e-13)


@pytest.mark.parametrize("tile", [5, 16, 128])
@pytest.mark.parametrize("stride", [0.05, 1.0, 50.0])
def test_tiles_and_threads_change_nothing(monkeypatch, tile, stride):
    random = np.random.default_rng(1)
    values = 10 ** random.uniform(0, 3, (61, 47))
    values[20, 3:] = np.inf
    sources = np.zeros(values.shape, int)
    sources[0, 0], sources[60, 46] = 1, 2
    known, owner = cost_allocation(values, sources)
    monkeypatch.setattr(kernel, "TILE", tile)
    monkeypatch.setattr(kernel, "_STRIDE", stride)
    monkeypatch.setattr(kernel, "processors", lambda: 3 if tile == 16 else 1)
    again, same = cost_allocation(values, sources)
    np.testing.assert_array_equal(again, known)
    np.testing.assert_array_equal(same, owner)


def test_a_full_queue_begins_again(monkeypatch):
    """Room for a queue that runs over is no loss: what is known is expanded anew."""
    random = np.random.default_rng(2)
    values = 10 ** random.uniform(0, 4, (40, 40))
    sources = (random.random((40, 40)) < 0.05).astype(int)
    known = cost_distance(values, sources)
    monkeypatch.setattr(kernel, "TILE", 16)
    monkeypatch.setattr(kernel, "_ROOM", 1)
    monkeypatch.setattr(kernel, "_STRIDE", 1e9)
    np.testing.assert_array_equal(cost_distance(values, sources), known)


def test_allocation_follows_the_least_cost():
    values = np.ones((3, 9))
    values[:, 3] = 20.0
    _, owner = cost_allocation(values, [(1, 0), (1, 8)])
    assert (owner[:, :3] == 1).all()
    assert (owner[:, 4:] == 2).all()


def test_the_limit_ends_the_way():
    out = cost_distance(np.ones((1, 9)), [(0, 0)], limit=4.0)
    np.testing.assert_array_equal(np.isfinite(out[0]), np.arange(9) <= 4)


def test_walls_are_gone_round_and_islands_not_reached():
    values = np.ones((5, 5))
    values[2, :4] = np.nan
    out = cost_distance(values, [(0, 0)])
    assert out[4, 0] > 6
    assert np.isinf(out[2, 0])
    values[2, 4] = np.nan
    assert np.isinf(cost_distance(values, [(0, 0)])[4, 0])


def test_links_through_a_third_source_are_dropped():
    sources = [(1, 1), (1, 5), (1, 9)]
    found = least_cost_corridors(np.ones((3, 11)), sources, adjacency="all")
    status = found.links.set_index(["source", "target"])["status"]
    assert status.to_dict() == {(1, 2): "kept", (1, 3): "through source 2", (2, 3): "kept"}
    every = least_cost_corridors(
        np.ones((3, 11)), sources, adjacency="all", drop_through_sources=False
    )
    assert (every.links["status"] == "kept").all()


def test_neighbours_by_cost_and_by_distance():
    values = np.ones((9, 21))
    values[:, 10] = 1000.0
    values[0, 10] = 1.0
    sources = [(4, 4), (4, 16), (0, 10)]
    by_cost = least_cost_corridors(values, sources, adjacency="cost").links
    by_length = least_cost_corridors(values, sources, adjacency="euclidean").links
    assert {(1, 2)} <= set(zip(by_length["source"], by_length["target"], strict=True))
    assert set(by_cost["adjacency"]) <= {"cost", "cost, euclidean"}
    both = least_cost_corridors(values, sources, adjacency="both").links
    assert set(both["adjacency"]) == {"cost, euclidean"}


def test_pruning_says_why():
    random = np.random.default_rng(4)
    sources = np.zeros((60, 60), int)
    for k, (i, j) in enumerate(random.integers(0, 60, (9, 2)), start=1):
        sources[i, j] = k
    values = np.exp(random.normal(size=(60, 60)))
    whole = least_cost_corridors(values, sources).links
    one = least_cost_corridors(values, sources, nearest_links=1).links
    assert (one["status"] == "kept").sum() < (whole["status"] == "kept").sum()
    assert "not among the nearest 1" in set(one["status"])
    kept = one[one["status"] == "kept"]
    for name in np.unique(sources[sources > 0]):
        assert ((kept["source"] == name) | (kept["target"] == name)).any()
    short = least_cost_corridors(values, sources, max_cost=float(whole["cost"].median())).links
    assert "longer than max_cost" in set(short["status"])
    assert one.loc[one["status"] != "kept", "priority"].isna().all()
    assert one.loc[one["status"] == "kept", "priority"].between(0, 1).all()


def test_detours_are_zero_on_the_path_and_never_less():
    random = np.random.default_rng(5)
    values = np.exp(random.normal(size=(30, 30)))
    found = least_cost_corridors(values, [(2, 2), (27, 25)])
    beyond = detour(Reach(values, _labels(), 1.0), 1, 2)
    assert beyond.min() == 0.0
    np.testing.assert_allclose(beyond.ravel()[found.paths[0]], 0.0, atol=1e-9)


def _labels():
    out = np.zeros((30, 30), np.int32)
    out[2, 2], out[27, 25] = 1, 2
    return out


def test_centrality_of_a_chain():
    links = pd.DataFrame({"source": [1, 2], "target": [2, 3], "cost": [5.0, 7.0]})
    np.testing.assert_allclose(current_flow(links)[0], [2.0, 2.0])


@given(seed=st.integers(0, 1000), radius=st.floats(0.5, 6))
@settings(max_examples=25, deadline=None)
def test_circles(seed, radius):
    random = np.random.default_rng(seed)
    values = random.normal(size=(13, 17))
    found, most = disc_minimum(values, radius), disc_maximum(values, radius)
    rows, cols = np.mgrid[:13, :17]
    for i, j in ((0, 0), (6, 8), (12, 16), (3, 15)):
        inside = (rows - i) ** 2 + (cols - j) ** 2 <= radius**2
        assert found[i, j] == values[inside].min()
        assert most[i, j] == values[inside].max()


def test_gravity_of_the_handbook():
    pull = gravity(
        np.array([400.0, 1.0]),
        np.array([900.0, 1.0]),
        np.array([20.0, 1]),
        np.array([30.0, 1]),
        np.array([300.0, 500.0]),
    )
    assert pull[0] == pytest.approx(0.18869, abs=5e-6)


@pytest.mark.parametrize(
    ("values", "sources", "words"),
    [
        (np.array([[1.0, 0.0]]), [(0, 0)], "above 0"),
        (np.full((2, 2), np.nan), [(0, 0)], "no cell that lets pass"),
        (np.ones((2, 2)), [(0, 5)], "outside"),
        (np.array([[np.nan, 1.0]]), [(0, 0)], "found none"),
        (np.ones((2, 2)), np.ones((3, 3)), "shape"),
    ],
)
def test_what_is_wrong_is_said(values, sources, words):
    with pytest.raises(QuantityError, match=words):
        cost_distance(values, sources)


def test_two_sources_at_least():
    with pytest.raises(QuantityError, match="at least two"):
        least_cost_corridors(np.ones((3, 3)), [(0, 0)])
    with pytest.raises(QuantityError, match="euclidean"):
        least_cost_corridors(np.ones((3, 3)), [(0, 0), (2, 2)], adjacency="euclid")


def test_pairs_that_are_asked_for_are_looked_at():
    sources = [(1, 1), (1, 5), (1, 9)]
    found = least_cost_corridors(
        np.ones((3, 11)), sources, pairs=[(3, 1)], drop_through_sources=False
    )
    assert found.links[["source", "target"]].to_numpy().tolist() == [[1, 3]]
    assert found.links["cost"].tolist() == [8.0]
    assert found.links["adjacency"].tolist() == [""]
    near = least_cost_corridors(np.ones((3, 11)), sources, pairs=[(1, 2)])
    assert near.links["adjacency"].tolist() == ["cost, euclidean"]
    with pytest.raises(QuantityError, match="no sources"):
        least_cost_corridors(np.ones((3, 11)), sources, pairs=[(1, 7)])


def test_links_and_surface_end_at_their_limits():
    sources = [(0, 0), (0, 4), (0, 9)]
    ground = np.ones((3, 10))
    at = least_cost_corridors(ground, sources, max_cost=4.0).links
    assert at["status"].tolist() == ["kept", "longer than max_cost"]
    assert least_cost_corridors(ground, sources, max_euclidean=3.0).links["status"].tolist() == [
        "kept",
        "longer than max_euclidean",
    ]
    whole = least_cost_corridors(ground, sources[:2])
    least = np.unique(whole.surface)
    cut = least_cost_corridors(ground, sources[:2], truncate=float(least[1]))
    assert np.isfinite(cut.surface).sum() == (whole.surface <= least[1]).sum()
    assert np.isinf(cut.surface).any()


def test_ground_that_cannot_be_walked_is_refused():
    with pytest.raises(QuantityError, match="dimensions"):
        cost_distance(np.ones(3), [(0, 0)])
    with pytest.raises(QuantityError, match="cell: found 0"):
        cost_distance(np.ones((2, 2)), [(0, 0)], cell=0.0)
    with pytest.raises(QuantityError, match="outside"):
        cost_distance(np.ones((2, 2)), [(-1, 0)])
    with pytest.raises(QuantityError, match="above 0"):
        cost_distance(np.array([[1, -2]]), [(0, 0)])
    # whole numbers are as good as others
    assert cost_distance(np.array([[1, 3]]), [(0, 0)]).tolist() == [[0.0, 2.0]]


def test_sources_on_two_sides_of_a_wall_are_neighbours_by_distance_only():
    ground = np.ones((9, 9))
    ground[1:, 4] = np.nan
    sources = [(5, 2), (5, 6), (0, 4)]  # the third stands in the gap
    pairs = {
        way: least_cost_corridors(ground, sources, adjacency=way)
        .links[["source", "target"]]
        .to_numpy()
        .tolist()
        for way in ("cost", "euclidean", "either", "both", "all")
    }
    through_the_gap, every = [[1, 3], [2, 3]], [[1, 2], [1, 3], [2, 3]]
    assert pairs == {
        "cost": through_the_gap, "both": through_the_gap, "euclidean": every, "either": every, "all": every,
    }  # fmt: skip
    told = least_cost_corridors(ground, sources, adjacency="either").links["adjacency"].tolist()
    assert told == ["euclidean", "cost, euclidean", "cost, euclidean"]


def test_sources_that_touch_have_a_link_of_one_step():
    row = least_cost_corridors(np.array([[1.0, 3.0]]), [(0, 0), (0, 1)]).links.iloc[0]
    assert row[["euclidean", "cost", "length", "cost_per_length"]].tolist() == [0.0, 2.0, 1.0, 2.0]
    assert np.isnan(row["cost_per_euclidean"])
    assert (row["status"], row["priority"]) == ("kept", 1.0)
