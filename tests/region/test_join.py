"""Tables meet places: what matches, what is carried, what is told, and that nothing is lost."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanshui.core.errors import DataError, QuantityError
from shanshui.core.voice import Voice
from shanshui.region.exact import exact_parts, exact_sums
from shanshui.region.join import join, joined
from shanshui.region.join_account import JoinAccount
from shanshui.region.levels import levels_told
from shanshui.region.place_codes import CodeSystem, clean_code
from shanshui.region.place_names import name_stem, plain_name
from shanshui.region.years import chosen_year, whole_years

PLACES = pd.DataFrame(
    {
        "code": ["610902", "610921", "610928", "610929"],
        "name": ["汉滨区", "汉阴县", "旬阳县", "白河县"],
        "area_km2": [9.0, 9.0, 9.0, 18.0],
    }
)


def people(codes, amounts=1000, year=2020, **more):
    return pd.DataFrame({"code": codes, "year": year, "population": amounts, **more})


def of(table, **rules):
    return joined(table, PLACES, what="population", word="counties", unit="person", **rules)


def test_a_code_that_changed_is_told_on_both_sides():
    table, account = of(people(["610902", "610921", "610981", "610929"]))
    assert table["population"].sum() == 3000
    assert account.share == 0.25
    said = " ".join(account.sentences(Voice()))
    assert "610981 (1000 persons, 25 % of 2020) has no polygon" in said
    assert "610928 旬阳县" in said
    assert "没有对应的图形" in " ".join(account.sentences(Voice("zh")))
    (balance,) = account.amounts
    assert balance.total == 4000
    assert balance.ways == {"code": 3000.0, "unmatched": 1000.0}


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("610928", "code"),
        (610928.0, "code"),
        ("610928.0", "code"),
        ("６１０９２８", "code"),
        ("'610928", "code"),
        ("610928000000", "spelling"),
    ],
)
def test_other_spellings_of_a_code_are_the_code(code, way):
    table, account = of(people(["610902", "610921", code, "610929"]))
    assert table["population"].sum() == 4000
    assert account.rows[way] >= 1
    assert account.clean


def test_villages_sum_to_their_county_unless_it_has_a_row_of_its_own():
    codes = ["610902", "610921", "610928101201", "610928101202", "610929"]
    table, _ = of(people(codes, [1, 2, 3, 4, 5]))
    assert dict(zip(table["code"], table["population"], strict=True))["610928"] == 7
    table, account = of(people([*codes, "610928"], [1, 2, 3, 4, 5, 8]))
    assert dict(zip(table["code"], table["population"], strict=True))["610928"] == 8
    assert account.rows["parts"] == 2


def test_zeros_that_a_spreadsheet_lost_are_put_back():
    places = pd.DataFrame({"code": ["01001", "01003"], "name": ["Autauga", "Baldwin"]})
    table, _ = joined(people([1001, 1003]), places)
    assert list(table["code"]) == ["01001", "01003"]


def test_a_crosswalk_carries_forward_and_back():
    table, account = of(
        people(["610902", "610921", "610981", "610929"]), crosswalk={"610928": "610981"}
    )
    assert table["population"].sum() == 4000
    assert account.rows["renamed"] == 1
    chain = pd.DataFrame(
        {"code_old": ["610900", "610977"], "code_new": ["610977", "610928"], "year": [2000, 2010]}
    )
    table, _ = of(people(["610902", "610921", "610900", "610929"], year=1995), crosswalk=chain)
    assert table["population"].sum() == 4000


def test_a_split_takes_the_weights_and_tells_how_sure_they_are():
    walk = pd.DataFrame({"from": ["610999"] * 2, "to": ["610928", "610929"], "weight": [3.0, 1.0]})
    table, account = of(people(["610902", "610921", "610999"]), crosswalk=walk)
    assert list(table["population"]) == [1000, 1000, 750, 250]
    split = {c.to: c for c in account.carried}
    assert (split["610928"].share, split["610928"].low, split["610928"].high) == (0.75, 1 / 3, 0.75)
    by_area, _ = of(people(["610902", "610921", "610999"]), crosswalk=walk.drop(columns="weight"))
    assert list(by_area["population"]) == pytest.approx([1000, 1000, 1000 / 3, 2000 / 3])


def test_a_place_that_was_cut_is_split_only_before_the_cut():
    walk = pd.DataFrame(
        {"from": ["610902"] * 2, "to": ["610902", "610921"], "weight": [3, 1], "year": [2013] * 2}
    )
    old, _ = of(people(["610902", "610928", "610929"], year=2010), crosswalk=walk)
    assert list(old["population"]) == [750, 250, 1000, 1000]
    new, _ = of(people(["610902", "610921", "610928", "610929"]), crosswalk=walk)
    assert list(new["population"]) == [1000] * 4


def test_merged_places_sum_amounts_and_average_intensities():
    walk = {"610990": "610928", "610991": "610928"}
    table = people(["610990", "610991", "610902"], [100, 300, 5], rate=[1.0, 5.0, 2.0])
    out, account = of(table, crosswalk=walk, means=["rate"], weight="population", amounts=["population"], keys=["year"])  # fmt: skip
    row = out.set_index("code").loc["610928"]
    assert row["population"] == 400
    assert row["rate"] == 4.0
    assert account.rows["merged"] == 2


def test_a_merged_place_of_which_a_part_is_missing_is_missing():
    walk = {"610990": "610928", "610991": "610928"}
    out, account = of(people(["610990", "610991", "610902"], [100, np.nan, 5]), crosswalk=walk)
    assert out.set_index("code")["population"].isna()["610928"]
    assert account.amounts[0].incomplete == 100


@pytest.mark.parametrize("name", ["旬阳县", "旬 阳 县", "旬阳市", "旬阳"])
def test_names_serve_where_codes_lack(name):
    table = pd.DataFrame(
        {"地区": ["汉滨区", "汉阴县", name, "白河县"], "year": 2020, "population": 1000}
    )
    out, _ = of(table)
    assert list(out["code"]) == list(PLACES["code"])
    with_code = people(["610902", "610921", "610981", "610929"], name=["", "", name, ""])
    out, account = of(with_code)
    assert out["population"].sum() == 4000
    assert account.rows["name"] == 1


def test_aliases_and_older_names_serve_too():
    table = pd.DataFrame({"name": ["安康县", "汉阴县", "旬阳县", "白河县"], "population": 10})
    assert len(of(table, names={"安康县": "610902"})[0]) == 4
    older = pd.DataFrame(
        {"code_1980": ["612421"], "code_2020": ["610902"], "name_1980": ["安康县"]}
    )
    assert len(of(table, crosswalk=older)[0]) == 4


def test_a_name_that_fits_several_places_fits_none():
    places = pd.DataFrame({"code": ["a", "b", "c"], "name": ["鼓楼区", "鼓楼区", "白河县"]})
    out, account = joined(pd.DataFrame({"name": ["鼓楼区", "白河县"], "n": [1, 9]}), places)
    assert list(out["code"]) == ["c"]
    assert account.unmatched_count == 1
    parents = places.assign(parent=["南京市", "徐州市", "安康市"])
    table = pd.DataFrame({"name": ["鼓楼区", "鼓楼区", "白河县"], "parent": ["南京", "徐州市", "安康市"], "n": 1})  # fmt: skip
    assert list(joined(table, parents)[0]["code"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("here", "code", "way"),
    [
        (["610902", "610921"], "610981", "unmatched"),
        (["610902", "610921"], "110101", "elsewhere"),
        (["610902", "610921"], "610900", "above"),
        (["610902", "610921"], "000000", "above"),
        (["06037", "06059"], "06061", "unmatched"),
        (["06037", "06059"], "36061", "elsewhere"),
        (["06037", "06059"], "06000", "above"),
        (["DE211", "DE212"], "DE213", "unmatched"),
        (["DE211", "DE212"], "FR101", "elsewhere"),
        (["DE211", "DE212"], "DE2", "above"),
        (["a1", "b2"], "c3", "unmatched"),
        (["1", "2", "3"], "9", "unmatched"),
    ],
)
def test_what_a_code_without_a_place_is(here, code, way):
    assert CodeSystem.of(here).standing(code) == way


def test_a_national_table_is_not_unmatched():
    codes = [*PLACES["code"], *(f"1101{k:02d}" for k in range(1, 80)), "000000"]
    out, account = of(people(codes))
    assert account.clean
    assert account.share == 0
    assert account.rows["elsewhere"] == 79
    assert len(out) == 4


def test_an_outline_outside_the_study_is_elsewhere():
    places = PLACES.assign(inside=[True, True, True, False])
    out, account = joined(people(list(PLACES["code"])), places)
    assert account.rows["elsewhere"] == 1
    assert len(out) == 3


def test_each_row_goes_to_its_own_level():
    places = pd.DataFrame(
        {"code": ["610902", "610921", "610900"], "level": ["counties", "counties", "prefectures"]}
    )
    done = join(people(["610902", "610921", "610900", "000000"], [1, 2, 3, 99]), places)
    assert list(done.table["code"]) == ["610900", "610902", "610921"]
    rows = levels_told(done.table, "population", {}, "people")
    assert rows["summed"].all()
    assert rows["population"].sum() == 3


@pytest.mark.parametrize(
    ("table", "rules", "match"),
    [
        (people(["610981", "610982"]), {}, "none of its places"),
        (people(["610902", "610981"]), {}, "50 % without a place, allowed are 30 %"),
        (people(["610902", "610902"]), {}, "repeat a place"),
        (people(["610902"]), {"crosswalk": pd.DataFrame({"x": [1]})}, "no columns of old and new"),
        (people(["610902"]), {"names": pd.DataFrame({"x": [1]})}, "no columns of other names"),
        (people([]), {}, "the table has no rows"),
        (people(["610902"]), {"unmatched": 2}, "expected a share"),
        (people(["610902"]), {"weight": "gold"}, "weight = gold"),
        (
            people(["610902"]),
            {
                "crosswalk": pd.DataFrame(
                    {"from": ["x", "x"], "to": ["a", "b"], "weight": [0.2, 0.3]}
                )
            },
            "add up to 0.5",
        ),
        (pd.DataFrame({"n": [1.0]}), {}, "no column of codes or names"),
    ],
)
def test_what_cannot_be_joined_is_refused_in_one_line(table, rules, match):
    with pytest.raises(DataError, match=match) as refused:
        of(table, **rules)
    assert "\n" not in str(refused.value)


def test_a_split_without_weights_is_refused():
    walk = pd.DataFrame({"from": ["x", "x"], "to": ["610928", "610929"]})
    with pytest.raises(DataError, match="give a column weight"):
        joined(people(["x", "610902"]), PLACES.drop(columns="area_km2"), crosswalk=walk)


def test_an_account_survives_json():
    _, account = of(people(["610902", "610921", "610981", "610929"]))
    assert JoinAccount.of(json.loads(json.dumps(account.as_dict()))) == account


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_balance_closes_whatever_the_table(data):
    codes = [f"6109{k:02d}" for k in range(1, 9)]
    old = ["610991", "610992", "110101", "zz"]
    number = st.one_of(
        st.integers(0, 10**9).map(float), st.floats(-1e9, 1e9, allow_nan=False, width=64)
    )
    rows = data.draw(
        st.lists(
            st.tuples(st.sampled_from(codes + old), st.sampled_from([2010, 2020]), number),
            min_size=1,
            unique_by=lambda r: r[:2],
        )
    )
    weights = data.draw(st.lists(st.floats(0.01, 100), min_size=3, max_size=3))
    walk = pd.DataFrame({"from": ["610991"] * 3, "to": [*codes[:2], "110102"], "weight": [w + 1 for w in weights]})  # fmt: skip
    table = pd.DataFrame(rows, columns=["code", "year", "n"])
    try:
        out, account = joined(table, pd.DataFrame({"code": codes}), crosswalk=walk, unmatched=1.0)
    except DataError as error:
        assert "none of its places" in str(error)  # noqa: PT017 - either is right, nothing else
        return
    for balance in account.amounts:
        year = balance.group["year"]
        total = math.fsum(table.loc[table["year"] == year, "n"])
        assert balance.total == total
        size = np.abs(table["n"]).sum()
        assert math.fsum(balance.ways.values()) == pytest.approx(total, abs=1e-12 * size + 1e-300)
        there = math.fsum(out.loc[out["year"] == year, "n"])
        assert there == pytest.approx(balance.matched, abs=1e-12 * size + 1e-300)


@given(
    st.floats(-1e12, 1e12, allow_nan=False),
    st.lists(st.floats(0.001, 1), min_size=1, max_size=9),
)
def test_parts_of_an_amount_are_the_amount(amount, weights):
    share = np.array(weights) / sum(weights)
    last = np.arange(len(share)) == len(share) - 1
    parts = exact_parts(np.full(len(share), amount), share, last)
    assert math.fsum(parts) == amount


@given(st.lists(st.tuples(st.floats(-1e15, 1e15), st.integers(0, 3))))
def test_sums_are_those_of_fsum(rows):
    values = np.array([r[0] for r in rows], float)
    group = np.array([r[1] for r in rows], np.intp)
    wanted = [math.fsum(values[group == k]) for k in range(4)]
    assert exact_sums(values, group, 4).tolist() == wanted


def test_words_of_places():
    assert plain_name("石 泉 县") == "石泉县"
    assert name_stem("北川羌族自治县") == "北川"
    assert name_stem("安县") == "安县"
    assert name_stem("Shiquan County") == "shiquan"
    assert clean_code("6.10125E+11") == "6.10125E+11"
    assert clean_code(None) == ""


def test_one_value_of_one_place_is_no_year_of_the_whole():
    table = people(["1", "2", "3", "1"], year=[2020, 2020, 2020, 2021])
    assert whole_years(table, "population") == [2020]
    assert chosen_year(table, "population", "population") == 2020
    assert chosen_year(table, "population", "population", year=2021) == 2021
    with pytest.raises(QuantityError, match="no rows of 1999"):
        chosen_year(table, "population", "population", year=1999)


def test_a_municipality_among_prefectures_makes_no_other_province_a_lost_one():
    from shanshui.region.place_codes import CodeSystem

    prefectures = CodeSystem.of(["610100", "610200", "500000", "610700"])
    assert prefectures.standing("810000") == "elsewhere"
    assert prefectures.standing("610900") == "unmatched"
    # where all places are provinces, one without a place is lost
    assert CodeSystem.of(["610000", "500000", "620000"]).standing("810000") == "unmatched"
