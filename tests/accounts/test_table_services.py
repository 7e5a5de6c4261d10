"""Services that tables of places tell, and those of the made-up region."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from tests.worlds import grid

from shanshui.accounts.culture import travel_cost
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.gep import gep
from shanshui.accounts.noise import noise_reduction
from shanshui.accounts.prices import deflator
from shanshui.accounts.recreation import recreation_value
from shanshui.accounts.species_value import species_conservation
from shanshui.accounts.statement import account_statement
from shanshui.accounts.table_amounts import landscape_premium, table_amounts
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice

PURIFIED = pd.DataFrame(
    {"code": ["1", "2", "1"], "pollutant": ["SO2", "二氧化硫", " COD "], "emitted_t": 9.0, "capacity_t": 9.0, "purified_t": [2.0, 3.0, 5.0]}
)  # fmt: skip


def test_pollutants_of_places_are_summed_however_they_are_spelt():
    out = table_amounts(PURIFIED).set_index("flow")
    assert out.loc["sulphur_dioxide", "amount"] == 5.0
    assert out.loc["sulphur_dioxide", "places"] == 2
    assert out.loc["oxygen_demand", "per"] == "t"
    with pytest.raises(QuantityError, match="emissions.pollutant: 'mercury'"):
        table_amounts(PURIFIED.assign(pollutant="mercury"))


def test_waters_visits_and_premiums():
    lakes = pd.DataFrame({"name": ["a", "b"], "kind": "lake", "area_km2": 1.0, "storage_m3": [2e6, 3e6]})  # fmt: skip
    sites = pd.DataFrame({"site": ["x"], "visits": 10.0, "exchange": [700.0], "surplus": [1.0], "cost_response": [0.1]})  # fmt: skip
    homes = landscape_premium(
        pd.DataFrame({"code": ["1"], "floor_m2": [1e6], "price": [5000.0], "premium": [0.06]})
    )
    # 3e8 yuan of premium, three hundredths of it a year
    assert homes["stock"].iloc[0] == pytest.approx(3e8)
    out = table_amounts(None, sites, lakes, homes).set_index("flow")["amount"]
    assert out.to_dict() == pytest.approx({"tourism": 700.0, "flood_stored": 5e6, "landscape_premium": 9e6})  # fmt: skip
    gap = table_amounts(flood_storage=lakes.assign(storage_m3=[2e6, np.nan]))
    assert np.isnan(gap["amount"].iloc[0])
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})
    rows = gep(known, table_amounts=gap, draws=0).set_index("flow")
    assert not rows.loc["flood_stored", "counts"]
    assert rows.loc["flood_stored", "note"] == "its amount is not known"
    with pytest.raises(QuantityError, match="co2 comes from a map already"):
        gep(known, table_amounts=gap.assign(flow="co2"), draws=0)


@pytest.mark.parametrize(("column", "value"), [("floor_m2", -1), ("price", None), ("premium", 1.2)])
def test_homes_that_are_not_right_are_refused(column, value):
    homes = pd.DataFrame({"code": ["1"], "floor_m2": [1.0], "price": [1.0], "premium": [0.1]})
    with pytest.raises(QuantityError, match=rf"housing.{column}"):
        landscape_premium(homes.assign(**{column: [value]}))


def test_roads_through_green_stand_for_walls():
    green = grid([[0.9, 0.9, 0.1, np.nan]] * 3, "1", cell_m=1000.0)
    mask = grid([[1, 1, 1, 1]] * 3, "1", cell_m=1000.0, dtype="uint8")
    x, y = green.x.values, green.y.values
    road = LineString([(x[0] - 500, y[1] + 1), (x[3] + 400, y[1] + 1)])
    roads = gpd.GeoDataFrame({"name": ["r"]}, geometry=[road], crs="EPSG:6933")
    out = noise_reduction(roads, green, mask).iloc[0]
    assert out["green_km"] == pytest.approx(2.0, abs=0.26)
    assert out["road_km"] == pytest.approx(3.0, abs=0.26)
    half = noise_reduction(roads, green, mask.copy(data=[[1, 0, 0, 0]] * 3)).iloc[0]
    assert half["road_km"] == pytest.approx(1.0, abs=0.26)


@pytest.mark.parametrize(
    ("count", "weight"),
    [(0, 0.0), (1, 0.3), (3, 0.3), (4, 0.5), (13, 1.0), (43, 2.0)],
)
def test_ground_that_keeps_species(count, weight):
    """0.8 ln S: classes of the Shannon index begin at 1, 2, 3 for 3.5, 12.2 and 42.5 species."""
    rich, quality = grid([[count, np.nan]], "1"), grid([[1.0, 1.0]], "1")
    out = species_conservation(rich, quality).values
    assert out[0, 0] == pytest.approx(weight)
    assert np.isnan(out[0, 1])
    half = species_conservation(rich, grid([[0.5, 1.0]], "1")).values
    assert half[0, 0] == pytest.approx(weight / 2)


def tables_of(years):
    """Visits, homes and parks of two places, of which money is told in one year or in two."""
    zones = pd.DataFrame(
        {
            "site": ["s", "t"], "place": ["1", "2"], "zone": "x", "visits": [10.0, 10.0], "population": 100.0, "travel": [60.0, 60.0], "hours": 0.0,
            "wage": 0.0, "spending": [40.0, 40.0],
        }
    )  # fmt: skip
    homes = pd.DataFrame({"code": ["1", "2"], "floor_m2": 1e6, "price": 5000.0, "premium": 0.06})
    parks = pd.DataFrame(
        {"site": ["p", "q"], "place": ["1", "2"], "kind": "leisure", "visits": 100.0, "hours": 2.0, "wage": 25.0}
    )  # fmt: skip
    return [t if years is None else t.assign(year=years) for t in (zones, homes, parks)]


def money_of(years):
    zones, homes, parks = tables_of(years)
    return table_amounts(
        travel_cost=travel_cost(zones), landscape_premium=landscape_premium(homes), recreation_value=recreation_value(parks)
    ).set_index("flow")  # fmt: skip


def test_money_of_tables_is_carried_from_its_year():
    carried = deflator(2010, 2020)
    plain, old, mixed = money_of(None), money_of(2010), money_of([2010, 2020])
    for flow in ("tourism", "landscape_premium", "leisure"):
        whole = plain.loc[flow, "amount"]
        assert plain.loc[flow, "price_year"] is pd.NA
        assert old.loc[flow, ["amount", "price_year"]].tolist() == [whole, 2010]
        assert mixed.loc[flow, "amount"] == pytest.approx(whole / 2 * (1 + carried))
        assert mixed.loc[flow, "price_year"] == 2020
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})

    def account(tables, **more):
        out = gep(known, table_amounts=tables.reset_index(), frame="norm2022", draws=0, **more)
        return out, out.set_index("flow").loc["leisure"]

    line = account(old)[1]
    assert line["value"] == pytest.approx(line["amount"] * carried)
    assert line["price_year"] == 2010
    assert line["note"] == ""
    # money of no told year is taken as the account's, and says so
    out, line = account(plain)
    assert line["value"] == line["amount"]
    assert line["price_year"] is pd.NA
    assert "tells no year of its prices: taken as those of 2020" in line["note"]
    assert "未注明价格年份" in Voice("zh").tell(line, "note")
    said = account_statement(out)
    said = said[(said["topic"] == "assumed") & (said["subject"] == "price_year")]["text"]
    assert said.str.contains("tell no year of their prices").any()


def test_a_year_on_some_rows_only_is_refused():
    for make, table, name in zip(
        (travel_cost, landscape_premium, recreation_value),
        tables_of([2010, None]),
        ("visits", "housing", "recreation_sites"),
        strict=True,
    ):
        with pytest.raises(QuantityError, match=rf"{name}.year: row 3 holds none"):
            make(table)


def test_money_of_products_is_carried_from_the_year_of_its_rows():
    known = pd.DataFrame({"flow": ["co2"], "amount": [1.0], "per": ["t"]})
    rows = pd.DataFrame(
        {"code": ["1", "1"], "year": [2010, 2010], "flow": ["tourism", "water_domestic"], "amount": [9e9, 5.0]}
    )  # fmt: skip
    out = gep(known, products=rows, year=2020, draws=0).set_index("flow")
    assert out.loc["tourism", "value"] == pytest.approx(9e9 * deflator(2010, 2020))
    assert out.loc["tourism", "price_year"] == 2010
    assert out.loc["tourism", ["price_least", "price_most"]].tolist() == [out.loc["tourism", "price"]] * 2  # fmt: skip
    assert out.loc["water_domestic", "amount"] == 5.0
    maps = pd.DataFrame(
        {"flow": ["primary_products"], "amount": [7.0], "per": ["yuan"], "price_year": [2020]}
    )
    out = gep(maps, year=2010, draws=0).set_index("flow")
    assert out.loc["primary_products", "value"] == pytest.approx(7.0 / deflator(2010, 2020))
    with pytest.raises(QuantityError, match="prices of two years"):
        gep(pd.concat([maps, maps.assign(price_year=2019)]), draws=0)


def test_every_service_of_the_made_up_region_has_a_value(region):
    region.run("gep", "frame_accounts", workers=2)
    rows = region["frame_accounts"]
    for frame in ("gep2020", "norm2022", "gbt46869", "seea"):
        known = set(rows[(rows["frame"] == frame) & rows["value"].notna()]["service"])
        listed = {e.service for e in FRAMES[frame].entries} - {"cp"}
        assert listed <= known, (frame, listed - known)
    assert (rows["value"].dropna() >= 0).mean() > 0.95
