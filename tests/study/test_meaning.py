"""A class is what it means: studies whose land cover comes in other legends, or in none that is named."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from tests.worlds import EQUAL_AREA, write_raster

from shanshui import open_study
from shanshui.collect.classes import legend, legends
from shanshui.core.cover import broadest, lineage
from shanshui.core.errors import DataError, PlanError
from shanshui.study.new import new_study

IN_IGBP = {
    1: 1, 2: 4, 3: 5, 4: 6, 5: 10, 6: 10, 7: 12, 8: 12, 9: 13, 10: 17, 11: 16,
}  # fmt: skip
"""Classes of the made-up region in those of MODIS; alpine meadow is grassland, paddy is cropland there."""
OTHER = {
    "worldcover": {1: 10, 2: 10, 3: 10, 4: 20, 5: 30, 6: 30, 7: 40, 8: 40, 9: 50, 10: 80, 11: 60},
    "clcd": {1: 2, 2: 2, 3: 2, 4: 3, 5: 4, 6: 4, 7: 1, 8: 1, 9: 8, 10: 5, 11: 7},
    "globeland30": {1: 20, 2: 20, 3: 20, 4: 40, 5: 30, 6: 30, 7: 10, 8: 10, 9: 80, 10: 60, 11: 90},
}


def thirds(folder, codes, declared, population=36000):
    """A plane of slope 0.57 degrees, a third each of three classes, one county."""
    folder.mkdir(parents=True, exist_ok=True)
    east = np.indices((60, 60))[1]
    write_raster(folder / "dem.tif", (500.0 + east).astype(np.float32))
    cover = np.repeat(np.asarray(codes, np.uint8), 20)[None].repeat(60, 0)
    write_raster(folder / "cover.tif", cover)
    county = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["c"]}, geometry=[shapely.box(0, 0, 6000, 6000)], crs=EQUAL_AREA
    )
    county.to_file(folder / "counties.gpkg")
    (folder / "population.csv").write_text(f"code,year,population\n1,2020,{population}\n", "utf-8")
    text = (
        f'[study]\nname = "t"\n[data]\nfolder = "."\n[grid]\ncrs = "{EQUAL_AREA}"\ncell_m = 100.0\nleft = 0.0\ntop = 6000.0\n'
        'ny = 60\nnx = 60\n[inputs.elevation]\nfile = "dem.tif"\n[inputs.counties]\nfile = "counties.gpkg"\n'
        f'[inputs.population]\nfile = "population.csv"\n[inputs.land_cover]\nfile = "cover.tif"\n{declared}\n'
    )
    (folder / "study.toml").write_text(text, "utf-8")
    return open_study(folder)


def people_by_third(study):
    study.run("population_density", workers=1)
    dense = study["population_density"].values * 0.01
    return [float(dense[:, k : k + 20].sum()) for k in (0, 20, 40)]


OWN = "code,name,group\n80,water,water\n40,crop,crop\n50,built,built\n"
CHINESE = "编码,名称,大类\n80,水体,水域\n40,旱地,耕地\n50,城镇,建设用地\n"


@pytest.mark.parametrize(
    ("codes", "declared", "table"),
    [
        ((0, 12, 13), 'legend = "igbp"', None),
        ((17, 12, 13), 'classes = "igbp"', None),
        ((80, 40, 50), 'legend = "worldcover"', None),
        ((80, 40, 50), 'classes = "classes.csv"', OWN.encode()),
        ((80, 40, 50), 'legend = "classes.csv"', CHINESE.encode("gb18030")),
        ((5, 1, 8), 'legend = "clcd"', None),
        ((60, 10, 80), 'legend = "GlobeLand30"', None),
        ((210, 10, 190), 'legend = "GLC_FCS30"', None),
        ((42, 12, 52), 'legend = "cnlucc"', None),
        ((11, 82, 24), 'legend = "nlcd"', None),
        ((41, 12, 1), 'legend = "corine"', None),
    ],
)
def test_people_live_where_ground_is_built_in_any_legend(tmp_path, codes, declared, table):
    if table is not None:
        (tmp_path / "classes.csv").write_bytes(table)
    water, crop, built = people_by_third(thirds(tmp_path, codes, declared))
    assert water == 0.0
    assert built == pytest.approx(30863, rel=1e-3)
    assert crop == pytest.approx(5137, rel=1e-3)


def test_codes_that_several_legends_have_are_asked_for(tmp_path):
    study = thirds(tmp_path, (80, 40, 50), "")
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert found.state == "unusable"
    assert "may be of worldcover or globeland30" in found.problems[0]
    assert 'legend = "worldcover" in [inputs.land_cover]' in found.problems[0]
    with pytest.raises(DataError, match="may be of worldcover or globeland30"):
        study.run("population_density", workers=1)


def test_a_map_whose_file_names_its_legend_is_taken_at_its_word(tmp_path):
    thirds(tmp_path, (80, 40, 50), "")
    (tmp_path / "cover.tif").rename(tmp_path / "ESA_WorldCover_10m_2021_v200_N33E108_Map.tif")
    text = (tmp_path / "study.toml").read_text("utf-8")
    text = text.replace("cover.tif", "ESA_WorldCover_10m_2021_v200_N33E108_Map.tif")
    (tmp_path / "study.toml").write_text(text, "utf-8")
    study = open_study(tmp_path)
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert found.facts["legend"] == "worldcover"
    assert 'say so: legend = "worldcover"' in found.doubts[0]
    assert people_by_third(study)[2] == pytest.approx(30863, rel=1e-3)


def test_a_map_whose_palette_is_a_legends_is_recognised(tmp_path):
    thirds(tmp_path, (80, 40, 50), "")
    with rasterio.open(tmp_path / "cover.tif", "r+") as file:
        file.write_colormap(1, {80: (0, 100, 200), 40: (240, 150, 255), 50: (250, 0, 0)})
    found = next(v for v in open_study(tmp_path).verdicts() if v.name == "land_cover")
    assert found.facts["legend"] == "worldcover"
    assert "palette" in found.doubts[0]


def test_a_map_of_codes_that_one_legend_alone_has_is_recognised(tmp_path):
    study = thirds(tmp_path, (11, 82, 24), "")
    cover = np.resize(np.array([11, 21, 22, 24, 42, 52, 71, 81, 82, 95], np.uint8), (60, 60))
    write_raster(tmp_path / "cover.tif", cover)
    study = open_study(tmp_path)
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert found.facts["legend"] == "nlcd"
    study.run("cover_type", "carbon_stock", workers=1)
    assert (study["cover_type"].values > 0).all()


@pytest.mark.parametrize("word", ["igbp", "clcd"])
def test_codes_that_the_legend_lacks_are_refused(tmp_path, word):
    study = thirds(tmp_path, (80, 40, 50), f'legend = "{word}"')
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert "codes 40, 50, 80 are not in the class table" in found.problems[0]
    assert "is it a map of worldcover or globeland30 or" in found.problems[0]
    with pytest.raises(DataError, match="40, 50, 80"):
        study.run("settlement_weight", workers=1)


def test_a_region_that_is_mostly_water_is_doubted(tmp_path):
    study = thirds(tmp_path, (5, 5, 8), 'legend = "clcd"')
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert any("67% of the study is water" in d for d in found.doubts)


def test_another_legend_than_the_file_names_is_doubted(tmp_path):
    thirds(tmp_path, (1, 5, 8), 'legend = "igbp"')
    (tmp_path / "cover.tif").rename(tmp_path / "CLCD_v01_2020.tif")
    text = (tmp_path / "study.toml").read_text("utf-8").replace("cover.tif", "CLCD_v01_2020.tif")
    (tmp_path / "study.toml").write_text(text, "utf-8")
    found = next(v for v in open_study(tmp_path).verdicts() if v.name == "land_cover")
    assert any("those of clcd, which has all its codes" in d for d in found.doubts)


def test_a_map_without_any_ground_that_people_use_is_doubted(tmp_path):
    """The classes of China's annual maps read by another legend: fields are forest, towns are savanna."""
    thirds(tmp_path, (1, 2, 4), 'legend = "igbp"')
    cover = np.resize(np.array([1, 2, 3, 4, 5, 7, 8], np.uint8), (60, 60))
    write_raster(tmp_path / "cover.tif", cover)
    found = next(v for v in open_study(tmp_path).verdicts() if v.name == "land_cover")
    assert any("none is water, farmed or built" in d for d in found.doubts)


def test_a_class_table_without_meaning_leaves_out_what_needs_it_and_nothing_else(tmp_path):
    (tmp_path / "classes.csv").write_text("code,name\n80,a\n40,b\n50,built\n", "utf-8")
    study = thirds(tmp_path, (80, 40, 50), 'legend = "classes.csv"')
    found = next(v for v in study.verdicts() if v.name == "land_cover")
    assert found.state == "doubtful"
    assert any("80 (a), 40 (b)" in d and "settlement_weight" in d for d in found.doubts)
    with pytest.raises(PlanError, match="80 \\(a\\), 40 \\(b\\)"):
        study.run("population_density", workers=1)
    assert "80 (a), 40 (b)" in study.plan.absent["biophysical"]
    study.run(workers=1)
    assert study.has("cover_classes")
    assert not study.has("carbon_stock")


def test_a_table_of_coefficients_needs_the_columns_of_the_models_that_are_wanted(tmp_path):
    rows = "lucode,c_above,c_below,c_soil,c_dead\n80,0,0,0,0\n40,3,1,60,0\n50,2,1,30,0\n"
    study = thirds(
        tmp_path, (80, 40, 50), 'legend = "worldcover"\n[inputs.biophysical]\nfile = "bio.csv"'
    )
    (tmp_path / "bio.csv").write_text(rows, "utf-8")
    study = open_study(tmp_path)
    found = next(v for v in study.verdicts() if v.name == "biophysical")
    assert found.state == "good"
    assert "carbon_stock" in found.facts["models"]
    assert "cover_resistance (resistance)" in found.facts["models_without_their_columns"]
    assert "'biophysical' has no column resistance" in study.plan.absent["cover_resistance"]
    study.run("carbon_stock", workers=1)
    carbon = study["carbon_stock"]["carbon"].values
    assert carbon[0, 0] == 0.0
    assert carbon[0, 30] == pytest.approx(64.0)


def test_coefficients_of_a_persons_own_class_table_stand_above_those_of_its_meaning(tmp_path):
    own = "code,name,group,c_soil\n80,water,water,\n40,crop,crop,99\n50,built,built,\n"
    (tmp_path / "classes.csv").write_text(own, "utf-8")
    study = thirds(tmp_path, (80, 40, 50), 'legend = "classes.csv"')
    study.run("biophysical", workers=1)
    table = study["biophysical"].set_index("lucode")
    assert table.loc[40, "c_soil"] == 99
    assert table.loc[50, "c_soil"] == 30
    assert table.loc[40, "usle_c"] == pytest.approx(0.25)


def test_codes_that_a_maker_calls_no_data_are_missing(tmp_path):
    study = thirds(tmp_path, (0, 40, 50), 'legend = "worldcover"')
    study.run("cover_type", workers=1)
    assert (study["cover_type"].values[:, :20] == 0).all()
    assert (study["land_cover"].values[:, :20] == study["land_cover"].attrs["nodata"]).all()


# two dates


def test_a_map_of_another_maker_is_compared_by_what_classes_mean(tmp_path):
    study = thirds(
        tmp_path, (80, 40, 50),
        'legend = "worldcover"\n[inputs.land_cover_before]\nfile = "before.tif"\nlegend = "igbp"',
    )  # fmt: skip
    before = np.repeat(np.array([0, 14, 4], np.uint8), 20)[None].repeat(60, 0)
    write_raster(tmp_path / "before.tif", before)
    study = open_study(tmp_path)
    study.run("extent_account", workers=1)
    rows = study["extent_account"]
    pairs = {(int(r.from_class), int(r.to_class)): r.area_km2 for r in rows.itertuples()}
    assert pairs == pytest.approx({(80, 80): 12.0, (40, 40): 12.0, (10, 50): 12.0})


def test_a_coarser_earlier_map_is_refused_for_it_may_be_any_of_several(tmp_path):
    study = thirds(
        tmp_path, (0, 12, 4),
        'legend = "igbp"\n[inputs.land_cover_before]\nfile = "before.tif"\nlegend = "worldcover"',
    )  # fmt: skip
    before = np.repeat(np.array([80, 40, 10], np.uint8), 20)[None].repeat(60, 0)
    write_raster(tmp_path / "before.tif", before)
    study = open_study(tmp_path)
    with pytest.raises(
        DataError, match="10 \\(Tree cover\\) of the legend worldcover may be several"
    ):
        study.run("extent_account", workers=1)


# the same ground in other legends


@pytest.fixture(scope="module")
def grounds(tmp_path_factory):
    """The made-up region with its land cover in four legends."""
    folder = tmp_path_factory.mktemp("grounds")
    new_study(folder / "m", template="made-up", size=64)
    with rasterio.open(folder / "m" / "data" / "land_cover.tif") as file:
        codes, profile = file.read(1), file.profile
    out = {}
    for word, turn in {"igbp": IN_IGBP, **OTHER}.items():
        place = folder / word
        shutil.copytree(folder / "m", place)
        lookup = np.full(256, 255, np.uint8)
        lookup[list(turn)] = list(turn.values())
        with rasterio.open(place / "data" / "land_cover.tif", "w", **profile) as file:
            file.write(lookup[codes], 1)
        text = (place / "study.toml").read_text("utf-8")
        (place / "study.toml").write_text(text.replace('"made-up"', f'"{word}"'), "utf-8")
        out[word] = open_study(place)
    return out, codes


SAME = ("settlement_weight", "population_density", "unit_population")
"""Products that ask for covers that all four legends tell apart."""


@pytest.mark.slow
@pytest.mark.parametrize("word", OTHER)
def test_the_same_ground_gives_the_same_products_in_another_legend(grounds, word):
    studies, codes = grounds
    for name in ("igbp", word):
        studies[name].run(*SAME, "crop_suitability", "threat_maps", "carbon_stock", workers=2)
    one, other = studies["igbp"], studies[word]
    for name in SAME[:2]:
        np.testing.assert_array_equal(one[name].values, other[name].values)
    pd.testing.assert_frame_equal(one["unit_population"], other["unit_population"])
    for layer in one["threat_maps"].data_vars:
        np.testing.assert_array_equal(
            one["threat_maps"][layer].values, other["threat_maps"][layer].values
        )
    # the red line follows the coefficients of forests, which the coarser legends do not tell apart
    alike = one["red_line_candidate"].values == other["red_line_candidate"].values
    assert alike.mean() > 0.97
    for layer in one["crop_suitability"].data_vars:
        a, b = (study["crop_suitability"][layer].values for study in (one, other))
        np.testing.assert_array_equal(a[alike], b[alike])
    a, b = one["carbon_stock"]["carbon"].values, other["carbon_stock"]["carbon"].values
    table, same = one["biophysical"].set_index("lucode"), other["biophysical"].set_index("lucode")
    merged = np.zeros(codes.shape, bool)
    for code in np.unique(codes):
        ours, theirs = IN_IGBP[int(code)], OTHER[word][int(code)]
        if not np.isclose(table.loc[ours, "c_soil"], same.loc[theirs, "c_soil"]):
            merged |= codes == code
    # the classes that differ are those that the coarser legend holds as one: kinds of forest
    assert {int(c) for c in np.unique(codes[merged])} <= {1, 2, 3}
    np.testing.assert_array_equal(a[~merged], b[~merged])
    assert np.mean(a != b) <= merged.mean()


# every legend


@pytest.mark.parametrize("word", legends())
def test_every_class_of_a_shipped_legend_has_a_meaning_a_name_in_two_languages_and_a_colour(word):
    one = legend(word)
    assert (one.table["cover"] == one.table["group"]).all()
    assert one.table["name"].ne("").all()
    assert one.table["name_zh"].str.contains("[一-鿿]").all()
    assert one.table["colour"].str.fullmatch("#[0-9a-f]{6}").all()
    assert not one.codes & set(one.missing)
    assert {broadest(c) for c in one.table["cover"]} >= {
        "water",
        "forest",
        "farmed",
        "built",
        "bare",
    }


def test_codes_of_the_land_survey_are_read_as_text_as_numbers_and_with_letters():
    one = legend("dlbm")
    assert [one.code_of(w) for w in ("0101", 101, "101", "水田", "Paddy")] == [101] * 5
    assert one.code_of("0201K") == 2201
    assert one.code_of("0303K") == 303  # not listed: the class without the letter
    assert one.code_of("00") == 0
    assert one.code_of("0999") is None
    assert one.table["cover"][one.code_of("1101A")] == "river"
    assert "built" in lineage(str(one.table["cover"][one.code_of("05H1")]))
