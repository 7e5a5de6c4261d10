import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from shanshui.kernels import flood
from shanshui.kernels.flood import breach, priority_flood

surfaces = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.integers(-20, 20).map(float) | st.just(float("nan")),
)


def spill_levels(height):
    """The definition, by relaxation: the lowest over all ways out of the highest cell on the way."""
    ny, nx = height.shape
    level = np.where(np.isnan(height), np.nan, np.inf)
    for _ in range(height.size + 1):
        before = level.copy()
        for i in range(ny):
            for j in range(nx):
                if np.isnan(height[i, j]):
                    continue
                best = level[i, j]
                for r in range(i - 1, i + 2):
                    for s in range(j - 1, j + 2):
                        outside = r < 0 or s < 0 or r >= ny or s >= nx or np.isnan(height[r, s])
                        best = min(
                            best, height[i, j] if outside else max(height[i, j], level[r, s])
                        )
                level[i, j] = best
        if np.array_equal(before, level, equal_nan=True):
            return level
    return level


def test_a_bowl_fills_to_its_lowest_rim():
    bowl = np.array([[9, 9, 9, 9], [9, 1, 2, 9], [9, 3, 1, 5], [9, 9, 9, 9]], np.float32)
    filled = priority_flood(bowl)
    assert filled[1:3, 1:3].tolist() == [[5, 5], [5, 5]]
    assert np.array_equal(filled[0], bowl[0])


def test_a_hole_in_the_data_drains():
    ground = np.full((5, 5), 9.0, np.float32)
    ground[2, 2] = np.nan
    ground[2, 1] = 1.0
    assert priority_flood(ground)[2, 1] == 1.0


@settings(max_examples=150, deadline=None)
@given(surfaces)
def test_the_flood_is_its_definition(height):
    np.testing.assert_array_equal(priority_flood(height), spill_levels(height).astype(np.float32))


@settings(max_examples=40, deadline=None)
@given(surfaces, st.integers(-5, 5))
def test_raising_the_ground_raises_the_water(height, lift):
    np.testing.assert_array_equal(
        priority_flood(height + np.float32(lift)), priority_flood(height) + np.float32(lift)
    )


@settings(max_examples=100, deadline=None)
@given(surfaces)
def test_breached_ground_has_no_depressions_and_is_nowhere_higher(height):
    dug = breach(height)
    assert np.all((dug <= height) | np.isnan(height))
    np.testing.assert_array_equal(priority_flood(dug), dug)


@settings(max_examples=15, deadline=None)
@given(surfaces)
@pytest.mark.parametrize("kernel", ["_flood", "_breach"])
def test_compiled_and_plain_agree(kernel, height):
    compiled, plain = flood._framed(height), flood._framed(height)
    function = getattr(flood, kernel)
    function(compiled.reshape(-1), compiled.shape[1])
    with np.errstate(over="ignore"):
        function.py_func(plain.reshape(-1), plain.shape[1])
    np.testing.assert_array_equal(compiled, plain)
