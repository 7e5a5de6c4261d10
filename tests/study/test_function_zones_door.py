"""Function zones through the real doors: a list of counties, or polygons, good and bad."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from tests.study.test_data_door import CODES, CRS, FOUR, WHOLE, door  # noqa: F401

COUNTIES = '[inputs.counties]\nfile = "@counties.gpkg"\n'
ZONES = '[inputs.statutory_zones]\nfile = "@zones.csv"\n'


@pytest.fixture
def land(door):  # noqa: F811 - the fixture of the other file
    gpd.GeoDataFrame(
        {"code": CODES, "name": ["Hanbin", "Hanyin", "Xunyang", "Baihe"]}, geometry=FOUR, crs=CRS
    ).to_file(door.folder / "counties.gpkg")
    return door


def listed(land, *rows, columns=("code", "zone", "kind", "level")):
    pd.DataFrame(rows, columns=list(columns)).to_csv(land.folder / "zones.csv", index=False)
    return land(COUNTIES + ZONES)


def test_a_list_of_counties_becomes_an_outline_of_each_zone(land):
    listed(
        land,
        ("610902", "Qinba", "biodiversity", "national"),
        ("610921.0", "Qinba", "Biodiversity", "national"),
        ("610929", "Han", "water_conservation", "provincial"),
        ("610902", "Qinba", "biodiversity", "national"),  # twice is once
    )
    made = land.made("statutory_zones")
    assert made["name"].tolist() == ["Qinba", "Han"]
    assert made["kind"].tolist() == ["biodiversity", "water conservation"]
    assert made["level"].tolist() == ["national", "provincial"]
    assert made["named"].tolist() == made["found"].tolist() == [2.0, 1.0]
    assert (made.area / 1e6).tolist() == pytest.approx([18.0, 9.0])
    cells = land.made("function_zone_cells")
    assert np.unique(cells.values, return_counts=True)[1].tolist() == [900, 1800, 900]
    areas = land.made("function_zone_areas").set_index("name")
    assert areas.loc["Qinba", "area_km2"] == pytest.approx(18.0)
    assert areas.loc["Qinba", "share"] == pytest.approx(0.5)
    look = land.check("statutory_zones")
    assert not look["problems"]
    assert look["facts"]["zones"] == 2


def test_words_of_the_plan_and_a_list_without_levels(land):
    listed(land, ("610902", "秦巴", "生物多样性"), columns=("code", "zone", "kind"))
    made = land.made("statutory_zones")
    assert made[["name", "name_zh", "kind", "level"]].to_numpy().tolist() == [
        ["秦巴", "秦巴", "biodiversity", "national"]
    ]


def test_counties_that_are_not_there_are_told_by_name(land):
    listed(
        land,
        *[(c, "Qinba", "biodiversity", "national") for c in (*CODES, "610999")],
    )
    assert "610999" in " ".join(land.check("statutory_zones")["doubts"])
    made = land.made("statutory_zones")
    assert [made["named"].iloc[0], made["found"].iloc[0]] == [5.0, 4.0]


def test_counties_may_be_named_and_those_that_are_unknown_are_told_by_name(land):
    rows = [(n, "Qinba", "biodiversity") for n in ("Hanbin", "Hanyin", "Xunyang", "Nowhere")]
    listed(land, *rows, columns=("county", "zone", "kind"))
    assert land.made("statutory_zones")["found"].tolist() == [3.0]
    assert "Nowhere" in " ".join(land.check("statutory_zones")["doubts"])
    listed(
        land, *[(c, n, "Q", "秦", "biodiversity") for c, n in zip(CODES, "wxyz", strict=True)],
        columns=("adcode", "name", "zone", "zone_zh", "kind"),
    )  # fmt: skip
    made = land.made("statutory_zones")
    assert made[["name", "name_zh"]].to_numpy().tolist() == [["Q", "秦"]]
    assert made["found"].tolist() == [4.0]


def test_an_older_code_follows_the_crosswalk_and_a_county_that_was_split_stands_for_each_part(land):
    pd.DataFrame(
        {"from": ["612401", "612402", "612402"], "to": ["610902", "610921", "610928"]}
    ).to_csv(land.folder / "changes.csv", index=False)
    listed(
        land,
        ("612401", "Qinba", "biodiversity", "national"),
        ("612402", "Gorges", "soil conservation", "national"),
    )
    land(COUNTIES + ZONES + 'crosswalk = "@changes.csv"\n')
    made = land.made("statutory_zones")
    assert made["named"].tolist() == [1.0, 1.0]
    assert made["found"].tolist() == [1.0, 2.0]
    assert (made.area / 1e6).tolist() == pytest.approx([9.0, 18.0])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("水源涵养型", "water conservation"), ("水土保持型", "soil conservation"), ("防风固沙型", "sand fixation"),
        ("生物多样性维护型", "biodiversity"), ("水源涵养生态功能区", "water conservation"), ("国家重点开发区域", "development"),
        ("农产品主产区", "agriculture"), ("优化开发区", "development"), (" 防风固沙 ", "sand fixation"),
    ],
)  # fmt: skip
def test_types_are_read_as_the_national_plan_spells_them(land, word, kind):
    listed(land, ("610902", "Z", word, "国家级"))
    assert not land.check("statutory_zones")["problems"]
    assert land.made("statutory_zones")["kind"].tolist() == [kind]


def test_counties_that_became_one_are_all_found(land):
    pd.DataFrame({"from": ["612401", "612402"], "to": ["610902", "610902"]}).to_csv(
        land.folder / "changes.csv", index=False
    )
    rows = [(c, "Qinba", "biodiversity", "national") for c in ("612401", "612402", "610921")]
    listed(land, *rows)
    land(COUNTIES + ZONES + 'crosswalk = "@changes.csv"\n')
    made = land.made("statutory_zones")
    assert [made["named"].iloc[0], made["found"].iloc[0]] == [3.0, 3.0]
    assert (made.area / 1e6).tolist() == pytest.approx([18.0])
    assert land.made("function_zone_areas")["counties_found"].iloc[0] == 3.0


def two_lists(land, first, second):
    columns = ["code", "zone", "kind", "level"]
    for name, rows in (("zones.csv", first), ("more.csv", second)):
        pd.DataFrame(rows, columns=columns).to_csv(land.folder / name, index=False)
    text = ZONES.replace("[inputs", "[[inputs").replace("zones]", "zones]]")
    return land(COUNTIES + text + text.replace("zones.csv", "more.csv"))


def test_zones_may_stand_in_several_files(land):
    row = ("610902", "Qinba", "biodiversity", "national")
    two_lists(
        land,
        [row],
        [
            row,
            ("610921", "Qinba", "biodiversity", "national"),
            ("610929", "Han", "水源涵养型", "省级"),
        ],
    )
    look = land.check("statutory_zones")
    assert not look["problems"]
    assert (look["facts"]["rows"], look["facts"]["zones"], look["facts"]["files"]) == (3, 2, 2)
    made = land.made("statutory_zones")
    # a county that stands in both files is one
    assert made["named"].tolist() == made["found"].tolist() == [2.0, 1.0]
    # a second file that says nothing new
    two_lists(land, [row], [row])
    assert land.made("statutory_zones")["named"].tolist() == [1.0]


def test_what_no_run_would_take_is_told_by_check(land):
    row = ("610902", "Qinba", "biodiversity", "national")
    two_lists(land, [row], [("610921", "Qinba", "agriculture", "national")])
    said = "zone 'Qinba' has more than one kind or level"
    assert said in " ".join(land.check("statutory_zones")["problems"])
    assert said in land.refused("statutory_zones")
    gpd.GeoDataFrame({"name": ["A"], "kind": ["biodiversity"]}, geometry=[WHOLE], crs=CRS).to_file(
        land.folder / "z.gpkg"
    )
    listed(land, row)
    text = ZONES.replace("[inputs", "[[inputs").replace("zones]", "zones]]")
    land(COUNTIES + text + text.replace("zones.csv", "z.gpkg"))
    said = "its files are tables and polygons"
    assert said in " ".join(land.check("statutory_zones")["problems"])
    assert said in land.refused("statutory_zones")
    land(ZONES)
    assert "the study has none" in " ".join(land.check("statutory_zones")["problems"])


def test_several_files_of_what_may_have_one_only_are_told_by_check(land):
    for name in ("a.csv", "b.csv"):
        pd.DataFrame({"lucode": [1], "built": [0.0]}).to_csv(land.folder / name, index=False)
    land('[[inputs.biophysical]]\nfile = "@a.csv"\n[[inputs.biophysical]]\nfile = "@b.csv"\n')
    said = "2 files are declared; only tables, maps and features may have several"
    assert said in " ".join(land.check("biophysical")["problems"])


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        ([("330101", "Z", "biodiversity", "national")], None, "none of its places"),
        ([("610902", "Z", "forestry", "national")], None, "found 'forestry', expected one of water conservation"),
        ([("610902", "Z", "biodiversity", "county")], None, "found 'county', expected one of national, provincial"),
        ([("610902", "", "biodiversity", "national")], None, "row 1 has no zone"),
        ([("610902", "Z", "biodiversity", "national"), ("610921", "Z", "agriculture", "national")], None,
         "zone 'Z' has more than one kind or level"),
        ([("610902", "Z", "", "national")], None, "found '', expected one of water conservation"),
        ([("610902", "Z")], ("code", "zone"), "has no column kind"),
        ([("Z", "biodiversity")], ("zone", "kind"), "has no column code"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_followed_is_refused_in_one_line(land, rows, columns, said):
    listed(land, *rows, columns=columns or ("code", "zone", "kind", "level"))
    assert said in " ".join(land.check("statutory_zones")["problems"])
    assert said in land.refused("statutory_zones")


def test_a_list_needs_counties(land):
    listed(land, ("610902", "Z", "biodiversity", "national"))
    land(ZONES)
    assert "the study has none; add [inputs.counties], or give polygons" in land.refused(
        "statutory_zones"
    )


def drawn(land, name="zones.gpkg", shapes=(FOUR[0], FOUR[1], WHOLE), **columns):
    frame = gpd.GeoDataFrame(
        {"name": ["A", "A", "B"], "kind": ["biodiversity"] * 2 + ["agriculture"]} | columns, geometry=list(shapes), crs=CRS
    )  # fmt: skip
    degrees = frame.to_crs("EPSG:4326") if name.endswith("json") else frame
    degrees.to_file(land.folder / name)
    return land(f'[inputs.statutory_zones]\nfile = "@{name}"\n')


@pytest.mark.parametrize("name", ["zones.gpkg", "zones.geojson"])
def test_polygons_of_one_name_are_one_zone(land, name):
    drawn(land, name)
    made = land.made("statutory_zones")
    assert made["name"].tolist() == ["A", "B"]
    assert made["level"].tolist() == ["national", "national"]
    assert made["named"].isna().all()
    cells = land.made("function_zone_cells").values
    assert np.unique(cells, return_counts=True)[1].tolist() == [
        1800,
        1800,
    ]  # the ecological zone prevails
    assert not land.check("statutory_zones")["problems"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": ["biodiversity", "biodiversity", "forestry"]}, "found 'forestry'"),
        ({"shapes": [s.buffer(0).__class__([(x + 90_000, y) for x, y in s.exterior.coords]) for s in (*FOUR[:2], WHOLE)]},
         "nothing inside the study"),
    ],
)  # fmt: skip
def test_polygons_that_cannot_be_used_are_refused(land, change, said):
    drawn(land, **change)
    assert said in " ".join(land.check("statutory_zones")["problems"])
    assert said in land.refused("statutory_zones")


def test_polygons_without_a_kind_are_refused(land):
    gpd.GeoDataFrame({"name": ["A"]}, geometry=[WHOLE], crs=CRS).to_file(land.folder / "bare.gpkg")
    land('[inputs.statutory_zones]\nfile = "@bare.gpkg"\n')
    assert "has no column kind" in land.refused("statutory_zones")
