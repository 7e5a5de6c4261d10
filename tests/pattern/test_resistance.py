"""How hard ground is to cross: each factor alone, then put together."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from tests.worlds import EQUAL_AREA, codes, grid

from shanshui.core.errors import PlanError, QuantityError
from shanshui.pattern.resistance import (
    cover_resistance,
    light_factor,
    resistance,
    road_factor,
    scaled,
    slope_factor,
)

TABLE = pd.DataFrame({"lucode": [1, 2, 3], "resistance": [1.0, 80.0, 500.0]})


def factor(rows):
    return grid(np.asarray(rows, np.float64), "1")


def line(*points):
    return gpd.GeoDataFrame({"name": ["a"]}, geometry=[LineString(points)], crs=EQUAL_AREA)


def test_cover_is_as_hard_as_the_table_says():
    out = cover_resistance(codes([[1, 2, 3, 255]]), TABLE).values[0]
    assert out[:3].tolist() == [1.0, 80.0, 500.0]
    assert np.isnan(out[3])


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_ground_without_a_resistance_is_refused(bad):
    with pytest.raises(QuantityError, match="resistance"):
        cover_resistance(codes([[1]]), pd.DataFrame({"lucode": [1], "resistance": [bad]}))


def test_a_class_without_a_row_is_refused():
    with pytest.raises(QuantityError, match="7"):
        cover_resistance(codes([[7]]), TABLE)


def test_a_slope_of_exactly_a_limit_belongs_to_the_gentler_step():
    steep = [[0.0, 15.0, 15.1, 25.0, 25.1, 35.0, 35.1, 89.0]]
    out = slope_factor(grid(steep, "degree"))
    assert out.values[0].tolist() == [1.0, 1.0, 1.2, 1.2, 1.5, 1.5, 2.0, 2.0]


def test_unknown_slope_is_not_flat():
    out = slope_factor(
        grid([[np.nan, 0.0]], "degree"), slope_factors=(1.0, 3.0), slope_limits=(5.0,)
    )
    assert np.isnan(out.values[0, 0])
    assert out.values[0, 1] == 1.0
    hard = resistance(factor([[4.0, 4.0]]), out)
    assert np.isnan(hard.values[0, 0])
    assert hard.values[0, 1] == 1.0


def test_steps_of_slope_that_do_not_fit_are_refused():
    flat = grid([[0.0]], "degree")
    with pytest.raises(QuantityError, match="one factor more"):
        slope_factor(flat, slope_factors=(1.0,))
    with pytest.raises(PlanError, match="do not rise"):
        slope_factor(flat, slope_limits=(15.0, 15.0), slope_factors=(1.0, 1.2, 1.5))
    with pytest.raises(PlanError, match="slope_factors"):
        slope_factor(flat, slope_limits=(15.0,), slope_factors=(0.0, 1.0))


def test_light_counts_against_the_mean_of_the_class():
    # class 1: 2, 4, 12 with mean 6; class 2: 1 and 3 with mean 2; class 3 is dark
    bright = grid([[2.0, 4.0, 12.0, 1.0, 3.0, 0.0, np.nan, 9.0]], "nW/cm2/sr")
    out = light_factor(bright, codes([[1, 1, 1, 2, 2, 3, 1, 255]])).values[0]
    assert out[:6].tolist() == [1.0, 1.0, 2.0, 1.0, 1.5, 1.0]
    assert np.isnan(out[6:]).all()  # unknown light is not darkness; unknown cover has no mean


def test_the_only_cell_of_a_class_is_as_bright_as_its_class():
    assert light_factor(grid([[6.0, 0.0]], "nW/cm2/sr"), codes([[1, 2]])).values.tolist() == [
        [1.0, 1.0]
    ]


def test_light_makes_harder_threefold_at_most():
    bright = grid([[0.0] * 9 + [1.0]], "nW/cm2/sr")
    ground = codes([[1] * 10])
    assert light_factor(bright, ground).values[0, 9] == 3.0
    assert light_factor(bright, ground, most_by_lights=20.0).values[0, 9] == pytest.approx(10.0)


def test_ground_near_a_road_is_harder_in_steps():
    mask = codes(np.ones((1, 16)))  # cells of 100 m, a road through the fourth
    out = road_factor(
        mask, line((350, 0), (350, 100)), road_m=(200.0, 500.0), road_factors=(2.0, 1.5)
    )
    assert out["factor"].values[0].tolist() == [1.5, 2, 2, 2, 2, 2, 1.5, 1.5, 1.5, *[1.0] * 7]
    assert out["least"].values[0].tolist() == [0, 0, 0, 400.0, *[0] * 12]


def test_railways_count_as_roads_do():
    mask = codes(np.ones((1, 16)))
    road, rail = line((50, 0), (50, 100)), line((1550, 0), (1550, 100))
    both = road_factor(mask, road, rail, road_resistance=90.0)
    assert both["least"].values[0].tolist() == [90.0, *[0] * 14, 90.0]
    assert both["factor"].values[0].tolist() == [2.0] * 6 + [1.5] * 4 + [2.0] * 6


def test_no_road_on_the_map_leaves_ground_as_it_is():
    mask = codes(np.ones((2, 2)))
    for roads in (line((900, 0), (900, 100)), line((0, 0), (0, 100)).iloc[:0]):
        out = road_factor(mask, roads)
        assert (out["factor"] == 1.0).all()
        assert (out["least"] == 0.0).all()


def test_roads_need_a_factor_for_each_distance():
    mask = codes(np.ones((1, 2)))
    with pytest.raises(QuantityError, match="one for each of road_m, 2"):
        road_factor(mask, line((50, 0), (50, 100)), road_factors=(2.0,))
    with pytest.raises(PlanError, match="road_factors"):
        road_factor(mask, line((50, 0), (50, 100)), road_factors=(2.0, 0.0))


BASE = factor([[1.0, 10.0, 10.0, 10.0]])
SLOPE = factor([[1.0, 1.0, 2.0, 1.5]])
LIGHT = factor([[1.0, 3.0, 1.0, 1.0]])
ROAD = factor([[1.0, 1.0, 1.0, 2.0]])


def test_factors_multiply():
    out = resistance(BASE, SLOPE, LIGHT, ROAD)
    assert out.values[0].tolist() == [1.0, 30.0, 20.0, 30.0]
    assert out.dtype == np.float32
    assert out.attrs["units"] == "1"


def test_the_hardest_factor_alone_may_rule():
    out = resistance(BASE, SLOPE, LIGHT, ROAD, combine="maximum")
    assert out.values[0].tolist() == [1.0, 30.0, 20.0, 20.0]


def test_a_factor_below_one_does_not_make_the_hardest_easier():
    out = resistance(factor([[1.0, 10.0]]), factor([[1.0, 0.5]]), combine="maximum")
    assert out.values[0].tolist() == [1.0, 10.0]


def test_slope_may_be_weighed_against_cover():
    # s = 1 + 9 (f - 1): 1, 1, 10, 5.5; 0.6 r + 0.4 s: 1, 6.4, 10, 8.2; light and road then multiply
    out = resistance(BASE, SLOPE, LIGHT, ROAD, combine="weighted", slope_weight=0.4)
    np.testing.assert_allclose(out.values[0], [1.0, 19.2, 10.0, 16.4], rtol=1e-6)


def test_weighed_slope_starts_at_its_own_least():
    # 2 is the least factor: it stands for the easiest slope
    out = resistance(
        factor([[1.0, 5.0]]), factor([[2.0, 4.0]]), combine="weighted", slope_weight=0.5
    )
    np.testing.assert_allclose(out.values[0], [1.0, 5.0])


def test_weighed_slope_reaches_the_hardest_cover_however_small_its_factors():
    out = resistance(
        factor([[1.0, 1.0, 5.0]]), factor([[1.0, 1.5, 1.0]]), combine="weighted", slope_weight=1.0
    )
    np.testing.assert_allclose(out.values[0], [1.0, 5.0, 1.0])


def test_level_ground_weighs_as_the_easiest():
    out = resistance(
        factor([[1.0, 5.0]]), factor([[1.0, 1.0]]), combine="weighted", slope_weight=0.5
    )
    np.testing.assert_allclose(out.values[0], [1.0, 3.0])


def test_lights_can_be_left_out():
    out = resistance(BASE, SLOPE, LIGHT, ROAD, by_lights=False)
    assert out.values[0].tolist() == [1.0, 10.0, 20.0, 30.0]


def test_a_crossed_cell_has_its_least_and_keeps_more():
    least = factor([[0.0, 25.0, 25.0, 25.0]])
    out = resistance(BASE, SLOPE, LIGHT, ROAD, least)
    assert out.values[0].tolist() == [1.0, 30.0, 25.0, 30.0]


@pytest.mark.parametrize("rule", ["product", "maximum", "weighted"])
@pytest.mark.parametrize("which", ["cover", "slope", "lights", "roads"])
def test_what_is_missing_in_one_map_is_no_way(rule, which):
    hole = factor([[1.0, 1.0, np.nan, 1.0]])
    maps = {"cover": BASE, "slope": SLOPE, "lights": LIGHT, "roads": ROAD}
    maps[which] = maps[which] * hole.values
    maps[which].attrs = BASE.attrs
    least = factor([[0.0, 0.0, 400.0, 0.0]])
    out = resistance(*maps.values(), least, combine=rule).values[0]
    assert np.isnan(out[2])
    assert np.isfinite(out[[0, 1, 3]]).all()


def test_maps_that_do_not_overlap_are_refused():
    for rule in ("product", "weighted"):
        with pytest.raises(QuantityError, match="no cell where cover and all factors are known"):
            resistance(factor([[1.0, np.nan]]), factor([[np.nan, 1.0]]), combine=rule)
        with pytest.raises(QuantityError, match="no cell"):
            resistance(factor([[1.0]]), factor([[np.nan]]), combine=rule)


def test_the_easiest_ground_is_one_and_the_hardest_at_most_the_cap():
    out = resistance(factor([[4.0, 8.0, 9000.0]]), factor([[1.0, 1.0, 1.0]]), cap=100.0)
    assert out.values[0].tolist() == [1.0, 2.0, 100.0]


def test_a_range_of_1_to_5_is_bent_over_itself():
    values = np.array([[1.0, 2.0, 5.0, np.nan]])
    # the shares of the range are 0, a quarter and 1
    np.testing.assert_allclose(scaled(values, "sqrt", 1000.0)[0], [1.0, 3.0, 5.0, np.nan])
    up = 1.0 + 4.0 * (np.exp(0.75) - 1.0) / (np.exp(3.0) - 1.0)
    np.testing.assert_allclose(scaled(values, "exponential", 1000.0)[0], [1.0, up, 5.0, np.nan])
    np.testing.assert_allclose(scaled(values, "linear", 1000.0)[0], values[0])
    # a narrow range as well: a quarter of it becomes a half
    near = scaled(np.array([[1.0, 1.125, 1.5]]), "sqrt", 1000.0)
    np.testing.assert_allclose(near[0], [1.0, 1.25, 1.5])
    bent = resistance(factor(values), factor([[1.0] * 4]), transform="sqrt").values[0]
    np.testing.assert_allclose(bent, [1.0, 3.0, 5.0, np.nan])


def test_ground_that_is_alike_is_one_however_bent():
    for bend in ("linear", "sqrt", "exponential"):
        assert scaled(np.full((2, 2), 7.0), bend, 1000.0).tolist() == [[1.0, 1.0], [1.0, 1.0]]
