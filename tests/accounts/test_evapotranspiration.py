"""Reference evapotranspiration by Penman and Monteith at stations, and carried over the map."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import grid

from shanshui.accounts.climate import reference_evapotranspiration
from shanshui.accounts.penman import (
    daylight,
    penman_monteith,
    station_evapotranspiration,
    vapour_pressure,
    wind_at_2m,
)
from shanshui.accounts.station_field import left_out, station_field
from shanshui.core.errors import QuantityError
from shanshui.kernels.climate import extraterrestrial
from shanshui.region.grid import grid_of


def test_bangkok_in_april():
    """Example 17 of Allen et al. 1998: 5.72 mm/d."""
    latitude, day = 13.0 + 44.0 / 60.0, 105
    ra = extraterrestrial(latitude, day)
    assert ra == pytest.approx(38.06, abs=0.05)
    assert daylight(latitude, day) == pytest.approx(12.31, abs=0.01)
    out = penman_monteith(34.8, 25.6, 2.85, 8.5 / 12.31, 2.0, ra, 2.0, 0.14)
    assert out == pytest.approx(5.72, abs=0.01)


def test_brussels_on_the_sixth_of_july():
    """Example 18: 3.88 mm/d; humidity 84 and 63 %, wind 10 km/h at 10 m."""
    latitude, day = 50.8, 187
    ea = (vapour_pressure(12.3) * 0.84 + vapour_pressure(21.5) * 0.63) / 2.0
    assert ea == pytest.approx(1.409, abs=0.001)
    wind = wind_at_2m(10.0 / 3.6, 10.0)
    assert wind == pytest.approx(2.078, abs=0.005)
    out = penman_monteith(
        21.5, 12.3, ea, 9.25 / daylight(latitude, day), wind, extraterrestrial(latitude, day), 100.0
    )
    assert out == pytest.approx(3.88, abs=0.01)


SIDE = 40


def ground(height=500.0):
    z = np.full((SIDE, SIDE), height) if np.isscalar(height) else height
    return grid(z, "m", cell_m=1000.0)


def months(**values):
    return {f"{name}_{m:02d}": value for name, value in values.items() for m in range(1, 13)}


def stations(places, **change):
    z = ground()
    values = {
        "temperature": 14.0,
        "range": 9.0,
        "humidity": 70.0,
        "sunshine": 45.0,
        "wind": 2.0,
    } | change
    rows = pd.DataFrame([months(**values)] * len(places))
    x, y = z.x.values, z.y.values
    points = gpd.points_from_xy([x[c] for _, c in places], [y[r] for r, _ in places])
    return gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:6933")


def test_a_station_has_both_and_their_ratio():
    out = station_evapotranspiration(stations([(5, 5), (30, 30)]), ground())
    assert len(out) == 2
    assert out["ratio"].to_numpy() == pytest.approx((out["penman"] / out["hargreaves"]).to_numpy())
    assert out["left_out"].iloc[0] == pytest.approx(out["ratio"].iloc[1])
    dry = station_evapotranspiration(stations([(5, 5)], humidity=35.0), ground())
    assert dry["penman"].iloc[0] > out["penman"].iloc[0]
    assert dry["hargreaves"].iloc[0] == pytest.approx(out["hargreaves"].iloc[0], rel=1e-3)


def test_stations_without_wind_give_none_and_what_is_not_right_is_refused():
    bare = stations([(5, 5)]).drop(columns=[f"wind_{m:02d}" for m in range(1, 13)])
    assert station_evapotranspiration(bare, ground()).empty
    far = stations([(5, 5)])
    far["geometry"] = far.geometry.translate(1e6)
    assert station_evapotranspiration(far, ground()).empty
    with pytest.raises(QuantityError, match="has humidity by month without humidity_03"):
        station_evapotranspiration(stations([(5, 5)]).drop(columns="humidity_03"), ground())
    # the first month is as good as any other, also where another variable lacks
    for rows in (stations([(5, 5)]), bare):
        with pytest.raises(QuantityError, match="has humidity by month without humidity_01"):
            station_evapotranspiration(rows.drop(columns="humidity_01"), ground())
    for name in ("sunshine", "humidity"):
        share = stations([(5, 5), (9, 9)], **{name: 0.45})
        with pytest.raises(QuantityError, match=rf"climate_stations.{name}"):
            station_evapotranspiration(share, ground())
    with pytest.raises(QuantityError, match=r"sunshine: holds at most 0.9\d* at all stations"):
        station_evapotranspiration(stations([(5, 5)], sunshine=0.9), ground())
    with pytest.raises(
        QuantityError, match=r"climate_stations.sunshine: station 0 holds 450, expected 0 to 100"
    ):
        station_evapotranspiration(stations([(5, 5)], sunshine=450.0), ground())


def told(ratio, places, z):
    x, y = z.x.values, z.y.values
    rows = [(k, x[c], y[r], float(z.values[r, c]), 1.0, 1.0, v) for k, ((r, c), v) in enumerate(zip(places, ratio, strict=True))]  # fmt: skip
    names = ["station", "x", "y", "elevation", "penman", "hargreaves", "ratio"]
    out = pd.DataFrame(rows, columns=names)
    return out.assign(left_out=left_out(out))


def climate(z):
    heat = grid(np.full(z.shape, 14.0), "degC", cell_m=1000.0)
    spread, span = (grid(np.full(z.shape, v), "K", cell_m=1000.0) for v in (8.0, 9.0))
    return heat, spread, span


def test_the_map_is_brought_to_the_stations():
    z = ground()
    plain = reference_evapotranspiration(*climate(z)).values
    held = reference_evapotranspiration(
        *climate(z), told([0.85] * 3, [(5, 5), (20, 30), (35, 10)], z), z
    )
    np.testing.assert_allclose(held.values, plain * 0.85, rtol=1e-6)
    none = reference_evapotranspiration(*climate(z), told([0.85], [(5, 5)], z).iloc[:0], z)
    np.testing.assert_array_equal(none.values, plain)


def test_a_ratio_that_changes_with_height_does_so_on_the_map():
    slope = np.linspace(100.0, 2100.0, SIDE)[:, None] * np.ones((1, SIDE))
    z = ground(slope)
    places = [(r, c) for r in range(2, SIDE, 5) for c in (4, 20, 36)]
    ratio = [0.8 + 1e-4 * z.values[r, c] for r, c in places]
    out = station_field(told(ratio, places, z), z.values, grid_of(z))
    inside = slice(2, 37)
    np.testing.assert_allclose(out[inside], (0.8 + 1e-4 * z.values)[inside], atol=0.002)
    assert out.min() >= min(ratio) - 1e-6
    assert out.max() <= max(ratio) + 1e-6
    # and left out, each is found again by the others
    rows = told(ratio, places, z)
    assert rows["left_out"].to_numpy() == pytest.approx(rows["ratio"].to_numpy(), abs=0.02)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(1, SIDE - 1))
def test_a_tile_has_the_values_of_the_whole(seed, cut):
    random = np.random.default_rng(seed)
    z = ground(random.uniform(100, 2000, (SIDE, SIDE)).astype(np.float32))
    places = [tuple(random.integers(0, SIDE, 2)) for _ in range(10)]
    rows = told(random.uniform(0.7, 1.1, 10), places, z)
    whole = station_field(rows, z.values, grid_of(z))
    upper, lower = z[:cut], z[cut:]
    parts = [station_field(rows, p.values, grid_of(p)) for p in (upper, lower)]
    np.testing.assert_array_equal(np.vstack(parts), whole)
