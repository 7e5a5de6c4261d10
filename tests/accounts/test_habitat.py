"""Habitat, threats and rarity: layers with a pencil, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.habitat import habitat_quality, habitat_rarity, threat_maps
from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError

ONE = np.uint8
TABLE = pd.DataFrame(
    {"lucode": [1, 2], "habitat": [0.8, 0.0], "town": [0.5, 0.0], "l_mine": [0.25, 0.0]}
)
THREATS = pd.DataFrame(
    {"threat": ["Town ", "mine"], "max_dist": [0.4, 0.2], "weight": [3.0, 1.0], "decay": ["linear", "Exponential"]}
)  # fmt: skip


def cover(*codes):
    return grid([list(codes)], "1", dtype=ONE, nodata=255)


def maps(town=(1.0, 0, 0, 0), mine=(0, 0, 0, 1.0)):
    return xr.Dataset({"town": grid([list(town)], "1"), "mine": grid([list(mine)], "1")})


def test_layers_of_two_threats():
    """A town at the left acts 400 m, a mine at the right 200 m, on cells of 100 m."""
    out = habitat_quality(cover(1, 1, 1, 255), maps(), THREATS, TABLE, half_saturation=0.2)
    town = 0.75 * 0.5 * np.array([1.0, 0.75, 0.5])
    far = np.exp(-2.99 * np.array([2.0, 1.0]) / 2.0)
    mine = 0.25 * 0.25 * np.array([0.0, far[0], far[1]])
    np.testing.assert_allclose(out["degradation_town"].values[0, :3], town, rtol=1e-6)
    np.testing.assert_allclose(out["degradation_mine"].values[0, :3], mine, rtol=1e-5)
    total = town + mine
    np.testing.assert_allclose(out["degradation"].values[0, :3], total, rtol=1e-6)
    np.testing.assert_allclose(out["habitat"].values[0, :3], 0.8, rtol=1e-6)
    quality = 0.8 * (1 - total**2.5 / (total**2.5 + 0.2**2.5))
    np.testing.assert_allclose(out["habitat_quality"].values[0, :3], quality, rtol=1e-5)
    for layer in ("habitat", "degradation", "habitat_quality"):
        assert np.isnan(out[layer].values[0, 3])
    half = habitat_quality(
        cover(1, 1, 1, 255), maps(), THREATS, TABLE, scaling=1.0, half_saturation=0.375
    )
    # the first cell is degraded by 0.375: half is left whatever the power
    assert float(half["habitat_quality"].values[0, 0]) == pytest.approx(0.4)


def test_access_lowers_what_threats_do_and_a_gap_lets_them_in():
    access = grid([[0.5, np.nan, 1.0, 1.0]], "1")
    out = habitat_quality(cover(1, 1, 1, 1), maps(), THREATS, TABLE, access)
    town = 0.375 * np.array([0.5, 0.75, 0.5])
    np.testing.assert_allclose(out["degradation_town"].values[0, :3], town, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_dist": [0.0, 1.0]}, "threats.max_dist: town holds 0.0"),
        ({"max_dist": ["far", 1.0]}, "threats.max_dist: town holds nan"),
        ({"weight": [-1.0, 1.0]}, "threats.weight: town holds -1.0"),
        ({"weight": [0.0, 0.0]}, "all weights are 0"),
        ({"threat": ["town", "town"]}, "a threat stands twice"),
        ({"decay": ["steep", "linear"]}, "town holds 'steep'"),
    ],
)
def test_threats_that_are_not_right_are_refused(change, message):
    with pytest.raises(QuantityError, match=message):
        habitat_quality(cover(1, 1, 1, 1), maps(), THREATS.assign(**change), TABLE)


def test_a_threat_of_no_weight_does_nothing():
    out = habitat_quality(cover(1, 1, 1, 1), maps(), THREATS.assign(weight=[1.0, 0.0]), TABLE)
    np.testing.assert_allclose(
        out["degradation"].values[0], 0.5 * np.array([1, 0.75, 0.5, 0.25]), rtol=1e-6
    )
    with pytest.raises(QuantityError, match="threats: no column decay"):
        habitat_quality(cover(1), maps(), THREATS.drop(columns="decay"), TABLE)
    with pytest.raises(QuantityError, match="habitat: code 1 holds 1.2"):
        habitat_quality(cover(1, 1, 1, 1), maps(), THREATS, TABLE.assign(habitat=1.2))


def test_threats_from_classes_and_from_lines():
    """A road along y = 50 m passes the lower row; a railway the first column."""
    wood, field, town = (covers()[c].code for c in ("forest", "paddy", "town"))
    land = grid([[wood, field, town], [wood, wood, 0]], "1", dtype=ONE, nodata=0)
    road = gpd.GeoDataFrame(geometry=[shapely.LineString([(-10, 50), (400, 50)])], crs=EQUAL_AREA)
    rail = gpd.GeoDataFrame(geometry=[shapely.LineString([(50, -10), (50, 300)])], crs=EQUAL_AREA)
    table = pd.DataFrame(
        {"threat": ["Farm", "road", "both"], "cover": ["farmed built", np.nan, "built"], "lines": [np.nan, "roads", "railways"]}
    )  # fmt: skip
    out = threat_maps(land, table, road, rail)
    np.testing.assert_array_equal(out["farm"].values, [[0, 1, 1], [0, 0, 0]])
    np.testing.assert_array_equal(out["road"].values, [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(out["both"].values, [[1, 0, 1], [1, 0, 0]])
    with pytest.raises(QuantityError, match="r comes from '12', expected covers"):
        threat_maps(land, pd.DataFrame({"threat": ["r"], "cover": ["12"]}))
    with pytest.raises(QuantityError, match="r has neither cover nor lines"):
        threat_maps(land, pd.DataFrame({"threat": ["r"]}))
    with pytest.raises(QuantityError, match="declare \\[inputs.railways\\]"):
        threat_maps(land, table, road)


def test_rarity_leaves_out_what_is_missing():
    now, before = cover(1, 1, 2, 255), cover(1, 1, 1, 1)
    out = habitat_rarity(now, before).values[0]
    # two of class 1 now and four before: 1 - 2/6
    np.testing.assert_allclose(out, [2 / 3, 2 / 3, 0, np.nan], rtol=1e-6)
