import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shanshui.kernels import windows
from shanshui.kernels.labels import label_borders, label_class_counts, label_statistics
from shanshui.kernels.noise import fractal, white

surfaces = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14),
    elements=st.floats(-500, 500, width=16) | st.just(float("nan")),
)
whole = arrays(np.float32, (6, 7), elements=st.floats(-500, 500, width=16))


def window_of(z, i, j, cells):
    before = (cells - 1) // 2
    after = cells - 1 - before
    return z[max(0, i - before) : i + after + 1, max(0, j - before) : j + after + 1]


@settings(max_examples=80, deadline=None)
@given(surfaces, st.integers(2, 9))
def test_relief_is_highest_minus_lowest_of_the_window(z, cells):
    out = windows.focal_range(z, cells)
    for (i, j), v in np.ndenumerate(z):
        part = window_of(z, i, j, cells)
        want = np.nan if np.isnan(v) else np.nanmax(part) - np.nanmin(part)
        assert out[i, j] == pytest.approx(want, nan_ok=True)


@settings(max_examples=80, deadline=None)
@given(surfaces, st.integers(1, 9))
def test_mean_is_over_present_cells_of_the_window(z, cells):
    out = windows.focal_mean(z, cells)
    for (i, j), v in np.ndenumerate(z):
        want = np.nan if np.isnan(v) else np.nanmean(window_of(z, i, j, cells).astype(np.float64))
        assert out[i, j] == pytest.approx(want, nan_ok=True, rel=1e-5, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(whole, st.floats(-500, 500, width=16))
def test_raising_the_ground_changes_no_slope(z, lift):
    np.testing.assert_allclose(
        windows.horn_slope(z, 30.0), windows.horn_slope(z + np.float32(lift), 30.0), atol=2e-2
    )


@settings(max_examples=50, deadline=None)
@given(whole)
def test_turning_the_map_turns_the_slope(z):
    turned = windows.horn_slope(np.ascontiguousarray(np.rot90(z)), 30.0)
    np.testing.assert_allclose(np.rot90(windows.horn_slope(z, 30.0)), turned, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(surfaces)
@pytest.mark.parametrize(
    ("kernel", "more"),
    [
        ("horn_slope", (30.0,)),
        ("horn_gradient", (30.0,)),
        ("ruggedness", ()),
        ("focal_range", (3,)),
        ("focal_mean", (4,)),
    ],
)
def test_compiled_and_plain_agree(kernel, more, z):
    function = getattr(windows, kernel)
    with np.errstate(invalid="ignore", divide="ignore"):
        np.testing.assert_allclose(
            function(z, *more), function.py_func(z, *more), rtol=1e-4, atol=1e-3
        )


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.float32, (11, 6), elements=st.floats(0, 4000, width=32) | st.just(float("nan"))),
    st.integers(3, 8),
)
def test_a_tile_with_its_halo_gives_the_bytes_of_the_whole(z, cut):
    for kernel, halo, more in (
        (windows.horn_slope, 1, (30.0,)),
        (windows.ruggedness, 1, ()),
        (windows.focal_range, 2, (5,)),
        (windows.focal_mean, 2, (4,)),
    ):
        every = kernel(z, *more)
        for start, stop in ((0, cut), (cut, 11)):
            low, high = max(0, start - halo), min(11, stop + halo)
            part = kernel(z[low:high].copy(), *more)[start - low : stop - low]
            np.testing.assert_array_equal(part, every[start:stop])


def test_label_statistics_skip_missing_values():
    label = np.array([1, 1, 2, 0, 2], np.int32)
    value = np.array([1.0, np.nan, 4.0, 9.0, 6.0], np.float32)
    count, total, low, high = label_statistics(label, value, 2)
    assert count.tolist() == [0, 1, 2]
    assert total.tolist() == [0.0, 1.0, 10.0]
    assert (low[2], high[2]) == (4.0, 6.0)


def test_classes_are_counted_per_label():
    counts = label_class_counts(np.array([1, 1, 2], np.int32), np.array([0, 3, 3], np.uint8), 2, 4)
    assert counts[1].tolist() == [1, 0, 0, 1]


def test_borders_are_cell_sides():
    pairs, sides = label_borders(np.array([[1, 1, 2], [3, 3, 2]], np.int32))
    assert dict(zip(map(tuple, pairs.tolist()), sides.tolist(), strict=True)) == {
        (1, 2): 1,
        (1, 3): 2,
        (2, 3): 1,
    }


def test_noise_is_the_same_in_any_tile():
    every = fractal(0, 0, 40, 30, 10.0, 200.0, 5, 0.5, 7)
    np.testing.assert_array_equal(
        fractal(13, 5, 20, 10, 10.0, 200.0, 5, 0.5, 7), every[13:33, 5:15]
    )
    np.testing.assert_array_equal(white(13, 5, 20, 10, 7), white(0, 0, 40, 30, 7)[13:33, 5:15])
    assert 0 <= white(0, 0, 200, 200, 1).min() < white(0, 0, 200, 200, 1).max() < 1
