"""From score to pattern on a small ground: sources, resistance, links, nodes, assembly, stability, warning."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import LineString, Point, box

from shanshui.core.errors import QuantityError
from shanshui.pattern.assembly import (
    pattern_summary,
    restoration_priorities,
    security_pattern,
)
from shanshui.pattern.barriers import barriers, pinch_points
from shanshui.pattern.linkage import corridor_detour, corridors, least_cost_links
from shanshui.pattern.massifs import massif_zones
from shanshui.pattern.network import source_network
from shanshui.pattern.nodes import nodes
from shanshui.pattern.patches import large_cores
from shanshui.pattern.resistance import cover_resistance, resistance, road_factor, slope_factor
from shanshui.pattern.river_corridors import river_corridors
from shanshui.pattern.sources import (
    habitat_morphology,
    mean_rank,
    source_candidates,
    source_cells,
    source_score,
    sources,
)
from shanshui.pattern.stability import early_warning, pattern_draws, pattern_stability
from shanshui.region.grid import GridSpec

CRS = "+proj=laea +lat_0=30 +lon_0=105 +units=m"
GRID = GridSpec(CRS, 1000.0, 0.0, 60_000.0, 60, 80)
MASK = GRID.lay(np.ones(GRID.shape, np.uint8), "1", nodata=255)


def lay(values, units="1", nodata=None):
    return GRID.lay(np.asarray(values), units, nodata=nodata)


def three_hills():
    """Score with three tops: west, east, south."""
    rows, cols = np.mgrid[:60, :80]
    tops = ((15, 12, 9.0), (15, 66, 8.0), (48, 40, 7.0))
    return np.max(
        [np.exp(-((rows - i) ** 2 + (cols - j) ** 2) / (2 * s**2)) for i, j, s in tops], axis=0
    )


COVER = lay(np.where(three_hills() > 0.3, 1, 2).astype(np.uint8), nodata=255)
TABLE = pd.DataFrame(
    {
        "lucode": [1, 2, 3],
        "name": ["forest", "crop", "town"],
        "resistance": [1.0, 80.0, 500.0],
        "habitat": [1.0, 0.3, 0.0],
    }
)
FLAT = lay(np.zeros(GRID.shape, np.float32), "degree")
MASSIFS = gpd.GeoDataFrame(
    {"name": ["West", "East", "South"]},
    geometry=[Point(12_500, 44_500), Point(66_500, 44_500), Point(40_500, 11_500)],
    crs=CRS,
)
ROADS = gpd.GeoDataFrame(
    {"name": ["road"]}, geometry=[LineString([(40_000, 60_000), (40_000, 25_000)])], crs=CRS
)


def hardness(cover=COVER, slope=FLAT, roads=None):
    """Resistance from cover, slope and roads, as the plan puts it together."""
    near = road_factor(MASK, roads) if roads is not None else {"factor": None, "least": None}
    return resistance(
        cover_resistance(cover, TABLE),
        slope_factor(slope),
        road_factor=near["factor"],
        road_least=near["least"],
    )


def chain(**settings):
    score = lay(three_hills().astype(np.float32))
    zones = massif_zones(MASSIFS, MASK)
    codes = source_candidates(score, MASK, quantile=0.8)
    shape = habitat_morphology(codes)
    label = source_cells(shape, **{"least_km2": 20.0, **settings})
    hard = hardness(roads=ROADS)
    patches = sources(label, score, hard, zones, MASSIFS)
    links = least_cost_links(hard, label, patches)
    return {
        "score": score, "zones": zones, "codes": codes, "shape": shape, "label": label, "hard": hard, "patches": patches,
        "links": links,
    }  # fmt: skip


@pytest.fixture(scope="module")
def made():
    out = chain()
    out["beyond"] = corridor_detour(out["hard"], out["label"], out["links"])
    out["lines"] = corridors(out["links"], out["patches"], out["label"], out["hard"], roads=ROADS)
    out["current"] = pinch_points(out["hard"], out["label"], out["links"], out["beyond"])
    out["blocked"] = barriers(out["hard"], out["label"], out["links"])
    out["nodes"] = nodes(
        out["lines"],
        out["current"],
        out["blocked"],
        out["beyond"],
        out["label"],
        out["shape"],
        roads=ROADS,
    )
    out["network"] = source_network(out["patches"], out["lines"])
    return out


def test_ranks_within_zones():
    layers = [np.arange(8.0).reshape(2, 4), np.array([[1.0, 1, 1, 1], [9, 9, 9, 9]])]
    inside = np.ones((2, 4), bool)
    whole = mean_rank(layers, (1, 0), inside, None)
    np.testing.assert_allclose(whole.ravel(), np.arange(8) / 7, rtol=1e-6)
    zoned = mean_rank(layers, (1, 0), inside, np.array([[1] * 4, [2] * 4]))
    np.testing.assert_allclose(zoned[0], zoned[1])
    tied = mean_rank(layers, (0, 1), inside, None)
    assert tied[0, 0] == pytest.approx(1.5 / 7)
    layers[0][0, 0] = np.nan
    assert np.isnan(mean_rank(layers, (1, 1), inside, None)[0, 0])
    with pytest.raises(QuantityError, match="weights"):
        mean_rank(layers, (1.0,), inside, None)


def test_the_more_sensitive_ground_scores_more():
    sense = lay(np.where(three_hills() > 0.5, 5, 1).astype(np.float32))
    same = lay(np.ones(GRID.shape, np.float32))
    score = source_score(same, same.assign_attrs(units="mm/yr"), sense, MASK)
    assert float(score.values[15, 12]) > float(score.values[0, 40])


def test_massifs_are_the_nearest_marks(made):
    zones = made["zones"].values
    assert [zones[15, 12], zones[15, 66], zones[48, 40]] == [3, 1, 2]  # in the order of names


def test_sources_are_large_cores_by_size(made):
    label, patches = made["label"].values, made["patches"]
    assert patches["area_km2"].is_monotonic_decreasing
    assert patches["massif"].tolist() == ["West", "East", "South"]
    assert patches["area_km2"].tolist() == [(label == k).sum() for k in (1, 2, 3)]
    assert patches["score"].between(0, 1).all()


def test_cores_over_a_gap_are_one_only_when_asked():
    core = np.zeros((20, 40), bool)
    core[5:15, 5:15] = core[5:15, 18:30] = True
    core[0, 38] = True
    assert large_cores(core, 50).max() == 2
    assert large_cores(core, 50, merge_cells=4).max() == 1
    assert large_cores(core, 1).max() == 3
    assert large_cores(core, 1, most=1).max() == 1
    assert large_cores(core, 50)[7, 20] == 1  # the larger first


def test_what_reserves_are_caught(made):
    inside = gpd.GeoDataFrame(
        {"name": ["a"]}, geometry=[box(8_000, 40_000, 16_000, 48_000)], crs=CRS
    )
    out = sources(made["label"], made["score"], made["hard"], protected_areas=inside)
    assert out.attrs["capture"] == pytest.approx(1.0)
    assert out.attrs["captured"]
    away = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(8_000, 0, 16_000, 8_000)], crs=CRS)
    assert (
        sources(made["label"], made["score"], made["hard"], protected_areas=away).attrs["capture"]
        == 0.0
    )


def test_links_tell_their_kind_and_crossings(made):
    lines = made["lines"]
    assert set(map(tuple, lines[["source", "target"]].to_numpy())) == {(1, 2), (1, 3), (2, 3)}
    assert (lines["type"] == "biological").all()
    west_east = lines[(lines["source"] == 1) & (lines["target"] == 2)].iloc[0]
    assert west_east["roads"] == 1
    assert west_east["gravity"] > 0
    assert west_east["width_km"] >= 1.0
    order = lay(
        np.where(np.abs(np.arange(60)[:, None] - 15) < 2, 5, 0) * np.ones((1, 80), np.int32),
        nodata=0,
    )
    wet = corridors(made["links"], made["patches"], made["label"], made["hard"], order)
    row = wet[(wet["source"] == 1) & (wet["target"] == 2)].iloc[0]
    assert row["type"] == "river"
    assert row["order"] == 5


def test_current_is_one_ampere_across_a_corridor(made):
    current = made["current"].values
    assert np.isnan(current[made["label"].values > 0]).all()
    assert 0 < np.nanmax(current) <= 3.0


def test_nodes_of_each_kind_take_turns(made):
    points = made["nodes"]
    assert points["rank"].tolist() == list(range(1, len(points) + 1))
    assert {"pinch", "weak"} <= set(points["kind"])
    assert len(set(points["kind"].head(points["kind"].nunique()))) == points["kind"].nunique()
    weak = points[points["kind"] == "weak"].geometry.iloc[0]
    assert weak.x == pytest.approx(40_000, abs=1.0)
    few = nodes(
        made["lines"],
        made["current"],
        made["blocked"],
        made["beyond"],
        made["label"],
        made["shape"],
        roads=ROADS,
        most=2,
    )
    assert len(few) == 2


def test_barriers_lie_between_sources(made):
    score = made["blocked"].values
    assert score.max() > 0
    assert (score[made["label"].values > 0] == 0).all()


def test_restoration_ranks_by_gain_per_cost(made):
    table = restoration_priorities(made["nodes"], made["blocked"], made["hard"])
    assert table["gain_per_cost"].dropna().is_monotonic_decreasing
    assert set(table["kind"]) <= {"barrier", "weak"}


def test_the_pattern_as_one(made):
    pattern = security_pattern(made["patches"], made["network"], made["lines"], made["nodes"])
    assert (pattern["element"] == "patch").sum() == 3
    assert (pattern["element"] == "corridor").sum() == 3
    assert pattern["reason"].str.len().min() > 5
    assert pattern.crs == made["patches"].crs
    summary = pattern_summary(
        pattern, made["patches"], expected_patches=3, expected_massifs=("West", "North")
    )
    rows = summary.set_index("what")
    assert rows.loc["patches", "found"] == rows.loc["patches", "expected"] == 3
    assert rows.loc["patches in North", "found"] == 0
    assert np.isnan(rows.loc["nodes", "expected"])


def test_the_network_of_sources(made):
    table = made["network"]
    np.testing.assert_allclose(
        table["intra"] + table["flux"] + table["connector"], table["d_pc"], rtol=1e-6
    )
    assert table.attrs["components"] == 1
    assert table.attrs["gamma"] == pytest.approx(1.0)


@pytest.mark.parametrize("settings", [{"least_km2": 1e5}, {"most": 1}])
def test_no_source_or_one_is_an_empty_pattern(settings):
    out = chain(**settings)
    beyond = corridor_detour(out["hard"], out["label"], out["links"])
    lines = corridors(out["links"], out["patches"], out["label"], out["hard"])
    current = pinch_points(out["hard"], out["label"], out["links"], beyond)
    blocked = barriers(out["hard"], out["label"], out["links"])
    points = nodes(lines, current, blocked, beyond, out["label"], out["shape"])
    network = source_network(out["patches"], lines)
    pattern = security_pattern(out["patches"], network, lines, points)
    assert (pattern["element"] == "corridor").sum() == 0
    assert len(pattern[pattern["element"] == "patch"]) == len(out["patches"]) <= 1
    assert pattern_summary(pattern, out["patches"]).set_index("what").loc["nodes", "found"] == 0


def test_stems_of_rivers():
    def reach(number, order, below, upstream, *points):
        return {
            "reach": number,
            "order": order,
            "downstream": below,
            "upstream_km2": upstream,
            "geometry": LineString(points),
        }

    reaches = gpd.GeoDataFrame(
        [
            reach(1, 5, 0, 900.0, (40_000, 30_000), (79_000, 30_000)),
            reach(2, 4, 1, 500.0, (5_000, 45_000), (40_000, 30_000)),
            reach(3, 4, 1, 300.0, (20_000, 5_000), (40_000, 30_000)),
            reach(4, 2, 2, 20.0, (5_000, 55_000), (5_000, 45_000)),
        ],
        crs=CRS,
    )
    label = np.zeros(GRID.shape, np.int32)
    label[12:18, 3:8] = 1
    named = gpd.GeoDataFrame(
        {"name": ["Han"]},
        geometry=[LineString([(5_000, 45_000), (40_000, 30_000), (79_000, 30_000)])],
        crs=CRS,
    )
    out = river_corridors(reaches, MASK, lay(label, nodata=0), named, least_km=20.0, reach_m=2000.0)
    assert len(out) == 1  # the tributary touches no source, the brook is of too low an order
    assert out["length_km"].iloc[0] == pytest.approx(38.1 + 39.0, abs=0.5)
    assert out["order"].iloc[0] == 5
    assert out["name"].iloc[0] == "Han"
    both = river_corridors(
        reaches, MASK, lay(label, nodata=0), named, least_km=20.0, reach_m=40_000.0
    )
    assert len(both) == 2
    assert list(both["name"]) == ["Han", ""]


def test_stability_of_a_clear_pattern():
    score = three_hills().astype(np.float32)
    sense = lay(np.where(score > 0.5, 5, 1).astype(np.float32))
    options = {"least_km2": 20.0, "quantile": 0.8}
    ground = (lay(score), lay(score, "mm/yr"), sense, hardness(), MASK)
    out = pattern_stability(*ground, pattern_draws(samples=4), **options)
    again = pattern_stability(*ground, pattern_draws(samples=4), **options)
    other = pattern_stability(*ground, pattern_draws(samples=4, seed=1), **options)
    for name in ("source_frequency", "corridor_frequency"):
        np.testing.assert_array_equal(out[name], again[name])
    assert float(out["source_frequency"].values[15, 12]) == 1.0
    assert float(out["source_frequency"].values[0, 40]) == 0.0
    assert not np.array_equal(out["source_frequency"], other["source_frequency"])
    assert out.attrs["source_counts"] == [3, 3, 3, 3]
    assert out.attrs["unsteady"] is False


def test_warning_by_what_was_lost():
    after = COVER.copy(data=COVER.values.copy())
    same = early_warning(COVER, after, TABLE, MASK)
    assert same.attrs["warning"] == "none"
    assert (same["change"] == 0).all()
    after.values[:, 56:] = 3
    lost = early_warning(COVER, after, TABLE, MASK)
    assert lost.attrs["warning"] == "red"
    assert lost.set_index("what").loc["patches", "now"] == 2
    with pytest.raises(QuantityError, match="no habitat"):
        early_warning(after.copy(data=np.full(GRID.shape, 2, np.uint8)), COVER, TABLE, MASK)


def test_labelled_products_lie_on_the_grid(made):
    for name in ("beyond", "current", "blocked", "hard", "label"):
        assert isinstance(made[name], xr.DataArray)
        assert made[name].shape == GRID.shape
