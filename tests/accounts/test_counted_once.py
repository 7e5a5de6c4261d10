"""Each thing counts once: parts and wholes, one thing measured twice, oxygen and carbon, one substance at two prices."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import gep
from shanshui.accounts.purification import purification
from shanshui.accounts.services import FLOW, SERVICE
from shanshui.accounts.table_amounts import table_amounts
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice

ZH = Voice("zh")
PARENT = {f.flow: f.part_of for f in FLOW.values() if f.part_of}
SAME_AS = {f.flow: f.same_as for f in FLOW.values() if f.same_as}
SUBSTANCE = {f.flow: f.substance for f in FLOW.values() if f.substance}


def account(flows, prices=None, products=None, **settings):
    rows = pd.DataFrame(
        [(f, a, FLOW[f].per) for f, a in flows.items()], columns=["flow", "amount", "per"]
    )
    out = gep(rows, prices, None, products, **({"year": 2010, "draws": 0} | settings))
    return out.set_index("flow")


def own(flow, price, unit="yuan/t"):
    return pd.DataFrame(
        [{"flow": flow, "method": "avoided_cost", "price": price, "unit": unit, "year": 2010}]
    )


@pytest.mark.parametrize(
    ("flows", "left_out", "by"),
    [
        ({"total_nitrogen": 10.0, "ammonia_nitrogen": 4.0}, "ammonia_nitrogen", "total_nitrogen"),
        ({"nitrogen_kept": 5.0, "total_nitrogen": 10.0}, "total_nitrogen", "nitrogen_kept"),
        ({"phosphorus_kept": 5.0, "total_phosphorus": 1.0}, "total_phosphorus", "phosphorus_kept"),
        ({"primary_products": 50.0, "forest_products": 5.0}, "forest_products", "primary_products"),
        ({"primary_products": 50.0, "animal_products": 9.0}, "animal_products", "primary_products"),
        (
            {"primary_products": 50.0, "fishery_products": 1.0},
            "fishery_products",
            "primary_products",
        ),
        ({"water_retained": 50.0, "flood_kept": 9.0}, "flood_kept", "cost of a reservoir"),
        ({"cooling": 50.0, "cooling_unused": 90.0}, "cooling_unused", "people"),
        ({"co2": 0.31e8, "o2": 2.51e8}, "o2", "11.1 times"),
    ],
)
def test_what_another_holds_stands_beside_the_total(flows, left_out, by):
    rows = account(flows)
    assert not rows.loc[left_out, "counts"]
    assert by in rows.loc[left_out, "note"]
    assert ZH.tell(rows.loc[left_out], "note")
    assert np.isfinite(rows.loc[left_out, "value"])
    rest = [f for f in flows if f != left_out]
    assert rows.loc["total", "value"] == pytest.approx(rows.loc[rest, "value"].sum())
    alone = account({left_out: flows[left_out]})
    assert alone.loc[left_out, "counts"] == (left_out != "none")


def test_water_sold_is_not_counted_by_its_uses_too():
    flows = {"water_supplied": 100.0, "water_domestic": 10.0, "water_industrial": 5.0, "water_irrigation": 40.0}  # fmt: skip
    rows = account(flows, water="market")
    assert rows.loc["total", "value"] == 100.0
    assert not rows.loc[["water_domestic", "water_industrial", "water_irrigation"], "counts"].any()
    del flows["water_supplied"]
    uses = account(flows, water="market")
    assert uses.loc["total", "value"] == pytest.approx(10 * 2.6 + 5 * 3.6 + 40 * 0.07)


def test_a_storm_counts_once_and_where_it_is_kept_alone_it_counts():
    """Garze: 321.49e8 m3 held over the year hold the 2.43e8 m3 of its storms; lakes and marshes store other water."""
    flows = {"water_retained": 321.49e8, "flood_kept": 2.43e8, "flood_stored": 6.01e8}
    rows = account(flows)
    assert rows["counts"].to_dict() == {
        "water_retained": True, "flood_kept": False, "flood_stored": True, "total": False,
    }  # fmt: skip
    assert rows.loc["flood_kept", "value"] == pytest.approx(2.43e8 * 7.06)
    assert rows.loc["total", "value"] == pytest.approx((321.49e8 + 6.01e8) * 7.06)
    assert "水库造价" in ZH.tell(rows.loc["flood_kept"], "note")
    # where the retained water counts as sold, or is not known, that of storms is told once
    sold = account(flows | {"water_supplied": 100.0}, water="market")
    assert sold["counts"][["water_retained", "flood_kept"]].tolist() == [False, True]
    assert account(flows | {"water_retained": np.nan}).loc["flood_kept", "counts"]
    table = pd.DataFrame(
        {"code": ["1"], "year": [2010], "flow": ["flood_kept"], "amount": [9.0], "excludes": ["water_retained"]}
    )  # fmt: skip
    assert account({"water_retained": 50.0}, products=table).loc["flood_kept", "counts"]


def test_a_whole_that_is_not_known_leaves_its_parts_in():
    flows = {"total_nitrogen": np.nan, "ammonia_nitrogen": 4.0}
    rows = account(flows)
    assert rows.loc["ammonia_nitrogen", "counts"]
    assert not rows.loc["total_nitrogen", "counts"]


def test_a_part_of_nitrogen_is_not_counted_beside_that_of_soil():
    table = pd.DataFrame(
        {"code": ["1"], "year": [2010], "flow": ["ammonia_nitrogen"], "amount": [4.0]}
    )
    rows = account({"nitrogen_kept": 5.0}, products=table)
    assert not rows.loc["ammonia_nitrogen", "counts"]
    assert rows.loc["total", "value"] == pytest.approx(5 * 875.0)
    rows = account({"nitrogen_kept": 5.0}, products=table.assign(excludes="nitrogen_kept"))
    assert rows.loc["ammonia_nitrogen", "counts"]


def test_pollutants_of_a_step_say_what_they_exclude():
    waste = pd.DataFrame(
        {"code": ["1", "2", "1"], "pollutant": ["TN", "TN", "COD"], "emitted_t": [5.0, 3.0, 1.0], "meets_standard": 1, "excludes": ["nitrogen_kept"] * 2 + [None]}
    )  # fmt: skip
    rows = pd.DataFrame([("nitrogen_kept", 5.0, "t")], columns=["flow", "amount", "per"])

    def counts(emissions):
        told = table_amounts(purification(emissions))
        out = gep(rows, table_amounts=told, draws=0).set_index("flow")
        assert out.loc["oxygen_demand", "counts"]
        return out.loc["total_nitrogen", "counts"]

    assert counts(waste)
    assert not counts(waste.drop(columns="excludes"))
    # one place that does not say so leaves the sum in doubt
    assert not counts(waste.assign(excludes=["nitrogen_kept", "", ""]))
    with pytest.raises(QuantityError, match="emissions.excludes: 'nitrogen'; did you mean"):
        counts(waste.assign(excludes="nitrogen"))


def test_a_part_beside_its_whole_does_not_set_the_price_of_it():
    alone, beside = account({"total_nitrogen": 10.0}), account({"total_nitrogen": 10.0, "ammonia_nitrogen": 4.0})  # fmt: skip
    assert beside.loc["total", "value"] == alone.loc["total", "value"]
    assert beside.loc["ammonia_nitrogen", "price"] == beside.loc["total_nitrogen", "price"]


def test_a_price_of_nothing_holds_for_its_substance():
    flows = {"nitrogen_kept": 10.0, "total_nitrogen": 5.0}
    rows = account(flows, own("nitrogen_kept", 0.0).assign(also="total_nitrogen"))
    assert rows.loc["total_nitrogen", "value"] == rows.loc["total", "value"] == 0.0
    parts = {"total_nitrogen": 5.0, "ammonia_nitrogen": 4.0}
    rows = account(parts, own("total_nitrogen", 0.0))
    assert rows.loc["ammonia_nitrogen", "value"] == rows.loc["total", "value"] == 0.0
    assert "its own was 875 yuan/t" in rows.loc["ammonia_nitrogen", "note"]
    two = pd.concat([own("total_nitrogen", 9000.0), own("nitrogen_kept", 0.0)])
    with pytest.raises(QuantityError, match="one substance, nitrogen, one of them for nothing"):
        account(flows, two)


@pytest.mark.parametrize("carbon", [0.0, -5.0])
def test_oxygen_without_carbon_is_left_out(carbon):
    rows = account({"co2": carbon, "o2": 100.0, "cooling": 1.0})
    assert not rows.loc["o2", "counts"]
    assert "no carbon dioxide" in rows.loc["o2", "note"]
    # ground that gives carbon off takes the oxygen in: one basis
    assert account({"co2": -44.0, "o2": -32.0}).loc["o2", "counts"]


def test_nutrients_that_exclude_those_of_soil_count():
    table = pd.DataFrame(
        {"code": ["1"], "year": [2010], "flow": ["total_nitrogen"], "amount": [10.0], "excludes": ["nitrogen_kept"]}
    )  # fmt: skip
    rows = account({"nitrogen_kept": 5.0}, products=table)
    assert rows.loc["total_nitrogen", "counts"]
    with pytest.raises(QuantityError, match=r"products.excludes: 'nitrogen_held'"):
        account({"nitrogen_kept": 5.0}, products=table.assign(excludes="nitrogen_held"))
    # a part of what may be counted already is left out with it
    both = pd.concat([table.drop(columns="excludes"), table.drop(columns="excludes").assign(flow="ammonia_nitrogen", amount=3.0)])  # fmt: skip
    rows = account({"nitrogen_kept": 5.0}, products=both)
    assert not rows.loc[["total_nitrogen", "ammonia_nitrogen"], "counts"].any()


def test_one_substance_has_one_price():
    rows = account({"nitrogen_kept": 5.0, "total_nitrogen": 10.0})
    assert rows.loc["total_nitrogen", "price"] == rows.loc["nitrogen_kept", "price"] == 875.0
    assert "its own was 33" in rows.loc["total_nitrogen", "note"]
    alone = account({"total_nitrogen": 10.0})
    assert alone.loc["total_nitrogen", "price"] > 20_000
    given_ = account({"nitrogen_kept": 5.0, "total_nitrogen": 10.0}, own("total_nitrogen", 9000.0))
    assert given_.loc[["nitrogen_kept", "total_nitrogen"], "price"].tolist() == [875.0, 9000.0]
    assert "total_nitrogen, the same substance, is 9000 yuan/t" in given_.loc["nitrogen_kept", "note"]  # fmt: skip
    assert "also 列注明 nitrogen_kept" in ZH.tell(given_.loc["nitrogen_kept"], "note")
    both = own("total_nitrogen", 9000.0).assign(also="nitrogen_kept")
    said = account({"nitrogen_kept": 5.0, "total_nitrogen": 10.0}, both)
    assert said.loc[["nitrogen_kept", "total_nitrogen"], "price"].tolist() == [9000.0, 9000.0]
    assert "same substance" not in said.loc["nitrogen_kept", "note"]
    with pytest.raises(QuantityError, match="prices.flow: 'nitrogen_held'; did you mean 'nitrogen_kept'"):  # fmt: skip
        account({"nitrogen_kept": 5.0}, own("total_nitrogen", 9000.0).assign(also="nitrogen_held"))
    two = pd.concat([own("total_nitrogen", 9000.0), own("nitrogen_kept", 900.0)])
    with pytest.raises(
        QuantityError,
        match="nitrogen_kept and total_nitrogen are one substance, nitrogen, at prices 10 times",
    ):
        account({"nitrogen_kept": 5.0, "total_nitrogen": 10.0}, two)
    near = pd.concat([own("total_nitrogen", 2000.0), own("nitrogen_kept", 900.0)])
    rows = account({"nitrogen_kept": 5.0, "total_nitrogen": 10.0}, near)
    assert rows.loc["total_nitrogen", "price"] == 2000.0


NUTRIENTS = ("nitrogen_kept", "total_nitrogen", "ammonia_nitrogen", "phosphorus_kept", "total_phosphorus")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(NUTRIENTS), min_size=1), st.sampled_from(NUTRIENTS), st.floats(0.0, 1e7)
)
def test_a_price_of_the_study_moves_no_price_of_another_service(flows, priced_, price):
    amounts = dict.fromkeys(sorted(flows | {priced_}), 10.0)
    shipped, given_ = account(amounts), account(amounts, own(priced_, price))
    assert given_.loc[priced_, "price"] == pytest.approx(price)
    for flow in amounts:
        if FLOW[flow].service != FLOW[priced_].service:
            assert given_.loc[flow, "price"] == shipped.loc[flow, "price"]
            assert given_.loc[flow, "value"] == shipped.loc[flow, "value"]


@pytest.mark.parametrize("excess", [1.0, 1.049, 1.051])
def test_oxygen_may_be_as_much_as_its_carbon_gives_off(excess):
    rows = account({"co2": 44.0, "o2": 32.0 * excess})
    assert rows.loc["o2", "counts"] == (excess < 1.05)


def test_names_of_the_relations_are_flows():
    flows = {f for s in SERVICE.values() for f in s.flows}
    assert {*PARENT, *PARENT.values(), *SAME_AS, *SAME_AS.values(), *SUBSTANCE} <= flows
    assert (len(PARENT), len(SAME_AS), len(SUBSTANCE)) == (8, 4, 5)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(FLOW)), st.floats(1.0, 1e9), min_size=1),
    st.sampled_from([f for f in FRAMES if FRAMES[f].entries]),
)
def test_no_part_counts_beside_its_whole(flows, frame):
    rows = account(flows, frame=frame)
    counted = set(rows.index[rows["counts"]])
    for part, whole in PARENT.items():
        assert not {part, whole} <= counted
    for one, other in SAME_AS.items():
        assert not {one, other} <= counted
    for substance in set(SUBSTANCE.values()):
        prices = [rows.loc[f, "price"] for f in flows if SUBSTANCE.get(f) == substance and f in rows.index]  # fmt: skip
        prices = [p for p in prices if np.isfinite(p)]
        assert not prices or max(prices) <= 3.0 * min(prices) * (1 + 1e-9)
    left = rows[~rows["counts"] & rows["value"].notna()].drop("total", errors="ignore")
    assert (left["note"] != "").all()
    assert all(ZH.tell(row, "note") for row in left.to_dict("records"))
    value = rows.loc[rows["counts"], "value"].sum()
    assert rows.loc["total", "value"] == pytest.approx(value) or not counted
