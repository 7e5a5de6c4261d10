"""Movement up and down the slopes: strips by hand, the electric case, and walks that go round a pit."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tests.worlds import grid

from shanshui.pattern.barriers import pinch_points
from shanshui.pattern.circuit import directed_current
from shanshui.pattern.linkage import corridor_detour, least_cost_links
from shanshui.pattern.upslope import upslope_current


def ground(rows, unit="1"):
    return grid(np.asarray(rows, np.float64), unit, cell_m=100.0, dtype=np.float64)


def asked(hard, height, cells, areas=(1.0, 1.0), **more):
    import geopandas as gpd

    hard, height = ground(hard), ground(height, "m")
    label = grid(np.asarray(cells), "1", cell_m=100.0, dtype=np.int32)
    patches = gpd.GeoDataFrame(
        {"area_km2": list(areas)}, geometry=[None] * len(areas), index=range(1, len(areas) + 1)
    )
    links = least_cost_links(hard, label, patches, drop_through_sources=False)
    beyond = corridor_detour(hard, label, links)
    more = {"corridor_share": 1.0} | more
    return hard, label, links, beyond, upslope_current(hard, height, label, links, beyond, **more)


def test_all_walkers_cross_a_strip_whatever_its_slopes():
    strip, cells = [[1.0, 2, 2, 1, 4, 1]], [[1, 0, 0, 2, 0, 3]]
    for height in ([[5.0, 4, 9, 7, 1, 0]], [[0.0] * 6]):
        for against in (1e-4, 1.0):
            *_, out = asked(strip, height, cells, (1.0,) * 3, against=against)
            np.testing.assert_allclose(out.values[0, [1, 2, 4]], 1.0, rtol=1e-6)
            assert np.isnan(out.values[0, [0, 3, 5]]).all()


def test_where_both_ways_are_as_easy_it_is_electric_current():
    random = np.random.default_rng(2)
    hard = np.exp(random.normal(0, 1, (7, 9)))
    cells = np.zeros((7, 9), int)
    cells[1, 1], cells[5, 7] = 1, 2
    height = random.normal(0, 1, (7, 9))
    hard, label, links, beyond, out = asked(hard, height, cells, against=1.0)
    known = pinch_points(hard, label, links, beyond, corridor_share=1.0)
    np.testing.assert_allclose(out.values, known.values, rtol=1e-5)


# two ways round an unknown middle: the upper row climbs all along, the lower falls into a pit first
RING = [[1.0, 1, 1, 1, 1], [1, np.nan, np.nan, np.nan, 1], [1, 1, 1, 1, 1]]
PIT = [[1.0, 2, 3, 4, 5], [0, 0, 0, 0, 6], [-1.0, -2, -3, 4, 5]]
AT = [[0, 0, 0, 0, 0], [1, 0, 0, 0, 2], [0, 0, 0, 0, 0]]


def test_walkers_climb_rather_than_go_through_a_pit():
    *_, out = asked(RING, PIT, AT)
    upper, lower = out.values[0, 2], out.values[2, 2]
    assert upper + lower == pytest.approx(1.0)
    assert upper > 0.9
    *_, even = asked(RING, PIT, AT, against=1.0)
    np.testing.assert_allclose(even.values[[0, 2], 2], 0.5, rtol=1e-6)
    # the number of a source does not say who sends, its height does
    swapped = [[0, 0, 0, 0, 0], [2, 0, 0, 0, 1], [0, 0, 0, 0, 0]]
    *_, again = asked(RING, PIT, swapped)
    np.testing.assert_allclose(again.values, out.values, rtol=1e-6)


def test_down_is_up_turned_over():
    *_, up = asked(RING, PIT, AT)
    *_, down = asked(RING, -np.array(PIT), AT, towards="down")
    np.testing.assert_allclose(down.values, up.values, rtol=1e-6)
    # downhill the walkers leave the higher source, and the pit lies on its way out
    *_, other = asked(RING, PIT, AT, towards="down")
    sent, taken = np.zeros((3, 5)), np.zeros((3, 5))
    sent[1, 4], taken[1, 0] = 1.0, np.inf
    # the pit fills up to where it runs over, and all falls towards the lower source
    full = np.array(PIT)
    full[2, 2], full[1, 0] = -2.0, -3.0
    known = directed_current(np.array(RING), sent, taken, full, uphill=0.25)
    seen = np.isfinite(other.values)
    np.testing.assert_allclose(other.values[seen], known[seen], rtol=1e-6)


def test_summits_aside_catch_nobody():
    random = np.random.default_rng(0)
    height = gaussian_filter(random.normal(0, 1, (40, 40)), 5)
    height = 100 * height / height.std() + 2 * np.arange(40)
    cells = np.zeros((40, 40), int)
    cells[20, 1], cells[20, 38] = 1, 2
    hard, *_, out = asked(np.ones((40, 40)), height, cells)
    sent, taken = (cells == 1).astype(float), np.where(cells == 2, np.inf, 0.0)
    caught = directed_current(hard.values, sent, taken, height, downhill=0.25)
    assert caught.max() > 100.0
    assert np.nanmax(out.values) < 2.0
    # all must come into the source that takes out
    around = out.values[19:22, 37:40]
    assert np.nansum(around) >= 1.0


def test_currents_of_links_are_summed_or_the_greatest():
    # three sources at the ends of a T: each arm is part of two links
    no = np.nan
    hard = [
        [1.0] * 7,
        [no, no, no, 1, no, no, no],
        [no, no, no, 1, no, no, no],
        [no, no, no, 1, no, no, no],
    ]
    cells = np.zeros((4, 7), int)
    cells[0, 0], cells[0, 6], cells[3, 3] = 1, 2, 3
    height = np.arange(28.0).reshape(4, 7)
    *_, total = asked(hard, height, cells, (1.0,) * 3)
    *_, most = asked(hard, height, cells, (1.0,) * 3, statistic="max")
    arms = [0, 0, 2], [1, 5, 3]
    np.testing.assert_allclose(total.values[arms], 2.0, rtol=1e-6)
    np.testing.assert_allclose(most.values[arms], 1.0, rtol=1e-6)


def test_ground_without_height_lets_nothing_pass_and_corridors_bound_it():
    height = np.array(PIT)
    height[0, 2] = np.nan
    *_, out = asked(RING, height, AT)
    assert np.isnan(out.values[0, 2])
    assert out.values[2, 2] == pytest.approx(1.0)
    # a source that stands nowhere sends nothing
    height = np.array(PIT)
    height[1, 0] = np.nan
    *_, none = asked(RING, height, AT)
    assert np.isnan(none.values).all()
    dear = np.array(RING)
    dear[2] = 50.0
    *_, narrow = asked(dear, PIT, AT, corridor_share=0.3)
    assert np.isnan(narrow.values[2]).all()
    assert narrow.values[0, 2] == pytest.approx(1.0)
