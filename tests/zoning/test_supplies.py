"""Warmth of a year, water of the land around, and the way to town."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from tests.worlds import grid_spec, labels

from shanshui.core.errors import QuantityError
from shanshui.zoning.access import travel_time
from shanshui.zoning.warmth import accumulated_warmth
from shanshui.zoning.water import runoff_depth, water_limits

GRID = grid_spec(1, 6, cell_m=1000.0)


def lay(values, unit, dtype=np.float32):
    values = np.atleast_2d(np.asarray(values, dtype))
    return grid_spec(*values.shape, cell_m=1000.0).lay(values, unit)


def warm(mean, swing, **settings):
    return accumulated_warmth(lay(mean, "degC"), lay(swing, "K"), **settings).values.ravel()


def by_days(mean, swing, base):
    """The same, day by day."""
    day = mean + np.sqrt(2) * swing * np.sin(2 * np.pi * (np.arange(200000) + 0.5) / 200000)
    return 365 * np.where(day >= base, day, 0).mean()


@pytest.mark.parametrize("base", [0.0, 10.0])
@pytest.mark.parametrize(("mean", "swing"), [(14.5, 8.0), (5.0, 9.0), (-4.0, 8.0), (22.0, 3.0)])
def test_the_sum_of_temperatures_is_that_of_the_days_of_a_sine(mean, swing, base):
    assert warm([mean], [swing], base_degc=base)[0] == pytest.approx(by_days(mean, swing, base), rel=1e-4, abs=0.5)  # fmt: skip


def test_a_year_above_the_base_counts_whole_one_below_not_at_all_and_the_unknown_is_unknown():
    found = warm([20, -20, 10, -1, np.nan, 5], [2, 2, 0, 0, 2, np.nan])
    assert found[:4].tolist() == pytest.approx([7300, 0, 3650, 0])
    assert np.isnan(found[4:]).all()


def test_warmer_ground_has_never_less_warmth():
    mean = np.linspace(-20, 25, 60)
    assert (np.diff(warm(mean, np.full(60, 7.0))) >= 0).all()


def test_a_town_drinks_from_the_land_around_it():
    unit = labels([[1, 1, 1, 2, 2, 0]], cell_m=1000.0)
    found = runoff_depth(unit, lay([0, 300, 600, -50, -30, 900], "mm/yr")).values.ravel()
    # a lake that evaporates more than falls yields nothing, and outside nothing is told
    assert found[:5].tolist() == [300, 300, 300, 0, 0]
    assert np.isnan(found[5])


def test_a_unit_of_which_too_little_is_known_has_no_runoff():
    unit = labels([[1, 1, 1, 1, 2, 2]], cell_m=1000.0)
    found = runoff_depth(unit, lay([100, np.nan, 100, 100, 50, 50], "mm/yr")).values.ravel()
    assert np.isnan(found[:4]).all()
    assert found[4:].tolist() == [50, 50]


def test_water_and_the_nitrogen_that_it_may_hold():
    unit = labels([[1, 1]], cell_m=1000.0)
    row = water_limits(unit, lay([300, 500], "mm/yr"), lay([0.002, 0.004], "t/ha/yr")).iloc[0]
    # 400 mm on 2 km2; 3 kg/ha on 200 ha; 1 g/m3
    assert row["yield_m3"] == pytest.approx(800_000)
    assert row["usable_m3"] == pytest.approx(320_000)
    assert row["nitrogen_t"] == pytest.approx(0.6)
    assert row["nitrogen_limit_t"] == pytest.approx(0.8)
    assert row["emission_load"] == pytest.approx(0.75)


def test_nitrogen_in_kilograms_is_read_as_such():
    unit = labels([[1, 1]], cell_m=1000.0)
    row = water_limits(unit, lay([400, 400], "mm/yr"), lay([3, 3], "kg/ha/yr")).iloc[0]
    assert row["nitrogen_t"] == pytest.approx(0.6)


def test_without_nitrogen_no_load_is_told_and_without_water_any_load_is_the_greatest():
    unit = labels([[1, 2]], cell_m=1000.0)
    assert water_limits(unit, lay([400, 400], "mm/yr"))["emission_load"].isna().all()
    row = water_limits(unit, lay([0, np.nan], "mm/yr"), lay([0.001, 0.001], "t/ha/yr"))
    assert row["emission_load"].iloc[0] == 10.0
    assert row[["yield_m3", "emission_load"]].iloc[1].isna().all()


def towns(*columns):
    points = [shapely.Point(GRID.x()[c], GRID.y()[0]) for c in columns]
    return gpd.GeoDataFrame({"name": "t"}, geometry=points, crs=GRID.crs, index=range(len(columns)))


def mask():
    return GRID.lay(np.ones(GRID.shape, np.uint8), "1")


def test_the_way_over_level_ground_takes_its_length_over_the_speed():
    found = travel_time(mask(), lay([0] * 6, "degree"), towns(0)).values.ravel()
    assert found.tolist() == pytest.approx([4.0 * k for k in range(6)])


def test_a_road_is_quick_and_a_slope_slow():
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, GRID.y()[0]), (6000, GRID.y()[0])])], crs=GRID.crs)  # fmt: skip
    level = lay([0] * 6, "degree")
    road = travel_time(mask(), level, towns(0), line).values.ravel()
    assert road.tolist() == pytest.approx([1.2 * k for k in range(6)])
    steep = travel_time(mask(), lay([45] * 6, "degree"), towns(0)).values.ravel()
    assert steep[1] == pytest.approx(4.0 * np.exp(3.5))


def test_ground_that_no_way_reaches_has_no_time_and_no_town_at_all_is_refused():
    slope = lay([0, 0, np.nan, 0, 0, 0], "degree")
    found = travel_time(mask(), slope, towns(0)).values.ravel()
    assert np.isnan(found[2:]).all()
    away = gpd.GeoDataFrame({"name": ["t"]}, geometry=[shapely.Point(-9e4, 0)], crs=GRID.crs)
    with pytest.raises(QuantityError, match=r"cities: none of 1 lies on ground"):
        travel_time(mask(), slope, away)
