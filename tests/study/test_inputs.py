"""What decides what an input says, and what of it is seen when it changes."""

import os
import threading
from pathlib import Path

import numpy as np
import pytest
import rasterio
from tests.worlds import grid_spec, squares, write_raster

from shanshui.collect.catalog import InputSpec
from shanshui.collect.inputs import INPUTS
from shanshui.collect.quality import verdict
from shanshui.core.errors import DataError
from shanshui.flow.fingerprint import code_digest
from shanshui.store.ledger import Ledger
from shanshui.study import bring

SPEC = grid_spec(20, 30)
VRT = """<VRTDataset rasterXSize="30" rasterYSize="20"><GeoTransform>0, 100, 0, 2000, 0, -100</GeoTransform>
<VRTRasterBand dataType="Float32" band="1"><SimpleSource>
<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""
OGR = """<OGRVRTDataSource><OGRVRTLayer name="counties"><SrcDataSource relativeToVRT="1">counties.gpkg</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""


def hills(add=0.0):
    return (300 + add + np.arange(600).reshape(20, 30)).astype(np.float32)


@pytest.fixture
def digests(tmp_path):
    """Digests of one declared input, as a run takes them."""
    ledger = Ledger(tmp_path / "ledger.sqlite")

    def of(name, file, **declared):
        spec = InputSpec(file=str(file), **declared)
        return bring.source_of(name, [spec], [tmp_path], SPEC, ledger).digests()

    return of


def vrt(path, source, relative=1):
    path.write_text(VRT.format(source=source, relative=relative), "utf-8")
    return path


def envi(path, values):
    with rasterio.open(
        path, "w", driver="ENVI", height=20, width=30, count=1, dtype="float32", crs="EPSG:6933",
        transform=rasterio.Affine(100, 0, 0, 0, -100, 2000),
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


def test_the_source_of_a_virtual_raster_counts_to_any_depth(tmp_path, digests):
    write_raster(tmp_path / "tile.tif", hills())
    vrt(tmp_path / "inner.vrt", "tile.tif")
    outer = vrt(tmp_path / "outer.vrt", tmp_path / "inner.vrt", relative=0)
    before = digests("elevation", outer)
    assert set(before) == {"outer.vrt", "outer.vrt > inner.vrt", "outer.vrt > tile.tif"}
    write_raster(tmp_path / "tile.tif", hills(100))
    after = digests("elevation", outer)
    assert {k for k in before if before[k] != after[k]} == {"outer.vrt > tile.tif"}
    (tmp_path / "tile.tif").unlink()
    with pytest.raises(DataError, match=r"outer.vrt points to .*tile.tif, which is not there"):
        digests("elevation", outer)


def test_a_virtual_raster_that_names_itself_ends(tmp_path, digests):
    write_raster(tmp_path / "tile.tif", hills())
    loop = vrt(tmp_path / "loop.vrt", "loop.vrt")
    assert set(digests("elevation", loop)) == {"loop.vrt"}


@pytest.mark.parametrize(
    "source", ["/vsicurl/http://127.0.0.1:9/a.tif", "http://127.0.0.1:9/a.tif", "/vsis3/bucket/a.tif"]
)  # fmt: skip
def test_a_source_on_a_server_is_refused_at_any_depth(tmp_path, digests, source):
    vrt(tmp_path / "inner.vrt", source, relative=0)
    outer = vrt(tmp_path / "outer.vrt", "inner.vrt")
    with pytest.raises(DataError, match="which is not on this machine; fetch it"):
        digests("elevation", outer)


def side_car(path):
    Path(f"{path}.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>777</NoDataValue></PAMRasterBand></PAMDataset>'
    )


def mask(path):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(path, "r+") as file:
        file.write_mask(np.zeros((20, 30), bool))


def overviews(path):
    with rasterio.Env(TIFF_USE_OVR=True), rasterio.open(path, "r+") as file:
        file.build_overviews([2])


@pytest.mark.parametrize(
    ("add", "name"),
    [(side_car, "a.tif.aux.xml"), (mask, "a.tif.msk"), (overviews, "a.tif.ovr")],
)
def test_a_side_car_that_comes_changes_or_goes_is_seen(tmp_path, digests, add, name):
    path = write_raster(tmp_path / "a.tif", hills())
    before = digests("elevation", path)
    add(path)
    there = digests("elevation", path)
    assert set(there) == {"a.tif", f"a.tif > {name}"}
    (tmp_path / name).unlink()
    gone = digests("elevation", path)
    assert set(gone) == {"a.tif"}
    assert gone["a.tif"] == there["a.tif"]
    assert before.keys() == gone.keys()


def test_the_header_of_a_raw_raster_counts(tmp_path, digests):
    path = envi(tmp_path / "a.bin", hills())
    before = digests("elevation", path)
    head = tmp_path / "a.hdr"
    head.write_text(head.read_text() + "data offset values = {100}\n")
    after = digests("elevation", path)
    assert {k for k in after if before.get(k) != after[k]} == {"a.bin > a.hdr"}


def test_the_coordinate_system_beside_a_text_grid_counts(tmp_path, digests):
    path = tmp_path / "a.asc"
    path.write_text("ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 100\n1 2\n3 4\n")
    (tmp_path / "a.prj").write_text(rasterio.CRS.from_epsg(6933).to_wkt())
    assert set(digests("elevation", path)) == {"a.asc", "a.asc > a.prj"}
    (tmp_path / "a.prj").unlink()
    assert set(digests("elevation", path)) == {"a.asc"}


@pytest.mark.parametrize("part", ["dbf", "prj", "shx", "cpg"])
def test_every_part_of_a_shapefile_counts(tmp_path, digests, part):
    squares(20, 30).to_file(tmp_path / "c.shp")
    before = digests("counties", tmp_path / "c.shp")
    place = tmp_path / f"c.{part}"
    place.write_bytes(place.read_bytes() + b" ")
    after = digests("counties", tmp_path / "c.shp")
    assert {k for k in after if before[k] != after[k]} == {f"c.shp > c.{part}"}
    place.unlink()
    assert f"c.shp > c.{part}" not in digests("counties", tmp_path / "c.shp")


def test_what_a_virtual_layer_reads_counts(tmp_path, digests):
    squares(20, 30).to_file(tmp_path / "counties.gpkg")
    (tmp_path / "c.vrt").write_text(OGR)
    before = digests("counties", tmp_path / "c.vrt")
    assert set(before) == {"c.vrt", "c.vrt > counties.gpkg"}
    squares(20, 30, parts=3).to_file(tmp_path / "counties.gpkg")
    assert digests("counties", tmp_path / "c.vrt") != before


def test_what_a_database_has_not_written_into_itself_counts(tmp_path, digests):
    squares(20, 30).to_file(tmp_path / "c.gpkg")
    (tmp_path / "c.gpkg-wal").write_bytes(b"rows")
    assert "c.gpkg > c.gpkg-wal" in digests("counties", tmp_path / "c.gpkg")


def test_a_file_added_to_a_folder_that_is_one_dataset_counts(tmp_path, digests):
    import xarray as xr

    cube = xr.Dataset({"z": (("y", "x"), hills())}, coords={"y": SPEC.y(), "x": SPEC.x()})
    cube.to_zarr(tmp_path / "a.zarr", consolidated=False)
    before = digests("elevation", tmp_path / "a.zarr", crs="EPSG:6933")
    chunk = next(p for p in (tmp_path / "a.zarr" / "z").rglob("*") if p.is_file())
    chunk.rename(chunk.with_name("other"))
    assert digests("elevation", tmp_path / "a.zarr", crs="EPSG:6933") != before


def test_other_bytes_of_the_same_size_and_time_are_seen(tmp_path, digests, monkeypatch):
    monkeypatch.setattr(bring, "_SETTLED_NS", -1)
    path = tmp_path / "pop.csv"
    path.write_text("code,year,population\n101,2020,51000\n")
    before, stat = digests("population", path), path.stat()
    path.write_text("code,year,population\n101,2020,61000\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert path.stat().st_mtime_ns == stat.st_mtime_ns
    in_place = digests("population", path)
    assert in_place != before
    other = tmp_path / "other.csv"
    other.write_text("code,year,population\n101,2020,71000\n")
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert digests("population", path) not in (before, in_place)


def test_a_file_that_lay_still_is_read_once_and_one_just_written_again(tmp_path, monkeypatch):
    ledger, reads = Ledger(tmp_path / "ledger.sqlite"), []
    path = tmp_path / "pop.csv"
    path.write_text("code,year,population\n101,2020,51000\n")
    real = bring.bytes_digest
    monkeypatch.setattr(bring, "bytes_digest", lambda p: reads.append(p) or real(p))
    for _ in range(2):
        bring.file_digests(path, "table", ledger, "population")
    assert len(reads) == 2
    monkeypatch.setattr(bring, "_SETTLED_NS", -1)
    for _ in range(3):
        bring.file_digests(path, "table", ledger, "population")
    assert len(reads) == 3


def test_a_class_table_is_part_of_its_grid_and_of_no_other(tmp_path, digests):
    cover = write_raster(tmp_path / "cover.tif", np.ones((20, 30), np.uint8))
    table = tmp_path / "classes.csv"
    table.write_text("code,name\n1,forest\n")
    before = digests("land_cover", cover, legend=str(table))
    table.write_text("code,name\n1,forest\n2,field\n")
    after = digests("land_cover", cover, legend=str(table))
    assert {k for k in after if before[k] != after[k]} == {"legend"}
    assert "legend" not in digests("elevation", write_raster(tmp_path / "a.tif", hills()))


def test_maps_that_a_table_names_count_with_their_side_cars(tmp_path, digests):
    write_raster(tmp_path / "farm.tif", np.ones((20, 30), np.float32))
    (tmp_path / "threats.csv").write_text("threat,cur_path\nfarm,farm.tif\n")
    before = digests("threat_maps", tmp_path / "threats.csv")
    side_car(tmp_path / "farm.tif")
    after = digests("threat_maps", tmp_path / "threats.csv")
    assert set(after) - set(before) == {"threats.csv:farm:farm.tif > farm.tif.aux.xml"}


def test_the_declared_digest_is_that_of_the_file_alone(tmp_path, digests):
    path = write_raster(tmp_path / "a.tif", hills())
    declared = digests("elevation", path)["a.tif"]
    side_car(path)
    assert digests("elevation", path, sha256=declared)["a.tif"] == declared
    with pytest.raises(DataError, match="it is another edition"):
        digests("elevation", path, sha256="0" * 64)


def test_a_pipe_is_refused_at_once(tmp_path, digests):
    os.mkfifo(tmp_path / "pipe.csv")
    said = []

    def ask():
        try:
            digests("population", tmp_path / "pipe.csv")
        except DataError as error:
            said.append(str(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(20)
    assert said
    assert "is neither a file nor a folder" in said[0]


def test_files_of_one_name_in_two_folders_both_count(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    specs = []
    for year in (2010, 2020):
        (tmp_path / str(year)).mkdir()
        place = tmp_path / str(year) / "pop.csv"
        place.write_text(f"code,year,population\n101,{year},51000\n")
        specs.append(InputSpec(file=str(place)))
    source = bring.source_of("population", specs, [tmp_path], SPEC, ledger)
    before = source.digests()
    assert len(before) == 2
    (tmp_path / "2010" / "pop.csv").write_text("code,year,population\n101,2010,61000\n")
    after = source.digests()
    assert [k for k in before if before[k] != after[k]] == ["pop.csv"]


@pytest.mark.parametrize(
    ("name", "declared", "word"),
    [
        ("counties", {"unit": "m"}, "unit"),
        ("biophysical", {"scale": 2.0}, "scale"),
        ("firms", {"nodata": 0}, "nodata"),
        ("land_cover", {"scale": 2.0}, "scale"),
        ("elevation", {"class_columns": {"1": "a"}}, "class_columns"),
        ("population", {"band": 2}, "band"),
        ("elevation", {"legend": "igbp"}, "legend"),
    ],
)
def test_a_word_that_nothing_obeys_is_refused(tmp_path, digests, name, declared, word):
    (tmp_path / "file.csv").write_text("code\n1\n")
    with pytest.raises(DataError, match=rf"{name}.{word}: .* where {word} has no meaning"):
        digests(name, tmp_path / "file.csv", **declared)
    spec = InputSpec(file="file.csv", **declared)
    found = verdict(name, [spec], INPUTS[name], [tmp_path / "file.csv"], SPEC)
    assert "has no meaning" in found.problems[0]


def test_each_family_is_read_by_its_own_code(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    spec = InputSpec(file="a")
    codes = {
        name: code_digest(bring.source_of(name, [spec], [tmp_path], SPEC, ledger).code)
        for name in (
            "elevation",
            "land_cover",
            "population",
            "counties",
            "roads",
            "firms",
            "prices",
        )
    }
    assert codes["elevation"] == codes["land_cover"]
    assert codes["counties"] == codes["roads"]
    assert len(set(codes.values())) == 5
