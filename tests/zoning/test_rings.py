"""Five rings: order of claims, axes between neighbours, towns of counties, what rises along the rings and how surely."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from tests.worlds import codes, labels, numbers

from shanshui.core.cover import codes_of
from shanshui.core.errors import DataError
from shanshui.region.grid import grid_of
from shanshui.zoning.axes import axis_cells
from shanshui.zoning.county_towns import county_towns
from shanshui.zoning.ring_gradient import ring_areas, ring_gradient
from shanshui.zoning.rings import rings

CELL = 1000.0
NY, NX = 21, 61
FOREST, FIELD, TOWN = (codes_of((word,))[0] for word in ("forest", "farmed", "built"))


def full(value, dtype=np.uint8):
    return np.full((NY, NX), value, dtype)


def points(**places):
    """Named points at (row, column) with a role."""
    rows = [
        (name, role, Point((c + 0.5) * CELL, (NY - r - 0.5) * CELL))
        for name, (role, r, c) in places.items()
    ]
    frame = pd.DataFrame([row[:2] for row in rows], columns=["name", "role"])
    return gpd.GeoDataFrame(frame, geometry=[row[2] for row in rows], crs=grid_of(MASK).crs)


MASK = codes(full(1), nodata=0, cell_m=CELL)
LEVEL = numbers(full(0.0, np.float32), "degree", cell_m=CELL)
CITIES = points(a=("core", 10, 2), b=("inner", 10, 58))


def rings_of(green=None, cities=CITIES, **given):
    green = codes(full(3) if green is None else green, cell_m=CELL)
    # at 60 km/h on open level ground a minute is a kilometre
    settings = {
        "open_kmh": 60.0,
        "circle_minutes": 5.0,
        "axis_km": 1.0,
        "town_minutes": 3.0,
    } | given
    return rings(MASK, LEVEL, cities, green, **settings).values


def test_rings_follow_each_other_from_the_city_inward():
    found = rings_of()
    assert found[10, 2] == found[10, 7] == found[5, 2] == 1
    assert found[10, 8] == 2
    assert found[9, 30] == found[10, 30] == found[11, 30] == 2
    assert found[12, 30] == 4
    # the centre is a town too: beside the axis its network
    assert found[13, 58] == 3
    assert found[14, 58] == 4


def test_all_green_ground_and_protected_areas_are_core_even_beside_a_city():
    green = full(3)
    green[8:13, 0:4] = 1
    areas = gpd.GeoDataFrame(
        {"name": ["p"]}, geometry=[box(28 * CELL, 8 * CELL, 33 * CELL, 13 * CELL)], crs=CITIES.crs
    )
    found = rings_of(green, protected_areas=areas)
    assert found[10, 2] == 5
    assert found[10, 30] == 5
    assert found[10, 5] == 1


def test_ground_of_an_unknown_green_unit_has_no_ring_and_none_lies_outside():
    green = full(3)
    green[0, 30] = 0
    mask = full(1)
    mask[20, :] = 0
    found = rings(
        codes(mask, nodata=0, cell_m=CELL), LEVEL, CITIES, codes(green, cell_m=CELL)
    ).values
    assert found[0, 30] == 0
    assert (found[20] == 255).all()
    assert (found[:20] != 255).all()


def test_ground_without_a_slope_has_no_ring_unless_it_is_core():
    slope = full(0.0, np.float32)
    slope[0, 30] = slope[0, 31] = np.nan
    green = full(3)
    green[0, 31] = 1
    found = rings(
        MASK, numbers(slope, "degree", cell_m=CELL), CITIES, codes(green, cell_m=CELL)
    ).values
    assert (found[0, 30], found[0, 31]) == (0, 5)


def test_a_city_beyond_the_grid_has_its_circle_too():
    far = points(a=("outer", 10, -4), b=("inner", 10, 58))
    found = rings_of(cities=far, circle_minutes=10.0, beyond_kmh=60.0, detour=1.0)
    # six kilometres from the city to the middle of column 2
    assert found[10, 2] == found[10, 6] == 1
    assert found[10, 7] != 1


def test_roads_carry_circle_and_axis():
    road = gpd.GeoDataFrame(
        geometry=[box(2 * CELL, 17 * CELL, 59 * CELL, 18 * CELL).exterior], crs=CITIES.crs
    )

    # along the northern edge of the box at ten times the speed
    def found(**given):
        return rings_of(open_kmh=30.0, roads=road, **given)

    assert (found(road_kmh=30.0)[3, 20:40] == 4).all()
    assert (found(road_kmh=300.0)[3, 20:40] == 2).all()
    near, far = (found(road_kmh=v, circle_minutes=20.0)[3] == 1 for v in (30.0, 300.0))
    assert not near[20]
    assert far[20]


def test_cities_without_one_of_the_circle_are_refused_with_the_roles_found():
    with pytest.raises(
        DataError, match=r"cities.role: holds inner, none of core, outer; .* rings.circle_roles"
    ):
        rings_of(cities=points(b=("inner", 10, 58)))
    with pytest.raises(DataError, match="cities: has no column role"):
        rings_of(cities=CITIES.drop(columns="role"))
    named = rings_of(cities=points(b=("big", 10, 58)), circle_roles=("big",))
    assert named[10, 58] == 1


def axes_of(slow=None, **places):
    slow = np.full((NY, NX), 1e-3) if slow is None else slow
    return axis_cells(grid_of(MASK), slow, points(**{k: ("x", *at) for k, at in places.items()}))


def test_an_axis_runs_through_a_city_between_two_others_and_not_past_it():
    found = axes_of(a=(10, 2), b=(12, 30), c=(10, 58))
    assert found[[10, 12, 10], [2, 30, 58]].all()
    assert found[:, 30].sum() == 1


def test_three_cities_far_from_each_other_are_all_joined():
    found = axes_of(a=(0, 0), b=(0, 20), c=(17, 10))
    assert found[0, 10]
    assert found[1:17].any(axis=1).all()
    # a triangle of almost one side: each side is an axis
    assert found[8].sum() == 2


def test_a_way_goes_round_ground_that_nobody_passes_and_none_leads_across():
    wall = np.full((NY, NX), 1e-3)
    wall[:20, 30] = np.nan
    found = axes_of(wall, a=(10, 20), b=(10, 40))
    assert np.flatnonzero(found[:, 30]).tolist() == [20]
    wall[20, 30] = np.nan
    assert not axes_of(wall, a=(10, 20), b=(10, 40)).any()


def test_one_city_and_two_on_one_spot_have_no_axis():
    assert not axes_of(a=(10, 20)).any()
    assert not axes_of(a=(10, 20), b=(10, 20)).any()


def test_the_town_of_a_county_is_named_or_where_its_people_are_densest():
    held = full(0, np.int32)
    held[:, :20], held[:, 20:40], held[:, 40:60] = 1, 2, 3
    counties = gpd.GeoDataFrame(
        {"code": ["101", "102", "103"], "name": ["x", "y", "z"], "parent": ""},
        geometry=[box(0, 0, 1, 1)] * 3, index=pd.Index([1, 2, 3], name="unit"), crs=CITIES.crs,
    )  # fmt: skip
    density = full(0.0, np.float32)
    density[3, 5], density[4, 25], density[9, 22] = 900.0, 50.0, 80.0
    density[:, 40:60] = np.nan
    towns = county_towns(
        labels(held, cell_m=CELL),
        counties,
        points(t=("town", 10, 2)),
        numbers(density, "person/km2", cell_m=CELL),
    )
    assert towns[["unit", "code", "rule"]].values.tolist() == [
        [1, "101", "named"],
        [2, "102", "most people"],
    ]
    assert (towns.geometry[1].x, towns.geometry[1].y) == (22.5 * CELL, (NY - 9.5) * CELL)


def test_areas_of_the_rings_add_up_and_industry_is_that_of_the_counties():
    ring = np.repeat([1, 2, 3, 5, 0, 255], [10, 10, 10, 20, 5, 6])[None].repeat(NY, 0)
    cover = np.full((NY, NX), FOREST)
    cover[:, :10], cover[:, 10:20] = TOWN, FIELD
    line = full(0)
    line[:, 30:40] = 1
    held = full(1, np.int32)
    held[:, 30:] = 2
    counties = gpd.GeoDataFrame(
        {"code": ["101", "102"], "name": ["x", "y"], "parent": ""},
        geometry=[box(0, 0, 10 * CELL, 10 * CELL), box(0, 0, 20 * CELL, 10 * CELL)],
        index=pd.Index([1, 2], name="unit"), crs=CITIES.crs,
    )  # fmt: skip
    rows = [("101", 2019, "secondary", 9e9), ("101", 2020, "primary", 5e9), ("101", 2020, "secondary", 1e9), ("101", 2020, "tertiary", 2e9),
            ("102", 2020, "secondary", 1e9), ("102", 2020, "tertiary", np.nan)]  # fmt: skip
    table = ring_areas(
        codes(ring, cell_m=CELL), codes(full(3), cell_m=CELL), codes(cover, nodata=0, cell_m=CELL), codes(line, cell_m=CELL),
        population_density=numbers(full(2.0, np.float32), "person/km2", cell_m=CELL), county_cells=labels(held, cell_m=CELL),
        counties=counties, county_gdp=pd.DataFrame(rows, columns=["code", "year", "sector", "yuan"]),
    ).set_index("ring")  # fmt: skip
    assert table.index.tolist() == ["circle", "axes", "network", "core"]
    assert table["area_km2"].tolist() == [NY * 10, NY * 10, NY * 10, NY * 20]
    # five columns of the region have no ring
    assert table["share"].sum() == pytest.approx(50 / 55)
    assert table["people"].tolist() == pytest.approx([NY * 20, NY * 20, NY * 20, NY * 40])
    assert table["protected_share"].tolist() == [0.0, 0.0, 0.0, 0.5]
    assert table["built_share"].tolist() == [1.0, 0.0, 0.0, 0.0]
    assert table["medium_fields_km2"].tolist() == [0.0, NY * 10, 0.0, 0.0]
    # three milliards on a hundred km2; a county of which a sector is missing has no product
    assert table["product_per_km2"].tolist()[:3] == pytest.approx([3e7] * 3)
    assert np.isnan(table["product_per_km2"]["core"])
    assert table["jobs_per_km2"].isna().all()


def gradient(value, **settings):
    """Protection by rings over 60 columns of places."""
    held = np.arange(NX)[None].repeat(NY, 0).astype(np.int32)
    ring = np.clip(np.arange(NX) // 12 + 1, 1, 5)[None].repeat(NY, 0)
    line = np.zeros((NY, NX))
    for column in range(NX):
        line[: int(value[column]), column] = 1
    table = ring_gradient(
        labels(held, cell_m=CELL),
        codes(ring, cell_m=CELL),
        red_line_candidate=codes(line, cell_m=CELL),
        **settings,
    )
    return table.set_index(["indicator", "ring_range"])


def test_protection_that_rises_inward_holds_and_that_falls_is_contrary():
    up = gradient(np.arange(NX) // 3).loc[("protected_share", "all")]
    assert up["gradient"] == "holds"
    assert up["rank_correlation"] > 0.9
    assert up["correlation_low"] <= up["rank_correlation"] <= up["correlation_high"]
    down = gradient(np.arange(NX)[::-1] // 3).loc[("protected_share", "all")]
    assert (down["gradient"], np.sign(down["rank_correlation"])) == ("contrary", -1)


def test_a_measure_without_order_stays_open_and_one_that_is_missing_not_known():
    noise = np.random.default_rng(3).integers(0, NY, NX)
    table = gradient(noise)
    assert table.loc[("protected_share", "all"), "gradient"] == "open"
    assert set(table.loc["product_per_km2", "gradient"]) == {"not known"}
    assert set(table.loc["product_per_km2", "place_count"]) == {0}


def test_what_only_the_core_holds_is_no_gradient_without_it():
    only_core = np.where(np.arange(NX) >= 48, NY, 0)
    table = gradient(only_core)
    assert table.loc[("protected_share", "all"), "gradient"] == "holds"
    assert table.loc[("protected_share", "without core"), "gradient"] == "not known"
    assert table.loc[("protected_share", "without core"), "place_count"] == 47


def test_too_few_places_tell_nothing():
    value = np.arange(NX) // 3
    assert (
        gradient(value, least_places=60, blocks=10000).loc[("protected_share", "all"), "gradient"]
        == "holds"
    )
    assert (
        gradient(value, least_places=61, blocks=10000).loc[("protected_share", "all"), "gradient"]
        == "not known"
    )


def test_neighbours_that_are_drawn_together_widen_the_interval():
    value = np.repeat(np.random.default_rng(5).integers(0, NY, 11), 6)[:NX]

    def width(blocks):
        row = gradient(value, blocks=blocks, least_places=3).loc[("protected_share", "all")]
        return row["correlation_high"] - row["correlation_low"]

    assert width(10) > width(10000)


def test_the_same_seed_gives_the_same_interval():
    value = np.arange(NX) // 3
    assert gradient(value, seed=4).equals(gradient(value, seed=4))
    assert not gradient(value, seed=4).equals(gradient(value, seed=5))
