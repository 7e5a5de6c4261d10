"""What tables tell of counties and prefectures, and visits by their number."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString
from tests.worlds import EQUAL_AREA, grid, squares

from shanshui.accounts.culture import travel_cost
from shanshui.accounts.flood_mitigation import flood_storage
from shanshui.accounts.gep import gep
from shanshui.accounts.nation import FIGURES
from shanshui.accounts.noise import noise_reduction
from shanshui.accounts.place_flows import place_flows
from shanshui.accounts.place_shares import place_shares, products_inside
from shanshui.accounts.recreation import recreation_value
from shanshui.accounts.table_amounts import table_amounts
from shanshui.accounts.unit_flows import unit_flows
from shanshui.accounts.unit_gep import unit_gep
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice

YEAR = pd.DataFrame({"year": [2020]})
# three counties of 400 m; the first two make prefecture 1, the third prefecture 2
COUNTIES = squares(4, 12, parts=3).assign(parent=["1", "1", "2"])
PREFECTURES = gpd.GeoDataFrame(
    {"code": ["1", "2"], "name": ["p1", "p2"], "parent": ""},
    geometry=[shapely.box(0, 0, 800, 400), shapely.box(800, 0, 1200, 400)],
    crs=EQUAL_AREA,
    index=pd.Index([1, 2], name="unit"),
)
PURIFIED = pd.DataFrame(
    {"code": ["101", "102", "103"], "pollutant": "SO2", "emitted_t": 9.0, "capacity_t": 9.0, "purified_t": [2.0, 3.0, 5.0]}
)  # fmt: skip
PARKS = pd.DataFrame(
    {
        "site": ["a", "b", "c"], "place": ["101", "103", "103"], "kind": ["tourism", "leisure", "Tourism "], "visits": [1000, 5000, 10],
        "spending": [300.0, None, 50.0], "ecological_share": [0.4, None, 1.0], "hours": [None, 2.0, None], "wage": [None, 25.0, None],
    }
)  # fmt: skip


INSIDE = pd.DataFrame({"unit": [1, 2, 3]})


SHARES = pd.DataFrame({"code": ["101", "102", "103", "1", "2"], "share_inside": 1.0})


def told(places=COUNTIES, inside=INSIDE, shares=SHARES, **tables):
    rows = place_flows(places, COUNTIES, inside, shares, YEAR, **tables)
    return {f: part.set_index("unit")["amount"].tolist() for f, part in rows.groupby("flow")}


def test_counties_have_their_rows_and_prefectures_those_of_their_counties():
    assert told(purification=PURIFIED) == {"sulphur_dioxide": [2.0, 3.0, 5.0]}
    assert told(PREFECTURES, purification=PURIFIED) == {"sulphur_dioxide": [5.0, 5.0]}
    # counties that tell their prefecture by its name
    named = COUNTIES.assign(parent=["p1", "p1", "p2"])
    rows = place_flows(PREFECTURES, named, INSIDE, NESTED, YEAR, purification=PURIFIED)
    assert rows["amount"].tolist() == [5.0, 5.0]
    # numbers as codes
    numbers = PURIFIED.assign(code=PURIFIED["code"].astype(int))
    assert told(purification=numbers) == {"sulphur_dioxide": [2.0, 3.0, 5.0]}
    per = place_flows(COUNTIES, COUNTIES, INSIDE, SHARES, YEAR, purification=PURIFIED)["per"]
    assert set(per) == {"t"}


def test_a_county_without_a_row_leaves_its_prefecture_unknown():
    rows = PURIFIED.iloc[[0, 2]]
    np.testing.assert_equal(told(purification=rows)["sulphur_dioxide"], [2.0, np.nan, 5.0])
    np.testing.assert_equal(told(PREFECTURES, purification=rows)["sulphur_dioxide"], [np.nan, 5.0])


def test_places_beyond_the_region_have_no_row_and_miss_nothing():
    inside, first = INSIDE.iloc[:1], SHARES.assign(share_inside=[1.0, 0.0, 0.0, 0.5, 0.0])
    assert told(inside=inside, shares=first, purification=PURIFIED) == {"sulphur_dioxide": [2.0]}
    # of prefecture 1 only the first county lies in the region
    one = PURIFIED.iloc[:1]
    assert told(PREFECTURES, inside, first, purification=one) == {"sulphur_dioxide": [2.0]}


def test_places_that_the_border_cuts_count_by_their_part_inside():
    cut = SHARES.assign(share_inside=[1.0, 0.25, 0.0, 0.7, 0.0])
    inside = INSIDE.iloc[:2]
    assert told(inside=inside, shares=cut, purification=PURIFIED) == {
        "sulphur_dioxide": [2.0, 0.75]
    }
    assert told(PREFECTURES, inside, cut, purification=PURIFIED)["sulphur_dioxide"][0] == 2.75
    assert table_amounts(PURIFIED, place_shares=cut)["amount"].tolist() == [2.75]
    rows = pd.DataFrame(
        {"code": [101, 102, 103], "year": 2020, "flow": "hydropower", "amount": 8.0}
    )
    kept = products_inside(rows, cut)
    assert kept["amount"].tolist() == [8.0, 2.0]
    # a park in a county of which a quarter lies inside
    parks = recreation_value(PARKS.assign(place=["101", "102", "103"]))
    assert table_amounts(recreation_value=parks, place_shares=cut).set_index("flow")["amount"].to_dict() == pytest.approx({"tourism": 120_000.0, "leisure": 20_625.0})  # fmt: skip


NESTED = pd.DataFrame(
    {"code": ["101", "102", "103", "1", "2"], "share_inside": 1.0, "parent": ["1", "1", "2", "", ""]}
)  # fmt: skip


def rows_of(*amounts, flow="hydropower", year=2020):
    return pd.DataFrame(amounts, columns=["code", "amount"]).assign(flow=flow, year=year)


@pytest.mark.parametrize(
    ("amounts", "cut", "whole"),
    [
        # one of two counties is told: the prefecture's own figure is all of it
        ([("1", 100.0), ("101", 5.0)], None, 100.0),
        ([("1", 100.0), ("101", 40.0), ("102", 60.0)], None, 100.0),
        # two offices differ by a hundredth: the counties stand
        ([("1", 100.0), ("101", 40.0), ("102", 59.0)], None, 99.0),
        # all counties are told, and a city of the prefecture has no outline
        ([("1", 100.0), ("101", 40.0), ("102", 20.0)], None, 100.0),
        # of a prefecture that the border cuts those inside tell all that lies inside
        ([("1", 100.0), ("101", 40.0)], [1.0, 0.0, 1.0, 0.5, 1.0], 40.0),
        ([("1", 100.0)], [1.0, 0.0, 1.0, 0.5, 1.0], 50.0),
    ],
)
def test_a_place_and_its_parts_count_once(amounts, cut, whole):
    shares = NESTED if cut is None else NESTED.assign(share_inside=cut)
    inside = products_inside(rows_of(*amounts), shares)
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})
    account = gep(known, products=inside, draws=0).set_index("flow")
    assert account.loc["hydropower", "amount"] == pytest.approx(whole)
    # pollutants and homes by the same rule
    waste = PURIFIED.iloc[[0] * len(amounts)].assign(
        code=[c for c, _ in amounts], purified_t=[a for _, a in amounts]
    )
    assert table_amounts(waste, place_shares=shares)["amount"].tolist() == pytest.approx([whole])
    homes = rows_of(*amounts).rename(columns={"amount": "yearly"}).assign(stock=0.0)
    sums = table_amounts(landscape_premium=homes, place_shares=shares)
    assert sums["amount"].tolist() == pytest.approx([whole])


def test_a_part_that_is_told_keeps_its_own_figure():
    rows = products_inside(rows_of(("1", 100.0), ("101", 5.0)), NESTED)
    np.testing.assert_equal(told(shares=NESTED, products=rows)["hydropower"], [5.0, np.nan, np.nan])
    np.testing.assert_equal(told(PREFECTURES, shares=NESTED, products=rows)["hydropower"], [100.0, np.nan])  # fmt: skip
    with pytest.raises(
        QuantityError, match="products: 101, 102 have 130 together, more than the 100 of 1"
    ):
        products_inside(rows_of(("1", 100.0), ("101", 70.0), ("102", 60.0)), NESTED)


def test_levels_by_codes_alone():
    """Shaanxi, Hanzhong and two of its counties: codes tell what lies in what."""
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})

    def total(*rows):
        return gep(known, products=rows_of(*rows), draws=0).set_index("flow").loc["hydropower", "amount"]  # fmt: skip

    assert total(("610700", 100.0), ("610701", 5.0)) == 100.0
    assert total(("610000", 900.0), ("610700", 100.0), ("610701", 40.0), ("610702", 60.0)) == 900.0
    assert total(("610700", 100.0), ("610701", 40.0), ("610702", 60.0), ("610900", 7.0)) == 107.0


def test_a_place_without_an_outline_is_refused_by_name():
    rows = rows_of(("101", 5.0), ("440300", 1e12))
    with pytest.raises(QuantityError, match="440300 in the rows of amount: no outline"):
        products_inside(rows, SHARES)
    parks = recreation_value(PARKS.assign(place=["101", "440300", "103"]))
    with pytest.raises(QuantityError, match="place: 440300"):
        table_amounts(recreation_value=parks, place_shares=SHARES)
    # a site that does not say where it lies is the region's
    nowhere = recreation_value(PARKS.assign(place=["101", None, ""]))
    assert len(table_amounts(recreation_value=nowhere, place_shares=SHARES)) == 2


def test_a_flow_of_later_years_is_told_and_not_dropped():
    rows = pd.concat([rows_of(("101", 5.0)), rows_of(("101", 9e9), flow="tourism", year=2021)])
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})
    out = gep(known, products=rows, year=2020, draws=0).set_index("flow")
    assert np.isnan(out.loc["tourism", "amount"])
    assert not out.loc["tourism", "counts"]
    assert "of 2021 or later, after the account's 2020" in out.loc["tourism", "note"]
    assert "2021" in Voice("zh").tell(out.loc["tourism"], "note")
    assert gep(known, products=rows, year=2021, draws=0).set_index("flow").loc["tourism", "counts"]


def test_shares_of_places():
    mask = grid([[1] * 4 + [1, 0, 0, 0] + [0] * 4] * 4, "1", dtype="uint8")
    out = place_shares(COUNTIES, mask, PREFECTURES).set_index("code")["share_inside"]
    assert out.to_dict() == pytest.approx(
        {"101": 1.0, "102": 0.25, "103": 0.0, "1": 0.625, "2": 0.0}
    )
    holders = place_shares(COUNTIES, mask, PREFECTURES).set_index("code")["parent"]
    assert holders.to_dict() == {"101": "1", "102": "1", "103": "2", "1": "", "2": ""}
    by_name = COUNTIES.assign(parent=["p1", "p1", "p2"])
    assert place_shares(by_name, mask, PREFECTURES)["parent"].tolist() == holders.tolist()
    # slivers and all but slivers
    few = place_shares(COUNTIES, mask, least_share=0.3).set_index("code")["share_inside"]
    assert few.to_dict() == {"101": 1.0, "102": 0.0, "103": 0.0}


def test_rows_of_prefectures_tell_nothing_of_counties():
    rows = pd.DataFrame({"code": ["1", "2"], "stock": 1.0, "yearly": [7.0, 8.0]})
    assert told(PREFECTURES, landscape_premium=rows) == {"landscape_premium": [7.0, 8.0]}
    assert np.isnan(told(landscape_premium=rows)["landscape_premium"]).all()


def test_products_are_those_of_the_year_that_the_account_takes():
    rows = pd.DataFrame(
        {
            "code": ["101", "102", "103"] * 2,
            "year": [2018] * 3 + [2021] * 3,
            "flow": "hydropower",
            "amount": [1.0, 2.0, 3.0, 9.0, 9.0, 9.0],
        }
    )
    assert told(products=rows) == {"hydropower": [1.0, 2.0, 3.0]}
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})
    account = gep(known, products=rows, year=2020, draws=0).set_index("flow")
    assert account.loc["hydropower", "amount"] == 6.0


def test_sites_count_where_they_lie():
    sites = recreation_value(PARKS)
    # 1000 visits at 300 yuan, 0.4 of it nature's; 5000 visits of 2 h at 0.33 of 25 yuan
    assert sites["value"].tolist() == pytest.approx([120_000.0, 82_500.0, 500.0])
    assert told(recreation_value=sites) == {
        "leisure": pytest.approx([0.0, 0.0, 82_500.0]),
        "tourism": pytest.approx([120_000.0, 0.0, 500.0]),
    }
    assert told(PREFECTURES, recreation_value=sites)["tourism"] == pytest.approx([120_000.0, 500.0])
    nowhere = sites.assign(place=["101", "103", ""])
    assert np.isnan(told(recreation_value=nowhere)["tourism"]).all()
    assert told(recreation_value=nowhere)["leisure"][2] == pytest.approx(82_500.0)
    sums = table_amounts(recreation_value=sites).set_index("flow")["amount"]
    assert sums.to_dict() == pytest.approx({"leisure": 82_500.0, "tourism": 120_500.0})


ZONES = pd.DataFrame(
    {
        "site": "s", "place": ["102", "102", ""], "zone": ["x", "y", "z"], "visits": [10.0, 5.0, 1.0], "population": 100.0,
        "travel": [1.0, 2.0, 3.0], "hours": 0.0, "wage": 0.0, "spending": 10.0,
    }
)  # fmt: skip


def test_sites_of_travel_cost_say_where_they_lie():
    values = travel_cost(ZONES)
    assert values["place"].tolist() == ["102"]
    assert told(travel_cost=values)["tourism"] == pytest.approx([0.0, 183.0, 0.0])
    silent = travel_cost(ZONES.drop(columns="place"))
    assert np.isnan(told(travel_cost=silent)["tourism"]).all()
    with pytest.raises(QuantityError, match="s lies in 101 and in 102; give one place"):
        travel_cost(ZONES.assign(place=["101", "102", ""]))
    with pytest.raises(QuantityError, match="tourism comes from travel_cost already"):
        table_amounts(travel_cost=values, recreation_value=recreation_value(PARKS))


def test_waters_count_where_a_point_of_them_lies():
    mask = grid(np.ones((4, 12)), "1", dtype="uint8")
    shapes = gpd.GeoDataFrame(
        {"name": ["l", "m", "r"], "kind": ["lake", "marsh", "reservoir"]},
        geometry=[shapely.box(10, 10, 60, 60), shapely.box(500, 100, 600, 200), shapely.box(900, 100, 950, 150)],
        crs=EQUAL_AREA,
    )  # fmt: skip
    dams = pd.DataFrame({"name": ["r"], "capacity_m3": [1000.0]})
    waters = flood_storage(shapes, mask, dams)
    each = waters.set_index("name")["storage_m3"]
    assert told(flood_storage=waters)["flood_stored"] == pytest.approx([each["l"], 3000.0, 350.0])
    assert sum(told(PREFECTURES, flood_storage=waters)["flood_stored"]) == pytest.approx(each.sum())
    # a reservoir that no map shows lies nobody knows where; one without a capacity leaves its county unknown
    lost = flood_storage(shapes, mask, pd.concat([dams, dams.assign(name="q")]))
    assert np.isnan(told(flood_storage=lost)["flood_stored"]).all()
    empty = told(flood_storage=flood_storage(shapes, mask))["flood_stored"]
    np.testing.assert_equal(np.isnan(empty), [False, False, True])


def test_roads_are_parted_by_unit():
    green = grid([[0.9] * 8 + [np.nan] * 4] * 4, "1")
    labels = grid([[1] * 4 + [2] * 4 + [3] * 4] * 4, "1", dtype="int32")
    road = LineString([(10, 210), (1190, 210)])
    roads = gpd.GeoDataFrame({"name": ["r"]}, geometry=[road], crs=EQUAL_AREA)
    out = noise_reduction(roads, green, labels).set_index("unit")
    assert out["green_km"].tolist()[:2] == pytest.approx([0.39, 0.4], abs=0.06)
    assert np.isnan(out.loc[3, "green_km"])
    whole = noise_reduction(roads, green, labels.copy(data=(labels.values > 0).astype("int32")))
    assert whole["green_km"].iloc[0] == pytest.approx(out["green_km"].sum())
    walls = told(noise_reduction=out.reset_index()[out.index != 2])["noise_walls"]
    np.testing.assert_equal(np.isnan(walls), [False, False, True])
    assert walls[1] == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "sport"}, "recreation_sites.kind: a holds 'sport', expected tourism or leisure"),
        ({"ecological_share": 1.2}, "recreation_sites.ecological_share: a .tourism. holds '1.2'"),
        ({"hours": None}, "recreation_sites.hours: b .leisure. holds"),
        ({"visits": -1}, "recreation_sites.visits: a .tourism. holds '-1'"),
        ({"site": "a", "kind": "leisure"}, "recreation_sites.site: a stands twice for leisure"),
    ],
)
def test_sites_that_are_not_right_are_refused(change, words):
    with pytest.raises(QuantityError, match=words):
        recreation_value(PARKS.assign(**change))
    with pytest.raises(QuantityError, match="no column wage, which leisure is reckoned from"):
        recreation_value(PARKS.drop(columns="wage"))


def test_units_have_the_flows_of_maps_and_of_tables_once():
    maps = pd.DataFrame(
        {"unit": [1, 2], "flow": "co2", "amount": [1.0, 2.0], "per": "t", "known_km2": 1.0}
    )
    tables = pd.DataFrame({"flow": ["dust"], "amount": [9.0], "per": ["t"], "basis": ["modelled"], "places": [2]})  # fmt: skip
    account = gep(maps, table_amounts=tables, year=2010, draws=0)
    places = pd.DataFrame({"unit": [1, 2], "flow": "dust", "amount": [4.0, 5.0], "per": "t"})
    out = unit_gep(maps, account, place_flows=places, draws=0)
    assert out["air"].tolist() == [600.0, 750.0]
    assert out["total"].sum() == pytest.approx(account["value"].iloc[-1])
    gap = unit_gep(maps, account, place_flows=places.assign(amount=[4.0, np.nan]), draws=0)
    assert gap["total"].tolist() == [980.0, 760.0]
    with pytest.raises(QuantityError, match="place_flows.flow: co2 comes from a map already"):
        unit_gep(maps, account, place_flows=places.assign(flow="co2"), draws=0)


def test_planning_units_have_the_part_of_counties_that_they_share():
    links = pd.DataFrame(
        {"unit": [1, 1, 2, 3], "county": ["101", "102", "102", "103"], "area_km2": [4.0, 1.0, 3.0, 2.0]}
    )  # fmt: skip
    flows = place_flows(COUNTIES, COUNTIES, INSIDE, SHARES, YEAR, purification=PURIFIED)
    out = unit_flows(flows, COUNTIES, links).set_index("unit")["amount"]
    assert out.to_dict() == pytest.approx({1: 2.0 + 0.75, 2: 2.25, 3: 5.0})
    gap = flows.assign(amount=[2.0, np.nan, 5.0])
    np.testing.assert_equal(
        unit_flows(gap, COUNTIES, links)["amount"].to_numpy(), [np.nan, np.nan, 5.0]
    )


def test_places_of_the_made_up_region_sum_to_it(region):
    region.run(
        "gep", "unit_gep", "county_gep", "prefecture_gep", "service_beneficiaries", workers=2
    )
    # a nation around the region stands beside it, in every figure
    region.run("nation_shares", "product_share", workers=2)
    shares = region["nation_shares"].set_index("figure")["share"]
    assert set(shares.index) == {*FIGURES, "assets"}
    assert shares.between(0.0, 1.0, inclusive="neither").all()
    # one page tells what a county gives once
    code = region["counties"]["code"].astype(str)
    given = region["service_beneficiaries"].set_index("code")["given"]
    account = region["county_gep"]["total"].rename(code)[given.index]
    assert given.to_numpy() == pytest.approx(account.to_numpy(), rel=1e-9)
    rows = region["gep"]
    value = rows[rows["counts"]].groupby("service")["value"].sum()
    for level in ("unit", "county", "prefecture"):
        found = region[f"{level}_gep"][list(value.index)]
        if level != "unit":
            assert found.notna().all(axis=None)
        assert found.sum().to_dict() == pytest.approx(value.to_dict(), rel=2e-3), level
