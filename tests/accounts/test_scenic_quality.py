"""Scenic quality: worked sights, worth by distance, classes by quarters, what is refused."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.scenic_quality import quarters, scenic_quality
from shanshui.core.errors import QuantityError


def points(*at, **columns):
    """Structures in the middle of cells (row, column) of a map of 20 rows at 100 m."""
    shapes = [shapely.Point((c + 0.5) * 100.0, (20 - r - 0.5) * 100.0) for r, c in at]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=EQUAL_AREA)


@pytest.fixture
def level():
    return grid(np.full((20, 30), 7.0, np.float32), "m")


def test_two_masts_on_level_ground(level):
    made = scenic_quality(level, points((5, 5), (10, 20), WEIGHT=[1.0, 3.0], Height=[30, 30]))
    assert (made["visible"].values == 4.0).all()
    assert (made["value"].values == 4.0).all()


@pytest.mark.parametrize("sight", ["lines", "planes"])
@pytest.mark.parametrize(
    ("valuation", "a", "b", "at_300", "at_0"),
    [
        ("linear", 1.0, -0.0005, 0.85, 1.0),
        ("logarithmic", 5.0, -0.5, 5 - 0.5 * np.log(301.0), 5.0),
        ("exponential", 2.0, 0.001, 2 * np.exp(-0.3), 2.0),
    ],
)
def test_worth_falls_with_distance(level, sight, valuation, a, b, at_300, at_0):
    made = scenic_quality(
        level, points((10, 10), weight=[2.0], height=[50.0]),
        sight=sight, valuation=valuation, a=a, b=b, farthest_m=1000.0,
    )["value"].values  # fmt: skip
    assert made[10, 13] == pytest.approx(2 * at_300, rel=1e-6)
    assert made[7, 10] == pytest.approx(2 * at_300, rel=1e-6)
    assert made[10, 10] == pytest.approx(2 * at_0)
    assert made[10, 20] > 0 if valuation != "linear" else made[10, 20] == pytest.approx(1.0)
    assert made[10, 21] == 0.0


def test_a_ridge_hides_and_an_eye_looks_over_it():
    z = np.zeros((20, 30), np.float32)
    z[:, 15] = 20.0
    data = grid(z, "m")
    low = scenic_quality(data, points((10, 5), height=[10.0]))["visible"].values
    assert (low[:, :16] == 1).all()
    assert (low[:, 16:] == 0).all()
    # from 10 m over 20 m at 1 km: at 2 km an eye of 30 m, and 0.14 m more for the curved earth
    assert scenic_quality(data, points((10, 5), height=[10.0]), eye_m=30.2)["visible"].values[10, 25] == 1  # fmt: skip
    assert scenic_quality(data, points((10, 5), height=[10.0]), eye_m=30.1)["visible"].values[10, 25] == 0  # fmt: skip


def test_a_radius_ends_what_is_seen(level):
    made = scenic_quality(level, points((10, 10), radius=[500.0], height=[5.0]))["visible"].values
    y, x = np.indices(made.shape)
    np.testing.assert_array_equal(made == 1, np.hypot(y - 10, x - 10) * 100 < 500)
    assert (made[np.hypot(y - 10, x - 10) * 100 >= 500] == 0).all()


def test_classes_are_quarters_of_what_is_spoilt():
    value = np.array([[0.0, 1, 2, 3, 4, 5, 6, 7, 8, np.nan]])
    np.testing.assert_array_equal(quarters(value), [[0, 1, 1, 2, 2, 3, 3, 4, 4, np.nan]])
    np.testing.assert_array_equal(quarters(np.zeros((1, 3))), [[0, 0, 0]])
    np.testing.assert_array_equal(quarters(np.array([[0.0, 2.5]])), [[0, 1]])
    np.testing.assert_array_equal(quarters(np.array([[1.0, 1, 1, 1, 9]])), [[3, 3, 3, 3, 4]])


def test_what_is_not_known_is_not_told(level):
    z = level.copy()
    z[10, 15] = np.nan
    made = scenic_quality(z, points((10, 10), height=[5.0]))
    for layer in made.data_vars.values():
        assert np.isnan(layer.values[10, 15:]).all()
    assert (made["visible"].values[:, :15] == 1).all()
    planes = scenic_quality(z, points((10, 10), height=[5.0]), sight="planes")
    assert np.isnan(planes["visible"].values).sum() == 1


def test_structures_off_the_map_are_left_out(level):
    both = scenic_quality(level, points((5, 5), (5, 99), height=[5.0, 5.0]))
    assert both["visible"].values.max() == 1


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 29)), min_size=1, max_size=4))
def test_structures_add_up(at):
    rng = np.random.default_rng(5)
    z = grid(rng.uniform(0, 60, (20, 30)).astype(np.float32), "m")
    whole = scenic_quality(z, points(*at), a=1.0, b=-0.0001)
    parts = [scenic_quality(z, points(one), a=1.0, b=-0.0001) for one in at]
    for name in ("visible", "value"):
        np.testing.assert_allclose(
            whole[name].values, np.sum([p[name].values for p in parts], axis=0), rtol=1e-5
        )


@pytest.mark.parametrize(
    ("frame", "words", "message"),
    [
        (points((5, 99)), {}, "none of 1 points lies on the map"),
        (points((5, 5), weight=["x"]), {}, "structures.weight: row 1 holds 'x', expected a number"),
        (points((5, 5), height=[-2]), {}, "structures.height: row 1 holds '-2', expected 0 or more"),
        (points((5, 5), radius=[np.nan]), {}, "structures.radius: row 1 holds 'nan'"),
        (points((0, 0)), {}, r"point 1 of those on the map stands on missing ground \(row 1, column 1\)"),
        (points((5, 5)), {"b": -0.001}, "linear with a = 1, b = -0.001 gives -7 at farthest_m = 8000"),
        (points((5, 5)), {"valuation": "exponential", "b": -1.0}, "gives inf at farthest_m"),
    ],
)  # fmt: skip
def test_refusals(level, frame, words, message):
    level = level.copy()
    level[0, 0] = np.nan
    with pytest.raises(QuantityError, match=message):
        scenic_quality(level, frame, **words)


def test_other_shapes_are_refused(level):
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (9, 9)])], crs=EQUAL_AREA)
    with pytest.raises(QuantityError, match="holds LineString, expected points"):
        scenic_quality(level, lines)
