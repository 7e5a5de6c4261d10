"""Yields of crops: the climate's, the fertiliser's, what people eat of the harvest; what is refused."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.crop_production import crop_production, crop_regression, crop_totals
from shanshui.core.errors import QuantityError

CLASSES = pd.DataFrame({"crop_name": ["Maize", "wheat"], "lucode": [11, 12]})
WORDS = ("yield_25th", "yield_50th", "yield_75th", "yield_95th", "observed_yield")
RESPONSES = {"yield_ceiling": 8.0, "b_nut": 0.6, "b_k2o": 0.5, "c_n": 0.02, "c_p2o5": 0.05, "c_k2o": 0.04}  # fmt: skip
RATES = pd.DataFrame(
    {"crop_name": ["maize", "wheat"], "nitrogen_rate": [50, 80], "phosphorus_rate": [20, 10], "potassium_rate": [30, 0]}
)  # fmt: skip
FOOD = pd.DataFrame({"crop_name": ["maize", "wheat"], "percentrefuse": [20, 0], "protein": [9.4, 12.0], "vitc": [6.8, np.nan]})  # fmt: skip


def cover(codes):
    return grid(codes, "1", nodata=0, dtype=np.int16)


def layers(shape, numbers):
    """The same number everywhere, by layer."""
    return xr.Dataset(
        {k: grid(np.full(shape, v, np.float32), "t/ha/yr") for k, v in numbers.items()}
    )


def yields(shape, maize=(2, 4, 6, 8, 5), wheat=(1, 2, 3, 4, 2.5)):
    each = {f"maize_{w}": v for w, v in zip(WORDS, maize, strict=True)}
    each |= {f"wheat_{w}": v for w, v in zip(WORDS, wheat, strict=True)}
    return layers(shape, each)


def responses(shape, **change):
    return layers(
        shape, {f"{c}_{k}": v for c in ("maize", "wheat") for k, v in (RESPONSES | change).items()}
    )


def test_each_class_has_the_yield_of_its_crop_and_other_ground_none():
    map_ = cover([[11, 12, 5, 0]])
    made = crop_production(map_, CLASSES, yields((1, 4)))
    np.testing.assert_array_equal(made["yield_50th"], [[4, 2, 0, np.nan]])
    np.testing.assert_array_equal(made["observed_yield"], [[5, 2.5, 0, np.nan]])
    assert made["yield_25th"].attrs["units"] == "t/ha/yr"


def test_two_cells_of_maize_of_ninety_metres_give_6_48_tonnes():
    from shanshui.region.grid import grid_of

    map_ = cover([[11, 11, 5]])
    cell = grid_of(map_).cell_km2 * 100
    made = crop_production(map_, CLASSES, yields((1, 3)))
    told = crop_totals(map_, CLASSES, made, FOOD).set_index(["crop", "estimate"])
    row = told.loc[("maize", "yield_50th")]
    assert row["production"] == pytest.approx(2 * 4 * cell)
    assert row["area_ha"] == pytest.approx(2 * cell)
    # 20 % of maize is thrown away: 6.48 t hold 10 000 x 6.48 x 0.8 x 9.4 g of protein
    assert row["protein"] / row["production"] == pytest.approx(487_296 / 6.48)
    # a class that the map does not show grows nothing
    assert told.loc[("wheat", "yield_50th"), "production"] == 0
    assert told.loc[("wheat", "yield_50th"), "area_ha"] == 0


def test_ground_without_an_observed_yield_is_missing_and_not_bare():
    map_ = cover([[11, 12, 5]])
    maps = yields((1, 3)).drop_vars("wheat_observed_yield")
    made = crop_production(map_, CLASSES, maps)
    np.testing.assert_array_equal(made["observed_yield"], [[5, np.nan, 0]])
    told = crop_totals(map_, CLASSES, made, FOOD).set_index(["crop", "estimate"])
    assert np.isnan(told.loc[("wheat", "observed_yield"), "production"])
    assert told.loc[("wheat", "observed_yield"), "known_ha"] == 0
    # what 100 g of wheat hold of vitamin C is not known, so neither is that of its harvest
    assert np.isnan(told.loc[("wheat", "yield_50th"), "vitc"])
    assert told.loc[("maize", "yield_50th"), "vitc"] > 0


def test_the_scarcest_fertiliser_sets_the_yield():
    """8 t/ha x (1 - 0.6 exp(-0.02 x 50)) = 6.234; by 20 kg of phosphorus 6.234; by 30 kg of potassium 8 x (1 - 0.5 exp(-1.2)) = 6.795."""
    map_ = cover([[11, 12, 5, 0]])
    made = crop_regression(map_, CLASSES, responses((1, 4)), RATES)
    maize = {k: float(v.values[0, 0]) for k, v in made.items()}
    assert maize["nitrogen_yield"] == pytest.approx(6.2342, abs=1e-4)
    assert maize["phosphorus_yield"] == pytest.approx(6.2342, abs=1e-4)
    assert maize["potassium_yield"] == pytest.approx(6.7952, abs=1e-4)
    assert maize["modelled_yield"] == pytest.approx(6.2342, abs=1e-4)
    # wheat has no potassium: half of the greatest yield
    assert float(made["modelled_yield"][0, 1]) == pytest.approx(4.0, abs=1e-6)
    assert float(made["modelled_yield"][0, 2]) == 0
    assert np.isnan(made["modelled_yield"][0, 3])
    # no map of what was observed: missing on crops
    assert np.isnan(made["observed_yield"][0, 0])


@given(st.floats(0, 300), st.floats(0, 300))
def test_more_fertiliser_never_lowers_a_yield_nor_lifts_it_over_the_ceiling(less, more):
    map_ = cover([[11]])
    low, high = sorted((less, more))
    got = [
        float(crop_regression(map_, CLASSES, responses((1, 1)), RATES.assign(nitrogen_rate=rate))["nitrogen_yield"][0, 0])
        for rate in (low, high)
    ]  # fmt: skip
    assert got[0] <= got[1] + 1e-6
    assert got[0] >= 8 * 0.4 - 1e-5
    assert got[1] <= 8 + 1e-5


def test_zones_over_one_another_have_each_their_own_harvest():
    map_ = cover([[11, 11, 12, 5]] * 2)
    made = crop_production(map_, CLASSES, yields((2, 4)))
    west, top, cell = float(map_.x[0] - 0.5 * (map_.x[1] - map_.x[0])), float(map_.y[0] + 0.5 * (map_.y[0] - map_.y[1])), float(map_.x[1] - map_.x[0])  # fmt: skip
    shapes = [shapely.box(west, top - 2 * cell, west + n * cell, top) for n in (1, 4)]
    zones = gpd.GeoDataFrame({"name": ["one", "all"]}, geometry=shapes, crs=EQUAL_AREA)
    told = crop_totals(map_, CLASSES, made, None, zones).set_index(["zone", "crop", "estimate"])
    whole = told.loc[("", "maize", "yield_95th"), "production"]
    assert told.loc[("one", "maize", "yield_95th"), "production"] == pytest.approx(whole / 2)
    assert told.loc[("all", "maize", "yield_95th"), "production"] == pytest.approx(whole)
    assert told.loc[("one", "wheat", "yield_95th"), "production"] == 0


def test_parts_of_a_map_give_what_the_whole_gives():
    rng = np.random.default_rng(2)
    map_ = cover(rng.choice([0, 5, 11, 12], (9, 7)))
    maps, growth = yields((9, 7)), responses((9, 7))
    whole, by = crop_production(map_, CLASSES, maps), crop_regression(map_, CLASSES, growth, RATES)
    rows = slice(3, 6)
    part = crop_production(map_[rows], CLASSES, maps.isel(y=rows))
    np.testing.assert_array_equal(whole["yield_75th"][rows], part["yield_75th"])
    part = crop_regression(map_[rows], CLASSES, growth.isel(y=rows), RATES)
    np.testing.assert_array_equal(by["modelled_yield"][rows], part["modelled_yield"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"classes": pd.DataFrame({"crop_name": ["a", "b"], "lucode": [11, 11]})}, "11 stands in two rows; a class has one crop"),
        ({"classes": pd.DataFrame({"crop_name": ["a"], "lucode": [1.5]})}, "a holds '1.5', expected a whole number"),
        ({"maps": ["maize_yield_50th"]}, "no layer maize_yield_50th"),
        ({"food": FOOD.assign(percentrefuse=120)}, "percentrefuse: maize holds '120', expected 0 to 100 %"),
        ({"food": FOOD.assign(protein=[-1.0, 1.0])}, "protein: maize holds '-1.0', expected 0 or more"),
        ({"food": FOOD.assign(protein=["much", "2"])}, "protein: maize holds 'much'"),
        ({"food": FOOD.iloc[:1]}, "crop_nutrients: no row of wheat"),
        ({"food": pd.concat([FOOD, FOOD])}, "maize stands in two rows"),
        ({"food": FOOD.rename(columns={"crop_name": "plant"})}, "no column crop_name or crop"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(words, message):
    map_ = cover([[11, 12]])
    classes = words.get("classes", CLASSES)
    maps = yields((1, 2)).drop_vars(words.get("maps", []))

    def both():
        return crop_totals(map_, classes, crop_production(map_, classes, maps), words.get("food"))

    with pytest.raises(QuantityError, match=message):
        both()


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        (RATES.assign(nitrogen_rate=-1), "nitrogen_rate: maize holds '-1', expected 0 or more"),
        (RATES.drop(columns="potassium_rate"), "no column potassium_rate"),
        (RATES.iloc[:1], "fertilisation: no row of wheat"),
        (pd.concat([RATES, RATES]), "maize stands in two rows"),
    ],
)  # fmt: skip
def test_rates_that_are_none_are_refused(rates, message):
    with pytest.raises(QuantityError, match=message):
        crop_regression(cover([[11, 12]]), CLASSES, responses((1, 2)), rates)


def test_a_table_of_rates_of_earlier_releases_is_read():
    old = RATES.rename(columns={"phosphorus_rate": "phosphorous_rate"})
    a = crop_regression(cover([[11, 12]]), CLASSES, responses((1, 2)), old)
    b = crop_regression(cover([[11, 12]]), CLASSES, responses((1, 2)), RATES)
    xr.testing.assert_equal(a, b)
