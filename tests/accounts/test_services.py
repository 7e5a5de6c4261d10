"""Physical services against the worked figures of their sources, and their edge rules."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid, valley

from shanshui.accounts.climate import hot_days, latitudes, reference_evapotranspiration
from shanshui.accounts.climate_regulation import climate_regulation
from shanshui.accounts.erosion_drivers import (
    monthly_erosivity,
    rainfall_erosivity,
    rainfall_erosivity_monthly,
    soil_erodibility,
)
from shanshui.accounts.flood_mitigation import flood_mitigation, storm_runoff
from shanshui.accounts.soil_retention import (
    banded_cover_factor,
    cover_factor,
    cover_factor_of,
    length_slope_factor,
    soil_retention,
    vegetation_fraction,
)
from shanshui.accounts.water_retention import water_balance_check, water_retention
from shanshui.core.errors import QuantityError
from shanshui.kernels.climate import extraterrestrial
from shanshui.kernels.services import length_slope

MONTHS = [10, 15, 30, 55, 80, 95, 160, 140, 110, 65, 30, 10]
ONE = np.uint8


def cell(value, unit):
    return grid([[float(value)]], unit)


def table(**columns):
    return pd.DataFrame({"lucode": [1], **{k: [v] for k, v in columns.items()}})


def cover():
    return grid([[1]], "1", dtype=ONE)


def only(values):
    return float(values.values[0, 0])


def test_erosivity_of_the_months():
    assert float(monthly_erosivity(np.array(MONTHS))) == pytest.approx(1988.8, abs=0.1)
    maps = xr.Dataset({f"m{k}": cell(v, "mm") for k, v in enumerate(MONTHS)})
    assert only(rainfall_erosivity_monthly(maps)) == pytest.approx(1988.8, abs=0.1)
    with pytest.raises(QuantityError, match="expected 12"):
        rainfall_erosivity_monthly(maps[["m0"]])


def test_erosivity_of_the_year():
    assert only(rainfall_erosivity(cell(800, "mm/yr"))) == pytest.approx(3400.7, abs=0.3)


def test_erodibility_of_a_loam():
    parts = [cell(v, "%") for v in (40, 40, 20, 1.5)]
    assert only(soil_erodibility(*parts, correction="none")) == pytest.approx(0.03430, abs=5e-6)
    assert only(soil_erodibility(*parts)) == pytest.approx(0.01587, abs=5e-6)


def test_grains_that_do_not_sum_to_a_hundred_are_refused():
    with pytest.raises(QuantityError, match="expected 100"):
        soil_erodibility(*[cell(v, "%") for v in (0.4, 0.4, 0.2, 1.5)])


@pytest.mark.parametrize(("steep", "expected"), [(False, 4.6851), (True, None)])
def test_length_and_slope_of_fifteen_degrees(steep, expected):
    percent = np.array([[100 * np.tan(np.radians(15.0))]], np.float32)
    out = np.empty((1, 1), np.float32)
    length_slope(percent, np.array([1.0]), 30.0, np.inf, np.inf, steep, False, out)
    # the reference's aspect length of 15 degrees is not the handbook's x = 1
    sine = np.sin(np.radians(15.0))
    m = 0.6468
    across = (sine + np.cos(np.radians(15.0))) ** m
    plain = 4.6851 if not steep else 4.6851 / 3.8482 * 4.7107
    assert out[0, 0] * across == pytest.approx(plain, rel=1e-3)
    assert expected is None or plain == expected


def test_length_of_a_slope_is_capped():
    z = grid(
        np.add.outer(-200.0 * np.arange(30), np.zeros(12)).astype(np.float32), "m", cell_m=1000.0
    )
    short, long = length_slope_factor(z, longest_m=122.0), length_slope_factor(z, longest_m=1e6)
    assert float(short.max()) < float(long.max()) / 3


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (10, 0.3072), (40, 0.1003), (60, 0.0398), (80, 0)]
)
def test_cover_factor_of_the_handbook(percent, expected):
    assert float(cover_factor_of(np.array(percent / 100))) == pytest.approx(expected, abs=6e-5)


def test_cover_rules_by_fraction_only_where_told():
    land = grid([[1, 2]], "1", dtype=ONE)
    rows = pd.DataFrame({"lucode": [1, 2], "usle_c": [0.003, 0.25], "by_fraction": [1, 0]})
    out = cover_factor(land, rows, grid([[0.4, 0.4]], "1")).values[0]
    np.testing.assert_allclose(out, [0.1003, 0.25], atol=6e-5)
    np.testing.assert_allclose(cover_factor(land, rows).values[0], [0.003, 0.25])


def test_soil_retention_of_the_handbook():
    out = soil_retention(
        cell(3500, "MJ*mm/(ha*h*yr)"),
        cell(0.035, "t*ha*h/(ha*MJ*mm)"),
        cell(4.6851, "1"),
        cell(0.02, "1"),
        cover(),
        table(usle_p=1.0),
    )
    assert only(out["potential"]) == pytest.approx(573.93, abs=0.01)
    assert only(out["loss"]) == pytest.approx(11.48, abs=0.01)
    assert only(out["retained"]) == pytest.approx(562.45, abs=0.01)


def test_lost_and_retained_sum_to_the_potential():
    rng = np.random.default_rng(0)
    shape = (6, 7)
    rain = grid(rng.uniform(500, 5000, shape).astype(np.float32), "MJ*mm/(ha*h*yr)")
    soil = grid(rng.uniform(0.01, 0.05, shape).astype(np.float32), "t*ha*h/(ha*MJ*mm)")
    ls = grid(rng.uniform(0, 9, shape).astype(np.float32), "1")
    c = grid(rng.uniform(0, 1, shape).astype(np.float32), "1")
    c.values[0, 0] = np.nan
    land = grid(np.ones(shape), "1", dtype=ONE)
    out = soil_retention(rain, soil, ls, c, land, table(usle_p=0.4))
    assert np.isnan(out["potential"].values[0, 0])
    np.testing.assert_allclose(
        (out["loss"] + out["retained"]).values, out["potential"].values, rtol=1e-5
    )


def test_vegetation_fraction_is_between_its_ends():
    out = vegetation_fraction(grid([[0.05, 0.45, 0.9]], "1"), bare_ndvi=0.1, full_ndvi=0.8)
    np.testing.assert_allclose(out.values[0], [0, 0.5, 1])
    with pytest.raises(QuantityError, match="scale factor"):
        vegetation_fraction(grid([[250.0]], "1"))
    with pytest.raises(QuantityError, match="not above"):
        vegetation_fraction(grid([[0.5]], "1"), bare_ndvi=0.6, full_ndvi=0.2)


def test_water_retention_of_the_handbook():
    """100 km2 under 900 mm, 1.33 % quick flow, 500 mm of evaporation."""
    land = grid(np.ones((10, 10)), "1", dtype=ONE, cell_m=1000.0)
    rain = grid(np.full((10, 10), 900.0), "mm/yr", cell_m=1000.0)
    lost = grid(np.full((10, 10), 500.0), "mm/yr", cell_m=1000.0)
    out = water_retention(rain, lost, land, table(runoff_alpha=0.0133))
    volume = float(out["retained"].sum()) * 1000.0
    assert volume == pytest.approx(38_803_000, rel=1e-6)


def test_evaporation_above_rain_is_reported_and_cut():
    rain, lost = grid([[500.0, 900.0]], "mm/yr"), grid([[600.0, 300.0]], "mm/yr")
    land = grid([[1, 1]], "1", dtype=ONE)
    out = water_retention(rain, lost, land, table(runoff_alpha=0.1))
    np.testing.assert_allclose(out["retained"].values[0], [0, 510])
    np.testing.assert_allclose(out["balance"].values[0], [-150, 510])
    check = water_balance_check(rain, lost, out["balance"], grid([[1, 1]], "1", dtype=ONE))
    np.testing.assert_allclose(check["share"], [0.5, 0.5])
    np.testing.assert_allclose(check["volume_m3"], [1000.0, 1500.0])


def test_classes_that_retain_nothing_are_left_out():
    out = water_retention(
        cell(900, "mm/yr"), cell(500, "mm/yr"), cover(), table(runoff_alpha=0.1, retains=0)
    )
    assert only(out["retained"]) == 0.0


def test_storm_runoff_stays_below_the_rain():
    assert float(storm_runoff(np.array(60.0), np.array(100.0))) == pytest.approx(60.0)
    assert float(storm_runoff(np.array(10.0), np.array(60.0))) == 0.0


@given(st.floats(0, 500), st.floats(20, 100))
def test_runoff_is_between_nothing_and_the_storm(rain, curve):
    out = float(storm_runoff(np.array(rain), np.array(curve)))
    assert 0.0 <= out <= rain + 1e-9


def test_floods_are_kept_by_plants_only():
    rain, days = grid([[120.0, 120.0]], "mm/yr"), grid([[2.0, 2.0]], "d/yr")
    rows = pd.DataFrame({"lucode": [1, 2], "curve_number": [60, 60], "lulc_veg": [1, 0]})
    out = flood_mitigation(rain, days, grid([[1, 2]], "1", dtype=ONE), rows).values[0]
    assert out[0] == pytest.approx(120 - 2 * float(storm_runoff(np.array(60.0), np.array(60.0))))
    assert out[1] == 0.0


def test_cool_mountains_are_not_cooled():
    land = grid([[1, 1, 1]], "1", dtype=ONE)
    out = climate_regulation(
        grid([[0.0, 15.0, 300.0]], "d/yr"), land, table(cooling_kj=2837.27)
    ).values[0]
    assert out[0] == 0.0
    assert out[1] == pytest.approx(39406.5, abs=0.1)
    assert out[2] == pytest.approx(out[1] * 8)


def test_radiation_above_the_air():
    """FAO 56, example 8: 20 degrees south, 3 September: 32.2 MJ/m2/d."""
    assert float(extraterrestrial(-20.0, 246.0)) == pytest.approx(32.2, abs=0.05)


def test_reference_evaporation_is_plausible_and_rises_with_warmth():
    place = valley(4, 5)
    place.attrs["crs"] = "+proj=laea +lat_0=33 +lon_0=108 +datum=WGS84 +units=m"
    shape = place.shape

    def flat(v, u):
        out = place * 0 + v
        out.attrs = {**place.attrs, "units": u}
        return out.astype(np.float32)

    warm = reference_evapotranspiration(flat(14.5, "degC"), flat(8.3, "K"), flat(9.0, "K"))
    cold = reference_evapotranspiration(flat(4.2, "degC"), flat(8.3, "K"), flat(9.0, "K"))
    assert 900 < float(warm.mean()) < 1100
    assert float(cold.mean()) < float(warm.mean()) - 250
    assert latitudes(place).shape == shape
    np.testing.assert_allclose(latitudes(place), 33.0, atol=0.01)
    hot = hot_days(flat(14.5, "degC"), flat(8.3, "K"), flat(9.0, "K"))
    none = hot_days(flat(2.0, "degC"), flat(8.3, "K"), flat(9.0, "K"))
    assert 90 < float(hot.mean()) < 150
    assert float(none.mean()) < 5


def test_cover_in_bands():
    out = banded_cover_factor(np.array([0.05, 0.1, 0.6, 0.95, np.nan]), "forest")
    np.testing.assert_allclose(out, [0.10, 0.08, 0.02, 0.001, np.nan])
    assert float(banded_cover_factor(np.array(0.5), "dry farmland")) == pytest.approx(
        0.221 - 0.595 * np.log10(0.5)
    )
    with pytest.raises(QuantityError, match="forest"):
        banded_cover_factor(np.array(0.5), "forrest")
