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
