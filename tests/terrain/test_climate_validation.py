"""Temperature and precipitation beside weather stations."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid_spec

from shanshui.core.errors import QuantityError
from shanshui.terrain.climate_validation import climate_validation

GRID = grid_spec(3, 4, cell_m=1000.0)
WEST, _, _, NORTH = GRID.bounds
HEIGHT = GRID.lay(np.arange(12, dtype=np.float32).reshape(3, 4) * 100, "m")
WARM = GRID.lay(20.0 - 0.65 * np.arange(12, dtype=np.float32).reshape(3, 4), "degC")
RAIN = GRID.lay(500.0 + 10 * np.arange(12, dtype=np.float32).reshape(3, 4), "mm/yr")


def stations(count=12, shift=0.0, **columns):
    at = np.arange(count)
    x, y = WEST + 1000.0 * (at % 4) + 500 + shift, NORTH - 1000.0 * (at // 4) - 500
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(x, y), crs=GRID.projection)


def table(points, **fields):
    found = climate_validation(points, **fields)
    return found.set_index("measure")


def test_temperature_is_brought_to_the_height_of_the_station():
    # stations 100 m above their cells and 0.65 K colder: no departure
    at = np.arange(12)
    points = stations(temperature=20 - 0.65 * (at + 1), elevation=100.0 * (at + 1))
    found = table(points, temperature=WARM, elevation=HEIGHT)
    assert found.loc["temperature_bias", "ours"] == pytest.approx(0.0, abs=1e-5)
    assert found.loc["temperature_rank", "ours"] == pytest.approx(1.0)
    assert table(points, temperature=WARM).loc["temperature_bias", "ours"] == pytest.approx(0.65, abs=1e-5)  # fmt: skip


def test_rain_turned_round_differs():
    points = stations(precipitation=500.0 + 10 * np.arange(12)[::-1])
    found = table(points, precipitation=RAIN)
    assert found.loc["precipitation_bias", "verdict"] == "agrees"
    assert found.loc["precipitation_rank", "verdict"] == "differs"


def test_months_make_a_year():
    rain = (500.0 + 10 * np.arange(12)) / 12
    points = stations(**{f"precipitation_{m:02d}": rain for m in range(1, 13)})
    assert table(points, precipitation=RAIN).loc["precipitation_bias", "ours"] == pytest.approx(0, abs=1e-6)  # fmt: skip
    with pytest.raises(QuantityError, match="without precipitation_12"):
        climate_validation(points.drop(columns="precipitation_12"), precipitation=RAIN)


def test_stations_elsewhere_or_too_few_are_unknown_with_the_reason():
    rain = 500.0 + 10 * np.arange(12)
    for points in (stations(shift=1e5, precipitation=rain), stations(7, precipitation=rain[:7])):
        found = table(points, precipitation=RAIN)
        assert set(found["verdict"]) == {"unknown"}
        assert found["note"].str.contains("8 are needed").all()


def test_words_for_numbers_are_refused():
    with pytest.raises(QuantityError, match=r"climate_stations\.precipitation"):
        climate_validation(stations(precipitation=["wet"] * 12), precipitation=RAIN)


def test_published_figures_of_the_climate_are_held():
    row = pd.DataFrame([{"measure": "precipitation_rmse", "statement": "s", "source": "x", "low": 0, "high": 0.01}])  # fmt: skip
    points = stations(precipitation=500.0 + 10 * np.arange(12))
    assert table(points, precipitation=RAIN, published=row).loc["precipitation_rmse", "verdict"] == "agrees"  # fmt: skip
