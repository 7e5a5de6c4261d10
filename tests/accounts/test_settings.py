"""Defaults as the sources print them, and the limits of each setting: on it, and just beyond."""

import math

import pandas as pd
import pytest

from shanshui.accounts.assets import asset_account
from shanshui.accounts.baseflow import baseflow
from shanshui.accounts.carbon import carbon_change, carbon_fixed, carbon_stock, carbon_value
from shanshui.accounts.climate import hot_days, reference_evapotranspiration
from shanshui.accounts.climate_regulation import climate_regulation
from shanshui.accounts.crop_production import crop_production, crop_regression, crop_totals
from shanshui.accounts.culture import travel_cost
from shanshui.accounts.erosion_drivers import (
    rainfall_erosivity,
    rainfall_erosivity_monthly,
    soil_erodibility,
)
from shanshui.accounts.extent import condition_account
from shanshui.accounts.flood_mitigation import flood_mitigation, flood_storage
from shanshui.accounts.flows import service_amounts, units_inside
from shanshui.accounts.gep import gep
from shanshui.accounts.habitat import habitat_quality
from shanshui.accounts.indicators import mismatch
from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.pollination import pollination
from shanshui.accounts.recharge import seasonal_recharge
from shanshui.accounts.sand_fixation import sand_fixation
from shanshui.accounts.scenic_quality import scenic_quality
from shanshui.accounts.seasonal_yield import quick_flow
from shanshui.accounts.sediment import sediment_delivery
from shanshui.accounts.series import service_series, value_series
from shanshui.accounts.soil_retention import (
    cover_factor,
    length_slope_factor,
    soil_retention,
    vegetation_fraction,
)
from shanshui.accounts.storm_retention import storm_retention
from shanshui.accounts.unit_gep import unit_gep
from shanshui.accounts.urban_cooling import urban_cooling
from shanshui.accounts.water_retention import water_retention, water_retention_index
from shanshui.accounts.water_yield import water_yield
from shanshui.core.errors import PlanError

SETTINGS = [
    # assessment, setting, default, least, greatest
    (asset_account, "rate", 0.03, 0.0, 1.0),
    (asset_account, "years", 100, 1, 1000),
    (carbon_stock, "maturity", 1.0, 0.0, 2.0),
    (carbon_value, "co2_price", 380.0, 0.0, 1e6),
    (carbon_value, "years", 20, 1, 500),
    (carbon_value, "discount", 0.03, 0.0, 1.0),
    (carbon_value, "price_change", 0.0, -0.5, 1.0),
    (carbon_fixed, "nep_share", 0.22, 0.0, 1.0),
    (reference_evapotranspiration, "factor", 0.0023, 0.0, 0.01),
    (reference_evapotranspiration, "lift", 17.8, 0.0, 40.0),
    (hot_days, "limit", 26.0, 0.0, 60.0),
    (hot_days, "scatter", 3.5, 0.1, 20.0),
    (climate_regulation, "performance", 3.0, 1.0, 20.0),
    (climate_regulation, "most_days", 120.0, 0.0, 366.0),
    (travel_cost, "wage_share", 0.33, 0.0, 2.0),
    (travel_cost, "ecological_share", 1.0, 0.0, 1.0),
    (rainfall_erosivity, "factor", 0.0534, 0.0, 10.0),
    (rainfall_erosivity, "power", 1.6548, 0.5, 3.0),
    (condition_account, "opening", 0, 0, 2100),
    (condition_account, "closing", 0, 0, 2100),
    (condition_account, "reference_percentile", 95.0, 50.0, 100.0),
    (flood_storage, "reservoir_share", 0.35, 0.0, 1.0),
    (flood_storage, "marsh_depth_m", 0.3, 0.0, 10.0),
    (service_amounts, "silting_share", 0.24, 0.0, 1.0),
    (service_amounts, "bulk_density", 0.93, 0.3, 2.7),
    (service_amounts, "nitrogen_percent", 0.37, 0.0, 10.0),
    (service_amounts, "phosphorus_percent", 0.108, 0.0, 10.0),
    (service_amounts, "sand_density", 1.28, 0.3, 2.7),
    (service_amounts, "sand_depth_m", 0.1, 0.001, 10.0),
    (units_inside, "least_share", 0.2, 0.0, 1.0),
    (gep, "year", 2020, 1949, 2100),
    (gep, "price_spread", 0.3, 0.0, 1.0),
    (gep, "amount_spread", 0.2, 0.0, 1.0),
    (gep, "draws", 500, 0, 1_000_000),
    (gep, "standard_equivalent", 3406.5, 0.0, 1e6),
    (unit_gep, "least_share", 0.05, 0.0, 1.0),
    (unit_gep, "price_spread", 0.3, 0.0, 1.0),
    (unit_gep, "amount_spread", 0.2, 0.0, 1.0),
    (unit_gep, "draws", 500, 0, 100_000),
    (habitat_quality, "half_saturation", 0.05, 1e-9, 1e3),
    (habitat_quality, "scaling", 2.5, 0.1, 20.0),
    (mismatch, "least_share", 0.2, 0.0, 1.0),
    (nutrient_delivery, "threshold_flow_accumulation", 1000.0, 1.0, 1e9),
    (nutrient_delivery, "k", 2.0, 1e-6, 100.0),
    (nutrient_delivery, "subsurface_efficiency", 0.8, 0.0, 1.0),
    (nutrient_delivery, "subsurface_critical_length", 150.0, 1e-6, 1e7),
    (nutrient_delivery, "runoff_proxy_mean", None, 0.0, 1e9),
    (sand_fixation, "field_m", 50.0, 1.0, 1e5),
    (sediment_delivery, "threshold_flow_accumulation", 1000.0, 1.0, 1e9),
    (sediment_delivery, "sdr_max", 0.8, 0.0, 1.0),
    (sediment_delivery, "k", 2.0, 1e-6, 100.0),
    (sediment_delivery, "l_max", 122.0, 1.0, 1e6),
    (seasonal_recharge, "threshold_flow_accumulation", 1000.0, 1.0, 1e9),
    (seasonal_recharge, "alpha", 1.0 / 12.0, 0.0, 1.0),
    (seasonal_recharge, "beta", 1.0, 0.0, 1.0),
    (seasonal_recharge, "gamma", 1.0, 0.0, 1.0),
    (baseflow, "threshold_flow_accumulation", 1000.0, 1.0, 1e9),
    (baseflow, "gamma", 1.0, 0.0, 1.0),
    (value_series, "year", 2020, 1949, 2100),
    (value_series, "standard_equivalent", 3406.5, 0.0, 1e6),
    (service_series, "year", 2020, 1949, 2100),
    (service_series, "nep_share", 0.22, 0.0, 1.0),
    (length_slope_factor, "longest_m", 122.0, 1.0, 1e6),
    (vegetation_fraction, "bare_ndvi", None, -1.0, 1.0),
    (vegetation_fraction, "full_ndvi", None, -1.0, 1.0),
    (water_yield, "seasonality", 9.0, 1.0, 30.0),
    (scenic_quality, "refraction", 0.13, 0.0, 1.0),
    (scenic_quality, "eye_m", 0.0, 0.0, 100.0),
    (scenic_quality, "a", 1.0, -1e9, 1e9),
    (scenic_quality, "b", 0.0, -1e9, 1e9),
    (scenic_quality, "farthest_m", 8000.0, 1.0, 1e6),
    (storm_retention, "storm_mm", 100.0, 0.1, 7000.0),
    (urban_cooling, "green_m", 450.0, 0.0, 1e5),
    (urban_cooling, "mixing_m", 2000.0, 0.0, 1e5),
    (urban_cooling, "rural_degc", 25.0, -40.0, 60.0),
    (urban_cooling, "heat_island_degc", 3.0, 0.0, 20.0),
    (urban_cooling, "humidity", 60.0, 0.0, 100.0),
]


@pytest.mark.parametrize(
    ("assessment", "setting", "default", "low", "high"),
    SETTINGS,
    ids=[f"{a.card.name}.{s}" for a, s, *_ in SETTINGS],
)
def test_a_setting_has_its_printed_default_and_its_limits(assessment, setting, default, low, high):
    card = assessment.card
    assert card.settings[setting] == default
    for edge, beyond in ((low, -math.inf), (high, math.inf)):
        assert card.checked({setting: edge})[setting] == edge
        past = (
            edge + int(math.copysign(1, beyond))
            if isinstance(edge, int)
            else math.nextafter(edge, beyond)
        )
        with pytest.raises(PlanError, match="outside"):
            card.checked({setting: past})


def test_what_looks_at_single_cells_needs_no_rows_around_them():
    local = (
        carbon_change, carbon_fixed, carbon_stock, carbon_value, climate_regulation, cover_factor, flood_mitigation, hot_days, quick_flow,
        rainfall_erosivity, rainfall_erosivity_monthly, reference_evapotranspiration, sand_fixation, soil_erodibility, soil_retention,
        water_retention, water_yield, storm_retention, crop_production, crop_regression,
    )  # fmt: skip
    whole = (
        habitat_quality, length_slope_factor, nutrient_delivery, sediment_delivery, vegetation_fraction, water_retention_index,
        scenic_quality, crop_totals,
    )  # fmt: skip
    assert {a.card.halo for a in local} == {0}
    assert {a.card.halo for a in whole} == {None}


def test_pollinators_and_air_of_towns_need_the_rows_that_they_reach():
    bees = pd.DataFrame({"species": ["a", "b"], "Alpha": [250.0, 420.0]})
    reach = pollination.card.reach({"cell_m": 90.0, "guilds": bees})
    # there and back, five flights each, begun cells counted whole: 5 x 420 / 90 = 23.3
    assert reach == 2 * 24
    # before the table is read memory is estimated for flights of a kilometre
    assert pollination.card.reach({"cell_m": 90.0}) == 2 * 56
    town = urban_cooling.card.checked({"green_m": 450.0, "mixing_m": 900.0})
    assert urban_cooling.card.reach({**town, "cell_m": 90.0}) == 5 * (5 + 10)
    assert urban_cooling.card.reach({**town, "cell_m": 1e4}) == 0


@pytest.mark.parametrize(
    ("assessment", "setting", "default"),
    [
        (sediment_delivery, "ic_0", 0.5),
        (sediment_delivery, "slope_factor", "rusle"),
        (sediment_delivery, "area_above", "square_root"),
        (length_slope_factor, "slope_factor", "steep"),
        (length_slope_factor, "area_above", "area"),
        (nutrient_delivery, "nutrient", "n"),
        (nutrient_delivery, "subsurface_distance", "cells"),
        (gep, "frame", "gep2020"),
        (gep, "water", "retained"),
        (gep, "seed", 0),
        (unit_gep, "seed", 0),
        (flood_storage, "lake_region", "east_plain"),
        (scenic_quality, "sight", "lines"),
        (scenic_quality, "valuation", "linear"),
        (urban_cooling, "method", "factors"),
        (urban_cooling, "weights", (0.6, 0.2, 0.2)),
        (mismatch, "year", None),
        (service_series, "sector", "primary"),
    ],
)
def test_words_stand_at_their_printed_default(assessment, setting, default):
    assert assessment.card.settings[setting] == default
