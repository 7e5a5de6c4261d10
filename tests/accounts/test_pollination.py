"""Pollination: worked cells, means by distance, farms on their own ground, what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.pollination import farm_pollination, pollination
from shanshui.core.errors import QuantityError
from shanshui.kernels import crew, decay

TABLE = pd.DataFrame(
    {"LUCODE": [1, 2], "nesting_cavity_availability_index": [0.8, 0.1], "nesting_ground_availability_index": [0.2, 0.5],
     "floral_resources_spring_index": [0.5, 0.0], "floral_resources_summer_index": [0.5, 1.0]}
)  # fmt: skip
BEES = pd.DataFrame(
    {"species": ["Apis"], "nesting_suitability_cavity_index": [1.0], "nesting_suitability_ground_index": [0.5],
     "foraging_activity_spring_index": [0.4], "foraging_activity_summer_index": [0.4], "alpha": [300.0], "relative_abundance": [2.0]}
)  # fmt: skip
TWO = pd.concat(
    [BEES, BEES.assign(species="Bombus 2", alpha=150.0, relative_abundance=6.0, foraging_activity_spring_index=0.0)],
    ignore_index=True,
)  # fmt: skip


def cover(rows):
    return grid(np.asarray(rows, np.int16), "1", nodata=0, dtype=np.int16)


def farm(*boxes, **columns):
    """Farms over (first row, last row, first column, last column) of a map of 20 rows at 100 m."""
    shapes = [shapely.box(c * 100, (20 - b) * 100, d * 100, (20 - a) * 100) for a, b, c, d in boxes]
    words = {"crop_type": "plum", "season": "spring", "half_sat": 0.2, "p_dep": 0.65, "p_managed": 0.3} | columns  # fmt: skip
    return gpd.GeoDataFrame(words, geometry=shapes, crs=EQUAL_AREA, index=range(len(shapes)))


def test_ground_of_one_class():
    made = pollination(cover(np.ones((20, 20))), TABLE, BEES)
    np.testing.assert_allclose(made["supply_apis"].values, 0.4, rtol=1e-6)
    np.testing.assert_allclose(made["abundance_spring"].values, 0.2, rtol=1e-6)
    np.testing.assert_allclose(made["abundance_apis_summer"].values, 0.2, rtol=1e-6)


def test_two_species_share_the_ground_and_fly_as_far_as_they_do():
    made = pollination(cover(np.ones((20, 20))), TABLE, TWO)
    np.testing.assert_allclose(made["supply_apis"].values, 0.4 * 0.25, rtol=1e-6)
    np.testing.assert_allclose(made["supply_bombus_2"].values, 0.4 * 0.75, rtol=1e-6)
    assert (made["abundance_bombus_2_spring"].values == 0).all()
    np.testing.assert_allclose(made["abundance_summer"].values, 0.5 * 0.1 + 0.3, rtol=1e-6)


def test_flowers_of_one_cell_feed_by_distance():
    rows = np.full((21, 21), 2)
    rows[10, 10] = 1
    only_spring = BEES.assign(foraging_activity_summer_index=0.0)
    made = pollination(cover(rows), TABLE, only_spring)
    y, x = np.indices(rows.shape) - 10
    weight = np.exp(-np.hypot(y, x) / 3.0)
    weight[np.hypot(y, x) > 15.0] = 0.0

    def all_weights(i, j):
        w = np.exp(-np.hypot(y + 10 - i, x + 10 - j) / 3.0)
        return w[np.hypot(y + 10 - i, x + 10 - j) <= 15.0].sum()

    for i, j in ((10, 10), (10, 14), (0, 3)):
        nest = 0.8 if (i, j) == (10, 10) else 0.25
        food = 0.5 * weight[i, j] / all_weights(i, j)
        assert made["supply_apis"].values[i, j] == pytest.approx(nest * food, rel=1e-5)


def test_missing_cover_counts_neither_above_nor_below():
    rows = np.ones((12, 12))
    rows[:, :5] = 0
    made = pollination(cover(rows), TABLE, BEES)
    assert np.isnan(made["supply_apis"].values[:, :5]).all()
    np.testing.assert_allclose(made["supply_apis"].values[:, 5:], 0.4, rtol=1e-6)


def test_farms_stand_for_the_cover_on_their_ground_and_later_ones_for_earlier():
    words = {"n_cavity": [0.0, 0.4], "n_ground": [0.0, 0.0], "fr_spring": [0.0, 1.0], "fr_summer": [0.0, 1.0]}  # fmt: skip
    both = farm((0, 20, 0, 20), (0, 20, 0, 20), **words)
    made = pollination(cover(np.ones((20, 20))), TABLE, BEES, both)
    np.testing.assert_allclose(made["supply_apis"].values, 0.4, rtol=1e-6)
    half = farm((0, 20, 10, 20), **{k: v[:1] for k, v in words.items()})
    made = pollination(cover(np.ones((20, 20))), TABLE, BEES, half)
    assert (made["supply_apis"].values[:, 10:] == 0).all()
    assert (made["abundance_spring"].values[:, 10:] == 0).all()
    assert (made["supply_apis"].values[:, :10] > 0).all()


def test_the_yield_of_a_farm():
    bees = pollination(cover(np.ones((20, 20))), TABLE, BEES)
    told = farm_pollination(farm((2, 8, 3, 9), (30, 40, 3, 9), Name=["east", "off"]), bees)
    first = told.iloc[0]
    assert (first["farm"], first["crop"], first["season"]) == ("east", "plum", "spring")
    numbers = ["abundance", "wild_share", "wild_yield", "yield", "known_km2"]
    np.testing.assert_allclose(
        first[numbers].astype(float), [0.2, 0.5, 0.325, 0.87, 0.36], rtol=1e-6
    )
    assert told.iloc[1][numbers[:4]].isna().all()
    assert told.iloc[1]["known_km2"] == 0


def test_farms_that_overlap_have_the_yields_of_their_own_numbers():
    bees = pollination(cover(np.ones((20, 20))), TABLE, BEES)
    both = farm((2, 8, 3, 9), (2, 8, 3, 9), half_sat=[0.2, 0.5], p_managed=0.0)
    told = farm_pollination(both, bees)
    # FP = 0.2 x 0.5 / (0.5 x 0.6 + 0.2) = 0.2 for the second
    np.testing.assert_allclose(told["wild_share"], [0.5, 0.2], rtol=1e-6)


def test_hives_that_are_enough_leave_nothing_to_wild_ones():
    bees = pollination(cover(np.ones((20, 20))), TABLE, BEES)
    told = farm_pollination(farm((2, 8, 3, 9), p_managed=1.0), bees).iloc[0]
    assert (told["wild_share"], told["wild_yield"], told["yield"]) == (0.0, 0.0, 1.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9999), st.floats(40.0, 500.0))
def test_visits_add_up_to_what_flowers_hold(seed, alpha):
    """Shares of seasons of one species are those of its flowers there: PA_spring / PA_summer = R_spring / R_summer."""
    rng = np.random.default_rng(seed)
    made = pollination(cover(rng.integers(1, 3, (12, 14))), TABLE.assign(floral_resources_spring_index=[0.5, 0.25]), BEES.assign(alpha=alpha))  # fmt: skip
    spring, summer = (made[f"abundance_{j}"].values for j in ("spring", "summer"))
    np.testing.assert_allclose(
        spring / summer, np.where(spring > 0.6 * summer, 1.0, 0.25), rtol=1e-4
    )
    assert (made["supply_apis"].values <= 0.8 + 1e-6).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 9999))
def test_compiled_means_are_plain_ones_for_any_number_of_threads(seed):
    rng = np.random.default_rng(seed)
    values = rng.random((9, 11))
    values[rng.random(values.shape) < 0.2] = np.nan
    kernel = decay.exponential(1.3, 3.2)
    found = decay.mean_around(values, kernel)
    known = np.isfinite(values)
    plain = decay._weighted.py_func(np.where(known, values, 0.0), known.astype(float), kernel, 0, 9, np.empty(values.shape))  # fmt: skip
    np.testing.assert_array_equal(found, plain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "available", lambda: 4)
        np.testing.assert_array_equal(decay.mean_around(values, kernel), found)


FARM = {"n_cavity": [0.0], "n_ground": [0.0], "fr_spring": [0.0], "fr_summer": [0.0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"guilds": BEES.assign(alpha=0.0)}, "guilds.alpha: apis holds '0.0', expected more than 0 m"),
        ({"guilds": BEES.assign(nesting_suitability_cavity_index=1.5)}, "expected 0 to 1"),
        ({"guilds": pd.concat([BEES, BEES])}, "Apis stands in two rows"),
        ({"guilds": BEES.assign(foraging_activity_spring_index=0, foraging_activity_summer_index=0)}, "apis is active in no season"),
        ({"guilds": BEES.assign(relative_abundance=0)}, "relative_abundance is 0 for all"),
        ({"guilds": BEES[["species", "alpha", "relative_abundance"]]}, "guilds: no column nesting_suitability_"),
        ({"biophysical": TABLE.drop(columns="floral_resources_spring_index")}, "no column floral_resources_spring_index"),
        ({"biophysical": TABLE.assign(nesting_cavity_availability_index=2)}, "expected 0 to 1"),
        ({"farms": farm((0, 1, 0, 1))}, "farms: no column n_cavity"),
        ({"farms": farm((0, 1, 0, 1), **FARM | {"n_cavity": [7.0]})}, "farms.n_cavity: farm 1 holds '7.0', expected a number from 0 to 1"),
    ],
)  # fmt: skip
def test_refusals(change, message):
    words = {"biophysical": TABLE, "guilds": BEES} | change
    with pytest.raises(QuantityError, match=message):
        pollination(cover(np.ones((20, 20))), **words)


@pytest.mark.parametrize(
    ("farms", "message"),
    [
        (farm((0, 1, 0, 1)).drop(columns="p_dep"), "farms: no column p_dep"),
        (farm((0, 1, 0, 1), half_sat=1.0), "farms.half_sat: farm 1 holds 1, expected more than 0 and less than 1"),
        (farm((0, 1, 0, 1), season="winter"), "farm 1 flowers in 'winter'"),
        (farm((0, 1, 0, 1), p_managed=-1), "farms.p_managed: farm 1 holds '-1'"),
    ],
)  # fmt: skip
def test_farms_that_are_refused(farms, message):
    bees = pollination(cover(np.ones((20, 20))), TABLE, BEES)
    with pytest.raises(QuantityError, match=message):
        farm_pollination(farms, bees)
