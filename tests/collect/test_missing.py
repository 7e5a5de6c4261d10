"""Missing is missing, with a reason: decided for every cell of the file before anything is averaged."""

import numpy as np
import pytest
import rasterio
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.enums import ColorInterp
from tests.collect.bring import SPEC, brought, look, why
from tests.worlds import grid_spec, write_raster

from shanshui.collect.missing import REASONS, Missing
from shanshui.core.errors import DataError
from shanshui.core.reasons import reasons
from shanshui.kernels import look as kernel


def slope_of(ny=20, nx=30, low=459.0, high=1262.0):
    return np.linspace(low, high, ny * nx, dtype=np.float64).reshape(ny, nx)


# undeclared marks


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("mark", [-32768, -9999, 32767])
def test_six_lone_voids_are_found_among_all_cells(tmp_path, dtype, mark):
    heights = np.round(slope_of(600, 600)).astype(dtype)
    for k in range(6):
        heights[37 + 91 * k, 11 + 83 * k] = mark
    path = write_raster(tmp_path / "dem.tif", heights, cell=30.0, dtype=dtype)
    grid = grid_spec(60, 60, 300.0)
    out = look(path, grid=grid)
    assert out.state == "unusable"
    assert "6 of 360000 cells" in out.problems[0]
    assert f"set nodata = {mark} in [inputs.elevation]" in out.problems[0]
    mended = brought(path, grid=grid, nodata=mark)
    true = np.where(heights == mark, np.nan, heights.astype(np.float64))
    expected = np.nanmean(true.reshape(60, 10, 60, 10), axis=(1, 3))
    np.testing.assert_allclose(mended, expected, rtol=1e-5)
    assert look(path, grid=grid, nodata=mark).state == "good"


@pytest.mark.parametrize(
    ("kind", "dtype", "rest", "mark", "says"),
    [
        ("elevation", "float32", (200, 900), -3.4028234663852886e38, "set nodata = -3.4028235e+38"),
        ("elevation", "float64", (200, 900), -1.797e308, "set nodata = -1.797e+308"),
        ("elevation", "float32", (200, 900), 1e38, "set nodata = 1e+38"),
        ("precipitation", "uint16", (400, 1500), 65535, "set nodata = 65535"),
        ("precipitation", "float32", (400, 1500), 9.96921e36, "set nodata = 9.96921e+36"),
        ("precipitation", "int16", (400, 1500), 9999, "set nodata = 9999"),
        ("tree_cover", "uint8", (0, 100), 255, "set nodata = 255"),
        ("tree_cover", "uint8", (0, 100), 254, "set nodata = 254"),
        ("lights", "uint8", (0, 63), 255, "set nodata = 255"),
        ("storm_days", "int16", (0, 9), -1, "set nodata = -1"),
        ("ndvi", "float32", (0.1, 0.8), -999, "set nodata = -999"),
    ],
)  # fmt: skip
def test_one_cell_with_a_mark_of_any_kind_is_found(tmp_path, kind, dtype, rest, mark, says):
    values = slope_of(200, 200, *rest).astype(dtype)
    values[113, 57] = mark
    path = write_raster(tmp_path / "a.tif", values, cell=10.0, dtype=dtype)
    out = look(path, kind)
    assert out.state == "unusable"
    assert says in out.problems[0], out.problems
    number = float(says.removeprefix("set nodata = "))
    assert not look(path, kind, nodata=number).problems
    assert not any("nodata" in text for text in look(path, kind, checked=True).problems)


def test_what_is_declared_already_stays_in_the_advice(tmp_path):
    values = slope_of().astype(np.int16)
    values[0, 0], values[5, 5] = -9999, -32768
    path = write_raster(tmp_path / "a.tif", values)
    assert "set nodata = [-9999, -32768]" in look(path, nodata=-9999).problems[0]
    assert look(path, nodata=[-9999, -32768]).state == "good"


def test_values_that_end_in_a_usual_mark_are_values(tmp_path):
    for dtype, (low, high) in (("uint8", (0, 255)), ("int16", (-128, 127)), ("int16", (99, 999))):
        path = write_raster(
            tmp_path / "a.tif", slope_of(50, 50, low, high).astype(dtype), cell=40.0
        )
        assert look(path, "elevation" if low else "lights").state == "good"


# zeros


def test_dark_land_is_dark_and_not_missing(tmp_path):
    light = np.zeros((60, 60), np.float32)
    light[::4, ::5] = 0.48 + np.linspace(0, 4, 180, dtype=np.float32).reshape(15, 12)
    path = write_raster(tmp_path / "lights.tif", light)
    assert np.mean(light == 0) > 0.94
    assert look(path, "lights", grid=grid_spec(60, 60)).state == "good"


@pytest.mark.parametrize("kind", ["hot_days", "storm_days", "storm_rain", "carbonate"])
def test_zeros_of_what_may_not_happen_count(tmp_path, kind):
    values = np.where(slope_of() < 900, 0, 30).astype(np.float32)
    values[-1] = 31
    assert look(write_raster(tmp_path / "a.tif", values), kind).state == "good"


@pytest.mark.parametrize("kind", ["elevation", "precipitation", "soil_depth"])
def test_one_zero_far_from_all_values_is_suspected_where_zero_is_no_usual_value(tmp_path, kind):
    values = slope_of(100, 100, *((1, 2) if kind == "soil_depth" else (500, 900))).astype(
        np.float32
    )
    values[41, 43] = 0
    out = look(write_raster(tmp_path / "a.tif", values, cell=20.0), kind)
    assert "1 of 10000 cells are 0" in out.problems[0]
    assert "set nodata = 0" in out.problems[0]


# masks


@pytest.mark.parametrize("how", ["inner", "side-car", "alpha"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_a_hidden_half_is_missing_whatever_stands_below_it(tmp_path, how, dtype):
    codes = np.where(np.arange(60)[None, :] < 30, 0, 12).repeat(60, 0).reshape(60, 60).astype(dtype)
    shown = (
        np.where(np.arange(60)[None, :] < 30, 0, 255).repeat(60, 0).reshape(60, 60).astype(np.uint8)
    )
    path = tmp_path / "cover.tif"
    grid = grid_spec(60, 60)
    if how == "alpha":
        write_raster(path, np.stack([codes, shown.astype(dtype)]), dtype=dtype)
        with rasterio.open(path, "r+") as file:
            file.colorinterp = (ColorInterp.gray, ColorInterp.alpha)
    else:
        write_raster(path, codes, dtype=dtype)
        with (
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK=how == "inner"),
            rasterio.open(path, "r+") as file,
        ):
            file.write_mask(shown)
        assert (tmp_path / "cover.tif.msk").exists() == (how == "side-car")
    out = brought(path, "land_cover", grid, classes="igbp")
    missing = 255 if dtype == "uint8" else -32768
    assert np.count_nonzero(out == missing) == 1800
    assert np.count_nonzero(out == 12) == 1800
    reason = Missing.ALPHA if how == "alpha" else Missing.MASK
    reasons = why(path, "land_cover", grid, classes="igbp")
    assert (reasons[:, :30] == reason).all()
    assert (reasons[:, 30:] == 0).all()


def test_every_reason_is_told_apart(tmp_path):
    values = slope_of(20, 30).astype(np.float32)
    values[0], values[1], values[2, :5] = np.nan, -9999, np.inf
    path = write_raster(tmp_path / "a.tif", values, left=500.0, nodata=-9999)
    reasons = why(path)
    assert (reasons[:, :5] == Missing.OUTSIDE).all()
    assert (reasons[0, 5:] == Missing.NAN).all()
    assert (reasons[1, 5:] == Missing.TAG).all()
    assert (reasons[2, 5:10] == Missing.NAN).all()
    assert (why(path, nodata=-9999)[1, 5:] == Missing.DECLARED).all()
    np.testing.assert_array_equal(np.isnan(brought(path)), reasons != 0)


def test_marks_of_each_band_are_its_own_and_a_sum_lacks_what_one_lacks(tmp_path):
    bands = np.stack([np.full((20, 30), 400.0), np.full((20, 30), 500.0)]).astype(np.float32)
    bands[0, 3], bands[1, 4] = -1, np.nan
    path = write_raster(tmp_path / "a.tif", bands, nodata=-1)
    out = brought(path, "precipitation", band="sum")
    assert np.isnan(out[3:5]).all()
    assert (np.delete(out, [3, 4], axis=0) == 900).all()
    assert (why(path, "precipitation", band="sum")[3:5, 0] == [Missing.TAG, Missing.NAN]).all()


def test_the_ways_in_which_a_netcdf_says_missing(tmp_path):
    stored = np.full((20, 30), 4000, np.int16)
    stored[0], stored[1], stored[2], stored[3] = -1, -2, 30000, 0
    attrs = {"missing_value": np.int16(-2), "valid_range": np.array([0, 20000], np.int16),
             "scale_factor": 0.1, "add_offset": 100.0}  # fmt: skip
    cube = xr.Dataset({"z": (("y", "x"), stored, attrs)}, coords={"y": SPEC.y(), "x": SPEC.x()})
    cube["z"].encoding = {"_FillValue": np.int16(-1), "dtype": "int16"}
    path = tmp_path / "a.nc"
    cube.to_netcdf(path, engine="h5netcdf", encoding={"z": {"_FillValue": np.int16(-1)}})
    out = brought(path, crs="EPSG:6933")
    assert np.isnan(out[:3]).all()
    assert out[3, 0] == pytest.approx(100.0)
    assert out[4, 0] == pytest.approx(500.0)
    reasons = why(path, crs="EPSG:6933")
    assert reasons[:4, 0].tolist() == [Missing.TAG, Missing.TAG, Missing.BEYOND, 0]


def test_each_number_has_a_reason_with_words_of_its_own():
    assert REASONS[Missing.NOT] == ""
    assert all(name in reasons() for name in REASONS[1:])
    assert len({reasons()[name].words["en"] for name in REASONS[1:]}) == len(REASONS) - 1


def test_a_raster_that_hardly_meets_the_study_says_so(tmp_path):
    path = write_raster(
        tmp_path / "a.tif", slope_of(3, 2).astype(np.float32), left=2800.0, top=300.0
    )
    out = look(path)
    assert out.state == "doubtful"
    assert "covers 1% of the study window" in out.doubts[0]


def test_codes_are_counted_in_every_cell(tmp_path):
    codes = np.ones((200, 300), np.uint8)
    codes[117, 203] = 77
    path = write_raster(tmp_path / "c.tif", codes, cell=10.0)
    assert (
        "codes 77 are not in the class table"
        in look(path, "land_cover", classes="igbp").problems[0]
    )
    with pytest.raises(DataError, match="codes 77"):
        brought(path, "land_cover", classes="igbp", grid=grid_spec(200, 300, 10.0))


# the kernel


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_look_agrees_with_numpy(data):
    dtype = data.draw(st.sampled_from(["uint8", "int16", "int32", "float32", "float64"]))
    size = data.draw(st.integers(1, 5000))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    raw = rng.integers(0, 200, size).astype(dtype)
    if dtype.startswith("float"):
        raw[rng.random(size) < data.draw(st.sampled_from([0, 0.001, 0.3]))] = np.nan
    hidden = (rng.random(size) < data.draw(st.sampled_from([0, 0.01]))).astype(
        np.uint8
    ) * Missing.MASK
    marks = np.array(data.draw(st.sampled_from([[], [7], [7, 100]])), dtype)
    args = (marks, np.full(marks.size, Missing.TAG, np.uint8), np.array([-np.inf, 190.0]), np.array([3.0, 150.0]),
            np.array([0.0, 180.0]))  # fmt: skip
    found, reasons, times = kernel.blank(), np.zeros(len(REASONS), np.int64), np.zeros(2, np.int64)
    out = np.empty(size, np.float32)
    kernel.looked_at(raw, hidden, *args, out, found, reasons, times)
    values = raw.astype(np.float64)
    gone = (hidden > 0) | np.isin(raw, marks) | np.isnan(values) | (values > 190)
    np.testing.assert_array_equal(out, np.where(gone, np.nan, values).astype(np.float32))
    seen = values[~gone]
    assert reasons.sum() == gone.sum()
    assert found[kernel.COUNT] == seen.size
    assert times.tolist() == [(seen == 0).sum(), (seen == 180).sum()]
    if seen.size:
        each = np.unique(seen)
        assert found[kernel.TOTAL] == seen.sum()
        assert (found[kernel.LOW], found[kernel.HIGH]) == (each[0], each[-1])
        assert found[kernel.AT_LOW] == (seen == each[0]).sum()
        assert found[kernel.AT_HIGH] == (seen == each[-1]).sum()
        assert found[kernel.NEXT_LOW] == (each[1] if each.size > 1 else np.inf)
        assert found[kernel.NEXT_HIGH] == (each[-2] if each.size > 1 else -np.inf)
        assert found[kernel.ZEROS] == (seen == 0).sum()
        assert found[kernel.LEAST] == (each[each > 0].min() if (each > 0).any() else np.inf)
        assert found[kernel.BEYOND] == ((seen < 3) | (seen > 150)).sum()
