"""Ecosystem accounts: what nature gives here, in quantity and in money."""

from shanshui.accounts.asset_transfer import asset_transfer
from shanshui.accounts.assets import asset_account, supply_use
from shanshui.accounts.baseflow import baseflow
from shanshui.accounts.beneficiaries import service_beneficiaries
from shanshui.accounts.bridge import gep_bridge
from shanshui.accounts.capacity import capacity_by_cover, green_near_homes
from shanshui.accounts.carbon import carbon_change, carbon_fixed, carbon_stock, carbon_value
from shanshui.accounts.climate import hot_days, reference_evapotranspiration
from shanshui.accounts.climate_regulation import climate_regulation
from shanshui.accounts.cooling import cooling_use
from shanshui.accounts.crop_production import crop_production, crop_regression, crop_totals
from shanshui.accounts.culture import travel_cost
from shanshui.accounts.downscaled import (
    net_primary_production,
    primary_products,
    production_reach,
    production_told,
)
from shanshui.accounts.erosion_drivers import (
    rainfall_erosivity,
    rainfall_erosivity_monthly,
    soil_erodibility,
)
from shanshui.accounts.extent import condition_account, extent_account, extent_series
from shanshui.accounts.flood_mitigation import flood_mitigation, flood_storage
from shanshui.accounts.flows import (
    cover_cells,
    population_of_units,
    service_amounts,
    unit_cells,
    units_inside,
)
from shanshui.accounts.frame_accounts import frame_accounts, frame_comparison
from shanshui.accounts.gep import gep
from shanshui.accounts.habitat import habitat_quality, habitat_rarity, threat_maps
from shanshui.accounts.indicators import gep_hot_spots, gep_summary, mismatch
from shanshui.accounts.nation import nation_shares
from shanshui.accounts.noise import noise_reduction
from shanshui.accounts.nutrients import nutrient_delivery
from shanshui.accounts.penman import station_evapotranspiration
from shanshui.accounts.place_flows import place_flows
from shanshui.accounts.place_shares import place_shares, products_inside
from shanshui.accounts.pollination import farm_pollination, pollination
from shanshui.accounts.purification import purification
from shanshui.accounts.rain_days import rain_days
from shanshui.accounts.recharge import seasonal_recharge
from shanshui.accounts.recreation import recreation_value
from shanshui.accounts.sand_fixation import sand_fixation
from shanshui.accounts.scenic_quality import scenic_quality
from shanshui.accounts.seasonal_yield import quick_flow
from shanshui.accounts.sediment import sediment_delivery
from shanshui.accounts.series import service_series, value_series
from shanshui.accounts.services import MAP_FLOWS
from shanshui.accounts.soil_retention import (
    cover_factor,
    length_slope_factor,
    soil_retention,
    vegetation_fraction,
)
from shanshui.accounts.species_value import species_conservation
from shanshui.accounts.statement import account_statement
from shanshui.accounts.storm_retention import storm_retention, storm_service
from shanshui.accounts.table_amounts import landscape_premium, table_amounts
from shanshui.accounts.unit_flows import unit_flows
from shanshui.accounts.unit_gep import unit_gep
from shanshui.accounts.urban_cooling import (
    building_cooling,
    greatest_evapotranspiration,
    urban_cooling,
    zone_heat,
)
from shanshui.accounts.water_retention import (
    water_balance_check,
    water_retention,
    water_retention_index,
)
from shanshui.accounts.water_yield import hydropower, water_supply, water_yield
from shanshui.accounts.watersheds import watershed_results
from shanshui.basins.people_inside import people_inside
from shanshui.flow.steps import Step, step
from shanshui.plans.survey import cover_before, cover_of, warmth_of

STOOD_IN = frozenset({
    "reference_evapotranspiration", "hot_days", "rainfall_erosivity", "soil_erodibility", "net_primary_production", "threat_maps",
    "monthly_precipitation", "monthly_rain_days", "local_recharge", "runoff_proxy", "purification_capacity", "sources", "resistance",
})  # fmt: skip
"""Inputs whose place other products take where a study lacks them."""


def accounts(have: set[str]) -> list[Step]:
    """Steps of the accounts.

    Parameters
    ----------
    have : set of str
        Inputs of the study: a map that is given is taken before one that could be derived.

    Returns
    -------
    list of Step
        Those that lack an input are told apart when the plan is bound.
    """
    cover, warm = cover_of(have), warmth_of(have)
    return [
        *_derived(have, cover, warm),
        step(vegetation_fraction),
        step(cover_factor, binds=cover),
        step(length_slope_factor),
        step(soil_retention, binds=cover),
        step(water_yield, binds=cover),
        step(
            water_retention, binds=cover | {"evapotranspiration": "water_yield.evapotranspiration"}
        ),
        step(
            water_balance_check,
            binds={
                "evapotranspiration": "water_yield.evapotranspiration",
                "water_balance": "water_retention.balance",
            },
        ),
        step(sediment_delivery, binds=cover),
        step(nutrient_delivery, binds=cover | _runoff(have)),
        step(
            nutrient_delivery, name="nutrient_delivery_p", binds=cover | _runoff(have), nutrient="p"
        ),
        step(habitat_quality, binds=cover),
        step(habitat_rarity, binds=cover | {"land_cover_baseline": cover_before(have)}),
        step(carbon_stock, binds=cover),
        step(carbon_stock, name="carbon_stock_before", binds={"land_cover": cover_before(have)}),
        step(
            carbon_change,
            binds={
                "carbon_before": "carbon_stock_before.carbon",
                "carbon_after": "carbon_stock.carbon",
            },
        ),
        step(carbon_value),
        step(carbon_fixed),
        step(production_reach, binds=cover),
        step(production_told),
        step(climate_regulation, binds=cover),
        step(cooling_use),
        step(flood_mitigation, binds=cover),
        step(flood_storage),
        step(sand_fixation, binds=cover),
        step(quick_flow, binds=cover),
        step(seasonal_recharge, binds=cover),
        step(
            baseflow,
            binds={}
            if "local_recharge" in have
            else {"local_recharge": "seasonal_recharge.recharge"},
        ),
        step(scenic_quality),
        step(pollination, binds=cover),
        step(farm_pollination),
        step(crop_production, binds=cover),
        step(crop_totals, binds=cover),
        step(crop_regression, binds=cover),
        step(
            crop_totals,
            name="crop_regression_totals",
            binds=cover | {"crop_production": "crop_regression"},
        ),
        step(storm_retention, binds=cover),
        step(storm_service),
        step(greatest_evapotranspiration),
        step(urban_cooling, binds=cover),
        step(building_cooling),
        step(zone_heat),
        step(water_retention_index),
        step(purification),
        step(green_near_homes),
        step(travel_cost),
        step(noise_reduction, binds={"labels": "region_mask"}),
        step(recreation_value),
        step(landscape_premium),
        step(place_shares),
        step(products_inside),
        step(table_amounts),
        step(
            species_conservation,
            binds={
                "species_richness": "species_richness.richness",
                "habitat_quality": "habitat_quality.habitat_quality",
            },
        ),
        step(primary_products, binds=cover),
        *(
            step(watershed_results, name=f"{model}_watersheds", binds={"layers": model})
            for model in (
                "water_yield",
                "sediment_delivery",
                "nutrient_delivery",
                "nutrient_delivery_p",
                "seasonal_recharge",
                "baseflow",
            )
            if "watersheds" in have
        ),
        step(water_supply, binds=cover | {"water_yield": "water_yield.water_yield"}),
        *_of_subwatersheds(cover, have),
        step(hydropower),
        *_amounts(cover),
        *_account(cover, have),
    ]


def _of_subwatersheds(cover: dict[str, str], have: set[str]) -> list[Step]:
    """The water model by the parts of its watersheds."""
    if "subwatersheds" not in have:
        return []
    parts = {"watersheds": "subwatersheds"}
    return [
        step(
            watershed_results,
            name="water_yield_subwatersheds",
            binds=parts | {"layers": "water_yield"},
        ),
        step(
            water_supply,
            name="subwatershed_supply",
            binds=cover | parts | {"water_yield": "water_yield.water_yield"},
        ),
    ]


def _derived(have: set[str], cover: dict[str, str], warm: dict[str, str]) -> list[Step]:
    """Maps that stand in for inputs the study lacks."""
    out = []
    if "climate_stations" in have and "reference_evapotranspiration" not in have:
        out.append(step(station_evapotranspiration))
    if "reference_evapotranspiration" not in have:
        out.append(step(reference_evapotranspiration, binds=warm))
    if "hot_days" not in have:
        out.append(step(hot_days, binds=warm))
    if "rainfall_erosivity" not in have:
        out.append(
            step(rainfall_erosivity_monthly, name="rainfall_erosivity")
            if "monthly_precipitation" in have
            else step(rainfall_erosivity)
        )
    if "soil_erodibility" not in have:
        out.append(step(soil_erodibility))
    if "net_primary_production" not in have:
        out.append(step(net_primary_production, binds=cover))
    if "purification_capacity" not in have and "purification_rates" in have:
        out.append(step(capacity_by_cover, name="purification_capacity"))
    if "monthly_rain_days" not in have:
        out.append(step(rain_days, name="monthly_rain_days"))
    if "threat_maps" not in have:
        out.append(step(threat_maps))
    return out


def _runoff(have: set[str]) -> dict[str, str]:
    """What spreads the load of nutrients: the map that is given, quick flow, or rain."""
    if "runoff_proxy" in have:
        return {}
    by_storms = {"monthly_precipitation", "monthly_rain_days"} <= have
    return {"runoff_proxy": "quick_flow" if by_storms else "precipitation"}


def _amounts(cover: dict[str, str]) -> list[Step]:
    grids = cover | {flow.map.partition(".")[0]: flow.product for flow in MAP_FLOWS}
    labels = {
        "region": "region_mask",
        "unit": "planning_unit_labels",
        "county": "county_cells",
        "prefecture": "prefecture_cells",
        "cover": "cover_cells",
    }
    outlines = {"county": {"outlines": "counties"}, "prefecture": {"outlines": "prefectures"}}
    return [
        step(unit_cells, name="county_cells"),
        step(unit_cells, name="prefecture_cells", binds={"counties": "prefectures"}),
        step(cover_cells, binds=cover),
        *(
            step(
                service_amounts,
                name=f"{level}_amounts",
                binds=grids | outlines.get(level, {}) | {"labels": label},
            )
            for level, label in labels.items()
        ),
        step(population_of_units, name="unit_people", binds={"labels": labels["unit"]}),
        step(people_inside, name="county_people", binds={"places": "counties"}),
        step(people_inside, name="prefecture_people", binds={"places": "prefectures"}),
    ]


def _account(cover: dict[str, str], have: set[str]) -> list[Step]:
    # where jobs tell what a county makes, no product is parted by area
    by_jobs = {"gdp", "employment", "counties", "prefectures"} <= have
    # tables tell of whole places; without counties nothing tells what of them is the region's
    inside = {"products": "products_inside"} if {"products", "counties"} <= have else {}
    return [
        step(asset_transfer),
        step(gep, binds=inside),
        step(account_statement),
        step(frame_accounts, binds=inside),
        step(frame_comparison),
        step(gep_bridge),
        step(
            nation_shares,
            binds={"areas": "region_amounts", "people": "county_people"},
        ),
        step(service_beneficiaries),
        *(
            step(
                unit_gep,
                name=f"{level}_gep",
                binds={"amounts": f"{level}_amounts", "unit_people": f"{level}_people"} | whole,
            )
            for level, whole in (
                ("unit", {"place_flows": "unit_flows"}),
                ("county", {"outlines": "counties", "place_flows": "county_flows"}),
                ("prefecture", {"outlines": "prefectures", "place_flows": "prefecture_flows"}),
            )
        ),
        *_of_places(inside),
        step(unit_flows),
        step(mismatch),
        step(
            mismatch,
            name="county_mismatch",
            binds={"prefecture_gep": "county_gep", "prefectures": "counties"},
        ),
        step(units_inside),
        step(
            units_inside,
            name="counties_inside",
            binds={"prefectures": "counties", "prefecture_cells": "county_cells"},
        ),
        step(service_series, binds={"prefectures": "units_inside"}),
        step(gep_hot_spots),
        step(gep_summary, binds={"mismatch": "county_mismatch"} if by_jobs else {}),
        step(supply_use),
        step(asset_account),
        step(extent_account, binds=cover | {"land_cover_before": cover_before(have)}),
        step(extent_series, binds={"prefectures": "units_inside"}),
        step(condition_account, binds={"prefectures": "units_inside"}),
        step(value_series, binds={"prefectures": "units_inside"}),
    ]


def _of_places(inside: dict[str, str]) -> list[Step]:
    """What tables tell of counties and prefectures."""
    out = []
    for level, places in (("county", "counties"), ("prefecture", "prefectures")):
        out += [
            step(noise_reduction, name=f"{level}_noise", binds={"labels": f"{level}_cells"}),
            step(
                place_flows,
                name=f"{level}_flows",
                binds={
                    "places": places,
                    "amounts": f"{level}_amounts",
                    "noise_reduction": f"{level}_noise",
                }
                | inside,
            ),
        ]
    return out
