"""Slope as finer cells would show it, and plans that read limits of slope at the wrong cells."""

import numpy as np
import pytest
import rasterio
from rasterio.warp import Resampling, calculate_default_transform, reproject
from tests.worlds import grid, valley

from shanshui.collect.inputs import INPUTS
from shanshui.core.errors import PlanError
from shanshui.flow.plan import Plan
from shanshui.flow.steps import Source, step
from shanshui.pattern.importance import soil_importance
from shanshui.plans.pattern import pattern
from shanshui.region.grid import GridSpec
from shanshui.terrain.slope import slope
from shanshui.terrain.slope_scale import scaled_slope, slope_cell


def test_the_cell_of_a_slope_is_the_coarser_of_grid_and_file():
    height = valley(cell_m=100.0)
    assert slope_cell(height) == 100.0
    assert slope_cell(height, native_m=927.0) == 927.0
    assert slope_cell(height, native_m=30.0) == 100.0


def test_fine_slopes_stay_as_they_are():
    height = valley(cell_m=90.0)
    steep = slope(height)
    np.testing.assert_array_equal(scaled_slope(height, steep, 90.0).values, steep.values)
    assert (scaled_slope(height, steep, 91.0).values[1:-1, 1:-1] > steep.values[1:-1, 1:-1]).any()


def test_by_hand():
    # heights 0 and 300 in turn: of nine cells five are of one kind and four of the other, the spread is 149.07 m everywhere within
    rows, columns = np.indices((7, 7))
    height = grid(np.where((rows + columns) % 2 == 0, 0.0, 300.0), "m", cell_m=900.0)
    steep = np.full((7, 7), 5.0)
    steep[3, 3] = 0.0
    power = 1.13589 + 0.08452 * np.log(300.0 * np.sqrt(20) / 9) - 1.0
    slant = np.tan(np.radians(5.0)) ** 2
    hidden = slant * (100.0**power - 1.0) * 8 / 9
    found = scaled_slope(height, grid(steep, "degree", cell_m=900.0), 900.0).values
    # the level cell between slopes hides as much as those beside it
    assert float(found[3, 3]) == pytest.approx(np.degrees(np.arctan(np.sqrt(hidden))), rel=1e-5)
    assert float(found[2, 3]) == pytest.approx(
        np.degrees(np.arctan(np.sqrt(slant + hidden))), rel=1e-5
    )


def test_level_ground_stays_level_and_missing_ground_missing():
    height = grid(np.full((5, 5), 100.0), "m", cell_m=1000.0)
    height.values[0, 0] = np.nan
    found = scaled_slope(height, slope(height), 1000.0).values
    assert np.isnan(found[0, 0])
    assert (found.ravel()[1:] == 0).all()


def test_a_strip_is_the_strip_of_the_whole():
    height = valley(40, 30, cell_m=1000.0)
    steep = slope(height)
    whole = scaled_slope(height, steep, 1000.0).values
    part = scaled_slope(height[9:21], steep[9:21], 1000.0).values
    np.testing.assert_array_equal(part[2:-2], whole[11:19])


def sources(*names):
    return [Source(n, INPUTS[n].gives, "", {}, dict, lambda c: None, slope) for n in names]


def test_limits_of_slope_are_not_read_at_the_cells_of_the_study():
    from shanshui.accounts.soil_retention import vegetation_fraction
    from shanshui.terrain.extent import region_mask

    given = sources("elevation", "ndvi", "boundary")
    first = [step(region_mask), step(slope), step(slope_cell), step(vegetation_fraction)]
    with pytest.raises(
        PlanError,
        match=r"soil_importance.slope: its limits were published for cells of up to 100 m, but 'slope' is",
    ):
        Plan.of(*first, step(soil_importance), sources=given)
    fine = step(soil_importance, binds={"slope": "scaled_slope"})
    assert "soil_importance" in Plan.of(*first, step(scaled_slope), fine, sources=given).steps
    with pytest.raises(PlanError, match="measured as cells of 500 m"):
        Plan.of(*first, step(scaled_slope, as_cell_m=500.0), fine, sources=given)


@pytest.mark.parametrize(
    "name", ["soil_importance", "karst_sensitivity", "steep_farmland", "sensitivity_factors", "hazard_scores", "sensitivity_cuts", "potential_sensitivity"]
)  # fmt: skip
def test_every_limit_of_slope_that_was_published_takes_the_scaled_one(name):
    taker = {one.name: one for one in pattern(set())}[name]
    assert taker.needs["slope"] == "scaled_slope"
    assert taker.card.read_at["slope"] == 100.0


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "share"), [("colorado_front_range_srtm3", 0.4), ("pysheds_dem_3arcsec", 0.45)]
)
def test_against_the_truth_of_fine_cells(data, file, share):
    with rasterio.open(data / f"test_basins/{file}.tif") as source:
        bounds = source.bounds
        crs = f"+proj=laea +lat_0={(bounds.bottom + bounds.top) / 2} +lon_0={(bounds.left + bounds.right) / 2}"
        move, width, height = calculate_default_transform(
            source.crs or "EPSG:4326", crs, source.width, source.height, *bounds, resolution=90.0
        )
        fine = np.full((height // 11 * 11, width // 11 * 11), np.nan, np.float32)
        reproject(
            source.read(1).astype(np.float32), fine, src_transform=source.transform, src_crs=source.crs or "EPSG:4326",
            dst_transform=move, dst_crs=crs, dst_nodata=np.nan, resampling=Resampling.bilinear,
        )  # fmt: skip

    def laid(values, cell):
        return GridSpec(crs, cell, 0.0, 0.0, *values.shape).lay(values, "m")

    def parts(values):
        return values.reshape(values.shape[0] // 11, 11, -1, 11).mean((1, 3))

    truth = parts(np.tan(np.radians(slope(laid(fine, 90.0)).values)))
    coarse = laid(parts(fine), 990.0)
    measured = slope(coarse)
    scaled = scaled_slope(coarse, measured, 990.0)
    known = np.isfinite(truth) & np.isfinite(scaled.values)
    known[[0, -1]] = known[:, [0, -1]] = False

    def mean(values):
        return float(np.tan(np.radians(values.values))[known].mean())

    true = float(truth[known].mean())
    assert mean(measured) < share * true
    assert 0.8 * true < mean(scaled) < 1.3 * true
