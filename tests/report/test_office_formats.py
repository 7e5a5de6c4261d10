"""Shapefile and file geodatabase: what offices hand over and take."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from shanshui.core.errors import DataError, PlanError
from shanshui.core.voice import Voice
from shanshui.report.export import export
from shanshui.report.office_formats import (
    FIELD_BYTES,
    field_names,
    layer_names,
    write_geodatabase,
    write_shapefile,
)
from shanshui.store import written


@pytest.mark.parametrize("ending", [".shp", ".gdb"])
def test_units_come_back_with_their_outlines_and_numbers(region, tmp_path, ending):
    own = region["planning_units"]
    path = export(region, ["planning_units"], tmp_path / f"u{ending}")
    back = gpd.read_file(path)
    assert back.crs == region.grid.projection
    assert back["code"].tolist() == own["code"].tolist()
    assert back["name_zh"].tolist() == own["name_zh"].tolist()
    assert np.allclose(back["area_km2"], own["area_km2"])
    assert np.allclose(back.area, own.area)


def test_a_shapefile_is_the_same_bytes_again_and_its_parts_are_ours(region, tmp_path):
    said: list[str] = []
    path = export(region, ["county_people"], tmp_path / "c.shp", tell=said.append)
    parts = {p.suffix: p.read_bytes() for p in tmp_path.iterdir()}
    assert set(parts) == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert parts[".cpg"].strip() == b"UTF-8"
    export(region, ["county_people"], path)
    assert parts == {p.suffix: p.read_bytes() for p in tmp_path.iterdir()}
    (tmp_path / "c.dbf").write_bytes(b"of somebody else")
    with pytest.raises(DataError, match=r"c\.dbf: exists"):
        export(region, ["county_people"], path)
    assert (tmp_path / "c.dbf").read_bytes() == b"of somebody else"
    assert (tmp_path / "c.shp").read_bytes() == parts[".shp"]


def test_several_products_are_layers_and_a_folder_of_others_stays(region, tmp_path):
    path = export(region, ["planning_units", "unit_population", "gep"], tmp_path / "a.gdb")
    assert {row[0] for row in pyogrio.list_layers(path)} == {
        "planning_units",
        "unit_population",
        "gep",
    }
    export(region, ["planning_units"], path)
    assert [row[0] for row in pyogrio.list_layers(path)] == ["planning_units"]
    foreign = tmp_path / "b.gdb"
    foreign.mkdir()
    (foreign / "thesis.docx").write_text("x")
    with pytest.raises(DataError, match="did not write"):
        export(region, ["planning_units"], foreign)
    with pytest.raises(DataError, match="did not write"):
        export(region, ["planning_units"], foreign, overwrite=True)
    assert (foreign / "thesis.docx").read_text() == "x"


def test_what_has_no_place_is_refused_as_a_shapefile(region, tmp_path):
    with pytest.raises(PlanError, match="has no geometry"):
        export(region, ["gep"], tmp_path / "g.shp")
    with pytest.raises(PlanError, match="holds one product"):
        export(region, ["planning_units", "counties"], tmp_path / "g.shp")
    assert not list(tmp_path.iterdir())


def test_long_names_and_texts_are_told(tmp_path):
    frame = gpd.GeoDataFrame(
        {"worker_share": [1.5], "worker_share_of_men": [2.5], "text": ["汉" * 100], "yes": [True]},
        geometry=[shapely.Point(1, 2)], crs="EPSG:6933",
    )  # fmt: skip
    told = write_shapefile(frame, tmp_path / "p.shp", Voice())
    assert told == [
        "field worker_share is written as worker_sha",
        "field worker_share_of_men is written as worker_s_1",
        "text: 1 texts are longer than 254 bytes and are cut",
    ]
    back = gpd.read_file(tmp_path / "p.shp").iloc[0]
    assert (back["worker_sha"], back["worker_s_1"], back["yes"]) == (1.5, 2.5, 1)
    # 84 letters of three bytes
    assert back["text"] == "汉" * 84


@given(st.lists(st.text(min_size=1, max_size=20), unique=True, max_size=30))
def test_every_field_has_a_short_name_of_its_own(names):
    short = field_names(names)
    assert list(short) == names
    long = [n for n in names if len(n.encode()) > FIELD_BYTES]
    assert all(0 < len(short[n].encode()) <= FIELD_BYTES for n in long)
    assert len({s.lower() for s in short.values()}) == len(names)
    once = [n for n in names if [m.lower() for m in names].count(n.lower()) == 1 and n not in long]
    assert all(short[n] == n for n in once)


def test_an_index_of_another_program_is_told(region, tmp_path):
    (tmp_path / "u.qix").write_bytes(b"index")
    with pytest.raises(DataError, match=r"u\.qix is an index"):
        export(region, ["planning_units"], tmp_path / "u.shp")


def test_what_is_told_is_told_in_both_languages(tmp_path):
    frame = gpd.GeoDataFrame(
        {"worker_share": [1.5], "text": ["汉" * 100]},
        geometry=[shapely.Point(1, 2)],
        crs="EPSG:6933",
    )
    told = write_shapefile(frame, tmp_path / "p.shp", Voice("zh"))
    assert told == ["字段 worker_share 写为 worker_sha", "text：1 条文本超过 254 字节，已截断"]


@pytest.mark.parametrize("ending", [".shp", ".gdb"])
def test_yes_and_no_with_a_gap_is_a_number_with_a_gap(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {"kept": pd.array([True, None, False], dtype="boolean")},
        geometry=[shapely.Point(k, k) for k in range(3)], crs="EPSG:6933",
    )  # fmt: skip
    path = tmp_path / f"p{ending}"
    write_shapefile(frame, path, Voice()) if ending == ".shp" else write_geodatabase(
        {"p": frame}, path
    )
    back = gpd.read_file(path)["kept"]
    assert back.isna().tolist() == [False, True, False]
    assert back.dropna().tolist() == [1, 0]


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["a.b", "a_b"], ["a_b_2", "a_b"]),
        (["a_b", "a.b", "A.B"], ["a_b", "a_b_2", "A_B_3"]),
        (["a.b", "c"], ["a_b", "c"]),
    ],
)
def test_layers_of_like_names_stay_apart(names, written):
    assert layer_names(names) == written


def test_a_kill_between_the_parts_leaves_no_mixed_set(region, tmp_path, monkeypatch):
    path = export(region, ["county_people"], tmp_path / "c.shp")
    whole = {p.suffix: p.read_bytes() for p in tmp_path.iterdir()}
    swaps = []

    def killed(*words):
        swaps.append(words)
        if len(swaps) == 2:
            raise KeyboardInterrupt
        return swap(*words)

    swap = written._swap
    monkeypatch.setattr(written, "_swap", killed)
    with pytest.raises(KeyboardInterrupt):
        export(region, ["planning_units"], path, overwrite=True)
    assert not path.exists()
    monkeypatch.undo()
    export(region, ["county_people"], path, overwrite=True)
    assert whole == {p.suffix: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
