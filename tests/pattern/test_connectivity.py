"""Graph indices on graphs that a pencil can follow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import QuantityError
from shanshui.pattern.connectivity import (
    connectivity_indices,
    network_measures,
    protected_connected_share,
    threshold_scan,
)

NODES = pd.DataFrame({"area": [40.0, 30.0, 20.0]}, index=["a", "b", "c"])
CHAIN = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "probability": [0.5, 0.5]})


def test_the_chain_of_the_handbook():
    out = connectivity_indices(NODES, CHAIN, landscape_area=100.0)
    assert out.iic == pytest.approx(0.52333, abs=6e-6)
    assert out.pc == pytest.approx(0.51)
    assert out.eca_pc == pytest.approx(71.41, abs=0.006)
    np.testing.assert_allclose(out.nodes["d_iic"], [63.69, 61.78, 29.30], atol=0.006)
    np.testing.assert_allclose(out.nodes["d_pc"], [62.75, 60.78, 27.45], atol=0.006)
    assert out.components == 1


def test_only_the_middle_connects():
    nodes = connectivity_indices(NODES, CHAIN, landscape_area=100.0).nodes
    np.testing.assert_allclose(
        nodes["intra"] + nodes["flux"] + nodes["connector"], nodes["d_pc"], rtol=1e-6
    )
    assert nodes.loc["b", "connector"] == pytest.approx(100 * 2 * 40 * 20 * 0.25 / 5100, rel=1e-6)
    np.testing.assert_allclose(nodes.loc[["a", "c"], "connector"], 0.0, atol=1e-6)


def test_a_detour_takes_over():
    ring = pd.concat(
        [CHAIN, pd.DataFrame({"source": ["a"], "target": ["c"], "probability": [0.25]})]
    )
    nodes = connectivity_indices(NODES, ring, landscape_area=100.0).nodes
    # the direct link is as good as the way through b: b connects nothing that would be lost
    assert nodes.loc["b", "connector"] == pytest.approx(0.0, abs=1e-6)


def test_distances_become_probabilities():
    links = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "distance": [1000.0, 2000.0]})
    out = connectivity_indices(NODES, links, reference_distance=1000.0, threshold=1500.0)
    known = connectivity_indices(NODES, CHAIN.assign(probability=[0.5, 0.25]))
    assert out.pc == pytest.approx(known.pc)
    assert out.iic == pytest.approx((40**2 + 30**2 + 20**2 + 2 * 40 * 30 / 2) / 90**2)


def test_counts_of_turpan():
    out = network_measures(18, 26)
    assert out["alpha"] == pytest.approx(0.29, abs=0.005)
    assert out["beta"] == pytest.approx(1.44, abs=0.005)
    assert out["gamma"] == pytest.approx(0.54, abs=0.005)


def test_links_join_components_one_by_one():
    links = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "distance": [1.0, 3.0]})
    out = threshold_scan(NODES, links, np.array([0.5, 1.0, 3.0]))
    assert out["components"].tolist() == [3, 2, 1]
    assert out["largest_share"].tolist() == pytest.approx([40 / 90, 70 / 90, 1.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_removal_is_that_of_the_graph_without_the_patch(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 9))
    nodes = pd.DataFrame({"area": rng.uniform(1, 50, n)})
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n) if rng.random() < 0.5] or [(0, 1)]
    links = pd.DataFrame(pairs, columns=["source", "target"]).assign(
        probability=rng.uniform(0.05, 0.95, len(pairs))
    )
    out = connectivity_indices(nodes, links, landscape_area=1000.0)
    for k in range(n):
        rest = links[(links["source"] != k) & (links["target"] != k)]
        less = connectivity_indices(nodes.drop(index=k), rest, landscape_area=1000.0)
        assert out.nodes.loc[k, "d_pc"] == pytest.approx(
            100 * (1 - less.pc / out.pc), rel=1e-6, abs=1e-7
        )
        assert out.nodes.loc[k, "d_iic"] == pytest.approx(
            100 * (1 - less.iic / out.iic), rel=1e-6, abs=1e-7
        )
    assert (out.nodes["connector"] >= 0).all()
    assert out.pc <= (nodes["area"].sum() / 1000.0) ** 2 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("nodes", "links", "message"),
    [
        (NODES.rename(columns={"area": "a"}), CHAIN, "no column area"),
        (NODES, CHAIN.assign(target="z"), "z is no node"),
        (NODES, CHAIN.assign(probability=1.5), "outside"),
        (NODES, CHAIN.drop(columns="probability"), "probability or distance"),
        (NODES, CHAIN.drop(columns="probability").assign(distance=5.0), "reference_distance"),
        (NODES.assign(area=-1.0), CHAIN, "negative"),
        (NODES.assign(area=np.nan), CHAIN, "missing"),
        (NODES, CHAIN.assign(source="z"), "links.source: z is no node"),
        (NODES, CHAIN.drop(columns="target"), "expected source, target"),
        (NODES, CHAIN.assign(probability=-0.1), "outside"),
        (NODES, CHAIN.assign(probability=np.nan), "outside"),
        (NODES, CHAIN.assign(distance=-1.0), "links.distance"),
        (NODES.assign(area=0.0), CHAIN, "landscape_area"),
        (pd.concat([NODES, NODES]), CHAIN, "stands twice"),
    ],
)
def test_graphs_that_are_not_right_are_refused(nodes, links, message):
    with pytest.raises(QuantityError, match=message):
        connectivity_indices(nodes, links)


def test_protected_and_connected():
    share = protected_connected_share(NODES, CHAIN, 200.0)
    assert share["protected"] == pytest.approx(45.0)
    assert share["connected"] == pytest.approx(100 * np.sqrt(5100) / 200)
    assert share["connected"] + share["unconnected"] == pytest.approx(45.0)
    assert share["within"] + share["between"] == pytest.approx(share["connected"])
    certain = CHAIN.assign(probability=1.0)
    assert protected_connected_share(NODES, certain, 200.0)["unconnected"] == pytest.approx(
        0.0, abs=1e-6
    )
    with pytest.raises(QuantityError, match="overlaps"):
        protected_connected_share(NODES, CHAIN, 50.0)


def test_a_region_of_exactly_its_protected_areas_is_taken():
    assert protected_connected_share(NODES, CHAIN, 90.0)["protected"] == pytest.approx(100.0)
    with pytest.raises(QuantityError, match="region_area"):
        protected_connected_share(NODES, CHAIN, 89.9)
    with pytest.raises(QuantityError, match="region_area"):
        protected_connected_share(NODES.assign(area=0.0), CHAIN, 0.0)


def test_the_reference_of_distances_is_checked():
    links = CHAIN.drop(columns="probability").assign(distance=5.0)
    for words in (
        {"reference_distance": 0.0},
        {"reference_distance": 5.0, "reference_probability": 0.0},
        {"reference_distance": 5.0, "reference_probability": 1.0},
    ):
        with pytest.raises(QuantityError, match="reference_distance"):
            connectivity_indices(NODES, links, **words)
    found = connectivity_indices(NODES, links, reference_distance=5.0, reference_probability=0.5)
    assert found.pc == pytest.approx(5100 / 8100)


def test_the_best_of_parallel_links_counts():
    twice = pd.concat([CHAIN, CHAIN.assign(probability=0.1)])
    assert connectivity_indices(NODES, twice).pc == pytest.approx(5100 / 8100)
    loop = pd.concat(
        [CHAIN, pd.DataFrame({"source": ["a"], "target": ["a"], "probability": [1.0]})]
    )
    assert connectivity_indices(NODES, loop).pc == pytest.approx(5100 / 8100)


def test_a_threshold_is_a_distance_or_without_one_a_chance():
    far = CHAIN.assign(distance=[1.0, 2.0])
    # with the second link left out, a and b only: 1600 + 900 + 400 + 2 x 1200 / 2
    assert connectivity_indices(NODES, far, threshold=1.0).iic == pytest.approx(4100 / 8100)
    assert connectivity_indices(NODES, far, threshold=2.0).iic > 4100 / 8100
    chances = CHAIN.assign(probability=[0.5, 0.4])
    assert connectivity_indices(NODES, chances, threshold=0.5).iic == pytest.approx(4100 / 8100)
    assert connectivity_indices(NODES, chances, threshold=0.5).pc > 2900 / 8100


def test_a_patch_without_area_gives_nothing_and_a_link_without_chance_joins_nothing():
    none = connectivity_indices(NODES, CHAIN.assign(probability=[0.5, 0.0]))
    assert none.pc == pytest.approx(4100 / 8100)
    empty = connectivity_indices(NODES.assign(area=[0.0, 30.0, 20.0]), CHAIN).nodes
    assert empty.loc["a", "d_pc"] == pytest.approx(0.0, abs=1e-9)
    bare = connectivity_indices(NODES.assign(area=0.0), CHAIN, landscape_area=1.0)
    assert bare.pc == bare.iic == 0.0
    assert bare.nodes[["d_pc", "d_iic"]].isna().all().all()


def test_components_are_numbered_from_one():
    out = connectivity_indices(NODES, CHAIN.head(1))
    assert out.components == 2
    assert out.nodes["component"].tolist() == [1, 1, 2]
    assert out.eca_iic == pytest.approx(np.sqrt(4100))


def test_shapes_of_small_networks():
    assert network_measures(3, 3) == {"alpha": 1.0, "beta": 1.0, "gamma": 1.0}
    assert network_measures(4, 2, components=2)["alpha"] == 0.0
    assert np.isnan(network_measures(2, 1)["gamma"])
    assert np.isnan(network_measures(2, 1)["alpha"])
    assert np.isnan(network_measures(0, 0)["beta"])


def test_a_scan_counts_links_up_to_the_distance_itself():
    links = pd.DataFrame(
        {"source": ["a", "a", "b"], "target": ["b", "b", "c"], "distance": [1.0, 2.0, 3.0]}
    )
    out = threshold_scan(NODES, links, np.array([2.0, 2.9, 3.0]))
    assert out["threshold"].tolist() == [2.0, 2.9, 3.0]
    assert out["links"].tolist() == [1, 1, 2]  # a pair counts once
    assert np.isnan(
        threshold_scan(NODES.assign(area=0.0), links, np.array([9.0]))["largest_share"].iloc[0]
    )
