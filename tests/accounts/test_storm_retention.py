"""Retention of a storm: the handbook's runoff, watersheds with buildings, blocks as the whole, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.storm_retention import storm_retention, storm_service
from shanshui.core.errors import QuantityError

TABLE = pd.DataFrame({"lucode": [1, 2, 3], "CN_A": [30, 75, 0], "cn_b": [55, 80, 0], "cn_c": [70, 85, 0], "cn_d": [77, 100, 0]})  # fmt: skip


def maps(cover, soil):
    return (
        grid(cover, "1", nodata=0, dtype=np.int16),
        grid(soil, "1", nodata=0, dtype=np.int16),
    )


def test_runoff_of_the_handbook():
    """100 mm on a curve number of 75: S = 84.67 mm, Q = 83.07^2 / 167.73 = 41.14 mm."""
    cover, soil = maps([[2, 2, 1, 3, 0, 1]], [[1, 4, 1, 1, 1, 0]])
    made = storm_retention(cover, soil, TABLE)
    known = [[41.14, 100.0, 0.0, 0.0, np.nan, np.nan]]
    # on a curve number of 30 a fifth of S = 592.7 mm is 118.5 mm
    np.testing.assert_allclose(made["runoff"].values, known, atol=0.005)
    np.testing.assert_allclose(made["retained_share"].values[0, :4], [0.5886, 0, 1, 1], atol=5e-5)
    np.testing.assert_allclose(made["retained"].values[0, 0], 58.86, atol=0.005)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9999), st.floats(0.5, 900.0))
def test_what_falls_is_kept_or_runs_off_block_by_block(seed, storm):
    rng = np.random.default_rng(seed)
    cover, soil = maps(rng.integers(0, 4, (8, 9)), rng.integers(0, 5, (8, 9)))
    made = storm_retention(cover, soil, TABLE, storm_mm=storm)
    np.testing.assert_allclose((made["runoff"] + made["retained"]).values[np.isfinite(made["runoff"].values)], storm, rtol=1e-5)  # fmt: skip
    assert (np.isnan(made["runoff"].values) == ((cover.values == 0) | (soil.values == 0))).all()
    part = storm_retention(cover[2:5], soil[2:5], TABLE, storm_mm=storm)
    np.testing.assert_array_equal(part["retained"].values, made["retained"].values[2:5])


def polygons(*boxes, **columns):
    shapes = [shapely.box(*box) for box in boxes]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=EQUAL_AREA)


def test_watersheds_and_the_buildings_in_them():
    cover, soil = maps(np.full((4, 6), 2), np.full((4, 6), 1))
    made = storm_retention(cover, soil, TABLE)
    basins = polygons((0, 0, 300, 400), (300, 0, 600, 400), (9000, 0, 9100, 100), ws_id=[7, 8, 9])
    houses = polygons((10, 10, 20, 30), (290, 10, 320, 20), Type=[1.0, 2.0])
    losses = pd.DataFrame({"type": [1, 2], "damage": [5.0, 2.0]})
    told = storm_service(basins, made, houses, losses).set_index("watershed")
    kept = 12 * 100 * 100 * 0.05886
    assert told.loc["7", "retained_m3"] == pytest.approx(kept, rel=1e-3)
    assert told.loc["7", "runoff_m3"] == pytest.approx(12 * 100 * 100 * 0.04114, rel=1e-3)
    assert told.loc["7", "retained_share"] == pytest.approx(0.5886, abs=5e-5)
    assert told.loc["7", "damage"] == pytest.approx(200 * 5 + 10 * 10 * 2)
    assert told.loc["8", "damage"] == pytest.approx(20 * 10 * 2)
    assert told.loc["7", "service"] == pytest.approx(1200 * told.loc["7", "retained_m3"])
    assert told.loc["9", ["retained_share", "retained_m3", "runoff_m3"]].isna().all()
    assert "damage" not in storm_service(basins, made)


@pytest.mark.parametrize(
    ("houses", "losses", "message"),
    [
        (polygons((0, 0, 1, 1), type=[3]), {"type": [1], "damage": [1.0]}, "buildings.type: '3' has no row in damage_losses"),
        (polygons((0, 0, 1, 1), kind=[3]), {"type": [1], "damage": [1.0]}, "buildings: no column type"),
        (polygons((0, 0, 1, 1), type=[1]), {"type": [1], "damage": [-1.0]}, "type 1 holds '-1.0', expected 0 or more"),
        (polygons((0, 0, 1, 1), type=[1]), {"type": [1, 1], "damage": [1.0, 2.0]}, "1 stands in two rows"),
        (polygons((0, 0, 1, 1), type=[1]), None, "buildings and damage_losses belong together"),
    ],
)  # fmt: skip
def test_buildings_that_are_refused(houses, losses, message):
    cover, soil = maps(np.full((4, 6), 2), np.full((4, 6), 1))
    made = storm_retention(cover, soil, TABLE)
    with pytest.raises(QuantityError, match=message):
        storm_service(
            polygons((0, 0, 300, 400)), made, houses, None if losses is None else pd.DataFrame(losses)
        )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "soil", "message"),
    [
        (TABLE.assign(CN_A=120), 1, "biophysical.cn_a: code 2 holds 120, expected 0 to 100"),
        (TABLE, 7, "soil_group: holds 7, expected 1 to 4"),
        (TABLE[:1], 1, "land-cover code 2 is on the map but has no row"),
    ],
)
def test_ground_that_is_refused(table, soil, message):
    cover, soils = maps(np.full((4, 6), 2), np.full((4, 6), soil))
    with pytest.raises(QuantityError, match=message):
        storm_retention(cover, soils, table)
