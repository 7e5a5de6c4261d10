"""Urban cooling: a worked cell, large green, mixing, energy of buildings, zones, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.urban_cooling import building_cooling, urban_cooling, zone_heat
from shanshui.core.errors import QuantityError

TABLE = pd.DataFrame(
    {"lucode": [1, 2], "kc": [0.6, 1.0], "shade": [0.5, 0.9], "albedo": [0.2, 0.15], "green_area": [0, 1], "building_intensity": [0.7, 0.0]}
)  # fmt: skip
EVAPORATION = np.full((20, 24), 900.0, np.float32)


def town(rows=None, evaporation=EVAPORATION, table=TABLE, **words):
    rows = np.ones((20, 24)) if rows is None else rows
    cover = grid(np.asarray(rows, np.int16), "1", nodata=0, dtype=np.int16)
    water = None if evaporation is None else grid(evaporation, "mm/yr")
    return urban_cooling(cover, table, water, **words)


def test_ground_of_one_class():
    """CC = 0.6 x 0.5 + 0.2 x 0.2 + 0.2 x 0.6 = 0.46; T = 25 + 0.54 x 3 = 26.62; e = 20.86 hPa; WBGT = 27.23."""
    made = town()
    for layer, known in {"cooling_capacity": 0.46, "heat_mitigation": 0.46, "temperature": 26.62, "heat_stress": 27.23}.items():  # fmt: skip
        np.testing.assert_allclose(made[layer].values, known, atol=0.005)
    assert (made["light_work_loss"].values == 0).all()
    assert (made["heavy_work_loss"].values == 0).all()
    hot = town(rural_degc=26.0)
    assert (hot["heavy_work_loss"].values == 25).all()
    assert (town(rural_degc=34.0)["light_work_loss"].values == 75).all()


def test_weights_are_scaled_and_evaporation_counts_by_its_greatest():
    water = EVAPORATION.copy()
    water[:, :12] = 450.0
    made = town(evaporation=water, weights=(0.0, 0.0, 5.0))
    np.testing.assert_allclose(made["cooling_capacity"].values[:, :12], 0.3, rtol=1e-6)
    np.testing.assert_allclose(made["cooling_capacity"].values[:, 12:], 0.6, rtol=1e-6)


def test_large_green_cools_what_lies_around_and_small_green_does_not():
    """One hectare a cell: two cells of green in reach are 2 ha, one is not enough."""
    rows = np.ones((20, 24))
    rows[10, 10] = 2
    table = TABLE.assign(shade=[0.0, 1.0], albedo=0.0, kc=[0.0, 1.0])
    weights = {"weights": (1.0, 0.0, 0.0)}
    alone = town(rows, table=table, green_m=300.0, **weights)
    assert alone["heat_mitigation"].values[10, 11] == 0.0
    rows[10, 9] = 2
    both = town(rows, table=table, green_m=300.0, **weights)["heat_mitigation"].values
    y, x = np.indices((31, 31)) - 15
    d = np.hypot(y, x)
    whole = np.where(d <= 15, np.exp(-d / 3), 0.0)
    # the map ends: only weights on it are in the mean
    on_map = whole[15 - 10 : 15 + 10, 15 - 11 : 15 + 13].sum()
    assert both[10, 11] == pytest.approx((np.exp(-1 / 3) + np.exp(-2 / 3)) / on_map, rel=1e-5)
    assert both[10, 10] == 1.0
    # beyond 300 m of the second cell only one is in reach
    assert both[10, 13] == 0.0


def test_by_night_capacity_is_what_is_not_built():
    made = town(evaporation=None, method="intensity")
    np.testing.assert_allclose(made["cooling_capacity"].values, 0.3, rtol=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999), st.floats(0.0, 900.0))
def test_air_lies_between_the_country_and_the_hottest_town(seed, mixing):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 3, (20, 24))
    rows[0, 0] = 1
    made = town(rows, mixing_m=mixing)
    air = made["temperature"].values
    assert (np.isnan(air) == (rows == 0)).all()
    known = air[np.isfinite(air)]
    assert (known > 25 - 1e-4).all()
    assert (known < 28 + 1e-4).all()
    assert (made["heat_mitigation"].values >= made["cooling_capacity"].values - 1e-6)[rows > 0].all()  # fmt: skip


def places(*boxes, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*b) for b in boxes], crs=EQUAL_AREA)


def test_buildings_save_and_zones_sum_them():
    made = town()
    houses = places((100, 100, 300, 200), (1210, 1210, 1260, 1290), (1e6, 0, 1e6 + 9, 9), Type=[1, 2, 1])  # fmt: skip
    use = pd.DataFrame({"type": [1.0, 2.0], "consumption": [2.0, 3.0], "cost": [0.5, 1.0]})
    told = building_cooling(houses, use, made)
    saved = [2 * 0.5 * 2e4 * 1.38, 3 * 4e3 * 1.38]
    np.testing.assert_allclose(told["energy_saved"][:2], saved, rtol=1e-5)
    assert np.isnan(told["energy_saved"].iloc[2])
    zones = places((0, 0, 1000, 2000), (1000, 0, 2400, 2000), (1e6, 0, 1e6 + 9, 9), name=["west", "east", "off"])  # fmt: skip
    heat = zone_heat(zones, made, houses, told).set_index("zone")
    np.testing.assert_allclose(heat.loc[["west", "east"], "energy_saved"], saved, rtol=1e-5)
    assert heat.loc["west", "anomaly"] == pytest.approx(1.62, abs=1e-4)
    assert heat.loc["east", "known_km2"] == pytest.approx(2.8)
    assert heat.loc["off", ["temperature", "cooling_capacity"]].isna().all()
    assert "energy_saved" not in zone_heat(zones, made)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"table": TABLE.assign(green_area=0.5)}, "green_area: holds a share; expected 0 or 1"),
        ({"table": TABLE.assign(shade=1.5)}, "biophysical.shade: code 1 holds 1.5, expected 0 to 1"),
        ({"table": TABLE.drop(columns="albedo")}, "biophysical: no column albedo"),
        ({"evaporation": None}, "no reference_evapotranspiration, which method = 'factors' needs"),
        ({"evaporation": EVAPORATION * 0}, "reaches 0; expected values above 0"),
        ({"weights": (0.0, 0.0, 0.0)}, "weights are all 0"),
    ],
)  # fmt: skip
def test_towns_that_are_refused(words, message):
    with pytest.raises(QuantityError, match=message):
        town(**words)


@pytest.mark.parametrize(
    ("houses", "use", "message"),
    [
        (places((0, 0, 9, 9), type=[3]), {"type": [1], "consumption": [1.0]}, "buildings.type: '3' has no row in energy_use"),
        (places((0, 0, 9, 9)), {"type": [1], "consumption": [1.0]}, "buildings: no column type"),
        (places((0, 0, 9, 9), type=[1]), {"type": [1], "consumption": [-1.0]}, "type 1 holds '-1.0', expected 0 or more"),
        (places((0, 0, 9, 9), type=[1]), {"type": [1, 1], "consumption": [1.0, 2.0]}, "1 stands in two rows"),
    ],
)  # fmt: skip
def test_buildings_that_are_refused(houses, use, message):
    with pytest.raises(QuantityError, match=message):
        building_cooling(houses, pd.DataFrame(use), town())
