"""Whatever an export meets: it never deletes or overwrites what the study did not write."""

import hashlib
import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from shanshui import open_study
from shanshui.core.errors import DataError, PlanError, StoreError
from shanshui.report.document import write_report
from shanshui.report.export import ENDINGS, export
from shanshui.report.office_formats import SHAPEFILE_PARTS
from shanshui.store import written
from shanshui.store.sheets import inert_table, sheet_names, write_csv, write_workbook
from shanshui.store.written import FOLDERS, NOTHING, replaced

PRODUCT = {
    e: "slope" if e in (".tif", ".nc", ".zarr", ".png") else "planning_units" for e in ENDINGS
}


@pytest.fixture(scope="module")
def study(region, tmp_path_factory):
    """A copy of the region's study, which these tests may write to."""
    folder = tmp_path_factory.mktemp("copy") / "study"
    shutil.copytree(region.layout.folder, folder)
    return open_study(folder)


def content(path):
    if path.is_dir():
        return {str(p.relative_to(path)): content(p) for p in path.rglob("*") if p.is_file()}
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_others_stays_and_its_place_is_refused(study, tmp_path, ending):
    place = tmp_path / f"theirs{ending}"
    place.write_text("a year of work")
    with pytest.raises(DataError, match="did not write it as it stands there|is no"):
        export(study, [PRODUCT[ending]], place)
    assert place.read_text() == "a year of work"
    assert [p.name for p in tmp_path.iterdir()] == [place.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_export_replaces_its_own_earlier_file(study, tmp_path, ending):
    place = tmp_path / f"ours{ending}"
    for _ in range(2):
        export(study, [PRODUCT[ending]], place)
    parts = SHAPEFILE_PARTS if ending == ".shp" else ()
    names = {place.name, *(place.with_suffix(part).name for part in parts)}
    assert {p.name for p in tmp_path.iterdir()} == names


@pytest.mark.parametrize("ending", [e for e in ENDINGS if e not in FOLDERS])
def test_an_export_that_was_edited_since_is_somebodys_work(study, tmp_path, ending):
    place = export(study, [PRODUCT[ending]], tmp_path / f"edited{ending}")
    place.write_bytes(place.read_bytes() + b"\n")
    with pytest.raises(DataError, match="--overwrite"):
        export(study, [PRODUCT[ending]], place)
    export(study, [PRODUCT[ending]], place, overwrite=True)
    export(study, [PRODUCT[ending]], place)


@pytest.mark.parametrize("ending", sorted(FOLDERS))
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_with_a_letter_in_it_is_never_removed(study, tmp_path, overwrite, ending):
    place = tmp_path / f"keep{ending}"
    place.mkdir()
    (place / "thesis.docx").write_text("x")
    with pytest.raises(DataError, match="is a folder that this study did not write"):
        export(study, [PRODUCT[ending]], place, overwrite=overwrite)
    assert content(place) == {"thesis.docx": hashlib.sha256(b"x").hexdigest()}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_letter_laid_into_our_own_store_is_safe(study, tmp_path, overwrite):
    place = export(study, ["slope"], tmp_path / "s.zarr")
    (place / "thesis.docx").write_text("x")
    with pytest.raises(DataError, match="remove it yourself"):
        export(study, ["slope"], place, overwrite=overwrite)
    assert (place / "thesis.docx").exists()


def test_a_store_of_another_program_stays_even_when_files_may_be_replaced(study, tmp_path):
    import numpy as np
    import xarray as xr

    place = tmp_path / "theirs.zarr"
    xr.Dataset({"a": ("x", np.arange(3))}).to_zarr(place, consolidated=False)
    before = content(place)
    with pytest.raises(DataError, match="remove it yourself"):
        export(study, ["slope"], place, overwrite=True)
    assert content(place) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "where",
    ["data/elevation.tif", "data/made_up.gpkg", "study.toml.csv/../data/population.csv", "products/new.tif", "store/new.tif"],
)  # fmt: skip
def test_inputs_and_kept_results_are_never_written_over(study, where, overwrite):
    place = study.layout.folder / where.replace("study.toml.csv/../", "")
    before = content(place) if place.exists() else None
    name = PRODUCT[place.suffix]
    with pytest.raises(DataError, match="is an input|kept results"):
        export(study, [name], place, overwrite=overwrite)
    assert (content(place) if place.exists() else None) == before


def test_an_input_is_known_by_another_name_too(study, tmp_path):
    (tmp_path / "link").symlink_to(study.layout.folder / "data")
    with pytest.raises(DataError, match="is an input"):
        export(study, ["slope"], tmp_path / "link" / "elevation.tif", overwrite=True)
    hard = tmp_path / "hard.tif"
    os.link(study.layout.folder / "data" / "elevation.tif", hard)
    with pytest.raises(DataError, match="is an input"):
        export(study, ["slope"], hard, overwrite=True)


@pytest.fixture
def neighbour(tmp_path):
    """A study of somebody else, as far as its inputs go."""
    folder = tmp_path / "neighbour"
    for below in ("rasters", "kept", "far", "kept/tiles"):
        (folder / below).mkdir(parents=True)
    (folder / "study.toml").write_text(
        '[data]\nfolder = "rasters"\n[inputs]\nelevation = { file = "dem.tif" }\n'
        'rain = { file = "kept/rain.tif", classes = "kept/classes.csv" }\n'
        'population = [{ file = "kept/2010.csv" }, { file = "kept/2020.csv" }]\n'
        'counties = { file = "kept/land.gpkg" }\nlai = { file = "kept/tiles" }\n'
    )
    for name in (
        "rasters/dem.tif", "rasters/not_declared.tif", "kept/rain.tif", "kept/classes.csv", "kept/2020.csv",
        "kept/land.gpkg", "kept/rain.csv", "kept/tiles/1.tif", "far/out.tif",
    ):  # fmt: skip
        (folder / name).write_text("a year of work")
    return folder


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "name",
    ["rasters/dem.tif", "rasters/not_declared.tif", "kept/rain.tif", "kept/classes.csv", "kept/2020.csv",
     "kept/land.gpkg", "kept/rain.csv", "kept/tiles/1.tif", "kept/tiles/2.tif"],
)  # fmt: skip
def test_the_inputs_of_another_study_are_never_written_over(study, neighbour, name, overwrite):
    before = content(neighbour)
    with pytest.raises(DataError, match=r"inputs? of the study .*neighbour, and is never written"):
        export(study, [PRODUCT[Path(name).suffix]], neighbour / name, overwrite=overwrite)
    with (
        pytest.raises(DataError, match="of the study"),
        replaced(neighbour / name, NOTHING, overwrite=overwrite),
    ):
        pass  # fmt: skip
    assert content(neighbour) == before


def test_the_inputs_of_another_study_are_known_where_links_lead(study, neighbour, tmp_path):
    (neighbour / "rasters").rename(tmp_path / "disk")
    (neighbour / "rasters").symlink_to(tmp_path / "disk")
    (tmp_path / "road").symlink_to(neighbour / "kept")
    for place in (neighbour / "rasters" / "dem.tif", tmp_path / "road" / "rain.tif"):
        with pytest.raises(DataError, match="of the study"):
            export(study, ["slope"], place, overwrite=True)


def test_a_study_file_that_cannot_be_read_protects_all_below_it(study, neighbour):
    (neighbour / "study.toml").write_text("[data\nfolder =")
    with pytest.raises(DataError, match="never written over"):
        export(study, ["slope"], neighbour / "kept" / "rain.tif", overwrite=True)


def test_what_is_no_input_of_another_study_may_be_replaced_when_asked(study, neighbour):
    with pytest.raises(DataError, match="with --overwrite"):
        export(study, ["slope"], neighbour / "far" / "out.tif")
    export(study, ["slope"], neighbour / "far" / "out.tif", overwrite=True)
    export(study, ["slope"], neighbour / "rasters" / "new.tif")
    assert (neighbour / "rasters" / "dem.tif").read_text() == "a year of work"


def test_a_study_below_the_data_of_another_replaces_its_own_exports(study, tmp_path):
    (tmp_path / "study.toml").write_text('[data]\nfolder = "."\n')
    shutil.copytree(study.layout.folder, tmp_path / "inner")
    inner = open_study(tmp_path / "inner")
    place = tmp_path / "inner" / "slope.tif"
    export(inner, ["slope"], place)
    place.write_text("edited since")
    export(inner, ["slope"], place, overwrite=True)
    assert place.stat().st_size > 1000


def test_a_link_is_not_followed(study, tmp_path):
    (tmp_path / "far.tif").write_text("theirs")
    (tmp_path / "near.tif").symlink_to(tmp_path / "far.tif")
    with pytest.raises(DataError, match="is a link"):
        export(study, ["slope"], tmp_path / "near.tif")
    assert (tmp_path / "far.tif").read_text() == "theirs"


def test_places_where_no_file_can_stand_are_refused_in_words(study, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.tif").mkdir()
    for place, says in (
        (tmp_path / "file" / "x.tif", "is a file, not a folder"),
        (tmp_path / "folder.tif", "is a folder"),
        (tmp_path / ("n" * 300 + ".tif"), "cannot be the name of a file"),
    ):
        with pytest.raises(DataError, match=says):
            export(study, ["slope"], place, overwrite=True)


class Killed(BaseException):
    """A stop that no handler sees."""


def gone(*_args, **_options):
    raise Killed


@pytest.mark.parametrize("step", ["Written.note", "_swap"])
@pytest.mark.parametrize("ending", [".zarr", ".tif"])
def test_a_kill_leaves_the_older_export_and_the_next_one_clears_up(
    study, tmp_path, monkeypatch, step, ending
):
    place = export(study, ["slope"], tmp_path / f"s{ending}")
    before = content(place)
    with monkeypatch.context() as patch:
        patch.setattr(f"shanshui.store.written.{step}", gone)
        patch.setattr(written, "_clear", lambda _: None)
        with pytest.raises(Killed):
            export(study, ["slope"], place)
    assert content(place) == before
    assert len(list(tmp_path.iterdir())) == 2
    export(study, ["slope"], place)
    assert [p.name for p in tmp_path.iterdir()] == [place.name]


def test_a_kill_between_the_two_renames_brings_the_older_store_back(study, tmp_path, monkeypatch):
    place = export(study, ["slope"], tmp_path / "s.zarr")
    before = content(place)
    with monkeypatch.context() as patch:

        def half(fresh, to, old):
            old.mkdir()
            to.rename(old / to.name)
            raise Killed

        patch.setattr(written, "_swap", half)
        patch.setattr(written, "_clear", lambda _: None)
        with pytest.raises(Killed):
            export(study, ["slope"], place)
    assert not place.exists()
    written.clear_leftovers(tmp_path)
    assert content(place) == before
    export(study, ["slope"], place)
    assert [p.name for p in tmp_path.iterdir()] == [place.name]


def test_what_another_command_is_just_writing_is_left_alone(tmp_path):
    with replaced(tmp_path / "a.csv") as one:
        one.write_text("1")
        with replaced(tmp_path / "a.csv") as two:
            assert one.parent != two.parent
            two.write_text("1")
        assert one.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_hidden_folders_of_others_are_not_ours_to_clear(tmp_path):
    (tmp_path / ".shanshui-notes").mkdir()
    (tmp_path / ".shanshui-notes" / "lock").write_text("")
    (tmp_path / ".shanshui-notes" / "thesis").write_text("x")
    with replaced(tmp_path / "a.csv") as place:
        place.write_text("1")
    assert (tmp_path / ".shanshui-notes" / "thesis").exists()


def write(place, text):
    with replaced(place, NOTHING) as fresh:
        fresh.write_text(text)
        if not text:
            raise RuntimeError("the library gave up")


def test_a_write_that_fails_leaves_nothing_and_keeps_what_stood(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(StoreError, match="what stood there is kept"):
        write(tmp_path / "a.csv", "")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.csv", "old")]


def test_the_same_content_may_be_written_twice_without_a_study(tmp_path):
    for _ in range(2):
        write(tmp_path / "a.csv", "same")
    with pytest.raises(DataError, match="this command did not write it"):
        write(tmp_path / "a.csv", "other")
    assert (tmp_path / "a.csv").read_text() == "same"


def test_a_study_that_cannot_be_written_to_still_exports_new_files(study, tmp_path, monkeypatch):
    monkeypatch.setattr(
        written.Written, "record", tmp_path / "none" / "exports.jsonl", raising=False
    )
    place = export(study, ["unit_terrain"], tmp_path / "t.csv")
    assert len(pd.read_csv(place)) == len(study["unit_terrain"])


def test_an_export_of_features_is_the_same_bytes_each_time(study, tmp_path):
    first = content(export(study, ["planning_units"], tmp_path / "u.geojson"))
    (tmp_path / "again").mkdir()
    place = export(study, ["planning_units"], tmp_path / "again" / "u.geojson")
    assert content(place) == first
    assert json.loads(place.read_text("utf-8"))["name"] == "u"


def test_a_geopackage_of_several_layers_is_the_same_bytes_on_another_day(study, tmp_path):
    products = ["planning_units", "unit_terrain"]
    first = export(study, products, tmp_path / "a.gpkg")
    time.sleep(0.01)  # the container notes milliseconds
    assert content(export(study, products, tmp_path / "b.gpkg")) == content(first)
    with sqlite3.connect(first) as file:
        dates = {day for (day,) in file.execute("select last_change from gpkg_contents")}
    assert dates == {"2000-01-01T00:00:00Z"}


def test_a_grid_that_cannot_be_read_back_was_not_written(study, tmp_path, monkeypatch):
    """A disk that fills under a block is only printed by the library: the file must not be taken for whole."""
    import rasterio.shutil

    copy = rasterio.shutil.copy

    def cut_short(source, to, **options):
        copy(source, to, **options)
        if options["driver"] == "COG":
            os.truncate(to, to.stat().st_size // 2)

    monkeypatch.setattr(rasterio.shutil, "copy", cut_short)
    with pytest.raises(StoreError, match="could not be written"):
        export(study, ["slope"], tmp_path / "slope.tif")
    assert list(tmp_path.iterdir()) == []


# the report


def test_a_report_writes_over_no_page_and_no_picture_of_others(study, tmp_path):
    (tmp_path / "maps-en").mkdir()
    (tmp_path / "maps-en" / "slope.png").write_text("a photograph")
    with pytest.raises(DataError, match=r"slope\.png: exists"):
        write_report(study, "en", tmp_path / "r.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["maps-en"]
    (tmp_path / "page.html").write_text("theirs")
    with pytest.raises(DataError, match=r"page\.html: exists"):
        write_report(study, "en", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "theirs"


# what is stale


@pytest.fixture(scope="module")
def stale(region, tmp_path_factory):
    """A study whose file has changed since it was run: slope classes and what follows from them are stale."""
    folder = tmp_path_factory.mktemp("stale") / "study"
    shutil.copytree(region.layout.folder, folder)
    file = folder / "study.toml"
    file.write_text(
        file.read_text("utf-8") + "\n[steps.slope_class]\nlimits_deg = [3, 10, 20]\n", "utf-8"
    )
    return open_study(folder)


def test_a_stale_product_is_not_handed_out_unmarked(stale, tmp_path):
    with pytest.raises(
        PlanError, match="slope_class: stale: .*shanshui run .* slope_class.*--stale"
    ):
        export(stale, ["slope_class"], tmp_path / "c.tif")
    with pytest.raises(PlanError, match="slope_class changed"):
        export(stale, ["unit_slope_classes"], tmp_path / "c.csv")
    assert list(tmp_path.iterdir()) == []
    export(stale, ["slope"], tmp_path / "slope.tif")


def test_a_stale_product_says_so_in_the_file_when_it_is_asked_for(stale, tmp_path):
    import rasterio
    import xarray as xr

    with rasterio.open(export(stale, ["slope_class"], tmp_path / "c.tif", stale=True)) as file:
        assert file.tags()["state"].startswith("stale")
    with xr.open_dataset(
        export(stale, ["slope_class", "slope"], tmp_path / "c.nc", stale=True)
    ) as cube:
        assert cube["slope_class"].attrs["state"].startswith("stale")
        assert "state" not in cube["slope"].attrs
    frame = pd.read_csv(export(stale, ["unit_slope_classes"], tmp_path / "c.csv", stale=True))
    assert frame["state"].str.startswith("stale").all()
    rows = gpd.read_file(export(stale, ["unit_slope_classes"], tmp_path / "c.gpkg", stale=True))
    assert rows["state"].str.startswith("stale").all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_report_tells_what_is_stale_on_top_and_beside_it(stale, tmp_path, monkeypatch, lang):
    text = quick_report(stale, lang, tmp_path, monkeypatch)
    head = {"en": "Not up to date: 1 of the products", "zh": "以下 1 项成果已过时"}
    why = {"en": "stale: slope_class changed since", "zh": "已过时：生成后 slope_class 有变动"}
    assert head[lang] in text
    assert text.count('class="state"') == 2
    assert text.count(why[lang]) == 3
    assert "Content-Security-Policy" in text


def quick_report(study, lang, folder, monkeypatch):
    """The page without its pictures."""
    monkeypatch.setattr("shanshui.report.page.map_of", lambda *_: Figure((1, 1)))
    monkeypatch.setattr("shanshui.report.page.as_svg", lambda _: "<svg></svg>")
    return write_report(study, lang, folder / "r.html").read_text("utf-8")


def test_products_of_two_versions_do_not_share_a_table(region, tmp_path, monkeypatch):
    folder = tmp_path / "study"
    shutil.copytree(region.layout.folder, folder)
    file = folder / "study.toml"
    steps = "\n[steps.planning_unit_labels]\ntarget_area_km2 = 30.0\n"
    file.write_text(file.read_text("utf-8") + steps, "utf-8")
    study = open_study(folder)
    study.run("planning_units")
    text = quick_report(study, "en", tmp_path, monkeypatch)
    assert "Left out: Terrain of units, made from another version of " in text


# formulas


HOSTILE = ("=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1")


def test_names_that_look_like_formulas_are_text(tmp_path):
    frame = pd.DataFrame({"=name": HOSTILE, "change": [-1.5] * len(HOSTILE)})
    write_csv(frame, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert list(back.columns) == ["'=name", "change"]
    assert [v[0] for v in back["'=name"]] == ["'"] * len(HOSTILE)
    assert (back["change"] == -1.5).all()
    write_workbook({"t": frame}, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]
    kinds = {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row}
    assert kinds == {"s"}
    assert sheet["B2"].value == -1.5


def test_control_characters_stop_no_workbook(tmp_path):
    frame = pd.DataFrame({"name": ["a\x00b\x07c\x1f", "\ud800"]}, dtype=object)
    write_workbook({"t": frame}, tmp_path / "t.xlsx")
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]["A2"].value == "a\ufffdb\ufffdc\ufffd"
    write_csv(frame, tmp_path / "t.csv")


def test_numbers_stay_numbers_and_gaps_stay_gaps():
    frame = pd.DataFrame(
        {"a": pd.array([-1, None], "Int64"), "b": ["-", None], "c": pd.Categorical(["=x", "y"])}
    )
    out = inert_table(frame)
    assert out["a"].equals(frame["a"])
    assert out["b"].isna().tolist() == [False, True]
    assert out["b"][0] == "'-"
    assert out["c"].tolist() == ["'=x", "y"]


def test_every_sheet_has_a_name_that_a_workbook_can_give():
    names = sheet_names(["a/b", "A_b", "x" * 40, "x" * 35, "", "[*]", "History", "'q'"])
    assert len({n.lower() for n in names}) == len(names)
    assert all(0 < len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)
