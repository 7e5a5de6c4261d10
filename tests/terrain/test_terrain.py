import numpy as np
import pytest
from tests.worlds import grid, squares, valley

from shanshui.core.errors import QuantityError
from shanshui.core.units import registry
from shanshui.terrain.aspect import aspect
from shanshui.terrain.downscaling import allocation, land_cover_fine, temperature_fine
from shanshui.terrain.extent import region_mask
from shanshui.terrain.hypsometry import hypsometry
from shanshui.terrain.landform import landform, slope_position
from shanshui.terrain.relief import (
    change_point,
    local_relief,
    rdls,
    relief_degree,
    relief_window,
    terrain_ruggedness,
)
from shanshui.terrain.slope import slope, slope_class


def plane(east=0.0, south=0.0, n=5):
    y, x = np.indices((n, n))
    return grid((1000 + east * x + south * y).astype(np.float32), "m", cell_m=100)


def test_a_rise_of_one_in_one_is_45_degrees():
    assert slope(plane(east=100.0)).values[2, 2] == pytest.approx(45.0)
    assert slope(plane(east=30.0, south=40.0)).values[2, 2] == pytest.approx(
        np.degrees(np.arctan(0.5))
    )


def test_slope_beside_the_rim_takes_the_centre_for_what_is_missing():
    angle = slope(plane(east=100.0)).values
    assert angle[2, 0] == pytest.approx(np.degrees(np.arctan(0.5)))


def test_missing_ground_has_no_slope_and_its_neighbours_do():
    ground = plane(east=100.0)
    ground.values[2, 2] = np.nan
    angle = slope(ground).values
    assert np.isnan(angle[2, 2])
    assert np.isfinite(angle[2, 1])


@pytest.mark.parametrize(
    ("east", "south", "faces"), [(1, 0, 270), (-1, 0, 90), (0, 1, 0), (0, -1, 180), (-1, 1, 45)]
)
def test_a_slope_faces_down(east, south, faces):
    assert aspect(plane(10.0 * east, 10.0 * south)).values[2, 2] == pytest.approx(faces, abs=1e-3)


def test_level_ground_faces_nowhere():
    assert np.isnan(aspect(plane()).values).all()


def test_a_limit_belongs_to_the_flatter_class():
    codes = slope_class(grid([[2.0, 2.1, 25.0, 25.1, np.nan]], "degree"), limits_deg=(2.0, 25.0))
    assert codes.values.tolist() == [[1, 2, 2, 3, 0]]


def test_relief_of_the_handbook():
    # worked value: mean height 1200, 700 to 1500, a fifth flat
    assert rdls(np.array(1200.0), np.array(800.0), np.array(0.2)) == pytest.approx(2.48)


def test_relief_degree_is_its_formula_on_a_whole_window():
    ground = valley(9, 9)
    angle = slope(ground)
    degree = relief_degree(ground, angle, window_cells=9)
    z = ground.values
    want = z.mean() / 1000 + (z.max() - z.min()) * (1 - (angle.values <= 5).mean()) / 500
    assert degree.values[4, 4] == pytest.approx(want, rel=1e-4)


def test_relief_takes_the_found_window_unless_told_otherwise():
    ground = valley()
    np.testing.assert_array_equal(local_relief(ground, 5.0), local_relief(ground, window_cells=5))
    np.testing.assert_array_equal(
        local_relief(ground, window_m=300.0), local_relief(ground, window_cells=3)
    )
    with pytest.raises(QuantityError, match="no window"):
        local_relief(ground)


def test_the_change_point_splits_a_step():
    assert change_point(np.array([1.0, 1.1, 0.9, 5.0, 5.1, 4.9])) == 2


def test_the_relief_window_is_found_and_repeats():
    ground = valley(80, 90)
    found = relief_window(ground, largest=20)
    assert 2 <= found <= 20
    assert relief_window(ground, largest=20) == found
    with pytest.raises(QuantityError, match="too few"):
        relief_window(grid(np.zeros((3, 3)), "m"))


def test_ruggedness_of_one_peak():
    rows = np.zeros((3, 3), np.float32)
    rows[1, 1] = 10.0
    assert terrain_ruggedness(grid(rows, "m")).values[1, 1] == pytest.approx(np.sqrt(800.0))


def test_landforms_begin_at_their_limit():
    assert landform(grid([[0.0, 19.9, 20, 75, 200, 600, np.nan]], "m")).values.tolist() == [
        [1, 1, 2, 3, 4, 5, 0]
    ]


def test_a_valley_has_a_floor_and_ridges():
    y = np.abs(np.arange(41) - 20)[:, None] * np.ones((1, 41))
    ridge = grid((1000 - 30 * np.minimum(y, 10)).astype(np.float32), "m")
    codes = slope_position(ridge, slope(ridge), window_cells=11).values
    assert (codes[20, 12:-12] == 6).all()
    assert (codes[9:11, 12:-12] <= 2).all()


def test_hypsometry_sums_to_the_region():
    ground = valley()
    mask = region_mask(ground)
    table = hypsometry(ground, mask, step_m=50.0)
    assert table["area_km2"].sum() == pytest.approx(ground.size * 0.01)
    assert table["share_above"].iloc[0] == pytest.approx(1.0)
    assert (np.diff(table["share_above"]) <= 0).all()


def test_the_region_is_inside_its_boundary_and_on_ground():
    ground = grid([[1.0, 1, 1, 1], [1, np.nan, 1, 1]], "m")
    assert region_mask(ground).values.tolist() == [[1, 1, 1, 1], [1, 0, 1, 1]]
    assert region_mask(ground, squares(2, 4).iloc[:1]).values.tolist() == [
        [1, 1, 0, 0],
        [1, 0, 0, 0],
    ]


def test_ridges_get_colder_and_means_stay():
    ground = valley(60, 60)
    coarse = grid(np.full((60, 60), 10.0, np.float32), "degC")
    fine = temperature_fine(coarse, ground, lapse_c_per_km=6.0, native_m=1000.0).values
    high = ground.values > np.quantile(ground, 0.9)
    assert fine[high].mean() < 10.0
    assert fine[15:-15, 15:-15].mean() == pytest.approx(10.0, abs=0.1)
    unchanged = temperature_fine(coarse, ground).values
    np.testing.assert_array_equal(unchanged, coarse)


def test_a_lapse_rate_times_a_height_is_a_temperature():
    units = registry()
    cooling = 6.0 * units("delta_degC / km") * (500.0 * units("m"))
    assert cooling.to("delta_degC").magnitude == pytest.approx(3.0)


def test_allocation_meets_its_counts_and_prefers_the_fit():
    score = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7]], np.float32))
    assert allocation(score, np.array([3, 1])).tolist() == [0, 0, 0, 1]
    assert allocation(score, np.array([2, 2])).tolist() == [0, 0, 1, 1]
    assert allocation(score, np.array([0, 4])).tolist() == [1, 1, 1, 1]


def test_allocation_is_near_the_best_assignment():
    from scipy.optimize import linear_sum_assignment

    rng = np.random.default_rng(1)
    score = rng.normal(size=(60, 3)).astype(np.float32)
    wanted = np.array([30, 20, 10])
    seats = np.repeat(np.arange(3), wanted)
    rows, cols = linear_sum_assignment(-score[:, seats])
    best = score[:, seats][rows, cols].sum()
    found = allocation(score, wanted)
    assert np.bincount(found).tolist() == wanted.tolist()
    assert score[np.arange(60), found].sum() >= 0.97 * best


def test_downscaled_cover_honours_the_areas_of_each_prefecture():
    import pandas as pd

    ground = valley(20, 40)
    rng = np.random.default_rng(0)
    coarse = grid(
        np.kron(rng.integers(1, 4, (4, 8)), np.ones((5, 5))).astype(np.uint8), "1", nodata=255
    )
    rows = [("101", 2019, k, a) for k, a in ((1, 1.0), (2, 2.5), (3, 0.5))] + [
        ("101", 2018, 1, 4.0)
    ]
    areas = pd.DataFrame(rows, columns=["code", "year", "class", "area_km2"])
    fine = land_cover_fine(
        coarse, ground, slope(ground), areas, squares(20, 40), native_m=500.0
    ).values
    left = fine[:, :20]
    assert [int((left == k).sum()) for k in (1, 2, 3)] == [100, 250, 50]
    np.testing.assert_array_equal(fine[:, 20:], coarse.values[:, 20:])
