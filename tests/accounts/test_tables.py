"""Services that come as tables: pollutants taken out, visits, assets, carbon that is gained."""

import numpy as np
import pandas as pd
import pytest
from tests.worlds import grid

from shanshui.accounts.assets import asset_account, supply_use
from shanshui.accounts.carbon import carbon_change, carbon_fixed, carbon_stock, carbon_value
from shanshui.accounts.culture import travel_cost
from shanshui.accounts.purification import purification
from shanshui.accounts.services import SERVICE, SHARE_COLUMNS
from shanshui.core.errors import QuantityError

EMITTED = pd.DataFrame(
    {
        "code": ["a", "b", "c"],
        "pollutant": "so2",
        "emitted_t": [100.0, 100.0, 20.0],
        "meets_standard": [1, 0, 0],
    }
)
TAKES = pd.DataFrame({"code": ["b", "c"], "pollutant": "so2", "capacity_t": [30.0, 50.0]})


def test_purified_is_emitted_where_the_standard_holds_else_what_can_be_taken():
    out = purification(EMITTED, TAKES).set_index("code")
    assert out["purified_t"].to_dict() == {"a": 100.0, "b": 30.0, "c": 20.0}
    assert out["emitted_t"].to_dict() == {"a": 100.0, "b": 100.0, "c": 20.0}
    assert np.isnan(out.loc["a", "capacity_t"])
    assert out.loc["b", "capacity_t"] == 30.0
    assert set(out["pollutant"]) == {"so2"}


def test_where_all_standards_hold_no_capacity_is_needed():
    out = purification(EMITTED.iloc[[0]])
    assert out["purified_t"].tolist() == [100.0]
    assert out["capacity_t"].isna().all()


def test_codes_as_numbers_are_codes():
    numbers = EMITTED.assign(code=[11, 12, 13])
    texts = TAKES.assign(code=["12", "13"])
    out = purification(numbers, texts)
    assert out["code"].tolist() == ["11", "12", "13"]
    assert out["purified_t"].tolist() == [100.0, 30.0, 20.0]


@pytest.mark.parametrize(
    ("emitted", "takes", "message"),
    [
        (EMITTED, TAKES.iloc[[1]], "none for so2 in b, which is beyond its standard"),
        (EMITTED, None, "none for so2 in b"),
        (EMITTED.assign(emitted_t=[np.nan, 1, 1]), TAKES, "emissions.emitted_t: so2 in a"),
        (EMITTED.assign(emitted_t=[1, -1, 1]), TAKES, "emissions.emitted_t: so2 in b holds '-1'"),
        (
            EMITTED.assign(meets_standard=[1, np.nan, 0]),
            TAKES,
            "so2 in b holds 'nan', expected 1 or 0",
        ),
        (EMITTED.assign(meets_standard=[1, 2, 0]), TAKES, "so2 in b holds '2'"),
        (EMITTED.assign(code="a"), TAKES, "so2 stands twice in a"),
        (EMITTED, TAKES.assign(capacity_t=-1.0), "purification_capacity.capacity_t: so2 in b"),
        (EMITTED, TAKES.assign(code="b"), "purification_capacity: so2 stands twice in b"),
    ],
)
def test_pollutants_that_are_not_right_are_refused(emitted, takes, message):
    with pytest.raises(QuantityError, match=message):
        purification(emitted, takes)


ZONES = pd.DataFrame(
    {
        "site": "lake", "zone": ["near", "far", "farthest"], "visits": [1000.0, 500.0, 250.0], "population": 1e4,
        "travel": [0.0, 80.0, 160.0], "hours": [0.0, 1.0, 2.0], "wage": 40.0, "spending": 10.0,
    }
)  # fmt: skip


def test_value_of_visits_with_a_pencil():
    """Half of the wage of 40 makes the ways cost 0, 100 and 200 yuan: visits halve with each 100."""
    out = travel_cost(ZONES, wage_share=0.5).iloc[0]
    assert out["site"] == "lake"
    assert out["visits"] == 1750
    assert out["exchange"] == pytest.approx(10 * 1000 + 110 * 500 + 210 * 250)
    assert out["cost_response"] == pytest.approx(np.log(2) / 100)
    assert out["surplus"] == pytest.approx(1750 / (np.log(2) / 100))
    third = travel_cost(ZONES).iloc[0]
    assert third["exchange"] == pytest.approx(10 * 1000 + 103.2 * 500 + 196.4 * 250)
    share = travel_cost(ZONES, wage_share=0.5, ecological_share=0.4).iloc[0]
    assert share["exchange"] == pytest.approx(0.4 * 117_500)
    assert share["surplus"] == pytest.approx(out["surplus"])


def test_each_site_has_its_own_curve():
    other = ZONES.assign(site="hill", visits=ZONES["visits"] * 2)
    out = travel_cost(pd.concat([ZONES, other])).set_index("site")
    assert out.loc["hill", "exchange"] == pytest.approx(2 * out.loc["lake", "exchange"])
    assert out.loc["hill", "cost_response"] == pytest.approx(out.loc["lake", "cost_response"])


@pytest.mark.parametrize(
    "zones",
    [
        ZONES.iloc[:2],
        ZONES.assign(visits=[1.0, 2.0, 3.0]),
        ZONES.assign(visits=[5.0, 2.0, 0.0]),
        ZONES.assign(travel=5.0, hours=0.0),
        ZONES.assign(visits=1e3),
    ],
)
def test_a_surplus_that_cannot_be_told_is_missing(zones):
    """Two zones, visits that rise, one zone that sends nobody, one cost for all, visits that never change."""
    out = travel_cost(zones).iloc[0]
    assert np.isnan(out["surplus"])
    assert np.isnan(out["cost_response"])
    assert out["exchange"] > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"visits": -1.0}, "visits.visits: zone near of lake holds '-1.0'"),
        ({"population": 0.0}, "above 0"),
        ({"travel": np.nan}, "visits.travel"),
        ({"hours": np.nan}, "visits.hours"),
        ({"wage": -1.0}, "visits.wage"),
        ({"spending": "much"}, "holds 'much'"),
        ({"zone": "near"}, "near stands twice for lake"),
    ],
)
def test_visits_that_are_not_right_are_refused(change, message):
    with pytest.raises(QuantityError, match=message):
        travel_cost(ZONES.assign(**change))


def account(*rows):
    """Rows of category, service, flow, price, value, counts."""
    frame = pd.DataFrame(rows, columns=["category", "service", "flow", "price", "value", "counts"])
    return frame.assign(frame="gep2020")


ACCOUNT = account(
    ("regulating", "wr", "water", 2.0, 200.0, True),
    ("regulating", "sr", "mud", 1.0, 30.0, True),
    ("regulating", "sr", "nitrogen", 4.0, 20.0, True),
    ("supply", "wat", "sold", 1.0, 99.0, False),
    ("supply", "agr", "tea", 1.0, np.nan, True),
    ("total", "total", "total", np.nan, 250.0, False),
)


def test_assets_behind_the_services():
    """3 % over 100 years: 31.5989 years' worth; without a rate, 100."""
    out = asset_account(ACCOUNT).set_index("service")
    assert list(out.index) == ["wr", "sr"]
    assert out["category"].tolist() == ["regulating", "regulating"]
    assert out["value"].to_dict() == {"wr": 200.0, "sr": 50.0}
    assert out.loc["wr", "asset"] == pytest.approx(200 * 31.59891, rel=1e-6)
    # a year only: what it gives then, at the end of the year
    assert asset_account(ACCOUNT, years=1, rate=0.25)["asset"].iloc[0] == pytest.approx(160.0)
    assert asset_account(ACCOUNT, rate=0.0, years=10)["asset"].tolist() == [2000.0, 500.0]
    with pytest.raises(QuantityError, match="must not be mixed"):
        asset_account(pd.concat([ACCOUNT, ACCOUNT.assign(frame="seea")]))


AMOUNTS = pd.DataFrame(
    {
        "unit": [2, 3, 2, 3, 9],
        "flow": ["water", "water", "mud", "nitrogen", "mud"],
        "amount": [60.0, 40.0, 30.0, np.nan, 5.0],
        "per": "m3",
        "known_km2": 1.0,
    }
)


def test_who_supplies_and_who_uses():
    names = pd.DataFrame({"lucode": [1, 2], "group": ["wood", "grass"]})
    out = supply_use(AMOUNTS, ACCOUNT, names)
    supply = out[out["table"] == "supply"].set_index(["service", "party"])["value"]
    assert supply.to_dict() == {
        ("wr", "wood"): 120.0,
        ("wr", "grass"): 80.0,
        ("sr", "wood"): 30.0,
        ("sr", "unknown"): 5.0,
    }
    use = out[out["table"] == "use"].set_index(["service", "party"])["value"]
    # water 40 % to farms, 30 % each to households and industry; soil half to farms, half to government
    assert use.to_dict() == pytest.approx(
        {
            ("wr", "farming"): 80.0, ("wr", "households"): 60.0, ("wr", "industry and services"): 60.0,
            ("sr", "farming"): 17.5, ("sr", "government"): 17.5,
        }
    )  # fmt: skip


def test_services_without_a_known_user_are_told_so():
    own = ACCOUNT.assign(service=["pest", "sr", "sr", "wat", "agr", "total"])
    names = pd.DataFrame({"lucode": [1, 2], "ecosystem": ["wood", "grass"]})
    use = supply_use(AMOUNTS, own, names).query("table == 'use'").set_index("service")
    assert use.loc["pest", "party"] == "not allocated"
    assert use.loc["pest", "value"] == 200.0
    with pytest.raises(QuantityError, match="no column group"):
        supply_use(AMOUNTS, ACCOUNT, names.drop(columns="ecosystem"))


def test_shares_of_users_sum_to_one():
    used = {s: row.users for s, row in SERVICE.items() if row.users}
    assert len(used) >= 14
    for service, users in used.items():
        assert {user for user, _ in users} <= set(SHARE_COLUMNS)
        assert sum(share for _, share in users) == pytest.approx(1.0), service


def test_carbon_of_each_pool():
    """Mature potential of 100, 20, 90 and 5 t, of which 0.6 stands: soil is left."""
    table = pd.DataFrame(
        {"lucode": [1], "c_above": [100.0], "c_below": [20.0], "c_soil": [90.0], "c_dead": [5.0]}
    )
    out = carbon_stock(grid([[1, 255]], "1", dtype=np.uint8, nodata=255), table, maturity=0.6)
    found = {k: float(out[k].values[0, 0]) for k in out}
    assert found == pytest.approx(
        {"c_above": 60.0, "c_below": 12.0, "c_soil": 90.0, "c_dead": 3.0, "carbon": 165.0}
    )
    assert all(np.isnan(out[k].values[0, 1]) for k in out)


def test_carbon_gained_and_lost_and_what_it_is_worth():
    change = carbon_change(
        grid([[100.0, 130.0, np.nan]], "t/ha"), grid([[130.0, 100.0, 1.0]], "t/ha")
    )
    np.testing.assert_array_equal(change.values[0], [30.0, -30.0, np.nan])
    # 30 t of carbon are 110 t of dioxide; at 10 yuan, evenly over 2 years, 10 % off the second
    value = carbon_value(change, co2_price=10.0, years=2, discount=0.1).values[0]
    np.testing.assert_allclose(
        value, [550 * (1 + 1 / 1.1), -550 * (1 + 1 / 1.1), np.nan], rtol=1e-6
    )
    falls = carbon_value(change, co2_price=10.0, years=3, discount=0.0, price_change=0.25).values[0]
    assert falls[0] == pytest.approx(1100 / 3 * (1 + 0.8 + 0.64), rel=1e-6)
    plain = carbon_value(change, co2_price=10.0, years=1, discount=0.5).values[0, 0]
    assert plain == pytest.approx(1100.0)


def test_carbon_fixed_in_a_year():
    """650 g/m2 are 6.5 t/ha; 22 % stay: 1.43 t of carbon, 5.2433 t of dioxide, 3.8133 t of oxygen."""
    out = carbon_fixed(grid([[650.0, np.nan]], "g/m2/yr"))
    assert float(out["co2"].values[0, 0]) == pytest.approx(5.24333, rel=1e-5)
    assert float(out["o2"].values[0, 0]) == pytest.approx(3.81333, rel=1e-5)
    assert np.isnan(out["co2"].values[0, 1])
