import itertools

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid, squares, valley

from shanshui.basins.delineation import river_basin_outlets, river_basins, upstream_index
from shanshui.basins.flowpaths import (
    conditioned_elevation,
    drainage_check,
    flow_direction,
    flow_distance,
    upstream_area,
)
from shanshui.basins.nested import nested_basins, pfafstetter
from shanshui.basins.planning_units import planning_unit_labels, planning_units, target_area
from shanshui.basins.population import (
    population_density,
    settlement_weight,
    spatial_levels,
    unit_population,
)
from shanshui.basins.streams import river_reaches, stream_order
from shanshui.basins.unit_facts import (
    unit_climate,
    unit_land_cover,
    unit_slope_classes,
    unit_terrain,
)
from shanshui.basins.unit_links import unit_county_crosswalk, unit_neighbours, unit_upstream
from shanshui.core.errors import PlanError, QuantityError
from shanshui.terrain.extent import region_mask
from shanshui.terrain.relief import local_relief, relief_degree
from shanshui.terrain.slope import slope, slope_class


@pytest.fixture(scope="module")
def world():
    ground = valley(60, 90, seed=4)
    ground.values[:3, :3] = np.nan
    out = {"elevation": ground, "mask": region_mask(ground)}
    out["direction"] = flow_direction(conditioned_elevation(ground))
    out["area"] = upstream_area(out["direction"])
    out["order"] = stream_order(out["direction"], out["area"], least_km2=0.5)
    out["outlets"] = river_basin_outlets(out["direction"], out["area"], out["mask"])
    out["basins"] = river_basins(out["direction"], out["outlets"])
    out["index"] = upstream_index(out["direction"], out["basins"], out["outlets"])
    out["labels"] = planning_unit_labels(
        out["direction"], out["mask"], out["basins"], target_area_km2=2.0
    )
    out["units"] = planning_units(
        out["labels"], out["direction"], out["area"], out["index"], out["basins"], out["outlets"]
    )
    return out


def test_all_cells_drain_and_areas_add_up(world):
    check = drainage_check(world["direction"]).iloc[0]
    assert check["undrained"] == 0
    outlets = world["direction"].values == 0
    assert world["area"].values[outlets].sum() == pytest.approx(
        np.isfinite(world["elevation"].values).sum() * 0.01, rel=1e-5
    )


def test_a_loop_is_reported_with_its_place():
    codes = grid([[1, 16, 0]], "1", dtype=np.uint8, nodata=255)
    table = drainage_check(codes)
    assert table["undrained"].iloc[0] == 2
    assert table["x"].iloc[1:].tolist() == [50.0, 150.0]


def test_unconditioned_ground_is_refused():
    with pytest.raises(QuantityError, match="depressions"):
        flow_direction(grid([[9.0, 9, 9, 9], [9, 1, 1, 9], [9, 9, 9, 9]], "m"))


def test_breaching_drains_too_and_moves_less_ground():
    ground = valley(40, 40, seed=1)
    for method in ("fill", "breach"):
        shaped = conditioned_elevation(ground, method=method)
        assert drainage_check(flow_direction(shaped))["undrained"].iloc[0] == 0
    with pytest.raises(PlanError, match="did you mean 'breach'"):
        conditioned_elevation(ground, method="breech")


def test_a_burnt_river_is_followed_and_never_through_the_rim():
    import geopandas as gpd
    from shapely import LineString

    y, x = np.indices((30, 40))
    hill = grid(
        (500 - np.abs(y - 15) * 2.0 - 0.5 * x).astype(np.float32), "m"
    )  # water would leave north and south
    river = gpd.GeoDataFrame(
        {"name": ["r"]}, geometry=[LineString([(0, 1550), (4000, 1550)])], crs="EPSG:6933"
    )
    burnt = conditioned_elevation(hill, river, burn_depth_m=300.0)
    area = upstream_area(flow_direction(burnt)).values
    assert area[14:16, -3].max() > 0.3
    lowered = hill.values - conditioned_elevation(hill, river, burn_depth_m=300.0).values
    assert (lowered[:, :2] <= 0).all()
    with pytest.raises(QuantityError, match="burn_depth_m is set but no rivers"):
        conditioned_elevation(hill, burn_depth_m=10.0)


def test_distance_grows_up_the_stream(world):
    far = flow_distance(world["direction"]).values
    assert (far[world["direction"].values == 0] == 0).all()
    assert np.nanmax(far) > 5.0


def test_reaches_form_a_tree_and_orders_grow_down(world):
    reaches = river_reaches(world["direction"], world["area"], world["order"]).set_index("reach")
    below = reaches["downstream"]
    inner = below[below > 0]
    assert (
        reaches.loc[inner, "order"].to_numpy() >= reaches.loc[inner.index, "order"].to_numpy()
    ).all()
    assert (
        reaches.loc[inner, "upstream_km2"].to_numpy()
        > reaches.loc[inner.index, "upstream_km2"].to_numpy()
    ).all()


# Pfafstetter


def straight(tributaries=4):
    """A stem of tributaries + 1 reaches, the mouth first; one tributary at each joint, larger downstream."""
    stem = list(range(tributaries + 1))
    onward = [-1, *stem[:-1], *stem[:-1]]
    area = np.zeros(len(onward))
    for k in range(tributaries + 1, len(onward)):
        area[k] = 5.0
    for k in stem[::-1]:
        area[k] = 10.0 + sum(area[j] for j in range(len(onward)) if onward[j] == k)
    return np.array(onward), area


def test_nine_pieces_of_a_straight_stem_are_met_in_order():
    onward, area = straight()
    codes = pfafstetter(onward, area, 1)
    assert codes[:5] == ["1", "3", "5", "7", "9"]
    assert codes[5:] == ["2", "4", "6", "8"]


def test_only_the_four_largest_tributaries_get_a_number():
    onward, area = straight(6)
    area[7:] = [1, 9, 2, 8, 7, 6]
    codes = pfafstetter(onward, area, 1)
    assert codes[8] == "2"
    assert codes[7] == "1"  # a small one belongs to the stretch it joins
    assert sorted(set(codes)) == list("123456789")


def downstream_of(a, b):
    """The handbook's test: does a lie downstream of b?"""
    n = next((i for i, (p, q) in enumerate(zip(a, b, strict=True)) if p != q), len(a))
    rest = a[n:]
    return n < len(a) and all(int(d) % 2 for d in rest) and int(rest[0]) < int(b[n])


def test_codes_tell_what_lies_downstream(world):
    rng = np.random.default_rng(3)
    onward = np.array([-1, *[int(rng.integers(max(0, k - 6), k)) for k in range(1, 120)]])
    area = rng.random(120)
    for k in range(119, 0, -1):
        area[onward[k]] += area[k]
    codes = pfafstetter(onward, area, 3)
    for k in range(120):
        above = k
        while onward[above] >= 0:
            below = onward[above]
            if codes[below] != codes[k]:
                assert downstream_of(codes[below], codes[k]) or int(codes[below][0]) <= int(
                    codes[k][0]
                )
            above = below


def test_finer_basins_sum_to_their_parents_and_to_the_region(world):
    need = [world[k] for k in ("direction", "area", "order", "basins", "outlets", "mask")]
    levels = [nested_basins(*need, level=k) for k in (1, 2, 3)]
    total = world["mask"].values.sum() * 0.01
    for coarse, fine in itertools.pairwise(levels):
        assert fine["code"].is_unique
        parts = fine.groupby("parent")["area_km2"].sum()
        np.testing.assert_allclose(parts.reindex(coarse["code"]), coarse["area_km2"])
    for frame in levels:
        assert frame["area_km2"].sum() == pytest.approx(total)
        np.testing.assert_allclose(frame.area / 1e6, frame["area_km2"])


def test_reference_outlets_are_moved_to_the_published_area(world):
    import geopandas as gpd

    reaches = river_reaches(world["direction"], world["area"], world["order"])
    main = reaches.loc[reaches["upstream_km2"].idxmax()]
    x, y = main.geometry.coords[-2]
    points = gpd.GeoDataFrame(
        {"name": ["gauge"], "published_km2": [main["upstream_km2"]]},
        geometry=gpd.points_from_xy([x - 180], [y + 120]),
        crs="EPSG:6933",
    )
    outlets = river_basin_outlets(
        world["direction"], world["area"], world["mask"], points, snap_km=0.5
    )
    assert outlets.loc[1, "name"] == "gauge"
    assert outlets.loc[1, "upstream_km2"] == pytest.approx(main["upstream_km2"], rel=0.02)
    inside = (river_basins(world["direction"], outlets).values == 1).sum() * 0.01
    assert inside == pytest.approx(outlets.loc[1, "upstream_km2"], rel=1e-4)


# planning units


def test_units_cover_the_region_once(world):
    units = world["units"]
    assert units["area_km2"].sum() == pytest.approx(world["mask"].values.sum() * 0.01)
    np.testing.assert_allclose(units.area / 1e6, units["area_km2"])
    assert ((world["labels"].values > 0) == (world["mask"].values == 1)).all()


def test_units_are_near_the_target_and_no_sliver_is_left(world):
    area = world["units"]["area_km2"]
    assert area.min() >= 2.0 / 40
    assert 0.8 <= area.median() <= 2.6


def test_the_tree_of_units_has_no_circle_and_upper_units_lie_higher(world):
    units = world["units"]
    above = unit_upstream(units)  # refuses circles
    assert (above["unit"] != above["upstream"]).all()
    inner = units[units["downstream"] > 0]
    below = units.loc[inner["downstream"]]
    assert (below["upstream_km2"].to_numpy() > inner["upstream_km2"].to_numpy()).all()
    assert set(units["position"]) <= {"upper", "middle", "lower"}
    assert (units.loc[units["headwater"], "position"] == "upper").all()


def test_larger_targets_make_fewer_units(world):
    args = world["direction"], world["mask"], world["basins"]
    counts = [
        int(planning_unit_labels(*args, target_area_km2=t).values.max())
        for t in (1.0, 2.0, 5.0, 20.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert target_area(300000.0, world_grid(1000.0)) == pytest.approx(200.0)


def world_grid(cell):
    from tests.worlds import grid_spec

    return grid_spec(10, 10, cell)


def test_an_empty_region_is_refused(world):
    nothing = world["mask"].copy(data=np.zeros_like(world["mask"].values))
    with pytest.raises(QuantityError, match="no cell of the region"):
        planning_unit_labels(world["direction"], nothing, world["basins"])


def test_units_that_touch_and_counties_they_lie_in(world):
    table = unit_neighbours(world["labels"])
    assert (table["source"] < table["target"]).all()
    counties = squares(60, 90, parts=4)
    cross = unit_county_crosswalk(world["labels"], counties)
    np.testing.assert_allclose(
        cross.groupby("unit")["area_km2"].sum(), world["units"]["area_km2"], rtol=1e-9
    )
    assert cross.groupby("county")["share_of_county"].sum().max() <= 1.0 + 1e-9


def test_facts_of_units(world):
    ground = world["elevation"]
    angle = slope(ground)
    facts = unit_terrain(
        world["labels"],
        ground,
        angle,
        local_relief(ground, window_cells=5),
        relief_degree(ground, angle, window_cells=5),
    )
    one = world["labels"].values == 1
    assert facts.loc[1, "elevation_mean"] == pytest.approx(np.nanmean(ground.values[one]), rel=1e-6)
    assert facts.loc[1, "elevation_max"] == pytest.approx(np.nanmax(ground.values[one]))
    shares = unit_slope_classes(world["labels"], slope_class(angle))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    warm = grid(np.full(ground.shape, 12.0, np.float32), "degC")
    assert unit_climate(world["labels"], warm)["temperature"].tolist() == pytest.approx(
        [12.0] * len(facts)
    )
    with pytest.raises(QuantityError, match="none of temperature"):
        unit_climate(world["labels"])


def test_missing_cover_is_in_no_class(world):
    codes = np.full(world["labels"].shape, 7, np.uint8)
    codes[:, 40:] = 255
    table = unit_land_cover(world["labels"], grid(codes, "1", nodata=255))
    assert set(table["class"]) == {7}
    assert table.groupby("unit")["share"].sum().tolist() == pytest.approx(
        [1.0] * table["unit"].nunique()
    )


# people


def test_people_are_kept_and_live_where_it_is_flat(world):
    counties = squares(60, 90, parts=3)
    people = pd.DataFrame(
        [
            (c, y, n)
            for c, n in (("101", 900.0), ("102", 300.0), ("103", 600.0))
            for y in (2010, 2020)
        ],
        columns=["code", "year", "population"],
    )
    weight = settlement_weight(slope(world["elevation"]))
    # nine of the first county's 1800 cells are no ground
    there = 1800.0 - 900.0 * 9 / 1800
    density = population_density(people, counties, weight)
    assert np.nansum(density.values) * 0.01 == pytest.approx(there, rel=1e-5)
    table = unit_population(people, counties, weight, world["labels"])
    assert table.groupby("year")["population"].sum().tolist() == pytest.approx(
        [there, there], rel=1e-6
    )
    with pytest.raises(QuantityError, match="none of its codes"):
        population_density(people.assign(code="9"), counties, weight)


def test_a_county_half_outside_brings_half_its_people():
    counties = squares(4, 4, parts=1)
    counties.geometry = counties.geometry.scale(2.0, 1.0, origin=(0, 0))
    people = pd.DataFrame([("101", 2020, 100.0)], columns=["code", "year", "population"])
    weight = grid(np.ones((4, 4), np.float32), "1")
    assert population_density(people, counties, weight).values.sum() * 0.01 == pytest.approx(50.0)
    weight.values[:2] = np.nan  # and where half of that is no ground, a quarter
    assert np.nansum(population_density(people, counties, weight).values) * 0.01 == pytest.approx(
        25.0
    )


def test_levels_may_overlap():
    counties = squares(4, 8, parts=4)
    cities = squares(4, 8, parts=2).assign(code=["A", "B"])
    people = pd.DataFrame(
        [(c, 2020, 10.0) for c in counties["code"]], columns=["code", "year", "population"]
    )
    levels = spatial_levels(
        counties, cities, people, inner_codes=("101", "102"), outer_codes=("B", "102")
    ).set_index("level")
    assert levels["counties"].to_dict() == {"inner": 2, "outer": 3, "whole": 4}
    assert levels.loc["whole", "population"] == 40.0
    with pytest.raises(QuantityError, match="no county or prefecture has the code 999"):
        spatial_levels(counties, inner_codes=("999",))
