"""Land use as polygons: the class with most of a cell, and what is told or refused."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collect.bring import SPEC, brought, look, why

from shanshui.collect.missing import Missing
from shanshui.collect.polygon_classes import laid_classes
from shanshui.core.errors import DataError
from shanshui.region.polygon_cover import cover_of

S = SPEC.cell_m


def box(west, north, east, south):
    """Box in cells from the upper left corner of the study."""
    return shapely.box(
        SPEC.left + west * S, SPEC.top - south * S, SPEC.left + east * S, SPEC.top - north * S
    )


def layer(tmp_path, rows, head="DLBM", file="DLTB.gpkg", crs=SPEC.projection, **more):
    frame = gpd.GeoDataFrame(
        {head: [w for w, _ in rows], **more}, geometry=[g for _, g in rows], crs=crs
    )
    frame.to_file(tmp_path / file)
    return tmp_path / file


WHOLE = [("0101", box(0, 0, 30, 10)), ("0301", box(0, 10, 30, 20))]


@pytest.mark.parametrize("file", ["a.gpkg", "a.shp", "a.geojson", "a.gdb"])
def test_a_layer_of_land_use_is_a_map_of_classes(tmp_path, file):
    driver = {"a.gdb": "OpenFileGDB"}.get(file)
    frame = gpd.GeoDataFrame(
        {"DLBM": [w for w, _ in WHOLE]}, geometry=[g for _, g in WHOLE], crs="EPSG:4479"
    ).set_crs(SPEC.projection, allow_override=True)
    frame.to_file(tmp_path / file, **({"driver": driver} if driver else {}))
    found = brought(tmp_path / file, "land_cover", legend="dlbm")
    assert (found[:10] == 101).all()
    assert (found[10:] == 301).all()


def test_the_class_with_most_of_a_cell_has_it_and_of_equal_ones_the_smaller(tmp_path):
    rows = [
        ("0301", box(0, 0, 0.6, 20)),
        ("0101", box(0.6, 0, 1.5, 20)),  # 0.4 of the first column, half of the second
        ("0301", box(1.5, 0, 2, 20)),
        ("1101", box(2, 0, 2.3, 20)),  # two parts of one class
        ("0701", box(2.3, 0, 2.7, 20)),
        ("1101", box(2.7, 0, 3, 20)),
        ("0401", box(3, 0, 30, 20)),
    ]
    found = brought(layer(tmp_path, rows), "land_cover", legend="dlbm")
    assert found[0, :4].tolist() == [301, 101, 1101, 401]


def test_names_letters_and_cut_numbers_are_classes_too(tmp_path):
    rows = [("水田", box(0, 0, 10, 20)), ("0201K", box(10, 0, 20, 20)), ("303", box(20, 0, 30, 20))]
    found = brought(layer(tmp_path, rows), "land_cover", legend="dlbm")
    assert [int(found[0, k]) for k in (0, 10, 20)] == [101, 2201, 303]


def test_ground_without_polygons_is_missing_and_says_why(tmp_path):
    path = layer(tmp_path, [("0101", box(0, 0, 10.5, 20)), ("0301", box(20.6, 0, 30, 20))])
    found = brought(path, "land_cover", legend="dlbm")
    gone = found == np.iinfo(found.dtype).min
    assert not gone[:, :11].any()  # a half counts
    assert gone[:, 11:21].all()
    assert not gone[:, 21:].any()
    assert (why(path, "land_cover", legend="dlbm")[gone] == Missing.NO_POLYGON).all()


def test_several_layers_are_one_map(tmp_path):
    a = layer(tmp_path, WHOLE[:1], file="a.gpkg")
    b = layer(tmp_path, WHOLE[1:], file="b.shp", head="dlbm")
    found = brought([a, b], "land_cover", legend="dlbm")
    assert (found[:10] == 101).all()
    assert (found[10:] == 301).all()


def test_the_legend_is_taken_from_the_words_where_only_one_has_them(tmp_path):
    rows = [("1109", box(0, 0, 30, 10)), ("0603", box(0, 10, 30, 20))]
    found = look(layer(tmp_path, rows), "land_cover")
    one = [d for d in found.doubts if "taken for" in d]
    asked = [p for p in found.problems if "may be of" in p or "no legend" in p]
    assert len(one) + len(asked) == 1


def test_words_of_several_legends_are_asked_for(tmp_path):
    found = look(layer(tmp_path, WHOLE), "land_cover")
    assert found.state == "unusable"
    assert "say which: legend" in found.problems[0]


def test_a_word_that_the_legend_lacks_is_refused_with_its_area(tmp_path):
    path = layer(tmp_path, [*WHOLE[:1], ("9999", box(0, 10, 30, 20))])
    found = look(path, "land_cover", legend="dlbm")
    area = 30 * 10 * SPEC.cell_km2
    assert f"no class 9999 ({area:.4g} km2)" in found.problems[0]


@pytest.mark.parametrize(
    ("rows", "head", "text"),
    [
        (WHOLE, "sort", r"no column of classes; found sort"),
        ([("0101", box(0, 0, 30, 20)), (None, box(0, 0, 1, 1))], "DLBM", "1 of 2 polygons have no class"),
        ([("0101", shapely.LineString([(SPEC.left, SPEC.top), (SPEC.left + 9, SPEC.top - 9)]))], "DLBM", "expected Polygons"),
        ([("0101", shapely.affinity.translate(box(0, 0, 3, 3), 1e6, 0))], "DLBM", "nothing inside the study"),
    ],
)  # fmt: skip
def test_what_is_no_land_use_is_refused(tmp_path, rows, head, text):
    with pytest.raises(DataError, match=text):
        brought(layer(tmp_path, rows, head=head), "land_cover", legend="dlbm")


def test_invalid_polygons_are_mended_where_asked(tmp_path):
    bow = shapely.Polygon(
        [(SPEC.left, SPEC.top), (SPEC.left + 900, SPEC.top - 900), (SPEC.left + 900, SPEC.top), (SPEC.left, SPEC.top - 900)]
    )  # fmt: skip
    path = layer(tmp_path, [*WHOLE, ("0701", bow)])
    with pytest.raises(DataError, match="repair = true"):
        brought(path, "land_cover", legend="dlbm")
    brought(path, "land_cover", legend="dlbm", repair=True)


def test_ground_below_two_polygons_is_told_and_much_of_it_refused(tmp_path):
    little = look(
        layer(tmp_path, [*WHOLE, ("0701", box(0, 0, 1, 1))], file="a.gpkg"),
        "land_cover",
        legend="dlbm",
    )
    assert little.state == "doubtful"
    assert any("below more than one polygon" in d for d in little.doubts)
    twice = layer(tmp_path, [*WHOLE, ("0701", box(0, 0, 30, 2))], file="b.gpkg")
    assert "only = " in look(twice, "land_cover", legend="dlbm").problems[0]
    assert look(twice, "land_cover", legend="dlbm", overlaps="keep").state == "doubtful"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 40))
def test_shares_of_classes_are_the_areas_of_their_polygons(seed, count):
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(
        np.column_stack([rng.uniform(0, 30, count), rng.uniform(0, 20, count)]) * [S, -S]
        + [SPEC.left, SPEC.top]
    )
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box(0, 0, 30, 20)))
    cells = shapely.intersection(cells, box(0, 0, 30, 20))
    frame = gpd.GeoDataFrame(
        {"class": rng.integers(1, 5, len(cells))}, geometry=cells, crs=SPEC.projection
    )
    laid = laid_classes(frame, SPEC)
    assert laid.covered == pytest.approx(np.ones(SPEC.shape), abs=1e-9)
    for code, part in frame.groupby("class"):
        share = cover_of(part, SPEC).spread(np.ones(SPEC.shape, np.float32), np.ones(len(part)))
        assert share.sum() * SPEC.cell_km2 == pytest.approx(part.area.sum() / 1e6, rel=1e-9)
        # a class has no cell of which another has more
        mine = laid.code == code
        assert not (share[~mine] > 0.5 + 1e-9).any()
