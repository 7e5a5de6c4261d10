"""Who uses what nature gives: cooling where people are, water down the units, the region beside the nation, the account in words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box
from tests.worlds import grid

from shanshui.accounts.beneficiaries import service_beneficiaries
from shanshui.accounts.cooling import cooling_use
from shanshui.accounts.frame_accounts import frame_accounts
from shanshui.accounts.gep import gep
from shanshui.accounts.nation import nation_shares
from shanshui.accounts.statement import TOPICS, account_statement
from shanshui.core.errors import QuantityError
from shanshui.core.voice import Voice


def cooled(supply, people, days=30.0, **settings):
    shape = np.shape(supply)
    return cooling_use(
        grid(supply, "kWh/ha/yr", cell_m=1000.0),
        grid(np.full(shape, days) if np.isscalar(days) else days, "d/yr", cell_m=1000.0),
        grid(people, "person/km2", cell_m=1000.0),
        **settings,
    )


def test_nobody_uses_the_cooling_of_an_empty_forest():
    out = cooled(np.full((5, 5), 80_000.0), np.zeros((5, 5)))
    assert float(out["used"].max()) == 0.0
    assert float(out["unused"].min()) == 80_000.0


def test_a_town_uses_what_its_people_would_spend():
    # 1000 people on 100 ha, 30 days at 2.4 kWh: 720 kWh a hectare and year [C]
    out = cooled(np.full((5, 5), 80_000.0), np.full((5, 5), 1000.0))
    assert out["used"].values == pytest.approx(np.full((5, 5), 720.0))
    scarce = cooled(np.full((5, 5), 500.0), np.full((5, 5), 1000.0))
    assert (scarce["used"].values == 500.0).all()
    assert (scarce["unused"].values == 0.0).all()


def test_a_wood_cools_the_town_beside_it_and_not_the_one_far_off():
    people = np.zeros((9, 9))
    people[4, 4] = 9000.0
    supply = np.full((9, 9), 80_000.0)
    supply[4, 4] = 0.0
    used = cooled(supply, people)["used"].values
    assert used[4, 4] == 0.0
    assert (used[3:6, 3:6] > 0).sum() == 8
    assert used[0].max() == used[:, 8].max() == 0.0
    # the sum stays within what the people would spend
    assert used.sum() <= 9000 / 100 * 30 * 2.4


def test_days_beyond_the_season_and_gaps():
    hot = cooled(np.full((3, 3), 1e6), np.full((3, 3), 100.0), days=300.0)
    assert hot["used"].values == pytest.approx(np.full((3, 3), 2.4 * 120.0))
    people = np.full((3, 3), 100.0)
    people[1, 1] = np.nan
    gap = cooled(np.full((3, 3), 1e6), people)
    assert np.isnan(gap["used"].values[1, 1])
    assert np.isnan(gap["unused"].values[1, 1])
    assert np.isfinite(gap["used"].values[0, 0])


def _units(down):
    return gpd.GeoDataFrame(
        {"area_km2": 1.0, "downstream": down, "river_basin": "a"},
        index=pd.Index(range(1, len(down) + 1), name="unit"),
        geometry=[box(k, 0, k + 1, 1) for k in range(len(down))],
        crs="EPSG:6933",
    )


def _crosswalk(rows):
    return pd.DataFrame(
        [(u, c, f"county {c}", 1.0, s, 1.0) for u, c, s in rows],
        columns=["unit", "county", "county_name", "area_km2", "share_of_unit", "share_of_county"],
    )


def benefits(units, down, people, walk, counties=None, **settings):
    """Who benefits, where each county gives what its share of the units does, or what is told."""
    codes = list(dict.fromkeys(walk["county"]))
    places = gpd.GeoDataFrame(
        {"code": codes, "name": codes, "parent": ""}, geometry=[box(k, 0, k + 1, 1) for k in range(len(codes))], crs="EPSG:6933",
        index=pd.Index(range(1, len(codes) + 1), name="unit"),
    )  # fmt: skip
    if counties is None:
        parts = walk.join(units, on="unit")
        each = parts[units.columns].mul(parts["share_of_unit"], axis=0).groupby(parts["county"])
        counties = each.sum(min_count=1).reindex(codes)
    given = counties.set_axis(places.index)
    return service_beneficiaries(units, given, places, _units(down), people, walk, **settings).set_index("code")  # fmt: skip


def test_water_is_used_on_its_way_down():
    units = pd.DataFrame({"total": [100.0, 50.0, 20.0], "wr": [100.0, 0, 0], "agr": [0.0, 50.0, 0], "co2": [0.0, 0, 20.0]}, index=pd.Index([1, 2, 3], name="unit"))  # fmt: skip
    people = pd.DataFrame({"unit": [1, 2, 3], "population": [0.0, 200_000.0, 200_000.0]})
    walk = _crosswalk([(1, "A", 1.0), (2, "B", 1.0), (3, "C", 1.0)])
    out = benefits(units, [2, 3, 0], people, walk)
    # nobody lives at the spring; half is used at 2, half of the rest at 3, a quarter leaves
    assert out.loc["A", ["given", "used_here", "to_downstream", "beyond_region"]].tolist() == [100, 0, 100, 25]  # fmt: skip
    assert out.loc["B", ["used_here", "from_upstream", "balance"]].tolist() == [50, 50, -50]
    assert out.loc["C", ["to_world", "from_upstream"]].tolist() == [20, 25]
    whole = out[["used_here", "to_downstream", "to_visitors", "to_world"]].sum(axis=1)
    assert whole.tolist() == out["given"].tolist()


def test_counties_of_unknown_people_and_slivers():
    units = pd.DataFrame({"total": [10.0, 5.0], "wr": [10.0, 5.0]}, index=pd.Index([1, 2], name="unit"))  # fmt: skip
    people = pd.DataFrame({"unit": [1, 2], "population": [np.nan, 1000.0]})
    walk = _crosswalk([(1, "A", 1.0), (2, "B", 0.9), (2, "S", 0.1)])
    walk.loc[walk["county"] == "S", "share_of_county"] = 0.01
    out = benefits(units, [2, 0], people, walk)
    assert list(out.index) == ["A", "B"]
    assert out.loc["A"].drop(["name", "lacks"]).isna().all()
    assert np.isfinite(out.loc["B", "given"])


CHAIN = _crosswalk([(1, "A", 1.0), (2, "B", 1.0), (3, "C", 1.0)])
THREE = pd.DataFrame(
    {"total": [151.0, 151.0, 151.0], "wr": 100.0, "sr": 50.0, "clim": 1.0}, index=pd.Index([1, 2, 3], name="unit")
)  # fmt: skip


def test_what_lies_on_the_water_of_unknown_people_is_unknown():
    people = pd.DataFrame({"unit": [1, 2, 3], "population": [2e5, np.nan, 2e5]})
    out = benefits(THREE, [2, 3, 0], people, CHAIN)
    # what A gives and keeps is known, and that the rest goes down; not where it ends
    assert out.loc["A", ["given", "used_here", "to_downstream"]].tolist() == [151.0, 76.0, 75.0]
    assert np.isnan(out.loc["A", "beyond_region"])
    assert out.loc["B"].drop(["name", "lacks"]).isna().all()
    assert out.loc["C", ["given", "used_here", "to_downstream"]].tolist() == [151.0, 76.0, 75.0]
    assert out.loc["C", ["from_upstream", "balance"]].isna().all()
    # below a unit that nothing reaches nobody is in doubt
    apart = benefits(THREE, [0, 3, 0], people, CHAIN)
    assert apart.loc["A", "beyond_region"] == 75.0


def test_a_service_that_is_not_known_is_named_and_no_part_of_what_runs_down():
    people = pd.DataFrame({"unit": [1, 2, 3], "population": 2e5})
    gap = THREE.assign(sr=[50.0, np.nan, 50.0], tour=np.nan, total=[151.0, 101.0, 151.0])
    out = benefits(gap, [2, 3, 0], people, CHAIN)
    # what no county has told is nobody's gap
    assert out["lacks"].tolist() == ["", "sr", ""]
    assert out.loc["B", ["given", "to_downstream"]].isna().all()
    assert np.isnan(out.loc["C", "from_upstream"])
    assert out.loc["A", "to_downstream"] == 75.0
    assert out.loc["A", "beyond_region"] == pytest.approx(150 / 8)
    local = THREE.assign(clim=[1.0, np.nan, 1.0], total=[151.0, 150.0, 151.0])
    out = benefits(local, [2, 3, 0], people, CHAIN)
    assert out.loc["B", ["given", "lacks"]].tolist() == [150.0, "clim"]
    assert np.isfinite(out.loc["C", "from_upstream"])


def test_counties_give_what_their_account_says():
    """Two counties share a unit evenly by area; the county account knows that one of them gives all the water."""
    units = pd.DataFrame({"total": [100.0], "wr": [80.0], "agr": [20.0]}, index=pd.Index([1], name="unit"))  # fmt: skip
    people = pd.DataFrame({"unit": [1], "population": [0.0]})
    walk = _crosswalk([(1, "A", 0.5), (1, "B", 0.5)])
    told = pd.DataFrame({"total": [95.0, 5.0], "wr": [80.0, 0.0], "agr": [15.0, 5.0]}, index=["A", "B"])  # fmt: skip
    out = benefits(units, [0], people, walk, told)
    assert out["given"].tolist() == [95.0, 5.0]
    assert out["used_here"].tolist() == [15.0, 5.0]
    assert out["to_downstream"].tolist() == out["beyond_region"].tolist() == [80.0, 0.0]
    # water that no unit of the county has a value of rises by area
    dry = benefits(units.assign(wr=0.0), [0], people, walk, told)
    assert dry["to_downstream"].tolist() == [80.0, 0.0]


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_nothing_is_lost_on_the_way(count, seed):
    random = np.random.default_rng(seed)
    down = [int(random.integers(k + 1, count + 1)) if k < count else 0 for k in range(1, count + 1)]
    values = random.uniform(0, 1e9, (count, 3))
    units = pd.DataFrame(values, columns=["wr", "clim", "co2"], index=pd.Index(range(1, count + 1), name="unit"))  # fmt: skip
    units.insert(0, "total", values.sum(axis=1))
    people = pd.DataFrame({"unit": units.index, "population": random.uniform(0, 1e6, count)})
    walk = []
    for unit in units.index:
        share = random.uniform(0.05, 0.95)
        walk += [(unit, f"{random.integers(0, 3)}", share), (unit, "9", 1 - share)]
    out = benefits(units, down, people, _crosswalk(walk))
    assert out["given"].sum() == pytest.approx(values.sum())
    parts = out[["used_here", "to_downstream", "to_visitors", "to_world"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(out["given"].to_numpy())
    assert out["to_downstream"].sum() == pytest.approx(out["from_upstream"].sum() + out["beyond_region"].sum())  # fmt: skip


NATION = pd.DataFrame(
    [
        ("territory", 2019, 9.6e6, "km2", "a"),
        ("people", 2010, 1.34e9, "person", "old"),
        ("people", 2020, 1.41e9, "person", "census"),
        ("product", 2019, 98.65, "1e12 yuan", "b"),
        ("electricity", 2019, 7225.5, "TWh", "c"),
        ("gep", 2015, 72.81e12, "yuan/yr", "Ma et al. 2017"),
    ],
    columns=["figure", "year", "value", "unit", "source"],
)
REGION = pd.DataFrame(
    [("cooling", 3e9, "kWh", 308_000.0), ("water_retained", 5e10, "m3", 308_000.0), ("cover_1", 3.08e7, "ha", 308_000.0)],
    columns=["flow", "amount", "per", "known_km2"],
)  # fmt: skip


def test_shares_of_the_nation():
    one = gep(REGION, year=2019, draws=0)
    out = nation_shares(
        NATION,
        REGION,
        REGION,
        pd.DataFrame({"population": [40e6, 6e6]}),
        pd.DataFrame({"figure": ["year", "product"], "value": [2019.0, 2.23e12]}),
        frame_accounts(one, REGION),
    ).set_index("figure")
    assert out.loc["territory", "share"] == pytest.approx(308_000 / 9.6e6)
    assert out.loc["people", "share"] == pytest.approx(46e6 / 1.41e9)
    assert out.loc["product", "share"] == pytest.approx(0.0226, rel=1e-3)
    assert out.loc["product", "per_territory"] == pytest.approx(0.0226 / (308_000 / 9.6e6), rel=1e-3)  # fmt: skip
    assert out.loc["electricity", "share"] == pytest.approx(3e9 / 7225.5e9)
    other = pd.DataFrame({"figure": ["year", "product"], "value": [2015.0, 2.23e12]})
    assert "product" not in nation_shares(NATION, REGION, REGION, None, other)["figure"].tolist()
    carried = one["value"].iloc[-1] / (1.02 * 1.016 * 1.021 * 1.029)
    assert out.loc["gep", "ours"] == pytest.approx(carried)
    assert "equivalents" not in out.index


def test_the_product_of_inner_counties_is_held_against_their_ground():
    product = pd.DataFrame({"figure": ["year", "product"], "value": [2019.0, 2.23e12]})
    levels = pd.DataFrame({"level": ["outer", "inner"], "area_km2": [308_000.0, 200_000.0]})
    out = nation_shares(
        NATION, REGION, REGION, None, product, spatial_levels=gpd.GeoDataFrame(levels)
    ).set_index("figure")
    assert out["ground_km2"].to_dict() == {
        "territory": 308_000.0, "product": 200_000.0, "electricity": 308_000.0
    }  # fmt: skip
    assert out.loc["territory", "per_territory"] == pytest.approx(1.0)
    assert out.loc["product", "per_territory"] == pytest.approx(
        2.23e12 / 98.65e12 / (200_000 / 9.6e6)
    )
    unknown = nation_shares(
        NATION[NATION["figure"] != "territory"], REGION, REGION, None, product
    ).set_index("figure")
    assert unknown["share"].notna().all()
    assert unknown["per_territory"].isna().all()


def test_figures_of_a_part_of_the_region_have_no_share():
    people = pd.DataFrame({"population": [100.0, np.nan]})
    for product in (
        {"figure": ["counties"], "value": [5.0]},
        {"figure": ["year", "product"], "value": [np.nan, 5.0]},
        {"figure": ["year", "product"], "value": [2019.0, np.nan]},
    ):
        out = nation_shares(NATION, REGION, REGION, people, pd.DataFrame(product))
        assert not {"people", "product"} & set(out["figure"])
        assert "territory" in set(out["figure"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("teritory", 2019, 1.0, "km2", ""), "'teritory'; did you mean 'territory'"),
        (("product", 2019, -1.0, "yuan", ""), "expected a number above 0"),
        (("product", 2019, np.nan, "yuan", ""), "expected a number above 0"),
        (("product", 2019, 1.0, "km2", ""), "cannot become"),
    ],
)
def test_figures_of_a_nation_that_are_not_right_are_refused(row, message):
    with pytest.raises(QuantityError, match=message):
        nation_shares(pd.DataFrame([row], columns=list(NATION)), REGION, REGION)


def test_the_account_says_what_it_is_and_is_not():
    flows = pd.concat([REGION, pd.DataFrame([("cooling_unused", 2e12, "kWh", 1.0)], columns=list(REGION))])  # fmt: skip
    one = gep(flows, year=2019, draws=50)
    out = account_statement(one)
    assert list(dict.fromkeys(out["topic"])) == [t for t in TOPICS if t in set(out["topic"])]
    assert set(out["topic"]) == set(TOPICS)
    assert (out["text"].str.len() > 5).all()
    assert all(len(Voice("zh").tell(row, "text")) > 3 for row in out.to_dict("records"))
    counts = out[out["topic"] == "counts"]
    assert counts["share"].sum() == pytest.approx(1.0)
    assert out[out["topic"] == "basis"]["share"].sum() == pytest.approx(1.0)
    beside = out[out["topic"] == "beside"].iloc[0]
    assert beside["subject"] == "cooling_unused"
    assert beside["share"] > 1
    assert {"fm", "air", "tour"} <= set(out.loc[out["topic"] == "missing", "subject"])
    years = out[out["subject"] == "price_year"]["text"].iloc[0]
    assert "2010" in years


def line(account, topic, subject):
    out = account_statement(account)
    return out[(out["topic"] == topic) & (out["subject"] == subject)].iloc[0]


def test_what_is_paid_for_stands_in_the_product_already():
    free = line(gep(REGION, draws=0), "is_not", "income")
    assert "nobody was paid it" in free["text"]
    paid = pd.DataFrame(
        [("primary_products", 6e10, "yuan", 1.0), ("tourism", 1e10, "yuan", 1.0), ("co2", 1e8, "t", 1.0)], columns=list(REGION)
    )  # fmt: skip
    one = gep(paid, year=2010, draws=0)
    said = line(one, "is_not", "income")
    # 70 of 108 bn yuan: the carbon stands in no product
    assert said["share"] == pytest.approx(70 / 108)
    assert "64.8% of the total (products, water, power, tourism) is paid for" in said["text"]
    assert "64.8%" in Voice("zh").tell(said, "text")
    names = pd.DataFrame({"lucode": [1], "ecosystem": ["broadleaf forest"]})
    area = line(gep(REGION, None, names, frame="xie2015", draws=0), "is_not", "income")
    assert "food, materials and water" in area["text"]


@pytest.mark.parametrize(
    ("tons", "words", "words_zh"),
    [
        (1e9, "billion yuan", "亿元"),
        (1e5, "million yuan", "万元"),
        (1e3, "yuan", "万元"),
        (1.0, "yuan", "元"),
    ],
)
def test_an_interval_is_told_in_the_unit_of_its_size(tons, words, words_zh):
    flows = pd.DataFrame([("co2", tons, "t", 1.0)], columns=list(REGION))
    one = gep(flows, year=2010, draws=200)
    said = line(one, "interval", "total")
    assert said["text"].endswith(words)
    assert words_zh in Voice("zh").tell(said, "text")
    told = [float(w.replace(",", "")) for w in said["text"].split() if w[0].isdigit()]
    size = {"billion": 1e9, "million": 1e6}.get(words.split()[0], 1.0)
    total = one.iloc[-1]
    assert told == pytest.approx([total["low"] / size, total["high"] / size], rel=5e-3)
    assert min(told) > 0


def test_an_account_of_nothing_says_so():
    one = gep(REGION[REGION["flow"] == "cover_1"], draws=0)
    out = account_statement(one)
    assert "nothing is valued" in out[out["topic"] == "missing"]["text"].iloc[0]
