"""What counties and units are asked for, laid on the ground, on cards and in tasks; water that passes; ways to core cities."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import EQUAL_AREA, grid_spec

from shanshui.core.cover import covers
from shanshui.core.errors import DataError, QuantityError
from shanshui.industry.place_facts import place_facts
from shanshui.zoning.cards import task_lines, zone_lines
from shanshui.zoning.core_influence import core_travel_time
from shanshui.zoning.green_units import UNITS
from shanshui.zoning.indicators import unit_indicators, zone_indicators
from shanshui.zoning.ranks import rank, standard
from shanshui.zoning.river_flow import river_flow
from shanshui.zoning.tables import LOADS
from shanshui.zoning.unit_tasks import unit_tasks
from shanshui.zoning.water import water_limits
from shanshui.zoning.zone_cards import zone_cards
from shanshui.zoning.zone_cells import green_unit_cells, zone_cells
from shanshui.zoning.zone_rule import ZONES

FOREST, FARMED, BUILT = (covers()[w].code for w in ("forest", "farmed", "built"))
NAN = np.nan
CELL = 1000.0


def lay(values, unit="1", dtype=np.uint8, nodata=None):
    values = np.atleast_2d(np.asarray(values, dtype))
    return grid_spec(*values.shape, cell_m=CELL).lay(values, unit, nodata=nodata)


def places(values):
    return lay(values, dtype=np.int32, nodata=0)


def codes(values):
    return lay(values, nodata=0)


def numbers(values, unit):
    return lay(values, unit, np.float32)


def outlines(count, **more):
    squares = [shapely.box(k, 0, k + 1, 1) for k in range(count)]
    columns = {"code": [f"c{k}" for k in range(1, count + 1)], "name": [f"n{k}" for k in range(1, count + 1)], "parent": "", **more}  # fmt: skip
    return gpd.GeoDataFrame(
        columns, geometry=squares, crs=EQUAL_AREA, index=pd.RangeIndex(1, count + 1, name="unit")
    )


def capacity(units, **columns):
    given = {
        "people": 1000.0, "people_capacity": NAN, "people_beyond": NAN, "farmland_km2": NAN, "farmland_capacity_km2": NAN, "farmland_binding": "",
        "built_km2": 1.0, "built_capacity_km2": 3.0, "built_binding": "", "footprint_gha": NAN, "biocapacity_gha": 500.0, "load": NAN,
        "grade": "", "binding": "", "headroom": NAN, "unknown": "",
    }  # fmt: skip
    return pd.DataFrame({"unit": units, **given, **dict.fromkeys(LOADS, 0.5), **columns})


def values(**columns):
    frame = pd.DataFrame(columns)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="unit")
    return frame


# ranks


def test_a_rank_is_the_share_below_with_half_of_the_place_itself():
    assert rank(np.array([10.0, 30.0, 20.0, NAN])).tolist()[:3] == pytest.approx([1 / 6, 5 / 6, 3 / 6])  # fmt: skip
    assert rank(np.array([1.0, 1.0])).tolist() == [0.5, 0.5]
    assert np.isnan(rank(np.array([1.0, NAN]))[1])


def test_standardised_values_have_mean_0_and_deviation_1_and_equal_ones_are_0():
    found = standard(np.array([2.0, 4.0, NAN]))
    assert found[:2].tolist() == [-1.0, 1.0]
    assert standard(np.array([7.0, 7.0])).tolist() == [0.0, 0.0]


# counties


def counties(**changed):
    given = {
        "labels": places([1, 1, 1, 1, 2, 2, 2, 2]),
        "outlines": outlines(2),
        "construction_suitability": codes([5, 5, 3, 1, 1, 1, 1, 5]),
        "cover_type": codes([FOREST, FOREST, FARMED, BUILT, FARMED, FOREST, FARMED, BUILT]),
        "carrying_capacity": capacity([1, 2], people=[100.0, 900.0]),
        "gep": values(area_km2=[4.0, 4.0], total=[80.0, 90.0], agr=[10.0, 85.0], per_km2=[20.0, 22.5]),
        "ecological_sensitivity": codes([1, 1, 3, 5, 5, 5, 3, 5]),
        "red_line_candidate": lay([1, 1, 0, 0, 0, 0, 0, 0], nodata=255),
    } | changed  # fmt: skip
    return zone_indicators(**given)


def test_a_mountain_county_ranks_above_a_plain_in_what_nature_gives_and_below_in_land():
    mountain, plain = (row for _, row in counties().iterrows())
    assert (mountain["code"], plain["name"]) == ("c1", "n2")
    # (80 - 10) / 4 above (90 - 85) / 4: harvests do not count
    assert (mountain["EV"], plain["EV"]) == (0.75, 0.25)
    assert (mountain["ES"], plain["ES"]) == (0.75, 0.25)
    assert (mountain["SU"], plain["SU"]) == (0.25, 0.75)
    assert (mountain["RL"], plain["RL"]) == (0.5, 0.0)
    # a field and a town against two fields and a town
    assert (mountain["FR"], plain["FR"]) == (0.25, 0.75)
    assert (mountain["PD"], plain["PT"], mountain["HR"]) == (0.25, 0.75, 0.75)


def test_what_is_not_given_is_not_known():
    found = counties(gep=None, ecological_sensitivity=None, red_line_candidate=None)
    assert found[["EV", "ES", "RL", "TA", "ED", "CI"]].isna().all(axis=None)
    assert found[["SU", "PD", "PT", "FR", "HR", "CL"]].notna().all(axis=None)


def test_the_load_is_the_greatest_of_those_asked_for_and_leaves_out_one_that_nobody_knows():
    loads = capacity([1, 2], population_water_load=[0.2, 1.4], population_land_load=[0.9, NAN], construction_load=NAN, ecological_load=[5.0, 6.0])  # fmt: skip
    found = counties(carrying_capacity=loads)["CL"]
    assert found[0] == pytest.approx(0.9)
    assert np.isnan(found[1])
    asked = counties(carrying_capacity=loads, loads=("population_water_load", "ecological_load"))
    assert asked["CL"].tolist() == [5.0, 6.0]


def test_times_are_those_of_the_mean_resident():
    people = numbers([0, 0, 0, 10, 10, 0, 0, 0], "person/km2")
    minutes = numbers([300, 300, 200, 61, 60, 90, 90, 90], "min")
    found = counties(core_travel_time=minutes, travel_time=minutes, population_density=people)
    assert found["CI"].tolist() == [0.0, 1.0]
    assert found["TA"].tolist() == [0.25, 0.75]


def test_the_economy_is_that_of_the_latest_year_and_a_blank_sector_leaves_it_unknown():
    rows = [("c1", 2010, "primary", 9.0), ("c1", 2020, "primary", 8.0), ("c1", 2020, "secondary", 2.0), ("c2", 2020, "primary", 10.0), ("c2", 2020, "secondary", 90.0)]  # fmt: skip
    gdp = pd.DataFrame(rows, columns=["code", "year", "sector", "yuan"])
    assert counties(county_gdp=gdp)["ED"].tolist() == [0.25, 0.75]
    gdp.loc[4, "yuan"] = NAN
    assert np.isnan(counties(county_gdp=gdp)["ED"][1])


# planning units


def test_figures_of_a_unit():
    found = unit_indicators(
        places([1, 1, 1, 1, 2, 2]),
        outlines(2, upstream_index=[0.9, 0.1], position=["upper", "lower"], area_km2=[4.0, 2.0], downstream=[2, 0], river_basin="b"),
        codes([1, 1, 3, 5, 0, 0]),
        numbers([100, 200, 300, 400, 50, 50], "m"),
        capacity([1, 2], population_water_load=[0.25, 2.5]),
        values(area_km2=[4.0, 2.0], total=[40.0, 10.0], per_km2=[10.0, 5.0]),
        lay([1, 0, 0, 0, 0, 0], nodata=255),
    )  # fmt: skip
    first, second = (row for _, row in found.iterrows())
    assert (first["EV"], first["R"], first["pos"], first["PROT"]) == (0.75, 250.0, "upper", 0.25)
    # one free cell suits, one suits in part
    assert first["SUIT"] == pytest.approx(1.5 / 4)
    assert (first["H"], second["H"]) == (0.5, -1.0)
    assert np.isnan(second["SUIT"])


# on the ground


def test_zones_and_units_are_those_of_the_place_of_each_cell():
    label = places([0, 1, 2, 3])
    zones = pd.DataFrame({"unit": [1, 2], "zone_code": [1, 0], **dict.fromkeys(ZONES, NAN)})
    for column in ("zone", "rule", "possible", "second_zone", "change_indicator", "change_zone", "unknown"):  # fmt: skip
        zones[column] = ""
    for column in ("borderline", "split", "stability", "change_from", "change_to"):
        zones[column] = NAN
    assert zone_cells(label, zones).values.ravel().tolist() == [255, 1, 0, 0]


def green(units, codes_):
    names = [UNITS[c - 1] if c else "" for c in codes_]
    return pd.DataFrame({"unit": units, "code": "c", "name": "n", "green_unit": names, "green_unit_code": codes_, "S": NAN, "rule": "", "possible": "", "stability": NAN, "second_unit": "", "unknown": ""})  # fmt: skip


def test_a_proposed_green_unit_is_a_fact_of_a_place_and_an_open_one_is_not():
    cells = green_unit_cells(places([0, 1, 2, 3]), green([1, 2, 3], [1, 4, 0]))
    assert cells.values.ravel().tolist() == [255, 1, 4, 0]
    flat = numbers([10, 10, 10, 10], "m")
    facts = place_facts(flat, numbers([1, 1, 1, 1], "degree"), green_unit_cells=cells)
    told = facts["green_unit"].values.ravel()
    assert told[1:3].tolist() == [1.0, 4.0]
    assert np.isnan(told[[0, 3]]).all()


def test_units_without_their_number_are_refused():
    with pytest.raises(QuantityError, match="green_units: has no column unit"):
        green_unit_cells(places([1]), green([1], [1]).drop(columns="unit"))


# cards and tasks


def cards(zone, **changed):
    given = {
        "county_cells": places([1, 1, 1, 1]),
        "function_zones": pd.DataFrame(
            {"unit": [1], "code": "c1", "name": "n1", "zone": [zone], "zone_code": [0], "rule": "", "possible": "", **dict.fromkeys(ZONES, NAN), "borderline": NAN, "split": NAN, "stability": NAN, "second_zone": "", "change_indicator": "", "change_from": NAN, "change_to": NAN, "change_zone": "", "unknown": ""}
        ),
        "carrying_capacity": capacity([1], population_water_load=2.0, population_land_load=0.1),
        "red_line_candidate": lay([1, 1, 0, 0], nodata=255),
        "population_density": numbers([30, 20, 500, 450], "person/km2"),
    } | changed  # fmt: skip
    return zone_cards(**given).set_index("topic")


def test_a_strict_county_moves_those_who_live_in_the_line():
    found = cards("strict")
    assert found.loc["migrated", "amount"] == pytest.approx(50.0)
    assert found.loc["limited", "amount"] == pytest.approx(2.0)
    assert np.isnan(found.loc["encouraged", "amount"])


def test_people_in_the_line_are_not_told_where_most_of_it_is_not_known():
    dark = numbers([30, NAN, 500, 450], "person/km2")
    assert cards("strict", population_density=dark, least_known=0.5).loc["migrated", "amount"] == pytest.approx(30.0)  # fmt: skip
    assert np.isnan(cards("strict", population_density=dark, least_known=0.6).loc["migrated", "amount"])  # fmt: skip


def test_a_relieving_county_disperses_its_load_over_capacity():
    assert cards("relieve").loc["dispersed", "amount"] == pytest.approx(500.0)


def test_a_promoting_county_receives_whom_water_land_and_building_ground_carry():
    roomy = capacity([1], population_water_load=0.25, population_land_load=0.1)
    assert cards("promote", carrying_capacity=roomy).loc["received", "amount"] == pytest.approx(3000.0)  # fmt: skip
    narrow = capacity([1], population_water_load=0.25, population_land_load=0.1, built_capacity_km2=1.1)  # fmt: skip
    assert cards("promote", carrying_capacity=narrow).loc["received", "amount"] == pytest.approx(1000.0)  # fmt: skip


def test_an_optimising_county_may_emit_what_its_water_still_holds():
    water = pd.DataFrame({"unit": [1], "yield_m3": NAN, "usable_m3": NAN, "nitrogen_t": 7.0, "nitrogen_limit_t": 5.0, "emission_load": 1.4})  # fmt: skip
    assert cards("optimise", water_limits=water).loc["emission budget", "amount"] == pytest.approx(-2.0)  # fmt: skip


def test_a_county_whose_zone_is_not_known_has_no_card():
    assert cards("").empty


@pytest.mark.parametrize(("lines", "names"), [(zone_lines, ZONES), (task_lines, UNITS)])
def test_every_zone_has_lines_in_both_languages_with_a_source(lines, names):
    assert {line["zone"] for line in lines()} == set(names)
    for line in lines():
        assert line["en"].strip()
        assert line["zh"].strip()
        assert line["source"].strip()
        assert bool(line["amount"]) == bool(line["measure"])


def tasks(code, **changed):
    given = {
        "planning_unit_labels": places([[1, 1, 1, 1], [1, 1, 1, 1]]),
        "green_units": green([1], [code]),
        "carrying_capacity": capacity([1], population_water_load=0.5),
        "cover_type": codes([[FOREST, FOREST, FARMED, FOREST], [FARMED, FARMED, FARMED, BUILT]]),
        "slope": numbers([[40, 30, 26, 30], [25, 5, 5, 5]], "degree"),
        "erosion_sensitivity": codes([[1, 1, 1, 1], [5, 5, 5, 5]]),
    } | changed
    return unit_tasks(**given).set_index("topic")["amount"]


def test_tasks_of_the_four_units():
    kept = tasks(1)
    assert (kept["villages"], kept["forest"], kept["erosion control"]) == (1000.0, 1.0, 1.0)
    assert tasks(2)["settlement cap"] == 1.0
    assert tasks(3)["landscape farming"] == 3.0
    # patches of two cells and of one
    assert tasks(4)["continuity"] == pytest.approx((4 + 1) / 9)
    assert tasks(4)["ecological space"] == 3.0
    assert np.isnan(tasks(1, erosion_sensitivity=None)["erosion control"])


def test_a_field_at_the_limit_of_slope_stays():
    assert tasks(1, steep_deg=26.0)["forest"] == 0.0


# water that passes


def east(count):
    """Every cell drains to the next; the last is the outlet."""
    return lay([[1] * (count - 1) + [0]], nodata=255)


def test_water_adds_up_along_the_river():
    found = river_flow(east(4), numbers([100, 200, -50, 300], "mm/yr"))
    assert found.values.ravel().tolist() == pytest.approx([1e5, 3e5, 3e5, 6e5])


def test_little_unknown_ground_counts_as_the_rest_above_and_much_leaves_the_river_unknown():
    found = river_flow(east(4), numbers([100, NAN, 100, 100], "mm/yr")).values.ravel()
    assert found.tolist() == pytest.approx([1e5, 2e5, 3e5, 4e5])
    blind = river_flow(east(4), numbers([NAN, NAN, 100, 100], "mm/yr")).values.ravel()
    assert np.isnan(blind[:3]).all()
    assert blind[3] == pytest.approx(4e5)


def test_a_town_on_a_river_may_use_a_part_of_what_comes_from_upstream():
    label = places([1, 1, 2, 2])
    depth = numbers([100, 100, 100, 100], "mm/yr")
    flow = river_flow(east(4), depth)
    found = water_limits(label, depth, river_flow=flow, usable_share=0.4, transit_share=0.1)
    assert found["transit_m3"].tolist() == pytest.approx([0.0, 2e5])
    assert found["usable_m3"].tolist() == pytest.approx([0.8e5, 0.8e5 + 0.2e5])
    alone = water_limits(label, depth, usable_share=0.4)
    assert alone["usable_m3"].tolist() == pytest.approx([0.8e5, 0.8e5])
    assert alone["transit_m3"].isna().all()


# ways to core cities


def cities(points, roles):
    frame = {"name": [f"t{k}" for k in range(len(points))], "role": roles}
    return gpd.GeoDataFrame(frame, geometry=[shapely.Point(p) for p in points], crs=EQUAL_AREA)


def ground():
    mask = lay([[1] * 6])
    west, _, _, north = grid_spec(1, 6, cell_m=CELL).bounds
    return mask, numbers([[0.0] * 6], "degree"), west, north - 500.0


def test_only_core_cities_count():
    mask, slope, west, y = ground()
    towns = cities([(west + 500, y), (west + 5500, y)], ["core", "outer"])
    found = core_travel_time(mask, slope, towns, open_kmh=60.0).values.ravel()
    assert found.tolist() == pytest.approx([0, 1, 2, 3, 4, 5])


def test_a_core_city_beyond_the_grid_is_reached_by_a_detour_of_the_straight_line():
    mask, slope, west, y = ground()
    towns = cities([(west - 9500, y)], ["core"])
    found = core_travel_time(mask, slope, towns, beyond_kmh=60.0, detour=1.5).values.ravel()
    assert found.tolist() == pytest.approx([15.0 + 1.5 * k for k in range(6)])


def test_cities_of_which_none_is_core_are_refused_with_the_roles_that_there_are():
    mask, slope, west, y = ground()
    with pytest.raises(DataError, match="cities.role: holds outer, none is 'core'"):
        core_travel_time(mask, slope, cities([(west, y)], ["outer"]))
