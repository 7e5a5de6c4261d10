"""One gate: known formats, regular files, this machine only, at any depth; size is asked before anything is read."""

import ast
import http.server
import json
import os
import resource
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from tests.collect.bring import SPEC, brought, look
from tests.worlds import squares, write_raster

import shanshui
from shanshui.collect.catalog import InputSpec
from shanshui.collect.gate import bytes_of, open_raster_file, read_layer
from shanshui.collect.vectors import read_features
from shanshui.core.errors import DataError

HOME = Path(shanshui.__file__).parent
OWN = {
    "collect/gate.py",
    # what the product itself wrote
    "store/rasters.py", "store/tiles.py", "store/vectors.py", "report/formats.py", "report/maps.py",
    # what it is writing
    "study/made_up/ground.py", "study/circuitscape/ascii_grid.py", "report/reasons.py", "report/comparison_files.py",
}  # fmt: skip
OPENERS = {
    "rasterio": {"open"}, "pyogrio": {"read_dataframe", "list_layers", "read_info", "open_arrow", "read_arrow", "raw"},
    "xr": {"open_dataset", "open_zarr", "open_mfdataset", "open_dataarray", "load_dataset"},
    "gpd": {"read_file", "read_parquet", "read_feather"}, "fiona": {"open"}, "netCDF4": {"Dataset"}, "h5py": {"File"},
}  # fmt: skip


def opened_in(text):
    return [
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
        and node.func.attr in OPENERS.get(node.func.value.id, ())
    ]  # fmt: skip


def test_nothing_but_the_gate_opens_rasters_layers_and_cubes():
    found = {
        p.relative_to(HOME).as_posix(): opened_in(p.read_text("utf-8")) for p in HOME.rglob("*.py")
    }
    assert {p for p, calls in found.items() if calls} - OWN == set()
    assert found["collect/gate.py"]
    for place in OWN - {
        "collect/gate.py",
        "store/rasters.py",
        "store/tiles.py",
        "store/vectors.py",
        "report/maps.py",
        "report/formats.py",
    }:
        text = (HOME / place).read_text("utf-8")
        assert all('"w"' in ast.unparse(n) or "'w'" in ast.unparse(n) for n in ast.walk(ast.parse(text))
                   if isinstance(n, ast.Call) and ast.unparse(n.func) == "rasterio.open"), place  # fmt: skip
    assert opened_in("import rasterio\nrasterio.open('x')") == ["rasterio.open"]


# this machine only


@pytest.fixture
def server():
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - as the library calls it

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{one.server_port}", asked
        one.shutdown()


def virtual(path, source, relative=0):
    path.write_text(
        f'<VRTDataset rasterXSize="30" rasterYSize="20"><SRS>EPSG:6933</SRS><GeoTransform>0,100,0,2000,0,-100</GeoTransform>'
        f'<VRTRasterBand dataType="Float32" band="1"><SimpleSource><SourceFilename relativeToVRT="{relative}">{source}'
        f"</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return path


def test_no_request_leaves_whatever_a_file_says(tmp_path, server):
    url, asked = server
    cases = []
    for k, source in enumerate(
        (
            f"/vsicurl/{url}/a.tif",
            f"{url}/a.tif",
            f"/vsizip//vsicurl/{url}/a.zip/a.tif",
            "/vsis3/b/a.tif",
        )
    ):
        plain = virtual(tmp_path / f"a{k}.vrt", source)
        virtual(tmp_path / f"a{k}.tif", source)
        cases += [plain, tmp_path / f"a{k}.tif"]
        cases.append(
            virtual(
                tmp_path / f"deep{k}.vrt", virtual(tmp_path / f"mid{k}.img", str(plain)).name, 1
            )
        )
    wms = tmp_path / "service.tif"
    wms.write_text(
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{url}/a</ServerUrl></Service></GDAL_WMS>'
    )
    cases += [wms, virtual(tmp_path / "over.vrt", "service.tif", 1)]
    for path in cases:
        with pytest.raises(
            DataError, match="not on this machine|service on another machine"
        ) as found:
            brought(path)
        assert "\n" not in str(found.value)
    (tmp_path / "points.vrt").write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/{url}/a.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    (tmp_path / "wfs.xml").write_text(f"<OGRWFSDataSource><URL>{url}/wfs</URL></OGRWFSDataSource>")
    for name in ("points.vrt", "wfs.xml"):
        with pytest.raises(DataError, match="not on this machine|service on another machine"):
            read_features(tmp_path / name, InputSpec(file=name), "counties")
    # overviews that a side-car puts elsewhere are not fetched
    path = write_raster(tmp_path / "own.tif", np.arange(600, dtype=np.float32).reshape(20, 30))
    (tmp_path / "own.tif.aux.xml").write_text(
        f'<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/{url}/a.ovr</MDI></Metadata></PAMDataset>'
    )
    brought(path)
    assert asked == []


def test_a_virtual_raster_in_an_archive_is_not_looked_into(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.write(virtual(tmp_path / "in.vrt", "/nowhere.tif"), "in.vrt")
    with pytest.raises(DataError, match="a virtual dataset in an archive; unpack it"):
        brought(virtual(tmp_path / "a.vrt", f"/vsizip/{tmp_path}/a.zip/in.vrt"))


# regular files


@pytest.mark.parametrize("suffix", [".tif", ".asc", ".nc", ".gpkg", ".csv", ".vrt"])
def test_pipes_and_devices_are_refused_at_once(tmp_path, suffix):
    pipe = tmp_path / f"a{suffix}"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(DataError, match="a pipe or a device; copy what it gives into a file"):
            brought(path)
        with pytest.raises(DataError, match="a pipe or a device"):
            read_features(path, InputSpec(file="x"), "counties")
        with pytest.raises(DataError, match="a pipe or a device"):
            bytes_of(path, "population")
    with pytest.raises(DataError, match="points to .* a pipe or a device"):
        brought(virtual(tmp_path / "v.vrt", str(pipe)))


def test_files_that_are_larger_than_they_may_be_are_refused(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"x" * 100)
    assert bytes_of(tmp_path / "a.csv", "population", 100) == b"x" * 100
    with pytest.raises(DataError, match="holds more than 0 MB"):
        bytes_of(tmp_path / "a.csv", "population", 99)


# formats


@pytest.mark.parametrize(
    ("driver", "suffix"),
    [("GTiff", ".tif"), ("COG", ".tif"), ("ENVI", ".img"), ("HFA", ".img"), ("SAGA", ".sdat"), ("EHdr", ".bil"), ("AAIGrid", ".asc"),
     ("GPKG", ".gpkg"), ("PCIDSK", ".pix"), ("RST", ".rst"), ("ERS", ".ers"), ("GSBG", ".grd"), ("PNG", ".png"), ("JP2OpenJPEG", ".jp2")],
)  # fmt: skip
def test_formats_on_the_list_give_the_same_map(tmp_path, driver, suffix):
    values = (np.arange(600) % 250).astype(np.uint8).reshape(20, 30)
    path = tmp_path / f"a{suffix}"
    plain = write_raster(tmp_path / "plain.tif", values)
    extra = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    from rasterio.shutil import copy

    copy(plain, path, driver=driver, **extra)
    np.testing.assert_array_equal(brought(path, crs="EPSG:6933"), values)


def test_formats_off_the_list_are_refused(tmp_path):
    (tmp_path / "a.mbtiles").write_bytes((b"SQLite format 3\0") + bytes(200))
    (tmp_path / "a.json").write_text(
        '{"type": "FeatureCollection", "stac_version": "1.0.0", "features": []}'
    )
    (tmp_path / "a.txt").write_text("nothing here\n")
    for name in ("a.mbtiles", "a.json", "a.txt"):
        with pytest.raises(DataError, match="cannot be read as a raster"):
            open_raster_file(tmp_path / name, "elevation")


def test_layers_are_read_through_the_gate(tmp_path):
    squares(20, 30).reset_index(drop=True).to_file(tmp_path / "a.gpkg")
    assert len(read_layer(tmp_path / "a.gpkg", "counties")) == 2
    with pytest.raises(DataError, match=r"counties: no file .*b.gpkg; did you mean 'a.gpkg'"):
        read_layer(tmp_path / "b.gpkg", "counties")
    (tmp_path / "c.gpkg").write_bytes(b"no database")
    with pytest.raises(DataError, match="cannot be read"):
        read_layer(tmp_path / "c.gpkg", "counties")


# size


def sparse(path, side, cell, dtype="float32"):
    with rasterio.open(path, "w", driver="GTiff", height=side, width=side, count=1, dtype=dtype, crs="EPSG:6933", tiled=True,
                       blockxsize=512, blockysize=512, compress="deflate", sparse_ok=True,
                       transform=rasterio.Affine(cell, 0, 0, 0, -cell, side * cell)):  # fmt: skip
        pass
    return path


def test_a_small_file_that_declares_too_much_is_refused_before_it_is_read(tmp_path):
    path = virtual(
        tmp_path / "a.vrt", str(write_raster(tmp_path / "b.tif", np.ones((2, 2), np.float32)))
    )
    text = path.read_text().replace(
        'rasterXSize="30" rasterYSize="20"', 'rasterXSize="1000000" rasterYSize="1000000"'
    )
    path.write_text(text.replace("0,100,0,2000,0,-100", "0,0.003,0,2000,0,-0.003"))
    with pytest.raises(
        DataError,
        match=r"declares [\d,]+ x [\d,]+ cells below the study in [\d,]+ bytes: nearly all of it is empty",
    ):
        brought(path)
    assert "nearly all of it is empty" in look(path).problems[0]


_CHILD = """
import json, resource, sys
from pathlib import Path
from tests.collect.bring import look
from tests.worlds import grid_spec
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
out = look(Path(sys.argv[1]), grid=grid_spec(60, 60, 400.0))
print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, out.problems, out.facts["coverage"]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "RUSAGE_SELF"), reason="no account of memory")
def test_declared_cells_are_read_within_a_bound(tmp_path):
    path = sparse(tmp_path / "a.tif", 12000, 2.0)
    assert path.stat().st_size < 10_000
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=True
    )
    kilobytes, problems, coverage = json.loads(done.stdout)
    # 144 million cells would be 576 MB as they are held, and more while they are read
    assert kilobytes < 350_000
    assert "a constant grid says nothing" in problems[0]
    assert coverage == 1.0


def test_a_file_far_finer_than_the_study_is_averaged_in_parts(tmp_path, monkeypatch):
    from shanshui.collect import pieces, rasters

    values = np.random.default_rng(0).random((600, 900)).astype(np.float32)
    path = write_raster(tmp_path / "a.tif", values, cell=100 / 30)
    whole = brought(path)
    monkeypatch.setattr(rasters, "_MOST", 40_000)
    monkeypatch.setattr(pieces, "PIECE", 5_000)
    np.testing.assert_allclose(brought(path), whole, rtol=1e-6)
    np.testing.assert_allclose(whole, values.reshape(20, 30, 30, 30).mean(axis=(1, 3)), rtol=1e-5)
    monkeypatch.setattr(rasters, "_MOST_OF_ROW", 20_000)
    with pytest.raises(
        DataError, match="cells below one row of study cells; bring it to cells of about 5 m first"
    ):
        brought(path)
    assert SPEC.cell_m == 100.0
