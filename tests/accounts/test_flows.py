"""Amounts of each flow by unit, and maps of what only tables tell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import grid, squares

from shanshui.accounts.cooling import UNITS
from shanshui.accounts.downscaled import (
    net_primary_production,
    primary_products,
    production_reach,
    production_told,
)
from shanshui.accounts.extent import condition_account, extent_account, extent_series
from shanshui.accounts.flows import (
    cover_cells,
    population_of_units,
    service_amounts,
    unit_cells,
    units_inside,
)
from shanshui.accounts.prices import deflator
from shanshui.accounts.series import service_series, value_series
from shanshui.core.errors import QuantityError
from shanshui.region.grid import stacked

ONE = np.uint8
KM = 1000.0


def km(rows, unit, **more):
    return grid(rows, unit, cell_m=KM, **more)


LABELS = km([[1, 1, 3, 0]], "1", dtype=np.int32, nodata=0)
LAND = km([[1, 255, 2, 2]], "1", dtype=ONE, nodata=255)


def flows(**maps):
    return service_amounts(LABELS, LAND, **maps).set_index(["unit", "flow"])


def test_each_flow_of_a_square_kilometre():
    one = [[1.0, 3.0, np.nan, 50.0]]
    out = flows(
        water_retained=km(one, "mm/yr"), soil_retained=km(one, "t/ha/yr"), flood_kept=km(one, "mm/yr"),
        co2=km(one, "t/ha/yr"), o2=km(one, "t/ha/yr"), cooling_use=stacked(km(one, "kWh/ha/yr"), {"used": km(one, "kWh/ha/yr").values, "unused": km(one, "kWh/ha/yr").values}, UNITS),
        primary_products=km(one, "yuan/ha/yr"), sand_retained=km(one, "t/ha/yr"),
    )  # fmt: skip
    expected = {
        "water_retained": (4000.0, "m3"),
        "sediment_kept": (400 * 0.24 / 0.93, "m3"),
        "nitrogen_kept": (400 * 0.0037, "t"),
        "phosphorus_kept": (400 * 0.00108, "t"),
        "flood_kept": (4000.0, "m3"),
        "co2": (400.0, "t"),
        "o2": (400.0, "t"),
        "cooling": (400.0, "kWh"),
        "primary_products": (400.0, "yuan"),
        "sand_kept": (400 / 0.128, "m2"),
    }
    for flow, (amount, per) in expected.items():
        assert out.loc[(1, flow), "amount"] == pytest.approx(amount), flow
        assert out.loc[(1, flow), "per"] == per
        assert out.loc[(1, flow), "known_km2"] == 2.0
        # no known cell: not known, and not nothing
        assert np.isnan(out.loc[(3, flow), "amount"]), flow
        assert out.loc[(3, flow), "known_km2"] == 0.0
    # unit 2 has no cell: it is no unit; missing cover is no area
    assert set(out.index.get_level_values("unit")) == {1, 3}
    assert out.loc[(1, "primary_products"), "price_year"] == 2020
    assert out.loc[(1, "co2"), "price_year"] is pd.NA
    assert out.loc[(1, "cover_1")].tolist()[:3] == [100.0, "ha", 1.0]
    assert out.loc[(3, "cover_2")].tolist()[:3] == [100.0, "ha", 1.0]
    assert (1, "cover_255") not in out.index


def test_shares_of_the_soil_may_be_set():
    soil = km([[1.0, 1.0, 1.0, 1.0]], "t/ha/yr")
    out = service_amounts(
        LABELS, LAND, None, soil, sand_retained=soil, silting_share=0.5, bulk_density=1.25, nitrogen_percent=1.0,
        phosphorus_percent=2.0, sand_density=2.0, sand_depth_m=0.5,
    ).set_index(["unit", "flow"])["amount"]  # fmt: skip
    assert out[(1, "sediment_kept")] == pytest.approx(80.0)
    assert out[(1, "nitrogen_kept")] == pytest.approx(2.0)
    assert out[(1, "phosphorus_kept")] == pytest.approx(4.0)
    assert out[(1, "sand_kept")] == pytest.approx(200.0)


def test_a_map_without_units_has_no_amounts():
    with pytest.raises(QuantityError, match="no cell belongs"):
        service_amounts(LABELS * 0, LAND)


def test_people_of_each_unit_and_none_where_no_cell_is_known():
    out = population_of_units(LABELS, km([[10.0, 30.0, np.nan, 99.0]], "person/km2"))
    assert out["unit"].tolist() == [1, 2, 3]
    assert out["population"].iloc[0] == 40.0
    assert out["population"].iloc[1:].isna().all()


def test_people_of_a_unit_are_told_where_nearly_all_of_it_is_known():
    labels = km([[1] * 100 + [2] * 100], "1", dtype=np.int32, nodata=0)
    density = np.ones((1, 200), np.float32)
    density[0, 0] = density[0, 100] = density[0, 101] = np.nan
    out = population_of_units(labels, km(density, "person/km2"))
    # 99 of 100 cells are enough, 98 are not
    assert out["population"].iloc[0] == 99.0
    assert np.isnan(out["population"].iloc[1])
    half = population_of_units(labels, km(density, "person/km2"), least_known=0.5)
    assert half["population"].tolist() == [99.0, 98.0]


def test_labels_of_cover_leave_out_what_is_missing():
    inside = km([[1, 1, 1, 0]], "1", dtype=ONE)
    np.testing.assert_array_equal(cover_cells(LAND, inside).values, [[2, 0, 3, 0]])
    assert cover_cells(LAND, inside).attrs["nodata"] == 0
    # the code of gaps may lie among the classes
    among = km([[1, 2, 3, 3]], "1", dtype=ONE, nodata=2)
    np.testing.assert_array_equal(cover_cells(among, inside).values, [[2, 0, 4, 0]])
    bare = km([[0, 255, 2, 2]], "1", dtype=ONE)
    np.testing.assert_array_equal(cover_cells(bare, inside).values, [[1, 256, 3, 0]])


def test_units_stand_by_the_centre_of_the_cell():
    """Strips of 1.5 km over cells of 1 km: the middle cell's centre lies on the border's right."""
    area = squares(1, 3, KM)
    mask = km([[1, 1, 1]], "1", dtype=ONE)
    labels = unit_cells(area, mask)
    assert labels.values[0, 0] == 1
    assert labels.values[0, 2] == 2
    assert labels.attrs["nodata"] == 0


@pytest.mark.parametrize(
    ("least", "codes"), [(0.25, ["101", "102"]), (0.26, ["101"]), (1.0, ["101"])]
)
def test_units_at_the_least_share_stay(least, codes):
    area = squares(2, 4, KM)
    cells = km([[1, 1, 0, 0], [1, 1, 2, 0]], "1", dtype=np.int32)
    out = units_inside(area, cells, least_share=least)
    assert out["code"].tolist() == codes
    assert out["share_inside"].iloc[0] == 1.0


WEIGHTS = pd.DataFrame({"lucode": [1, 2], "npp_weight": [1.0, 0.5], "product_weight": [0.0, 1.0]})


def test_production_by_weight_of_the_class():
    """A unit of mean 600 with classes of weight 1, 1, 0.5, 0.5: 800, 800, 400, 400."""
    area = squares(1, 8, KM)
    land = km([[1, 1, 2, 2, 1, 1, 1, 1]], "1", dtype=ONE)
    rows = pd.DataFrame({"code": ["101", "101"], "year": [2019, 2020], "npp": [300.0, 600.0]})
    out = net_primary_production(rows, area, land, WEIGHTS).values[0]
    np.testing.assert_allclose(out[:4], [800, 800, 400, 400], rtol=1e-6)
    # the other unit has no row
    assert np.isnan(out[4:]).all()
    before = net_primary_production(rows, area, land, WEIGHTS, year=2019).values[0]
    np.testing.assert_allclose(before[:4], [400, 400, 200, 200], rtol=1e-6)


def test_green_cover_spreads_production_and_gaps_stay():
    """Weights 1 x 0.9, 1 x 0.3, 0.5 x 0.6 and a gap: mean 600 over three known cells."""
    area = squares(1, 8, KM)
    land = km([[1, 1, 2, 2, 1, 1, 1, 1]], "1", dtype=ONE)
    green = km([[0.9, 0.3, 0.6, np.nan, 0.5, 0.5, 0.5, 0.5]], "1")
    rows = pd.DataFrame({"code": ["101"], "year": [2020], "npp": [600.0]})
    out = net_primary_production(rows, area, land, WEIGHTS, green).values[0]
    np.testing.assert_allclose(out[:3], [1080, 360, 360], rtol=1e-6)
    assert np.isnan(out[3])


def test_products_of_a_unit_that_lies_half_on_the_map():
    """8e6 yuan of a unit of 4 km2 with 2 km2 on the map, one of them farmed: 4e6 yuan on 100 ha."""
    area = squares(1, 8, KM)
    land = km([[1, 2]], "1", dtype=ONE)
    money = pd.DataFrame({"code": ["101"], "year": [2020], "sector": ["primary"], "yuan": [8e6]})
    out = primary_products(money, area, land, WEIGHTS).values[0]
    np.testing.assert_allclose(out, [0.0, 4e4], rtol=1e-6)
    bare = primary_products(money, area, land * 0 + 1, WEIGHTS).values[0]
    # a value that no cell can have made is not known
    assert np.isnan(bare).all()


def test_a_unit_smaller_than_its_cells_keeps_its_figure():
    """A strip of 0.6 km by 1.2 km, of which five sixths lie in a cell of 1 km: 8e6 yuan on 72 ha wherever it is told."""
    area = squares(1, 1, 1200.0)
    money = pd.DataFrame({"code": ["101"], "year": [2020], "sector": ["primary"], "yuan": [8e6]})
    out = primary_products(money, area, km([[2]], "1", dtype=ONE), WEIGHTS)
    assert float(out.values[0, 0]) == pytest.approx(8e6 / 72)


def test_a_cell_on_the_line_of_units_has_the_mean_of_their_parts():
    """Strips of one and a half cells: the middle cell lies half in each; of one that is mostly untold nothing is told."""
    area, land = squares(1, 3, KM), km([[1, 1, 1]], "1", dtype=ONE)
    rows = pd.DataFrame({"code": ["101", "102"], "year": 2020, "npp": [600.0, 200.0]})
    out = net_primary_production(rows, area, land, WEIGHTS).values[0]
    np.testing.assert_allclose(out, [600.0, 400.0, 200.0])
    half = net_primary_production(rows.iloc[:1], area, land, WEIGHTS).values[0]
    np.testing.assert_allclose(half, [600.0, 600.0, np.nan])
    less = area.assign(
        geometry=[shapely.box(0, 0, 1.4 * KM, KM), shapely.box(1.4 * KM, 0, 3 * KM, KM)]
    )
    told = net_primary_production(rows.iloc[:1], less, land, WEIGHTS).values[0]
    np.testing.assert_allclose(told, [600.0, np.nan, np.nan])


def test_units_beyond_the_map_take_no_cell():
    area, land = squares(1, 8, KM), km([[2, 2]], "1", dtype=ONE)
    rows = pd.DataFrame({"code": ["101", "102"], "year": 2020, "npp": [500.0, 700.0]})
    np.testing.assert_allclose(net_primary_production(rows, area, land, WEIGHTS).values, 500.0)


def test_extent_pair_by_pair():
    before = km([[1, 1, 2, 3, 1]], "1", dtype=ONE, nodata=255)
    after = km([[1, 2, 2, 255, 1]], "1", dtype=ONE, nodata=255)
    inside = km([[1, 1, 1, 1, 0]], "1", dtype=ONE)
    out = extent_account(before, after, inside)
    assert out["from_class"].tolist() == [1, 1, 2]
    assert out["to_class"].tolist() == [1, 2, 2]
    assert out["area_km2"].tolist() == [1.0, 1.0, 1.0]


def test_extent_leaves_out_gaps_whatever_their_code():
    """Gaps are 2 before and 0 after."""
    before = km([[1, 2, 3, 3, 1]], "1", dtype=ONE, nodata=2)
    after = km([[3, 1, 0, 1, 2]], "1", dtype=ONE, nodata=0)
    out = extent_account(before, after, km([[1, 1, 1, 1, 1]], "1", dtype=ONE))
    pairs = out[["from_class", "to_class"]].to_numpy().tolist()
    assert pairs == [[1, 2], [1, 3], [3, 1]]
    plain = extent_account(
        before.assign_attrs(nodata=None), after.assign_attrs(nodata=None), before * 0 + 1
    )
    assert len(plain) == 5


AREAS = pd.DataFrame(
    [
        ("101", 2001, 1, 10.0), ("101", 2001, 2, 10.0), ("102", 2001, 1, 4.0),
        ("101", 2010, 1, 8.0), ("101", 2010, 2, 12.0),
        ("101", 2020, 1, 5.0), ("101", 2020, 2, 15.0), ("102", 2020, 3, 4.0),
    ],
    columns=["code", "year", "class", "area_km2"],
)  # fmt: skip


def test_a_year_that_lacks_a_unit_is_no_loss():
    out = extent_series(AREAS, squares(2, 2)).set_index(["year", "class"])
    # 2010 has no row of unit 102: its 4 km2 are not lost
    assert set(out.index.get_level_values("year")) == {2001, 2020}
    assert out.loc[(2020, 1), "area_km2"] == 5.0
    assert out.loc[(2020, 1), "change_km2"] == -9.0
    assert out.loc[(2020, 1), "change_share"] == pytest.approx(-9 / 14)
    assert out.loc[(2020, 3), "change_km2"] == 4.0
    assert np.isnan(out.loc[(2020, 3), "change_share"])
    assert out.loc[(2001, 2), "change_km2"] == 0.0
    # a class of half a square kilometre that doubles
    small = extent_series(AREAS.assign(area_km2=AREAS["area_km2"] / 20), squares(2, 2)).set_index(
        ["year", "class"]
    )
    assert small.loc[(2020, 2), "change_share"] == pytest.approx(0.5)


def test_areas_that_make_no_series_are_refused():
    units = squares(2, 2)
    with pytest.raises(QuantityError, match="no year has rows of all units"):
        extent_series(
            AREAS.drop([2, 7]).assign(code=["101", "101", "102", "102", "101", "101"]), units
        )
    with pytest.raises(QuantityError, match="class 2 of 101 in 2001 is missing"):
        extent_series(AREAS.assign(area_km2=[1.0, np.nan, *[1.0] * 6]), units)
    with pytest.raises(QuantityError, match="none of its codes"):
        extent_series(AREAS.assign(code="9"), units)


ECOSYSTEMS = pd.DataFrame({"lucode": [1, 2, 3], "ecosystem": ["shrub", "water", "bare"]})


def test_value_of_areas_by_unit_and_year():
    """A hectare of shrub is 15.22 standards, of water 125.61, of bare ground 0.20."""
    out = value_series(AREAS, squares(2, 2), ECOSYSTEMS, year=2010).set_index(["code", "year"])
    assert out.loc[("101", 2001), "value"] == pytest.approx(1000 * (15.22 + 125.61) * 3406.5)
    assert out.loc[("102", 2020), "value"] == pytest.approx(400 * 0.20 * 3406.5)
    later = value_series(AREAS, squares(2, 2), ECOSYSTEMS, year=2011, standard_equivalent=1000.0)
    assert later["value"].iloc[0] == pytest.approx(1000 * 140.83 * 1000 * 1.054)
    # a class without area needs no row
    none = pd.concat([AREAS, pd.DataFrame([("101", 2001, 9, 0.0)], columns=AREAS.columns)])
    value_series(none, squares(2, 2), ECOSYSTEMS)
    with pytest.raises(QuantityError, match="class 9 of land_cover_areas has no row"):
        value_series(none.assign(area_km2=1.0), squares(2, 2), ECOSYSTEMS)
    with pytest.raises(QuantityError, match="none of its codes"):
        value_series(AREAS.assign(code="9"), squares(2, 2), ECOSYSTEMS)


PLANTS = pd.DataFrame({"code": ["101", "102"], "year": 2020, "npp": [500.0, 250.0]})


def test_services_of_each_unit_by_year_and_frame():
    """50 km2 at 500 g/m2: 5000 ha x 5 t x 0.2 = 5000 t of carbon."""
    area = squares(10, 10, KM)
    out = service_series(PLANTS, area, year=2010, nep_share=0.2)
    first = out[(out["frame"] == "gep2020") & (out["code"] == "101")].set_index("service")
    assert first.loc["co2", "amount"] == pytest.approx(5000 * 44 / 12)
    assert first.loc["o2", "amount"] == pytest.approx(5000 * 44 / 12 * 32 / 44)
    assert set(first["per"]) == {"t"}
    assert first.loc["co2", "value"] == pytest.approx(5000 * 44 / 12 * 380)
    assert first.loc["o2", "value"] == pytest.approx(5000 * 32 / 12 * 727)
    assert set(out["year"]) == {2020}
    own = pd.DataFrame(
        [{"flow": "co2", "method": "market", "price": 100.0, "unit": "yuan/t", "year": 2010}]
    )
    norm = service_series(PLANTS, area, None, own, year=2010).query("frame == 'norm2022'")
    assert (norm["value"] / norm["amount"]).tolist() == pytest.approx([100.0, 100.0])


def test_products_of_each_year_are_carried_by_consumer_prices():
    money = pd.DataFrame(
        {
            "code": ["101", "101"],
            "year": [2010, 2020],
            "sector": ["primary", "tertiary"],
            "yuan": [1e9, 5e9],
        }
    )
    out = service_series(PLANTS, squares(10, 10, KM), money, year=2011)
    earned = out[(out["service"] == "agr") & (out["frame"] == "gep2020")]
    assert earned["year"].tolist() == [2010]
    assert earned["value"].tolist() == pytest.approx([1e9 * deflator(2010, 2011)])
    assert earned["per"].tolist() == ["yuan"]
    with pytest.raises(QuantityError, match="none of its rows"):
        service_series(PLANTS.assign(code="9"), squares(10, 10, KM))


def test_condition_against_the_best():
    """Reference 800: 400 is half, 1000 is whole."""
    rows = [
        ("101", 2001, 400.0),
        ("101", 2002, 1000.0),
        ("102", 2001, 200.0),
        ("102", 2002, np.nan),
    ]
    table = pd.DataFrame(rows, columns=["code", "year", "npp"])
    out = condition_account(table, squares(2, 2), reference_percentile=50.0)
    # the median of 200, 400, 1000 is the reference; the unit without a figure at the closing is left out
    assert out["code"].tolist() == ["101"]
    assert out["name"].tolist() == ["c1"]
    assert out[["opening", "closing", "change"]].to_numpy().tolist() == [[1.0, 1.0, 0.0]]
    full = condition_account(
        table.dropna(), squares(2, 2), closing=2001, reference_percentile=100.0
    )
    assert full["opening"].tolist() == pytest.approx([0.4, 0.2])
    assert full["change"].tolist() == [0.0, 0.0]


def test_condition_is_of_neighbouring_years_from_six_on():
    five = pd.DataFrame(
        {"code": "101", "year": range(2001, 2006), "npp": [100.0, 300, 400, 400, 400]}
    )
    out = condition_account(five, squares(2, 2), reference_percentile=100.0).iloc[0]
    assert out["opening"] == pytest.approx(0.25)
    six = pd.DataFrame(
        {"code": "101", "year": range(2001, 2007), "npp": [100.0, 300, 400, 400, 200, 300]}
    )
    out = condition_account(six, squares(2, 2), reference_percentile=100.0).iloc[0]
    assert out["opening"] == pytest.approx(0.5)
    assert out["closing"] == pytest.approx(250 / 400)
    middle = condition_account(
        six, squares(2, 2), opening=2003, closing=2005, reference_percentile=100.0
    )
    assert middle["opening"].iloc[0] == pytest.approx(1100 / 3 / 400)
    assert middle["closing"].iloc[0] == pytest.approx(0.75)


def test_condition_that_cannot_be_told_is_refused():
    table = pd.DataFrame({"code": ["101"], "year": [2001], "npp": [0.0]})
    with pytest.raises(QuantityError, match="expected above 0; is it production"):
        condition_account(table, squares(2, 2))
    with pytest.raises(QuantityError, match="condition_account.closing: no rows of 2010"):
        condition_account(table.assign(npp=1.0), squares(2, 2), closing=2010)
    with pytest.raises(QuantityError, match="none of its codes"):
        condition_account(table.assign(npp=np.nan), squares(2, 2))


def plants(weights, reach=True, mean=500.0):
    """Production of one unit of six cells: two of forest under full green, four of fields, three of them bare on the day of the image."""
    land = grid([[1, 1, 2, 2, 2, 2]], "1", cell_m=1000.0, dtype=np.uint8, nodata=0)
    green = grid([[1.0, 1.0, 0.5, 0.01, 0.01, 0.01]], "1", cell_m=1000.0)
    table = pd.DataFrame({"lucode": [1, 2], "npp_weight": weights, "npp_low": [200.0, 100.0], "npp_high": [1000.0, 900.0]})  # fmt: skip
    units = outline_of(land)
    rows = pd.DataFrame({"code": ["a"], "year": [2019], "npp": [mean]})
    names = table if reach else table.drop(columns=["npp_low", "npp_high"])
    return net_primary_production(rows, units, land, names, green), land, table


def outline_of(land):
    from shapely.geometry import box

    x, y = land.x.values, land.y.values
    shape = box(x[0] - 500, y[-1] - 500, x[-1] + 500, y[0] + 500)
    frame = {"code": ["a"], "name": ["a"], "parent": [""]}
    index = pd.Index([1], name="unit")
    return gpd.GeoDataFrame(frame, index=index, geometry=[shape], crs="EPSG:6933")


def test_a_forest_does_not_make_up_for_fields_that_were_bare_on_the_day():
    free, land, table = plants([1.0, 0.5], reach=False)
    assert free.values.max() > 1200
    assert free.values.min() < 10
    held, _, _ = plants([1.0, 0.5])
    assert held.values[0, :2].max() <= 1000.0
    assert held.values[0, 3:].min() >= 100.0
    # the mean of the unit stays
    assert held.values.mean() == pytest.approx(500.0, rel=2e-3)
    told = production_reach(held, land, table).set_index("lucode")
    assert told["above"].tolist() == told["below"].tolist() == [0.0, 0.0]
    own = production_reach(free, land, table).set_index("lucode")
    assert own.loc[1, "above"] == 1.0
    assert own.loc[2, "below"] == pytest.approx(0.75)


def test_a_mean_that_the_cover_cannot_reach_stays_out_of_reach():
    held, _, _ = plants([1.0, 0.5], mean=3000.0)
    assert held.values[0].tolist() == [1000.0, 1000.0, 900.0, 900.0, 900.0, 900.0]
    rows = pd.DataFrame({"code": ["a", "a"], "year": [2019, 2018], "npp": [3000.0, 1.0]})
    told = production_told(rows, outline_of(held), held).iloc[0]
    mean = (2 * 1000 + 4 * 900) / 6
    assert told[["told", "on_map", "lost"]].tolist() == pytest.approx([3000.0, mean, 3000 - mean])
    assert told["lost_share"] == pytest.approx(1 - mean / 3000)
    assert told["area_km2"] == 6.0
    assert production_told(rows, outline_of(held), held, year=2018)["lost"].iloc[0] < 0
    full, _, _ = plants([1.0, 0.5])
    small = production_told(rows.assign(npp=500.0), outline_of(held), full)
    assert small["lost_share"].iloc[0] == pytest.approx(0.0, abs=2e-3)
    poor, _, _ = plants([1.0, 0.5], mean=1.0)
    assert poor.values[0].tolist() == [200.0, 200.0, 100.0, 100.0, 100.0, 100.0]
    _, land, table = plants([1.0, 0.5])
    with pytest.raises(QuantityError, match="npp_low 200 above npp_high 100"):
        net_primary_production(
            pd.DataFrame({"code": ["a"], "year": [2019], "npp": [500.0]}), outline_of(land), land, table.assign(npp_high=100.0),
        )  # fmt: skip
