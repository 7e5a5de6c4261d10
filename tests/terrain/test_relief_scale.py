"""Relief as finer cells would show it: by hand, at the ends of its range, in strips, and against maps of fine cells."""

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.warp import Resampling, calculate_default_transform, reproject
from scipy import ndimage
from tests.worlds import grid, valley

from shanshui.plans.pattern import pattern
from shanshui.region.grid import GridSpec
from shanshui.terrain.relief import local_relief
from shanshui.terrain.relief_scale import scaled_relief
from shanshui.terrain.slope import slope


def test_by_hand():
    # heights 0 and 300 in turn: of nine cells five are of one kind and four of the other, the spread is 149.07 m everywhere within
    rows, columns = np.indices((7, 7))
    height = grid(np.where((rows + columns) % 2 == 0, 0.0, 300.0), "m", cell_m=900.0)
    steep = grid(np.full((7, 7), 5.0), "degree", cell_m=900.0)
    relief = local_relief(height, window_cells=3)
    hurst = 2.0 - (1.13589 + 0.08452 * np.log(300.0 * np.sqrt(20) / 9))
    # a tenth of the cell
    gained = (1 - hurst) / hurst * (1 - 0.1 ** (2 * hurst))
    sigma = 900.0 / np.pi * np.tan(np.radians(5.0)) * np.sqrt(gained)
    found = scaled_relief(height, relief, steep, 900.0).values
    assert float(found[3, 3]) == pytest.approx(300.0 + 2 * np.sqrt(2) * sigma, rel=1e-4)


def test_the_variance_is_the_sum_of_the_waves_between_the_cells():
    hurst, cell, fine, tangent = 0.45, 1000.0, 90.0, 0.1
    # waves of length 2 u carry what the squared slope gains between u and u + du; height is slope times length over 2 pi
    edges = np.geomspace(fine, cell, 20001)
    squared = tangent**2 * (cell / edges) ** (2 * (1 - hurst))
    middle = np.sqrt(edges[1:] * edges[:-1])
    summed = float(((squared[:-1] - squared[1:]) * (2 * middle / (2 * np.pi)) ** 2).sum())
    closed = (
        (cell / np.pi * tangent) ** 2 * (1 - hurst) / hurst * (1 - (fine / cell) ** (2 * hurst))
    )
    assert summed == pytest.approx(closed, rel=1e-4)


def test_fine_relief_stays_as_it_is():
    height = valley(cell_m=90.0)
    relief = local_relief(height, window_cells=3)
    np.testing.assert_array_equal(scaled_relief(height, relief, slope(height), 90.0), relief)
    assert (scaled_relief(height, relief, slope(height), 200.0) > relief).any()


def test_level_ground_stays_level_and_missing_ground_missing():
    height = grid(np.full((6, 6), 100.0), "m", cell_m=1000.0)
    height.values[0, 0] = np.nan
    relief = local_relief(height, window_cells=3)
    found = scaled_relief(height, relief, slope(height), 1000.0).values
    assert np.isnan(found[0, 0])
    known = np.isfinite(found)
    assert (found[known] == 0).all()
    np.testing.assert_array_equal(known, np.isfinite(relief.values) & np.isfinite(slope(height)))


@given(
    st.floats(100.0, 3000.0), st.floats(10.0, 90.0), st.floats(0.0, 60.0), st.floats(0.0, 2000.0)
)
def test_relief_is_never_lowered_and_finer_cells_never_show_less(cell, fine, steep, relief):
    height = grid(np.arange(25.0).reshape(5, 5) ** 2, "m", cell_m=cell)
    lie = grid(np.full((5, 5), steep), "degree", cell_m=cell)
    told = grid(np.full((5, 5), relief), "m", cell_m=cell)
    found = scaled_relief(height, told, lie, cell, as_cell_m=fine).values
    coarser = scaled_relief(height, told, lie, cell, as_cell_m=95.0).values
    assert (found >= told.values).all()
    assert (found >= coarser - 1e-3).all()


def test_a_strip_is_the_strip_of_the_whole():
    height = valley(40, 30, cell_m=1000.0)
    steep, relief = slope(height), local_relief(height, window_m=2000.0)
    whole = scaled_relief(height, relief, steep, 1000.0).values
    part = scaled_relief(height[9:21], relief[9:21], steep[9:21], 1000.0).values
    np.testing.assert_array_equal(part[2:-2], whole[11:19])


@pytest.mark.parametrize(
    "name", ["erosion_sensitivity", "potential_sensitivity", "sensitivity_factors", "sensitivity_cuts", "hazard_scores"]
)  # fmt: skip
def test_every_limit_of_relief_that_was_published_takes_the_scaled_one(name):
    taker = {one.name: one for one in pattern(set())}[name]
    assert taker.needs["local_relief"] == "scaled_relief"
    assert taker.card.read_at["local_relief"] == 100.0
    assert taker.card.read_over["local_relief"] == (1.0, 5.0)


@pytest.mark.real
@pytest.mark.parametrize("times", [5, 11])
@pytest.mark.parametrize("file", ["colorado_front_range_srtm3", "pysheds_dem_3arcsec"])
def test_against_the_truth_of_fine_cells(data, file, times):
    with rasterio.open(data / f"test_basins/{file}.tif") as source:
        bounds = source.bounds
        crs = f"+proj=laea +lat_0={(bounds.bottom + bounds.top) / 2} +lon_0={(bounds.left + bounds.right) / 2}"
        move, width, height = calculate_default_transform(
            source.crs or "EPSG:4326", crs, source.width, source.height, *bounds, resolution=90.0
        )
        fine = np.full((height // times * times, width // times * times), np.nan, np.float32)
        reproject(
            source.read(1).astype(np.float32), fine, src_transform=source.transform, src_crs=source.crs or "EPSG:4326",
            dst_transform=move, dst_crs=crs, dst_nodata=np.nan, resampling=Resampling.bilinear,
        )  # fmt: skip
    # two coarse cells from middle to middle are the window; its middle is that of a coarse cell
    window = 2 * times + 1
    truth = ndimage.maximum_filter(fine, window) - ndimage.minimum_filter(fine, window)
    truth = truth[times // 2 :: times, times // 2 :: times]
    means = fine.reshape(fine.shape[0] // times, times, -1, times).mean((1, 3))
    coarse = GridSpec(crs, 90.0 * times, 0.0, 0.0, *means.shape).lay(means, "m")
    measured = local_relief(coarse, window_cells=3)
    scaled = scaled_relief(coarse, measured, slope(coarse), 90.0 * times).values
    known = np.isfinite(truth) & np.isfinite(scaled)
    known[:2] = known[-2:] = known[:, :2] = known[:, -2:] = False
    error = np.abs(measured.values - truth)[known].mean(), np.abs(scaled - truth)[known].mean()
    assert error[1] < 0.65 * error[0]
    assert measured.values[known].mean() < 0.85 * truth[known].mean()
    assert 0.85 < scaled[known].mean() / truth[known].mean() < 1.1
