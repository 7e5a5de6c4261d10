import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import rasterio
import xarray as xr
from tests.command import shanshui
from tests.worlds import valley, write_raster

from shanshui.report.export import export


def test_the_whole_way_from_an_elevation_file(tmp_path):
    write_raster(tmp_path / "dem.tif", valley(60, 70).values)
    study = tmp_path / "s"
    assert "study.toml" in shanshui("new", study, "--elevation", tmp_path / "dem.tif")
    assert "good      elevation" in shanshui("check", study)
    dry = shanshui("run", study, "--dry")
    assert "missing" in dry
    assert "to make, about" in dry
    assert "made   slope" in shanshui(
        "run", study, "slope", "slope_class", "--set", "slope_class.limits_deg=5,15", "--workers", 2
    )
    rows = json.loads(shanshui("list", study, "--json"))
    assert {r["product"]: r["state"] for r in rows}["slope"] == "made"
    # what was set for one run stands apart
    assert {r["product"]: r["state"] for r in rows}["slope_class"] == "missing"
    rows = json.loads(shanshui("list", study, "--json", "--variant", "slope_class.limits_deg=5,15"))
    assert {r["product"]: r["state"] for r in rows}["slope_class"] == "made"
    shown = json.loads(shanshui("show", study, "slope", "--json"))
    assert shown["units"] == "degree"
    assert shown["shape"] == [60, 70]
    assert 0 <= shown["min"] <= shown["mean"] <= shown["max"] < 90
    assert shown["nodata_share"] == 0
    assert shown["reason"] == "first run"
    assert "Horn" in shanshui("show", study, "slope")
    assert "dem.tif" in shanshui("explain", study, "slope")
    assert json.loads(shanshui("explain", study, "slope", "--json"))[1]["product"] == "elevation"
    lines = [json.loads(x) for x in shanshui("run", study, "--json").splitlines()]
    assert lines[-1]["kind"] == "done"
    assert shanshui("run", study, "--quiet") == ""
    assert "0 made" in shanshui("run", study)
    page = shanshui("report", study).strip()
    assert Path(page).exists()
    assert "files" in shanshui("sweep", study)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "nowhere"), "no study here; make one with"),
        (("new", "x", "--template", "qinbaa"), "did you mean 'qinba'"),
        (("check", "nowhere"), "no study here"),
    ],
)
def test_errors_are_one_line_without_a_traceback(tmp_path, words, says):
    out = shanshui(*[tmp_path / w if w in ("nowhere", "x") else w for w in words], code=2)
    assert says in out
    assert "Traceback" not in out


def test_the_process_ends_as_the_call_does(tmp_path):
    """In an interpreter of its own: code, streams and the one line are those of the process."""
    done = subprocess.run(
        [sys.executable, "-m", "shanshui.cli.main", "run", str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == shanshui("run", tmp_path / "nowhere", code=2)
    assert len(done.stderr.splitlines()) == 1


def test_check_exits_with_one_when_a_needed_dataset_is_unusable(tmp_path):
    write_raster(tmp_path / "dem.tif", valley().values * 0 + 5)
    shanshui("new", tmp_path / "s", "--elevation", tmp_path / "dem.tif")
    assert "constant grid" in shanshui("check", tmp_path / "s", code=1)
    assert "constant grid" in shanshui("run", tmp_path / "s", code=2)


def test_too_little_memory_is_said_before_the_start(region):
    out = shanshui("run", region.layout.folder, "--memory", "0.01", "--fresh", code=2)
    assert "may be used" in out
    assert "may be used" in shanshui(
        "run", region.layout.folder, "--memory", "0.01", "--fresh", "--dry", code=2
    )


# export


def test_grids_leave_as_cog_netcdf_and_zarr(region, tmp_path):
    cog = export(region, ["slope"], tmp_path / "slope.tif")
    with rasterio.open(cog) as file:
        assert file.crs == rasterio.CRS.from_user_input(region.grid.crs)
        assert file.transform == region.grid.transform
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.tags()["note"].startswith("made up")
        assert (file.read(1, masked=True) == region["slope"].values).all()
    for name in ("two.nc", "two.zarr"):
        path = export(region, ["slope", "landform"], tmp_path / name)
        opened = (
            xr.open_dataset(path, engine="h5netcdf")
            if name.endswith("nc")
            else xr.open_zarr(path, consolidated=False)
        )
        with opened as cube:
            assert cube["slope"].attrs["units"] == "degree"
            assert cube["slope"].shape == region.grid.shape
            assert "crs_wkt" in cube["spatial_ref"].attrs


def test_units_leave_as_vector_and_table(region, tmp_path):
    path = export(
        region, ["planning_units", "unit_terrain", "unit_population"], tmp_path / "u.gpkg"
    )
    frame = gpd.read_file(path, layer="unit_terrain")
    assert len(frame) == len(region["planning_units"])
    assert frame.crs == region.grid.projection
    for name in ("u.parquet", "u.geojson"):
        back = (
            gpd.read_parquet(tmp_path / name)
            if export(region, ["planning_units"], tmp_path / name).suffix == ".parquet"
            else gpd.read_file(tmp_path / name)
        )
        assert len(back) == len(frame)
    assert gpd.read_file(tmp_path / "u.geojson").crs.to_epsg() == 4326
    csv = pd.read_csv(export(region, ["unit_population"], tmp_path / "p.csv"))
    assert csv["population"].sum() == pytest.approx(region["unit_population"]["population"].sum())
    sheets = pd.read_excel(
        export(region, ["unit_terrain", "hypsometry"], tmp_path / "t.xlsx"),
        sheet_name=None,
        engine="openpyxl",
    )
    assert list(sheets) == ["unit_terrain", "hypsometry", "units of columns"]


def test_maps_leave_as_pictures(region, tmp_path):
    assert export(region, ["landform"], tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"
    assert export(region, ["planning_units"], tmp_path / "z.png", "zh").stat().st_size > 10000


@pytest.mark.parametrize(
    ("names", "to", "says"),
    [
        (["slope"], "x.tiv", "did you mean '.tif'"),
        (["slope"], "x.csv", "a grid cannot be written as .csv; use .tif, .nc, .zarr, .png"),
        (["slope", "aspect"], "x.tif", "holds one product"),
        (["gep"], "x.geojson", "has no geometry"),
        (["slopes"], "x.tif", "did you mean 'slope'"),
    ],
)
def test_what_a_format_cannot_hold_is_said(region, tmp_path, names, to, says):
    from shanshui.core.errors import ShanshuiError

    with pytest.raises(ShanshuiError, match=says):
        export(region, names, tmp_path / to)
    assert list(tmp_path.iterdir()) == []


def test_tables_are_shown_row_by_row(region):
    shown = shanshui("show", region.layout.folder, "gep")
    assert "water_retained" in shown
    assert "total" in shown.splitlines()[-1]
    facts = json.loads(shanshui("show", region.layout.folder, "unit_amounts", "--json"))
    assert len(facts["rows"]) == facts["shape"][0] > 40
    text = shanshui("show", region.layout.folder, "unit_amounts")
    assert "more rows; all of them: shanshui export" in text


def test_a_circuit_job_by_command(tmp_path):
    (tmp_path / "net.txt").write_text("1 2 1\n2 3 2\n")
    (tmp_path / "focal.txt").write_text("1\n3\n")
    job = tmp_path / "job.ini"
    options = (
        "habitat_file = net.txt\npoint_file = focal.txt\ndata_type = network\nscenario = pairwise\n"
    )
    job.write_text(f"[any]\n{options}")
    said = shanshui("circuit", job, "--out", tmp_path / "there", "--solver", "direct")
    assert "job_resistances.out" in said
    assert "1 0 3" in (tmp_path / "there" / "job_resistances.out").read_text()
    assert "did you mean 'direct'" in shanshui("circuit", job, "--solver", "dirrect", code=2)
    job.write_text(f"[any]\n{options}use_polygon = True\n")
    assert "did you mean 'use_polygons'" in shanshui("circuit", job, code=2)
