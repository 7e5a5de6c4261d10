"""Accounts under every frame, why some agree, and the way between them to the yuan."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.accounts.asset_transfer import TRANSFERRED, biome_of, transfer_values
from shanshui.accounts.bridge import STEPS, gep_bridge
from shanshui.accounts.equivalents import SERVICES, equivalent_factors
from shanshui.accounts.frame_accounts import frame_accounts, frame_comparison
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import gep
from shanshui.accounts.services import FLOW, SERVICE
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice

NAMES = pd.DataFrame({"lucode": [1, 2], "ecosystem": ["broadleaf forest", "water"]})
FLOWS = {
    "water_retained": 5.6e10, "sediment_kept": 1.4e9, "nitrogen_kept": 2.1e7, "co2": 1.5e8, "o2": 1.5e8 * 32 / 44, "cooling": 3e9,
    "primary_products": 2.7e11,
}  # fmt: skip


def region(flows=None, water_ha=4.9e4):
    rows = [(f, a, FLOW[f].per) for f, a in (FLOWS if flows is None else flows).items()]
    rows += [("cover_1", 1.2e7, "ha"), ("cover_2", water_ha, "ha")]
    return pd.DataFrame(rows, columns=["flow", "amount", "per"])


def transfer():
    """Unit values of two classes, of which nothing is corrected."""
    values, biomes = transfer_values(), biome_of()
    return pd.DataFrame(
        [
            {
                "lucode": code, "ecosystem": name, "biome": biomes[name], "service": s, "area_ha": area, "npp": np.nan, "cover": np.nan,
                "factor": 1.0, "unit_value": float(values[s][biomes[name]]) * 8.62, "nation_total": 7e12, "price_year": 1994, "status": "M",
            }
            for code, name, area in ((1, "broadleaf forest", 1.2e7), (2, "water", 4.9e4))
            for s in TRANSFERRED
        ]
    )  # fmt: skip


def accounts(amounts=None, **settings):
    amounts = region() if amounts is None else amounts
    one = gep(amounts, **({"year": 2019, "draws": 0} | settings))
    return frame_accounts(one, amounts, None, NAMES, None, transfer())


REPORTED = pd.DataFrame(
    {"account": "papers", "service": ["habitat", "water", "soil", "other"], "value": [357.9e9, 85.1e9, 27.5e9, 123.6e9], "price_year": 2015, "source": "made up"}
)  # fmt: skip


def test_every_service_of_every_frame_is_of_a_group():
    assert set(SERVICES) | set(TRANSFERRED) <= set(SERVICE)
    assert all(row.group for row in SERVICE.values())
    assert set(biome_of()) == set(equivalent_factors().index)


def test_each_frame_is_the_account_under_it():
    rows = accounts()
    assert list(dict.fromkeys(rows["frame"])) == list(FRAMES)
    for frame in FRAMES:
        own = gep(region(), None, NAMES, None, transfer(), frame=frame, year=2019, draws=0)
        mine = rows[(rows["frame"] == frame) & rows["counts"]]
        assert mine["value"].sum() == pytest.approx(own["value"].iloc[-1])
    assert rows["group"].notna().all()
    sold = accounts(region({**FLOWS, "water_supplied": 1e9}), water="market")
    water = sold[(sold["frame"] == "norm2022") & (sold["service"] == "wr")]
    assert not water["counts"].any()


@pytest.mark.parametrize("frame", ["xie2015", "asset_transfer", "norm2022"])
def test_the_studys_own_settings_hold_in_every_frame(frame):
    amounts = region({**FLOWS, "water_supplied": 1e9})
    asked = {"year": 2019, "draws": 0, "water": "market", "standard_equivalent": 1000.0}
    one = gep(amounts, None, NAMES, None, transfer(), frame=frame, **asked)
    rows = frame_accounts(one, amounts, None, NAMES, None, transfer())
    for other in FRAMES:
        own = gep(amounts, None, NAMES, None, transfer(), frame=other, **asked)
        mine = rows[(rows["frame"] == other) & rows["counts"]]
        assert mine["value"].sum() == pytest.approx(own["value"].iloc[-1]), other


def test_a_table_without_ecosystems_leaves_frames_by_area_out():
    amounts = region()
    plain = pd.DataFrame({"lucode": [1, 2], "root_depth": [300.0, 1.0]})
    rows = frame_accounts(gep(amounts, year=2019, draws=0), amounts, None, plain)
    assert set(rows["frame"]) == {"gep2020", "norm2022", "gbt46869", "seea"}
    upper = NAMES.rename(columns=str.upper)
    rows = frame_accounts(gep(amounts, year=2019, draws=0), amounts, None, upper)
    assert "xie2015" in set(rows["frame"])


def test_frames_that_lack_their_table_are_left_out():
    amounts = region()
    one = gep(amounts, year=2019, draws=0)
    rows = frame_accounts(one, amounts)
    assert set(rows["frame"]) == {"gep2020", "norm2022", "gbt46869", "seea"}


def test_frames_of_one_number_say_why():
    rows = frame_comparison(accounts()).set_index("frame")
    assert rows.loc["gbt46869", "same_as"] == "norm2022"
    assert rows.loc["gbt46869", "total"] == pytest.approx(rows.loc["norm2022", "total"])
    assert "noise" in rows.loc["gbt46869", "reason"]
    assert "清单" in Voice("zh").tell(rows.loc["gbt46869"], "reason")
    assert rows.loc["gep2020", "same_as"] == rows.loc["norm2022", "same_as"] == ""
    assert "agr" in rows.loc["seea", "reason"]


def _sums(bridge):
    for (source, target), rows in bridge.groupby(["source", "target"]):
        steps = rows[rows["step"] != "end"]["value"].sum()
        end = rows[rows["step"] == "end"]["value"]
        assert len(end) == 1
        assert steps == end.iloc[0], (source, target)
        assert (rows["value"] == np.round(rows["value"])).all()


def test_the_way_between_any_two_accounts_sums_to_the_yuan():
    bridge = gep_bridge(accounts(), REPORTED)
    assert len(bridge.groupby(["source", "target"])) == 7 * 6
    _sums(bridge)


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(FLOW)), st.floats(0.0, 1e9), min_size=1),
    st.lists(st.floats(1.0, 1e12), min_size=4, max_size=4),
    st.integers(1995, 2024),
)
def test_any_ways_sum_to_the_yuan(flows, values, year):
    bridge = gep_bridge(accounts(region(flows)), REPORTED.assign(value=values, price_year=year))
    _sums(bridge)


def steps(bridge, source, target):
    way = bridge[(bridge["source"] == source) & (bridge["target"] == target)]
    return [
        (r["step"], r["service"], r["value"]) for r in way.to_dict("records") if r["step"] not in ("start", "end")
    ]  # fmt: skip


def test_a_step_is_what_it_is_called():
    """Services that one of two frames leaves out are scope, and no method of those that both have."""
    flows = {"co2": 100.0, "o2": 72.0, "primary_products": 1e6, "biomass_energy": 1e6, "tourism": 5e5, "leisure": 7e5}  # fmt: skip
    rows = accounts(region(flows))
    bridge = gep_bridge(rows)
    of = rows[rows["value"].notna()].set_index(["frame", "flow"])["value"]
    way = {(step, service): value for step, service, value in steps(bridge, "norm2022", "gep2020")}
    assert set(way) == {("scope_out", "bio"), ("scope_out", "leis"), ("method", "co2"), ("scope_in", "o2")}  # fmt: skip
    assert way["scope_out", "leis"] == -7e5
    assert way["scope_out", "bio"] == pytest.approx(-of["norm2022", "biomass_energy"], abs=1)
    assert way["scope_in", "o2"] == pytest.approx(of["gep2020", "o2"], abs=1)
    assert way["method", "co2"] == pytest.approx(of["gep2020", "co2"] - of["norm2022", "co2"], abs=1)  # fmt: skip
    detail = bridge[(bridge["source"] == "norm2022") & (bridge["target"] == "gep2020") & (bridge["service"] == "co2")]  # fmt: skip
    assert detail["detail"].tolist() == ["co2: market -> avoided_cost"]
    assert list(dict.fromkeys(s for s, *_ in steps(bridge, "norm2022", "gep2020"))) == ["scope_out", "method", "scope_in"]  # fmt: skip
    # ground at other unit values: one kind of method, another factor
    assert {s for s, *_ in steps(bridge, "xie2015", "asset_transfer")} <= {"factor", "scope_out", "scope_in"}  # fmt: skip
    assert set(bridge["step"]) <= set(STEPS)
    # no way holds both what its source counts as left out and as another method
    for pair, way in bridge.groupby(["source", "target"]):
        kept = way[way["step"].isin(["factor", "method"])]["group"] + "/" + way["service"]
        lost = way[way["step"].isin(["scope_out", "scope_in"])]["group"] + "/" + way["service"]
        assert not set(kept.dropna()) & set(lost.dropna()), pair


def test_another_price_by_one_method_is_a_factor():
    prices = pd.DataFrame(
        [("co2", "market", 50.0, "yuan/t", 2019)], columns=["flow", "method", "price", "unit", "year"]
    )  # fmt: skip
    amounts = region({"co2": 1e6})
    rows = frame_accounts(gep(amounts, prices, year=2019, draws=0), amounts, prices)
    # two frames at one price have no step between them, one with another price has a factor
    assert steps(gep_bridge(rows), "norm2022", "seea") == []
    dearer = rows.assign(price=rows["price"] * 2, value=rows["value"] * 2)
    both = pd.concat([rows[rows["frame"] == "norm2022"], dearer[dearer["frame"] == "seea"]])
    assert steps(gep_bridge(both), "norm2022", "seea") == [("factor", "co2", 50e6)]


def test_the_way_to_a_published_account_goes_by_groups():
    bridge = gep_bridge(accounts(), REPORTED)
    papers = bridge[(bridge["source"] == "gep2020") & (bridge["target"] == "papers")]
    # what the papers do not name is held against their rest, and habitat is what they add
    assert papers.loc[papers["step"] == "scope_in", "group"].tolist() == ["habitat"]
    assert set(papers.loc[papers["step"] == "method", "group"]) == {"water_kept", "soil", "other"}
    prices = papers[papers["step"] == "price_year"]
    assert {"wr", "sr", "clim"} <= set(prices["service"])
    start = papers[papers["step"] == "start"]["value"].iloc[0]
    # 2016 to 2019: 2.0, 1.6, 2.1, 2.9 %
    assert prices["value"].sum() == pytest.approx(start * (1 / (1.02 * 1.016 * 1.021 * 1.029) - 1), rel=1e-9)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price_year": [2015, 2016, 2015, 2015]}, "prices of 2015 and 2016"),
        ({"service": ["habitat", "water", "soil", "magic"]}, "'magic' of papers is of no group"),
        ({"value": [1.0, np.nan, 1.0, 1.0]}, "papers has water without a value that is a number"),
        ({"value": [1.0, np.inf, 1.0, 1.0]}, "papers has water without a value that is a number"),
        ({"price_year": np.nan}, "prices of no year; give one year"),
        ({"price_year": [2015, np.nan, 2015, 2015]}, "prices of 2015, and some rows tell none"),
        ({"account": "gep2020"}, "'gep2020' is a frame of this study"),
    ],
)
def test_published_accounts_that_cannot_be_bridged_are_refused(change, message):
    with pytest.raises(QuantityError, match=message):
        gep_bridge(accounts(), REPORTED.assign(**change))
