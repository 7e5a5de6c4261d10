"""Heat and evaporation from yearly figures, against formulas written out again, and cooling."""

import math

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.accounts.climate import hot_days, latitudes, reference_evapotranspiration
from shanshui.accounts.climate_regulation import climate_regulation
from shanshui.core.errors import PlanError, QuantityError
from shanshui.kernels.climate import extraterrestrial

DAYS = [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
ONE = np.uint8


def place(rows, unit, lat=33.0):
    out = grid(rows, unit)
    out.attrs["crs"] = f"+proj=laea +lat_0={lat} +lon_0=108 +datum=WGS84 +units=m"
    return out


def only(values):
    return float(values.values[0, 0])


def weather(mean, spread, daily, lat=33.0):
    return (
        place([[mean]], "degC", lat),
        place([[spread]], "K", lat),
        place([[daily]], "K", lat),
    )


def radiation(lat, day):
    """Allen et al. 1998, equations 21 to 25 [MJ/m2/d]."""
    phi = math.radians(lat)
    tilt = 0.409 * math.sin(2 * math.pi * day / 365 - 1.39)
    near = 1 + 0.033 * math.cos(2 * math.pi * day / 365)
    sunset = math.acos(max(-1.0, min(1.0, -math.tan(phi) * math.tan(tilt))))
    return 24 * 60 / math.pi * 0.082 * near * (
        sunset * math.sin(phi) * math.sin(tilt) + math.cos(phi) * math.cos(tilt) * math.sin(sunset)
    )  # fmt: skip


def months_of(mean, spread, south=False):
    shift = 6 if south else 0
    return [
        mean + math.sqrt(2) * spread * math.cos(2 * math.pi * (m - 6 + shift) / 12)
        for m in range(12)
    ]


def middles():
    start = np.concatenate([[0.0], np.cumsum(DAYS)[:-1]])
    return start + np.array(DAYS) / 2


@pytest.mark.parametrize(
    ("lat", "day", "expected"),
    # FAO 56: example 8 (20 S, 3 September), and the table of 15ths (the equator in March, 70 N in December)
    [(-20.0, 246.0, 32.2), (0.0, 74.0, 37.9), (70.0, 349.0, 0.0)],
)
def test_radiation_above_the_air_of_the_tables(lat, day, expected):
    assert float(extraterrestrial(lat, day)) == pytest.approx(expected, abs=0.15)


@pytest.mark.parametrize(("lat", "spread"), [(33.0, 8.0), (33.0, 0.0), (-33.0, 8.0), (60.0, 20.0)])
def test_reference_evaporation_is_the_sum_of_its_months(lat, spread):
    mean, daily = 6.0, 9.0
    expected = 0.0
    for temperature, day, count in zip(
        months_of(mean, spread, lat < 0), middles(), DAYS, strict=True
    ):
        warm = max(temperature + 17.8, 0.0)
        expected += 0.0023 * radiation(lat, day) / 2.45 * count * warm * math.sqrt(daily)
    out = reference_evapotranspiration(*weather(mean, spread, daily, lat))
    assert float(out.values[0, 0]) == pytest.approx(expected, rel=1e-4)


def test_numbers_of_hargreaves_may_be_set():
    plain = reference_evapotranspiration(*weather(10.0, 0.0, 9.0))
    double = reference_evapotranspiration(*weather(10.0, 0.0, 9.0), factor=0.0046)
    lifted = reference_evapotranspiration(*weather(10.0, 0.0, 9.0), lift=20.0)
    assert only(double / plain) == pytest.approx(2.0)
    assert only(lifted / plain) == pytest.approx(30.0 / 27.8)
    still = reference_evapotranspiration(*weather(10.0, 0.0, 0.0))
    assert only(still) == 0.0


def test_what_is_missing_stays_missing():
    for gap in range(3):
        figures = [10.0, 8.0, 9.0]
        figures[gap] = np.nan
        assert np.isnan(only(reference_evapotranspiration(*weather(*figures))))
        assert np.isnan(only(hot_days(*weather(*figures))))


def test_hot_days_with_a_pencil():
    """Highest of 26 at a limit of 26: half of all days; one deviation above: 84.1345 %."""
    assert only(hot_days(*weather(22.0, 0.0, 8.0))) == pytest.approx(365.25 / 2)
    above = only(hot_days(*weather(25.5, 0.0, 8.0)))
    assert above == pytest.approx(365.25 * 0.8413447, rel=1e-6)
    wide = only(hot_days(*weather(29.0, 0.0, 8.0), scatter=7.0))
    assert wide == pytest.approx(365.25 * 0.8413447, rel=1e-6)
    assert only(hot_days(*weather(22.0, 0.0, 8.0), limit=60.0)) == pytest.approx(0.0, abs=1e-6)


def test_hot_days_come_in_the_summer_of_each_half_of_the_earth():
    expected = {
        lat: sum(
            n * 0.5 * (1 + math.erf((t + 4 - 26) / (3.5 * math.sqrt(2))))
            for n, t in zip(DAYS, months_of(14.0, 8.0, lat < 0), strict=True)
        )
        for lat in (33.0, -33.0)
    }
    for lat, days in expected.items():
        assert only(hot_days(*weather(14.0, 8.0, 8.0, lat))) == pytest.approx(days, rel=1e-5)
    # January has as many days as July, but the months beside it differ
    assert expected[33.0] != expected[-33.0]


def test_latitude_is_read_between_its_lattice():
    """131 rows of 10 km about 33 degrees: exact at each 64th cell and the last, within 0.06 degrees between."""
    out = latitudes(
        grid(np.zeros((131, 131), np.float32), "degC", cell_m=10_000.0).assign_attrs(
            crs="+proj=laea +lat_0=33 +lon_0=108 +x_0=655000 +y_0=655000 +datum=WGS84 +units=m"
        )
    )
    from pyproj import Transformer

    back = Transformer.from_crs(
        "+proj=laea +lat_0=33 +lon_0=108 +x_0=655000 +y_0=655000 +datum=WGS84 +units=m",
        "EPSG:4326",
        always_xy=True,
    )
    for i, j, off in (
        (0, 0, 1e-4), (64, 64, 1e-4), (130, 130, 1e-4), (0, 64, 1e-4), (128, 0, 1e-4), (65, 65, 0.02), (32, 100, 0.06),
        (100, 32, 0.06), (129, 129, 0.06),
    ):  # fmt: skip
        x, y = (j + 0.5) * 1e4, 131e4 - (i + 0.5) * 1e4
        assert out[i, j] == pytest.approx(back.transform(x, y)[1], abs=off), (i, j)


def test_a_grid_of_one_cell_has_a_latitude():
    assert latitudes(place([[1.0]], "degC"))[0, 0] == pytest.approx(33.0, abs=0.01)


def test_cooling_counts_no_more_than_the_most_days():
    land, table = (
        grid([[1, 1, 1, 255]], "1", dtype=ONE, nodata=255),
        pd.DataFrame({"lucode": [1], "cooling_kj": [3600.0]}),
    )
    days = grid([[119.0, 120.0, 121.0, 10.0]], "d/yr")
    # 3600 kJ/m2 on 1e4 m2 over a performance of 3: 3333.33 kWh a day
    out = climate_regulation(days, land, table).values[0]
    np.testing.assert_allclose(out[:3], np.array([119, 120, 120]) * 1e4 / 3, rtol=1e-6)
    assert np.isnan(out[3])
    better = climate_regulation(days, land, table, performance=5.0, most_days=10.0).values[0]
    np.testing.assert_allclose(better[:3], 2e4, rtol=1e-6)
    with pytest.raises(QuantityError, match="cooling_kj: code 1 holds -1"):
        climate_regulation(days, land, table.assign(cooling_kj=-1.0))
    with pytest.raises(PlanError, match="outside"):
        climate_regulation(days, land, table, performance=0.5)
