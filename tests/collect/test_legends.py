"""Legends by hand: coefficients laid on classes, classes of one legend in another's, and what a file says of itself."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.worlds import write_raster

from shanshui.collect.by_meaning import laid_on
from shanshui.collect.catalog import InputSpec
from shanshui.collect.classes import class_table, legend, legends, shipped_legend
from shanshui.collect.recognition import LEAST_CODES, Evidence, evidence_of, recognised
from shanshui.collect.translation import translated
from shanshui.core.cover import COVERS, codes_of, cover_called, covers, lineage
from shanshui.core.errors import DataError
from shanshui.study.meaning import areas_by_class

TABLE = pd.DataFrame(
    {
        "cover": ["farmed", "shrub", "grass", "forest", "paddy", "bare", "sparse_vegetation"],
        "c_soil": [60.0, 80.0, 95.0, 110.0, 70.0, 15.0, np.nan],
        "lulc_veg": [1, 1, 1, 1, 1, 0, np.nan],
        "ecosystem": ["dry cropland", "shrub", "meadow", "mixed forest", "paddy", "bare", ""],
        "mix": ["", "", "", "", "", "", "bare 0.8 grass 0.2"],
    }
)


def rows(name, table=TABLE):
    return laid_on(table, legend(name), "biophysical").set_index("lucode")


def test_a_class_takes_the_row_of_what_it_means_or_of_the_broader_cover():
    found = rows("cnlucc")
    assert found.loc[11, "c_soil"] == 70.0  # paddy has its own
    assert found.loc[12, "c_soil"] == 60.0  # dry land is farmed land
    assert found.loc[21, "c_soil"] == 110.0
    assert 41 not in found.index  # the table says nothing of water


def test_a_mixed_class_takes_the_weighted_mean_and_the_words_of_its_greatest_part():
    found = rows("cci")
    assert found.loc[30, "c_soil"] == pytest.approx(0.6 * 60 + 0.2 * 80 + 0.2 * 95)
    assert found.loc[30, "ecosystem"] == "dry cropland"
    assert found.loc[150, "c_soil"] == pytest.approx(0.8 * 15 + 0.2 * 95)
    assert found.loc[150, "lulc_veg"] == 0  # a flag is no share


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cover": "cropfield"}, "'cropfield' is no cover"),
        ({"cover": "farmed"}, "farmed stands in two rows"),
        ({"mix": "bare 0.8 grass 0.3"}, "shares, which sum to 1"),
        ({"mix": "bare grass"}, "shares, which sum to 1"),
        ({"mix": "bare 0.8 wood 0.2"}, "shares, which sum to 1"),
    ],
)
def test_a_table_by_cover_that_cannot_be_right_is_refused(change, says):
    wrong = TABLE.copy()
    for column, word in change.items():
        wrong.loc[6, column] = word
    with pytest.raises(DataError, match=says):
        rows("igbp", wrong)


def test_the_shipped_coefficients_hold_for_every_class_of_every_legend():
    from shanshui.collect.adapt import coefficients_input
    from shanshui.study.meaning import shipped_coefficients

    place = shipped_coefficients()
    table = coefficients_input(place, InputSpec(file=str(place)), "biophysical")
    numbers = [
        c
        for c in table.columns
        if c not in ("cover", "mix", "source", "group", "ecosystem", "shelter")
    ]
    for name in legends():
        found = laid_on(table, legend(name), "biophysical")
        assert set(found["lucode"]) == legend(name).codes
        assert found[numbers].astype(float).notna().all().all(), name
        assert found["ecosystem"].ne("").all()


# one legend in another


def test_classes_turn_into_those_that_mean_the_same_or_hold_them():
    igbp, wide = legend("igbp"), legend("worldcover")
    found = translated([0, 1, 4, 8, 12, 14, 16], igbp, wide, "land_cover_before")
    assert found == {0: 80, 1: 10, 4: 10, 8: 10, 12: 40, 14: 40, 16: 60}
    with pytest.raises(
        DataError, match="10 \\(Tree cover\\) of the legend worldcover may be several"
    ):
        translated([10], wide, igbp, "land_cover_before")


def test_areas_named_in_words_or_in_another_legend_are_of_the_maps_classes():
    areas = pd.DataFrame(
        {"code": "1", "year": 2020, "class": ["耕地", "Forest", 5], "area_km2": [1.0, 2.0, 3.0]}
    )
    clcd = legend("clcd")
    assert areas_by_class(areas, clcd, clcd)["class"].tolist() == [1, 2, 5]
    assert areas_by_class(areas, clcd, legend("worldcover"))["class"].tolist() == [10, 40, 80]
    kinds = pd.DataFrame({"code": "1", "year": 2020, "class": [1, 4], "area_km2": [1.0, 2.0]})
    merged = areas_by_class(kinds, legend("igbp"), clcd)
    assert merged[["class", "area_km2"]].values.tolist() == [[2, 3.0]]
    with pytest.raises(DataError, match="moor is no class of the legend clcd"):
        areas_by_class(areas.replace("耕地", "moor"), clcd, clcd)


# what a file says


@pytest.mark.parametrize(
    ("codes", "evidence", "name"),
    [
        ([1, 2, 4], Evidence("clcd_v01_2020.tif"), "clcd"),
        ([1, 2, 4, 10, 12], Evidence("h27v05.tif long_name mcd12q1 land cover type 1"), "igbp"),
        ([10, 20, 30], Evidence(names={10: "cultivated land", 20: "forest", 30: "grassland"}), "globeland30"),
        ([10, 20, 30], Evidence(colours={10: (0, 100, 0), 20: (255, 187, 34), 30: (255, 255, 76)}), "worldcover"),
        ([11, 12, 21, 33, 46, 52], Evidence(), "cnlucc"),
        ([111, 211, 243, 311, 312, 512], Evidence(), "corine"),
        ([10, 11, 130, 61, 72, 152, 181], Evidence(), "glc-fcs30"),
    ],
)  # fmt: skip
def test_a_legend_is_recognised_by_evidence(codes, evidence, name):
    assert recognised(codes, evidence, "land_cover").legend.name == name


@pytest.mark.parametrize(
    ("codes", "evidence", "says"),
    [
        ([10, 20, 30, 40, 50, 60, 80], Evidence(), "may be of worldcover or globeland30 or"),
        (list(range(1, 10)), Evidence(), 'may be of igbp or clcd or .*legend = "igbp"'),
        ([1, 2, 4], Evidence("clcd against mcd12q1.tif"), "may be of igbp or clcd;"),
        ([10, 95], Evidence(), "may be of"),
        ([0, 10, 20, 95], Evidence("esa_worldcover.tif"), "worldcover, where 0 is no data"),
        ([777], Evidence("worldcover"), "no legend that is known has them"),
        (list(range(200, 208)), Evidence(), "no legend that is known has them"),
    ],
)
def test_a_legend_that_may_be_another_is_asked_for(codes, evidence, says):
    with pytest.raises(DataError, match=says):
        recognised(codes, evidence, "land_cover")


def test_few_codes_that_only_one_legend_has_are_not_enough():
    assert LEAST_CODES == 6
    with pytest.raises(DataError, match="may be of"):
        recognised([181, 182, 183], Evidence(), "land_cover")


def test_names_in_a_side_car_are_read_and_entities_are_not(tmp_path):
    path = write_raster(tmp_path / "c.tif", np.ones((3, 3), np.uint8))
    side = tmp_path / "c.tif.aux.xml"
    table = (
        "<PAMDataset><PAMRasterBand band='1'><GDALRasterAttributeTable><FieldDefn index='0'><Name>Value</Name></FieldDefn>"
        "<FieldDefn index='1'><Name>Class_Name</Name></FieldDefn><Row index='0'><F>10</F><F>Forest</F></Row>"
        "</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"
    )
    side.write_text(table, "utf-8")
    assert evidence_of(path, InputSpec(file=str(path)), "land_cover").names == {10: "forest"}
    side.write_text("<!DOCTYPE a [<!ENTITY b 'c'>]>" + table, "utf-8")
    assert evidence_of(path, InputSpec(file=str(path)), "land_cover").names == {}


# words


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("GLC_FCS30", "glc-fcs30"), ("ESA WorldCover", "worldcover"), ("GB/T 21010-2017", "gbt21010"), ("gbt21010", "gbt21010"),
        ("C3S", "cci"), ("MODIS", "igbp"), ("classes.csv", None), ("GlobeLand30", "globeland30"), ("CAS", "cnlucc"),
    ],
)  # fmt: skip
def test_legends_by_their_usual_names(word, name):
    assert shipped_legend(word) == name


@pytest.mark.parametrize(
    ("word", "cover"),
    [
        ("Built-up", "built"), ("URBAN", "built"), ("crop", "farmed"), ("水田", "paddy"), ("未利用地", "bare"), ("Snow and  ice", "ice"),
        ("果园", "orchard"), ("soil mechanics", None), ("", None),
    ],
)  # fmt: skip
def test_words_of_class_tables_in_two_languages(word, cover):
    assert cover_called(word) == cover


def test_covers_are_a_tree_and_a_broad_one_takes_in_the_narrow():
    assert len({c.code for c in covers().values()}) == len(COVERS)
    assert all(0 < c.code < 255 for c in covers().values())
    for name in COVERS:
        assert set(codes_of([name])) <= set(codes_of([lineage(name)[-1]]))
    assert covers()["evergreen_conifer_forest"].code in codes_of(["forest"])
    assert codes_of(["conifer_forest", "forest"]) == codes_of(["forest"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_persons_table_in_any_encoding_and_with_other_heads(tmp_path, encoding):
    (tmp_path / "c.csv").write_bytes("编码,地类名称,含义\n7,湖,水域\n8,地,耕地\n".encode(encoding))
    assert class_table(str(tmp_path / "c.csv"))["cover"].to_dict() == {7: "water", 8: "farmed"}


def test_the_older_word_is_the_same_and_both_at_once_are_refused():
    assert InputSpec(file="a", classes="igbp") == InputSpec(file="a", legend="igbp")
    with pytest.raises(ValueError, match="legend and classes are one word"):
        InputSpec(file="a", classes="igbp", legend="igbp")


ODD = (
    "", "nan", "inf", "1e400", "1.5", "x", "80", "水域", "#", "=1+1", '"', "0x10", "１２", "-9999", "99999999999", "code", "50%",
    "farmed 1 2", "water 1", "farmed 0.5",
)  # fmt: skip
"""What stands in cells of tables that went wrong."""


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 5), st.sampled_from(ODD)),
        min_size=1,
        max_size=4,
    ),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]),
)
def test_a_class_table_that_went_wrong_is_read_or_refused_in_one_line(
    tmp_path_factory, changes, encoding
):
    rows = [
        ["code", "name", "name_zh", "group", "colour", "mix"],
        ["80", "Lake", "湖", "water", "#112233", ""],
        ["40", "Field", "田", "crop", "red", "farmed 0.5 shrub 0.5"],
        ["50", "Town", "城", "built", "", ""],
    ]
    for row, column, word in changes:
        rows[row][column] = word
    place = tmp_path_factory.mktemp("odd") / "classes.csv"
    place.write_bytes("\n".join(",".join(row) for row in rows).encode(encoding))
    said, one = "", legend("igbp")
    try:
        one = legend(str(place))
        laid_on(TABLE, one, "biophysical")
    except DataError as error:
        said = str(error)
    assert "\n" not in said
    assert len(one.codes) == len(one.table)
    assert set(one.table["cover"]) <= {*COVERS, ""}
