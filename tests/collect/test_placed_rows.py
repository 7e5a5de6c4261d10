"""Every table that names places meets the study's places, whatever its family."""

import numpy as np
import pandas as pd
import pytest

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.joining import PLACED, RULES, account_in, placed_rows
from shanshui.core.errors import DataError

PLACES = pd.DataFrame(
    {
        "code": ["610902", "610921", "610928", "610929"], "name": ["汉滨区", "汉阴县", "旬阳县", "白河县"],
        "name_zh": "", "name_en": "", "parent": "", "level": "counties", "area_km2": 9.0, "inside": True,
    }
)  # fmt: skip
CODES = ["610902", "610921", "610981", "610929"]
"""As the county of 2021 is called."""


def test_no_input_with_a_place_escapes_the_account():
    # zones are told by counties or by outlines: tests/study/test_function_zones_door.py
    named = {name for name, kind in INPUTS.items() if kind.names_places}
    assert named | {"statutory_zones"} == set(PLACED)


def table(name):
    if name == "emissions":
        rows = [(c, p, 100.0, 1) for c in CODES for p in ("dust", "oxygen_demand")]
        return pd.DataFrame(rows, columns=["code", "pollutant", "emitted_t", "meets_standard"])
    if name == "purification_capacity":
        return pd.DataFrame({"code": CODES, "pollutant": "dust", "capacity_t": 50.0})
    if name == "county_mountains":
        return pd.DataFrame({"code": CODES, "mountains": [1, 1, 2, np.nan]})
    if name == "county_programmes":
        return pd.DataFrame({"code": CODES, "programme": "Poor counties", "year": 2012})
    if name == "visits":
        return pd.DataFrame({"site": "a", "zone": CODES, "visits": 5})
    if name == "reports":
        return pd.DataFrame({"year": 2020, "text": "x", "place": CODES})
    return pd.DataFrame({"name": list("abcd"), "place": CODES})


NAMES = [
    "emissions",
    "purification_capacity",
    "visits",
    "reports",
    "firms",
    "county_mountains",
    "county_programmes",
]


def placed(name, frame=None, **declared):
    spec = InputSpec(file="x.csv", **declared)
    return placed_rows(table(name) if frame is None else frame, spec, name, INPUTS[name], PLACES)


def column(name):
    return {"visits": "zone", "reports": "place", "firms": "place"}.get(name, "code")


@pytest.mark.parametrize("name", NAMES)
def test_a_code_without_a_polygon_is_told(name):
    found = placed(name)
    account = account_in(found)
    (stray,) = account.unmatched
    assert stray.code == "610981"
    assert stray.share == pytest.approx(0.25)
    assert ("610981" in set(found[column(name)])) == (name not in RULES)
    assert [c for c, _ in account.without] == (["610928"] if name in RULES else [])


@pytest.mark.parametrize("name", NAMES)
def test_a_crosswalk_carries_it(name, tmp_path):
    (tmp_path / "cross.csv").write_text("from,to\n610981,610928\n", "utf-8")
    found = placed(name, crosswalk=str(tmp_path / "cross.csv"))
    assert set(found[column(name)]) == set(PLACES["code"])
    assert not account_in(found).unmatched


@pytest.mark.parametrize("name", NAMES)
def test_more_than_is_allowed_without_a_place_is_refused(name):
    with pytest.raises(DataError, match="25 % without a place"):
        placed(name, unmatched=0.2)


@pytest.mark.parametrize("name", ["visits", "reports", "firms"])
def test_things_may_all_lie_elsewhere(name):
    frame = table(name).assign(**{column(name): ["110101", "110102", "310101", ""]})
    found = placed(name, frame)
    assert found[column(name)].tolist() == frame[column(name)].tolist()


@pytest.mark.parametrize(("name", "column"), [("housing", "code"), ("recreation_sites", "place")])
def test_homes_and_parks_elsewhere_are_no_part_of_the_region(name, column):
    frame = pd.DataFrame({column: ["610902", "旬阳", "110101", "610981"], "site": list("abcd")})
    found = placed(name, frame)
    assert found[column].tolist() == ["610902", "610928"]
    assert [u.code for u in account_in(found).unmatched] == ["610981"]


def test_names_serve_where_codes_lack():
    frame = table("firms").assign(place=["旬阳县", "汉 滨 区", "北京市", ""])
    assert placed("firms", frame)["place"].tolist() == ["610928", "610902", "北京市", ""]


def test_amounts_of_two_codes_that_became_one_are_summed(tmp_path):
    (tmp_path / "cross.csv").write_text("from,to\n610981,610902\n", "utf-8")
    found = placed("purification_capacity", crosswalk=str(tmp_path / "cross.csv"))
    assert found.set_index("code")["capacity_t"]["610902"] == 100.0
    assert found["capacity_t"].sum() == 200.0


def test_cities_without_their_ending_are_those_of_their_level():
    cities = PLACES.assign(
        code=["610900", "610700", "420300", "411300"], name=["安康市", "汉中市", "十堰市", "南阳市"], level="prefectures"
    )  # fmt: skip
    places = pd.concat([PLACES, cities], ignore_index=True)
    frame = pd.DataFrame({"name": list("abc"), "place": ["安康", "南阳", "洛阳"], "province": ["陕西", "河南", "河南"]})  # fmt: skip
    found = placed_rows(frame, InputSpec(file="x.csv"), "firms", INPUTS["firms"], places)
    assert found["place"].tolist() == ["610900", "411300", "洛阳"]


def test_one_name_in_two_provinces_stays_as_it_came():
    places = PLACES.assign(
        name=["城关区", "城关区", "旬阳县", "白河县"], parent=["兰州市", "拉萨市", "", ""]
    )
    frame = pd.DataFrame({"name": ["a", "b"], "place": ["城关区", "旬阳"], "province": ["", ""]})
    found = placed_rows(frame, InputSpec(file="x.csv"), "firms", INPUTS["firms"], places)
    assert found["place"].tolist() == ["城关区", "610928"]
