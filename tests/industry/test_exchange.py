"""Exchange, growing and layout: every column, with a pencil."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from tests.worlds import EQUAL_AREA, grid, squares

from shanshui.core.cover import covers
from shanshui.core.errors import QuantityError
from shanshui.industry.layout import allocated, layout, phase_out, relocation
from shanshui.industry.suitability import crop_areas, crop_suitability, crops, fitness, unit_growing
from shanshui.industry.symbiosis import (
    checked_streams,
    matched_streams,
    material_circularity,
    symbiosis,
)


def pair(**more):
    base = {
        "firm": ["a", "x"], "material": "slag", "kind": ["supply", "demand"], "amount": [10.0, 4.0], "price": [0.0, 5.0],
        "disposal": [2.0, 0.0], "treatment": [0.5, 0.25], "haulage": [0.1, 0.2], "x_km": [0.0, 3.0], "y_km": [0.0, 4.0],
    }  # fmt: skip
    return pd.DataFrame({**base, **more})


def test_every_column_of_an_exchange():
    found = symbiosis(pair())
    # 5 and 2 saved, .5 and .25 to treat, 5 km at the dearer .2
    assert found.iloc[0].to_dict() == {
        "material": "slag", "source": "a", "target": "x", "amount": pytest.approx(4.0), "km": pytest.approx(5.0),
        "saving": pytest.approx(5.25), "value": pytest.approx(21.0),
    }  # fmt: skip
    assert found.attrs["units"] == {"km": "km", "value": "yuan/yr"}
    register = material_circularity(pair(), found).iloc[0]
    assert register.to_dict() == {
        "material": "slag", "supply": 10.0, "demand": 4.0, "exchanged": pytest.approx(4.0), "recycling_rate": pytest.approx(0.4),
        "substitution_rate": pytest.approx(1.0), "potential_rate": pytest.approx(0.4),
    }  # fmt: skip


def test_what_is_left_stands_by_stream():
    found = matched_streams(pair())
    assert found.supply[["firm", "used", "left"]].to_numpy().tolist() == [["a", 4.0, 6.0]]
    assert found.demand[["firm", "used", "left"]].to_numpy().tolist() == [["x", 4.0, 0.0]]
    assert matched_streams(pair(), closed="a").gain == 0.0


@pytest.mark.parametrize(("reach", "gain"), [([5.0, 9.0], 21.0), ([9.0, 5.0], 21.0), ([4.9, 9.0], 0.0), ([9.0, 4.9], 0.0)])  # fmt: skip
def test_both_must_reach_as_far(reach, gain):
    assert matched_streams(pair(reach_km=reach)).gain == pytest.approx(gain)


@pytest.mark.parametrize(("purity", "gain"), [([0.8, 0.8], 21.0), ([0.79, 0.8], 0.0)])
def test_purity_at_its_edge(purity, gain):
    assert matched_streams(pair(purity=purity)).gain == pytest.approx(gain)


def test_degrees_are_ways_on_the_sphere():
    streams = pair(lon=[106.0, 107.0], lat=[0.0, 0.0]).drop(columns=["x_km", "y_km"])
    found = matched_streams(streams.assign(haulage=0.0)).flows
    assert found["km"].iloc[0] == pytest.approx(6371 * np.pi / 180)
    upward = pair(lon=106.0, lat=[30.0, 31.0]).drop(columns=["x_km", "y_km"])
    up = matched_streams(upward.assign(haulage=0.0)).flows["km"].iloc[0]
    assert up == pytest.approx(6371 * np.pi / 180)
    north = pair(lon=[106.0, 107.0], lat=60.0).drop(columns=["x_km", "y_km"])
    # a degree at sixty degrees north is half as wide, a little less along the great circle
    assert matched_streams(north.assign(haulage=0.0)).flows["km"].iloc[0] == pytest.approx(55.6, abs=0.01)  # fmt: skip


def test_a_park_has_no_distances_and_a_place_that_only_some_have_is_refused():
    park = pair().drop(columns=["x_km", "y_km"])
    assert matched_streams(park).flows["km"].tolist() == [0.0]
    for lost in ({"x_km": [0.0, np.nan]}, {"y_km": [np.nan, 4.0]}, {"x_km": [np.nan, 1.0], "y_km": [np.nan, 1.0]}):  # fmt: skip
        with pytest.raises(QuantityError, match="has no place as others have"):
            matched_streams(pair(**lost))
    mixed = pair(lon=[1.0, np.nan], lat=[1.0, np.nan], x_km=[np.nan, 1.0], y_km=[np.nan, 1.0])
    with pytest.raises(QuantityError, match="has no place"):
        matched_streams(mixed)


def test_what_is_not_told_of_a_stream():
    bare = checked_streams(pd.DataFrame({"firm": ["a"], "material": "w", "kind": [" Supply "], "amount": ["7"]}))  # fmt: skip
    assert bare[["kind", "amount", "purity", "price", "disposal", "treatment", "haulage", "reach_km"]].iloc[0].tolist() == [
        "supply", 7.0, 1.0, 0.0, 0.0, 0.0, 0.5, 200.0,
    ]  # fmt: skip
    assert bare["months"].iloc[0] == frozenset(range(1, 13))
    for text, months in (("11-2", {11, 12, 1, 2}), ("3", {3}), ("1,3，5-6", {1, 3, 5, 6}), ("4.0", {4})):  # fmt: skip
        assert checked_streams(pair(months=text))["months"].iloc[0] == months
    for column, value in (("amount", np.nan), ("haulage", -0.1), ("reach_km", -1.0), ("purity", 1.01), ("months", "0-3")):  # fmt: skip
        with pytest.raises(QuantityError, match=f"streams.{column}"):
            checked_streams(pair(**{column: value}))


def test_fitness_at_its_limits():
    limits = (1.0, 3.0, 4.0, 6.0)
    at = {1.0: 0.0, 1.5: 0.25, 3.0: 1.0, 3.5: 1.0, 4.0: 1.0, 5.0: 0.5, 6.0: 0.0, -9.0: 0.0, 99.0: 0.0}  # fmt: skip
    np.testing.assert_allclose(fitness(np.array(list(at)), limits), list(at.values()))
    step = fitness(np.array([1.99, 2.0, 5.0, 5.01]), (2.0, 2.0, 5.0, 5.0))
    np.testing.assert_array_equal(step, [0, 1, 1, 0])


def conditions(cover, **change):
    crop = crops()["walnut"].limits
    mean = {k: (v[1] + v[2]) / 2 for k, v in crop.items()} | change
    shape = (1, len(cover))
    units = {"temperature": "degC", "rain": "mm/yr", "elevation": "m", "slope": "degree"}
    grids = [grid(np.full(shape, mean[k]), u) for k, u in units.items()]
    codes = [covers()[c].code for c in cover]
    return [*grids, grid([codes], "1", dtype=np.uint8, nodata=0)]


@pytest.mark.parametrize("edge", ["temperature", "rain", "elevation", "slope"])
def test_each_condition_can_be_the_worst(edge):
    _, _, c, d = crops()["walnut"].limits[edge]
    found = crop_suitability(*conditions(["mixed_forest"], **{edge: c + 0.75 * (d - c)}))
    assert found["walnut"].values[0, 0] == pytest.approx(0.25)
    unknown = crop_suitability(*conditions(["mixed_forest"], **{edge: np.nan}))
    assert np.isnan(unknown["walnut"].values[0, 0])


def test_crops_grow_on_their_own_cover():
    found = crop_suitability(*conditions(["open_forest", "paddy", "town"]))
    for crop in crops().values():
        grows = found[crop.crop].values[0] > 0
        allowed = {"forest": [True, False, False], "open": [False, True, False], "any": [True, True, False]}[crop.cover]  # fmt: skip
        assert not (grows & ~np.array(allowed)).any()
    np.testing.assert_array_equal(found["walnut"].values[0], [1, 1, 0])
    other = crop_suitability(
        *conditions(["open_forest", "paddy", "town"]), forest_covers=("built",), open_covers=()
    )
    np.testing.assert_array_equal(other["walnut"].values[0], [0, 0, 1])


def test_land_that_suits_and_land_that_suits_well():
    layers = crop_suitability(*conditions(["forest"] * 5))
    fit = np.array([[0.39, 0.4, 0.69, 0.7, 1.0]], np.float32)
    layers["walnut"].values[:] = fit
    inside = grid([[1, 1, 1, 1, 0]], "1", dtype=np.uint8)
    areas = crop_areas(layers, inside).set_index("crop")
    # cells of a hectare
    assert areas.loc["walnut", "suited_km2"] == pytest.approx(0.03)
    assert areas.loc["walnut", "good_km2"] == pytest.approx(0.01)
    assert areas.loc["walnut", ["name", "name_zh", "kind"]].tolist() == ["Walnut", "核桃", "forest fruit"]  # fmt: skip
    label = grid([[1, 1, 2, 2, 3]], "1", dtype=np.int32, nodata=0)
    growing = unit_growing(layers["walnut"], label).set_index("unit")
    assert growing["area_km2"].to_dict() == pytest.approx({1: 0.01, 2: 0.02, 3: 0.01})
    assert growing["suitability"].to_dict() == pytest.approx({1: 0.4, 2: 0.695, 3: 1.0})
    most = unit_growing(layers["walnut"], label, least=0.695)
    assert most["unit"].tolist() == [2, 3]


def chain(roles=("city", "city", "core", "core")):
    units = squares(4, 40, parts=4)[["geometry"]].assign(area_km2=1.0, downstream=0, river_basin=1)
    admission = pd.DataFrame({"unit": [1, 2, 3, 4], "code": "2740", "verdict": ["forbid", "encourage", "eliminate", "limit"]})  # fmt: skip
    growing = pd.DataFrame({"unit": [1, 2], "area_km2": [1.0, 2.0], "suitability": [0.9, 0.5]})
    places = gpd.GeoDataFrame(
        {"name": ["closed", "open", "near core", "far core"], "role": list(roles)},
        geometry=gpd.points_from_xy([500, 1500, 4500, 9000], [200, 200, 200, 200]),
        crs=EQUAL_AREA,
    )
    return units, admission, growing, places


def test_every_column_of_a_chain():
    found = layout(*chain(), land_share=0.05, city_share=1.0)
    plant = found[found["link"] == "plant"].set_index("place")
    # five and ten hectares, from the middles at 500 and 1500 m to the open town
    assert plant.loc["1"].to_dict() == {
        "link": "plant", "name": "1", "to": "open", "amount_ha": pytest.approx(5.0), "share": pytest.approx(1 / 3),
        "suitability": pytest.approx(0.9), "km": pytest.approx(1.0),
    }  # fmt: skip
    assert plant.loc["2", ["amount_ha", "share", "km"]].tolist() == pytest.approx([10.0, 2 / 3, 0.0])  # fmt: skip
    process = found[found["link"] == "process"].iloc[0]
    assert process[["place", "name", "to"]].tolist() == ["open", "open", "near core"]
    assert process[["amount_ha", "share", "km"]].tolist() == pytest.approx([15.0, 1.0, 3.0])
    research = found[found["link"] == "research"].iloc[0]
    assert research[["place", "name", "to"]].tolist() == ["near core", "near core", ""]
    assert research[["amount_ha", "share"]].tolist() == pytest.approx([15.0, 1.0])
    assert found.loc[found["link"] != "plant", "suitability"].isna().all()
    assert found.attrs["asked_ha"] == found.attrs["placed_ha"] == pytest.approx(15.0)


def test_towns_of_any_other_role_make_and_may_be_given_in_degrees():
    units, admission, growing, places = chain(roles=("city", "outer", "core", "core"))
    plain = layout(units, admission, growing, places, land_share=0.05, city_share=1.0)
    assert set(plain[plain["link"] == "plant"]["to"]) == {"open"}
    there = places.to_crs("EPSG:4326")
    degrees = layout(units, admission, growing, there, land_share=0.05, city_share=1.0)
    assert degrees["km"].tolist() == pytest.approx(plain["km"].tolist(), abs=1e-6, nan_ok=True)
    moved = relocation(jobs(), RECEIVERS.to_crs("EPSG:4326"), city_share=0.75)
    assert moved["km"].tolist() == pytest.approx([5.0, 10.0], abs=1e-6)


def test_growing_goes_no_farther_than_the_reach():
    near = layout(*chain(), land_share=0.05, city_share=1.0, reach_km=1.0)
    assert near.attrs["placed_ha"] == pytest.approx(15.0)
    units, admission, growing, places = chain()
    places = places.assign(geometry=gpd.points_from_xy([500, 1600, 4500, 9000], [200] * 4)).set_crs(
        EQUAL_AREA
    )
    short = layout(units, admission, growing, places, land_share=0.05, city_share=1.0, reach_km=1.0)
    assert short.attrs["placed_ha"] == pytest.approx(10.0)


def test_haulage_weighs_against_suitability():
    units, admission, growing, places = chain()
    # six hectares: the better land is a kilometre off, and distance counts up to its weight
    for weight, best in ((0.3, "1"), (0.5, "2")):
        found = layout(units, admission, growing, places, target_ha=5.0, land_share=0.05, city_share=1.0, reach_km=1.0, haul_weight=weight)  # fmt: skip
        assert found[found["link"] == "plant"]["place"].tolist() == [best]


def test_without_core_cities_nobody_does_research():
    units, admission, growing, places = chain()
    towns = places[places["role"] != "core"]
    found = layout(units, admission, growing, towns, city_share=1.0)
    assert found[found["link"] == "process"]["to"].tolist() == [""]
    assert "research" not in set(found["link"])
    with pytest.raises(QuantityError, match="none but core cities"):
        layout(units, admission, growing, places[places["role"] == "core"])


def test_a_town_outside_all_units_is_not_held_by_their_rules():
    units, admission, growing, places = chain()
    away = places.assign(geometry=gpd.points_from_xy([-50, 1500, 4500, 9000], [200] * 4)).set_crs(
        EQUAL_AREA
    )
    found = layout(units, admission, growing, away, land_share=0.05, city_share=0.5)
    assert set(found[found["link"] == "plant"]["to"]) == {"closed", "open"}


def jobs(**more):
    base = {"code": ["1", "2"], "name": ["a", "b"], "x": [0.0, 1000.0], "y": 0.0, "jobs": [100.0, 50.0], "pushed_share": [0.4, 0.0]}  # fmt: skip
    out = pd.DataFrame({**base, **more})
    out.attrs["crs"] = EQUAL_AREA
    return out


RECEIVERS = gpd.GeoDataFrame(
    {"name": ["near", "far"], "role": ["outer", "core"]},
    geometry=gpd.points_from_xy([3000, 8000], [4000, 6000]),
    crs=EQUAL_AREA,
)


def test_every_column_of_a_move():
    found = relocation(jobs(), RECEIVERS, city_share=0.75)
    assert found[["code", "name", "to"]].to_numpy().tolist() == [["1", "a", "near"], ["1", "a", "far"]]  # fmt: skip
    # three quarters to the nearer, 5 km away, the rest 10 km
    assert found["jobs"].tolist() == pytest.approx([30.0, 10.0])
    assert found["km"].tolist() == pytest.approx([5.0, 10.0])
    left = relocation(jobs(), RECEIVERS, city_share=0.5, reach_km=5.0)
    assert left[["to", "jobs"]].sort_values("to").to_numpy().tolist() == [["", pytest.approx(20.0)], ["near", pytest.approx(20.0)]]  # fmt: skip
    assert np.isnan(left.loc[left["to"] == "", "km"].iloc[0])
    # where nobody knows the jobs the rules may push out some, and nobody knows how many
    some = jobs()
    some["jobs"] = some["jobs"].astype(float)
    some.loc[0, "jobs"] = np.nan
    told = relocation(some, RECEIVERS, city_share=0.75)
    blank = told[told["code"] == str(some["code"].iloc[0])]
    assert blank["to"].tolist() == [""]
    assert blank["jobs"].isna().all()
    assert told["jobs"].iloc[:-1].notna().all()
    assert relocation(jobs(pushed_share=[0.0, 0.0]), RECEIVERS).empty
    with pytest.raises(QuantityError, match="none has a role of inner"):
        relocation(jobs(), RECEIVERS, receiving_roles=("inner",))


def test_nothing_is_placed_where_nothing_is_asked():
    none = allocated(np.ones((1, 1)), np.ones(1), np.ones(1), 0.0)
    assert (none.placed, len(none.amount)) == (0.0, 0)
    some = allocated(np.ones((1, 1)), np.ones(1), np.ones(1), 0.25)
    assert some.amount.tolist() == [0.25]


def plants(**more):
    base = {"plant": ["a", "b"], "capacity": [10.0, 30.0], "built": [1990.0, np.nan]}
    return pd.DataFrame({**base, **more})


def test_plants_of_unknown_age_leave_last_and_a_year_is_enough():
    found = phase_out(plants(), start=2021, stop=2024)
    assert found["plant"].tolist() == ["a", "b"]
    # 40 and then 30 are left: the line falls to 30, 20, 10, 0
    assert found["leaves"].tolist() == [2021, 2022]
    assert found["remaining"].tolist() == [30.0, 0.0]
    at_once = phase_out(plants(), start=2021, stop=2021)
    assert at_once["leaves"].tolist() == [2021, 2021]
    smallest = phase_out(plants(built=1990).drop(columns="built"), start=2021, stop=2024)
    assert smallest["plant"].tolist() == ["a", "b"]


@pytest.mark.parametrize("capacity", [[-1.0, 1.0], [np.nan, 1.0], ["much", 1.0]])
def test_capacities_that_are_none(capacity):
    with pytest.raises(QuantityError, match="capacities.capacity"):
        phase_out(plants(capacity=capacity), start=2020, stop=2021)
