"""Water that land yields, keeps and lets off at once; floods, stations and watersheds."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from tests.worlds import EQUAL_AREA, grid

from shanshui.accounts.flood_mitigation import flood_mitigation, flood_storage, storm_runoff
from shanshui.accounts.seasonal_yield import monthly_quick_flow, quick_flow
from shanshui.accounts.water_retention import (
    water_balance_check,
    water_retention,
    water_retention_index,
)
from shanshui.accounts.water_yield import hydropower, water_supply, water_yield
from shanshui.accounts.watersheds import watershed_results
from shanshui.core.errors import QuantityError

ONE = np.uint8
KM = 1000.0


def cell(value, unit):
    return grid([[float(value)]], unit)


def only(values):
    return float(values.values[0, 0])


def cover(*codes):
    return grid([list(codes or (1,))], "1", dtype=ONE)


def boxes(*spans, **columns):
    """Polygons over columns of a row of cells of 1 km."""
    shapes = [shapely.box(a * KM, 0, b * KM, KM) for a, b in spans]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=EQUAL_AREA)


def yields(
    *, rain=900.0, demand=950.0, depth=1000.0, water=0.15, veg=1, root=1000.0, kc=1.0, **settings
):
    table = pd.DataFrame({"lucode": [1], "lulc_veg": [veg], "root_depth": [root], "kc": [kc]})
    return water_yield(
        cell(rain, "mm/yr"), cell(demand, "mm/yr"), cell(depth, "mm"), cell(water, "1"), cover(), table, **settings
    )  # fmt: skip


def test_water_yield_layers_of_the_handbook():
    """900 mm under 950 mm, 150 mm of water in the soil, Z = 9: 659.07 mm evaporate."""
    out = yields()
    assert only(out["evapotranspiration"]) == pytest.approx(659.07, abs=0.01)
    assert only(out["water_yield"]) == pytest.approx(240.93, abs=0.01)
    assert only(out["evaporation_share"]) == pytest.approx(659.07 / 900, abs=1e-5)


def test_the_shallower_of_soil_and_roots_holds_the_water():
    known = only(yields()["water_yield"])
    assert only(yields(depth=5000.0)["water_yield"]) == pytest.approx(known)
    assert only(yields(root=5000.0)["water_yield"]) == pytest.approx(known)
    assert only(yields(depth=500.0)["water_yield"]) > known + 20


def test_the_curve_is_capped_at_five():
    """Z AWC / P + 1.25 = 5 at Z = 22.5: more changes nothing."""
    at, beyond, below = (yields(seasonality=z) for z in (22.5, 30.0, 20.0))
    assert only(beyond["water_yield"]) == only(at["water_yield"])
    assert only(below["water_yield"]) > only(at["water_yield"]) + 1


def test_ground_without_plants_evaporates_what_it_can():
    """0.5 x 950 of 900 mm; 2 x 950 cannot be more than the rain."""
    bare = yields(veg=0, kc=0.5)
    assert only(bare["evapotranspiration"]) == pytest.approx(475.0)
    assert only(bare["water_yield"]) == pytest.approx(425.0)
    assert only(yields(veg=0, kc=2.0)["water_yield"]) == pytest.approx(0.0, abs=1e-4)


def test_no_rain_is_no_figure_and_water_in_percent_is_refused():
    dry = yields(rain=0.0)
    assert all(np.isnan(only(dry[k])) for k in dry)
    assert np.isfinite(only(yields(water=1.0)["water_yield"]))
    with pytest.raises(QuantityError, match="reaches 1.01"):
        yields(water=1.01)


@pytest.mark.parametrize("water", [-0.01, -9999.0])
def test_a_share_of_water_below_nothing_is_refused(water):
    assert only(yields(water=0.0)["water_yield"]) < 900.0
    with pytest.raises(QuantityError, match=f"goes down to {water:g}, expected a share"):
        yields(water=water)


def test_land_is_under_vegetation_or_it_is_not():
    with pytest.raises(QuantityError, match=r"lulc_veg: code 1 holds 0\.5, expected 1 under"):
        yields(veg=0.5)


STATION = pd.DataFrame(
    {
        "WS_ID": [1], "efficiency": [0.8], "fraction": [0.5], "height": [100.0], "kw_price": [0.5], "cost": [100.0],
        "time_span": [2], "discount": [10.0],
    }
)  # fmt: skip


def supply(*rows):
    frame = pd.DataFrame(rows, columns=["ws_id", "supply_m3"])
    return frame.assign(yield_m3=frame["supply_m3"], consumed_m3=0.0)


def test_power_of_a_station_with_a_pencil():
    """0.00272 x 0.8 x 0.5 x 100 x 1e6 = 108 800 kWh; (54 400 - 100) yuan now and in a year."""
    out = hydropower(supply((1, 1e6)), STATION).iloc[0]
    assert out["energy_kwh"] == pytest.approx(108_800)
    assert out["value"] == pytest.approx(54_300 * (1 + 1 / 1.1))
    plain = hydropower(supply((1, 1e6)), STATION.assign(discount=0.0)).iloc[0]
    assert plain["value"] == pytest.approx(2 * 54_300)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"WS_ID": 9}, "9 is no watershed; there are 1"),
        ({"efficiency": 1.1}, "from 0 to 1"),
        ({"fraction": -0.1}, "hydropower_stations.fraction: station 1"),
        ({"height": np.nan}, "hydropower_stations.height"),
        ({"cost": "dear"}, "holds 'dear'"),
    ],
)
def test_stations_that_are_not_right_are_refused(change, message):
    with pytest.raises(QuantityError, match=message):
        hydropower(supply((1, 1e6)), STATION.assign(**change))


def test_a_station_table_without_a_column_is_refused():
    with pytest.raises(QuantityError, match="no column height"):
        hydropower(supply((1, 1e6)), STATION.drop(columns="height"))
    edge = hydropower(supply((1, 1e6)), STATION.assign(efficiency=1.0, fraction=1.0))
    assert edge["energy_kwh"].iloc[0] == pytest.approx(272_000)


def test_supply_of_each_watershed():
    """Two cells of 1 km2 under 100 mm and one under 300; farms use 50 m3 a hectare."""
    water = grid([[100.0, 100.0, 300.0, np.nan]], "mm/yr", cell_m=KM)
    land = grid([[1, 2, 2, 2]], "1", dtype=ONE, cell_m=KM)
    table = pd.DataFrame({"lucode": [1, 2], "demand": [0.0, 50.0]})
    out = water_supply(water, land, table, boxes((0, 2), (2, 3), (3, 4))).set_index("ws_id")
    assert out.loc[1, ["yield_m3", "consumed_m3", "supply_m3"]].tolist() == [2e5, 5e3, 1.95e5]
    assert out.loc[2, ["yield_m3", "consumed_m3", "supply_m3"]].tolist() == [3e5, 5e3, 2.95e5]
    # a watershed without a known cell has no yield, not a yield of 0
    assert np.isnan(out.loc[3, "yield_m3"])
    assert np.isnan(out.loc[3, "supply_m3"])


def test_results_by_watershed():
    layers = xr.Dataset(
        {
            "yield": grid([[100.0, 300.0, np.nan]], "mm/yr", cell_m=KM),
            "loss": grid([[2.0, 4.0, np.nan]], "t/ha/yr", cell_m=KM),
            "load": grid([[5.0, 7.0, np.nan]], "kg/ha/yr", cell_m=KM),
            "stock": grid([[1.0, 3.0, np.nan]], "t/ha", cell_m=KM),
            "share": grid([[0.2, 0.4, np.nan]], "1", cell_m=KM),
        }
    )
    out = watershed_results(layers, boxes((0, 2), (2, 3), name=["a", "b"]))
    out = out.set_index(["watershed", "layer"])
    expected = {
        "yield": (200.0, 4e5, "m3/yr"),
        "loss": (3.0, 600.0, "t/yr"),
        "load": (6.0, 1200.0, "kg/yr"),
        "stock": (2.0, 400.0, "t"),
    }
    for layer, (mean, total, unit) in expected.items():
        assert out.loc[("a", layer), "mean"] == pytest.approx(mean), layer
        assert out.loc[("a", layer), "total"] == pytest.approx(total), layer
        assert out.loc[("a", layer), "unit"] == unit
    assert out.loc[("a", "share"), "mean"] == pytest.approx(0.3)
    assert np.isnan(out.loc[("a", "share"), "total"])
    assert out.loc[("a", "share"), "unit"] == ""
    assert out.loc[("a", "loss"), "known_km2"] == 2.0
    # no known cell: nothing is told
    assert out.loc[("b", "loss"), "known_km2"] == 0.0
    assert np.isnan(out.loc[("b", "loss"), "total"])
    assert np.isnan(out.loc[("b", "loss"), "mean"])


def test_watersheds_may_lie_in_one_another():
    """Two gauges and the land above both: each is summed by itself, in whatever order."""
    shapes = boxes((0, 3), (0, 1), (1, 3), (-5, 1), (7, 9), ws_id=[100, 1, 2, 3, 4])
    layers = xr.Dataset({"loss": grid([[2.0, 4.0, 6.0]], "t/ha/yr", cell_m=KM)})
    out = watershed_results(layers, shapes).set_index("watershed")
    assert out["total"].iloc[:4].tolist() == [1200.0, 200.0, 1000.0, 200.0]
    assert out["known_km2"].tolist() == [3.0, 1.0, 2.0, 1.0, 0.0]
    # beyond the map nothing is known
    assert np.isnan(out.loc["4", "total"])
    table = pd.DataFrame({"lucode": [1], "demand": [1.0]})
    water, land = (
        grid([[10.0, 20.0, 30.0]], "mm/yr", cell_m=KM),
        grid([[1, 1, 1]], "1", dtype=ONE, cell_m=KM),
    )
    found = water_supply(water, land, table, shapes).set_index("ws_id")
    assert found["yield_m3"].iloc[:4].tolist() == [6e4, 1e4, 5e4, 1e4]
    assert found["consumed_m3"].iloc[:4].tolist() == [300.0, 100.0, 200.0, 100.0]


def test_a_slanting_watershed_has_the_cells_whose_centres_it_holds():
    """A triangle over the lower left of 4 x 4 cells of 1 km."""
    corner = gpd.GeoDataFrame(
        {"ws_id": [1]},
        geometry=[shapely.Polygon([(0, 0), (4.1 * KM, 0), (0, 4.1 * KM)])],
        crs=EQUAL_AREA,
    )
    values = np.arange(16, dtype=np.float32).reshape(4, 4)
    out = watershed_results(xr.Dataset({"loss": grid(values, "t/ha/yr", cell_m=KM)}), corner)
    held = [v for i, line in enumerate(values) for j, v in enumerate(line) if j <= i]
    assert out["known_km2"].iloc[0] == len(held)
    assert out["total"].iloc[0] == pytest.approx(100 * sum(held))


def test_a_watershed_smaller_than_a_cell_has_its_share():
    """A square of 300 m off the centre of its cell of a km2, in a watershed that holds it: 9 ha of 4 t."""
    shapes = gpd.GeoDataFrame(
        {"ws_id": [1, 2]},
        geometry=[shapely.box(0, 0, 3 * KM, KM), shapely.box(1.1 * KM, 100, 1.4 * KM, 400)],
        crs=EQUAL_AREA,
    )
    layers = xr.Dataset({"loss": grid([[2.0, 4.0, 6.0]], "t/ha/yr", cell_m=KM)})
    out = watershed_results(layers, shapes).set_index("watershed")
    assert out["total"].tolist() == pytest.approx([1200.0, 36.0])
    assert out["mean"].tolist() == pytest.approx([4.0, 4.0])
    assert out["known_km2"].tolist() == pytest.approx([3.0, 0.09])


def test_results_that_are_missing_tell_why():
    layers = xr.Dataset(
        {
            "usle": grid([[2.0, 4.0, np.nan]], "t/ha/yr", cell_m=KM),
            "sed_export": grid([[np.nan, 4.0, np.nan]], "t/ha/yr", cell_m=KM),
        },
        attrs={"missing_because": {"sed_export": "no cell reaches the threshold of 9 cells"}},
    )
    out = watershed_results(layers, boxes((0, 1), (1, 2), (2, 3), (7, 9)))
    why = out.set_index(["layer", "watershed"])["reason"]
    assert why["sed_export"].tolist() == [
        "no cell reaches the threshold of 9 cells", "", "no cell of the watershed is known", "it lies outside the grid",
    ]  # fmt: skip
    assert why["usle"].tolist()[:2] == ["", ""]
    assert out["total"].isna().tolist() == [False, False, True, True, True, False, True, True]


def test_watersheds_are_named_by_number_name_or_order():
    layers = xr.Dataset({"loss": grid([[2.0, 4.0]], "t/ha/yr", cell_m=KM)})
    shapes = boxes((0, 1), (1, 2))
    assert watershed_results(layers, shapes)["watershed"].tolist() == ["1", "2"]
    numbered = shapes.assign(ws_id=[7, 9], name=["a", "b"])
    assert watershed_results(layers, numbered)["watershed"].tolist() == ["7", "9"]
    below = shapes.assign(subws_id=[3, 4])
    assert watershed_results(layers, below)["watershed"].tolist() == ["3", "4"]


def test_water_retained_layer_by_layer():
    rain, lost = grid([[900.0, 500.0, np.nan]], "mm/yr"), grid([[500.0, 480.0, 100.0]], "mm/yr")
    table = pd.DataFrame({"lucode": [1], "runoff_alpha": [0.1]})
    out = water_retention(rain, lost, cover(1, 1, 1), table)
    np.testing.assert_allclose(out["quick_flow"].values[0, :2], [90, 50])
    np.testing.assert_allclose(out["balance"].values[0, :2], [310, -30], rtol=1e-6)
    np.testing.assert_allclose(out["retained"].values[0, :2], [310, 0], rtol=1e-6)
    assert all(np.isnan(out[k].values[0, 2]) for k in out)
    with pytest.raises(QuantityError, match="runoff_alpha: code 1 holds 1.5"):
        water_retention(rain, lost, cover(1, 1, 1), table.assign(runoff_alpha=1.5))


def test_the_check_of_the_balance_counts_known_cells_of_the_region():
    rain = grid([[500.0, 500.0, 500.0, 500.0]], "mm/yr", cell_m=KM)
    lost = grid([[600.0, 500.0, 400.0, 700.0]], "mm/yr", cell_m=KM)
    balance = grid([[-150.0, -50.0, np.nan, -250.0]], "mm/yr", cell_m=KM)
    inside = grid([[1, 1, 1, 0]], "1", dtype=ONE, cell_m=KM)
    out = water_balance_check(rain, lost, balance, inside).set_index("check")
    # equal to the rain is not above it
    assert out.loc["evaporation_above_rain", ["share", "volume_m3"]].tolist() == [0.5, 1e5]
    assert out.loc["balance_below_zero", ["share", "volume_m3"]].tolist() == [1.0, 2e5]
    nowhere = water_balance_check(rain, lost, balance, inside * 0)
    assert nowhere[["share", "volume_m3"]].isna().all(axis=None)


def test_quick_index_ranks_places():
    """Of three cells the middle is half of each: 0.5 x 0.5 x 0.5 x 0.5."""
    inside = grid([[1, 1, 1, 0]], "1", dtype=ONE)
    out = water_retention_index(
        grid([[200.0, 400.0, 600.0, 9e3]], "g/m2/yr"), grid([[0.2, 0.4, 0.6, 1.0]], "1"),
        grid([[500.0, 600.0, 700.0, 9e3]], "mm/yr"), grid([[30.0, 20.0, 10.0, 80.0]], "degree"), inside,
    ).values[0]  # fmt: skip
    np.testing.assert_allclose(out, [0, 0.0625, 1, np.nan], atol=1e-7)


def test_a_map_without_differences_cannot_rank():
    inside, same = grid([[1, 1]], "1", dtype=ONE), grid([[0.5, 0.5]], "1")
    good = grid([[1.0, 2.0]], "1")
    rain, steep = grid([[1.0, 2.0]], "mm/yr"), grid([[1.0, 2.0]], "degree")
    plants = grid([[1.0, 2.0]], "g/m2/yr")
    with pytest.raises(QuantityError, match="infiltration: one value only, 0.5"):
        water_retention_index(plants, same, rain, steep, inside)
    with pytest.raises(QuantityError, match="net_primary_production: no value in the region"):
        water_retention_index(plants * np.nan, good, rain, steep, inside)


def test_quick_flow_of_the_handbook():
    out = monthly_quick_flow(
        np.full(4, 120.0), np.full(4, 8.0), np.array([60.0, 85.0, 99.0, 100.0])
    )
    np.testing.assert_allclose(out, [1.780, 23.736, 101.574, 120.0], atol=6e-4)


def test_quick_flow_at_its_edges():
    rain = np.array([0.0, 50.0, 1.0, np.nan, 50.0, 50.0])
    days = np.array([5.0, 0.0, 30.0, 5.0, np.nan, 5.0])
    curve = np.array([80.0, 80.0, 30.0, 80.0, 80.0, np.nan])
    out = monthly_quick_flow(rain, days, curve)
    # no rain, no days, storms far below the storage; then what is missing stays missing
    np.testing.assert_array_equal(out[:3], 0.0)
    assert np.isnan(out[3:]).all()


def months(value, unit, *, gap=None):
    return xr.Dataset({f"m{k}": grid([[np.nan if k == gap else value]], unit) for k in range(12)})


def test_quick_flow_of_a_year_is_that_of_its_months():
    table = pd.DataFrame({"lucode": [1], "curve_number": [85]})
    out = quick_flow(months(120.0, "mm"), months(8.0, "1"), cover(), table)
    assert only(out) == pytest.approx(12 * 23.736, abs=0.01)
    assert np.isnan(only(quick_flow(months(120.0, "mm", gap=3), months(8.0, "1"), cover(), table)))
    with pytest.raises(QuantityError, match="monthly_rain_days: 1 grids, expected 12"):
        quick_flow(months(120.0, "mm"), months(8.0, "1")[["m0"]], cover(), table)
    with pytest.raises(QuantityError, match="monthly_precipitation: 1 grids"):
        quick_flow(months(120.0, "mm")[["m0"]], months(8.0, "1"), cover(), table)
    with pytest.raises(QuantityError, match="curve_number: code 1 holds 0.5"):
        quick_flow(months(1.0, "mm"), months(8.0, "1"), cover(), table.assign(curve_number=0.5))


def test_runoff_begins_when_a_fifth_of_the_storage_is_filled():
    """CN 50: storage 254 mm; at 50.8 mm nothing runs off, at 101.6 mm 50.8^2 / (101.6 + 203.2)."""
    rain = np.array([50.8, 50.9, 101.6, np.nan])
    out = storm_runoff(rain, np.array(50.0))
    assert out[0] == 0.0
    assert out[1] > 0.0
    assert out[2] == pytest.approx(50.8**2 / 304.8)
    assert np.isnan(out[3])
    # CN 60 stores 169.333 mm: 60 mm give (60 - 33.867)^2 / (60 + 135.467)
    assert float(storm_runoff(np.array(60.0), np.array(60.0))) == pytest.approx(3.49395, abs=1e-4)
    # nothing on stone: no storage, no storm
    assert float(storm_runoff(np.array(0.0), np.array(100.0))) == 0.0


def test_floods_kept_cell_by_cell():
    """Two storms of 101.6 mm at CN 50 keep 2 x (101.6 - 8.4667) mm."""
    rain = grid([[203.2, 203.2, 0.0, np.nan, 203.2]], "mm/yr")
    days = grid([[2.0, 2.0, 0.0, 0.0, np.nan]], "d/yr")
    table = pd.DataFrame({"lucode": [1, 2], "curve_number": [50, 50], "lulc_veg": [1, 0]})
    out = flood_mitigation(rain, days, cover(1, 2, 1, 1, 1), table).values[0]
    np.testing.assert_allclose(out[:3], [2 * (101.6 - 50.8**2 / 304.8), 0, 0], rtol=1e-6)
    # rain that is missing is not a year without storms
    assert np.isnan(out[3:]).all()


def test_curve_numbers_go_from_one_to_a_hundred():
    rain, days = cell(100, "mm/yr"), cell(1, "d/yr")
    table = pd.DataFrame({"lucode": [1], "curve_number": [100], "lulc_veg": [1]})
    assert only(flood_mitigation(rain, days, cover(), table)) == pytest.approx(0.0)
    for number in (0.9, 100.1):
        with pytest.raises(QuantityError, match="expected 1 to 100"):
            flood_mitigation(rain, days, cover(), table.assign(curve_number=number))


def storage(shapes, reservoirs=None, inside=(1, 1, 1, 1), **settings):
    mask = grid([list(inside)], "1", dtype=ONE, cell_m=KM)
    return flood_storage(shapes, mask, reservoirs, **settings).set_index("name")


def test_flood_storage_of_standing_water():
    """A lake of 1 km2 in Tibet: exp(6.636) x 1e4 m3; 2 km2 of marsh at 0.3 m; 35 % of a reservoir."""
    shapes = boxes(
        (0, 1), (1, 3), (3, 4), name=["lake", "marsh", "dam"], kind=["lake", " Marsh", "reservoir"]
    )
    dams = pd.DataFrame({"name": ["dam", "far"], "capacity_m3": [1e6, 2e6]})
    out = storage(shapes, dams, lake_region="tibet")
    assert out.loc["lake", "storage_m3"] == pytest.approx(np.exp(6.636) * 1e4)
    assert out.loc["marsh", "storage_m3"] == pytest.approx(6e5)
    assert out.loc["dam", "storage_m3"] == pytest.approx(3.5e5)
    assert out.loc["far", "storage_m3"] == pytest.approx(7e5)
    assert out["kind"].to_dict() == {
        "lake": "lake", "marsh": "marsh", "dam": "reservoir", "far": "reservoir",
    }  # fmt: skip
    assert out["area_km2"].fillna(-1).to_dict() == {"lake": 1, "marsh": 2, "dam": 1, "far": -1}
    told = storage(shapes, dams, reservoir_share=0.5, marsh_depth_m=1.0)
    assert told.loc["dam", "storage_m3"] == 5e5
    assert told.loc["marsh", "storage_m3"] == pytest.approx(2e6)


def test_lakes_follow_the_curve_of_their_region():
    shapes = boxes((0, 4), name=["lake"])
    for region, (a, b) in {
        "east_plain": (4.924, 1.128),
        "mongolia_xinjiang": (5.653, 0.680),
        "yunnan_guizhou": (4.904, 0.927),
        "northeast": (5.808, 0.866),
    }.items():
        volume = storage(shapes, lake_region=region).loc["lake", "storage_m3"]
        assert volume == pytest.approx(np.exp(a) * 4.0**b * 1e4), region
    assert storage(shapes).loc["lake", "kind"] == "lake"


def test_only_water_of_the_region_counts():
    shapes = boxes((0, 1), (3, 4), (9, 10), (-3, -2), name=["in", "out", "beyond", "before"])
    assert list(storage(shapes, inside=(1, 1, 0, 0)).index) == ["in"]
    undammed = storage(boxes((0, 1), name=["dam"], kind=["reservoir"]))
    # a reservoir whose capacity is not told stores what is not known
    assert np.isnan(undammed.loc["dam", "storage_m3"])


@pytest.mark.parametrize(
    ("kind", "dams", "message"),
    [
        ("pond", None, "holds 'pond', expected lake, marsh, reservoir"),
        ("lake", [("a", -1.0)], "a holds '-1.0', expected 0 or more"),
        ("lake", [("a", None)], "reservoirs.capacity_m3: a"),
        ("lake", [("a", 1.0), ("a", 2.0)], "a stands in two rows"),
    ],
)
def test_water_that_is_not_right_is_refused(kind, dams, message):
    table = None if dams is None else pd.DataFrame(dams, columns=["name", "capacity_m3"])
    with pytest.raises(QuantityError, match=message):
        storage(boxes((0, 1), name=["lake"], kind=[kind]), table)
