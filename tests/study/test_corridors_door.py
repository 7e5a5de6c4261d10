"""Cores and resistance through the real doors: the command without a study, and the inputs of one."""

import json
import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
from tests.command import called, shanshui
from tests.study.test_data_door import CRS, TOP, door, tif

from shanshui.core.voice import Voice
from shanshui.opened import open_study
from shanshui.pattern.core_network import core_network
from shanshui.pattern.network_settings import NetworkSettings
from shanshui.study.corridors.job import Ground, run_corridors
from shanshui.study.corridors.results import GRIDS, UNITS, column_words

__all__ = ["door"]
BOXES = [(200, 200), (4700, 300), (2500, 4600)]
"""Lower left corners of cores of 700 m within 60 x 60 cells of 100 m."""


def resistance(seed=0):
    values = np.exp(np.random.default_rng(seed).normal(1.0, 0.6, (60, 60))).astype(np.float32)
    values[20:24, 10:50] = np.nan
    return values


def cores(**columns):
    shapes = [shapely.box(x, TOP - 6000 + y, x + 700, TOP - 5300 + y) for x, y in BOXES]
    columns = columns or {"core_id": [30, 10, 20]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture
def folder(tmp_path):
    tif(tmp_path / "r.tif", resistance(), nodata=np.nan)
    cores().to_file(tmp_path / "cores.shp")
    return tmp_path


def made(folder, *words, core="cores.shp", ground="r.tif", to="out"):
    out = shanshui("corridors", folder / core, folder / ground, "--to", folder / to, *words)
    return out, gpd.read_file(folder / to / "network.gpkg", layer="links")


def refused(folder, *words, core="cores.shp", ground="r.tif", to="out"):
    code, out, err = called(
        ["corridors", folder / core, folder / ground, "--to", folder / to, *words]
    )
    assert code == 2
    assert "Traceback" not in out + err
    assert "fault of the program" not in out + err
    return err.strip().splitlines()[-1]


def test_two_files_give_layers_tables_and_maps(folder):
    said, links = made(folder, "--cutoff", "5000", "--radius", "100", "--radius", "300")
    assert "3 of 3 links kept; corridors end 5000 resistance metres" in said
    values = resistance().astype(np.float64)
    grid = open_grid(folder / "out/current.tif")
    known = core_network(
        cores().set_index("core_id"), grid.lay(values, "1"), cutoff=5000.0, radii=[100.0, 300.0]
    )
    for column in ("euclidean", "cost", "length", "effective_resistance", "centrality", "priority"):
        np.testing.assert_allclose(links[column], known.links[column], rtol=1e-12)
    assert links["source"].tolist() == [10, 10, 20]
    assert links["reason"].tolist() == ["kept"] * 3
    assert links["reason_zh"].tolist() == ["保留"] * 3
    assert (links.geom_type == "LineString").all()
    assert not (folder / "out/current_all.tif").exists()
    for name in set(GRIDS) - {"current_all"}:
        with rasterio.open(folder / f"out/{name}.tif") as file:
            assert file.crs == rasterio.crs.CRS.from_string(CRS)
            assert file.compression == rasterio.enums.Compression.zstd
            assert np.isnan(file.nodata)
            shown = np.asarray(getattr(known, name).values, np.float32)
            np.testing.assert_array_equal(file.read(1), shown)
    table = pd.read_csv(folder / "out/links.csv")
    assert table["cost"].tolist() == pytest.approx(links["cost"].tolist())
    rows = gpd.read_file(folder / "out/network.gpkg", layer="cores")
    assert rows["core"].tolist() == [10, 20, 30]
    assert rows["area_km2"].tolist() == pytest.approx([0.49] * 3)
    record = json.loads((folder / "out/network.json").read_text("utf-8"))
    assert record["settings"]["cutoff"] == 5000.0
    assert record["files"] == {"cores": "cores.shp", "resistance": "r.tif"}


def open_grid(path):
    from shanshui.region.grid import GridSpec

    with rasterio.open(path) as file:
        at = file.transform
        return GridSpec(CRS, at.a, at.c, at.f, file.height, file.width)


@pytest.mark.parametrize(("lang", "cost"), [("en", "Cost-weighted"), ("zh", "成本加权距离")])
def test_columns_have_names_in_both_languages(folder, lang, cost):
    said, _ = made(folder, "--lang", lang, "--neighbours", "1")
    assert ("保留" in said) == (lang == "zh")
    with closing(sqlite3.connect(folder / "out/network.gpkg")) as base:
        rows = base.execute(
            "SELECT table_name, column_name, name, description FROM gpkg_data_columns"
        )
        names = {(layer, column): (alias, more) for layer, column, alias, more in rows}
        extensions = base.execute("SELECT extension_name FROM gpkg_extensions").fetchall()
    assert ("gpkg_schema",) in extensions
    wanted = set(UNITS["links"]) - {"climate_difference"}
    assert {k for k in names if k[0] == "links"} == {("links", c) for c in wanted}
    alias, more = names["links", "cost"]
    assert cost in alias
    assert "成本加权距离" in more
    assert more.endswith("[m]")
    words = pd.read_csv(folder / "out/columns.csv")
    assert {"layer", "column", "unit", "en", "zh"} == set(words.columns)
    assert words[["en", "zh"]].notna().all().all()
    layers = [str(row[0]) for row in pyogrio.list_layers(folder / "out/network.gpkg")]
    assert layers == ["cores", "links", "columns"]


def test_every_column_that_is_written_has_words(folder):
    _, links = made(folder, "--worth", "core_id")
    cores_ = gpd.read_file(folder / "out/network.gpkg", layer="cores")
    known = column_words()
    for layer, frame in (("links", links), ("cores", cores_)):
        told = set(known.loc[known["layer"] == layer, "column"])
        assert set(frame.columns) - {"geometry"} <= told, layer
    assert not [w for w in (*known["en"], *known["zh"]) if w.startswith("network.")]


def test_the_same_files_give_the_same_bytes_and_nothing_of_others_is_replaced(folder):
    made(folder)
    first = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    made(folder, "--overwrite")
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == first
    assert "did not write it as it stands there" in refused(folder, "--max-cost", "1")
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == first
    made(folder, "--max-cost", "1", "--overwrite")
    assert (folder / "out/links.csv").read_bytes() != first["links.csv"]
    (folder / "file").write_text("x")
    assert "is a file; expected a folder" in refused(folder, to="file")


def test_a_raster_of_ids_does_for_polygons(folder):
    label = np.zeros((60, 60), np.int32)
    for name, (x, y) in zip((30, 10, 20), BOXES, strict=True):
        label[53 - y // 100 : 60 - y // 100, x // 100 : x // 100 + 7] = name
    tif(folder / "cores.tif", label, nodata=0)
    _, by_cells = made(folder, core="cores.tif")
    _, by_shapes = made(folder, to="other")
    assert by_cells["cost"].tolist() == by_shapes["cost"].tolist()
    np.testing.assert_allclose(by_cells["euclidean"], by_shapes["euclidean"])
    # on another grid the outlines of its cells are taken
    tif(folder / "fine.tif", np.kron(label, np.ones((2, 2), np.int32)), cell=50.0, nodata=0)
    _said, by_fine = made(folder, core="fine.tif", to="fine")
    np.testing.assert_allclose(by_fine["cost"], by_shapes["cost"])
    assert (
        "lies on another grid" in json.loads((folder / "fine/network.json").read_text())["told"][0]
    )
    tif(folder / "half.tif", label / 2.0 + 0.25, cell=99.0)
    assert "expected whole numbers" in refused(folder, core="half.tif", to="x")
    assert "is a raster" in refused(folder, "--id", "core_id", core="cores.tif", to="x")


def test_ids_are_the_column_that_is_named_or_known_or_the_rows(folder):
    cores(name=["甲", "乙", "甲"], size=[1.0, 2.0, 3.0]).to_file(folder / "named.gpkg")
    _, links = made(folder, "--id", "name", "--worth", "size", core="named.gpkg")
    assert links[["source", "target"]].to_numpy().tolist() == [["乙", "甲"]]
    both = gpd.read_file(folder / "out/network.gpkg", layer="cores").set_index("core")
    assert both["worth"].to_dict() == {"乙": 2.0, "甲": 4.0}
    _, rows = made(folder, core="named.gpkg", to="rows")
    assert rows["source"].tolist() == [1, 1, 2]
    told = json.loads((folder / "rows/network.json").read_text("utf-8"))["told"]
    assert "rows are numbered from 1" in told[0]
    assert "did you mean 'name'" in refused(folder, "--id", "nam", core="named.gpkg", to="x")
    assert "did you mean 'size'" in refused(folder, "--worth", "siz", core="named.gpkg", to="x")
    whole = cores(code=["1.0", "2.0", "3.0"])
    whole.to_file(folder / "text.geojson", driver="GeoJSON")
    assert "here: --set cores_crs=EPSG" in refused(folder, core="text.geojson", to="x")
    _, numbers = made(folder, "--set", f"cores_crs={CRS}", core="text.geojson", to="text")
    assert numbers["source"].tolist() == [1, 1, 2]


def test_degrees_are_asked_for_a_system_and_cells_may_be_larger(folder):
    from rasterio.warp import calculate_default_transform, reproject

    with rasterio.open(folder / "r.tif") as file:
        at, wide, high = calculate_default_transform(
            file.crs, "EPSG:4326", file.width, file.height, *file.bounds
        )
        values = np.full((high, wide), np.nan, np.float32)
        reproject(
            file.read(1), values, src_transform=file.transform, src_crs=file.crs, dst_transform=at, dst_crs="EPSG:4326",
            src_nodata=np.nan, dst_nodata=np.nan,
        )  # fmt: skip
    with rasterio.open(
        folder / "deg.tif", "w", driver="GTiff", height=high, width=wide, count=1, dtype="float32",
        crs="EPSG:4326", transform=at, nodata=np.nan,
    ) as file:  # fmt: skip
        file.write(values, 1)
    said = refused(folder, ground="deg.tif")
    assert "in degree" in said
    assert "--crs EPSG" in said
    _, links = made(folder, "--crs", CRS, "--cell", "200", ground="deg.tif")
    _, known = made(folder, to="own")
    np.testing.assert_allclose(links["euclidean"], known["euclidean"], rtol=1e-3)
    with rasterio.open(folder / "out/barriers.tif") as file:
        assert file.res == (200.0, 200.0)
    assert "is no coordinate system" in refused(folder, "--crs", "EPSG:0", to="x")
    assert "--cell" in refused(folder, "--crs", CRS, "--cell", "-1", ground="deg.tif", to="x")


def test_a_resistance_without_a_system_is_asked_for_one(folder):
    tif(folder / "bare.tif", resistance(), crs=None, nodata=np.nan)
    assert "has no coordinate system; say which it is in: --crs" in refused(
        folder, ground="bare.tif"
    )
    _, links = made(folder, "--crs", CRS, ground="bare.tif")
    _, known = made(folder, to="own")
    assert links["cost"].tolist() == known["cost"].tolist()


def test_cores_in_another_system_are_brought_and_told(folder):
    cores().to_crs(4326).to_file(folder / "deg.geojson", driver="GeoJSON")
    _, links = made(folder, core="deg.geojson")
    _, known = made(folder, to="own")
    np.testing.assert_allclose(links["euclidean"], known["euclidean"], atol=0.2)
    told = json.loads((folder / "out/network.json").read_text("utf-8"))["told"]
    assert "brought from WGS 84" in told[0]


def test_crossed_outlines_are_named_and_mended_on_request(folder):
    bow = shapely.Polygon([(0, TOP), (900, TOP - 900), (900, TOP), (0, TOP - 900)])
    crossed = cores()
    crossed.loc[2, "geometry"] = bow
    crossed.to_file(folder / "bow.gpkg")
    assert "the first of core 20; mend" in refused(folder, core="bow.gpkg")
    _, links = made(folder, "--set", "repair=yes", core="bow.gpkg")
    assert len(links) == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "adjacency"], "expected adjacency=VALUE"),
        (["--set", "join_groups=perhaps"], "expected yes or no"),
        (["--set", "open_resistance=soft"], "expected a number"),
        (["--set", "adjacencies=all"], "did you mean 'adjacency'"),
        (["--set", "adjacency=near"], "adjacency: found 'near'"),
        (["--radius", "10"], "a cell (100 m) or more"),
        (["--memory", "0.36"], "--memory"),
    ],
)
def test_settings_that_cannot_be_are_refused(folder, words, said):
    if "--memory" in words:
        tif(folder / "r.tif", np.ones((400, 400), np.float32))
    assert said in refused(folder, *words)
    assert not (folder / "out").exists()


def test_files_that_cannot_be_are_refused(folder):
    assert "did you mean 'cores.shp'" in refused(folder, core="core.shp")
    assert "no file" in refused(folder, ground="there/none.tif")
    zero = resistance()
    zero[5, 5] = 0.0
    tif(folder / "zero.tif", zero, nodata=np.nan)
    assert "expected above 0" in refused(folder, ground="zero.tif")
    tif(folder / "minus.tif", -resistance(), nodata=np.nan)
    assert "expected above 0" in refused(folder, ground="minus.tif")
    cores().iloc[:1].to_file(folder / "one.gpkg")
    assert "expected at least two" in refused(folder, core="one.gpkg")
    cores().assign(geometry=cores().translate(9e5)).to_file(folder / "far.gpkg")
    assert "do not overlap" in refused(folder, core="far.gpkg")


def test_settings_reach_the_network(folder):
    more = [
        "--set",
        "four_neighbours=yes",
        "--set",
        "adjacency=all",
        "--set",
        "drop_through_cores=no",
    ]
    _, links = made(folder, *more, "--set", "statistic=sum", "--set", "open_resistance=2")
    wishes = NetworkSettings(
        four_neighbours=True, adjacency="all", drop_through_cores=False, statistic="sum", open_resistance=2.0
    )  # fmt: skip
    network, files = run_corridors(
        Ground(folder / "cores.shp", folder / "r.tif"), folder / "p", wishes, Voice()
    )
    assert links["cost"].tolist() == network.links["cost"].tolist()
    for file in files:
        assert file.read_bytes() == (folder / "out" / file.name).read_bytes(), file.name
    _, eight = made(folder, to="eight")
    assert (links["cost"] > eight["cost"]).all()


def warmth(cell, rows):
    """Five degrees less for each kilometre to the north."""
    return np.repeat(np.arange(rows)[:, None] * cell * 0.005, rows, 1)


def test_cores_are_linked_along_a_gradient_of_climate(folder):
    tif(folder / "warm.tif", warmth(300.0, 20), cell=300.0)
    words = ["--set", f"climate={folder / 'warm.tif'}", "--set", "climate_cost=500"]
    _, links = made(folder, *words)
    # cores 10 and 30 lie on one height, core 20 some 4.3 km to the north of them
    known = links.set_index(["source", "target"])
    assert known["status"].to_dict() == {
        (10, 20): "kept", (10, 30): "climate", (20, 30): "kept",
    }  # fmt: skip
    assert known.loc[(10, 30), "reason"] == "climates too alike"
    assert known.loc[(10, 30), "reason_zh"] == "气候差异不足"
    assert known.loc[(10, 20), "climate_difference"] == pytest.approx(0.005 * 4300, rel=0.02)
    rows = gpd.read_file(folder / "out/network.gpkg", layer="cores").set_index("core")
    assert rows.loc[10, "climate_mean"] > rows.loc[20, "climate_mean"] + 20
    assert (rows["climate_low"] < rows["climate_mean"]).all()
    record = json.loads((folder / "out/network.json").read_text("utf-8"))
    assert record["settings"]["climate_cost"] == 500.0
    assert record["files"]["climate"] == "warm.tif"
    assert "to the resistance, 60 x 60 cells of 100 m" in record["told"][0]
    # without it nothing is told of climates
    _, plain = made(folder, to="plain")
    assert "climate_difference" not in plain
    words = pd.read_csv(folder / "plain/columns.csv")["column"]
    assert not [w for w in words if w.startswith("climate")]
    record = json.loads((folder / "plain/network.json").read_text("utf-8"))
    assert not [k for k in record["settings"] if k.startswith("climate")]


def test_climates_that_cannot_be_are_refused(folder):
    tif(folder / "far.tif", warmth(300.0, 20), cell=300.0, left=9e5)
    tif(folder / "bare.tif", warmth(300.0, 20), cell=300.0, crs=None)
    for name, said in (
        ("fra.tif", "did you mean 'far.tif'"),
        ("far.tif", "climate:"),
        ("bare.tif", "has no coordinate system"),
    ):
        assert said in refused(folder, "--set", f"climate={folder / name}", to="x")


def test_pinch_points_among_all_pairs_are_written_when_asked_for(folder):
    made(folder, "--set", "all_pairs=all-to-one", "--set", "squared=yes", "--cutoff", "5000")
    with rasterio.open(folder / "out/current_all.tif") as file:
        shown = file.read(1)
    # three cores: two amperes enter each in turn
    assert 0 < np.nanmax(shown) <= 6.0
    made(folder, "--overwrite")
    assert not (folder / "out/current_all.tif").exists()
    table = pd.read_csv(folder / "out/columns.csv")
    assert "current_all" not in set(table["column"])


def test_weights_reach_the_priority(folder):
    _, links = made(
        folder, "--set", "closeness=1", "--set", "permeability=0", "--set", "core_value=0"
    )
    longest = links["length"].max() - links["length"].min()
    wanted = (links["length"].max() - links["length"]) / longest
    np.testing.assert_allclose(links["weighted_priority"], wanted)
    assert "closeness: found -1" in refused(folder, "--set", "closeness=-1", to="x")


# inputs of a study

OWN = '[inputs.sources]\nfile = "@own.gpkg"\n[inputs.resistance]\nfile = "@r.tif"\n'


def own(folder, **columns):
    columns = columns or {
        "code": ["c", "a", "b"],
        "name": ["Oak", "Elm", "Ash"],
        "name_zh": ["栎", "榆", "梣"],
    }
    cores(**columns).to_file(folder / "own.gpkg")
    tif(folder / "r.tif", resistance(), nodata=np.nan)


def test_sources_and_resistance_of_a_study_stand_in_the_place_of_the_made_ones(door):
    own(door.folder)
    door(OWN)
    assert door.check("sources")["state"] == "good"
    assert door.check("resistance")["state"] == "good"
    found = door.made("sources")
    assert found["name"].tolist() == ["Elm", "Ash", "Oak"]
    assert found["name_zh"].tolist() == ["榆", "梣", "栎"]
    assert found["area_km2"].tolist() == pytest.approx([0.49] * 3)
    assert found["score"].isna().all()
    with open_study(door.folder / "s") as study:
        links = (
            study.run("least_cost_links", "security_pattern", "pattern_summary")
            and study["least_cost_links"]
        )
        values = study["resistance"].values
        assert {"pattern_stability", "source_counts"} <= set(study.plan.absent)
        pattern = study["security_pattern"]
    np.testing.assert_array_equal(np.isnan(values), np.isnan(resistance()))
    known = core_network(
        cores(code=["c", "a", "b"]).set_index("code"), open_grid(door.folder / "r.tif").lay(values.astype(float), "1")
    ).links  # fmt: skip
    np.testing.assert_allclose(links["euclidean_km"], known["euclidean"] / 1000, rtol=1e-9)
    np.testing.assert_allclose(links["cost"], known["cost"], rtol=1e-6)
    assert {"Elm", "Oak"} <= set(pattern.loc[pattern["element"] == "patch", "name"])


def test_either_may_be_given_alone_and_settings_of_what_it_replaces_have_no_effect(door):
    own(door.folder, name=["x", "x", "y"])
    door(OWN.partition("[inputs.resistance]")[0] + "[steps.source_cells]\nleast_km2 = 5.0\n")
    with open_study(door.folder / "s") as study:
        assert "source_cells" in study.plan.steps
        assert "least_cost_links" in study.plan.absent  # nothing here makes a resistance
        study.run("source_cells")
        label = study["source_cells"].values
    assert sorted(np.unique(label)) == [0, 1, 2, 3]  # rows without a code are a source each
    door(
        "[inputs.resistance]"
        + OWN.partition("[inputs.resistance]")[2]
        + "[steps.resistance]\ncap = 9.0\n"
    )
    assert np.nanmax(door.made("resistance").values) == np.nanmax(resistance())


def test_sources_of_a_study_that_overlap_and_resistances_of_nothing_are_refused(door):
    own(door.folder)
    shapes = cores(code=["a", "b", "c"])
    shapes.assign(geometry=shapes.buffer(2500)).to_file(door.folder / "own.gpkg")
    assert "overlap by" in door(OWN).refused("source_cells")
    own(door.folder)
    zero = resistance()
    zero[30, 30] = 0.0
    tif(door.folder / "r.tif", zero, nodata=np.nan)
    assert "resistance" in door(OWN).refused("resistance")
