"""Prices, frames, the account, and what is read from it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worlds import grid, squares

from shanshui.accounts.assets import supply_use
from shanshui.accounts.downscaled import net_primary_production, primary_products
from shanshui.accounts.equivalents import equivalent_factors, equivalent_value
from shanshui.accounts.extent import condition_account, extent_account, extent_series
from shanshui.accounts.flows import (
    cover_cells,
    population_of_units,
    service_amounts,
    unit_cells,
    units_inside,
)
from shanshui.accounts.frames import FRAMES, frame_of
from shanshui.accounts.gep import account_total, gep
from shanshui.accounts.indicators import (
    coupling_coordination,
    gep_hot_spots,
    gep_summary,
    gini,
    mismatch,
)
from shanshui.accounts.prices import deflator, price_of, price_table
from shanshui.accounts.series import service_series, value_series
from shanshui.accounts.unit_gep import unit_gep
from shanshui.core.errors import PlanError, QuantityError
from shanshui.core.voice import Voice

ONE = np.uint8
GARZE = [
    # flow, amount, unit, value of the paper in 1e8 yuan
    ("water_retained", 321.49e8, "m3", 2269.72),
    ("sediment_kept", 38.86e8 * 0.24 / 0.93, "m3", 156.24),
    ("nitrogen_kept", 38.86e8 * 0.0037, "t", 125.81),
    ("phosphorus_kept", 38.86e8 * 0.00108, "t", 117.51),
    ("sand_kept", 779.42e4 / 1.28 / 0.1, "m2", 2.283),
    ("flood_kept", 2.43e8, "m3", 17.16),
    ("flood_stored", 6.01e8, "m3", 42.43),
    ("sulphur_dioxide", 1137.0, "t", 0.013644),
    ("nitrogen_oxides", 2772.0, "t", 0.0174636),
    ("dust", 941.0, "t", 0.00141150),
    ("oxygen_demand", 5424.0, "t", 0.037968),
    ("ammonia_nitrogen", 625.0, "t", 0.00546875),
    ("co2", 0.31e8, "t", 117.80),
    ("o2", 2.51e8, "t", 1824.77),
    ("cooling", 2799.10e8, "kWh", 1483.52),
    ("primary_products", 632.64e8, "yuan", 632.64),
    ("tourism", 70.67e8, "yuan", 70.67),
]


def amounts(rows=GARZE):
    return pd.DataFrame(
        [(1, f, a, u, 1.0) for f, a, u, *_ in rows],
        columns=["unit", "flow", "amount", "per", "known_km2"],
    )


def account(**settings):
    return gep(amounts(), **({"year": 2010, "draws": 50} | settings))


def test_garze_2010_line_by_line():
    rows = account().set_index("flow")
    for flow, _, _, value in GARZE:
        assert rows.loc[flow, "value"] / 1e8 == pytest.approx(value, rel=3e-4), flow
    # its oxygen is eleven times what its carbon dioxide gives off: the line stands, the total is without it
    assert not rows.loc["o2", "counts"]
    assert "11.1 times" in rows.loc["o2", "note"]
    assert "11.1 倍" in Voice("zh").tell(rows.loc["o2"], "note")
    # the storms' rain that plants keep is in the year's water that they retain
    assert not rows.loc["flood_kept", "counts"]
    assert "cost of a reservoir" in rows.loc["flood_kept", "note"]
    counted = [v for flow, _, _, v in GARZE if flow not in ("o2", "flood_kept")]
    assert rows.loc["total", "value"] / 1e8 == pytest.approx(sum(counted), rel=3e-4)


def test_every_price_has_method_year_source_and_status():
    rows = account()
    priced = rows[rows["price"].notna() & (rows["per"] != "yuan")]
    assert (priced["price_year"] == 2010).all()
    assert (priced["price_source"].str.len() > 5).all()
    assert set(priced["method"]) <= {"avoided_cost", "replacement"}


def test_frames_differ_in_what_counts():
    # oxygen of the carbon's own basis
    one = [(f, 0.31e8 * 32 / 44, u, v) if f == "o2" else (f, a, u, v) for f, a, u, v in GARZE]
    wide, norm, seea = (
        gep(amounts(one), year=2010, draws=0, frame=f).set_index("flow")
        for f in ("gep2020", "norm2022", "seea")
    )
    assert wide.loc["o2", "counts"]
    assert not norm.loc["o2", "counts"]
    assert "stoichiometry" in norm.loc["o2", "note"]
    assert norm.loc["co2", "method"] == seea.loc["co2", "method"] == "market"
    assert wide.loc["total", "value"] > norm.loc["total", "value"]


def test_water_is_counted_once():
    both = amounts([*GARZE, ("water_supplied", 1e9, "yuan", 0)])
    held = gep(both, year=2010, draws=0).set_index("flow")
    assert held.loc["water_retained", "counts"]
    assert not held.loc["water_supplied", "counts"]
    sold = gep(both, year=2010, draws=0, water="market").set_index("flow")
    assert not sold.loc["water_retained", "counts"]
    assert sold.loc["water_supplied", "counts"]


def test_a_frame_without_flows_gives_an_account_of_nothing():
    rows = gep(amounts([("cover_1", 10.0, "ha", 0)]), draws=0)
    assert len(rows) == 1
    assert np.isnan(rows["value"].iloc[0])
    units = unit_gep(amounts([("cover_1", 10.0, "ha", 0)]), rows)
    assert units["total"].isna().all()


def test_unknown_frames_are_named():
    with pytest.raises(PlanError, match="gep2020"):
        account(frame="gep2002")
    with pytest.raises(PlanError):
        frame_of("gep")
    assert set(FRAMES) == {"gep2020", "norm2022", "gbt46869", "seea", "xie2015", "asset_transfer"}


def test_two_frames_are_not_summed():
    both = pd.concat([account(), account(frame="seea")])
    with pytest.raises(QuantityError, match="two frames must not be mixed"):
        account_total(both)
    with pytest.raises(QuantityError, match="must not be mixed"):
        unit_gep(amounts(), both)


def test_the_interval_holds_the_total_and_repeats():
    once, again, other = account(draws=400), account(draws=400), account(draws=400, seed=1)
    last = once.iloc[-1]
    assert last["low"] < last["value"] < last["high"]
    pd.testing.assert_frame_equal(once, again)
    assert other.iloc[-1]["low"] != last["low"]
    # what is left without doubt of amount and price is that of the method: carbon at 380 or at 29.57 yuan a ton
    sure = account(draws=400, price_spread=0.0, amount_spread=0.0).set_index("flow")
    assert sure.loc["cooling", "low"] == pytest.approx(sure.loc["cooling", "value"])
    assert sure.loc["co2", "price_least"] < 30 < sure.loc["co2", "price_most"]
    assert sure.loc["co2", "low"] < 0.5 * sure.loc["co2", "value"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"year": None}, "prices of different years"),
        ({"price": -1.0}, "a finite number, 0 or more"),
        ({"method": "guess"}, "'guess'"),
        ({"unit": "yuan/t"}, "each flow one kind of unit"),
        ({"unit": "USD/m3"}, "one currency"),
    ],
)
def test_prices_that_are_not_right_are_refused(row, message):
    own = {
        "flow": "water_retained",
        "method": "replacement",
        "price": 5.0,
        "unit": "yuan/m3",
        "year": 2015,
    } | row
    with pytest.raises(QuantityError, match=message):
        gep(amounts(), pd.DataFrame([own]), year=2015)
    with pytest.raises(QuantityError, match="no column year"):
        price_table(pd.DataFrame([own]).drop(columns="year"))


def test_own_prices_stand_above_the_shipped():
    own = pd.DataFrame(
        [
            {
                "flow": "water_retained",
                "method": "replacement",
                "price": 1.0,
                "unit": "yuan/m3",
                "year": 2010,
            }
        ]
    )
    rows = gep(amounts(), own, year=2010, draws=0).set_index("flow")
    assert rows.loc["water_retained", "value"] == pytest.approx(321.49e8)


def test_prices_are_carried_by_consumer_prices():
    assert deflator(2010, 2011) == pytest.approx(1.054)
    assert deflator(2011, 2010) == pytest.approx(1 / 1.054)
    with pytest.raises(QuantityError, match="known from"):
        deflator(1980, 2010)
    price = price_of("cooling", "MWh", ("replacement",), 2010, price_table())
    assert price is not None
    assert price.amount == pytest.approx(530.0)
    assert price_of("cooling", "kWh", ("market",), 2010, price_table()) is None


@given(st.integers(2001, 2024), st.integers(2001, 2024), st.integers(2001, 2024))
def test_deflators_chain(a, b, c):
    assert deflator(a, b) * deflator(b, c) == pytest.approx(deflator(a, c))


def test_equivalents_of_the_handbook():
    areas = pd.DataFrame(
        {
            "ecosystem": ["broadleaf forest", "shrub", "steppe", "dry cropland", "water"],
            "area_ha": [5000.0, 2000.0, 1000.0, 1500.0, 500.0],
        }
    )
    assert equivalent_value(areas)["value"].sum() == pytest.approx(0.74630e9, rel=1e-5)
    sums = equivalent_factors().drop(columns="status").sum(axis=1)
    for name, total in {
        "paddy": 3.89,
        "wetland": 52.02,
        "water": 125.61,
        "mixed forest": 23.09,
        "bare": 0.20,
    }.items():
        assert sums[name] == pytest.approx(total, abs=0.011), name
    with pytest.raises(QuantityError, match="shrub"):
        equivalent_value(areas.assign(ecosystem="shrubs"))


def test_equivalents_as_a_frame():
    rows = amounts([("cover_1", 100.0, "ha", 0), ("cover_2", 50.0, "ha", 0)])
    table = pd.DataFrame({"lucode": [1, 2], "ecosystem": ["shrub", "water"]})
    out = gep(rows, None, table, frame="xie2015", year=2010, draws=0)
    assert account_total(out) == pytest.approx((100 * 15.22 + 50 * 125.61) * 3406.5, rel=1e-6)
    units = unit_gep(rows, out)
    assert units["total"].sum() == pytest.approx(account_total(out))
    with pytest.raises(QuantityError, match="has no row"):
        gep(rows, None, table.iloc[[0]], frame="xie2015", year=2010)
    with pytest.raises(PlanError, match="biophysical"):
        gep(rows, frame="xie2015")


def two_units():
    """Two square kilometres, half and half."""
    labels = grid([[1, 1, 2, 2], [1, 1, 2, 0]], "1", dtype=np.int32, cell_m=1000.0, nodata=0)
    land = grid([[1, 1, 2, 2], [1, 1, 2, 2]], "1", dtype=ONE, cell_m=1000.0)
    water = grid(np.full((2, 4), 100.0, np.float32), "mm/yr", cell_m=1000.0)
    water.values[0, 0] = np.nan
    soil = grid(np.full((2, 4), 10.0, np.float32), "t/ha/yr", cell_m=1000.0)
    return labels, land, water, soil


def test_amounts_by_hand():
    labels, land, water, soil = two_units()
    out = service_amounts(labels, land, water, soil).set_index(["unit", "flow"])
    assert out.loc[(1, "water_retained"), "amount"] == pytest.approx(3 * 100 * 1000)
    assert out.loc[(1, "water_retained"), "known_km2"] == 3
    assert out.loc[(2, "sediment_kept"), "amount"] == pytest.approx(300 * 10 * 0.24 / 0.93)
    assert out.loc[(2, "phosphorus_kept"), "amount"] == pytest.approx(300 * 10 * 0.00108)
    assert out.loc[(2, "cover_2"), "amount"] == 300
    with pytest.raises(QuantityError, match="no cell belongs"):
        service_amounts(labels * 0, land)
    with pytest.raises(QuantityError, match="no cell belongs"):
        population_of_units(
            labels * 0, grid(np.full(labels.shape, 50.0), "person/km2", cell_m=1000.0)
        )


def test_units_sum_to_the_region():
    labels, land, water, soil = two_units()
    whole = grid((labels.values > 0).astype(ONE), "1", dtype=ONE, cell_m=1000.0)
    region = service_amounts(whole, land, water, soil)
    units = service_amounts(labels, land, water, soil)
    total = gep(region, draws=0)
    split = unit_gep(
        units,
        total,
        population_of_units(labels, grid(np.full((2, 4), 50.0), "person/km2", cell_m=1000.0)),
        least_known=0.7,
    )
    assert split["total"].sum() == pytest.approx(account_total(total))
    assert split.loc[1, "per_head"] == pytest.approx(split.loc[1, "total"] / 200)
    assert (split["location_quotient"] * split["area_km2"]).sum() == pytest.approx(
        split["area_km2"].sum()
    )
    summary = gep_summary(total, region, least_known=0.7).set_index("figure")["value"]
    assert summary["per_km2"] == pytest.approx(account_total(total) / 7)
    use = supply_use(
        service_amounts(cover_cells(land, whole), land, water, soil),
        total,
        pd.DataFrame({"lucode": [1, 2], "group": ["wood", "grass"]}),
    )
    sums = use.pivot_table(index="service", columns="table", values="value", aggfunc="sum")
    np.testing.assert_allclose(sums["supply"], sums["use"])
    assert sums["supply"].sum() == pytest.approx(account_total(total))


def test_production_is_spread_and_kept():
    area = squares(4, 8, 1000.0)
    land = grid(np.tile([1, 1, 2, 2, 1, 1, 1, 2], (4, 1)), "1", dtype=ONE, cell_m=1000.0)
    weights = pd.DataFrame(
        {"lucode": [1, 2], "npp_weight": [1.0, 0.5], "product_weight": [0.0, 1.0]}
    )
    rows = pd.DataFrame({"code": ["101", "102"], "year": 2019, "npp": [600.0, 400.0]})
    out = net_primary_production(rows, area, land, weights)
    np.testing.assert_allclose(
        [out.values[:, :4].mean(), out.values[:, 4:].mean()], [600, 400], rtol=1e-5
    )
    money = pd.DataFrame(
        {"code": ["101", "102"], "year": 2019, "sector": "primary", "yuan": [8e6, 4e6]}
    )
    value = primary_products(money, area, land, weights)
    # money of 2019 in prices of 2020
    np.testing.assert_allclose(
        [value.values[:, :4].sum() * 100, value.values[:, 4:].sum() * 100],
        np.array([8e6, 4e6]) * deflator(2019, 2020),
        rtol=1e-5,
    )
    now = primary_products(money.assign(year=2020), area, land, weights)
    assert float(now.sum()) * 100 == pytest.approx(12e6, rel=1e-5)
    with pytest.raises(QuantityError, match="from 1990 to 2020: consumer prices are known"):
        primary_products(money.assign(year=1990), area, land, weights)
    with pytest.raises(QuantityError, match="no rows of 1999"):
        net_primary_production(rows, area, land, weights, year=1999)
    with pytest.raises(QuantityError, match="'farm'"):
        primary_products(money, area, land, weights, sector="farm")


def test_mismatch_of_the_handbook():
    """Shares 5.38 of value and 2.26 of product: 2.38."""
    area = squares(2, 4, 1000.0)
    value = pd.DataFrame(
        {"area_km2": [4.0, 4.0], "total": [5.38, 94.62], "per_km2": [5.38 / 4, 94.62 / 4]},
        index=pd.Index([1, 2], name="unit"),
    )
    money = pd.DataFrame(
        {"code": ["101", "102"], "year": 2019, "sector": "total", "yuan": [2.26, 97.74]}
    )
    out = mismatch(value, money, area).set_index("code")
    assert out.loc["101", "mismatch"] == pytest.approx(2.38, abs=0.005)
    assert out.loc["102", "quadrant"] == "highland-highland"
    assert mismatch(value, money.assign(code="x"), area)["mismatch"].isna().all()


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0.6, 0.4), (0.9798, 0.5, 0.69993)),
        ((0.9, 0.2), (0.7714, 0.55, 0.65136)),
        ((0.3, 0.3), (1, 0.3, 0.54772)),
        ((0.0, 0.5), (0, 0.25, 0)),
    ],
)
def test_coordination_of_the_handbook(levels, expected):
    out = coupling_coordination(np.array([levels])).iloc[0]
    np.testing.assert_allclose(
        out[["coupling", "level", "coordination"]].astype(float), expected, atol=6e-5
    )


def test_coordination_grades_and_range():
    out = coupling_coordination(np.array([[0.6, 0.4], [0.95, 0.95]]))
    assert list(out["grade"]) == ["primary coordination", "high-quality coordination"]
    with pytest.raises(QuantityError, match="normalise"):
        coupling_coordination(np.array([[1.2, 0.5]]))


def test_gini_by_hand():
    assert gini(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.0)
    assert gini(np.array([0.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.5)


def test_a_cluster_is_hot():
    value = pd.DataFrame(
        {"per_km2": [9.0, 9.0, 9.0, 9.0] + [1.0] * 16}, index=pd.RangeIndex(1, 21, name="unit")
    )
    pairs = pd.DataFrame({"source": range(1, 20), "target": range(2, 21)})
    out = gep_hot_spots(value, pairs)
    assert (out.loc[2:3, "spot"] == "hot").all()
    assert (out.loc[8:, "spot"] != "hot").all()


def test_extent_by_hand():
    before, after = (
        grid([[1, 1, 2, 255]], "1", dtype=ONE, nodata=255, cell_m=1000.0),
        grid([[1, 2, 2, 1]], "1", dtype=ONE, nodata=255, cell_m=1000.0),
    )
    inside = grid([[1, 1, 1, 1]], "1", dtype=ONE, cell_m=1000.0)
    out = extent_account(before, after, inside)
    assert out.values.tolist() == [[1, 1, 1], [1, 2, 1], [2, 2, 1]]


def test_series_follow_areas():
    areas = pd.DataFrame(
        {
            "code": ["101"] * 4,
            "year": [2001, 2001, 2020, 2020],
            "class": [1, 2, 1, 2],
            "area_km2": [10.0, 10.0, 5.0, 15.0],
        }
    )
    units = squares(2, 2)
    extent = extent_series(areas, units).set_index(["year", "class"])
    assert extent.loc[(2020, 1), "change_km2"] == -5.0
    table = pd.DataFrame({"lucode": [1, 2], "ecosystem": ["shrub", "water"]})
    out = value_series(areas, units, table, year=2010)
    assert out["value"].tolist() == pytest.approx(
        [(1000 * 15.22 + 1000 * 125.61) * 3406.5, (500 * 15.22 + 1500 * 125.61) * 3406.5]
    )
    with pytest.raises(QuantityError, match="has no row"):
        value_series(areas, units, table.iloc[[0]], year=2010)


def test_units_with_little_inside_are_left_out():
    area = squares(2, 4, 1000.0)
    cells = grid([[1, 1, 0, 0], [1, 1, 2, 0]], "1", dtype=np.int32, cell_m=1000.0)
    out = units_inside(area, cells, least_share=0.3)
    assert out["code"].tolist() == ["101"]
    assert units_inside(area, cells)["share_inside"].tolist() == [1.0, 0.25]


def test_units_of_cells_stay_inside():
    area = squares(2, 4, 1000.0)
    mask = grid([[1, 1, 1, 0], [1, 1, 1, 0]], "1", dtype=ONE, cell_m=1000.0)
    out = unit_cells(area, mask)
    assert out.values.tolist() == [[1, 1, 2, 0], [1, 1, 2, 0]]


def test_flows_that_come_as_tables_are_added_once():
    table = pd.DataFrame(
        {
            "code": ["a", "b", "a"],
            "year": [2018, 2018, 2005],
            "flow": ["tourism", "tourism", "tourism"],
            "amount": [3e8, 4e8, 9e9],
        }
    )
    base = amounts([r for r in GARZE if r[0] != "tourism"])
    rows = gep(base, None, None, table, year=2018, draws=0).set_index("flow")
    assert rows.loc["tourism", "value"] == pytest.approx(7e8)
    assert rows.loc["tourism", "category"] == "cultural"
    with pytest.raises(QuantityError, match="must not count twice"):
        gep(amounts(), None, None, table, year=2018)
    with pytest.raises(QuantityError, match="'turism'"):
        gep(base, None, None, table.assign(flow="turism"), year=2018)
    with pytest.raises(QuantityError, match="no rows of 2001"):
        gep(base, None, None, table, year=2001)


def test_services_by_year_stay_in_their_frames():
    area = squares(10, 10, 1000.0)
    plants = pd.DataFrame({"code": ["101", "101"], "year": [2001, 2020], "npp": [500.0, 600.0]})
    money = pd.DataFrame(
        {"code": ["101", "101"], "year": [2010, 2020], "sector": "primary", "yuan": [1e9, 2e9]}
    )
    out = service_series(plants, area, money, year=2010)
    first = out[
        (out["frame"] == "gep2020") & (out["service"] == "co2") & (out["year"] == 2001)
    ].iloc[0]
    assert first["amount"] == pytest.approx(500 * 0.01 * 0.22 * 44 / 12 * 5000)
    assert first["value"] == pytest.approx(first["amount"] * 380)
    assert not ((out["frame"] == "norm2022") & (out["service"] == "o2")).any()
    earned = out[(out["service"] == "agr") & (out["frame"] == "seea")].set_index("year")["value"]
    assert earned[2010] == pytest.approx(1e9)
    assert earned[2020] == pytest.approx(2e9 * deflator(2020, 2010))


def test_units_have_intervals_that_hold_their_totals():
    labels, land, water, soil = two_units()
    rows = service_amounts(labels, land, water, soil)
    total = gep(rows, draws=300)
    out = unit_gep(rows, total, draws=300)
    assert (out["low"] < out["total"]).all()
    assert (out["high"] > out["total"]).all()
    region = total.iloc[-1]
    # errors are common to the units: their intervals add up to the region's, or a little more
    assert out["high"].sum() == pytest.approx(region["high"], rel=0.02)
    assert unit_gep(rows, total, draws=0)["low"].isna().all()
    both = amounts([("cover_1", 100.0, "ha", 0), ("cover_2", 50.0, "ha", 0)])
    factors = gep(
        both,
        None,
        pd.DataFrame({"lucode": [1, 2], "ecosystem": ["shrub", "water"]}),
        frame="xie2015",
        draws=100,
    )
    shares = unit_gep(both, factors, draws=100)
    assert shares["low"].iloc[0] < shares["total"].iloc[0] < shares["high"].iloc[0]


def test_condition_between_two_years():
    table = pd.DataFrame(
        {"code": ["101"] * 4, "year": [2001, 2002, 2019, 2020], "npp": [300.0, 300.0, 600.0, 600.0]}
    )
    out = condition_account(table, squares(2, 2), reference_percentile=100.0).iloc[0]
    assert out["opening"] == pytest.approx(0.5)
    assert out["closing"] == pytest.approx(1.0)
    assert out["change"] == pytest.approx(0.5)
    years = pd.DataFrame(
        {
            "code": "101",
            "year": range(2001, 2007),
            "npp": [100.0, 300.0, 400.0, 400.0, 400.0, 400.0],
        }
    )
    assert condition_account(years, squares(2, 2), reference_percentile=100.0)["opening"].iloc[
        0
    ] == pytest.approx(0.5)
    with pytest.raises(QuantityError, match="no rows of 2010"):
        condition_account(table, squares(2, 2), opening=2010)
    with pytest.raises(QuantityError, match="none of its codes"):
        condition_account(table.assign(code="9"), squares(2, 2))
