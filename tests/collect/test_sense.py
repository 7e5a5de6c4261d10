"""Doubts about tables that no single file shows."""

import numpy as np
import pandas as pd
import pytest
from tests.command import called

from shanshui.collect.sense import GROWTH, PEOPLE_PER_KM2, WORKERS_PER_HEAD, sense_doubts

PLACES = pd.DataFrame(
    {"code": ["1", "2"], "level": "counties", "area_km2": [9.0, 9.0], "inside": True}
)


def people(*values, year=2020):
    return pd.DataFrame({"code": ["1", "2"], "year": year, "population": values})


def test_a_census_in_ten_thousands_is_doubted_with_its_cure():
    (thin, broken) = sense_doubts({"population": people(32.5, 41.2)}, PLACES)["population"]
    assert "73.7 people in 18 km2 of 2 places are 4.09 per km2" in thin
    assert "2 of 2 places have fractions of a person, such as 32.5" in broken
    assert all('set unit = "10000 person"' in text for text in (thin, broken))


@pytest.mark.parametrize(("each", "said"), [(44.0, 1), (45.0, 0), (270_000.0, 0), (270_001.0, 1)])
def test_people_per_km2_at_the_edges(each, said):
    assert PEOPLE_PER_KM2 == (5.0, 30_000.0)
    found = sense_doubts({"population": people(each, each)}, PLACES)
    assert len(found.get("population", [])) == said


def test_a_product_in_ten_thousands_of_yuan_is_doubted():
    gdp = pd.DataFrame(
        {"code": ["1", "2"], "year": 2020, "sector": "all", "yuan": [20_000.0, 30_000.0]}
    )
    (text,) = sense_doubts({"gdp": gdp}, PLACES)["gdp"]
    assert 'set unit = "1e4 yuan"' in text
    assert sense_doubts({"gdp": gdp.assign(yuan=gdp["yuan"] * 1e4)}, PLACES) == {}


@pytest.mark.parametrize(("share", "said"), [(0.04, 1), (0.05, 0), (0.9, 0), (0.91, 1)])
def test_workers_per_head_at_the_edges(share, said):
    assert WORKERS_PER_HEAD == (0.05, 0.9)
    jobs = pd.DataFrame({"code": ["1", "2"], "year": 2020, "persons": [share * 1000.0] * 2})
    found = sense_doubts({"population": people(1000.0, 1000.0), "employment": jobs}, PLACES)
    assert len(found.get("employment", [])) == said


def test_a_year_that_jumps_is_named():
    assert GROWTH["population"] == 1.3
    table = pd.concat([people(1000, 1000, year=2010), people(1300, 1000, year=2011)])
    assert sense_doubts({"population": table}, None) == {}
    table = pd.concat([people(1000, 1000, year=2010), people(1301, 1000, year=2011)])
    (text,) = sense_doubts({"population": table}, None)["population"]
    assert (
        "1 of 2 places jump by more than 1.3 times in a year; the most: 1 from 1,000 in 2010 to 1,301 in 2011"
        in text
    )
    # over ten years the same change is none
    slow = pd.concat([people(1000, 1000, year=2010), people(1301, 1000, year=2020)])
    assert sense_doubts({"population": slow}, None) == {}


def test_the_latest_year_of_each_place_counts_and_gaps_do_not():
    table = pd.concat([people(100, 2e7, year=2010), people(np.nan, 4e7, year=2020)])
    (dense,) = sense_doubts({"population": table}, PLACES)["population"]
    assert "4e+07 people in 9 km2 of 1 places" in dense


def test_check_says_it(tmp_path):
    """The case of the yearbook: ten thousands taken for persons."""
    from shanshui import new_study

    new_study(tmp_path / "s", size=64, seed=1, cell_m=500.0)
    data = tmp_path / "s" / "data"
    file = data / "population.csv"
    table = pd.read_csv(file)
    table.assign(population=table["population"] / 1e4).to_csv(file, index=False)
    code, out, err = called(["check", tmp_path / "s"])
    assert code == 0, out + err
    assert "fractions of a person" in out
    assert 'set unit = "10000 person"' in out


def test_people_split_by_weight_are_no_ten_thousands():
    assert sense_doubts({"population": people(200_000.37, 150_000.63)}, PLACES) == {}


def test_rows_of_places_elsewhere_raise_no_doubt():
    here = pd.concat([people(1000, 1000, year=2010), people(1000, 1000, year=2011)])
    far = pd.DataFrame({"code": "99", "year": [2010, 2011], "population": [1.0, 1e6]})
    assert sense_doubts({"population": pd.concat([here, far])}, PLACES) == {}


# each place beside the others


TEN = [str(k) for k in range(10, 20)]
AREAS = pd.DataFrame(
    {
        "code": TEN, "name": [f"P{c}" for c in TEN], "parent": "", "level": "counties",
        "area_km2": np.linspace(800.0, 2600.0, 10), "inside": True,
    }
)  # fmt: skip


def amounts(word, values, year=2020, **more):
    return pd.DataFrame({"code": TEN, "year": year, **more, word: np.asarray(values, float)})


PEOPLE = amounts("population", np.linspace(90_000, 500_000, 10).round())
GDP = amounts("yuan", PEOPLE["population"] * np.linspace(20_000, 60_000, 10), sector="all")
JOBS = amounts("persons", PEOPLE["population"] * np.linspace(0.4, 0.6, 10))
ALL = {"population": PEOPLE, "gdp": GDP, "employment": JOBS}


def but(table, word, factor, place=4, **changes):
    out = table.copy()
    out.loc[place, word] = out.loc[place, word] * factor
    return out


def test_places_that_are_alike_raise_no_doubt():
    assert sense_doubts(ALL, AREAS) == {}


@pytest.mark.parametrize(
    ("name", "word", "factor", "said"),
    [
        ("population", "population", 1e-4, "P14 has"),
        ("population", "population", 1e3, "P14 has"),
        ("gdp", "yuan", 1e-4, "P14 has"),
        ("gdp", "yuan", 12.0, "yuan per head (2020 by people of 2020)"),
        ("employment", "persons", 10.0, "14 P14: 4.89 employed persons per head"),
        ("employment", "persons", 0.0, "14 P14: 0 employed persons per head"),
        ("gdp", "yuan", 0.0, "14 P14 has 0 yuan per km2"),
    ],
)
def test_one_wrong_place_is_named(name, word, factor, said):
    found = sense_doubts({**ALL, name: but(ALL[name], word, factor)}, AREAS)
    assert any(said in text for text in found[name]), found


def test_workers_are_set_beside_people_of_the_nearest_year():
    old = PEOPLE.assign(year=2000, population=PEOPLE["population"] * 0.1)
    people_ = pd.concat([old, PEOPLE])
    (text,) = sense_doubts({"population": people_, "employment": JOBS.assign(year=2004)}, None)[
        "employment"
    ]
    assert "2004 by people of 2000" in text
    found = sense_doubts({"population": people_, "employment": JOBS.assign(year=2015)}, None)
    assert "employment" not in found


@pytest.mark.parametrize(("factor", "said"), [(0.02, 1), (0.05, 0), (20.0, 0), (60.0, 1)])
def test_product_per_head(factor, said):
    found = sense_doubts({"population": PEOPLE, "gdp": GDP.assign(yuan=GDP["yuan"] * factor)}, None)
    assert len(found.get("gdp", [])) == said
    if said:
        assert "yuan per head in half of 10 places" in found["gdp"][0]


@pytest.mark.parametrize(("rate", "said"), [(1.05, 0), (1.07, 1), (0.95, 0), (0.93, 1)])
def test_a_slow_change_of_the_whole_table(rate, said):
    later = PEOPLE.assign(year=2025, population=PEOPLE["population"] * rate**5)
    found = sense_doubts({"population": pd.concat([PEOPLE, later])}, None)
    assert len(found.get("population", [])) == said
    if said:
        assert "half of 10 places" in found["population"][0]


@pytest.mark.parametrize(("factor", "said"), [(1.0, 0), (1.02, 0), (1.05, 1), (0.9, 1)])
def test_parts_come_to_their_whole(factor, said):
    places = pd.concat(
        [
            AREAS.assign(parent=["A"] * 5 + ["B"] * 5),
            pd.DataFrame({"code": ["1", "2"], "name": ["A", "B"], "parent": "", "level": "prefectures",
                          "area_km2": 8_500.0, "inside": True}),
        ]
    )  # fmt: skip
    whole = float(PEOPLE["population"][:5].sum())
    above = pd.DataFrame({"code": ["1"], "year": 2020, "population": [whole * factor]})
    found = sense_doubts({"population": pd.concat([PEOPLE, above])}, places)
    assert len(found.get("population", [])) == said
    if said:
        assert "1 A has" in found["population"][0]
        assert "its 5 parts together" in found["population"][0]


def test_parts_of_which_one_has_no_row_are_not_summed():
    places = pd.concat(
        [
            AREAS.assign(code=[f"6109{c}" for c in TEN]),
            pd.DataFrame({"code": ["610900"], "name": ["安康市"], "parent": "", "level": "prefectures",
                          "area_km2": 17_000.0, "inside": True}),
        ]
    )  # fmt: skip
    rows = PEOPLE.assign(code=[f"6109{c}" for c in TEN])
    above = pd.DataFrame(
        {"code": ["610900"], "year": 2020, "population": [float(PEOPLE["population"].sum()) * 2]}
    )
    assert (
        "its 10 parts"
        in sense_doubts({"population": pd.concat([rows, above])}, places)["population"][0]
    )
    assert sense_doubts({"population": pd.concat([rows[1:], above])}, places) == {}


def test_classes_come_to_the_area_of_their_place():
    rows = pd.DataFrame(
        {"code": [c for c in TEN for _ in range(2)], "year": 2020, "class": [1, 2] * 10,
         "area_km2": np.repeat(AREAS["area_km2"].to_numpy() / 2, 2)}
    )  # fmt: skip
    assert sense_doubts({"land_cover_areas": rows}, AREAS) == {}
    rows.loc[6, "area_km2"] = 0.0
    (text,) = sense_doubts({"land_cover_areas": rows}, AREAS)["land_cover_areas"]
    assert "1 of 10 places" in text
    assert "13 P13" in text


def test_a_table_of_other_places_says_that_it_cannot_be_judged():
    (text,) = sense_doubts({"population": PEOPLE.assign(code=[f"9{c}" for c in TEN])}, AREAS)[
        "population"
    ]
    assert "cannot be judged" in text


def test_codes_are_the_same_however_they_are_written():
    places = AREAS.assign(code=AREAS["code"].map(lambda c: f"{c}.0"))
    (text, *_) = sense_doubts({"population": PEOPLE.assign(population=4.0)}, places)["population"]
    assert "10 places" in text
