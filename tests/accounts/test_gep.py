"""Account, prices, units and what is read from them, column by column."""

import numpy as np
import pandas as pd
import pytest
import shapely
from tests.worlds import squares

from shanshui.accounts import draws as draws_of
from shanshui.accounts.draws import ends_of_units
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import account_total, gep
from shanshui.accounts.indicators import (
    coupling_coordination,
    gep_hot_spots,
    gep_summary,
    gini,
    mismatch,
)
from shanshui.accounts.prices import deflator, price_of, price_table
from shanshui.accounts.services import FLOW, SERVICE
from shanshui.accounts.unit_gep import unit_gep
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice

KM = 1000.0


def amounts(*rows):
    """Rows of unit, flow, amount, per, known_km2."""
    return pd.DataFrame(rows, columns=["unit", "flow", "amount", "per", "known_km2"])


WATER = amounts(
    (1, "water_retained", 100.0, "m3", 1.0),
    (2, "water_retained", 300.0, "m3", 3.0),
    (1, "co2", 2.0, "t", 1.0),
    (1, "cover_1", 100.0, "ha", 1.0),
    (2, "cover_1", 300.0, "ha", 3.0),
)


def account(table=WATER, *more, **settings):
    return gep(table, *more, **({"year": 2010, "draws": 0} | settings)).set_index("flow")


def test_an_account_column_by_column():
    """400 m3 at 7.06 yuan and 2 t at 380."""
    out = account()
    water = out.loc["water_retained"]
    assert water[["frame", "category", "service", "per", "method", "price_unit", "status"]].tolist() == [
        "gep2020", "regulating", "wr", "m3", "replacement", "yuan/m3", "S",
    ]  # fmt: skip
    assert water["amount"] == 400.0
    assert water["price"] == pytest.approx(7.06)
    assert water["price_year"] == 2010
    assert "Garze" in water["price_source"]
    assert water["value"] == pytest.approx(2824.0)
    assert water["counts"]
    assert water["note"] == ""
    assert water["share"] == pytest.approx(2824 / 3584)
    total = out.loc["total"]
    assert total[["category", "service"]].tolist() == ["total", "total"]
    assert total["value"] == pytest.approx(3584.0)
    assert total["share"] == 1.0
    assert total["price_year"] is pd.NA
    assert not total["counts"]
    assert np.isnan(total["low"])


def test_prices_are_carried_forward_in_time_and_not_back():
    """A price of 2010 in an account of 2011 is dearer by 5.4 %, in one of 2009 cheaper by 3.3 %."""
    for year, factor in ((2011, 1.054), (2010, 1.0), (2009, 1 / 1.033)):
        out = account(year=year)
        assert out.loc["water_retained", "price"] == pytest.approx(7.06 * factor), year
        price = price_of("water_retained", "m3", ("replacement",), year, price_table())
        assert price.amount == pytest.approx(7.06 * factor)
        assert price.year == 2010
    assert deflator(2010, 2012) == pytest.approx(1.054 * 1.026)
    assert deflator(2010, 2010) == 1.0


def test_consumer_prices_have_a_first_and_a_last_year():
    assert deflator(2000, 2001) == pytest.approx(1.007)
    assert deflator(1994, 1996) == pytest.approx(1.171 * 1.083)
    with pytest.raises(QuantityError, match="known from 1994 to"):
        deflator(1993, 2001)
    last = int(str(_refused(2010, 2100)).split(" to ")[-1].split(";")[0])
    assert deflator(last, last) == 1.0
    with pytest.raises(QuantityError, match="known from"):
        deflator(last + 1, last)


def _refused(start, end):
    with pytest.raises(QuantityError) as error:
        deflator(start, end)
    return error.value


def test_the_first_allowed_method_that_has_a_price_is_taken():
    table = price_table()
    assert price_of("co2", "t", ("market", "avoided_cost"), 2020, table).amount == 29.57
    assert price_of("co2", "t", ("avoided_cost", "market"), 2010, table).amount == 380.0
    assert price_of("co2", "t", ("rent",), 2010, table) is None
    assert price_of("nothing", "t", ("market",), 2010, table) is None
    money = price_of("tourism", "yuan/yr", (), 2010, table)
    assert (money.amount, money.unit, money.method, money.year) == (1.0, "1", "market", 2010)
    # of two prices for one flow and method the first stands
    assert price_of("water_retained", "m3", ("replacement",), 2005, table).year == 2010


OWN = {"flow": "co2", "method": "market", "price": 0.0, "unit": "yuan/t", "year": 2015}


@pytest.mark.parametrize(
    ("flow", "per", "frame", "own", "price"),
    [
        # each frame allows these methods, and prefers a shipped one
        ("cooling", "kWh", "gep2020", ("market", 0.6, "yuan/kWh", 2020), 0.6),
        ("co2", "t", "norm2022", ("avoided_cost", 500.0, "yuan/t", 2020), 500.0),
        ("water_retained", "m3", "gep2020", ("market", 1.5, "yuan/m3", 2020), 1.5),
    ],
)
def test_what_the_study_pays_stands_above_any_shipped_price(flow, per, frame, own, price):
    prices = pd.DataFrame([(flow, *own)], columns=["flow", "method", "price", "unit", "year"])
    out = account(amounts((1, flow, 10.0, per, 1.0)), prices, frame=frame, year=2020)
    assert out.loc[flow, "price"] == price
    assert out.loc[flow, ["price_least", "price_most"]].tolist() == [price, price]
    assert out.loc[flow, "method"] == own[0]


def test_of_own_prices_that_of_the_year_nearest_to_the_account_stands():
    rows = [OWN | {"price": p, "year": y} for p, y in ((1.0, 2005), (9.0, 2020), (4.0, 2010))]
    for order in (rows, rows[::-1]):
        table = price_table(pd.DataFrame(order))
        for year, found in ((2020, 2020), (2016, 2020), (2015, 2020), (2014, 2010), (2006, 2005)):
            assert price_of("co2", "t", ("market",), year, table).year == found
    # the method that a frame prefers comes before the year
    both = price_table(
        pd.DataFrame([*rows, OWN | {"method": "avoided_cost", "year": 2016, "price": 10.0}])
    )
    assert price_of("co2", "t", ("market", "avoided_cost"), 2016, both).method == "market"


def test_two_own_prices_of_one_flow_by_two_methods_cannot_lie_far_apart():
    cost = OWN | {
        "flow": "co2",
        "method": "avoided_cost",
        "unit": "yuan/t",
        "price": 400.0,
        "year": 2010,
    }
    near = pd.DataFrame([cost, cost | {"method": "market", "price": 150.0}])
    out = account(WATER, near).loc["co2"]
    assert f"that by {out['method']} stands, not that by" in out["note"]
    assert (out["price_least"], out["price_most"]) == (150.0, 400.0)
    assert out["price"] in (150.0, 400.0)
    for price, told in ((0.04, "10000 times|1e\\+04 times"), (0.0, "one of them for nothing")):
        far = pd.DataFrame([cost, cost | {"method": "market", "price": price}])
        with pytest.raises(QuantityError, match=f"co2 has two prices of the study's own.*({told})"):
            account(WATER, far)
    # a hundred times is what methods may differ by
    edge = pd.DataFrame([cost, cost | {"method": "market", "price": 4.0}])
    assert account(WATER, edge).loc["co2", "price"] == 400.0
    # by a method that the frame does not allow a price is passed over, and told
    other = pd.DataFrame([cost, cost | {"method": "rent", "price": 0.04}])
    assert account(WATER, other).loc["co2", "price"] == 400.0


def test_an_own_price_that_the_frame_does_not_allow_is_told():
    own = pd.DataFrame([OWN | {"price": 9.0, "method": "rent", "unit": "yuan/t"}])
    out = account(WATER, own)
    assert out.loc["co2", "price"] == 380.0
    assert "the study's own price by rent is not allowed" in out.loc["co2", "note"]
    assert "rent" in Voice("zh").tell(out.loc["co2"], "note")
    assert out.loc["co2", "counts"]
    assert out.loc["water_retained", "note"] == ""


def test_a_price_of_nothing_is_a_price():
    table = price_table(pd.DataFrame([OWN]))
    assert price_of("co2", "t", ("market",), 2015, table).amount == 0.0
    assert table["source"].iloc[0] == "given by the study"
    assert table["status"].iloc[0] == "given by the study"
    told = price_table(pd.DataFrame([OWN | {"source": "bill", "status": "S"}]))
    assert told[["source", "status"]].iloc[0].tolist() == ["bill", "S"]
    assert len(table) == len(price_table()) + 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": -0.01}, "row 2 \\(co2\\) holds '-0.01', expected a finite number, 0 or more"),
        ({"price": -5}, "row 2 \\(co2\\) holds '-5', expected"),
        ({"price": np.inf}, "holds 'inf', expected a finite number"),
        ({"price": "dear"}, "holds 'dear'"),
        ({"price": None}, "holds nothing"),
        ({"year": 2015.5}, "prices.year: row 2 .* holds '2015.5', expected a whole year"),
        ({"year": "soon"}, "prices.year: row 2"),
        ({"method": "markets"}, "'markets'; did you mean"),
        ({"flow": "water_retaind"}, "prices.flow: 'water_retaind'; did you mean 'water_retained'"),
        ({"flow": "tourism"}, "prices.flow: tourism is told in yuan"),
    ],
)
def test_own_prices_that_are_not_right_are_refused(change, message):
    with pytest.raises(QuantityError, match=message):
        price_table(pd.DataFrame([OWN | change]))


def test_a_price_whose_source_or_unit_is_left_blank_says_so_in_words():
    rows = pd.DataFrame([OWN | {"source": np.nan}, OWN | {"year": 2016, "source": "bill"}])
    assert price_table(rows)["source"].tolist()[:2] == ["given by the study", "bill"]
    blank = price_table(pd.DataFrame([OWN | {"unit": np.nan}]))
    with pytest.raises(QuantityError, match="stands in no unit, the account in yuan/t"):
        price_of("co2", "t", ("market",), 2015, blank)


def test_two_own_prices_of_one_year_are_refused():
    with pytest.raises(QuantityError, match=r"co2 \(market\) stands twice for 2015"):
        price_table(pd.DataFrame([OWN, OWN | {"price": 3.0}]))
    price_table(pd.DataFrame([OWN, OWN | {"year": 2016}, OWN | {"method": "rent"}]))


def test_the_year_of_a_price_that_is_not_there_is_missing_and_the_others_are_whole():
    empty = gep(WATER[WATER["flow"] == "none"])
    own = pd.DataFrame([OWN | {"flow": "water_retained", "method": "reported", "unit": "yuan/m3"}])
    none = account(amounts((1, "leisure", 7.0, "yuan", 1.0), *_rows(WATER)), own)["price_year"]
    for years in (empty["price_year"], none):
        assert years.iloc[-1] is pd.NA
        assert str(years.dtype) == "Int64"
        assert (years.dropna() > 1900).all()
    assert empty.to_csv(columns=["flow", "price_year"], index=False).split() == [
        "flow,price_year",
        "total,",
    ]
    assert "water_retained,2010\n" in account().to_csv(columns=["price_year"])


def test_a_flow_without_a_price_is_shown_and_not_summed():
    out = account(frame="seea", table=amounts((1, "water_domestic", 5.0, "m3", 1.0), *_rows(WATER)))
    # the market price of water is known but the same water counts as retained
    sold = out.loc["water_domestic"]
    assert not sold["counts"]
    assert "retained" in sold["note"]
    own = pd.DataFrame([OWN | {"flow": "water_retained", "method": "reported", "unit": "yuan/m3"}])
    none = amounts((1, "total_nitrogen", 5.0, "t", 1.0), (1, "leisure", 7.0, "yuan", 1.0))
    assert account(none, own, frame="gep2020").loc["total", "value"] == pytest.approx(
        5 * 35700 * deflator(2018, 2010)
    )


def _rows(frame):
    return list(frame.itertuples(index=False, name=None))


def test_a_missing_amount_has_no_value_and_leaves_the_others():
    gap = amounts((1, "water_retained", np.nan, "m3", 0.0), (1, "co2", 2.0, "t", 1.0))
    out = account(gap, draws=50)
    assert np.isnan(out.loc["water_retained", "amount"])
    assert np.isnan(out.loc["water_retained", "value"])
    assert np.isnan(out.loc["water_retained", "low"])
    assert out.loc["total", "value"] == 760.0


def test_a_flow_in_two_units_is_refused():
    two = amounts((1, "co2", 2.0, "t", 1.0), (2, "co2", 2.0, "kg", 1.0))
    with pytest.raises(QuantityError, match="co2 stands in two units"):
        gep(two)


TABLE = pd.DataFrame({"code": ["a", "b"], "year": 2010, "flow": "tourism", "amount": [3e8, 4e8]})


def test_a_table_of_products_with_blanks_is_refused():
    with pytest.raises(QuantityError, match="tourism of b in 2010 is blank"):
        account(WATER, None, None, TABLE.assign(amount=[3e8, np.nan]))
    assert account(WATER, None, None, TABLE).loc["tourism", "amount"] == 7e8


def test_the_interval_of_one_price_is_that_of_the_triangle():
    """A triangle of 0.7, 1, 1.3 has 5 % below 0.7949 and 95 % below 1.2051."""
    one = amounts((1, "cooling", 100.0, "kWh", 1.0))
    out = account(one, draws=200_000, amount_spread=0.0).loc["cooling"]
    assert out["low"] / out["value"] == pytest.approx(0.7 + np.sqrt(0.05 * 0.6 * 0.3), abs=0.004)
    assert out["high"] / out["value"] == pytest.approx(1.3 - np.sqrt(0.05 * 0.6 * 0.3), abs=0.004)
    wide = account(one, draws=200_000, amount_spread=0.5, price_spread=0.0).loc["cooling"]
    assert wide["low"] / wide["value"] == pytest.approx(0.5 + np.sqrt(0.05 * 0.5), abs=0.004)


def test_flows_of_one_service_err_together_and_services_apart():
    """Nitrogen and phosphorus with one error of their amounts: the interval of the sum is the sum of theirs."""
    same = amounts((1, "nitrogen_kept", 1000.0, "t", 1.0), (1, "phosphorus_kept", 1000.0, "t", 1.0))
    out = account(same, draws=20_000, price_spread=0.0)
    parts = out.loc[["nitrogen_kept", "phosphorus_kept"], "high"].sum()
    assert out.loc["total", "high"] == pytest.approx(parts, rel=1e-9)
    apart = amounts((1, "nitrogen_kept", 1000.0, "t", 1.0), (1, "co2", 1000.0, "t", 1.0))
    out = account(apart, draws=20_000, price_spread=0.0)
    assert out.loc["total", "high"] < 0.99 * out.loc[["nitrogen_kept", "co2"], "high"].sum()
    prices = account(same, draws=20_000, amount_spread=0.0)
    sums = prices.loc[["nitrogen_kept", "phosphorus_kept"], "high"].sum()
    assert prices.loc["total", "high"] < 0.99 * sums


def test_units_column_by_column():
    people = pd.DataFrame({"unit": [1, 2], "population": [50.0, 0.0]})
    out = unit_gep(WATER, gep(WATER, year=2010, draws=0), people, draws=0, least_known=0.0)
    assert list(out.columns) == [
        "area_km2", "wr", "co2", "total", "low", "high", "per_km2", "per_head", "location_quotient", "share_inside", "known_share",
    ]  # fmt: skip
    assert out["area_km2"].tolist() == [1.0, 3.0]
    assert out["wr"].tolist() == pytest.approx([706.0, 2118.0])
    # no carbon is told of unit 2: that is not 0, and the total is of what is known
    assert out.loc[1, "co2"] == pytest.approx(760.0)
    assert np.isnan(out.loc[2, "co2"])
    assert out["total"].tolist() == pytest.approx([1466.0, 2118.0])
    assert out["per_km2"].tolist() == pytest.approx([1466.0, 706.0])
    assert out.loc[1, "per_head"] == pytest.approx(1466 / 50)
    # nobody lives in unit 2
    assert np.isnan(out.loc[2, "per_head"])
    assert out["location_quotient"].tolist() == pytest.approx([1466 / 896, 706 / 896])
    assert unit_gep(WATER, gep(WATER, year=2010))["per_head"].isna().all()
    # co2 is known on a quarter of the region: all of it would be worth 3040 beside 2824 of water
    assert out["known_share"].tolist() == pytest.approx([1.0, 2824 / 5864])
    strict = unit_gep(WATER, gep(WATER, year=2010, draws=0), people, draws=0)
    assert strict["per_km2"].notna().tolist() == [True, False]
    assert strict["total"].tolist() == out["total"].tolist()


def test_a_sliver_of_a_place_has_a_total_and_no_rates():
    people = pd.DataFrame({"unit": [1, 2], "population": [50.0, 50.0]})
    # 1 of 25 km2 and 3 of 60 lie inside
    whole = squares(6, 10, KM).set_geometry(
        [shapely.box(0, 0, 5 * KM, 5 * KM), shapely.box(0, 0, 6 * KM, 10 * KM)], crs=None
    )
    account = gep(WATER, year=2010, draws=0).assign(known_share=1.0)
    full = WATER[WATER["flow"] != "co2"]
    account = account[account["flow"] != "co2"]
    out = unit_gep(full, account, people, whole, draws=0)
    assert out["share_inside"].tolist() == pytest.approx([0.04, 0.05])
    rates = ["per_km2", "per_head", "location_quotient"]
    assert out.loc[1, rates].isna().all()
    assert out.loc[2, rates].notna().all()
    plain = unit_gep(full, account, people, draws=0)
    assert out["total"].tolist() == plain["total"].tolist()
    assert out.loc[2, "location_quotient"] == plain.loc[2, "location_quotient"]
    assert (
        unit_gep(full, account, people, whole, draws=0, least_share=0.04)[rates]
        .notna()
        .all(axis=None)
    )


def test_without_spread_the_interval_is_the_total():
    """Also where a flow of the region is not known in the unit: it takes no part. One price of each is known."""
    one = gep(WATER, year=2010).assign(
        price_least=lambda f: f["price"], price_most=lambda f: f["price"]
    )
    out = unit_gep(WATER, one, draws=9, price_spread=0.0, amount_spread=0.0)
    assert out["low"].tolist() == pytest.approx([1466.0, 2118.0])
    assert out["high"].tolist() == pytest.approx([1466.0, 2118.0])


def test_a_unit_of_which_nothing_is_known_has_no_value():
    gap = amounts(
        *_rows(WATER), (3, "water_retained", np.nan, "m3", 0.0), (3, "cover_1", 100.0, "ha", 1.0)
    )
    out = unit_gep(gap, gep(WATER, year=2010, draws=0), draws=20, least_known=0.4)
    assert out.loc[3, ["wr", "total", "low", "high", "per_km2", "location_quotient"]].isna().all()
    assert out.loc[3, "area_km2"] == 1.0
    # its area does not thin out the mean of the others
    assert out["location_quotient"].iloc[:2].tolist() == pytest.approx([1466 / 896, 706 / 896])


def test_services_of_the_region_alone_are_missing_in_its_units():
    """Visits come as a table of the region: the account has them, no unit does."""
    whole = gep(WATER, None, None, TABLE, year=2010, draws=0)
    out = unit_gep(WATER, whole, draws=30)
    assert out["tour"].isna().all()
    assert out["total"].tolist() == pytest.approx([1466.0, 2118.0])
    assert (out["low"] < out["total"]).all()


def test_draws_of_many_units_are_summed_in_blocks(monkeypatch):
    random = np.random.default_rng(1)
    value, factors = random.uniform(0, 9, (50, 4)), random.uniform(0.5, 1.5, (4, 300))
    whole = np.percentile(value @ factors, (5, 95), axis=1)
    np.testing.assert_allclose(ends_of_units(value, factors), whole)
    held = []

    def spy(table, *rest, **more):
        held.append(table.nbytes)
        return np.quantile(table, (0.05, 0.95), axis=1)

    monkeypatch.setattr(draws_of, "MOST_BYTES", 8 * 300 * 7)
    monkeypatch.setattr(draws_of.np, "percentile", spy)
    np.testing.assert_allclose(ends_of_units(value, factors), whole)
    assert len(held) == 8
    assert max(held) <= 8 * 300 * 7
    # a block is one unit at least
    monkeypatch.setattr(draws_of, "MOST_BYTES", 1)
    np.testing.assert_allclose(ends_of_units(value, factors), whole)


def test_an_account_of_equivalents_row_by_row():
    cover = amounts((1, "cover_1", 10.0, "ha", 0.1), (1, "cover_255", 0.0, "ha", 0.0))
    names = pd.DataFrame({"lucode": [1, 255], "ecosystem": ["shrub", " bare "]})
    out = gep(cover, None, names, frame="xie2015", year=2011, draws=0)
    food = out[(out["flow"] == "cover_1") & (out["service"] == "food")].iloc[0]
    # a shrub gives 0.19 of the standard as food
    assert food["price"] == pytest.approx(0.19 * 3406.5 * 1.054)
    assert food["value"] == pytest.approx(1.9 * 3406.5 * 1.054)
    assert food[["category", "method", "price_unit", "status", "per"]].tolist() == [
        "equivalent", "equivalent", "yuan/ha", "S", "ha",
    ]  # fmt: skip
    assert food["price_year"] == 2010
    with pytest.raises(QuantityError, match="code 1 holds 'shrubs'; did you mean"):
        gep(cover, None, names.assign(ecosystem="shrubs"), frame="xie2015")
    with pytest.raises(QuantityError, match="no column ecosystem"):
        gep(cover, None, names.drop(columns="ecosystem"), frame="xie2015")


def test_every_flow_has_a_service_a_unit_and_a_kind():
    flows = {f for s in SERVICE.values() for f in s.flows}
    assert flows == set(FLOW)
    for frame in FRAMES.values():
        for entry in frame.entries:
            assert SERVICE[entry.service].category
        assert len({e.service for e in frame.entries}) == len(frame.entries)
    assert FRAMES["gep2020"].entry("noise") is None
    assert FRAMES["norm2022"].entry("noise").counts


def test_the_total_of_nothing_is_missing():
    out = gep(WATER.assign(amount=np.nan), year=2010, draws=20)
    total = out[out["service"] == "total"].iloc[0]
    assert np.isnan([total["value"], total["low"], total["high"], total["share"]]).all()
    assert "no flow of this frame is known" in total["note"]
    assert np.isnan(account_total(out))


def test_total_of_an_account():
    assert account_total(gep(WATER, year=2010, draws=0)) == pytest.approx(3584.0)


def money(**sectors):
    rows = [
        (c, 2019, s, v)
        for s, pair in sectors.items()
        for c, v in zip(("101", "102"), pair, strict=True)
    ]
    return pd.DataFrame(rows, columns=["code", "year", "sector", "yuan"])


def values(area=(4.0, 2.0), total=(80.0, 120.0)):
    frame = pd.DataFrame({"area_km2": area, "total": total}, index=pd.Index([1, 2], name="unit"))
    return frame.assign(per_km2=frame["total"] / frame["area_km2"])


def test_nature_and_economy_column_by_column():
    """Two units of 4 km2, the second half inside: 20 and 60 yuan a km2 of value, 10 and 5 of product."""
    area = squares(2, 4, KM)
    out = mismatch(values(), money(primary=(10.0, 15.0), tertiary=(30.0, 5.0)), area)
    assert out["unit"].tolist() == [1, 2]
    assert out["code"].tolist() == ["101", "102"]
    assert out["name"].tolist() == ["c1", "c2"]
    assert out["share_inside"].tolist() == [1.0, 0.5]
    assert out["gep"].tolist() == [80.0, 120.0]
    assert out["gdp"].tolist() == [40.0, 10.0]
    assert out["ratio"].tolist() == [2.0, 12.0]
    assert out["gep_share"].tolist() == [0.4, 0.6]
    assert out["gdp_share"].tolist() == [0.8, 0.2]
    assert out["mismatch"].tolist() == pytest.approx([0.5, 3.0])
    # the means are 33.3 of value and 8.3 of product a km2
    assert out["quadrant"].tolist() == ["lowland-highland", "highland-lowland"]
    # levels 0.01 and 1: C = 2 root(0.01) / 1.01, T = 0.505, D = root(0.1)
    assert out["coupling"].tolist() == pytest.approx([0.2 / 1.01] * 2)
    assert out["level"].tolist() == pytest.approx([0.505] * 2)
    assert out["coordination"].tolist() == pytest.approx([np.sqrt(0.1)] * 2)
    assert out["grade"].tolist() == ["mild disorder"] * 2


def test_the_row_of_the_whole_product_is_taken_where_there_is_one():
    area = squares(2, 4, KM)
    out = mismatch(values(), money(total=(8.0, 20.0), primary=(99.0, 99.0)), area)
    assert out["gdp"].tolist() == [8.0, 10.0]
    years = pd.concat([money(total=(8.0, 20.0)), money(total=(4.0, 4.0)).assign(year=2010)])
    assert mismatch(values(), years, area, year=2010)["gdp"].tolist() == [4.0, 2.0]


def known(*args, **settings):
    return mismatch(*args, **settings).dropna(subset=["mismatch"])


@pytest.mark.parametrize(
    ("given", "product", "why"),
    [
        ({"area": (4.0, 0.79)}, (8.0, 20.0), "less than 0.2 of it lies inside"),
        ({"total": (80.0, np.nan)}, (8.0, 20.0), "no value"),
        ({}, (8.0, 0.0), "no product of 2019, of it or of a county of it"),
        ({}, (8.0, np.nan), "no product of 2019, of it or of a county of it"),
    ],
)
def test_units_that_cannot_be_compared_say_why(given, product, why):
    out = mismatch(values(**given), money(total=product), squares(2, 4, KM)).set_index("code")
    assert out["basis"].to_dict() == {"101": "area", "102": why}
    figures = ["gdp", "ratio", "gep_share", "gdp_share", "mismatch", "coordination"]
    assert out.loc["102", figures].isna().all()
    assert out.loc["102", ["quadrant", "grade"]].tolist() == ["", ""]
    assert out.loc["101", "gep_share"] == 1.0


def county_values(**area):
    index = pd.Index(range(1, len(area) + 1), name="unit")
    return pd.DataFrame({"area_km2": list(area.values())}, index=index)


def county_product(*rows):
    columns = ["code", "prefecture", "sector", "yuan"]
    return pd.DataFrame(rows, columns=columns).assign(year=2019)


def test_the_product_of_the_part_inside_is_that_of_its_counties_not_of_its_area():
    """Of the second prefecture half lies inside: its poor county whole, its rich one not at all."""
    area = squares(2, 4, KM)
    counties = squares(2, 2, KM).assign(code=["a", "b"])
    product = county_product(
        ("a", "101", "primary", 40.0), ("b", "102", "primary", 3.0), ("b", "102", "tertiary", 1.0), ("c", "102", "tertiary", 16.0),
    )  # fmt: skip
    inside = county_values(a=2.0, b=2.0)
    rows = money(total=(40.0, 20.0))
    out = known(values(), rows, area, product, inside, counties).set_index("code")
    assert out["gdp"].to_dict() == {"101": 40.0, "102": 4.0}
    assert set(out["basis"]) == {"counties"}
    by_area = known(values(), rows, area).set_index("code")
    assert by_area["gdp"].to_dict() == {"101": 40.0, "102": 10.0}
    # half of a county inside: half of its product
    half = known(values(), rows, area, product, county_values(a=2.0, b=1.0), counties)
    assert half.set_index("code")["gdp"].to_dict() == {"101": 40.0, "102": 2.0}


def test_a_county_without_product_leaves_its_prefecture_without_unless_that_is_inside_whole():
    area = squares(2, 4, KM)
    counties = squares(2, 2, KM).assign(code=["a", "b"])
    product = county_product(("a", "101", "primary", np.nan), ("b", "102", "primary", np.nan))
    given = (
        values(),
        money(total=(40.0, 20.0)),
        area,
        product,
        county_values(a=1.0, b=1.0),
        counties,
    )
    out = mismatch(*given).set_index("code")
    assert out.loc["101", ["gdp", "basis"]].tolist() == [40.0, "whole"]
    assert np.isnan(out.loc["102", "gdp"])
    assert out.loc["102", "basis"].startswith("no product of 2019")
    with pytest.raises(QuantityError, match="no rows of 1999"):
        mismatch(*given, year=1999)


def test_one_unit_is_half_of_everything():
    area = squares(2, 4, KM)
    one = known(values(), money(total=(8.0, np.nan)), area)
    # one unit has nothing to be scaled against: half
    assert one[["level", "coupling"]].to_numpy().tolist() == [[0.5, 1.0]]


def test_coordination_at_the_edges_of_its_grades():
    levels = np.array([[0.25, 0.25], [0.2499, 0.2499], [1.0, 1.0], [0.0, 0.0], [np.nan, 0.5]])
    out = coupling_coordination(levels)
    assert out["grade"].tolist() == [
        "barely coordinated", "near disorder", "high-quality coordination", "extreme disorder", "",
    ]  # fmt: skip
    assert out["coupling"].tolist()[:4] == pytest.approx([1, 1, 1, 0])
    assert out.iloc[4][["coupling", "level", "coordination"]].isna().all()


def test_coordination_of_three_and_with_weights():
    """Levels 0.8, 0.4, 0.1: C = 3 x 0.032^(1/3) / 1.3; weights 2, 1, 1 give T = 0.525."""
    out = coupling_coordination(np.array([[0.8, 0.4, 0.1]]), np.array([2.0, 1.0, 1.0])).iloc[0]
    assert out["coupling"] == pytest.approx(3 * 0.032 ** (1 / 3) / 1.3)
    assert out["level"] == pytest.approx(0.525)
    assert out["coordination"] == pytest.approx(np.sqrt(out["coupling"] * 0.525))
    with pytest.raises(QuantityError, match="outside"):
        coupling_coordination(np.array([[-0.1, 0.5]]))


def test_inequality_of_three_units():
    """Value 1, 2, 5 over product 2, 2, 4: Lorenz 0, 1/8, 3/8, 1 over 0, 1/4, 1/2, 1."""
    area = (0.25 * 0.125 + 0.25 * 0.5 + 0.5 * 1.375) / 2
    found = gini(np.array([5.0, 1.0, 2.0]), np.array([4.0, 2.0, 2.0]))
    assert found == pytest.approx(1 - 2 * area)


def test_hot_spots_with_a_pencil():
    """Values 4, 4, 1, 1 in a row: about the first two 8 of 2 cells, the mean 2.5, the deviation 1.5."""
    value = pd.DataFrame(
        {"per_km2": [4.0, 4.0, 1.0, 1.0, np.nan]}, index=pd.RangeIndex(1, 6, name="unit")
    )
    pairs = pd.DataFrame({"source": [1, 2, 3, 4], "target": [2, 3, 4, 5]})
    out = gep_hot_spots(value, pairs)
    end = (8 - 5) / (1.5 * np.sqrt((4 * 2 - 4) / 3))
    inner = (9 - 7.5) / (1.5 * np.sqrt((4 * 3 - 9) / 3))
    assert out["z"].iloc[:4].tolist() == pytest.approx([end, inner, -inner, -end])
    assert np.isnan(out["z"].iloc[4])
    assert out["spot"].tolist() == ["", "", "", "", ""]
    nothing = gep_hot_spots(value * np.nan, pairs)
    assert nothing["z"].isna().all()
    assert (nothing["spot"] == "").all()


def test_cold_spots_are_cold():
    value = pd.DataFrame(
        {"per_km2": [1.0] * 4 + [9.0] * 16}, index=pd.RangeIndex(1, 21, name="unit")
    )
    pairs = pd.DataFrame({"source": range(1, 20), "target": range(2, 21)})
    out = gep_hot_spots(value, pairs)
    assert (out.loc[2:3, "spot"] == "cold").all()
    assert (out.loc[8:, "spot"] == "").all()


def figures(rows=WATER, people=None, beside=None, least_known=0.0, **settings):
    whole = gep(rows, **({"year": 2010, "draws": 100} | settings))
    table = gep_summary(whole, rows, people, beside, least_known=least_known)
    return table.set_index("figure"), whole


def test_figures_of_an_account():
    people = pd.DataFrame({"population": [60.0, 0.0, 40.0]})
    beside = pd.DataFrame({"gep": [1.0, 3.0], "gdp": [2.0, 2.0]})
    rows = amounts(
        *_rows(WATER),
        (1, "cooling", 1000.0, "kWh", 1.0),
        (1, "primary_products", 50.0, "yuan", 1.0),
    )
    out, whole = figures(rows, people, beside)
    value, unit = out["value"], out["unit"]
    assert value["total"] == pytest.approx(2824 + 760 + 530 + 50)
    assert value["low"] == whole["low"].iloc[-1]
    assert value["high"] == whole["high"].iloc[-1]
    assert value["area"] == 4.0
    assert value["per_km2"] == pytest.approx(4164 / 4)
    assert value["per_head"] == pytest.approx(41.64)
    assert value["supply"] == pytest.approx(50.0)
    assert value["regulating"] == pytest.approx(4114.0)
    assert "cultural" not in value
    assert value["without_clim"] == pytest.approx(4164 - 530)
    # the account stands in prices of 2010, the nation's total in those of 2015
    risen = 1.054 * 1.026 * 1.026 * 1.02 * 1.014
    assert value["against_china_2015"] == pytest.approx(risen * 1041 / (72.81e12 / 9.6e6))
    assert value["over_gdp"] == pytest.approx(1.0)
    assert value["gini_over_gdp"] == pytest.approx(0.25)
    assert unit[["total", "area", "per_km2", "per_head", "over_gdp"]].tolist() == [
        "yuan/yr", "km2", "yuan/km2/yr", "yuan/person/yr", "1",
    ]  # fmt: skip


def test_an_amount_that_is_known_on_a_part_of_the_ground_says_so():
    out = account()
    assert out.loc["co2", "known_share"] == 0.25
    assert out.loc["co2", "note"] == "known on 25.0% of the ground: the rest adds nothing"
    assert "25.0%" in Voice("zh").tell(out.loc["co2"], "note")
    assert out.loc["total", "known_share"] == pytest.approx(3584 / (2824 + 4 * 760))
    assert "61.1% of it is known" in out.loc["total", "note"]
    figure = figures(people=pd.DataFrame({"population": [60.0, 40.0]}), least_known=0.9)[0]["value"]
    assert figure["known_share"] == pytest.approx(3584 / 5864)
    assert np.isnan(figure["per_km2"])
    assert not {"per_head", "against_china_2015"} & set(figure.index)
    # cells on the edge that do not meet are no gap
    near = WATER[WATER["flow"] != "co2"].assign(known_km2=[0.99, 2.98, 1.0, 3.0])
    whole = account(near)
    assert whole.loc["water_retained", "note"] == ""
    assert whole.loc["total", "note"] == "sum of what counts"


def test_value_over_product_is_of_the_ground_that_has_a_product():
    beside = pd.DataFrame({"gep": [1.0, 3.0], "gdp": [2.0, np.nan], "area_km2": [80.0, 20.0]})
    some = figures(beside=beside)[0]["value"]
    assert (some["over_gdp"], some["known_ground"]) == (0.5, 0.8)
    none = figures(beside=beside, least_known=0.9)[0]["value"]
    assert np.isnan(none["over_gdp"])
    assert np.isnan(none["gini_over_gdp"])
    assert none["known_ground"] == 0.8


def test_figures_that_cannot_be_told_are_left_out():
    out, _ = figures(
        people=pd.DataFrame({"population": [0.0]}), beside=pd.DataFrame({"gep": [], "gdp": []})
    )
    assert not {"per_head", "over_gdp", "without_clim"} & set(out.index)
    # a unit of unknown people is not one of nobody
    part, _ = figures(people=pd.DataFrame({"population": [60.0, np.nan, 40.0]}))
    assert "per_head" not in part.index
    few, _ = figures(people=pd.DataFrame({"population": [0.5]}))
    assert few.loc["per_head", "value"] == pytest.approx(2 * 3584)
    bare, _ = figures(WATER[~WATER["flow"].str.startswith("cover_")])
    assert np.isnan(bare.loc["per_km2", "value"])
    assert "against_china_2015" not in bare.index
