"""The cover of cells by polygons, beside pencil, the areas of GEOS, and itself uncompiled."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid_spec

from shanshui.kernels import cover as making
from shanshui.kernels import zonal as kernel
from shanshui.region.polygon_cover import cover_of

SPEC = grid_spec(6, 8, 10.0)
CELLS = [shapely.box(10 * j, 50 - 10 * i, 10 * j + 10, 60 - 10 * i) for i in range(6) for j in range(8)]  # fmt: skip


def frame(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=EQUAL_AREA)


def laid(cover, zone=0):
    """Share of each cell in one zone."""
    out = np.zeros(cover.grid.cells)
    cell, part = cover.cells(zone)
    assert len(np.unique(cell)) == len(cell)
    out[cell] = part
    return out.reshape(cover.grid.shape)


def test_a_box_on_the_lines_of_cells_is_whole_cells():
    cover = cover_of(frame(shapely.box(20, 10, 50, 40)), SPEC)
    expected = np.zeros((6, 8))
    expected[2:5, 2:5] = 1.0
    assert laid(cover).tolist() == expected.tolist()
    assert len(cover.runs.row) == 3
    assert cover.inside_km2.tolist() == pytest.approx([900e-6])


def test_a_triangle_by_hand():
    """Legs of 20 and 10 m: the line cuts the first cell at three quarters and leaves a quarter of the second."""
    cover = cover_of(frame(shapely.Polygon([(0, 0), (20, 0), (0, 10)])), SPEC)
    assert laid(cover)[5, :3].tolist() == pytest.approx([0.75, 0.25, 0.0])
    assert cover.area_km2.tolist() == pytest.approx([100e-6])


def test_holes_and_parts():
    ring = shapely.box(5, 5, 35, 35).difference(shapely.box(12, 12, 18, 18))
    both = shapely.MultiPolygon([ring, shapely.box(13, 13, 16, 16), shapely.box(60, 0, 62, 60)])
    share = laid(cover_of(frame(both), SPEC))
    assert share[4, 1] == pytest.approx((100 - 36 + 9) / 100)
    assert share[5, 0] == pytest.approx(0.25)
    assert share[3, 1] == 1.0
    assert share[:, 6].tolist() == pytest.approx([0.2] * 6)
    assert share.sum() * 100 == pytest.approx(both.area)


def test_what_lies_beyond_the_grid_is_left_out_but_counts_in_the_area():
    far = shapely.Polygon([(-50, 30), (30, 110), (130, 30), (30, -50)])
    cover = cover_of(frame(far, shapely.box(-20, -20, -1, 100), shapely.box(100, 0, 120, 9)), SPEC)
    inside = [far.intersection(c).area / 100 for c in CELLS]
    np.testing.assert_allclose(laid(cover).ravel(), inside, atol=1e-12)
    assert cover.area_km2[0] == pytest.approx(far.area / 1e6)
    assert cover.inside_km2[1:].tolist() == [0.0, 0.0]


def test_a_speck_has_its_share():
    speck = shapely.box(33, 33, 33 + 1e-5, 33 + 1e-5)
    cover = cover_of(frame(speck), SPEC)
    cell, part = cover.cells(0)
    assert cell.tolist() == [2 * 8 + 3]
    assert part[0] == pytest.approx(1e-12, rel=1e-6)


def test_nothing_covers_nothing():
    cover = cover_of(frame(shapely.Polygon(), None, shapely.box(0, 0, 10, 10)), SPEC)
    assert cover.area_km2.tolist() == pytest.approx([0.0, 0.0, 1e-4])
    assert np.diff(cover.runs.first).tolist() == [0, 0, 1]
    assert cover_of(frame(), SPEC).runs.first.tolist() == [0]


corner = st.tuples(st.floats(-30, 110), st.floats(-30, 90))
nice = st.tuples(st.integers(-2, 10).map(lambda k: 10.0 * k), st.integers(-2, 8).map(lambda k: 10.0 * k))  # fmt: skip


@given(st.lists(st.one_of(corner, nice), min_size=3, max_size=9), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_polygon_has_the_areas_of_geos(points, turned):
    shape = shapely.make_valid(shapely.Polygon(points[::-1] if turned else points))
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    shape = shapely.MultiPolygon(parts)
    cover = cover_of(frame(shape), SPEC)
    expected = shapely.area(shapely.intersection(shape, CELLS)) / 100
    np.testing.assert_allclose(laid(cover).ravel(), expected, atol=1e-9)
    assert cover.runs.share.min(initial=1.0) > 0
    assert cover.runs.share.max(initial=0.0) <= 1.0
    assert cover.area_km2[0] == pytest.approx(shape.area / 1e6, rel=1e-9, abs=1e-15)


def some(count=12, seed=0):
    rng = np.random.default_rng(seed)
    shapes = []
    for _ in range(count):
        points = rng.uniform((-20, -20), (100, 80), (rng.integers(3, 9), 2))
        shapes.append(shapely.MultiPoint(points).convex_hull)
    return frame(*shapes)


def plain(monkeypatch):
    kernels = (
        (making, ("_in_row", "_edge", "_room", "_grown", "_twice_area", "_runs", "_add", "rescaled")),
        (kernel, ("_summed", "_counted", "zone_values", "label_shares", "spread_by_cover", "gather_by_cover")),
    )  # fmt: skip
    for module, names in kernels:
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name).py_func)


def all_of(values, weight, label, factor, place):
    """What every kernel of the file gives for the same zones."""
    shapes = some()
    parts, zone_of = shapely.get_parts(shapes.geometry.values, return_index=True)
    points, ring_of = shapely.get_coordinates(parts, return_index=True)
    ring = np.searchsorted(ring_of, np.arange(len(parts) + 1))
    zone = np.searchsorted(zone_of, np.arange(len(shapes) + 1))
    runs, area = making.covered_runs(
        points[:, 0] / 10, 6 - points[:, 1] / 10, ring, np.ones(len(parts), bool), zone, (6, 8)
    )
    out = [*runs, area, *making.rescaled(runs, np.where(values > 0, 0.5, 0.0))]
    for by in (None, weight):
        sums = kernel.Sums.begun(runs)
        kernel.add_rows(values, by, 0, runs, sums, squares=True)
        out += [*sums]
    counts = np.zeros((len(shapes), 3))
    kernel.add_classes(place, 0, runs, runs.first[:-1].copy(), counts)
    held = np.empty((2, 48))
    n = kernel.zone_values(values, weight, 0, runs, 2, *held)
    unit, cells = np.empty(48, np.int64), np.empty(48)
    m = kernel.label_shares(label, runs, 2, unit, cells)
    out += [counts, held[:, :n], unit[:m], cells[:m]]
    out.append(kernel.spread_by_cover(weight, runs, factor[:, 0], np.zeros((6, 8))))
    return [*out, kernel.gather_by_cover(label, weight, runs, factor, 3)]


def test_compiled_and_plain_are_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    values = rng.normal(size=(6, 8))
    values[1, 2:5] = np.nan
    weight = rng.uniform(0.1, 1, (6, 8))
    weight[4, 4] = np.nan
    label = rng.integers(0, 4, (6, 8)).astype(np.int32)
    factor = rng.uniform(size=(12, 2))
    factor[3] = np.nan
    place = rng.integers(-1, 3, (6, 8)).astype(np.int32)
    compiled = all_of(values, weight, label, factor, place)
    plain(monkeypatch)
    for a, b in zip(compiled, all_of(values, weight, label, factor, place), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(threads, monkeypatch):
    def found():
        cover = cover_of(some(40, seed=2), SPEC)
        sums = cover.sums(SPEC.lay(np.arange(48.0).reshape(6, 8), "1"), squares=True)
        return [*cover.runs, *sums]

    first = found()
    for module in (making, kernel):
        monkeypatch.setattr(module, "processors", lambda: threads)
    for a, b in zip(first, found(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rows_in_strips_are_the_whole():
    rng = np.random.default_rng(5)
    values = rng.normal(1e6, 1, (6, 8)).astype(np.float32)
    cover = cover_of(some(20, seed=4), SPEC)
    whole = cover.sums(SPEC.lay(values, "1"), squares=True)
    for step in (1, 2, 4, 5):
        sums = kernel.Sums.begun(cover.runs)
        for start in range(0, 6, step):
            kernel.add_rows(values[start : start + step], None, start, cover.runs, sums, squares=True)  # fmt: skip
        for a, b in zip(whole, sums, strict=True):
            np.testing.assert_array_equal(a, b)


def test_squares_about_the_mean_of_large_numbers():
    """Heights of 1e8 that differ by 1: what squares of the numbers themselves would lose."""
    values = 1e8 + np.arange(48.0).reshape(6, 8)
    cover = cover_of(frame(shapely.box(0, 0, 80, 60)), SPEC)
    sums = cover.sums(SPEC.lay(values, "1"), squares=True)
    assert sums.square[0] / sums.weight[0] == pytest.approx(np.arange(48.0).var(), rel=1e-12)
