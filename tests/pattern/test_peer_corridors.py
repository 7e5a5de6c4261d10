"""Linkage Mapper's own demonstration: its cores and resistance, its distances, and its definitions solved by general libraries."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from scipy.sparse.csgraph import dijkstra
from tests.worlds import step_costs

from shanshui.pattern.circuit import effective_resistance
from shanshui.pattern.core_network import core_network
from shanshui.region.grid import GridSpec

pytestmark = pytest.mark.real
CUTOFF = 200_000.0
"""Where Linkage Mapper cuts corridors unless told otherwise [resistance m]."""


@pytest.fixture(scope="module")
def demo(data):
    folder = data / "peers/linkage_mapper"
    if not folder.is_dir():
        pytest.skip("no files of the peer")
    with rasterio.open(folder / "lm_resistances.tif") as file:
        values = file.read(1, masked=True).filled(np.nan).astype(np.float64)
        at = file.transform
        grid = GridSpec(file.crs.to_wkt(), at.a, at.c, at.f, *values.shape)
    cores = gpd.read_file(folder / "lm_cores.shp").set_index("core_id")
    network = core_network(
        cores, grid.lay(values, "1"), adjacency="all", drop_through_cores=False, cutoff=CUTOFF
    )
    return folder, values, grid, network


def test_distances_are_those_of_the_peer(demo):
    folder, _, _, network = demo
    wanted = np.loadtxt(folder / "distances_lm_cores.txt")
    links = network.links
    np.testing.assert_array_equal(links[["source", "target"]].to_numpy(int), wanted[:, :2])
    np.testing.assert_allclose(links["euclidean"], wanted[:, 2], atol=1e-6)


def test_costs_are_those_of_a_shortest_path_library(demo):
    """Mean of two cells times the step, from all cells of a core to any of another."""
    _, values, grid, network = demo
    label = cells_of(network, grid)
    graph = step_costs(values, grid.cell_m)
    links = network.links
    for a in (1, 2, 5):
        far = dijkstra(
            graph, directed=False, indices=np.flatnonzero((label == a).ravel()), min_only=True
        )
        for row in links[links["source"] == a].itertuples():
            known = far[(label == row.target).ravel()].min()
            assert row.cost == pytest.approx(known, rel=1e-12)


def cells_of(network, grid):
    from rasterio.features import rasterize

    shapes = zip(network.cores.geometry, network.cores["core"], strict=True)
    return rasterize(shapes, out_shape=grid.shape, transform=grid.transform, dtype="int32")


def test_which_links_are_kept(demo):
    _, values, grid, network = demo
    cores = network.cores.set_index("core")[["geometry"]]
    links = core_network(cores, grid.lay(values, "1"), cutoff=CUTOFF).links
    dropped = links[links["status"] != "kept"]
    assert len(links) == 10
    assert dropped[["source", "target", "status", "through"]].to_numpy().tolist() == [[2, 5, "through_core", 3]]  # fmt: skip
    # the way from 2 to 5 is that over 3: the cost of both links, and what crossing 3 costs
    parts = links.set_index(["source", "target"])["cost"]
    assert parts[2, 5] > parts[2, 3] + parts[3, 5]


def test_effective_resistance_is_that_of_the_corridor_alone(demo):
    """The corridor of one link as a landscape of its own, asked of the circuit with each core as one node."""
    _, values, grid, network = demo
    label = cells_of(network, grid)
    reach = {
        n: core_network(np.where(label == n, 1, np.where(label == m, 2, 0)), values, cell=grid.cell_m, cutoff=CUTOFF)
        for n, m in ((5, 6),)
    }  # fmt: skip
    alone = reach[5]
    ground = np.where(np.isfinite(alone.truncated) | np.isin(label, (5, 6)), values, np.nan)
    points = np.where(np.isin(label, (5, 6)), label, 0)
    known = effective_resistance(ground, points).to_numpy()[0, 1] * grid.cell_m
    row = network.links.set_index(["source", "target"]).loc[(5, 6)]
    assert row["effective_resistance"] == pytest.approx(known, rel=1e-6)
    assert row["cost_per_resistance"] == pytest.approx(row["cost"] / known, rel=1e-6)
    # an ampere leaves core 5 and cannot be more anywhere
    assert np.nanmax(network.current.values) <= 1.0 + 1e-9
